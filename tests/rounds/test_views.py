"""The pages of rounds, as a person uses them with a browser that has no JavaScript."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from html import unescape
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import Engine, event

from procurement.access import Role
from procurement.db import reading, transaction
from procurement.rounds import actions, queries
from procurement.rounds.forms import ORDER_OF_PAGES, SECTIONS
from procurement.rounds.phases import Kind, Phase
from procurement.rounds.rules import RoundDocument
from tests.conftest import MovableClock
from tests.visiting import Visitor, text_of
from tests.worlds.people import People, Person, people
from tests.worlds.rounds import RoundWorld, draft_round, published_round


@pytest.fixture
def everybody(engine: Engine, clock: MovableClock) -> People:
    return people(engine, clock())


@pytest.fixture
def draft(everybody: People, clock: MovableClock) -> RoundWorld:
    return draft_round(everybody, clock)


@pytest.fixture
def world(everybody: People, clock: MovableClock) -> RoundWorld:
    return published_round(everybody, clock)


class Desk:
    """A person at a browser."""

    def __init__(self, app: Flask, clock: MovableClock) -> None:
        self.app, self.clock = app, clock

    def of(self, person: Person) -> Visitor:
        return Visitor(person.enter(self.app.test_client(), self.clock()))


@pytest.fixture
def desk(app: Flask, clock: MovableClock) -> Desk:
    return Desk(app, clock)


def fields_of(page: str) -> dict[str, Any]:
    """What a browser would send of the page's main form as it stands."""
    form = next(part for part in re.findall(r"<form[^>]*novalidate.*?</form>", page, re.DOTALL))
    found: dict[str, Any] = {}
    for tag in re.findall(r"<input[^>]*>", form):
        attributes = dict(re.findall(r'([a-z-]+)="([^"]*)"', tag))
        name, kind = attributes.get("name"), attributes.get("type", "text")
        if name is None or (kind in ("radio", "checkbox") and " checked" not in tag):
            continue
        value = unescape(attributes.get("value", ""))
        found.setdefault(name, []).append(value)
    for name, inner in re.findall(r'<select[^>]*name="([^"]*)"[^>]*>(.*?)</select>', form, re.DOTALL):
        chosen = re.search(r'value="([^"]*)" selected', inner)
        first = re.search(r'<option value="([^"]*)"', inner)  # which is what a browser shows and sends
        found[name] = [unescape((chosen or first)[1])] if chosen or first else []
    for name, inner in re.findall(r'<textarea[^>]*name="([^"]*)"[^>]*>\n?(.*?)</textarea>', form, re.DOTALL):
        found[name] = [unescape(inner)]
    found.pop("csrf_token", None)
    return found


def drafted(world: RoundWorld) -> RoundDocument:
    with reading(world.engine) as session:
        return queries.draft_of(session, world.id).document


@contextmanager
def statements(app: Flask) -> Iterator[list[str]]:
    """The statements that the application sends meanwhile."""
    sent: list[str] = []

    def note(_c: object, _cur: object, statement: str, *_: object) -> None:
        sent.append(statement)

    engine = app.extensions["sunlit"].engine
    event.listen(engine, "before_cursor_execute", note)
    yield sent
    event.remove(engine, "before_cursor_execute", note)


# --- from nothing to a published round ------------------------------------------------------------------------------


