"""Seals, ballots, computations, draws. Each check yields what is wrong. Pure."""

from collections.abc import Iterable, Iterator
from decimal import Decimal
from hashlib import sha256
from typing import Any

import orjson

from procurement.applications.entries import ApplicationSubmitted, VerdictGiven
from procurement.committee.beacon import QUICKNET, Chain, randomness
from procurement.errors import N_, Problem, RuleBroken
from procurement.evidence.bundle import Ballot, NotEvidence
from procurement.evidence.committee_facts import committee_at
from procurement.evidence.facts import Record, Unknown, checks
from procurement.publiclog.entry import Envelope
from procurement.rounds.phases import Phase
from procurement.scoring.entries import (
    AgreementAnswered,
    AgreementProposed,
    MarkCorrected,
    ScoresClosed,
    SheetSealed,
    SheetsOpened,
    SheetVoided,
    Tallied,
    TieDrawAnnounced,
    TieDrawn,
)
from procurement.scoring.facts import Facts, figure, read_compared
from procurement.scoring.results import Computation, recompute, tally_text
from procurement.scoring.rules import (
    AFTER_OPENING,
    Change,
    CorrectionGround,
    check_correction,
    commitment,
    sealed_digest,
)
from procurement.scoring.tally import Absent, Mark

# --- scores -------------------------------------------------------------------------------------------------------


@checks("seals", N_("The scores were sealed before any was known, and opened unchanged"))
def _seals(record: Record) -> Iterator[Problem]:
    sealed = {entry.commitment: (n, entry) for n, _, entry in record.of(SheetSealed)}
    voided = {entry.commitment: n for n, _, entry in record.of(SheetVoided)}
    opened: set[str] = set()
    for n, _, closing in record.of(ScoresClosed):
        waiting = {
            each for each, (m, _) in sealed.items() if m < n and each not in opened and voided.get(each, n + 1) > n
        }
        if closing.sealed != len(waiting) or closing.commitments != sealed_digest(waiting):
            yield Problem(N_("The list of sheets that counted is not the list of sheets that were sealed."))
        shown = {
            each.commitment: each
            for m, at, entry in record.of(SheetsOpened)
            if m > n and at == record.envelopes[n].at
            for each in entry.sheets
        }
        for each in sorted(waiting - shown.keys()):
            yield _about(sealed[each][1], N_("%(member)s's sheet for %(ref)s was sealed and never opened."))
        for each in sorted(shown.keys() - waiting):
            yield _about(shown[each], N_("%(member)s's sheet for %(ref)s was opened without having been sealed."))
        opened |= shown.keys()
    yield from _opened_ballots(record)


def _about(sheet: Any, sentence: str) -> Problem:
    return Problem(sentence, {"member": sheet.member, "ref": sheet.application})


def _opened_ballots(record: Record) -> Iterator[Problem]:
    opened = {sheet.commitment for _, _, entry in record.of(SheetsOpened) for sheet in entry.sheets}
    for line in record.sheets:
        if line.commitment not in opened:
            yield _about(line, N_("%(member)s's sheet for %(ref)s is in the file and was never opened."))
    if len(record.sheets) != len(record.ballots):
        yield Problem(N_("A sheet stands in the file twice."))
    for _, _, entry in record.of(SheetsOpened):
        for sheet in entry.sheets:
            ballot = record.ballots.get(sheet.commitment)
            if ballot is None:
                yield _about(sheet, N_("%(member)s's sheet for %(ref)s is not in the file."))
            elif (
                len(ballot.nonce) != 32
                or commitment(ballot.nonce, ballot.text) != sheet.commitment
                or ballot.nonce.hex() != sheet.nonce
                or sha256(ballot.text.encode()).hexdigest() != sheet.ballot
                or (ballot.member, ballot.application) != (sheet.member, sheet.application)
                or not _names_itself(record, ballot)
            ):
                yield _about(sheet, N_("%(member)s's sheet for %(ref)s is not the one that was sealed."))


