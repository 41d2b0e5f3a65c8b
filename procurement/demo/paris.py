"""The tasting of 1976 (paris1976.toml)."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any


@dataclass(frozen=True)
class Wine:
    """One of the ten. `marks`: judge → mark out of 20."""

    code: str
    name: str
    county: str
    country: str
    marks: Mapping[str, str]

    @property
    def key(self) -> str:
        """How the demonstration calls it among its goods."""
        return f"wine-{self.code}"


@dataclass(frozen=True)
class Tasting:
    """All of it: where it is tabled, who judged, what was tasted."""

    source: str
    judges: tuple[str, ...]
    wines: tuple[Wine, ...]


@cache
def tasting() -> Tasting:
    """Read the data file."""
    data = tomllib.loads(resources.files("procurement.demo").joinpath("paris1976.toml").read_text(encoding="utf-8"))
    marks: dict[str, list[str]] = data["marks"]
    return Tasting(
        source=data["source"],
        judges=tuple(marks),
        wines=tuple(
            Wine(**wine, marks={judge: given[number] for judge, given in marks.items()})
            for number, wine in enumerate(data["wines"])
        ),
    )


def offers() -> list[dict[str, Any]]:
    """The wines as goods that can be applied with. The form asks for more than a tasting knows: what is not known is
    said to be a stand-in."""
    return [
        {
            "key": wine.key,
            "merchant": "wine",
            "name": wine.name,
            "category": "processed",
            "specification": "750 ml",
            "net_content": "750",
            "unit": "ml",
            "province": {"US": "California", "FR": "Bordeaux"}[wine.country],
            "county": wine.county,
            "township": wine.county,
            "brand": "",
            "standard": "–",
            "ingredients": "grapes 葡萄",
            "allergens": "sulphites 亚硫酸盐",
            "shelf_life_days": 36500,
            "storage": "cellar 酒窖",
            "packaging": "bottle 瓶装",
            "description": "Tasted blind in Paris on 24 May 1976. Prices and quantities in this form stand in for "
            "what nobody asked then. 1976年5月24日于巴黎盲品；本表价格与数量为演示所填，当年并无此项。",
            "list_price": "1.00",
            "price": "1.00",
            "low_7": "1.00",
            "low_30": "1.00",
            "stock": "1",
            "daily": "1",
            "colour": "#5e1624",
        }
        for wine in tasting().wines
    ]
