"""Helpers for the tests of documents: the sample decision as HTML and PDF, and veraPDF in a process of its own."""

import json
import subprocess
import sys
from collections.abc import Mapping
from datetime import datetime
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

from procurement import pdf
from procurement.decisions.document import PROOF, TWIN
from procurement.decisions.entries import DecisionDrawnUp
from procurement.decisions.wording import WORDS, criterion_numbers, rule_sentences, tie_words
from procurement.publiclog.checkpoint import Checkpoint, SigningKey
from procurement.publiclog.entry import By, Envelope, seal
from procurement.publiclog.receipt import Receipt
from procurement.publiclog.tree import leaf_hash
from tests.decision_sample import ISSUED, sample_document

ROOT = Path(__file__).parents[1]
KEY = SigningKey("sunlit.example.org/log", bytes(range(32)))
FIELDS = (
    pdf.SignatureField("seal", "field-seal", "Seal of the office"),
    *(pdf.SignatureField(f"signatory-{n}", f"field-signatory-{n}", f"Signature of signatory {n}") for n in (1, 2, 3)),
)


def html_of(document: Mapping[str, Any]) -> str:
    """The page that a decision, given as data, is drawn from."""
    scoring = document["rules"]["scoring"]
    facts = {
        "decision": document,
        "key": str(KEY.verifier),
        "words": WORDS,
        "sentences": rule_sentences(scoring),
        "numbers": criterion_numbers(scoring),
        "tie_words": tie_words,
    }
    return pdf.fill("decision.html", facts, language=document["language"], zone=document["zone"])


@cache
def render_sample(language: str) -> bytes:
    """The sample decision with its data attached and four empty signature fields."""
    text = sample_document(language, signatories=3).text
    return pdf.render(
        html_of(json.loads(text)),
        issued=datetime.fromisoformat(ISSUED),
        attachments=[
            pdf.Attachment(TWIN, "Decision as data", text.encode()),
            pdf.Attachment(PROOF, "Proof of the log", _receipt(text).encode()),
        ],
        fields=FIELDS,
    )


def _receipt(text: str) -> str:
    """That a log whose only entry draws up the decision has it."""
    drawn = DecisionDrawnUp(
        decision="R2026-007-D1",
        document=sha256(text.encode()).hexdigest(),
        effect="confirmed",
        departs=False,
        signatories=3,
        instead_of=None,
    )
    envelope = Envelope(drawn, datetime.fromisoformat(ISSUED), "R2026-007", By("organiser"))
    body = seal(envelope, lambda: "").body
    checkpoint = Checkpoint(KEY.name, 1, leaf_hash(body))
    return Receipt(0, (), KEY.sign(checkpoint.text()), body).text()


def verapdf(files: Mapping[str, bytes], folder: Path) -> dict[str, dict[str, list[str]]]:
    """{name: {flavour: broken rules}} for each file, from one run of the validator."""
    paths = {name: folder / f"{name}.pdf" for name in files}
    for name, content in files.items():
        paths[name].write_bytes(content)
    run = subprocess.run(
        [sys.executable, str(ROOT / "tests/verapdf.py"), *map(str, paths.values())],
        capture_output=True,
        check=True,
        timeout=300,
    )
    found = json.loads(run.stdout)
    return {name: found[str(path)] for name, path in paths.items()}
