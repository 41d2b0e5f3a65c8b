"""An entry as its page shows it: every field with what it means, in plain values that a template can say."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import date, datetime
from decimal import Decimal
from types import MappingProxyType
from typing import Any

from procurement.access import ROLE_NAMES
from procurement.errors import N_
from procurement.publiclog.entry import Entry, Part, Salted
from procurement.publiclog.erasing import Erased
from procurement.publiclog.queries import Logged
from procurement.publiclog.writing import SYSTEM


@dataclass(frozen=True, slots=True)
class Shown:
    """A value and how to say it. `kind`: text, number, yes, instant, day, salted, nothing, list or part; a list holds
    Shown, a part holds (name, label, Shown)."""

    kind: str
    value: Any


@dataclass(frozen=True, slots=True)
class EntryLine:
    """An entry in a list. `title` and `role` are N_ texts."""

    index: int
    kind: str
    title: str
    at: datetime
    round_ref: str | None
    role: str


@dataclass(frozen=True, slots=True)
class EntryPage:
    """An entry with all it says. `fields`: (name, label, value); `body`: the bytes that were hashed, as text;
    `erased`: digest → when and why its data was erased."""

    line: EntryLine
    person: str | None
    fields: tuple[tuple[str, str, Shown], ...]
    leaf_hash: str
    body: str
    erased: Mapping[str, Erased]


def line_of(logged: Logged) -> EntryLine:
    """One line about an entry."""
    entry, role = logged.envelope.entry, logged.envelope.by.role
    known = {str(one): name for one, name in ROLE_NAMES.items()} | {SYSTEM: N_("the system")}
    return EntryLine(
        index=logged.index,
        kind=entry.kind,
        title=entry.title,
        at=logged.envelope.at,
        round_ref=logged.envelope.round_ref,
        role=known.get(role, role),
    )


def page_of(logged: Logged, erased: Mapping[str, Erased] = MappingProxyType({})) -> EntryPage:
    """Everything about an entry. `erased`: which of its personal data was (erasing.erased_in)."""
    entry, person = logged.envelope.entry, logged.envelope.by.person
    return EntryPage(
        line=line_of(logged),
        person=None if person is None else person.digest,
        fields=_fields(entry, entry.labels),
        erased=erased,
        leaf_hash=logged.leaf_hash.hex(),
        body=json.dumps(json.loads(logged.body), ensure_ascii=False, indent=2),
    )


def _fields(owner: Entry | Part, labels: Mapping[str, str]) -> tuple[tuple[str, str, Shown], ...]:
    return tuple(
        (field.name, labels.get(field.name, ""), _shown(getattr(owner, field.name)))
        for field in fields(owner)  # type: ignore[arg-type]
    )


def _shown(value: object) -> Shown:
    match value:
        case None:
            return Shown("nothing", None)
        case bool():
            return Shown("yes", value)
        case int() | Decimal():
            return Shown("number", value)
        case datetime():
            return Shown("instant", value)
        case date():
            return Shown("day", value)
        case Salted():
            return Shown("salted", value.digest)
        case tuple():
            return Shown("list", tuple(_shown(item) for item in value))
        case Part():
            return Shown("part", _fields(value, {}))
    return Shown("text", str(value))
