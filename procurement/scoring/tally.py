"""The tally: from marks to a ranking, exactly, and with each step told.

Pure arithmetic: integers and fractions, never floats; nothing is rounded except where the rule says so. Given the
same rule, marks, draw key and preferences, everybody gets the same result.

How a total comes about
    level "criterion": for each criterion the members' marks become one value by the method; the value is rounded
    (stage "criterion"), weighted and rounded (stage "weighted"); the weighted values are added and rounded (stage
    "total").
    level "total": for each member the weighted marks (each rounded at stage "weighted") are added to that member's
    own total; the members' totals become one by the method; it is rounded (stage "total"). The value shown for each
    criterion is then for information (and for minima and ties): the method on the marks, rounded at stage
    "criterion".
    Weighted means weight × mark (weighted_sum) or weight × mark ÷ the scale's max (share_of_weight).

Marks that are computed
    A criterion with a formula has its marks from the prices in the facts: highest mark × lowest figure ÷ own figure,
    the lowest being that of the applications in the tally. They are exact, lie on no step, and count as if every
    member who gave any mark of the application had given them.

Methods
    mean, median (of an even number: the mean of the middle two), sum; trimmed_mean leaves out `trim` marks at each
    end when at least `leave_at_least` remain, and is the mean otherwise; rank_sum lets each member rank the
    applications that this member scored (1 = best, equal ones share the average rank) and adds the ranks; the lowest
    total wins. At level "criterion" the ranking is made for each criterion and the weighted rank sums are added; at
    level "total" the members' own totals are ranked, and the values shown for criteria are means.

Absent marks
    A recused member, and with `missing` "exclude" a missing mark, takes no part: it is never a zero. At level "total"
    a member without all marks of an application takes no part in that application's total. With `missing` "refuse" a
    tally with a missing mark is refused; a recused one never is. No row is a missing mark. Where sums or rank sums
    meet different numbers of sheets, `uneven` "add" leaves them as added and notes it; "scale" multiplies each by the
    largest number of sheets and divides by its own.

No award
    An application does not qualify when a figure of it rests on fewer marks than the quorum (at least one), when a
    criterion is below its minimum, or when the total is below the threshold. Minima are on the scale of marks, so
    with sum and rank_sum it is the mean that is compared. Such applications are listed after the ranking, without a
    rank, with the reasons. For rank_sum they are still ranked by the members; leaving them out is another tally.

Ties
    Equal totals share a rank, and the ranks after them are left out (1, 2, 2, 4), unless the chain tells them apart:
    link by link, each applied to those that are still equal. A criterion compares the values shown; an aggregate is
    the total by another method at the same level without rounding; a preference puts those for whom it was
    established first: "first_time" those whose merchant was never selected before, "rotation" those whose merchant
    was selected less often; the draw (RFC 3797, SHA-256) draws all of the tied, listed by code in the order of
    Unicode code points.
    Without a key the draw waits and the tie stays, and is told.

Selection
    From the top while a whole group of equals fits into the slots; then reserves likewise. A group of equals that
    does not fit whole is undecided. Caps and preferences: selection.py.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from procurement.errors import N_, Problem, refuse_if
from procurement.rounds.scoring_rule import ScoringRule
from procurement.scoring.exact import show
from procurement.scoring.facts import Facts
from procurement.scoring.panel import (
    MISSING,
    RECUSED,
    Absent,
    CriterionResult,
    Mark,
    Marks,
    Panel,
    Score,
    given_marks,
)
from procurement.scoring.selection import Outcome, Selection, select
from procurement.scoring.steps import Step, explain
from procurement.scoring.ties import Chain, TieTold

__all__ = [
    "MISSING",
    "RECUSED",
    "Absent",
    "CriterionResult",
    "Mark",
    "Marks",
    "Placed",
    "Tally",
    "given_marks",
    "tally",
]


@dataclass(frozen=True, slots=True)
class Placed:
    """One application in the result. `rank` and `total` are None where there is none; `no_award` says why.
    `passed_over`: why others below it come first, by a cap or a preference."""

    application: str
    rank: int | None
    total: Fraction | None
    total_text: str | None
    sheets: int
    criteria: Mapping[str, CriterionResult]
    no_award: tuple[Problem, ...]
    outcome: Outcome
    passed_over: Problem | None = None


@dataclass(frozen=True, slots=True)
class Tally:
    """The result: `ranking` from the best to those without an award. `selection`: how the places were given out, when
    anything but the ranking decided."""

    rule: ScoringRule
    ranking: tuple[Placed, ...]
    unbroken_ties: tuple[tuple[str, ...], ...]
    ties: tuple[TieTold, ...]
    notes: tuple[Problem, ...]
    selection: tuple[Problem, ...]
    _panel: "Panel" = field(repr=False, compare=False)

    def placed(self, application: str) -> Placed:
        """That application's line; KeyError when it was not in the tally."""
        for line in self.ranking:
            if line.application == application:
                return line
        raise KeyError(application)

    def own_totals(self) -> dict[str, dict[str, Fraction]]:
        """member → application → the total that the member's own marks make, where all of them are there."""
        totals, unit = self._panel.sheet_totals()
        found: dict[str, dict[str, Fraction]] = {}
        for application, sheets in totals.items():
            more = self._panel.computed_points(application)
            for member, number in sheets.items():
                found.setdefault(member, {})[application] = Fraction(number, unit) + more
        return found

    def steps(self, application: str) -> tuple[Step, ...]:
        """Every step of that application's arithmetic, in order, computed when asked for. Ends before the total when
        there is none."""
        return explain(self._panel, application)

    def to_json(self, *, steps: bool = False) -> dict[str, Any]:
        """The form of `sunlit tally --format json`. Keys beyond `ranking` and `unbroken_ties` appear when they have
        something to say: `no_award` and `passed_over` in a line, `ties`, `selection`, `notes`; with `steps` also each
        line's `sheets`, `outcome` and `steps`."""
        out: dict[str, Any] = {
            "ranking": [self._line(line, steps) for line in self.ranking],
            "unbroken_ties": [list(group) for group in self.unbroken_ties],
        }
        if self.ties:
            out["ties"] = [tie.to_json() for tie in self.ties]
        if self.selection:
            out["selection"] = [str(step) for step in self.selection]
        if self.notes:
            out["notes"] = [str(note) for note in self.notes]
        return out

    def _line(self, line: Placed, steps: bool) -> dict[str, Any]:
        out: dict[str, Any] = {
            "application": line.application,
            "rank": line.rank,
            "total": line.total_text,
            "criteria": {c: {"value": r.text, "count": r.count} for c, r in line.criteria.items()},
        }
        if line.no_award:
            out["no_award"] = [str(problem) for problem in line.no_award]
        if line.passed_over is not None:
            out["passed_over"] = str(line.passed_over)
        if steps:
            out |= {"sheets": line.sheets, "outcome": line.outcome}
            out["steps"] = [step.to_json() for step in self.steps(line.application)]
        return out


