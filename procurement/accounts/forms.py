"""Forms of accounts. They check shape; what a password or a role may be is said by the rules."""

from flask_babel import gettext
from flask_babel import lazy_gettext as _
from wtforms import (
    EmailField,
    Field,
    HiddenField,
    PasswordField,
    RadioField,
    SelectMultipleField,
    StringField,
)
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired, Length, Optional, ValidationError

from procurement.access import ROLE_NAMES, Role
from procurement.accounts.rules import LONGEST_PASSWORD, SHORTEST_PASSWORD, is_address, normal_email
from procurement.web import Form

_PASSWORD_HINT = _(
    "At least %(count)s characters. A sentence of several words is easy to remember and hard to guess.",
    count=SHORTEST_PASSWORD,
)


_LANGUAGES = [SelectChoice("zh", "中文"), SelectChoice("en", "English")]


def _has_address(_form: Form, field: Field) -> None:
    if not is_address(normal_email(field.data or "")):
        raise ValidationError(_("This is not an e-mail address, such as name@example.org."))


def _email(label: str, **kwargs: object) -> EmailField:
    return EmailField(
        label, validators=[InputRequired(_("Give an e-mail address.")), Length(max=254), _has_address], **kwargs
    )


class SignInForm(Form):
    email = EmailField(_("E-mail address"), [InputRequired(_("Give your e-mail address.")), Length(max=254)])
    password = PasswordField(_("Password"), [InputRequired(_("Give your password.")), Length(max=LONGEST_PASSWORD)])
    next = HiddenField()


class CodeForm(Form):
    code = StringField(_("Code"), [InputRequired(_("Give the code.")), Length(max=40)])
    next = HiddenField()


class AddressForm(Form):
    email = _email(_("E-mail address"))


class NewPasswordForm(Form):
    password = PasswordField(
        _("New password"),
        [InputRequired(_("Choose a password.")), Length(max=LONGEST_PASSWORD)],
        description=_PASSWORD_HINT,
    )


class ChangePasswordForm(NewPasswordForm):
    present = PasswordField(
        _("Present password"), [InputRequired(_("Give your present password.")), Length(max=LONGEST_PASSWORD)]
    )


class AcceptForm(Form):
    name = StringField(
        _("Your name"),
        [InputRequired(_("Give your name.")), Length(max=120)],
        description=_("As it is to stand in what you sign. Whether it becomes public depends on what you do here."),
    )
    password = PasswordField(
        _("Password"),
        [InputRequired(_("Choose a password.")), Length(max=LONGEST_PASSWORD)],
        description=_PASSWORD_HINT,
    )


class LanguageForm(Form):
    language = RadioField(
        _("Language of pages and letters"),
        [InputRequired(_("Choose a language."))],
        choices=_LANGUAGES,
    )


class RolesForm(Form):
    roles = SelectMultipleField(_("Roles"), choices=[])

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        self.roles.choices = [
            SelectChoice(role.value, gettext(ROLE_NAMES[role]))
            for role in Role
            if role not in (Role.VISITOR, *self.without)
        ]

    without: tuple[Role, ...] = ()

    def chosen(self) -> list[Role]:
        """The roles that are ticked."""
        return [Role(value) for value in self.roles.data or ()]


class InviteForm(RolesForm):
    name = StringField(_("Name"), [InputRequired(_("Give the person's name.")), Length(max=120)])
    employer = StringField(
        _("Employer"),
        [Optional(), Length(max=200)],
        description=_("Shown beside the name of a committee member or official."),
    )
    email = _email(_("E-mail address"))
    language = RadioField(
        _("Language of the letter"),
        [InputRequired(_("Choose a language."))],
        choices=_LANGUAGES,
    )
    without = (Role.MERCHANT,)


class ActForm(Form):
    """One button. `act` says which act on the account, `id` what else it concerns."""

    act = HiddenField(validators=[Length(max=30)])
    id = HiddenField(validators=[Length(max=30)])
