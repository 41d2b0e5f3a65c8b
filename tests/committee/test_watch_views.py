"""The pages of those who watch, as citizens, organisers and supervisors use them without JavaScript."""

import re
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from procurement.db import reading
from procurement.mail import Mail
from tests.committee.stages import database, drawn, store
from tests.committee.test_draw_views import Desk
from tests.conftest import MovableClock
from tests.visiting import text_of
from tests.worlds.draws import DrawWorld

__all__ = ["database", "drawn", "store"]

PLEDGE = {"pledge": "y"}


@pytest.fixture
def desk(app: Flask, clock: MovableClock) -> Desk:
    return Desk(app, clock)


def local(moment: MovableClock, **by: float) -> str:
    """A time as the office writes it in a form, in Shanghai."""
    return (moment() + timedelta(hours=8) + timedelta(**by)).strftime("%Y-%m-%dT%H:%M")


def test_a_citizen_asks_watches_and_withdraws(drawn: DrawWorld, desk: Desk) -> None:
    base = f"/en/rounds/{drawn.ref}"
    visitor = desk.of(None)
    assert "Nobody has asked yet" in text_of(visitor.get(f"{base}/observers"))
    assert f"{base}/observers" in visitor.get(f"{base}/committee").text
    fields = {"kind": "press", "name": "Ines Iwan", "contact": "ines@example.org", "outlet": ""}
    refused = visitor.send(f"{base}/observers/ask", status=422, **fields)
    assert "Say for which medium you write." in refused.text
    assert "Agree to it" in refused.text
    assert 'value="Ines Iwan"' in refused.text
    done = visitor.send(f"{base}/observers/ask", status=303, **fields | PLEDGE | {"outlet": "County Daily"})
    own = done.location
    page = text_of(visitor.get(own))
    assert "You are O1 and have a seat since" in page
    public = text_of(visitor.get(f"{base}/observers"))
    assert "Ines" not in public
    assert "not named" in public
    with reading(drawn.engine) as session:
        letter = session.scalars(select(Mail).where(Mail.template == "committee/observer-asked")).one()
    assert own.endswith((letter.secret or {})["path"])
    organiser, supervisor = desk.of(drawn.people.organiser), desk.of(drawn.people.supervisor)
    assert "Ines Iwan" in text_of(organiser.get(f"{base}/meetings"))
    call = {"kind": "opening", "starts_at": local(drawn.clock, hours=3), "place": "Hall 7, second floor"}
    organiser.send(f"{base}/meetings/call", status=422, **call | {"place": ""})
    organiser.send(f"{base}/meetings/call", status=303, **call)
    assert "Hall 7" in text_of(visitor.get(own))
    public = text_of(visitor.get(f"{base}/observers"))
    assert "the scores are opened" in public
    assert "Hall 7" not in public
    organiser.send(f"{base}/meetings/1/record", status=409, members=["M2"], observers=["O1"])
    drawn.clock.advance(hours=3)
    supervisor.send(f"{base}/meetings/1/attend", status=303, remark="Nothing to remark on.")
    supervisor.get(f"{base}/meetings/1/record", status=403)
    assert " checked" not in organiser.get(f"{base}/meetings/1/record").text.partition("</main>")[0]
    organiser.send(f"{base}/meetings/1/record", status=303, members=["M2"], observers=["O1"])
    public = text_of(visitor.get(f"{base}/observers"))
    assert "1 supervisor was present, without a vote." in public
    assert "Nothing to remark on." in public
    visitor.send(own, status=303)
    assert "withdrew on" in text_of(visitor.get(own))
    visitor.get("/en/observers/follow/nobody", status=404)


def test_a_meeting_is_cancelled(drawn: DrawWorld, desk: Desk) -> None:
    base = f"/en/rounds/{drawn.ref}"
    organiser = desk.of(drawn.people.organiser)
    call = {"kind": "tasting", "starts_at": local(drawn.clock, days=1), "place": "Kitchen"}
    organiser.send(f"{base}/meetings/call", status=303, **call)
    number = "13812345678"
    told = organiser.send(f"{base}/meetings/1/cancel", status=422, reason=f"Call {number}.")
    assert "Everybody will read this text" in told.text
    organiser.send(f"{base}/meetings/1/cancel", status=303, reason="The samples did not arrive.")
    assert "The samples did not arrive." in text_of(desk.of(None).get(f"{base}/observers"))
    organiser.get(f"{base}/meetings/2/cancel", status=404)
    assert re.search("取消", desk.of(None).get(f"/zh/rounds/{drawn.ref}/observers").text)
