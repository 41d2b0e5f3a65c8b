"""What is done about requests for recusal: asked, answered by the member, withdrawn; and how one is settled.

Deciding voids sheets and may take a notice back, so it belongs to a later step (objections/conflicts.py), which
settles the request here. While one is open nothing is awarded: for the course of the round it counts as an objection.
"""

import hashlib
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from procurement.access import Actor, Permission, Role, require
from procurement.accounts.models import User
from procurement.applications.models import Application
from procurement.committee.entries import RecusalDecided, RecusalRequested, RecusalStated
from procurement.committee.models import Member, RecusalRequest
from procurement.committee.queries import applicants_of, grounds_of, member_of
from procurement.committee.recusing import ARGUMENT, ASKED_IN, DECIDED_IN, Origin, Outcome, Request, check_request
from procurement.committee.rules import Ground
from procurement.errors import N_, NotAllowed, NotFound, RuleBroken, refuse_if
from procurement.mail import queue_mail
from procurement.merchants.models import MerchantUser
from procurement.publiclog.entry import Salted, digest_of
from procurement.publiclog.writing import append
from procurement.rounds import clocks
from procurement.rounds.actions import record
from procurement.rounds.canonical import plain_text
from procurement.rounds.models import Round
from procurement.rounds.phases import Kind
from procurement.rounds.queries import course_of, find_round, rules_of, seats_of


def token_digest(token: str) -> str:
    """What is kept of the secret in the link that follows a request."""
    return hashlib.sha256(token.encode()).hexdigest()


def origin_of(session: Session, actor: Actor, found: Round, member_code: str) -> Origin:
    """As what somebody asks: the member concerned, an applicant of the round, or a citizen."""
    if actor.user_id is None:
        return Origin.CITIZEN
    own = member_of(session, found.id, actor.user_id)
    if own is not None and own.code == member_code:
        return Origin.MEMBER
    applied = (
        select(Application.id)
        .join(MerchantUser, MerchantUser.merchant_id == Application.merchant_id)
        .where(Application.round_id == found.id, MerchantUser.user_id == actor.user_id)
        .limit(1)
    )
    return Origin.APPLICANT if session.scalar(applied) is not None else Origin.CITIZEN


def request_recusal(
    session: Session, *, actor: Actor, now: datetime, ref: str, request: Request, token: str, language: str
) -> RecusalRequest:
    """Ask that a member be recused, from one application or altogether. Anyone may; `token`: a fresh secret for the
    link that follows it. Raises NotFound, NotAllowed, WrongPhase, RuleBroken."""
    found = find_round(session, ref, lock=True)
    require(actor, Permission.ASK_RECUSAL, round_id=found.id)
    if Role.SUPERVISOR in actor.roles_in(found.id):
        raise NotAllowed(N_("You decide on such requests. What you found yourself you write down as a conflict."))
    origin = origin_of(session, actor, found, request.member)
    return open_request(session, found, request, origin=origin, token=token, language=language, actor=actor, now=now)


