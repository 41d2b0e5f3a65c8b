"""The provisions on which the reason of a verdict rests: what each says, and whether it was read in the law. Pure.

Only what was read in the text of a rule is printed as law; the rest is called what it is.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from procurement.applications.verdicts import Reason
from procurement.errors import N_
from procurement.rounds.rules import Basis


@dataclass(frozen=True, slots=True)
class Provision:
    """`place`: where it stands; `says`: what it says, in this house's words; both are source texts. `by_analogy`: the
    rule does not bind this activity and is followed by choice."""

    place: str
    says: str
    basis: Basis
    by_analogy: bool = False


CALL = Provision(
    N_("The conditions printed in the call"),
    N_("An application that does not meet a published condition is not scored."),
    Basis.DEFAULT,
)
RULING = Provision(
    N_("The ruling on the objection"),
    N_("An upheld objection replaces the verdict that it attacked."),
    Basis.DEFAULT,
)
VERIFIED = Provision(
    N_("Live-streaming E-commerce Measures (Order 117) art. 27"),
    N_("Who runs a livestream verifies name, code or identity, address, contact, licences and conformity papers."),
    Basis.LAW,
)
CAPACITY = Provision(
    N_("Procurement Law art. 22"),
    N_("A supplier has capacity, reputation, equipment and a clean record: no major violation in three years."),
    Basis.LAW,
    by_analogy=True,
)
UNLAWFUL = Provision(
    N_("Order 117 art. 33"),
    N_("No goods or services whose sale the law forbids are offered in a livestream."),
    Basis.LAW,
)
FARM_GOODS = Provision(
    N_("Agricultural Product Quality Law art. 36"),
    N_("Farm products with forbidden substances, or above the limits for residues, are not sold."),
    Basis.LAW,
)
FALSE_MATERIAL = Provision(
    N_("Procurement Law art. 77"),
    N_(
        "False material, slander, collusion or bribery: a fine, an entry in the list and a ban of one to three years."
    ),
    Basis.LAW,
    by_analogy=True,
)
RECUSAL = Provision(
    N_("Procurement Law art. 12"),
    N_("Whoever has an interest in a supplier stands aside."),
    Basis.LAW,
    by_analogy=True,
)
OFFICIALS = Provision(
    N_("Civil Servants Law art. 76"),
    N_("A civil servant stands aside where own or relatives' interests are concerned."),
    Basis.LAW,
)
SANCTIONS = Provision(
    N_("Government Sanctions Law art. 36"),
    N_("Public officials take no part in profit-making activity."),
    Basis.LAW,
)
BRIBERY = Provision(
    N_("Anti-Unfair-Competition Law art. 8"),
    N_("Nobody who may influence a deal is given advantages; commissions are open and booked."),
    Basis.LAW,
)
SEVEN_DAYS = Provision(
    N_("Price Marking Rules art. 16"),
    N_(
        "A compared price is not above the lowest price of the seven days before in the same place of business; "
        "without a sale in them, that of the last sale."
    ),
    Basis.LAW,
)
BELOW_COST = Provision(
    N_("The conditions printed in the call"),
    N_("The price is not below what the goods cost the applicant."),
    Basis.DEFAULT,
)
FOOD = Provision(
    N_("Food Safety Law art. 73(2)"),
    N_(
        "Food-safety and other relevant departments, inspection bodies and food associations recommend no food in "
        "any form."
    ),
    Basis.LAW,
)
SAME_CONTROL = Provision(
    N_("Procurement Law, Implementing Regulation art. 18"),
    N_("Suppliers under the same responsible person, or holding one another, do not compete for the same lot."),
    Basis.LAW,
    by_analogy=True,
)

PROVISIONS: Mapping[Reason, tuple[Provision, ...]] = MappingProxyType(
    {
        Reason.ALL_GATES_PASSED: (CALL,),
        Reason.READMITTED: (RULING,),
        Reason.IDENTITY_UNVERIFIED: (VERIFIED,),
        Reason.DOCUMENTS_MISSING: (CAPACITY, VERIFIED),
        Reason.DOCUMENTS_INVALID: (CAPACITY, VERIFIED),
        Reason.UNLAWFUL_PRODUCT: (UNLAWFUL, FARM_GOODS),
        Reason.VIOLATION_WITHIN_THREE_YEARS: (CAPACITY,),
        Reason.DEBARRED: (FALSE_MATERIAL,),
        Reason.RELATION_TO_OFFICIAL: (RECUSAL, OFFICIALS),
        Reason.FEE_TO_PUBLIC_SIDE: (SANCTIONS, BRIBERY),
        Reason.STOCK_BELOW_MINIMUM: (CALL,),
        Reason.PRICE_BELOW_COST: (BELOW_COST,),
        Reason.PRICE_ABOVE_SEVEN_DAY_LOW: (SEVEN_DAYS,),
        Reason.FOOD_SUPERVISION_BLOCK: (FOOD,),
        Reason.RELATED_APPLICANTS: (SAME_CONTROL,),
        Reason.FALSE_STATEMENT: (FALSE_MATERIAL,),
        Reason.OUTSIDE_THE_CALL: (CALL,),
    }
)
