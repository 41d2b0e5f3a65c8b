"""Rounds whose result is on public notice, on both databases; built once, copied for each test."""

from dataclasses import dataclass, replace
from typing import Any

from procurement.applications.verdicts import Reason
from tests.scoring.conftest import STAGES, _world, database, store
from tests.worlds.applications import AppliedWorld, applied_round, begin, checked_round, fill, judge, send, whole
from tests.worlds.applications import close_applications as close
from tests.worlds.objections import noticed_round
from tests.worlds.people import people
from tests.worlds.rounds import published_round
from tests.worlds.scoring import ScoringWorld, opened_round, scored_round, scoring_round

__all__ = ["database", "noticed", "opened", "refused", "sealed", "store"]


@dataclass(frozen=True)
class RefusedWorld:
    """Four applied; the fourth, `ref`, was found ineligible and never scored. The result of the others is open."""

    scored: ScoringWorld
    ref: str


def _refused(start: Any) -> RefusedWorld:
    engine, now, clock = start
    round_ = published_round(people(engine, now), clock)
    three = applied_round(round_)
    key = begin(round_, three.merchants[0], three.businesses[0], "手工粉条")
    fill(round_, three.merchants[0], key, whole("手工粉条"))
    fourth = send(round_, three.merchants[0], key).ref
    four = close(replace(three, refs=(*three.refs, fourth)))
    judge(four, 3, Reason.DOCUMENTS_MISSING, "The inspection report is older than a year.")
    checked = checked_round(AppliedWorld(round_, three.merchants, three.businesses, three.keys, three.refs))
    return RefusedWorld(opened_round(scored_round(scoring_round(checked))), fourth)


STAGES["noticed"] = ("opened", noticed_round)
STAGES["refused"] = (None, _refused)

sealed: ScoringWorld = _world("sealed")
opened: ScoringWorld = _world("opened")
noticed: ScoringWorld = _world("noticed")
refused: RefusedWorld = _world("refused")
