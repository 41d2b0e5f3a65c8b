"""The file, and the log that its entries are in. Each check yields what is wrong. Pure."""

from collections.abc import Iterator
from hashlib import sha256

from procurement.decisions.entries import DecisionPublished, DecisionRenewed
from procurement.errors import N_, Problem
from procurement.evidence.bundle import DISCLOSURES, SUCCESSION, NotEvidence, readme
from procurement.evidence.facts import Record, Unknown, checks
from procurement.objections.entries import NoticeGiven
from procurement.papers.entries import PaperMade
from procurement.publiclog.checkpoint import Checkpoint, NoteError, VerifierKey, open_note
from procurement.publiclog.receipt import Receipt
from procurement.publiclog.succession import SuccessionError, follow, keys_before, parse_succession
from procurement.publiclog.tree import leaf_hash
from procurement.publiclog.verify import Inclusions, ProofError
from procurement.rounds.entries import RoundAmended, RoundPublished
from procurement.scoring.entries import Tallied

# --- the file and the log -----------------------------------------------------------------------------------------


@checks("manifest", N_("Every file in it is the one that its list names"))
def manifest(record: Record) -> Iterator[Problem]:
    bundle = record.bundle
    for path in sorted(bundle.stated.keys() | bundle.files.keys()):
        if path not in bundle.files:
            yield Problem(N_("%(path)s is missing."), {"path": path})
        elif path not in bundle.stated:
            yield Problem(N_("%(path)s is not in the list."), {"path": path})
        elif sha256(bundle.files[path]).hexdigest() != bundle.stated[path]:
            yield Problem(N_("%(path)s is not the file that the list names."), {"path": path})


@checks("files", N_("Every document in it is one that the log names, and nothing else is in it"))
def _files(record: Record) -> Iterator[Problem]:
    files, named = record.bundle.files, _named(record)
    for path in sorted(named.keys() | files.keys() - READ_ELSEWHERE):
        if path not in files:
            yield Problem(N_("%(path)s is missing."), {"path": path})
        elif path not in named:
            yield Problem(N_("The log names no such file: %(path)s."), {"path": path})
        elif sha256(files[path]).hexdigest() != named[path]:
            yield Problem(N_("%(path)s is not the file that the log names."), {"path": path})


READ_ELSEWHERE = frozenset(
    {"log/key", "log/checkpoint", "log/entries.ndjson", "ballots.ndjson", "texts.ndjson", DISCLOSURES, SUCCESSION}
)
"""Files whose every line another check holds against the log."""


def _named(record: Record) -> dict[str, str]:
    """Path → SHA-256 of every document that the entries name, and of the file that says how to check."""
    found = {"README.txt": sha256(readme(record.bundle.round_ref)).hexdigest()}
    for envelope in record.envelopes:
        match envelope.entry:
            case RoundPublished(version=version, rules=digest) | RoundAmended(version=version, rules=digest):
                found[f"rules/{version}.json"] = digest
            case Tallied(number=number, tally=digest):
                found[f"tallies/{number}.json"] = digest
            case NoticeGiven(number=number, document=digest):
                found[f"notices/{number}.json"] = digest
            case DecisionPublished(decision=ref, document=document, file=file):
                found |= {f"decisions/{ref}.json": document, f"decisions/{ref}.pdf": file}
            case DecisionRenewed(decision=ref, number=number, file=file):
                found[f"decisions/{ref}-{number}.pdf"] = file
            case PaperMade(paper=ref, document=document, en=en, zh=zh):
                found |= {f"papers/{ref}.json": document, f"papers/{ref}.en.pdf": en, f"papers/{ref}.zh.pdf": zh}
    return found


@checks("log_key", N_("The log's key is one that you trust"))
def _log_key(record: Record) -> Iterator[Problem]:
    stated = record.bundle.text("log/key").strip()
    if record.policy.log is None:
        raise Unknown(N_("No key was given; the one in the file was used: %(key)s"), key=stated)
    try:
        followed = follow(record.policy.log, _handovers(record))
    except SuccessionError as error:
        yield Problem(N_("The key that you trust did not hand over to another one: %(why)s"), {"why": str(error)})
        return
    if stated != str(followed):
        yield Problem(N_("The file names another key, to which yours did not hand over: %(key)s"), {"key": stated})


