"""Rules, phases, deadlines, applications. Each check yields what is wrong. Pure."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime

from procurement.applications.checklist import Item, Result, check_against_verdict
from procurement.applications.entries import (
    ApplicationConfirmed,
    ApplicationSubmitted,
    ApplicationWithdrawn,
    CheckingClosed,
    ChecklistKept,
    SupplementAnswered,
    SupplementRequested,
    VerdictGiven,
    VerdictTakenBack,
)
from procurement.applications.verdicts import Reason
from procurement.committee.entries import ScoringBegan
from procurement.errors import N_, Problem
from procurement.evidence.course import lawful_phases
from procurement.evidence.facts import Record, Unknown, checks
from procurement.objections.entries import NoticeGiven
from procurement.rounds import clocks
from procurement.rounds.entries import RoundAborted, RoundAmended, RoundPublished, RoundResumed
from procurement.rounds.lint import food_problem
from procurement.rounds.phases import PHASE_NAMES
from procurement.rounds.rules import AbortReason

# --- rules and phases ---------------------------------------------------------------------------------------------


@checks("rules", N_("The rules are those that were frozen before the first application"))
def _rules(record: Record) -> Iterator[Problem]:
    if not record.rules:
        yield Problem(N_("The log has no entry that publishes the round."))
        return
    for _, _, digest in record.rules:
        if digest not in record.documents:
            yield Problem(N_("The rules with the hash %(digest)s are not in the file."), {"digest": digest})
    for n, _, _ in record.of(ApplicationSubmitted):
        if n < record.rules[0][0]:
            yield Problem(N_("An application was submitted before the rules were published."))


@checks("employer", N_("The law lets the official's employer recommend such goods, or a recorded opinion does"))
def _employer(record: Record) -> Iterator[Problem]:
    for n, _, _ in record.rules:
        if problem := food_problem(record.rules_at(n)):
            yield problem


@checks("phases", N_("Every act happened in its phase"))
def _phases(record: Record) -> Iterator[Problem]:
    for n, (proved, envelope) in enumerate(record.entries):
        lawful = lawful_phases(envelope.entry)
        if lawful is None:
            continue
        phase = record.courses[n].phase_at(envelope.at)
        if phase not in lawful:
            yield Problem(
                N_("Entry %(index)s (%(kind)s) came while the round was at “%(phase)s”."),
                {"index": proved.index, "kind": envelope.entry.kind, "phase": PHASE_NAMES[phase]},
            )


@checks("call_period", N_("The call ran for the whole period that its rules give"))
def _call_period(record: Record) -> Iterator[Problem]:
    for n, at, entry in record.of(RoundPublished):
        expected, _ = clocks.call_deadline(record.rules_at(n), published=at)
        if entry.applications_close < expected:
            yield Problem(
                N_("Applications close %(closes)s; counted anew, %(expected)s."),
                {"closes": entry.applications_close, "expected": expected},
            )
    for n, at, amended in record.of(RoundAmended):
        later, _ = _amended(record, n, at)
        if amended.applications_close < later:
            yield Problem(
                N_("Applications close %(closes)s; counted anew, %(expected)s."),
                {"closes": amended.applications_close, "expected": later},
            )


def _amended(record: Record, position: int, at: datetime) -> tuple[datetime, clocks.Counted | None]:
    """When applications close after the amendment that is the entry at `position`."""
    course = record.courses[position]
    if course.published is None or course.applications_close is None:
        raise Unknown(N_("The rules are not in the file."))
    return clocks.amended_deadline(
        record.rules_at(position),
        published=course.published,
        closes=course.applications_close,
        now=at,
        stops=course.stops,
    )


@checks("holds", N_("Each hold gave back the days that it took"))
def _holds(record: Record) -> Iterator[Problem]:
    counted: dict[str, clocks.Counted] = {}
    for n, envelope in enumerate(record.envelopes):
        at, course = envelope.at, record.courses[n]
        match envelope.entry:
            case RoundPublished():
                counted["applications_close"] = clocks.call_deadline(record.rules_at(n), published=at)[1]
            case RoundAmended():
                counted |= {"applications_close": how} if (how := _amended(record, n, at)[1]) else {}
            case ScoringBegan():
                days = record.rules_at(n).timetable.scoring_working_days
                counted["scoring_closes"] = clocks.working_deadline(record.rules_at(n), start=at, working_days=days)[
                    1
                ]
            case NoticeGiven():
                counted["notice_closes"] = clocks.notice_deadline(record.rules_at(n), start=at)[1]
            case RoundResumed(held_at=held_at, closes=closes):
                expected = None
                if course.standing in counted:
                    stops = (replace(stop, ended=stop.ended or at) for stop in course.stops)
                    expected = clocks.running(counted[course.standing], stops=stops, now=at).due
                if (held_at, closes) != (course.held, expected):
                    yield Problem(
                        N_("After the hold of %(held)s the deadline is %(closes)s; counted anew, %(expected)s."),
                        {"held": held_at, "closes": closes or "–", "expected": expected or "–"},
                    )


@checks("applications", N_("No application came after the deadline, and none is unaccounted for"))
def _applications(record: Record) -> Iterator[Problem]:
    for n, at, _ in record.of(ApplicationSubmitted):
        closes = record.courses[n].applications_close
        if closes is None or at >= closes:
            yield Problem(N_("An application was submitted after the deadline (%(at)s)."), {"at": at})
    closed = record.of(CheckingClosed)
    if not closed:
        return
    standing = sum(not entry.again for _, _, entry in record.of(ApplicationSubmitted))
    standing -= len(record.of(ApplicationWithdrawn))
    for _, _, entry in closed[:1]:
        listed = len(entry.eligible) + len(entry.ineligible) + len(entry.lapsed)
        if listed != standing:
            yield Problem(
                N_(
                    "%(standing)s applications stood at the deadline, but %(listed)s have a verdict or were not "
                    "confirmed after an amendment."
                ),
                {"standing": standing, "listed": listed},
            )


@checks("maintained", N_("Who takes part submitted or confirmed under the call as it was last amended"))
def _maintained(record: Record) -> Iterator[Problem]:
    for n, _, submitted in record.of(ApplicationSubmitted):
        if submitted.rules != _version_at(record, n):
            yield Problem(
                N_("An application was submitted under version %(stated)s of the rules; %(real)s was in force."),
                {"stated": submitted.rules, "real": _version_at(record, n)},
            )
    for n, _, confirmed in record.of(ApplicationConfirmed):
        if confirmed.rules != _version_at(record, n):
            yield Problem(
                N_("A confirmation is for version %(stated)s of the rules; %(real)s was in force."),
                {"stated": confirmed.rules, "real": _version_at(record, n)},
            )
    last = len(record.rules)
    kept = {entry.document for _, _, entry in record.of(ApplicationSubmitted) if entry.rules == last}
    kept |= {entry.document for _, _, entry in record.of(ApplicationConfirmed) if entry.rules == last}
    for _, _, verdict in record.of(VerdictGiven):
        if verdict.document not in kept:
            yield Problem(
                N_("%(ref)s has a verdict, but was not confirmed after the call was amended."),
                {"ref": verdict.application},
            )
    for _, _, closed in record.of(CheckingClosed):
        for lapsed in closed.lapsed:
            if lapsed.document in kept:
                yield Problem(
                    N_("%(ref)s is left out as not confirmed, but was confirmed."), {"ref": lapsed.application}
                )


def _version_at(record: Record, position: int) -> int:
    """The version of the rules in force at an entry."""
    return sum(n < position for n, _, _ in record.rules)


@checks("checklist", N_("Every eligible product was verified in full, and every refusal rests on a finding"))
def _checklist(record: Record) -> Iterator[Problem]:
    found: dict[str, dict[Item, Result]] = defaultdict(dict)
    items, results = frozenset(Item), frozenset(Result)
    for envelope in record.envelopes:
        match envelope.entry:
            case ChecklistKept(application=ref, findings=findings):
                for one in findings:
                    if one.item in items and one.result in results:
                        found[ref][Item(one.item)] = Result(one.result)
                    else:
                        yield Problem(N_("%(ref)s: an item of the checklist is unknown."), {"ref": ref})
            case VerdictGiven(application=ref, eligible=eligible, reason=reason, objection=None):
                known = Reason(reason) if reason in set(Reason) else None
                if check_against_verdict(found[ref], eligible=eligible, reason=known):
                    yield Problem(N_("The verdict on %(ref)s does not rest on what was verified."), {"ref": ref})


@checks("supplements", N_("No verdict was given while a supplement was awaited, and each had its full time"))
def _supplements(record: Record) -> Iterator[Problem]:
    running: dict[str, tuple[str, clocks.Counted]] = {}
    for n, envelope in enumerate(record.envelopes):
        at = envelope.at
        match envelope.entry:
            case SupplementRequested(application=ref, request=request, due=due):
                days = record.rules_at(n).timetable.supplement_working_days
                expected, counted = clocks.working_deadline(record.rules_at(n), start=at, working_days=days)
                if due != expected:
                    yield Problem(
                        N_("Supplement %(ref)s is due %(due)s; counted anew, %(expected)s."),
                        {"ref": request, "due": due, "expected": expected},
                    )
                running[request] = ref, counted
            case SupplementAnswered(request=request):
                asked = running.pop(request, None)
                if asked is None or _over(record, n, asked[1], at):
                    yield Problem(N_("Supplement %(ref)s was answered when none was awaited."), {"ref": request})
            case VerdictGiven(application=ref, objection=None):
                awaited = [counted for of, counted in running.values() if of == ref]
                if any(not _over(record, n, counted, at) for counted in awaited):
                    yield Problem(N_("The verdict on %(ref)s came while a supplement was awaited."), {"ref": ref})


def _over(record: Record, position: int, counted: clocks.Counted, at: datetime) -> bool:
    """Whether a period is over at an entry."""
    return clocks.running(counted, stops=record.courses[position].stops, now=at).overdue(at)


@checks("few_eligible", N_("A round that ended for want of eligible applications had too few"))
def _few_eligible(record: Record) -> Iterator[Problem]:
    for n, _, aborted in record.of(RoundAborted):
        if aborted.reason == AbortReason.FEW_ELIGIBLE:
            last: dict[str, bool] = {}
            for envelope in record.envelopes[:n]:
                match envelope.entry:
                    case VerdictGiven(application=ref, eligible=eligible):
                        last[ref] = eligible
                    case VerdictTakenBack(application=ref):
                        last.pop(ref, None)
            least = record.rules_at(n).least_eligible
            if sum(last.values()) >= least:
                yield Problem(
                    N_("%(eligible)s applications are eligible; the rules ask for %(minimum)s, so there are enough."),
                    {"eligible": sum(last.values()), "minimum": least},
                )


@checks("verdicts", N_("Every application has a verdict with a reason"))
def _verdicts(record: Record) -> Iterator[Problem]:
    for n, _, closed in record.of(CheckingClosed):
        given = {entry.application: entry.eligible for m, _, entry in record.of(VerdictGiven) if m < n}
        stated = dict.fromkeys(closed.eligible, True) | dict.fromkeys(closed.ineligible, False)
        for ref in sorted(given.keys() | stated.keys()):
            if given.get(ref) is not stated.get(ref):
                yield Problem(N_("%(ref)s: the verdict and the list of checked applications differ."), {"ref": ref})
