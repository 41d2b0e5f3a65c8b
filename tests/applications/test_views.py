"""Pages of applying and checking through HTTP, without JavaScript."""

import io
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from urllib.parse import quote

import pytest
from flask import Flask
from flask.testing import FlaskClient
from PIL import Image
from sqlalchemy import Engine, event

from procurement.applications import own, supplementing
from procurement.applications.checklist import REQUIRED, Item
from procurement.applications.content import Content, Sale, Section
from procurement.applications.verdicts import Reason
from procurement.db import reading, transaction
from tests.applications.examples import WHOLE
from tests.conftest import MovableClock
from tests.visiting import Visitor, text_of
from tests.worlds.applications import (
    PRODUCTS,
    AppliedWorld,
    applied_round,
    begin,
    close_applications,
    drafted_round,
    fill,
    judge,
    sell,
    send,
    whole,
)
from tests.worlds.people import BUSINESSES, Person, people
from tests.worlds.rounds import RoundWorld, published_round


@pytest.fixture
def open_round(engine: Engine, clock: MovableClock) -> RoundWorld:
    return published_round(people(engine, clock()), clock)


@pytest.fixture
def visit(app: Flask, clock: MovableClock) -> Callable[[Person | None], Visitor]:
    """A browser of its own for each person."""

    def enter(person: Person | None) -> Visitor:
        client = app.test_client()
        return Visitor(client if person is None else person.enter(client, clock(), hours=24 * 40))

    return enter


def picture() -> io.BytesIO:
    data = io.BytesIO()
    Image.new("RGB", (40, 30), "orange").save(data, "PNG")
    data.seek(0)
    return data


def pdf() -> io.BytesIO:
    import pikepdf

    data = io.BytesIO()
    document = pikepdf.new()
    document.add_blank_page()
    document.save(data)
    data.seek(0)
    return data


def typed(content: Content, section: Section) -> dict[str, object]:
    """A section as a person types it into its form."""
    part = content.section(section)
    fields: dict[str, object] = {"then": "continue"}
    if section is Section.MONEY:
        for name in ("commission", "slot_fee", "service_fee", "traffic_fee"):
            fields |= {f"{name}_amount": "0", f"{name}_payee": "", f"{name}_side": ""}
        return fields | {"to_public_side": "0", "subsidies_none": "y", "subsidies": ""}
    for name in part.__dataclass_fields__:
        value = getattr(part, name)
        if name == "claims":
            for number, claim in enumerate(value):
                fields |= {f"claims-{number}-text": claim.text, f"claims-{number}-proof": claim.proof}
        elif name == "accepted":
            fields["accepted"] = [str(item) for item in value]
        elif name in ("relations", "items"):
            continue
        elif isinstance(value, Sale):
            fields |= {f"{name}_{part}": str(getattr(value, part) or "") for part in Sale.__dataclass_fields__}
        elif isinstance(value, bool):
            if name.endswith("_none"):
                fields |= {name: "y"} if value else {}
            else:
                fields[name] = "yes" if value else "no"
        elif value is not None:
            fields[name] = str(value)
    return fields


