"""Words for the codes of a decision, as English source texts; the scoring rule in sentences. Pure."""

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any

from procurement.committee.rules import GROUNDS as RECUSAL_GROUNDS
from procurement.committee.rules import MEMBER_KINDS
from procurement.decisions.document import Effect, Outcome, SignatoryRole
from procurement.decisions.rules import Ending
from procurement.errors import N_, Problem
from procurement.rounds.figures import BY_PATH, CHOICES
from procurement.rounds.rules import PARTIES
from procurement.rounds.scoring_rule import FIGURES, PREFERENCE_NAMES

OUTCOMES: Mapping[str, str] = MappingProxyType(
    {
        Outcome.SELECTED: N_("selected"),
        Outcome.RESERVE: N_("reserve"),
        Outcome.NOT_SELECTED: N_("not selected"),
    }
)

EFFECTS: Mapping[str, str] = MappingProxyType(
    {
        Effect.CONFIRMED: N_("The proposed result is confirmed"),
        Effect.AMENDED: N_("An earlier decision is amended"),
        Effect.ANNULLED: N_("An earlier decision is annulled"),
    }
)

ENDINGS: Mapping[str, str] = MappingProxyType(
    {
        Ending.REPLACED: N_("replaced"),
        Ending.WITHDRAWN: N_("withdrawn"),
        Ending.REJECTED: N_("rejected"),
    }
)

SIGNATORY_ROLES: Mapping[str, str] = MappingProxyType(
    {
        SignatoryRole.SEAL: N_("Office seal"),
        SignatoryRole.CHAIR: N_("Chair of the committee"),
        SignatoryRole.MEMBER: N_("Member of the committee"),
        SignatoryRole.ORGANISER: N_("For the organiser"),
        SignatoryRole.SUPERVISOR: N_("Supervisor"),
    }
)

EVENTS: Mapping[str, str] = MappingProxyType(
    {
        "published": N_("Call published, rules frozen"),
        "amended": N_("Call amended"),
        "deadline": N_("Application deadline"),
        "checking_closed": N_("Eligibility verdicts complete"),
        "scoring_began": N_("Committee complete, scoring began"),
        "scores_opened": N_("Score sheets opened"),
        "notice_given": N_("Proposed result put on public notice"),
        "objections_closed": N_("Time for objections ended"),
        "reopened_checking": N_("Sent back to checking after an upheld objection"),
        "reopened_forming": N_("Sent back to the committee after an upheld objection"),
        "reopened_tally": N_("Result computed again after an upheld objection"),
        "amendment_ordered": N_("Amendment ordered by a ruling"),
        "annulment_ordered": N_("Annulment ordered by a ruling"),
        "suspended": N_("Award stopped by the outside authority"),
        "suspension_ended": N_("The outside authority decided; its stop ended"),
        "held": N_("Put on hold by the supervisor"),
        "resumed": N_("Hold ended"),
        "decision_published": N_("Decision published"),
    }
)

CRITERION_KINDS: Mapping[str, str] = MappingProxyType(
    {"judged": N_("judged"), "objective": N_("objective"), "price": N_("price")}
)

STATES: Mapping[str, str] = MappingProxyType(
    {"recused": N_("recused"), "missing": N_("did not score"), "void": N_("sheet void")}
)

MATTERS: Mapping[str, str] = MappingProxyType(
    {
        "quality": N_("Quality of the product, delivery, after-sales"),
        "procedure": N_("Procedure of the selection"),
        "marks": N_("Marks and their reasons"),
        "words": N_("What is said on air"),
        "supervision": N_("Rulings on objections, supervision"),
    }
)

RESPONSIBLE: Mapping[str, str] = MappingProxyType(
    {
        "merchant": N_("the merchant"),
        "organiser": N_("the organiser"),
        "members": N_("each member of the committee"),
        "official": N_("the promoting official and the host"),
        "supervisor": N_("the supervisor"),
    }
)

