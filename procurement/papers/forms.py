"""Forms of letters and subscriptions. They check shape."""

from flask_babel import lazy_gettext as _
from wtforms import EmailField, RadioField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired, Length

from procurement.mail import Delivery
from procurement.papers.subscribing import LISTS
from procurement.rounds.fields import tidy
from procurement.web import Form


class PreferenceForm(Form):
    """How somebody wants the letters that need not go out at once."""

    delivery = RadioField(
        _("Other letters"),
        [InputRequired(_("Choose how you want these letters."))],
        choices=[
            SelectChoice(Delivery.DIGEST.value, _("Once a day, in one letter at eight in the morning")),
            SelectChoice(Delivery.AT_ONCE.value, _("Each at once")),
            SelectChoice(Delivery.SITE.value, _("Not by e-mail: I read them here")),
        ],
        description=_("Something waits for you, or something happened in a round of yours."),
    )


class StopForm(Form):
    """One button."""


class FollowForm(Form):
    """What somebody without an account wants news of, and where."""

    what = RadioField(_("What do you want to hear of?"), [InputRequired(_("Choose one."))])
    address = EmailField(
        _("E-mail address"),
        [InputRequired(_("Write an e-mail address, for example name@example.org.")), Length(max=254)],
        filters=[tidy],
        description=_("It is used for these letters only, shown to nobody, and forgotten when you stop them."),
    )


def follow_form(round_ref: str | None) -> FollowForm:
    """The form, for a round too where `round_ref` names one."""
    form = FollowForm()
    of_round = [SelectChoice(round_ref, _("Everything about round %(ref)s", ref=round_ref))] if round_ref else []
    form.what.choices = of_round + [SelectChoice(code, _(name)) for code, (name, _kinds) in LISTS.items()]
    return form
