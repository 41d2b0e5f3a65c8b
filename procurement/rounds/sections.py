"""The plain sections of a draft, one form each. Whether the result is right is said by the linter, so that a draft
can be saved while it is not."""

from dataclasses import fields, replace
from decimal import Decimal
from typing import Any

from flask_babel import lazy_gettext as _
from wtforms import (
    BooleanField,
    DateField,
    FieldList,
    FormField,
    HiddenField,
    RadioField,
    SelectField,
    SelectMultipleField,
    StringField,
)
from wtforms import Form as Part
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired, Length, Optional

from procurement.errors import N_
from procurement.rounds.fields import (
    LINE,
    DecimalField,
    Group,
    IntegerField,
    SectionForm,
    area,
    code,
    line,
    offer_packs,
    pack_field,
    pair,
    radio,
    spread,
    tidy,
    whole,
)
from procurement.rounds.figures import CHOICES, PLACES, Counted, Place
from procurement.rounds.packs import packs, shipped, with_pack
from procurement.rounds.rules import (
    CATEGORIES,
    EMPLOYER_KINDS,
    NATURES,
    PARTIES,
    Category,
    CommitteeRule,
    DayUnit,
    EmployerKind,
    ExpertsChosen,
    Gate,
    Money,
    NamesPublished,
    Nature,
    ObserversChosen,
    Office,
    Official,
    Opinion,
    Party,
    Payment,
    RoundDocument,
    Timetable,
)
from procurement.rounds.scoring_rule import Text


class PackForm(SectionForm):
    """Which rule pack the figures come from. Another pack, or `reset`, puts every figure to what it has."""

    prefixes = ("pack",)
    pack = pack_field()
    reset = BooleanField(
        _("Put every figure back to what the pack says"),
        description=_("Choosing another pack does so in any case. Criteria, conditions and texts of your own stay."),
    )

    @classmethod
    def of(cls, document: RoundDocument) -> "PackForm":
        form = cls(data=cls.data_of(document))
        offer_packs(form.pack)
        return form

    @classmethod
    def data_of(cls, document: RoundDocument) -> dict[str, Any]:
        return {"pack": document.pack.code, "reset": False}

    def changed(self, document: RoundDocument) -> RoundDocument:
        if self.reset.data or self.pack.data != document.pack.code or not shipped(document.pack):
            return with_pack(document, packs()[self.pack.data])
        return document


class BasicsForm(SectionForm):
    prefixes = ("title", "purpose", "public_interest", "office", "authority")
    groups = (
        Group(_("Title"), ("title_en", "title_zh")),
        Group(
            _("Purpose"),
            ("purpose_en", "purpose_zh"),
            _("What the selection is for, and what happens with the selected products."),
        ),
        Group(
            _("Public interest"),
            ("public_interest_en", "public_interest_zh"),
            _("Why this serves the public: for example which crop is unsold, and how that is known."),
        ),
        Group(
            _("Organiser"),
            ("office_name_en", "office_name_zh", "office_address_en", "office_address_zh", "office_contact"),
        ),
        Group(
            _("Outside authority"),
            (
                "authority_name_en",
                "authority_name_zh",
                "authority_address_en",
                "authority_address_zh",
                "authority_contact",
            ),
            _("To whom people may turn who are not content with a ruling on their objection."),
        ),
    )

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
    purpose_en = area(_("Purpose in English"))
    purpose_zh = area(_("Purpose in Chinese"))
    public_interest_en = area(_("Public interest in English"))
    public_interest_zh = area(_("Public interest in Chinese"))
    office_name_en = line(_("Name in English"))
    office_name_zh = line(_("Name in Chinese"))
    office_address_en = line(_("Address in English"))
    office_address_zh = line(_("Address in Chinese"))
    office_contact = line(_("Telephone or e-mail address for the public"))
    authority_name_en = line(_("Name in English"))
    authority_name_zh = line(_("Name in Chinese"))
    authority_address_en = line(_("Address in English"))
    authority_address_zh = line(_("Address in Chinese"))
    authority_contact = line(_("Telephone or e-mail address for the public"))

    @classmethod
    def data_of(cls, document: RoundDocument) -> dict[str, Any]:
        return {
            **spread("title", document.title),
            **spread("purpose", document.purpose),
            **spread("public_interest", document.public_interest),
            **spread("office_name", document.office.name),
            **spread("office_address", document.office.address),
            "office_contact": document.office.contact,
            **spread("authority_name", document.authority.name),
            **spread("authority_address", document.authority.address),
            "authority_contact": document.authority.contact,
        }

    def changed(self, document: RoundDocument) -> RoundDocument:
        return replace(
            document,
            title=pair(self, "title"),
            purpose=pair(self, "purpose"),
            public_interest=pair(self, "public_interest"),
            office=Office(pair(self, "office_name"), pair(self, "office_address"), self.office_contact.data),
            authority=Office(
                pair(self, "authority_name"), pair(self, "authority_address"), self.authority_contact.data
            ),
        )


