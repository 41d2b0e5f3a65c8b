"""What the drawings of public pages say, and when there is nothing to draw."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from flask import Flask

from procurement.portal import pictures
from procurement.portal.queries import Selected
from procurement.portal.timeline import Step
from procurement.rounds.rules import Money, Party, Payment
from procurement.rounds.scoring_rule import Text

START = datetime(2026, 3, 2, 1, tzinfo=UTC)


@contextmanager
def in_english(app: Flask) -> Iterator[None]:
    """Inside a request for an English page."""
    with app.test_request_context("/en/"):
        app.preprocess_request()
        yield


@pytest.mark.parametrize(
    ("span", "said"),
    [
        (timedelta(0), "1 day"),
        (timedelta(microseconds=1), "1 day"),
        (timedelta(days=1), "1 day"),
        (timedelta(days=1, microseconds=1), "2 days"),
        (timedelta(days=15), "15 days"),
    ],
)
def test_a_length_counts_every_day_begun(app: Flask, span: timedelta, said: str) -> None:
    with in_english(app):
        assert pictures.length_of(START, START + span) == said


def test_the_course_says_each_step_that_has_begun(app: Flask) -> None:
    steps = [
        Step("Applications", "done", START, START + timedelta(days=15)),
        Step("Eligibility check", "current", START + timedelta(days=15)),
        Step("Committee", "future"),
    ]
    with in_english(app):
        drawing = pictures.course(steps, START + timedelta(days=18))
        assert drawing is not None
        assert drawing.description == "Applications: 15 days; Eligibility check: 3 days"
        assert pictures.course([Step("Applications", "future")], START) is None


def test_the_money_adds_up_to_the_budget(app: Flask) -> None:
    paid = Payment(Party.PUBLIC, Party.AGENCY, Text("Stage", "舞台"), amount=Decimal("300"))
    other = Payment(Party.MERCHANT, Party.PLATFORM, Text("Fee", "服务费"), amount=Decimal("5"))
    with in_english(app):
        drawing = pictures.money(Money(Decimal(1000), Text("Budget", "预算"), (paid, other)))
        assert drawing is not None
        assert drawing.description == "Stage ¥300; not assigned: ¥700"
        assert 'width="30%"' in drawing.__html__()
        assert 'width="70%"' in drawing.__html__()
        assert pictures.money(Money()) is None


def test_rotation_tells_selected_from_reserve_and_shortens_names(app: Flask) -> None:
    rows = [Selected("M-1", "很" * 40, frozenset({"R2"}), frozenset({"R1"}))]
    with in_english(app):
        drawing = pictures.rotation(rows, ["R1", "R2"])
        assert drawing is not None
        html = drawing.__html__()
        assert "R1: reserve" in html
        assert "R2: selected" in html
        assert "很" * 18 + "…" in html
        assert pictures.rotation([], []) is None
