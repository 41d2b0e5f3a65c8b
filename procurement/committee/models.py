"""Tables of the committee."""

from datetime import datetime
from typing import Any

from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    ForeignKeyConstraint,
    String,
    Text,
    UniqueConstraint,
)
from sqlalchemy.orm import Mapped, mapped_column

from procurement.db import Base, Document, UTCDateTime, partial_index


class Member(Base):
    """A seat on the committee of one round. `code` (M1, M2 …) is what sheets and the matrix print."""

    __tablename__ = "committee_member"
    __table_args__ = (
        UniqueConstraint("id", "round_id"),
        UniqueConstraint("round_id", "code"),
        partial_index("uq_committee_member_in_force", "round_id", "user_id", where="ended_at IS NULL", unique=True),
        partial_index("uq_committee_member_chair", "round_id", where="chair AND ended_at IS NULL", unique=True),
        CheckConstraint("kind IN ('expert', 'consumer', 'organiser')", name="kind_known"),
        CheckConstraint("NOT (chair AND kind = 'organiser')", name="organiser_not_chair"),
        # The draw fills experts' seats alone, and each place of its order at most one.
        CheckConstraint("candidate_id IS NULL OR kind = 'expert'", name="drawn_is_expert"),
        CheckConstraint("(candidate_id IS NULL) = (answer_due_at IS NULL)", name="drawn_has_period"),
        CheckConstraint("(ended_at IS NULL) = (end_code = '')", name="ended_with_code"),
        ForeignKeyConstraint(["candidate_id", "round_id"], ["draw_candidate.id", "draw_candidate.round_id"]),
        UniqueConstraint("candidate_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    round_id: Mapped[int] = mapped_column(ForeignKey("round.id"), index=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"), index=True)
    code: Mapped[str] = mapped_column(String(8))
    kind: Mapped[str] = mapped_column(String(20))
    field: Mapped[str] = mapped_column(String(120), default="")
    chair: Mapped[bool] = mapped_column(default=False)
    appointed_at: Mapped[datetime] = mapped_column(UTCDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    end_code: Mapped[str] = mapped_column(String(20), default="")  # rules.Leaving
    end_reason: Mapped[str] = mapped_column(Text, default="")
    candidate_id: Mapped[int | None]
    """The place in a draw that gave the seat; None for who was appointed."""
    answer_due_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    accepted_at: Mapped[datetime | None] = mapped_column(UTCDateTime)


class Declaration(Base):
    """One member's declaration for one application: a ground, or none. A ground recuses. Insert-only except that a
    ruling or late discovery may replace a `none` by a ground (`replaced_at` on the old row)."""

    __tablename__ = "declaration"
    __table_args__ = (
        ForeignKeyConstraint(["member_id", "round_id"], ["committee_member.id", "committee_member.round_id"]),
        ForeignKeyConstraint(["application_id", "round_id"], ["application.id", "application.round_id"]),
        partial_index(
            "uq_declaration_in_force", "member_id", "application_id", where="replaced_at IS NULL", unique=True
        ),
        CheckConstraint(
            "ground IN ('none', 'employment', 'office', 'ownership', 'family', 'other')", name="ground_known"
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    round_id: Mapped[int] = mapped_column(ForeignKey("round.id"), index=True)
    member_id: Mapped[int]
    application_id: Mapped[int] = mapped_column(index=True)
    ground: Mapped[str] = mapped_column(String(20))
    detail: Mapped[str] = mapped_column(Text, default="")  # seen by the supervisor only
    declared_at: Mapped[datetime] = mapped_column(UTCDateTime)
    replaced_at: Mapped[datetime | None] = mapped_column(UTCDateTime)

    @property
    def recused(self) -> bool:
        return self.ground != "none"


class DeclarationDraft(Base):
    """What a member has chosen and not declared yet. Read by nobody else, gone once declared."""

    __tablename__ = "declaration_draft"
    __table_args__ = (
        ForeignKeyConstraint(["member_id", "round_id"], ["committee_member.id", "committee_member.round_id"]),
        ForeignKeyConstraint(["application_id", "round_id"], ["application.id", "application.round_id"]),
        {"info": {"unlogged": "what somebody thinks of declaring binds nobody and is nobody's business"}},
    )

    member_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    application_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    round_id: Mapped[int] = mapped_column(ForeignKey("round.id"), index=True)
    ground: Mapped[str] = mapped_column(String(20))
    detail: Mapped[str] = mapped_column(Text)
    saved_at: Mapped[datetime] = mapped_column(UTCDateTime)


class RecusalRequest(Base):
    """A request that a member be recused. `argument` and `statement` are read by the supervisor, the member and who
    asked; everybody reads ground, outcome and `decision`."""

    __tablename__ = "recusal_request"
    __table_args__ = (
        ForeignKeyConstraint(["member_id", "round_id"], ["committee_member.id", "committee_member.round_id"]),
        ForeignKeyConstraint(["application_id", "round_id"], ["application.id", "application.round_id"]),
        UniqueConstraint("round_id", "number"),
        CheckConstraint("origin IN ('applicant', 'citizen', 'member', 'supervisor')", name="origin_known"),
        CheckConstraint("ground IN ('employment', 'office', 'ownership', 'family', 'other')", name="ground_known"),
        CheckConstraint("(decided_at IS NULL) = (outcome = '')", name="decided_with_outcome"),
        CheckConstraint(
            "outcome IN ('', 'withdrawn', 'moot') OR (decision <> '' AND decided_by_id IS NOT NULL)",
            name="decision_has_reason",
        ),
        # Whoever asks does not decide, unless the supervisor acts unasked.
        CheckConstraint(
            "origin = 'supervisor' OR decided_by_id IS NULL OR filer_user_id IS NULL"
            " OR decided_by_id <> filer_user_id",
            name="not_own_cause",
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    ref: Mapped[str] = mapped_column(String(40), unique=True)  # R2026-001-RC01, public
    round_id: Mapped[int] = mapped_column(ForeignKey("round.id"), index=True)
    number: Mapped[int]
    member_id: Mapped[int] = mapped_column(index=True)
    application_id: Mapped[int | None]
    ground: Mapped[str] = mapped_column(String(20))  # rules.Ground
    origin: Mapped[str] = mapped_column(String(20))  # recusing.Origin
    argument: Mapped[str] = mapped_column(Text)
    filer_name: Mapped[str] = mapped_column(String(120), default="")
    contact: Mapped[str] = mapped_column(String(254), default="")
    filer_user_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    language: Mapped[str] = mapped_column(String(8))
    token_sha256: Mapped[str] = mapped_column(String(64), unique=True)
    filed_at: Mapped[datetime] = mapped_column(UTCDateTime)
    due_at: Mapped[datetime] = mapped_column(UTCDateTime)
    counted: Mapped[dict[str, Any]] = mapped_column(Document)
    statement: Mapped[str] = mapped_column(Text, default="")
    stated_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    outcome: Mapped[str] = mapped_column(String(20), default="")  # recusing.Outcome
    decision: Mapped[str] = mapped_column(Text, default="")  # public
    decided_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    decided_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))


# --- the pool of experts ------------------------------------------------------------------------------------------


class Expert(Base):
    """Somebody in the office's register of experts. The register outlives rounds; an entry that ended stays."""

    __tablename__ = "expert"
    __table_args__ = (
        partial_index("uq_expert_in_force", "user_id", where="ended_at IS NULL", unique=True),
        CheckConstraint("(suspended_at IS NULL) = (suspend_reason = '')", name="suspended_with_reason"),
        CheckConstraint("(ended_at IS NULL) = (end_reason = '')", name="ended_with_reason"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    ref: Mapped[str] = mapped_column(String(12), unique=True)  # E-0012
    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"), index=True)
    employer: Mapped[str] = mapped_column(String(200))
    fields: Mapped[list[str]] = mapped_column(Document)  # expertise.Expertise, sorted
    entered_at: Mapped[datetime] = mapped_column(UTCDateTime)
    suspended_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    suspend_reason: Mapped[str] = mapped_column(Text, default="")
    ended_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    end_reason: Mapped[str] = mapped_column(Text, default="")


class SetAside(Base):
    """An expert who is left out of one round's pool for what was known before its draw was announced."""

    __tablename__ = "set_aside"
    __table_args__ = (
        UniqueConstraint("round_id", "expert_id"),
        CheckConstraint("reason IN ('relation', 'unavailable')", name="reason_known"),
        CheckConstraint("detail <> ''", name="with_detail"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    round_id: Mapped[int] = mapped_column(ForeignKey("round.id"), index=True)
    expert_id: Mapped[int] = mapped_column(ForeignKey("expert.id"), index=True)
    reason: Mapped[str] = mapped_column(String(20))  # expertise.LeftOut
    detail: Mapped[str] = mapped_column(Text)  # read by organiser and supervisor
    at: Mapped[datetime] = mapped_column(UTCDateTime)


# --- the draw -----------------------------------------------------------------------------------------------------


class Draw(Base):
    """An announced draw. What is announced never changes; `key` is set once. A second one follows only when the
    first is `spent`: its order has nobody left for a seat that is vacant."""

    __tablename__ = "committee_draw"
    __table_args__ = (
        UniqueConstraint("id", "round_id"),
        UniqueConstraint("round_id", "purpose", "number"),
        # One announcement at a time, whoever would like another result.
        partial_index("uq_committee_draw_in_force", "round_id", "purpose", where="spent_at IS NULL", unique=True),
        CheckConstraint("purpose IN ('experts', 'observers')", name="purpose_known"),
        CheckConstraint("number > 0", name="number_positive"),
        CheckConstraint("announced_at < exists_at", name="announced_before"),
        CheckConstraint(
            "(source = 'beacon' AND beacon IS NOT NULL AND beacon_round IS NOT NULL AND lotteries IS NULL)"
            " OR (source = 'lottery' AND beacon IS NULL AND beacon_round IS NULL AND lotteries IS NOT NULL)",
            name="one_source",
        ),
        CheckConstraint("(key IS NULL) = (drawn_at IS NULL)", name="drawn_with_key"),
        CheckConstraint("drawn_at IS NULL OR drawn_at >= exists_at", name="drawn_after"),
        CheckConstraint("drawn_at IS NULL OR source = 'lottery' OR signature IS NOT NULL", name="beacon_signed"),
        CheckConstraint("spent_at IS NULL OR drawn_at IS NOT NULL", name="spent_after_draw"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    round_id: Mapped[int] = mapped_column(ForeignKey("round.id"), index=True)
    purpose: Mapped[str] = mapped_column(String(20))  # drawing.Purpose
    number: Mapped[int]
    source: Mapped[str] = mapped_column(String(20))  # drawing.SourceKind
    beacon: Mapped[str | None] = mapped_column(String(80))
    beacon_round: Mapped[int | None]
    lotteries: Mapped[list[dict[str, Any]] | None] = mapped_column(Document)  # drawing.Lottery
    exists_at: Mapped[datetime] = mapped_column(UTCDateTime)
    announced_at: Mapped[datetime] = mapped_column(UTCDateTime)
    signature: Mapped[str | None] = mapped_column(String(96))
    numbers: Mapped[list[list[int]] | None] = mapped_column(Document)
    key: Mapped[str | None] = mapped_column(Text)
    drawn_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    spent_at: Mapped[datetime | None] = mapped_column(UTCDateTime)


class DrawLot(Base):
    """A list from which a draw takes seats and reserves. `drawn`: how long its order is, once drawn."""

    __tablename__ = "draw_lot"
    __table_args__ = (
        ForeignKeyConstraint(["draw_id", "round_id"], ["committee_draw.id", "committee_draw.round_id"]),
        UniqueConstraint("id", "round_id"),
        UniqueConstraint("draw_id", "position"),
        UniqueConstraint("draw_id", "field"),
        CheckConstraint("seats > 0 AND reserves >= 0 AND pool >= seats", name="possible"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    round_id: Mapped[int] = mapped_column(ForeignKey("round.id"), index=True)
    draw_id: Mapped[int]
    position: Mapped[int]
    field: Mapped[str] = mapped_column(String(40))  # expertise.Expertise; "" for observers
    seats: Mapped[int]
    reserves: Mapped[int]
    pool: Mapped[int]


class DrawCandidate(Base):
    """Somebody in the list of a lot, under a number that says nothing about who it is. `place`: in the order drawn;
    `turn_at`: when they got a seat or were passed over, for the reason `passed`."""

    __tablename__ = "draw_candidate"
    __table_args__ = (
        ForeignKeyConstraint(["lot_id", "round_id"], ["draw_lot.id", "draw_lot.round_id"]),
        UniqueConstraint("id", "round_id"),
        UniqueConstraint("lot_id", "number"),
        UniqueConstraint("lot_id", "place"),
        UniqueConstraint("lot_id", "expert_id"),
        UniqueConstraint("lot_id", "observer_id"),
        CheckConstraint("(expert_id IS NULL) <> (observer_id IS NULL)", name="somebody"),
        CheckConstraint("turn_at IS NULL OR place IS NOT NULL", name="turn_has_place"),
        CheckConstraint("passed = '' OR turn_at IS NOT NULL", name="passed_has_turn"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    round_id: Mapped[int] = mapped_column(ForeignKey("round.id"), index=True)
    lot_id: Mapped[int]
    number: Mapped[int]
    expert_id: Mapped[int | None] = mapped_column(ForeignKey("expert.id"), index=True)
    observer_id: Mapped[int | None] = mapped_column(ForeignKey("observer.id"), index=True)
    place: Mapped[int | None]
    turn_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    passed: Mapped[str] = mapped_column(String(20), default="")  # drawing.PassedOver


class DrawLeftOut(Base):
    """An expert of the register who was left out of an announced draw, and why."""

    __tablename__ = "draw_left_out"
    __table_args__ = (
        ForeignKeyConstraint(["draw_id", "round_id"], ["committee_draw.id", "committee_draw.round_id"]),
        UniqueConstraint("draw_id", "expert_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    round_id: Mapped[int] = mapped_column(ForeignKey("round.id"), index=True)
    draw_id: Mapped[int]
    number: Mapped[int]
    expert_id: Mapped[int] = mapped_column(ForeignKey("expert.id"), index=True)
    reason: Mapped[str] = mapped_column(String(20))  # expertise.LeftOut


class DrawReading(Base):
    """What one of two people read off the lotteries' results. Both must agree; readings that differ are set aside."""

    __tablename__ = "draw_reading"
    __table_args__ = (
        ForeignKeyConstraint(["draw_id", "round_id"], ["committee_draw.id", "committee_draw.round_id"]),
        partial_index("uq_draw_reading_by_role", "draw_id", "role", where="discarded_at IS NULL", unique=True),
        partial_index("uq_draw_reading_by_person", "draw_id", "user_id", where="discarded_at IS NULL", unique=True),
        CheckConstraint("role IN ('organiser', 'supervisor')", name="role_known"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    round_id: Mapped[int] = mapped_column(ForeignKey("round.id"), index=True)
    draw_id: Mapped[int]
    role: Mapped[str] = mapped_column(String(20))
    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    numbers: Mapped[list[list[int]]] = mapped_column(Document)
    read_at: Mapped[datetime] = mapped_column(UTCDateTime)
    discarded_at: Mapped[datetime | None] = mapped_column(UTCDateTime)


# --- observers and meetings ---------------------------------------------------------------------------------------


class Observer(Base):
    """A citizen or journalist who asked to watch. `code` (O1, O2 …) is what everybody reads; the name only where
    they agreed (`listed`). `admitted_at`: since when they have a seat."""

    __tablename__ = "observer"
    __table_args__ = (
        UniqueConstraint("id", "round_id"),
        UniqueConstraint("round_id", "code"),
        partial_index("uq_observer_contact", "round_id", "contact", where="withdrawn_at IS NULL", unique=True),
        CheckConstraint("kind IN ('citizen', 'press')", name="kind_known"),
        CheckConstraint("kind = 'citizen' OR outlet <> ''", name="press_has_outlet"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    round_id: Mapped[int] = mapped_column(ForeignKey("round.id"), index=True)
    code: Mapped[str] = mapped_column(String(8))
    kind: Mapped[str] = mapped_column(String(20))  # watching.ObserverKind
    name: Mapped[str] = mapped_column(String(120))
    contact: Mapped[str] = mapped_column(String(254))
    outlet: Mapped[str] = mapped_column(String(120), default="")
    listed: Mapped[bool]
    language: Mapped[str] = mapped_column(String(8))
    token_sha256: Mapped[str] = mapped_column(String(64), unique=True)
    asked_at: Mapped[datetime] = mapped_column(UTCDateTime)
    admitted_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    withdrawn_at: Mapped[datetime | None] = mapped_column(UTCDateTime)


class Meeting(Base):
    """A meeting that observers and the supervisor may attend: a draw, a tasting, the opening. `place` is read by
    whoever is invited; everybody reads when it is and who was there."""

    __tablename__ = "committee_meeting"
    __table_args__ = (
        UniqueConstraint("id", "round_id"),
        UniqueConstraint("round_id", "number"),
        CheckConstraint("kind IN ('draw', 'tasting', 'meeting', 'opening')", name="kind_known"),
        CheckConstraint("(cancelled_at IS NULL) = (cancel_reason = '')", name="cancelled_with_reason"),
        CheckConstraint("held_at IS NULL OR cancelled_at IS NULL", name="held_or_cancelled"),
        CheckConstraint("held_at IS NULL OR held_at >= starts_at", name="held_after_start"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    round_id: Mapped[int] = mapped_column(ForeignKey("round.id"), index=True)
    number: Mapped[int]
    kind: Mapped[str] = mapped_column(String(20))  # watching.MeetingKind
    starts_at: Mapped[datetime] = mapped_column(UTCDateTime)
    place: Mapped[str] = mapped_column(String(400))
    called_at: Mapped[datetime] = mapped_column(UTCDateTime)
    cancelled_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    cancel_reason: Mapped[str] = mapped_column(Text, default="")
    held_at: Mapped[datetime | None] = mapped_column(UTCDateTime)


class Attendance(Base):
    """Somebody was at a meeting: a member, an observer, or a supervisor, who has no vote."""

    __tablename__ = "attendance"
    __table_args__ = (
        ForeignKeyConstraint(["meeting_id", "round_id"], ["committee_meeting.id", "committee_meeting.round_id"]),
        ForeignKeyConstraint(["member_id", "round_id"], ["committee_member.id", "committee_member.round_id"]),
        ForeignKeyConstraint(["observer_id", "round_id"], ["observer.id", "observer.round_id"]),
        UniqueConstraint("meeting_id", "member_id"),
        UniqueConstraint("meeting_id", "observer_id"),
        UniqueConstraint("meeting_id", "supervisor_id"),
        CheckConstraint(
            "(member_id IS NOT NULL AND observer_id IS NULL AND supervisor_id IS NULL)"
            " OR (member_id IS NULL AND observer_id IS NOT NULL AND supervisor_id IS NULL)"
            " OR (member_id IS NULL AND observer_id IS NULL AND supervisor_id IS NOT NULL)",
            name="somebody",
        ),
        CheckConstraint("remark = '' OR supervisor_id IS NOT NULL", name="remark_of_supervisor"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    round_id: Mapped[int] = mapped_column(ForeignKey("round.id"), index=True)
    meeting_id: Mapped[int]
    member_id: Mapped[int | None]
    observer_id: Mapped[int | None]
    supervisor_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    remark: Mapped[str] = mapped_column(Text, default="")  # public
    at: Mapped[datetime] = mapped_column(UTCDateTime)
