"""The whole way (way.py), in browsers without scripts, on both databases."""

from flask import Flask

from tests.conftest import MovableClock
from tests.filling import User
from tests.journeys.way import Journey, travel
from tests.worlds.people import people


def test_from_draft_to_decision(app: Flask, clock: MovableClock) -> None:
    engine = app.extensions["sunlit"].engine
    travel(Journey(app, engine, clock, people(engine, clock()), enter=lambda: User(app.test_client())))
