"""The pages of requests for recusal, without JavaScript."""

import pytest
from flask import Flask

from tests.committee.test_draw_views import Desk
from tests.conftest import MovableClock
from tests.objections.conftest import database, opened, store
from tests.objections.test_conflicts import WHY
from tests.scoring.conftest import scoring
from tests.visiting import text_of
from tests.worlds.scoring import ScoringWorld

__all__ = ["database", "opened", "scoring", "store"]


@pytest.fixture
def desk(app: Flask, clock: MovableClock) -> Desk:
    return Desk(app, clock)


def test_a_request_from_asking_to_its_decision(scoring: ScoringWorld, desk: Desk) -> None:
    base = f"/en/rounds/{scoring.ref}/recusals"
    visitor = desk.of(None)
    assert "Nobody has asked" in text_of(visitor.get(base))
    fields = {"member": "M3", "application": scoring.refs[0], "ground": "family", "argument": WHY}
    refused = visitor.send(f"{base}/ask", status=422, **fields, name="", contact="x")
    assert WHY.replace("'", "&#39;") in refused.text
    own = visitor.send(f"{base}/ask", status=303, **fields, name="Ines Iwan", contact="ines@example.org").location
    assert "The member may answer" in text_of(visitor.get(own))
    public = text_of(visitor.get(base))
    assert "To be decided by" in public
    assert "brother" not in public
    assert "Ines" not in public
    ref = f"{scoring.ref}-RC01"
    member = desk.of(scoring.member("M3"))
    member.send(f"/en/recusals/{ref}/answer", status=303, text="I have no brother.")
    desk.of(scoring.member("M2")).get(f"/en/recusals/{ref}/answer", status=403)
    supervisor = desk.of(scoring.supervisor)
    assert "I have no brother." in text_of(supervisor.get(f"/en/recusals/{ref}/decide"))
    supervisor.send(f"/en/recusals/{ref}/decide", status=422, outcome="recused", application="", text="no")
    decided = {"outcome": "recused", "application": scoring.refs[0], "text": "The register shows the relation."}
    supervisor.send(f"/en/recusals/{ref}/decide", status=303, **decided)
    assert "The register shows the relation." in text_of(visitor.get(base))
    assert "回避申请" in visitor.get(f"/zh/rounds/{scoring.ref}/recusals").text


def test_the_supervisor_writes_a_conflict_down(opened: ScoringWorld, desk: Desk) -> None:
    base = f"/en/rounds/{opened.ref}/recusals"
    supervisor = desk.of(opened.supervisor)
    fields = {"member": "M4", "application": opened.refs[0], "ground": "ownership", "argument": WHY}
    supervisor.send(f"{base}/found", status=422, **fields, text="")
    supervisor.send(f"{base}/found", status=303, **fields, text="Shares were found in the company register.")
    assert "the supervisor, unasked" in text_of(supervisor.get(base))
    desk.of(opened.organiser).get(f"{base}/found", status=403)
