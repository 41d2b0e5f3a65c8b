"""What the worker does for the log: a checkpoint whenever it has grown."""

import logging

from sqlalchemy import Engine

from config import Config
from procurement.clock import Clock
from procurement.jobs import regularly
from procurement.publiclog import keys, signer

log = logging.getLogger(__name__)


@regularly(1)
def sign_log(engine: Engine, config: Config, clock: Clock) -> None:
    """Sign a checkpoint when the log has grown. A refusal is for the operator to resolve; other work goes on."""
    if not signer.grown(engine):
        return
    try:
        signer.sign_checkpoint(engine, key=keys.key_of(config), guard=keys.guard_of(config), now=clock())
    except (keys.KeyRefused, signer.SigningRefused) as refused:
        log.error("no checkpoint was signed", extra={"reason": str(refused)})  # noqa: TRY400 (no fault of the code)
