"""Drawings of the public pages: how long each step takes, where the money goes, who was selected how often,
who sits on a committee."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from fractions import Fraction

from flask_babel import gettext as _
from flask_babel import ngettext

from procurement.committee.queries import PublicMember
from procurement.committee.rules import MEMBER_KINDS, MemberKind
from procurement.pictures import Picture, on_shade, shade, share
from procurement.portal.queries import Selected
from procurement.portal.timeline import Step
from procurement.rounds.lint import experts_needed
from procurement.rounds.rules import CommitteeRule, Money
from procurement.web import format_day, format_money, localised

ROW = 36  # pixels: a line of writing and the bar under it


def course(steps: Sequence[Step], now: datetime) -> Picture | None:
    """The steps that have begun, each as long as it took, the current one up to its deadline; a stroke for now. None
    before anything has a length."""
    begun = [(step, step.begins, _end(step, now)) for step in steps if step.begins is not None]
    if not begun:
        return None
    first = min(begins for _step, begins, _ends in begun)
    last = max(first + timedelta(days=1), *(ends for _step, _begins, ends in begun))
    whole = _seconds(last - first)

    def at(when: datetime) -> Fraction:
        return share(_seconds(min(max(when, first), last) - first), whole)

    said = [_("%(step)s: %(days)s", step=_(step.title), days=length_of(begins, ends)) for step, begins, ends in begun]
    height = ROW * len(begun) + 24
    drawing = Picture(_("How long each step takes"), "; ".join(said), height=height)
    for row, (step, begins, ends) in enumerate(begun):
        top = ROW * row
        done = max(begins, min(ends, now))
        drawing.words(0, top + 13, _(step.title))
        drawing.words(100, top + 13, length_of(begins, ends), "tick", anchor="end")
        drawing.line(0, top + 25, 100, top + 25, "guide")
        kind = "done" if step.state == "done" else "shade-1"
        drawing.bar(at(begins), top + 19, max(at(done) - at(begins), Fraction(1, 2)), 12, kind)
        if ends > done:
            drawing.bar(at(done), top + 19, at(ends) - at(done), 12, "rest")
    if first <= now <= last:
        drawing.line(at(now), 16, at(now), ROW * len(begun), "now")
    drawing.axis(ROW * len(begun) + 2, [(0, format_day(first)), (100, format_day(last))])
    return drawing


def length_of(begins: datetime, ends: datetime) -> str:
    """How long it is from one instant to the other, in whole days begun."""
    days = -((begins - ends) // timedelta(days=1))
    return str(ngettext("%(num)s day", "%(num)s days", max(days, 1)))


def _end(step: Step, now: datetime) -> datetime:
    begins = step.begins or now
    if step.ends is not None:
        return max(step.ends, begins)
    return begins if step.state == "done" else max(now, begins)


def _seconds(span: timedelta) -> int:
    return span // timedelta(seconds=1)


def money(plan: Money) -> Picture | None:
    """How the budget is divided among what is paid out of it; None when no public money is planned."""
    paid = [one for one in plan.payments if one.payer.value == "public" and one.amount]
    total = max(plan.budget, sum((one.amount for one in paid), start=plan.budget * 0))
    if not total:
        return None
    rest = plan.budget - sum((one.amount for one in paid), start=plan.budget * 0)
    pieces = [(localised(one.purpose), one.amount) for one in paid]
    said = [f"{name} {format_money(amount)}" for name, amount in pieces]
    if rest > 0:
        said.append(_("not assigned: %(amount)s", amount=format_money(rest)))
    drawing = Picture(_("Where the public money goes"), "; ".join(said), height=48)
    left = Fraction(0)
    for number, (name, amount) in enumerate(pieces):
        width = share(amount, total)
        drawing.bar(left, 2, width, 24, shade(number), tip=f"{name} {format_money(amount)}")
        left += width
    if rest > 0:
        drawing.bar(left, 2, 100 - left, 24, "rest", tip=said[-1])
    drawing.axis(30, [(0, "¥0"), (100, format_money(total))])
    return drawing


def _shortened(name: str, most: int = 36) -> str:
    """`name` as far as it fits beside a telephone's edge: a Chinese character is as wide as two Latin letters."""
    width = 0
    for number, character in enumerate(name):
        width += 2 if character >= "\u2e80" else 1
        if width > most:
            return name[:number] + "…"
    return name


