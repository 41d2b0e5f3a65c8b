"""The tables as they are in a database, and as the models describe them.

    upgrade(engine)                  bring a database to this version (`sunlit migrate`)
    downgrade(engine, "base")        take it back
    shape(connection)                what a database's catalogue holds, comparable between two databases
    write_initial(path)              the first migration, derived from the models

A whole upgrade is one transaction on both databases. On SQLite foreign keys are off while it runs, because
rewriting a table with them on deletes what refers to it; they are checked before it is committed.
"""

import importlib
import importlib.util
import pkgutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from pprint import pformat
from typing import Any

from alembic import command
from alembic.autogenerate import produce_migrations, render_python_code
from alembic.config import Config as AlembicConfig
from alembic.operations.ops import CreateTableOp, UpgradeOps
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection, Engine, MetaData, TypeDecorator, create_engine, text

import procurement
from procurement.applications import guards as application_guards
from procurement.db import Base, Document
from procurement.objections import guards as objection_guards
from procurement.portal import fulltext
from procurement.publiclog import triggers
from procurement.rounds import guard

MIGRATIONS = Path(__file__).resolve().parent.parent / "migrations"


class BrokenReferences(RuntimeError):
    """After a migration rows would refer to rows that do not exist; nothing was committed."""


def metadata() -> MetaData:
    """Every table of every step: imports each step's `models`."""
    for step in pkgutil.iter_modules(procurement.__path__, "procurement."):
        if step.ispkg and importlib.util.find_spec(f"{step.name}.models"):
            importlib.import_module(f"{step.name}.models")
    for module in ("procurement.jobs", "procurement.mail"):
        importlib.import_module(module)
    return Base.metadata


def upgrade(engine: Engine, revision: str = "head") -> None:
    """Migrate `engine`'s database up to `revision`; harmless when it is there already.

    Raises BrokenReferences, having changed nothing, when a migration leaves rows without what they refer to.
    """
    with migrating(engine) as config:
        command.upgrade(config, revision)


def downgrade(engine: Engine, revision: str) -> None:
    """Migrate `engine`'s database down to `revision` ("base": no tables)."""
    with migrating(engine) as config:
        command.downgrade(config, revision)


def current_revision(engine: Engine) -> str | None:
    """The revision a database is at; None when it holds nothing."""
    with engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision()


@contextmanager
def migrating(engine: Engine) -> Iterator[AlembicConfig]:
    """One transaction in which tables may be rewritten: foreign keys rest, and are checked at its end."""
    config = AlembicConfig()
    config.set_main_option("script_location", str(MIGRATIONS))
    with engine.connect() as connection:
        sqlite = engine.dialect.name == "sqlite"
        raw: Any = connection.connection.dbapi_connection
        if sqlite:
            raw.execute("PRAGMA foreign_keys=OFF")  # has no effect inside a transaction
        try:
            with connection.begin():
                config.attributes["connection"] = connection
                yield config
                if sqlite:
                    broken = connection.exec_driver_sql("PRAGMA foreign_key_check").all()
                    if broken:
                        raise BrokenReferences(", ".join(sorted({str(row[0]) for row in broken})))
        finally:
            if sqlite:
                raw.execute("PRAGMA foreign_keys=ON")


def render_item(kind: str, item: Any, autogen_context: Any) -> str | bool:
    """Render our own column types as what they are in the database: a migration outlives the code it came from."""
    if kind != "type" or not isinstance(item, TypeDecorator):
        return False
    if isinstance(item, Document):
        autogen_context.imports.add("from sqlalchemy.dialects import postgresql")
        return "sa.JSON().with_variant(postgresql.JSONB(), 'postgresql')"
    return f"sa.{item.impl_instance!r}"


def shape(connection: Connection) -> dict[str, set[str]]:
    """What the database's catalogue says of each table: columns, constraints, indexes, triggers.

    Two databases of the same kind with the same shape hold the same tables, whatever the order of their columns.
    """
    if connection.dialect.name == "sqlite":
        return _shape_sqlite(connection)
    return _shape_postgresql(connection)


