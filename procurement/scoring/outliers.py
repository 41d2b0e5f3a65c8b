"""Which marks are abnormally high or low, by the test that the frozen rule states; and how far members agree. Pure.

The test
    A mark is abnormal when it is more than `percent` of the scale's width away from the median of what the other
    members gave for the same application and criterion, and at least `others` of them gave a mark. The mark itself
    does not move what it is held against. A rule without a test knows no abnormal marks. Only judged criteria are
    tested: on others members should not differ at all.

The coefficient
    Kendall's W (M. G. Kendall and B. Babington Smith, The Problem of m Rankings, Annals of Mathematical Statistics
    10, 1939, 275-287), with their correction for ties: each of m members ranks n applications by the marks given for
    one criterion (or by own totals), equal ones sharing the average rank. With R the sums of an application's ranks,
    S = Σ (R - m (n + 1) / 2)² and T = Σ (t³ - t) over every group of t equals of every member,

        W = 12 S / (m² (n³ - n) - m T)

    It is 1 when all members put the applications into the same order and 0 when their orders have nothing in common.
    It needs complete rankings: only applications count that every counting member marked, and only members count who
    marked at least one. It cannot be told of fewer than two members or two applications, nor where no member made any
    difference between applications.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from procurement.rounds.scoring_rule import Criterion, ScoringRule


def median(numbers: Iterable[Decimal | Fraction]) -> Fraction:
    """The middle number, or the mean of the middle two. ValueError for none."""
    ordered = sorted(Fraction(number) for number in numbers)
    if not ordered:
        raise ValueError("there is no median of nothing")
    n = len(ordered)
    return (ordered[(n - 1) // 2] + ordered[n // 2]) / 2


def abnormal(rule: ScoringRule, criterion: Criterion, mark: Decimal, others: Sequence[Decimal]) -> bool:
    """Whether `mark` is abnormal among what the `others` gave; see the module."""
    test = rule.abnormal
    if test is None or criterion.kind != "judged" or len(others) < test.others:
        return False
    distance = abs(Fraction(mark) - median(others))
    return distance * 100 > Fraction(test.percent) * (Fraction(criterion.scale.max) - Fraction(criterion.scale.min))


@dataclass(frozen=True, slots=True)
class Spread:
    """How far apart members are on one criterion of one application. `marks`: member → mark; `outliers`: members
    whose mark is abnormal; `differ`: whether they differ where they should not, on an objective criterion."""

    criterion: str
    marks: Mapping[str, Decimal]
    lowest: Decimal
    highest: Decimal
    median: Fraction
    outliers: tuple[str, ...]
    differ: bool


def spread(rule: ScoringRule, criterion: Criterion, marks: Mapping[str, Decimal]) -> Spread | None:
    """The spread of `marks` (member → mark), None without any."""
    if not marks:
        return None
    outliers = tuple(
        member
        for member, mark in marks.items()
        if abnormal(rule, criterion, mark, [other for each, other in marks.items() if each != member])
    )
    differ = criterion.kind != "judged" and len(set(marks.values())) > 1
    values = marks.values()
    return Spread(criterion.code, marks, min(values), max(values), median(values), outliers, differ)


@dataclass(frozen=True, slots=True)
class Agreement:
    """Kendall's W for one criterion, or for the totals. `w` is None where it cannot be told; `members` and
    `applications` say on how many it rests."""

    w: Fraction | None
    members: int
    applications: int


def concordance(scored: Mapping[str, Mapping[str, Decimal | Fraction]]) -> Agreement:
    """Kendall's W of `scored`: member → application → mark or total; see the module."""
    rankings = [mine for mine in scored.values() if mine]
    shared = set.intersection(*(set(mine) for mine in rankings)) if rankings else set()
    m, n = len(rankings), len(shared)
    if m < 2 or n < 2:
        return Agreement(None, m, n)
    sums: Counter[str] = Counter()  # twice the sums of ranks, so that shared ranks are whole numbers
    ties = 0
    for mine in rankings:
        before = 0
        groups = Counter(mine[application] for application in shared)
        doubled: dict[Decimal | Fraction, int] = {}
        for value in sorted(groups, reverse=True):
            equals = groups[value]
            doubled[value] = 2 * before + equals + 1
            before += equals
            ties += equals**3 - equals
        for application in shared:
            sums[application] += doubled[mine[application]]
    squares = sum((total - m * (n + 1)) ** 2 for total in sums.values())  # four times S
    below = m * m * (n**3 - n) - m * ties
    return Agreement(Fraction(3 * squares, below) if below else None, m, n)
