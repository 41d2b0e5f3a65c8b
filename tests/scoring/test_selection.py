"""Slots, caps and preferences: who is placed, who is passed over, and that each step is told."""

from collections import Counter
from decimal import Decimal
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from procurement.errors import RuleBroken
from procurement.rounds.scoring_rule import Caps, Preferences, ScoringRule
from procurement.scoring.facts import Applied, Facts
from procurement.scoring.selection import Selection, select
from procurement.scoring.tally import tally

C = {"code": "c", "weight": "1", "scale": {"max": "20"}}


def ruled(slots: int = 2, reserves: int = 1, **options: Any) -> ScoringRule:
    return ScoringRule.from_json({"criteria": [C], "slots": slots, "reserves": reserves, **options})


def known(text: str, decided: str = "") -> Facts:
    """ "A:m1:fresh:R1" for each application: merchant, kind of goods, earlier rounds in which it was selected."""
    applied = {}
    for word in text.split():
        application, merchant, category, *selected = word.split(":")
        applied[application] = Applied(merchant, category, {}, tuple(selected))
    return Facts(applied, tuple(decided.split()))


def in_words(found: Selection) -> str:
    return " ".join(f"{a}:{outcome}" for a, outcome in found.outcomes.items())


def groups(text: str) -> list[list[str]]:
    """ "A B=C" has A before the equals B and C."""
    return [word.split("=") for word in text.split()]


PLAIN = known("A:m1:fresh B:m1:fresh C:m2:fresh D:m3:craft E:m4:craft")


@pytest.mark.parametrize(
    ("caps", "ranking", "selected", "reserve", "passed"),
    [
        ({}, "A B C D E", "A B", "C", ""),
        ({"merchant": 1}, "A B C D E", "A C", "D", "B"),
        ({"merchant": 2}, "A B C D E", "A B", "C", ""),
        ({"category": 1}, "A B C D E", "A D", "", "B C E"),
        ({"category": 2}, "A B C D E", "A B", "D", "C"),
        ({"merchant": 1, "category": 2}, "A B C D E", "A C", "D", "B"),
        ({"merchant": 1}, "C D A B E", "C D", "A", ""),
    ],
)
def test_caps_pass_over_whoever_would_be_one_too_many(
    caps: dict[str, int], ranking: str, selected: str, reserve: str, passed: str
) -> None:
    found = select(ruled(caps=caps), groups(ranking), PLAIN)
    assert [a for a, o in found.outcomes.items() if o == "selected"] == selected.split()
    assert [a for a, o in found.outcomes.items() if o == "reserve"] == reserve.split()
    assert sorted(found.passed) == passed.split()


def test_who_is_passed_over_reads_why_and_every_step_is_told() -> None:
    found = select(ruled(caps={"merchant": 1, "category": 2}), groups("A B C D E"), PLAIN)
    assert str(found.passed["B"]) == "passed over: no more than 1 of merchant m1 may be placed"
    assert [str(step) for step in found.told] == [
        "A takes slot 1.",
        "B is passed over: no more than 1 of merchant m1 may be placed.",
        "C takes slot 2.",
        "D is reserve 1.",
    ]


@pytest.mark.parametrize(
    ("kept", "ranking", "selected", "passed"),
    [
        (1, "A B C D", "D A", "B C"),  # only D was never selected
        (1, "D A B C", "D A", ""),
        (0, "A B C D", "A B", ""),
        (2, "A B C D", "D A", "B C"),  # one slot is left for whoever is best
    ],
)
def test_slots_are_kept_for_first_timers(kept: int, ranking: str, selected: str, passed: str) -> None:
    facts = known("A:m1:x:R1 B:m2:x:R1 C:m3:x:R2 D:m4:x", "R1 R2")
    found = select(ruled(reserves=0, preferences={"first_timers": kept}), groups(ranking), facts)
    assert [a for a, o in found.outcomes.items() if o == "selected"] == selected.split()
    assert sorted(found.passed) == passed.split()


@pytest.mark.parametrize(
    ("rest", "selected", "reserve", "passed"),
    [(0, "A B", "C", ""), (1, "A B", "D", "C"), (2, "A D", "B", "B C"), (3, "A D", "B", "B C")],
)
def test_who_was_selected_lately_waits_while_others_qualify(
    rest: int, selected: str, reserve: str, passed: str
) -> None:
    facts = known("A:m1:x:R1 B:m2:x:R2 C:m3:x:R3 D:m4:x", "R1 R2 R3")
    rule = ruled(preferences={"rest": rest})
    found = select(rule, groups("A B C D") if rest < 3 else groups("D A B C"), facts)
    if rest == 3:  # everybody but D waits: the slot that is left goes down the ranking of those who waited
        selected, reserve, passed = "D A", "B", ""
    assert [a for a, o in found.outcomes.items() if o == "selected"] == selected.split()
    assert [a for a, o in found.outcomes.items() if o == "reserve"] == reserve.split()
    assert sorted(found.passed) == passed.split()


