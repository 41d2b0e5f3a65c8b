"""Whose data it is, and what keeps it: reading, for the erasure and for its dry run."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.orm import Session

from procurement.access import Role
from procurement.accounts.models import Invitation, PasswordReset, RecoveryCode, Seat, SignIn, User, UserRole
from procurement.accounts.passwords import token_digest
from procurement.accounts.rules import normal_email
from procurement.applications.models import Application, ApplicationDraft, ApplicationFile
from procurement.committee.models import (
    DrawCandidate,
    DrawLeftOut,
    Expert,
    Member,
    Observer,
    RecusalRequest,
    SetAside,
)
from procurement.errors import N_, NotFound, Problem
from procurement.mail import Mail, MailPreference
from procurement.merchants.models import (
    Certificate,
    CounterVisit,
    Debarment,
    DisclosureVersion,
    Merchant,
    MerchantInvitation,
    MerchantUser,
)
from procurement.merchants.rules import NATURAL, MerchantKind
from procurement.objections import queries as objections
from procurement.objections.models import Objection
from procurement.objections.rules import Filer
from procurement.papers.models import Subscription
from procurement.privacy.rules import Circumstances, Subject, years_later
from procurement.rounds.models import Round
from procurement.rounds.phases import Phase
from procurement.rounds.queries import courses_of

_OVER = frozenset({Phase.DECIDED, Phase.CLOSED, Phase.ABORTED})


@dataclass(frozen=True, slots=True)
class Whose:
    """Somebody whose data can be erased. `person`: the stable reference; `names`: under which the log's disclosures
    are kept; `where`: table → its rows that are about them; `open`: what has to end first; `also`: references of
    objections and requests of the same account, erased with it."""

    subject: Subject
    person: str
    names: tuple[str, ...]
    where: Mapping[str, ColumnElement[bool]]
    about: Circumstances = field(default_factory=Circumstances)
    open: tuple[Problem, ...] = ()
    also: tuple[tuple[Subject, str], ...] = ()
    row: Any = field(default=None, repr=False)


def find(session: Session, subject: Subject, name: str, *, now: datetime, zone: ZoneInfo, lock: bool) -> Whose:
    """Who is meant. `zone`: the office's, for its days; `lock`: hold their row. Raises NotFound."""
    look_up = {
        Subject.ACCOUNT: _account,
        Subject.MERCHANT: _merchant,
        Subject.OBJECTION: _objection,
        Subject.RECUSAL: _recusal,
        Subject.OBSERVER: _observer,
        Subject.INVITATION: _invitation,
    }[subject]
    return look_up(session, name, now, zone, lock)


def _one(session: Session, table: type[Any], condition: ColumnElement[bool], lock: bool) -> Any:
    wanted = select(table).where(condition)
    row = session.scalars(wanted.with_for_update() if lock else wanted).one_or_none()
    if row is None:
        raise NotFound(N_("Nobody is known under this reference."))
    return row


# --- rounds -------------------------------------------------------------------------------------------------------


def _file_until(session: Session, round_ids: Collection[int], zone: ZoneInfo) -> date | None:
    """The first day on which none of these rounds' files must be kept; a round that runs counts from its last act."""
    ends = [course.aborted or course.closed or course.decided for course in courses_of(session, round_ids).values()]
    days = [date.max if end is None else years_later(end.astimezone(zone).date()) for end in ends]
    return max(days, default=None)


def _running(session: Session, round_ids: Collection[int], now: datetime) -> dict[int, str]:
    """id → reference of those rounds that are not over; drafts among them."""
    courses = courses_of(session, set(round_ids))
    running = [round_id for round_id, course in courses.items() if course.phase_at(now) not in _OVER]
    return {one.id: one.ref for one in session.scalars(select(Round).where(Round.id.in_(running)))}


# --- kinds of people ----------------------------------------------------------------------------------------------


