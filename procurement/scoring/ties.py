"""The tie chain: link by link, each applied to those still equal. What the links mean is told in tally.py."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from itertools import groupby
from math import lcm
from typing import Any

from procurement.committee.draw import draw
from procurement.errors import N_, Problem
from procurement.rounds.scoring_rule import FIRST_TIME, ROTATION, Method, TieBreak
from procurement.scoring.exact import show
from procurement.scoring.panel import Panel, Score

MOST_BITS = 512


@dataclass(frozen=True, slots=True)
class TieTold:
    """What one link of the chain did to a group of equals: the groups, best first, and what was compared."""

    by: TieBreak
    tied: tuple[str, ...]
    groups: tuple[tuple[str, ...], ...]
    compared: Mapping[str, str]

    def to_json(self) -> dict[str, Any]:
        """JSON form."""
        link = {"by": self.by.by, "code": self.by.code, "method": self.by.method}
        return {
            "by": {key: value for key, value in link.items() if value is not None},
            "tied": list(self.tied),
            "groups": [list(group) for group in self.groups],
            "compared": dict(self.compared),
        }


class Chain:
    """The tie chain at work; `told` collects what each link did."""

    def __init__(
        self,
        panel: Panel,
        scores: Mapping[str, Score],
        draw_key: str | None,
        preferences: Mapping[str, Collection[str]],
    ) -> None:
        self.panel, self.scores = panel, scores
        self.draw_key, self.preferences = draw_key, preferences
        self.told: list[TieTold] = []
        self.waiting = False
        self._aggregates: dict[Method, dict[str, Score]] = {}

    def order(self, applications: Iterable[str]) -> list[list[str]]:
        """Groups of equals, best first; inside a group by code."""

        def total(application: str) -> Fraction:
            value = self.scores[application].total
            assert value is not None  # noqa: S101 (applications without a total have no award)
            return value if self.panel.rule.lowest_wins else -value

        groups: list[list[str]] = []
        for group in _grouped(applications, total):
            groups += self._break(group, 0)
        return groups

    def notes(self) -> Iterator[Problem]:
        """Whether a draw is still to come."""
        if self.waiting:
            yield Problem(N_("A tie waits for the draw: no key was given."))

    def _break(self, group: list[str], link: int) -> list[list[str]]:
        chain = self.panel.rule.ties
        if len(group) == 1 or link == len(chain):
            return [group]
        key, shown = self._compare(chain[link], group)
        parts = _grouped(group, key)
        if len(parts) == 1:
            return self._break(group, link + 1)
        told = TieTold(chain[link], tuple(group), tuple(tuple(part) for part in parts), {a: shown(a) for a in group})
        self.told.append(told)
        return [piece for part in parts for piece in self._break(part, link + 1)]

    def _compare(self, tie: TieBreak, group: list[str]) -> tuple[Callable[[str], Fraction], Callable[[str], str]]:
        """How this link orders applications (lowest first), and what it compares, in print."""
        panel = self.panel
        if tie.by == "criterion":
            i = panel.codes.index(tie.code or "")
            ranks = panel.rule.lowest_wins and panel.rule.aggregation.level == "criterion"
            stage = panel.rounding("criterion")
            values = {a: self.scores[a].values[i].value or Fraction(0) for a in group}
            return _signed(values, lowest_first=ranks), lambda a: show(values[a], stage)
        if tie.by == "aggregate":
            method = tie.method or "mean"
            if method not in self._aggregates:
                self._aggregates[method] = panel.scores(method, with_rounding=False)
            totals = {a: self._aggregates[method][a].total or Fraction(0) for a in group}
            return _signed(totals, lowest_first=method == "rank_sum"), lambda a: show(totals[a])
        if tie.by == "preference":
            return self._prefer(tie.code or "", group)
        if self.draw_key is None:
            self.waiting = True
            return lambda a: Fraction(0), lambda a: ""
        order = draw(len(group), len(group), self.draw_key)
        turn = {group[number - 1]: Fraction(place) for place, number in enumerate(order, start=1)}
        return lambda a: turn[a], lambda a: str(turn[a])

    def _prefer(self, code: str, group: list[str]) -> tuple[Callable[[str], Fraction], Callable[[str], str]]:
        """By a declared preference: as it was established by hand, or as it follows from earlier selections."""
        before = {a: len(self.panel.facts.of(a).selected) for a in group}
        if code not in self.preferences and code == ROTATION:
            return lambda a: Fraction(before[a]), lambda a: str(before[a])
        if code not in self.preferences and code == FIRST_TIME:
            holders: Collection[str] = [a for a in group if not before[a]]
        else:
            holders = self.preferences.get(code, ())
        held = {a: Fraction(a in holders) for a in group}
        return _signed(held, lowest_first=False), lambda a: "yes" if held[a] else "no"


def _signed(values: Mapping[str, Fraction], *, lowest_first: bool) -> Callable[[str], Fraction]:
    return (lambda a: values[a]) if lowest_first else (lambda a: -values[a])


def _grouped(applications: Iterable[str], key: Callable[[str], Fraction]) -> list[list[str]]:
    """Groups with equal keys, lowest key first, each sorted by code."""
    keys = {a: key(a) for a in applications}
    unit = 1  # integers compare much faster than fractions, as long as they do not grow out of all measure
    for value in keys.values():
        unit = lcm(unit, value.denominator)
        if unit.bit_length() > MOST_BITS:
            return _told_apart(sorted((value, a) for a, value in keys.items()))
    return _told_apart(sorted((value.numerator * (unit // value.denominator), a) for a, value in keys.items()))


def _told_apart(keyed: Iterable[tuple[int | Fraction, str]]) -> list[list[str]]:
    return [[a for _, a in group] for _, group in groupby(keyed, key=lambda pair: pair[0])]
