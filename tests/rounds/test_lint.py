"""The linter: a complete draft passes; each fault is found at its place, just beyond each limit and not at it."""

from collections.abc import Callable
from dataclasses import fields, is_dataclass, replace
from datetime import UTC, date, datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from procurement.rounds.defaults import default_criteria, default_scoring
from procurement.rounds.lint import Level, check_publishable, experts_needed, lint
from procurement.rounds.rules import (
    Category,
    CommitteeRule,
    DayUnit,
    EmployerKind,
    ExpertsChosen,
    Gate,
    Office,
    Opinion,
    Party,
    Payment,
    RoundDocument,
)
from procurement.rounds.scoring_rule import Aggregation, Anchor, ReasonRequired, Scale, Text, TieBreak
from tests.worlds.rounds import small_document

GOOD = small_document()
MONDAY = datetime(2026, 3, 2, 1, tzinfo=UTC)
Change = Callable[[RoundDocument], RoundDocument]


def put(path: str, value: Any) -> Change:
    """Replace what stands at `path`: names and indexes joined by dots."""

    def walk(thing: Any, way: list[str]) -> Any:
        if not way:
            return value
        first, rest = way[0], way[1:]
        if isinstance(thing, tuple):
            i = int(first)
            return (*thing[:i], walk(thing[i], rest), *thing[i + 1 :])
        return replace(thing, **{first: walk(getattr(thing, first), rest)})

    return lambda document: walk(document, path.split("."))


def errors(document: RoundDocument, now: datetime | None = None) -> set[str]:
    return {str(f.field) for f in lint(document, now=now) if f.level is Level.ERROR}


def warnings(document: RoundDocument, now: datetime | None = None) -> set[str]:
    return {str(f.field) for f in lint(document, now=now) if f.level is Level.WARNING}


def test_a_complete_draft_can_be_published() -> None:
    assert check_publishable(GOOD) == []
    assert errors(GOOD, MONDAY) == set()


def test_the_default_criteria_and_rule_can_be_published() -> None:
    whole = replace(GOOD, scoring=default_scoring(), committee=CommitteeRule(7, 5))
    assert check_publishable(whole) == []
    assert not any(place.startswith("scoring") for place in warnings(whole))


EMPTY_OPINION = Opinion()
DECOY = Text("x", "某")

