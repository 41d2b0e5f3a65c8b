"""The rules of businesses, at their boundaries."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from procurement.merchants import rules
from procurement.merchants.rules import CertificateFacts, CertificateKind, MerchantKind, Particulars

DAY = date(2026, 3, 2)
ONE = timedelta(days=1)

COMPANY = Particulars(
    kind=MerchantKind.COMPANY,
    name="青石镇茶叶有限公司",
    uscc="91430102MA4L00001F",
    representative="王青",
    address="青石镇建设路1号",
    contact="李红",
    phone="+8613812345678",
    hotline="",
    founded=2012,
    named=False,
)
FARMER = replace(COMPANY, kind=MerchantKind.FARMER, name="张三", uscc=None, representative="张三")

# --- codes --------------------------------------------------------------------------------------------------------

ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"


def check_character(body: str) -> str:
    """GB 32100-2015, 5.1.3, written from the standard's formula: weights are the powers of three modulo 31."""
    total = sum(ALPHABET.index(character) * pow(3, place, 31) for place, character in enumerate(body))
    return ALPHABET[(31 - total % 31) % 31]


@pytest.mark.parametrize(
    "code",
    [
        "91110000600037341L",  # the example in python-stdnum's documentation
        "91430102MA4L00001F",
        "92430102MA4L00003J",
        "93430102MA4L00002C",
        "N2430102MF0000001W",  # a village collective: letters in the first place are lawful
        "Y2430102MF0000001L",
        "54430102MF0000002B",
    ],
)
def test_codes_that_are_right(code: str) -> None:
    assert rules.uscc_fault(code) is None
    assert check_character(code[:17]) == code[17]


@pytest.mark.parametrize(
    ("code", "says"),
    [
        ("", "18 characters"),
        ("91430102MA4L00001", "18 characters"),
        ("91430102MA4L00001FF", "18 characters"),
        ("91430102MA4L00001G", "does not fit"),
        ("91430102MA4L00010F", "does not fit"),
        ("N2430102MF0000001X", "does not fit"),
        ("91430102MA4L0000IF", "never I"),
        ("91430102MA4L0000OF", "never I"),
        ("9143010SMA4L00001F", "never I"),
        ("914301A2MA4L00001F", "never I"),  # letters only in the first two places and after the division
        ("91430102ma4l00001f", "never I"),  # normal form comes first
        ("九一430102MA4L00001F", "never I"),
    ],
)
def test_codes_that_are_wrong(code: str, says: str) -> None:
    assert says in (rules.uscc_fault(code) or "")


@pytest.mark.parametrize(
    "typed",
    [
        "91430102ma4l00001f",
        " 9143 0102 MA4L 0000 1F ",
        "91-430102-MA4L00001-F",
        "９１４３０１０２ＭＡ４Ｌ０００01Ｆ",
        "91430102\u3000MA4L00001F",
    ],
)
def test_a_code_may_be_typed_in_many_ways(typed: str) -> None:
    assert rules.normal_uscc(typed) == "91430102MA4L00001F"


codes = st.builds(
    lambda head, division, rest: (head + division + rest) + check_character(head + division + rest),
    st.text(ALPHABET, min_size=2, max_size=2),
    st.text("0123456789", min_size=6, max_size=6),
    st.text(ALPHABET, min_size=9, max_size=9),
)


@given(codes)
def test_every_code_of_the_standard_is_accepted(code: str) -> None:
    assert rules.uscc_fault(code) is None


@given(codes, st.integers(0, 17), st.sampled_from(ALPHABET))
def test_every_single_slip_is_noticed(code: str, place: int, character: str) -> None:
    slip = code[:place] + character + code[place + 1 :]
    assert (rules.uscc_fault(slip) is None) is (slip == code)


# --- telephones ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        ("13812345678", "+8613812345678"),
        ("138 1234 5678", "+8613812345678"),
        ("+86 138-1234-5678", "+8613812345678"),
        ("１３８１２３４５６７８", "+8613812345678"),
        ("0731-82210000", "+8673182210000"),
        ("010 6552 9988 转 12", "+861065529988;ext=12"),
        ("400 810 1234", "+864008101234"),
        ("1381234567", None),
        ("138123456789", None),
        ("82210000", None),  # a landline without its area code
        ("+44 20 7946 0018", None),
        ("", None),
        ("no number", None),
    ],
)
def test_telephones(typed: str, stored: str | None) -> None:
    assert rules.normal_phone(typed) == stored


@pytest.mark.parametrize(
    ("stored", "shown"),
    [("+8613812345678", "138 1234 5678"), ("+8673182210000", "0731 8221 0000"), ("as typed", "as typed")],
)
def test_telephones_as_they_are_shown(stored: str, shown: str) -> None:
    assert rules.shown_phone(stored) == shown


