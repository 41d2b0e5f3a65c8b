"""An objection to a verdict while applications are being checked: from filing to upheld, and what it reopens."""

import secrets

import pytest
from sqlalchemy import Engine

from procurement.access import VISITOR
from procurement.applications import actions as applications
from procurement.applications.queries import applications_of
from procurement.applications.verdicts import Reason
from procurement.db import reading, transaction
from procurement.errors import RuleBroken
from procurement.objections import actions
from procurement.objections.queries import objection_of
from procurement.objections.rules import Detail, Effect, Remedy, Step
from procurement.publiclog import audit
from procurement.rounds.phases import Phase
from tests.conftest import MovableClock
from tests.worlds.applications import AppliedWorld, applied_round, close_applications, judge
from tests.worlds.objections import REASONS, against_verdict
from tests.worlds.people import people
from tests.worlds.rounds import published_round

MISSING = "The inspection report is older than a year."


@pytest.fixture
def closed(engine: Engine, clock: MovableClock) -> AppliedWorld:
    """Three have applied, and the deadline is over."""
    return close_applications(applied_round(published_round(people(engine, clock()), clock)))


def verdict(world: AppliedWorld, number: int) -> bool | None:
    with reading(world.engine) as session:
        views = {view.ref: view for view in applications_of(session, world.round.id, now=world.clock())}
    found = views[world.refs[number]].verdict
    return None if found is None else found.eligible


def upheld(world: AppliedWorld, number: int, remedy: Remedy) -> str:
    """A visitor objects to the verdict; it is admitted, answered and upheld with that effect."""
    ref, who = world.refs[number], world.people
    with transaction(world.engine) as session:
        objection = actions.file_objection(
            session,
            actor=VISITOR,
            now=world.clock(),
            ref=world.ref,
            filing=against_verdict(ref, remedy),
            token=secrets.token_urlsafe(8),
            language="en",
        ).ref
    with transaction(world.engine) as session:
        actions.admit(session, actor=who.supervisor.now(session), now=world.clock(), ref=objection)
        actions.answer(session, actor=who.organiser.now(session), now=world.clock(), ref=objection, text=REASONS)
    with reading(world.engine) as session:
        parties = objection_of(session, objection, now=world.clock()).parties
        due = max((party.clock.due for party in parties if party.clock.due), default=None)
    if due is not None:
        world.clock.move_to(due)  # who was told of it has not answered in time
    with transaction(world.engine) as session:
        actions.rule(
            session,
            actor=who.supervisor.now(session),
            now=world.clock(),
            ref=objection,
            outcome=Step.UPHELD,
            text=REASONS,
            effect=Effect(remedy, Detail(ref)),
        )
    return objection


def close(world: AppliedWorld) -> None:
    with transaction(world.engine) as session:
        actor = world.people.organiser.now(session)
        applications.close_checking(session, actor=actor, now=world.clock(), round_ref=world.ref)


def test_an_application_is_checked_once_more(closed: AppliedWorld) -> None:
    judge(closed, 0)
    judge(closed, 1)
    judge(closed, 2, Reason.DOCUMENTS_MISSING, MISSING)
    upheld(closed, 2, Remedy.RECHECK)
    assert verdict(closed, 2) is None, "the verdict is open again"
    assert closed.round.course.phase_at(closed.clock()) is Phase.CHECKING
    with pytest.raises(RuleBroken, match="has no verdict"):
        close(closed)
    judge(closed, 2)
    close(closed)
    assert closed.round.course.phase_at(closed.clock()) is Phase.FORMING
    audit.load_steps()
    with reading(closed.engine) as session:
        assert audit.audit(session, None).findings == []


def test_a_refused_application_is_admitted(closed: AppliedWorld) -> None:
    judge(closed, 0)
    judge(closed, 1)
    judge(closed, 2, Reason.DOCUMENTS_MISSING, MISSING)
    upheld(closed, 2, Remedy.READMIT)
    assert verdict(closed, 2) is True
    close(closed)
    assert closed.round.course.phase_at(closed.clock()) is Phase.FORMING
