"""Notice and objections on a real database: one test for each way out, with what was logged or that nothing was."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import Engine, func, select

from procurement.access import VISITOR, Role
from procurement.applications.verdicts import Reason
from procurement.committee import actions as committee
from procurement.committee.queries import declarations_of
from procurement.committee.rules import Declared
from procurement.committee.rules import Ground as RecusalGround
from procurement.db import reading, transaction
from procurement.errors import NotAllowed, NotFound, RuleBroken, WrongPhase
from procurement.mail import Mail
from procurement.objections import actions, queries
from procurement.objections.entries import (
    NoticeGiven,
    ObjectionAdmitted,
    ObjectionAnswered,
    ObjectionFiled,
    ObjectionInadmissible,
    ObjectionRuled,
    ObjectionWithdrawn,
    ThirdPartyTold,
)
from procurement.objections.rules import (
    Attached,
    Detail,
    Effect,
    Filer,
    Ground,
    Inadmissible,
    Remedy,
    Step,
    Target,
)
from procurement.publiclog import queries as log
from procurement.publiclog.entry import Entry, digest_of
from procurement.publiclog.models import LogDisclosure, LogEntry
from procurement.rounds import actions as rounds
from procurement.rounds.phases import Kind, Phase
from procurement.rounds.rules import HoldLabel
from procurement.scoring import actions as scoring
from procurement.scoring.queries import opened_sheets
from tests.conftest import MovableClock
from tests.objections.conftest import RefusedWorld
from tests.worlds.objections import (
    ARGUMENT,
    REASONS,
    admitted,
    against_result,
    against_verdict,
    answered,
    correcting,
    give_notice,
    notice,
    notice_closes,
    objected,
    order,
    ruled,
    speaker,
    view,
)
from tests.worlds.people import Person, people
from tests.worlds.rounds import published_round
from tests.worlds.scoring import ScoringWorld, seal

INSTANT = timedelta(microseconds=1)


def entries(world: ScoringWorld) -> int:
    with reading(world.engine) as session:
        return session.scalar(select(func.count()).select_from(LogEntry)) or 0


def last_entry(world: ScoringWorld) -> Entry:
    with reading(world.engine) as session:
        return log.entries(session, limit=1)[0].envelope.entry


def last_entries(world: ScoringWorld, count: int) -> list[Entry]:
    """The newest first."""
    with reading(world.engine) as session:
        return [logged.envelope.entry for logged in log.entries(session, limit=count)]


def paper(world: ScoringWorld, ref: str) -> queries.PaperView:
    """The paper made last."""
    with reading(world.engine) as session:
        return queries.papers_of(session, ref)[-1]


def letters(world: ScoringWorld) -> list[tuple[str, str]]:
    with reading(world.engine) as session:
        rows = session.scalars(select(Mail).where(Mail.template.startswith("objections/")).order_by(Mail.id))
        return [(row.address, row.template) for row in rows]


def phase(world: ScoringWorld) -> Phase:
    return world.applied.round.course.phase_at(world.clock())


def refused_with(
    world: ScoringWorld, error: type[Exception], act: Callable[..., Any], *, by: Person | None, **given: Any
) -> Any:
    """Do `act` and see that it is refused and leaves no trace."""
    before = entries(world)
    with pytest.raises(error) as raised, transaction(world.engine) as session:
        act(session, actor=VISITOR if by is None else by.now(session), now=world.clock(), **given)
    assert entries(world) == before
    return raised.value


# --- notice -------------------------------------------------------------------------------------------------------


def test_notice_is_given_for_its_full_period(opened: ScoringWorld) -> None:
    tally = opened.tally()
    given = give_notice(opened)
    assert phase(opened) is Phase.NOTICE
    assert given.closes_at == notice_closes(opened)
    assert given.counted["days"] == 5
    assert [line["application"] for line in given.proposal] == order(opened)
    assert given.proposal[0]["product"] == "石磨小米"
    assert given.proposal[0]["outcome"] == "selected"
    assert last_entry(opened) == NoticeGiven(
        number=1,
        document=digest_of(given.document.encode()),
        tally=tally.sha256,
        closes=given.closes_at,
        provisional=False,
    )


def test_only_the_organiser_gives_notice(opened: ScoringWorld) -> None:
    asked = {"ref": opened.ref, "tally_sha256": opened.tally().sha256}
    for person in (None, opened.supervisor, opened.member("M1"), opened.applied.people.second_organiser):
        refused_with(opened, NotAllowed, actions.give_notice, by=person, **asked)
    refused_with(opened, NotFound, actions.give_notice, by=opened.organiser, **{**asked, "ref": "R2026-999"})


def test_notice_is_of_the_result_that_was_read(opened: ScoringWorld) -> None:
    asked = {"ref": opened.ref, "tally_sha256": "0" * 64}
    refused = refused_with(opened, RuleBroken, actions.give_notice, by=opened.organiser, **asked)
    assert "computed again" in str(refused)


def test_notice_is_given_once(noticed: ScoringWorld) -> None:
    asked = {"ref": noticed.ref, "tally_sha256": noticed.tally().sha256}
    refused_with(noticed, WrongPhase, actions.give_notice, by=noticed.organiser, **asked)


# --- filing -------------------------------------------------------------------------------------------------------


def test_anyone_objects_and_stays_unnamed(noticed: ScoringWorld) -> None:
    evidence = Attached("report.pdf", "ab" * 32, "application/pdf", 100)
    ref = objected(noticed, replace(correcting(noticed, 0, "M1", "quality", "5"), files=(evidence,)))
    assert ref == f"{noticed.ref}-O01"
    filed = view(noticed, ref)
    assert (filed.state, filed.public_name, filed.argument) == (Step.FILED, "L***", ARGUMENT)
    assert [file.digest for file in filed.files] == [evidence.digest]
    assert filed.due is not None
    assert noticed.applied.round.course.open_objections == {ref}
    entry = last_entry(noticed)
    assert isinstance(entry, ObjectionFiled)
    assert (entry.objection, entry.argument, entry.value) == (ref, digest_of(ARGUMENT), Decimal(5))
    assert (entry.application, entry.member, entry.criterion) == (noticed.refs[0], "M1", "quality")
    assert (entry.files, entry.due) == ((evidence.digest,), filed.due)
    with reading(noticed.engine) as session:
        logged = log.entries(session, limit=1)[0]
        disclosed = {
            row.value for row in session.scalars(select(LogDisclosure).where(LogDisclosure.idx == logged.index))
        }
    assert b"Xiaoming" not in logged.body
    assert b"example.org" not in logged.body
    assert (logged.envelope.by.role, logged.envelope.by.person) == ("visitor", None)
    assert disclosed == {"Li Xiaoming", "li@example.org", f"user:{noticed.organiser.id}"}
    assert letters(noticed) == [
        ("li@example.org", "objections/filed"),
        (noticed.supervisor.email, "objections/waiting"),
    ]


def test_a_telephone_number_gets_no_letter(noticed: ScoringWorld) -> None:
    objected(noticed, replace(correcting(noticed, 0, "M1", "quality", "5"), contact="0571 8888 6666"))
    assert [template for _, template in letters(noticed)] == ["objections/waiting"]


def test_the_window_closes_at_its_instant(noticed: ScoringWorld) -> None:
    filing = correcting(noticed, 0, "M1", "quality", "5")
    noticed.clock.move_to(notice_closes(noticed) - INSTANT)
    objected(noticed, filing)
    noticed.clock.advance(microseconds=1)
    given = {"ref": noticed.ref, "filing": filing, "token": "t", "language": "en"}
    refused = refused_with(noticed, WrongPhase, actions.file_objection, by=None, **given)
    assert "is over" in str(refused)


def test_content_is_checked(noticed: ScoringWorld) -> None:
    filing = replace(correcting(noticed, 0, "M1", "quality", "5"), argument="No.", contact="")
    given = {"ref": noticed.ref, "filing": filing, "token": "t", "language": "en"}
    refused = refused_with(noticed, RuleBroken, actions.file_objection, by=None, **given)
    assert {problem.field for problem in refused.problems} == {"argument", "contact"}


def test_scores_are_objected_to_only_while_the_result_is_on_notice(opened: ScoringWorld) -> None:
    given = {
        "ref": opened.ref,
        "filing": correcting(opened, 0, "M1", "quality", "5"),
        "token": "t",
        "language": "en",
    }
    refused_with(opened, WrongPhase, actions.file_objection, by=None, **given)


def test_a_round_on_hold_takes_no_objection_and_loses_no_time(noticed: ScoringWorld) -> None:
    filing, closes = correcting(noticed, 0, "M1", "quality", "5"), notice_closes(noticed)
    with transaction(noticed.engine) as session:
        actor = noticed.supervisor.now(session)
        rounds.hold(session, actor=actor, now=noticed.clock(), ref=noticed.ref, label=next(iter(HoldLabel)))
    given = {"ref": noticed.ref, "filing": filing, "token": "t", "language": "en"}
    refused = refused_with(noticed, WrongPhase, actions.file_objection, by=None, **given)
    assert "on hold" in str(refused)
    noticed.clock.move_to(closes)
    with transaction(noticed.engine) as session:
        rounds.resume(session, actor=noticed.supervisor.now(session), now=noticed.clock(), ref=noticed.ref)
    assert objected(noticed, filing)


# --- admission ----------------------------------------------------------------------------------------------------


def test_an_admitted_objection_is_to_be_answered(noticed: ScoringWorld) -> None:
    ref = admitted(noticed, objected(noticed, correcting(noticed, 0, "M1", "quality", "5")))
    found = view(noticed, ref)
    assert found.state is Step.ADMITTED
    assert found.due is not None
    assert found.limit is not None
    told, admitted_entry = last_entries(noticed, 2)
    assert admitted_entry == ObjectionAdmitted(objection=ref, due=found.due, limit=found.limit.due)
    assert told == ThirdPartyTold(objection=ref, application=noticed.refs[0], due=found.parties[0].clock.due)
    merchant = speaker(noticed, found.parties[0])
    assert letters(noticed)[-3:] == [
        (merchant.email, "objections/third_party"),
        ("li@example.org", "objections/step"),
        (noticed.organiser.email, "objections/waiting"),
    ]


def test_an_inadmissible_objection_frees_the_award(noticed: ScoringWorld) -> None:
    ref = objected(noticed, correcting(noticed, 0, "M1", "quality", "5"))
    with transaction(noticed.engine) as session:
        actions.refuse_admission(
            session,
            actor=noticed.supervisor.now(session),
            now=noticed.clock(),
            ref=ref,
            reason=Inadmissible.NOT_AN_OBJECTION,
            text=REASONS,
        )
    assert view(noticed, ref).state is Step.INADMISSIBLE
    assert last_entry(noticed) == ObjectionInadmissible(
        objection=ref,
        reason=Inadmissible.NOT_AN_OBJECTION,
        text=digest_of(REASONS),
        document=paper(noticed, ref).sha256,
    )
    noticed.clock.move_to(notice_closes(noticed))
    assert phase(noticed) is Phase.DECIDING


def test_only_a_supervisor_of_the_round_admits(noticed: ScoringWorld) -> None:
    ref = objected(noticed, correcting(noticed, 0, "M1", "quality", "5"))
    for person in (None, noticed.organiser, noticed.member("M1"), noticed.applied.people.second_supervisor):
        refused_with(noticed, NotAllowed, actions.admit, by=person, ref=ref)
        refused_with(
            noticed,
            NotAllowed,
            actions.refuse_admission,
            by=person,
            ref=ref,
            reason=Inadmissible.REPEATED,
            text=REASONS,
        )
    refused_with(noticed, NotFound, actions.admit, by=noticed.supervisor, ref=f"{noticed.ref}-O99")


def test_admission_happens_once_and_needs_reasons_to_be_refused(noticed: ScoringWorld) -> None:
    ref = objected(noticed, correcting(noticed, 0, "M1", "quality", "5"))
    given = {"ref": ref, "reason": Inadmissible.REPEATED, "text": "No."}
    refused_with(noticed, RuleBroken, actions.refuse_admission, by=noticed.supervisor, **given)
    admitted(noticed, ref)
    refused_with(noticed, RuleBroken, actions.admit, by=noticed.supervisor, ref=ref)


def test_nobody_decides_on_their_own_objection(noticed: ScoringWorld) -> None:
    ref = objected(noticed, correcting(noticed, 0, "M1", "quality", "5"), by=noticed.supervisor)
    refused = refused_with(noticed, NotAllowed, actions.admit, by=noticed.supervisor, ref=ref)
    assert "You filed this objection" in str(refused)


# --- answer -------------------------------------------------------------------------------------------------------


def test_the_organiser_answers_in_public(noticed: ScoringWorld) -> None:
    ref = answered(noticed, objected(noticed, correcting(noticed, 0, "M1", "quality", "5")))
    found = view(noticed, ref)
    assert (found.state, found.steps[-1].text) == (Step.ANSWERED, REASONS)
    assert found.due is not None
    assert last_entries(noticed, 2)[1] == ObjectionAnswered(
        objection=ref, text=digest_of(REASONS), document=paper(noticed, ref).sha256, due=found.due
    )


def test_only_the_organiser_of_the_round_answers_what_was_admitted(noticed: ScoringWorld) -> None:
    ref = objected(noticed, correcting(noticed, 0, "M1", "quality", "5"))
    refused_with(noticed, RuleBroken, actions.answer, by=noticed.organiser, ref=ref, text=REASONS)
    admitted(noticed, ref)
    for person in (None, noticed.supervisor, noticed.applied.people.second_organiser):
        refused_with(noticed, NotAllowed, actions.answer, by=person, ref=ref, text=REASONS)
    refused_with(noticed, RuleBroken, actions.answer, by=noticed.organiser, ref=ref, text="No.")


# --- withdrawing --------------------------------------------------------------------------------------------------


def test_a_visitor_withdraws_by_the_secret_of_the_link(noticed: ScoringWorld) -> None:
    filing = correcting(noticed, 0, "M1", "quality", "5")
    with transaction(noticed.engine) as session:
        ref = actions.file_objection(
            session,
            actor=VISITOR,
            now=noticed.clock(),
            ref=noticed.ref,
            filing=filing,
            token="a secret",
            language="zh",
        ).ref
    refused_with(noticed, NotAllowed, actions.withdraw, by=None, ref=ref)
    refused_with(noticed, NotAllowed, actions.withdraw, by=None, ref=ref, token="a guess")
    with transaction(noticed.engine) as session:
        actions.withdraw(session, actor=VISITOR, now=noticed.clock(), ref=ref, token="a secret")
    assert view(noticed, ref).state is Step.WITHDRAWN
    assert last_entry(noticed) == ObjectionWithdrawn(objection=ref)
    assert noticed.applied.round.course.open_objections == frozenset()
    refused_with(noticed, RuleBroken, actions.withdraw, by=None, ref=ref, token="a secret")


def test_somebody_signed_in_withdraws_by_account(noticed: ScoringWorld) -> None:
    merchant = noticed.applied.merchants[1]
    ref = objected(noticed, correcting(noticed, 0, "M1", "quality", "5"), by=merchant)
    refused_with(noticed, NotAllowed, actions.withdraw, by=noticed.applied.merchants[0], ref=ref)
    with transaction(noticed.engine) as session:
        actions.withdraw(session, actor=merchant.now(session), now=noticed.clock(), ref=ref)
    with reading(noticed.engine) as session:
        logged = log.entries(session, limit=1)[0].envelope
    assert (logged.by.role, logged.by.person is not None) == ("merchant", True)


# --- ruling -------------------------------------------------------------------------------------------------------


def test_the_award_is_frozen_while_an_objection_is_open(noticed: ScoringWorld) -> None:
    ref = answered(noticed, objected(noticed, correcting(noticed, 0, "M1", "quality", "5")))
    noticed.clock.move_to(notice_closes(noticed))
    assert phase(noticed) is Phase.RULING
    before = order(noticed)
    ruled(noticed, ref, Step.DISMISSED)
    assert phase(noticed) is Phase.DECIDING
    assert order(noticed) == before
    assert notice(noticed).superseded_at is None
    assert last_entry(noticed) == ObjectionRuled(
        objection=ref,
        outcome=Step.DISMISSED,
        text=digest_of(REASONS),
        document=paper(noticed, ref).sha256,
        effect=None,
        application=None,
        member=None,
        criterion=None,
        value=None,
        reopened=None,
        due=None,
    )


def test_an_upheld_score_objection_is_carried_out_and_the_notice_restarted(noticed: ScoringWorld) -> None:
    first, second = order(noticed)[:2]
    number = noticed.refs.index(first)
    effects = [
        Effect(Remedy.CORRECT_SCORE, Detail(first, code, "quality", Decimal(1))) for code in ("M1", "M3", "M4", "M5")
    ]
    given = notice(noticed)
    for effect in effects:
        ref = answered(noticed, objected(noticed, correcting(noticed, number, effect.detail.member, "quality", "1")))
        noticed.clock.advance(hours=1)
        ruled(noticed, ref, Step.UPHELD, effect)
        if order(noticed)[0] != first:
            break
    assert order(noticed)[0] == second
    entry = last_entry(noticed)
    assert isinstance(entry, ObjectionRuled)
    assert (entry.effect, entry.reopened) == ("correct_score", Kind.REOPENED_TALLY)
    assert phase(noticed) is Phase.OPENED
    noticed.clock.advance(days=1)
    again = give_notice(noticed)
    assert again.number == 2
    assert again.closes_at > given.closes_at
    assert again.counted["days"] == given.counted["days"] == 5
    with reading(noticed.engine) as session:
        assert [n.superseded_at is None for n in queries.notices_of(session, noticed.id)] == [True, False]
    noticed.clock.move_to(again.closes_at)
    assert phase(noticed) is Phase.DECIDING


def test_a_correction_that_leaves_the_order_leaves_the_notice(noticed: ScoringWorld) -> None:
    ref = answered(noticed, objected(noticed, correcting(noticed, 0, "M1", "quality", "8.5")))
    before, given = order(noticed), notice(noticed)
    effect = Effect(Remedy.CORRECT_SCORE, Detail(noticed.refs[0], "M1", "quality", Decimal("8.5")))
    ruled(noticed, ref, Step.UPHELD, effect)
    assert order(noticed) == before
    assert notice(noticed) == given
    with reading(noticed.engine) as session:
        sheets = opened_sheets(session, noticed.id, void=False)
    (corrected,) = [sheet for sheet in sheets if sheet.corrections]
    assert corrected.corrections[0].objection_ref == ref
    assert corrected.marks["quality"].value == Decimal("8.5")


def test_a_sheet_is_voided_and_the_result_computed_without_it(noticed: ScoringWorld) -> None:
    ref = answered(noticed, objected(noticed, correcting(noticed, 0, "M4", "quality", "5")))
    ruled(noticed, ref, Step.PARTLY_UPHELD, Effect(Remedy.VOID_SHEET, Detail(noticed.refs[0], "M4")))
    assert {line.application: line.sheets for line in noticed.tally().ranking}[noticed.refs[0]] == 4


def test_too_few_sheets_send_the_round_back_to_the_committee(noticed: ScoringWorld) -> None:
    # Five members, one recused from the second application, three sheets needed.
    for code in ("M1", "M3"):
        ref = answered(noticed, objected(noticed, correcting(noticed, 1, code, "quality", "5")))
        noticed.clock.advance(minutes=1)
        ruled(noticed, ref, Step.UPHELD, Effect(Remedy.VOID_SHEET, Detail(noticed.refs[1], code)))
        if phase(noticed) is Phase.OPENED:
            give_notice(noticed)
    assert phase(noticed) is Phase.FORMING
    entry = last_entry(noticed)
    assert isinstance(entry, ObjectionRuled)
    assert entry.reopened == Kind.REOPENED_FORMING


def test_an_excluded_application_is_out_of_the_result(noticed: ScoringWorld) -> None:
    first = order(noticed)[0]
    ref = answered(noticed, objected(noticed, against_result(Remedy.EXCLUDE, Detail(first))))
    ruled(noticed, ref, Step.UPHELD, Effect(Remedy.EXCLUDE, Detail(first), reason=Reason.FALSE_STATEMENT))
    assert first not in order(noticed)
    assert phase(noticed) is Phase.OPENED
    assert [line["application"] for line in give_notice(noticed).proposal] == order(noticed)


def test_a_member_is_recused_and_the_sheet_voided(noticed: ScoringWorld) -> None:
    detail = Detail(noticed.refs[0], "M1")
    filing = replace(against_result(Remedy.RECUSE, detail), ground=Ground.UNDISCLOSED_RELATION)
    ref = answered(noticed, objected(noticed, filing))
    ruled(noticed, ref, Step.UPHELD, Effect(Remedy.RECUSE, detail, RecusalGround.FAMILY))
    with reading(noticed.engine) as session:
        sheets = {(s.application, s.member) for s in opened_sheets(session, noticed.id, void=False)}
        grounds = {d.ground for d in declarations_of(session, noticed.id).values()}
    assert (detail.application, "M1") not in sheets
    assert RecusalGround.FAMILY in grounds


def test_the_scores_are_added_up_again(noticed: ScoringWorld) -> None:
    filing = replace(correcting(noticed, 0, "M1", "quality", "5"), remedy=Remedy.RERUN, ground=Ground.ARITHMETIC)
    ref = answered(noticed, objected(noticed, filing))
    before = noticed.tally()
    ruled(noticed, ref, Step.UPHELD, Effect(Remedy.RERUN))
    assert noticed.tally().number == before.number + 1
    assert notice(noticed).superseded_at is None


def test_without_an_answer_in_time_the_ruling_goes_on_without(noticed: ScoringWorld) -> None:
    ref = admitted(noticed, objected(noticed, correcting(noticed, 0, "M1", "quality", "5")))
    due = view(noticed, ref).due
    assert due is not None
    given = {"ref": ref, "outcome": Step.DISMISSED, "text": REASONS}
    noticed.clock.move_to(due - INSTANT)
    refused = refused_with(noticed, RuleBroken, actions.rule, by=noticed.supervisor, **given)
    assert "may still answer" in str(refused)
    noticed.clock.advance(microseconds=1)
    assert view(noticed, ref).overdue(noticed.clock())
    ruled(noticed, ref, Step.DISMISSED)
    assert view(noticed, ref).state is Step.DISMISSED


def test_only_a_supervisor_of_the_round_rules(noticed: ScoringWorld) -> None:
    ref = answered(noticed, objected(noticed, correcting(noticed, 0, "M1", "quality", "5")))
    given = {"ref": ref, "outcome": Step.DISMISSED, "text": REASONS}
    for person in (None, noticed.organiser, noticed.member("M1"), noticed.applied.people.second_supervisor):
        refused_with(noticed, NotAllowed, actions.rule, by=person, **given)


def test_a_ruling_needs_reasons_an_effect_and_a_state(noticed: ScoringWorld) -> None:
    ref = answered(noticed, objected(noticed, correcting(noticed, 0, "M1", "quality", "5")))
    off_scale = Effect(Remedy.CORRECT_SCORE, Detail(noticed.refs[0], "M1", "quality", Decimal(99)))
    for given, field in (
        ({"outcome": Step.DISMISSED, "text": "No."}, "text"),
        ({"outcome": Step.UPHELD, "text": REASONS}, "remedy"),
        ({"outcome": Step.UPHELD, "text": REASONS, "effect": off_scale}, "value"),
        ({"outcome": Step.UPHELD, "text": REASONS, "effect": Effect(Remedy.ANNUL)}, "remedy"),
    ):
        refused = refused_with(noticed, RuleBroken, actions.rule, by=noticed.supervisor, ref=ref, **given)
        assert field in {problem.field for problem in refused.problems}
    ruled(noticed, ref, Step.DISMISSED)
    refused_with(
        noticed, RuleBroken, actions.rule, by=noticed.supervisor, ref=ref, outcome=Step.DISMISSED, text=REASONS
    )


def test_whose_ruling_is_objected_to_does_not_judge_it(noticed: ScoringWorld) -> None:
    """The verdict that a ruling gave is the supervisor's own act; another supervisor decides on it."""
    last = order(noticed)[-1]
    ref = answered(noticed, objected(noticed, against_result(Remedy.EXCLUDE, Detail(last))))
    ruled(noticed, ref, Step.UPHELD, Effect(Remedy.EXCLUDE, Detail(last), reason=Reason.FALSE_STATEMENT))
    ref = objected(noticed, against_verdict(last, Remedy.READMIT))
    refused = refused_with(noticed, NotAllowed, actions.admit, by=noticed.supervisor, ref=ref)
    assert "act of yours" in str(refused)


