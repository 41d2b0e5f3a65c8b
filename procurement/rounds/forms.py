"""Forms of rounds: the pages of a draft in their order, and the forms of everything that is done to a round."""

from dataclasses import replace
from typing import ClassVar

from flask_babel import lazy_gettext as _
from wtforms import DateField, HiddenField, SelectField, StringField
from wtforms.validators import InputRequired, Length, Optional

from procurement.access import ROLE_NAMES, Role
from procurement.errors import RuleBroken
from procurement.rounds.criteria import CriteriaForm, ScoringForm
from procurement.rounds.fields import (
    LINE,
    Group,
    SectionForm,
    area,
    line,
    offer_packs,
    pack_field,
    pair,
    radio,
    spread,
    tidy,
    whole,
)
from procurement.rounds.packs import NAMES, Pack, packs
from procurement.rounds.rules import (
    ABORT_REASONS,
    HOLD_LABELS,
    AbortReason,
    HoldLabel,
    Office,
    RoundDocument,
)
from procurement.rounds.scoring_rule import Text
from procurement.rounds.sections import (
    ActivityForm,
    BasicsForm,
    CommitteeForm,
    GatesForm,
    MoneyForm,
    OpinionsForm,
    PackForm,
    TimetableForm,
)
from procurement.web import Form

SECTIONS: dict[str, tuple[str, type[SectionForm]]] = {
    "pack": (_("Rule pack"), PackForm),
    "basics": (_("Title and purpose"), BasicsForm),
    "activity": (_("Official and broadcast"), ActivityForm),
    "opinions": (_("Legal opinions"), OpinionsForm),
    "gates": (_("Conditions"), GatesForm),
    "criteria": (_("Criteria and levels"), CriteriaForm),
    "scoring": (_("Scoring rule"), ScoringForm),
    "timetable": (_("Timetable"), TimetableForm),
    "committee": (_("Committee"), CommitteeForm),
    "money": (_("Money and legal basis"), MoneyForm),
}
"""Pages of a draft in their order: address → (name, form). People have a page of their own after these."""


ORDER_OF_PAGES = list(SECTIONS)


def section_of(place: str | None) -> str:
    """The page on which what is wrong at `place` of the document is mended."""
    for name, (_title, form) in SECTIONS.items():
        for prefix in form.prefixes:
            if place == prefix or (place or "").startswith((f"{prefix}.", f"{prefix}[")):
                return name
    return "people" if place == "people" else "criteria" if (place or "").startswith("scoring") else "basics"


class BeginForm(Form):
    title_en = StringField(
        _("Title in English"),
        [InputRequired(_("Give the round a title in English.")), Length(max=LINE)],
        filters=[tidy],
    )
    title_zh = StringField(
        _("Title in Chinese"),
        [InputRequired(_("Give the round a title in Chinese.")), Length(max=LINE)],
        filters=[tidy],
    )

    pack = pack_field()

    @classmethod
    def offered(cls) -> "BeginForm":
        """The form with the packs to choose from, the first chosen."""
        form = cls(data={"pack": NAMES[0]})
        offer_packs(form.pack)
        return form

    @property
    def title(self) -> Text:
        """The title in both languages."""
        return pair(self, "title")

    @property
    def chosen(self) -> Pack:
        """The rule pack."""
        return packs()[self.pack.data]


class PublishForm(Form):
    sha256 = HiddenField()


class AmendForm(Form):
    """What an amendment may change, and why."""

    groups: ClassVar[tuple[Group, ...]] = (
        Group(_("Reason for the amendment"), ("reason_en", "reason_zh"), _("It is published with the amendment.")),
        Group(_("Longer call"), ("timetable_call_days",)),
        Group(_("Purpose"), ("purpose_en", "purpose_zh")),
        Group(_("Public interest"), ("public_interest_en", "public_interest_zh")),
        Group(
            _("Organiser"),
            ("office_name_en", "office_name_zh", "office_address_en", "office_address_zh", "office_contact"),
        ),
        Group(_("Broadcast"), ("activity_platform_en", "activity_platform_zh", "activity_planned_on")),
        Group(_("Legal basis"), ("legal_basis_en", "legal_basis_zh")),
    )

    reason_en = area(_("Reason in English"))
    reason_zh = area(_("Reason in Chinese"))
    timetable_call_days = whole(_("Call, in calendar days"), _("It may be longer than published, never shorter."))
    purpose_en = area(_("Purpose in English"))
    purpose_zh = area(_("Purpose in Chinese"))
    public_interest_en = area(_("Public interest in English"))
    public_interest_zh = area(_("Public interest in Chinese"))
    office_name_en = line(_("Name in English"))
    office_name_zh = line(_("Name in Chinese"))
    office_address_en = line(_("Address in English"))
    office_address_zh = line(_("Address in Chinese"))
    office_contact = line(_("Telephone or e-mail address for the public"))
    activity_platform_en = line(_("Platform in English"))
    activity_platform_zh = line(_("Platform in Chinese"))
    activity_planned_on = DateField(_("Planned day"), [Optional()])
    legal_basis_en = area(_("Legal basis in English"))
    legal_basis_zh = area(_("Legal basis in Chinese"))

    @classmethod
    def of(cls, document: RoundDocument) -> "AmendForm":
        """The form, filled from what was sent or else from the rules in force."""
        return cls(
            data={
                **BasicsForm.data_of(document),
                **spread("activity_platform", document.activity.platform),
                "activity_planned_on": document.activity.planned_on,
                **spread("legal_basis", document.legal_basis),
                "timetable_call_days": document.timetable.call_days,
            }
        )

    @property
    def reason(self) -> Text:
        """Why."""
        return pair(self, "reason")

    def changed(self, document: RoundDocument) -> RoundDocument:
        """`document` as amended."""
        activity = replace(
            document.activity,
            platform=pair(self, "activity_platform"),
            planned_on=self.activity_planned_on.data,
        )
        return replace(
            document,
            purpose=pair(self, "purpose"),
            public_interest=pair(self, "public_interest"),
            office=Office(pair(self, "office_name"), pair(self, "office_address"), self.office_contact.data),
            activity=activity,
            legal_basis=pair(self, "legal_basis"),
            timetable=replace(document.timetable, call_days=self.timetable_call_days.data),
        )


SEAT_ROLES = (Role.SUPERVISOR, Role.OFFICIAL, Role.ORGANISER)


class SeatForm(Form):
    """Give one seat; one such form for each role."""

    user_id = SelectField(_("Person"), [InputRequired(_("Choose a person."))], coerce=str)


class EndSeatForm(Form):
    user_id = HiddenField()
    role = HiddenField()


def role_of(value: str | None) -> Role:
    """The seat role that a form names; RuleBroken for anything else."""
    for role in SEAT_ROLES:
        if role.value == value:
            return role
    raise RuleBroken(str(ROLE_NAMES[Role.VISITOR]), field="role")


class HoldForm(Form):
    label = radio(_("What the public is told"), HOLD_LABELS.items())

    @property
    def chosen(self) -> HoldLabel:
        """The label."""
        return HoldLabel(self.label.data)


class AbortForm(Form):
    reason = radio(_("Reason"), ABORT_REASONS.items())
    explanation_en = area(_("Explanation in English"))
    explanation_zh = area(_("Explanation in Chinese"))

    @property
    def chosen(self) -> AbortReason:
        """The coded reason."""
        return AbortReason(self.reason.data)

    @property
    def explanation(self) -> Text:
        """What is published."""
        return pair(self, "explanation")
