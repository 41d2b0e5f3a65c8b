"""Every table is compared with the public log, or stands in a short list with its reason (unreplayed.py).

And what is compared is compared well: in worlds that hold every kind of row, each column is edited, rows are deleted
and rows are added, by SQL and one at a time, and each time the audit names what was done.
"""

import importlib
import importlib.util
import pkgutil
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime
from itertools import product
from pathlib import Path
from typing import Any

from sqlalchemy import Column, Index, Table, UniqueConstraint, event, text
from sqlalchemy.orm import Session

import procurement
from procurement.db import Base, make_engine
from procurement.publiclog import audit
from procurement.publiclog.audit import REPLAYS, Report
from procurement.publiclog.queries import Logged
from tests.conftest import Demonstration, MovableClock
from tests.guards.unreplayed import COLUMNS, TABLES
from tests.worlds.tampering import WORLDS

audit.load_steps()
for _step in pkgutil.iter_modules(procurement.__path__, "procurement."):
    if _step.ispkg and importlib.util.find_spec(f"{_step.name}.models"):
        importlib.import_module(f"{_step.name}.models")

EVERY = {table.name: table for table in Base.metadata.sorted_tables}
COMPARED = frozenset().union(*(replay.columns for replay in REPLAYS.values()))
REPLAYED = {table for table, _ in COMPARED} - TABLES.keys()


def test_every_table_is_compared_or_named_with_a_reason() -> None:
    unnoticed = {
        f"{table.name}.{column.name}"
        for table in EVERY.values()
        for column in table.columns
        if table.name not in TABLES
        and (table.name, column.name) not in COMPARED
        and not column.primary_key
        and f"{table.name}.{column.name}" not in COLUMNS
    }
    assert unnoticed == set()


def test_no_reason_is_left_over() -> None:
    assert TABLES.keys() <= EVERY.keys()
    assert {name for name in TABLES if any(table == name for table, _ in COMPARED)} == set()
    known = {f"{table.name}.{column.name}" for table in EVERY.values() for column in table.columns}
    assert COLUMNS.keys() <= known
    assert {name for name in COLUMNS if tuple(name.split(".")) in COMPARED} == set()


# --- one change at a time -----------------------------------------------------------------------------------------


class Audited:
    """A database in which rows are changed, looked at and changed back. What the log tells is read once; after each
    change the replays that read the table are compared with it."""

    def __init__(self, session: Session) -> None:
        self.session = session
        report = Report()
        entries = audit._entries(session, report, {})
        self.entries: dict[str, list[Logged]] = {name: entries.of(replay.kinds) for name, replay in REPLAYS.items()}
        for name, replay in REPLAYS.items():
            audit._compare(session, report, replay, self.entries[name])
        assert report.findings == [], "the record holds before anybody tampers with it"
        self.tables = sorted(name for name in REPLAYED if self.rows(EVERY[name]))

    def findings(self, table: str) -> list[str]:
        """What the replays that read `table` find."""
        report = Report()
        self.session.expire_all()
        for name, replay in REPLAYS.items():
            if any(read == table for read, _ in replay.columns):
                audit._compare(self.session, report, replay, self.entries[name])
        return [str(found) for found in report.findings]

    @contextmanager
    def after(self, statement: str, /, **values: Any) -> Iterator[int]:
        """With `statement` carried out; gives how many rows it changed. Afterwards everything is as before."""
        point = self.session.begin_nested()
        changed: Any = self.session.execute(text(statement), values)
        try:
            yield changed.rowcount
        finally:
            point.rollback()

    def rows(self, table: Table) -> list[dict[str, Any]]:
        """The rows of `table` as they are stored; `at` is where."""
        found = self.session.execute(text(f'SELECT rowid AS "@", * FROM {table.name}'))  # noqa: S608
        return [dict(row) for row in found.mappings()]


@contextmanager
def lawless(address: str) -> Iterator[Audited]:
    """A database that does not check what is done to it, as whoever edits it behind the application's back would
    have it."""
    engine = make_engine(address)

    @event.listens_for(engine, "connect")
    def _switch_off(connection: sqlite3.Connection, _record: object) -> None:
        connection.execute("PRAGMA foreign_keys=OFF")
        connection.execute("PRAGMA ignore_check_constraints=ON")

    with Session(engine) as session:
        yield Audited(session)
        session.rollback()
    engine.dispose()


