"""What the worker does about businesses: letters before a certificate ends."""

from sqlalchemy import Engine

from config import Config
from procurement.clock import Clock
from procurement.db import reading, transaction
from procurement.jobs import regularly
from procurement.merchants import expiring


@regularly(3600)
def tell_of_endings(engine: Engine, config: Config, clock: Clock) -> None:
    """Write the letters that are due today."""
    now = clock()
    with reading(engine) as session:
        endings = expiring.due(session, now=now, zone=config.zone)
    for ending in endings:
        with transaction(engine) as session:
            expiring.write(session, ending, now=now)
