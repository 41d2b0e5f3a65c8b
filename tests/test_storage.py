"""The store of blobs: written once, named by content, refusing stores that overwrite."""

import hashlib
from pathlib import Path
from typing import Any

import obstore
import pytest
from hypothesis import given
from hypothesis import strategies as st
from obstore.store import LocalStore, MemoryStore

from config import Config
from procurement.storage import Damaged, Missing, StorageError, Store, store


@given(st.binary())
def test_what_is_stored_is_found_under_its_digest(data: bytes) -> None:
    blobs = Store(MemoryStore())
    digest = blobs.put(data)
    assert digest == hashlib.sha256(data).hexdigest()
    assert blobs.get(digest) == data
    assert digest in blobs


def test_storing_again_changes_nothing(tmp_path: Path) -> None:
    blobs = Store(LocalStore(tmp_path))
    digest = blobs.put(b"the same")
    [path] = [path for path in tmp_path.rglob("*") if path.is_file()]
    written = path.stat().st_mtime_ns
    assert blobs.put(b"the same") == digest
    assert path.stat().st_mtime_ns == written


def test_what_is_not_there_is_missing() -> None:
    blobs = Store(MemoryStore())
    assert "0" * 64 not in blobs
    with pytest.raises(Missing):
        blobs.get("0" * 64)


@pytest.mark.parametrize("name", ["", "../../etc/passwd", "A" * 64, "0" * 63, "0" * 64 + "\n"])
def test_only_a_digest_is_a_name(name: str) -> None:
    with pytest.raises(Missing):
        Store(MemoryStore()).get(name)


def test_a_changed_blob_is_noticed(tmp_path: Path) -> None:
    blobs = Store(LocalStore(tmp_path))
    digest = blobs.put(b"as it was")
    [path] = [path for path in tmp_path.rglob("*") if path.is_file()]
    path.write_bytes(b"as somebody would like it")
    with pytest.raises(Damaged):
        blobs.get(digest)
    with pytest.raises(Damaged):
        blobs.put(b"as it was")


def test_a_store_that_overwrites_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    plain = obstore.put

    def overwriting(backend: Any, path: str, data: bytes, **_: Any) -> Any:
        return plain(backend, path, data)

    Store(MemoryStore()).probe()
    monkeypatch.setattr(obstore, "put", overwriting)
    with pytest.raises(StorageError, match="overwrites"):
        Store(MemoryStore()).probe()


def test_an_installation_keeps_its_blobs_in_its_folder(tmp_path: Path) -> None:
    config = Config(environment="test", data_dir=tmp_path)
    digest = store(config).put(b"here")
    assert (tmp_path / "blobs" / digest[:2] / digest[2:4] / digest).read_bytes() == b"here"
    store(config).probe()  # again: a second start finds its own mark
