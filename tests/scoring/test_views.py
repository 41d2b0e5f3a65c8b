"""Scoring through its pages, as people without JavaScript use them."""

import json
import re
from html import unescape

import pytest
from flask import Flask
from sqlalchemy import event

from procurement.db import reading
from procurement.rounds.scoring_rule import ScoringRule
from procurement.scoring import queries
from procurement.scoring.score_file import read_scores
from procurement.scoring.tally import tally
from tests.visiting import Visitor, text_of
from tests.worlds.applications import AppliedWorld
from tests.worlds.people import Person
from tests.worlds.scoring import SECRET, ScoringWorld, opened_round, save, scored_round


def visitor(app: Flask, world: ScoringWorld, person: Person | None = None) -> Visitor:
    client = app.test_client()
    return Visitor(client if person is None else person.enter(client, world.clock()))


FILLED = {
    "value-quality": "8.5",
    "reason-quality": "Tested twice.",
    "value-service": "7",
    "reason-service": "Answers within a day.",
}


def test_a_member_scores_reads_back_and_seals(app: Flask, scoring: ScoringWorld) -> None:
    visit = visitor(app, scoring, scoring.member("M1"))
    tasks = visit.get("/en/my-sheets/")
    assert "0 of 3 sheets sealed." in text_of(tasks)
    assert text_of(tasks).count("Not scored yet") == 3
    ref = scoring.refs[0]
    page = visit.get(f"/en/my-sheets/{ref}")
    assert "Nobody but you can read this sheet" in text_of(page)
    assert "Nothing" in text_of(page)  # the anchor of the lowest mark
    told = text_of(page)
    assert "What the merchant submitted" in told  # beside the form, private answers too: members read all of it
    assert "0 of 3 of your sheets are sealed." in told
    assert f"/applications/{ref}/files/" in page.text
    half = visit.send(f"/en/my-sheets/{ref}", **{"value-quality": "8.5", "read": "1"})
    assert (half.status_code, half.location) == (303, f"/en/my-sheets/{ref}/seal")
    lacking = visit.get(half.location)
    assert "This sheet is not complete." in text_of(lacking)
    assert "Seal this sheet" not in text_of(lacking)
    visit.send(f"/en/my-sheets/{ref}", **FILLED, read="1")
    back = visit.get(f"/en/my-sheets/{ref}/seal")
    assert "Tested twice." in text_of(back)
    seen = re.search(r'name="seen" value="([0-9a-f]{64})"', back.text)
    assert seen
    sealed = visit.send(f"/en/my-sheets/{ref}/seal", seen=seen[1])
    assert (sealed.status_code, sealed.location) == (303, f"/en/my-sheets/{ref}/receipt")
    receipt = text_of(visit.get(sealed.location))
    with reading(scoring.engine) as session:
        own = queries.own_sheet(session, actor=scoring.member("M1").now(session), now=scoring.clock(), ref=ref)
    assert own.commitment
    assert own.nonce
    assert own.commitment in receipt
    assert own.nonce in receipt
    assert "1 of 3 sheets sealed." in text_of(visit.get("/en/my-sheets/"))
    assert visit.get(f"/en/my-sheets/{ref}", status=303).location == f"/en/my-sheets/{ref}/receipt"


def test_what_was_typed_wrongly_is_shown_again_with_its_fault(app: Flask, scoring: ScoringWorld) -> None:
    visit = visitor(app, scoring, scoring.member("M1"))
    page = visit.send(f"/en/my-sheets/{scoring.refs[0]}", status=422, **(FILLED | {"value-quality": "8.3"}))
    assert "8.3 is not on a step of 0.5 from 0" in text_of(page)
    assert 'value="8.3"' in page.text
    assert "Tested twice." in page.text
    assert 'href="#value-quality"' in page.text


def test_a_sheet_is_saved_while_one_types_and_never_over_another_window(app: Flask, scoring: ScoringWorld) -> None:
    visit = visitor(app, scoring, scoring.member("M1"))
    path = f"/en/my-sheets/{scoring.refs[0]}"
    first = re.search(r'name="seen" value="([0-9a-f]{64})"', visit.get(path).text)
    assert first
    told = visit.types(path, **{"value-quality": "8.5"})
    assert re.fullmatch(r"Saved at \d\d:\d\d\.", told["say"])
    page = visit.get(path).text
    assert 'value="8.5"' in page
    assert f'name="seen" value="{told["seen"]}"' in page
    refused = visit.types(path, status=422, **{"value-quality": "8.3"})
    assert "8.3 is not on a step of 0.5 from 0" in refused["say"]
    late = {"seen": first[1], "value-quality": "2"}
    assert "saved in another window" in visit.types(path, status=422, **late)["say"]
    shown = visit.send(path, status=422, **late)
    assert "saved in another window" in text_of(shown)
    assert f'name="seen" value="{told["seen"]}"' in shown.text, "the next press puts it in place"
    assert 'value="8.5"' in visit.get(path).text


