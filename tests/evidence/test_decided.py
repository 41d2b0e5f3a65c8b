"""The evidence of a decided round: the decision follows the notice, and the PDF is the one that was signed."""

import json
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import pytest
import rfc8785

from procurement import storage
from procurement.db import reading as database_reading
from procurement.evidence.bundle import SUCCESSION, Bundle, unpack
from procurement.evidence.check import check
from procurement.evidence.facts import Outcome, PdfReading, Policy
from procurement.evidence.pdf_reading import read_pdf
from procurement.evidence.queries import evidence_of
from procurement.publiclog.checkpoint import Checkpoint, SigningKey
from procurement.publiclog.receipt import Receipt
from procurement.publiclog.rotation import rotate
from procurement.publiclog.verify import tree_of
from tests.decisions.conftest import DecisionWorld, decided, installation
from tests.evidence.conftest import Body, failing, gathered, holding, repacked, retold
from tests.publiclog.happenings import NOON
from tests.publiclog.test_rotation import NEW, STRANGER
from tests.publiclog.test_signer import KEY
from tests.scoring.conftest import Store as Stages

__all__ = ["decided"]


@pytest.fixture
def database(store: Stages, tmp_path: Path) -> str:
    source, _, _ = store.template("sqlite", "decided")
    return store.copy("sqlite", source, tmp_path / "sunlit.db")[1]


@pytest.fixture
def evidence(decided: DecisionWorld, tmp_path: Path) -> Bundle:
    kept = storage.store(installation(decided.scored))
    return unpack(gathered(decided.scored, tmp_path, kept))


def reading(pdf: bytes) -> PdfReading:
    return read_pdf(pdf, roots=[], now=NOON)


def test_a_decided_round_holds(evidence: Bundle) -> None:
    report = check(evidence, Policy(pdf=reading))
    assert [fact for fact in report.facts if fact.outcome is Outcome.FAILS] == []
    assert {"decision", "pdf", "pdf_proof", "notice", "tally"} <= holding(evidence, Policy(pdf=reading))


def test_the_proof_in_the_pdf_holds_after_the_log_changed_its_key(decided: DecisionWorld, tmp_path: Path) -> None:
    """The key of its time is one that today's says came before; what it proves must be what today's proves too."""
    world, kept = decided.scored, storage.store(installation(decided.scored))
    gathered(world, tmp_path, kept)
    rotate(world.engine, old=KEY, new=NEW, guard=tmp_path / "guard", reason="The keeper left.", now=world.clock())
    with database_reading(world.engine) as session:
        made = evidence_of(session, world.ref, key=NEW.verifier, store=kept, now=world.clock())
    after = unpack(made.content)
    for trusted in (None, KEY.verifier, NEW.verifier):
        assert "pdf_proof" in holding(after, Policy(log=trusted, pdf=reading))
    without = repacked(after, **{SUCCESSION: None})
    assert "pdf_proof" in failing(without, Policy(log=NEW.verifier, pdf=reading))
    for key, wrong in ((KEY, "not the entry that stands"), (STRANGER, "none of the known keys")):
        proof = forged(after, by=key)

        def other(pdf: bytes, proof: bytes = proof) -> PdfReading:
            return replace(reading(pdf), proof=proof)

        report = check(after, Policy(log=NEW.verifier, pdf=other))
        (fact,) = [fact for fact in report.facts if fact.code == "pdf_proof"]
        assert fact.outcome is Outcome.FAILS
        assert wrong in str(fact.details[0].params.get("why") or fact.details[0].message)


def forged(evidence: Bundle, *, by: SigningKey) -> bytes:
    """A receipt of the entry that drew up the decision, at another place in a log of its own, signed by `by`."""
    (body,) = [one.body for one in evidence.entries() if b'"decision.drawn_up"' in one.body]
    tree = tree_of([body])
    note = by.sign(Checkpoint(by.name, 1, tree.root()).text())
    return Receipt(0, (), note, body).text().encode()


def test_without_a_reader_the_signatures_cannot_be_told(evidence: Bundle) -> None:
    told = {fact.code: fact.outcome for fact in check(evidence).facts}
    assert (told["decision"], told["pdf"]) == (Outcome.HOLDS, Outcome.UNKNOWN)


