"""The tally against hand-made tables, real panels and a second implementation."""

import json
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from procurement.errors import RuleBroken
from procurement.rounds.scoring_rule import Rounding, ScoringRule
from procurement.scoring.exact import precise, price_score, rounded, show
from procurement.scoring.facts import Applied, Facts
from procurement.scoring.tally import MISSING, RECUSED, Mark, Tally, tally
from tests.scoring.reference import Reference

D = Decimal
Table = dict[str, dict[str, dict[str, Mark]]]


def rule(*weights: tuple[str, str], **options: Any) -> ScoringRule:
    """A rule with criteria (code, weight) on scales 0..20 by halves."""
    criteria = [{"code": c, "weight": w, "scale": {"min": "0", "max": "20", "step": "0.5"}} for c, w in weights]
    return ScoringRule.from_json({"criteria": criteria, **options})


def one(**columns: str) -> Table:
    """Marks for the single criterion "c": application → "8 9 - R", in the order of members M1, M2, …"""
    words: dict[str, Mark] = {"-": MISSING, "R": RECUSED}
    return {
        application: {f"M{i}": {"c": words.get(w) or D(w)} for i, w in enumerate(column.split(), start=1)}
        for application, column in columns.items()
    }


def totals(result: Tally) -> dict[str, str | None]:
    return {line.application: line.total_text for line in result.ranking}


def ranks(result: Tally) -> dict[str, int | None]:
    return {line.application: line.rank for line in result.ranking}


C = ("c", "1")


# Methods, each at its boundaries


@pytest.mark.parametrize(
    ("aggregation", "column", "total"),
    [
        ({"method": "mean"}, "8", "8"),
        ({"method": "mean"}, "8 9", "8.5"),
        ({"method": "mean"}, "7 8 8", "7.666666666667"),
        ({"method": "mean"}, "8 R -", "8"),
        ({"method": "median"}, "1 9 8", "8"),
        ({"method": "median"}, "1 9 8 2", "5"),
        ({"method": "median"}, "8 8.5", "8.25"),
        ({"method": "median"}, "0 20 R", "10"),
        ({"method": "sum"}, "8 9 R", "17"),
        ({"method": "trimmed_mean", "trim": 1, "leave_at_least": 3}, "1 8 8.5 9 20", "8.5"),
        ({"method": "trimmed_mean", "trim": 1, "leave_at_least": 3}, "1 8 9 20", "9.5"),  # 2 would remain: the mean
        ({"method": "trimmed_mean", "trim": 1, "leave_at_least": 2}, "1 8 9 20", "8.5"),
        ({"method": "trimmed_mean", "trim": 1, "leave_at_least": 3}, "1 8 9 20 R", "9.5"),
        ({"method": "trimmed_mean", "trim": 2, "leave_at_least": 1}, "1 2 9 19 20", "9"),
        ({"method": "trimmed_mean", "trim": 1, "leave_at_least": 1}, "5 5 5", "5"),
        ({"method": "trimmed_mean", "trim": 0, "leave_at_least": 1}, "4 5", "4.5"),
    ],
)
@pytest.mark.parametrize("level", ["criterion", "total"])
def test_one_number_from_many(aggregation: dict[str, Any], column: str, total: str, level: str) -> None:
    result = tally(rule(C, aggregation={**aggregation, "level": level}), one(A=column))
    assert totals(result) == {"A": total}
    assert result.steps("A")[-1].text == total


def test_level_decides_where_the_median_is_taken() -> None:
    marks: Table = {
        "A": {
            "M1": {"x": D(10), "y": D(0)},
            "M2": {"x": D(0), "y": D(10)},
            "M3": {"x": D(0), "y": D(0)},
        }
    }
    two = (("x", "1"), ("y", "1"))
    assert totals(tally(rule(*two, aggregation={"method": "median"}), marks)) == {"A": "0"}
    by_total = tally(rule(*two, aggregation={"method": "median", "level": "total"}), marks)
    assert totals(by_total) == {"A": "10"}
    assert by_total.placed("A").criteria["x"].text == "0"


def test_share_of_weight_divides_by_the_maximum_of_each_scale() -> None:
    document = {
        "criteria": [
            {"code": "x", "weight": "60", "scale": {"min": "0", "max": "10", "step": "1"}},
            {"code": "y", "weight": "40", "scale": {"min": "0", "max": "5", "step": "1"}},
        ],
        "combine": "share_of_weight",
    }
    marks: Table = {"A": {"M": {"x": D(7), "y": D(4)}}}
    assert totals(tally(ScoringRule.from_json(document), marks)) == {"A": "74"}


