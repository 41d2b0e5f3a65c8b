"""News by mail for people without an account: asked for, confirmed from the mailbox, one letter a day, stopped by one
press.

Whoever asks need not be whoever owns the address: nothing is sent but one letter with a link until the link is
followed and its button pressed (programs follow links, they press no buttons). What is sent is told by the public
log, so that nobody chooses what followers hear of. An address is kept only as long as somebody follows with it.
"""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any

from sqlalchemy import Engine, delete, select
from sqlalchemy.orm import Session

from procurement.clock import Clock
from procurement.db import reading, transaction
from procurement.errors import N_, NotFound, RuleBroken
from procurement.mail import digest_cut, queue_mail
from procurement.objections.rules import is_address
from procurement.papers.models import Subscription
from procurement.publiclog.entry import KINDS
from procurement.publiclog.models import LogEntry, LogHead
from procurement.rounds.models import Round
from procurement.rounds.queries import course_of

WAIT = timedelta(days=7)
"""For so long a link can be confirmed; afterwards the address is forgotten."""
AGAIN = timedelta(hours=12)
"""An address is not written to again within this time, however often somebody asks."""
MOST = 40
"""Acts that one letter tells; how many more there are is said."""

LISTS: Mapping[str, tuple[str, tuple[str, ...]]] = MappingProxyType(
    {
        "rounds": (N_("New rounds, and rounds that end without a selection"), ("round.published", "round.aborted")),
        "decisions": (N_("Proposed results and decisions of all rounds"), ("notice.given", "decision.published")),
        "debarments": (
            N_("Debarments of businesses"),
            ("debarment.entered", "debarment.appealed", "debarment.lifted"),
        ),
    }
)
"""Code → what one follows, and the kinds of entries that tell of it. Any other code is the reference of a round, of
which everything is told."""


@dataclass(frozen=True, slots=True)
class Followed:
    """What a subscription follows: `name` is an N_ text with `params`."""

    key: str
    what: str
    name: str
    params: Mapping[str, str]
    confirmed: bool


def name_of(what: str) -> tuple[str, dict[str, str]]:
    """What is followed, as an N_ text and what fills it."""
    return (LISTS[what][0], {}) if what in LISTS else (N_("Everything about round %(ref)s"), {"ref": what})


def subscribe(session: Session, *, now: datetime, address: str, what: str, language: str) -> None:
    """Ask to be written to. The answer is the same whether or not the address follows it already, so that nobody
    learns who does. Raises RuleBroken for what is no address and NotFound for an unknown list or round."""
    address = address.strip().lower()
    if len(address) > 254 or not is_address(address):
        raise RuleBroken(N_("Write an e-mail address, for example name@example.org."), field="address")
    _require_known(session, what)
    wanted = select(Subscription).where(Subscription.address == address, Subscription.what == what)
    row = session.scalars(wanted.with_for_update()).one_or_none()
    if row is not None and (row.confirmed_at is not None or now < row.asked_at + AGAIN):
        return
    if row is None:
        row = Subscription(address=address, what=what)
        session.add(row)
    row.language, row.asked_at, row.key = language, now, secrets.token_urlsafe(16)
    name, params = name_of(what)
    queue_mail(
        session,
        to=address,
        language=language,
        template="papers/subscribe",
        context={"name": {"message": name, "params": params}, "expires": (now + WAIT).isoformat()},
        secret={"path": f"/{language}/follow/{row.key}"},
        now=now,
    )


def _require_known(session: Session, what: str) -> None:
    if what in LISTS:
        return
    found = session.scalars(select(Round).where(Round.ref == what)).one_or_none()
    if found is None or course_of(session, found.id).published is None:
        raise NotFound(N_("There is no such list or round to follow."))


def followed(session: Session, *, now: datetime, key: str) -> Followed:
    """What the link with that key is about. Raises NotFound for a link that was never sent, is used up or too old."""
    row = _row(session, now, key)
    name, params = name_of(row.what)
    return Followed(row.key, row.what, name, params, row.confirmed_at is not None)


def confirm(session: Session, *, now: datetime, key: str) -> None:
    """Begin to be written to: from the next act on that is logged. Once more changes nothing."""
    row = _row(session, now, key, lock=True)
    if row.confirmed_at is None:
        row.confirmed_at = now
        row.told = session.scalar(select(LogHead.size)) or 0


def stop(session: Session, *, key: str) -> None:
    """Forget the address. Once more changes nothing: mail programs press twice."""
    session.execute(delete(Subscription).where(Subscription.key == key))


def _row(session: Session, now: datetime, key: str, *, lock: bool = False) -> Subscription:
    wanted = select(Subscription).where(Subscription.key == key)
    row = session.scalars(wanted.with_for_update() if lock else wanted).one_or_none()
    if row is None or (row.confirmed_at is None and now >= row.asked_at + WAIT):
        raise NotFound(N_("This link is not valid any more."))
    return row


# --- the daily letter ---------------------------------------------------------------------------------------------


def write_due(engine: Engine, config: Any, clock: Clock) -> int:
    """Write the letters that are due since eight in the morning, one for each subscription with news, and forget
    addresses that were never confirmed. Returns how many letters. Safe to run again, and by several at once."""
    now = clock()
    cut = digest_cut(config, now)
    due = (Subscription.confirmed_at < cut, Subscription.looked_at.is_(None) | (Subscription.looked_at < cut))
    stale = (Subscription.confirmed_at.is_(None), Subscription.asked_at <= now - WAIT)
    with reading(engine) as session:
        ids = session.scalars(select(Subscription.id).where(*due).order_by(Subscription.id)).all()
        forget = session.scalar(select(Subscription.id).where(*stale).limit(1)) is not None
    if forget:
        with transaction(engine) as session:
            session.execute(delete(Subscription).where(*stale))
    return sum(_write(engine, now, cut, one, due) for one in ids)


def _write(engine: Engine, now: datetime, cut: datetime, which: int, due: tuple[Any, ...]) -> bool:
    with transaction(engine) as session:
        wanted = select(Subscription).where(Subscription.id == which, *due)
        row = session.scalars(wanted.with_for_update()).one_or_none()
        if row is None:  # another worker was quicker, or it was stopped
            return False
        row.looked_at = now
        news = _news(session, row, cut)
        if not news:
            return False
        row.told = news[-1].idx + 1
        name, params = name_of(row.what)
        queue_mail(
            session,
            to=row.address,
            language=row.language,
            template="papers/news",
            context={
                "name": {"message": name, "params": params},
                "news": [
                    {
                        "title": KINDS[one.kind].title,
                        "at": one.at.isoformat(),
                        "round": one.round_ref or "",
                        "page": f"/{row.language}/log/{one.idx}",
                    }
                    for one in news[-MOST:]
                ],
                "more": max(0, len(news) - MOST),
                "page": f"/{row.language}/{_page_of(row.what)}",
                "stop": f"/{row.language}/follow/{row.key}/stop",
            },
            now=now,
        )
    return True


def _news(session: Session, row: Subscription, cut: datetime) -> Sequence[LogEntry]:
    """What was logged since the last letter and before `cut`."""
    wanted = select(LogEntry).where(LogEntry.idx >= row.told, LogEntry.at < cut).order_by(LogEntry.idx)
    if row.what in LISTS:
        wanted = wanted.where(LogEntry.kind.in_(LISTS[row.what][1]))
    else:
        wanted = wanted.where(LogEntry.round_ref == row.what)
    return session.scalars(wanted).all()


def _page_of(what: str) -> str:
    return what if what == "debarments" else f"{what}/" if what in LISTS else f"rounds/{what}"
