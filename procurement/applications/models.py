"""Tables of applications. A submission is a new version and never changes afterwards."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from procurement.db import Base, Document, UTCDateTime


class Application(Base):
    """One merchant's application with one product. `draft` is private to the merchant until submitted; `current`
    is the version that counts, None before the first submission. Withdrawn applications keep their rows."""

    __tablename__ = "application"
    __table_args__ = (
        # Targets of compound foreign keys: a sheet or declaration cannot join two rounds.
        UniqueConstraint("id", "round_id"),
        UniqueConstraint("round_id", "number"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    ref: Mapped[str] = mapped_column(String(30), unique=True)  # R2026-001-A003, public after the deadline
    round_id: Mapped[int] = mapped_column(ForeignKey("round.id"), index=True)
    number: Mapped[int]  # within the round
    merchant_id: Mapped[int] = mapped_column(ForeignKey("merchant.id"), index=True)
    draft: Mapped[dict[str, Any]] = mapped_column(Document)
    draft_saved_at: Mapped[datetime] = mapped_column(UTCDateTime)
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
    current: Mapped[int | None]  # ApplicationVersion.version
    product_name: Mapped[str] = mapped_column(String(200), default="")  # of the current version
    category: Mapped[str] = mapped_column(String(30), default="")
    submitted_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    withdrawn_at: Mapped[datetime | None] = mapped_column(UTCDateTime)


class ApplicationVersion(Base):
    """What was submitted: the RFC 8785 text that was hashed and logged. Insert-only."""

    __tablename__ = "application_version"
    __table_args__ = (UniqueConstraint("application_id", "version"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    application_id: Mapped[int] = mapped_column(ForeignKey("application.id"), index=True)
    version: Mapped[int]
    document: Mapped[str] = mapped_column(Text)
    sha256: Mapped[str] = mapped_column(String(64))
    submitted_at: Mapped[datetime] = mapped_column(UTCDateTime)
    submitted_by_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))


class ApplicationFile(Base):
    """A file of an application, after checking and rewriting. `digest` names the blob in the store."""

    __tablename__ = "application_file"

    id: Mapped[int] = mapped_column(primary_key=True)
    application_id: Mapped[int] = mapped_column(ForeignKey("application.id"), index=True)
    section: Mapped[str] = mapped_column(String(30))
    purpose: Mapped[str] = mapped_column(String(40))
    name: Mapped[str] = mapped_column(String(200))
    digest: Mapped[str] = mapped_column(String(64))
    media_type: Mapped[str] = mapped_column(String(60))
    size: Mapped[int]
    public: Mapped[bool]
    added_at: Mapped[datetime] = mapped_column(UTCDateTime)
    removed_at: Mapped[datetime | None] = mapped_column(UTCDateTime)


class Verdict(Base):
    """Eligible or not, with the coded reason. A later verdict supersedes; only one is in force."""

    __tablename__ = "verdict"
    __table_args__ = (
        Index(
            "uq_verdict_in_force",
            "application_id",
            unique=True,
            sqlite_where=text("superseded_at IS NULL"),
            postgresql_where=text("superseded_at IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    application_id: Mapped[int] = mapped_column(ForeignKey("application.id"), index=True)
    eligible: Mapped[bool]
    reason_code: Mapped[str] = mapped_column(String(40))
    explanation: Mapped[str] = mapped_column(Text)
    given_at: Mapped[datetime] = mapped_column(UTCDateTime)
    given_by_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    objection_ref: Mapped[str | None] = mapped_column(String(40))  # when an upheld objection caused it
    superseded_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
