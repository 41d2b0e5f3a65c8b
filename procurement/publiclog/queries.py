"""Reading the log: entries, tiles, the head, checkpoints."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Row, select
from sqlalchemy.orm import Session

from procurement.publiclog.entry import Envelope, unseal
from procurement.publiclog.models import LogCheckpoint, LogEntry, LogHead, LogTileHash
from procurement.publiclog.tiles import WIDTH, subtrees
from procurement.publiclog.tree import Frontier, Subtree


@dataclass(frozen=True, slots=True)
class Logged:
    """An entry at its place in the log."""

    index: int
    envelope: Envelope
    leaf_hash: bytes
    body: bytes


def head(session: Session) -> Frontier:
    """The tree as it stands: its size, and its root on demand."""
    row = session.execute(select(LogHead.size, LogHead.frontier).where(LogHead.id == 1)).one()
    return Frontier(row.size, row.frontier)


def _logged(row: LogEntry) -> Logged:
    return Logged(row.idx, unseal(row.body), row.leaf_hash, row.body)


def entry_at(session: Session, index: int) -> Logged | None:
    """The entry at `index`, or None."""
    row = session.get(LogEntry, index)
    return None if row is None else _logged(row)


def entries(
    session: Session,
    *,
    round_ref: str | None = None,
    kind: str | None = None,
    before: int | None = None,
    limit: int = 50,
) -> list[Logged]:
    """The newest entries first, at most `limit`: of a round, of a kind, with an index smaller than `before`."""
    wanted = select(LogEntry).order_by(LogEntry.idx.desc()).limit(limit)
    if round_ref is not None:
        wanted = wanted.where(LogEntry.round_ref == round_ref)
    if kind is not None:
        wanted = wanted.where(LogEntry.kind == kind)
    if before is not None:
        wanted = wanted.where(LogEntry.idx < before)
    return [_logged(row) for row in session.scalars(wanted)]


def bodies(session: Session) -> Iterator[Row[int, bytes, bytes, str, datetime, str | None]]:
    """Every entry from the first, as (index, body, leaf hash, kind, at, round_ref), without holding them all."""
    columns = (
        LogEntry.idx,
        LogEntry.body,
        LogEntry.leaf_hash,
        LogEntry.kind,
        LogEntry.at,
        LogEntry.round_ref,
    )
    rows = session.execute(select(*columns).order_by(LogEntry.idx), execution_options={"yield_per": 2000})
    for partition in rows.partitions():
        yield from partition


def tile(session: Session, level: int, n: int) -> bytes:
    """The hashes of tile `n` of `level` that exist so far, joined (32 bytes each)."""
    first = n * WIDTH
    if level == 0:
        wanted = (
            select(LogEntry.leaf_hash).where(LogEntry.idx.between(first, first + WIDTH - 1)).order_by(LogEntry.idx)
        )
    else:
        wanted = (
            select(LogTileHash.hash)
            .where(LogTileHash.level == level, LogTileHash.n.between(first, first + WIDTH - 1))
            .order_by(LogTileHash.n)
        )
    return b"".join(session.scalars(wanted))


def subtree_reader(session: Session) -> Subtree:
    """Reads perfect subtrees for proofs and roots; a proof touches at most a few tiles, each read once."""
    return subtrees(lambda level, n: tile(session, level, n))


def latest_checkpoint(session: Session) -> LogCheckpoint | None:
    """The newest signed checkpoint, or None while none has been signed."""
    return session.scalars(select(LogCheckpoint).order_by(LogCheckpoint.size.desc()).limit(1)).first()
