"""The pages of the log: anybody reads them, they show every field, and no personal data."""

import pytest
from flask.testing import FlaskClient
from sqlalchemy import Engine, event

from config import Config
from procurement.access import Role
from procurement.db import transaction
from procurement.publiclog.entry import Salted
from procurement.publiclog.jobs import sign_log
from procurement.publiclog.views import PER_PAGE
from procurement.publiclog.writing import append
from tests.conftest import MovableClock
from tests.publiclog.happenings import NOON, everything
from tests.publiclog.test_writing import WANG, say


def test_an_empty_log_says_what_will_be_there(client: FlaskClient) -> None:
    answer = client.get("/en/log/")
    assert answer.status_code == 200
    assert "Entries appear here as soon as something happens." in answer.text


def test_entries_are_listed_newest_first_and_page_by_page(client: FlaskClient, engine: Engine) -> None:
    with transaction(engine) as session:
        for number in range(PER_PAGE + 5):
            say(session, number)
        say(session, 99, "R2026-002")
    first = client.get("/en/log/").text
    assert f"The log has {PER_PAGE + 6} entries." in first
    assert f'href="/en/log/{PER_PAGE + 5}"' in first
    assert 'href="/en/log/5"' not in first
    assert "/en/log/?before=6" in first
    second = client.get("/en/log/?before=6").text
    assert [f'href="/en/log/{n}"' in second for n in (0, 5, 6)] == [True, True, False]
    assert "Older entries" not in second
    one_round = client.get("/en/log/?round=R2026-002").text
    assert [f'href="/en/log/{n}"' in one_round for n in (PER_PAGE + 5, PER_PAGE + 4)] == [True, False]


def test_an_entry_shows_its_fields_and_no_personal_data(
    client: FlaskClient, engine: Engine, config: Config, clock: MovableClock
) -> None:
    with transaction(engine) as session:
        entry = everything(contact=Salted("li@example.org"))
        append(session, entry, now=NOON, actor=WANG, role=Role.ORGANISER, round_ref="R2026-001")
    before = client.get("/en/log/0").text
    assert "No signed checkpoint covers this entry yet" in before
    sign_log(engine, config, clock)
    shown = client.get("/en/log/0").text
    for said in ("Every type of field", "桂花糕 Osmanthus cake", "R2026-001/A03", "12.50", "organiser", "ab" * 32):
        assert said in shown
    assert "The signed checkpoint of 1 entries covers this entry." in shown
    for secret in ("张三", "li@example.org", "user:7", "Wang"):
        assert secret not in shown


def test_labels_and_chinese(client: FlaskClient, engine: Engine) -> None:
    with transaction(engine) as session:
        say(session, 7)
    assert "How many" in client.get("/en/log/0").text
    assert "公开日志第0条记录" in client.get("/zh/log/0").text


@pytest.mark.parametrize("address", ["/en/log/0", "/en/log/99999999999999999999999"])
def test_what_is_not_there(client: FlaskClient, address: str) -> None:
    assert client.get(address).status_code == 404


@pytest.mark.parametrize(
    "query", ["?before=-1", "?before=x", "?before=99999999999999999999999", "?round=%F0%9F%8D%8A"]
)
def test_odd_questions_are_answered(client: FlaskClient, query: str) -> None:
    assert client.get(f"/en/log/{query}").status_code == 200


def test_a_longer_list_asks_no_more_questions(client: FlaskClient, engine: Engine) -> None:
    def questions() -> int:
        asked: list[str] = []
        app_engine = client.application.extensions["sunlit"].engine

        def note(_conn: object, _cursor: object, statement: str, *_: object) -> None:
            asked.append(statement)

        event.listen(app_engine, "before_cursor_execute", note)
        client.get("/en/log/")
        event.remove(app_engine, "before_cursor_execute", note)
        return len(asked)

    with transaction(engine) as session:
        say(session, 0)
    few = questions()
    with transaction(engine) as session:
        for number in range(40):
            say(session, number)
    assert questions() == few
