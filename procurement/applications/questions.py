"""Public questions on a call: what may be asked and answered, who reads what, and how long an answer may take.

Anybody asks while applications are open. The answer is due in the working days of the round's timetable, in public
with how they were counted. Question and answer are published together and
to everybody at once, so that no applicant knows more than another. Applications close by the clock alone; but
checking cannot be closed while a question is unanswered after its time.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from procurement.access import Actor, Permission, may
from procurement.applications.models import Question
from procurement.applications.rules import TOO_LONG
from procurement.errors import N_, NotFound, Problem
from procurement.masking import public_text_problems
from procurement.rounds import clocks
from procurement.rounds.clocks import Clock
from procurement.rounds.models import Round
from procurement.rounds.phases import Stop
from procurement.rounds.queries import course_of

TEXT = (10, 2000)
"""Shortest and longest question or answer, in characters."""


class Withheld(StrEnum):
    """Why a question is not published although it is answered."""

    PERSONAL = "personal"
    UNLAWFUL = "unlawful"
    OFF_TOPIC = "off_topic"


WITHHELD: Mapping[Withheld, str] = MappingProxyType(
    {
        Withheld.PERSONAL: N_("It contains something private about somebody"),
        Withheld.UNLAWFUL: N_("Its words are unlawful"),
        Withheld.OFF_TOPIC: N_("It is not about this call"),
    }
)


def check_text(text: str, field: str) -> list[Problem]:
    """Faults of a question or an answer."""
    if len(text.strip()) < TEXT[0]:
        return [Problem(N_("Write at least %(least)s characters."), {"least": TEXT[0]}, field)]
    if len(text) > TEXT[1]:
        return [Problem(TOO_LONG, {"limit": TEXT[1]}, field)]
    return public_text_problems(text, field)


@dataclass(frozen=True, slots=True)
class QuestionView:
    """A question as its reader may see it. `text` is None while it is not public, or withheld for the reason
    `withheld` (a source text). `clock` runs for the answer; `overdue` at the instant that asked."""

    ref: str
    number: int
    text: str | None
    asked_at: datetime
    clock: Clock
    answer: str | None
    answered_at: datetime | None
    withheld: str | None
    overdue: bool


def questions_of(session: Session, found: Round, *, actor: Actor, now: datetime) -> list[QuestionView]:
    """Every question of a round, oldest first. Who reads the round's files sees what is not public yet as well."""
    inside = may(actor, Permission.READ_ROUND_FILES, round_id=found.id)
    rows = session.scalars(select(Question).where(Question.round_id == found.id).order_by(Question.number))
    stops = course_of(session, found.id).stops
    return [_view(row, inside, stops, now) for row in rows]


def find_question(session: Session, found: Round, number: int, *, lock: bool = False) -> Question:
    """The row of a question. Raises NotFound."""
    wanted = select(Question).where(Question.round_id == found.id, Question.number == number)
    if lock:
        wanted = wanted.with_for_update().execution_options(populate_existing=True)
    row = session.scalars(wanted).one_or_none()
    if row is None:
        raise NotFound(N_("There is no such question."))
    return row


def question_view(session: Session, found: Round, number: int, *, actor: Actor, now: datetime) -> QuestionView:
    """One question. Raises NotFound."""
    inside = may(actor, Permission.READ_ROUND_FILES, round_id=found.id)
    return _view(find_question(session, found, number), inside, course_of(session, found.id).stops, now)


def next_number(session: Session, round_id: int) -> int:
    """The number of the next question; the round is locked by the caller."""
    return (session.scalar(select(func.max(Question.number)).where(Question.round_id == round_id)) or 0) + 1


def unanswered(session: Session, round_id: int) -> Sequence[Question]:
    """Questions without an answer, the one due first in front."""
    wanted = select(Question).where(Question.round_id == round_id, Question.answer.is_(None))
    return session.scalars(wanted.order_by(Question.due, Question.number)).all()


def overdue_problems(session: Session, round_id: int, *, now: datetime) -> list[Problem]:
    """Questions whose time is over and that are not answered: each one keeps checking from being closed."""
    stops = course_of(session, round_id).stops
    timed = [(row.ref, clock_of(row, stops, now)) for row in unanswered(session, round_id)]
    return [
        Problem(N_("Question %(ref)s should have been answered by %(due)s."), {"ref": ref, "due": clock.due})
        for ref, clock in timed
        if clock.overdue(now)
    ]


def clock_of(row: Question, stops: Iterable[Stop], now: datetime) -> Clock:
    """The clock that runs for the answer; `stops`: the holds of the round."""
    return clocks.running(row.counted, stops=stops, now=now)


def _view(row: Question, inside: bool, stops: Iterable[Stop], now: datetime) -> QuestionView:
    clock = clock_of(row, stops, now)
    public = row.answer is not None and row.withheld is None
    return QuestionView(
        ref=row.ref,
        number=row.number,
        text=row.text if public or inside else None,
        asked_at=row.asked_at,
        clock=clock,
        answer=row.answer,
        answered_at=row.answered_at,
        withheld=WITHHELD[Withheld(row.withheld)] if row.withheld is not None else None,
        overdue=row.answer is None and clock.overdue(now),
    )
