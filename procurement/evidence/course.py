"""The entries of a round as the milestones that its phase follows from, and in which phase each act belongs. Pure.

The application itself derives the phase from its table of milestones; here the same definition (rounds.phases) is
applied to what the public log says, so that a table that was edited changes nothing.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType

from procurement.applications.entries import (
    ApplicationConfirmed,
    ApplicationHelped,
    ApplicationSigned,
    ApplicationSubmitted,
    ApplicationWithdrawn,
    CheckingClosed,
    ChecklistKept,
    SupplementAnswered,
    SupplementRequested,
    VerdictGiven,
)
from procurement.committee.entries import (
    DrawAnnounced,
    DrawCarriedOut,
    ExpertSetAside,
    InterestsDeclared,
    MemberAppointed,
    RecusalDecided,
    RecusalRequested,
    ScoringBegan,
    SeatAccepted,
)
from procurement.decisions.entries import DecisionDrawnUp, DecisionPublished
from procurement.objections.entries import (
    AuthorityDecided,
    AwardSuspended,
    NoticeGiven,
    ObjectionAnswered,
    ObjectionFiled,
    ObjectionInadmissible,
    ObjectionRuled,
    ObjectionSupplemented,
    ObjectionWithdrawn,
    ThirdPartyAnswered,
)
from procurement.objections.rules import HANDLED_IN, JUDGED_IN, ORDERED, Remedy
from procurement.publiclog.entry import Entry, Envelope
from procurement.rounds.entries import RoundAborted, RoundAmended, RoundHeld, RoundPublished, RoundResumed
from procurement.rounds.phases import Kind, Phase
from procurement.scoring.entries import ScoresClosed, SheetSealed


@dataclass(frozen=True, slots=True)
class LoggedMilestone:
    """A milestone as the log has it."""

    kind: str
    at: datetime
    subject: str = ""
    closes: datetime | None = None


def milestones_in(envelope: Envelope) -> Iterator[LoggedMilestone]:  # noqa: C901 (one case for each kind)
    """What an entry adds to the course of its round."""
    at = envelope.at
    match envelope.entry:
        case RoundPublished(applications_close=closes):
            yield LoggedMilestone(Kind.PUBLISHED, at, closes=closes)
        case RoundAmended(applications_close=closes):
            yield LoggedMilestone(Kind.AMENDED, at, closes=closes)
        case RoundHeld():
            yield LoggedMilestone(Kind.HELD, at)
        case RoundResumed(closes=closes):
            yield LoggedMilestone(Kind.RESUMED, at, closes=closes)
        case RoundAborted():
            yield LoggedMilestone(Kind.ABORTED, at)
        case CheckingClosed():
            yield LoggedMilestone(Kind.CHECKING_CLOSED, at)
        case ScoringBegan(closes=closes):
            yield LoggedMilestone(Kind.SCORING_BEGAN, at, closes=closes)
        case RecusalRequested(request=ref):
            yield LoggedMilestone(Kind.OBJECTION_FILED, at, ref)
        case RecusalDecided(request=ref, reopened=reopened):
            if reopened is not None:
                yield LoggedMilestone(reopened, at)
            yield LoggedMilestone(Kind.OBJECTION_SETTLED, at, ref)
        case ScoresClosed():
            yield LoggedMilestone(Kind.SCORES_OPENED, at)
        case NoticeGiven(number=number, closes=closes):
            yield LoggedMilestone(Kind.NOTICE_GIVEN, at, str(number), closes)
        case ObjectionFiled(objection=ref):
            yield LoggedMilestone(Kind.OBJECTION_FILED, at, ref)
        case ObjectionInadmissible(objection=ref) | ObjectionWithdrawn(objection=ref):
            yield LoggedMilestone(Kind.OBJECTION_SETTLED, at, ref)
        case ObjectionRuled() | AuthorityDecided():
            yield from _ruled(envelope.entry, at)
        case AwardSuspended(objection=ref, until=until):
            yield LoggedMilestone(Kind.SUSPENDED, at, ref, until)
        case DecisionPublished():
            yield LoggedMilestone(Kind.DECISION_PUBLISHED, at)


def _ruled(entry: ObjectionRuled | AuthorityDecided, at: datetime) -> Iterator[LoggedMilestone]:
    """How far a ruling sends the round back, what it orders, and that the objection is settled."""
    ref = entry.objection
    if entry.reopened is not None:
        yield LoggedMilestone(entry.reopened, at)
    if entry.effect is not None and Remedy(entry.effect) in ORDERED:
        yield LoggedMilestone(ORDERED[Remedy(entry.effect)], at, ref)
    if isinstance(entry, AuthorityDecided):
        yield LoggedMilestone(Kind.SUSPENSION_ENDED, at, ref)
    if not isinstance(entry, AuthorityDecided) or entry.settles:
        yield LoggedMilestone(Kind.OBJECTION_SETTLED, at, ref)


IN_PHASE: Mapping[type[Entry], frozenset[Phase]] = MappingProxyType(
    {
        RoundAmended: frozenset({Phase.OPEN}),
        ApplicationSubmitted: frozenset({Phase.OPEN}),
        ApplicationSigned: frozenset({Phase.OPEN}),
        ApplicationHelped: frozenset({Phase.OPEN, Phase.CHECKING}),
        ApplicationConfirmed: frozenset({Phase.OPEN}),
        ApplicationWithdrawn: frozenset({Phase.OPEN}),
        ChecklistKept: frozenset({Phase.CHECKING}),
        SupplementRequested: frozenset({Phase.CHECKING}),
        SupplementAnswered: frozenset({Phase.CHECKING}),
        CheckingClosed: frozenset({Phase.CHECKING}),
        ExpertSetAside: frozenset({Phase.CHECKING, Phase.FORMING}),
        DrawAnnounced: frozenset({Phase.CHECKING, Phase.FORMING}),
        DrawCarriedOut: frozenset({Phase.CHECKING, Phase.FORMING}),
        MemberAppointed: frozenset({Phase.CHECKING, Phase.FORMING}),
        SeatAccepted: frozenset({Phase.CHECKING, Phase.FORMING}),
        InterestsDeclared: frozenset({Phase.FORMING}),
        ScoringBegan: frozenset({Phase.FORMING}),
        SheetSealed: frozenset({Phase.SCORING}),
        ScoresClosed: frozenset({Phase.SCORING}),
        NoticeGiven: frozenset({Phase.OPENED}),
        ObjectionAnswered: frozenset(HANDLED_IN),
        ObjectionSupplemented: frozenset(HANDLED_IN),
        ThirdPartyAnswered: frozenset(HANDLED_IN),
        AwardSuspended: frozenset(JUDGED_IN) - {Phase.DECIDED, Phase.CLOSED, Phase.ABORTED},
        DecisionDrawnUp: frozenset({Phase.DECIDING, Phase.DECIDED}),
    }
)
"""Acts that belong to certain phases: those in force at the instant of the act, before it."""


def lawful_phases(entry: Entry) -> frozenset[Phase] | None:
    """The phases in which `entry` may happen; None where the phase says nothing about it."""
    if isinstance(entry, VerdictGiven):
        # A ruling on an objection may replace a verdict later.
        return frozenset({Phase.CHECKING}) if entry.objection is None else None
    return IN_PHASE.get(type(entry))
