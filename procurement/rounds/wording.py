"""The parts of a round's rules that are codes, in the language of the page: for preview and read-back."""

from dataclasses import dataclass

from flask_babel import gettext, ngettext

from procurement.rounds.figures import CHOICES, PLACES, Counted, Place, value_of
from procurement.rounds.rules import CATEGORIES, EMPLOYER_KINDS, NATURES, PARTIES, DayUnit, RoundDocument
from procurement.web import format_money, format_number, localised


@dataclass(frozen=True, slots=True)
class Words:
    """`periods` and `payments` are rows of tables."""

    employer: str
    nature: str
    categories: list[str]
    periods: list[list[str]]
    payments: list[list[str]]


def value_words(place: Place, value: str, notice_unit: str) -> str:
    """A figure as people read it: "20 calendar days". `notice_unit`: in what the notice is counted."""
    if place.path in CHOICES:
        return str(gettext(next(words for option, words in CHOICES[place.path].items() if option.value == value)))
    count = int(value)
    unit = place.counted
    if unit is Counted.NOTICE_DAYS:
        unit = Counted.CALENDAR_DAYS if notice_unit == DayUnit.CALENDAR else Counted.WORKING_DAYS
    match unit:
        case Counted.WORKING_DAYS:
            found = ngettext("%(num)s working day", "%(num)s working days", count)
        case Counted.CALENDAR_DAYS:
            found = ngettext("%(num)s calendar day", "%(num)s calendar days", count) if count else gettext("none")
        case Counted.YEARS:
            found = ngettext("%(num)s year", "%(num)s years", count)
        case Counted.MONTHS:
            found = ngettext("%(num)s month", "%(num)s months", count)
        case Counted.ROUNDS:
            found = ngettext("%(num)s round", "%(num)s rounds", count) if count else gettext("no limit")
        case _:
            found = count
    return str(found)


def words_of(document: RoundDocument) -> Words:
    """The words for `document`."""
    periods = [
        [gettext(place.label), value_words(place, value_of(document, place.path), document.timetable.notice_unit)]
        for place in PLACES
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