def test_a_mark_that_a_ruling_set_is_not_judged_again_by_who_set_it(noticed: ScoringWorld) -> None:
    one, other = "M1", "M3"
    for code in (one, other):
        effect = Effect(Remedy.CORRECT_SCORE, Detail(noticed.refs[0], code, "quality", Decimal("8.5")))
        ref = answered(noticed, objected(noticed, correcting(noticed, 0, code, "quality", "8.5")))
        noticed.clock.advance(minutes=1)
        ruled(noticed, ref, Step.UPHELD, effect)
    again = objected(noticed, correcting(noticed, 0, one, "quality", "5"))
    refused_with(noticed, NotAllowed, actions.admit, by=noticed.supervisor, ref=again)


def test_the_call_can_be_objected_to_while_it_is_open(engine: Engine, clock: MovableClock) -> None:
    """What only the organiser can carry out is ordered by the ruling and settles the objection."""
    world = published_round(people(engine, clock()), clock)
    supervisor, organiser = world.people.supervisor, world.people.organiser
    filing = replace(against_result(Remedy.AMEND, Detail()), target=Target.CALL, ground=Ground.RESTRICTIVE_CONDITION)
    with transaction(engine) as session:
        ref = actions.file_objection(
            session, actor=VISITOR, now=clock(), ref=world.ref, filing=filing, token="t", language="zh"
        ).ref
        actions.admit(session, actor=supervisor.now(session), now=clock(), ref=ref)
        actions.answer(session, actor=organiser.now(session), now=clock(), ref=ref, text=REASONS)
        actions.rule(
            session,
            actor=supervisor.now(session),
            now=clock(),
            ref=ref,
            outcome=Step.UPHELD,
            text=REASONS,
            effect=Effect(Remedy.AMEND),
        )
    course = world.course
    assert (course.phase_at(clock()), course.open_objections) == (Phase.OPEN, frozenset())
    assert course.applications_close is not None
    clock.move_to(course.applications_close)
    with pytest.raises(WrongPhase), transaction(engine) as session:
        actions.file_objection(
            session, actor=VISITOR, now=clock(), ref=world.ref, filing=filing, token="u", language="zh"
        )


