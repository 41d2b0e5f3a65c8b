"""The parts of a round's rules that are codes, in the language of the page: for preview and read-back."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from flask_babel import gettext

from procurement.rounds.figures import BY_PATH, CHOICES, Place, Stated, stated
from procurement.rounds.rules import CATEGORIES, EMPLOYER_KINDS, NATURES, PARTIES, RoundDocument
from procurement.web import format_money, format_number, localised


@dataclass(frozen=True, slots=True)
class Words:
    """`figures`: see rounds/_figures.html, with `places` and `choices`; `payments` are rows of a table."""

    employer: str
    nature: str
    categories: list[str]
    figures: tuple[Stated, ...]
    payments: list[list[str]]
    places: Mapping[str, Place]
    choices: Mapping[str, Mapping[StrEnum, str]]


def words_of(document: RoundDocument) -> Words:
    """The words for `document`."""
    payments = [
        [
            gettext(PARTIES[payment.payer]),
            gettext(PARTIES[payment.payee]),
            str(localised(payment.purpose)),
            format_money(payment.amount),
            f"{format_number(payment.percent)} %",
        ]
        for payment in document.money.payments
    ]
    return Words(
        employer=gettext(EMPLOYER_KINDS[document.official.employer_kind]),
        nature=gettext(NATURES[document.activity.nature]),
        categories=[gettext(CATEGORIES[category]) for category in document.categories],
        figures=stated(document),
        payments=payments,
        places=BY_PATH,
        choices=CHOICES,
    )
