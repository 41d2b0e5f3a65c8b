"""The draw of the experts: announced once and beforehand, carried out by its numbers alone, seats in its order."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, insert, select, text
from sqlalchemy.exc import IntegrityError

from procurement.committee import actions, candidates, draws, leaving, register
from procurement.committee.draw import draw
from procurement.committee.drawing import Source, SourceKind, lot_key
from procurement.committee.draws import Wanted, beacon_source
from procurement.committee.entries import (
    ChairPassed,
    DrawAnnounced,
    DrawCarriedOut,
    DrawSpent,
    LotteryRead,
    MemberAppointed,
    MemberRemoved,
    PassedOver,
    ReadingsDiffered,
    SeatAccepted,
)
from procurement.committee.expertise import Expertise, LeftOut
from procurement.committee.models import Draw
from procurement.committee.rules import Declared, Ground, Leaving, MemberKind
from procurement.db import reading, transaction
from procurement.errors import NotAllowed, Refused, RuleBroken, WrongPhase
from procurement.publiclog import audit
from procurement.publiclog.models import LogDisclosure
from procurement.publiclog.queries import entries
from tests.committee.stages import announced, database, drawable, drawn, store
from tests.conftest import MovableClock
from tests.scoring.conftest import Beacon
from tests.worlds.draws import (
    LOTTERY,
    NUMBERS,
    SEED,
    WANTED,
    DrawWorld,
    announced_round,
    begun_round,
    drawable_round,
    drawn_round,
    lottery_source,
)
from tests.worlds.draws import members_of as members
from tests.worlds.people import Person, people

__all__ = ["announced", "database", "drawable", "drawn", "store"]

KEY = "2.5.9.17.28.33./11./"
TABLES = (
    "committee_member", "declaration", "seat", "mail", "log_entry", "committee_draw", "draw_lot", "draw_candidate",
    "draw_left_out", "draw_reading", "expert", "set_aside",
)  # fmt: skip


def act(person: Person, action: Callable[..., Any], world: DrawWorld, **arguments: Any) -> Any:
    with transaction(world.engine) as session:
        return action(session, actor=person.now(session), now=world.clock(), ref=world.ref, **arguments)


def said(world: DrawWorld) -> list[Any]:
    """What the log says of the round, oldest first."""
    with reading(world.engine) as session:
        return [logged.envelope.entry for logged in entries(session, round_ref=world.ref)][::-1]


def of(world: DrawWorld, kind: type) -> list[Any]:
    return [entry for entry in said(world) if isinstance(entry, kind)]


@contextmanager
def refused(world: DrawWorld, kind: type[Refused], *words: str) -> Iterator[None]:
    """The act inside is refused with `kind`, saying `words`, and changes nothing."""

    def state() -> list[Any]:
        with reading(world.engine) as session:
            return [list(session.execute(text(f"SELECT * FROM {table} ORDER BY 1"))) for table in TABLES]  # noqa: S608

    before = state()
    with pytest.raises(kind) as caught:
        yield
    assert state() == before
    for word in words:
        assert word in str(caught.value)


def findings(world: DrawWorld) -> list[str]:
    """What the audit of the whole record finds about tables; there is no checkpoint and no key here."""
    audit.load_steps()
    with reading(world.engine) as session:
        return [str(found) for found in audit.audit(session, None).findings]


def announce(world: DrawWorld, **changes: Any) -> Any:
    by = changes.pop("by", world.people.organiser)
    arguments = {"wanted": WANTED, "source": lottery_source(world), "seed": SEED} | changes
    return act(by, draws.announce_draw, world, **arguments)


def read(world: DrawWorld, by: Person, numbers: Any = NUMBERS) -> Any:
    return act(by, draws.read_lotteries, world, numbers=numbers)


# --- announcing -----------------------------------------------------------------------------------------------------


def test_everything_but_the_randomness_is_announced(drawable: DrawWorld) -> None:
    announce(drawable)
    (entry,) = of(drawable, DrawAnnounced)
    assert (entry.purpose, entry.number, entry.algorithm) == ("experts", 1, "rfc3797-sha256")
    assert [(lot.field, lot.seats, lot.reserves, len(lot.pool)) for lot in entry.lots] == [
        ("food_safety", 3, 2, 8),
        ("logistics", 1, 1, 5),
    ]
    assert entry.exists_at == drawable.clock() + timedelta(days=1)
    assert [lottery.name for lottery in entry.lotteries] == [lottery.name for lottery in LOTTERY]
    with reading(drawable.engine) as session:
        body = b"".join(logged.body for logged in entries(session, round_ref=drawable.ref))
        kept = session.scalars(select(LogDisclosure.value).where(LogDisclosure.field == "pool")).all()
    assert not any(person.name.encode() in body for person in drawable.experts)
    order = [person.name for value in kept for person in drawable.experts if f"{person.name} ·" in value]
    assert order != sorted(order), "the order of the list says nothing about the register"
    assert findings(drawable) == []


def test_a_second_announcement_is_refused_before_and_after_the_draw(announced: DrawWorld) -> None:
    with refused(announced, RuleBroken, "announced already"):
        announce(announced)
    drawn_round(announced)
    with refused(announced, RuleBroken, "announced already"):
        announce(announced)


def test_the_database_itself_holds_one_announcement(announced: DrawWorld) -> None:
    now = announced.clock()
    another = {
        "round_id": announced.id,
        "purpose": "experts",
        "number": 2,
        "source": "beacon",
        "beacon": "drand quicknet",
    }
    when = {"beacon_round": 1, "exists_at": now + timedelta(days=1), "announced_at": now}
    with announced.engine.begin() as connection, pytest.raises(IntegrityError):
        connection.execute(insert(Draw).values(**another, **when))


@pytest.mark.parametrize("column", ["drawn_at = announced_at, key = '1./'", "exists_at = announced_at", "number = 0"])
def test_the_database_holds_the_order_of_events(announced: DrawWorld, column: str) -> None:
    with pytest.raises(IntegrityError), announced.engine.begin() as connection:
        connection.execute(text(f"UPDATE committee_draw SET {column}"))  # noqa: S608


def test_who_announces_and_when(drawable: DrawWorld) -> None:
    soon = drawable.clock() + timedelta(minutes=10)
    for person in (drawable.people.supervisor, drawable.people.second_organiser, drawable.experts[0]):
        with refused(drawable, NotAllowed):
            announce(drawable, by=person)
    with refused(drawable, RuleBroken, "more than 10 minutes"):
        announce(drawable, source=Source(SourceKind.LOTTERY, soon, lotteries=LOTTERY))
    announce(drawable, source=Source(SourceKind.LOTTERY, soon + timedelta(microseconds=1), lotteries=LOTTERY))


def test_a_round_that_appoints_draws_nobody(engine: Engine, clock: MovableClock) -> None:
    from procurement.rounds.rules import ExpertsChosen

    world = drawable_round(people(engine, clock()), clock, experts_chosen=ExpertsChosen.APPOINTED)  # type: ignore[arg-type]
    with refused(world, RuleBroken, "appointed, not drawn"):
        announce(world)


def test_a_round_that_draws_appoints_no_expert(drawable: DrawWorld) -> None:
    appoint = {"user_id": drawable.experts[0].id, "kind": MemberKind.EXPERT, "field": "food"}
    with refused(drawable, RuleBroken, "drawn, not appointed"):
        act(drawable.people.organiser, actions.appoint, drawable, **appoint)
    chair = {"user_id": drawable.consumer.id, "kind": MemberKind.CONSUMER, "chair": True}
    with refused(drawable, RuleBroken, "drawn first chairs"):
        act(drawable.people.organiser, actions.appoint, drawable, **chair)


def test_seats_must_fit_the_committee(drawable: DrawWorld) -> None:
    with refused(drawable, RuleBroken, "At least 4 experts"):
        announce(drawable, wanted=(Wanted(Expertise.FOOD_SAFETY, 3, 1),))
    with refused(drawable, RuleBroken, "At most 4 experts"):
        announce(drawable, wanted=(Wanted(Expertise.FOOD_SAFETY, 5, 1),))
    with refused(drawable, RuleBroken, "cannot be drawn from 5 people"):
        announce(drawable, wanted=(Wanted(Expertise.LOGISTICS, 4, 2),))
    with refused(drawable, RuleBroken, "from once"):
        announce(drawable, wanted=(Wanted(Expertise.FOOD_SAFETY, 2, 1), Wanted(Expertise.FOOD_SAFETY, 2, 1)))


def test_who_is_left_out_and_why_is_announced(drawable: DrawWorld) -> None:
    keeper, experts = drawable.people.organiser, drawable.experts
    with transaction(drawable.engine) as session:
        who, now = keeper.now(session), drawable.clock()
        register.suspend_expert(session, actor=who, now=now, ref="E-0001", reason="Under inquiry.")
        register.change_expert(
            session,
            actor=who,
            now=now,
            ref="E-0002",
            employer="青石镇茶叶 有限公司",
            fields=[Expertise.FOOD_SAFETY],
        )
        register.set_aside(
            session, actor=who, now=now, ref=drawable.ref, expert_ref="E-0003", reason=LeftOut.RELATION, detail="Kin."
        )
    announce(drawable)
    (entry,) = of(drawable, DrawAnnounced)
    assert sorted(one.reason for one in entry.left_out) == ["employer", "relation", "suspended"]
    assert len(entry.lots[0].pool) == 5
    with refused(drawable, RuleBroken, "does not change any more"):
        act(
            keeper,
            register.set_aside,
            drawable,
            expert_ref="E-0004",
            reason=LeftOut.UNAVAILABLE,
            detail="Away.",
        )
    drawn_round(drawable)
    seated = {member.user_id for member in members(drawable).values()}
    assert not seated & {experts[0].id, experts[1].id, experts[2].id}
    assert findings(drawable) == []


# --- carrying out ---------------------------------------------------------------------------------------------------


def test_two_people_read_the_same_numbers_and_the_order_follows(announced: DrawWorld) -> None:
    with refused(announced, WrongPhase, "exists from"):
        read(announced, announced.people.organiser)
    exists = announced.clock() + timedelta(days=1)
    announced.clock.move_to(exists - timedelta(microseconds=1))
    with refused(announced, WrongPhase):
        read(announced, announced.people.organiser)
    announced.clock.move_to(exists)
    read(announced, announced.people.organiser)
    assert members(announced).keys() == {"M1"}, "one reading draws nobody"
    with refused(announced, RuleBroken, "from this side already"):
        read(announced, announced.people.organiser)
    for person in (announced.people.second_supervisor, announced.experts[0]):
        with refused(announced, NotAllowed):
            read(announced, person)
    read(announced, announced.people.supervisor, ((33, 28, 17, 9, 5, 2), (11,)))  # in which order does not count
    (entry,) = of(announced, DrawCarriedOut)
    assert (entry.key, entry.signature) == (KEY, None)
    first, second = (list(lot.order) for lot in entry.lots)
    assert first == draw(8, 5, lot_key(KEY, 1))
    assert second == draw(5, len(second), lot_key(KEY, 2))
    seats = [(one.member, one.kind_of, one.chair, one.drawn) for one in of(announced, MemberAppointed)][1:]
    assert [code for code, *_ in seats] == ["M2", "M3", "M4", "M5"]
    assert {kind for _, kind, *_ in seats} == {"expert"}
    assert [chair for *_, chair, _ in seats] == [True, False, False, False], "who is drawn first chairs"
    assert [(place.lot, place.place) for *_, place in seats][:3] == [(1, 1), (1, 2), (1, 3)]
    assert findings(announced) == []


def test_readings_that_differ_are_both_set_aside(announced: DrawWorld) -> None:
    announced.clock.advance(days=1)
    read(announced, announced.people.organiser)
    read(announced, announced.people.supervisor, ((9, 2, 33, 17, 5, 27), (11,)))
    assert [type(entry) for entry in said(announced)][-3:] == [LotteryRead, LotteryRead, ReadingsDiffered]
    assert members(announced).keys() == {"M1"}
    read(announced, announced.people.supervisor)
    read(announced, announced.people.organiser)
    assert len(members(announced)) == 5
    assert findings(announced) == []
    with refused(announced, RuleBroken, "No draw is announced"):
        read(announced, announced.people.organiser)


@pytest.mark.parametrize(
    "numbers", [((9, 2, 33, 17, 5), (11,)), ((9, 9, 33, 17, 5, 28), (11,)), ((9, 2, 34, 17, 5, 28), (11,)), ((1,),)]
)
def test_numbers_that_the_lottery_cannot_bring_are_refused(announced: DrawWorld, numbers: Any) -> None:
    announced.clock.advance(days=1)
    with refused(announced, RuleBroken):
        read(announced, announced.people.organiser, numbers)


def test_a_beacon_draws_too_and_is_verified(drawable: DrawWorld) -> None:
    beacon = Beacon(drawable.clock() - timedelta(days=1))
    source = beacon_source(drawable.clock() + timedelta(hours=2), beacon.chain)
    announced_round(drawable, source)
    chains = {beacon.chain.name: beacon.chain}
    number = source.beacon_round or 0
    bring = {"signature": beacon.sign(number), "chains": chains}
    supervisor = drawable.people.supervisor
    with refused(drawable, WrongPhase):
        act(supervisor, draws.draw_by_beacon, drawable, **bring)
    drawable.clock.move_to(source.exists_at)
    with refused(drawable, RuleBroken, "not the signature"):
        act(supervisor, draws.draw_by_beacon, drawable, **(bring | {"signature": beacon.sign(number + 1)}))
    with refused(drawable, RuleBroken, "from a public beacon"):
        read(drawable, supervisor)
    act(supervisor, draws.draw_by_beacon, drawable, **bring)
    (entry,) = of(drawable, DrawCarriedOut)
    assert (entry.signature, len(entry.key)) == (beacon.sign(number), 64)
    assert list(entry.lots[0].order) == draw(8, 5, lot_key(entry.key, 1))
    assert len(members(drawable)) == 5
    assert findings(drawable) == []


# --- seats ----------------------------------------------------------------------------------------------------------


def test_somebody_drawn_takes_the_seat_or_the_next_reserve_gets_it(drawn: DrawWorld) -> None:
    before = members(drawn)
    chair = drawn.person(before["M2"].user_id)
    other = drawn.person(before["M3"].user_id)
    act(other, leaving.accept, drawn)
    assert of(drawn, SeatAccepted)[-1].member == "M3"
    with refused(drawn, RuleBroken, "nothing to answer"):
        act(other, leaving.accept, drawn)
    with refused(drawn, RuleBroken, "Give the reason"):
        act(chair, leaving.refuse, drawn, reason=" ")
    act(chair, leaving.refuse, drawn, reason="I am abroad then.")
    after = members(drawn)
    assert "M2" not in after
    assert after["M6"].field == "food_safety"
    removed, passed = of(drawn, MemberRemoved)[-1], of(drawn, ChairPassed)[-1]
    assert (removed.member, removed.code, passed.member) == ("M2", "refused", "M3")
    assert after["M3"].chair
    place = of(drawn, MemberAppointed)[-1].drawn
    assert (place.draw, place.lot, place.place) == (1, 1, 4)
    with refused(drawn, NotAllowed):
        act(chair, leaving.refuse, drawn, reason="Again.")
    assert findings(drawn) == []


def test_a_drawn_seat_is_at_nobodys_disposal(drawn: DrawWorld) -> None:
    organiser, member = drawn.people.organiser, members(drawn)["M3"]
    remove = {"member_id": member.id, "reason": "I would like another."}
    with refused(drawn, RuleBroken, "not released"):
        act(organiser, leaving.remove, drawn, **remove)
    with refused(drawn, RuleBroken, "Choose why"):
        act(organiser, leaving.remove, drawn, **remove, code=Leaving.REFUSED)
    with refused(drawn, RuleBroken, "may still answer until"):
        act(organiser, leaving.remove, drawn, **remove, code=Leaving.NO_ANSWER)
    with refused(drawn, RuleBroken, "does not have to make room"):
        act(organiser, leaving.remove, drawn, **remove, code=Leaving.RECUSALS)
    with refused(drawn, NotAllowed):
        act(organiser, leaving.remove, drawn, **remove, code=Leaving.UNABLE)
    assert member.answer_due is not None
    drawn.clock.move_to(member.answer_due - timedelta(microseconds=1))
    with refused(drawn, RuleBroken, "may still answer"):
        act(organiser, leaving.remove, drawn, **remove, code=Leaving.NO_ANSWER)
    drawn.clock.move_to(member.answer_due)
    act(organiser, leaving.remove, drawn, **remove, code=Leaving.NO_ANSWER)
    other = members(drawn)["M4"]
    act(drawn.person(other.user_id), leaving.accept, drawn)
    with refused(drawn, RuleBroken, "has answered"):
        act(organiser, leaving.remove, drawn, member_id=other.id, reason="Late.", code=Leaving.NO_ANSWER)
    act(
        drawn.people.supervisor,
        leaving.remove,
        drawn,
        member_id=other.id,
        reason="In hospital.",
        code=Leaving.UNABLE,
    )
    assert [entry.code for entry in of(drawn, MemberRemoved)] == ["no_answer", "unable"]
    assert [entry.drawn.place for entry in of(drawn, MemberAppointed)[-2:]] == [4, 5]
    assert findings(drawn) == []


def test_when_reserves_run_out_a_numbered_draw_follows_for_the_vacant_seats(drawn: DrawWorld) -> None:
    for code in ("M2", "M3", "M4"):  # three food experts; two reserves
        act(drawn.person(members(drawn)[code].user_id), leaving.refuse, drawn, reason="No time.")
    assert len(members(drawn)) == 4
    assert [entry.number for entry in of(drawn, DrawSpent)] == [1]
    with reading(drawn.engine) as session:
        assert candidates.vacancies_of(session, drawn.id) == {"food_safety": 1, "logistics": 0}
    with refused(drawn, RuleBroken, "exactly the seats that are vacant"):
        announce(drawn)
    announce(drawn, wanted=(Wanted(Expertise.FOOD_SAFETY, 1, 1),))
    second = of(drawn, DrawAnnounced)[-1]
    assert second.number == 2
    assert "asked_before" in {one.reason for one in second.left_out}
    with refused(drawn, RuleBroken, "announced already"):
        announce(drawn, wanted=(Wanted(Expertise.FOOD_SAFETY, 1, 1),))
    drawn_round(drawn)
    assert len(members(drawn)) == 5
    place = of(drawn, MemberAppointed)[-1].drawn
    assert (place.draw, place.lot, place.place) == (2, 1, 1)
    assert findings(drawn) == []


def test_who_cannot_take_the_seat_any_more_is_passed_over_with_the_reason(announced: DrawWorld) -> None:
    with transaction(announced.engine) as session:
        for n in (1, 4):
            register.suspend_expert(
                session,
                actor=announced.people.administrator.now(session),
                now=announced.clock(),
                ref=f"E-000{n}",
                reason="Since the announcement.",
            )
        register.end_expert(
            session,
            actor=announced.people.organiser.now(session),
            now=announced.clock(),
            ref="E-0006",
            reason="Retired.",
        )
    drawn_round(announced)
    seated = {member.user_id for member in members(announced).values()}
    assert not seated & {announced.experts[n - 1].id for n in (1, 4, 6)}
    for entry in of(announced, PassedOver):
        assert entry.reason == "suspended"
    assert findings(announced) == []


def test_recusals_that_leave_too_few_make_a_reserve_step_in(engine: Engine, clock: MovableClock) -> None:
    """The quorum is three of five. Three recusals from one application leave two."""
    world = drawn_round(announced_round(drawable_round(people(engine, clock()), clock)))
    first = world.refs[0]
    none, cousin = Declared(Ground.NONE), Declared(Ground.FAMILY, "A cousin.")
    for code in ("M2", "M3", "M4"):
        declared = dict.fromkeys(world.refs, none) | {first: cousin}
        act(world.person(members(world)[code].user_id), actions.declare, world, declarations=declared)
    ids = {code: member.id for code, member in members(world).items()}
    remove = {"reason": "Quorum.", "code": Leaving.RECUSALS}
    with refused(world, RuleBroken, "another member is next"):
        act(
            world.people.organiser,
            leaving.remove,
            world,
            member_id=ids["M2"],
            reason="Quorum.",
            code=Leaving.RECUSALS,
        )
    act(world.people.organiser, leaving.remove, world, member_id=ids["M4"], **remove)
    assert of(world, MemberRemoved)[-1].code == "recusals"
    assert "M6" in members(world)
    with refused(world, RuleBroken, "does not have to make room"):
        act(
            world.people.organiser,
            leaving.remove,
            world,
            member_id=ids["M3"],
            reason="Quorum.",
            code=Leaving.RECUSALS,
        )


def test_after_scoring_began_nobody_refuses_or_is_drawn(drawn: DrawWorld) -> None:
    begun_round(drawn)
    one = drawn.person(members(drawn)["M2"].user_id)
    with refused(drawn, WrongPhase):
        act(one, leaving.refuse, drawn, reason="Late.")
    with refused(drawn, WrongPhase):
        act(one, leaving.accept, drawn)
    with refused(drawn, WrongPhase):
        announce(drawn)
    with refused(drawn, WrongPhase):
        read(drawn, drawn.people.organiser)


# --- what the audit finds -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("statement", "named"),
    [
        ("UPDATE committee_draw SET key = '1.2.3.4.5.6./7./'", "committee_draw"),
        ("UPDATE draw_candidate SET place = NULL WHERE turn_at IS NULL", "draw_candidate"),
        ("UPDATE draw_candidate SET expert_id = 11 WHERE lot_id = 1 AND number = 1", "draw_candidate"),
        ("UPDATE draw_lot SET seats = 4 WHERE position = 1", "draw_lot"),
        ("UPDATE draw_reading SET numbers = '[[1, 2, 3, 4, 5, 6], [7]]' WHERE role = 'supervisor'", "draw_reading"),
        ("DELETE FROM draw_reading WHERE role = 'supervisor'", "draw_reading"),
        ("UPDATE expert SET user_id = (SELECT user_id FROM expert WHERE id = 2) WHERE id = 2", ""),
        ("UPDATE expert SET fields = '[\"law\"]' WHERE id = 3", "expert"),
        ("UPDATE expert SET employer = 'Elsewhere' WHERE id = 3", "expert"),
        ("UPDATE committee_member SET chair = false WHERE code = 'M2'", "committee_member"),
        ("UPDATE committee_member SET accepted_at = appointed_at WHERE code = 'M2'", "committee_member"),
    ],
)
def test_an_edited_row_is_named(drawn: DrawWorld, statement: str, named: str) -> None:
    with drawn.engine.begin() as connection:
        connection.execute(text(statement))
    found = findings(drawn)
    assert bool(found) is bool(named)
    assert all(named in one for one in found)


def test_renaming_an_account_changes_nothing_in_the_draw(drawn: DrawWorld) -> None:
    with drawn.engine.begin() as connection:
        connection.execute(
            text("UPDATE user_account SET name = 'Married', employer = 'New' WHERE email LIKE 'expert%'")
        )
    assert [found for found in findings(drawn) if not found.startswith("user_account")] == []
