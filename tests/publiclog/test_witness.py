"""Witnesses: what one signs, what it refuses and keeps; asked by the office over HTTP on the loopback."""

import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Engine

from config import Config
from procurement.db import reading
from procurement.publiclog import queries, serving, witnessing
from procurement.publiclog.checkpoint import (
    COSIGNATURE,
    Checkpoint,
    NoteError,
    SigningKey,
    VerifierKey,
    open_note,
)
from procurement.publiclog.signer import SigningRefused, sign_checkpoint
from procurement.publiclog.tree import EMPTY_ROOT, consistency_proof, leaf_hash
from procurement.publiclog.verify import tree_of
from procurement.publiclog.witness import Answer, Witness, WitnessKey, request_text
from procurement.publiclog.witness_server import make, witness_in
from tests.conftest import MovableClock
from tests.publiclog.happenings import NOON
from tests.publiclog.test_signer import KEY, grow

BYSTANDER = WitnessKey("witness.example.org", bytes(range(100, 132)))
ENTRIES = [f"entry {n}".encode() for n in range(20)]


def note_of(size: int, entries: list[bytes] | None = None, key: SigningKey = KEY) -> str:
    tree = tree_of((entries or ENTRIES)[:size])
    return key.sign(Checkpoint(key.name, size, tree.root()).text())


def proof_of(old: int, new: int) -> list[bytes]:
    def subtree(level: int, n: int) -> bytes:
        return tree_of(ENTRIES[n << level : (n + 1) << level]).root()

    return consistency_proof(old, new, subtree) if old else []


@pytest.fixture
def witness(tmp_path: Path) -> Witness:
    return Witness(BYSTANDER, {KEY.name: [KEY.verifier]}, tmp_path / "witness")


def ask(witness: Witness, old: int, new: int, entries: list[bytes] | None = None) -> Answer:
    return witness.add_checkpoint(request_text(old, proof_of(old, new), note_of(new, entries)), NOON)


def evidence(witness: Witness) -> list[Path]:
    return sorted(witness.folder.glob("evidence/*.txt"))


def test_a_log_that_grows_is_cosigned(witness: Witness) -> None:
    for old, new in ((0, 3), (3, 8), (8, 8), (8, 20)):
        answer = ask(witness, old, new)
        assert answer.status == 200
        opened = open_note(note_of(new) + answer.body, [KEY.verifier, BYSTANDER.verifier])
        assert {key.name for key in opened.signed_by} == {KEY.name, BYSTANDER.name}
    assert evidence(witness) == []


def test_the_cosignature_says_when(witness: Witness) -> None:
    line = ask(witness, 0, 3).body
    changed = line[:-20] + ("A" if line[-20] != "A" else "B") + line[-19:]
    with pytest.raises(NoteError):
        open_note(note_of(3) + changed, [BYSTANDER.verifier])


def test_a_size_that_is_not_the_known_one_is_told_the_known_one(witness: Witness) -> None:
    ask(witness, 0, 8)
    stale = ask(witness, 3, 5)
    assert (stale.status, stale.body, stale.media_type) == (409, "8\n", "text/x.tlog.size")
    assert ask(witness, 0, 20).status == 409
    assert witness.add_checkpoint(request_text(9, [], note_of(8)), NOON).status == 400


def test_a_fork_of_one_size_is_refused_and_kept(witness: Witness) -> None:
    ask(witness, 0, 8)
    forked = [*ENTRIES[:7], b"another", *ENTRIES[8:]]
    answer = witness.add_checkpoint(request_text(8, [], note_of(8, forked)), NOON)
    assert answer.status == 409
    (kept,) = evidence(witness)
    text = kept.read_text(encoding="utf-8")
    assert note_of(8) in text
    assert note_of(8, forked) in text
    assert ask(witness, 8, 20).status == 200  # the log it knew may go on


def test_a_fork_that_is_larger_is_refused_and_kept(witness: Witness) -> None:
    ask(witness, 0, 8)
    forked = [b"another", *ENTRIES[1:]]
    assert ask(witness, 8, 20, forked).status == 422
    assert len(evidence(witness)) == 1


