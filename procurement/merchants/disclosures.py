"""What a business says of who stands behind it: owners, related businesses, penalties, earlier promotions. Pure.

A complete statement names each of them or says expressly that there is none; an empty field says nothing.
"""

import unicodedata
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from types import MappingProxyType
from typing import Any

from procurement.errors import N_, Problem
from procurement.masking import masked_name, masked_phone
from procurement.merchants.rules import NATURAL, MerchantKind, normal_text, normal_uscc, uscc_fault

LEAST_SHARE = Decimal(25)
"""From this share of capital, profit or votes on, somebody is a beneficial owner (in per cent)."""

PENALTY_YEARS = 3
"""Years that are asked about (Government Procurement Law art. 22: no major violation in three years)."""


class Relation(StrEnum):
    """How another business belongs to this one (Procurement Law Implementing Regulation art. 18)."""

    SAME_REPRESENTATIVE = "same_representative"
    HOLDS_US = "holds_us"
    HELD_BY_US = "held_by_us"
    SAME_OWNER = "same_owner"
    MANAGEMENT = "management"


RELATION_NAMES: Mapping[Relation, str] = MappingProxyType(
    {
        Relation.SAME_REPRESENTATIVE: N_("the same person is responsible for both"),
        Relation.HOLDS_US: N_("it holds a share of ours"),
        Relation.HELD_BY_US: N_("we hold a share of it"),
        Relation.SAME_OWNER: N_("the same owner controls both"),
        Relation.MANAGEMENT: N_("one manages the other"),
    }
)


@dataclass(frozen=True, slots=True)
class Owner:
    """A natural person who in the end owns or controls the business. `share` in per cent; None: controls it otherwise
    than by a share."""

    name: str
    share: Decimal | None


@dataclass(frozen=True, slots=True)
class Related:
    """Another business that belongs together with this one."""

    name: str
    uscc: str | None
    relation: Relation


@dataclass(frozen=True, slots=True)
class Penalty:
    """A penalty, an entry in the list of abnormal operations or of bad conduct."""

    day: date
    authority: str
    what: str


@dataclass(frozen=True, slots=True)
class Disclosure:
    """The whole statement. `no_…`: it is said expressly that there is none. `promoted`: earlier promotions."""

    owners: tuple[Owner, ...]
    related: tuple[Related, ...]
    no_related: bool
    penalties: tuple[Penalty, ...]
    no_penalties: bool
    promoted: str
    no_promotions: bool

    def to_json(self) -> dict[str, Any]:
        """As a document: shares as plain decimal texts, days in ISO form."""
        return {
            "owners": [
                {"name": o.name, "share": None if o.share is None else format(o.share, "f")} for o in self.owners
            ],
            "related": [{"name": r.name, "uscc": r.uscc, "relation": r.relation.value} for r in self.related],
            "no_related": self.no_related,
            "penalties": [
                {"day": p.day.isoformat(), "authority": p.authority, "what": p.what} for p in self.penalties
            ],
            "no_penalties": self.no_penalties,
            "promoted": self.promoted,
            "no_promotions": self.no_promotions,
        }

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> "Disclosure":
        """The statement that `to_json` wrote."""
        return cls(
            owners=tuple(
                Owner(o["name"], None if o["share"] is None else Decimal(o["share"])) for o in document["owners"]
            ),
            related=tuple(Related(r["name"], r["uscc"], Relation(r["relation"])) for r in document["related"]),
            no_related=document["no_related"],
            penalties=tuple(
                Penalty(date.fromisoformat(p["day"]), p["authority"], p["what"]) for p in document["penalties"]
            ),
            no_penalties=document["no_penalties"],
            promoted=document["promoted"],
            no_promotions=document["no_promotions"],
        )


EMPTY = Disclosure((), (), False, (), False, "", False)


def normal_disclosure(given: Disclosure) -> Disclosure:
    """`given` in the form in which it is compared and stored."""
    return Disclosure(
        owners=tuple(Owner(normal_text(o.name), o.share) for o in given.owners),
        related=tuple(
            Related(normal_text(r.name), normal_uscc(r.uscc or "") or None, r.relation) for r in given.related
        ),
        no_related=given.no_related,
        penalties=tuple(Penalty(p.day, normal_text(p.authority), normal_text(p.what)) for p in given.penalties),
        no_penalties=given.no_penalties,
        promoted=given.promoted.strip(),
        no_promotions=given.no_promotions,
    )


def disclosure_problems(given: Disclosure, *, kind: MerchantKind, own_uscc: str | None, today: date) -> list[Problem]:
    """Everything that is wrong with `given`, in normal form, of a business of `kind` on the day `today`.

    Sole traders, family farms and farmers are their own owners and are not asked for others.
    """
    problems = [
        *_owner_problems(given.owners, kind),
        *_related_problems(given, own_uscc),
        *_penalty_problems(given, today),
    ]
    if given.no_promotions == bool(given.promoted):
        problems.append(
            Problem(N_("Either name the earlier promotions, or say that there were none."), {}, "promoted")
        )
    return problems


