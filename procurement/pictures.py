"""Drawings: SVG that fits every width, prints, and is read out.

    drawing = Picture(_("Marks for quality"), _("M1 gave 8, M2 gave 9.5."), height=48)
    drawing.axis(36, [(0, "0"), (50, "5"), (100, "10")])
    drawing.dot(share(8, 10), 20, 6, "dot", tip="M1: 8")

A drawing has no width of its own. Places from left to right are percents of the room there is and everything else is
pixels, so that on a telephone dots stay round and writing stays legible. Its title and description are what a screen
reader says instead; the table beside it (`c.picture` in macros/components.html) says the same in figures. Looks come
from the classes `sun-draw-…` of the style sheet alone: there are no style attributes. Whatever is put in is escaped.
"""

import hashlib
from collections.abc import Iterable
from decimal import Decimal
from fractions import Fraction
from typing import Literal

from markupsafe import Markup, escape

Number = int | Decimal | Fraction
Anchor = Literal["start", "middle", "end"]

SHADES = 8
"""Fills that are told apart: `shade-1` to `shade-8`, light and dark by turns so that they differ in print too."""


def share(part: Number, whole: Number) -> Fraction:
    """`part` of `whole` in percent; 0 of nothing."""
    return Fraction(part) * 100 / Fraction(whole) if whole else Fraction(0)


def shade(number: int) -> str:
    """The class of the `number`th fill, counted from 0; they repeat."""
    return f"shade-{number % SHADES + 1}"


def on_shade(number: int) -> str:
    """The class for writing on the `number`th fill."""
    return "pale" if number % 2 == 0 else "words"


def _number(value: Number) -> str:
    """At most two decimals, without trailing zeros."""
    return f"{float(round(Fraction(value), 2)):.2f}".rstrip("0").rstrip(".")


class Picture:
    """A drawing in the making: `x` and `width` in percent, everything else in pixels. `kind`: the class behind
    `sun-draw-`, or several. In a template it writes itself."""

    def __init__(self, title: str, description: str, *, height: int) -> None:
        self.title, self.description, self.height = title, description, height
        self._parts: list[Markup] = []

    def line(self, x1: Number, y1: Number, x2: Number, y2: Number, kind: str = "line") -> None:
        """A line between two places."""
        self._put(
            '<line x1="{}%" y1="{}" x2="{}%" y2="{}" class="{}"/>',
            *map(_number, (x1, y1, x2, y2)),
            _classes(kind),
        )

    def bar(self, x: Number, y: Number, width: Number, height: Number, kind: str, *, tip: str = "") -> None:
        """A filled piece from `x` on."""
        self._tipped(
            '<rect x="{}%" y="{}" width="{}%" height="{}" class="{}"',
            "rect",
            tip,
            *map(_number, (x, y, width, height)),
            _classes(kind),
        )

    def dot(self, x: Number, y: Number, radius: Number, kind: str = "dot", *, tip: str = "") -> None:
        """A round mark."""
        self._tipped(
            '<circle cx="{}%" cy="{}" r="{}" class="{}"',
            "circle",
            tip,
            *map(_number, (x, y, radius)),
            _classes(kind),
        )

    def words(self, x: Number, y: Number, text: str, kind: str = "words", *, anchor: Anchor = "start") -> None:
        """Writing whose base line is at `y`. It does not wrap: keep it to a figure or a word."""
        self._put(
            '<text x="{}%" y="{}" text-anchor="{}" class="{}">{}</text>',
            _number(x),
            _number(y),
            anchor,
            _classes(kind),
            text,
        )

    def axis(self, y: Number, ticks: Iterable[tuple[Number, str]]) -> None:
        """A base line at `y` with small strokes and, 16 pixels below, what they stand for. The first and the last
        label are set inwards, so that nothing is cut off."""
        self.line(0, y, 100, y, "axis")
        for x, label in ticks:
            self.line(x, y, x, Fraction(y) + 4, "axis")
            anchor: Anchor = "start" if x <= 0 else "end" if x >= 100 else "middle"
            self.words(x, Fraction(y) + 17, label, "tick", anchor=anchor)

    def _tipped(self, opening: str, tag: str, tip: str, *values: str) -> None:
        if tip:
            self._put(opening + "><title>{}</title></" + tag + ">", *values, tip)
        else:
            self._put(opening + "/>", *values)

    def _put(self, pattern: str, *values: str) -> None:
        self._parts.append(Markup(pattern).format(*values))  # noqa: S704 (the patterns are those above)

    def __html__(self) -> str:
        inside = Markup("").join(self._parts)
        made = hashlib.sha256(f"{self.title}\n{self.description}\n{inside}".encode()).hexdigest()[:12]
        return Markup(
            '<svg class="sun-draw" role="img" aria-labelledby="t{0} d{0}" width="100%" height="{1}" '
            'focusable="false">'
            '<title id="t{0}">{2}</title><desc id="d{0}">{3}</desc>{4}</svg>'
        ).format(made, self.height, self.title, self.description, inside)

    def __str__(self) -> str:
        return self.__html__()


def _classes(kind: str) -> str:
    return " ".join(f"sun-draw-{escape(one)}" for one in kind.split())
