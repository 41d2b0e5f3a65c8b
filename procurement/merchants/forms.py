"""Forms of businesses. They check shape; what is right is said by the rules."""

from dataclasses import replace
from typing import Any

from flask_babel import gettext
from flask_babel import lazy_gettext as _
from flask_wtf.file import FileField, FileRequired
from wtforms import (
    BooleanField,
    DateField,
    DecimalField,
    EmailField,
    FieldList,
    FormField,
    HiddenField,
    IntegerField,
    RadioField,
    SelectField,
    StringField,
    TelField,
    TextAreaField,
)
from wtforms import Form as Rows
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired, Length, Optional, ValidationError

from procurement.accounts.rules import is_address, normal_email
from procurement.merchants.disclosures import RELATION_NAMES, Disclosure, Owner, Penalty, Related, Relation
from procurement.merchants.helping import AGREED, IDENTITY_NAMES, IdentityDocument
from procurement.merchants.rules import (
    CERTIFICATE_NAMES,
    CONSENTS,
    GROUND_NAMES,
    KIND_NAMES,
    OUTCOME_NAMES,
    SOURCE_NAMES,
    CertificateFacts,
    CertificateKind,
    CheckOutcome,
    ConsentPurpose,
    DebarmentGround,
    MerchantKind,
    Particulars,
    SearchSource,
    normal_code,
    normal_text,
    shown_phone,
)
from procurement.web import Form

FILE_HINT = _("A PDF, or a photograph as JPEG or PNG, of at most 10 MB. After an error, choose the file again.")


class MerchantForm(Form):
    """The particulars of a business."""

    kind = RadioField(_("What kind of business is it?"), [InputRequired(_("Choose the kind of business."))])
    name = StringField(
        _("Name of the business or farmer"),
        [Length(max=200)],
        description=_("As in the business licence; for a farmer without registration, the farmer's own name."),
    )
    uscc = StringField(
        _("Unified social credit code"),
        [Optional(), Length(max=40)],
        description=_("18 characters, on the business licence. A farmer without registration has none."),
        render_kw={"spellcheck": "false", "autocapitalize": "characters"},
    )
    representative = StringField(
        _("Legal representative or person in charge"),
        [Optional(), Length(max=120)],
        description=_("A farmer without registration leaves this empty."),
    )
    address = StringField(
        _("Address"),
        [Length(max=300)],
        description=_(
            "Where the business really works. "
            "Of sole traders, family farms and farmers it is not shown to the public."
        ),
    )
    contact = StringField(_("Contact person"), [Length(max=120)], description=_("Not shown to the public."))
    phone = TelField(
        _("Telephone of the contact person"), [Length(max=40)], description=_("Not shown to the public.")
    )
    hotline = TelField(
        _("Hotline for customers"),
        [Optional(), Length(max=40)],
        description=_(
            "Shown in full to the public; of sole traders, family farms and farmers only if they separately agree."
        ),
    )
    founded = IntegerField(_("Year of founding"), [Optional()])

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.kind.choices = [SelectChoice(kind.value, gettext(KIND_NAMES[kind])) for kind in MerchantKind]

    @staticmethod
    def values_of(particulars: Particulars) -> dict[str, object]:
        """What the form shows of `particulars`."""
        return {
            **particulars.to_json(),
            "phone": shown_phone(particulars.phone),
            "hotline": shown_phone(particulars.hotline) if particulars.hotline else "",
        }

    def particulars(self) -> Particulars:
        """What was typed."""
        return Particulars(
            kind=MerchantKind(self.kind.data),
            name=self.name.data or "",
            uscc=self.uscc.data or None,
            representative=self.representative.data or "",
            address=self.address.data or "",
            contact=self.contact.data or "",
            phone=self.phone.data or "",
            hotline=self.hotline.data or "",
            founded=self.founded.data,
            named=False,
        )


