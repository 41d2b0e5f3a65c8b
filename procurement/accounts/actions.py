"""What happens to accounts. Wrong passwords and codes are outcomes, not refusals: their failures must be kept."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from procurement.access import STAFF, Actor, Permission, Role, require
from procurement.accounts import entries, second_factor
from procurement.accounts.models import Invitation, PasswordReset, RecoveryCode, Seat, SignIn, User, UserRole
from procurement.accounts.passwords import new_token, token_digest
from procurement.accounts.queries import Attempt
from procurement.accounts.rules import (
    HALF_SESSION,
    INVITATION_DAYS,
    RECOVERY_CODES,
    RESET_HOURS,
    SEEN_EVERY,
    is_address,
    locked,
    normal_email,
    normal_name,
    password_problems,
    pause_after,
    role_problems,
    session_end,
)
from procurement.errors import N_, NotAllowed, NotFound, Problem, RuleBroken, refuse_if
from procurement.mail import queue_mail
from procurement.publiclog.entry import Entry, Salted
from procurement.publiclog.writing import append


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A sign-in begun. `token` goes into the cookie. `next` says what is still to come: "" nothing, "code" a code
    of the second factor, "enrol" setting one up."""

    token: str
    next: str


# --- signing in and out -------------------------------------------------------------------------------------------


def sign_in(
    session: Session,
    *,
    attempt: Attempt,
    now: datetime,
    device: str,
    hours: int,
    second_factor_required: bool,
) -> SignedIn | None:
    """Open a session for who made `attempt`, or count a failure and return None.

    None does not tell an unknown address from a wrong password or an account whose sign-in is paused; during a
    pause the right password is refused too, and nothing is counted.
    """
    user = session.scalars(
        select(User).where(User.email == attempt.email, User.disabled_at.is_(None)).with_for_update()
    ).one_or_none()
    if user is None or locked(user.locked_until, now):
        return None
    if attempt.matched_hash is None or attempt.matched_hash != user.password_hash:
        _count_failure(user, now)
        return None
    if attempt.new_hash is not None:
        user.password_hash = attempt.new_hash
    if user.totp_confirmed_at is not None:
        return SignedIn(_half_open(session, user, now, device), "code")
    if second_factor_required and _is_staff(session, user.id):
        return SignedIn(_half_open(session, user, now, device), "enrol")
    return SignedIn(open_session(session, user_id=user.id, now=now, device=device, hours=hours), "")


def open_session(
    session: Session, *, user_id: int, now: datetime, device: str, hours: int, second_factor: bool = False
) -> str:
    """A full session for `user_id`, whose identity the caller has established. Returns the cookie's token."""
    user = session.get_one(User, user_id)
    user.failures, user.locked_until = 0, None
    token = new_token()
    session.add(
        SignIn(
            user_id=user_id,
            token_sha256=token_digest(token),
            device=device,
            created_at=now,
            opened_at=now,
            seen_at=now,
            expires_at=session_end(now, now, hours),
            second_factor_at=now if second_factor else None,
        )
    )
    session.execute(delete(SignIn).where(SignIn.user_id == user_id, SignIn.expires_at <= now - timedelta(days=90)))
    return token


def give_code(session: Session, *, token: str, code: str, now: datetime, hours: int) -> str | None:
    """Complete the half-open sign-in of `token` with a code of the app or a recovery code.

    Returns the token of the full session, a new one, or None for a wrong code, which counts as a failure.
    """
    row, user = _half(session, token, now)
    if user.totp_confirmed_at is None or locked(user.locked_until, now):
        return None
    if not _take_code(session, user, code, now):
        _count_failure(user, now)
        return None
    row.revoked_at = now
    return open_session(session, user_id=user.id, now=now, device=row.device, hours=hours, second_factor=True)


