"""Tables of rounds. There is no status column: the phase follows from milestones and the time (phases.py)."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from procurement.db import Base, Document, UTCDateTime, partial_index


class RoundNumber(Base):
    """How many rounds a year has had. Its row is locked while the next reference is made."""

    __tablename__ = "round_number"

    year: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    last: Mapped[int]


class Round(Base):
    """A selection round. The titles are those it was begun with, then those of the rules in force."""

    __tablename__ = "round"

    id: Mapped[int] = mapped_column(primary_key=True)
    ref: Mapped[str] = mapped_column(String(20), unique=True)  # R2026-001, public
    title_en: Mapped[str] = mapped_column(String(200))
    title_zh: Mapped[str] = mapped_column(String(200))
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
    created_by_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))

    milestones: Mapped[list["Milestone"]] = relationship(order_by="Milestone.id", lazy="raise", viewonly=True)


class RoundDraft(Base):
    """The rules.RoundDocument being written. Once the round is published it is no longer read."""

    __tablename__ = "round_draft"
    __table_args__ = ({"info": {"unlogged": "a draft binds nobody; what is published is logged"}},)

    round_id: Mapped[int] = mapped_column(ForeignKey("round.id"), primary_key=True)
    document: Mapped[dict[str, Any]] = mapped_column(Document)
    saved_at: Mapped[datetime] = mapped_column(UTCDateTime)
    saved_by_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))


class RoundRules(Base):
    """The frozen rules of a round: the RFC 8785 text that was hashed and logged. Insert-only; an amendment is a new
    version with its reason."""

    __tablename__ = "round_rules"
    __table_args__ = (UniqueConstraint("round_id", "version"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    round_id: Mapped[int] = mapped_column(ForeignKey("round.id"), index=True)
    version: Mapped[int]
    document: Mapped[str] = mapped_column(Text)
    sha256: Mapped[str] = mapped_column(String(64))
    published_at: Mapped[datetime] = mapped_column(UTCDateTime)
    reason: Mapped[dict[str, str] | None] = mapped_column(Document)  # {"en", "zh"}; None for the first version


class Milestone(Base):
    """One act that moves a round (phases.Kind). Insert-only. `subject` tells apart milestones of one kind (an
    objection's ref, a notice's number); `closes` is the deadline that the act set, `counted` how it was counted;
    `detail` what the public is told about a hold or an end: {"code"} and {"code", "en", "zh"}."""

    __tablename__ = "milestone"
    __table_args__ = (
        UniqueConstraint("round_id", "kind", "subject"),
        partial_index("uq_milestone_published_once", "round_id", where="kind = 'published'", unique=True),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    round_id: Mapped[int] = mapped_column(ForeignKey("round.id"), index=True)
    kind: Mapped[str] = mapped_column(String(30))
    subject: Mapped[str] = mapped_column(String(40), default="")
    at: Mapped[datetime] = mapped_column(UTCDateTime)
    closes: Mapped[datetime | None] = mapped_column(UTCDateTime)
    counted: Mapped[dict[str, Any] | None] = mapped_column(Document)
    detail: Mapped[dict[str, str] | None] = mapped_column(Document)
    by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
