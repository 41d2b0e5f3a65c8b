"""The scoring rule: everything the result of a tally depends on, as one frozen object that is printed and hashed.

Real panels leave these choices unstated, and the winner changes with them. So a round states all of them before
applications open. The JSON form is that of `sunlit tally --rules`; decimals are strings in it, counts are integers,
and a floating-point number is refused, because it is not the number that somebody wrote.

    {"criteria": [{"code": "quality", "weight": "60", "minimum": "6",
                   "scale": {"min": "0", "max": "10", "step": "0.5"},
                   "kind": "judged", "title": {"en": "…", "zh": "…"}, "evidence": {"en": "…", "zh": "…"},
                   "anchors": [{"value": "10", "en": "…", "zh": "…"}], "reason_required": "always"}],
     "combine": "weighted_sum",
     "aggregation": {"method": "mean", "level": "criterion", "trim": 1, "leave_at_least": 3, "uneven": "add"},
     "rounding": [{"stage": "total", "places": 2, "mode": "half_up"}],
     "missing": "exclude", "quorum": 0, "threshold": "60",
     "ties": [{"by": "criterion", "code": "quality"}, {"by": "aggregate", "method": "median"},
              {"by": "preference", "code": "first_time"}, {"by": "draw"}],
     "slots": 1, "reserves": 0, "caps": {"merchant": 1, "category": 2},
     "preferences": {"first_timers": 1, "rest": 2}, "abnormal": {"percent": "40", "others": 4}}

Needed are `criteria` and, for each, `code`, `weight` and `scale` with `max`. Defaults: scale min 0 and any step; no
minimum; kind judged; a reason always (or "never", or {"below": …, "above": …}); weighted_sum; mean of each
criterion; trim 1, leave 3, uneven add; no rounding (mode half_up); missing marks excluded; no quorum, no threshold;
no tie chain; one slot, no reserves; no caps, no preferences, no test of abnormal marks. A criterion of kind price may
have a `formula`, {"figure": "livestream_price"}: its marks are computed and nobody gives them. What the options mean
is told in scoring/tally.py, scoring/selection.py and scoring/outliers.py.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from types import MappingProxyType
from typing import Any, Literal, cast, get_args

from procurement.errors import N_, Problem, refuse_if

Method = Literal["mean", "median", "trimmed_mean", "sum", "rank_sum"]
Level = Literal["criterion", "total"]
Combine = Literal["weighted_sum", "share_of_weight"]
Stage = Literal["criterion", "weighted", "total"]
Mode = Literal["half_up", "half_even"]
Missing = Literal["exclude", "refuse"]
Uneven = Literal["add", "scale"]
Kind = Literal["judged", "objective", "price"]
By = Literal["criterion", "aggregate", "preference", "draw"]
Figure = Literal["livestream_price", "price_to_low_7", "price_to_low_30", "price_to_low_90"]

FIRST_TIME, ROTATION = "first_time", "rotation"
PREFERENCE_NAMES: Mapping[str, str] = MappingProxyType(
    {FIRST_TIME: N_("merchants never selected before"), ROTATION: N_("merchants selected less often before")}
)
"""Declared preferences that follow from earlier decisions."""

FIGURES: Mapping[str, str] = MappingProxyType(
    {
        "livestream_price": N_("the livestream price"),
        "price_to_low_7": N_("the livestream price ÷ the applicant's lowest price of the last 7 days"),
        "price_to_low_30": N_("the livestream price ÷ the applicant's lowest price of the last 30 days"),
        "price_to_low_90": N_("the livestream price ÷ the applicant's lowest price of the last 90 days"),
    }
)
"""What the figures of a formula are. Where nothing was sold in that time, the price of the last sale counts."""

_PLAIN = re.compile(r"-?[0-9]{1,15}(?:\.[0-9]{1,12})?")
_CODE = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,39}")
_MOST = 1_000_000  # an upper bound for counts, so that a slip of the pen is told


def plain_decimal(text: str) -> Decimal | None:
    """The number that `text` writes in plain digits ("8", "8.5", "-0.25"), or None.

    Signs of plus, exponents, group separators, NaN and Infinity are not plain; nor are more than 15 digits before or
    12 after the point.
    """
    return Decimal(text) if _PLAIN.fullmatch(text) else None


def show_decimal(number: Decimal) -> str:
    """`number` in plain digits without trailing zeros: the one way it is written in a frozen rule."""
    text = format(number, "f")
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text in {"-0", ""} else text


@dataclass(frozen=True, slots=True)
class Text:
    """The same sentence in both languages."""

    en: str = ""
    zh: str = ""


@dataclass(frozen=True, slots=True)
class Scale:
    """The marks that may be given: from `min` to `max`, in steps counted from `min` (None: any)."""

    min: Decimal
    max: Decimal
    step: Decimal | None = None

    def problem(self, mark: Decimal) -> Problem | None:
        """What is wrong with `mark` on this scale, or None."""
        if not self.min <= mark <= self.max:
            return Problem(
                N_("%(mark)s is outside the scale from %(min)s to %(max)s"),
                {"mark": show_decimal(mark), "min": show_decimal(self.min), "max": show_decimal(self.max)},
            )
        if self.step is not None and not _is_multiple(mark, self.min, self.step):
            return Problem(
                N_("%(mark)s is not on a step of %(step)s from %(min)s"),
                {"mark": show_decimal(mark), "step": show_decimal(self.step), "min": show_decimal(self.min)},
            )
        return None


def _is_multiple(value: Decimal, start: Decimal, step: Decimal) -> bool:
    return ((Fraction(value) - Fraction(start)) / Fraction(step)).denominator == 1


@dataclass(frozen=True, slots=True)
class Anchor:
    """What deserves the mark `value`, in one sentence for each language."""

    value: Decimal
    text: Text


@dataclass(frozen=True, slots=True)
class ReasonRequired:
    """When a member must write a reason: always, never, or outside `below`..`above`."""

    when: Literal["always", "never", "outside"] = "always"
    below: Decimal | None = None
    above: Decimal | None = None

    def needed(self, mark: Decimal) -> bool:
        """Whether `mark` needs a reason."""
        if self.when != "outside":
            return self.when == "always"
        return (self.below is not None and mark < self.below) or (self.above is not None and mark > self.above)


@dataclass(frozen=True, slots=True)
class Formula:
    """How a mark follows from the prices of the applications: the lowest `figure` gets the highest mark, each other
    one highest mark × lowest figure ÷ own figure, exactly (the low-price-first formula of MOF Order 87, by analogy).

    `figure`: the livestream price itself, where all goods are alike; or that price in relation to the lowest price of
    the last 7, 30 or 90 days (of the last sale, where nothing was sold), where they are not.
    """

    figure: Figure


@dataclass(frozen=True, slots=True)
class Criterion:
    """One thing that is scored. `weight` is points per mark, or points for the full mark (ScoringRule.combine). Where
    there is a `formula`, the marks are computed."""

    code: str
    weight: Decimal
    scale: Scale
    minimum: Decimal | None = None
    kind: Kind = "judged"
    title: Text = field(default_factory=Text)
    evidence: Text = field(default_factory=Text)
    anchors: tuple[Anchor, ...] = ()
    reason_required: ReasonRequired = field(default_factory=ReasonRequired)
    formula: Formula | None = None


@dataclass(frozen=True, slots=True)
class Aggregation:
    """How the members' marks become one. `trim` and `leave_at_least` concern trimmed_mean; `uneven` concerns sum and
    rank_sum where applications have different numbers of sheets: `add` what there is, or `scale` to one number."""

    method: Method = "mean"
    level: Level = "criterion"
    trim: int = 1
    leave_at_least: int = 3
    uneven: Uneven = "add"


@dataclass(frozen=True, slots=True)
class Rounding:
    """Round at `stage` to `places` decimals. half_up rounds a half away from zero."""

    stage: Stage
    places: int
    mode: Mode = "half_up"


@dataclass(frozen=True, slots=True)
class TieBreak:
    """One link of the tie chain: by a `criterion` (its code), by another `aggregate` (its method), by a declared
    `preference` (its code), or by the verifiable `draw`."""

    by: By
    code: str | None = None
    method: Method | None = None


@dataclass(frozen=True, slots=True)
class Caps:
    """How many products of one merchant, and of one kind of goods, may be selected or in reserve. None: any."""

    merchant: int | None = None
    category: int | None = None


@dataclass(frozen=True, slots=True)
class Preferences:
    """`first_timers`: slots kept for merchants never selected before; `rest`: who was selected in one of so many
    rounds decided last is passed over as long as others qualify. 0: none."""

    first_timers: int = 0
    rest: int = 0


@dataclass(frozen=True, slots=True)
class Abnormal:
    """When a mark is abnormally high or low: more than `percent` of the scale away from the median of what at least
    `others` other members gave."""

    percent: Decimal
    others: int


@dataclass(frozen=True, slots=True)
class ScoringRule:
    """See the module. `combine`: Σ weight × mark (weighted_sum) or Σ weight × mark ÷ max (share_of_weight)."""

    criteria: tuple[Criterion, ...]
    combine: Combine = "weighted_sum"
    aggregation: Aggregation = field(default_factory=Aggregation)
    rounding: tuple[Rounding, ...] = ()
    missing: Missing = "exclude"
    quorum: int = 0
    ties: tuple[TieBreak, ...] = ()
    slots: int = 1
    reserves: int = 0
    threshold: Decimal | None = None
    caps: Caps = field(default_factory=Caps)
    preferences: Preferences = field(default_factory=Preferences)
    abnormal: Abnormal | None = None

    @property
    def marked(self) -> tuple[Criterion, ...]:
        """The criteria for which members give marks."""
        return tuple(c for c in self.criteria if c.formula is None)

    @property
    def computed(self) -> tuple[Criterion, ...]:
        """The criteria whose marks follow from the prices."""
        return tuple(c for c in self.criteria if c.formula is not None)

    @property
    def asks_history(self) -> bool:
        """Whether it matters in which earlier rounds a merchant was selected."""
        links = {tie.code for tie in self.ties if tie.by == "preference"}
        return self.preferences != Preferences() or not links.isdisjoint(PREFERENCE_NAMES)

    @property
    def asks_facts(self) -> bool:
        """Whether anything but marks decides: prices, caps, earlier selections."""
        return bool(self.computed) or self.caps != Caps() or self.asks_history

    @property
    def lowest_wins(self) -> bool:
        """Whether a lower total is better: with ranks it is."""
        return self.aggregation.method == "rank_sum"

    def criterion(self, code: str) -> Criterion:
        """The criterion with that code; KeyError when there is none."""
        for criterion in self.criteria:
            if criterion.code == code:
                return criterion
        raise KeyError(code)

    def rounding_at(self, stage: Stage) -> Rounding | None:
        """How results of `stage` are rounded, or None."""
        return next((r for r in self.rounding if r.stage == stage), None)

    def best_total(self) -> Fraction:
        """The total of an application with the full mark everywhere, from one member or from the mean of several."""
        weights = (Fraction(c.weight) for c in self.criteria)
        if self.combine == "share_of_weight":
            return sum(weights, Fraction(0))
        return sum((Fraction(c.weight) * Fraction(c.scale.max) for c in self.criteria), Fraction(0))

    @classmethod
    def from_json(cls, document: object) -> "ScoringRule":
        """The rule that `document` (decoded JSON) writes; RuleBroken with every fault, each naming its place."""
        problems: list[Problem] = []
        rule = _read_rule(_Place("", document, problems))
        refuse_if(problems)
        return cast(ScoringRule, rule)

    def to_json(self) -> dict[str, Any]:
        """The JSON form with every option written out; `from_json` gives back an equal rule. No floats."""
        document: dict[str, Any] = {
            "criteria": [_criterion_json(c) for c in self.criteria],
            "combine": self.combine,
            "aggregation": {
                "method": self.aggregation.method,
                "level": self.aggregation.level,
                "trim": self.aggregation.trim,
                "leave_at_least": self.aggregation.leave_at_least,
                "uneven": self.aggregation.uneven,
            },
            "rounding": [{"stage": r.stage, "places": r.places, "mode": r.mode} for r in self.rounding],
            "missing": self.missing,
            "quorum": self.quorum,
            "ties": [
                {"by": t.by}
                | ({} if t.code is None else {"code": t.code})
                | ({} if t.method is None else {"method": t.method})
                for t in self.ties
            ],
            "slots": self.slots,
            "reserves": self.reserves,
        }
        if self.threshold is not None:
            document["threshold"] = show_decimal(self.threshold)
        for name, part in (("caps", self.caps), ("preferences", self.preferences)):
            if given := {key: value for key in part.__dataclass_fields__ if (value := getattr(part, key))}:
                document[name] = given
        if self.abnormal is not None:
            document["abnormal"] = {"percent": show_decimal(self.abnormal.percent), "others": self.abnormal.others}
        return document


def _criterion_json(c: Criterion) -> dict[str, Any]:
    scale = {"min": show_decimal(c.scale.min), "max": show_decimal(c.scale.max)}
    if c.scale.step is not None:
        scale["step"] = show_decimal(c.scale.step)
    reason: Any = c.reason_required.when
    if reason == "outside":
        limits = {"below": c.reason_required.below, "above": c.reason_required.above}
        reason = {name: show_decimal(limit) for name, limit in limits.items() if limit is not None}
    out: dict[str, Any] = {
        "code": c.code,
        "weight": show_decimal(c.weight),
        "scale": scale,
        "kind": c.kind,
        "title": {"en": c.title.en, "zh": c.title.zh},
        "evidence": {"en": c.evidence.en, "zh": c.evidence.zh},
        "anchors": [{"value": show_decimal(a.value), "en": a.text.en, "zh": a.text.zh} for a in c.anchors],
        "reason_required": reason,
    }
    if c.minimum is not None:
        out["minimum"] = show_decimal(c.minimum)
    if c.formula is not None:
        out["formula"] = {"figure": c.formula.figure}
    return out


class _Place:
    """A value somewhere in the document, the name of that place, and the list that faults are written to.

    Readers return a harmless value after a fault, so that the reading goes on and finds the others.
    """

    def __init__(self, name: str, value: object, problems: list[Problem]) -> None:
        self.name, self.value, self.problems = name, value, problems

    def fault(self, message: str, **params: Any) -> None:
        """Note a fault here. `message` begins with `%(place)s`."""
        self.problems.append(Problem(message, {"place": self.name or "rules", **params}, self.name or None))

    def keys(self, *known: str) -> Mapping[str, object]:
        """This object; its unknown keys are faults, and so is anything that is not an object."""
        if not isinstance(self.value, Mapping):
            self.fault(N_("%(place)s: an object is needed"))
            return {}
        for key in self.value:
            if key not in known:
                self.fault(N_("%(place)s: unknown key “%(key)s”"), key=str(key)[:60])
        return self.value

    def at(self, key: str) -> "_Place":
        """The value under `key`; a missing one reads as null."""
        value = self.value.get(key) if isinstance(self.value, Mapping) else None
        return _Place(f"{self.name}.{key}" if self.name else key, value, self.problems)

    def items(self) -> "list[_Place]":
        """The elements of this array; null reads as empty."""
        if self.value is None:
            return []
        if not isinstance(self.value, Sequence) or isinstance(self.value, str | bytes):
            self.fault(N_("%(place)s: a list is needed"))
            return []
        return [_Place(f"{self.name}[{i}]", item, self.problems) for i, item in enumerate(self.value)]

    def optional_number(self) -> Decimal | None:
        """A plain decimal from a string or an integer, or None for null."""
        value = self.value
        if value is None:
            return None
        if isinstance(value, float):
            self.fault(N_("%(place)s: write the number as a string; a floating-point number is not exact"))
            return None
        text = str(value) if isinstance(value, int) and not isinstance(value, bool) else value
        number = plain_decimal(text) if isinstance(text, str) else None
        if number is None:
            self.fault(N_("%(place)s: “%(given)s” is not a plain decimal number"), given=str(value)[:60])
        return number

    def number(self, default: Decimal | None = None) -> Decimal:
        """A plain decimal; without a default it is needed."""
        if self.value is None and default is None:
            self.fault(N_("%(place)s: a number is needed"))
        return _or(self.optional_number(), default or Decimal(0))

    def count(self, default: int, least: int = 0) -> int:
        """An integer of at least `least`, as an integer or in a string."""
        if self.value is None:
            return default
        given = self.value
        text = given if isinstance(given, str) else ""
        number = given if isinstance(given, int) and not isinstance(given, bool) else None
        if text.isascii() and text.isdigit() and len(text) <= 7:
            number = int(text)
        if number is None or not least <= number <= _MOST:
            self.fault(
                N_("%(place)s: a whole number of at least %(least)s is needed, not “%(given)s”"),
                least=least,
                given=str(given)[:60],
            )
            return default
        return number

    def choice(self, options: tuple[str, ...], default: str | None) -> str:
        """One of `options`; without a default it is needed."""
        if self.value is None and default is not None:
            return default
        if not isinstance(self.value, str) or self.value not in options:
            self.fault(
                N_("%(place)s: one of %(options)s is needed, not “%(given)s”"),
                options=", ".join(options),
                given="" if self.value is None else str(self.value)[:60],
            )
            return default or options[0]
        return self.value

    def text(self) -> str:
        """A string; null reads as empty."""
        if self.value is None:
            return ""
        if not isinstance(self.value, str):
            self.fault(N_("%(place)s: a text is needed"))
            return ""
        return self.value

    def code(self) -> str:
        """A string of one to 60 characters without spaces around it."""
        text = self.text()
        if not text or text != text.strip() or len(text) > 60:
            self.fault(N_("%(place)s: a code of 1 to 60 characters is needed"))
        return text

    def both(self) -> Text:
        """A text in both languages."""
        if self.value is None:
            return Text()
        self.keys("en", "zh")
        return Text(self.at("en").text(), self.at("zh").text())


def _or(value: Decimal | None, default: Decimal) -> Decimal:
    return default if value is None else value


_RULE_KEYS = (
    "criteria",
    "combine",
    "aggregation",
    "rounding",
    "missing",
    "quorum",
    "ties",
    "slots",
    "reserves",
    "threshold",
    "caps",
    "preferences",
    "abnormal",
)
_CRITERION_KEYS = (
    "code",
    "weight",
    "scale",
    "minimum",
    "kind",
    "title",
    "evidence",
    "anchors",
    "reason_required",
    "formula",
)


def _read_rule(place: _Place) -> ScoringRule | None:
    place.keys(*_RULE_KEYS)
    if place.problems and not isinstance(place.value, Mapping):
        return None
    rule = ScoringRule(
        criteria=tuple(_read_criterion(p) for p in place.at("criteria").items()),
        combine=cast(Combine, place.at("combine").choice(get_args(Combine), "weighted_sum")),
        aggregation=_read_aggregation(place.at("aggregation")),
        rounding=tuple(_read_rounding(p) for p in place.at("rounding").items()),
        missing=cast(Missing, place.at("missing").choice(get_args(Missing), "exclude")),
        quorum=place.at("quorum").count(0),
        ties=tuple(_read_tie(p) for p in place.at("ties").items()),
        slots=place.at("slots").count(1, least=1),
        reserves=place.at("reserves").count(0),
        threshold=place.at("threshold").optional_number(),
        caps=_read_caps(place.at("caps")),
        preferences=_read_preferences(place.at("preferences")),
        abnormal=_read_abnormal(place.at("abnormal")),
    )
    _check_whole(rule, place)
    return rule


def _read_criterion(place: _Place) -> Criterion:
    place.keys(*_CRITERION_KEYS)
    criterion = Criterion(
        code=place.at("code").code(),
        weight=place.at("weight").number(),
        scale=_read_scale(place.at("scale")),
        minimum=place.at("minimum").optional_number(),
        kind=cast(Kind, place.at("kind").choice(get_args(Kind), "judged")),
        title=place.at("title").both(),
        evidence=place.at("evidence").both(),
        anchors=tuple(_read_anchor(p) for p in place.at("anchors").items()),
        reason_required=_read_reason(place.at("reason_required")),
        formula=_read_formula(place.at("formula")),
    )
    if criterion.formula is not None and criterion.kind != "price":
        place.at("formula").fault(N_("%(place)s: only a criterion of kind price is computed from prices"))
    if criterion.formula is not None and criterion.scale.min != 0:
        place.at("scale").at("min").fault(N_("%(place)s: marks that are computed begin at 0"))
    if criterion.weight < 0:
        place.at("weight").fault(N_("%(place)s: a weight is never below zero"))
    return criterion


def _read_scale(place: _Place) -> Scale:
    before = len(place.problems)
    place.keys("min", "max", "step")
    if not isinstance(place.value, Mapping):
        return Scale(Decimal(0), Decimal(0))
    low, high = place.at("min").number(Decimal(0)), place.at("max").number()
    scale = Scale(low, high, place.at("step").optional_number())
    if len(place.problems) == before and scale.max <= scale.min:
        place.at("max").fault(N_("%(place)s: the top of the scale must be above its bottom"))
    if scale.step is not None and scale.step <= 0:
        place.at("step").fault(N_("%(place)s: a step must be above zero"))
    return scale


def _read_anchor(place: _Place) -> Anchor:
    place.keys("value", "en", "zh")
    return Anchor(place.at("value").number(), Text(place.at("en").text(), place.at("zh").text()))


def _read_reason(place: _Place) -> ReasonRequired:
    if not isinstance(place.value, Mapping):
        when = place.choice(("always", "never"), "always")
        return ReasonRequired("never" if when == "never" else "always")
    place.keys("below", "above")
    below, above = place.at("below").optional_number(), place.at("above").optional_number()
    if below is None and above is None:
        place.fault(N_("%(place)s: say below or above which mark a reason is required"))
    return ReasonRequired("outside", below, above)


def _read_formula(place: _Place) -> Formula | None:
    if place.value is None:
        return None
    place.keys("figure")
    return Formula(cast(Figure, place.at("figure").choice(get_args(Figure), None)))


def _read_caps(place: _Place) -> Caps:
    if place.value is None:
        return Caps()
    place.keys("merchant", "category")
    merchant, category = place.at("merchant"), place.at("category")
    return Caps(
        None if merchant.value is None else merchant.count(1, least=1),
        None if category.value is None else category.count(1, least=1),
    )


def _read_preferences(place: _Place) -> Preferences:
    if place.value is None:
        return Preferences()
    place.keys("first_timers", "rest")
    return Preferences(place.at("first_timers").count(0), place.at("rest").count(0))


def _read_abnormal(place: _Place) -> Abnormal | None:
    if place.value is None:
        return None
    place.keys("percent", "others")
    return Abnormal(place.at("percent").number(), place.at("others").count(4, least=1))


def _read_aggregation(place: _Place) -> Aggregation:
    if place.value is None:
        return Aggregation()
    place.keys("method", "level", "trim", "leave_at_least", "uneven")
    return Aggregation(
        method=cast(Method, place.at("method").choice(get_args(Method), "mean")),
        level=cast(Level, place.at("level").choice(get_args(Level), "criterion")),
        trim=place.at("trim").count(1),
        leave_at_least=place.at("leave_at_least").count(3, least=1),
        uneven=cast(Uneven, place.at("uneven").choice(get_args(Uneven), "add")),
    )


def _read_rounding(place: _Place) -> Rounding:
    place.keys("stage", "places", "mode")
    if (places := place.at("places")).value is None:
        places.fault(N_("%(place)s: a number is needed"))
    stage = cast(Stage, place.at("stage").choice(get_args(Stage), None))
    rounding = Rounding(stage, places.count(0), cast(Mode, place.at("mode").choice(get_args(Mode), "half_up")))
    if rounding.places > 12:
        places.fault(N_("%(place)s: at most 12 places"))
    return rounding


def _read_tie(place: _Place) -> TieBreak:
    by = cast(By, place.at("by").choice(get_args(By), None))
    if by == "aggregate":
        place.keys("by", "method")
        return TieBreak(by, method=cast(Method, place.at("method").choice(get_args(Method), None)))
    if by == "draw":
        place.keys("by")
        return TieBreak(by)
    place.keys("by", "code")
    return TieBreak(by, code=place.at("code").code())


def _check_whole(rule: ScoringRule, place: _Place) -> None:
    """Faults between the parts, without which a tally would not be defined."""
    codes = [c.code for c in rule.criteria]
    if not codes:
        place.at("criteria").fault(N_("%(place)s: at least one criterion is needed"))
    for i in _repeated(codes):
        _Place(f"criteria[{i}].code", None, place.problems).fault(
            N_("%(place)s: “%(code)s” is already the code of another criterion"), code=codes[i]
        )
    for i in _repeated([r.stage for r in rule.rounding]):
        _Place(f"rounding[{i}].stage", None, place.problems).fault(N_("%(place)s: each stage is rounded once"))
    for i, tie in enumerate(rule.ties):
        at = _Place(f"ties[{i}]", None, place.problems)
        if tie.by == "criterion" and tie.code not in codes:
            at.at("code").fault(N_("%(place)s: there is no criterion “%(code)s”"), code=tie.code)
        if tie.by == "draw" and i + 1 < len(rule.ties):
            at.fault(N_("%(place)s: nothing can follow the draw, which leaves no tie"))
    if rule.combine == "share_of_weight":
        for i, criterion in enumerate(rule.criteria):
            if criterion.scale.max <= 0 < criterion.scale.max - criterion.scale.min:
                _Place(f"criteria[{i}].scale.max", None, place.problems).fault(
                    N_("%(place)s: a share of the maximum needs a maximum above zero")
                )
    if rule.threshold is not None and rule.lowest_wins:
        place.at("threshold").fault(N_("%(place)s: a threshold does not apply to ranks, where the lowest wins"))


def _repeated(values: Sequence[str]) -> list[int]:
    return [i for i, value in enumerate(values) if value in values[:i]]


def check_for_publication(rule: ScoringRule) -> list[Problem]:
    """What keeps `rule` from being published with a round; an empty list when nothing does.

    Stricter than what a tally needs: a published rule is complete in both languages, adds up to 100, leaves no tie
    and counts no absent mark as zero.
    """
    problems: list[Problem] = []

    def fault(name: str, message: str, **params: Any) -> None:
        problems.append(Problem(message, {"place": name, **params}, name))

    weights = sum((c.weight for c in rule.criteria), Decimal(0))
    if weights != 100:
        fault(
            "criteria",
            N_("%(place)s: the weights must add up to 100; they add up to %(sum)s"),
            sum=show_decimal(weights),
        )
    for i, criterion in enumerate(rule.criteria):
        _check_criterion(f"criteria[{i}]", criterion, fault)
    _check_chain(rule.ties, fault)
    _check_aggregation(rule, fault)
    if rule.quorum < 1:
        fault("quorum", N_("%(place)s: say how many sheets an application needs, at least 1"))
    if rule.threshold is not None and not 0 < Fraction(rule.threshold) <= rule.best_total():
        fault("threshold", N_("%(place)s: must be above zero and within the highest total that can be reached"))
    if rule.criteria and not rule.marked:
        fault("criteria", N_("%(place)s: prices alone decide nothing here; add a criterion that members mark"))
    if rule.preferences.first_timers > rule.slots:
        fault("preferences.first_timers", N_("%(place)s: no more slots can be kept than there are"))
    if rule.abnormal is not None and not 0 < rule.abnormal.percent < 100:
        fault("abnormal.percent", N_("%(place)s: must be above 0 and below 100"))
    return problems


_Fault = Callable[..., None]


def _check_criterion(name: str, c: Criterion, fault: _Fault) -> None:
    if not _CODE.fullmatch(c.code):
        fault(f"{name}.code", N_("%(place)s: use Latin letters, digits, hyphens and underscores, a letter first"))
    if c.weight <= 0:
        fault(f"{name}.weight", N_("%(place)s: a criterion without weight decides nothing"))
    if c.kind == "price" and c.formula is None:
        fault(f"{name}.formula", N_("%(place)s: say from which price the mark is computed"))
    if c.scale.step is None:
        if c.formula is None:
            fault(f"{name}.scale.step", N_("%(place)s: say in which steps marks are given"))
    elif not _is_multiple(c.scale.max, c.scale.min, c.scale.step):
        fault(f"{name}.scale.step", N_("%(place)s: the step must divide the scale"))
    if c.minimum is not None and not c.scale.min <= c.minimum <= c.scale.max:
        fault(f"{name}.minimum", N_("%(place)s: must lie within the scale"))
    if not c.title.en.strip() or not c.title.zh.strip():
        fault(f"{name}.title", N_("%(place)s: a title in English and in Chinese is needed"))
    for limit in (c.reason_required.below, c.reason_required.above):
        if limit is not None and not c.scale.min <= limit <= c.scale.max:
            fault(f"{name}.reason_required", N_("%(place)s: must lie within the scale"))
    _check_anchors(name, c, fault)


def _check_anchors(name: str, c: Criterion, fault: _Fault) -> None:
    values = [a.value for a in c.anchors]
    for i, anchor in enumerate(c.anchors):
        if c.scale.problem(anchor.value) or anchor.value in values[:i]:
            fault(f"{name}.anchors[{i}].value", N_("%(place)s: must be a mark of the scale, each only once"))
        if not anchor.text.en.strip() or not anchor.text.zh.strip():
            fault(f"{name}.anchors[{i}]", N_("%(place)s: a sentence in English and in Chinese is needed"))
    if c.kind != "price" and not {c.scale.min, c.scale.max} <= set(values):
        fault(
            f"{name}.anchors",
            N_("%(place)s: say what deserves the lowest and the highest mark, and best each level between"),
        )


def _check_chain(ties: Iterable[TieBreak], fault: _Fault) -> None:
    seen: list[TieBreak] = []
    for i, tie in enumerate(ties):
        if tie in seen:
            fault(f"ties[{i}]", N_("%(place)s: the chain already holds this"))
        if tie.by == "preference" and tie.code not in PREFERENCE_NAMES:
            fault(f"ties[{i}].code", N_("%(place)s: “%(code)s” follows from no record"), code=tie.code)
        seen.append(tie)
    if not seen or seen[-1].by != "draw":
        fault("ties", N_("%(place)s: the chain must end in the draw, so that no tie is left to anybody's choice"))


def _check_aggregation(rule: ScoringRule, fault: _Fault) -> None:
    method, level = rule.aggregation.method, rule.aggregation.level
    methods = {method, *(tie.method for tie in rule.ties)}
    if methods & {"sum", "rank_sum"} and rule.aggregation.uneven != "scale":
        fault(
            "aggregation.uneven",
            N_("%(place)s: with sums, choose “scale”; otherwise an absent sheet would count like a zero"),
        )
    if method == "rank_sum" and level == "criterion" and rule.combine == "share_of_weight":
        fault("combine", N_("%(place)s: ranks are not a share of the highest mark; choose weighted_sum"))
    if method == "trimmed_mean" and rule.aggregation.trim < 1:
        fault("aggregation.trim", N_("%(place)s: say how many marks to leave out at each end, at least 1"))
