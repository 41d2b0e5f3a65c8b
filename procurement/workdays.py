"""Working-day arithmetic on an official calendar, and the instant at which a deadline ends.

The first day is not counted, and a period that would end on a day off ends on the next working day (the rule of
Order 94 of the Ministry of Finance, art. 42). In China weekend days are worked to make up for long holidays, so
counting Monday to Friday is wrong by up to eight days. The State Council settles each year's arrangement late in the
year before; a count that reaches into a year whose arrangement is not known is marked provisional, because make-up
days may still move it.
"""

import importlib
import sys
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from importlib import resources
from pathlib import Path
from types import MappingProxyType, ModuleType
from typing import Any, Literal, Protocol, TypeAlias
from zoneinfo import ZoneInfo

import holidays

from procurement.errors import N_, RuleBroken

CalendarName = Literal["cn", "none"]
Unit = Literal["working", "calendar"]

FIRST_YEAR, LAST_YEAR = 1950, 2100
MOST_DAYS = 3660
_DAY = timedelta(days=1)
Date: TypeAlias = date  # the day itself, in classes that have a field of that name

WEEKEND = N_("weekend")
EXCHANGED = N_("day off, worked on another day")
HOLIDAYS = (
    N_("New Year's Day"),
    N_("Chinese New Year's Eve"),
    N_("Chinese New Year (Spring Festival)"),
    N_("Tomb-Sweeping Day"),
    N_("Labor Day"),
    N_("Dragon Boat Festival"),
    N_("Mid-Autumn Festival"),
    N_("National Day"),
    N_("Mid-Autumn Festival; National Day"),
)  # the library's names, listed so that pages can translate them


@dataclass(frozen=True, slots=True)
class DayOff:
    """A day that does not count. `why` is WEEKEND, EXCHANGED or the holiday's name, English source texts."""

    date: Date
    why: str


