"""Notice and objections through HTTP: who sees and does what, and that nothing private shows."""

import io
import re
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from PIL import Image
from sqlalchemy import event

from procurement.objections.rules import Detail, Effect, Remedy, Step
from tests.objections.conftest import RefusedWorld
from tests.visiting import Visitor, text_of
from tests.worlds.objections import (
    ARGUMENT,
    REASONS,
    admitted,
    answered,
    correcting,
    heard,
    notice_closes,
    noticed_round,
    objected,
    order,
    ruled,
    view,
)
from tests.worlds.people import Person
from tests.worlds.scoring import ScoringWorld

FILING = {
    "ground": "not_as_evidenced",
    "argument": ARGUMENT,
    "remedy": "correct_score",
    "member": "M1",
    "criterion": "quality",
    "value": "5",
    "filer": "person",
    "name": "Li Xiaoming",
    "contact": "li@example.org",
}


def picture() -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (8, 8), "red").save(out, "PNG")
    return out.getvalue()


@pytest.fixture
def visitor(client: FlaskClient) -> Visitor:
    return Visitor(client)


def as_person(app: Flask, world: ScoringWorld, person: Person) -> Visitor:
    return Visitor(person.enter(app.test_client(), world.clock()))


# --- notice -------------------------------------------------------------------------------------------------------


def test_the_organiser_reads_the_proposal_and_gives_notice(app: Flask, opened: ScoringWorld) -> None:
    organiser = as_person(app, opened, opened.organiser)
    path = f"/en/rounds/{opened.ref}/notice"
    page = text_of(organiser.get(path))
    assert "石磨小米" in page
    assert "proposed" in page
    answer = organiser.send(path, tally=opened.tally().sha256, status=303)
    assert answer.location == f"/en/rounds/{opened.ref}/objections/"
    docket = text_of(organiser.get(answer.location))
    assert "Notice 1 of the proposed result" in docket
    assert "Counted as 5 working days" in docket


def test_a_result_computed_since_is_not_put_on_notice(app: Flask, opened: ScoringWorld) -> None:
    organiser = as_person(app, opened, opened.organiser)
    answer = organiser.send(f"/en/rounds/{opened.ref}/notice", tally="0" * 64, status=422)
    assert "computed again" in answer.text


def test_others_do_not_give_notice(app: Flask, opened: ScoringWorld, visitor: Visitor) -> None:
    path = f"/en/rounds/{opened.ref}/notice"
    visitor.get(path, status=303)
    for person in (opened.supervisor, opened.member("M1"), opened.applied.merchants[0]):
        as_person(app, opened, person).get(path, status=403)
    as_person(app, opened, opened.applied.people.second_organiser).get(path, status=403)


# --- objecting ----------------------------------------------------------------------------------------------------


def test_a_visitor_objects_reads_the_preview_files_follows_and_withdraws(
    visitor: Visitor, noticed: ScoringWorld
) -> None:
    docket = f"/en/rounds/{noticed.ref}/objections/"
    assert "Nobody has objected so far" in text_of(visitor.get(docket))
    chosen = visitor.get(f"{docket}new?target=tally", status=303)
    path = chosen.location
    assert path == f"{docket}new/tally"
    fields: dict[str, Any] = {**FILING, "application": noticed.refs[0]}
    preview = visitor.send(path, act="preview", files=(io.BytesIO(picture()), "grade.png"), status=200, **fields)
    words = text_of(preview)
    assert "Once filed, an objection cannot be edited." in words
    assert "L***" in words
    assert "1 file, read by the office only" in words
    hidden = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', preview.text))
    answer = visitor.client.post(path, data={**hidden, "act": "file"})
    assert answer.status_code == 303, text_of(answer)
    follow = answer.location
    assert follow.startswith("/en/objections/follow/")
    receipt = text_of(visitor.get(follow))
    assert f"{noticed.ref}-O01" in receipt
    assert "Whether it is dealt with is decided by" in receipt
    public = visitor.get(f"/en/objections/{noticed.ref}-O01")
    assert ARGUMENT in public.text
    for private in ("Xiaoming", "li@example.org", "grade.png", follow.rsplit("/", 1)[1]):
        assert private not in public.text
        assert private not in visitor.get(docket).text
    assert view(noticed, f"{noticed.ref}-O01").files[0].media_type == "image/png"
    visitor.send(follow, status=303)
    assert "withdrawn" in text_of(visitor.get(docket))


def test_what_was_typed_comes_back_with_what_is_wrong(visitor: Visitor, noticed: ScoringWorld) -> None:
    path = f"/zh/rounds/{noticed.ref}/objections/new/tally"
    answer = visitor.send(path, act="preview", status=422, **{**FILING, "argument": "No.", "value": "99"})
    assert "请写明哪里有误及原因，以便答复。" in answer.text
    assert "请选择申报。" in answer.text
    assert ">\nNo.</textarea>" in answer.text
    empty = visitor.send(path, act="preview", status=422)
    assert "请选择请求事项。" in empty.text


