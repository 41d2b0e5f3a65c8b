"""Pages of businesses, through HTTP, as a person with a browser meets them."""

import io
import re
from datetime import date, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import Engine, event, select
from werkzeug.test import TestResponse

from procurement.db import reading, transaction
from procurement.mail import Mail
from procurement.merchants import actions, queries
from procurement.merchants.rules import CertificateFacts, CertificateKind
from procurement.uploads import Upload
from tests.conftest import MovableClock
from tests.merchants.papers import SMALL_PDF
from tests.visiting import Visitor, text_of
from tests.worlds.people import People, Person, people

TODAY = date(2026, 3, 2)
REASON = "材料中的检验报告经核实系伪造，出具机构书面确认未出具该报告。"

COMPANY = {
    "whose": "own",
    "kind": "company",
    "name": "另一家茶叶有限公司",
    "uscc": "91430102ma4l 000098",
    "representative": "王青",
    "address": "青石镇建设路9号",
    "contact": "李红",
    "phone": "138 1234 5678",
    "hotline": "0731-82210000",
    "founded": "2015",
}


@pytest.fixture
def world(engine: Engine, clock: MovableClock) -> People:
    return people(engine, clock())


def visitor(app: Flask, clock: MovableClock, who: Person | None = None) -> Visitor:
    client = app.test_client()
    return Visitor(who.enter(client, clock()) if who else client)


def test_registering_a_business(app: Flask, world: People, clock: MovableClock) -> None:
    visit = visitor(app, clock, world.merchants[0])
    done = visit.send("/en/merchant/new", **COMPANY)
    assert done.location == "/en/merchant/M-000004"
    page = visit.get("/en/merchant/M-000004")
    assert "91430102MA4L000098" in page.text
    assert "138 1234 5678" in page.text
    assert "M-000004" in visit.get("/zh/merchant").text


def test_what_was_typed_is_kept_and_every_fault_is_told(app: Flask, world: People, clock: MovableClock) -> None:
    visit = visitor(app, clock, world.merchants[0])
    refused = visit.send("/en/merchant/new", **{**COMPANY, "phone": "12", "uscc": "91430102MA4L000099"})
    assert refused.status_code == 422
    assert "does not fit the others" in refused.text
    assert "landline with its area code" in refused.text
    assert 'value="另一家茶叶有限公司"' in refused.text
    taken = visit.send("/zh/merchant/new", **{**COMPANY, "uscc": "91430102MA4L00001F"})
    assert "该代码已登记" in taken.text
    assert visit.send("/en/merchant/new", **{**COMPANY, "kind": "nonsense"}).status_code == 422


def test_changing_particulars_and_consent(app: Flask, world: People, clock: MovableClock) -> None:
    visit = visitor(app, clock, world.merchants[2])
    path = f"/en/merchant/{world.businesses[2]}"
    page = visit.get(f"{path}/edit")
    assert 'value="137 1234 5678"' in page.text
    farmer = {
        "kind": "farmer",
        "name": "张三丰",
        "address": "云岭村三组17号",
        "contact": "张三丰",
        "phone": "13712345678",
    }
    assert visit.send(f"{path}/edit", **farmer).location == path
    assert visit.send(f"{path}/edit", **{**farmer, "phone": ""}).status_code == 422
    assert "张**" in text_of(visit.get(path))
    assert " checked>" not in visit.get(f"{path}/consents").text
    page = f"{path}/consents"
    visit.send(f"{page}/name", form_on=page, status=422)  # no box ticked
    assert visit.send(f"{page}/name", form_on=page, **{"name-agreed": "y"}).location == page
    assert "张**" not in text_of(visit.get(path))
    visit.send(f"{page}/shoe-size", form_on=page, status=404)
    assert visit.send(f"{page}/name/withdraw", form_on=page).location == page
    assert "张**" in text_of(visit.get(path))


def test_nobody_elses_business_can_be_seen(app: Flask, world: People, clock: MovableClock) -> None:
    ref = world.businesses[0]
    other = visitor(app, clock, world.merchants[1])
    for end in ("", "/edit", "/people", "/owners", "/certificates/add"):
        other.get(f"/en/merchant/{ref}{end}", status=404)
        visitor(app, clock, world.supervisor).get(f"/en/merchant/{ref}{end}", status=403)
        assert visitor(app, clock).client.get(f"/en/merchant/{ref}{end}").status_code == 303
    other.get(f"/en/businesses/{ref}", status=403)


