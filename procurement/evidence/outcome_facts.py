"""Notices, published texts, the decision and its PDF. Each check yields what is wrong. Pure."""

import json
from collections.abc import Iterator
from hashlib import sha256
from typing import Any

from procurement.decisions.entries import (
    DecisionDrawnUp,
    DecisionPublished,
    DecisionRenewed,
    DecisionWithdrawn,
    PlaceGivenUp,
)
from procurement.errors import N_, Problem
from procurement.evidence.facts import PdfReading, Record, Unknown, checks
from procurement.evidence.log_facts import keys_of_proofs
from procurement.evidence.proof_facts import faults_of_proof
from procurement.objections.entries import NoticeGiven
from procurement.rounds import clocks
from procurement.rounds.phases import Course
from procurement.scoring.entries import (
    Tallied,
)
from procurement.scoring.results import recompute

# --- notice, texts, decision ----------------------------------------------------------------------------------------


@checks("notice", N_("Each proposed result was on public notice for the whole period"))
def _notice(record: Record) -> Iterator[Problem]:
    texts = {sha256(content).hexdigest(): content for content in record.bundle.below("notices", ".json").values()}
    tallies = record.of(Tallied)
    for n, at, entry in record.of(NoticeGiven):
        document = record.rules_at(n)
        expected, _ = clocks.notice_deadline(document, start=at)
        if entry.closes != expected:
            yield Problem(
                N_("Notice %(number)s closes %(closes)s; counted anew, %(expected)s."),
                {"number": entry.number, "closes": entry.closes, "expected": expected},
            )
        last = [tallied.tally for m, _, tallied in tallies if m < n]
        if not last or last[-1] != entry.tally:
            yield Problem(
                N_("Notice %(number)s does not propose the last computed result."), {"number": entry.number}
            )
        content = texts.get(entry.document)
        if content is None:
            yield Problem(N_("Notice %(number)s is not in the file."), {"number": entry.number})
        else:
            yield from _proposal(record, entry, content)


def _proposal(record: Record, entry: NoticeGiven, content: bytes) -> Iterator[Problem]:
    """Whether a notice ranks the applications as its computation does."""
    tallies = {sha256(text).hexdigest(): text for text in record.bundle.below("tallies", ".json").values()}
    if entry.tally not in tallies:
        return  # the check of the results says so
    ranking = json.loads(tallies[entry.tally])["result"]["ranking"]
    proposed = json.loads(content)["proposal"]
    if [(line["application"], line["rank"]) for line in proposed] != [
        (line["application"], line["rank"]) for line in ranking
    ]:
        yield Problem(N_("Notice %(number)s does not rank as its computation does."), {"number": entry.number})


@checks("texts", N_("The published texts are those that were entered by their hash"))
def _texts(record: Record) -> Iterator[Problem]:
    seen: set[str] = set()
    for line in record.bundle.lines("texts.ndjson"):
        text, digest = line.get("text"), str(line.get("sha256"))
        if len(line) != 2 or not isinstance(text, str) or sha256(text.encode()).hexdigest() != digest:
            yield Problem(N_("A text is not the one with the hash %(digest)s."), {"digest": digest})
        elif digest not in record.named:
            yield Problem(N_("No entry names the text with the hash %(digest)s."), {"digest": digest})
        elif digest in seen:
            yield Problem(N_("The text with the hash %(digest)s stands in the file twice."), {"digest": digest})
        seen.add(digest)


@checks("decision", N_("The decision follows the ranking on notice, or says why not"))
def _decision(record: Record) -> Iterator[Problem]:
    published = record.of(DecisionPublished)
    if not published:
        raise Unknown(N_("No decision has been published yet."))
    texts = {sha256(content).hexdigest(): content for content in record.bundle.below("decisions", ".json").values()}
    drawn = {entry.decision: (n, at, entry) for n, at, entry in record.of(DecisionDrawnUp)}
    withdrawn = {entry.decision for _, _, entry in record.of(DecisionWithdrawn)}
    for _, _, entry in published:
        if entry.decision in withdrawn:
            yield Problem(
                N_("The decision %(ref)s was withdrawn, and published all the same."), {"ref": entry.decision}
            )
        content = texts.get(entry.document)
        if content is None:
            yield Problem(N_("The decision %(ref)s is not in the file."), {"ref": entry.decision})
            continue
        if entry.decision not in drawn or drawn[entry.decision][2].document != entry.document:
            yield Problem(N_("The decision %(ref)s is not the one that was drawn up."), {"ref": entry.decision})
            continue
        n, at, _ = drawn[entry.decision]
        course = record.courses[n]
        if course.notice_closes is None or at < course.notice_closes:
            yield Problem(N_("The decision %(ref)s was drawn up before the notice ended."), {"ref": entry.decision})
        decision = json.loads(content)
        yield from _follows(record, n, entry.decision, decision)
        yield from _carries_out(course, entry.decision, decision)


def _carries_out(course: Course, ref: str, decision: dict[str, Any]) -> Iterator[Problem]:
    """A decision that was ordered annulled is annulled before anything else is decided, and the ruling is named."""
    ordered = course.ordered_annulments
    named = {one["objection"] for one in decision.get("ordered_by", [])}
    if named != ordered or (ordered and decision["effect"] != "annulled"):
        yield Problem(N_("The decision %(ref)s does not carry out and name what rulings ordered."), {"ref": ref})


