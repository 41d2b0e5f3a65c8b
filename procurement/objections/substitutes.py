"""Another supervisor, when nobody is left who may decide on an objection, or nobody has in time.

After publication nobody else names supervisors, so that nobody picks who judges them. But where the objection attacks
the only supervisor's own act, somebody else must decide, and where the award has been frozen for as long as the rules
foresee, somebody else may. Who is named, and why, stands in the log.
"""

from datetime import datetime

from sqlalchemy.orm import Session

from procurement.access import Actor, Permission, Role, require
from procurement.errors import N_, RuleBroken
from procurement.objections.entries import SubstituteNamed
from procurement.objections.queries import judges_of
from procurement.objections.rules import JUDGED_IN
from procurement.objections.steps import locked, say, tell
from procurement.rounds.actions import put_seat
from procurement.rounds.queries import course_of


def name_substitute(session: Session, *, actor: Actor, now: datetime, ref: str, user_id: int) -> None:
    """The organiser names one more supervisor for the round of the objection `ref`. Raises NotFound, NotAllowed,
    WrongPhase, RuleBroken."""
    found, objection, view = locked(session, ref, now=now)
    require(actor, Permission.EDIT_ROUND, round_id=found.id)
    course_of(session, found.id).require(now, *JUDGED_IN)
    before_authority = view.escalation is not None and view.escalation.recorded_at is None
    _, able = judges_of(session, objection)
    if not (view.open or before_authority) or (able and not view.limit_reached(now)):
        raise RuleBroken(N_("There is a supervisor who can decide on this objection, and there is still time."))
    put_seat(
        session,
        actor=actor,
        acting_as=Role.ORGANISER,
        now=now,
        round=found,
        user_id=user_id,
        role=Role.SUPERVISOR,
    )
    if user_id not in judges_of(session, objection)[1]:
        raise RuleBroken(N_("This person could not decide on the objection either: it attacks an act of theirs."))
    entry = SubstituteNamed(objection=objection.ref)
    say(session, entry, found, now=now, actor=actor, permission=Permission.EDIT_ROUND)
    tell(session, found, Role.SUPERVISOR, objection, now, "substitute", view.due)
