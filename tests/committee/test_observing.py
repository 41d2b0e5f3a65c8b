"""Those who watch: seats by the order of asking or by lot, meetings, the supervisor without a vote."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, select, text

from procurement.access import VISITOR
from procurement.committee import draws, observing, watch_queries
from procurement.committee.drawing import Purpose, Source
from procurement.committee.draws import beacon_source
from procurement.committee.entries import MeetingHeld, ObserverAdmitted, SupervisorAttended
from procurement.committee.watching import Asked, Asking, MeetingKind, ObserverKind, next_in_line
from procurement.db import reading, transaction
from procurement.errors import NotAllowed, NotFound, Refused, RuleBroken, WrongPhase
from procurement.mail import Mail
from procurement.rounds.rules import ObserversChosen
from procurement.scoring import actions as scoring
from tests.committee.stages import announced, database, drawable, drawn, store
from tests.committee.test_draws import act, findings, of
from tests.conftest import MovableClock
from tests.scoring.conftest import Beacon
from tests.worlds.draws import DrawWorld, begun_round, drawable_round
from tests.worlds.people import Person, people

__all__ = ["announced", "database", "drawable", "drawn", "store"]

SEED = bytes(32)


def asking(n: int, **changes: Any) -> Asking:
    values = {"kind": ObserverKind.CITIZEN, "name": f"Watcher {n}", "contact": f"w{n}@example.org", "pledge": True}
    return Asking(**(values | changes))  # type: ignore[arg-type]


def ask(world: DrawWorld, n: int, by: Person | None = None, **changes: Any) -> None:
    with transaction(world.engine) as session:
        observing.ask(
            session,
            actor=by.now(session) if by else VISITOR,
            now=world.clock(),
            ref=world.ref,
            asking=asking(n, **changes),
            token=f"token {n}",
            language="en",
        )


def withdraw(world: DrawWorld, n: int) -> None:
    with transaction(world.engine) as session:
        observing.withdraw(session, actor=VISITOR, now=world.clock(), token=f"token {n}")


def seated(world: DrawWorld) -> list[str]:
    with reading(world.engine) as session:
        found = watch_queries.watching_of(session, world.ref, now=world.clock())
    return [one.code for one in found.observers if one.seated]


@contextmanager
def refused(world: DrawWorld, kind: type[Refused], *words: str) -> Iterator[None]:
    tables = ("observer", "committee_meeting", "attendance", "committee_draw", "mail", "log_entry")

    def state() -> list[Any]:
        with reading(world.engine) as session:
            return [list(session.execute(text(f"SELECT * FROM {table} ORDER BY 1"))) for table in tables]  # noqa: S608

    before = state()
    with pytest.raises(kind) as caught:
        yield
    assert state() == before
    assert all(word in str(caught.value) for word in words)


# --- seats ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("line", "seats", "admitted"),
    [
        ("", 3, []),
        ("www", 2, ["O1", "O2"]),
        ("sww", 2, ["O2"]),
        ("ssw", 2, []),
        ("xsw", 2, ["O3"]),
        ("sxw", 1, []),
        ("www", 0, []),
    ],
)
def test_who_is_next_in_line(line: str, seats: int, admitted: list[str]) -> None:
    """s: seated, w: waits, x: had a seat and withdrew."""
    asked = [Asked(f"O{n}", state in "sx", state == "x") for n, state in enumerate(line, 1)]
    assert next_in_line(asked, seats) == admitted


def test_who_asks_first_gets_a_seat_and_a_free_one_goes_to_the_next(drawable: DrawWorld) -> None:
    for n in range(1, 6):
        ask(drawable, n)
    assert seated(drawable) == ["O1", "O2", "O3"]
    withdraw(drawable, 4)
    withdraw(drawable, 2)
    assert seated(drawable) == ["O1", "O3", "O5"]
    with refused(drawable, RuleBroken, "already"):
        withdraw(drawable, 2)
    with refused(drawable, NotFound):
        withdraw(drawable, 99)
    assert [entry.observer for entry in of(drawable, ObserverAdmitted)] == ["O1", "O2", "O3", "O5"]
    with reading(drawable.engine) as session:
        letters = [mail.template for mail in session.scalars(select(Mail).where(Mail.address.like("w%")))]
    assert letters.count("committee/observer-asked") == 5
    assert letters.count("committee/observer-admitted") == 4
    assert findings(drawable) == []


def test_who_may_not_ask(drawable: DrawWorld) -> None:
    staff = (drawable.people.organiser, drawable.people.supervisor, drawable.people.official)
    for person in (*staff, drawable.applied.merchants[0]):
        with refused(drawable, NotAllowed, "has a part"):
            ask(drawable, 1, by=person)
    ask(drawable, 1, by=drawable.experts[0])
    for wrong in (
        {"name": " "},
        {"contact": "nowhere"},
        {"kind": ObserverKind.PRESS},
        {"pledge": False},
        {"contact": " W1@example.org "},
    ):
        with refused(drawable, RuleBroken):
            ask(drawable, 2, **wrong)
    with refused(drawable, NotFound), transaction(drawable.engine) as session:
        observing.ask(
            session,
            actor=VISITOR,
            now=drawable.clock(),
            ref="R1999-001",
            asking=asking(3),
            token="t",
            language="en",
        )


def test_nobody_asks_once_there_is_nothing_to_watch(drawn: DrawWorld) -> None:
    begun_round(drawn)
    ask(drawn, 1)
    closes = drawn.applied.round.course.scoring_closes
    assert closes is not None
    drawn.clock.move_to(closes)
    act(drawn.people.organiser, scoring.open_scores, drawn)
    with refused(drawn, WrongPhase, "until the scores are opened"):
        ask(drawn, 2)


def test_names_are_told_to_those_who_agreed_and_of_those_who_agreed(drawable: DrawWorld) -> None:
    ask(drawable, 1, listed=True, kind=ObserverKind.PRESS, outlet="County Daily")
    ask(drawable, 2)
    with reading(drawable.engine) as session:
        public = watch_queries.watching_of(session, drawable.ref, now=drawable.clock())
        office = watch_queries.managing(
            session, drawable.ref, actor=drawable.people.organiser.now(session), now=drawable.clock()
        )
    assert [(one.name, one.outlet) for one in public.observers] == [("Watcher 1", "County Daily"), ("", "")]
    assert [one.name for one in office.watching.observers] == ["Watcher 1", "Watcher 2"]


@pytest.fixture
def lots(engine: Engine, clock: MovableClock) -> DrawWorld:
    """Two observers' seats, drawn when more ask."""
    return drawable_round(people(engine, clock()), clock, observers=2, observers_chosen=ObserversChosen.DRAWN)


