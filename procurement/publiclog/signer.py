"""Signing checkpoints: never two that contradict each other.

A checkpoint is a promise that nothing before it will change. So what was promised last is kept in a *guard file*
outside the database: the newest signed note, as published. A database that has been restored from a backup is a fork
in the making: its log is shorter than, or differs from, what the guard file says, and the signer refuses. To go on
after the guard file itself is lost, put the newest checkpoint that anybody has into its place.
"""

import fcntl
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from sqlalchemy import Engine, func, insert, select
from sqlalchemy.orm import Session

from procurement.db import reading, transaction
from procurement.errors import Refused
from procurement.publiclog import queries
from procurement.publiclog.checkpoint import (
    Checkpoint,
    NoteError,
    SigningKey,
    VerifierKey,
    open_checkpoint,
    open_note,
)
from procurement.publiclog.models import LogCheckpoint, LogEntry, LogHead
from procurement.publiclog.tree import leaf_hash, root_at


class SigningRefused(Refused):
    """The log does not agree with what was promised before; nothing was signed. The message says what to do."""


def read_guard(guard: Path, key: VerifierKey, *others: VerifierKey) -> Checkpoint | None:
    """The checkpoint in the guard file; None while the file is missing or empty. `others`: keys of the same log, one
    of which may have signed it as well. Raises SigningRefused."""
    note = guard.read_text(encoding="utf-8") if guard.exists() else ""
    if not note:
        return None
    try:
        signed_by = open_note(note, [key, *others]).signed_by
        return open_checkpoint(note, signed_by[0], key.name)
    except NoteError as error:
        raise SigningRefused(f"The guard file {guard} holds no checkpoint signed by {key.name}: {error}.") from error


def grown(engine: Engine) -> bool:
    """Whether there are entries that no checkpoint covers. One cheap query, for a worker that looks all the time."""
    with reading(engine) as session:
        published = select(func.coalesce(func.max(LogCheckpoint.size), 0)).scalar_subquery()
        return session.scalar(select(LogHead.id).where(LogHead.size > published)) is not None


def sign_checkpoint(engine: Engine, *, key: SigningKey, guard: Path, now: datetime) -> Checkpoint | None:
    """Sign the log as it stands, when it has grown since the last checkpoint.

    Returns the new checkpoint, or None when there is nothing to sign. Raises SigningRefused when the log is not a
    continuation of what the guard file promises, or when its entries say that it has another key.
    """
    with alone(guard):
        with reading(engine) as session:
            require_key(session, key.verifier)
        return publish(engine, [key], guard, now)


def require_key(session: Session, key: VerifierKey) -> None:
    """Raise SigningRefused unless `key` may sign alone: the log handed over to it last, if to any."""
    announced = queries.handovers(session)
    if not announced:
        return
    last = announced[-1]
    if last.new != key:
        raise SigningRefused(
            f"The log handed over to the key {last.new.id.hex()} in entry {last.index}; {key.id.hex()} does not sign "
            "any more. Let SUNLIT_LOG_KEY name the new one."
        )
    if queries.covering_checkpoint(session, last.index) is None:
        raise SigningRefused(
            f"The handover in entry {last.index} was interrupted: finish it with `sunlit log rotate-key`, "
            "which signs with both keys."
        )


def require_whole(session: Session, key: VerifierKey, guard: Path) -> None:
    """Raise SigningRefused when the log does not continue what the guard file promises."""
    promised = read_guard(guard, key)
    latest = queries.latest_checkpoint(session)
    _compare_with_guard(promised, None if latest is None else latest.size, guard)
    _checked_head(session, promised)


