"""The draw against RFC 3797's own example, real draws of the IETF, and what a draw must always be."""

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from procurement.committee.draw import MAX_POOL, canonical_key, draw
from procurement.errors import RuleBroken

RFC_KEY = "9319./2.5.8.10.12./9.18.26.34.41.45./"
RFC_ORDER = [17, 7, 2, 16, 25, 23, 8, 24, 19, 13, 22, 5, 18, 9, 1, 4]  # RFC 3797 §6


def test_the_example_of_the_rfc() -> None:
    assert canonical_key([[9319], [2, 5, 12, 8, 10], [9, 18, 26, 34, 41, 45]]) == RFC_KEY
    assert draw(25, 16, RFC_KEY, "md5") == RFC_ORDER


@pytest.mark.parametrize(
    ("sources", "pool", "drawn"),
    [
        (  # Nominating Committee of 2012
            [[17, 20, 22, 35, 38, 48, 36], [90193202], [55598744], [11, 17, 21, 48, 50, 9, 10]],
            134,
            [90, 25, 92, 126, 24, 31, 122, 96, 81, 132, 2, 41],
        ),
        (  # of 2013
            [[7, 8, 11, 17, 19, 25, 46], [8285182], [60115701], [2, 3, 18, 26, 32, 33, 42]],
            154,
            [138, 151, 89, 112, 117, 145, 118, 143, 144, 122],
        ),
    ],
)
def test_real_draws_of_the_ietf(sources: list[list[int]], pool: int, drawn: list[int]) -> None:
    assert draw(pool, len(drawn), canonical_key(sources), "md5") == drawn


def test_the_first_number_by_hand_with_sha256() -> None:
    digest = hashlib.sha256(b"\0\0key\0\0").hexdigest()
    assert draw(1000, 1, "key") == [int(digest, 16) % 1000 + 1]


@given(st.integers(1, 300), st.data(), st.text(min_size=1, max_size=20))
def test_a_draw_holds_each_number_once_and_a_longer_one_begins_with_it(
    pool: int, data: st.DataObject, key: str
) -> None:
    count = data.draw(st.integers(1, pool))
    everybody = draw(pool, pool, key)
    assert sorted(everybody) == list(range(1, pool + 1))
    assert draw(pool, count, key) == everybody[:count]


@pytest.mark.parametrize(("pool", "count"), [(0, 0), (0, 1), (5, 0), (5, 6), (5, -1), (MAX_POOL + 1, 1)])
def test_impossible_draws_are_refused(pool: int, count: int) -> None:
    with pytest.raises(RuleBroken):
        draw(pool, count, "key")


def test_the_largest_pool_is_drawn() -> None:
    assert 1 <= draw(MAX_POOL, 1, "key")[0] <= MAX_POOL


def test_a_draw_without_a_key_is_refused() -> None:
    with pytest.raises(RuleBroken):
        draw(5, 1, "")


@pytest.mark.parametrize("sources", [[], [[]], [[1], []], [[-1]], [[True]], [["7"]]])
def test_sources_that_give_no_numbers_are_refused(sources: list[list[int]]) -> None:
    with pytest.raises(RuleBroken):
        canonical_key(sources)
