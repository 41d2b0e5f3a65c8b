"""Who may apply and what is public of them: kinds of business, codes, telephones, names, certificates, debarments.

Pure. Personal data follows one table (Personal Information Protection Law arts. 6, 25, 28): what a registry publishes
of a company is public, what belongs to a natural person is public only with their separate consent.
"""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from types import MappingProxyType

from procurement.errors import N_, Problem
from procurement.masking import Field, shown


class MerchantKind(StrEnum):
    """Who applies."""

    COMPANY = "company"
    SOLE_TRADER = "sole_trader"
    COOPERATIVE = "cooperative"
    VILLAGE_COLLECTIVE = "village_collective"
    FAMILY_FARM = "family_farm"
    FARMER = "farmer"


KIND_NAMES: Mapping[MerchantKind, str] = MappingProxyType(
    {
        MerchantKind.COMPANY: N_("company"),
        MerchantKind.SOLE_TRADER: N_("sole trader"),
        MerchantKind.COOPERATIVE: N_("farmers' cooperative"),
        MerchantKind.VILLAGE_COLLECTIVE: N_("village collective"),
        MerchantKind.FAMILY_FARM: N_("family farm"),
        MerchantKind.FARMER: N_("farmer without registration"),
    }
)

NATURAL = frozenset({MerchantKind.SOLE_TRADER, MerchantKind.FAMILY_FARM, MerchantKind.FARMER})
"""Businesses whose name is, or may be, that of a natural person."""

NEEDS_CODE = frozenset(
    {
        MerchantKind.COMPANY,
        MerchantKind.SOLE_TRADER,
        MerchantKind.COOPERATIVE,
        MerchantKind.VILLAGE_COLLECTIVE,
    }
)
"""Businesses that exist only by a registration, which gives the code. A family farm may be registered or not; a
farmer who sells what they grow needs no registration (E-commerce Law art. 10)."""

PREFIXES: Mapping[MerchantKind, str] = MappingProxyType(
    {MerchantKind.COMPANY: "91", MerchantKind.SOLE_TRADER: "92", MerchantKind.COOPERATIVE: "93"}
)
"""Registering department (9: market regulation) and class of the code of those it registers (GB 32100)."""

FIRST_YEAR = 1850


# --- codes and telephones -----------------------------------------------------------------------------------------


def normal_text(text: str) -> str:
    """One line with its spaces put in order. Full-width signs stay: they belong to names like 甲（湖南）公司."""
    return " ".join(unicodedata.normalize("NFC", text).split())


def normal_code(text: str) -> str:
    """A number or reference as it is stored: one line, capitals, no full-width characters."""
    return " ".join(unicodedata.normalize("NFKC", text).split()).upper()


def normal_uscc(text: str) -> str:
    """A unified social credit code as it is stored: capitals, no spaces or hyphens, no full-width characters."""
    return re.sub(r"[\s\-–—]", "", unicodedata.normalize("NFKC", text)).upper()


_USCC = re.compile(r"[0-9A-HJ-NPQRTUWXY]{2}[0-9]{6}[0-9A-HJ-NPQRTUWXY]{10}")


def uscc_fault(code: str) -> str | None:
    """What is wrong with `code`, in normal form, as an N_ text; None when nothing is.

    GB 32100-2015: registering department and class (a letter is lawful in both: N agriculture, Y other), six figures
    of the division, nine characters of the organisation, one check character, modulo 31. python-stdnum wants figures
    in the first two places and so refuses every village collective; of it only the check character is used.
    """
    from stdnum.cn import uscc as stdnum_uscc  # when first needed, as below

    if len(code) != 18:
        return N_("A unified social credit code has 18 characters.")
    if not _USCC.fullmatch(code):
        return N_("A unified social credit code holds figures and capital letters, but never I, O, S, V or Z.")
    if stdnum_uscc.calc_check_digit(code[:17]) != code[17]:
        return N_("The last character does not fit the others: one of them is mistyped.")
    return None


def normal_phone(text: str) -> str | None:
    """A Chinese mobile, landline or service number in E.164, or None. Its extension is kept as `;ext=`."""
    # Loaded when first needed: a large library that few pages use.
    import phonenumbers

    try:
        number = phonenumbers.parse(re.sub("转|分机", " ext. ", unicodedata.normalize("NFKC", text)), "CN")
    except phonenumbers.NumberParseException:
        return None
    if number.country_code != 86 or not phonenumbers.is_valid_number(number):
        return None
    kind = phonenumbers.number_type(number)
    if kind in (phonenumbers.PhoneNumberType.PREMIUM_RATE, phonenumbers.PhoneNumberType.PAGER):
        return None
    ending = f";ext={number.extension}" if number.extension else ""
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164) + ending


