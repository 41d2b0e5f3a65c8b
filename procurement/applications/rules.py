"""What an application must say. Pure.

`check_<section>` names every fault of one section, `check_complete` those of a whole application, each with the
section it belongs to in its field. Figures that come from a law name it; everything else is this house's form.
"""

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from types import MappingProxyType
from typing import Any

from procurement.applications.content import (
    SECTION_TYPES,
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
    Relation,
    ReturnException,
    Sale,
    Section,
    Side,
    Submission,
    Supply,
    Undertaking,
    Undertakings,
)
from procurement.applications.labels import LABELS
from procurement.errors import N_, Problem
from procurement.masking import scrubbed, scrubbed_whole
from procurement.merchants.rules import CertificateKind, covers
from procurement.rounds.rules import Category
from procurement.rounds.scoring_rule import show_decimal

__all__ = [
    "SECTION_TYPES",
    "AfterSales",
    "AttachedFile",
    "Category",
    "Certificate",
    "Certificates",
    "Claim",
    "Content",
    "Fee",
    "Freight",
    "Interests",
    "Money",
    "Needs",
    "Price",
    "Product",
    "Purpose",
    "Relation",
    "ReturnException",
    "Section",
    "Side",
    "Submission",
    "Supply",
    "Undertaking",
    "Undertakings",
]

INSPECTION_AGE = timedelta(days=366)
"""An inspection report is not older than twelve months."""
REFUND_DAYS = 7
"""Consumer Law art. 25: refunded within seven days of receiving the goods back."""
LARGEST = Decimal("1e12")
LONGEST_DELIVERY = 366
"""Days after the broadcast, at most, for which papers are asked to be valid."""
SHORT, LONG = 200, 4000
"""Characters in a one-line answer and in a longer one."""
MAX_FILES = 60
MAX_PAPERS = 30
CLAIMS, RELATIONS = 5, 4
"""How many claims and relations the form has room for."""

REQUIRED = N_("Fill in “%(what)s”.")
TOO_LONG = N_("This answer may have at most %(limit)s characters.")
NOT_NEGATIVE = N_("Enter a number that is not below zero.")
ABOVE_ZERO = N_("Enter a number above zero.")
TOO_LARGE = N_("This number is too large to be right.")
TWO_PLACES = N_("Enter an amount in yuan with at most two decimals.")
NONE_OR_ANSWER = N_("Either say that there is none, or give your answer.")
NOT_BOTH = N_("You said that there is none and gave an answer as well. Keep one of the two.")


@dataclass(frozen=True, slots=True)
class Needs:
    """What the round, the applicant and the day ask of an application.

    `valid_on`: the day of the broadcast, when the round tells. `delivered_by`: the last day on which goods ordered in
    it are still on their way (`delivery_ends`); papers must be valid from the broadcast until then, else `today`.
    `registered`: the applicant has a unified social credit code and so a business licence.
    """

    today: date
    valid_on: date | None = None
    delivered_by: date | None = None
    categories: tuple[Category, ...] = ()
    registered: bool = True

    @property
    def papers_valid_on(self) -> date:
        """The last day on which every paper must be valid."""
        return max(day for day in (self.today, self.valid_on, self.delivered_by) if day is not None)


