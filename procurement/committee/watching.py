"""Who watches a committee at work: citizens and press in observers' seats, supervisors without a vote. Pure."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from types import MappingProxyType

from procurement.errors import N_, Problem
from procurement.rounds.canonical import plain_text
from procurement.rounds.phases import Phase
from procurement.rounds.rules import CommitteeRule, ObserversChosen


class ObserverKind(StrEnum):
    """As what somebody watches."""

    CITIZEN = "citizen"
    PRESS = "press"


OBSERVER_KINDS: Mapping[ObserverKind, str] = MappingProxyType(
    {ObserverKind.CITIZEN: N_("citizen"), ObserverKind.PRESS: N_("press")}
)


class MeetingKind(StrEnum):
    """What a meeting is for."""

    DRAW = "draw"
    TASTING = "tasting"
    MEETING = "meeting"
    OPENING = "opening"


MEETING_KINDS: Mapping[MeetingKind, str] = MappingProxyType(
    {
        MeetingKind.DRAW: N_("the draw is carried out"),
        MeetingKind.TASTING: N_("samples are shown and tasted"),
        MeetingKind.MEETING: N_("the committee meets"),
        MeetingKind.OPENING: N_("the scores are opened"),
    }
)

ASKING = (Phase.OPEN, Phase.CHECKING, Phase.FORMING, Phase.SCORING)
"""Phases in which one can ask for a seat: until the scores are open there is something to watch."""

MEETING_IN = (Phase.OPEN, Phase.CHECKING, Phase.FORMING, Phase.SCORING, Phase.OPENED)

BEFORE = timedelta(hours=1)
"""So long before it begins a supervisor may say that they are there."""
LONGEST_PLACE = 400
LONGEST_REMARK = 2000

_ADDRESS = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")


@dataclass(frozen=True, slots=True)
class Asking:
    """What somebody writes who asks for a seat. `listed`: they agree to be named in public, separately from asking;
    `pledge`: to keep to themselves what is not public."""

    kind: ObserverKind
    name: str
    contact: str
    outlet: str = ""
    listed: bool = False
    pledge: bool = False

    def plain(self) -> "Asking":
        """The same with texts as they are kept."""
        name, contact, outlet = (
            " ".join(plain_text(text).split()) for text in (self.name, self.contact, self.outlet)
        )
        outlet = outlet if self.kind is ObserverKind.PRESS else ""
        return Asking(self.kind, name, contact.lower(), outlet, self.listed, self.pledge)


def check_asking(asking: Asking) -> list[Problem]:
    """What is wrong with `asking` (as `plain` gives it)."""
    problems = []
    if not asking.name or len(asking.name) > 120:
        problems.append(Problem(N_("Write your name."), {}, "name"))
    if not _ADDRESS.fullmatch(asking.contact) or len(asking.contact) > 254:
        problems.append(Problem(N_("Write an e-mail address. It is not published."), {}, "contact"))
    if asking.kind is ObserverKind.PRESS and not asking.outlet:
        problems.append(Problem(N_("Say for which medium you write."), {}, "outlet"))
    elif len(asking.outlet) > 120:
        problems.append(Problem(N_("Use at most %(most)s characters."), {"most": 120}, "outlet"))
    if not asking.pledge:
        problems.append(Problem(N_("Agree to it, or you cannot watch."), {}, "pledge"))
    return problems


def check_window(rule: CommitteeRule, phase: Phase, *, settled: bool) -> Problem | None:
    """What keeps somebody from asking now. `settled`: who watches was settled by a draw."""
    if rule.observers == 0:
        return Problem(N_("By the rules of this round there are no seats for observers."))
    if phase not in ASKING:
        return Problem(N_("An observer's seat can be asked for from the publication until the scores are opened."))
    if settled and rule.observers_chosen is ObserversChosen.DRAWN:
        return Problem(N_("The observers' seats of this round have been settled."))
    return None


@dataclass(frozen=True, slots=True)
class Asked:
    """Somebody who asked, in the order of asking."""

    code: str
    admitted: bool
    withdrawn: bool


def next_in_line(asked: Sequence[Asked], seats: int) -> list[str]:
    """Who gets a seat now where who asks first gets one: the first who wait, as many as seats are free."""
    free = seats - sum(one.admitted and not one.withdrawn for one in asked)
    waiting = [one.code for one in asked if not one.admitted and not one.withdrawn]
    return waiting[: max(0, free)]


def check_meeting(place: str, starts_at: datetime, *, now: datetime) -> list[Problem]:
    """What keeps a meeting from being called."""
    problems = []
    if not place or len(place) > LONGEST_PLACE:
        problems.append(
            Problem(
                N_("Say where it is, or how to join, in at most %(most)s characters."),
                {"most": LONGEST_PLACE},
                "place",
            )
        )
    if starts_at <= now:
        problems.append(Problem(N_("A meeting is called before it begins."), {}, "starts_at"))
    return problems
