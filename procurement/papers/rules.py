"""Which papers are drawn up, and what an applicant is told of the others. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from types import MappingProxyType

from procurement.errors import N_


class PaperKind(StrEnum):
    """Papers that the office draws up from the record, each when its act is done."""

    OPENING = "opening"
    COMMITTEE = "committee"


PAPERS: Mapping[PaperKind, str] = MappingProxyType(
    {
        PaperKind.OPENING: N_("Minutes of the opening of the score sheets"),
        PaperKind.COMMITTEE: N_("Minutes of the selection committee"),
    }
)


def paper_ref(round_ref: str, number: int) -> str:
    """The public reference of the paper with that number in its round: R2026-001-P02."""
    return f"{round_ref}-P{number:02d}"


OUTCOMES: Mapping[str, str] = MappingProxyType(
    {
        "selected": N_("selected"),
        "reserve": N_("reserve"),
        "not_selected": N_("not selected"),
        "undecided": N_("waits for a tie to be broken"),
        "no_award": N_("no award"),
    }
)
"""What becomes of an application, in words."""


class Stage(StrEnum):
    """How far the result is that an applicant is told."""

    OPENED = "opened"
    NOTICE = "notice"
    DECIDED = "decided"


@dataclass(frozen=True, slots=True)
class Comparison:
    """Another application's value for a criterion against one's own. `lead`: by how much the other is better, in the
    units of the criterion's value; negative where one's own is better."""

    application: str
    value: str
    lead: Fraction


def compare(
    own: Fraction | None, others: Mapping[str, tuple[Fraction | None, str]], *, lowest_wins: bool
) -> tuple[Comparison, ...]:
    """How `others` (application → exact value, as shown) stand to one's own value. Without a value of one's own, or
    of theirs, there is nothing to compare."""
    if own is None:
        return ()
    sign = -1 if lowest_wins else 1
    return tuple(
        Comparison(application, text, sign * (value - own))
        for application, (value, text) in others.items()
        if value is not None
    )


def ahead(comparisons: Iterable[Comparison]) -> list[str]:
    """The applications that are better on a criterion."""
    return [one.application for one in comparisons if one.lead > 0]
