"""Drawings: what is written, where, and that nothing is let through."""

import re
from decimal import Decimal
from fractions import Fraction
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markupsafe import escape

from procurement.pictures import SHADES, Picture, shade, share

SVG = "http://www.w3.org/2000/svg"


def read(picture: Picture) -> ElementTree.Element:
    return ElementTree.fromstring(picture.__html__())  # noqa: S314 (our own)


def drawn() -> Picture:
    picture = Picture("Marks", "M1 gave 8.", height=48)
    picture.axis(30, [(0, "0"), (50, "5"), (100, "10")])
    picture.dot(share(8, 10), 20, 6, tip="M1: 8")
    picture.bar(0, 4, Fraction(100, 3), 20, "shade-1 done")
    picture.words(50, 10, "5")
    return picture


def test_it_is_read_out_by_its_title_and_description() -> None:
    root = read(drawn())
    assert root.get("role") == "img"
    named = [root.find(f"*[@id='{name}']") for name in (root.get("aria-labelledby") or "").split()]
    assert [(each.tag, each.text) for each in named if each is not None] == [
        ("title", "Marks"),
        ("desc", "M1 gave 8."),
    ]


def test_places_across_are_percents_and_everything_else_pixels() -> None:
    root = read(drawn())
    dot, bar = root.find("circle"), root.find("rect")
    assert dot is not None
    assert bar is not None
    assert (dot.get("cx"), dot.get("cy"), dot.get("r"), dot.findtext("title")) == ("80%", "20", "6", "M1: 8")
    assert (bar.get("x"), bar.get("width"), bar.get("height")) == ("0%", "33.33%", "20")
    assert bar.get("class") == "sun-draw-shade-1 sun-draw-done"
    assert (root.get("width"), root.get("height"), root.get("viewBox")) == ("100%", "48", None)


def test_labels_at_both_ends_are_set_inwards() -> None:
    labels = [(each.text, each.get("text-anchor")) for each in read(drawn()).findall("text")]
    assert labels[:3] == [("0", "start"), ("5", "middle"), ("10", "end")]


def test_it_has_no_style_and_equal_drawings_alone_share_their_names() -> None:
    assert not re.search(r"style|<script", str(drawn()))
    other = Picture("Marks", "M1 gave 9.", height=48)
    assert str(drawn()) == str(drawn())
    assert read(drawn()).get("aria-labelledby") != read(other).get("aria-labelledby")


@given(st.text(alphabet="<>&\"'abc好 =", max_size=20))
def test_whatever_is_put_in_is_escaped(text: str) -> None:
    picture = Picture(text, text, height=10)
    picture.words(0, 0, text)
    picture.dot(0, 0, 1, "dot", tip=text)
    root = read(picture)
    assert root.findtext("text") == text
    assert root.findtext("title") == text
    assert f">{escape(text)}</text>" in str(picture)


@pytest.mark.parametrize(
    ("part", "whole", "percent"), [(1, 3, Fraction(100, 3)), (Decimal("2.5"), 10, 25), (0, 0, 0), (4, 4, 100)]
)
def test_shares(part: Decimal | int, whole: int, percent: Fraction | int) -> None:
    assert share(part, whole) == percent


def test_fills_repeat() -> None:
    assert len({shade(number) for number in range(2 * SHADES)}) == SHADES
