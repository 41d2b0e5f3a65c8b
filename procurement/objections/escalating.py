"""What is done about the outside authority: an objection is taken to it, it stops the award, it decides.

The office records what the authority does and carries it out; it decides nothing here. Whoever filed the objection
may say that they complained, or a supervisor does; the rest is recorded by a supervisor who did not rule on it.
"""

from datetime import date, datetime, time

from sqlalchemy import select
from sqlalchemy.orm import Session

from procurement.access import Actor, Permission, Role, may
from procurement.errors import N_, NotAllowed, Problem, RuleBroken, WrongPhase, refuse_if
from procurement.masking import public_text_problems
from procurement.objections.actions import filed_it
from procurement.objections.effects import carry_out
from procurement.objections.entries import AuthorityDecided, AwardSuspended, ObjectionEscalated
from procurement.objections.models import Objection, ObjectionEscalation
from procurement.objections.outside import (
    SETTLING,
    Escalation,
    Outcome,
    check_complaint,
    check_outcome,
    remedies_outside,
)
from procurement.objections.papers import PaperKind, Said, paper_text
from procurement.objections.queries import ObjectionView, facts_of, standing_of, way_of
from procurement.objections.rules import (
    JUDGED_IN,
    ORDERED,
    REMEDIES_FOR,
    Detail,
    Effect,
    Step,
    check_particulars,
    check_text,
)
from procurement.objections.steps import (
    filers_role,
    judged_by,
    locked,
    say,
    settle,
    tell,
    tell_filer,
    today_in,
    write_step,
)
from procurement.publiclog.entry import digest_of
from procurement.publiclog.writing import append
from procurement.rounds import clocks
from procurement.rounds.actions import record
from procurement.rounds.canonical import plain_text
from procurement.rounds.models import Round
from procurement.rounds.phases import Kind, Phase
from procurement.rounds.queries import course_of, role_in, rules_of
from procurement.rounds.rules import RoundDocument
from procurement.rounds.scoring_rule import Text


def escalate(
    session: Session,
    *,
    actor: Actor,
    now: datetime,
    ref: str,
    complained_on: date | None,
    reference: str,
    token: str | None = None,
) -> None:
    """Note that an objection was taken to the outside authority: by whoever filed it, while that is possible, or by a
    supervisor of the round who has heard of it. Raises NotFound, NotAllowed, WrongPhase, RuleBroken."""
    found, objection, view = locked(session, ref, now=now)
    supervises = may(actor, Permission.RULE_OBJECTION, round_id=found.id)
    mine = filed_it(actor, objection, token)
    if not (mine or supervises):
        raise NotAllowed(N_("Only whoever filed this objection, or a supervisor of the round, may note this."))
    course_of(session, found.id).require(now, *JUDGED_IN)
    document = rules_of(session, found.id)
    way = way_of(view, document, now=now)
    # When the complaint came in time is for the authority to say: a supervisor notes it whenever they hear of it.
    late = supervises and way.closes is not None
    if not way.open and not late and way.why is not None:
        raise WrongPhase(way.why)
    reference = " ".join(plain_text(reference).split())
    since, today = _opened_on(view, document), today_in(session, found, now)
    refuse_if(
        check_complaint(complained_on, reference, since=since, today=today)
        + public_text_problems(reference, "reference")
    )
    if complained_on is None:
        raise RuntimeError("check_complaint asks for the day")
    noon = datetime.combine(complained_on, time(12), tzinfo=clocks.zone_of(document))
    due, counted = clocks.working_deadline(
        document, start=noon, working_days=document.timetable.authority_working_days
    )
    session.add(
        ObjectionEscalation(
            objection_id=objection.id,
            complained_on=complained_on,
            reference=reference,
            told_at=now,
            told_by_id=actor.user_id,
            due_at=due,
            counted=counted,
        )
    )
    session.flush()
    entry = ObjectionEscalated(objection=objection.ref, complained_on=complained_on, reference=reference, due=due)
    role = filers_role(actor) if mine else role_in(actor, Permission.RULE_OBJECTION, found.id)
    append(session, entry, now=now, actor=actor, role=role, round_ref=found.ref)
    tell_filer(session, objection, "escalated", now)
    for who in (Role.SUPERVISOR, Role.ORGANISER):
        tell(session, found, who, objection, now, "escalated", None)


def _opened_on(view: ObjectionView, document: RoundDocument) -> date:
    """The day on which the way to the authority was opened: of the ruling, or of the first period that ran out."""
    if view.ruled is not None:
        at = view.ruled.at
    else:
        ends = [clock.due for clock in (view.clock, view.limit) if clock is not None and clock.due is not None]
        at = min(ends, default=view.filed_at)
    return at.astimezone(clocks.zone_of(document)).date()


def _escalation(
    session: Session, objection: Objection, view: ObjectionView
) -> tuple[ObjectionEscalation, Escalation]:
    """The row, locked, and what it says, while the authority has not decided. Raises RuleBroken."""
    row = session.scalars(
        select(ObjectionEscalation).where(ObjectionEscalation.objection_id == objection.id).with_for_update()
    ).one_or_none()
    if row is None or view.escalation is None:
        raise RuleBroken(N_("This objection is not before the outside authority."))
    if row.recorded_at is not None:
        raise RuleBroken(N_("What the outside authority decided is recorded already."))
    return row, view.escalation


