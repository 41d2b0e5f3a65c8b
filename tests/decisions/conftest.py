"""A round whose time for objections is over, and an installation to work in."""

from pathlib import Path

import pytest
from sqlalchemy import Engine

from config import Config
from tests.conftest import MovableClock
from tests.worlds.applications import applied_round, checked_round
from tests.worlds.decisions import deciding_round, installation
from tests.worlds.objections import noticed_round
from tests.worlds.people import people
from tests.worlds.rounds import published_round
from tests.worlds.scoring import ScoringWorld, opened_round, scored_round, scoring_round


@pytest.fixture
def noticed(engine: Engine, clock: MovableClock) -> ScoringWorld:
    """The result is on notice; M4 is recused from the third application."""
    applied = applied_round(published_round(people(engine, clock()), clock))
    return noticed_round(opened_round(scored_round(scoring_round(checked_round(applied), ("M4", 2)))))


@pytest.fixture
def world(noticed: ScoringWorld) -> ScoringWorld:
    return deciding_round(noticed)


@pytest.fixture
def installed(world: ScoringWorld, tmp_path: Path) -> Config:
    return installation(tmp_path, world)
