"""A log keeps its origin and may change its key: how whoever trusts the old key comes to trust the new one. Pure.

A *handover* is an entry that names the old and the new key (`KeySucceeded`), and a checkpoint that covers it, which
both keys signed: the old one says who follows it, the new one that it does. From then on only the new key signs. The
handovers of a log are one text (`/log/succession`, `log/succession` in an evidence file): empty for a log that has
its first key, else for each handover, with an empty line between two, a receipt of its entry under its checkpoint.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from procurement.publiclog.checkpoint import NoteError, VerifierKey
from procurement.publiclog.entries import KeySucceeded
from procurement.publiclog.entry import EntryError, unseal
from procurement.publiclog.receipt import HEADER, Receipt
from procurement.publiclog.verify import ProofError

SUCCESSION = "succession"
"""How the file of handovers is called, beside the checkpoint."""


class SuccessionError(ValueError):
    """The handovers do not lead from the key that is trusted to another one; the message says why."""


@dataclass(frozen=True, slots=True)
class Handover:
    """A change of keys as it was announced: `index` of the entry, both keys, whether the old one vouches for it."""

    index: int
    old: VerifierKey
    new: VerifierKey
    old_signs: bool


def handover_of(index: int, entry: KeySucceeded) -> Handover:
    """The handover that an entry announces. Raises SuccessionError when it names no two keys of one log."""
    try:
        old, new = VerifierKey.parse(entry.old), VerifierKey.parse(entry.new)
    except NoteError as error:
        raise SuccessionError(f"entry {index} names no key: {error}") from error
    if old.name != new.name or old == new:
        raise SuccessionError(f"entry {index} does not name two keys of one log")
    return Handover(index, old, new, entry.old_signs)


def succession_text(handovers: Iterable[Receipt]) -> str:
    """Handovers as one text, the oldest first."""
    return "\n".join(one.text() for one in handovers)


def parse_succession(text: str) -> list[Receipt]:
    """The handovers in a text. Raises SuccessionError."""
    parts = [part for part in text.split(f"{HEADER}\n") if part.strip()]
    try:
        return [Receipt.parse(f"{HEADER}\n{part.rstrip()}\n") for part in parts]
    except ProofError as error:
        raise SuccessionError(str(error)) from error


def follow(trusted: VerifierKey, handovers: Sequence[Receipt]) -> VerifierKey:
    """The key that signs today, for whoever trusts `trusted`; `trusted` itself when it handed over to none.

    Handovers before it are passed over. Raises SuccessionError when one that it made does not hold.
    """
    *_, key = keys_after(trusted, handovers)
    return key


def keys_after(trusted: VerifierKey, handovers: Sequence[Receipt]) -> Iterator[VerifierKey]:
    """`trusted` and every key to which it leads, one after the other. Raises SuccessionError where it leads on by a
    handover that does not hold."""
    yield (key := trusted)
    for receipt in handovers:
        handover = _announced(receipt)
        if handover.old != key:
            continue
        if not handover.old_signs:
            raise SuccessionError(
                f"by entry {handover.index} the old key was lost: nothing that it signed says that "
                f"{handover.new.id.hex()} follows it. Learn the new key from somewhere else"
            )
        try:
            _, signed_by = receipt.check(None, [handover.old, handover.new])
        except ProofError as error:
            raise SuccessionError(f"the handover in entry {handover.index} does not hold: {error}") from error
        if handover.new not in signed_by:
            raise SuccessionError(f"the new key did not sign the handover in entry {handover.index}")
        yield (key := handover.new)


def keys_before(key: VerifierKey, handovers: Sequence[Receipt]) -> Iterator[VerifierKey]:
    """The keys that the log had before `key`, the latest first, as the key after each of them says. They vouch for
    nothing that `key` does not show too: whoever holds an old key may have signed anything since.

    Raises SuccessionError.
    """
    for receipt in reversed(handovers):
        handover = _announced(receipt)
        if handover.new != key:
            continue
        try:
            receipt.check(None, [handover.new])
        except ProofError as error:
            raise SuccessionError(f"the handover in entry {handover.index} does not hold: {error}") from error
        yield (key := handover.old)


def _announced(receipt: Receipt) -> Handover:
    try:
        entry = unseal(receipt.entry or b"").entry
    except EntryError as error:
        raise SuccessionError(f"a handover without its entry: {error}") from error
    if not isinstance(entry, KeySucceeded):
        raise SuccessionError(f"entry {receipt.index} hands over no key")
    return handover_of(receipt.index, entry)


def keys_of(trusted: VerifierKey, announced: Sequence[Handover]) -> list[tuple[int, VerifierKey]]:
    """Every key of a log with the size up to which nobody but it signs: [(of first handover, first key), …, (-1,
    key of today)], by what its entries announce.

    Raises SuccessionError when `trusted` is none of them, or when they are no chain.
    """
    if not announced:
        return [(-1, trusted)]
    for one, following in pairwise(announced):
        if one.new != following.old:
            raise SuccessionError(f"entry {following.index} hands over a key that was not the log's")
    keys = [(one.index, one.old) for one in announced] + [(-1, announced[-1].new)]
    if trusted not in (key for _, key in keys):
        raise SuccessionError(f"the log's entries name no key {trusted.id.hex()}")
    return keys


def key_at(keys: Sequence[tuple[int, VerifierKey]], size: int) -> VerifierKey:
    """Which of `keys_of` signs a checkpoint of `size` entries; of the one that hands over, the new one."""
    return next(key for index, key in keys if index == -1 or size <= index)
