"""Forms of the register of experts and of the draw. They check shape; the rules say what may be."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from flask_babel import gettext
from flask_babel import lazy_gettext as _
from wtforms import DateTimeLocalField, RadioField, SelectField, SelectMultipleField, StringField, TextAreaField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired, Length, Optional

from procurement.committee.candidates import ExpertView
from procurement.committee.draw_queries import Drawing
from procurement.committee.drawing import MOST_RESERVES, Lottery, Numbers, Source, SourceKind
from procurement.committee.draws import Wanted, beacon_source
from procurement.committee.expertise import EXPERTISE, LEFT_OUT, LONGEST_REASON, SET_ASIDE, Expertise, LeftOut
from procurement.committee.rules import LEAVING, Leaving
from procurement.rounds.fields import IntegerField, tidy
from procurement.rounds.queries import Person
from procurement.web import Form

LOTTERIES = 3
"""So many lists of lottery numbers can be named in the form."""


def _fields() -> SelectMultipleField:
    return SelectMultipleField(
        _("Fields"), choices=[SelectChoice(field.value, _(text)) for field, text in EXPERTISE.items()]
    )


class ExpertForm(Form):
    """Employer and fields of an entry."""

    employer = StringField(
        _("Employer"),
        [Length(max=200)],
        filters=[tidy],
        description=_("Whoever works for an applicant is left out of the draw by it."),
    )
    fields = _fields()

    @property
    def chosen(self) -> list[Expertise]:
        """The fields that were ticked."""
        return [Expertise(field) for field in self.fields.data or ()]


class EnterForm(ExpertForm):
    user_id = SelectField(_("Person"), [InputRequired(_("Choose a person."))], coerce=str)


def enter_form(people: Sequence[Person]) -> EnterForm:
    """The form with those who could be entered."""
    form = EnterForm()
    form.user_id.choices = [("", "")] + [
        (str(one.user_id), f"{one.name} ({one.employer})" if one.employer else one.name) for one in people
    ]
    return form


def expert_form(expert: ExpertView) -> ExpertForm:
    """The form of an entry as it is."""
    return ExpertForm(employer=expert.employer, fields=[field.value for field in expert.fields])


class ReasonForm(Form):
    reason = TextAreaField(
        _("Reason"),
        [InputRequired(_("Give the reason.")), Length(max=LONGEST_REASON)],
        filters=[tidy],
        description=_("Kept in the file; the public log holds its digest."),
    )


class SetAsideForm(Form):
    reason = RadioField(
        _("Why this expert is left out"),
        [InputRequired(_("Choose one."))],
        choices=[SelectChoice(reason.value, _(LEFT_OUT[reason])) for reason in SET_ASIDE],
    )
    detail = TextAreaField(
        _("What is known, and from where"),
        [InputRequired(_("Give the reason.")), Length(max=LONGEST_REASON)],
        filters=[tidy],
        description=_("Read by the organiser and the supervisor; the public log holds its digest."),
    )

    @property
    def chosen(self) -> LeftOut:
        """Why."""
        return LeftOut(self.reason.data)


class AnnounceForm(Form):
    """How many from which field, and where the randomness will come from; see `announce_form`."""

    wanted_fields: tuple[Expertise, ...] = ()
    source = RadioField(
        _("Where the randomness comes from"),
        [InputRequired(_("Choose one."))],
        choices=[
            SelectChoice(SourceKind.BEACON.value, _("a round of the public beacon drand quicknet")),
            SelectChoice(SourceKind.LOTTERY.value, _("the numbers of lotteries, read by two people")),
        ],
    )
    exists_at = DateTimeLocalField(
        _("When it comes into being"),
        [InputRequired(_("Give a time."))],
        description=_("Of the beacon, the first round after this time is taken. Of lotteries, when they are held."),
    )

    def wanted(self) -> list[Wanted]:
        """What is to be drawn; fields left empty or at 0 are not drawn from."""
        return [
            Wanted(field, seats, self[f"reserves-{field}"].data or 0)
            for field in self.wanted_fields
            if (seats := self[f"seats-{field}"].data)
        ]

    def chosen_source(self, zone: ZoneInfo) -> Source:
        """The source that was described; times are meant in `zone`."""
        at = self.exists_at.data.replace(tzinfo=zone).astimezone(UTC)
        if self.source.data == SourceKind.BEACON:
            return beacon_source(at)
        return Source(SourceKind.LOTTERY, at, lotteries=tuple(self._lotteries()))

    def _lotteries(self) -> Iterable[Lottery]:
        for n in range(1, LOTTERIES + 1):
            if self[f"name-{n}"].data or self[f"issue-{n}"].data:
                count, lowest, highest = (self[f"{what}-{n}"].data or 0 for what in ("count", "lowest", "highest"))
                yield Lottery(self[f"name-{n}"].data or "", self[f"issue-{n}"].data or "", count, lowest, highest)


def announce_form(drawing: Drawing, moment: datetime) -> AnnounceForm:
    """Numbers for every field that has a pool; after the first draw only for vacant seats, which are not chosen."""
    fields = [one.field for one in drawing.fields if one.pool]
    if drawing.draws:
        fields = [one.field for one in drawing.fields if one.field in drawing.vacant]
    members: dict[str, Any] = {"wanted_fields": tuple(fields)}
    for field in fields:
        name = gettext(EXPERTISE[field])
        members[f"seats-{field}"] = IntegerField(_("Seats: %(field)s", field=name), [Optional()])
        members[f"reserves-{field}"] = IntegerField(_("Reserves: %(field)s", field=name), [Optional()])
    for n in range(1, LOTTERIES + 1):
        members |= {
            f"name-{n}": StringField(_("Lottery"), [Length(max=80)], filters=[tidy]),
            f"issue-{n}": StringField(_("Which drawing of it"), [Length(max=80)], filters=[tidy]),
            f"count-{n}": IntegerField(_("How many numbers"), [Optional()]),
            f"lowest-{n}": IntegerField(_("Lowest number"), [Optional()]),
            f"highest-{n}": IntegerField(_("Highest number"), [Optional()]),
        }
    data: dict[str, Any] = {"exists_at": moment}
    data |= {f"seats-{field}": seats for field, seats in drawing.vacant.items() if drawing.draws}
    data |= {f"reserves-{field}": min(2, MOST_RESERVES) for field in drawing.vacant if drawing.draws}
    made: AnnounceForm = type("AnnounceForm", (AnnounceForm,), members)(data=data)
    return made


class SignatureForm(Form):
    signature = StringField(
        _("Signature of the beacon's round"),
        [InputRequired(_("Paste the signature.")), Length(max=200)],
        description=_(
            "96 hexadecimal digits, as the beacon publishes them. Anybody may bring them: they are verified here."
        ),
    )


class NumbersForm(Form):
    """One line of numbers for each lottery; see `numbers_form`."""

    lines: int = 0

    def numbers(self) -> Numbers:
        """What was typed."""
        return tuple(tuple(self[f"numbers-{n}"].data or ()) for n in range(1, self.lines + 1))


class NumberList(StringField):  # type: ignore[misc]
    """Whole numbers, divided by blanks or commas."""

    data: Any

    def process_formdata(self, valuelist: Sequence[str]) -> None:
        """Read digits."""
        typed = (valuelist[0] if valuelist else "").replace(",", " ").replace("，", " ").replace("、", " ").split()
        if not all(number.isascii() and number.isdigit() and len(number) < 13 for number in typed):
            self.data = ()
            raise ValueError(gettext("Write whole numbers with blanks between them."))
        self.data = tuple(int(number) for number in typed)

    def _value(self) -> str:
        return str(self.raw_data[0]) if self.raw_data else ""


def numbers_form(lotteries: Sequence[Lottery]) -> NumbersForm:
    """A line for each lottery that was announced."""
    members: dict[str, Any] = {"lines": len(lotteries)}
    for n, lottery in enumerate(lotteries, 1):
        members[f"numbers-{n}"] = NumberList(
            f"{lottery.name} {lottery.issue}",
            [InputRequired(_("Write the numbers."))],
            description=_(
                "%(count)s different numbers from %(lowest)s to %(highest)s, with blanks between them.",
                count=lottery.count,
                lowest=lottery.lowest,
                highest=lottery.highest,
            ),
        )
    made: NumbersForm = type("NumbersForm", (NumbersForm,), members)()
    return made


class AnswerForm(Form):
    """Take the seat, or not and why."""

    answer = RadioField(
        _("Do you take the seat?"),
        [InputRequired(_("Choose one."))],
        choices=[
            SelectChoice("accept", _("Yes, I take the seat.")),
            SelectChoice("refuse", _("No, I do not take the seat, or I give it up.")),
        ],
    )
    reason = TextAreaField(
        _("Why not"),
        [Length(max=LONGEST_REASON)],
        filters=[tidy],
        description=_("Needed when you do not take the seat. Kept in the file; the public reads that you refused."),
    )


class LeavingForm(ReasonForm):
    """Why a member leaves; where only one reason can be given, it is not asked for."""

    code = RadioField(_("Why this member leaves"), [InputRequired(_("Choose one."))])
    only: Leaving | None = None

    @property
    def chosen(self) -> Leaving:
        """Why."""
        return self.only or Leaving(self.code.data)


def leaving_form(codes: Sequence[Leaving]) -> LeavingForm:
    """The form with the reasons for which this person may end this seat."""
    form = LeavingForm()
    if len(codes) == 1:
        form.only = codes[0]
        del form.code
    else:
        form.code.choices = [SelectChoice(code.value, _(LEAVING[code])) for code in codes]
    return form
