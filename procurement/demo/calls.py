"""The rules of the demonstration's rounds."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

from procurement.demo.paris import Tasting
from procurement.rounds.defaults import default_document
from procurement.rounds.packs import packs
from procurement.rounds.rules import (
    Activity,
    Category,
    CommitteeRule,
    ExpertsChosen,
    Gate,
    NamesPublished,
    Nature,
    Office,
    Official,
    Opinion,
    RoundDocument,
)
from procurement.rounds.scoring_rule import (
    ROTATION,
    Aggregation,
    Anchor,
    Caps,
    Criterion,
    Formula,
    ReasonRequired,
    Rounding,
    Scale,
    ScoringRule,
    Text,
    TieBreak,
)

OFFICE = Office(
    name=Text("Selection Office of Qingxi County (demo)", "青溪县选品工作办公室（演示）"),
    address=Text("1 Demo Road, Qingxi County (invented)", "青溪县演示路1号（虚构）"),
    contact="office@example.org",
)
AUTHORITY = Office(
    name=Text("Supervision Department of Qingxi County (demo)", "青溪县监督部门（演示）"),
    address=Text("2 Demo Road, Qingxi County (invented)", "青溪县演示路2号（虚构）"),
    contact="supervision@example.org",
)
OFFICIAL = Official(
    name="演示推介人 Demo official",
    office=Text("Deputy head of the county (demo)", "副县长（演示）"),
    employer=Text("People's Government of Qingxi County (demo)", "青溪县人民政府（演示）"),
)


def _activity(published: date) -> Activity:
    """The broadcast and the opinions on it, given a fortnight before the call was published."""
    given = published - timedelta(days=14)

    def opinion(number: str, en: str, zh: str) -> Opinion:
        return Opinion(
            by=Text("Legal office of the county (demo)", "县法制机构（演示）"),
            number=number,
            given_on=given,
            conclusion=Text(en, zh),
        )

    return Activity(
        nature=Nature.PROMOTION,
        platform=Text("A livestream platform (demo)", "某直播平台（演示）"),
        planned_on=published + timedelta(days=120),
        nature_opinion=opinion(
            "演示法意〔1〕号",
            "A presentation of regional goods without payment to the public side. No objection. (Demo)",
            "属于不向公务方支付费用的地方产品推介，无异议。（演示）",
        ),
        fair_competition=opinion(
            "演示公审〔1〕号",
            "Nothing in the call excludes or restricts competition. (Demo)",
            "公告未发现排除、限制竞争的内容。（演示）",
        ),
    )


def county_call(title: Text, *, published: date, slots: int, zone: str, pack: str) -> RoundDocument:
    """A call for county goods from the rule pack `pack`: seven members, the usual criteria and conditions."""
    document = default_document(title=title, office=OFFICE, zone=zone, pack=packs()[pack])
    return replace(
        document,
        scoring=replace(document.scoring, slots=slots),
        purpose=Text(
            "To find goods of the county that the official may present in a livestream for the public good. "
            "This is a demonstration: county, people, businesses and goods are invented.",
            "为县域公益直播选出可由公务人员推介的本县产品。本轮次为演示，县名、人员、商家与产品均为虚构。",
        ),
        public_interest=Text(
            "Growers have goods that do not sell, or sell below their worth.",
            "本县农户有产品滞销或优质不优价。",
        ),
        authority=AUTHORITY,
        official=OFFICIAL,
        activity=_activity(published),
        committee=replace(
            document.committee,
            size=7,
            experts=5,
            names_published=NamesPublished.FORMED,
            # The demonstration has seven members for a dozen rounds.
            experts_chosen=ExpertsChosen.APPOINTED,
            rotation=0,
        ),
    )


def by_price(document: RoundDocument) -> RoundDocument:
    """The same call with the price computed from what was submitted, one of a kind of goods at most, and equals
    decided for those who were selected less often."""
    scoring = document.scoring
    criteria = tuple(
        replace(c, kind="price", formula=Formula("price_to_low_30"), anchors=()) if c.code == "price" else c
        for c in scoring.criteria
    )
    ties = (TieBreak("criterion", code="quality"), TieBreak("preference", code=ROTATION), TieBreak("draw"))
    rounding = (Rounding("criterion", 2), *scoring.rounding)
    return replace(
        document, scoring=replace(scoring, criteria=criteria, rounding=rounding, ties=ties, caps=Caps(category=1))
    )


def paris_call(tasting: Tasting, *, published: date, zone: str) -> RoundDocument:
    """The tasting of 1976 as a round: one criterion, marks out of 20, the mean over all eleven judges."""
    document = default_document(
        title=Text("Paris, 24 May 1976: red wines (a real panel)", "巴黎1976年5月24日：红葡萄酒（真实评分）"),
        office=OFFICE,
        zone=zone,
        pack=packs()["eu_standstill"],
    )
    scale = Scale(Decimal(0), Decimal(20), Decimal("0.5"))
    mark = Criterion(
        code="mark",
        weight=Decimal(100),
        scale=scale,
        title=Text("Mark out of 20", "二十分制评分"),
        evidence=Text("The wine, tasted blind.", "盲品。"),
        anchors=(
            Anchor(Decimal(0), Text("Nothing to be said for it", "毫无可取之处")),
            Anchor(Decimal(20), Text("Nothing to be wished for", "无可挑剔")),
        ),
        # The judges of 1976 gave marks only; inventing reasons for them would be a lie.
        reason_required=ReasonRequired("never"),
    )
    return replace(
        document,
        scoring=ScoringRule(
            criteria=(mark,),
            combine="share_of_weight",
            aggregation=Aggregation(method="mean", level="criterion"),
            rounding=(Rounding("criterion", 2, "half_up"), Rounding("total", 2, "half_up")),
            missing="exclude",
            quorum=9,
            ties=(TieBreak("aggregate", method="median"), TieBreak("draw")),
            slots=1,
            reserves=1,
        ),
        purpose=Text(
            f"Real marks of a real panel, taken through the real acts. Source: {tasting.source}. "
            "Applicant and roles are a mapping for the demonstration: nobody applied in 1976, there was no consumer "
            "seat and no organiser's representative.",
            f"真实评审的真实评分，按真实流程办理。资料来源：{tasting.source}。"
            "申报人和席位是为演示所作的对应：1976年并无申报，也无消费者席位和组织方席位。",
        ),
        public_interest=Text(
            "To show that the outcome follows from the marks and from a rule that was fixed beforehand.",
            "说明结果由评分和事先确定的规则得出。",
        ),
        authority=AUTHORITY,
        official=OFFICIAL,
        activity=_activity(published),
        categories=(Category.PROCESSED,),
        gates=(Gate("tasted", Text("Tasted on 24 May 1976", "1976年5月24日参评")),),
        committee=CommitteeRule(
            size=11,
            experts=9,
            names_published=NamesPublished.FORMED,
            experts_chosen=ExpertsChosen.APPOINTED,
            rotation=0,
            observers=0,
        ),
    )
