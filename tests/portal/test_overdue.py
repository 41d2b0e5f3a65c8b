"""The register of what the office did not do in its time, and the supervisor's docket over all rounds."""

import pytest
from flask import Flask

from procurement.access import VISITOR, Role
from procurement.db import reading, transaction
from procurement.errors import NotAllowed
from procurement.objections import actions, desk
from procurement.objections.rules import Step
from procurement.rounds.overdue import Late, Register, register_of
from tests.decisions.conftest import DecisionWorld, app, decided, deciding, made
from tests.objections.conftest import database, noticed, opened, sealed, store
from tests.objections.test_actions import INSTANT
from tests.objections.test_conflicts import Outcome as Asked
from tests.objections.test_conflicts import ask, decide
from tests.visiting import Visitor, text_of
from tests.worlds.objections import (
    REASONS,
    admitted,
    answered,
    correcting,
    held,
    objected,
    paused,
    resumed,
    ruled,
    view,
)
from tests.worlds.scoring import ScoringWorld

__all__ = ["app", "database", "decided", "deciding", "made", "noticed", "opened", "sealed", "store"]


def register(world: ScoringWorld) -> Register:
    with reading(world.engine) as session:
        return register_of(session, now=world.clock())


def lines(found: tuple[Late, ...]) -> list[tuple[str, str, str]]:
    return [(one.code, one.about, one.role) for one in found]


def filed(world: ScoringWorld) -> str:
    return objected(world, correcting(world, 0, "M1", "quality", "8.5"))


def test_each_step_of_an_objection_is_late_from_its_instant_on_and_stays_as_history(noticed: ScoringWorld) -> None:
    ref = filed(noticed)
    for code, role in (("admission", "supervisor"), ("answer", "organiser"), ("ruling", "supervisor")):
        due = view(noticed, ref).due
        assert due is not None
        noticed.clock.move_to(due - INSTANT)
        assert [one for one in register(noticed).waiting if one.about == ref] == []
        noticed.clock.move_to(due)
        (late,) = [one for one in register(noticed).waiting if one.about == ref]
        assert (late.code, late.role, late.due, late.days(noticed.clock())) == (code, role, due, 1)
        noticed.clock.advance(days=1)
        assert [one.days(noticed.clock()) for one in register(noticed).waiting if one.about == ref] == [2]
        if code == "admission":
            admitted(noticed, ref)
        elif code == "answer":
            with transaction(noticed.engine) as session:
                actor = noticed.organiser.now(session)
                actions.answer(session, actor=actor, now=noticed.clock(), ref=ref, text=REASONS)
        else:
            ruled(noticed, ref, Step.DISMISSED)
    found = register(noticed)
    assert [one for one in found.waiting if one.about == ref] == []
    assert [one.code for one in found.past if one.about == ref] == ["ruling", "answer", "admission"]
    assert {one.days(noticed.clock()) for one in found.past} == {2}


def test_what_was_done_in_its_last_instant_is_not_late(noticed: ScoringWorld) -> None:
    ref = filed(noticed)
    due = view(noticed, ref).due
    assert due is not None
    noticed.clock.move_to(due - INSTANT)
    admitted(noticed, ref)
    assert register(noticed) == Register((), ())


def test_a_clock_that_stands_still_is_not_late(noticed: ScoringWorld) -> None:
    ref = answered(noticed, filed(noticed))
    due = view(noticed, ref).due
    assert due is not None
    paused(noticed, ref, days=30)
    noticed.clock.move_to(due)
    assert "ruling" not in [one.code for one in register(noticed).waiting]
    held(noticed)
    noticed.clock.advance(days=60)
    assert [one.code for one in register(noticed).waiting] == []
    resumed(noticed)
    assert "ruling" not in [one.code for one in register(noticed).waiting]


def test_the_longest_time_of_a_freeze_is_told_of(noticed: ScoringWorld) -> None:
    ref = admitted(noticed, filed(noticed))
    limit = view(noticed, ref).limit
    assert limit is not None
    assert limit.due is not None
    noticed.clock.move_to(limit.due)
    assert ("limit", ref, Role.SUPERVISOR) in lines(register(noticed).waiting)


def test_a_request_for_recusal(opened: ScoringWorld) -> None:
    ref = ask(opened)
    opened.clock.advance(days=10)
    assert ("recusal", ref, Role.SUPERVISOR) in lines(register(opened).waiting)
    decide(opened, ref, Asked.DISMISSED)
    assert ("recusal", ref, Role.SUPERVISOR) in lines(register(opened).past)


def test_a_decision_that_is_not_published(deciding: ScoringWorld) -> None:
    assert register(deciding).waiting == ()
    deciding.clock.advance(days=14)
    assert lines(register(deciding).waiting) == [("decision", deciding.ref, Role.ORGANISER)]
    with reading(deciding.engine) as session:
        docket = desk.docket_of(session, actor=deciding.supervisor.now(session), now=deciding.clock())
    assert docket == []


def test_a_decision_in_time_is_not_told_of(decided: DecisionWorld) -> None:
    decided.scored.clock.advance(days=60)
    assert [one for one in register(decided.scored).waiting if one.code == "decision"] == []


def test_the_pages_in_both_languages_and_the_feed(app: Flask, noticed: ScoringWorld) -> None:
    ref = filed(noticed)
    visitor = Visitor(app.test_client())
    assert "Nothing is overdue" in text_of(visitor.get("/en/overdue"))
    assert ref not in text_of(visitor.get("/en/feeds/overdue.atom"))
    noticed.clock.advance(days=20)
    english, chinese = text_of(visitor.get("/en/overdue")), text_of(visitor.get("/zh/overdue"))
    assert "Decision whether an objection is dealt with" in english
    assert "days late" in english
    assert "working days from" in english
    assert "决定是否受理异议" in chinese
    assert ref not in text_of(visitor.get("/en/overdue?round=R1999-001"))
    assert ref in visitor.get("/zh/feeds/overdue.atom").text
    assert "What is overdue" in text_of(visitor.get("/en/"))


def test_the_docket_of_all_rounds_by_deadline_and_filtered(app: Flask, noticed: ScoringWorld) -> None:
    first = filed(noticed)
    noticed.clock.advance(hours=1)
    second = admitted(noticed, filed(noticed))
    paused(noticed, admitted(noticed, filed(noticed)))
    with reading(noticed.engine) as session:
        found = desk.docket_of(session, actor=noticed.supervisor.now(session), now=noticed.clock())
        for nobody in (VISITOR, noticed.organiser.now(session), noticed.member("M1").now(session)):
            with pytest.raises(NotAllowed):
                desk.docket_of(session, actor=nobody, now=noticed.clock())
    assert [(one.ref, one.state) for one in found][:2] == [(first, "admission"), (second, "answer")]
    assert found[-1].clock.due is None
    supervisor = Visitor(noticed.supervisor.enter(app.test_client(), noticed.clock()))
    page = text_of(supervisor.get("/en/docket"))
    assert first in page
    assert second in page
    assert first not in text_of(supervisor.get("/en/docket?state=answer"))
    assert second in text_of(supervisor.get("/en/docket?state=answer"))
    assert "Nothing is open." in text_of(supervisor.get("/en/docket?round=R1999-001"))
