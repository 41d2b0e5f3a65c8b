"""The whole way of a selection in Chromium, from the first draft to the published decision, in both languages.

Every kind of page on the way is kept as a picture at both widths under build/pictures; the report beside them says
what axe found, how heavy each page is and how many statements it took.
"""

from collections.abc import Iterator

import pytest
from flask import Flask
from playwright.sync_api import Browser

from tests.browser.walking import Album, Walker
from tests.conftest import MovableClock
from tests.journeys.way import PRODUCTS, Journey, travel
from tests.worlds.people import people

HEAVIEST = 45_000
"""Bytes of styles and scripts that a page may bring, compressed (experience.md)."""


@pytest.fixture
def walkers() -> Iterator[list[Walker]]:
    all_of_them: list[Walker] = []
    yield all_of_them
    for walker in all_of_them:
        walker.close()


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_whole_way(
    app: Flask, site: str, browser: Browser, clock: MovableClock, walkers: list[Walker], language: str
) -> None:
    album = Album(f"way-{language}", language)
    album.count_statements(app)

    def enter() -> Walker:
        walkers.append(Walker(browser, site, album))
        return walkers[-1]

    engine = app.extensions["sunlit"].engine
    journey = Journey(app, engine, clock, people(engine, clock()), enter=enter, products=PRODUCTS[:2])
    travel(journey)
    album.report()
    assert album.wrong == []
    assert len(album.kinds) > 50
    assert max(seen.styles_and_scripts for seen in album.kinds.values()) <= HEAVIEST
