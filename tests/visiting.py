"""A visitor with a browser that has no JavaScript: reads pages, fills in forms, keeps cookies.

visit = Visitor(client)
page = visit.get("/en/sign-in")
page = visit.send("/en/sign-in", email="…", password="…")      # reads the page first, for its CSRF token
"""

import re
from typing import Any

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

_TOKEN = re.compile(r'name="csrf_token"[^>]*value="([^"]+)"')


class Visitor:
    """One browser. `send` is what a person does with a form: open the page, fill in, press the button."""

    def __init__(self, client: FlaskClient) -> None:
        self.client = client

    def get(self, path: str, *, status: int = 200) -> TestResponse:
        """Read `path`, which must answer with `status`."""
        response = self.client.get(path)
        assert response.status_code == status, f"{path}: {response.status}\n{text_of(response)}"
        return response

    def send(
        self, path: str, *, form_on: str | None = None, status: int | None = None, **fields: Any
    ) -> TestResponse:
        """Send `fields` to `path` with the CSRF token of the page `form_on` (default: `path` itself).

        Follows nothing. `status` (default: any below 400 or 422) is asserted.
        """
        page = self.client.get(form_on or path)
        token = _TOKEN.search(page.text)
        assert token, f"no form on {form_on or path}: {page.status}\n{text_of(page)}"
        response = self.client.post(path, data={"csrf_token": token[1], **fields})
        expected = {status} if status else {200, 303, 422}
        assert response.status_code in expected, f"{path}: {response.status}\n{text_of(response)}"
        return response

    def types(self, path: str, *, status: int = 200, **fields: Any) -> dict[str, str]:
        """What the script of the page `path` does while somebody types `fields`: the sentence that it is told."""
        hidden = dict(re.findall(r'name="(csrf_token|seen)"[^>]*value="([^"]*)"', self.get(path).text))
        answer = self.client.post(path, data={**hidden, **fields}, headers={"Sunlit-Quiet": "1"})
        assert answer.status_code == status, answer.text
        told: dict[str, str] = answer.get_json()
        return told


def text_of(response: TestResponse) -> str:
    """The words of a page's main part, without markup."""
    main = re.search(r"<main.*?</main>", response.text, re.DOTALL)
    bare = re.sub(r"<[^>]+>", " ", main[0] if main else response.text)
    return " ".join(bare.split())