def test_files_that_are_none_are_refused_and_others_kept(visitor: Visitor, noticed: ScoringWorld) -> None:
    path = f"/en/rounds/{noticed.ref}/objections/new/tally"
    fields: dict[str, Any] = {**FILING, "application": noticed.refs[0]}
    refused = visitor.send(path, act="preview", files=(io.BytesIO(b"MZ"), "virus.pdf"), status=422, **fields)
    assert "not a PDF, JPEG or PNG file" in refused.text
    kept = visitor.send(path, act="preview", files=(io.BytesIO(picture()), "grade.png"), status=200, **fields)
    signed = re.search(r'name="kept" value="([^"]*)"', kept.text)
    assert signed
    again = visitor.send(path, act="edit", kept=signed[1], status=200, **fields)
    assert "grade.png" in again.text
    forged = visitor.send(path, act="edit", kept=signed[1].replace(".", "x."), status=200, **fields)
    assert "grade.png" not in forged.text
    left_out = visitor.send(path, act="preview", kept=signed[1], leave_out="y", status=200, **fields)
    assert "grade.png" not in left_out.text


def test_when_the_window_is_over_nothing_is_filed(visitor: Visitor, noticed: ScoringWorld) -> None:
    path = f"/en/rounds/{noticed.ref}/objections/new/tally"
    fields: dict[str, Any] = {**FILING, "application": noticed.refs[0]}
    noticed.clock.move_to(notice_closes(noticed))
    assert "The time to object to this is over." in visitor.get(path).text
    visitor.send(path, act="file", status=422, **fields)
    assert "result" not in visitor.get(f"/en/rounds/{noticed.ref}/objections/new").text.split("<main")[1]


def test_what_nobody_objects_to_is_not_there(visitor: Visitor, noticed: ScoringWorld) -> None:
    visitor.get("/en/rounds/R2026-999/objections/", status=404)
    visitor.get(f"/en/objections/{noticed.ref}-O99", status=404)
    visitor.get("/en/objections/follow/a-guess", status=404)
    visitor.get(f"/en/rounds/{noticed.ref}/objections/new/nonsense", status=404)
    visitor.get(f"/en/rounds/{noticed.ref}/objections/new?target=nonsense", status=422)


# --- dealing with objections --------------------------------------------------------------------------------------


def test_from_admission_to_ruling_through_pages(app: Flask, noticed: ScoringWorld) -> None:
    ref = objected(noticed, correcting(noticed, 0, "M1", "quality", "8.5"))
    supervisor, organiser = (as_person(app, noticed, person) for person in (noticed.supervisor, noticed.organiser))
    desk = f"/en/objections/{ref}/handle"
    assert "li@example.org" in supervisor.get(desk).text
    assert "There is nothing for you to do" in organiser.get(desk).text
    refused = supervisor.send(f"/en/objections/{ref}/refuse", form_on=desk, status=422, text="No.")
    assert "Choose the reason." in refused.text
    supervisor.send(f"/en/objections/{ref}/admit", form_on=desk, status=303)
    short = organiser.send(f"/en/objections/{ref}/answer", form_on=desk, text="No.", status=422)
    assert "Give the reasons" in short.text
    organiser.send(f"/en/objections/{ref}/answer", form_on=desk, text=REASONS, status=303)
    assert "8.5" in supervisor.get(desk).text
    assert "may still answer" in text_of(supervisor.get(desk))
    heard(noticed, ref)
    assert "may still answer" not in text_of(supervisor.get(desk))
    ruling = {"outcome": "upheld", "text": REASONS, "remedy": "correct_score"}
    mark = {"application": noticed.refs[0], "member": "M1", "criterion": "quality", "value": "8.5"}
    path = f"/en/objections/{ref}/rule"
    assert "Choose the outcome." in supervisor.send(path, form_on=desk, status=422).text
    assert (
        "Write the mark as a number"
        in supervisor.send(path, form_on=desk, status=422, **ruling, **{**mark, "value": "8,5"}).text
    )
    supervisor.send(path, form_on=desk, status=303, **ruling, **mark)
    page = text_of(supervisor.get(f"/en/objections/{ref}"))
    assert "upheld" in page
    assert f"correct a mark, {noticed.refs[0]}, member M1, criterion “Quality”, mark 8.5" in page


def test_dealing_with_an_objection_is_for_those_who_must(app: Flask, noticed: ScoringWorld, visitor: Visitor) -> None:
    ref = objected(noticed, correcting(noticed, 0, "M1", "quality", "5"))
    people = noticed.applied.people
    visitor.get(f"/en/objections/{ref}/handle", status=303)
    for person in (noticed.member("M1"), noticed.applied.merchants[0], people.second_supervisor, people.official):
        as_person(app, noticed, person).get(f"/en/objections/{ref}/handle", status=403)
    organiser = as_person(app, noticed, noticed.organiser)
    app.config["WTF_CSRF_ENABLED"] = False
    for act in ("admit", "refuse", "rule"):
        assert organiser.client.post(f"/en/objections/{ref}/{act}").status_code == 403
    supervisor = as_person(app, noticed, noticed.supervisor)
    assert supervisor.client.post(f"/en/objections/{ref}/answer").status_code == 403


