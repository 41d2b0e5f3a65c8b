"""Deadlines of a round, counted on the official calendar in the round's own time zone."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from procurement.rounds import clocks
from procurement.rounds.clocks import STOPS, Clock, Stopped
from procurement.rounds.phases import Stop
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


# --- clocks that stand still ---------------------------------------------------------------------------------------


def stop(began: str, ended: str | None, why: str = "held") -> Stop:
    return Stop(in_shanghai(began), None if ended is None else in_shanghai(ended), why)


def clock(*stops: Stop, days: int = 5, now: str = "2026-12-01T00:00", start: str = "2026-03-02T09:00") -> Clock:
    """A period of working days from Monday 2 March on; five of them close at the midnight after Monday 9 March."""
    _, counted = clocks.working_deadline(GOOD, start=in_shanghai(start), working_days=days)
    return clocks.running(counted, stops=stops, now=in_shanghai(now))


@pytest.mark.parametrize(
    ("stops", "closes", "stopped"),
    [
        ([], "03-10T00:00", []),
        # the day on which it began and the one on which it ended are given back
        ([("03-04T23:59", "03-05T00:01")], "03-12T00:00", ["03-04", "03-05"]),
        ([("03-04T09:00", "03-04T09:01")], "03-11T00:00", ["03-04"]),
        # ended with the day: the next one counts
        ([("03-04T09:00", "03-05T00:00")], "03-11T00:00", ["03-04"]),
        ([("03-04T09:00", "03-05T00:00:00.000001")], "03-12T00:00", ["03-04", "03-05"]),
        ([("03-04T09:00", "03-04T09:00")], "03-11T00:00", ["03-04"]),
        # over a weekend, which would not have counted anyway
        ([("03-06T18:00", "03-09T08:00")], "03-12T00:00", ["03-06", "03-09"]),
        ([("03-07T00:00", "03-09T00:00")], "03-10T00:00", []),
        # the day of the event does not count, whatever stood still on it
        ([("03-02T10:00", "03-02T11:00")], "03-10T00:00", []),
        ([("02-27T10:00", "03-03T11:00")], "03-11T00:00", ["03-03"]),
        # at the last instant; at the end; after it
        ([("03-09T23:59:59.999999", "03-11T09:00")], "03-13T00:00", ["03-09", "03-10", "03-11"]),
        ([("03-10T00:00", "03-11T09:00")], "03-10T00:00", []),
        ([("03-10T00:00:00.000001", "03-11T09:00")], "03-10T00:00", []),
        # a second one within the time that the first gave back; and one after that
        ([("03-04T09:00", "03-04T10:00"), ("03-10T09:00", "03-10T10:00")], "03-12T00:00", ["03-04", "03-10"]),
        ([("03-04T09:00", "03-04T10:00"), ("03-11T00:00", "03-12T10:00")], "03-11T00:00", ["03-04"]),
        # two at once count once
        ([("03-04T09:00", "03-05T10:00"), ("03-04T12:00", "03-04T13:00")], "03-12T00:00", ["03-04", "03-05"]),
    ],
)
def test_days_on_which_a_clock_stood_still_do_not_count(
    stops: list[tuple[str, str]], closes: str, stopped: list[str]
) -> None:
    found = clock(*(stop(*(f"2026-{instant}" for instant in one)) for one in stops))
    closes_at = in_shanghai(f"2026-{closes}")
    assert found.due == closes_at
    assert [day["date"][5:] for day in found.counted.get("stopped", [])] == stopped
    assert found.standing is None
    assert not found.overdue(closes_at - timedelta(microseconds=1))
    assert found.overdue(closes_at)


def test_a_clock_that_stands_still_is_never_overdue_and_says_what_is_left() -> None:
    held = stop("2026-03-05T12:00", None)
    found = clock(held, now="2026-06-01T00:00")
    assert (found.due, found.standing, found.left) == (None, held, 3)  # Tuesday and Wednesday had counted
    assert not found.overdue(in_shanghai("2026-06-01T00:00"))
    assert clock(held, now="2026-03-05T11:59").due == in_shanghai("2026-03-10T00:00")  # it is still to come
    later = clock(stop("2026-03-03T12:00", "2026-03-03T13:00"), held, now="2026-03-06T00:00")
    assert later.left == 4


def test_a_stop_that_will_end_by_itself_stands_until_then() -> None:
    pause = stop("2026-03-04T09:00", "2026-03-06T00:00", Stopped.TESTING)
    assert clock(pause, now="2026-03-05T23:59").standing == pause
    over = clock(pause, now="2026-03-06T00:00")
    assert over.due == in_shanghai("2026-03-12T00:00")
    assert {day["why"] for day in over.counted["stopped"]} == {"testing"}
    assert set(STOPS) == set(Stopped)


def test_make_up_days_and_days_off_go_on_being_told() -> None:
    # from Friday 13 February: the 14th is worked and held; then nine days of Spring Festival; the 24th counts
    found = clock(stop("2026-02-14T09:00", "2026-02-14T10:00"), days=1, start="2026-02-13T09:00")
    assert found.due == in_shanghai("2026-02-25T00:00")
    assert found.counted["make_up"] == []
    assert [day["date"] for day in found.counted["stopped"]] == ["2026-02-14"]
    assert len(found.counted["skipped"]) == 9


def test_a_call_in_calendar_days_is_given_its_days_back_and_still_rolls_over() -> None:
    _, counted = clocks.call_deadline(GOOD, published=in_shanghai("2026-03-02T09:00"))
    found = clocks.running(
        counted, stops=[stop("2026-03-05T09:00", "2026-03-08T09:00")], now=in_shanghai("2026-03-09T09:00")
    )
    # fifteen days and four more end on Saturday 21 March
    assert found.due == in_shanghai("2026-03-24T00:00")


def test_an_amendment_takes_nothing_of_what_a_hold_gave_back() -> None:
    held = stop("2026-03-05T09:00", "2026-03-05T10:00")
    closes, counted = clocks.amended_deadline(
        document(call_days=16),
        published=PUBLISHED,
        closes=in_shanghai("2026-03-19T00:00"),
        now=in_shanghai("2026-03-06T09:00"),
        stops=[held],
    )
    assert closes == in_shanghai("2026-03-20T00:00")
    assert counted is not None
    assert [day["date"] for day in counted["stopped"]] == ["2026-03-05"]


stops = st.lists(
    st.tuples(instants, st.timedeltas(timedelta(0), timedelta(days=40))).map(
        lambda found: Stop(found[0], found[0] + found[1])
    ),
    max_size=4,
)


@given(instants, st.integers(1, 20), stops)
def test_whatever_stops_a_clock_its_days_are_given_in_full(start: datetime, days: int, held: list[Stop]) -> None:
    far = datetime(2030, 1, 1, tzinfo=UTC)
    before, counted = clocks.working_deadline(GOOD, start=start, working_days=days)
    found = clocks.running(counted, stops=held, now=far)
    assert found.due is not None
    assert found.due >= before
    assert clocks.running(found.counted, stops=held, now=far).due == found.due  # counting again changes nothing
    lost = {day["date"] for day in found.counted.get("stopped", [])}
    off = {day["date"] for day in found.counted["skipped"]}
    first = start.astimezone(SHANGHAI).date()
    last = (found.due - timedelta(microseconds=1)).astimezone(SHANGHAI).date()
    span = {(first + timedelta(days=n)).isoformat() for n in range(1, (last - first).days + 1)}
    assert len(span - lost - off) == days
    # no counted day was touched by a stop that began while the period ran
    for one in found.stops:
        touched = one.began
        while touched < max(one.ended or far, one.began + timedelta(microseconds=1)):
            assert touched.astimezone(SHANGHAI).date().isoformat() not in span - lost - off
            touched += timedelta(hours=12)


@given(instants, st.integers(1, 20), stops, st.timedeltas(timedelta(0), timedelta(days=60)))
def test_a_stop_never_takes_time_away(start: datetime, days: int, held: list[Stop], after: timedelta) -> None:
    _, counted = clocks.working_deadline(GOOD, start=start, working_days=days)
    far = datetime(2030, 1, 1, tzinfo=UTC)
    fewer = clocks.running(counted, stops=held[1:], now=far)
    more = clocks.running(counted, stops=[*held[1:], Stop(start + after, start + after + timedelta(days=1))], now=far)
    assert fewer.due is not None
    assert more.due is not None
    assert more.due >= fewer.due
