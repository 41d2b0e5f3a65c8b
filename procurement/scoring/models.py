"""Tables of scoring."""

from datetime import datetime
from typing import Any

from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    ForeignKeyConstraint,
    LargeBinary,
    String,
    Text,
    UniqueConstraint,
)
from sqlalchemy.orm import Mapped, mapped_column

from procurement.db import Base, Document, ExactDecimal, UTCDateTime, partial_index


class SheetDraft(Base):
    """A sheet that a member is filling in: rules.sheet_json. Read by nobody else, gone once sealed."""

    __tablename__ = "sheet_draft"
    __table_args__ = (
        ForeignKeyConstraint(["member_id", "round_id"], ["committee_member.id", "committee_member.round_id"]),
        ForeignKeyConstraint(["application_id", "round_id"], ["application.id", "application.round_id"]),
        {"info": {"unlogged": "a sheet binds nobody until it is sealed, and its marks are nobody else's business"}},
    )

    member_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    application_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    round_id: Mapped[int] = mapped_column(ForeignKey("round.id"), index=True)
    marks: Mapped[dict[str, Any]] = mapped_column(Document)
    saved_at: Mapped[datetime] = mapped_column(UTCDateTime)


class Sheet(Base):
    """One member's sealed sheet for one application. `ballot` (RFC 8785 text: rules.ballot_text), `nonce` and
    `commitment` never change; `opened_at` is set once for all sheets together; only a ruling or a late recusal may
    void a sheet, and a void one stays readable."""

    __tablename__ = "sheet"
    __table_args__ = (
        ForeignKeyConstraint(["member_id", "round_id"], ["committee_member.id", "committee_member.round_id"]),
        ForeignKeyConstraint(["application_id", "round_id"], ["application.id", "application.round_id"]),
        partial_index("uq_sheet_in_force", "member_id", "application_id", where="voided_at IS NULL", unique=True),
        CheckConstraint("voided_at IS NULL OR void_reason <> ''", name="void_has_reason"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    round_id: Mapped[int] = mapped_column(ForeignKey("round.id"), index=True)
    member_id: Mapped[int] = mapped_column(index=True)
    application_id: Mapped[int] = mapped_column(index=True)
    ballot: Mapped[str] = mapped_column(Text)
    nonce: Mapped[bytes] = mapped_column(LargeBinary(32))
    commitment: Mapped[str] = mapped_column(String(64), unique=True)
    sealed_at: Mapped[datetime] = mapped_column(UTCDateTime)
    opened_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    voided_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    void_reason: Mapped[str] = mapped_column(Text, default="")
    void_objection: Mapped[str | None] = mapped_column(String(40))


class Correction(Base):
    """A change of an opened mark, public with before and after. The sheet itself stays as it was sealed."""

    __tablename__ = "correction"
    __table_args__ = (
        CheckConstraint("before <> after", name="changes_something"),
        CheckConstraint("reason <> ''", name="has_reason"),
        CheckConstraint("(ground = 'arithmetic') = (calculation IS NOT NULL)", name="arithmetic_is_shown"),
        CheckConstraint(
            "(ground = 'objective_disagreement') = (agreement_id IS NOT NULL)", name="objective_is_agreed"
        ),
        CheckConstraint("(ground = 'ruling') = (objection_ref IS NOT NULL)", name="ruling_has_objection"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    round_id: Mapped[int] = mapped_column(ForeignKey("round.id"), index=True)
    sheet_id: Mapped[int] = mapped_column(ForeignKey("sheet.id"), index=True)
    criterion: Mapped[str] = mapped_column(String(40))
    before: Mapped[Any] = mapped_column(ExactDecimal)
    after: Mapped[Any] = mapped_column(ExactDecimal)
    ground: Mapped[str] = mapped_column(String(40))
    reason: Mapped[str] = mapped_column(Text)
    calculation: Mapped[str | None] = mapped_column(String(200))
    agreement_id: Mapped[int | None] = mapped_column(ForeignKey("mark_agreement.id"), index=True)
    objection_ref: Mapped[str | None] = mapped_column(String(40))
    made_at: Mapped[datetime] = mapped_column(UTCDateTime)
    made_by_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))


class Agreement(Base):
    """A mark that a member proposed for all, on an objective criterion on which sealed sheets differ. `number` counts
    the proposals of a round. It is settled when one declines (`agreed` false) or when all agree."""

    __tablename__ = "mark_agreement"
    __table_args__ = (
        UniqueConstraint("round_id", "number"),
        ForeignKeyConstraint(["application_id", "round_id"], ["application.id", "application.round_id"]),
        ForeignKeyConstraint(["proposed_by_id", "round_id"], ["committee_member.id", "committee_member.round_id"]),
        partial_index(
            "uq_mark_agreement_open", "application_id", "criterion", where="settled_at IS NULL", unique=True
        ),
        CheckConstraint("(settled_at IS NULL) = (agreed IS NULL)", name="settled_one_way"),
        CheckConstraint("reason <> ''", name="has_reason"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    round_id: Mapped[int] = mapped_column(ForeignKey("round.id"), index=True)
    application_id: Mapped[int] = mapped_column(index=True)
    number: Mapped[int]
    criterion: Mapped[str] = mapped_column(String(40))
    value: Mapped[Any] = mapped_column(ExactDecimal)
    reason: Mapped[str] = mapped_column(Text)
    proposed_by_id: Mapped[int]
    proposed_at: Mapped[datetime] = mapped_column(UTCDateTime)
    settled_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    agreed: Mapped[bool | None]


class AgreementAnswer(Base):
    """What a member says to such a proposal, once; who proposes it agrees by that."""

    __tablename__ = "mark_agreement_answer"
    __table_args__ = (CheckConstraint("agrees OR reason <> ''", name="declining_has_reason"),)

    agreement_id: Mapped[int] = mapped_column(ForeignKey("mark_agreement.id"), primary_key=True)
    member_id: Mapped[int] = mapped_column(ForeignKey("committee_member.id"), primary_key=True, index=True)
    agrees: Mapped[bool]
    reason: Mapped[str] = mapped_column(Text, default="")
    answered_at: Mapped[datetime] = mapped_column(UTCDateTime)


class Interference(Base):
    """A member's message to the supervisor of the round, and the answer. Only these two ever read it: no query reads
    it for anybody else. The log holds commitments to message and answer, whose nonces the writers keep."""

    __tablename__ = "interference"
    __table_args__ = (
        UniqueConstraint("round_id", "number"),
        ForeignKeyConstraint(["member_id", "round_id"], ["committee_member.id", "committee_member.round_id"]),
        CheckConstraint("message <> ''", name="says_something"),
        CheckConstraint(
            "(answer IS NULL) = (answered_at IS NULL) AND (answer IS NULL) = (answer_nonce IS NULL)"
            " AND (answer IS NULL) = (answered_by_id IS NULL)",
            name="answered_whole",
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    round_id: Mapped[int] = mapped_column(ForeignKey("round.id"), index=True)
    number: Mapped[int]
    member_id: Mapped[int] = mapped_column(index=True)
    message: Mapped[str] = mapped_column(Text)
    nonce: Mapped[bytes] = mapped_column(LargeBinary(32))
    sent_at: Mapped[datetime] = mapped_column(UTCDateTime)
    answer: Mapped[str | None] = mapped_column(Text)
    answer_nonce: Mapped[bytes | None] = mapped_column(LargeBinary(32))
    answered_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    answered_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))


class TallyRun(Base):
    """One computation of the result: rule, marks and ranking. Insert-only; the last one counts."""

    __tablename__ = "tally_run"
    __table_args__ = (UniqueConstraint("round_id", "number"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    round_id: Mapped[int] = mapped_column(ForeignKey("round.id"), index=True)
    number: Mapped[int]
    cause: Mapped[str] = mapped_column(String(40))  # actions.Cause
    document: Mapped[str] = mapped_column(Text)  # RFC 8785 text (results.tally_document)
    sha256: Mapped[str] = mapped_column(String(64))
    computed_at: Mapped[datetime] = mapped_column(UTCDateTime)


class TieDraw(Base):
    """The draw that breaks the last ties: a round of a public beacon, named before it exists; then its signature."""

    __tablename__ = "tie_draw"

    round_id: Mapped[int] = mapped_column(ForeignKey("round.id"), primary_key=True, autoincrement=False)
    beacon_round: Mapped[int]
    published_at: Mapped[datetime] = mapped_column(UTCDateTime)  # when the beacon's round comes into being
    announced_at: Mapped[datetime] = mapped_column(UTCDateTime)
    signature: Mapped[str | None] = mapped_column(String(96))
    key: Mapped[str | None] = mapped_column(String(64))
    drawn_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
