"""What the database itself refuses, statement by statement, to whoever writes to it."""

from collections.abc import Iterator

import pytest
from sqlalchemy import Engine, select, text
from sqlalchemy.exc import DatabaseError
from sqlalchemy.orm import Session

from procurement.access import Role
from procurement.db import reading, transaction
from procurement.publiclog.triggers import drop_statements, missing_triggers, trigger_statements
from procurement.publiclog.writing import append
from tests.publiclog.conftest import TABLES
from tests.publiclog.happenings import NOON, everything
from tests.publiclog.test_writing import WANG, say

BLOB = {"sqlite": "zeroblob(32)", "postgresql": "decode(repeat('00', 32), 'hex')"}
INSERT = "INSERT INTO log_entry (idx, body, leaf_hash, kind, at) VALUES ({idx}, {blob}, {blob}, 'x', '2026-01-01')"

BOTH = [
    "UPDATE log_entry SET body = {blob} WHERE idx = 1",
    "UPDATE log_entry SET kind = 'test.other' WHERE idx = 1",
    "UPDATE log_entry SET idx = idx + 1000",
    "DELETE FROM log_entry WHERE idx = 2",
    "DELETE FROM log_entry",
    INSERT.replace("{idx}", "1"),
    INSERT.replace("{idx}", "4"),
    INSERT.replace("{idx}", "-1"),
    INSERT.replace("{idx}", "2") + " ON CONFLICT (idx) DO UPDATE SET kind = 'x'",
    "UPDATE log_head SET size = 0, frontier = {blob}",
    "UPDATE log_head SET size = 2",
    "UPDATE log_head SET size = 3, frontier = {blob}",
    "UPDATE log_head SET size = 4",
    "UPDATE log_head SET size = 5",
    "UPDATE log_head SET id = 2",
    "DELETE FROM log_head",
    "INSERT INTO log_head (id, size, frontier) VALUES (2, 0, {blob})",
    "INSERT INTO log_head (id, size, frontier) VALUES (1, 0, {blob}) ON CONFLICT (id) DO UPDATE SET size = 0",
    "UPDATE log_checkpoint SET note = 'x'",
    "DELETE FROM log_checkpoint",
    "INSERT INTO log_checkpoint (size, root, note, signed_at) VALUES (2, {blob}, 'x', '2026-01-01')",
    "INSERT INTO log_checkpoint (size, root, note, signed_at) VALUES (1, {blob}, 'x', '2026-01-01')",
    "INSERT INTO log_checkpoint (size, root, note, signed_at) VALUES (4, {blob}, 'x', '2026-01-01')",
    "UPDATE log_tile_hash SET hash = {blob}",
    "DELETE FROM log_tile_hash",
    "INSERT INTO log_tile_hash (level, n, hash) VALUES (1, 0, {blob})",
    "UPDATE log_disclosure SET value = 'somebody else'",
    "INSERT INTO log_disclosure SELECT * FROM log_disclosure",
    "DELETE FROM log_disclosure",
    "INSERT INTO log_erased (digest, idx, erasure) SELECT digest, 9, 'x' FROM log_erased",
    "UPDATE log_erased SET idx = 9",
    "DELETE FROM log_erased",
    "INSERT INTO log_disclosure (digest, idx, field, salt, value) SELECT digest, idx, 'a', 'b', 'c' FROM log_erased",
]
SQLITE = [
    INSERT.replace("{idx}", "1").replace("INSERT", "INSERT OR REPLACE"),
    INSERT.replace("{idx}", "2").replace("INSERT", "REPLACE"),
    INSERT.replace("{idx}", "7").replace("INSERT", "INSERT OR IGNORE"),
    "UPDATE OR REPLACE log_entry SET idx = 0 WHERE idx = 1",
    "INSERT OR REPLACE INTO log_head (id, size, frontier) VALUES (1, 0, X'')",
    "INSERT OR REPLACE INTO log_head (id, size, frontier) VALUES (1, 4, X'')",
    "INSERT OR REPLACE INTO log_checkpoint (size, root, note, signed_at) VALUES (2, {blob}, 'x', '2026-01-01')",
    "INSERT OR REPLACE INTO log_tile_hash (level, n, hash) VALUES (1, 0, {blob})",
    "INSERT OR REPLACE INTO log_erased SELECT digest, 9, erasure FROM log_erased",
    "INSERT OR REPLACE INTO log_disclosure SELECT digest, 9, field, salt, value, whose FROM log_disclosure",
]
POSTGRESQL = [
    "TRUNCATE log_entry",
    "TRUNCATE log_head",
    "TRUNCATE log_checkpoint",
    "TRUNCATE log_tile_hash",
    "TRUNCATE log_disclosure",
    "TRUNCATE log_erased",
    "TRUNCATE log_entry, log_head CASCADE",
    "MERGE INTO log_entry USING (SELECT 1 AS one) AS s ON idx = one WHEN MATCHED THEN DELETE",
]