def test_papers_are_for_the_business_and_the_office(app: Flask, world: People, clock: MovableClock) -> None:
    ref = world.businesses[0]
    visitor(app, clock, world.merchants[0]).send(f"/en/merchant/{ref}/certificates/add", **certificate())
    visitor(app, clock, world.organiser).send(f"/en/businesses/{ref}/search", **search())
    for path in (f"/merchant/{ref}/certificates/1", f"/merchant/{ref}/searches/1"):
        for who in (world.merchants[0], world.organiser, world.supervisor):
            assert visitor(app, clock, who).get(path).headers["Content-Disposition"].startswith("attachment")
        for who in (world.merchants[1], world.members[0], world.official, world.administrator):
            visitor(app, clock, who).get(path, status=404)
        assert visitor(app, clock).client.get(path).status_code == 303
        visitor(app, clock, world.organiser).get(path.replace("/1", "/9"), status=404)
    visitor(app, clock, world.organiser).get(f"/merchant/{ref}/authority/{world.merchants[0].id}", status=404)


def with_files(fields: dict[str, Any]) -> dict[str, Any]:
    """`fields` with each pair of bytes and name as a file to send."""
    return {k: (io.BytesIO(v[0]), v[1]) if isinstance(v, tuple) else v for k, v in fields.items()}


def certificate(**changes: Any) -> dict[str, Any]:
    return with_files(
        {
            "kind": "food_production",
            "number": "SC10143010200001",
            "issuer": "县市场监管局",
            "scope": "茶叶",
            "issued": "2025-05-01",
            "expires": "2026-04-30",
            "file": (SMALL_PDF, "许可证.pdf"),
            **changes,
        }
    )


def test_the_wallet(app: Flask, world: People, clock: MovableClock) -> None:
    visit = visitor(app, clock, world.merchants[0])
    path = f"/en/merchant/{world.businesses[0]}"
    assert visit.send(f"{path}/certificates/add", **certificate()).location == path
    page = visit.get(path)
    assert "ends soon" in page.text
    link = re.search(r'href="(/merchant/[^"]+/certificates/(\d+))"', page.text)
    assert link
    file = visit.get(link[1])
    assert file.mimetype == "application/pdf"
    assert file.headers["Content-Disposition"].startswith("attachment")
    assert "ends soon" in visit.get("/en/merchant").text
    removed = visit.send(f"{path}/certificates/remove", form_on=path, id=link[2])
    assert removed.location == path
    assert "SC10143010200001" not in visit.get(path).text
    visit.send(f"{path}/certificates/remove", form_on=path, id=link[2], status=404)
    visit.send(f"{path}/certificates/remove", form_on=path, id="x", status=404)


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"file": (b"no PDF at all", "x.pdf")}, "not a PDF, JPEG or PNG"),
        ({"file": (b"", "")}, "Choose the file"),
        ({"expires": "2026-03-01"}, "no longer valid"),
        ({"issued": "2026-03-03"}, "issued after today"),
        ({"kind": ""}, "Choose what it is"),
        ({"number": " "}, "Copy this from the certificate"),
    ],
)
def test_a_certificate_that_is_not_right(
    app: Flask, world: People, clock: MovableClock, changes: dict[str, Any], told: str
) -> None:
    visit = visitor(app, clock, world.merchants[0])
    path = f"/en/merchant/{world.businesses[0]}"
    refused = visit.send(f"{path}/certificates/add", **certificate(**changes))
    assert refused.status_code == 422
    assert told in refused.text
    assert "There are no certificates yet" in visit.get(path).text


def search(**changes: Any) -> dict[str, Any]:
    return with_files(
        {
            "source": "credit_china",
            "searched_on": "2026-03-01",
            "found": "no",
            "result": "",
            "picture": (SMALL_PDF, "查询截图.pdf"),
            **changes,
        }
    )


