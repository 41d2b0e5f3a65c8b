"""Findings, supplements, and the end for want of eligible applications, on both databases."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import Engine, select, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from procurement.access import VISITOR
from procurement.applications import actions, queries, reminding, supplementing, verifying
from procurement.applications.checklist import REQUIRED, Item, Result
from procurement.applications.jobs import remind, tell_of_ending
from procurement.applications.models import SupplementAnswer
from procurement.applications.verdicts import Reason
from procurement.db import reading, transaction
from procurement.errors import NotAllowed, NotFound, RuleBroken, WrongPhase
from procurement.jobs import Work
from procurement.mail import Mail
from procurement.publiclog import audit
from procurement.publiclog.entry import unseal
from procurement.publiclog.models import LogEntry
from procurement.rounds import actions as rounds
from procurement.rounds import clocks
from procurement.rounds.phases import Phase
from procurement.rounds.queries import course_of
from procurement.rounds.rules import AbortReason, HoldLabel
from procurement.rounds.scoring_rule import Text
from procurement.uploads import Upload
from tests.applications.test_views import picture
from tests.conftest import MovableClock
from tests.visiting import Visitor, text_of
from tests.worlds.applications import AppliedWorld, applied_round, close_applications, found, judge, verify
from tests.worlds.people import people
from tests.worlds.rounds import published_round

MICROSECOND = timedelta(microseconds=1)
ASKED = "The licence cannot be read; send it again."
SENT = "Here is the licence once more."
SAID = "The licence ended in May 2025."


@pytest.fixture
def applied(engine: Engine, clock: MovableClock) -> AppliedWorld:
    """Three have applied, and the call is still open."""
    return applied_round(published_round(people(engine, clock()), clock))


@pytest.fixture
def closed(engine: Engine, clock: MovableClock) -> AppliedWorld:
    """Three applications after the deadline."""
    return close_applications(applied_round(published_round(people(engine, clock()), clock)))


def ask(world: AppliedWorld, query: Callable[[Session], Any]) -> Any:
    with reading(world.engine) as session:
        return query(session)


def kinds(world: AppliedWorld) -> list[str]:
    bodies = ask(world, lambda s: s.scalars(select(LogEntry.body).order_by(LogEntry.idx)).all())
    return [unseal(body).entry.kind for body in bodies]


def letters(world: AppliedWorld, template: str) -> list[str]:
    return list(
        ask(world, lambda s: s.scalars(select(Mail.address).where(Mail.template == template).order_by(Mail.id)).all())
    )


def request(world: AppliedWorld, number: int = 0, **changed: Any) -> str:
    asked: dict[str, Any] = {"ref": world.refs[number], "items": [Item.LICENCES], "text": ASKED}
    with transaction(world.engine) as session:
        return supplementing.request(
            session,
            actor=changed.pop("by", world.people.organiser).now(session),
            now=world.clock(),
            **(asked | changed),
        )


def answering(world: AppliedWorld, act: Callable[..., Any], *, by: int = 0, **changed: Any) -> Any:
    with transaction(world.engine) as session:
        return act(
            session,
            actor=world.merchants[by].now(session),
            now=world.clock(),
            key=world.keys[0],
            number=1,
            **changed,
        )


def due(world: AppliedWorld, number: int = 0) -> datetime:
    def clock(session: Session) -> Any:
        application = queries.find_application(session, world.refs[number])
        return supplementing.supplements_for(session, application.id, world.id, now=world.clock())[-1].clock.due

    found_: datetime = ask(world, clock)
    return found_


# ---- the checklist -----------------------------------------------------------------------------------------------


def test_a_finding_is_logged_once_replaced_openly_and_kept(closed: AppliedWorld) -> None:
    verify(closed, 0)
    verify(closed, 0)
    assert kinds(closed).count("application.checklist") == 1
    verify(closed, 0, Item.STOCK)
    assert kinds(closed).count("application.checklist") == 2
    with reading(closed.engine) as session:
        body = session.scalars(select(LogEntry.body).order_by(LogEntry.idx.desc()).limit(1)).one()
        application = queries.find_application(session, closed.refs[0])
        held = verifying.findings_of(session, application.id)
    (kept,) = unseal(body).entry.findings  # type: ignore[attr-defined]
    assert (kept.item, kept.result, kept.replaces) == ("stock", "not_met", True)
    assert list(held) == list(REQUIRED)
    assert held[Item.STOCK].result is Result.NOT_MET
    assert held[Item.STOCK].by == "Olga Organiser"


def test_who_verifies_and_when(closed: AppliedWorld) -> None:
    def keep(person: Any) -> None:
        with transaction(closed.engine) as session:
            verifying.keep_findings(
                session,
                actor=person.now(session),
                now=closed.clock(),
                ref=closed.refs[0],
                findings=found(day=closed.clock().date()),
            )

    for person in (closed.people.supervisor, closed.people.second_organiser, closed.merchants[0]):
        with pytest.raises(NotAllowed):
            keep(person)
    with transaction(closed.engine) as session:
        # Somebody of the office who acts for the business has a hand in what is to be checked.
        session.execute(
            text("UPDATE application_version SET submitted_by_id = :who WHERE application_id = 1"),
            {"who": closed.people.organiser.id},
        )
    with pytest.raises(NotAllowed, match="helped to make"):
        keep(closed.people.organiser)
    with pytest.raises(NotAllowed, match="helped to make"):
        request(closed)


def test_a_verdict_rests_on_the_checklist(closed: AppliedWorld) -> None:
    def give(reason: Reason, explanation: str = "") -> None:
        with transaction(closed.engine) as session:
            actions.give_verdict(
                session,
                actor=closed.people.organiser.now(session),
                now=closed.clock(),
                ref=closed.refs[0],
                reason_code=reason,
                explanation=explanation,
                gates=["documents", "stock"] if not explanation else ["stock"],
            )

    with pytest.raises(RuleBroken) as refused:
        give(Reason.ALL_GATES_PASSED)
    assert len(refused.value.problems) == len(REQUIRED)
    with pytest.raises(RuleBroken, match="rests on"):
        give(Reason.DOCUMENTS_INVALID, SAID)
    verify(closed, 0, Item.LICENCES)
    with pytest.raises(RuleBroken, match="not in order"):
        give(Reason.ALL_GATES_PASSED)
    give(Reason.DOCUMENTS_INVALID, SAID)
    assert letters(closed, "applications/verdict") == [closed.merchants[0].email]  # at once, so that they can object
    give(Reason.OUTSIDE_THE_CALL, SAID)  # which rests on the call
    verify(closed, 0)
    give(Reason.ALL_GATES_PASSED)


def test_the_database_keeps_one_finding_in_force(closed: AppliedWorld) -> None:
    verify(closed, 0)
    for damage in (
        "UPDATE finding SET item = 'stock' WHERE item = 'cost'",
        "UPDATE finding SET result = 'perhaps'",
        "UPDATE finding SET method = NULL",
    ):
        with pytest.raises(IntegrityError), closed.engine.begin() as connection:
            connection.execute(text(damage))


# ---- supplements -------------------------------------------------------------------------------------------------


def test_a_supplement_is_asked_answered_once_and_stands_beside_what_was_submitted(closed: AppliedWorld) -> None:
    before = ask(closed, lambda s: queries.sha256_of(s, queries.find_application(s, closed.refs[0])))
    ref = request(closed)
    assert ref == f"{closed.refs[0]}-S1"
    assert letters(closed, "applications/supplement-asked") == [closed.merchants[0].email]
    with pytest.raises(RuleBroken, match="still awaited"):
        request(closed)
    upload = Upload("f" * 64, "application/pdf", 1000, "licence.pdf")
    answering(closed, supplementing.attach, upload=upload, public=False)
    answering(closed, supplementing.keep, text="Here")
    with pytest.raises(RuleBroken):
        answering(closed, supplementing.answer, text="Here")
    with pytest.raises(NotFound):
        answering(closed, supplementing.answer, by=1, text=SENT)
    answering(closed, supplementing.answer, text=SENT)
    with pytest.raises(WrongPhase, match="answered already"):
        answering(closed, supplementing.answer, text=SENT)
    assert letters(closed, "applications/supplement-received") == [closed.people.organiser.email]
    assert ask(closed, lambda s: queries.sha256_of(s, queries.find_application(s, closed.refs[0]))) == before
    assert request(closed) == f"{closed.refs[0]}-S2"


def test_while_a_supplement_runs_there_is_no_verdict_and_no_end_of_the_check(closed: AppliedWorld) -> None:
    for number in range(3):
        judge(closed, number)
    request(closed)
    awaited = due(closed)
    closed.clock.move_to(awaited - MICROSECOND)
    with pytest.raises(RuleBroken, match="is awaited until"):
        judge(closed, 0)
    with pytest.raises(RuleBroken, match="is awaited until"), transaction(closed.engine) as session:
        actions.close_checking(
            session, actor=closed.people.organiser.now(session), now=closed.clock(), round_ref=closed.ref
        )
    closed.clock.move_to(awaited)
    with pytest.raises(WrongPhase, match="The time for this ended"):
        answering(closed, supplementing.answer, text=SENT)
    judge(closed, 0)


def test_the_clock_of_a_supplement_stands_still_while_the_round_is_held(closed: AppliedWorld) -> None:
    request(closed)
    first = due(closed)
    supervisor = closed.people.supervisor

    def act(what: Callable[..., Any], **more: Any) -> None:
        with transaction(closed.engine) as session:
            what(session, actor=supervisor.now(session), now=closed.clock(), ref=closed.ref, **more)

    closed.clock.advance(days=1)
    act(rounds.hold, label=HoldLabel.REVIEW)
    assert due(closed) is None
    with pytest.raises(WrongPhase):
        answering(closed, supplementing.answer, text=SENT)
    closed.clock.advance(days=7)
    act(rounds.resume)
    later = due(closed)
    assert later > first
    closed.clock.move_to(later - MICROSECOND)
    answering(closed, supplementing.answer, text=SENT)
    with reading(closed.engine) as session:
        counted = session.scalars(select(LogEntry.body).where(LogEntry.kind == "application.supplement_requested"))
        entry: Any = unseal(counted.one()).entry
        stops = course_of(session, closed.id).stops
    _, how = clocks.working_deadline(closed.round.document, start=entry_at(closed), working_days=3)
    assert entry.due == first
    assert clocks.running(how, stops=stops, now=closed.clock()).due == later


def entry_at(world: AppliedWorld) -> datetime:
    body = ask(
        world,
        lambda s: s.scalars(select(LogEntry.body).where(LogEntry.kind == "application.supplement_requested")).one(),
    )
    return unseal(body).at


def test_the_applicant_is_reminded_of_a_supplement_and_told_when_its_time_is_over(closed: AppliedWorld) -> None:
    request(closed)
    request(closed, 1)
    with transaction(closed.engine) as session:
        supplementing.answer(
            session,
            actor=closed.merchants[1].now(session),
            now=closed.clock(),
            key=closed.keys[1],
            number=1,
            text=SENT,
        )
    one = [closed.merchants[0].email]
    remind(closed.engine, None, closed.clock)  # type: ignore[arg-type]
    assert letters(closed, "applications/supplement-soon") == []
    closed.clock.move_to(due(closed) - reminding.SUPPLEMENT_SOON)
    for _ in range(2):
        remind(closed.engine, None, closed.clock)  # type: ignore[arg-type]
    assert letters(closed, "applications/supplement-soon") == one
    closed.clock.move_to(due(closed))
    for _ in range(2):
        remind(closed.engine, None, closed.clock)  # type: ignore[arg-type]
    assert letters(closed, "applications/supplement-over") == one


def test_what_was_verified_is_public_with_the_verdict_and_private_files_stay_private(closed: AppliedWorld) -> None:
    request(closed)
    for digest, public in (("e" * 64, True), ("f" * 64, False)):
        upload = Upload(digest, "application/pdf", 1000, "licence.pdf")
        answering(closed, supplementing.attach, upload=upload, public=public)
    answering(closed, supplementing.answer, text=SENT)

    def file(who: Any, digest: str) -> bool:
        try:
            ask(
                closed,
                lambda s: supplementing.sent_file(s, closed.refs[0], 1, digest, actor=who, now=closed.clock()),
            )
        except NotFound:
            return False
        return True

    inside = (closed.merchants[0].actor, closed.people.organiser.actor, closed.people.supervisor.actor)
    assert all(file(who, digest * 64) for who in inside for digest in "ef")
    assert not file(VISITOR, "e" * 64)
    assert ask(closed, lambda s: list(queries.verified_texts(s, closed.id, now=closed.clock()))) == []
    judge(closed, 0)
    assert file(VISITOR, "e" * 64)
    assert not file(VISITOR, "f" * 64)
    assert not file(closed.merchants[1].actor, "f" * 64)
    assert ASKED in ask(closed, lambda s: list(queries.verified_texts(s, closed.id, now=closed.clock())))


def test_the_audit_names_each_edit_of_findings_and_supplements(closed: AppliedWorld) -> None:
    verify(closed, 0)
    request(closed)
    answering(closed, supplementing.answer, text=SENT)
    audit.load_steps()
    with reading(closed.engine) as session:
        assert audit.audit(session, None).findings == []
    for damage, where in (
        ("UPDATE finding SET result = 'not_met' WHERE item = 'cost'", "finding R2026-001-A001 cost"),
        ("UPDATE finding SET evidence = 'Nothing.' WHERE item = 'stock'", "finding R2026-001-A001 stock"),
        ("DELETE FROM finding WHERE item = 'label'", "finding R2026-001-A001 label"),
        ("UPDATE supplement_request SET text = 'Something else.'", "supplement R2026-001-A001-S1"),
        ("UPDATE supplement_answer SET document = replace(document, 'licence', 'paper')", "document is"),
        ("DELETE FROM supplement_answer", "answered_at is None"),
    ):
        with closed.engine.begin() as connection:
            connection.execute(text(damage))
        with reading(closed.engine) as session:
            assert any(where in str(one) for one in audit.audit(session, None).findings), damage


# ---- too few -----------------------------------------------------------------------------------------------------


def test_by_whichever_way_a_round_is_not_ended_for_few_when_there_are_enough(closed: AppliedWorld) -> None:
    def end() -> None:
        with transaction(closed.engine) as session:
            rounds.abort(
                session,
                actor=closed.people.organiser.now(session),
                now=closed.clock(),
                ref=closed.ref,
                reason=AbortReason.FEW_ELIGIBLE,
                explanation=Text("Only two.", "只有两件。"),
            )

    for number in range(3):
        with pytest.raises(RuleBroken, match="has no verdict"):
            end()
        judge(closed, number)
    with pytest.raises(RuleBroken, match="there are enough"):
        end()
    assert closed.round.course.aborted is None
    judge(closed, 2, Reason.DOCUMENTS_INVALID, SAID)
    end()
    assert closed.round.course.aborted == closed.clock()


def test_an_application_that_was_withdrawn_counts_for_nothing(applied: AppliedWorld) -> None:
    with transaction(applied.engine) as session:
        actor = applied.merchants[2].now(session)
        actions.withdraw(session, actor=actor, now=applied.clock(), ref=applied.refs[2])
    close_applications(applied)
    judge(applied, 0)
    with transaction(applied.engine) as session, pytest.raises(RuleBroken, match="has no verdict"):
        actions.end_for_few(
            session,
            actor=applied.people.organiser.now(session),
            now=applied.clock(),
            round_ref=applied.ref,
            explanation=Text("Only two.", "只有两件。"),
        )
    judge(applied, 1)
    with transaction(applied.engine) as session:
        actions.end_for_few(
            session,
            actor=applied.people.organiser.now(session),
            now=applied.clock(),
            round_ref=applied.ref,
            explanation=Text("Only two.", "只有两件。"),
        )
    assert applied.round.course.aborted == applied.clock()


def test_too_few_eligible_ends_the_round_with_that_reason(closed: AppliedWorld) -> None:
    def end(by: Any = None) -> None:
        with transaction(closed.engine) as session:
            actions.end_for_few(
                session,
                actor=(by or closed.people.organiser).now(session),
                now=closed.clock(),
                round_ref=closed.ref,
                explanation=Text("Only two.", "只有两件。"),
            )

    judge(closed, 0)
    judge(closed, 1)
    with pytest.raises(RuleBroken, match="has no verdict"):
        end()
    judge(closed, 2)
    with pytest.raises(RuleBroken, match="there are enough"):
        end()
    judge(closed, 2, Reason.DOCUMENTS_INVALID, SAID)
    with pytest.raises(NotAllowed):
        end(closed.people.supervisor)
    end()
    assert closed.round.course.phase_at(closed.clock()) is Phase.ABORTED
    for _ in range(2):
        tell_of_ending(Work(closed.engine, None, closed.clock, 1), {"round": closed.ref})
    assert letters(closed, "applications/ended") == [person.email for person in closed.merchants]


# ---- pages -------------------------------------------------------------------------------------------------------


def test_the_pages_lead_through_a_supplement_a_finding_and_an_end(
    app: Flask, closed: AppliedWorld, clock: MovableClock
) -> None:
    office = Visitor(closed.people.organiser.enter(app.test_client(), clock(), hours=24 * 40))
    merchant = Visitor(closed.merchants[0].enter(app.test_client(), clock(), hours=24 * 40))
    stranger = Visitor(app.test_client())
    ref, checking = closed.refs[0], f"/en/rounds/{closed.ref}/checking"

    office.send(f"{checking}/{ref}/supplement", status=422, text=ASKED)
    office.send(f"{checking}/{ref}/supplement", status=303, text=ASKED, items=["licences"])
    assert "supplement awaited" in text_of(office.get(checking))
    page = f"/en/my/applications/{closed.keys[0]}/supplements/1"
    assert "Answer it" in text_of(merchant.get(f"/en/my/applications/{closed.keys[0]}/submitted"))
    assert ASKED in merchant.get(page).text
    merchant.send(page, status=422, then="attach", text=SENT)
    merchant.send(page, status=303, then="attach", text=SENT, upload=(picture(), "licence.png"))
    kept = merchant.get(page)
    assert SENT in kept.text
    assert "licence.png" in kept.text
    merchant.send(page, status=303, then="send", text=SENT)
    assert "answered" in text_of(merchant.get(page))

    sheet = f"{checking}/{ref}/checklist"
    said = {"cost_result": "not_met", "cost_method": "compared", "cost_evidence": "The costs are higher."}
    office.send(
        sheet, status=303, **said, cost_looked_on=clock().date().isoformat(), cost_file=(picture(), "costs.png")
    )
    assert "costs.png" in office.get(f"{checking}/{ref}").text
    assert office.client.get(f"/applications/{ref}/findings/cost").status_code == 200
    assert office.client.get(f"/applications/{ref}/findings/stock").status_code == 404
    assert merchant.client.get(f"/applications/{ref}/findings/cost").status_code == 403
    assert "The costs are higher." not in stranger.get(f"/en/applications/{ref}").text
    for number in range(3):
        judge(closed, number, Reason.PRICE_BELOW_COST, "The costs are higher than the price.")
    shown = stranger.get(f"/zh/applications/{ref}").text
    assert "核验情况" in shown
    assert ASKED in shown
    assert "licence.png" not in shown

    assert "Only 0 applications are eligible" in text_of(office.get(f"{checking}/close"))
    assert "Needed at least 3" in text_of(office.get(f"{checking}/end"))
    office.send(f"{checking}/end", status=422, explanation_en="", explanation_zh="只有0件。")
    office.send(f"{checking}/end", status=303, explanation_en="None is eligible.", explanation_zh="无合格申报。")
    assert "None is eligible." in stranger.get(f"/en/rounds/{closed.ref}").text
    with closed.engine.connect() as connection:
        assert connection.scalar(select(SupplementAnswer.id)) is not None
