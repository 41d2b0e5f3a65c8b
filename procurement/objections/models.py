"""Tables of notices and objections."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, Date, ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from procurement.db import Base, Document, UTCDateTime, partial_index


class Notice(Base):
    """A public notice of the ranked proposal. Insert-only but for `superseded_at`."""

    __tablename__ = "notice"
    __table_args__ = (
        UniqueConstraint("round_id", "number"),
        partial_index("uq_notice_in_force", "round_id", where="superseded_at IS NULL", unique=True),
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
    target_ref: Mapped[str] = mapped_column(String(40), default="")  # application ref
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


class ObjectionAttacked(Base):
    """An account whose act an objection attacks, as of its filing. Neither they nor whoever filed it can decide on
    it: guards.py holds that inside the database."""

    __tablename__ = "objection_attacked"

    objection_id: Mapped[int] = mapped_column(ForeignKey("objection.id"), primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"), primary_key=True)


class ObjectionStep(Base):
    """What happened to an objection, in order; the last one is its state (rules.Step). Insert-only. `code`: why it is
    inadmissible; `effect`: what an upheld one brings about (rules.Effect); `due_at` is the deadline that the step
    sets for the next one as it was first counted, `counted` how; `limit_at`: how long an admitted objection may keep
    the award frozen. `document`: the RFC 8785 text of an answer or ruling as a paper of its own (papers.py)."""

    __tablename__ = "objection_step"
    __table_args__ = (
        UniqueConstraint("objection_id", "kind"),
        CheckConstraint("(due_at IS NULL) = (counted IS NULL)", name="due_is_counted"),
        CheckConstraint("(limit_at IS NULL) = (limit_counted IS NULL)", name="limit_is_counted"),
        CheckConstraint("(kind = 'admitted') = (limit_at IS NOT NULL)", name="admitted_has_limit"),
        CheckConstraint("(document IS NULL) = (sha256 IS NULL)", name="document_is_hashed"),
        CheckConstraint(
            "(kind IN ('answered', 'inadmissible', 'upheld', 'partly_upheld', 'dismissed')) = (document IS NOT NULL)",
            name="said_in_a_document",
        ),
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
    limit_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    limit_counted: Mapped[dict[str, Any] | None] = mapped_column(Document)
    document: Mapped[str | None] = mapped_column(Text)
    sha256: Mapped[str | None] = mapped_column(String(64))


class ObjectionPause(Base):
    """A time in which the clock of an objection stands still (pauses.Pause). It ends with `due_at`, as holds leave
    it, or before with `ended_at`. A supplement is asked for once; `answer` is what the filer added."""

    __tablename__ = "objection_pause"
    __table_args__ = (
        UniqueConstraint("objection_id", "number"),
        partial_index("uq_objection_one_supplement", "objection_id", where="why = 'supplement'", unique=True),
        CheckConstraint("why IN ('supplement', 'testing', 'expert_opinion')", name="why_known"),
        CheckConstraint("ended_at IS NULL OR ended_at >= began_at", name="ends_after_it_began"),
        CheckConstraint(
            "(answer <> '') = (why = 'supplement' AND ended_at IS NOT NULL)", name="supplemented_with_an_answer"
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    objection_id: Mapped[int] = mapped_column(ForeignKey("objection.id"), index=True)
    number: Mapped[int]
    why: Mapped[str] = mapped_column(String(20))  # clocks.Stopped
    text: Mapped[str] = mapped_column(Text)
    began_at: Mapped[datetime] = mapped_column(UTCDateTime)
    began_by_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    due_at: Mapped[datetime] = mapped_column(UTCDateTime)
    counted: Mapped[dict[str, Any]] = mapped_column(Document)
    ended_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    ended_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    answer: Mapped[str] = mapped_column(Text, default="")


class ObjectionParty(Base):
    """A merchant whose application an admitted objection attacks: told of it, and free to answer until `due_at`."""

    __tablename__ = "objection_party"
    __table_args__ = (
        UniqueConstraint("objection_id", "application_id"),
        CheckConstraint("(answered_at IS NULL) = (text = '')", name="answered_with_a_text"),
        CheckConstraint("(answered_at IS NULL) = (answered_by_id IS NULL)", name="answered_by_somebody"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    objection_id: Mapped[int] = mapped_column(ForeignKey("objection.id"), index=True)
    application_id: Mapped[int] = mapped_column(ForeignKey("application.id"), index=True)
    told_at: Mapped[datetime] = mapped_column(UTCDateTime)
    due_at: Mapped[datetime] = mapped_column(UTCDateTime)
    counted: Mapped[dict[str, Any]] = mapped_column(Document)
    answered_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    answered_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    text: Mapped[str] = mapped_column(Text, default="")


class ObjectionEscalation(Base):
    """An objection that was taken to the outside authority, once (outside.Escalation)."""

    __tablename__ = "objection_escalation"
    __table_args__ = (
        CheckConstraint(
            "(suspended_at IS NULL) = (suspended_until IS NULL) AND (suspended_at IS NULL) = (suspension = '')"
            " AND (suspended_at IS NULL) = (suspended_counted IS NULL)",
            name="suspended_until_then",
        ),
        CheckConstraint(
            "(recorded_at IS NULL) = (outcome IS NULL) AND (recorded_at IS NULL) = (decided_on IS NULL)"
            " AND (recorded_at IS NULL) = (recorded_by_id IS NULL) AND (recorded_at IS NULL) = (document IS NULL)"
            " AND (recorded_at IS NULL) = (sha256 IS NULL) AND (recorded_at IS NULL) = (text = '')",
            name="recorded_in_full",
        ),
        CheckConstraint(
            "outcome IN ('not_accepted', 'upheld', 'partly_upheld', 'dismissed', 'withdrawn')", name="outcome_known"
        ),
        CheckConstraint("effect IS NULL OR outcome IN ('upheld', 'partly_upheld')", name="effect_of_what_is_upheld"),
    )

    objection_id: Mapped[int] = mapped_column(ForeignKey("objection.id"), primary_key=True)
    complained_on: Mapped[date] = mapped_column(Date)
    reference: Mapped[str] = mapped_column(String(100), default="")
    told_at: Mapped[datetime] = mapped_column(UTCDateTime)
    told_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    due_at: Mapped[datetime] = mapped_column(UTCDateTime)
    counted: Mapped[dict[str, Any]] = mapped_column(Document)
    suspended_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    suspended_until: Mapped[datetime | None] = mapped_column(UTCDateTime)
    suspended_counted: Mapped[dict[str, Any] | None] = mapped_column(Document)
    suspension: Mapped[str] = mapped_column(Text, default="")
    outcome: Mapped[str | None] = mapped_column(String(20))  # outside.Outcome
    decided_on: Mapped[date | None] = mapped_column(Date)
    text: Mapped[str] = mapped_column(Text, default="")
    effect: Mapped[dict[str, Any] | None] = mapped_column(Document)
    order_due_at: Mapped[datetime | None] = mapped_column(UTCDateTime)  # of what only the organiser can carry out
    order_counted: Mapped[dict[str, Any] | None] = mapped_column(Document)
    recorded_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    recorded_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    document: Mapped[str | None] = mapped_column(Text)
    sha256: Mapped[str | None] = mapped_column(String(64))


class ObjectionLimit(Base):
    """That an objection has kept the award frozen for as long as the rules foresee, and nobody had ruled: noted once,
    by the clock. It changes nobody's right; who may act then is asked of the time itself."""

    __tablename__ = "objection_limit"

    objection_id: Mapped[int] = mapped_column(ForeignKey("objection.id"), primary_key=True)
    reached_at: Mapped[datetime] = mapped_column(UTCDateTime)
    noted_at: Mapped[datetime] = mapped_column(UTCDateTime)


class ObjectionFile(Base):
    """Evidence of an objection, after checking and rewriting. `pause_id`: sent with a supplement."""

    __tablename__ = "objection_file"

    id: Mapped[int] = mapped_column(primary_key=True)
    objection_id: Mapped[int] = mapped_column(ForeignKey("objection.id"), index=True)
    pause_id: Mapped[int | None] = mapped_column(ForeignKey("objection_pause.id"))
    name: Mapped[str] = mapped_column(String(200))
    digest: Mapped[str] = mapped_column(String(64))
    media_type: Mapped[str] = mapped_column(String(60))
    size: Mapped[int]
    added_at: Mapped[datetime] = mapped_column(UTCDateTime)
