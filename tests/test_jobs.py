"""Jobs: queued with the act, done once it is committed, tried again, and never lost."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Engine

from config import Config
from procurement import jobs
from procurement.db import reading, transaction
from procurement.errors import RuleBroken
from procurement.jobs import Job, Work, claim, enqueue, job, progress_of
from procurement.worker import run_pending
from tests.conftest import MovableClock


@pytest.fixture
def handled(monkeypatch: pytest.MonkeyPatch) -> list[Mapping[str, Any]]:
    """What the handlers of these tests were given, in order."""
    monkeypatch.setattr(jobs, "HANDLERS", {})
    seen: list[Mapping[str, Any]] = []

    @job("note")
    def note(work: Work, payload: Mapping[str, Any]) -> None:
        seen.append(payload)
        work.progress(1, 2, "Half of %(what)s", what="it")

    @job("break", attempts=3)
    def broken(work: Work, payload: Mapping[str, Any]) -> None:
        seen.append(payload)
        raise ValueError("a name that must not be logged")

    @job("refuse")
    def refused(work: Work, payload: Mapping[str, Any]) -> None:
        seen.append(payload)
        raise RuleBroken("No more than %(limit)s.", limit=3)

    return seen


def queue(engine: Engine, clock: MovableClock, kind: str, payload: Mapping[str, Any] | None = None) -> int:
    with transaction(engine) as session:
        return enqueue(session, kind, payload or {}, clock())


def row(engine: Engine, job_id: int) -> Job:
    with reading(engine) as session:
        return session.get_one(Job, job_id)


def test_a_job_is_done_and_tells_how_far_it_was(
    engine: Engine, config: Config, clock: MovableClock, handled: list[Mapping[str, Any]]
) -> None:
    job_id = queue(engine, clock, "note", {"round": "R1", "n": [1, None]})
    assert run_pending(engine, config, clock) == 1
    assert handled == [{"round": "R1", "n": [1, None]}]
    with reading(engine) as session:
        told = progress_of(session, job_id)
    assert told is not None
    assert (told.done, told.failed, told.step, told.steps) == (True, False, 1, 2)
    assert told.message % told.params == "Half of it"
    assert run_pending(engine, config, clock) == 0


def test_no_job_without_its_act(
    engine: Engine, config: Config, clock: MovableClock, handled: list[Mapping[str, Any]]
) -> None:
    def act_that_fails() -> None:
        with transaction(engine) as session:
            enqueue(session, "note", {}, clock())
            raise RuntimeError("after all, no")

    with pytest.raises(RuntimeError):
        act_that_fails()
    assert run_pending(engine, config, clock) == 0
    assert handled == []


def test_jobs_are_done_in_their_order_and_not_before_their_time(
    engine: Engine, config: Config, clock: MovableClock, handled: list[Mapping[str, Any]]
) -> None:
    with transaction(engine) as session:
        enqueue(session, "note", {"n": 1}, clock(), run_after=clock() + timedelta(minutes=1))
    queue(engine, clock, "note", {"n": 2})
    queue(engine, clock, "note", {"n": 3})
    clock.advance(seconds=59)
    run_pending(engine, config, clock)
    assert [seen["n"] for seen in handled] == [2, 3]
    clock.advance(seconds=1)
    run_pending(engine, config, clock)
    assert [seen["n"] for seen in handled] == [2, 3, 1]


def test_an_error_is_tried_again_later_and_in_the_end_given_up(
    engine: Engine, config: Config, clock: MovableClock, handled: list[Mapping[str, Any]]
) -> None:
    job_id = queue(engine, clock, "break")
    delays = []
    for _ in range(2):
        assert run_pending(engine, config, clock) == 1
        waiting = row(engine, job_id)
        assert waiting.state == "queued"
        delays.append(waiting.run_after - clock())
        assert run_pending(engine, config, clock) == 0
        clock.move_to(waiting.run_after)
    assert delays == [jobs.FIRST_RETRY, 2 * jobs.FIRST_RETRY]
    run_pending(engine, config, clock)
    given_up = row(engine, job_id)
    assert (given_up.state, given_up.attempts, given_up.message) == ("failed", 3, jobs.FAILED)
    assert len(handled) == 3
    assert given_up.error.startswith("ValueError at tests.test_jobs:")
    assert "name" not in given_up.error


def test_a_refusal_is_an_answer(
    engine: Engine, config: Config, clock: MovableClock, handled: list[Mapping[str, Any]]
) -> None:
    job_id = queue(engine, clock, "refuse")
    run_pending(engine, config, clock)
    with reading(engine) as session:
        told = progress_of(session, job_id)
    assert told is not None
    assert told.failed
    assert told.message % told.params == "No more than 3."
    assert len(handled) == 1


def test_a_kind_that_nobody_handles_fails_at_once(
    engine: Engine, config: Config, clock: MovableClock, handled: list[Mapping[str, Any]]
) -> None:
    job_id = queue(engine, clock, "unheard-of")
    run_pending(engine, config, clock)
    assert row(engine, job_id).state == "failed"
    assert handled == []


def test_what_a_dead_worker_left_is_taken_over_after_its_lease(engine: Engine, clock: MovableClock) -> None:
    job_id = queue(engine, clock, "note")
    assert claim(engine, clock()) == (job_id, "note")
    clock.advance(seconds=20)
    jobs.keep_alive(engine, job_id, clock())
    clock.move_to(clock() + jobs.LEASE - timedelta(seconds=1))
    assert claim(engine, clock()) is None
    clock.advance(seconds=1)
    assert claim(engine, clock()) == (job_id, "note")


def test_two_workers_do_not_take_the_same_job(engine: Engine, clock: MovableClock) -> None:
    first, second = queue(engine, clock, "note"), queue(engine, clock, "note")
    assert claim(engine, clock()) == (first, "note")
    assert claim(engine, clock()) == (second, "note")
    assert claim(engine, clock()) is None


def test_one_kind_has_one_handler(handled: list[Mapping[str, Any]]) -> None:
    with pytest.raises(ValueError, match="two handlers"):
        job("note")(lambda _work, _payload: None)


def test_an_unknown_job_has_no_progress(engine: Engine) -> None:
    with reading(engine) as session:
        assert progress_of(session, 404) is None