def publish(
    engine: Engine,
    signing: Sequence[SigningKey],
    guard: Path,
    now: datetime,
    *,
    guarded_by: VerifierKey | None = None,
) -> Checkpoint | None:
    """Sign the log as it stands with every key of `signing`, one line each, and publish that: as `sign_checkpoint`,
    which asks before whether they may. `guarded_by`: whose signature the guard file bears (None: the first one's).
    The caller holds the lock `alone`."""
    key = signing[0]
    promised = read_guard(guard, guarded_by or key.verifier)
    with reading(engine) as session:
        latest = queries.latest_checkpoint(session)
        _compare_with_guard(promised, None if latest is None else latest.size, guard)
        head = _checked_head(session, promised)
    if head.size == 0 or (latest is not None and latest.size == head.size):
        return None
    checkpoint = Checkpoint(key.name, head.size, head.root)
    if promised is not None and promised.size == head.size:
        # The run before this one promised it, and was interrupted before it could publish it.
        note = guard.read_text(encoding="utf-8")
    else:
        note = signed_by_all(checkpoint.text(), signing)
        _replace(guard, note)
    with transaction(engine) as session:
        session.execute(insert(LogCheckpoint).values(size=head.size, root=head.root, note=note, signed_at=now))
    return checkpoint


def signed_by_all(text: str, signing: Sequence[SigningKey]) -> str:
    """The note made of `text` with a signature line of each key."""
    return f"{text}\n" + "".join(key.sign(text).removeprefix(f"{text}\n") for key in signing)


def _compare_with_guard(promised: Checkpoint | None, published: int | None, guard: Path) -> None:
    if published is None:
        return
    if promised is None:
        raise SigningRefused(
            f"The guard file {guard} is missing, but checkpoints have been published (the last one of {published} "
            "entries). Put the newest checkpoint that anybody has into its place."
        )
    if promised.size < published:
        raise SigningRefused(
            f"The guard file {guard} is older (size {promised.size}) than the last published checkpoint "
            f"(size {published}). Put the newest checkpoint that anybody has into its place."
        )


def _checked_head(session: Session, promised: Checkpoint | None) -> Checkpoint:
    """The head of the log, after checking that it continues `promised` and that the new entries are as hashed."""
    head, subtree = queries.head(session), queries.subtree_reader(session)
    since = 0 if promised is None else promised.size
    if promised is not None and promised.size > head.size:
        raise SigningRefused(
            f"{promised.size} entries have been promised, but the log has only {head.size}. A database restored from "
            "a backup lacks what was published since: nothing may be signed until those entries are replayed from "
            "the published copies of the log."
        )
    try:
        if promised is not None and root_at(promised.size, subtree) != promised.root:
            raise SigningRefused(
                f"The first {promised.size} entries are not those that were promised: the log has been changed or "
                "replaced. Nothing may be signed; `sunlit log audit` names the entries."
            )
        if root_at(head.size, subtree) != head.root():
            raise SigningRefused("The head of the log does not fit its entries; run `sunlit log audit`.")
    except LookupError as error:
        raise SigningRefused(f"The log lacks hashes ({error}); run `sunlit log audit`.") from error
    added = select(LogEntry.idx, LogEntry.body, LogEntry.leaf_hash).where(LogEntry.idx >= since)
    for row in session.execute(added, execution_options={"yield_per": 1000}):
        if leaf_hash(row.body) != row.leaf_hash:
            raise SigningRefused(f"Entry {row.idx} does not have the hash it was logged with.")
    return Checkpoint("", head.size, head.root())


@contextmanager
def alone(guard: Path) -> Iterator[None]:
    """Hold a lock beside the guard file, so that two signers cannot sign at once."""
    guard.parent.mkdir(parents=True, exist_ok=True)
    with (guard.parent / f"{guard.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _replace(guard: Path, note: str) -> None:
    """Write `note` into the guard file so that it is on the disk, whole, before anything is published."""
    fresh = guard.parent / f"{guard.name}.new"
    with fresh.open("w", encoding="utf-8") as out:
        out.write(note)
        out.flush()
        os.fsync(out.fileno())
    fresh.replace(guard)
    folder = os.open(guard.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
