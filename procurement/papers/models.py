"""Tables of papers."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from procurement.db import Base, UTCDateTime


class Paper(Base):
    """A paper drawn up from the record of a round: minutes. Insert-only. `document` is its content as RFC
    8785 text (documents.py), `about` what of its kind it is: the notice. `issued_at` is the act that it
    records, `made_at` when its files, named by their SHA-256, were made: one in each language."""

    __tablename__ = "paper"
    __table_args__ = (
        UniqueConstraint("round_id", "number"),
        UniqueConstraint("round_id", "kind", "about"),
        CheckConstraint("kind IN ('opening', 'committee')", name="kind_known"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    ref: Mapped[str] = mapped_column(String(40), unique=True)  # R2026-001-P01, public
    round_id: Mapped[int] = mapped_column(ForeignKey("round.id"), index=True)
    number: Mapped[int]
    kind: Mapped[str] = mapped_column(String(20))
    about: Mapped[str] = mapped_column(String(40), default="")
    document: Mapped[str] = mapped_column(Text)
    sha256: Mapped[str] = mapped_column(String(64))
    issued_at: Mapped[datetime] = mapped_column(UTCDateTime)
    made_at: Mapped[datetime] = mapped_column(UTCDateTime)
    en_digest: Mapped[str] = mapped_column(String(64))
    en_size: Mapped[int]
    zh_digest: Mapped[str] = mapped_column(String(64))
    zh_size: Mapped[int]


class Told(Base):
    """That everybody was written to about a milestone: a job that is run again does not write twice."""

    __tablename__ = "milestone_told"
    __table_args__ = ({"info": {"unlogged": "the letters tell of an act, the act is logged"}},)

    milestone_id: Mapped[int] = mapped_column(ForeignKey("milestone.id"), primary_key=True, autoincrement=False)
    at: Mapped[datetime] = mapped_column(UTCDateTime)


class Subscription(Base):
    """An address without an account that follows a list or a round (subscribing.py). `key` stands in its links;
    `told` is the number of the first entry of the log that it was not told of; `looked_at` when there was last looked
    for news. Stopping deletes the row."""

    __tablename__ = "subscription"
    __table_args__ = (
        UniqueConstraint("address", "what"),
        CheckConstraint("language IN ('en', 'zh')", name="language_known"),
        CheckConstraint("looked_at IS NULL OR confirmed_at IS NOT NULL", name="confirmed_first"),
        {"info": {"unlogged": "who reads what is personal data and no act of a round"}},
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(String(24), unique=True)
    address: Mapped[str] = mapped_column(String(254))
    what: Mapped[str] = mapped_column(String(20))
    language: Mapped[str] = mapped_column(String(2))
    asked_at: Mapped[datetime] = mapped_column(UTCDateTime)
    confirmed_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    told: Mapped[int] = mapped_column(default=0)
    looked_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
