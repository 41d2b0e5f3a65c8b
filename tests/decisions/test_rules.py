"""What a decision must be like: example tables at each boundary."""

from dataclasses import dataclass
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from procurement.decisions.document import Effect, Outcome, Ranked, Said, SignatoryRole, verification_code
from procurement.decisions.rules import (
    LONGEST_TEXT,
    SHORTEST_REASON,
    check_choice,
    check_declining,
    check_dissent,
    check_publishable,
    check_reasons,
    check_result,
    check_signable,
    check_signatories,
    check_validity,
    departs_from_rule,
    moved_up,
    phases_for,
    settled,
)
from procurement.rounds.phases import Phase
from procurement.rounds.scoring_rule import Text
from tests.decision_sample import sample_document

S, R, N = Outcome.SELECTED, Outcome.RESERVE, Outcome.NOT_SELECTED
MINUTE = Text("The first in rank withdrew today.", "名次第一的商家于今日书面声明退出，依次由名次第二者入选。")


@dataclass(frozen=True)
class Line:
    application: str
    by_rule: Outcome
    total: str | None = "80"
    failed: tuple[Said, ...] = ()
    given_up: str = ""


LINES = (Line("A1", S), Line("A2", R), Line("A3", N), Line("A4", N, None, ("no quorum",)))
BY_RULE = {"A1": S, "A2": R, "A3": N, "A4": N}


def words(problems) -> list[str]:
    return [str(problem) for problem in problems]


@pytest.mark.parametrize(
    ("changes", "departure", "expected"),
    [
        ({}, None, []),
        ({"A1": N, "A2": S}, MINUTE, []),
        ({"A1": N, "A2": S}, None, ["departs"]),
        ({"A1": N, "A2": S}, Text(MINUTE.en, "太短"), ["departs"]),
        ({"A1": N, "A2": S}, Text("too short", MINUTE.zh), ["departs"]),
        ({"A1": N, "A2": N}, MINUTE, []),
        ({}, MINUTE, ["nothing to explain"]),
        ({"A2": S}, MINUTE, ["2 products are selected, but the call announced 1"]),
        ({"A3": R}, MINUTE, ["2 products are reserves, but the call announced 1"]),
        ({"A4": R, "A2": N}, MINUTE, ["A4 did not reach"]),
        ({"A1": N, "A4": S}, MINUTE, ["A4 did not reach"]),
        ({"A9": N}, None, ["and for no other"]),
    ],
)
def test_a_choice_follows_the_ranking_or_says_why_not(changes, departure, expected):
    found = words(check_choice(LINES, BY_RULE | changes, slots=1, reserves=1, departure=departure))
    assert len(found) == len(expected)
    assert all(phrase in sentence for phrase, sentence in zip(expected, found, strict=True))


def test_an_application_without_a_decision_is_a_fault():
    chosen = {k: v for k, v in BY_RULE.items() if k != "A3"}
    assert any("for no other" in w for w in words(check_choice(LINES, chosen, slots=1, reserves=1, departure=None)))


@given(st.lists(st.sampled_from(list(Outcome)), min_size=3, max_size=3))
def test_whatever_is_not_the_rules_own_result_departs(outcomes):
    lines = LINES[:3]
    chosen = dict(zip(("A1", "A2", "A3"), outcomes, strict=True))
    departs = departs_from_rule(lines, chosen)
    assert departs == (outcomes != [S, R, N])
    without = words(check_choice(lines, chosen, slots=3, reserves=3, departure=None))
    assert any("departs" in w for w in without) == departs


@pytest.mark.parametrize(
    ("computed", "faults"),
    [
        ([("A1", 1, "selected"), ("A2", 2, "reserve")], 0),
        ([("A2", 1, "selected"), ("A1", 2, "reserve")], 1),
        ([("A1", 1, "selected"), ("A2", 1, "selected")], 1),
        ([("A1", 1, "selected")], 1),
        ([], 1),
    ],
)
def test_only_the_order_that_was_on_notice_is_decided(computed, faults):
    noticed = [("A1", 1, "selected"), ("A2", 2, "reserve")]
    assert len(check_result(noticed=noticed, computed=computed)) == faults


@pytest.mark.parametrize(
    ("en", "zh", "fields"),
    [
        ("e" * 20, "中" * 20, []),
        ("e" * 19, "中" * 20, ["reasons_en"]),
        ("e" * 20, " " * 30, ["reasons_zh"]),
        ("", "", ["reasons_en", "reasons_zh"]),
        ("e" * LONGEST_TEXT, "中" * LONGEST_TEXT, []),
        ("e" * (LONGEST_TEXT + 1), "中" * 20, ["reasons_en"]),
    ],
)
def test_reasons_are_given_in_both_languages(en, zh, fields):
    assert [problem.field for problem in check_reasons(Text(en, zh))] == fields


TODAY = date(2026, 11, 23)


@pytest.mark.parametrize(
    ("days", "planned", "faults"),
    [
        (-1, None, 1),
        (0, None, 1),
        (1, None, 0),
        (366, None, 0),
        (367, None, 1),
        (10, 10, 0),
        (10, 11, 1),
    ],
)
def test_a_decision_is_valid_from_tomorrow_to_a_year_and_over_the_broadcast(days, planned, faults):
    planned_on = None if planned is None else TODAY + timedelta(days=planned)
    assert len(check_validity(TODAY + timedelta(days=days), today=TODAY, planned_on=planned_on)) == faults


CHAIR, MEMBER, ORGANISER, SUPERVISOR = (
    SignatoryRole.CHAIR,
    SignatoryRole.MEMBER,
    SignatoryRole.ORGANISER,
    SignatoryRole.SUPERVISOR,
)