def open_request(
    session: Session,
    found: Round,
    request: Request,
    *,
    origin: Origin,
    token: str,
    language: str,
    actor: Actor,
    now: datetime,
) -> RecusalRequest:
    """Write a request down; the caller has locked the round. Raises NotFound, WrongPhase, RuleBroken."""
    course = course_of(session, found.id)
    if course.published is None:
        raise NotFound(N_("There is no round “%(ref)s”."), ref=ref_of(found))
    course.require(now, *ASKED_IN[origin])
    request = request.plain()
    refuse_if(check_request(request, origin))
    member = session.scalars(
        select(Member).where(Member.round_id == found.id, Member.code == request.member, Member.ended_at.is_(None))
    ).one_or_none()
    if member is None:
        raise RuleBroken(N_("Choose the member."), field="member")
    application_id = _application(session, found, member.id, request.application)
    number = 1 + (
        session.scalar(select(func.max(RecusalRequest.number)).where(RecusalRequest.round_id == found.id)) or 0
    )
    document = rules_of(session, found.id)
    due, counted = clocks.working_deadline(document, start=now, working_days=document.committee.recusal_working_days)
    row = RecusalRequest(
        ref=f"{found.ref}-RC{number:02d}",
        round_id=found.id,
        number=number,
        member_id=member.id,
        application_id=application_id,
        ground=request.ground,
        origin=origin,
        argument=request.argument,
        filer_name=request.name,
        contact=request.contact,
        filer_user_id=actor.user_id,
        language=language,
        token_sha256=token_digest(token),
        filed_at=now,
        due_at=due,
        counted=counted,
    )
    session.add(row)
    session.flush()
    record(session, round=found, kind=Kind.OBJECTION_FILED, at=now, by=actor, subject=row.ref)
    whose = f"recusal:{row.ref}"
    entry = RecusalRequested(
        request=row.ref,
        member=member.code,
        application=request.application or None,
        ground=request.ground,
        origin=origin,
        argument=digest_of(request.argument),
        name=Salted(request.name, whose=whose),
        contact=Salted(request.contact, whose=whose),
        due=due,
    )
    append(session, entry, now=now, actor=actor, role=_role(origin), round_ref=found.ref)
    if origin is not Origin.SUPERVISOR:
        _tell_about(session, found, row, member, token, now)
    return row


def ref_of(found: Round) -> str:
    """A round's reference, for a sentence."""
    return found.ref[:40]


def _role(origin: Origin) -> Role:
    return {
        Origin.APPLICANT: Role.MERCHANT,
        Origin.CITIZEN: Role.VISITOR,
        Origin.MEMBER: Role.MEMBER,
        Origin.SUPERVISOR: Role.SUPERVISOR,
    }[origin]


def _application(session: Session, found: Round, member_id: int, ref: str) -> int | None:
    """The application meant, None for the member as a whole. Raises RuleBroken where there is nothing to ask."""
    eligible = {applicant.ref: applicant.id for applicant in applicants_of(session, found.id)}
    grounds = grounds_of(session, found.id)
    if not ref:
        return None
    if ref not in eligible:
        raise RuleBroken(N_("Choose the application."), field="application")
    if grounds.get((member_id, eligible[ref])) not in (None, Ground.NONE):
        raise RuleBroken(N_("This member is recused from this application already."), field="application")
    return eligible[ref]


def _tell_about(
    session: Session, found: Round, row: RecusalRequest, member: Member, token: str, now: datetime
) -> None:
    """Letters: to who asked (with the link), to the member concerned, and to the supervisors who decide."""
    about = {"ref": found.ref, "round_en": found.title_en, "round_zh": found.title_zh, "request": row.ref}
    due = {"due": row.due_at.isoformat()}

    def write(to: str, language: str, template: str, secret: dict[str, str] | None = None) -> None:
        queue_mail(
            session,
            to=to,
            language=language,
            template=template,
            context=about | due,
            secret=secret,
            about=row.ref,
            now=now,
        )

    if row.contact:
        path = f"/{row.language}/recusals/follow/{token}"
        write(row.contact, row.language, "committee/recusal-asked", {"path": path})
    user = session.get_one(User, member.user_id)
    if user.id != row.filer_user_id:
        write(user.email, user.language, "committee/recusal-against")
    for seat in seats_of(session, found.id):
        if seat.role is Role.SUPERVISOR and seat.in_use:
            supervisor = session.get_one(User, seat.user_id)
            write(supervisor.email, supervisor.language, "committee/recusal-waiting")


# --- while it is open ---------------------------------------------------------------------------------------------


def find_request(session: Session, ref: str, *, lock: bool = False) -> tuple[RecusalRequest, Round]:
    """The request `ref` and its round, which is locked first as in every act. Raises NotFound."""
    row = session.scalars(select(RecusalRequest).where(RecusalRequest.ref == ref)).one_or_none()
    if row is None:
        raise NotFound(N_("There is no request “%(ref)s”."), ref=ref[:40])
    found = find_round(session, session.get_one(Round, row.round_id).ref, lock=lock)
    if lock:
        session.refresh(row, with_for_update=True)
    return row, found


