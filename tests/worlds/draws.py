"""The layer of the draw: a register of experts, a round whose experts are drawn, and the draw itself.

world = drawable_round(people(engine, clock()), clock)      # checked, nobody appointed yet
world = drawn_round(world)                                  # drawn by lotteries: four experts, three reserves
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from sqlalchemy import Engine

from procurement.access import Role
from procurement.accounts.actions import create_account
from procurement.accounts.passwords import hash_password
from procurement.committee import actions, draws, queries, register
from procurement.committee.drawing import Lottery, Numbers, Source, SourceKind
from procurement.committee.draws import Wanted
from procurement.committee.expertise import Expertise
from procurement.committee.queries import MemberView
from procurement.committee.rules import Declared, Ground, MemberKind
from procurement.db import reading, transaction
from procurement.rounds.rules import CommitteeRule
from tests.conftest import MovableClock
from tests.worlds.applications import AppliedWorld, applied_round, checked_round
from tests.worlds.people import PASSWORD, People, Person
from tests.worlds.rounds import published_round, small_document

LOTTERY = (
    Lottery("双色球 红球", "2026031", 6, 1, 33),
    Lottery("双色球 蓝球", "2026031", 1, 1, 16),
)
NUMBERS: Numbers = ((9, 2, 33, 17, 5, 28), (11,))
SEED = hashlib.sha256(b"an order that tells nothing").digest()
WANTED = (Wanted(Expertise.FOOD_SAFETY, 3, 2), Wanted(Expertise.LOGISTICS, 1, 1))


@dataclass(frozen=True)
class DrawWorld:
    """A checked round of five whose four experts are drawn. `experts`: in the order of the register; the first eight
    know food safety, the last five (two of them both) logistics. `consumer` speaks for consumers."""

    applied: AppliedWorld
    experts: tuple[Person, ...]
    consumer: Person

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

    def person(self, user_id: int) -> Person:
        """Who has that account."""
        return next(one for one in (*self.experts, self.consumer) if one.id == user_id)


def enrol_experts(engine: Engine, clock: MovableClock, keeper: Person, *, count: int = 11) -> tuple[Person, ...]:
    """So many experts with accounts, in the register: the first eight for food safety, from the seventh on (also)
    for logistics."""
    new_hash = hash_password(PASSWORD)
    found = []
    with transaction(engine) as session:
        for n in range(1, count + 1):
            email, name, employer = f"expert{n}@example.org", f"Expert Nr{n}", f"Institute {n}"
            user_id = create_account(
                session,
                email=email,
                name=name,
                employer=employer,
                roles=[Role.MEMBER],
                password=PASSWORD,
                new_hash=new_hash,
                language="en",
                now=clock(),
            )
            found.append(Person(engine, user_id, email, name))
        actor = keeper.now(session)
        for n, person in enumerate(found, 1):
            fields = [Expertise.FOOD_SAFETY] * (n <= 8) + [Expertise.LOGISTICS] * (n >= 7)
            register.enter_expert(
                session, actor=actor, now=clock(), user_id=person.id, employer=f"Institute {n}", fields=fields
            )
    return tuple(found)


def drawable_round(people: People, clock: MovableClock, **rule: Any) -> DrawWorld:
    """A checked round whose rules say that experts are drawn. `rule`: fields of CommitteeRule that are different."""
    document = replace(small_document(), committee=replace(CommitteeRule(size=5, experts=4), **rule))
    experts = enrol_experts(people.engine, clock, people.organiser)
    applied = checked_round(applied_round(published_round(people, clock, document)))
    return DrawWorld(applied, experts, people.members[4])


def lottery_source(world: DrawWorld, lotteries: Sequence[Lottery] = LOTTERY) -> Source:
    """Two lists of a lottery that is held tomorrow."""
    return Source(SourceKind.LOTTERY, world.clock() + timedelta(days=1), lotteries=tuple(lotteries))


def announced_round(world: DrawWorld, source: Source | None = None) -> DrawWorld:
    """A consumer representative is appointed and the draw of the experts announced."""
    with transaction(world.engine) as session:
        actor = world.people.organiser.now(session)
        actions.appoint(
            session,
            actor=actor,
            now=world.clock(),
            ref=world.ref,
            user_id=world.consumer.id,
            kind=MemberKind.CONSUMER,
        )
        draws.announce_draw(
            session,
            actor=actor,
            now=world.clock(),
            ref=world.ref,
            wanted=WANTED,
            source=source or lottery_source(world),
            seed=SEED,
        )
    return world


def drawn_round(world: DrawWorld, numbers: Numbers = NUMBERS) -> DrawWorld:
    """The lotteries were held; an organiser and a supervisor read the same, and four experts have seats."""
    world.clock.advance(days=1)
    for person in (world.people.organiser, world.people.supervisor):
        with transaction(world.engine) as session:
            draws.read_lotteries(
                session, actor=person.now(session), now=world.clock(), ref=world.ref, numbers=numbers
            )
    return world


def members_of(world: DrawWorld) -> dict[str, MemberView]:
    """The members in force by code."""
    with reading(world.engine) as session:
        return {member.code: member for member in queries.members_of(session, world.id)}


def begun_round(world: DrawWorld) -> DrawWorld:
    """Every member declares no relation, and scoring begins."""
    for member in members_of(world).values():
        person = world.person(member.user_id)
        with transaction(world.engine) as session:
            actions.declare(
                session,
                actor=person.now(session),
                now=world.clock(),
                ref=world.ref,
                declarations=dict.fromkeys(world.refs, Declared(Ground.NONE)),
            )
    with transaction(world.engine) as session:
        actions.begin_scoring(session, actor=world.people.organiser.now(session), now=world.clock(), ref=world.ref)
    return world
