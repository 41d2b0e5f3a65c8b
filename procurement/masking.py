"""What may be read of whom: one table for every page, export, evidence file and document. Pure.

    shown(Field.TRADER, "张三")                      "张*"
    shown(Field.TRADER, "张三", consent=True)        "张三"
    scrubbed("问我：13812345678")                    "问我：138****5678"
    public_text_problems(text, "argument")          what must be taken out before everybody reads the text

The table is that of the Personal Information Protection Law as this office applies it (arts. 6, 25, 28): the least
that is needed; nothing of a natural person in full without their separate consent; identity numbers and bank accounts
never, not even masked. What people write in free text is treated by the same table: a text whose hash goes into the
public log is refused while it holds such a number (it could not be changed afterwards), everything else is scrubbed
where it is shown.
"""

import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass, replace
from datetime import date
from enum import StrEnum
from types import MappingProxyType
from typing import Any, TypeVar

from procurement.errors import N_, Problem

T = TypeVar("T")


class Field(StrEnum):
    """Kinds of data about people and businesses."""

    ORGANISATION = "organisation"
    REPRESENTATIVE = "representative"
    TRADER = "trader"
    RESIDENT_ID = "resident_id"
    PHONE = "phone"
    HOTLINE = "hotline"
    BANK_ACCOUNT = "bank_account"
    MEMBER = "member"
    OBJECTOR = "objector"
    REQUESTER = "requester"
    REPORTER = "reporter"
    COMPLAINT = "complaint"
    RELATION = "relation"


class Shown(StrEnum):
    """How much of it is shown."""

    FULL = "full"
    MASKED = "masked"
    NEVER = "never"


SHOWN_NAMES: Mapping[Shown, str] = MappingProxyType(
    {Shown.FULL: N_("in full"), Shown.MASKED: N_("masked"), Shown.NEVER: N_("not at all")}
)


@dataclass(frozen=True, slots=True)
class Rule:
    """One line of the table. `public`: what everybody reads; `after`: what everybody reads once the condition `when`
    is met (a separate consent, or a publication), or None when nothing changes it; `full_for`: who reads it in full;
    `masked`: how it is masked. `what`, `when` and `full_for` are source texts."""

    what: str
    public: Shown
    full_for: str
    masked: Callable[[str], str]
    after: Shown | None = None
    when: str = ""


ERASED = "［已删除 erased］"
"""Stands where personal data was that has been erased (privacy.rules). In both languages, as names are of either."""

# --- how things are masked ----------------------------------------------------------------------------------------

_COMPOUND = (
    "欧阳司马上官诸葛东方皇甫尉迟公孙慕容令狐司徒夏侯端木长孙宇文轩辕赫连独孤"
    "南宫西门百里呼延澹台淳于单于太史申屠钟离闻人万俟拓跋"
)
_COMPOUND_SURNAMES = frozenset(_COMPOUND[i : i + 2] for i in range(0, len(_COMPOUND), 2))


def masked_name(name: str) -> str:
    """A natural person's name as it may stand in public: 张* for 张三, 李** for 李小明, 欧阳** for 欧阳小明.

    Of a name in another script the first letter remains. Never more than three stars: they tell no length.
    """
    name = " ".join(unicodedata.normalize("NFC", name).split())
    if not name or name == ERASED:
        return name
    kept = name[:2] if name[:2] in _COMPOUND_SURNAMES and len(name) > 2 else name[:1]
    return kept + "*" * max(1, min(3, len(name) - len(kept)))


def masked_phone(stored: str) -> str:
    """A number of which the middle is hidden: 138****1234; of a landline only the last two figures remain."""
    digits = re.sub(r"\D", "", stored.partition(";")[0])
    digits = digits.removeprefix("86") if stored.startswith("+86") else digits
    if len(digits) == 11 and digits.startswith("1"):
        return f"{digits[:3]}****{digits[-4:]}"
    return "*" * max(0, len(digits) - 2) + digits[-2:]


def _nothing(_: str) -> str:
    return ""


# --- the table ----------------------------------------------------------------------------------------------------

_CONSENT = N_("with their separate consent")