def _shape_sqlite(connection: Connection) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    rows = connection.execute(text("SELECT type, tbl_name, sql FROM sqlite_master WHERE sql IS NOT NULL"))
    for kind, table, sql in rows:
        if table == "alembic_version":
            continue
        if table.startswith("search_words"):
            # FTS5 keeps what it found in tables of its own; what is described is the one statement they come from.
            if sql.startswith("CREATE VIRTUAL"):
                found.setdefault("search_document", set()).add(sql)
            continue
        if kind == "table":
            lines = {line.strip().rstrip(",").strip() for line in sql.replace('"', "").splitlines()[1:]}
            found.setdefault(table, set()).update(lines - {"", ")"})
        else:
            found.setdefault(table, set()).add(" ".join(sql.replace('"', "").split()))
    return found


def _shape_postgresql(connection: Connection) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for query in (
        """SELECT table_name, concat_ws(' ', 'column', column_name, udt_name, character_maximum_length, is_nullable,
                  column_default, identity_generation)
           FROM information_schema.columns WHERE table_schema = 'public'""",
        """SELECT conrelid::regclass::text, concat_ws(' ', conname, pg_get_constraintdef(oid))
           FROM pg_constraint WHERE connamespace = 'public'::regnamespace AND conrelid <> 0""",
        "SELECT tablename, indexdef FROM pg_indexes WHERE schemaname = 'public'",
        """SELECT tgrelid::regclass::text, concat_ws(' ', tgenabled, pg_get_triggerdef(oid), md5(prosrc))
           FROM (SELECT t.oid, t.tgrelid, t.tgenabled, p.prosrc FROM pg_trigger t JOIN pg_proc p ON p.oid = t.tgfoid
                 WHERE NOT t.tgisinternal) AS triggers""",
    ):
        for table, fact in connection.execute(text(query)):
            if table != "alembic_version":
                found.setdefault(table.strip('"'), set()).add(fact)
    return found


def write_initial(path: Path) -> None:
    """Write the first migration at `path` from the models. The same models give the same bytes."""
    engine = create_engine("sqlite://")
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"render_item": render_item})
        script = produce_migrations(context, metadata())
        assert isinstance(script.upgrade_ops, UpgradeOps)  # noqa: S101 (narrows the type)
        assert script.downgrade_ops is not None  # noqa: S101
        for operation in script.upgrade_ops.ops:
            if isinstance(operation, CreateTableOp):
                operation.info = {}  # tells the guard in db.py something; the database does not know it
        render: dict[str, Any] = {"render_item": render_item, "migration_context": context}
        up = render_python_code(script.upgrade_ops, **render)
        down = render_python_code(script.downgrade_ops, **render)
    guards = {
        word: pformat(
            {name: [s for part in parts for s in part(name)] for name in ("postgresql", "sqlite")}, width=110
        )
        for word, parts in (
            (
                "guards",
                (
                    triggers.trigger_statements,
                    fulltext.create_statements,
                    guard.create_statements,
                    objection_guards.create_statements,
                    application_guards.create_statements,
                ),
            ),
            (
                "unguard",
                (
                    application_guards.drop_statements,
                    objection_guards.drop_statements,
                    guard.drop_statements,
                    fulltext.drop_statements,
                    triggers.drop_statements,
                ),
            ),
        )
    }
    path.write_text(INITIAL.format(up=up, down=down, **guards), encoding="utf-8")


INITIAL = '''"""The tables of the first release. Written by `make migration-initial` from the models."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

# The triggers that hold the public log append-only, its empty head, the full-text search, the block of officials
# who must not recommend food, who may judge an objection, and who may not check an application.
GUARDS = {guards}

UNGUARD = {unguard}


def upgrade() -> None:
    {up}
    for statement in GUARDS[op.get_bind().dialect.name]:
        op.get_bind().exec_driver_sql(statement)


def downgrade() -> None:
    for statement in UNGUARD[op.get_bind().dialect.name]:
        op.get_bind().exec_driver_sql(statement)
    {down}
'''
