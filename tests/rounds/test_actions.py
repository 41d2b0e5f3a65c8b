"""Rounds: one test for each way out of each act, asserting what was logged or that nothing changed."""

from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from threading import Thread
from typing import Any

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from procurement.access import VISITOR, Permission, Role, require
from procurement.db import make_engine, reading, transaction
from procurement.errors import NotAllowed, NotFound, Refused, RuleBroken, WrongPhase
from procurement.publiclog.audit import audit, load_steps
from procurement.publiclog.entry import Salted
from procurement.publiclog.queries import entries
from procurement.rounds import actions, queries
from procurement.rounds.entries import (
    RoundAborted,
    RoundAmended,
    RoundCreated,
    RoundHeld,
    RoundPublished,
    RoundResumed,
    SeatEnded,
    SeatGiven,
)
from procurement.rounds.models import Milestone
from procurement.rounds.phases import Kind, Phase
from procurement.rounds.rules import AbortReason, HoldLabel
from procurement.rounds.scoring_rule import Text
from tests.conftest import MovableClock
from tests.worlds.people import People, Person, people
from tests.worlds.rounds import RoundWorld, draft_round, published_round, small_document

BOTH = Text("Because.", "因为。")
load_steps()


@pytest.fixture
def everybody(engine: Engine, clock: MovableClock) -> People:
    return people(engine, clock())


@pytest.fixture
def draft(everybody: People, clock: MovableClock) -> RoundWorld:
    return draft_round(everybody, clock)


@pytest.fixture
def world(everybody: People, clock: MovableClock) -> RoundWorld:
    return published_round(everybody, clock)


def said(engine: Engine, ref: str | None = None) -> list[Any]:
    """What the log says, newest first."""
    with reading(engine) as session:
        return [logged.envelope.entry for logged in entries(session, round_ref=ref)]


def state(engine: Engine) -> list[list[Any]]:
    """Every row that an act about rounds could change."""
    tables = ("round", "round_draft", "round_rules", "milestone", "seat", "round_number", "log_entry")
    with reading(engine) as session:
        return [list(session.execute(text(f"SELECT * FROM {table} ORDER BY 1"))) for table in tables]  # noqa: S608


@contextmanager
def refused(engine: Engine, kind: type[Refused], *fields: str | None) -> Any:
    """The act inside is refused with `kind`, naming `fields`, and changes nothing."""
    before = state(engine)
    with pytest.raises(kind) as caught:
        yield caught
    assert state(engine) == before
    if fields:
        assert tuple(problem.field for problem in caught.value.problems) == fields


def act(person: Person, action: Callable[..., Any], **arguments: Any) -> Any:
    """Do `action` as `person` in one transaction."""
    with transaction(person.engine) as session:
        return action(session, actor=person.now(session), **arguments)


# --- beginning ----------------------------------------------------------------------------------------------------


def test_a_round_is_begun(everybody: People, clock: MovableClock) -> None:
    organiser = everybody.organiser
    first = act(organiser, actions.create_round, now=clock(), document=small_document())
    second = act(organiser, actions.create_round, now=clock(), document=small_document())
    clock.move_to(datetime(2026, 12, 31, 16, tzinfo=UTC))  # already 2027 in Shanghai
    third = act(organiser, actions.create_round, now=clock(), document=small_document())
    assert [r.ref for r in (first, second, third)] == ["R2026-001", "R2026-002", "R2027-001"]
    assert Role.ORGANISER in organiser.actor.seats[first.id]
    assert [type(entry) for entry in said(organiser.engine, first.ref)] == [SeatGiven, RoundCreated]
    with reading(organiser.engine) as session:
        assert queries.draft_of(session, first.id).document == small_document()
        assert queries.course_of(session, first.id).phase_at(clock()) is Phase.DRAFT


def test_only_organisers_begin_rounds(everybody: People, clock: MovableClock) -> None:
    for person in everybody.everybody():
        if person in (everybody.organiser, everybody.second_organiser):
            continue
        with refused(everybody.engine, NotAllowed):
            act(person, actions.create_round, now=clock(), document=small_document())


