"""Rounds that are being scored, on both databases.

A world is built once for each database by the real acts; a test gets a copy of it, in a fraction of the time.
"""

import hashlib
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, fields, is_dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine

from procurement.committee.beacon import Chain
from procurement.db import make_engine
from tests.conftest import CopiedDatabase, MovableClock
from tests.worlds.applications import AppliedWorld, applied_round, checked_round
from tests.worlds.people import People, people
from tests.worlds.rounds import objective_document, priced_document, published_round
from tests.worlds.scoring import ScoringWorld, opened_round, scored_round, scoring_round

PRICES = (Decimal("39.80"), Decimal("29.85"), Decimal("19.90"))


def _priced(everybody: People, clock: MovableClock) -> ScoringWorld:
    """A round in which price is computed and one of a kind may be selected, scored and opened."""
    applied = applied_round(published_round(everybody, clock, priced_document()), PRICES)
    return opened_round(scored_round(scoring_round(checked_round(applied))))


DIFFERING = {
    # On service, an objective criterion, M1 differs for the first application; on quality M3 for the third.
    "M1": [("8", "6"), ("6", "6"), ("9", "4")],
    "M2": [("7.5", "7"), ("6.5", "6"), ("9", "4")],
    "M3": [("8", "7"), ("5", "6"), ("2", "4")],
    "M4": [("9", "7"), ("6", "6"), ("9.5", "4")],
    "M5": [("7", "7"), ("6.5", "6"), ("8", "4")],
}


def _differing(everybody: People, clock: MovableClock) -> ScoringWorld:
    """Opened sheets that differ where they should not, with a mark far from all others; M5 is recused from one."""
    applied = applied_round(published_round(everybody, clock, objective_document()))
    return opened_round(scored_round(scoring_round(checked_round(applied), ("M5", 0)), DIFFERING))


STAGES: dict[str, tuple[str | None, Callable[[Any], Any]]] = {
    "checked": (None, lambda start: checked_round(applied_round(published_round(people(*start[:2]), start[2])))),
    "scoring": ("checked", lambda world: scoring_round(world, ("M2", 1))),
    "sealed": ("scoring", scored_round),
    "opened": ("sealed", opened_round),
    "differing": (None, lambda start: _differing(people(*start[:2]), start[2])),
    "priced": (None, lambda start: _priced(people(*start[:2]), start[2])),
}
"""Stage → the one before, and the acts that lead from it."""


def moved(value: Any, engine: Engine, clock: MovableClock) -> Any:
    """`value` with every engine and clock in it replaced by these."""
    if isinstance(value, Engine):
        return engine
    if isinstance(value, MovableClock):
        return clock
    if isinstance(value, tuple):
        return tuple(moved(item, engine, clock) for item in value)
    if is_dataclass(value) and not isinstance(value, type) and type(value).__module__.startswith("tests."):
        return type(value)(**{f.name: moved(getattr(value, f.name), engine, clock) for f in fields(value)})
    return value


@dataclass
class Store:
    """Databases to copy from: (kind, stage) → where, the world in it, and its time."""

    folder: Path
    request: pytest.FixtureRequest
    kept: dict[tuple[str, str | None], tuple[str, Any, datetime | None]] = field(default_factory=dict)

    def template(self, kind: str, stage: str | None) -> tuple[str, Any, datetime | None]:
        """The database of that stage, built when it is first asked for."""
        if (kind, stage) not in self.kept:
            if stage is None:
                self.kept[kind, stage] = (str(self.request.getfixturevalue(f"migrated_{kind}")), None, None)
            else:
                self.kept[kind, stage] = self._build(kind, stage)
        return self.kept[kind, stage]

    def _build(self, kind: str, stage: str) -> tuple[str, Any, datetime]:
        before, act = STAGES[stage]
        source, world, now = self.template(kind, before)
        name, address = self.copy(kind, source, self.folder / f"{kind}-{stage}.db")
        engine, clock = make_engine(address), MovableClock() if now is None else MovableClock(now)
        done = act((engine, clock(), clock) if world is None else moved(world, engine, clock))
        engine.dispose()
        return name, done, clock()

    def copy(self, kind: str, source: str, path: Path) -> tuple[str, str]:
        """(what to copy again, address) of a copy of `source`."""
        if kind == "sqlite":
            shutil.copyfile(source, path)
            return str(path), f"sqlite:///{path}"
        copied = CopiedDatabase(self.request.getfixturevalue("postgresql_server"), template=source)
        return copied.name, copied.__enter__()  # never dropped: the whole server is thrown away


@pytest.fixture(scope="session")
def store(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Store:
    return Store(tmp_path_factory.mktemp("stages"), request)


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, store: Store, tmp_path: Path) -> Iterator[str]:
    """A copy of the stage that the test asks for by name."""
    stage = next((stage for stage in reversed(STAGES) if stage in request.fixturenames), None)
    source, _, _ = store.template(request.param, stage)
    if request.param == "sqlite":
        yield store.copy("sqlite", source, tmp_path / "sunlit.db")[1]
    else:
        with CopiedDatabase(request.getfixturevalue("postgresql_server"), template=source) as address:
            yield address


def _world(stage: str) -> Any:
    @pytest.fixture(name=stage)
    def world(store: Store, engine: Engine, clock: MovableClock) -> Any:
        _, built, now = store.template(engine.dialect.name, stage)
        assert now is not None
        clock.move_to(now)
        return moved(built, engine, clock)

    return world


checked: AppliedWorld = _world("checked")
"""Three eligible applications; the committee may be formed."""
scoring: ScoringWorld = _world("scoring")
"""Scoring has begun; M2 is recused from the second application."""
sealed: ScoringWorld = _world("sealed")
"""Every sheet is sealed."""
opened: ScoringWorld = _world("opened")
"""All sheets are open."""
differing: ScoringWorld = _world("differing")
"""All sheets are open; members differ on an objective criterion, and one mark is abnormal."""
priced: ScoringWorld = _world("priced")
"""All sheets are open; a criterion is computed from prices, and of one kind of goods one is selected at most."""


class Beacon:
    """A beacon of the tests' own: the same scheme as the public one, with a key that is known here."""

    SECRET = 0x1F2E3D4C5B6A79888796A5B4C3D2E1F00F1E2D3C4B5A69788796A5B4C3D2E1F

    def __init__(self, genesis: datetime) -> None:
        from py_ecc.bls.point_compression import compress_G2
        from py_ecc.optimized_bls12_381 import G2, multiply

        first, second = compress_G2(multiply(G2, self.SECRET))
        public = first.to_bytes(48, "big") + second.to_bytes(48, "big")
        self.chain = Chain("a beacon of the tests", "00" * 32, public.hex(), genesis, 3)

    def sign(self, number: int) -> str:
        """What this beacon publishes in its round `number`."""
        from py_ecc.bls.hash_to_curve import hash_to_G1
        from py_ecc.bls.point_compression import compress_G1
        from py_ecc.optimized_bls12_381 import multiply

        message = hashlib.sha256(number.to_bytes(8, "big")).digest()
        suite = b"BLS_SIG_BLS12381G1_XMD:SHA-256_SSWU_RO_NUL_"
        return (
            compress_G1(multiply(hash_to_G1(message, suite, hashlib.sha256), self.SECRET)).to_bytes(48, "big").hex()
        )


@pytest.fixture
def beacon(clock: MovableClock) -> Beacon:
    return Beacon(clock() - timedelta(days=1))