def suspend(session: Session, *, actor: Actor, now: datetime, ref: str, text: str) -> None:
    """Record that the authority stopped the award, with what it wrote: once, for the period of the rules at most;
    then the award is free again by the clock alone. Raises NotFound, NotAllowed, WrongPhase, RuleBroken."""
    found, objection, view = locked(session, ref, now=now)
    judged_by(session, actor, found, objection)
    course_of(session, found.id).require(now, *(phase for phase in JUDGED_IN if phase not in _OVER))
    row, _ = _escalation(session, objection, view)
    if row.suspended_at is not None:
        raise RuleBroken(N_("The authority has stopped the award already; that happens once."))
    text = plain_text(text)
    refuse_if(check_text(text))
    document = rules_of(session, found.id)
    until, counted = clocks.calendar_deadline(document, start=now, days=document.timetable.suspension_days)
    row.suspended_at, row.suspended_until, row.suspended_counted, row.suspension = now, until, counted, text
    session.flush()
    record(
        session,
        round=found,
        kind=Kind.SUSPENDED,
        at=now,
        by=actor,
        subject=objection.ref,
        closes=until,
        counted=counted,
    )
    entry = AwardSuspended(objection=objection.ref, until=until, text=digest_of(text))
    say(session, entry, found, now=now, actor=actor, permission=Permission.RULE_OBJECTION)
    tell_filer(session, objection, "suspended", now, until)
    tell(session, found, Role.ORGANISER, objection, now, "suspended", until)


_OVER = (Phase.ABORTED, Phase.CLOSED, Phase.DECIDED)
"""Where nothing is left to award."""


def record_outcome(
    session: Session,
    *,
    actor: Actor,
    now: datetime,
    ref: str,
    outcome: Outcome | None,
    decided_on: date | None,
    text: str,
    effect: Effect | None = None,
) -> None:
    """Record what the authority decided, and carry out what it orders. An objection on which the office has not ruled
    is settled by it. Raises NotFound, NotAllowed, WrongPhase, RuleBroken."""
    found, objection, view = locked(session, ref, now=now)
    judged_by(session, actor, found, objection)
    course = course_of(session, found.id)
    course.require(now, *JUDGED_IN)
    row, escalation = _escalation(session, objection, view)
    text = plain_text(text)
    standing = standing_of(view, course, now=now)
    problems = check_outcome(
        standing.heard(),
        outcome,
        effect,
        decided_on=decided_on,
        complained_on=escalation.complained_on,
        today=today_in(session, found, now),
    )
    if effect is not None and effect.remedy not in remedies_outside(REMEDIES_FOR[view.target]):
        problems.append(Problem(N_("This remedy does not fit what is objected to."), {}, "remedy"))
    elif effect is not None and not problems:
        problems += check_particulars(effect.remedy, effect.detail, facts_of(session, found.id, now=now))
    refuse_if(problems + check_text(text))
    if outcome is None or decided_on is None:
        raise RuntimeError("check_outcome asks for both")
    reopened = None
    if effect is not None:
        reopened = carry_out(session, found, objection, effect, text, actor=actor, now=now)
    _write_down(
        session,
        found,
        view,
        row,
        actor,
        now,
        outcome=outcome,
        decided_on=decided_on,
        text=text,
        effect=effect,
        reopened=reopened,
    )
    if row.suspended_at is not None:
        record(session, round=found, kind=Kind.SUSPENSION_ENDED, at=now, by=actor, subject=objection.ref)
    settles = view.open and outcome in SETTLING
    if settles:
        write_step(session, found, view, Step.OUTSIDE, now=now, by=actor)
        settle(session, found, objection.ref, now=now, by=actor)
    detail = Detail() if effect is None else effect.detail
    entry = AuthorityDecided(
        objection=objection.ref,
        outcome=outcome,
        decided_on=decided_on,
        text=digest_of(text),
        document=str(row.sha256),
        settles=settles,
        effect=None if effect is None else effect.remedy,
        application=detail.application or None,
        member=detail.member or None,
        criterion=detail.criterion or None,
        value=detail.value,
        reopened=reopened,
        due=row.order_due_at,
    )
    say(session, entry, found, now=now, actor=actor, permission=Permission.RULE_OBJECTION)
    tell_filer(session, objection, "authority_decided", now)
    tell(session, found, Role.ORGANISER, objection, now, "authority_decided", row.order_due_at)


def _write_down(
    session: Session,
    found: Round,
    view: ObjectionView,
    row: ObjectionEscalation,
    actor: Actor,
    now: datetime,
    *,
    outcome: Outcome,
    decided_on: date,
    text: str,
    effect: Effect | None,
    reopened: Kind | None,
) -> None:
    document = rules_of(session, found.id)
    if effect is not None and effect.remedy in ORDERED:
        row.order_due_at, row.order_counted = clocks.working_deadline(
            document, start=now, working_days=document.timetable.decision_working_days
        )
    paper = paper_text(
        view,
        round_ref=found.ref,
        title=Text(found.title_en, found.title_zh),
        document=document,
        said=Said(
            kind=PaperKind.AUTHORITY,
            at=now,
            role=Role.SUPERVISOR,
            name=actor.name,
            text=text,
            outcome=outcome.value,
            effect=effect,
            reopened=reopened,
            order_due=row.order_due_at,
            decided_on=decided_on.isoformat(),
        ),
    )
    row.outcome, row.decided_on, row.text = outcome, decided_on, text
    row.effect = None if effect is None else effect.to_json()
    row.recorded_at, row.recorded_by_id = now, actor.user_id
    row.document, row.sha256 = paper, digest_of(paper.encode())
    session.flush()
