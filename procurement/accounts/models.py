"""Tables of people. None of them is an act of a round, so they are exempt from the public log, except seats."""

import secrets
from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from procurement.access import SEATS, Role
from procurement.db import Base, UTCDateTime, partial_index

_PERSONAL = {"unlogged": "an account is personal data and no act of a round"}


def _one_of(column: str, values: frozenset[Role] | type[Role]) -> str:
    return f"{column} IN ({', '.join(repr(v.value) for v in sorted(values))})"


class User(Base):
    """A person with an account. `ref` is what addresses name: random, so it tells nothing and cannot be guessed.
    `email` is stored in lower case. `failures` and `locked_until` are the lock-out."""

    __tablename__ = "user_account"
    __table_args__ = ({"info": _PERSONAL},)

    id: Mapped[int] = mapped_column(primary_key=True)
    ref: Mapped[str] = mapped_column(String(16), unique=True, default=lambda: secrets.token_hex(8))
    email: Mapped[str] = mapped_column(String(254), unique=True)
    name: Mapped[str] = mapped_column(String(120))
    employer: Mapped[str] = mapped_column(String(200), default="")
    password_hash: Mapped[str] = mapped_column(String(255))
    language: Mapped[str] = mapped_column(String(8), default="zh")
    totp_secret: Mapped[str | None] = mapped_column(String(64))
    totp_confirmed_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    totp_last_step: Mapped[int | None]
    failures: Mapped[int] = mapped_column(default=0)
    locked_until: Mapped[datetime | None] = mapped_column(UTCDateTime)
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
    disabled_at: Mapped[datetime | None] = mapped_column(UTCDateTime)

    roles: Mapped[list["UserRole"]] = relationship(cascade="all, delete-orphan", lazy="raise")
    seats: Mapped[list["Seat"]] = relationship(lazy="raise", foreign_keys="Seat.user_id", viewonly=True)


class UserRole(Base):
    """A role held everywhere: given by invitation, or `merchant` by registering."""

    __tablename__ = "user_role"
    __table_args__ = (
        CheckConstraint(_one_of("role", frozenset(Role) - {Role.VISITOR}), name="role_known"),
        {"info": _PERSONAL},
    )

    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"), primary_key=True)
    role: Mapped[str] = mapped_column(String(20), primary_key=True)


class Seat(Base):
    """A role in one round. A seat that ends keeps its row, with `ended_at`."""

    __tablename__ = "seat"
    __table_args__ = (
        CheckConstraint(_one_of("role", SEATS), name="role_known"),
        partial_index("uq_seat_in_force", "round_id", "user_id", "role", where="ended_at IS NULL", unique=True),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    round_id: Mapped[int] = mapped_column(ForeignKey("round.id"), index=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"), index=True)
    role: Mapped[str] = mapped_column(String(20))
    given_at: Mapped[datetime] = mapped_column(UTCDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UTCDateTime)


class SignIn(Base):
    """A server-side session. The cookie carries a random token; only its SHA-256 is stored.

    While `opened_at` is None the password was right and the second factor is still to come: the token is nobody's.
    """

    __tablename__ = "sign_in"
    __table_args__ = ({"info": _PERSONAL},)

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"), index=True)
    token_sha256: Mapped[str] = mapped_column(String(64), unique=True)
    device: Mapped[str] = mapped_column(String(120), default="")
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
    opened_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    seen_at: Mapped[datetime] = mapped_column(UTCDateTime)
    expires_at: Mapped[datetime] = mapped_column(UTCDateTime)
    second_factor_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    revoked_at: Mapped[datetime | None] = mapped_column(UTCDateTime)


class RecoveryCode(Base):
    """A way in for whoever lost the second factor. Eighty random bits, stored as SHA-256, used once."""

    __tablename__ = "recovery_code"
    __table_args__ = ({"info": _PERSONAL},)

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"), index=True)
    sha256: Mapped[str] = mapped_column(String(64))
    used_at: Mapped[datetime | None] = mapped_column(UTCDateTime)


class Invitation(Base):
    """A link by mail that lets its reader make an account: staff invited by an administrator, or a merchant who
    registered (`invited_by_id` None). Only the SHA-256 of the link's token is stored; it is used once."""

    __tablename__ = "invitation"
    __table_args__ = ({"info": _PERSONAL},)

    id: Mapped[int] = mapped_column(primary_key=True)
    email: Mapped[str] = mapped_column(String(254), index=True)
    name: Mapped[str] = mapped_column(String(120), default="")
    employer: Mapped[str] = mapped_column(String(200), default="")
    roles: Mapped[str] = mapped_column(String(120))  # comma-separated Role values
    language: Mapped[str] = mapped_column(String(8), default="zh")
    token_sha256: Mapped[str] = mapped_column(String(64), unique=True)
    invited_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
    expires_at: Mapped[datetime] = mapped_column(UTCDateTime)
    accepted_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    withdrawn_at: Mapped[datetime | None] = mapped_column(UTCDateTime)


class PasswordReset(Base):
    """A link by mail that lets its reader choose a new password; its token is stored as SHA-256 and used once."""

    __tablename__ = "password_reset"
    __table_args__ = ({"info": _PERSONAL},)

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"), index=True)
    token_sha256: Mapped[str] = mapped_column(String(64), unique=True)
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
    expires_at: Mapped[datetime] = mapped_column(UTCDateTime)
    used_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
