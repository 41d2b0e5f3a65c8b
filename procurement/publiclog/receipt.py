"""Receipts: a file that proves, without asking us again, that an entry is in the log. Pure.

C2SP tlog-proof: `c2sp.org/tlog-proof@v1`, the index, the hashes of an inclusion proof in base64, an empty line, and a
checkpoint. The entry itself travels along in the format's `extra` line, so that one file is all there is to keep;
what stands there counts for nothing unless the proof holds for it. One to two kilobytes, to keep or to print.
"""

import base64
import binascii
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from procurement.publiclog.checkpoint import Checkpoint, NoteError, VerifierKey, open_note
from procurement.publiclog.tree import HASH_BYTES, leaf_hash
from procurement.publiclog.verify import ProofError, verify_inclusion

HEADER = "c2sp.org/tlog-proof@v1"


@dataclass(frozen=True, slots=True)
class Receipt:
    """An inclusion proof (32-byte hashes, from the leaf upwards), the signed checkpoint that it leads to, and the
    entry's bytes unless they are kept elsewhere."""

    index: int
    proof: tuple[bytes, ...]
    note: str
    entry: bytes | None = None

    def text(self) -> str:
        """The receipt as a file."""
        extra = "" if self.entry is None else f"extra {base64.b64encode(self.entry).decode()}\n"
        return f"{HEADER}\n{extra}index {self.index}\n{proof_lines(self.proof)}\n{self.note}"

    @classmethod
    def parse(cls, text: str) -> "Receipt":
        """The receipt in a file. Raises ProofError when it is not one."""
        head, separator, note = text.partition("\n\n")
        lines = head.split("\n")
        if not separator or lines[0] != HEADER:
            raise ProofError("not a receipt of the log")
        rest, entry = lines[1:], None
        if rest and rest[0].startswith("extra "):
            entry = _decoded(rest[0].removeprefix("extra "))
            rest = rest[1:]
        if not rest or not rest[0].startswith("index "):
            raise ProofError("the receipt names no entry")
        number = rest[0].removeprefix("index ")
        if not number.isascii() or not number.isdigit() or str(int(number)) != number:
            raise ProofError("the receipt names no entry")
        return cls(int(number), tuple(_hash(line) for line in rest[1:]), note, entry)

    def signed_with(self, key: VerifierKey) -> bool:
        """Whether `key` signed the checkpoint."""
        try:
            return key in open_note(self.note, [key]).signed_by
        except NoteError:
            return False

    def check(self, entry: bytes | None, keys: Sequence[VerifierKey]) -> tuple[Checkpoint, tuple[VerifierKey, ...]]:
        """Check that `entry` (None: the one in the receipt) is in the log at this index, under a checkpoint signed by
        keys[0].

        Returns the checkpoint and every key (the log's, witnesses') whose signature holds. Raises ProofError.
        """
        entry = self.entry if entry is None else entry
        if entry is None:
            raise ProofError("the receipt does not hold the entry; give it too")
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
        if self.entry not in (None, entry):
            raise ProofError("the entry in the receipt is another one")
        return checkpoint, opened.signed_by


def _decoded(text: str) -> bytes:
    try:
        raw = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise ProofError("a line of the receipt is not base64") from error
    if base64.b64encode(raw).decode() != text:
        raise ProofError("a line of the receipt is not base64 in its one spelling")
    return raw


def _hash(line: str) -> bytes:
    raw = _decoded(line)
    if len(raw) != HASH_BYTES:
        raise ProofError("a hash has 32 bytes")
    return raw


def proof_lines(proof: Iterable[bytes]) -> str:
    """Hashes in base64, one to a line, as receipts and witnesses take them."""
    return "".join(base64.b64encode(hash_).decode() + "\n" for hash_ in proof)


# --- the code by which a receipt is found again ---------------------------------------------------------------------

_LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford's: none that is taken for another
_MISREAD = str.maketrans("ILO", "110")
_CODE_BITS = 40
_CODE = re.compile(r"(\d{1,18})[\s-]+([0-9A-Z]{4})[\s-]*([0-9A-Z]{4})")


def receipt_code(index: int, leaf: bytes) -> str:
    """A code to write down: the entry's number and the first 40 bits of its hash, as `812-K7QM-4TXP`.

    It needs no memory on the office's side, and an entry that was exchanged would have another one.
    """
    bits = int.from_bytes(leaf[: _CODE_BITS // 8])
    letters = "".join(_LETTERS[bits >> shift & 31] for shift in range(_CODE_BITS - 5, -1, -5))
    return f"{index}-{letters[:4]}-{letters[4:]}"


def read_code(text: str) -> tuple[int, str] | None:
    """(index, the code in its one spelling) of a code as people type it, or None when it is none."""
    found = _CODE.fullmatch(text.strip().upper())
    if found is None:
        return None
    first, second = (part.translate(_MISREAD) for part in found.group(2, 3))
    return int(found[1]), f"{int(found[1])}-{first}-{second}"