def settle(world: DrawWorld, source: Source | None) -> Any:
    return act(world.people.organiser, observing.settle, world, source=source, seed=SEED)


def test_seats_for_all_when_few_ask(lots: DrawWorld) -> None:
    source = beacon_source(lots.clock() + timedelta(hours=1))
    with refused(lots, RuleBroken, "Nobody has asked"):
        settle(lots, None)
    ask(lots, 1)
    ask(lots, 2)
    assert seated(lots) == []
    with refused(lots, RuleBroken, "no draw is needed"):
        settle(lots, source)
    settle(lots, None)
    assert seated(lots) == ["O1", "O2"]
    with refused(lots, WrongPhase, "have been settled"):
        ask(lots, 3)
    assert findings(lots) == []


def test_a_draw_when_many_ask(lots: DrawWorld) -> None:
    beacon = Beacon(lots.clock() - timedelta(days=1))
    source = beacon_source(lots.clock() + timedelta(hours=1), beacon.chain)
    for n in range(1, 6):
        ask(lots, n)
    with refused(lots, RuleBroken, "must be drawn"):
        settle(lots, None)
    with refused(lots, NotAllowed):
        act(lots.people.supervisor, observing.settle, lots, source=source, seed=SEED)
    settle(lots, source)
    with refused(lots, RuleBroken, "have been settled"):
        settle(lots, source)
    lots.clock.move_to(source.exists_at)
    withdraw(lots, 1)
    bring = {"signature": beacon.sign(source.beacon_round or 0), "chains": {beacon.chain.name: beacon.chain}}
    act(lots.people.organiser, draws.draw_by_beacon, lots, purpose=Purpose.OBSERVERS, **bring)
    first = seated(lots)
    assert len(first) == 2
    assert "O1" not in first
    withdraw(lots, int(first[0][1:]))
    assert len(seated(lots)) == 2, "the next in the order drawn has the seat"
    assert findings(lots) == []


# --- meetings -------------------------------------------------------------------------------------------------------


