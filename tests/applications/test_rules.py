"""What an application must say: one fault at a time in an application that has none."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from procurement.applications.content import (
    Content,
    Fee,
    Freight,
    Party,
    Purpose,
    Relation,
    RelationKind,
    ReturnException,
    Sale,
    Section,
    Side,
    Submission,
    Undertaking,
)
from procurement.applications.rules import (
    LONG,
    Needs,
    check_after_sales,
    check_certificates,
    check_complete,
    check_interests,
    check_money,
    check_price,
    check_product,
    check_supply,
    check_undertakings,
    evidenced,
    faults,
    forbidden_words,
    is_empty,
    product_key,
    public_part,
)
from procurement.errors import Problem, RuleBroken
from procurement.merchants.rules import CertificateKind
from procurement.rounds.canonical import digest
from procurement.rounds.rules import Category
from tests.applications.examples import (
    AFTER_SALES,
    BROADCAST,
    CERTIFICATES,
    FILES,
    INTERESTS,
    MONEY,
    NEEDS,
    PRICE,
    PRODUCT,
    SUPPLY,
    TODAY,
    UNDERTAKINGS,
    WHOLE,
    attached,
    paper,
)

PRICE_FILES = tuple(f for f in FILES if f.section is Section.PRICE)
PRODUCT_FILES = tuple(f for f in FILES if f.section is Section.PRODUCT)
SUPPLY_FILES = tuple(f for f in FILES if f.section is Section.SUPPLY)
PAPER_FILES = tuple(f for f in FILES if f.section is Section.CERTIFICATES)


def fields(problems: list[Problem]) -> list[str | None]:
    return [problem.field for problem in problems]


def test_the_whole_example_has_no_fault() -> None:
    assert check_complete(WHOLE, NEEDS) == []


def test_an_empty_application_has_a_fault_in_every_section_and_each_names_it() -> None:
    found = faults(Content(), NEEDS)
    assert all(found[section] for section in Section)
    assert all(is_empty(section, Content()) for section in Section)
    names = {str(problem.field).split(".")[0] for problem in check_complete(Content(), NEEDS)}
    assert names == {section.value for section in Section}


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"name": ""}, "name"),
        ({"name": "   "}, "name"),
        ({"category": None}, "category"),
        ({"net_content": None}, "net_content"),
        ({"net_content": Decimal(0)}, "net_content"),
        ({"net_content": Decimal("-0.5")}, "net_content"),
        ({"net_content": Decimal("1e13")}, "net_content"),
        ({"unit": None}, "unit"),
        ({"origin_township": ""}, "origin_township"),
        ({"ingredients": ""}, "ingredients"),
        ({"allergens": ""}, "allergens"),
        ({"standard_number": ""}, "standard_number"),
        ({"shelf_life_days": None}, "shelf_life_days"),
        ({"shelf_life_days": 0}, "shelf_life_days"),
        ({"storage": ""}, "storage"),
        ({"description": "x" * (LONG + 1)}, "description"),
        ({"description": "国家级示范产品"}, "description"),
    ],
)
def test_product_faults(changed: dict[str, Any], field: str) -> None:
    assert fields(check_product(replace(PRODUCT, **changed), PRODUCT_FILES, NEEDS)) == [field]


def test_a_description_of_the_greatest_length_is_accepted() -> None:
    assert check_product(replace(PRODUCT, description="x" * LONG), PRODUCT_FILES, NEEDS) == []


def test_what_a_category_asks_for() -> None:
    fresh = replace(PRODUCT, category=Category.FRESH, ingredients="", allergens="", standard_number="")
    assert fields(check_product(fresh, PRODUCT_FILES, NEEDS)) == ["harvest_season"]
    craft = replace(fresh, category=Category.HANDICRAFT, shelf_life_days=None, storage="")
    without_label = tuple(f for f in PRODUCT_FILES if f.purpose is not Purpose.LABEL)
    assert check_product(craft, without_label, NEEDS) == []


def test_a_category_that_the_round_does_not_take() -> None:
    needs = replace(NEEDS, categories=(Category.FRESH,))
    assert fields(check_product(PRODUCT, PRODUCT_FILES, needs)) == ["category"]


@pytest.mark.parametrize("purpose", [Purpose.PHOTO, Purpose.LABEL, Purpose.CLAIM_PROOF, Purpose.ORIGIN_PROOF])
def test_product_files(purpose: Purpose) -> None:
    others = tuple(f for f in PRODUCT_FILES if f.purpose is not purpose)
    assert fields(check_product(PRODUCT, others, NEEDS)) == [purpose.value]


@pytest.mark.parametrize(
    "text",
    [
        "国家级",
        "最高级享受",
        "最佳口感",
        "全国第一",
        "县长推荐",
        "特供",
        "可治疗失眠",
        "The best millet",
        "BEST",
        "national-level",
        "state level brand",
        "No. 1 in the county",
        "world-class",
        "recommended by the mayor",
        "cures diabetes",
        "ｂｅｓｔ",
    ],
)
def test_forbidden_words_are_found(text: str) -> None:
    assert forbidden_words(text)


@pytest.mark.parametrize(
    "text",
    [
        "最佳食用期12个月",
        "Best before end of 2027",
        "best-before date on the label",
        "第一批次",
        "The only ingredient is millet",
        "bestow",
        "一级",
        "heals",
        "政府储备粮库旁",
    ],
)
def test_ordinary_words_are_not(text: str) -> None:
    assert forbidden_words(text) == []


def test_a_claim_is_checked_and_names_the_words() -> None:
    claim = replace(PRODUCT.claims[0], text="最佳小米")
    (problem,) = check_product(replace(PRODUCT, claims=(claim,)), PRODUCT_FILES, NEEDS)
    assert problem.field == "claims"
    assert problem.params["words"] == "最佳"


def test_a_claim_without_proof() -> None:
    claim = replace(PRODUCT.claims[0], proof="")
    assert fields(check_product(replace(PRODUCT, claims=(claim,)), PRODUCT_FILES, NEEDS)) == ["claims"]


# ---- certificates ----


def check_papers(*items: Any, needs: Needs = NEEDS, **changed: Any) -> list[Problem]:
    product = replace(PRODUCT, **changed)
    return check_certificates(replace(CERTIFICATES, items=items), product, PAPER_FILES, needs)


@pytest.mark.parametrize(
    ("days", "accepted"), [(-1, False), (0, True), (1, True)], ids=["day before", "the very day", "day after"]
)
def test_a_paper_is_valid_on_the_day_of_the_broadcast_not_only_today(days: int, accepted: bool) -> None:
    licence = paper(CertificateKind.BUSINESS_LICENCE, expires=BROADCAST + timedelta(days=days))
    problems = check_papers(licence, *CERTIFICATES.items[1:])
    assert fields(problems) == ([] if accepted else ["items-1.expires"])


def test_without_a_known_day_of_broadcast_a_paper_is_valid_today() -> None:
    needs = replace(NEEDS, valid_on=None)
    others = CERTIFICATES.items[1:]
    assert check_papers(paper(CertificateKind.BUSINESS_LICENCE, expires=TODAY), *others, needs=needs) == []
    gone = paper(CertificateKind.BUSINESS_LICENCE, expires=TODAY - timedelta(days=1))
    assert fields(check_papers(gone, *others, needs=needs)) == ["items-1.expires"]


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"number": ""}, "number"),
        ({"issuer": ""}, "issuer"),
        ({"issued": None}, "issued"),
        ({"issued": TODAY + timedelta(days=1)}, "issued"),
        ({"expires": date(2024, 4, 30)}, "expires"),
        ({"covers": False}, "covers"),
        ({"covers": None}, "covers"),
        ({"file": ""}, "upload"),
        ({"file": "d" * 64}, "upload"),
        ({"number": "QS140101000112"}, "number"),
        ({"number": "SC1011401010001"}, "number"),
        ({"number": "SC101140101000112"}, "number"),
        ({"number": "JY11401010001123"}, "number"),
    ],
)
def test_faults_of_a_production_licence(changed: dict[str, Any], field: str) -> None:
    licence = paper(CertificateKind.FOOD_PRODUCTION, **changed)
    problems = check_papers(CERTIFICATES.items[0], licence, CERTIFICATES.items[2])
    assert fields(problems) == [f"items-2.{field}"]


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"laboratory": ""}, "laboratory"),
        ({"sampled_on": None}, "sampled_on"),
        ({"sampled_on": TODAY - timedelta(days=366)}, None),
        ({"sampled_on": TODAY - timedelta(days=367)}, "sampled_on"),
        ({"sampled_on": TODAY}, None),
        ({"sampled_on": TODAY + timedelta(days=1)}, "sampled_on"),
        ({"passed": False}, "passed"),
        ({"passed": None}, "passed"),
    ],
)
def test_faults_of_an_inspection_report(changed: dict[str, Any], field: str | None) -> None:
    report = paper(CertificateKind.INSPECTION, **changed)
    problems = check_papers(*CERTIFICATES.items[:2], report)
    assert fields(problems) == ([f"items-3.{field}"] if field else [])


def test_which_papers_are_needed() -> None:
    licence, production, inspection = CERTIFICATES.items
    assert fields(check_papers(production, inspection)) == ["items"]
    assert check_papers(production, inspection, needs=replace(NEEDS, registered=False)) == []
    assert fields(check_papers(licence, inspection)) == ["exemption"]
    exempted = check_certificates(
        replace(CERTIFICATES, items=(licence, inspection), exemption="自产自销的初级农产品"),
        PRODUCT,
        PAPER_FILES,
        NEEDS,
    )
    assert exempted == []
    assert check_papers(licence, paper(CertificateKind.SMALL_WORKSHOP), inspection) == []
    assert fields(check_papers(licence, production)) == ["items"]
    fresh = {"category": Category.FRESH}
    assert fields(check_papers(licence, **fresh)) == ["items"]
    assert check_papers(licence, paper(CertificateKind.CONFORMITY, expires=None), **fresh) == []
    assert check_papers(licence, category=Category.HANDICRAFT) == []


# ---- price ----


@pytest.mark.parametrize(
    ("livestream", "accepted"),
    [("41.99", True), ("42.00", True), ("42", True), ("42.01", False)],
    ids=["below", "at", "at, written shorter", "above"],
)
def test_the_price_is_not_above_the_own_low_of_seven_days(livestream: str, accepted: bool) -> None:
    problems = check_price(replace(PRICE, livestream=Decimal(livestream)), PRICE_FILES, NEEDS)
    assert fields(problems) == ([] if accepted else ["livestream"])


def test_without_sales_in_seven_days_the_last_sale_counts() -> None:
    sale = Sale(date(2026, 2, 22), "石桥镇集市")
    price = replace(PRICE, low_7=None, low_30=None, low_90=None, last_sale=Decimal("39.80"), sale_last=sale)
    assert check_price(price, PRICE_FILES, NEEDS) == []
    assert fields(check_price(replace(price, livestream=Decimal("39.81")), PRICE_FILES, NEEDS)) == ["livestream"]
    assert fields(check_price(replace(price, last_sale=None), PRICE_FILES, NEEDS)) == ["low_7"]


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"livestream": None}, "livestream"),
        ({"livestream": Decimal(0)}, "livestream"),
        ({"livestream": Decimal("39.805")}, "livestream"),
        ({"list_price": Decimal("39.79")}, "livestream"),
        ({"low_30": Decimal("42.01")}, "low_30"),
        ({"low_90": Decimal("41.51")}, "low_90"),
        ({"low_90": None}, "low_90"),
        ({"not_below_cost": None}, "not_below_cost"),
        ({"not_below_cost": False}, "not_below_cost"),
        ({"freight": Freight.BUYER}, "freight_amount"),
        ({"honoured_days": 0}, "honoured_days"),
        ({"honoured_days": None}, "honoured_days"),
        ({"sale_7": Sale(None, "示例平台")}, "sale_7_on"),
        ({"sale_7": Sale(date(2026, 3, 3), "示例平台")}, "sale_7_on"),
        ({"sale_7": Sale(date(2026, 2, 22), "示例平台")}, "sale_7_on"),
        ({"sale_30": Sale(date(2026, 1, 30), "示例平台")}, "sale_30_on"),
        ({"sale_90": Sale(date(2025, 12, 1), "示例平台")}, "sale_90_on"),
        ({"sale_90": Sale(date(2025, 12, 20), "")}, "sale_90_platform"),
        ({"sale_7": Sale(date(2026, 3, 1), "示例平台", "shop/1")}, "sale_7_link"),
        ({"sale_7": Sale(date(2026, 3, 1), "店" * 201)}, "sale_7_platform"),
    ],
)
def test_price_faults(changed: dict[str, Any], field: str) -> None:
    assert fields(check_price(replace(PRICE, **changed), PRICE_FILES, NEEDS)) == [field]


def test_prices_need_evidence() -> None:
    assert fields(check_price(PRICE, (), NEEDS)) == ["price_evidence"]


def test_the_days_of_a_low_price_are_counted_back_from_today() -> None:
    for sale, days in (("sale_7", 7), ("sale_30", 30), ("sale_90", 90)):
        first = replace(PRICE, **{sale: Sale(TODAY - timedelta(days=days), "示例平台")})
        assert check_price(first, PRICE_FILES, NEEDS) == []


def test_a_low_that_is_that_of_a_shorter_time_needs_no_evidence_of_its_own() -> None:
    same = replace(PRICE, low_30=PRICE.low_7, low_90=PRICE.low_7, sale_30=Sale(), sale_90=Sale())
    assert check_price(same, PRICE_FILES, NEEDS) == []
    assert [low.price for low in evidenced(same)] == ["low_7"]
    assert [low.price for low in evidenced(PRICE)] == ["low_7", "low_30", "low_90"]


def test_one_file_may_be_evidence_of_all_lows_or_of_one() -> None:
    one = attached(Section.PRICE, Purpose.PRICE_7, "5")
    (problem,) = check_price(PRICE, [one], NEEDS)
    assert problem.params["what"] == ("Lowest price in the last 30 days", "Lowest price in the last 90 days")
    each = [one, attached(Section.PRICE, Purpose.PRICE_30, "6"), attached(Section.PRICE, Purpose.PRICE_90, "7")]
    assert check_price(PRICE, each, NEEDS) == []


def test_a_last_sale_within_the_seven_days_is_their_low() -> None:
    price = replace(PRICE, low_7=None, low_30=None, low_90=None, last_sale=Decimal("39.80"))
    for on, field in ((date(2026, 2, 23), "low_7"), (date(2026, 2, 22), None)):
        found = fields(check_price(replace(price, sale_last=Sale(on, "集市")), PRICE_FILES, NEEDS))
        assert found == ([field] if field else [])


@given(st.decimals(min_value="0.01", max_value="10000", places=2), st.decimals("0.01", "10000", places=2))
def test_a_livestream_price_is_accepted_exactly_when_it_is_not_above_the_low(price: Decimal, low: Decimal) -> None:
    asked = replace(PRICE, livestream=price, list_price=max(price, low), low_7=low, low_30=low, low_90=low)
    assert (check_price(asked, PRICE_FILES, NEEDS) == []) is (price <= low)


# ---- supply ----


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"stock": None}, "stock"),
        ({"stock": Decimal(-1)}, "stock"),
        ({"maximum_orders": Decimal(5001)}, "maximum_orders"),
        ({"maximum_orders": Decimal(5000)}, None),
        ({"maximum_orders": Decimal(5001), "presale": True}, None),
        ({"presale": None}, "presale"),
        ({"dispatch_hours": 0}, "dispatch_hours"),
        ({"cold_chain": None}, "cold_chain"),
        ({"excluded_regions": ""}, "excluded_regions"),
        ({"households": -1}, "households"),
        ({"households": 0}, None),
        ({"market_price": None}, "market_price"),
        ({"grower_unit": ""}, "grower_unit"),
        ({"grower_price": Decimal("6.405")}, "grower_price"),
    ],
)
def test_supply_faults(changed: dict[str, Any], field: str | None) -> None:
    assert fields(check_supply(replace(SUPPLY, **changed), SUPPLY_FILES)) == ([field] if field else [])


def test_a_grower_price_needs_evidence() -> None:
    assert fields(check_supply(SUPPLY, ())) == ["benefit_evidence"]
    assert check_supply(replace(SUPPLY, grower_price=None, market_price=None, grower_unit=""), ()) == []


# ---- after sales ----


@pytest.mark.parametrize("category", list(Category))
@pytest.mark.parametrize("exception", list(ReturnException))
def test_the_statutory_exceptions_fit_the_class_of_goods(category: Category, exception: ReturnException) -> None:
    fits = {(Category.FRESH, ReturnException.PERISHABLE), (Category.HANDICRAFT, ReturnException.CUSTOM_MADE)}
    promised = replace(AFTER_SALES, seven_day_return=False, exception=exception)
    problems = check_after_sales(promised, replace(PRODUCT, category=category))
    assert fields(problems) == ([] if (category, exception) in fits else ["exception"])


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"seven_day_return": None}, "seven_day_return"),
        ({"seven_day_return": False}, "exception"),
        ({"exception": ReturnException.PERISHABLE}, "exception"),
        ({"refund_days": 7}, None),
        ({"refund_days": 8}, "refund_days"),
        ({"refund_days": 0}, "refund_days"),
        ({"damage_rule": ""}, "damage_rule"),
        ({"complaint_contact": ""}, "complaint_contact"),
    ],
)
def test_after_sales_faults(changed: dict[str, Any], field: str | None) -> None:
    assert fields(check_after_sales(replace(AFTER_SALES, **changed), PRODUCT)) == ([field] if field else [])


# ---- money ----


def test_the_public_side_receives_nothing() -> None:
    assert fields(check_money(replace(MONEY, to_public_side=Decimal("0.01")), ())) == ["to_public_side"]
    assert fields(check_money(replace(MONEY, to_public_side=None), ())) == ["to_public_side"]
    assert check_money(replace(MONEY, to_public_side=Decimal("0.00")), ()) == []


CONTRACT = attached(Section.MONEY, Purpose.CONTRACT, "7", public=False)


@pytest.mark.parametrize("name", ["commission", "slot_fee", "service_fee", "traffic_fee"])
@pytest.mark.parametrize(
    ("fee", "field"),
    [
        (Fee(None), "amount"),
        (Fee(Decimal(-1)), "amount"),
        (Fee(Decimal("9.999"), "示例机构", Side.AGENCY), "amount"),
        (Fee(Decimal(5), "", Side.AGENCY), "payee"),
        (Fee(Decimal(5), "示例机构", None), "side"),
        (Fee(Decimal(5), "示例局", Side.PUBLIC_SIDE), "amount"),
        (Fee(Decimal(0), "示例局", Side.PUBLIC_SIDE), None),
        (Fee(Decimal(5), "示例机构", Side.AGENCY), None),
    ],
)
def test_fees(name: str, fee: Fee, field: str | None) -> None:
    problems = check_money(replace(MONEY, **{name: fee}), (CONTRACT,))
    assert fields(problems) == ([f"{name}_{field}"] if field else [])


def test_a_commission_is_a_percentage_and_needs_a_contract() -> None:
    hundred = replace(MONEY, commission=Fee(Decimal(100), "示例机构", Side.AGENCY))
    assert check_money(hundred, (CONTRACT,)) == []
    assert fields(check_money(hundred, ())) == ["contract"]
    more = replace(MONEY, commission=Fee(Decimal("100.01"), "示例机构", Side.AGENCY))
    assert fields(check_money(more, (CONTRACT,))) == ["commission_amount"]


def test_subsidies_are_told_or_denied_not_both_and_not_neither() -> None:
    assert fields(check_money(replace(MONEY, subsidies_none=False), ())) == ["subsidies"]
    assert fields(check_money(replace(MONEY, subsidies="有机补贴"), ())) == ["subsidies"]
    assert check_money(replace(MONEY, subsidies_none=False, subsidies="有机补贴 2025"), ()) == []


# ---- interests, undertakings ----

RELATION = Relation(Party.OFFICIAL, RelationKind.KINSHIP, "表亲")


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({"relations_none": False}, ["relations_none"]),
        ({"relations": (RELATION,)}, ["relations_none"]),
        ({"relations_none": False, "relations": (RELATION,)}, []),
        ({"relations_none": False, "relations": (replace(RELATION, detail=""),)}, ["relations"]),
        ({"relations_none": False, "relations": (replace(RELATION, party=None),)}, ["relations"]),
        ({"relations": (Relation(),)}, []),
        ({"penalties_none": False}, ["penalties"]),
        ({"penalties": "2025年罚款一次"}, ["penalties"]),
        ({"related_none": False}, ["related"]),
        ({"promotions_none": False}, ["promotions"]),
        ({"promotions_none": False, "promotions": "2024年一次"}, []),
    ],
)
def test_silence_is_no_declaration(changed: dict[str, Any], expected: list[str]) -> None:
    assert fields(check_interests(replace(INTERESTS, **changed))) == expected


@pytest.mark.parametrize("left_out", list(Undertaking))
def test_every_undertaking_is_accepted(left_out: Undertaking) -> None:
    accepted = tuple(u for u in Undertaking if u is not left_out)
    (problem,) = check_undertakings(replace(UNDERTAKINGS, accepted=accepted))
    assert problem.field == "accepted"
    assert problem.params == {"count": 1}


def test_undertakings_are_signed() -> None:
    assert fields(check_undertakings(replace(UNDERTAKINGS, signed_by=" "))) == ["signed_by"]


# ---- the whole ----


def test_too_many_files() -> None:
    many = replace(WHOLE, files=FILES + (attached(Section.PRODUCT, Purpose.PHOTO, "9"),) * 54)
    (problem,) = check_complete(many, NEEDS)
    assert problem.params == {"limit": 60}


def test_the_public_part_leaves_out_what_is_private() -> None:
    told = replace(INTERESTS, relations_none=False, relations=(RELATION,))
    shown = public_part(replace(WHOLE, interests=told), ringable=True)
    assert shown.interests.relations == (replace(RELATION, detail=""),)
    assert shown.undertakings.signed_by == ""
    assert [f.digest[0] for f in shown.files] == ["1", "2", "4", "c"]
    assert shown.product == PRODUCT


@pytest.mark.parametrize(("ringable", "contact"), [(True, "找我 13812345678"), (False, "找我 138****5678")])
def test_numbers_of_people_are_masked_wherever_they_stand(ringable: bool, contact: str) -> None:
    identity = "11010519491231002X"
    told = replace(
        WHOLE,
        product=replace(PRODUCT, description=f"种植户身份证{identity}，电话13812345678"),
        after_sales=replace(AFTER_SALES, complaint_contact="找我 13812345678"),
        files=(replace(FILES[0], name=f"{identity}.jpg"),),
    )
    shown = public_part(told, ringable=ringable)
    assert shown.product.description == "种植户身份证［已隐去 removed］，电话138****5678"
    assert shown.after_sales.complaint_contact == contact
    assert (shown.files[0].name, shown.files[0].digest) == ("［已隐去 removed］.jpg", FILES[0].digest)
    assert shown.certificates == WHOLE.certificates


def submission(content: Content = WHOLE, **changed: Any) -> Submission:
    return replace(Submission("R2026-001", "R2026-001-A001", "M-000001", 1, "00" * 16, content), **changed)


def test_a_submission_survives_its_text_and_the_text_is_canonical() -> None:
    text = submission().text
    assert Submission.from_text(text) == submission()
    assert Submission.from_text(text).text == text
    assert text.startswith('{"applicant":"M-000001","application":"R2026-001-A001","content":{"after_sales":')


@pytest.mark.parametrize(
    "text",
    ["{}", "[]", '{"format":2}', submission().text.replace('"format":1', '"format":2')],
)
def test_an_unknown_format_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="format"):
        Submission.from_text(text)


def test_a_damaged_submission_is_refused() -> None:
    with pytest.raises(RuleBroken):
        Submission.from_text(submission().text.replace('"net_content":"2.5"', '"net_content":2.5'))


@given(st.decimals(allow_nan=False, allow_infinity=False, min_value=0, max_value="99999999", places=4), st.text())
def test_the_hash_follows_the_content_and_the_salt(amount: Decimal, salt: str) -> None:
    changed = replace(WHOLE, price=replace(PRICE, livestream=amount + Decimal("40")))
    assert digest(submission(changed).text) != digest(submission().text)
    assert (digest(submission(salt="x" + salt).text) == digest(submission().text)) is False


@pytest.mark.parametrize("other", ["石磨 小米", "石磨小米 ", "石磨小米"])
def test_names_that_are_the_same_product(other: str) -> None:
    assert product_key(other) == product_key("石磨小米")


def test_names_that_are_not() -> None:
    assert product_key("石磨小米粥") != product_key("石磨小米")
    assert product_key("Ｍillet") == product_key("MILLET")
