"""Entries: exact fields, one spelling, personal data only as digests."""

import json
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from procurement.publiclog.entry import (
    KINDS,
    By,
    Disclosure,
    Entry,
    EntryError,
    Envelope,
    Part,
    Salted,
    digest_of,
    digests_in,
    disclosure_digest,
    parse_body,
    seal,
    unseal,
)
from tests.publiclog.happenings import NOON, Everything, Happened, Mark, everything

ORGANISER = By("organiser", Salted("user:7", whose="user:7"))


def sealed(entry: Entry, **changes: Any) -> bytes:
    envelope = Envelope(**{"entry": entry, "at": NOON, "round_ref": "R2026-001", "by": ORGANISER, **changes})
    return seal(envelope, salt=lambda: "c2FsdHNhbHRzYWx0c2FsdA").body


def tampered(change: dict[str, Any], **data: Any) -> bytes:
    raw = json.loads(sealed(everything()))
    return rfc8785.dumps({**raw, **change, "data": {**raw["data"], **data}})


def test_the_disclosure_digest_of_rfc_9901() -> None:
    disclosure = "WyJfMjZiYzRMVC1hYzZxMktJNmNCVzVlcyIsICJmYW1pbHlfbmFtZSIsICJNw7ZiaXVzIl0"
    assert disclosure_digest(disclosure) == "X9yH0Ajrdm1Oij4tWso9UzzKJvPoDxwmuEcO3XAdRC0"


def test_the_bytes_of_an_entry() -> None:
    assert sealed(Happened(number=3), by=By("system")) == (
        b'{"at":"2026-03-02T04:00:00Z","by":{"person":null,"role":"system"},"data":{"number":3},'
        b'"kind":"test.happened","round":"R2026-001","v":1}'
    )


def test_every_type_of_field_reads_back() -> None:
    entry = everything()
    read = unseal(sealed(entry))
    assert isinstance(read.entry, Everything)
    assert read.at == NOON
    assert read.round_ref == "R2026-001"
    assert read.by.role == "organiser"
    assert read.entry.name.value is None
    assert read.entry == everything(name=read.entry.name)
    assert str(read.entry.amount) == "12.50"


def test_personal_data_is_not_in_the_bytes_but_can_be_shown_to_belong_there() -> None:
    envelope = Envelope(everything(contact=Salted("li@example.org")), NOON, None, ORGANISER)
    salts = iter(["one", "two", "three"])
    result = seal(envelope, salt=lambda: next(salts))
    for secret in ("张三", "li@example.org", "user:7", "one", "two", "three"):
        assert json.dumps(secret)[1:-1].encode() not in result.body
        assert secret.encode() not in result.body
    assert result.disclosures == (
        Disclosure("one", "person", "user:7", "user:7"),
        Disclosure("two", "name", "张三"),
        Disclosure("three", "contact", "li@example.org"),
    )
    assert digests_in(unseal(result.body)) == {disclosure.digest for disclosure in result.disclosures}


def test_an_instant_is_written_in_utc_and_in_one_way() -> None:
    shanghai = timezone(timedelta(hours=8))
    assert sealed(Happened(number=1), at=datetime(2026, 3, 2, 12, 0, tzinfo=shanghai)) == sealed(Happened(number=1))
    body = sealed(Happened(number=1), at=datetime(2026, 3, 2, 4, 0, 0, 50, tzinfo=UTC))
    assert b'"at":"2026-03-02T04:00:00.000050Z"' in body
    assert unseal(body).at.microsecond == 50


def test_texts_are_normalised_before_they_are_hashed() -> None:
    assert sealed(everything(text="Cafe\u0301")) == sealed(everything(text="Caf\u00e9"))
    assert digest_of("Cafe\u0301") == digest_of("Caf\u00e9") == digest_of("Caf\u00e9".encode())


