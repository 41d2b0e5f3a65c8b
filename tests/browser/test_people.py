"""Pages of people and businesses, looked at by a browser, wide and narrow, in both languages."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import Engine

from procurement.access import Role
from procurement.accounts import actions as accounts
from procurement.accounts.models import User
from procurement.db import reading, transaction
from procurement.merchants import actions as merchants
from procurement.merchants import checking, debarring
from procurement.merchants.disclosures import Disclosure, Owner, Penalty, Related, Relation
from procurement.merchants.rules import (
    CertificateFacts,
    CertificateKind,
    CheckOutcome,
    DebarmentGround,
    SearchSource,
)
from procurement.uploads import Upload
from procurement.web import SESSION_COOKIE
from tests.browser.conftest import OpenPage, assert_fits, assert_no_axe_findings, picture
from tests.conftest import MovableClock
from tests.worlds.people import People, Person, people

TODAY = date(2026, 3, 2)


@pytest.fixture
def world(engine: Engine, clock: MovableClock) -> People:
    return people(engine, clock())


def cookies(app: Flask, who: Person, clock: MovableClock, site: str) -> list[dict[str, Any]]:
    client = who.enter(app.test_client(), clock())
    token = client.get_cookie(SESSION_COOKIE)
    assert token is not None
    return [{"name": SESSION_COOKIE, "value": token.value, "url": site}]


def furnish(world: People, clock: MovableClock) -> str:
    """Certificates of all ages, an open invitation, a debarment. Returns a reference of somebody's account."""
    file = Upload("ab" * 32, "application/pdf", 348_000, "食品生产许可证（副本）扫描件.pdf")
    with transaction(world.engine) as session:
        for number, kind, days in (
            ("SC10143010200001", CertificateKind.FOOD_PRODUCTION, 400),
            ("ZJ-2026-00012345-2026-0000001", CertificateKind.INSPECTION, 20),
            ("23456789", CertificateKind.TRADEMARK, None),
        ):
            merchants.add_certificate(
                session,
                actor=world.merchants[0].now(session),
                now=clock(),
                today=TODAY,
                ref=world.businesses[0],
                facts=CertificateFacts(
                    kind,
                    number,
                    "县市场监督管理局",
                    "茶叶（绿茶、红茶）",
                    TODAY,
                    days and TODAY + timedelta(days=days),
                ),
                file=file,
            )
        merchants.disclose(
            session,
            actor=world.merchants[0].now(session),
            now=clock(),
            today=TODAY,
            ref=world.businesses[0],
            disclosure=Disclosure(
                owners=(Owner("王青", Decimal("60.5")), Owner("李红", None)),
                related=(Related("青石镇茶叶销售有限公司", "91430102MA4L000098", Relation.HELD_BY_US),),
                no_related=False,
                penalties=(Penalty(date(2025, 1, 2), "县市场监督管理局", "标签不合格，警告"),),
                no_penalties=False,
                promoted="2024年10月，县直播间，绿茶。",
                no_promotions=False,
            ),
        )
        for found, result in ((False, ""), (True, "2025年1月2日警告一次，已改正。")):
            checking.record_search(
                session,
                actor=world.organiser.now(session),
                now=clock(),
                today=TODAY,
                ref=world.businesses[0],
                source=SearchSource.ENTERPRISE_CREDIT,
                searched_on=TODAY,
                found=found,
                result=result,
                picture=file,
            )
        checking.check_certificate(
            session,
            actor=world.organiser.now(session),
            now=clock(),
            ref=world.businesses[0],
            certificate_id=1,
            outcome=CheckOutcome.IN_ORDER,
            how="食品生产许可获证企业信息查询平台",
        )
        for business in world.businesses[1:]:
            debarring.debar(
                session,
                actor=world.supervisor.now(session),
                now=clock(),
                today=TODAY,
                merchant=business,
                ground=DebarmentGround.FALSE_MATERIAL,
                reason="材料中的检验报告经核实系伪造，出具机构书面确认未出具该报告。",
                remedy="可自收到通知之日起六十日内申请行政复议。",
                starts=TODAY,
                ends=TODAY + timedelta(days=365),
                evidence=file,
            )
        accounts.invite(
            session,
            actor=world.administrator.now(session),
            now=clock(),
            email="new.member.with.a.long.name@example.org",
            name="New Member",
            employer="School",
            roles=[Role.MEMBER],
            language="zh",
        )
        accounts.begin_enrolment(session, actor=world.organiser.now(session))
    with reading(world.engine) as session:
        return session.get_one(User, world.members[0].id).ref


@pytest.mark.parametrize(("language", "width"), [("en", 1280), ("zh", 320)])
def test_pages_are_accessible_and_fit(
    app: Flask, open_page: OpenPage, site: str, world: People, clock: MovableClock, language: str, width: int
) -> None:
    member = furnish(world, clock)
    for who, paths in (
        (None, ("sign-in", "register", "forgot-password", "debarments", "debarments/D-000002")),
        (world.organiser, ("account", "account/password", "account/second-factor")),
        (world.administrator, ("people", "people/invite", f"people/{member}")),
        (
            world.merchants[0],
            (
                "merchant",
                "merchant/new",
                "merchant/M-000001",
                "merchant/M-000001/certificates/add",
                "merchant/M-000001/people",
                "merchant/M-000001/owners",
            ),
        ),
        (world.merchants[1], ("merchant",)),
        (
            world.organiser,
            (
                "businesses",
                "businesses/M-000001",
                "businesses/M-000001/search",
                "businesses/M-000001/certificates/1",
            ),
        ),
        (world.supervisor, ("debarments/new", "debarments/D-000001/lift")),
    ):
        signed = cookies(app, who, clock, site) if who else []
        for path in paths:
            page = open_page(f"/{language}/{path}", width=width, cookies=signed)
            role = who.email.partition("@")[0] if who else "visitor"
            name = path.replace("/", "-").replace(member, "member")
            picture(page, f"people-{role}-{name}-{language}-{width}")
            assert_fits(page)
            assert_no_axe_findings(page)
            page.close()


def test_a_form_says_what_is_wrong_without_scripts(
    app: Flask, open_page: OpenPage, site: str, world: People, clock: MovableClock
) -> None:
    signed = cookies(app, world.merchants[0], clock, site)
    page = open_page("/zh/merchant/new", width=320, scripts=False, cookies=signed)
    page.get_by_label("本人的，或本人所在单位的").check()
    page.get_by_label("个体工商户").check()
    page.get_by_label("统一社会信用代码").fill("92430102MA4L00003K")
    page.get_by_role("button", name="登记").click()
    assert page.get_by_text("校验位不符").first.is_visible()
    assert page.get_by_label("个体工商户").is_checked()
    picture(page, "people-merchant1-new-refused-zh-320")
    assert_fits(page)
