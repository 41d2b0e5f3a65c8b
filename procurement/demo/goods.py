"""What the demonstration's merchants offer (goods.toml), as sections of the application form and as files."""

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from functools import cache
from hashlib import sha256
from importlib import resources
from typing import Any

from procurement.applications.content import (
    AfterSales,
    Certificate,
    Fee,
    Freight,
    Interests,
    Money,
    Price,
    Product,
    Purpose,
    ReturnException,
    Sale,
    Section,
    Supply,
    Undertaking,
    Undertakings,
    Unit,
)
from procurement.demo.pictures import paper, photograph
from procurement.merchants.rules import CertificateKind
from procurement.rounds.rules import Category
from procurement.storage import Store
from procurement.uploads import Upload, accept

PROVINCE, COUNTY = "演示省", "青溪县"
PRODUCTION_LICENCE = "SC10000000000000"  # no real one: fourteen zeros after "1"


@cache
def table() -> dict[str, Any]:
    """The data file."""
    return tomllib.loads(resources.files("procurement.demo").joinpath("goods.toml").read_text(encoding="utf-8"))


def businesses() -> Mapping[str, dict[str, Any]]:
    """The businesses by key."""
    return {item["key"]: item for item in table()["merchant"]}


@dataclass(frozen=True)
class Offer:
    """One product with the sections and files of its application."""

    key: str
    merchant: str
    name: str
    sections: Mapping[Section, Any]
    papers: tuple[tuple[Certificate, Upload], ...]
    files: tuple[tuple[Section, Purpose, Upload, bool], ...]


class Shelf:
    """The products, their files checked and stored once however many rounds they are offered in."""

    def __init__(self, store: Store, today: date, goods: Iterable[dict[str, Any]]) -> None:
        self._store = store
        self._today = today
        self._goods = {item["key"]: item for item in goods}
        self._offers: dict[str, Offer] = {}
        self._files: dict[tuple[str, str], Upload] = {}

    def offer(self, key: str) -> Offer:
        """The product `key`, ready to be applied with."""
        if key not in self._offers:
            self._offers[key] = self._prepared(self._goods[key])
        return self._offers[key]

    def _file(self, data: bytes, name: str) -> Upload:
        found = (sha256(data).hexdigest(), name)
        if found not in self._files:
            self._files[found] = accept(self._store, data, name)
        return self._files[found]

    def _paper(self, kind: CertificateKind, title: str, number: str, name: str) -> tuple[Certificate, Upload]:
        inspection = kind is CertificateKind.INSPECTION
        issued = self._today - timedelta(days=200)  # before the first and within a year of the last application
        certificate = Certificate(
            type=kind,
            number=number,
            issuer="演示发证机关 Demo authority",
            issued=issued,
            expires=self._today + timedelta(days=700),
            covers=True,
            scope=name,
            laboratory="演示检验机构 Demo laboratory" if inspection else "",
            sampled_on=issued - timedelta(days=10) if inspection else None,
            passed=True if inspection else None,
        )
        upload = self._file(paper(title, (f"编号 No. {number}", name, f"{issued}")), f"{title}.pdf")
        return certificate, upload

    def _papers(self, data: Mapping[str, Any], category: Category) -> tuple[tuple[Certificate, Upload], ...]:
        kind = CertificateKind
        found = [self._paper(kind.BUSINESS_LICENCE, "营业执照 Business licence", "DEMO-LICENCE", data["merchant"])]
        if category is Category.PROCESSED:
            title = "食品生产许可证 Food production licence"
            found.append(self._paper(kind.FOOD_PRODUCTION, title, PRODUCTION_LICENCE, data["merchant"]))
        if category is not Category.HANDICRAFT:
            title = "检验报告 Inspection report"
            found.append(self._paper(kind.INSPECTION, title, f"DEMO-{data['merchant']}", data["merchant"]))
        return tuple(found)

    def _prepared(self, data: Mapping[str, Any]) -> Offer:
        category = Category(data["category"])
        name = data["name"]
        county = data.get("county", COUNTY)
        photo = self._file(photograph(name, data["colour"]), "照片 photograph.jpg")
        label = self._file(photograph(f"标签 Label: {name}", data["colour"], view=2), "标签 label.jpg")
        origin = self._file(paper("产地证明 Proof of origin", (county, data["merchant"])), "产地证明 origin.pdf")
        orders = self._file(
            paper("订单导出 Export of orders", (f"{data['low_7']} / {data['low_30']}", name)), "orders.pdf"
        )
        growers = self._file(paper("收购凭证 Purchase records", (data["merchant"],)), "purchases.pdf")
        return Offer(
            key=data["key"],
            merchant=data["merchant"],
            name=name,
            sections={
                Section.PRODUCT: _product(data, category),
                Section.PRICE: _price(data),
                Section.SUPPLY: _supply(data, category),
                Section.AFTER_SALES: _after_sales(category),
                Section.MONEY: _money(),
                Section.INTERESTS: _interests(),
                Section.UNDERTAKINGS: _undertakings(),
            },
            papers=self._papers(data, category),
            files=(
                (Section.PRODUCT, Purpose.PHOTO, photo, True),
                (Section.PRODUCT, Purpose.LABEL, label, True),
                (Section.PRODUCT, Purpose.ORIGIN_PROOF, origin, True),
                (Section.PRICE, Purpose.PRICE_EVIDENCE, orders, False),
                (Section.SUPPLY, Purpose.BENEFIT_EVIDENCE, growers, False),
            ),
        )


