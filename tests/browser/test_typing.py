"""What a browser does with a long form while somebody types: saves it, says so, and loses nothing."""

import re

from flask import Flask
from playwright.sync_api import expect
from sqlalchemy import Engine

from procurement.web import SESSION_COOKIE
from tests.browser.conftest import OpenPage, assert_fits, assert_no_axe_findings
from tests.conftest import MovableClock
from tests.worlds.applications import begin
from tests.worlds.people import people
from tests.worlds.rounds import published_round


def test_typed_text_is_there_after_a_reload(
    app: Flask, site: str, open_page: OpenPage, engine: Engine, clock: MovableClock
) -> None:
    world = published_round(people(engine, clock()), clock)
    who = world.people.merchants[0]
    key = begin(world, who, world.people.businesses[0], "石磨小米")
    token = who.enter(app.test_client(), clock()).get_cookie(SESSION_COOKIE)
    assert token is not None
    cookies = [{"name": SESSION_COOKIE, "value": token.value, "url": site}]
    path = f"/en/my/applications/{key}/supply"

    page = open_page(path, cookies=cookies, width=320)
    page.locator("#bottleneck").fill("只有一台磨")
    said = page.locator("[data-saved]")
    expect(said).to_have_text(re.compile(r"Saved at \d\d:\d\d\."))  # two seconds later, the field not left
    assert_fits(page)
    assert_no_axe_findings(page)
    page.reload()
    assert page.locator("#bottleneck").input_value() == "只有一台磨"

    # A second window saves; the first is told, and its button says so on a page that still holds what was typed.
    second = open_page(path, cookies=cookies)
    second.locator("#bottleneck").fill("第二个窗口")
    second.locator("#carrier").focus()  # the field is left: at once
    expect(second.locator("[data-saved]")).to_have_text(re.compile("Saved at"))
    page.locator("#bottleneck").fill("第一个窗口")
    page.locator("#carrier").focus()
    expect(said).to_contain_text("saved in another window")
    page.get_by_role("button", name="Save, finish later").click()
    expect(page.locator(".govuk-error-summary")).to_contain_text("saved in another window")
    assert page.locator("#bottleneck").input_value() == "第一个窗口"
    page.get_by_role("button", name="Save, finish later").click()
    page.wait_for_url(re.compile(rf"/my/applications/{key}$"))
    second.reload()
    assert second.locator("#bottleneck").input_value() == "第一个窗口"
