"""Evidence of a round on notice, and ways to tell another story with it.

sound      the evidence file of a round whose result is on notice, as the application makes it
retold     the same after the office has logged something else: entries changed, then proved and signed again, as an
           office could do that never published its log to anybody
"""

import json
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import rfc8785
from obstore.store import MemoryStore

from procurement.db import reading
from procurement.evidence.bundle import Bundle, ProvedEntry, ndjson, pack, unpack
from procurement.evidence.check import check
from procurement.evidence.facts import Outcome, Policy, Report
from procurement.evidence.queries import evidence_of
from procurement.publiclog.checkpoint import Checkpoint
from procurement.publiclog.signer import sign_checkpoint
from procurement.publiclog.tree import inclusion_proof, leaf_hash, root_at
from procurement.publiclog.verify import tree_of
from procurement.storage import Store
from tests.objections.conftest import noticed, store
from tests.publiclog.test_signer import KEY
from tests.scoring.conftest import Store as Stages
from tests.worlds.decisions import keep_promise
from tests.worlds.scoring import ScoringWorld

__all__ = ["noticed", "store"]

Body = dict[str, Any]


@pytest.fixture
def database(store: Stages, tmp_path: Path) -> str:
    """SQLite only: the check knows no database, and what it reads is read in the same way from both."""
    source, _, _ = store.template("sqlite", "noticed")
    return store.copy("sqlite", source, tmp_path / "sunlit.db")[1]


def gathered(world: ScoringWorld, folder: Path, store: Store | None = None) -> bytes:
    """The evidence file of a world's round, under a checkpoint signed now."""
    keep_promise(world, folder / "guard")
    sign_checkpoint(world.engine, key=KEY, guard=folder / "guard", now=world.clock())
    with reading(world.engine) as session:
        made = evidence_of(
            session, world.ref, key=KEY.verifier, store=store or Store(MemoryStore()), now=world.clock()
        )
    return made.content


@pytest.fixture
def sound(noticed: ScoringWorld, tmp_path: Path) -> Bundle:
    return unpack(gathered(noticed, tmp_path))


def repacked(bundle: Bundle, **changes: bytes | None) -> Bundle:
    """`bundle` with files replaced (None: taken away), under a manifest that fits."""
    files = dict(bundle.files)
    for path, content in changes.items():
        if content is None:
            del files[path]
        else:
            files[path] = content
    return unpack(pack(bundle.round_ref, files))


def retold(bundle: Bundle, change: Callable[[list[Body]], list[Body]], **changes: bytes | None) -> Bundle:
    """`bundle` with other entries, all of them proved and signed by the log's own key."""
    bodies = [rfc8785.dumps(body) for body in change([json.loads(entry.body) for entry in bundle.entries()])]
    size = len(bodies)

    @cache
    def subtree(level: int, n: int) -> bytes:
        return tree_of(bodies[n << level : (n + 1) << level]).root()

    note = KEY.sign(Checkpoint(KEY.name, size, root_at(size, subtree)).text())
    entries = [
        ProvedEntry(index, tuple(inclusion_proof(index, size, subtree)), body) for index, body in enumerate(bodies)
    ]
    assert leaf_hash(bodies[0])
    lines = ndjson(entry.line() for entry in entries)
    return repacked(bundle, **{"log/entries.ndjson": lines, "log/checkpoint": note.encode()}, **changes)


def failing(bundle: Bundle, policy: Policy | None = None) -> set[str]:
    """The codes of the facts that do not hold."""
    report: Report = check(bundle, policy)
    return {fact.code for fact in report.facts if fact.outcome is Outcome.FAILS}


def holding(bundle: Bundle, policy: Policy | None = None) -> set[str]:
    """The codes of the facts that hold."""
    return {fact.code for fact in check(bundle, policy).facts if fact.outcome is Outcome.HOLDS}