@pytest.mark.parametrize(
    "changes",
    [
        {"text": "a" * 501},
        {"text": "line\nbreak"},
        {"text": 3},
        {"code": "Half Up"},
        {"ref": "../etc"},
        {"ref": ""},
        {"digest": "AB" * 32},
        {"digest": "ab"},
        {"number": True},
        {"number": 2**53},
        {"number": 1.0},
        {"yes": 1},
        {"amount": 12.5},
        {"amount": Decimal("NaN")},
        {"amount": Decimal("1e40")},
        {"at": datetime(2026, 3, 2)},  # noqa: DTZ001 (that is what is refused)
        {"day": NOON},
        {"name": "张三"},
        {"name": Salted(digest="x" * 43)},
        {"marks": Mark(criterion="taste", value=None)},
        {"marks": ({"criterion": "taste", "value": None},)},
        {"marks": (Mark(criterion="taste", value=9),)},  # type: ignore[arg-type]
    ],
)
def test_what_does_not_fit_its_declaration_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(EntryError):
        sealed(everything(**changes))


def test_an_entry_too_long_for_a_bundle_is_refused() -> None:
    marks = tuple(Mark(criterion="taste", value=Decimal(9)) for _ in range(2500))
    with pytest.raises(EntryError, match="65535 bytes"):
        sealed(everything(marks=marks))


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{}",
        b"[]",
        b"\xff",
        b'{"at":"2026-03-02T04:00:00Z"}',
        tampered({"v": 2}),
        tampered({"v": True}),
        tampered({"extra": 1}),
        tampered({"kind": "test.unknown"}),
        tampered({"kind": 3}),
        tampered({"by": "organiser"}),
        tampered({"by": {"role": "organiser"}}),
        tampered({"at": "2026-03-02T04:00:00+00:00"}),
        tampered({"at": "2026-03-02T04:00:00.000000Z"}),
        tampered({"at": "2026-02-30T04:00:00Z"}),
        tampered({}, surplus=1),
        tampered({}, amount="12.50 "),
        tampered({}, amount="-0.0"),
        tampered({}, amount="1E2"),
        tampered({}, day="20260302"),
        tampered({}, text="Cafe\u0301"),
        tampered({}, number="3"),
        tampered({}, marks=[{"criterion": "taste"}]),
        tampered({}, marks={}),
        tampered({}, name="short"),
        sealed(everything()) + b"\n",
        sealed(everything()).replace(b'"number":-3', b'"number": -3'),
        sealed(everything()).replace(b'"v":1', b'"v":1,"v":1'),
        sealed(everything()).replace("桂".encode(), b"\\u6842"),
    ],
)
def test_bytes_that_are_no_entry(body: bytes) -> None:
    with pytest.raises(EntryError):
        unseal(body)


def test_a_missing_field_is_named() -> None:
    raw = json.loads(sealed(everything()))
    del raw["data"]["code"]
    with pytest.raises(EntryError, match=r"data: missing \['code'\]"):
        unseal(rfc8785.dumps(raw))


@given(
    st.recursive(
        st.one_of(st.none(), st.booleans(), st.integers(-(2**53) + 1, 2**53 - 1), st.text()),
        lambda inner: st.lists(inner) | st.dictionaries(st.text("abcxyz_09AZ", min_size=1), inner),
        max_leaves=12,
    )
)
def test_the_fast_canonical_form_is_that_of_rfc_8785(value: Any) -> None:
    body = {"at": value, "by": 0, "data": 0, "kind": 0, "round": 0, "v": 1}
    try:
        canonical = rfc8785.dumps(body)
    except rfc8785.CanonicalizationError:  # a lone surrogate is no text
        return
    assert parse_body(canonical) == body


def test_a_class_that_an_entry_cannot_hold_is_refused_where_it_is_declared() -> None:
    with pytest.raises(TypeError, match="cannot hold"):

        class Weighed(Entry, kind="test.weighed", title="Weighed"):
            weight: float

    with pytest.raises(TypeError, match="taken"):

        class Again(Entry, kind="test.happened", title="Again"):
            number: int

    with pytest.raises(TypeError, match="labels for no field"):

        class Labelled(Entry, kind="test.labelled", title="Labelled", labels={"numbr": "typo"}):
            number: int

    with pytest.raises(TypeError, match="not names"):

        class Shouted(Part):
            NUMBER: int

    with pytest.raises(TypeError, match="not names"):

        class Titled(Entry, kind="test.titled", title="The title of the kind"):
            title: str  # type: ignore[misc]

    assert not {"test.weighed", "test.labelled", "test.titled"} & KINDS.keys()
