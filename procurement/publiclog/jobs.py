"""What the worker does for the log: a checkpoint within two seconds of a commit, then the witnesses' signatures.

Signing has a thread of its own, so that no long job delays it. Where the key belongs to another account than the
worker's, `SUNLIT_EMBEDDED_SIGNER=0` leaves it to `sunlit log sign`, a process that does nothing else.
"""

import logging
import threading

from sqlalchemy import Engine

from config import Config
from procurement.clock import Clock
from procurement.jobs import regularly
from procurement.publiclog import keys, signer, witnessing
from procurement.publiclog.keys import witnesses_of

log = logging.getLogger(__name__)

LOOK_EVERY = 0.25  # seconds between two looks whether the log has grown
AFTER_REFUSAL = 5.0  # seconds before a refused signature is tried again
ASK_EVERY = 5.0  # seconds between two rounds of asking the witnesses


@regularly(LOOK_EVERY, alone=True)
def embedded_signer(engine: Engine, config: Config, clock: Clock) -> None:
    """Sign when the log has grown, unless a process of its own does."""
    if config.embedded_signer and not sign_log(engine, config, clock):
        threading.Event().wait(AFTER_REFUSAL)


@regularly(ASK_EVERY, alone=True)
def embedded_asking(engine: Engine, config: Config, clock: Clock) -> None:
    """Ask the witnesses, unless a process of its own does."""
    if config.embedded_signer:
        ask_witnesses(engine, config, clock)


def sign_log(engine: Engine, config: Config, clock: Clock) -> bool:
    """Sign a checkpoint when the log has grown. A refusal, which returns False, is for the operator to resolve."""
    if not signer.grown(engine):
        return True
    try:
        witnessing.ask_before_signing(engine, witnesses_of(config))
        signer.sign_checkpoint(engine, key=keys.key_of(config), guard=keys.guard_of(config), now=clock())
    except (keys.KeyRefused, signer.SigningRefused) as refused:
        log.error("no checkpoint was signed", extra={"reason": str(refused)})  # noqa: TRY400 (no fault of the code)
        return False
    return True


def ask_witnesses(engine: Engine, config: Config, clock: Clock) -> None:
    """Ask the witnesses that have not signed the newest checkpoint. One that is away is asked again next time."""
    for name, outcome in witnessing.gather(engine, witnesses_of(config), now=clock()).items():
        log.info("witness asked", extra={"witness": name, "outcome": outcome})


def sign_until(engine: Engine, config: Config, clock: Clock, stop: threading.Event) -> None:
    """Sign and ask witnesses until `stop` is set: a process that has the key and does nothing else."""

    def asking() -> None:
        while not stop.wait(ASK_EVERY):
            ask_witnesses(engine, config, clock)

    thread = threading.Thread(target=asking, daemon=True)
    thread.start()
    while not stop.is_set():
        stop.wait(LOOK_EVERY if sign_log(engine, config, clock) else AFTER_REFUSAL)
    thread.join(30)
