"""The draw in an evidence file: it is recomputed, and whatever an office changes about it is caught and named."""

import json
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine

from procurement.committee.draw_queries import draw_file
from procurement.db import make_engine, reading
from procurement.errors import RuleBroken
from procurement.evidence.bundle import DISCLOSURES, Bundle, unpack
from procurement.evidence.check import check
from procurement.evidence.draw_file import read_draws
from procurement.evidence.facts import Outcome
from tests.committee.stages import named, store
from tests.conftest import MovableClock, close
from tests.evidence.conftest import Body, failing, gathered, holding, repacked, retold
from tests.scoring.conftest import Store as Stages
from tests.worlds.draws import DrawWorld, announced_round, drawable_round
from tests.worlds.people import people

__all__ = ["named", "store"]

Change = Callable[[Body], None]


@pytest.fixture
def database(store: Stages, tmp_path: Path) -> str:
    source, _, _ = store.template("sqlite", "named")
    return store.copy("sqlite", source, tmp_path / "sunlit.db")[1]


@pytest.fixture
def begun(named: DrawWorld, tmp_path: Path) -> Bundle:
    """Drawn, begun, and named; the evidence of it."""
    return unpack(gathered(named, tmp_path))  # type: ignore[arg-type]


def unknown(bundle: Bundle) -> set[str]:
    return {fact.code for fact in check(bundle).facts if fact.outcome is Outcome.UNKNOWN}


def test_a_drawn_committee_holds_and_its_lottery_is_to_be_looked_up(begun: Bundle) -> None:
    assert failing(begun) == set()
    assert {"committee_draw", "names", "committee", "phases"} <= holding(begun)
    assert "draw_source" in unknown(begun)
    (lookup,) = [fact for fact in check(begun).facts if fact.code == "draw_source"]
    assert "双色球 红球 2026031" in str(lookup.details[0])
    lines = [json.loads(line) for line in begun.files[DISCLOSURES].splitlines()]
    assert {line["field"] for line in lines} == {"name", "employer", "pool"}
    assert {line["member"] for line in lines if line["field"] == "pool"} == {"M2", "M3", "M4", "M5"}


def of_kind(kind: str, change: Change, *, nth: int = 0) -> Callable[[list[Body]], list[Body]]:
    """A change of the data of the nth entry of that kind."""

    def changed(bodies: list[Body]) -> list[Body]:
        change([body for body in bodies if body["kind"] == kind][nth])
        return bodies

    return changed


def data(**values: Any) -> Change:
    return lambda body: body["data"].update(values)


def swapped(body: Body) -> None:
    order = body["data"]["lots"][0]["order"]
    order[0], order[1] = order[1], order[0]


def shortened(body: Body) -> None:
    body["data"]["lots"][0]["order"].pop()


def later(body: Body) -> None:
    exists = datetime.fromisoformat(body["at"]) + timedelta(minutes=10)
    body["data"]["exists_at"] = exists.isoformat().replace("+00:00", "Z")


def by_organiser(body: Body) -> None:
    body["by"]["role"] = "organiser"


def without(kind: str) -> Callable[[list[Body]], list[Body]]:
    return lambda bodies: [body for body in bodies if body["kind"] != kind]


def twice(kind: str) -> Callable[[list[Body]], list[Body]]:
    def changed(bodies: list[Body]) -> Iterator[Body]:
        for body in bodies:
            yield body
            if body["kind"] == kind:
                again = json.loads(json.dumps(body))
                again["data"]["number"] += 1
                yield again

    return lambda bodies: list(changed(bodies))


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (of_kind("committee.drawn", swapped), "drawn again, is another one"),
        (of_kind("committee.drawn", shortened), "another length"),
        (of_kind("committee.drawn", data(key="2.5.9.17.28.32./11./")), "drawn again"),
        (of_kind("committee.drawn", data(key="2.5.9.17.28.34./11./")), "from 1 to 33"),
        (of_kind("committee.drawn", data(key="9.2.5.17.28.33./11./")), "as RFC 3797 has it"),
        (of_kind("committee.drawn", data(key="nonsense")), "as RFC 3797 has it"),
        (of_kind("committee.draw_announced", later), "or nearly so"),
        (of_kind("committee.draw_announced", data(number=2)), ""),
        (of_kind("committee.draw_announced", data(algorithm="dice")), "not known here"),
        (of_kind("committee.lottery_read", by_organiser, nth=1), "by an organiser and by a supervisor"),
        (without("committee.lottery_read"), "by an organiser and by a supervisor"),
        (twice("committee.draw_announced"), "another one was in force"),
        (without("committee.draw_announced"), "comes from no draw"),
        (of_kind("committee.appointed", data(drawn=None), nth=1), "not seated in the way"),
        (of_kind("committee.appointed", data(drawn={"draw": 1, "lot": 1, "place": 5}), nth=1), "Place"),
        (of_kind("committee.appointed", data(kind_of="consumer"), nth=1), "no expert"),
    ],
)
def test_whatever_the_office_changes_about_the_draw_is_caught(
    begun: Bundle, change: Callable[[list[Body]], list[Body]], says: str
) -> None:
    report = check(retold(begun, change))
    (fact,) = [fact for fact in report.facts if fact.code == "committee_draw"]
    assert fact.outcome is Outcome.FAILS
    assert says in " ".join(str(problem) for problem in fact.details)