ERRORS: list[tuple[str, Any, str]] = [
    # both languages, everywhere
    ("title.en", "", "title.en"),
    ("title.zh", " ", "title.zh"),
    ("purpose.en", "", "purpose.en"),
    ("public_interest.zh", "", "public_interest.zh"),
    ("office.name.en", "", "office.name.en"),
    ("office.contact", "", "office.contact"),
    ("legal_basis.zh", "", "legal_basis.zh"),
    ("money.source.en", "", "money.source.en"),
    ("official.name", "", "official.name"),
    ("official.office.zh", "", "official.office.zh"),
    ("official.employer.en", "", "official.employer.en"),
    ("gates.0.text.zh", "", "gates[0].text.zh"),
    ("gates.1.code", "documents", "gates[1].code"),
    ("gates.0.code", "Two words", "gates[0].code"),
    ("gates", (), "gates"),
    ("categories", (), "categories"),
    ("categories", (Category.FRESH, Category.FRESH), "categories"),
    # the scoring rule
    ("scoring.criteria.0.weight", Decimal("59.9"), "scoring.criteria"),
    ("scoring.criteria.0.weight", Decimal("60.1"), "scoring.criteria"),
    ("scoring.criteria.0.title.zh", "", "scoring.criteria[0].title"),
    ("scoring.criteria.0.anchors", (), "scoring.criteria[0].anchors"),
    ("scoring.criteria.1.anchors.0.text.en", "", "scoring.criteria[1].anchors[0]"),
    ("scoring.criteria.1.anchors.0", Anchor(Decimal(11), DECOY), "scoring.criteria[1].anchors[0].value"),
    ("scoring.ties", (), "scoring.ties"),
    ("scoring.ties", (TieBreak("criterion", code="quality"),), "scoring.ties"),
    ("scoring.quorum", 0, "scoring.quorum"),
    ("scoring.quorum", 6, "scoring.quorum"),
    ("scoring.threshold", Decimal("100.1"), "scoring.threshold"),
    ("scoring.threshold", Decimal(0), "scoring.threshold"),
    # the committee
    ("committee.size", 4, "committee.size"),
    ("committee.size", 6, "committee.size"),
    ("committee.size", 3, "committee.size"),
    ("committee.rotation", 21, "committee.rotation"),
    ("committee.seat_working_days", 0, "committee.seat_working_days"),
    ("committee.seat_working_days", 11, "committee.seat_working_days"),
    ("committee.recusal_working_days", 0, "committee.recusal_working_days"),
    ("committee.recusal_working_days", 11, "committee.recusal_working_days"),
    ("committee.observers", 51, "committee.observers"),
    ("committee", CommitteeRule(5, 3), "committee.experts"),
    ("committee", CommitteeRule(5, 5), "committee.experts"),
    ("committee", CommitteeRule(7, 4), "committee.experts"),
    ("committee", CommitteeRule(9, 5), "committee.experts"),
    # periods
    ("timetable.call_days", 14, "timetable.call_days"),
    ("timetable.call_days", 367, "timetable.call_days"),
    ("timetable.notice_days", 2, "timetable.notice_days"),
    ("timetable.notice_days", 21, "timetable.notice_days"),
    ("timetable.answer_working_days", 0, "timetable.answer_working_days"),
    ("timetable.answer_working_days", 21, "timetable.answer_working_days"),
    ("timetable.scoring_working_days", 0, "timetable.scoring_working_days"),
    ("timetable.calendar", "mars", "timetable.calendar"),
    ("timetable.zone", "Mars/Olympus", "timetable.zone"),
    ("timetable.zone", "../etc/passwd", "timetable.zone"),
    # law
    ("official.employer_kind", EmployerKind.MARKET_REGULATION, "official.employer_kind"),
    ("official.employer_kind", EmployerKind.FOOD_INSPECTION, "official.employer_kind"),
    ("official.employer_kind", EmployerKind.FOOD_ASSOCIATION, "official.employer_kind"),
    ("official.employer_kind", EmployerKind.AGRICULTURE, "activity.food"),
    ("official.employer_kind", EmployerKind.HEALTH, "activity.food"),
    ("official.employer_kind", EmployerKind.COMMERCE, "activity.food"),
    ("official.employer_kind", EmployerKind.OTHER_DEPARTMENT, "activity.food"),
    ("activity.nature_opinion", EMPTY_OPINION, "activity.nature_opinion"),
    ("activity.nature_opinion.conclusion.zh", "", "activity.nature_opinion"),
    ("activity.fair_competition", EMPTY_OPINION, "activity.fair_competition"),
    ("activity.fair_competition.given_on", None, "activity.fair_competition"),
    ("activity.food.number", "7", "activity.food"),
    # money
    ("money.budget", Decimal("-0.01"), "money.budget"),
    ("money.payments.0.amount", Decimal("0.01"), "money.payments[0].payee"),
    ("money.payments.0.percent", Decimal("0.1"), "money.payments[0].payee"),
    ("money.payments.0", Payment(Party.AGENCY, Party.OFFICIAL, DECOY, Decimal(1)), "money.payments[0].payee"),
    ("money.payments.0", Payment(Party.PUBLIC, Party.AGENCY, DECOY, Decimal(-1)), "money.payments[0].amount"),
    (
        "money.payments.0",
        Payment(Party.MERCHANT, Party.PLATFORM, DECOY, Decimal(0), Decimal("100.1")),
        "money.payments[0].amount",
    ),
    ("money.payments.0.purpose.zh", "", "money.payments[0].purpose.zh"),
    # words that decide about applications
    ("scoring.criteria.0.evidence.zh", "本县企业加5分", "scoring.criteria[0].evidence"),
    ("scoring.criteria.0.evidence.zh", "获得市级荣誉", "scoring.criteria[0].evidence"),
    ("scoring.criteria.0.evidence.en", "Extra points for local companies", "scoring.criteria[0].evidence"),
    ("scoring.criteria.0.anchors.1.text.en", "Holds a county award", "scoring.criteria[0].anchors[1]"),
    ("gates.0.text.en", "The applicant is registered in this county", "gates[0].text"),
    ("gates.0.text.zh", "注册地在本县", "gates[0].text"),
    ("gates.1.text.zh", "签订最低价协议", "gates[1].text"),
    ("gates.1.text.en", "Signs a lowest-price guarantee", "gates[1].text"),
    ("gates.1.text.zh", "完成认购任务", "gates[1].text"),
    ("gates.1.text.en", "Agrees to a minimum spend", "gates[1].text"),
    # votes
    ("scoring.criteria.1.title.zh", "网络投票", "scoring.criteria[1].weight"),
    ("scoring.criteria.1.title.en", "Online votes", "scoring.criteria[1].weight"),
    ("scoring.criteria.0.evidence.en", "Number of followers", "scoring.ties[0]"),
]


