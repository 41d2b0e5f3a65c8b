"""The document of one computation: rule, marks and result in one RFC 8785 text whose hash is logged. Pure.

Whoever has it can compute the result again, to the last step (`recompute`), with nothing else at hand.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from typing import Any

from procurement.publiclog.entry import canonical
from procurement.rounds.scoring_rule import ScoringRule, show_decimal
from procurement.scoring.facts import Facts
from procurement.scoring.tally import MISSING, RECUSED, Absent, Mark, Marks, Tally, tally

VERSION = 1


@dataclass(frozen=True, slots=True)
class Computation:
    """What went into a computation. `rules`: SHA-256 of the round's frozen rules; `draw_key`: of the last draw;
    `facts`: what the rule asks about the applications besides marks, None when it asks nothing."""

    round_ref: str
    number: int
    cause: str
    rules: str
    rule: ScoringRule
    marks: Marks
    draw_key: str | None
    facts: Facts | None = None

    def result(self) -> Tally:
        """The tally."""
        return tally(self.rule, self.marks, facts=self.facts, draw_key=self.draw_key)


def tally_text(computation: Computation, result: Tally) -> str:
    """The RFC 8785 text of a computation and its `result`."""
    return canonical(
        {
            "v": VERSION,
            "round": computation.round_ref,
            "number": computation.number,
            "cause": computation.cause,
            "rules": computation.rules,
            "rule": computation.rule.to_json(),
            "draw_key": computation.draw_key,
            "marks": {
                application: {member: _sheet_json(sheet) for member, sheet in sheets.items()}
                for application, sheets in computation.marks.items()
            },
            "result": result.to_json(),
        }
        | ({} if computation.facts is None else {"facts": computation.facts.to_json()})
    ).decode()


def _sheet_json(sheet: Mapping[str, Mark]) -> Any:
    """The marks by criterion; "recused" or "missing" alone when all of them are."""
    absent = {mark for mark in sheet.values() if isinstance(mark, Absent)}
    if len(absent) == 1 and not any(isinstance(mark, Decimal) for mark in sheet.values()):
        return absent.pop().value
    return {code: mark.value if isinstance(mark, Absent) else show_decimal(mark) for code, mark in sheet.items()}


def read_tally(text: str) -> tuple[Computation, dict[str, Any]]:
    """What `tally_text` wrote: the computation, and the result that was written down."""
    document = json.loads(text)
    rule = ScoringRule.from_json(document["rule"])
    codes = [c.code for c in rule.marked]
    marks: dict[str, dict[str, dict[str, Mark]]] = {
        application: {member: _sheet(sheet, codes) for member, sheet in sheets.items()}
        for application, sheets in document["marks"].items()
    }
    computation = Computation(
        round_ref=document["round"],
        number=document["number"],
        cause=document["cause"],
        rules=document["rules"],
        rule=rule,
        marks=marks,
        draw_key=document["draw_key"],
        facts=Facts.from_json(document["facts"]) if "facts" in document else None,
    )
    return computation, document["result"]


def _sheet(written: Any, codes: list[str]) -> dict[str, Mark]:
    if isinstance(written, str):
        return dict.fromkeys(codes, Absent(written))
    return {code: _mark(text) for code, text in written.items()}


def _mark(text: str) -> Mark:
    return {"missing": MISSING, "recused": RECUSED}.get(text) or Decimal(text)


@lru_cache(maxsize=32)
def recompute(text: str) -> tuple[Computation, Tally]:
    """The computation and its tally, computed again. A document never changes, so neither does the answer."""
    computation, _ = read_tally(text)
    return computation, computation.result()


def scores_csv(marks: Marks, codes: list[str]) -> str:
    """The marks as `sunlit tally` reads them: application, member, criterion, score; lines end in LF. `codes`: of the
    criteria that members mark."""
    lines = ["application,member,criterion,score"]
    for application, sheets in sorted(marks.items()):
        for member, sheet in sorted(sheets.items()):
            for code in codes:
                mark = sheet.get(code, MISSING)
                score = (
                    {MISSING: "", RECUSED: "recused"}.get(mark) if isinstance(mark, Absent) else show_decimal(mark)
                )
                lines.append(f"{application},{member},{code},{score}")
    return "\n".join(lines) + "\n"
