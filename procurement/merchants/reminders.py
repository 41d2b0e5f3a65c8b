"""Letters that the clock calls for, each written once."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from procurement.merchants.models import Reminded


def reminded(session: Session, what: str, subjects: list[str]) -> set[str]:
    """Those of `subjects` of which the letter `what` was written already."""
    wanted = select(Reminded.subject).where(Reminded.what == what, Reminded.subject.in_(subjects))
    return set(session.scalars(wanted))


def note(session: Session, what: str, subject: str, now: datetime) -> None:
    """Note that the letter is written now. A second worker that does the same fails, and its letters with it."""
    session.add(Reminded(what=what, subject=subject, at=now))
    session.flush()