@pytest.mark.parametrize(
    ("ranking", "expected"),
    [
        ("A B=C D", {"A": "selected", "B": "undecided", "C": "undecided", "D": "not_selected"}),  # one of them fits
        ("C A=B D", {"C": "selected", "A": "undecided", "B": "undecided", "D": "undecided"}),  # a cap divides them
        ("A=C D B", {"A": "selected", "C": "selected", "D": "reserve", "B": "not_selected"}),
    ],
)
def test_equals_are_placed_together_or_wait(ranking: str, expected: dict[str, str]) -> None:
    facts = known("A:m1:x B:m1:x C:m2:x D:m3:x") if "A=B" in ranking else known("A:m1:x B:m2:x C:m3:x D:m4:x")
    found = select(ruled(caps={"merchant": 1}), groups(ranking), facts)
    assert found.outcomes == expected


worlds = st.lists(
    st.tuples(st.sampled_from("mnop"), st.sampled_from("xyz"), st.sampled_from(["", "R1", "R2"])),
    min_size=1,
    max_size=8,
)


@given(
    worlds,
    st.integers(1, 4),
    st.integers(0, 3),
    st.builds(Caps, st.sampled_from([None, 1, 2]), st.sampled_from([None, 1, 2])),
    st.builds(Preferences, st.integers(0, 2), st.integers(0, 2)),
)
def test_no_cap_is_passed_no_seat_is_wasted_and_nobody_is_forgotten(
    world: list[tuple[str, str, str]], slots: int, reserves: int, caps: Caps, preferences: Preferences
) -> None:
    names = [f"A{n}" for n in range(len(world))]
    facts = Facts(
        {
            name: Applied(merchant, category, {}, tuple(filter(None, [selected])))
            for name, (merchant, category, selected) in zip(names, world, strict=True)
        },
        ("R1", "R2"),
    )
    rule = ruled(slots, reserves, caps=_json(caps), preferences=_json(preferences))
    found = select(rule, [[name] for name in names], facts)
    assert set(found.outcomes) == set(names)
    placed = [a for a, o in found.outcomes.items() if o in {"selected", "reserve"}]
    merchants = Counter(facts.of(a).merchant for a in placed)
    categories = Counter(facts.of(a).category for a in placed)
    assert caps.merchant is None or max(merchants.values()) <= caps.merchant
    assert caps.category is None or max(categories.values()) <= caps.category
    given_slots = sum(o == "selected" for o in found.outcomes.values())
    assert given_slots <= slots
    assert len(placed) <= slots + reserves
    if len(placed) < slots + reserves:  # then everybody left would break a cap
        for a in set(names) - set(placed):
            known_ = facts.of(a)
            assert merchants[known_.merchant] == caps.merchant or categories[known_.category] == caps.category
    for better, worse in pairwise(names):
        ranks = {"selected": 0, "reserve": 1, "not_selected": 2}
        if ranks[found.outcomes[better]] > ranks[found.outcomes[worse]]:
            assert better in found.passed


def _json(part: Caps | Preferences) -> dict[str, int]:
    return {key: value for key in part.__dataclass_fields__ if (value := getattr(part, key))}


# --- in a tally ---------------------------------------------------------------------------------------------------


def marks(**given: str) -> dict[str, Any]:
    return {a: {f"M{n}": {"c": Decimal(mark)} for n, mark in enumerate(text.split())} for a, text in given.items()}


def test_a_cap_shows_in_the_result_and_its_json() -> None:
    result = tally(ruled(caps={"merchant": 1}), marks(A="9", B="8", C="7", D="6"), facts=PLAIN)
    assert [(x.application, x.rank, x.outcome) for x in result.ranking] == [
        ("A", 1, "selected"),
        ("B", 2, "not_selected"),
        ("C", 3, "selected"),
        ("D", 4, "reserve"),
    ]
    written = result.to_json()
    assert written["ranking"][1]["passed_over"] == "passed over: no more than 1 of merchant m1 may be placed"
    assert written["selection"][0] == "A takes slot 1."
    assert "selection" not in tally(ruled(), marks(A="9", B="8"), facts=PLAIN).to_json()


@pytest.mark.parametrize(
    ("code", "order", "compared"),
    [
        ("first_time", "C A B", {"A": "no", "B": "no", "C": "yes"}),
        ("rotation", "C B A", {"A": "2", "B": "1", "C": "0"}),
    ],
)
def test_ties_are_broken_by_what_was_decided_before(code: str, order: str, compared: dict[str, str]) -> None:
    facts = known("A:m1:x:R1:R2 B:m2:x:R2 C:m3:x", "R1 R2")
    rule = ruled(ties=[{"by": "preference", "code": code}])
    result = tally(rule, marks(A="8", B="8", C="8"), facts=facts)
    assert [x.application for x in result.ranking] == order.split()
    assert result.ties[0].compared == compared
    by_hand = tally(rule, marks(A="8", B="8", C="8"), facts=facts, preferences={code: {"A"}})
    assert by_hand.ranking[0].application == "A"


