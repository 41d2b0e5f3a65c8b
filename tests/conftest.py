"""What every test may ask for.

clock        the time, standing still until the test moves it
database     the address of a fresh, migrated database; every test that asks for it runs on SQLite and PostgreSQL
engine       an engine on that database; the test fails when it leaves a connection open
config       the configuration of an installation of its own, on that database, in a temporary folder
"""

import fcntl
import itertools
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import settings
from jinja2 import FileSystemBytecodeCache
from sqlalchemy import Engine

from app import create_app
from config import Config
from procurement.db import make_engine
from procurement.demo import seed
from procurement.rounds.phases import Phase
from procurement.schema import upgrade
from tests.throwaway_postgresql import postgresql

# Time limits of single examples fail on busy machines and say nothing about the code.
settings.register_profile("suite", deadline=None, database=None, print_blob=True)
settings.load_profile("suite")

HOUSE = Path(__file__).resolve().parent.parent

MONDAY_MORNING = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)  # nine o'clock in Shanghai


class MovableClock:
    """A clock that stands still until it is moved, and never goes back."""

    def __init__(self, now: datetime = MONDAY_MORNING) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def move_to(self, moment: datetime) -> datetime:
        """Set the time, which must be aware and not earlier than it is, and return it."""
        assert moment.tzinfo is not None
        assert moment >= self.now, "time does not go back"
        self.now = moment.astimezone(UTC)
        return self.now

    def advance(self, **by: float) -> datetime:
        """Move on by a timedelta's arguments (`days=1`, `minutes=5`) and return the new time."""
        return self.move_to(self.now + timedelta(**by))


@pytest.fixture(scope="session", autouse=True)
def translations() -> None:
    """The Chinese catalogue as the fragments are now, for pages in both languages."""
    subprocess.run([sys.executable, "tools/translations"], check=True, cwd=HOUSE)


@pytest.fixture
def clock() -> MovableClock:
    return MovableClock()


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[str]:
    """The address of this run's own PostgreSQL server, without a database name. Each test process has its own."""
    with postgresql() as address:
        yield address


@pytest.fixture(scope="session")
def migrated_postgresql(postgresql_server: str) -> str:
    """The name of a migrated database on the server, to be copied and never to be connected to."""
    with psycopg.connect(f"{postgresql_server}/postgres", autocommit=True) as administration:
        administration.execute("CREATE DATABASE migrated")
    engine = make_engine(f"{postgresql_server}/migrated")
    upgrade(engine)
    engine.dispose()
    return "migrated"


@pytest.fixture(scope="session")
def migrated_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated SQLite file, to be copied."""
    path = tmp_path_factory.mktemp("migrated") / "migrated.db"
    engine = make_engine(f"sqlite:///{path}")
    upgrade(engine)
    engine.dispose()
    return path


_numbers = itertools.count()


class CopiedDatabase:
    """Make a database by copying `template`, and drop it at the end whoever is connected."""

    def __init__(self, server: str, template: str) -> None:
        self.server, self.template, self.name = server, template, f"test_{next(_numbers)}"

    def __enter__(self) -> str:
        self._administer(f"CREATE DATABASE {self.name} TEMPLATE {self.template} STRATEGY = FILE_COPY")
        return f"{self.server}/{self.name}"

    def __exit__(self, *_: object) -> None:
        self._administer(f"DROP DATABASE {self.name} WITH (FORCE)")

    def _administer(self, statement: str) -> None:
        with psycopg.connect(f"{self.server}/postgres", autocommit=True) as administration:
            administration.execute(statement.encode())


@pytest.fixture
def empty_postgresql(postgresql_server: str) -> Iterator[str]:
    """The address of a fresh PostgreSQL database without tables."""
    with CopiedDatabase(postgresql_server, template="template0") as address:
        yield address


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of a fresh, migrated database: once SQLite, once PostgreSQL."""
    if request.param == "sqlite":
        path = tmp_path / "sunlit.db"
        shutil.copyfile(request.getfixturevalue("migrated_sqlite"), path)
        yield f"sqlite:///{path}"
    else:
        server = request.getfixturevalue("postgresql_server")
        template = request.getfixturevalue("migrated_postgresql")
        with CopiedDatabase(server, template) as address:
            yield address


@pytest.fixture
def engine(database: str) -> Iterator[Engine]:
    engine = make_engine(database)
    yield engine
    close(engine)


def close(engine: Engine) -> None:
    """Close an engine, and fail when a session was left open on it: what it changed would be lost in silence."""
    left_open = engine.pool.checkedout()  # type: ignore[attr-defined]
    engine.dispose()
    assert left_open == 0, f"{left_open} database connections were not given back"


@pytest.fixture
def config(database: str, tmp_path: Path) -> Config:
    return Config(
        environment="test",
        data_dir=tmp_path / "data",
        database_url=database,
        secret_key="a secret of the tests that is long enough",
        embedded_worker=False,
        receipt_seconds=0,  # nobody signs beside a test
    )


@dataclass(frozen=True)
class Demonstration:
    """A seeded installation on SQLite as of `present`, with what `demo.json` tells of it."""

    config: Config
    present: datetime
    told: dict[str, Any]

    def copy(self, folder: Path) -> Config:
        """The configuration of a copy in `folder`, which may be changed."""
        shutil.copytree(self.config.data_dir, folder, dirs_exist_ok=True)
        return replace(self.config, data_dir=folder)

    def ref(self, phase: Phase) -> str:
        """A round of the demonstration that is in `phase`."""
        return next(str(told["ref"]) for told in self.told["rounds"] if told["phase"] == phase)


@pytest.fixture(scope="session")
def demonstration(tmp_path_factory: pytest.TempPathFactory, migrated_sqlite: Path) -> Demonstration:
    """Seeded once in a run: test processes side by side wait for the first and share it."""
    alone = "PYTEST_XDIST_WORKER" not in os.environ
    shared = tmp_path_factory.getbasetemp() if alone else tmp_path_factory.getbasetemp().parent
    folder = shared / "demonstration"
    config = Config(environment="test", data_dir=folder, embedded_worker=False, receipt_seconds=0)
    present = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
    with (shared / "demonstration.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / "demo.json").exists():
            folder.mkdir()
            shutil.copyfile(migrated_sqlite, folder / "sunlit.db")
            engine = make_engine(config.database)
            # In a thread of its own: beside a driven browser, which keeps an event loop, nothing can be signed.
            with ThreadPoolExecutor(1) as thread:
                assert thread.submit(seed.seed, engine, config, present).result()
            engine.dispose()
    return Demonstration(config, present, seed.record(config))


@pytest.fixture(scope="session")
def compiled(tmp_path_factory: pytest.TempPathFactory) -> FileSystemBytecodeCache:
    """Where compiled templates lie for all applications of a run, each of which would else compile its own."""
    return FileSystemBytecodeCache(str(tmp_path_factory.mktemp("templates")))


@pytest.fixture
def app(config: Config, clock: MovableClock, compiled: FileSystemBytecodeCache) -> Iterator[Flask]:
    app = create_app(config, clock=clock)
    app.jinja_env.bytecode_cache = compiled
    app.testing = True
    yield app
    close(app.extensions["sunlit"].engine)


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()
