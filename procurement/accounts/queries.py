"""Reading people: a session token becomes an `Actor`."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from procurement.access import STAFF, VISITOR, Actor, Permission, Role, require
from procurement.accounts import passwords
from procurement.accounts.models import Invitation, PasswordReset, RecoveryCode, Seat, SignIn, User, UserRole
from procurement.accounts.passwords import token_digest
from procurement.accounts.rules import normal_email
from procurement.errors import N_, NotFound

__all__ = ["actor_of", "actor_with_id", "as_actor", "people_with_role", "token_digest"]


# --- who acts -----------------------------------------------------------------------------------------------------


def actor_of(session: Session, *, token: str, now: datetime) -> Actor:
    """The person whose session `token` is; the visitor when it is unknown, over, revoked, still without its second
    factor, or the account disabled."""
    user = session.scalars(
        select(User)
        .join(SignIn, SignIn.user_id == User.id)
        .where(
            SignIn.token_sha256 == token_digest(token),
            SignIn.opened_at.is_not(None),
            SignIn.revoked_at.is_(None),
            SignIn.expires_at > now,
            User.disabled_at.is_(None),
        )
    ).one_or_none()
    return VISITOR if user is None else as_actor(session, user)


def actor_with_id(session: Session, user_id: int) -> Actor:
    """The person of account `user_id`, as they may act now. Raises NotFound, also for a disabled account."""
    user = session.get(User, user_id)
    if user is None or user.disabled_at is not None:
        raise NotFound(N_("There is no such account."))
    return as_actor(session, user)


def as_actor(session: Session, user: User) -> Actor:
    """`user` with the roles, seats that are in force."""
    roles = session.scalars(select(UserRole.role).where(UserRole.user_id == user.id))
    seats: dict[int, set[Role]] = defaultdict(set)
    for round_id, role in session.execute(
        select(Seat.round_id, Seat.role).where(Seat.user_id == user.id, Seat.ended_at.is_(None))
    ):
        seats[round_id].add(Role(role))
    return Actor(
        user_id=user.id,
        name=user.name,
        roles=frozenset(Role(role) for role in roles),
        seats=MappingProxyType({round_id: frozenset(held) for round_id, held in seats.items()}),
        language=user.language,
    )


@dataclass(frozen=True, slots=True)
class PersonView:
    """A person to choose for a seat."""

    id: int
    ref: str
    name: str
    employer: str
    email: str


def people_with_role(session: Session, role: Role) -> list[PersonView]:
    """Everybody whose account holds `role` and is not disabled, by name: whom a seat may be given to."""
    rows = session.scalars(
        select(User)
        .join(UserRole, UserRole.user_id == User.id)
        .where(UserRole.role == role.value, User.disabled_at.is_(None))
        .order_by(User.name, User.id)
    )
    return [PersonView(row.id, row.ref, row.name, row.employer, row.email) for row in rows]


# --- signing in ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Attempt:
    """What came of comparing a password, before anything is written: slow work stays out of the transaction.

    `matched_hash` is the hash that the password matched; the action that follows checks that it is still in force.
    `new_hash` replaces it when it was made with outdated parameters.
    """

    email: str
    matched_hash: str | None
    new_hash: str | None


def attempt(session: Session, *, email: str, password: str) -> Attempt:
    """Compare `password` with that of the account `email`. Takes as long when there is no such account."""
    address = normal_email(email)
    stored = session.scalar(select(User.password_hash).where(User.email == address, User.disabled_at.is_(None)))
    if not passwords.matches(stored, password) or stored is None:
        return Attempt(address, None, None)
    return Attempt(address, stored, passwords.hash_password(password) if passwords.outdated(stored) else None)


def own_attempt(session: Session, *, actor: Actor, password: str) -> Attempt:
    """Compare `password` with the actor's own: for acts that ask once more who is there."""
    email = session.scalar(select(User.email).where(User.id == actor.user_id))
    return attempt(session, email=email or "", password=password)


