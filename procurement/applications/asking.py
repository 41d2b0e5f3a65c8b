"""Acts on public questions: ask, answer."""

from datetime import datetime

from sqlalchemy.orm import Session

from procurement.access import Actor, Permission, Role, require
from procurement.applications.entries import QuestionAnswered, QuestionAsked
from procurement.applications.models import Question
from procurement.applications.questions import (
    Withheld,
    check_text,
    find_question,
    next_number,
)
from procurement.errors import N_, WrongPhase, refuse_if
from procurement.publiclog.entry import digest_of
from procurement.publiclog.writing import append
from procurement.rounds import queries as rounds
from procurement.rounds.canonical import plain_text
from procurement.rounds.clocks import working_deadline
from procurement.rounds.phases import Phase


def ask(session: Session, *, actor: Actor, now: datetime, round_ref: str, text: str) -> str:
    """Ask a question on a call that is open; returns its reference. Who asks is kept nowhere."""
    require(actor, Permission.ASK)
    found = rounds.find_round(session, round_ref, lock=True, actor=actor)
    rounds.course_of(session, found.id).require(now, Phase.OPEN)
    text = plain_text(text)
    refuse_if(check_text(text, "text"))
    rules = rounds.rules_of(session, found.id)
    due, counted = working_deadline(rules, start=now, working_days=rules.timetable.question_working_days)
    number = next_number(session, found.id)
    question = Question(
        ref=f"{found.ref}-Q{number:03d}",
        round_id=found.id,
        number=number,
        text=text,
        asked_at=now,
        due=due,
        counted=counted,
    )
    session.add(question)
    append(
        session,
        QuestionAsked(question=question.ref, text=digest_of(text), due=due),
        now=now,
        actor=None,
        role=Role.VISITOR,
        round_ref=found.ref,
    )
    return question.ref


def answer(
    session: Session,
    *,
    actor: Actor,
    now: datetime,
    round_ref: str,
    number: int,
    text: str,
    withheld: Withheld | None = None,
) -> None:
    """Answer a question, for everybody at once. An answer is given once; what changes the call is an amendment.

    `withheld`: why the words of the question are not published.
    """
    found = rounds.find_round(session, round_ref, lock=True, actor=actor)
    require(actor, Permission.ANSWER_QUESTION, round_id=found.id)
    rounds.course_of(session, found.id).require(now, Phase.OPEN, Phase.CHECKING)
    question = find_question(session, found, number, lock=True)
    if question.answer is not None:
        raise WrongPhase(N_("This question was answered already."))
    text = plain_text(text)
    refuse_if(check_text(text, "answer"))
    question.answer, question.answered_at, question.answered_by_id = text, now, actor.user_id
    question.withheld = withheld.value if withheld is not None else None
    append(
        session,
        QuestionAnswered(question=question.ref, answer=digest_of(text), withheld=question.withheld),
        now=now,
        actor=actor,
        role=Role.ORGANISER,
        round_ref=found.ref,
    )