def rotation(businesses: Sequence[Selected], rounds: Sequence[str]) -> Picture | None:
    """Which business was selected in which round: a full dot for each selected product, an empty one for a reserve.
    None before anything is decided."""
    if not businesses:
        return None
    column = Fraction(100, len(rounds))
    height = ROW * len(businesses) + 24
    said = [
        ngettext(
            "%(name)s: selected in %(num)s round", "%(name)s: selected in %(num)s rounds", one.times, name=one.name
        )
        for one in businesses
    ]
    drawing = Picture(_("Who was selected in which round"), "; ".join(said), height=height)
    for row, one in enumerate(businesses):
        top = ROW * row
        drawing.words(0, top + 13, _shortened(one.name))
        drawing.line(0, top + 25, 100, top + 25, "guide")
        for number, ref in enumerate(rounds):
            x = column * number + column / 2
            if ref in one.selected:
                drawing.dot(x, top + 25, 6, "dot", tip=_("%(ref)s: selected", ref=ref))
            elif ref in one.reserve:
                drawing.dot(x, top + 25, 6, "open", tip=_("%(ref)s: reserve", ref=ref))
    ticks = [(column * number + column / 2, ref) for number, ref in enumerate(rounds)]
    drawing.axis(ROW * len(businesses) + 2, ticks if len(ticks) <= 3 else [ticks[0], ticks[-1]])
    return drawing


KINDS = (MemberKind.EXPERT, MemberKind.CONSUMER, MemberKind.ORGANISER)
SEAT = 46  # pixels: a seat and the writing under it


def composition(rule: CommitteeRule, members: Sequence[PublicMember]) -> Picture:
    """The seats of a committee side by side, one for each: who speaks for whom, who chairs, what is vacant; above
    them a line over the two thirds that experts must have."""
    seated = sorted(members, key=lambda member: (KINDS.index(member.kind), member.id))
    vacant = max(0, rule.size - len(seated))
    said = [
        ngettext("%(kind)s: %(num)s seat", "%(kind)s: %(num)s seats", count, kind=_(MEMBER_KINDS[kind]))
        for kind in KINDS
        if (count := sum(member.kind is kind for member in seated))
    ]
    if vacant:
        said.append(ngettext("%(num)s seat vacant", "%(num)s seats vacant", vacant))
    drawing = Picture(_("Who sits on the committee"), "; ".join(said), height=SEAT + 40)
    column = Fraction(100, max(rule.size, len(seated), 1))
    gap = column / 12
    needed = max(rule.experts, experts_needed(rule.size))
    drawing.words(0, 12, _("at least %(count)s experts", count=needed), "tick")
    drawing.line(gap, 20, column * needed - gap, 20, "axis")
    for place in range(max(rule.size, len(seated))):
        left = column * place + gap
        member = seated[place] if place < len(seated) else None
        if member is None:
            drawing.bar(left, 28, column - 2 * gap, 30, "rest", tip=_("vacant"))
            continue
        kind = KINDS.index(member.kind)
        tip = f"{member.code}: {_(MEMBER_KINDS[member.kind])}" + (_(" (chair)") if member.chair else "")
        drawing.bar(left, 28, column - 2 * gap, 30, shade(kind), tip=tip)
        middle = left + (column - 2 * gap) / 2
        drawing.words(middle, 48, member.code, on_shade(kind), anchor="middle")
        if member.chair:
            drawing.words(middle, 74, _("chair"), "tick", anchor="middle")
    return drawing
