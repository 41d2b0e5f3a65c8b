"""What drawings of scores show, against the figures they are of."""

from decimal import Decimal
from fractions import Fraction
from xml.etree import ElementTree

import pytest
from flask import Flask

from procurement.pictures import Picture
from procurement.rounds.scoring_rule import Criterion, Scale, ScoringRule, Text
from procurement.scoring import drawings
from procurement.scoring.outliers import Agreement, spread
from procurement.scoring.tally import tally

D = Decimal
SCALE = {"min": "0", "max": "10", "step": "0.5"}
RULE = ScoringRule.from_json(
    {
        "criteria": [
            {"code": "quality", "weight": "60", "scale": SCALE, "title": {"en": "Quality", "zh": "质量"}},
            {"code": "service", "weight": "40", "scale": SCALE, "title": {"en": "Service", "zh": "服务"}},
        ],
        "combine": "share_of_weight",
        "abnormal": {"percent": "40", "others": 2},
    }
)
MARKS = {"A": {m: {"quality": D(q), "service": D(s)} for m, q, s in (("M1", 8, 6), ("M2", 8, 7), ("M3", 2, 8))}}


@pytest.fixture
def english(app: Flask):  # type: ignore[no-untyped-def]
    with app.test_request_context("/en/"):
        app.preprocess_request()
        yield


def read(picture: Picture) -> ElementTree.Element:
    return ElementTree.fromstring(picture.__html__())  # noqa: S314 (our own)


def test_every_member_has_a_dot_where_the_mark_is(english: None) -> None:
    found = [s for c in RULE.marked if (s := spread(RULE, c, {m: x[c.code] for m, x in MARKS["A"].items()}))]
    quality, _service = drawings.strips(RULE, found)
    dots = [(dot.findtext("title"), dot.get("cx"), dot.get("class")) for dot in read(quality.drawing).iter("circle")]
    assert dots == [
        ("M3: 2", "20%", "sun-draw-outlier"),
        ("M1: 8", "80%", "sun-draw-dot"),
        ("M2: 8", "80%", "sun-draw-dot"),
    ]
    heights = [float(dot.get("cy") or 0) for dot in read(quality.drawing).iter("circle")]
    assert heights[1] - heights[2] == 2 * drawings.DOT  # equal marks stand on each other
    assert read(quality.drawing).findtext("desc") == "M1 8, M2 8, M3 2. Median: 8."
    assert quality.row == ("Quality", "2", "8", "8", "6", "M3")
    assert len(drawings.strip_head()) == len(quality.row)


def test_a_total_is_the_sum_of_its_bars(english: None) -> None:
    result = tally(RULE, MARKS)
    found = drawings.total(RULE, result.steps("A"), "A")
    assert found is not None
    ((_name, drawing),) = found.bars
    widths = [Fraction((bar.get("width") or "")[:-1]) for bar in read(drawing).iter("rect")]
    assert sum(widths) == result.placed("A").total == 64  # of 100: 6 × 6 + 7 × 4
    assert found.rows == (("1. Quality", "6", "60", "36"), ("2. Service", "7", "40", "28"), ("Total", "", "", "64"))
    assert found.shades == (0, 1, None)


def test_members_own_totals_have_a_bar_each_and_ranks_none(english: None) -> None:
    by_total = ScoringRule.from_json(RULE.to_json() | {"aggregation": {"method": "median", "level": "total"}})
    found = drawings.total(by_total, tally(by_total, MARKS).steps("A"), "A")
    assert found is not None
    assert [name for name, _drawing in found.bars] == ["M1: 72", "M2: 76", "M3: 44"]
    assert found.rows[-1] == ("Total", "72", "76", "44")
    ranked = ScoringRule.from_json(RULE.to_json() | {"aggregation": {"method": "rank_sum", "level": "total"}})
    assert drawings.total(ranked, tally(ranked, MARKS).steps("A"), "A") is None


@pytest.mark.parametrize(
    ("found", "said"),
    [
        (Agreement(Fraction(1), 7, 4), "much the same order (W = 1, from 7 members and 4 products)."),
        (Agreement(Fraction(695, 1000), 3, 4), "much the same order (W = 0.7"),  # as it is shown
        (Agreement(Fraction(3, 10), 3, 4), "agree in part"),
        (Agreement(Fraction(29, 100), 3, 4), "hardly agree"),
        (Agreement(None, 1, 4), "fewer than two members"),
        (Agreement(None, 3, 1), "fewer than two products"),
        (Agreement(None, 3, 4), "no member made any difference"),
    ],
)
def test_agreement_in_words(english: None, found: Agreement, said: str) -> None:
    assert said in drawings.agreement_words(found)


@pytest.mark.parametrize(
    ("low", "high", "ticks"), [("0", "10", 11), ("0", "4", 5), ("0", "100", 11), ("1", "2.5", 2)]
)
def test_scales_have_few_labels(english: None, low: str, high: str, ticks: int) -> None:
    criterion = Criterion("c", D(1), Scale(D(low), D(high)), title=Text("C", "C"))
    picture = drawings.counts(criterion, {D(low): 3, D(high): 1}, Agreement(None, 1, 1)).drawing
    assert len([text for text in read(picture).iter("text") if text.get("class") == "sun-draw-tick"]) == ticks
