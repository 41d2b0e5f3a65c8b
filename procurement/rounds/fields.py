"""Fields that rounds' forms are made of: exact numbers, tidy texts, texts in both languages."""

from abc import ABCMeta, abstractmethod
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any, ClassVar

import wtforms
from flask_babel import gettext
from flask_babel import lazy_gettext as _
from wtforms import RadioField, StringField, TextAreaField
from wtforms.fields.choices import SelectChoice
from wtforms.form import FormMeta
from wtforms.validators import InputRequired, Length, NumberRange

from procurement.errors import RuleBroken
from procurement.rounds.canonical import plain_text
from procurement.rounds.packs import packs
from procurement.rounds.rules import RoundDocument
from procurement.rounds.scoring_rule import Text, plain_decimal, show_decimal
from procurement.web import Form, localised

LINE, AREA = 200, 4000


class DecimalField(StringField):  # type: ignore[misc]
    """An exact decimal. Holds a Decimal, or None when left empty; never a float."""

    data: Any

    def process_formdata(self, valuelist: Sequence[str]) -> None:
        """Read plain digits; blanks and group commas are forgiven."""
        typed = "".join(valuelist[0].split()).replace(",", "") if valuelist else ""
        self.data = plain_decimal(typed) if typed else None
        if typed and self.data is None:
            raise ValueError(gettext("Write a plain number, such as 12 or 0.5."))

    def _value(self) -> str:
        if self.raw_data:
            return str(self.raw_data[0])
        return "" if self.data is None else show_decimal(self.data)


class IntegerField(wtforms.IntegerField):  # type: ignore[misc]
    """A whole number that a person writes by hand, or None when left empty."""

    data: Any

    def process_formdata(self, valuelist: Sequence[str]) -> None:
        """Read digits."""
        typed = valuelist[0].strip() if valuelist else ""
        self.data = None
        if not typed:
            return
        if not (typed.isascii() and typed.isdigit() and len(typed) < 10):
            raise ValueError(gettext("Write a whole number."))
        self.data = int(typed)


def tidy(value: str | None) -> str:
    """A text as the rules keep it."""
    return plain_text(value or "")


def line(label: str, hint: str = "", most: int = LINE) -> StringField:
    """A line of text."""
    return StringField(label, [Length(max=most)], filters=[tidy], description=hint)


def area(label: str, hint: str = "", rows: int = 4) -> TextAreaField:
    """A longer text, shown in `rows` lines."""
    return TextAreaField(label, [Length(max=AREA)], filters=[tidy], description=hint, render_kw={"data-rows": rows})


def whole(label: str, hint: str = "") -> IntegerField:
    """A whole number that is needed."""
    return IntegerField(
        label,
        [InputRequired(_("Write a whole number.")), NumberRange(0, 1_000_000, _("Write a whole number."))],
        description=hint,
    )


def radio(label: str, choices: Iterable[tuple[str, str]], hint: str = "") -> RadioField:
    """One of several; `choices` are (value, text to be translated)."""
    options = [SelectChoice(str(value), _(text)) for value, text in choices]
    return RadioField(label, [InputRequired(_("Choose one."))], choices=options, description=hint)


def pair(form: Any, name: str) -> Text:
    """The text that the fields `<name>_en` and `<name>_zh` hold."""
    return Text(form[f"{name}_en"].data or "", form[f"{name}_zh"].data or "")


def spread(name: str, text: Text) -> dict[str, str]:
    """What the fields `<name>_en` and `<name>_zh` show for `text`."""
    return {f"{name}_en": text.en, f"{name}_zh": text.zh}


def code(given: str | None, word: str, taken: Sequence[str]) -> str:
    """The code that a row has, or a new one: `word` with the first free number."""
    if given and given not in taken and given.replace("_", "").isalnum() and given.isascii():
        return given
    return next(code for n in range(1, 10_000) if (code := f"{word}_{n}") not in taken)


def pack_field() -> RadioField:
    """One of the rule packs; its choices are set by `offer_packs`, in the language of the page."""
    return RadioField(_("Rule pack"), [InputRequired(_("Choose one."))])


def offer_packs(field: RadioField) -> None:
    """Give `field` the packs that are shipped as its choices."""
    field.choices = [SelectChoice(name, localised(pack.rules.title)) for name, pack in packs().items()]


@contextmanager
def in_fields() -> Iterator[None]:
    """Let refusals name form fields: the place `office.name.en` of a document is the field `office_name_en`."""
    try:
        yield
    except RuleBroken as refused:
        raise RuleBroken(
            *(replace(p, field=p.field.replace(".", "_") if p.field else None) for p in refused.problems)
        ) from refused


@dataclass(frozen=True, slots=True)
class Group:
    """Fields under one heading. `pairs`: names of texts in both languages; `wide`: shown in full width."""

    legend: str
    names: tuple[str, ...]
    hint: str = ""


class _AbstractForm(FormMeta, ABCMeta):  # type: ignore[misc]
    """Forms of which none can be made while a method is missing."""


class SectionForm(Form, metaclass=_AbstractForm):
    """One page of a draft. `prefixes`: the places in the document that belong to it."""

    prefixes: ClassVar[tuple[str, ...]] = ()
    groups: ClassVar[tuple[Group, ...]] = ()

    @classmethod
    def of(cls, document: RoundDocument) -> "SectionForm":
        """The form, filled from what was sent or else from `document`."""
        return cls(data=cls.data_of(document))

    @classmethod
    @abstractmethod
    def data_of(cls, document: RoundDocument) -> dict[str, Any]:
        """What the fields show for `document`."""

    @abstractmethod
    def changed(self, document: RoundDocument) -> RoundDocument:
        """`document` with what was sent."""
