"""The timeline tells one current step at most, and never the wrong one."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from procurement.portal.timeline import running_phase, steps_of
from procurement.rounds.phases import Course, Phase
from procurement.rounds.rules import Timetable

START = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
DAY = timedelta(days=1)

OPEN = Course(published=START, applications_close=START + 15 * DAY)
CHECKED = replace(OPEN, checking_closed=START + 20 * DAY)
SCORING = replace(CHECKED, scoring_began=START + 22 * DAY, scoring_closes=START + 29 * DAY)
OPENED = replace(SCORING, scores_opened=START + 28 * DAY)
NOTICE = replace(OPENED, notice_given=START + 30 * DAY, notice_closes=START + 37 * DAY)
OBJECTED = replace(NOTICE, open_objections=frozenset({"R2026-001-O01"}))
DECIDED = replace(NOTICE, decided=START + 40 * DAY)


def states(course: Course, now: datetime) -> str:
    """One letter for each step: d(one), c(urrent), f(uture)."""
    return "".join(step.state[0] for step in steps_of(course, Timetable(), now))


@pytest.mark.parametrize(
    ("course", "days", "expected"),
    [
        (OPEN, 0, "cfffff"),
        (OPEN, 14, "cfffff"),
        (OPEN, 15, "dcffff"),  # half-open: at the closing instant checking has begun
        (CHECKED, 21, "ddcfff"),
        (SCORING, 23, "dddcff"),
        (SCORING, 29, "dddcff"),  # the deadline for sealing is over, but nobody has opened the scores
        (OPENED, 28, "ddddcf"),
        (NOTICE, 31, "ddddcf"),
        (OBJECTED, 37, "ddddcf"),
        (NOTICE, 37, "dddddc"),
        (DECIDED, 41, "dddddd"),
        (replace(DECIDED, closed=START + 90 * DAY), 91, "dddddd"),
        (replace(SCORING, held=START + 24 * DAY), 25, "dddcff"),
        (replace(SCORING, aborted=START + 24 * DAY), 25, "dddfff"),
    ],
)
def test_steps_at(course: Course, days: int, expected: str) -> None:
    assert states(course, START + days * DAY) == expected


def test_the_instant_before_the_deadline_applications_are_still_open() -> None:
    assert states(OPEN, START + 15 * DAY - timedelta(microseconds=1)) == "cfffff"


def test_a_held_round_stays_where_it_was_however_long_it_is_held() -> None:
    held = replace(OPEN, held=START + 3 * DAY)
    assert running_phase(held, START + 300 * DAY) is Phase.OPEN


def test_an_aborted_round_tells_the_phase_that_it_had_reached() -> None:
    aborted = replace(NOTICE, aborted=START + 31 * DAY)
    assert running_phase(aborted, START + 300 * DAY) is Phase.NOTICE


def test_deadlines_stand_at_their_steps() -> None:
    steps = steps_of(NOTICE, Timetable(notice_days=5), START + 31 * DAY)
    assert (steps[0].begins, steps[0].ends) == (OPEN.published, OPEN.applications_close)
    assert (steps[3].begins, steps[3].ends) == (SCORING.scoring_began, OPENED.scores_opened)
    assert (steps[4].begins, steps[4].ends) == (NOTICE.notice_given, NOTICE.notice_closes)
    assert steps[4].params == {"days": 5}


def test_nothing_is_told_of_the_check_before_it_has_begun() -> None:
    steps = steps_of(OPEN, Timetable(), START)
    assert (steps[1].begins, steps[1].ends) == (None, None)
