"""The words for every code of the form and of verdicts, for forms, pages, mail and documents. Pure.

What the answers are called stands in `labels.py`.
"""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Any

from procurement.applications.content import (
    Freight,
    Party,
    Purpose,
    RelationKind,
    ReturnException,
    Section,
    Side,
    Undertaking,
    Unit,
)
from procurement.applications.verdicts import Reason
from procurement.errors import N_
from procurement.merchants.rules import CERTIFICATE_NAMES, CertificateKind
from procurement.rounds.rules import CATEGORIES, Category

SECTIONS: Mapping[Section, str] = MappingProxyType(
    {
        Section.PRODUCT: N_("Product"),
        Section.CERTIFICATES: N_("Certificates"),
        Section.PRICE: N_("Price"),
        Section.SUPPLY: N_("Supply and growers"),
        Section.AFTER_SALES: N_("After sales"),
        Section.MONEY: N_("Commission and fees"),
        Section.INTERESTS: N_("Interests and record"),
        Section.UNDERTAKINGS: N_("Undertakings"),
    }
)

UNITS: Mapping[Unit, str] = MappingProxyType(
    {
        Unit.G: N_("grams"),
        Unit.KG: N_("kilograms"),
        Unit.ML: N_("millilitres"),
        Unit.L: N_("litres"),
        Unit.PIECE: N_("pieces"),
    }
)

EXCEPTIONS: Mapping[ReturnException, str] = MappingProxyType(
    {
        ReturnException.CUSTOM_MADE: N_("Made to the buyer's order"),
        ReturnException.PERISHABLE: N_("Fresh and perishable goods"),
        ReturnException.OPENED_MEDIA: N_("Recordings or software that the buyer has opened"),
        ReturnException.PERIODICALS: N_("Newspapers and periodicals"),
    }
)

FREIGHT: Mapping[Freight, str] = MappingProxyType(
    {
        Freight.INCLUDED: N_("It is included in the price"),
        Freight.BUYER: N_("The buyer pays it"),
    }
)

SIDES: Mapping[Side, str] = MappingProxyType(
    {
        Side.AGENCY: N_("Livestream agency (MCN)"),
        Side.PLATFORM: N_("Platform"),
        Side.OTHER_BUSINESS: N_("Another business"),
        Side.PUBLIC_SIDE: N_("A public body, the office or the official"),
    }
)

PARTIES: Mapping[Party, str] = MappingProxyType(
    {
        Party.OFFICIAL: N_("The promoting official"),
        Party.COMMITTEE: N_("A member of the committee"),
        Party.ORGANISER: N_("The organiser's office or its staff"),
        Party.AGENCY: N_("The livestream agency or the platform"),
    }
)

RELATIONS: Mapping[RelationKind, str] = MappingProxyType(
    {
        RelationKind.EMPLOYMENT: N_("Employment within the last three years"),
        RelationKind.DIRECTOR: N_("Director or supervisor within the last three years"),
        RelationKind.SHAREHOLDER: N_("Controlling shareholder or actual controller within the last three years"),
        RelationKind.KINSHIP: N_("Spouse, blood relation within three generations, or near affinity"),
        RelationKind.OTHER: N_("Another relation that may affect fairness"),
        RelationKind.GIFT: N_("Gift or hospitality"),
        RelationKind.DONATION: N_("Donation"),
        RelationKind.SPONSORSHIP: N_("Sponsorship"),
        RelationKind.RELATIVE_EMPLOYED: N_("A relative of theirs is employed by the applicant"),
    }
)

