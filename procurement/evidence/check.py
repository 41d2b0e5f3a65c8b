"""Did the round keep its own rules? Facts that follow from an evidence file alone, offline.

Each fact *holds*, *does not hold* or *cannot be told*; what cannot be told is said and is no reproach. The check asks
no database, no server and no key but those given: it recomputes proofs, commitments, the result, deadlines and the
order of events with the same pure rules that the application uses.

What it cannot do: make somebody enter an act in the log, or make an entry true. For that there are receipts, public
deadlines and objections.
"""

import gc
from collections.abc import Iterator
from contextlib import contextmanager

from procurement.errors import N_, Problem
from procurement.evidence import (
    committee_facts,
    course_facts,
    draw_facts,
    kinds,
    log_facts,
    objection_facts,
    outcome_facts,
    paper_facts,
    score_facts,
)
from procurement.evidence.bundle import Bundle, NotEvidence, ProvedEntry
from procurement.evidence.facts import Check, Fact, Outcome, Policy, Record, Report, Told, Unknown, checks_in
from procurement.publiclog.entry import EntryError, Envelope, UnknownKind, unseal

SUBJECTS = (
    log_facts,
    kinds,
    course_facts,
    draw_facts,
    committee_facts,
    score_facts,
    objection_facts,
    outcome_facts,
    paper_facts,
)
"""Where the checks stand, in the order of the process."""


def check(bundle: Bundle, policy: Policy | None = None) -> Report:
    """Every fact about `bundle`."""
    with _without_collection():
        return _check(bundle, policy or Policy())


@contextmanager
def _without_collection() -> Iterator[None]:
    """What is read of a large round is hundreds of thousands of objects without a cycle, through which the collector
    went again and again: a third of the time."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()


def _check(bundle: Bundle, policy: Policy) -> Report:
    try:
        record = Record(bundle, policy, tuple((entry, _read(entry)) for entry in bundle.entries()))
        record.ballots  # noqa: B018 (read now, so that a broken list is told once)
    except NotEvidence as error:
        fault = Problem(N_("%(what)s"), {"what": str(error)})
        form = Fact("form", N_("The file can be read"), Outcome.FAILS, (fault,))
        return Report(bundle.round_ref, (_fact(Record(bundle, policy), log_facts.manifest), form))
    return Report(bundle.round_ref, tuple(_fact(record, each) for each in checks_in(SUBJECTS)))


def _read(entry: ProvedEntry) -> Envelope | UnknownKind:
    try:
        return unseal(entry.body)
    except UnknownKind as unknown:
        return unknown
    except EntryError as error:
        raise NotEvidence(f"entry {entry.index}: {error}") from error


def _fact(record: Record, check: Check) -> Fact:
    code, claim = check.code, check.claim
    try:
        found = list(check.run(record))
    except Unknown as unknown:
        return Fact(code, claim, Outcome.UNKNOWN, (unknown.problem,))
    except NotEvidence as error:
        return Fact(code, claim, Outcome.FAILS, (Problem(N_("%(what)s"), {"what": str(error)}),))
    except (ValueError, LookupError, TypeError, AttributeError) as error:  # a document or entry that makes no sense
        fault = Problem(N_("What the record says about this cannot be followed: %(what)s"), {"what": repr(error)})
        return Fact(code, claim, Outcome.FAILS, (fault,))
    faults = tuple(one for one in found if isinstance(one, Problem))
    told = tuple(one.problem for one in found if isinstance(one, Told))
    return Fact(code, claim, Outcome.FAILS if faults else Outcome.HOLDS, faults or told)