def test_a_cap_needs_to_know_whose_and_what_it_is() -> None:
    with pytest.raises(RuleBroken) as refused:
        tally(ruled(caps={"merchant": 1, "category": 1}), marks(A="8"))
    assert [str(p) for p in refused.value.problems] == [
        "A: its merchant is not known, and the rule has a cap",
        "A: its kind of goods is not known, and the rule has a cap",
    ]


# --- computed marks -----------------------------------------------------------------------------------------------

PRICED = {
    "criteria": [
        {**C, "scale": {"max": "10"}},
        {
            "code": "price",
            "weight": "2",
            "scale": {"max": "10"},
            "kind": "price",
            "formula": {"figure": "price_to_low_30"},
        },
    ],
    "rounding": [{"stage": "total", "places": 2}],
}


def at(**prices: str) -> Facts:
    figures = {a: {"figures": {"price": price}} for a, price in prices.items()}
    return Facts.from_json({"decided": [], "applications": figures})


def test_a_price_is_scored_by_the_formula_and_shown_step_by_step() -> None:
    rule = ScoringRule.from_json(PRICED)
    result = tally(rule, marks(A="8 9", B="7 8"), facts=at(A="19.9/25", B="0.9"))
    assert {x.application: x.total_text for x in result.ranking} == {"A": "28.50", "B": "25.19"}
    assert result.placed("B").criteria["price"].count == 2
    step = next(s for s in result.steps("B") if s.what == "computed")
    assert (step.of, step.method, step.expression) == ("price", "lowest_first", "10 × 0.796 ÷ 0.9")
    assert step.told_value == "8.844444444444…, exactly 398/45"
    assert [s.what for s in result.steps("B")] == ["criterion", "weighted", "computed", "weighted", "total"]
    assert result.steps("B")[-1].value == result.placed("B").total


def test_nobody_gives_a_mark_that_is_computed_and_no_price_is_missing() -> None:
    rule = ScoringRule.from_json(PRICED)
    given = marks(A="8")
    given["A"]["M0"]["price"] = Decimal(9)
    with pytest.raises(RuleBroken, match="A, M0, price: this mark is computed, nobody gives it"):
        tally(rule, given, facts=at(A="1"))
    with pytest.raises(RuleBroken, match="B, price: the price it is computed from is missing"):
        tally(rule, marks(A="8", B="8"), facts=at(A="1"))
    with pytest.raises(RuleBroken, match="A, price: a price is above zero"):
        tally(rule, marks(A="8"), facts=at(A="0"))


def test_ten_thousand_prices_without_a_common_denominator_are_ranked() -> None:
    rule = ScoringRule.from_json(PRICED | {"rounding": []})
    names = [f"A{n:05d}" for n in range(3000)]
    facts = Facts({name: Applied(figures={"price": n + Decimal("0.07") + 1}) for n, name in enumerate(names)})
    result = tally(rule, {name: {"M1": {"c": Decimal(5)}} for name in names}, facts=facts)
    assert [line.application for line in result.ranking] == names


@pytest.mark.parametrize(
    ("document", "fault"),
    [
        ([], "facts: an object is needed"),
        ({"applications": {"A": {"figures": {"p": 1.5}}}}, "not a plain decimal number"),
        ({"applications": {"A": {"figures": {"p": "1/0"}}}}, "not a plain decimal number"),
        ({"applications": {"A": {"price": "1"}}}, "unknown key “price”"),
        ({"applications": {"A": {"selected": "R1"}}}, "applications.A.selected: a list is needed"),
        ({"applications": {"A": {"merchant": 3}}}, "applications.A.merchant: a text is needed"),
        ({"applications": []}, "applications: an object is needed"),
    ],
)
def test_facts_that_cannot_be_read(document: Any, fault: str) -> None:
    with pytest.raises(RuleBroken, match=fault):
        Facts.from_json(document)


@given(
    st.dictionaries(
        st.sampled_from("ABC"),
        st.builds(
            Applied,
            st.text(max_size=3),
            st.text(max_size=3),
            st.dictionaries(st.sampled_from("pq"), st.fractions(min_value="1/99", max_value=999, max_denominator=99)),
            st.lists(st.text(max_size=3)).map(tuple),
        ),
    ),
    st.lists(st.text(max_size=3)).map(tuple),
)
def test_facts_are_read_as_they_were_written(applied: dict[str, Applied], decided: tuple[str, ...]) -> None:
    facts = Facts(applied, decided)
    assert Facts.from_json(facts.to_json()) == facts