_AT_CRITERION: Mapping[str, str] = MappingProxyType(
    {
        "mean": N_("For each criterion: the mean of the members' marks."),
        "median": N_("For each criterion: the median of the members' marks."),
        "trimmed_mean": N_(
            "For each criterion: the mean of the members' marks without the %(trim)s highest and the %(trim)s "
            "lowest, when at least %(least)s marks remain; otherwise the mean of all."
        ),
        "sum": N_("For each criterion: the sum of the members' marks."),
        "rank_sum": N_(
            "For each criterion: each member's marks rank the applications (1 is best, equals share the average "
            "rank), and the ranks are added. The lowest total wins."
        ),
    }
)

_AT_TOTAL: Mapping[str, str] = MappingProxyType(
    {
        "mean": N_("Each member's weighted marks are added up; the total is the mean of these sums."),
        "median": N_("Each member's weighted marks are added up; the total is the median of these sums."),
        "trimmed_mean": N_(
            "Each member's weighted marks are added up; the total is the mean of these sums without the %(trim)s "
            "highest and the %(trim)s lowest, when at least %(least)s remain; otherwise the mean of all."
        ),
        "sum": N_("Each member's weighted marks are added up; the total is the sum of these sums."),
        "rank_sum": N_(
            "Each member's weighted marks are added up and rank the applications (1 is best, equals share the "
            "average rank); the ranks are added. The lowest total wins."
        ),
    }
)

_COMBINE: Mapping[str, str] = MappingProxyType(
    {
        "weighted_sum": N_("Total = sum of weight × value."),
        "share_of_weight": N_("Total = sum of weight × value ÷ highest mark of the scale."),
    }
)

_STAGES: Mapping[str, str] = MappingProxyType(
    {
        "criterion": N_("The value of each criterion"),
        "weighted": N_("Each weighted value"),
        "total": N_("The total"),
    }
)

_ROUNDED: Mapping[str, str] = MappingProxyType(
    {
        "half_up": N_("%(stage)s is rounded to %(places)s decimals, halves up."),
        "half_even": N_("%(stage)s is rounded to %(places)s decimals, halves to the even digit."),
    }
)

_METHODS: Mapping[str, str] = MappingProxyType(
    {
        "mean": N_("mean"),
        "median": N_("median"),
        "trimmed_mean": N_("trimmed mean"),
        "sum": N_("sum"),
        "rank_sum": N_("sum of ranks"),
    }
)


def criterion_numbers(scoring: Mapping[str, Any]) -> dict[str, str]:
    """Criterion code → "C1", "C2" … in the order of the rule: what tables and sentences call it."""
    return {criterion["code"]: f"C{number}" for number, criterion in enumerate(scoring["criteria"], start=1)}


def rule_sentences(scoring: Mapping[str, Any]) -> list[Problem]:
    """The scoring rule (its JSON form) in sentences, in the order in which a reader applies it."""
    return list(_sentences(scoring, criterion_numbers(scoring)))


def _sentences(scoring: Mapping[str, Any], numbers: Mapping[str, str]) -> Iterator[Problem]:
    aggregation = scoring["aggregation"]
    method = (_AT_CRITERION if aggregation["level"] == "criterion" else _AT_TOTAL)[aggregation["method"]]
    trim = {"trim": aggregation["trim"], "least": aggregation["leave_at_least"]}
    yield Problem(method, trim if aggregation["method"] == "trimmed_mean" else {})
    yield Problem(_COMBINE[scoring["combine"]])
    for rounding in scoring["rounding"]:
        yield Problem(_ROUNDED[rounding["mode"]], {"stage": _STAGES[rounding["stage"]], "places": rounding["places"]})
    if not scoring["rounding"]:
        yield Problem(N_("Nothing is rounded."))
    if scoring["missing"] == "exclude":
        yield Problem(N_("A recused member and a missing mark take no part; they are never counted as zero."))
    else:
        yield Problem(N_("A recused member takes no part; without every other mark there is no result."))
    if scoring["quorum"]:
        yield Problem(N_("An application needs at least %(count)s sheets."), {"count": scoring["quorum"]})
    for criterion in scoring["criteria"]:
        if "formula" in criterion:
            yield Problem(
                N_("%(criterion)s is computed: highest mark × lowest figure ÷ own figure. Figure: %(figure)s."),
                {"criterion": numbers[criterion["code"]], "figure": FIGURES[criterion["formula"]["figure"]]},
            )
        if "minimum" in criterion:
            yield Problem(
                N_("At %(criterion)s at least %(minimum)s is needed."),
                {"criterion": numbers[criterion["code"]], "minimum": criterion["minimum"]},
            )
    if "threshold" in scoring:
        yield Problem(N_("A total of at least %(threshold)s is needed."), {"threshold": scoring["threshold"]})
    yield from _placing(scoring)
    if "abnormal" in scoring:
        yield Problem(
            N_(
                "A mark more than %(percent)s percent of its scale away from the median of at least %(others)s "
                "others is abnormal and may be corrected in public."
            ),
            {"percent": scoring["abnormal"]["percent"], "others": scoring["abnormal"]["others"]},
        )
    for number, link in enumerate(scoring["ties"], start=1):
        yield _tie(number, link, numbers)


