"""The database edge: declarative base, column types, the two ways to open a session, the unlogged-change guard.

    with transaction(engine) as session:   # the one commit place; writes
    with reading(engine) as session:       # the database itself refuses writes

SQLite is opened with `isolation_level = None` so that SQLAlchemy's savepoints keep their meaning, and writers say
BEGIN IMMEDIATE: measured with eight threads, the driver's default loses updates silently and a deferred BEGIN ends in
"database is locked". PostgreSQL readers run READ ONLY.

At COMMIT a transaction that changed a table outside the exempt list without appending to the public log is refused
(`UnloggedChange`). A table is exempt when its `__table_args__` carry `info={"unlogged": "<why>"}`.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import (
    JSON,
    Connection,
    DateTime,
    Dialect,
    Engine,
    Index,
    MetaData,
    String,
    TypeDecorator,
    create_engine,
    event,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase, Session
from sqlalchemy.sql import Delete, Insert, Update
from sqlalchemy.types import TypeEngine

NAMING = {
    "ix": "ix_%(column_0_N_label)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


class UTCDateTime(TypeDecorator[datetime]):
    """An instant. Refuses naive datetimes, stores UTC, returns aware UTC (SQLite forgets zones)."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("naive datetime")
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class ExactDecimal(TypeDecorator[Decimal]):
    """An exact decimal, kept as its plain text: neither database may round it and SQLite has no decimal at all."""

    impl = String(40)
    cache_ok = True

    def process_bind_param(self, value: Decimal | None, dialect: Dialect) -> str | None:
        if value is None:
            return None
        if not isinstance(value, Decimal) or not value.is_finite():
            raise TypeError(f"not a finite Decimal: {value!r}")
        return format(value, "f")

    def process_result_value(self, value: str | None, dialect: Dialect) -> Decimal | None:
        return None if value is None else Decimal(value)


class Document(TypeDecorator[Any]):
    """A JSON document (JSONB on PostgreSQL). Holds strings, ints, bools, null, lists, objects; never floats. None is
    SQL's NULL."""

    impl = JSON
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        kind = JSONB if dialect.name == "postgresql" else JSON
        return dialect.type_descriptor(kind(none_as_null=True))

    def process_bind_param(self, value: Any, dialect: Dialect) -> Any:
        _refuse_floats(value)
        return value


def _refuse_floats(value: Any) -> None:
    if isinstance(value, float):
        raise TypeError("floats are not stored in documents")
    if isinstance(value, dict):
        for item in value.values():
            _refuse_floats(item)
    elif isinstance(value, list | tuple):
        for item in value:
            _refuse_floats(item)


class Base(DeclarativeBase):
    """Every table of the application."""

    metadata = MetaData(naming_convention=NAMING)


LAST = "sunlit_last"
"""Key of `Session.info`: functions of the session that `transaction` calls when everything else has been flushed,
just before it looks whether the changes were logged and commits."""


def partial_index(name: str, *columns: str, where: str, unique: bool = False) -> Index:
    """An index over the rows that meet `where`, a condition in SQL that both databases read alike."""
    return Index(name, *columns, unique=unique, sqlite_where=text(where), postgresql_where=text(where))


class UnloggedChange(RuntimeError):
    """A transaction changed business rows without an entry in the public log: a defect, not a user's mistake."""


def make_engine(url: str, **options: Any) -> Engine:
    """Engine for `url` (sqlite:///… or postgresql://…) with the session rules above built in."""
    if url.startswith("sqlite"):
        options.setdefault("connect_args", {"timeout": 30})
    engine = create_engine(url, pool_pre_ping=not url.startswith("sqlite"), json_serializer=_dump_json, **options)
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
    event.listen(engine, "before_execute", _note_change)
    return engine


def _dump_json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, allow_nan=False)


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in (
        "foreign_keys=ON",
        "journal_mode=WAL",
        "synchronous=NORMAL",
        "busy_timeout=30000",
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    reader = connection.get_execution_options().get("sunlit_reading", False)
    # query_only is a property of the connection and must be set before BEGIN, on every use of it.
    connection.exec_driver_sql(f"PRAGMA query_only={'ON' if reader else 'OFF'}")
    connection.exec_driver_sql("BEGIN" if reader else "BEGIN IMMEDIATE")


def _note_change(connection: Connection, statement: Any, _multi: Any, _params: Any, _options: Any) -> None:
    changes = connection.get_execution_options().get("sunlit_changes")
    if changes is None or not isinstance(statement, Insert | Update | Delete):
        return
    table = statement.table
    name, info = getattr(table, "name", str(table)), getattr(table, "info", {})
    if name == "log_entry":
        changes.logged = True
    elif "unlogged" not in info:
        changes.tables.add(name)


class _Changes:
    """What one transaction changed; lives on its connection's execution options."""

    def __init__(self) -> None:
        self.tables: set[str] = set()
        self.logged = False


@contextmanager
def transaction(engine: Engine) -> Iterator[Session]:
    """The one commit place: commit at the end of the block, roll back on any exception.

    Raises UnloggedChange when logged tables changed and nothing was appended to the public log.
    """
    changes = _Changes()
    connection = engine.connect().execution_options(sunlit_changes=changes)
    try:
        with Session(connection, expire_on_commit=False) as session:
            yield session
            session.flush()
            for finish in session.info.get(LAST, ()):
                finish(session)
            if changes.tables and not changes.logged:
                raise UnloggedChange(", ".join(sorted(changes.tables)))
            session.commit()
    finally:
        connection.close()


@contextmanager
def reading(engine: Engine) -> Iterator[Session]:
    """A session in which the database refuses every write. Nothing is committed."""
    options: dict[str, Any] = {"sunlit_reading": True}
    if engine.dialect.name == "postgresql":
        options["postgresql_readonly"] = True
    connection = engine.connect().execution_options(**options)
    try:
        with Session(connection, expire_on_commit=False) as session:
            yield session
    finally:
        connection.close()