def test_a_round_is_begun_filled_in_and_published(everybody: People, desk: Desk, clock: MovableClock) -> None:
    visit = desk.of(everybody.organiser)
    begun = visit.send("/en/my-rounds/new", title_en="Pears", title_zh="秋梨", pack="prc_analogy", status=303)
    here = begun.location.removesuffix("/draft")
    ref = here.rpartition("/")[2]
    assert "things to mend" in visit.get(f"{here}/draft").text
    visit.send(
        f"{here}/draft/basics",
        title_en="Pears of autumn",
        title_zh="秋梨",
        purpose_en="To choose three pears.",
        purpose_zh="选三款梨。",
        public_interest_en="Unsold.",
        public_interest_zh="滞销。",
        office_name_en="Office",
        office_name_zh="办公室",
        office_contact="0898-123",
        status=303,
    )
    visit.send(
        f"{here}/draft/activity",
        official_name="Olaf Official",
        official_office_en="Deputy head",
        official_office_zh="副县长",
        official_employer_en="County",
        official_employer_zh="县政府",
        official_employer_kind="government",
        activity_nature="sale",
        categories=["fresh", "primary"],
        status=303,
    )
    opinion = {
        "by_en": "Legal office",
        "by_zh": "法制机构",
        "number": "7",
        "given_on": "2026-02-20",
        "conclusion_en": "Fine.",
        "conclusion_zh": "可行。",
    }
    visit.send(
        f"{here}/draft/opinions",
        status=303,
        **{f"{name}_{k}": v for name in ("nature_opinion", "fair_competition") for k, v in opinion.items()},
    )
    visit.send(
        f"{here}/people",
        status=303,
        do="supervisor",
        **{"supervisor-user_id": str(everybody.supervisor.id)},
    )
    assert "Nothing keeps the round from being published" in visit.get(f"{here}/draft").text
    with reading(everybody.engine) as session:
        round_id = queries.find_round(session, ref).id
        document = queries.draft_of(session, round_id).document
    page = visit.get(f"{here}/publish")
    assert document.sha256 in page.text
    for sentence in ("Pears of autumn", "To choose three pears.", "Quality and safety evidence", "Sven Supervisor"):
        assert sentence in page.text
    published = visit.send(f"{here}/publish", sha256=document.sha256, status=303)
    assert published.location == f"{here}/board"
    with reading(everybody.engine) as session:
        assert queries.rules_of(session, round_id) == document
        assert document.categories == ("fresh", "primary")
    assert "The round is published" in visit.get(f"{here}/board").text


@pytest.mark.parametrize("name", list(SECTIONS))
def test_saving_a_page_untouched_changes_nothing(draft: RoundWorld, desk: Desk, name: str) -> None:
    visit = desk.of(draft.people.organiser)
    path = f"/en/rounds/{draft.ref}/draft/{name}"
    before = drafted(draft)
    visit.send(path, status=303, **fields_of(visit.get(path).text))
    assert drafted(draft) == before


def test_saving_a_criterion_untouched_changes_nothing(draft: RoundWorld, desk: Desk) -> None:
    visit = desk.of(draft.people.organiser)
    before = drafted(draft)
    for code in ("quality", "service"):
        path = f"/en/rounds/{draft.ref}/draft/criteria/{code}"
        visit.send(path, status=303, **fields_of(visit.get(path).text))
    assert drafted(draft) == before


def test_each_page_leads_to_the_next(draft: RoundWorld, desk: Desk) -> None:
    visit = desk.of(draft.people.organiser)
    for name, following in zip(ORDER_OF_PAGES, [*ORDER_OF_PAGES[1:], None], strict=True):
        path = f"/en/rounds/{draft.ref}/draft/{name}"
        answer = visit.send(path, status=303, **fields_of(visit.get(path).text))
        expected = f"/en/rounds/{draft.ref}/draft/{following}" if following else f"/en/rounds/{draft.ref}/people"
        assert answer.location == expected


def test_what_was_typed_stays_on_the_page_when_it_is_refused(draft: RoundWorld, desk: Desk) -> None:
    visit = desk.of(draft.people.organiser)
    path = f"/en/rounds/{draft.ref}/draft/timetable"
    typed = fields_of(visit.get(path).text) | {"timetable_call_days": "a fortnight", "timetable_zone": "Asia/Urumqi"}
    answer = visit.send(path, status=422, **typed)
    assert 'value="a fortnight"' in answer.text
    assert 'value="Asia/Urumqi"' in answer.text
    assert "Write a whole number" in answer.text
    assert drafted(draft) == draft.document
    path = f"/en/rounds/{draft.ref}/draft/basics"
    typed = fields_of(visit.get(path).text) | {"title_zh": "", "purpose_en": "Kept words"}
    answer = visit.send(path, status=422, **typed)
    assert "Kept words" in answer.text
    assert drafted(draft) == draft.document