def test_a_sheet_that_changed_after_reading_back_is_not_sealed(app: Flask, scoring: ScoringWorld) -> None:
    save(scoring, "M1", 0)
    visit = visitor(app, scoring, scoring.member("M1"))
    page = visit.send(f"/en/my-sheets/{scoring.refs[0]}/seal", status=422, seen="0" * 64)
    assert "This sheet has changed since you read it back." in text_of(page)


def test_a_recused_member_sees_that_there_is_no_sheet(app: Flask, scoring: ScoringWorld) -> None:
    visit = visitor(app, scoring, scoring.member("M2"))
    assert "Recused" in text_of(visit.get("/en/my-sheets/"))
    assert "recused" in text_of(visit.get(f"/en/my-sheets/{scoring.refs[1]}", status=403))


def test_the_organiser_sees_who_is_late_and_opens_all_at_once(app: Flask, scoring: ScoringWorld) -> None:
    world = scored_round(scoring, but=(("M3", 2),))
    visit = visitor(app, world, world.organiser)
    page = visit.get(f"/en/rounds/{world.ref}/scoring")
    assert "13 of 14 sheets sealed." in text_of(page)
    assert "2 of 3" in text_of(page)
    assert SECRET not in page.text
    early = visit.get(f"/en/rounds/{world.ref}/open-scores")
    assert "Open all sheets and compute" not in text_of(early)
    closes = world.applied.round.course.scoring_closes
    assert closes is not None
    world.clock.move_to(closes)
    visit = visitor(app, world, world.organiser)
    confirm = visit.get(f"/en/rounds/{world.ref}/open-scores")
    assert f"M3, {world.refs[2]}" in text_of(confirm)
    opened = visit.send(f"/en/rounds/{world.ref}/open-scores")
    assert (opened.status_code, opened.location) == (303, f"/en/rounds/{world.ref}/scores")
    matrix = text_of(visit.get(f"/en/rounds/{world.ref}/scores/{world.refs[2]}"))
    assert "did not score" in matrix


def test_sealed_scores_are_nowhere_to_be_read(app: Flask, sealed: ScoringWorld) -> None:
    ref, paths = sealed.ref, ["/rounds/{}/scores.csv", "/rounds/{}/tally.json"]
    people = [None, sealed.organiser, sealed.supervisor, sealed.applied.people.official, sealed.member("M2")]
    for person in people:
        visit = visitor(app, sealed, person)
        for path in paths:
            visit.get(path.format(ref), status=404)
        assert SECRET not in visit.get(f"/en/rounds/{ref}/scores").text
        visit.get(f"/en/rounds/{ref}/scores/{sealed.refs[0]}", status=404)
    own = visitor(app, sealed, sealed.member("M1")).get(f"/en/my-sheets/{sealed.refs[0]}/receipt")
    assert f"{SECRET} M1" in own.text
    other = visitor(app, sealed, sealed.member("M2")).get(f"/en/my-sheets/{sealed.refs[0]}/receipt")
    assert f"{SECRET} M1" not in other.text
    progress = visitor(app, sealed, sealed.organiser).get(f"/en/rounds/{ref}/scoring")
    assert SECRET not in progress.text


@pytest.mark.parametrize("language", ["en", "zh"])
def test_everybody_reads_the_ranking_every_mark_and_the_arithmetic(
    app: Flask, opened: ScoringWorld, language: str
) -> None:
    visit = visitor(app, opened)
    ranking = text_of(visit.get(f"/{language}/rounds/{opened.ref}/scores"))
    assert "75.80" in ranking
    assert "60.25" in ranking
    page = visit.get(f"/{language}/rounds/{opened.ref}/scores/{opened.refs[1]}")
    words = unescape(text_of(page))
    assert "(6 + 5 + 6 + 6.5) ÷ 4 = 5.875" in words
    assert "60 × 5.875 ÷ 10 = 35.25" in words
    assert f"Quality {SECRET} M3" in words
    assert ("recused: employment" if language == "en" else "回避") in words
    assert language == "en" or not re.search(r"[Rr]ecused|[Aa]rithmetic|Together", words)


def test_what_is_published_gives_the_published_result(app: Flask, opened: ScoringWorld) -> None:
    visit = visitor(app, opened)
    rule = ScoringRule.from_json(json.loads(visit.get(f"/rounds/{opened.ref}/rules.json").text))
    scores = visit.get(f"/rounds/{opened.ref}/scores.csv")
    assert scores.headers["Content-Type"] == "text/csv; charset=utf-8"
    again = tally(rule, read_scores(scores.get_data(), rule))
    assert again.to_json() == json.loads(visit.get(f"/rounds/{opened.ref}/tally.json").text)["result"]


def test_the_rule_is_public_as_soon_as_the_round_is(app: Flask, scoring: ScoringWorld) -> None:
    rule = json.loads(visitor(app, scoring).get(f"/rounds/{scoring.ref}/rules.json").text)
    assert rule["combine"] == "share_of_weight"


