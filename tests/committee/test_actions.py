"""The committee: one test for each way out of each act, asserting what was logged or that nothing changed."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from procurement.access import Role
from procurement.committee import actions, leaving, queries
from procurement.committee.entries import (
    InterestsDeclared,
    MemberAppointed,
    MemberRecused,
    MemberRemoved,
    ScoringBegan,
)
from procurement.committee.models import Declaration, Member
from procurement.committee.rules import Declared, Ground, MemberKind
from procurement.db import reading, transaction
from procurement.errors import NotAllowed, NotFound, Refused, RuleBroken, WrongPhase
from procurement.mail import Mail
from procurement.publiclog.queries import entries
from procurement.rounds import actions as rounds
from procurement.rounds.phases import Phase
from procurement.rounds.rules import HoldLabel
from tests.worlds.applications import AppliedWorld
from tests.worlds.committee import NONE, CommitteeWorld
from tests.worlds.people import Person

World = AppliedWorld | CommitteeWorld
COUSIN = Declared(Ground.FAMILY, "Their manager is my cousin.")


def said(world: World) -> list[Any]:
    """What the log says of the round, newest first."""
    with reading(world.engine) as session:
        return [logged.envelope.entry for logged in entries(session, round_ref=world.ref)]


def state(engine: Engine) -> list[list[Any]]:
    """Every row that an act of the committee could change."""
    tables = ("committee_member", "declaration", "milestone", "seat", "mail", "log_entry")
    with reading(engine) as session:
        return [list(session.execute(text(f"SELECT * FROM {table} ORDER BY 1"))) for table in tables]  # noqa: S608


@contextmanager
def refused(world: World, kind: type[Refused], *fields: str | None) -> Iterator[Any]:
    """The act inside is refused with `kind`, naming `fields`, and changes nothing."""
    before = state(world.engine)
    with pytest.raises(kind) as caught:
        yield caught
    assert state(world.engine) == before
    if fields:
        assert tuple(problem.field for problem in caught.value.problems) == fields


def act(person: Person, action: Callable[..., Any], world: World, **arguments: Any) -> Any:
    """Do `action` as `person` in one transaction."""
    with transaction(person.engine) as session:
        return action(session, actor=person.now(session), now=world.clock(), ref=world.ref, **arguments)


def appoint(
    world: World,
    person: Person,
    kind: MemberKind = MemberKind.EXPERT,
    *,
    field: str = "food",
    chair: bool = False,
    by: Person | None = None,
) -> Any:
    return act(
        by or world.people.organiser,
        actions.appoint,
        world,
        user_id=person.id,
        kind=kind,
        field=field,
        chair=chair,
    )


def declare(world: World, person: Person, declarations: dict[str, Declared]) -> None:
    act(person, actions.declare, world, declarations=declarations)


def begin(world: World, by: Person | None = None) -> Any:
    return act(by or world.people.organiser, actions.begin_scoring, world)


def member_ids(world: World) -> dict[str, int]:
    with reading(world.engine) as session:
        return {member.code: member.id for member in queries.members_of(session, world.id)}


def phase(world: World) -> Phase:
    return (world if isinstance(world, AppliedWorld) else world.applied).round.course.phase_at(world.clock())


# --- appointing -----------------------------------------------------------------------------------------------------


def test_a_member_is_appointed(checked: AppliedWorld) -> None:
    person = checked.people.members[0]
    member = appoint(checked, person, chair=True)
    assert (member.code, member.chair, member.field) == ("M1", True, "food")
    assert person.actor.seats[checked.id] == {Role.MEMBER}
    entry = said(checked)[0]
    assert isinstance(entry, MemberAppointed)
    assert (entry.member, entry.kind_of, entry.chair, entry.name.value) == ("M1", "expert", True, None)
    with reading(checked.engine) as session:
        letters = [m for m in session.query(Mail).all() if m.template == "committee/appointed"]
        bodies = b"".join(logged.body for logged in entries(session, round_ref=checked.ref))
    assert [(letter.address, letter.context["code"]) for letter in letters] == [(person.email, "M1")]
    assert person.name.encode() not in bodies


def test_members_may_be_appointed_while_applications_are_checked(applied: AppliedWorld) -> None:
    with refused(applied, WrongPhase):
        appoint(applied, applied.people.members[0])
    closes = applied.round.course.applications_close
    assert closes is not None
    applied.clock.move_to(closes)
    assert appoint(applied, applied.people.members[0]).code == "M1"


def test_only_the_rounds_organiser_appoints(checked: AppliedWorld) -> None:
    for person in checked.people.everybody():
        if person is not checked.people.organiser:
            with refused(checked, NotAllowed):
                appoint(checked, checked.people.members[0], by=person)
    with refused(checked, NotFound), transaction(checked.engine) as session:
        actions.appoint(
            session,
            actor=checked.people.organiser.now(session),
            now=checked.clock(),
            ref="R1999-001",
            user_id=1,
            kind=MemberKind.EXPERT,
        )


def test_the_composition_rule_holds_at_every_appointment(appointed: CommitteeWorld) -> None:
    with refused(appointed, RuleBroken, "user_id"):
        appoint(appointed, appointed.people.members[5])


def test_an_expert_has_a_field_and_the_organiser_no_chair(checked: AppliedWorld) -> None:
    with refused(checked, RuleBroken, "field"):
        appoint(checked, checked.people.members[0], field=" ")
    with refused(checked, RuleBroken, "kind", "chair"):
        appoint(checked, checked.people.members[0], MemberKind.ORGANISER, chair=True)


def test_nobody_sits_twice_and_nobody_with_another_role_sits(appointed: CommitteeWorld) -> None:
    ids = member_ids(appointed)
    act(appointed.people.organiser, leaving.remove, appointed, member_id=ids["M4"], reason="Ill.")
    with refused(appointed, RuleBroken, "user_id"):
        appoint(appointed, appointed.people.members[0])
    for person, role in (
        (appointed.people.organiser, "member"),
        (appointed.people.supervisor, "member"),
        (appointed.people.official, "member"),
        (appointed.applied.merchants[0], "member"),
    ):
        with refused(appointed, RuleBroken, "user_id"):
            appoint(appointed, person)  # without the account's role
        with appointed.engine.begin() as connection:
            connection.execute(
                text("INSERT INTO user_role (user_id, role) VALUES (:id, :role)"), {"id": person.id, "role": role}
            )
        with refused(appointed, RuleBroken, "user_id") as caught:
            appoint(appointed, person)  # with it, and excluded
        assert caught.value.problems[0].params["other"]


def test_who_withdrew_an_application_is_excluded_too(checked: AppliedWorld) -> None:
    with checked.engine.begin() as connection:
        connection.execute(text("UPDATE application SET withdrawn_at = submitted_at"))
        connection.execute(
            text("INSERT INTO user_role (user_id, role) VALUES (:id, 'member')"), {"id": checked.merchants[0].id}
        )
    with refused(checked, RuleBroken, "user_id"):
        appoint(checked, checked.merchants[0])


def test_the_database_holds_one_chair_and_one_seat(appointed: CommitteeWorld) -> None:
    def member(**changes: Any) -> Member:
        values = {
            "round_id": appointed.id,
            "user_id": appointed.people.members[5].id,
            "code": "M9",
            "kind": "expert",
            "appointed_at": appointed.clock(),
        }
        return Member(**values | changes)

    for changes in (
        {"chair": True},
        {"user_id": appointed.people.members[0].id},
        {"code": "M1"},
        {"kind": "friend"},
        {"kind": "organiser", "chair": True},
    ):
        with Session(appointed.engine) as session:
            session.add(member(**changes))
            with pytest.raises(IntegrityError):
                session.flush()


# --- leaving --------------------------------------------------------------------------------------------------------


def test_a_member_leaves_and_another_comes(formed: CommitteeWorld) -> None:
    ids = member_ids(formed)
    act(formed.people.organiser, leaving.remove, formed, member_id=ids["M5"], reason=" Fell ill. ")
    assert isinstance(said(formed)[0], MemberRemoved)
    assert formed.id not in formed.members[4].actor.seats
    with reading(formed.engine) as session:
        assert [m.code for m in queries.members_of(session, formed.id)] == ["M1", "M2", "M3", "M4"]
        former = queries.members_of(session, formed.id, in_force=False)[-1]
        assert (former.code, former.end_reason) == ("M5", "Fell ill.")
        assert all(pair[0] != ids["M5"] for pair in queries.declarations_of(session, formed.id))
        assert all(pair[0] != ids["M5"] for pair in queries.required_sheets(session, formed.id))
    assert appoint(formed, formed.people.members[5], MemberKind.CONSUMER).code == "M6", "a code is never given again"


def test_leaving_needs_a_reason_and_a_member(formed: CommitteeWorld) -> None:
    ids = member_ids(formed)
    organiser = formed.people.organiser
    with refused(formed, RuleBroken, "reason"):
        act(organiser, leaving.remove, formed, member_id=ids["M5"], reason=" ")
    with refused(formed, NotFound):
        act(organiser, leaving.remove, formed, member_id=10**6, reason="Ill.")
    with refused(formed, NotAllowed):
        act(formed.people.supervisor, leaving.remove, formed, member_id=ids["M5"], reason="Ill.")
    begin(formed)
    with refused(formed, WrongPhase):
        act(organiser, leaving.remove, formed, member_id=ids["M5"], reason="Ill.")


# --- declaring ------------------------------------------------------------------------------------------------------


def test_a_member_declares_one_by_one_or_all_at_once(appointed: CommitteeWorld) -> None:
    first, second = appointed.members[:2]
    declare(appointed, first, {appointed.refs[0]: NONE})
    declare(appointed, first, {appointed.refs[1]: COUSIN, appointed.refs[2]: NONE})
    entry = said(appointed)[0]
    assert isinstance(entry, InterestsDeclared)
    assert entry.member == "M1"
    assert [(d.application, d.ground) for d in entry.declarations] == [
        (appointed.refs[1], "family"),
        (appointed.refs[2], "none"),
    ]
    declare(appointed, second, dict.fromkeys(appointed.refs, NONE))
    with reading(appointed.engine) as session:
        required = queries.required_sheets(session, appointed.id)
        declared = queries.declarations_of(session, appointed.id)
        bodies = b"".join(logged.body for logged in entries(session, round_ref=appointed.ref))
    assert (len(required), len(declared)) == (5, 6)
    assert sum(view.recused for view in declared.values()) == 1
    assert b"cousin" not in bodies


def test_what_is_declared_again_unchanged_is_not_said_again(formed: CommitteeWorld) -> None:
    before = state(formed.engine)
    declare(formed, formed.members[0], dict.fromkeys(formed.refs, NONE))
    assert state(formed.engine) == before


def test_none_may_become_a_relation_and_a_recusal_stands(formed: CommitteeWorld) -> None:
    member = formed.members[0]
    declare(formed, member, {formed.refs[0]: COUSIN})
    with reading(formed.engine) as session:
        rows = session.query(Declaration).filter(Declaration.member_id == member_ids(formed)["M1"]).all()
        replaced = [row.ground for row in rows if row.replaced_at is not None]
    assert replaced == ["none"], "what was said before stays on record"
    with refused(formed, RuleBroken, f"ground-{formed.refs[0]}"):
        declare(formed, member, {formed.refs[0]: NONE})
    declare(formed, member, {formed.refs[0]: Declared(Ground.OTHER, "And we quarrel.")})


def test_all_rows_are_refused_together_each_with_its_fault(appointed: CommitteeWorld) -> None:
    refs = appointed.refs
    with refused(appointed, RuleBroken, f"detail-{refs[1]}", f"ground-{refs[2]}"):
        declare(
            appointed,
            appointed.members[0],
            {refs[0]: NONE, refs[1]: Declared(Ground.OFFICE), refs[2]: Declared(Ground.NONE, "My cousin.")},
        )


def test_declaring_is_for_members_about_eligible_applications(appointed: CommitteeWorld) -> None:
    with refused(appointed, RuleBroken):
        declare(appointed, appointed.members[0], {"R2026-001-A999": NONE})
    with refused(appointed, RuleBroken):
        declare(appointed, appointed.members[0], {})
    for person in (appointed.people.organiser, appointed.people.members[6], appointed.applied.merchants[0]):
        with refused(appointed, NotAllowed):
            declare(appointed, person, {appointed.refs[0]: NONE})


def test_declaring_has_its_phase(formed: CommitteeWorld) -> None:
    begin(formed)
    with refused(formed, WrongPhase):
        declare(formed, formed.members[0], {formed.refs[0]: COUSIN})


def test_one_cannot_declare_before_the_check_is_closed(applied: AppliedWorld) -> None:
    closes = applied.round.course.applications_close
    assert closes is not None
    applied.clock.move_to(closes)
    appoint(applied, applied.people.members[0])
    with refused(applied, WrongPhase):
        declare(applied, applied.people.members[0], {applied.refs[0]: NONE})


def test_the_database_holds_one_declaration_of_one_round(formed: CommitteeWorld) -> None:
    with Session(formed.engine) as session:
        one = session.query(Declaration).first()
        assert one is not None
        values = {
            "round_id": one.round_id,
            "member_id": one.member_id,
            "application_id": one.application_id,
            "ground": "none",
            "declared_at": formed.clock(),
        }
    for changes in ({}, {"round_id": 999}, {"member_id": 999}, {"ground": "friendship"}):
        with Session(formed.engine) as session:
            session.add(Declaration(**values | changes))
            with pytest.raises(IntegrityError):
                session.flush()


# --- beginning to score ---------------------------------------------------------------------------------------------


def test_scoring_begins(formed: CommitteeWorld) -> None:
    formed.clock.move_to(datetime(2026, 3, 27, 1, tzinfo=UTC))  # a Friday
    milestone = begin(formed)
    # five working days after it; Monday 6 April is Tomb-Sweeping holiday in 2026
    assert milestone.closes == datetime(2026, 4, 3, 16, tzinfo=UTC)
    assert milestone.counted["days"] == 5
    assert said(formed)[0] == ScoringBegan(
        members=5, applications=3, recusals=0, closes=milestone.closes, provisional=False
    )
    assert phase(formed) is Phase.SCORING
    with reading(formed.engine) as session:
        assert len(queries.required_sheets(session, formed.id)) == 15
        letters = [m.address for m in session.query(Mail).all() if m.template == "committee/scoring-began"]
    assert sorted(letters) == sorted(person.email for person in formed.members)


def test_scoring_does_not_begin_with_a_declaration_missing(appointed: CommitteeWorld) -> None:
    for person in appointed.members[:4]:
        declare(appointed, person, dict.fromkeys(appointed.refs, NONE))
    declare(appointed, appointed.members[4], dict.fromkeys(appointed.refs[:2], NONE))
    with refused(appointed, RuleBroken) as caught:
        begin(appointed)
    assert [str(problem) for problem in caught.value.problems] == ["M5 has 1 declarations left to make."]


@pytest.mark.parametrize(("recused", "begins"), [(2, True), (3, False)])
def test_scoring_does_not_begin_under_quorum(formed: CommitteeWorld, recused: int, *, begins: bool) -> None:
    for person in formed.members[:recused]:
        declare(formed, person, {formed.refs[1]: COUSIN})
    if begins:
        begin(formed)
        with reading(formed.engine) as session:
            assert len(queries.required_sheets(session, formed.id)) == 15 - recused
        assert said(formed)[0].recusals == recused
    else:
        with refused(formed, RuleBroken):
            begin(formed)


def test_scoring_does_not_begin_with_an_incomplete_committee(formed: CommitteeWorld) -> None:
    act(formed.people.organiser, leaving.remove, formed, member_id=member_ids(formed)["M1"], reason="Ill.")
    with refused(formed, RuleBroken) as caught:
        begin(formed)
    assert "It needs exactly one chair." in {str(problem) for problem in caught.value.problems}


def test_scoring_begins_once_by_the_organiser(formed: CommitteeWorld) -> None:
    for person in (formed.people.supervisor, formed.members[0], formed.people.second_organiser):
        with refused(formed, NotAllowed):
            begin(formed, by=person)
    begin(formed)
    with refused(formed, WrongPhase):
        begin(formed)


def test_scoring_does_not_begin_while_applications_are_checked(applied: AppliedWorld) -> None:
    closes = applied.round.course.applications_close
    assert closes is not None
    applied.clock.move_to(closes)
    with refused(applied, WrongPhase):
        begin(applied)


def test_nothing_is_done_on_hold(formed: CommitteeWorld) -> None:
    act(formed.people.supervisor, rounds.hold, formed, label=HoldLabel.REVIEW)
    with refused(formed, WrongPhase):
        begin(formed)
    with refused(formed, WrongPhase):
        declare(formed, formed.members[0], {formed.refs[0]: COUSIN})
    with refused(formed, WrongPhase):
        act(formed.people.organiser, leaving.remove, formed, member_id=member_ids(formed)["M1"], reason="Ill.")


# --- a late recusal -------------------------------------------------------------------------------------------------


def recuse(world: CommitteeWorld, by: Person | None = None, **changes: Any) -> None:
    arguments: dict[str, Any] = {
        "member_id": member_ids(world)["M2"],
        "application_ref": world.refs[0],
        "ground": Ground.OFFICE,
        "cause": "R2026-001-O1",
    }
    act(by or world.people.supervisor, actions.recuse, world, **arguments | changes)


def test_a_ruling_recuses_a_member(formed: CommitteeWorld) -> None:
    begin(formed)
    recuse(formed)
    assert said(formed)[0] == MemberRecused(
        member="M2", application=formed.refs[0], ground="office", cause="R2026-001-O1"
    )
    with reading(formed.engine) as session:
        assert len(queries.required_sheets(session, formed.id)) == 14
    with refused(formed, RuleBroken):
        recuse(formed)


def test_a_ruling_names_a_ground_a_member_and_an_application(formed: CommitteeWorld) -> None:
    begin(formed)
    with refused(formed, RuleBroken, "ground"):
        recuse(formed, ground=Ground.NONE)
    with refused(formed, NotFound):
        recuse(formed, member_id=10**6)
    with refused(formed, NotFound):
        recuse(formed, application_ref="R2026-001-A999")
    for person in (formed.people.organiser, formed.members[0], formed.people.second_supervisor):
        with refused(formed, NotAllowed):
            recuse(formed, by=person)


# --- who reads what -------------------------------------------------------------------------------------------------


def test_details_are_for_the_rounds_supervisor_alone(formed: CommitteeWorld) -> None:
    declare(formed, formed.members[0], {formed.refs[0]: COUSIN})
    with reading(formed.engine) as session:
        found = queries.recusal_details(session, actor=formed.people.supervisor.now(session), round_id=formed.id)
        assert [(row.member, row.application, row.detail) for row in found] == [
            ("M1", formed.refs[0], "Their manager is my cousin.")
        ]
        for person in formed.people.everybody():
            if person is not formed.people.supervisor:
                with pytest.raises(NotAllowed):
                    queries.recusal_details(session, actor=person.now(session), round_id=formed.id)


def test_names_are_public_when_the_rules_say(formed: CommitteeWorld) -> None:
    document = formed.applied.round.document

    def shown() -> list[str | None]:
        with reading(formed.engine) as session:
            found = queries.public_members(session, formed.id, document=document, course=formed.applied.round.course)
        return [member.name for member in found]

    assert shown() == [None] * 5, "members are known by code and kind"
    begin(formed)
    assert shown() == [None] * 5
