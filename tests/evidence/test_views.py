"""The evidence file over HTTP: offered once published, whole, checked by the same code that made it."""

import io

import pytest
from flask import Flask
from flask.testing import FlaskClient

from config import Config
from procurement.evidence.bundle import unpack
from procurement.evidence.check import check
from procurement.evidence.facts import Policy
from procurement.publiclog import keys
from procurement.publiclog.rotation import rotate
from procurement.publiclog.signer import sign_checkpoint
from procurement.publiclog.succession import follow, parse_succession
from tests.evidence.conftest import repacked
from tests.worlds.scoring import ScoringWorld


@pytest.fixture
def published(app: Flask, config: Config, noticed: ScoringWorld) -> ScoringWorld:
    """The round is on notice and a checkpoint of the installation's own key covers it."""
    sign_checkpoint(
        app.extensions["sunlit"].engine, key=keys.key_of(config), guard=keys.guard_of(config), now=noticed.clock()
    )
    return noticed


def upload(client: FlaskClient, content: bytes, language: str = "en") -> str:
    reply = client.post(f"/{language}/verify", data={"file": (io.BytesIO(content), "evidence.zip")})
    assert reply.status_code in (200, 422)
    return reply.text


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    app.config["WTF_CSRF_ENABLED"] = False
    return app.test_client()


def test_the_file_is_offered_and_holds(client: FlaskClient, config: Config, published: ScoringWorld) -> None:
    page = client.get(f"/en/rounds/{published.ref}/evidence")
    assert f"/rounds/{published.ref}/evidence.zip" in page.text
    assert str(keys.key_of(config).verifier) in page.text.replace("&#43;", "+")
    reply = client.get(f"/rounds/{published.ref}/evidence.zip")
    assert reply.content_type == "application/zip"
    assert "attachment" in reply.headers["Content-Disposition"]
    report = check(unpack(reply.data), Policy(log=keys.key_of(config).verifier))
    assert report.fine
    assert "Nothing that could be checked is wrong" in upload(client, reply.data)
    assert "凡能核验的均无差错" in upload(client, reply.data, "zh")


def test_a_file_from_before_the_key_was_changed_holds_too(
    app: Flask, client: FlaskClient, config: Config, published: ScoringWorld
) -> None:
    before = client.get(f"/rounds/{published.ref}/evidence.zip").data
    assert client.get("/log/succession").data == b""
    old, path = keys.key_of(config), config.data_dir / "new.key"
    new = keys.new_key(path, old.name)
    given = {"guard": keys.guard_of(config), "reason": "The keeper left.", "now": published.clock()}
    rotate(app.extensions["sunlit"].engine, old=old, new=new, **given)
    path.replace(config.data_dir / "log-development.key")
    assert keys.key_of(config) == new
    after = client.get(f"/rounds/{published.ref}/evidence.zip").data
    for content in (before, after):
        assert "Nothing that could be checked is wrong" in upload(client, content)
    page = client.get("/en/log/check").text.replace("&#43;", "+")
    assert "Keys that the log had before" in page
    assert str(old.verifier) in page
    (handover,) = parse_succession(client.get("/log/succession").text)
    assert follow(old.verifier, [handover]) == new.verifier


def test_a_changed_file_is_told(client: FlaskClient, published: ScoringWorld) -> None:
    bundle = unpack(client.get(f"/rounds/{published.ref}/evidence.zip").data)
    import zipfile

    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("manifest.json", '{"v":1,"round":"x","files":{}}')
        for path, content in bundle.files.items():
            archive.writestr(path, content)
    said = upload(client, out.getvalue())
    assert "does not hold together" in said
    assert "is not in the list" in said
    assert repacked(bundle).files == bundle.files


def test_what_is_no_evidence_is_refused_in_ones_language(client: FlaskClient, published: ScoringWorld) -> None:
    assert "neither a PDF nor an evidence file" in upload(client, b"nonsense")
    assert "既不是PDF，也不是证据文件" in upload(client, b"nonsense", "zh")
    assert "Choose the file to be checked" in client.post("/en/verify", data={}).text


def test_before_a_checkpoint_covers_it_the_page_says_so(client: FlaskClient, noticed: ScoringWorld) -> None:
    assert client.get(f"/rounds/{noticed.ref}/evidence.zip").status_code == 409


def test_there_is_none_of_a_round_that_is_not_published(client: FlaskClient, published: ScoringWorld) -> None:
    assert client.get("/rounds/R1999-001/evidence.zip").status_code == 404
    assert client.get("/zh/rounds/R1999-001/evidence").status_code == 404