@pytest.mark.parametrize(
    ("roles", "faults"),
    [
        ([CHAIR, MEMBER, ORGANISER, SUPERVISOR], 0),
        ([MEMBER, MEMBER, ORGANISER, SUPERVISOR], 1),
        ([CHAIR, MEMBER, SUPERVISOR], 1),
        ([CHAIR, MEMBER, ORGANISER], 1),
        ([], 3),
    ],
)
def test_chair_organiser_and_supervisor_sign(roles, faults):
    assert len(check_signatories(roles)) == faults


@pytest.mark.parametrize(
    ("seen", "sealed", "role", "missing", "phrase"),
    [
        ("a", True, MEMBER, 0, None),
        ("b", True, MEMBER, 0, "drawn up again"),
        ("a", False, MEMBER, 0, "still being made"),
        ("a", True, ORGANISER, 1, "1 of them"),
        ("a", True, SUPERVISOR, 5, "5 are missing"),
        ("a", True, ORGANISER, 0, None),
        ("a", True, SUPERVISOR, 0, None),
    ],
)
def test_one_signs_what_one_was_shown_in_ones_turn(seen, sealed, role, missing, phrase):
    found = words(check_signable(seen=seen, document="a", sealed=sealed, role=role, missing_before=missing))
    assert [phrase in sentence for sentence in found] == ([] if phrase is None else [True])


@pytest.mark.parametrize("role", list(SignatoryRole))
@pytest.mark.parametrize("signed", [False, True])
@pytest.mark.parametrize("approved", [False, True])
@pytest.mark.parametrize("declined", [False, True])
@pytest.mark.parametrize("overdue", [False, True])
def test_only_members_can_be_done_without(role, signed, approved, declined, overdue):
    done = settled(role=role, signed=signed, approved=approved, declined=declined, overdue=overdue)
    excused = role in (CHAIR, MEMBER) and not approved and (declined or overdue)
    assert done is (signed or excused)


def ranked(application: str, by_rule: Outcome) -> Ranked:
    return Ranked(application, "", "", 1, "80", (), 5, by_rule, by_rule)


RANKING = [ranked("A1", S), ranked("A2", S), ranked("A3", R), ranked("A4", R), ranked("A5", N)]


@pytest.mark.parametrize(
    ("gone", "expected"),
    [
        ((), "SSRRN"),
        (("A1",), "NSSRN"),
        (("A2",), "SNSRN"),
        (("A1", "A2"), "NNSSN"),
        (("A3",), "SSNRN"),
        (("A1", "A3"), "NSNSN"),
        (("A1", "A2", "A3", "A4"), "NNNNN"),
        (("A5",), "SSRRN"),
    ],
)
def test_reserves_move_up_in_their_order(gone, expected):
    found = moved_up(RANKING, dict.fromkeys(gone, "2026-05-01T00:00:00Z"), slots=2)
    letters = {S: "S", R: "R", N: "N"}
    assert "".join(letters[line.by_rule] for line in found) == expected
    assert all(line.outcome is line.by_rule for line in found)
    assert tuple(line.application for line in found if line.given_up) == gone


@given(st.sets(st.sampled_from(["A1", "A2", "A3", "A4", "A5"])), st.integers(2, 3))
def test_never_more_than_the_slots_and_nobody_new(gone, slots):
    found = moved_up(RANKING, dict.fromkeys(gone, "x"), slots=slots)
    selected = [line.application for line in found if line.by_rule is S]
    assert len(selected) <= slots
    assert "A5" not in selected
    assert not gone & set(selected)


def test_a_place_that_was_given_up_is_not_awarded():
    lines = [Line("A1", N, given_up="2026-05-01T00:00:00Z"), Line("A2", S)]
    faults = words(check_choice(lines, {"A1": S, "A2": N}, slots=1, reserves=0, departure=MINUTE))
    assert faults == ["The merchant of A1 has given its place up."]


def test_a_refusal_needs_a_reason():
    assert len(check_declining(" " * 40)) == 1
    assert len(check_declining("x" * (SHORTEST_REASON - 1))) == 1
    assert check_declining("x" * SHORTEST_REASON) == []
    assert len(check_declining("x" * (LONGEST_TEXT + 1))) == 1


def test_limits_of_dissent_and_of_publishing():
    assert check_dissent("x" * LONGEST_TEXT) == []
    assert len(check_dissent("x" * (LONGEST_TEXT + 1))) == 1
    assert check_publishable(unsigned=0) == []
    assert words(check_publishable(unsigned=2)) == ["2 signatures are missing."]


def test_a_first_decision_is_made_while_deciding_and_later_ones_afterwards():
    assert phases_for(Effect.CONFIRMED) == (Phase.DECIDING,)
    assert phases_for(Effect.AMENDED) == phases_for(Effect.ANNULLED) == (Phase.DECIDED,)


def test_the_text_of_a_decision_is_canonical_and_its_digest_follows_every_fact():
    one, again = sample_document("zh"), sample_document("zh")
    assert one.text == again.text
    assert one.sha256 != sample_document("en").sha256
    assert '"public_side_receives":"0"' in one.text
    assert one.text.startswith('{"address":"https://sunlit.example.org/decisions/R2026-007-D1","basis":{')


def test_the_verification_code_depends_on_all_three():
    codes = {
        verification_code("D1", "rules", "2026"),
        verification_code("D2", "rules", "2026"),
        verification_code("D1", "other", "2026"),
        verification_code("D1", "rules", "2027"),
    }
    assert len(codes) == 4
    assert all(len(code) == 14 and code.count("-") == 2 for code in codes)
