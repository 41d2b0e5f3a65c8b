"""Who may sit on the committee, and whether enough members remain for each application."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from procurement.committee.rules import (
    GROUND_QUESTIONS,
    GROUNDS,
    LONGEST_DETAIL,
    Declared,
    Ground,
    MemberKind,
    Place,
    check_appointment,
    check_composition,
    check_declaration,
    check_ready,
    sheets_for,
)
from procurement.rounds.lint import experts_needed
from procurement.rounds.rules import CommitteeRule

E, C, O = MemberKind.EXPERT, MemberKind.CONSUMER, MemberKind.ORGANISER  # noqa: E741 (one letter for each seat)
FIVE, SEVEN = CommitteeRule(5, 4), CommitteeRule(7, 5)


def seats(kinds: str, chair: int | None = 0) -> list[Place]:
    """ "EEEEC" → five places, of which number `chair` chairs."""
    by_letter = {"E": E, "C": C, "O": O}
    return [Place(by_letter[letter], chair=i == chair) for i, letter in enumerate(kinds)]


@pytest.mark.parametrize(
    ("kinds", "rule", "fine"),
    [
        ("EEEEC", FIVE, True),
        ("EEEE", FIVE, False),
        ("EEEECC", FIVE, False),
        ("EEECC", FIVE, False),  # one expert short of two thirds
        ("EEEEE", FIVE, False),  # nobody speaks for consumers
        ("EEEEO", FIVE, False),
        ("EEEEECO", SEVEN, True),
        ("EEEEECC", SEVEN, True),
        ("EEEEEEC", SEVEN, True),
        ("EEEECCO", SEVEN, False),
        ("EEEEEOO", SEVEN, False),
        ("EEEEECO", CommitteeRule(7, 6), False),  # the round asked for more experts than the law
        ("EEEEEEC", CommitteeRule(7, 6), True),
        ("", FIVE, False),
    ],
)
def test_composition(kinds: str, rule: CommitteeRule, *, fine: bool) -> None:
    problems = check_composition(seats(kinds), rule)
    assert (problems == []) is fine
    assert all(str(problem) for problem in problems)


def test_exactly_one_chairs_and_not_the_organiser() -> None:
    assert check_composition(seats("EEEEC", chair=None), FIVE)
    assert check_composition([Place(E, True), Place(E, True), *seats("EEC", None)], FIVE)
    assert check_composition(seats("EEEEC", chair=4), FIVE) == []
    assert check_composition(seats("EEEEECO", chair=6), SEVEN)


@pytest.mark.parametrize(
    ("kinds", "new", "rule", "field"),
    [
        ("EEEE", Place(C), FIVE, None),
        ("EEE", Place(C), FIVE, None),
        ("", Place(C), FIVE, None),
        ("EEEEC", Place(E), FIVE, "user_id"),
        ("EEEE", Place(E), FIVE, "kind"),  # the last seat is the consumers'
        ("C", Place(C), FIVE, "kind"),  # would leave three experts
        ("C", Place(O), FIVE, "kind"),
        ("C", Place(O), SEVEN, None),
        ("CO", Place(O), SEVEN, "kind"),
        ("CO", Place(C), SEVEN, "kind"),
        ("EEEEEE", Place(E), SEVEN, "kind"),
        ("", Place(O, chair=True), SEVEN, "chair"),
        ("E", Place(E, chair=True), SEVEN, "chair"),  # the first chairs already
    ],
)
def test_appointment(kinds: str, new: Place, rule: CommitteeRule, field: str | None) -> None:
    fields = {problem.field for problem in check_appointment(seats(kinds), new, rule)}
    assert fields == ({field} if field else set())


@given(
    st.integers(2, 15)
    .map(lambda n: 2 * n + 1)
    .flatmap(lambda size: st.tuples(st.just(size), st.integers(experts_needed(size), size - 1))),
    st.lists(st.builds(Place, st.sampled_from(MemberKind), st.booleans()), min_size=40, max_size=120),
)
def test_whoever_is_let_in_one_by_one_can_become_a_lawful_committee(
    sizes: tuple[int, int], stream: list[Place]
) -> None:
    """Appointing never leads into a dead end: what is let in can always be completed."""
    rule = CommitteeRule(*sizes)
    members: list[Place] = []
    for place in stream:
        if not check_appointment(members, place, rule):
            members.append(place)
    for place in [Place(C)] * rule.size + [Place(E)] * rule.size:
        if not check_appointment(members, place, rule):
            members.append(place)
    missing = {str(problem) for problem in check_composition(members, rule)}
    assert missing <= {"It needs exactly one chair."}


NONE, FAMILY = Ground.NONE, Ground.FAMILY


def test_sheets_are_counted_member_by_member() -> None:
    grounds = {(1, 7): NONE, (2, 7): FAMILY, (3, 8): NONE}
    sheets = sheets_for(7, [1, 2, 3], grounds)
    assert (sheets.expected, sheets.recused, sheets.undeclared) == (1, (2,), (3,))


APPLICATIONS = {7: "A7", 8: "A8"}
MEMBERS = {n: f"M{n}" for n in range(1, 6)}
ALL_NONE = {(member, application): NONE for member in MEMBERS for application in APPLICATIONS}


@pytest.mark.parametrize(("recused", "fine"), [(0, True), (2, True), (3, False), (5, False)])
def test_quorum_of_three_among_five(recused: int, *, fine: bool) -> None:
    grounds = ALL_NONE | {(member, 8): FAMILY for member in list(MEMBERS)[:recused]}
    problems = check_ready(APPLICATIONS, MEMBERS, grounds, 3)
    assert (problems == []) is fine
    assert all("A8" in str(problem) for problem in problems)


def test_every_pair_is_declared() -> None:
    grounds = dict(ALL_NONE)
    del grounds[2, 7], grounds[2, 8], grounds[4, 8]
    assert [str(problem) for problem in check_ready(APPLICATIONS, MEMBERS, grounds, 3)] == [
        "M2 has 2 declarations left to make.",
        "M4 has 1 declarations left to make.",
    ]


def test_without_applications_there_is_nothing_to_score() -> None:
    assert check_ready({}, MEMBERS, {}, 1)


@given(
    st.dictionaries(st.tuples(st.integers(1, 6), st.integers(1, 4)), st.sampled_from(Ground)),
    st.integers(0, 6),
)
def test_ready_means_declared_and_above_quorum(grounds: dict[tuple[int, int], Ground], quorum: int) -> None:
    members = {n: f"M{n}" for n in range(1, 6)}
    applications = {n: f"A{n}" for n in range(1, 4)}
    ready = check_ready(applications, members, grounds, quorum) == []
    pairs = [(m, a) for m in members for a in applications]
    complete = all(pair in grounds for pair in pairs)
    enough = all(sum(grounds.get((m, a)) in (None, NONE) for m in members) >= quorum for a in applications)
    assert ready == (complete and enough)


@pytest.mark.parametrize(
    ("declared", "before", "field"),
    [
        (Declared(NONE), None, None),
        (Declared(NONE), NONE, None),
        (Declared(FAMILY, "My cousin."), None, None),
        (Declared(FAMILY, "My cousin."), NONE, None),
        (Declared(Ground.OTHER, "We quarrel."), FAMILY, None),
        (Declared(NONE), FAMILY, "ground-A7"),
        (Declared(FAMILY), None, "detail-A7"),
        (Declared(FAMILY, "  "), None, "detail-A7"),
        (Declared(NONE, "My cousin."), None, "ground-A7"),
        (Declared(FAMILY, "x" * LONGEST_DETAIL), None, None),
        (Declared(FAMILY, "x" * (LONGEST_DETAIL + 1)), None, "detail-A7"),
    ],
)
def test_declaration(declared: Declared, before: Ground | None, field: str | None) -> None:
    assert [problem.field for problem in check_declaration("A7", declared, before)] == ([field] if field else [])


def test_there_are_five_grounds_and_none() -> None:
    assert set(GROUNDS) == set(GROUND_QUESTIONS) == set(Ground)
    assert len(Ground) == 6
