"""`sunlit log …`, and the worker that signs by itself."""

import json
import threading
import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import Engine

from config import Config
from procurement import jobs
from procurement.cli import sunlit
from procurement.db import reading, transaction
from procurement.publiclog import queries, serving
from procurement.publiclog.checkpoint import VerifierKey, open_checkpoint
from procurement.publiclog.jobs import embedded_signer, sign_log, sign_until
from procurement.publiclog.keys import guard_of, key_of, load_key
from procurement.publiclog.signer import grown, sign_checkpoint
from procurement.worker import serve
from tests.conftest import MovableClock
from tests.publiclog.happenings import NOON
from tests.publiclog.test_signer import grow, without_triggers


def run(config: Config, *arguments: str) -> Result:
    environment = {"SUNLIT_DATABASE_URL": config.database_url, "SUNLIT_DATA_DIR": str(config.data_dir)}
    return CliRunner().invoke(sunlit, ["log", *arguments], env=environment)


def test_the_record_of_a_fresh_installation_holds(config: Config) -> None:
    ran = run(config, "audit")
    assert (ran.exit_code, ran.output.splitlines()[-1]) == (0, "The record holds.")


def test_the_audit_tells_people_and_machines_the_same(config: Config, engine: Engine) -> None:
    grow(engine)
    assert run(config, "checkpoint").exit_code == 0
    fine = run(config, "audit", "--format", "json")
    assert fine.exit_code == 0
    told = json.loads(fine.output)
    assert (told["fine"], told["size"], told["checkpoints"], told["findings"]) == (True, 3, 1, [])
    without_triggers(engine, "UPDATE log_entry SET round_ref = 'R9' WHERE idx = 1")
    broken = run(config, "audit", "--format", "json")
    assert broken.exit_code == 1
    assert {"where": "entry 1", "what": "the column round_ref says R9, the entry R2026-001"} in json.loads(
        broken.output
    )["findings"]
    text = run(config, "audit")
    assert text.exit_code == 1
    assert "FOUND entry 1: the column round_ref says R9, the entry R2026-001" in text.output


def test_an_auditor_needs_the_public_key_only(config: Config, engine: Engine) -> None:
    grow(engine)
    run(config, "checkpoint")
    public = str(key_of(config).verifier)
    (config.data_dir / "log-development.key").unlink()
    assert run(config, "audit", "--key", public).exit_code == 0
    assert run(config, "audit", "--key", "nonsense").exit_code == 2
    wrong = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"
    refused = run(config, "audit", "--key", wrong)
    assert refused.exit_code == 1
    assert "holds no checkpoint signed by example.com/foo" in refused.output


def test_a_checkpoint_is_printed_as_it_is_published(config: Config, engine: Engine) -> None:
    assert run(config, "checkpoint").output == "The log is empty.\n"
    grow(engine)
    note = run(config, "checkpoint").output
    key = key_of(config).verifier
    assert open_checkpoint(note, key, key.name).size == 3
    assert run(config, "checkpoint").output == note
    guard_of(config).unlink()
    grow(engine)
    refused = run(config, "checkpoint")
    assert refused.exit_code == 1
    assert "is missing" in refused.output


def test_a_new_key_prints_its_public_half(config: Config, tmp_path: Path) -> None:
    path = tmp_path / "log.key"
    made = run(config, "new-key", "example.org/log", str(path))
    assert made.exit_code == 0
    assert VerifierKey.parse(made.output).name == "example.org/log"
    assert run(config, "new-key", "example.org/log", str(path)).exit_code == 1
    assert run(config, "new-key", "two words", str(tmp_path / "other.key")).exit_code == 2


def test_the_worker_signs_what_was_added(config: Config, engine: Engine, clock: MovableClock) -> None:
    stop = threading.Event()
    working = threading.Thread(target=serve, args=(engine, config, clock, stop))
    grow(engine)
    assert grown(engine)
    working.start()
    try:
        for _ in range(100):
            if not grown(engine):
                break
            stop.wait(0.1)
    finally:
        stop.set()
        working.join(30)
    with reading(engine) as session:
        latest = queries.latest_checkpoint(session)
    assert latest is not None
    assert (latest.size, latest.signed_at) == (3, clock())


