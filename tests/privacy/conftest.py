"""A decided round in which somebody objected in vain, on both databases; built once, copied for each test."""

from dataclasses import dataclass

from procurement.objections.rules import Step
from tests.decisions.conftest import app, client, database, installation, store
from tests.objections.conftest import noticed
from tests.scoring.conftest import STAGES, _world
from tests.worlds import decisions
from tests.worlds.objections import answered, correcting, objected, ruled
from tests.worlds.scoring import ScoringWorld

__all__ = ["app", "client", "database", "noticed", "store"]


@dataclass(frozen=True)
class Settled:
    """The round, and the reference of the objection."""

    scored: ScoringWorld
    objection: str


def _contested(scored: ScoringWorld) -> Settled:
    return Settled(scored, objected(scored, correcting(scored, 0, "M1", "quality", "5")))


def _settled(contested: Settled) -> Settled:
    scored = contested.scored
    ruled(scored, answered(scored, contested.objection), Step.DISMISSED)
    decisions.decided_round(decisions.deciding_round(scored), installation(scored))
    return contested


STAGES["contested"] = ("noticed", _contested)
STAGES["settled"] = ("contested", _settled)

contested: Settled = _world("contested")
"""The objection is open."""
settled: Settled = _world("settled")
"""It was dismissed, and the decision is published."""
