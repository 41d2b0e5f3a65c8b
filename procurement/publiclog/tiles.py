"""How C2SP tlog-tiles groups and names what the log holds: tiles of 256 hashes, bundles of 256 entries. Pure.

Hash `n` of tile level L is the root of the perfect subtree over 256^L leaves, so level 0 holds the leaf hashes.
The tables keep exactly these hashes (a leaf's beside its entry, the upper ones when they are complete).
"""

import re
import struct
from collections.abc import Callable, Iterable
from functools import lru_cache

from procurement.publiclog.tree import HASH_BYTES, TILE_HEIGHT, Subtree, fold_joined

WIDTH = 1 << TILE_HEIGHT
MAX_ENTRY = 0xFFFF  # the length of an entry in a bundle is a 16-bit number

_PATH = re.compile(r"tile/(entries|\d{1,2})/((?:x\d{3}/)*\d{3})(?:\.p/([1-9]\d{0,2}))?")


def tile_path(level: int | None, n: int, width: int = WIDTH) -> str:
    """Where tile `n` of `level` is served (None: the bundle of entries), partial when narrower than 256."""
    path = f"{n % 1000:03d}"
    while n >= 1000:
        n //= 1000
        path = f"x{n % 1000:03d}/{path}"
    partial = f".p/{width}" if width < WIDTH else ""
    return f"tile/{'entries' if level is None else level}/{path}{partial}"


def parse_tile_path(path: str) -> tuple[int | None, int, int]:
    """(level or None for entries, n, width) of a tile's path. Raises ValueError unless it is the one spelling."""
    found = _PATH.fullmatch(path)
    if found is None:
        raise ValueError(f"not a tile path: {path!r}")
    level = None if found[1] == "entries" else int(found[1])
    parsed = level, int(found[2].replace("x", "").replace("/", "")), int(found[3] or WIDTH)
    if tile_path(*parsed) != path or (level is not None and level > 63):
        raise ValueError(f"not a tile path: {path!r}")
    return parsed


def encode_bundle(entries: Iterable[bytes]) -> bytes:
    """Entries one after another, each behind its length as a big-endian 16-bit number."""
    return b"".join(struct.pack(">H", len(entry)) + entry for entry in entries)


def decode_bundle(bundle: bytes) -> list[bytes]:
    """The entries of a bundle. Raises ValueError when it is cut short."""
    entries, at = [], 0
    while at < len(bundle):
        if at + 2 > len(bundle):
            raise ValueError("bundle ends inside a length")
        end = at + 2 + int.from_bytes(bundle[at : at + 2])
        if end > len(bundle):
            raise ValueError("bundle ends inside an entry")
        entries.append(bundle[at + 2 : end])
        at = end
    return entries


@lru_cache(maxsize=1024)
def _folded(hashes: bytes) -> bytes:
    """The root over 2^k joined hashes. Most proofs under one checkpoint meet the same ones at their upper end."""
    return fold_joined(hashes)


def subtrees(tile: Callable[[int, int], bytes]) -> Subtree:
    """A reader of perfect subtrees over a reader of tiles.

    `tile(level, n)` gives as many hashes (32 bytes each, joined) of that tile as there are; each tile is asked
    for once. Raises LookupError when a hash that the tree must have is not there.
    """
    seen: dict[tuple[int, int], bytes] = {}
    known: dict[tuple[int, int], bytes] = {}

    def subtree(level: int, n: int) -> bytes:
        found = known.get((level, n))
        if found is not None:
            return found
        tile_level, height = divmod(level, TILE_HEIGHT)
        first, count = n << height, 1 << height
        key = (tile_level, first // WIDTH)
        if key not in seen:
            seen[key] = tile(*key)
        start = (first % WIDTH) * HASH_BYTES
        hashes = seen[key][start : start + count * HASH_BYTES]
        if len(hashes) != count * HASH_BYTES:
            raise LookupError(f"tile {key} has no hash {first % WIDTH + count - 1}")
        known[level, n] = found = _folded(hashes)
        return found

    return subtree
