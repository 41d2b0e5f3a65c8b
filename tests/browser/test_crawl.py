"""Everything that links lead to: as everybody who has a part in the county, from the front page on.

No link is dead. Of every address that shows a page, the first one found is looked at in Chromium, in Chinese on a phone
and in English on a desk.
"""

from collections import deque
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urldefrag, urlsplit

import lxml.html
import pytest
from flask.testing import FlaskClient
from playwright.sync_api import Browser

from tests.browser.county import County, county
from tests.browser.test_county import faults_of

EVERYBODY = ("visitor", "organiser", "supervisor", "administrator", "members.0", "merchants.0")


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory, migrated_sqlite: Path, translations: None) -> Iterator[County]:
    with county(tmp_path_factory.mktemp("county"), migrated_sqlite) as built:
        yield built


def person_of(here: County, who: str):
    person = here.people
    for part in who.split("."):
        person = person[int(part)] if part.isdigit() else getattr(person, part)
    return person


def endpoint_of(here: County, path: str) -> str:
    endpoint, _ = here.app.url_map.bind("localhost").match(path)
    return str(endpoint)


def crawl(here: County, client: FlaskClient) -> tuple[dict[str, str], list[str]]:
    """Every page that links lead to: endpoint → the first path found; and what answered with an error, with where the
    link stands."""
    waiting, known = deque([("/en/", "")]), {"/en/"}
    pages: dict[str, str] = {}
    dead: list[str] = []
    entries = 0
    while waiting:
        path, stands_on = waiting.popleft()
        answer = client.get(path)
        if answer.status_code >= 400:
            dead.append(f"{path}: {answer.status_code}, on {stands_on}")
        if answer.status_code != 200 or answer.mimetype != "text/html":
            continue
        pages.setdefault(endpoint_of(here, urlsplit(path).path), path)
        for element in lxml.html.fromstring(answer.text).xpath("//a[@href]"):
            target = urldefrag(element.get("href"))[0]
            parts = urlsplit(target)
            if parts.scheme or parts.netloc or not parts.path.startswith("/") or parts.path.startswith("/zh/"):
                continue
            if parts.path.startswith(("/en/log/", "/log/")):  # every entry links to its neighbours
                entries += 1
                if entries > 60:
                    continue
            if target not in known:
                known.add(target)
                waiting.append((target, path))
    return pages, dead


@pytest.mark.parametrize("who", EVERYBODY)
def test_everything_that_links_lead_to(browser: Browser, here: County, who: str) -> None:
    client = here.app.test_client()
    if who != "visitor":
        person_of(here, who).enter(client, here.clock())
    pages, dead = crawl(here, client)
    assert dead == []
    assert len(pages) > 25
    wrong: list[str] = []
    for language, width in (("en", 1280), ("zh", 320)):
        context = browser.new_context(viewport={"width": width, "height": 900}, base_url=here.address)
        if who != "visitor":
            context.add_cookies(here.pass_of(person_of(here, who)))  # type: ignore[arg-type]
        page = context.new_page()
        page.on("pageerror", lambda error: wrong.append(str(error)))
        for endpoint, path in pages.items():
            answer = page.goto(f"/{language}{path[3:]}" if path.startswith("/en/") else path)
            assert answer is not None
            wrong += faults_of(page, answer.status, f"crawl-{who}-{endpoint}-{language}-{width}")
        context.close()
    assert wrong == []
