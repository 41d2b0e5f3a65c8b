"""The audit: does the log still say what it said, and do the tables still say what the log says?

Without the second question an operator could edit a verdict or a score in the tables while every proof stays green.
So each step registers how its tables follow from the entries, and the audit compares them row by row:

    replays(
        Replay(
            table="round",                                       # what the rows are called in a finding
            kinds=(RoundPublished, RoundAmended),                # the entries they follow from
            expected=rounds_from_log,                            # entries in order → rows {column: value}
            actual=lambda: select(Round.ref, RoundRules.version, RoundRules.sha256).join(…),
            key=("ref", "version"),                              # the columns that name a row
        )
    )

    def rounds_from_log(entries: Iterable[Logged]) -> Iterable[Row]:
        for logged in entries:
            match logged.envelope.entry:
                case RoundPublished(rules=rules):
                    yield {"ref": logged.envelope.round_ref, "version": 1, "sha256": rules}

`expected` gives the same columns as the query. Personal data is compared where it has not been erased: the entries
come with what the disclosures say, and `disclosed(salted)` gives the value, or, once it is erased, something that
equals what erasing leaves in a column (so it cannot be part of a key). Rows that no entry speaks of (drafts) must be
left out of the query.
Register at import time in the step's `audit.py`; `load_steps` imports it.
"""

import importlib
import importlib.util
import pkgutil
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, fields, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Column, Select, Table, select, text
from sqlalchemy.orm import Session
from sqlalchemy.sql.visitors import iterate

import procurement
from procurement.errors import Refused
from procurement.masking import ERASED
from procurement.publiclog import queries
from procurement.publiclog.checkpoint import Checkpoint, NoteError, VerifierKey, open_checkpoint
from procurement.publiclog.entries import DataErased, digest_of_erased
from procurement.publiclog.entry import (
    Disclosure,
    Entry,
    EntryError,
    Envelope,
    Part,
    Salted,
    digests_in,
    unseal,
)
from procurement.publiclog.models import LogCheckpoint, LogDisclosure, LogErased, LogHead, LogTileHash
from procurement.publiclog.queries import Logged
from procurement.publiclog.succession import SuccessionError, key_at, keys_of
from procurement.publiclog.tree import Frontier, leaf_hash
from procurement.publiclog.triggers import missing_triggers

Row = Mapping[str, Any]


class _Untold:
    """Equal to everything: nobody can say what it was."""

    def __eq__(self, other: object) -> bool:
        return True

    def __hash__(self) -> int:
        raise TypeError("what nobody can say is no part of a key")


class _Erased(_Untold):
    """Equal to what erasing leaves in a column: nothing, the mark of erased data, a document of such."""

    def __eq__(self, other: object) -> bool:
        if isinstance(other, dict):
            return ERASED in other.values() or not any(other.values())
        return not other or other == ERASED or str(other).startswith("erased:")

    __hash__ = _Untold.__hash__

    def __str__(self) -> str:
        return "that it was erased"


UNTOLD: Any = _Untold()
"""Stands in an expected row for what no entry says; equal to everything."""


def disclosed(salted: Salted) -> Any:
    """What a salted field of an entry says, or, once that is erased, something that equals what erasing leaves."""
    return _Erased() if salted.value is None else salted.value


def who(logged: Logged) -> Any:
    """Whose act it was: "user:7" (compare it with `person`), None for nobody who was signed in; as `disclosed`."""
    by = logged.envelope.by.person
    return None if by is None else disclosed(by)


def person(user_id: int | None) -> str | None:
    """An account as `who` names it."""
    return None if user_id is None else f"user:{user_id}"


@dataclass(frozen=True, slots=True)
class Replay:
    """How the rows of a table follow from the entries of some kinds (see the module's docstring)."""

    table: str
    kinds: tuple[type[Entry], ...]
    expected: Callable[[Iterable[Logged]], Iterable[Row]]
    actual: Callable[[], Select[*tuple[Any, ...]]]
    key: tuple[str, ...]
    derived: Callable[[Row], Row] = lambda row: row
    """What is compared of a row, worked out from what the query gives: a text's hash instead of the text."""

    @property
    def columns(self) -> frozenset[tuple[str, str]]:
        """(table, column) of everything that its query reads or joins by: what cannot be edited unnoticed."""
        found = (part for part in iterate(self.actual()) if isinstance(part, Column))
        return frozenset((str(column.table.key), column.key) for column in found if isinstance(column.table, Table))


