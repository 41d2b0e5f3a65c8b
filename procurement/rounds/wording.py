"""The parts of a round's rules that are codes, in the language of the page: for preview and read-back."""

from dataclasses import dataclass

from flask_babel import gettext, ngettext

from procurement.errors import N_
from procurement.rounds.rules import CATEGORIES, EMPLOYER_KINDS, NATURES, PARTIES, RoundDocument
from procurement.web import format_money, format_number, localised


@dataclass(frozen=True, slots=True)
class Words:
    """`periods` and `payments` are rows of tables."""

    employer: str
    nature: str
    categories: list[str]
    periods: list[list[str]]
    payments: list[list[str]]


def words_of(document: RoundDocument) -> Words:
    """The words for `document`."""
    t = document.timetable
    periods = [
        [gettext("Applications"), ngettext("%(num)s day", "%(num)s days", t.call_days)],
        *(
            [gettext(step), ngettext("%(num)s working day", "%(num)s working days", days)]
            for step, days in (
                ("Eligibility check", t.checking_working_days),
                (N_("Answer of somebody who was drawn for the committee"), document.committee.seat_working_days),
                (N_("Decision on a request for recusal"), document.committee.recusal_working_days),
                ("Scoring", t.scoring_working_days),
                ("Public notice", t.notice_working_days),
                ("Whether an objection is admitted", t.admissibility_working_days),
                ("Answer to an objection", t.answer_working_days),
                ("Ruling on an objection", t.ruling_working_days),
            )
        ),
    ]
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
        periods=periods,
        payments=payments,
    )