# Rank sums


def test_rank_sum_lets_equal_totals_share_the_average_rank_and_the_lowest_wins() -> None:
    result = tally(
        rule(C, aggregation={"method": "rank_sum", "level": "total"}), one(A="9 8", B="9 9", C="9 1", D="1 10")
    )
    # M1: A, B, C share 1..3 (2 each), D 4.  M2: D 1, B 2, A 3, C 4.
    assert totals(result) == {"B": "4", "A": "5", "D": "5", "C": "6"}
    assert ranks(result) == {"B": 1, "A": 2, "D": 2, "C": 4}
    assert result.unbroken_ties == (("A", "D"),)


def test_rank_sum_by_criterion_weights_the_ranks() -> None:
    marks: Table = {
        "A": {"M": {"x": D(10), "y": D(1)}},
        "B": {"M": {"x": D(5), "y": D(9)}},
    }
    result = tally(rule(("x", "3"), ("y", "1"), aggregation={"method": "rank_sum", "level": "criterion"}), marks)
    assert totals(result) == {"A": "5", "B": "7"}
    assert result.placed("A").criteria["y"].text == "2"


def test_where_sums_are_uneven_they_are_compared_as_they_stand_and_this_is_said() -> None:
    result = tally(rule(C, aggregation={"method": "sum"}), one(A="8 8 8", B="9 9 R"))
    assert ranks(result) == {"A": 1, "B": 2}
    assert [str(n) for n in result.notes] == ["Sums over different numbers of sheets are compared as they stand."]
    even = tally(rule(C, aggregation={"method": "sum"}), one(A="8 8 R", B="9 R 9"))
    assert even.notes == ()


def test_where_sums_are_uneven_they_can_be_brought_to_the_same_number() -> None:
    result = tally(rule(C, aggregation={"method": "sum", "uneven": "scale"}), one(A="8 8 8", B="9 9 R"))
    assert totals(result) == {"B": "27", "A": "24"}
    assert result.steps("B")[0].expression == "(9 + 9) × 3 ÷ 2"
    assert result.notes == ()
    ranked = tally(
        rule(C, aggregation={"method": "rank_sum", "level": "total", "uneven": "scale"}),
        one(A="8 8 8", B="9 7 R", C="1 1 1"),
    )
    # Ranks: M1 B A C, M2 A B C, M3 A C. A 2+1+1; B (1+2) × 3 ÷ 2; C 3+3+2.
    assert totals(ranked) == {"A": "4", "B": "4.5", "C": "8"}


# Absent marks


@pytest.mark.parametrize("level", ["criterion", "total"])
def test_an_absent_mark_is_never_a_zero(level: str) -> None:
    result = tally(rule(C, aggregation={"level": level}), one(A="8 8 8", B="8 R -"))
    assert totals(result) == {"A": "8", "B": "8"}
    assert result.placed("B").criteria["c"].count == 1
    assert result.placed("B").sheets == 1


def test_at_level_total_an_incomplete_sheet_takes_no_part_in_the_total_but_its_marks_are_shown() -> None:
    marks: Table = {
        "A": {"M1": {"x": D(10), "y": D(10)}, "M2": {"x": D(4), "y": MISSING}, "M3": {"x": RECUSED, "y": RECUSED}}
    }
    result = tally(rule(("x", "1"), ("y", "1"), aggregation={"level": "total"}), marks)
    assert totals(result) == {"A": "20"}
    assert result.placed("A").criteria["x"].text == "7"
    reasons = {t.label: t.why for t in result.steps("A")[-1].terms}
    assert reasons == {"M1": None, "M2": "incomplete", "M3": "recused"}


def test_refused_missing_marks_are_all_named_and_recused_ones_are_not() -> None:
    with pytest.raises(RuleBroken) as refused:
        tally(rule(C, missing="refuse"), {**one(A="8 - R"), "B": {"M1": {"c": D(1)}, "M2": {"c": D(1)}}})
    assert [str(p) for p in refused.value.problems] == [
        "A, M2, c: the mark is missing",
        "B, M3, c: the mark is missing",
    ]


def test_marks_off_the_scale_and_unknown_criteria_are_all_named() -> None:
    marks: Table = {"A": {"M1": {"c": D("20.5")}, "M2": {"c": D("8.3")}, "M3": {"c": D(8), "z": D(1)}}}
    with pytest.raises(RuleBroken) as refused:
        tally(rule(C), marks)
    assert [str(p) for p in refused.value.problems] == [
        "A, M1, c: 20.5 is outside the scale from 0 to 20",
        "A, M2, c: 8.3 is not on a step of 0.5 from 0",
        "A, M3: there is no criterion “z”",
    ]


