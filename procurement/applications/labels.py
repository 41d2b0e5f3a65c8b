"""What each answer is called, on the form, in what is missing and wherever it is shown. Pure.

Keys are "<section>.<field>"; parts of sections have keys of their own (certificate, fee, relation).
"""

from collections.abc import Mapping
from types import MappingProxyType

from procurement.errors import N_

LABELS: Mapping[str, str] = MappingProxyType(
    {
        "product.name": N_("Name of the product"),
        "product.category": N_("Category"),
        "product.specification": N_("Specification as sold"),
        "product.net_content": N_("Net content"),
        "product.unit": N_("Unit of the net content"),
        "product.origin_province": N_("Province of origin"),
        "product.origin_county": N_("County or city of origin"),
        "product.origin_township": N_("Township or village of origin"),
        "product.brand": N_("Brand"),
        "product.trademark": N_("Trademark and its number"),
        "product.ingredients": N_("Ingredients"),
        "product.allergens": N_("Allergens"),
        "product.standard_number": N_("Number of the product standard"),
        "product.shelf_life_days": N_("Shelf life in days"),
        "product.storage": N_("How it is stored"),
        "product.harvest_season": N_("Harvest season"),
        "product.packaging": N_("Packaging"),
        "product.trace_code": N_("Barcode or traceability code"),
        "product.description": N_("What it is"),
        "product.claims": N_("Claims, each with its proof"),
        "certificates.items": N_("Papers"),
        "certificates.exemption": N_("Why neither a food production licence nor a registration is needed"),
        "certificate.type": N_("Kind of paper"),
        "certificate.number": N_("Number"),
        "certificate.issuer": N_("Issued by"),
        "certificate.issued": N_("Issued on"),
        "certificate.expires": N_("Valid until"),
        "certificate.covers": N_("Does its scope cover this product?"),
        "certificate.scope": N_("Scope as printed"),
        "certificate.laboratory": N_("Laboratory and its CMA number"),
        "certificate.sampled_on": N_("Sample taken on"),
        "certificate.passed": N_("Did the product pass?"),
        "certificate.file": N_("Copy"),
        "price.livestream": N_("Livestream price"),
        "price.list_price": N_("List price"),
        "price.low_7": N_("Lowest price in the last 7 days"),
        "price.low_30": N_("Lowest price in the last 30 days"),
        "price.low_90": N_("Lowest price in the last 90 days"),
        "price.last_sale": N_("Price of the last sale"),
        "sale.on": N_("Day of the sale"),
        "sale.platform": N_("Where it was sold"),
        "sale.link": N_("Link to the offer"),
        "price.not_below_cost": N_("The livestream price is not below our cost"),
        "price.gifts": N_("Gifts and extras"),
        "price.discount_paid_by": N_("Who bears the discount"),
        "price.freight": N_("Who pays for delivery"),
        "price.freight_amount": N_("What the buyer pays for delivery"),
        "price.honoured_days": N_("For how many days after the broadcast the price holds"),
        "supply.stock": N_("Stock now"),
        "supply.daily_dispatch": N_("What can be sent on one day"),
        "supply.maximum_orders": N_("Orders that can be taken at most"),
        "supply.bottleneck": N_("What would run short first"),
        "supply.presale": N_("Are goods sold before they are in stock?"),
        "supply.dispatch_hours": N_("Sent within how many hours"),
        "supply.carrier": N_("Carrier"),
        "supply.cold_chain": N_("Is it kept cold all the way?"),
        "supply.excluded_regions": N_("Where it is not delivered"),
        "supply.households": N_("Growing households that supply it"),
        "supply.grower_price": N_("Price paid to the growers"),
        "supply.market_price": N_("Market price of the same goods"),
        "supply.grower_unit": N_("Unit of these two prices"),
        "supply.benefit": N_("What the growers have of it, and how urgent it is"),
        "after_sales.seven_day_return": N_("Can buyers return it within 7 days without giving a reason?"),
        "after_sales.exception": N_("Statutory exception"),
        "after_sales.damage_rule": N_("What you do when goods arrive damaged"),
        "after_sales.first_response_hours": N_("Complaints are answered within how many hours"),
        "after_sales.refund_days": N_("Refunded within how many days"),
        "after_sales.compensation": N_("Compensation fund or insurance"),
        "after_sales.complaint_contact": N_("Where buyers complain"),
        "money.to_public_side": N_("What the office, the official or any public body receives"),
        "money.commission": N_("Commission"),
        "money.slot_fee": N_("Slot (“pit”) fee"),
        "money.service_fee": N_("Service fees"),
        "money.traffic_fee": N_("Traffic purchase"),
        "money.subsidies": N_("Subsidies received for this product"),
        "fee.amount": N_("Amount"),
        "fee.payee": N_("Paid to"),
        "fee.side": N_("Kind of payee"),
        "interests.relations": N_("Relations to people in this round"),
        "interests.penalties": N_("Penalties, abnormal-operation and bad-conduct entries in three years"),
        "interests.related": N_("Related businesses that also apply"),
        "interests.promotions": N_("Earlier promotions by officials"),
        "relation.party": N_("With whom"),
        "relation.kind": N_("What kind of relation"),
        "relation.detail": N_("What it is"),
        "undertakings.accepted": N_("We undertake"),
        "undertakings.signed_by": N_("Signed by"),
        "undertakings.position": N_("Position"),
    }
)


