"""A whole application without a fault, to be changed in one place at a time. Its business is invented."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

from procurement.applications.content import (
    AfterSales,
    AttachedFile,
    Certificate,
    Certificates,
    Claim,
    Content,
    Fee,
    Freight,
    Interests,
    Money,
    Price,
    Product,
    Purpose,
    Sale,
    Section,
    Supply,
    Undertaking,
    Undertakings,
    Unit,
)
from procurement.applications.rules import Needs
from procurement.merchants.rules import CertificateKind
from procurement.rounds.rules import Category

TODAY = date(2026, 3, 2)
BROADCAST = date(2026, 4, 20)
NEEDS = Needs(today=TODAY, valid_on=BROADCAST)

PRODUCT = Product(
    name="石磨小米",
    category=Category.PROCESSED,
    specification="每袋2.5千克，真空包装",
    net_content=Decimal("2.5"),
    unit=Unit.KG,
    origin_province="示例省",
    origin_county="示例县",
    origin_township="石桥镇",
    ingredients="谷子",
    allergens="无",
    standard_number="GB/T 11766",
    shelf_life_days=365,
    storage="阴凉干燥处",
    packaging="纸箱，可回收",
    description="石碾加工的小米，当年新谷。",
    claims=(Claim("每批检测", "随附检验报告"),),
)

PRICE = Price(
    livestream=Decimal("39.80"),
    list_price=Decimal("49.90"),
    low_7=Decimal("42.00"),
    low_30=Decimal("41.50"),
    low_90=Decimal("40.00"),
    sale_7=Sale(date(2026, 3, 1), "示例平台旗舰店", "https://example.org/offer"),
    sale_30=Sale(date(2026, 2, 10), "示例平台旗舰店"),
    sale_90=Sale(date(2025, 12, 20), "石桥镇集市"),
    not_below_cost=True,
    discount_paid_by="申报主体",
    freight=Freight.INCLUDED,
    honoured_days=7,
)

SUPPLY = Supply(
    stock=Decimal(5000),
    daily_dispatch=Decimal(800),
    maximum_orders=Decimal(4000),
    bottleneck="包装工人",
    presale=False,
    dispatch_hours=48,
    carrier="示例快递",
    cold_chain=False,
    excluded_regions="无",
    households=126,
    grower_price=Decimal("6.40"),
    market_price=Decimal("5.80"),
    grower_unit="千克",
    benefit="与126户签订收购合同，去年有三成滞销。",
)

AFTER_SALES = AfterSales(
    seven_day_return=True,
    damage_rule="凭照片全额赔付",
    first_response_hours=12,
    refund_days=3,
    complaint_contact="0000-1234567",
)

MONEY = Money(
    to_public_side=Decimal(0),
    commission=Fee(Decimal(0)),
    slot_fee=Fee(Decimal(0)),
    service_fee=Fee(Decimal(0)),
    traffic_fee=Fee(Decimal(0)),
    subsidies_none=True,
)

INTERESTS = Interests(relations_none=True, penalties_none=True, related_none=True, promotions_none=True)

UNDERTAKINGS = Undertakings(accepted=tuple(Undertaking), signed_by="王示例", position="负责人")


def attached(section: Section, purpose: Purpose, digit: str, *, public: bool = True) -> AttachedFile:
    """A file with the digest `digit` × 64."""
    return AttachedFile(section, purpose, f"{purpose.value}.pdf", digit * 64, "application/pdf", 1000, public)


def paper(kind: CertificateKind, **changed: Any) -> Certificate:
    """A paper without a fault, its copy under the digest of cs."""
    whole = Certificate(
        type=kind,
        number="SC10114010100011" if kind is CertificateKind.FOOD_PRODUCTION else "示例-001",
        issuer="示例县市场监督管理局",
        issued=date(2024, 5, 1),
        expires=date(2029, 4, 30),
        covers=True,
        file="c" * 64,
    )
    if kind is CertificateKind.INSPECTION:
        whole = replace(
            whole, laboratory="示例检测中心 CMA 000000", sampled_on=date(2026, 1, 10), passed=True, expires=None
        )
    return replace(whole, **changed)


CERTIFICATES = Certificates(
    items=(
        paper(CertificateKind.BUSINESS_LICENCE),
        paper(CertificateKind.FOOD_PRODUCTION),
        paper(CertificateKind.INSPECTION),
    )
)

FILES = (
    attached(Section.PRODUCT, Purpose.PHOTO, "1"),
    attached(Section.PRODUCT, Purpose.LABEL, "2"),
    attached(Section.PRODUCT, Purpose.CLAIM_PROOF, "3", public=False),
    attached(Section.PRODUCT, Purpose.ORIGIN_PROOF, "4"),
    attached(Section.CERTIFICATES, Purpose.CERTIFICATE, "c"),
    attached(Section.PRICE, Purpose.PRICE_EVIDENCE, "5", public=False),
    attached(Section.SUPPLY, Purpose.BENEFIT_EVIDENCE, "6", public=False),
)

WHOLE = Content(
    product=PRODUCT,
    certificates=CERTIFICATES,
    price=PRICE,
    supply=SUPPLY,
    after_sales=AFTER_SALES,
    money=MONEY,
    interests=INTERESTS,
    undertakings=UNDERTAKINGS,
    files=FILES,
)