@pytest.mark.parametrize(("path", "value", "place"), ERRORS)
def test_error(path: str, value: Any, place: str) -> None:
    document = put(path, value)(GOOD)
    assert place in errors(document)
    assert place in {problem.field for problem in check_publishable(document)}
    assert all(str(problem) for problem in check_publishable(document))


FINE: list[tuple[str, Any]] = [
    ("timetable.call_days", 15),
    ("timetable.call_days", 366),
    ("timetable.notice_days", 3),
    ("timetable.notice_days", 20),
    ("committee", CommitteeRule(7, 5)),
    ("committee", CommitteeRule(9, 6)),
    ("scoring.quorum", 5),
    ("scoring.threshold", Decimal(100)),
    ("official.employer_kind", EmployerKind.CONSUMER_ORGANISATION),
    ("official.employer_kind", EmployerKind.OTHER_BODY),
    ("money.payments.0", Payment(Party.PUBLIC, Party.AGENCY, DECOY, Decimal(5000))),
    ("money.payments.0", Payment(Party.MERCHANT, Party.PLATFORM, DECOY, Decimal(0), Decimal(10))),
    ("money.payments", ()),
    # a named crop of a place may be the subject; a geographical indication may be evidence
    (
        "scoring.criteria.0.evidence.zh",
        "地理标志授权证明",
    ),
    ("scoring.criteria.0.evidence.en", "Authorisation to use the geographical indication"),
    ("purpose.zh", "帮助本县产品滞销的农户"),
    ("gates.0.text.en", "Price not above the lowest price of the previous 7 days"),
]


@pytest.mark.parametrize("change", FINE)
def test_no_error(change: tuple[str, Any]) -> None:
    assert errors(put(*change)(GOOD)) == set()


# What the law says of each employer, written down a second time: in the order of EmployerKind.
EMPLOYERS: dict[EmployerKind, tuple[str, bool]] = {
    EmployerKind.GOVERNMENT: ("free", True),
    EmployerKind.MARKET_REGULATION: ("never", True),
    EmployerKind.FOOD_INSPECTION: ("never", False),
    EmployerKind.FOOD_ASSOCIATION: ("never", False),
    EmployerKind.CONSUMER_ORGANISATION: ("free", False),
    EmployerKind.AGRICULTURE: ("opinion", True),
    EmployerKind.HEALTH: ("opinion", True),
    EmployerKind.COMMERCE: ("opinion", True),
    EmployerKind.OTHER_DEPARTMENT: ("opinion", True),
    EmployerKind.OTHER_BODY: ("free", False),
}


