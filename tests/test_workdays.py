"""Working days of mainland China: make-up weekends, holidays, what is provisional, and when a window closes."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from procurement.errors import RuleBroken
from procurement.workdays import (
    EXCHANGED,
    HOLIDAYS,
    WEEKEND,
    ChinaCalendar,
    calendar,
    closing_instant,
    deadline,
    local_date,
    read_corrections,
    working_days_between,
)

CN, WEEK = calendar("cn"), calendar("none")
SHANGHAI = ZoneInfo("Asia/Shanghai")

# Notice of the General Office of the State Council on the holidays of 2026: days off, and weekend days worked.
OFF_2026 = [
    (date(2026, 1, 1), 3),
    (date(2026, 2, 15), 9),
    (date(2026, 4, 4), 3),
    (date(2026, 5, 1), 5),
    (date(2026, 6, 19), 3),
    (date(2026, 9, 25), 3),
    (date(2026, 10, 1), 7),
]
WORKED_2026 = {
    date(2026, 1, 4),
    date(2026, 2, 14),
    date(2026, 2, 28),
    date(2026, 5, 9),
    date(2026, 9, 20),
    date(2026, 10, 10),
}


def test_every_day_of_2026_is_as_announced() -> None:
    off = {start + timedelta(days=i) for start, days in OFF_2026 for i in range(days)}
    day = date(2026, 1, 1)
    while day.year == 2026:
        expected_off = day in off or (day.weekday() >= 5 and day not in WORKED_2026)
        assert (CN.day_off(day) is not None) is expected_off, day
        day += timedelta(days=1)


def test_names_of_days_off_are_known_to_the_translators() -> None:
    day = date(2024, 1, 1)
    while day.year < 2031:
        assert CN.day_off(day) in {None, WEEKEND, EXCHANGED, *HOLIDAYS}, day
        day += timedelta(days=1)


@pytest.mark.parametrize(
    ("start", "days", "last"),
    [
        (date(2026, 11, 23), 1, date(2026, 11, 24)),  # the first day is not counted
        (date(2026, 11, 23), 4, date(2026, 11, 27)),
        (date(2026, 11, 23), 5, date(2026, 11, 30)),  # over a weekend
        (date(2026, 11, 27), 1, date(2026, 11, 30)),
        (date(2026, 11, 28), 1, date(2026, 11, 30)),  # an event on a Saturday
        (date(2026, 2, 13), 1, date(2026, 2, 14)),  # a Saturday that is worked
        (date(2026, 2, 13), 2, date(2026, 2, 24)),  # then nine days off
        (date(2026, 2, 13), 5, date(2026, 2, 27)),
        (date(2026, 2, 13), 6, date(2026, 2, 28)),
        (date(2026, 9, 30), 1, date(2026, 10, 8)),
        (date(2026, 9, 30), 3, date(2026, 10, 10)),
        (date(2025, 12, 31), 2, date(2026, 1, 5)),
    ],
)
def test_working_days_in_china(start: date, days: int, last: date) -> None:
    counted = deadline(start, days, CN)
    assert counted.date == last
    assert counted.counted_from == start + timedelta(days=1)
    assert working_days_between(start, last, CN) == days


def test_what_was_skipped_and_made_up_is_told() -> None:
    told = deadline(date(2026, 4, 30), 5, CN).to_json()
    assert told == {
        "deadline": "2026-05-11",
        "counted_from": "2026-05-01",
        "skipped": [
            {"date": "2026-05-01", "why": "Labor Day"},
            {"date": "2026-05-02", "why": "Labor Day"},
            {"date": "2026-05-03", "why": "weekend"},
            {"date": "2026-05-04", "why": "Labor Day"},
            {"date": "2026-05-05", "why": "day off, worked on another day"},
            {"date": "2026-05-10", "why": "weekend"},
        ],
        "make_up": ["2026-05-09"],
        "provisional": False,
    }


@pytest.mark.parametrize(
    ("start", "days", "provisional"),
    [
        (date(2026, 12, 30), 1, False),  # the last day is 31 December 2026
        (date(2026, 12, 30), 2, True),  # reaches into 2027
        (date(2026, 12, 31), 1, True),
    ],
)
def test_a_year_whose_arrangement_is_unknown_makes_a_deadline_provisional(
    start: date, days: int, provisional: bool
) -> None:
    unknown = ChinaCalendar()
    if unknown.settled(2027):
        pytest.skip("the library has learnt the arrangement of 2027")
    assert deadline(start, days, unknown).provisional is provisional
    assert deadline(start, days, WEEK).provisional is False


def test_the_office_can_enter_an_arrangement() -> None:
    text = """
    [2028]
    official = true
    source = "an announcement"
    holidays = { 2028-01-04 = "Extra day off" }
    working = [2028-01-08, 2028-01-03]
    """
    corrected = ChinaCalendar(read_corrections(text))
    assert corrected.settled(2028)
    assert corrected.day_off(date(2028, 1, 4)) == "Extra day off"
    assert corrected.day_off(date(2028, 1, 8)) is None  # a Saturday
    assert corrected.day_off(date(2028, 1, 3)) is None  # the library's holiday
    counted = deadline(date(2028, 1, 2), 5, corrected)
    assert (counted.date, counted.make_up, counted.provisional) == (date(2028, 1, 8), (date(2028, 1, 8),), False)


@pytest.mark.parametrize(
    "text",
    [
        "[2028",
        "[soon]\nofficial = true",
        "[2028]\nofficals = true",
        "[2028]\nworking = [2029-01-06]",
        "[2028]\nworking = ['x']",
        "[2028]\nholidays = { yesterday = 'x' }",
        "year = 2028",
    ],
)
def test_a_calendar_file_with_a_slip_is_refused(text: str) -> None:
    with pytest.raises(RuleBroken):
        read_corrections(text)


@pytest.mark.parametrize(
    ("start", "days", "last", "skipped"),
    [
        (date(2026, 11, 23), 3, date(2026, 11, 26), 0),
        (date(2026, 11, 23), 5, date(2026, 11, 30), 2),  # would end on Saturday
        (date(2026, 11, 23), 7, date(2026, 11, 30), 0),  # the weekend inside counts
        (date(2026, 2, 9), 5, date(2026, 2, 14), 0),  # ends on a Saturday that is worked
        (date(2026, 9, 28), 3, date(2026, 10, 8), 7),
    ],
)
def test_calendar_days_count_all_and_roll_over_at_the_end(start: date, days: int, last: date, skipped: int) -> None:
    counted = deadline(start, days, CN, "calendar")
    assert (counted.date, len(counted.skipped)) == (last, skipped)


def test_no_calendar_means_monday_to_friday() -> None:
    assert deadline(date(2026, 9, 30), 3, WEEK).date == date(2026, 10, 5)


@pytest.mark.parametrize(
    ("start", "days"),
    [
        (date(2026, 1, 1), 0),
        (date(2026, 1, 1), -3),
        (date(2026, 1, 1), 3661),
        (date(1949, 12, 31), 1),
        (date(2099, 12, 30), 5),
        (date(2100, 1, 1), 1),
    ],
)
def test_periods_that_cannot_be_counted_are_refused(start: date, days: int) -> None:
    with pytest.raises(RuleBroken):
        deadline(start, days, CN)


days_of_known_years = st.dates(date(2019, 1, 1), date(2026, 10, 31))


@given(days_of_known_years, st.integers(1, 30))
def test_a_deadline_is_a_working_day_with_that_many_working_days_before_it(start: date, days: int) -> None:
    counted = deadline(start, days, CN)
    assert CN.day_off(counted.date) is None
    assert working_days_between(start, counted.date, CN) == days
    assert (counted.date - start).days == days + len(counted.skipped)
    if days > 1:
        assert deadline(start, days - 1, CN).date < counted.date


@given(days_of_known_years, st.integers(1, 60))
def test_a_deadline_in_calendar_days_never_comes_early(start: date, days: int) -> None:
    counted = deadline(start, days, CN, "calendar")
    assert counted.date == start + timedelta(days=days + len(counted.skipped))
    assert CN.day_off(counted.date) is None


def test_nothing_lies_between_a_day_and_an_earlier_one() -> None:
    assert working_days_between(date(2026, 11, 24), date(2026, 11, 23), CN) == 0


def test_a_window_closes_at_the_local_midnight_after_its_last_day() -> None:
    assert closing_instant(date(2026, 12, 1), SHANGHAI) == datetime(2026, 12, 1, 16, tzinfo=UTC)
    assert closing_instant(date(2026, 12, 1), ZoneInfo("UTC")) == datetime(2026, 12, 2, tzinfo=UTC)
    assert local_date(datetime(2026, 12, 1, 15, 59, 59, tzinfo=UTC), SHANGHAI) == date(2026, 12, 1)
    assert local_date(datetime(2026, 12, 1, 16, tzinfo=UTC), SHANGHAI) == date(2026, 12, 2)


@given(days_of_known_years, st.sampled_from(["Asia/Shanghai", "Asia/Urumqi", "America/Santiago", "Africa/Cairo"]))
def test_the_closing_instant_is_the_first_that_is_no_longer_the_last_day(day: date, zone: str) -> None:
    """Also in zones that skip midnight when their clocks change."""
    close = closing_instant(day, ZoneInfo(zone))
    assert local_date(close, ZoneInfo(zone)) == day + timedelta(days=1)
    assert local_date(close - timedelta(seconds=1), ZoneInfo(zone)) == day