HINTS: Mapping[str, str] = MappingProxyType(
    {
        "product.name": N_(
            "As it stands on the label. No praise: “best”, “national-level” and the like are refused."
        ),
        "product.specification": N_("For example: 2.5 kg a bag, vacuum packed"),
        "product.origin_township": N_("Where it was grown or made, down to the township."),
        "product.ingredients": N_("As on the label. Processed food must have them."),
        "product.allergens": N_("Write “none” when there are none."),
        "product.standard_number": N_("For example: GB/T 11766"),
        "product.harvest_season": N_("For fresh produce."),
        "product.description": N_("Plain facts: variety, how it is grown or made, what is special about it."),
        "product.claims": N_("Whatever you want to say in its favour needs a proof. Leave the rest empty."),
        "certificates.exemption": N_("Only for processed food without a licence, for example a filing."),
        "certificate.expires": N_("Leave it empty only when no end is printed on the paper."),
        "certificate.passed": N_("For inspection reports."),
        "certificate.sampled_on": N_("For inspection reports. Not more than twelve months ago."),
        "certificate.laboratory": N_("For inspection reports."),
        "price.livestream": N_(
            "For one unit as sold, all discounts taken off. Not above your own lowest price of the last 7 days."
        ),
        "price.low_7": N_("What buyers really paid at the least. Leave it empty when nothing was sold."),
        "price.last_sale": N_("Only when nothing was sold in the last 7 days."),
        "sale.platform": N_("Platform and shop, or the place of business."),
        "price.gifts": N_("Whatever is added free of charge."),
        "price.discount_paid_by": N_(
            "Who gives up the difference to the list price: you, the platform, somebody else?"
        ),
        "price.freight_amount": N_("When the buyer pays for delivery."),
        "supply.stock": N_("In units as sold."),
        "supply.bottleneck": N_("Packing, carriers, raw material …"),
        "supply.excluded_regions": N_("Write “none” when you deliver everywhere."),
        "supply.grower_price": N_("What you pay them, with evidence."),
        "supply.grower_unit": N_("For example: kilogram"),
        "supply.benefit": N_("Households, price, unsold stock: facts with evidence."),
        "after_sales.exception": N_("Only when buyers cannot return it: the law knows no others."),
        "after_sales.refund_days": N_("At most 7 after the goods have come back."),
        "after_sales.complaint_contact": N_("It is published."),
        "money.to_public_side": N_("This must be 0."),
        "money.commission": N_("Per cent of sales; 0 when none is paid."),
        "money.slot_fee": N_("In yuan; 0 when none is paid."),
        "money.service_fee": N_("In yuan; 0 when none are paid."),
        "money.traffic_fee": N_("In yuan; 0 when none is bought."),
        "interests.related": N_("Businesses with the same representative, controller or owner."),
        "interests.penalties": N_("Date, authority, reason."),
        "interests.promotions": N_("When, by whom, with which product."),
    }
)
"""A sentence below a label, where it helps."""

OPTIONAL = frozenset(
    {
        *("product.brand", "product.trademark", "product.trace_code", "product.ingredients", "product.allergens"),
        *("product.standard_number", "product.shelf_life_days", "product.storage", "product.harvest_season"),
        *("certificates.exemption", "certificate.expires", "certificate.scope", "certificate.laboratory"),
        *("certificate.sampled_on", "price.low_7", "price.low_30", "price.low_90", "price.last_sale", "sale.on"),
        *(
            "sale.platform",
            "sale.link",
            "price.gifts",
            "price.freight_amount",
            "supply.households",
            "supply.grower_price",
            "supply.market_price",
        ),
        *("supply.grower_unit", "after_sales.compensation"),
    }
)
"""Answers that may be left out, or that only some goods need."""