class ActivityForm(SectionForm):
    prefixes = (
        "official",
        "activity.nature",
        "activity.platform",
        "activity.planned_on",
        "activity.subject",
        "activity.subject_basis",
        "categories",
    )
    groups = (
        Group(
            _("Promoting official"),
            (
                "official_name",
                "official_office_en",
                "official_office_zh",
                "official_employer_en",
                "official_employer_zh",
                "official_employer_kind",
            ),
            _("Who will promote the goods. The official does not apply, score, choose or receive money."),
        ),
        Group(
            _("Broadcast"),
            ("activity_nature", "activity_platform_en", "activity_platform_zh", "activity_planned_on"),
        ),
        Group(_("Goods"), ("categories",)),
        Group(
            _("When it is about goods of one place"),
            (
                "activity_subject_en",
                "activity_subject_zh",
                "activity_subject_basis_en",
                "activity_subject_basis_zh",
            ),
            _(
                "Origin may be what an activity is about, such as an unsold crop, with what shows that it needs "
                "help. It is never scored. Leave this empty otherwise."
            ),
        ),
    )

    official_name = line(_("Name"))
    official_office_en = line(_("Office held, in English"))
    official_office_zh = line(_("Office held, in Chinese"))
    official_employer_en = line(_("Employer in English"))
    official_employer_zh = line(_("Employer in Chinese"))
    official_employer_kind = SelectField(
        _("Kind of employer"),
        choices=[SelectChoice(kind.value, _(text)) for kind, text in EMPLOYER_KINDS.items()],
        description=_("Some bodies must not recommend food in any form."),
    )
    activity_nature = radio(_("What kind of broadcast it is"), NATURES.items())
    activity_platform_en = line(_("Platform in English"))
    activity_platform_zh = line(_("Platform in Chinese"))
    activity_planned_on = DateField(_("Planned day"), [Optional()])
    activity_subject_en = line(_("Goods and place in English"))
    activity_subject_zh = line(_("Goods and place in Chinese"))
    activity_subject_basis_en = area(_("What shows that they need help, in English"))
    activity_subject_basis_zh = area(_("What shows that they need help, in Chinese"))
    categories = SelectMultipleField(
        _("Which kinds of goods may be applied with"),
        choices=[SelectChoice(category.value, _(text)) for category, text in CATEGORIES.items()],
    )

    @classmethod
    def data_of(cls, document: RoundDocument) -> dict[str, Any]:
        official, activity = document.official, document.activity
        return {
            "official_name": official.name,
            **spread("official_office", official.office),
            **spread("official_employer", official.employer),
            "official_employer_kind": official.employer_kind.value,
            "activity_nature": activity.nature.value,
            **spread("activity_platform", activity.platform),
            "activity_planned_on": activity.planned_on,
            **spread("activity_subject", activity.subject),
            **spread("activity_subject_basis", activity.subject_basis),
            "categories": [category.value for category in document.categories],
        }

    def changed(self, document: RoundDocument) -> RoundDocument:
        return replace(
            document,
            official=Official(
                self.official_name.data,
                pair(self, "official_office"),
                pair(self, "official_employer"),
                EmployerKind(self.official_employer_kind.data),
            ),
            activity=replace(
                document.activity,
                nature=Nature(self.activity_nature.data),
                platform=pair(self, "activity_platform"),
                planned_on=self.activity_planned_on.data,
                subject=pair(self, "activity_subject"),
                subject_basis=pair(self, "activity_subject_basis"),
            ),
            categories=tuple(category for category in Category if category.value in (self.categories.data or [])),
        )


