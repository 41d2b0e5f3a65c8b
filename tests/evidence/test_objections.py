"""The check follows every objection: its periods are counted anew, its acts held against the rules, its texts there.

One round is quarrelled over in every way; then the office tells each part of it otherwise, in a well-signed log.
"""

import json
from collections.abc import Callable
from decimal import Decimal
from hashlib import sha256
from typing import Any

import pytest
import rfc8785

from procurement.db import make_engine, transaction
from procurement.evidence.bundle import Bundle, ndjson, unpack
from procurement.evidence.check import check
from procurement.evidence.facts import Fact, Outcome
from procurement.objections import actions, pausing
from procurement.objections.limits import note_limit, unnoted
from procurement.objections.outside import Outcome as Outside
from procurement.objections.rules import Detail, Effect, Remedy, Step
from tests.conftest import MovableClock
from tests.evidence.conftest import Body, failing, gathered, retold
from tests.evidence.test_check import earlier, of_kind, shorter
from tests.scoring.conftest import STAGES, Store, moved
from tests.worlds.objections import (
    REASONS,
    admitted,
    against_result,
    answered,
    asked,
    correcting,
    decided_outside,
    escalated,
    heard,
    held,
    objected,
    paused,
    resumed,
    ruled,
    supplemented,
    suspended,
)
from tests.worlds.scoring import ScoringWorld
from tests.worlds.tampering import act


def quarrel(world: ScoringWorld) -> ScoringWorld:
    """Four objections: O01 has its clock stopped and is dismissed late after a hold; O02 is supplemented, frozen to
    its limit and decided outside; O03 is withdrawn; O04 is upheld in time."""
    clock, merchant = world.clock, world.applied.merchants[2]
    first = admitted(world, objected(world, against_result(Remedy.EXCLUDE, Detail(world.refs[0]))))
    second = asked(world, objected(world, correcting(world, 1, "M1", "quality", "5"), by=merchant))
    third = objected(world, correcting(world, 0, "M1", "quality", "5"), by=merchant)
    fourth = answered(world, objected(world, correcting(world, 0, "M1", "quality", "7"), by=merchant))
    clock.advance(hours=1)
    mark = Detail(world.refs[0], "M1", "quality", Decimal(7))
    ruled(world, fourth, Step.UPHELD, Effect(Remedy.CORRECT_SCORE, mark))
    heard(world, first)
    act(world.engine, merchant, actions.withdraw, now=clock(), ref=third)
    paused(world, first)
    clock.advance(days=1)
    act(world.engine, world.supervisor, pausing.end_pause, now=clock(), ref=first)
    admitted(world, supplemented(world, second, by=merchant))
    held(world)
    clock.advance(days=2)
    resumed(world)
    clock.advance(days=20)
    act(world.engine, world.organiser, actions.answer, now=clock(), ref=first, text=REASONS)
    clock.advance(days=30)
    ruled(world, first, Step.DISMISSED)
    clock.advance(days=30)
    with transaction(world.engine) as session:
        for ref in unnoted(session, now=clock()):
            note_limit(session, now=clock(), ref=ref)
    suspended(world, escalated(world, second), world.supervisor)
    decided_outside(world, second, world.supervisor, Outside.DISMISSED)
    return world


STAGES["quarrelled"] = ("noticed", quarrel)