# No award


@pytest.mark.parametrize(
    ("options", "awarded"),
    [
        ({"quorum": 3}, True),
        ({"quorum": 4}, False),
        ({"threshold": "8"}, True),
        ({"threshold": "8.01"}, False),
    ],
)
@pytest.mark.parametrize("level", ["criterion", "total"])
def test_quorum_and_threshold_at_their_boundary(options: dict[str, Any], awarded: bool, level: str) -> None:
    line = tally(rule(C, aggregation={"level": level}, **options), one(A="7 8 9 R -")).placed("A")
    assert (line.rank, line.outcome) == ((1, "selected") if awarded else (None, "no_award"))
    assert bool(line.no_award) is not awarded
    assert line.total_text == "8"


@pytest.mark.parametrize(
    ("method", "column", "awarded"),
    [
        ("mean", "5 7", True),
        ("mean", "5 6.5", False),
        ("sum", "5 7", True),  # minima are on the scale of marks: the mean is compared
        ("sum", "5 5", False),
        ("rank_sum", "5 5", False),
        ("rank_sum", "6 6", True),
        ("median", "6 6", True),
    ],
)
def test_a_minimum_at_its_boundary(method: str, column: str, awarded: bool) -> None:
    document = rule(C, aggregation={"method": method, "level": "total"}).to_json()
    document["criteria"][0]["minimum"] = "6"
    line = tally(ScoringRule.from_json(document), one(A=column)).placed("A")
    assert (line.outcome == "selected") is awarded


def test_a_minimum_is_compared_after_rounding_when_the_criterion_is_rounded() -> None:
    document = rule(C, rounding=[{"stage": "criterion", "places": 0, "mode": "half_up"}]).to_json()
    document["criteria"][0]["minimum"] = "6"
    assert tally(ScoringRule.from_json(document), one(A="5 6")).placed("A").rank == 1


def test_without_any_sheet_there_is_no_total_and_no_award() -> None:
    result = tally(rule(C), {"A": {}, **one(B="R -", C="1")})
    assert totals(result) == {"C": "1", "A": None, "B": None}
    assert ranks(result) == {"C": 1, "A": None, "B": None}
    assert str(result.placed("A").no_award[0]) == "no award: 0 of the 1 sheets needed"
    assert result.steps("A") == ()


def test_those_without_an_award_leave_no_gap_in_the_ranking_and_take_no_slot() -> None:
    document = rule(C, slots=1).to_json()
    document["quorum"] = 2
    result = tally(ScoringRule.from_json(document), one(A="20 R", B="7 8", C="7 7"))
    assert ranks(result) == {"B": 1, "C": 2, "A": None}
    assert result.placed("B").outcome == "selected"


def test_an_empty_tally_is_empty() -> None:
    assert tally(rule(C), {}).to_json() == {"ranking": [], "unbroken_ties": []}


# Rounding


@pytest.mark.parametrize(
    ("number", "half_up", "half_even"),
    [
        ("0.5", "1", "0"),
        ("1.5", "2", "2"),
        ("2.5", "3", "2"),
        ("-0.5", "-1", "0"),
        ("-1.5", "-2", "-2"),
        ("-2.5", "-3", "-2"),
        ("2.49", "2", "2"),
        ("2.51", "3", "3"),
        ("0", "0", "0"),
    ],
)
def test_halves(number: str, half_up: str, half_even: str) -> None:
    assert show(rounded(Fraction(number), Rounding("total", 0, "half_up"))) == half_up
    assert show(rounded(Fraction(number), Rounding("total", 0, "half_even"))) == half_even


@given(st.fractions(max_denominator=10**6), st.integers(0, 6), st.sampled_from(["half_up", "half_even"]))
def test_rounding_moves_by_at_most_half_a_unit_and_only_once(number: Fraction, places: int, mode: Any) -> None:
    how = Rounding("total", places, mode)
    result = rounded(number, how)
    assert abs(result - number) <= Fraction(1, 2 * 10**places)
    assert rounded(result, how) == result
    assert Fraction(show(result, how)) == result
    assert rounded(-number, how) == -result


@given(st.decimals(allow_nan=False, allow_infinity=False, places=9, min_value=-(10**9), max_value=10**9))
def test_finite_numbers_are_shown_exactly(number: Decimal) -> None:
    assert Fraction(show(Fraction(number))) == Fraction(number)