def test_a_round_needs_a_title(everybody: People, clock: MovableClock) -> None:
    with refused(everybody.engine, RuleBroken, "title.zh"):
        nameless = replace(small_document(), title=Text("Oranges", " "))
        act(everybody.organiser, actions.create_round, now=clock(), document=nameless)


def test_two_rounds_begun_at_once_get_two_numbers(everybody: People, database: str, clock: MovableClock) -> None:
    def begin() -> None:
        engine = make_engine(database)
        with transaction(engine) as session:
            created = actions.create_round(
                session, actor=everybody.organiser.now(session), now=clock(), document=small_document()
            )
            refs.append(created.ref)
        engine.dispose()

    refs: list[str] = []
    threads = [Thread(target=begin) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert sorted(refs) == [f"R2026-00{n}" for n in range(1, 7)]


# --- drafting -----------------------------------------------------------------------------------------------------


def test_a_draft_is_saved_without_an_entry(draft: RoundWorld, clock: MovableClock) -> None:
    before = len(said(draft.engine))
    changed = replace(draft.document, title=Text("Pears", "梨"), gates=())
    act(draft.people.organiser, actions.save_draft, now=clock.advance(minutes=5), ref=draft.ref, draft=changed)
    with reading(draft.engine) as session:
        view = queries.draft_of(session, draft.id)
        rows = queries.rounds_of(session, actor=draft.people.organiser.now(session), now=clock())
    assert (view.document, view.saved_at, view.saved_by) == (changed, clock(), "Olga Organiser")
    assert rows[0].title == Text("Pears", "梨")
    assert len(said(draft.engine)) == before


def test_two_people_on_two_pages_do_not_undo_each_other(draft: RoundWorld, clock: MovableClock) -> None:
    organiser = draft.people.organiser
    for name in ("purpose", "public_interest"):
        act(
            organiser,
            actions.edit_draft,
            now=clock(),
            ref=draft.ref,
            change=lambda document, name=name: replace(document, **{name: BOTH}),  # type: ignore[misc]
        )
    with reading(draft.engine) as session:
        document = queries.draft_of(session, draft.id).document
    assert (document.purpose, document.public_interest) == (BOTH, BOTH)


def test_only_the_rounds_own_organiser_drafts(draft: RoundWorld, clock: MovableClock) -> None:
    for person in draft.people.everybody():
        if person is draft.people.organiser:
            continue
        with refused(draft.engine, NotAllowed):
            act(person, actions.save_draft, now=clock(), ref=draft.ref, draft=draft.document)


def test_a_misshapen_or_nameless_draft_is_refused(draft: RoundWorld, clock: MovableClock) -> None:
    organiser = draft.people.organiser
    with refused(draft.engine, RuleBroken, "purpose.en"):
        bad = replace(draft.document, purpose=Text("bell\a", "铃"))
        act(organiser, actions.save_draft, now=clock(), ref=draft.ref, draft=bad)
    with refused(draft.engine, RuleBroken, "title.en"):
        act(
            organiser,
            actions.save_draft,
            now=clock(),
            ref=draft.ref,
            draft=replace(draft.document, title=Text("", "梨")),
        )
    with refused(draft.engine, NotFound):
        act(organiser, actions.save_draft, now=clock(), ref="R2026-999", draft=draft.document)


def test_published_rules_are_not_drafted_any_more(world: RoundWorld, clock: MovableClock) -> None:
    with refused(world.engine, WrongPhase):
        act(world.people.organiser, actions.save_draft, now=clock(), ref=world.ref, draft=world.document)


# --- seats --------------------------------------------------------------------------------------------------------


def give(world: RoundWorld, person: Person, role: Role, by: Person | None = None) -> None:
    act(
        by or world.people.organiser,
        actions.give_seat,
        now=world.clock(),
        ref=world.ref,
        user_id=person.id,
        role=role,
    )


def end(world: RoundWorld, person: Person, role: Role, by: Person | None = None) -> None:
    act(
        by or world.people.organiser, actions.end_seat, now=world.clock(), ref=world.ref, user_id=person.id, role=role
    )


def test_a_seat_is_given_and_ended(draft: RoundWorld) -> None:
    second = draft.people.second_organiser
    give(draft, second, Role.ORGANISER)
    entry = said(draft.engine, draft.ref)[0]
    assert isinstance(entry, SeatGiven)
    assert (entry.role, entry.name) == ("organiser", Salted(digest=entry.name.digest))
    assert second.actor.seats[draft.id] == {Role.ORGANISER}
    end(draft, second, Role.ORGANISER)
    assert isinstance(said(draft.engine, draft.ref)[0], SeatEnded)
    assert draft.id not in second.actor.seats


def test_names_are_not_in_the_log(draft: RoundWorld) -> None:
    with reading(draft.engine) as session:
        bodies = b"".join(logged.body for logged in entries(session, round_ref=draft.ref))
    for person in draft.people.everybody():
        assert person.name.encode() not in bodies
        assert person.email.encode() not in bodies


def test_seats_are_refused_by_the_table(draft: RoundWorld) -> None:
    people_ = draft.people
    with refused(draft.engine, RuleBroken, "user_id"):
        give(draft, people_.merchants[0], Role.SUPERVISOR)  # no such role by account
    with refused(draft.engine, RuleBroken, "user_id"):
        give(draft, people_.organiser, Role.ORGANISER)  # already
    with refused(draft.engine, RuleBroken, "role"):
        give(draft, people_.members[0], Role.MEMBER)  # the committee's own act
    with refused(draft.engine, RuleBroken, "role"):
        give(draft, people_.official, Role.OFFICIAL)  # one is enough
    with refused(draft.engine, NotAllowed):
        give(draft, people_.second_organiser, Role.ORGANISER, by=people_.supervisor)
    with refused(draft.engine, RuleBroken, "user_id"):
        act(
            people_.organiser,
            actions.give_seat,
            now=draft.clock(),
            ref=draft.ref,
            user_id=10**6,
            role=Role.SUPERVISOR,
        )


@pytest.mark.parametrize(
    ("held", "wanted"),
    [
        (Role.ORGANISER, Role.SUPERVISOR),
        (Role.SUPERVISOR, Role.ORGANISER),
        (Role.OFFICIAL, Role.SUPERVISOR),
        (Role.OFFICIAL, Role.ORGANISER),
        (Role.ADMINISTRATOR, Role.ORGANISER),
        (Role.ADMINISTRATOR, Role.SUPERVISOR),
        (Role.HANDLER, Role.ORGANISER),
    ],
)
def test_roles_that_exclude_each_other(draft: RoundWorld, held: Role, wanted: Role) -> None:
    people_ = draft.people
    holder = {
        Role.ORGANISER: people_.organiser,
        Role.SUPERVISOR: people_.supervisor,
        Role.OFFICIAL: people_.official,
        Role.ADMINISTRATOR: people_.administrator,
        Role.HANDLER: people_.handler,
    }[held]
    with draft.engine.begin() as connection:  # an account with both roles, which inviting refuses for some of them
        connection.execute(
            text("INSERT INTO user_role (user_id, role) VALUES (:id, :role)"), {"id": holder.id, "role": wanted.value}
        )
    with refused(draft.engine, RuleBroken, "user_id") as caught:
        give(draft, holder, wanted)
    assert caught.value.problems[0].params["other"]


def test_a_disabled_account_gets_no_seat(draft: RoundWorld) -> None:
    with draft.engine.begin() as connection:
        connection.execute(
            text("UPDATE user_account SET disabled_at = created_at WHERE id = :id"),
            {"id": draft.people.second_organiser.id},
        )
    with refused(draft.engine, RuleBroken, "user_id"):
        give(draft, draft.people.second_organiser, Role.ORGANISER)


def test_who_ran_the_published_round_can_never_supervise_it(world: RoundWorld) -> None:
    second = world.people.second_organiser
    give(world, second, Role.ORGANISER)
    end(world, second, Role.ORGANISER)
    end(world, world.people.supervisor, Role.SUPERVISOR, by=world.people.supervisor)
    with world.engine.begin() as connection:
        connection.execute(
            text("INSERT INTO user_role (user_id, role) VALUES (:id, 'supervisor')"), {"id": second.id}
        )
    with refused(world.engine, RuleBroken, "user_id"):
        give(world, second, Role.SUPERVISOR)
    give(world, world.people.second_supervisor, Role.SUPERVISOR)


def test_a_seat_given_by_mistake_and_ended_before_publication_does_not_count(draft: RoundWorld) -> None:
    second = draft.people.second_organiser
    give(draft, second, Role.ORGANISER)
    end(draft, second, Role.ORGANISER)
    with draft.engine.begin() as connection:
        connection.execute(
            text("INSERT INTO user_role (user_id, role) VALUES (:id, 'supervisor')"), {"id": second.id}
        )
    give(draft, second, Role.SUPERVISOR)
    assert second.actor.seats[draft.id] == {Role.SUPERVISOR}


def test_an_organiser_cannot_exchange_the_supervisor_of_a_published_round(world: RoundWorld) -> None:
    with refused(world.engine, RuleBroken):
        end(world, world.people.supervisor, Role.SUPERVISOR)
    with refused(world.engine, RuleBroken, "role"):
        give(world, world.people.second_supervisor, Role.SUPERVISOR)
    with refused(world.engine, RuleBroken):
        end(world, world.people.official, Role.OFFICIAL)


def test_a_supervisor_whose_account_is_closed_can_be_replaced(world: RoundWorld) -> None:
    with world.engine.begin() as connection:
        connection.execute(
            text("UPDATE user_account SET disabled_at = created_at WHERE id = :id"),
            {"id": world.people.supervisor.id},
        )
    give(world, world.people.second_supervisor, Role.SUPERVISOR)
    assert world.id in world.people.second_supervisor.actor.seats


def test_an_organiser_whose_account_is_closed_does_not_run_the_round(draft: RoundWorld) -> None:
    give(draft, draft.people.second_organiser, Role.ORGANISER)
    with draft.engine.begin() as connection:
        connection.execute(
            text("UPDATE user_account SET disabled_at = created_at WHERE id = :id"),
            {"id": draft.people.second_organiser.id},
        )
    with refused(draft.engine, RuleBroken):
        end(draft, draft.people.organiser, Role.ORGANISER)
    end(draft, draft.people.second_organiser, Role.ORGANISER)


def test_the_last_organiser_stays(draft: RoundWorld) -> None:
    with refused(draft.engine, RuleBroken):
        end(draft, draft.people.organiser, Role.ORGANISER)
    with refused(draft.engine, NotFound):
        end(draft, draft.people.second_supervisor, Role.SUPERVISOR)
    with refused(draft.engine, NotAllowed):
        end(draft, draft.people.organiser, Role.ORGANISER, by=draft.people.supervisor)
    with refused(draft.engine, RuleBroken, "role"):
        end(draft, draft.people.members[0], Role.MEMBER)


def test_seats_rest_when_the_round_is_over(world: RoundWorld) -> None:
    abort(world)
    with refused(world.engine, WrongPhase):
        give(world, world.people.second_organiser, Role.ORGANISER)
    with refused(world.engine, WrongPhase):
        end(world, world.people.supervisor, Role.SUPERVISOR, by=world.people.supervisor)


# --- publishing ---------------------------------------------------------------------------------------------------


def test_a_round_is_published(draft: RoundWorld, clock: MovableClock) -> None:
    act(draft.people.organiser, actions.publish, now=clock(), ref=draft.ref, sha256=draft.document.sha256)
    closes = datetime(2026, 3, 17, 16, tzinfo=UTC)  # the midnight after the fifteenth day, in Shanghai
    with reading(draft.engine) as session:
        assert queries.rules_of(session, draft.id) == draft.document
        assert queries.rules_record(session, draft.id) == (1, draft.document.sha256, clock())
        assert queries.rules_text(session, draft.id) == draft.document.text
        milestone = queries.milestones_of(session, draft.id)[-1]
        shown = queries.public_rounds(session, now=clock())
    assert (milestone.kind, milestone.at, milestone.closes) == (Kind.PUBLISHED, clock(), closes)
    assert milestone.counted is not None
    assert milestone.counted["deadline"] == "2026-03-17"
    assert [(view.ref, view.phase) for view in shown] == [(draft.ref, Phase.OPEN)]
    entry = said(draft.engine, draft.ref)[0]
    assert entry == RoundPublished(
        version=1, rules=draft.document.sha256, applications_close=closes, slots=1, provisional=False
    )


def test_a_draft_saved_since_it_was_read_is_not_published(draft: RoundWorld, clock: MovableClock) -> None:
    changed = replace(draft.document, purpose=BOTH)
    act(draft.people.organiser, actions.save_draft, now=clock(), ref=draft.ref, draft=changed)
    with refused(draft.engine, RuleBroken):
        act(draft.people.organiser, actions.publish, now=clock(), ref=draft.ref, sha256=draft.document.sha256)


def test_a_faulty_draft_is_not_published(draft: RoundWorld, clock: MovableClock) -> None:
    faulty = replace(draft.document, purpose=Text("", "目的"), gates=())
    act(draft.people.organiser, actions.save_draft, now=clock(), ref=draft.ref, draft=faulty)
    with refused(draft.engine, RuleBroken, "purpose.en", "gates"):
        act(draft.people.organiser, actions.publish, now=clock(), ref=draft.ref, sha256=faulty.sha256)


def test_a_broadcast_before_the_deadline_is_not_published(draft: RoundWorld, clock: MovableClock) -> None:
    clock.move_to(datetime(2027, 1, 4, 1, tzinfo=UTC))
    with refused(draft.engine, RuleBroken, "activity.planned_on"):
        act(draft.people.organiser, actions.publish, now=clock(), ref=draft.ref, sha256=draft.document.sha256)


def test_a_round_without_supervisor_is_not_published(draft: RoundWorld, clock: MovableClock) -> None:
    end(draft, draft.people.supervisor, Role.SUPERVISOR)
    with refused(draft.engine, RuleBroken, "people"):
        act(draft.people.organiser, actions.publish, now=clock(), ref=draft.ref, sha256=draft.document.sha256)


def test_a_round_is_published_once_and_by_its_organiser(world: RoundWorld, clock: MovableClock) -> None:
    with refused(world.engine, WrongPhase):
        act(world.people.organiser, actions.publish, now=clock(), ref=world.ref, sha256=world.document.sha256)
    for person in (world.people.second_organiser, world.people.supervisor, world.people.administrator):
        with refused(world.engine, NotAllowed):
            act(person, actions.publish, now=clock(), ref=world.ref, sha256=world.document.sha256)


def test_the_database_holds_one_publication(world: RoundWorld, clock: MovableClock) -> None:
    with Session(world.engine) as session:
        session.add(Milestone(round_id=world.id, kind=Kind.PUBLISHED, subject="again", at=clock()))
        with pytest.raises(IntegrityError):
            session.flush()


# --- who finds what -----------------------------------------------------------------------------------------------


def test_a_draft_is_found_only_by_those_who_work_on_it(draft: RoundWorld) -> None:
    inside = {draft.people.organiser, draft.people.supervisor, draft.people.official}
    with reading(draft.engine) as session:
        for person in draft.people.everybody():
            if person in inside:
                assert queries.find_round(session, draft.ref, actor=person.now(session)).id == draft.id
            else:
                with pytest.raises(NotFound):
                    queries.find_round(session, draft.ref, actor=person.now(session))
        with pytest.raises(NotFound):
            queries.find_round(session, draft.ref, actor=VISITOR)
        with pytest.raises(NotFound):
            queries.rules_of(session, draft.id)
        assert queries.public_rounds(session, now=draft.clock()) == []


def test_a_published_round_is_found_by_everybody(world: RoundWorld) -> None:
    with reading(world.engine) as session:
        assert queries.find_round(session, world.ref, actor=VISITOR).id == world.id
        with pytest.raises(NotFound):
            queries.rules_text(session, world.id, 2)


# --- amending -----------------------------------------------------------------------------------------------------


def amend(world: RoundWorld, by: Person | None = None, reason: Text = BOTH, **changes: Any) -> Any:
    document = replace(world.document, **changes)
    return act(
        by or world.people.organiser,
        actions.amend,
        now=world.clock(),
        ref=world.ref,
        document=document,
        reason=reason,
    )


def test_an_early_amendment_leaves_the_deadline(world: RoundWorld, clock: MovableClock) -> None:
    closes = world.course.applications_close
    clock.advance(days=1)
    amend(world, purpose=BOTH)
    entry = said(world.engine, world.ref)[0]
    assert isinstance(entry, RoundAmended)
    assert (entry.version, entry.applications_close) == (2, closes)
    with reading(world.engine) as session:
        assert queries.rules_of(session, world.id).purpose == BOTH
        assert queries.rules_record(session, world.id)[:2] == (2, entry.rules)
        assert [v.reason for v in queries.rules_versions(session, world.id)] == [None, BOTH]
        assert queries.rules_text(session, world.id, 1) == world.document.text
    assert world.course.applications_close == closes


def test_a_late_amendment_extends_the_deadline(world: RoundWorld, clock: MovableClock) -> None:
    closes = world.course.applications_close
    assert closes is not None
    clock.move_to(closes - timedelta(microseconds=1))
    milestone = amend(world, purpose=BOTH)
    assert milestone.closes == datetime(2026, 3, 23, 16, tzinfo=UTC)
    assert world.course.applications_close == milestone.closes
    assert world.course.phase_at(closes) is Phase.OPEN


def test_two_amendments(world: RoundWorld, clock: MovableClock) -> None:
    amend(world, purpose=BOTH)
    amend(world, purpose=BOTH, public_interest=BOTH)
    with reading(world.engine) as session:
        assert [v.version for v in queries.rules_versions(session, world.id)] == [1, 2, 3]


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"title": BOTH}, "title"),
        ({"gates": ()}, "gates"),
        ({"scoring": replace(small_document().scoring, slots=2)}, "scoring"),
        ({"committee": replace(small_document().committee, size=7)}, "committee"),
        ({"official": replace(small_document().official, name="Another")}, "official"),
        ({"categories": small_document().categories[:1]}, "categories"),
        ({"timetable": replace(small_document().timetable, call_days=16, notice_days=3)}, "timetable"),
        ({"timetable": replace(small_document().timetable, call_days=14)}, "timetable.call_days"),
        ({}, None),
    ],
)
def test_what_was_frozen_is_not_amended(world: RoundWorld, changes: dict[str, Any], field: str | None) -> None:
    with refused(world.engine, RuleBroken, field):
        amend(world, **changes)


