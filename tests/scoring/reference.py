"""A second, slow tally, written from the words of the rule and sharing nothing with procurement.scoring.

Everything is a Fraction, everything is recomputed, and the code follows the sentences: for tests only.
"""

import hashlib
from fractions import Fraction
from statistics import median
from typing import Any


def as_rounded(x: Fraction, entry: dict[str, Any] | None) -> Fraction:
    if entry is None:
        return x
    unit = Fraction(1, 10 ** entry["places"])
    below = (x / unit).__floor__() * unit
    above = below + unit
    if x - below != above - x:
        return below if x - below < above - x else above
    if entry["mode"] == "half_even":
        return below if (below / unit) % 2 == 0 else above
    return above if x >= 0 else below


def ranks_of(scores: dict[str, Fraction]) -> dict[str, Fraction]:
    return {
        a: 1
        + sum((Fraction(1) for other in scores.values() if other > mine), Fraction(0))
        + Fraction(sum(other == mine for other in scores.values()) - 1, 2)
        for a, mine in scores.items()
    }


def one_from_many(how: dict[str, Any], method: str, numbers: list[Fraction], most: int) -> Fraction:
    n = len(numbers)
    if method == "sum":
        return sum(numbers) * Fraction(most, n) if how["uneven"] == "scale" else Fraction(sum(numbers))
    if method == "median":
        return Fraction(median(numbers))
    if method == "trimmed_mean" and n - 2 * how["trim"] >= how["leave_at_least"]:
        numbers = sorted(numbers)[how["trim"] : n - how["trim"]]
    return sum(numbers) / Fraction(len(numbers))


class Reference:
    """`rule` in its full JSON form; `marks`: (application, member, criterion) → Fraction, absent ones left out."""

    def __init__(self, rule: dict[str, Any], apps: list[str], members: list[str], marks: dict[Any, Fraction]) -> None:
        self.rule, self.apps, self.members, self.marks = rule, sorted(apps), members, marks
        self.how = rule["aggregation"]
        self.codes = [c["code"] for c in rule["criteria"]]

    def stage(self, name: str) -> dict[str, Any] | None:
        return next((r for r in self.rule["rounding"] if r["stage"] == name), None)

    def weigh(self, code: str, value: Fraction, exact: bool) -> Fraction:
        c = next(c for c in self.rule["criteria"] if c["code"] == code)
        share = Fraction(c["scale"]["max"]) if self.rule["combine"] == "share_of_weight" else Fraction(1)
        return as_rounded(Fraction(c["weight"]) * value / share, None if exact else self.stage("weighted"))

    def column(self, app: str, code: str) -> list[Fraction]:
        return [self.marks[app, m, code] for m in self.members if (app, m, code) in self.marks]

    def value(self, app: str, code: str, method: str) -> Fraction | None:
        if method == "rank_sum" and self.how["level"] == "criterion":
            by_member = {
                m: ranks_of({a: self.marks[a, m, code] for a in self.apps if (a, m, code) in self.marks})
                for m in self.members
            }
            return self.rank_total(by_member, app)
        numbers = self.column(app, code)
        most = max(len(self.column(a, code)) for a in self.apps)
        return one_from_many(self.how, "mean" if method == "rank_sum" else method, numbers, most) if numbers else None

    def rank_total(self, by_member: dict[str, dict[str, Fraction]], app: str) -> Fraction | None:
        given = [ranks[app] for ranks in by_member.values() if app in ranks]
        if not given:
            return None
        most = max(sum(a in ranks for ranks in by_member.values()) for a in self.apps)
        return sum(given) * Fraction(most, len(given)) if self.how["uneven"] == "scale" else Fraction(sum(given))

    def own_total(self, app: str, member: str, exact: bool) -> Fraction | None:
        if any((app, member, c) not in self.marks for c in self.codes):
            return None
        return sum((self.weigh(c, self.marks[app, member, c], exact) for c in self.codes), Fraction(0))

    def total(self, app: str, method: str, exact: bool = False) -> Fraction | None:
        if self.how["level"] == "criterion":
            parts = []
            for code in self.codes:
                value = self.value(app, code, method)
                if value is None:
                    return None
                parts.append(self.weigh(code, as_rounded(value, None if exact else self.stage("criterion")), exact))
            total: Fraction | None = sum(parts, Fraction(0))
        else:
            own = {
                m: {a: t for a in self.apps if (t := self.own_total(a, m, exact)) is not None} for m in self.members
            }
            if method == "rank_sum":
                total = self.rank_total({m: ranks_of(mine) for m, mine in own.items()}, app)
            else:
                numbers = [mine[app] for mine in own.values() if app in mine]
                most = max(sum(a in mine for mine in own.values()) for a in self.apps)
                total = one_from_many(self.how, method, numbers, most) if numbers else None
        return total if total is None or exact else as_rounded(total, self.stage("total"))

    def sheets(self, app: str) -> int:
        if self.how["level"] == "total":
            return sum(self.own_total(app, m, True) is not None for m in self.members)
        return min(len(self.column(app, code)) for code in self.codes)

    def qualifies(self, app: str) -> bool:
        total = self.total(app, self.how["method"])
        if self.sheets(app) < max(1, self.rule["quorum"]) or total is None:
            return False
        for c in self.rule["criteria"]:
            if "minimum" not in c:
                continue
            if self.how["method"] in {"sum", "rank_sum"}:
                numbers = self.column(app, c["code"])
                value = sum(numbers) / Fraction(len(numbers))
            else:
                found = self.value(app, c["code"], self.how["method"])
                assert found is not None
                value = as_rounded(found, self.stage("criterion"))
            if value < Fraction(c["minimum"]):
                return False
        return "threshold" not in self.rule or total >= Fraction(self.rule["threshold"])

    def sort_key(self, app: str, link: dict[str, Any]) -> Fraction:
        """Lowest first."""
        if link["by"] == "aggregate":
            value = self.total(app, link["method"], exact=True)
            assert value is not None
            return value if link["method"] == "rank_sum" else -value
        found = self.value(app, link["code"], self.how["method"])
        assert found is not None
        value = as_rounded(found, self.stage("criterion"))
        lowest = self.how["method"] == "rank_sum" and self.how["level"] == "criterion"
        return value if lowest else -value

    def groups(self, key: str | None) -> list[list[str]]:
        """The ranking: groups of equals, best first."""
        good = [a for a in self.apps if self.qualifies(a)]
        totals = {a: self.total(a, self.how["method"]) for a in good}
        sign = 1 if self.how["method"] == "rank_sum" else -1
        groups = split(good, {a: sign * t for a, t in totals.items() if t is not None})
        for link in self.rule["ties"]:
            if link["by"] == "preference":
                continue
            if link["by"] == "draw":
                groups = groups if key is None else [[a] for g in groups for a in drawn(g, key)]
            else:
                groups = [p for g in groups for p in split(g, {a: self.sort_key(a, link) for a in g})]
        return groups


def split(apps: list[str], keys: dict[str, Fraction]) -> list[list[str]]:
    return [sorted(a for a in apps if keys[a] == k) for k in sorted({keys[a] for a in apps})]


def drawn(group: list[str], key: str) -> list[str]:
    left, out = sorted(group), []
    for i in range(len(group)):
        two = bytes([i // 256, i % 256])
        number = int(hashlib.sha256(two + key.encode() + two).hexdigest(), 16)
        out.append(left.pop(number % len(left)))
    return out
