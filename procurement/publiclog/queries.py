"""Reading the log: entries, tiles, the head, checkpoints."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, select, text
from sqlalchemy.orm import Session

from procurement.publiclog.entries import KeySucceeded
from procurement.publiclog.entry import Entry, Envelope, unseal
from procurement.publiclog.models import LogCheckpoint, LogDisclosure, LogEntry, LogHead
from procurement.publiclog.succession import Handover, handover_of
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
    row = session.get(LogEntry, index) if 0 <= index < 2**63 else None
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
    if before is not None and 0 <= before < 2**63:
        wanted = wanted.where(LogEntry.idx < before)
    return [_logged(row) for row in session.scalars(wanted)]


def told(session: Session, round_ref: str, kinds: Collection[type[Entry]]) -> list[Logged]:
    """Every entry of some kinds in a round, oldest first."""
    wanted = select(LogEntry).where(LogEntry.round_ref == round_ref, LogEntry.kind.in_([one.kind for one in kinds]))
    return [_logged(row) for row in session.scalars(wanted.order_by(LogEntry.idx))]


def entries_by(session: Session, user_id: int, *, before: int | None = None, limit: int = 50) -> list[Logged]:
    """The newest entries of acts of the account `user_id`, at most `limit`, with an index smaller than `before`.

    Whose act an entry is stands in its disclosures; those that were erased are not found.
    """
    person = f"user:{user_id}"
    wanted = (
        select(LogEntry, LogDisclosure.digest)
        .join(LogDisclosure, LogDisclosure.idx == LogEntry.idx)
        .where(LogDisclosure.whose == person, LogDisclosure.field == "person", LogDisclosure.value == person)
        .order_by(LogEntry.idx.desc())
        .execution_options(yield_per=200)
    )
    if before is not None and 0 <= before < 2**63:
        wanted = wanted.where(LogEntry.idx < before)
    found: list[Logged] = []
    for row, digest in session.execute(wanted):
        logged = _logged(row)
        by = logged.envelope.by.person
        if by is not None and by.digest == digest:  # not an entry of somebody else's act about this person
            found.append(logged)
            if len(found) == limit:
                break
    return found


def handovers(session: Session) -> list[Handover]:
    """Every change of the log's key that its entries announce, the oldest first."""
    wanted = select(LogEntry).where(LogEntry.kind == KeySucceeded.kind).order_by(LogEntry.idx)
    found = [_logged(row) for row in session.scalars(wanted)]
    return [
        handover_of(one.index, one.envelope.entry) for one in found if isinstance(one.envelope.entry, KeySucceeded)
    ]


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


def stored_bodies(session: Session) -> Iterator[bytes]:
    """The bytes of every entry from the first, as they are stored, and nothing else."""
    statement = text("SELECT body FROM log_entry ORDER BY idx")
    # The driver's own cursor: making a Row of each would take longer than hashing it.
    cursor: Any = session.connection().execute(statement, execution_options={"stream_results": True}).cursor
    while rows := cursor.fetchmany(4096):
        for (body,) in rows:
            yield body


def tile(session: Session, level: int, n: int) -> bytes:
    """The hashes of tile `n` of `level` that exist so far, joined (32 bytes each)."""
    # Asked of the driver directly: with four tiles to a proof, a statement's way through the ORM's layers would take
    # as long as everything else. The numbers are whole ones and our own.
    first, last = int(n) * WIDTH, int(n) * WIDTH + WIDTH - 1
    if level == 0:
        wanted = f"SELECT leaf_hash FROM log_entry WHERE idx BETWEEN {first} AND {last} ORDER BY idx"  # noqa: S608
    else:
        wanted = (
            f"SELECT hash FROM log_tile_hash WHERE level = {int(level)} AND n BETWEEN {first} AND {last} "  # noqa: S608
            "ORDER BY n"
        )
    cursor = session.connection().connection.cursor()
    try:
        cursor.execute(wanted)
        return b"".join([row[0] for row in cursor.fetchall()])
    finally:
        cursor.close()


def subtree_reader(session: Session) -> Subtree:
    """Reads perfect subtrees for proofs and roots; a proof touches at most a few tiles, each read once."""
    return subtrees(lambda level, n: tile(session, level, n))


def covering_checkpoint(session: Session, index: int) -> LogCheckpoint | None:
    """The first signed checkpoint that covers the entry at `index`, or None while there is none."""
    covering = select(LogCheckpoint).where(LogCheckpoint.size > index).order_by(LogCheckpoint.size).limit(1)
    return session.scalars(covering).first()


def latest_checkpoint(session: Session) -> LogCheckpoint | None:
    """The newest signed checkpoint, or None while none has been signed."""
    return session.scalars(select(LogCheckpoint).order_by(LogCheckpoint.size.desc()).limit(1)).first()
