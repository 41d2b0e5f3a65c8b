"""Triggers that hold the log append-only inside the database, whoever writes to it.

Entries, tile hashes and checkpoints cannot be changed, deleted or truncated; an entry's index must be the next one,
the head may only grow by one and only behind an entry, a checkpoint must be of a larger size than those before it and
of no larger size than the log. A disclosure can be deleted once it is noted as erased; it is never changed or put
back.

On PostgreSQL the triggers are ENABLE ALWAYS, so that `session_replication_role = replica` does not switch them off.
What they cannot stop is the owner of the tables, who may drop them: let the application connect as another role, and
let `sunlit log audit` say when one is missing.
"""

from sqlalchemy import Connection, MetaData, event, text

from procurement.db import Base

_FROZEN = ("log_entry", "log_tile_hash", "log_checkpoint", "log_cosignature", "log_erased")

_POSTGRESQL_FUNCTIONS = (
    """
    CREATE FUNCTION sunlit_log_deny() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      RAISE EXCEPTION USING ERRCODE = 'restrict_violation',
        MESSAGE = 'append-only: no ' || lower(tg_op) || ' on ' || tg_table_name;
    END $$
    """,
    """
    CREATE FUNCTION sunlit_log_entry_next() RETURNS trigger LANGUAGE plpgsql AS $$
    DECLARE next_idx bigint;
    BEGIN
      SELECT size INTO next_idx FROM log_head WHERE id = 1 FOR UPDATE;
      IF next_idx IS NULL OR new.idx <> next_idx
         OR (next_idx > 0 AND NOT EXISTS (SELECT 1 FROM log_entry WHERE idx = next_idx - 1)) THEN
        RAISE EXCEPTION USING ERRCODE = 'restrict_violation',
          MESSAGE = 'append-only: index ' || new.idx || ' is not the next one';
      END IF;
      RETURN new;
    END $$
    """,
    """
    CREATE FUNCTION sunlit_log_head_step() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      IF tg_op = 'INSERT' THEN
        IF new.size <> 0 OR EXISTS (SELECT 1 FROM log_head) OR EXISTS (SELECT 1 FROM log_entry) THEN
          RAISE EXCEPTION USING ERRCODE = 'restrict_violation', MESSAGE = 'append-only: there is a head';
        END IF;
      ELSIF new.id <> old.id OR new.size <> old.size + 1
         OR NOT EXISTS (SELECT 1 FROM log_entry WHERE idx = old.size) THEN
        RAISE EXCEPTION USING ERRCODE = 'restrict_violation',
          MESSAGE = 'append-only: the head grows by one, behind an entry';
      END IF;
      RETURN new;
    END $$
    """,
    """
    CREATE FUNCTION sunlit_log_checkpoint_step() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      IF new.size <= coalesce((SELECT max(size) FROM log_checkpoint), -1)
         OR new.size > (SELECT size FROM log_head WHERE id = 1) THEN
        RAISE EXCEPTION USING ERRCODE = 'restrict_violation',
          MESSAGE = 'append-only: a checkpoint is of a larger size than the last, and not of more than there is';
      END IF;
      RETURN new;
    END $$
    """,
    """
    CREATE FUNCTION sunlit_log_disclosure_step() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      IF tg_op = 'INSERT' THEN
        IF EXISTS (SELECT 1 FROM log_erased WHERE digest = new.digest) THEN
          RAISE EXCEPTION USING ERRCODE = 'restrict_violation', MESSAGE = 'append-only: this disclosure was erased';
        END IF;
        RETURN new;
      END IF;
      IF NOT EXISTS (SELECT 1 FROM log_erased WHERE digest = old.digest AND idx = old.idx) THEN
        RAISE EXCEPTION USING ERRCODE = 'restrict_violation',
          MESSAGE = 'append-only: a disclosure goes only once it is noted as erased';
      END IF;
      RETURN old;
    END $$
    """,
)

# name → (when, table, level, function)
_POSTGRESQL_TRIGGERS = {
    **{f"{table}_frozen": ("BEFORE UPDATE OR DELETE", table, "ROW", "sunlit_log_deny") for table in (*_FROZEN,)},
    **{
        f"{table}_kept": ("BEFORE TRUNCATE", table, "STATEMENT", "sunlit_log_deny")
        for table in (*_FROZEN, "log_head", "log_disclosure")
    },
    "log_entry_next": ("BEFORE INSERT", "log_entry", "ROW", "sunlit_log_entry_next"),
    "log_head_step": ("BEFORE INSERT OR UPDATE", "log_head", "ROW", "sunlit_log_head_step"),
    "log_head_stays": ("BEFORE DELETE", "log_head", "ROW", "sunlit_log_deny"),
    "log_checkpoint_step": ("BEFORE INSERT", "log_checkpoint", "ROW", "sunlit_log_checkpoint_step"),
    "log_disclosure_same": ("BEFORE UPDATE", "log_disclosure", "ROW", "sunlit_log_deny"),
    "log_disclosure_step": ("BEFORE INSERT OR DELETE", "log_disclosure", "ROW", "sunlit_log_disclosure_step"),
}

