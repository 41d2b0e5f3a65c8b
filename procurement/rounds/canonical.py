"""Frozen dataclasses to JSON and back, exactly, and the one text that is hashed.

A class is written field by field: texts, whole numbers and truth values as they are, decimals and enumerations as
strings, tuples as lists, and classes that have `to_json`/`from_json` of their own by these. Reading is strict: an
unknown key, a missing key, a floating-point number or a control character is a fault with the name of its place.

    read(Draft, value, problems)    the other way: write(draft)    canonical_text(write(draft)) → text to hash
"""

import re
import types
import unicodedata
from collections.abc import Mapping
from dataclasses import MISSING, fields, is_dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from functools import cache
from hashlib import sha256
from typing import Any, Union, get_args, get_origin, get_type_hints

import rfc8785

from procurement.errors import N_, Problem, RuleBroken
from procurement.rounds.scoring_rule import plain_decimal, show_decimal

LONGEST = 20_000
_CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f\x7f\ud800-\udfff]")
_SAFE_INT = 2**53 - 1


def plain_text(text: str) -> str:
    """`text` as it is kept: normal form C, line feeds only, no spaces around it."""
    return unicodedata.normalize("NFC", text.replace("\r\n", "\n").replace("\r", "\n")).strip()


def canonical_text(value: Any) -> str:
    """RFC 8785's text of a JSON value: the same value always has the same text."""
    return rfc8785.dumps(value).decode()


def digest(text: str) -> str:
    """SHA-256, in hex, of the UTF-8 bytes of `text`."""
    return sha256(text.encode()).hexdigest()


def write(value: Any) -> Any:
    """The JSON form of a frozen dataclass or of what may stand in one."""
    if hasattr(value, "to_json"):
        return value.to_json()
    if is_dataclass(value):
        return {field.name: write(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, tuple):
        return [write(item) for item in value]
    if isinstance(value, Decimal):
        return show_decimal(value)
    if isinstance(value, StrEnum):
        return value.value
    if isinstance(value, date):
        return value.isoformat()
    return value


def read(kind: Any, value: Any, problems: list[Problem], place: str = "") -> Any:
    """The value of type `kind` that the JSON `value` writes. Faults go to `problems`, each with its place."""
    reader = _READERS.get(kind)
    if reader is not None:
        return reader(value, problems, place)
    if get_origin(kind) in (Union, types.UnionType):
        inner = next(a for a in get_args(kind) if a is not types.NoneType)
        return None if value is None else read(inner, value, problems, place)
    if get_origin(kind) is tuple:
        return _read_tuple(get_args(kind)[0], value, problems, place)
    if hasattr(kind, "from_json"):
        return _read_own(kind, value, problems, place)
    if isinstance(kind, type) and issubclass(kind, StrEnum):
        return _read_enum(kind, value, problems, place)
    if is_dataclass(kind):
        return _read_class(kind, value, problems, place)
    raise TypeError(f"{place}: a {kind!r} cannot be read")


def read_whole(kind: Any, value: Any) -> Any:
    """As `read` for a whole document; raises RuleBroken with every fault."""
    problems: list[Problem] = []
    found = _read_class(kind, value, problems, "")
    if problems:
        raise RuleBroken(*problems)
    return found


def _fault(problems: list[Problem], place: str, message: str, **params: Any) -> None:
    problems.append(Problem(message, {"place": place or "document", **params}, place or None))


def _read_text(value: Any, problems: list[Problem], place: str) -> str:
    if not isinstance(value, str) or len(value) > LONGEST or _CONTROL.search(value):
        _fault(problems, place, N_("%(place)s: a text of at most %(most)s characters is needed"), most=LONGEST)
        return ""
    return unicodedata.normalize("NFC", value)


def _read_int(value: Any, problems: list[Problem], place: str) -> int:
    if type(value) is not int or abs(value) > _SAFE_INT:
        _fault(problems, place, N_("%(place)s: a whole number is needed"))
        return 0
    return value


def _read_bool(value: Any, problems: list[Problem], place: str) -> bool:
    if not isinstance(value, bool):
        _fault(problems, place, N_("%(place)s: yes or no is needed"))
    return value is True


def _read_decimal(value: Any, problems: list[Problem], place: str) -> Decimal:
    number = plain_decimal(value) if isinstance(value, str) else None
    if number is None:
        _fault(problems, place, N_("%(place)s: a plain decimal number is needed, written as a text"))
    return number if number is not None else Decimal(0)


def _read_date(value: Any, problems: list[Problem], place: str) -> date:
    try:
        day = date.fromisoformat(value)
    except (TypeError, ValueError):
        day = None
    if day is None or day.isoformat() != value:
        _fault(problems, place, N_("%(place)s: a date is needed, like 2026-11-23"))
        return date.min
    return day


_READERS: Mapping[Any, Any] = {
    str: _read_text,
    int: _read_int,
    bool: _read_bool,
    Decimal: _read_decimal,
    date: _read_date,
}


def _read_tuple(kind: Any, value: Any, problems: list[Problem], place: str) -> tuple[Any, ...]:
    if not isinstance(value, list):
        _fault(problems, place, N_("%(place)s: a list is needed"))
        return ()
    return tuple(read(kind, item, problems, f"{place}[{i}]") for i, item in enumerate(value))


def _read_own(kind: Any, value: Any, problems: list[Problem], place: str) -> Any:
    try:
        return kind.from_json(value)
    except RuleBroken as refused:
        for problem in refused.problems:
            inner = f"{place}.{problem.field}" if problem.field else place
            problems.append(Problem(problem.message, {**problem.params, "place": inner}, inner))
        return None


def _read_enum(kind: type[StrEnum], value: Any, problems: list[Problem], place: str) -> Any:
    known = [member.value for member in kind]
    if value not in known:
        _fault(problems, place, N_("%(place)s: one of %(options)s is needed"), options=", ".join(known))
        return next(iter(kind))
    return kind(value)


@cache
def _hints(kind: type) -> dict[str, Any]:
    return get_type_hints(kind)


def _read_class(kind: Any, value: Any, problems: list[Problem], place: str) -> Any:
    if not isinstance(value, Mapping):
        _fault(problems, place, N_("%(place)s: an object is needed"))
        value = {}
    hints = _hints(kind)
    for key in value:
        if key not in hints:
            _fault(problems, f"{place}.{key}" if place else str(key), N_("%(place)s: there is no such field"))
    found: dict[str, Any] = {}
    for field in fields(kind):
        inner = f"{place}.{field.name}" if place else field.name
        if field.name in value:
            found[field.name] = read(hints[field.name], value[field.name], problems, inner)
        elif field.default is MISSING and field.default_factory is MISSING:
            _fault(problems, inner, N_("%(place)s: this is missing"))
            found[field.name] = None
    return kind(**found)