def test_evidence_is_read_by_who_deals_with_it_as_an_attachment(
    app: Flask, noticed: ScoringWorld, visitor: Visitor
) -> None:
    path = f"/en/rounds/{noticed.ref}/objections/new/tally"
    fields: dict[str, Any] = {**FILING, "application": noticed.refs[0]}
    preview = visitor.send(path, act="preview", files=(io.BytesIO(picture()), "grade.png"), status=200, **fields)
    hidden = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', preview.text))
    visitor.client.post(path, data={**hidden, "act": "file"})
    (file,) = view(noticed, f"{noticed.ref}-O01").files
    address = f"/objections/{noticed.ref}-O01/files/{file.digest}"
    visitor.get(address, status=303)
    as_person(app, noticed, noticed.member("M1")).get(address, status=403)
    read = as_person(app, noticed, noticed.organiser).get(address)
    assert read.headers["Content-Disposition"].startswith("attachment")
    as_person(app, noticed, noticed.organiser).get(address[:-4] + "0000", status=404)


def test_who_is_attacked_reads_who_must_decide(app: Flask, noticed: ScoringWorld) -> None:
    ref = objected(noticed, correcting(noticed, 0, "M1", "quality", "5"), by=noticed.supervisor)
    page = as_person(app, noticed, noticed.supervisor).get(f"/en/objections/{ref}/handle")
    assert "Another supervisor of this round must decide on it." in page.text
    assert "Admit it" not in page.text


def test_a_superseded_notice_says_so(visitor: Visitor, noticed: ScoringWorld) -> None:
    first = order(noticed)[0]
    number = noticed.refs.index(first)
    for code in ("M1", "M3", "M4", "M5"):
        ref = answered(noticed, objected(noticed, correcting(noticed, number, code, "quality", "1")))
        noticed.clock.advance(minutes=1)
        ruled(noticed, ref, Step.UPHELD, Effect(Remedy.CORRECT_SCORE, Detail(first, code, "quality", Decimal(1))))
        if order(noticed)[0] != first:
            break
    page = text_of(visitor.get(f"/en/rounds/{noticed.ref}/objections/"))
    assert "superseded" in page
    assert "A ruling changed the result" in page


def test_overdue_shows_in_public(visitor: Visitor, noticed: ScoringWorld) -> None:
    ref = admitted(noticed, objected(noticed, correcting(noticed, 0, "M1", "quality", "5")))
    assert "overdue" not in text_of(visitor.get(f"/en/objections/{ref}"))
    noticed.clock.advance(days=30)
    assert "overdue" in text_of(visitor.get(f"/en/objections/{ref}"))


def test_a_refused_application_can_be_objected_to_in_time(visitor: Visitor, refused: RefusedWorld) -> None:
    world = refused.scored
    page = visitor.get(f"/en/rounds/{world.ref}/objections/new").text
    assert "whether an application is eligible" in page
    world.clock.advance(days=20)
    assert "whether an application is eligible" not in visitor.get(f"/en/rounds/{world.ref}/objections/new").text


def test_a_longer_docket_asks_no_more_questions(visitor: Visitor, noticed: ScoringWorld) -> None:
    def questions() -> int:
        asked: list[str] = []
        engine = visitor.client.application.extensions["sunlit"].engine

        def note(_conn: object, _cursor: object, statement: str, *_: object) -> None:
            asked.append(statement)

        event.listen(engine, "before_cursor_execute", note)
        visitor.get(f"/en/rounds/{noticed.ref}/objections/")
        event.remove(engine, "before_cursor_execute", note)
        return len(asked)

    filing = correcting(noticed, 0, "M1", "quality", "5")
    objected(noticed, filing)
    few = questions()
    for number in range(8):
        noticed.clock.advance(minutes=1)
        objected(noticed, replace(filing, name=f"Somebody {number}"))
    assert questions() == few
    assert noticed.clock() < notice_closes(noticed) - timedelta(days=1)


def test_the_board_says_what_waits_for_whom(app: Flask, opened: ScoringWorld) -> None:
    organiser = as_person(app, opened, opened.organiser)
    board = f"/en/rounds/{opened.ref}/board"
    assert "Give notice of the proposed result" in organiser.get(board).text
    noticed_round(opened)
    filed = objected(opened, correcting(opened, 0, "M1", "quality", "5"))
    page = organiser.get(board).text
    assert "1 to be admitted or refused by the supervisor." in page
    assert f"/objections/{filed}/handle" not in page
    admitted(opened, filed)
    page = organiser.get(board).text
    assert "1 to be answered by the organiser." in page
    assert f"/objections/{filed}/handle" in page
    opened.clock.advance(days=60)
    later = as_person(app, opened, opened.organiser)
    assert "1 overdue, which the public sees." in later.get(board).text