def test_a_merchant_applies_from_nothing_to_a_receipt(
    open_round: RoundWorld, visit: Callable[[Person | None], Visitor]
) -> None:
    merchant = visit(open_round.people.merchants[0])
    dashboard = merchant.get("/en/my/applications")
    assert "You have not begun an application" in dashboard.text
    assert f"/en/rounds/{open_round.ref}/apply" in dashboard.text
    begun = merchant.send(
        f"/en/rounds/{open_round.ref}/apply",
        status=303,
        merchant=open_round.people.businesses[0],
        product_name="石磨小米",
    )
    tasks = begun.headers["Location"]
    assert "0 of 8 sections are complete" in text_of(merchant.get(tasks))

    for purpose, make, name in (
        ("photo", picture, "a.png"),
        ("label", picture, "b.png"),
        ("origin_proof", pdf, "origin.pdf"),
        ("claim_proof", pdf, "claim.pdf"),
    ):
        merchant.send(
            f"{tasks}/product",
            status=303,
            **{**typed(WHOLE, Section.PRODUCT), "purpose": purpose, "upload": (make(), name)},
        )
    for section, purpose in ((Section.PRICE, "price_evidence"), (Section.SUPPLY, "benefit_evidence")):
        merchant.send(
            f"{tasks}/{section}",
            status=303,
            **{**typed(WHOLE, section), "purpose": purpose, "upload": (pdf(), "evidence.pdf")},
        )
    for kind, number in (
        ("business_licence", "示例-001"),
        ("food_production", "SC10114010100011"),
        ("inspection", "J-2026-1"),
    ):
        added = merchant.send(
            f"{tasks}/certificates/add",
            status=303,
            type=kind,
            number=number,
            issuer="示例县市场监督管理局",
            issued="2024-05-01",
            expires="2029-04-30",
            covers="yes",
            laboratory="示例检测中心",
            sampled_on="2026-01-10",
            passed="yes",
            upload=(pdf(), f"{kind}.pdf"),
        )
        assert added.headers["Location"] == f"{tasks}/certificates"
    for section in Section:
        saved = merchant.send(f"{tasks}/{section}", status=303, **typed(WHOLE, section))
        assert saved.headers["Location"] == tasks, section
    assert "8 of 8 sections are complete" in text_of(merchant.get(tasks))

    check = text_of(merchant.get(f"{tasks}/check"))
    assert "¥39.80" in check
    assert "2.5 kilograms" in check
    sent = merchant.send(f"{tasks}/check", status=303)
    receipt = text_of(merchant.get(sent.headers["Location"]))
    assert f"{open_round.ref}-A001" in receipt
    assert re.search(r"[0-9a-f]{64}", receipt)
    assert "What happens next" in receipt
    assert "Submitted as version 1" in text_of(merchant.get("/en/my/applications"))


def test_what_is_missing_is_said_and_nothing_typed_is_lost(
    open_round: RoundWorld, visit: Callable[[Person | None], Visitor]
) -> None:
    key = begin(open_round, open_round.people.merchants[0], open_round.people.businesses[0], "石磨小米")
    merchant = visit(open_round.people.merchants[0])
    path = f"/en/my/applications/{key}/price"
    fields = typed(WHOLE, Section.PRICE) | {"livestream": "99.00", "sale_7_platform": ""}
    page = merchant.send(path, status=422, **fields)
    said = text_of(page)
    assert "above your own lowest price of the last 7 days" in said
    assert "Say where it was sold at this price." in said
    assert "Attach evidence, such as an export of orders from the platform, of: Lowest price" in said
    assert 'value="99.00"' in page.text
    assert 'value="49.90"' in merchant.get(path).text  # kept, although it was refused
    later = merchant.send(path, status=303, **fields | {"then": "later"})
    assert later.headers["Location"] == f"/en/my/applications/{key}"
    wrong = merchant.send(path, status=422, **fields | {"list_price": "about fifty", "honoured_days": "a week"})
    assert "Enter a number, such as 39.80." in wrong.text
    assert 'value="about fifty"' in wrong.text
    assert "Enter a whole number" in wrong.text


def test_numbers_are_understood_as_people_type_them(
    open_round: RoundWorld, visit: Callable[[Person | None], Visitor]
) -> None:
    key = begin(open_round, open_round.people.merchants[0], open_round.people.businesses[0], "石磨小米")
    merchant = visit(open_round.people.merchants[0])
    fields = typed(WHOLE, Section.PRICE) | {"livestream": " ¥１,039.80 ", "list_price": "1，049.90", "then": "later"}
    merchant.send(f"/en/my/applications/{key}/price", status=303, **fields)
    with reading(open_round.engine) as session:
        draft = own.draft_for(session, key, actor=open_round.people.merchants[0].actor, now=open_round.clock())
    assert draft.content.price.livestream == Decimal("1039.8")
    assert draft.content.price.list_price == Decimal("1049.9")


def test_an_upload_that_is_no_document_is_refused_at_its_field(
    open_round: RoundWorld, visit: Callable[[Person | None], Visitor]
) -> None:
    key = begin(open_round, open_round.people.merchants[0], open_round.people.businesses[0], "石磨小米")
    merchant = visit(open_round.people.merchants[0])
    bad = (io.BytesIO(b"MZ\x90 not a picture"), "photo.png")
    page = merchant.send(f"/en/my/applications/{key}/product", status=422, then="attach", purpose="photo", upload=bad)
    assert "not a PDF, JPEG or PNG" in page.text


