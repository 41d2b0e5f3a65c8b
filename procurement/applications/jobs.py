"""What the worker does about applications: letters about the whole round, and those that the clock calls for."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Engine

from config import Config
from procurement.applications import reminding
from procurement.clock import Clock
from procurement.db import reading, transaction
from procurement.jobs import Work, job, regularly


@job("applications.amended")
def tell_of_amendment(work: Work, payload: Mapping[str, Any]) -> None:
    """The call was amended: everybody who applies is told and asked to confirm."""
    with transaction(work.engine) as session:
        reminding.tell_of_amendment(session, round_ref=payload["round"], version=payload["version"], now=work.clock())


@job("applications.ended")
def tell_of_ending(work: Work, payload: Mapping[str, Any]) -> None:
    """The round ended without a selection: everybody who applied is told why."""
    with transaction(work.engine) as session:
        reminding.tell_of_ending(session, round_ref=payload["round"], now=work.clock())


@regularly(300)
def remind(engine: Engine, _config: Config, clock: Clock) -> None:
    """Write the letters that are due."""
    now = clock()
    with reading(engine) as session:
        letters = reminding.due(session, now=now)
    for letter in letters:
        with transaction(engine) as session:
            reminding.write(session, letter, now=now)
