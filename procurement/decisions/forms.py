"""Forms of decisions. They check shape; what may be decided is said by the rules."""

from collections.abc import Iterable

from flask_babel import lazy_gettext as _
from flask_wtf.file import FileField, FileRequired
from wtforms import DateField, HiddenField, PasswordField, RadioField, SelectField, TextAreaField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired, Length, Optional

from procurement.decisions.document import Effect, Outcome
from procurement.decisions.rules import LONGEST_TEXT
from procurement.decisions.wording import EFFECTS, OUTCOMES
from procurement.rounds.scoring_rule import Text
from procurement.web import Form

_TOO_LONG = _("Use at most %(most)s characters.", most=LONGEST_TEXT)


class DrawUpForm(Form):
    """`outcomes` are the select fields that `draw_up_form` adds, one for each application of the result."""

    language = RadioField(
        _("Language of the document"),
        [InputRequired(_("Choose the language of the document."))],
        choices=[SelectChoice("zh", "中文"), SelectChoice("en", "English")],
    )
    valid_until = DateField(
        _("Last day on which the decision is valid"), [InputRequired(_("Give the last day of validity."))]
    )
    reasons_zh = TextAreaField(_("Reasons, in Chinese"), [Length(max=LONGEST_TEXT, message=_TOO_LONG)])
    reasons_en = TextAreaField(_("Reasons, in English"), [Length(max=LONGEST_TEXT, message=_TOO_LONG)])
    departure_zh = TextAreaField(
        _("Reasoned minute, in Chinese"), [Optional(), Length(max=LONGEST_TEXT, message=_TOO_LONG)]
    )
    departure_en = TextAreaField(
        _("Reasoned minute, in English"), [Optional(), Length(max=LONGEST_TEXT, message=_TOO_LONG)]
    )

    @property
    def outcomes(self) -> dict[str, Outcome]:
        """Application → what is decided."""
        return {
            field.name.removeprefix("outcome-"): Outcome(field.data)
            for field in self
            if field.name.startswith("outcome-")
        }

    @property
    def outcome_fields(self) -> list[SelectField]:
        """The select fields, in the order of the result."""
        return [field for field in self if field.name.startswith("outcome-")]

    @property
    def reasons(self) -> Text:
        return Text((self.reasons_en.data or "").strip(), (self.reasons_zh.data or "").strip())

    @property
    def departure(self) -> Text | None:
        """The minute, or None when both languages are empty."""
        minute = Text((self.departure_en.data or "").strip(), (self.departure_zh.data or "").strip())
        return minute if minute.en or minute.zh else None


def draw_up_form(lines: Iterable[tuple[str, str, Outcome]], *, effects: Iterable[Effect]) -> DrawUpForm:
    """The form for a result whose `lines` are (application, how it is called, what the rule gives), and a choice
    among `effects` when there are several."""

    class Form(DrawUpForm):
        pass

    choices = [SelectChoice(outcome.value, _(OUTCOMES[outcome])) for outcome in Outcome]
    for application, label, by_rule in lines:
        setattr(Form, f"outcome-{application}", SelectField(label, choices=choices, default=by_rule.value))
    possible = [SelectChoice(effect.value, _(EFFECTS[effect])) for effect in effects]
    Form.effect = RadioField(
        _("What this decision does"),
        [InputRequired(_("Say what this decision does."))],
        choices=possible,
        default=possible[0].value if len(possible) == 1 else None,
    )
    return Form()


class SignForm(Form):
    """`document` is the digest of what the signatory was shown."""

    document = HiddenField()
    dissent = TextAreaField(
        _("Dissenting opinion"),
        [Optional(), Length(max=LONGEST_TEXT, message=_TOO_LONG)],
        description=_("Only if you do not agree. It becomes part of your signature and is published with your name."),
    )
    password = PasswordField(
        _("Your password"),
        [InputRequired(_("Give your password.")), Length(max=200)],
        description=_("To make sure that it is you who signs."),
    )


class BringForm(Form):
    """`document` is the digest of what the signatory was shown."""

    document = HiddenField()
    file = FileField(_("The document, signed"), [FileRequired(_("Choose the signed document."))])
    dissent = TextAreaField(
        _("Dissenting opinion"),
        [Optional(), Length(max=LONGEST_TEXT, message=_TOO_LONG)],
        description=_("Only if you do not agree. It is published with your name beside the decision."),
    )


class CertificateForm(Form):
    file = FileField(
        _("Your certificate"),
        [FileRequired(_("Choose the file of your certificate."))],
        description=_("PEM, DER or P7B, without the private key."),
    )


class DeclineForm(Form):
    """`document` is the digest of what the member was shown."""

    document = HiddenField()
    dissent = TextAreaField(
        _("Why you do not sign"),
        [InputRequired(_("Say why you do not sign.")), Length(max=LONGEST_TEXT, message=_TOO_LONG)],
        description=_("It is published with your name beside the decision."),
    )


class GiveUpForm(Form):
    reason = TextAreaField(
        _("Why you give up the place"),
        [InputRequired(_("Say why you give up the place.")), Length(max=LONGEST_TEXT, message=_TOO_LONG)],
        description=_("It is published with your application."),
    )


class ConfirmForm(Form):
    """A button that does one thing."""