def test_registering_for_somebody_else(app: Flask, world: People, clock: MovableClock) -> None:
    clerk = visitor(app, clock, world.merchants[0])
    farmer = {
        "whose": "help",
        "kind": "farmer",
        "name": "赵大山",
        "address": "云岭村五组3号",
        "contact": "赵大山",
        "phone": "13612345678",
    }
    refused = clerk.send("/en/merchant/new", **farmer)
    assert "Choose the file with the signed paper" in refused.text
    assert "Say in which capacity you help" in refused.text
    done = clerk.send(
        "/en/merchant/new", **with_files({**farmer, "capacity": "云岭村文书", "authority": (SMALL_PDF, "委托书.pdf")})
    )
    assert done.location == "/en/merchant/M-000004"
    assert "helps as 云岭村文书" in text_of(clerk.get("/en/merchant/M-000004"))
    organiser = visitor(app, clock, world.organiser)
    dossier = organiser.get("/en/businesses/M-000004")
    assert "registered by somebody who helps" in dossier.text
    paper = re.search(r'href="(/merchant/M-000004/authority/\d+)"', dossier.text)
    assert paper
    assert organiser.get(paper[1]).mimetype == "application/pdf"
    visitor(app, clock, world.merchants[1]).get(paper[1], status=404)


STATEMENT = {
    "owners-0-name": "王青",
    "owners-0-share": "60.5",
    "owners-1-name": "李红",
    "owners-1-share": "39.5",
    "related-0-name": "青石镇茶叶销售有限公司",
    "related-0-uscc": "91430102MA4L000098",
    "related-0-relation": "held_by_us",
    "no_penalties": "y",
    "no_promotions": "y",
}


def test_stating_who_stands_behind_a_business(app: Flask, world: People, clock: MovableClock) -> None:
    visit = visitor(app, clock, world.merchants[0])
    path = f"/en/merchant/{world.businesses[0]}"
    assert "You have not stated them yet" in text_of(visit.get(path))
    refused = visit.send(f"{path}/owners", **{**STATEMENT, "owners-1-share": "39.6", "no_promotions": ""})
    assert refused.status_code == 422
    assert "more than 100 per cent" in refused.text
    assert 'href="#owners"' in refused.text
    assert 'value="39.6"' in refused.text
    rows = visit.send(
        f"{path}/owners", **{**STATEMENT, "related-0-relation": "", "penalties-0-what": "罚款", "no_penalties": ""}
    )
    assert "Say how this business belongs to yours" in rows.text
    assert "Give the day of the penalty" in rows.text
    assert visit.send(f"{path}/owners", **STATEMENT).location == path
    stated = text_of(visit.get(path))
    assert "王青 60.5%" in stated
    assert "we hold a share of it" in stated
    assert 'value="青石镇茶叶销售有限公司"' in visit.get(f"{path}/owners").text
    assert "王青 60.5%" in text_of(visitor(app, clock, world.organiser).get("/en/businesses/M-000001"))


def test_the_office_finds_and_checks_businesses(app: Flask, world: People, clock: MovableClock) -> None:
    merchant, organiser = visitor(app, clock, world.merchants[0]), visitor(app, clock, world.organiser)
    merchant.send(f"/en/merchant/{world.businesses[0]}/certificates/add", **certificate())
    assert organiser.get("/en/businesses").text.count("/en/businesses/M-") == 3
    for wanted, found in (
        ("m-000002", ["M-000002"]),
        ("91430102ma4l00001f", ["M-000001"]),
        ("茶叶", ["M-000001"]),
        ("%", []),
        ("nobody", []),
    ):
        page = organiser.send("/en/businesses", wanted=wanted)
        assert re.findall(r"/en/businesses/(M-\d+)", page.text) == found, wanted
    path = "/en/businesses/M-000001"
    assert "Nobody has looked yet" in text_of(organiser.get(path))
    assert organiser.send(f"{path}/search", **search(found="yes")).status_code == 422
    assert organiser.send(f"{path}/search", **search(searched_on="2026-03-03")).status_code == 422
    assert organiser.send(f"{path}/search", **search(found="yes", result="2025年警告一次")).location == path
    assert "2025年警告一次" in organiser.get(path).text
    assert organiser.send(f"{path}/certificates/1", outcome="in_order", how="短").status_code == 422
    assert organiser.send(f"{path}/certificates/1", outcome="in_order", how="食品许可查询平台").location == path
    assert "found, and in order" in text_of(organiser.get(path))
    assert "found, and in order" in text_of(merchant.get("/en/merchant/M-000001"))
    organiser.get(f"{path}/certificates/9", status=404)