def _owner_problems(owners: tuple[Owner, ...], kind: MerchantKind) -> list[Problem]:
    if not owners:
        if kind in NATURAL:
            return []
        return [
            Problem(
                N_("Name who owns a quarter or more; if nobody does, name who decides and leave the share empty."),
                {},
                "owners",
            )
        ]
    problems = [
        Problem(
            N_("The share of %(name)s must lie between 25 and 100 per cent, with at most two places."),
            {"name": owner.name},
            "owners",
        )
        for owner in owners
        if owner.share is not None and not _is_share(owner.share)
    ]
    if not problems and sum((owner.share or Decimal(0) for owner in owners), Decimal(0)) > 100:
        problems.append(Problem(N_("The shares come to more than 100 per cent."), {}, "owners"))
    if any(not owner.name for owner in owners):
        problems.append(Problem(N_("Give the name of each owner."), {}, "owners"))
    return problems


def _is_share(share: Decimal) -> bool:
    return LEAST_SHARE <= share <= 100 and share == share.quantize(Decimal("0.01"))


def _related_problems(given: Disclosure, own_uscc: str | None) -> list[Problem]:
    if given.no_related == bool(given.related):
        return [Problem(N_("Either name the related businesses, or say that there are none."), {}, "related")]
    problems = []
    for one in given.related:
        if not one.name:
            problems.append(Problem(N_("Give the name of each related business."), {}, "related"))
        if one.uscc is not None and (fault := uscc_fault(one.uscc)) is not None:
            problems.append(Problem(fault, {}, "related"))
        elif one.uscc is not None and one.uscc == own_uscc:
            problems.append(Problem(N_("This is the code of the business itself."), {}, "related"))
    return problems


def _penalty_problems(given: Disclosure, today: date) -> list[Problem]:
    if given.no_penalties == bool(given.penalties):
        return [
            Problem(
                N_("Either name the penalties of the last three years, or say that there were none."), {}, "penalties"
            )
        ]
    problems = []
    if any(one.day > today for one in given.penalties):
        problems.append(Problem(N_("A penalty cannot be of a day to come."), {}, "penalties"))
    if any(not one.authority or not one.what for one in given.penalties):
        problems.append(Problem(N_("Say of each penalty who imposed it, and for what."), {}, "penalties"))
    return problems


def within_penalty_years(day: date, today: date) -> bool:
    """Whether `day` lies within the three years before `today`, both days included."""
    try:
        first = today.replace(year=today.year - PENALTY_YEARS)
    except ValueError:  # 29 February
        first = date(today.year - PENALTY_YEARS, 3, 1)
    return first <= day <= today


# --- what two businesses share ------------------------------------------------------------------------------------


class Shared(StrEnum):
    """A fact that two businesses have in common, or that one says of the other."""

    REPRESENTATIVE = "representative"
    PHONE = "phone"
    ADDRESS = "address"
    PERSON = "person"
    OWNER = "owner"
    DECLARED = "declared"


SHARED_NAMES: Mapping[Shared, str] = MappingProxyType(
    {
        Shared.REPRESENTATIVE: N_("the same responsible person"),
        Shared.PHONE: N_("the same telephone"),
        Shared.ADDRESS: N_("the same address"),
        Shared.PERSON: N_("the same person acts for both"),
        Shared.OWNER: N_("the same owner"),
        Shared.DECLARED: N_("declared as related"),
    }
)


ADDRESS_SHOWN = 4
"""Signs of a common address that are shown; enough to know it again beside the whole one."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What is compared of one business: names and addresses as `compared`, telephones without extension. Sets, as a
    business has several of each."""

    ref: str
    uscc: str | None
    representative: str
    phones: frozenset[str]
    address: str
    people: frozenset[int]
    owners: frozenset[str]
    related_codes: frozenset[str]
    related_names: frozenset[str]
    name: str


def compared(text: str) -> str:
    """A name or address in the form in which it is compared: letters and figures only, full-width ones as the others
    (甲（湖南）公司 is 甲(湖南) 公司)."""
    return "".join(sign for sign in unicodedata.normalize("NFKC", text).casefold() if sign.isalnum())


def shared_facts(one: Facts, other: Facts) -> dict[Shared, tuple[str, ...]]:
    """What `one` and `other` have in common, each with its masked values, if it has any. A hint for whoever checks,
    never a verdict: namesakes exist."""
    owners = (one.owners & (other.owners | {other.representative})) | (other.owners & {one.representative})
    found: dict[Shared, Collection[str]] = {}
    if one.representative and one.representative == other.representative:
        found[Shared.REPRESENTATIVE] = {masked_name(one.representative)}
    if phones := one.phones & other.phones:
        found[Shared.PHONE] = {masked_phone(phone) for phone in phones}
    if one.address and one.address == other.address:
        found[Shared.ADDRESS] = {f"{one.address[:ADDRESS_SHOWN]}***"}
    if one.people & other.people:
        found[Shared.PERSON] = ()
    if owners - {""}:
        found[Shared.OWNER] = {masked_name(owner) for owner in owners - {""}}
    if _names(one, other) or _names(other, one):
        found[Shared.DECLARED] = ()
    return {fact: tuple(sorted(values)) for fact, values in found.items()}


def _names(one: Facts, other: Facts) -> bool:
    return (other.uscc is not None and other.uscc in one.related_codes) or other.name in one.related_names
