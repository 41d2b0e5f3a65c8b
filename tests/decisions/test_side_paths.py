"""Ways that a round takes beside the straight one, each walked by real acts; afterwards the record holds."""

from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError

from procurement import storage
from procurement.applications.queries import applications_of, is_own
from procurement.committee.recusing import Outcome as Asked
from procurement.db import reading, transaction
from procurement.decisions import actions, queries
from procurement.decisions.actions import Choice
from procurement.decisions.document import Effect, Ordered, Outcome
from procurement.decisions.entries import DecisionPublished, DecisionWithdrawn
from procurement.errors import RuleBroken, WrongPhase
from procurement.evidence.bundle import unpack
from procurement.evidence.check import check
from procurement.evidence.facts import Outcome as Held
from procurement.evidence.facts import Policy
from procurement.evidence.pdf_reading import read_pdf
from procurement.mail import Mail, letter_by_key
from procurement.objections.outside import Outcome as Outside
from procurement.objections.queries import papers_of
from procurement.objections.rules import Detail, Ground, Remedy, Step, Target
from procurement.objections.rules import Effect as Ruled
from procurement.portal.queries import decisions_of
from procurement.publiclog import audit
from procurement.publiclog.keys import verifier_of
from procurement.rounds.phases import Phase
from procurement.signing import Standing
from tests.decisions.conftest import DecisionWorld, installation
from tests.evidence.conftest import gathered
from tests.objections.test_conflicts import ask, decide, find, phase, said
from tests.worlds.decisions import choice, drawn_up, published, sealed
from tests.worlds.decisions import signed as sign_all
from tests.worlds.objections import (
    against_result,
    answered,
    correcting,
    decided_outside,
    escalated,
    give_notice,
    held,
    notice,
    notice_closes,
    objected,
    order,
    paused,
    resumed,
    ruled,
    substituted,
    suspended,
    view,
)
from tests.worlds.scoring import ScoringWorld


def holds(world: ScoringWorld, folder: Path) -> None:
    """What stands in the tables follows from the log, and the evidence file bears the course out."""
    audit.load_steps()
    with reading(world.engine) as session:
        # Setting a decision needs a signed checkpoint, so the audit is given the log's key.
        assert audit.audit(session, verifier_of(installation(world))).findings == []
    bundle = unpack(gathered(world, folder, storage.store(installation(world))))
    report = check(bundle, Policy(pdf=lambda pdf: read_pdf(pdf, roots=[], now=world.clock())))
    assert [
        (fact.code, [str(one) for one in fact.details]) for fact in report.facts if fact.outcome is Held.FAILS
    ] == []


def lowered(world: ScoringWorld, value: str = "3") -> str:
    """An upheld objection lowers M3's mark of the first product: it stays first, by half a point."""
    ref = answered(world, objected(world, correcting(world, 0, "M3", "quality", value)))
    effect = Ruled(Remedy.CORRECT_SCORE, Detail(world.refs[0], "M3", "quality", Decimal(value)))
    ruled(world, ref, Step.UPHELD, effect)
    return ref


def test_a_correction_that_leaves_the_order_does_not_keep_the_round_from_being_decided(
    noticed: ScoringWorld, tmp_path: Path
) -> None:
    before = order(noticed)
    lowered(noticed)
    noticed.clock.move_to(notice_closes(noticed))
    assert (order(noticed), phase(noticed)) == (before, Phase.DECIDING)
    ref = drawn_up(noticed)
    with reading(noticed.engine) as session:
        document = queries.decision_of(session, noticed.id, now=noticed.clock())
        drawing = queries.drawing_of(session, noticed.ref, actor=noticed.organiser.actor, now=noticed.clock())
    assert document is None
    assert (drawing.instead_of, drawing.facts.result.number) == (ref, noticed.tally().number)
    holds(noticed, tmp_path)


def test_a_conflict_found_while_it_is_decided_withdraws_the_decision(noticed: ScoringWorld, tmp_path: Path) -> None:
    """A changed order goes back on notice for its full period; the decision that was drawn up is not published."""
    lowered(noticed)
    noticed.clock.move_to(notice_closes(noticed))
    first, given = order(noticed)[0], notice(noticed)
    ref = drawn_up(noticed)
    request = find(noticed, "M4", 0).ref
    assert order(noticed)[0] != first
    assert phase(noticed) is Phase.OPENED
    assert said(noticed, DecisionWithdrawn) == [DecisionWithdrawn(decision=ref, cause=request)]
    with reading(noticed.engine) as session:
        assert queries.decision_in_work(session, noticed.id) is None
    again = give_notice(noticed)
    assert (again.number, given.number) == (2, 1)
    assert again.closes_at > given.closes_at
    noticed.clock.move_to(again.closes_at)
    assert phase(noticed) is Phase.DECIDING
    assert drawn_up(noticed) != ref
    holds(noticed, tmp_path)


