"""Tables of scoring."""

from datetime import datetime
from typing import Any

from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    LargeBinary,
    String,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from procurement.db import Base, Document, ExactDecimal, UTCDateTime


class Sheet(Base):
    """One member's sheet for one application. `marks`: {criterion code: {"value": "8.5", "reason": "…"}}.

    Sealing fixes `ballot` (the RFC 8785 text), `nonce` and `commitment`; only a ruling or a late recusal may void a
    sheet, and a void one stays readable.
    """

    __tablename__ = "sheet"
    __table_args__ = (
        ForeignKeyConstraint(["member_id", "round_id"], ["committee_member.id", "committee_member.round_id"]),
        ForeignKeyConstraint(["application_id", "round_id"], ["application.id", "application.round_id"]),
        Index(
            "uq_sheet_in_force",
            "member_id",
            "application_id",
            unique=True,
            sqlite_where=text("voided_at IS NULL"),
            postgresql_where=text("voided_at IS NULL"),
        ),
        CheckConstraint(
            "(sealed_at IS NULL) = (commitment IS NULL) AND (sealed_at IS NULL) = (ballot IS NULL)"
            " AND (sealed_at IS NULL) = (nonce IS NULL)",
            name="sealed_has_commitment",
        ),
        CheckConstraint("opened_at IS NULL OR sealed_at IS NOT NULL", name="opened_was_sealed"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    round_id: Mapped[int] = mapped_column(ForeignKey("round.id"), index=True)
    member_id: Mapped[int] = mapped_column(index=True)
    application_id: Mapped[int] = mapped_column(index=True)
    marks: Mapped[dict[str, Any]] = mapped_column(Document)
    saved_at: Mapped[datetime] = mapped_column(UTCDateTime)
    sealed_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    ballot: Mapped[str | None] = mapped_column(Text)
    nonce: Mapped[bytes | None] = mapped_column(LargeBinary(32))
    commitment: Mapped[str | None] = mapped_column(String(64))
    opened_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    voided_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    void_reason: Mapped[str] = mapped_column(Text, default="")


class Correction(Base):
    """A change of an opened mark, public with before and after. The sheet itself stays as it was sealed."""

    __tablename__ = "correction"

    id: Mapped[int] = mapped_column(primary_key=True)
    round_id: Mapped[int] = mapped_column(ForeignKey("round.id"), index=True)
    sheet_id: Mapped[int] = mapped_column(ForeignKey("sheet.id"), index=True)
    criterion: Mapped[str] = mapped_column(String(40))
    before: Mapped[Any] = mapped_column(ExactDecimal)
    after: Mapped[Any] = mapped_column(ExactDecimal)
    ground: Mapped[str] = mapped_column(String(40))
    reason: Mapped[str] = mapped_column(Text)
    objection_ref: Mapped[str | None] = mapped_column(String(40))
    made_at: Mapped[datetime] = mapped_column(UTCDateTime)
    made_by_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))


class TallyRun(Base):
    """One computation of the result, with every step. Insert-only; the last one counts."""

    __tablename__ = "tally_run"
    __table_args__ = (UniqueConstraint("round_id", "number"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    round_id: Mapped[int] = mapped_column(ForeignKey("round.id"), index=True)
    number: Mapped[int]
    cause: Mapped[str] = mapped_column(String(40))  # opening, correction, void, verdict
    document: Mapped[str] = mapped_column(Text)  # RFC 8785 text of the result
    sha256: Mapped[str] = mapped_column(String(64))
    computed_at: Mapped[datetime] = mapped_column(UTCDateTime)
