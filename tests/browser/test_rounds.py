"""Pages of rounds and committees in states that the county of test_county.py does not hold, looked at by a browser:
wide in English, narrow in Chinese."""

from typing import Any

import pytest
from flask import Flask
from sqlalchemy import Engine

from procurement.db import transaction
from procurement.rounds import actions
from procurement.rounds.defaults import default_document
from procurement.rounds.forms import ORDER_OF_PAGES
from procurement.rounds.rules import HoldLabel, Office
from procurement.rounds.scoring_rule import Text
from procurement.web import SESSION_COOKIE
from tests.browser.conftest import OpenPage, assert_fits, assert_no_axe_findings, picture
from tests.conftest import MovableClock
from tests.worlds.applications import applied_round, checked_round
from tests.worlds.committee import appointed_round
from tests.worlds.people import People, Person, people
from tests.worlds.rounds import ZONE, published_round


@pytest.fixture
def everybody(engine: Engine, clock: MovableClock) -> People:
    return people(engine, clock())


class Looking:
    """Opens pages as a person and looks at them."""

    def __init__(self, app: Flask, clock: MovableClock, site: str, open_page: OpenPage) -> None:
        self.app, self.clock, self.site, self.open_page = app, clock, site, open_page

    def cookies(self, who: Person) -> list[dict[str, Any]]:
        token = who.enter(self.app.test_client(), self.clock()).get_cookie(SESSION_COOKIE)
        assert token is not None
        return [{"name": SESSION_COOKIE, "value": token.value, "url": self.site}]

    def at(self, who: Person, lang: str, path: str, name: str) -> None:
        """Look at `path`: in English on a wide screen, in Chinese on a narrow one."""
        width = {"en": 1280, "zh": 320}[lang]
        page = self.open_page(f"/{lang}{path}", width=width, cookies=self.cookies(who))
        assert page.locator("h1").count() == 1, path
        assert_fits(page)
        assert_no_axe_findings(page)
        picture(page, f"{name}-{lang}-{width}")
        page.context.close()


@pytest.fixture
def looking(app: Flask, clock: MovableClock, site: str, open_page: OpenPage) -> Looking:
    return Looking(app, clock, site, open_page)


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_pages_of_a_new_draft(everybody: People, clock: MovableClock, looking: Looking, lang: str) -> None:
    with transaction(everybody.engine) as session:
        document = default_document(title=Text("Autumn pears", "秋梨"), office=Office(), zone=ZONE)
        fresh = actions.create_round(
            session, actor=everybody.organiser.now(session), now=clock(), document=document
        ).ref
    for name in ("criteria/quality", *ORDER_OF_PAGES):
        path = f"/rounds/{fresh}/draft/{name}"
        looking.at(everybody.organiser, lang, path, f"round-draft-{name.replace('/', '-')}")


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_side_exits(everybody: People, clock: MovableClock, looking: Looking, lang: str) -> None:
    world = published_round(everybody, clock)
    looking.at(everybody.organiser, lang, f"/rounds/{world.ref}/abort", "round-abort")
    looking.at(everybody.supervisor, lang, f"/rounds/{world.ref}/hold", "round-hold")
    with transaction(everybody.engine) as session:
        supervisor = everybody.supervisor.now(session)
        actions.hold(session, actor=supervisor, now=clock(), ref=world.ref, label=HoldLabel.REVIEW)
    looking.at(everybody.supervisor, lang, f"/rounds/{world.ref}/hold", "round-resume")
    looking.at(everybody.supervisor, lang, f"/rounds/{world.ref}/board", "round-board-held")


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_pages_of_a_committee(everybody: People, clock: MovableClock, looking: Looking, lang: str) -> None:
    checked = checked_round(applied_round(published_round(everybody, clock)))
    looking.at(everybody.organiser, lang, f"/rounds/{checked.ref}/members", "committee-none")
    world = appointed_round(checked)
    looking.at(everybody.organiser, lang, f"/rounds/{world.ref}/members", "committee-members")
    looking.at(everybody.organiser, lang, f"/rounds/{world.ref}/members/M2/remove", "committee-remove")
    looking.at(everybody.organiser, lang, f"/rounds/{world.ref}/begin-scoring", "committee-begin")
    looking.at(everybody.organiser, lang, f"/rounds/{world.ref}/board", "round-board-forming")
    looking.at(world.members[0], lang, f"/rounds/{world.ref}/declarations", "committee-declare")
    looking.at(everybody.supervisor, lang, f"/rounds/{world.ref}/relations", "committee-relations")


def test_a_member_declares_without_scripts(
    everybody: People, clock: MovableClock, looking: Looking, open_page: OpenPage
) -> None:
    world = appointed_round(checked_round(applied_round(published_round(everybody, clock))))
    page = open_page(
        f"/zh/rounds/{world.ref}/declarations",
        width=320,
        scripts=False,
        cookies=looking.cookies(world.members[0]),
    )
    for none in page.locator('input[type="radio"][value="none"]').all():
        none.check()
    page.get_by_role("button", name="提交申报").click()
    assert "您已对全部申报作出申报" in page.inner_text("main")