def _follows(record: Record, position: int, ref: str, decision: dict[str, Any]) -> Iterator[Problem]:
    notices = [entry for n, _, entry in record.of(NoticeGiven) if n < position]
    tallied = [entry.tally for n, _, entry in record.of(Tallied) if n < position]
    result = decision["result"]
    if not tallied or result["sha256"] != tallied[-1]:
        yield Problem(N_("The decision %(ref)s does not rest on the last computed result."), {"ref": ref})
    if not notices or _order(record, result["sha256"]) != _order(record, notices[-1].tally):
        yield Problem(N_("The decision %(ref)s rests on another result than the one on notice."), {"ref": ref})
    yield from _by_rule(record, position, ref, result)
    # An annulment selects nothing, and needs no minute: its reasons are those of the ruling or its own.
    departs = decision["effect"] != "annulled" and any(
        line["outcome"] != line["by_rule"] for line in result["ranking"]
    )
    if departs and not decision.get("departure"):
        yield Problem(N_("The decision %(ref)s departs from the ranking and gives no reason."), {"ref": ref})
    slots = record.rules_at(position).scoring.slots
    if sum(line["outcome"] == "selected" for line in result["ranking"]) > slots:
        yield Problem(N_("The decision %(ref)s selects more products than there are places."), {"ref": ref})


def _order(record: Record, sha256_of_tally: str) -> list[tuple[str, int | None, str]] | None:
    """Who comes where by a computation; None when it is not in the file, of which the check of the results tells."""
    for text in record.bundle.below("tallies", ".json").values():
        if sha256(text).hexdigest() == sha256_of_tally:
            ranking = recompute(text.decode())[1].ranking
            return [(line.application, line.rank, line.outcome) for line in ranking]
    return None


def _by_rule(record: Record, position: int, ref: str, result: dict[str, Any]) -> Iterator[Problem]:
    """What the decision says that the rule gives must be what the computation gave, the reserves moved up in their
    order for places that were given up."""
    tallies = {sha256(text).hexdigest(): text for text in record.bundle.below("tallies", ".json").values()}
    if result["sha256"] not in tallies:
        return  # the check of the results says so
    given_up = {entry.application for n, _, entry in record.of(PlaceGivenUp) if n < position}
    lines = [(line.application, line.outcome) for line in recompute(tallies[result["sha256"]].decode())[1].ranking]
    free = record.rules_at(position).scoring.slots
    free -= sum(outcome == "selected" and application not in given_up for application, outcome in lines)
    expected = {}
    for application, outcome in lines:
        if application in given_up or outcome not in ("selected", "reserve"):
            outcome = "not_selected"
        elif outcome == "reserve" and given_up and free > 0:
            outcome, free = "selected", free - 1
        expected[application] = outcome
    if {line["application"]: line["by_rule"] for line in result["ranking"]} != expected:
        yield Problem(N_("The decision %(ref)s says that the rule gives what it does not give."), {"ref": ref})


@checks("pdf", N_("The PDF is the published one, signed, and says what the decision says"))
def _pdf(record: Record) -> Iterator[Problem]:
    published = record.of(DecisionPublished)
    if not published:
        raise Unknown(N_("No decision has been published yet."))
    files = {sha256(content).hexdigest(): content for content in record.bundle.below("decisions", ".pdf").values()}
    unread = False
    for _, _, entry in published:
        content = files.get(entry.file)
        if content is None:
            yield Problem(N_("The PDF of %(ref)s is not the published file."), {"ref": entry.decision})
        elif record.policy.pdf is None:
            unread = True
        else:
            yield from _signatures(entry, record.policy.pdf(content))
    for _, _, renewal in record.of(DecisionRenewed):
        before, after = files.get(renewal.before), files.get(renewal.file)
        if before is None or after is None or not after.startswith(before):
            yield Problem(
                N_("The renewed PDF of %(ref)s is not the file before with something behind it."),
                {"ref": renewal.decision},
            )
        elif record.policy.pdf is not None and not record.policy.pdf(after).covered:
            yield Problem(
                N_("The last signature does not cover the whole PDF of %(ref)s."), {"ref": renewal.decision}
            )
    if unread:
        raise Unknown(N_("The PDF is the published file; reading its signatures needs pyHanko, which is not here."))


def _signatures(entry: DecisionPublished, reading: PdfReading) -> Iterator[Problem]:
    ref = {"ref": entry.decision}
    if not reading.fingerprints or not reading.sound:
        yield Problem(N_("A signature in the PDF of %(ref)s does not hold."), ref)
    if not reading.covered:
        yield Problem(N_("The last signature does not cover the whole PDF of %(ref)s."), ref)
    if reading.trusted is False:
        yield Problem(N_("A certificate in the PDF of %(ref)s does not lead to a root that you trust."), ref)
    if reading.twin is None or sha256(reading.twin).hexdigest() != entry.document:
        yield Problem(N_("The decision inside the PDF of %(ref)s is not the published one."), ref)


@checks("pdf_proof", N_("The PDF carries the log's proof that its decision was entered before it was sealed"))
def _proof(record: Record) -> Iterator[Problem]:
    published = record.of(DecisionPublished)
    if not published:
        raise Unknown(N_("No decision has been published yet."))
    files = {sha256(content).hexdigest(): content for content in record.bundle.below("decisions", ".pdf").values()}
    if record.policy.pdf is None:
        raise Unknown(N_("Reading what a PDF carries needs pikepdf, which is not here."))
    bare, keys = [], keys_of_proofs(record)
    logged = {(proved.index, proved.body) for proved, _ in record.entries}
    for _, _, entry in published:
        if entry.file not in files:
            continue  # the check of the PDF says so
        proof = record.policy.pdf(files[entry.file]).proof
        if proof is None:
            bare.append(entry.decision)
        else:
            yield from faults_of_proof(proof, entry.document, keys, logged)
    if bare:
        raise Unknown(N_("%(refs)s carries no proof of the log."), refs=", ".join(bare))