def test_a_file_of_a_draft_is_its_applicants_alone_and_comes_as_an_attachment(
    open_round: RoundWorld, visit: Callable[[Person | None], Visitor]
) -> None:
    key = begin(open_round, open_round.people.merchants[0], open_round.people.businesses[0], "石磨小米")
    merchant = visit(open_round.people.merchants[0])
    path = f"/en/my/applications/{key}/product"
    merchant.send(
        path, status=303, then="attach", purpose="photo", upload=(picture(), "山 photo.png"), name="石磨小米"
    )
    address = re.search(rf"/my/applications/{key}/files/\d+", merchant.get(path).text)
    assert address
    answer = merchant.get(address[0])
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert answer.headers["Content-Type"] == "image/png"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    visit(open_round.people.merchants[1]).get(address[0], status=404)
    visit(open_round.people.organiser).get(address[0], status=404)
    visit(open_round.people.supervisor).get(address[0], status=403)
    removed = re.search(r'name="remove" value="(\d+)"', merchant.get(path).text)
    assert removed
    merchant.send(path, status=303, remove=removed[1], name="石磨小米")
    merchant.get(address[0], status=404)


def test_somebody_elses_draft_is_not_found(open_round: RoundWorld, visit: Callable[[Person | None], Visitor]) -> None:
    key = begin(open_round, open_round.people.merchants[0], open_round.people.businesses[0], "石磨小米")
    other = visit(open_round.people.merchants[1])
    for path in ("", "/product", "/check", "/withdraw", "/receipt", "/submitted", "/certificates/add"):
        other.get(f"/en/my/applications/{key}{path}", status=404)
    visit(None).get(f"/en/my/applications/{key}", status=303)


def test_a_paper_that_lacks_something_is_kept_and_says_what(
    open_round: RoundWorld, visit: Callable[[Person | None], Visitor]
) -> None:
    key = begin(open_round, open_round.people.merchants[0], open_round.people.businesses[0], "石磨小米")
    merchant = visit(open_round.people.merchants[0])
    added = merchant.send(
        f"/en/my/applications/{key}/certificates/add",
        status=303,
        type="business_licence",
        number="示例-001",
        issued="2024-05-01",
        expires="2026-05-01",
        upload=(pdf(), "licence.pdf"),
    )
    edit = added.headers["Location"]
    assert edit == f"/en/my/applications/{key}/certificates/1"
    page = merchant.get(edit)
    assert "Fill in “Issued by”." in page.text
    assert "It expires on Fri 1 May 2026" in page.text
    assert 'value="示例-001"' in page.text
    assert "Copy attached" in page.text
    fixed = merchant.send(
        edit,
        status=303,
        type="business_licence",
        number="示例-001",
        issuer="示例局",
        issued="2024-05-01",
        expires="2029-05-01",
        covers="yes",
    )
    assert fixed.headers["Location"] == f"/en/my/applications/{key}/certificates"
    removed = merchant.send(f"{edit}/remove", form_on=edit, status=303)
    assert removed.headers["Location"] == f"/en/my/applications/{key}/certificates"
    merchant.get(edit, status=404)


def test_a_paper_of_the_wallet_is_used_again(
    open_round: RoundWorld, visit: Callable[[Person | None], Visitor]
) -> None:
    merchant = visit(open_round.people.merchants[0])
    business = open_round.people.businesses[0]
    merchant.send(
        f"/en/merchant/{business}/certificates/add",
        status=303,
        kind="business_licence",
        number="示例-007",
        issuer="示例县市场监督管理局",
        scope="食品销售",
        issued="2024-05-01",
        expires="2029-04-30",
        file=(pdf(), "licence.pdf"),
    )
    key = begin(open_round, open_round.people.merchants[0], business, "石磨小米")
    section = f"/en/my/applications/{key}/certificates"
    page = merchant.get(section)
    assert "示例-007" in page.text
    take = re.search(r'action="([^"]+/certificates/take/\d+)"', page.text)
    assert take
    taken = merchant.send(take[1], form_on=section, status=303)
    assert taken.headers["Location"] == f"{section}/1"
    asked = merchant.get(f"{section}/1")
    assert 'value="示例-007"' in asked.text
    assert "does not cover this product does not count" in asked.text
    assert take[1] not in merchant.get(section).text
    other = begin(open_round, open_round.people.merchants[1], open_round.people.businesses[1], "石磨小米")
    stranger = visit(open_round.people.merchants[1])
    foreign = take[1].replace(key, other)
    stranger.send(foreign, form_on=f"/en/my/applications/{other}/certificates", status=404)


