"""A form sent after the session has ended: nothing happens, nothing typed is lost."""

import io
import re
from datetime import timedelta
from typing import NamedTuple

import pytest
from flask import Flask
from flask.testing import FlaskClient

from procurement.web import edge
from tests.conftest import MovableClock
from tests.visiting import Visitor, text_of
from tests.worlds.people import PASSWORD, people

TOKEN = re.compile(r'name="csrf_token"[^>]*value="([^"]+)"')
PATH = "/en/merchant/new"


class Stale(NamedTuple):
    """A form that was opened in time: its anti-forgery token, and who opened it."""

    token: str
    email: str


@pytest.fixture
def expired(app: Flask, client: FlaskClient, clock: MovableClock) -> Stale:
    """A merchant opens the form of a new business and stays away until the session is over."""
    with app.app_context():
        merchant = people(edge().engine, clock()).merchants[0]
        hours = edge().config.session_hours
    visitor = Visitor(client)
    visitor.send("/en/sign-in", email=merchant.email, password=PASSWORD, status=303)
    token = TOKEN.search(visitor.get(PATH).text)
    assert token
    clock.advance(hours=hours)
    return Stale(token[1], merchant.email)


def hidden(page: str) -> dict[str, str]:
    return dict(re.findall(r'<input type="hidden" name="(?!csrf_token)([^"]+)" value="([^"]*)">', page))


def test_what_was_typed_can_be_sent_again(client: FlaskClient, expired: Stale) -> None:
    answer = client.post(PATH, data={"csrf_token": expired.token, "name": "山坡 <果园>", "new_password": "secret"})
    assert answer.status_code == 403
    assert "what you typed is kept on this page" in text_of(answer)
    assert hidden(answer.text) == {"name": "山坡 &lt;果园&gt;"}, "escaped, and without passwords"
    assert "secret" not in answer.text
    visitor = Visitor(client)
    visitor.send("/en/sign-in", email=expired.email, password=PASSWORD, status=303)
    again = TOKEN.search(answer.text)
    assert again
    kept = client.post(PATH, data={"csrf_token": again[1], "name": "山坡果园"})
    assert kept.status_code == 422, "the form's own answer: more has to be filled in"
    assert "山坡果园" in kept.text


def test_files_are_said_not_to_be_kept(client: FlaskClient, expired: Stale) -> None:
    data = {"csrf_token": expired.token, "name": "a", "licence": (io.BytesIO(b"%PDF-"), "a.pdf")}
    answer = client.post(PATH, data=data, content_type="multipart/form-data")
    assert answer.status_code == 403
    assert "Files cannot be kept" in text_of(answer)


@pytest.mark.usefixtures("expired")
def test_another_sites_form_is_not_kept(client: FlaskClient) -> None:
    """Without the token of a form of ours its values could have been put there by anybody."""
    answer = client.post(PATH, data={"name": "planted"})
    assert answer.status_code == 400
    assert "planted" not in answer.text


def test_just_before_the_end_it_is_sent_as_usual(app: Flask, client: FlaskClient, clock: MovableClock) -> None:
    with app.app_context():
        merchant = people(edge().engine, clock()).merchants[0]
        hours = edge().config.session_hours
    visitor = Visitor(client)
    visitor.send("/en/sign-in", email=merchant.email, password=PASSWORD, status=303)
    clock.move_to(clock() + timedelta(hours=hours) - timedelta(microseconds=1))
    visitor.send(PATH, name="山坡果园", status=422)