def test_endless_numbers_are_shown_to_twelve_places_and_kept_as_fractions() -> None:
    assert show(Fraction(2, 3)) == "0.666666666667"
    assert precise(Fraction(2, 3)) == "2/3"
    assert show(Fraction(-1, 3)) == "-0.333333333333"
    assert show(Fraction(5), Rounding("total", 2)) == "5.00"


@pytest.mark.parametrize(
    ("stage", "total"),
    [(None, "23.666666666667"), ("criterion", "23.7"), ("weighted", "23.6"), ("total", "23.7")],
)
def test_the_stage_of_rounding_changes_the_total(stage: str | None, total: str) -> None:
    """Means 22/3 and 24.5/3, weights 1 and 2: 7.3 + 2 × 8.2, 7.3 + 16.3, and 23.67 rounded once."""
    rounding = [{"stage": stage, "places": 1, "mode": "half_up"}] if stage else []
    marks = two(A="7,8 7,8 8,8.5")
    assert totals(tally(rule(("x", "1"), ("y", "2"), rounding=rounding), marks)) == {"A": total}


# Ties


CHAIN = [{"by": "criterion", "code": "x"}, {"by": "aggregate", "method": "median"}, {"by": "draw"}]


def two(**rows: str) -> Table:
    """Criteria x and y: application → "x1,y1 x2,y2" for members M1, M2, …"""
    table: Table = {}
    for application, row in rows.items():
        pairs = [pair.split(",") for pair in row.split()]
        table[application] = {f"M{i}": {"x": D(x), "y": D(y)} for i, (x, y) in enumerate(pairs, start=1)}
    return table


def test_a_criterion_breaks_a_tie_and_the_result_says_so() -> None:
    result = tally(rule(("x", "1"), ("y", "1"), ties=CHAIN), two(A="5,7", B="7,5"))
    assert ranks(result) == {"B": 1, "A": 2}
    assert result.unbroken_ties == ()
    (told,) = result.ties
    assert (told.by.by, told.by.code, told.groups, told.compared) == (
        "criterion",
        "x",
        (("B",), ("A",)),
        {"A": "5", "B": "7"},
    )


def test_an_aggregate_breaks_a_tie_without_rounding() -> None:
    ties = [{"by": "aggregate", "method": "mean"}]
    rounding = [{"stage": "total", "places": 0, "mode": "half_up"}]
    result = tally(rule(C, ties=ties, rounding=rounding), one(A="8 8.5", B="8 8"))
    assert totals(result) == {"A": "8", "B": "8"}
    assert ranks(result) == {"A": 1, "B": 2}
    assert result.ties[0].compared == {"A": "8.25", "B": "8"}


def test_links_apply_only_to_those_still_equal() -> None:
    ties = [{"by": "criterion", "code": "x"}, {"by": "aggregate", "method": "median"}]
    marks = two(A="6,4 6,4 6,4", B="6,4 6,4 6,4", C="7,3 7,3 7,3", E="6,0 6,6 6,6")
    result = tally(rule(("x", "1"), ("y", "1"), ties=ties, aggregation={"level": "total"}), marks)
    assert [line.application for line in result.ranking] == ["C", "E", "A", "B"]
    assert ranks(result) == {"C": 1, "E": 2, "A": 3, "B": 3}
    assert [told.by.by for told in result.ties] == ["criterion", "aggregate"]


def test_a_declared_preference_puts_its_holders_first() -> None:
    ties = [{"by": "preference", "code": "first_time"}]
    marks = one(A="8", B="8", C="8")
    assert ranks(tally(rule(C, ties=ties), marks)) == {"A": 1, "B": 1, "C": 1}
    assert ranks(tally(rule(C, ties=ties), marks, preferences={"first_time": {"B"}})) == {"B": 1, "A": 2, "C": 2}


def test_the_draw_waits_for_its_key_and_then_breaks_every_tie() -> None:
    marks = one(A="8", B="8", C="8", D="9")
    waiting = tally(rule(C, ties=[{"by": "draw"}]), marks)
    assert waiting.unbroken_ties == (("A", "B", "C"),)
    assert [str(n) for n in waiting.notes] == ["A tie waits for the draw: no key was given."]
    drawn = tally(rule(C, ties=[{"by": "draw"}]), marks, draw_key="key")
    assert sorted(r or 0 for r in ranks(drawn).values()) == [1, 2, 3, 4]
    assert (drawn.unbroken_ties, drawn.notes) == ((), ())