def test_a_draft_may_be_saved_incomplete(draft: RoundWorld, desk: Desk) -> None:
    visit = desk.of(draft.people.organiser)
    path = f"/en/rounds/{draft.ref}/draft/basics"
    visit.send(path, status=303, **(fields_of(visit.get(path).text) | {"purpose_zh": ""}))
    assert drafted(draft).purpose.zh == ""
    assert "“Purpose” is missing in Chinese" in visit.get(path).text
    assert "“Purpose” is missing in Chinese" in visit.get(f"/en/rounds/{draft.ref}/draft/check").text
    refused = visit.send(
        f"/en/rounds/{draft.ref}/publish",
        form_on=f"/en/rounds/{draft.ref}/draft/basics",
        sha256=drafted(draft).sha256,
        status=422,
    )
    assert "“Purpose” is missing in Chinese" in refused.text


# --- criteria -------------------------------------------------------------------------------------------------------


def codes(world: RoundWorld) -> list[str]:
    return [criterion.code for criterion in drafted(world).scoring.criteria]


def test_criteria_are_added_moved_and_removed_by_buttons(draft: RoundWorld, desk: Desk) -> None:
    visit = desk.of(draft.people.organiser)
    path = f"/en/rounds/{draft.ref}/draft/criteria"

    def press(button: str, **more: str) -> str:
        return visit.send(path, status=303, do=button, **(fields_of(visit.get(path).text) | more)).location

    assert press("down:quality") == path
    assert codes(draft) == ["service", "quality"]
    press("up:quality", **{"weights-1-weight": "70", "weights-0-weight": "30"})
    assert codes(draft) == ["quality", "service"]
    assert [str(c.weight) for c in drafted(draft).scoring.criteria] == ["70", "30"]
    press("up:quality")  # is the first already
    press("down:service")  # is the last already
    assert codes(draft) == ["quality", "service"]
    made = press("add")
    assert made == f"{path}/criterion_1"
    assert codes(draft) == ["quality", "service", "criterion_1"]
    assert "New criterion" in visit.get(made).text
    press("remove:quality")
    assert codes(draft) == ["service", "criterion_1"]
    assert [tie.by for tie in drafted(draft).scoring.ties] == ["draw"], "its link in the tie chain goes with it"
    press("remove:nothing")
    assert codes(draft) == ["service", "criterion_1"]


def test_a_criterion_with_its_levels(draft: RoundWorld, desk: Desk) -> None:
    visit = desk.of(draft.people.organiser)
    path = f"/en/rounds/{draft.ref}/draft/criteria/quality"
    typed = fields_of(visit.get(path).text) | {
        "scale_max": "2",
        "scale_step": "1",
        "minimum": "1",
        "reason": "outside",
        "reason_below": "1",
        "reason_above": "1.5",
        "anchors-0-value": "0",
        "anchors-1-value": "2",
    }
    visit.send(path, status=303, do="more", **typed)
    found = drafted(draft).scoring.criterion("quality")
    assert (found.scale.max, found.minimum, found.reason_required.above) == (2, 1, found.reason_required.above)
    assert found.reason_required.when == "outside"
    page = visit.get(path).text
    assert page.count("What deserves it, in English") == 3, "the level between has a row of its own now"
    typed = fields_of(page) | {"anchors-1-text_en": "Half", "anchors-1-text_zh": "一半"}
    visit.send(path, status=303, **typed)
    assert [(str(a.value), a.text.en) for a in drafted(draft).scoring.criterion("quality").anchors] == [
        ("0", "Nothing"),
        ("1", "Half"),
        ("2", "All of it"),
    ]


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ({"weight": "-1"}, "never below zero"),
        ({"weight": "many"}, "plain number"),
        ({"weight": "1e3"}, "plain number"),
        ({"scale_max": "0"}, "above the lowest"),
        ({"scale_step": "0"}, "above zero"),
        ({"title_zh": ""}, "title in Chinese"),
        ({"reason": "outside"}, "at least one of the two limits"),
        ({"anchors-0-value": ""}, "which mark this describes"),
    ],
)
def test_a_misshapen_criterion_is_told_at_its_field(
    draft: RoundWorld, desk: Desk, typed: dict[str, str], sentence: str
) -> None:
    visit = desk.of(draft.people.organiser)
    path = f"/en/rounds/{draft.ref}/draft/criteria/quality"
    answer = visit.send(path, status=422, **(fields_of(visit.get(path).text) | typed))
    assert sentence in text_of(answer)
    assert drafted(draft) == draft.document


