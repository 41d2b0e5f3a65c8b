"""The log as others read it: tiles and bundles, exported files, receipts, over HTTP."""

from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from sqlalchemy import Engine

from config import Config
from procurement.db import reading
from procurement.publiclog import keys, queries, serving
from procurement.publiclog.checkpoint import Checkpoint, open_checkpoint
from procurement.publiclog.receipt import Receipt
from procurement.publiclog.signer import sign_checkpoint
from procurement.publiclog.tiles import decode_bundle
from procurement.publiclog.tree import leaf_hash
from procurement.publiclog.verify import ProofError, tree_of
from tests.publiclog.happenings import NOON
from tests.publiclog.test_signer import KEY, grow


@pytest.fixture
def signed(engine: Engine, tmp_path: Path) -> Engine:
    """A log of 300 entries whose first 259 a checkpoint covers."""
    grow(engine, 259)
    sign_checkpoint(engine, key=KEY, guard=tmp_path / "guard", now=NOON)
    grow(engine, 41, first=259)
    return engine


def entries_in(folder: Path, size: int) -> list[bytes]:
    """The entries of an exported log, read as a stranger would."""
    names = [f"tile/entries/{n:03d}" for n in range(size // 256)]
    if size % 256:
        names.append(f"tile/entries/{size // 256:03d}.p/{size % 256}")
    return [entry for name in names for entry in decode_bundle((folder / name).read_bytes())]


def test_nothing_beyond_the_checkpoint_is_served(signed: Engine) -> None:
    with reading(signed) as session:
        whole = serving.served_tile(session, 0, 0)
        assert whole is not None
        assert len(whole) == 256 * 32
        partial = serving.served_tile(session, 0, 1, 3)
        assert partial is not None
        assert len(partial) == 3 * 32
        assert serving.served_tile(session, 0, 1, 4) is None  # entry 259 exists, but no checkpoint covers it
        assert serving.served_tile(session, None, 1, 3) is not None
        assert serving.served_tile(session, None, 1, 4) is None
        assert serving.served_tile(session, 1, 0, 1) is not None
        assert serving.served_tile(session, 1, 0, 2) is None
        assert serving.served_tile(session, 2, 0, 1) is None


def test_the_exported_files_are_the_log(signed: Engine, tmp_path: Path) -> None:
    folder = tmp_path / "published"
    with reading(signed) as session:
        # Two bundles, two tiles of level 0, one of level 1, and the checkpoint.
        assert serving.export(session, folder) == 6
    checkpoint = open_checkpoint((folder / "checkpoint").read_text(encoding="utf-8"), KEY.verifier, KEY.name)
    entries = entries_in(folder, checkpoint.size)
    assert len(entries) == checkpoint.size == 259
    assert tree_of(entries).root() == checkpoint.root
    leaves = (folder / "tile/0/000").read_bytes() + (folder / "tile/0/001.p/3").read_bytes()
    assert leaves == b"".join(leaf_hash(entry) for entry in entries)


def test_a_second_export_adds_what_is_new_and_keeps_the_old_partial_tiles(signed: Engine, tmp_path: Path) -> None:
    folder, guard = tmp_path / "published", tmp_path / "guard"
    with reading(signed) as session:
        serving.export(session, folder)
        assert serving.export(session, folder) == 1  # the checkpoint alone
    sign_checkpoint(signed, key=KEY, guard=guard, now=NOON)
    with reading(signed) as session:
        assert serving.export(session, folder) == 3  # a bundle, a tile, the checkpoint
    assert (folder / "tile/entries/001.p/3").exists()
    assert len(entries_in(folder, 300)) == 300


def test_a_receipt_holds_for_its_entry_and_for_no_other(signed: Engine) -> None:
    with reading(signed) as session:
        receipt = serving.receipt_for(session, 257)
        assert serving.receipt_for(session, 259) is None
        assert serving.receipt_for(session, -1) is None
        mine, other = queries.entry_at(session, 257), queries.entry_at(session, 256)
    assert receipt is not None
    assert mine is not None
    assert other is not None
    again = Receipt.parse(receipt.text())
    assert again == receipt
    assert again.entry == mine.body
    assert replace(again, entry=None).check(mine.body, [KEY.verifier]) == again.check(None, [KEY.verifier])
    with pytest.raises(ProofError, match="give it too"):
        replace(again, entry=None).check(None, [KEY.verifier])
    with pytest.raises(ProofError, match="another one"):
        replace(again, entry=other.body).check(mine.body, [KEY.verifier])
    checkpoint, signers = again.check(mine.body, [KEY.verifier])
    assert (checkpoint.size, [key.name for key in signers]) == (259, [KEY.name])
    with pytest.raises(ProofError, match="not in the tree"):
        again.check(other.body, [KEY.verifier])
    with pytest.raises(ProofError, match="not in the tree"):
        again.check(mine.body + b" ", [KEY.verifier])


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (lambda text: text.replace("index 257", "index 256"), "not in the tree"),
        (lambda text: text.replace("index 257", "index 0257"), "names no entry"),
        (lambda text: text.replace("tlog-proof@v1", "tlog-proof@v2"), "not a receipt"),
        (lambda text: text.replace("\n259\n", "\n260\n"), "does not hold"),
        (lambda text: text.split("\n\n")[0], "not a receipt"),
        (lambda text: text.replace("index 257\n", "index 257\nAAAA\n"), "32 bytes"),
        (lambda text: text.replace("index 257\n", "index 257\n!\n"), "base64"),
        (lambda text: "\n".join(text.split("\n")[:3] + text.split("\n")[4:]), "too short"),
        (lambda text: text.replace("index 257\n", ""), "names no entry"),
    ],
)
def test_a_changed_receipt_is_refused(signed: Engine, change: object, why: str) -> None:
    with reading(signed) as session:
        receipt, entry = serving.receipt_for(session, 257), queries.entry_at(session, 257)
    assert receipt is not None
    assert entry is not None
    with pytest.raises(ProofError, match=why):
        Receipt.parse(change(receipt.text())).check(entry.body, [KEY.verifier])  # type: ignore[operator]


