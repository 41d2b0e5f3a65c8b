"""The verifiable draw: RFC 3797, "Publicly Verifiable Nominations Committee (NomCom) Random Selection".

Whoever knows the size of the pool and the published key gets the same draw. What is drawn, in which order the pool is
listed and where the key will come from must be published before the key exists; this module only counts.
"""

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from procurement.errors import N_, RuleBroken

Digest = Literal["sha256", "md5"]

MAX_POOL = 65_535  # the counter of RFC 3797 §4 has two octets


def canonical_key(sources: Iterable[Sequence[int]]) -> str:
    """The key of RFC 3797 §4.3 from published numbers: each source's numbers ascending, "." after each, "/" after
    each source. [[9319], [2, 5, 12, 8, 10]] gives "9319./2.5.8.10.12./". Numbers are not negative."""
    parts: list[str] = []
    for source in sources:
        if not source or any(isinstance(n, bool) or not isinstance(n, int) or n < 0 for n in source):
            raise RuleBroken(N_("Each source of the draw gives one or more whole numbers, none below zero."))
        parts.append("".join(f"{n}." for n in sorted(source)) + "/")
    if not parts:
        raise RuleBroken(N_("A draw needs at least one source."))
    return "".join(parts)


@dataclass(frozen=True, slots=True)
class Step:
    """One line of the table of RFC 3797 §6. `left`: how many entries are left before it; `index`: the remainder, from
    0, in the list of those left; `number`: what is drawn, from 1."""

    turn: int
    digest: str
    left: int
    index: int
    number: int


def steps(pool_size: int, count: int, key: str, digest: Digest = "sha256") -> Iterator[Step]:
    """The draw line by line, so that it can be checked by hand. Raises as `draw`."""
    if not 1 <= pool_size <= MAX_POOL:
        raise RuleBroken(N_("A pool has 1 to %(most)s entries, not %(given)s."), most=MAX_POOL, given=pool_size)
    if not 1 <= count <= pool_size:
        raise RuleBroken(
            N_("From a pool of %(pool)s, 1 to %(pool)s can be drawn, not %(given)s."), pool=pool_size, given=count
        )
    if not key:
        raise RuleBroken(N_("A draw needs a key."))
    octets = key.encode("utf-8", "surrogateescape")
    left = list(range(1, pool_size + 1))
    for i in range(count):
        counter = i.to_bytes(2, "big")
        hashed = hashlib.new(digest, counter + octets + counter, usedforsecurity=False).digest()
        index = int.from_bytes(hashed, "big") % len(left)
        yield Step(i, hashed.hex(), len(left), index, left.pop(index))


def draw(pool_size: int, count: int, key: str, digest: Digest = "sha256") -> list[int]:
    """`count` numbers out of 1..`pool_size`, in the order in which they are drawn (RFC 3797 §4.1 and §5).

    For i = 0, 1, …: the digest of (i as two octets ‖ key ‖ i as two octets), read as an integer, modulo the number of
    entries left, is the place in the list of those left, which then closes up. Ask for more to get reserves: a longer
    draw begins with the shorter one. `md5` reproduces the RFC's own example; it is not for new draws. Raises
    RuleBroken for an empty key, a pool outside 1..65535 or a count outside 1..pool.
    """
    return [step.number for step in steps(pool_size, count, key, digest)]
