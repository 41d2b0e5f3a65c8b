"""What the office did not do in its time, over all rounds: who had to, how the time was counted, how late it is.

Each step contributes, without this one importing it:

    @finds_late
    def late_answers(session: Session, watched: Mapping[int, Watched], now: datetime) -> Iterator[Late]: ...

in its own `late.py`, which its views import. What was done late stays in the list for good, as history.
"""

import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from procurement.access import Role
from procurement.rounds import clocks
from procurement.rounds.clocks import Clock, Counted
from procurement.rounds.models import Milestone, Round, RoundRules
from procurement.rounds.phases import Course, Kind, Stop
from procurement.rounds.rules import RoundDocument
from procurement.rounds.scoring_rule import Text
from procurement.workdays import local_date


@dataclass(frozen=True)
class Watched:
    """A published round and what happened in it, oldest first."""

    id: int
    ref: str
    title: Text
    milestones: tuple[Milestone, ...]
    rules: str

    @cached_property
    def course(self) -> Course:
        """What the milestones say."""
        return Course.of(self.milestones)

    @cached_property
    def document(self) -> RoundDocument:
        """The rules in force."""
        return RoundDocument.from_json(json.loads(self.rules))

    @property
    def over(self) -> datetime | None:
        """Since when nothing more is expected in the round."""
        ends = [at for at in (self.course.aborted, self.course.closed) if at is not None]
        return min(ends, default=None)

    def first(self, kind: Kind, since: datetime | None = None) -> datetime | None:
        """When a milestone of that kind was first recorded, at `since` or after it."""
        times = (m.at for m in self.milestones if m.kind == kind and (since is None or m.at >= since))
        return next(times, None)


@dataclass(frozen=True, slots=True)
class Late:
    """Something that was not done when its time was over. `what`: a source text; `about`: the reference of what it is
    about; `clock`: of its time, as it stood when it was done, or stands; `done_at`: when it was done after all;
    `ended_at`: when the round ended without it. The page about it: `endpoint` with `values`."""

    code: str
    what: str
    about: str
    round_ref: str
    title: Text
    role: Role
    clock: Clock
    due: datetime
    done_at: datetime | None
    ended_at: datetime | None
    zone: str
    endpoint: str
    values: Mapping[str, str]

    @property
    def waits(self) -> bool:
        """Whether it is still to be done."""
        return self.done_at is None and self.ended_at is None

    def days(self, now: datetime) -> int:
        """How many days it is late, or was: 1 from the first instant after its last day."""
        zone = ZoneInfo(self.zone)
        return (local_date(self.done_at or self.ended_at or now, zone) - local_date(self.due, zone)).days + 1


def late(
    watched: Watched,
    counted: Counted,
    *,
    code: str,
    what: str,
    about: str,
    role: Role,
    endpoint: str,
    values: Mapping[str, str],
    done_at: datetime | None,
    now: datetime,
    stops: Iterable[Stop] = (),
    outlives: bool = False,
) -> Iterator[Late]:
    """The period `counted` if it was over before what it was for was done. `stops`: of its own, besides the holds of
    the round; `outlives`: it is owed also when the round has ended."""
    over = None if outlives or done_at is not None else watched.over
    at = done_at or over or now
    clock = clocks.running(counted, stops=(*watched.course.stops, *stops), now=at)
    if clock.due is None or not clock.overdue(at):
        return
    yield Late(
        code=code,
        what=what,
        about=about,
        round_ref=watched.ref,
        title=watched.title,
        role=role,
        clock=clock,
        due=clock.due,
        done_at=done_at,
        ended_at=over,
        zone=counted["zone"],
        endpoint=endpoint,
        values=values,
    )


Find = Callable[[Session, Mapping[int, Watched], datetime], Iterable[Late]]
_FINDS: list[Find] = []


def finds_late(find: Find) -> Find:
    """Let `find` contribute to the register. It is handed every published round by its id and asks the same number of
    questions whatever their number."""
    if find not in _FINDS:
        _FINDS.append(find)
    return find


def watched_rounds(session: Session) -> dict[int, Watched]:
    """Every published round by its id, in three statements."""
    milestones: dict[int, list[Milestone]] = defaultdict(list)
    for milestone in session.scalars(select(Milestone).order_by(Milestone.id)):
        milestones[milestone.round_id].append(milestone)
    versions = session.execute(select(RoundRules.round_id, RoundRules.document).order_by(RoundRules.version))
    rules: dict[int, str] = {round_id: text for round_id, text in versions}  # noqa: C416 (a row is no pair to mypy)
    return {
        row.id: Watched(row.id, row.ref, Text(row.title_en, row.title_zh), tuple(milestones[row.id]), rules[row.id])
        for row in session.scalars(select(Round).where(Round.id.in_(rules)).order_by(Round.id))
    }


@dataclass(frozen=True, slots=True)
class Register:
    """`waiting`: what is overdue now, the latest in front; `past`: what was done late, or never before the round
    ended, newest first."""

    waiting: tuple[Late, ...]
    past: tuple[Late, ...]


def register_of(session: Session, *, now: datetime) -> Register:
    """Everything that the office missed."""
    watched = watched_rounds(session)
    found = [one for find in _FINDS for one in find(session, watched, now)]
    waiting = sorted((one for one in found if one.waits), key=lambda one: (one.due, one.about, one.code))
    past = [one for one in found if not one.waits]
    past.sort(key=lambda one: (one.done_at or one.ended_at or now, one.about, one.code), reverse=True)
    return Register(tuple(waiting), tuple(past))
