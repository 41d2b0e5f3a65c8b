"""What the worker notes about objections: that one has frozen the award for as long as the rules foresee.

Nobody's right depends on when this runs: who may act then is asked of the time itself.
"""

from sqlalchemy import Engine

from procurement.clock import Clock
from procurement.db import reading, transaction
from procurement.jobs import regularly
from procurement.objections.limits import note_limit, unnoted


@regularly(60)
def note_limits(engine: Engine, _config: object, clock: Clock) -> None:
    """Note every limit that has been reached, each in a transaction of its own."""
    now = clock()
    with reading(engine) as session:
        refs = unnoted(session, now=now)
    for ref in refs:
        with transaction(engine) as session:
            note_limit(session, now=now, ref=ref)