def test_rows_are_added_and_dropped(draft: RoundWorld, desk: Desk) -> None:
    visit = desk.of(draft.people.organiser)
    path = f"/en/rounds/{draft.ref}/draft/gates"
    typed = fields_of(visit.get(path).text) | {
        "gates-0-text_en": "",
        "gates-0-text_zh": "",
        "gates-2-text_en": "New one",
        "gates-2-text_zh": "新条件",
    }
    assert visit.send(path, status=303, do="more", **typed).location == path
    assert [(gate.code, gate.text.en) for gate in drafted(draft).gates] == [
        ("stock", "Stock"),
        ("condition_1", "New one"),
    ]
    path = f"/en/rounds/{draft.ref}/draft/money"
    typed = fields_of(visit.get(path).text) | {
        "payments-1-payer": "public",
        "payments-1-payee": "agency",
        "payments-1-purpose_en": "Room",
        "payments-1-purpose_zh": "场地",
        "payments-1-amount": "1,200.50",
    }
    visit.send(path, status=303, **typed)
    assert str(drafted(draft).money.payments[1].amount) == "1200.5"


# --- who may see what -----------------------------------------------------------------------------------------------


def test_a_draft_does_not_exist_for_others(draft: RoundWorld, desk: Desk, app: Flask) -> None:
    outside = [draft.people.second_organiser, draft.people.second_supervisor]
    for person in outside:
        visit = desk.of(person)
        for path in ("draft/preview", "people", "board"):
            visit.get(f"/en/rounds/{draft.ref}/{path}", status=404)
    organiser = desk.of(draft.people.second_organiser)
    for path in ("draft", "draft/check", "draft/basics", "draft/criteria", "draft/criteria/quality", "publish"):
        organiser.get(f"/en/rounds/{draft.ref}/{path}", status=404)
    for person in (draft.people.members[0], draft.people.merchants[0], draft.people.administrator):
        visit = desk.of(person)
        for path in ("draft", "draft/preview", "board", "people", "publish", "hold", "abort"):
            visit.get(f"/en/rounds/{draft.ref}/{path}", status=403)
    for path in ("draft", "publish", "board"):
        assert app.test_client().get(f"/en/rounds/{draft.ref}/{path}").status_code == 303
    assert draft.document.title.en not in text_of(desk.of(draft.people.second_organiser).get("/en/my-rounds"))


def test_a_supervisor_reads_the_draft_and_changes_nothing(draft: RoundWorld, desk: Desk) -> None:
    visit = desk.of(draft.people.supervisor)
    assert "Oranges in spring" in visit.get("/en/my-rounds").text
    assert "Unsold oranges." in visit.get(f"/en/rounds/{draft.ref}/draft/preview").text
    assert "Give this role" not in visit.get(f"/en/rounds/{draft.ref}/people").text
    visit.get(f"/en/rounds/{draft.ref}/draft", status=403)
    visit.get(f"/en/rounds/{draft.ref}/publish", status=403)


def test_pages_of_a_draft_end_with_publication(world: RoundWorld, desk: Desk) -> None:
    visit = desk.of(world.people.organiser)
    for path in ("draft", "draft/check", "draft/basics", "draft/criteria", "draft/preview", "publish"):
        assert "open for applications" in visit.get(f"/en/rounds/{world.ref}/{path}", status=409).text


