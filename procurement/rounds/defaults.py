"""What a new round begins with: criteria, conditions, rule, periods and basis, all to be adjusted before publication.

The criteria, their weights and the conditions follow what public calls of this kind ask for; none of them is printed
as law. Periods, the committee's size and the legal basis come from a rule pack.
"""

from decimal import Decimal

from procurement.rounds.packs import NAMES, Pack, packs, with_pack
from procurement.rounds.rules import (
    Gate,
    Money,
    Office,
    Party,
    Payment,
    RoundDocument,
    Timetable,
)
from procurement.rounds.scoring_rule import (
    Abnormal,
    Aggregation,
    Anchor,
    Criterion,
    Kind,
    ReasonRequired,
    Rounding,
    Scale,
    ScoringRule,
    Text,
    TieBreak,
)

SCALE = Scale(Decimal(0), Decimal(4), Decimal(1))

_CRITERIA: tuple[tuple[str, Kind, int, Text, Text, tuple[tuple[str, str], ...]], ...] = (
    (
        "quality",
        "objective",
        25,
        Text("Quality and safety evidence", "质量与安全证明"),
        Text(
            "Inspection reports, product standard, trace code, record of complaints.",
            "检验（检测）报告、执行标准、追溯码、投诉记录。",
        ),
        (
            (
                "Only what the conditions demand is shown.",
                "仅提供资格条件所要求的材料。",
            ),
            (
                "One inspection report of this product from the last 12 months, without a trace code.",
                "有本产品近12个月内的检验（检测）报告一份，无追溯码。",
            ),
            (
                "A recent inspection report, and a product standard that is named and applied.",
                "有近期检验（检测）报告，并注明且执行产品标准。",
            ),
            (
                "In addition a trace code for every batch, and complaints are recorded.",
                "另有逐批追溯码，并有投诉记录。",
            ),
            (
                "In addition a valid certificate (green, organic, GI), and two years' complaints with outcomes.",
                "另有有效的第三方认证（绿色、有机或地理标志），并提供两年投诉及处理情况。",
            ),
        ),
    ),
    (
        "price",
        "objective",
        15,
        Text("Fair price", "价格公道"),
        Text(
            "Livestream price against the lowest actual price of the previous 7 and 30 days, with evidence.",
            "直播价与近7日、近30日最低成交价的比较及证明。",
        ),
        (
            (
                "The price equals the lowest price of the previous 7 days.",
                "直播价等于近7日最低成交价。",
            ),
            (
                "Up to 5% below the lowest price of the previous 7 days.",
                "低于近7日最低成交价5%以内。",
            ),
            (
                "More than 5% and up to 10% below the lowest price of the previous 7 days.",
                "低于近7日最低成交价5%以上至10%。",
            ),
            (
                "More than 10% below it, and not above the lowest price of the previous 30 days.",
                "低于近7日最低成交价10%以上，且不高于近30日最低成交价。",
            ),
            (
                "More than 10% below it, below the lowest price of 30 days, and growers shown to be paid as before.",
                "低于近7日最低成交价10%以上且低于近30日最低成交价，并证明收购价不受影响。",
            ),
        ),
    ),
    (
        "supply",
        "judged",
        15,
        Text("Supply and logistics", "供货与物流能力"),
        Text(
            "Stock now, daily dispatch, the greatest number of orders, carrier, cold chain where needed.",
            "现有库存、日发货量、最大接单量、承运方、所需冷链。",
        ),
        (
            (
                "Just the smallest stock that the conditions demand; no plan for dispatch.",
                "仅达到最低库存要求，无发货安排。",
            ),
            (
                "Stock for the expected orders; dispatch takes more than 72 hours.",
                "库存可满足预计订单，发货超过72小时。",
            ),
            (
                "Stock for the expected orders; dispatch within 72 hours with a named carrier.",
                "库存可满足预计订单，72小时内发货并有确定的承运方。",
            ),
            (
                "Dispatch within 48 hours, shown by records; a limit on orders is set.",
                "48小时内发货并有记录证明，设定接单上限。",
            ),
            (
                "Dispatch within 24 hours, shown by records; any cold chain needed; a plan for twice the orders.",
                "24小时内发货并有记录证明，具备所需冷链，并有双倍订单的预案。",
            ),
        ),
    ),
    (
        "after_sales",
        "objective",
        15,
        Text("After-sales commitment and record", "售后承诺与记录"),
        Text(
            "Return policy, rule for damaged goods, time to the first answer, refund days, complaint contact.",
            "退货政策、坏损处理规则、首次答复时间、退款天数、投诉联系方式。",
        ),
        (
            ("Only what the law demands.", "仅承诺法定义务。"),
            (
                "A rule for damaged goods and a named complaint contact.",
                "有坏损处理规则和专门的投诉联系人。",
            ),
            (
                "In addition a first answer within 24 hours and refund within 7 days.",
                "另承诺24小时内首次答复、7日内退款。",
            ),
            (
                "In addition damage is compensated in full on a photograph, and the last year's record is shown.",
                "另承诺凭照片坏损包赔，并提供近一年售后记录。",
            ),
            (
                "In addition compensation is paid in advance from a fund or insurance.",
                "另以专项资金或保险先行赔付。",
            ),
        ),
    ),
    (
        "growers",
        "judged",
        15,
        Text("Benefit to growers and urgency", "带动农户与紧迫程度"),
        Text(
            "Households, purchase price against market price, unsold stock, with evidence.",
            "带动户数、收购价与市场价的比较、滞销情况及证明。",
        ),
        (
            ("No benefit to growers is shown.", "未说明带动农户情况。"),
            ("A benefit is described without evidence.", "有说明，无证明。"),
            (
                "Fewer than 20 households, purchase price at market price, with evidence.",
                "带动不足20户，按市场价收购，有证明。",
            ),
            (
                "20 or more households or unsold stock shown, purchase price above market price, with evidence.",
                "带动20户以上或证明存在滞销，收购价高于市场价，有证明。",
            ),
            (
                "In addition a share of the proceeds is left to the growers by contract.",
                "另以合同约定向农户返还收益。",
            ),
        ),
    ),
    (
        "character",
        "judged",
        10,
        Text("Distinctiveness in blind tasting or trial", "特色与盲品（盲测）"),
        Text(
            "Judged on a sample without name or packaging, against others of its kind.",
            "对去除名称和包装的样品，与同类产品比较评定。",
        ),
        (
            ("Below what is usual of its kind.", "低于同类产品一般水平。"),
            ("Usual of its kind.", "同类产品一般水平。"),
            ("Good of its kind.", "同类产品中良好。"),
            ("Very good, with a character of its own.", "很好，有自身特色。"),
            ("Outstanding, and recognisable among others of its kind.", "突出，在同类产品中可辨识。"),
        ),
    ),
    (
        "sustainability",
        "objective",
        5,
        Text("Packaging, sustainability, first participation", "包装、可持续与首次参加"),
        Text(
            "Kind of packaging, share that can be recycled, earlier promotions received.",
            "包装方式、可回收比例、以往接受推介情况。",
        ),
        (
            (
                "Excessive packaging, or promoted in each of the last two rounds.",
                "过度包装，或最近两个轮次均被推介。",
            ),
            ("Usual packaging; promoted before.", "普通包装，曾被推介。"),
            ("Usual packaging; not promoted in the last 12 months.", "普通包装，近12个月内未被推介。"),
            (
                "Packaging that can be recycled; not promoted in the last 12 months.",
                "包装可回收，近12个月内未被推介。",
            ),
            ("Packaging that can be recycled; never promoted before.", "包装可回收，从未被推介。"),
        ),
    ),
)