def test_what_is_typed_is_saved_while_one_types(
    open_round: RoundWorld, visit: Callable[[Person | None], Visitor]
) -> None:
    key = begin(open_round, open_round.people.merchants[0], open_round.people.businesses[0], "石磨小米")
    merchant = visit(open_round.people.merchants[0])
    path = f"/en/my/applications/{key}/supply"
    told = merchant.types(path, status=200, bottleneck="只有一台磨")
    assert re.fullmatch(r"Saved at \d\d:\d\d\.", told["say"])
    page = merchant.get(path).text
    assert 'value="只有一台磨"' in page
    assert f'name="seen" value="{told["seen"]}"' in page  # what the form goes on with

    refused = merchant.types(path, status=422, bottleneck="两台磨", stock="many")
    assert refused["say"] == "Not saved: Stock now: Enter a number, such as 39.80."
    assert 'value="只有一台磨"' in merchant.get(path).text
    kept_file = merchant.types(path, status=200, bottleneck="三台磨", upload=(pdf(), "a.pdf"), then="attach")
    assert kept_file["say"].startswith("Saved")
    assert "No file is attached" in merchant.get(path).text
    other = visit(open_round.people.merchants[1])
    other.client.get(f"/en/rounds/{open_round.ref}/")
    assert other.client.post(path, headers={"Sunlit-Quiet": "1"}).status_code in (400, 404)


def test_a_second_window_does_not_replace_what_it_has_not_seen(
    open_round: RoundWorld, visit: Callable[[Person | None], Visitor]
) -> None:
    key = begin(open_round, open_round.people.merchants[0], open_round.people.businesses[0], "石磨小米")
    merchant = visit(open_round.people.merchants[0])
    path = f"/en/my/applications/{key}/supply"
    first = dict(re.findall(r'name="(csrf_token|seen)" value="([^"]*)"', merchant.get(path).text))
    merchant.types(path, status=200, bottleneck="第二个窗口写的")

    quiet = merchant.client.post(path, data={**first, "bottleneck": "第一个窗口"}, headers={"Sunlit-Quiet": "1"})
    assert quiet.status_code == 422
    assert "saved in another window" in quiet.get_json()["say"]
    told = merchant.client.post(path, data={**first, "bottleneck": "第一个窗口", "then": "later"})
    assert told.status_code == 422
    assert "saved in another window" in text_of(told)
    assert 'value="第一个窗口"' in told.text  # nothing typed is lost
    assert 'value="第二个窗口写的"' in merchant.get(path).text  # and nothing saved either

    again = dict(re.findall(r'name="(csrf_token|seen)" value="([^"]*)"', told.text))
    assert merchant.client.post(path, data={**again, "bottleneck": "第一个窗口", "then": "later"}).status_code == 303
    assert 'value="第一个窗口"' in merchant.get(path).text
    # Two that wrote the same do not contradict each other.
    same = merchant.client.post(path, data={**first, "bottleneck": "第一个窗口", "then": "later"})
    assert same.status_code == 303


def test_several_photographs_are_attached_at_once_and_shown(
    open_round: RoundWorld, visit: Callable[[Person | None], Visitor]
) -> None:
    key = begin(open_round, open_round.people.merchants[0], open_round.people.businesses[0], "石磨小米")
    merchant = visit(open_round.people.merchants[0])
    path = f"/en/my/applications/{key}/product"
    several = [(picture(), "a.png"), (picture(), "b.png")]
    fields = {"name": "石磨小米", "purpose": "photo", "then": "attach"}
    merchant.send(path, status=303, **fields, upload=several)
    page = merchant.get(path).text
    assert len(re.findall(rf'<img[^>]+src="/my/applications/{key}/files/\d+"', page)) == 2
    # One that cannot be taken: none is, and it is said.
    refused = merchant.send(path, status=422, **fields, upload=[(picture(), "c.png"), (io.BytesIO(b"GIF89a"), "d")])
    assert "not a PDF, JPEG or PNG" in text_of(refused)
    assert "c.png" not in merchant.get(path).text


def test_a_paper_is_saved_while_one_types(open_round: RoundWorld, visit: Callable[[Person | None], Visitor]) -> None:
    world = drafted_round(open_round)
    merchant = visit(world.merchants[0])
    paper = f"/en/my/applications/{world.keys[0]}/certificates/1"
    held = dict(re.findall(r'name="(csrf_token|seen)" value="([^"]*)"', merchant.get(paper).text))
    told = merchant.types(paper, status=200, type="business_licence", number="示例-002", covers="yes")
    assert told["say"].startswith("Saved")
    assert 'value="示例-002"' in merchant.get(paper).text
    late = merchant.client.post(paper, data={**held, "number": "示例-003"}, headers={"Sunlit-Quiet": "1"})
    assert late.status_code == 422
    assert "saved in another window" in late.get_json()["say"]
    assert 'value="示例-002"' in merchant.get(paper).text


