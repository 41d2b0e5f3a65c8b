"""Tables of notices and objections."""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from procurement.db import Base, Document, UTCDateTime


class Notice(Base):
    """A public notice of the ranked proposal. Insert-only but for `superseded_at`."""

    __tablename__ = "notice"
    __table_args__ = (
        UniqueConstraint("round_id", "number"),
        Index(
            "uq_notice_in_force",
            "round_id",
            unique=True,
            sqlite_where=text("superseded_at IS NULL"),
            postgresql_where=text("superseded_at IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    round_id: Mapped[int] = mapped_column(ForeignKey("round.id"), index=True)
    number: Mapped[int]
    tally_run_id: Mapped[int] = mapped_column(ForeignKey("tally_run.id"))
    document: Mapped[str] = mapped_column(Text)  # RFC 8785 text: the ranked proposal with reasons
    sha256: Mapped[str] = mapped_column(String(64))
    given_at: Mapped[datetime] = mapped_column(UTCDateTime)
    closes_at: Mapped[datetime] = mapped_column(UTCDateTime)
    counted: Mapped[dict[str, Any]] = mapped_column(Document)
    given_by_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    superseded_at: Mapped[datetime | None] = mapped_column(UTCDateTime)


class Objection(Base):
    """An objection as filed; it never changes. What is public of the filer is `public_name`; contact details are
    personal data and can be erased."""

    __tablename__ = "objection"
    __table_args__ = (UniqueConstraint("round_id", "number"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    ref: Mapped[str] = mapped_column(String(40), unique=True)  # R2026-001-O02
    round_id: Mapped[int] = mapped_column(ForeignKey("round.id"), index=True)
    number: Mapped[int]
    target: Mapped[str] = mapped_column(String(20))  # rules.Target
    target_ref: Mapped[str] = mapped_column(String(40), default="")  # application ref or member code
    ground: Mapped[str] = mapped_column(String(40))
    argument: Mapped[str] = mapped_column(Text)
    remedy: Mapped[str] = mapped_column(String(30))
    remedy_detail: Mapped[dict[str, Any]] = mapped_column(Document)
    filer_kind: Mapped[str] = mapped_column(String(20))  # person, organisation
    public_name: Mapped[str] = mapped_column(String(200))  # "" when withheld
    filer_name: Mapped[str] = mapped_column(String(200))
    contact: Mapped[str] = mapped_column(String(254))
    filer_user_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    language: Mapped[str] = mapped_column(String(2))  # of the letters
    filed_at: Mapped[datetime] = mapped_column(UTCDateTime)
    token_sha256: Mapped[str] = mapped_column(String(64), unique=True)  # of the link to follow and withdraw it


class ObjectionStep(Base):
    """What happened to an objection, in order; the last one is its state (rules.Step). Insert-only. `code`: why it is
    inadmissible; `effect`: what an upheld one brings about (rules.Effect); `due_at` is the deadline that the step
    sets for the next one, `counted` how it was counted."""

    __tablename__ = "objection_step"
    __table_args__ = (
        UniqueConstraint("objection_id", "kind"),
        CheckConstraint("(due_at IS NULL) = (counted IS NULL)", name="due_is_counted"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    objection_id: Mapped[int] = mapped_column(ForeignKey("objection.id"), index=True)
    kind: Mapped[str] = mapped_column(String(20))
    code: Mapped[str] = mapped_column(String(40), default="")
    text: Mapped[str] = mapped_column(Text, default="")
    effect: Mapped[dict[str, Any] | None] = mapped_column(Document)
    at: Mapped[datetime] = mapped_column(UTCDateTime)
    by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    due_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    counted: Mapped[dict[str, Any] | None] = mapped_column(Document)


class ObjectionFile(Base):
    """Evidence of an objection, after checking and rewriting."""

    __tablename__ = "objection_file"

    id: Mapped[int] = mapped_column(primary_key=True)
    objection_id: Mapped[int] = mapped_column(ForeignKey("objection.id"), index=True)
    name: Mapped[str] = mapped_column(String(200))
    digest: Mapped[str] = mapped_column(String(64))
    media_type: Mapped[str] = mapped_column(String(60))
    size: Mapped[int]
    added_at: Mapped[datetime] = mapped_column(UTCDateTime)
