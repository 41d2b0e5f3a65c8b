"""Appending: in the transaction or not at all, dense, in order, also with many writers at once."""

import threading
from collections.abc import Iterator

import pytest
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from procurement.access import Actor, Role
from procurement.db import reading, transaction
from procurement.publiclog import queries
from procurement.publiclog.entry import EntryError, Salted
from procurement.publiclog.erasing import erase_disclosures
from procurement.publiclog.models import LogDisclosure, LogEntry, LogTileHash
from procurement.publiclog.tree import Frontier, inclusion_proof, root_at
from procurement.publiclog.verify import tree_of, verify_inclusion
from procurement.publiclog.writing import Appended, append
from tests.publiclog.happenings import NOON, Happened, everything

WANG = Actor(user_id=7, name="Wang Fang")


def say(session: Session, number: int, round_ref: str | None = "R2026-001") -> Appended:
    return append(session, Happened(number=number), now=NOON, actor=None, role=None, round_ref=round_ref)


def recorded(engine: Engine) -> tuple[list[int], Frontier, Frontier]:
    """The numbers in the log, the head as kept, the head as recomputed from the bodies."""
    with reading(engine) as session:
        rows = list(queries.bodies(session))
        assert [row[0] for row in rows] == list(range(len(rows)))
        numbers = [logged.envelope.entry.number for logged in queries.entries(session, limit=10_000)]
        return numbers[::-1], queries.head(session), tree_of(row[1] for row in rows)


def test_entries_have_their_index_after_the_commit(engine: Engine) -> None:
    with transaction(engine) as session:
        first, second = say(session, 1), say(session, 2)
        with pytest.raises(LookupError):
            _ = first.index
    assert (first.index, second.index) == (0, 1)
    with transaction(engine) as session:
        third = say(session, 3)
    assert third.index == 2
    numbers, kept, recomputed = recorded(engine)
    assert numbers == [1, 2, 3]
    assert kept.size == 3
    assert kept.root() == recomputed.root()


def test_a_transaction_that_fails_leaves_nothing(engine: Engine) -> None:
    def fail() -> None:
        with transaction(engine) as session:
            say(session, 1)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    numbers, kept, _ = recorded(engine)
    assert (numbers, kept.size) == ([], 0)


def test_a_session_that_commits_by_itself_writes_its_entries_too(engine: Engine) -> None:
    with Session(engine) as session:
        say(session, 1)
        session.commit()
        say(session, 2)
        session.commit()
    assert recorded(engine)[0] == [1, 2]


def test_a_malformed_entry_is_refused_at_once(engine: Engine) -> None:
    with transaction(engine) as session:
        with pytest.raises(EntryError):
            append(session, everything(number="3"), now=NOON, actor=None, role=None)
        say(session, 4)
    assert recorded(engine)[0] == [4]


def test_a_savepoint_takes_no_entry(engine: Engine) -> None:
    with transaction(engine) as session, session.begin_nested(), pytest.raises(RuntimeError, match="savepoint"):
        say(session, 1)
    assert recorded(engine)[0] == []


def test_who_acted_is_a_role_in_the_clear_and_a_person_by_digest(engine: Engine) -> None:
    with transaction(engine) as session:
        append(session, everything(), now=NOON, actor=WANG, role=Role.ORGANISER, round_ref="R2026-001")
        append(session, Happened(number=2), now=NOON, actor=Actor(user_id=None, name=""), role=Role.VISITOR)
        append(session, Happened(number=3), now=NOON, actor=None, role=None)
    with reading(engine) as session:
        third, second, first = queries.entries(session)
        kept = list(session.scalars(select(LogDisclosure).order_by(LogDisclosure.field)))
    assert [logged.envelope.by.role for logged in (first, second, third)] == ["organiser", "visitor", "system"]
    assert second.envelope.by.person is None
    assert third.envelope.by.person is None
    assert b"Wang" not in first.body
    assert b"user:7" not in first.body
    assert [(row.idx, row.field, row.value, row.whose) for row in kept] == [
        (0, "name", "张三", None),
        (0, "person", "user:7", "user:7"),
    ]
    assert first.envelope.by.person == Salted(digest=kept[1].digest)
    assert len({row.salt for row in kept}) == 2


def test_erasing_a_disclosure_leaves_every_proof_as_it_was(engine: Engine) -> None:
    with transaction(engine) as session:
        append(session, everything(), now=NOON, actor=WANG, role=Role.ORGANISER)
        say(session, 2)
    before = recorded(engine)[1].root()
    with transaction(engine) as session:
        kept = session.scalars(select(LogDisclosure).where(LogDisclosure.whose == "user:7"))
        erase_disclosures(session, {row.digest: row.idx for row in kept})
    _, kept, recomputed = recorded(engine)
    assert kept.root() == recomputed.root() == before


def test_entries_are_found_by_round_by_kind_and_page_by_page(engine: Engine) -> None:
    with transaction(engine) as session:
        for number in range(6):
            say(session, number, f"R{number % 2}")
        append(session, everything(), now=NOON, actor=None, role=None, round_ref="R1")
    with reading(engine) as session:

        def found(**wanted: object) -> Iterator[int]:
            return (logged.index for logged in queries.entries(session, **wanted))  # type: ignore[arg-type]

        assert list(found(round_ref="R1")) == [6, 5, 3, 1]
        assert list(found(round_ref="R1", kind="test.happened")) == [5, 3, 1]
        assert list(found(limit=3)) == [6, 5, 4]
        assert list(found(limit=3, before=4)) == [3, 2, 1]
        assert queries.entry_at(session, 6) is not None
        assert queries.entry_at(session, 7) is None


def test_tile_hashes_are_kept_and_serve_proofs(engine: Engine) -> None:
    with transaction(engine) as session:
        for number in range(515):
            say(session, number)
    with reading(engine) as session:
        assert [(row.level, row.n) for row in session.scalars(select(LogTileHash).order_by(LogTileHash.n))] == [
            (1, 0),
            (1, 1),
        ]
        subtree, head = queries.subtree_reader(session), queries.head(session)
        assert root_at(515, subtree) == head.root()
        bodies = [row[1] for row in queries.bodies(session)]
        assert root_at(300, subtree) == tree_of(bodies[:300]).root()
        for index in (0, 255, 256, 511, 514):
            leaf = session.get_one(LogEntry, index).leaf_hash
            verify_inclusion(index, 515, leaf, inclusion_proof(index, 515, subtree), head.root())


def test_many_writers_at_once_lose_nothing(engine: Engine) -> None:
    failures: list[BaseException] = []

    def write(thread: int) -> None:
        try:
            for n in range(25):
                with transaction(engine) as session:
                    say(session, 25 * thread + n)
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=write, args=(n,)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    assert failures == []
    numbers, kept, recomputed = recorded(engine)
    assert sorted(numbers) == list(range(200))
    assert kept.size == 200
    assert kept.root() == recomputed.root()
    for first in range(0, 200, 25):  # each writer's own entries stand in its order
        mine = [number for number in numbers if first <= number < first + 25]
        assert mine == sorted(mine)
