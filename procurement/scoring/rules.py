"""What a sheet must say, how it is sealed, what may be corrected. Pure."""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from types import MappingProxyType
from typing import Any

from procurement.errors import N_, Problem, RuleBroken
from procurement.masking import public_text_problems
from procurement.rounds import canonical
from procurement.rounds.phases import Phase
from procurement.rounds.scoring_rule import Criterion, ScoringRule, plain_decimal, show_decimal
from procurement.scoring.exact import calculate, numbers_in, precise
from procurement.scoring.outliers import abnormal

DOMAIN = b"sunlit ballot v1\n"
"""Put before nonce and ballot, so that a commitment cannot be mistaken for the hash of anything else."""

NONCE_LENGTH = 32
LONGEST_REASON = 2000


@dataclass(frozen=True, slots=True)
class Entered:
    """What a member typed for one criterion, as it came."""

    value: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Given:
    """A mark with its reason. `value` is None while only the reason is written."""

    value: Decimal | None
    reason: str = ""


Sheet = Mapping[str, Given]
"""Criterion code → what was given; criteria without an entry are not scored yet."""


def value_field(code: str) -> str:
    """Name of the form field that holds the mark for the criterion `code`."""
    return f"value-{code}"


def reason_field(code: str) -> str:
    """Name of the form field that holds the reason."""
    return f"reason-{code}"


# --- filling in ---------------------------------------------------------------------------------------------------


def read_sheet(rule: ScoringRule, entered: Mapping[str, Entered]) -> tuple[dict[str, Given], list[Problem]]:
    """The marks that `entered` (criterion code → what was typed) writes, and every fault, at its field.

    A sheet that is being filled in may be incomplete; what is there must be right.
    """
    problems = [
        Problem(N_("There is no criterion “%(code)s” in this round."), {"code": code[:40]})
        for code in sorted(entered.keys() - {c.code for c in rule.marked})
    ]
    sheet: dict[str, Given] = {}
    for criterion in rule.marked:
        typed = entered.get(criterion.code, Entered())
        reason = canonical.plain_text(typed.reason)
        if len(reason) > LONGEST_REASON:
            problems.append(
                Problem(
                    N_("Use at most %(most)s characters."), {"most": LONGEST_REASON}, reason_field(criterion.code)
                )
            )
        value = _read_value(criterion, typed.value.strip(), problems)
        if value is not None or reason:
            sheet[criterion.code] = Given(value, reason)
    return sheet, problems


def _read_value(criterion: Criterion, text: str, problems: list[Problem]) -> Decimal | None:
    if not text:
        return None
    value = plain_decimal(text.replace("，", ".").replace("．", "."))
    problem = (
        Problem(N_("Write the mark in plain digits, for example 8 or 8.5."))
        if value is None
        else criterion.scale.problem(value)
    )
    if problem is not None:
        problems.append(Problem(problem.message, problem.params, value_field(criterion.code)))
    return value


def check_sheet(rule: ScoringRule, sheet: Sheet) -> list[Problem]:
    """What keeps `sheet` from being sealed: every criterion has a mark on its scale, and a reason where the rule
    asks for one."""
    problems: list[Problem] = []
    for criterion in rule.marked:
        given = sheet.get(criterion.code)
        if given is None or given.value is None:
            problems.append(Problem(N_("Give a mark for this criterion."), {}, value_field(criterion.code)))
            continue
        if problem := criterion.scale.problem(given.value):
            problems.append(Problem(problem.message, problem.params, value_field(criterion.code)))
        if criterion.reason_required.needed(given.value) and not given.reason:
            problems.append(Problem(N_("Give the reason for this mark."), {}, reason_field(criterion.code)))
        problems += public_text_problems(given.reason, reason_field(criterion.code))
    return problems


def scored(rule: ScoringRule, sheet: Sheet) -> int:
    """How many of the rule's criteria have a mark."""
    return sum(c.code in sheet and sheet[c.code].value is not None for c in rule.marked)


def sheet_json(sheet: Sheet) -> dict[str, Any]:
    """JSON form: {code: {"value": "8.5" or null, "reason": "…"}}."""
    return {
        code: {"value": None if given.value is None else show_decimal(given.value), "reason": given.reason}
        for code, given in sheet.items()
    }


def sheet_from_json(document: Mapping[str, Any]) -> dict[str, Given]:
    """The sheet that `sheet_json` wrote."""
    return {
        code: Given(None if given["value"] is None else Decimal(given["value"]), given["reason"])
        for code, given in document.items()
    }


def sheet_digest(sheet: Sheet) -> str:
    """SHA-256 of a sheet: sealing names it, so that what is sealed is what was read back."""
    return canonical.digest(canonical.canonical_text(sheet_json(sheet)))


