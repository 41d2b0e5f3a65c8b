"""The audit: one change at a time, each is found and named."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Column, Engine, Integer, MetaData, String, Table, select

from procurement.db import reading, transaction
from procurement.publiclog import audit as auditing
from procurement.publiclog import queries
from procurement.publiclog.audit import Replay, Report, Row, audit, replays
from procurement.publiclog.checkpoint import Checkpoint, SigningKey
from procurement.publiclog.entries import DataErased, Ground
from procurement.publiclog.entry import Salted
from procurement.publiclog.erasing import erase_disclosures
from procurement.publiclog.models import LogDisclosure
from procurement.publiclog.queries import Logged
from procurement.publiclog.signer import sign_checkpoint
from procurement.publiclog.writing import append
from tests.publiclog.happenings import NOON, Happened
from tests.publiclog.test_signer import KEY, without_triggers
from tests.publiclog.test_triggers import append_personal
from tests.publiclog.test_writing import say

NUMBERS = Table(
    "audited_number", MetaData(), Column("number", Integer, primary_key=True), Column("round", String(20))
)


def numbers_from_log(entries: Iterable[Logged]) -> Iterator[Row]:
    for logged in entries:
        assert isinstance(logged.envelope.entry, Happened)
        yield {"number": logged.envelope.entry.number, "round": logged.envelope.round_ref}


@pytest.fixture(autouse=True)
def registered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(auditing, "REPLAYS", {})
    replays(Replay("number", (Happened,), numbers_from_log, lambda: select(NUMBERS), key=("number",)))


@pytest.fixture
def filled(engine: Engine, tmp_path: Path) -> Engine:
    """Entries 0 to 2 with a checkpoint, 3 and 4 after it; a table that follows from four of them."""
    NUMBERS.create(engine)
    with transaction(engine) as session:
        for number in range(2):
            say(session, number)
        append_personal(session)
    sign_checkpoint(engine, key=KEY, guard=tmp_path / "guard", now=NOON)
    with transaction(engine) as session:
        say(session, 3)
        say(session, 4)
    with engine.begin() as connection:
        connection.execute(NUMBERS.insert(), [{"number": n, "round": "R2026-001"} for n in (0, 1, 3, 4)])
    return engine


def audited(engine: Engine, **options: Any) -> Report:
    with reading(engine) as session:
        return audit(session, **{"key": KEY.verifier, **options})


def findings(engine: Engine, **options: Any) -> list[str]:
    """What the audit found, but for the triggers that a test had to remove."""
    return [str(found) for found in audited(engine, **options).findings if found.where != "database"]


def test_nothing_is_found_where_nothing_is_wrong(filled: Engine) -> None:
    report = audited(filled)
    assert report.findings == []
    assert report.fine
    assert report.as_json() == {
        "fine": True,
        "size": 5,
        "root": report.root.hex(),
        "checkpoints": 1,
        "disclosures": 2,
        "rows": {"number": 4},
        "findings": [],
    }


def erase_person(engine: Engine) -> None:
    """Erase the data of whoever is in entry 2, as the act of erasing does."""
    with transaction(engine) as session:
        kept = {row.digest: row.idx for row in session.scalars(select(LogDisclosure))}
        entry = DataErased(
            subject="account",
            person=Salted("user:7"),
            ground=Ground.CONSENT_WITHDRAWN,
            reason="ab" * 32,
            parts=("name",),
            kept=(),
            files=0,
            disclosures=len(kept),
            digests=erase_disclosures(session, kept),
        )
        append(session, entry, now=NOON, actor=None, role=None)


def test_erased_personal_data_is_no_finding(filled: Engine) -> None:
    erase_person(filled)
    assert audited(filled).findings == []


def test_erased_again_after_a_backup_was_restored(filled: Engine) -> None:
    """The entry of the first time finds its match in what the second time notes."""
    erase_person(filled)
    with reading(filled) as session:
        told = queries.entries(session, limit=1)[0].envelope.entry
    with transaction(filled) as session:
        append(session, replace(told, person=Salted("user:7")), now=NOON, actor=None, role=None)
    assert audited(filled).findings == []


@pytest.mark.parametrize(
    ("damage", "found"),
    [
        ("DELETE FROM log_erased WHERE digest = (SELECT min(digest) FROM log_erased)", 3),
        ("UPDATE log_erased SET erasure = 'x' WHERE digest = (SELECT min(digest) FROM log_erased)", 3),
        ("UPDATE log_erased SET idx = 1 WHERE digest = (SELECT min(digest) FROM log_erased)", 1),
        ("INSERT INTO log_erased (digest, idx, erasure) SELECT 'x', 2, erasure FROM log_erased LIMIT 1", 4),
        ("INSERT INTO log_disclosure SELECT digest, idx, 'name', 'x', 'x', NULL FROM log_erased LIMIT 1", 2),
    ],
)
def test_an_erasure_that_was_tampered_with_is_found(filled: Engine, damage: str, found: int) -> None:
    erase_person(filled)
    without_triggers(filled, damage)
    assert len(findings(filled)) == found, findings(filled)


def test_a_disclosure_noted_as_erased_without_an_entry_is_found(filled: Engine) -> None:
    """The triggers let it go once it is noted; the log does not tell of it."""
    with filled.begin() as connection:
        connection.exec_driver_sql(
            "INSERT INTO log_erased (digest, idx, erasure) SELECT digest, idx, 'x' FROM log_disclosure"
        )
        connection.exec_driver_sql("DELETE FROM log_disclosure")
    named = findings(filled)
    assert len(named) == 2
    assert all("for entry 2: it is gone, and no erasure in the log accounts for it" in found for found in named)


@pytest.mark.parametrize(
    ("damage", "found"),
    [
        (
            "UPDATE log_entry SET body = (SELECT body FROM log_entry WHERE idx = 0) WHERE idx = 4",
            ["entry 4: its bytes do not have the hash", "head: says 5", "number 4: the table has it"],
        ),
        (
            "UPDATE log_entry SET leaf_hash = (SELECT leaf_hash FROM log_entry WHERE idx = 0) WHERE idx = 4",
            ["entry 4: its bytes do not have the hash"],
        ),
        ("UPDATE log_entry SET kind = 'test.other' WHERE idx = 1", ["entry 1: the column kind says test.other"]),
        ("UPDATE log_entry SET round_ref = 'R9' WHERE idx = 1", ["entry 1: the column round_ref says R9"]),
        ("UPDATE log_entry SET at = '2020-01-01' WHERE idx = 1", ["entry 1: the column at says 2020-01-01"]),
        (
            "DELETE FROM log_entry WHERE idx = 4",
            ["head: says 5; the entries make a tree of 4", "number 4: the table has it"],
        ),
        (
            "DELETE FROM log_entry WHERE idx = 1",
            [
                "entry 2: expected entry 1",
                "entry 3: expected",
                "checkpoint of size 3: the entries",
                "entry 4: expected",
                "head: says 5",
                "number 1: the table has it",
            ],
        ),
        ("UPDATE log_head SET frontier = leaf_hash FROM log_entry WHERE idx = 0", ["head: says 5"]),
        ("DELETE FROM log_head", ["head: says nothing"]),
        (
            "UPDATE log_checkpoint SET size = 2",
            ["checkpoint of size 2: the row", "checkpoint of size 2: the entries"],
        ),
        ("UPDATE log_checkpoint SET size = 9", ["checkpoint of size 9: the row", "size 9: the log has only 5"]),
        ("UPDATE log_checkpoint SET note = replace(note, '3', '2')", ["checkpoint of size 3: the signature"]),
        (
            "INSERT INTO log_tile_hash SELECT 1, 0, leaf_hash FROM log_entry WHERE idx = 0",
            ["tile hash 1/0: there are not so many entries"],
        ),
        (
            "UPDATE log_disclosure SET value = 'user:8' WHERE field = 'person'",
            ["disclosure of person for entry 2: salt"],
        ),
        (
            "UPDATE log_disclosure SET idx = 1 WHERE field = 'name'",
            ["disclosure of name for entry 1: the entry does"],
        ),
        (
            "DELETE FROM log_disclosure WHERE field = 'name'",
            ["for entry 2: it is gone, and no erasure in the log accounts for it"],
        ),
        (
            "UPDATE audited_number SET round = 'R9' WHERE number = 3",
            ["number 3: round is R9, the log says R2026-001"],
        ),
        ("DELETE FROM audited_number WHERE number = 3", ["number 3: the log tells of it, the table does not"]),
        ("INSERT INTO audited_number VALUES (7, 'R2026-001')", ["number 7: the table has it, the log does not"]),
    ],
)
def test_each_change_is_found_and_named(filled: Engine, damage: str, found: list[str]) -> None:
    without_triggers(filled, damage)
    named = findings(filled)
    assert len(named) == len(found), named
    for finding, expected in zip(named, found, strict=True):
        assert expected in finding


def test_missing_triggers_are_found(filled: Engine) -> None:
    without_triggers(filled)
    assert {str(found) for found in audited(filled).findings} >= {
        "database: the trigger log_entry_next is missing or switched off",
        "database: the trigger log_head_step is missing or switched off",
    }


def test_a_history_rewritten_consistently_still_contradicts_what_was_signed(filled: Engine) -> None:
    """Whoever owns the database can replace entries and recompute every hash, but has not got the key."""
    without_triggers(
        filled,
        *(f"DELETE FROM {table}" for table in ("log_entry", "log_disclosure", "audited_number")),  # noqa: S608
        "DELETE FROM log_head",
        "INSERT INTO log_head (id, size, frontier) VALUES (1, 0, '')"
        if filled.dialect.name == "postgresql"
        else "INSERT INTO log_head (id, size, frontier) VALUES (1, 0, X'')",
    )
    with transaction(filled) as session:
        for number in range(5):
            say(session, 10 + number)
    with filled.begin() as connection:
        connection.execute(NUMBERS.insert(), [{"number": n, "round": "R2026-001"} for n in range(10, 15)])
    assert findings(filled) == ["checkpoint of size 3: the entries before it do not have the root it promises"]


def test_what_the_guard_file_promises_is_held_against_the_log(filled: Engine) -> None:
    root = audited(filled).root
    assert findings(filled, guard=Checkpoint(KEY.name, 5, root)) == []
    assert findings(filled, guard=Checkpoint(KEY.name, 5, bytes(32))) == [
        "checkpoint of size 5: the entries before it do not have the root it promises"
    ]
    assert findings(filled, guard=Checkpoint(KEY.name, 6, root)) == [
        "checkpoint of size 6: the log has only 5 entries"
    ]


def test_a_checkpoint_of_another_key_is_found(filled: Engine) -> None:
    other = SigningKey(KEY.name, bytes(32)).verifier
    assert findings(filled, key=other) == ["checkpoint of size 3: none of the known keys has signed this"]
    assert findings(filled, key=None) == ["checkpoint of size 3: there is no key to check it with"]


def test_a_table_is_replayed_once() -> None:
    with pytest.raises(ValueError, match="number is replayed already"):
        replays(Replay("number", (), numbers_from_log, lambda: select(NUMBERS), key=("number",)))