def test_the_dashboard_says_what_is_to_be_done_and_by_when(
    open_round: RoundWorld, visit: Callable[[Person | None], Visitor]
) -> None:
    world = close_applications(applied_round(open_round))
    merchant = visit(world.merchants[0])
    assert "Supplement due" not in text_of(merchant.get("/en/my/applications"))
    with transaction(world.engine) as session:
        supplementing.request(
            session,
            actor=world.people.organiser.now(session),
            now=world.clock(),
            ref=world.refs[0],
            items=(Item.PRICE,),
            text="请补交第二张价格截图，并说明日期。",
        )
    page = merchant.get("/en/my/applications")
    assert re.search(r"Supplement due: \w{3} \d+ \w+ \d{4}", text_of(page))
    assert f"/en/my/applications/{world.keys[0]}/supplements/1" in page.text
    assert f"/en/letters/?about={world.refs[0]}" in page.text
    others = visit(world.merchants[1]).get("/en/my/applications")
    assert "Supplement due" not in text_of(others)


def test_submitting_with_gaps_is_refused_and_the_gaps_are_named(
    open_round: RoundWorld, visit: Callable[[Person | None], Visitor]
) -> None:
    key = begin(open_round, open_round.people.merchants[0], open_round.people.businesses[0], "石磨小米")
    merchant = visit(open_round.people.merchants[0])
    page = text_of(merchant.get(f"/en/my/applications/{key}/check"))
    assert "It cannot be submitted yet." in page
    assert "Fill in “Net content”." in page
    assert "Nothing has been filled in yet." in page
    refused = merchant.send(
        f"/en/my/applications/{key}/check", form_on=f"/en/my/applications/{key}/product", status=422
    )
    assert "Add the business licence." in refused.text


def test_withdrawing_is_asked_once_more(
    engine: Engine, open_round: RoundWorld, visit: Callable[[Person | None], Visitor]
) -> None:
    world = applied_round(open_round)
    merchant = visit(world.merchants[0])
    path = f"/en/my/applications/{world.keys[0]}/withdraw"
    assert "Withdraw this application?" in merchant.get(path).text
    done = merchant.send(path, status=303)
    page = text_of(merchant.get(done.headers["Location"]))
    assert f"Application {world.refs[0]} was withdrawn." in page
    assert "Withdrawn on" in page
    draft = begin(open_round, world.merchants[0], world.businesses[0], "另一产品")
    merchant.send(f"/en/my/applications/{draft}/withdraw", status=303)
    assert "另一产品" not in text_of(merchant.get("/en/my/applications"))


def test_at_the_closing_instant_pages_refuse_and_say_since_when(
    open_round: RoundWorld, visit: Callable[[Person | None], Visitor], clock: MovableClock
) -> None:
    world = drafted_round(open_round)
    closes = open_round.course.applications_close
    assert closes is not None
    clock.move_to(closes - timedelta(microseconds=1))
    sell(open_round, world.merchants[0], world.keys[0])
    merchant = visit(world.merchants[0])
    sent = merchant.send(f"/en/my/applications/{world.keys[0]}/check", status=303)
    assert sent.headers["Location"].endswith("/receipt")
    clock.move_to(closes)
    other = visit(world.merchants[1])
    late = other.send(
        f"/en/my/applications/{world.keys[1]}/check",
        form_on=f"/en/my/applications/{world.keys[1]}/withdraw",
        status=409,
    )
    assert "Applications closed on" in late.text
    assert "can no longer be changed" in text_of(other.get(f"/en/my/applications/{world.keys[1]}"))
    assert "Never submitted" in text_of(other.get("/en/my/applications"))


