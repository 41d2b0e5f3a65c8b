"""Every part that pages are made of, looked at by a browser, wide and narrow, in both languages."""

import pytest

from tests.browser.conftest import OpenPage, assert_fits, assert_no_axe_findings, picture

LANGUAGES = ("en", "zh")
WIDTHS = (1280, 320)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("width", WIDTHS)
def test_every_part_is_accessible_and_fits(open_page: OpenPage, language: str, width: int) -> None:
    page = open_page(f"/{language}/style", width=width)
    picture(page, f"style-{language}-{width}")
    assert_fits(page)
    assert_no_axe_findings(page)


@pytest.mark.parametrize("language", LANGUAGES)
def test_errors_are_summed_up_linked_and_announced(open_page: OpenPage, language: str) -> None:
    page = open_page(f"/{language}/style", width=320)
    page.locator("main form").evaluate("form => form.submit()")
    page.wait_for_selector(".govuk-error-summary")
    assert page.evaluate("document.activeElement.className").startswith("govuk-error-summary")
    page.locator(".govuk-error-summary a").first.click()
    assert page.evaluate("document.activeElement.id") == "title"
    assert page.locator("#title").get_attribute("aria-invalid") == "true"
    picture(page, f"style-errors-{language}-320")
    assert_fits(page)
    assert_no_axe_findings(page)


def test_the_page_says_its_language_and_leads_to_itself_in_the_other(open_page: OpenPage) -> None:
    page = open_page("/zh/style?a=1&_scheme=x")
    assert page.locator("html").get_attribute("lang") == "zh-Hans"
    page.get_by_role("link", name="English").click()
    assert page.url.endswith("/en/style?a=1&_scheme=x")
    assert page.locator("html").get_attribute("lang") == "en"


def test_keyboard_reaches_the_text_first(open_page: OpenPage) -> None:
    page = open_page("/en/style")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"


def test_everything_is_there_without_scripts(open_page: OpenPage) -> None:
    page = open_page("/en/style", width=320, scripts=False)
    page.get_by_text("Reasons: Quality and safety").click()
    assert page.get_by_text("Two inspection reports").first.is_visible()
    page.get_by_role("button", name="Save and continue").click()
    assert page.get_by_role("heading", name="There is a problem").is_visible()


@pytest.mark.parametrize("path", ["/en/nothing/here", "/zh/nothing/here"])
def test_error_pages_are_pages(open_page: OpenPage, path: str) -> None:
    page = open_page(path, width=320)
    assert page.locator("h1").count() == 1
    assert_fits(page)
    assert_no_axe_findings(page)
