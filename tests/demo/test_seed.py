"""The demonstration: complete, by real acts, once."""

import json
import shutil
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import Engine

from config import DEVELOPMENT_SECRET, Config
from procurement.db import make_engine, reading
from procurement.demo import seed
from procurement.demo.schedule import PastClock, tell
from procurement.errors import RuleBroken
from procurement.publiclog import audit, keys
from procurement.rounds.phases import Phase
from tests.conftest import MONDAY_MORNING
from tests.worlds.people import people

PRESENT = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)


@pytest.fixture(scope="module")
def seeded(tmp_path_factory: pytest.TempPathFactory, migrated_sqlite: Path) -> Iterator[tuple[Config, Engine]]:
    """An installation with the demonstration, on SQLite."""
    folder = tmp_path_factory.mktemp("demo")
    shutil.copyfile(migrated_sqlite, folder / "sunlit.db")
    config = Config(environment="development", data_dir=folder)
    engine = make_engine(config.database)
    assert seed.seed(engine, config, PRESENT)
    yield config, engine
    engine.dispose()


def test_there_is_a_round_in_every_phase_of_the_process(seeded: tuple[Config, Engine]) -> None:
    config, _ = seeded
    phases = [told["phase"] for told in seed.record(config)["rounds"]]
    for phase in (Phase.DRAFT, Phase.OPEN, Phase.CHECKING, Phase.FORMING, Phase.SCORING, Phase.OPENED):
        assert phase in phases


def test_everything_says_that_it_is_a_demonstration(seeded: tuple[Config, Engine]) -> None:
    for told in seed.record(seeded[0])["rounds"]:
        assert ("demo" in told["en"] and "演示" in told["zh"]) or "1976" in told["en"]


def test_the_record_holds(seeded: tuple[Config, Engine]) -> None:
    config, engine = seeded
    audit.load_steps()
    with reading(engine) as session:
        report = audit.audit(session, keys.key_of(config).verifier, None)
    assert not report.findings
    assert report.size > 100


def test_seeding_again_changes_nothing(seeded: tuple[Config, Engine]) -> None:
    config, engine = seeded
    before = (config.data_dir / "demo.json").read_bytes()
    assert not seed.seed(engine, config, PRESENT)
    assert (config.data_dir / "demo.json").read_bytes() == before


def test_its_accounts_are_told(seeded: tuple[Config, Engine]) -> None:
    accounts = seed.record(seeded[0])["accounts"]
    assert {"organiser", "member", "supervisor", "merchant", "official", "administrator", "handler"} <= {
        account["role"] for account in accounts
    }
    assert all(account["email"].endswith("@example.org") and account["password"] for account in accounts)
    json.dumps(accounts)


def test_an_installation_that_decides_is_never_seeded(engine: Engine, tmp_path: Path) -> None:
    production = replace(Config(data_dir=tmp_path), environment="production", secret_key=DEVELOPMENT_SECRET)
    with pytest.raises(RuleBroken, match="does not belong"):
        seed.seed(engine, production, PRESENT)


def test_a_database_in_use_is_left_alone(engine: Engine, config: Config) -> None:
    people(engine, MONDAY_MORNING)
    with pytest.raises(RuleBroken, match="empty database"):
        seed.seed(engine, config, PRESENT)


def test_stories_are_told_in_the_order_of_time_and_end_in_the_present() -> None:
    clock, heard = PastClock(datetime(2026, 1, 1, tzinfo=UTC)), []

    def story(name: str, days: list[int]) -> Iterator[datetime]:
        for day in days:
            yield datetime(2026, 1, day, tzinfo=UTC)
            heard.append((name, clock().day))

    tell([story("a", [2, 5, 9]), story("b", [3, 4, 30])], clock, datetime(2026, 1, 10, tzinfo=UTC))
    assert heard == [("a", 2), ("b", 3), ("b", 4), ("a", 5), ("a", 9)]


def test_nothing_is_seeded_without_a_demonstration(tmp_path: Path) -> None:
    with pytest.raises(RuleBroken, match="no demonstration"):
        seed.record(Config(data_dir=tmp_path))