def test_an_amendment_is_lawful_reasoned_and_in_time(world: RoundWorld, clock: MovableClock) -> None:
    with refused(world.engine, RuleBroken, "reason.zh"):
        amend(world, reason=Text("Because.", ""), purpose=BOTH)
    with refused(world.engine, RuleBroken, "purpose.zh"):
        amend(world, purpose=Text("Purpose", ""))
    with refused(world.engine, NotAllowed):
        amend(world, by=world.people.supervisor, purpose=BOTH)
    closes = world.course.applications_close
    assert closes is not None
    clock.move_to(closes)
    with refused(world.engine, WrongPhase):
        amend(world, purpose=BOTH)


@pytest.mark.parametrize(("day", "possible"), [(date(2026, 3, 25), False), (date(2026, 3, 26), True)])
def test_the_broadcast_is_not_moved_to_a_day_on_which_nothing_can_be_decided(
    world: RoundWorld, day: date, *, possible: bool
) -> None:
    # Applications close with 17 March; a notice of five working days given on the 18th ends with the 25th.
    activity = replace(world.document.activity, planned_on=day)
    if possible:
        amend(world, activity=activity)
    else:
        with refused(world.engine, RuleBroken, "activity.planned_on"):
            amend(world, activity=activity)


def test_a_late_amendment_moves_the_first_possible_day_as_well(world: RoundWorld, clock: MovableClock) -> None:
    clock.move_to(datetime(2026, 3, 16, 1, tzinfo=UTC))
    activity = replace(world.document.activity, planned_on=date(2026, 3, 26))
    with refused(world.engine, RuleBroken, "activity.planned_on"):
        amend(world, activity=activity)