def test_another_name_is_caught(begun: Bundle) -> None:
    lines = begun.files[DISCLOSURES]
    for old, new in ((b"Expert Nr", b"Cousin Nr"), (b'"member":"M2"', b'"member":"M3"')):
        assert failing(repacked(begun, **{DISCLOSURES: lines.replace(old, new, 1)})) == {"names"}
    assert failing(repacked(begun, **{DISCLOSURES: b'{"member":"M1"}\n'})) == {"names"}


def test_a_draw_that_waits_cannot_be_told(tmp_path: Path, migrated_sqlite: Path, clock: MovableClock) -> None:
    engine = _engine(tmp_path, migrated_sqlite)
    world = announced_round(drawable_round(people(engine, clock()), clock))
    bundle = unpack(gathered(world, tmp_path))  # type: ignore[arg-type]
    assert failing(bundle) == set()
    assert "committee_draw" in unknown(bundle)
    assert DISCLOSURES not in bundle.files, "names are not public"
    close(engine)


def _engine(folder: Path, template: Path) -> Engine:
    path = folder / "waiting.db"
    path.write_bytes(template.read_bytes())
    return make_engine(f"sqlite:///{path}")


def test_the_file_of_the_page_is_retraced_in_the_same_way(named: DrawWorld) -> None:
    with reading(named.engine) as session:
        content = draw_file(session, named.ref).encode()
    (draw,) = read_draws(content)
    assert draw.problems == []
    assert [turn.seated for turn in draw.lots[0].turns] == ["M2", "M3", "M4"]
    assert len(draw.lots[0].waiting) == 2
    for broken in (b"{}", b"PK", b'{"entries":[]}', content.replace(b'"committee.drawn"', b'"committee.dawn"')):
        with pytest.raises(RuleBroken):
            read_draws(broken)


def _asked(code: str) -> Body:
    salted = "A" * 43
    data = {
        "observer": code,
        "kind_of": "citizen",
        "name": salted,
        "contact": salted,
        "outlet": salted,
        "listed": False,
    }
    return {"kind": "observers.asked", "data": data}


def _admitted(code: str) -> Body:
    return {"kind": "observers.admitted", "data": {"observer": code, "drawn": None}}


@pytest.mark.parametrize(
    ("told", "fails"),
    [
        ([_asked("O1"), _admitted("O1"), _asked("O2"), _admitted("O2")], False),
        ([_asked("O1"), _asked("O2"), _admitted("O2")], True),
        ([_admitted("O1")], True),
        ([part for n in range(1, 5) for part in (_asked(f"O{n}"), _admitted(f"O{n}"))], True),
        ([part for n in range(1, 4) for part in (_asked(f"O{n}"), _admitted(f"O{n}"))], False),
    ],
)
def test_an_observers_seat_that_was_anothers_is_caught(begun: Bundle, told: list[Body], fails: bool) -> None:
    """The rules of the round give three seats, and who asks first gets one."""

    def changed(bodies: list[Body]) -> list[Body]:
        about = {name: bodies[-1][name] for name in ("v", "at", "round")}
        by = {"person": None, "role": "system"}
        return bodies + [about | {"by": by} | one for one in told]

    assert ("observers" in failing(retold(begun, changed))) is fails
