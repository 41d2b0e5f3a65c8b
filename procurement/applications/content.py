"""What an application says: one frozen dataclass for each section of the form. Pure.

Every field has an empty default, so that a draft that is half written has the same type as a finished one; what must
be filled in, and how, is said in `rules.py`. Money and quantities are exact decimals; money is in yuan. The JSON form
holds strings, ints, bools, null, lists and objects; a submission is its RFC 8785 text, whose SHA-256 goes into the
public log.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Any

from procurement.merchants.rules import CertificateKind
from procurement.rounds import canonical
from procurement.rounds.rules import Category

FORMAT = 1
"""Version of the JSON form of a submission."""

COMPARED = "sunlit compared v1"
"""Names the JSON form of Submission.compared."""

PRICES = ("livestream", "low_7", "low_30", "low_90", "last_sale")
"""The prices that are compared: fields of Price."""


class Section(StrEnum):
    """Sections of the form, in their order."""

    PRODUCT = "product"
    CERTIFICATES = "certificates"
    PRICE = "price"
    SUPPLY = "supply"
    AFTER_SALES = "after_sales"
    MONEY = "money"
    INTERESTS = "interests"
    UNDERTAKINGS = "undertakings"


class Unit(StrEnum):
    """Units of the net content."""

    G = "g"
    KG = "kg"
    ML = "ml"
    L = "l"
    PIECE = "piece"


class ReturnException(StrEnum):
    """Goods without the seven-day return: Consumer Law art. 25."""

    CUSTOM_MADE = "custom_made"
    PERISHABLE = "perishable"
    OPENED_MEDIA = "opened_media"
    PERIODICALS = "periodicals"


class Freight(StrEnum):
    """Who pays for delivery."""

    INCLUDED = "included"
    BUYER = "buyer"


class Side(StrEnum):
    """To whom a payment goes."""

    AGENCY = "agency"
    PLATFORM = "platform"
    OTHER_BUSINESS = "other_business"
    PUBLIC_SIDE = "public_side"


class Party(StrEnum):
    """With whom a relation must be declared."""

    OFFICIAL = "official"
    COMMITTEE = "committee"
    ORGANISER = "organiser"
    AGENCY = "agency"


class RelationKind(StrEnum):
    """Grounds of recusal (Procurement Law, Implementing Regulation art. 9) and favours that must be told."""

    EMPLOYMENT = "employment"
    DIRECTOR = "director"
    SHAREHOLDER = "shareholder"
    KINSHIP = "kinship"
    OTHER = "other"
    GIFT = "gift"
    DONATION = "donation"
    SPONSORSHIP = "sponsorship"
    RELATIVE_EMPLOYED = "relative_employed"


class Undertaking(StrEnum):
    """What every applicant promises; the words are in `wording.py`."""

    TRUTH = "truth"
    NO_OFFICIAL_IMAGE = "no_official_image"
    NO_FAKE_ORDERS = "no_fake_orders"
    PRICE_HONOURED = "price_honoured"
    RECALL = "recall"
    UPDATE = "update"
    PUBLICATION = "publication"
    DEBARMENT = "debarment"


class Purpose(StrEnum):
    """What a file shows."""

    PHOTO = "photo"
    LABEL = "label"
    CLAIM_PROOF = "claim_proof"
    ORIGIN_PROOF = "origin_proof"
    CERTIFICATE = "certificate"
    PRICE_EVIDENCE = "price_evidence"
    PRICE_7 = "price_7"
    PRICE_30 = "price_30"
    PRICE_90 = "price_90"
    SUPPLY_EVIDENCE = "supply_evidence"
    BENEFIT_EVIDENCE = "benefit_evidence"
    AFTER_SALES_EVIDENCE = "after_sales_evidence"
    CONTRACT = "contract"
    INTERESTS_EVIDENCE = "interests_evidence"


@dataclass(frozen=True, slots=True)
class Claim:
    """Something the product is said to be, with what proves it."""

    text: str = ""
    proof: str = ""


@dataclass(frozen=True, slots=True)
class Product:
    """What is offered. `origin_*` goes down to the township. `shelf_life_days` is None for goods that keep."""

    name: str = ""
    category: Category | None = None
    specification: str = ""
    net_content: Decimal | None = None
    unit: Unit | None = None
    origin_province: str = ""
    origin_county: str = ""
    origin_township: str = ""
    brand: str = ""
    trademark: str = ""
    ingredients: str = ""
    allergens: str = ""
    standard_number: str = ""
    shelf_life_days: int | None = None
    storage: str = ""
    harvest_season: str = ""
    packaging: str = ""
    trace_code: str = ""
    description: str = ""
    claims: tuple[Claim, ...] = ()


@dataclass(frozen=True, slots=True)
class Certificate:
    """One paper. `expires` is None where none is printed on it; `file` is the SHA-256 of the attached copy.
    `laboratory`, `sampled_on` and `passed` belong to inspection reports."""

    type: CertificateKind | None = None
    number: str = ""
    issuer: str = ""
    issued: date | None = None
    expires: date | None = None
    covers: bool | None = None
    scope: str = ""
    laboratory: str = ""
    sampled_on: date | None = None
    passed: bool | None = None
    file: str = ""


@dataclass(frozen=True, slots=True)
class Certificates:
    """The papers, and why a food production licence is not needed where one would be expected."""

    items: tuple[Certificate, ...] = ()
    exemption: str = ""


@dataclass(frozen=True, slots=True)
class Sale:
    """When and where a price was really paid. `platform`: the platform and shop, or the place of business; `link`: to
    the offer, where there is one."""

    on: date | None = None
    platform: str = ""
    link: str = ""


@dataclass(frozen=True, slots=True)
class Price:
    """Prices in yuan for one unit of sale. `low_7/30/90` are the lowest prices at which the applicant really sold in
    the 7, 30 and 90 days before applying; None where nothing was sold. `last_sale` counts when nothing was sold in
    seven days (Price Marking Rules art. 16). `sale_…`: the sale at that price; empty where the low of a longer time
    is that of a shorter one within it."""

    livestream: Decimal | None = None
    list_price: Decimal | None = None
    low_7: Decimal | None = None
    low_30: Decimal | None = None
    low_90: Decimal | None = None
    last_sale: Decimal | None = None
    sale_7: Sale = field(default_factory=Sale)
    sale_30: Sale = field(default_factory=Sale)
    sale_90: Sale = field(default_factory=Sale)
    sale_last: Sale = field(default_factory=Sale)
    not_below_cost: bool | None = None
    gifts: str = ""
    discount_paid_by: str = ""
    freight: Freight | None = None
    freight_amount: Decimal | None = None
    honoured_days: int | None = None


@dataclass(frozen=True, slots=True)
class Supply:
    """What can be delivered, in units of sale, and what the growers have of it. Grower prices are yuan per kilogram
    or per piece, as `grower_unit` says."""

    stock: Decimal | None = None
    daily_dispatch: Decimal | None = None
    maximum_orders: Decimal | None = None
    bottleneck: str = ""
    presale: bool | None = None
    dispatch_hours: int | None = None
    carrier: str = ""
    cold_chain: bool | None = None
    excluded_regions: str = ""
    households: int | None = None
    grower_price: Decimal | None = None
    market_price: Decimal | None = None
    grower_unit: str = ""
    benefit: str = ""


@dataclass(frozen=True, slots=True)
class AfterSales:
    """What a buyer can rely on."""

    seven_day_return: bool | None = None
    exception: ReturnException | None = None
    damage_rule: str = ""
    first_response_hours: int | None = None
    refund_days: int | None = None
    compensation: str = ""
    complaint_contact: str = ""


@dataclass(frozen=True, slots=True)
class Fee:
    """One payment: a percentage of sales for the commission, yuan for the others."""

    amount: Decimal | None = None
    payee: str = ""
    side: Side | None = None


@dataclass(frozen=True, slots=True)
class Money:
    """Who is paid what for the livestream. `to_public_side` is all that goes to the office, the official or any other
    public body, in yuan; it must be 0."""

    to_public_side: Decimal | None = None
    commission: Fee = field(default_factory=Fee)
    slot_fee: Fee = field(default_factory=Fee)
    service_fee: Fee = field(default_factory=Fee)
    traffic_fee: Fee = field(default_factory=Fee)
    subsidies_none: bool = False
    subsidies: str = ""


@dataclass(frozen=True, slots=True)
class Relation:
    """One relation to somebody in the round."""

    party: Party | None = None
    kind: RelationKind | None = None
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Interests:
    """Relations and record. For each question either an explicit "none" or an answer."""

    relations_none: bool = False
    relations: tuple[Relation, ...] = ()
    penalties_none: bool = False
    penalties: str = ""
    related_none: bool = False
    related: str = ""
    promotions_none: bool = False
    promotions: str = ""


@dataclass(frozen=True, slots=True)
class Undertakings:
    """The promises accepted, and who accepts them."""

    accepted: tuple[Undertaking, ...] = ()
    signed_by: str = ""
    position: str = ""


@dataclass(frozen=True, slots=True)
class AttachedFile:
    """A file as it was submitted: `digest` is the SHA-256 of its bytes, `size` is in bytes."""

    section: Section
    purpose: Purpose
    name: str
    digest: str
    media_type: str
    size: int
    public: bool


SectionContent = Product | Certificates | Price | Supply | AfterSales | Money | Interests | Undertakings


@dataclass(frozen=True, slots=True)
class Content:
    """A whole application."""

    product: Product = field(default_factory=Product)
    certificates: Certificates = field(default_factory=Certificates)
    price: Price = field(default_factory=Price)
    supply: Supply = field(default_factory=Supply)
    after_sales: AfterSales = field(default_factory=AfterSales)
    money: Money = field(default_factory=Money)
    interests: Interests = field(default_factory=Interests)
    undertakings: Undertakings = field(default_factory=Undertakings)
    files: tuple[AttachedFile, ...] = ()

    def section(self, section: Section) -> Any:
        """The part for `section`."""
        return getattr(self, section.value)

    def files_of(self, section: Section, *purposes: Purpose) -> tuple[AttachedFile, ...]:
        """Files of one section, of these purposes when any is named."""
        return tuple(f for f in self.files if f.section is section and (not purposes or f.purpose in purposes))


SECTION_TYPES: Mapping[Section, type[Any]] = {
    Section(f.name): t
    for f, t in zip(
        [f for f in fields(Content) if f.name != "files"],
        (Product, Certificates, Price, Supply, AfterSales, Money, Interests, Undertakings),
        strict=True,
    )
}


@dataclass(frozen=True, slots=True)
class Submission:
    """What is hashed: the content with what it belongs to. `salt` (hex) keeps the published hash from telling whether
    a guess of the content is right before the deadline."""

    round: str
    application: str
    applicant: str
    version: int
    salt: str
    content: Content

    @property
    def text(self) -> str:
        """The RFC 8785 text that is hashed."""
        return canonical.canonical_text({"format": FORMAT, **canonical.write(self)})

    @property
    def compared(self) -> str:
        """The RFC 8785 text of what is compared between applications: whose it is, its kind, its prices. Its hash is
        logged with the submission, and the text becomes public after the deadline: so anybody can hold the prices in
        a result against those that were submitted. Its own salt tells nothing about `salt`, which stays secret."""
        price = self.content.price
        return canonical.canonical_text(
            {
                "format": COMPARED,
                "application": self.application,
                "salt": hashlib.sha256(f"{COMPARED} {self.salt}".encode()).hexdigest(),
                "merchant": self.applicant,
                "category": str(self.content.product.category),
                "price": {name: canonical.write(getattr(price, name)) for name in PRICES},
            }
        )

    @classmethod
    def from_text(cls, text: str) -> "Submission":
        """The submission that `text` writes. Raises ValueError for an unknown format, RuleBroken for a shape."""
        raw = json.loads(text)
        if not isinstance(raw, dict) or raw.pop("format", None) != FORMAT:
            raise ValueError("not a submission of a known format")
        submission: Submission = canonical.read_whole(cls, raw)
        return submission
