"""The scoring rule: what is accepted, what is refused and where, and that JSON loses nothing."""

import copy
import json
from decimal import Decimal
from typing import Any

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from procurement.errors import RuleBroken
from procurement.rounds.scoring_rule import (
    ReasonRequired,
    Scale,
    ScoringRule,
    check_for_publication,
    plain_decimal,
    show_decimal,
)

MINIMAL: dict[str, Any] = {"criteria": [{"code": "c", "weight": "1", "scale": {"max": "10"}}]}

PUBLISHABLE: dict[str, Any] = {
    "criteria": [
        {
            "code": code,
            "weight": weight,
            "scale": {"min": "0", "max": "10", "step": "0.5"},
            "minimum": "4",
            "kind": kind,
            "title": {"en": "Quality", "zh": "质量"},
            "evidence": {"en": "Test report", "zh": "检验报告"},
            "anchors": [
                {"value": "0", "en": "No evidence.", "zh": "无证明。"},
                {"value": "10", "en": "Complete evidence.", "zh": "证明齐全。"},
            ],
            "reason_required": {"below": "6", "above": "9.5"},
        }
        for code, weight, kind in (("quality", "60", "judged"), ("supply", "40", "objective"))
    ],
    "combine": "share_of_weight",
    "aggregation": {"method": "trimmed_mean", "level": "criterion", "trim": 1, "leave_at_least": 3, "uneven": "add"},
    "rounding": [{"stage": "total", "places": 2, "mode": "half_up"}],
    "missing": "exclude",
    "quorum": 5,
    "ties": [{"by": "criterion", "code": "quality"}, {"by": "aggregate", "method": "median"}, {"by": "draw"}],
    "slots": 2,
    "reserves": 1,
    "threshold": "60",
}


def changed(path: str, value: Any, base: dict[str, Any] = PUBLISHABLE) -> dict[str, Any]:
    """A copy of `base` with `value` at `path` ("criteria.0.scale.step")."""
    document = copy.deepcopy(base)
    here: Any = document
    *way, last = [int(part) if part.isdigit() else part for part in path.split(".")]
    for part in way:
        here = here[part]
    here[last] = value
    return document


def faults(document: Any) -> list[str]:
    with pytest.raises(RuleBroken) as refused:
        ScoringRule.from_json(document)
    return [str(p) for p in refused.value.problems]


def test_the_minimal_form_has_the_documented_defaults() -> None:
    rule = ScoringRule.from_json(MINIMAL)
    (criterion,) = rule.criteria
    assert (criterion.scale, criterion.minimum, criterion.kind) == (Scale(Decimal(0), Decimal(10)), None, "judged")
    assert criterion.reason_required == ReasonRequired("always")
    assert (rule.combine, rule.missing, rule.quorum, rule.slots, rule.reserves) == (
        "weighted_sum",
        "exclude",
        0,
        1,
        0,
    )
    assert (rule.aggregation.method, rule.aggregation.level) == ("mean", "criterion")
    assert (rule.rounding, rule.ties, rule.threshold) == ((), (), None)


@pytest.mark.parametrize("document", [MINIMAL, PUBLISHABLE], ids=["minimal", "full"])
def test_there_and_back_again(document: dict[str, Any]) -> None:
    rule = ScoringRule.from_json(document)
    written = rule.to_json()
    assert ScoringRule.from_json(written) == rule
    assert ScoringRule.from_json(json.loads(rfc8785.dumps(written))).to_json() == written


def test_a_full_rule_is_written_as_it_was_read() -> None:
    assert ScoringRule.from_json(PUBLISHABLE).to_json() == PUBLISHABLE


def test_integers_strings_and_trailing_zeros_write_the_same_number() -> None:
    written = [ScoringRule.from_json(changed("criteria.0.weight", w)).to_json() for w in (60, "60", "60.00", "060")]
    assert written == [PUBLISHABLE] * 4


