"""Which kinds of entries the check knows. What it does not know it says, and passes over nothing in silence. Pure.

A kind is known when one of the checks reads it, or when it is named here among those from which nothing follows that
one file could show. A new kind in a round belongs to one or the other.
"""

from collections import defaultdict
from collections.abc import Iterator

from procurement.applications.entries import QuestionAnswered, QuestionAsked
from procurement.committee import retracing
from procurement.committee.entries import (
    ChairPassed,
    MeetingCalled,
    MeetingCancelled,
    MeetingHeld,
    RecusalStated,
    SupervisorAttended,
)
from procurement.decisions.entries import DecisionApproved, DecisionDeclined, DecisionSealed, DecisionSigned
from procurement.errors import N_, Problem
from procurement.evidence import (
    committee_facts,
    course,
    course_facts,
    draw_facts,
    objection_course,
    objection_facts,
    outcome_facts,
    paper_facts,
    score_facts,
)
from procurement.evidence.facts import Record, Unknown, checks
from procurement.objections.entries import SubstituteNamed
from procurement.publiclog.entry import Entry, UnknownKind
from procurement.rounds.entries import RoundCreated, SeatEnded, SeatGiven
from procurement.scoring.entries import InterferenceAnswered, InterferenceReported

READERS = (
    course,
    course_facts,
    retracing,
    draw_facts,
    committee_facts,
    score_facts,
    objection_course,
    objection_facts,
    outcome_facts,
    paper_facts,
)
"""Modules that read entries: what they import they know."""

TOLD_ONLY: frozenset[type[Entry]] = frozenset(
    {
        RoundCreated,  # before the rules were frozen
        SeatGiven,  # who may act in which role: whether somebody may is asked of accounts, which are not public
        SeatEnded,
        SubstituteNamed,
        QuestionAsked,
        QuestionAnswered,
        ChairPassed,
        RecusalStated,
        MeetingCalled,
        MeetingCancelled,
        MeetingHeld,
        SupervisorAttended,
        InterferenceReported,  # sealed: what it says is for the supervisor
        InterferenceAnswered,
        DecisionSealed,  # the PDF itself has every signature in it
        DecisionApproved,
        DecisionDeclined,
        DecisionSigned,
    }
)
"""Kinds that tell what happened, and from which nothing follows that could be checked in one file."""

KNOWN: frozenset[type[Entry]] = TOLD_ONLY | {
    found
    for module in READERS
    for found in vars(module).values()
    if isinstance(found, type) and issubclass(found, Entry) and found is not Entry
}


@checks("kinds", N_("Every entry of the round is of a kind that this check knows"))
def _kinds(record: Record) -> Iterator[Problem]:
    unknown: dict[str, list[str]] = defaultdict(list)
    for proved, line in record.lines:
        if isinstance(line, UnknownKind):
            unknown[line.kind].append(str(proved.index))
        elif type(line.entry) not in KNOWN:
            unknown[line.entry.kind].append(str(proved.index))
    if unknown:
        raise Unknown(
            N_("What these entries say was not checked; a newer check may know them: %(entries)s"),
            entries="; ".join(f"{kind} ({', '.join(indices)})" for kind, indices in unknown.items()),
        )
    yield from ()
