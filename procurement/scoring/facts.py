"""What counts about applications besides their marks: prices, whose they are, of what kind, what was selected before.

All of it is fixed before anybody scores. The JSON form is that of `sunlit tally --facts`:

    {"decided": ["R2025-001", "R2025-002"],
     "applications": {"R2026-001-A001": {"merchant": "M-000001", "category": "fresh", "figures": {"price": "19.9/25"},
                                         "selected": ["R2025-002"]}}}

`decided`: earlier rounds in the order in which they were decided. `figures`: criterion code → the figure that its
formula compares, a plain decimal or a quotient of two. `selected`: those of the earlier rounds in which the merchant
was selected. Pure.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from typing import Any

from procurement.errors import N_, Problem, refuse_if
from procurement.rounds.scoring_rule import Formula, ScoringRule, plain_decimal
from procurement.scoring.exact import precise


@dataclass(frozen=True, slots=True)
class Applied:
    """One application's facts; see the module. Empty texts are facts that are not known."""

    merchant: str = ""
    category: str = ""
    figures: Mapping[str, Fraction] = field(default_factory=dict)
    selected: tuple[str, ...] = ()


NOTHING = Applied()


@dataclass(frozen=True, slots=True)
class Facts:
    """See the module."""

    applications: Mapping[str, Applied] = field(default_factory=dict)
    decided: tuple[str, ...] = ()

    def of(self, application: str) -> Applied:
        """That application's facts; empty ones when nothing is known."""
        return self.applications.get(application, NOTHING)

    def resting(self, application: str, rest: int) -> str | None:
        """In which of the last `rest` decided rounds its merchant was selected, the latest; None when in none."""
        last = self.decided[-rest:] if rest else ()
        return next((ref for ref in reversed(last) if ref in self.of(application).selected), None)

    def problems(self, rule: ScoringRule, applications: Iterable[str]) -> Iterator[Problem]:
        """What `rule` asks about `applications` and is not here."""
        for application in applications:
            known = self.of(application)
            for criterion in rule.computed:
                figure = known.figures.get(criterion.code)
                if figure is None:
                    yield _lacks(
                        N_("%(application)s, %(code)s: the price it is computed from is missing"),
                        application,
                        code=criterion.code,
                    )
                elif figure <= 0:
                    yield _lacks(
                        N_("%(application)s, %(code)s: a price is above zero"), application, code=criterion.code
                    )
            if rule.caps.merchant is not None and not known.merchant:
                yield _lacks(N_("%(application)s: its merchant is not known, and the rule has a cap"), application)
            if rule.caps.category is not None and not known.category:
                yield _lacks(
                    N_("%(application)s: its kind of goods is not known, and the rule has a cap"), application
                )

    def to_json(self) -> dict[str, Any]:
        """The JSON form."""
        return {
            "decided": list(self.decided),
            "applications": {
                application: {
                    "merchant": known.merchant,
                    "category": known.category,
                    "figures": {code: precise(figure) for code, figure in known.figures.items()},
                    "selected": list(known.selected),
                }
                for application, known in self.applications.items()
            },
        }

    @classmethod
    def from_json(cls, document: Any) -> "Facts":
        """What `document` (decoded JSON) writes; RuleBroken with every fault, each naming its place."""
        problems: list[Problem] = []
        whole = _object("", document, ("decided", "applications"), problems)
        applications = whole.get("applications", {})
        if not isinstance(applications, Mapping):
            problems.append(_fault("applications", N_("%(place)s: an object is needed")))
            applications = {}
        found = {str(a): _applied(f"applications.{a}", value, problems) for a, value in applications.items()}
        facts = cls(found, _texts("decided", whole.get("decided", []), problems))
        refuse_if(problems)
        return facts


def figure(formula: Formula, price: Mapping[str, Decimal | None]) -> Fraction | None:
    """What `formula` compares of these prices (fields of applications.content.Price), None where it is not there."""
    own = price["livestream"]
    if own is None or formula.figure == "livestream_price":
        return None if own is None else Fraction(own)
    low = price[formula.figure.removeprefix("price_to_")]
    against = price["last_sale"] if low is None else low
    return None if not against else Fraction(own) / Fraction(against)


def read_compared(text: str) -> tuple[str, str, dict[str, Decimal | None]]:
    """(merchant, kind of goods, prices) in a text of applications.content.Submission.compared. Raises KeyError,
    TypeError, ValueError or ArithmeticError for anything else."""
    document = json.loads(text)
    prices = {str(name): None if value is None else Decimal(value) for name, value in document["price"].items()}
    return str(document["merchant"]), str(document["category"]), prices


def _lacks(sentence: str, application: str, **params: Any) -> Problem:
    return Problem(sentence, {"application": application, **params})


def _fault(place: str, sentence: str, **params: Any) -> Problem:
    return Problem(sentence, {"place": place or "facts", **params}, place or None)


def _object(place: str, value: Any, keys: tuple[str, ...], problems: list[Problem]) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        problems.append(_fault(place, N_("%(place)s: an object is needed")))
        return {}
    problems += [
        _fault(place, N_("%(place)s: unknown key “%(key)s”"), key=str(key)[:60]) for key in value if key not in keys
    ]
    return value


def _applied(place: str, value: Any, problems: list[Problem]) -> Applied:
    known = _object(place, value, ("merchant", "category", "figures", "selected"), problems)
    figures = known.get("figures", {})
    if not isinstance(figures, Mapping):
        problems.append(_fault(f"{place}.figures", N_("%(place)s: an object is needed")))
        figures = {}
    read = {str(code): _figure(f"{place}.figures.{code}", text, problems) for code, text in figures.items()}
    return Applied(
        merchant=_text(f"{place}.merchant", known.get("merchant", ""), problems),
        category=_text(f"{place}.category", known.get("category", ""), problems),
        figures={code: figure for code, figure in read.items() if figure is not None},
        selected=_texts(f"{place}.selected", known.get("selected", []), problems),
    )


def _text(place: str, value: Any, problems: list[Problem]) -> str:
    if not isinstance(value, str):
        problems.append(_fault(place, N_("%(place)s: a text is needed")))
        return ""
    return value


def _texts(place: str, value: Any, problems: list[Problem]) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        problems.append(_fault(place, N_("%(place)s: a list is needed")))
        return ()
    return tuple(value)


def _figure(place: str, value: Any, problems: list[Problem]) -> Fraction | None:
    """A plain decimal, or two with a stroke between them."""
    above, stroke, below = value.partition("/") if isinstance(value, str) else ("", "", "")
    upper, lower = plain_decimal(above), plain_decimal(below) if stroke else plain_decimal("1")
    if upper is None or not lower:
        problems.append(
            _fault(place, N_("%(place)s: “%(given)s” is not a plain decimal number"), given=str(value)[:60])
        )
        return None
    return Fraction(upper) / Fraction(lower)
