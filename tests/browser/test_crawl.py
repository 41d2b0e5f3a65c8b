"""Everything that links lead to in the demonstration, as everybody who has a part in it, from the front page on.

No link is dead. Of every address that shows a page, the first one found is looked at in Chromium, in English on a
desk and in Chinese on a phone, and a picture of it is kept under build/pictures: public pages by a visitor, and by
everybody else what only they may open.
"""

from collections import Counter, deque
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urldefrag, urlsplit

import lxml.html
import pytest
from flask import Flask
from flask.testing import FlaskClient
from playwright.sync_api import Browser

from app import create_app
from procurement.access import Permission
from procurement.demo.cast import PASSWORD
from procurement.publiclog.jobs import sign_log
from procurement.web import SESSION_COOKIE
from tests.browser.conftest import served
from tests.browser.test_county import faults_of
from tests.conftest import Demonstration, MovableClock, close
from tests.visiting import Visitor

EVERYBODY = ("visitor", "organiser", "supervisor", "administrator", "member1", "merchant-tea", "official")
NEIGHBOURS = 40
"""How many links within the log are followed: every entry leads to the one before and the one after."""
FILES = 3
"""How many files of one name are downloaded: how many there may be in a minute is limited."""


@dataclass(frozen=True)
class Site:
    app: Flask
    address: str

    def enter(self, who: str) -> FlaskClient:
        """A client that is signed in as the account `who` of the demonstration."""
        client = self.app.test_client()
        if who != "visitor":
            Visitor(client).send("/en/sign-in", email=f"{who}@example.org", password=PASSWORD, status=303)
        return client


@pytest.fixture(scope="module")
def site(
    tmp_path_factory: pytest.TempPathFactory, demonstration: Demonstration, translations: None
) -> Iterator[Site]:
    config = demonstration.copy(tmp_path_factory.mktemp("demonstration"))
    clock = MovableClock(demonstration.present)
    app = create_app(config, clock=clock)
    app.testing = True
    assert sign_log(app.extensions["sunlit"].engine, config, clock)  # or there is no evidence file to download
    with served(app) as address:
        yield Site(app, address)
    close(app.extensions["sunlit"].engine)


def crawl(app: Flask, client: FlaskClient) -> tuple[dict[str, str], list[str]]:
    """Every page that links lead to, endpoint → the first path found, and the links that are dead, with where they
    stand."""
    waiting, known = deque([("/en/", "")]), {"/en/"}
    pages: dict[str, str] = {}
    dead: list[str] = []
    alike = Counter[str]()
    addresses = app.url_map.bind("localhost")
    while waiting:
        path, stands_on = waiting.popleft()
        answer = client.get(path)
        if answer.status_code >= 400:
            dead.append(f"{path}: {answer.status_code}, on {stands_on}")
        if answer.status_code != 200 or answer.mimetype != "text/html":
            continue
        pages.setdefault(str(addresses.match(urlsplit(path).path)[0]), path)
        for target in lxml.html.fromstring(answer.text).xpath("//a/@href"):
            link = urldefrag(target)[0]
            parts = urlsplit(link)
            if parts.scheme or parts.netloc or not parts.path.startswith("/") or parts.path.startswith("/zh/"):
                continue
            if link in known:
                continue
            known.add(link)
            kind = "log" if "/log/" in parts.path else parts.path.rpartition("/")[2] if "." in parts.path else ""
            alike[kind] += 1
            if kind and alike[kind] > (NEIGHBOURS if kind == "log" else FILES):
                continue
            waiting.append((link, path))
    return pages, dead


@pytest.mark.parametrize("who", EVERYBODY)
def test_everything_that_links_lead_to(browser: Browser, site: Site, who: str) -> None:
    client = site.enter(who)
    pages, dead = crawl(site.app, client)
    assert dead == []
    assert len(pages) > 25
    if who != "visitor":
        views = site.app.view_functions
        pages = {name: path for name, path in pages.items() if views[name].permission is not Permission.READ_PUBLIC}
        assert pages
    cookie = client.get_cookie(SESSION_COOKIE)
    wrong: list[str] = []
    for language, width in (("en", 1280), ("zh", 320)):
        context = browser.new_context(viewport={"width": width, "height": 900}, base_url=site.address)
        if cookie is not None:
            context.add_cookies([{"name": SESSION_COOKIE, "value": cookie.value, "url": site.address}])
        page = context.new_page()
        for endpoint, path in pages.items():
            answer = page.goto(f"/{language}{path[3:]}")
            assert answer is not None
            wrong += faults_of(page, answer.status, f"crawl-{who}-{endpoint}-{language}-{width}")
        context.close()
    assert wrong == []