def test_competition_ranks_leave_out_those_that_are_shared() -> None:
    result = tally(rule(C), one(A="9", B="8", C="8", D="7"))
    assert ranks(result) == {"A": 1, "B": 2, "C": 2, "D": 4}
    assert result.unbroken_ties == (("B", "C"),)


@pytest.mark.parametrize(
    ("slots", "reserves", "outcomes"),
    [
        (1, 0, "selected not_selected not_selected not_selected"),
        (2, 0, "selected undecided undecided not_selected"),
        (3, 0, "selected selected selected not_selected"),
        (1, 1, "selected undecided undecided not_selected"),
        (1, 2, "selected reserve reserve not_selected"),
        (2, 1, "selected undecided undecided not_selected"),
        (2, 2, "selected undecided undecided reserve"),
        (9, 9, "selected selected selected selected"),
    ],
)
def test_a_group_of_equals_is_selected_whole_or_stays_undecided(slots: int, reserves: int, outcomes: str) -> None:
    result = tally(rule(C, slots=slots, reserves=reserves), one(A="9", B="8", C="8", D="7"))
    assert [line.outcome for line in result.ranking] == outcomes.split()


# Real panels

JUDGES = [  # in the order of the published table
    "Brejoux",
    "Villaine",
    "Dovaz",
    "Gallagher",
    "Kahn",
    "Dubois-Millot",
    "Oliver",
    "Spurrier",
    "Tari",
    "Vanneque",
    "Vrinat",
]
PARIS_1976 = {  # marks out of 20, red wines; facts as in Balinski and Laraki, Majority Judgment, MIT Press 2010
    "A": "14 15 10 14 15 16 14 14 13 16.5 14",
    "B": "16 14 15 15 12 16 12 14 11 16 14",
    "C": "12 16 11 14 12 17 14 14 14 11 15",
    "D": "17 15 12 12 12 13.5 10 8 14 17 15",
    "E": "13 9 12 16 7 7 12 14 17 15.5 11",
    "F": "10 10 10 14 12 11 12 12 12 8 12",
    "G": "12 7 11 17 2 8 10 13 15 10 9",
    "H": "14 5 11 13 2 9 10 11 13 16.5 7",
    "I": "5 12 8 9 13 9.5 14 9 12 3 13",
    "J": "7 7 14 14 5 9 8 13 14 6 7",
}


def paris(*without: str) -> Table:
    return {
        wine: {judge: {"c": D(mark)} for judge, mark in zip(JUDGES, row.split(), strict=True) if judge not in without}
        for wine, row in PARIS_1976.items()
    }


def test_paris_1976_by_the_mean_a_wins_by_half_a_point() -> None:
    assert totals(tally(rule(C, aggregation={"method": "sum"}), paris()))["A"] == "155.5"
    result = tally(rule(C), paris())
    first, second = result.ranking[:2]
    assert (first.application, second.application) == ("A", "B")
    assert (first.total, second.total) == (Fraction("155.5") / 11, Fraction(155, 11))


def test_paris_1976_by_rank_sums_a_and_c_tie() -> None:
    result = tally(rule(C, aggregation={"method": "rank_sum", "level": "total"}), paris())
    assert [line.total_text for line in result.ranking[:2]] == ["40.5", "40.5"]
    assert result.unbroken_ties == (("A", "C"),)


def test_paris_1976_by_rank_sums_of_the_french_judges_d_wins() -> None:
    french = paris("Gallagher", "Spurrier")
    result = tally(rule(C, aggregation={"method": "rank_sum", "level": "total"}), french)
    assert (result.ranking[0].application, result.ranking[0].total_text) == ("D", "30")
    sums = totals(tally(rule(C, aggregation={"method": "sum"}), french))
    assert [sums[wine] for wine in "ABDC"] == ["127.5", "126", "125.5", "122"]


def test_indian_river_county_ranks_by_rank_and_breaks_ties_by_points() -> None:
    """Procurement manual of Indian River County, Florida: each member ranks the firms by own points; lowest sum of
    ranks wins; a tie goes to the higher total points over all members."""
    counted = rule(
        ("x", "1"),
        ("y", "1"),
        aggregation={"method": "rank_sum", "level": "total"},
        ties=[{"by": "aggregate", "method": "sum"}],
    )
    result = tally(counted, two(A="9,9 5,5", B="8,8 6,6", C="1,1 1,1"))
    assert totals(result) == {"B": "3", "A": "3", "C": "6"}
    assert ranks(result) == {"A": 1, "B": 1, "C": 3}
    closer = tally(counted, two(A="9,9 5,5", B="8,8 6.5,6", C="1,1 1,1"))
    assert ranks(closer) == {"B": 1, "A": 2, "C": 3}
    assert closer.ties[0].compared == {"A": "28", "B": "28.5"}


