"""An application as rows of question and answer, for every page that shows one. Pure; the template says the values.

Answers that were left empty are left out. `kind` tells the template how to say a value: "text" (what the applicant
wrote), "code" (a source text to translate), "codes" (several), "money" (yuan), "percent", "number", "days", "hours",
"date", "bool", "quantity" (a number with its unit, a source text).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Any

from procurement.applications.content import (
    AttachedFile,
    Certificate,
    Content,
    Fee,
    Relation,
    Section,
)
from procurement.applications.labels import LABELS
from procurement.applications.rules import LOW_PRICES
from procurement.applications.wording import PURPOSES, SECTIONS, UNITS, name_of
from procurement.errors import N_

_MONEY = frozenset(
    {
        *("livestream", "list_price", "low_7", "low_30", "low_90", "last_sale", "freight_amount"),
        *("grower_price", "market_price", "to_public_side"),
    }
)
_DAYS = frozenset({"shelf_life_days", "honoured_days", "refund_days"})
_HOURS = frozenset({"dispatch_hours", "first_response_hours"})
NONE = N_("None")
NEVER_EXPIRES = N_("No end is printed on it")


@dataclass(frozen=True, slots=True)
class Answer:
    """One line. `label` is a source text."""

    label: str
    kind: str
    value: Any


@dataclass(frozen=True, slots=True)
class Group:
    """Lines that belong together: one paper, one fee, one relation. `title` as a value of its own kind."""

    title: str
    answers: tuple[Answer, ...]


@dataclass(frozen=True, slots=True)
class FileAnswer:
    """A file with what it shows, as a source text."""

    purpose: str
    file: AttachedFile


@dataclass(frozen=True, slots=True)
class SectionAnswers:
    """A section as it is shown."""

    section: Section
    title: str
    answers: tuple[Answer, ...]
    groups: tuple[Group, ...]
    files: tuple[FileAnswer, ...]


def answers(content: Content) -> tuple[SectionAnswers, ...]:
    """Every section of `content`, in order."""
    return tuple(section_answers(section, content) for section in Section)


def section_answers(section: Section, content: Content) -> SectionAnswers:
    """One section of `content`."""
    part = content.section(section)
    return SectionAnswers(
        section=section,
        title=SECTIONS[section],
        answers=tuple(_simple(part, section.value)),
        groups=tuple(_groups(section, content)),
        files=tuple(FileAnswer(PURPOSES[f.purpose], f) for f in content.files_of(section)),
    )


def yuan(amount: Decimal) -> Decimal:
    """An amount as it is written: whole yuan, or two decimals."""
    return amount if amount == amount.to_integral_value() else amount.quantize(Decimal("0.01"))


def _simple(part: Any, prefix: str) -> Iterator[Answer]:
    for name in part.__dataclass_fields__:
        value = getattr(part, name)
        if name.endswith("_none"):
            if value:
                yield Answer(LABELS[f"{prefix}.{name.removesuffix('_none')}"], "code", NONE)
            continue
        if f"{prefix}.{name}" not in LABELS or isinstance(value, Fee):
            continue
        if name == "unit" or (name == "net_content" and value is not None and part.unit is not None):
            if name == "net_content":
                yield Answer(LABELS["product.net_content"], "quantity", (value, UNITS[part.unit]))
            continue
        kind = _kind(name, value)
        if kind == "money":
            yield Answer(LABELS[f"{prefix}.{name}"], kind, yuan(value))
        elif kind is not None:
            yield Answer(LABELS[f"{prefix}.{name}"], kind, _value(value))


def _kind(name: str, value: Any) -> str | None:
    if value is None or value in ("", ()):
        return None
    if isinstance(value, tuple):
        return "codes" if isinstance(value[0], StrEnum) else None
    if isinstance(value, StrEnum):
        return "code"
    if isinstance(value, bool):
        return "bool"
    if isinstance(value, date):
        return "date"
    if name in _MONEY:
        return "money"
    if name in _DAYS:
        return "days"
    if name in _HOURS:
        return "hours"
    return "number" if isinstance(value, int | Decimal) else "text"


def _value(value: Any) -> Any:
    if isinstance(value, tuple):
        return tuple(name_of(item) for item in value)
    return name_of(value) if isinstance(value, StrEnum) else value


def _groups(section: Section, content: Content) -> Iterator[Group]:
    match section:
        case Section.PRODUCT:
            for claim in content.product.claims:
                yield Group(
                    N_("Claim"),
                    (Answer(N_("What is claimed"), "text", claim.text), Answer(N_("Proof"), "text", claim.proof)),
                )
        case Section.CERTIFICATES:
            for paper in content.certificates.items:
                yield _paper(paper)
        case Section.PRICE:
            for low in LOW_PRICES:
                sale = getattr(content.price, low.sale)
                if rows := tuple(_simple(sale, "sale")):
                    yield Group(LABELS[f"price.{low.price}"], rows)
        case Section.MONEY:
            for name in ("commission", "slot_fee", "service_fee", "traffic_fee"):
                yield _fee(name, getattr(content.money, name))
        case Section.INTERESTS:
            for relation in content.interests.relations:
                yield _relation(relation)
        case _:
            pass


def _paper(paper: Certificate) -> Group:
    rows = [answer for answer in _simple(paper, "certificate") if answer.label != LABELS["certificate.file"]]
    if paper.expires is None:
        rows.append(Answer(LABELS["certificate.expires"], "code", NEVER_EXPIRES))
    title = name_of(paper.type) if paper.type is not None else N_("Paper")
    return Group(title, tuple(row for row in rows if row.label != LABELS["certificate.type"]))


def _fee(name: str, fee: Fee) -> Group:
    title = LABELS[f"money.{name}"]
    if fee.amount is None:
        return Group(title, ())
    if fee.amount == 0:
        return Group(title, (Answer(LABELS["fee.amount"], "code", NONE),))
    kind, amount = ("percent", fee.amount) if name == "commission" else ("money", yuan(fee.amount))
    rows = [Answer(LABELS["fee.amount"], kind, amount)]
    if fee.payee:
        rows.append(Answer(LABELS["fee.payee"], "text", fee.payee))
    if fee.side is not None:
        rows.append(Answer(LABELS["fee.side"], "code", name_of(fee.side)))
    return Group(title, tuple(rows))


def _relation(relation: Relation) -> Group:
    return Group(N_("Relation"), tuple(_simple(relation, "relation")))
