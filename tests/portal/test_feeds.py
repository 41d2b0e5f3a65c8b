"""Feeds and calendars: well-formed, of the right things, none before its time."""

import xml.etree.ElementTree as ET
from datetime import date

import pytest
from flask import Flask
from flask.testing import FlaskClient
from icalendar import Calendar

from procurement.web import edge
from tests.conftest import MovableClock
from tests.visiting import Visitor
from tests.worlds.applications import PRODUCTS, AppliedWorld, applied_round, checked_round, close_applications
from tests.worlds.people import people
from tests.worlds.rounds import published_round

ATOM = "{http://www.w3.org/2005/Atom}"
FEEDS = ("rounds", "products", "decisions", "debarments", "overdue", "log")


@pytest.fixture
def applied(app: Flask, clock: MovableClock) -> AppliedWorld:
    with app.app_context():
        return applied_round(published_round(people(edge().engine, clock()), clock))


def titles(client: FlaskClient, path: str) -> list[str]:
    answer = Visitor(client).get(path)
    assert answer.mimetype == "application/atom+xml"
    feed = ET.fromstring(answer.data)  # noqa: S314 (our own answer)
    for needed in ("title", "id", "updated", "link"):
        assert feed.find(f"{ATOM}{needed}") is not None
    ids = [entry.findtext(f"{ATOM}id") for entry in feed.iter(f"{ATOM}entry")]
    assert len(set(ids)) == len(ids)
    return [entry.findtext(f"{ATOM}title") or "" for entry in feed.iter(f"{ATOM}entry")]


@pytest.mark.parametrize("name", FEEDS)
def test_an_empty_feed_is_a_feed(client: FlaskClient, name: str) -> None:
    assert titles(client, f"/zh/feeds/{name}.atom") == []


def test_a_round_and_what_happens_in_it(client: FlaskClient, applied: AppliedWorld) -> None:
    assert titles(client, "/en/feeds/rounds.atom") == ["Oranges in spring"]
    assert titles(client, "/zh/feeds/rounds.atom") == ["春季脐橙"]
    assert "The round was published and its rules frozen" in titles(client, f"/en/feeds/log.atom?round={applied.ref}")
    assert titles(client, "/en/feeds/log.atom?round=R1999-001") == []


def test_products_come_with_the_closed_check(client: FlaskClient, applied: AppliedWorld) -> None:
    close_applications(applied)
    assert titles(client, "/en/feeds/products.atom") == []
    checked_round(applied)
    assert PRODUCTS[0] in titles(client, "/en/feeds/products.atom")


def test_a_deadline_at_midnight_is_the_day_that_ends(client: FlaskClient, applied: AppliedWorld) -> None:
    for path in ("/en/rounds/calendar.ics", f"/en/rounds/{applied.ref}/calendar.ics"):
        answer = Visitor(client).get(path)
        assert answer.mimetype == "text/calendar"
        events = {str(event["uid"]).split("-")[0]: event for event in Calendar.from_ical(answer.data).walk("VEVENT")}
        assert events["applications"].decoded("dtstart") == date(2026, 3, 17)
        assert "Applications close" in events["applications"]["summary"]
    assert Visitor(client).get("/en/rounds/R1999-001/calendar.ics", status=404)
