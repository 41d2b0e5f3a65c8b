"""Rounds that are being decided, on both databases; built once, copied for each test. Blobs and keys are shared."""

import atexit
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app import create_app
from config import Config
from tests.conftest import MovableClock, close
from tests.objections.conftest import noticed, opened
from tests.scoring.conftest import STAGES, _world, database, store
from tests.worlds import decisions as world
from tests.worlds.scoring import ScoringWorld

__all__ = ["database", "noticed", "opened", "store"]

FOLDER = Path(tempfile.mkdtemp(prefix="sunlit-decisions-"))
"""Where blobs and keys of all stages lie: a copied database finds in it what was made for its original."""
atexit.register(shutil.rmtree, FOLDER, ignore_errors=True)

DISSENT = "The tests of the first product are older than those of the second."


@dataclass(frozen=True)
class DecisionWorld:
    """A round and the reference of its decision."""

    scored: ScoringWorld
    ref: str


def installation(scored: ScoringWorld) -> Config:
    return world.installation(FOLDER, scored)


def _sealed(scored: ScoringWorld) -> DecisionWorld:
    return DecisionWorld(scored, world.sealed(scored, installation(scored)))


def _signed(made: DecisionWorld) -> DecisionWorld:
    world.signed(made.scored, installation(made.scored), made.ref, dissents={"M2": DISSENT})
    return made


def _published(made: DecisionWorld) -> DecisionWorld:
    world.published(made.scored)
    return made


STAGES["deciding"] = ("noticed", world.deciding_round)
STAGES["made"] = ("deciding", _sealed)
STAGES["signed"] = ("made", _signed)
STAGES["decided"] = ("signed", _published)

deciding: ScoringWorld = _world("deciding")
"""The time for objections is over, none is open."""
made: DecisionWorld = _world("made")
"""A decision is drawn up, set and sealed."""
signed: DecisionWorld = _world("signed")
"""Everybody has signed, M2 with a dissenting opinion."""
decided: DecisionWorld = _world("decided")
"""It is published."""


@pytest.fixture
def app(database: str, clock: MovableClock) -> Flask:
    """The application on the test's database, with the shared blobs and keys."""
    config = Config(
        environment="test",
        data_dir=FOLDER / "data",
        database_url=database,
        secret_key="a secret of the tests that is long enough",
        embedded_worker=False,
        log_key=str(world.log_key(FOLDER)),
        receipt_seconds=0,  # nobody signs beside a test
    )
    app = create_app(config, clock=clock)
    app.testing = True
    yield app
    close(app.extensions["sunlit"].engine)


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()
