"""Who hears of an act that moves a round, and what each is told: marks, rank, who was better, how to object."""

from datetime import timedelta
from fractions import Fraction

import pytest
from flask import Flask
from sqlalchemy import Engine, select, update

from config import Config
from procurement import mail
from procurement.access import VISITOR
from procurement.accounts.models import User
from procurement.db import reading, transaction
from procurement.errors import NotFound
from procurement.mail import Letter, Mail
from procurement.papers import debriefs
from procurement.papers.debriefs import Debrief
from procurement.papers.rules import Stage, ahead, compare
from procurement.rounds import actions as rounds
from procurement.rounds.rules import AbortReason, HoldLabel
from procurement.rounds.scoring_rule import Text
from tests.conftest import MovableClock
from tests.decisions.conftest import DecisionWorld, installation
from tests.visiting import Visitor, text_of
from tests.worlds.decisions import REASONS, work
from tests.worlds.objections import correcting, notice_closes, objected
from tests.worlds.people import Person
from tests.worlds.scoring import ScoringWorld


def letters(engine: Engine, config: Config, template: str, *, to: str = "") -> list[Letter]:
    """The letters made from a template, oldest first."""
    wanted = select(Mail).where(Mail.template == template).order_by(Mail.id)
    with reading(engine) as session:
        rows = session.scalars(wanted.where(Mail.address == to) if to else wanted).all()
        return [mail._letter(row, config) for row in rows]


def told(world: ScoringWorld, number: int, *, by: Person | None = None) -> Debrief:
    """The debrief of an application, for its merchant or for `by`."""
    with reading(world.engine) as session:
        who = (by or world.applied.merchants[number]).now(session)
        return debriefs.debrief_for(session, world.refs[number], actor=who, now=world.clock())


# --- results ------------------------------------------------------------------------------------------------------


def test_every_applicant_is_told_the_own_result(noticed: ScoringWorld, installed: Config) -> None:
    work(noticed, installed)
    sent = letters(noticed.engine, installed, "papers/result")
    # Opening and notice came to the worker together: one letter each, about what is the case now.
    assert [letter.address for letter in sent] == [person.email for person in noticed.applied.merchants]
    first, second, third = sent
    assert second.subject == f"Proposed result for “晒场红枣” ({noticed.refs[1]})"
    for line in ("- Rank 3 of 3", "- Total 60.25, from 4 score sheets", "- Outcome: not selected"):
        assert line in second.body.splitlines()
    assert (
        "石磨小米, 青石镇茶叶有限公司: selected, rank 1, total 75.80. Better than yours at: Quality, Service"
        in second.body
    )
    assert "(this is yours)" in first.body
    assert f"/en/debriefs/{noticed.refs[1]}" in second.body
    assert "Anybody may object to the proposed result until" in second.body
    for letter in sent:
        assert "张三丰" not in letter.body, "nobody reads the farmer's full name, also not the farmer by mail"
    assert "张**" in third.body
    work(noticed, installed)
    assert len(letters(noticed.engine, installed, "papers/result")) == 3


def test_the_same_in_chinese(noticed: ScoringWorld, installed: Config) -> None:
    with transaction(noticed.engine) as session:
        session.execute(update(User).values(language="zh"))
    work(noticed, installed)
    letter = letters(noticed.engine, installed, "papers/result")[1]
    assert letter.subject == f"“晒场红枣”的拟定结果（{noticed.refs[1]}）"
    for line in (
        "- 第3名，共3件参与排序",
        "- 总分60.25，依据4份评分表",
        "- 结果：未入选",
        "- 质量：5.875，满分10（权重60）",
    ):
        assert line in letter.body.splitlines()
    assert "入选，第1名，总分75.80。优于您的评审因素：质量、服务" in letter.body
    assert "任何人均可在2026年3月26日" in letter.body


def test_before_notice_nothing_is_said_of_a_deadline(opened: ScoringWorld) -> None:
    found = told(opened, 0)
    assert (found.stage, found.outcome, found.of) == (Stage.OPENED, "selected", 3)
    assert not found.window.open


def test_a_debrief_has_every_mark_with_its_reason(noticed: ScoringWorld) -> None:
    found = told(noticed, 1)
    assert found.line is not None
    assert (found.line.rank, found.line.total_text, found.line.sheets) == (3, "60.25", 4)
    quality = found.lines[0]
    assert [mark.absent for mark in quality.marks] == ["", "employment", "", "", ""], "M2 is recused"
    assert all(mark.reason for mark in quality.marks if not mark.absent)
    assert ahead(quality.others) == [noticed.refs[0], noticed.refs[2]]
    assert [other.outcome for other in found.selected] == ["selected", "reserve"]
    assert found.window.closes == notice_closes(noticed)


