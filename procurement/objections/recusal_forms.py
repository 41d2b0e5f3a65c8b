"""Forms of requests for recusal. They check shape; the rules say what may be asked and decided."""

from flask_babel import lazy_gettext as _
from wtforms import EmailField, RadioField, SelectField, StringField, TextAreaField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired, Length, Optional

from procurement.committee.recusing import ARGUMENT, DECISIONS, OUTCOMES, Outcome, Request
from procurement.committee.request_queries import Docket, RequestFile
from procurement.committee.rules import GROUNDS, Ground
from procurement.rounds.fields import tidy
from procurement.web import Form

_GROUNDS = [SelectChoice(ground.value, _(text)) for ground, text in GROUNDS.items() if ground is not Ground.NONE]


class AskForm(Form):
    """Whom, about what, on which ground, and why."""

    member = SelectField(_("Member"), [InputRequired(_("Choose the member."))], coerce=str)
    application = SelectField(_("Application"), [Optional()], coerce=str)
    ground = RadioField(_("Ground"), [InputRequired(_("Choose the ground."))], choices=_GROUNDS)
    argument = TextAreaField(
        _("What you know, and how"),
        [InputRequired(_("Say what you know and how, so that it can be decided.")), Length(max=ARGUMENT[1])],
        filters=[tidy],
        description=_("Read by the supervisor and the member alone; the public log holds its digest."),
    )
    # Needed of everybody but the member concerned, which the rules know.
    name = StringField(_("Your name"), [Length(max=120)], filters=[tidy])
    contact = EmailField(
        _("E-mail address"), [Length(max=254)], filters=[tidy], description=_("It is not published.")
    )

    def request(self) -> Request:
        """What was written."""
        return Request(
            self.member.data or "",
            self.application.data or "",
            Ground(self.ground.data),
            self.argument.data or "",
            self.name.data or "" if self.name else "",
            self.contact.data or "" if self.contact else "",
        )


class ConflictForm(AskForm):
    """What the supervisor found; what is decided is read by everybody."""

    text = TextAreaField(
        _("Reasons that everybody reads"),
        [InputRequired(_("Give the reasons, so that everybody can follow them.")), Length(max=ARGUMENT[1])],
        filters=[tidy],
        description=_("Name no relatives. It cannot be changed."),
    )


def fill(form: AskForm, docket: Docket) -> None:
    """Whom and what one can choose. Members are known by code, and by name once names are published."""
    form.member.choices = [("", "")] + [
        (one.code, f"{one.code} {one.name}" if one.name else one.code) for one in docket.members
    ]
    form.application.choices = [("", str(_("the whole round")))] + [
        (one.ref, f"{one.ref} {one.product}") for one in docket.applicants
    ]


class AnswerForm(Form):
    text = TextAreaField(
        _("Your answer"),
        [InputRequired(_("Write your answer.")), Length(max=ARGUMENT[1])],
        filters=[tidy],
        description=_("Read by the supervisor; it cannot be changed."),
    )


class DecideForm(Form):
    outcome = RadioField(
        _("Outcome"),
        [InputRequired(_("Choose the outcome."))],
        choices=[SelectChoice(outcome.value, _(OUTCOMES[outcome])) for outcome in DECISIONS],
    )
    application = SelectField(_("Application"), [Optional()], coerce=str)
    text = TextAreaField(
        _("Reasons that everybody reads"),
        [InputRequired(_("Give the reasons, so that everybody can follow them.")), Length(max=ARGUMENT[1])],
        filters=[tidy],
        description=_("Name no relatives. It cannot be changed."),
    )

    @property
    def chosen(self) -> Outcome:
        """What is decided."""
        return Outcome(self.outcome.data)


def decide_form(found: RequestFile) -> DecideForm:
    """The form, the application asked about in front."""
    form = DecideForm(data={"application": found.view.application})
    form.application.choices = [("", "")] + [(one.ref, f"{one.ref} {one.product}") for one in found.applicants]
    return form


class ButtonForm(Form):
    """A button that does one thing."""