def test_a_conflict_that_changes_no_place_withdraws_the_decision_and_leaves_the_notice(
    deciding: ScoringWorld, tmp_path: Path
) -> None:
    ref, given = drawn_up(deciding), notice(deciding)
    find(deciding, "M5", 2)
    assert [entry.decision for entry in said(deciding, DecisionWithdrawn)] == [ref]
    assert (phase(deciding), notice(deciding)) == (Phase.DECIDING, given)
    assert drawn_up(deciding).endswith("-D2")
    holds(deciding, tmp_path)


def test_who_was_asked_to_sign_is_told_that_there_is_nothing_to_sign(made: DecisionWorld) -> None:
    """Members only: the officers had not been asked yet."""
    world = made.scored
    find(world, "M5", 2)
    with reading(world.engine) as session:
        letters = session.scalars(select(Mail).where(Mail.template == "decisions/withdrawn")).all()
    assert [letter.address for letter in letters] == [person.email for person in world.members]
    assert {letter.about for letter in letters} == {made.ref}
    with reading(world.engine) as session:
        kept = letter_by_key(session, installation(world), letters[0].key)
    assert kept is not None
    assert kept.letter.subject == f"Decision {made.ref} was withdrawn: there is nothing to sign"
    assert f"/en/rounds/{world.ref}" in kept.letter.body


def test_what_changes_nothing_leaves_the_decision(deciding: ScoringWorld) -> None:
    """A dismissed request freezes the award meanwhile, and no more."""
    drawn_up(deciding)
    request = ask(deciding, "M1", 0, by=deciding.member("M1"))
    assert phase(deciding) is Phase.RULING
    with pytest.raises(WrongPhase):
        drawn_up(deciding)
    decide(deciding, request, Asked.DISMISSED)
    assert (phase(deciding), said(deciding, DecisionWithdrawn)) == (Phase.DECIDING, [])


def test_an_objection_upheld_during_a_hold_after_a_late_recusal(noticed: ScoringWorld, tmp_path: Path) -> None:
    ref = answered(noticed, objected(noticed, correcting(noticed, 0, "M3", "quality", "3")))
    find(noticed, "M5", 0)
    noticed.clock.advance(hours=1)
    held(noticed)
    noticed.clock.advance(hours=1)
    effect = Ruled(Remedy.CORRECT_SCORE, Detail(noticed.refs[0], "M3", "quality", Decimal(3)))
    ruled(noticed, ref, Step.UPHELD, effect)
    assert phase(noticed) is Phase.HELD
    before = notice_closes(noticed)
    noticed.clock.advance(days=1)
    resumed(noticed)
    if phase(noticed) is Phase.OPENED:  # the order changed: another notice, for its full period
        assert give_notice(noticed).closes_at > before
    noticed.clock.move_to(notice_closes(noticed))
    assert phase(noticed) is Phase.DECIDING
    drawn_up(noticed)
    holds(noticed, tmp_path)


def test_a_selected_merchant_gives_up_while_a_complaint_is_before_the_authority(
    noticed: ScoringWorld, tmp_path: Path
) -> None:
    first, reserve = order(noticed)[:2]
    ref = answered(noticed, objected(noticed, against_result(Remedy.EXCLUDE, Detail(first))))
    ruled(noticed, ref, Step.DISMISSED)
    escalated(noticed, ref)
    other = substituted(noticed, ref, noticed.applied.people.second_supervisor)
    suspended(noticed, ref, other)
    noticed.clock.move_to(notice_closes(noticed))
    assert phase(noticed) is Phase.RULING
    with reading(noticed.engine) as session:
        merchant = next(
            one
            for one in noticed.applied.merchants
            if is_own(session, one.now(session), _merchant_of(noticed, first))
        )
    with transaction(noticed.engine) as session:
        actions.give_up(
            session,
            actor=merchant.now(session),
            now=noticed.clock(),
            application_ref=first,
            reason="We cannot deliver as many as we offered.",
        )
    decided_outside(noticed, ref, other, Outside.DISMISSED)
    assert phase(noticed) is Phase.DECIDING
    with reading(noticed.engine) as session:
        drawing = queries.drawing_of(session, noticed.ref, actor=noticed.organiser.actor, now=noticed.clock())
    assert {line.application: line.by_rule for line in drawing.ranking}[reserve] is Outcome.SELECTED
    ref = sealed(noticed, installation(noticed))
    with reading(noticed.engine) as session:
        assert queries.find_decision(session, ref).file_digest is not None, "the stop has its words in the document"
    holds(noticed, tmp_path)


def _merchant_of(world: ScoringWorld, ref: str) -> int:
    with reading(world.engine) as session:
        views = applications_of(session, world.id, now=world.clock())
    return next(one.merchant_id for one in views if one.ref == ref)


