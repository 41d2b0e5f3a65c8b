"""An invented decision, complete enough to look at: 7 members, 7 criteria, a recusal, an objection."""

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

from procurement.decisions.document import (
    Cell,
    Checked,
    Commitment,
    CommitteeMember,
    DecisionDocument,
    Effect,
    Event,
    Marks,
    MarksRow,
    MoneyFacts,
    NoticeFacts,
    Numbers,
    ObjectionFacts,
    Organiser,
    Outcome,
    PaymentFacts,
    PromotingOfficial,
    Ranked,
    Record,
    Recusal,
    Remedies,
    Result,
    RoundFacts,
    Rules,
    Signatory,
    SignatoryRole,
    Tie,
    verification_code,
)
from procurement.rounds.defaults import default_document
from procurement.rounds.figures import stated
from procurement.rounds.rules import DayUnit, Office, RoundDocument
from procurement.rounds.scoring_rule import Text

ISSUED = "2026-11-23T02:30:00Z"
REFERENCE = "R2026-007-D1"
SHA = "3b1f0c58a1f6f0c1f7a6a0c1a1a5e20d7be7f5b6a3c4d9e8f70123456789abcd"

_CRITERIA = [
    ("quality", 25, "objective", "Quality and safety evidence", "质量与安全证明"),
    ("price", 15, "price", "Fair price", "价格合理性"),
    ("supply", 15, "objective", "Supply and logistics", "供货与物流能力"),
    ("after_sales", 15, "objective", "After-sales commitment", "售后承诺"),
    ("benefit", 15, "judged", "Benefit to growers", "带动农户增收"),
    ("distinctiveness", 10, "judged", "Distinctiveness, blind tasting", "产品特色（盲评）"),
    ("sustainability", 5, "objective", "Sustainability and packaging", "绿色包装与可持续性"),
]

_PRODUCTS = [
    ("干香菇 250克", "示范县林下菌业合作社（演示）"),
    ("百花蜜 500克", "示范县蜂友家庭农场（演示）"),
    ("富硒大米 5千克", "示范县稻香村集体经济组织（演示）"),
    ("压榨山茶油 1升", "示范县油茶科技有限公司（演示）"),
    ("烟熏豆干 400克", "示范县豆坊食品厂（演示）"),
    ("明前绿茶 100克", "示范县云岭茶叶合作社（演示）"),
    ("红薯粉条 1千克", "示范县薯乡家庭农场（演示）"),
    ("脐橙 2.5千克", "示范县果业合作社（演示）"),
    ("手工竹编提篮", "示范县竹艺工坊（演示）"),
    ("藕粉 300克", "示范县荷塘农业有限公司（演示）"),
    ("剁椒 450克", "示范县辣乡食品有限公司（演示）"),
]

_MEMBERS = [
    ("M1", "欧阳示例", "expert", True, "示范农业职业学院（演示）"),
    ("M2", "司徒示例", "expert", False, "示范食品检验所（演示）"),
    ("M3", "上官示例", "expert", False, "示范物流协会（演示）"),
    ("M4", "诸葛示例", "expert", False, "示范农业职业学院（演示）"),
    ("M5", "慕容示例", "expert", False, "示范会计师事务所（演示）"),
    ("M6", "令狐示例", "consumer", False, "示范县消费者委员会（演示）"),
    ("M7", "皇甫示例", "organiser", False, "示范县公益直播办公室（演示）"),
]


def _mark(application: int, member: int, criterion: int) -> int:
    return 5 + (application * 7 + member * 3 + criterion * 5 + application * criterion + member * criterion) % 6


