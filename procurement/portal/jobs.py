"""What the worker does for the public pages: the search follows the log."""

from sqlalchemy import Engine

from config import Config
from procurement.clock import Clock
from procurement.db import reading, transaction
from procurement.jobs import regularly
from procurement.portal import search


@regularly(2)
def follow_the_log(engine: Engine, _config: Config, _clock: Clock) -> None:
    """Make the documents of the search anew for what has been logged since the last time."""
    with reading(engine) as session:
        behind = search.behind(session)
    if behind:
        with transaction(engine) as session:
            search.catch_up(session)