@dataclass(frozen=True, slots=True)
class HalfSession:
    """A sign-in whose password was right and whose second factor is to come. `secret`: of an enrolment begun."""

    sign_in_id: int
    user_id: int
    email: str
    enrolled: bool
    secret: str | None


def half_session(session: Session, *, token: str, now: datetime) -> HalfSession | None:
    """The half-open sign-in that `token` belongs to, or None."""
    row = session.execute(
        select(SignIn.id, User)
        .join(User, SignIn.user_id == User.id)
        .where(
            SignIn.token_sha256 == token_digest(token),
            SignIn.opened_at.is_(None),
            SignIn.revoked_at.is_(None),
            SignIn.expires_at > now,
            User.disabled_at.is_(None),
        )
    ).one_or_none()
    if row is None:
        return None
    user: User = row[1]
    enrolled = user.totp_confirmed_at is not None
    return HalfSession(row[0], user.id, user.email, enrolled, None if enrolled else user.totp_secret)


# --- one's own account --------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class SessionView:
    """One of somebody's sessions. `here`: the one that asks."""

    id: int
    device: str
    created_at: datetime
    seen_at: datetime
    expires_at: datetime
    second_factor: bool
    here: bool


@dataclass(frozen=True, slots=True)
class AccountView:
    """Somebody's own account."""

    name: str
    email: str
    employer: str
    language: str
    roles: tuple[Role, ...]
    staff: bool
    second_factor_since: datetime | None
    secret: str | None
    recovery_codes_left: int
    sessions: tuple[SessionView, ...]


def own_account(session: Session, *, actor: Actor, token: str, now: datetime) -> AccountView:
    """The account of `actor`; `token` marks the session that asks."""
    require(actor, Permission.HAVE_ACCOUNT)
    user = session.get_one(User, actor.user_id)
    rows = session.scalars(
        select(SignIn)
        .where(
            SignIn.user_id == user.id,
            SignIn.opened_at.is_not(None),
            SignIn.revoked_at.is_(None),
            SignIn.expires_at > now,
        )
        .order_by(SignIn.seen_at.desc(), SignIn.id.desc())
    )
    digest = token_digest(token)
    left = session.scalar(select(func.count()).where(RecoveryCode.user_id == user.id, RecoveryCode.used_at.is_(None)))
    return AccountView(
        name=user.name,
        email=user.email,
        employer=user.employer,
        language=user.language,
        roles=tuple(sorted(actor.roles)),
        staff=bool(actor.roles & STAFF or actor.seats),
        second_factor_since=user.totp_confirmed_at,
        secret=None if user.totp_confirmed_at else user.totp_secret,
        recovery_codes_left=left or 0,
        sessions=tuple(
            SessionView(
                row.id,
                row.device,
                row.created_at,
                row.seen_at,
                row.expires_at,
                row.second_factor_at is not None,
                row.token_sha256 == digest,
            )
            for row in rows
        ),
    )


# --- links by mail ------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class InvitationView:
    """An invitation that can still be accepted. `invited`: by an administrator, not by registering."""

    email: str
    name: str
    employer: str
    roles: tuple[Role, ...]
    invited: bool


def open_invitation(session: Session, *, token: str, now: datetime) -> InvitationView:
    """The invitation that the link's `token` belongs to. Raises NotFound when it is used, withdrawn,
    over or unknown."""
    row = session.scalars(
        select(Invitation).where(
            Invitation.token_sha256 == token_digest(token),
            Invitation.accepted_at.is_(None),
            Invitation.withdrawn_at.is_(None),
            Invitation.expires_at > now,
        )
    ).one_or_none()
    if row is None:
        raise NotFound(N_("This link is not valid: it was used already, replaced by a newer one, or is too old."))
    return InvitationView(row.email, row.name, row.employer, roles_in(row.roles), row.invited_by_id is not None)


def roles_in(text: str) -> tuple[Role, ...]:
    """The roles kept as comma-separated text."""
    return tuple(Role(part) for part in text.split(",") if part)