def touch(session: Session, *, token: str, now: datetime, hours: int) -> None:
    """Say that the session is in use, which moves its end. Writes at most every five minutes."""
    row = session.scalars(
        select(SignIn).where(
            SignIn.token_sha256 == token_digest(token),
            SignIn.opened_at.is_not(None),
            SignIn.revoked_at.is_(None),
            SignIn.expires_at > now,
            SignIn.seen_at <= now - SEEN_EVERY,
        )
    ).one_or_none()
    if row is not None and row.opened_at is not None:
        row.seen_at = now
        row.expires_at = max(row.expires_at, session_end(row.opened_at, now, hours))


def sign_out(session: Session, *, token: str, now: datetime) -> None:
    """End the session of `token`, if there is one."""
    session.execute(
        update(SignIn)
        .where(SignIn.token_sha256 == token_digest(token), SignIn.revoked_at.is_(None))
        .values(revoked_at=now)
    )


def end_session(session: Session, *, actor: Actor, now: datetime, session_id: int) -> None:
    """End one of the actor's own sessions. Raises NotFound for anybody else's."""
    require(actor, Permission.HAVE_ACCOUNT)
    row = session.get(SignIn, session_id, with_for_update=True)
    if row is None or row.user_id != actor.user_id:
        raise NotFound(N_("There is no such session."))
    row.revoked_at = row.revoked_at or now


def end_other_sessions(session: Session, *, actor: Actor, now: datetime, token: str) -> None:
    """End every session of the actor but that of `token`."""
    require(actor, Permission.HAVE_ACCOUNT)
    _end_sessions(session, int(actor.user_id or 0), now, but=token)


def _end_sessions(session: Session, user_id: int, now: datetime, *, but: str = "") -> None:
    session.execute(
        update(SignIn)
        .where(SignIn.user_id == user_id, SignIn.revoked_at.is_(None), SignIn.token_sha256 != token_digest(but))
        .values(revoked_at=now)
    )


def _count_failure(user: User, now: datetime) -> None:
    user.failures += 1
    pause = pause_after(user.failures)
    user.locked_until = now + pause if pause else None


def _half_open(session: Session, user: User, now: datetime, device: str) -> str:
    token = new_token()
    session.add(
        SignIn(
            user_id=user.id,
            token_sha256=token_digest(token),
            device=device,
            created_at=now,
            opened_at=None,
            seen_at=now,
            expires_at=now + HALF_SESSION,
        )
    )
    return token


def _half(session: Session, token: str, now: datetime) -> tuple[SignIn, User]:
    found = session.execute(
        select(SignIn, User)
        .join(User, SignIn.user_id == User.id)
        .where(
            SignIn.token_sha256 == token_digest(token),
            SignIn.opened_at.is_(None),
            SignIn.revoked_at.is_(None),
            SignIn.expires_at > now,
            User.disabled_at.is_(None),
        )
        .with_for_update()
    ).one_or_none()
    if found is None:
        raise NotAllowed(N_("Please sign in again: too much time has passed since you gave your password."))
    return found[0], found[1]


def _is_staff(session: Session, user_id: int) -> bool:
    staff = select(UserRole.role).where(
        UserRole.user_id == user_id, UserRole.role.in_([role.value for role in STAFF])
    )
    seats = select(Seat.id).where(Seat.user_id == user_id, Seat.ended_at.is_(None))
    return session.scalar(staff.limit(1)) is not None or session.scalar(seats.limit(1)) is not None


# --- the second factor --------------------------------------------------------------------------------------------


def begin_enrolment(session: Session, *, actor: Actor) -> None:
    """Give the actor's account a secret to put into an authenticator app. Harmless when one waits already."""
    require(actor, Permission.HAVE_ACCOUNT)
    _begin_enrolment(_own(session, actor))


def begin_enrolment_half(session: Session, *, token: str, now: datetime) -> None:
    """As `begin_enrolment`, for somebody whose sign-in waits for it."""
    _begin_enrolment(_half(session, token, now)[1])