def _account(session: Session, name: str, now: datetime, zone: ZoneInfo, lock: bool) -> Whose:
    condition = User.email == normal_email(name) if "@" in name else User.ref == name
    user = _one(session, User, condition, lock)
    experts = select(Expert.id).where(Expert.user_id == user.id)
    rounds = set(
        session.scalars(
            select(Seat.round_id)
            .where(Seat.user_id == user.id)
            .union(
                select(Member.round_id).where(Member.user_id == user.id),
                select(SetAside.round_id).where(SetAside.expert_id.in_(experts)),
                select(DrawCandidate.round_id).where(DrawCandidate.expert_id.in_(experts)),
                select(DrawLeftOut.round_id).where(DrawLeftOut.expert_id.in_(experts)),
                select(Round.id).where(Round.created_by_id == user.id),
            )
        )
    )
    filed = [
        *((Subject.OBJECTION, ref) for ref in _refs(session, Objection, user.id)),
        *((Subject.RECUSAL, ref) for ref in _refs(session, RecusalRequest, user.id)),
    ]
    return Whose(
        subject=Subject.ACCOUNT,
        person=f"user:{user.id}",
        names=(f"user:{user.id}", f"invited:{token_digest(user.email)}"),
        where={
            "user_account": User.id == user.id,
            "sign_in": SignIn.user_id == user.id,
            "recovery_code": RecoveryCode.user_id == user.id,
            "password_reset": PasswordReset.user_id == user.id,
            "invitation": Invitation.email == user.email,
            "merchant_invitation": MerchantInvitation.email == user.email,
            "mail": or_(Mail.user_id == user.id, func.lower(Mail.address) == user.email),
            "subscription": Subscription.address == user.email,
            "mail_preference": MailPreference.user_id == user.id,
            "merchant_user": MerchantUser.user_id == user.id,
            "expert": Expert.user_id == user.id,
        },
        about=Circumstances(file_until=_file_until(session, rounds, zone)),
        open=tuple(_open_of_account(session, user, now)),
        also=tuple(filed),
        row=user,
    )


def _refs(session: Session, table: type[Any], user_id: int) -> list[str]:
    return list(session.scalars(select(table.ref).where(table.filer_user_id == user_id).order_by(table.id)))


def _open_of_account(session: Session, user: User, now: datetime) -> list[Problem]:
    seats = session.execute(
        select(Seat.round_id, Seat.role).where(Seat.user_id == user.id, Seat.ended_at.is_(None)).order_by(Seat.id)
    ).all()
    places = session.scalars(
        select(Member.round_id).where(Member.user_id == user.id, Member.ended_at.is_(None)).order_by(Member.id)
    ).all()
    running = _running(session, {*(seat.round_id for seat in seats), *places}, now)
    held = dict.fromkeys([*places, *(seat.round_id for seat in seats)])
    problems = [
        Problem(N_("They hold a seat in round %(round)s, which is not over."), {"round": running[round_id]})
        for round_id in held
        if round_id in running
    ]
    entered = session.scalar(select(Expert.ref).where(Expert.user_id == user.id, Expert.ended_at.is_(None)))
    if entered is not None:
        problems.append(
            Problem(
                N_("They are in the register of experts (%(expert)s): end that entry first."), {"expert": entered}
            )
        )
    businesses = select(MerchantUser.merchant_id).where(MerchantUser.user_id == user.id)
    problems += _applications(session, Application.merchant_id.in_(businesses), now)
    others = select(User.id).join(UserRole, UserRole.user_id == User.id)
    others = others.where(UserRole.role == Role.ADMINISTRATOR, User.disabled_at.is_(None), User.id != user.id)
    is_administrator = session.get(UserRole, (user.id, Role.ADMINISTRATOR)) is not None
    if is_administrator and session.scalars(others.limit(1)).first() is None:
        problems.append(Problem(N_("This is the only administrator: make another one first.")))
    return problems


def _applications(session: Session, condition: ColumnElement[bool], now: datetime) -> list[Problem]:
    standing = session.execute(
        select(Application.ref, Application.round_id)
        .where(condition, Application.withdrawn_at.is_(None))
        .order_by(Application.id)
    ).all()
    running = _running(session, {one.round_id for one in standing}, now)
    return [
        Problem(N_("Application %(application)s is under way: its round is not over."), {"application": one.ref})
        for one in standing
        if one.round_id in running
    ]


