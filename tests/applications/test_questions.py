"""Public questions: who asks and answers, when, what is public, and what an overdue one keeps from happening."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from procurement.access import VISITOR, Actor
from procurement.applications import actions, asking, questions
from procurement.applications.models import Question
from procurement.applications.questions import TEXT, Withheld, check_text
from procurement.db import reading, transaction
from procurement.errors import NotAllowed, NotFound, RuleBroken, WrongPhase
from procurement.publiclog.entry import digest_of, unseal
from procurement.publiclog.models import LogEntry
from procurement.rounds import actions as round_actions
from procurement.rounds import queries as rounds
from procurement.rounds.rules import HoldLabel
from tests.conftest import MovableClock
from tests.visiting import Visitor, text_of
from tests.worlds.applications import applied_round, close_applications, judge
from tests.worlds.people import people
from tests.worlds.rounds import RoundWorld, published_round

ASKED = "Does a blend of two harvests count as one product?"
ANSWERED = "Yes, when both harvests are named on the label."


@pytest.fixture
def world(engine: Engine, clock: MovableClock) -> RoundWorld:
    return published_round(people(engine, clock()), clock)


def write(world: RoundWorld, act: Callable[[Session], Any]) -> Any:
    with transaction(world.engine) as session:
        return act(session)


def ask(world: RoundWorld, actor: Actor = VISITOR, text: str = ASKED) -> str:
    ref: str = write(world, lambda s: asking.ask(s, actor=actor, now=world.clock(), round_ref=world.ref, text=text))
    return ref


def answer(world: RoundWorld, actor: Actor, *, text: str = ANSWERED, withheld: Withheld | None = None) -> None:
    write(
        world,
        lambda s: asking.answer(
            s, actor=actor, now=world.clock(), round_ref=world.ref, number=1, text=text, withheld=withheld
        ),
    )


def due(world: RoundWorld) -> datetime:
    """When the answer is due; the clock must be running."""
    found = view(world).clock.due
    assert found is not None
    return found


def view(world: RoundWorld, actor: Actor = VISITOR) -> questions.QuestionView:
    with reading(world.engine) as session:
        found = rounds.find_round(session, world.ref)
        return questions.questions_of(session, found, actor=actor, now=world.clock())[0]


def entries(world: RoundWorld) -> list[Any]:
    with reading(world.engine) as session:
        bodies = session.scalars(select(LogEntry.body).order_by(LogEntry.idx)).all()
    return [e for body in bodies if (e := unseal(body)).entry.kind.startswith("question.")]


@pytest.mark.parametrize(
    ("length", "accepted"), [(TEXT[0] - 1, False), (TEXT[0], True), (TEXT[1], True), (TEXT[1] + 1, False)]
)
def test_lengths(length: int, accepted: bool) -> None:
    assert (check_text("x" * length, "text") == []) is accepted


def test_anybody_asks_and_nobody_is_named(world: RoundWorld) -> None:
    assert ask(world) == f"{world.ref}-Q001"
    assert ask(world, world.people.merchants[0].actor) == f"{world.ref}-Q002"
    first, second = entries(world)
    assert first.entry.text == digest_of(ASKED)
    assert first.by.person is None
    assert second.by.person is None
    assert second.by.role == "visitor"


def test_the_answer_is_due_in_three_working_days_of_the_round(world: RoundWorld) -> None:
    ask(world)
    found = view(world)
    assert found.clock.counted["days"] == 3
    assert due(world).isoformat() == "2026-03-05T16:00:00+00:00"  # midnight in Shanghai after Thursday 5 March
    world.clock.move_to(due(world) - timedelta(microseconds=1))
    assert not view(world).overdue
    world.clock.move_to(due(world))
    assert view(world).overdue


def test_a_hold_stops_the_clock_of_a_question(world: RoundWorld) -> None:
    ask(world)
    before = due(world)
    world.clock.move_to(before - timedelta(microseconds=1))
    supervisor = world.people.supervisor
    write(
        world,
        lambda s: round_actions.hold(
            s, actor=supervisor.now(s), now=world.clock(), ref=world.ref, label=HoldLabel.CLARIFICATION
        ),
    )
    world.clock.advance(days=1)
    held = view(world)
    assert (held.clock.due, held.clock.left, held.overdue) == (None, 1, False)
    write(world, lambda s: round_actions.resume(s, actor=supervisor.now(s), now=world.clock(), ref=world.ref))
    # Thursday and Friday were touched by the hold: the third day is Monday
    assert due(world) == before + timedelta(days=4)
    world.clock.move_to(due(world))
    assert view(world).overdue


def test_the_question_is_public_with_its_answer_only(world: RoundWorld) -> None:
    ask(world)
    assert view(world).text is None
    assert view(world, world.people.merchants[0].actor).text is None
    assert view(world, world.people.organiser.actor).text == ASKED
    answer(world, world.people.organiser.actor)
    told = view(world)
    assert (told.text, told.answer, told.withheld) == (ASKED, ANSWERED, None)
    assert entries(world)[-1].entry.answer == digest_of(ANSWERED)


def test_the_words_of_a_question_can_be_withheld_with_a_ground_but_not_its_answer(world: RoundWorld) -> None:
    ask(world, text="Why does Mr Zhang of number 7 owe me money?")
    answer(world, world.people.organiser.actor, withheld=Withheld.PERSONAL)
    told = view(world)
    assert told.text is None
    assert told.withheld == questions.WITHHELD[Withheld.PERSONAL]
    assert told.answer == ANSWERED
    assert entries(world)[-1].entry.withheld == "personal"


def test_who_answers_and_how_often(world: RoundWorld) -> None:
    ask(world)
    for person in (world.people.supervisor, world.people.second_organiser, world.people.merchants[0]):
        with pytest.raises(NotAllowed):
            answer(world, person.actor)
    with pytest.raises(RuleBroken):
        answer(world, world.people.organiser.actor, text="No.")
    answer(world, world.people.organiser.actor)
    with pytest.raises(WrongPhase):
        answer(world, world.people.organiser.actor)
    assert len(entries(world)) == 2


def test_an_unknown_question_is_not_found(world: RoundWorld) -> None:
    with pytest.raises(NotFound):
        answer(world, world.people.organiser.actor)


def test_questions_end_with_the_call(world: RoundWorld) -> None:
    closes = world.course.applications_close
    assert closes is not None
    world.clock.move_to(closes - timedelta(microseconds=1))
    ask(world)
    world.clock.move_to(closes)
    with pytest.raises(WrongPhase):
        ask(world)
    answer(world, world.people.organiser.actor)
    assert len(entries(world)) == 2


def test_checking_cannot_be_closed_while_a_question_is_overdue(world: RoundWorld) -> None:
    applied = applied_round(world)
    closes = world.course.applications_close
    assert closes is not None
    world.clock.move_to(closes - timedelta(minutes=1))
    ask(world)
    close_applications(applied)
    for number in range(3):
        judge(applied, number)

    def close() -> None:
        write(
            world,
            lambda s: actions.close_checking(
                s, actor=world.people.organiser.now(s), now=world.clock(), round_ref=world.ref
            ),
        )

    world.clock.move_to(due(world))
    with pytest.raises(RuleBroken, match="Q001"):
        close()
    answer(world, world.people.organiser.actor)
    close()
    assert world.course.checking_closed == world.clock()


def test_a_draft_round_takes_no_questions(world: RoundWorld) -> None:
    with pytest.raises(NotFound):
        write(world, lambda s: asking.ask(s, actor=VISITOR, now=world.clock(), round_ref="R2026-999", text=ASKED))
    with reading(world.engine) as session:
        assert session.scalars(select(Question)).all() == []


def test_asking_and_answering_in_pages(app: Flask, world: RoundWorld) -> None:
    visitor = Visitor(app.test_client())
    page = f"/en/rounds/{world.ref}/questions"
    assert "Nobody has asked anything yet." in text_of(visitor.get(page))
    assert "at least 10 characters" in visitor.send(page, status=422, text="Why?").text
    visitor.send(page, status=303, text=ASKED)
    shown = text_of(visitor.get(page))
    assert ASKED not in shown
    assert "Answer due" in shown
    assert "Counted as 3 working days" in shown
    organiser = Visitor(world.people.organiser.enter(app.test_client(), world.clock()))
    assert ASKED in organiser.get(page).text
    assert "1 questions wait for an answer." in text_of(organiser.get(f"/en/rounds/{world.ref}/board"))
    organiser.send(f"{page}/1", status=303, answer=ANSWERED, withheld="")
    told = text_of(visitor.get(page))
    assert ASKED in told
    assert ANSWERED in told
    visitor.get(f"{page}/1", status=303)
    Visitor(world.people.merchants[0].enter(app.test_client(), world.clock())).get(f"{page}/1", status=403)
