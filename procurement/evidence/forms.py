"""Forms of the check of a file."""

from flask_babel import lazy_gettext as _
from flask_wtf.file import FileField, FileRequired
from wtforms import StringField
from wtforms.validators import Length

from procurement.web import Form


class VerifyForm(Form):
    file = FileField(
        _("The file that somebody gave you"),
        [FileRequired(_("Choose the file to be checked."))],
        description=_(
            "The PDF of a decision, or the evidence file of a round (ends in .zip). It is looked at and forgotten; "
            "nothing is kept."
        ),
    )


class FindForm(Form):
    """Sent by GET: no secret, nothing is changed."""

    code = StringField(_("Verification code"), [Length(max=40)])

    class Meta(Form.Meta):  # type: ignore[name-defined, misc]
        csrf = False
