"""What an amendment changed, said in full: each place of the rules with what stood there and what stands there now.
Pure."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any

from procurement.errors import N_
from procurement.rounds.rules import RoundDocument
from procurement.rounds.scoring_rule import Text

Value = Text | date | int | str | None


@dataclass(frozen=True, slots=True)
class Change:
    """`what` is a source text. A whole number counts calendar days; None and empty texts: nothing stood there."""

    what: str
    before: Value
    after: Value


_PLACES: tuple[tuple[str, Callable[[RoundDocument], Any]], ...] = (
    (N_("Purpose"), lambda d: d.purpose),
    (N_("Public interest"), lambda d: d.public_interest),
    (N_("Name of the organiser"), lambda d: d.office.name),
    (N_("Address of the organiser"), lambda d: d.office.address),
    (N_("How to reach the office"), lambda d: d.office.contact),
    (N_("Platform"), lambda d: d.activity.platform),
    (N_("Planned day"), lambda d: d.activity.planned_on),
    (N_("Length of the call"), lambda d: d.timetable.call_days),
    (N_("Legal basis"), lambda d: d.legal_basis),
)
"""The places that an amendment may change (rules.check_amendment)."""


def changes(before: RoundDocument, after: RoundDocument) -> tuple[Change, ...]:
    """What differs, in the order in which the rules are printed."""
    return tuple(Change(what, old, new) for what, value in _PLACES if (old := value(before)) != (new := value(after)))
