"""Any file over HTTP: told apart by content, judged by the same facts, and never the end of the page."""

import hashlib
import io
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from procurement import storage
from procurement.db import reading
from procurement.decisions import queries as decisions
from procurement.evidence import judging
from procurement.evidence.facts import Outcome
from procurement.evidence.judging import Judgement, Trust, judge
from procurement.isolated import Isolated
from procurement.keys import keys_from
from procurement.publiclog import keys
from procurement.signing import Standing
from tests.decisions.conftest import DecisionWorld, app, decided, installation
from tests.evidence.conftest import gathered
from tests.scoring.conftest import Store as Stages
from tests.test_signing import World, change_page, flip_content, strangers_signature

__all__ = ["app", "decided"]


@pytest.fixture
def database(store: Stages, tmp_path: Path) -> str:
    source, _, _ = store.template("sqlite", "decided")
    return store.copy("sqlite", source, tmp_path / "sunlit.db")[1]


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    app.config.update(WTF_CSRF_ENABLED=False, RATELIMIT_ENABLED=False)
    return app.test_client()


@pytest.fixture
def published(decided: DecisionWorld) -> bytes:
    """The signed PDF as everybody gets it."""
    with reading(decided.scored.engine) as session:
        (known,) = decisions.registered(session)
    return storage.store(installation(decided.scored)).get(known.sha256)


def trust(made: DecisionWorld, **changes: object) -> Trust:
    """This site's own, with the one registered decision changed."""
    config = installation(made.scored)
    with reading(made.scored.engine) as session:
        (known,) = decisions.registered(session)
    certificates = keys_from(config)
    log_keys = ((-1, keys.verifier_of(config)),)
    return Trust((replace(known, **changes),), certificates.roots, certificates.lists, log_keys)


def upload(client: FlaskClient, content: bytes, *, language: str = "en", name: str = "file", ref: str = "") -> str:
    address = f"/{language}/decisions/{ref}/verify" if ref else f"/{language}/verify"
    # Put together by hand: the test client would leave a temporary file open behind a large upload.
    head = f'--x\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n\r\n'
    body = head.encode() + content + b"\r\n--x--\r\n"
    reply = client.post(address, data=body, content_type="multipart/form-data; boundary=x")
    assert reply.status_code == 200, reply.text
    return reply.text


def told(judgement: Judgement) -> dict[str, Outcome]:
    return {fact.code: fact.outcome for fact in judgement.facts}


def words(judgement: Judgement) -> str:
    return "\n".join([str(judgement.bottom_line), *(str(p) for fact in judgement.facts for p in fact.details)])


# --- which kind ---------------------------------------------------------------------------------------------------


def test_either_kind_is_known_by_its_content(
    client: FlaskClient, decided: DecisionWorld, published: bytes, tmp_path: Path
) -> None:
    said = upload(client, published, name="evidence.zip")
    assert "Genuine and in force" in said
    assert f"Decision {decided.ref}, as it was published" in said
    assert "真本且有效" in upload(client, published, language="zh")
    evidence = gathered(decided.scored, tmp_path, storage.store(installation(decided.scored)))
    said = upload(client, evidence, name="decision.pdf")
    assert f"the evidence of round {decided.scored.ref}" in said
    assert "The PDF is the published one, signed, and says what the decision says" in said


def test_a_file_is_asked_for(client: FlaskClient, decided: DecisionWorld) -> None:
    reply = client.post("/en/verify", data={})
    assert (reply.status_code, "Choose the file to be checked" in reply.text) == (422, True)
    assert "请选择要核验的文件" in client.post(f"/zh/decisions/{decided.ref}/verify", data={}).text


def test_a_verification_code_leads_to_its_decision(client: FlaskClient, decided: DecisionWorld) -> None:
    with reading(decided.scored.engine) as session:
        code = decisions.find_decision(session, decided.ref).code
    reply = client.get(f"/en/verify?code={code.lower()}")
    assert reply.headers["Location"].endswith(f"/decisions/{decided.ref}")
    assert "No published decision has this code" in client.get("/en/verify?code=AAAA-BBBB-CCCC").text


# --- of one decision ------------------------------------------------------------------------------------------------


def test_the_page_of_one_decision_checks_its_own_file(
    client: FlaskClient, decided: DecisionWorld, published: bytes
) -> None:
    page = client.get(f"/en/decisions/{decided.ref}/verify").text
    assert "Genuine and in force" in page
    assert hashlib.sha256(published).hexdigest() in page
    assert "does not hold" not in page
    assert "真本且有效" in client.get(f"/zh/decisions/{decided.ref}/verify").text
    assert client.get("/en/decisions/R1999-001-D1/verify").status_code == 404
    said = upload(client, published + b"\n% looked at", ref=decided.ref)
    assert "something was added after publication" in said
    assert "No signature covers the file to its end" in said


# --- a PDF's facts --------------------------------------------------------------------------------------------------


def test_the_published_file_holds_in_every_fact(decided: DecisionWorld, published: bytes) -> None:
    found = judge(published, trust(decided), now=decided.scored.clock())
    assert found.good
    assert set(told(found).values()) == {Outcome.HOLDS}
    assert len(found.signatures) == 8


