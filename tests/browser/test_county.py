"""Every page, looked at by a browser, wide and narrow, in both languages, as everybody.

On each page: nothing for axe to find, nothing wider than the screen, nothing refused by the content policy, one h1,
and a picture of it under build/pictures.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from tests.browser.conftest import assert_fits, assert_no_axe_findings, picture
from tests.browser.county import County, county

LANGUAGES = ("en", "zh")
WIDTHS = (1280, 320)


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory, migrated_sqlite: Path, translations: None) -> Iterator[County]:
    with county(tmp_path_factory.mktemp("county"), migrated_sqlite) as built:
        yield built


def look(browser: Browser, here: County, who: str, paths: Sequence[str], language: str, width: int) -> None:
    """Open every one of `paths` as `who` and say all that is wrong with any."""
    wrong: list[str] = []
    said: list[str] = []
    context = browser.new_context(viewport={"width": width, "height": 900}, base_url=here.address)
    if who != "visitor":
        person: Any = here.people
        for part in who.split("."):
            person = person[int(part)] if part.isdigit() else getattr(person, part)
        context.add_cookies(here.pass_of(person))  # type: ignore[arg-type]
    page = context.new_page()
    page.on("console", lambda message: said.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: said.append(str(error)))
    for path in paths:
        answer = page.goto(f"/{language}{path}")
        assert answer is not None
        name = (path.strip("/") or "home").replace("/", "-").replace("?", "-")
        wrong += faults_of(page, answer.status, f"{who}-{name}-{language}-{width}")
        wrong += [f"{path}: {text}" for text in said]
        said.clear()
    context.close()
    assert wrong == []


def faults_of(page: Page, status: int, name: str) -> list[str]:
    """What is wrong with the page that is open, and a picture of it."""
    picture(page, name)
    found = []
    if status != 200:
        return [f"{page.url}: {status}"]
    for check in (assert_fits, assert_no_axe_findings):
        try:
            check(page)
        except AssertionError as error:
            found.append(str(error).splitlines()[0])
    if page.locator("h1").count() != 1:
        found.append(f"{page.url}: {page.locator('h1').count()} headings of level 1")
    return found


def public_pages(here: County) -> list[str]:
    """What anybody may read."""
    rounds = (here.opening, here.scoring, here.notice)
    return [
        *("/", "/rounds/", "/products/", "/decisions/", "/how-to-check", "/accessibility", "/debarments", "/log/"),
        *("/log/5", "/sign-in", "/register", "/forgot-password"),
        *(f"/rounds/{ref}" for ref in rounds),
        *(
            f"/rounds/{here.notice}/{part}"
            for part in ("rules", "applications", "committee", "scores", "objections/", "objections/new")
        ),
        f"/rounds/{here.opening}/applications",
        f"/rounds/{here.scoring}/scores",
        f"/rounds/{here.notice}/scores/{here.products[0]}",
        f"/applications/{here.products[0]}",
        f"/objections/{here.objection}",
        *(f"/rounds/{here.decided}", f"/decisions/{here.decision}", f"/decisions/{here.decision}/verify", "/verify"),
        *(f"/rounds/{here.decided}/evidence", "/log/check"),
    ]


def pages_of(here: County, who: str) -> list[str]:
    """What each role works with."""
    draft, opening, notice = here.drafted, here.opening, here.notice
    return {
        "organiser": [
            *("/my-rounds", "/my-rounds/new", "/account"),
            *(f"/rounds/{draft}/{part}" for part in ("draft", "draft/check", "draft/criteria", "draft/preview")),
            *(f"/rounds/{draft}/{part}" for part in ("publish", "people")),
            f"/rounds/{opening}/amend",
            f"/rounds/{opening}/board",
            f"/rounds/{notice}/board",
            f"/rounds/{notice}/checking",
            f"/rounds/{notice}/checking/{here.products[0]}",
            f"/rounds/{here.scoring}/scoring",
            f"/rounds/{here.scoring}/members",
            f"/objections/{here.objection}/handle",
            f"/rounds/{here.decided}/decision",
        ],
        "supervisor": ["/my-rounds", f"/rounds/{notice}/board", f"/objections/{here.objection}/handle"],
        "administrator": ["/people", "/people/invite", "/account"],
        "members.0": [
            *("/my-sheets/", "/my-signatures/", "/declarations", f"/rounds/{here.scoring}/declarations"),
            *(f"/my-sheets/{here.sheets[number]}" for number in (0, 1)),
        ],
        "merchants.0": [
            *("/merchant", "/my/applications", f"/rounds/{opening}/apply", f"/my/applications/{here.key}"),
            *(
                f"/my/applications/{here.key}/{section}"
                for section in (
                    *("product", "certificates", "price", "supply", "after_sales", "money", "interests"),
                    *("undertakings", "check"),
                )
            ),
        ],
    }[who]


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("language", LANGUAGES)
def test_public_pages(browser: Browser, here: County, language: str, width: int) -> None:
    look(browser, here, "visitor", public_pages(here), language, width)


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("who", ["organiser", "supervisor", "administrator", "members.0", "merchants.0"])
def test_pages_of_those_who_work_here(browser: Browser, here: County, who: str, language: str, width: int) -> None:
    look(browser, here, who, pages_of(here, who), language, width)


def test_a_round_can_be_read_to_its_arithmetic_without_scripts(browser: Browser, here: County) -> None:
    context = browser.new_context(
        base_url=here.address, java_script_enabled=False, viewport={"width": 320, "height": 800}
    )
    page = context.new_page()
    page.goto("/en/")
    page.get_by_role("link", name="Oranges in spring").first.click()
    page.goto(f"/en/rounds/{here.notice}")
    page.locator("table a").first.click()
    page.get_by_text("Reasons: Quality").click()
    assert page.get_by_text("Quality confided by M1", exact=True).is_visible()
    assert page.get_by_text("(8 + 8 + 9 + 7) ÷ 4 = 8").first.is_visible()
    context.close()


def test_a_round_is_reached_by_keyboard_alone(browser: Browser, here: County) -> None:
    context = browser.new_context(base_url=here.address)
    page = context.new_page()
    page.goto("/en/rounds/")
    for _ in range(30):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.closest('.sun-rows') !== null"):
            break
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") != "none"
    page.keyboard.press("Enter")
    page.wait_for_selector("h1")
    assert "/rounds/R" in page.url
    context.close()
