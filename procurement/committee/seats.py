"""How a seat on the committee is given, passed on and ended: the part that all acts about members share.

The caller has locked the round and asked who, when and what.
"""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from procurement.access import Actor, Role
from procurement.accounts.models import User
from procurement.committee.entries import ChairPassed, DrawnPlace, MemberAppointed, MemberRemoved
from procurement.committee.models import Member
from procurement.committee.rules import Leaving, MemberKind
from procurement.errors import N_, NotFound
from procurement.mail import queue_mail
from procurement.publiclog.entry import Salted, digest_of
from procurement.publiclog.writing import append
from procurement.rounds.actions import put_seat, take_seat
from procurement.rounds.models import Round


def seat(
    session: Session,
    found: Round,
    *,
    user: User,
    kind: MemberKind,
    field: str,
    chair: bool,
    now: datetime,
    actor: Actor | None,
    candidate_id: int | None = None,
    drawn: DrawnPlace | None = None,
    answer_due: datetime | None = None,
) -> Member:
    """Seat `user` as member: by `actor`, or by the draw alone (`actor` None). Raises RuleBroken where the table of
    roles that exclude each other forbids it."""
    role = None if actor is None else Role.ORGANISER
    put_seat(session, actor=actor, acting_as=role, now=now, round=found, user_id=user.id, role=Role.MEMBER)
    number = session.scalar(select(func.count()).select_from(Member).where(Member.round_id == found.id)) or 0
    member = Member(
        round_id=found.id,
        user_id=user.id,
        code=f"M{number + 1}",
        kind=kind,
        field=field,
        chair=chair,
        appointed_at=now,
        candidate_id=candidate_id,
        answer_due_at=answer_due,
    )
    session.add(member)
    session.flush()
    whose = f"user:{user.id}"
    entry = MemberAppointed(
        member=member.code,
        kind_of=kind,
        chair=chair,
        field=digest_of(field) if field else None,
        name=Salted(user.name, whose=whose),
        employer=Salted(user.employer, whose=whose),
        drawn=drawn,
        answer_due=answer_due,
    )
    append(session, entry, now=now, actor=actor, role=role, round_ref=found.ref)
    return member


def unseat(
    session: Session,
    found: Round,
    member: Member,
    *,
    code: Leaving,
    reason: str,
    now: datetime,
    actor: Actor,
    acting_as: Role,
) -> None:
    """End a seat. What the member declared stays on record and no longer counts; the code is not given again."""
    member.ended_at, member.end_code, member.end_reason = now, code, reason
    session.flush()
    take_seat(
        session, actor=actor, acting_as=acting_as, now=now, round=found, user_id=member.user_id, role=Role.MEMBER
    )
    entry = MemberRemoved(member=member.code, code=code, reason=digest_of(reason))
    append(session, entry, now=now, actor=actor, role=acting_as, round_ref=found.ref)


def pass_chair(session: Session, found: Round, *, now: datetime) -> None:
    """Where nobody chairs and experts were drawn, the one drawn first among those left does."""
    members = session.scalars(
        select(Member).where(Member.round_id == found.id, Member.ended_at.is_(None)).order_by(Member.id)
    ).all()
    drawn = [member for member in members if member.candidate_id is not None]
    if drawn and not any(member.chair for member in members):
        drawn[0].chair = True
        session.flush()
        append(session, ChairPassed(member=drawn[0].code), now=now, actor=None, role=None, round_ref=found.ref)


def find_member(session: Session, found: Round, member_id: int) -> Member:
    """The member in force. Raises NotFound."""
    member = session.scalars(
        select(Member).where(Member.id == member_id, Member.round_id == found.id, Member.ended_at.is_(None))
    ).one_or_none()
    if member is None:
        raise NotFound(N_("There is no such member on this committee."))
    return member


def write_to(
    session: Session, users: Iterable[User], template: str, found: Round, now: datetime, **context: str
) -> None:
    """A letter to each of `users` about the round."""
    about = {"ref": found.ref, "round_en": found.title_en, "round_zh": found.title_zh, **context}
    for user in users:
        queue_mail(
            session,
            to=user.email,
            language=user.language,
            template=template,
            context=about,
            about=found.ref,
            now=now,
        )
