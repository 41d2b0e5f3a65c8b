"""The arithmetic of one application, told step by step so that a reader can do it again by hand."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import Any, Literal

from procurement.rounds.scoring_rule import Method, Rounding, show_decimal
from procurement.scoring.exact import precise, rounded, show
from procurement.scoring.panel import MISSING, RECUSED, Absent, Mark, Panel, trimmed_at_each_end


@dataclass(frozen=True, slots=True)
class Term:
    """One number that goes into a step. `why` tells why it does not: missing, recused, incomplete or trimmed.
    `basis` is what a rank was made from (the mark, or the member's total), or how a weighted mark was made."""

    label: str
    value: str | None = None
    exact: Fraction = field(default=Fraction(0), repr=False)
    why: Literal["missing", "recused", "incomplete", "trimmed"] | None = None
    basis: str | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """One line of the arithmetic that a reader can do again by hand.

    what        computed (a mark follows from a price) · criterion (the members' marks become one) · weighted (its
                share of the total) · member (one member's own total) · total
    of          the criterion's code, the member, or the application
    method      the method in fact used: a trimmed mean with too few marks says mean
    expression  the sum in signs, "(8 + 9) ÷ 2"
    exact       the value before rounding, `value` after it, `text` as printed
    """

    what: Literal["computed", "criterion", "weighted", "member", "total"]
    of: str
    method: str
    terms: tuple[Term, ...]
    expression: str
    exact: Fraction
    value: Fraction
    text: str
    rounding: Rounding | None

    @property
    def told_value(self) -> str:
        """The value, with what lies behind it: "7.67, rounded from 23/3", or "7.666666666667…, exactly 23/3"."""
        if self.exact == Fraction(self.text):
            return self.text
        if self.rounding is None:
            return f"{self.text}…, exactly {self.exact}"
        return f"{self.text}, rounded from {precise(self.exact)}"

    def to_json(self) -> dict[str, Any]:
        """JSON form; the exact value as a fraction in lowest terms or an integer."""
        out: dict[str, Any] = {"what": self.what, "of": self.of, "method": self.method}
        out["terms"] = [
            {"label": t.label}
            | {key: v for key, v in (("value", t.value), ("why", t.why), ("basis", t.basis)) if v is not None}
            for t in self.terms
        ]
        out |= {"expression": self.expression, "exact": str(self.exact), "value": self.text}
        if self.rounding is not None:
            out["rounding"] = {"places": self.rounding.places, "mode": self.rounding.mode}
        return out


def explain(panel: Panel, application: str) -> tuple[Step, ...]:
    """Every step for `application`, in the order in which a reader does them. Ends before the total when there is
    none."""
    return tuple(_Explained(panel, application).steps())


class _Explained:
    """One application's steps."""

    def __init__(self, panel: Panel, application: str) -> None:
        self.panel, self.rule, self.application = panel, panel.rule, application
        self.method: Method = panel.rule.aggregation.method
        self.sheets = panel.marks[application]

    def steps(self) -> Iterator[Step]:
        """In the order in which a reader does them."""
        if self.rule.aggregation.level == "total":
            yield from self._by_total()
        else:
            yield from self._by_criterion()

    def _by_criterion(self) -> Iterator[Step]:
        parts: list[Step] = []
        for i, criterion in enumerate(self.rule.criteria):
            step: Step | None
            if i in self.panel.computed and self.method not in {"sum", "rank_sum"}:
                step = self._computed(i, self.panel.rounding("criterion"))
            else:
                if i in self.panel.computed:
                    yield self._computed(i, None)
                terms = list(self._marks(criterion.code))
                if self.method == "rank_sum":
                    step = self._rank_step("criterion", criterion.code, terms, self.panel.ranks_by_criterion()[i])
                else:
                    step = self._method_step("criterion", criterion.code, self.method, terms, self._most_marks(i))
            if step is not None:
                yield step
                parts.append(self._weighted(i, step.value, precise(step.value, step.rounding)))
                yield parts[-1]
        if len(parts) == len(self.rule.criteria):
            yield self._added(
                "total", self.application, [Term(p.of, precise(p.value, p.rounding), p.value) for p in parts]
            )

    def _by_total(self) -> Iterator[Step]:
        shown: Method = "mean" if self.method == "rank_sum" else self.method
        for i, criterion in enumerate(self.rule.criteria):
            if i in self.panel.computed:
                yield self._computed(i, self.panel.rounding("criterion") if shown != "sum" else None)
                if shown != "sum":
                    continue
            terms = list(self._marks(criterion.code))
            if step := self._method_step("criterion", criterion.code, shown, terms, self._most_marks(i)):
                yield step
        own_totals: list[Term] = []
        for member in sorted(self.sheets):
            marks = [self.sheets[member].get(self.panel.codes[i], MISSING) for i in self.panel.marked]
            if why := _why_left_out(marks):
                own_totals.append(Term(member, why=why))
                continue
            given = dict(zip(self.panel.marked, marks, strict=True))
            parts = []
            for i in range(len(self.panel.codes)):
                mark: Mark | Fraction = self._computed_mark(i) if i in self.panel.computed else given[i]
                if not isinstance(mark, Absent):
                    text = precise(mark) if isinstance(mark, Fraction) else show_decimal(mark)
                    parts.append(self._weighted(i, Fraction(mark), text))
            own = self._added(
                "member",
                member,
                [Term(p.of, precise(p.value, p.rounding), p.value, basis=p.expression) for p in parts],
            )
            yield own
            own_totals.append(Term(member, precise(own.value), own.value))
        if self.method == "rank_sum":
            total = self._rank_step("total", self.application, own_totals, self.panel.ranks_by_total())
        else:
            totals, _ = self.panel.sheet_totals()
            most = self.panel.most(len(sheets) for sheets in totals.values())
            total = self._method_step("total", self.application, self.method, own_totals, most)
        if total is not None:
            yield total

    def _computed_mark(self, i: int) -> Fraction:
        return self.panel.computed[i][self.application]

    def _computed(self, i: int, stage: Rounding | None) -> Step:
        """Highest mark × lowest figure ÷ own figure."""
        criterion = self.rule.criteria[i]
        figures = {a: self.panel.facts.of(a).figures[criterion.code] for a in self.panel.applications}
        lowest, own = min(figures.values()), figures[self.application]
        terms = (Term("lowest", precise(lowest), lowest), Term("own", precise(own), own))
        expression = f"{show_decimal(criterion.scale.max)} × {_quotient(lowest)} ÷ {_quotient(own)}"
        mark = self._computed_mark(i)
        return self._result("computed", criterion.code, "lowest_first", terms, expression, mark, stage)

    def _most_marks(self, i: int) -> int | None:
        if self.method != "sum":
            return None
        if i in self.panel.computed:
            return self.panel.most(self.panel.scorers(a) for a in self.panel.applications)
        return self.panel.most(len(self.panel.columns(a)[i]) for a in self.panel.applications)

    def _marks(self, code: str) -> Iterator[Term]:
        """Each member's mark, or why there is none; one that is computed goes in for each who gave any mark."""
        i = self.panel.codes.index(code)
        if i in self.panel.computed:
            computed = self._computed_mark(i)
            for member in sorted(self.sheets):
                marks = [self.sheets[member].get(self.panel.codes[n], MISSING) for n in self.panel.marked]
                if all(isinstance(given, Absent) for given in marks):
                    yield Term(member, why="recused" if all(given is RECUSED for given in marks) else "missing")
                else:
                    yield Term(member, precise(computed), computed)
            return
        for member in sorted(self.sheets):
            mark = self.sheets[member].get(code, MISSING)
            if isinstance(mark, Absent):
                yield Term(member, why="recused" if mark is RECUSED else "missing")
            else:
                yield Term(member, show_decimal(mark), Fraction(mark))

    def _method_step(
        self, what: Literal["criterion", "total"], of: str, method: Method, terms: list[Term], most: int | None
    ) -> Step | None:
        """The members' numbers become one by `method`; None when there are none. Sums are brought to `most`."""
        used = sorted((t for t in terms if t.why is None), key=lambda t: t.exact)
        if not used:
            return None
        n = len(used)
        if trim := trimmed_at_each_end(self.rule, method, n):
            out = {t.label for t in (*used[:trim], *used[n - trim :])}
            terms = [replace(t, why="trimmed") if t.label in out else t for t in terms]
        elif method == "trimmed_mean":
            method = "mean"
        counted = used[(n - 1) // 2 : n // 2 + 1] if method == "median" else [t for t in terms if t.why is None]
        exact, expression = sum((t.exact for t in counted), Fraction(0)), _sum_text(counted)
        if method != "sum" and len(counted) > 1:
            exact, expression = exact / len(counted), f"({expression}) ÷ {len(counted)}"
        elif method == "sum" and most not in {None, n}:
            exact, expression = exact * (most or n) / n, f"({expression}) × {most} ÷ {n}"
        return self._result(what, of, method, terms, expression, exact, self.panel.rounding(what))

    def _rank_step(
        self,
        what: Literal["criterion", "total"],
        of: str,
        terms: list[Term],
        ranks: Mapping[str, Mapping[str, int]],
    ) -> Step | None:
        """The ranks that the members gave, added."""

        def ranked(term: Term) -> Term:
            rank = Fraction(ranks[term.label][self.application], 2)
            return Term(term.label, show(rank), rank, basis=term.value)

        terms = [ranked(t) if t.why is None else t for t in terms]
        used = [t for t in terms if t.why is None]
        if not used:
            return None
        exact, expression = sum((t.exact for t in used), Fraction(0)), _sum_text(used)
        counts = {a: sum(a in mine for mine in ranks.values()) for a in self.panel.applications}
        most = self.panel.most(counts.values())
        if most not in {None, len(used)}:
            exact, expression = exact * (most or 0) / len(used), f"({expression}) × {most} ÷ {len(used)}"
        return self._result(what, of, "rank_sum", terms, expression, exact, self.panel.rounding(what))

    def _weighted(self, i: int, value: Fraction, text: str) -> Step:
        criterion = self.rule.criteria[i]
        expression = f"{show_decimal(criterion.weight)} × {text}"
        if self.rule.combine == "share_of_weight":
            expression += f" ÷ {show_decimal(criterion.scale.max)}"
        terms = [Term(criterion.code, text, value)]
        exact, stage = self.panel.factors[i] * value, self.panel.rounding("weighted")
        return self._result("weighted", criterion.code, self.rule.combine, terms, expression, exact, stage)

    def _added(self, what: Literal["member", "total"], of: str, terms: list[Term]) -> Step:
        stage = self.panel.rounding("total") if what == "total" else None
        exact = sum((t.exact for t in terms), Fraction(0))
        expression = _sum_text(terms)
        if what == "member" and self.panel.rounding("weighted") is None:
            expression = " + ".join(t.basis or "" for t in terms)
        return self._result(what, of, "sum", terms, expression, exact, stage)

    def _result(
        self,
        what: Literal["computed", "criterion", "weighted", "member", "total"],
        of: str,
        method: str,
        terms: Sequence[Term],
        expression: str,
        exact: Fraction,
        stage: Rounding | None,
    ) -> Step:
        value = rounded(exact, stage)
        return Step(what, of, method, tuple(terms), expression, exact, value, show(value, stage), stage)


def _why_left_out(marks: Sequence[Mark]) -> Literal["missing", "recused", "incomplete"] | None:
    """Why a member with these marks has no total of this application; None when all are there."""
    if not any(isinstance(mark, Absent) for mark in marks):
        return None
    if all(mark is RECUSED for mark in marks):
        return "recused"
    return "missing" if all(mark is MISSING for mark in marks) else "incomplete"


def _quotient(figure: Fraction) -> str:
    """In brackets where it is one."""
    text = precise(figure)
    return f"({text})" if "/" in text else text


def _sum_text(terms: Sequence[Term]) -> str:
    return " + ".join(t.value or "" for t in terms)
