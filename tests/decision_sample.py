"""An invented decision, complete enough to look at: 7 members, 7 criteria, a recusal, an objection."""

from decimal import Decimal
from typing import Any

ISSUED = "2026-11-23T02:30:00+00:00"

_CRITERIA = [
    ("QS", 25, "objective", "Quality and safety evidence", "质量与安全证明"),
    ("FP", 15, "price", "Fair price", "价格合理性"),
    ("SL", 15, "objective", "Supply and logistics", "供货与物流能力"),
    ("AS", 15, "objective", "After-sales commitment", "售后承诺"),
    ("BG", 15, "judged", "Benefit to growers", "带动农户增收"),
    ("DI", 10, "judged", "Distinctiveness, blind tasting", "产品特色（盲评）"),
    ("SU", 5, "objective", "Sustainability and packaging", "绿色包装与可持续性"),
]

_PRODUCTS = [
    ("Dried shiitake, 250 g", "干香菇 250克", "示范县林下菌业合作社（演示）"),
    ("Wild-flower honey, 500 g", "百花蜜 500克", "示范县蜂友家庭农场（演示）"),
    ("Selenium rice, 5 kg", "富硒大米 5千克", "示范县稻香村集体经济组织（演示）"),
    ("Pressed camellia oil, 1 l", "压榨山茶油 1升", "示范县油茶科技有限公司（演示）"),
    ("Smoke-cured tofu, 400 g", "烟熏豆干 400克", "示范县豆坊食品厂（演示）"),
    ("Green tea, first flush, 100 g", "明前绿茶 100克", "示范县云岭茶叶合作社（演示）"),
    ("Sweet-potato noodles, 1 kg", "红薯粉条 1千克", "示范县薯乡家庭农场（演示）"),
    ("Navel oranges, 2.5 kg", "脐橙 2.5千克", "示范县果业合作社（演示）"),
    ("Bamboo basket, woven by hand", "手工竹编提篮", "示范县竹艺工坊（演示）"),
    ("Lotus-root starch, 300 g", "藕粉 300克", "示范县荷塘农业有限公司（演示）"),
    ("Pickled chilli, 450 g", "剁椒 450克", "示范县辣乡食品有限公司（演示）"),
]

_MEMBERS = [
    ("M1", "欧阳示例", "expert", True, "Demo Agricultural College", "示范农业职业学院（演示）"),
    ("M2", "司徒示例", "expert", False, "Demo Food Testing Institute", "示范食品检验所（演示）"),
    ("M3", "上官示例", "expert", False, "Demo Logistics Association", "示范物流协会（演示）"),
    ("M4", "诸葛示例", "expert", False, "Demo Agricultural College", "示范农业职业学院（演示）"),
    ("M5", "慕容示例", "expert", False, "Demo Accounting Office", "示范会计师事务所（演示）"),
    ("M6", "令狐示例", "consumer", False, "Demo Consumers' Council", "示范县消费者委员会（演示）"),
    ("M7", "皇甫示例", "organiser", False, "Demo Livestream Office", "示范县公益直播办公室（演示）"),
]


def _both(en: str, zh: str) -> dict[str, str]:
    return {"en": en, "zh": zh}


def _mark(application: int, member: int, criterion: int) -> int:
    return 5 + (application * 7 + member * 3 + criterion * 5 + application * criterion + member * criterion) % 6