_OPINIONS = ("nature_opinion", "fair_competition", "food")


def _opinion_names(name: str) -> tuple[str, ...]:
    return tuple(
        f"{name}_{part}" for part in ("by_en", "by_zh", "number", "given_on", "conclusion_en", "conclusion_zh")
    )


class OpinionsForm(SectionForm):
    prefixes = tuple(f"activity.{name}" for name in _OPINIONS)
    groups = (
        Group(
            _("Legal opinion on the nature of the activity"),
            _opinion_names("nature_opinion"),
            _("Whether it is advertising, public information or something else, and when it is lawful."),
        ),
        Group(
            _("Fair-competition review"),
            _opinion_names("fair_competition"),
            _("That the call favours no place, no kind of ownership and no particular business."),
        ),
        Group(
            _("Legal opinion on recommending food"),
            _opinion_names("food"),
            _("Only where the official's department has to do with food."),
        ),
    )

    nature_opinion_by_en = line(_("Given by, in English"))
    nature_opinion_by_zh = line(_("Given by, in Chinese"))
    nature_opinion_number = line(_("Number"), most=80)
    nature_opinion_given_on = DateField(_("Given on"), [Optional()])
    nature_opinion_conclusion_en = area(_("Conclusion in English"))
    nature_opinion_conclusion_zh = area(_("Conclusion in Chinese"))
    fair_competition_by_en = line(_("Given by, in English"))
    fair_competition_by_zh = line(_("Given by, in Chinese"))
    fair_competition_number = line(_("Number"), most=80)
    fair_competition_given_on = DateField(_("Given on"), [Optional()])
    fair_competition_conclusion_en = area(_("Conclusion in English"))
    fair_competition_conclusion_zh = area(_("Conclusion in Chinese"))
    food_by_en = line(_("Given by, in English"))
    food_by_zh = line(_("Given by, in Chinese"))
    food_number = line(_("Number"), most=80)
    food_given_on = DateField(_("Given on"), [Optional()])
    food_conclusion_en = area(_("Conclusion in English"))
    food_conclusion_zh = area(_("Conclusion in Chinese"))

    @classmethod
    def data_of(cls, document: RoundDocument) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for name in _OPINIONS:
            opinion: Opinion = getattr(document.activity, name)
            found |= spread(f"{name}_by", opinion.by) | spread(f"{name}_conclusion", opinion.conclusion)
            found |= {f"{name}_number": opinion.number, f"{name}_given_on": opinion.given_on}
        return found

    def changed(self, document: RoundDocument) -> RoundDocument:
        opinions = {
            name: Opinion(
                by=pair(self, f"{name}_by"),
                number=self[f"{name}_number"].data,
                given_on=self[f"{name}_given_on"].data,
                conclusion=pair(self, f"{name}_conclusion"),
            )
            for name in _OPINIONS
        }
        return replace(document, activity=replace(document.activity, **opinions))  # type: ignore[arg-type]


class GatePart(Part):  # type: ignore[misc]
    code = HiddenField()
    text_en = area(_("Condition in English"), rows=2)
    text_zh = area(_("Condition in Chinese"), rows=2)


class GatesForm(SectionForm):
    prefixes = ("gates",)
    gates = FieldList(FormField(GatePart))

    @classmethod
    def data_of(cls, document: RoundDocument) -> dict[str, Any]:
        rows = [{"code": gate.code, **spread("text", gate.text)} for gate in document.gates]
        return {"gates": [*rows, {}, {}]}

    def changed(self, document: RoundDocument) -> RoundDocument:
        gates: list[Gate] = []
        for entry in self.gates.entries:
            text = pair(entry.form, "text")
            if text.en or text.zh:
                taken = [gate.code for gate in gates]
                gates.append(Gate(code(entry.form.code.data, "condition", taken), text))
        return replace(document, gates=tuple(gates))


