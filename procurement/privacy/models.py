"""Table of erasures."""

from datetime import datetime

from sqlalchemy import ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from procurement.db import Base, Document, UTCDateTime


class Erasure(Base):
    """That a person's data was erased. Insert-only. `person`: the stable reference, which names nobody by itself (""
    of who was only invited). `parts`, `kept`: codes of rules.TABLE. `by_id` None: a command on the machine."""

    __tablename__ = "erasure"

    id: Mapped[int] = mapped_column(primary_key=True)
    subject: Mapped[str] = mapped_column(String(20))  # rules.Subject
    person: Mapped[str] = mapped_column(String(60))
    ground: Mapped[str] = mapped_column(String(20))  # publiclog.entries.Ground
    reason: Mapped[str] = mapped_column(Text)
    parts: Mapped[list[str]] = mapped_column(Document)
    kept: Mapped[list[str]] = mapped_column(Document)
    files: Mapped[int]
    disclosures: Mapped[int]
    digests: Mapped[str] = mapped_column(String(64))
    at: Mapped[datetime] = mapped_column(UTCDateTime)
    by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
