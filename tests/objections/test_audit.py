"""The audit of notices and objections: it holds after a whole course, and each edited row is named."""

from decimal import Decimal

import pytest
from sqlalchemy import text

from procurement.db import reading
from procurement.objections.rules import Detail, Effect, Remedy, Step
from procurement.publiclog import audit
from tests.worlds.objections import answered, correcting, give_notice, objected, order, ruled
from tests.worlds.scoring import ScoringWorld

OWN = ("notice", "objection", "objection_file", "objection_step", "milestone of notice and objections")


def findings(world: ScoringWorld) -> list[str]:
    audit.load_steps()
    with reading(world.engine) as session:
        report = audit.audit(session, None)
    return [str(found) for found in report.findings]


@pytest.fixture
def course(noticed: ScoringWorld) -> ScoringWorld:
    """An upheld objection that changed the order, a dismissed one, a new notice."""
    first = order(noticed)[0]
    number = noticed.refs.index(first)
    for code in ("M1", "M3", "M4", "M5"):
        ref = answered(noticed, objected(noticed, correcting(noticed, number, code, "quality", "1")))
        noticed.clock.advance(minutes=1)
        ruled(noticed, ref, Step.UPHELD, Effect(Remedy.CORRECT_SCORE, Detail(first, code, "quality", Decimal(1))))
        if order(noticed)[0] != first:
            break
    give_notice(noticed)
    noticed.clock.advance(minutes=1)
    ref = answered(noticed, objected(noticed, correcting(noticed, 0, "M3", "service", "5")))
    ruled(noticed, ref, Step.DISMISSED)
    return noticed


def test_the_record_of_a_whole_course_holds(course: ScoringWorld) -> None:
    assert findings(course) == []
    assert set(OWN) <= audit.REPLAYS.keys()


@pytest.mark.parametrize(
    ("damage", "found"),
    [
        ("UPDATE notice SET closes_at = '2020-01-01' WHERE number = 2", "notice {round} 2: closes_at"),
        ("UPDATE notice SET document = '{}' WHERE number = 1", "notice {round} 1: sha256"),
        ("UPDATE notice SET superseded_at = NULL WHERE number = 1", "notice {round} 1: superseded_at"),
        ("UPDATE objection SET argument = 'nothing to see' WHERE number = 1", "objection {round}-O01: argument"),
        ("UPDATE objection SET ground = 'arithmetic' WHERE number = 1", "objection {round}-O01: ground"),
        ("UPDATE objection_step SET text = 'other reasons' WHERE kind = 'dismissed'", "dismissed: text"),
        ("DELETE FROM objection_step WHERE kind = 'dismissed'", "dismissed: the log tells of it"),
        ("UPDATE objection_step SET effect = NULL WHERE kind = 'upheld'", "upheld: effect is None"),
        (
            "DELETE FROM milestone WHERE kind = 'objection_settled' AND subject LIKE '%O01'",
            "milestone of notice and objections {round} objection_settled {round}-O01: the log tells of it",
        ),
        (
            "UPDATE milestone SET closes = '2020-01-01' WHERE kind = 'notice_given' AND subject = '2'",
            "milestone of notice and objections {round} notice_given 2: closes",
        ),
    ],
)
def test_each_edited_row_is_named(course: ScoringWorld, damage: str, found: str) -> None:
    with course.engine.begin() as connection:
        if damage.startswith("UPDATE notice SET superseded_at"):
            connection.execute(text("DELETE FROM notice WHERE number = 2"))
        connection.execute(text(damage))
    assert any(found.replace("{round}", course.ref) in finding for finding in findings(course)), findings(course)