def sample_document(language: str, *, applications: int = 11, signatories: int = 9) -> DecisionDocument:
    """A decision in `language`; with more than eleven `applications` the products repeat."""
    products = [(*_PRODUCTS[i % len(_PRODUCTS)], f"R2026-007-A{i + 1:03d}") for i in range(applications)]
    rows, results = [], []
    for a, (product, merchant, code) in enumerate(products):
        cells: list[Cell] = []
        given: list[list[int]] = []
        for m in range(len(_MEMBERS)):
            if (a, m) == (2, 3):
                cells.append(Cell(state="recused"))
            elif (a, m) == (7, 5):
                cells.append(Cell(state="missing"))
            else:
                marks = [_mark(a, m, c) for c in range(len(_CRITERIA))]
                given.append(marks)
                cells.append(Cell(tuple(str(x) for x in marks)))
        rows.append(MarksRow(code, product, tuple(cells)))
        means = [
            (Decimal(sum(s[c] for s in given)) / len(given)).quantize(Decimal("0.01")) for c in range(len(_CRITERIA))
        ]
        total = sum((x * w[1] / 10 for x, w in zip(means, _CRITERIA, strict=True)), Decimal(0))
        results.append((total.quantize(Decimal("0.01")), code, means, len(given), product, merchant))
    results.sort(key=lambda r: (-r[0], r[1]))
    ranking = tuple(
        Ranked(
            application=code,
            product=product,
            merchant=merchant,
            rank=i + 1,
            total=str(total),
            values=tuple(str(x) for x in means),
            sheets=sheets,
            by_rule=(outcome := _outcome(i)),
            outcome=outcome,
        )
        for i, (total, code, means, sheets, product, merchant) in enumerate(results)
    )
    people = [
        *((m[1], SignatoryRole.CHAIR if m[3] else SignatoryRole.MEMBER, m[0]) for m in _MEMBERS),
        ("Maria Ødegård-Example", SignatoryRole.ORGANISER, None),
        ("夏侯示例", SignatoryRole.SUPERVISOR, None),
    ]
    return DecisionDocument(
        reference=REFERENCE,
        code=verification_code(REFERENCE, SHA, ISSUED),
        address=f"https://sunlit.example.org/decisions/{REFERENCE}",
        language=language,
        zone="Asia/Shanghai",
        issued=ISSUED,
        effect=Effect.CONFIRMED,
        supersedes=None,
        demonstration=True,
        organiser=Organiser(
            Text("Demo County Livestream Office", "示范县公益直播办公室"),
            Text("1 Demonstration Road, Demo County", "示范县演示路1号"),
            "office@example.org",
        ),
        basis=Text(
            "Choosing goods for a public-interest livestream is not government procurement. The rules on openness, "
            "recusal, scoring standards and remedies of the Government Procurement Law and its Implementing "
            "Regulation are applied by analogy, as far as the call says so.",
            "公益直播选品不属于政府采购。征集公告载明的范围内，公开、回避、评审标准和救济等事项参照执行"
            "《中华人民共和国政府采购法》及其实施条例的规定。",
        ),
        pack=_round_rules().pack.title,
        figures=stated(_round_rules()),
        round=RoundFacts(
            "R2026-007",
            Text(
                "Products for the autumn harvest livestream of Demo County",
                "示范县秋收公益直播选品（2026年第七批）",
            ),
            Text(
                "Sell unsold autumn produce of smallholders in the eastern townships.",
                "帮助东部乡镇农户销售滞销秋季农产品。",
            ),
            PromotingOfficial(
                "百里示例",
                Text("deputy head of the county", "副县长"),
                Text("Demo County Government", "示范县人民政府"),
            ),
            slots=2,
            reserves=2,
        ),
        events=(
            Event("published", "2026-10-12T01:00:00Z"),
            Event("amended", "2026-10-16T08:00:00Z"),
            Event("deadline", "2026-10-30T16:00:00Z"),
            Event("checking_closed", "2026-11-04T07:10:00Z"),
            Event("scoring_began", "2026-11-06T06:00:00Z"),
            Event("scores_opened", "2026-11-12T08:30:00Z"),
            Event("notice_given", "2026-11-13T01:00:00Z"),
            Event("objections_closed", "2026-11-20T16:00:00Z"),
        ),
        numbers=Numbers(applications + 2, 1, 0, applications, 1),
        eligibility=(
            *(
                Checked(code, product, merchant, True, "complete", "", "", helped=False)
                for product, merchant, code in products
            ),
            Checked(
                f"R2026-007-A{applications + 1:03d}",
                "鲜鹅蛋 30枚",
                "示范县禽业商行（演示）",
                False,
                "documents",
                "A document that the call asks for is missing, has expired or does not cover the product",
                "动物检疫合格证明在计划直播日已过有效期。",
                helped=True,
            ),
        ),
        committee=tuple(CommitteeMember(c, n, e, k, "", chair) for c, n, k, chair, e in _MEMBERS),
        recusals=(Recusal("M4", "R2026-007-A003", "employment"),),
        rules=Rules(1, SHA, "2026-10-12T01:00:00Z", _scoring()),
        marks=Marks(tuple(m[0] for m in _MEMBERS), 2, tuple(rows)),
        result=Result(
            1,
            SHA[::-1],
            ranking,
            (
                Tie(
                    {"by": "criterion", "code": "quality"},
                    (ranking[3].application, ranking[4].application),
                    ((ranking[3].application,), (ranking[4].application,)),
                ),
            ),
        ),
        corrections=(),
        notice=NoticeFacts(
            1,
            "2026-11-13T01:00:00Z",
            "2026-11-20T16:00:00Z",
            {"from": "2026-11-13", "days": 5, "unit": "working", "skipped": [], "make_up": [], "provisional": False},
        ),
        objections=(
            ObjectionFacts(
                "R2026-007-O01",
                "李**",
                "the proposed result",
                "",
                "A fact is wrong",
                "dismissed",
                "申报材料中的销售记录显示近7日最低成交价为68.00元，直播价为66.00元，异议不成立。",
            ),
        ),
        valid_until=date(2027, 1, 31),
        reasons=Text(
            "The products selected reached the highest totals under the rule that was frozen before applications "
            "opened. Both carry complete test reports and name the growers who are paid.",
            "入选产品在事先锁定的评分规则下总分最高，检验报告齐全，并列明受益农户及收购价格。",
        ),
        departure=None,
        commitments=tuple(
            Commitment(
                row.application,
                row.product,
                row.merchant,
                "66",
                "79.9",
                30,
                "6000",
                48,
                True,
                "坏损包赔，签收后48小时内凭照片申请",
                2,
                3,
                "400-000-0000",
            )
            for row in ranking[:2]
        ),
        money=MoneyFacts(
            "12000",
            Text("Budget of the county media centre", "县融媒体中心预算"),
            (
                PaymentFacts("public", "agency", Text("Room and technicians", "直播间与技术服务"), "12000", "0"),
                PaymentFacts("merchant", "platform", Text("Platform commission", "平台佣金"), "0", "5"),
                PaymentFacts(
                    "merchant", "public", Text("Slot fee or commission: none", "坑位费、佣金：无"), "0", "0"
                ),
            ),
        ),
        remedies=Remedies("office@example.org"),
        signatories=tuple(
            Signatory(f"signatory-{i}", name, role, member)
            for i, (name, role, member) in enumerate(people[-signatories:], start=1)
        ),
        record=Record(412, "9f2c4d1e8b7a60539c1d2e3f4a5b6c7d8e9fa0b1c2d3e4f5061728394a5b6c7d"),
    )