# --- re-admission -------------------------------------------------------------------------------------------------


def test_a_readmitted_application_is_declared_for_scored_opened_and_put_on_notice(refused: RefusedWorld) -> None:
    """The whole way back: from an upheld objection against a verdict to a new notice with four applications."""
    world, ref = refused.scored, refused.ref
    assert ref not in order(world)
    objection = answered(world, objected(world, against_verdict(ref, Remedy.READMIT)))
    ruled(world, objection, Step.UPHELD, Effect(Remedy.READMIT, Detail(ref)))
    entry = last_entry(world)
    assert isinstance(entry, ObjectionRuled)
    assert entry.reopened == Kind.REOPENED_FORMING
    assert phase(world) is Phase.FORMING
    for person in world.members:
        with transaction(world.engine) as session:
            committee.declare(
                session,
                actor=person.now(session),
                now=world.clock(),
                ref=world.ref,
                declarations={ref: Declared(RecusalGround.NONE)},
            )
    with transaction(world.engine) as session:
        committee.begin_scoring(session, actor=world.organiser.now(session), now=world.clock(), ref=world.ref)
    four = replace(world, applied=replace(world.applied, refs=(*world.refs, ref)))
    marks = {f"M{n}": [("0", "0")] * 3 + [("10", "10")] for n in range(1, 6)}
    for n in range(1, 6):
        seal(four, f"M{n}", 3, marks)
    with transaction(world.engine) as session:
        scoring.open_scores(session, actor=world.organiser.now(session), now=world.clock(), ref=world.ref)
    assert order(world)[0] == ref
    given = give_notice(four)
    assert given.proposal[0]["application"] == ref
    assert phase(world) is Phase.NOTICE


