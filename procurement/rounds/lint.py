"""What is wrong with a draft, in plain words: errors keep it from being published, warnings do not.

Every finding names its place in the document (`official.name`, `scoring.criteria[2].anchors`), so that a page can
lead to where it is mended. The rules are small functions in `RULES`; the words to look for are in unlawful.py, the
days in projection.py.
"""

import math
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from typing import Any
from zoneinfo import ZoneInfo

from procurement import workdays
from procurement.errors import N_, Problem
from procurement.rounds import clocks
from procurement.rounds.figures import BY_PATH, PLACES, Counted, value_of, weakened
from procurement.rounds.packs import shipped
from procurement.rounds.projection import Stage, earliest_broadcast, last_day, longest_break, planned
from procurement.rounds.rules import (
    CATEGORIES,
    EMPLOYER_KINDS,
    FOOD,
    PARTIES,
    PUBLIC_SIDE,
    RECOMMENDING_FOOD,
    STATE_ORGANS,
    DayUnit,
    ExpertsChosen,
    FoodRule,
    Office,
    Opinion,
    RoundDocument,
)
from procurement.rounds.scoring_rule import Criterion, ScoringRule, Text, check_for_publication, show_decimal
from procurement.rounds.unlawful import LOCAL, LOWEST, MINIMUM, VOTES, named_place, own_places, written

LEAST_MEMBERS = 5
SHORT_CALL = 15
VOTE_MOST = 20
LONG_BREAK = 5
SHORT_BREAK = 3
FEW_LEVELS = 12