def _names_itself(record: Record, ballot: Ballot) -> bool:
    """Whether the ballot says inside whose it is, for what, and under which rules."""
    try:
        inside = orjson.loads(ballot.text)
        named = inside["round"], inside["member"], inside["application"]
    except (ValueError, KeyError, TypeError):
        return False
    return named == (record.bundle.round_ref, ballot.member, ballot.application) and inside.get("rules") in {
        digest for _, _, digest in record.rules
    }


@checks("tally", N_("Every result follows from the sheets, to the last digit"))
def _tally(record: Record) -> Iterator[Problem]:
    texts = record.bundle.below("tallies", ".json")
    by_digest = {sha256(content).hexdigest(): content for content in texts.values()}
    for n, _, entry in record.of(Tallied):
        content = by_digest.get(entry.tally)
        if content is None:
            yield Problem(N_("Computation %(number)s is not in the file."), {"number": entry.number})
            continue
        try:
            text = content.decode()
            computation, result = recompute(text)
            again = tally_text(computation, result)
        except (ValueError, KeyError, TypeError, RuleBroken):
            yield Problem(N_("Computation %(number)s cannot be read."), {"number": entry.number})
            continue
        if again != text:
            yield Problem(N_("Computation %(number)s, done again, gives another result."), {"number": entry.number})
        yield from _inputs(record, n, entry.number, computation)


def _inputs(record: Record, position: int, number: int, computation: Computation) -> Iterator[Problem]:
    """Whether a computation used the frozen rule and exactly the marks on the sheets, with recorded corrections."""
    if computation.rule != record.rules_at(position).scoring:
        yield Problem(N_("Computation %(number)s uses another rule than the frozen one."), {"number": number})
    if computation.draw_key is not None and computation.draw_key not in {e.key for _, _, e in record.of(TieDrawn)}:
        yield Problem(N_("Computation %(number)s uses a draw that was not logged."), {"number": number})
    marks = _marks_at(record, position)
    for ref, sheets in computation.marks.items():
        for member, sheet in sheets.items():
            for code, used in sheet.items():
                expected = marks.get((member, ref, code))
                if expected != (None if isinstance(used, Absent) else used):
                    yield Problem(
                        N_("Computation %(number)s uses %(used)s for %(member)s, %(ref)s, %(code)s, not %(said)s."),
                        {
                            "number": number,
                            "used": _shown(used),
                            "member": member,
                            "ref": ref,
                            "code": code,
                            "said": "–" if expected is None else str(expected),
                        },
                    )
    counted = {(member, ref) for ref, sheets in computation.marks.items() for member in sheets}
    seen = committee_at(record, position)
    for member, ref, code in sorted(marks):
        if (member, ref) not in counted and ref in seen.eligible and member in seen.members:
            yield Problem(
                N_("Computation %(number)s leaves out %(member)s, %(ref)s, %(code)s."),
                {"number": number, "member": member, "ref": ref, "code": code},
            )


def _computations(record: Record) -> Iterator[tuple[int, int, Computation]]:
    """(position, number, computation) of each result that is in the file and can be read."""
    by_digest = {sha256(content).hexdigest(): content for content in record.bundle.below("tallies", ".json").values()}
    for n, _, entry in record.of(Tallied):
        try:
            yield n, entry.number, recompute(by_digest[entry.tally].decode())[0]
        except (ValueError, KeyError, TypeError, RuleBroken):
            continue  # the check of the results names it