@pytest.mark.parametrize("opinion", [False, True])
@pytest.mark.parametrize("category", Category)
@pytest.mark.parametrize("kind", EmployerKind)
def test_every_employer_with_every_kind_of_goods(kind: EmployerKind, category: Category, *, opinion: bool) -> None:
    document = put("official.employer_kind", kind)(put("categories", (category,))(GOOD))
    if opinion:
        document = put("activity.food", GOOD.activity.nature_opinion)(document)
    rule, organ = EMPLOYERS[kind]
    food = category is not Category.HANDICRAFT
    expected = set()
    if food and rule == "never":
        expected = {"official.employer_kind"}
    elif food and rule == "opinion" and not opinion:
        expected = {"activity.food"}
    assert errors(document) == expected
    # That a state organ's name must not advertise is said whatever the goods are.
    flagged = "official.employer_kind" in warnings(document)
    assert flagged is (organ or (food and kind is EmployerKind.CONSUMER_ORGANISATION))


def test_one_kind_of_food_among_other_goods_is_enough() -> None:
    document = put("official.employer_kind", EmployerKind.MARKET_REGULATION)(GOOD)
    for food in (Category.FRESH, Category.PRIMARY, Category.PROCESSED):
        assert errors(put("categories", (Category.HANDICRAFT, food))(document)) == {"official.employer_kind"}


@pytest.mark.parametrize("missing", ["by.en", "by.zh", "number", "given_on", "conclusion.en", "conclusion.zh"])
def test_an_opinion_that_releases_food_is_recorded_in_full(missing: str) -> None:
    opinion = put("activity.food", GOOD.activity.nature_opinion)(GOOD)
    document = put("official.employer_kind", EmployerKind.AGRICULTURE)(opinion)
    assert errors(document) == set()
    lacking = put(f"activity.food.{missing}", None if missing == "given_on" else "")(document)
    assert errors(lacking) == {"activity.food"}


WARNINGS: list[tuple[str, Any, str]] = [
    ("scoring.quorum", 4, "scoring.quorum"),
    ("scoring.aggregation", Aggregation("trimmed_mean", trim=1, leave_at_least=5), "scoring.aggregation.trim"),
    ("scoring.criteria.0.reason_required", ReasonRequired("never"), "scoring.criteria[0].reason_required"),
    ("scoring.criteria", (replace(default_criteria()[4], weight=Decimal(100)),), "scoring.criteria"),
    ("purpose.zh", "帮助本县企业", "purpose"),
    ("committee.experts_chosen", ExpertsChosen.APPOINTED, "committee.experts_chosen"),
    ("committee.rotation", 0, "committee.rotation"),
    ("activity.nature_opinion.number", "", "activity.nature_opinion"),
    (
        "money.payments.0",
        Payment(Party.MERCHANT, Party.PLATFORM, DECOY, Decimal(0), Decimal("10.1")),
        "money.payments[0].percent",
    ),
]


@pytest.mark.parametrize(("path", "value", "place"), WARNINGS)
def test_warning(path: str, value: Any, place: str) -> None:
    document = put(path, value)(GOOD)
    assert place in warnings(document)
    assert place not in errors(document)


def test_votes_may_weigh_twenty_and_no_more() -> None:
    def with_votes(weight: int) -> RoundDocument:
        document = put("scoring.criteria.1.title.en", "Online votes")(GOOD)
        document = put("scoring.criteria.1.weight", Decimal(weight))(document)
        return put("scoring.criteria.0.weight", Decimal(100 - weight))(document)

    assert errors(with_votes(20)) == set()
    assert "scoring.criteria[1].weight" in warnings(with_votes(20))
    assert errors(with_votes(21)) == {"scoring.criteria[1].weight"}


