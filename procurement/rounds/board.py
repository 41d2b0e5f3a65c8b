"""The organiser's board of a round: what is due, who is late, what blocks the next step and why.

Each step contributes a card, without this one importing it:

    @register_card
    def applications_card(scene: Scene) -> Card | None: ...

in its own `cards.py`, which its views import. Links name endpoints; those that are not served are left out.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from sqlalchemy.orm import Session

from procurement.access import Actor
from procurement.errors import Problem
from procurement.rounds.phases import Course, Phase
from procurement.rounds.rules import RoundDocument

State = Literal["todo", "waiting", "blocked", "done", "later"]


@dataclass(frozen=True, slots=True)
class Link:
    """An act or a page: `label` is an N_ text; the first link of the first open card is the main action."""

    label: str
    endpoint: str
    values: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Card:
    """One step on the board.

    `order`: cards stand by it (a step's number × 10). `state`: todo (somebody must act), waiting (for the clock or
    for others), blocked (it cannot go on, `blocks` says why), done, later. `lines` and `blocks`: sentences. `due`
    (aware): when it is late; `due_label` says what is due then (an N_ text). `counted`: how `due` was counted
    (clocks).
    """

    order: int
    title: str
    state: State
    lines: Sequence[Problem] = ()
    blocks: Sequence[Problem] = ()
    due: datetime | None = None
    due_label: str = ""
    counted: Mapping[str, Any] | None = None
    links: Sequence[Link] = ()


@dataclass(frozen=True, slots=True)
class Scene:
    """What a card is made from. `document` is the rules in force; the board exists only after publication."""

    session: Session
    round_id: int
    ref: str
    document: RoundDocument
    course: Course
    phase: Phase
    now: datetime
    actor: Actor


MakeCard = Callable[[Scene], Card | None]

_CARDS: list[MakeCard] = []


def register_card(make: MakeCard) -> MakeCard:
    """Let `make` contribute to every board; None: nothing to show in this round."""
    if make not in _CARDS:
        _CARDS.append(make)
    return make


def cards_of(scene: Scene) -> list[Card]:
    """The cards of every step, in order."""
    return sorted((card for make in _CARDS if (card := make(scene)) is not None), key=lambda card: card.order)


def place(course: Course, own: Phase, phase: Phase) -> State:
    """The state of a step whose acts happen in phase `own`: done, todo or later."""
    order = list(Phase)
    if phase in (Phase.HELD, Phase.ABORTED):
        return "later" if not _reached(course, own) else "done"
    if order.index(phase) > order.index(own):
        return "done"
    return "todo" if phase is own else "later"


def _reached(course: Course, own: Phase) -> bool:
    marks = {
        Phase.OPEN: course.published,
        Phase.CHECKING: course.checking_closed,
        Phase.FORMING: course.scoring_began,
        Phase.SCORING: course.scores_opened,
        Phase.OPENED: course.notice_given,
        Phase.DECIDING: course.decided,
    }
    return marks.get(own) is not None
