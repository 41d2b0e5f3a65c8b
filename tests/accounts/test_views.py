"""Pages of accounts, through HTTP, as a person with a browser meets them."""

import re
from collections.abc import Iterator
from dataclasses import replace
from http.cookies import SimpleCookie

import pyotp
import pytest
from flask import Flask
from sqlalchemy import Engine, select
from werkzeug.test import TestResponse

from app import create_app
from config import Config
from procurement.accounts.models import User
from procurement.db import reading
from procurement.mail import Mail
from procurement.web import SESSION_COOKIE
from tests.conftest import MovableClock, close
from tests.visiting import Visitor, text_of
from tests.worlds.people import PASSWORD, People, people

NEW = "another sunny field of tea"


@pytest.fixture
def world(engine: Engine, clock: MovableClock) -> People:
    return people(engine, clock())


@pytest.fixture
def visit(app: Flask, world: People) -> Visitor:
    return Visitor(app.test_client())


@pytest.fixture
def strict_app(config: Config, clock: MovableClock) -> Iterator[Flask]:
    """An installation that requires the second factor and is reached over https."""
    app = create_app(replace(config, require_second_factor=True, base_url="https://sunlit.example.org"), clock=clock)
    yield app
    close(app.extensions["sunlit"].engine)


def cookie(response: TestResponse, name: str = SESSION_COOKIE) -> dict[str, str]:
    """Value and attributes of a cookie that `response` sets."""
    for line in response.headers.getlist("Set-Cookie"):
        jar: SimpleCookie = SimpleCookie(line)
        if name in jar:
            return {"value": jar[name].value, **{k: str(v) for k, v in jar[name].items() if v}}
    raise AssertionError(f"{name} is not set")


def sign_in(visit: Visitor, who: str, password: str = PASSWORD, path: str = "/en/sign-in") -> TestResponse:
    return visit.send(path, email=f"{who}@example.org", password=password)


def newest_link(world: People) -> str:
    with reading(world.engine) as session:
        return str(session.scalars(select(Mail).order_by(Mail.id.desc())).first().context["path"])  # type: ignore[union-attr]


# --- signing in ---------------------------------------------------------------------------------------------------


def test_signing_in_and_out(visit: Visitor) -> None:
    response = sign_in(visit, "organiser")
    assert (response.status_code, response.location) == (303, "/en/start")
    given = cookie(response)
    assert given["httponly"] == "True"
    assert given["samesite"] == "Lax"
    assert "secure" not in given
    page = visit.get("/en/account")
    assert "Olga Organiser" in page.text
    assert page.headers["Cache-Control"] == "no-store"
    out = visit.send("/en/sign-out", form_on="/en/account")
    assert out.status_code == 303
    assert visit.client.get("/en/account").status_code == 303
    visit.client.set_cookie(SESSION_COOKIE, given["value"])
    assert visit.client.get("/en/account").status_code == 303, "the server has forgotten the session"


def test_over_https_the_cookie_is_secure(strict_app: Flask, world: People) -> None:
    visit = Visitor(strict_app.test_client())
    page = visit.client.get("/en/sign-in", base_url="https://sunlit.example.org")
    token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page.text)
    assert token
    response = visit.client.post(
        "/en/sign-in",
        base_url="https://sunlit.example.org",
        headers={"Referer": "https://sunlit.example.org/en/sign-in"},
        data={"csrf_token": token[1], "email": "merchant1@example.org", "password": PASSWORD},
    )
    assert response.status_code == 303
    assert cookie(response)["secure"] == "True"


def test_wrong_unknown_and_paused_are_told_the_same(visit: Visitor) -> None:
    told = {
        text_of(sign_in(visit, who, password))
        for who, password in [
            *[("organiser", "wrong password here")] * 5,
            ("organiser", PASSWORD),  # paused by now
            ("nobody", "wrong password here"),
        ]
    }
    told = {text.replace("organiser@", "x@").replace("nobody@", "x@") for text in told}
    assert len(told) == 1
    assert "not right, or sign-in is paused" in told.pop()


def test_what_was_typed_is_kept_but_the_password(visit: Visitor) -> None:
    page = sign_in(visit, "organiser", "wrong password here")
    assert page.status_code == 422
    assert 'value="organiser@example.org"' in page.text
    assert "wrong password here" not in page.text


def test_a_form_without_its_token_does_nothing(visit: Visitor) -> None:
    response = visit.client.post("/en/sign-in", data={"email": "organiser@example.org", "password": PASSWORD})
    assert response.status_code == 400
    assert SESSION_COOKIE not in str(response.headers)


