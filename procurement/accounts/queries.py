"""Reading people: a session token becomes an `Actor`."""

import hashlib
from collections import defaultdict
from datetime import datetime
from types import MappingProxyType

from sqlalchemy import select
from sqlalchemy.orm import Session

from procurement.access import VISITOR, Actor, Role
from procurement.accounts.models import Seat, SignIn, User, UserRole


def token_digest(token: str) -> str:
    """What is stored of a secret token: its SHA-256, in hex."""
    return hashlib.sha256(token.encode()).hexdigest()


def actor_of(session: Session, *, token: str, now: datetime) -> Actor:
    """The person whose session `token` is; the visitor when it is unknown, over, revoked or the account disabled."""
    user = session.scalars(
        select(User)
        .join(SignIn, SignIn.user_id == User.id)
        .where(
            SignIn.token_sha256 == token_digest(token),
            SignIn.revoked_at.is_(None),
            SignIn.expires_at > now,
            User.disabled_at.is_(None),
        )
    ).one_or_none()
    return VISITOR if user is None else as_actor(session, user)


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
