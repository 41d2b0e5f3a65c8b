"""Work that is too slow for a page: queued inside the business transaction, done afterwards by the worker.

A job is a row, written in the transaction of the act that calls for it: when the act is rolled back there is no job,
and nothing is done before the act is committed. The worker (`procurement.worker`) takes the rows one after another.

A handler may be run again after a crash, so it must be idempotent: it prepares what is slow (render, sign, store by
digest), then records the result in one transaction that checks whether it is still wanted.

    @job("render-decision")
    def render_decision(work: Work, payload: Mapping[str, Any]) -> None:
        with reading(work.engine) as session: ...
        work.progress(1, 3, N_("Rendering"))
        with transaction(work.engine) as session: ...

Handlers live in a step's `jobs.py`, which the worker imports. `@regularly(seconds)` registers what it does all the
time.
"""

import importlib
import importlib.util
import pkgutil
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import CheckConstraint, Engine, String, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

import procurement
from procurement.clock import Clock
from procurement.db import Base, Document, UTCDateTime, partial_index, reading, transaction
from procurement.errors import N_, Refused, Unavailable

LEASE = timedelta(seconds=30)  # a running job whose worker has been silent for so long is taken over
FIRST_RETRY = timedelta(seconds=15)  # doubled each time

FAILED = N_("This could not be completed. The office has been told; nothing was changed.")


class Job(Base):
    """One piece of work. `message` is an English source text with `params`, shown to whoever waits for it; `error`
    is for the operator and holds no personal data."""

    __tablename__ = "job"
    __table_args__ = (
        CheckConstraint("state IN ('queued', 'running', 'done', 'failed')", name="state_known"),
        CheckConstraint("(state IN ('done', 'failed')) = (finished_at IS NOT NULL)", name="finished_has_time"),
        partial_index("ix_job_waiting", "run_after", where="state IN ('queued', 'running')"),
        {"info": {"unlogged": "what a job records is logged by the act that records it"}},
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(40))
    payload: Mapped[dict[str, Any]] = mapped_column(Document)
    state: Mapped[str] = mapped_column(String(10), default="queued")
    progress: Mapped[int] = mapped_column(default=0)
    total: Mapped[int] = mapped_column(default=0)
    message: Mapped[str] = mapped_column(String(300), default="")
    params: Mapped[dict[str, Any]] = mapped_column(Document, default=dict)
    attempts: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
    run_after: Mapped[datetime] = mapped_column(UTCDateTime)
    alive_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    finished_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    error: Mapped[str] = mapped_column(String(300), default="")


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a job is, for a page. `done` and `failed` exclude each other; neither while it waits or runs."""

    id: int
    kind: str
    step: int
    steps: int
    message: str
    params: Mapping[str, Any]
    done: bool
    failed: bool


@dataclass(frozen=True, slots=True)
class Handler:
    """What is called for a kind of job, and how often it is tried."""

    kind: str
    call: "Callable[[Work, Mapping[str, Any]], None]"
    attempts: int


HANDLERS: dict[str, Handler] = {}


@dataclass(frozen=True, slots=True)
class Work:
    """What a handler is given: `engine` to read and record, `config` of the installation, `clock` for the time."""

    engine: Engine
    config: Any
    clock: Clock
    job_id: int

    def progress(self, step: int, steps: int, message: str = "", **params: Any) -> None:
        """Show `step` of `steps` to whoever waits. Call it between transactions, never inside one."""
        with transaction(self.engine) as session:
            session.execute(
                update(Job)
                .where(Job.id == self.job_id)
                .values(progress=step, total=steps, message=message, params=params, alive_at=self.clock())
            )


def job(
    kind: str, *, attempts: int = 5
) -> "Callable[[Callable[[Work, Mapping[str, Any]], None]], Callable[[Work, Mapping[str, Any]], None]]":
    """Register a handler for `kind`. It must be idempotent, and bound whatever may take long (isolated.py)."""

    def register(
        call: Callable[[Work, Mapping[str, Any]], None],
    ) -> Callable[[Work, Mapping[str, Any]], None]:
        if kind in HANDLERS:
            raise ValueError(f"two handlers for {kind}")
        HANDLERS[kind] = Handler(kind, call, attempts)
        return call

    return register


Regular = Callable[[Engine, Any, Clock], None]
REGULAR: list[tuple[float, Regular]] = []
ALONE: list[tuple[float, Regular]] = []


def regularly(seconds: float, *, alone: bool = False) -> Callable[[Regular], Regular]:
    """Register what the worker does about every `seconds`, called with engine, config and clock. It must be cheap
    when there is nothing to do, and safe when several workers do it at once. `alone`: in a thread of its own, so that
    no long job delays it."""

    def register(call: Regular) -> Regular:
        (ALONE if alone else REGULAR).append((seconds, call))
        return call

    return register


def load_handlers() -> None:
    """Import every step's `jobs` module, which registers its handlers."""
    for step in pkgutil.iter_modules(procurement.__path__, "procurement."):
        if step.ispkg and importlib.util.find_spec(f"{step.name}.jobs"):
            importlib.import_module(f"{step.name}.jobs")