def different(column: Column[Any], value: Any, others: list[Any]) -> Any:
    """Another value of the same kind: one that another row has, else one made up."""
    for other in others:
        if other != value and other is not None:
            return other
    if value is None:
        made_up = {int: 1, bool: 1, datetime: "2031-01-01 00:00:00.000000", date: "2031-01-01", str: "x7"}
        return made_up.get(column.type.python_type, '{"x": "y"}')
    if isinstance(value, int):
        return value + 1 if value > 1 else 1 - value
    if isinstance(value, bytes):
        return bytes(byte ^ 1 for byte in value)
    if isinstance(value, str) and value[:4].isdigit() and value[4:5] == "-":
        return "2031" + value[4:]
    if isinstance(value, str) and value.startswith(("{", "[")):
        return value.replace("1", "7", 1) if "1" in value else '{"x": "y"}'
    return f"{value}7"


def edits(audited: Audited, table: Table, rows: list[dict[str, Any]]) -> Iterator[str]:
    """Edits that nobody notices."""
    for column in table.columns:
        if (table.name, column.name) not in COMPARED or column.primary_key:
            continue
        row = next((row for row in rows if row[column.name] is not None), rows[0])
        if column.foreign_keys and row[column.name] is None:
            continue  # nothing here that it could lead to
        other = different(column, row[column.name], [one[column.name] for one in rows])
        statement = f'UPDATE OR IGNORE {table.name} SET "{column.name}" = :other WHERE rowid = :at'  # noqa: S608
        with audited.after(statement, other=other, at=row["@"]) as changed:
            if changed and not audited.findings(table.name):
                yield f"{table.name}.{column.name}: {row[column.name]!r} → {other!r}"


def deletions(audited: Audited, table: Table, rows: list[dict[str, Any]]) -> Iterator[str]:
    """Deletions that nobody notices."""
    with audited.after(f"DELETE FROM {table.name} WHERE rowid = :at", at=rows[-1]["@"]):  # noqa: S608
        if not audited.findings(table.name):
            yield f"{table.name}: without its last row"


def unique_sets(table: Table) -> Iterator[list[Column[Any]]]:
    for constraint in table.constraints:
        if isinstance(constraint, UniqueConstraint):
            yield list(constraint.columns)
    for index in table.indexes:
        if isinstance(index, Index) and index.unique:
            yield list(index.columns)
    yield list(table.primary_key.columns)


def additions(audited: Audited, table: Table, rows: list[dict[str, Any]]) -> Iterator[str]:
    """Added rows that nobody notices: a copy of one, different where no two may be the same."""
    names = [column.name for column in table.columns]
    several = {column.name for columns in unique_sets(table) for column in columns}
    serial = [column.name for column in table.primary_key.columns if not column.foreign_keys]

    def alternatives(name: str) -> list[Any]:
        value = rows[0][name]
        if name in serial and isinstance(value, int):
            return [value + 1_000_000]
        if isinstance(value, int) and table.columns[name].foreign_keys:
            return sorted({row[name] for row in rows if row[name] is not None})
        if isinstance(value, int) and name.endswith("_id"):
            return sorted({row[name] for row in rows if row[name] is not None})
        if isinstance(value, int):
            return [value + 90]
        return [value, f"{value}9"] if isinstance(value, str) else [value]

    varied = sorted(several)
    quoted, given = ", ".join(f'"{name}"' for name in names), ", ".join(f":{name}" for name in names)
    statement = f"INSERT OR IGNORE INTO {table.name} ({quoted}) VALUES ({given})"  # noqa: S608
    for combination in product(*(reversed(alternatives(name)) for name in varied)):
        added = {name: rows[0][name] for name in names} | dict(zip(varied, combination, strict=True))
        with audited.after(statement, **added) as count:
            if count:
                if not audited.findings(table.name):
                    yield f"{table.name}: with one row more"
                return
    # Rows of which no copy can differ (one for each pair, say) cannot be added twice at all.


def unnoticed(audited: Audited) -> list[str]:
    """Everything that can be done to the tables of this database without the audit's saying so."""
    found: list[str] = []
    for name in audited.tables:
        rows = audited.rows(EVERY[name])
        for tampering in (edits, deletions, additions):
            found += tampering(audited, EVERY[name], rows)
    return found


def test_whatever_is_done_to_a_row_is_named(
    demonstration: Demonstration, migrated_sqlite: Path, clock: MovableClock, tmp_path: Path
) -> None:
    databases = {"demonstration": demonstration.copy(tmp_path / "demonstration").database}
    for world in WORLDS:
        path = tmp_path / f"{world.__name__}.db"
        shutil.copyfile(migrated_sqlite, path)
        databases[world.__name__] = f"sqlite:///{path}"
        engine = make_engine(databases[world.__name__])
        world(engine, MovableClock(clock()))
        engine.dispose()
    tried: set[str] = set()
    for name, address in databases.items():
        with lawless(address) as audited:
            assert f"{name}: " + "\n".join(unnoticed(audited)) == f"{name}: "
            tried.update(audited.tables)
    assert REPLAYED - tried == set()
