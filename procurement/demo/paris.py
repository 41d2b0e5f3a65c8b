"""The tasting of 1976 (paris1976.toml)."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources


@dataclass(frozen=True)
class Wine:
    """One of the ten. `marks`: judge → mark out of 20."""

    code: str
    name: str
    county: str
    country: str
    marks: Mapping[str, str]


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