# --- what is public -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "consent", "public"),
    [
        (MerchantKind.COMPANY, False, "张三"),
        (MerchantKind.COOPERATIVE, False, "张三"),
        (MerchantKind.VILLAGE_COLLECTIVE, False, "张三"),
        (MerchantKind.SOLE_TRADER, False, "张*"),
        (MerchantKind.SOLE_TRADER, True, "张三"),
        (MerchantKind.FAMILY_FARM, False, "张*"),
        (MerchantKind.FAMILY_FARM, True, "张三"),
        (MerchantKind.FARMER, False, "张*"),
        (MerchantKind.FARMER, True, "张三"),
    ],
)
def test_who_is_named_in_public(kind: MerchantKind, consent: bool, public: str) -> None:
    assert rules.public_name(kind, "张三", consent=consent) == public


@pytest.mark.parametrize("purpose", rules.ConsentPurpose)
@pytest.mark.parametrize(
    ("kind", "given_", "held", "fine"),
    [
        (MerchantKind.FARMER, True, False, True),
        (MerchantKind.FARMER, True, True, False),
        (MerchantKind.FARMER, False, True, True),
        (MerchantKind.FARMER, False, False, False),
        (MerchantKind.COMPANY, True, False, False),
        (MerchantKind.COMPANY, False, True, False),
    ],
)
def test_when_a_consent_can_be_given_or_taken_back(
    purpose: rules.ConsentPurpose, kind: MerchantKind, given_: bool, held: bool, fine: bool
) -> None:
    assert purpose in rules.CONSENTS
    assert (rules.check_consent(kind, given=given_, held=held) == []) is fine


# --- particulars --------------------------------------------------------------------------------------------------


def fields_of(given_: Particulars) -> list[str | None]:
    return [problem.field for problem in rules.particulars_problems(given_, year=2026)]


@pytest.mark.parametrize(
    ("kind", "code"),
    [
        (MerchantKind.COMPANY, "91430102MA4L00001F"),
        (MerchantKind.SOLE_TRADER, "92430102MA4L00003J"),
        (MerchantKind.COOPERATIVE, "93430102MA4L00002C"),
        (MerchantKind.VILLAGE_COLLECTIVE, "N2430102MF0000001W"),
        (MerchantKind.VILLAGE_COLLECTIVE, "93430102MA4L00002C"),
        (MerchantKind.FAMILY_FARM, "92430102MA4L00003J"),
        (MerchantKind.FAMILY_FARM, None),
        (MerchantKind.FARMER, None),
    ],
)
def test_every_kind_of_business_can_register(kind: MerchantKind, code: str | None) -> None:
    assert fields_of(replace(COMPANY, kind=kind, uscc=code)) == []


@pytest.mark.parametrize(
    ("kind", "code", "field"),
    [
        (MerchantKind.COMPANY, None, "uscc"),
        (MerchantKind.SOLE_TRADER, None, "uscc"),
        (MerchantKind.COOPERATIVE, None, "uscc"),
        (MerchantKind.VILLAGE_COLLECTIVE, None, "uscc"),
        (MerchantKind.COMPANY, "92430102MA4L00003J", "uscc"),
        (MerchantKind.SOLE_TRADER, "91430102MA4L00001F", "uscc"),
        (MerchantKind.COOPERATIVE, "N2430102MF0000001W", "uscc"),
        (MerchantKind.COMPANY, "91430102MA4L00001G", "uscc"),
        (MerchantKind.FARMER, "92430102MA4L00003J", "kind"),
    ],
)
def test_kind_and_code_must_fit(kind: MerchantKind, code: str | None, field: str) -> None:
    assert fields_of(replace(COMPANY, kind=kind, uscc=code)) == [field]


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"name": "茶"}, "name"),
        ({"representative": ""}, "representative"),
        ({"address": "青石镇"}, "address"),
        ({"contact": ""}, "contact"),
        ({"phone": "12345"}, "phone"),
        ({"hotline": "12345"}, "hotline"),
        ({"founded": 1849}, "founded"),
        ({"founded": 2027}, "founded"),
    ],
)
def test_what_is_missing_is_named(changes: dict[str, object], field: str) -> None:
    assert fields_of(replace(COMPANY, **changes)) == [field]  # type: ignore[arg-type]


@pytest.mark.parametrize("founded", [None, 1850, 2026])
def test_years_that_may_be(founded: int | None) -> None:
    assert fields_of(replace(COMPANY, founded=founded)) == []


