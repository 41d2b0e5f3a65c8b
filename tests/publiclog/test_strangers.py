"""Software that other people wrote reads our log and talks to our witness, unchanged."""

import base64
import json
import os
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import metamorphic_log
import pytest
import witness_log
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from flask import Flask
from sqlalchemy import Engine
from werkzeug.serving import make_server

from config import Config
from procurement.db import make_engine, reading
from procurement.publiclog import keys, queries, serving, witnessing
from procurement.publiclog.checkpoint import Checkpoint, SigningKey, VerifierKey, open_note
from procurement.publiclog.signer import SigningRefused, sign_checkpoint
from procurement.publiclog.tree import consistency_proof
from procurement.publiclog.witness import Witness, WitnessKey, request_text
from procurement.schema import upgrade
from tests.publiclog.happenings import NOON
from tests.publiclog.test_signer import KEY, grow

SIZES = (1, 2, 255, 256, 257, 300)


@pytest.fixture
def notes(engine: Engine, tmp_path: Path) -> dict[int, str]:
    """Signed checkpoints of a growing log, by size."""
    found = {}
    for size in SIZES:
        with reading(engine) as session:
            now = queries.head(session).size
        grow(engine, size - now, first=now)
        sign_checkpoint(engine, key=KEY, guard=tmp_path / "guard", now=NOON)
        with reading(engine) as session:
            note = serving.published_note(session)
        assert note is not None
        found[size] = note
    return found


def test_a_foreign_verifier_accepts_checkpoints_and_proofs(engine: Engine, notes: dict[int, str]) -> None:
    keys = [str(KEY.verifier)]
    for size, note in notes.items():
        head = metamorphic_log.checkpoint_verify(note, keys)
        assert (head.origin, head.size) == (KEY.name, size)
    with reading(engine) as session:
        for index in (0, 1, 254, 255, 256, 299):
            receipt, entry = serving.receipt_for(session, index), queries.entry_at(session, index)
            assert receipt is not None
            assert entry is not None
            metamorphic_log.checkpoint_verify_inclusion(notes[300], keys, index, entry.leaf_hash, list(receipt.proof))
            with pytest.raises(metamorphic_log.VerifyError):
                metamorphic_log.checkpoint_verify_inclusion(notes[300], keys, index, bytes(32), list(receipt.proof))
        subtree = queries.subtree_reader(session)
        for old, new in ((1, 2), (2, 255), (255, 256), (256, 257), (1, 300), (257, 300)):
            proof = consistency_proof(old, new, subtree)
            metamorphic_log.checkpoint_verify_consistency(notes[old], notes[new], keys, proof)
            with pytest.raises(metamorphic_log.VerifyError):
                metamorphic_log.checkpoint_verify_consistency(notes[old], notes[new], keys, [*proof, bytes(32)])


def test_a_foreign_verifier_refuses_what_we_did_not_sign(notes: dict[int, str]) -> None:
    with pytest.raises(metamorphic_log.VerifyError):
        metamorphic_log.checkpoint_verify(notes[300].replace("\n300\n", "\n299\n"), [str(KEY.verifier)])


def test_a_foreign_log_is_cosigned_by_our_witness(tmp_path: Path) -> None:
    journal = witness_log.WitnessLog.generate()
    origin = journal.canonical_origin()
    watcher = Witness(
        WitnessKey("witness.example.org", bytes(range(32))),
        {origin: [VerifierKey.parse(journal.c2sp_vkey(origin))]},
        tmp_path / "witness",
    )
    known = 0
    for round_ in range(3):
        for number in range(round_ * 5 + 1):
            journal.append_intent(f"{round_} {number}".encode())
        answer = watcher.add_checkpoint(journal.add_checkpoint_body(known), NOON)
        assert answer.status == 200, answer.body
        dossier, accepted = journal.dossier_from_responses([(watcher.key.verifier.public.hex(), answer.body)])
        assert accepted == 1
        assert json.loads(dossier)
        known = journal.tree_size()
    assert watcher.add_checkpoint(journal.add_checkpoint_body(1), NOON).status == 409


