"""How long an objection may keep an award frozen (Procurement Law art. 57, by analogy), and what happens then.

The award stays frozen: no decision while an admissible objection is open. But from that instant on another supervisor
can be named, the filer can turn to the outside authority, everybody reads it in the register of what is overdue, and
the log says so.
"""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from procurement.access import Role
from procurement.objections.entries import LimitReached
from procurement.objections.models import Objection, ObjectionLimit, ObjectionStep
from procurement.objections.queries import views_of
from procurement.objections.rules import Step
from procurement.objections.steps import locked, tell, tell_filer
from procurement.publiclog.writing import append
from procurement.rounds.models import Milestone
from procurement.rounds.phases import Kind


def unnoted(session: Session, *, now: datetime) -> list[str]:
    """References of objections whose limit has been reached and not been noted."""
    settled = select(Milestone.subject).where(Milestone.kind == Kind.OBJECTION_SETTLED)
    wanted = (
        select(Objection)
        .join(ObjectionStep, ObjectionStep.objection_id == Objection.id)
        .outerjoin(ObjectionLimit, ObjectionLimit.objection_id == Objection.id)
        .where(
            ObjectionStep.kind == Step.ADMITTED,
            ObjectionStep.limit_at <= now,
            ObjectionLimit.objection_id.is_(None),
            Objection.ref.not_in(settled),
        )
        .order_by(Objection.id)
    )
    return [view.ref for view in views_of(session, session.scalars(wanted).all(), now=now) if view.limit_reached(now)]


def note_limit(session: Session, *, now: datetime, ref: str) -> None:
    """Say in the log that the limit of an objection has been reached; nothing when it was said or is not so."""
    found, objection, view = locked(session, ref, now=now)
    noted = session.get(ObjectionLimit, objection.id)
    if noted is not None or not view.limit_reached(now) or view.limit is None or view.limit.due is None:
        return
    session.add(ObjectionLimit(objection_id=objection.id, reached_at=view.limit.due, noted_at=now))
    session.flush()
    entry = LimitReached(objection=objection.ref, since=view.limit.due)
    append(session, entry, now=now, actor=None, role=None, round_ref=found.ref)
    tell_filer(session, objection, "limit", now)
    for role in (Role.SUPERVISOR, Role.ORGANISER):
        tell(session, found, role, objection, now, "limit", view.due)
