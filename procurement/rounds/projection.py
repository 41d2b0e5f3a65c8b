"""A round's days as they would fall if it were published at an instant: what a draft can promise. Pure.

Nothing is decided by these days; each deadline is set by the act that begins it.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from procurement import workdays
from procurement.errors import N_
from procurement.rounds import clocks
from procurement.rounds.rules import RoundDocument


@dataclass(frozen=True, slots=True)
class Stage:
    """One period in the plan. `label`: N_ text; `place`: its figure; `closes` (aware); `counted`: how."""

    label: str
    place: str
    closes: datetime
    counted: clocks.Counted


def planned(document: RoundDocument, *, published: datetime) -> tuple[Stage, ...]:
    """Every period in turn, each begun when the one before it closes and used to its end, without objections."""
    return tuple(_stages(document, published))


def _stages(document: RoundDocument, published: datetime) -> Iterator[Stage]:
    t = document.timetable
    closes, counted = clocks.call_deadline(document, published=published)
    yield Stage(N_("Applications close"), "timetable.call_days", closes, counted)
    for label, name in (
        (N_("Applications are checked"), "checking_working_days"),
        (N_("Time to object to verdicts ends"), "verdict_objection_working_days"),
        (N_("Scoring ends"), "scoring_working_days"),
    ):
        closes, counted = clocks.working_deadline(document, start=_day_before(closes), working_days=getattr(t, name))
        yield Stage(label, f"timetable.{name}", closes, counted)
    closes, counted = clocks.notice_deadline(document, start=_day_before(closes))
    yield Stage(N_("Public notice ends"), "timetable.notice_days", closes, counted)
    closes, counted = clocks.working_deadline(
        document, start=_day_before(closes), working_days=t.decision_working_days
    )
    yield Stage(N_("Decision is published"), "timetable.decision_working_days", closes, counted)
    if t.standstill_days:
        closes, counted = clocks.calendar_deadline(document, start=_day_before(closes), days=t.standstill_days)
        yield Stage(N_("Standstill ends"), "timetable.standstill_days", closes, counted)


def _day_before(closes: datetime) -> datetime:
    """An instant on the last day of a period: what follows is counted from the day after it."""
    return closes - timedelta(microseconds=1)


def last_day(document: RoundDocument, closes: datetime) -> date:
    """The last day of a period that closes at `closes`."""
    return workdays.local_date(_day_before(closes), clocks.zone_of(document))


def earliest_broadcast(document: RoundDocument, *, applications_close: datetime) -> date:
    """The first day on which a product of this round can lawfully be on air: when checking, scoring and deciding take
    no time at all, but the public notice and the standstill run in full."""
    closes, _ = clocks.notice_deadline(document, start=applications_close)
    standstill = clocks.standstill_deadline(document, decided=closes)
    after = standstill[0] if standstill is not None else closes
    return workdays.local_date(after, clocks.zone_of(document))


def longest_break(document: RoundDocument, first: date, last: date) -> int:
    """The greatest number of days off in a row from `first` to `last`."""
    calendar = clocks.calendar_of(document)
    longest = run = 0
    for n in range(first.toordinal(), last.toordinal() + 1):
        run = run + 1 if calendar.day_off(date.fromordinal(n)) else 0
        longest = max(longest, run)
    return longest