def test_a_member_corrects_a_mark_in_public(app: Flask, opened: ScoringWorld) -> None:
    visit = visitor(app, opened, opened.member("M1"))
    address = f"/en/my-sheets/{opened.refs[2]}/correct"
    filled = {"criterion": "service", "value": "9", "ground": "arithmetic", "reason": "Figures were swapped."}
    filled["calculation"] = "4 + 5"
    refused = visit.send(address, status=422, **(filled | {"value": "nine"}))
    assert "Write the mark in plain digits" in text_of(refused)
    unheard = visit.send(address, status=422, **(filled | {"calculation": "2 + 7"}))
    assert "2 does not stand in the reason that was sealed" in text_of(unheard)
    done = visit.send(address, **filled)
    assert (done.status_code, done.location) == (303, f"/en/rounds/{opened.ref}/scores")
    page = text_of(visit.get(f"/en/rounds/{opened.ref}/scores/{opened.refs[2]}"))
    assert "from 4 to 9. Ground: arithmetic error. Figures were swapped. Calculation: 4 + 5 = 9" in page
    runs = text_of(visit.get(f"/en/rounds/{opened.ref}/scores"))
    assert "a mark was corrected" in runs


def test_the_organiser_announces_the_draw_for_a_tie(app: Flask, scoring: ScoringWorld) -> None:
    equal = {f"M{n}": [("8", "7"), ("8", "7"), ("9", "4")] for n in range(1, 6)}
    world = opened_round(scored_round(scoring, equal))
    visit = visitor(app, world, world.organiser)
    address = f"/en/rounds/{world.ref}/tie-draw"
    assert "Announce the draw" in text_of(visit.get(address))
    visit.send(address)
    page = text_of(visit.get(address))
    assert "drand quicknet" in page
    refused = visit.send(address, signature="00", status=422)
    assert "does not exist yet" in text_of(refused)
    assert "Still tied:" in text_of(visit.get(f"/en/rounds/{world.ref}/scores"))


def test_pages_ask_the_database_as_often_for_three_as_for_one(app: Flask, opened: ScoringWorld) -> None:
    engine = app.extensions["sunlit"].engine
    statements: list[str] = []
    event.listen(engine, "before_cursor_execute", lambda *call: statements.append(call[2]))
    visit = visitor(app, opened)

    def asked(path: str) -> int:
        statements.clear()
        visit.get(path)
        return len(statements)

    assert asked(f"/en/rounds/{opened.ref}/scores") <= 14
    counts = {asked(f"/en/rounds/{opened.ref}/scores/{ref}") for ref in opened.refs}
    assert len(counts) == 1
    assert counts.pop() <= 22


def test_a_natural_person_is_masked_where_everybody_reads(app: Flask, opened: ScoringWorld) -> None:
    with reading(opened.engine) as session:
        names = {a.merchant for a in queries.applicants_of(session, opened.id)}
        shown = set(queries.public_result(session, ref=opened.ref).merchants.values())
    hidden = names - shown
    assert hidden, "the world has an applicant whose name is masked"
    visit = visitor(app, opened)
    pages = [visit.get(f"/zh/rounds/{opened.ref}/scores").text]
    pages += [visit.get(f"/zh/rounds/{opened.ref}/scores/{ref}").text for ref in opened.refs]
    assert not [name for name in hidden for page in pages if name in page]


def test_the_board_says_who_is_late_and_when_scores_can_be_opened(app: Flask, scoring: ScoringWorld) -> None:
    address = f"/en/rounds/{scoring.ref}/board"
    scored_round(scoring, but=(("M3", 2), ("M3", 1)))
    board = visitor(app, scoring, scoring.organiser).get(address)
    assert "12 of 14 sheets sealed." in text_of(board)
    assert "Member Tri (M3) has 2 sheets left to seal." in text_of(board)
    assert "/open-scores" not in board.text
    closes = scoring.applied.round.course.scoring_closes
    assert closes is not None
    scoring.clock.move_to(closes)
    visit = visitor(app, scoring, scoring.organiser)
    assert "/open-scores" in visit.get(address).text
    opened_round(scoring)
    assert f"/en/rounds/{scoring.ref}/scores" in visit.get(address).text


def test_the_board_says_that_a_tie_waits(app: Flask, scoring: ScoringWorld) -> None:
    equal = {f"M{n}": [("8", "7"), ("8", "7"), ("9", "4")] for n in range(1, 6)}
    world = opened_round(scored_round(scoring, equal))
    visit = visitor(app, world, world.organiser)
    address = f"/en/rounds/{world.ref}/board"
    assert "A tie must be drawn before a result can be proposed." in text_of(visit.get(address))
    visit.send(f"/en/rounds/{world.ref}/tie-draw")
    assert "The draw can be made from" in text_of(visit.get(address))


def test_before_opening_the_page_says_when_scores_will_stand_there(app: Flask, scoring: ScoringWorld) -> None:
    visit = visitor(app, scoring)
    assert "The members score alone until" in text_of(visit.get(f"/en/rounds/{scoring.ref}/scores"))
    visit.get("/en/rounds/R1999-001/scores", status=404)


def test_before_scoring_there_is_nothing_to_read(app: Flask, checked: AppliedWorld) -> None:
    page = Visitor(app.test_client()).get(f"/en/rounds/{checked.ref}/scores")
    assert "Nothing is scored yet." in text_of(page)
