"""Sealing, opening, computing, correcting: every way out, and what the log says of it."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from hashlib import sha256
from typing import Any

import pytest
from sqlalchemy import select, text, update

from procurement.access import Actor
from procurement.committee import actions as committee
from procurement.db import reading, transaction
from procurement.errors import NotAllowed, NotFound, Refused, RuleBroken, WrongPhase
from procurement.evidence.score_facts import tie_draw_problems
from procurement.publiclog import queries as log
from procurement.publiclog.audit import audit, load_steps
from procurement.publiclog.entry import Entry, digest_of
from procurement.publiclog.writing import append
from procurement.rounds.actions import record
from procurement.rounds.entries import RoundResumed
from procurement.rounds.phases import Kind
from procurement.rounds.queries import find_round
from procurement.scoring import actions, queries
from procurement.scoring.entries import (
    MarkCorrected,
    ScoresClosed,
    SheetSealed,
    SheetsOpened,
    SheetVoided,
    Tallied,
    TieDrawAnnounced,
    TieDrawn,
)
from procurement.scoring.models import Correction, Sheet, SheetDraft, TallyRun
from procurement.scoring.results import read_tally, scores_csv
from procurement.scoring.rules import CorrectionGround, Entered, commitment, sealed_digest, sheet_digest
from procurement.scoring.score_file import read_scores
from procurement.scoring.tally import tally
from tests.worlds.applications import AppliedWorld
from tests.worlds.people import Person
from tests.worlds.scoring import (
    MARKS,
    SECRET,
    ScoringWorld,
    entered,
    nonce_of,
    opened_round,
    save,
    scored_round,
    scoring_round,
    seal,
)

D = Decimal


def said(world: ScoringWorld) -> list[Entry]:
    """What the log says, in order."""
    load_steps()
    with reading(world.engine) as session:
        return [logged.envelope.entry for logged in reversed(log.entries(session, limit=200))]


def act(world: ScoringWorld, person: Person, what: Callable[..., Any], **arguments: Any) -> Any:
    with transaction(world.engine) as session:
        return what(session, actor=person.now(session), now=world.clock(), **arguments)


def refusal(world: ScoringWorld, person: Person, what: Callable[..., Any], **arguments: Any) -> Refused:
    """The refusal, and that the log and the tables did not change."""
    before = counts(world)
    with pytest.raises(Refused) as refused:
        act(world, person, what, **arguments)
    assert counts(world) == before
    return refused.value


def counts(world: ScoringWorld) -> list[int]:
    with reading(world.engine) as session:
        tables = ("log_entry", "sheet", "sheet_draft", "correction", "tally_run", "tie_draw", "milestone")
        return [session.scalar(text(f"SELECT count(*) FROM {table}")) or 0 for table in tables]  # noqa: S608


# --- saving -------------------------------------------------------------------------------------------------------


def test_a_sheet_may_be_saved_half_and_saved_again(scoring: ScoringWorld) -> None:
    person = scoring.member("M1")
    size = len(said(scoring))
    for marks in (
        {"quality": Entered("8", "")},
        {"quality": Entered("7.5", "Because"), "service": Entered("", "Later")},
    ):
        act(scoring, person, actions.save_sheet, ref=scoring.refs[0], entered=marks)
    with reading(scoring.engine) as session:
        own = queries.own_sheet(session, actor=person.now(session), now=scoring.clock(), ref=scoring.refs[0])
    assert (own.marks["quality"].value, own.marks["quality"].reason) == (D("7.5"), "Because")
    assert (own.marks["service"].value, own.done) == (None, 1)
    assert len(said(scoring)) == size  # a draft is nobody's business


def test_what_is_off_the_scale_is_not_saved(scoring: ScoringWorld) -> None:
    marks = {"quality": Entered("8.3"), "service": Entered("11")}
    refused = refusal(scoring, scoring.member("M1"), actions.save_sheet, ref=scoring.refs[0], entered=marks)
    assert {p.field for p in refused.problems} == {"value-quality", "value-service"}


@pytest.mark.parametrize(
    ("who", "error"),
    [("organiser", NotAllowed), ("supervisor", NotAllowed), ("official", NotAllowed), ("administrator", NotAllowed)],
)
def test_only_members_fill_in_sheets(scoring: ScoringWorld, who: str, error: type[Refused]) -> None:
    person = getattr(scoring.applied.people, who)
    refused = refusal(scoring, person, actions.save_sheet, ref=scoring.refs[0], entered=entered("M1", 0))
    assert isinstance(refused, error)


def test_a_member_of_no_committee_and_an_applicant_fill_in_nothing(scoring: ScoringWorld) -> None:
    for person in (scoring.applied.people.members[6], scoring.applied.people.merchants[0]):
        refused = refusal(scoring, person, actions.save_sheet, ref=scoring.refs[0], entered=entered("M1", 0))
        assert isinstance(refused, NotAllowed)


def test_a_recused_member_has_no_sheet(scoring: ScoringWorld) -> None:
    person = scoring.member("M2")
    refused = refusal(scoring, person, actions.save_sheet, ref=scoring.refs[1], entered=entered("M2", 1))
    assert isinstance(refused, NotAllowed)
    with reading(scoring.engine) as session, pytest.raises(NotAllowed):
        queries.own_sheet(session, actor=person.now(session), now=scoring.clock(), ref=scoring.refs[1])


def test_there_is_no_sheet_for_what_does_not_exist(scoring: ScoringWorld) -> None:
    refused = refusal(scoring, scoring.member("M1"), actions.save_sheet, ref="R1999-001-A001", entered={})
    assert isinstance(refused, NotFound)


def test_nothing_is_scored_before_scoring_begins(checked: AppliedWorld) -> None:
    world = ScoringWorld(checked, checked.people.members[:5], frozenset())
    refused = refusal(world, world.members[0], actions.save_sheet, ref=world.refs[0], entered={})
    assert isinstance(refused, NotAllowed)  # there is no committee yet


@pytest.mark.parametrize(("before_close", "allowed"), [(timedelta(microseconds=1), True), (timedelta(0), False)])
def test_sheets_are_filled_in_and_sealed_until_the_deadline(
    scoring: ScoringWorld, before_close: timedelta, allowed: bool
) -> None:
    save(scoring, "M1", 0)
    closes = scoring.applied.round.course.scoring_closes
    assert closes is not None
    scoring.clock.move_to(closes - before_close)
    if allowed:
        seal(scoring, "M1", 0)
        assert isinstance(said(scoring)[-1], SheetSealed)
        return
    person = scoring.member("M1")
    for what, arguments in (
        (actions.save_sheet, {"entered": entered("M1", 0)}),
        (actions.seal_sheet, {"seen": "", "nonce": nonce_of("M1", 0)}),
    ):
        assert isinstance(refusal(scoring, person, what, ref=scoring.refs[0], **arguments), WrongPhase)


# --- sealing ------------------------------------------------------------------------------------------------------


def test_sealing_logs_a_commitment_to_exactly_what_was_read_back(scoring: ScoringWorld) -> None:
    seal(scoring, "M1", 0)
    with reading(scoring.engine) as session:
        sheet = session.scalars(select(Sheet)).one()
        assert session.scalars(select(SheetDraft)).all() == []
    assert sheet.commitment == commitment(nonce_of("M1", 0), sheet.ballot)
    assert said(scoring)[-1] == SheetSealed(member="M1", application=scoring.refs[0], commitment=sheet.commitment)
    ballot = json.loads(sheet.ballot)
    assert (ballot["round"], ballot["application"], ballot["member"]) == (scoring.ref, scoring.refs[0], "M1")
    assert ballot["rules"] == scoring.applied.round.document.sha256
    assert ballot["marks"]["quality"] == {"value": "8", "reason": f"Quality {SECRET} M1"}


@pytest.mark.parametrize(
    ("marks", "fields"),
    [
        ({}, {"value-quality", "value-service"}),
        ({"quality": Entered("8", "Why")}, {"value-service"}),
        ({"quality": Entered("8", ""), "service": Entered("0", "Why")}, {"reason-quality"}),
    ],
)
def test_an_incomplete_sheet_is_not_sealed(scoring: ScoringWorld, marks: Any, fields: set[str]) -> None:
    person = scoring.member("M1")
    act(scoring, person, actions.save_sheet, ref=scoring.refs[0], entered=marks)
    refused = refusal(
        scoring, person, actions.seal_sheet, ref=scoring.refs[0], seen=sheet_digest({}), nonce=nonce_of("M1", 0)
    )
    assert {p.field for p in refused.problems} == fields


def test_what_changed_after_it_was_read_back_is_not_sealed(scoring: ScoringWorld) -> None:
    save(scoring, "M1", 0)
    person = scoring.member("M1")
    with reading(scoring.engine) as session:
        seen = queries.own_sheet(session, actor=person.now(session), now=scoring.clock(), ref=scoring.refs[0]).digest
    changed = entered("M1", 0) | {"quality": Entered("1", "Changed elsewhere")}
    act(scoring, person, actions.save_sheet, ref=scoring.refs[0], entered=changed)
    refused = refusal(scoring, person, actions.seal_sheet, ref=scoring.refs[0], seen=seen, nonce=nonce_of("M1", 0))
    assert isinstance(refused, RuleBroken)


def test_a_sealed_sheet_stays(scoring: ScoringWorld) -> None:
    seal(scoring, "M1", 0)
    person = scoring.member("M1")
    for what, arguments in (
        (actions.save_sheet, {"entered": entered("M1", 0)}),
        (actions.seal_sheet, {"seen": "", "nonce": nonce_of("M1", 0)}),
    ):
        assert isinstance(refusal(scoring, person, what, ref=scoring.refs[0], **arguments), RuleBroken)


# --- opening ------------------------------------------------------------------------------------------------------


def test_all_are_opened_at_once_and_the_result_is_computed(sealed: ScoringWorld) -> None:
    opened = opened_round(sealed)
    with reading(opened.engine) as session:
        sheets = queries.opened_sheets(session, opened.id)
    assert len(sheets) == 14
    assert {s.opened_at for s in sheets} == {opened.clock()}
    closed, shown, tallied = said(opened)[-3:]
    assert closed == ScoresClosed(sealed=14, missing=0, commitments=sealed_digest(s.commitment for s in sheets))
    assert isinstance(shown, SheetsOpened)
    assert {(s.member, s.application, s.commitment, s.ballot, s.nonce) for s in shown.sheets} == {
        (s.member, s.application, s.commitment, digest_of(s.ballot), s.nonce) for s in sheets
    }
    view = opened.tally()
    assert tallied == Tallied(number=1, cause="opening", sheets=14, tally=view.sha256)
    # Means: 7.9 and 7.1 → 47.4 + 28.4; 5.875 and 6.25 → 35.25 + 25; 8.8 and 4.1 → 52.8 + 16.4. M2 is recused.
    totals = {line.application: (line.rank, line.total_text, line.outcome) for line in view.ranking}
    assert totals == {
        opened.refs[0]: (1, "75.80", "selected"),
        opened.refs[2]: (2, "69.20", "reserve"),
        opened.refs[1]: (3, "60.25", "not_selected"),
    }
    assert view.ranking[2].sheets == 4


@pytest.mark.parametrize("late", [timedelta(microseconds=-1), timedelta(0)])
def test_with_a_sheet_missing_only_the_deadline_lets_scores_be_opened(scoring: ScoringWorld, late: timedelta) -> None:
    world = scored_round(scoring, but=(("M3", 0),))
    closes = world.applied.round.course.scoring_closes
    assert closes is not None
    world.clock.move_to(closes + late)
    if late < timedelta(0):
        assert isinstance(refusal(world, world.organiser, actions.open_scores, ref=world.ref), RuleBroken)
        return
    opened_round(world)
    closed = next(e for e in said(world) if isinstance(e, ScoresClosed))
    assert (closed.sealed, closed.missing) == (13, 1)
    line = world.tally().result.placed(world.refs[0])
    assert line.sheets == 4
    with reading(world.engine) as session:
        assert queries.marks_of(session, world.id)[world.refs[0]]["M3"]["quality"].name == "MISSING"  # type: ignore[union-attr]


@pytest.mark.parametrize("who", ["supervisor", "official", "administrator"])
def test_only_the_organiser_opens(sealed: ScoringWorld, who: str) -> None:
    refused = refusal(sealed, getattr(sealed.applied.people, who), actions.open_scores, ref=sealed.ref)
    assert isinstance(refused, NotAllowed)


def test_scores_are_opened_once(opened: ScoringWorld) -> None:
    assert isinstance(refusal(opened, opened.organiser, actions.open_scores, ref=opened.ref), WrongPhase)


def test_nobody_reads_a_sealed_sheet_but_its_member(sealed: ScoringWorld) -> None:
    with reading(sealed.engine) as session:
        assert queries.opened_sheets(session, sealed.id) == []
        assert queries.tally_of(session, sealed.id) is None
        assert queries.matrices_of(session, sealed.id) == []
        for read in (queries.public_scores, queries.public_tally_text):
            with pytest.raises(NotFound):
                read(session, sealed.ref)
        other = queries.own_sheet(
            session, actor=sealed.member("M2").now(session), now=sealed.clock(), ref=sealed.refs[0]
        )
        assert "M1" not in str(other)
        progress = queries.progress_of(
            session, actor=sealed.organiser.now(session), now=sealed.clock(), ref=sealed.ref
        )
        assert SECRET not in str(progress)
        bodies = [row[0] for row in session.execute(text("SELECT body FROM log_entry"))]
    assert not [body for body in bodies if SECRET.encode() in bytes(body)]


def test_the_result_can_be_computed_again_from_what_is_published(opened: ScoringWorld) -> None:
    with reading(opened.engine) as session:
        rule = queries.public_rule(session, opened.ref)
        scores = queries.public_scores(session, opened.ref)
    again = tally(rule, read_scores(scores.encode(), rule))
    view = opened.tally()
    assert again.to_json(steps=True) == view.result.to_json(steps=True)
    computation, written = read_tally(view.text)
    assert computation.result().to_json() == written
    assert scores_csv(computation.marks, ["quality", "service"]) == scores
    assert digest_of(view.text) == view.sha256


# --- corrections and void sheets ----------------------------------------------------------------------------------


def correction(world: ScoringWorld, **changed: Any) -> dict[str, Any]:
    return {
        "ref": world.ref,
        "application_ref": world.refs[2],
        "member_code": "M1",
        "criterion": "service",
        "value": D("9"),
        "ground": CorrectionGround.ARITHMETIC,
        "reason": "Two figures were swapped.",
        "calculation": "4 + 5",
    } | changed


def test_a_member_corrects_an_own_mark_in_public_and_the_result_follows(opened: ScoringWorld) -> None:
    act(opened, opened.member("M1"), actions.correct_mark, **correction(opened))
    corrected, tallied = said(opened)[-2:]
    assert isinstance(corrected, MarkCorrected)
    assert (corrected.before, corrected.after, corrected.objection) == (D(4), D(9), None)
    assert isinstance(tallied, Tallied)
    assert (tallied.number, tallied.cause) == (2, "correction")
    assert opened.tally().result.placed(opened.refs[2]).total_text == "73.20"
    with reading(opened.engine) as session:
        sheet = next(
            s
            for s in queries.opened_sheets(session, opened.id)
            if (s.member, s.application) == ("M1", opened.refs[2])
        )
        first = queries.tally_of(session, opened.id, number=1)
    assert json.loads(sheet.ballot)["marks"]["service"]["value"] == "4"  # what was sealed stays
    assert (sheet.marks["service"].value, sheet.corrections[0].reason) == (D(9), "Two figures were swapped.")
    assert first is not None
    assert first.result.placed(opened.refs[2]).total_text == "69.20"


def test_a_mark_is_corrected_twice_in_turn(opened: ScoringWorld) -> None:
    for value, sum_ in (("9", "4 + 5"), ("8.5", "4+4.5")):
        act(opened, opened.member("M1"), actions.correct_mark, **correction(opened, value=D(value), calculation=sum_))
    corrected = [e for e in said(opened) if isinstance(e, MarkCorrected)]
    assert [(e.before, e.after) for e in corrected] == [(D(4), D(9)), (D(9), D("8.5"))]


@pytest.mark.parametrize(
    ("changed", "fields"),
    [
        ({"value": D("4")}, ["value", "calculation"]),
        ({"value": D("10.5")}, ["value", "calculation"]),
        ({"value": D("8.3")}, ["value", "calculation"]),
        ({"reason": "  "}, ["reason"]),
        ({"calculation": ""}, ["calculation"]),
        ({"calculation": "9"}, ["calculation"]),
        ({"calculation": "3 + 6"}, ["calculation", "calculation"]),  # neither stands in what was sealed
        ({"ground": CorrectionGround.OUT_OF_RANGE}, ["ground"]),
        ({"ground": CorrectionGround.ABNORMAL}, ["ground"]),  # this round states no test
        ({"ground": CorrectionGround.OBJECTIVE_DISAGREEMENT}, ["ground"]),
        ({"ground": CorrectionGround.RULING}, ["ground"]),
        ({"criterion": "taste"}, [None]),
    ],
)
def test_what_is_no_correction_is_refused(
    opened: ScoringWorld, changed: dict[str, Any], fields: list[str | None]
) -> None:
    refused = refusal(opened, opened.member("M1"), actions.correct_mark, **correction(opened, **changed))
    assert isinstance(refused, RuleBroken)
    assert [p.field for p in refused.problems] == fields


def test_nobody_corrects_the_mark_of_another(opened: ScoringWorld) -> None:
    for person in (opened.member("M2"), opened.organiser, opened.supervisor):
        assert isinstance(refusal(opened, person, actions.correct_mark, **correction(opened)), NotAllowed)


def test_a_ruling_corrects_a_mark(opened: ScoringWorld) -> None:
    changes = correction(opened, ground=CorrectionGround.RULING, objection_ref="R2026-001-O001")
    refused = refusal(opened, opened.organiser, actions.correct_mark, **changes)
    assert isinstance(refused, NotAllowed)
    act(opened, opened.supervisor, actions.correct_mark, **changes)
    corrected = said(opened)[-2]
    assert isinstance(corrected, MarkCorrected)
    assert (corrected.ground, corrected.objection) == ("ruling", "R2026-001-O001")


def test_a_sheet_is_voided_by_a_ruling_and_no_longer_counts(opened: ScoringWorld) -> None:
    void = {
        "ref": opened.ref,
        "application_ref": opened.refs[0],
        "member_code": "M4",
        "reason": "Undeclared relation.",
        "objection_ref": "R2026-001-O001",
    }
    assert isinstance(refusal(opened, opened.organiser, actions.void_sheet, **void), NotAllowed)
    blank = refusal(opened, opened.supervisor, actions.void_sheet, **(void | {"reason": " "}))
    assert isinstance(blank, RuleBroken)
    act(opened, opened.supervisor, actions.void_sheet, **void)
    voided, tallied = said(opened)[-2:]
    assert isinstance(voided, SheetVoided)
    assert (voided.member, voided.objection) == ("M4", "R2026-001-O001")
    assert isinstance(tallied, Tallied)
    assert (tallied.cause, tallied.sheets) == ("void", 13)
    line = opened.tally().result.placed(opened.refs[0])
    assert (line.sheets, line.criteria["quality"].text) == (4, "7.625")
    assert isinstance(refusal(opened, opened.supervisor, actions.void_sheet, **void), NotFound)  # once
    with reading(opened.engine) as session:
        (shown,) = queries.matrices_of(session, opened.id, application=opened.refs[0])
    assert [s.member for s in shown.void] == ["M4"]
    assert set(shown.sheets) == {"M1", "M2", "M3", "M5"}


def test_nothing_is_corrected_before_opening(sealed: ScoringWorld) -> None:
    refused = refusal(sealed, sealed.member("M1"), actions.correct_mark, **correction(sealed))
    assert isinstance(refused, WrongPhase)


# --- the draw for a tie -------------------------------------------------------------------------------------------

EQUAL = {code: [("8", "7"), ("8", "7"), ("9", "4")] for code in MARKS}


def test_a_tie_waits_for_a_beacon_that_was_named_before_it_existed(checked: AppliedWorld, beacon: Any) -> None:
    world = opened_round(scored_round(scoring_round(checked), EQUAL))
    view = world.tally()
    assert view.result.unbroken_ties == (world.refs[:2],)
    assert view.undecided == world.refs[:2]
    assert isinstance(
        refusal(world, world.organiser, actions.draw_tie, ref=world.ref, signature="00"), RuleBroken
    )  # not announced
    draw = act(world, world.organiser, actions.announce_tie_draw, ref=world.ref, chain=beacon.chain)
    assert draw.published_at > world.clock() + timedelta(minutes=1) - timedelta(seconds=3)
    assert isinstance(said(world)[-1], TieDrawAnnounced)
    assert isinstance(
        refusal(world, world.organiser, actions.announce_tie_draw, ref=world.ref, chain=beacon.chain), RuleBroken
    )
    signature = beacon.sign(draw.beacon_round)
    bring = {"ref": world.ref, "signature": signature, "chain": beacon.chain}
    assert isinstance(refusal(world, world.organiser, actions.draw_tie, **bring), RuleBroken)  # too early
    world.clock.move_to(draw.published_at)
    wrong = bring | {"signature": beacon.sign(draw.beacon_round + 1)}
    assert isinstance(refusal(world, world.organiser, actions.draw_tie, **wrong), RuleBroken)
    assert isinstance(refusal(world, world.supervisor, actions.draw_tie, **bring), NotAllowed)
    act(world, world.organiser, actions.draw_tie, **bring)
    drawn, tallied = said(world)[-2:]
    assert isinstance(drawn, TieDrawn)
    assert (tallied.cause, drawn.key) == ("draw", world.tally().draw_key)  # type: ignore[attr-defined]
    assert (world.tally().result.unbroken_ties, world.tally().undecided) == ((), ())


def test_anyone_retraces_the_draw_of_a_tie(checked: AppliedWorld, beacon: Any) -> None:
    world = opened_round(scored_round(scoring_round(checked), EQUAL))
    draw = act(world, world.organiser, actions.announce_tie_draw, ref=world.ref, chain=beacon.chain)
    world.clock.move_to(draw.published_at)
    signature = beacon.sign(draw.beacon_round)
    act(world, world.organiser, actions.draw_tie, ref=world.ref, signature=signature, chain=beacon.chain)
    with reading(world.engine) as session:
        told = [logged.envelope for logged in reversed(log.entries(session, limit=200))]

    def wrong(kind: type[Entry], **changed: Any) -> list[str]:
        """What is found when the office had told that instead."""
        retold = [
            replace(one, entry=replace(one.entry, **changed)) if isinstance(one.entry, kind) else one for one in told
        ]
        return [problem.message for problem in tie_draw_problems(retold, beacon.chain)]

    number, other = draw.beacon_round, beacon.sign(draw.beacon_round + 1)
    taken = {"beacon_round": number + 1, "signature": other, "key": sha256(bytes.fromhex(other)).hexdigest()}
    assert wrong(TieDrawn) == []
    assert wrong(TieDrawn, signature=other) == ["This is not the signature of round %(number)s of %(beacon)s."]
    assert wrong(TieDrawn, key="0" * 64) == ["The key of the draw is not what the beacon published."]
    assert wrong(TieDrawn, **taken) == ["A draw used round %(n)s of the beacon, which was not announced."]
    assert wrong(TieDrawAnnounced, beacon="another") == ["The beacon “%(name)s” is not known here."]
    assert wrong(TieDrawAnnounced, at=draw.published_at + timedelta(seconds=3)) == [
        "Round %(n)s of the beacon is not published when the announcement says."
    ]
    told = [replace(one, at=draw.published_at) if isinstance(one.entry, TieDrawAnnounced) else one for one in told]
    assert wrong(TieDrawn) == ["Round %(n)s of the beacon was known when it was announced."]


def test_without_a_tie_no_draw_is_announced(opened: ScoringWorld) -> None:
    refused = refusal(opened, opened.organiser, actions.announce_tie_draw, ref=opened.ref)
    assert isinstance(refused, RuleBroken)


# --- the log and the tables ---------------------------------------------------------------------------------------


def findings(world: ScoringWorld) -> list[str]:
    load_steps()
    with reading(world.engine) as session:
        return [str(f) for f in audit(session, None).findings]


def test_the_audit_follows_every_act(opened: ScoringWorld) -> None:
    act(opened, opened.member("M1"), actions.correct_mark, **correction(opened))
    assert findings(opened) == []


@pytest.mark.parametrize(
    ("change", "table"),
    [
        (lambda: update(Sheet).values(ballot=Sheet.ballot + " "), "sheet"),
        (lambda: update(Sheet).values(voided_at=None, opened_at=None), "sheet"),
        (lambda: update(Correction).values(reason="Another."), "correction"),
        (lambda: update(Correction).values(calculation="5 + 4"), "correction"),
        (lambda: update(TallyRun).values(document=TallyRun.document + " "), "tally_run"),
        (lambda: update(TallyRun).values(cause="void"), "tally_run"),
    ],
)
def test_the_audit_sees_what_was_changed_behind_its_back(
    opened: ScoringWorld, change: Callable[[], Any], table: str
) -> None:
    act(opened, opened.member("M1"), actions.correct_mark, **correction(opened))
    with opened.engine.connect() as connection:
        connection.execute(change())
        connection.execute(text("COMMIT"))
    assert any(found.startswith(table) for found in findings(opened))


def test_an_actor_without_a_seat_reads_no_progress(sealed: ScoringWorld) -> None:
    for person in (sealed.member("M1"), sealed.applied.people.merchants[0]):
        with reading(sealed.engine) as session, pytest.raises(NotAllowed):
            queries.progress_of(session, actor=person.now(session), now=sealed.clock(), ref=sealed.ref)


def test_the_order_of_reading_prefers_what_has_the_fewest_sheets(scoring: ScoringWorld) -> None:
    for code in ("M3", "M4"):
        seal(scoring, code, 0)
    seal(scoring, "M3", 1)

    def offered(code: str) -> list[str]:
        with reading(scoring.engine) as session:
            actor: Actor = scoring.member(code).now(session)
            (tasks,) = queries.tasks_of(session, actor=actor, now=scoring.clock())
        return [task.application for task in tasks.tasks]

    assert offered("M1") == [scoring.refs[2], scoring.refs[1], scoring.refs[0]]
    assert offered("M5") == offered("M1")


# --- scoring again after an objection -----------------------------------------------------------------------------


def test_only_what_is_missing_is_scored_again(checked: AppliedWorld) -> None:
    """The round goes back to forming after the sheets were opened, and begins to score anew."""
    world = scored_round(scoring_round(checked), but=(("M3", 2),))
    closes = world.applied.round.course.scoring_closes
    assert closes is not None
    world.clock.move_to(closes)
    opened_round(world)
    with transaction(world.engine) as session:
        found = find_round(session, world.ref, lock=True)
        record(session, round=found, kind=Kind.REOPENED_FORMING, at=world.clock(), by=None)
        entry = RoundResumed(held_at=world.clock(), closes=None)  # stands for the ruling that sends the round back
        append(session, entry, now=world.clock(), actor=None, role=None, round_ref=world.ref)
    act(world, world.organiser, committee.begin_scoring, ref=world.ref)
    save(world, "M3", 2)
    refused = refusal(world, world.member("M1"), actions.save_sheet, ref=world.refs[0], entered=entered("M1", 0))
    assert isinstance(refused, RuleBroken)  # sealed and opened before
    seal(world, "M3", 2)
    opened_round(world)
    closed = [e for e in said(world) if isinstance(e, ScoresClosed)]
    assert [(e.sealed, e.missing) for e in closed] == [(14, 1), (1, 0)]
    assert world.tally().number == 2
    assert world.tally().result.placed(world.refs[2]).sheets == 5