def _round_rules() -> RoundDocument:
    """Rules with two figures adjusted."""
    document = default_document(title=Text("Sample", "样例"), office=Office(), zone="Asia/Shanghai")
    return replace(document, timetable=replace(document.timetable, notice_days=5, notice_unit=DayUnit.CALENDAR))


def _outcome(place: int) -> Outcome:
    return Outcome.SELECTED if place < 2 else Outcome.RESERVE if place < 4 else Outcome.NOT_SELECTED


def _scoring() -> Mapping[str, Any]:
    return {
        "criteria": [
            {
                "code": code,
                "title": {"en": en, "zh": zh},
                "kind": kind,
                "weight": str(weight),
                "scale": {"min": "0", "max": "10", "step": "1"},
            }
            for code, weight, kind, en, zh in _CRITERIA
        ],
        "combine": "share_of_weight",
        "aggregation": {"method": "mean", "level": "criterion", "trim": 1, "leave_at_least": 3, "uneven": "add"},
        "rounding": [
            {"stage": "criterion", "places": 2, "mode": "half_up"},
            {"stage": "total", "places": 2, "mode": "half_up"},
        ],
        "missing": "exclude",
        "quorum": 5,
        "ties": [{"by": "criterion", "code": "quality"}, {"by": "aggregate", "method": "median"}, {"by": "draw"}],
        "slots": 2,
        "reserves": 2,
        "threshold": "60",
    }


def sample_decision(language: str, **changes: Any) -> dict[str, Any]:
    """`sample_document` as data, as it is attached to the PDF; `changes` replace fields of the document."""
    text: dict[str, Any] = json.loads(replace(sample_document(language), **changes).text)
    return text
