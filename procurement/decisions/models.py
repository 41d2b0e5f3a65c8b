"""Tables of decisions."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from procurement.db import Base, UTCDateTime


class Decision(Base):
    """One version of a round's decision. `document` is the RFC 8785 text of the decision JSON; `base_digest` the
    unsigned PDF, `signed_digest` the latest signed state, `published_digest` the file that was published."""

    __tablename__ = "decision"
    __table_args__ = (
        UniqueConstraint("round_id", "version"),
        Index(
            "uq_decision_in_force",
            "round_id",
            unique=True,
            sqlite_where=text("published_at IS NOT NULL AND superseded_at IS NULL"),
            postgresql_where=text("published_at IS NOT NULL AND superseded_at IS NULL"),
        ),
        CheckConstraint("(published_at IS NULL) = (published_digest IS NULL)", name="decided_means_signed"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    ref: Mapped[str] = mapped_column(String(40), unique=True)  # R2026-001-D1
    round_id: Mapped[int] = mapped_column(ForeignKey("round.id"), index=True)
    version: Mapped[int]
    language: Mapped[str] = mapped_column(String(8))
    document: Mapped[str] = mapped_column(Text)
    sha256: Mapped[str] = mapped_column(String(64))
    drawn_up_at: Mapped[datetime] = mapped_column(UTCDateTime)
    drawn_up_by_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    render_job_id: Mapped[int | None]
    base_digest: Mapped[str | None] = mapped_column(String(64))
    signed_digest: Mapped[str | None] = mapped_column(String(64))
    published_digest: Mapped[str | None] = mapped_column(String(64))
    published_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    superseded_at: Mapped[datetime | None] = mapped_column(UTCDateTime)


class DecisionSignature(Base):
    """A signature that the decision needs (`signed_at` None) or has. Position 0 is the office seal."""

    __tablename__ = "decision_signature"
    __table_args__ = (UniqueConstraint("decision_id", "position"), UniqueConstraint("decision_id", "user_id"))

    id: Mapped[int] = mapped_column(primary_key=True)
    decision_id: Mapped[int] = mapped_column(ForeignKey("decision.id"), index=True)
    position: Mapped[int]
    field: Mapped[str] = mapped_column(String(20))
    user_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    role: Mapped[str] = mapped_column(String(20))
    name: Mapped[str] = mapped_column(String(120))
    job_id: Mapped[int | None]
    certificate_sha256: Mapped[str | None] = mapped_column(String(64))
    requested_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    signed_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    dissent: Mapped[str] = mapped_column(Text, default="")