def test_the_scale_counts_as_well_where_points_are_given_for_each_mark() -> None:
    """A weight of 20 on a scale ten times as long as the others decides 71 percent of the total."""
    rule = replace(GOOD.scoring, combine="weighted_sum", threshold=None)
    criteria = (
        replace(rule.criteria[0], weight=Decimal(80)),
        replace(
            rule.criteria[1],
            weight=Decimal(20),
            title=Text("Online votes", "网络投票"),
            scale=Scale(Decimal(0), Decimal(100), Decimal(1)),
            anchors=(Anchor(Decimal(0), DECOY), Anchor(Decimal(100), DECOY)),
        ),
    )
    document = replace(GOOD, scoring=replace(rule, criteria=criteria))
    assert errors(document) == {"scoring.criteria[1].weight"}
    (found,) = [f for f in lint(document) if f.level is Level.ERROR]
    assert found.params["share"] == "71.43"
    assert {"scoring.criteria[0].weight", "scoring.criteria[1].weight"} <= warnings(document)


def test_a_share_just_above_the_limit_is_above_it() -> None:
    weights = (Decimal("79.999"), Decimal("20.001"))
    criteria = tuple(replace(c, weight=w) for c, w in zip(GOOD.scoring.criteria, weights, strict=True))
    document = put("scoring.criteria", criteria)(GOOD)
    assert errors(put("scoring.criteria.1.title.en", "Online votes")(document)) == {"scoring.criteria[1].weight"}


@given(st.integers(1, 99), st.sampled_from([1, 2, 4, 5, 10, 20, 50, 100]))
def test_votes_pass_exactly_up_to_a_fifth_of_the_total(weight: int, top: int) -> None:
    rule = replace(GOOD.scoring, combine="weighted_sum", threshold=None)
    votes = replace(
        rule.criteria[1],
        weight=Decimal(weight),
        title=Text("Online votes", "网络投票"),
        scale=Scale(Decimal(0), Decimal(top), Decimal(1)),
        anchors=(Anchor(Decimal(0), DECOY), Anchor(Decimal(top), DECOY)),
    )
    other = replace(rule.criteria[0], weight=Decimal(100 - weight))
    document = replace(GOOD, scoring=replace(rule, criteria=(other, votes)))
    too_much = Fraction(weight * top, weight * top + (100 - weight) * 10) > Fraction(1, 5)
    assert ("scoring.criteria[1].weight" in errors(document)) is too_much


def test_votes_keep_nothing_out() -> None:
    document = put("scoring.criteria.1.title.en", "Online votes")(GOOD)
    assert "scoring.criteria[1].minimum" in errors(put("scoring.criteria.1.minimum", Decimal(1))(document))
    assert "gates[0].text" in errors(put("gates.0.text.zh", "网络投票进入前二十名")(GOOD))


def test_levels_without_a_sentence_are_counted_where_they_are_few() -> None:
    short = put("scoring.criteria.0.scale", Scale(Decimal(0), Decimal(10), Decimal(5)))(GOOD)
    assert "scoring.criteria[0].anchors" in warnings(short)
    three = (*GOOD.scoring.criteria[0].anchors, Anchor(Decimal(5), DECOY))
    assert "scoring.criteria[0].anchors" not in warnings(put("scoring.criteria.0.anchors", three)(short))
    assert "scoring.criteria[0].anchors" not in warnings(GOOD), "with 21 levels, two sentences are enough"


# --- origin as the subject ------------------------------------------------------------------------------------------

SUBJECT = (
    Text("Unsold oranges of Qingxi County", "青溪县滞销脐橙"),
    Text("Stock 4,000 t, price down 40 %", "积压4000吨，价格下跌四成"),
)


