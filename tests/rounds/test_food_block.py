"""Who supervises food recommends none: in the act, in the database whoever writes to it, and over HTTP."""

import json
from dataclasses import replace

import pytest
from flask import Flask
from sqlalchemy import Engine, insert, update
from sqlalchemy.exc import DatabaseError

from procurement.access import Role
from procurement.db import reading, transaction
from procurement.errors import RuleBroken
from procurement.rounds import actions, queries
from procurement.rounds.models import RoundRules
from procurement.rounds.phases import Phase
from procurement.rounds.rules import Category, EmployerKind, RoundDocument
from tests.conftest import MovableClock
from tests.visiting import Visitor
from tests.worlds.people import People, people
from tests.worlds.rounds import RoundWorld, draft_round, published_round, small_document

NEVER = (EmployerKind.MARKET_REGULATION, EmployerKind.FOOD_INSPECTION, EmployerKind.FOOD_ASSOCIATION)
OPINION = (EmployerKind.AGRICULTURE, EmployerKind.HEALTH, EmployerKind.COMMERCE, EmployerKind.OTHER_DEPARTMENT)


def employed(kind: EmployerKind, *, opinion: bool, goods: tuple[Category, ...] = tuple(Category)) -> RoundDocument:
    """A round with an official of that employer, with or without an opinion on food."""
    document = small_document()
    activity = document.activity
    return replace(
        document,
        official=replace(document.official, employer_kind=kind),
        categories=goods,
        activity=replace(activity, food=activity.nature_opinion) if opinion else activity,
    )


@pytest.fixture
def everybody(engine: Engine, clock: MovableClock) -> People:
    return people(engine, clock())


@pytest.mark.parametrize("kind", NEVER)
def test_the_act_refuses_whatever_opinion_there_is(
    everybody: People, clock: MovableClock, kind: EmployerKind
) -> None:
    world = draft_round(everybody, clock, employed(kind, opinion=True))
    with pytest.raises(RuleBroken, match="must not recommend food"), transaction(everybody.engine) as session:
        actions.publish(
            session,
            actor=everybody.organiser.now(session),
            now=clock(),
            ref=world.ref,
            sha256=world.document.sha256,
        )
    assert world.course.phase_at(clock()) is Phase.DRAFT


def test_without_food_they_may_and_others_may_with_an_opinion(everybody: People, clock: MovableClock) -> None:
    handicraft = employed(EmployerKind.FOOD_INSPECTION, opinion=False, goods=(Category.HANDICRAFT,))
    for document in (handicraft, employed(EmployerKind.HEALTH, opinion=True)):
        assert published_round(everybody, clock, document).course.phase_at(clock()) is Phase.OPEN


@pytest.fixture
def world(everybody: People, clock: MovableClock) -> RoundWorld:
    return published_round(everybody, clock)


WRITTEN = [
    *((kind, opinion, (food,), True) for kind in NEVER for opinion in (False, True) for food in (Category.FRESH,)),
    *((NEVER[0], False, (food, Category.HANDICRAFT), True) for food in (Category.PRIMARY, Category.PROCESSED)),
    *((kind, False, (Category.FRESH,), True) for kind in OPINION),
    *((kind, True, (Category.FRESH,), False) for kind in OPINION),
    *((kind, False, (Category.HANDICRAFT,), False) for kind in NEVER),
    (EmployerKind.GOVERNMENT, False, tuple(Category), False),
]


def test_the_database_refuses_whoever_writes_to_it(world: RoundWorld) -> None:
    table = RoundRules.__table__
    for n, (kind, opinion, goods, refused) in enumerate(WRITTEN, 2):
        document = employed(kind, opinion=opinion, goods=goods)
        row = {
            "round_id": world.id,
            "version": n,
            "document": document.text,
            "sha256": document.sha256,
            "published_at": world.clock(),
        }
        for statement in (insert(table).values(row), update(table).values(document=document.text)):
            case = (kind, opinion, goods, statement.__visit_name__)
            with world.engine.connect() as connection:
                if refused:
                    with pytest.raises(DatabaseError, match="food may not be recommended"):
                        connection.execute(statement)
                else:
                    assert connection.execute(statement) is not None, case
                connection.rollback()


def test_no_page_leads_around_it_and_an_administrator_least(
    everybody: People, clock: MovableClock, app: Flask
) -> None:
    world = draft_round(everybody, clock, employed(EmployerKind.MARKET_REGULATION, opinion=True))
    path = f"/en/rounds/{world.ref}/publish"
    organiser = Visitor(everybody.organiser.enter(app.test_client(), clock()))
    page = organiser.get(f"/en/rounds/{world.ref}/draft/check").text
    assert "must not recommend food" in page
    assert "Nobody can override this" in page
    sent = {"sha256": world.document.sha256, "override": "1", "force": "1"}
    refused = organiser.send(path, form_on=f"/en/rounds/{world.ref}/draft/basics", status=422, **sent)
    assert "must not recommend food" in refused.text
    chinese = organiser.get(f"/zh/rounds/{world.ref}/draft/check").text
    assert "任何人不得变通" in chinese or "食品" in chinese
    administrator = Visitor(everybody.administrator.enter(app.test_client(), clock()))
    for address in (path, f"/en/rounds/{world.ref}/draft", f"/en/rounds/{world.ref}/draft/activity"):
        assert administrator.client.get(address).status_code in (403, 404)
    with reading(everybody.engine) as session:
        assert queries.course_of(session, world.id).published is None
        assert Role.ADMINISTRATOR not in everybody.organiser.now(session).roles


def test_what_the_database_reads_is_what_the_document_writes() -> None:
    """The trigger reads three places of the frozen text; a document that moved them would walk past it."""
    written = json.loads(employed(EmployerKind.HEALTH, opinion=True).text)
    assert written["official"]["employer_kind"] == "health"
    assert written["activity"]["food"]["given_on"] == "2026-02-20"
    assert "fresh" in written["categories"]