def tally(
    rule: ScoringRule,
    marks: Marks,
    *,
    facts: Facts | None = None,
    draw_key: str | None = None,
    preferences: Mapping[str, Collection[str]] | None = None,
) -> Tally:
    """Rank the applications of `marks` by `rule`; see the module for what every option means.

    `preferences`: code of a declared preference → applications for which it was established by hand. RuleBroken with
    every fact that the rule asks for and `facts` lack, every unknown criterion, every mark off its scale and, where
    the rule refuses them, every missing mark.
    """
    panel = Panel(rule, marks, facts)
    refuse_if(panel.problems)
    scores = panel.scores(rule.aggregation.method, with_rounding=True)
    fails = {a: tuple(panel.fails(a, scores[a])) for a in panel.applications}
    chain = Chain(panel, scores, draw_key, preferences or {})
    groups = chain.order(a for a in panel.applications if not fails[a])
    selection = select(rule, groups, panel.facts)
    return Tally(
        rule=rule,
        ranking=tuple(_lines(panel, groups, scores, fails, selection)),
        unbroken_ties=tuple(tuple(group) for group in groups if len(group) > 1),
        ties=tuple(chain.told),
        notes=(*_uneven(rule, scores.values()), *chain.notes()),
        selection=tuple(selection.told),
        _panel=panel,
    )


def _uneven(rule: ScoringRule, scores: Iterable[Score]) -> Iterator[Problem]:
    if rule.aggregation.method in {"sum", "rank_sum"} and rule.aggregation.uneven == "add":
        counts = {n for score in scores for n in (score.sheets, *(v.count for v in score.values)) if n}
        if len(counts) > 1:
            yield Problem(N_("Sums over different numbers of sheets are compared as they stand."))


def _lines(
    panel: Panel,
    groups: Sequence[Sequence[str]],
    scores: Mapping[str, Score],
    fails: Mapping[str, tuple[Problem, ...]],
    selection: Selection,
) -> Iterator[Placed]:
    """The ranking from the best, then those without an award, the best total first."""
    final = panel.rounding("total")

    def line(application: str, rank: int | None, outcome: Outcome) -> Placed:
        score = scores[application]
        text = None if score.total is None else show(score.total, final)
        results = dict(zip(panel.codes, score.values, strict=True))
        fail, passed = fails[application], selection.passed.get(application)
        return Placed(application, rank, score.total, text, score.sheets, results, fail, outcome, passed)

    before = 0
    for group in groups:
        for application in group:
            yield line(application, before + 1, selection.outcomes[application])
        before += len(group)

    def best_first(application: str) -> tuple[bool, Fraction]:
        total = scores[application].total
        return total is None, (total or Fraction(0)) * (1 if panel.rule.lowest_wins else -1)

    for application in sorted((a for a in panel.applications if fails[a]), key=best_first):
        yield line(application, None, "no_award")
