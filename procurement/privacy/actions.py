"""Erasing a person's data: emptied columns, deleted rows, disclosures that are gone, and an entry that says so."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import (
    Column,
    ColumnElement,
    String,
    Table,
    Text,
    and_,
    case,
    cast,
    delete,
    exists,
    false,
    func,
    literal,
    not_,
    or_,
    select,
    update,
)
from sqlalchemy.orm import Session

from procurement.access import Actor, Permission, Role, require
from procurement.accounts.entries import AccountShut
from procurement.accounts.models import User
from procurement.applications.models import ApplicationVersion, SupplementAnswer
from procurement.db import Base, Document
from procurement.errors import N_, Problem, WrongPhase, refuse_if
from procurement.jobs import enqueue
from procurement.mail import Mail
from procurement.masking import ERASED
from procurement.merchants import disclosures
from procurement.merchants.actions import log_particulars
from procurement.merchants.models import Merchant
from procurement.privacy.models import Erasure
from procurement.privacy.queries import Whose, find
from procurement.privacy.rules import MENTIONED, TABLE, Part, Subject, check_reason, stays
from procurement.publiclog.entries import GROUND_NAMES, DataErased, Ground
from procurement.publiclog.entry import Salted, digest_of
from procurement.publiclog.erasing import erase_disclosures
from procurement.publiclog.models import LogDisclosure
from procurement.publiclog.writing import append

_ACCOUNT = re.compile(r"user:\d+")
"""An account by its number. It stays: the log goes on telling whose act each was, and no longer who that is."""

_UNIQUE = frozenset({"user_account.email", "observer.contact"})
_LETTER = "letters/erased"


@dataclass(frozen=True, slots=True)
class Line:
    """What becomes of one part: how many rows and disclosures go, or why they stay."""

    whose: Whose
    part: Part
    rows: int
    digests: Mapping[str, int]
    stays: Problem | None


@dataclass(frozen=True, slots=True)
class Plan:
    """What an erasure does. `open`: what has to end before; `files`: which are taken out of the store."""

    whose: Whose
    lines: tuple[Line, ...]
    open: tuple[Problem, ...]
    files: tuple[str, ...]

    @property
    def going(self) -> list[Line]:
        """The lines that go."""
        return [line for line in self.lines if line.stays is None]

    @property
    def kept(self) -> list[Line]:
        """The lines that stay, and have something in them."""
        return [line for line in self.lines if line.stays is not None and (line.rows or line.digests)]

    @property
    def disclosures(self) -> dict[str, int]:
        """Digest → index of its entry, of all that go."""
        return {digest: index for line in self.going for digest, index in line.digests.items()}


def plan(
    session: Session, *, actor: Actor | None, now: datetime, zone: ZoneInfo, subject: Subject, name: str
) -> Plan:
    """What `erase` would do, changing nothing. Raises NotAllowed, NotFound."""
    _allowed(actor)
    return _plan(session, subject, name, now, zone, lock=False)


def erase(
    session: Session,
    *,
    actor: Actor | None,
    now: datetime,
    zone: ZoneInfo,
    subject: Subject,
    name: str,
    ground: Ground,
    reason: str,
) -> Plan:
    """Erase what the table says of one person; returns what was done.

    `actor` is None for the command on the machine. `zone` is the office's. Raises NotAllowed, NotFound, WrongPhase
    while they have a matter that is not over, RuleBroken.
    """
    _allowed(actor)
    found = _plan(session, subject, name, now, zone, lock=True)
    if found.open:
        raise WrongPhase(*found.open)
    refuse_if(check_reason(reason))
    parts = tuple(sorted({line.part.code for line in found.going}))
    kept = tuple(sorted({line.part.code for line in found.kept}))
    refuse_if(_done_before(session, found.whose, kept, zone))

    words = set(_words(session, found))
    for line in found.going:
        for table, columns in _tables(line.part):
            where = line.whose.where[table.name]
            if table.name == "mail":
                session.execute(update(Mail).where(where).values(_letter(now, ground)))
            elif columns:
                session.execute(update(table).where(where).values({c.name: _blank(table, c) for c in columns}))
            else:
                session.execute(delete(table).where(where))
    _take_out_of_letters(session, words)
    session.expire_all()

    role = None if actor is None else Role.ADMINISTRATOR
    for whose in {line.whose.person: line.whose for line in found.lines}.values():
        if whose.subject is Subject.ACCOUNT and whose.row.disabled_at is None:
            session.execute(update(User).where(User.id == whose.row.id).values(disabled_at=now))
            shut = AccountShut(person=Salted(whose.person, whose=whose.person))
            append(session, shut, now=now, actor=actor, role=role)
        if whose.subject is Subject.MERCHANT:
            log_particulars(session, session.get_one(Merchant, whose.row.id), _changed(found), actor, role, now)
    digests = erase_disclosures(session, found.disclosures)
    if found.files:
        enqueue(session, "privacy.remove", {"files": list(found.files)}, now)
    reason = reason.strip()
    session.add(
        Erasure(
            subject=subject,
            person=found.whose.person,
            ground=ground,
            reason=reason,
            parts=list(parts),
            kept=list(kept),
            files=len(found.files),
            disclosures=len(found.disclosures),
            digests=digests,
            at=now,
            by_id=None if actor is None else actor.user_id,
        )
    )
    entry = DataErased(
        subject=subject,
        person=Salted(found.whose.person),
        ground=ground,
        reason=digest_of(reason),
        parts=parts,
        kept=kept,
        files=len(found.files),
        disclosures=len(found.disclosures),
        digests=digests,
    )
    append(session, entry, now=now, actor=actor, role=role)
    return found


def _allowed(actor: Actor | None) -> None:
    if actor is not None:
        require(actor, Permission.ERASE_DATA)


def _plan(session: Session, subject: Subject, name: str, now: datetime, zone: ZoneInfo, *, lock: bool) -> Plan:
    whose = find(session, subject, name, now=now, zone=zone, lock=lock)
    everybody = [whose, *(find(session, kind, ref, now=now, zone=zone, lock=lock) for kind, ref in whose.also)]
    lines = tuple(line for one in everybody for line in _lines(session, one, now, zone))
    files = tuple(sorted(_files(session, [line for line in lines if line.stays is None])))
    return Plan(whose, lines, tuple(problem for one in everybody for problem in one.open), files)


def _lines(session: Session, whose: Whose, now: datetime, zone: ZoneInfo) -> Iterator[Line]:
    today = now.astimezone(zone).date()
    for part in TABLE[whose.subject]:
        said = session.execute(
            select(LogDisclosure.digest, LogDisclosure.idx, LogDisclosure.value).where(
                LogDisclosure.whose.in_(whose.names), LogDisclosure.field.in_(part.said)
            )
        )
        rows = sum(
            session.scalar(select(func.count()).select_from(table).where(whose.where[table.name])) or 0
            for table, _ in _tables(part)
        )
        digests = {digest: index for digest, index, value in said if not _ACCOUNT.fullmatch(value)}
        yield Line(whose, part, rows, digests, stays(part, whose.about, today))


def _files(session: Session, going: Sequence[Line]) -> set[str]:
    """The digests of the files that go: those that nothing which stays names, neither a row nor a submission."""
    gone: dict[Column[Any], ColumnElement[bool]] = {}
    for line in going:
        for name in line.part.files:
            of, _, which = name.partition(".")
            named = Base.metadata.tables[of].columns[which]
            gone[named] = or_(gone.get(named, false()), line.whose.where[of])
    found = {one for column, where in gone.items() for one in session.scalars(select(column).where(where)) if one}
    for table in Base.metadata.tables.values():
        for column in table.columns:
            if column.name.endswith("digest") and found:
                others = and_(column.in_(found), not_(gone.get(column, false())))
                found -= set(session.scalars(select(column).where(others)))
    for submitted in (ApplicationVersion.document, SupplementAnswer.document):
        found -= {one for one in found if session.scalar(exists().where(submitted.contains(one)).select())}
    return found


def _tables(part: Part) -> Iterator[tuple[Table, list[Column[Any]]]]:
    """The tables of a part with the columns that are emptied; none where the rows are deleted."""
    columns: dict[str, list[Column[Any]]] = {}
    for name in part.columns:
        table, _, column = name.partition(".")
        columns.setdefault(table, []).append(Base.metadata.tables[table].columns[column])
    for table, those in columns.items():
        yield Base.metadata.tables[table], those
    for table in part.rows:
        yield Base.metadata.tables[table], []


def _blank(table: Table, column: Column[Any]) -> Any:
    """What stands in `column` afterwards."""
    if f"{table.name}.{column.name}" in _UNIQUE:
        return literal("erased:").concat(cast(table.columns["id"], String))
    if column.name == "document" and isinstance(column.type, Document):
        return disclosures.EMPTY.to_json()
    if column.nullable:
        return None
    return case((column == "", ""), else_=ERASED)


def _done_before(session: Session, whose: Whose, kept: tuple[str, ...], zone: ZoneInfo) -> list[Problem]:
    """That there is nothing left to erase of them."""
    last = session.scalars(
        select(Erasure)
        .where(Erasure.person == whose.person, Erasure.subject == whose.subject, Erasure.person != "")
        .order_by(Erasure.id.desc())
        .limit(1)
    ).one_or_none()
    if last is None or set(last.kept) != set(kept):
        return []
    on = last.at.astimezone(zone).date().isoformat()
    return [Problem(N_("This was done on %(date)s already, and nothing more can go."), {"date": on})]


def _changed(found: Plan) -> tuple[str, ...]:
    """Which particulars of a business are emptied."""
    names = (name.partition(".") for line in found.going for name in line.part.columns)
    return tuple(sorted(column for table, _, column in names if table == "merchant"))


# --- letters ------------------------------------------------------------------------------------------------------


def _letter(now: datetime, ground: Ground) -> dict[str, Any]:
    """A letter afterwards: that it was erased, when and why. One that waits does not go out."""
    return {
        "address": ERASED,
        "template": _LETTER,
        "context": {"when": now.isoformat(), "ground": GROUND_NAMES[ground]},
        "secret": {},
        "state": case((Mail.state.in_(("queued", "held")), "failed"), else_=Mail.state),
    }


def _words(session: Session, found: Plan) -> Iterator[str]:
    """What names the person wherever it stands."""
    for line in found.going:
        for table, columns in _tables(line.part):
            for column in columns:
                if f"{table.name}.{column.name}" in MENTIONED:
                    kept = session.scalars(select(column).where(line.whose.where[table.name]))
                    yield from (word for word in kept if len(word) > 1 and word != ERASED)


def _take_out_of_letters(session: Session, words: set[str]) -> None:
    """Replace `words` in the letters of others."""
    if not words:
        return
    text = cast(Mail.context, Text)
    named = select(Mail).where(or_(*(text.contains(word, autoescape=True) for word in sorted(words))))
    for row in session.scalars(named):
        row.context = _without(row.context, sorted(words, key=len, reverse=True))
    session.flush()


def _without(value: Any, words: list[str]) -> Any:
    if isinstance(value, str):
        for word in words:
            value = value.replace(word, ERASED)
        return value
    if isinstance(value, dict):
        return {key: _without(item, words) for key, item in value.items()}
    return [_without(item, words) for item in value] if isinstance(value, list) else value