# SQLite resolves INSERT OR REPLACE after its BEFORE INSERT triggers and deletes the old row without asking the
# DELETE triggers; the conditions on inserts are therefore what stops it.
_SQLITE_TRIGGERS = {
    **{
        f"{table}_{act}d": (f"BEFORE {act.upper()}", table, "", f"append-only: no {act} on {table}")
        for table in _FROZEN
        for act in ("update", "delete")
    },
    "log_entry_next": (
        "BEFORE INSERT",
        "log_entry",
        (
            "WHEN new.idx IS NOT (SELECT size FROM log_head WHERE id = 1)"
            " OR new.idx <> (SELECT coalesce(max(idx) + 1, 0) FROM log_entry)"
        ),
        "append-only: the index is not the next one",
    ),
    "log_head_start": (
        "BEFORE INSERT",
        "log_head",
        "WHEN new.size <> 0 OR EXISTS (SELECT 1 FROM log_head) OR EXISTS (SELECT 1 FROM log_entry)",
        "append-only: there is a head",
    ),
    "log_head_step": (
        "BEFORE UPDATE",
        "log_head",
        (
            "WHEN new.id <> old.id OR new.size <> old.size + 1"
            " OR NOT EXISTS (SELECT 1 FROM log_entry WHERE idx = old.size)"
        ),
        "append-only: the head grows by one, behind an entry",
    ),
    "log_head_stays": ("BEFORE DELETE", "log_head", "", "append-only: no delete on log_head"),
    "log_tile_hash_new": (
        "BEFORE INSERT",
        "log_tile_hash",
        "WHEN EXISTS (SELECT 1 FROM log_tile_hash WHERE level = new.level AND n = new.n)",
        "append-only: this tile hash is there",
    ),
    "log_checkpoint_step": (
        "BEFORE INSERT",
        "log_checkpoint",
        (
            "WHEN new.size <= (SELECT coalesce(max(size), -1) FROM log_checkpoint)"
            " OR new.size > (SELECT size FROM log_head WHERE id = 1)"
        ),
        "append-only: a checkpoint is of a larger size than the last, and not of more than there is",
    ),
    "log_disclosure_same": ("BEFORE UPDATE", "log_disclosure", "", "append-only: no update on log_disclosure"),
    "log_disclosure_new": (
        "BEFORE INSERT",
        "log_disclosure",
        (
            "WHEN EXISTS (SELECT 1 FROM log_disclosure WHERE digest = new.digest)"
            " OR EXISTS (SELECT 1 FROM log_erased WHERE digest = new.digest)"
        ),
        "append-only: this disclosure is there or was erased",
    ),
    "log_disclosure_gone": (
        "BEFORE DELETE",
        "log_disclosure",
        "WHEN NOT EXISTS (SELECT 1 FROM log_erased WHERE digest = old.digest AND idx = old.idx)",
        "append-only: a disclosure goes only once it is noted as erased",
    ),
    "log_erased_new": (
        "BEFORE INSERT",
        "log_erased",
        "WHEN EXISTS (SELECT 1 FROM log_erased WHERE digest = new.digest)",
        "append-only: this is noted as erased",
    ),
}


def trigger_statements(dialect_name: str) -> list[str]:
    """The DDL, one statement each, for "sqlite" or "postgresql"; the last one writes the empty head."""
    if dialect_name == "sqlite":
        return [
            *(
                f"CREATE TRIGGER {name} {when} ON {table} {condition} BEGIN SELECT RAISE(ABORT, '{message}'); END"
                for name, (when, table, condition, message) in _SQLITE_TRIGGERS.items()
            ),
            "INSERT INTO log_head (id, size, frontier) VALUES (1, 0, X'')",
        ]
    statements = list(_POSTGRESQL_FUNCTIONS)
    for name, (when, table, level, function) in _POSTGRESQL_TRIGGERS.items():
        statements.append(f"CREATE TRIGGER {name} {when} ON {table} FOR EACH {level} EXECUTE FUNCTION {function}()")
        statements.append(f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {name}")
    return [*statements, "INSERT INTO log_head (id, size, frontier) VALUES (1, 0, '')"]


def drop_statements(dialect_name: str) -> list[str]:
    """The DDL that takes the triggers away again, for a migration's way down; the tables go after it."""
    if dialect_name == "sqlite":
        return [f"DROP TRIGGER {name}" for name in _SQLITE_TRIGGERS]
    return [
        *(f"DROP TRIGGER {name} ON {table}" for name, (_, table, _, _) in _POSTGRESQL_TRIGGERS.items()),
        *(
            f"DROP FUNCTION {function}()"
            for function in (
                "sunlit_log_deny",
                "sunlit_log_entry_next",
                "sunlit_log_head_step",
                "sunlit_log_checkpoint_step",
                "sunlit_log_disclosure_step",
            )
        ),
    ]


def install_triggers(connection: Connection) -> None:
    """Install the triggers and the empty head on a database that has the tables."""
    for statement in trigger_statements(connection.dialect.name):
        connection.exec_driver_sql(statement)


def missing_triggers(connection: Connection) -> list[str]:
    """The names of triggers that ought to be there and are not, or are switched off."""
    if connection.dialect.name == "sqlite":
        there = connection.execute(text("SELECT name FROM sqlite_master WHERE type = 'trigger'"))
        return sorted(_SQLITE_TRIGGERS.keys() - set(there.scalars()))
    there = connection.execute(
        text(
            "SELECT tgname FROM pg_trigger JOIN pg_class ON pg_class.oid = tgrelid "
            "WHERE tgenabled = 'A' AND pg_table_is_visible(tgrelid)"
        )
    )
    return sorted(_POSTGRESQL_TRIGGERS.keys() - set(there.scalars()))


@event.listens_for(Base.metadata, "after_create")
def _install_with_tables(_: MetaData, connection: Connection, **options: object) -> None:
    """`create_all` makes the log complete, so that no test runs on one that can be changed."""
    created = options.get("tables") or ()
    if any(getattr(table, "name", "") == "log_head" for table in created):  # type: ignore[attr-defined]
        install_triggers(connection)