REPLAYS: dict[str, Replay] = {}
"""Every registered replay, by the name of its table."""


def replays(replay: Replay) -> None:
    """Register `replay`. Raises ValueError when its table has one already."""
    if replay.table in REPLAYS:
        raise ValueError(f"{replay.table} is replayed already")
    REPLAYS[replay.table] = replay


def load_steps() -> None:
    """Import every step's `entries` and `audit`, which declare its kinds of entry and register its replays."""
    for step in pkgutil.iter_modules(procurement.__path__, "procurement."):
        for module in ("entries", "audit"):
            if step.ispkg and importlib.util.find_spec(f"{step.name}.{module}"):
                importlib.import_module(f"{step.name}.{module}")


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is not as it should be: where, and what."""

    where: str
    what: str

    def __str__(self) -> str:
        return f"{self.where}: {self.what}"


@dataclass(slots=True)
class Report:
    """What the audit looked at and what it found. It is fine when it found nothing."""

    size: int = 0
    root: bytes = b""
    checkpoints: int = 0
    disclosures: int = 0
    rows: dict[str, int] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)

    @property
    def fine(self) -> bool:
        """Whether nothing was found."""
        return not self.findings

    def as_json(self) -> dict[str, Any]:
        """The report for machines."""
        return {
            "fine": self.fine,
            "size": self.size,
            "root": self.root.hex(),
            "checkpoints": self.checkpoints,
            "disclosures": self.disclosures,
            "rows": self.rows,
            "findings": [{"where": finding.where, "what": finding.what} for finding in self.findings],
        }

    def found(self, where: str, what: str) -> None:
        """Note something that is not as it should be."""
        self.findings.append(Finding(where, what))


def audit(session: Session, key: VerifierKey | None, guard: Checkpoint | None = None) -> Report:
    """Check the whole log and everything that follows from it.

    `key` is the log's public key (None: no checkpoint is expected to exist), `guard` what the signer's guard file
    promises. Every entry is read. The session must be fresh: the audit reads everything as of one moment.
    """
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ"))
    report = Report()
    promised = {} if guard is None else {guard.size: guard.root}
    replayed = _entries(session, report, _checkpoints(session, report, key) | promised)
    _disclosures(session, report, replayed)
    for name in missing_triggers(session.connection()):
        report.found("database", f"the trigger {name} is missing or switched off")
    for replay in REPLAYS.values():
        _compare(session, report, replay, replayed.of(replay.kinds))
    return report


@dataclass(slots=True)
class _Replayed:
    """What the later checks need of the entries: those that some table follows from, and who is where."""

    by_kind: dict[type[Entry], list[Logged]] = field(default_factory=dict)
    digests: dict[str, int] = field(default_factory=dict)

    def of(self, kinds: tuple[type[Entry], ...]) -> list[Logged]:
        found = [logged for kind in kinds for logged in self.by_kind.get(kind, [])]
        return sorted(found, key=lambda logged: logged.index)


def _checkpoints(session: Session, report: Report, key: VerifierKey | None) -> dict[int, bytes]:
    """Size → root of every signed checkpoint, after checking its signatures: by the key that the log had then, and
    by both where one handed over to the next."""
    roots: dict[int, bytes] = {}
    keys = _keys(session, report, key)
    handing_over = {one.index for one in queries.handovers(session) if one.old_signs}
    for row in session.scalars(select(LogCheckpoint).order_by(LogCheckpoint.size)):
        where = f"checkpoint of size {row.size}"
        report.checkpoints += 1
        roots[row.size] = row.root
        if key is None:
            report.found(where, "there is no key to check it with")
            continue
        covered = {index for index in handing_over if index < row.size}
        handing_over -= covered
        wanted = {key_at(keys, index) for index in covered} | {key_at(keys, row.size)}
        try:
            for each in wanted:
                checkpoint = open_checkpoint(row.note, each, key.name)
        except NoteError as error:
            report.found(where, str(error))
        else:
            if (checkpoint.size, checkpoint.root) != (row.size, row.root):
                report.found(where, "the row does not say what the signed note says")
    return roots


def _keys(session: Session, report: Report, key: VerifierKey | None) -> list[tuple[int, VerifierKey]]:
    """Every key that the log has had (succession.keys_of), when `key` is one of them; else it alone."""
    if key is None:
        return []
    try:
        return keys_of(key, queries.handovers(session))
    except SuccessionError as error:
        report.found("keys", str(error))
        return [(-1, key)]


def _entries(session: Session, report: Report, roots: dict[int, bytes]) -> _Replayed:
    """Recompute every leaf, tile hash and root; read every entry."""
    wanted = {DataErased, *(kind for replay in REPLAYS.values() for kind in replay.kinds)}
    replayed, tree = _Replayed(), Frontier()
    values = {row.digest: row.value for row in session.execute(select(LogDisclosure.digest, LogDisclosure.value))}
    tiles = {(row.level, row.n): row.hash for row in session.scalars(select(LogTileHash))}
    for index, body, kept_leaf, kind, at, round_ref in queries.bodies(session):
        where = f"entry {index}"
        if index != tree.size:
            report.found(where, f"expected entry {tree.size} here")
        leaf = leaf_hash(body)
        if leaf != kept_leaf:
            report.found(where, "its bytes do not have the hash it was logged with")
        for level, n, tile_hash in tree.append(leaf):
            if tiles.pop((level, n), None) != tile_hash:
                report.found(f"tile hash {level}/{n}", "missing or wrong")
        if tree.size in roots and roots.pop(tree.size) != tree.root():
            report.found(f"checkpoint of size {tree.size}", "the entries before it do not have the root it promises")
        envelope = _read(report, where, body, (kind, at, round_ref))
        if envelope is not None:
            replayed.digests.update(dict.fromkeys(digests_in(envelope), index))
            if type(envelope.entry) in wanted:
                logged = Logged(index, _disclosed(envelope, values), kept_leaf, body)
                replayed.by_kind.setdefault(type(envelope.entry), []).append(logged)
    _head(session, report, tree)
    for level, n in tiles:
        report.found(f"tile hash {level}/{n}", "there are not so many entries")
    for size in roots:
        report.found(f"checkpoint of size {size}", f"the log has only {tree.size} entries")
    return replayed


def _disclosed(envelope: Envelope, values: Mapping[str, str]) -> Envelope:
    """The entry with the values of its salted fields, as far as they are kept."""

    def with_values(value: Any) -> Any:
        if isinstance(value, Salted):
            return replace(value, value=values.get(str(value.digest)))
        if isinstance(value, tuple):
            return tuple(with_values(item) for item in value)
        if isinstance(value, Part | Entry) and type(value).codec.personal:
            own = {one.name: with_values(getattr(value, one.name)) for one in fields(value)}  # type: ignore[arg-type]
            return type(value)(**own)
        return value

    by = replace(envelope.by, person=with_values(envelope.by.person))
    return replace(envelope, entry=with_values(envelope.entry), by=by)


def _read(report: Report, where: str, body: bytes, copied: tuple[str, datetime, str | None]) -> Envelope | None:
    try:
        envelope = unseal(body)
    except EntryError as error:
        report.found(where, str(error))
        return None
    said = (envelope.entry.kind, envelope.at, envelope.round_ref)
    for column, copy, original in zip(("kind", "at", "round_ref"), copied, said, strict=True):
        if copy != original:
            report.found(where, f"the column {column} says {_show(copy)}, the entry {_show(original)}")
    return envelope


def _head(session: Session, report: Report, tree: Frontier) -> None:
    report.size, report.root = tree.size, tree.root()
    kept = session.execute(select(LogHead.size, LogHead.frontier)).all()
    if [(row.size, row.frontier) for row in kept] != [(tree.size, tree.encoded())]:
        sizes = ", ".join(str(row.size) for row in kept) or "nothing"
        report.found("head", f"says {sizes}; the entries make a tree of {tree.size}, or another one of that size")


def _disclosures(session: Session, report: Report, replayed: _Replayed) -> None:
    """Every disclosure belongs to the entry it is kept for; one that is gone is accounted for by an erasure."""
    kept: set[str] = set()
    for row in session.scalars(select(LogDisclosure), execution_options={"yield_per": 1000}):
        report.disclosures += 1
        kept.add(row.digest)
        where = f"disclosure of {row.field} for entry {row.idx}"
        if Disclosure(row.salt, row.field, row.value).digest != row.digest:
            report.found(where, "salt and value do not have the digest")
        elif replayed.digests.get(row.digest) != row.idx:
            report.found(where, "the entry does not hold this digest")
    erased = _erased(session, report, replayed)
    for digest, index in replayed.digests.items():
        where = f"disclosure {digest} for entry {index}"
        if digest in erased and digest in kept:
            report.found(where, "the log says that it was erased, and it is there")
        elif digest not in erased and digest not in kept:
            report.found(where, "it is gone, and no erasure in the log accounts for it")


def _erased(session: Session, report: Report, replayed: _Replayed) -> set[str]:
    """The digests whose disclosures were erased, as far as entries account for them."""
    noted: dict[str, set[str]] = {}
    for row in session.scalars(select(LogErased), execution_options={"yield_per": 1000}):
        noted.setdefault(row.erasure, set()).add(row.digest)
        if replayed.digests.get(row.digest) != row.idx:
            report.found(f"erasure of {row.digest}", f"entry {row.idx} does not hold this digest")
    accounted: set[str] = set()
    for logged in replayed.of((DataErased,)):
        entry = logged.envelope.entry
        assert isinstance(entry, DataErased)  # noqa: S101
        digests = noted.get(entry.digests, set())
        if len(digests) == entry.disclosures and digest_of_erased(digests) == entry.digests:
            accounted |= digests
        else:
            said = f"the log tells of {entry.disclosures} erased disclosures, {len(digests)} are noted"
            report.found(f"erasure in entry {logged.index}", said)
    return accounted


_UNREADABLE = (ValueError, KeyError, TypeError, LookupError, ArithmeticError, AttributeError, RecursionError, Refused)
"""What reading a row, or a story, raises that somebody has tampered with."""


def _compare(session: Session, report: Report, replay: Replay, entries: list[Logged]) -> None:
    """The rows that the entries lead to, against the rows of the table."""

    def name(row: Row) -> tuple[Any, ...]:
        return tuple(row[column] for column in replay.key)

    try:
        expected = {name(row): row for row in replay.expected(entries)}
    except _UNREADABLE as error:
        report.found(replay.table, f"the log tells a story that cannot be ({type(error).__name__}: {error})")
        expected = {}
    actual: dict[tuple[Any, ...], Row] = {}
    try:
        found = session.execute(replay.actual()).mappings().all()
    except ValueError as error:
        report.found(replay.table, f"a row holds what its column cannot hold ({error})")
        found = []
    for kept in found:
        row = {str(column): value for column, value in kept.items()}
        try:
            row = dict(replay.derived(row))
            if name(row) in actual:
                where = " ".join(_show(part) for part in name(row))
                report.found(f"{replay.table} {where}", "the table has it twice")
            actual[name(row)] = row
        except _UNREADABLE as error:
            where = " ".join(_show(row[column]) for column in replay.key if column in row)
            report.found(f"{replay.table} {where}", f"the row cannot be read ({type(error).__name__}: {error})")
    report.rows[replay.table] = len(actual)
    for row_name in [*expected, *(extra for extra in actual if extra not in expected)]:
        where = f"{replay.table} {' '.join(_show(part) for part in row_name)}"
        if row_name not in actual:
            report.found(where, "the log tells of it, the table does not have it")
        elif row_name not in expected:
            report.found(where, "the table has it, the log does not tell of it")
        else:
            for column, said, kept in _differences(expected[row_name], actual[row_name]):
                report.found(where, f"{column} is {_show(kept)}, the log says {_show(said)}")


def _differences(expected: Row, actual: Row) -> Iterator[tuple[str, Any, Any]]:
    for column in expected.keys() | actual.keys():
        said, kept = expected.get(column), actual.get(column)
        if said != kept:
            yield column, said, kept


def _show(value: object) -> str:
    shown = value.isoformat() if isinstance(value, datetime) else str(value)
    return shown if len(shown) <= 80 else f"{shown[:77]}…"
