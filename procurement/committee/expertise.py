"""The pool of experts: in which fields, who is in it for a round, and why somebody is not. Pure.

A person is left out of a round's pool for a coded reason that the announcement of the draw publishes. The order of
the reasons is the order in which they are looked for; the first one counts.
"""

import unicodedata
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from procurement.errors import N_, Problem

LONGEST_REASON = 1000


class Expertise(StrEnum):
    """Fields of expertise: a fixed vocabulary, so that draws can be by field, and in both languages."""

    FOOD_SAFETY = "food_safety"
    FOOD_SCIENCE = "food_science"
    AGRICULTURE = "agriculture"
    HANDICRAFT = "handicraft"
    PACKAGING = "packaging"
    LOGISTICS = "logistics"
    PRICING = "pricing"
    E_COMMERCE = "e_commerce"
    AFTER_SALES = "after_sales"
    LAW = "law"


EXPERTISE: Mapping[Expertise, str] = MappingProxyType(
    {
        Expertise.FOOD_SAFETY: N_("food safety"),
        Expertise.FOOD_SCIENCE: N_("food science and tasting"),
        Expertise.AGRICULTURE: N_("farming and farm produce"),
        Expertise.HANDICRAFT: N_("handicraft and design"),
        Expertise.PACKAGING: N_("packaging and labelling"),
        Expertise.LOGISTICS: N_("storage and logistics"),
        Expertise.PRICING: N_("prices and accounting"),
        Expertise.E_COMMERCE: N_("online selling"),
        Expertise.AFTER_SALES: N_("after-sales service and consumer protection"),
        Expertise.LAW: N_("law"),
    }
)


def field_name(field: str) -> str:
    """What a member's field is called: an N_ text for a field of the pool, else what was written."""
    return EXPERTISE[Expertise(field)] if field in set(Expertise) else field


class LeftOut(StrEnum):
    """Why an expert of the register is not in the pool of a round."""

    SUSPENDED = "suspended"
    NO_ACCOUNT = "no_account"
    OTHER_ROLE = "other_role"
    ASKED_BEFORE = "asked_before"
    EMPLOYER = "employer"
    RELATION = "relation"
    UNAVAILABLE = "unavailable"
    ROTATION = "rotation"


LEFT_OUT: Mapping[LeftOut, str] = MappingProxyType(
    {
        LeftOut.SUSPENDED: N_("suspended from the pool"),
        LeftOut.NO_ACCOUNT: N_("no account in use"),
        LeftOut.OTHER_ROLE: N_("holds or held another role in this round, or applied"),
        LeftOut.ASKED_BEFORE: N_("sits or was asked already in this round"),
        LeftOut.EMPLOYER: N_("works for an applicant or for the promoting official's employer"),
        LeftOut.RELATION: N_("a relation to an applicant is known"),
        LeftOut.UNAVAILABLE: N_("said beforehand that they are not available"),
        LeftOut.ROTATION: N_("sat in the rounds before and pauses"),
    }
)

SET_ASIDE = (LeftOut.RELATION, LeftOut.UNAVAILABLE)
"""Reasons that the organiser notes before the draw; all others follow from the record."""


@dataclass(frozen=True, slots=True)
class Standing:
    """What is known of an expert in view of a round. `set_aside`: what was noted beforehand; `sat`: for the rounds
    before, the latest first, whether they sat on the committee."""

    suspended: bool = False
    account: bool = True
    other_role: bool = False
    asked_before: bool = False
    employer: str = ""
    set_aside: LeftOut | None = None
    sat: Sequence[bool] = ()


def left_out(standing: Standing, *, employers: Collection[str], rotation: int) -> LeftOut | None:
    """Why somebody is not in the pool; None when they are. `employers`: of whom nobody may work for one."""
    if standing.suspended:
        return LeftOut.SUSPENDED
    if not standing.account:
        return LeftOut.NO_ACCOUNT
    if standing.other_role:
        return LeftOut.OTHER_ROLE
    if standing.asked_before:
        return LeftOut.ASKED_BEFORE
    if any(same_name(standing.employer, employer) for employer in employers):
        return LeftOut.EMPLOYER
    if standing.set_aside is not None:
        return standing.set_aside
    return LeftOut.ROTATION if rotated_out(standing.sat, rotation) else None


def rotated_out(sat: Sequence[bool], rotation: int) -> bool:
    """Whether somebody who sat as `sat` says (the latest round first) pauses now: they sat in each of the last
    `rotation` rounds. With 0 nobody ever pauses."""
    return rotation > 0 and len(sat) >= rotation and all(sat[:rotation])


def same_name(one: str, other: str) -> bool:
    """Whether two names of an organisation are the same but for case, width, spaces and punctuation."""
    return bool(_bare(one)) and _bare(one) == _bare(other)


def _bare(name: str) -> str:
    folded = unicodedata.normalize("NFKC", name).casefold()
    return "".join(character for character in folded if character.isalnum())


def check_expert(employer: str, fields: Collection[Expertise]) -> list[Problem]:
    """What is wrong with entering somebody in the register."""
    problems = []
    if not employer.strip():
        problems.append(Problem(N_("Say for whom this person works; “retired” is an answer."), {}, "employer"))
    elif len(employer) > 200:
        problems.append(Problem(N_("Use at most %(most)s characters."), {"most": 200}, "employer"))
    if not fields:
        problems.append(Problem(N_("Choose at least one field."), {}, "fields"))
    return problems


def check_reason(reason: str, field: str = "reason") -> list[Problem]:
    """A reason is given, and not too long."""
    if not reason.strip():
        return [Problem(N_("Give the reason."), {}, field)]
    if len(reason) > LONGEST_REASON:
        return [Problem(N_("Use at most %(most)s characters."), {"most": LONGEST_REASON}, field)]
    return []
