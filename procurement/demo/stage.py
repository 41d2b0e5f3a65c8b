"""Where the stories are told: the installation, the time, the people; and how somebody on it acts."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, TypeVar

from sqlalchemy import Engine

from config import Config
from procurement.db import reading, transaction
from procurement.demo.cast import Cast, Person
from procurement.demo.goods import Shelf
from procurement.demo.schedule import PastClock
from procurement.rounds.phases import Course
from procurement.rounds.queries import course_of, find_round
from procurement.storage import Store
from procurement.worker import run_pending

T = TypeVar("T")


@dataclass(frozen=True)
class Stage:
    """What every story needs. `merchant_refs`: key of the business → its reference."""

    engine: Engine
    config: Config
    clock: PastClock
    cast: Cast
    store: Store
    shelf: Shelf
    merchant_refs: dict[str, str]

    def act(self, person: Person, action: Callable[..., T], **arguments: Any) -> T:
        """Do what the person would do by pressing a button: one action in one transaction, at this moment."""
        with transaction(self.engine) as session:
            return action(session, actor=person.now(session), now=self.clock(), **arguments)

    def ask(self, query: Callable[..., T], *positional: Any, **arguments: Any) -> T:
        """The answer of a query."""
        with reading(self.engine) as session:
            return query(session, *positional, **arguments)

    def course(self, ref: str) -> Course:
        """Where the round stands."""
        with reading(self.engine) as session:
            return course_of(session, find_round(session, ref).id)

    def work(self) -> None:
        """Let the worker do what is queued, and what it would try again in the next minutes. Minutes are left to the
        worker of whoever serves the demonstration: setting them would double the time of seeding."""
        run_pending(self.engine, self.config, self.clock, but=("papers.draw_up",))
        self.clock.move_to(self.clock() + timedelta(seconds=1))
