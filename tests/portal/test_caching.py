"""Public pages can be kept by anybody; what belongs to one person is kept by nobody."""

import gzip
import re

import pytest
from flask import Flask
from flask.testing import FlaskClient

PAGES = ("/en/", "/zh/", "/en/how-to-check", "/zh/accessibility")
BUDGET = 45_000  # bytes, compressed: page, styles and script together


@pytest.mark.parametrize("path", PAGES)
def test_a_visitor_gets_a_page_that_may_be_kept_and_no_cookie(client: FlaskClient, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "public, max-age=60"
    assert "Cookie" in answer.headers["Vary"]
    assert "Set-Cookie" not in answer.headers


def test_the_same_page_is_not_sent_twice_though_its_nonce_differs(client: FlaskClient) -> None:
    first = client.get("/en/how-to-check")
    second = client.get("/en/how-to-check")
    assert first.headers["Content-Security-Policy"] != second.headers["Content-Security-Policy"]
    again = client.get("/en/how-to-check", headers={"If-None-Match": first.headers["ETag"]})
    assert again.status_code == 304
    assert "Content-Security-Policy" not in again.headers


def test_pages_differ_by_language(client: FlaskClient) -> None:
    assert client.get("/en/how-to-check").headers["ETag"] != client.get("/zh/how-to-check").headers["ETag"]


def test_a_page_with_a_form_is_kept_by_nobody(client: FlaskClient, app: Flask) -> None:
    app.config["WTF_CSRF_ENABLED"] = True
    answer = client.get("/en/style")
    assert answer.headers["Cache-Control"] == "no-store"
    assert "ETag" not in answer.headers


def test_missing_pages_are_not_kept(client: FlaskClient) -> None:
    assert client.get("/en/nothing").headers["Cache-Control"] == "no-store"


def test_static_files_are_named_by_their_content_and_kept_for_good(client: FlaskClient) -> None:
    page = client.get("/en/").text
    for address in re.findall(r'(?:href|src)="(/static/[^"]+)"', page):
        assert re.search(r"\?v=[0-9a-f]{12}$", address), address
        assert client.get(address).headers["Cache-Control"] == "public, max-age=31536000, immutable"


def test_public_pages_stay_within_their_weight(client: FlaskClient) -> None:
    styles, script = (len(gzip.compress(client.get(f"/static/{name}").data)) for name in ("sunlit.css", "sunlit.js"))
    for path in PAGES:
        weight = len(gzip.compress(client.get(path).data)) + styles + script
        assert weight <= BUDGET, f"{path}: {weight} bytes"


def test_the_front_door_leads_to_the_language_asked_for(client: FlaskClient) -> None:
    chinese = client.get("/", headers={"Accept-Language": "zh-CN,zh;q=0.9,en;q=0.5"})
    english = client.get("/", headers={"Accept-Language": "en-GB"})
    assert (chinese.status_code, chinese.location) == (303, "/zh/")
    assert (english.status_code, english.location) == (303, "/en/")
