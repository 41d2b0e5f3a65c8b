"""Replaying the tail of the log from its published copies, after a database was restored from a backup.

What was published cannot be unsaid: entries that the backup lacks exist at the witnesses, in the exported files and
in people's receipts. `sunlit log repair` fetches them, checks that what is here is their beginning and that together
they have the root that the log's own key signed, and puts them behind. The business tables stay as the backup had
them; `sunlit log audit` then names every row that is behind the log, for people to mend by acts that are logged.
"""

import urllib.request
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path

from sqlalchemy import Engine, func, insert, select
from sqlalchemy.orm import Session

from procurement.db import transaction
from procurement.errors import N_, Refused
from procurement.publiclog.checkpoint import Checkpoint, NoteError, VerifierKey, open_checkpoint
from procurement.publiclog.entry import EntryError, Envelope, unseal
from procurement.publiclog.models import LogCheckpoint, LogHead
from procurement.publiclog.succession import SUCCESSION, SuccessionError, follow, parse_succession
from procurement.publiclog.tiles import WIDTH, decode_bundle, tile_path
from procurement.publiclog.tree import Frontier
from procurement.publiclog.writing import store

Fetch = Callable[[str], bytes]


def source(place: str) -> Fetch:
    """A reader of published files: `place` is a folder or an http(s) address."""
    if place.startswith(("http://", "https://")):

        def fetch(path: str) -> bytes:
            with urllib.request.urlopen(f"{place.rstrip('/')}/{path}", timeout=30) as reply:  # noqa: S310
                content: bytes = reply.read()
                return content

        return fetch
    return lambda path: (Path(place) / path).read_bytes()


def repair(engine: Engine, fetch: Fetch, *, key: VerifierKey, guard: Path, now: datetime) -> tuple[int, int]:
    """Append what `fetch` has and the log lacks, up to its checkpoint; returns (size before, size after).

    `key` is any that the log has had: the handovers that are published beside the checkpoint lead on from it. Raises
    Refused, and changes nothing, when the published copy is not signed by it or one that follows it, is shorter than
    the log, or does not continue it.
    """
    try:
        note = fetch("checkpoint").decode()
        handovers = parse_succession(_published_succession(fetch))
        published = open_checkpoint(note, follow(key, handovers), key.name)
    except (OSError, UnicodeDecodeError, NoteError, SuccessionError) as error:
        raise Refused(N_("There is no signed checkpoint to repair from: %(why)s"), why=str(error)) from error
    with transaction(engine) as session:
        row = session.execute(select(LogHead.size, LogHead.frontier).where(LogHead.id == 1).with_for_update()).one()
        tree = Frontier(row.size, row.frontier)
        if tree.size > published.size:
            raise Refused(
                N_("The log has %(here)s entries, more than the %(there)s that were published."),
                here=tree.size,
                there=published.size,
            )
        for body in _bodies(fetch, tree.size, published.size):
            store(session, tree, body, _read(body))
        _check(tree, published)
        # The checkpoints by which keys handed over are needed for ever; of the others the newest will do.
        for each in [*(handover.note for handover in handovers), note]:
            _keep_checkpoint(session, each, now)
        size = tree.size
    guard.write_text(_own_note(note), encoding="utf-8")
    return row.size, size


def _published_succession(fetch: Fetch) -> str:
    """What is published of handovers; a copy from before there were any has no such file."""
    try:
        return fetch(SUCCESSION).decode()
    except OSError:
        return ""


def _keep_checkpoint(session: Session, note: str, now: datetime) -> None:
    """Put a published checkpoint behind those that are here, unless it is older than they."""
    own, checkpoint = _own_note(note), Checkpoint.parse(note.partition("\n\n")[0] + "\n")
    newest = session.scalar(select(func.max(LogCheckpoint.size))) or 0
    if checkpoint.size > newest:
        values = {"size": checkpoint.size, "root": checkpoint.root, "note": own, "signed_at": now}
        session.execute(insert(LogCheckpoint).values(**values))


def _own_note(note: str) -> str:
    """`note` without the cosignatures of witnesses: its text and the signature lines under the log's own name, of
    which there are two where one key handed over to another."""
    text, _, signatures = note.rpartition("\n\n")
    name = text.partition("\n")[0]
    own = [line for line in signatures.splitlines(keepends=True) if line.startswith(f"— {name} ")]
    return f"{text}\n\n{''.join(own)}"


def _bodies(fetch: Fetch, start: int, end: int) -> Iterator[bytes]:
    """Entries start … end - 1 out of the published bundles."""
    for n in range(start // WIDTH, (end + WIDTH - 1) // WIDTH):
        width = min(WIDTH, end - n * WIDTH)
        try:
            bundle = decode_bundle(fetch(tile_path(None, n, width)))
        except (OSError, ValueError) as error:
            raise Refused(N_("The published entries cannot be read: %(why)s"), why=str(error)) from error
        yield from bundle[max(0, start - n * WIDTH) : width]


def _read(body: bytes) -> Envelope:
    try:
        return unseal(body)
    except EntryError as error:
        raise Refused(N_("The published entries cannot be read: %(why)s"), why=str(error)) from error


def _check(tree: Frontier, published: Checkpoint) -> None:
    if tree.size != published.size or tree.root() != published.root:
        raise Refused(
            N_(
                "The entries here are not the beginning of the published log: it was changed, or another log was "
                "published under its name. Nothing was changed; `sunlit log audit` tells more."
            )
        )