def test_meridian_grades_are_shares_of_the_maximum() -> None:
    """Proposal evaluation guidelines of Meridian, Idaho: grades of 95, 90, 80, 70, 50 and 45 percent."""
    grades = ["95", "90", "80", "70", "50", "45"]
    document = {
        "criteria": [
            {"code": f"p{points}", "weight": points, "scale": {"min": "0", "max": "100", "step": "5"}}
            for points in ("10", "20", "30")
        ],
        "combine": "share_of_weight",
    }
    marks: Table = {g: {"M": {f"p{points}": D(g) for points in (10, 20, 30)}} for g in grades}
    result = tally(ScoringRule.from_json(document), marks)
    weighted = {g: [s.text for s in result.steps(g) if s.what == "weighted"] for g in grades}
    assert weighted["95"] == ["9.5", "19", "28.5"]
    assert weighted["90"] == ["9", "18", "27"]
    assert weighted["45"] == ["4.5", "9", "13.5"]


def test_the_price_score_of_order_87() -> None:
    prices = [D(2270000), D(12144732), D(2876875), D(1729800)]
    scores = [rounded(price_score(min(prices), price, D(40)), Rounding("total", 2)) for price in prices]
    assert [show(s, Rounding("total", 2)) for s in scores] == ["30.48", "5.70", "24.05", "40.00"]


@pytest.mark.parametrize(("lowest", "price"), [("0", "1"), ("-1", "1"), ("2", "1")])
def test_a_price_score_needs_real_prices(lowest: str, price: str) -> None:
    with pytest.raises(RuleBroken):
        price_score(D(lowest), D(price), D(40))


# Steps


def test_steps_can_be_done_again_by_hand() -> None:
    counted = rule(
        ("x", "60"),
        ("y", "40"),
        aggregation={"method": "trimmed_mean"},
        rounding=[{"stage": "criterion", "places": 2, "mode": "half_up"}],
    )
    result = tally(counted, two(A="6,8 7,8 7.5,8 8,8 9,8"))
    lines = [(s.what, s.of, s.method, s.expression, s.told_value) for s in result.steps("A")]
    assert lines == [
        ("criterion", "x", "trimmed_mean", "(7 + 7.5 + 8) ÷ 3", "7.50"),
        ("weighted", "x", "weighted_sum", "60 × 7.50", "450"),
        ("criterion", "y", "trimmed_mean", "(8 + 8 + 8) ÷ 3", "8.00"),
        ("weighted", "y", "weighted_sum", "40 × 8.00", "320"),
        ("total", "A", "sum", "450 + 320", "770"),
    ]
    assert [t.label for t in result.steps("A")[0].terms if t.why == "trimmed"] == ["M1", "M5"]


def test_steps_tell_what_was_rounded_from_what() -> None:
    counted = rule(C, rounding=[{"stage": "total", "places": 1, "mode": "half_up"}])
    steps = tally(counted, one(A="7 8 8 R -")).steps("A")
    assert [s.told_value for s in steps] == [
        "7.666666666667…, exactly 23/3",
        "7.666666666667…, exactly 23/3",
        "7.7, rounded from 23/3",
    ]
    assert [(t.label, t.why) for t in steps[0].terms if t.why] == [("M4", "recused"), ("M5", "missing")]


def test_steps_of_ranks_show_what_was_ranked() -> None:
    result = tally(rule(C, aggregation={"method": "rank_sum", "level": "total"}), one(A="9 8", B="9 9"))
    last = result.steps("A")[-1]
    assert [(t.label, t.value, t.basis) for t in last.terms] == [("M1", "1.5", "9"), ("M2", "2", "8")]
    assert last.expression == "1.5 + 2"


# Everything against the second implementation

APPS = ["A", "B", "C", "D", "E"]
MEMBERS = ["M1", "M2", "M3", "M4", "M5", "M6"]
METHODS = ["mean", "median", "trimmed_mean", "sum", "rank_sum"]