def _begin_enrolment(user: User) -> None:
    if user.totp_confirmed_at is not None:
        raise RuleBroken(N_("Your account has a second factor already. Remove it first to set up another one."))
    if user.totp_secret is None:
        user.totp_secret = second_factor.new_secret()


def confirm_enrolment(session: Session, *, actor: Actor, now: datetime, code: str) -> tuple[str, ...]:
    """Turn the second factor on, once a code shows that the app works. Returns the recovery codes, shown once."""
    require(actor, Permission.HAVE_ACCOUNT)
    return _confirm(session, _own(session, actor), code, now)


def confirm_enrolment_half(
    session: Session, *, token: str, code: str, now: datetime, hours: int
) -> tuple[str, tuple[str, ...]]:
    """As `confirm_enrolment`, and complete the sign-in: returns the full session's token and the recovery codes."""
    row, user = _half(session, token, now)
    codes = _confirm(session, user, code, now)
    row.revoked_at = now
    opened = open_session(session, user_id=user.id, now=now, device=row.device, hours=hours, second_factor=True)
    return opened, codes


def _confirm(session: Session, user: User, code: str, now: datetime) -> tuple[str, ...]:
    if user.totp_confirmed_at is not None or user.totp_secret is None:
        raise RuleBroken(N_("There is no second factor waiting to be confirmed."))
    step = second_factor.accepted_step(user.totp_secret, code, now=now, last_step=None)
    if step is None:
        raise RuleBroken(
            N_("This is not the code that the app should show now. Check that the time of your phone is right."),
            field="code",
        )
    user.totp_confirmed_at, user.totp_last_step = now, step
    return _new_recovery_codes(session, user)


def renew_recovery_codes(session: Session, *, actor: Actor, now: datetime, code: str) -> tuple[str, ...]:
    """Replace the actor's recovery codes; asks for a code of the second factor. Returns the new ones, shown once."""
    require(actor, Permission.HAVE_ACCOUNT)
    user = _own(session, actor)
    _require_code(session, user, code, now)
    return _new_recovery_codes(session, user)


def remove_second_factor(
    session: Session, *, actor: Actor, now: datetime, code: str, second_factor_required: bool
) -> None:
    """Take the second factor off the actor's account; asks for a code of it. Refused where staff must have one."""
    require(actor, Permission.HAVE_ACCOUNT)
    user = _own(session, actor)
    if second_factor_required and _is_staff(session, user.id):
        raise RuleBroken(N_("Your roles need a second factor. An administrator can let you set up a new one."))
    _require_code(session, user, code, now)
    _forget_second_factor(session, user)


def _forget_second_factor(session: Session, user: User) -> None:
    user.totp_secret = user.totp_confirmed_at = user.totp_last_step = None
    session.execute(delete(RecoveryCode).where(RecoveryCode.user_id == user.id))


def _new_recovery_codes(session: Session, user: User) -> tuple[str, ...]:
    codes = second_factor.new_recovery_codes(RECOVERY_CODES)
    session.execute(delete(RecoveryCode).where(RecoveryCode.user_id == user.id))
    session.add_all(RecoveryCode(user_id=user.id, sha256=second_factor.recovery_digest(code)) for code in codes)
    return tuple(codes)


def _require_code(session: Session, user: User, code: str, now: datetime) -> None:
    if user.totp_confirmed_at is None or not _take_code(session, user, code, now):
        raise RuleBroken(N_("This code is not right, or was used already."), field="code")


def _take_code(session: Session, user: User, code: str, now: datetime) -> bool:
    """Use up `code` if it is one of the app, newer than the last one used, or an unused recovery code."""
    step = second_factor.accepted_step(user.totp_secret or "", code, now=now, last_step=user.totp_last_step)
    if step is not None:
        user.totp_last_step = step
        return True
    row = session.scalars(
        select(RecoveryCode)
        .where(
            RecoveryCode.user_id == user.id,
            RecoveryCode.sha256 == second_factor.recovery_digest(code),
            RecoveryCode.used_at.is_(None),
        )
        .with_for_update()
    ).one_or_none()
    if row is None:
        return False
    row.used_at = now
    return True