def shown_phone(stored: str) -> str:
    """A stored number as people write it: 138 1234 5678, 0746 821 0000."""
    import phonenumbers

    try:
        number = phonenumbers.parse(stored.replace(";ext=", " ext. "), "CN")
    except phonenumbers.NumberParseException:
        return stored
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.NATIONAL)


# --- what is public -----------------------------------------------------------------------------------------------


def public_name(kind: MerchantKind, name: str, *, consent: bool) -> str:
    """The name of a business in public: in full for those that a registry publishes, masked for natural persons who
    did not separately consent (Personal Information Protection Law art. 25)."""
    return shown(Field.TRADER if kind in NATURAL else Field.ORGANISATION, name, consent=consent)


class ConsentPurpose(StrEnum):
    """What of a natural person is published only with their separate consent."""

    NAME = "name"
    HOTLINE = "hotline"


CONSENTS: Mapping[ConsentPurpose, str] = MappingProxyType(
    {
        ConsentPurpose.NAME: N_("I agree that the full name is published"),
        ConsentPurpose.HOTLINE: N_("I agree that the telephone number for buyers is published in full"),
    }
)
"""What is agreed to, word for word; the log keeps the hash of these words with each consent."""


def check_consent(kind: MerchantKind, *, given: bool, held: bool) -> list[Problem]:
    """Why a consent cannot be given (`given`), or taken back, by a business of this kind that has it (`held`)."""
    if kind not in NATURAL:
        return [Problem(N_("What the registry publishes of this kind of business needs no consent."))]
    if given and held:
        return [Problem(N_("This consent is given already."))]
    if not given and not held:
        return [Problem(N_("There is no such consent to take back."))]
    return []


@dataclass(frozen=True, slots=True)
class PublicFace:
    """What anybody may read of a business. Empty texts are withheld; `masked`: the name is not given in full;
    `assisted`: somebody who helps registered it."""

    ref: str
    kind: MerchantKind
    name: str
    masked: bool
    uscc: str
    representative: str
    address: str
    hotline: str
    founded: int | None
    assisted: bool


# --- particulars --------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Particulars:
    """What a business says of itself. `named`, `ringable`: a natural person separately agrees that the name, or the
    number for buyers, stands in public in full; said when registering, and afterwards by consents of their own."""

    kind: MerchantKind
    name: str
    uscc: str | None
    representative: str
    address: str
    contact: str
    phone: str
    hotline: str
    founded: int | None
    named: bool
    ringable: bool = False

    def to_json(self) -> dict[str, object]:
        """As a document without derived data."""
        return {
            "kind": self.kind.value,
            "name": self.name,
            "uscc": self.uscc,
            "representative": self.representative,
            "address": self.address,
            "contact": self.contact,
            "phone": self.phone,
            "hotline": self.hotline,
            "founded": self.founded,
            "named": self.named,
            "ringable": self.ringable,
        }


def normal_particulars(given: Particulars) -> Particulars:
    """`given` in the form in which it is compared and stored; what cannot be understood stays as it was typed."""
    kind = given.kind
    name = normal_text(given.name)
    return Particulars(
        kind=kind,
        name=name,
        uscc=normal_uscc(given.uscc or "") or None,
        representative=name if kind is MerchantKind.FARMER else normal_text(given.representative),
        address=normal_text(given.address),
        contact=normal_text(given.contact),
        phone=normal_phone(given.phone) or normal_text(given.phone),
        hotline=normal_phone(given.hotline) or normal_text(given.hotline),
        founded=given.founded,
        named=given.named and kind in NATURAL,
        ringable=given.ringable and kind in NATURAL,
    )


