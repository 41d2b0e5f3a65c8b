"""Asking witnesses: is this the log you know, and will you sign that it is?

Before a checkpoint is signed, every witness is asked what it knows. One that knows a larger log has seen entries that
this database lacks: a restored backup, and a reason not to sign. Afterwards each is asked for its cosignature. A
witness that does not answer holds nothing up; the page of witnesses shows when each last signed.
"""

import logging
import urllib.error
import urllib.request
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy import Engine, func, insert, select
from sqlalchemy.orm import Session

from procurement.db import reading, transaction
from procurement.publiclog import queries
from procurement.publiclog.checkpoint import COSIGNATURE, NoteError, VerifierKey, open_note
from procurement.publiclog.models import LogCheckpoint, LogCosignature
from procurement.publiclog.signer import SigningRefused
from procurement.publiclog.tree import consistency_proof
from procurement.publiclog.witness import Answer, request_text

log = logging.getLogger(__name__)

_LONGEST_ANSWER = 64 * 1024


@dataclass(frozen=True, slots=True)
class WitnessAddress:
    """A witness: where it answers (without `/add-checkpoint`) and its public key."""

    url: str
    key: VerifierKey

    def post(self, request: str, *, seconds: float) -> Answer | None:
        """Its answer to `request`; None when there is none within `seconds`."""
        call = urllib.request.Request(  # noqa: S310 (the address is the operator's own setting)
            f"{self.url.rstrip('/')}/add-checkpoint", data=request.encode(), method="POST"
        )
        try:
            with urllib.request.urlopen(call, timeout=seconds) as reply:  # noqa: S310
                return Answer(reply.status, reply.read(_LONGEST_ANSWER).decode("utf-8", "replace"))
        except urllib.error.HTTPError as refused:
            return Answer(refused.code, refused.read(_LONGEST_ANSWER).decode("utf-8", "replace"))
        except (OSError, ValueError):
            return None


def read_witnesses(path: Path) -> list[WitnessAddress]:
    """The witnesses in a file: one to a line, address and verifier key; `#` begins a comment. Raises NoteError."""
    found = []
    for line in path.read_text(encoding="utf-8").splitlines():
        words = line.partition("#")[0].split()
        if not words:
            continue
        if len(words) != 2 or not words[0].startswith(("http://", "https://")):
            raise NoteError(f"{path}: a line has an address and a key, not {line!r}")
        key = VerifierKey.parse(words[1])
        if key.algorithm != COSIGNATURE:
            raise NoteError(f"{path}: {key.name} is not a witness's key")
        found.append(WitnessAddress(words[0], key))
    return found


def ask_before_signing(engine: Engine, witnesses: Sequence[WitnessAddress], *, seconds: float = 1.0) -> None:
    """Raise SigningRefused when a witness knows a log that is larger than this one ever was."""
    with reading(engine) as session:
        latest = queries.latest_checkpoint(session)
        size = queries.head(session).size
    if latest is None or not witnesses:
        return
    request = request_text(latest.size, [], latest.note)
    with ThreadPoolExecutor(len(witnesses)) as pool:
        answers = list(pool.map(lambda witness: witness.post(request, seconds=seconds), witnesses))
    for witness, answer in zip(witnesses, answers, strict=True):
        known = _known_size(answer)
        if known is not None and known > size:
            raise SigningRefused(
                f"The witness {witness.key.name} has seen {known} entries, but this log has only {size}. A database "
                "restored from a backup lacks what was published since: replay it with `sunlit log repair`."
            )


def _known_size(answer: Answer | None) -> int | None:
    """The size that a witness says it knows, in a 409 answer."""
    if answer is None or answer.status != 409:
        return None
    text = answer.body.strip()
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None


def gather(
    engine: Engine, witnesses: Iterable[WitnessAddress], *, now: datetime, seconds: float = 3.0
) -> dict[str, str]:
    """Ask every witness that has not cosigned the newest checkpoint; returns its name → what came of it."""
    outcome: dict[str, str] = {}
    for witness in witnesses:
        with reading(engine) as session:
            latest = queries.latest_checkpoint(session)
            if latest is None:
                return {}
            last = _last_cosigned(session, witness.key.name)
        if last == latest.size:
            continue
        outcome[witness.key.name] = _ask(engine, witness, latest, last, now=now, seconds=seconds)
    return outcome


def _last_cosigned(session: Session, name: str) -> int:
    newest = select(func.coalesce(func.max(LogCosignature.size), 0)).where(LogCosignature.witness == name)
    return session.scalars(newest).one()


def _ask(
    engine: Engine, witness: WitnessAddress, latest: LogCheckpoint, old: int, *, now: datetime, seconds: float
) -> str:
    for _ in range(2):  # the second time with the size that the witness told
        answer = witness.post(_request(engine, old, latest), seconds=seconds)
        known = _known_size(answer)
        if known is None or known == old:
            break
        if known > latest.size:
            return f"knows {known} entries, more than the {latest.size} published here"
        old = known
    if answer is None:
        return "does not answer"
    if answer.status != 200:
        return f"refuses with {answer.status}"
    line = _its_line(latest.note, answer.body, witness.key)
    if line is None:
        return "answers with a signature that does not hold"
    with transaction(engine) as session:
        there = session.get(LogCosignature, (latest.size, witness.key.name))
        if there is None:
            values = {"size": latest.size, "witness": witness.key.name, "line": line, "signed_at": now}
            session.execute(insert(LogCosignature).values(**values))
    return "cosigned"


def _request(engine: Engine, old: int, latest: LogCheckpoint) -> str:
    proof: list[bytes] = []
    if 0 < old < latest.size:
        with reading(engine) as session:
            proof = consistency_proof(old, latest.size, queries.subtree_reader(session))
    return request_text(old, proof, latest.note)


def _its_line(note: str, body: str, key: VerifierKey) -> str | None:
    """The signature line of `key` in a witness's answer, if it holds over `note`."""
    for line in body.splitlines(keepends=True):
        if not line.startswith(f"— {key.name} "):
            continue
        text = note.rpartition("\n\n")[0]
        try:
            open_note(f"{text}\n\n{line}", [key])
        except NoteError:
            continue
        return line
    return None


@dataclass(frozen=True, slots=True)
class WitnessRow:
    """What the page of witnesses shows: how often, up to where and when last a witness has signed (None: never).
    `key`: None when the office no longer names it; `behind`: published entries that it has not signed for."""

    name: str
    key: VerifierKey | None
    checkpoints: int
    size: int
    last_at: datetime | None
    behind: int


def witnesses_seen(session: Session, named: Sequence[WitnessAddress]) -> list[WitnessRow]:
    """Every witness that is `named` or ever cosigned, by name."""
    wanted = select(
        LogCosignature.witness,
        func.count(),
        func.max(LogCosignature.size),
        func.max(LogCosignature.signed_at),
    ).group_by(LogCosignature.witness)
    signed = {name: (count, size, last_at) for name, count, size, last_at in session.execute(wanted)}
    known = {witness.key.name: witness.key for witness in named}
    latest = queries.latest_checkpoint(session)
    published = 0 if latest is None else latest.size
    rows = []
    for name in sorted(known.keys() | signed.keys()):
        checkpoints, size, last_at = signed.get(name, (0, 0, None))
        rows.append(WitnessRow(name, known.get(name), checkpoints, size, last_at, published - size))
    return rows