TABLE: Mapping[Field, Rule] = MappingProxyType(
    {
        Field.ORGANISATION: Rule(
            N_("Name, code, address and licence numbers of a company, cooperative or village collective"),
            Shown.FULL,
            N_("everybody"),
            _nothing,
        ),
        Field.REPRESENTATIVE: Rule(
            N_("Legal representative of a company, as in the public registry"), Shown.FULL, N_("everybody"), _nothing
        ),
        Field.TRADER: Rule(
            N_("Name of a farmer, family farm or sole trader"),
            Shown.MASKED,
            N_("the organiser"),
            masked_name,
            Shown.FULL,
            _CONSENT,
        ),
        Field.RESIDENT_ID: Rule(
            N_("Resident identity number"), Shown.NEVER, N_("whoever verifies it, and nobody else"), _nothing
        ),
        Field.PHONE: Rule(N_("Mobile telephone number"), Shown.MASKED, N_("the organiser"), masked_phone),
        Field.HOTLINE: Rule(
            N_("Telephone number of a natural person that buyers may ring"),
            Shown.MASKED,
            N_("the organiser"),
            masked_phone,
            Shown.FULL,
            _CONSENT,
        ),
        Field.BANK_ACCOUNT: Rule(N_("Bank account"), Shown.NEVER, N_("whoever pays"), _nothing),
        Field.MEMBER: Rule(
            N_("Name and employer of a committee member"),
            Shown.NEVER,
            N_("the organiser and the supervisor"),
            _nothing,
            Shown.FULL,
            N_("once the committee is published, at the latest with the decision"),
        ),
        Field.OBJECTOR: Rule(
            N_("Name of a natural person who objects"), Shown.MASKED, N_("the supervisor"), masked_name
        ),
        Field.REQUESTER: Rule(
            N_("Who asks for information, for a correction or for erasure"),
            Shown.NEVER,
            N_("the organiser and the supervisor"),
            _nothing,
        ),
        Field.REPORTER: Rule(
            N_("Who reports wrongdoing"), Shown.NEVER, N_("the handler of reports, each look being noted"), _nothing
        ),
        Field.COMPLAINT: Rule(
            N_("Complaint of a consumer"),
            Shown.NEVER,
            N_("the handler of complaints"),
            _nothing,
            Shown.FULL,
            N_("after review, without names; always counts and outcomes"),
        ),
        Field.RELATION: Rule(
            N_("What a member or applicant writes about a relation"),
            Shown.NEVER,
            N_("the supervisor; everybody reads the ground and that the member is recused"),
            _nothing,
        ),
    }
)
"""Field → who reads what of it. The page on personal data prints this very table."""


def shown(field: Field, value: str, *, consent: bool = False, published: bool = False) -> str:
    """`value` as everybody may read it; "" when it is withheld.

    `consent`: the person separately agreed; `published`: the time has come at which it is published.
    """
    rule = TABLE[field]
    met = consent if rule.when == _CONSENT else published
    degree = rule.after if met and rule.after is not None else rule.public
    if degree is Shown.FULL:
        return value
    return rule.masked(value) if degree is Shown.MASKED else ""


# --- free text ----------------------------------------------------------------------------------------------------

REMOVED = "［已隐去 removed］"
"""Stands where a number was that is never shown. In both languages, since texts are of either."""

FOUND_NAMES: Mapping[Field, str] = MappingProxyType(
    {
        Field.RESIDENT_ID: N_("a resident identity number"),
        Field.BANK_ACCOUNT: N_("a bank account number"),
        Field.PHONE: N_("a mobile telephone number"),
    }
)


@dataclass(frozen=True, slots=True)
class Found:
    """Where in a text such a number stands: text[start:end]."""

    field: Field
    start: int
    end: int


_HALF_WIDTH = str.maketrans({**{chr(0xFF10 + n): str(n) for n in range(10)}, "－": "-", "\u3000": " ", "＋": "+"})
_GAP = r"[ \-\u00a0.·]?"
_ID = re.compile(
    rf"(?<![0-9])(\d{{6}}){_GAP}((?:18|19|20)\d{{2}}){_GAP}(\d{{2}}){_GAP}(\d{{2}}){_GAP}(\d{{3}}){_GAP}([0-9Xx])(?![0-9])"
)
_OLD_ID = re.compile(r"(?:身份证|证件号|[Ii][Dd] (?:card|number|no))[^0-9]{0,16}(\d{15})(?![0-9])")
_ACCOUNT = re.compile(
    r"(?:账号|帐号|账户|帐户|卡号|银行卡|[Bb]ank account|[Aa]ccount (?:no|number)|IBAN)[^0-9]{0,20}"
    r"(\d(?:[ \-]?\d){10,29})"
)
_CARD = re.compile(r"(?<![0-9])([3-6]\d{3}(?:[ \-]?\d){11,15})(?![0-9])")
_MOBILE = re.compile(rf"(?<![0-9])((?:(?:\+|00)?86{_GAP})?1[3-9]\d{_GAP}\d{{4}}{_GAP}\d{{4}})(?![0-9])")
_HASH = re.compile(r"[0-9a-fA-F]{32,}")
_PROVINCES = frozenset(
    f"{n}" for n in (*range(11, 16), *range(21, 24), *range(31, 38), *range(41, 47), *range(50, 55), *range(61, 66))
) | {"71", "81", "82", "83"}
_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)  # GB 11643