def delivery_ends(content: Content, needs: Needs) -> date | None:
    """The last day on which goods ordered in the broadcast may still be sent: as long as the price is honoured, and
    then as long as it takes to dispatch. None while no broadcast is planned."""
    if needs.valid_on is None:
        return None
    days = max(content.price.honoured_days or 0, 0) + -(-max(content.supply.dispatch_hours or 0, 0) // 24)
    return needs.valid_on + timedelta(days=min(days, LONGEST_DELIVERY))


def with_delivery(content: Content, needs: Needs) -> Needs:
    """`needs` with the end of the delivery that `content` promises."""
    return replace(needs, delivered_by=delivery_ends(content, needs))


# ---- sections ----------------------------------------------------------------------------------------------------


def check_product(product: Product, files: Sequence[AttachedFile], needs: Needs) -> list[Problem]:
    """Faults of the section product; claims are checked for words that advertising may not use."""
    problems = _required(
        product,
        "name",
        "category",
        "specification",
        "net_content",
        "unit",
        "origin_province",
        "origin_county",
        "origin_township",
        "packaging",
        "description",
    )
    problems += _lengths(product)
    problems += _numbers(product, positive=("net_content", "shelf_life_days"))
    if product.category is not None and needs.categories and product.category not in needs.categories:
        problems.append(Problem(N_("This round does not take goods of this category."), field="category"))
    if product.category is Category.PROCESSED:
        problems += _required(product, "ingredients", "allergens", "standard_number")
    if product.category not in (None, Category.HANDICRAFT):
        problems += _required(product, "shelf_life_days", "storage")
    if product.category is Category.FRESH:
        problems += _required(product, "harvest_season")
    if len(product.claims) > CLAIMS:
        problems.append(Problem(N_("At most %(limit)s claims."), {"limit": CLAIMS}, "claims"))
    for number, claim in enumerate(product.claims):
        if bool(claim.text) != bool(claim.proof):
            problems.append(
                Problem(
                    N_("Claim %(number)s: say both what you claim and what proves it."),
                    {"number": number + 1},
                    "claims",
                )
            )
    problems += check_words(product)
    if not _has(files, Purpose.PHOTO):
        problems.append(Problem(N_("Attach at least one photograph of the product."), field="photo"))
    if (
        product.category is not None
        and product.category is not Category.HANDICRAFT
        and not _has(files, Purpose.LABEL)
    ):
        problems.append(Problem(N_("Attach a picture of the label or of the packaging."), field="label"))
    if any(claim.text for claim in product.claims) and not _has(files, Purpose.CLAIM_PROOF):
        problems.append(Problem(N_("Attach a file that proves what you claim."), field="claim_proof"))
    if not _has(files, Purpose.ORIGIN_PROOF):
        problems.append(Problem(N_("Attach a file that proves the place of origin."), field="origin_proof"))
    return problems


# Advertising Law art. 9(3) names 国家级, 最高级, 最佳 and "the like"; the English words are their equivalents.
# "Best before" and 最佳食用期 state a shelf life and are no claim.
_SUPERLATIVES = (
    r"国家级|世界级|最高级|最好|最优|最先进|顶级|顶尖|极品|独一无二|绝无仅有|史无前例|万能",
    r"最佳(?!食用|赏味|保存|饮用|风味期)|全网最低|史上最低|最低价|100%有效",
    r"(?:全国|世界|全球|行业|销量|品质|中国)第一|第一品牌",
    r"\b(?:national|state|highest|top)[- ](?:level|grade|quality)\b|\bworld[- ]class\b|\bfinest\b",
    r"\bbest\b(?![- ]before)|\bnumber one\b|\bno\.? ?1\b|\bthe only one\b",
    r"\bunequalled\b|\bunrivalled\b|\blowest price\b",
)
# Advertising Law art. 9(2): neither the name nor the image of state organs or their staff.
_OFFICIALS = (
    r"(?:[县市省州区镇乡]长|书记|局长|主任|领导|政府|官方|国家机关)(?:力荐|推荐|代言|认可|背书|指定|认证)|特供|专供",
    (
        r"\b(?:recommended|endorsed|approved|certified) by (?:the )?"
        r"(?:government|governor|mayor|county (?:head|magistrate)|party secretary|state|officials?)\b"
    ),
    r"\bofficially (?:recommended|endorsed)\b",
)
_CURES = (
    r"治疗|治愈|疗效|防癌|抗癌|降血糖|降血压|降血脂|包治|根治|壮阳|药到病除",
    r"\b(?:cures?|heals?|treats?|prevents?) (?:\w+ )?(?:cancer|diabetes|illness|disease|hypertension)\b",
    r"\banti-?cancer\b|\blowers? blood (?:sugar|pressure)\b",
)
_WORDS = (
    (
        _SUPERLATIVES,
        N_("“%(words)s” may not be used: advertising may not say “national-level”, “highest”, “best” or the like."),
    ),
    (
        _OFFICIALS,
        N_(
            "“%(words)s” may not be used: neither the state nor an official may be named as recommending the product."
        ),
    ),
    (_CURES, N_("“%(words)s” may not be used: the product may not be said to prevent or treat an illness.")),
)
_COMPILED = tuple((re.compile("|".join(patterns), re.IGNORECASE), message) for patterns, message in _WORDS)
_ADVERTISED = ("name", "brand", "specification", "packaging", "description")


def forbidden_words(text: str) -> list[tuple[str, str]]:
    """(words found, why they may not be used) in a text meant for buyers, full-width letters included."""
    text = unicodedata.normalize("NFKC", text)
    return [(found.group(), message) for pattern, message in _COMPILED for found in pattern.finditer(text)]


def check_words(product: Product) -> list[Problem]:
    """Words in the name, the description and the claims that advertising may not use."""
    texts = [(name, getattr(product, name)) for name in _ADVERTISED]
    texts += [("claims", claim.text) for claim in product.claims]
    return [
        Problem(message, {"words": words}, field) for field, text in texts for words, message in forbidden_words(text)
    ]


_PRODUCTION = re.compile(r"SC\d{14}")


def check_certificates(
    certificates: Certificates, product: Product, files: Sequence[AttachedFile], needs: Needs
) -> list[Problem]:
    """Faults of the papers: what is missing for this class of goods, and what is wrong with each one (field
    "items-<number>.<field>"). A paper must be valid to the end of the delivery, not only today."""
    problems = _lengths(certificates)
    attached = {f.digest for f in files}
    for number, paper in enumerate(certificates.items, start=1):
        found = check_certificate(paper, needs)
        if paper.file and paper.file not in attached:
            found.append(Problem(N_("The copy of this paper is no longer attached."), field="upload"))
        problems += [replace(problem, field=f"items-{number}.{problem.field}") for problem in found]
    held = {paper.type for paper in certificates.items}
    kind = CertificateKind
    if needs.registered and kind.BUSINESS_LICENCE not in held:
        problems.append(Problem(N_("Add the business licence."), field="items"))
    if (
        product.category is Category.PROCESSED
        and not held & {kind.FOOD_PRODUCTION, kind.SMALL_WORKSHOP}
        and not certificates.exemption
    ):
        problems.append(
            Problem(
                N_(
                    "Add the food production licence (SC) or the small-workshop registration, or say why neither "
                    "is needed."
                ),
                field="exemption",
            )
        )
    if product.category is Category.PROCESSED and kind.INSPECTION not in held:
        problems.append(Problem(N_("Add an inspection report that is not older than twelve months."), field="items"))
    if product.category in (Category.FRESH, Category.PRIMARY) and not held & {
        kind.CONFORMITY,
        kind.INSPECTION,
    }:
        problems.append(
            Problem(N_("Add the commitment conformity certificate or an inspection report."), field="items")
        )
    return problems


def check_certificate(paper: Certificate, needs: Needs) -> list[Problem]:
    """Faults of one paper, by field."""
    problems = _required(paper, "type", "number", "issuer", "issued") + _lengths(paper)
    if paper.issued is not None and paper.issued > needs.today:
        problems.append(Problem(N_("The day of issue has not come yet."), field="issued"))
    if paper.expires is not None:
        if paper.issued is not None and paper.expires < paper.issued:
            problems.append(Problem(N_("It expires before it was issued."), field="expires"))
        elif not covers(needs.today, paper.expires, needs.today, needs.papers_valid_on):  # issued: said above
            problems.append(
                Problem(
                    N_("It expires on %(expires)s and must be valid on %(on)s, the last day of delivery.")
                    if needs.papers_valid_on == needs.delivered_by
                    else N_("It expires on %(expires)s and must be valid on %(on)s."),
                    {"expires": paper.expires, "on": needs.papers_valid_on},
                    "expires",
                )
            )
    if paper.covers is not True:
        problems.append(Problem(N_("A paper that does not cover this product does not count."), field="covers"))
    if not paper.file:
        problems.append(Problem(N_("Attach a copy of this paper."), field="upload"))
    return problems + _check_licence_number(paper) + _check_inspection(paper, needs)


def _check_licence_number(paper: Certificate) -> list[Problem]:
    number = re.sub(r"\s", "", paper.number).upper()
    if paper.type is not CertificateKind.FOOD_PRODUCTION or not number or _PRODUCTION.fullmatch(number):
        return []
    if number.startswith("QS"):
        return [
            Problem(N_("QS numbers have been void since 30 September 2018. Enter the SC number."), field="number")
        ]
    return [Problem(N_("A food production licence number is SC and 14 digits."), field="number")]


def _check_inspection(paper: Certificate, needs: Needs) -> list[Problem]:
    if paper.type is not CertificateKind.INSPECTION:
        return []
    problems = _required(paper, "laboratory", "sampled_on", "passed")
    if paper.sampled_on is not None and not needs.today - INSPECTION_AGE <= paper.sampled_on <= needs.today:
        problems.append(Problem(N_("The sample was not taken within the last twelve months."), field="sampled_on"))
    if paper.passed is False:
        problems.append(Problem(N_("A report that found the product wanting does not count."), field="passed"))
    return problems


@dataclass(frozen=True, slots=True)
class LowPrice:
    """One of the low prices: its field, the field of its sale, the days it is of (None: the last sale), and what a
    file shows that is evidence of it alone."""

    price: str
    sale: str
    days: int | None
    purpose: Purpose | None


LOW_PRICES = (
    LowPrice("low_7", "sale_7", 7, Purpose.PRICE_7),
    LowPrice("low_30", "sale_30", 30, Purpose.PRICE_30),
    LowPrice("low_90", "sale_90", 90, Purpose.PRICE_90),
    LowPrice("last_sale", "sale_last", None, None),
)


def evidenced(price: Price) -> tuple[LowPrice, ...]:
    """The low prices that need evidence of their own: those given, but for one that is that of a shorter time too."""
    found: list[LowPrice] = []
    known: set[Decimal] = set()
    for low in LOW_PRICES:
        value = getattr(price, low.price)
        if value is not None and value not in known and (low.days is not None or price.low_7 is None):
            found.append(low)
            known.add(value)
    return tuple(found)


def _check_sales(price: Price, files: Sequence[AttachedFile], today: date) -> list[Problem]:
    """Each low price has its day, its place and a file that shows it; the day lies within the time that it is of."""
    problems, bare = [], []
    for low in evidenced(price):
        sale: Sale = getattr(price, low.sale)
        if sale.on is None:
            problems.append(Problem(N_("Say on which day it was sold at this price."), field=f"{low.sale}_on"))
        elif sale.on > today:
            problems.append(Problem(N_("This day is still to come."), field=f"{low.sale}_on"))
        elif low.days is not None and sale.on < today - timedelta(days=low.days):
            problems.append(
                Problem(
                    N_(
                        "This sale is not within the %(days)s days before today. Enter the lowest price of that time."
                    ),
                    {"days": low.days},
                    f"{low.sale}_on",
                )
            )
        elif low.days is None and sale.on >= today - timedelta(days=LOW_PRICES[0].days or 0):
            problems.append(
                Problem(N_("This sale is within the last 7 days, so there is a lowest price of them."), field="low_7")
            )
        if not sale.platform.strip():
            problems.append(Problem(N_("Say where it was sold at this price."), field=f"{low.sale}_platform"))
        if not _has(files, Purpose.PRICE_EVIDENCE) and not (low.purpose and _has(files, low.purpose)):
            bare.append(LABELS[f"price.{low.price}"])
    for low in LOW_PRICES:
        link = getattr(price, low.sale).link
        if link and not re.match(r"https?://\S+$", link):
            problems.append(
                Problem(N_("Write the whole address, beginning with https://."), field=f"{low.sale}_link")
            )
    if bare:
        problems.append(
            Problem(
                N_("Attach evidence, such as an export of orders from the platform, of: %(what)s."),
                {"what": tuple(bare)},
                "price_evidence",
            )
        )
    return problems


def check_price(price: Price, files: Sequence[AttachedFile], needs: Needs) -> list[Problem]:
    """Faults of the prices. The livestream price is not above the lowest price of the last seven days (Price Marking
    Rules art. 16), or above the last sale when nothing was sold in them; it is not below cost; every low price is
    evidenced."""
    problems = _required(price, "livestream", "list_price", "freight", "honoured_days", "discount_paid_by")
    problems += _lengths(price)
    problems += _numbers(
        price,
        positive=("livestream", "list_price", "low_7", "low_30", "low_90", "last_sale", "honoured_days"),
        not_negative=("freight_amount",),
        money=("livestream", "list_price", "low_7", "low_30", "low_90", "last_sale", "freight_amount"),
    )
    if price.low_7 is None and price.last_sale is None:
        problems.append(
            Problem(
                N_(
                    "Enter the lowest price of the last 7 days or, when nothing was sold in them, the price of the "
                    "last sale."
                ),
                field="low_7",
            )
        )
    if price.livestream is not None:
        if price.low_7 is not None and price.livestream > price.low_7:
            problems.append(
                Problem(
                    N_("The livestream price is above your own lowest price of the last 7 days, %(low)s yuan."),
                    {"low": show_decimal(price.low_7)},
                    "livestream",
                )
            )
        elif price.low_7 is None and price.last_sale is not None and price.livestream > price.last_sale:
            problems.append(
                Problem(
                    N_("The livestream price is above the price of your last sale, %(low)s yuan."),
                    {"low": show_decimal(price.last_sale)},
                    "livestream",
                )
            )
        if price.list_price is not None and price.livestream > price.list_price:
            problems.append(Problem(N_("The livestream price is above the list price."), field="livestream"))
    problems += _lows_in_order(price)
    if price.not_below_cost is not True:
        problems.append(
            Problem(N_("Declare that the livestream price is not below your cost."), field="not_below_cost")
        )
    if price.freight is Freight.BUYER and price.freight_amount is None:
        problems.append(Problem(N_("Say how much the buyer pays for delivery."), field="freight_amount"))
    problems += _check_sales(price, files, needs.today)
    return problems


def _lows_in_order(price: Price) -> list[Problem]:
    """Within a longer time the lowest price cannot be higher."""
    problems = []
    for longer, shorter in (("low_30", "low_7"), ("low_90", "low_30"), ("low_90", "low_7")):
        long_low, short_low = getattr(price, longer), getattr(price, shorter)
        if long_low is not None and short_low is not None and long_low > short_low:
            problems.append(
                Problem(
                    N_("The lowest price of a longer time cannot be above that of a shorter time within it."),
                    field=longer,
                )
            )
            break
    for longer, shorter in (("low_30", "low_7"), ("low_90", "low_30")):
        if getattr(price, longer) is None and getattr(price, shorter) is not None:
            problems.append(
                Problem(N_("You sold in a shorter time within this one, so there is a lowest price."), field=longer)
            )
    return problems


def check_supply(supply: Supply, files: Sequence[AttachedFile]) -> list[Problem]:
    """Faults of stock, dispatch and what is said of the growers."""
    problems = _required(
        supply,
        "stock",
        "daily_dispatch",
        "maximum_orders",
        "bottleneck",
        "presale",
        "dispatch_hours",
        "carrier",
        "cold_chain",
        "excluded_regions",
        "benefit",
    )
    problems += _lengths(supply)
    problems += _numbers(
        supply,
        positive=("daily_dispatch", "maximum_orders", "dispatch_hours", "grower_price", "market_price"),
        not_negative=("stock", "households"),
        money=("grower_price", "market_price"),
    )
    if (
        supply.stock is not None
        and supply.maximum_orders is not None
        and supply.presale is False
        and 0 <= supply.stock < supply.maximum_orders
    ):
        problems.append(
            Problem(N_("Without presale you cannot take more orders than you have in stock."), field="maximum_orders")
        )
    if supply.grower_price is not None:
        problems += _required(supply, "market_price", "grower_unit")
        if not _has(files, Purpose.BENEFIT_EVIDENCE):
            problems.append(
                Problem(N_("Attach evidence of the price paid to the growers."), field="benefit_evidence")
            )
    return problems


def check_after_sales(after_sales: AfterSales, product: Product) -> list[Problem]:
    """Faults of the after-sales promises. The exceptions from the seven-day return are those of Consumer Law art. 25
    and must fit the class of the goods."""
    problems = _required(
        after_sales, "seven_day_return", "damage_rule", "first_response_hours", "refund_days", "complaint_contact"
    )
    problems += _lengths(after_sales)
    problems += _numbers(after_sales, positive=("first_response_hours", "refund_days"))
    fits = {Category.FRESH: ReturnException.PERISHABLE, Category.HANDICRAFT: ReturnException.CUSTOM_MADE}
    if after_sales.seven_day_return is False:
        if after_sales.exception is None:
            problems.append(
                Problem(
                    N_("The law lets a buyer return goods within 7 days. Say which statutory exception applies."),
                    field="exception",
                )
            )
        elif product.category is not None and fits.get(product.category) is not after_sales.exception:
            problems.append(
                Problem(N_("This exception does not apply to goods of this category."), field="exception")
            )
    elif after_sales.seven_day_return is True and after_sales.exception is not None:
        problems.append(Problem(N_("You accept returns within 7 days, so no exception applies."), field="exception"))
    if after_sales.refund_days is not None and after_sales.refund_days > REFUND_DAYS:
        problems.append(
            Problem(
                N_("The law gives at most %(days)s days for the refund."), {"days": REFUND_DAYS}, field="refund_days"
            )
        )
    return problems


_FEES = ("commission", "slot_fee", "service_fee", "traffic_fee")


def check_money(money: Money, files: Sequence[AttachedFile]) -> list[Problem]:
    """Faults of the payments: the public side receives nothing, every payment has its payee and its contract."""
    problems = _lengths(money)
    if money.to_public_side is None:
        problems += _required(money, "to_public_side")
    elif money.to_public_side != 0:
        problems.append(
            Problem(
                N_("Nothing may be paid to the office, the official or any other public body. This must be 0."),
                field="to_public_side",
            )
        )
    for name in _FEES:
        found = _check_fee(getattr(money, name), Decimal(100) if name == "commission" else LARGEST)
        problems += [replace(problem, field=f"{name}_{problem.field}") for problem in found]
    problems += _none_or(money, "subsidies_none", "subsidies")
    if any(getattr(money, name).amount for name in _FEES) and not _has(files, Purpose.CONTRACT):
        problems.append(Problem(N_("Attach the contract under which this is paid."), field="contract"))
    return problems


def _check_fee(fee: Fee, largest: Decimal) -> list[Problem]:
    problems = _lengths(fee)
    if fee.amount is None:
        return [*problems, Problem(N_("Enter 0 when nothing is paid."), field="amount")]
    if fee.amount < 0:
        problems.append(Problem(NOT_NEGATIVE, field="amount"))
    elif fee.amount > largest:
        problems.append(Problem(TOO_LARGE, field="amount"))
    elif _places(fee.amount) > 2:
        problems.append(Problem(TWO_PLACES, field="amount"))
    if fee.amount > 0:
        if not fee.payee:
            problems.append(Problem(N_("Say to whom this is paid."), field="payee"))
        if fee.side is None:
            problems.append(Problem(N_("Say what kind of payee this is."), field="side"))
        elif fee.side is Side.PUBLIC_SIDE:
            problems.append(Problem(N_("A commission or fee to the public side must be 0."), field="amount"))
    return problems


def check_interests(interests: Interests) -> list[Problem]:
    """Faults of the declaration: for each question an explicit "none" or an answer, never silence."""
    problems = _lengths(interests)
    told = tuple(r for r in interests.relations if r.party or r.kind or r.detail)
    if interests.relations_none and told:
        problems.append(Problem(NOT_BOTH, field="relations_none"))
    if not interests.relations_none and not told:
        problems.append(Problem(NONE_OR_ANSWER, field="relations_none"))
    for number, relation in enumerate(told, start=1):
        if relation.party is None or relation.kind is None or not relation.detail:
            problems.append(
                Problem(
                    N_("Relation %(number)s: say with whom, of what kind, and what it is."),
                    {"number": number},
                    "relations",
                )
            )
    for none, answer in (
        ("penalties_none", "penalties"),
        ("related_none", "related"),
        ("promotions_none", "promotions"),
    ):
        problems += _none_or(interests, none, answer)
    return problems


def check_undertakings(undertakings: Undertakings) -> list[Problem]:
    """Faults of the undertakings: every one is accepted, by a named person."""
    problems = _required(undertakings, "signed_by", "position") + _lengths(undertakings)
    missing = [u for u in Undertaking if u not in undertakings.accepted]
    if missing:
        problems.append(
            Problem(N_("Accept every undertaking: %(count)s are missing."), {"count": len(missing)}, field="accepted")
        )
    return problems


def check_section(section: Section, content: Content, needs: Needs) -> list[Problem]:
    """Faults of one section of `content`, by field."""
    files = content.files_of(section)
    match section:
        case Section.PRODUCT:
            problems = check_product(content.product, files, needs)
        case Section.CERTIFICATES:
            problems = check_certificates(content.certificates, content.product, files, with_delivery(content, needs))
        case Section.PRICE:
            problems = check_price(content.price, files, needs)
        case Section.SUPPLY:
            problems = check_supply(content.supply, files)
        case Section.AFTER_SALES:
            problems = check_after_sales(content.after_sales, content.product)
        case Section.MONEY:
            problems = check_money(content.money, files)
        case Section.INTERESTS:
            problems = check_interests(content.interests)
        case Section.UNDERTAKINGS:
            problems = check_undertakings(content.undertakings)
    return problems


def faults(content: Content, needs: Needs) -> dict[Section, list[Problem]]:
    """Section → its faults, for every section, in order."""
    return {section: check_section(section, content, needs) for section in Section}


def check_complete(content: Content, needs: Needs) -> list[Problem]:
    """Every fault of an application; `field` is "<section>.<field>", so that a page can lead to it."""
    problems = [
        replace(problem, field=f"{section.value}.{problem.field or ''}".rstrip("."))
        for section, found in faults(content, needs).items()
        for problem in found
    ]
    if len(content.files) > MAX_FILES:
        problems.append(Problem(N_("At most %(limit)s files may be attached."), {"limit": MAX_FILES}))
    return problems


def is_empty(section: Section, content: Content) -> bool:
    """Whether nothing was written in this section yet."""
    return content.section(section) == SECTION_TYPES[section]() and not content.files_of(section)


def product_key(name: str) -> str:
    """What makes two product names the same: width, case and blanks do not count."""
    return re.sub(r"\s+", "", unicodedata.normalize("NFKC", name)).casefold()


def public_part(content: Content, *, ringable: bool) -> Content:
    """What anybody may read after the deadline: private files, whoever signed and the details of relations are left
    out (PIPL art. 6, 25; of a relation the public sees with whom and of what kind), numbers that tell who somebody is
    are masked or taken out wherever they stand. `ringable`: the contact for complaints may hold a whole number."""
    contact = scrubbed(content.after_sales.complaint_contact, phones=not ringable)
    content = scrubbed_whole(content, but=frozenset({"complaint_contact", "digest", "file"}))
    return replace(
        content,
        after_sales=replace(content.after_sales, complaint_contact=contact),
        interests=replace(
            content.interests,
            relations=tuple(replace(relation, detail="") for relation in content.interests.relations),
        ),
        undertakings=replace(content.undertakings, signed_by="", position=""),
        files=tuple(f for f in content.files if f.public),
    )


# ---- shapes ------------------------------------------------------------------------------------------------------


_PREFIX: Mapping[type[Any], str] = MappingProxyType(
    {**{kind: section.value for section, kind in SECTION_TYPES.items()}, Certificate: "certificate"}
)


def _required(part: Any, *names: str) -> list[Problem]:
    return [
        Problem(REQUIRED, {"what": LABELS[f"{_PREFIX[type(part)]}.{name}"]}, name)
        for name in names
        if (value := getattr(part, name)) is None or (isinstance(value, str) and not value.strip())
    ]


_LONG_FIELDS = frozenset(
    {
        *("ingredients", "storage", "packaging", "description", "exemption", "scope", "gifts", "bottleneck"),
        *("excluded_regions", "benefit", "damage_rule", "compensation", "subsidies", "penalties", "related"),
        *("promotions", "discount_paid_by"),
    }
)


def _lengths(part: Any) -> list[Problem]:
    problems = []
    for name in part.__dataclass_fields__:
        value = getattr(part, name)
        limit = LONG if name in _LONG_FIELDS else SHORT
        if isinstance(value, str) and len(value) > limit:
            problems.append(Problem(TOO_LONG, {"limit": limit}, name))
        elif isinstance(value, Sale):
            problems += [replace(problem, field=f"{name}_{problem.field}") for problem in _lengths(value)]
        elif isinstance(value, tuple):
            problems += [
                replace(problem, field=name)
                for item in value
                if hasattr(item, "__dataclass_fields__")
                for problem in _lengths(item)
            ]
    return problems


def _numbers(
    part: Any, *, positive: Iterable[str] = (), not_negative: Iterable[str] = (), money: Iterable[str] = ()
) -> list[Problem]:
    problems = []
    for names, lowest, message in ((positive, 1, ABOVE_ZERO), (not_negative, 0, NOT_NEGATIVE)):
        for name in names:
            value = getattr(part, name)
            if value is None:
                continue
            if value < 0 or (lowest and value == 0):
                problems.append(Problem(message, field=name))
            elif value > LARGEST:
                problems.append(Problem(TOO_LARGE, field=name))
    for name in money:
        value = getattr(part, name)
        if value is not None and _places(value) > 2:
            problems.append(Problem(TWO_PLACES, field=name))
    return problems


def _places(value: Decimal) -> int:
    exponent = value.normalize().as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 0


def _none_or(part: Any, none: str, answer: str) -> list[Problem]:
    if getattr(part, none) and getattr(part, answer):
        return [Problem(NOT_BOTH, field=answer)]
    if not getattr(part, none) and not getattr(part, answer):
        return [Problem(NONE_OR_ANSWER, field=answer)]
    return []


def _has(files: Sequence[AttachedFile], purpose: Purpose) -> bool:
    return any(f.purpose is purpose for f in files)
