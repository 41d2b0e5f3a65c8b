"""Who is selected: from the ranking to the slots, with caps and preferences, each step told. Pure.

Places are given out from the top of the ranking, in up to three rounds:

1. The slots kept for first-timers (`preferences.first_timers`) go to the best of those whose merchant was never
   selected before.
2. The slots left go down the ranking; who was selected in one of the last `preferences.rest` decided rounds waits.
3. The slots then still left go to those who waited.

Reserves follow in the order of the second and the third round. Whoever would be one more than a cap allows, counting
selected ones and reserves together, so that a reserve may step in for anybody, is passed over.

Equals who are not told apart are placed together or not at all: when they do not all fit, or when a cap would
separate them, they are undecided, and in the latter case so is everybody whose place depends on them.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Literal

from procurement.errors import N_, Problem
from procurement.rounds.rules import CATEGORIES
from procurement.rounds.scoring_rule import Caps, Preferences, ScoringRule
from procurement.scoring.facts import Facts

Outcome = Literal["selected", "reserve", "not_selected", "undecided", "no_award"]


@dataclass(slots=True)
class Selection:
    """What becomes of each application. `passed`: why one was passed over while others below it were not; `told`:
    every step in order, when anything but the ranking decided."""

    outcomes: dict[str, Outcome] = field(default_factory=dict)
    passed: dict[str, Problem] = field(default_factory=dict)
    told: list[Problem] = field(default_factory=list)


def select(rule: ScoringRule, groups: Sequence[Sequence[str]], facts: Facts) -> Selection:
    """Give out the places of `rule` among `groups` of equals, the best first."""
    if rule.caps == Caps() and rule.preferences == Preferences():
        return _plain(rule, groups)
    giving = _Giving(rule, facts)
    waiting = {a for group in groups for a in group if facts.resting(a, rule.preferences.rest)}
    if kept := min(rule.preferences.first_timers, rule.slots):
        giving.walk(groups, "selected", kept, lambda a: not facts.of(a).selected, kept=True)
    giving.walk(groups, "selected", rule.slots, lambda a: a not in waiting, waiting=waiting)
    giving.walk(groups, "selected", rule.slots, waiting.__contains__)
    giving.walk(groups, "reserve", rule.reserves, lambda a: a not in waiting)
    giving.walk(groups, "reserve", rule.reserves, waiting.__contains__)
    return giving.done([a for group in groups for a in group], waiting)


def _plain(rule: ScoringRule, groups: Iterable[Sequence[str]]) -> Selection:
    """Down the ranking, with neither caps nor preferences."""
    found, before = Selection(), 0
    for group in groups:
        after = before + len(group)
        outcome: Outcome = "not_selected"
        if after <= rule.slots:
            outcome = "selected"
        elif before < rule.slots:
            outcome = "undecided"
        elif before < rule.slots + rule.reserves:
            outcome = "reserve" if after <= rule.slots + rule.reserves else "undecided"
        found.outcomes.update(dict.fromkeys(group, outcome))
        before = after
    return found


class _Giving:
    """Places being given out. `stuck`: a tie has to be broken before anything further can be said."""

    def __init__(self, rule: ScoringRule, facts: Facts) -> None:
        self.rule, self.facts = rule, facts
        self.found = Selection()
        self.given = {"selected": 0, "reserve": 0}
        self.merchants: Counter[str] = Counter()
        self.categories: Counter[str] = Counter()
        self.stuck = False

    def walk(
        self,
        groups: Iterable[Sequence[str]],
        outcome: Literal["selected", "reserve"],
        seats: int,
        only: Callable[[str], bool],
        *,
        kept: bool = False,
        waiting: Iterable[str] = (),
    ) -> None:
        """Go down the ranking once, until all `seats` of that outcome are given."""
        waits = set(waiting)
        for group in groups:
            if self.given[outcome] >= seats:
                return
            free = [a for a in group if a not in self.found.outcomes and a not in self.found.passed]
            for application in free:
                if application in waits:
                    self.found.told.append(self._waits(application))
            wanted = [a for a in free if only(a) and not self._capped(a)]
            if not wanted:
                continue
            if self.stuck or len(wanted) > seats - self.given[outcome] or self._separates(wanted):
                self._undecided(wanted, outcome, seats, kept)
            else:
                for application in wanted:
                    self._place(application, outcome, kept)

    def _capped(self, application: str) -> bool:
        """Whether a cap passes it over; says so."""
        known, caps = self.facts.of(application), self.rule.caps
        if caps.merchant is not None and self.merchants[known.merchant] >= caps.merchant:
            params = {"merchant": known.merchant, "most": caps.merchant}
            why = N_("passed over: no more than %(most)s of merchant %(merchant)s may be placed")
            said = N_("%(application)s is passed over: no more than %(most)s of merchant %(merchant)s may be placed.")
        elif caps.category is not None and self.categories[known.category] >= caps.category:
            params = {"category": _CATEGORIES.get(known.category, known.category), "most": caps.category}
            why = N_("passed over: no more than %(most)s of the kind “%(category)s” may be placed")
            said = N_(
                "%(application)s is passed over: no more than %(most)s of the kind “%(category)s” may be placed."
            )
        else:
            return False
        self.found.passed[application] = Problem(why, params)
        self._tell(said, application, **params)
        return True

    def _separates(self, wanted: Sequence[str]) -> bool:
        """Whether a cap would let only some of these equals in."""
        caps = self.rule.caps
        merchants = self.merchants + Counter(self.facts.of(a).merchant for a in wanted)
        categories = self.categories + Counter(self.facts.of(a).category for a in wanted)
        over = caps.merchant is not None and max(merchants.values(), default=0) > caps.merchant
        return over or (caps.category is not None and max(categories.values(), default=0) > caps.category)

    def _place(self, application: str, outcome: Literal["selected", "reserve"], kept: bool) -> None:
        self.found.outcomes[application] = outcome
        self.given[outcome] += 1
        self._count(application)
        if outcome == "reserve":
            sentence = N_("%(application)s is reserve %(number)s.")
        elif kept:
            sentence = N_("%(application)s takes slot %(number)s, kept for merchants never selected before.")
        else:
            sentence = N_("%(application)s takes slot %(number)s.")
        self._tell(sentence, application, number=self.given[outcome])

    def _count(self, application: str) -> None:
        known = self.facts.of(application)
        self.merchants[known.merchant] += 1
        self.categories[known.category] += 1

    def _undecided(
        self, wanted: Sequence[str], outcome: Literal["selected", "reserve"], seats: int, kept: bool
    ) -> None:
        """These equals are not all placed. Where only the number of places divides them, those who get none of these
        are the next ones in reserve; otherwise nothing can be said of those behind them."""
        self.found.outcomes.update(dict.fromkeys(wanted, "undecided"))
        if not self.stuck:
            self._tell(N_("%(application)s: equal, and they cannot all be placed."), ", ".join(wanted))
        over = len(wanted) - (seats - self.given[outcome])
        self.stuck = self.stuck or kept or self._separates(wanted)
        if self.stuck:
            return
        self.given[outcome] = seats
        if outcome == "selected":
            self.given["reserve"] += over
        for application in wanted:
            self._count(application)

    def _waits(self, application: str) -> Problem:
        return Problem(
            N_("%(application)s waits: its merchant was selected in %(round)s, one of the last %(rest)s decided."),
            {
                "application": application,
                "round": self.facts.resting(application, self.rule.preferences.rest),
                "rest": self.rule.preferences.rest,
            },
        )

    def _tell(self, sentence: str, application: str, **params: object) -> None:
        self.found.told.append(Problem(sentence, {"application": application, **params}))

    def done(self, ranking: Sequence[str], waiting: Iterable[str]) -> Selection:
        """The rest is not selected. Who was overtaken by one ranked below is told why."""
        found, waits = self.found, set(waiting)
        placed = {"selected": 0, "reserve": 1}
        best_below = 2
        for application in reversed(ranking):
            left: Outcome = "undecided" if self.stuck and application not in found.passed else "not_selected"
            outcome = found.outcomes.setdefault(application, left)
            mine = placed.get(outcome, 2)
            if best_below < mine and outcome != "undecided" and application not in found.passed:
                found.passed[application] = (
                    Problem(
                        N_("passed over: the merchant was selected in %(round)s, and others come first"),
                        {"round": self.facts.resting(application, self.rule.preferences.rest)},
                    )
                    if application in waits
                    else Problem(N_("passed over: a slot is kept for merchants never selected before"))
                )
            best_below = min(best_below, mine)
        return found


_CATEGORIES = {str(category): text for category, text in CATEGORIES.items()}
