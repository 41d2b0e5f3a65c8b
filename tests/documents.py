"""Helpers for the tests of documents: the Chinese catalogue from its source, and veraPDF in a process of its own."""

import io
import json
import subprocess
import sys
from collections.abc import Mapping
from datetime import datetime
from functools import cache
from pathlib import Path

import rfc8785
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import NullTranslations, Translations

from procurement import pdf
from tests.decision_sample import ISSUED, sample_decision

ROOT = Path(__file__).parents[1]
FIELDS = (
    pdf.SignatureField("Seal", "field-seal", "Seal of the office"),
    *(pdf.SignatureField(f"Signatory{n}", f"field-signatory-{n}", f"Signature of signatory {n}") for n in (1, 2, 3)),
)


@cache
def catalogue(language: str) -> NullTranslations:
    """The documents' own fragment, compiled in memory."""
    if language == "en":
        return NullTranslations()
    compiled = io.BytesIO()
    with (ROOT / "translations/fragments/documents.zh.po").open("rb") as source:
        write_mo(compiled, read_po(source, locale="zh"))
    compiled.seek(0)
    return Translations(compiled)


def sample_html(language: str) -> str:
    return pdf.fill(
        "decision.html",
        {"decision": sample_decision(language)},
        language=language,
        translations=catalogue(language),
    )


def render_sample(language: str) -> bytes:
    """The sample decision with its twin attached and four empty signature fields."""
    return pdf.render(
        sample_html(language),
        issued=datetime.fromisoformat(ISSUED),
        attachments=[
            pdf.Attachment("decision.json", "Machine-readable decision", rfc8785.dumps(sample_decision(language)))
        ],
        fields=FIELDS,
    )


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
