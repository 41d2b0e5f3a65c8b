"""Somebody at Chromium who opens pages, fills in forms and presses buttons, and an album of what they see.

Walker      as `tests.filling.User`, with a real browser: only what can be seen and reached is filled in or pressed
Album       keeps a picture of every kind of page at both widths, and what axe finds, what it weighs and what it asks
            of the database; `report` writes them down under build/pictures
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from flask import Flask, request
from playwright.sync_api import Browser, Locator, Page
from sqlalchemy import event
from werkzeug.datastructures import FileStorage

from tests.browser.conftest import AXE, PICTURES, assert_fits, picture

WIDTHS = (1280, 320)
_REFERENCE = re.compile(r"R\d{4}-\d+(-[A-Z]+\d+)?|/my/applications/[\w-]{8,}|(?<=/log/)\d+")


def kind_of(path: str) -> str:
    """The address without what differs from one round, application or entry to the next."""
    return _REFERENCE.sub(lambda found: "…" if found[0][0] != "/" else "/my/applications/…", path)


@dataclass
class Seen:
    """One kind of page. `weight`: bytes of page, styles and scripts as sent; `statements` of its last answer."""

    picture: str
    findings: list[str]
    weight: int
    styles_and_scripts: int
    statements: int


@dataclass
class Album:
    """What was seen on the way, in one language. `kinds`: kind of address, and whether a form was refused, → Seen."""

    name: str
    language: str
    kinds: dict[str, Seen] = field(default_factory=dict)
    wrong: list[str] = field(default_factory=list)
    statements: dict[str, int] = field(default_factory=dict)

    def count_statements(self, app: Flask) -> None:
        """From now on tell how many statements each address asks of the database."""

        @event.listens_for(app.extensions["sunlit"].engine, "before_cursor_execute")
        def one_more(*_: Any) -> None:
            if request:
                path = request.environ["REQUEST_URI"].split("?")[0]
                self.statements[path] = self.statements.get(path, 0) + 1

    def look(self, page: Page, state: str = "") -> None:
        """Keep what the page is like at both widths, the first time that this kind of page is seen."""
        path = urlsplit(page.url).path
        kind = f"{kind_of(path)}{state}"
        if kind in self.kinds:
            return
        name = f"{self.name}-{len(self.kinds):03d}-{re.sub('[^a-z0-9]+', '-', kind.lower()).strip('-')}"[:120]
        findings: list[str] = []
        scrolled = page.evaluate("window.scrollY")
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": 900})
            picture(page, f"{name}-{width}")
            try:
                assert_fits(page)
            except AssertionError as error:
                findings.append(str(error).splitlines()[0])
            page.evaluate(AXE)
            found = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
            findings += [
                f"{f['id']} at {width}: {[n['target'] for n in f['nodes'][:3]]}" for f in found["violations"]
            ]
        page.set_viewport_size({"width": WIDTHS[0], "height": 900})
        page.evaluate("to => window.scrollTo(0, to)", scrolled)
        if page.locator("h1").count() != 1:
            findings.append(f"{page.locator('h1').count()} headings of level 1")
        whole, parts = page.evaluate(
            """() => {
              const sent = (kind) => performance.getEntriesByType(kind);
              const parts = sent('resource').filter((one) => /\\.(css|js)(\\?|$)/.test(one.name));
              const add = (all) => all.reduce((sum, one) => sum + one.encodedBodySize, 0);
              return [add(sent('navigation')) + add(parts), add(parts)];
            }"""
        )
        self.wrong += [f"{kind}: {finding}" for finding in findings]
        self.kinds[kind] = Seen(name, findings, whole, parts, self.statements.get(path, 0))

    def report(self) -> None:
        """Write what was seen beside the pictures, the heaviest pages first."""
        rows = sorted(self.kinds.items(), key=lambda one: -one[1].weight)
        findings = sum(len(seen.findings) for seen in self.kinds.values())
        summary = (
            f"{len(rows)} kinds of pages at {len(WIDTHS)} widths in {self.language}: {findings} findings; heaviest "
            f"{rows[0][1].weight / 1000:.1f} kB, styles and scripts at most "
            f"{max(seen.styles_and_scripts for _, seen in rows) / 1000:.1f} kB; most statements "
            f"{max(seen.statements for _, seen in rows)}"
        )
        lines = [
            summary,
            "",
            "| page | kB sent | of it styles and scripts | statements | findings |",
            "|---|---|---|---|---|",
        ]
        lines += [
            f"| {kind} | {seen.weight / 1000:.1f} | {seen.styles_and_scripts / 1000:.1f} | {seen.statements} "
            f"| {'; '.join(seen.findings) or 'none'} |"
            for kind, seen in rows
        ]
        (PICTURES / f"{self.name}.md").write_text("\n".join(lines) + "\n", encoding="utf-8")


@dataclass(frozen=True)
class Answer:
    """What an address answered."""

    text: str
    data: bytes
    json: Any = None


class Walker:
    """One person at one browser of their own."""

    def __init__(self, browser: Browser, address: str, album: Album) -> None:
        self.context = browser.new_context(
            viewport={"width": WIDTHS[0], "height": 900}, base_url=address, reduced_motion="reduce"
        )
        self.page = self.context.new_page()
        # Public pages may be kept for a minute, and the clock of the tests leaps over it.
        self.tools = self.context.new_cdp_session(self.page)
        self.tools.send("Network.enable")
        self.tools.send("Network.setCacheDisabled", {"cacheDisabled": True})
        self.album = album
        self.page.on("console", self._told)
        self.page.on("pageerror", lambda error: album.wrong.append(str(error)))

    def _told(self, message: Any) -> None:
        if message.type == "error" and "the server responded with a status of 4" not in message.text:
            self.album.wrong.append(f"{self.page.url}: {message.text}")

    def _here(self, path: str) -> str:
        """`path` in the language of the album."""
        return f"/{self.album.language}{path[3:]}" if path.startswith("/en/") else path

    def get(self, path: str, status: int = 200) -> Answer:
        """Read a page, which must answer with `status`; or fetch a file."""
        if not path.startswith("/en/"):
            fetched = self.context.request.get(path)
            assert fetched.status == status, f"{path}: {fetched.status}"
            is_json = "json" in fetched.headers.get("content-type", "")
            body = fetched.body()
            return Answer(body.decode(errors="replace"), body, fetched.json() if is_json else None)
        self.open(path, status)
        text = self.page.content()
        return Answer(text, text.encode())

    def open(self, path: str, status: int = 200) -> None:
        """Open a page, which must answer with `status`."""
        self.album.statements.pop(self._here(path), None)
        answer = self.page.goto(self._here(path))
        assert answer is not None
        assert answer.status == status, f"{path}: {answer.status}\n{self.words()}"
        self.album.look(self.page, "" if status == 200 else f" ({status})")

    def words(self) -> str:
        """What the page says."""
        return self.page.locator("main").inner_text()

    def signed_in(self) -> bool:
        """Whether somebody is."""
        return self.context.request.get("/en/account", max_redirects=0).status == 200

    def send(
        self,
        path: str,
        fields: Mapping[str, Any] | None = None,
        *,
        to: str | None = None,
        preview: bool = False,
        **more: Any,
    ) -> str:
        """As `tests.filling.User.send`; gives the path of the page that it leads to."""
        self.open(path)
        typed = {**(fields or {}), **more}
        form = self._form(to)
        self.page.evaluate("document.querySelectorAll('main details').forEach((one) => { one.open = true; })")
        pressed: tuple[str, str] | None = None
        for name, value in sorted(typed.items(), key=lambda one: not self._chooses(form, one[0])):
            if form.locator(f'button[name="{name}"]').count():
                pressed = (name, value)
            else:
                self._fill(form, name, value)
        self._press(form, pressed)
        if preview:
            self.album.look(self.page, " (preview)")
            self._press(self._form(None), None)
        told = self.page.locator(".govuk-error-summary")
        assert told.count() == 0, f"{path}: {told.inner_text()}"
        self.album.look(self.page)
        return urlsplit(self.page.url).path

    def _form(self, to: str | None) -> Locator:
        """The form of the page's main part: the one that posts to an address with `to` in it, or the first."""
        which = f'main form[method="post"][action*="{to}"]' if to else 'main form[method="post"]'
        form = self.page.locator(which).first
        assert form.count(), f"no form on {self.page.url}: {self.words()}"
        return form

    @staticmethod
    def _chooses(form: Locator, name: str) -> bool:
        """Radios and checkboxes come first: others may appear only once one of them is chosen."""
        return form.locator(f'[name="{name}"][type="radio"], [name="{name}"][type="checkbox"]').count() > 0

    def _fill(self, form: Locator, name: str, value: Any) -> None:
        fields = form.locator(f'[name="{name}"]')
        assert fields.count(), f"no field {name} on {self.page.url}"
        first = fields.first
        kind = first.evaluate("(one) => one.type")
        if isinstance(value, FileStorage):
            data = value.stream.read()
            media = "application/pdf" if data.startswith(b"%PDF") else "image/jpeg"
            first.set_input_files({"name": str(value.filename), "mimeType": media, "buffer": data})
        elif kind == "hidden":
            assert first.input_value() == value, f"{name} is hidden on {self.page.url}"
        elif kind in ("radio", "checkbox"):
            for one in value if isinstance(value, list) else [value]:
                box = form.locator(f'[name="{name}"][value="{one}"]')
                box = box if box.count() else first
                if not box.is_checked():  # people press the words beside it
                    form.locator(f'label[for="{box.get_attribute("id")}"]').click()
                    assert box.is_checked(), f"{name} cannot be chosen on {self.page.url}"
        elif kind.startswith("select"):
            first.select_option(value)
        else:
            first.fill(value)

    def _press(self, form: Locator, button: tuple[str, str] | None) -> None:
        if button is None:
            wanted = form.locator('button[type="submit"]:not(.govuk-visually-hidden):not(.sun-linkbutton)')
        else:
            name, value = button
            wanted = form.locator(f'button[name="{name}"][value="{value}"]:not(.govuk-visually-hidden)')
        with self.page.expect_navigation() as gone:
            wanted.first.click()
        answer = gone.value
        assert answer is not None
        assert answer.status == 200, f"{self.page.url}: {answer.status}\n{self.words()}"

    def close(self) -> None:
        """Leave."""
        self.context.close()