class RegisterForm(MerchantForm):
    """As `MerchantForm`, for a first registration: of one's own business, or in helping others."""

    named = BooleanField(
        _("I agree that the full name is published"),
        description=_(
            "For sole traders, family farms and farmers only. Without it the public reads the family name and stars. "
            "You can take it back at any time; what was signed before stays as it is."
        ),
    )
    ringable = BooleanField(
        _("I agree that the telephone number for buyers is published in full"),
        description=_(
            "For sole traders, family farms and farmers only. Without it the public reads 138****1234. "
            "You can take it back at any time."
        ),
    )

    whose = RadioField(
        _("Whose business is it?"),
        [InputRequired(_("Say whose business it is."))],
        choices=[
            SelectChoice("own", _("My own, or the one I work for")),
            SelectChoice("help", _("Somebody else's: I help, for example as village clerk")),
        ],
    )
    capacity = StringField(
        _("In which capacity do you help?"),
        [Length(max=120)],
        description=_("Only when you help. For example: clerk of Yunling village."),
    )
    authority = FileField(
        _("Their signed paper that lets you"),
        description=_("Only when you help. A PDF, or a photograph as JPEG or PNG, of at most 10 MB."),
    )

    def validate_authority(self, field: FileField) -> None:
        if self.whose.data == "help" and not field.data:
            raise ValidationError(_("Choose the file with the signed paper."))

    def validate_capacity(self, field: StringField) -> None:
        if self.whose.data == "help" and not (field.data or "").strip():
            raise ValidationError(_("Say in which capacity you help, such as village clerk."))

    def particulars(self) -> Particulars:
        """What was typed, with what was separately agreed to."""
        return replace(super().particulars(), named=bool(self.named.data), ringable=bool(self.ringable.data))