# --- sealing ------------------------------------------------------------------------------------------------------


def ballot_text(*, round_ref: str, rules: str, application: str, member: str, sheet: Sheet) -> str:
    """The RFC 8785 text of a sheet about to be sealed. `rules`: SHA-256 of the frozen rules; `member`: the code."""
    return canonical.canonical_text(
        {
            "v": 1,
            "round": round_ref,
            "rules": rules,
            "application": application,
            "member": member,
            "marks": sheet_json(sheet),
        }
    )


def commitment(nonce: bytes, ballot: str) -> str:
    """SHA-256, in hex, of DOMAIN ‖ nonce (32 bytes) ‖ ballot: tells nothing about the ballot and fits no other.

    Without the nonce a ballot would be guessed in no time: there are few possible marks.
    """
    if len(nonce) != NONCE_LENGTH:
        raise ValueError(f"a nonce has {NONCE_LENGTH} bytes, not {len(nonce)}")
    return hashlib.sha256(DOMAIN + nonce + ballot.encode()).hexdigest()


def sealed_digest(commitments: Iterable[str]) -> str:
    """One digest for a set of commitments, whatever their order: SHA-256 of the sorted list's RFC 8785 text."""
    return canonical.digest(canonical.canonical_text(sorted(commitments)))


# --- messages to the supervisor -----------------------------------------------------------------------------------

MESSAGE_DOMAIN = b"sunlit interference v1\n"
MESSAGE = (20, 4000)
"""How many characters such a message has, at least and at most."""


def message_commitment(nonce: bytes, text: str) -> str:
    """As `commitment`, for a message or its answer."""
    if len(nonce) != NONCE_LENGTH:
        raise ValueError(f"a nonce has {NONCE_LENGTH} bytes, not {len(nonce)}")
    return hashlib.sha256(MESSAGE_DOMAIN + nonce + text.encode()).hexdigest()


def read_message(text: str, field: str) -> tuple[str, list[Problem]]:
    """The message as it is kept, and what is wrong with it."""
    written = canonical.plain_text(text)
    least, most = MESSAGE
    problems = []
    if len(written) < least:
        problems.append(Problem(N_("Write at least %(least)s characters."), {"least": least}, field))
    if len(written) > most:
        problems.append(Problem(N_("Use at most %(most)s characters."), {"most": most}, field))
    return written, problems


# --- what comes next for a member ---------------------------------------------------------------------------------


def reading_order(member: str, applications: Mapping[str, int]) -> list[str]:
    """In which order a member is offered `applications` (ref → sheets it has so far): those with the fewest sheets
    first, and among equals an order that differs from member to member but never changes, so that the same one is
    not always read last by tired eyes."""

    def place(ref: str) -> tuple[int, str]:
        return applications[ref], hashlib.sha256(f"{member} {ref}".encode()).hexdigest()

    return sorted(applications, key=place)


# --- corrections --------------------------------------------------------------------------------------------------


class CorrectionGround(StrEnum):
    """Why an opened mark may change: the four grounds of Order 87 art. 64, or a ruling on an objection."""

    ARITHMETIC = "arithmetic"
    OUT_OF_RANGE = "out_of_range"
    OBJECTIVE_DISAGREEMENT = "objective_disagreement"
    ABNORMAL = "abnormal"
    RULING = "ruling"


CORRECTION_GROUNDS: Mapping[CorrectionGround, str] = MappingProxyType(
    {
        CorrectionGround.ARITHMETIC: N_("arithmetic error"),
        CorrectionGround.OUT_OF_RANGE: N_("mark outside its range"),
        CorrectionGround.OBJECTIVE_DISAGREEMENT: N_("members disagree on an objective criterion"),
        CorrectionGround.ABNORMAL: N_("abnormally high or low mark"),
        CorrectionGround.RULING: N_("ruling on an objection"),
    }
)

BY_MEMBER = (CorrectionGround.ARITHMETIC, CorrectionGround.OUT_OF_RANGE, CorrectionGround.ABNORMAL)
"""Grounds on which a member corrects an own mark before notice is given. On the fourth, an objective criterion, the
members agree together (`check_agreement`)."""

AFTER_OPENING = (Phase.OPENED, Phase.NOTICE, Phase.RULING, Phase.DECIDING)
"""When a ruling may change marks; members may in the first of these only."""

AGREEING_WORKING_DAYS = 2
"""How long after opening the members may keep a notice waiting for their agreement on an objective criterion."""