@contextmanager
def answering(service: witness_log.WitnessService) -> Iterator[witnessing.WitnessAddress]:
    """`service` on the loopback; its library has everything of a witness but the socket."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            status, kind, answer = service.handle_add_checkpoint_http(body)
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.end_headers()
            self.wfile.write(answer.encode())

        def log_message(self, *_: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            address = f"http://127.0.0.1:{server.server_port}"
            yield witnessing.WitnessAddress(address, VerifierKey.parse(service.vkey()))
        finally:
            server.shutdown()
            thread.join()


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_a_foreign_witness_cosigns_our_log_and_refuses_a_fork(engine: Engine, tmp_path: Path) -> None:
    service = witness_log.WitnessService.new("witness.example.org/w1", bytes(range(32)))
    assert service.add_log(KEY.name, str(KEY.verifier))
    guard = tmp_path / "guard"
    with answering(service) as foreign:
        for count, first in ((5, 0), (252, 5), (43, 257)):
            grow(engine, count, first=first)
            sign_checkpoint(engine, key=KEY, guard=guard, now=NOON)
            assert witnessing.gather(engine, [foreign], now=NOON) == {foreign.key.name: "cosigned"}
        with reading(engine) as session:
            note = serving.published_note(session)
        assert note is not None
        assert {key.name for key in open_note(note, [KEY.verifier, foreign.key]).signed_by} == {
            KEY.name,
            foreign.key.name,
        }
        witnessing.ask_before_signing(engine, [foreign])

        fork = KEY.sign(Checkpoint(KEY.name, 300, bytes(32)).text())
        assert service.handle_add_checkpoint(request_text(300, [], fork))[0] == 422
        restored = make_engine(f"sqlite:///{tmp_path / 'restored.db'}")
        upgrade(restored)
        grow(restored, 257)
        sign_checkpoint(restored, key=KEY, guard=tmp_path / "restored-guard", now=NOON)
        with pytest.raises(SigningRefused, match="has seen 300 entries, but this log has only 257"):
            witnessing.ask_before_signing(restored, [foreign])
        restored.dispose()


# --- Go's libraries -----------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def client_in_go(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """stranger.go, built offline against Debian's package of golang.org/x/mod."""
    folder = tmp_path_factory.mktemp("go")
    offline = {"GO111MODULE": "off", "GOPATH": "/usr/share/gocode", "GOCACHE": str(folder / "cache"), "GOFLAGS": ""}
    source = Path(__file__).with_name("stranger.go")
    build = ["go", "build", "-o", str(folder / "stranger"), str(source)]
    done = subprocess.run(build, env=os.environ | offline, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return folder / "stranger"


def read_by(program: Path, *arguments: object) -> subprocess.CompletedProcess[str]:
    """Run the client; it is asked nothing and told nothing but where and whose the log is."""
    return subprocess.run([program, *map(str, arguments)], capture_output=True, text=True, check=False, timeout=60)


@pytest.fixture
def exported(engine: Engine, notes: dict[int, str], tmp_path: Path) -> Path:
    """The log as plain files, and its earlier checkpoints beside them."""
    with reading(engine) as session:
        serving.export(session, tmp_path / "published")
    for size, note in notes.items():
        (tmp_path / f"{size}.txt").write_text(note, encoding="utf-8")
    return tmp_path / "published"


def test_a_client_in_go_reads_the_exported_log(client_in_go: Path, exported: Path) -> None:
    for old in SIZES:
        done = read_by(client_in_go, exported, KEY.verifier, exported.parent / f"{old}.txt")
        assert (done.stdout, done.stderr) == ("300\n", ""), old


def test_a_client_in_go_refuses_a_changed_byte_of_any_file(client_in_go: Path, exported: Path) -> None:
    """Checkpoint, tiles and bundles, in turn; of base64 the very last letter has bits that say nothing."""
    files = [path for path in exported.rglob("*") if path.is_file()]
    assert len(files) == 6
    for path in files:
        whole = path.read_bytes()
        for offset in (0, len(whole) // 2, len(whole) - 4):
            path.write_bytes(whole[:offset] + bytes([whole[offset] ^ 1]) + whole[offset + 1 :])
            assert read_by(client_in_go, exported, KEY.verifier).returncode != 0, (path, offset)
        path.write_bytes(whole)
    assert read_by(client_in_go, exported, KEY.verifier).returncode == 0


def test_a_client_in_go_refuses_a_fork_and_another_key(
    client_in_go: Path, exported: Path, engine: Engine, tmp_path: Path
) -> None:
    """An earlier checkpoint that the log's key signed over another history."""
    fork = KEY.sign(Checkpoint(KEY.name, 255, bytes(32)).text())
    (tmp_path / "fork.txt").write_text(fork, encoding="utf-8")
    assert read_by(client_in_go, exported, KEY.verifier, tmp_path / "fork.txt").returncode == 1
    other = SigningKey(KEY.name, bytes(32)).verifier
    assert read_by(client_in_go, exported, other).returncode == 1


def test_a_client_in_go_reads_the_served_log(client_in_go: Path, app: Flask, config: Config) -> None:
    own, key = app.extensions["sunlit"].engine, keys.key_of(config)
    grow(own, 260)
    sign_checkpoint(own, key=key, guard=keys.guard_of(config), now=NOON)
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        done = read_by(client_in_go, f"http://127.0.0.1:{server.server_port}/log", key.verifier)
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
    assert (done.stdout, done.stderr) == ("260\n", "")


# --- openssl ------------------------------------------------------------------------------------------------------


def test_openssl_verifies_the_signature_of_a_checkpoint(notes: dict[int, str], tmp_path: Path) -> None:
    """Text above the empty line, the last 64 bytes of the line below it, and the key as printed in every decision."""
    text, _, line = notes[300].partition("\n\n")
    printed = base64.b64decode(str(KEY.verifier).split("+", 2)[2])
    assert printed[:1] == b"\x01"
    key = Ed25519PublicKey.from_public_bytes(printed[1:]).public_bytes(
        Encoding.PEM, PublicFormat.SubjectPublicKeyInfo
    )
    (tmp_path / "key.pem").write_bytes(key)
    (tmp_path / "signature").write_bytes(base64.b64decode(line.split()[2])[4:])
    command = [
        *("openssl", "pkeyutl", "-verify", "-pubin", "-inkey", tmp_path / "key.pem", "-rawin"),
        *("-in", tmp_path / "text", "-sigfile", tmp_path / "signature"),
    ]
    for signed, holds in ((f"{text}\n", True), (f"{text}\n".replace("\n300\n", "\n299\n"), False)):
        (tmp_path / "text").write_text(signed, encoding="utf-8")
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert (done.returncode == 0) is holds, done.stdout
