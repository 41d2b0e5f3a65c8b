"""What is the case with a file that somebody holds: a decision's PDF or a round's evidence, told apart by content.

Either is read in a process that can be killed: a file made to take for ever, or to unpack to more than there is,
costs its own reading and is told as unreadable.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache, partial
from hashlib import sha256

from procurement import signing
from procurement.errors import N_, Problem
from procurement.evidence import pdf_facts
from procurement.evidence.bundle import Bundle, NotEvidence, unpack
from procurement.evidence.check import check
from procurement.evidence.facts import Fact, Outcome, Policy, Report
from procurement.evidence.pdf_reading import attached_in, read_pdf
from procurement.isolated import Isolated, LimitExceeded
from procurement.publiclog.checkpoint import Checkpoint, NoteError, VerifierKey
from procurement.publiclog.succession import key_at
from procurement.signing import BottomLine, Published

PDF_BEGINS, ZIP_BEGINS = b"%PDF-", b"PK\x03\x04"

_pdfs = Isolated(seconds=15, memory=1_000_000_000, calls=50)
_bundles = Isolated(seconds=45, memory=2_000_000_000, calls=50)


@dataclass(frozen=True, slots=True)
class Trust:
    """By what a file is judged: all `registered` documents, `roots` of certificates and `lists` of revoked ones
    (DER), and the log's `keys` as succession.keys_of tells them: an old file was signed by an old key."""

    registered: Sequence[Published]
    roots: tuple[bytes, ...]
    lists: tuple[bytes, ...]
    keys: tuple[tuple[int, VerifierKey], ...]


@dataclass(frozen=True, slots=True)
class Judgement:
    """Independent facts about a file and one bottom line. `good`: there is nothing against it, and it is in force;
    `decision`, `round_ref`: the published decision, or the round, that it is about; `signatures` of a PDF."""

    bottom_line: Problem
    good: bool
    sha256: str
    facts: tuple[Fact, ...] = ()
    decision: str | None = None
    round_ref: str | None = None
    signatures: tuple[signing.SignatureFinding, ...] = ()


def judge(content: bytes, trust: Trust, *, now: datetime) -> Judgement:
    """What `content` is. It is never kept, and no address in it is asked. Raises nothing on account of it."""
    if PDF_BEGINS in content[:1024]:
        return _pdf(content, trust, now)
    if content.startswith(ZIP_BEGINS):
        return _bundle(content, trust, now)
    neither = Problem(N_("This file cannot be read: it is neither a PDF nor an evidence file."))
    return Judgement(neither, False, sha256(content).hexdigest())


_published: dict[tuple[str, str | None], Judgement] = {}


def judge_published(content: bytes, trust: Trust, *, now: datetime) -> Judgement:
    """As `judge`, for a published file: read once for as long as this process lives, since neither it nor what its
    signatures are judged by at its publication changes, until another decision takes its place."""
    digest = sha256(content).hexdigest()
    by = next((known.superseded_by for known in trust.registered if known.sha256 == digest), None)
    if (digest, by) not in _published:
        judgement = judge(content, trust, now=now)
        if any(fact.outcome is Outcome.UNKNOWN for fact in judgement.facts):
            return judgement  # something could not be read in time; it may be the next time
        _published[digest, by] = judgement
    return _published[digest, by]


def _pdf(content: bytes, trust: Trust, now: datetime) -> Judgement:
    verdict = signing.verify(content, roots=trust.roots, registered=trust.registered, now=now, lists=trust.lists)
    attached = None
    if verdict.readable:
        try:
            attached = _pdfs.run(attached_in, content)
        except (ValueError, LimitExceeded):
            attached = None
    return Judgement(
        bottom_line=pdf_facts.sentence(verdict),
        good=verdict.bottom_line is BottomLine.GENUINE,
        sha256=verdict.sha256,
        facts=pdf_facts.facts_of(verdict, attached, registered=trust.registered, keys=[key for _, key in trust.keys]),
        decision=verdict.published.reference if verdict.published else None,
        signatures=verdict.signatures,
    )


def _bundle(content: bytes, trust: Trust, now: datetime) -> Judgement:
    digest = sha256(content).hexdigest()
    try:
        report = _bundles.run(report_on, content, trust.keys, trust.roots, trust.lists, now)
    except (NotEvidence, LimitExceeded):
        unreadable = Problem(N_("This file cannot be read as the evidence of a round."))
        return Judgement(unreadable, False, digest)
    return Judgement(Problem(report.bottom_line), report.fine, digest, report.facts, round_ref=report.round_ref)


def report_on(
    content: bytes,
    keys: Sequence[tuple[int, VerifierKey]],
    roots: Sequence[bytes],
    lists: Sequence[bytes],
    now: datetime,
) -> Report:
    """Every fact about an evidence file, its PDFs read too. Raises NotEvidence. For a process that may be killed."""
    read = cache(partial(read_pdf, roots=roots, lists=lists, now=now))
    try:
        bundle = unpack(content)
        return check(bundle, Policy(log=_key_for(bundle, keys), pdf=read))
    except (NotEvidence, MemoryError):
        raise
    except Exception as error:  # a hostile file may break what reads it in any way
        raise NotEvidence(type(error).__name__) from None


def _key_for(bundle: Bundle, keys: Sequence[tuple[int, VerifierKey]]) -> VerifierKey:
    """The key that signed when the log was as large as the file says."""
    try:
        return key_at(keys, Checkpoint.parse(bundle.text("log/checkpoint").partition("\n\n")[0] + "\n").size)
    except (NotEvidence, NoteError):
        return keys[-1][1]
