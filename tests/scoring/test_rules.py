"""What a sheet must say, what binds it, what may be corrected."""

import json
from decimal import Decimal
from fractions import Fraction
from hashlib import sha256
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from procurement.errors import RuleBroken
from procurement.rounds.scoring_rule import ReasonRequired, ScoringRule
from procurement.scoring.exact import calculate
from procurement.scoring.rules import (
    LONGEST_REASON,
    Change,
    CorrectionGround,
    Entered,
    Given,
    ballot_text,
    check_agreement,
    check_answer,
    check_correction,
    check_sheet,
    commitment,
    differ,
    read_sheet,
    reading_order,
    scored,
    sealed_digest,
    sheet_digest,
    sheet_from_json,
    sheet_json,
)

D = Decimal


def rule(**changed: Any) -> ScoringRule:
    criterion = {"weight": "50", "scale": {"min": "0", "max": "10", "step": "0.5"}}
    quality = {"code": "quality", **criterion, **changed}
    return ScoringRule.from_json({"criteria": [quality, {"code": "service", **criterion, "kind": "objective"}]})


QUALITY, SERVICE = rule().criteria


@pytest.mark.parametrize(
    ("typed", "value"),
    [("8", D(8)), (" 8.5 ", D("8.5")), ("0", D(0)), ("10", D(10)), ("", None), ("   ", None), ("8，5", D("8.5"))],
)
def test_what_is_typed_is_read(typed: str, value: Decimal | None) -> None:
    sheet, problems = read_sheet(rule(), {"quality": Entered(typed, "Why")})
    assert problems == []
    assert sheet == {"quality": Given(value, "Why")}


@pytest.mark.parametrize("typed", ["eight", "8.25", "-0.5", "10.5", "1e1", "NaN", "8 5"])
def test_what_is_no_mark_is_named_at_its_field(typed: str) -> None:
    _, problems = read_sheet(rule(), {"quality": Entered(typed, "")})
    assert [p.field for p in problems] == ["value-quality"]


@pytest.mark.parametrize(("length", "right"), [(LONGEST_REASON, True), (LONGEST_REASON + 1, False)])
def test_reasons_have_a_longest_length(length: int, right: bool) -> None:
    _, problems = read_sheet(rule(), {"quality": Entered("8", "x" * length)})
    assert (problems == []) is right


def test_reasons_are_kept_in_one_form() -> None:
    sheet, _ = read_sheet(rule(), {"quality": Entered("8", "  one\r\ntwo é ")})
    assert sheet["quality"].reason == "one\ntwo é"


def test_an_unknown_criterion_is_told() -> None:
    _, problems = read_sheet(rule(), {"taste": Entered("8")})
    assert [str(p) for p in problems] == ["There is no criterion “taste” in this round."]


def test_what_is_not_scored_differs_from_the_lowest_mark() -> None:
    sheet, _ = read_sheet(rule(), {"quality": Entered("0", ""), "service": Entered("", "")})
    assert sheet == {"quality": Given(D(0), "")}
    assert scored(rule(), sheet) == 1


@pytest.mark.parametrize(
    ("when", "mark", "needed"),
    [
        ("always", "8", True),
        ("never", "8", False),
        ({"below": "6"}, "5.5", True),
        ({"below": "6"}, "6", False),
        ({"above": "9"}, "9", False),
        ({"above": "9"}, "9.5", True),
    ],
)
def test_reasons_are_asked_for_as_the_rule_says(when: Any, mark: str, needed: bool) -> None:
    sheet = {"quality": Given(D(mark)), "service": Given(D(8), "Why")}
    fields = [p.field for p in check_sheet(rule(reason_required=when), sheet)]
    assert fields == (["reason-quality"] if needed else [])


def test_a_sheet_with_gaps_is_not_complete() -> None:
    assert [p.field for p in check_sheet(rule(), {})] == ["value-quality", "value-service"]
    only_reason = {"quality": Given(None, "Why"), "service": Given(D(8), "Why")}
    assert [p.field for p in check_sheet(rule(), only_reason)] == ["value-quality"]
    off = {"quality": Given(D("8.3"), "Why"), "service": Given(D(8), "Why")}
    assert [p.field for p in check_sheet(rule(), off)] == ["value-quality"]


givens = st.builds(
    Given, st.none() | st.integers(0, 20).map(lambda n: D(n) / 2), st.text(st.characters(codec="utf-8"), max_size=20)
)
sheets = st.dictionaries(st.sampled_from(["quality", "service"]), givens)


@given(sheets)
def test_a_sheet_survives_its_json_form(sheet: dict[str, Given]) -> None:
    assert sheet_from_json(json.loads(json.dumps(sheet_json(sheet)))) == sheet


@given(sheets, sheets)
def test_a_digest_tells_sheets_apart(one: dict[str, Given], other: dict[str, Given]) -> None:
    assert (sheet_digest(one) == sheet_digest(other)) is (one == other)


BALLOT = {"round_ref": "R2026-001", "rules": "ab" * 32, "application": "R2026-001-A001", "member": "M1"}


def test_a_commitment_is_the_hash_that_is_published() -> None:
    ballot = ballot_text(**BALLOT, sheet={"quality": Given(D("8.50"), "Good")})
    assert json.loads(ballot)["marks"] == {"quality": {"reason": "Good", "value": "8.5"}}
    nonce = bytes(range(32))
    assert commitment(nonce, ballot) == sha256(b"sunlit ballot v1\n" + nonce + ballot.encode()).hexdigest()


@pytest.mark.parametrize("length", [0, 31, 33])
def test_a_nonce_has_32_bytes(length: int) -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        commitment(bytes(length), "{}")


