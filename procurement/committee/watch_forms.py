"""Forms of observers and meetings. They check shape; the rules say what may be."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from flask_babel import lazy_gettext as _
from wtforms import (
    BooleanField,
    DateTimeLocalField,
    EmailField,
    RadioField,
    SelectMultipleField,
    StringField,
    TextAreaField,
)
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired, Length, Optional

from procurement.committee.drawing import Source
from procurement.committee.draws import beacon_source
from procurement.committee.expertise import LONGEST_REASON
from procurement.committee.watch_queries import Managing
from procurement.committee.watching import (
    LONGEST_PLACE,
    LONGEST_REMARK,
    MEETING_KINDS,
    OBSERVER_KINDS,
    Asking,
    MeetingKind,
    ObserverKind,
)
from procurement.rounds.fields import tidy
from procurement.web import Form


class AskForm(Form):
    kind = RadioField(
        _("As what do you watch?"),
        [InputRequired(_("Choose one."))],
        choices=[SelectChoice(kind.value, _(text)) for kind, text in OBSERVER_KINDS.items()],
    )
    outlet = StringField(
        _("Medium"), [Optional(), Length(max=120)], filters=[tidy], description=_("Only if you write for one.")
    )
    name = StringField(_("Your name"), [InputRequired(_("Write your name.")), Length(max=120)], filters=[tidy])
    contact = EmailField(
        _("E-mail address"),
        [InputRequired(_("Write an e-mail address. It is not published.")), Length(max=254)],
        filters=[tidy],
        description=_("For your link and for letters about meetings. It is not published."),
    )
    listed = BooleanField(
        _("I agree to be named in the public list of observers. Without this I am listed by number only.")
    )
    pledge = BooleanField(
        _("I keep to myself what I learn and is not yet public, and do not speak in the deliberation.")
    )

    def asking(self) -> Asking:
        """What was written."""
        return Asking(
            ObserverKind(self.kind.data),
            self.name.data or "",
            self.contact.data or "",
            self.outlet.data or "",
            bool(self.listed.data),
            bool(self.pledge.data),
        )


class ButtonForm(Form):
    """A button that does one thing."""


class CallForm(Form):
    kind = RadioField(
        _("What for"),
        [InputRequired(_("Choose one."))],
        choices=[SelectChoice(kind.value, _(text)) for kind, text in MEETING_KINDS.items()],
    )
    starts_at = DateTimeLocalField(_("Begins"), [InputRequired(_("Give a time."))])
    place = TextAreaField(
        _("Where, or how to join"),
        [InputRequired(_("Say where it is.")), Length(max=LONGEST_PLACE)],
        filters=[tidy],
        description=_("Read by members, supervisors and observers with a seat; not public."),
    )

    @property
    def chosen(self) -> MeetingKind:
        """What for."""
        return MeetingKind(self.kind.data)

    def begins(self, zone: ZoneInfo) -> datetime:
        """When, meant in `zone`."""
        moment: datetime = self.starts_at.data.replace(tzinfo=zone).astimezone(UTC)
        return moment


class RecordForm(Form):
    """Who was there; see `record_form`."""

    members = SelectMultipleField(_("Members who were there"))
    observers = SelectMultipleField(_("Observers who were there"))


def record_form(managing: Managing) -> RecordForm:
    """A box for every member and every observer with a seat, none of them ticked."""
    form = RecordForm()
    form.members.choices = [SelectChoice(one.code, f"{one.code} {one.name}") for one in managing.members]
    form.observers.choices = [
        SelectChoice(one.code, f"{one.code} {one.name}") for one in managing.watching.observers if one.seated
    ]
    return form


class CancelForm(Form):
    reason = TextAreaField(
        _("Reason"),
        [InputRequired(_("Give the reason.")), Length(max=LONGEST_REASON)],
        filters=[tidy],
        description=_("Public, and told to everybody who was invited."),
    )


class AttendForm(Form):
    remark = TextAreaField(
        _("Remark"),
        [Optional(), Length(max=LONGEST_REMARK)],
        filters=[tidy],
        description=_("Public, with your role and without your name. Leave empty when there is none."),
    )


class SettleForm(Form):
    exists_at = DateTimeLocalField(
        _("When the beacon speaks"),
        [InputRequired(_("Give a time."))],
        description=_("The first round of the public beacon drand quicknet after this time decides."),
    )

    def source(self, zone: ZoneInfo) -> Source:
        """The beacon's round, the time meant in `zone`."""
        return beacon_source(self.exists_at.data.replace(tzinfo=zone).astimezone(UTC))