def test_everything_wrong_is_told_at_once() -> None:
    empty = Particulars(MerchantKind.COMPANY, "", None, "", "", "", "", "", None, False)
    assert fields_of(empty) == ["uscc", "name", "representative", "address", "contact", "phone"]


def test_the_normal_form() -> None:
    typed = Particulars(
        MerchantKind.FARMER,
        " 张　三（茶农） ",
        " ",
        "somebody else",
        "云岭村  三组",
        "张三",
        "138 1234 5678",
        "",
        None,
        True,
    )
    assert rules.normal_particulars(typed) == Particulars(
        MerchantKind.FARMER,
        "张 三（茶农）",
        None,
        "张 三（茶农）",
        "云岭村 三组",
        "张三",
        "+8613812345678",
        "",
        None,
        True,
    )


def test_a_company_cannot_agree_to_what_needs_no_consent() -> None:
    agreed = rules.normal_particulars(replace(COMPANY, named=True, ringable=True))
    assert (agreed.named, agreed.ringable) == (False, False)


# --- certificates -------------------------------------------------------------------------------------------------

LICENCE = CertificateFacts(CertificateKind.FOOD_PRODUCTION, "SC10143010200001", "县市场监管局", "茶叶", DAY, None)


@pytest.mark.parametrize(
    ("changes", "fields"),
    [
        ({}, []),
        ({"issued": DAY + ONE}, ["issued"]),
        ({"expires": DAY}, []),
        ({"issued": DAY - 2 * ONE, "expires": DAY - ONE}, ["expires"]),
        ({"issued": DAY - ONE, "expires": DAY - 2 * ONE}, ["expires"]),
        ({"number": ""}, ["number"]),
        ({"issuer": ""}, ["issuer"]),
    ],
)
def test_what_a_certificate_must_say(changes: dict[str, object], fields: list[str]) -> None:
    facts = replace(LICENCE, **changes)  # type: ignore[arg-type]
    assert [problem.field for problem in rules.certificate_problems(facts, today=DAY)] == fields


@pytest.mark.parametrize(
    ("expires", "last", "covered"),
    [(None, DAY + 1000 * ONE, True), (DAY, DAY, True), (DAY + ONE, DAY, True), (DAY - ONE, DAY, False)],
)
def test_a_certificate_counts_until_its_last_day(expires: date | None, last: date, covered: bool) -> None:
    assert rules.covers(DAY - 10 * ONE, expires, DAY - 5 * ONE, last) is covered


def test_a_certificate_does_not_cover_what_was_before_it() -> None:
    assert rules.covers(DAY, None, DAY, DAY)
    assert not rules.covers(DAY, None, DAY - ONE, DAY)


# --- debarments ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("day", "lifted", "counts"),
    [
        (DAY - ONE, None, False),
        (DAY, None, True),
        (DAY + 9 * ONE, None, True),
        (DAY + 10 * ONE, None, False),
        (DAY + 4 * ONE, DAY + 5 * ONE, True),
        (DAY + 5 * ONE, DAY + 5 * ONE, False),
        (DAY, DAY, False),
    ],
)
def test_a_debarment_ends_by_the_calendar(day: date, lifted: date | None, counts: bool) -> None:
    assert rules.in_force(DAY, DAY + 10 * ONE, lifted, day) is counts


LONG = "材料中的检验报告经核实系伪造，出具机构书面确认未出具该报告。"


@pytest.mark.parametrize(
    ("start", "end", "reason", "fields"),
    [
        (DAY, DAY + ONE, LONG, []),
        (DAY, date(2029, 3, 2), LONG, []),
        (DAY, date(2029, 3, 3), LONG, ["ends"]),
        (DAY - ONE, DAY + ONE, LONG, ["starts"]),
        (DAY, DAY, LONG, ["ends"]),
        (DAY, DAY + ONE, "短", ["reason"]),
        (date(2028, 2, 29), date(2031, 3, 1), LONG, []),
        (date(2028, 2, 29), date(2031, 3, 2), LONG, ["ends"]),
    ],
)
def test_what_a_debarment_must_say(start: date, end: date, reason: str, fields: list[str]) -> None:
    problems = rules.debarment_problems(start=start, end=end, today=DAY, reason=reason)
    assert [problem.field for problem in problems] == fields


@given(st.dates(date(2026, 3, 2), date(2090, 1, 1)), st.integers(1, 1096), st.integers(-5, 1100))
def test_a_debarment_that_may_be_entered_counts_exactly_from_its_start_to_its_end(
    start: date, length: int, offset: int
) -> None:
    end, day = start + length * ONE, start + offset * ONE
    if rules.debarment_problems(start=start, end=end, today=start, reason=LONG):
        assert length > 1094
    else:
        assert rules.in_force(start, end, None, day) is (0 <= offset < length)
