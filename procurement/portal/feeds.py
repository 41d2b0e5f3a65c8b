"""What is new, for feed readers (Atom, RFC 4287) and calendars (iCalendar, RFC 5545), in both languages.

A feed of a list has its newest items; the feed of the log tells every act, of all rounds or of one. A calendar holds
the days on which something ends.
"""

import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from flask import Blueprint, Response, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from procurement.access import ROLE_NAMES, Permission
from procurement.errors import N_
from procurement.merchants.queries import debarments
from procurement.portal import queries
from procurement.publiclog import queries as log_queries
from procurement.publiclog.pages import line_of
from procurement.rounds.overdue import register_of
from procurement.rounds.phases import Phase
from procurement.rounds.queries import RoundView
from procurement.web import config, format_day, language, localised, now, page, reading

if TYPE_CHECKING:
    from icalendar import Event

bp = Blueprint("feeds", __name__)

SIZE = 50
_NOT_XML = re.compile(r"[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass(frozen=True, slots=True)
class Item:
    """One item of a feed. `id` is permanent; `url` is its page in the feed's language."""

    id: str
    title: str
    url: str
    at: datetime
    about: str = ""


def _feed(title: str, endpoint: str, items: list[Item], **values: str) -> ResponseReturnValue:
    """The items as Atom. An empty feed dates from the Unix epoch: it has never been updated."""
    newest = max((item.at for item in items), default=datetime.fromtimestamp(0, tz=now().tzinfo))
    text = render_template(
        "portal/feed.xml",
        title=title,
        here=request.url,
        page=_absolute(endpoint, **values),
        items=items,
        newest=newest,
    )
    return Response(_NOT_XML.sub("", text), mimetype="application/atom+xml")


def _absolute(endpoint: str, **values: Any) -> str:
    return config().base_url + url_for(endpoint, **values)


def _id(kind: str, ref: str) -> str:
    """A tag URI (RFC 4151) that no change of the site's pages moves."""
    host = config().base_url.split("://", 1)[-1].split("/")[0].split(":")[0]
    return f"tag:{host},2026:{kind}:{ref}"


@page(bp, "/feeds/rounds.atom", permission=Permission.READ_PUBLIC)
def rounds() -> ResponseReturnValue:
    """Published rounds."""
    with reading() as session:
        found = queries.rounds_page(session, now=now(), size=SIZE)
    items = [
        Item(
            _id("round", view.ref),
            localised(view.title),
            _absolute("portal.round_page", ref=view.ref),
            view.course.published,
        )
        for view in [*found.running, *found.over]
        if view.course.published is not None
    ]
    return _feed(_("Rounds"), "portal.rounds_list", sorted(items, key=lambda item: item.at, reverse=True)[:SIZE])


@page(bp, "/feeds/products.atom", permission=Permission.READ_PUBLIC)
def products() -> ResponseReturnValue:
    """Eligible products of checked rounds."""
    with reading() as session:
        rows, _more = queries.products_page(session, size=SIZE)
    items = [
        Item(
            _id("product", row.ref),
            row.name,
            _absolute("portal.product", ref=row.ref),
            row.told_at,
            f"{row.merchant}, {localised(row.round_title)} ({row.round_ref})",
        )
        for row in rows
    ]
    return _feed(_("Products"), "portal.products", items)


@page(bp, "/feeds/decisions.atom", permission=Permission.READ_PUBLIC)
def decisions() -> ResponseReturnValue:
    """Published decisions."""
    with reading() as session:
        rows, _more = queries.decisions_page(session, size=SIZE)
    items = [
        Item(
            _id("decision", row.ref),
            f"{row.ref} {localised(row.title)}",
            _absolute("decisions.decision", ref=row.ref),
            row.published_at,
            f"{_(queries.STANDINGS[row.standing])}{_(': ')}{row.by}" if row.by else "",
        )
        for row in rows
    ]
    return _feed(_("Register of decisions"), "portal.decisions_register", items)


@page(bp, "/feeds/debarments.atom", permission=Permission.READ_PUBLIC)
def debarred() -> ResponseReturnValue:
    """Debarments."""
    with reading() as session:
        rows, _more = debarments(session, today=now().astimezone(config().zone).date(), size=SIZE)
    items = [
        Item(
            _id("debarment", row.ref),
            f"{row.ref} {row.merchant_name}",
            _absolute("merchants.debarment", ref=row.ref),
            row.entered_at,
            _("%(begin)s to %(end)s", begin=format_day(row.starts_on), end=format_day(row.ends_on)),
        )
        for row in rows
    ]
    return _feed(_("Register of debarments"), "merchants.debarments", items)


@page(bp, "/feeds/overdue.atom", permission=Permission.READ_PUBLIC)
def overdue() -> ResponseReturnValue:
    """What the office did not do in its time; an item is told again once that is done."""
    with reading() as session:
        found = register_of(session, now=now())
    items = [
        Item(
            _id(f"overdue-{one.code}", f"{one.about}:{one.due:%Y%m%d}"),
            f"{_(one.what)}{_(': ')}{one.about}",
            _absolute(one.endpoint, **one.values),
            one.done_at or one.ended_at or one.due,
            f"{_('not done yet') if one.waits else _('done late')}{_(', ')}{_(ROLE_NAMES[one.role])}",
        )
        for one in [*found.waiting, *found.past]
    ]
    return _feed(_("What is overdue"), "portal.overdue", sorted(items, key=lambda one: one.at, reverse=True)[:SIZE])


@page(bp, "/feeds/log.atom", permission=Permission.READ_PUBLIC)
def log() -> ResponseReturnValue:
    """Every act; with `round`, those of one round."""
    ref = request.args.get("round") or None
    with reading() as session:
        found = [line_of(one) for one in log_queries.entries(session, round_ref=ref, limit=SIZE)]
    items = [
        Item(
            _id("entry", str(line.index)),
            _(line.title),
            _absolute("publiclog.entry", index=str(line.index)),
            line.at,
            line.round_ref or "",
        )
        for line in found
    ]
    if ref is not None:
        return _feed(_("Public log of round %(ref)s", ref=ref), "publiclog.entries", items, round=ref)
    return _feed(_("Public log"), "publiclog.entries", items)


# --- calendars ----------------------------------------------------------------------------------------------------


@page(bp, "/rounds/calendar.ics", permission=Permission.READ_PUBLIC)
def calendar() -> ResponseReturnValue:
    """The days on which something ends, of every round under way."""
    with reading() as session:
        found = queries.rounds_page(session, now=now(), size=1)
    return _calendar(_("Rounds"), [event for view in found.running for event in _days(view)], "sunlit")


@page(bp, "/rounds/<ref>/calendar.ics", permission=Permission.READ_PUBLIC)
def round_calendar(ref: str) -> ResponseReturnValue:
    """The days on which something ends in one round, and the day of the broadcast as planned."""
    with reading() as session:
        found = queries.public_round(session, ref, now=now())
    view = RoundView(found.id, found.ref, found.title, found.course, found.phase, found.frozen_at)
    events = _days(view)
    planned = found.rules.activity.planned_on
    if planned is not None and found.phase is not Phase.ABORTED:
        events.append(_event(view, "broadcast", N_("Broadcast, as planned"), planned, found.frozen_at))
    return _calendar(localised(found.title), events, ref)


def _days(view: RoundView) -> "list[Event]":
    """What ends when; nothing of a round that is held, whose deadlines stand still, or that ended."""
    if view.phase in (Phase.HELD, Phase.ABORTED):
        return []
    course = view.course
    ends = (
        ("applications", N_("Applications close"), course.applications_close, course.published),
        ("scoring", N_("Scoring ends"), course.scoring_closes, course.scoring_began),
        ("notice", N_("Public notice ends; objections until then"), course.notice_closes, course.notice_given),
    )
    return [
        _event(view, what, title, closes, said)
        for what, title, closes, said in ends
        if closes is not None and said is not None
    ]


def _event(view: RoundView, what: str, title: str, when: datetime | date, said: datetime) -> "Event":
    """A deadline at midnight is a whole day, the one that ends; any other is its instant."""
    if isinstance(when, datetime):
        local = when.astimezone(config().zone)
        if (local.hour, local.minute, local.second) == (0, 0, 0):
            when = local.date() - timedelta(days=1)
    # Loaded when first needed: a large library that few pages use.
    from icalendar import Event

    event = Event()
    event.add("uid", f"{what}-{view.ref}@{config().base_url.split('://', 1)[-1]}")
    event.add("dtstamp", said)
    event.add("dtstart", when)
    event.add("summary", f"{_(title)}: {localised(view.title)}")
    event.add("url", _absolute("portal.round_page", ref=view.ref))
    return event


def _calendar(name: str, events: "list[Event]", filename: str) -> ResponseReturnValue:
    from icalendar import Calendar

    made = Calendar()
    made.add("prodid", f"-//Sunlit//{language()}")
    made.add("version", "2.0")
    made.add("x-wr-calname", name)
    for event in events:
        made.add_component(event)
    headers = {"Content-Disposition": f'attachment; filename="{filename}.ics"'}
    return Response(made.to_ical(), mimetype="text/calendar", headers=headers)