@pytest.mark.parametrize(
    ("standing", "sentence"),
    [
        (Standing.SUPERSEDED, "Genuine, but superseded by X-D2."),
        (Standing.ANNULLED, "Genuine, but annulled by X-D2."),
    ],
)
def test_what_took_its_place_is_named(
    decided: DecisionWorld, published: bytes, standing: Standing, sentence: str
) -> None:
    by = trust(decided, standing=standing, superseded_by="X-D2")
    found = judge(published, by, now=decided.scored.clock())
    assert (str(found.bottom_line), found.good, told(found)["force"]) == (sentence, False, Outcome.FAILS)
    assert told(found)["published"] is Outcome.HOLDS


def test_each_tampering_has_its_own_facts(decided: DecisionWorld, published: bytes) -> None:
    by, now = trust(decided), decided.scored.clock()
    made = World(keys_from(installation(decided.scored)), [published], {}, by.registered[0])

    def of(tamper: object) -> tuple[Judgement, set[str]]:
        found = judge(tamper(made), by, now=now)
        return found, {code for code, outcome in told(found).items() if outcome is Outcome.FAILS}

    flipped, failing = of(flip_content)
    assert str(flipped.bottom_line).startswith("Altered")
    assert {"published", "original", "signatures"} <= failing
    assert "what was signed has been changed" in words(flipped)
    stranger, failing = of(strangers_signature)
    assert "somebody unknown here added a signature" in str(stranger.bottom_line)
    assert failing == {"published", "others", "allowed"}
    assert "“路人” signed it, as the certificate says, and is unknown here." in words(stranger)
    drawn, failing = of(change_page)
    assert str(drawn.bottom_line).startswith("Altered")
    assert failing == {"published", "allowed", "covered"}


def test_an_earlier_state_names_who_is_missing(decided: DecisionWorld) -> None:
    by = trust(decided)
    files = storage.store(installation(decided.scored))
    cut = files.get(by.registered[0].earlier[1].sha256)
    found = judge(cut, by, now=decided.scored.clock())
    assert str(found.bottom_line).startswith("An earlier state")
    assert {"published", "original", "signatures"} <= {c for c, o in told(found).items() if o is Outcome.FAILS}
    assert "before all had signed" in words(found)
    missing = next(fact for fact in found.facts if fact.code == "signatures").details
    assert len(missing) == 7
    assert decided.scored.organiser.name in words(found)


# --- hostile files --------------------------------------------------------------------------------------------------


def zipped(*members: tuple[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        for name, content in members:
            archive.writestr(name, content)
    return out.getvalue()


def stating(content: bytes, *, unpacked: int) -> bytes:
    """An archive of one member with another size stated for what it unpacks to."""
    made, at = bytearray(content), content.index(b"PK\x01\x02")
    made[22:26] = made[at + 24 : at + 28] = unpacked.to_bytes(4, "little")
    return bytes(made)


def deep() -> bytes:
    return zipped(("manifest.json", b"[" * 200_000))


def secret() -> bytes:
    content = bytearray(zipped(("manifest.json", b"{}")))
    content[6] |= 1
    content[content.index(b"PK\x01\x02") + 8] |= 1
    return bytes(content)


HOSTILE = {
    "cut": lambda: zipped(("manifest.json", b"{}"))[:-5],
    "nothing inside": lambda: zipped(("other", b"")),
    "says that it is small": lambda: stating(zipped(("manifest.json", bytes(1 << 24))), unpacked=100),
    "says that it is huge": lambda: stating(zipped(("manifest.json", b"{}")), unpacked=600 << 20),
    "deep": deep,
    "locked": secret,
    "packed otherwise": lambda: zipped(("manifest.json", b"{}"), method=zipfile.ZIP_LZMA),
    "twice": lambda: zipped(("manifest.json", b"{}"), ("manifest.json", b"{}")),
    "wrong shapes": lambda: zipped(("manifest.json", b'{"v":1,"round":1,"made_at":[],"files":3}')),
}


@pytest.mark.filterwarnings("ignore:Duplicate name")
@pytest.mark.parametrize("hostile", HOSTILE)
def test_a_hostile_archive_is_unreadable_and_no_fault(
    client: FlaskClient, decided: DecisionWorld, hostile: str
) -> None:
    said = upload(client, HOSTILE[hostile]())
    assert "This file cannot be read as the evidence of a round." in said


def test_what_takes_too_long_is_unreadable(
    client: FlaskClient, decided: DecisionWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    tight = Isolated(seconds=0.01)
    monkeypatch.setattr(judging, "_bundles", tight)
    try:
        assert "cannot be read as the evidence" in upload(client, zipped(("manifest.json", b"{}")))
    finally:
        tight.close()


@pytest.mark.parametrize("content", [b"GIF89a" + bytes(90), b"\x00", "你好".encode()])
def test_anything_else_is_neither(client: FlaskClient, decided: DecisionWorld, content: bytes) -> None:
    assert "neither a PDF nor an evidence file" in upload(client, content)
    assert "既不是PDF，也不是证据文件" in upload(client, content, language="zh")


def test_a_broken_pdf_is_told_as_one(client: FlaskClient, decided: DecisionWorld, published: bytes) -> None:
    assert "This file cannot be read as a PDF" in upload(client, published[: len(published) // 2])
    assert "This file cannot be read as a PDF" in upload(client, b"%PDF-1.7\n" + bytes(1000))
