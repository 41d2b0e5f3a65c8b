"""What leaves `pdf.render` is archivable, accessible, reproducible, complete, and refuses what it cannot set."""

import hashlib
import io
import multiprocessing
import pickle
import subprocess
import time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime

import pikepdf
import pytest
from jinja2 import UndefinedError

from procurement import pdf
from procurement.decisions.document import Corrected, Effect, Outcome
from procurement.errors import RuleBroken
from procurement.isolated import Isolated, LimitExceeded
from procurement.rounds.scoring_rule import Text
from tests.decision_sample import sample_decision, sample_document
from tests.documents import FIELDS, html_of, render_sample, verapdf

AT = datetime(2026, 11, 23, 2, 30, tzinfo=UTC)


def page(body: str, language: str = "en") -> str:
    return f'<html lang="{language}"><head><title>t</title></head><body>{body}</body></html>'


def text_of(content: bytes, tmp_path) -> str:
    (tmp_path / "t.pdf").write_bytes(content)
    run = subprocess.run(
        ["pdftotext", "-layout", tmp_path / "t.pdf", "-"], capture_output=True, check=True, timeout=60
    )
    return run.stdout.decode()


@pytest.fixture(scope="module")
def documents() -> dict[str, bytes]:
    return {language: render_sample(language) for language in ("en", "zh")}


def test_both_languages_pass_verapdf_as_pdf_a_3a_and_pdf_ua_1(documents, tmp_path):
    assert verapdf(documents, tmp_path) == {
        "en": {"3a": [], "ua1": []},
        "zh": {"3a": [], "ua1": []},
    }


def test_structure_is_sound_and_every_page_carries_reference_and_number(documents, tmp_path):
    for language, number in (("en", "Page {} of {}"), ("zh", "第 {} 页，共 {} 页")):
        (tmp_path / "d.pdf").write_bytes(documents[language])
        subprocess.run(["qpdf", "--check", tmp_path / "d.pdf"], check=True, capture_output=True, timeout=60)
        pages = text_of(documents[language], tmp_path).split("\f")[:-1]
        assert len(pages) >= 5
        for index, text in enumerate(pages, start=1):
            assert "R2026-007-D1" in text
            assert number.format(index, len(pages)) in " ".join(text.split())


def test_chinese_text_can_be_selected_and_only_vendored_fonts_are_embedded(documents, tmp_path):
    text = text_of(documents["zh"], tmp_path)
    for phrase in ("选品决定书", "参照执行", "示范县云岭茶叶合作社", "行政复议", "Maria Ødegård-Example"):
        assert phrase in text
    run = subprocess.run(["pdffonts", tmp_path / "t.pdf"], capture_output=True, check=True, timeout=60)
    names = {line.split()[0].split(b"+")[1] for line in run.stdout.splitlines()[2:]}
    assert names == {b"Noto-Sans-SC", b"Noto-Sans-SC-Bold", b"Noto-Sans-Mono"}


def test_the_twin_and_its_proof_are_attached_as_data(documents):
    with pikepdf.open(io.BytesIO(documents["zh"])) as document:
        specifications = list(document.Root.AF)
        assert sorted(document.attachments) == ["decision.json", "decision.tlog-proof"]
        assert len(specifications) == 2
        for specification in specifications:
            assert specification.AFRelationship == "/Data"
            assert str(specification.EF.F.Params.ModDate) == "D:20261123023000Z"
        attached = document.attachments["decision.json"].get_file().read_bytes()
        proof = document.attachments["decision.tlog-proof"].get_file().read_bytes()
    assert attached.decode() == sample_document("zh", signatories=3).text
    assert proof.startswith(b"c2sp.org/tlog-proof@v1")


def test_signature_fields_are_in_the_first_revision_and_tagged(documents):
    with pikepdf.open(io.BytesIO(documents["en"])) as document:
        fields = list(document.Root.AcroForm.Fields)
        assert [str(f.T) for f in fields] == [f.name for f in FIELDS]
        assert all("/V" not in f and f.FT == "/Sig" and f.TU for f in fields)
        forms = [k for k in document.Root.StructTreeRoot.K[0].K if k.S == "/Form"]
        assert [k.K.Obj.objgen for k in forms] == [f.objgen for f in fields]
        seal, signatory = fields[0].Rect, fields[1].Rect
        # 38 × 38 mm and 80 × 24 mm: the sizes that seal.html and stamp.html are drawn for.
        assert (float(seal[2] - seal[0]), float(seal[3] - seal[1])) == pytest.approx((107.72, 107.72), abs=0.1)
        assert float(signatory[2] - signatory[0]) == pytest.approx(226.77, abs=0.1)
        assert float(signatory[3] - signatory[1]) == pytest.approx(68.9, abs=0.6)


def _sum_of_sample(language: str) -> str:
    return hashlib.sha256(render_sample(language)).hexdigest()


def test_two_processes_make_the_same_bytes(documents, monkeypatch):
    monkeypatch.setenv("TZ", "America/New_York")
    monkeypatch.setenv("PYTHONHASHSEED", "7")
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as other:
        sums = {language: other.submit(_sum_of_sample, language).result(120) for language in documents}
    assert sums == {language: hashlib.sha256(content).hexdigest() for language, content in documents.items()}


def test_other_content_has_another_identifier():
    one, two = (pdf.render(page(f"<p>{n}</p>"), issued=AT) for n in (1, 2))
    with pikepdf.open(io.BytesIO(one)) as a, pikepdf.open(io.BytesIO(two)) as b:
        assert bytes(a.trailer.ID[0]) != bytes(b.trailer.ID[0])