def test_origin_may_be_the_subject_of_a_round_and_never_a_score() -> None:
    stated = put("activity.subject_basis", SUBJECT[1])(put("activity.subject", SUBJECT[0])(GOOD))
    limited = put("gates.0.text.zh", "产品产自本县")(stated)
    assert errors(limited) == set()
    assert "gates[0].text" in warnings(limited)
    assert errors(put("gates.0.text.zh", "产品产自本县")(GOOD)) == {"gates[0].text"}
    assert errors(put("scoring.criteria.0.evidence.zh", "产品产自本县的加分")(stated)) == {
        "scoring.criteria[0].evidence"
    }


@pytest.mark.parametrize("missing", ["subject.en", "subject.zh", "subject_basis.en", "subject_basis.zh"])
def test_a_subject_is_stated_with_its_basis_in_both_languages(missing: str) -> None:
    stated = put("activity.subject_basis", SUBJECT[1])(put("activity.subject", SUBJECT[0])(GOOD))
    lacking = put(f"activity.{missing}", "")(stated)
    assert errors(lacking) == {f"activity.{missing}"}
    assert "gates[0].text" in errors(put("gates.0.text.zh", "产品产自本县")(lacking))


def test_the_offices_own_place_is_known_by_name() -> None:
    there = put("office.name", Text("Office of Qingxi County", "青溪县选品办公室"))(GOOD)
    for path, text in (
        ("gates.0.text.zh", "青溪县企业方可申报"),
        ("gates.0.text.zh", "产自青溪的产品"),
        ("gates.0.text.en", "Products from Qingxi only"),
        ("scoring.criteria.0.evidence.zh", "获得青溪县荣誉称号"),
        ("scoring.criteria.0.anchors.1.text.en", "A Qingxi producer"),
    ):
        assert errors(put(path, text)(there)), text
        elsewhere = text.replace("青溪县", "").replace("青溪", "").replace("Qingxi", "")
        assert not errors(put(path, elsewhere)(there)), elsewhere
    # to name it is not to prefer it
    assert errors(put("scoring.criteria.0.evidence.zh", "青溪县检验检测中心出具的报告")(there)) == set()


def test_votes_on_two_criteria_are_added_up() -> None:
    document = put("scoring.criteria.1.title.en", "Online votes")(GOOD)
    document = put("scoring.criteria.0.title.zh", "点赞")(document)
    assert {"scoring.criteria[0].weight", "scoring.criteria[1].weight", "scoring.ties[0]"} <= errors(document)


def test_a_short_call_is_warned_of_where_the_least_is_lowered() -> None:
    short = put("timetable.min_call_days", 7)(put("timetable.call_days", 14)(GOOD))
    assert errors(short) == set()
    assert "timetable.call_days" in warnings(short)
    assert "timetable.call_days" not in warnings(put("timetable.call_days", 15)(short))


def test_what_follows_from_the_day_of_publication() -> None:
    late = datetime(2026, 12, 28, 1, tzinfo=UTC)
    provisional = [f for f in lint(GOOD, now=late) if "provisional" in f.message]
    assert [f.level for f in provisional] == [Level.WARNING]
    assert not any("provisional" in f.message for f in lint(GOOD, now=MONDAY))
    # Spring Festival 2026: nine days off in a row
    assert any("days off" in f.message for f in lint(GOOD, now=datetime(2026, 2, 9, 1, tzinfo=UTC)))
    assert not any("days off" in f.message for f in lint(GOOD, now=MONDAY))


@pytest.mark.parametrize(
    ("planned", "level"),
    [
        # Published on Monday 2 March, the call of 15 days ends with the 17th. A notice of five working days that is
        # given on the 18th ends with the 25th. Used to the end, the periods are 3, 2, 5, 5 and 5 working days more.
        (date(2026, 3, 25), Level.ERROR),
        (date(2026, 3, 26), Level.WARNING),
        (date(2026, 4, 15), Level.WARNING),
        (date(2026, 4, 16), None),
    ],
)
def test_the_broadcast_comes_when_the_round_can_be_decided(planned: date, level: Level | None) -> None:
    found = [
        f.level
        for f in lint(put("activity.planned_on", planned)(GOOD), now=MONDAY)
        if f.field and "planned" in f.field
    ]
    assert found == ([level] if level else [])


