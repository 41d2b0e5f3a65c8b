"""What an entry of the public log may say: each kind declares its exact fields. Pure.

A step declares its kinds in its own `entries.py`, one class each:

    class RoundPublished(Entry, kind="round.published", title=N_("Round published; its rules are frozen")):
        rules: Digest                    # SHA-256 of the canonical rules
        deadline: datetime
        slots: int
        opinions: tuple[Digest, ...]

and an action appends an instance of it. A field is one of

    str         short public text, at most 500 characters, no control characters (normalised to NFC)
    Code        a word of a fixed vocabulary: [a-z0-9_.-]; members of a StrEnum are fine
    Ref         the reference of something public: letters, digits and . _ : / -
    Digest      SHA-256 in hex; free text and documents enter only so (`digest_of`)
    int bool Decimal datetime date
    Salted      personal data: the entry holds a salted digest, salt and value live where they can be erased
    X | None, tuple[X, ...], and a Part (a class of such fields) for what has an inner structure

A field cannot be called kind, title, labels or codec. Anything else is refused where the class is declared, and a
missing or extra field where an entry is made or read.
The body is RFC 8785 canonical JSON:

    {"at": instant, "by": {"person": digest|null, "role": code}, "data": {…}, "kind": …, "round": ref|null, "v": 1}
"""

import base64
import re
import types
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from datetime import UTC, date, datetime
from decimal import Decimal
from hashlib import sha256
from typing import Annotated, Any, ClassVar, Union, dataclass_transform, get_args, get_origin, get_type_hints

import orjson
import rfc8785

from procurement.publiclog.tiles import MAX_ENTRY

VERSION = 1

Code = Annotated[str, "code"]
Ref = Annotated[str, "ref"]
Digest = Annotated[str, "digest"]

_KIND = re.compile(r"[a-z]+(\.[a-z_]+)+")
_FIELD = re.compile(r"[a-z][a-z0-9_]*")
_TAKEN = {"kind", "title", "labels", "codec"}  # what the class itself says
_CODE = re.compile(r"[a-z0-9][a-z0-9_.-]{0,63}")
_REF = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:/-]{0,119}")
_DIGEST = re.compile(r"[0-9a-f]{64}")
_SALTED = re.compile(r"[A-Za-z0-9_-]{43}")
_DECIMAL = re.compile(r"-?(0|[1-9]\d{0,29})(\.\d{1,18})?")
_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.(?!000000)\d{6})?Z")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_TEXT_LIMIT = 500
_SAFE_INT = 2**53 - 1


class EntryError(ValueError):
    """An entry does not have the form its kind declares: our mistake or somebody's tampering, never a user's."""


class UnknownKind(EntryError):
    """An entry of a kind that is not declared here. What every entry has can be read all the same."""

    def __init__(self, kind: str, at: datetime, round_ref: str | None) -> None:
        super().__init__(f"no such kind of entry: {kind!r}")
        self.kind, self.at, self.round_ref = kind, at, round_ref


# ---- personal data ---------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Salted:
    """Personal data in an entry. Only the digest of its disclosure is public.

    Made with a `value`; read back from an entry with a `digest` only. `whose` names the person whose data it is,
    so that it can be erased on their request; it is kept beside the value, never in the entry.
    """

    value: str | None = None
    whose: str | None = None
    digest: str | None = None


@dataclass(frozen=True, slots=True)
class Disclosure:
    """What turns a salted digest back into a value: RFC 9901 §4.2.1's [salt, claim name, value]."""

    salt: str
    field: str
    value: str
    whose: str | None = None

    @property
    def digest(self) -> str:
        """The digest in the entry: base64url(SHA-256(base64url(JSON [salt, field, value])))."""
        return disclosure_digest(_base64url(rfc8785.dumps([self.salt, self.field, self.value])))


def disclosure_digest(disclosure: str) -> str:
    """RFC 9901 §4.2.3: the digest, in base64url, over the disclosure's base64url text."""
    return _base64url(sha256(disclosure.encode("ascii")).digest())


