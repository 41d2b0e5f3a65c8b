"""What the application and the office's own records already say about each item of the checklist. Pure.

A hint verifies nothing: it puts beside each item what whoever verifies would look up first, and marks what does not
fit. The finding remains somebody's own.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from procurement.applications.checklist import Item
from procurement.applications.content import Certificate, Content, Freight, Section
from procurement.applications.rules import Needs, check_section, evidenced, forbidden_words, with_delivery
from procurement.applications.wording import name_of
from procurement.errors import N_, Problem
from procurement.merchants.disclosures import SHARED_NAMES, Shared
from procurement.merchants.rules import (
    KIND_NAMES,
    OUTCOME_NAMES,
    SOURCE_NAMES,
    CheckOutcome,
    MerchantKind,
    SearchSource,
    covers,
)
from procurement.rounds.scoring_rule import show_decimal


@dataclass(frozen=True, slots=True)
class Hint:
    """One sentence beside an item. `fits`: whether it is as it should be; None: it says nothing about that."""

    say: Problem
    fits: bool | None = None


@dataclass(frozen=True, slots=True)
class Known:
    """What the office's own records say of the applicant. `checked`: digest of a paper's copy → (outcome, day) of
    the last time it was held against its issuer's register; `searches`: (register, day, whether anything was found);
    `shares`: (application, what, each with its masked values) of others in the round that have something in common
    with this one."""

    kind: MerchantKind
    uscc: str | None
    checked: Mapping[str, tuple[CheckOutcome, date]]
    searches: Sequence[tuple[SearchSource, date, bool]] = ()
    shares: Sequence[tuple[str, Mapping[Shared, tuple[str, ...]]]] = ()


def hints(content: Content, needs: Needs, known: Known) -> dict[Item, list[Hint]]:
    """Item → what is known about it, for every item."""
    found: dict[Item, list[Hint]] = {item: [] for item in Item}
    found[Item.IDENTITY].append(_identity(known))
    for paper in content.certificates.items:
        found[Item.LICENCES].append(_held_against(paper, known))
        found[Item.COVERAGE].append(_covers(paper, with_delivery(content, needs)))
    found[Item.CONFORMITY] += _faults(Section.CERTIFICATES, content, needs)
    found[Item.CLAIMS] += _claims(content)
    found[Item.PRICE] += _prices(content)
    found[Item.COST].append(
        Hint(
            Problem(N_("The applicant declares that the price is not below cost.")),
            content.price.not_below_cost is True,
        )
    )
    found[Item.STOCK] += _stock(content)
    found[Item.AFTER_SALES] += _faults(Section.AFTER_SALES, content, needs)
    found[Item.RECORD] += _record(content, known)
    found[Item.RELATIONS] += _relations(content, known)
    found[Item.MONEY] += _money(content)
    return found


def _identity(known: Known) -> Hint:
    if known.uscc is None:
        return Hint(Problem(N_("%(kind)s, without a unified social credit code."), {"kind": KIND_NAMES[known.kind]}))
    return Hint(
        Problem(N_("%(kind)s, %(code)s."), {"kind": KIND_NAMES[known.kind], "code": known.uscc}),
    )


def _paper_name(paper: Certificate) -> str:
    return name_of(paper.type) if paper.type is not None else N_("Paper")


def _held_against(paper: Certificate, known: Known) -> Hint:
    names = {"paper": _paper_name(paper), "number": paper.number}
    if paper.file not in known.checked:
        return Hint(Problem(N_("%(paper)s %(number)s: not held against its issuer's register yet."), names))
    outcome, day = known.checked[paper.file]
    return Hint(
        Problem(
            N_("%(paper)s %(number)s: held against its issuer's register on %(day)s: %(outcome)s."),
            {**names, "day": day, "outcome": OUTCOME_NAMES[outcome]},
        ),
        outcome is CheckOutcome.IN_ORDER,
    )


def _covers(paper: Certificate, needs: Needs) -> Hint:
    names = {"paper": _paper_name(paper), "number": paper.number}
    first = max(needs.today, needs.valid_on) if needs.valid_on is not None else needs.today
    last = max(first, needs.papers_valid_on)
    fits = paper.issued is not None and covers(paper.issued, paper.expires, first, last)
    params = {**names, "first": first, "last": last}
    if paper.expires is None:
        return Hint(
            Problem(N_("%(paper)s %(number)s says no end; it must be valid from %(first)s to %(last)s."), params),
            fits,
        )
    return Hint(
        Problem(
            N_("%(paper)s %(number)s is valid until %(expires)s; it must be from %(first)s to %(last)s."),
            {**params, "expires": paper.expires},
        ),
        fits,
    )


def _faults(section: Section, content: Content, needs: Needs) -> list[Hint]:
    return [Hint(problem, False) for problem in check_section(section, content, needs)]


def _claims(content: Content) -> list[Hint]:
    product = content.product
    texts = (product.name, product.brand, product.description, *(claim.text for claim in product.claims))
    words = [words for text in texts for words, _ in forbidden_words(text)]
    found = [Hint(Problem(N_("Words that advertising may not use: %(words)s."), {"words": w}), False) for w in words]
    if not product.claims:
        found.append(Hint(Problem(N_("The applicant makes no claims."))))
    return found + [
        Hint(Problem(N_("Claim “%(claim)s”, proof: %(proof)s"), {"claim": claim.text, "proof": claim.proof}))
        for claim in product.claims
    ]


def _prices(content: Content) -> list[Hint]:
    price = content.price
    lows = ((7, price.low_7), (30, price.low_30), (90, price.low_90))
    found = [
        Hint(
            Problem(
                N_("Livestream price %(price)s yuan; lowest in %(days)s days: %(low)s yuan."),
                {"price": _yuan(price.livestream), "days": days, "low": _yuan(low)},
            ),
            None if days != 7 or price.livestream is None or low is None else price.livestream <= low,
        )
        for days, low in lows
        if low is not None
    ]
    if price.low_7 is None and price.last_sale is not None:
        found.append(
            Hint(
                Problem(
                    N_("Livestream price %(price)s yuan; nothing sold in 7 days, the last sale was at %(low)s yuan."),
                    {"price": _yuan(price.livestream), "low": _yuan(price.last_sale)},
                ),
                price.livestream is None or price.livestream <= price.last_sale,
            )
        )
    for low in evidenced(price):
        sale = getattr(price, low.sale)
        found.append(
            Hint(
                Problem(
                    N_("%(price)s yuan: sold on %(day)s, %(platform)s %(link)s"),
                    {
                        "price": _yuan(getattr(price, low.price)),
                        "day": sale.on or "–",
                        "platform": sale.platform,
                        "link": sale.link,
                    },
                )
            )
        )
    if price.freight is Freight.BUYER:
        found.append(
            Hint(Problem(N_("The buyer pays %(amount)s yuan for delivery."), {"amount": _yuan(price.freight_amount)}))
        )
    return found


def _yuan(amount: Decimal | None) -> str:
    return "–" if amount is None else show_decimal(amount)


def _stock(content: Content) -> list[Hint]:
    supply = content.supply
    return [
        Hint(
            Problem(
                N_("Stock %(stock)s, at most %(orders)s orders, %(daily)s dispatched a day."),
                {
                    "stock": _yuan(supply.stock),
                    "orders": _yuan(supply.maximum_orders),
                    "daily": _yuan(supply.daily_dispatch),
                },
            )
        )
    ]


def _record(content: Content, known: Known) -> list[Hint]:
    stated = content.interests.penalties
    found = [
        Hint(Problem(N_("The applicant states: %(what)s"), {"what": stated}), False)
        if stated
        else Hint(Problem(N_("The applicant states that there were none.")))
    ]
    if not known.searches:
        found.append(Hint(Problem(N_("The office has not looked this business up in any register yet.")), False))
    return found + [
        Hint(
            Problem(
                N_("%(register)s, searched on %(day)s: something was found.")
                if something
                else N_("%(register)s, searched on %(day)s: nothing was found."),
                {"register": SOURCE_NAMES[source], "day": day},
            ),
            not something,
        )
        for source, day, something in known.searches
    ]


def _relations(content: Content, known: Known) -> list[Hint]:
    found = [
        Hint(
            Problem(
                N_("Declared: %(kind)s, with %(party)s."),
                {"kind": name_of(one.kind), "party": name_of(one.party)},
            ),
            False,
        )
        for one in content.interests.relations
        if one.kind is not None and one.party is not None
    ]
    if not found:
        found.append(Hint(Problem(N_("The applicant declares that there is no relation."))))
    return found + [
        Hint(
            Problem(
                N_("%(other)s applies too, and has in common with this applicant: %(facts)s."),
                {"other": other, "facts": tuple(SHARED_NAMES[one] for one in Shared if one in facts)},
            ),
            False,
        )
        for other, facts in known.shares
    ] or [Hint(Problem(N_("No other applicant of the round has a person, telephone, address or owner in common.")))]


def _money(content: Content) -> list[Hint]:
    money = content.money
    nothing = money.to_public_side == 0
    return [
        Hint(Problem(N_("To the public side: %(amount)s yuan."), {"amount": _yuan(money.to_public_side)}), nothing),
        Hint(
            Problem(
                N_("Commission %(commission)s %%; slot fee %(slot)s, service fees %(service)s, traffic %(traffic)s."),
                {
                    "commission": _yuan(money.commission.amount),
                    "slot": _yuan(money.slot_fee.amount),
                    "service": _yuan(money.service_fee.amount),
                    "traffic": _yuan(money.traffic_fee.amount),
                },
            )
        ),
    ]
