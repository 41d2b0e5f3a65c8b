"""Rules, phases, deadlines, applications. Each check yields what is wrong. Pure."""

from collections.abc import Iterator

from procurement.applications.entries import ApplicationSubmitted, ApplicationWithdrawn, CheckingClosed, VerdictGiven
from procurement.errors import N_, Problem
from procurement.evidence.course import lawful_phases
from procurement.evidence.facts import Record, checks
from procurement.rounds import clocks
from procurement.rounds.entries import RoundPublished
from procurement.rounds.phases import PHASE_NAMES

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
        listed = len(entry.eligible) + len(entry.ineligible)
        if listed != standing:
            yield Problem(
                N_("%(standing)s applications stood at the deadline, but %(listed)s were given a verdict."),
                {"standing": standing, "listed": listed},
            )


@checks("verdicts", N_("Every application has a verdict with a reason"))
def _verdicts(record: Record) -> Iterator[Problem]:
    for n, _, closed in record.of(CheckingClosed):
        given = {entry.application: entry.eligible for m, _, entry in record.of(VerdictGiven) if m < n}
        stated = dict.fromkeys(closed.eligible, True) | dict.fromkeys(closed.ineligible, False)
        for ref in sorted(given.keys() | stated.keys()):
            if given.get(ref) is not stated.get(ref):
                yield Problem(N_("%(ref)s: the verdict and the list of checked applications differ."), {"ref": ref})
