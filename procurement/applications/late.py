"""What of this step the office did not do in its time: answer a question, check the applications."""

from collections.abc import Iterator, Mapping
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from procurement.access import Role
from procurement.applications.models import Question
from procurement.errors import N_
from procurement.rounds import clocks
from procurement.rounds.overdue import Late, Watched, finds_late, late
from procurement.rounds.phases import Kind


@finds_late
def late_answers(session: Session, watched: Mapping[int, Watched], now: datetime) -> Iterator[Late]:
    """Public questions that were answered late, or are not."""
    for row in session.scalars(select(Question).order_by(Question.id)):
        found = watched[row.round_id]
        yield from late(
            found,
            row.counted,
            code="question",
            what=N_("Answer to a public question"),
            about=row.ref,
            role=Role.ORGANISER,
            endpoint="applications.questions",
            values={"ref": found.ref},
            done_at=row.answered_at,
            now=now,
        )


@finds_late
def late_checks(_: Session, watched: Mapping[int, Watched], now: datetime) -> Iterator[Late]:
    """Rounds whose applications were not checked within the days that the rules foresee."""
    for found in watched.values():
        closes = found.course.applications_close
        if closes is None or now < closes or found.course.standing == "applications_close":
            continue
        days = found.document.timetable.checking_working_days
        yield from late(
            found,
            clocks.working_deadline(found.document, start=closes, working_days=days)[1],
            code="check",
            what=N_("Check of the applications"),
            about=found.ref,
            role=Role.ORGANISER,
            endpoint="portal.applications_page",
            values={"ref": found.ref},
            done_at=found.first(Kind.CHECKING_CLOSED),
            now=now,
        )