# --- one's own account --------------------------------------------------------------------------------------------


def change_password(
    session: Session, *, actor: Actor, now: datetime, attempt: Attempt, password: str, new_hash: str, token: str
) -> None:
    """Change the actor's password. `attempt` compared the present one; `new_hash` is the hash of `password`.

    Every other session ends, and the owner is told by mail.
    """
    require(actor, Permission.HAVE_ACCOUNT)
    user = _own(session, actor)
    if attempt.matched_hash is None or attempt.email != user.email or attempt.matched_hash != user.password_hash:
        raise RuleBroken(N_("This is not your present password."), field="present")
    refuse_if(password_problems(password, email=user.email, name=user.name))
    user.password_hash = new_hash
    _end_sessions(session, user.id, now, but=token)
    _tell_password_changed(session, user, now)


def choose_language(session: Session, *, actor: Actor, language: str) -> None:
    """Keep the language in which the actor wants pages and letters."""
    require(actor, Permission.HAVE_ACCOUNT)
    _own(session, actor).language = language


def forget_password(session: Session, *, email: str, language: str, now: datetime) -> None:
    """Send a link to choose a new password, if there is such an account. The caller cannot tell whether there is."""
    user = session.scalars(
        select(User).where(User.email == normal_email(email), User.disabled_at.is_(None)).with_for_update()
    ).one_or_none()
    if user is None:
        return
    session.execute(
        update(PasswordReset)
        .where(PasswordReset.user_id == user.id, PasswordReset.used_at.is_(None))
        .values(used_at=now)
    )
    token, expires = new_token(), now + timedelta(hours=RESET_HOURS)
    session.add(PasswordReset(user_id=user.id, token_sha256=token_digest(token), created_at=now, expires_at=expires))
    queue_mail(
        session,
        to=user.email,
        language=language,
        template="accounts/reset",
        context={"name": user.name, "path": f"/{language}/reset/{token}", "expires": expires.isoformat()},
        now=now,
    )


def reset_password(session: Session, *, token: str, password: str, new_hash: str, now: datetime) -> None:
    """Set a new password by the link of a letter. Ends all sessions and any pause; the second factor stays.

    Raises NotFound for a link that is used, over or unknown.
    """
    found = session.execute(
        select(PasswordReset, User)
        .join(User, PasswordReset.user_id == User.id)
        .where(
            PasswordReset.token_sha256 == token_digest(token),
            PasswordReset.used_at.is_(None),
            PasswordReset.expires_at > now,
            User.disabled_at.is_(None),
        )
        .with_for_update()
    ).one_or_none()
    if found is None:
        raise NotFound(N_("This link is not valid: it was used already, replaced by a newer one, or is too old."))
    row, user = found
    refuse_if(password_problems(password, email=user.email, name=user.name))
    row.used_at = now
    user.password_hash, user.failures, user.locked_until = new_hash, 0, None
    _end_sessions(session, user.id, now)
    _tell_password_changed(session, user, now)


def _tell_password_changed(session: Session, user: User, now: datetime) -> None:
    queue_mail(
        session,
        to=user.email,
        language=user.language,
        template="accounts/password-changed",
        context={"name": user.name, "when": now.isoformat(), "path": f"/{user.language}/forgot-password"},
        now=now,
    )


def _own(session: Session, actor: Actor) -> User:
    return session.get_one(User, actor.user_id, with_for_update=True)


# --- becoming somebody --------------------------------------------------------------------------------------------


