"""Receipts are handed out with the acts: shown on the next page, waited for, found again by code or by account."""

import re
import threading
import time
from collections.abc import Iterator
from dataclasses import replace

import pytest
from flask import Blueprint, Flask
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Engine

from app import create_app
from config import Config
from procurement.access import Permission, Role
from procurement.accounts.actions import create_account
from procurement.accounts.passwords import hash_password
from procurement.db import transaction
from procurement.publiclog.jobs import sign_log
from procurement.publiclog.keys import key_of
from procurement.publiclog.receipt import Receipt, read_code, receipt_code
from procurement.publiclog.writing import append
from procurement.web import actor, plain, redirect
from procurement.web import transaction as acting
from tests.conftest import MovableClock, close
from tests.publiclog.happenings import Happened
from tests.worlds.people import PASSWORD, Person


def test_a_code_is_read_as_people_write_it() -> None:
    leaf = bytes.fromhex("00443214c7") + bytes(27)
    code = receipt_code(812, leaf)
    assert re.fullmatch(r"812-[0-9A-HJKMNP-TV-Z]{4}-[0-9A-HJKMNP-TV-Z]{4}", code)
    for written in (code, code.lower(), f" {code} ", code.replace("-", " "), code.replace("0", "O")):
        assert read_code(written) == (812, code)
    for no_code in ("", "812", "812-K7QM", "K7QM-4TXP", "812-K7QM-4TX!", "-1-K7QM-4TXP", f"{10**20}-K7QM-4TXP"):
        assert read_code(no_code) is None


@given(st.integers(0, 10**15), st.binary(min_size=32, max_size=32))
def test_every_code_is_read_back(index: int, leaf: bytes) -> None:
    assert read_code(receipt_code(index, leaf)) == (index, receipt_code(index, leaf))


@pytest.fixture
def merchant(engine: Engine, clock: MovableClock) -> Person:
    with transaction(engine) as session:
        user = create_account(
            session,
            email="tea@example.org",
            name="Wang",
            employer="",
            roles=[Role.MERCHANT],
            password=PASSWORD,
            new_hash=hash_password(PASSWORD),
            language="en",
            now=clock(),
        )
    return Person(engine, user, "tea@example.org", "Wang")


def acting_app(config: Config, clock: MovableClock) -> Flask:
    """The application, with an address at which something happens."""
    app = create_app(config, clock=clock)
    app.testing = True
    bp = Blueprint("test_acts", __name__)

    @plain(bp, "/act/<role>/<int:times>", permission=Permission.READ_PUBLIC)
    def act(role: str, times: int):  # type: ignore[no-untyped-def]
        with acting() as session:
            for number in range(times):
                by = None if role == "system" else Role(role)
                append(session, Happened(number=number), now=clock(), actor=actor(), role=by, round_ref="R2026-001")
        return redirect("publiclog.find_receipt")

    app.register_blueprint(bp)
    return app


@pytest.fixture
def client(config: Config, clock: MovableClock) -> Iterator[FlaskClient]:
    app = acting_app(config, clock)
    yield app.test_client()
    close(app.extensions["sunlit"].engine)


def shown(client: FlaskClient, path: str = "/en/receipts") -> dict[int, str]:
    """Index → code of what the page offers to keep."""
    page = client.get(path).text
    return {int(n): code for n, code in re.findall(r'/en/log/(\d+)/receipt".*?sun-mono">([^<]+)<', page)}


def test_an_act_is_followed_by_its_receipt(
    client: FlaskClient, engine: Engine, config: Config, clock: MovableClock
) -> None:
    assert client.get("/act/visitor/1").status_code == 303
    offered = shown(client)
    assert list(offered) == [0]
    assert shown(client) == {}, "offered once"
    page = client.get("/en/log/0/receipt").text
    assert "by Mon 2 March 2026, 09:01 (Beijing time) at the latest" in page
    clock.advance(minutes=1)
    assert "should have been signed by" in client.get("/en/log/0/receipt").text
    sign_log(engine, config, clock)
    page = client.get("/en/log/0/receipt").text
    assert "The receipt is ready" in page
    assert offered[0] in page
    kept = Receipt.parse(client.get("/log/entry/0.tlog-proof").text)
    assert kept.entry == client.get("/log/entry/0.json").data
    checkpoint, _ = kept.check(None, [key_of(config).verifier])
    assert checkpoint.size == 1


def test_several_entries_and_what_the_system_does(client: FlaskClient) -> None:
    client.get("/act/organiser/3")
    client.get("/act/system/1")
    assert list(shown(client)) == [0, 1, 2]
    client.get("/act/visitor/30")
    assert len(shown(client)) == 20, "a cookie holds only so much"


def test_a_receipt_is_found_again_by_its_code(client: FlaskClient) -> None:
    client.get("/act/visitor/2")
    code = shown(client)[1]
    found = client.get("/en/receipts", query_string={"code": code.lower()})
    assert (found.status_code, found.headers["Location"]) == (303, "/en/log/1/receipt")
    for wrong, said in (
        ("nonsense", "A code has a number"),
        ("77" + code[1:], "The log has no entry 77"),
        ("0" + code[1:], "but it does not have this code"),
    ):
        answer = client.get("/en/receipts", query_string={"code": wrong})
        assert answer.status_code == 422
        assert said in answer.text


def test_people_find_their_own_receipts(client: FlaskClient, clock: MovableClock, merchant: Person) -> None:
    client.get("/act/visitor/1")
    assert client.get("/en/my/receipts").status_code == 303
    merchant.enter(client, clock())
    assert "the receipt appears here" in client.get("/en/my/receipts").text
    client.get("/act/merchant/2")
    page = client.get("/en/my/receipts").text
    listed = re.findall(r"/log/(\d+)/receipt", page.partition("<table")[2])
    assert listed == ["3", "2"], "not 0, by which the account was made, nor 1, which somebody else did"
    assert "to be signed within seconds" in page


def test_the_answer_waits_for_the_checkpoint(engine: Engine, config: Config, clock: MovableClock) -> None:
    app = acting_app(replace(config, receipt_seconds=20), clock)
    client = app.test_client()
    began = time.monotonic()
    client.get("/act/visitor/1")
    assert time.monotonic() - began < 5, "nothing was ever signed here: nobody waits for it"
    sign_log(engine, config, clock)
    signer = threading.Timer(0.6, lambda: sign_log(engine, config, clock))
    signer.start()
    began = time.monotonic()
    client.get("/act/merchant/1")
    waited = time.monotonic() - began
    signer.join()
    assert 0.5 < waited < 15
    assert client.get("/log/entry/1.tlog-proof").status_code == 200
    began = time.monotonic()
    client.get("/act/organiser/1")
    assert time.monotonic() - began < 5, "the office's own people are not held up"
    clock.advance(seconds=20)
    client.get("/act/visitor/1")
    assert time.monotonic() - began < 5, "the signer is away: nobody waits for it"
    close(app.extensions["sunlit"].engine)


def test_the_wait_is_bounded(engine: Engine, config: Config, clock: MovableClock) -> None:
    app = acting_app(replace(config, receipt_seconds=1), clock)
    client = app.test_client()
    client.get("/act/visitor/1")
    sign_log(engine, config, clock)
    began = time.monotonic()
    answer = client.get("/act/visitor/1")
    assert answer.status_code == 303
    assert 0.9 < time.monotonic() - began < 10
    close(app.extensions["sunlit"].engine)
