"""Tables of the public log. `triggers.py` holds them append-only in the database itself."""

from datetime import datetime

from sqlalchemy import BigInteger, CheckConstraint, Index, Integer, LargeBinary, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from procurement.db import Base, UTCDateTime

Index64 = BigInteger().with_variant(Integer(), "sqlite")
_DERIVED = {"unlogged": "follows from the entries"}


class LogEntry(Base):
    """One entry. Insert-only. `body` is what was hashed; `kind`, `at` and `round_ref` are copied out of it so that
    entries can be found, and the audit compares them."""

    __tablename__ = "log_entry"
    __table_args__ = (Index("ix_log_entry_round_ref_idx", "round_ref", "idx"),)

    idx: Mapped[int] = mapped_column(Index64, primary_key=True, autoincrement=False)
    body: Mapped[bytes] = mapped_column(LargeBinary)
    leaf_hash: Mapped[bytes] = mapped_column(LargeBinary(32))
    kind: Mapped[str] = mapped_column(String(64))
    at: Mapped[datetime] = mapped_column(UTCDateTime)
    round_ref: Mapped[str | None] = mapped_column(String(120))


class LogHead(Base):
    """The one row that every append locks: how many entries there are and the frontier of their tree. A sequence will
    not do for the index: it leaves gaps, and shows 2 before 1 is committed."""

    __tablename__ = "log_head"
    __table_args__ = (CheckConstraint("id = 1", name="one_row"), {"info": _DERIVED})

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    size: Mapped[int] = mapped_column(Index64)
    frontier: Mapped[bytes] = mapped_column(LargeBinary)


class LogTileHash(Base):
    """Hash `n` of tile level 1 and up, written when its 256^level leaves are complete. Insert-only."""

    __tablename__ = "log_tile_hash"
    __table_args__ = ({"info": _DERIVED},)

    level: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    n: Mapped[int] = mapped_column(Index64, primary_key=True, autoincrement=False)
    hash: Mapped[bytes] = mapped_column(LargeBinary(32))


class LogCheckpoint(Base):
    """A signed checkpoint as it was published. Insert-only; one for a size."""

    __tablename__ = "log_checkpoint"
    __table_args__ = ({"info": _DERIVED},)

    size: Mapped[int] = mapped_column(Index64, primary_key=True, autoincrement=False)
    root: Mapped[bytes] = mapped_column(LargeBinary(32))
    note: Mapped[str] = mapped_column(Text)
    signed_at: Mapped[datetime] = mapped_column(UTCDateTime)


class LogDisclosure(Base):
    """Salt and value of personal data whose digest stands in an entry. A row that is noted in `log_erased` may be
    deleted, which erases the data and leaves every proof as it was; it may not be changed."""

    __tablename__ = "log_disclosure"
    __table_args__ = ({"info": {"unlogged": "erasure is logged by the act that erases"}},)

    digest: Mapped[str] = mapped_column(String(43), primary_key=True)
    idx: Mapped[int] = mapped_column(Index64, index=True)
    field: Mapped[str] = mapped_column(String(64))
    salt: Mapped[str] = mapped_column(String(43))
    value: Mapped[str] = mapped_column(Text)
    whose: Mapped[str | None] = mapped_column(String(120), index=True)


class LogErased(Base):
    """That the disclosure of `digest` was erased. Insert-only. `erasure`: the `digests` of the entry that accounts
    for it, alone or with others."""

    __tablename__ = "log_erased"
    __table_args__ = ({"info": {"unlogged": "the entry that accounts for it is appended by the act that erases"}},)

    digest: Mapped[str] = mapped_column(String(43), primary_key=True)
    idx: Mapped[int] = mapped_column(Index64, index=True)
    erasure: Mapped[str] = mapped_column(String(64))


class LogCosignature(Base):
    """A witness's signature line under the checkpoint of `size`. Insert-only; one of each witness."""

    __tablename__ = "log_cosignature"
    __table_args__ = ({"info": _DERIVED},)

    size: Mapped[int] = mapped_column(Index64, primary_key=True, autoincrement=False)
    witness: Mapped[str] = mapped_column(String(200), primary_key=True)
    line: Mapped[str] = mapped_column(Text)
    signed_at: Mapped[datetime] = mapped_column(UTCDateTime)
