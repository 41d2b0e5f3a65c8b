"""The audit of applications: it holds after a whole course, and each edited row is named."""

from dataclasses import replace
from decimal import Decimal

import pytest
from sqlalchemy import Engine, text

from procurement.applications import actions, asking, writing
from procurement.applications.content import Section
from procurement.applications.verdicts import Reason
from procurement.db import reading, transaction
from procurement.publiclog import audit
from tests.applications.examples import PRICE
from tests.conftest import MovableClock
from tests.worlds.applications import AppliedWorld, applied_round, begin, checked_round, fill, judge, send, whole
from tests.worlds.people import people
from tests.worlds.rounds import published_round

VERSION = "application_version"
OWN = {VERSION, "verdict", "milestone of applications", "question"}


@pytest.fixture
def course(engine: Engine, clock: MovableClock) -> AppliedWorld:
    """A second version, a withdrawal, a question, a verdict replaced, checking closed, a ruling."""
    world = applied_round(published_round(people(engine, clock()), clock))
    organiser, merchant = world.people.organiser, world.merchants[0]
    key = begin(world.round, merchant, world.businesses[0], "第四产品")
    fill(world.round, merchant, key, whole("第四产品"))
    ref = send(world.round, merchant, key).ref
    with transaction(engine) as session:
        actions.withdraw(session, actor=merchant.now(session), now=clock(), ref=ref)
    with transaction(engine) as session:
        cheaper = replace(PRICE, livestream=Decimal("38.00"))
        writing.save_section(
            session,
            actor=merchant.now(session),
            now=clock(),
            key=world.keys[0],
            section=Section.PRICE,
            answers=cheaper,
        )
    send(world.round, merchant, world.keys[0])
    with transaction(engine) as session:
        asking.ask(session, actor=merchant.now(session), now=clock(), round_ref=world.ref, text="May we send two?")
    with transaction(engine) as session:
        asking.answer(
            session,
            actor=organiser.now(session),
            now=clock(),
            round_ref=world.ref,
            number=1,
            text="One for each product.",
        )
    closes = world.round.course.applications_close
    assert closes is not None
    clock.move_to(closes)
    judge(world, 0, Reason.DOCUMENTS_INVALID, "The licence ended in May 2025.")
    checked_round(world)
    clock.advance(days=1)
    with transaction(engine) as session:
        actions.replace_verdict(
            session,
            actor=world.people.supervisor.now(session),
            now=clock(),
            application=world.refs[1],
            eligible=False,
            reason_code="false_statement",
            explanation="The export of orders was forged.",
            objection_ref=f"{world.ref}-O01",
        )
    return world


def findings(world: AppliedWorld) -> list[str]:
    audit.load_steps()
    with reading(world.engine) as session:
        report = audit.audit(session, None)
    return [str(found) for found in report.findings]


def test_the_record_of_a_whole_course_holds(course: AppliedWorld) -> None:
    assert findings(course) == []
    assert audit.REPLAYS.keys() >= OWN


@pytest.mark.parametrize(
    ("damage", "table"),
    [
        (
            "UPDATE application_version SET document = replace(document, '39.8', '29.8') WHERE version = 1",
            "application_version",
        ),
        (
            "UPDATE application_version SET submitted_at = '2026-03-01 00:00:00' WHERE version = 2",
            "application_version",
        ),
        ("DELETE FROM application_version WHERE version = 2", "application_version"),
        ("UPDATE application SET merchant_id = 3 WHERE number = 1", VERSION),
        ("UPDATE application SET product_name = 'another' WHERE number = 1", "application_version"),
        ("UPDATE application SET current = 1 WHERE number = 1", VERSION),
        ("UPDATE application SET withdrawn_at = NULL WHERE number = 4", VERSION),
        ("UPDATE verdict SET eligible = NOT eligible WHERE superseded_at IS NULL", "verdict"),
        ("UPDATE verdict SET reason_code = 'debarred' WHERE reason_code = 'documents_invalid'", "verdict"),
        ("UPDATE verdict SET explanation = 'other words' WHERE reason_code = 'documents_invalid'", "verdict"),
        ("UPDATE verdict SET gates = '{}' WHERE superseded_at IS NULL", "verdict"),
        ("DELETE FROM milestone WHERE kind = 'checking_closed'", "milestone of applications"),
        ("UPDATE question SET answer = 'Two are fine.'", "question"),
        ("UPDATE question SET text = 'Something else?'", "question"),
    ],
)
def test_each_edit_behind_the_back_is_found(course: AppliedWorld, damage: str, table: str) -> None:
    with course.engine.begin() as connection:
        connection.execute(text(damage))
    assert any(found.startswith(table) for found in findings(course)), findings(course)