@pytest.mark.parametrize(
    ("path", "value", "fault"),
    [
        (
            "criteria.0.weight",
            0.5,
            "criteria[0].weight: write the number as a string; a floating-point number is not exact",
        ),
        ("criteria.0.weight", "NaN", "criteria[0].weight: “NaN” is not a plain decimal number"),
        ("criteria.0.weight", "1e2", "criteria[0].weight: “1e2” is not a plain decimal number"),
        ("criteria.0.weight", True, "criteria[0].weight: “True” is not a plain decimal number"),
        ("criteria.0.weight", None, "criteria[0].weight: a number is needed"),
        ("criteria.0.weight", "-1", "criteria[0].weight: a weight is never below zero"),
        ("criteria.1.scale.step", "0", "criteria[1].scale.step: a step must be above zero"),
        ("criteria.1.scale.max", "0", "criteria[1].scale.max: the top of the scale must be above its bottom"),
        ("criteria.1.scale", None, "criteria[1].scale: an object is needed"),
        ("criteria.1.scale", {"max": "10", "stop": "1"}, "criteria[1].scale: unknown key “stop”"),
        ("criteria.1.code", "quality", "criteria[1].code: “quality” is already the code of another criterion"),
        ("criteria.1.code", " x", "criteria[1].code: a code of 1 to 60 characters is needed"),
        ("criteria.1.kind", "vote", "criteria[1].kind: one of judged, objective, price is needed, not “vote”"),
        ("criteria.1.title", {"en": 1}, "criteria[1].title.en: a text is needed"),
        ("criteria.1.anchors", "none", "criteria[1].anchors: a list is needed"),
        (
            "criteria.0.reason_required",
            {},
            "criteria[0].reason_required: say below or above which mark a reason is required",
        ),
        ("combine", "product", "combine: one of weighted_sum, share_of_weight is needed, not “product”"),
        ("aggregation.trim", "-1", "aggregation.trim: a whole number of at least 0 is needed, not “-1”"),
        (
            "aggregation.leave_at_least",
            0,
            "aggregation.leave_at_least: a whole number of at least 1 is needed, not “0”",
        ),
        ("rounding.0.places", 1.5, "rounding[0].places: a whole number of at least 0 is needed, not “1.5”"),
        ("rounding.0.places", None, "rounding[0].places: a number is needed"),
        ("rounding.0.places", 13, "rounding[0].places: at most 12 places"),
        ("rounding.0.stage", "each", "rounding[0].stage: one of criterion, weighted, total is needed, not “each”"),
        ("ties.0.code", "taste", "ties[0].code: there is no criterion “taste”"),
        ("ties.1", {"by": "draw"}, "ties[1]: nothing can follow the draw, which leaves no tie"),
        ("ties.1.code", "quality", "ties[1]: unknown key “code”"),
        ("slots", 0, "slots: a whole number of at least 1 is needed, not “0”"),
        ("quorum", True, "quorum: a whole number of at least 0 is needed, not “True”"),
        ("bonus", "5", "rules: unknown key “bonus”"),
    ],
)
def test_each_fault_names_its_place(path: str, value: Any, fault: str) -> None:
    assert faults(changed(path, value)) == [fault]


@pytest.mark.parametrize("document", [None, [], "rule", 1])
def test_what_is_no_object_is_refused(document: Any) -> None:
    assert faults(document) == ["rules: an object is needed"]


def test_a_rule_without_criteria_is_refused() -> None:
    assert faults({}) == ["criteria: at least one criterion is needed"]


def test_every_fault_is_told_at_once() -> None:
    document = changed("criteria.0.weight", "x")
    document["criteria"][1]["scale"]["max"] = 1.5
    document["slots"] = "many"
    assert [f.split(":")[0] for f in faults(document)] == ["criteria[0].weight", "criteria[1].scale.max", "slots"]


def test_a_stage_is_rounded_once() -> None:
    document = changed("rounding", [{"stage": "total", "places": 1}, {"stage": "total", "places": 2}])
    assert faults(document) == ["rounding[1].stage: each stage is rounded once"]


def test_a_share_of_the_maximum_needs_one_above_zero() -> None:
    document = changed("criteria.0.scale", {"min": "-10", "max": "0"})
    assert faults(document) == ["criteria[0].scale.max: a share of the maximum needs a maximum above zero"]


