"""Applications written at the counter: marked, signed on paper, and never checked by who helped."""

import io
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import Engine, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from procurement.access import VISITOR, Role
from procurement.applications import actions, checkers, confirming, queries, supplementing, verifying, writing
from procurement.applications.checklist import Item
from procurement.applications.models import (
    ApplicationDraft,
    ApplicationHelper,
    Finding,
    SupplementRequest,
    Verdict,
)
from procurement.applications.verdicts import Reason
from procurement.committee.candidates import _with_another_role
from procurement.db import Base, reading, transaction
from procurement.decisions import actions as decisions
from procurement.errors import NotAllowed, NotFound, RuleBroken
from procurement.merchants import counter
from procurement.objections import actions as objections
from procurement.objections.rules import Remedy
from procurement.publiclog.audit import audit, load_steps
from procurement.publiclog.entry import unseal
from procurement.publiclog.models import LogEntry
from procurement.rounds.actions import put_seat
from procurement.rounds.models import Round
from procurement.rounds.queries import roles_held
from tests.conftest import MovableClock
from tests.merchants.papers import SMALL_PDF
from tests.merchants.test_counter import FARMER, SIGNED, VISIT
from tests.visiting import Visitor, text_of
from tests.worlds.applications import AppliedWorld, amend_call, begin, close_applications, fill, found, sell, whole
from tests.worlds.applications import judge as give_verdict
from tests.worlds.objections import REASONS, against_verdict
from tests.worlds.people import Person, people
from tests.worlds.rounds import RoundWorld, published_round

TODAY = date(2026, 3, 2)


@pytest.fixture
def world(engine: Engine, clock: MovableClock) -> RoundWorld:
    """An open round with two organisers."""
    made = published_round(people(engine, clock()), clock)
    with transaction(engine) as session:
        put_seat(
            session,
            actor=made.people.organiser.now(session),
            acting_as=Role.ORGANISER,
            now=clock(),
            round=session.scalars(select(Round).where(Round.ref == made.ref).with_for_update()).one(),
            user_id=made.people.second_organiser.id,
            role=Role.ORGANISER,
        )
    return made


def do(world: RoundWorld, who: Person, act: Any, **given: Any) -> Any:
    with transaction(world.engine) as session:
        return act(session, actor=who.now(session), now=world.clock(), **given)


def at_counter(world: RoundWorld, who: Person) -> str:
    """`who` registers a farmer."""
    ref: str = do(world, who, counter.register_at_counter, today=TODAY, particulars=FARMER, visit=VISIT)
    return ref


def written(world: RoundWorld, *, submit: bool = True, signed: bool = False) -> AppliedWorld:
    """The second organiser, as clerk, writes an application for a farmer at the counter."""
    clerk = world.people.second_organiser
    business = at_counter(world, clerk)
    key = begin(world, clerk, business, "石磨小米")
    fill(world, clerk, key, whole("石磨小米"))
    refs = ()
    if submit:
        refs = (do(world, clerk, actions.submit, key=key, signed=SIGNED if signed else None).ref,)
    return AppliedWorld(world, (clerk,), (business,), (key,), refs)


def logged(world: RoundWorld, prefix: str = "application") -> list[tuple[str, str]]:
    with reading(world.engine) as session:
        bodies = session.scalars(select(LogEntry.body).order_by(LogEntry.idx)).all()
    envelopes = [unseal(body) for body in bodies]
    return [(one.entry.kind, str(one.by.role)) for one in envelopes if one.entry.kind.startswith(prefix)]


def audited(world: RoundWorld) -> list[str]:
    load_steps()
    with reading(world.engine) as session:
        return [str(found) for found in audit(session, None).findings]


def view(made: AppliedWorld) -> queries.ApplicationView:
    with reading(made.engine) as session:
        found: queries.ApplicationView = queries.application_detail(
            session, made.refs[0], actor=made.merchants[0].actor, now=made.clock()
        ).view
    return found


# --- writing and submitting ---------------------------------------------------------------------------------------


