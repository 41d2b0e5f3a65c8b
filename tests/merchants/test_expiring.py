"""Letters before a certificate ends: on which days, once each, and not when it was renewed."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, select

from config import Config
from procurement.db import reading, transaction
from procurement.mail import Letter, Mail, _letter
from procurement.merchants import actions, expiring
from procurement.merchants.jobs import tell_of_endings
from procurement.merchants.rules import CertificateFacts, CertificateKind
from procurement.uploads import Upload
from tests.conftest import MovableClock
from tests.worlds.people import People, people

ENDS = date(2026, 5, 31)
FILE = Upload("ab" * 32, "application/pdf", 1234, "licence.pdf", pages=1)
PAPER = CertificateFacts(
    kind=CertificateKind.FOOD_PRODUCTION,
    number="SC10114010100011",
    issuer="示例县市场监督管理局",
    scope="粮食加工品",
    issued=date(2021, 6, 1),
    expires=ENDS,
)


@pytest.fixture
def world(engine: Engine, clock: MovableClock) -> People:
    clock.move_to(datetime(2026, 3, 2, 1, tzinfo=UTC))
    return people(engine, clock())


def put(world: People, clock: MovableClock, **changed: Any) -> int:
    with transaction(world.engine) as session:
        return actions.add_certificate(
            session,
            actor=world.merchants[0].now(session),
            now=clock(),
            today=clock().date(),
            ref=world.businesses[0],
            facts=replace(PAPER, **changed),
            file=FILE,
        )


def on(world: People, clock: MovableClock, config: Config, day: date) -> list[Letter]:
    """What the worker wrote by the morning of `day`; it looks twice."""
    clock.move_to(datetime(day.year, day.month, day.day, 1, tzinfo=UTC))  # nine in Beijing
    for _ in range(2):
        tell_of_endings(world.engine, config, clock)
    with reading(world.engine) as session:
        wanted = select(Mail).where(Mail.template == "merchants/certificate-ends").order_by(Mail.id)
        return [_letter(row, config) for row in session.scalars(wanted)]


def test_a_letter_thirty_and_seven_days_before_and_on_the_last_day(
    world: People, clock: MovableClock, config: Config
) -> None:
    put(world, clock)
    counted = [len(on(world, clock, config, ENDS - timedelta(days))) for days in (31, 30, 29, 8, 7, 6, 1, 0, -1)]
    assert counted == [0, 1, 1, 1, 2, 2, 2, 3, 3]
    letters = on(world, clock, config, ENDS + timedelta(1))
    assert [letter.subject.split(":")[0] for letter in letters] == [
        "30 days left",
        "7 days left",
        "Valid for the last day",
    ]
    assert "until Sun 31 May 2026, that day included" in letters[0].body
    with reading(world.engine) as session:
        assert {(row.kind, row.state) for row in session.scalars(select(Mail).where(Mail.about != ""))} == {
            ("work", "held")  # in the daily digest, as everything that the reader may choose
        }


def test_a_worker_that_was_away_writes_the_one_that_holds(world: People, clock: MovableClock, config: Config) -> None:
    put(world, clock)
    (letter,) = on(world, clock, config, ENDS - timedelta(3))
    assert letter.subject.startswith("3 days left")


def test_a_renewed_removed_or_just_added_paper_needs_no_letter(
    world: People, clock: MovableClock, config: Config
) -> None:
    put(world, clock)
    put(world, clock, number="SC10114010100029", expires=date(2031, 5, 31))
    removed = put(world, clock, kind=CertificateKind.INSPECTION, number="J-1")
    with transaction(world.engine) as session:
        actions.remove_certificate(
            session,
            actor=world.merchants[0].now(session),
            now=clock(),
            ref=world.businesses[0],
            certificate_id=removed,
        )
    clock.move_to(datetime(2026, 5, 11, 1, tzinfo=UTC))
    put(world, clock, kind=CertificateKind.CONFORMITY, number="C-1")
    assert on(world, clock, config, ENDS - timedelta(19)) == []
    (week,) = on(world, clock, config, ENDS - timedelta(7))
    assert "C-1" in week.subject


def test_the_day_is_that_of_the_office(world: People, clock: MovableClock, config: Config) -> None:
    put(world, clock)
    evening = datetime(2026, 4, 30, 16, tzinfo=UTC)  # midnight in Beijing: 1 May, thirty days are left
    with reading(world.engine) as session:
        assert expiring.due(session, now=evening - timedelta(seconds=1), zone=config.zone) == []
        assert [one.days_left for one in expiring.due(session, now=evening, zone=config.zone)] == [30]
