"""What tests of public pages share."""

from collections.abc import Callable, Iterator

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event

from tests.visiting import Visitor, text_of

Counted = Callable[[str], tuple[int, str]]


@pytest.fixture
def counted(app: Flask, client: FlaskClient) -> Iterator[Counted]:
    """Read a page; how many SELECTs it cost and its words."""
    statements: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        statements.append(statement)

    engine = app.extensions["sunlit"].engine
    event.listen(engine, "before_cursor_execute", note)

    def read(path: str) -> tuple[int, str]:
        statements.clear()
        page = Visitor(client).get(path)
        return sum(s.lstrip().upper().startswith(("SELECT", "WITH")) for s in statements), text_of(page)

    yield read
    event.remove(engine, "before_cursor_execute", note)