def test_a_clerk_writes_and_submits(world: RoundWorld) -> None:
    made = written(world, signed=True)
    assert view(made).helped
    assert logged(world) == [
        ("application.submitted", "organiser"),
        ("application.signed", "organiser"),
        ("application.helped", "organiser"),
    ]
    clerk = made.merchants[0]
    with reading(world.engine) as session:
        paper = queries.signed_paper(session, made.refs[0], 1, actor=clerk.actor, now=world.clock())
        assert paper == (SIGNED.digest, SIGNED.media_type, SIGNED.name)
        with pytest.raises(NotFound):
            queries.signed_paper(session, made.refs[0], 1, actor=world.people.organiser.actor, now=world.clock())
        assert roles_held(session, round_id=world.id, user_id=clerk.id, published=None) == {Role.ORGANISER}
    assert audited(world) == []
    do(world, clerk, actions.submit, key=made.keys[0])
    assert logged(world)[3:] == [("application.submitted", "organiser")]
    with reading(world.engine) as session, pytest.raises(NotFound):
        queries.signed_paper(session, made.refs[0], 2, actor=clerk.actor, now=world.clock())


def test_what_no_helper_wrote_is_not_marked(world: RoundWorld) -> None:
    merchant = world.people.merchants[0]
    key = begin(world, merchant, world.people.businesses[0], "晒场红枣")
    fill(world, merchant, key, whole("晒场红枣"))
    ref = do(world, merchant, actions.submit, key=key).ref
    assert not view(AppliedWorld(world, (merchant,), world.people.businesses[:1], (key,), (ref,))).helped
    assert logged(world) == [("application.submitted", "merchant")]


def test_the_mark_stays_when_the_owner_submits_what_a_clerk_began(world: RoundWorld) -> None:
    made = written(world, submit=False)
    code = do(world, made.merchants[0], counter.issue_code, ref=made.businesses[0])
    owner = world.people.merchants[1]
    assert do(world, owner, counter.take_over, code=code) == made.businesses[0]
    ref = do(world, owner, actions.submit, key=made.keys[0]).ref
    made = replace(made, merchants=(owner,), refs=(ref,))
    assert view(made).helped
    assert logged(world) == [("application.submitted", "merchant"), ("application.helped", "merchant")]
    close_applications(made)
    with pytest.raises(NotAllowed):
        keep(made, world.people.second_organiser)
    assert audited(world) == []


def test_a_clerk_needs_the_business_among_those_helped(world: RoundWorld) -> None:
    clerk = world.people.second_organiser
    with pytest.raises(NotFound):
        begin(world, clerk, world.people.businesses[0], "晒场红枣")
    do(
        world,
        clerk,
        counter.help_with_paper,
        ref=world.people.businesses[0],
        capacity="青石镇窗口",
        authority=SIGNED,
    )
    key = begin(world, clerk, world.people.businesses[0], "晒场红枣")
    with pytest.raises(NotFound):
        do(world, world.people.organiser, writing.discard, key=key)
    with reading(world.engine) as session:
        assert session.scalars(select(ApplicationDraft.helper_ids)).all() == [[clerk.id]]


def test_who_helps_takes_no_other_part_in_the_round(world: RoundWorld) -> None:
    made = written(world)
    with reading(world.engine) as session:
        assert _with_another_role(session, world.id, world.clock()) >= {made.merchants[0].id}
    with pytest.raises(RuleBroken), transaction(world.engine) as session:
        put_seat(
            session,
            actor=world.people.organiser.now(session),
            acting_as=Role.ORGANISER,
            now=world.clock(),
            round=session.scalars(select(Round).where(Round.ref == world.ref).with_for_update()).one(),
            user_id=made.merchants[0].id,
            role=Role.SUPERVISOR,
        )


def test_confirming_and_withdrawing_with_help(world: RoundWorld) -> None:
    made = written(world)
    amend_call(made)
    sell(world, made.merchants[0], made.keys[0])
    do(world, made.merchants[0], confirming.confirm, key=made.keys[0], rules_version=2)
    do(world, made.merchants[0], actions.withdraw, ref=made.refs[0])
    assert logged(world)[2:] == [("application.confirmed", "organiser"), ("application.withdrawn", "organiser")]
    assert audited(world) == []


# --- checking -----------------------------------------------------------------------------------------------------


def keep(made: AppliedWorld, who: Person) -> None:
    do(
        made.round,
        who,
        verifying.keep_findings,
        ref=made.refs[0],
        findings=found(day=made.clock().date(), items=[Item.LICENCES]),
    )


