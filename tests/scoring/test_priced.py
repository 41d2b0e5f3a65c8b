"""A round whose rule asks for more than marks: prices, kinds of goods, earlier selections."""

import hashlib
import json
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

from flask import Flask
from sqlalchemy import select, update

import procurement.decisions.actions  # noqa: F401 (tells what was selected before)
from procurement.applications.models import ApplicationVersion
from procurement.db import reading
from procurement.evidence.bundle import Bundle, unpack
from procurement.evidence.check import check
from procurement.evidence.facts import Outcome
from procurement.publiclog.audit import audit, load_steps
from procurement.scoring import actions, queries
from procurement.scoring.facts import Facts
from procurement.scoring.results import read_tally, tally_text
from procurement.scoring.rules import Entered
from procurement.scoring.score_file import read_scores
from procurement.scoring.tally import tally
from tests.evidence.conftest import Body, gathered, retold
from tests.visiting import Visitor, text_of
from tests.worlds.scoring import ScoringWorld


def test_the_price_is_scored_by_the_system_and_a_cap_passes_over(priced: ScoringWorld) -> None:
    first, second, third = priced.refs
    result = priced.tally().result
    # Lowest 19.90 gets 10; 10 × 19.9 ÷ 39.8 = 5; 10 × 19.9 ÷ 29.85 = 20/3.
    assert [result.placed(ref).criteria["price"].value for ref in priced.refs] == [5, Fraction(20, 3), 10]
    assert {ref: result.placed(ref).criteria["price"].count for ref in priced.refs} == dict.fromkeys(priced.refs, 5)
    # 4 × 7.9 + 4 × 7.1 + 2 × 5 = 70; 4 × 8.8 + 4 × 4.1 + 20 = 71.6; 4 × 6 + 4 × 6.2 + 13.33 = 62.13
    placed = [(line.application, line.total_text, line.outcome) for line in result.ranking]
    assert placed == [
        (third, "71.60", "selected"),
        (first, "70.00", "not_selected"),
        (second, "62.13", "not_selected"),
    ]
    assert str(result.placed(first).passed_over).startswith("passed over: no more than 1 of the kind")
    steps = [step for step in result.steps(second) if step.what == "computed"]
    assert [step.expression for step in steps] == ["10 × 19.9 ÷ 29.85"]


def test_nobody_types_a_mark_that_is_computed(priced: ScoringWorld) -> None:
    with reading(priced.engine) as session:
        sheets = queries.opened_sheets(session, priced.id)
        rule = queries.rule_of(session, priced.id)
    assert {tuple(sheet.marks) for sheet in sheets} == {("quality", "service")}
    typed = {"quality": Entered("8"), "price": Entered("10")}
    _, problems = actions.read_sheet(rule, typed)
    assert [str(problem) for problem in problems] == ["There is no criterion “price” in this round."]


def test_what_is_published_gives_the_same_result_elsewhere(priced: ScoringWorld, app: Flask) -> None:
    visit = Visitor(app.test_client())
    page = visit.get(f"/en/rounds/{priced.ref}/scores")
    assert f"--facts {priced.ref}-facts.json" in text_of(page)
    assert "is passed over: no more than 1 of the kind" in text_of(page)
    facts = Facts.from_json(json.loads(visit.get(f"/rounds/{priced.ref}/facts.json").text))
    with reading(priced.engine) as session:
        rule = queries.public_rule(session, priced.ref)
        scores = queries.public_scores(session, priced.ref)
    again = tally(rule, read_scores(scores.encode(), rule), facts=facts)
    view = priced.tally()
    assert again.to_json(steps=True) == view.result.to_json(steps=True)
    computation, written = read_tally(view.text)
    assert computation.result().to_json() == written
    assert tally_text(computation, computation.result()) == view.text
    matrix = visit.get(f"/en/rounds/{priced.ref}/scores/{priced.refs[1]}")
    assert "computed from the lowest figure and its own" in text_of(matrix)


def outcome(bundle: Bundle, code: str) -> Outcome:
    return next(fact.outcome for fact in check(bundle).facts if fact.code == code)


def test_the_evidence_holds_the_prices_against_those_submitted(priced: ScoringWorld, tmp_path: Path) -> None:
    sound = unpack(gathered(priced, tmp_path))
    assert {code: outcome(sound, code) for code in ("tally", "prices", "earlier", "texts")} == {
        "tally": Outcome.HOLDS,
        "prices": Outcome.HOLDS,
        "earlier": Outcome.UNKNOWN,  # decisions of other rounds stand in other files
        "texts": Outcome.HOLDS,
    }
    # The office computes with another price, enters that result, and signs everything anew.
    computation, _ = read_tally(sound.text("tallies/1.json"))
    assert computation.facts is not None
    applied = dict(computation.facts.applications)
    applied[priced.refs[0]] = replace(applied[priced.refs[0]], figures={"price": Fraction(10)})
    other = replace(computation, facts=replace(computation.facts, applications=applied))
    text = tally_text(other, other.result())

    def with_that(bodies: list[Body]) -> list[Body]:
        for body in bodies:
            if body["kind"] == "scoring.tallied":
                body["data"]["tally"] = hashlib.sha256(text.encode()).hexdigest()
        return bodies

    told = retold(sound, with_that, **{"tallies/1.json": text.encode()})
    assert {code: outcome(told, code) for code in ("tally", "prices")} == {
        "tally": Outcome.HOLDS,
        "prices": Outcome.FAILS,
    }


def test_the_audit_holds_the_prices_against_the_log(priced: ScoringWorld) -> None:
    load_steps()
    with reading(priced.engine) as session:
        assert [str(finding) for finding in audit(session, None).findings] == []
    with priced.engine.connect() as connection:
        text = connection.execute(select(ApplicationVersion.document).limit(1)).scalar_one()
        changed = text.replace('"livestream":"39.8"', '"livestream":"9.8"')
        assert changed != text
        connection.execute(
            update(ApplicationVersion).where(ApplicationVersion.document == text).values(document=changed)
        )
        connection.exec_driver_sql("COMMIT")
    with reading(priced.engine) as session:
        assert any(str(found).startswith("application_version") for found in audit(session, None).findings)