@pytest.fixture(scope="module")
def bundle(store: Store, tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    """The evidence of that round."""
    source, built, now = store.template("sqlite", "quarrelled")
    folder = tmp_path_factory.mktemp("quarrelled")
    engine = make_engine(store.copy("sqlite", source, folder / "sunlit.db")[1])
    assert now is not None
    world = moved(built, engine, MovableClock(now))
    content = gathered(world, folder)
    engine.dispose()
    return unpack(content)


def fact(bundle: Bundle, code: str) -> Fact:
    (found,) = [fact for fact in check(bundle).facts if fact.code == code]
    return found


def about(bundle: Bundle, code: str) -> list[str]:
    """The details of a fact, as a shell prints them."""
    return [str(problem) for problem in fact(bundle, code).details]


def test_a_round_that_was_quarrelled_over_holds(bundle: Bundle) -> None:
    assert [one for one in check(bundle).facts if one.outcome is Outcome.FAILS] == []


def test_who_was_late_is_told_and_fails_nothing(bundle: Bundle) -> None:
    """The answer's seven working days from 18 March: the 19th fell to the pause, the 19th and 20th to the hold."""
    told = fact(bundle, "objection_delays")
    assert told.outcome is Outcome.HOLDS
    assert about(bundle, "objection_delays") == [
        "R2026-001-O01 was answered 2026-04-09 17:01:00+00:00; the answer was due by 2026-03-31 16:00:00+00:00.",
        "R2026-001-O01 was ruled on 2026-05-09 17:01:00+00:00; the ruling was due by 2026-04-24 16:00:00+00:00.",
    ]


Change = Callable[[list[Body]], list[Body]]


def of(bodies: list[Body], kind: str, number: int) -> Body:
    """The entry of a kind about the objection with a number."""
    return next(body for body in of_kind(bodies, kind) if body["data"]["objection"].endswith(f"-O0{number}"))


def telling(kind: str, number: int, edit: Callable[[Body], Any]) -> Change:
    def change(bodies: list[Body]) -> list[Body]:
        edit(of(bodies, kind, number))
        return bodies

    return change


def without(kind: str, number: int) -> Change:
    return lambda bodies: [body for body in bodies if body is not of(bodies, kind, number)]


def moved_to(kind: str, number: int, after: str, *, of_number: int, **later: float) -> Change:
    """An entry comes right after another instead, at its time or `later`."""

    def change(bodies: list[Body]) -> list[Body]:
        body, anchor = of(bodies, kind, number), of(bodies, after, of_number)
        rest = [one for one in bodies if one is not body]
        body["at"] = earlier(anchor["at"], **{unit: -by for unit, by in later.items()})
        rest.insert(rest.index(anchor) + 1, body)
        return rest

    return change


def said(**data: Any) -> Callable[[Body], None]:
    return lambda body: body["data"].update(data)


@pytest.mark.parametrize(
    ("kind", "number", "field"),
    [
        ("objection.filed", 1, "due"),
        ("objection.admitted", 1, "due"),
        ("objection.admitted", 1, "limit"),
        ("objection.answered", 1, "due"),
        ("objection.third_party_told", 1, "due"),
        ("objection.paused", 1, "due"),
        ("objection.supplement_asked", 2, "due"),
        ("objection.limit_reached", 2, "since"),
        ("objection.escalated", 2, "due"),
        ("objection.award_suspended", 2, "until"),
    ],
)
@pytest.mark.parametrize("by", [{"days": 1}, {"microseconds": 1}, {"microseconds": -1}])
def test_every_period_is_counted_anew(
    bundle: Bundle, kind: str, number: int, field: str, by: dict[str, float]
) -> None:
    told = retold(bundle, telling(kind, number, lambda body: shorter(body, field, **by)))
    assert failing(told) - {"phases"} == {"objection_periods"}
    assert f"R2026-001-O0{number}" in about(told, "objection_periods")[0]


def test_an_order_that_nobody_gave_has_no_period(bundle: Bundle) -> None:
    told = retold(bundle, telling("objection.ruled", 4, said(due="2026-04-30T16:00:00Z")))
    assert failing(told) == {"objection_periods"}


@pytest.mark.parametrize(
    ("change", "why"),
    [
        # it was filed after its time, or on a ground that does not fit
        (telling("objection.filed", 1, said(target="call")), "R2026-001-O01 is on grounds"),
        (telling("objection.filed", 1, said(ground="nonsense")), "R2026-001-O01 is on grounds"),
        (moved_to("objection.filed", 3, "objection.answered", of_number=1), "R2026-001-O03 came when"),
        # it was answered or ruled on while somebody had time
        (moved_to("objection.ruled", 1, "objection.admitted", of_number=1), "The organiser may still answer"),
        (without("objection.third_party_answered", 4), "has been told of the objection and may still answer"),
        (telling("objection.ruled", 4, said(effect=None, application=None)), "Say what an upheld objection"),
        (telling("objection.ruled", 4, said(effect="end")), "This remedy does not fit"),
        (telling("objection.ruled", 4, said(outcome="nonsense")), "says something that the rules do not know"),
        (telling("objection.ruled", 1, said(effect="rerun")), "A dismissed objection brings nothing about"),
        # its clock was stopped twice, too long, without a reason, or ran already
        (telling("objection.paused", 1, said(days=31)), "Choose a number of working days from 1 to 30"),
        (telling("objection.paused", 1, said(number=2)), "its clock was stopped out of turn"),
        (telling("objection.paused", 1, said(why="held")), "its clock was stopped out of turn"),
        (without("objection.paused", 1), "its clock ran already"),
        (without("objection.supplement_asked", 2), "Nothing was asked for."),
        (moved_to("objection.admitted", 2, "objection.supplement_asked", of_number=2), "The clock stands still"),
        (
            moved_to("objection.supplemented", 2, "objection.third_party_answered", of_number=1, days=40),
            "The time for it is over",
        ),
        # a merchant was heard too late, or was never told
        (
            moved_to("objection.third_party_answered", 1, "objection.answered", of_number=1),
            "was heard when their time was over",
        ),
        (without("objection.third_party_told", 1), "was heard when their time was over"),
        # it went outside too early, or the authority stopped and decided what it did not have
        (moved_to("objection.limit_reached", 2, "objection.admitted", of_number=2), "had not reached its limit"),
        (moved_to("objection.escalated", 2, "objection.admitted", of_number=2), "One may turn to the outside"),
        (telling("objection.escalated", 2, said(complained_on="2026-03-18")), "The day lies between"),
        (without("objection.escalated", 2), "was stopped by no authority"),
        (without("objection.escalated", 2), "was decided by no authority"),
        (telling("objection.authority_decided", 2, said(settles=False)), "whether the authority's decision settles"),
        (telling("objection.authority_decided", 2, said(outcome="withdrawn")), "whether the authority's decision"),
        (telling("objection.authority_decided", 2, said(decided_on="2026-03-18")), "The day lies between"),
    ],
)
def test_what_could_not_be_done_then_is_caught(bundle: Bundle, change: Change, why: str) -> None:
    told = retold(bundle, change)
    assert "objection_acts" in failing(told)
    assert any(why in problem for problem in about(told, "objection_acts")), about(told, "objection_acts")


@pytest.mark.parametrize(
    "change",
    [
        without("objection.filed", 1),
        without("objection.admitted", 1),
        telling("objection.ruled", 1, said(outcome="admitted")),
        telling("objection.ruled", 1, said(objection="R2026-001-O03")),
        moved_to("objection.answered", 1, "objection.ruled", of_number=1),
    ],
)
def test_a_step_out_of_order_is_caught(bundle: Bundle, change: Change) -> None:
    assert "objections" in failing(retold(bundle, change))


@pytest.mark.parametrize("field", ["effect", "reopened"])
def test_a_course_that_nobody_can_follow_is_told_with_its_entry(bundle: Bundle, field: str) -> None:
    told = retold(bundle, telling("objection.ruled", 4, said(**{field: "nonsense"})))
    assert {"phases", "objection_acts"} <= failing(told)
    assert "entry " in about(told, "phases")[0]


@pytest.mark.parametrize(("last", "told"), [("2026-04-24T15:59:59Z", False), ("2026-04-24T16:00:00Z", True)])
def test_what_is_still_to_be_done_is_told(bundle: Bundle, last: str, told: bool) -> None:
    """Nobody has ruled; the record goes on to an instant before, and at, the end of the ruling's time."""

    def change(bodies: list[Body]) -> list[Body]:
        kept = [body for body in bodies if body["at"] < "2026-04-24"]
        return [*kept, of(bodies, "objection.withdrawn", 3) | {"at": last}]

    waits = "R2026-001-O01 still waits for a step that was due by 2026-04-24 16:00:00+00:00."
    assert (waits in about(retold(bundle, change), "objection_delays")) is told


@pytest.mark.parametrize(("hours", "late"), [(-1 / 3600, False), (0, True)])
def test_a_period_ends_at_its_last_instant(bundle: Bundle, hours: float, late: bool) -> None:
    """Admissible by 23 March, the end of the day in Shanghai: at that instant it is too late."""
    due = earlier("2026-03-23T16:00:00Z", hours=-hours)

    def change(bodies: list[Body]) -> list[Body]:
        """The one that was admitted first is found inadmissible then, and nothing else comes of it."""
        ref = "R2026-001-O01"
        kept = [body for body in bodies if body["data"].get("objection") != ref or body["kind"] == "objection.filed"]
        found = of(bodies, "objection.admitted", 1)
        data = {"objection": ref, "reason": "repeated", "text": "0" * 64, "document": "0" * 64}
        found |= {"kind": "objection.inadmissible", "at": due, "data": data}
        place = next(n for n, body in enumerate(kept) if body["at"] > due)
        return [*kept[:place], found, *kept[place:]]

    # Without the hold, which would have moved the end by two days.
    told = retold(
        bundle, lambda bodies: [b for b in change(bodies) if b["kind"] not in ("round.held", "round.resumed")]
    )
    assert any("Whether R2026-001-O01" in line for line in about(told, "objection_delays")) is late


# --- texts --------------------------------------------------------------------------------------------------------


def texts(bundle: Bundle) -> list[dict[str, str]]:
    return [json.loads(line) for line in bundle.files["texts.ndjson"].splitlines()]


def test_every_text_about_an_objection_is_in_the_file(bundle: Bundle) -> None:
    """One text away, and what named it is named."""
    named: set[str] = set()
    for entry in bundle.entries():
        body = json.loads(entry.body)
        if body["kind"].startswith("objection."):
            named |= {body["data"].get(field) for field in ("argument", "text", "document")} - {None}
    lines = texts(bundle)
    assert named <= {line["sha256"] for line in lines}
    assert len(lines) == len({line["sha256"] for line in lines}), "each once"
    for gone in sorted(named):
        kept = ndjson(line for line in lines if line["sha256"] != gone)
        found = failing(retold(bundle, lambda bodies: bodies, **{"texts.ndjson": kept}))
        assert found - {"corrections"} == {"objection_texts"}  # a ruling's text is a correction's reason as well


def test_a_text_that_no_entry_names_is_caught(bundle: Bundle) -> None:
    text = "Nobody has entered this."
    lines = [*texts(bundle), {"sha256": sha256(text.encode()).hexdigest(), "text": text}]
    assert failing(retold(bundle, lambda bodies: bodies, **{"texts.ndjson": ndjson(lines)})) == {"texts"}


@pytest.mark.parametrize("part", ["objection", "text", "outcome", "reopened", "nonsense"])
def test_a_paper_that_says_something_else_is_caught(bundle: Bundle, part: str) -> None:
    """The office writes a ruling of another sort than the one it enters, and enters its hash."""
    bodies = [json.loads(entry.body) for entry in bundle.entries()]
    digest = of(bodies, "objection.ruled", 1)["data"]["document"]
    paper = next(json.loads(line["text"]) for line in texts(bundle) if line["sha256"] == digest)
    written = b"[]" if part == "nonsense" else rfc8785.dumps(paper | {part: "upheld"})
    entered = sha256(written).hexdigest()
    lines = [line for line in texts(bundle) if line["sha256"] != digest]
    lines.append({"sha256": entered, "text": written.decode()})
    told = retold(bundle, telling("objection.ruled", 1, said(document=entered)), **{"texts.ndjson": ndjson(lines)})
    assert failing(told) == {"objection_texts"}
