"""The drawing of an objection's clocks: how long each step took or may still take, and when a clock stood still."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from fractions import Fraction

from flask_babel import gettext as _

from procurement.objections.story import Period
from procurement.pictures import Picture, share
from procurement.rounds.phases import Stop
from procurement.web import format_closing, format_day

ROW = 36  # pixels: a line of writing and the bar under it


def clocks(periods: Sequence[Period], now: datetime) -> Picture | None:
    """One line for each period: dark where time was used, white where the clock stood still or time is left, a stroke
    where it is due, outlined in red where it is late. None when nothing has a length."""
    if not periods:
        return None
    first = min(period.begins for period in periods)
    ends = [end for period in periods for end in (period.ends, period.due) if end is not None]
    last = max([first + timedelta(days=1), *ends, *([now] if any(p.ends is None for p in periods) else [])])
    whole = _seconds(last - first)

    def at(when: datetime) -> Fraction:
        return share(_seconds(min(max(when, first), last) - first), whole)

    height = ROW * len(periods) + 24
    drawing = Picture(_("Clocks of the objection"), " ".join(map(sentence, periods)), height=height)
    for row, period in enumerate(periods):
        _draw(drawing, period, ROW * row, at, now)
    if any(period.ends is None for period in periods):
        drawing.line(at(now), 16, at(now), ROW * len(periods), "now")
    drawing.axis(ROW * len(periods) + 2, [(0, format_day(first)), (100, format_day(last))])
    return drawing


def _draw(drawing: Picture, period: Period, top: int, place: Callable[[datetime], Fraction], now: datetime) -> None:
    until = period.ends or now
    x, used = place(period.begins), place(until)
    drawing.words(0, top + 13, _(period.title))
    drawing.words(100, top + 13, _state(period), "tick", anchor="end")
    drawing.line(0, top + 25, 100, top + 25, "guide")
    drawing.bar(x, top + 19, max(used - x, Fraction(1, 2)), 12, "done")
    for stop in period.stops:
        began = place(max(stop.began, period.begins))
        ended = place(min(stop.ended or until, until))
        if ended > began:
            drawing.bar(began, top + 19, ended - began, 12, "open", tip=_tip(stop))
    if period.due is None:
        return
    due = place(period.due)
    if period.ends is None and due > used:
        drawing.bar(used, top + 19, due - used, 12, "rest")
    elif period.late and used > due:
        drawing.bar(due, top + 19, used - due, 12, "late")
    drawing.line(due, top + 15, due, top + 35, "strong")


def _tip(stop: Stop) -> str:
    return f"{format_day(stop.began)} – {format_day(stop.ended)}" if stop.ended else format_day(stop.began)


def _state(period: Period) -> str:
    if period.late:
        return str(_("overdue"))
    if period.ends is not None:
        return str(format_day(period.ends))
    return str(_("stands still")) if period.due is None else str(format_closing(period.due))


def sentence(period: Period) -> str:
    """What a screen reader says of a period."""
    names = {
        "title": _(period.title),
        "begins": format_day(period.begins),
        "ends": format_day(period.ends),
        "due": format_closing(period.due),
    }
    if period.ends is not None:
        return str(_("%(title)s: from %(begins)s to %(ends)s, due %(due)s.", **names))
    if period.due is None:
        return str(_("%(title)s: from %(begins)s; the clock stands still.", **names))
    return str(_("%(title)s: from %(begins)s, due %(due)s.", **names))


def _seconds(span: timedelta) -> int:
    return span // timedelta(seconds=1)
