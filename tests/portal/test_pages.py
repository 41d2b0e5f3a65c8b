"""Public pages through HTTP: what they tell in each phase, to whom, and what they cost."""

import re
from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient

from procurement.web import edge
from tests.conftest import MovableClock
from tests.visiting import Visitor, text_of
from tests.worlds.people import People, people
from tests.worlds.rounds import RoundWorld, draft_round, published_round

MOST_STATEMENTS = 6

Counted = Callable[[str], tuple[int, str]]


@pytest.fixture
def world_people(app: Flask, clock: MovableClock) -> People:
    with app.app_context():
        return people(edge().engine, clock())


@pytest.fixture
def published(world_people: People, clock: MovableClock) -> RoundWorld:
    return published_round(world_people, clock)


@pytest.mark.parametrize("path", ["/en/", "/en/rounds/", "/en/decisions/", "/en/products/"])
def test_empty_lists_say_what_will_appear(client: FlaskClient, path: str) -> None:
    words = text_of(Visitor(client).get(path))
    assert "appear" in words


def test_an_open_round_stands_under_what_one_can_do_now(client: FlaskClient, published: RoundWorld) -> None:
    words = text_of(Visitor(client).get("/en/"))
    now_part = words.split("What you can do now")[1].split("Decided")[0]
    assert "Oranges in spring" in now_part
    assert "Merchants may apply until Tue 17 March 2026, 24:00 (Beijing time)." in now_part
    assert "春季脐橙" in text_of(Visitor(client).get("/zh/"))


def test_a_draft_is_nowhere(client: FlaskClient, world_people: People, clock: MovableClock) -> None:
    draft = draft_round(world_people, clock)
    for path in ("/en/", "/en/rounds/"):
        assert "Oranges" not in Visitor(client).get(path).text
    for path in ("", "/rules", "/applications", "/committee"):
        Visitor(client).get(f"/en/rounds/{draft.ref}{path}", status=404)
    Visitor(client).get(f"/rounds/{draft.ref}/round.json", status=404)


def test_the_round_page_says_what_happens_next(client: FlaskClient, published: RoundWorld) -> None:
    words = text_of(Visitor(client).get(f"/en/rounds/{published.ref}"))
    assert "Until then nobody but the applicant can read an application" in words
    assert "Applications now Mon 2 March 2026 to Tue 17 March 2026, 24:00 (Beijing time)" in words


def test_after_the_deadline_the_check_is_current(
    client: FlaskClient, published: RoundWorld, clock: MovableClock
) -> None:
    assert published.course.applications_close is not None
    clock.move_to(published.course.applications_close)
    words = text_of(Visitor(client).get(f"/en/rounds/{published.ref}"))
    assert "Eligibility check now" in words
    assert "The rules foresee 3 working days for it." in words


def test_the_frozen_rules_are_served_to_the_byte(client: FlaskClient, published: RoundWorld) -> None:
    answer = Visitor(client).get(f"/rounds/{published.ref}/round.json")
    assert answer.text == published.document.text
    assert published.document.sha256 in Visitor(client).get(f"/en/rounds/{published.ref}/rules").text
    assert answer.headers["Content-Disposition"].startswith("attachment")


def test_the_rule_is_told_in_words(client: FlaskClient, published: RoundWorld) -> None:
    words = text_of(Visitor(client).get(f"/en/rounds/{published.ref}/rules"))
    assert "Total = sum over the criteria of weight × (mean of the members' marks) ÷ full mark" in words.replace(
        "&#39;", "'"
    )
    assert "The total is rounded to 2 decimals; a half goes up." in words
    assert "An application needs at least 3 sheets to be ranked." in words
    chinese = text_of(Visitor(client).get(f"/zh/rounds/{published.ref}/rules"))
    assert "每份申报至少有3份评分表方可参加排序。" in chinese


def test_applications_are_told_when_they_will_be(client: FlaskClient, published: RoundWorld) -> None:
    words = text_of(Visitor(client).get(f"/en/rounds/{published.ref}/applications"))
    assert "Applications appear here when the deadline has passed, on Tue 17 March 2026, 24:00" in words


def test_a_round_without_applications_says_so(
    client: FlaskClient, published: RoundWorld, clock: MovableClock
) -> None:
    assert published.course.applications_close is not None
    clock.move_to(published.course.applications_close)
    assert "Nobody applied" in text_of(Visitor(client).get(f"/en/rounds/{published.ref}/applications"))


def test_the_committee_is_told_when_it_will_be(client: FlaskClient, published: RoundWorld) -> None:
    words = text_of(Visitor(client).get(f"/en/rounds/{published.ref}/committee"))
    assert "Its members are shown here by number once they are found" in words


def test_unknown_rounds_are_not_found(client: FlaskClient) -> None:
    Visitor(client).get("/en/rounds/R1999-001", status=404)
    Visitor(client).get("/rounds/R1999-001/round.json", status=404)


def test_pages_cost_the_same_for_any_number_of_rounds(
    counted: Counted, world_people: People, clock: MovableClock
) -> None:
    first = published_round(world_people, clock)
    paths = ("/en/", "/en/rounds/", f"/en/rounds/{first.ref}", f"/en/rounds/{first.ref}/rules", "/en/products/")
    few = {path: counted(path)[0] for path in paths}
    for _ in range(6):
        published_round(world_people, clock)
    many = {path: counted(path)[0] for path in paths}
    assert many == few
    assert max(many.values()) <= MOST_STATEMENTS


def test_running_rounds_are_listed_by_what_closes_first(
    client: FlaskClient, world_people: People, clock: MovableClock
) -> None:
    first = published_round(world_people, clock)
    clock.advance(days=3)
    second = published_round(world_people, clock)
    page = Visitor(client).get("/en/rounds/").text
    order = list(dict.fromkeys(re.findall(r'href="/en/rounds/(R[0-9-]+)"', page)))
    assert order == [first.ref, second.ref]
