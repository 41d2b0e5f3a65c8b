"""What may be objected to, until when, what becomes of it: example tables at each boundary, and properties."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from procurement.committee.rules import Ground as RecusalGround
from procurement.objections.rules import (
    EXCLUSIONS,
    GROUNDS,
    GROUNDS_FOR,
    INADMISSIBLE,
    NEEDS,
    OPEN_STEPS,
    POSSIBLE_IN,
    REMEDIES,
    REMEDIES_FOR,
    RULINGS,
    STEPS,
    TARGETS,
    TRANSITIONS,
    Attached,
    Detail,
    Effect,
    Facts,
    Filer,
    Filing,
    Ground,
    Inadmissible,
    Line,
    Remedy,
    Standing,
    Step,
    Target,
    check_filing,
    check_notice,
    check_possible,
    check_remedy,
    check_ruling,
    check_text,
    check_transition,
    decision_window,
    may_judge,
    months_before,
    public_name,
    read_value,
    verdict_window,
    window_for,
)
from procurement.rounds.clocks import Stopped
from procurement.rounds.phases import Phase, Stop
from tests.worlds.rounds import small_document

NOW = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)  # a Monday morning in Shanghai
DOCUMENT = small_document()
FACTS = Facts(
    applications={"R1-A001": True, "R1-A002": False},
    members=frozenset({"M1", "M2"}),
    sheets=frozenset({("R1-A001", "M1")}),
    rule=DOCUMENT.scoring,
)
MARK = Detail("R1-A001", "M1", "quality", Decimal("8.5"))
FILING = Filing(
    target=Target.TALLY,
    target_ref="",
    ground=Ground.NOT_AS_EVIDENCED,
    argument="The inspection report shows a higher grade than the mark says.",
    remedy=Remedy.CORRECT_SCORE,
    detail=MARK,
    filer=Filer.PERSON,
    name="Li Xiaoming",
    contact="li@example.org",
)


def fields(problems: list) -> list[str | None]:  # type: ignore[type-arg]
    return [problem.field for problem in problems]


# --- words --------------------------------------------------------------------------------------------------------


def test_every_code_has_its_words_and_its_place() -> None:
    assert set(TARGETS) == set(Target)
    assert set(GROUNDS) == set(Ground)
    assert set(REMEDIES) == set(NEEDS) == set(POSSIBLE_IN) == set(Remedy)
    assert set(STEPS) == set(TRANSITIONS) == set(Step)
    assert set(INADMISSIBLE) == set(Inadmissible)
    assert set(GROUNDS_FOR) == set(REMEDIES_FOR) == set(Target)
    assert {ground for grounds in GROUNDS_FOR.values() for ground in grounds} == set(Ground)
    assert {remedy for remedies in REMEDIES_FOR.values() for remedy in remedies} == set(Remedy)


# --- remedies -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("target", "remedy", "detail", "wrong"),
    [
        (Target.TALLY, Remedy.CORRECT_SCORE, MARK, []),
        (Target.TALLY, Remedy.CORRECT_SCORE, replace(MARK, value=Decimal(10)), []),
        (Target.TALLY, Remedy.CORRECT_SCORE, replace(MARK, value=Decimal("10.5")), ["value"]),
        (Target.TALLY, Remedy.CORRECT_SCORE, replace(MARK, value=Decimal("8.3")), ["value"]),
        (Target.TALLY, Remedy.CORRECT_SCORE, replace(MARK, value=None), ["value"]),
        (Target.TALLY, Remedy.CORRECT_SCORE, replace(MARK, criterion="taste"), ["criterion"]),
        (Target.TALLY, Remedy.CORRECT_SCORE, replace(MARK, member="M2"), ["member"]),
        (Target.TALLY, Remedy.CORRECT_SCORE, replace(MARK, member="M9"), ["member"]),
        (Target.TALLY, Remedy.CORRECT_SCORE, replace(MARK, application="R1-A002"), ["application"]),
        (Target.TALLY, Remedy.VOID_SHEET, Detail("R1-A001", "M1"), []),
        (Target.TALLY, Remedy.VOID_SHEET, Detail("R1-A001", "M2"), ["member"]),
        (Target.TALLY, Remedy.RERUN, Detail(), []),
        (Target.TALLY, Remedy.EXCLUDE, Detail("R1-A001"), ["remedy"]),
        (Target.VERDICT, Remedy.READMIT, Detail("R1-A002"), []),
        (Target.VERDICT, Remedy.READMIT, Detail("R1-A001"), ["application"]),
        (Target.VERDICT, Remedy.EXCLUDE, Detail("R1-A001"), []),
        (Target.VERDICT, Remedy.EXCLUDE, Detail("R1-A002"), ["application"]),
        (Target.VERDICT, Remedy.EXCLUDE, Detail("R1-A009"), ["application"]),
        (Target.RESULT, Remedy.RECUSE, Detail("R1-A001", "M2"), []),
        (Target.RESULT, Remedy.RECUSE, Detail("R1-A001"), ["member"]),
        (Target.VERDICT, Remedy.RECHECK, Detail("R1-A001"), []),
        (Target.VERDICT, Remedy.RECHECK, Detail("R1-A002"), []),
        (Target.VERDICT, Remedy.RECHECK, Detail("R1-A009"), ["application"]),
        (Target.RESULT, Remedy.END, Detail(), []),
        (Target.CALL, Remedy.AMEND, Detail(), []),
        (Target.DECISION, Remedy.ANNUL, Detail(), []),
        (Target.DECISION, Remedy.AMEND, Detail(), ["remedy"]),
    ],
)
def test_a_remedy_fits_its_target_and_names_what_exists(
    target: Target, remedy: Remedy, detail: Detail, wrong: list[str]
) -> None:
    assert fields(check_remedy(target, remedy, detail, FACTS)) == wrong


@given(
    st.builds(
        Effect,
        st.sampled_from(Remedy),
        st.builds(Detail, st.sampled_from(["", "A1"]), st.sampled_from(["", "M1"]), st.just(""), st.none()),
        st.one_of(st.none(), st.sampled_from(RecusalGround)),
        st.sampled_from(["", "debarred"]),
    )
)
def test_an_effect_reads_back(effect: Effect) -> None:
    assert Effect.from_json(effect.to_json()) == effect


@given(st.decimals(min_value=0, max_value=100, places=3, allow_nan=False))
def test_a_mark_keeps_its_exact_value(value: Decimal) -> None:
    assert Detail.from_json(replace(MARK, value=value).to_json()).value == value


@pytest.mark.parametrize(("text", "value", "wrong"), [("", None, 0), (" 8.5 ", Decimal("8.5"), 0), ("8,5", None, 1)])
def test_what_is_typed_as_a_mark(text: str, value: Decimal | None, wrong: int) -> None:
    found, problems = read_value(text)
    assert (found, len(problems)) == (value, wrong)


# --- filing -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "wrong"),
    [
        ({}, []),
        ({"argument": "x" * 20}, []),
        ({"argument": "x" * 19}, ["argument"]),
        ({"argument": "x" * 10_000}, []),
        ({"argument": "x" * 10_001}, ["argument"]),
        ({"argument": " " * 30}, ["argument"]),
        ({"ground": Ground.RESTRICTIVE_CONDITION}, ["ground"]),
        ({"remedy": Remedy.ANNUL}, ["remedy"]),
        ({"name": " "}, ["name"]),
        ({"name": "x" * 201}, ["name"]),
        ({"contact": "nobody"}, ["contact"]),
        ({"contact": "+86 571 8888 6666"}, []),
        ({"contact": ""}, ["contact"]),
        ({"files": tuple(Attached(f"{n}.pdf", "ab" * 32, "application/pdf", 1) for n in range(5))}, []),
        ({"files": tuple(Attached(f"{n}.pdf", "ab" * 32, "application/pdf", 1) for n in range(6))}, ["files"]),
        (
            {
                "target": Target.VERDICT,
                "target_ref": "R1-A002",
                "remedy": Remedy.READMIT,
                "ground": Ground.FACTS_WRONG,
            },
            [],
        ),
        (
            {"target": Target.VERDICT, "target_ref": "", "remedy": Remedy.READMIT, "ground": Ground.FACTS_WRONG},
            ["target_ref", "application"],
        ),
    ],
)
def test_what_keeps_an_objection_from_being_filed(change: dict[str, object], wrong: list[str]) -> None:
    filing = replace(FILING, **change).plain()  # type: ignore[arg-type]
    assert fields(check_filing(filing, FACTS)) == wrong


def test_texts_are_kept_plain_and_needless_particulars_left_out() -> None:
    filing = replace(
        FILING, remedy=Remedy.RERUN, argument=" Cafe\u0301\r\nline ", name="  Li \n Xiaoming ", withhold_name=True
    ).plain()
    assert (filing.argument, filing.name, filing.detail) == ("Caf\u00e9\nline", "Li Xiaoming", Detail())
    assert filing.withhold_name
    assert not replace(filing, filer=Filer.ORGANISATION).plain().withhold_name


@pytest.mark.parametrize(
    ("filer", "name", "withhold", "shown"),
    [
        (Filer.PERSON, "李小明", False, "李**"),
        (Filer.PERSON, "Li Xiaoming", False, "L***"),
        (Filer.PERSON, "李小明", True, ""),
        (Filer.ORGANISATION, "某县果业合作社", False, "某县果业合作社"),
        (Filer.ORGANISATION, "某县果业合作社", True, "某县果业合作社"),
    ],
)
def test_what_is_shown_of_who_objects(filer: Filer, name: str, withhold: bool, shown: str) -> None:
    assert public_name(filer, name, withhold=withhold) == shown


# --- windows ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("phase", list(Phase))
@pytest.mark.parametrize(
    ("target", "during"),
    [
        (Target.CALL, {Phase.OPEN}),
        (Target.TALLY, {Phase.NOTICE}),
        (Target.RESULT, {Phase.NOTICE}),
    ],
)
def test_windows_that_follow_from_the_phase(target: Target, during: set[Phase], phase: Phase) -> None:
    window = window_for(target, phase=phase, closes=NOW)
    assert window.open is (phase in during)
    assert (window.why is None) is window.open


def test_a_round_on_hold_says_that_its_clocks_stand_still() -> None:
    window = window_for(Target.RESULT, phase=Phase.HELD)
    assert window.why is not None
    assert "on hold" in str(window.why)


def verdict_at(now: datetime, *, given: datetime = NOW, closed: datetime | None = NOW, phase: Phase = Phase.FORMING):  # type: ignore[no-untyped-def]
    return verdict_window(DOCUMENT, phase=phase, given_at=given, checking_closed=closed, now=now)


def test_a_verdict_can_be_objected_to_until_two_working_days_after_checking() -> None:
    # Checking was closed on Monday 2 March; Tuesday and Wednesday count; it is over at midnight in Shanghai.
    end = datetime(2026, 3, 4, 16, 0, tzinfo=UTC)
    instant = timedelta(microseconds=1)
    assert verdict_at(NOW, closed=None, phase=Phase.CHECKING).open
    assert verdict_at(end - instant).open
    assert verdict_at(end - instant).closes == end
    assert not verdict_at(end).open
    assert not verdict_at(NOW, phase=Phase.OPEN).open
    assert not verdict_at(NOW, phase=Phase.DECIDED).open
    assert not verdict_at(NOW, phase=Phase.HELD).open


def test_a_verdict_that_a_ruling_gave_later_has_its_own_period() -> None:
    later = NOW + timedelta(days=7)
    assert verdict_at(later, given=later, phase=Phase.OPENED).open
    assert not verdict_at(later + timedelta(days=3), given=later, phase=Phase.OPENED).open


def test_a_hold_gives_back_the_time_to_object_to_a_verdict() -> None:
    held = Stop(NOW + timedelta(hours=30), NOW + timedelta(hours=31))  # on Tuesday
    end = datetime(2026, 3, 5, 16, 0, tzinfo=UTC)
    asked = {"phase": Phase.FORMING, "given_at": NOW, "checking_closed": NOW, "stops": [held]}
    assert verdict_window(DOCUMENT, now=end - timedelta(microseconds=1), **asked).open  # type: ignore[arg-type]
    assert not verdict_window(DOCUMENT, now=end, **asked).open  # type: ignore[arg-type]


@pytest.mark.parametrize("remedy", list(Remedy))
@pytest.mark.parametrize("phase", list(Phase))
def test_an_effect_is_possible_in_its_phases_only(remedy: Remedy, phase: Phase) -> None:
    assert (check_possible(remedy, phase) == []) is (phase in POSSIBLE_IN[remedy])


def test_nothing_can_be_brought_about_in_a_draft_a_hold_or_after_the_end() -> None:
    for phases in POSSIBLE_IN.values():
        assert not {Phase.DRAFT, Phase.HELD, Phase.ABORTED} & set(phases)


@pytest.mark.parametrize(
    ("moment", "months", "before"),
    [
        ("2026-03-02T09:00", 12, "2025-03-02T09:00"),
        ("2026-03-31T09:00", 1, "2026-02-28T09:00"),
        ("2024-02-29T00:00", 12, "2023-02-28T00:00"),
        ("2026-01-15T00:00", 1, "2025-12-15T00:00"),
        ("2026-01-15T00:00", 36, "2023-01-15T00:00"),
    ],
)
def test_months_go_back_to_the_same_day(moment: str, months: int, before: str) -> None:
    assert months_before(datetime.fromisoformat(moment), months) == datetime.fromisoformat(before)


def test_a_decision_can_be_objected_to_for_the_length_of_the_notice() -> None:
    end = datetime(2026, 3, 9, 16, 0, tzinfo=UTC)

    def at(now: datetime, phase: Phase = Phase.DECIDED) -> bool:
        return decision_window(DOCUMENT, phase=phase, decided=NOW, now=now).open

    assert at(NOW)
    assert at(end - timedelta(microseconds=1))
    assert not at(end)
    assert not at(NOW, Phase.CLOSED)
    assert not decision_window(DOCUMENT, phase=Phase.DECIDING, decided=None, now=NOW).open


# --- what becomes of it -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("state", list(Step))
@pytest.mark.parametrize("to", list(Step))
def test_only_the_listed_steps_follow(state: Step, to: Step) -> None:
    assert (check_transition(state, to) == []) is (to in TRANSITIONS[state])


def test_what_is_settled_stays_settled() -> None:
    assert {Step.FILED, Step.ADMITTED, Step.ANSWERED} == OPEN_STEPS
    assert all(TRANSITIONS[state] == frozenset() for state in set(Step) - OPEN_STEPS)


@given(st.lists(st.sampled_from(Step), min_size=1, max_size=8))
def test_every_way_through_ends_after_at_most_three_steps(wanted: list[Step]) -> None:
    state, taken = Step.FILED, 0
    for step in wanted:
        if not check_transition(state, step):
            state, taken = step, taken + 1
    assert taken <= 3


DUE = NOW + timedelta(days=7)
VOID = Effect(Remedy.VOID_SHEET, Detail("R1-A001", "M1"))


@pytest.mark.parametrize(
    ("change", "wrong"),
    [
        ({}, []),
        ({"outcome": Step.DISMISSED, "effect": None}, []),
        ({"outcome": Step.PARTLY_UPHELD}, []),
        ({"outcome": Step.PARTLY_UPHELD, "effect": None}, []),
        ({"effect": None}, ["remedy"]),
        ({"outcome": Step.DISMISSED}, ["remedy"]),
        ({"outcome": Step.WITHDRAWN}, ["outcome"]),
        ({"state": Step.FILED}, [None]),
        ({"state": Step.DISMISSED}, [None]),
        ({"state": Step.ADMITTED, "now": DUE - timedelta(microseconds=1)}, [None]),
        ({"state": Step.ADMITTED, "now": DUE}, []),
        ({"effect": Effect(Remedy.EXCLUDE, VOID.detail, None, EXCLUSIONS[0])}, ["remedy"]),
        ({"target": Target.RESULT, "effect": Effect(Remedy.RECUSE, VOID.detail)}, ["ground"]),
        ({"target": Target.RESULT, "effect": Effect(Remedy.RECUSE, VOID.detail, RecusalGround.NONE)}, ["ground"]),
        ({"target": Target.RESULT, "effect": Effect(Remedy.RECUSE, VOID.detail, RecusalGround.FAMILY)}, []),
        ({"target": Target.RESULT, "effect": Effect(Remedy.EXCLUDE, Detail("R1-A001"))}, ["reason"]),
        (
            {"target": Target.RESULT, "effect": Effect(Remedy.EXCLUDE, Detail("R1-A001"), None, "nonsense")},
            ["reason"],
        ),
        ({"target": Target.RESULT, "effect": Effect(Remedy.EXCLUDE, Detail("R1-A001"), None, EXCLUSIONS[0])}, []),
        # what is waited for
        ({"paused": Stopped.SUPPLEMENT}, [None]),
        ({"paused": Stopped.TESTING}, [None]),
        ({"unheard": ("R1-A001",)}, [None]),
        ({"unheard": ("R1-A001",), "outcome": Step.DISMISSED, "effect": None}, []),
        # under a hold the organiser's time stands still and cannot run out
        ({"state": Step.ADMITTED, "due": None, "now": DUE}, [None]),
        ({"due": None}, []),
        # what can still be brought about
        ({"phase": Phase.DECIDED}, ["remedy"]),
        ({"phase": Phase.OPEN}, ["remedy"]),
        ({"phase": Phase.ABORTED, "effect": None}, []),
        ({"phase": Phase.ABORTED}, ["remedy"]),
        ({"target": Target.CALL, "phase": Phase.OPEN, "effect": Effect(Remedy.AMEND)}, []),
        ({"target": Target.CALL, "phase": Phase.CHECKING, "effect": Effect(Remedy.AMEND)}, ["remedy"]),
        ({"target": Target.CALL, "phase": Phase.CHECKING, "effect": Effect(Remedy.END)}, []),
        ({"target": Target.DECISION, "phase": Phase.DECIDED, "effect": Effect(Remedy.ANNUL)}, []),
        ({"target": Target.DECISION, "phase": Phase.RULING, "effect": Effect(Remedy.ANNUL)}, ["remedy"]),
    ],
)
def test_what_may_be_ruled(change: dict[str, Any], wrong: list[str | None]) -> None:
    asked = {
        "state": Step.ANSWERED,
        "outcome": Step.UPHELD,
        "due": DUE,
        "effect": VOID,
        "target": Target.TALLY,
        "phase": Phase.RULING,
        "now": NOW,
        **change,
    }
    standing = Standing(**{name: asked[name] for name in Standing.__dataclass_fields__ if name in asked})
    assert fields(check_ruling(standing, asked["outcome"], asked["effect"], now=asked["now"])) == wrong


def test_rulings_are_three() -> None:
    assert set(RULINGS) == {Step.UPHELD, Step.PARTLY_UPHELD, Step.DISMISSED}


@pytest.mark.parametrize(("length", "fine"), [(19, False), (20, True), (10_000, True), (10_001, False)])
def test_reasons_have_a_length(length: int, fine: bool) -> None:
    assert (check_text("x" * length) == []) is fine


def test_nobody_judges_their_own_act_or_their_own_objection() -> None:
    assert may_judge(1, attacked={2}, filer=3) is None
    assert "act of yours" in str(may_judge(1, attacked={1, 2}, filer=3))
    assert "You filed" in str(may_judge(1, attacked={2}, filer=1))


# --- notice -------------------------------------------------------------------------------------------------------


def test_what_keeps_a_result_from_going_on_notice() -> None:
    fine = [Line("A1", 3, "selected"), Line("A2", 5, "no_award")]
    assert check_notice(fine, quorum=3, missing=[]) == []
    assert "2 sheets" in str(check_notice([Line("A1", 2, "selected")], quorum=3, missing=[])[0])
    assert "tied" in str(check_notice([Line("A1", 3, "undecided")], quorum=3, missing=[])[0])
    assert "A9" in str(check_notice(fine, quorum=3, missing=["A9"])[0])
