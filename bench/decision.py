"""What a decision costs to set and to sign, against WeasyPrint alone on the same page in the same run.

    python bench/decision.py [applications]

The floor is WeasyPrint making a plain PDF of the same HTML with the same typefaces: no tags, no attachments, no
fields, no signature. Floor and figures take turns; least and median of the rounds are told.
"""

import json
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from procurement import pdf, signing
from procurement.decisions.document import PROOF, TWIN
from procurement.decisions.jobs import decision_html
from procurement.keys import DevelopmentKeys, Identity
from tests.decision_sample import sample_document

NOW = datetime(2026, 3, 2, tzinfo=UTC)
ROUNDS = 7
KEY = "bench.example.org/log+00000000+AQ=="
RECEIPT = b"c2sp.org/tlog-proof@v1\n" + b"x" * 900


def seconds(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def plain(html: str, fonts: object) -> bytes:
    from weasyprint import HTML

    content: bytes = HTML(string=html, base_url="about:blank").write_pdf(font_config=fonts)
    return content


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 20
    text = sample_document("zh", signatories=3, applications=count).text
    html = decision_html(json.loads(text), KEY)
    attachments = [pdf.Attachment(TWIN, "data", text.encode()), pdf.Attachment(PROOF, "proof", RECEIPT)]
    names = ("seal", "signatory-1", "signatory-2", "signatory-3")
    fields = [pdf.SignatureField(name, f"field-{name}", name) for name in names]
    with tempfile.TemporaryDirectory() as folder:
        keys = DevelopmentKeys(Path(folder), office="示范县公益直播办公室（演示）")
        people: list[Identity] = [keys.seal(), *(keys.signatory(n, f"欧阳{n}") for n in (1, 2, 3))]

        def drawn(number: int) -> bytes:
            facts = {
                "name": people[number].name,
                "when": "2026-03-02",
                "fingerprint": people[number].fingerprint,
                "development": True,
                "dissents": False,
            }
            return pdf.render(pdf.fill("stamp.html" if number else "seal.html", facts, language="zh"), issued=NOW)

        def signed(content: bytes, number: int, appearance: bytes) -> bytes:
            return signing.sign(
                content,
                field=names[number],
                identity=people[number],
                appearance=appearance,
                reason="Decided",
                now=NOW,
                certify=number == 0,
            )

        def rendered() -> bytes:
            return pdf.render(html, issued=NOW, attachments=attachments, fields=fields)

        base = rendered()  # names the typefaces to the engine
        from weasyprint.text.fonts import FontConfiguration

        fonts = FontConfiguration()
        plain(html, fonts)
        looks = [drawn(number) for number in range(4)]
        states = [base]
        for number in range(4):
            states.append(signed(states[-1], number, looks[number]))
        works: dict[str, Callable[[], object]] = {
            "set as PDF/A-3a and PDF/UA-1, data and proof in it": rendered,
            "set and sealed": lambda: signed(rendered(), 0, drawn(0)),
            "one signature more, its appearance drawn": lambda: signed(states[3], 3, drawn(3)),
            "its appearance alone": lambda: drawn(3),
            "all four signatures verified": lambda: signing.examine(states[4], keys.roots, NOW),
        }
        floors: list[float] = []
        times: dict[str, list[float]] = {name: [] for name in works}
        for _ in range(ROUNDS):
            for name, work in works.items():
                floors.append(seconds(lambda: plain(html, fonts)))
                times[name].append(seconds(work))
    low, least = statistics.median(floors), min(floors)
    print(f"{count} applications, {len(states[-1]) / 1000:.0f} kB; WeasyPrint alone: median {low * 1000:.0f} ms\n")
    for name, taken in times.items():
        middle, best = statistics.median(taken), min(taken)
        print(f"{name:52} {middle * 1000:7.0f} ms {middle / low:5.2f} x", end="   ")
        print(f"least {best * 1000:6.0f} ms {best / least:5.2f} x")
    print("\ngoal: set and sealed within 1.2 x")


if __name__ == "__main__":
    main()