@pytest.mark.parametrize(
    ("target", "location"),
    [
        ("/en/rounds?x=1", "/en/rounds?x=1"),
        ("https://example.org/", "/en/start"),
        ("//example.org/", "/en/start"),
        ("/\\example.org", "/en/start"),
    ],
)
def test_signing_in_leads_where_one_wanted_to_go_but_never_elsewhere(
    visit: Visitor, target: str, location: str
) -> None:
    page = visit.client.get("/en/sign-in", query_string={"next": target})
    kept = re.search(r'name="next"[^>]*value="([^"]*)"', page.text)
    assert kept
    assert kept[1] == (target if target == location else "")
    response = visit.send("/en/sign-in", email="organiser@example.org", password=PASSWORD, next=target)
    assert response.location == location


def test_a_page_that_needs_an_account_asks_for_it_and_returns(visit: Visitor) -> None:
    asked = visit.client.get("/en/account/password")
    assert asked.status_code == 303
    assert asked.location == "/en/sign-in?next=/en/account/password"
    response = visit.send(
        asked.location, email="organiser@example.org", password=PASSWORD, next="/en/account/password"
    )
    assert response.location == "/en/account/password"
    assert visit.get("/en/account/password").status_code == 200


def test_sign_in_accepts_thirty_attempts_a_minute(visit: Visitor) -> None:
    token = visit.get("/en/sign-in")
    found = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', token.text)
    assert found
    statuses = [
        visit.client.post("/en/sign-in", data={"csrf_token": found[1], "email": "", "password": ""}).status_code
        for _ in range(31)
    ]
    assert statuses == [422] * 30 + [429]
    assert visit.get("/en/sign-in").status_code == 200, "reading the page is not limited"


def test_seen_moves_with_use(visit: Visitor, world: People, clock: MovableClock) -> None:
    sign_in(visit, "organiser")
    for _ in range(30):
        clock.advance(minutes=59)
        visit.get("/en/account")
    clock.advance(hours=12)
    assert visit.client.get("/en/account").status_code == 303


# --- the second factor --------------------------------------------------------------------------------------------


def secret_of(world: People, user_id: int) -> pyotp.TOTP:
    with reading(world.engine) as session:
        return pyotp.TOTP(session.get_one(User, user_id).totp_secret or "")


def test_setting_up_and_using_the_second_factor(visit: Visitor, world: People, clock: MovableClock) -> None:
    sign_in(visit, "organiser")
    visit.send("/en/account/second-factor")
    page = visit.get("/en/account/second-factor")
    assert "data:image/svg+xml" in page.text
    totp = secret_of(world, world.organiser.id)
    assert " ".join(re.findall("....", totp.secret)) in page.text
    assert visit.send("/en/account/second-factor", code="12345").status_code == 422
    codes = visit.send("/en/account/second-factor", code=totp.at(clock()))
    recovery = re.findall(r"[a-z2-7]{4}(?:-[a-z2-7]{4}){3}", codes.text)
    assert len(recovery) == 10
    visit.send("/en/sign-out", form_on="/en/account")

    clock.advance(minutes=1)
    begun = sign_in(visit, "organiser", path="/en/sign-in")
    assert begun.location == "/en/sign-in/code"
    assert visit.client.get("/en/account").status_code == 303, "not in yet"
    assert visit.send("/en/sign-in/code", code="000000").status_code == 422
    done = visit.send("/en/sign-in/code", code=totp.at(clock()))
    assert done.location == "/en/start"
    assert "9 recovery codes" not in visit.get("/en/account").text
    visit.send("/en/sign-out", form_on="/en/account")

    sign_in(visit, "organiser")
    assert visit.send("/en/sign-in/code", code=recovery[0]).location == "/en/start"
    assert "9 recovery codes are left" in visit.get("/en/account").text
    clock.advance(minutes=1)
    new = visit.send("/en/account/recovery-codes", code=totp.at(clock()))
    assert recovery[1] not in new.text
    clock.advance(minutes=1)
    visit.send("/en/account/second-factor/remove", code=totp.at(clock()))
    assert "Set up the second factor" in visit.get("/en/account").text


