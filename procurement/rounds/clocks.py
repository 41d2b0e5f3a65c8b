"""Deadlines of a round: when they close and how they were counted. Everything needed is in the frozen document.

A deadline closes at the local midnight after its last day; windows are half-open, so at that instant it is too late.
`counted` is what the public is shown and what `sunlit deadline` recomputes.
"""

from datetime import datetime, timedelta
from typing import Any, cast
from zoneinfo import ZoneInfo

from procurement import workdays
from procurement.rounds.rules import RoundDocument

Counted = dict[str, Any]


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


def call_deadline(document: RoundDocument, *, published: datetime) -> tuple[datetime, Counted]:
    """When applications close for a round published at `published`."""
    return calendar_deadline(document, start=published, days=document.timetable.call_days)


def amended_deadline(
    document: RoundDocument, *, published: datetime, closes: datetime, now: datetime
) -> tuple[datetime, Counted | None]:
    """When applications close after an amendment at `now`: never earlier than before, at the end of the (longer)
    call, and not before applicants have had the amendment period. The second is None when nothing moves."""
    candidates = [
        call_deadline(document, published=published),
        calendar_deadline(document, start=now, days=document.timetable.amendment_days),
    ]
    latest, counted = max(candidates, key=lambda item: item[0])
    return (latest, counted) if latest > closes else (closes, None)


def _deadline(
    document: RoundDocument, start: datetime, days: int, unit: workdays.Unit, zone: ZoneInfo | None
) -> tuple[datetime, Counted]:
    zone = zone or zone_of(document)
    since = workdays.local_date(start, zone)
    found = workdays.deadline(since, days, calendar_of(document), unit)
    counted = {
        "from": since.isoformat(),
        "days": days,
        "unit": unit,
        "calendar": document.timetable.calendar,
        "zone": zone.key,
        **found.to_json(),
    }
    return workdays.closing_instant(found.date, zone), counted


def longest_break(document: RoundDocument, *, published: datetime) -> int:
    """The greatest number of days off in a row within the call, in days."""
    calendar, zone = calendar_of(document), zone_of(document)
    day = workdays.local_date(published, zone)
    longest = run = 0
    for _ in range(document.timetable.call_days):
        day += timedelta(days=1)
        run = run + 1 if calendar.day_off(day) else 0
        longest = max(longest, run)
    return longest