@pytest.mark.parametrize(
    ("text", "named"), [("王\U0002c386", "U+2C386"), ("𝄞", "U+1D11E"), ("ก", "U+0E01"), ("😀", "U+1F600")]
)
def test_a_character_no_typeface_has_is_named_and_refused(text, named):
    with pytest.raises(RuleBroken) as refusal:
        pdf.render(page(f"<p>{text}</p>"), issued=AT)
    assert named in str(refusal.value)


def test_rare_characters_of_real_names_can_be_set(tmp_path):
    content = pdf.render(page("<p>龚璟翀 王𬍛 𬱖 䶮 㛃 Ødegård</p>", "zh-CN"), issued=AT)
    assert "龚璟翀 王𬍛 𬱖 䶮 㛃 Ødegård" in text_of(content, tmp_path)


def test_a_character_drawn_by_the_style_sheet_is_refused_too():
    with pytest.raises(pdf.RenderingFailed, match="U\\+0E01"):
        pdf.render(page('<style>p::before { content: "ก" }</style><p>x</p>'), issued=AT)


@pytest.mark.parametrize("address", ["http://127.0.0.1:9/x.png", "file:///etc/hostname", "x.png"])
def test_nothing_outside_the_document_is_fetched(address):
    with pytest.raises(pdf.RenderingFailed, match="image"):
        pdf.render(page(f'<img alt="x" src="{address}">'), issued=AT)


def test_a_signature_field_without_its_element_is_refused():
    with pytest.raises(pdf.RenderingFailed, match="nowhere"):
        pdf.render(page("<p>x</p>"), issued=AT, fields=[pdf.SignatureField("S", "nowhere", "s")])


def test_a_name_cannot_bring_markup_and_a_missing_fact_is_an_error():
    decision = sample_decision("en")
    decision["result"]["ranking"][0]["merchant"] = decision["round"]["official"]["name"] = "<b>A & B</b>"
    html = html_of(decision)
    assert "<b>A" not in html
    assert html.count("&lt;b&gt;A &amp; B&lt;/b&gt;") >= 2
    del decision["round"]["purpose"]
    with pytest.raises(UndefinedError):
        html_of(decision)


def test_no_text_of_the_chinese_document_is_left_in_english():
    data = sample_document("zh").text
    body = html_of(sample_decision("zh")).split("<body>")[1]
    left = {
        word
        for part in body.replace("&#39;", "'").split(">")
        for word in part.split("<")[0].split()
        if word.isascii() and word.isalpha() and len(word) > 3 and word not in data
    }
    assert left == set()


def test_every_outcome_of_a_round_can_be_drawn():
    sample = sample_document("en")
    nothing = tuple(replace(line, outcome=Outcome.NOT_SELECTED) for line in sample.result.ranking)
    correction = Corrected("R2026-007-A002", "M1", "quality", "70", "7", "mark outside its range", "A slip.", None)
    html = html_of(
        sample_decision(
            "en",
            supersedes="R2026-007-D0",
            effect=Effect.AMENDED,
            demonstration=False,
            record=None,
            departure=Text("The first in rank withdrew.", "首位退出。"),
            objections=(),
            commitments=(),
            corrections=(correction,),
            recusals=(),
            result=replace(sample.result, ranking=nothing),
        )
    )
    for phrase in (
        "No product is selected in this round.",
        "supersedes R2026-007-D0",
        "The first in rank withdrew.",
        "No objection was filed.",
        "A002, M1, C1: 7 instead of 70. Ground: mark outside its range. A slip.",
        "no ground for recusal",
    ):
        assert phrase in html
    assert "Demonstration" not in html
    html = html_of(sample_decision("en", supersedes="R2026-007-D1", effect=Effect.ANNULLED))
    assert "The decision R2026-007-D1 is annulled." in html


def test_a_deadline_at_midnight_is_printed_on_the_day_that_ends():
    html = html_of(sample_decision("en"))
    assert "Friday 20 November 2026, 24:00 (UTC+8)" in html
    assert "2026年11月20日 星期五 24:00 (UTC+8)" in html_of(sample_decision("zh"))


def test_rendering_in_the_worker_gives_the_same_bytes_and_brings_refusals_back():
    html = page("<p>决定</p>", "zh-CN")
    assert pdf.render_in_worker(html, issued=AT) == pdf.render(html, issued=AT)
    with pytest.raises(RuleBroken) as refusal:
        pdf.render_in_worker(page("<p>😀</p>"), issued=AT)
    assert refusal.value.problems[0].params == {"characters": "😀 (U+1F600)"}


def test_a_refusal_survives_pickling():
    again = pickle.loads(pickle.dumps(RuleBroken("%(n)s is not right", field="f", n=3)))  # noqa: S301
    assert (str(again), again.problems[0].field, again.status) == ("3 is not right", "f", 422)


def _remember_much(size: int) -> int:
    return len(bytes(size))


def _compute_for_ever() -> None:
    while True:
        pass


def test_a_call_over_its_time_or_memory_is_ended_and_the_next_one_served():
    bounded = Isolated(seconds=0.5, memory=500_000_000)
    try:
        for busy in (time.sleep, 60), (_compute_for_ever,):
            began = time.monotonic()
            with pytest.raises(LimitExceeded):
                bounded.run(*busy)
            assert time.monotonic() - began < 15
        bounded.run(time.sleep, 0.7)  # waiting for its turn on a busy machine is not its fault
        with pytest.raises(LimitExceeded):
            bounded.run(_remember_much, 2_000_000_000)
        assert bounded.run(_remember_much, 1000) == 1000
    finally:
        bounded.close()