def register(session: Session, *, email: str, language: str, now: datetime) -> None:
    """Send a link with which a merchant makes an account, or, to somebody who has one, a letter that says so.

    The caller cannot tell which. An account comes into being only when the link is opened, so its address is known
    to be its owner's.
    """
    address = normal_email(email)
    user = session.scalars(select(User).where(User.email == address)).one_or_none()
    if user is not None:
        if user.disabled_at is None:
            queue_mail(
                session,
                to=address,
                language=language,
                template="accounts/registered-already",
                context={"path": f"/{language}/sign-in", "forgotten": f"/{language}/forgot-password"},
                now=now,
            )
        return
    expires = now + timedelta(days=INVITATION_DAYS)
    token = _new_invitation(
        session,
        email=address,
        name="",
        employer="",
        roles=[Role.MERCHANT],
        language=language,
        invited_by=None,
        now=now,
        expires=expires,
    )
    queue_mail(
        session,
        to=address,
        language=language,
        template="accounts/register",
        context={"path": f"/{language}/invitation/{token}", "expires": expires.isoformat()},
        now=now,
    )


def invite(
    session: Session,
    *,
    actor: Actor,
    now: datetime,
    email: str,
    name: str,
    employer: str,
    roles: Collection[Role],
    language: str,
) -> None:
    """Invite somebody to an account with `roles`. A new invitation replaces an open one to the same address."""
    require(actor, Permission.MANAGE_ACCOUNTS)
    address = normal_email(email)
    problems = role_problems(roles)
    if not roles:
        problems.append(Problem(N_("Choose at least one role."), {}, "roles"))
    if session.scalar(select(User.id).where(User.email == address)) is not None:
        problems.append(Problem(N_("There is an account with this address. Change its roles instead."), {}, "email"))
    refuse_if(problems)
    expires = now + timedelta(days=INVITATION_DAYS)
    token = _new_invitation(
        session,
        email=address,
        name=normal_name(name),
        employer=normal_name(employer),
        roles=roles,
        language=language,
        invited_by=actor.user_id,
        now=now,
        expires=expires,
    )
    _log(session, entries.PersonInvited(person=_invited(address), roles=tuple(sorted(roles))), actor, now)
    queue_mail(
        session,
        to=address,
        language=language,
        template="accounts/invitation",
        context={
            "name": normal_name(name),
            "inviter": actor.name,
            "path": f"/{language}/invitation/{token}",
            "expires": expires.isoformat(),
        },
        now=now,
    )


def withdraw_invitation(session: Session, *, actor: Actor, now: datetime, invitation_id: int) -> None:
    """Make an open invitation's link invalid."""
    require(actor, Permission.MANAGE_ACCOUNTS)
    row = session.get(Invitation, invitation_id, with_for_update=True)
    if row is None or row.accepted_at is not None or row.withdrawn_at is not None:
        raise NotFound(N_("There is no such invitation."))
    row.withdrawn_at = now
    _log(session, entries.InvitationWithdrawn(person=_invited(row.email)), actor, now)


def accept_invitation(
    session: Session, *, token: str, name: str, password: str, new_hash: str, language: str, now: datetime
) -> int:
    """Make the account that the link's `token` offers, and return its id.

    Raises NotFound for a link that is used, withdrawn, over or unknown.
    """
    row = session.scalars(
        select(Invitation)
        .where(
            Invitation.token_sha256 == token_digest(token),
            Invitation.accepted_at.is_(None),
            Invitation.withdrawn_at.is_(None),
            Invitation.expires_at > now,
        )
        .with_for_update()
    ).one_or_none()
    taken = row is not None and session.scalar(select(User.id).where(User.email == row.email)) is not None
    if row is None or taken:
        raise NotFound(N_("This link is not valid: it was used already, replaced by a newer one, or is too old."))
    named = normal_name(name)
    problems = password_problems(password, email=row.email, name=named)
    if not named:
        problems.append(Problem(N_("Give your name."), {}, "name"))
    refuse_if(problems)
    row.accepted_at = now
    roles = [Role(part) for part in row.roles.split(",")]
    user_id = _new_user(
        session,
        email=row.email,
        name=named,
        employer=row.employer,
        roles=roles,
        new_hash=new_hash,
        language=language,
        now=now,
    )
    opened: Entry = _made(user_id, row.email, named, row.employer, roles, how="registered")
    if row.invited_by_id is not None:
        opened = entries.InvitationAccepted(
            person=_person(user_id),
            invited=_own_data(row.email, user_id),
            name=_own_data(named, user_id),
            employer=_own_data(row.employer, user_id),
            roles=tuple(sorted(roles)),
        )
    append(session, opened, now=now, actor=None, role=None)
    return user_id


