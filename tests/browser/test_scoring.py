"""The pages of scoring in a browser: readable by everybody, in both languages, on a screen and on a phone."""

from typing import Any

from flask import Flask
from sqlalchemy import Engine

from procurement.web import SESSION_COOKIE
from tests.browser.conftest import OpenPage, assert_fits, assert_no_axe_findings, picture
from tests.conftest import MovableClock
from tests.worlds.applications import applied_round, checked_round
from tests.worlds.people import Person, people
from tests.worlds.rounds import published_round
from tests.worlds.scoring import opened_round, save, scored_round, scoring_round, seal


def test_every_page_of_scoring_is_accessible_and_fits(
    app: Flask, site: str, engine: Engine, clock: MovableClock, open_page: OpenPage
) -> None:
    world = scoring_round(checked_round(applied_round(published_round(people(engine, clock()), clock))), ("M2", 1))

    def look(name: str, path: str, person: Person | None = None) -> None:
        cookies: list[Any] = []
        if person is not None:
            cookie = person.enter(app.test_client(), clock()).get_cookie(SESSION_COOKIE)
            assert cookie is not None
            cookies = [{"name": SESSION_COOKIE, "value": cookie.value, "url": site}]
        for language, width in (("en", 1280), ("zh", 320)):
            page = open_page(f"/{language}{path}", width=width, cookies=cookies)
            picture(page, f"scoring-{name}-{language}-{width}")
            assert_fits(page)
            if language == "en":
                assert_no_axe_findings(page)
            page.context.close()

    look("not-open", f"/rounds/{world.ref}/scores")
    member = world.member("M1")
    save(world, "M1", 0)
    look("tasks", "/my-sheets/", member)
    look("sheet", f"/my-sheets/{world.refs[0]}", member)
    look("read-back", f"/my-sheets/{world.refs[0]}/seal", member)
    scored_round(world, but=(("M3", 2),))
    look("receipt", f"/my-sheets/{world.refs[0]}/receipt", member)
    look("progress", f"/rounds/{world.ref}/scoring", world.organiser)
    seal(world, "M3", 2)
    look("open", f"/rounds/{world.ref}/open-scores", world.organiser)
    opened_round(world)
    look("correct", f"/my-sheets/{world.refs[0]}/correct", member)
    look("ranking", f"/rounds/{world.ref}/scores")
    look("scores", f"/rounds/{world.ref}/scores/{world.refs[1]}")
