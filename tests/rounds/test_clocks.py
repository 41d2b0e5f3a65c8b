"""Deadlines of a round, counted on the official calendar in the round's own time zone."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from procurement.rounds import clocks
from procurement.rounds.rules import RoundDocument, Timetable
from tests.worlds.rounds import small_document

GOOD = small_document()
SHANGHAI = ZoneInfo("Asia/Shanghai")


def in_shanghai(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI).astimezone(UTC)


def document(**periods: object) -> RoundDocument:
    return replace(GOOD, timetable=Timetable(**periods))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("start", "days", "closes", "provisional"),
    [
        # Monday to the midnight after Friday
        ("2026-03-02T09:00", 4, "2026-03-07T00:00", False),
        ("2026-03-02T00:00", 4, "2026-03-07T00:00", False),
        ("2026-03-02T23:59:59", 4, "2026-03-07T00:00", False),
        # over a weekend
        ("2026-03-02T09:00", 5, "2026-03-10T00:00", False),
        # Spring Festival: 14 and 28 February are make-up working days, 15 to 23 February are off
        ("2026-02-13T09:00", 1, "2026-02-15T00:00", False),
        ("2026-02-13T09:00", 2, "2026-02-25T00:00", False),
        ("2026-02-24T09:00", 4, "2026-03-01T00:00", False),
        # into a year whose arrangement is not known
        ("2026-12-31T09:00", 1, "2027-01-05T00:00", True),
    ],
)
def test_working_deadline(start: str, days: int, closes: str, *, provisional: bool) -> None:
    found, counted = clocks.working_deadline(GOOD, start=in_shanghai(start), working_days=days)
    assert found == in_shanghai(closes)
    assert (counted["days"], counted["unit"], counted["provisional"]) == (days, "working", provisional)
    assert (counted["from"], counted["calendar"], counted["zone"]) == (start[:10], "cn", "Asia/Shanghai")


def test_the_day_is_that_of_the_rounds_zone() -> None:
    # 16:30 UTC is half past midnight of the next day in Shanghai
    start = datetime(2026, 3, 2, 16, 30, tzinfo=UTC)
    closes, counted = clocks.working_deadline(GOOD, start=start, working_days=1)
    assert (closes, counted["from"]) == (in_shanghai("2026-03-05T00:00"), "2026-03-03")
    closes, counted = clocks.working_deadline(GOOD, start=start, working_days=1, zone=ZoneInfo("UTC"))
    assert (closes, counted["from"]) == (datetime(2026, 3, 4, tzinfo=UTC), "2026-03-02")


def test_how_it_was_counted_names_make_up_days_and_days_off() -> None:
    _, counted = clocks.working_deadline(GOOD, start=in_shanghai("2026-02-13T09:00"), working_days=2)
    assert counted["make_up"] == ["2026-02-14"]
    assert [day["date"] for day in counted["skipped"]] == [f"2026-02-{n}" for n in range(15, 24)]


def test_without_the_official_calendar_only_weekends_are_off() -> None:
    closes, _ = clocks.working_deadline(
        document(calendar="none"), start=in_shanghai("2026-02-13T09:00"), working_days=2
    )
    assert closes == in_shanghai("2026-02-18T00:00")


def test_the_call_is_counted_in_calendar_days_and_rolls_over() -> None:
    closes, counted = clocks.call_deadline(GOOD, published=in_shanghai("2026-03-02T09:00"))
    assert (closes, counted["unit"]) == (in_shanghai("2026-03-18T00:00"), "calendar")
    # the fifteenth day is Saturday 21 March
    closes, _ = clocks.call_deadline(GOOD, published=in_shanghai("2026-03-06T09:00"))
    assert closes == in_shanghai("2026-03-24T00:00")


PUBLISHED = in_shanghai("2026-03-02T09:00")
CLOSES = in_shanghai("2026-03-18T00:00")


@pytest.mark.parametrize(
    ("now", "closes"),
    [
        # five days after the twelfth is the seventeenth, the last day as it is
        ("2026-03-12T23:59", None),
        ("2026-03-13T00:00", "2026-03-19T00:00"),
        ("2026-03-17T23:59", "2026-03-24T00:00"),
    ],
)
def test_a_late_amendment_gives_applicants_time(now: str, closes: str | None) -> None:
    found, counted = clocks.amended_deadline(GOOD, published=PUBLISHED, closes=CLOSES, now=in_shanghai(now))
    assert found == (in_shanghai(closes) if closes else CLOSES)
    assert (counted is None) == (closes is None)


def test_a_longer_call_moves_the_deadline() -> None:
    longer = document(call_days=20)
    found, counted = clocks.amended_deadline(
        longer, published=PUBLISHED, closes=CLOSES, now=PUBLISHED + timedelta(hours=1)
    )
    assert found == in_shanghai("2026-03-24T00:00")
    assert counted is not None
    assert counted["days"] == 20


instants = st.timedeltas(timedelta(0), timedelta(days=1400)).map(lambda d: datetime(2024, 1, 1, tzinfo=UTC) + d)


@given(
    instants,
    st.integers(1, 40),
)
def test_a_deadline_is_a_local_midnight_at_least_as_many_days_away(start: datetime, days: int) -> None:
    closes, _ = clocks.working_deadline(GOOD, start=start, working_days=days)
    local = closes.astimezone(SHANGHAI)
    assert (local.hour, local.minute, local.second) == (0, 0, 0)
    assert closes - start > timedelta(days=days)


@given(
    instants,
    st.integers(0, 20 * 24),
)
def test_an_amendment_never_shortens_the_call(published: datetime, hours: int) -> None:
    closes, _ = clocks.call_deadline(GOOD, published=published)
    now = published + timedelta(hours=hours)
    amended, _ = clocks.amended_deadline(GOOD, published=published, closes=closes, now=now)
    assert amended >= closes
    assert amended - now >= timedelta(days=GOOD.timetable.amendment_days)
