"""Receipts: a file that proves, without asking us again, that an entry is in the log. Pure.

C2SP tlog-proof: `c2sp.org/tlog-proof@v1`, the index, the hashes of an inclusion proof in base64, an empty line, and a
checkpoint. About a kilobyte, to keep or to print.
"""

import base64
import binascii
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from procurement.publiclog.checkpoint import Checkpoint, NoteError, VerifierKey, open_note
from procurement.publiclog.tree import HASH_BYTES, leaf_hash
from procurement.publiclog.verify import ProofError, verify_inclusion

HEADER = "c2sp.org/tlog-proof@v1"


@dataclass(frozen=True, slots=True)
class Receipt:
    """An inclusion proof (32-byte hashes, from the leaf upwards) and the signed checkpoint that it leads to."""

    index: int
    proof: tuple[bytes, ...]
    note: str

    def text(self) -> str:
        """The receipt as a file."""
        return f"{HEADER}\nindex {self.index}\n{proof_lines(self.proof)}\n{self.note}"

    @classmethod
    def parse(cls, text: str) -> "Receipt":
        """The receipt in a file. Raises ProofError when it is not one."""
        head, separator, note = text.partition("\n\n")
        lines = head.split("\n")
        if not separator or lines[0] != HEADER:
            raise ProofError("not a receipt of the log")
        rest = lines[1:]
        if rest and rest[0].startswith("extra "):
            rest = rest[1:]
        if not rest or not rest[0].startswith("index "):
            raise ProofError("the receipt names no entry")
        number = rest[0].removeprefix("index ")
        if not number.isascii() or not number.isdigit() or str(int(number)) != number:
            raise ProofError("the receipt names no entry")
        return cls(int(number), tuple(_hash(line) for line in rest[1:]), note)

    def check(self, entry: bytes, keys: Sequence[VerifierKey]) -> tuple[Checkpoint, tuple[VerifierKey, ...]]:
        """Check that `entry` is in the log at this index, under a checkpoint signed by keys[0].

        Returns the checkpoint and every key (the log's, witnesses') whose signature holds. Raises ProofError.
        """
        try:
            opened = open_note(self.note, keys)
            checkpoint = Checkpoint.parse(opened.text)
        except NoteError as error:
            raise ProofError(f"the checkpoint of the receipt does not hold: {error}") from error
        if keys[0] not in opened.signed_by:
            raise ProofError("the checkpoint is not signed by the log's key")
        if checkpoint.origin != keys[0].name:
            raise ProofError(f"the checkpoint is of {checkpoint.origin}, not of {keys[0].name}")
        verify_inclusion(self.index, checkpoint.size, leaf_hash(entry), self.proof, checkpoint.root)
        return checkpoint, opened.signed_by


def _hash(line: str) -> bytes:
    try:
        raw = base64.b64decode(line, validate=True)
    except (binascii.Error, ValueError) as error:
        raise ProofError("a hash of the receipt is not base64") from error
    if len(raw) != HASH_BYTES:
        raise ProofError("a hash has 32 bytes")
    return raw


def proof_lines(proof: Iterable[bytes]) -> str:
    """Hashes in base64, one to a line, as receipts and witnesses take them."""
    return "".join(base64.b64encode(hash_).decode() + "\n" for hash_ in proof)
