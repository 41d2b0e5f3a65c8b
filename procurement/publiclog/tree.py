"""The Merkle tree of RFC 6962 §2.1 (RFC 9162 §2.1): hashes, growth, proofs. Pure.

A hash is 32 bytes. A *subtree* (level, n) is the perfect tree over the leaves n·2^level … (n+1)·2^level - 1.
The tree of any size is held by its *frontier*: the roots of the perfect subtrees that make it up, largest first,
one for each bit set in the size. That is all an append needs.
"""

from collections.abc import Callable, Sequence
from hashlib import sha256
from typing import NamedTuple

HASH_BYTES = 32
EMPTY_ROOT = sha256(b"").digest()
TILE_HEIGHT = 8  # a tile has 2^8 hashes; a subtree of a multiple of this height is a hash in a tile above

Subtree = Callable[[int, int], bytes]
"""(level, n) → the hash of a perfect subtree that is wholly inside the tree."""


def leaf_hash(entry: bytes) -> bytes:
    """The hash of one entry: SHA-256(0x00 ‖ entry)."""
    return sha256(b"\x00" + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """The hash over two neighbours: SHA-256(0x01 ‖ left ‖ right)."""
    return sha256(b"\x01" + left + right).digest()


def fold(hashes: Sequence[bytes]) -> bytes:
    """The root over 2^k neighbouring hashes of one level."""
    row = list(hashes)
    while len(row) > 1:
        row = [sha256(b"\x01" + left + right).digest() for left, right in zip(row[::2], row[1::2], strict=True)]
    return row[0]


def fold_joined(row: bytes) -> bytes:
    """As `fold`, over hashes joined into one string."""
    while len(row) > HASH_BYTES:
        row = b"".join([sha256(b"\x01" + row[i : i + 64]).digest() for i in range(0, len(row), 64)])
    return row


class TileHash(NamedTuple):
    """A perfect subtree of 256^level leaves, complete for the first time: hash `n` of tile level `level`."""

    level: int
    n: int
    hash: bytes


class Frontier:
    """A tree that only grows: its size and the roots of its perfect subtrees, largest first."""

    __slots__ = ("_roots", "size")

    def __init__(self, size: int = 0, encoded: bytes = b"") -> None:
        """The tree of `size` leaves whose frontier is `encoded` (32 bytes for each bit set in the size).

        Raises ValueError when the two do not fit.
        """
        if size < 0 or len(encoded) != size.bit_count() * HASH_BYTES:
            raise ValueError(f"a frontier of size {size} has {size.bit_count()} hashes")
        self.size = size
        self._roots = [encoded[i : i + HASH_BYTES] for i in range(0, len(encoded), HASH_BYTES)]

    def append(self, leaf: bytes) -> tuple[TileHash, ...]:
        """Add one leaf hash; returns the tile hashes this completes (most often none)."""
        n, roots = self.size, self._roots
        self.size = n + 1
        if not ~n & 0xFF:
            return self._join(leaf, n, 0)
        while n & 1:
            leaf = sha256(b"\x01" + roots.pop() + leaf).digest()
            n >>= 1
        roots.append(leaf)
        return ()

    def append_tile(self, leaves: Sequence[bytes]) -> tuple[TileHash, ...]:
        """Add 256 leaf hashes at once, to a tree whose size is a multiple of 256; as `append` for each."""
        n = self.size >> TILE_HEIGHT
        root = fold(leaves)
        self.size += len(leaves)
        return (TileHash(1, n, root), *self._join(root, n, TILE_HEIGHT))

    def _join(self, root: bytes, n: int, level: int) -> tuple[TileHash, ...]:
        """Put the perfect subtree (level, n) behind the others and merge what has become perfect with it."""
        completed: tuple[TileHash, ...] = ()
        while n & 1:
            root = sha256(b"\x01" + self._roots.pop() + root).digest()
            n >>= 1
            level += 1
            if level % TILE_HEIGHT == 0:
                completed += (TileHash(level // TILE_HEIGHT, n, root),)
        self._roots.append(root)
        return completed

    def root(self) -> bytes:
        """The tree head: RFC 6962's MTH over all leaves so far."""
        if not self._roots:
            return EMPTY_ROOT
        root = self._roots[-1]
        for left in reversed(self._roots[:-1]):
            root = node_hash(left, root)
        return root

    def encoded(self) -> bytes:
        """The hashes one after another, as `__init__` takes them."""
        return b"".join(self._roots)


def _split(n: int) -> int:
    """The largest power of two smaller than `n` (n > 1)."""
    return 1 << ((n - 1).bit_length() - 1)


def root_of_range(start: int, end: int, subtree: Subtree) -> bytes:
    """MTH over the leaves start … end - 1, where `start` is aligned as RFC 6962's recursion makes it."""
    n = end - start
    if n == 0:
        return EMPTY_ROOT
    if n & (n - 1) == 0:
        return subtree(n.bit_length() - 1, start // n)
    k = _split(n)
    return node_hash(root_of_range(start, start + k, subtree), root_of_range(start + k, end, subtree))


def root_at(size: int, subtree: Subtree) -> bytes:
    """The root when the tree had `size` leaves."""
    return root_of_range(0, size, subtree)


def inclusion_proof(index: int, size: int, subtree: Subtree) -> list[bytes]:
    """PATH(index, D[size]) of RFC 6962 §2.1.1, from the leaf upwards.

    Raises ValueError unless 0 ≤ index < size.
    """
    if not 0 <= index < size:
        raise ValueError(f"no leaf {index} in a tree of {size}")
    start, end, proof = 0, size, []
    while end - start > 1:
        middle = start + _split(end - start)
        if index < middle:
            proof.append(root_of_range(middle, end, subtree))
            end = middle
        else:
            proof.append(root_of_range(start, middle, subtree))
            start = middle
    return proof[::-1]


def consistency_proof(old: int, new: int, subtree: Subtree) -> list[bytes]:
    """PROOF(old, D[new]) of RFC 6962 §2.1.2; empty for equal sizes.

    Raises ValueError unless 0 < old ≤ new: nothing can be said about a tree of no leaves.
    """
    if not 0 < old <= new:
        raise ValueError(f"no proof between sizes {old} and {new}")
    start, end, proof, whole = 0, new, [], True
    while old != end:
        middle = start + _split(end - start)
        if old <= middle:
            proof.append(root_of_range(middle, end, subtree))
            end = middle
        else:
            proof.append(root_of_range(start, middle, subtree))
            start, whole = middle, False
    if not whole:
        proof.append(root_of_range(start, end, subtree))
    return proof[::-1]
