"""The layer of objections: the proposed result is on public notice, and people object.

world = noticed_round(opened_round(…))
ref = objected(world, correcting(world, 0, "M1", "quality", "5"))
ruled(world, ref, Step.UPHELD, effect=…)
"""

import secrets
from dataclasses import replace
from datetime import datetime
from decimal import Decimal

from procurement.access import VISITOR
from procurement.db import reading, transaction
from procurement.merchants.queries import acts_for
from procurement.objections import actions, escalating, hearing, pausing, queries, substitutes
from procurement.objections.outside import Outcome
from procurement.objections.queries import NoticeView, ObjectionView, PartyView
from procurement.objections.rules import (
    Detail,
    Effect,
    Filer,
    Filing,
    Ground,
    Remedy,
    Step,
    Target,
)
from procurement.rounds import actions as rounds
from procurement.rounds.clocks import Stopped
from procurement.rounds.rules import HoldLabel
from tests.worlds.people import OFFICE, Person
from tests.worlds.scoring import ScoringWorld

ARGUMENT = "The record shows something else than what was decided here."
STATEMENT = "We applied with what the rules ask for, and the marks were given for that."
REASONS = "The record was looked at once more, point by point, and this is what it shows."


def give_notice(world: ScoringWorld) -> NoticeView:
    """The organiser puts the result as last computed on notice."""
    with transaction(world.engine) as session:
        actions.give_notice(
            session,
            actor=world.organiser.now(session),
            now=world.clock(),
            ref=world.ref,
            tally_sha256=world.tally().sha256,
        )
    return notice(world)


def notice(world: ScoringWorld) -> NoticeView:
    """The notice in force."""
    with reading(world.engine) as session:
        found = queries.notice_of(session, world.id)
    assert found is not None
    return found


def noticed_round(world: ScoringWorld) -> ScoringWorld:
    """The proposed result is on public notice."""
    give_notice(world)
    return world


def correcting(world: ScoringWorld, number: int, member: str, criterion: str, value: str) -> Filing:
    """An objection that asks to correct a mark of the application with this number."""
    return Filing(
        target=Target.TALLY,
        target_ref="",
        ground=Ground.NOT_AS_EVIDENCED,
        argument=ARGUMENT,
        remedy=Remedy.CORRECT_SCORE,
        detail=Detail(world.refs[number], member, criterion, Decimal(value)),
        filer=Filer.PERSON,
        name="Li Xiaoming",
        contact="li@example.org",
    )


def against_verdict(ref: str, remedy: Remedy) -> Filing:
    """An objection against the verdict on an application."""
    return Filing(
        target=Target.VERDICT,
        target_ref=ref,
        ground=Ground.DOCUMENT_OVERLOOKED,
        argument=ARGUMENT,
        remedy=remedy,
        detail=Detail(),
        filer=Filer.ORGANISATION,
        name="A cooperative of growers",
        contact="growers@example.org",
    )


def against_result(remedy: Remedy, detail: Detail) -> Filing:
    """An objection against the proposed result."""
    return replace(
        against_verdict("", remedy),
        target=Target.RESULT,
        ground=Ground.FALSE_STATEMENT,
        detail=detail,
    )


def objected(world: ScoringWorld, filing: Filing, *, by: Person | None = None) -> str:
    """Somebody (by default a visitor) files `filing`; returns its reference."""
    with transaction(world.engine) as session:
        objection = actions.file_objection(
            session,
            actor=VISITOR if by is None else by.now(session),
            now=world.clock(),
            ref=world.ref,
            filing=filing,
            token=secrets.token_urlsafe(8),
            language="en",
        )
        return objection.ref


def admitted(world: ScoringWorld, ref: str) -> str:
    """The supervisor admits it."""
    with transaction(world.engine) as session:
        actions.admit(session, actor=world.supervisor.now(session), now=world.clock(), ref=ref)
    return ref


def answered(world: ScoringWorld, ref: str) -> str:
    """The supervisor admits it, the organiser answers, and the merchants whom it attacks have their say."""
    admitted(world, ref)
    with transaction(world.engine) as session:
        actions.answer(session, actor=world.organiser.now(session), now=world.clock(), ref=ref, text=REASONS)
    return heard(world, ref)


def heard(world: ScoringWorld, ref: str) -> str:
    """Every merchant who was told of it answers."""
    for party in view(world, ref).parties:
        if party.answered_at is None:
            state(world, ref, speaker(world, party))
    return ref


