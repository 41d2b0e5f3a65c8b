"""One table says what may be read of whom; free texts are treated by it too."""

from dataclasses import dataclass, field
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from procurement import masking
from procurement.masking import REMOVED, TABLE, Field, Shown, found_in, public_text_problems, scrubbed

IDENTITY = "11010519491231002X"  # the example of GB 11643
CARD = "6222 0212 3456 7890 128"


@pytest.mark.parametrize(
    ("name", "masked"),
    [
        ("张三", "张*"),
        ("李小明", "李**"),
        ("欧阳明", "欧阳*"),
        ("欧阳", "欧*"),
        ("欧阳小明", "欧阳**"),
        ("买买提·艾力", "买***"),
        ("云岭村张三家庭农场", "云***"),
        ("Ana Bell", "A***"),
        ("张", "张*"),
        (" 张 三 ", "张**"),
        ("", ""),
    ],
)
def test_names_of_natural_persons(name: str, masked: str) -> None:
    assert masking.masked_name(name) == masked


@given(st.text(min_size=2))
def test_a_mask_hides_everything_but_the_beginning(name: str) -> None:
    masked = masking.masked_name(name)
    assert len(masked.rstrip("*")) <= 2
    assert masked == "" or masked.endswith("*")


@pytest.mark.parametrize(
    ("stored", "masked"),
    [
        ("+8613812345678", "138****5678"),
        ("138 1234 5678", "138****5678"),
        ("+8673182210000", "*********00"),
        ("+861065529988;ext=12", "********88"),
        ("", ""),
    ],
)
def test_telephones_in_public(stored: str, masked: str) -> None:
    assert masking.masked_phone(stored) == masked


def test_the_table_has_every_kind_of_data() -> None:
    assert set(TABLE) == set(Field)


@pytest.mark.parametrize(
    ("kind", "met", "public"),
    [
        (Field.ORGANISATION, {}, "张三"),
        (Field.REPRESENTATIVE, {}, "张三"),
        (Field.TRADER, {}, "张*"),
        (Field.TRADER, {"published": True}, "张*"),
        (Field.TRADER, {"consent": True}, "张三"),
        (Field.RESIDENT_ID, {"consent": True, "published": True}, ""),
        (Field.BANK_ACCOUNT, {"consent": True, "published": True}, ""),
        (Field.MEMBER, {}, ""),
        (Field.MEMBER, {"consent": True}, ""),
        (Field.MEMBER, {"published": True}, "张三"),
        (Field.OBJECTOR, {"consent": True, "published": True}, "张*"),
        (Field.REQUESTER, {"consent": True, "published": True}, ""),
        (Field.REPORTER, {"consent": True, "published": True}, ""),
        (Field.RELATION, {"consent": True, "published": True}, ""),
    ],
)
def test_what_everybody_reads(kind: Field, met: dict[str, bool], public: str) -> None:
    assert masking.shown(kind, "张三", **met) == public


def test_what_is_never_shown_stays_so_whatever_is_agreed() -> None:
    for rule in TABLE.values():
        assert rule.after is None or rule.after is not rule.public
        assert (rule.after is None) == (rule.when == "")
    assert {f for f, rule in TABLE.items() if rule.public is Shown.NEVER and rule.after is None} == {
        *(Field.RESIDENT_ID, Field.BANK_ACCOUNT, Field.REQUESTER, Field.REPORTER, Field.RELATION),
    }


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("问我：13812345678。", "问我：138****5678。"),
        ("Ring +86 138-1234-5678", "Ring 138****5678"),
        ("电话１３８１２３４５６７８", "电话138****5678"),
        ("QQ13812345678", "QQ138****5678"),
        (f"身份证{IDENTITY}", f"身份证{REMOVED}"),
        (f"id {IDENTITY.lower()}, phone 13812345678", f"id {REMOVED}, phone 138****5678"),
        ("110105 19491231 002X", REMOVED),
        ("430102199001011234", REMOVED),  # its check digit is wrong: it still tells who it is
        ("身份证号码：110105491231002", f"身份证号码：{REMOVED}"),
        (f"卡 {CARD}", f"卡 {REMOVED}"),
        ("开户行及账号：8001 2345 6789 01", f"开户行及账号：{REMOVED}"),
        ("Bank account 800123456789", f"Bank account {REMOVED}"),
        # what looks like such a number and is none
        ("统一社会信用代码91430102MA4L00001F", "统一社会信用代码91430102MA4L00001F"),
        ("SC10143010200012", "SC10143010200012"),
        ("条码6901234567892", "条码6901234567892"),
        ("110105199002310021", "110105199002310021"),  # there is no 31 February
        ("6222021234567890123", "6222021234567890123"),  # not a card: the check digit is wrong
        ("电话0731-82210000", "电话0731-82210000"),
        ("价格128.00元，库存12000件", "价格128.00元，库存12000件"),
        ("a" * 20 + "13812345678" + "b" * 33, "a" * 20 + "13812345678" + "b" * 33),  # inside a hash
    ],
)
def test_numbers_in_free_text(text: str, shown: str) -> None:
    assert scrubbed(text) == shown


@given(st.text(alphabet="0123456789Xx -账号张，+", max_size=80))
def test_scrubbed_text_has_nothing_left_to_scrub(text: str) -> None:
    assert found_in(scrubbed(text)) == []
    assert public_text_problems(scrubbed(text)) == []


@given(st.text(max_size=60))
def test_text_without_figures_stays_as_it_is(text: str) -> None:
    plain = "".join(character for character in text if not character.isnumeric())
    assert scrubbed(plain) == plain


def test_a_number_to_be_rung_may_stay_and_the_others_may_not() -> None:
    assert scrubbed(f"13812345678，{IDENTITY}", phones=False) == f"13812345678，{REMOVED}"


def test_a_text_for_good_says_what_must_be_taken_out() -> None:
    problems = public_text_problems(f"{IDENTITY} 13812345678 13912345678", "argument")
    assert [(p.params["what"], p.field) for p in problems] == [
        ("a resident identity number", "argument"),
        ("a mobile telephone number", "argument"),
    ]


@dataclass(frozen=True)
class Inner:
    text: str
    amount: Decimal | None = None


@dataclass(frozen=True)
class Outer:
    kept: str
    inner: Inner
    rows: tuple[Inner, ...]
    by: dict[str, str] = field(default_factory=dict)


def test_a_whole_document_is_scrubbed_but_for_what_is_named() -> None:
    number = "13812345678"
    given_ = Outer(number, Inner(number, Decimal("13812345678")), (Inner("x"), Inner(number)), {"a": number})
    assert masking.scrubbed_whole(given_, but=frozenset({"kept"})) == Outer(
        number,
        Inner("138****5678", Decimal("13812345678")),
        (Inner("x"), Inner("138****5678")),
        {"a": "138****5678"},
    )
