"""Why and for how long the clock of one objection may stand still: a supplement, a test, an expert opinion. Pure.

The time of these is not counted (Implementing Regulation arts. 52-58, by analogy). Each has an end of its own from
the beginning, after which the clock runs on by itself: nobody stops a clock for good.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from procurement.errors import N_, Problem
from procurement.objections.rules import OPEN_STEPS, Step
from procurement.rounds.clocks import Clock, Stopped
from procurement.rounds.phases import Stop

LONGEST = 30
"""Working days for which something may be tested or an opinion awaited, at most, each time."""

REASONS: dict[Stopped, str] = {
    Stopped.TESTING: N_("something is to be tested"),
    Stopped.EXPERT_OPINION: N_("an expert opinion is needed"),
}
"""Reasons for which a supervisor may stop the clock, besides a supplement, which has a form of its own."""


@dataclass(frozen=True, slots=True)
class Pause:
    """A time in which the clock of an objection stands still. `text`: what is awaited and why; `clock`: of the pause
    itself, after which it is over; `ended_at`: when it ended before; `answer`: what the filer added (supplement)."""

    number: int
    why: Stopped
    text: str
    began_at: datetime
    clock: Clock
    ended_at: datetime | None
    answer: str

    @property
    def stop(self) -> Stop:
        """As a stop of the objection's clock. A pause whose own clock stands still has no end yet."""
        return Stop(self.began_at, self.ended_at or self.clock.due, self.why)

    def goes_on(self, now: datetime) -> bool:
        """Whether it stops the clock at `now`."""
        return self.ended_at is None and not self.clock.overdue(now)


def current(pauses: Sequence[Pause], now: datetime) -> Pause | None:
    """The pause that goes on at `now`, if one does: there is never more than one."""
    return next((pause for pause in pauses if pause.goes_on(now)), None)


def check_pause(
    state: Step, pauses: Sequence[Pause], why: Stopped, days: int | None, *, now: datetime
) -> list[Problem]:
    """What keeps the clock from being stopped for `days` working days (None: the period of the rules)."""
    if state not in OPEN_STEPS:
        return [Problem(N_("This objection is settled: no clock runs."))]
    if current(pauses, now) is not None:
        return [Problem(N_("The clock stands still already."))]
    if why is Stopped.SUPPLEMENT and any(pause.why is Stopped.SUPPLEMENT for pause in pauses):
        return [Problem(N_("A supplement was asked for already. It is asked for once."))]
    if why is not Stopped.SUPPLEMENT and state is Step.FILED:
        return [Problem(N_("First say whether the objection is dealt with."))]
    if days is not None and not 1 <= days <= LONGEST:
        return [Problem(N_("Choose a number of working days from 1 to %(most)s."), {"most": LONGEST}, "days")]
    return []


def check_supplement(state: Step, pauses: Sequence[Pause], *, now: datetime) -> list[Problem]:
    """What keeps the filer from sending what was asked for."""
    if state not in OPEN_STEPS:
        return [Problem(N_("This objection is settled: nothing can be added to it."))]
    asked = next((pause for pause in pauses if pause.why is Stopped.SUPPLEMENT), None)
    if asked is None:
        return [Problem(N_("Nothing was asked for."))]
    if asked.ended_at is not None:
        return [Problem(N_("What was asked for has been sent already."))]
    if asked.clock.overdue(now):
        return [Problem(N_("The time for it is over; the objection is dealt with as it was filed."))]
    return []
