"""What is done about the register of experts: entered, changed, suspended, reinstated, ended; set aside for a round.

The register belongs to the office and outlives rounds. Whoever keeps it sees names; the public log has the number of
an entry, its fields, and digests.
"""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from procurement.access import Actor, Permission, Role, require
from procurement.accounts.models import User, UserRole
from procurement.committee.entries import (
    ExpertChanged,
    ExpertEnded,
    ExpertEntered,
    ExpertReinstated,
    ExpertSetAside,
    ExpertSuspended,
)
from procurement.committee.expertise import SET_ASIDE, Expertise, LeftOut, check_expert, check_reason
from procurement.committee.models import Draw, Expert, SetAside
from procurement.errors import N_, NotFound, RuleBroken, refuse_if
from procurement.publiclog.entry import Entry, Salted, digest_of
from procurement.publiclog.writing import append
from procurement.rounds.canonical import plain_text
from procurement.rounds.models import Round
from procurement.rounds.phases import Phase
from procurement.rounds.queries import course_of, find_round


def _say(session: Session, entry: Entry, actor: Actor, now: datetime) -> None:
    role = Role.ORGANISER if Role.ORGANISER in actor.roles else Role.ADMINISTRATOR
    append(session, entry, now=now, actor=actor, role=role)


def enter_expert(
    session: Session, *, actor: Actor, now: datetime, user_id: int, employer: str, fields: Collection[Expertise]
) -> Expert:
    """Enter a person with a member's account in the register. Raises NotAllowed, RuleBroken."""
    require(actor, Permission.KEEP_EXPERTS)
    user = session.get(User, user_id, with_for_update=True)
    if user is None or user.disabled_at is not None or session.get(UserRole, (user_id, Role.MEMBER)) is None:
        raise RuleBroken(N_("Choose a person with an account as committee member."), field="user_id")
    if session.scalar(select(Expert.id).where(Expert.user_id == user_id, Expert.ended_at.is_(None))) is not None:
        raise RuleBroken(N_("%(name)s is in the register already."), field="user_id", name=user.name)
    employer = plain_text(employer)
    refuse_if(check_expert(employer, fields))
    number = 1 + (session.scalar(select(func.max(Expert.id))) or 0)
    expert = Expert(
        ref=f"E-{number:04d}",
        user_id=user_id,
        employer=employer,
        fields=sorted(field.value for field in set(fields)),
        entered_at=now,
    )
    session.add(expert)
    session.flush()
    whose = f"user:{user_id}"
    entry = ExpertEntered(
        expert=expert.ref,
        person=Salted(whose, whose=whose),
        employer=Salted(employer, whose=whose),
        fields=tuple(expert.fields),
    )
    _say(session, entry, actor, now)
    return expert


def _expert(session: Session, ref: str) -> Expert:
    expert = session.scalars(
        select(Expert).where(Expert.ref == ref, Expert.ended_at.is_(None)).with_for_update()
    ).one_or_none()
    if expert is None:
        raise NotFound(N_("There is no such expert in the register."))
    return expert


def change_expert(
    session: Session, *, actor: Actor, now: datetime, ref: str, employer: str, fields: Collection[Expertise]
) -> None:
    """Write down another employer or other fields. Draws that are announced stay as they are. Raises NotFound,
    NotAllowed, RuleBroken."""
    require(actor, Permission.KEEP_EXPERTS)
    expert, employer = _expert(session, ref), plain_text(employer)
    refuse_if(check_expert(employer, fields))
    given = sorted(field.value for field in set(fields))
    if (expert.employer, expert.fields) == (employer, given):
        return
    expert.employer, expert.fields = employer, given
    entry = ExpertChanged(expert=ref, employer=Salted(employer, whose=f"user:{expert.user_id}"), fields=tuple(given))
    _say(session, entry, actor, now)


def suspend_expert(session: Session, *, actor: Actor, now: datetime, ref: str, reason: str) -> None:
    """Nobody draws this expert until reinstated. Raises NotFound, NotAllowed, RuleBroken."""
    require(actor, Permission.KEEP_EXPERTS)
    expert, reason = _expert(session, ref), plain_text(reason)
    if expert.suspended_at is not None:
        raise RuleBroken(N_("This expert is suspended already."))
    refuse_if(check_reason(reason))
    expert.suspended_at, expert.suspend_reason = now, reason
    _say(session, ExpertSuspended(expert=ref, reason=digest_of(reason)), actor, now)


def reinstate_expert(session: Session, *, actor: Actor, now: datetime, ref: str) -> None:
    """Lift a suspension. Raises NotFound, NotAllowed, RuleBroken."""
    require(actor, Permission.KEEP_EXPERTS)
    expert = _expert(session, ref)
    if expert.suspended_at is None:
        raise RuleBroken(N_("This expert is not suspended."))
    expert.suspended_at, expert.suspend_reason = None, ""
    _say(session, ExpertReinstated(expert=ref), actor, now)


def end_expert(session: Session, *, actor: Actor, now: datetime, ref: str, reason: str) -> None:
    """Take somebody out of the register; the entry stays readable. Raises NotFound, NotAllowed, RuleBroken."""
    require(actor, Permission.KEEP_EXPERTS)
    expert, reason = _expert(session, ref), plain_text(reason)
    refuse_if(check_reason(reason))
    expert.ended_at, expert.end_reason = now, reason
    _say(session, ExpertEnded(expert=ref, reason=digest_of(reason)), actor, now)


def set_aside(
    session: Session, *, actor: Actor, now: datetime, ref: str, expert_ref: str, reason: LeftOut, detail: str
) -> None:
    """Leave an expert out of the round's pool for a relation that is known or because they said that they are not
    available: before a draw is announced, never after. Raises NotFound, NotAllowed, WrongPhase, RuleBroken."""
    found = find_round(session, ref, lock=True)
    require(actor, Permission.FORM_COMMITTEE, round_id=found.id)
    course_of(session, found.id).require(now, Phase.CHECKING, Phase.FORMING)
    if _announced(session, found):
        raise RuleBroken(N_("A draw is announced: its pool does not change any more."))
    expert, detail = _expert(session, expert_ref), plain_text(detail)
    if reason not in SET_ASIDE:
        raise RuleBroken(N_("Choose one."), field="reason")
    refuse_if(check_reason(detail, "detail"))
    wanted = select(SetAside.id).where(SetAside.round_id == found.id, SetAside.expert_id == expert.id)
    if session.scalar(wanted) is not None:
        raise RuleBroken(N_("This expert is left out of this round already."))
    session.add(SetAside(round_id=found.id, expert_id=expert.id, reason=reason, detail=detail, at=now))
    whose = f"user:{expert.user_id}"
    entry = ExpertSetAside(person=Salted(whose, whose=whose), reason=reason, detail=digest_of(detail))
    append(session, entry, now=now, actor=actor, role=Role.ORGANISER, round_ref=found.ref)


def _announced(session: Session, found: Round) -> bool:
    wanted = select(Draw.id).where(Draw.round_id == found.id, Draw.purpose == "experts", Draw.spent_at.is_(None))
    return session.scalar(wanted) is not None
