"""Rule packs: each is whole, stands in the document in full, and says of every figure where it comes from."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from procurement.rounds.figures import (
    BY_PATH,
    CHOICES,
    PLACES,
    Counted,
    adjusted,
    stated,
    value_of,
    weakened,
    with_value,
)
from procurement.rounds.lint import Level, check_publishable, lint
from procurement.rounds.packs import NAMES, packs, read_pack, shipped, with_pack
from procurement.rounds.rules import Basis, RoundDocument
from procurement.rounds.scoring_rule import Text
from tests.worlds.rounds import small_document

GOOD = small_document()
PRC = packs()["prc_analogy"]

FILE = """
version = "2026-01-01"
title = { en = "A", zh = "甲" }
about = { en = "A", zh = "甲" }
legal_basis = { en = "A", zh = "甲" }
[figures]
"""


@pytest.mark.parametrize("name", NAMES)
def test_a_pack_is_whole_and_a_round_can_be_published_with_it(name: str) -> None:
    pack = packs()[name]
    document = with_pack(GOOD, pack)
    assert [figure.place for figure in pack.rules.figures] == [place.path for place in PLACES]
    assert check_publishable(document) == []
    assert shipped(document.pack)
    assert adjusted(document) == ()
    assert RoundDocument.from_json(document.to_json()) == document
    assert all(text.en and text.zh for text in (pack.rules.title, pack.rules.about, pack.legal_basis))
    for figure in pack.rules.figures:
        assert figure.source.en
        assert figure.source.zh
        assert value_of(document, figure.place) == figure.value


def test_only_what_names_a_rule_is_called_law_and_procurement_law_always_by_analogy() -> None:
    for pack in packs().values():
        for figure in pack.rules.figures:
            if figure.basis is Basis.LAW:
                assert " art" in figure.source.en
                assert "条" in figure.source.zh
            if figure.basis is Basis.DEFAULT:
                assert not figure.by_analogy
            if any(
                word in figure.source.en for word in ("Procurement Law", "Directive", "WTO", "Ministry of Finance")
            ):
                assert figure.by_analogy, figure


@pytest.mark.parametrize(
    ("text", "names"),
    [
        (FILE, "timetable.call_days"),  # no figure at all
        (FILE.replace('"2026-01-01"', '"2026-01-01"\nauthor = "x"'), "author"),
        (FILE + '"timetable.unheard_of" = { value = 1 }', "timetable.unheard_of"),
    ],
)
def test_a_file_that_is_not_whole_is_no_pack(text: str, names: str) -> None:
    with pytest.raises(ValueError, match=names.replace(".", r"\.")):
        read_pack("x", text)


@given(st.sampled_from(NAMES), st.sampled_from(NAMES))
def test_the_last_pack_counts_whatever_came_before(first: str, last: str) -> None:
    direct = with_pack(GOOD, packs()[last])
    assert with_pack(with_pack(GOOD, packs()[first]), packs()[last]) == direct


def test_a_pack_leaves_criteria_conditions_and_words_of_ones_own() -> None:
    own = replace(GOOD, legal_basis=Text("Our own words.", "本机构自己的说明。"))
    document = with_pack(own, PRC)
    assert document.legal_basis == own.legal_basis
    assert document.scoring.criteria == own.scoring.criteria
    assert (document.gates, document.money, document.title) == (own.gates, own.money, own.title)
    assert with_pack(GOOD, PRC).legal_basis == PRC.legal_basis


@given(st.sampled_from([p for p in PLACES if p.counted is not Counted.CHOICE]), st.integers(0, 366))
def test_a_figure_is_adjusted_exactly_when_it_differs_from_its_pack(place: object, value: int) -> None:
    path = place.path  # type: ignore[attr-defined]
    document = with_value(with_pack(GOOD, PRC), path, str(value))
    theirs = next(figure for figure in PRC.rules.figures if figure.place == path)
    assert [figure.place for figure in adjusted(document)] == ([path] if str(value) != theirs.value else [])
    row = next(row for row in stated(document) if row.place == path)
    assert (row.value, row.pack) == (str(value), theirs.value)


WEAKENED = [
    ("timetable.call_days", "19", True),
    ("timetable.call_days", "20", False),
    ("timetable.call_days", "21", False),  # longer serves everybody
    ("timetable.question_working_days", "4", True),
    ("timetable.question_working_days", "3", False),
    ("timetable.question_working_days", "2", False),
    ("timetable.notice_days", "6", True),
    ("timetable.notice_unit", "calendar", True),
    ("timetable.escalation_working_days", "14", True),
    ("committee.experts_chosen", "appointed", True),
    ("committee.names_published", "formed", False),  # the pack made this one up itself
    ("timetable.ruling_working_days", "11", False),  # and this
    ("timetable.suspension_days", "20", False),  # serves some and not others
]


@pytest.mark.parametrize(("path", "value", "warned"), WEAKENED)
def test_a_figure_adjusted_against_applicants_is_warned_of(path: str, value: str, *, warned: bool) -> None:
    document = with_value(with_pack(GOOD, PRC), path, value)
    assert [figure.place for figure in weakened(document)] == ([path] if warned else [])
    found = [f for f in lint(document) if f.field == path and "rule pack" in f.message]
    assert [f.level for f in found] == ([Level.WARNING] if warned else [])


def test_an_office_cannot_rewrite_where_a_figure_comes_from() -> None:
    figure = replace(PRC.rules.figures[0], value="7")
    forged = replace(GOOD, pack=replace(PRC.rules, figures=(figure, *PRC.rules.figures[1:])))
    assert [problem.field for problem in check_publishable(forged)] == ["pack"]
    assert [problem.field for problem in check_publishable(replace(GOOD, pack=replace(PRC.rules, code="own")))] == [
        "pack"
    ]
    # What was frozen with the pack of an earlier day can still be amended.
    assert check_publishable(forged, amending=True) == []


@pytest.mark.parametrize("place", [p for p in PLACES if p.counted is not Counted.CHOICE], ids=lambda p: p.path)
def test_each_figure_has_bounds_that_are_kept(place: object) -> None:
    path, least, most = place.path, place.least, place.most  # type: ignore[attr-defined]
    if path in ("timetable.call_days", "committee.size", "committee.experts", "scoring.quorum"):
        return  # whose bounds follow from others, and are tested with the linter
    for value, wrong in ((least - 1, True), (least, False), (most, False), (most + 1, True)):
        found = [f for f in lint(with_value(GOOD, path, str(value))) if f.field == path and f.level is Level.ERROR]
        assert bool(found) is wrong, (path, value)


def test_choices_have_words_for_every_option() -> None:
    for path, options in CHOICES.items():
        assert BY_PATH[path].counted is Counted.CHOICE
        assert set(options) == set(type(next(iter(options))))
