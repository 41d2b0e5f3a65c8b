"""Somebody with a browser and no JavaScript, who changes some fields of a form and leaves the others as they are.

user = User(client)
user.send("/en/merchant/new", name="…", phone="…")     # opens the page, changes these, presses the button
"""

import io
from collections.abc import Mapping
from typing import Any

import lxml.html
from flask.testing import FlaskClient
from werkzeug.datastructures import FileStorage, MultiDict
from werkzeug.test import TestResponse

from tests.visiting import text_of


class User:
    """One browser."""

    def __init__(self, client: FlaskClient) -> None:
        self.client = client

    def get(self, path: str, status: int = 200) -> TestResponse:
        """Read a page, which must answer with `status`."""
        answer = self.client.get(path)
        assert answer.status_code == status, f"{path}: {answer.status}\n{text_of(answer)}"
        return answer

    def signed_in(self) -> bool:
        """Whether somebody is."""
        return self.client.get("/en/account").status_code == 200

    def send(
        self,
        path: str,
        fields: Mapping[str, Any] | None = None,
        *,
        to: str | None = None,
        preview: bool = False,
        **more: Any,
    ) -> str:
        """Open `path`, change `fields` in its form (the one that posts to an address with `to` in it, when the page
        has several) and press its button. What is not named is sent as the page has it; a list gives several values.
        `preview`: the answer shows it once more, with a button to confirm, which is pressed too.

        Returns where the answer leads to; fails with the page's own words when it leads nowhere.
        """
        page = self.get(path)
        form = form_of(page, to)
        filled = as_it_is(form)
        for name, value in {**(fields or {}), **more}.items():
            filled.setlist(name, value if isinstance(value, list) else [value])
        answer = self.client.post(form.get("action") or path, data=filled)
        if preview:
            assert answer.status_code == 200, f"{path}: {answer.status}\n{text_of(answer)}"
            shown = form_of(answer)
            answer = self.client.post(shown.get("action") or path, data=as_it_is(shown))
        assert answer.status_code == 303, f"{path}: {answer.status}\n{text_of(answer)}\n{dict(filled.lists())}"
        return str(answer.headers["Location"])


def form_of(page: TestResponse, to: str | None = None) -> lxml.html.FormElement:
    """The form of the page's main part: the one that posts to an address with `to` in it, or the first that posts."""
    forms = [form for form in lxml.html.fromstring(page.text).xpath("//main//form") if form.method == "POST"]
    forms = [form for form in forms if to is None or to in (form.get("action") or "")]
    assert forms, f"no form on {page.request.path}: {text_of(page)}"
    return forms[0]


def as_it_is(form: lxml.html.FormElement) -> "MultiDict[str, Any]":
    """What a browser sends from `form` when nothing is changed and Enter is pressed, which means the first button."""
    filled: MultiDict[str, Any] = MultiDict()
    buttons = form.xpath(".//button[not(@type) or @type='submit'] | .//input[@type='submit']")
    for field in form.xpath(".//*[@name]"):
        name, kind = field.get("name"), (field.get("type") or field.tag).lower()
        if kind == "select":
            options = list(field.iter("option"))
            chosen = [option for option in options if option.get("selected") is not None] or options[:1]
            filled.setlist(name, [option.get("value", "") for option in chosen])
        elif kind == "textarea":
            filled[name] = (field.text or "").removeprefix("\n")
        elif kind in ("radio", "checkbox"):
            if field.get("checked") is not None:
                filled.add(name, field.get("value", "on"))
        elif kind in ("submit", "button"):
            if field is buttons[0]:
                filled[name] = field.get("value", "")
        elif kind != "file":
            filled[name] = field.get("value", "")
    return filled


def file(data: bytes, name: str) -> FileStorage:
    """A file to send."""
    return FileStorage(io.BytesIO(data), filename=name)