class Level(StrEnum):
    """How serious a finding is."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class Finding:
    """One sentence about the draft. `message` is an N_ text, `params` fills it, `field` is the place."""

    level: Level
    message: str
    params: Mapping[str, Any] = field(default_factory=dict)
    field: str | None = None

    @property
    def problem(self) -> Problem:
        """The finding as a refusal."""
        return Problem(self.message, self.params, self.field)


Rule = Callable[[RoundDocument], Iterable[Finding]]


def lint(document: RoundDocument, *, now: datetime | None = None) -> list[Finding]:
    """Every finding, errors first. With `now` (aware) also what follows from publishing at that instant."""
    found = [finding for rule in RULES for finding in rule(document)]
    if now is not None and not any(f.field and f.field.startswith("timetable") and _bad(f) for f in found):
        found.extend(_calendar(document, now))
    return sorted(found, key=lambda finding: finding.level is not Level.ERROR)


def check_publishable(document: RoundDocument, *, amending: bool = False) -> list[Problem]:
    """What keeps the draft from being published; empty when nothing does. `amending`: its rule pack was frozen
    before, and stands whatever is shipped now."""
    found = [finding for finding in lint(document) if _bad(finding) and not (amending and finding.field == "pack")]
    return [finding.problem for finding in found]


def _bad(finding: Finding) -> bool:
    return finding.level is Level.ERROR


def _error(place: str, message: str, **params: Any) -> Finding:
    return Finding(Level.ERROR, message, params, place)


def _warning(place: str, message: str, **params: Any) -> Finding:
    return Finding(Level.WARNING, message, params, place)


# --- texts --------------------------------------------------------------------------------------------------------


def _both(place: str, text: Text, what: str) -> Iterator[Finding]:
    if not text.en.strip():
        yield _error(f"{place}.en", N_("“%(what)s” is missing in English."), what=what)
    if not text.zh.strip():
        yield _error(f"{place}.zh", N_("“%(what)s” is missing in Chinese."), what=what)


def _texts(document: RoundDocument) -> Iterator[Finding]:
    for place, text, what in (
        ("title", document.title, N_("Title")),
        ("purpose", document.purpose, N_("Purpose")),
        ("public_interest", document.public_interest, N_("Public interest")),
        ("office.name", document.office.name, N_("Name of the organiser")),
        ("legal_basis", document.legal_basis, N_("Legal basis")),
        ("money.source", document.money.source, N_("Where the money comes from")),
        ("official.office", document.official.office, N_("Office held by the official")),
        ("official.employer", document.official.employer, N_("Employer of the official")),
    ):
        yield from _both(place, text, what)
    for place, value, message in (
        ("official.name", document.official.name, N_("Name the official who will promote the goods.")),
        ("office.contact", document.office.contact, N_("Say how the public reaches the organiser.")),
    ):
        if not value.strip():
            yield _error(place, message)
    authority = document.authority
    if authority == Office():
        yield _warning(
            "authority.name",
            N_("Name the outside authority: without it nobody knows where to turn against a ruling."),
        )
    else:
        yield from _both("authority.name", authority.name, N_("Name of the outside authority"))
        if not authority.contact.strip():
            yield _error("authority.contact", N_("Say how the outside authority is reached."))


def _gates(document: RoundDocument) -> Iterator[Finding]:
    if not document.gates:
        yield _error("gates", N_("Say which conditions an application must meet."))
    codes = [gate.code for gate in document.gates]
    for i, gate in enumerate(document.gates):
        yield from _both(f"gates[{i}].text", gate.text, N_("Condition"))
        if not re.fullmatch(r"[a-z][a-z0-9_]{0,39}", gate.code) or gate.code in codes[:i]:
            yield _error(
                f"gates[{i}].code", N_("Each condition needs a code of its own: small letters, digits, underscores.")
            )
    if not document.categories:
        yield _error("categories", N_("Say which kinds of goods may be applied with."))
    elif len(set(document.categories)) != len(document.categories):
        yield _error("categories", N_("A kind of goods is named twice."))


# --- scoring ------------------------------------------------------------------------------------------------------


def _scoring(document: RoundDocument) -> Iterator[Finding]:
    for problem in check_for_publication(document.scoring):
        place = f"scoring.{problem.field}" if problem.field else "scoring"
        yield Finding(Level.ERROR, problem.message, problem.params, place)
    rule, committee = document.scoring, document.committee
    if not rule.criteria:
        yield _error("scoring.criteria", N_("At least one criterion is needed."))
    if rule.quorum > committee.size:
        yield _error(
            "scoring.quorum",
            N_("The quorum of %(quorum)s sheets is more than the %(size)s members of the committee."),
            quorum=rule.quorum,
            size=committee.size,
        )
    elif rule.quorum < LEAST_MEMBERS:
        yield _warning(
            "scoring.quorum",
            N_("Fewer than %(least)s sheets for an application make its result depend on single persons."),
            least=LEAST_MEMBERS,
        )
    if rule.aggregation.method == "trimmed_mean":
        needed = rule.aggregation.leave_at_least + 2 * rule.aggregation.trim
        if needed > committee.size:
            yield _warning(
                "scoring.aggregation.trim",
                N_("Marks are only left out with %(needed)s sheets; the committee has %(size)s members."),
                needed=needed,
                size=committee.size,
            )
    if not any(criterion.kind == "objective" for criterion in rule.criteria):
        yield _warning("scoring.criteria", N_("No criterion rests on objective facts."))
    for i, criterion in enumerate(rule.criteria):
        if criterion.reason_required.when == "never":
            yield _warning(
                f"scoring.criteria[{i}].reason_required",
                N_("Marks without a reason cannot be understood by those who were not selected."),
            )


# --- committee ----------------------------------------------------------------------------------------------------


def experts_needed(size: int) -> int:
    """At least two thirds of the members are experts: ceil(2n / 3) (Order 87 art. 47, applied by analogy)."""
    return math.ceil(2 * size / 3)


def _committee(document: RoundDocument) -> Iterator[Finding]:
    size, experts = document.committee.size, document.committee.experts
    if size < LEAST_MEMBERS or size % 2 == 0:
        yield _error(
            "committee.size", N_("A committee has an odd number of members, at least %(least)s."), least=LEAST_MEMBERS
        )
    elif experts < experts_needed(size):
        yield _error(
            "committee.experts",
            N_("Of %(size)s members at least %(needed)s are experts."),
            size=size,
            needed=experts_needed(size),
        )
    elif experts >= size:
        yield _error("committee.experts", N_("Leave a seat for a consumer representative."))
    if document.committee.experts_chosen is ExpertsChosen.APPOINTED:
        yield _warning(
            "committee.experts_chosen",
            N_(
                "Experts whom the organiser picks can be picked for their opinion; a draw that anybody can check "
                "cannot."
            ),
        )
    if document.committee.rotation == 0:
        yield _warning(
            "committee.rotation",
            N_("Without a limit the same people may judge every round and become the ones to know."),
        )


# --- periods ------------------------------------------------------------------------------------------------------


def _figures(document: RoundDocument) -> Iterator[Finding]:
    for place in PLACES:
        if place.counted is Counted.CHOICE or place.path in _BOUND_ELSEWHERE:
            continue
        if not place.least <= int(value_of(document, place.path)) <= place.most:
            yield _error(
                place.path,
                N_("“%(figure)s” lies between %(least)s and %(most)s."),
                figure=place.label,
                least=place.least,
                most=place.most,
            )


_BOUND_ELSEWHERE = frozenset({"timetable.call_days", "committee.size", "committee.experts"})
"""Figures whose bounds depend on others."""


def _pack(document: RoundDocument) -> Iterator[Finding]:
    if not document.pack.code:
        yield _warning("pack", N_("No rule pack is chosen, so nobody can see where the figures come from."))
    elif not shipped(document.pack):
        yield _error("pack", N_("This rule pack is not as it is shipped here. Choose it again."))


def _weakened(document: RoundDocument) -> Iterator[Finding]:
    for figure in weakened(document):
        place = BY_PATH[figure.place]
        params = {"figure": place.label, "source": figure.source}
        if place.counted is Counted.CHOICE:
            yield _warning(
                figure.place,
                N_("“%(figure)s” differs from the rule pack (after %(source)s). The call will say so."),
                **params,
            )
        else:
            yield _warning(
                figure.place,
                N_("“%(figure)s” is %(value)s; the rule pack has %(pack)s (after %(source)s). The call will say so."),
                **params,
                value=value_of(document, figure.place),
                pack=figure.value,
            )


def _periods(document: RoundDocument) -> Iterator[Finding]:
    timetable = document.timetable
    if not timetable.min_call_days <= timetable.call_days <= 366:
        yield _error(
            "timetable.call_days",
            N_("The call must be open for at least %(least)s calendar days, and at most 366."),
            least=timetable.min_call_days,
        )
    elif timetable.call_days < SHORT_CALL:
        yield _warning(
            "timetable.call_days",
            N_("A call of fewer than %(days)s days is an internationally used sign of a closed competition."),
            days=SHORT_CALL,
        )
    if timetable.calendar not in ("cn", "none"):
        yield _error("timetable.calendar", N_("Choose a calendar that is known here."))
    if not _zone_known(timetable.zone):
        yield _error("timetable.zone", N_("This time zone is not known."))


def _zone_known(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (ValueError, KeyError, OSError):  # malformed, unknown, a folder
        return False
    return True


def _calendar(document: RoundDocument, now: datetime) -> Iterator[Finding]:
    stages = planned(document, published=now)
    call, last = stages[0], stages[-1]
    if call.counted["provisional"]:
        yield _warning(
            "timetable.call_days",
            N_("The deadline is provisional: the official calendar of that year is not published yet."),
        )
    elif first := next((stage for stage in stages if stage.counted["provisional"]), None):
        yield _warning(
            first.place,
            N_(
                "From “%(step)s” on, planned for %(day)s, days are provisional: the official calendar of that year "
                "is not published yet."
            ),
            step=first.label,
            day=last_day(document, first.closes),
        )
    off = longest_break(document, workdays.local_date(now, clocks.zone_of(document)), last_day(document, call.closes))
    if off >= LONG_BREAK:
        yield _warning(
            "timetable.call_days",
            N_("The call runs over %(off)s days off in a row; consider giving it more days."),
            off=off,
        )
    yield from _notice_over_holidays(document, stages)
    yield from _broadcast(document, call.closes, last)
    for name in ("nature_opinion", "fair_competition", "food"):
        opinion: Opinion = getattr(document.activity, name)
        today = workdays.local_date(now, clocks.zone_of(document))
        if opinion.given_on is not None and opinion.given_on > today:
            yield _error(f"activity.{name}", N_("The opinion is dated on a day that has not come yet."))


def _notice_over_holidays(document: RoundDocument, stages: tuple[Stage, ...]) -> Iterator[Finding]:
    """Calendar days run on over holidays, when hardly anybody reads a notice; working days do not."""
    if document.timetable.notice_unit is not DayUnit.CALENDAR:
        return
    notice = next(stage for stage in stages if stage.place == "timetable.notice_days")
    first = date.fromisoformat(notice.counted["counted_from"])
    off = longest_break(document, first, last_day(document, notice.closes))
    if off >= SHORT_BREAK:
        yield _warning(
            "timetable.notice_days",
            N_("As planned, the notice in calendar days runs over %(off)s days off in a row."),
            off=off,
        )


def _broadcast(document: RoundDocument, closes: datetime, last: Stage) -> Iterator[Finding]:
    day = document.activity.planned_on
    if day is None:
        return
    if problem := broadcast_problem(document, applications_close=closes):
        yield Finding(Level.ERROR, problem.message, problem.params, problem.field)
    elif day <= last_day(document, last.closes):
        yield _warning(
            "activity.planned_on",
            N_("If every step takes all its time, the round ends on %(day)s only, without any objection."),
            day=last_day(document, last.closes),
        )


def broadcast_problem(document: RoundDocument, *, applications_close: datetime) -> Problem | None:
    """What is wrong with the planned day of the broadcast, for applications that close at `applications_close`."""
    day = document.activity.planned_on
    first = earliest_broadcast(document, applications_close=applications_close)
    if day is None or day >= first:
        return None
    return Problem(
        N_(
            "The broadcast is planned before anything can be decided: notice and standstill end so that %(first)s is "
            "the first possible day."
        ),
        {"first": first},
        "activity.planned_on",
    )


# --- law ----------------------------------------------------------------------------------------------------------


def food_problem(document: RoundDocument) -> Problem | None:
    """Why the official's employer keeps this round from being published with food in it; None when it does not.

    What only a recorded opinion releases is released by it; what the law forbids by name nobody releases.
    """
    food = [category for category in document.categories if category in FOOD]
    kind = document.official.employer_kind
    params = {"employer": EMPLOYER_KINDS[kind], "goods": CATEGORIES[food[0]] if food else ""}
    if food and RECOMMENDING_FOOD[kind] is FoodRule.NEVER:
        return Problem(
            N_(
                "A body of this kind (%(employer)s) must not recommend food to consumers in any form (Food Safety "
                "Law art. 73). Take out food, such as “%(goods)s”, or choose another official. "
                "Nobody can override this."
            ),
            params,
            "official.employer_kind",
        )
    opinion = document.activity.food
    if food and RECOMMENDING_FOOD[kind] is FoodRule.OPINION and not (opinion.given and opinion.number.strip()):
        return Problem(
            N_(
                "The law forbids food-safety supervision “and other relevant departments” to recommend food (Food "
                "Safety Law art. 73). For this employer (%(employer)s) a recorded legal opinion is needed: by whom, "
                "under which number, when, and with what conclusion."
            ),
            params,
            "activity.food",
        )
    return None


def _food(document: RoundDocument) -> Iterator[Finding]:
    kind = document.official.employer_kind
    if problem := food_problem(document):
        yield Finding(Level.ERROR, problem.message, problem.params, problem.field)
    elif RECOMMENDING_FOOD[kind] is FoodRule.NOT_FOR_GAIN and FOOD.intersection(document.categories):
        yield _warning(
            "official.employer_kind",
            N_("A consumer organisation must not recommend food for gain (Food Safety Law art. 73)."),
        )
    if kind in STATE_ORGANS:
        yield _warning(
            "official.employer_kind",
            N_(
                "Advertising must not use the name or image of state organs or their staff (Advertising Law art. 9). "
                "This software does not make the broadcast lawful; the opinion on its nature must deal with that."
            ),
        )


def _opinions(document: RoundDocument) -> Iterator[Finding]:
    activity = document.activity
    if not activity.nature_opinion.given:
        yield _error(
            "activity.nature_opinion",
            N_("The legal opinion on the nature of the activity is missing or not complete in both languages."),
        )
    if not activity.fair_competition.given:
        yield _error(
            "activity.fair_competition",
            N_("The fair-competition review is missing or not complete in both languages."),
        )
    if not activity.food.empty and not activity.food.given:
        yield _error("activity.food", N_("The opinion on food is not complete in both languages."))


def _payments(document: RoundDocument) -> Iterator[Finding]:
    if document.money.budget < 0:
        yield _error("money.budget", N_("A budget is not below zero."))
    for i, payment in enumerate(document.money.payments):
        place = f"money.payments[{i}]"
        yield from _both(f"{place}.purpose", payment.purpose, N_("What is paid for"))
        if payment.amount < 0 or not 0 <= payment.percent <= 100:
            yield _error(f"{place}.amount", N_("Amounts are not below zero, and a share is 0 to 100 percent."))
        if payment.payee in PUBLIC_SIDE and (payment.amount or payment.percent):
            yield _error(
                f"{place}.payee",
                N_("The public side receives nothing: no payment may go to “%(payee)s”."),
                payee=PARTIES[payment.payee],
            )
        elif payment.percent > 10:
            yield _warning(f"{place}.percent", N_("A share of more than 10 percent of sales is a heavy one."))


# --- words --------------------------------------------------------------------------------------------------------


_WORDS = (
    (LOWEST, N_("“%(words)s” asks for a promise of the lowest price; ask for evidence of prices instead.")),
    (MINIMUM, N_("“%(words)s” would oblige somebody to buy or to sell; nobody may be made to.")),
)
_PREFERS = N_(
    "“%(words)s” prefers a place or its awards; origin and local awards may not be scored or demanded "
    "(Implementing Regulation art. 20, Business Environment Regulation art. 13)."
)


def _unlawful_words(document: RoundDocument) -> Iterator[Finding]:
    places = own_places(document)
    for one in written(document):
        level = Level.ERROR if one.decides else Level.WARNING
        for pattern, message in _WORDS:
            if found := pattern.search(one.whole):
                yield Finding(level, message, {"words": found.group()}, one.place)
        local = LOCAL.search(one.whole)
        words = local.group() if local else named_place(one, places) if one.decides else None
        if words is None:
            continue
        if one.gate and document.activity.subject_stated:
            yield _warning(
                one.place,
                N_("“%(words)s” limits the round to a place. The subject of the activity must bear that out."),
                words=words,
            )
        else:
            yield Finding(level, _PREFERS, {"words": words}, one.place)


def _votes(document: RoundDocument) -> Iterator[Finding]:
    """Votes and fame measure traffic; practice gives them 45 to 80 percent."""
    rule = document.scoring
    voting = {
        criterion.code: (i, criterion)
        for i, criterion in enumerate(rule.criteria)
        if any(VOTES.search(f"{text.en}\n{text.zh}") for text in (criterion.title, criterion.evidence))
    }
    best = rule.best_total()
    share = sum((_points(rule, criterion) for _i, criterion in voting.values()), Fraction(0))
    percent = 100 * share / best if best else Fraction(0)
    for i, criterion in voting.values():
        if percent > VOTE_MOST:
            yield _error(
                f"scoring.criteria[{i}].weight",
                N_("Votes and popularity may decide at most %(most)s percent of the total; here it is %(share)s."),
                most=VOTE_MOST,
                share=shown_percent(percent),
            )
        else:
            yield _warning(f"scoring.criteria[{i}].weight", N_("Votes and popularity measure traffic, not goods."))
        if criterion.minimum is not None:
            yield _error(f"scoring.criteria[{i}].minimum", N_("Votes and popularity may not keep a product out."))
    for i, gate in enumerate(document.gates):
        if VOTES.search(f"{gate.text.en}\n{gate.text.zh}"):
            yield _error(f"gates[{i}].text", N_("Votes and popularity may not keep a product out."))
    for i, tie in enumerate(rule.ties):
        if tie.by == "criterion" and tie.code in voting:
            yield _error(f"scoring.ties[{i}]", N_("Votes and popularity may not break a tie."))


def _points(rule: ScoringRule, criterion: Criterion) -> Fraction:
    """How much the full mark of `criterion` adds to the highest total."""
    weight = Fraction(criterion.weight)
    return weight if rule.combine == "share_of_weight" else weight * Fraction(criterion.scale.max)


def shown_percent(share: Fraction) -> str:
    """A share in percent, rounded up at the second place: 20.01 is more than 20."""
    hundredths = math.ceil(share * 100)
    return show_decimal(Decimal(hundredths) / 100)


def _shares(document: RoundDocument) -> Iterator[Finding]:
    """With points for each mark a scale weighs as well, so that a weight alone misleads."""
    rule = document.scoring
    best = rule.best_total()
    if rule.combine != "weighted_sum" or rule.lowest_wins or not best:
        return
    for i, criterion in enumerate(rule.criteria):
        percent = 100 * _points(rule, criterion) / best
        if percent != Fraction(criterion.weight):
            yield _warning(
                f"scoring.criteria[{i}].weight",
                N_("With this scale it decides %(share)s percent of the total, though its weight is %(weight)s."),
                share=shown_percent(percent),
                weight=show_decimal(criterion.weight),
            )


def _levels(document: RoundDocument) -> Iterator[Finding]:
    """Where levels are few, each should say what deserves it; between two sentences members guess."""
    for i, criterion in enumerate(document.scoring.criteria):
        scale = criterion.scale
        if criterion.kind == "price" or not scale.step or scale.step <= 0:
            continue
        levels = 1 + int((scale.max - scale.min) / scale.step)
        described = len({anchor.value for anchor in criterion.anchors})
        if levels <= FEW_LEVELS and described < levels:
            yield _warning(
                f"scoring.criteria[{i}].anchors",
                N_("Only %(described)s of %(levels)s levels say what deserves them."),
                described=described,
                levels=levels,
            )


def _subject(document: RoundDocument) -> Iterator[Finding]:
    activity = document.activity
    if (activity.subject, activity.subject_basis) == (Text(), Text()):
        return
    yield from _both("activity.subject", activity.subject, N_("Subject of the activity"))
    yield from _both("activity.subject_basis", activity.subject_basis, N_("Basis of the subject"))


def _opinion_dates(document: RoundDocument) -> Iterator[Finding]:
    for name in ("nature_opinion", "fair_competition"):
        opinion: Opinion = getattr(document.activity, name)
        if opinion.given and not opinion.number.strip():
            yield _warning(f"activity.{name}", N_("The opinion has no number by which it can be asked for."))


RULES: tuple[Rule, ...] = (
    _pack,
    _texts,
    _gates,
    _scoring,
    _committee,
    _figures,
    _weakened,
    _periods,
    _food,
    _opinions,
    _opinion_dates,
    _payments,
    _unlawful_words,
    _votes,
    _shares,
    _levels,
    _subject,
)