def test_supervisors_read_but_only_organisers_check(app: Flask, world: People, clock: MovableClock) -> None:
    supervisor = visitor(app, clock, world.supervisor)
    assert "Record a search" not in supervisor.get("/en/businesses/M-000001").text
    supervisor.get("/en/businesses/M-000001/search", status=403)
    for who in (world.merchants[0], world.members[0], world.official, world.administrator):
        visitor(app, clock, who).get("/en/businesses", status=403)
        visitor(app, clock, who).get("/en/businesses/M-000001", status=403)


def test_another_person_acts_for_the_business(app: Flask, world: People, clock: MovableClock) -> None:
    first, second = (visitor(app, clock, who) for who in world.merchants[:2])
    path = f"/en/merchant/{world.businesses[0]}"
    assert first.send(f"{path}/people", email="no address").status_code == 422
    first.send(f"{path}/people", email="merchant2@example.org")
    with reading(world.engine) as session:
        link = session.scalars(select(Mail.context)).one()["path"]
    second.get(path, status=404)
    assert "青石镇茶叶有限公司" in second.get(link).text
    assert second.send(link).location == path
    assert "Merchant Ana" in second.get(path).text
    second.get(link, status=404)
    second.send(f"{path}/people/remove", form_on=path, id=str(world.merchants[0].id))
    first.get(path, status=404)
    second.send(f"{path}/people/remove", form_on=f"{path}/people", id=str(world.merchants[1].id), status=422)


def debar(visit: Visitor, **changes: Any) -> TestResponse:
    return visit.send(
        "/en/debarments/new",
        **with_files(
            {
                "merchant": "M-000003",
                "ground": "false_material",
                "reason": REASON,
                "remedy": "可自收到通知之日起六十日内申请行政复议。",
                "starts": "2026-03-02",
                "ends": "2027-03-02",
                "evidence": (SMALL_PDF, "核实函.pdf"),
                **changes,
            }
        ),
    )


def test_a_debarment_from_entry_to_lifting(app: Flask, world: People, clock: MovableClock) -> None:
    supervisor, public = visitor(app, clock, world.supervisor), visitor(app, clock)
    farmer = visitor(app, clock, world.merchants[2])
    assert debar(supervisor).location == "/en/debarments/D-000001"
    page = public.get("/en/debarments/D-000001")
    assert "张**" in page.text
    assert "张三丰" not in page.text
    assert REASON in page.text
    assert "in force" in public.get("/en/debarments").text
    assert "may not apply until" in farmer.get("/en/merchant").text
    assert farmer.get("/debarments/D-000001/evidence").mimetype == "application/pdf"
    assert public.client.get("/debarments/D-000001/evidence").status_code == 303
    visitor(app, clock, world.merchants[0]).get("/debarments/D-000001/evidence", status=404)
    supervisor.send("/en/debarments/D-000001/appeal", state="已于三月十二日申请行政复议。")
    assert "已于三月十二日申请行政复议。" in public.get("/zh/debarments/D-000001").text
    assert supervisor.send("/en/debarments/D-000001/lift", reason="短").status_code == 422
    supervisor.send("/en/debarments/D-000001/lift", reason="复议机关撤销了认定。")
    assert "lifted" in text_of(public.get("/en/debarments/D-000001"))
    assert "may not apply until" not in farmer.get("/en/merchant").text


def test_a_debarment_ends_by_itself(app: Flask, world: People, clock: MovableClock) -> None:
    debar(visitor(app, clock, world.supervisor), ends="2026-03-04")
    public = visitor(app, clock)
    # Midnight in Shanghai, where the office is.
    clock.move_to(clock().replace(day=3, hour=15, minute=59, second=59))
    assert "in force" in public.get("/en/debarments/D-000001").text
    clock.advance(seconds=1)
    assert "over" in text_of(public.get("/en/debarments/D-000001"))
    assert "in force" not in public.get("/en/debarments/D-000001").text


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"merchant": "M-000009"}, "no business with this reference"),
        ({"ends": "2026-03-02"}, "must come after"),
        ({"ends": "2029-03-03"}, "at most 3 years"),
        ({"starts": "2026-03-01"}, "does not reach back"),
        ({"ground": "nonsense"}, "There is a problem"),
        ({"evidence": (b"", "")}, "Choose the file"),
    ],
)
def test_a_debarment_that_is_not_right(
    app: Flask, world: People, clock: MovableClock, changes: dict[str, Any], told: str
) -> None:
    supervisor = visitor(app, clock, world.supervisor)
    refused = debar(supervisor, **changes)
    assert refused.status_code == 422
    assert told in refused.text
    assert REASON in refused.text
    assert "No business is or was debarred" in supervisor.get("/en/debarments").text