def open_reset(session: Session, *, token: str, now: datetime) -> str:
    """The e-mail address whose password the link's `token` may change. Raises NotFound."""
    email = session.scalar(
        select(User.email)
        .join(PasswordReset, PasswordReset.user_id == User.id)
        .where(
            PasswordReset.token_sha256 == token_digest(token),
            PasswordReset.used_at.is_(None),
            PasswordReset.expires_at > now,
            User.disabled_at.is_(None),
        )
    )
    if email is None:
        raise NotFound(N_("This link is not valid: it was used already, replaced by a newer one, or is too old."))
    return email


# --- the administrator's view -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class AccountRow:
    """One account in the administrator's list."""

    id: int
    ref: str
    name: str
    email: str
    employer: str
    roles: tuple[Role, ...]
    second_factor: bool
    disabled_at: datetime | None
    last_seen: datetime | None
    created_at: datetime


@dataclass(frozen=True, slots=True)
class WaitingInvitation:
    """An invitation nobody has accepted yet."""

    id: int
    name: str
    email: str
    roles: tuple[Role, ...]
    created_at: datetime
    expires_at: datetime


def accounts(
    session: Session, *, actor: Actor, after: str = "", only: Role | None = None, size: int = 50
) -> tuple[Sequence[AccountRow], str]:
    """One page of accounts, newest first, those after the account `after`; and the ref with which the next page
    begins ("" at the end)."""
    require(actor, Permission.MANAGE_ACCOUNTS)
    wanted = select(User).order_by(User.id.desc()).limit(size + 1)
    if after:
        wanted = wanted.where(User.id < select(User.id).where(User.ref == after).scalar_subquery())
    if only is not None:
        wanted = wanted.join(UserRole, UserRole.user_id == User.id).where(UserRole.role == only.value)
    users = session.scalars(wanted).all()
    shown = users[:size]
    return _rows(session, shown), shown[-1].ref if len(users) > size else ""


def account(session: Session, *, actor: Actor, ref: str) -> AccountRow:
    """One account for the administrator. Raises NotFound."""
    require(actor, Permission.MANAGE_ACCOUNTS)
    user = session.scalars(select(User).where(User.ref == ref)).one_or_none()
    if user is None:
        raise NotFound(N_("There is no such account."))
    return _rows(session, [user])[0]


def _rows(session: Session, users: Sequence[User]) -> list[AccountRow]:
    ids = [user.id for user in users]
    roles: dict[int, list[Role]] = defaultdict(list)
    for user_id, role in session.execute(
        select(UserRole.user_id, UserRole.role).where(UserRole.user_id.in_(ids)).order_by(UserRole.role)
    ):
        roles[user_id].append(Role(role))
    last = (
        select(SignIn.user_id, func.max(SignIn.seen_at))
        .where(SignIn.user_id.in_(ids), SignIn.opened_at.is_not(None))
        .group_by(SignIn.user_id)
    )
    seen = {row[0]: row[1] for row in session.execute(last)}
    return [
        AccountRow(
            user.id,
            user.ref,
            user.name,
            user.email,
            user.employer,
            tuple(roles[user.id]),
            user.totp_confirmed_at is not None,
            user.disabled_at,
            seen.get(user.id),
            user.created_at,
        )
        for user in users
    ]


def waiting_invitations(session: Session, *, actor: Actor, now: datetime) -> list[WaitingInvitation]:
    """Invitations of staff that are still open, newest first (at most two hundred)."""
    require(actor, Permission.MANAGE_ACCOUNTS)
    rows = session.scalars(
        select(Invitation)
        .where(
            Invitation.invited_by_id.is_not(None),
            Invitation.accepted_at.is_(None),
            Invitation.withdrawn_at.is_(None),
            Invitation.expires_at > now,
        )
        .order_by(Invitation.id.desc())
        .limit(200)
    )
    return [
        WaitingInvitation(row.id, row.name, row.email, roles_in(row.roles), row.created_at, row.expires_at)
        for row in rows
    ]
