"""Deadlines of a round: when they close and how they were counted. Everything needed is in the frozen document.

A deadline closes at the local midnight after its last day; windows are half-open, so at that instant it is too late.
`counted` is what the public is shown and what `sunlit deadline` recomputes.

**When a clock stands still.** While a round is on hold every clock in it stands still, and single clocks have reasons
of their own (a supplement is awaited, something is tested). A day of which any part was stopped does not count: the
deadline moves to a later day that counts, is still the end of a day on which people work, and anybody can count it
again. Whoever sets a deadline stores it as it was first counted, `due_at` and `counted` from `working_deadline`, and
*reads* it through `running`, with the stops that concern it; nothing is rewritten when a hold begins or ends:

    clock = clocks.running(row.counted, stops=course.stops, now=now)
    clock.due          # None while it stands still
    clock.overdue(now)

`Course.stops` (phases.py) are the holds. `stops=(*course.stops, *own)` adds stops of one's own (phases.Stop). The
deadlines of whole phases are milestones; when a hold ends, the one that was running is counted anew by the same
function and the milestone of resuming carries it. Templates say a Clock with `c.clock` (macros/components.html).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import Any, cast
from zoneinfo import ZoneInfo

from procurement import workdays
from procurement.errors import N_
from procurement.rounds.phases import Stop
from procurement.rounds.rules import RoundDocument

Counted = dict[str, Any]


class Stopped(StrEnum):
    """Why a clock stands still. A hold stops every clock of the round, the others stop that of one objection."""

    HELD = "held"
    SUPPLEMENT = "supplement"
    TESTING = "testing"
    EXPERT_OPINION = "expert_opinion"


STOPS: Mapping[str, str] = MappingProxyType(
    {
        Stopped.HELD: N_("the round was on hold"),
        Stopped.SUPPLEMENT: N_("a supplement was awaited"),
        Stopped.TESTING: N_("something was being tested"),
        Stopped.EXPERT_OPINION: N_("an expert opinion was awaited"),
    }
)
"""The words for a Stop's `why`."""


@dataclass(frozen=True, slots=True)
class Clock:
    """A period as it stands at an instant.

    `due`: when it closes, None while it stands still; `counted`: how (as it was before, while it stands still);
    `stops`: those that fell into it; `standing`: the one that goes on; `left`: days left when it stands still.
    """

    due: datetime | None
    counted: Counted
    stops: tuple[Stop, ...] = ()
    standing: Stop | None = None
    left: int = 0

    def overdue(self, now: datetime) -> bool:
        """Whether the period is over. A clock that stands still never is."""
        return self.due is not None and now >= self.due


def zone_of(document: RoundDocument) -> ZoneInfo:
    """The time zone in which the days of this round begin and end."""
    return ZoneInfo(document.timetable.zone)


def calendar_of(document: RoundDocument) -> workdays.Calendar:
    """The working-day calendar of this round."""
    return workdays.calendar(cast(workdays.CalendarName, document.timetable.calendar))


def working_deadline(
    document: RoundDocument, *, start: datetime, working_days: int, zone: ZoneInfo | None = None
) -> tuple[datetime, Counted]:
    """(instant at which a period of `working_days` after the event at `start` closes, how it was counted).

    `zone` is for an act outside a frozen round; by default the document's own zone counts.
    """
    return _deadline(document, start, working_days, "working", zone)


def calendar_deadline(document: RoundDocument, *, start: datetime, days: int) -> tuple[datetime, Counted]:
    """As `working_deadline`, with every day counted; a last day that is off rolls over to the next working day."""
    return _deadline(document, start, days, "calendar", None)


def notice_deadline(document: RoundDocument, *, start: datetime) -> tuple[datetime, Counted]:
    """When a public notice given at `start` closes, in the unit that the rules name."""
    timetable = document.timetable
    return _deadline(document, start, timetable.notice_days, timetable.notice_unit.value, None)


def standstill_deadline(document: RoundDocument, *, decided: datetime) -> tuple[datetime, Counted] | None:
    """Until when nothing is done on a decision that was published at `decided`; None where there is no standstill."""
    days = document.timetable.standstill_days
    return calendar_deadline(document, start=decided, days=days) if days else None