@given(sheets, st.binary(min_size=32, max_size=32))
def test_a_commitment_fits_only_its_own_ballot(sheet: dict[str, Given], nonce: bytes) -> None:
    ballot = ballot_text(**BALLOT, sheet=sheet)
    bound = commitment(nonce, ballot)
    assert bound != commitment(nonce, ballot_text(**(BALLOT | {"member": "M2"}), sheet=sheet))
    assert bound != commitment(bytes([nonce[0] ^ 1]) + nonce[1:], ballot)


@given(st.lists(st.text("0123456789abcdef", min_size=4, max_size=4), unique=True))
def test_the_list_of_commitments_has_one_digest_in_any_order(commitments: list[str]) -> None:
    assert sealed_digest(commitments) == sealed_digest(reversed(commitments))


def test_reading_begins_with_the_fewest_sheets_and_differs_among_members() -> None:
    refs = {f"A{n}": 0 for n in range(12)}
    orders = {tuple(reading_order(f"M{n}", refs)) for n in range(1, 8)}
    assert len(orders) == 7
    assert all(sorted(order) == sorted(refs) for order in orders)
    assert reading_order("M1", refs | {"A3": -1})[0] == "A3"
    assert reading_order("M1", refs | {"A3": 1})[-1] == "A3"


TESTED = rule()
TESTED = ScoringRule.from_json(TESTED.to_json() | {"abnormal": {"percent": "40", "others": 2}})


@pytest.mark.parametrize(
    ("changed", "fields"),
    [
        ({}, []),
        ({"after": D(8)}, ["value", "calculation"]),
        ({"after": D("10.5")}, ["value", "calculation"]),
        ({"reason": " "}, ["reason"]),
        ({"calculation": "4 + 3.0"}, []),
        ({"calculation": "３＋４"}, []),
        ({"calculation": "3 + 5"}, ["calculation"]),
        ({"calculation": "2 + 5"}, ["calculation", "calculation"]),
        ({"calculation": "7"}, ["calculation"]),
        ({"calculation": "3 + four"}, ["calculation"]),
        ({"ground": CorrectionGround.ABNORMAL}, ["ground"]),
        ({"ground": CorrectionGround.ABNORMAL, "before": D("3")}, ["ground"]),  # 4.5 of 10 away: more than 40 of 100
        ({"ground": CorrectionGround.ABNORMAL, "before": D("3"), "rule": TESTED}, []),
        ({"ground": CorrectionGround.ABNORMAL, "before": D("3.5"), "rule": TESTED}, ["ground"]),
        ({"ground": CorrectionGround.RULING}, []),
        ({"ground": CorrectionGround.OUT_OF_RANGE}, ["ground"]),
        ({"ground": CorrectionGround.OUT_OF_RANGE, "before": D(11)}, []),
        ({"ground": CorrectionGround.OBJECTIVE_DISAGREEMENT}, ["ground"]),
        ({"ground": CorrectionGround.OBJECTIVE_DISAGREEMENT, "criterion": SERVICE}, []),
        (
            {"ground": CorrectionGround.OBJECTIVE_DISAGREEMENT, "criterion": SERVICE, "others": (D(8),)},
            ["ground"],
        ),
    ],
)
def test_corrections(changed: dict[str, Any], fields: list[str]) -> None:
    given: dict[str, Any] = {
        "rule": rule(),
        "criterion": QUALITY,
        "before": D(8),
        "after": D(7),
        "others": (D(7), D(8)),
        "ground": CorrectionGround.ARITHMETIC,
        "reason": "Added wrongly.",
        "calculation": "3 + 4",
        "sealed_reason": "Three tests gave 3 and 4 points.",
    }
    given |= changed
    change = Change(**{key: value for key, value in given.items() if key not in {"rule", "criterion"}})
    assert [p.field for p in check_correction(given["rule"], given["criterion"], change)] == fields


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("3 + 2.5 + 2", "7.5"),
        ("(3 + 4) ÷ 2", "7/2"),
        ("10 - 2 × 3", "4"),
        ("-1 + 2 * (3 - 1)", "3"),
        ("１０／４", "5/2"),
    ],
)
def test_a_calculation_is_worked_out_exactly(text: str, value: str) -> None:
    assert calculate(text) == Fraction(value)


@pytest.mark.parametrize(
    "text", ["", "7", "3 +", "+ 3", "3 4", "3 + (4", "3 + 4)", "3 ** 4", "1/0", "x + 1", "1+" * 150]
)
def test_what_is_no_calculation_is_refused(text: str) -> None:
    with pytest.raises(RuleBroken):
        calculate(text)


@pytest.mark.parametrize(
    ("changed", "fields"),
    [
        ({}, []),
        ({"value": D("10.5")}, ["value"]),
        ({"reason": " "}, ["reason"]),
        ({"reason": "x" * (LONGEST_REASON + 1)}, ["reason"]),
        ({"marks": [D(8), D(8)]}, ["ground"]),
        ({"criterion": QUALITY}, ["ground"]),
    ],
)
def test_proposals_of_one_mark_for_all(changed: dict[str, Any], fields: list[str]) -> None:
    given: dict[str, Any] = {
        "criterion": SERVICE,
        "marks": [D(8), D(7)],
        "value": D(7),
        "reason": "The licence ends.",
    }
    assert [p.field for p in check_agreement(**(given | changed))] == fields


def test_who_declines_says_why() -> None:
    assert check_answer(True, "") == []
    assert [p.field for p in check_answer(False, " ")] == ["reason"]
    assert check_answer(False, "The licence was renewed.") == []


def test_members_may_differ_only_where_they_judge() -> None:
    assert not differ(QUALITY, [D(1), D(9)])
    assert differ(SERVICE, [D(1), D(9)])
    assert not differ(SERVICE, [D(9), D(9)])
    assert ReasonRequired().needed(D(1))