def _merchant(session: Session, name: str, now: datetime, zone: ZoneInfo, lock: bool) -> Whose:
    merchant = _one(session, Merchant, Merchant.ref == name, lock)
    drafts = (ApplicationDraft.merchant_id == merchant.id) & ApplicationDraft.application_id.is_(None)
    today = now.astimezone(zone).date()
    barred = session.scalars(
        select(Debarment.ends_on).where(
            Debarment.merchant_id == merchant.id,
            or_(Debarment.lifted_on.is_(None), Debarment.lifted_on > today),
        )
    )
    rounds = set(session.scalars(select(Application.round_id).where(Application.merchant_id == merchant.id)))
    return Whose(
        subject=Subject.MERCHANT,
        person=f"merchant:{merchant.ref}",
        names=(f"merchant:{merchant.ref}",),
        where={
            "merchant": Merchant.id == merchant.id,
            "counter_visit": CounterVisit.merchant_id == merchant.id,
            "certificate": Certificate.merchant_id == merchant.id,
            "merchant_disclosure": DisclosureVersion.merchant_id == merchant.id,
            "merchant_invitation": MerchantInvitation.merchant_id == merchant.id,
            "application_draft": drafts,
            "application_file": ApplicationFile.draft_id.in_(select(ApplicationDraft.id).where(drafts)),
        },
        about=Circumstances(
            organisation=MerchantKind(merchant.kind) not in NATURAL,
            file_until=_file_until(session, rounds, zone),
            debarred_until=max(barred, default=None),
        ),
        open=tuple(_applications(session, Application.merchant_id == merchant.id, now)),
        row=merchant,
    )


def _objection(session: Session, name: str, now: datetime, zone: ZoneInfo, lock: bool) -> Whose:
    objection = _one(session, Objection, Objection.ref == name, lock)
    view = objections.objection_of(session, objection.ref, now=now)
    waiting = view.escalation is not None and view.escalation.recorded_at is None
    return Whose(
        subject=Subject.OBJECTION,
        person=f"objection:{objection.ref}",
        names=(f"objection:{objection.ref}",),
        where={"objection": Objection.id == objection.id} | _letters_to(objection),
        about=Circumstances(organisation=objection.filer_kind == Filer.ORGANISATION),
        open=_still_open(N_("Objection %(ref)s is open."), objection.ref, view.open or waiting),
        row=objection,
    )


def _recusal(session: Session, name: str, now: datetime, zone: ZoneInfo, lock: bool) -> Whose:
    request = _one(session, RecusalRequest, RecusalRequest.ref == name, lock)
    return Whose(
        subject=Subject.RECUSAL,
        person=f"recusal:{request.ref}",
        names=(f"recusal:{request.ref}",),
        where={"recusal_request": RecusalRequest.id == request.id} | _letters_to(request),
        open=_still_open(
            N_("The request for recusal %(ref)s is not decided."), request.ref, request.decided_at is None
        ),
        row=request,
    )


def _observer(session: Session, name: str, now: datetime, zone: ZoneInfo, lock: bool) -> Whose:
    round_ref, _, code = name.partition(":")
    in_round = select(Round.id).where(Round.ref == round_ref).scalar_subquery()
    observer = _one(session, Observer, (Observer.round_id == in_round) & (Observer.code == code), lock)
    watching = observer.withdrawn_at is None and bool(_running(session, {observer.round_id}, now))
    return Whose(
        subject=Subject.OBSERVER,
        person=f"observer:{round_ref}:{code}",
        names=(f"observer:{round_ref}:{code}",),
        where={"observer": Observer.id == observer.id} | _letters_to(observer),
        open=_still_open(N_("They watch round %(ref)s, which is not over."), round_ref, watching),
        row=observer,
    )


def _letters_to(row: Any) -> dict[str, ColumnElement[bool]]:
    """Letters and news to the address that somebody without an account gave, if it is one."""
    return {
        "mail": and_(Mail.address == row.contact, Mail.user_id.is_(None)),
        "subscription": Subscription.address == row.contact.lower(),
    }


def _still_open(message: str, ref: str, still: bool) -> tuple[Problem, ...]:
    return (Problem(message, {"ref": ref}),) if still else ()


def _invitation(session: Session, name: str, now: datetime, zone: ZoneInfo, lock: bool) -> Whose:
    email = normal_email(name)
    known = session.scalar(select(Invitation.id).where(Invitation.email == email).limit(1))
    known = known or session.scalar(select(MerchantInvitation.id).where(MerchantInvitation.email == email).limit(1))
    if known is None or session.scalar(select(User.id).where(User.email == email)) is not None:
        raise NotFound(N_("Nobody is known under this reference."))
    return Whose(
        subject=Subject.INVITATION,
        person="",
        names=(f"invited:{token_digest(email)}",),
        where={
            "invitation": Invitation.email == email,
            "merchant_invitation": MerchantInvitation.email == email,
            "mail": func.lower(Mail.address) == email,
            "subscription": Subscription.address == email,
        },
    )
