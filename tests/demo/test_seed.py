"""The demonstration: complete, by real acts, once."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import Engine, select

from config import DEVELOPMENT_SECRET, Config
from procurement.db import make_engine, reading
from procurement.decisions.models import Decision, DecisionSignature
from procurement.demo import seed
from procurement.demo.schedule import PastClock, tell
from procurement.errors import RuleBroken
from procurement.publiclog import audit, keys
from procurement.rounds.phases import Phase
from procurement.rounds.queries import find_round
from procurement.scoring.queries import tally_of
from procurement.storage import store
from tests.conftest import MONDAY_MORNING, Demonstration
from tests.worlds.people import people


def test_there_is_a_round_in_every_phase_of_the_process(demonstration: Demonstration) -> None:
    phases = [told["phase"] for told in demonstration.told["rounds"]]
    assert set(phases) == set(Phase) - {Phase.CLOSED}


def test_the_tasting_of_1976_ends_as_it_did(demonstration: Demonstration) -> None:
    """Through the real acts, to a published decision in whose document Stag's Leap is selected."""
    ref = next(told["ref"] for told in demonstration.told["rounds"] if "1976" in told["en"])
    engine = make_engine(demonstration.config.database)
    with reading(engine) as session:
        tally = tally_of(session, find_round(session, ref).id)
        decision = session.scalars(select(Decision).where(Decision.ref == f"{ref}-D1")).one()
        signatures = session.scalars(
            select(DecisionSignature).where(DecisionSignature.decision_id == decision.id)
        ).all()
    engine.dispose()
    assert tally is not None
    assert [line.application for line in tally.ranking][:4] == [f"{ref}-A{n:03d}" for n in (1, 2, 3, 4)]
    first = json.loads(decision.document)
    assert "Stag's Leap" in json.dumps(first, ensure_ascii=False)
    assert decision.published_digest is not None
    assert store(demonstration.config).get(decision.published_digest).startswith(b"%PDF-")
    assert len(signatures) == 14, "the seal, eleven judges, organiser, supervisor"
    assert all(signature.signed_at is not None for signature in signatures)


def test_everything_says_that_it_is_a_demonstration(demonstration: Demonstration) -> None:
    for told in demonstration.told["rounds"]:
        assert ("demo" in told["en"] and "演示" in told["zh"]) or "1976" in told["en"]


def test_the_record_holds(demonstration: Demonstration) -> None:
    audit.load_steps()
    engine = make_engine(demonstration.config.database)
    with reading(engine) as session:
        report = audit.audit(session, keys.key_of(demonstration.config).verifier, None)
    engine.dispose()
    assert not report.findings
    assert report.size > 100


def test_seeding_again_changes_nothing(demonstration: Demonstration) -> None:
    config = demonstration.config
    before = (config.data_dir / "demo.json").read_bytes()
    engine = make_engine(config.database)
    assert not seed.seed(engine, config, demonstration.present)
    engine.dispose()
    assert (config.data_dir / "demo.json").read_bytes() == before


def test_its_accounts_are_told(demonstration: Demonstration) -> None:
    accounts = demonstration.told["accounts"]
    assert {"organiser", "member", "supervisor", "merchant", "official", "administrator", "handler"} <= {
        account["role"] for account in accounts
    }
    assert all(account["email"].endswith("@example.org") and account["password"] for account in accounts)
    json.dumps(accounts)


def test_an_installation_that_decides_is_never_seeded(engine: Engine, tmp_path: Path) -> None:
    production = replace(Config(data_dir=tmp_path), environment="production", secret_key=DEVELOPMENT_SECRET)
    with pytest.raises(RuleBroken, match="does not belong"):
        seed.seed(engine, production, MONDAY_MORNING)


def test_a_database_in_use_is_left_alone(engine: Engine, config: Config) -> None:
    people(engine, MONDAY_MORNING)
    with pytest.raises(RuleBroken, match="empty database"):
        seed.seed(engine, config, MONDAY_MORNING)


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