@st.composite
def rules(draw: st.DrawFn) -> dict[str, Any]:
    codes = ["x", "y", "z"][: draw(st.integers(1, 3))]
    criteria = []
    for code in codes:
        low = draw(st.sampled_from(["0", "1", "-2"]))
        criterion: dict[str, Any] = {
            "code": code,
            "weight": draw(st.sampled_from(["1", "30", "12.5", "0.3", "0"])),
            "scale": {"min": low, "max": draw(st.sampled_from(["3", "7", "10"])), "step": "0.5"},
        }
        if draw(st.booleans()):
            criterion["minimum"] = draw(st.sampled_from(["1", "2", "4.5"]))
        criteria.append(criterion)
    method = draw(st.sampled_from(METHODS))
    stages = draw(st.lists(st.sampled_from(["criterion", "weighted", "total"]), unique=True))
    ties: list[dict[str, Any]] = draw(
        st.lists(
            st.one_of(
                st.builds(lambda c: {"by": "criterion", "code": c}, st.sampled_from(codes)),
                st.builds(lambda m: {"by": "aggregate", "method": m}, st.sampled_from(METHODS)),
            ),
            max_size=2,
        )
    )
    document: dict[str, Any] = {
        "criteria": criteria,
        "combine": draw(st.sampled_from(["weighted_sum", "share_of_weight"])),
        "aggregation": {
            "method": method,
            "level": draw(st.sampled_from(["criterion", "total"])),
            "trim": draw(st.integers(0, 2)),
            "leave_at_least": draw(st.integers(1, 4)),
            "uneven": draw(st.sampled_from(["add", "scale"])),
        },
        "rounding": [
            {
                "stage": s,
                "places": draw(st.integers(0, 2)),
                "mode": draw(st.sampled_from(["half_up", "half_even"])),
            }
            for s in stages
        ],
        "quorum": draw(st.integers(0, 3)),
        "ties": ties + draw(st.sampled_from([[], [{"by": "draw"}]])),
    }
    if method != "rank_sum" and draw(st.booleans()):
        document["threshold"] = draw(st.sampled_from(["2", "20"]))
    return document


@st.composite
def panels(draw: st.DrawFn) -> tuple[ScoringRule, Table]:
    counted = ScoringRule.from_json(draw(rules()))
    members = MEMBERS[: draw(st.integers(1, 6))]
    marks: Table = {}
    for application in APPS[: draw(st.integers(1, 5))]:
        marks[application] = {}
        for member in members:
            sheet: dict[str, Mark] = {}
            for c in counted.criteria:
                halves = st.integers(int(c.scale.min * 2), int(c.scale.max * 2)).map(lambda n: D(n) / 2)
                sheet[c.code] = draw(st.one_of(halves, halves, halves, st.sampled_from([MISSING, RECUSED])))
            marks[application][member] = sheet
    return counted, marks


@st.composite
def priced(draw: st.DrawFn) -> tuple[ScoringRule, Table, Facts]:
    """A panel with a criterion more, whose marks follow from prices."""
    counted, marks = draw(panels())
    criterion: dict[str, Any] = {
        "code": "price",
        "weight": draw(st.sampled_from(["1", "30", "0.3"])),
        "scale": {"min": "0", "max": draw(st.sampled_from(["3", "10"]))},
        "kind": "price",
        "formula": {"figure": "livestream_price"},
    }
    if draw(st.booleans()):
        criterion["minimum"] = draw(st.sampled_from(["1", "2.5"]))
    document = counted.to_json()
    document["criteria"].insert(draw(st.integers(0, len(document["criteria"]))), criterion)
    prices = st.fractions(min_value=Fraction(1, 3), max_value=50, max_denominator=7)
    return ScoringRule.from_json(document), marks, Facts({a: Applied(figures={"price": draw(prices)}) for a in marks})


def as_if_given(counted: ScoringRule, marks: Table, facts: Facts) -> dict[tuple[str, str, str], Fraction]:
    """Every mark as a fraction; a computed one as if each member who gave any had given it."""
    plain = {
        (a, m, c): Fraction(mark)
        for a, sheets in marks.items()
        for m, sheet in sheets.items()
        for c, mark in sheet.items()
        if isinstance(mark, Decimal)
    }
    for c in counted.computed:
        lowest = min(facts.of(a).figures[c.code] for a in marks)
        for a, m in {(a, m) for a, m, _ in plain}:
            plain[a, m, c.code] = Fraction(c.scale.max) * lowest / facts.of(a).figures[c.code]
    return plain