def ask(made: AppliedWorld, who: Person) -> None:
    do(made.round, who, supplementing.request, ref=made.refs[0], items=[Item.LICENCES], text="Send the second page.")


def judge(made: AppliedWorld, who: Person) -> None:
    do(
        made.round,
        who,
        actions.give_verdict,
        ref=made.refs[0],
        reason_code=Reason.DOCUMENTS_MISSING,
        explanation="The licence is missing.",
        gates=[],
    )


def test_a_second_clerk_who_wrote_a_part_does_not_check_either(world: RoundWorld) -> None:
    made = written(world, submit=False)
    second, business = world.people.organiser, made.businesses[0]
    do(world, second, counter.help_with_paper, ref=business, capacity="clerk", authority=SIGNED)
    sell(world, second, made.keys[0])
    do(world, second, counter.end_help, ref=business)
    ref = do(world, made.merchants[0], actions.submit, key=made.keys[0]).ref
    made = close_applications(replace(made, refs=(ref,)))
    with pytest.raises(NotAllowed) as refused:
        keep(made, second)
    assert "You helped to make this application" in str(refused.value)
    assert audited(world) == []


@pytest.mark.parametrize("act", [keep, ask, judge])
def test_who_helped_does_not_check(world: RoundWorld, act: Callable[[AppliedWorld, Person], None]) -> None:
    made = close_applications(written(world))
    before = logged(world)
    with pytest.raises(NotAllowed) as refused:
        act(made, made.merchants[0])
    assert "Somebody else of the office" in str(refused.value)
    assert logged(world) == before
    if act is judge:
        keep(made, world.people.organiser)
        with pytest.raises(RuleBroken):  # it is asked whether it is right, not who
            act(made, world.people.organiser)
    else:
        act(made, world.people.organiser)


def test_a_supplement_is_answered_with_help_but_not_by_who_asked(world: RoundWorld) -> None:
    made = close_applications(written(world))
    organiser = world.people.organiser
    ask(made, organiser)
    do(
        world,
        organiser,
        counter.help_with_paper,
        ref=made.businesses[0],
        capacity="青石镇窗口",
        authority=SIGNED,
    )
    before = logged(world)
    with pytest.raises(NotAllowed) as refused:
        do(world, organiser, supplementing.answer, key=made.keys[0], number=1, text="Here it is.")
    assert "have checked" in str(refused.value)
    assert logged(world) == before
    do(world, made.merchants[0], supplementing.answer, key=made.keys[0], number=1, text="Here it is.")
    assert logged(world)[-1] == ("application.supplement_answered", "organiser")
    assert audited(world) == []


def test_who_helped_does_not_decide(world: RoundWorld) -> None:
    made = written(world)
    with transaction(world.engine) as session, pytest.raises(NotAllowed) as refused:
        checkers.require_no_helper(session, made.merchants[0].now(session), world.id)
    assert "Somebody else of the office" in str(refused.value)
    with transaction(world.engine) as session:
        checkers.require_no_helper(session, world.people.organiser.now(session), world.id)
    with pytest.raises(NotAllowed) as refused:
        do(world, made.merchants[0], decisions.publish, ref=world.ref)
    assert "Somebody else of the office" in str(refused.value)


def test_who_helped_does_not_answer_an_objection(world: RoundWorld) -> None:
    made = close_applications(written(world))
    give_verdict(made, 0)
    given = {"filing": against_verdict(made.refs[0], Remedy.EXCLUDE), "token": "t" * 20, "language": "en"}
    with transaction(world.engine) as session:
        ref = objections.file_objection(session, actor=VISITOR, now=world.clock(), ref=world.ref, **given).ref
    do(world, world.people.supervisor, objections.admit, ref=ref)
    before = logged(world, "objection")
    with pytest.raises(NotAllowed) as refused:
        do(world, made.merchants[0], objections.answer, ref=ref, text=REASONS)
    assert "You helped to write an application in this round" in str(refused.value)
    assert logged(world, "objection") == before
    do(world, world.people.organiser, objections.answer, ref=ref, text=REASONS)
    assert logged(world, "objection") == [*before, ("objection.answered", "organiser")]


