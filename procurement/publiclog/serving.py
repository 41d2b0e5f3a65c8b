"""The log as other people's software reads it: C2SP tlog-tiles, from the tables or exported as plain files.

    checkpoint                    the newest signed checkpoint with its cosignatures, text/plain
    tile/<level>/<n>[.p/<width>]  hashes
    tile/entries/<n>[.p/<width>]  entries
    succession                    how its keys handed over, text/plain; none while the log has its first

Nothing beyond the newest signed checkpoint is served: an entry that no promise covers yet could still be lost with a
transaction that the disk never saw, and whoever had fetched it would hold a fork.
"""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from procurement.publiclog import queries
from procurement.publiclog.models import LogCheckpoint, LogCosignature, LogEntry
from procurement.publiclog.queries import Logged
from procurement.publiclog.receipt import Receipt
from procurement.publiclog.succession import SUCCESSION, succession_text
from procurement.publiclog.tiles import WIDTH, encode_bundle, tile_path
from procurement.publiclog.tree import HASH_BYTES, TILE_HEIGHT, inclusion_proof


def published_note(session: Session) -> str | None:
    """The newest checkpoint with the cosignatures of its witnesses, or None while nothing is signed."""
    latest = queries.latest_checkpoint(session)
    return None if latest is None else _with_cosignatures(session, latest)


def _with_cosignatures(session: Session, checkpoint: LogCheckpoint) -> str:
    lines = session.scalars(
        select(LogCosignature.line).where(LogCosignature.size == checkpoint.size).order_by(LogCosignature.witness)
    )
    return checkpoint.note + "".join(lines)


def published_size(session: Session) -> int:
    """How many entries the newest checkpoint covers."""
    latest = queries.latest_checkpoint(session)
    return 0 if latest is None else latest.size


def _hashes_at(level: int, size: int) -> int:
    """How many hashes tile level `level` has in a tree of `size` leaves."""
    return size >> (level * TILE_HEIGHT)


def served_tile(session: Session, level: int | None, n: int, width: int = WIDTH) -> bytes | None:
    """Tile `n` of `level` (None: the bundle of entries) cut to `width`; None unless a checkpoint covers all of it."""
    if n * WIDTH + width > _hashes_at(level or 0, published_size(session)):
        return None
    return _tile(session, level, n, width)


def _tile(session: Session, level: int | None, n: int, width: int) -> bytes:
    if level is not None:
        return queries.tile(session, level, n)[: width * HASH_BYTES]
    first = n * WIDTH
    bodies = session.scalars(
        select(LogEntry.body).where(LogEntry.idx >= first, LogEntry.idx < first + width).order_by(LogEntry.idx)
    )
    return encode_bundle(bodies)


def tiles_between(old: int, new: int) -> Iterator[tuple[int | None, int, int]]:
    """(level or None, n, width) of every tile that a tree of `new` leaves has and one of `old` leaves has not."""
    levels: list[int | None] = [None, 0]
    level = 1
    while _hashes_at(level, new):
        levels.append(level)
        level += 1
    for each in levels:
        have, want = _hashes_at(each or 0, old), _hashes_at(each or 0, new)
        if want > have:
            for n in range(have // WIDTH, (want + WIDTH - 1) // WIDTH):
                yield each, n, min(WIDTH, want - n * WIDTH)


def export(session: Session, folder: Path) -> int:
    """Write the log up to its newest checkpoint into `folder`, as files that any web server can serve as they are.

    Returns the number of files written. Files of an earlier export stay as they are, so that partial tiles of every
    size that was published remain. The checkpoint is replaced last: it never promises a tile that is not there.
    """
    latest = queries.latest_checkpoint(session)
    if latest is None:
        return 0
    written = 0
    for level, n, width in tiles_between(_exported_size(folder), latest.size):
        path = folder / tile_path(level, n, width)
        if not path.exists():
            _write(path, _tile(session, level, n, width))
            written += 1
    if handovers := succession(session):
        _write(folder / SUCCESSION, handovers.encode())
        written += 1
    _write(folder / "checkpoint", _with_cosignatures(session, latest).encode())
    return written + 1


def _exported_size(folder: Path) -> int:
    """How far an earlier export went: what its checkpoint says, or nothing."""
    try:
        return int((folder / "checkpoint").read_text(encoding="utf-8").split("\n")[1])
    except (OSError, ValueError, IndexError):
        return 0


def _write(path: Path, content: bytes) -> None:
    """Put `content` at `path` in one step, so that a web server never serves half a file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(f".{path.name}.new")
    fresh.write_bytes(content)
    os.replace(fresh, path)


def receipt_for(session: Session, index: int) -> Receipt | None:
    """The receipt of entry `index` under the newest checkpoint; None while no checkpoint covers it."""
    latest = queries.latest_checkpoint(session)
    if latest is None or not 0 <= index < latest.size:
        return None
    proof = inclusion_proof(index, latest.size, queries.subtree_reader(session))
    entry = session.scalars(select(LogEntry.body).where(LogEntry.idx == index)).one()
    return Receipt(index, tuple(proof), _with_cosignatures(session, latest), entry)


def succession(session: Session) -> str:
    """How the log's first key led to the one of today (succession.succession_text); "" while it has its first."""
    receipts = []
    for handover in queries.handovers(session):
        covering = queries.covering_checkpoint(session, handover.index)
        if covering is not None:
            proof = inclusion_proof(handover.index, covering.size, queries.subtree_reader(session))
            entry = session.scalars(select(LogEntry.body).where(LogEntry.idx == handover.index)).one()
            receipts.append(Receipt(handover.index, tuple(proof), covering.note, entry))
    return succession_text(receipts)


@dataclass(frozen=True, slots=True)
class ReceiptPage:
    """An entry with its receipt. `checkpoint`: the one the receipt leads to; `witnesses`: who cosigned it, by name;
    both and `receipt` are None or empty while no checkpoint covers the entry."""

    logged: Logged
    receipt: Receipt | None
    checkpoint: LogCheckpoint | None
    witnesses: tuple[str, ...]


def receipt_page(session: Session, index: int) -> ReceiptPage | None:
    """The entry at `index` and its receipt under the newest checkpoint; None when there is no such entry."""
    logged = queries.entry_at(session, index)
    if logged is None:
        return None
    receipt = receipt_for(session, index)
    if receipt is None:
        return ReceiptPage(logged, None, None, ())
    latest = queries.latest_checkpoint(session)
    size = 0 if latest is None else latest.size
    witnesses = session.scalars(
        select(LogCosignature.witness).where(LogCosignature.size == size).order_by(LogCosignature.witness)
    )
    return ReceiptPage(logged, receipt, latest, tuple(witnesses))