UNDERTAKINGS: Mapping[Undertaking, str] = MappingProxyType(
    {
        Undertaking.TRUTH: N_("Everything in this application is true and complete."),
        Undertaking.NO_OFFICIAL_IMAGE: N_(
            "After the broadcast we do not use the name, the office, the voice or the image of the official, nor "
            "parts of the broadcast, to sell anything."
        ),
        Undertaking.NO_FAKE_ORDERS: N_("We place no orders ourselves, have none placed, and buy no reviews."),
        Undertaking.PRICE_HONOURED: N_("We sell at the price and for the time that we have stated."),
        Undertaking.RECALL: N_("We recall faulty goods at our cost and compensate the buyers."),
        Undertaking.UPDATE: N_(
            "We report at once when something stated here changes, relations to people in this round above all, "
            "until the decision is made."
        ),
        Undertaking.PUBLICATION: N_(
            "We have read which answers are published and agree to it separately: product, papers, prices, supply, "
            "after-sales, fees, and with whom there is a relation. Files marked private, the signatory and the "
            "details of relations are not published."
        ),
        Undertaking.DEBARMENT: N_("We accept that false statements, fake orders or bribery lead to debarment."),
    }
)

PURPOSES: Mapping[Purpose, str] = MappingProxyType(
    {
        Purpose.PHOTO: N_("Photograph of the product"),
        Purpose.LABEL: N_("Label or packaging"),
        Purpose.CLAIM_PROOF: N_("Proof of a claim"),
        Purpose.ORIGIN_PROOF: N_("Proof of origin"),
        Purpose.CERTIFICATE: N_("Copy of a paper"),
        Purpose.PRICE_EVIDENCE: N_("Evidence of prices"),
        Purpose.PRICE_7: N_("Evidence of the lowest price in 7 days"),
        Purpose.PRICE_30: N_("Evidence of the lowest price in 30 days"),
        Purpose.PRICE_90: N_("Evidence of the lowest price in 90 days"),
        Purpose.SUPPLY_EVIDENCE: N_("Evidence of supply"),
        Purpose.BENEFIT_EVIDENCE: N_("Evidence of what growers receive"),
        Purpose.AFTER_SALES_EVIDENCE: N_("Evidence of after-sales service"),
        Purpose.CONTRACT: N_("Contract"),
        Purpose.INTERESTS_EVIDENCE: N_("Paper about interests or record"),
    }
)

REASONS: Mapping[Reason, str] = MappingProxyType(
    {
        Reason.ALL_GATES_PASSED: N_("All conditions are met"),
        Reason.READMITTED: N_("Re-admitted after an objection was upheld"),
        Reason.IDENTITY_UNVERIFIED: N_("The applicant's identity could not be verified"),
        Reason.DOCUMENTS_MISSING: N_("Required papers are missing"),
        Reason.DOCUMENTS_INVALID: N_("A required paper is not valid or does not cover the product"),
        Reason.UNLAWFUL_PRODUCT: N_("The product may not be sold, or not in this way"),
        Reason.VIOLATION_WITHIN_THREE_YEARS: N_("A major violation within the last three years"),
        Reason.DEBARRED: N_("The applicant is debarred"),
        Reason.RELATION_TO_OFFICIAL: N_("An unresolved relation to the promoting official"),
        Reason.FEE_TO_PUBLIC_SIDE: N_("A commission or fee goes to the public side"),
        Reason.STOCK_BELOW_MINIMUM: N_("The stock is below the minimum"),
        Reason.PRICE_BELOW_COST: N_("The price is below cost"),
        Reason.PRICE_ABOVE_SEVEN_DAY_LOW: N_("The price is above the applicant's own lowest price of seven days"),
        Reason.FOOD_SUPERVISION_BLOCK: N_("The official's department may not recommend food"),
        Reason.RELATED_APPLICANTS: N_("Applicants under the same control compete with one another"),
        Reason.FALSE_STATEMENT: N_("The application contains a false statement"),
        Reason.OUTSIDE_THE_CALL: N_("The product is outside what the call asks for"),
    }
)