def _placing(scoring: Mapping[str, Any]) -> Iterator[Problem]:
    """Caps and preferences."""
    caps, preferences = scoring.get("caps", {}), scoring.get("preferences", {})
    for key, sentence in (
        ("merchant", N_("Of one merchant at most %(most)s may be selected or in reserve.")),
        ("category", N_("Of one kind of goods at most %(most)s may be selected or in reserve.")),
    ):
        if key in caps:
            yield Problem(sentence, {"most": caps[key]})
    if "first_timers" in preferences:
        yield Problem(
            N_("Slots kept for merchants never selected before: %(count)s."), {"count": preferences["first_timers"]}
        )
    if "rest" in preferences:
        yield Problem(
            N_("Who was selected in one of the last %(count)s decided rounds waits while others qualify."),
            {"count": preferences["rest"]},
        )


def _tie(number: int, link: Mapping[str, Any], numbers: Mapping[str, str]) -> Problem:
    match link["by"]:
        case "criterion":
            return Problem(
                N_("Equal totals, %(number)s: the better value at %(criterion)s comes first."),
                {"number": number, "criterion": numbers[link["code"]]},
            )
        case "aggregate":
            return Problem(
                N_("Equal totals, %(number)s: by the %(method)s instead."),
                {"number": number, "method": _METHODS[link["method"]]},
            )
        case "preference":
            return Problem(
                N_("Equal totals, %(number)s: the declared preference “%(preference)s”."),
                {"number": number, "preference": PREFERENCE_NAMES.get(link["code"], link["code"])},
            )
        case _:
            return Problem(N_("Equal totals, %(number)s: the public draw."), {"number": number})


def tie_words(link: Mapping[str, str], numbers: Mapping[str, str]) -> Problem:
    """By what a tie was broken, in a few words. `numbers`: see `criterion_numbers`."""
    match link["by"]:
        case "criterion":
            return Problem(N_("the value at %(criterion)s"), {"criterion": numbers[link["code"]]})
        case "aggregate":
            return Problem(N_("the %(method)s"), {"method": _METHODS[link["method"]]})
        case "preference":
            preference = PREFERENCE_NAMES.get(link["code"], link["code"])
            return Problem(N_("the declared preference “%(preference)s”"), {"preference": preference})
        case _:
            return Problem(N_("the public draw"))


WORDS: Mapping[str, Mapping[str, Any]] = MappingProxyType(
    {
        "outcomes": OUTCOMES,
        "effects": EFFECTS,
        "roles": SIGNATORY_ROLES,
        "events": EVENTS,
        "criterion_kinds": CRITERION_KINDS,
        "states": STATES,
        "matters": MATTERS,
        "responsible": RESPONSIBLE,
        "member_kinds": {kind.value: name for kind, name in MEMBER_KINDS.items()},
        "recusal_grounds": {ground.value: name for ground, name in RECUSAL_GROUNDS.items()},
        "parties": {party.value: name for party, name in PARTIES.items()},
        "places": BY_PATH,  # of the figures: rounds/_figures.html
        "choices": CHOICES,
    }
)
"""All of these by name: what the templates of the PDF and of the public page are given."""
