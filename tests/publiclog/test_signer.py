"""Checkpoints: signed when the log grew, refused when it is not a continuation of what was promised."""

import shutil
import threading
from pathlib import Path

import pytest
from sqlalchemy import Engine, select, text

from config import Config
from procurement.db import reading, transaction
from procurement.publiclog import queries
from procurement.publiclog.checkpoint import Checkpoint, SigningKey, open_checkpoint
from procurement.publiclog.keys import KeyRefused, development_key, guard_of, key_of, load_key, new_key
from procurement.publiclog.models import LogCheckpoint
from procurement.publiclog.signer import SigningRefused, sign_checkpoint
from procurement.publiclog.triggers import drop_statements, install_triggers
from tests.publiclog.happenings import NOON
from tests.publiclog.test_writing import say

KEY = SigningKey("example.org/log", bytes(range(32)))


def grow(engine: Engine, count: int = 3, first: int = 0) -> None:
    with transaction(engine) as session:
        for number in range(first, first + count):
            say(session, number)


def sign(engine: Engine, guard: Path) -> Checkpoint | None:
    return sign_checkpoint(engine, key=KEY, guard=guard, now=NOON)


def published(engine: Engine) -> list[LogCheckpoint]:
    with reading(engine) as session:
        return list(session.scalars(select(LogCheckpoint).order_by(LogCheckpoint.size)))


def without_triggers(engine: Engine, *statements: str) -> None:
    """Do what only the owner of the database can do."""
    with engine.begin() as connection:
        for statement in drop_statements(engine.dialect.name):
            connection.exec_driver_sql(statement)
        for statement in statements:
            connection.exec_driver_sql(statement)


@pytest.fixture
def guard(tmp_path: Path) -> Path:
    return tmp_path / "elsewhere" / "guard"


def test_an_empty_log_has_nothing_to_sign(engine: Engine, guard: Path) -> None:
    assert sign(engine, guard) is None
    assert published(engine) == []


def test_a_checkpoint_is_signed_kept_and_guarded(engine: Engine, guard: Path) -> None:
    grow(engine)
    signed = sign(engine, guard)
    with reading(engine) as session:
        head = queries.head(session)
    assert signed == Checkpoint(KEY.name, 3, head.root())
    (row,) = published(engine)
    assert (row.size, row.root, row.signed_at) == (3, head.root(), NOON)
    assert open_checkpoint(row.note, KEY.verifier, KEY.name) == signed
    assert guard.read_text() == row.note


def test_it_is_signed_again_only_when_it_grew(engine: Engine, guard: Path) -> None:
    grow(engine)
    sign(engine, guard)
    assert sign(engine, guard) is None
    grow(engine, 1)
    assert sign(engine, guard) is not None
    assert [row.size for row in published(engine)] == [3, 4]


def test_an_empty_guard_file_is_that_of_a_new_log(engine: Engine, guard: Path) -> None:
    guard.parent.mkdir()
    guard.touch()
    grow(engine)
    assert sign(engine, guard) is not None


def test_an_interrupted_run_is_completed_with_the_same_note(engine: Engine, guard: Path) -> None:
    grow(engine)
    with reading(engine) as session:
        root = queries.head(session).root()
    guard.parent.mkdir()
    guard.write_text(KEY.sign(Checkpoint(KEY.name, 3, root).text()))
    assert sign(engine, guard) is not None
    assert published(engine)[0].note == guard.read_text()


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_a_restored_backup_is_refused_also_when_it_grows_again(engine: Engine, guard: Path, tmp_path: Path) -> None:
    grow(engine)
    sign(engine, guard)
    live = Path(str(engine.url.database))
    with engine.connect() as connection:
        connection.exec_driver_sql("COMMIT")
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    shutil.copyfile(live, tmp_path / "backup.db")
    grow(engine, 2)
    sign(engine, guard)
    engine.dispose()
    for leftover in live.parent.glob(f"{live.name}-*"):
        leftover.unlink()
    shutil.copyfile(tmp_path / "backup.db", live)
    promised = guard.read_text()
    with pytest.raises(SigningRefused, match="the log has only 3"):
        sign(engine, guard)
    grow(engine, 5, first=100)
    with pytest.raises(SigningRefused, match="not those that were promised"):
        sign(engine, guard)
    assert [row.size for row in published(engine)] == [3]
    assert guard.read_text() == promised


