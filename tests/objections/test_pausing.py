"""Supplements, pauses, the outside authority and substitutes: each way out, to the instant, and what the database
itself refuses."""

from datetime import timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError, InternalError

from procurement.errors import NotAllowed, RuleBroken, WrongPhase
from procurement.objections import actions, escalating, pausing, substitutes
from procurement.objections.entries import AwardSuspended, ObjectionEscalated, ObjectionSupplemented, SubstituteNamed
from procurement.objections.outside import Outcome
from procurement.objections.rules import Step
from procurement.rounds.clocks import Stopped
from procurement.rounds.phases import Phase
from tests.objections.conftest import database, noticed, opened, store
from tests.objections.test_actions import INSTANT, last_entries, last_entry, phase, refused_with
from tests.objections.test_conflicts import findings
from tests.worlds.objections import (
    ARGUMENT,
    REASONS,
    admitted,
    answered,
    asked,
    correcting,
    decided_outside,
    escalated,
    notice_closes,
    objected,
    paused,
    ruled,
    substituted,
    supplemented,
    suspended,
    view,
)
from tests.worlds.people import OFFICE
from tests.worlds.scoring import ScoringWorld

__all__ = ["database", "noticed", "opened", "store"]


def filed(world: ScoringWorld) -> str:
    """An objection of a merchant, who can complete it by account."""
    return objected(world, correcting(world, 0, "M1", "quality", "8.5"), by=world.applied.merchants[2])


def test_a_supplement_is_asked_for_once_and_sent_in_its_time(noticed: ScoringWorld) -> None:
    who, ref = noticed.applied.merchants[2], filed(noticed)
    given = {"ref": ref, "text": REASONS}
    for person in (None, noticed.organiser, noticed.applied.people.second_supervisor):
        refused_with(noticed, NotAllowed, pausing.ask_supplement, by=person, **given)
    asked(noticed, ref)
    refused_with(noticed, RuleBroken, pausing.ask_supplement, by=noticed.supervisor, **given)
    refused_with(noticed, RuleBroken, actions.admit, by=noticed.supervisor, ref=ref)
    refused_with(noticed, RuleBroken, pausing.end_pause, by=noticed.supervisor, ref=ref)
    refused_with(noticed, NotAllowed, pausing.supplement, by=noticed.applied.merchants[0], **given)
    due = view(noticed, ref).pauses[0].clock.due
    assert due is not None
    noticed.clock.move_to(due - INSTANT)
    supplemented(noticed, ref, by=who)
    assert isinstance(last_entry(noticed), ObjectionSupplemented)
    assert view(noticed, ref).pauses[0].answer == ARGUMENT
    refused_with(noticed, RuleBroken, pausing.supplement, by=who, **given)
    admitted(noticed, ref)
    assert findings(noticed) == []


def test_at_the_instant_its_time_is_over_nothing_is_added_and_the_clock_runs_on(noticed: ScoringWorld) -> None:
    who, ref = noticed.applied.merchants[2], asked(noticed, filed(noticed))
    due = view(noticed, ref).pauses[0].clock.due
    assert due is not None
    noticed.clock.move_to(due - INSTANT)
    assert view(noticed, ref).due is None
    noticed.clock.move_to(due)
    refused_with(noticed, RuleBroken, pausing.supplement, by=who, ref=ref, text=ARGUMENT)
    later = view(noticed, ref).due
    assert later is not None
    assert later > due
    admitted(noticed, ref)


def test_a_pause_has_a_reason_an_end_and_lets_no_ruling_through(noticed: ScoringWorld) -> None:
    ref = filed(noticed)
    given = {"ref": ref, "why": Stopped.TESTING, "days": 5, "text": REASONS}
    refused_with(noticed, RuleBroken, pausing.pause, by=noticed.supervisor, **given)
    answered(noticed, ref)
    for change in ({"days": 0}, {"days": 31}, {"text": "No."}, {"why": Stopped.SUPPLEMENT}):
        refused_with(noticed, RuleBroken, pausing.pause, by=noticed.supervisor, **(given | change))
    refused_with(noticed, NotAllowed, pausing.pause, by=noticed.organiser, **given)
    refused_with(noticed, RuleBroken, pausing.end_pause, by=noticed.supervisor, ref=ref)
    paused(noticed, ref)
    refused_with(noticed, RuleBroken, pausing.pause, by=noticed.supervisor, **given)
    ends = view(noticed, ref).pauses[0].clock.due
    assert ends is not None
    ruling = {"ref": ref, "outcome": Step.DISMISSED, "text": REASONS}
    noticed.clock.move_to(ends - INSTANT)
    refused_with(noticed, RuleBroken, actions.rule, by=noticed.supervisor, **ruling)
    noticed.clock.move_to(ends)
    ruled(noticed, ref, Step.DISMISSED)
    assert findings(noticed) == []