_COUNTED = {
    Counted.CALENDAR_DAYS: _("In calendar days."),
    Counted.WORKING_DAYS: _("In working days."),
    Counted.YEARS: _("In years."),
    Counted.MONTHS: _("In months."),
}
_HINTS = {
    "min_call_days": _("The office's own rule, in calendar days; the call may not be shorter."),
    "amendment_days": _("In calendar days. An amendment later than this extends the call."),
    "notice_days": _("Objections may be filed in this time. In the unit chosen below."),
    "unfounded_objections": _("They never keep anybody from objecting again."),
    "standstill_days": _("In calendar days; 0 for none. Nothing is done on the decision meanwhile."),
}


def _period(place: Place) -> IntegerField:
    name = place.path.removeprefix("timetable.")
    return whole(_(place.label), _HINTS.get(name) or _COUNTED.get(place.counted, ""))


_CALL = ("call_days", "min_call_days", "amendment_days", "question_working_days")
_CHECKING = (
    "checking_working_days",
    "supplement_working_days",
    "verdict_objection_working_days",
    "scoring_working_days",
)
_RESULT = (
    "notice_days",
    "notice_unit",
    "admissibility_working_days",
    "objection_supplement_working_days",
    "answer_working_days",
    "third_party_working_days",
    "ruling_working_days",
    "suspension_days",
    "escalation_working_days",
    "authority_working_days",
    "unfounded_objections",
    "unfounded_months",
)
_AFTERWARDS = ("decision_working_days", "standstill_days", "retention_years", "broadcast_retention_years")


class TimetableForm(SectionForm):
    prefixes = ("timetable", "least_eligible")
    groups = (
        Group(_("The call"), tuple(f"timetable_{n}" for n in _CALL)),
        Group(_("Checking and scoring"), (*(f"timetable_{n}" for n in _CHECKING), "least_eligible")),
        Group(
            _("Result and objections"),
            tuple(f"timetable_{n}" for n in _RESULT),
            _("The first day is not counted; a last day that is off rolls over to the next working day."),
        ),
        Group(_("Afterwards"), tuple(f"timetable_{n}" for n in _AFTERWARDS)),
        Group(_("How days are counted"), ("timetable_calendar", "timetable_zone")),
    )

    least_eligible = whole(_("Eligible applications, at least"), _("With fewer, the round ends without a selection."))
    timetable_notice_unit = radio(
        _("The notice is counted in"),
        [(unit.value, words) for unit, words in CHOICES["timetable.notice_unit"].items()],
    )
    timetable_calendar = RadioField(
        _("Calendar"),
        choices=[
            SelectChoice("cn", _("State Council working days, with make-up working days")),
            SelectChoice("none", _("Monday to Friday")),
        ],
    )
    timetable_zone = line(_("Time zone"), _("Days end at midnight there; for example Asia/Shanghai."), most=60)

    @classmethod
    def data_of(cls, document: RoundDocument) -> dict[str, Any]:
        periods = {f"timetable_{one.name}": getattr(document.timetable, one.name) for one in fields(Timetable)}
        return periods | {"least_eligible": document.least_eligible}

    def changed(self, document: RoundDocument) -> RoundDocument:
        periods = {one.name: self[f"timetable_{one.name}"].data for one in fields(Timetable)}
        periods["notice_unit"] = DayUnit(periods["notice_unit"])
        return replace(document, timetable=Timetable(**periods), least_eligible=self.least_eligible.data)


for _place in PLACES:
    if _place.path.startswith("timetable.") and _place.counted is not Counted.CHOICE:
        setattr(TimetableForm, _place.path.replace(".", "_"), _period(_place))