def call(world: DrawWorld, **changes: Any) -> Any:
    by = changes.pop("by", world.people.organiser)
    starts = world.clock() + timedelta(hours=5)
    arguments = {"kind": MeetingKind.TASTING, "starts_at": starts, "place": "Room 3"} | changes
    return act(by, observing.call_meeting, world, **arguments)


def test_a_meeting_is_called_held_and_supervised(drawn: DrawWorld) -> None:
    ask(drawn, 1)
    with refused(drawn, NotAllowed):
        call(drawn, by=drawn.people.supervisor)
    with refused(drawn, RuleBroken, "before it begins"):
        call(drawn, starts_at=drawn.clock())
    with refused(drawn, RuleBroken, "Say where"):
        call(drawn, place=" ")
    meeting = call(drawn)
    with reading(drawn.engine) as session:
        called = select(Mail.address).where(Mail.template == "committee/meeting-called")
        told = set(session.scalars(called))
    assert "w1@example.org" in told
    assert drawn.people.supervisor.email in told
    assert len(told) == 5 + 1 + 1
    record: dict[str, Any] = {"number": 1, "members": ["M2", "M1"], "observers": ["O1"]}
    organiser, supervisor = drawn.people.organiser, drawn.people.supervisor
    with refused(drawn, WrongPhase):
        act(organiser, observing.record_meeting, drawn, **record)
    with refused(drawn, WrongPhase):
        act(supervisor, observing.attend, drawn, number=1, remark="")
    drawn.clock.move_to(meeting.starts_at - timedelta(hours=1))
    act(supervisor, observing.attend, drawn, number=1, remark="Two samples were unlabelled.")
    with refused(drawn, RuleBroken, "already"):
        act(supervisor, observing.attend, drawn, number=1, remark="")
    drawn.clock.move_to(meeting.starts_at)
    for wrong in ({"members": ["M9"]}, {"observers": ["O2"]}):
        with refused(drawn, RuleBroken, "who have a seat"):
            act(organiser, observing.record_meeting, drawn, **(record | wrong))
    act(organiser, observing.record_meeting, drawn, **record)
    with refused(drawn, RuleBroken, "is over"):
        act(organiser, observing.record_meeting, drawn, **record)
    with refused(drawn, RuleBroken, "is over"):
        act(organiser, observing.cancel_meeting, drawn, number=1, reason="Late.")
    with reading(drawn.engine) as session:
        (seen,) = watch_queries.watching_of(session, drawn.ref, now=drawn.clock()).meetings
    assert (seen.members, seen.observers, seen.place) == (("M1", "M2"), ("O1",), "")
    assert seen.remarks == ("Two samples were unlabelled.",)
    assert of(drawn, MeetingHeld)[0].members == ("M1", "M2")
    assert of(drawn, SupervisorAttended)[0].remark is not None
    assert findings(drawn) == []


def test_a_meeting_is_cancelled(drawn: DrawWorld) -> None:
    call(drawn)
    organiser = drawn.people.organiser
    with refused(drawn, NotFound):
        act(organiser, observing.cancel_meeting, drawn, number=2, reason="None.")
    with refused(drawn, RuleBroken):
        act(organiser, observing.cancel_meeting, drawn, number=1, reason="")
    act(organiser, observing.cancel_meeting, drawn, number=1, reason="The samples did not arrive.")
    drawn.clock.advance(hours=6)
    with refused(drawn, RuleBroken):
        act(drawn.people.supervisor, observing.attend, drawn, number=1, remark="")
    assert findings(drawn) == []


@pytest.mark.parametrize(
    ("statement", "named"),
    [
        ("UPDATE observer SET admitted_at = NULL WHERE code = 'O1'", "observer"),
        ("UPDATE observer SET listed = true WHERE code = 'O1'", "observer"),
        ("DELETE FROM attendance WHERE supervisor_id IS NOT NULL", "attendance"),
        ("UPDATE attendance SET remark = 'Fine.' WHERE supervisor_id IS NOT NULL", "attendance"),
        ("UPDATE committee_meeting SET place = 'Room 4'", "committee_meeting"),
    ],
)
def test_an_edited_row_is_named(drawable: DrawWorld, statement: str, named: str) -> None:
    ask(drawable, 1)
    meeting = call(drawable)
    drawable.clock.move_to(meeting.starts_at)
    act(drawable.people.supervisor, observing.attend, drawable, number=1, remark="A remark.")
    with drawable.engine.begin() as connection:
        connection.execute(text(statement))
    assert any(named in found for found in findings(drawable))