class CounterForm(MerchantForm):
    """As `MerchantForm`, filled in by a clerk for a person at the counter. The consents are the person's."""

    capacity = StringField(
        _("As what do you help?"),
        [InputRequired(_("Say as what you help, such as clerk at the counter of Qingshi town.")), Length(max=120)],
        description=_("Everybody reads this beside the business. For example: clerk at the counter of Qingshi town."),
    )
    document = RadioField(
        _("By which document do you know the person?"),
        [InputRequired(_("Say which document you looked at."))],
        description=_("Its number is not written down anywhere."),
    )
    agreed = BooleanField(
        "",
        [InputRequired(_("Without the person's agreement nothing is registered."))],
        description=_("Read it out, and tick the box only when the person has agreed."),
    )
    named = BooleanField(
        _("The person agrees separately that the full name is published"),
        description=_("For sole traders, family farms and farmers only. Without it the public reads 张*."),
    )
    ringable = BooleanField(
        _("The person agrees separately that the telephone number for buyers is published in full"),
        description=_("For sole traders, family farms and farmers only. Without it the public reads 138****1234."),
    )
    paper = FileField(
        _("The paper that the person signed"),
        description=_(
            "Needed when one of the two consents is given. A PDF, or a photograph as JPEG or PNG, of at most 10 MB."
        ),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.agreed.label.text = gettext(AGREED)
        self.document.choices = [SelectChoice(one.value, gettext(IDENTITY_NAMES[one])) for one in IdentityDocument]

    def particulars(self) -> Particulars:
        """What was typed, with what the person separately agreed to."""
        return replace(super().particulars(), named=bool(self.named.data), ringable=bool(self.ringable.data))


class HelpForm(Form):
    """Helping a business with its signed paper."""

    capacity = StringField(
        _("As what do you help?"),
        [InputRequired(_("Say as what you help, such as clerk at the counter of Qingshi town.")), Length(max=120)],
    )
    authority = FileField(
        _("Their signed paper that lets you"),
        [FileRequired(_("Choose the file with the signed paper."))],
        description=_("A PDF, or a photograph as JPEG or PNG, of at most 10 MB."),
    )


class TakeOverForm(Form):
    """The code on the paper from the counter."""

    code = StringField(
        _("Code on the paper"),
        [InputRequired(_("Give the code that is printed on the paper.")), Length(max=40)],
        description=_("Three groups of five signs. Capitals and hyphens do not matter."),
    )


class OwnerRow(Rows):  # type: ignore[misc]
    name = StringField(_("Name"), [Optional(), Length(max=120)])
    share = DecimalField(
        _("Share in per cent"), [Optional()], description=_("Leave it empty for who decides without a share.")
    )


class RelatedRow(Rows):  # type: ignore[misc]
    name = StringField(_("Name of the business"), [Optional(), Length(max=200)])
    uscc = StringField(_("Unified social credit code"), [Optional(), Length(max=40)])
    relation = SelectField(_("How it belongs to yours"), [Optional()])

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.relation.choices = [
            SelectChoice("", gettext("Please choose")),
            *(SelectChoice(one.value, gettext(RELATION_NAMES[one])) for one in Relation),
        ]

    def validate(self, *args: Any, **kwargs: Any) -> bool:
        fine = bool(super().validate(*args, **kwargs))
        if self.name.data and not self.relation.data:
            self.relation.errors = [gettext("Say how this business belongs to yours.")]
            return False
        return fine


class PenaltyRow(Rows):  # type: ignore[misc]
    day = DateField(_("Day"), [Optional()])
    authority = StringField(_("Imposed by"), [Optional(), Length(max=200)])
    what = StringField(_("For what, and how much"), [Optional(), Length(max=500)])

    def validate(self, *args: Any, **kwargs: Any) -> bool:
        fine = bool(super().validate(*args, **kwargs))
        if (self.authority.data or self.what.data) and not self.day.data and not self.day.errors:
            self.day.errors = [gettext("Give the day of the penalty.")]
            return False
        return fine


class DisclosureForm(Form):
    """Who stands behind a business, and what it was fined for. A row without a name or day is dropped."""

    owners = FieldList(FormField(OwnerRow))
    related = FieldList(FormField(RelatedRow))
    no_related = BooleanField(_("There are no related businesses"))
    penalties = FieldList(FormField(PenaltyRow))
    no_penalties = BooleanField(_("There were no penalties and no such entries in the last three years"))
    promoted = TextAreaField(
        _("Promotions received so far"),
        [Optional(), Length(max=1000)],
        description=_("When an official or a public body promoted your products, where, and which."),
    )
    no_promotions = BooleanField(_("There were none"))

    @staticmethod
    def values_of(stated: Disclosure) -> dict[str, object]:
        """What the form shows of `stated`: every row, and two empty ones."""
        return {
            "owners": [*({"name": o.name, "share": o.share} for o in stated.owners), {}, {}],
            "related": [
                *({"name": r.name, "uscc": r.uscc, "relation": r.relation.value} for r in stated.related),
                {},
                {},
            ],
            "no_related": stated.no_related,
            "penalties": [
                *({"day": p.day, "authority": p.authority, "what": p.what} for p in stated.penalties),
                {},
                {},
            ],
            "no_penalties": stated.no_penalties,
            "promoted": stated.promoted,
            "no_promotions": stated.no_promotions,
        }

    def disclosure(self) -> Disclosure:
        """What was typed."""
        return Disclosure(
            owners=tuple(Owner(row.form.name.data, row.form.share.data) for row in self.owners if row.form.name.data),
            related=tuple(
                Related(row.form.name.data, row.form.uscc.data or None, Relation(row.form.relation.data))
                for row in self.related
                if row.form.name.data
            ),
            no_related=bool(self.no_related.data),
            penalties=tuple(
                Penalty(row.form.day.data, row.form.authority.data or "", row.form.what.data or "")
                for row in self.penalties
                if row.form.day.data
            ),
            no_penalties=bool(self.no_penalties.data),
            promoted=self.promoted.data or "",
            no_promotions=bool(self.no_promotions.data),
        )


class FindForm(Form):
    """Find a business. Sent by POST, since a name in an address would stay in histories and logs."""

    wanted = StringField(
        _("Find a business"),
        [Length(max=200)],
        description=_("Its reference, its code, or part of its name."),
    )


class SearchForm(Form):
    """What the office found in a public register."""

    source = SelectField(_("Where did you look?"), [InputRequired(_("Choose the register."))])
    searched_on = DateField(_("On which day?"), [InputRequired(_("Give a date."))])
    found = RadioField(
        _("Is there anything against the business in the last three years?"),
        [InputRequired(_("Say whether something was found."))],
        choices=[SelectChoice("no", _("No, nothing")), SelectChoice("yes", _("Yes, something"))],
    )
    result = TextAreaField(
        _("What is on record"), [Optional(), Length(max=2000)], description=_("Empty when nothing was found.")
    )
    picture = FileField(
        _("Picture of the result"),
        [FileRequired(_("Choose the file."))],
        description=_("A screenshot that shows the name looked up, the result and the day."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.source.choices = [
            SelectChoice("", gettext("Please choose")),
            *(SelectChoice(one.value, gettext(SOURCE_NAMES[one])) for one in SearchSource),
        ]


class CheckForm(Form):
    """That a certificate was held against the register of its issuer."""

    outcome = RadioField(_("What did you find?"), [InputRequired(_("Say what you found."))])
    how = StringField(
        _("How did you check?"),
        [InputRequired(_("Say how it was checked: which register, which page, or who was asked.")), Length(max=500)],
        description=_("Which register, which page, or who was asked."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.outcome.choices = [SelectChoice(one.value, gettext(OUTCOME_NAMES[one])) for one in CheckOutcome]


class ConsentForm(Form):
    """One separate consent: a box that is never ticked beforehand."""

    agreed = BooleanField("", [InputRequired(_("Tick the box if you agree; without it nothing changes."))])

    def __init__(self, *args: Any, purpose: ConsentPurpose, **kwargs: Any) -> None:
        super().__init__(*args, prefix=purpose.value, **kwargs)
        self.agreed.label.text = gettext(CONSENTS[purpose])


class CertificateForm(Form):
    """A certificate for the wallet."""

    kind = SelectField(_("What is it?"), [InputRequired(_("Choose what it is."))])
    number = StringField(_("Number"), [InputRequired(_("Copy this from the certificate.")), Length(max=80)])
    issuer = StringField(_("Issued by"), [InputRequired(_("Copy this from the certificate.")), Length(max=200)])
    scope = StringField(
        _("Products or range it covers"),
        [Optional(), Length(max=500)],
        description=_("As the certificate says; for an inspection report, what was sampled and when."),
    )
    issued = DateField(_("Issued on"), [InputRequired(_("Copy this from the certificate."))])
    expires = DateField(
        _("Valid until"),
        [Optional()],
        description=_("The last day on which it is valid. Leave it empty if the certificate names none."),
    )
    file = FileField(_("The certificate itself"), [FileRequired(_("Choose the file."))], description=FILE_HINT)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.kind.choices = [
            SelectChoice("", gettext("Please choose")),
            *(SelectChoice(kind.value, gettext(CERTIFICATE_NAMES[kind])) for kind in CertificateKind),
        ]

    def facts(self) -> CertificateFacts:
        """What was typed."""
        return CertificateFacts(
            kind=CertificateKind(self.kind.data),
            number=normal_code(self.number.data or ""),
            issuer=normal_text(self.issuer.data or ""),
            scope=normal_text(self.scope.data or ""),
            issued=self.issued.data,
            expires=self.expires.data,
        )


class PersonForm(Form):
    """Somebody who is to act for the business too."""

    email = EmailField(
        _("E-mail address of another person"),
        [InputRequired(_("Give an e-mail address."))],
        description=_("The person gets a letter with a link, and acts under a name and password of their own."),
    )

    def validate_email(self, field: EmailField) -> None:
        if not is_address(normal_email(field.data or "")):
            raise ValidationError(_("This is not an e-mail address, such as name@example.org."))


class RemoveForm(Form):
    """One button. `id` says what or whom."""

    id = HiddenField(validators=[Length(max=20)])


class DebarmentForm(Form):
    """A debarment, as the supervisor enters it."""

    merchant = StringField(
        _("Business"),
        [InputRequired(_("Name the business.")), Length(max=40)],
        description=_("Its reference, such as M-000123, or its unified social credit code."),
        render_kw={"spellcheck": "false"},
    )
    ground = RadioField(_("Ground"), [InputRequired(_("Choose the ground of the debarment."))])
    reason = TextAreaField(
        _("What was established, and how"),
        [InputRequired(_("Say in one or more sentences what was established, and how.")), Length(max=3000)],
        description=_("This becomes public as you write it. Name no private persons."),
    )
    remedy = TextAreaField(
        _("How the business may appeal"),
        [InputRequired(_("Say where and until when the business may appeal.")), Length(max=1000)],
        description=_("To whom, in what form and until when. This becomes public too."),
    )
    starts = DateField(_("From"), [InputRequired(_("Give a date."))])
    ends = DateField(
        _("Until"),
        [InputRequired(_("Give a date."))],
        description=_("On this day the business may apply again, without anybody doing anything."),
    )
    evidence = FileField(
        _("Evidence"),
        [FileRequired(_("Choose the file."))],
        description=_("Read by supervisors and by the business. The public sees its hash only. PDF, JPEG or PNG."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.ground.choices = [
            SelectChoice(ground.value, gettext(GROUND_NAMES[ground])) for ground in DebarmentGround
        ]

    def chosen_ground(self) -> DebarmentGround:
        """The ground that was chosen."""
        return DebarmentGround(self.ground.data)


class AppealForm(Form):
    """How far an appeal is."""

    state = TextAreaField(
        _("State of the appeal"),
        [InputRequired(_("Say in a sentence how far the appeal is.")), Length(max=1000)],
        description=_("This becomes public as you write it, with today's date."),
    )


class LiftForm(Form):
    """The end of a debarment before its time."""

    reason = TextAreaField(
        _("Why the debarment is lifted"),
        [InputRequired(_("Say in a sentence why the debarment is lifted.")), Length(max=1000)],
        description=_("This becomes public as you write it. The debarment stays in the register as lifted."),
    )
