"""Tables of applications. A submission is a new version and never changes afterwards."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from procurement.db import Base, Document, UTCDateTime, partial_index

_PRIVATE = {"unlogged": "a draft is private to the merchant; submitting it is the act"}


class ApplicationDraft(Base):
    """What a merchant is writing. It becomes an application when it is first submitted, and may then be changed and
    submitted again. `key` is random: it stands in private addresses and tells nothing. Unsubmitted drafts leave no
    trace in public."""

    __tablename__ = "application_draft"
    __table_args__ = (
        # One draft for a product, so that a double click does not start two.
        partial_index(
            "uq_application_draft_product",
            "round_id",
            "merchant_id",
            "product_key",
            where="closed_at IS NULL",
            unique=True,
        ),
        {"info": _PRIVATE},
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(String(24), unique=True)
    round_id: Mapped[int] = mapped_column(ForeignKey("round.id"), index=True)
    merchant_id: Mapped[int] = mapped_column(ForeignKey("merchant.id"), index=True)
    product_name: Mapped[str] = mapped_column(String(200))
    product_key: Mapped[str] = mapped_column(String(200))  # rules.product_key
    sections: Mapped[dict[str, Any]] = mapped_column(Document)  # Section → its content
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
    created_by_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    helper_ids: Mapped[list[int]] = mapped_column(Document, default=list)  # accounts that helped to write it
    saved_at: Mapped[datetime] = mapped_column(UTCDateTime)
    application_id: Mapped[int | None] = mapped_column(ForeignKey("application.id"), unique=True)
    closed_at: Mapped[datetime | None] = mapped_column(UTCDateTime)  # discarded, or withdrawn


class Application(Base):
    """One merchant's application with one product; exists once it is submitted. `current` is the version that counts.
    Withdrawn applications keep their rows."""

    __tablename__ = "application"
    __table_args__ = (
        # Targets of compound foreign keys: a sheet or declaration cannot join two rounds.
        UniqueConstraint("id", "round_id"),
        UniqueConstraint("round_id", "number"),
        # One application for a product of a merchant in a round.
        partial_index(
            "uq_application_product",
            "round_id",
            "merchant_id",
            "product_key",
            where="withdrawn_at IS NULL",
            unique=True,
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    ref: Mapped[str] = mapped_column(String(30), unique=True)  # R2026-001-A003, public after the deadline
    round_id: Mapped[int] = mapped_column(ForeignKey("round.id"), index=True)
    number: Mapped[int]  # within the round
    merchant_id: Mapped[int] = mapped_column(ForeignKey("merchant.id"), index=True)
    current: Mapped[int]  # ApplicationVersion.version
    product_name: Mapped[str] = mapped_column(String(200))  # of the current version
    product_key: Mapped[str] = mapped_column(String(200))
    category: Mapped[str] = mapped_column(String(30))
    submitted_at: Mapped[datetime] = mapped_column(UTCDateTime)  # of the current version
    rules_version: Mapped[int]  # of the call for which the applicant submitted or confirmed it last
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
    rules_version: Mapped[int]  # of the call when it was submitted
    submitted_at: Mapped[datetime] = mapped_column(UTCDateTime)
    submitted_by_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    signed_digest: Mapped[str | None] = mapped_column(String(64))
    """Of the file of the paper on which it was read back and signed, when a clerk wrote it."""
    signed_type: Mapped[str] = mapped_column(String(40), default="")
    signed_name: Mapped[str] = mapped_column(String(200), default="")


class ApplicationHelper(Base):
    """That somebody who does not belong to the business helped to write its application, to confirm or complete it.
    Such a person does not check it, nor decide on it (guards.py). Insert-only."""

    __tablename__ = "application_helper"
    __table_args__ = (UniqueConstraint("application_id", "user_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    application_id: Mapped[int] = mapped_column(ForeignKey("application.id"), index=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"), index=True)
    at: Mapped[datetime] = mapped_column(UTCDateTime)


class ApplicationConfirmation(Base):
    """That the applicant maintains what was submitted although the call was amended. Insert-only."""

    __tablename__ = "application_confirmation"
    __table_args__ = (UniqueConstraint("application_id", "rules_version"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    application_id: Mapped[int] = mapped_column(ForeignKey("application.id"), index=True)
    rules_version: Mapped[int]  # of the amended call
    version: Mapped[int]  # ApplicationVersion.version that is maintained
    at: Mapped[datetime] = mapped_column(UTCDateTime)
    by_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))


class ApplicationFile(Base):
    """A file attached to a draft, after checking and rewriting. `digest` names the blob in the store. What counts is
    the list in the submitted version; a file removed from the draft stays for the versions that name it."""

    __tablename__ = "application_file"
    __table_args__ = ({"info": _PRIVATE},)

    id: Mapped[int] = mapped_column(primary_key=True)
    draft_id: Mapped[int] = mapped_column(ForeignKey("application_draft.id"), index=True)
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
        partial_index("uq_verdict_in_force", "application_id", where="superseded_at IS NULL", unique=True),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    application_id: Mapped[int] = mapped_column(ForeignKey("application.id"), index=True)
    eligible: Mapped[bool]
    reason_code: Mapped[str] = mapped_column(String(40))
    explanation: Mapped[str] = mapped_column(Text)
    gates: Mapped[dict[str, Any]] = mapped_column(Document)  # code of the round's gate → passed
    given_at: Mapped[datetime] = mapped_column(UTCDateTime)
    given_by_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    objection_ref: Mapped[str | None] = mapped_column(String(40))  # when an upheld objection caused it
    superseded_at: Mapped[datetime | None] = mapped_column(UTCDateTime)


class Finding(Base):
    """One item of the checklist as somebody of the office found it (checklist.Finding). A later finding supersedes;
    only one is in force. `digest` names the blob of what shows it, which only the office reads."""

    __tablename__ = "finding"
    __table_args__ = (
        CheckConstraint("result IN ('met', 'not_met', 'not_applicable')", name="result_known"),
        CheckConstraint("method IS NOT NULL OR result = 'not_applicable'", name="method_told"),
        partial_index("uq_finding_in_force", "application_id", "item", where="superseded_at IS NULL", unique=True),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    application_id: Mapped[int] = mapped_column(ForeignKey("application.id"), index=True)
    item: Mapped[str] = mapped_column(String(20))
    result: Mapped[str] = mapped_column(String(20))
    method: Mapped[str | None] = mapped_column(String(20))
    evidence: Mapped[str] = mapped_column(Text)
    looked_on: Mapped[date]
    digest: Mapped[str | None] = mapped_column(String(64))
    media_type: Mapped[str] = mapped_column(String(60), default="")
    file_name: Mapped[str] = mapped_column(String(200), default="")
    compared: Mapped[list[Any] | None] = mapped_column(Document)
    """On the relations: what other applicants had in common with this one then, as verifying.Compared writes it."""
    at: Mapped[datetime] = mapped_column(UTCDateTime)
    by_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    superseded_at: Mapped[datetime | None] = mapped_column(UTCDateTime)


class SupplementRequest(Base):
    """What the office asks an applicant to complete while it checks. Insert-only; without an answer it ends by the
    clock, which is counted from `counted` with the holds of the round."""

    __tablename__ = "supplement_request"
    __table_args__ = (UniqueConstraint("application_id", "number"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    ref: Mapped[str] = mapped_column(String(30), unique=True)  # R2026-001-A003-S1
    application_id: Mapped[int] = mapped_column(ForeignKey("application.id"), index=True)
    number: Mapped[int]  # within the application
    items: Mapped[list[str]] = mapped_column(Document)  # checklist.Item
    text: Mapped[str] = mapped_column(Text)
    asked_at: Mapped[datetime] = mapped_column(UTCDateTime)
    asked_by_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    due: Mapped[datetime] = mapped_column(UTCDateTime)
    counted: Mapped[dict[str, Any]] = mapped_column(Document)


class SupplementAnswer(Base):
    """The answer: the RFC 8785 text that was hashed and logged (supplements.Answer). It stands beside what was
    submitted and changes nothing in it. Insert-only."""

    __tablename__ = "supplement_answer"

    id: Mapped[int] = mapped_column(primary_key=True)
    request_id: Mapped[int] = mapped_column(ForeignKey("supplement_request.id"), unique=True)
    document: Mapped[str] = mapped_column(Text)
    sha256: Mapped[str] = mapped_column(String(64))
    answered_at: Mapped[datetime] = mapped_column(UTCDateTime)
    answered_by_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))


class SupplementDraft(Base):
    """What the applicant is writing in answer; private until it is sent."""

    __tablename__ = "supplement_draft"
    __table_args__ = ({"info": _PRIVATE},)

    request_id: Mapped[int] = mapped_column(
        ForeignKey("supplement_request.id"), primary_key=True, autoincrement=False
    )
    text: Mapped[str] = mapped_column(Text, default="")
    saved_at: Mapped[datetime] = mapped_column(UTCDateTime)


class SupplementFile(Base):
    """A file attached to the answer that is being written, after checking and rewriting."""

    __tablename__ = "supplement_file"
    __table_args__ = ({"info": _PRIVATE},)

    id: Mapped[int] = mapped_column(primary_key=True)
    request_id: Mapped[int] = mapped_column(ForeignKey("supplement_request.id"), index=True)
    name: Mapped[str] = mapped_column(String(200))
    digest: Mapped[str] = mapped_column(String(64))
    media_type: Mapped[str] = mapped_column(String(60))
    size: Mapped[int]
    public: Mapped[bool]
    added_at: Mapped[datetime] = mapped_column(UTCDateTime)
    removed_at: Mapped[datetime | None] = mapped_column(UTCDateTime)


class Question(Base):
    """A public question on a call. Nobody's name is kept. `text` becomes public with the answer, so that nothing
    private stands on an official page; `withheld` says why it does not (questions.Withheld)."""

    __tablename__ = "question"
    __table_args__ = (
        UniqueConstraint("round_id", "number"),
        CheckConstraint("(answer IS NULL) = (answered_at IS NULL)", name="answered_has_time"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    ref: Mapped[str] = mapped_column(String(30), unique=True)  # R2026-001-Q003
    round_id: Mapped[int] = mapped_column(ForeignKey("round.id"), index=True)
    number: Mapped[int]  # within the round
    text: Mapped[str] = mapped_column(Text)
    asked_at: Mapped[datetime] = mapped_column(UTCDateTime)
    due: Mapped[datetime] = mapped_column(UTCDateTime)
    counted: Mapped[dict[str, Any]] = mapped_column(Document)
    answer: Mapped[str | None] = mapped_column(Text)
    answered_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    answered_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    withheld: Mapped[str | None] = mapped_column(String(30))
