"""Verdicts: which reason goes with which, and what keeps the check from being closed."""

import pytest

from procurement.applications.verdicts import (
    ELIGIBLE_REASONS,
    EXPLANATION,
    OFFERED,
    Reason,
    check_closing,
    check_verdict,
)
from procurement.applications.wording import GROUNDS, REASONS, REASONS_ZH

SAID = "The licence ended in May."
ALL = {"documents": True, "stock": True}
ONE_FAILED = {"documents": False, "stock": True}


@pytest.mark.parametrize("reason", list(Reason))
def test_a_reason_goes_with_one_verdict_only(reason: Reason) -> None:
    eligible = reason in ELIGIBLE_REASONS
    gates = ALL if eligible else ONE_FAILED
    assert check_verdict(eligible=eligible, reason=reason, explanation=SAID, gates=gates) == []
    assert check_verdict(eligible=not eligible, reason=reason, explanation=SAID, gates={})[0].field == "reason_code"


def test_every_reason_has_words_and_a_ground_in_both_languages() -> None:
    assert set(REASONS) == set(REASONS_ZH) == set(GROUNDS) == set(Reason)
    assert Reason.READMITTED not in OFFERED


@pytest.mark.parametrize(
    ("explanation", "fields"),
    [
        ("x" * (EXPLANATION[0] - 1), ["explanation"]),
        ("x" * EXPLANATION[0], []),
        ("x" * EXPLANATION[1], []),
        ("x" * (EXPLANATION[1] + 1), ["explanation"]),
        ("   short    ", ["explanation"]),
    ],
)
def test_a_refusal_is_explained(explanation: str, fields: list[str]) -> None:
    found = check_verdict(eligible=False, reason=Reason.DOCUMENTS_INVALID, explanation=explanation, gates=ONE_FAILED)
    assert [problem.field for problem in found] == fields


def test_an_eligible_application_needs_no_explanation() -> None:
    assert check_verdict(eligible=True, reason=Reason.ALL_GATES_PASSED, explanation="", gates=ALL) == []


def test_the_verdict_follows_from_the_conditions() -> None:
    failed = check_verdict(eligible=True, reason=Reason.ALL_GATES_PASSED, explanation="", gates=ONE_FAILED)
    assert [problem.field for problem in failed] == ["reason_code"]
    passed = check_verdict(eligible=False, reason=Reason.DOCUMENTS_INVALID, explanation=SAID, gates=ALL)
    assert [problem.field for problem in passed] == ["gates"]


@pytest.mark.parametrize(("eligible", "accepted"), [(4, False), (5, True), (6, True)])
def test_fewer_than_the_minimum_cannot_go_on(eligible: int, accepted: bool) -> None:
    problems = check_closing(without_verdict=[], eligible=eligible, minimum=5)
    assert (problems == []) is accepted


def test_every_application_without_a_verdict_is_named_before_anything_is_counted() -> None:
    problems = check_closing(without_verdict=["A001", "A003"], eligible=0, minimum=3)
    assert [problem.params for problem in problems] == [{"ref": "A001"}, {"ref": "A003"}]
