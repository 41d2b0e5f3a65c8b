"""The file of a round that is over, by the headings of the law, for the office alone."""

import io
import json
import zipfile
from hashlib import sha256

import pytest
from flask import Flask

from procurement import storage
from procurement.db import reading
from procurement.errors import NotAllowed, NotFound, WrongPhase
from procurement.evidence.archive import Heading, archive_of
from procurement.evidence.bundle import unpack
from procurement.evidence.check import check
from procurement.publiclog.signer import sign_checkpoint
from tests.decisions.conftest import DecisionWorld, app, database, decided, installation, made
from tests.publiclog.test_signer import KEY
from tests.visiting import Visitor
from tests.worlds.decisions import keep_promise
from tests.worlds.people import OFFICE, Person
from tests.worlds.scoring import ScoringWorld

__all__ = ["app", "database", "decided", "made"]


def archived(world: ScoringWorld, by: Person | None, ref: str = "") -> bytes:
    with reading(world.engine) as session:
        return archive_of(
            session,
            ref or world.ref,
            actor=None if by is None else by.now(session),
            key=KEY.verifier,
            store=storage.store(installation(world)),
            now=world.clock(),
            zone=OFFICE,
        ).content


@pytest.fixture
def covered(decided: DecisionWorld, tmp_path_factory: pytest.TempPathFactory) -> ScoringWorld:
    """A decided round, all of it under a checkpoint."""
    guard = tmp_path_factory.mktemp("signer") / "guard"
    keep_promise(decided.scored, guard)
    sign_checkpoint(decided.scored.engine, key=KEY, guard=guard, now=decided.scored.clock())
    return decided.scored


def test_everything_stands_under_its_heading(covered: ScoringWorld) -> None:
    content = archived(covered, covered.organiser)
    assert archived(covered, None) == content, "the same record gives the same bytes"
    with zipfile.ZipFile(io.BytesIO(content)) as packed:
        files = {name: packed.read(name) for name in packed.namelist()}
    index = json.loads(files["index.json"])
    assert [heading["number"] for heading in index["headings"]] == [heading.value for heading in Heading]
    listed = {one["path"]: one for heading in index["headings"] for one in heading["files"]}
    assert listed.keys() | {"index.json", "index.html"} == files.keys()
    for path, one in listed.items():
        assert (one["sha256"], one["size"]) == (sha256(files[path]).hexdigest(), len(files[path]))

    starts = {heading.value for heading in Heading if any(path.startswith(f"{heading}/") for path in listed)}
    assert starts == {"01", "02", "03", "04", "05", "06", "07", "11"}, "nothing was objected to, nothing contracted"
    assert "03/rules/1.json" in files
    assert json.loads(files["05/scoring.json"])["scoring"]["criteria"]
    for ref in covered.refs:
        assert json.loads(files[f"04/{ref}/v1.json"])["application"] == ref
    assert [path for path in files if path.startswith("07/decisions/") and path.endswith(".pdf")]
    evidence = unpack(files[f"11/{covered.ref}-evidence.zip"])
    assert check(evidence).fine

    page = files["index.html"].decode()
    assert "参照《政府采购法》" in page
    assert "Standard of evaluation" in page
    assert index["keep_until"] in page
    ended, until = (index[name] for name in ("ended", "keep_until"))
    assert (int(until[:4]) - int(ended[:4]), until[4:]) == (15, ended[4:])


def test_only_who_has_a_seat_reads_it(covered: ScoringWorld, app: Flask) -> None:
    people = covered.applied.people
    for who in (people.second_organiser, people.administrator, covered.member("M1"), people.merchants[0]):
        with pytest.raises(NotAllowed):
            archived(covered, who)
    with pytest.raises(NotFound):
        archived(covered, covered.organiser, "R2026-999")
    address = f"/rounds/{covered.ref}/archive.zip"
    visit = Visitor(covered.supervisor.enter(app.test_client(), covered.clock()))
    reply = visit.get(address)
    assert reply.content_type == "application/zip"
    assert zipfile.ZipFile(io.BytesIO(reply.data)).testzip() is None
    assert address in visit.get(f"/en/rounds/{covered.ref}/board").text
    for outside in (people.second_organiser, people.merchants[0]):
        Visitor(outside.enter(app.test_client(), covered.clock())).get(address, status=403)
    assert app.test_client().get(address).status_code in (303, 403)


def test_before_the_end_there_is_none(made: DecisionWorld) -> None:
    with pytest.raises(WrongPhase):
        archived(made.scored, made.scored.organiser)
