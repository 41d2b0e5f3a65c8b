"""What everybody may read of an application, and when; the result of a round as the public sees it."""

from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient

from procurement.web import edge
from tests.conftest import MovableClock
from tests.visiting import Visitor, text_of
from tests.worlds.applications import PRODUCTS, AppliedWorld, applied_round, checked_round, close_applications
from tests.worlds.people import people
from tests.worlds.rounds import published_round
from tests.worlds.scoring import ScoringWorld, opened_round, scored_round, scoring_round

Counted = Callable[[str], tuple[int, str]]

MOST_STATEMENTS = 6
MOST_FOR_A_PRODUCT = 20
"""A product's page reads two steps' own queries; what counts is that rows do not add to it."""


@pytest.fixture
def applied(app: Flask, clock: MovableClock) -> AppliedWorld:
    with app.app_context():
        return applied_round(published_round(people(edge().engine, clock()), clock))


@pytest.fixture
def checked(applied: AppliedWorld) -> AppliedWorld:
    return checked_round(close_applications(applied))


@pytest.fixture
def opened(checked: AppliedWorld) -> ScoringWorld:
    return opened_round(scored_round(scoring_round(checked, ("M2", 0))))


def test_before_the_deadline_no_page_knows_of_any_application(client: FlaskClient, applied: AppliedWorld) -> None:
    visitor = Visitor(client)
    for path in ("", "/applications", "/committee"):
        page = visitor.get(f"/zh/rounds/{applied.ref}{path}")
        assert not any(product in page.text for product in PRODUCTS)
    assert not any(product in visitor.get("/zh/products/").text for product in PRODUCTS)
    for ref in applied.refs:
        visitor.get(f"/en/applications/{ref}", status=404)


def test_at_the_deadline_all_applications_are_there_without_a_verdict(
    client: FlaskClient, applied: AppliedWorld
) -> None:
    close_applications(applied)
    page = Visitor(client).get(f"/en/rounds/{applied.ref}/applications")
    assert all(product in page.text for product in PRODUCTS)
    assert text_of(page).count("not yet checked") == 3
    product = text_of(Visitor(client).get(f"/en/applications/{applied.refs[0]}"))
    assert "The organiser is checking this application." in product
    assert "Marks, reasons and the arithmetic appear here when all score sheets are opened" in product


def test_products_are_listed_once_the_check_is_closed(client: FlaskClient, applied: AppliedWorld) -> None:
    close_applications(applied)
    assert "No product is listed yet" in text_of(Visitor(client).get("/en/products/"))
    checked_round(applied)
    listed = Visitor(client).get("/en/products/").text
    assert all(product in listed for product in PRODUCTS)


def test_a_natural_person_is_masked_wherever_everybody_reads(client: FlaskClient, opened: ScoringWorld) -> None:
    visitor = Visitor(client)
    paths = [
        f"/zh/rounds/{opened.ref}",
        f"/zh/rounds/{opened.ref}/applications",
        f"/zh/rounds/{opened.ref}/committee",
        f"/zh/rounds/{opened.ref}/scores",
        "/zh/products/",
        *(f"/zh/applications/{ref}" for ref in opened.refs),
        *(f"/zh/rounds/{opened.ref}/scores/{ref}" for ref in opened.refs),
    ]
    pages = [visitor.get(path).text for path in paths]
    assert not any("张三丰" in page for page in pages)
    assert any("张**" in page for page in pages)


def test_marks_are_nowhere_before_they_are_opened(client: FlaskClient, checked: AppliedWorld) -> None:
    world = scored_round(scoring_round(checked))
    for ref in world.refs:
        page = Visitor(client).get(f"/en/applications/{ref}").text
        assert "confided by" not in page
        assert "Marks of" not in page
    assert "Ranking" not in text_of(Visitor(client).get(f"/en/rounds/{world.ref}"))


def test_opened_marks_reasons_recusals_and_arithmetic_stand_on_the_product(
    client: FlaskClient, opened: ScoringWorld
) -> None:
    words = text_of(Visitor(client).get(f"/en/applications/{opened.refs[0]}"))
    assert "recused: employment" in words
    assert "Quality confided by M1" in words
    assert "(8 + 8 + 9 + 7) ÷ 4 = 8" in words
    assert "Rank 1 with 75.50." in words


def test_the_round_page_ranks_and_says_that_nothing_is_awarded_yet(client: FlaskClient, opened: ScoringWorld) -> None:
    words = text_of(Visitor(client).get(f"/en/rounds/{opened.ref}"))
    assert words.index(PRODUCTS[0]) < words.index(PRODUCTS[2]) < words.index(PRODUCTS[1])
    assert "Nothing is awarded before the notice has ended" in words


def test_the_committee_page_tells_recusals_and_keeps_names(client: FlaskClient, opened: ScoringWorld) -> None:
    page = Visitor(client).get(f"/en/rounds/{opened.ref}/committee")
    words = text_of(page)
    assert "M2: employment" in words
    assert "until then they appear by number" in words.lower()
    assert not any(person.name in page.text for person in opened.members)


def test_statements_stay_bounded(counted: Counted, opened: ScoringWorld) -> None:
    for path in ("", "/rules", "/applications", "/committee"):
        cost, _ = counted(f"/en/rounds/{opened.ref}{path}")
        assert cost <= MOST_STATEMENTS, path
    cost, _ = counted(f"/en/applications/{opened.refs[0]}")
    assert cost <= MOST_FOR_A_PRODUCT
