"""The beacon's known answers (drand quicknet, rounds 123 and 1000), and everything else refused."""

from datetime import UTC, datetime, timedelta
from hashlib import sha256

import pytest

from procurement.committee.beacon import QUICKNET, randomness
from procurement.errors import RuleBroken

ROUNDS = {
    123: (
        "b75c69d0b72a5d906e854e808ba7e2accb1542ac355ae486d591aa9d43765482e26cd02df835d3546d23c4b13e0dfc92",
        "fb8f7bc29bf24db51871ec8c79f3a1e4bd0557bc0dfcee9ed1d924e69d1c60dc",
    ),
    1000: (
        "b44679b9a59af2ec876b1a6b1ad52ea9b1615fc3982b19576350f93447cb1125e342b73a8dd2bacbe47e4b6b63ed5e39",
        "fe290beca10872ef2fb164d2aa4442de4566183ec51c56ff3cd603d930e54fdd",
    ),
}


@pytest.mark.parametrize("number", ROUNDS)
def test_a_published_round_gives_its_published_randomness(number: int) -> None:
    signature, published = ROUNDS[number]
    assert randomness(number, f" {signature.upper()}\n") == published == sha256(bytes.fromhex(signature)).hexdigest()


@pytest.mark.parametrize(
    ("number", "signature"),
    [
        (124, ROUNDS[123][0]),  # another round's
        (123, ROUNDS[1000][0]),
        (0, ROUNDS[123][0]),
        (123, ROUNDS[123][0][:-2]),  # too short
        (123, "zz" * 48),
        (123, ""),
        (123, "b75c69d0b72a5d906e854e808ba7e2accb1542ac355ae486d591aa9d43765482e26cd02df835d3546d23c4b13e0dfc93"),
        (123, "c0" + "00" * 47),  # the point at infinity
        (123, "80" + "00" * 46 + "04"),  # on the curve, outside the subgroup or off the curve: never accepted
    ],
)
def test_anything_else_is_refused(number: int, signature: str) -> None:
    with pytest.raises(RuleBroken) as refused:
        randomness(number, signature)
    assert refused.value.problems[0].field == "signature"


def test_rounds_and_instants_fit_together() -> None:
    genesis = QUICKNET.genesis
    tick = timedelta(microseconds=1)
    assert genesis == datetime(2023, 8, 23, 15, 9, 27, tzinfo=UTC)
    assert [QUICKNET.round_at(genesis + d) for d in (-tick, 0 * tick, 3 * timedelta(seconds=1) - tick)] == [0, 1, 1]
    assert QUICKNET.round_at(genesis + timedelta(seconds=3)) == 2
    assert QUICKNET.published_at(2) == genesis + timedelta(seconds=3)
    assert QUICKNET.first_after(QUICKNET.published_at(1000)) == 1001
    assert QUICKNET.first_after(QUICKNET.published_at(1000) - tick) == 1000
