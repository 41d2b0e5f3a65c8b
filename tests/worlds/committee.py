"""The layer of the committee: five members appointed; then everybody has declared and scoring can begin.

world = formed_round(appointed_round(checked_round(…)))
"""

from dataclasses import dataclass

from sqlalchemy import Engine

from procurement.committee import actions
from procurement.committee.rules import Declared, Ground, MemberKind
from procurement.db import transaction
from tests.conftest import MovableClock
from tests.worlds.applications import AppliedWorld
from tests.worlds.people import People, Person

NONE = Declared(Ground.NONE)


@dataclass(frozen=True)
class CommitteeWorld:
    """A round with its committee: M1 chairs, M1 to M4 are experts, M5 speaks for consumers."""

    applied: AppliedWorld
    members: tuple[Person, ...]

    @property
    def engine(self) -> Engine:
        return self.applied.engine

    @property
    def clock(self) -> MovableClock:
        return self.applied.clock

    @property
    def people(self) -> People:
        return self.applied.people

    @property
    def ref(self) -> str:
        return self.applied.ref

    @property
    def id(self) -> int:
        return self.applied.id

    @property
    def refs(self) -> tuple[str, ...]:
        return self.applied.refs


def appointed_round(world: AppliedWorld) -> CommitteeWorld:
    """Five members are appointed; nobody has declared."""
    members = world.people.members[:5]
    for number, person in enumerate(members, 1):
        with transaction(world.engine) as session:
            actions.appoint(
                session,
                actor=world.people.organiser.now(session),
                now=world.clock(),
                ref=world.ref,
                user_id=person.id,
                kind=MemberKind.CONSUMER if number == 5 else MemberKind.EXPERT,
                field="" if number == 5 else "food",
                chair=number == 1,
            )
    return CommitteeWorld(world, tuple(members))


def formed_round(world: CommitteeWorld) -> CommitteeWorld:
    """Every member declares no relation for every application."""
    for person in world.members:
        with transaction(world.engine) as session:
            actions.declare(
                session,
                actor=person.now(session),
                now=world.clock(),
                ref=world.ref,
                declarations=dict.fromkeys(world.refs, NONE),
            )
    return world