def test_where_required_staff_see_no_page_before_they_have_one(
    strict_app: Flask, world: People, clock: MovableClock
) -> None:
    visit = Visitor(strict_app.test_client())
    visit.client.environ_base["wsgi.url_scheme"] = "https"
    visit.client.environ_base["HTTP_REFERER"] = "https://localhost/"

    def post(path: str, **fields: str) -> TestResponse:
        page = visit.client.get(path, base_url="https://localhost")
        token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page.text)
        assert token, page.status
        return visit.client.post(path, base_url="https://localhost", data={"csrf_token": token[1], **fields})

    begun = post("/en/sign-in", email="organiser@example.org", password=PASSWORD, next="/en/account/password")
    assert begun.location == "/en/sign-in/set-up?next=/en/account/password"
    assert visit.client.get("/en/account", base_url="https://localhost").status_code == 303
    opened = visit.client.get(begun.location, base_url="https://localhost")
    assert opened.status_code == 303, "a secret is made first"
    totp = secret_of(world, world.organiser.id)
    done = post("/en/sign-in/set-up", code=totp.at(clock()), next="/en/account/password")
    assert done.status_code == 200
    assert 'href="/en/account/password"' in done.text
    account = visit.client.get("/en/account", base_url="https://localhost")
    assert account.status_code == 200
    assert "Remove the second factor" not in account.text


@pytest.mark.parametrize("path", ["/en/sign-in/code", "/en/sign-in/set-up"])
def test_the_second_step_needs_the_first(visit: Visitor, path: str) -> None:
    assert visit.client.get(path).location == "/en/sign-in"


# --- one's own account --------------------------------------------------------------------------------------------


def test_ending_other_sessions(app: Flask, visit: Visitor) -> None:
    other = Visitor(app.test_client())
    sign_in(visit, "organiser")
    sign_in(other, "organiser")
    assert other.get("/en/account").text.count('action="/en/account/sessions"') == 2
    visit.send("/en/account/sessions", form_on="/en/account", act="others")
    assert other.client.get("/en/account").status_code == 303
    assert visit.get("/en/account").status_code == 200


def test_changing_the_password(visit: Visitor) -> None:
    sign_in(visit, "organiser")
    refused = visit.send("/en/account/password", present=PASSWORD, password="short")
    assert "at least 12 characters" in text_of(refused)
    refused = visit.send("/en/account/password", present="wrong password here", password=NEW)
    assert "not your present password" in text_of(refused)
    assert visit.send("/en/account/password", present=PASSWORD, password=NEW).location == "/en/account"
    assert visit.get("/en/account").status_code == 200
    visit.send("/en/sign-out", form_on="/en/account")
    assert sign_in(visit, "organiser", NEW).status_code == 303


def test_the_language_is_kept(visit: Visitor, world: People) -> None:
    sign_in(visit, "organiser")
    response = visit.send("/en/language", form_on="/en/account", language="zh")
    assert response.location == "/zh/account"
    assert cookie(response, "sunlit_language")["value"] == "zh"
    assert world.organiser.actor.language == "zh"
    assert visit.send("/en/language", form_on="/en/account", language="xx").location == "/en/account"
    assert world.organiser.actor.language == "zh"


def test_a_followed_language_is_kept_for_addresses_that_name_none(visit: Visitor) -> None:
    assert "sunlit_language" not in str(visit.client.get("/en/sign-in").headers)
    followed = visit.client.get("/zh/sign-in", headers={"Referer": "http://localhost/en/sign-in"})
    assert cookie(followed, "sunlit_language")["value"] == "zh"
    for referrer in ("http://localhost/zh/sign-in", "http://example.org/en/sign-in", "http://localhost/"):
        page = visit.client.get("/zh/sign-in", headers={"Referer": referrer})
        assert "sunlit_language" not in str(page.headers.getlist("Set-Cookie"))


@pytest.mark.parametrize(
    ("who", "page"), [("merchant1", "/en/merchant"), ("administrator", "/en/people"), ("official", "/en/letters/")]
)
def test_work_begins_where_there_is_some(visit: Visitor, who: str, page: str) -> None:
    sign_in(visit, who)
    assert visit.client.get("/en/start").location == page


# --- links by mail ------------------------------------------------------------------------------------------------


def test_a_merchant_makes_an_account(visit: Visitor, world: People) -> None:
    sent = visit.send("/zh/register", email="new@example.org")
    assert sent.status_code == 200
    link = newest_link(world)
    assert link.startswith("/zh/invitation/")
    assert "new@example.org" in visit.get(link).text
    assert visit.send(link, name="新人", password="short").status_code == 422
    assert visit.send(link, name="新人", password=NEW).location == "/zh/sign-in"
    visit.get(link, status=404)
    assert sign_in(visit, "new", NEW).status_code == 303
    assert "新人" in visit.get("/zh/account").text