def test_a_longer_call_is_an_amendment(world: RoundWorld) -> None:
    milestone = amend(world, timetable=replace(world.document.timetable, call_days=20))
    assert milestone.closes == datetime(2026, 3, 23, 16, tzinfo=UTC)


# --- side exits ---------------------------------------------------------------------------------------------------


def hold(world: RoundWorld, by: Person | None = None) -> Any:
    return act(by or world.people.supervisor, actions.hold, now=world.clock(), ref=world.ref, label=HoldLabel.REVIEW)


def resume(world: RoundWorld, by: Person | None = None) -> Any:
    return act(by or world.people.supervisor, actions.resume, now=world.clock(), ref=world.ref)


def abort(
    world: RoundWorld, by: Person | None = None, reason: AbortReason = AbortReason.CHANGED, explanation: Text = BOTH
) -> Any:
    return act(
        by or world.people.organiser,
        actions.abort,
        now=world.clock(),
        ref=world.ref,
        reason=reason,
        explanation=explanation,
    )


def test_a_hold_stops_the_clock_and_resuming_gives_the_time_back(world: RoundWorld, clock: MovableClock) -> None:
    closes = world.course.applications_close
    assert closes is not None
    held_at = clock.advance(days=2)
    hold(world)
    assert world.course.phase_at(clock()) is Phase.HELD
    assert said(world.engine, world.ref)[0] == RoundHeld(label="review")
    clock.advance(days=3)
    resume(world)
    # held from Wednesday to Saturday: four days of a call that would have ended on Tuesday; Saturday rolls over
    later = closes + timedelta(days=6)
    assert said(world.engine, world.ref)[0] == RoundResumed(held_at=held_at, closes=later)
    assert world.course.applications_close == later
    clock.advance(hours=1)
    hold(world)  # and again, on the same day
    clock.advance(hours=1)
    resume(world)
    assert world.course.applications_close == later
    with reading(world.engine) as session:
        milestones = queries.milestones_of(session, world.id)
    assert [(m.kind, m.subject, m.detail) for m in milestones[1:]] == [
        (Kind.HELD, "", {"code": "review"}),
        (Kind.RESUMED, "", None),
        (Kind.HELD, "2", {"code": "review"}),
        (Kind.RESUMED, "2", None),
    ]