def test_only_the_applicant_and_the_office_read_a_debrief(noticed: ScoringWorld) -> None:
    for person in (noticed.applied.merchants[0], noticed.organiser, noticed.supervisor):
        assert told(noticed, 0, by=person).view.ref == noticed.refs[0]
    for person in (noticed.applied.merchants[1], noticed.members[0], noticed.applied.people.administrator):
        with pytest.raises(NotFound):
            told(noticed, 0, by=person)
    with reading(noticed.engine) as session, pytest.raises(NotFound):
        debriefs.debrief_for(session, noticed.refs[0], actor=VISITOR, now=noticed.clock())


def test_the_page_of_a_debrief(noticed: ScoringWorld, app: Flask, clock: MovableClock) -> None:
    visit = Visitor(noticed.applied.merchants[1].enter(app.test_client(), clock()))
    english = visit.get(f"/en/debriefs/{noticed.refs[1]}")
    assert english.headers["Cache-Control"] == "no-store"
    said = text_of(english)
    for words in ("3 of 3", "60.25", "employment", "Better here:", "Anybody may object to the proposed result until"):
        assert words in said
    assert "优于您的评审因素" in text_of(visit.get(f"/zh/debriefs/{noticed.refs[1]}"))
    visit.get(f"/en/debriefs/{noticed.refs[0]}", status=404)
    visit.get("/en/debriefs/R2099-001-A001", status=404)


def test_after_the_decision_the_letter_gives_the_reasons_and_the_remedies(decided: DecisionWorld) -> None:
    world, config = decided.scored, installation(decided.scored)
    work(world, config)
    second = letters(world.engine, config, "papers/result", to=world.applied.merchants[1].email)[-1]
    assert second.subject == f"Decision on “晒场红枣” ({world.refs[1]})"
    assert REASONS.en in second.body
    assert "Reasons of the members" in second.body
    assert "M2" not in second.body, "names are public now"
    assert "administrative reconsideration may be applied for within 60 days" in second.body
    assert "Anybody may object to the decision until" in second.body
    assert told(world, 0).stage is Stage.DECIDED
    world.clock.move_to(world.clock() + timedelta(days=60))
    assert not told(world, 0).window.open


def test_whoever_has_an_objection_open_hears_of_a_hold(noticed: ScoringWorld, installed: Config) -> None:
    ref = objected(noticed, correcting(noticed, 0, "M1", "quality", "5"))
    with transaction(noticed.engine) as session:
        rounds.hold(
            session,
            actor=noticed.supervisor.now(session),
            now=noticed.clock(),
            ref=noticed.ref,
            label=HoldLabel.REVIEW,
        )
    work(noticed, installed)
    held = letters(noticed.engine, installed, "papers/course")
    assert "li@example.org" in [letter.address for letter in held], f"{ref} is open, and its clock stands still"


# --- the course of a round ----------------------------------------------------------------------------------------


def test_a_hold_its_end_and_an_abort_are_told_to_everybody(opened: ScoringWorld, clock: MovableClock) -> None:
    config = installation(opened)
    work(opened, config)
    with transaction(opened.engine) as session:
        who = opened.supervisor.now(session)
        rounds.hold(session, actor=who, now=clock(), ref=opened.ref, label=HoldLabel.CLARIFICATION)
    work(opened, config)
    held = letters(opened.engine, config, "papers/course")
    expected = [person.email for person in (*opened.applied.merchants, *opened.members)]
    assert [letter.address for letter in held] == expected
    assert held[0].subject == f"The round {opened.ref} is on hold"
    assert "A matter is being clarified." in held[0].body
    clock.advance(days=2)
    with transaction(opened.engine) as session:
        rounds.resume(session, actor=opened.supervisor.now(session), now=clock(), ref=opened.ref)
        rounds.abort(
            session,
            actor=opened.organiser.now(session),
            now=clock(),
            ref=opened.ref,
            reason=AbortReason.UNFAIR,
            explanation=Text("The samples were mixed up.", "样品混淆。"),
        )
    work(opened, config)
    subjects = [letter.subject for letter in letters(opened.engine, config, "papers/course", to=expected[-1])]
    assert subjects == [
        f"The round {opened.ref} is on hold",
        f"The round {opened.ref} goes on",
        f"The round {opened.ref} ended without a selection",
    ]
    assert "The samples were mixed up." in letters(opened.engine, config, "papers/course")[-1].body
    assert len(letters(opened.engine, config, "papers/course", to=expected[0])) == 2, (
        "the end is told by another letter"
    )


# --- comparing ----------------------------------------------------------------------------------------------------


def test_comparing_with_the_others() -> None:
    others = {"A": (Fraction(8), "8"), "B": (Fraction(5), "5"), "C": (None, "")}
    better = compare(Fraction(6), others, lowest_wins=False)
    assert [(one.application, one.lead) for one in better] == [("A", 2), ("B", -1)]
    assert ahead(better) == ["A"]
    assert ahead(compare(Fraction(6), others, lowest_wins=True)) == ["B"]
    assert compare(None, others, lowest_wins=False) == ()
