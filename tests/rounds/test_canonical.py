"""The document's JSON form, its canonical text and its digest are exact."""

import json
import unicodedata
from datetime import date
from decimal import Decimal
from hashlib import sha256
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from procurement.errors import RuleBroken
from procurement.rounds.canonical import canonical_text, plain_text
from procurement.rounds.defaults import default_document
from procurement.rounds.rules import (
    Activity,
    Category,
    CommitteeRule,
    EmployerKind,
    Gate,
    Money,
    NamesPublished,
    Nature,
    Office,
    Official,
    Opinion,
    Party,
    Payment,
    RoundDocument,
    Timetable,
)
from procurement.rounds.scoring_rule import Text
from tests.worlds.rounds import small_document, small_scoring

words = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs")), max_size=40).map(
    lambda text: unicodedata.normalize("NFC", text)
)
texts = st.builds(Text, words, words)
amounts = st.decimals(min_value=0, max_value=10**9, places=2).map(lambda d: d.normalize() + 0)
opinions = st.builds(
    Opinion, by=texts, number=words, given_on=st.none() | st.dates(date(2000, 1, 1)), conclusion=texts
)
documents = st.builds(
    RoundDocument,
    scoring=st.just(small_scoring()),
    title=texts,
    purpose=texts,
    public_interest=texts,
    office=st.builds(Office, texts, texts, words),
    authority=st.builds(Office, texts, texts, words),
    official=st.builds(Official, words, texts, texts, st.sampled_from(EmployerKind)),
    activity=st.builds(
        Activity, st.sampled_from(Nature), texts, st.none() | st.dates(date(2000, 1, 1)), opinions, opinions, opinions
    ),
    categories=st.lists(st.sampled_from(Category)).map(tuple),
    gates=st.lists(st.builds(Gate, words, texts), max_size=3).map(tuple),
    timetable=st.builds(Timetable, call_days=st.integers(0, 400), calendar=words, zone=words),
    committee=st.builds(CommitteeRule, st.integers(), st.integers(), st.sampled_from(NamesPublished)).filter(
        lambda c: abs(c.size) < 2**53 and abs(c.experts) < 2**53
    ),
    money=st.builds(
        Money,
        amounts,
        texts,
        st.lists(
            st.builds(Payment, st.sampled_from(Party), st.sampled_from(Party), texts, amounts, amounts), max_size=3
        ).map(tuple),
    ),
    legal_basis=texts,
)


@given(documents)
def test_writing_and_reading_gives_back_the_same_document(document: RoundDocument) -> None:
    again = RoundDocument.from_json(document.to_json())
    assert again == document
    assert again.text == document.text
    assert RoundDocument.from_json(json.loads(document.text)) == document


@given(documents, documents)
def test_two_documents_have_the_same_digest_exactly_when_they_are_equal(
    one: RoundDocument, other: RoundDocument
) -> None:
    assert (one == other) == (one.sha256 == other.sha256)


def test_the_digest_is_that_of_the_text() -> None:
    document = small_document()
    assert document.sha256 == sha256(document.text.encode()).hexdigest()
    assert document.text.startswith('{"activity":{')
    assert canonical_text(json.loads(document.text)) == document.text


def test_decimals_have_one_form() -> None:
    one = Money(budget=Decimal("100.00"))
    other = Money(budget=Decimal("1E+2"))
    scoring = small_scoring()
    assert RoundDocument(scoring, money=one).sha256 == RoundDocument(scoring, money=other).sha256


def changed(path: str, value: Any) -> dict[str, Any]:
    document = small_document().to_json()
    *way, last = path.split(".")
    inner: Any = document
    for key in way:
        inner = inner[int(key)] if key.isdigit() else inner[key]
    if value is ...:
        del inner[last]
    else:
        inner[int(last) if last.isdigit() else last] = value
    return document


@pytest.mark.parametrize(
    ("path", "value", "place"),
    [
        ("title", "Oranges", "title"),
        ("title.en", 7, "title.en"),
        ("title.en", "bell\a", "title.en"),
        ("title.en", "x" * 20_001, "title.en"),
        ("title.fr", "Oranges", "title.fr"),
        ("secret", "x", "secret"),
        ("scoring", ..., "scoring"),
        ("timetable.call_days", "15", "timetable.call_days"),
        ("timetable.call_days", 15.0, "timetable.call_days"),
        ("timetable.call_days", True, "timetable.call_days"),
        ("committee.size", 2**53, "committee.size"),
        ("committee.names_published", "never", "committee.names_published"),
        ("money.budget", 100, "money.budget"),
        ("money.budget", "1e3", "money.budget"),
        ("money.budget", "NaN", "money.budget"),
        ("money.payments", {}, "money.payments"),
        ("money.payments.0.payer", "nobody", "money.payments[0].payer"),
        ("activity.planned_on", "2026-02-30", "activity.planned_on"),
        ("activity.planned_on", "20260201", "activity.planned_on"),
        ("activity.planned_on", 5, "activity.planned_on"),
        ("scoring.criteria.0.weight", 0.5, "scoring.criteria[0].weight"),
        ("scoring.criteria.1.scale.max", "x", "scoring.criteria[1].scale.max"),
    ],
)
def test_what_is_misshapen_is_refused_by_name(path: str, value: Any, place: str) -> None:
    with pytest.raises(RuleBroken) as refused:
        RoundDocument.from_json(changed(path, value))
    assert [problem.field for problem in refused.value.problems] == [place]
    assert str(refused.value)


def test_every_fault_is_named() -> None:
    document = changed("title", None)
    document["committee"] = []
    del document["scoring"]
    with pytest.raises(RuleBroken) as refused:
        RoundDocument.from_json(document)
    assert {problem.field for problem in refused.value.problems} == {"title", "committee", "scoring"}
    for nonsense in (None, [], "x", 5):
        with pytest.raises(RuleBroken):
            RoundDocument.from_json(nonsense)


def test_text_is_kept_in_one_form() -> None:
    assert plain_text("  cafe\u0301\r\nau\rlait ") == "caf\u00e9\nau\nlait"


def test_the_default_document_is_exact_too() -> None:
    document = default_document(title=Text("A", "甲"), office=Office(), zone="Asia/Shanghai")
    assert RoundDocument.from_json(document.to_json()) == document
    assert sum(criterion.weight for criterion in document.scoring.criteria) == 100
    assert [str(c.weight) for c in document.scoring.criteria] == ["25", "15", "15", "15", "15", "10", "5"]
    for criterion in document.scoring.criteria:
        levels = [anchor.value for anchor in criterion.anchors]
        assert levels == [Decimal(n) for n in range(5)]
