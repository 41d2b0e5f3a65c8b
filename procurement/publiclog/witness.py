"""A witness: somebody outside the office who signs that the log he sees today continues the one he saw before.

A court, a university or a newspaper runs `sunlit witness`. With two witnesses an office can no longer show one log to
one citizen and another to the next. The protocol is C2SP tlog-witness: `POST /add-checkpoint` with

    old <size>
    <consistency proof, base64, one hash to a line>

    <the signed checkpoint>

and the answer 200 with cosignature lines (type 0x04), or 409 with the size that the witness knows, 404 for a log it
does not know, 403 for a checkpoint that the log did not sign, 422 for a proof that does not hold, 400 otherwise.
What contradicts an earlier checkpoint is kept as evidence: both notes are signed by the log, so nobody can deny them.
"""

import fcntl
import os
import re
import struct
from base64 import b64decode, b64encode
from binascii import Error as Base64Error
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from procurement.publiclog.checkpoint import (
    COSIGNATURE,
    Checkpoint,
    NoteError,
    SigningKey,
    VerifierKey,
    key_id,
    open_note,
)
from procurement.publiclog.tree import EMPTY_ROOT
from procurement.publiclog.verify import ProofError, verify_consistency

_OLD = re.compile(r"old (0|[1-9]\d{0,18})")
MAX_REQUEST = 64 * 1024
MAX_PROOF = 63


@dataclass(frozen=True, slots=True)
class Answer:
    """What a witness answers: an HTTP status, a media type, a body."""

    status: int
    body: str = ""
    media_type: str = "text/plain"


@dataclass(frozen=True, slots=True)
class WitnessKey:
    """A witness's private key: its name and the 32-byte seed of an Ed25519 key."""

    name: str
    seed: bytes

    @classmethod
    def of(cls, key: SigningKey) -> "WitnessKey":
        """The witness key in a key file (which names no algorithm of use)."""
        return cls(key.name, key.seed)

    @property
    def verifier(self) -> VerifierKey:
        """The public half, with the algorithm byte of cosignatures."""
        public = Ed25519PrivateKey.from_private_bytes(self.seed).public_key().public_bytes_raw()
        return VerifierKey(self.name, COSIGNATURE, public)

    def cosign(self, text: str, now: datetime) -> str:
        """A signature line over a checkpoint's `text` and the time (C2SP tlog-cosignature)."""
        seconds = int(now.timestamp())
        message = b"cosignature/v1\ntime %d\n" % seconds + text.encode()
        signature = Ed25519PrivateKey.from_private_bytes(self.seed).sign(message)
        raw = key_id(self.name, COSIGNATURE, self.verifier.public) + struct.pack(">Q", seconds) + signature
        return f"— {self.name} {b64encode(raw).decode()}\n"