@dataclass(frozen=True, slots=True)
class Deadline:
    """A counted period: `date` is its last day, `counted_from` the day after the event, `skipped` the days off passed
    over, `make_up` the weekend days that counted, `provisional` whether the calendar may still change, `stopped` the
    days that would have counted had the clock not stood still."""

    date: Date
    counted_from: Date
    skipped: tuple[DayOff, ...]
    make_up: tuple[Date, ...]
    provisional: bool
    stopped: tuple[DayOff, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Dates as ISO 8601 strings; the form of `sunlit deadline`, kept with each milestone. "stopped" is there only
        when there are such days."""
        found = {
            "deadline": self.date.isoformat(),
            "counted_from": self.counted_from.isoformat(),
            "skipped": [{"date": d.date.isoformat(), "why": d.why} for d in self.skipped],
            "make_up": [d.isoformat() for d in self.make_up],
            "provisional": self.provisional,
        }
        stopped = [{"date": d.date.isoformat(), "why": d.why} for d in self.stopped]
        return found | {"stopped": stopped} if stopped else found


class Calendar(Protocol):
    """What the counting asks about a day."""

    def day_off(self, day: date) -> str | None:
        """Why `day` does not count, or None when it does."""
        ...

    def settled(self, year: int) -> bool:
        """Whether the arrangement of `year` is known."""
        ...


@dataclass(frozen=True, slots=True)
class WeekCalendar:
    """Monday to Friday, no holidays."""

    def day_off(self, day: date) -> str | None:
        """See Calendar."""
        return WEEKEND if day.weekday() >= 5 else None

    def settled(self, year: int) -> bool:
        """Weeks are always settled."""
        return True


@dataclass(frozen=True, slots=True)
class Arrangement:
    """What the office entered for one year, on top of the library."""

    official: bool = False
    holidays: Mapping[date, str] = field(default_factory=dict)
    working: frozenset[date] = frozenset()


class ChinaCalendar:
    """Mainland China: the library's holidays and make-up days, then the office's own corrections, which win."""

    def __init__(self, corrections: Mapping[int, Arrangement] | None = None) -> None:
        self._corrections = dict(corrections or {})

    def day_off(self, day: date) -> str | None:
        """See Calendar."""
        _check_year(day)
        mine = self._corrections.get(day.year, Arrangement())
        if day in mine.working:
            return None
        if day in mine.holidays:
            return mine.holidays[day]
        known, make_up = _china(day.year)
        if day in make_up:
            return None
        return known.get(day) or (WEEKEND if day.weekday() >= 5 else None)

    def settled(self, year: int) -> bool:
        """Known to the library (it then lists make-up days) or entered as official."""
        if year in self._corrections and self._corrections[year].official:
            return True
        return any(day.year == year for day in _china(year)[1])


@cache
def _library() -> Any:
    """The library's class for China. Its package of countries would load all two hundred of them, ten megabytes in
    each process and half a second of starting: an empty one of that name stands in while China is loaded."""
    name = "holidays.countries"
    package = ModuleType(name)
    package.__path__ = [str(Path(holidays.__file__).parent / "countries")]
    sys.modules.setdefault(name, package)
    return importlib.import_module(f"{name}.china").China


@cache
def _china(year: int) -> tuple[dict[date, str], frozenset[date]]:
    """Holidays by name and make-up working days around `year`; an arrangement may move days of the year before."""
    found = _library()(years=range(year - 1, year + 2), language="en_US")
    return {day: _plain_name(name) for day, name in found.items()}, frozenset(found.weekend_workdays)


def _plain_name(name: str) -> str:
    """The library's name without its remarks: which day is worked instead is told by the make-up days."""
    return EXCHANGED if name.startswith("Day off (substituted") else name.replace(" (observed)", "")


def read_corrections(text: str) -> dict[int, Arrangement]:
    """Corrections from TOML: one table for each year, as shown in calendar_cn.toml. RuleBroken when it is not so."""
    try:
        document = tomllib.loads(text)
        return {int(year): _arrangement(int(year), table) for year, table in document.items()}
    except (tomllib.TOMLDecodeError, ValueError, TypeError, AttributeError) as error:
        raise RuleBroken(N_("The calendar file cannot be read: %(why)s"), why=str(error)) from error


def _arrangement(year: int, table: Mapping[str, Any]) -> Arrangement:
    if unknown := set(table) - {"official", "source", "holidays", "working"}:
        raise ValueError(f"{year}: unknown key {min(unknown)}")
    days_off = {date.fromisoformat(day): str(why) for day, why in table.get("holidays", {}).items()}
    working = frozenset(_as_dates(table.get("working", [])))
    if wrong := [day for day in (*days_off, *working) if day.year != year]:
        raise ValueError(f"{year}: {wrong[0]} is not in this year")
    return Arrangement(table.get("official", False) is True, days_off, working)


def _as_dates(values: Iterable[object]) -> list[date]:
    if wrong := [v for v in values if not isinstance(v, date) or isinstance(v, datetime)]:
        raise ValueError(f"{wrong[0]} is not a date")
    return [v for v in values if isinstance(v, date)]


@cache
def calendar(name: CalendarName) -> Calendar:
    """The calendar "cn" (with the corrections shipped beside this module) or "none"."""
    if name == "none":
        return WeekCalendar()
    shipped = resources.files("procurement").joinpath("calendar_cn.toml").read_text("utf-8")
    return ChinaCalendar(read_corrections(shipped))


def deadline(
    start: date,
    days: int,
    calendar: Calendar,
    unit: Unit = "working",
    stopped: Mapping[date, str] = MappingProxyType({}),
) -> Deadline:
    """The last day of a period of `days` (1 or more) that begins with an event on `start`, which is not counted.

    With unit "working" only working days count. With unit "calendar" every day counts, and a last day that is off
    rolls over to the next working day. `stopped`: days on which the clock stood still, and why; they do not count.
    RuleBroken for a period outside 1..3660 days or years outside 1950..2099.
    """
    if not 1 <= days <= MOST_DAYS:
        raise RuleBroken(N_("A period lasts 1 to %(most)s days, not %(given)s."), most=MOST_DAYS, given=days)
    _check_year(start)
    skipped: list[DayOff] = []
    lost: list[DayOff] = []
    make_up: list[date] = []
    day, counted = start, 0
    while counted < days:
        day += _DAY
        _check_year(day)
        why = calendar.day_off(day)
        if why is not None and (unit == "working" or counted == days - 1):
            skipped.append(DayOff(day, why))
        elif day in stopped:
            lost.append(DayOff(day, stopped[day]))
        else:
            counted += 1
            if why is None and day.weekday() >= 5:
                make_up.append(day)
    unsettled = _unsettled(calendar, start + _DAY, day)
    return Deadline(day, start + _DAY, tuple(skipped), tuple(make_up), unsettled, tuple(lost))


def working_days_between(after: date, until: date, calendar: Calendar) -> int:
    """How many working days lie after `after`, up to and including `until`; 0 when `until` is not later. Inverse of
    `deadline`: the n-th working day after a date has n working days between."""
    _check_year(after)
    _check_year(until)
    span = range(after.toordinal() + 1, until.toordinal() + 1)
    return sum(calendar.day_off(date.fromordinal(n)) is None for n in span)


def closing_instant(last_day: date, zone: ZoneInfo) -> datetime:
    """The instant (aware, UTC) at which a window that includes all of `last_day` in `zone` is over: the midnight
    after it. Windows are half-open: at this instant it is too late."""
    midnight = datetime.combine(last_day + _DAY, time(), tzinfo=zone)
    return midnight.astimezone(UTC)


def local_date(instant: datetime, zone: ZoneInfo) -> date:
    """The calendar day of an aware `instant` in `zone`: the day of the event that a period is counted from."""
    return instant.astimezone(zone).date()


def _unsettled(calendar: Calendar, first: date, last: date) -> bool:
    return not all(calendar.settled(year) for year in range(first.year, last.year + 1))


def _check_year(day: date) -> None:
    if not FIRST_YEAR <= day.year < LAST_YEAR:
        raise RuleBroken(
            N_("The calendar covers the years %(first)s to %(last)s."), first=FIRST_YEAR, last=LAST_YEAR - 1
        )
