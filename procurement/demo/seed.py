"""`sunlit demo`: fill an empty installation with the demonstration, by the real acts alone.

What the demonstration is, is written into `demo.json` in the data folder when it is complete; with that there,
seeding again does nothing.
"""

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Engine, select
from sqlalchemy.orm import Session
from stdnum.cn import uscc

from config import Config
from procurement import jobs
from procurement.accounts.models import User
from procurement.applications.verdicts import Reason
from procurement.db import reading, transaction
from procurement.demo import calls, cast, complaints, goods, paris
from procurement.demo.schedule import PastClock, office_hours, tell
from procurement.demo.stage import Stage
from procurement.demo.stories import PanelStory, Plan, RoundStory
from procurement.errors import N_, RuleBroken
from procurement.merchants import actions as merchants
from procurement.merchants.rules import NEEDS_CODE, PREFIXES, MerchantKind, Particulars
from procurement.rounds.phases import Phase
from procurement.rounds.rules import RoundDocument
from procurement.rounds.scoring_rule import Text
from procurement.storage import store

BEGAN = timedelta(days=240)  # before the present: when the accounts were made


def seed(engine: Engine, config: Config, present: datetime, told: Callable[[str], None] = lambda _: None) -> bool:
    """Seed the demonstration as of `present`; False when it is there already. `told` hears of each round.

    Raises RuleBroken in production, and when the database holds accounts that are not the demonstration's.
    """
    if config.production:
        raise RuleBroken(N_("A demonstration does not belong into an installation that decides."))
    if _record(config).exists():
        return False
    with reading(engine) as session:
        if session.scalar(select(User.id).limit(1)) is not None:
            raise RuleBroken(N_("The demonstration needs an empty database, and this one has accounts. Use another."))
    told("The rounds of the demonstration are run from draft to decision. This takes about a minute.")
    stage = _stage(engine, config, present)
    jobs.load_handlers()
    zone = ZoneInfo(config.time_zone)
    stories = [RoundStory(stage, plan) for plan in _plans(present, zone)]
    stories.append(PanelStory(stage, _panel(present, zone)))
    tell([story.tell() for story in stories], stage.clock, present)
    for story in stories:
        told(f"{story.ref}  {stage.course(story.ref).phase_at(present):9}  {story.plan.document.title.zh}")
    record = {
        "accounts": stage.cast.as_json(),
        "rounds": [
            {
                "ref": story.ref,
                "phase": stage.course(story.ref).phase_at(present),
                "en": story.plan.document.title.en,
                "zh": story.plan.document.title.zh,
            }
            for story in stories
        ],
    }
    _record(config).write_text(json.dumps(record, ensure_ascii=False, indent=2), encoding="utf-8")
    return True


def record(config: Config) -> dict[str, Any]:
    """Accounts and rounds of the demonstration that was seeded. Raises RuleBroken when none was."""
    if not _record(config).exists():
        raise RuleBroken(N_("There is no demonstration here yet: run sunlit demo."))
    found: dict[str, Any] = json.loads(_record(config).read_text(encoding="utf-8"))
    return found


def _record(config: Config) -> Path:
    return config.data_dir / "demo.json"


def _stage(engine: Engine, config: Config, present: datetime) -> Stage:
    clock = PastClock(present - BEGAN)
    businesses = goods.businesses()
    people = cast.enrol(engine, clock(), merchants=list(businesses), judges=list(paris.tasting().judges))
    refs: dict[str, str] = {}
    for number, (key, business) in enumerate(businesses.items(), 1):
        with transaction(engine) as session:
            refs[key] = _register(session, people.merchants[key], business, number, clock())
    blobs = store(config)
    shelf = goods.Shelf(blobs, present.date(), [*goods.table()["product"], *paris.offers()])
    return Stage(engine, config, clock, people, blobs, shelf, refs)


def _register(session: Session, person: cast.Person, business: dict[str, str], number: int, now: datetime) -> str:
    kind = MerchantKind(business["kind"])
    particulars = Particulars(
        kind=kind,
        name=business["name"],
        uscc=_code(kind, number) if kind in NEEDS_CODE else None,
        representative=business["representative"],
        address=business["address"],
        contact=person.name,
        phone="13800138000",
        hotline="",
        founded=2015,
        named=True,
    )
    return merchants.register(session, actor=person.now(session), now=now, today=now.date(), particulars=particulars)


