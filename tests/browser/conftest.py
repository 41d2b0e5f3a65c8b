"""Chromium and a served application.

site        the application of `app`, served on a free port of this machine, on SQLite
county      a site in which rounds are drafted, open, scored, on notice and objected to; built once for a module
browser     Debian's Chromium, started once
open_page   open_page("/en/", width=320, scripts=False): a page of its own context; console errors fail the test
"""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import Browser, Error, Page, sync_playwright
from werkzeug.serving import make_server

HERE = Path(__file__).resolve().parent
AXE = (HERE / "vendor" / "axe.min.js").read_text(encoding="utf-8")
PICTURES = HERE.parent.parent / "build" / "pictures"

CHROMIUM = "/usr/bin/chromium"


@pytest.fixture
def database(tmp_path: Path, migrated_sqlite: Path) -> str:
    """SQLite only: what the browser shows does not depend on the database."""
    path = tmp_path / "sunlit.db"
    path.write_bytes(migrated_sqlite.read_bytes())
    return f"sqlite:///{path}"


@contextmanager
def served(app: Flask) -> Iterator[str]:
    """Serve `app` on a free port of this machine; gives its address."""
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join(timeout=10)
        server.server_close()


@pytest.fixture
def site(app: Flask) -> Iterator[str]:
    """The address at which `app` is served while the test runs."""
    with served(app) as address:
        yield address


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Debian's Chromium without a window."""
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
        )
        yield chromium
        chromium.close()


OpenPage = Callable[..., Page]


@pytest.fixture
def open_page(browser: Browser, site: str) -> Iterator[OpenPage]:
    """Open a path of the site. What a page logs as an error fails the test, a refused style or script included."""
    contexts, said = [], []

    def open_(path: str, *, width: int = 1280, scripts: bool = True, cookies: Any = ()) -> Page:
        context = browser.new_context(
            viewport={"width": width, "height": 900}, base_url=site, java_script_enabled=scripts
        )
        contexts.append(context)
        if cookies:
            context.add_cookies(list(cookies))
        page = context.new_page()
        page.on("console", lambda message: said.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: said.append(str(error)))
        page.goto(path)
        return page

    yield open_
    for context in contexts:
        context.close()
    # A refused form is answered with 422, which Chromium reports as an error of its own.
    assert [text for text in said if "the server responded with a status of 4" not in text] == []


def assert_no_axe_findings(page: Page) -> None:
    """axe-core finds nothing on the page as it stands: all its rules, best practices included."""
    page.evaluate(AXE)
    found = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
    findings = [
        f"{finding['id']}: {finding['help']} — {'; '.join(str(node['target']) for node in finding['nodes'][:5])}"
        for finding in found["violations"]
    ]
    assert findings == [], f"{page.url}: {findings}"


def assert_fits(page: Page) -> None:
    """Nothing pushes the page sideways."""
    over = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert over <= 0, f"{page.url} is {over} pixels wider than the screen"


def picture(page: Page, name: str) -> None:
    """Keep a picture of the whole page under build/pictures."""
    PICTURES.mkdir(parents=True, exist_ok=True)
    for left in (2, 1, 0):
        try:
            page.screenshot(path=str(PICTURES / f"{name}.png"), full_page=True)
        except Error:  # on a busy machine Chromium now and then has no picture ready
            if not left:
                raise
            page.wait_for_timeout(500)
        else:
            return