def test_what_the_log_did_not_sign_is_refused(witness: Witness) -> None:
    stranger = SigningKey(KEY.name, bytes(32))
    assert witness.add_checkpoint(request_text(0, [], note_of(3, key=stranger)), NOON).status == 403
    other = SigningKey("example.org/other", bytes(32))
    assert witness.add_checkpoint(request_text(0, [], note_of(3, key=other)), NOON).status == 404


@pytest.mark.parametrize(
    "request_",
    [
        "",
        "old x\n\nnote",
        "old 0\n",
        "old 0\n%%\n\n" + note_of(3),
        "old 0\nAAAA\n\n" + note_of(3),
        "old 0\n\nnonsense",
    ],
)
def test_what_is_no_request_is_refused(witness: Witness, request_: str) -> None:
    assert witness.add_checkpoint(request_, NOON).status == 400


def test_an_empty_log_has_one_root(witness: Witness) -> None:
    good = KEY.sign(Checkpoint(KEY.name, 0, EMPTY_ROOT).text())
    bad = KEY.sign(Checkpoint(KEY.name, 0, leaf_hash(b"")).text())
    assert witness.add_checkpoint(request_text(0, [], bad), NOON).status in (409, 422)
    assert witness.add_checkpoint(request_text(0, [], good), NOON).status == 200


@pytest.fixture
def running(tmp_path: Path, clock: MovableClock) -> Iterator[witnessing.WitnessAddress]:
    """A witness that answers on the loopback."""
    watcher = witness_in(tmp_path / "running", BYSTANDER.name, [KEY.verifier])
    with make(watcher, "127.0.0.1", 0, clock) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield witnessing.WitnessAddress(f"http://127.0.0.1:{server.server_port}", watcher.key.verifier)
        server.shutdown()
        thread.join()


def publish(engine: Engine, guard: Path, count: int, first: int = 0) -> None:
    grow(engine, count, first=first)
    sign_checkpoint(engine, key=KEY, guard=guard, now=NOON)


def test_the_office_gathers_cosignatures_and_serves_them(
    engine: Engine, tmp_path: Path, running: witnessing.WitnessAddress
) -> None:
    guard = tmp_path / "guard"
    assert witnessing.gather(engine, [running], now=NOON) == {}
    publish(engine, guard, 5)
    assert witnessing.gather(engine, [running], now=NOON) == {running.key.name: "cosigned"}
    assert witnessing.gather(engine, [running], now=NOON) == {}  # nothing new to ask for
    publish(engine, guard, 300, first=5)
    witnessing.ask_before_signing(engine, [running])
    assert witnessing.gather(engine, [running], now=NOON) == {running.key.name: "cosigned"}
    with reading(engine) as session:
        note, receipt = serving.published_note(session), serving.receipt_for(session, 7)
        entry = queries.entry_at(session, 7)
        (row,) = witnessing.witnesses_seen(session, [running])
    assert note is not None
    assert {key.name for key in open_note(note, [KEY.verifier, running.key]).signed_by} == {
        KEY.name,
        running.key.name,
    }
    assert receipt is not None
    assert entry is not None
    assert len(receipt.check(entry.body, [KEY.verifier, running.key])[1]) == 2
    assert (row.name, row.checkpoints, row.size, row.last_at, row.behind) == (running.key.name, 2, 305, NOON, 0)


def test_everybody_sees_who_watches_the_log(
    app: Flask, client: FlaskClient, config: Config, running: witnessing.WitnessAddress, tmp_path: Path
) -> None:
    """One that signs and falls behind, one that is named and never answers, one that is no longer asked."""
    own, guard = app.extensions["sunlit"].engine, tmp_path / "guard"
    assert "The office asks no witness yet" in client.get("/en/log/witnesses").text
    silent = WitnessKey("silent.example.org", bytes(32)).verifier
    edge = app.extensions["sunlit"]
    app.extensions["sunlit"] = replace(edge, config=replace(config, witnesses=str(tmp_path / "witnesses")))
    listed = f"{running.url} {running.key}\nhttps://silent.example.org {silent}\n"
    (tmp_path / "witnesses").write_text(listed, encoding="utf-8")
    publish(own, guard, 5)
    witnessing.gather(own, [running], now=NOON)
    assert "has signed the newest checkpoint" in client.get("/en/log/witnesses").text
    publish(own, guard, 2, first=5)
    page = client.get("/en/log/witnesses").text
    for said in (running.key.name, "2 entries behind", "silent.example.org", "never", "7 entries behind"):
        assert said in page, said
    assert f"witness {silent}" in page.replace("&#43;", "+")
    assert "落后 7 条" in client.get("/zh/log/witnesses").text
    (tmp_path / "witnesses").write_text("", encoding="utf-8")
    page = client.get("/en/log/witnesses").text
    assert running.key.name in page
    assert "no longer asked" in page
    assert "silent.example.org" not in page