def test_a_threshold_does_not_fit_ranks() -> None:
    document = changed("aggregation.method", "rank_sum")
    assert faults(document) == ["threshold: a threshold does not apply to ranks, where the lowest wins"]


def test_a_publishable_rule_has_no_problem() -> None:
    assert check_for_publication(ScoringRule.from_json(PUBLISHABLE)) == []


@pytest.mark.parametrize(
    ("path", "value", "place"),
    [
        ("criteria.0.weight", "59.9", "criteria"),
        ("criteria.0.code", "质量", "criteria[0].code"),
        ("criteria.1.scale.step", "3", "criteria[1].scale.step"),
        ("criteria.1.scale.step", None, "criteria[1].scale.step"),
        ("criteria.1.minimum", "10.5", "criteria[1].minimum"),
        ("criteria.1.minimum", "-0.5", "criteria[1].minimum"),
        ("criteria.1.title.zh", " ", "criteria[1].title"),
        ("criteria.1.anchors.0.zh", "", "criteria[1].anchors[0]"),
        ("criteria.1.anchors.0.value", "0.3", "criteria[1].anchors[0].value"),
        ("criteria.1.anchors", [], "criteria[1].anchors"),
        ("criteria.0.reason_required", {"below": "11"}, "criteria[0].reason_required"),
        ("ties", [], "ties"),
        ("ties", [{"by": "criterion", "code": "quality"}], "ties"),
        ("ties.1", {"by": "criterion", "code": "quality"}, "ties[1]"),
        ("aggregation.method", "sum", "aggregation.uneven"),
        ("ties.1.method", "sum", "aggregation.uneven"),
        ("aggregation.trim", 0, "aggregation.trim"),
        ("quorum", 0, "quorum"),
        ("threshold", "100.5", "threshold"),
        ("threshold", "0", "threshold"),
    ],
)
def test_what_keeps_a_rule_from_being_published(path: str, value: Any, place: str) -> None:
    document = changed(path, value)
    for tie in document["ties"]:
        if tie.get("code") == "quality":
            tie["code"] = document["criteria"][0]["code"]
    assert place in [p.field for p in check_for_publication(ScoringRule.from_json(document))]


def test_boundaries_of_publication_that_are_allowed() -> None:
    for path, value in (
        ("criteria.0.minimum", "10"),
        ("criteria.0.minimum", "0"),
        ("threshold", "100"),
        ("quorum", 1),
    ):
        assert check_for_publication(ScoringRule.from_json(changed(path, value))) == []


@pytest.mark.parametrize(("mark", "needed"), [("5.5", True), ("6", False), ("9.5", False), ("10", True)])
def test_a_reason_is_required_outside_the_limits(mark: str, needed: bool) -> None:
    assert ReasonRequired("outside", Decimal(6), Decimal("9.5")).needed(Decimal(mark)) is needed
    assert ReasonRequired("always").needed(Decimal(mark))
    assert not ReasonRequired("never").needed(Decimal(mark))


@pytest.mark.parametrize(
    ("mark", "right"),
    [("1", True), ("0.5", False), ("10", True), ("10.5", False), ("1.25", False), ("1.5", True), ("-1", False)],
)
def test_marks_stand_on_the_steps_of_their_scale(mark: str, right: bool) -> None:
    assert (Scale(Decimal(1), Decimal(10), Decimal("0.5")).problem(Decimal(mark)) is None) is right


@pytest.mark.parametrize(
    "text",
    [
        "",
        " 1",
        "+1",
        ".5",
        "5.",
        "1,000",
        "1e3",
        "NaN",
        "Infinity",
        "0x1",
        "１",
        "1_0",
        "9" * 16,
        "0." + "1" * 13,
        "--1",
    ],
)
def test_what_is_not_plain_is_not_read(text: str) -> None:
    assert plain_decimal(text) is None


@given(st.decimals(min_value=-(10**15) + 1, max_value=10**15 - 1, places=12))
def test_plain_numbers_survive_writing_and_reading(number: Decimal) -> None:
    assert plain_decimal(show_decimal(number)) == number


def test_zero_is_written_in_one_way() -> None:
    assert [show_decimal(Decimal(text)) for text in ("0", "-0", "0.00", "-0.0")] == ["0"] * 4
