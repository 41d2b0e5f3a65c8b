"""The board: cards in order, what a step's place in the course is, and where a finding is mended."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from procurement.rounds import board
from procurement.rounds.forms import ORDER_OF_PAGES, SECTIONS, section_of
from procurement.rounds.lint import lint
from procurement.rounds.phases import Course, Phase
from tests.rounds.test_lint import ERRORS, GOOD, WARNINGS, put

T = datetime(2026, 3, 2, tzinfo=UTC)
OPEN = Course(published=T, applications_close=T)


@pytest.mark.parametrize(
    ("course", "own", "phase", "state"),
    [
        (OPEN, Phase.FORMING, Phase.OPEN, "later"),
        (OPEN, Phase.FORMING, Phase.CHECKING, "later"),
        (OPEN, Phase.FORMING, Phase.FORMING, "todo"),
        (OPEN, Phase.FORMING, Phase.SCORING, "done"),
        (OPEN, Phase.FORMING, Phase.DECIDED, "done"),
        # on hold and after the end, what had been reached counts
        (OPEN, Phase.FORMING, Phase.HELD, "later"),
        (replace(OPEN, scoring_began=T), Phase.FORMING, Phase.HELD, "done"),
        (replace(OPEN, scoring_began=T), Phase.SCORING, Phase.ABORTED, "later"),
    ],
)
def test_place(course: Course, own: Phase, phase: Phase, state: str) -> None:
    assert board.place(course, own, phase) == state


def test_a_card_is_registered_once() -> None:
    before = list(board._CARDS)
    assert board.register_card(before[0]) is before[0]
    assert before == board._CARDS


@pytest.mark.parametrize(("path", "value", "place"), [*ERRORS, *WARNINGS])
def test_every_finding_has_its_page(path: str, value: object, place: str) -> None:
    for finding in lint(put(path, value)(GOOD)):
        assert finding.field is not None
        page = section_of(finding.field)
        prefixes = SECTIONS[page][1].prefixes
        assert any(finding.field == p or finding.field.startswith((f"{p}.", f"{p}[")) for p in prefixes), (
            finding.field
        )


def test_every_part_of_the_document_has_a_page() -> None:
    for name in type(GOOD).__dataclass_fields__:
        if name not in ("version", "activity"):
            assert section_of(f"{name}.x") in ORDER_OF_PAGES
    assert section_of("people") == "people"