def test_unknown_addresses(draft: RoundWorld, desk: Desk) -> None:
    visit = desk.of(draft.people.organiser)
    for path in (
        f"rounds/{draft.ref}/draft/nonsense",
        f"rounds/{draft.ref}/draft/criteria/nonsense",
        "rounds/R1999-001/draft",
        "rounds/R1999-001/board",
    ):
        visit.get(f"/en/{path}", status=404)
    visit.get(f"/en/rounds/{draft.ref}/board", status=409)


# --- people ---------------------------------------------------------------------------------------------------------


def test_seats_are_given_and_ended_on_the_page(draft: RoundWorld, desk: Desk) -> None:
    visit = desk.of(draft.people.organiser)
    path = f"/en/rounds/{draft.ref}/people"
    page = visit.get(path).text
    assert "Otto Organiser" in page
    assert "Sara Supervisor" in page
    visit.send(path, do="organiser", status=303, **{"organiser-user_id": str(draft.people.second_organiser.id)})
    visit.send(path, do="supervisor", status=422, **{"supervisor-user_id": ""})
    visit.send(path, do="supervisor", status=422, **{"supervisor-user_id": str(draft.people.members[0].id)})
    visit.send(f"{path}/end", form_on=path, user_id=str(draft.people.supervisor.id), role="supervisor", status=303)
    with reading(draft.engine) as session:
        seats = [(seat.name, seat.role) for seat in queries.seats_of(session, draft.id)]
    assert seats == [
        ("Olga Organiser", Role.ORGANISER),
        ("Olaf Official", Role.OFFICIAL),
        ("Otto Organiser", Role.ORGANISER),
    ]
    visit.send(f"{path}/end", form_on=path, user_id="nobody", role="supervisor", status=404)
    visit.send(f"{path}/end", form_on=path, user_id="1", role="administrator", status=422)


def test_one_may_give_up_ones_own_seat(draft: RoundWorld, desk: Desk) -> None:
    visit = desk.of(draft.people.supervisor)
    path = f"/en/rounds/{draft.ref}/people"
    assert "Give up this role" in visit.get(path).text
    answer = visit.send(
        f"{path}/end", form_on=path, user_id=str(draft.people.supervisor.id), role="supervisor", status=303
    )
    assert answer.location == "/en/my-rounds"
    visit.get(path, status=404)


# --- running a round ------------------------------------------------------------------------------------------------


def test_the_board_tells_what_is_due(world: RoundWorld, desk: Desk) -> None:
    page = text_of(desk.of(world.people.organiser).get(f"/en/rounds/{world.ref}/board"))
    assert "Applications close: Tue 17 March 2026" in page
    assert "Counted as 15 calendar days from Mon 2 March 2026" in page
    assert "Amend the call" in page
    supervisor = text_of(desk.of(world.people.supervisor).get(f"/en/rounds/{world.ref}/board"))
    assert "Amend the call" not in supervisor
    assert "Hold or resume" in supervisor


def test_an_amendment(world: RoundWorld, desk: Desk, clock: MovableClock) -> None:
    visit = desk.of(world.people.organiser)
    path = f"/en/rounds/{world.ref}/amend"
    typed = fields_of(visit.get(path).text)
    refused = visit.send(path, status=422, **typed)
    assert "Write this in English too" in text_of(refused)
    typed |= {"reason_en": "More time", "reason_zh": "延长时间", "timetable_call_days": "14"}
    assert "never shorter" in text_of(visit.send(path, status=422, **typed))
    visit.send(path, status=303, **(typed | {"timetable_call_days": "20"}))
    with reading(world.engine) as session:
        assert queries.rules_record(session, world.id)[0] == 2
    assert "Amended 1 times" in text_of(visit.get(f"/en/rounds/{world.ref}/board"))
    closes = world.course.applications_close
    assert closes is not None
    clock.move_to(closes)
    desk.of(world.people.organiser).get(path, status=409)