@pytest.mark.parametrize(("early", "moves"), [(timedelta(microseconds=1), True), (timedelta(0), False)])
def test_a_hold_at_the_last_instant_gives_time_and_one_later_none(
    world: RoundWorld, clock: MovableClock, early: timedelta, *, moves: bool
) -> None:
    closes = world.course.applications_close
    assert closes is not None
    clock.move_to(closes - early)
    hold(world)
    clock.advance(days=2)
    milestone = resume(world)
    assert (milestone.closes is not None) is moves
    assert world.course.applications_close == (closes + timedelta(days=3) if moves else closes)
    assert world.course.phase_at(clock()) is (Phase.OPEN if moves else Phase.CHECKING)
    with reading(world.engine) as session:
        assert audit(session, None).findings == []


def test_only_the_rounds_supervisor_holds_and_resumes(world: RoundWorld) -> None:
    for person in world.people.everybody():
        if person is world.people.supervisor:
            continue
        with refused(world.engine, NotAllowed):
            hold(world, by=person)
        with refused(world.engine, NotAllowed):
            resume(world, by=person)


def test_a_hold_is_for_rounds_on_their_way(draft: RoundWorld) -> None:
    with refused(draft.engine, WrongPhase):
        hold(draft)
    with refused(draft.engine, WrongPhase):
        resume(draft)