def test_the_database_keeps_them_apart(world: RoundWorld) -> None:
    made = close_applications(written(world))
    with reading(world.engine) as session:
        helper = session.scalars(select(ApplicationHelper)).one()
        row, clerk = helper.application_id, helper.user_id
    day, now, at = made.clock().date(), made.clock(), {"application_id": row}
    for barred in (
        Finding(
            **at, item="licences", result="met", method="papers", evidence="x", looked_on=day, at=now, by_id=clerk
        ),
        Verdict(
            **at,
            eligible=True,
            reason_code="all_gates_passed",
            explanation="",
            gates={},
            given_at=now,
            given_by_id=clerk,
        ),
        SupplementRequest(
            **at, ref="X", number=1, items=[], text="x", asked_at=now, asked_by_id=clerk, due=now, counted={}
        ),
    ):
        insert(world, barred)
    keep(made, world.people.organiser)
    insert(world, ApplicationHelper(**at, user_id=world.people.organiser.id, at=now))


def insert(world: RoundWorld, row: Base) -> None:
    """Behind the application's back; refused."""
    with Session(world.engine) as session:
        session.add(row)
        with pytest.raises(IntegrityError, match="neither checks nor decides"):
            session.flush()
        session.rollback()


# --- in a browser -------------------------------------------------------------------------------------------------


def visitor(app: Flask, clock: MovableClock, who: Person | None = None) -> Visitor:
    client = app.test_client()
    return Visitor(client if who is None else who.enter(client, clock(), hours=24 * 40))


def test_the_whole_way_in_a_browser(app: Flask, world: RoundWorld, clock: MovableClock) -> None:
    clerk = visitor(app, clock, world.people.second_organiser)
    assert "You help no business yet" in clerk.get(f"/en/rounds/{world.ref}/apply").text
    made = written(world, submit=False)
    key = made.keys[0]
    assert "石磨小米" in clerk.get("/en/counter-applications").text
    clerk.get("/en/my/applications", status=403)
    for path in ("", "/product", "/certificates/1"):
        clerk.get(f"/zh/my/applications/{key}{path}")
    page = clerk.get(f"/en/my/applications/{key}/check")
    assert "read it to the applicant" in page.text
    done = clerk.send(f"/en/my/applications/{key}/check", signed=(io.BytesIO(SMALL_PDF), "signed.pdf"))
    assert done.location == f"/en/my/applications/{key}/receipt"
    receipt = text_of(clerk.get(f"/en/my/applications/{key}/receipt"))
    assert "with a clerk's help" in receipt.replace("&#39;", "'")
    assert "SHA-256 of the signed page" in receipt
    clerk.get(f"/en/my/applications/{key}/submitted")
    ref = f"{world.ref}-A001"
    assert visitor(app, clock, world.people.organiser).client.get(f"/applications/{ref}/signed/1").status_code == 404
    assert clerk.client.get(f"/applications/{ref}/signed/1").status_code == 200
    close_applications(made)

    clerk = visitor(app, clock, world.people.second_organiser)
    path = f"/en/rounds/{world.ref}/checking/{ref}"
    for end in ("", "/checklist", "/supplement"):
        page = clerk.get(path + end)
        assert "You helped to make this application" in page.text
    other = visitor(app, clock, world.people.organiser)
    assert "You helped to make this application" not in other.get(path).text
    sent = {"reason_code": "documents_missing", "explanation": "The licence is missing."}
    clerk.send(path, form_on="/en/counter/new", status=403, **sent)
    assert other.client.get(f"/applications/{ref}/signed/1").status_code == 200
    for reader in (None, world.people.merchants[1]):
        page = visitor(app, clock, reader).get(f"/en/applications/{ref}")
        assert "written with a clerk" in page.text
        answer = visitor(app, clock, reader).client.get(f"/applications/{ref}/signed/1")
        assert answer.status_code == (303 if reader is None else 404)


def test_a_stranger_cannot_help(world: RoundWorld) -> None:
    made = written(world, submit=False)
    for who in (VISITOR, world.people.supervisor.actor, world.people.merchants[0].actor):
        with pytest.raises((NotAllowed, NotFound)), transaction(world.engine) as session:
            actions.submit(session, actor=who, now=world.clock(), key=made.keys[0])
    assert logged(world) == []
