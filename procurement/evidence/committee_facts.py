"""Who sat, what they declared, that nobody scored with an interest. Each check yields what is wrong. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass

from procurement.applications.entries import VerdictGiven
from procurement.committee.entries import (
    InterestsDeclared,
    MemberAppointed,
    MemberRecused,
    MemberRemoved,
    RecusalDecided,
    RecusalRequested,
    ScoringBegan,
)
from procurement.committee.rules import MemberKind, Place, check_composition
from procurement.decisions.entries import DecisionDrawnUp
from procurement.errors import N_, Problem
from procurement.evidence.facts import Record, checks
from procurement.objections.entries import NoticeGiven
from procurement.scoring.entries import (
    SheetSealed,
)

# --- the committee ------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Committee:
    members: dict[str, Place]
    eligible: frozenset[str]
    grounds: dict[tuple[str, str], str]


def committee_at(record: Record, position: int) -> Committee:
    """Who sat, which applications were eligible and what had been declared, just before an entry."""
    members: dict[str, Place] = {}
    eligible: dict[str, bool] = {}
    grounds: dict[tuple[str, str], str] = {}
    for envelope in record.envelopes[:position]:
        match envelope.entry:
            case MemberAppointed(member=member, kind_of=kind, chair=chair):
                members[member] = Place(MemberKind(kind), chair)
            case MemberRemoved(member=member):
                members.pop(member, None)
            case VerdictGiven(application=ref, eligible=verdict):
                eligible[ref] = verdict
            case InterestsDeclared(member=member, declarations=declared):
                grounds |= {(member, each.application): each.ground for each in declared}
            case MemberRecused(member=member, application=ref, ground=ground):
                grounds[member, ref] = ground
    return Committee(members, frozenset(ref for ref, verdict in eligible.items() if verdict), grounds)


@checks("committee", N_("The committee was made up as the rules demand"))
def _composition(record: Record) -> Iterator[Problem]:
    for n, _, _ in record.of(ScoringBegan):
        yield from check_composition(list(committee_at(record, n).members.values()), record.rules_at(n).committee)


@checks("declarations", N_("Every member declared for every application before scoring began"))
def _declarations(record: Record) -> Iterator[Problem]:
    for n, _, _ in record.of(ScoringBegan):
        seen = committee_at(record, n)
        for member in sorted(seen.members):
            for ref in sorted(seen.eligible):
                if (member, ref) not in seen.grounds:
                    yield Problem(N_("%(member)s declared nothing for %(ref)s."), {"member": member, "ref": ref})


@checks("recusals", N_("Nobody scored where they had an interest"))
def _recusals(record: Record) -> Iterator[Problem]:
    grounds: dict[tuple[str, str], str] = {}
    for envelope in record.envelopes:
        match envelope.entry:
            case InterestsDeclared(member=member, declarations=declared):
                grounds |= {(member, each.application): each.ground for each in declared}
            case MemberRecused(member=member, application=ref, ground=ground):
                grounds[member, ref] = ground
            case SheetSealed(member=member, application=ref) if grounds.get((member, ref)) != "none":
                yield Problem(
                    N_("%(member)s sealed a sheet for %(ref)s in spite of “%(ground)s”."),
                    {"member": member, "ref": ref, "ground": grounds.get((member, ref), "?")},
                )


@checks("recusal_requests", N_("Every request for recusal was settled before the result went on notice"))
def _requests(record: Record) -> Iterator[Problem]:
    waiting: list[str] = []
    for envelope in record.envelopes:
        match envelope.entry:
            case RecusalRequested(request=ref):
                waiting.append(ref)
            case RecusalDecided(request=ref):
                if ref not in waiting:
                    yield Problem(N_("%(ref)s was settled without having been asked, or twice."), {"ref": ref})
                waiting = [one for one in waiting if one != ref]
            case NoticeGiven() | DecisionDrawnUp():
                for ref in waiting:
                    yield Problem(N_("%(ref)s, a request for recusal, was still open."), {"ref": ref})
