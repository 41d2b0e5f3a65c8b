"""What is done behind the pages: jobs and letters, one after another.

By default the web server starts one worker beside itself (gunicorn.conf.py); `sunlit worker` runs one anywhere.
Any number may run against PostgreSQL: each takes rows that no other holds.
"""

import logging
import os
import threading
import time
from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress

from sqlalchemy import Engine
from sqlalchemy.exc import OperationalError

from config import Config
from procurement import jobs, mail
from procurement.clock import Clock

PAUSE = 0.5  # seconds between two looks at an empty queue
PULSE = 10.0  # seconds between two signs of life; a third of jobs.LEASE

log = logging.getLogger(__name__)


def run_pending(engine: Engine, config: Config, clock: Clock, *, but: Collection[str] = ()) -> int:
    """Do everything that is due now, but jobs of the kinds `but`, in this process. Returns how many jobs and letters
    that was."""
    done = 0
    while jobs.something_waits(engine, clock(), but=but):
        claimed = jobs.claim(engine, clock(), but=but)
        if claimed is None:
            break  # another worker was quicker
        job_id, kind = claimed
        with _signs_of_life(engine, clock, job_id):
            jobs.perform(engine, config, clock, job_id)
        log.info("job done", extra={"job": job_id, "kind": kind})
        done += 1
    mail.bundle_due(engine, config, clock)
    return done + mail.send_due(engine, config, clock)


def serve(engine: Engine, config: Config, clock: Clock, stop: threading.Event, *, parent: int | None = None) -> None:
    """Work until `stop` is set, or until the process `parent` is no longer the one that started this."""
    jobs.load_handlers()
    due = [0.0] * len(jobs.REGULAR)
    with _beside(engine, config, clock):
        while not stop.is_set() and (parent is None or os.getppid() == parent):
            with _kept_going(stop):
                run_pending(engine, config, clock)
                for number, (seconds, call) in enumerate(jobs.REGULAR):
                    if due[number] <= time.monotonic():
                        due[number] = time.monotonic() + seconds
                        call(engine, config, clock)
            stop.wait(PAUSE)


@contextmanager
def _beside(engine: Engine, config: Config, clock: Clock) -> Iterator[None]:
    """Do what is registered as `alone`, each in a thread of its own, for as long as the block lasts."""
    stop = threading.Event()

    def repeat(seconds: float, call: jobs.Regular) -> None:
        while not stop.is_set():
            with _kept_going(stop):
                call(engine, config, clock)
            stop.wait(seconds)

    threads = [threading.Thread(target=repeat, args=each, daemon=True) for each in jobs.ALONE]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        stop.set()
        for thread in threads:
            thread.join(30)


@contextmanager
def _kept_going(stop: threading.Event) -> Iterator[None]:
    """Outlive what the block meets, after a pause: the next pass finds the rows as they are."""
    try:
        yield
    except OperationalError as error:
        # The database is away: it will be back, and the rows with it.
        log.warning("database unreachable", extra={"error": type(error).__name__})
        stop.wait(5)
    except Exception as error:
        # Messages may quote people: not logged.
        log.error("worker failed", extra={"error": type(error).__name__})  # noqa: TRY400
        stop.wait(5)


@contextmanager
def _signs_of_life(engine: Engine, clock: Clock, job_id: int) -> Iterator[None]:
    ended = threading.Event()

    def pulse() -> None:
        while not ended.wait(PULSE):
            with suppress(OperationalError):
                jobs.keep_alive(engine, job_id, clock())

    thread = threading.Thread(target=pulse, daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()
