"""Verdicts on whether an application is eligible: coded reasons, and what keeps the check from being closed. Pure."""

from collections.abc import Mapping, Sequence
from enum import StrEnum

from procurement.applications.rules import LONG, TOO_LONG
from procurement.errors import N_, Problem
from procurement.masking import public_text_problems


class Reason(StrEnum):
    """Coded reasons of a verdict; `wording.REASONS` says them, `GROUNDS` on what they rest."""

    ALL_GATES_PASSED = "all_gates_passed"
    READMITTED = "readmitted"
    IDENTITY_UNVERIFIED = "identity_unverified"
    DOCUMENTS_MISSING = "documents_missing"
    DOCUMENTS_INVALID = "documents_invalid"
    UNLAWFUL_PRODUCT = "unlawful_product"
    VIOLATION_WITHIN_THREE_YEARS = "violation_within_three_years"
    DEBARRED = "debarred"
    RELATION_TO_OFFICIAL = "relation_to_official"
    FEE_TO_PUBLIC_SIDE = "fee_to_public_side"
    STOCK_BELOW_MINIMUM = "stock_below_minimum"
    PRICE_BELOW_COST = "price_below_cost"
    PRICE_ABOVE_SEVEN_DAY_LOW = "price_above_seven_day_low"
    FOOD_SUPERVISION_BLOCK = "food_supervision_block"
    RELATED_APPLICANTS = "related_applicants"
    FALSE_STATEMENT = "false_statement"
    OUTSIDE_THE_CALL = "outside_the_call"


ELIGIBLE_REASONS = frozenset({Reason.ALL_GATES_PASSED, Reason.READMITTED})
OFFERED = tuple(reason for reason in Reason if reason is not Reason.READMITTED)
"""Reasons that a checker may choose; re-admission comes from a ruling only."""
EXPLANATION = (10, LONG)
"""Shortest and longest explanation, in characters. An eligible application needs none."""


def check_verdict(
    *, eligible: bool, reason: Reason | None, explanation: str, gates: Mapping[str, bool]
) -> list[Problem]:
    """Faults of a verdict: the reason fits it, a refusal is explained, and it follows from the gates.

    `gates`: code of each gate of the round → passed. Eligible exactly when every gate is passed.
    """
    problems = []
    if reason is None:
        problems.append(Problem(N_("Choose the reason."), field="reason_code"))
    elif (reason in ELIGIBLE_REASONS) is not eligible:
        problems.append(Problem(N_("This reason does not go with this verdict."), field="reason_code"))
    if eligible and not all(gates.values()):
        problems.append(Problem(N_("An application that fails a condition is not eligible."), field="reason_code"))
    if not eligible and gates and all(gates.values()):
        problems.append(Problem(N_("Say which condition is not met: all of them are ticked."), field="gates"))
    explanation = explanation.strip()
    if not eligible and len(explanation) < EXPLANATION[0]:
        problems.append(Problem(N_("Explain the refusal so that the applicant can answer it."), field="explanation"))
    if len(explanation) > EXPLANATION[1]:
        problems.append(Problem(TOO_LONG, {"limit": EXPLANATION[1]}, "explanation"))
    problems += public_text_problems(explanation, "explanation")
    return problems


def met(gates: Mapping[str, bool]) -> tuple[str, ...]:
    """Codes of the gates that are passed, in their order in the alphabet: what the public log says of them."""
    return tuple(sorted(code for code, passed in gates.items() if passed))


def check_closing(*, without_verdict: Sequence[str], eligible: int, minimum: int) -> list[Problem]:
    """What keeps checking from being closed: refs without a verdict, or too few eligible applications. `minimum`: as
    the rules of the round have it (Procurement Law art. 36, by analogy)."""
    problems = [Problem(N_("%(ref)s has no verdict."), {"ref": ref}) for ref in without_verdict]
    if not problems and eligible < minimum:
        problems.append(
            Problem(
                N_(
                    "Only %(eligible)s applications are eligible and the rules ask for at least %(minimum)s. The "
                    "lawful way is to end the round without a selection, with this as its public reason."
                ),
                {"eligible": eligible, "minimum": minimum},
            )
        )
    return problems


def check_too_few(*, without_verdict: Sequence[str], eligible: int, minimum: int) -> list[Problem]:
    """What keeps a round from being ended because too few applications are eligible."""
    problems = [Problem(N_("%(ref)s has no verdict."), {"ref": ref}) for ref in without_verdict]
    if not problems and eligible >= minimum:
        problems.append(
            Problem(
                N_("%(eligible)s applications are eligible; the rules ask for %(minimum)s, so there are enough."),
                {"eligible": eligible, "minimum": minimum},
            )
        )
    return problems
