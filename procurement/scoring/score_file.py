"""Marks from a CSV file with the columns application, member, criterion, score.

An empty score is a missing mark and `recused` a recused one; everything else is a plain decimal on the criterion's
scale. Rows are numbered as a spreadsheet shows them: the header is row 1.
"""

import csv
import io
from collections.abc import Iterator
from typing import Any

from procurement.errors import N_, Problem, RuleBroken, refuse_if
from procurement.rounds.scoring_rule import Criterion, ScoringRule, plain_decimal
from procurement.scoring.panel import MISSING, RECUSED, Mark

COLUMNS = ("application", "member", "criterion", "score")

_Sheets = dict[str, dict[str, dict[str, Mark]]]


def read_scores(content: bytes, rule: ScoringRule) -> _Sheets:
    """The marks in `content` (UTF-8, with or without a byte order mark; any line ends; blank lines ignored), as
    application → member → criterion → mark. RuleBroken with every fault, each naming its row."""
    problems: list[Problem] = []
    criteria = {c.code: c for c in rule.criteria}
    known: dict[tuple[str, str], Mark] = {}
    marks: _Sheets = {}
    for number, (application, member, code, score) in _rows(content, problems):
        if (mark := known.get((code, score))) is None:
            found = _mark(criteria.get(code), code, score)
            if isinstance(found, Problem):
                problems.append(_fault(number, found.message, **found.params))
                continue
            mark = known[code, score] = found
        sheet = marks.setdefault(application, {}).setdefault(member, {})
        if code in sheet:
            problems.append(
                _fault(
                    number,
                    N_("%(member)s has already scored %(code)s of %(application)s"),
                    member=member,
                    code=code,
                    application=application,
                )
            )
        sheet[code] = mark
    refuse_if(problems)
    return marks


def _fault(row: int, message: str, **params: Any) -> Problem:
    return Problem(N_("row %(row)s: %(fault)s"), {"row": row, "fault": Problem(message, params)}, field=f"row {row}")


def _rows(content: bytes, problems: list[Problem]) -> Iterator[tuple[int, tuple[str, str, str, str]]]:
    """Row numbers with the four columns in the order of COLUMNS, without spaces around them."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        broken = content.count(b"\n", 0, error.start) + 1
        raise RuleBroken(_fault(broken, N_("the file is not in UTF-8"))) from error
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    order: list[int] | None = None
    number = 0
    try:
        for number, row in enumerate(reader, start=1):
            cells = [cell.strip() for cell in row]
            if not any(cells):
                continue
            if order is None:
                order = _order(number, cells)
            elif len(cells) != len(COLUMNS):
                problems.append(_fault(number, N_("4 columns are needed, not %(count)s"), count=len(cells)))
            elif not all(cells[i] for i in order[:3]):
                problems.append(_fault(number, N_("application, member and criterion are needed")))
            else:
                a, m, c, s = order
                yield number, (cells[a], cells[m], cells[c], cells[s])
    except csv.Error as error:
        raise RuleBroken(_fault(number + 1, N_("not readable as CSV: %(why)s"), why=str(error))) from error
    if order is None:
        raise RuleBroken(_fault(1, N_("the file is empty")))


def _order(number: int, header: list[str]) -> list[int]:
    """Where each of COLUMNS stands in `header`."""
    if sorted(header) != sorted(COLUMNS):
        raise RuleBroken(
            _fault(
                number,
                N_("the header must be %(columns)s, not %(given)s"),
                columns=",".join(COLUMNS),
                given=",".join(header)[:120],
            )
        )
    return [header.index(column) for column in COLUMNS]


def _mark(criterion: Criterion | None, code: str, score: str) -> Mark | Problem:
    if criterion is None:
        return Problem(N_("there is no criterion “%(code)s”"), {"code": code[:60]})
    if score == "":
        return MISSING
    if score == "recused":
        return RECUSED
    if (number := plain_decimal(score)) is None:
        return Problem(
            N_("“%(given)s” is neither a plain decimal number nor “recused” nor empty"), {"given": score[:60]}
        )
    return criterion.scale.problem(number) or number
