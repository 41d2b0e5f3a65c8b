"""`sunlit …`: what operators, and people who check the office's work, do from a shell.

Text for people, `--format json` for machines. Exit status: 0 fine, 1 refused or failed, 2 wrong use.
Every command imports what it needs when it runs: `sunlit tally` needs no database and no web framework.
"""

import sys
from typing import TYPE_CHECKING, NoReturn

import click

from procurement.clock import system_clock
from procurement.errors import Refused

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from config import Config


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def sunlit() -> None:
    """Sunlit 阳光选品: goods are chosen in the open."""


def main() -> NoReturn:
    """Run a command. A refusal is told in one sentence and exits with 1."""
    try:
        sunlit(standalone_mode=False)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except click.Abort:
        sys.exit(1)
    except Refused as refused:
        for problem in refused.problems:
            print(problem, file=sys.stderr)
        sys.exit(1)
    sys.exit(0)


def installation() -> "tuple[Config, Engine]":
    """The configuration from the environment, and an engine on its database."""
    from config import Config
    from procurement.db import make_engine

    config = Config.from_environment()
    config.data_dir.mkdir(parents=True, exist_ok=True)
    return config, make_engine(config.database)


@sunlit.command()
def migrate() -> None:
    """Bring the database to the tables of this version. Harmless when it has them."""
    from procurement.schema import current_revision, upgrade

    _, engine = installation()
    before = current_revision(engine)
    upgrade(engine)
    after = current_revision(engine)
    print(f"The database is at {after}." if before == after else f"The database went from {before} to {after}.")


@sunlit.command()
@click.option("--with-parent", is_flag=True, help="End when the process that started this ends.")
def worker(with_parent: bool) -> None:
    """Do queued jobs and send letters until told to stop."""
    import os
    import signal
    import threading

    from procurement import worker as working

    config, engine = installation()
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    working.serve(engine, config, system_clock, stop, parent=os.getppid() if with_parent else None)


if __name__ == "__main__":
    main()
