"""Drawings of opened scores: every member's mark on each criterion, and how a total is made up. Each comes with the
rows of the table beside it; the words are in the language of the page."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from flask_babel import gettext as _
from flask_babel import ngettext

from procurement.errors import N_
from procurement.pictures import Picture, on_shade, shade, share
from procurement.rounds.scoring_rule import Criterion, Scale, ScoringRule, show_decimal
from procurement.scoring.exact import show
from procurement.scoring.outliers import Agreement, Spread
from procurement.scoring.steps import Step
from procurement.web import format_number, localised

DOT = 6
"""Radius of a mark, in pixels."""
MOST_TICKS = 11


def name_of(criterion: Criterion) -> str:
    """Its title in the language of the page."""
    return localised(criterion.title) or criterion.code


@dataclass(frozen=True, slots=True)
class Strip:
    """All marks for one criterion of one application on its scale, and the row that says the same."""

    criterion: str
    drawing: Picture
    row: tuple[str, ...]


def strips(rule: ScoringRule, spreads: Iterable[Spread]) -> list[Strip]:
    """A strip for each criterion that somebody marked."""
    return [_strip(rule.criterion(one.criterion), one) for one in spreads]


def strip_head() -> list[str]:
    """The head of the table beside strips."""
    return [_("Criterion"), _("Lowest"), _("Median"), _("Highest"), _("Apart by"), _("Far from the others")]


def _strip(criterion: Criterion, one: Spread) -> Strip:
    stacks: dict[Decimal, list[str]] = {}
    for member, mark in one.marks.items():
        stacks.setdefault(mark, []).append(member)
    height = 2 * DOT * max(len(members) for members in stacks.values()) + 10
    drawing = Picture(
        _("Marks for “%(criterion)s”", criterion=name_of(criterion)),
        _(
            "%(marks)s. Median: %(median)s.",
            marks=_(", ").join(f"{member} {format_number(mark)}" for member, mark in one.marks.items()),
            median=format_number(show(one.median)),
        ),
        height=height + 22,
    )
    scale = criterion.scale
    middle = _place(scale, one.median)
    drawing.line(middle, 2, middle, height, "strong")
    for mark, members in sorted(stacks.items()):
        for level, member in enumerate(members):
            kind = "outlier" if member in one.outliers else "dot"
            y = height - DOT - 1 - 2 * DOT * level
            drawing.dot(_place(scale, mark), y, DOT, kind, tip=f"{member}: {format_number(mark)}")
    drawing.axis(height, [(_place(scale, tick), format_number(show_decimal(tick))) for tick in _ticks(scale)])
    row = (
        name_of(criterion),
        format_number(one.lowest),
        format_number(show(one.median)),
        format_number(one.highest),
        format_number(one.highest - one.lowest),
        _(", ").join(one.outliers) or "–",
    )
    return Strip(name_of(criterion), drawing, row)


def _place(scale: Scale, mark: Decimal | Fraction) -> Fraction:
    return share(Fraction(mark) - Fraction(scale.min), Fraction(scale.max) - Fraction(scale.min))


def _ticks(scale: Scale) -> list[Decimal]:
    """Few enough marks of the scale to be written under it."""
    width = scale.max - scale.min
    for step in (Decimal(1), Decimal(2), Decimal(5), Decimal(10), Decimal(20)):
        if width / step <= MOST_TICKS - 1 and width % step == 0:
            return [scale.min + step * n for n in range(int(width / step) + 1)]
    return [scale.min, scale.max]


@dataclass(frozen=True, slots=True)
class Total:
    """How a total is made up: one bar, or one for each member where members' own totals become one. `head`, `rows`:
    the table beside it; `shades`: for each row the number of its fill, None where it has none."""

    bars: tuple[tuple[str, Picture], ...]
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    shades: tuple[int | None, ...]


def total(rule: ScoringRule, steps: Sequence[Step], application: str) -> Total | None:
    """From the steps of one application; None where there is no total, or ranks are added, which are no points."""
    last = next((step for step in steps if step.what == "total"), None)
    if last is None or rule.lowest_wins:
        return None
    if rule.aggregation.level == "criterion":
        return _by_criterion(rule, steps, last, application)
    return _by_member(rule, steps, last)


def _by_criterion(rule: ScoringRule, steps: Sequence[Step], last: Step, application: str) -> Total:
    values = {s.of: s for s in steps if s.what in {"criterion", "computed"}}
    points = {s.of: s for s in steps if s.what == "weighted"}
    parts = [(name_of(c), points[c.code].value, points[c.code].text) for c in rule.criteria if c.code in points]
    title = _("How the total of %(application)s is made up", application=application)
    drawing = _bar(title, parts, last.text, _most(rule, [last.value]))
    rows = [
        (
            f"{n}. {name_of(c)}",
            format_number(values[c.code].text),
            format_number(show_decimal(c.weight)),
            format_number(points[c.code].text),
        )
        for n, c in enumerate((c for c in rule.criteria if c.code in points), start=1)
    ]
    return Total(
        bars=(("", drawing),),
        head=(_("Criterion"), _("Value"), _("Weight"), _("Points")),
        rows=(*rows, (_("Total"), "", "", format_number(last.text))),
        shades=(*range(len(rows)), None),
    )


def _by_member(rule: ScoringRule, steps: Sequence[Step], last: Step) -> Total:
    own = [step for step in steps if step.what == "member"]
    most = _most(rule, [step.value for step in own])
    names = {c.code: name_of(c) for c in rule.criteria}
    bars = []
    for step in own:
        parts = [(names[t.label], t.exact, t.value or "") for t in step.terms]
        title = _("How the total given by %(member)s is made up", member=step.of)
        bars.append((f"{step.of}: {format_number(step.text)}", _bar(title, parts, step.text, most)))
    rows = [
        (f"{n}. {names[c.code]}", *(_given(step, c.code) for step in own))
        for n, c in enumerate(rule.criteria, start=1)
    ]
    return Total(
        bars=tuple(bars),
        head=(_("Criterion"), *(step.of for step in own)),
        rows=(*rows, (_("Total"), *(format_number(step.text) for step in own))),
        shades=(*range(len(rows)), None),
    )


def _given(step: Step, code: str) -> str:
    return next((format_number(show(t.exact)) for t in step.terms if t.label == code), "–")


def _most(rule: ScoringRule, totals: Iterable[Fraction]) -> Fraction:
    """The end of the axis: the best total that can be reached; sums go beyond it."""
    return max(rule.best_total(), *totals)


def _bar(title: str, parts: Sequence[tuple[str, Fraction, str]], whole: str, most: Fraction) -> Picture:
    """Parts one behind another, each with the number that it has in the table."""
    said = _("; ").join(f"{name} {format_number(text)}" for name, _value, text in parts)
    drawing = Picture(title, _("%(parts)s. Together %(total)s.", parts=said, total=format_number(whole)), height=62)
    begin = Fraction(0)
    for number, (name, value, text) in enumerate(parts):
        width = share(value, most)
        drawing.bar(begin, 4, width, 30, shade(number), tip=f"{name}: {format_number(text)}")
        if width >= 4:
            drawing.words(begin + width / 2, 24, str(number + 1), on_shade(number), anchor="middle")
        begin += width
    ends = [(Fraction(0), "0"), (Fraction(100), format_number(show(most)))]
    if begin <= 88:
        ends.insert(1, (begin, format_number(whole)))
    drawing.axis(40, ends)
    return drawing


# --- the whole round ----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Apart:
    """How the marks of a round are spread over the scale of one criterion, and how far members agree on the order."""

    criterion: str
    drawing: Picture
    rows: tuple[tuple[str, str], ...]
    agreement: str


def counts(criterion: Criterion, marks: Mapping[Decimal, int], agreement: Agreement) -> Apart:
    """`marks`: mark → how often it was given."""
    most = max(marks.values(), default=1)
    said = [(format_number(show_decimal(mark)), str(count)) for mark, count in sorted(marks.items())]
    drawing = Picture(
        _("How often each mark was given for “%(criterion)s”", criterion=name_of(criterion)),
        _(", ").join(_("%(mark)s: %(count)s times", mark=mark, count=count) for mark, count in said),
        height=102,
    )
    for mark, count in sorted(marks.items()):
        place, height = _place(criterion.scale, mark), Fraction(60 * count, most)
        drawing.bar(
            max(place - 1, Fraction(0)), 78 - height, 2, height, "shade-1", tip=f"{show_decimal(mark)}: {count}"
        )
        drawing.words(min(max(place, Fraction(1)), Fraction(99)), 74 - height, str(count), anchor="middle")
    ticks = [(_place(criterion.scale, tick), format_number(show_decimal(tick))) for tick in _ticks(criterion.scale)]
    drawing.axis(78, ticks)
    return Apart(name_of(criterion), drawing, tuple(said), agreement_words(agreement))


MUCH, SOME = Fraction(7, 10), Fraction(3, 10)


def agreement_words(found: Agreement) -> str:
    """Kendall's W in a sentence. The words for its size are this software's own; the figure stands beside them."""
    if found.w is None:
        if found.members < 2:
            return str(_("It cannot be told: fewer than two members gave marks."))
        if found.applications < 2:
            return str(_("It cannot be told: fewer than two products were marked by all of these members."))
        return str(_("It cannot be told: no member made any difference between the products."))
    rounded = Fraction(round(found.w, 2))  # the words go by what is shown
    figure = format_number(show(rounded))
    if rounded >= MUCH:
        sentence = N_("Members put the products into much the same order")
    elif rounded >= SOME:
        sentence = N_("Members agree in part on the order of the products")
    else:
        sentence = N_("Members hardly agree on the order of the products")
    rests = ngettext(
        "W = %(figure)s, from %(members)s members and %(num)s product",
        "W = %(figure)s, from %(members)s members and %(num)s products",
        found.applications,
        figure=figure,
        members=found.members,
    )
    return str(_("%(sentence)s (%(rests)s).", sentence=_(sentence), rests=rests))