def enqueue(
    session: Session, kind: str, payload: Mapping[str, Any], now: datetime, *, run_after: datetime | None = None
) -> int:
    """Queue a job in the caller's transaction and return its id. `payload` is a JSON document without floats."""
    row = Job(
        kind=kind,
        payload=dict(payload),
        created_at=now,
        run_after=run_after or now,
        params={},
    )
    session.add(row)
    session.flush()
    return row.id


def again(session: Session, job_id: int, now: datetime) -> None:
    """Queue a failed job once more, with all its attempts. Does nothing to one that did not fail."""
    session.execute(
        update(Job)
        .where(Job.id == job_id, Job.state == "failed")
        .values(state="queued", attempts=0, run_after=now, alive_at=None, finished_at=None, message="", error="")
    )


def progress_of(session: Session, job_id: int) -> Progress | None:
    """How far job `job_id` is, or None when there is no such job."""
    row = session.get(Job, job_id)
    if row is None:
        return None
    return Progress(
        row.id,
        row.kind,
        row.progress,
        row.total,
        row.message,
        row.params,
        row.state == "done",
        row.state == "failed",
    )


# -- the worker's side --------------------------------------------------------------------------------------


def something_waits(engine: Engine, now: datetime, *, but: Collection[str] = ()) -> bool:
    """Whether `claim` would find a job. Takes no lock."""
    with reading(engine) as session:
        return session.scalar(_due(now, but).with_only_columns(Job.id).limit(1)) is not None


def claim(engine: Engine, now: datetime, *, but: Collection[str] = ()) -> tuple[int, str] | None:
    """Take the oldest job that is due, or that a dead worker left: its (id, kind), now running and ours. Jobs of the
    kinds `but` are left for another worker."""
    with transaction(engine) as session:
        row = session.scalar(_due(now, but).order_by(Job.id).limit(1).with_for_update(skip_locked=True))
        if row is None:
            return None
        row.state, row.alive_at, row.attempts = "running", now, row.attempts + 1
        return row.id, row.kind


def _due(now: datetime, but: Collection[str]) -> Any:
    return select(Job).where(
        Job.kind.not_in(but),
        Job.state.in_(("queued", "running")),
        Job.run_after <= now,
        (Job.alive_at.is_(None)) | (Job.alive_at <= now - LEASE) | (Job.state == "queued"),
    )


def keep_alive(engine: Engine, job_id: int, now: datetime) -> None:
    """Say that the worker still works on the job."""
    with transaction(engine) as session:
        session.execute(update(Job).where(Job.id == job_id, Job.state == "running").values(alive_at=now))


def perform(engine: Engine, config: Any, clock: Clock, job_id: int) -> None:
    """Run a claimed job in this process and record how it ended. Errors of the handler do not get out."""
    with reading(engine) as session:
        row = session.get_one(Job, job_id)
        kind, payload = row.kind, row.payload
    handler = HANDLERS.get(kind)
    if handler is None:
        fail(engine, job_id, clock(), error=f"no handler for {kind}", again=False)
        return
    try:
        handler.call(Work(engine, config, clock, job_id), payload)
    except Refused as refused:
        # A refusal is an answer: trying again would give the same one, unless it says that somebody else gave none.
        problem = refused.problems[0]
        fail(
            engine,
            job_id,
            clock(),
            error=type(refused).__name__,
            again=isinstance(refused, Unavailable),
            message=problem.message,
            params=dict(problem.params),
        )
    except Exception as error:
        fail(engine, job_id, clock(), error=_where(error), again=True)
    else:
        with transaction(engine) as session:
            session.execute(update(Job).where(Job.id == job_id).values(state="done", finished_at=clock(), error=""))


def fail(
    engine: Engine,
    job_id: int,
    now: datetime,
    *,
    error: str,
    again: bool,
    message: str = FAILED,
    params: Mapping[str, Any] | None = None,
) -> None:
    """Record a failed attempt: queued again with growing delay while `again` and attempts remain, else failed."""
    with transaction(engine) as session:
        row = session.get_one(Job, job_id, with_for_update=True)
        handler = HANDLERS.get(row.kind)
        row.error = error[:300]
        if again and handler and row.attempts < handler.attempts:
            row.state, row.alive_at = "queued", None
            row.run_after = now + FIRST_RETRY * 2 ** (row.attempts - 1)
        else:
            row.state, row.finished_at = "failed", now
            row.message, row.params = message, {key: str(value) for key, value in (params or {}).items()}


def _where(error: BaseException) -> str:
    """Kind and place of an error, without its message: that may quote what somebody wrote."""
    trace, place = error.__traceback__, "?"
    while trace is not None:
        place = f"{trace.tb_frame.f_globals.get('__name__', '?')}:{trace.tb_lineno}"
        trace = trace.tb_next
    return f"{type(error).__name__} at {place}"
