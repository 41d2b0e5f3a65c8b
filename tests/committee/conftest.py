"""Rounds whose applications are checked, with and without a committee."""

import pytest
from sqlalchemy import Engine

from tests.conftest import MovableClock
from tests.worlds.applications import AppliedWorld, applied_round, checked_round
from tests.worlds.committee import CommitteeWorld, appointed_round, formed_round
from tests.worlds.people import people
from tests.worlds.rounds import published_round


@pytest.fixture
def applied(engine: Engine, clock: MovableClock) -> AppliedWorld:
    """Three applications in an open round."""
    return applied_round(published_round(people(engine, clock()), clock))


@pytest.fixture
def checked(applied: AppliedWorld) -> AppliedWorld:
    """All three eligible; the committee is to be formed."""
    return checked_round(applied)


@pytest.fixture
def appointed(checked: AppliedWorld) -> CommitteeWorld:
    """Five members who have declared nothing yet."""
    return appointed_round(checked)


@pytest.fixture
def formed(appointed: CommitteeWorld) -> CommitteeWorld:
    """Five members without any relation."""
    return formed_round(appointed)