def _base64url(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def digest_of(content: bytes | str) -> str:
    """SHA-256 in hex; a text is hashed as UTF-8 in normal form C."""
    if isinstance(content, str):
        content = unicodedata.normalize("NFC", content).encode()
    return sha256(content).hexdigest()


# ---- fields ----------------------------------------------------------------------------------------------------

Disclose = Callable[[str, Salted], str]
"""(field name, value with data in it) → the digest for the entry, having kept the disclosure."""


@dataclass(frozen=True, slots=True)
class _Codec:
    """How values of one declared type are written as JSON and read back. Both raise EntryError."""

    write: Callable[[Any, str, Disclose], Any]
    read: Callable[[Any, str], Any]
    personal: bool = False  # whether a Salted may be inside


def _fault(field: str, expected: str, value: object) -> EntryError:
    return EntryError(f"{field}: expected {expected}, not {type(value).__name__} {str(value)[:80]!r}")


def _matching(pattern: re.Pattern[str], expected: str) -> _Codec:
    matches = pattern.fullmatch

    def read(value: Any, field: str) -> str:
        if not isinstance(value, str) or not matches(value):
            raise _fault(field, expected, value)
        return value

    return _Codec(lambda value, field, _: str.__str__(read(value, field)), read)


def _read_text(value: Any, field: str) -> str:
    if not isinstance(value, str) or len(value) > _TEXT_LIMIT or _CONTROL.search(value):
        raise _fault(field, f"text of at most {_TEXT_LIMIT} characters", value)
    if not unicodedata.is_normalized("NFC", value):
        raise _fault(field, "text in normal form C", value)
    return str.__str__(value)


def _write_text(value: Any, field: str, _: Disclose) -> str:
    return _read_text(unicodedata.normalize("NFC", value) if isinstance(value, str) else value, field)


def _read_int(value: Any, field: str) -> int:
    if type(value) is not int or abs(value) > _SAFE_INT:
        raise _fault(field, "a whole number up to 2^53 - 1", value)
    return value


def _read_bool(value: Any, field: str) -> bool:
    if not isinstance(value, bool):
        raise _fault(field, "true or false", value)
    return value


def _write_decimal(value: Any, field: str, _: Disclose) -> str:
    if not isinstance(value, Decimal) or not value.is_finite():
        raise _fault(field, "a decimal", value)
    text = format(value.copy_abs() if value.is_zero() else value, "f")
    _read_decimal(text, field)
    return text


def _read_decimal(value: Any, field: str) -> Decimal:
    if not isinstance(value, str) or not _DECIMAL.fullmatch(value) or (value[0] == "-" and not Decimal(value)):
        raise _fault(field, "a decimal number", value)
    return Decimal(value)


def _write_instant(value: Any, field: str, _: Disclose) -> str:
    if not isinstance(value, datetime) or value.tzinfo is None:
        raise _fault(field, "an aware instant", value)
    return value.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _read_instant(value: Any, field: str) -> datetime:
    if not isinstance(value, str) or not _INSTANT.fullmatch(value):
        raise _fault(field, "an instant in RFC 3339 form, in UTC", value)
    try:
        return datetime.fromisoformat(value)
    except ValueError as error:
        raise _fault(field, "an instant that exists", value) from error


def _write_date(value: Any, field: str, _: Disclose) -> str:
    if type(value) is not date:
        raise _fault(field, "a date", value)
    return value.isoformat()


def _read_date(value: Any, field: str) -> date:
    try:
        read = date.fromisoformat(value)
    except (TypeError, ValueError) as error:
        raise _fault(field, "a date", value) from error
    if read.isoformat() != value:
        raise _fault(field, "a date", value)
    return read


def _write_salted(value: Any, field: str, disclose: Disclose) -> str:
    if not isinstance(value, Salted) or value.value is None:
        raise _fault(field, "personal data", value)
    return disclose(field, value)


def _read_salted(value: Any, field: str) -> Salted:
    if not isinstance(value, str) or not _SALTED.fullmatch(value):
        raise _fault(field, "a salted digest", value)
    return Salted(digest=value)


def _optional(inner: _Codec) -> _Codec:
    return _Codec(
        lambda value, field, disclose: None if value is None else inner.write(value, field, disclose),
        lambda value, field: None if value is None else inner.read(value, field),
        inner.personal,
    )


def _sequence(inner: _Codec) -> _Codec:
    read_item = inner.read

    def write(value: Any, field: str, disclose: Disclose) -> list[Any]:
        if not isinstance(value, tuple | list):
            raise _fault(field, "a list", value)
        return [inner.write(item, field, disclose) for item in value]

    def read(value: Any, field: str) -> tuple[Any, ...]:
        if not isinstance(value, list):
            raise _fault(field, "a list", value)
        return tuple([read_item(item, field) for item in value])

    return _Codec(write, read, inner.personal)


_PLAIN: Mapping[Any, _Codec] = {
    str: _Codec(_write_text, _read_text),
    Code: _matching(_CODE, "a code"),
    Ref: _matching(_REF, "a reference"),
    Digest: _matching(_DIGEST, "a SHA-256 in hex"),
    int: _Codec(lambda value, field, _: _read_int(value, field), _read_int),
    bool: _Codec(lambda value, field, _: _read_bool(value, field), _read_bool),
    Decimal: _Codec(_write_decimal, _read_decimal),
    datetime: _Codec(_write_instant, _read_instant),
    date: _Codec(_write_date, _read_date),
    Salted: _Codec(_write_salted, _read_salted, personal=True),
}


def _codec(hint: Any) -> _Codec:
    """The codec for a declared type. Raises TypeError for one that an entry cannot hold."""
    if hint in _PLAIN:
        return _PLAIN[hint]
    if isinstance(hint, type) and issubclass(hint, Part):
        return hint.codec
    arguments = get_args(hint)
    if get_origin(hint) in (types.UnionType, Union) and len(arguments) == 2 and arguments[1] is types.NoneType:
        return _optional(_codec(arguments[0]))
    if get_origin(hint) is tuple and len(arguments) == 2 and arguments[1] is Ellipsis:
        return _sequence(_codec(arguments[0]))
    raise TypeError(f"an entry cannot hold a {hint!r}")


def _object(owner: type) -> _Codec:
    """The codec for a class of fields: exactly these, by name."""
    hints = get_type_hints(owner, include_extras=True)
    codecs = {field.name: _codec(hints[field.name]) for field in fields(owner)}
    bad = [name for name in codecs if not _FIELD.fullmatch(name) or (issubclass(owner, Entry) and name in _TAKEN)]
    if bad:
        raise TypeError(f"{owner.__name__}: not names for fields: {bad}")
    readers = [(name, codec.read) for name, codec in codecs.items()]

    def write(value: Any, field: str, disclose: Disclose) -> dict[str, Any]:
        if type(value) is not owner:
            raise _fault(field, owner.__name__, value)
        return {name: codec.write(getattr(value, name), name, disclose) for name, codec in codecs.items()}

    def read(value: Any, field: str) -> Any:
        if not isinstance(value, dict):
            raise _fault(field, "an object", value)
        if value.keys() != codecs.keys():
            missing, extra = codecs.keys() - value.keys(), value.keys() - codecs.keys()
            raise EntryError(f"{field}: missing {sorted(missing)}, extra {sorted(extra)}")
        made: Any = object.__new__(owner)
        # Every field is there and checked; a frozen class's own way in, field by field, takes three times as long.
        made.__dict__.update({name: read_field(value[name], name) for name, read_field in readers})
        return made

    return _Codec(write, read, any(codec.personal for codec in codecs.values()))


# ---- kinds -----------------------------------------------------------------------------------------------------


@dataclass_transform(kw_only_default=True, frozen_default=True)
class Part:
    """Fields that belong together inside an entry: subclass it and declare them."""

    codec: ClassVar[_Codec]

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        dataclass(frozen=True, kw_only=True)(cls)
        cls.codec = _object(cls)


@dataclass_transform(kw_only_default=True, frozen_default=True)
class Entry:
    """One thing that happened. Subclass it with `kind=` and `title=`, and declare the fields.

    `title` is an `N_` text that says to the public what happened; `labels` explains fields, by name, in `N_` texts.
    """

    kind: ClassVar[str]
    title: ClassVar[str]
    labels: ClassVar[Mapping[str, str]]
    codec: ClassVar[_Codec]

    def __init_subclass__(cls, *, kind: str, title: str, labels: Mapping[str, str] | None = None) -> None:
        super().__init_subclass__()
        dataclass(frozen=True, kw_only=True)(cls)
        if not _KIND.fullmatch(kind) or (kind in KINDS and not _same_class(KINDS[kind], cls)):
            raise TypeError(f"{kind!r} is no name for a kind, or is taken")
        unknown = (labels or {}).keys() - {field.name for field in fields(cls)}  # type: ignore[arg-type]
        if unknown:
            raise TypeError(f"{kind}: labels for no field: {sorted(unknown)}")
        cls.kind, cls.title, cls.labels, cls.codec = kind, title, labels or {}, _object(cls)
        KINDS[kind] = cls


KINDS: dict[str, type[Entry]] = {}
"""Every declared kind, by name. Complete once every step's `entries` has been imported."""


def _same_class(one: type, other: type) -> bool:
    return (one.__module__, one.__qualname__) == (other.__module__, other.__qualname__)


# ---- bodies ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class By:
    """Who acted: in which role, and which person (None: nobody signed in, or the system itself)."""

    role: str
    person: Salted | None = None


@dataclass(frozen=True, slots=True)
class Envelope:
    """An entry with its circumstances: when, in which round (its reference), by whom."""

    entry: Entry
    at: datetime
    round_ref: str | None
    by: By


@dataclass(frozen=True, slots=True)
class Sealed:
    """An entry as bytes, and the disclosures of its personal data."""

    body: bytes
    disclosures: tuple[Disclosure, ...]


_PERSON = _optional(_PLAIN[Salted])
_ROUND = _optional(_PLAIN[Ref])
_OUTER = {"at", "by", "data", "kind", "round", "v"}


def seal(envelope: Envelope, salt: Callable[[], str]) -> Sealed:
    """The canonical bytes of an entry. `salt` gives a fresh random text for each piece of personal data.

    Raises EntryError when a field does not fit its declaration or the body would be longer than 65,535 bytes.
    """
    disclosures: list[Disclosure] = []

    def disclose(field: str, salted: Salted) -> str:
        value = unicodedata.normalize("NFC", str(salted.value))
        disclosures.append(Disclosure(salt(), field, value, salted.whose))
        return disclosures[-1].digest

    body = rfc8785.dumps(
        {
            "v": VERSION,
            "kind": envelope.entry.kind,
            "at": _write_instant(envelope.at, "at", disclose),
            "round": _ROUND.write(envelope.round_ref, "round", disclose),
            "by": {
                "role": _PLAIN[Code].write(envelope.by.role, "role", disclose),
                "person": _PERSON.write(envelope.by.person, "person", disclose),
            },
            "data": type(envelope.entry).codec.write(envelope.entry, "data", disclose),
        }
    )
    if len(body) > MAX_ENTRY:
        raise EntryError(f"an entry has at most {MAX_ENTRY} bytes, not {len(body)}")
    return Sealed(body, tuple(disclosures))


def unseal(body: bytes) -> Envelope:
    """The entry that `body` says, with every field checked against the declaration of its kind.

    Raises EntryError, also when the bytes are not in canonical form; UnknownKind when only its kind is unknown.
    """
    raw = parse_body(body)
    kind, at, round_ref = raw["kind"], _read_instant(raw["at"], "at"), _ROUND.read(raw["round"], "round")
    if not isinstance(kind, str) or not _KIND.fullmatch(kind):
        raise _fault("kind", "the name of a kind", kind)
    if kind not in KINDS:
        raise UnknownKind(kind, at, round_ref)
    by = raw["by"]
    if not isinstance(by, dict) or by.keys() != {"role", "person"}:
        raise EntryError("by: expected role and person")
    return Envelope(
        entry=KINDS[kind].codec.read(raw["data"], "data"),
        at=at,
        round_ref=round_ref,
        by=By(_PLAIN[Code].read(by["role"], "role"), _PERSON.read(by["person"], "person")),
    )


def canonical(value: Any) -> bytes:
    """RFC 8785's bytes of a JSON value with ASCII keys and without floats, which every declaration demands: at many
    times the speed of a canonicaliser in Python. A test holds the two against each other. Raises TypeError."""
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS)


def parse_body(body: bytes) -> dict[str, Any]:
    """The JSON object in an entry's bytes, its outer fields present and its form canonical, not yet read by kind.

    Raises EntryError.
    """
    try:
        raw = orjson.loads(body)
    except ValueError as error:
        raise EntryError("an entry is JSON in UTF-8") from error
    if canonical(raw) != body:
        raise EntryError("the entry is not in canonical form")
    if not isinstance(raw, dict) or raw.keys() != _OUTER or raw["v"] is not VERSION:
        raise EntryError("not an entry of version 1")
    return raw


def digests_in(envelope: Envelope) -> set[str]:
    """The salted digests an entry holds, wherever they stand in it."""
    found: set[str] = set()

    def walk(value: object) -> None:
        if isinstance(value, Salted):
            found.add(str(value.digest))
        elif isinstance(value, tuple):
            for item in value:
                walk(item)
        elif isinstance(value, Part | Entry):
            for field in fields(value):  # type: ignore[arg-type]
                walk(getattr(value, field.name))

    walk(envelope.by.person)
    if type(envelope.entry).codec.personal:
        walk(envelope.entry)
    return found
