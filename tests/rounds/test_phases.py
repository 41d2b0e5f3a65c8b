"""The one definition of the phase: every boundary just before, at and after; and what holds of every fold."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from procurement.errors import WrongPhase
from procurement.rounds.phases import PHASE_NAMES, Course, Kind, Phase, Stop

T = datetime(2026, 3, 2, 1, tzinfo=UTC)
MICRO = timedelta(microseconds=1)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


@dataclass(frozen=True)
class M:
    kind: Kind
    at: datetime
    closes: datetime | None = None
    subject: str = ""


CLOSES = T + 15 * DAY
SHEETS = T + 30 * DAY
NOTICE = T + 40 * DAY

PUBLISHED = M(Kind.PUBLISHED, T, CLOSES)
CHECKED = M(Kind.CHECKING_CLOSED, T + 18 * DAY)
BEGAN = M(Kind.SCORING_BEGAN, T + 20 * DAY, SHEETS)
OPENED = M(Kind.SCORES_OPENED, T + 28 * DAY)
GIVEN = M(Kind.NOTICE_GIVEN, T + 33 * DAY, NOTICE)
FILED = M(Kind.OBJECTION_FILED, T + 35 * DAY, subject="O1")
SETTLED = M(Kind.OBJECTION_SETTLED, T + 45 * DAY, subject="O1")
DECIDED = M(Kind.DECISION_PUBLISHED, T + 50 * DAY)
CLOSED = M(Kind.CLOSED, T + 150 * DAY)
ABORTED = M(Kind.ABORTED, T + 19 * DAY)

UNTIL = T + 60 * DAY
SUSPENDED = M(Kind.SUSPENDED, T + 38 * DAY, UNTIL, "O1")
ORDERED = M(Kind.AMENDMENT_ORDERED, T + 2 * DAY, subject="O1")

TO_NOTICE = (PUBLISHED, CHECKED, BEGAN, OPENED, GIVEN)

TABLE = [
    # nothing has happened
    ((), T, Phase.DRAFT),
    # the call ends by the clock alone
    ((PUBLISHED,), T, Phase.OPEN),
    ((PUBLISHED,), CLOSES - MICRO, Phase.OPEN),
    ((PUBLISHED,), CLOSES, Phase.CHECKING),
    ((PUBLISHED,), CLOSES + MICRO, Phase.CHECKING),
    # an amendment moves the deadline, or leaves it
    ((PUBLISHED, M(Kind.AMENDED, T + DAY, CLOSES + DAY)), CLOSES, Phase.OPEN),
    ((PUBLISHED, M(Kind.AMENDED, T + DAY, CLOSES + DAY)), CLOSES + DAY - MICRO, Phase.OPEN),
    ((PUBLISHED, M(Kind.AMENDED, T + DAY, CLOSES + DAY)), CLOSES + DAY, Phase.CHECKING),
    ((PUBLISHED, M(Kind.AMENDED, T + DAY)), CLOSES - MICRO, Phase.OPEN),
    ((PUBLISHED, M(Kind.AMENDED, T + DAY)), CLOSES, Phase.CHECKING),
    # acts, not clocks, end checking, forming and scoring
    ((PUBLISHED,), CLOSES + 300 * DAY, Phase.CHECKING),
    ((PUBLISHED, CHECKED), CHECKED.at, Phase.FORMING),
    ((PUBLISHED, CHECKED), CHECKED.at + 300 * DAY, Phase.FORMING),
    ((PUBLISHED, CHECKED, BEGAN), BEGAN.at, Phase.SCORING),
    ((PUBLISHED, CHECKED, BEGAN), SHEETS - MICRO, Phase.SCORING),
    ((PUBLISHED, CHECKED, BEGAN), SHEETS, Phase.SCORING),
    ((PUBLISHED, CHECKED, BEGAN, OPENED), OPENED.at, Phase.OPENED),
    ((PUBLISHED, CHECKED, BEGAN, OPENED), OPENED.at + 300 * DAY, Phase.OPENED),
    # the notice ends by the clock
    (TO_NOTICE, GIVEN.at, Phase.NOTICE),
    (TO_NOTICE, NOTICE - MICRO, Phase.NOTICE),
    (TO_NOTICE, NOTICE, Phase.DECIDING),
    (TO_NOTICE, NOTICE + MICRO, Phase.DECIDING),
    # with an objection open, into ruling
    ((*TO_NOTICE, FILED), NOTICE - MICRO, Phase.NOTICE),
    ((*TO_NOTICE, FILED), NOTICE, Phase.RULING),
    ((*TO_NOTICE, FILED), NOTICE + 300 * DAY, Phase.RULING),
    ((*TO_NOTICE, FILED, SETTLED), SETTLED.at, Phase.DECIDING),
    ((*TO_NOTICE, FILED, M(Kind.OBJECTION_SETTLED, SETTLED.at, subject="O2")), SETTLED.at, Phase.RULING),
    # an objection filed against the call is still open after the notice
    ((PUBLISHED, M(Kind.OBJECTION_FILED, T + DAY, subject="O1")), T + DAY, Phase.OPEN),
    ((PUBLISHED, M(Kind.OBJECTION_FILED, T, subject="O1"), CHECKED, BEGAN, OPENED, GIVEN), NOTICE, Phase.RULING),
    # upheld: back to where it must be done again
    ((*TO_NOTICE, FILED, M(Kind.REOPENED_TALLY, SETTLED.at), SETTLED), SETTLED.at, Phase.OPENED),
    ((*TO_NOTICE, FILED, M(Kind.REOPENED_FORMING, SETTLED.at), SETTLED), SETTLED.at, Phase.FORMING),
    ((*TO_NOTICE, FILED, M(Kind.REOPENED_CHECKING, SETTLED.at), SETTLED), SETTLED.at, Phase.CHECKING),
    (
        (*TO_NOTICE, M(Kind.REOPENED_TALLY, T + 45 * DAY), M(Kind.NOTICE_GIVEN, T + 46 * DAY, T + 50 * DAY)),
        T + 50 * DAY - MICRO,
        Phase.NOTICE,
    ),
    (
        (*TO_NOTICE, M(Kind.REOPENED_TALLY, T + 45 * DAY), M(Kind.NOTICE_GIVEN, T + 46 * DAY, T + 50 * DAY)),
        T + 50 * DAY,
        Phase.DECIDING,
    ),
    # the outside authority stops the award, until its period is over or it says so
    ((*TO_NOTICE, SUSPENDED), NOTICE, Phase.RULING),
    ((*TO_NOTICE, SUSPENDED), UNTIL - MICRO, Phase.RULING),
    ((*TO_NOTICE, SUSPENDED), UNTIL, Phase.DECIDING),
    ((*TO_NOTICE, SUSPENDED), NOTICE - MICRO, Phase.NOTICE),
    ((*TO_NOTICE, SUSPENDED, M(Kind.SUSPENSION_ENDED, NOTICE, subject="O1")), NOTICE, Phase.DECIDING),
    ((*TO_NOTICE, SUSPENDED, M(Kind.SUSPENSION_ENDED, NOTICE, subject="O2")), NOTICE, Phase.RULING),
    ((*TO_NOTICE, SUSPENDED, M(Kind.SUSPENDED, NOTICE, UNTIL + DAY, "O1")), UNTIL, Phase.RULING),
    ((*TO_NOTICE, SUSPENDED, DECIDED), DECIDED.at, Phase.DECIDED),
    # a ruling that orders an amendment is carried out by one, and by nothing else
    ((PUBLISHED, ORDERED, CHECKED, BEGAN, OPENED, GIVEN), NOTICE, Phase.RULING),
    ((PUBLISHED, ORDERED, M(Kind.AMENDED, T + 3 * DAY), CHECKED, BEGAN, OPENED, GIVEN), NOTICE, Phase.DECIDING),
    # the end
    ((*TO_NOTICE, DECIDED), DECIDED.at, Phase.DECIDED),
    ((*TO_NOTICE, DECIDED, CLOSED), CLOSED.at, Phase.CLOSED),
    # side exits
    ((PUBLISHED, M(Kind.HELD, T + DAY)), T + DAY, Phase.HELD),
    ((PUBLISHED, M(Kind.HELD, T + DAY)), CLOSES + 300 * DAY, Phase.HELD),
    ((PUBLISHED, CHECKED, ABORTED), ABORTED.at, Phase.ABORTED),
    ((PUBLISHED, CHECKED, M(Kind.HELD, ABORTED.at - HOUR), ABORTED), ABORTED.at, Phase.ABORTED),
]


@pytest.mark.parametrize(("milestones", "now", "phase"), TABLE)
def test_phase(milestones: tuple[M, ...], now: datetime, phase: Phase) -> None:
    assert Course.of(milestones).phase_at(now) is phase


HELD = T + 10 * DAY
RESUMED = HELD + 3 * DAY + HOUR


@pytest.mark.parametrize(
    ("now", "phase"),
    [
        (HELD, Phase.HELD),
        (CLOSES, Phase.HELD),
    ],
)
def test_the_clock_stands_still_while_held(now: datetime, phase: Phase) -> None:
    assert Course.of([PUBLISHED, M(Kind.HELD, HELD)]).phase_at(now) is phase


LATER = CLOSES + 3 * DAY


@pytest.mark.parametrize(
    ("now", "phase"),
    [(RESUMED, Phase.OPEN), (LATER - MICRO, Phase.OPEN), (LATER, Phase.CHECKING)],
)
def test_the_running_deadline_becomes_the_one_that_resuming_sets(now: datetime, phase: Phase) -> None:
    course = Course.of([PUBLISHED, M(Kind.HELD, HELD), M(Kind.RESUMED, RESUMED, LATER)])
    assert course.phase_at(now) is phase
    assert course.stops == (Stop(HELD, RESUMED, "held"),)


@pytest.mark.parametrize(
    ("held", "standing"),
    [(CLOSES - MICRO, "applications_close"), (CLOSES, None), (CLOSES + MICRO, None)],
)
def test_a_deadline_that_had_passed_does_not_come_back(held: datetime, standing: str | None) -> None:
    course = Course.of([PUBLISHED, M(Kind.HELD, held)])
    assert course.standing == standing
    assert course.stops == (Stop(held, None),)
    resumed = course.after(M(Kind.RESUMED, held + DAY, LATER))
    assert resumed.applications_close == (LATER if standing else CLOSES)
    assert resumed.standing is None


def test_a_hold_moves_the_scoring_and_notice_deadlines_too() -> None:
    course = Course.of(
        [PUBLISHED, CHECKED, BEGAN, M(Kind.HELD, BEGAN.at), M(Kind.RESUMED, BEGAN.at + DAY, SHEETS + DAY)]
    )
    assert (course.scoring_closes, course.applications_close) == (SHEETS + DAY, CLOSES)
    course = Course.of([*TO_NOTICE, M(Kind.HELD, GIVEN.at), M(Kind.RESUMED, GIVEN.at + DAY, NOTICE + DAY)])
    assert (course.notice_closes, course.scoring_closes) == (NOTICE + DAY, SHEETS)


def test_in_phases_without_a_deadline_nothing_moves() -> None:
    for acts in ((PUBLISHED, CHECKED), (PUBLISHED, CHECKED, BEGAN, OPENED)):
        at = acts[-1].at + HOUR
        course = Course.of([*acts, M(Kind.HELD, at)])
        assert course.standing is None
        assert course.under_hold(at + 99 * DAY) is Course.of(acts).phase_at(at)
        assert course.after(M(Kind.RESUMED, at + DAY)).phase_at(at + DAY) is Course.of(acts).phase_at(at)


def test_the_phase_under_a_hold_is_the_one_in_which_it_began() -> None:
    course = Course.of([PUBLISHED, M(Kind.HELD, CLOSES - MICRO)])
    assert course.under_hold(CLOSES + DAY) is Phase.OPEN
    assert Course.of([PUBLISHED]).under_hold(CLOSES) is Phase.CHECKING


@pytest.mark.parametrize(
    ("milestones", "now", "visible"),
    [
        ((), T, False),
        ((PUBLISHED,), CLOSES - MICRO, False),
        ((PUBLISHED,), CLOSES, True),
        ((PUBLISHED, CHECKED), CHECKED.at, True),
        # held before the deadline: it never came
        ((PUBLISHED, M(Kind.HELD, CLOSES - MICRO)), CLOSES + DAY, False),
        ((PUBLISHED, M(Kind.HELD, CLOSES)), CLOSES + DAY, True),
        ((PUBLISHED, CHECKED, M(Kind.HELD, CHECKED.at)), CHECKED.at, True),
        # ended before the deadline: nobody reads what was sent in confidence
        ((PUBLISHED, M(Kind.ABORTED, CLOSES - MICRO)), CLOSES + DAY, False),
        ((PUBLISHED, M(Kind.ABORTED, CLOSES)), CLOSES + DAY, True),
        ((PUBLISHED, CHECKED, M(Kind.REOPENED_CHECKING, T + 45 * DAY)), T + 45 * DAY, True),
    ],
)
def test_applications_are_visible_from_the_deadline_on(
    milestones: tuple[M, ...], now: datetime, *, visible: bool
) -> None:
    assert Course.of(milestones).applications_visible(now) is visible


def test_require_names_the_phase() -> None:
    course = Course.of([PUBLISHED])
    assert course.require(T, Phase.DRAFT, Phase.OPEN) is Phase.OPEN
    with pytest.raises(WrongPhase) as refused:
        course.require(CLOSES, Phase.OPEN)
    assert refused.value.problems[0].params == {"phase": PHASE_NAMES[Phase.CHECKING]}


def test_an_order_to_annul_stands_until_there_is_another_decision() -> None:
    course = Course.of([*TO_NOTICE, DECIDED, M(Kind.ANNULMENT_ORDERED, DECIDED.at + DAY, subject="O1")])
    assert course.ordered_annulments == {"O1"}
    assert course.phase_at(DECIDED.at + DAY) is Phase.DECIDED
    assert course.after(M(Kind.DECISION_PUBLISHED, DECIDED.at + 2 * DAY)).ordered_annulments == frozenset()


def test_a_ruling_is_carried_out_under_a_hold_where_it_could_be_without() -> None:
    course = Course.of([*TO_NOTICE, M(Kind.HELD, GIVEN.at + HOUR)])
    with pytest.raises(WrongPhase):
        course.require(GIVEN.at + DAY, Phase.NOTICE)
    assert course.require(GIVEN.at + DAY, Phase.NOTICE, under_hold=True) is Phase.NOTICE
    with pytest.raises(WrongPhase):
        course.require(GIVEN.at + DAY, Phase.OPEN, under_hold=True)


def test_every_phase_has_a_name() -> None:
    assert set(PHASE_NAMES) == set(Phase)


# --- what holds of every course ------------------------------------------------------------------------------------

LAWFUL = [PUBLISHED, CHECKED, BEGAN, OPENED, GIVEN, DECIDED, CLOSED]
ORDER = [
    Phase.DRAFT,
    Phase.OPEN,
    Phase.CHECKING,
    Phase.FORMING,
    Phase.SCORING,
    Phase.OPENED,
    Phase.NOTICE,
    Phase.DECIDING,
    Phase.DECIDED,
    Phase.CLOSED,
]
instants = st.timedeltas(timedelta(0), timedelta(days=700)).map(lambda passed: T + passed)
histories = st.lists(
    st.builds(
        M,
        kind=st.sampled_from(Kind),
        at=instants,
        closes=st.none() | instants,
        subject=st.sampled_from(["", "O1", "O2"]),
    ),
    max_size=12,
)


@given(histories, instants)
def test_every_history_has_exactly_one_phase(history: list[M], now: datetime) -> None:
    assert Course.of(history).phase_at(now) in Phase


@given(st.integers(0, len(LAWFUL)), instants, instants)
def test_without_new_acts_time_only_moves_a_round_on(acts: int, one: datetime, other: datetime) -> None:
    course = Course.of(LAWFUL[:acts])
    earlier, later = sorted([one, other])
    assert ORDER.index(course.phase_at(earlier)) <= ORDER.index(course.phase_at(later))


@given(histories, st.integers(0, 12))
def test_the_fold_can_stop_and_go_on(history: list[M], at: int) -> None:
    whole = Course.of(history)
    course = Course.of(history[:at])
    for milestone in history[at:]:
        course = course.after(milestone)
    assert course == whole


@given(histories)
def test_an_objection_is_open_exactly_while_filed_and_not_settled(history: list[M]) -> None:
    expected: set[str] = set()
    for milestone in history:
        if milestone.kind is Kind.OBJECTION_FILED:
            expected.add(milestone.subject)
        elif milestone.kind is Kind.OBJECTION_SETTLED:
            expected.discard(milestone.subject)
    assert Course.of(history).open_objections == expected


@given(histories, instants)
def test_nobody_reads_applications_before_the_deadline(history: list[M], now: datetime) -> None:
    course = Course.of(history)
    if course.applications_close is None or now < course.applications_close:
        assert not course.applications_visible(now)