@pytest.fixture
def filled(engine: Engine) -> Iterator[Engine]:
    """Three entries, one of them with personal data, half of it erased, a checkpoint of two and a tile hash."""
    with transaction(engine) as session:
        say(session, 0)
        append_personal(session)
        say(session, 2)
    run(engine, "INSERT INTO log_checkpoint VALUES (2, {blob}, 'x', '2026-01-01')")
    run(engine, "INSERT INTO log_tile_hash VALUES (1, 0, {blob})")
    run(engine, "INSERT INTO log_erased SELECT digest, idx, 'x' FROM log_disclosure WHERE field = 'person'")
    run(engine, "DELETE FROM log_disclosure WHERE field = 'person'")
    yield engine
    with transaction(engine) as session:
        more = say(session, 3)
    assert more.index == 3, "the log goes on after each refused attempt"


def append_personal(session: Session) -> None:
    append(session, everything(), now=NOON, actor=WANG, role=Role.ORGANISER)


def content(engine: Engine) -> list[list[tuple[object, ...]]]:
    with reading(engine) as session:
        return [[tuple(row) for row in session.execute(select(table).order_by(table.c[0]))] for table in TABLES]


def run(engine: Engine, *statements: str) -> None:
    with engine.begin() as connection:
        for statement in statements:
            connection.exec_driver_sql(statement.replace("{blob}", BLOB[engine.dialect.name]))


def refused(engine: Engine, *statements: str) -> None:
    """Run the statements and see that the log's own guards stopped them, not a slip of the pen."""
    before = content(engine)
    with pytest.raises(DatabaseError, match=r"append-only|one_row|pk_log_"):
        run(engine, *statements)
    assert content(engine) == before, statements


def test_refused_by_both(filled: Engine) -> None:
    for statement in BOTH:
        refused(filled, statement)


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_refused_by_sqlite(filled: Engine) -> None:
    for statement in SQLITE:
        refused(filled, statement)


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_refused_by_postgresql(filled: Engine) -> None:
    for statement in POSTGRESQL:
        refused(filled, statement)


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_refused_to_the_owner_in_replica_mode_too(filled: Engine) -> None:
    for statement in BOTH + POSTGRESQL:
        refused(filled, "SET LOCAL session_replication_role = replica", statement)


def test_a_disclosure_can_be_erased(engine: Engine) -> None:
    with transaction(engine) as session:
        append_personal(session)
    with transaction(engine) as session:
        note = "INSERT INTO log_erased (digest, idx, erasure) SELECT digest, idx, 'x' FROM log_disclosure"
        session.execute(text(note))
        session.execute(text("DELETE FROM log_disclosure"))
    assert content(engine)[4] == []


def test_an_entry_without_its_step_of_the_head_stops_the_log(engine: Engine) -> None:
    """Fail closed: what was slipped in behind the head cannot be built upon."""
    run(engine, INSERT.replace("{idx}", "0"))
    refused(engine, INSERT.replace("{idx}", "1"))
    with pytest.raises(DatabaseError), transaction(engine) as session:
        say(session, 1)


def test_a_missing_trigger_is_named(engine: Engine) -> None:
    with engine.connect() as connection:
        assert missing_triggers(connection) == []
    with engine.begin() as connection:
        if engine.dialect.name == "sqlite":
            connection.exec_driver_sql("DROP TRIGGER log_entry_next")
        else:
            connection.exec_driver_sql("ALTER TABLE log_entry DISABLE TRIGGER log_entry_next")
        assert missing_triggers(connection) == ["log_entry_next"]


def test_the_triggers_can_be_taken_away_and_put_back(engine: Engine) -> None:
    """As a migration does it, down and up."""
    name = engine.dialect.name
    with engine.begin() as connection:
        for statement in drop_statements(name):
            connection.exec_driver_sql(statement)
        assert "log_entry_next" in missing_triggers(connection)
        for statement in trigger_statements(name)[:-1]:
            connection.exec_driver_sql(statement)
        assert missing_triggers(connection) == []