def call_deadline(document: RoundDocument, *, published: datetime) -> tuple[datetime, Counted]:
    """When applications close for a round published at `published`."""
    return calendar_deadline(document, start=published, days=document.timetable.call_days)


def amended_deadline(
    document: RoundDocument, *, published: datetime, closes: datetime, now: datetime, stops: Iterable[Stop] = ()
) -> tuple[datetime, Counted | None]:
    """When applications close after an amendment at `now`: never earlier than before, at the end of the (longer)
    call without its `stops`, and not before applicants have had the amendment period. The second is None when nothing
    moves."""
    call = running(call_deadline(document, published=published)[1], stops=stops, now=now)
    candidates = [
        (call.due or closes, call.counted),
        calendar_deadline(document, start=now, days=document.timetable.amendment_days),
    ]
    latest, counted = max(candidates, key=lambda item: item[0])
    return (latest, counted) if latest > closes else (closes, None)


def _deadline(
    document: RoundDocument, start: datetime, days: int, unit: workdays.Unit, zone: ZoneInfo | None
) -> tuple[datetime, Counted]:
    zone = zone or zone_of(document)
    basis = {
        "from": workdays.local_date(start, zone).isoformat(),
        "days": days,
        "unit": unit,
        "calendar": document.timetable.calendar,
        "zone": zone.key,
    }
    return _count(basis, {})


def _count(basis: Mapping[str, Any], stopped: Mapping[date, str]) -> tuple[datetime, Counted]:
    """Count what `basis` (a `counted`, or its first five keys) asks for, without the days in `stopped`."""
    since, zone = date.fromisoformat(basis["from"]), ZoneInfo(basis["zone"])
    calendar = workdays.calendar(cast(workdays.CalendarName, basis["calendar"]))
    found = workdays.deadline(since, basis["days"], calendar, basis["unit"], stopped)
    asked = {name: basis[name] for name in ("from", "days", "unit", "calendar", "zone")}
    return workdays.closing_instant(found.date, zone), asked | found.to_json()


def running(counted: Counted, *, stops: Iterable[Stop], now: datetime) -> Clock:
    """The period that was first counted as `counted`, as it stands at `now` after `stops`.

    A stop matters only if it began before the period was over, and only from the day after the event on.
    """
    lost: dict[date, str] = {}
    applied: list[Stop] = []
    closes, found = _count(counted, lost)
    for stop in sorted(stops, key=lambda stop: (stop.began, stop.ended is None)):
        if stop.began > now or stop.began >= closes:
            break  # it is still to come, or the period was over by then and stays over
        if stop.ended is None or stop.ended > now:
            left = counted["days"] - _elapsed(counted, lost, stop)
            return Clock(None, found, (*applied, stop), stop, left)
        days = [day for day in _touched(stop, ZoneInfo(counted["zone"])) if day.isoformat() > counted["from"]]
        if days:
            applied.append(stop)
            lost |= {day: lost.get(day, stop.why) for day in days}
            closes, found = _count(counted, lost)
    return Clock(closes, found, tuple(applied))


def _touched(stop: Stop, zone: ZoneInfo) -> Iterable[date]:
    """The local days of which `stop`, which is over, took any part; at least the one on which it began."""
    first = workdays.local_date(stop.began, zone)
    last = first if stop.ended is None else workdays.local_date(stop.ended - timedelta(microseconds=1), zone)
    return (first + timedelta(days=n) for n in range(max((last - first).days, 0) + 1))


def _elapsed(counted: Counted, lost: Mapping[date, str], stop: Stop) -> int:
    """How many days of a period had counted before the day on which `stop` began."""
    calendar = workdays.calendar(cast(workdays.CalendarName, counted["calendar"]))
    first = date.fromisoformat(counted["from"]).toordinal() + 1
    until = workdays.local_date(stop.began, ZoneInfo(counted["zone"])).toordinal()
    days = (date.fromordinal(n) for n in range(first, until))
    working = counted["unit"] == "working"
    return sum(day not in lost and not (working and calendar.day_off(day)) for day in days)
