"""What the living style page shows: one form with every kind of field, and one invented round."""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from flask_babel import lazy_gettext as _
from flask_wtf.file import FileField
from wtforms import (
    BooleanField,
    DateField,
    DateTimeLocalField,
    DecimalField,
    EmailField,
    IntegerField,
    PasswordField,
    RadioField,
    SelectChoice,
    SelectField,
    SelectMultipleField,
    StringField,
    TextAreaField,
)
from wtforms.validators import DataRequired, Length, Optional

from procurement.pictures import Picture, on_shade, shade, share
from procurement.web import Form, localised


class EveryField(Form):
    """One field of each kind."""

    title = StringField(
        _("Name of the product"),
        [DataRequired(_("Enter the name of the product"))],
        description=_("As it stands on the label"),
    )
    argument = TextAreaField(_("Argument"), [Length(max=600)])
    price = DecimalField(_("Livestream price"), [Optional()])
    stock = IntegerField(_("Stock"), [DataRequired(_("Enter how many boxes you can send"))])
    until = DateField(_("Certificate valid until"), [Optional()])
    closes = DateTimeLocalField(_("Application deadline"), [Optional()])
    kind = SelectField(
        _("Ground"),
        choices=[
            SelectChoice("tally", _("The tally is wrong")),
            SelectChoice("recusal", _("A member should have been recused")),
        ],
    )
    mark = RadioField(
        _("Shelf life"),
        [DataRequired(_("Choose a level"))],
        choices=[SelectChoice("0", "0"), SelectChoice("5", "5"), SelectChoice("10", "10")],
    )
    grounds = SelectMultipleField(
        _("Interests"),
        choices=[SelectChoice("employment", _("employment")), SelectChoice("family", _("family"))],
    )
    promise = BooleanField(_("What I wrote is true and I can prove it."))
    photo = FileField(_("Photograph"))
    email = EmailField(_("Email address"))
    password = PasswordField(_("Password"))
    code = StringField(_("Six-figure code"))


def invented_round(now: datetime) -> dict[str, Any]:
    """What the page shows of a round; in the demonstration's own words, as a round's organiser would write them."""

    def both(en: str, zh: str) -> str:
        return str(localised({"en": en, "zh": zh}))

    def step(title: str, state: str, begin: int | None, end: int | None, say: str = "") -> dict[str, Any]:
        times = [None if days is None else now + timedelta(days=days) for days in (begin, end)]
        return {"title": title, "state": state, "from": times[0], "until": times[1], "say": say}

    criteria = [
        {"code": code, "title": both(en, zh), "max": Decimal(10), "weight": Decimal(weight)}
        for code, en, zh, weight in (
            ("quality", "Quality and safety", "质量安全", 40),
            ("price", "Price", "价格", 20),
            ("supply", "Supply and dispatch", "供货与发货", 25),
            ("service", "After-sales", "售后", 15),
        )
    ]
    expert = both("expert", "专家")
    members = [
        {"key": "M1", "name": "陈演示", "lang": "zh", "role": expert},
        {"key": "M2", "name": "李演示", "lang": "zh", "role": expert},
        {"key": "M3", "name": "王演示", "lang": "zh", "role": both("consumer representative", "消费者代表")},
        {"key": "M4", "name": "赵演示", "lang": "zh", "role": expert, "recused": both("employment", "任职关系")},
        {"key": "M5", "name": "孙演示", "lang": "zh", "role": both("organiser's representative", "组织方代表")},
    ]
    reason = both("Two inspection reports of this season, none over the limit.", "附当季两份检验报告，均未超标。")
    marks = {"M1": "7.5", "M2": "8.5", "M5": "8.5"}
    return {
        "drawing": _drawing(
            [(str(one["title"]), points) for one, points in zip(criteria, (33, 16, 20, 12), strict=True)],
            both("How the total is made up", "总分构成"),
        ),
        "later": now + timedelta(days=9),
        "price": Decimal("39.90"),
        "steps": [
            step(both("Applications", "申报"), "done", -30, -10, both("14 applied.", "共14份申报。")),
            step(both("Checking", "资格审查"), "done", -10, -6),
            step(
                both("Scoring", "评审"), "current", -6, 2, both("Five members score alone.", "五名评审委员独立评分。")
            ),
            step(both("Public notice", "公示"), "future", 3, 9),
            step(
                both("Decision", "决定"),
                "future",
                None,
                None,
                both("After the notice has ended.", "公示期满后作出。"),
            ),
        ],
        "members": members,
        "criteria": criteria,
        "cells": {
            member: {c["code"]: {"value": Decimal(mark), "reason": reason} for c in criteria}
            for member, mark in marks.items()
        },
        "totals": {member: Decimal(mark) * 10 for member, mark in marks.items()},
        "combined": {c["code"]: Decimal("8.17") for c in criteria} | {"total": Decimal("81.71")},
        "sums": [
            both(
                "Quality and safety: (7.5 + 8.5 + 8.5) ÷ 3 = 8.17 to 2 places, half up; 8.17 × 40 ÷ 10 = 32.68",
                "质量安全：（7.5＋8.5＋8.5）÷3＝8.17（保留两位，四舍五入）；8.17×40÷10＝32.68",
            ),
            both(
                "Total: 32.68 + 16.34 + 20.43 + 12.26 = 81.71",
                "总分：32.68＋16.34＋20.43＋12.26＝81.71",
            ),
        ],
        "ranking": [
            ["1", both("Winter jujube, 2.5 kg", "冬枣2.5公斤"), "81.71"],
            ["2", both("Salted duck eggs", "咸鸭蛋"), "80.04"],
            ["=3", both("Purple yam noodles, hand-made", "手工紫薯面"), "77.10"],
        ],
        "money": [
            [both("Broadcast service", "直播服务"), "¥30,000.00", "¥28,500.00", both("County budget", "县级预算")],
            [both("Total", "合计"), "¥30,000.00", "¥28,500.00", ""],
        ],
    }


def _drawing(parts: list[tuple[str, int]], title: str) -> Picture:
    """A bar of `parts` on a scale to 100."""
    drawing = Picture(title, "; ".join(f"{name} {points}" for name, points in parts), height=64)
    begin = 0
    for number, (name, points) in enumerate(parts):
        drawing.bar(begin, 4, points, 32, shade(number), tip=f"{name}: {points}")
        drawing.words(begin + share(points, 200), 25, str(points), on_shade(number), anchor="middle")
        begin += points
    drawing.axis(42, [(tenths * 10, str(tenths * 10)) for tenths in range(0, 11, 2)])
    return drawing