def create_administrator(
    session: Session, *, email: str, name: str, password: str, new_hash: str, language: str, now: datetime
) -> int:
    """The first way in, from the command line of the server: an administrator's account. Returns its id."""
    return create_account(
        session,
        email=email,
        name=name,
        employer="",
        roles=[Role.ADMINISTRATOR],
        password=password,
        new_hash=new_hash,
        language=language,
        now=now,
    )


def create_account(
    session: Session,
    *,
    email: str,
    name: str,
    employer: str,
    roles: Collection[Role],
    password: str,
    new_hash: str,
    language: str,
    now: datetime,
) -> int:
    """An account without a letter, for the command line and the demonstration; no page calls this. Returns its id."""
    address, named = normal_email(email), normal_name(name)
    problems = [*password_problems(password, email=address, name=named), *role_problems(roles)]
    if not is_address(address):
        problems.append(Problem(N_("This is not an e-mail address, such as name@example.org."), {}, "email"))
    if session.scalar(select(User.id).where(User.email == address)) is not None:
        problems.append(Problem(N_("There is an account with this address."), {}, "email"))
    refuse_if(problems)
    user_id = _new_user(
        session,
        email=address,
        name=named,
        employer=normal_name(employer),
        roles=roles,
        new_hash=new_hash,
        language=language,
        now=now,
    )
    made = _made(user_id, address, named, normal_name(employer), roles, how="command")
    append(session, made, now=now, actor=None, role=None)
    return user_id


def _new_user(
    session: Session,
    *,
    email: str,
    name: str,
    employer: str,
    roles: Collection[Role],
    new_hash: str,
    language: str,
    now: datetime,
) -> int:
    user = User(email=email, name=name, employer=employer, password_hash=new_hash, language=language, created_at=now)
    session.add(user)
    session.flush()
    session.add_all(UserRole(user_id=user.id, role=role.value) for role in sorted(roles))
    session.flush()
    return user.id


def _new_invitation(
    session: Session,
    *,
    email: str,
    name: str,
    employer: str,
    roles: Collection[Role],
    language: str,
    invited_by: int | None,
    now: datetime,
    expires: datetime,
) -> str:
    # Who only registered must not be able to replace what an administrator sent to the same address.
    same_origin = Invitation.invited_by_id.is_(None) if invited_by is None else Invitation.id.is_not(None)
    session.execute(
        update(Invitation)
        .where(
            Invitation.email == email,
            same_origin,
            Invitation.accepted_at.is_(None),
            Invitation.withdrawn_at.is_(None),
        )
        .values(withdrawn_at=now)
    )
    token = new_token()
    session.add(
        Invitation(
            email=email,
            name=name,
            employer=employer,
            roles=",".join(sorted(roles)),
            language=language,
            token_sha256=token_digest(token),
            invited_by_id=invited_by,
            created_at=now,
            expires_at=expires,
        )
    )
    return token


# --- the administrator --------------------------------------------------------------------------------------------


def change_roles(session: Session, *, actor: Actor, now: datetime, ref: str, roles: Collection[Role]) -> None:
    """Give an account exactly `roles`. Its sessions end, so that the new roles are entered with what they demand."""
    require(actor, Permission.MANAGE_ACCOUNTS)
    user = _somebody_else(session, actor, ref)
    refuse_if(role_problems(roles))
    held = set(session.scalars(select(UserRole.role).where(UserRole.user_id == user.id)))
    wanted = {role.value for role in roles}
    if held == wanted:
        return
    session.execute(delete(UserRole).where(UserRole.user_id == user.id))
    session.add_all(UserRole(user_id=user.id, role=role) for role in sorted(wanted))
    _end_sessions(session, user.id, now)
    changed = entries.RolesChanged(person=_person(user.id), before=tuple(sorted(held)), after=tuple(sorted(wanted)))
    _log(session, changed, actor, now)


