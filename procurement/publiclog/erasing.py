"""Erasing disclosures: the one way in which anything of the log's tables may be deleted.

What is erased is noted first (the triggers demand it), and the caller appends the entry that accounts for it
(`DataErased`), without which the audit finds it. The entries themselves, and so every proof, stay as they are.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, insert, select
from sqlalchemy.orm import Session

from procurement.publiclog.entries import GROUND_NAMES, DataErased, Ground, digest_of_erased
from procurement.publiclog.entry import unseal
from procurement.publiclog.models import LogDisclosure, LogEntry, LogErased


def erase_disclosures(session: Session, indices: Mapping[str, int]) -> str:
    """Erase the disclosures with these digests (digest → index of its entry). Returns what `DataErased.digests` of
    the entry that accounts for them must be."""
    erasure = digest_of_erased(indices)
    for digest, index in indices.items():
        session.execute(insert(LogErased).values(digest=digest, idx=index, erasure=erasure))
        session.execute(delete(LogDisclosure).where(LogDisclosure.digest == digest))
    return erasure


@dataclass(frozen=True, slots=True)
class Erased:
    """That personal data of an entry was erased: when, and on what ground (an N_ text)."""

    at: datetime
    ground: str


def erased_in(session: Session, index: int) -> dict[str, Erased]:
    """Digest → its erasure, of the salted digests in the entry at `index`."""
    noted = {row.digest: row.erasure for row in session.scalars(select(LogErased).where(LogErased.idx == index))}
    if not noted:
        return {}
    told: dict[str, Erased] = {}
    for body in session.scalars(select(LogEntry.body).where(LogEntry.kind == DataErased.kind).order_by(LogEntry.idx)):
        envelope = unseal(body)
        if isinstance(envelope.entry, DataErased) and envelope.entry.digests not in told:
            told[envelope.entry.digests] = Erased(envelope.at, GROUND_NAMES[Ground(envelope.entry.ground)])
    return {digest: told[erasure] for digest, erasure in noted.items() if erasure in told}