def test_a_standstill_moves_the_first_possible_day() -> None:
    still = put("timetable.standstill_days", 10)(GOOD)
    # Ten calendar days after 26 March end on a Sunday in a holiday, and so with Tuesday, 7 April.
    assert "activity.planned_on" in errors(put("activity.planned_on", date(2026, 4, 7))(still), MONDAY)
    assert "activity.planned_on" not in errors(put("activity.planned_on", date(2026, 4, 8))(still), MONDAY)


def test_a_notice_in_calendar_days_over_a_holiday_is_pointed_out_and_one_in_working_days_is_not() -> None:
    # Published on 28 August 2026, the notice falls on the days before and around the National Day holiday.
    august = datetime(2026, 8, 28, 1, tzinfo=UTC)
    calendar = put("timetable.notice_unit", DayUnit.CALENDAR)(put("timetable.notice_days", 10)(GOOD))
    assert "timetable.notice_days" in warnings(calendar, august)
    assert "timetable.notice_days" not in warnings(put("timetable.notice_unit", DayUnit.WORKING)(calendar), august)
    july = datetime(2026, 7, 1, 1, tzinfo=UTC)
    assert "timetable.notice_days" not in warnings(calendar, july)


def test_days_of_a_year_without_a_calendar_are_provisional_from_the_first_period_on_that_reaches_it() -> None:
    found = [f for f in lint(GOOD, now=datetime(2026, 12, 9, 1, tzinfo=UTC)) if "provisional" in f.message]
    assert [f.field for f in found] == ["timetable.scoring_working_days"]
    assert found[0].params["day"] == date(2027, 1, 8)


def test_an_opinion_is_not_of_a_day_to_come() -> None:
    given = put("activity.nature_opinion.given_on", MONDAY.date())(GOOD)
    assert errors(given, MONDAY) == set()
    later = put("activity.nature_opinion.given_on", date(2026, 3, 3))(GOOD)
    assert errors(later, MONDAY) == {"activity.nature_opinion"}


@given(st.integers(1, 1000))
def test_experts_are_at_least_two_thirds_and_not_one_more_than_that_needs(size: int) -> None:
    needed = experts_needed(size)
    assert 3 * needed >= 2 * size > 3 * (needed - 1)


def test_every_text_of_the_document_is_asked_for() -> None:
    """A sentence that the public reads must not be publishable in one language only."""

    def texts(thing: Any, path: str = "") -> list[str]:
        if isinstance(thing, Text):
            return [path]
        if isinstance(thing, tuple):
            return [found for i, item in enumerate(thing) for found in texts(item, f"{path}.{i}")]
        if is_dataclass(thing):
            return [f for field in fields(thing) for f in texts(getattr(thing, field.name), f"{path}.{field.name}")]
        return []

    optional = {"office.address", "authority.address", "activity.platform"}
    subject = {"activity.subject", "activity.subject_basis"}  # both or none, see below
    food = {"activity.food.by", "activity.food.conclusion"}
    evidence = {f"scoring.criteria.{i}.evidence" for i in range(2)}
    for path in texts(GOOD):
        place = path.removeprefix(".")
        if place not in optional | subject | food | evidence and not place.startswith("pack."):
            assert errors(put(f"{place}.zh", "")(GOOD)), place


def test_the_outside_authority_is_named_whole_or_missed() -> None:
    without = put("authority", Office())(GOOD)
    assert errors(without) == set()
    assert "authority.name" in warnings(without)
    assert errors(put("authority.contact", "")(GOOD)) == {"authority.contact"}


def test_gate_codes_can_be_many() -> None:
    many = tuple(Gate(f"gate_{i}", DECOY) for i in range(30))
    assert errors(put("gates", many)(GOOD)) == set()
