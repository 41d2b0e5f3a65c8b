"""A panel's marks, converted once to integers over a common denominator, and what each method makes of them.

What the methods mean is told in tally.py. Only results are fractions: ten thousand applications by nine members and
eight criteria are tallied in about a second.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import Enum
from fractions import Fraction
from itertools import groupby
from math import lcm

from procurement.errors import N_, Problem
from procurement.rounds.scoring_rule import Method, Rounding, ScoringRule, Stage, show_decimal
from procurement.scoring.exact import price_score, rounded, show
from procurement.scoring.facts import Facts


class Absent(Enum):
    """Why there is no mark."""

    MISSING = "missing"
    RECUSED = "recused"


MISSING, RECUSED = Absent.MISSING, Absent.RECUSED
ABSENT, NEW = -1, -2  # in place of the place of a mark

Mark = Decimal | Absent
Marks = Mapping[str, Mapping[str, Mapping[str, Mark]]]
"""application → member → criterion → mark; an absent key is a missing mark."""


def given_marks(marks: Marks, application: str, code: str) -> dict[str, Decimal]:
    """Member → mark for one criterion of one application; without those who gave none."""
    return {
        member: mark
        for member, sheet in sorted(marks.get(application, {}).items())
        if isinstance(mark := sheet.get(code), Decimal)
    }


@dataclass(frozen=True, slots=True)
class CriterionResult:
    """One application's value for one criterion: None when nobody gave a mark. `count` marks went in; `text` is the
    value as printed."""

    value: Fraction | None
    count: int
    text: str | None


NO_MARK = CriterionResult(None, 0, None)


@dataclass(frozen=True, slots=True)
class Score:
    """One application's values in the order of the criteria, its total, and the number of sheets it rests on: the
    fewest marks of any criterion, or at level "total" the complete sheets."""

    values: list[CriterionResult]
    total: Fraction | None
    sheets: int


def trimmed_at_each_end(rule: ScoringRule, method: Method, count: int) -> int:
    """How many marks of `count` are left out at each end."""
    trim = rule.aggregation.trim
    return trim if method == "trimmed_mean" and count - 2 * trim >= rule.aggregation.leave_at_least else 0


_Ratio = tuple[int, int, int]  # numerator, denominator, how many marks went in
_Ranks = dict[str, dict[str, int]]  # member → application → twice the rank, since shared ranks end in a half
_Scored = dict[str, dict[str, int | Fraction]]  # member → application → what the member's ranks are made from


@dataclass(slots=True, eq=False)
class _Part:
    """A criterion's value and its weighted value, exact and as an integer over a common denominator. Those that were
    computed from prices differ from application to application and have no common denominator: `apart`."""

    result: CriterionResult
    weighted: Fraction | None
    number: int | None = None
    apart: bool = False


_NEW = _Part(NO_MARK, None)


@dataclass(frozen=True, slots=True)
class _Line:
    row: list[CriterionResult]
    total: Fraction | None
    sheets: int


def _aggregate(rule: ScoringRule, method: Method, numbers: list[int], unit: int, most: int | None) -> _Ratio:
    """What `numbers` over `unit` (one or more) become; a sum is brought to `most` numbers unless that is None."""
    n = len(numbers)
    if method == "sum":
        return (sum(numbers), unit, n) if most is None else (sum(numbers) * most, unit * n, n)
    if method == "median":
        numbers.sort()
        return (numbers[n // 2] + numbers[(n - 1) // 2], 2 * unit, n)
    if trim := trimmed_at_each_end(rule, method, n):
        numbers.sort()
        return sum(numbers[trim : n - trim]), unit * (n - 2 * trim), n
    return sum(numbers), unit * n, n


def _doubled_ranks(scored: Mapping[str, int | Fraction]) -> dict[str, int]:
    """Twice the ranks (1 = the highest score; equal ones share the average) of what one member scored."""
    ranks: dict[str, int] = {}
    best_first = sorted(scored, key=scored.__getitem__, reverse=True)
    for _, group in groupby(best_first, key=scored.__getitem__):
        equals, before = list(group), len(ranks)
        ranks.update(dict.fromkeys(equals, 2 * before + len(equals) + 1))
    return ranks


class Panel:
    """The marks, read once, and what every method makes of them. `problems` are the marks that cannot be counted.

    `rows`: application → member → for each criterion the place of the mark in `distinct`, or ABSENT. `computed`:
    place of a criterion with a formula → application → its mark, which counts as if every member who gave any mark
    had given it.
    """

    def __init__(self, rule: ScoringRule, marks: Marks, facts: Facts | None = None) -> None:
        self.rule = rule
        self.marks = marks
        self.facts = facts or Facts()
        self.codes = [c.code for c in rule.criteria]
        self.marked = [i for i, c in enumerate(rule.criteria) if c.formula is None]
        self.applications = sorted(marks)
        self.problems: list[Problem] = list(self.facts.problems(rule, self.applications))
        self.computed = self._compute()
        self.distinct: list[list[Fraction]] = [[] for _ in self.codes]
        self.rows = self._read()
        self._ranks_by_criterion: list[_Ranks] | None = None
        self._sheet_totals: dict[bool, tuple[dict[str, dict[str, int]], int]] = {}
        self.unit = lcm(*(mark.denominator for column in self.distinct for mark in column))
        self.integers = [[int(mark * self.unit) for mark in column] for column in self.distinct]
        self.factors = [
            Fraction(c.weight) / (Fraction(c.scale.max) if rule.combine == "share_of_weight" else 1)
            for c in rule.criteria
        ]

    def _compute(self) -> dict[int, dict[str, Fraction]]:
        if self.problems:
            return {}
        found: dict[int, dict[str, Fraction]] = {}
        for i, criterion in enumerate(self.rule.criteria):
            if criterion.formula is not None:
                figures = {a: self.facts.of(a).figures[criterion.code] for a in self.applications}
                lowest = min(figures.values(), default=Fraction(0))
                found[i] = {a: price_score(lowest, figure, criterion.scale.max) for a, figure in figures.items()}
        return found

    def scorers(self, application: str) -> int:
        """How many members gave any mark of it."""
        return sum(any(place != ABSENT for place in row) for row in self.rows[application].values())

    def _read(self) -> dict[str, dict[str, list[int]]]:
        """Look up each mark once; what is not known yet is checked and entered."""
        known: list[dict[Mark | None, int]] = [{MISSING: ABSENT, RECUSED: ABSENT, None: ABSENT} for _ in self.codes]
        codes = frozenset(self.codes)
        tables = list(zip(self.codes, known, strict=True))
        rows: dict[str, dict[str, list[int]]] = {}
        for application in self.applications:
            mine = rows[application] = {}
            for member, sheet in self.marks[application].items():
                row = [table.get(sheet.get(code), NEW) for code, table in tables]
                if NEW in row:
                    self._enter(application, member, row, known)
                mine[member] = row
                if not sheet.keys() <= codes:
                    self._refuse_unknown(application, member, sheet.keys() - codes)
        if self.rule.missing == "refuse":
            self._refuse_missing()
        return rows

    def _enter(self, application: str, member: str, row: list[int], known: list[dict[Mark | None, int]]) -> None:
        sheet = self.marks[application][member]
        for i, criterion in enumerate(self.rule.criteria):
            mark = sheet.get(criterion.code)
            if row[i] != NEW or not isinstance(mark, Decimal):
                continue
            row[i] = ABSENT
            if criterion.formula is not None:
                self._refuse(
                    N_("%(application)s, %(member)s, %(code)s: this mark is computed, nobody gives it"),
                    application,
                    member,
                    code=criterion.code,
                )
                continue
            if problem := criterion.scale.problem(mark):
                self._refuse(
                    N_("%(application)s, %(member)s, %(code)s: %(problem)s"),
                    application,
                    member,
                    code=criterion.code,
                    problem=problem,
                )
                continue
            row[i] = known[i][mark] = len(self.distinct[i])
            self.distinct[i].append(Fraction(mark))

    def _refuse(self, message: str, application: str, member: str, **params: object) -> None:
        self.problems.append(Problem(message, {"application": application, "member": member, **params}))

    def _refuse_unknown(self, application: str, member: str, codes: Iterable[str]) -> None:
        for code in sorted(codes):
            self._refuse(
                N_("%(application)s, %(member)s: there is no criterion “%(code)s”"), application, member, code=code
            )

    def _refuse_missing(self) -> None:
        members = sorted({member for sheets in self.marks.values() for member in sheets})
        for application in self.applications:
            for member in members:
                sheet = self.marks[application].get(member, {})
                for code in [self.codes[i] for i in self.marked]:
                    if sheet.get(code, MISSING) is MISSING:
                        self._refuse(
                            N_("%(application)s, %(member)s, %(code)s: the mark is missing"),
                            application,
                            member,
                            code=code,
                        )

    def rounding(self, stage: Stage, with_rounding: bool = True) -> Rounding | None:
        """The rule's rounding at `stage`, or None when everything is to stay exact."""
        return self.rule.rounding_at(stage) if with_rounding else None

    def columns(self, application: str) -> list[list[int]]:
        """The marks given, as integers over `unit`, for each criterion."""
        rows = self.rows[application]
        if not rows:
            return [[] for _ in self.codes]
        return [
            [integers[place] for place in column if place != ABSENT]
            for integers, column in zip(self.integers, zip(*rows.values(), strict=True), strict=True)
        ]

    def sheet_totals(self, with_rounding: bool = True) -> tuple[dict[str, dict[str, int]], int]:
        """Each member's own total of each application for which all marks are there: application → member → integer
        over the second result."""
        if (known := self._sheet_totals.get(with_rounding)) is not None:
            return known
        stage = self.rounding("weighted", with_rounding)
        weighted = [
            [rounded(mark * factor, stage) for mark in marks]
            for factor, marks in zip(self.factors, self.distinct, strict=True)
        ]
        unit = lcm(*(value.denominator for column in weighted for value in column))
        tables = [[int(value * unit) for value in column] for column in weighted]
        if self.computed:
            tables = [tables[i] for i in self.marked]
        totals = {
            application: {
                member: sum([table[place] for table, place in zip(tables, row, strict=True)])
                for member, row in self._marked_rows(application)
                if ABSENT not in row
            }
            for application in self.applications
        }
        self._sheet_totals[with_rounding] = totals, unit
        return totals, unit

    def _marked_rows(self, application: str) -> Iterable[tuple[str, list[int]]]:
        """The rows without the criteria that are computed."""
        rows = self.rows[application].items()
        return [(member, [row[i] for i in self.marked]) for member, row in rows] if self.computed else rows

    def computed_points(self, application: str, with_rounding: bool = True) -> Fraction:
        """What the computed marks add to each member's own total."""
        stage = self.rounding("weighted", with_rounding)
        points = (rounded(self.factors[i] * marks[application], stage) for i, marks in self.computed.items())
        return sum(points, Fraction(0))

    def scores(self, method: Method, *, with_rounding: bool) -> dict[str, Score]:
        """Every application's values and total by `method` at the rule's level."""
        by_total = self.rule.aggregation.level == "total"
        values = self._values("mean" if by_total and method == "rank_sum" else method, with_rounding)
        final = self.rounding("total", with_rounding)
        scores: dict[str, Score] = {}
        for application, sum_of in (self._totals(method, with_rounding) if by_total else values).items():
            total = sum_of.total
            row = values[application].row
            scores[application] = Score(row, None if total is None else rounded(total, final), sum_of.sheets)
        return scores

    def most(self, counts: Iterable[int]) -> int | None:
        """The number of sheets that sums are brought to, or None when they stay as added."""
        return max(counts, default=0) if self.rule.aggregation.uneven == "scale" else None

    def _values(self, method: Method, with_rounding: bool) -> dict[str, "_Line"]:
        """The method on each criterion, rounded, weighted, rounded and added. Few results differ among applications,
        so each distinct one is worked out once."""
        shown, weighting = self.rounding("criterion", with_rounding), self.rounding("weighted", with_rounding)
        known: list[dict[_Ratio | None, _Part]] = [{None: _Part(NO_MARK, None)} for _ in self.codes]
        rows: dict[str, list[_Part]] = {}
        for application, ratios in self._ratios(method).items():
            row = rows[application] = [parts.get(ratio, _NEW) for parts, ratio in zip(known, ratios, strict=True)]
            if _NEW in row:
                for i, ratio in enumerate(ratios):
                    if row[i] is _NEW and ratio is not None:
                        value = rounded(Fraction(ratio[0], ratio[1]), shown)
                        result = CriterionResult(value, ratio[2], show(value, shown))
                        row[i] = known[i][ratio] = _Part(result, rounded(self.factors[i] * value, weighting))
            if method != "rank_sum":
                for i, marks in self.computed.items():
                    row[i] = self._computed_part(i, method, application, marks[application], shown, weighting)
        return self._added(rows, {part for parts in known for part in parts.values()})

    def _computed_part(
        self,
        i: int,
        method: Method,
        application: str,
        mark: Fraction,
        shown: Rounding | None,
        weighting: Rounding | None,
    ) -> "_Part":
        """Equal marks have themselves for a mean or median; a sum has them as often as there are sheets."""
        sheets = self.scorers(application)
        value = rounded(mark * self.times(application) if method == "sum" else mark, shown)
        result = CriterionResult(value, sheets, show(value, shown))
        return _Part(result, rounded(self.factors[i] * value, weighting), apart=True)

    def times(self, application: str) -> int:
        """How often a computed mark goes into a sum: once for each sheet, or for the most sheets there are."""
        most = self.most(self.scorers(a) for a in self.applications)
        return self.scorers(application) if most is None else most

    def _added(self, rows: Mapping[str, list["_Part"]], parts: Iterable["_Part"]) -> dict[str, "_Line"]:
        """Add each row's weighted values, as integers over their common denominator."""
        unit = lcm(*(part.weighted.denominator for part in parts if part.weighted is not None))
        for part in parts:
            part.number = None if part.weighted is None else int(part.weighted * unit)
        lines: dict[str, _Line] = {}
        for application, row in rows.items():
            numbers = [part.number for part in row if part.number is not None]
            apart = [part.weighted for part in row if part.apart and part.weighted is not None]
            total = Fraction(sum(numbers), unit) if len(numbers) + len(apart) == len(row) else None
            if apart and total is not None:
                total += sum(apart, Fraction(0))
            results = [part.result for part in row]
            lines[application] = _Line(results, total, min([result.count for result in results]))
        return lines

    def _ratios(self, method: Method) -> dict[str, list["_Ratio | None"]]:
        """What the method makes of each criterion's marks (or, for rank_sum, of the ranks made from them)."""
        if method == "rank_sum":
            added = [self.added_ranks(ranks) for ranks in self.ranks_by_criterion()]
            return {a: [column.get(a) for column in added] for a in self.applications}
        columns = {a: self.columns(a) for a in self.applications}
        most = [
            self.most(len(columns[a][i]) for a in self.applications) if method == "sum" else None
            for i in range(len(self.codes))
        ]
        return {
            application: [
                _aggregate(self.rule, method, column, self.unit, up_to) if column else None
                for column, up_to in zip(mine, most, strict=True)
            ]
            for application, mine in columns.items()
        }

    def _totals(self, method: Method, with_rounding: bool) -> dict[str, "_Line"]:
        """The method on the members' own totals. What the computed marks add is the same for each of them."""
        totals, unit = self.sheet_totals(with_rounding)
        ratios: Mapping[str, _Ratio]
        most = None
        if method == "rank_sum":
            ratios = self.added_ranks(self.ranks_by_total(with_rounding))
        else:
            most = self.most(len(sheets) for sheets in totals.values()) if method == "sum" else None
            ratios = {
                a: _aggregate(self.rule, method, list(sheets.values()), unit, most)
                for a, sheets in totals.items()
                if sheets
            }
        lines: dict[str, _Line] = {}
        for application in self.applications:
            ratio = ratios.get(application)
            if ratio is None:
                lines[application] = _Line([], None, 0)
                continue
            total = Fraction(ratio[0], ratio[1])
            if self.computed and method != "rank_sum":
                times = 1 if method != "sum" else ratio[2] if most is None else most
                total += times * self.computed_points(application, with_rounding)
            lines[application] = _Line([], total, ratio[2])
        return lines

    def ranks_by_criterion(self) -> list["_Ranks"]:
        """For each criterion: member → application → twice the rank of the member's mark."""
        if self._ranks_by_criterion is None:
            scored: list[_Scored] = [{} for _ in self.codes]
            for application in self.applications:
                for member, row in self.rows[application].items():
                    for i, place in enumerate(row):
                        if place != ABSENT:
                            scored[i].setdefault(member, {})[application] = self.integers[i][place]
                    for i, marks in self.computed.items():
                        if any(place != ABSENT for place in row):
                            scored[i].setdefault(member, {})[application] = marks[application]
            self._ranks_by_criterion = [{m: _doubled_ranks(mine) for m, mine in column.items()} for column in scored]
        return self._ranks_by_criterion

    def ranks_by_total(self, with_rounding: bool = True) -> "_Ranks":
        """member → application → twice the rank of the member's own total."""
        totals, unit = self.sheet_totals(with_rounding)
        scored: _Scored = {}
        for application, sheets in totals.items():
            more = self.computed_points(application, with_rounding) * unit if self.computed else 0
            for member, number in sheets.items():
                scored.setdefault(member, {})[application] = number + more
        return {member: _doubled_ranks(mine) for member, mine in scored.items()}

    def added_ranks(self, ranks: "_Ranks") -> dict[str, "_Ratio"]:
        """Rank sums, brought to one number of sheets when the rule says so."""
        sums: dict[str, int] = {}
        counts: dict[str, int] = {}
        for mine in ranks.values():
            for application, doubled in mine.items():
                sums[application] = sums.get(application, 0) + doubled
                counts[application] = counts.get(application, 0) + 1
        most = self.most(counts.values())
        if most is None:
            return {a: (total, 2, counts[a]) for a, total in sums.items()}
        return {a: (total * most, 2 * counts[a], counts[a]) for a, total in sums.items()}

    def fails(self, application: str, score: Score) -> Iterator[Problem]:
        """Why `application` cannot be given an award."""
        needed = max(self.rule.quorum, 1)
        if score.sheets < needed or score.total is None:
            yield Problem(
                N_("no award: %(sheets)s of the %(quorum)s sheets needed"), {"sheets": score.sheets, "quorum": needed}
            )
        by_mean = self.rule.aggregation.method in {"sum", "rank_sum"}
        for i, criterion in enumerate(self.rule.criteria):
            value = score.values[i].value
            if criterion.minimum is None or value is None:
                continue
            if by_mean and i in self.computed:
                value = self.computed[i][application]
            elif by_mean:
                column = self.columns(application)[i]
                value = Fraction(sum(column), len(column) * self.unit)
            if value < Fraction(criterion.minimum):
                yield Problem(
                    N_("no award: %(code)s is %(value)s, below the minimum of %(minimum)s"),
                    {"code": criterion.code, "value": show(value), "minimum": show_decimal(criterion.minimum)},
                )
        threshold = self.rule.threshold
        if threshold is not None and score.total is not None and score.total < Fraction(threshold):
            yield Problem(
                N_("no award: the total of %(total)s is below the threshold of %(threshold)s"),
                {"total": show(score.total), "threshold": show_decimal(threshold)},
            )
