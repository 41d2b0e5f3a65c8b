"""Forms of notices and objections. They check shape; what may be filed or ruled is said by the rules."""

from collections.abc import Iterable, Mapping
from typing import Any

from flask_babel import lazy_gettext as _
from wtforms import (
    BooleanField,
    DateField,
    HiddenField,
    IntegerField,
    MultipleFileField,
    RadioField,
    SelectField,
    StringField,
    TextAreaField,
)
from wtforms.fields.choices import SelectChoice
from wtforms.validators import Length, Optional

from procurement.applications.wording import REASONS
from procurement.committee.rules import GROUNDS as RECUSAL_GROUNDS
from procurement.committee.rules import Ground as RecusalGround
from procurement.objections.outside import OUTCOMES
from procurement.objections.pauses import REASONS as PAUSES
from procurement.objections.queries import Choices
from procurement.objections.rules import (
    ARGUMENT,
    EXCLUSIONS,
    FILERS,
    GROUNDS,
    GROUNDS_FOR,
    INADMISSIBLE,
    REMEDIES,
    REMEDIES_FOR,
    RULINGS,
    STEPS,
    Remedy,
    Target,
)
from procurement.rounds.queries import Person
from procurement.web import Form, language

_LONG = Length(max=ARGUMENT[1] * 2)  # the rules say the limit; this only keeps nonsense away
_EMPTY = SelectChoice("", _("Choose"))


def _texts(names: Mapping[Any, str], chosen: Iterable[Any] | None = None) -> list[SelectChoice]:
    return [SelectChoice(str(code), _(names[code])) for code in (names if chosen is None else chosen)]


class NoticeForm(Form):
    tally = HiddenField()


class Particulars(Form):
    """What a remedy or an effect is about."""

    application = SelectField(_("Application"), validate_choice=False)
    member = SelectField(_("Member"), validate_choice=False)
    criterion = SelectField(_("Criterion"), validate_choice=False)
    value = StringField(_("The mark that would be right"), [Length(max=20)])

    def offer(self, choices: Choices) -> None:
        """Fill the lists."""
        self.application.choices = [
            _EMPTY,
            *(SelectChoice(a.ref, f"{a.ref} {a.product_name}, {a.merchant_name}") for a in choices.applications),
        ]
        self.member.choices = [_EMPTY, *(SelectChoice(m.ref, m.label) for m in choices.members)]
        self.criterion.choices = [
            _EMPTY,
            *(SelectChoice(c.code, getattr(c.title, language())) for c in choices.criteria),
        ]


class FilingForm(Particulars):
    """An objection. `kept`: files that were checked already, signed by us."""

    target_ref = SelectField(_("Which application"), validate_choice=False)
    ground = RadioField(_("What is wrong"), validate_choice=False)
    argument = TextAreaField(_("Why it is wrong"), [_LONG])
    remedy = RadioField(_("What you ask for"), validate_choice=False)
    files = MultipleFileField(_("Evidence"))
    filer = RadioField(_("You object"), choices=_texts(FILERS), validate_choice=False)
    name = StringField(_("Your name, or the organisation's"), [Length(max=250)])
    withhold_name = BooleanField(_("Do not show even the first letter of my name"))
    contact = StringField(_("E-mail address or telephone"), [Length(max=300)])
    kept = HiddenField()
    leave_out = BooleanField(_("Leave out the files sent before"))

    def suit(self, target: Target, choices: Choices) -> None:
        """Offer what fits `target`."""
        self.offer(choices)
        self.ground.choices = _texts(GROUNDS, GROUNDS_FOR[target])
        self.remedy.choices = _texts(REMEDIES, REMEDIES_FOR[target])
        self.target_ref.choices = self.application.choices


class WithdrawForm(Form):
    """Confirm that an objection is withdrawn."""


class AdmitForm(Form):
    """Confirm that an objection is admitted."""


class RefusalForm(Form):
    reason = RadioField(_("Reason"), choices=_texts(INADMISSIBLE), validate_choice=False)
    text = TextAreaField(_("Explanation, published"), [_LONG])


class AnswerForm(Form):
    text = TextAreaField(_("Answer, published"), [_LONG])


class AskSupplementForm(Form):
    """What whoever objected is asked to add."""

    text = TextAreaField(_("What is missing, published"), [_LONG])


class SupplementForm(Form):
    """What whoever objected adds."""

    text = TextAreaField(_("What was asked for, published"), [_LONG])
    files = MultipleFileField(_("Evidence"))


class PauseForm(Form):
    why = RadioField(_("Why the clock is stopped"), choices=_texts(PAUSES), validate_choice=False)
    days = IntegerField(_("For at most so many working days"), [Optional()])
    text = TextAreaField(_("Explanation, published"), [_LONG])


class EndPauseForm(Form):
    """Confirm that the clock runs again."""


class StatementForm(Form):
    """What a merchant says whose application is attacked."""

    text = TextAreaField(_("Your statement, published"), [_LONG])


class EscalateForm(Form):
    """That an objection was taken to the outside authority."""

    complained_on = DateField(_("Day of the complaint"), [Optional()])
    reference = StringField(_("Reference of the authority"), [Optional(), Length(max=200)])


class SuspensionForm(Form):
    text = TextAreaField(_("What the authority wrote, published"), [_LONG])


class SubstituteForm(Form):
    user_id = SelectField(_("Person"), validate_choice=False)

    def offer(self, people: Iterable[Person]) -> None:
        """Fill the list."""
        self.user_id.choices = [_EMPTY, *(SelectChoice(str(p.user_id), _named(p)) for p in people)]


def _named(person: Person) -> str:
    return f"{person.name} ({person.employer})" if person.employer else person.name


class EffectForm(Particulars):
    """What is brought about; part of a ruling, and of what the outside authority decided."""

    remedy = RadioField(_("Effect"), validate_choice=False)
    ground = SelectField(_("Ground for the recusal"), validate_choice=False)
    reason = SelectField(_("Reason for the exclusion"), validate_choice=False)

    def suit(self, remedies: Iterable[Remedy], choices: Choices) -> None:
        """Offer `remedies`."""
        self.offer(choices)
        self.remedy.choices = [
            SelectChoice("", _("none: the objection is dismissed, or right only in part")),
            *_texts(REMEDIES, remedies),
        ]
        self.ground.choices = [
            _EMPTY,
            *_texts(RECUSAL_GROUNDS, [g for g in RECUSAL_GROUNDS if g is not RecusalGround.NONE]),
        ]
        self.reason.choices = [_EMPTY, *(SelectChoice(code, _(REASONS[code])) for code in EXCLUSIONS)]


class RulingForm(EffectForm):
    """A ruling with the effect of an upheld objection."""

    outcome = RadioField(_("Outcome"), choices=_texts(STEPS, RULINGS), validate_choice=False)
    text = TextAreaField(_("Reasons, published"), [_LONG])


class OutcomeForm(EffectForm):
    """What the outside authority decided."""

    outcome = RadioField(_("Outcome"), choices=_texts(OUTCOMES), validate_choice=False)
    decided_on = DateField(_("Day of the decision"), [Optional()])
    text = TextAreaField(_("What the authority decided and why, published"), [_LONG])
