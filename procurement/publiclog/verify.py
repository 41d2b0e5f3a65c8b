"""What a stranger checks: that an entry is in a tree, that a tree grew out of an older one. Pure.

Written after RFC 9162 §2.1.3.2 and §2.1.4.2, apart from the code that makes the proofs, so that a mistake there
does not repeat itself here. Each check returns nothing or raises ProofError saying what does not hold.
"""

from collections.abc import Iterable, Sequence
from hashlib import sha256
from itertools import islice

from procurement.publiclog.tiles import WIDTH
from procurement.publiclog.tree import HASH_BYTES, Frontier, node_hash


class ProofError(ValueError):
    """A proof does not prove what it is said to prove."""


def _check_hashes(*hashes: bytes) -> None:
    if not {HASH_BYTES}.issuperset(map(len, hashes)):
        raise ProofError("a hash has 32 bytes")


def root_from_inclusion(index: int, size: int, leaf: bytes, proof: Sequence[bytes]) -> bytes:
    """The root of a tree of `size` leaves that has the leaf hash `leaf` at `index`, following `proof`.

    Raises ProofError when the index is outside the tree or the proof has the wrong length.
    """
    if not 0 <= index < size:
        raise ProofError(f"there is no leaf {index} in a tree of {size}")
    _check_hashes(leaf, *proof)
    fn, sn, root = index, size - 1, leaf
    for sibling in proof:
        if sn == 0:
            raise ProofError("the proof is too long")
        if fn & 1 or fn == sn:
            root = node_hash(sibling, root)
            while fn and not fn & 1:
                fn, sn = fn >> 1, sn >> 1
        else:
            root = node_hash(root, sibling)
        fn, sn = fn >> 1, sn >> 1
    if sn:
        raise ProofError("the proof is too short")
    return root


def verify_inclusion(index: int, size: int, leaf: bytes, proof: Sequence[bytes], root: bytes) -> None:
    """The tree of `size` leaves under `root` has the leaf hash `leaf` at `index`; else ProofError."""
    if root_from_inclusion(index, size, leaf, proof) != root:
        raise ProofError(f"entry {index} is not in the tree with this root")


class Inclusions:
    """Inclusion proofs in one tree, checked one after another. The ways of neighbours to the root soon meet; from
    there on it is enough that the one is, hash for hash, what has been followed for the other."""

    def __init__(self, size: int, root: bytes) -> None:
        self._size, self._root = size, root
        # Of the last proof that held: where, the nodes on its way that have a sibling at every level, and the proof.
        self._index, self._way, self._proof = -1, [b""], tuple[bytes, ...]()

    def verify(self, index: int, leaf: bytes, proof: tuple[bytes, ...]) -> None:
        """As `verify_inclusion`."""
        meeting = (index ^ self._index).bit_length()
        known = self._way[meeting:] if 0 <= index < self._size else []
        if not known or proof[meeting:] != self._proof[meeting:]:
            verify_inclusion(index, self._size, leaf, proof, self._root)
            below = _complete(index, self._size)
            self._way = _nodes(index, leaf, proof[:below])
        else:
            way = _nodes(index, leaf, proof[:meeting])
            if way.pop() != known[0]:
                raise ProofError(f"entry {index} is not in the tree with this root")
            self._way = way + known
        self._index, self._proof = index, proof


def _complete(index: int, size: int) -> int:
    """How many levels above leaf `index` its way is still not the right border of a tree of `size` leaves, where
    nodes have no sibling."""
    return max((index ^ (size - 1)).bit_length() - 1, 0)


def _nodes(index: int, leaf: bytes, siblings: Iterable[bytes]) -> list[bytes]:
    """`leaf` and the nodes above it, each made with one of `siblings`."""
    way = [leaf]
    for level, sibling in enumerate(siblings):
        way.append(node_hash(sibling, way[-1]) if index >> level & 1 else node_hash(way[-1], sibling))
    return way


def verify_consistency(old: int, new: int, old_root: bytes, new_root: bytes, proof: Sequence[bytes]) -> None:
    """The tree of `new` leaves begins with the tree of `old` leaves; else ProofError.

    From size 0 nothing can be proved, so that is an error too.
    """
    if not 0 < old <= new:
        raise ProofError(f"nothing can be proved between sizes {old} and {new}")
    if old == new:
        if proof or old_root != new_root:
            raise ProofError("two trees of one size differ")
        return
    _check_hashes(old_root, new_root, *proof)
    # A perfect old tree is itself the first node of the path, so the proof leaves it out.
    path = [old_root, *proof] if old & (old - 1) == 0 else list(proof)
    if not path:
        raise ProofError("the proof is empty")
    old_seen, new_seen = _roots_from_consistency(old, new, path)
    if old_seen != old_root:
        raise ProofError(f"the proof does not lead to the root at size {old}")
    if new_seen != new_root:
        raise ProofError(f"the proof does not lead to the root at size {new}")


def _roots_from_consistency(old: int, new: int, path: Sequence[bytes]) -> tuple[bytes, bytes]:
    """The roots at both sizes to which `path` leads (RFC 9162 §2.1.4.2, steps 4 to 6)."""
    fn, sn = old - 1, new - 1
    while fn & 1:
        fn, sn = fn >> 1, sn >> 1
    old_seen = new_seen = path[0]
    for sibling in path[1:]:
        if sn == 0:
            raise ProofError("the proof is too long")
        if fn & 1 or fn == sn:
            old_seen, new_seen = node_hash(sibling, old_seen), node_hash(sibling, new_seen)
            while fn and not fn & 1:
                fn, sn = fn >> 1, sn >> 1
        else:
            new_seen = node_hash(new_seen, sibling)
        fn, sn = fn >> 1, sn >> 1
    if sn:
        raise ProofError("the proof is too short")
    return old_seen, new_seen


def tree_of(entries: Iterable[bytes]) -> Frontier:
    """The tree over all `entries`, recomputed from their bytes."""
    tree, rest = Frontier(), iter(entries)
    while leaves := [sha256(b"\x00" + entry).digest() for entry in islice(rest, WIDTH)]:
        if len(leaves) == WIDTH:
            tree.append_tile(leaves)
        else:
            for leaf in leaves:
                tree.append(leaf)
    return tree
