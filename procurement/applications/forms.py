"""Forms of applying and checking. They check shape; what an answer may be is said by the rules."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import Any, ClassVar

from flask_babel import lazy_gettext as _
from flask_wtf.file import FileField, MultipleFileField
from werkzeug.datastructures import FileStorage
from wtforms import (
    BooleanField,
    DateField,
    DecimalField,
    Field,
    FieldList,
    FormField,
    HiddenField,
    IntegerField,
    RadioField,
    SelectField,
    SelectMultipleField,
    StringField,
    TextAreaField,
)
from wtforms import Form as Part
from wtforms.fields.choices import SelectChoice
from wtforms.validators import Optional

from procurement.applications.answers import yuan
from procurement.applications.checklist import ITEMS, METHODS, RESULTS, Asked, Finding, Item, Method, Result
from procurement.applications.content import (
    AfterSales,
    Certificate,
    Certificates,
    Claim,
    Fee,
    Freight,
    Interests,
    Money,
    Party,
    Price,
    Product,
    Purpose,
    Relation,
    RelationKind,
    ReturnException,
    Sale,
    Section,
    Side,
    Supply,
    Undertaking,
    Undertakings,
    Unit,
)
from procurement.applications.labels import HINTS, LABELS, OPTIONAL
from procurement.applications.questions import WITHHELD, Withheld
from procurement.applications.rules import CLAIMS, LOW_PRICES, RELATIONS
from procurement.applications.verdicts import ELIGIBLE_REASONS, OFFERED
from procurement.applications.wording import OPTIONS, PURPOSES, REASONS, UNDERTAKINGS
from procurement.merchants.rules import CertificateKind
from procurement.rounds.canonical import plain_text
from procurement.rounds.rules import Category, Gate
from procurement.rounds.scoring_rule import Text
from procurement.web import Form, localised

# ---- fields ------------------------------------------------------------------------------------------------------


class Amount(DecimalField):  # type: ignore[misc]
    """An exact number as people type it: blanks, full-width digits and group commas are understood."""

    def process_formdata(self, valuelist: list[str]) -> None:
        typed = "".join((valuelist[0] if valuelist else "").split())
        self.data = None
        if not typed:
            return
        try:
            number = Decimal(typed.replace("，", ",").replace("．", ".").replace(",", "").lstrip("¥￥"))
        except InvalidOperation as wrong:
            raise ValueError(_("Enter a number, such as 39.80.")) from wrong
        if not number.is_finite() or abs(number.adjusted()) > 20:
            raise ValueError(_("Enter a number, such as 39.80."))
        self.data = number

    def _value(self) -> str:
        if self.raw_data:
            return str(self.raw_data[0])
        return "" if self.data is None else format(self.data, "f")


class Yuan(Amount):
    """An amount of money, shown with two decimals unless it is whole."""

    def _value(self) -> str:
        if self.raw_data or self.data is None:
            return super()._value()
        return format(yuan(self.data), "f")


class Whole(IntegerField):  # type: ignore[misc]
    """A whole number; empty is None."""

    def process_formdata(self, valuelist: list[str]) -> None:
        typed = (valuelist[0] if valuelist else "").strip()
        self.data = None
        if not typed:
            return
        try:
            number = int(typed)
        except ValueError as wrong:
            raise ValueError(_("Enter a whole number, such as 7.")) from wrong
        if abs(number) > 10**12:
            raise ValueError(_("Enter a whole number, such as 7."))
        self.data = number


class Day(DateField):  # type: ignore[misc]
    """A day; empty is None."""

    def process_formdata(self, valuelist: list[str]) -> None:
        typed = (valuelist[0] if valuelist else "").strip()
        self.data = None
        if not typed:
            return
        try:
            self.data = date.fromisoformat(typed)
        except ValueError as wrong:
            raise ValueError(_("Enter a date, such as 2026-11-23.")) from wrong


_YES_NO = {"yes": True, "no": False}


def _number_or_none(value: Any) -> int | None:
    return int(value) if str(value or "").isdecimal() else None


def _told(value: Any) -> bool | None:
    return value if isinstance(value, bool) else _YES_NO.get(value)


def _say(path: str, **more: Any) -> dict[str, Any]:
    """Label, hint and optional mark of an answer, from wording.py."""
    given: dict[str, Any] = {"label": _(LABELS[path]), **more}
    if path in HINTS:
        given["description"] = _(HINTS[path])
    if path in OPTIONAL:
        given["validators"] = [Optional()]
    return given


def _text(path: str) -> StringField:
    return StringField(**_say(path))


def _long(path: str) -> TextAreaField:
    return TextAreaField(**_say(path))


def _amount(path: str) -> Amount:
    return Amount(**_say(path))


def _yuan(path: str) -> Yuan:
    return Yuan(**_say(path))


def _whole(path: str) -> Whole:
    return Whole(**_say(path))


def _day(path: str) -> Day:
    return Day(**_say(path))


def _yes_no(path: str) -> RadioField:
    choices = [SelectChoice("yes", _("Yes")), SelectChoice("no", _("No"))]
    return RadioField(**_say(path, choices=choices, coerce=_told, validate_choice=False))


def _coerce(codes: type[StrEnum]) -> Any:
    def coerce(value: Any) -> StrEnum | None:
        return codes(value) if value else None

    return coerce


def _choices(codes: type[StrEnum]) -> list[SelectChoice]:
    return [SelectChoice(code.value, _(words)) for code, words in OPTIONS[codes].items()]


def _radio(path: str, codes: type[StrEnum]) -> RadioField:
    return RadioField(**_say(path, choices=_choices(codes), coerce=_coerce(codes), validate_choice=False))


def _select(path: str, codes: type[StrEnum]) -> SelectField:
    choices = [SelectChoice("", _("Choose")), *_choices(codes)]
    return SelectField(**_say(path, choices=choices, coerce=_coerce(codes), validate_choice=False))


def _none(label: str) -> BooleanField:
    return BooleanField(label)


# ---- sections ----------------------------------------------------------------------------------------------------

PUBLIC_PURPOSES = frozenset({Purpose.PHOTO, Purpose.LABEL})
"""Always published after the deadline; other files only when the applicant says so."""


class SectionForm(Form):
    """One section. It is kept whether it is finished or not; `then` is the button that was pressed."""

    section: ClassVar[Section]
    kind: ClassVar[type[Any]]
    purposes: ClassVar[tuple[Purpose, ...]] = ()

    then = StringField()
    remove = StringField()
    seen = HiddenField()
    """The mark of what the form was filled with (writing.overtaken)."""
    upload = MultipleFileField(_("File"))
    purpose = SelectField(_("What it shows"), validate_choice=False, coerce=_coerce(Purpose))
    public = BooleanField(_("Publish this file after the deadline"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.purpose.choices = [SelectChoice(p.value, _(PURPOSES[p])) for p in self.purposes]

    @property
    def chosen(self) -> list[FileStorage]:
        """The files that were chosen."""
        return list(self.upload.data or ()) if self.purposes else []

    @property
    def chosen_purpose(self) -> Purpose:
        """What the file shows; the first when nothing fits."""
        chosen = self.purpose.data
        return chosen if chosen in self.purposes else self.purposes[0]

    @property
    def published(self) -> bool:
        """Whether the file becomes public after the deadline."""
        return self.chosen_purpose in PUBLIC_PURPOSES or bool(self.public.data)

    def answers(self) -> Any:
        """The section as it was filled in."""
        return self.kind(**{name: _answer(field) for name, field in self._fields.items() if name in self._names()})

    def _names(self) -> frozenset[str]:
        return frozenset(self.kind.__dataclass_fields__)


def _answer(field: Field) -> Any:
    if isinstance(field, StringField | TextAreaField):
        return plain_text(field.data or "")
    return field.data


class ClaimPart(Part):  # type: ignore[misc]
    """One claim."""

    text = StringField(_("What you claim"))
    proof = StringField(_("What proves it"))

    @property
    def begun(self) -> bool:
        """Whether anything was filled in."""
        return bool(self.text.data or self.proof.data)


class ProductForm(SectionForm):
    """What is offered."""

    section = Section.PRODUCT
    kind = Product
    purposes = (Purpose.PHOTO, Purpose.LABEL, Purpose.ORIGIN_PROOF, Purpose.CLAIM_PROOF)

    name = _text("product.name")
    category = _radio("product.category", Category)
    specification = _text("product.specification")
    net_content = _amount("product.net_content")
    unit = _select("product.unit", Unit)
    origin_province = _text("product.origin_province")
    origin_county = _text("product.origin_county")
    origin_township = _text("product.origin_township")
    brand = _text("product.brand")
    trademark = _text("product.trademark")
    ingredients = _long("product.ingredients")
    allergens = _text("product.allergens")
    standard_number = _text("product.standard_number")
    shelf_life_days = _whole("product.shelf_life_days")
    storage = _text("product.storage")
    harvest_season = _text("product.harvest_season")
    packaging = _text("product.packaging")
    trace_code = _text("product.trace_code")
    description = _long("product.description")
    claims = FieldList(FormField(ClaimPart), min_entries=CLAIMS, max_entries=CLAIMS)

    def answers(self) -> Product:
        """As filled in, without the claims left empty."""
        claims = (
            Claim(plain_text(part.form.text.data or ""), plain_text(part.form.proof.data or ""))
            for part in self.claims
        )
        plain = {n: _answer(f) for n, f in self._fields.items() if n in self._names() - {"claims"}}
        return Product(**plain, claims=tuple(claim for claim in claims if claim != Claim()))


class CertificatesForm(SectionForm):
    """Only the exemption; papers are added one by one."""

    section = Section.CERTIFICATES
    kind = Certificates

    exemption = _long("certificates.exemption")


class CertificateForm(Form):
    """One paper with its copy."""

    seen = HiddenField()
    type = _select("certificate.type", CertificateKind)
    number = _text("certificate.number")
    issuer = _text("certificate.issuer")
    issued = _day("certificate.issued")
    expires = _day("certificate.expires")
    covers = _yes_no("certificate.covers")
    scope = _text("certificate.scope")
    laboratory = _text("certificate.laboratory")
    sampled_on = _day("certificate.sampled_on")
    passed = _yes_no("certificate.passed")
    upload = FileField(_("Copy of the paper"), description=_("PDF, JPEG or PNG, at most 10 MB."))
    public = BooleanField(_("Publish this copy after the deadline"))
    stored: Any = None
    """The copy that is attached already (own.FileView)."""

    def certificate(self) -> Certificate:
        """The paper as filled in; its copy is set when it has been stored."""
        names = set(Certificate.__dataclass_fields__) - {"file"}
        return Certificate(**{name: _answer(self._fields[name]) for name in names})


class PriceForm(SectionForm):
    """Prices, in yuan."""

    section = Section.PRICE
    kind = Price
    purposes = (Purpose.PRICE_EVIDENCE, Purpose.PRICE_7, Purpose.PRICE_30, Purpose.PRICE_90)

    livestream = _yuan("price.livestream")
    list_price = _yuan("price.list_price")
    low_7 = _yuan("price.low_7")
    low_30 = _yuan("price.low_30")
    low_90 = _yuan("price.low_90")
    last_sale = _yuan("price.last_sale")
    sale_7_on = _day("sale.on")
    sale_7_platform = _text("sale.platform")
    sale_7_link = _text("sale.link")
    sale_30_on = _day("sale.on")
    sale_30_platform = _text("sale.platform")
    sale_30_link = _text("sale.link")
    sale_90_on = _day("sale.on")
    sale_90_platform = _text("sale.platform")
    sale_90_link = _text("sale.link")
    sale_last_on = _day("sale.on")
    sale_last_platform = _text("sale.platform")
    sale_last_link = _text("sale.link")
    not_below_cost = _yes_no("price.not_below_cost")
    gifts = _text("price.gifts")
    discount_paid_by = _text("price.discount_paid_by")
    freight = _radio("price.freight", Freight)
    freight_amount = _yuan("price.freight_amount")
    honoured_days = _whole("price.honoured_days")

    @classmethod
    def filled(cls, price: Price) -> dict[str, Any]:
        """Field → value, from the section."""
        flat = {name: getattr(price, name) for name in Price.__dataclass_fields__}
        for low in LOW_PRICES:
            sale = flat.pop(low.sale)
            flat |= {f"{low.sale}_{part}": getattr(sale, part) for part in Sale.__dataclass_fields__}
        return flat

    def answers(self) -> Price:
        """As filled in."""
        sales = {
            low.sale: Sale(
                **{part: _answer(self._fields[f"{low.sale}_{part}"]) for part in Sale.__dataclass_fields__}
            )
            for low in LOW_PRICES
        }
        given: dict[str, Any] = {n: _answer(f) for n, f in self._fields.items() if n in self._names() - sales.keys()}
        return Price(**given | sales)


class SupplyForm(SectionForm):
    """Stock, dispatch, growers."""

    section = Section.SUPPLY
    kind = Supply
    purposes = (Purpose.SUPPLY_EVIDENCE, Purpose.BENEFIT_EVIDENCE)

    stock = _amount("supply.stock")
    daily_dispatch = _amount("supply.daily_dispatch")
    maximum_orders = _amount("supply.maximum_orders")
    bottleneck = _text("supply.bottleneck")
    presale = _yes_no("supply.presale")
    dispatch_hours = _whole("supply.dispatch_hours")
    carrier = _text("supply.carrier")
    cold_chain = _yes_no("supply.cold_chain")
    excluded_regions = _text("supply.excluded_regions")
    households = _whole("supply.households")
    grower_price = _yuan("supply.grower_price")
    market_price = _yuan("supply.market_price")
    grower_unit = _text("supply.grower_unit")
    benefit = _long("supply.benefit")


class AfterSalesForm(SectionForm):
    """What buyers can rely on."""

    section = Section.AFTER_SALES
    kind = AfterSales
    purposes = (Purpose.AFTER_SALES_EVIDENCE,)

    seven_day_return = _yes_no("after_sales.seven_day_return")
    exception = _select("after_sales.exception", ReturnException)
    damage_rule = _long("after_sales.damage_rule")
    first_response_hours = _whole("after_sales.first_response_hours")
    refund_days = _whole("after_sales.refund_days")
    compensation = _long("after_sales.compensation")
    complaint_contact = _text("after_sales.complaint_contact")


FEES = ("commission", "slot_fee", "service_fee", "traffic_fee")


class MoneyForm(SectionForm):
    """Who is paid what. The fields of a fee are named after it, so that each fault stands at its field."""

    section = Section.MONEY
    kind = Money
    purposes = (Purpose.CONTRACT,)

    to_public_side = _amount("money.to_public_side")
    commission_amount = _amount("fee.amount")
    commission_payee = _text("fee.payee")
    commission_side = _select("fee.side", Side)
    slot_fee_amount = _yuan("fee.amount")
    slot_fee_payee = _text("fee.payee")
    slot_fee_side = _select("fee.side", Side)
    service_fee_amount = _yuan("fee.amount")
    service_fee_payee = _text("fee.payee")
    service_fee_side = _select("fee.side", Side)
    traffic_fee_amount = _yuan("fee.amount")
    traffic_fee_payee = _text("fee.payee")
    traffic_fee_side = _select("fee.side", Side)
    subsidies_none = _none(_("No subsidies were received for this product"))
    subsidies = _long("money.subsidies")

    @classmethod
    def filled(cls, money: Money) -> dict[str, Any]:
        """Field → value, from the section."""
        flat: dict[str, Any] = {
            "to_public_side": money.to_public_side,
            "subsidies_none": money.subsidies_none,
            "subsidies": money.subsidies,
        }
        for name in FEES:
            fee: Fee = getattr(money, name)
            flat |= {f"{name}_{part}": getattr(fee, part) for part in Fee.__dataclass_fields__}
        return flat

    def answers(self) -> Money:
        """As filled in."""
        fees = {
            name: Fee(**{part: _answer(self._fields[f"{name}_{part}"]) for part in Fee.__dataclass_fields__})
            for name in FEES
        }
        return Money(
            to_public_side=self.to_public_side.data,
            subsidies_none=self.subsidies_none.data,
            subsidies=_answer(self.subsidies),
            **fees,
        )


class RelationPart(Part):  # type: ignore[misc]
    """One relation."""

    party = _select("relation.party", Party)
    kind = _select("relation.kind", RelationKind)
    detail = _text("relation.detail")

    @property
    def begun(self) -> bool:
        """Whether anything was filled in."""
        return bool(self.party.data or self.kind.data or self.detail.data)


class InterestsForm(SectionForm):
    """Relations and record; nothing is ticked beforehand."""

    section = Section.INTERESTS
    kind = Interests
    purposes = (Purpose.INTERESTS_EVIDENCE,)

    relations_none = _none(_("There is no relation of any of these kinds to anybody in this round"))
    relations = FieldList(FormField(RelationPart), min_entries=RELATIONS, max_entries=RELATIONS)
    penalties_none = _none(_("There were none in the last three years"))
    penalties = _long("interests.penalties")
    related_none = _none(_("No related business applies in this round"))
    related = _long("interests.related")
    promotions_none = _none(_("There were no earlier promotions"))
    promotions = _long("interests.promotions")

    def answers(self) -> Interests:
        """As filled in, without the relations left empty."""
        relations = (
            Relation(part.form.party.data, part.form.kind.data, plain_text(part.form.detail.data or ""))
            for part in self.relations
        )
        plain = {n: _answer(f) for n, f in self._fields.items() if n in self._names() - {"relations"}}
        return Interests(**plain, relations=tuple(relation for relation in relations if relation != Relation()))


class UndertakingsForm(SectionForm):
    """Promises, each with a box of its own."""

    section = Section.UNDERTAKINGS
    kind = Undertakings

    accepted = SelectMultipleField(
        **_say(
            "undertakings.accepted",
            choices=[SelectChoice(u.value, _(words)) for u, words in UNDERTAKINGS.items()],
            coerce=_coerce(Undertaking),
            validate_choice=False,
        )
    )
    signed_by = _text("undertakings.signed_by")
    position = _text("undertakings.position")

    def answers(self) -> Undertakings:
        """As filled in."""
        ticked = set(self.accepted.data or ())
        return Undertakings(
            tuple(u for u in Undertaking if u in ticked), _answer(self.signed_by), _answer(self.position)
        )


FORMS: dict[Section, type[SectionForm]] = {
    form.section: form
    for form in (
        ProductForm,
        CertificatesForm,
        PriceForm,
        SupplyForm,
        AfterSalesForm,
        MoneyForm,
        InterestsForm,
        UndertakingsForm,
    )
}


def form_for(section: Section, content: Any) -> SectionForm:
    """The form of a section, filled with what is kept of it."""
    form = FORMS[section]
    if form is MoneyForm:
        return form(data=MoneyForm.filled(content))
    if form is PriceForm:
        return form(data=PriceForm.filled(content))
    return form(obj=content)


# ---- around ------------------------------------------------------------------------------------------------------


class StartForm(Form):
    """Which business, which product."""

    merchant = RadioField(_("Which business applies?"), validate_choice=False)
    product_name = StringField(
        _("Name of the product"),
        description=_("One application for each product. You can correct the name later."),
    )


class SubmitForm(Form):
    """Submitting. The file is for a clerk who wrote the application for somebody."""

    signed = FileField(
        _("The signed page, if there is one"),
        description=_("A PDF, or a photograph as JPEG or PNG, of at most 10 MB."),
    )


class ChecklistForm(Form):
    """Every item of the checklist: what was found, how, with what evidence, on which day, and a file that shows it.
    The fields are called after the item (`<item>_result` and so on)."""

    def findings(self) -> list[Finding]:
        """The items about which something was said."""
        found = [
            Finding(
                item=item,
                result=self[f"{item}_result"].data,
                method=self[f"{item}_method"].data,
                evidence=_answer(self[f"{item}_evidence"]),
                looked_on=self[f"{item}_looked_on"].data,
                file="new" if self[f"{item}_file"].data else "",
            )
            for item in Item
        ]
        return [replace(one, file="") for one in found if one.begun]

    def uploads(self) -> dict[Item, FileStorage]:
        """Item → the file that was chosen."""
        return {item: self[f"{item}_file"].data for item in Item if self[f"{item}_file"].data}

    @classmethod
    def filled(cls, held: Mapping[Item, Any], today: date) -> dict[str, Any]:
        """Field → value: what is kept, and today for what is not."""
        data: dict[str, Any] = {}
        for item in Item:
            view = held.get(item)
            data[f"{item}_looked_on"] = view.looked_on if view else today
            if view:
                data |= {f"{item}_{part}": getattr(view, part) for part in ("result", "method", "evidence")}
        return data


def _item_fields(item: Item, asked: Asked) -> dict[str, Field]:
    results = [
        SelectChoice(result.value, _(words))
        for result, words in RESULTS.items()
        if result is not Result.NOT_APPLICABLE or asked.may_not_apply
    ]
    methods = [SelectChoice("", _("Choose")), *(SelectChoice(m.value, _(words)) for m, words in METHODS.items())]
    return {
        f"{item}_result": RadioField(_(asked.title), choices=results, coerce=_coerce(Result), validate_choice=False),
        f"{item}_method": SelectField(
            _("How it was found"), choices=methods, coerce=_coerce(Method), validate_choice=False
        ),
        f"{item}_evidence": TextAreaField(_("What was looked at, and what it shows")),
        f"{item}_looked_on": Day(_("On which day")),
        f"{item}_file": FileField(_("Picture or paper that shows it"), validators=[Optional()]),
    }


for _item, _asked in ITEMS.items():
    for _name, _field in _item_fields(_item, _asked).items():
        setattr(ChecklistForm, _name, _field)


class SupplementForm(Form):
    """What an applicant is asked to complete."""

    items = SelectMultipleField(
        _("About which items"),
        choices=[SelectChoice(item.value, _(asked.title)) for item, asked in ITEMS.items()],
        coerce=_coerce(Item),
        validate_choice=False,
    )
    text = TextAreaField(
        _("What is missing, and what the applicant must send"),
        description=_("The applicant gets it by mail; everybody can read it once the verdict is given."),
    )


class CompletingForm(Form):
    """The answer of an applicant. `then` is the button that was pressed."""

    then = StringField()
    remove = StringField()
    seen = HiddenField()
    text = TextAreaField(
        _("Your answer"),
        description=_("Say what you send and what it shows. Everybody can read it once the verdict is given."),
    )
    upload = FileField(_("File"), validators=[Optional()])
    public = BooleanField(_("Publish this file with the verdict"))


class FewEligibleForm(Form):
    """Why the round ends, in both languages."""

    explanation_en = TextAreaField(_("Explanation in English"))
    explanation_zh = TextAreaField(_("Explanation in Chinese"))

    @property
    def explanation(self) -> Text:
        """Both."""
        return Text(plain_text(self.explanation_en.data or ""), plain_text(self.explanation_zh.data or ""))


class ConfirmForm(Form):
    """The version of the call that was read."""

    rules_version = HiddenField(filters=[_number_or_none])


class VerdictForm(Form):
    """Conditions met or not, the reason, the explanation."""

    gates = SelectMultipleField(_("Conditions that are met"), validate_choice=False)
    reason_code = SelectField(_("Verdict and its reason"), validate_choice=False)
    explanation = TextAreaField(
        _("Explanation"),
        description=_("The applicant gets it and everybody can read it. Name the answer or the paper you mean."),
    )

    def __init__(self, *args: Any, gates: tuple[Gate, ...] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.gates.choices = [SelectChoice(gate.code, localised(gate.text)) for gate in gates]
        self.reason_code.choices = [
            SelectChoice("", _("Choose")),
            *(
                SelectChoice(
                    reason.value,
                    _("Eligible: %(reason)s", reason=_(REASONS[reason]))
                    if reason in ELIGIBLE_REASONS
                    else _("Not eligible: %(reason)s", reason=_(REASONS[reason])),
                )
                for reason in OFFERED
            ),
        ]


class AskForm(Form):
    """A public question."""

    text = TextAreaField(
        _("Your question"),
        description=_("It is published with its answer, without your name. Write nothing private into it."),
    )


class AnswerForm(Form):
    """The answer to a question, for everybody."""

    answer = TextAreaField(
        _("Answer"),
        description=_("Everybody reads it. It explains the call and cannot change it; for that, amend the call."),
    )
    withheld = SelectField(_("Are the words of the question published?"), validate_choice=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.withheld.choices = [
            SelectChoice("", _("Yes")),
            *(SelectChoice(code.value, _("No: %(why)s", why=_(words))) for code, words in WITHHELD.items()),
        ]

    @property
    def ground(self) -> Withheld | None:
        """Why the question is not published; None when it is."""
        chosen = self.withheld.data
        return Withheld(chosen) if chosen in set(Withheld) else None
