"""Pages of notice, objections and the public log, looked at by a browser, wide and narrow, in both languages."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import Engine

from config import Config
from procurement.db import reading, transaction
from procurement.objections import actions
from procurement.objections.rules import Detail, Effect, Filer, Remedy, Step
from procurement.publiclog import queries
from procurement.publiclog.jobs import sign_log
from procurement.web import SESSION_COOKIE
from tests.browser.conftest import OpenPage, assert_fits, assert_no_axe_findings, picture
from tests.conftest import MovableClock
from tests.worlds.applications import applied_round, checked_round
from tests.worlds.objections import (
    admitted,
    answered,
    asked,
    correcting,
    escalated,
    noticed_round,
    objected,
    ruled,
)
from tests.worlds.people import Person, people
from tests.worlds.rounds import published_round
from tests.worlds.scoring import ScoringWorld, opened_round, scored_round, scoring_round

TOKEN = "a-secret-for-the-tests"


@pytest.fixture
def world(engine: Engine, clock: MovableClock) -> ScoringWorld:
    checked = checked_round(applied_round(published_round(people(engine, clock()), clock)))
    return opened_round(scored_round(scoring_round(checked)))


def furnish(world: ScoringWorld) -> dict[str, str]:
    """Notice, and an objection in every state. Returns name → reference."""
    noticed_round(world)
    found = {}
    found["dismissed"] = answered(world, objected(world, correcting(world, 0, "M1", "quality", "5")))
    ruled(world, found["dismissed"], Step.DISMISSED)
    world.clock.advance(hours=1)
    found["upheld"] = answered(world, objected(world, correcting(world, 0, "M4", "quality", "8.5")))
    effect = Effect(Remedy.CORRECT_SCORE, Detail(world.refs[0], "M4", "quality", Decimal("8.5")))
    ruled(world, found["upheld"], Step.PARTLY_UPHELD, effect)
    for state, act in (("filed", None), ("admitted", admitted), ("answered", answered)):
        world.clock.advance(hours=1)
        filing = replace(
            correcting(world, 1, "M3", "service", "6"), filer=Filer.ORGANISATION, name="清溪镇果蔬专业合作社"
        )
        ref = objected(world, filing)
        found[state] = act(world, ref) if act else ref
    found["outside"] = escalated(world, found["dismissed"])
    return found


def cookies(app: Flask, who: Person, clock: MovableClock, site: str) -> list[dict[str, Any]]:
    client = who.enter(app.test_client(), clock())
    token = client.get_cookie(SESSION_COOKIE)
    assert token is not None
    return [{"name": SESSION_COOKIE, "value": token.value, "url": site}]


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_every_page_fits_and_has_no_findings(
    app: Flask,
    site: str,
    open_page: OpenPage,
    world: ScoringWorld,
    clock: MovableClock,
    engine: Engine,
    config: Config,
    lang: str,
) -> None:
    organiser = cookies(app, world.organiser, clock, site)
    pages: dict[str, tuple[str, list[dict[str, Any]]]] = {"notice": (f"/{lang}/rounds/{world.ref}/notice", organiser)}
    look(open_page, pages, lang)
    refs = furnish(world)
    with transaction(engine) as session:
        actions.file_objection(
            session,
            actor=world.applied.merchants[0].now(session),
            now=clock(),
            ref=world.ref,
            filing=correcting(world, 2, "M2", "quality", "4"),
            token=TOKEN,
            language=lang,
        )
    asked(world, f"{world.ref}-O06")
    sign_log(engine, config, clock)
    clock.advance(days=2)
    supervisor = cookies(app, world.supervisor, clock, site)
    organiser = cookies(app, world.organiser, clock, site)
    merchant = cookies(app, world.applied.merchants[1], clock, site)
    pages = {
        "docket": (f"/{lang}/rounds/{world.ref}/objections/", []),
        "objection": (f"/{lang}/objections/{refs['upheld']}", []),
        "objection-new": (f"/{lang}/rounds/{world.ref}/objections/new", []),
        "objection-file": (f"/{lang}/rounds/{world.ref}/objections/new/tally", []),
        "objection-follow": (f"/{lang}/objections/follow/{TOKEN}", []),
        "objection-admit": (f"/{lang}/objections/{refs['filed']}/handle", supervisor),
        "objection-answer": (f"/{lang}/objections/{refs['admitted']}/handle", organiser),
        "objection-rule": (f"/{lang}/objections/{refs['answered']}/handle", supervisor),
        "objection-pause": (f"/{lang}/objections/{refs['answered']}/pause", supervisor),
        "objection-outcome": (f"/{lang}/objections/{refs['outside']}/outcome", supervisor),
        "objection-outside": (f"/{lang}/objections/{refs['outside']}", []),
        "objection-paper": (f"/{lang}/objections/{refs['upheld']}/papers/ruling", []),
        "objection-statement": (f"/{lang}/objections/{refs['admitted']}/statement", merchant),
        "objection-supplement": (f"/{lang}/objections/follow/{TOKEN}/supplement", []),
        "my-objections": (f"/{lang}/my-objections", merchant),
        "board": (f"/{lang}/rounds/{world.ref}/board", organiser),
        "log": (f"/{lang}/log/", []),
        "log-entry": (f"/{lang}/log/{last_index(engine)}", []),
    }
    look(open_page, pages, lang)


def last_index(engine: Engine) -> int:
    with reading(engine) as session:
        return queries.head(session).size - 1


def look(open_page: OpenPage, pages: dict[str, tuple[str, list[dict[str, Any]]]], lang: str) -> None:
    for name, (path, given) in pages.items():
        for width in (1280, 320):
            page = open_page(path, width=width, cookies=given)
            assert_fits(page)
            assert_no_axe_findings(page)
            picture(page, f"{name}-{lang}-{width}")
            page.context.close()


def test_a_visitor_objects_without_scripts(open_page: OpenPage, world: ScoringWorld) -> None:
    noticed_round(world)
    page = open_page(f"/zh/rounds/{world.ref}/objections/new/tally", scripts=False, width=320)
    page.get_by_label("分数与提交的证据不符").check()
    page.get_by_label("异议理由", exact=True).fill("检验报告显示等级为一级，与所给分数不符，请予更正。")
    page.get_by_label("更正分数").check()
    page.get_by_label("涉及的申报").select_option(world.refs[0])
    page.get_by_label("涉及的委员").select_option("M1")
    page.get_by_label("评审因素").select_option("quality")
    page.get_by_label("应得的正确分数").fill("9")
    page.get_by_label("以个人名义").check()
    page.get_by_label("您的姓名或组织名称").fill("李小明")
    page.get_by_label("电子邮箱或电话").fill("li@example.org")
    page.get_by_role("button", name="继续预览").click()
    assert "李**" in page.inner_text("main")
    picture(page, "objection-preview-zh-320")
    page.get_by_role("button", name="提交异议").click()
    assert f"{world.ref}-O01" in page.inner_text("main")
    picture(page, "objection-receipt-zh-320")