def signed_after(engine: Engine, beside: threading.Thread, stop: threading.Event) -> float:
    """Seconds from a commit to the checkpoint that covers it, with `beside` running."""
    beside.start()
    try:
        stop.wait(0.5)
        grow(engine, first=3)
        began = time.monotonic()
        while grown(engine) and time.monotonic() < began + 20:
            stop.wait(0.02)
        return time.monotonic() - began
    finally:
        stop.set()
        beside.join(30)


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_a_checkpoint_follows_within_two_seconds_while_a_long_job_runs(
    config: Config, engine: Engine, clock: MovableClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun = threading.Event()

    def long_work(_work: jobs.Work, _payload: Mapping[str, object]) -> None:
        begun.set()
        time.sleep(4)

    monkeypatch.setitem(jobs.HANDLERS, "test-long", jobs.Handler("test-long", long_work, 1))
    grow(engine)
    with transaction(engine) as session:
        jobs.enqueue(session, "test-long", {}, clock())
    stop = threading.Event()
    waited = signed_after(engine, threading.Thread(target=serve, args=(engine, config, clock, stop)), stop)
    assert begun.is_set()
    assert waited < 2


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_a_process_that_only_signs(config: Config, engine: Engine, clock: MovableClock) -> None:
    grow(engine)
    apart = replace(config, embedded_signer=False)
    embedded_signer(engine, apart, clock)
    assert grown(engine), "the worker leaves it to the other one"
    stop = threading.Event()
    assert signed_after(engine, threading.Thread(target=sign_until, args=(engine, apart, clock, stop)), stop) < 2


def test_a_refusal_to_sign_is_logged_and_does_not_stop_the_worker(
    config: Config, engine: Engine, clock: MovableClock, caplog: pytest.LogCaptureFixture
) -> None:
    grow(engine)
    sign_log(engine, config, clock)
    guard_of(config).unlink()
    grow(engine)
    sign_log(engine, config, clock)
    assert [record.message for record in caplog.records] == ["no checkpoint was signed"]
    with reading(engine) as session:
        latest = queries.latest_checkpoint(session)
    assert latest is not None
    assert latest.size == 3


def test_the_key_is_changed_and_receipts_follow_it(config: Config, engine: Engine, tmp_path: Path) -> None:
    grow(engine)
    run(config, "checkpoint")
    old, path = key_of(config).verifier, tmp_path / "new.key"
    changed = run(config, "rotate-key", str(path), "--reason", "The keeper left the office.")
    assert changed.exit_code == 0, changed.output
    assert "Both keys signed the log of 4 entries." in changed.output
    new = VerifierKey.parse(changed.output.splitlines()[-1])
    assert new.name == old.name
    refused = run(config, "rotate-key", str(path), "--reason", "Again.")
    assert "handed over to this key before" in refused.output
    grow(engine, 1, first=4)
    sign_checkpoint(engine, key=load_key(path, production=False), guard=guard_of(config), now=NOON)
    with reading(engine) as session:
        receipt = serving.receipt_for(session, 0)
        (tmp_path / "succession").write_text(serving.succession(session), encoding="utf-8")
    assert receipt is not None
    (tmp_path / "receipt").write_text(receipt.text(), encoding="utf-8")
    check = ["check-receipt", str(tmp_path / "receipt"), "--key"]
    assert run(config, *check, str(new)).exit_code == 0
    assert run(config, *check, str(old)).exit_code == 1
    followed = run(config, *check, str(old), "--succession", str(tmp_path / "succession"))
    assert followed.exit_code == 0, followed.output
    audited = run(config, "audit", "--key", str(old))
    assert audited.exit_code == 0, audited.output
    wrong = run(config, "rotate-key", str(path), "--reason", "x", "--lost", "no key")
    assert wrong.exit_code == 2