@pytest.mark.parametrize(
    ("damage", "reason"),
    [
        (
            "UPDATE log_entry SET leaf_hash = (SELECT leaf_hash FROM log_entry WHERE idx = 0) WHERE idx = 1",
            "promised",
        ),
        ("DELETE FROM log_entry WHERE idx = 1", "promised"),
        ("DELETE FROM log_entry WHERE idx = 3", "lacks hashes"),
        ("UPDATE log_head SET size = 2, frontier = (SELECT leaf_hash FROM log_entry WHERE idx = 0)", "has only 2"),
        ("UPDATE log_entry SET body = (SELECT body FROM log_entry WHERE idx = 1) WHERE idx = 3", "Entry 3"),
        ("UPDATE log_entry SET leaf_hash = (SELECT leaf_hash FROM log_entry WHERE idx = 1) WHERE idx = 3", "head"),
        ("DELETE FROM log_checkpoint", None),
    ],
)
def test_a_changed_log_is_refused(engine: Engine, guard: Path, damage: str, reason: str | None) -> None:
    grow(engine)
    sign(engine, guard)
    grow(engine, 1)
    without_triggers(engine, damage)
    if reason is None:  # the guard remembers what the database forgot
        assert sign(engine, guard) is not None
        return
    with pytest.raises(SigningRefused, match=reason):
        sign(engine, guard)


def test_a_lost_or_older_guard_file_is_not_made_up(engine: Engine, guard: Path) -> None:
    grow(engine)
    sign(engine, guard)
    older = guard.read_text()
    grow(engine, 1)
    sign(engine, guard)
    newest = guard.read_text()
    guard.unlink()
    with pytest.raises(SigningRefused, match="is missing"):
        sign(engine, guard)
    guard.write_text(older)
    with pytest.raises(SigningRefused, match="is older"):
        sign(engine, guard)
    guard.write_text(newest.replace("\n4\n", "\n5\n"))
    with pytest.raises(SigningRefused, match="holds no checkpoint"):
        sign(engine, guard)
    guard.write_text(newest)
    grow(engine, 1)
    assert sign(engine, guard) is not None


def test_two_signers_at_once_sign_one_checkpoint(engine: Engine, guard: Path) -> None:
    grow(engine)
    signed: list[Checkpoint | None] = []
    threads = [threading.Thread(target=lambda: signed.append(sign(engine, guard))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert sorted(one is not None for one in signed) == [False, False, False, True]
    assert len(published(engine)) == 1


def test_checkpoints_only_grow(engine: Engine, guard: Path) -> None:
    grow(engine)
    sign(engine, guard)
    with engine.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM log_checkpoint")).scalar() == 1
    without_triggers(engine, "DELETE FROM log_head")
    with engine.begin() as connection, pytest.raises(Exception, match="append-only: there is a head"):
        install_triggers(connection)


# ---- keys ------------------------------------------------------------------------------------------------------


def test_a_new_key_is_for_its_owner_only_and_is_never_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "keys" / "log.key"
    key = new_key(path, "example.org/log")
    assert path.stat().st_mode & 0o777 == 0o600
    assert load_key(path, production=True) == key
    with pytest.raises(KeyRefused, match="exists already"):
        new_key(path, "example.org/log")


def test_production_refuses_development_keys_and_open_files(tmp_path: Path) -> None:
    key = development_key(tmp_path, "127.0.0.1:8000/log")
    assert development_key(tmp_path, "127.0.0.1:9999/log") == key
    with pytest.raises(KeyRefused, match="development key"):
        load_key(tmp_path / "log-development.key", production=True)
    new_key(tmp_path / "log.key", "example.org/log")
    (tmp_path / "log.key").chmod(0o640)
    with pytest.raises(KeyRefused, match="read by others"):
        load_key(tmp_path / "log.key", production=True)


@pytest.mark.parametrize("content", [None, "", "nonsense\n", "PRIVATE+KEY+a+00000000+AAAA\n", "é"])
def test_files_that_hold_no_key(tmp_path: Path, content: str | None) -> None:
    if content is not None:
        (tmp_path / "log.key").write_text(content)
    with pytest.raises(KeyRefused, match="no key for the log"):
        load_key(tmp_path / "log.key", production=False)


def test_the_configured_key_is_taken(tmp_path: Path) -> None:
    assert key_of(Config(data_dir=tmp_path, base_url="https://example.org")).name == "example.org/log"
    own = new_key(tmp_path / "own.key", "county.example.org/log")
    assert key_of(Config(data_dir=tmp_path, log_key=str(tmp_path / "own.key"))) == own
    with pytest.raises(KeyRefused, match="SUNLIT_LOG_KEY"):
        key_of(Config(environment="production", data_dir=tmp_path))
    assert guard_of(Config(data_dir=tmp_path)) == tmp_path / "log-guard"
    assert guard_of(Config(log_guard="/mnt/guard")) == Path("/mnt/guard")
