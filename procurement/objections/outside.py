"""When one may turn to the outside authority, and what becomes of it. Pure.

The authority is not part of this office: what it does is recorded here by a supervisor who did not rule on the
objection, published, and carried out like a ruling. It may stop the award, for at most the period of the rules
(Procurement Law art. 57: thirty days); when that is over, the award is free again by the clock alone.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Any

from procurement.errors import N_, Problem
from procurement.objections.rules import OPEN_STEPS, RULINGS, Effect, Remedy, Standing, Step, check_effect
from procurement.rounds.clocks import Clock

REFERENCE = 100
"""Longest reference of the authority, in characters."""


class Outcome(StrEnum):
    """What the authority decided."""

    NOT_ACCEPTED = "not_accepted"
    UPHELD = "upheld"
    PARTLY_UPHELD = "partly_upheld"
    DISMISSED = "dismissed"
    WITHDRAWN = "withdrawn"


OUTCOMES: Mapping[Outcome, str] = MappingProxyType(
    {
        Outcome.NOT_ACCEPTED: N_("not taken up"),
        Outcome.UPHELD: N_("upheld"),
        Outcome.PARTLY_UPHELD: N_("partly upheld"),
        Outcome.DISMISSED: N_("dismissed"),
        Outcome.WITHDRAWN: N_("withdrawn"),
    }
)
SETTLING = frozenset({Outcome.UPHELD, Outcome.PARTLY_UPHELD, Outcome.DISMISSED})
"""Outcomes on the merits: they settle an objection that the office has not ruled on."""


@dataclass(frozen=True, slots=True)
class Escalation:
    """An objection that was taken to the outside authority. `complained_on`: the day on which; `reference`: the
    authority's; `clock`: of its period, which it may exceed; `suspended_at`, `suspended_until`: when it stopped the
    award; `outcome`, `decided_on`, `text`, `effect`: what it decided, recorded at `recorded_at`."""

    complained_on: date
    reference: str
    told_at: datetime
    clock: Clock
    suspended_at: datetime | None = None
    suspended_until: datetime | None = None
    suspended_counted: Mapping[str, Any] | None = None
    suspension: str = ""
    outcome: Outcome | None = None
    decided_on: date | None = None
    text: str = ""
    effect: Effect | None = None
    recorded_at: datetime | None = None
    sha256: str | None = None

    def suspends(self, now: datetime) -> bool:
        """Whether the award is stopped by the authority at `now`."""
        running = self.suspended_until is not None and now < self.suspended_until
        return running and self.recorded_at is None


@dataclass(frozen=True, slots=True)
class Way:
    """Whether one may turn to the authority. `closes`: until when (None: for as long as the office is late)."""

    open: bool
    closes: datetime | None = None
    counted: Mapping[str, Any] | None = None
    why: Problem | None = None


_NOT_YET = N_("One may turn to the outside authority after the ruling, or once a period is over without an act.")
_OVER = N_("The time to turn to the outside authority is over.")


def way_out(state: Step, *, overdue: bool, window: Clock | None, now: datetime) -> Way:
    """Whether an objection may be taken to the authority. `window`: counted from the ruling, None without one."""
    if state in OPEN_STEPS:
        return Way(True) if overdue else Way(False, why=Problem(_NOT_YET))
    if window is None or window.due is None or state not in (*RULINGS, Step.INADMISSIBLE):
        return Way(False, why=Problem(_OVER))
    if now < window.due:
        return Way(True, window.due, window.counted)
    return Way(False, window.due, window.counted, Problem(_OVER))


def check_complaint(complained_on: date | None, reference: str, *, since: date, today: date) -> list[Problem]:
    """Faults of what is told of a complaint. `since`: the day on which the way to the authority was opened."""
    problems = []
    if complained_on is None:
        problems.append(Problem(N_("Say on which day the complaint was made."), {}, "complained_on"))
    elif not since <= complained_on <= today:
        problems.append(
            Problem(N_("The day lies between %(since)s and today."), {"since": since.isoformat()}, "complained_on")
        )
    if len(reference) > REFERENCE:
        problems.append(Problem(N_("Use at most %(most)s characters."), {"most": REFERENCE}, "reference"))
    return problems


def check_outcome(
    standing: Standing,
    outcome: Outcome | None,
    effect: Effect | None,
    *,
    decided_on: date | None,
    complained_on: date,
    today: date,
) -> list[Problem]:
    """Faults of what is recorded of the authority's outcome, and of the effect that it orders."""
    problems = []
    if outcome is None:
        problems.append(Problem(N_("Choose the outcome."), {}, "outcome"))
    if decided_on is None:
        problems.append(Problem(N_("Say on which day the authority decided."), {}, "decided_on"))
    elif not complained_on <= decided_on <= today:
        problems.append(
            Problem(
                N_("The day lies between %(since)s and today."), {"since": complained_on.isoformat()}, "decided_on"
            )
        )
    if effect is None:
        return problems
    if outcome not in (Outcome.UPHELD, Outcome.PARTLY_UPHELD):
        problems.append(Problem(N_("Only what is upheld brings something about."), {}, "remedy"))
    return problems + check_effect(standing, effect)


def remedies_outside(asked: tuple[Remedy, ...]) -> tuple[Remedy, ...]:
    """What the authority may order: whatever could be asked for; besides, to end the round or annul its decision."""
    return tuple(dict.fromkeys((*asked, Remedy.END, Remedy.ANNUL)))