def test_the_way_to_the_authority_opens_with_the_ruling_and_closes_at_its_instant(noticed: ScoringWorld) -> None:
    who, ref = noticed.applied.merchants[2], answered(noticed, filed(noticed))
    today = noticed.clock().astimezone(OFFICE).date()
    given = {"ref": ref, "reference": "", "complained_on": today}
    refused_with(noticed, WrongPhase, escalating.escalate, by=who, **given)
    ruled(noticed, ref, Step.DISMISSED)
    refused_with(noticed, NotAllowed, escalating.escalate, by=noticed.applied.merchants[0], **given)
    for day in (None, today - timedelta(days=1), today + timedelta(days=1)):
        refused_with(noticed, RuleBroken, escalating.escalate, by=who, **(given | {"complained_on": day}))
    escalated(noticed, ref, by=who)
    assert isinstance(last_entry(noticed), ObjectionEscalated)
    refused_with(noticed, WrongPhase, escalating.escalate, by=who, **given)


def test_a_stop_of_the_award_ends_by_the_clock_alone(noticed: ScoringWorld) -> None:
    ref = answered(noticed, filed(noticed))
    ruled(noticed, ref, Step.DISMISSED)
    refused_with(noticed, RuleBroken, escalating.suspend, by=noticed.supervisor, ref=ref, text=REASONS)
    escalated(noticed, ref)
    refused_with(noticed, NotAllowed, escalating.suspend, by=noticed.supervisor, ref=ref, text=REASONS)
    other = substituted(noticed, ref, noticed.applied.people.second_supervisor)
    assert isinstance(last_entries(noticed, 1)[0], SubstituteNamed)
    suspended(noticed, ref, other)
    (entry,) = last_entries(noticed, 1)
    assert isinstance(entry, AwardSuspended)
    refused_with(noticed, RuleBroken, escalating.suspend, by=other, ref=ref, text=REASONS)
    assert entry.until > notice_closes(noticed)
    noticed.clock.move_to(entry.until - INSTANT)
    assert phase(noticed) is Phase.RULING
    noticed.clock.move_to(entry.until)
    assert phase(noticed) is Phase.DECIDING
    decided_outside(noticed, ref, other, Outcome.NOT_ACCEPTED)
    again = {"ref": ref, "outcome": Outcome.DISMISSED, "decided_on": entry.until.date(), "text": REASONS}
    refused_with(noticed, RuleBroken, escalating.record_outcome, by=other, **again)
    assert findings(noticed) == []


def test_a_substitute_is_named_only_when_nobody_can_decide_or_nobody_did(noticed: ScoringWorld) -> None:
    ref = admitted(noticed, filed(noticed))
    other = noticed.applied.people.second_supervisor
    given = {"ref": ref, "user_id": other.id}
    limit = view(noticed, ref).limit
    assert limit is not None
    assert limit.due is not None
    noticed.clock.move_to(limit.due - INSTANT)
    refused_with(noticed, RuleBroken, substitutes.name_substitute, by=noticed.organiser, **given)
    noticed.clock.move_to(limit.due)
    refused_with(noticed, NotAllowed, substitutes.name_substitute, by=noticed.supervisor, **given)
    substituted(noticed, ref, other)
    ruled(noticed, ref, Step.DISMISSED, by=other)
    assert findings(noticed) == []


@pytest.mark.parametrize(
    "damage",
    [
        "UPDATE objection_step SET limit_at = NULL WHERE kind = 'admitted'",
        "UPDATE objection_step SET due_at = NULL WHERE kind = 'filed'",
        "UPDATE objection_step SET document = NULL WHERE kind = 'answered'",
        "UPDATE objection_pause SET why = 'tired'",
        "UPDATE objection_pause SET answer = 'early'",
        "UPDATE objection_party SET text = ''",
    ],
)
def test_the_database_itself_refuses_half_a_step(noticed: ScoringWorld, damage: str) -> None:
    paused(noticed, answered(noticed, filed(noticed)))
    with pytest.raises(IntegrityError), noticed.engine.begin() as connection:
        connection.execute(text(damage))


def test_who_is_attacked_or_filed_it_rules_in_no_way(noticed: ScoringWorld) -> None:
    """The organiser gave the notice that is attacked; the merchant filed the objection; the database knows both."""
    ref = answered(noticed, filed(noticed))
    row = view(noticed, ref).id
    ruling = (
        "INSERT INTO objection_step (objection_id, kind, code, text, at, by_id, document, sha256)"
        " SELECT objection_id, 'dismissed', '', 'x', at, :who, 'x', 'x' FROM objection_step"
        " WHERE objection_id = :row AND kind = 'answered'"
    )
    for who in (noticed.organiser.id, noticed.applied.merchants[2].id, None):
        with pytest.raises((IntegrityError, InternalError)), noticed.engine.begin() as connection:
            connection.execute(text(ruling), {"who": who, "row": row})
