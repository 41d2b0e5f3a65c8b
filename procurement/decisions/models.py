"""Tables of decisions."""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, ForeignKeyConstraint, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from procurement.db import Base, Document, UTCDateTime, partial_index

TO_SIGN = "decisions/to-sign"
"""The letter that asks somebody to sign."""


class Decision(Base):
    """One version of a round's decision. `document` is the RFC 8785 text (document.py) and never changes.

    The files are blobs named by their SHA-256: `base_digest` the unsigned PDF, `file_digest` its latest signed state,
    `published_digest` the file that was published. A version that was drawn up again before publication has
    `discarded_at`; one that a later decision amended or annulled has `superseded_at`.
    """

    __tablename__ = "decision"
    __table_args__ = (
        UniqueConstraint("round_id", "version"),
        UniqueConstraint("id", "round_id"),
        ForeignKeyConstraint(
            ["supersedes_id", "round_id"], ["decision.id", "decision.round_id"], name="fk_decision_same_round"
        ),
        partial_index(
            "uq_decision_in_force",
            "round_id",
            where="published_at IS NOT NULL AND superseded_at IS NULL",
            unique=True,
        ),
        partial_index(
            "uq_decision_in_work", "round_id", where="published_at IS NULL AND discarded_at IS NULL", unique=True
        ),
        CheckConstraint("(published_at IS NULL) = (published_digest IS NULL)", name="published_has_file"),
        CheckConstraint("(base_digest IS NULL) = (file_digest IS NULL)", name="rendered_is_sealed"),
        CheckConstraint("published_at IS NULL OR discarded_at IS NULL", name="published_not_discarded"),
        CheckConstraint("published_digest IS NULL OR published_digest = file_digest", name="published_is_signed"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    ref: Mapped[str] = mapped_column(String(40), unique=True)  # R2026-001-D1, public
    code: Mapped[str] = mapped_column(String(20), unique=True)  # printed, to find it by
    round_id: Mapped[int] = mapped_column(ForeignKey("round.id"), index=True)
    version: Mapped[int]
    effect: Mapped[str] = mapped_column(String(12))  # document.Effect
    supersedes_id: Mapped[int | None] = mapped_column(index=True)  # of the same round
    language: Mapped[str] = mapped_column(String(8))
    document: Mapped[str] = mapped_column(Text)
    sha256: Mapped[str] = mapped_column(String(64))
    drawn_up_at: Mapped[datetime] = mapped_column(UTCDateTime)
    drawn_up_by_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    job_id: Mapped[int | None]
    base_digest: Mapped[str | None] = mapped_column(String(64))
    base_size: Mapped[int | None]
    file_digest: Mapped[str | None] = mapped_column(String(64))
    file_size: Mapped[int | None]
    discarded_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    published_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    published_digest: Mapped[str | None] = mapped_column(String(64), unique=True)
    superseded_at: Mapped[datetime | None] = mapped_column(UTCDateTime)


class DecisionEdition(Base):
    """The published file of a decision with one more document time-stamp behind it, before the last one's certificate
    ends. The file before, `before_digest`, stays; `number` counts from 1. Insert-only."""

    __tablename__ = "decision_edition"
    __table_args__ = (UniqueConstraint("decision_id", "number"), CheckConstraint("number > 0", name="counted"))

    id: Mapped[int] = mapped_column(primary_key=True)
    decision_id: Mapped[int] = mapped_column(ForeignKey("decision.id"), index=True)
    number: Mapped[int]
    before_digest: Mapped[str] = mapped_column(String(64), unique=True)
    file_digest: Mapped[str] = mapped_column(String(64), unique=True)
    file_size: Mapped[int]
    made_at: Mapped[datetime] = mapped_column(UTCDateTime)


class GivenUp(Base):
    """A merchant gives up the place that an application has, or may have, in the result: the reserves move up.
    Insert-only."""

    __tablename__ = "given_up"
    __table_args__ = (
        ForeignKeyConstraint(["application_id", "round_id"], ["application.id", "application.round_id"]),
        CheckConstraint("reason <> ''", name="with_reason"),
    )

    application_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    round_id: Mapped[int] = mapped_column(ForeignKey("round.id"), index=True)
    at: Mapped[datetime] = mapped_column(UTCDateTime)
    by_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    reason: Mapped[str] = mapped_column(Text)


class DecisionSignature(Base):
    """A signature that the decision needs or has. Position 0 is the office seal, which nobody approves.

    `approved_at` is the signatory's own act; `signed_at` when the signature stood in the file, whose state after it
    was `file_digest`. `turn` counts signatures in the order in which they were put in. A member may refuse
    (`declined_at`, with the reason as `dissent`), and who has done neither when the period in `counted` is over is
    taken to agree (`deemed_at`, written down when the decision is published).
    """

    __tablename__ = "decision_signature"
    __table_args__ = (
        UniqueConstraint("decision_id", "position"),
        UniqueConstraint("decision_id", "field"),
        UniqueConstraint("decision_id", "user_id"),
        UniqueConstraint("decision_id", "turn"),
        CheckConstraint(
            "(signed_at IS NULL) = (file_digest IS NULL) AND (signed_at IS NULL) = (certificate_sha256 IS NULL)"
            " AND (signed_at IS NULL) = (turn IS NULL) AND (signed_at IS NULL) = (file_size IS NULL)",
            name="signed_has_file",
        ),
        CheckConstraint("position = 0 OR signed_at IS NULL OR approved_at IS NOT NULL", name="signed_was_approved"),
        CheckConstraint("(position = 0) = (user_id IS NULL)", name="seal_is_nobodys"),
        CheckConstraint(
            "declined_at IS NULL OR (approved_at IS NULL AND dissent <> '')", name="declined_with_reason"
        ),
        CheckConstraint(
            "deemed_at IS NULL OR (approved_at IS NULL AND declined_at IS NULL AND counted IS NOT NULL)",
            name="deemed_was_silent",
        ),
        CheckConstraint(
            "role IN ('chair', 'member') OR (declined_at IS NULL AND deemed_at IS NULL)", name="office_signs"
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    decision_id: Mapped[int] = mapped_column(ForeignKey("decision.id"), index=True)
    position: Mapped[int]
    field: Mapped[str] = mapped_column(String(20))
    user_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"), index=True)
    role: Mapped[str] = mapped_column(String(20))  # document.SignatoryRole
    name: Mapped[str] = mapped_column(String(120))
    job_id: Mapped[int | None]
    approved_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    declined_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    deemed_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    counted: Mapped[dict[str, Any] | None] = mapped_column(Document)
    """How the period in which a member signs is counted, from the seal; None for everybody else."""
    dissent: Mapped[str] = mapped_column(Text, default="")
    turn: Mapped[int | None]
    signed_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    certificate_sha256: Mapped[str | None] = mapped_column(String(64))
    file_digest: Mapped[str | None] = mapped_column(String(64))
    file_size: Mapped[int | None]


class SignatoryCertificate(Base):
    """A certificate of their own with which somebody wants to sign decisions. `pem` holds it and those that lead to
    its root; it counts from `confirmed_at` until `ended_at`, which has its reason in `ending` (rules.Ending)."""

    __tablename__ = "signatory_certificate"
    __table_args__ = (
        partial_index(
            "uq_signatory_certificate_in_force",
            "user_id",
            where="confirmed_at IS NOT NULL AND ended_at IS NULL",
            unique=True,
        ),
        partial_index(
            "uq_signatory_certificate_brought",
            "user_id",
            where="confirmed_at IS NULL AND ended_at IS NULL",
            unique=True,
        ),
        CheckConstraint("(confirmed_at IS NULL) = (confirmed_by_id IS NULL)", name="confirmed_by_somebody"),
        CheckConstraint("confirmed_by_id <> user_id", name="confirmed_by_another"),
        CheckConstraint("(ended_at IS NULL) = (ending = '')", name="ended_for_a_reason"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"), index=True)
    pem: Mapped[str] = mapped_column(Text)
    sha256: Mapped[str] = mapped_column(String(64), unique=True)
    registered_at: Mapped[datetime] = mapped_column(UTCDateTime)
    confirmed_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    confirmed_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    ended_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    ending: Mapped[str] = mapped_column(String(12), default="")