def _product(data: Mapping[str, Any], category: Category) -> Product:
    return Product(
        name=data["name"],
        category=category,
        specification=data["specification"],
        net_content=Decimal(data["net_content"]),
        unit=Unit(data["unit"]),
        origin_province=data.get("province", PROVINCE),
        origin_county=data.get("county", COUNTY),
        origin_township=data["township"],
        brand=data.get("brand", "演示品牌 Demo brand"),
        ingredients=data.get("ingredients", ""),
        allergens=data.get("allergens", ""),
        standard_number=data.get("standard", ""),
        shelf_life_days=data.get("shelf_life_days"),
        storage=data.get("storage", ""),
        harvest_season=data.get("season", ""),
        packaging=data["packaging"],
        trace_code=f"DEMO-TRACE-{data['key']}",
        description=data["description"],
    )


def _price(data: Mapping[str, Any]) -> Price:
    return Price(
        livestream=Decimal(data["price"]),
        list_price=Decimal(data["list_price"]),
        low_7=Decimal(data["low_7"]),
        low_30=Decimal(data["low_30"]),
        low_90=Decimal(data["low_30"]),
        not_below_cost=True,
        discount_paid_by="商家 merchant",
        freight=Freight.INCLUDED,
        honoured_days=7,
    )


def sold_before(price: Price, day: date) -> Price:
    """`price` with its lowest prices paid a few days before `day`, on which somebody applies."""
    place = "演示平台 Demo platform"
    return replace(
        price,
        sale_7=Sale(day - timedelta(days=2), place, "https://example.org/"),
        sale_30=Sale(day - timedelta(days=9), place, "https://example.org/"),
    )


def _supply(data: Mapping[str, Any], category: Category) -> Supply:
    return Supply(
        stock=Decimal(data["stock"]),
        daily_dispatch=Decimal(data["daily"]),
        maximum_orders=Decimal(data["stock"]),
        bottleneck="包装人手 packing by hand",
        presale=False,
        dispatch_hours=48,
        carrier="演示快递 Demo carrier",
        cold_chain=category is Category.FRESH,
        excluded_regions="无 none",
        households=data.get("households"),
        grower_price=Decimal(data["grower_price"]) if "grower_price" in data else None,
        market_price=Decimal(data["market_price"]) if "market_price" in data else None,
        grower_unit=data.get("grower_unit", ""),
        benefit="收购价高于市价，签有收购协议。Growers are paid above the market price, under agreements.",
    )


def _after_sales(category: Category) -> AfterSales:
    exceptions = {Category.FRESH: ReturnException.PERISHABLE}
    exception = exceptions.get(category)
    return AfterSales(
        seven_day_return=exception is None,
        exception=exception,
        damage_rule="坏损按比例退款，凭照片。Damaged goods are refunded in proportion, on a photograph.",
        first_response_hours=2,
        refund_days=3,
        compensation="假一赔十 tenfold compensation for fakes",
        complaint_contact="after-sales@example.org",
    )


def _money() -> Money:
    nothing = Fee(amount=Decimal(0))
    return Money(
        to_public_side=Decimal(0),
        commission=nothing,
        slot_fee=nothing,
        service_fee=nothing,
        traffic_fee=nothing,
        subsidies_none=True,
    )


def _interests() -> Interests:
    return Interests(relations_none=True, penalties_none=True, related_none=True, promotions_none=True)


def _undertakings() -> Undertakings:
    return Undertakings(accepted=tuple(Undertaking), signed_by="演示负责人 Demo signatory", position="负责人 manager")