def test_a_verdict_is_objected_to_for_two_working_days_after_checking(refused: RefusedWorld) -> None:
    world = refused.scored
    closed = world.applied.round.course.checking_closed
    assert closed is not None
    world.clock.move_to(closed + timedelta(days=10))
    given = {
        "ref": world.ref,
        "filing": against_verdict(refused.ref, Remedy.READMIT),
        "token": "t",
        "language": "en",
    }
    refused_with(world, WrongPhase, actions.file_objection, by=None, **given)


# --- reading ------------------------------------------------------------------------------------------------------


def test_the_windows_that_are_open_on_notice(noticed: ScoringWorld) -> None:
    with reading(noticed.engine) as session:
        found = queries.round_for(session, noticed.ref, actor=VISITOR, now=noticed.clock())
        windows = queries.windows_of(session, found, now=noticed.clock())
    assert {target for target, window in windows.items() if window.open} == {
        Target.VERDICT,
        Target.TALLY,
        Target.RESULT,
    }
    assert windows[Target.RESULT].closes == notice_closes(noticed)


def test_work_waits_for_whom(noticed: ScoringWorld) -> None:
    one = objected(noticed, correcting(noticed, 0, "M1", "quality", "5"))
    noticed.clock.advance(minutes=1)
    admitted(noticed, objected(noticed, correcting(noticed, 0, "M3", "quality", "5")))
    noticed.clock.advance(minutes=1)
    answered(noticed, objected(noticed, correcting(noticed, 0, "M4", "quality", "5")))
    later_on = noticed.clock() + timedelta(days=30)
    with reading(noticed.engine) as session:
        work = queries.workload_of(
            queries.objections_of(session, noticed.id, now=noticed.clock()), now=noticed.clock()
        )
        later = queries.workload_of(queries.objections_of(session, noticed.id, now=later_on), now=later_on)
        handling = queries.handling_of(session, one, actor=noticed.supervisor.now(session), now=noticed.clock())
        other = queries.handling_of(session, one, actor=noticed.organiser.now(session), now=noticed.clock())
    assert (work.to_admit, work.to_answer, work.to_rule, work.overdue, later.overdue) == (1, 1, 1, 0, 3)
    assert (handling.to_do, handling.barred, other.to_do) == ("admit", None, None)
    assert (handling.filer_name, handling.contact) == ("Li Xiaoming", "li@example.org")


def test_who_deals_with_it_reads_more_and_nobody_else(noticed: ScoringWorld) -> None:
    ref = objected(noticed, correcting(noticed, 0, "M1", "quality", "5"))
    with reading(noticed.engine) as session:
        for actor in (VISITOR, noticed.member("M1").now(session), noticed.applied.merchants[0].now(session)):
            with pytest.raises(NotAllowed):
                queries.handling_of(session, ref, actor=actor, now=noticed.clock())
            with pytest.raises(NotAllowed):
                queries.file_of(session, ref, "ab" * 32, actor=actor)


def test_an_account_finds_its_own_objections(noticed: ScoringWorld) -> None:
    merchant = noticed.applied.merchants[1]
    ref = objected(
        noticed, replace(correcting(noticed, 0, "M1", "quality", "5"), filer=Filer.ORGANISATION), by=merchant
    )
    with reading(noticed.engine) as session:
        assert [one.ref for one in queries.filed_by(session, merchant.id, now=noticed.clock())] == [ref]
        assert Role.MERCHANT in merchant.now(session).roles