def files(evidence: Bundle, ending: str) -> str:
    (path,) = [path for path in evidence.files if path.startswith("decisions/") and path.endswith(ending)]
    return path


def test_other_minutes_are_caught(evidence: Bundle) -> None:
    assert "papers" in holding(evidence)
    paths = sorted(path for path in evidence.files if path.startswith("papers/"))
    assert [path.partition("-P")[2] for path in paths] == [
        *("01.en.pdf", "01.json", "01.zh.pdf", "02.en.pdf", "02.json", "02.zh.pdf"),
    ]
    for path in paths[3:]:
        assert failing(repacked(evidence, **{path: evidence.files[path] + b" "})) == {"papers", "files"}
        assert failing(repacked(evidence, **{path: None})) == {"papers", "files"}


@pytest.mark.parametrize("part", ["result", "sealing", "notice", "nonsense"])
def test_minutes_that_tell_something_else_are_caught(evidence: Bundle, part: str) -> None:
    """The office draws up minutes that do not say what the record says, and logs their hash."""
    (path,) = [path for path in evidence.files if path.endswith("-P02.json")]
    said = json.loads(evidence.files[path])
    if part == "result":
        said["result"]["sha256"] = "0" * 64
    elif part == "sealing":
        said["sealing"]["sealed"] -= 1
    elif part == "notice":
        said["notice"]["number"] = 2
    document = b"[]" if part == "nonsense" else rfc8785.dumps(said)

    def change(bodies: list[Body]) -> list[Body]:
        for body in bodies:
            if body["kind"] == "paper.made" and body["data"]["type"] == "committee":
                body["data"]["document"] = sha256(document).hexdigest()
        return bodies

    assert failing(retold(evidence, change, **{path: document})) == {"papers"}


def test_another_pdf_is_caught(evidence: Bundle) -> None:
    path = files(evidence, ".pdf")
    changed = bytearray(evidence.files[path])
    changed[len(changed) // 2] ^= 1
    assert failing(repacked(evidence, **{path: bytes(changed)})) == {"pdf", "files"}
    assert failing(repacked(evidence, **{path: None})) == {"pdf", "files"}


def test_another_decision_is_caught(evidence: Bundle) -> None:
    path = files(evidence, ".json")
    assert failing(repacked(evidence, **{path: evidence.files[path] + b" "})) == {"decision", "files"}
    assert failing(repacked(evidence, **{path: None})) == {"decision", "files"}


def redrawn(evidence: Bundle, path: str, document: bytes) -> Bundle:
    """The office logs `document` as the decision that it drew up and published."""
    from hashlib import sha256

    digest = sha256(document).hexdigest()

    def change(bodies: list[Body]) -> list[Body]:
        for body in bodies:
            if body["kind"] in ("decision.drawn_up", "decision.published"):
                body["data"]["document"] = digest
        return bodies

    return retold(evidence, change, **{path: document})


def test_a_decision_that_departs_without_a_reason_is_caught(evidence: Bundle) -> None:
    path = files(evidence, ".json")
    decision = json.loads(evidence.files[path])
    ranking = decision["result"]["ranking"]
    first = next(line for line in ranking if line["outcome"] == "selected")
    first["outcome"] = "not_selected"
    said = redrawn(evidence, path, json.dumps(decision).encode())
    assert "decision" in failing(said)
    decision["departure"] = {"en": "The merchant withdrew its offer in writing.", "zh": "商家已书面撤回。"}
    assert "decision" not in failing(redrawn(evidence, path, json.dumps(decision).encode()))


def test_a_decision_before_the_notice_ended_is_caught(evidence: Bundle) -> None:
    def change(bodies: list[Body]) -> list[Body]:
        notice = next(body for body in bodies if body["kind"] == "notice.given")
        later = [body for body in bodies if body["at"] > notice["at"]]
        for body in later:
            body["at"] = notice["at"]
        return bodies

    assert {"decision", "phases"} <= failing(retold(evidence, change))
