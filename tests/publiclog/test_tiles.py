"""Names and contents of tiles, as C2SP tlog-tiles prints them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from procurement.publiclog.tiles import decode_bundle, encode_bundle, parse_tile_path, subtrees, tile_path


@pytest.mark.parametrize(
    ("level", "n", "width", "path"),
    [
        (0, 0, 256, "tile/0/000"),
        (0, 1234067, 256, "tile/0/x001/x234/067"),
        (3, 273, 17, "tile/3/273.p/17"),
        (None, 1000, 256, "tile/entries/x001/000"),
        (None, 0, 1, "tile/entries/000.p/1"),
    ],
)
def test_paths(level: int | None, n: int, width: int, path: str) -> None:
    assert tile_path(level, n, width) == path
    assert parse_tile_path(path) == (level, n, width)


@pytest.mark.parametrize(
    "path",
    [
        "tile/0/0",
        "tile/0/x000/001",
        "tile/00/001",
        "tile/64/000",
        "tile/0/001.p/256",
        "tile/0/001.p/0",
        "tile/0/../001",
        "tile/entries/001.p/01",
        "tile/-1/000",
    ],
)
def test_other_spellings_are_no_paths(path: str) -> None:
    with pytest.raises(ValueError, match="not a tile path"):
        parse_tile_path(path)


@given(st.one_of(st.none(), st.integers(0, 63)), st.integers(0, 10**12), st.integers(1, 256))
def test_every_path_reads_back(level: int | None, n: int, width: int) -> None:
    assert parse_tile_path(tile_path(level, n, width)) == (level, n, width)


@given(st.lists(st.binary(max_size=300), max_size=20))
def test_bundles_read_back(entries: list[bytes]) -> None:
    bundle = encode_bundle(entries)
    assert decode_bundle(bundle) == entries
    if bundle:
        with pytest.raises(ValueError, match="bundle ends"):
            decode_bundle(bundle[:-1] if entries[-1] else bundle + b"\x00")


def test_a_missing_hash_is_named() -> None:
    with pytest.raises(LookupError, match="no hash 1"):
        subtrees(lambda _level, _n: bytes(32))(1, 0)
