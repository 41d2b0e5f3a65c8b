"""Rule packs: sets of figures that a round is begun from, each with its source (packs/*.toml; decisions/0005).

Pure; the files are read once.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from importlib import resources
from typing import Any

from procurement.rounds.figures import BY_PATH, PLACES, with_value
from procurement.rounds.rules import Basis, Figure, RoundDocument, RulePack
from procurement.rounds.scoring_rule import Text

NAMES = ("prc_analogy", "eu_standstill", "minimal_open")
"""The packs that are shipped, in the order in which they are offered; the first is where a new round begins."""


@dataclass(frozen=True, slots=True)
class Pack:
    """A pack as its file has it: what goes into the document, and the sentence on the legal basis."""

    rules: RulePack
    legal_basis: Text


def read_pack(code: str, text: str) -> Pack:
    """The pack that `text` writes in TOML. Raises ValueError for anything missing, unknown or out of place."""
    given = tomllib.loads(text)
    _known(code, given, {"version", "title", "about", "legal_basis", "figures"})
    figures = given["figures"]
    _known(code, figures, set(BY_PATH))
    rules = RulePack(
        code=code,
        title=_text(given["title"]),
        about=_text(given["about"]),
        version=given["version"],
        figures=tuple(_figure(place.path, figures[place.path]) for place in PLACES),
    )
    return Pack(rules, _text(given["legal_basis"]))


def _known(where: str, table: Mapping[str, Any], wanted: set[str]) -> None:
    if different := sorted(set(table) ^ wanted):
        raise ValueError(f"{where}: missing or unknown: {', '.join(different)}")


def _text(given: Mapping[str, str]) -> Text:
    return Text(given["en"], given["zh"])


def _figure(path: str, given: Mapping[str, Any]) -> Figure:
    _known(path, {"by_analogy": False} | dict(given), {"value", "basis", "source", "by_analogy"})
    return Figure(
        path,
        str(given["value"]),
        Basis(given["basis"]),
        _text(given["source"]),
        given.get("by_analogy", False),
    )


@cache
def packs() -> Mapping[str, Pack]:
    """The packs that are shipped, by code, in the order in which they are offered."""
    folder = resources.files("procurement.rounds").joinpath("packs")
    return {name: read_pack(name, folder.joinpath(f"{name}.toml").read_text("utf-8")) for name in NAMES}


def with_pack(document: RoundDocument, pack: Pack) -> RoundDocument:
    """`document` with every figure of `pack`, and with its legal basis unless the office wrote its own."""
    own_words = document.legal_basis not in (Text(), *(known.legal_basis for known in packs().values()))
    basis = document.legal_basis if own_words else pack.legal_basis
    changed = replace(document, pack=pack.rules, legal_basis=basis)
    for figure in pack.rules.figures:
        changed = with_value(changed, figure.place, figure.value)
    return changed


def shipped(pack: RulePack) -> bool:
    """Whether `pack` stands in a document exactly as it is shipped."""
    known = packs().get(pack.code)
    return known is not None and known.rules == pack
