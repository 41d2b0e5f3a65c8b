"""Members who take their seat, give it up or lose it before scoring; a drawn seat goes to the next reserve."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from procurement.access import Actor, Permission, Role, require
from procurement.committee.draws import FORMING, fill_seats
from procurement.committee.entries import SeatAccepted
from procurement.committee.expertise import check_reason
from procurement.committee.models import Declaration, Member
from procurement.committee.queries import applicants_of, grounds_of, members_of
from procurement.committee.recusing import Outcome
from procurement.committee.requests import open_requests, settle_request
from procurement.committee.rules import BY_ORGANISER, Holder, Leaving, check_leaving, who_gives_way
from procurement.committee.seats import find_member, unseat
from procurement.errors import N_, NotAllowed, RuleBroken, refuse_if
from procurement.publiclog.writing import append
from procurement.rounds import clocks
from procurement.rounds.canonical import plain_text
from procurement.rounds.models import Round
from procurement.rounds.queries import course_of, find_round, rules_of


def _own(session: Session, found: Round, actor: Actor) -> Member:
    member = session.scalars(
        select(Member).where(Member.round_id == found.id, Member.user_id == actor.user_id, Member.ended_at.is_(None))
    ).one_or_none()
    if member is None:
        raise NotAllowed(N_("Only a member of this committee may do this."))
    return member


def accept(session: Session, *, actor: Actor, now: datetime, ref: str) -> None:
    """Somebody who was drawn takes the seat. Raises NotFound, NotAllowed, WrongPhase, RuleBroken."""
    found = find_round(session, ref, lock=True)
    require(actor, Permission.DECLARE_INTERESTS, round_id=found.id)
    course_of(session, found.id).require(now, *FORMING)
    member = _own(session, found, actor)
    if member.candidate_id is None or member.accepted_at is not None:
        raise RuleBroken(N_("There is nothing to answer."))
    member.accepted_at = now
    entry = SeatAccepted(member=member.code)
    append(session, entry, now=now, actor=actor, role=Role.MEMBER, round_ref=found.ref)


def refuse(session: Session, *, actor: Actor, now: datetime, ref: str, reason: str) -> None:
    """A member does not take the seat, or gives it up before scoring. Raises NotFound, NotAllowed, WrongPhase,
    RuleBroken."""
    found = find_round(session, ref, lock=True)
    require(actor, Permission.DECLARE_INTERESTS, round_id=found.id)
    course_of(session, found.id).require(now, *FORMING)
    member, reason = _own(session, found, actor), plain_text(reason)
    refuse_if(check_reason(reason))
    _leave(session, found, member, Leaving.REFUSED, reason, now=now, actor=actor, acting_as=Role.MEMBER)


def remove(
    session: Session,
    *,
    actor: Actor,
    now: datetime,
    ref: str,
    member_id: int,
    reason: str,
    code: Leaving = Leaving.RELEASED,
) -> None:
    """The organiser ends the seat of a member, for a reason that the record bears out; that somebody drawn is unable
    to serve is found by the supervisor. Raises NotFound, NotAllowed, WrongPhase, RuleBroken."""
    found = find_round(session, ref, lock=True)
    unable = code is Leaving.UNABLE
    require(actor, Permission.HOLD_ROUND if unable else Permission.FORM_COMMITTEE, round_id=found.id)
    course_of(session, found.id).require(now, *FORMING)
    member, reason = find_member(session, found, member_id), plain_text(reason)
    if not unable and code not in BY_ORGANISER:
        raise RuleBroken(N_("Choose why this member leaves."), field="code")
    refuse_if(check_leaving(_holder(session, found, member, now), code, now=now) + check_reason(reason))
    role = Role.SUPERVISOR if unable else Role.ORGANISER
    _leave(session, found, member, code, reason, now=now, actor=actor, acting_as=role)


def _answer_due(session: Session, found: Round, member: Member, now: datetime) -> datetime | None:
    """Until when somebody drawn may answer, a hold of the round not counted."""
    if member.answer_due_at is None:
        return None
    document = rules_of(session, found.id)
    days = document.committee.seat_working_days
    _, counted = clocks.working_deadline(document, start=member.appointed_at, working_days=days)
    stops = course_of(session, found.id).stops
    return clocks.running(counted, stops=stops, now=now).due or member.answer_due_at


def _holder(session: Session, found: Round, member: Member, now: datetime) -> Holder:
    declared = session.scalar(select(Declaration.id).where(Declaration.member_id == member.id).limit(1))
    return Holder(
        drawn=member.candidate_id is not None,
        answered=member.accepted_at is not None or declared is not None,
        answer_due=_answer_due(session, found, member, now),
        gives_way=giving_way(session, found.id) == member.id,
    )


def giving_way(session: Session, round_id: int) -> int | None:
    """The member who makes room for a reserve because recusals leave too few sheets; None: nobody has to."""
    members = members_of(session, round_id)
    return who_gives_way(
        [applicant.id for applicant in applicants_of(session, round_id)],
        [member.id for member in members],
        [member.id for member in members if member.drawn],
        grounds_of(session, round_id),
        rules_of(session, round_id).scoring.quorum,
    )


def remove_by_ruling(
    session: Session, found: Round, member: Member, *, reason: str, now: datetime, actor: Actor
) -> None:
    """A request for recusal was granted as a whole: the member leaves. The caller has ruled and locked the round."""
    _leave(session, found, member, Leaving.RULING, reason, now=now, actor=actor, acting_as=Role.SUPERVISOR)


def _leave(
    session: Session,
    found: Round,
    member: Member,
    code: Leaving,
    reason: str,
    *,
    now: datetime,
    actor: Actor,
    acting_as: Role,
) -> None:
    drawn = member.candidate_id is not None
    unseat(session, found, member, code=code, reason=reason, now=now, actor=actor, acting_as=acting_as)
    for request in open_requests(session, found.id, member_id=member.id):
        if code is not Leaving.RULING:
            settle_request(session, found, request, Outcome.MOOT, now=now, by=None, acting_as=None)
    if drawn:
        fill_seats(session, found, now=now)