def test_a_hold_during_a_pause_gives_back_both(noticed: ScoringWorld, tmp_path: Path) -> None:
    ref = answered(noticed, objected(noticed, correcting(noticed, 0, "M1", "quality", "8.5")))
    due = view(noticed, ref).due
    assert due is not None
    paused(noticed, ref, days=3)
    noticed.clock.advance(days=1)
    held(noticed)
    standing = view(noticed, ref)
    assert standing.due is None
    pause = standing.pause(noticed.clock())
    assert pause is not None
    assert pause.clock.due is None, "the pause itself stands still while the round is held"
    noticed.clock.advance(days=7)
    resumed(noticed)
    assert view(noticed, ref).due is None, "the pause goes on after the hold"
    ends = view(noticed, ref).pauses[0].clock.due
    assert ends is not None
    noticed.clock.move_to(ends)
    later = view(noticed, ref)
    assert later.pause(noticed.clock()) is None
    assert later.due is not None
    assert later.due > max(due, ends)
    ruled(noticed, ref, Step.DISMISSED)
    holds(noticed, tmp_path)


def annulment_ordered(world: ScoringWorld) -> str:
    """An upheld objection against the decision orders that it be annulled."""
    filing = replace(against_result(Remedy.ANNUL, Detail()), target=Target.DECISION, ground=Ground.PROCEDURE_BROKEN)
    ref = answered(world, objected(world, filing))
    ruled(world, ref, Step.UPHELD, Ruled(Remedy.ANNUL))
    return ref


def made_public(world: ScoringWorld, made: Choice) -> str:
    """Drawn up, sealed, signed by everybody and published."""
    config = installation(world)
    ref = sealed(world, config, made)
    sign_all(world, config, ref)
    return published(world)


def test_an_ordered_annulment_cites_the_ruling_and_comes_before_a_new_decision(
    decided: DecisionWorld, tmp_path: Path
) -> None:
    world, first = decided.scored, decided.ref
    amending = choice(world, effect=Effect.AMENDED)
    withdrawn = drawn_up(world, amending)
    ref = annulment_ordered(world)
    assert said(world, DecisionWithdrawn) == [DecisionWithdrawn(decision=withdrawn, cause=ref)]
    with pytest.raises(RuleBroken, match="orders that the decision be annulled"):
        drawn_up(world, amending)
    with reading(world.engine) as session:
        drawing = queries.drawing_of(session, world.ref, actor=world.organiser.actor, now=world.clock())
        paper = papers_of(session, ref)[-1]
    assert drawing.effects == (Effect.ANNULLED,)
    second = made_public(world, replace(amending, effect=Effect.ANNULLED, outcomes={}))
    assert world.applied.round.course.ordered_annulments == frozenset()
    third = made_public(world, amending)
    with reading(world.engine) as session:
        views = [queries.published_decision(session, one, now=world.clock()) for one in (first, second, third)]
        afters = [queries.aftermath_of(session, one, now=world.clock()) for one in views]
        rows = decisions_of(session, world.id)
    assert views[1].document["ordered_by"] == [{"objection": ref, "authority": False, "ruling": paper.sha256}]
    assert views[2].document["ordered_by"] == []
    assert [one.standing for one in views] == [Standing.ANNULLED, Standing.SUPERSEDED, Standing.IN_FORCE]
    assert [(row.ref, row.standing, row.by) for row in rows] == [
        (third, Standing.IN_FORCE, None),
        (second, Standing.SUPERSEDED, third),
        (first, Standing.ANNULLED, second),
    ]
    assert {one.in_force for one in afters} == {third}
    assert [one.window is not None for one in afters] == [False, False, True]
    assert [entry.supersedes for entry in said(world, DecisionPublished)] == [None, first, second]
    holds(world, tmp_path)


def test_an_annulment_that_the_authority_orders_cites_it(decided: DecisionWorld) -> None:
    world = decided.scored
    filing = replace(against_result(Remedy.ANNUL, Detail()), target=Target.DECISION, ground=Ground.PROCEDURE_BROKEN)
    ref = answered(world, objected(world, filing))
    ruled(world, ref, Step.DISMISSED)
    escalated(world, ref)
    other = substituted(world, ref, world.applied.people.second_supervisor)
    decided_outside(world, ref, other, Outside.UPHELD, Ruled(Remedy.ANNUL))
    with reading(world.engine) as session:
        drawing = queries.drawing_of(session, world.ref, actor=world.organiser.actor, now=world.clock())
        paper = papers_of(session, ref)[-1]
    assert drawing.facts.ordered_by == (Ordered(ref, authority=True, ruling=paper.sha256),)


def test_the_page_of_a_decision_tells_of_open_objections_against_it(decided: DecisionWorld) -> None:
    world = decided.scored
    filing = replace(against_result(Remedy.ANNUL, Detail()), target=Target.DECISION, ground=Ground.PROCEDURE_BROKEN)
    ref = objected(world, filing)
    with reading(world.engine) as session:
        view_ = queries.published_decision(session, decided.ref, now=world.clock())
        after = queries.aftermath_of(session, view_, now=world.clock())
    assert (after.in_force, after.objections) == (decided.ref, (ref,))
    assert after.window is not None


def test_a_decision_supersedes_one_of_its_own_round_only(decided: DecisionWorld) -> None:
    world = decided.scored
    with pytest.raises(IntegrityError), world.engine.begin() as connection:
        connection.execute(text("UPDATE decision SET supersedes_id = id + 1000"))
