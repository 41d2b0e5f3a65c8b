"""What is told of a PDF that somebody holds: facts that do not depend on each other, and one bottom line. Pure.

Names come from the register and from certificates, never from what the pages of the file show.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256

from procurement.errors import N_, Problem
from procurement.evidence.facts import Fact, Outcome, Unknown
from procurement.evidence.proof_facts import faults_of_proof
from procurement.publiclog.checkpoint import VerifierKey
from procurement.signing import BottomLine, Published, Verdict

_SENTENCES: Mapping[BottomLine, str] = {
    BottomLine.GENUINE: N_("Genuine and in force: exactly the file that was published."),
    BottomLine.SUPERSEDED: N_("Genuine, but superseded by %(by)s."),
    BottomLine.ANNULLED: N_("Genuine, but annulled by %(by)s."),
    BottomLine.WITH_ADDITIONS: N_("A genuine document to which something was added after publication."),
    BottomLine.INCOMPLETE: N_("An earlier state of a published document: signatures are missing."),
    BottomLine.ALTERED: N_("Altered: it carries our signatures, but is not what was signed and published."),
    BottomLine.NOT_OURS: N_("Not ours: nobody registered here signed this file."),
    BottomLine.UNREADABLE: N_("This file cannot be read as a PDF."),
}


def sentence(verdict: Verdict) -> Problem:
    """The bottom line in words."""
    if verdict.bottom_line is BottomLine.WITH_ADDITIONS and verdict.unexpected:
        return Problem(N_("A genuine document to which somebody unknown here added a signature after publication."))
    by = verdict.published.superseded_by if verdict.published else None
    return Problem(_SENTENCES[verdict.bottom_line], {"by": by})


@dataclass(frozen=True, slots=True)
class Attached:
    """The files inside a PDF: the decision as data, and the log's proof that it was entered."""

    twin: bytes | None
    proof: bytes | None


def facts_of(
    verdict: Verdict, attached: Attached | None, *, registered: Sequence[Published], keys: Sequence[VerifierKey]
) -> tuple[Fact, ...]:
    """Every fact about the file; `attached` is None when it could not be read, `keys` are all that the log had."""
    if verdict.bottom_line is BottomLine.UNREADABLE:
        return (_fact("readable", N_("It can be read as a PDF"), iter([Problem(N_("It is broken or too large."))])),)
    return (
        _fact("published", N_("It is, byte for byte, a file that was published"), _published(verdict)),
        _fact("original", N_("A published file stands in it, whole and unchanged"), _original(verdict)),
        _fact("signatures", N_("Every registered signature is there and holds"), _signatures(verdict)),
        _fact("others", N_("Nobody else has signed it"), _others(verdict)),
        _fact("allowed", N_("Nothing was added that its signatures do not allow"), _allowed(verdict)),
        _fact("covered", N_("Nothing follows the last signature"), _covered(verdict)),
        _fact("twin", N_("The decision inside it, as data, is a registered one"), _twin(attached, registered)),
        _fact("proof", N_("The log's proof inside it shows when that decision was entered"), _proof(attached, keys)),
        _fact("force", N_("The decision is in force"), _force(verdict)),
    )


def _fact(code: str, claim: str, faults: Iterator[Problem]) -> Fact:
    try:
        details = tuple(faults)
    except Unknown as unknown:
        return Fact(code, claim, Outcome.UNKNOWN, (unknown.problem,))
    return Fact(code, claim, Outcome.FAILS if details else Outcome.HOLDS, details)


def _published(verdict: Verdict) -> Iterator[Problem]:
    if not verdict.same_bytes:
        yield Problem(N_("Its SHA-256 is not that of any published file."))


def _original(verdict: Verdict) -> Iterator[Problem]:
    if verdict.earlier_state:
        yield Problem(N_("It is a state of the document before all had signed."))
    elif not (verdict.same_bytes or verdict.holds_original):
        yield Problem(N_("It does not begin with the bytes of any published file."))


def _read(verdict: Verdict) -> None:
    if not verdict.readable:
        raise Unknown(N_("Its signatures could not be read."))


def _signatures(verdict: Verdict) -> Iterator[Problem]:
    _read(verdict)
    if verdict.published is None:
        if not verdict.signatures:
            yield Problem(N_("It carries no signature."))
        for signature in verdict.signatures:
            name = {"name": signature.holder or signature.field}
            if not signature.intact:
                yield Problem(N_("“%(name)s”: what was signed has been changed."), name)
            if not signature.trusted:
                yield Problem(N_("“%(name)s”: the certificate is not from an authority that we trust."), name)
        if verdict.bottom_line is BottomLine.NOT_OURS and verdict.signatures:
            yield Problem(N_("None of them is registered here."))
        return
    for field in verdict.missing:
        whose = verdict.published.names.get(field, field)
        yield Problem(N_("The signature of “%(name)s” is missing or broken."), {"name": whose})


def _others(verdict: Verdict) -> Iterator[Problem]:
    _read(verdict)
    if verdict.published is None:
        raise Unknown(N_("It is no registered document, so nobody is registered to sign it."))
    for signature in verdict.unexpected:
        yield Problem(
            N_("“%(name)s” signed it, as the certificate says, and is unknown here."),
            {"name": signature.holder or signature.field},
        )


def _allowed(verdict: Verdict) -> Iterator[Problem]:
    _read(verdict)
    for signature in verdict.signatures:
        if signature.intact and not signature.permitted:
            yield Problem(
                N_("“%(name)s” does not allow what was added afterwards."),
                {"name": signature.holder or signature.field},
            )
    if not any(signature.intact for signature in verdict.signatures):
        raise Unknown(N_("No signature in it holds."))


def _covered(verdict: Verdict) -> Iterator[Problem]:
    _read(verdict)
    if not verdict.covered_to_end:
        yield Problem(N_("No signature covers the file to its end."))


def _twin(attached: Attached | None, registered: Sequence[Published]) -> Iterator[Problem]:
    if attached is None or attached.twin is None:
        raise Unknown(N_("It holds no decision as data, or it could not be read."))
    if sha256(attached.twin).hexdigest() not in {document.document for document in registered}:
        yield Problem(N_("The decision inside it is none that was published."))


def _proof(attached: Attached | None, keys: Sequence[VerifierKey]) -> Iterator[Problem]:
    if attached is None or attached.proof is None:
        raise Unknown(N_("It holds no proof of the log."))
    if attached.twin is None:
        raise Unknown(N_("It holds no decision as data, or it could not be read."))
    yield from faults_of_proof(attached.proof, sha256(attached.twin).hexdigest(), keys)


def _force(verdict: Verdict) -> Iterator[Problem]:
    if verdict.published is None:
        raise Unknown(N_("It is no registered document."))
    by = verdict.published.superseded_by
    if by is not None:
        yield Problem(N_("%(by)s took its place."), {"by": by})