def test_every_byte_of_a_receipt_counts(signed: Engine) -> None:
    """Whatever byte is another one, the receipt no longer holds, or (in the case of letters that are no base64, say)
    is none any more."""
    with reading(signed) as session:
        receipt = serving.receipt_for(session, 257)
    assert receipt is not None
    good = receipt.text()
    assert receipt.check(None, [KEY.verifier])
    for place in range(len(good)):
        changed = good[:place] + ("A" if good[place] != "A" else "B") + good[place + 1 :]
        with pytest.raises(ProofError):
            Receipt.parse(changed).check(None, [KEY.verifier])


def test_over_http(config: Config, client: FlaskClient) -> None:
    own = client.application.extensions["sunlit"].engine
    assert client.get("/log/checkpoint").status_code == 404
    grow(own, 5)
    assert client.get("/log/checkpoint").status_code == 404
    assert client.get("/log/tile/0/000.p/5").status_code == 404
    assert client.get("/log/entry/0.tlog-proof").status_code == 404
    key = keys.key_of(config)
    sign_checkpoint(own, key=key, guard=keys.guard_of(config), now=NOON)

    note = client.get("/log/checkpoint")
    assert note.content_type == "text/plain; charset=utf-8"
    checkpoint = open_checkpoint(note.text, key.verifier, config.log_origin)
    bundle = client.get("/log/tile/entries/000.p/5")
    assert bundle.content_type == "application/octet-stream"
    assert "immutable" in bundle.headers["Cache-Control"]
    entries = decode_bundle(bundle.data)
    assert tree_of(entries).root() == checkpoint.root
    assert client.get("/log/entry/3.json").data == entries[3]
    receipt = client.get("/log/entry/3.tlog-proof")
    assert Receipt.parse(receipt.text).check(entries[3], [key.verifier])[0].size == 5
    assert sha256(b"\x00" + entries[4]).digest() == client.get("/log/tile/0/000.p/5").data[-32:]
    for missing in ("0/000", "0/000.p/6", "entries/001.p/1", "0/0", "x/000", "0/000.p/0", "1/000.p/1"):
        assert client.get(f"/log/tile/{missing}").status_code == 404, missing
    assert client.get("/log/entry/5.json").status_code == 404


def test_a_checkpoint_is_parsed_with_its_cosignatures(signed: Engine) -> None:
    with reading(signed) as session:
        note = serving.published_note(session)
    assert note is not None
    assert Checkpoint.parse(note).size == 259