@checks("prices", N_("Prices, merchants and kinds of goods in every result are those that were submitted"))
def _facts(record: Record) -> Iterator[Problem]:
    submitted = {entry.document: entry.compared for _, _, entry in record.of(ApplicationSubmitted)}
    for position, number, computation in _computations(record):
        rule = computation.rule
        if not rule.asks_facts:
            continue
        verdicts = {entry.application: entry.document for n, _, entry in record.of(VerdictGiven) if n < position}
        for ref in computation.marks:
            text = record.texts.get(submitted.get(verdicts.get(ref, ""), ""))
            if text is None:
                yield Problem(N_("What is compared of %(ref)s is not in the file as it was submitted."), {"ref": ref})
                continue
            merchant, category, prices = read_compared(text)
            figures = {c.code: figure(c.formula, prices) for c in rule.criteria if c.formula is not None}
            used = (computation.facts or Facts()).of(ref)
            if (used.merchant, used.category, dict(used.figures)) != (merchant, category, figures):
                yield Problem(
                    N_("Computation %(number)s does not use what was submitted with %(ref)s."),
                    {"number": number, "ref": ref},
                )


@checks("earlier", N_("Earlier selections, where the rule asks for them, are those of the decisions then in force"))
def _earlier(record: Record) -> Iterator[Problem]:
    for _, _, computation in _computations(record):
        if computation.rule.asks_history:
            rounds = ", ".join((computation.facts or Facts()).decided) or "–"
            raise Unknown(
                N_("The result counts on the decisions of these rounds, which have files of their own: %(rounds)s"),
                rounds=rounds,
            )
    yield from ()


def _shown(mark: Mark) -> str:
    return "–" if isinstance(mark, Absent) else str(mark)


def _marks_at(record: Record, position: int) -> dict[tuple[str, str, str], Decimal]:
    """Every mark that counts at an entry: opened, not void, with the corrections made until then."""
    marks: dict[tuple[str, str, str], Decimal] = {}
    for envelope in record.envelopes[:position]:
        match envelope.entry:
            case SheetsOpened(sheets=sheets):
                for sheet in sheets:
                    if ballot := record.ballots.get(sheet.commitment):
                        marks |= _ballot_marks(ballot)
            case MarkCorrected() as changed:
                marks[changed.member, changed.application, changed.criterion] = changed.after
            case SheetVoided(member=member, application=ref):
                marks = {key: mark for key, mark in marks.items() if key[:2] != (member, ref)}
    return marks


def _ballot_marks(ballot: Ballot) -> dict[tuple[str, str, str], Decimal]:
    try:
        given = orjson.loads(ballot.text)["marks"]
        return {
            (ballot.member, ballot.application, code): Decimal(mark["value"])
            for code, mark in given.items()
            if mark["value"] is not None
        }
    except (ValueError, KeyError, TypeError, ArithmeticError) as error:
        raise NotEvidence(f"the ballot of {ballot.member} for {ballot.application} cannot be read") from error


@checks("corrections", N_("Every correction rests on a lawful ground that follows from the sheets, before and after"))
def _corrections(record: Record) -> Iterator[Problem]:
    for n, at, entry in record.of(MarkCorrected):
        rule = record.rules_at(n).scoring
        about = {"member": entry.member, "ref": entry.application, "code": entry.criterion}
        marks = _marks_at(record, n)
        before = marks.get((entry.member, entry.application, entry.criterion))
        if before != entry.before or entry.criterion not in {c.code for c in rule.marked}:
            yield Problem(N_("%(member)s, %(ref)s, %(code)s: what was corrected is not what stood there."), about)
            continue
        allowed = (*AFTER_OPENING, Phase.HELD) if entry.objection is not None else (Phase.OPENED,)
        if record.courses[n].phase_at(at) not in allowed:
            yield Problem(N_("%(member)s, %(ref)s, %(code)s was corrected when it could not be."), about)
        try:
            ground = CorrectionGround(entry.ground)
        except ValueError:
            yield Problem(N_("%(member)s, %(ref)s, %(code)s was corrected on no ground that is known."), about)
            continue
        if (ground is CorrectionGround.RULING) is not (entry.objection is not None):
            yield Problem(N_("%(member)s, %(ref)s, %(code)s was corrected on no ground that is known."), about)
        change = Change(
            before=entry.before,
            after=entry.after,
            others=tuple(
                mark
                for (member, ref, code), mark in sorted(marks.items())
                if member != entry.member and (ref, code) == (entry.application, entry.criterion)
            ),
            ground=ground,
            reason=record.texts.get(entry.reason, ""),
            calculation=entry.calculation or "",
            sealed_reason=_sealed_reason(record, n, entry),
        )
        if problems := check_correction(rule, rule.criterion(entry.criterion), change):
            yield Problem(N_("%(member)s, %(ref)s, %(code)s: the ground of the correction does not hold."), about)
            yield from problems
    yield from _agreements(record)