def test_nothing_is_done_in_a_round_on_hold(world: RoundWorld) -> None:
    hold(world)
    with refused(world.engine, WrongPhase):
        hold(world)
    with refused(world.engine, WrongPhase):
        amend(world, purpose=BOTH)
    with refused(world.engine, WrongPhase):
        abort(world)
    with refused(world.engine, WrongPhase):
        give(world, world.people.second_organiser, Role.ORGANISER)


def test_a_round_is_ended(world: RoundWorld, clock: MovableClock) -> None:
    milestone = abort(world)
    assert milestone.detail == {"code": "cancelled_by_change", "en": "Because.", "zh": "因为。"}
    entry = said(world.engine, world.ref)[0]
    assert isinstance(entry, RoundAborted)
    assert entry.reason == "cancelled_by_change"
    assert world.course.phase_at(clock()) is Phase.ABORTED
    assert not world.course.applications_visible(clock() + timedelta(days=100))
    with refused(world.engine, WrongPhase):
        abort(world)
    with refused(world.engine, WrongPhase):
        hold(world)


def test_ending_a_round_is_explained_in_both_languages(world: RoundWorld) -> None:
    with refused(world.engine, RuleBroken, "explanation.en"):
        abort(world, explanation=Text("", "因为"))
    with refused(world.engine, NotAllowed):
        abort(world, by=world.people.supervisor)
    with refused(world.engine, NotAllowed):
        abort(world, by=world.people.second_organiser)


