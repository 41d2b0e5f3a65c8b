"""Tables of the committee."""

from datetime import datetime

from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    String,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from procurement.db import Base, UTCDateTime


class Member(Base):
    """A seat on the committee of one round. `code` (M1, M2 …) is what sheets and the matrix print."""

    __tablename__ = "committee_member"
    __table_args__ = (
        UniqueConstraint("id", "round_id"),
        UniqueConstraint("round_id", "code"),
        Index(
            "uq_committee_member_in_force",
            "round_id",
            "user_id",
            unique=True,
            sqlite_where=text("ended_at IS NULL"),
            postgresql_where=text("ended_at IS NULL"),
        ),
        Index(
            "uq_committee_member_chair",
            "round_id",
            unique=True,
            sqlite_where=text("chair AND ended_at IS NULL"),
            postgresql_where=text("chair AND ended_at IS NULL"),
        ),
        CheckConstraint("kind IN ('expert', 'consumer', 'organiser')", name="kind_known"),
        CheckConstraint("NOT (chair AND kind = 'organiser')", name="organiser_not_chair"),
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
    end_reason: Mapped[str] = mapped_column(Text, default="")


class Declaration(Base):
    """One member's declaration for one application: a ground, or none. A ground recuses. Insert-only except that a
    ruling or late discovery may replace a `none` by a ground (`replaced_at` on the old row)."""

    __tablename__ = "declaration"
    __table_args__ = (
        ForeignKeyConstraint(["member_id", "round_id"], ["committee_member.id", "committee_member.round_id"]),
        ForeignKeyConstraint(["application_id", "round_id"], ["application.id", "application.round_id"]),
        Index(
            "uq_declaration_in_force",
            "member_id",
            "application_id",
            unique=True,
            sqlite_where=text("replaced_at IS NULL"),
            postgresql_where=text("replaced_at IS NULL"),
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
