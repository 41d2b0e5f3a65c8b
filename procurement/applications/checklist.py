"""What is verified of a product before it is found eligible, item by item. Pure.

The items are what whoever runs a livestream must verify (Live-streaming E-commerce Measures, Order 117 art. 27) and
what this house asks beyond it. Each is found with its evidence by somebody of the office: nothing is found by itself,
and what was not looked at is not called verified.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from types import MappingProxyType

from procurement.applications.verdicts import Reason
from procurement.errors import N_, Problem
from procurement.masking import public_text_problems
from procurement.rounds.rules import Basis


class Item(StrEnum):
    """What is verified, in the order in which it is asked."""

    IDENTITY = "identity"
    ADDRESS = "address"
    LICENCES = "licences"
    CONFORMITY = "conformity"
    COVERAGE = "coverage"
    LABEL = "label"
    ORIGIN = "origin"
    CLAIMS = "claims"
    PRICE = "price"
    COST = "cost"
    STOCK = "stock"
    AFTER_SALES = "after_sales"
    RECORD = "record"
    RELATIONS = "relations"
    MONEY = "money"
    ON_SITE = "on_site"


@dataclass(frozen=True, slots=True)
class Asked:
    """What an item asks. `about`: what to look at; `law`: on what it rests, printed as law only where `basis` says
    so; `may_not_apply`: whether there are goods to which it does not apply; `optional`: whether it may be left out.
    Texts are source texts."""

    title: str
    about: str
    law: str
    basis: Basis
    may_not_apply: bool = False
    optional: bool = False


ITEMS: Mapping[Item, Asked] = MappingProxyType(
    {
        Item.IDENTITY: Asked(
            N_("Identity"),
            N_("Name and unified social credit code, or the identity of a farmer, agree with the register."),
            N_("Order 117 art. 27"),
            Basis.LAW,
        ),
        Item.ADDRESS: Asked(
            N_("Address and contact"),
            N_("The real address of the business and somebody who answers there."),
            N_("Order 117 art. 27"),
            Basis.LAW,
        ),
        Item.LICENCES: Asked(
            N_("Licences"),
            N_("Every licence, registration or filing that the law asks for this product, held against its issuer."),
            N_("Order 117 art. 27; Food Safety Law art. 35"),
            Basis.LAW,
        ),
        Item.CONFORMITY: Asked(
            N_("Conformity of the product"),
            N_(
                "Compulsory certification, inspection report or conformity certificate: genuine, and of this product."
            ),
            N_("Order 117 art. 27; Agricultural Product Quality Law arts. 38 and 39"),
            Basis.LAW,
        ),
        Item.COVERAGE: Asked(
            N_("Papers cover the whole time"),
            N_("Every paper covers this product and is valid from the broadcast to the last delivery."),
            N_("The rules of this house"),
            Basis.DEFAULT,
        ),
        Item.LABEL: Asked(
            N_("Label"),
            N_("The label of prepackaged food says all that it must."),
            N_("Food Safety Law art. 67"),
            Basis.LAW,
            may_not_apply=True,
        ),
        Item.ORIGIN: Asked(
            N_("Place of origin"),
            N_("Proof of the place that is named."),
            N_("Advertising Law art. 28"),
            Basis.LAW,
        ),
        Item.CLAIMS: Asked(
            N_("Claims"),
            N_("Each claim has its proof, and no word is used that advertising may not use."),
            N_("Advertising Law arts. 9 and 28; Order 117 art. 33"),
            Basis.LAW,
        ),
        Item.PRICE: Asked(
            N_("Lowest prices and their evidence"),
            N_("Lowest prices of 7, 30 and 90 days are evidenced, and the livestream price is not above the first."),
            N_("Price Marking Rules art. 16"),
            Basis.LAW,
        ),
        Item.COST: Asked(
            N_("Not below cost"),
            N_("The price is not below what the goods cost the applicant."),
            N_("The rules of this house"),
            Basis.DEFAULT,
        ),
        Item.STOCK: Asked(
            N_("Stock and capacity"),
            N_("Stock, daily dispatch and carriers are enough for the orders that may come."),
            N_("E-commerce Law art. 20"),
            Basis.LAW,
        ),
        Item.AFTER_SALES: Asked(
            N_("After sales"),
            N_("Returns, refunds and the contact for complaints are as the law asks."),
            N_("Consumer Law arts. 24 and 25"),
            Basis.LAW,
        ),
        Item.RECORD: Asked(
            N_("Record of three years"),
            N_("Penalties, abnormal operation, bad conduct and debarments, searched in the public registers."),
            N_("Procurement Law art. 22, by analogy"),
            Basis.LAW,
        ),
        Item.RELATIONS: Asked(
            N_("Relations and independence"),
            N_("No unresolved relation to anybody in the round, and no other applicant under the same control."),
            N_("Procurement Law art. 12 and Implementing Regulation art. 18, by analogy"),
            Basis.LAW,
        ),
        Item.MONEY: Asked(
            N_("Commission and fees"),
            N_("Nothing goes to the public side; contracts say the same as the application."),
            N_("Anti-Unfair-Competition Law art. 8; Government Sanctions Law art. 36"),
            Basis.LAW,
        ),
        Item.ON_SITE: Asked(
            N_("Visit on site"),
            N_("Where it was made, grown or stored, if somebody of the office went there."),
            N_("The rules of this house"),
            Basis.DEFAULT,
            may_not_apply=True,
            optional=True,
        ),
    }
)

REQUIRED = tuple(item for item, asked in ITEMS.items() if not asked.optional)
"""Items without which no application is found eligible."""


class Result(StrEnum):
    """What was found."""

    MET = "met"
    NOT_MET = "not_met"
    NOT_APPLICABLE = "not_applicable"


RESULTS: Mapping[Result, str] = MappingProxyType(
    {Result.MET: N_("in order"), Result.NOT_MET: N_("not in order"), Result.NOT_APPLICABLE: N_("does not apply")}
)


class Method(StrEnum):
    """How it was found."""

    PAPERS = "papers"
    REGISTER = "register"
    ASKED = "asked"
    COMPARED = "compared"
    VISITED = "visited"


METHODS: Mapping[Method, str] = MappingProxyType(
    {
        Method.PAPERS: N_("papers of the applicant were read"),
        Method.REGISTER: N_("looked up in a public register"),
        Method.ASKED: N_("the issuer, or another third party, was asked"),
        Method.COMPARED: N_("figures were compared or added up"),
        Method.VISITED: N_("somebody went there"),
    }
)

EVIDENCE = (5, 1000)
"""Shortest and longest evidence, in characters."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One item as somebody of the office found it. `evidence`: what was looked at and what it says, public; `file`:
    the digest of a picture or paper that shows it, "" without; it is not public."""

    item: Item
    result: Result | None = None
    method: Method | None = None
    evidence: str = ""
    looked_on: date | None = None
    file: str = ""

    @property
    def begun(self) -> bool:
        """Whether anything was said."""
        return self.result is not None or bool(self.evidence) or bool(self.file)


def check_finding(finding: Finding, *, today: date) -> list[Problem]:
    """Faults of one finding, by field ("<item>_<field>")."""
    problems: list[tuple[str, Problem]] = []
    if finding.result is None:
        problems.append(("result", Problem(N_("Say whether it is in order."))))
    if finding.result is Result.NOT_APPLICABLE and not ITEMS[finding.item].may_not_apply:
        problems.append(("result", Problem(N_("This applies to every product."))))
    if finding.method is None and finding.result is not Result.NOT_APPLICABLE:
        problems.append(("method", Problem(N_("Say how it was found."))))
    shortest, longest = EVIDENCE
    if len(finding.evidence) < shortest:
        problems.append(
            ("evidence", Problem(N_("Say what was looked at and what it shows, or why nothing need be.")))
        )
    elif len(finding.evidence) > longest:
        problems.append(("evidence", Problem(N_("At most %(limit)s characters."), {"limit": longest})))
    problems += [("evidence", problem) for problem in public_text_problems(finding.evidence)]
    if finding.looked_on is None:
        problems.append(("looked_on", Problem(N_("Say on which day."))))
    elif finding.looked_on > today:
        problems.append(("looked_on", Problem(N_("This day is still to come."))))
    return [Problem(problem.message, problem.params, f"{finding.item}_{field}") for field, problem in problems]


def missing(found: Collection[Item]) -> tuple[Item, ...]:
    """Required items that nobody looked at."""
    return tuple(item for item in REQUIRED if item not in found)


_PAPERS = frozenset({Item.LICENCES, Item.CONFORMITY, Item.COVERAGE, Item.LABEL, Item.ORIGIN, Item.CLAIMS})

RESTS_ON: Mapping[Reason, frozenset[Item]] = MappingProxyType(
    {
        Reason.IDENTITY_UNVERIFIED: frozenset({Item.IDENTITY, Item.ADDRESS}),
        Reason.DOCUMENTS_MISSING: _PAPERS | {Item.PRICE, Item.STOCK, Item.MONEY},
        Reason.DOCUMENTS_INVALID: _PAPERS | {Item.PRICE, Item.STOCK, Item.MONEY},
        Reason.UNLAWFUL_PRODUCT: frozenset({Item.LICENCES, Item.CONFORMITY, Item.LABEL, Item.CLAIMS}),
        Reason.VIOLATION_WITHIN_THREE_YEARS: frozenset({Item.RECORD}),
        Reason.DEBARRED: frozenset({Item.RECORD}),
        Reason.RELATION_TO_OFFICIAL: frozenset({Item.RELATIONS}),
        Reason.RELATED_APPLICANTS: frozenset({Item.RELATIONS}),
        Reason.FEE_TO_PUBLIC_SIDE: frozenset({Item.MONEY}),
        Reason.STOCK_BELOW_MINIMUM: frozenset({Item.STOCK}),
        Reason.PRICE_BELOW_COST: frozenset({Item.COST}),
        Reason.PRICE_ABOVE_SEVEN_DAY_LOW: frozenset({Item.PRICE}),
        Reason.FALSE_STATEMENT: frozenset(Item),
    }
)
"""On which items a refusal rests: one of them was found not in order. Reasons that are not here concern the call."""


def check_against_verdict(results: Mapping[Item, Result], *, eligible: bool, reason: Reason | None) -> list[Problem]:
    """What in the findings a verdict contradicts: an eligible product was verified in full and all of it is in order;
    a refusal rests on something that was found not to be."""
    if eligible:
        problems = [
            Problem(N_("“%(item)s” has not been verified yet."), {"item": ITEMS[item].title})
            for item in missing(results)
        ]
        return problems + [
            Problem(N_("“%(item)s” was found not in order."), {"item": ITEMS[item].title})
            for item, result in results.items()
            if result is Result.NOT_MET
        ]
    needed = RESTS_ON.get(reason) if reason is not None else None
    if needed and not any(results.get(item) is Result.NOT_MET for item in needed):
        return [
            Problem(
                N_("Nothing that this refusal rests on was found not in order. Keep the finding first: %(items)s."),
                {"items": tuple(ITEMS[item].title for item in Item if item in needed)},
                "reason_code",
            )
        ]
    return []