def require_open(row: RecusalRequest) -> None:
    """Raise RuleBroken once the request is settled."""
    if row.decided_at is not None:
        raise RuleBroken(N_("This request is settled."))


def answer_request(session: Session, *, actor: Actor, now: datetime, ref: str, text: str) -> None:
    """The member concerned says what they have to say, once, before it is decided. Raises NotFound, NotAllowed,
    WrongPhase, RuleBroken."""
    row, found = find_request(session, ref, lock=True)
    require(actor, Permission.DECLARE_INTERESTS, round_id=found.id)
    own = member_of(session, found.id, actor.user_id)
    if own is None or own.id != row.member_id:
        raise NotAllowed(N_("Only the member concerned answers this request."))
    course_of(session, found.id).require(now, *DECIDED_IN)
    require_open(row)
    text = plain_text(text)
    if row.stated_at is not None:
        raise RuleBroken(N_("You have answered this request."))
    if not text or len(text) > ARGUMENT[1]:
        raise RuleBroken(N_("Write your answer in at most %(most)s characters."), field="text", most=ARGUMENT[1])
    row.statement, row.stated_at = text, now
    session.flush()
    entry = RecusalStated(request=row.ref, text=digest_of(text))
    append(session, entry, now=now, actor=actor, role=Role.MEMBER, round_ref=found.ref)


def withdraw_request(session: Session, *, actor: Actor, now: datetime, token: str) -> None:
    """Whoever asked takes it back, by the secret of the link. Raises NotFound, NotAllowed, WrongPhase, RuleBroken."""
    row = session.scalars(
        select(RecusalRequest).where(RecusalRequest.token_sha256 == token_digest(token))
    ).one_or_none()
    if row is None:
        raise NotFound(N_("This link is not known. It is in the letter that you got when you asked."))
    row, found = find_request(session, row.ref, lock=True)
    require(actor, Permission.ASK_RECUSAL, round_id=found.id)
    course_of(session, found.id).require(now, *DECIDED_IN)
    require_open(row)
    settle_request(session, found, row, Outcome.WITHDRAWN, now=now, by=None, acting_as=_role(Origin(row.origin)))


def settle_request(
    session: Session,
    found: Round,
    row: RecusalRequest,
    outcome: Outcome,
    *,
    now: datetime,
    by: Actor | None,
    acting_as: Role | None,
    text: str = "",
    reopened: Kind | None = None,
) -> None:
    """Write down what became of a request and tell who asked. The caller has locked the round, asked who, when and
    what, and carried it out."""
    row.outcome, row.decided_at, row.decision = outcome, now, text
    row.decided_by_id = by.user_id if by is not None and outcome not in (Outcome.WITHDRAWN, Outcome.MOOT) else None
    session.flush()
    record(session, round=found, kind=Kind.OBJECTION_SETTLED, at=now, by=by, subject=row.ref)
    entry = RecusalDecided(
        request=row.ref, outcome=outcome, text=digest_of(text) if text else None, reopened=reopened
    )
    append(session, entry, now=now, actor=by, role=acting_as, round_ref=found.ref)
    if row.contact and outcome is not Outcome.WITHDRAWN:
        about = {"ref": found.ref, "round_en": found.title_en, "round_zh": found.title_zh, "request": row.ref}
        queue_mail(
            session,
            to=row.contact,
            language=row.language,
            template="committee/recusal-settled",
            context={**about, "outcome": outcome.value, "reasons": text},
            about=row.ref,
            now=now,
        )


def open_requests(session: Session, round_id: int, *, member_id: int | None = None) -> list[RecusalRequest]:
    """Requests that are not settled, of one member or of all."""
    wanted = select(RecusalRequest).where(RecusalRequest.round_id == round_id, RecusalRequest.decided_at.is_(None))
    if member_id is not None:
        wanted = wanted.where(RecusalRequest.member_id == member_id)
    return list(session.scalars(wanted.order_by(RecusalRequest.id)))