def test_hold_and_resume(world: RoundWorld, desk: Desk, clock: MovableClock) -> None:
    visit = desk.of(world.people.supervisor)
    path = f"/en/rounds/{world.ref}/hold"
    visit.send(path, status=422)
    visit.send(path, label="review", status=303)
    assert world.course.phase_at(clock()) is Phase.HELD
    board = text_of(visit.get(f"/en/rounds/{world.ref}/board"))
    assert "The supervisor is reviewing the procedure." in board
    assert "What blocks the next step" in board
    visit.send(path, label="review", form_on="/en/my-rounds", status=409)
    visit.send(f"/en/rounds/{world.ref}/resume", form_on=path, status=303)
    assert world.course.phase_at(clock()) is Phase.OPEN
    desk.of(world.people.organiser).get(path, status=403)


def test_ending_a_round(world: RoundWorld, desk: Desk, clock: MovableClock) -> None:
    visit = desk.of(world.people.organiser)
    path = f"/en/rounds/{world.ref}/abort"
    answer = visit.send(path, status=422, reason="few_eligible", explanation_en="Few", explanation_zh="少")
    assert "only known after" in text_of(answer)
    visit.send(path, status=422, reason="cancelled_by_change", explanation_en="Frost", explanation_zh="")
    visit.send(path, status=303, reason="cancelled_by_change", explanation_en="Frost", explanation_zh="霜冻")
    assert world.course.phase_at(clock()) is Phase.ABORTED
    board = text_of(visit.get(f"/en/rounds/{world.ref}/board"))
    assert "Circumstances changed" in board
    assert "Frost" in board
    assert "霜冻" in text_of(visit.get(f"/zh/rounds/{world.ref}/board"))
    visit.get(path, status=409)


def test_lists_cost_the_same_however_long(everybody: People, desk: Desk, app: Flask, clock: MovableClock) -> None:
    published_round(everybody, clock)
    draft_round(everybody, clock)
    visit = desk.of(everybody.organiser)
    visit.get("/en/my-rounds")

    def cost() -> int:
        with statements(app) as sent:
            visit.get("/en/my-rounds")
        return len(sent)

    before = cost()
    published_round(everybody, clock)
    draft_round(everybody, clock)
    assert cost() == before


def test_the_board_costs_the_same_however_much_happened(world: RoundWorld, desk: Desk, app: Flask) -> None:
    visit = desk.of(world.people.supervisor)
    path = f"/en/rounds/{world.ref}/board"
    visit.get(path)

    def cost() -> int:
        with statements(app) as sent:
            visit.get(path)
        return len(sent)

    before = cost()
    for _ in range(3):
        with transaction(world.engine) as session:
            found = queries.find_round(session, world.ref, lock=True)
            for kind in (Kind.HELD, Kind.RESUMED):
                world.clock.advance(seconds=10)
                if kind is Kind.HELD:
                    actions.hold(
                        session,
                        actor=world.people.supervisor.now(session),
                        now=world.clock(),
                        ref=found.ref,
                        label=next(iter(actions.HoldLabel)),
                    )
                else:
                    actions.resume(
                        session, actor=world.people.supervisor.now(session), now=world.clock(), ref=found.ref
                    )
    assert cost() == before


def test_both_languages(world: RoundWorld, desk: Desk) -> None:
    visit = desk.of(world.people.organiser)
    assert "春季脐橙" in text_of(visit.get(f"/zh/rounds/{world.ref}/board"))
    assert "申报截止" in text_of(visit.get(f"/zh/rounds/{world.ref}/board"))
    assert world.course.applications_close is not None
    world.clock.move_to(world.course.applications_close + timedelta(seconds=1))
    visit = desk.of(world.people.organiser)
    assert "申报已截止" in text_of(visit.get(f"/zh/rounds/{world.ref}/board"))


# --- a guided draft -------------------------------------------------------------------------------------------------