@pytest.mark.parametrize("who", ["organiser", "administrator", "merchant", "member"])
def test_only_supervisors_debar(app: Flask, world: People, clock: MovableClock, who: str) -> None:
    person = {
        "organiser": world.organiser,
        "administrator": world.administrator,
        "merchant": world.merchants[0],
        "member": world.members[0],
    }[who]
    debar(visitor(app, clock, world.supervisor))
    visit = visitor(app, clock, person)
    for path in ("/en/debarments/new", "/en/debarments/D-000001/appeal", "/en/debarments/D-000001/lift"):
        visit.get(path, status=403)


def test_pages_ask_no_more_of_the_database_for_more_rows(app: Flask, world: People, clock: MovableClock) -> None:
    farmer, supervisor, public = (
        visitor(app, clock, world.merchants[0]),
        visitor(app, clock, world.supervisor),
        visitor(app, clock),
    )
    count = 0

    def counted(*_: Any) -> None:
        nonlocal count
        count += 1

    event.listen(app.extensions["sunlit"].engine, "before_cursor_execute", counted)

    def statements(visit: Visitor, path: str) -> int:
        nonlocal count
        count = 0
        visit.get(path)
        return count

    def more(n: int) -> None:
        with transaction(world.engine) as session:
            who = world.merchants[0].now(session)
            for i in range(n):
                actions.add_certificate(
                    session,
                    actor=who,
                    now=clock(),
                    today=TODAY,
                    ref=world.businesses[0],
                    facts=CertificateFacts(
                        CertificateKind.OTHER, f"N{i}", "县局", "", TODAY, TODAY + timedelta(days=9)
                    ),
                    file=Upload("ab" * 32, "application/pdf", 1, "x.pdf"),
                )

    more(1)
    debar(supervisor)
    farmer.get("/en/merchant")
    pages = [(farmer, "/en/merchant"), (farmer, f"/en/merchant/{world.businesses[0]}"), (public, "/en/debarments")]
    before = [statements(*one) for one in pages]
    more(5)
    for _ in range(3):
        debar(supervisor)
    assert [statements(*one) for one in pages] == before


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_every_page_is_there_in_both_languages(app: Flask, world: People, clock: MovableClock, lang: str) -> None:
    merchant = visitor(app, clock, world.merchants[0])
    for path in (
        "",
        "/new",
        "/M-000001",
        "/M-000001/edit",
        "/M-000001/people",
        "/M-000001/certificates/add",
        "/M-000001/owners",
    ):
        assert merchant.get(f"/{lang}/merchant{path}").text.count("<h1") == 1
    merchant.send("/en/merchant/M-000001/certificates/add", **certificate())
    organiser = visitor(app, clock, world.organiser)
    for path in ("", "/M-000001", "/M-000001/search", "/M-000001/certificates/1"):
        assert organiser.get(f"/{lang}/businesses{path}").text.count("<h1") == 1
    supervisor = visitor(app, clock, world.supervisor)
    debar(supervisor)
    for path in ("", "/new", "/D-000001", "/D-000001/appeal", "/D-000001/lift"):
        assert supervisor.get(f"/{lang}/debarments{path}").text.count("<h1") == 1


def test_somebody_without_a_business_is_shown_the_way(app: Flask, world: People, clock: MovableClock) -> None:
    with reading(world.engine) as session:
        assert queries.merchants_of(session, world.organiser.id) == []
    visit = visitor(app, clock, world.merchants[0])
    visit.send("/en/merchant/M-000001/people", email="merchant2@example.org")
    second = visitor(app, clock, world.merchants[1])
    with reading(world.engine) as session:
        link = session.scalars(select(Mail.context)).one()["path"]
    second.send(link)
    visit.send("/en/merchant/M-000001/people/remove", form_on="/en/merchant/M-000001", id=str(world.merchants[0].id))
    assert "Before you apply with a product" in text_of(visit.get("/en/merchant"))