def disable(session: Session, *, actor: Actor, now: datetime, ref: str) -> None:
    """Shut an account: nobody signs in to it, its sessions and links end. Nothing it did is changed."""
    require(actor, Permission.MANAGE_ACCOUNTS)
    user = _somebody_else(session, actor, ref)
    if user.disabled_at is not None:
        return
    user.disabled_at = now
    _end_sessions(session, user.id, now)
    _log(session, entries.AccountShut(person=_person(user.id)), actor, now)
    session.execute(
        update(PasswordReset)
        .where(PasswordReset.user_id == user.id, PasswordReset.used_at.is_(None))
        .values(used_at=now)
    )


def enable(session: Session, *, actor: Actor, now: datetime, ref: str) -> None:
    """Open a shut account again; a pause of its sign-in ends."""
    require(actor, Permission.MANAGE_ACCOUNTS)
    user = _somebody_else(session, actor, ref)
    if user.disabled_at is None:
        return
    user.disabled_at, user.failures, user.locked_until = None, 0, None
    _log(session, entries.AccountReopened(person=_person(user.id)), actor, now)


def end_sessions_of(session: Session, *, actor: Actor, now: datetime, ref: str) -> None:
    """End every session of somebody's account."""
    require(actor, Permission.MANAGE_ACCOUNTS)
    _end_sessions(session, _somebody_else(session, actor, ref).id, now)


def reset_second_factor(session: Session, *, actor: Actor, now: datetime, ref: str) -> None:
    """Let somebody who lost the second factor and the recovery codes set up a new one. The owner is told by mail."""
    require(actor, Permission.MANAGE_ACCOUNTS)
    user = _somebody_else(session, actor, ref)
    _forget_second_factor(session, user)
    _end_sessions(session, user.id, now)
    _log(session, entries.SecondFactorRemoved(person=_person(user.id)), actor, now)
    queue_mail(
        session,
        to=user.email,
        language=user.language,
        template="accounts/second-factor-removed",
        context={"name": user.name, "when": now.isoformat(), "path": f"/{user.language}/sign-in"},
        now=now,
    )


def _somebody_else(session: Session, actor: Actor, ref: str) -> User:
    """The account `ref`, locked. An administrator cannot shut out or promote themselves: another one must."""
    user = session.scalars(select(User).where(User.ref == ref).with_for_update()).one_or_none()
    if user is None:
        raise NotFound(N_("There is no such account."))
    if user.id == actor.user_id:
        raise RuleBroken(N_("You cannot do this to your own account. Ask another administrator."))
    return user


def _log(session: Session, entry: Entry, actor: Actor, now: datetime) -> None:
    append(session, entry, now=now, actor=actor, role=Role.ADMINISTRATOR)


def _made(
    user_id: int, email: str, name: str, employer: str, roles: Collection[Role], *, how: str
) -> entries.AccountMade:
    return entries.AccountMade(
        person=_person(user_id),
        address=_own_data(email, user_id),
        name=_own_data(name, user_id),
        employer=_own_data(employer, user_id),
        roles=tuple(sorted(roles)),
        how=how,
    )


def _person(user_id: int) -> Salted:
    return _own_data(f"user:{user_id}", user_id)


def _own_data(value: str, user_id: int) -> Salted:
    return Salted(value, whose=f"user:{user_id}")


def _invited(email: str) -> Salted:
    """Somebody who has no account yet is known by the address; it can be erased like everything salted."""
    return Salted(email, whose=f"invited:{token_digest(email)}")