def _handovers(record: Record) -> list[Receipt]:
    """The handovers in the file. Raises SuccessionError."""
    return parse_succession(record.bundle.text(SUCCESSION)) if SUCCESSION in record.bundle.files else []


def keys_of(record: Record) -> list[VerifierKey]:
    """The key that signs today, as far as it can be followed from the one that is trusted, and the witnesses'.
    Raises NotEvidence."""
    try:
        trusted = record.policy.log or VerifierKey.parse(record.bundle.text("log/key"))
    except NoteError as error:
        raise NotEvidence(f"log/key: {error}") from error
    try:
        return [follow(trusted, _handovers(record)), *record.policy.witnesses]
    except SuccessionError:
        return [trusted, *record.policy.witnesses]


def keys_of_proofs(record: Record) -> list[VerifierKey]:
    """Every key by which the log may have signed while the round ran: the one that signs today, and those before it,
    as it says. Raises NotEvidence."""
    key = keys_of(record)[0]
    try:
        return [key, *keys_before(key, _handovers(record))]
    except SuccessionError:
        return [key]


@checks("checkpoint", N_("The log's state is signed by the log's key"))
def _checkpoint(record: Record) -> Iterator[Problem]:
    keys = keys_of(record)
    stated = record.bundle.text("log/key")
    if record.policy.log is None and stated != f"{keys[0]}\n":
        yield Problem(N_("The file names another key: %(key)s"), {"key": stated})
    try:
        opened = open_note(record.bundle.text("log/checkpoint"), keys)
        origin = Checkpoint.parse(opened.text).origin
    except NoteError as error:
        yield Problem(N_("The checkpoint does not hold: %(why)s"), {"why": str(error)})
        return
    if keys[0] not in opened.signed_by:
        yield Problem(N_("The log's key did not sign the checkpoint."))
    if origin != keys[0].name:
        yield Problem(N_("The checkpoint is of another log: %(log)s"), {"log": origin})


@checks("witnesses", N_("Witnesses outside the office have signed the same state"))
def _witnesses(record: Record) -> Iterator[Problem]:
    policy = record.policy
    if not policy.witnesses:
        raise Unknown(N_("No witness was named to this check."))
    try:
        signed_by = open_note(record.bundle.text("log/checkpoint"), keys_of(record)).signed_by
    except NoteError:
        signed_by = ()
    have = sum(key in signed_by for key in policy.witnesses)
    if have < policy.quorum:
        yield Problem(
            N_("%(have)s witnesses have signed; %(quorum)s were asked for."),
            {"have": have, "quorum": policy.quorum},
        )


@checks("proofs", N_("Every entry of the round is in the log, unchanged"))
def _proofs(record: Record) -> Iterator[Problem]:
    try:
        state = Checkpoint.parse(record.bundle.text("log/checkpoint").partition("\n\n")[0] + "\n")
    except NoteError as error:
        yield Problem(N_("The checkpoint does not hold: %(why)s"), {"why": str(error)})
        return
    tree = Inclusions(state.size, state.root)
    for proved, envelope in record.lines:
        try:
            tree.verify(proved.index, leaf_hash(proved.body), proved.proof)
        except ProofError:
            yield Problem(N_("Entry %(index)s is not in the log as it stands here."), {"index": proved.index})
        if envelope.round_ref != record.bundle.round_ref:
            yield Problem(N_("Entry %(index)s belongs to another round."), {"index": proved.index})


@checks("order", N_("The entries stand in the order of their times"))
def _order(record: Record) -> Iterator[Problem]:
    for (before, earlier), (after, later) in zip(record.lines, record.lines[1:], strict=False):
        if after.index <= before.index or later.at < earlier.at:
            yield Problem(
                N_("Entry %(index)s is dated before the one ahead of it: the clock was set back."),
                {"index": after.index},
            )


@checks("complete", N_("No entry of the round is left out of the file"))
def _complete(record: Record) -> Iterator[Problem]:
    raise Unknown(
        N_("Compare with the whole log: `sunlit log export` or a witness's copy, and count the round's entries.")
    )
    yield  # pragma: no cover (makes this an iterator, as every check is)
