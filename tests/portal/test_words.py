"""The words under which a text is found, and those that a query asks for."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from procurement.portal.words import MOST, words_asked, words_in


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", []),
        ("橙", ["橙"]),
        ("脐橙", ["脐", "橙", "脐橙"]),
        ("赣南脐橙", ["赣", "南", "脐", "橙", "赣南", "南脐", "脐橙"]),
        ("Oranges, 5KG", ["oranges", "5kg"]),
        ("Crème brûlée", ["creme", "brulee"]),
        ("２０２６年", ["2026", "年"]),
        ("A橙B", ["a", "橙", "b"]),
        ("R2026-001", ["r2026", "001"]),
        ("snake_case", ["snake", "case"]),
    ],
)
def test_words_of_a_text(text: str, words: list[str]) -> None:
    assert words_in(text) == words


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("  ", []),
        ("\"') -- *", []),
        ("橙", ["橙"]),
        ("脐橙", ["脐橙"]),
        ("脐橙 脐橙", ["脐橙"]),
        ("赣南脐橙", ["赣南", "南脐", "脐橙"]),
        ("Orange 橙", ["orange", "橙"]),
    ],
)
def test_words_of_a_query(query: str, words: list[str]) -> None:
    assert words_asked(query) == words


def test_a_query_costs_a_bounded_number_of_words() -> None:
    assert len(words_asked(" ".join(f"w{n}" for n in range(100)))) == MOST


@given(st.text(max_size=30), st.text(max_size=10), st.text(max_size=30))
def test_every_text_that_holds_a_query_has_its_words(before: str, query: str, after: str) -> None:
    """Whatever stands around it, apart from letters that would be part of the same Latin word."""
    asked = words_asked(query)
    assert set(asked) <= set(words_in(f"{before} {query} {after}"))
    assert all(word.isalnum() for word in asked), "what reaches the databases' query languages has no signs in it"
