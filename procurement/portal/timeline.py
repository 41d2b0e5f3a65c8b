"""A round's way from the call to the decision, as the public sees it. Pure.

Six steps, of which at most one is current. A hold and an end without selection are told beside the timeline: they are
no steps.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Literal

from procurement.errors import N_
from procurement.rounds.phases import Course, Phase
from procurement.rounds.rules import DayUnit, Timetable

State = Literal["done", "current", "future"]


@dataclass(frozen=True, slots=True)
class Step:
    """One step. `begins` and `ends` where they are known; `deadline`: the end is set by the clock, not by an act;
    `say` is a marked text with `params`."""

    title: str
    state: State
    begins: datetime | None = None
    ends: datetime | None = None
    say: str = ""
    params: Mapping[str, Any] = field(default_factory=dict)
    deadline: bool = False


_PLACE = {
    Phase.OPEN: 0,
    Phase.CHECKING: 1,
    Phase.FORMING: 2,
    Phase.SCORING: 3,
    Phase.OPENED: 4,
    Phase.NOTICE: 4,
    Phase.RULING: 4,
    Phase.DECIDING: 5,
}


def running_phase(course: Course, now: datetime) -> Phase:
    """The phase, of a held round the one in which it was held, of an aborted one the one that it had reached."""
    stopped = course.aborted or course.held
    if stopped is None:
        return course.phase_at(now)
    return replace(course, aborted=None, held=None).phase_at(min(stopped, now))


def steps_of(course: Course, timetable: Timetable, now: datetime) -> list[Step]:
    """The six steps of a published round at `now`."""
    phase = running_phase(course, now)
    here = _PLACE.get(phase, 6)
    stopped = course.aborted is not None

    def state(place: int) -> State:
        if place < here:
            return "done"
        return "current" if place == here and not stopped else "future"

    return [
        Step(N_("Applications"), state(0), course.published, course.applications_close, deadline=True),
        Step(
            N_("Eligibility check"),
            state(1),
            course.applications_close if here >= 1 else None,
            course.checking_closed,
            N_("Every application gets a verdict with its reason."),
        ),
        Step(
            N_("Committee"),
            state(2),
            course.checking_closed,
            course.scoring_began,
            N_("Members declare their interests; who has one does not score."),
        ),
        Step(
            N_("Scoring"),
            state(3),
            course.scoring_began,
            course.scores_opened or course.scoring_closes,
            N_("Members score alone; all marks are opened at once."),
            deadline=course.scores_opened is None,
        ),
        Step(
            N_("Public notice"),
            state(4),
            course.notice_given,
            course.notice_closes,
            *_notice(phase, timetable),
            deadline=True,
        ),
        Step(
            N_("Decision"),
            state(5),
            course.decided,
            None,
            N_("Signed, published and open to checking.") if course.decided else N_("When nothing is open any more."),
        ),
    ]


def _notice(phase: Phase, timetable: Timetable) -> tuple[str, Mapping[str, Any]]:
    if phase is Phase.OPENED:
        return N_("The scores are public; the proposed result is being put on notice."), {}
    if phase is Phase.RULING:
        return N_("Objections are being decided. Until then nothing is awarded."), {}
    if timetable.notice_unit is DayUnit.CALENDAR:
        return N_("%(days)s calendar days in which anyone may object."), {"days": timetable.notice_days}
    return N_("%(days)s working days in which anyone may object."), {"days": timetable.notice_days}