def _sealed_reason(record: Record, position: int, entry: MarkCorrected) -> str:
    """What the member wrote for that mark on the sheet that counted."""
    for envelope in reversed(record.envelopes[:position]):
        if isinstance(envelope.entry, SheetsOpened):
            for sheet in envelope.entry.sheets:
                if (sheet.member, sheet.application) == (entry.member, entry.application):
                    ballot = record.ballots.get(sheet.commitment)
                    marks = orjson.loads(ballot.text)["marks"] if ballot else {}
                    return str(marks.get(entry.criterion, {}).get("reason", ""))
    return ""


def _agreements(record: Record) -> Iterator[Problem]:
    """Where marks were made one by agreement, everybody who had scored said yes to that very mark."""
    for n, _, entry in record.of(MarkCorrected):
        if entry.ground != CorrectionGround.OBJECTIVE_DISAGREEMENT:
            continue
        proposed = [p for m, _, p in record.of(AgreementProposed) if m < n and p.number == entry.agreement]
        answers = [a for m, _, a in record.of(AgreementAnswered) if m < n and a.number == entry.agreement]
        agreed = {answer.member for answer in answers if answer.agrees}
        members = committee_at(record, n).members
        scored = {
            member
            for member, ref, code in _marks_at(record, n)
            if (ref, code) == (entry.application, entry.criterion) and member in members
        }
        if not (
            proposed
            and (proposed[-1].application, proposed[-1].criterion, proposed[-1].value)
            == (entry.application, entry.criterion, entry.after)
            and scored <= agreed
        ):
            yield Problem(
                N_("%(member)s, %(ref)s, %(code)s was changed without the agreement of all."),
                {"member": entry.member, "ref": entry.application, "code": entry.criterion},
            )


@checks("draws", N_("Every tie was drawn by randomness that did not exist when it was announced"))
def _draws(record: Record) -> Iterator[Problem]:
    yield from tie_draw_problems(record.envelopes)


def tie_draw_problems(envelopes: Iterable[Envelope], chain: Chain = QUICKNET) -> Iterator[Problem]:
    """What is wrong with the draws for ties that the entries of one round tell of. `chain`: the known beacon."""
    announced: TieDrawAnnounced | None = None
    for envelope in envelopes:
        match envelope.entry:
            case TieDrawAnnounced() as entry:
                announced, number = entry, {"n": entry.beacon_round}
                if entry.beacon != chain.name:
                    yield Problem(N_("The beacon “%(name)s” is not known here."), {"name": entry.beacon})
                elif chain.published_at(entry.beacon_round) != entry.at:
                    yield Problem(
                        N_("Round %(n)s of the beacon is not published when the announcement says."), number
                    )
                if entry.at <= envelope.at:
                    yield Problem(N_("Round %(n)s of the beacon was known when it was announced."), number)
            case TieDrawn() as entry:
                if announced is None or announced.beacon_round != entry.beacon_round:
                    yield Problem(
                        N_("A draw used round %(n)s of the beacon, which was not announced."),
                        {"n": entry.beacon_round},
                    )
                try:
                    published = randomness(entry.beacon_round, entry.signature, chain=chain)
                except RuleBroken as refused:
                    yield from refused.problems
                    continue
                if published != entry.key:
                    yield Problem(N_("The key of the draw is not what the beacon published."))
