"""A county in which something is going on in every phase, built by the real acts, for pages to be looked at."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from flask import Flask

from app import create_app
from config import Config
from procurement.db import make_engine
from procurement.rounds.rules import RoundDocument
from procurement.web import SESSION_COOKIE
from tests.browser.conftest import served
from tests.conftest import MovableClock, close
from tests.worlds.applications import applied_round, checked_round, close_applications, drafted_round
from tests.worlds.decisions import decided_round, deciding_round
from tests.worlds.objections import answered, correcting, noticed_round, objected
from tests.worlds.people import People, Person, people
from tests.worlds.rounds import draft_round, published_round, small_document
from tests.worlds.scoring import ScoringWorld, opened_round, save, scored_round, scoring_round


@dataclass(frozen=True)
class County:
    """Rounds by the phase they are in, by reference, and how to come in as somebody."""

    app: Flask
    address: str
    people: People
    clock: MovableClock
    drafted: str
    opening: str
    scoring: str
    sheets: tuple[str, ...]
    notice: str
    products: tuple[str, ...]
    objection: str
    decided: str
    decision: str
    key: str

    def pass_of(self, person: Person) -> list[dict[str, str]]:
        """Cookies with which a browser is signed in as that person."""
        client = person.enter(self.app.test_client(), self.clock())
        cookie = client.get_cookie(SESSION_COOKIE)
        assert cookie is not None
        return [{"name": SESSION_COOKIE, "value": cookie.value, "url": self.address}]


@contextmanager
def county(folder: Path, template: Path) -> Iterator[County]:
    """Build and serve it; `template` is a migrated SQLite file."""
    # Built in a thread of its own: Playwright keeps an event loop in this one, and jobs start theirs.
    with ThreadPoolExecutor(1) as thread:
        built = thread.submit(_build, folder, template).result()
    with served(built.app) as address:
        yield replace(built, address=address)
    close(built.app.extensions["sunlit"].engine)


def _without_pause() -> RoundDocument:
    """The small rules, in which nobody pauses: the same five people sit in every round of this county."""
    document = small_document()
    return replace(document, committee=replace(document.committee, rotation=0))


def _build(folder: Path, template: Path) -> County:
    database = folder / "sunlit.db"
    database.write_bytes(template.read_bytes())
    config = Config(
        environment="test",
        data_dir=folder / "data",
        database_url=f"sqlite:///{database}",
        secret_key="a secret of the tests that is long enough",
        embedded_worker=False,
    )
    clock = MovableClock()
    app = create_app(config, clock=clock)
    app.testing = True
    engine = make_engine(config.database)
    everybody = people(engine, clock())
    past = _scored(everybody, clock)
    decision = decided_round(deciding_round(noticed_round(past)), config)
    noticed = _scored(everybody, clock, ("M2", 0))
    sheets = scoring_round(
        checked_round(close_applications(applied_round(published_round(everybody, clock, _without_pause()))))
    )
    save(sheets, "M1", 0)
    noticed = noticed_round(noticed)
    objection = objected(noticed, correcting(noticed, 0, "M1", "quality", "7"))
    answered(noticed, objection)
    opening = drafted_round(published_round(everybody, clock, _without_pause()))
    drafted = draft_round(everybody, clock)
    clock.advance(hours=1)
    close(engine)
    return County(
        app=app,
        address="",
        people=everybody,
        clock=clock,
        drafted=drafted.ref,
        opening=opening.ref,
        scoring=sheets.ref,
        sheets=sheets.refs,
        notice=noticed.ref,
        products=noticed.refs,
        objection=objection,
        decided=past.ref,
        decision=decision,
        key=opening.keys[0],
    )


def _scored(everybody: People, clock: MovableClock, *recused: tuple[str, int]) -> ScoringWorld:
    checked = checked_round(close_applications(applied_round(published_round(everybody, clock, _without_pause()))))
    return opened_round(scored_round(scoring_round(checked, *recused)))
