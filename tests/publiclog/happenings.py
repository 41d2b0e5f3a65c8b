"""Kinds of entry that only the tests of the log know."""

from datetime import UTC, date, datetime
from decimal import Decimal

from procurement.publiclog.entry import Code, Digest, Entry, Part, Ref, Salted

NOON = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)


class Mark(Part):
    criterion: Code
    value: Decimal | None


class Happened(Entry, kind="test.happened", title="Something happened", labels={"number": "How many"}):
    number: int


class Everything(Entry, kind="test.everything", title="Every type of field"):
    text: str
    code: Code
    ref: Ref
    digest: Digest
    number: int
    yes: bool
    amount: Decimal
    at: datetime
    day: date
    name: Salted
    contact: Salted | None
    marks: tuple[Mark, ...]


def everything(**changes: object) -> Everything:
    fields: dict[str, object] = {
        "text": "桂花糕 Osmanthus cake",
        "code": "half_up",
        "ref": "R2026-001/A03",
        "digest": "ab" * 32,
        "number": -3,
        "yes": True,
        "amount": Decimal("12.50"),
        "at": NOON,
        "day": date(2026, 3, 2),
        "name": Salted("张三"),
        "contact": None,
        "marks": (Mark(criterion="taste", value=Decimal(9)), Mark(criterion="price", value=None)),
    }
    return Everything(**{**fields, **changes})  # type: ignore[arg-type]
