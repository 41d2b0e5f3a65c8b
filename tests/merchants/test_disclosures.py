"""What a business says of who stands behind it, at the boundaries."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from procurement.merchants import disclosures
from procurement.merchants.disclosures import Disclosure, Facts, Owner, Penalty, Related, Relation, Shared
from procurement.merchants.rules import NATURAL, MerchantKind

TODAY = date(2026, 3, 2)

STATED = Disclosure(
    owners=(Owner("王青", Decimal(60)), Owner("李红", None)),
    related=(Related("销售公司", "91430102MA4L000098", Relation.HELD_BY_US),),
    no_related=False,
    penalties=(Penalty(date(2025, 1, 2), "县市场监管局", "警告"),),
    no_penalties=False,
    promoted="",
    no_promotions=True,
)


def fields(stated: Disclosure, kind: MerchantKind = MerchantKind.COMPANY) -> list[str | None]:
    problems = disclosures.disclosure_problems(stated, kind=kind, own_uscc="91430102MA4L00001F", today=TODAY)
    return [problem.field for problem in problems]


def test_a_complete_statement() -> None:
    assert fields(STATED) == []


@pytest.mark.parametrize(
    ("shares", "fine"),
    [
        (["25"], True),
        (["24.99"], False),
        (["100"], True),
        (["100.01"], False),
        (["33.33"], True),
        (["33.333"], False),
        (["50", "50"], True),
        (["50", "50.01"], False),
        (["25", "25", "25", "25"], True),
    ],
)
def test_shares(shares: list[str], fine: bool) -> None:
    owners = tuple(Owner(f"Owner {n}", Decimal(share)) for n, share in enumerate(shares))
    assert (fields(replace(STATED, owners=owners)) == []) is fine


@pytest.mark.parametrize("kind", MerchantKind)
def test_who_must_name_an_owner(kind: MerchantKind) -> None:
    assert (fields(replace(STATED, owners=()), kind) == []) is (kind in NATURAL)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"owners": (Owner("", Decimal(30)),)}, "owners"),
        ({"related": ()}, "related"),
        ({"no_related": True}, "related"),
        ({"related": (Related("", None, Relation.HOLDS_US),)}, "related"),
        ({"related": (Related("自己", "91430102MA4L00001F", Relation.HOLDS_US),)}, "related"),
        ({"related": (Related("别家", "91430102MA4L000099", Relation.HOLDS_US),)}, "related"),
        ({"penalties": ()}, "penalties"),
        ({"no_penalties": True}, "penalties"),
        ({"penalties": (Penalty(TODAY + timedelta(days=1), "县局", "罚款"),)}, "penalties"),
        ({"penalties": (Penalty(TODAY, "", "罚款"),)}, "penalties"),
        ({"penalties": (Penalty(TODAY, "县局", ""),)}, "penalties"),
        ({"no_promotions": False}, "promoted"),
        ({"promoted": "2024年一次"}, "promoted"),
    ],
)
def test_what_is_missing_or_contradicts_itself(changes: dict[str, object], field: str) -> None:
    assert fields(replace(STATED, **changes)) == [field]  # type: ignore[arg-type]


def test_saying_nothing_is_no_statement() -> None:
    assert fields(disclosures.EMPTY) == ["owners", "related", "penalties", "promoted"]


def test_none_said_expressly_is_a_statement() -> None:
    none = Disclosure((), (), True, (), True, "", True)
    assert fields(none, MerchantKind.FARMER) == []


@pytest.mark.parametrize(
    ("day", "within"),
    [
        (date(2023, 3, 1), False),
        (date(2023, 3, 2), True),
        (TODAY, True),
        (TODAY + timedelta(days=1), False),
    ],
)
def test_three_years(day: date, within: bool) -> None:
    assert disclosures.within_penalty_years(day, TODAY) is within


def test_three_years_before_a_leap_day() -> None:
    assert not disclosures.within_penalty_years(date(2025, 2, 28), date(2028, 2, 29))
    assert disclosures.within_penalty_years(date(2025, 3, 1), date(2028, 2, 29))


def test_the_normal_form() -> None:
    typed = replace(STATED, owners=(Owner(" 王　青 ", None),), related=(Related(" 甲 ", " ", Relation.MANAGEMENT),))
    normal = disclosures.normal_disclosure(typed)
    assert normal.owners == (Owner("王 青", None),)
    assert normal.related == (Related("甲", None, Relation.MANAGEMENT),)


days = st.dates(date(1990, 1, 1), date(2100, 1, 1))
statements = st.builds(
    Disclosure,
    owners=st.lists(st.builds(Owner, st.text(), st.none() | st.decimals(0, 100, places=2))).map(tuple),
    related=st.lists(st.builds(Related, st.text(), st.none() | st.text(), st.sampled_from(Relation))).map(tuple),
    no_related=st.booleans(),
    penalties=st.lists(st.builds(Penalty, days, st.text(), st.text())).map(tuple),
    no_penalties=st.booleans(),
    promoted=st.text(),
    no_promotions=st.booleans(),
)


@given(statements)
def test_a_statement_comes_back_from_its_document(stated: Disclosure) -> None:
    assert Disclosure.from_json(stated.to_json()) == stated


ONE = Facts(
    "M-1", "A", "王青", frozenset({"1"}), "青石镇", frozenset({1}), frozenset(), frozenset(), frozenset(), "甲"
)
OTHER = Facts(
    "M-2", "B", "李红", frozenset({"2"}), "云岭村", frozenset({2}), frozenset(), frozenset(), frozenset(), "乙"
)


@pytest.mark.parametrize(
    ("one", "other", "shared"),
    [
        ({}, {}, set()),
        ({"representative": "李红"}, {}, {Shared.REPRESENTATIVE}),
        ({"representative": ""}, {"representative": ""}, set()),
        ({"phones": frozenset({"1", "2"})}, {}, {Shared.PHONE}),
        ({"address": "云岭村"}, {}, {Shared.ADDRESS}),
        ({"people": frozenset({1, 2})}, {}, {Shared.PERSON}),
        ({"owners": frozenset({"赵四"})}, {"owners": frozenset({"赵四"})}, {Shared.OWNER}),
        ({"owners": frozenset({"李红"})}, {}, {Shared.OWNER}),
        ({}, {"owners": frozenset({"王青"})}, {Shared.OWNER}),
        ({"related_codes": frozenset({"B"})}, {}, {Shared.DECLARED}),
        ({}, {"related_names": frozenset({"甲"})}, {Shared.DECLARED}),
        ({"related_codes": frozenset({"C"})}, {"uscc": None}, set()),
    ],
)
def test_what_two_businesses_share(one: dict[str, object], other: dict[str, object], shared: set[Shared]) -> None:
    left, right = replace(ONE, **one), replace(OTHER, **other)  # type: ignore[arg-type]
    assert disclosures.shared_facts(left, right).keys() == shared
    assert disclosures.shared_facts(right, left) == disclosures.shared_facts(left, right)