@given(st.one_of(panels().map(lambda panel: (*panel, Facts())), priced()), st.sampled_from([None, "19.5./", "key"]))
def test_every_option_agrees_with_a_second_implementation(
    panel: tuple[ScoringRule, Table, Facts], key: str | None
) -> None:
    counted, marks, facts = panel
    reference = Reference(counted.to_json(), list(marks), MEMBERS, as_if_given(counted, marks, facts))
    result = tally(counted, marks, facts=facts, draw_key=key)
    groups = reference.groups(key)
    place = 1
    expected: dict[str, int | None] = dict.fromkeys(marks)
    for group in groups:
        expected |= dict.fromkeys(group, place)
        place += len(group)
    assert ranks(result) == expected
    assert [list(g) for g in result.unbroken_ties] == [g for g in groups if len(g) > 1]
    for line in result.ranking:
        assert line.total == reference.total(line.application, counted.aggregation.method)
        assert line.sheets == reference.sheets(line.application)
        for code, value in line.criteria.items():
            assert value.count == len(reference.column(line.application, code))


@given(st.one_of(panels().map(lambda panel: (*panel, Facts())), priced()))
def test_steps_end_in_the_total_and_never_differ_from_it(panel: tuple[ScoringRule, Table, Facts]) -> None:
    counted, marks, facts = panel
    result = tally(counted, marks, facts=facts)
    for line in result.ranking:
        steps = result.steps(line.application)
        if line.total is None:
            assert not [s for s in steps if s.what == "total"]
        else:
            assert (steps[-1].what, steps[-1].value, steps[-1].text) == ("total", line.total, line.total_text)
        shown_by = "computed" if counted.aggregation.method not in {"sum", "rank_sum"} else "criterion"
        for step in steps:
            if step.what in {"criterion", shown_by}:
                shown = line.criteria[step.of]
                assert (step.value, step.text) == (shown.value, shown.text)
    json.dumps(result.to_json(steps=True))


# Properties


@given(panels(), st.randoms(use_true_random=False))
def test_the_order_of_rows_and_the_names_of_members_change_nothing(
    panel: tuple[ScoringRule, Table], random: Any
) -> None:
    counted, marks = panel
    names = dict(zip(MEMBERS, random.sample(MEMBERS, len(MEMBERS)), strict=True))
    applications = list(marks)
    random.shuffle(applications)
    shuffled: Table = {}
    for a in applications:
        members = list(marks[a])
        random.shuffle(members)
        shuffled[a] = {names[m]: marks[a][m] for m in members}
    assert tally(counted, shuffled, draw_key="k").to_json() == tally(counted, marks, draw_key="k").to_json()


@given(panels())
def test_a_member_recused_from_everything_changes_nothing(panel: tuple[ScoringRule, Table]) -> None:
    counted, marks = panel
    everything: dict[str, Mark] = {c.code: RECUSED for c in counted.criteria}
    more = {a: {**sheets, "M9": everything} for a, sheets in marks.items()}
    assert tally(counted, more, draw_key="k").to_json() == tally(counted, marks, draw_key="k").to_json()


@given(st.lists(st.lists(st.integers(0, 40), min_size=4, max_size=4), min_size=1, max_size=6))
def test_rank_sums_add_up_to_what_all_members_gave(halves: list[list[int]]) -> None:
    marks: Table = {a: {f"M{m}": {"c": D(row[i]) / 2} for m, row in enumerate(halves)} for i, a in enumerate("ABCD")}
    result = tally(rule(C, aggregation={"method": "rank_sum", "level": "total"}), marks)
    assert sum((line.total or Fraction(0) for line in result.ranking), Fraction(0)) == 10 * len(halves)


@given(panels(), st.integers(2, 7))
def test_weights_in_another_unit_change_no_rank(panel: tuple[ScoringRule, Table], factor: int) -> None:
    counted, marks = panel
    document = counted.to_json()
    assume(not document["rounding"] and "threshold" not in document)
    for criterion in document["criteria"]:
        criterion["weight"] = str(Decimal(criterion["weight"]) * factor)
    scaled = ScoringRule.from_json(document)
    assert ranks(tally(scaled, marks, draw_key="k")) == ranks(tally(counted, marks, draw_key="k"))


@given(panels())
def test_a_better_mark_never_hurts_under_the_mean(panel: tuple[ScoringRule, Table]) -> None:
    counted, marks = panel
    assume(counted.aggregation.method == "mean" and counted.aggregation.level == "criterion")
    before = tally(counted, marks).placed("A").total
    for sheet in marks["A"].values():
        for c in counted.criteria:
            mark = sheet[c.code]
            if isinstance(mark, Decimal) and mark + D("0.5") <= c.scale.max:
                sheet[c.code] = mark + D("0.5")
    after = tally(counted, marks).placed("A").total
    assert (after is None) == (before is None)
    assert after is None or before is None or after >= before
