"""What the worker does for the log: a checkpoint whenever it has grown."""

import logging

from sqlalchemy import Engine

from config import Config
from procurement.clock import Clock
from procurement.jobs import regularly
from procurement.publiclog import keys, signer, witnessing
from procurement.publiclog.keys import witnesses_of

log = logging.getLogger(__name__)


@regularly(1)
def sign_log(engine: Engine, config: Config, clock: Clock) -> None:
    """Sign a checkpoint when the log has grown. A refusal is for the operator to resolve; other work goes on."""
    if not signer.grown(engine):
        return
    try:
        witnessing.ask_before_signing(engine, witnesses_of(config))
        signer.sign_checkpoint(engine, key=keys.key_of(config), guard=keys.guard_of(config), now=clock())
    except (keys.KeyRefused, signer.SigningRefused) as refused:
        log.error("no checkpoint was signed", extra={"reason": str(refused)})  # noqa: TRY400 (no fault of the code)


@regularly(5)
def ask_witnesses(engine: Engine, config: Config, clock: Clock) -> None:
    """Ask the witnesses that have not signed the newest checkpoint. One that is away is asked again next time."""
    for name, outcome in witnessing.gather(engine, witnesses_of(config), now=clock()).items():
        log.info("witness asked", extra={"witness": name, "outcome": outcome})
