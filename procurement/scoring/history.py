"""Earlier selections, asked of the step that decides.

Deciding comes after scoring and may use it, never the other way; so it makes itself known here (`tells_history`).
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session


@dataclass(frozen=True, slots=True)
class Decided:
    """A decided round. `merchants`: references of those of which something was selected."""

    round_ref: str
    merchants: frozenset[str]


History = Callable[[Session, datetime], list[Decided]]
"""The rounds whose decisions were in force at an instant, in the order in which they were decided."""

_told: list[History] = []


def tells_history(history: History) -> History:
    """Make `history` the one that is asked. There is one step that decides."""
    if _told and history not in _told:
        raise RuntimeError("earlier selections are told by one step only")
    _told[:] = [history]
    return history


def decided_before(session: Session, at: datetime) -> list[Decided]:
    """See History. RuntimeError where no step has made itself known: then nothing could be told of earlier rounds."""
    if not _told:
        raise RuntimeError("no step tells of earlier selections")
    return _told[0](session, at)
