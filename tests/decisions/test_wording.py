"""The scoring rule in sentences: every option has its words, in the order in which it is applied."""

import json
from itertools import product

import pytest

from procurement.decisions.facts import TOLD
from procurement.decisions.wording import EVENTS, criterion_numbers, rule_sentences, tie_words
from tests.decision_sample import sample_document

RULE = json.loads(sample_document("en").text)["rules"]["scoring"]


def said(**changes) -> list[str]:
    return [str(sentence) for sentence in rule_sentences(RULE | changes)]


def test_whatever_may_happen_on_the_way_to_a_decision_has_words():
    assert set(TOLD) <= set(EVENTS)


def test_the_sample_rule_in_words():
    assert said() == [
        "For each criterion: the mean of the members' marks.",
        "Total = sum of weight × value ÷ highest mark of the scale.",
        "The value of each criterion is rounded to 2 decimals, halves up.",
        "The total is rounded to 2 decimals, halves up.",
        "A recused member and a missing mark take no part; they are never counted as zero.",
        "An application needs at least 5 sheets.",
        "A total of at least 60 is needed.",
        "Equal totals, 1: the better value at C1 comes first.",
        "Equal totals, 2: by the median instead.",
        "Equal totals, 3: the public draw.",
    ]


@pytest.mark.parametrize(
    ("method", "level"),
    list(product(("mean", "median", "trimmed_mean", "sum", "rank_sum"), ("criterion", "total"))),
)
def test_every_aggregation_has_a_sentence_of_its_own(method, level):
    aggregation = {"method": method, "level": level, "trim": 2, "leave_at_least": 5, "uneven": "add"}
    first = said(aggregation=aggregation)[0]
    assert first not in said(aggregation=aggregation | {"method": "mean" if method != "mean" else "sum"})
    assert first not in said(aggregation=aggregation | {"level": "total" if level == "criterion" else "criterion"})
    assert ("2 highest" in first) == (method == "trimmed_mean")


def test_other_options_are_told():
    criteria = [RULE["criteria"][0] | {"minimum": "6"}, *RULE["criteria"][1:]]
    told = said(
        combine="weighted_sum",
        rounding=[],
        missing="refuse",
        quorum=0,
        criteria=criteria,
        ties=[{"by": "preference", "code": "first_time"}],
    )
    assert told[1:] == [
        "Total = sum of weight × value.",
        "Nothing is rounded.",
        "A recused member takes no part; without every other mark there is no result.",
        "At C1 at least 6 is needed.",
        "A total of at least 60 is needed.",
        "Equal totals, 1: the declared preference “merchants never selected before”.",
    ]
    assert "even digit" in said(rounding=[{"stage": "weighted", "places": 1, "mode": "half_even"}])[2]


def test_ties_are_told_in_a_few_words():
    numbers = criterion_numbers(RULE)
    links = [
        {"by": "criterion", "code": "price"},
        {"by": "aggregate", "method": "trimmed_mean"},
        {"by": "preference", "code": "p"},
        {"by": "draw"},
    ]
    assert [tie_words(link, numbers).message % tie_words(link, numbers).params for link in links] == [
        "the value at C2",
        "the trimmed mean",
        "the declared preference “p”",
        "the public draw",
    ]
