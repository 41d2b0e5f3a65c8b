"""Pictures and papers of the demonstration. Drawn, not photographed, and each says what it is."""

import io
from functools import cache
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

FONTS = Path(__file__).resolve().parent.parent / "fonts"
LABEL = "DEMO 演示"


@cache
def _font(size: int, *, bold: bool = False) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(FONTS / f"NotoSansSC-{'Bold' if bold else 'Regular'}.ttf", size)


def photograph(name: str, colour: str, *, view: int = 0) -> bytes:
    """A JPEG of 1200 × 900 pixels that stands for a photograph of the product `name`. `view` varies the drawing."""
    picture = Image.new("RGB", (1200, 900), "#f4f1ea")
    draw = ImageDraw.Draw(picture)
    for row in range(4):
        for column in range(5):
            x, y = 60 + column * 225 + (row + view) % 2 * 60, 150 + row * 165
            size = 150 - (row * 7 + column * 11 + view * 5) % 40
            draw.ellipse((x, y, x + size, y + size), fill=colour, outline="#ffffff", width=6)
    draw.rectangle((0, 0, 1200, 110), fill="#14483f")
    draw.text((40, 28), LABEL, font=_font(44, bold=True), fill="white")
    draw.rectangle((0, 800, 1200, 900), fill="#ffffff")
    draw.text((40, 825), name, font=_font(36), fill="#222222")
    return _saved(picture, "JPEG", quality=85)


def paper(title: str, lines: tuple[str, ...]) -> bytes:
    """A PDF of one A4 page that stands for a certificate or another paper."""
    picture = Image.new("RGB", (827, 1169), "white")
    draw = ImageDraw.Draw(picture)
    draw.rectangle((40, 40, 787, 1129), outline="#14483f", width=4)
    draw.text((90, 90), LABEL, font=_font(40, bold=True), fill="#b3261e")
    draw.text((90, 190), title, font=_font(30, bold=True), fill="#222222")
    for number, line in enumerate(lines):
        draw.text((90, 270 + number * 46), line, font=_font(22), fill="#333333")
    draw.text((90, 1060), "不是真实证件。This is not a real document.", font=_font(22), fill="#b3261e")
    return _saved(picture, "PDF", resolution=100.0)


def _saved(picture: Image.Image, kind: str, **options: object) -> bytes:
    out = io.BytesIO()
    picture.save(out, kind, **options)
    return out.getvalue()