def _code(kind: MerchantKind, number: int) -> str:
    """A credit code of the right form that names nobody: division and organisation are zeros."""
    body = f"{PREFIXES.get(kind, 'N2')}000000{number:09d}"
    return body + str(uscc.calc_check_digit(body))


def _plans(present: datetime, zone: ZoneInfo) -> list[Plan]:
    """The rounds: how long ago each was published decides in which phase it is now."""

    def plan(
        en: str,
        zh: str,
        days_ago: int,
        until: Phase,
        products: tuple[str, ...],
        *,
        pack: str = "minimal_open",
        ruled: Callable[[RoundDocument], RoundDocument] = lambda document: document,
        **more: Any,
    ) -> Plan:
        published = office_hours(present, days_ago=days_ago, hour=9, minute=30, zone=zone)
        document = calls.county_call(
            Text(f"{en} (demo)", f"{zh}（演示）"),
            published=published.astimezone(zone).date(),
            slots=2,
            zone=zone.key,
            pack=pack,
        )
        return Plan(ruled(document), published, until, products, **more)

    expired = (
        Reason.DOCUMENTS_INVALID,
        "documents",
        "演示：检验报告已过有效期。Demo: the inspection report had expired on the day of application.",
    )
    return [
        plan("Spring tea", "春茶", 1, Phase.DRAFT, (), pack="prc_analogy"),
        plan("Winter fruit", "冬季水果", 9, Phase.OPEN, ("navel-orange", "pears", "honey"), pack="prc_analogy"),
        plan(
            "Staples of the county",
            "本县粮油",
            18,
            Phase.CHECKING,
            ("rice", "rapeseed-oil", "mushrooms", "lotus-root-powder"),
        ),
        plan("Mountain goods", "山货", 24, Phase.FORMING, ("mushrooms", "bamboo-shoots", "honey", "green-tea")),
        plan(
            "Gifts from the county",
            "伴手礼",
            26,
            Phase.SCORING,
            ("bamboo-basket", "bamboo-tray", "honey", "black-tea", "green-tea"),
            refused={"black-tea": expired},
            recused=((1, "honey"),),
        ),
        plan(
            "Summer drinks",
            "夏日饮品",
            40,
            Phase.CHECKING,
            ("green-tea", "honey", "black-tea"),
            refused={"black-tea": expired, "green-tea": expired},
            ending=Phase.ABORTED,
        ),
        plan(
            "Village handicraft",
            "乡村手艺",
            27,
            Phase.FORMING,
            ("bamboo-basket", "bamboo-tray", "lotus-root-powder"),
            ending=Phase.HELD,
        ),
        plan(
            "Mid-autumn table",
            "中秋餐桌",
            30,
            Phase.OPENED,
            ("rice", "honey", "navel-orange", "bamboo-shoots"),
            erring=((2, "honey", "supply"), (4, "rice", "price")),
        ),
        plan(
            "Kitchen of the county",
            "本县厨房",
            34,
            Phase.NOTICE,
            ("rapeseed-oil", "mushrooms", "rice", "lotus-root-powder"),
            ruled=calls.by_price,
            objection=complaints.a_mark_too_high,
        ),
        plan(
            "Orchards",
            "果园",
            46,
            Phase.RULING,
            ("navel-orange", "pears", "honey", "black-tea"),
            objection=complaints.a_mark_too_high,
        ),
        plan(
            "Autumn harvest",
            "秋收",
            90,
            Phase.DECIDED,
            ("rice", "green-tea", "honey", "navel-orange", "mushrooms"),
            pack="prc_analogy",
            objection=complaints.a_false_statement,
            recused=((2, "honey"),),
        ),
        plan("Tea house", "茶馆", 48, Phase.DECIDING, ("green-tea", "black-tea", "bamboo-tray", "honey")),
    ]


def _panel(present: datetime, zone: ZoneInfo) -> Plan:
    """The tasting of 1976."""
    tasting = paris.tasting()
    published = office_hours(present, days_ago=140, hour=9, minute=30, zone=zone)
    return Plan(
        document=calls.paris_call(tasting, published=published.astimezone(zone).date(), zone=zone.key),
        published=published,
        until=Phase.DECIDED,
        products=tuple(wine.key for wine in tasting.wines),
        language="en",
        reasons=Text(
            "Under the rule of this round, the mean of all eleven judges' marks, the first in rank has the highest "
            f"total. Source of the marks: {tasting.source}.",
            f"按本轮次的规则，即十一位评审评分的平均值，名次第一者总分最高。评分来源：{tasting.source}。",
        ),
    )