def sample_decision(language: str, *, applications: int = 11) -> dict[str, Any]:
    """The twin of a decision in `language`; with more than eleven `applications` the products repeat."""
    products = [(*_PRODUCTS[i % len(_PRODUCTS)], f"A{i + 1:02d}") for i in range(applications)]
    rows, results = [], []
    for a, (en, zh, merchant, code) in enumerate(products):
        cells: list[dict[str, Any]] = []
        given: list[list[int]] = []
        for m in range(len(_MEMBERS)):
            if (a, m) == (2, 3):
                cells.append({"recused": "employment", "marks": []})
            elif (a, m) == (7, 5):
                cells.append({"recused": None, "marks": []})
            else:
                marks = [_mark(a, m, c) for c in range(len(_CRITERIA))]
                given.append(marks)
                cells.append({"recused": None, "marks": [str(x) for x in marks]})
        rows.append({"application": code, "product": _both(en, zh), "cells": cells})
        means = [
            (Decimal(sum(s[c] for s in given)) / len(given)).quantize(Decimal("0.01")) for c in range(len(_CRITERIA))
        ]
        total = sum((x * w[1] / 10 for x, w in zip(means, _CRITERIA, strict=True)), Decimal(0))
        results.append((total.quantize(Decimal("0.01")), code, means, len(given), (en, zh, merchant)))
    results.sort(key=lambda r: (-r[0], r[1]))
    ranking = [
        {
            "rank": str(i + 1),
            "application": code,
            "product": _both(en, zh),
            "merchant": merchant,
            "aggregates": [str(x) for x in means],
            "sheets": str(sheets),
            "total": str(total),
            "outcome": "selected" if i < 2 else "reserve" if i < 4 else "none",
            "tie": None,
        }
        for i, (total, code, means, sheets, (en, zh, merchant)) in enumerate(results)
    ]
    return {
        "format": "sunlit-decision/1",
        "reference": "DEMO-2026-07-D1",
        "code": "7F3K-QX9M-2C4T",
        "address": f"https://sunlit.example.org/{language}/decisions/DEMO-2026-07-D1",
        "language": language,
        "issued": ISSUED,
        "effect": "confirmed",
        "supersedes": None,
        "demonstration": True,
        "organiser": {"name": _both("Demo County Livestream Office", "示范县公益直播办公室")},
        "round": {
            "reference": "DEMO-2026-07",
            "title": _both(
                "Products for the autumn harvest livestream of Demo County",
                "示范县秋收公益直播选品（2026年第七批）",
            ),
            "purpose": _both(
                "Sell unsold autumn produce of smallholders in the eastern townships.",
                "帮助东部乡镇农户销售滞销秋季农产品。",
            ),
            "official": _both("the deputy head of Demo County (demonstration)", "示范县副县长（演示）"),
            "slots": 2,
            "reserves": 2,
        },
        "basis": [
            _both(
                "Government Procurement Law, arts. 3 and 11 (openness)", "《政府采购法》第三条、第十一条（公开透明）"
            ),
            _both("Ministry of Finance Order 87 (committee, scoring)", "财政部令第87号（评审委员会与综合评分）"),
            _both("Ministry of Finance Order 94 (objections and their clocks)", "财政部令第94号（质疑与投诉的期限）"),
        ],
        "milestones": [
            {"event": "published", "at": "2026-10-12T01:00:00+00:00", "note": None},
            {
                "event": "amended",
                "at": "2026-10-16T08:00:00+00:00",
                "note": _both(
                    "Cold-chain evidence clarified; deadline extended.", "明确冷链证明材料要求，顺延截止时间。"
                ),
            },
            {"event": "deadline", "at": "2026-10-30T09:00:00+00:00", "note": None},
            {"event": "checking_closed", "at": "2026-11-04T07:10:00+00:00", "note": None},
            {"event": "committee_formed", "at": "2026-11-06T06:00:00+00:00", "note": None},
            {"event": "opened", "at": "2026-11-12T08:30:00+00:00", "note": None},
            {"event": "notice_given", "at": "2026-11-13T01:00:00+00:00", "note": None},
            {"event": "notice_ended", "at": "2026-11-20T16:00:00+00:00", "note": None},
        ],
        "numbers": {
            "received": str(applications + 2),
            "withdrawn": "1",
            "eligible": str(applications),
            "ineligible": "1",
        },
        "eligibility": [
            *(
                {
                    "application": code,
                    "product": _both(en, zh),
                    "merchant": merchant,
                    "eligible": True,
                    "reason": None,
                }
                for en, zh, merchant, code in products
            ),
            {
                "application": f"A{applications + 1:02d}",
                "product": _both("Fresh goose eggs, 30", "鲜鹅蛋 30枚"),
                "merchant": "示范县禽业商行（演示）",
                "eligible": False,
                "reason": _both(
                    "The quarantine certificate had expired on the planned day of the broadcast.",
                    "动物检疫合格证明在计划直播日已过有效期。",
                ),
            },
        ],
        "committee": {
            "formation": _both(
                "Seven members: five experts drawn from a pool of 31 by the published draw, one consumer "
                "representative, one representative of the organiser, who may not chair.",
                "委员会由七人组成：五名专家从31人专家库中公开随机抽取，另有消费者代表一人、组织方代表一人（不得担任组长）。",
            ),
            "members": [
                {"code": c, "name": n, "seat": s, "chair": chair, "employer": _both(en, zh)}
                for c, n, s, chair, en, zh in _MEMBERS
            ],
            "recusals": [{"member": "M4", "application": "A03", "ground": "employment"}],
        },
        "rule": {
            "criteria": [
                {
                    "code": code,
                    "title": _both(en, zh),
                    "kind": kind,
                    "weight": str(weight),
                    "scale": {"min": "0", "max": "10", "step": "1"},
                }
                for code, weight, kind, en, zh in _CRITERIA
            ],
            "statement": [
                _both(
                    "For each criterion: the mean of all sheets given, rounded half up to two places.",
                    "每项评审因素取全部有效评分的平均值，四舍五入保留两位小数。",
                ),
                _both(
                    "Total: the sum of mean ÷ 10 × weight, rounded half up to two places.",
                    "总分为各项“平均值÷10×权重”之和，四舍五入保留两位小数。",
                ),
                _both(
                    "A recused member and a missing sheet are left out, never counted as zero; five sheets are needed.",
                    "回避和未评分不计入平均，绝不按零分计；每件申报至少须有五份评分。",
                ),
                _both(
                    "Ties: the higher mark for quality, then the public draw.",
                    "同分时先比质量与安全证明得分，再公开抽签。",
                ),
            ],
            "sha256": "3b1f0c58a1f6f0c1f7a6a0c1a1a5e20d7be7f5b6a3c4d9e8f70123456789abcd",
        },
        "marks": {"members": [m[0] for m in _MEMBERS], "width": 2, "rows": rows},
        "ranking": ranking,
        "corrections": [],
        "notice": _both(
            "The ranked proposal was on public notice for 5 working days, from 13 to 20 November 2026.",
            "拟选结果自2026年11月13日至11月20日公示，共5个工作日。",
        ),
        "objections": [
            {
                "number": "O-1",
                "subject": _both(
                    "Proposed result: the price of A06 was said to lie above its 7-day low.",
                    "针对拟选结果：认为A06直播价高于近7日最低成交价。",
                ),
                "outcome": "dismissed",
                "ruling": _both(
                    "The sales records filed with the application show a 7-day low of 68.00 yuan; the offer is 66.00.",
                    "申报材料中的销售记录显示近7日最低成交价为68.00元，直播价为66.00元。",
                ),
            }
        ],
        "reasons": [
            _both(
                "The products selected reached the highest totals under the rule that was frozen before "
                "applications opened. Both carry complete test reports and name the growers who are paid.",
                "入选产品在事先锁定的评分规则下总分最高，检验报告齐全，并列明受益农户及收购价格。",
            ),
        ],
        "departure": None,
        "conditions": [
            _both(
                "Valid for one broadcast until 31 January 2027; certificates are checked again 24 hours before it.",
                "本决定对一场直播有效，有效期至2027年1月31日；播出前24小时复核证照。",
            ),
        ],
        "commitments": [
            {
                "product": row["product"],
                "price": "¥66.00",
                "supply": _both("6,000 in stock; dispatch within 48 h", "库存6000件，48小时内发货"),
                "after_sales": _both(
                    "Refund within 7 days; damage replaced; first answer within 2 h",
                    "七日无理由退货，坏损包赔，2小时内首问响应",
                ),
            }
            for row in ranking[:2]
        ],
        "money": [
            {
                "item": _both("Room and technicians", "直播间与技术服务"),
                "payer": _both("Demo County budget", "示范县财政"),
                "payee": _both("Demo media centre", "示范县融媒体中心（演示）"),
                "amount": "¥12,000.00",
            },
            {
                "item": _both("Platform commission, 5 %", "平台佣金5%"),
                "payer": _both("merchant", "商家"),
                "payee": _both("platform", "平台"),
                "amount": _both("of net sales", "按净销售额"),
            },
        ],
        "responsibilities": [
            {
                "matter": _both("Product quality and after-sales", "产品质量与售后"),
                "who": _both("the merchant", "商家"),
            },
            {"matter": _both("Conduct of the selection", "选品程序"), "who": _both("the organiser", "组织方")},
            {"matter": _both("Marks and reasons", "评分与理由"), "who": _both("each committee member", "各评审委员")},
            {
                "matter": _both("Words said on air", "直播话术"),
                "who": _both("the official and the host", "推介公职人员与主播"),
            },
        ],
        "remedies": [
            _both(
                "An objection may be filed with the organiser within 7 working days. Complaints about a product go "
                "to 12315. Administrative reconsideration may be applied for within 60 days of learning of this "
                "decision; the right to go to court is not affected.",
                "对本决定有异议的，可在7个工作日内向组织方提出。产品消费投诉请拨打12315。"
                "认为本决定侵犯其合法权益的，可自知道之日起60日内申请行政复议，也可依法提起行政诉讼。",
            ),
        ],
        "publication": [
            _both(
                "This document is published in full. Contact data of natural persons is left out.",
                "本决定书全文公开，自然人联系方式不予公开。",
            ),
        ],
        "dissents": [],
        "signatories": [
            {"field": "signatory-1", "name": "欧阳示例", "role": _both("Chair of the committee", "评审委员会组长")},
            {
                "field": "signatory-2",
                "name": "Maria Ødegård-Example",
                "role": _both("For the organiser", "组织方代表"),
            },
            {"field": "signatory-3", "name": "夏侯示例", "role": _both("Supervisor", "监督员")},
        ],
        "record": {"entries": "412", "root": "9f2c4d1e8b7a60539c1d2e3f4a5b6c7d8e9fa0b1c2d3e4f5061728394a5b6c7d"},
    }