@dataclass(frozen=True, slots=True)
class Change:
    """A change of an opened mark. `others`: what the other members' marks for the same are now; `sealed_reason`: the
    reason on the sealed sheet; `calculation`: what an arithmetic error should have come to, such as "3 + 2.5 + 2"."""

    before: Decimal
    after: Decimal
    others: tuple[Decimal, ...]
    ground: CorrectionGround
    reason: str
    calculation: str = ""
    sealed_reason: str = ""


def check_correction(rule: ScoringRule, criterion: Criterion, change: Change) -> list[Problem]:
    """What keeps a mark from being corrected; see CorrectionGround."""
    problems: list[Problem] = []
    if problem := criterion.scale.problem(change.after):
        problems.append(Problem(problem.message, problem.params, "value"))
    elif change.after == change.before:
        problems.append(Problem(N_("This is the mark that was given."), {}, "value"))
    if not change.reason.strip():
        problems.append(Problem(N_("Say what was wrong and why this is right."), {}, "reason"))
    problems += public_text_problems(change.reason, "reason")
    match change.ground:
        case CorrectionGround.ARITHMETIC:
            problems += _check_arithmetic(change)
        case CorrectionGround.OUT_OF_RANGE if criterion.scale.problem(change.before) is None:
            problems.append(Problem(N_("The mark given is within its range."), {}, "ground"))
        case CorrectionGround.OBJECTIVE_DISAGREEMENT:
            problems += check_disagreement(criterion, (change.before, *change.others))
        case CorrectionGround.ABNORMAL if not abnormal(rule, criterion, change.before, change.others):
            problems.append(_not_abnormal(rule, change))
        case _:
            pass
    return problems


def _check_arithmetic(change: Change) -> list[Problem]:
    """An error of arithmetic shows in what was sealed: its numbers stand in the reason and come to the new mark."""
    try:
        value = calculate(change.calculation)
    except RuleBroken as refused:
        return [Problem(problem.message, problem.params, "calculation") for problem in refused.problems]
    if value != Fraction(change.after):
        return [
            Problem(
                N_("%(calculation)s is %(value)s, not %(mark)s."),
                {"calculation": change.calculation, "value": precise(value), "mark": show_decimal(change.after)},
                "calculation",
            )
        ]
    strangers = numbers_in(change.calculation) - numbers_in(change.sealed_reason)
    return [
        Problem(
            N_("%(number)s does not stand in the reason that was sealed, so it is no error of arithmetic."),
            {"number": show_decimal(number)},
            "calculation",
        )
        for number in sorted(strangers)
    ]


def _not_abnormal(rule: ScoringRule, change: Change) -> Problem:
    test = rule.abnormal
    if test is None:
        return Problem(N_("The rules of this round state no test by which a mark would be abnormal."), {}, "ground")
    return Problem(
        N_(
            "By the test of this round the mark is not abnormal: only more than %(percent)s percent of the scale "
            "away from the median of at least %(others)s others would be."
        ),
        {"percent": show_decimal(test.percent), "others": test.others},
        "ground",
    )


def check_disagreement(criterion: Criterion, marks: Iterable[Decimal]) -> list[Problem]:
    """What keeps a mark from being reopened because members disagree on it."""
    if criterion.kind == "judged":
        return [Problem(N_("This criterion is judged: members may differ."), {}, "ground")]
    if not differ(criterion, marks):
        return [Problem(N_("All members gave the same mark."), {}, "ground")]
    return []


def check_agreement(criterion: Criterion, marks: Iterable[Decimal], value: Decimal, reason: str) -> list[Problem]:
    """What keeps `value` from being proposed as the mark on which all agree. `marks`: as they are now."""
    problems = check_disagreement(criterion, marks)
    if problem := criterion.scale.problem(value):
        problems.append(Problem(problem.message, problem.params, "value"))
    if not reason.strip():
        problems.append(Problem(N_("Say which fact makes this the right mark."), {}, "reason"))
    elif len(reason) > LONGEST_REASON:
        problems.append(Problem(N_("Use at most %(most)s characters."), {"most": LONGEST_REASON}, "reason"))
    return problems + public_text_problems(reason, "reason")


def check_answer(agrees: bool, reason: str) -> list[Problem]:
    """What keeps an answer to a proposal from being given: who declines says why."""
    if not agrees and not reason.strip():
        return [Problem(N_("Say why you do not agree. It is published."), {}, "reason")]
    if len(reason) > LONGEST_REASON:
        return [Problem(N_("Use at most %(most)s characters."), {"most": LONGEST_REASON}, "reason")]
    return public_text_problems(reason, "reason")


def differ(criterion: Criterion, marks: Iterable[Decimal]) -> bool:
    """Whether members differ where they should not: on a criterion that is not judged."""
    return criterion.kind != "judged" and len(set(marks)) > 1
