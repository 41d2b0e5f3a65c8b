"""The test of abnormal marks at its limits, and Kendall's W against its definition and published figures."""

from decimal import Decimal
from fractions import Fraction
from itertools import combinations
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from procurement.rounds.scoring_rule import ScoringRule
from procurement.scoring.outliers import Agreement, abnormal, concordance, median, spread

D = Decimal


def ruled(kind: str = "judged", **options: Any) -> ScoringRule:
    criterion = {"code": "c", "weight": "1", "scale": {"min": "0", "max": "10", "step": "0.5"}, "kind": kind}
    return ScoringRule.from_json({"criteria": [criterion], **options})


TESTED = ruled(abnormal={"percent": "40", "others": 4})


@pytest.mark.parametrize(
    ("mark", "others", "expected"),
    [
        ("4", "8 8 8 8", False),  # exactly 40 of 100 away is not more
        ("3.5", "8 8 8 8", True),
        ("3.5", "8 8 8", False),  # too few others
        ("10", "5 6 5 6", True),  # the median of an even number is the mean of the middle two
        ("9.5", "5 6 5 6", False),
        ("0", "0 10 10 10", True),  # one who agrees does not save it
        ("0", "0 0 10 10", True),
        ("0", "0 0 0 10", False),
    ],
)
def test_a_mark_is_abnormal_by_its_distance_from_the_middle_of_the_others(
    mark: str, others: str, expected: bool
) -> None:
    assert abnormal(TESTED, TESTED.criteria[0], D(mark), [D(other) for other in others.split()]) is expected


def test_without_a_stated_test_and_on_what_is_not_judged_nothing_is_abnormal() -> None:
    for rule in (ruled(), ruled("objective", abnormal={"percent": "40", "others": 4})):
        assert not abnormal(rule, rule.criteria[0], D(0), [D(10)] * 4)


def test_a_spread_names_outliers_and_disagreement() -> None:
    marks = {"M1": D(8), "M2": D("7.5"), "M3": D(8), "M4": D(9), "M5": D(1)}
    found = spread(TESTED, TESTED.criteria[0], marks)
    assert found is not None
    assert (found.lowest, found.highest, found.median, found.outliers) == (D(1), D(9), 8, ("M5",))
    assert not found.differ
    objective = ruled("objective")
    found = spread(objective, objective.criteria[0], marks)
    assert found is not None
    assert (found.differ, found.outliers) == (True, ())
    assert spread(TESTED, TESTED.criteria[0], {}) is None


def test_the_median_of_nothing() -> None:
    with pytest.raises(ValueError, match="nothing"):
        median([])


def scored(**rows: str) -> dict[str, dict[str, Decimal]]:
    """member → application → mark; "-" is no mark."""
    return {m: {f"A{i}": D(w) for i, w in enumerate(row.split()) if w != "-"} for m, row in rows.items()}


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ({"M1": "1 2 3", "M2": "1 2 3"}, Agreement(Fraction(1), 2, 3)),
        ({"M1": "1 2 3", "M2": "3 2 1"}, Agreement(Fraction(0), 2, 3)),
        ({"M1": "1 2 3", "M2": "4 8 9", "M3": "0 1 7"}, Agreement(Fraction(1), 3, 3)),  # orders count, not marks
        ({"M1": "5 5 5", "M2": "7 7 7"}, Agreement(None, 2, 3)),  # nobody made a difference
        ({"M1": "1 2 3"}, Agreement(None, 1, 3)),
        ({"M1": "1", "M2": "2"}, Agreement(None, 2, 1)),
        ({"M1": "1 2 3 9", "M2": "1 2 3 -"}, Agreement(Fraction(1), 2, 3)),  # only what both marked
        ({"M1": "1 2 3", "M2": "1 2 3", "M3": "- - -"}, Agreement(Fraction(1), 2, 3)),
        ({}, Agreement(None, 0, 0)),
    ],
)
def test_kendalls_w(rows: dict[str, str], expected: Agreement) -> None:
    assert concordance(scored(**rows)) == expected


ranked = st.integers(2, 5).flatmap(
    lambda n: st.lists(st.lists(st.integers(0, 4), min_size=n, max_size=n), min_size=2, max_size=5)
)


def average_ranks(row: list[int]) -> list[Fraction]:
    return [sum(v > mine for v in row) + Fraction(sum(v == mine for v in row) + 1, 2) for mine in row]


@given(ranked)
def test_w_is_the_spread_of_rank_sums_over_the_most_it_could_be(rows: list[list[int]]) -> None:
    """Written from the definition: the variance of the sums of ranks over that of m identical rankings with these
    very ties."""
    m, n = len(rows), len(rows[0])
    ranks = [average_ranks(row) for row in rows]
    sums = [sum(column) for column in zip(*ranks, strict=True)]
    mean = Fraction(m * (n + 1), 2)
    spread_of_sums = sum((s - mean) ** 2 for s in sums)
    own = [sum((r - Fraction(n + 1, 2)) ** 2 for r in row) for row in ranks]
    most = m * sum(own)
    found = concordance({f"M{i}": {f"A{k}": D(v) for k, v in enumerate(row)} for i, row in enumerate(rows)})
    assert found == Agreement(Fraction(spread_of_sums) / most if most else None, m, n)
    assert found.w is None or 0 <= found.w <= 1


@given(st.integers(3, 5).flatmap(lambda n: st.lists(st.permutations(range(n)), min_size=2, max_size=4)))
def test_without_ties_w_follows_from_the_mean_rank_correlation(rows: list[list[int]]) -> None:
    """W = (1 + (m - 1) r) / m, with r the mean of Spearman's correlation over all pairs of members."""
    m, n = len(rows), len(rows[0])
    pairs = [
        1 - Fraction(6 * sum((a - b) ** 2 for a, b in zip(one, other, strict=True)), n * (n * n - 1))
        for one, other in combinations(rows, 2)
    ]
    r = sum(pairs, Fraction(0)) / len(pairs)
    found = concordance({f"M{i}": {f"A{k}": D(v) for k, v in enumerate(row)} for i, row in enumerate(rows)})
    assert found.w == (1 + (m - 1) * r) / m
