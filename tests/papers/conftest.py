"""Rounds whose scores are open, on notice or decided, on both databases; built once, copied for each test."""

import pytest

from config import Config
from tests.decisions.conftest import FOLDER, DecisionWorld, installation
from tests.objections.conftest import noticed, opened
from tests.scoring.conftest import _world, checked, database, store
from tests.worlds.scoring import ScoringWorld

__all__ = ["FOLDER", "checked", "database", "decided", "installed", "noticed", "opened", "store"]

decided: DecisionWorld = _world("decided")
"""The decision is published."""


@pytest.fixture
def installed(noticed: ScoringWorld) -> Config:
    """The installation of the round on notice, where the worker works."""
    return installation(noticed)
