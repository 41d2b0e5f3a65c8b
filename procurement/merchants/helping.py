"""Help at the counter: by what the clerk knows the person, what the person agrees to, the code on paper. Pure."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from procurement.accounts.passwords import token_digest
from procurement.errors import N_, Problem
from procurement.masking import public_text_problems
from procurement.merchants.rules import Particulars, normal_text
from procurement.uploads import Upload


class IdentityDocument(StrEnum):
    """By what the clerk knew the person. Its kind is kept; its number is not, not even masked (masking.TABLE)."""

    RESIDENT_CARD = "resident_card"
    TEMPORARY_CARD = "temporary_card"
    PASSPORT = "passport"
    TRAVEL_PERMIT = "travel_permit"


IDENTITY_NAMES: Mapping[IdentityDocument, str] = MappingProxyType(
    {
        IdentityDocument.RESIDENT_CARD: N_("resident identity card"),
        IdentityDocument.TEMPORARY_CARD: N_("temporary resident identity card"),
        IdentityDocument.PASSPORT: N_("passport"),
        IdentityDocument.TRAVEL_PERMIT: N_("travel or residence permit of Hong Kong, Macao or Taiwan residents"),
    }
)

AGREED = N_(
    "I was told what is kept of me and of my business, what of it is published, and how I have it corrected or "
    "erased. I ask the office to register the business with a clerk's help."
)
"""What the person at the counter agrees to, word for word; the log keeps the hash of these words."""

TAKE_OVER_DAYS = 180
"""How long the code on paper works: a farmer comes back with the next harvest."""

TAKE_OVER_TRIES = 5
"""Wrong tries after which a code is dead. Its number is random too, so nobody can try a given business."""

_ALPHABET = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
_GROUP = 5


@dataclass(frozen=True, slots=True)
class Visit:
    """A person at the counter. `capacity`: as what the clerk helps, public; `document`: by what the clerk knew the
    person; `agreed`: they agree to AGREED; `paper`: what they signed, if anything."""

    capacity: str
    document: IdentityDocument
    agreed: bool
    paper: Upload | None = None


def visit_problems(visit: Visit, given: Particulars) -> list[Problem]:
    """Why a business with the particulars `given` cannot be registered at this visit."""
    problems = capacity_problems(visit.capacity)
    if not visit.agreed:
        problems.append(Problem(N_("Without the person's agreement nothing is registered."), {}, "agreed"))
    if (given.named or given.ringable) and visit.paper is None:
        problems.append(
            Problem(
                N_("A consent to publication is separate and in writing: add the paper that the person signed."),
                {},
                "paper",
            )
        )
    return problems


def capacity_problems(capacity: str) -> list[Problem]:
    """What is wrong with what a clerk says they help as; everybody reads it."""
    if len(normal_text(capacity)) < 2:
        return [Problem(N_("Say as what you help, such as clerk at the counter of Qingshi town."), {}, "capacity")]
    return public_text_problems(capacity, "capacity")


def new_code() -> str:
    """A code for paper: three groups of five; the first is its number, the rest fifty random bits."""
    text = "".join(secrets.choice(_ALPHABET) for _ in range(3 * _GROUP))
    return "-".join(text[at : at + _GROUP] for at in range(0, len(text), _GROUP))


def code_parts(code: str) -> tuple[str, str]:
    """The number of a code, however it was typed, and the digest by which the whole is known again."""
    plain = "".join(character for character in code.upper() if character.isalnum())
    return plain[:_GROUP], token_digest(plain)