@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_page_has_one_heading_and_no_inline_style(
    open_round: RoundWorld, visit: Callable[[Person | None], Visitor], language: str
) -> None:
    world = applied_round(open_round)
    draft = begin(open_round, world.merchants[0], world.businesses[0], "手工红薯粉条")
    mine = f"/{language}/my/applications"
    paths = [mine, f"/{language}/rounds/{world.ref}/apply", f"{mine}/{draft}/withdraw"]
    paths += [f"{mine}/{key}{path}" for key in (draft, world.keys[0]) for path in ("", "/check", "/certificates/add")]
    paths += [f"{mine}/{draft}/{section}" for section in Section]
    paths += [f"{mine}/{world.keys[0]}/{path}" for path in ("receipt", "submitted", "submitted/1", "certificates/2")]
    merchant = visit(world.merchants[0])
    pages = [(path, merchant.get(path).text) for path in paths]
    close_applications(world)
    judge(world, 0)
    organiser = visit(world.people.organiser)
    checking = f"/{language}/rounds/{world.ref}/checking"
    pages += [(p, organiser.get(p).text) for p in (checking, f"{checking}/{world.refs[0]}", f"{checking}/close")]
    for path, text in pages:
        assert text.count("<h1") == 1, path
        assert " style=" not in text, path
        assert "<main" in text, path
        main = text[text.index("<main") : text.index("</main>")]
        assert "%(" not in main, path


def verified(*items: str, result: str = "met") -> dict[str, str]:
    """What is typed into the checklist to keep the same finding about each item."""
    return {
        f"{item}_{part}": typed_in
        for item in items
        for part, typed_in in (
            ("result", result),
            ("method", "papers"),
            ("evidence", "The copies were read."),
            ("looked_on", "2026-03-17"),
        )
    }


def test_checking_from_the_list_to_the_close(
    open_round: RoundWorld, visit: Callable[[Person | None], Visitor]
) -> None:
    world = applied_round(open_round)
    organiser = visit(world.people.organiser)
    checking = f"/en/rounds/{world.ref}/checking"
    assert "Until then nobody can read them" in text_of(organiser.get(checking))
    close_applications(world)
    organiser = visit(world.people.organiser)
    listed = text_of(organiser.get(checking))
    assert all(ref in listed for ref in world.refs)
    assert BUSINESSES[2].name in listed  # who checks reads the full name
    blocked = organiser.send(f"{checking}/close", form_on=f"{checking}/{world.refs[0]}", status=422)
    assert f"{world.refs[0]} has no verdict." in blocked.text

    one = organiser.get(f"{checking}/{world.refs[0]}")
    assert not re.search(r"<input[^>]* checked", one.text)
    assert BUSINESSES[0].uscc is not None
    assert BUSINESSES[0].uscc in one.text
    refused = organiser.send(
        f"{checking}/{world.refs[0]}", status=422, reason_code="documents_invalid", gates=["stock"]
    )
    assert "Explain the refusal" in refused.text
    said = {"reason_code": "documents_invalid", "gates": ["stock"], "explanation": "The licence ended in May 2025."}
    unfounded = organiser.send(f"{checking}/{world.refs[0]}", status=422, **said)
    assert "Nothing that this refusal rests on was found not in order" in unfounded.text
    sheet = f"{checking}/{world.refs[0]}/checklist"
    assert "valid until Mon 30 April 2029" in text_of(organiser.get(sheet))
    organiser.send(sheet, status=422, licences_result="not_met", licences_evidence="")
    organiser.send(sheet, status=303, **verified("licences", result="not_met"))
    organiser.send(f"{checking}/{world.refs[0]}", status=303, **said)
    assert "not eligible" in text_of(organiser.get(checking))
    for ref in world.refs:
        organiser.send(f"{checking}/{ref}/checklist", status=303, **verified(*REQUIRED))
        organiser.send(
            f"{checking}/{ref}",
            status=303,
            reason_code="all_gates_passed",
            gates=["documents", "stock"],
            explanation="",
        )
    ready = text_of(organiser.get(f"{checking}/close"))
    assert "Eligible 3" in ready
    organiser.send(f"{checking}/close", status=303)
    assert "not being checked now" in text_of(organiser.get(f"{checking}/close"))
    told = text_of(visit(world.merchants[0]).get(f"/en/my/applications/{world.keys[0]}/submitted"))
    assert "All conditions are met" in told


def test_an_applicant_reads_why_not(open_round: RoundWorld, visit: Callable[[Person | None], Visitor]) -> None:
    world = close_applications(applied_round(open_round))
    judge(world, 0, Reason.PRICE_ABOVE_SEVEN_DAY_LOW, "The export shows 39.00 on 1 March.")
    page = text_of(visit(world.merchants[0]).get(f"/en/my/applications/{world.keys[0]}/submitted"))
    assert "The export shows 39.00 on 1 March." in page
    assert "Price Marking Rules art. 16" in page
    assert "may still be replaced" in page