REASONS_ZH: Mapping[Reason, str] = MappingProxyType(
    {
        Reason.ALL_GATES_PASSED: "符合全部资格条件",
        Reason.READMITTED: "异议成立，恢复参评资格",
        Reason.IDENTITY_UNVERIFIED: "申报主体身份无法核实",
        Reason.DOCUMENTS_MISSING: "缺少必需的证照材料",
        Reason.DOCUMENTS_INVALID: "必需的证照无效或未覆盖该产品",
        Reason.UNLAWFUL_PRODUCT: "该产品不得销售或不得以此方式销售",
        Reason.VIOLATION_WITHIN_THREE_YEARS: "近三年内有重大违法记录",
        Reason.DEBARRED: "申报主体被限制参与",
        Reason.RELATION_TO_OFFICIAL: "与推介公职人员存在未处理的利害关系",
        Reason.FEE_TO_PUBLIC_SIDE: "向公共一方支付佣金或费用",
        Reason.STOCK_BELOW_MINIMUM: "库存低于最低要求",
        Reason.PRICE_BELOW_COST: "价格低于成本",
        Reason.PRICE_ABOVE_SEVEN_DAY_LOW: "价格高于申报主体自身近7日最低成交价",
        Reason.FOOD_SUPERVISION_BLOCK: "推介公职人员所在部门不得推荐食品",
        Reason.RELATED_APPLICANTS: "受同一主体控制的申报主体相互竞争",
        Reason.FALSE_STATEMENT: "申报材料含有虚假陈述",
        Reason.OUTSIDE_THE_CALL: "产品不在征集公告范围内",
    }
)
"""The same for letters, which are written where no page's language is known."""

GROUNDS: Mapping[Reason, str] = MappingProxyType(
    {
        Reason.ALL_GATES_PASSED: N_("The conditions printed in the call"),
        Reason.READMITTED: N_("The ruling on the objection"),
        Reason.IDENTITY_UNVERIFIED: N_("Live-streaming E-commerce Measures (Order 117) art. 27"),
        Reason.DOCUMENTS_MISSING: N_("Procurement Law art. 22, by analogy; Order 117 art. 27"),
        Reason.DOCUMENTS_INVALID: N_("Procurement Law art. 22, by analogy; Order 117 art. 27"),
        Reason.UNLAWFUL_PRODUCT: N_("Order 117 art. 33; Agricultural Product Quality Law art. 36"),
        Reason.VIOLATION_WITHIN_THREE_YEARS: N_("Procurement Law art. 22, by analogy"),
        Reason.DEBARRED: N_("Procurement Law art. 77, by analogy"),
        Reason.RELATION_TO_OFFICIAL: N_("Procurement Law art. 12, by analogy; Civil Servants Law art. 76"),
        Reason.FEE_TO_PUBLIC_SIDE: N_("Government Sanctions Law art. 36; Anti-Unfair-Competition Law art. 8"),
        Reason.STOCK_BELOW_MINIMUM: N_("The conditions printed in the call"),
        Reason.PRICE_BELOW_COST: N_("The conditions printed in the call"),
        Reason.PRICE_ABOVE_SEVEN_DAY_LOW: N_("Price Marking Rules art. 16"),
        Reason.FOOD_SUPERVISION_BLOCK: N_("Food Safety Law art. 73(2)"),
        Reason.RELATED_APPLICANTS: N_("Procurement Law, Implementing Regulation art. 18, by analogy"),
        Reason.FALSE_STATEMENT: N_("Procurement Law art. 77, by analogy"),
        Reason.OUTSIDE_THE_CALL: N_("The conditions printed in the call"),
    }
)

OPTIONS: Mapping[type[StrEnum], Mapping[Any, str]] = MappingProxyType(
    {
        Category: CATEGORIES,
        Unit: UNITS,
        CertificateKind: CERTIFICATE_NAMES,
        ReturnException: EXCEPTIONS,
        Freight: FREIGHT,
        Side: SIDES,
        Party: PARTIES,
        RelationKind: RELATIONS,
        Undertaking: UNDERTAKINGS,
        Purpose: PURPOSES,
        Reason: REASONS,
        Section: SECTIONS,
    }
)
"""The words for every code of the form."""


def name_of(code: StrEnum) -> str:
    """The source text for a code."""
    return OPTIONS[type(code)][code]