def particulars_problems(given: Particulars, *, year: int) -> list[Problem]:
    """Everything that is wrong with `given`, which is in normal form. `year` is the present one."""
    problems = _code_problems(given)
    for field, text, least, message in (
        ("name", given.name, 2, N_("Give the name of the business, or of the farmer.")),
        ("representative", given.representative, 2, N_("Give the legal representative, or the person in charge.")),
        ("address", given.address, 6, N_("Give the full address, down to the village or street.")),
        ("contact", given.contact, 1, N_("Give the name of a person whom the office can ask.")),
    ):
        if len(text) < least and not (field == "representative" and given.kind is MerchantKind.FARMER):
            problems.append(Problem(message, {}, field))
    if normal_phone(given.phone) is None:
        problems.append(
            Problem(N_("Give a Chinese mobile or landline number; a landline with its area code."), {}, "phone")
        )
    if given.hotline and normal_phone(given.hotline) is None:
        problems.append(Problem(N_("This is not a telephone number in China."), {}, "hotline"))
    if given.founded is not None and not FIRST_YEAR <= given.founded <= year:
        problems.append(
            Problem(N_("Give a year between %(first)s and %(last)s."), {"first": FIRST_YEAR, "last": year}, "founded")
        )
    return problems


def _code_problems(given: Particulars) -> list[Problem]:
    if given.uscc is None:
        if given.kind in NEEDS_CODE:
            return [Problem(N_("Give the unified social credit code of the business licence."), {}, "uscc")]
        return []
    if given.kind is MerchantKind.FARMER:
        return [
            Problem(
                N_("Who has a unified social credit code is registered: choose the kind of business it stands for."),
                {},
                "kind",
            )
        ]
    fault = uscc_fault(given.uscc)
    if fault is not None:
        return [Problem(fault, {}, "uscc")]
    expected = PREFIXES.get(given.kind)
    if expected is not None and not given.uscc.startswith(expected):
        return [
            Problem(
                N_("The code of this kind of business begins with %(expected)s, not with %(found)s."),
                {"expected": expected, "found": given.uscc[:2]},
                "uscc",
            )
        ]
    return []


# --- certificates -------------------------------------------------------------------------------------------------


class CertificateKind(StrEnum):
    """Papers of a business or its products that serve in every round."""

    BUSINESS_LICENCE = "business_licence"
    FOOD_PRODUCTION = "food_production"
    FOOD_TRADING = "food_trading"
    SMALL_WORKSHOP = "small_workshop"
    PREPACKAGED_FILING = "prepackaged_filing"
    CONFORMITY = "conformity"
    INSPECTION = "inspection"
    QUARANTINE = "quarantine"
    GREEN_FOOD = "green_food"
    ORGANIC = "organic"
    GEOGRAPHICAL = "geographical"
    TRADEMARK = "trademark"
    OTHER = "other"


CERTIFICATE_NAMES: Mapping[CertificateKind, str] = MappingProxyType(
    {
        CertificateKind.BUSINESS_LICENCE: N_("business licence"),
        CertificateKind.FOOD_PRODUCTION: N_("food production licence (SC)"),
        CertificateKind.FOOD_TRADING: N_("food trading licence"),
        CertificateKind.SMALL_WORKSHOP: N_("small-workshop registration"),
        CertificateKind.PREPACKAGED_FILING: N_("filing for selling prepackaged food only"),
        CertificateKind.CONFORMITY: N_("commitment conformity certificate"),
        CertificateKind.INSPECTION: N_("inspection report"),
        CertificateKind.QUARANTINE: N_("animal quarantine certificate"),
        CertificateKind.GREEN_FOOD: N_("green food certificate"),
        CertificateKind.ORGANIC: N_("organic product certificate"),
        CertificateKind.GEOGRAPHICAL: N_("geographical indication, authorisation to use"),
        CertificateKind.TRADEMARK: N_("trademark registration"),
        CertificateKind.OTHER: N_("other certificate"),
    }
)


@dataclass(frozen=True, slots=True)
class CertificateFacts:
    """What stands on a certificate. `expires` None: it says no end."""

    kind: CertificateKind
    number: str
    issuer: str
    scope: str
    issued: date
    expires: date | None


def certificate_problems(facts: CertificateFacts, *, today: date) -> list[Problem]:
    """Everything that is wrong with what was typed of a certificate on the day `today`. An expired one is refused:
    the wallet is for what can still be used, and each round checks the days that count for it."""
    problems = []
    for field, text in (("number", facts.number), ("issuer", facts.issuer)):
        if not text:
            problems.append(Problem(N_("Copy this from the certificate."), {}, field))
    if facts.issued > today:
        problems.append(Problem(N_("The certificate cannot have been issued after today."), {}, "issued"))
    if facts.expires is not None and facts.expires < facts.issued:
        problems.append(Problem(N_("The certificate would end before it was issued."), {}, "expires"))
    elif facts.expires is not None and facts.expires < today:
        problems.append(Problem(N_("This certificate is no longer valid."), {}, "expires"))
    return problems