def test_a_restored_backup_is_recognised_by_a_witness(
    engine: Engine, tmp_path: Path, running: witnessing.WitnessAddress, database: str
) -> None:
    """Guard file and database both go back to an earlier day; the witness remembers."""
    guard = tmp_path / "guard"
    publish(engine, guard, 5)
    witnessing.gather(engine, [running], now=NOON)
    later = note_of_log(engine, guard, running)
    assert later == 8
    restored = _an_earlier_copy(engine, guard)
    with pytest.raises(SigningRefused, match="has seen 8 entries, but this log has only 6"):
        witnessing.ask_before_signing(restored, [running])
    restored.dispose()


def note_of_log(engine: Engine, guard: Path, running: witnessing.WitnessAddress) -> int:
    publish(engine, guard, 3, first=5)
    witnessing.gather(engine, [running], now=NOON)
    with reading(engine) as session:
        return serving.published_size(session)


def _an_earlier_copy(engine: Engine, guard: Path) -> Engine:
    """A database in which six of the eight entries happened: the five published ones and one more."""
    from procurement.db import make_engine
    from procurement.schema import upgrade

    copy = make_engine(f"sqlite:///{guard.parent / 'restored.db'}")
    upgrade(copy)
    publish(copy, guard.parent / "restored-guard", 5)
    grow(copy, 1, first=5)
    return copy


def test_a_witness_that_is_away_holds_nothing_up(engine: Engine, tmp_path: Path) -> None:
    nobody = witnessing.WitnessAddress("http://127.0.0.1:9", BYSTANDER.verifier)
    publish(engine, tmp_path / "guard", 2)
    witnessing.ask_before_signing(engine, [nobody], seconds=0.2)
    assert witnessing.gather(engine, [nobody], now=NOON, seconds=0.2) == {BYSTANDER.name: "does not answer"}
    with reading(engine) as session:
        assert witnessing.witnesses_seen(session, []) == []


def test_a_witness_with_another_key_is_not_believed(
    engine: Engine, tmp_path: Path, running: witnessing.WitnessAddress
) -> None:
    impostor = witnessing.WitnessAddress(running.url, BYSTANDER.verifier)
    publish(engine, tmp_path / "guard", 2)
    outcome = witnessing.gather(engine, [impostor], now=NOON)
    assert outcome == {BYSTANDER.name: "answers with a signature that does not hold"}


def test_the_list_of_witnesses_is_a_file(tmp_path: Path) -> None:
    path = tmp_path / "witnesses"
    path.write_text(f"# ours\nhttps://w.example.org {BYSTANDER.verifier}  # a court\n\n", encoding="utf-8")
    assert witnessing.read_witnesses(path) == [witnessing.WitnessAddress("https://w.example.org", BYSTANDER.verifier)]
    for wrong in (f"ftp://x {BYSTANDER.verifier}", "https://x", f"https://x {KEY.verifier}"):
        path.write_text(wrong, encoding="utf-8")
        with pytest.raises(NoteError):
            witnessing.read_witnesses(path)


def test_the_key_stays_the_same(tmp_path: Path) -> None:
    first = witness_in(tmp_path, BYSTANDER.name, [KEY.verifier]).key.verifier
    assert witness_in(tmp_path, BYSTANDER.name, [KEY.verifier]).key.verifier == first
    assert VerifierKey.parse(str(first)).algorithm == COSIGNATURE