def test_the_board_says_what_the_check_waits_for(
    open_round: RoundWorld, visit: Callable[[Person | None], Visitor]
) -> None:
    world = applied_round(open_round)
    board = f"/en/rounds/{world.ref}/board"
    before = text_of(visit(world.people.organiser).get(board))
    assert "Applications can be read from the deadline on, by nobody before." in before
    assert "without a verdict" not in before
    close_applications(world)
    organiser = visit(world.people.organiser)
    assert "0 eligible, 0 not eligible, 3 without a verdict; 0 withdrawn," in text_of(organiser.get(board))
    judge(world, 0)
    judge(world, 1)
    judge(world, 2, Reason.OUTSIDE_THE_CALL, "The call is about food, this is a cup.")
    few = organiser.get(board)
    assert "Only 2 applications are eligible" in few.text
    assert f"/rounds/{world.ref}/checking/close" not in few.text
    judge(world, 2)
    assert f"/rounds/{world.ref}/checking/close" in organiser.get(board).text


def test_who_may_open_the_pages_of_checking(
    open_round: RoundWorld, visit: Callable[[Person | None], Visitor]
) -> None:
    world = close_applications(applied_round(open_round))
    checking = f"/en/rounds/{world.ref}/checking"
    supervisor = visit(world.people.supervisor)
    assert "Close the check" not in text_of(supervisor.get(checking))
    assert "Record the verdict" not in text_of(supervisor.get(f"{checking}/{world.refs[0]}"))
    for person in (world.people.second_organiser, world.people.second_supervisor):
        visit(person).get(checking, status=403)
        visit(person).get(f"{checking}/{world.refs[0]}", status=403)
    visit(world.merchants[0]).get(checking, status=403)
    visit(None).get(checking, status=303)
    visit(world.people.organiser).get(f"{checking}/no-such", status=404)


# ---- nothing leaks before the deadline ---------------------------------------------------------------------------


def addresses(app: Flask, world: AppliedWorld) -> list[str]:
    """Every page that takes no argument or only a round or an application, in both languages."""
    values = {
        "ref": world.ref,
        "application": world.refs[0],
        "digest": "1" * 64,
        "version": "1",
        "L": "0",
        "N": "000",
    }
    found = []
    for rule in app.url_map.iter_rules():
        if "GET" not in (rule.methods or ()) or rule.endpoint == "static" or rule.arguments - {"lang", *values}:
            continue
        for ref in (world.ref, *world.refs) if "ref" in rule.arguments else ("",):
            path = rule.rule
            for name, value in {**values, "ref": ref}.items():
                path = re.sub(rf"<(?:[^<>:]+:)?{name}>", quote(value), path)
            found += [re.sub(r"<any\([^)]*\):lang>", language, path) for language in ("en", "zh")]
    assert all("<" not in path for path in found), found
    return sorted(set(found))


def test_before_the_deadline_no_page_tells_anything_of_an_application(
    app: Flask, open_round: RoundWorld, visit: Callable[[Person | None], Visitor]
) -> None:
    """Something that could leak is there; every page is read by everybody else; afterwards the same words appear."""
    world = applied_round(open_round)
    secrets = [*PRODUCTS, *world.refs, *world.keys]
    everybody = world.people
    others = [None, everybody.organiser, everybody.supervisor, everybody.official, everybody.members[0]]
    paths = addresses(app, world)
    assert len(paths) > 40
    leaks = []
    for person in others:
        browser = visit(person)
        for path in paths:
            answer = browser.client.get(path)
            asked = {secret for secret in secrets if secret in path}
            leaks += [(person, path, s) for s in secrets if s not in asked and s in answer.text]
            if asked:
                assert answer.status_code in (303, 403, 404, 429), (person, path)
    assert leaks == []

    another = visit(world.merchants[1])
    for path in (path for path in paths if "/files/" not in path):
        text = another.client.get(path).text
        assert PRODUCTS[0] not in text, path
        assert world.keys[0] not in text, path

    close_applications(world)
    organiser = visit(everybody.organiser)
    readable = [path for path in paths if "/files/" not in path]
    told = [path for path in readable if PRODUCTS[0] in organiser.client.get(path).text]
    assert f"/en/rounds/{world.ref}/checking" in told
    assert len(told) > 2