def test_too_few_eligible_is_only_known_after_the_deadline(world: RoundWorld, clock: MovableClock) -> None:
    with refused(world.engine, RuleBroken, "reason"):
        abort(world, reason=AbortReason.FEW_ELIGIBLE)
    closes = world.course.applications_close
    assert closes is not None
    clock.move_to(closes)
    assert abort(world, reason=AbortReason.FEW_ELIGIBLE).kind == Kind.ABORTED


def test_a_draft_is_not_ended(draft: RoundWorld) -> None:
    with refused(draft.engine, WrongPhase):
        abort(draft)


# --- reading many -------------------------------------------------------------------------------------------------


def test_lists_cost_the_same_however_long(everybody: People, clock: MovableClock) -> None:
    def cost() -> int:
        from sqlalchemy import event

        statements: list[str] = []

        def count(_c: object, _cur: object, statement: str, *_: object) -> None:
            statements.append(statement)

        with reading(everybody.engine) as session:
            actor = everybody.organiser.now(session)
            event.listen(everybody.engine, "before_cursor_execute", count)
            queries.public_rounds(session, now=clock())
            queries.rounds_of(session, actor=actor, now=clock())
            event.remove(everybody.engine, "before_cursor_execute", count)
        return len(statements)

    published_round(everybody, clock)
    one = cost()
    published_round(everybody, clock)
    draft_round(everybody, clock)
    assert cost() == one


def test_seats_and_people_are_read(draft: RoundWorld) -> None:
    with reading(draft.engine) as session:
        assert [(s.name, s.role) for s in queries.seats_of(session, draft.id)] == [
            ("Olga Organiser", Role.ORGANISER),
            ("Sven Supervisor", Role.SUPERVISOR),
            ("Olaf Official", Role.OFFICIAL),
        ]
        names = [person.name for person in queries.people_for(session, Role.SUPERVISOR)]
        actor = draft.people.supervisor.now(session)
        require(actor, Permission.HOLD_ROUND, round_id=draft.id)
    assert names == ["Sara Supervisor", "Sven Supervisor"]


def test_record_numbers_what_happens_again(world: RoundWorld, clock: MovableClock) -> None:
    def again(session: Session) -> str:
        found = queries.find_round(session, world.ref, lock=True)
        return actions.record(session, round=found, kind=Kind.REOPENED_TALLY, at=clock(), by=None).subject

    with Session(world.engine) as session:
        assert [again(session) for _ in range(3)] == ["", "2", "3"]
        session.rollback()
