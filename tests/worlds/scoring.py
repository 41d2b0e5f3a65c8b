"""The layers of scoring: the committee scores; every sheet is sealed; all are opened.

world = opened_round(scored_round(scoring_round(checked_round(…))))
world.refs, world.members, world.member("M2")
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Engine

from procurement.committee import actions as committee
from procurement.committee.rules import Declared, Ground, MemberKind
from procurement.db import reading, transaction
from procurement.scoring import actions, queries
from procurement.scoring.rules import Entered
from tests.conftest import MovableClock
from tests.worlds.applications import AppliedWorld
from tests.worlds.people import Person

MARKS: dict[str, list[tuple[str, str]]] = {
    # member → (quality, service) of the first, second and third application
    "M1": [("8", "7"), ("6", "6.5"), ("9", "4")],
    "M2": [("7.5", "8"), ("6.5", "6"), ("9", "4.5")],
    "M3": [("8", "6"), ("5", "7"), ("8.5", "5")],
    "M4": [("9", "7"), ("6", "6"), ("9.5", "3")],
    "M5": [("7", "7.5"), ("6.5", "5.5"), ("8", "4")],
}

SECRET = "confided by"
"""In every reason, so that a leak of a sealed sheet is noticed."""

SUMS = "4 + 5, or 4 + 4.5"
"""In every reason for the service, so that a member may say that it was added up wrongly."""

NONE = Declared(Ground.NONE)


@dataclass(frozen=True)
class ScoringWorld:
    """A round whose committee scores. `recused`: (member code, number of the application from 0)."""

    applied: AppliedWorld
    members: tuple[Person, ...]
    recused: frozenset[tuple[str, int]]

    @property
    def engine(self) -> Engine:
        return self.applied.engine

    @property
    def clock(self) -> MovableClock:
        return self.applied.clock

    @property
    def ref(self) -> str:
        return self.applied.ref

    @property
    def id(self) -> int:
        return self.applied.id

    @property
    def refs(self) -> tuple[str, ...]:
        return self.applied.refs

    @property
    def organiser(self) -> Person:
        return self.applied.people.organiser

    @property
    def supervisor(self) -> Person:
        return self.applied.people.supervisor

    def member(self, code: str) -> Person:
        return self.members[int(code[1:]) - 1]

    def tally(self) -> queries.TallyView:
        """The result as last computed."""
        with reading(self.engine) as session:
            view = queries.tally_of(session, self.id)
        assert view is not None
        return view


def scoring_round(world: AppliedWorld, *recused: tuple[str, int]) -> ScoringWorld:
    """Five members are appointed and declare for every application; `recused` ones declare employment."""
    members = world.people.members[:5]
    kinds = [MemberKind.EXPERT] * 4 + [MemberKind.CONSUMER]
    for number, (person, kind) in enumerate(zip(members, kinds, strict=True)):
        with transaction(world.engine) as session:
            committee.appoint(
                session,
                actor=world.people.organiser.now(session),
                now=world.clock(),
                ref=world.ref,
                user_id=person.id,
                kind=kind,
                field="food" if kind is MemberKind.EXPERT else "",
                chair=number == 0,
            )
    for number, person in enumerate(members, 1):
        declarations = {
            ref: Declared(Ground.EMPLOYMENT, "I work there.") if (f"M{number}", i) in recused else NONE
            for i, ref in enumerate(world.refs)
        }
        with transaction(world.engine) as session:
            committee.declare(
                session, actor=person.now(session), now=world.clock(), ref=world.ref, declarations=declarations
            )
    with transaction(world.engine) as session:
        committee.begin_scoring(session, actor=world.people.organiser.now(session), now=world.clock(), ref=world.ref)
    return ScoringWorld(world, tuple(members), frozenset(recused))


def entered(code: str, number: int, marks: Mapping[str, Any] | None = None) -> dict[str, Entered]:
    """What the member types for the application with this number."""
    quality, service = (marks or MARKS)[code][number]
    return {
        "quality": Entered(quality, f"Quality {SECRET} {code}"),
        "service": Entered(service, f"Service {SECRET} {code}: {SUMS}"),
    }


def save(world: ScoringWorld, code: str, number: int, marks: Mapping[str, Any] | None = None) -> None:
    """Save a member's sheet."""
    with transaction(world.engine) as session:
        actions.save_sheet(
            session,
            actor=world.member(code).now(session),
            now=world.clock(),
            ref=world.refs[number],
            entered=entered(code, number, marks),
        )


def seal(world: ScoringWorld, code: str, number: int, marks: Mapping[str, Any] | None = None) -> None:
    """Save a member's sheet, read it back and seal it."""
    save(world, code, number, marks)
    with transaction(world.engine) as session:
        actor = world.member(code).now(session)
        own = queries.own_sheet(session, actor=actor, now=world.clock(), ref=world.refs[number])
        actions.seal_sheet(
            session,
            actor=actor,
            now=world.clock(),
            ref=world.refs[number],
            seen=own.digest,
            nonce=nonce_of(code, number),
        )


def nonce_of(code: str, number: int) -> bytes:
    """A nonce that tests can foresee."""
    return hashlib.sha256(f"{code} {number}".encode()).digest()


def scored_round(
    world: ScoringWorld, marks: Mapping[str, Any] | None = None, *, but: tuple[tuple[str, int], ...] = ()
) -> ScoringWorld:
    """Everybody seals every sheet they may, except those in `but`."""
    for number in range(len(world.refs)):
        for position in range(len(world.members)):
            code = f"M{position + 1}"
            if (code, number) not in world.recused and (code, number) not in but:
                seal(world, code, number, marks)
    return world


def opened_round(world: ScoringWorld) -> ScoringWorld:
    """The organiser opens all sheets."""
    with transaction(world.engine) as session:
        actions.open_scores(session, actor=world.organiser.now(session), now=world.clock(), ref=world.ref)
    return world