def speaker(world: ScoringWorld, party: PartyView) -> Person:
    """Who acts for the merchant of a party."""
    with reading(world.engine) as session:
        return next(one for one in world.applied.merchants if acts_for(session, one.id, party.merchant_id))


def state(world: ScoringWorld, ref: str, by: Person) -> None:
    """A merchant whose application is attacked answers the objection."""
    with transaction(world.engine) as session:
        hearing.state(session, actor=by.now(session), now=world.clock(), ref=ref, text=STATEMENT)


def ruled(
    world: ScoringWorld, ref: str, outcome: Step, effect: Effect | None = None, *, by: Person | None = None
) -> None:
    """A supervisor rules on an answered objection."""
    with transaction(world.engine) as session:
        actions.rule(
            session,
            actor=(by or world.supervisor).now(session),
            now=world.clock(),
            ref=ref,
            outcome=outcome,
            text=REASONS,
            effect=effect,
        )


def asked(world: ScoringWorld, ref: str) -> str:
    """The supervisor asks for a supplement."""
    with transaction(world.engine) as session:
        pausing.ask_supplement(session, actor=world.supervisor.now(session), now=world.clock(), ref=ref, text=REASONS)
    return ref


def supplemented(world: ScoringWorld, ref: str, *, by: Person | None = None, token: str | None = None) -> str:
    """Whoever filed it sends what was asked for."""
    with transaction(world.engine) as session:
        actor = VISITOR if by is None else by.now(session)
        pausing.supplement(session, actor=actor, now=world.clock(), ref=ref, text=ARGUMENT, token=token)
    return ref


def paused(world: ScoringWorld, ref: str, *, days: int = 5, why: Stopped = Stopped.TESTING) -> str:
    """The supervisor stops its clock."""
    with transaction(world.engine) as session:
        actor = world.supervisor.now(session)
        pausing.pause(session, actor=actor, now=world.clock(), ref=ref, why=why, days=days, text=REASONS)
    return ref


def escalated(world: ScoringWorld, ref: str, *, by: Person | None = None) -> str:
    """A supervisor notes today that it was taken to the outside authority."""
    with transaction(world.engine) as session:
        escalating.escalate(
            session,
            actor=(by or world.supervisor).now(session),
            now=world.clock(),
            ref=ref,
            complained_on=world.clock().astimezone(OFFICE).date(),
            reference="Supervision 2026-17",
        )
    return ref


def suspended(world: ScoringWorld, ref: str, by: Person) -> str:
    """The authority stops the award, as a supervisor records."""
    with transaction(world.engine) as session:
        escalating.suspend(session, actor=by.now(session), now=world.clock(), ref=ref, text=REASONS)
    return ref


def decided_outside(world: ScoringWorld, ref: str, by: Person, outcome: Outcome, effect: Effect | None = None) -> str:
    """The authority decides today, as a supervisor records and carries out."""
    with transaction(world.engine) as session:
        escalating.record_outcome(
            session,
            actor=by.now(session),
            now=world.clock(),
            ref=ref,
            outcome=outcome,
            decided_on=world.clock().astimezone(OFFICE).date(),
            text=REASONS,
            effect=effect,
        )
    return ref


def substituted(world: ScoringWorld, ref: str, person: Person) -> Person:
    """The organiser names another supervisor because of the objection."""
    with transaction(world.engine) as session:
        substitutes.name_substitute(
            session, actor=world.organiser.now(session), now=world.clock(), ref=ref, user_id=person.id
        )
    return person


def held(world: ScoringWorld) -> None:
    """The supervisor puts the round on hold."""
    with transaction(world.engine) as session:
        actor = world.supervisor.now(session)
        rounds.hold(session, actor=actor, now=world.clock(), ref=world.ref, label=HoldLabel.REVIEW)


def resumed(world: ScoringWorld) -> None:
    """The supervisor lets it go on."""
    with transaction(world.engine) as session:
        rounds.resume(session, actor=world.supervisor.now(session), now=world.clock(), ref=world.ref)


def view(world: ScoringWorld, ref: str) -> ObjectionView:
    """The objection as everybody reads it."""
    with reading(world.engine) as session:
        return queries.objection_of(session, ref, now=world.clock())


def order(world: ScoringWorld) -> list[str]:
    """Applications by rank, as last computed."""
    return [line.application for line in world.tally().ranking]


def notice_closes(world: ScoringWorld) -> datetime:
    """The instant at which the notice ends."""
    closes = world.applied.round.course.notice_closes
    assert closes is not None
    return closes
