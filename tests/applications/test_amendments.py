"""An amendment asks every applicant to confirm; who does not takes no part, by the clock alone."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import Engine, select, text
from sqlalchemy.orm import Session

from procurement.access import VISITOR
from procurement.applications import actions, confirming, own, queries, reminding
from procurement.applications.jobs import remind, tell_of_amendment
from procurement.db import reading, transaction
from procurement.errors import NotFound, RuleBroken, WrongPhase
from procurement.jobs import Work
from procurement.mail import Mail
from procurement.publiclog import audit
from procurement.publiclog.entry import unseal
from procurement.publiclog.models import LogEntry
from procurement.rounds import queries as rounds
from procurement.rounds.changes import changes
from procurement.rounds.scoring_rule import Text
from tests.conftest import MovableClock
from tests.visiting import Visitor, text_of
from tests.worlds.applications import (
    AppliedWorld,
    amend_call,
    applied_round,
    checked_round,
    close_applications,
    confirm,
    judge,
    sell,
    send,
)
from tests.worlds.people import people
from tests.worlds.rounds import published_round, small_document

MICROSECOND = timedelta(microseconds=1)


@pytest.fixture
def amended(engine: Engine, clock: MovableClock) -> AppliedWorld:
    """Three applications, then an amendment."""
    world = applied_round(published_round(people(engine, clock()), clock))
    clock.advance(days=1)
    amend_call(world)
    return world


def ask(world: AppliedWorld, query: Callable[[Session], Any]) -> Any:
    with reading(world.engine) as session:
        return query(session)


def closing(world: AppliedWorld) -> Any:
    return world.round.course.applications_close


def letters(world: AppliedWorld, template: str) -> list[str]:
    """Whom letters of this kind are addressed to."""
    return list(
        ask(
            world,
            lambda s: s.scalars(select(Mail.address).where(Mail.template == template).order_by(Mail.address)).all(),
        )
    )


def test_what_an_amendment_changed_is_said_place_by_place() -> None:
    before = small_document()
    after = replace(
        before,
        purpose=Text("Another.", "另一个。"),
        timetable=replace(before.timetable, call_days=20),
        activity=replace(before.activity, planned_on=date(2027, 2, 1)),
    )
    assert [(one.what, one.before, one.after) for one in changes(before, after)] == [
        ("Purpose", before.purpose, after.purpose),
        ("Planned day", date(2027, 1, 15), date(2027, 2, 1)),
        ("Length of the call", 15, 20),
    ]
    assert changes(before, before) == ()


def test_who_confirms_or_submits_anew_takes_part_and_nobody_else(amended: AppliedWorld) -> None:
    rows = ask(amended, lambda s: own.own_rows(s, actor=amended.merchants[0].now(s), now=amended.clock()))
    assert [row.to_confirm for row in rows] == [True]
    amended.clock.move_to(closing(amended) - MICROSECOND)
    confirm(amended, 0)
    sell(amended.round, amended.merchants[1], amended.keys[1])
    send(amended.round, amended.merchants[1], amended.keys[1])
    close_applications(amended)
    now = amended.clock()
    assert [view.number for view in ask(amended, lambda s: queries.applications_of(s, amended.id, now=now))] == [1, 2]
    assert ask(amended, lambda s: queries.counts_of(s, amended.id, now=now)) == queries.Counts(
        standing=2, lapsed=1, waiting=2
    )
    assert [one.ref for one in ask(amended, lambda s: queries.lapsed_of(s, amended.id, now=now))] == [amended.refs[2]]
    (row,) = ask(amended, lambda s: own.own_rows(s, actor=amended.merchants[2].now(s), now=now))
    assert row.lapsed
    assert not row.to_confirm


def test_what_is_not_maintained_is_read_by_its_applicant_alone(amended: AppliedWorld) -> None:
    close_applications(amended)
    now = amended.clock()
    for who in (VISITOR, amended.people.organiser.actor, amended.people.supervisor.actor):
        for reading_it in (
            lambda s, who=who: queries.application_detail(s, amended.refs[0], actor=who, now=now),
            lambda s, who=who: queries.document_of(s, amended.refs[0], actor=who, now=now),
            lambda s, who=who: queries.file_of(s, amended.refs[0], "1" * 64, actor=who, now=now),
        ):
            with pytest.raises(NotFound):
                ask(amended, reading_it)
    assert ask(amended, lambda s: queries.contents_of(s, amended.id, now=now)) == {}
    mine = ask(
        amended, lambda s: queries.application_detail(s, amended.refs[0], actor=amended.merchants[0].now(s), now=now)
    )
    assert not mine.view.maintained
    with pytest.raises(WrongPhase, match="not confirmed"):
        judge(amended, 0)


def test_confirming_is_refused_to_others_twice_late_and_of_what_was_not_read(amended: AppliedWorld) -> None:
    def act(number: int, key: int, **more: Any) -> None:
        with transaction(amended.engine) as session:
            confirming.confirm(
                session,
                actor=amended.merchants[number].now(session),
                now=amended.clock(),
                key=amended.keys[key],
                **({"rules_version": 2} | more),
            )

    with pytest.raises(NotFound):
        act(1, 0)
    with pytest.raises(RuleBroken, match="amended again"):
        act(0, 0, rules_version=1)
    act(0, 0)
    with pytest.raises(WrongPhase, match="needs no confirmation"):
        act(0, 0)
    amend_call(amended, public_interest=Text("Many unsold oranges.", "大量脐橙滞销。"))
    act(0, 0, rules_version=3)
    amended.clock.move_to(closing(amended))
    with pytest.raises(WrongPhase):
        act(1, 1, rules_version=3)


def test_papers_that_the_new_day_outruns_are_submitted_anew(amended: AppliedWorld) -> None:
    document = amended.round.document
    amend_call(amended, activity=replace(document.activity, planned_on=date(2029, 6, 1)))
    with pytest.raises(RuleBroken, match=r"expires on 2029-04-30"):
        confirm(amended, 0, rules_version=3)
    page = ask(
        amended,
        lambda s: confirming.confirming_for(
            s, amended.keys[0], actor=amended.merchants[0].now(s), now=amended.clock()
        ),
    )
    assert [one.version for one in page.amendments] == [2, 3]
    assert page.problems


def test_each_applicant_is_told_once_and_reminded_and_told_the_end(amended: AppliedWorld) -> None:
    work = Work(amended.engine, None, amended.clock, 1)
    for _ in range(2):
        tell_of_amendment(work, {"round": amended.ref, "version": 2})
    everybody = [person.email for person in amended.merchants]
    assert letters(amended, "applications/amended") == everybody
    confirm(amended, 0)
    assert letters(amended, "applications/confirmed") == everybody[:1]
    remind(amended.engine, None, amended.clock)  # type: ignore[arg-type]
    assert letters(amended, "applications/confirm-soon") == []
    amended.clock.move_to(closing(amended) - reminding.SOON)
    for _ in range(2):
        remind(amended.engine, None, amended.clock)  # type: ignore[arg-type]
    assert letters(amended, "applications/confirm-soon") == everybody[1:]
    amended.clock.move_to(closing(amended) - MICROSECOND)
    remind(amended.engine, None, amended.clock)  # type: ignore[arg-type]
    assert letters(amended, "applications/lapsed") == []
    amended.clock.move_to(closing(amended))
    for _ in range(2):
        remind(amended.engine, None, amended.clock)  # type: ignore[arg-type]
    assert letters(amended, "applications/lapsed") == everybody[1:]


def test_the_log_says_who_takes_part_and_the_audit_follows_it(amended: AppliedWorld) -> None:
    confirm(amended, 0)
    send(amended.round, amended.merchants[1], amended.keys[1])
    close_applications(amended)
    judge(amended, 0)
    judge(amended, 1)
    with pytest.raises(RuleBroken, match="Only 2"), transaction(amended.engine) as session:
        actions.close_checking(
            session, actor=amended.people.organiser.now(session), now=amended.clock(), round_ref=amended.ref
        )
    bodies = ask(amended, lambda s: s.scalars(select(LogEntry.body).order_by(LogEntry.idx)).all())
    (confirmed,) = [found for found in map(unseal, bodies) if found.entry.kind == "application.confirmed"]
    assert confirmed.entry.rules == 2  # type: ignore[attr-defined]
    assert (
        amended.refs[0].encode() not in bodies[[unseal(b).entry.kind for b in bodies].index("application.confirmed")]
    )
    audit.load_steps()
    with reading(amended.engine) as session:
        assert audit.audit(session, None).findings == []
    for damage, where in (
        ("UPDATE application SET rules_version = 2 WHERE number = 3", "application_version"),
        ("UPDATE application_version SET rules_version = 2 WHERE application_id = 3", "rules is 2"),
        ("DELETE FROM application_confirmation", "application_confirmation"),
    ):
        with amended.engine.begin() as connection:
            connection.execute(text(damage))
        with reading(amended.engine) as session:
            assert any(where in str(found) for found in audit.audit(session, None).findings), damage


def test_the_end_of_checking_names_what_was_not_confirmed(engine: Engine, clock: MovableClock) -> None:
    world = applied_round(
        published_round(people(engine, clock()), clock, replace(small_document(), least_eligible=2))
    )
    amend_call(world)
    confirm(world, 0)
    confirm(world, 1)
    checked_round(replace(world, refs=world.refs[:2]))
    with reading(engine) as session:
        body = session.scalars(select(LogEntry.body).where(LogEntry.kind == "application.checking_closed")).one()
    entry: Any = unseal(body).entry
    assert [one.application for one in entry.lapsed] == [world.refs[2]]
    assert entry.eligible == world.refs[:2]
    with reading(engine) as session:
        assert rounds.course_of(session, world.id).checking_closed is not None


def test_the_pages_lead_through_a_confirmation(app: Flask, amended: AppliedWorld, clock: MovableClock) -> None:
    client = amended.merchants[0].enter(app.test_client(), clock(), hours=24 * 40)
    visit = Visitor(client)
    key = amended.keys[0]
    assert "to be confirmed" in text_of(visit.get("/en/my/applications"))
    page = text_of(visit.get(f"/en/my/applications/{key}/confirm"))
    assert "To find one good product." in page
    assert "The purpose was unclear." in page
    visit.send(f"/en/my/applications/{key}/confirm", rules_version="1", status=422)
    visit.send(f"/en/my/applications/{key}/confirm", rules_version="2", status=303)
    assert "needs no confirmation now" in text_of(visit.get(f"/en/my/applications/{key}/confirm"))
    stranger = Visitor(app.test_client())
    assert "The purpose was unclear." in text_of(stranger.get(f"/en/rounds/{amended.ref}"))
    assert "To find one good product." in text_of(stranger.get(f"/en/rounds/{amended.ref}/rules"))
    close_applications(amended)
    shown = text_of(stranger.get(f"/zh/rounds/{amended.ref}/applications"))
    assert "更正后未确认" in shown
    assert amended.refs[2] in shown
    assert "takes no part" in text_of(
        Visitor(amended.merchants[2].enter(app.test_client(), clock())).get("/en/my/applications")
    )
