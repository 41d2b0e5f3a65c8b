"""Handing the log over to a new key (see `succession`), and which key the log says it has."""

from datetime import datetime
from pathlib import Path

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from procurement.db import reading, transaction
from procurement.publiclog import queries, signer
from procurement.publiclog.checkpoint import Checkpoint, SigningKey, VerifierKey
from procurement.publiclog.entries import KeySucceeded
from procurement.publiclog.entry import digest_of
from procurement.publiclog.keys import KeyRefused
from procurement.publiclog.succession import Handover
from procurement.publiclog.writing import append


def rotate(
    engine: Engine, *, old: SigningKey | VerifierKey, new: SigningKey, guard: Path, reason: str, now: datetime
) -> Checkpoint | None:
    """Announce `new` as the log's key and sign with both keys; returns the checkpoint that hands over.

    Of an old key that was lost only the public half is given: then the new key signs alone, and the entry says so.
    Interrupted, it is finished by calling it again with the same keys; None when it was finished before. Raises
    KeyRefused when the two are no keys of one log, SigningRefused as `sign_checkpoint`.
    """
    before, after = old if isinstance(old, VerifierKey) else old.verifier, new.verifier
    if before.name != after.name:
        raise KeyRefused(f"the new key is of {after.name}, not of {before.name}: a log keeps its origin")
    if before == after:
        raise KeyRefused("this is the log's key already")
    if not reason.strip():
        raise KeyRefused("say why the key is changed")
    entry = KeySucceeded(
        old=str(before), new=str(after), old_signs=not isinstance(old, VerifierKey), reason=digest_of(reason.strip())
    )
    with signer.alone(guard):
        with reading(engine) as session:
            announced = _announced(session, after)
            if announced is None:
                signer.require_key(session, before)
                signer.require_whole(session, before, guard)
            elif announced.old != before:
                raise KeyRefused(f"the log handed over from {announced.old.id.hex()}, not from {before.id.hex()}")
            elif queries.covering_checkpoint(session, announced.index) is not None:
                return None
        if announced is None:
            with transaction(engine) as session:
                append(session, entry, now=now, actor=None, role=None)
        signing = [new] if isinstance(old, VerifierKey) else [old, new]
        return signer.publish(engine, signing, guard, now, guarded_by=before)


def _announced(session: Session, new: VerifierKey) -> Handover | None:
    """The handover to `new`, if that is the last one."""
    announced = queries.handovers(session)
    return announced[-1] if announced and announced[-1].new == new else None
