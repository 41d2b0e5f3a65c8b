"""Receipts are handed out with the acts themselves: whoever did something leaves with the proof that it was entered.

Nothing has to be done for it where an act is written. After each transaction of a request the entries that it wrote
are noted here; the answer then waits, for a bounded time, for the checkpoint that covers them; and the next page that
is shown (`base.html`) says which entries they are, where their receipts are kept and by which code they are found
again. Nothing of it is stored on the server: the number of an entry and a piece of its hash are the code.
"""

import time
from datetime import datetime, timedelta

import flask
from flask import g
from sqlalchemy.orm import Session

from procurement.access import Role
from procurement.publiclog import queries, serving
from procurement.publiclog.receipt import receipt_code
from procurement.publiclog.writing import SYSTEM, written
from procurement.web import after_commit, config, now, reading

PROMISE = timedelta(minutes=1)
"""Within which time of an act the office promises a checkpoint that covers it. Usually it takes a second."""

WAITS = frozenset({Role.VISITOR, Role.MERCHANT, Role.MEMBER, Role.OFFICIAL})
"""Whose answers wait for the checkpoint. The office's own people are not held up."""

_LOOK_EVERY = 0.1  # seconds
_SIGNER_AWAY = timedelta(seconds=15)
_MOST = 20
_KEPT = "acts"


@after_commit
def note(session: Session) -> None:
    """Remember the entries that a transaction of this request wrote."""
    acts = [act for act in written(session) if act.role != SYSTEM]
    if not acts:
        return
    kept = [*flask.session.get(_KEPT, []), *([act.index, receipt_code(act.index, act.leaf)] for act in acts)]
    flask.session[_KEPT] = kept[-_MOST:]
    waiting = [act.index for act in acts if act.role in WAITS]
    if waiting:
        g.awaited_entry = max(waiting)


def wait(response: flask.Response) -> flask.Response:
    """Hold the answer to an act back until a checkpoint covers its entry, or for as long as the settings allow."""
    index: int | None = g.pop("awaited_entry", None)
    if index is None or not _signer_at_work(index):
        return response
    until = time.monotonic() + config().receipt_seconds
    while not _covered(index) and time.monotonic() < until:
        time.sleep(_LOOK_EVERY)
    return response


def _covered(index: int) -> bool:
    with reading() as session:
        return serving.published_size(session) > index


def _signer_at_work(index: int) -> bool:
    """Whether it makes sense to wait: something was signed before, and no entry has waited for long."""
    with reading() as session:
        size = serving.published_size(session)
        if not 0 < size <= index:
            return False
        oldest = queries.entry_at(session, size)
    return oldest is not None and now() - oldest.envelope.at < _SIGNER_AWAY


def to_hand_out() -> list[tuple[int, str]]:
    """(index, code) of the entries of acts whose receipts have not been offered yet; asked for once."""
    found: list[tuple[int, str]] = flask.session.pop(_KEPT, []) if flask.session else []
    return found


def promised(at: datetime) -> datetime:
    """Until when an entry of `at` is covered by a checkpoint, as the office promises."""
    return at + PROMISE
