"""Nothing of a person that the table keeps back (masking.TABLE) stands on any public page, file or document.

A walk over every address that a visitor may ask for, into every file of a ZIP and the words of every PDF. The world
is a decided round in which there is plenty that could leak: a farmer who agreed to nothing applied with an identity
number, a bank account and telephone numbers in the texts and in the name of a file, and somebody objected.
"""

import io
import subprocess
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from itertools import product
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.routing import Rule

from app import create_app
from procurement.access import GRANTS, Role
from procurement.applications.content import Content
from procurement.db import make_engine, reading
from procurement.objections.rules import Step
from procurement.papers.models import Paper
from procurement.publiclog.keys import guard_of
from procurement.publiclog.models import LogEntry
from procurement.publiclog.signer import sign_checkpoint
from procurement.web import limiter
from tests.conftest import MovableClock, close
from tests.publiclog.test_signer import KEY
from tests.worlds import decisions
from tests.worlds.applications import PRODUCTS, AppliedWorld, begin, checked_round, fill, send, whole
from tests.worlds.decisions import decided_round, deciding_round, installation
from tests.worlds.objections import answered, correcting, noticed_round, objected, ruled
from tests.worlds.people import people
from tests.worlds.rounds import published_round
from tests.worlds.scoring import ScoringWorld, opened_round, scored_round, scoring_round

IDENTITY = "11010519491231002X"
CARD = "6222021234567890128"
SECRETS = (
    IDENTITY,
    CARD,
    "6222 0212 3456",
    "13712345678",
    "137 1234 5678",
    "137-1234-5678",
    "张三丰",
    "云岭村三组17号",
    "Li Xiaoming",
    "li@example.org",
)
"""The farmer's (tests.worlds.people) and the objector's. Each is in the database, for whoever may read it."""


def telling(content: Content) -> Content:
    """An application whose texts tell more than anybody should read."""
    return replace(
        content,
        product=replace(
            content.product, description=f"种植户身份证{IDENTITY}，电话137 1234 5678，微信同号13712345678。"
        ),
        supply=replace(content.supply, benefit=f"货款请汇至农业银行账号 {CARD}。"),
        files=tuple(replace(file, name=f"{IDENTITY}.pdf") for file in content.files),
    )


@pytest.fixture
def told(clock: MovableClock, migrated_sqlite: Path, tmp_path: Path) -> Iterator[tuple[Flask, ScoringWorld]]:
    """The decided round, served. SQLite only: what a page shows does not depend on the database."""
    path = tmp_path / "sunlit.db"
    path.write_bytes(migrated_sqlite.read_bytes())
    engine = make_engine(f"sqlite:///{path}")
    round_ = published_round(people(engine, clock()), clock)
    who, businesses = round_.people.merchants, round_.people.businesses
    keys, refs = [], []
    for person, business, name in zip(who, businesses, PRODUCTS, strict=True):
        keys.append(begin(round_, person, business, name))
        content = telling(whole(name))
        if person is who[2]:
            # A company's number to be rung is public; a farmer's is masked without consent.
            contact = replace(content.after_sales, complaint_contact="找我：137-1234-5678")
            content = replace(content, after_sales=contact)
        fill(round_, person, keys[-1], content)
        refs.append(send(round_, person, keys[-1]).ref)
    applied = AppliedWorld(round_, who, businesses, tuple(keys), tuple(refs))
    world = noticed_round(opened_round(scored_round(scoring_round(checked_round(applied), ("M2", 1)))))
    objection = objected(world, correcting(world, 0, "M1", "quality", "5"))
    ruled(world, answered(world, objection), Step.DISMISSED)
    config = installation(tmp_path, world)
    decided_round(deciding_round(world), config)
    decisions.work(world, config)
    sign_checkpoint(engine, key=KEY, guard=guard_of(config), now=clock())  # without one there is no evidence file
    app = create_app(config, clock=clock)
    app.testing = True
    limiter.enabled = False
    yield app, world
    limiter.enabled = True
    close(app.extensions["sunlit"].engine)
    engine.dispose()


def addresses(app: Flask, world: ScoringWorld) -> Iterator[str]:
    """Every address that a visitor may ask for, for everything that there is."""
    with reading(world.engine) as session:
        papers = list(session.scalars(select(Paper.ref)))
        entries = [str(idx) for idx in session.scalars(select(LogEntry.idx).order_by(LogEntry.idx))]
    things = [world.ref, *world.refs, *papers, f"{world.ref}-D1", f"{world.ref}-O01", *world.applied.businesses]
    values = {"lang": ["en", "zh"], "language": ["en", "zh"], "application": list(world.refs), "index": entries}
    values |= {"number": ["1", "2"], "level": ["0"], "n": ["000"], "name": ["entries"], "member": ["M1", "M2"]}

    def given(rule: Rule) -> Iterator[dict[str, str]]:
        names = sorted(rule.arguments)
        for chosen in product(*(values.get(name, things) for name in names)):
            yield dict(zip(names, chosen, strict=True))

    adapter = app.url_map.bind("localhost")
    for rule in app.url_map.iter_rules():
        permission = getattr(app.view_functions[rule.endpoint], "permission", None)
        if "GET" in (rule.methods or ()) and permission and Role.VISITOR in GRANTS[permission]:
            for arguments in given(rule):
                try:
                    yield str(adapter.build(rule.endpoint, arguments))
                except ValueError:
                    continue  # a number where this address wants none of ours


def texts(client: FlaskClient, address: str, folder: Path) -> Iterator[tuple[str, str]]:
    """(where, what it says) of an answer, of every file in it and of every PDF."""
    answer = client.get(address)
    if answer.status_code != 200:
        return
    content = {address: answer.data}
    if answer.mimetype == "application/zip":
        with zipfile.ZipFile(io.BytesIO(answer.data)) as archive:
            content = {f"{address}!{name}": archive.read(name) for name in archive.namelist()}
    for where, data in content.items():
        yield where, data.decode("utf-8", "replace")
        if data.startswith(b"%PDF"):
            (folder / "t.pdf").write_bytes(data)
            read = subprocess.run(["pdftotext", folder / "t.pdf", "-"], capture_output=True, check=True, timeout=60)
            yield f"{where} (text)", read.stdout.decode()


def test_nothing_leaks_where_everybody_reads(told: tuple[Flask, ScoringWorld], tmp_path: Path) -> None:
    app, world = told
    something_could_leak(app, world)
    client, leaks, read = app.test_client(), [], set()
    for address in dict.fromkeys(addresses(app, world)):
        for where, said in texts(client, address, tmp_path):
            read.add(where)
            leaks += [(where, secret) for secret in SECRETS if secret in said]
    assert leaks == []
    assert len(read) > 100
    for part in (f"/zh/applications/{world.refs[2]}", "-D1.pdf (text)", "evidence.zip!", "P02.zh.pdf (text)"):
        assert any(part in where for where in read), f"nothing was read of {part}"


def something_could_leak(app: Flask, world: ScoringWorld) -> None:
    """Whoever checks the application reads all of it; everybody reads that something is masked."""
    client = world.organiser.enter(app.test_client(), world.clock())
    said = client.get(f"/en/rounds/{world.ref}/checking/{world.refs[2]}").text
    for secret in (IDENTITY, CARD, "137 1234 5678", "137-1234-5678", "张三丰"):
        assert secret in said
    masked = app.test_client().get(f"/en/applications/{world.refs[2]}").text
    assert "张**" in masked
    assert "137****5678" in masked