def test_the_log_and_the_letters_of_others_tell_nothing_before_the_deadline(open_round: RoundWorld) -> None:
    world = applied_round(open_round)
    from sqlalchemy import select

    from procurement.mail import Mail
    from procurement.publiclog.models import LogEntry

    with reading(world.engine) as session:
        log = b"\n".join(session.scalars(select(LogEntry.body))).decode()
        letters = list(session.execute(select(Mail.address, Mail.context)))
    for secret in (*PRODUCTS, *world.refs, *world.keys):
        assert secret not in log
    merchants = {person.email for person in world.merchants}
    for address, context in letters:
        assert address in merchants or not any(p in str(context) for p in PRODUCTS)
    # Who registered a business is public; that it applied is not: no entry of an application names it.
    applications = [line for line in log.splitlines() if '"kind":"application.' in line]
    assert len(applications) == 3
    assert not any(business in line for line in applications for business in world.businesses)


# ---- pages do not ask more for more rows -------------------------------------------------------------------------


class Counting:
    """Counts the statements of an application's engine."""

    def __init__(self, app: Flask) -> None:
        self.engine = app.extensions["sunlit"].engine
        self.count = 0

    def __enter__(self) -> "Counting":
        event.listen(self.engine, "before_cursor_execute", self._note)
        return self

    def __exit__(self, *_: object) -> None:
        event.remove(self.engine, "before_cursor_execute", self._note)

    def _note(self, *_: object) -> None:
        self.count += 1


def test_lists_issue_as_many_queries_for_many_rows_as_for_one(
    app: Flask, open_round: RoundWorld, visit: Callable[[Person | None], Visitor]
) -> None:
    world = applied_round(open_round)
    merchant = visit(world.merchants[0])

    def asked(browser: Visitor, path: str) -> int:
        browser.get(path)
        with Counting(app) as counting:
            browser.get(path)
        return counting.count

    first = asked(merchant, "/en/my/applications")
    for number in range(4):
        key = begin(open_round, world.merchants[0], world.businesses[0], f"产品{number}")
        fill(open_round, world.merchants[0], key, whole(f"产品{number}"))
        if number % 2:
            send(open_round, world.merchants[0], key)
    assert asked(merchant, "/en/my/applications") == first
    close_applications(world)
    organiser = visit(world.people.organiser)
    many = asked(organiser, f"/en/rounds/{world.ref}/checking")
    assert many < 20  # six applications are listed
    judge(world, 0)
    assert asked(organiser, f"/en/rounds/{world.ref}/checking") == many


def test_a_visitor_may_read_public_files_only_after_the_deadline(
    open_round: RoundWorld, visit: Callable[[Person | None], Visitor], client: FlaskClient
) -> None:
    merchant = visit(open_round.people.merchants[0])
    key = begin(open_round, open_round.people.merchants[0], open_round.people.businesses[0], "石磨小米")
    fill(open_round, open_round.people.merchants[0], key, replace(whole("石磨小米")))
    merchant.send(
        f"/en/my/applications/{key}/product",
        status=303,
        **{**typed(WHOLE, Section.PRODUCT), "purpose": "photo", "upload": (picture(), "p.png")},
    )
    merchant.send(
        f"/en/my/applications/{key}/price",
        status=303,
        **{**typed(WHOLE, Section.PRICE), "purpose": "price_evidence", "upload": (pdf(), "evidence.pdf")},
    )
    ref = send(open_round, open_round.people.merchants[0], key).ref
    submitted = merchant.get(f"/en/my/applications/{key}/submitted").text
    with reading(open_round.engine) as session:
        draft = own.draft_for(session, key, actor=open_round.people.merchants[0].actor, now=open_round.clock())
    photo = next(file.digest for file in draft.files if file.name == "p.png")
    evidence = next(file.digest for file in draft.files if file.name == "evidence.pdf" and file.size != 1000)
    assert f"/applications/{ref}/files/{photo}" in submitted
    visitor = visit(None)
    visitor.get(f"/applications/{ref}/files/{photo}", status=404)
    assert merchant.get(f"/applications/{ref}/files/{photo}").headers["Content-Type"] == "image/png"
    closes = open_round.course.applications_close
    assert closes is not None
    open_round.clock.move_to(closes)
    assert visitor.get(f"/applications/{ref}/files/{photo}").headers["Content-Disposition"].startswith("attachment")
    visitor.get(f"/applications/{ref}/files/{evidence}", status=404)
    organiser = visit(open_round.people.organiser)
    assert organiser.get(f"/applications/{ref}/files/{evidence}").data.startswith(b"%PDF")
