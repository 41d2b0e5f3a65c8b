"""Forms of letters and subscriptions. They check shape."""

from flask_babel import lazy_gettext as _
from wtforms import RadioField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired

from procurement.mail import Delivery
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
