"""What an exact tally costs, against adding the same marks as integers in the same run.

    python bench/scoring.py [n]

`n` applications by 9 members and 8 criteria. The floor adds each mark times its weight as plain integers and sorts
the totals, which is what no tally can do without. Floor and figure take turns; the median of the rounds is told.
"""

import statistics
import sys
import time
from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from random import Random

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from procurement.rounds.scoring_rule import ScoringRule
from procurement.scoring.facts import Applied, Facts
from procurement.scoring.outliers import concordance
from procurement.scoring.tally import Mark, tally

ROUNDS = 5
MEMBERS = [f"M{n}" for n in range(1, 10)]
CODES = [f"c{n}" for n in range(1, 9)]
WEIGHTS = (20, 15, 15, 15, 10, 10, 10, 5)
SCALE = {"min": "0", "max": "10", "step": "0.5"}


def ruled(**more: object) -> ScoringRule:
    criteria = [{"code": c, "weight": str(w), "scale": SCALE} for c, w in zip(CODES, WEIGHTS, strict=True)]
    return ScoringRule.from_json(
        {
            "criteria": criteria,
            "combine": "share_of_weight",
            "rounding": [{"stage": "total", "places": 2}],
            "slots": 3,
            "reserves": 2,
            **more,
        }
    )


def priced() -> ScoringRule:
    document = ruled().to_json()
    document["criteria"].append(
        {
            "code": "price",
            "weight": "10",
            "scale": {"max": "10"},
            "kind": "price",
            "formula": {"figure": "livestream_price"},
        }
    )
    document["caps"] = {"merchant": 1}
    return ScoringRule.from_json(document)


def seconds(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
    random = Random(1)  # noqa: S311 (marks to count, no secret)
    halves = [[[random.randrange(21) for _ in CODES] for _ in MEMBERS] for _ in range(count)]
    names = [f"A{n:05d}" for n in range(count)]
    marks: dict[str, dict[str, dict[str, Mark]]] = {
        name: {
            member: {code: Decimal(half) / 2 for code, half in zip(CODES, row, strict=True)}
            for member, row in zip(MEMBERS, rows, strict=True)
        }
        for name, rows in zip(names, halves, strict=True)
    }
    facts = Facts(
        {n: Applied(merchant=n, figures={"price": Fraction(random.randrange(1000, 9000), 100)}) for n in names}
    )
    own = {
        m: {name: Fraction(sum(rows[i])) for name, rows in zip(names, halves, strict=True)}
        for i, m in enumerate(MEMBERS)
    }

    def floor() -> None:
        totals = [sum([w * half for row in rows for w, half in zip(WEIGHTS, row, strict=True)]) for rows in halves]
        sorted(range(count), key=totals.__getitem__)

    works: dict[str, Callable[[], object]] = {
        "exact tally, means": lambda: tally(ruled(), marks),
        "exact tally, members' totals": lambda: tally(
            ruled(aggregation={"method": "median", "level": "total"}), marks
        ),
        "with computed prices and a cap": lambda: tally(priced(), marks, facts=facts),
        "Kendall's W of the totals": lambda: concordance(own),
    }
    floors: list[float] = []
    times: dict[str, list[float]] = {name: [] for name in works}
    for _ in range(ROUNDS):
        for name, work in works.items():
            floors.append(seconds(floor))
            times[name].append(seconds(work))
    low = statistics.median(floors)
    print(f"{count} applications × {len(MEMBERS)} members × {len(CODES)} criteria; floor {low * 1000:.0f} ms\n")
    for name, taken in times.items():
        middle = statistics.median(taken)
        print(f"{name:34} {middle * 1000:9.0f} ms   {middle / low:6.2f} x")


if __name__ == "__main__":
    main()
