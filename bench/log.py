"""What the log costs, against bare hashing in the same run: `python bench/log.py [entries]`.

The floor is one SHA-256 over each entry and one over two hashes, which is what a tree cannot do without. Floors and
figures take turns, and the median of the rounds is told.
"""

import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from hashlib import sha256
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from sqlalchemy import Column, Engine, Integer, MetaData, Table, insert, update

from procurement.db import make_engine, reading, transaction
from procurement.publiclog import queries
from procurement.publiclog.audit import audit
from procurement.publiclog.checkpoint import Checkpoint, SigningKey, open_checkpoint
from procurement.publiclog.entry import By, Digest, Entry, Envelope, Ref, seal
from procurement.publiclog.models import LogCheckpoint, LogEntry, LogHead, LogTileHash
from procurement.publiclog.tree import Frontier, inclusion_proof, leaf_hash
from procurement.publiclog.triggers import drop_statements, trigger_statements
from procurement.publiclog.verify import tree_of, verify_inclusion
from procurement.publiclog.writing import append
from procurement.schema import upgrade

NOW = datetime(2026, 3, 2, tzinfo=UTC)
KEY = SigningKey("bench.example.org/log", bytes(32))
ROUNDS = 7


class Measured(Entry, kind="bench.measured", title="Measured"):
    """An entry of the usual length."""

    application: Ref
    sheet: Digest
    number: int


def measured(number: int) -> Measured:
    return Measured(
        application=f"R2026-001-A{number:05d}", sheet=sha256(str(number).encode()).hexdigest(), number=number
    )


def entries(count: int) -> list[bytes]:
    by = By("member")
    return [seal(Envelope(measured(n), NOW, "R2026-001", by), lambda: "").body for n in range(count)]


def seconds(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def floor(bodies: list[bytes]) -> None:
    """Each entry hashed once, and one hash over two hashes for it."""
    pair = bytes(65)
    for body in bodies:
        sha256(b"\x00" + body).digest()
        sha256(pair).digest()


def grow(bodies: list[bytes]) -> Frontier:
    tree = Frontier()
    for body in bodies:
        tree.append(leaf_hash(body))
    return tree


def filled(engine: Engine, bodies: list[bytes]) -> None:
    """Put the entries in without the triggers, which is quicker, and the triggers back."""
    tree, rows, tiles = Frontier(), [], []
    for index, body in enumerate(bodies):
        leaf = leaf_hash(body)
        tiles += [tile_hash._asdict() for tile_hash in tree.append(leaf)]
        rows.append(
            {
                "idx": index,
                "body": body,
                "leaf_hash": leaf,
                "kind": "bench.measured",
                "at": NOW,
                "round_ref": "R2026-001",
            }
        )
    checkpoint = Checkpoint(KEY.name, tree.size, tree.root())
    note = KEY.sign(checkpoint.text())
    with engine.begin() as connection:
        for statement in drop_statements(engine.dialect.name):
            connection.exec_driver_sql(statement)
        connection.execute(insert(LogEntry), rows)
        if tiles:
            connection.execute(insert(LogTileHash), tiles)
        connection.execute(update(LogHead).values(size=tree.size, frontier=tree.encoded()))
        connection.execute(
            insert(LogCheckpoint), {"size": tree.size, "root": tree.root(), "note": note, "signed_at": NOW}
        )
        for statement in trigger_statements(engine.dialect.name)[:-1]:
            connection.exec_driver_sql(statement)


def verify_stored(engine: Engine) -> None:
    """Every entry read from the disk, the whole tree recomputed, the root held against the signed checkpoint."""
    with reading(engine) as session:
        latest = queries.latest_checkpoint(session)
        checkpoint = open_checkpoint("" if latest is None else latest.note, KEY.verifier, KEY.name)
        tree = tree_of(queries.stored_bodies(session))
        if (tree.size, tree.root()) != (checkpoint.size, checkpoint.root):
            raise SystemExit("the log does not have the root that was signed")


def prove(engine: Engine, index: int, size: int) -> None:
    with reading(engine) as session:
        inclusion_proof(index, size, queries.subtree_reader(session))


SCRATCH = Table("scratch", MetaData(), Column("id", Integer, primary_key=True), info={"unlogged": "a measurement"})


def commit(engine: Engine, number: int, *, say: bool) -> None:
    with transaction(engine) as session:
        session.execute(insert(SCRATCH), {"id": number})
        if say:
            append(session, measured(number), now=NOW, actor=None, role=None)


def report(name: str, figures: list[float], floors: list[float], unit: str) -> None:
    ours, theirs = statistics.median(figures), statistics.median(floors)
    print(f"{name:44} {ours * 1000:9.1f} ms   floor {theirs * 1000:8.1f} ms   {ours / theirs:5.2f} x   {unit}")


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    bodies = entries(count)
    print(f"{count} entries of {len(bodies[0])} bytes, {ROUNDS} rounds\n")
    with tempfile.TemporaryDirectory() as folder:
        engine = make_engine(f"sqlite:///{folder}/log.db")
        upgrade(engine)
        filled(engine, bodies)
        times: dict[str, list[float]] = {name: [] for name in ("floor", "append", "verify", "audit")}
        for _ in range(ROUNDS):
            times["floor"].append(seconds(lambda: floor(bodies)))
            times["append"].append(seconds(lambda: grow(bodies)))
            times["verify"].append(seconds(lambda: verify_stored(engine)))
        with reading(engine) as session:
            times["audit"].append(seconds(lambda: audit(session, KEY.verifier)))
        report("append to the tree", times["append"], times["floor"], "goal 1.5")
        report("full verification from SQLite", times["verify"], times["floor"], "goal 2")
        report("audit: every field of every entry read too", times["audit"], times["floor"], "")
        proofs = [seconds(partial(prove, engine, n * 7919 % count, count)) for n in range(200)]
        print(f"{'proof of inclusion, from SQLite':44} {statistics.median(proofs) * 1000:9.2f} ms   goal 1 ms")
        tree = grow(bodies)
        with reading(engine) as session:
            proof = inclusion_proof(count // 3, count, queries.subtree_reader(session))
        leaf = leaf_hash(bodies[count // 3])
        checks = [seconds(lambda: verify_inclusion(count // 3, count, leaf, proof, tree.root())) for _ in range(200)]
        print(f"{'check of that proof':44} {statistics.median(checks) * 1000:9.3f} ms")

        with engine.begin() as connection:
            SCRATCH.create(connection)
        bare, said = [], []
        for number in range(200):
            bare.append(seconds(partial(commit, engine, number, say=False)))
            said.append(seconds(partial(commit, engine, -number - 1, say=True)))
        report("one row and one entry, committed", said, bare, "floor: the row alone")
        engine.dispose()


if __name__ == "__main__":
    main()