def found_in(text: str) -> list[Found]:
    """Every number in `text` that the table keeps back, in the order of the text, none inside another."""
    plain = text.translate(_HALF_WIDTH)
    taken = [match.span() for match in _HASH.finditer(plain) if re.search(r"[a-fA-F]", match.group())]
    found = []
    for field, spans in (
        (Field.RESIDENT_ID, _identities(plain)),
        (Field.BANK_ACCOUNT, _accounts(plain)),
        (Field.PHONE, (match.span(1) for match in _MOBILE.finditer(plain))),
    ):
        for start, end in spans:
            if all(end <= before or after <= start for before, after in taken):
                taken.append((start, end))
                found.append(Found(field, start, end))
    return sorted(found, key=lambda one: one.start)


def scrubbed(text: str, *, phones: bool = True) -> str:
    """`text` with every number that the table keeps back masked or taken out. Scrubbing again changes nothing.

    With `phones=False` telephone numbers stay: the text is one in which a number is given to be rung.
    """
    parts, last = [], 0
    for one in found_in(text):
        if one.field is Field.PHONE and not phones:
            continue
        number = text[one.start : one.end].translate(_HALF_WIDTH)
        digits = re.sub(r"\D", "", number)[-11:]
        parts += [text[last : one.start], masked_phone(digits) if one.field is Field.PHONE else REMOVED]
        last = one.end
    return "".join([*parts, text[last:]])


def scrubbed_whole(value: T, *, but: frozenset[str] = frozenset()) -> T:
    """A dataclass, mapping or sequence of plain values with every text in it scrubbed, but in the fields `but`."""
    return _scrub(value, but)  # type: ignore[no-any-return]


def _scrub(value: Any, but: frozenset[str]) -> Any:
    if isinstance(value, str):
        return value if isinstance(value, StrEnum) else scrubbed(value)
    if isinstance(value, Mapping):
        return {key: item if key in but else _scrub(item, but) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(_scrub(item, but) for item in value)
    if is_dataclass(value) and not isinstance(value, type):
        changed = {
            one.name: new
            for one in fields(value)
            if one.init and one.name not in but
            for old in (getattr(value, one.name),)
            if (new := _scrub(old, but)) is not old and new != old
        }
        return replace(value, **changed) if changed else value
    return value


def public_text_problems(text: str, field: str | None = None) -> list[Problem]:
    """What must be taken out of `text` before it is published for good: one Problem for each kind of number.

    For texts whose hash goes into the public log. `field` names the form's field.
    """
    kinds = dict.fromkeys(one.field for one in found_in(text))
    return [
        Problem(
            N_("Everybody will read this text, and it cannot be changed. Take out what it holds: %(what)s."),
            {"what": FOUND_NAMES[kind]},
            field,
        )
        for kind in kinds
    ]


def _identities(text: str) -> Iterator[tuple[int, int]]:
    for match in _ID.finditer(text):
        region, year, month, day, order, check = match.groups()
        try:
            date(int(year), int(month), int(day))
        except ValueError:
            continue
        body = f"{region}{year}{month}{day}{order}"
        right = "10X98765432"[sum(int(d) * w for d, w in zip(body, _WEIGHTS, strict=True)) % 11] == check.upper()
        # One that is mistyped still tells who it is; one of a foreigner begins like a credit code and must be right.
        if region[:2] in _PROVINCES or right:
            yield match.span()
    for match in _OLD_ID.finditer(text):
        yield match.span(1)


def _accounts(text: str) -> Iterator[tuple[int, int]]:
    for match in _ACCOUNT.finditer(text):
        yield match.span(1)
    for match in _CARD.finditer(text):
        digits = re.sub(r"\D", "", match.group(1))
        if 16 <= len(digits) <= 19 and _luhn(digits):
            yield match.span(1)


def _luhn(digits: str) -> bool:
    """ISO/IEC 7812: the check digit of a payment card."""
    doubled = [int(d) * 2 if place % 2 else int(d) for place, d in enumerate(reversed(digits))]
    return sum(n - 9 if n > 9 else n for n in doubled) % 10 == 0
