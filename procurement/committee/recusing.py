"""Requests that a member be recused: who may ask, until when, what may be decided. Pure.

An applicant, a citizen or the member concerned asks, with a reason; the round's supervisor decides within a few
working days, so that it is settled before the sheets are counted. What is said about people's relations is read by
the supervisor and the member alone; everybody reads the ground, the outcome and the reason that the supervisor gives.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from procurement.committee.rules import Ground
from procurement.errors import N_, Problem
from procurement.masking import public_text_problems
from procurement.rounds.canonical import plain_text
from procurement.rounds.phases import Phase

ARGUMENT = (20, 5000)
"""Shortest and longest reason, in characters."""

_ADDRESS = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")


class Origin(StrEnum):
    """Who asks."""

    APPLICANT = "applicant"
    CITIZEN = "citizen"
    MEMBER = "member"
    SUPERVISOR = "supervisor"


ORIGINS: Mapping[Origin, str] = MappingProxyType(
    {
        Origin.APPLICANT: N_("an applicant"),
        Origin.CITIZEN: N_("a citizen"),
        Origin.MEMBER: N_("the member"),
        Origin.SUPERVISOR: N_("the supervisor, unasked"),
    }
)


class Outcome(StrEnum):
    """What became of a request."""

    RECUSED = "recused"
    REMOVED = "removed"
    DISMISSED = "dismissed"
    WITHDRAWN = "withdrawn"
    MOOT = "moot"


OUTCOMES: Mapping[Outcome, str] = MappingProxyType(
    {
        Outcome.RECUSED: N_("granted: the member does not score the application"),
        Outcome.REMOVED: N_("granted: the member does not score at all"),
        Outcome.DISMISSED: N_("dismissed"),
        Outcome.WITHDRAWN: N_("withdrawn"),
        Outcome.MOOT: N_("settled: the member left or was recused already"),
    }
)

DECISIONS = (Outcome.RECUSED, Outcome.REMOVED, Outcome.DISMISSED)

ASKED_IN: Mapping[Origin, tuple[Phase, ...]] = MappingProxyType(
    {
        Origin.APPLICANT: (Phase.CHECKING, Phase.FORMING, Phase.SCORING, Phase.OPENED),
        Origin.CITIZEN: (Phase.CHECKING, Phase.FORMING, Phase.SCORING, Phase.OPENED),
        Origin.MEMBER: (Phase.SCORING, Phase.OPENED, Phase.NOTICE, Phase.RULING, Phase.DECIDING),
        Origin.SUPERVISOR: (
            Phase.CHECKING, Phase.FORMING, Phase.SCORING, Phase.OPENED, Phase.NOTICE, Phase.RULING, Phase.DECIDING,
        ),
    }
)  # fmt: skip
"""Who may ask when. Once the result is on notice, others object to it instead; before scoring a member declares."""

DECIDED_IN = ASKED_IN[Origin.SUPERVISOR]


@dataclass(frozen=True, slots=True)
class Request:
    """What somebody asks. `application`: "" when the member should not sit at all."""

    member: str
    application: str
    ground: Ground
    argument: str
    name: str = ""
    contact: str = ""

    def plain(self) -> "Request":
        """The same with texts as they are kept."""
        name, contact = (" ".join(plain_text(text).split()) for text in (self.name, self.contact))
        return Request(self.member, self.application, self.ground, plain_text(self.argument), name, contact)


def check_request(request: Request, origin: Origin) -> list[Problem]:
    """What is wrong with `request` (as `plain` gives it), but for whom it names."""
    problems = []
    if request.ground is Ground.NONE:
        problems.append(Problem(N_("Choose the ground."), {}, "ground"))
    shortest, longest = ARGUMENT
    if len(request.argument) < shortest:
        problems.append(Problem(N_("Say what you know and how, so that it can be decided."), {}, "argument"))
    elif len(request.argument) > longest:
        problems.append(Problem(N_("Use at most %(most)s characters."), {"most": longest}, "argument"))
    if origin in (Origin.APPLICANT, Origin.CITIZEN):
        if not request.name or len(request.name) > 120:
            problems.append(Problem(N_("Write your name."), {}, "name"))
        if not _ADDRESS.fullmatch(request.contact) or len(request.contact) > 254:
            problems.append(Problem(N_("Write an e-mail address. It is not published."), {}, "contact"))
    if origin is Origin.MEMBER and not request.application:
        problems.append(Problem(N_("Choose the application."), {}, "application"))
    return problems


def check_decision(outcome: Outcome, *, application: str, text: str) -> list[Problem]:
    """What keeps `outcome` from being decided. `application`: which one is meant, "" for none."""
    problems = []
    if outcome not in DECISIONS:
        problems.append(Problem(N_("Choose the outcome."), {}, "outcome"))
    if outcome is Outcome.RECUSED and not application:
        problems.append(Problem(N_("Choose the application."), {}, "application"))
    if len(text) < ARGUMENT[0]:
        problems.append(Problem(N_("Give the reasons, so that everybody can follow them."), {}, "text"))
    elif len(text) > ARGUMENT[1]:
        problems.append(Problem(N_("Use at most %(most)s characters."), {"most": ARGUMENT[1]}, "text"))
    return problems + public_text_problems(text, "text")
