"""The audit of notices and objections: it holds after a whole course, and each edited row is named."""

from decimal import Decimal

import pytest
from sqlalchemy import select, text

from procurement.db import reading, transaction
from procurement.objections.rules import Detail, Effect, Remedy, Step
from procurement.publiclog import audit
from procurement.publiclog.erasing import erase_disclosures
from procurement.publiclog.models import LogDisclosure
from tests.worlds.objections import answered, correcting, give_notice, objected, order, ruled
from tests.worlds.scoring import ScoringWorld

REPLAYED = {
    "round_rules",
    "seat",
    "milestone of the round",
    "application_version",
    "verdict",
    "milestone of applications",
    "committee_member",
    "declaration",
    "milestone of the committee",
    "sheet",
    "correction",
    "tally_run",
    "milestone of scoring",
    "notice",
    "objection",
    "objection_file",
    "objection_step",
    "milestone of notice and objections",
}


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
    assert audit.REPLAYS.keys() >= REPLAYED


@pytest.mark.parametrize(
    ("damage", "found"),
    [
        ("UPDATE notice SET closes_at = '2020-01-01' WHERE number = 2", "notice {round} 2: closes_at"),
        ("UPDATE notice SET document = '{}' WHERE number = 1", "notice {round} 1: document"),
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
        ("UPDATE round_rules SET document = replace(document, '春', '秋')", "round_rules {round} 1: document"),
        (
            "UPDATE milestone SET closes = '2020-01-01' WHERE kind = 'published'",
            "of the round {round} published : closes",
        ),
        ("UPDATE seat SET user_id = 2 WHERE role = 'supervisor'", "seat {round} supervisor"),
        ("DELETE FROM seat WHERE role = 'official'", "seat {round} official"),
        (
            (
                "INSERT INTO seat (id, round_id, user_id, role, given_at)"
                " SELECT 99, round_id, 3, 'official', given_at FROM seat WHERE role = 'official'"
            ),
            "the log does not",
        ),
        ("UPDATE application SET product_name = 'Another' WHERE number = 1", "copied is product_name Another"),
        ("UPDATE application SET withdrawn_at = '2026-03-02' WHERE number = 1", "withdrawn_at is 2026"),
        (
            "UPDATE application_version SET document = replace(document, '石磨小米', '别的小米')",
            "the log tells of it, the table does not",
        ),
        ("UPDATE verdict SET explanation = 'other' WHERE application_id = 1", "verdict {round}-A001 1: explanation"),
        ("DELETE FROM milestone WHERE kind = 'checking_closed'", "milestone of applications {round} checking_closed"),
        ("UPDATE committee_member SET kind = 'consumer' WHERE code = 'M1'", "committee_member {round} M1: kind"),
        ("UPDATE declaration SET ground = 'family' WHERE id = 1", "declaration M1 {round}-A001"),
        ("UPDATE milestone SET at = '2020-01-01' WHERE kind = 'scoring_began'", "of the committee {round}"),
        ("UPDATE milestone SET at = '2020-01-01' WHERE kind = 'scores_opened'", "of scoring {round} scores_opened"),
        ("UPDATE sheet SET ballot = replace(ballot, 'Quality', 'Kwality') WHERE id = 1", "commitment is"),
        ("UPDATE correction SET after = '9'", "correction {round}"),
        ("UPDATE tally_run SET document = '{}' WHERE number = 1", "tally_run {round} 1: document"),
    ],
)
def test_each_edited_row_is_named(course: ScoringWorld, damage: str, found: str) -> None:
    with course.engine.begin() as connection:
        if damage.startswith("UPDATE notice SET superseded_at"):
            connection.execute(text("DELETE FROM notice WHERE number = 2"))
        connection.execute(text(damage))
    assert any(found.replace("{round}", course.ref) in finding for finding in findings(course)), findings(course)


def test_personal_data_that_is_gone_is_named_unless_it_was_erased(course: ScoringWorld) -> None:
    with transaction(course.engine) as session:
        wanted = select(LogDisclosure).where(LogDisclosure.whose.not_like("user:%"))
        kept = {row.digest: row.idx for row in session.scalars(wanted)}
        erase_disclosures(session, kept)
    gone = [found for found in findings(course) if "no erasure in the log accounts for it" in found]
    assert len(gone) == len(kept)