class CommitteeForm(SectionForm):
    prefixes = ("committee",)
    groups = (
        Group(
            _("Composition"),
            ("committee_size", "committee_experts"),
            _(
                "An odd number, at least five; at least two thirds are experts; at least one speaks for consumers. "
                "Seven or more leave a seat for the organiser's representative, who may not chair."
            ),
        ),
        Group(
            _("Who becomes a member"),
            ("committee_experts_chosen", "committee_rotation", "committee_seat_working_days"),
        ),
        Group(_("Recusal"), ("committee_recusal_working_days",)),
        Group(_("Names"), ("committee_names_published",)),
        Group(_("Observers"), ("committee_observers", "committee_observers_chosen")),
    )

    committee_size = whole(_("Members"))
    committee_experts = whole(_("Of them experts, at least"))
    committee_experts_chosen = radio(
        _("How experts are found"),
        [(way.value, words) for way, words in CHOICES["committee.experts_chosen"].items()],
    )
    committee_rotation = whole(
        _("Consecutive rounds after which a person pauses"), _("For example 2; 0 when there is no limit.")
    )
    committee_seat_working_days = whole(_("Working days within which somebody drawn says whether they take the seat"))
    committee_recusal_working_days = whole(_("Working days within which a request for recusal is decided"))
    committee_names_published = radio(
        _("When members' names are published"),
        [(when.value, words) for when, words in CHOICES["committee.names_published"].items()],
        _("Until then they are known by code: M1, M2 and so on."),
    )
    committee_observers = whole(
        _("Seats for observers"),
        _("Citizens and press who watch the draw, the meetings and the opening; 0 for none."),
    )
    committee_observers_chosen = radio(
        _("When more people ask than there are seats"),
        (
            (ObserversChosen.FIRST_COME.value, N_("who asks first gets a seat")),
            (ObserversChosen.DRAWN.value, N_("seats are drawn by lot")),
        ),
    )

    @classmethod
    def data_of(cls, document: RoundDocument) -> dict[str, Any]:
        return {f"committee_{one.name}": getattr(document.committee, one.name) for one in fields(CommitteeRule)}

    def changed(self, document: RoundDocument) -> RoundDocument:
        given = {one.name: self[f"committee_{one.name}"].data for one in fields(CommitteeRule)}
        given["names_published"] = NamesPublished(given["names_published"])
        given["experts_chosen"] = ExpertsChosen(given["experts_chosen"])
        given["observers_chosen"] = ObserversChosen(given["observers_chosen"])
        return replace(document, committee=CommitteeRule(**given))


class PaymentPart(Part):  # type: ignore[misc]
    payer = SelectField(_("Who pays"), choices=[SelectChoice(p.value, _(text)) for p, text in PARTIES.items()])
    payee = SelectField(_("Whom"), choices=[SelectChoice(p.value, _(text)) for p, text in PARTIES.items()])
    purpose_en = line(_("For what, in English"))
    purpose_zh = line(_("For what, in Chinese"))
    amount = DecimalField(_("Amount in yuan"))
    percent = DecimalField(_("Share of sales in percent"))


class MoneyForm(SectionForm):
    prefixes = ("money", "legal_basis")
    groups = (
        Group(_("Legal basis"), ("legal_basis_en", "legal_basis_zh")),
        Group(_("Budget"), ("money_budget", "money_source_en", "money_source_zh")),
        Group(
            _("Payments"),
            ("payments",),
            _("Who pays whom for what; the public side receives nothing. A row without a purpose is dropped."),
        ),
    )

    legal_basis_en = area(_("Legal basis in English"), _("Say “applied by analogy” where a law is not binding here."))
    legal_basis_zh = area(_("Legal basis in Chinese"))
    money_budget = DecimalField(_("Budget in yuan"), [InputRequired(_("Write an amount; 0 when there is none."))])
    money_source_en = area(_("Where the money comes from, in English"))
    money_source_zh = area(_("Where the money comes from, in Chinese"))
    payments = FieldList(FormField(PaymentPart))

    @classmethod
    def data_of(cls, document: RoundDocument) -> dict[str, Any]:
        rows: list[dict[str, Any]] = [
            {
                "payer": p.payer.value,
                "payee": p.payee.value,
                **spread("purpose", p.purpose),
                "amount": p.amount,
                "percent": p.percent,
            }
            for p in document.money.payments
        ]
        return {
            **spread("legal_basis", document.legal_basis),
            "money_budget": document.money.budget,
            **spread("money_source", document.money.source),
            "payments": [*rows, {"payer": Party.MERCHANT.value, "payee": Party.PLATFORM.value}],
        }

    def changed(self, document: RoundDocument) -> RoundDocument:
        payments = tuple(
            Payment(
                Party(entry.form.payer.data),
                Party(entry.form.payee.data),
                purpose,
                entry.form.amount.data or Decimal(0),
                entry.form.percent.data or Decimal(0),
            )
            for entry in self.payments.entries
            if (purpose := pair(entry.form, "purpose")) != Text()
        )
        money = Money(self.money_budget.data, pair(self, "money_source"), payments)
        return replace(document, money=money, legal_basis=pair(self, "legal_basis"))
