"""The tree: known answers, and the promises of the proofs for trees of every shape."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from procurement.publiclog.tiles import subtrees
from procurement.publiclog.tree import (
    EMPTY_ROOT,
    Frontier,
    Subtree,
    consistency_proof,
    inclusion_proof,
    leaf_hash,
    node_hash,
    root_at,
)
from procurement.publiclog.verify import (
    Inclusions,
    ProofError,
    root_from_inclusion,
    tree_of,
    verify_consistency,
    verify_inclusion,
)

# The eight leaves with which implementations of RFC 6962 are commonly compared.
LEAVES = [bytes.fromhex(text) for text in ("", "00", "10", "2021", "3031", "40414243", "5051525354555657")]
LEAVES.append(bytes.fromhex("606162636465666768696a6b6c6d6e6f"))
ROOT_8 = "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"


def entries(count: int) -> list[bytes]:
    return [f"entry {i}".encode() for i in range(count)]


def reader(bodies: list[bytes]) -> Subtree:
    """Subtrees over tiles that are computed from the entries each time: slow and plain."""

    def tile(level: int, n: int) -> bytes:
        width = 256**level
        hashes = [leaf_hash(body) for body in bodies]
        for _ in range(8 * level):
            hashes = [node_hash(hashes[i], hashes[i + 1]) for i in range(0, len(hashes) - 1, 2)]
        assert len(hashes) == len(bodies) // width
        return b"".join(hashes[n * 256 : (n + 1) * 256])

    return subtrees(tile)


def plain_root(bodies: list[bytes]) -> bytes:
    """RFC 6962 §2.1, word for word."""
    if not bodies:
        return EMPTY_ROOT
    if len(bodies) == 1:
        return leaf_hash(bodies[0])
    k = 1
    while k * 2 < len(bodies):
        k *= 2
    return node_hash(plain_root(bodies[:k]), plain_root(bodies[k:]))


def test_hashes_are_those_of_the_rfc() -> None:
    assert EMPTY_ROOT.hex() == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    assert leaf_hash(b"").hex() == "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"
    assert leaf_hash(b"L123456").hex() == "395aa064aa4c29f7010acfe3f25db9485bbd4b91897b6ad7ad547639252b4d56"
    node = node_hash(b"N123", b"N456").hex()
    assert node == "aa217fe888e47007fa15edab33c2b492a722cb106c64667fc2b044444de66bbb"


def test_root_of_the_eight_known_leaves() -> None:
    assert tree_of(LEAVES).root().hex() == ROOT_8


@given(st.integers(0, 70))
def test_the_frontier_has_the_root_of_the_definition(size: int) -> None:
    bodies = entries(size)
    tree = tree_of(bodies)
    assert tree.size == size
    assert tree.root() == plain_root(bodies) == root_at(size, reader(bodies))


@given(st.integers(0, 40), st.integers(0, 40))
def test_a_frontier_goes_on_from_its_encoding(before: int, more: int) -> None:
    bodies = entries(before + more)
    begun = tree_of(bodies[:before])
    resumed = Frontier(before, begun.encoded())
    for body in bodies[before:]:
        resumed.append(leaf_hash(body))
    assert resumed.root() == tree_of(bodies).root()


@pytest.mark.parametrize("size", [255, 256, 257, 511, 512, 65_536, 65_537, 66_000])
def test_tiles_at_once_make_the_same_tree_as_leaf_by_leaf(size: int) -> None:
    bodies = entries(size)
    slow, fast = Frontier(), tree_of(bodies)
    one_by_one = [found for body in bodies for found in slow.append(leaf_hash(body))]
    assert (fast.size, fast.encoded()) == (slow.size, slow.encoded())
    again, at_once = Frontier(), []
    for start in range(0, size - size % 256, 256):
        at_once += again.append_tile([leaf_hash(body) for body in bodies[start : start + 256]])
    assert sorted(at_once) == sorted(one_by_one)


def test_a_frontier_that_does_not_fit_its_size_is_refused() -> None:
    with pytest.raises(ValueError, match="size 3 has 2 hashes"):
        Frontier(3, b"\x00" * 32)


def test_an_append_tells_which_tile_hashes_are_complete() -> None:
    tree, bodies, completed = Frontier(), entries(65_536), {}
    for size, body in enumerate(bodies, start=1):
        for found in tree.append(leaf_hash(body)):
            completed[size, found.level, found.n] = found.hash
    first = [key for key in completed if key[1] == 1]
    assert first == [(256 * (n + 1), 1, n) for n in range(256)]
    assert [key for key in completed if key[1] != 1] == [(65_536, 2, 0)]
    assert completed[512, 1, 1] == plain_root(bodies[256:512])
    assert completed[65_536, 2, 0] == tree.root()


@given(st.data(), st.integers(1, 300))
def test_proofs_one_after_another_are_judged_like_each_alone(data: st.DataObject, size: int) -> None:
    """In any order, with hashes changed, left out and added, leaves exchanged, and places outside the tree."""
    bodies = entries(size)
    tree = Inclusions(size, root := tree_of(bodies).root())
    near = st.integers(-1, 2).map(lambda step: last + step)
    last = 0
    for _ in range(data.draw(st.integers(1, 12))):
        last = place = data.draw(near | st.integers(0, size - 1))
        proof = inclusion_proof(min(max(place, 0), size - 1), size, reader(bodies))
        leaf = leaf_hash(bodies[min(max(place, 0), size - 1)])
        at = data.draw(st.integers(0, 2 * len(proof)))  # half of them beyond the end: unchanged
        match data.draw(st.sampled_from(["change", "leave out", "add", "exchange", "nothing"])):
            case "change":
                proof = [*proof[:at], bytes(32), *proof[at + 1 :]] if at < len(proof) else proof
            case "leave out":
                proof = [*proof[:at], *proof[at + 1 :]]
            case "add":
                proof = [*proof[:at], bytes(31 + at % 2), *proof[at:]]
            case "exchange":
                leaf = leaf_hash(b"something else")
        try:
            verify_inclusion(place, size, leaf, proof, root)
        except ProofError:
            with pytest.raises(ProofError):
                tree.verify(place, leaf, tuple(proof))
        else:
            tree.verify(place, leaf, tuple(proof))


def test_a_place_before_the_first_is_none_even_beside_a_neighbour() -> None:
    bodies = entries(8)
    tree = Inclusions(8, tree_of(bodies).root())
    first, second = ((leaf_hash(bodies[n]), tuple(inclusion_proof(n, 8, reader(bodies)))) for n in (0, 1))
    tree.verify(0, *first)
    with pytest.raises(ProofError):
        tree.verify(-1, *second)  # whose last bit is that of 1
    tree.verify(1, *second)


@given(st.integers(1, 600).flatmap(lambda size: st.tuples(st.just(size), st.integers(0, size - 1))))
def test_every_leaf_is_proved_and_no_other(case: tuple[int, int]) -> None:
    size, index = case
    bodies = entries(size)
    root, proof = tree_of(bodies).root(), inclusion_proof(index, size, reader(bodies))
    verify_inclusion(index, size, leaf_hash(bodies[index]), proof, root)
    with pytest.raises(ProofError):
        verify_inclusion(index, size, leaf_hash(b"something else"), proof, root)
    with pytest.raises(ProofError):
        verify_inclusion(index, size, leaf_hash(bodies[index]), [*proof, EMPTY_ROOT], root)
    for i in range(len(proof)):
        tampered = [*proof[:i], bytes(32), *proof[i + 1 :]]
        with pytest.raises(ProofError):
            verify_inclusion(index, size, leaf_hash(bodies[index]), tampered, root)
        with pytest.raises(ProofError):
            verify_inclusion(index, size, leaf_hash(bodies[index]), proof[:i] + proof[i + 1 :], root)


@given(st.integers(1, 600).flatmap(lambda new: st.tuples(st.integers(1, new), st.just(new))))
def test_every_tree_grew_out_of_its_beginnings(case: tuple[int, int]) -> None:
    old, new = case
    bodies = entries(new)
    old_root, new_root = tree_of(bodies[:old]).root(), tree_of(bodies).root()
    proof = consistency_proof(old, new, reader(bodies))
    verify_consistency(old, new, old_root, new_root, proof)
    wrong = [
        (old, new, bytes(32), new_root, proof),
        (old, new, old_root, bytes(32), proof),
        (old, new, old_root, new_root, [*proof, EMPTY_ROOT]),
        (old, new + new, old_root, new_root, proof),
        *((old, new, old_root, new_root, [*proof[:i], bytes(32), *proof[i + 1 :]]) for i in range(len(proof))),
    ]
    for case_ in wrong:
        with pytest.raises(ProofError):
            verify_consistency(*case_)


def test_rewritten_history_has_no_proof() -> None:
    bodies = entries(300)
    forked = [*bodies[:7], b"rewritten", *bodies[8:]]
    proof = consistency_proof(100, 300, reader(forked))
    with pytest.raises(ProofError, match="root at size 100"):
        verify_consistency(100, 300, tree_of(bodies[:100]).root(), tree_of(forked).root(), proof)


def test_nothing_is_proved_from_an_empty_tree() -> None:
    with pytest.raises(ProofError):
        verify_consistency(0, 3, EMPTY_ROOT, tree_of(entries(3)).root(), [])
    with pytest.raises(ValueError, match="no proof between"):
        consistency_proof(0, 3, reader(entries(3)))


@pytest.mark.parametrize(("index", "size"), [(0, 0), (1, 1), (-1, 3), (2**64 - 1, 1)])
def test_no_leaf_outside_the_tree(index: int, size: int) -> None:
    with pytest.raises(ProofError):
        root_from_inclusion(index, size, leaf_hash(b""), [])
    with pytest.raises(ValueError, match="no leaf"):
        inclusion_proof(index, size, reader([]))
