"""What holds for every page there is, and for every page that will be added."""

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.routing import AnyConverter, IntegerConverter, Rule

from procurement.access import Permission

SECURITY = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
}


def rules(app: Flask, method: str) -> list[Rule]:
    """Every rule of the application that answers `method`, the static files' left out."""
    found = [
        rule for rule in app.url_map.iter_rules() if rule.endpoint != "static" and method in (rule.methods or ())
    ]
    assert found
    return sorted(found, key=lambda rule: rule.rule)


def address(app: Flask, rule: Rule) -> str:
    """An address that the rule matches; what it names need not exist."""
    values: dict[str, object] = {}
    for name, kind in rule._converters.items():
        if isinstance(kind, AnyConverter):
            values[name] = "en" if "en" in kind.items else min(kind.items)
        else:
            values[name] = 1 if isinstance(kind, IntegerConverter) else "R2026-001"
    built = app.url_map.bind("localhost").build(rule.endpoint, values, method=min(rule.methods or {"GET"}))
    return str(built)


def test_every_page_says_who_may_see_it(app: Flask) -> None:
    unmarked = {
        rule.endpoint
        for rule in app.url_map.iter_rules()
        if rule.endpoint != "static"
        and not isinstance(getattr(app.view_functions[rule.endpoint], "permission", None), Permission)
    }
    assert unmarked == set()


def test_a_page_that_does_not_say_so_is_not_served(app: Flask, client: FlaskClient) -> None:
    app.add_url_rule("/forgotten", "forgotten", lambda: "secret")
    answer = client.get("/forgotten")
    assert answer.status_code == 404
    assert "secret" not in answer.text


PRESSED_IN_MAIL = frozenset({"papers.stop", "papers.follow_stop"})
"""Sent by mail programs themselves (RFC 8058), with a secret of its own in the address."""


def test_no_form_is_taken_without_its_token(app: Flask, client: FlaskClient) -> None:
    taken = {
        rule.rule: answer.status_code
        for rule in rules(app, "POST")
        if rule.endpoint not in PRESSED_IN_MAIL and (answer := client.post(address(app, rule))).status_code != 400
    }
    assert taken == {}


@pytest.mark.parametrize(
    "path", ["/en/", "/zh/", "/en/no-such-page", "/no-such-page", "/en/sign-in", "/static/sunlit.css"]
)
def test_headers_that_protect_are_everywhere(client: FlaskClient, path: str) -> None:
    answer = client.get(path)
    for name, value in SECURITY.items():
        assert answer.headers[name] == value, path
    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy


def test_reading_sets_no_cookie(app: Flask, client: FlaskClient) -> None:
    """Whoever only reads is not told apart from anybody else. Forms set one, for their token."""
    for path in ("/en/", "/zh/", "/en/no-such-page"):
        assert "Set-Cookie" not in client.get(path).headers, path


def test_no_answer_to_an_unknown_visitor_is_an_error_of_ours(app: Flask, client: FlaskClient) -> None:
    failed = {
        rule.rule: answer.status_code
        for rule in rules(app, "GET")
        if (answer := client.get(address(app, rule))).status_code >= 500
    }
    assert failed == {}


def test_the_character_that_no_text_may_hold_is_refused_everywhere(app: Flask, client: FlaskClient) -> None:
    for path in ("/en/log/?round=%00", "/en/log/?%00=1", "/en/%00"):
        assert client.get(path).status_code in (400, 404)
    app.config["WTF_CSRF_ENABLED"] = False
    assert client.post("/en/sign-in", data={"email": "a\0b@example.org", "password": "p"}).status_code == 400