def covers(issued: date, expires: date | None, first: date, last: date) -> bool:
    """Whether a certificate is valid on every day from `first` to `last`; its last day is `expires` itself."""
    return issued <= first and (expires is None or last <= expires)


class CheckOutcome(StrEnum):
    """What came of holding a certificate against the register of its issuer."""

    IN_ORDER = "in_order"
    NOT_IN_ORDER = "not_in_order"
    NOT_FOUND = "not_found"


OUTCOME_NAMES: Mapping[CheckOutcome, str] = MappingProxyType(
    {
        CheckOutcome.IN_ORDER: N_("found, and in order"),
        CheckOutcome.NOT_IN_ORDER: N_("found, but not in order"),
        CheckOutcome.NOT_FOUND: N_("not found"),
    }
)


class SearchSource(StrEnum):
    """Public registers in which the office looks a business up."""

    ENTERPRISE_CREDIT = "enterprise_credit"
    CREDIT_CHINA = "credit_china"
    PROCUREMENT_CONDUCT = "procurement_conduct"
    COURT_ENFORCEMENT = "court_enforcement"
    MARKET_PENALTIES = "market_penalties"
    OTHER = "other"


SOURCE_NAMES: Mapping[SearchSource, str] = MappingProxyType(
    {
        SearchSource.ENTERPRISE_CREDIT: N_("National Enterprise Credit Information Publicity System"),
        SearchSource.CREDIT_CHINA: N_("Credit China"),
        SearchSource.PROCUREMENT_CONDUCT: N_("bad-conduct record of government procurement"),
        SearchSource.COURT_ENFORCEMENT: N_("list of those who do not obey judgments"),
        SearchSource.MARKET_PENALTIES: N_("penalties published by market regulation"),
        SearchSource.OTHER: N_("another register"),
    }
)


# --- debarments ---------------------------------------------------------------------------------------------------


class DebarmentGround(StrEnum):
    """Why a business may not apply for a time."""

    FALSE_MATERIAL = "false_material"
    SLANDER = "slander"
    COLLUSION = "collusion"
    BRIBERY = "bribery"
    BROKEN_COMMITMENT = "broken_commitment"
    FALSE_COMPLAINTS = "false_complaints"
    QUALITY_INCIDENT = "quality_incident"
    MISUSED_IMAGE = "misused_image"


GROUND_NAMES: Mapping[DebarmentGround, str] = MappingProxyType(
    {
        DebarmentGround.FALSE_MATERIAL: N_("false material was submitted"),
        DebarmentGround.SLANDER: N_("other applicants were slandered or pushed out by unfair means"),
        DebarmentGround.COLLUSION: N_("collusion with other applicants, members or the office"),
        DebarmentGround.BRIBERY: N_("bribery or an undue benefit"),
        DebarmentGround.BROKEN_COMMITMENT: N_("commitments of an earlier selection were not kept"),
        DebarmentGround.FALSE_COMPLAINTS: N_("objections or complaints with fabricated evidence"),
        DebarmentGround.QUALITY_INCIDENT: N_("a major quality or safety incident"),
        DebarmentGround.MISUSED_IMAGE: N_("the name or image of the official was used to sell"),
    }
)

LONGEST_DEBARMENT_YEARS = 3
"""Government Procurement Law art. 77 knows bans of one to three years; it is applied by analogy."""


def in_force(start: date, end: date, ended: date | None, day: date) -> bool:
    """Whether a debarment from `start` until `end` (that day is free again) counts on `day`, unless it was lifted on
    `ended`, from which day on it does not."""
    return start <= day < end and (ended is None or day < ended)


def debarment_problems(*, start: date, end: date, today: date, reason: str) -> list[Problem]:
    """Everything that is wrong with a debarment that is about to be entered on `today`."""
    problems = []
    if start < today:
        problems.append(Problem(N_("A debarment does not reach back: it begins today or later."), {}, "starts"))
    if end <= start:
        problems.append(Problem(N_("The end must come after the beginning."), {}, "ends"))
    elif end > _years_later(start, LONGEST_DEBARMENT_YEARS):
        problems.append(
            Problem(N_("A debarment lasts at most %(years)s years."), {"years": LONGEST_DEBARMENT_YEARS}, "ends")
        )
    if len(reason) < 20:
        problems.append(Problem(N_("Say in one or more sentences what was established, and how."), {}, "reason"))
    return problems


def _years_later(day: date, years: int) -> date:
    try:
        return day.replace(year=day.year + years)
    except ValueError:  # 29 February
        return date(day.year + years, 3, 1)
