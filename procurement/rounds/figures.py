"""The figures of a round that a rule pack settles: where each stands in the document, what it is called, in what
it is counted, and between which bounds it lies.

One table for everything that has to know them all: packs, the linter, the printed rules, the pages of a draft. Pure.
A figure's value is written as text, as in a pack: "20", "decided".
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import Enum, StrEnum
from types import MappingProxyType
from typing import Any, Literal

from procurement.errors import N_
from procurement.rounds.rules import (
    Basis,
    DayUnit,
    ExpertsChosen,
    Figure,
    NamesPublished,
    RoundDocument,
)
from procurement.rounds.scoring_rule import Text


class Counted(Enum):
    """In what a figure is counted."""

    CALENDAR_DAYS = "calendar_days"
    WORKING_DAYS = "working_days"
    NOTICE_DAYS = "notice_days"
    YEARS = "years"
    MEMBERS = "members"
    ROUNDS = "rounds"
    APPLICATIONS = "applications"
    OBJECTIONS = "objections"
    MONTHS = "months"
    CHOICE = "choice"


@dataclass(frozen=True, slots=True)
class Place:
    """A figure's place. `label` is an N_ text; `least` and `most` bound it (a choice has none). `better`: which way
    serves applicants and the public, where one does."""

    path: str
    label: str
    counted: Counted
    least: int = 0
    most: int = 0
    better: Literal["more", "less", ""] = ""


_DAYS, _WORKING, _YEARS = Counted.CALENDAR_DAYS, Counted.WORKING_DAYS, Counted.YEARS

PLACES: tuple[Place, ...] = (
    Place("timetable.call_days", N_("Call for applications"), _DAYS, 1, 366, "more"),
    Place("timetable.min_call_days", N_("A call may not be shorter than"), _DAYS, 1, 90, "more"),
    Place("timetable.amendment_days", N_("Time left after an amendment"), _DAYS, 1, 60, "more"),
    Place("timetable.question_working_days", N_("Answer to a question on the call"), _WORKING, 1, 20, "less"),
    Place("timetable.checking_working_days", N_("Checking applications"), _WORKING, 1, 30),
    Place("timetable.supplement_working_days", N_("Supplementing papers"), _WORKING, 1, 30, "more"),
    Place("timetable.verdict_objection_working_days", N_("Objecting to a verdict"), _WORKING, 1, 20, "more"),
    Place("least_eligible", N_("Eligible applications, at least"), Counted.APPLICATIONS, 1, 20, "more"),
    Place("committee.size", N_("Members of the committee"), Counted.MEMBERS, 5, 99, "more"),
    Place("committee.experts", N_("Of them experts, at least"), Counted.MEMBERS, 1, 98, "more"),
    Place("committee.experts_chosen", N_("How experts are found"), Counted.CHOICE),
    Place("committee.rotation", N_("Who sat in so many rounds in a row pauses"), Counted.ROUNDS, 0, 20),
    Place("committee.seat_working_days", N_("Answer of somebody who was drawn for the committee"), _WORKING, 1, 10),
    Place("committee.recusal_working_days", N_("Decision on a request for recusal"), _WORKING, 1, 10, "less"),
    Place("committee.names_published", N_("Members' names are published"), Counted.CHOICE),
    Place("committee.observers", N_("Seats for observers"), Counted.MEMBERS, 0, 50),
    Place("scoring.quorum", N_("Sheets that each application needs"), Counted.MEMBERS, 1, 99, "more"),
    Place("timetable.scoring_working_days", N_("Scoring"), _WORKING, 1, 30),
    Place("timetable.notice_days", N_("Public notice of the proposed result"), Counted.NOTICE_DAYS, 3, 20, "more"),
    Place("timetable.notice_unit", N_("The notice is counted in"), Counted.CHOICE),
    Place("timetable.admissibility_working_days", N_("Whether an objection is admitted"), _WORKING, 1, 10, "less"),
    Place("timetable.objection_supplement_working_days", N_("Completing an objection"), _WORKING, 1, 20, "more"),
    Place("timetable.answer_working_days", N_("Answer to an objection"), _WORKING, 1, 20, "less"),
    Place(
        "timetable.third_party_working_days", N_("Statement of a merchant who is attacked"), _WORKING, 1, 20, "more"
    ),
    Place("timetable.ruling_working_days", N_("Ruling on an objection"), _WORKING, 1, 60, "less"),
    Place("timetable.suspension_days", N_("An objection stops the award for at most"), _DAYS, 1, 90),
    Place("timetable.escalation_working_days", N_("Turning to the outside authority"), _WORKING, 1, 60, "more"),
    Place("timetable.authority_working_days", N_("Decision of the outside authority"), _WORKING, 1, 90, "less"),
    Place(
        "timetable.unfounded_objections",
        N_("Dismissed objections of one filer that are pointed out to the supervisor"),
        Counted.OBJECTIONS,
        1,
        20,
    ),
    Place("timetable.unfounded_months", N_("Within"), Counted.MONTHS, 1, 36),
    Place("timetable.decision_working_days", N_("Drawing up the decision"), _WORKING, 1, 30, "less"),
    Place("timetable.standstill_days", N_("Standstill after the decision"), _DAYS, 0, 60, "more"),
    Place("timetable.retention_years", N_("The file is kept"), _YEARS, 3, 30, "more"),
    Place("timetable.broadcast_retention_years", N_("Records of the broadcast are kept"), _YEARS, 3, 30, "more"),
)
"""In the order of the process. Notice lengths that are met in practice lie between three days and a month."""

BY_PATH: Mapping[str, Place] = MappingProxyType({place.path: place for place in PLACES})

CHOICES: Mapping[str, Mapping[StrEnum, str]] = MappingProxyType(
    {
        "committee.experts_chosen": {
            ExpertsChosen.DRAWN: N_("drawn by lot from the pool of experts, so that anybody can check the draw"),
            ExpertsChosen.APPOINTED: N_("appointed by the organiser"),
        },
        "committee.names_published": {
            NamesPublished.DECIDED: N_("with the decision"),
            NamesPublished.FORMED: N_("when scoring begins"),
        },
        "timetable.notice_unit": {
            DayUnit.WORKING: N_("working days"),
            DayUnit.CALENDAR: N_("calendar days"),
        },
    }
)
"""Path of a choice → its options and their words."""


def value_of(document: RoundDocument, path: str) -> str:
    """What stands at `path` of the document, as text."""
    thing: Any = document
    for name in path.split("."):
        thing = getattr(thing, name)
    return thing.value if isinstance(thing, StrEnum) else str(thing)


def with_value(document: RoundDocument, path: str, value: str) -> RoundDocument:
    """`document` with `value` at `path`. Raises ValueError for what cannot stand there."""
    outer, _dot, inner = path.rpartition(".")
    known: Any = int(value) if path not in CHOICES else type(next(iter(CHOICES[path])))(value)
    if not outer:
        return replace(document, **{inner: known})
    return replace(document, **{outer: replace(getattr(document, outer), **{inner: known})})


@dataclass(frozen=True, slots=True)
class Stated:
    """A figure as a round states it: its value, what the pack has there (None: no pack settles it), and the basis
    and source of the latter."""

    place: str
    value: str
    pack: str | None
    basis: Basis
    source: Text
    by_analogy: bool


def stated(document: RoundDocument) -> tuple[Stated, ...]:
    """Every figure of the document in the order of the process."""
    known = {figure.place: figure for figure in document.pack.figures}

    def one(path: str) -> Stated:
        value, figure = value_of(document, path), known.get(path)
        if figure is None:
            return Stated(path, value, None, Basis.DEFAULT, Text(), False)
        return Stated(path, value, figure.value, figure.basis, figure.source, figure.by_analogy)

    return tuple(one(place.path) for place in PLACES)


def adjusted(document: RoundDocument) -> tuple[Figure, ...]:
    """The figures of the document's pack that stand otherwise in it."""
    return tuple(figure for figure in document.pack.figures if figure.value != value_of(document, figure.place))


def weakened(document: RoundDocument) -> tuple[Figure, ...]:
    """The figures adjusted against applicants and the public, of those that the pack did not make up itself."""
    return tuple(
        figure
        for figure in adjusted(document)
        if figure.basis is not Basis.DEFAULT and _worse(figure, value_of(document, figure.place))
    )


def _worse(figure: Figure, value: str) -> bool:
    place = BY_PATH[figure.place]
    if place.counted is Counted.CHOICE:
        return True
    return (place.better == "more" and int(value) < int(figure.value)) or (
        place.better == "less" and int(value) > int(figure.value)
    )
