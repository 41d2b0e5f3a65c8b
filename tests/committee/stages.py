"""Rounds whose experts are drawn, on both databases; each stage is built once and copied for each test.

A test module imports the fixtures it uses, `database` and `store` among them.
"""

from procurement.rounds.rules import NamesPublished
from tests.scoring.conftest import STAGES, _world, database, store
from tests.worlds.draws import DrawWorld, announced_round, begun_round, drawable_round, drawn_round
from tests.worlds.people import people

__all__ = ["announced", "database", "drawable", "drawn", "named", "store"]

STAGES["named"] = (
    None,
    lambda start: begun_round(
        drawn_round(
            announced_round(drawable_round(people(*start[:2]), start[2], names_published=NamesPublished.FORMED))
        )
    ),
)
STAGES["drawable"] = (None, lambda start: drawable_round(people(*start[:2]), start[2]))
STAGES["announced"] = ("drawable", announced_round)
STAGES["drawn"] = ("announced", drawn_round)

drawable: DrawWorld = _world("drawable")
"""Applications are checked; nobody is appointed or drawn."""
announced: DrawWorld = _world("announced")
"""A consumer representative sits; the draw of four experts is announced."""
drawn: DrawWorld = _world("drawn")
"""Four experts drawn by lotteries have seats."""
named: DrawWorld = _world("named")
"""Scoring began, and by the rules that is when names are published."""