def test_registering_tells_nobody_whether_there_is_an_account(visit: Visitor) -> None:
    pages = {text_of(visit.send("/en/register", email=f"{who}@example.org")) for who in ("organiser", "nobody")}
    assert len(pages) == 1
    pages = {
        text_of(visit.send("/en/forgot-password", email=f"{who}@example.org")) for who in ("organiser", "nobody")
    }
    assert len(pages) == 1


@pytest.mark.parametrize("email", ["", "no address", "a@", "a@b@c"])
def test_what_is_no_address(visit: Visitor, email: str) -> None:
    assert visit.send("/en/register", email=email).status_code == 422


def test_a_forgotten_password(visit: Visitor, world: People) -> None:
    visit.send("/en/forgot-password", email="organiser@example.org")
    link = newest_link(world)
    assert visit.send(link, password=NEW).location == "/en/sign-in"
    visit.get(link, status=404)
    assert sign_in(visit, "organiser", NEW).status_code == 303


# --- the administrator --------------------------------------------------------------------------------------------


def test_the_administrator_invites_somebody(visit: Visitor, world: People) -> None:
    sign_in(visit, "administrator")
    refused = visit.send("/en/people/invite", name="New Person", email="new@example.org", language="en")
    assert "Choose at least one role" in text_of(refused)
    sent = visit.send("/en/people/invite", name="New Person", email="new@example.org", roles="member", language="zh")
    assert sent.location == "/en/people"
    assert "New Person" in text_of(visit.get("/en/people"))
    link = newest_link(world)
    assert link.startswith("/zh/invitation/")
    visit.send("/en/sign-out", form_on="/en/account")
    assert "评审" in visit.get(link).text
    visit.send(link, name="New Person", password=NEW)
    assert sign_in(visit, "new", NEW).status_code == 303


def test_the_administrator_withdraws_an_invitation(visit: Visitor, world: People) -> None:
    sign_in(visit, "administrator")
    visit.send("/en/people/invite", name="New Person", email="new@example.org", roles="member", language="en")
    number = re.search(r'name="id" value="(\d+)"', visit.get("/en/people").text)
    assert number
    visit.send("/en/people/withdraw-invitation", form_on="/en/people", id=number[1])
    visit.get(newest_link(world), status=404)


def test_the_administrator_changes_roles_and_shuts_an_account(visit: Visitor, world: People) -> None:
    sign_in(visit, "administrator")
    with reading(world.engine) as session:
        ref = session.get_one(User, world.members[0].id).ref
        own = session.get_one(User, world.administrator.id).ref
    assert f"/en/people/{ref}" in visit.get("/en/people?role=member").text
    visit.send(f"/en/people/{ref}", roles=["member", "supervisor"])
    assert {role.value for role in world.members[0].actor.roles} == {"member", "supervisor"}
    assert visit.send(f"/en/people/{ref}", roles=["member", "merchant"]).status_code == 422
    visit.send(f"/en/people/{ref}/act", form_on=f"/en/people/{ref}", act="disable")
    assert "shut" in text_of(visit.get(f"/en/people/{ref}"))
    visit.send(f"/en/people/{ref}/act", form_on=f"/en/people/{ref}", act="enable")
    visit.send(f"/en/people/{ref}/act", form_on=f"/en/people/{ref}", act="nonsense", status=404)
    visit.send(f"/en/people/{own}/act", form_on=f"/en/people/{ref}", act="disable", status=422)
    visit.get("/en/people/nobody", status=404)


@pytest.mark.parametrize("who", ["organiser", "supervisor", "member1", "merchant1", "official", "handler"])
def test_only_the_administrator_sees_people(visit: Visitor, who: str) -> None:
    sign_in(visit, who)
    visit.get("/en/people", status=403)
    visit.get("/en/people/invite", status=403)


def test_no_address_and_no_letter_stands_in_an_address(visit: Visitor) -> None:
    sign_in(visit, "administrator")
    addresses = re.findall(r'(?:href|action)="([^"]+)"', visit.get("/en/people").text)
    assert addresses
    assert not [address for address in addresses if "@" in address or "%40" in address]


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_every_page_is_there_in_both_languages(visit: Visitor, lang: str) -> None:
    for path in ("sign-in", "register", "forgot-password"):
        assert visit.get(f"/{lang}/{path}").text.count("<h1") == 1
    sign_in(visit, "administrator")
    for path in ("account", "account/password", "account/second-factor", "people", "people/invite"):
        assert visit.get(f"/{lang}/{path}").text.count("<h1") == 1