class Witness:
    """A witness of some logs, with its memory in a folder: the newest note of each, and evidence of forks."""

    def __init__(self, key: WitnessKey, logs: Mapping[str, Sequence[VerifierKey]], folder: Path) -> None:
        """`logs`: origin → the log's keys, the oldest first. `folder` is made when it is missing."""
        self.key, self.logs, self.folder = key, logs, folder
        folder.mkdir(parents=True, exist_ok=True)

    def add_checkpoint(self, request: str, now: datetime) -> Answer:
        """Answer one request to cosign a checkpoint at `now`."""
        try:
            old, proof, note = _parse_request(request)
            claimed = Checkpoint.parse(note.partition("\n\n")[0] + "\n")
        except (NoteError, ValueError) as error:
            return Answer(400, f"{error}\n")
        log = claimed.origin
        if log not in self.logs:
            return Answer(404, "this log is not known here\n")
        with self._alone():
            known_note = self.recall(log)
            try:
                text = open_note(note, self._keys_after(log, known_note)).text
            except NoteError as error:
                return Answer(403, f"{error}\n")
            if old > claimed.size:
                return Answer(400, "the old size is larger than the checkpoint\n")
            return self._continue(log, old, proof, claimed, text, note, known_note, now)

    def _keys_after(self, log: str, known_note: str) -> Sequence[VerifierKey]:
        """The keys that may sign after `known_note`: once a later key of the log has signed, no earlier one does."""
        keys = self.logs[log]
        if not known_note:
            return keys
        signed_by = open_note(known_note, keys).signed_by
        return keys[max(keys.index(key) for key in signed_by) :]

    def _continue(
        self,
        log: str,
        old: int,
        proof: list[bytes],
        new: Checkpoint,
        text: str,
        note: str,
        known_note: str,
        now: datetime,
    ) -> Answer:
        known = Checkpoint(log, 0, EMPTY_ROOT)
        if known_note:
            known = Checkpoint.parse(open_note(known_note, self.logs[log]).text)
        if old != known.size:
            return Answer(409, f"{known.size}\n", "text/x.tlog.size")
        if new.size == known.size and new.root != known.root:
            self._keep_evidence(log, known_note, note, now)
            return Answer(409, f"{known.size}\n", "text/x.tlog.size")
        try:
            _check_growth(known, new, proof)
        except ProofError as error:
            self._keep_evidence(log, known_note, note, now)
            return Answer(422, f"{error}\n")
        self._remember(log, note)
        return Answer(200, self.key.cosign(text, now))

    def _path(self, log: str) -> Path:
        return self.folder / f"{_short(log)}.note"

    def recall(self, log: str) -> str:
        """The newest note of the log with this origin that this witness signed; empty before the first."""
        path = self._path(log)
        return path.read_text(encoding="utf-8") if path.exists() else ""

    def _remember(self, log: str, note: str) -> None:
        fresh = self._path(log).with_suffix(".new")
        with fresh.open("w", encoding="utf-8") as out:
            out.write(note)
            out.flush()
            os.fsync(out.fileno())
        fresh.replace(self._path(log))

    def _keep_evidence(self, log: str, known: str, offered: str, now: datetime) -> None:
        folder = self.folder / "evidence"
        folder.mkdir(exist_ok=True)
        name = f"{_short(log)}-{now:%Y%m%dT%H%M%S%f}.txt"
        (folder / name).write_text(
            f"Signed by {log}, known before:\n\n{known}\nOffered at {now.isoformat()}:\n\n{offered}",
            encoding="utf-8",
        )

    @contextmanager
    def _alone(self) -> Iterator[None]:
        with (self.folder / "lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield


def _short(origin: str) -> str:
    """A name for files about the log with this origin, whatever key it has."""
    return sha256(origin.encode()).hexdigest()[:8]


def _check_growth(known: Checkpoint, new: Checkpoint, proof: list[bytes]) -> None:
    if known.size == 0:
        if proof:
            raise ProofError("from an empty log there is nothing to prove")
        if new.size == 0 and new.root != EMPTY_ROOT:
            raise ProofError("an empty log has one root only")
        return
    verify_consistency(known.size, new.size, known.root, new.root, proof)


def _parse_request(request: str) -> tuple[int, list[bytes], str]:
    head, separator, note = request.partition("\n\n")
    first, *hashes = head.split("\n")
    found = _OLD.fullmatch(first)
    if not separator or found is None or len(hashes) > MAX_PROOF:
        raise ValueError("not a request to add a checkpoint")
    try:
        proof = [b64decode(line, validate=True) for line in hashes]
    except (Base64Error, ValueError) as error:
        raise ValueError("the proof is not base64") from error
    if any(len(hash_) != 32 for hash_ in proof):
        raise ValueError("a hash has 32 bytes")
    return int(found[1]), proof, note


def request_text(old: int, proof: list[bytes], note: str) -> str:
    """The body of a request to cosign `note`, by a witness that knows the log up to `old`."""
    return f"old {old}\n" + "".join(b64encode(hash_).decode() + "\n" for hash_ in proof) + f"\n{note}"
