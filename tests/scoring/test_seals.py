"""What the page of the scores says of each sealed sheet, when all is well and when somebody meddled."""

import pytest
from flask import Flask
from sqlalchemy import text

from procurement.db import reading, transaction
from procurement.scoring import actions, queries
from procurement.scoring.seals import Seal, SealState
from tests.scoring.test_views import visitor
from tests.visiting import text_of
from tests.worlds.scoring import ScoringWorld, opened_round


def seals(world: ScoringWorld, application: str | None = None) -> tuple[Seal, ...]:
    with reading(world.engine) as session:
        return queries.public_result(session, ref=world.ref, application=application).seals


def pages(app: Flask, world: ScoringWorld, language: str = "en") -> tuple[str, str]:
    """The page of all scores and that of the first application."""
    visit, start = visitor(app, world), f"/{language}/rounds/{world.ref}/scores"
    return text_of(visit.get(start)), text_of(visit.get(f"{start}/{world.refs[0]}"))


def test_each_sheet_that_was_sealed_and_opened_holds(app: Flask, opened: ScoringWorld) -> None:
    found = seals(opened)
    assert len(found) == 14
    assert {seal.state for seal in found} == {SealState.HOLDS}
    assert all(seal.recomputed == seal.commitment and seal.entry is not None for seal in found)
    (one, *others) = seals(opened, opened.refs[0])
    assert {one.application, *(seal.application for seal in others)} == {opened.refs[0]}
    every, first = pages(app, opened)
    assert "14 were opened, and their commitments, computed again by this page, are those in the log." in every
    assert "Each sealed sheet" not in every
    assert f"Entry {one.entry}" in first
    assert first.count(" holds") == 5
    assert "其中14份已公开" in pages(app, opened, "zh")[0]


def meddle(world: ScoringWorld, changes: str) -> None:
    """What only the owner of the database can do to M1's sheet for the first application."""
    with transaction(world.engine) as session:
        session.execute(text(f"UPDATE sheet SET {changes} WHERE id = (SELECT MIN(id) FROM sheet)"))  # noqa: S608


@pytest.mark.parametrize(
    ("changes", "states", "words"),
    [
        ("ballot = replace(ballot, '8', '9')", {SealState.FAILS: 1}, "does not hold"),
        ("opened_at = NULL", {SealState.WITHHELD: 1}, "sealed and withheld"),
        (
            f"commitment = '{'0' * 64}'",
            {SealState.WITHHELD: 1, SealState.UNSEALED: 1},
            "opened without having been sealed",
        ),
    ],
    ids=["exchanged", "withheld", "slipped in"],
)
def test_what_was_meddled_with_shows(
    app: Flask, opened: ScoringWorld, changes: str, states: dict[SealState, int], words: str
) -> None:
    meddle(opened, changes)
    found = seals(opened)
    odd = [seal for seal in found if not seal.fine]
    assert {state: sum(seal.state is state for seal in odd) for state in states} == states
    assert len(odd) == sum(states.values())
    for page in pages(app, opened):
        assert words in page
    assert "13 were opened" in pages(app, opened)[0]


def test_a_sheet_that_was_void_before_the_opening_is_not_withheld(app: Flask, sealed: ScoringWorld) -> None:
    with transaction(sealed.engine) as session:
        actions.void_sheet(
            session,
            actor=sealed.supervisor.now(session),
            now=sealed.clock(),
            ref=sealed.ref,
            application_ref=sealed.refs[0],
            member_code="M1",
            reason="The member is related to the merchant.",
            objection_ref=f"{sealed.ref}-O001",
        )
    sealed.clock.advance(days=60)
    found = seals(opened_round(sealed))
    assert {seal.state for seal in found} == {SealState.HOLDS, SealState.VOID}
    assert all(seal.fine for seal in found)
    assert "void before it was opened" in pages(app, sealed)[1]
