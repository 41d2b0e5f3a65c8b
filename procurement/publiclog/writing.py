"""`append`: the last move of every action that changes a round.

    append(session, RoundPublished(rules=digest, …), now=now, actor=actor, role=Role.ORGANISER, round_ref=round.ref)

The entry is checked and turned into bytes at once, and written to the tables as the very last thing before COMMIT
(`db.transaction` runs what is in `session.info[LAST]`). So the head, the one row that all writers share, is locked
after every other row and for as short as possible: two transactions cannot wait for each other over it, however
actions are composed, and on PostgreSQL others work on while one is still changing rows. An entry cannot be appended
inside a savepoint, since nobody would take it back when the savepoint is rolled back.
"""

import secrets
from datetime import datetime

from sqlalchemy import event, insert, select, update
from sqlalchemy.orm import Session

from procurement.access import Actor, Role
from procurement.db import LAST
from procurement.publiclog.entry import By, Entry, Envelope, Salted, Sealed, seal
from procurement.publiclog.models import LogDisclosure, LogEntry, LogHead, LogTileHash
from procurement.publiclog.tree import Frontier, leaf_hash

SYSTEM = "system"
"""The role in an entry that no person caused."""

_PENDING = "publiclog.pending"
_WRITTEN = "publiclog.written"


class Appended:
    """An entry that will be in the log when the transaction commits; afterwards it knows its index."""

    def __init__(self, envelope: Envelope) -> None:
        self._envelope = envelope
        self._sealed = seal(envelope, salt=lambda: secrets.token_urlsafe(16))
        self._index: int | None = None

    @property
    def index(self) -> int:
        """The entry's index, once the transaction has come to its end. Raises LookupError before."""
        if self._index is None:
            raise LookupError("an entry has its index when its transaction commits")
        return self._index

    @property
    def role(self) -> str:
        """In which role it was done: a value of access.Role, or SYSTEM."""
        return self._envelope.by.role

    @property
    def leaf(self) -> bytes:
        """The hash of the entry."""
        return leaf_hash(self._sealed.body)

    def write(self, session: Session, tree: Frontier) -> None:
        """Put the entry behind `tree`, whose head the session has locked."""
        sealed, index = self._sealed, tree.size
        store(session, tree, sealed.body, self._envelope)
        self._keep_disclosures(session, sealed, index)
        self._index = index

    def _keep_disclosures(self, session: Session, sealed: Sealed, index: int) -> None:
        for disclosure in sealed.disclosures:
            session.execute(
                insert(LogDisclosure).values(
                    digest=disclosure.digest,
                    idx=index,
                    field=disclosure.field,
                    salt=disclosure.salt,
                    value=disclosure.value,
                    whose=disclosure.whose,
                )
            )


def store(session: Session, tree: Frontier, body: bytes, envelope: Envelope) -> None:
    """Put the bytes of an entry behind `tree`, whose head the session has locked."""
    leaf = leaf_hash(body)
    session.execute(
        insert(LogEntry).values(
            idx=tree.size,
            body=body,
            leaf_hash=leaf,
            kind=envelope.entry.kind,
            at=envelope.at,
            round_ref=envelope.round_ref,
        )
    )
    completed = tree.append(leaf)
    session.execute(update(LogHead).where(LogHead.id == 1).values(size=tree.size, frontier=tree.encoded()))
    for tile_hash in completed:
        session.execute(insert(LogTileHash).values(tile_hash._asdict()))


def append(
    session: Session,
    entry: Entry,
    *,
    now: datetime,
    actor: Actor | None,
    role: Role | None,
    round_ref: str | None = None,
) -> Appended:
    """Say in the public log that `entry` happened, in the transaction of `session`.

    `role` is the one in which `actor` acts; both are None for what the system does by itself. The actor's account
    enters as a salted digest only. Raises EntryError when a field does not fit its declaration.
    """
    if session.in_nested_transaction():
        raise RuntimeError("an entry cannot be appended inside a savepoint")
    person = None
    if actor is not None and actor.user_id is not None:
        person = Salted(f"user:{actor.user_id}", whose=f"user:{actor.user_id}")
    by = By(SYSTEM if role is None else role, person)
    appended = Appended(Envelope(entry, now, round_ref, by))
    if _PENDING not in session.info:
        session.info[_PENDING] = []
        session.info.setdefault(LAST, []).append(_write_pending)
        event.listen(session, "before_commit", _write_pending)
    session.info[_PENDING].append(appended)
    return appended


def _write_pending(session: Session) -> None:
    """Lock the head and write the entries of this transaction behind it, in the order in which they were appended."""
    pending: list[Appended] = session.info[_PENDING]
    if not pending:
        return
    session.flush()
    head = session.execute(select(LogHead.size, LogHead.frontier).where(LogHead.id == 1).with_for_update()).one()
    tree = Frontier(head.size, head.frontier)
    while pending:
        appended = pending.pop(0)
        appended.write(session, tree)
        session.info.setdefault(_WRITTEN, []).append(appended)


def written(session: Session) -> list[Appended]:
    """The entries that the transaction of `session` put into the log, once it is committed."""
    found: list[Appended] = session.info.get(_WRITTEN, [])
    return found