def test_a_page_says_what_it_finds_in_what_is_typed_and_saves_nothing(draft: RoundWorld, desk: Desk) -> None:
    visit = desk.of(draft.people.organiser)
    path = f"/en/rounds/{draft.ref}/draft/timetable"
    typed = fields_of(visit.get(path).text) | {"timetable_call_days": "14"}
    before = drafted(draft)
    looked = visit.send(path, status=200, do="look", **typed)
    assert "The call must be open for at least 15 calendar days" in text_of(looked)
    assert 'href="#timetable_call_days"' in looked.text
    assert 'value="14"' in looked.text
    assert "1 thing to mend on this page" in text_of(looked)
    assert drafted(draft) == before
    # The days follow what is typed as well: 20 days from Monday, 2 March.
    longer = visit.send(path, status=200, do="look", **(typed | {"timetable_call_days": "21"}))
    assert "23 March 2026" in text_of(longer)
    assert "Nothing to mend on this page" in text_of(longer)
    # What cannot be read is told at its field, and nothing is said of the rest.
    unread = visit.send(path, status=422, do="look", **(typed | {"timetable_call_days": "a fortnight"}))
    assert "Write a whole number" in unread.text
    assert drafted(draft) == before


def test_what_is_found_in_a_criterion_and_in_the_weights_is_said_before_saving(draft: RoundWorld, desk: Desk) -> None:
    visit = desk.of(draft.people.organiser)
    before = drafted(draft)
    path = f"/en/rounds/{draft.ref}/draft/criteria"
    typed = fields_of(visit.get(path).text) | {"weights-0-weight": "61"}
    looked = text_of(visit.send(path, status=200, do="look", **typed))
    assert "The weights add up to 101 of 100" in looked
    path = f"{path}/quality"
    typed = fields_of(visit.get(path).text) | {"evidence_zh": "本县企业加分"}
    looked = text_of(visit.send(path, status=200, do="look", **typed))
    assert "“本县企业” prefers a place or its awards" in looked
    assert drafted(draft) == before


def test_a_draft_tells_how_far_it_is(draft: RoundWorld, desk: Desk) -> None:
    visit = desk.of(draft.people.organiser)
    path = f"/en/rounds/{draft.ref}/draft"
    assert "11 of 11 pages have nothing to mend" in text_of(visit.get(path))
    assert "If it were published today" in text_of(visit.get(path))
    basics = f"{path}/basics"
    visit.send(basics, status=303, **(fields_of(visit.get(basics).text) | {"purpose_zh": ""}))
    assert "10 of 11 pages have nothing to mend" in text_of(visit.get(path))
    found = visit.get(basics)
    assert 'href="#purpose_zh"' in found.text, "what is found leads to its field"


def test_choosing_another_pack_changes_the_figures_and_the_call_says_which_were_adjusted(
    draft: RoundWorld, desk: Desk
) -> None:
    visit = desk.of(draft.people.organiser)
    path = f"/en/rounds/{draft.ref}/draft/pack"
    visit.send(path, status=303, pack="prc_analogy")
    assert drafted(draft).timetable.call_days == 20
    timetable = f"/en/rounds/{draft.ref}/draft/timetable"
    visit.send(timetable, status=303, **(fields_of(visit.get(timetable).text) | {"timetable_call_days": "30"}))
    visit.send(path, status=303, pack="prc_analogy")
    assert drafted(draft).timetable.call_days == 30, "the same pack again changes nothing"
    printed = text_of(visit.get(f"/en/rounds/{draft.ref}/draft/preview"))
    assert (
        "Adjusted for this round. The rule pack has: 20 calendar days. Government Procurement Law art. 35, applied "
        "by analogy" in printed
    )
    assert "A default, not law: usual for a formal check" in printed
    chinese = text_of(visit.get(f"/zh/rounds/{draft.ref}/draft/preview"))
    assert "参照执行：《政府采购法》第三十六条" in chinese
    visit.send(path, status=303, pack="prc_analogy", reset="y")
    assert drafted(draft).timetable.call_days == 20
    visit.send(path, status=422, pack="my_own")
