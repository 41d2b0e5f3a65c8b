"""A call in a process of its own, with limits: a hostile or enormous input costs the call, not the caller.

Rendering a document and reading an uploaded PDF both need large libraries and memory that threads must not share.
They run in a child process that is started when first needed, is recycled, and is killed when it takes too long.
"""

import importlib
import multiprocessing
import multiprocessing.connection
import os
import resource
import signal
import threading
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from typing import Any, ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")


PATIENCE = 4
"""How many times its processor time a call may take by the clock."""


class LimitExceeded(Exception):
    """The call was ended because it used more time or memory than it may."""


class Isolated:
    """One child process that runs one call at a time.

    `seconds` bounds each call by the processor time that it uses, so that a busy machine ends nothing that is sound,
    and by PATIENCE times as much on the clock; `memory` bounds the child's address space in bytes (None: no bound).
    The child is replaced after `calls` calls. Functions and arguments must be importable and picklable; an exception
    raised by the function is raised here.
    """

    def __init__(self, *, seconds: float, memory: int | None = None, calls: int = 200) -> None:
        self._seconds = seconds
        self._memory = memory
        self._calls = calls
        self._turn = threading.Lock()
        self._pool: ProcessPoolExecutor | None = None

    def run(self, function: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """The result of `function(*args, **kwargs)`. Raises LimitExceeded when the child had to be ended.

        Callers wait for each other, so that one call that is killed never takes another with it.
        """
        with self._turn:
            if self._pool is None:
                self._pool = ProcessPoolExecutor(
                    max_workers=1,
                    mp_context=multiprocessing.get_context("spawn"),
                    initializer=_set_limits,
                    initargs=(self._memory,),
                    max_tasks_per_child=self._calls,
                )
            try:
                return self._pool.submit(_timed, self._seconds, function, args, kwargs).result()
            except BrokenProcessPool as ended:
                self._discard()
                raise LimitExceeded(f"ended after more than {self._seconds} seconds") from ended
            except MemoryError as full:
                self._discard()
                raise LimitExceeded("ended for want of memory") from full

    def close(self) -> None:
        """End the child; the next call starts another."""
        with self._turn:
            self._discard()

    def _discard(self) -> None:
        if self._pool is not None:
            self._pool.shutdown(cancel_futures=True)
            self._pool = None


def called(name: str, /, *args: object) -> Any:
    """Call the function `name`, "package.module:function": for `run`, so that only the child loads the module."""
    module, _, function = name.partition(":")
    return getattr(importlib.import_module(module), function)(*args)


def _set_limits(memory: int | None) -> None:
    if memory is not None:
        resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        multiprocessing.connection.wait([parent.sentinel])
        os._exit(1)


def _timed(seconds: float, function: Callable[..., T], args: tuple[object, ...], kwargs: dict[str, object]) -> T:
    limits = ((signal.ITIMER_PROF, signal.SIGPROF, seconds), (signal.ITIMER_REAL, signal.SIGALRM, PATIENCE * seconds))
    for timer, ended, bound in limits:
        # The signal's default action ends the process even inside C code, where no Python handler would run.
        signal.signal(ended, signal.SIG_DFL)
        signal.setitimer(timer, bound)
    try:
        return function(*args, **kwargs)
    finally:
        for timer, _, _ in limits:
            signal.setitimer(timer, 0)