_GATES = (
    ("identity", "The applicant's identity is verified.", "申报主体身份已核验。"),
    (
        "documents",
        "The product is lawful, and its documents are valid and cover this product.",
        "产品合法，证照有效且覆盖本产品。",
    ),
    ("record", "No major violation of law in the last three years.", "近三年内无重大违法记录。"),
    (
        "relation",
        "No unresolved relation to the promoting official, the organiser or the livestream agency.",
        "与推介公职人员、组织方或直播营销人员服务机构无未处理的利害关系。",
    ),
    (
        "no_payment",
        "No commission, slot fee or other payment to the public side.",
        "不向公共一方支付佣金、坑位费或其他费用。",
    ),
    ("stock", "Stock covers the smallest quantity that the call names.", "库存不低于征集公告所定最低数量。"),
    (
        "price",
        "The price is not below cost and not above the product's own lowest price of the previous 7 days.",
        "价格不低于成本，且不高于本产品近7日最低成交价。",
    ),
    (
        "permitted",
        "The product is not on the list of goods that may not be promoted in this way.",
        "产品不属于不得以此方式推介的商品。",
    ),
)


def default_criteria() -> tuple[Criterion, ...]:
    """Seven criteria on a scale of 0 to 4 with a sentence for each level; the weights add up to 100."""
    return tuple(
        Criterion(
            code=code,
            weight=Decimal(weight),
            scale=SCALE,
            kind=kind,
            title=title,
            evidence=evidence,
            anchors=tuple(Anchor(Decimal(level), Text(en, zh)) for level, (en, zh) in enumerate(anchors)),
            reason_required=ReasonRequired("always"),
        )
        for code, kind, weight, title, evidence, anchors in _CRITERIA
    )


def default_scoring() -> ScoringRule:
    """Shares of weight to a total of 100; the trimmed mean of each criterion; ties by quality, then price, then the
    median, then the draw; at least five sheets for each application."""
    return ScoringRule(
        criteria=default_criteria(),
        combine="share_of_weight",
        aggregation=Aggregation(method="trimmed_mean", level="criterion", trim=1, leave_at_least=5),
        rounding=(Rounding("total", 2, "half_up"),),
        missing="exclude",
        quorum=5,
        ties=(
            TieBreak("criterion", code="quality"),
            TieBreak("criterion", code="price"),
            TieBreak("aggregate", method="median"),
            TieBreak("draw"),
        ),
        slots=3,
        reserves=2,
        threshold=Decimal(60),
        abnormal=Abnormal(Decimal(40), 4),
    )


def default_document(*, title: Text, office: Office, zone: str, pack: Pack | None = None) -> RoundDocument:
    """The draft that a new round begins with, its figures those of `pack` (default: the first that is offered).
    `zone`: IANA name of the time zone in which its days end."""
    document = RoundDocument(
        scoring=default_scoring(),
        title=title,
        office=office,
        gates=tuple(Gate(code, Text(en, zh)) for code, en, zh in _GATES),
        timetable=Timetable(zone=zone),
        money=Money(
            source=Text(
                "Nothing is spent from public funds beyond the working time of staff.",
                "除工作人员工时外，不使用财政资金。",
            ),
            payments=(
                Payment(
                    Party.MERCHANT,
                    Party.PUBLIC,
                    Text("Slot fee, commission or any other fee: none", "坑位费、佣金及其他费用：无"),
                ),
            ),
        ),
    )
    return with_pack(document, pack or packs()[NAMES[0]])
