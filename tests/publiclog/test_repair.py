"""After a restored backup: what was published is replayed, and nothing that was not."""

import shutil
from pathlib import Path

import pytest
from sqlalchemy import Engine

from procurement.db import make_engine, reading
from procurement.errors import Refused
from procurement.publiclog import queries, serving
from procurement.publiclog.checkpoint import SigningKey
from procurement.publiclog.repair import repair, source
from procurement.publiclog.signer import SigningRefused, sign_checkpoint
from procurement.schema import upgrade
from tests.publiclog.happenings import NOON
from tests.publiclog.test_signer import KEY, grow, sign


@pytest.fixture
def guard(tmp_path: Path) -> Path:
    return tmp_path / "guard"


def published(engine: Engine, folder: Path) -> Path:
    with reading(engine) as session:
        serving.export(session, folder)
    return folder


@pytest.fixture
def restored(tmp_path: Path, guard: Path) -> tuple[Engine, Path]:
    """A database as it was at 260 entries, and the published files of the log when it had 530."""
    there = make_engine(f"sqlite:///{tmp_path / 'there.db'}")
    upgrade(there)
    grow(there, 260)
    sign(there, guard)
    there.dispose()
    shutil.copyfile(tmp_path / "there.db", tmp_path / "backup.db")
    grow(there, 270, first=260)
    sign(there, guard)
    folder = published(there, tmp_path / "published")
    there.dispose()
    backup = make_engine(f"sqlite:///{tmp_path / 'backup.db'}")
    return backup, folder


def size_of(engine: Engine) -> int:
    with reading(engine) as session:
        return queries.head(session).size


def test_the_tail_is_replayed_and_the_log_goes_on(restored: tuple[Engine, Path], guard: Path) -> None:
    backup, folder = restored
    grow(backup, 0)
    with pytest.raises(SigningRefused, match="restored from a backup"):
        sign(backup, guard)
    assert repair(backup, source(str(folder)), key=KEY.verifier, guard=guard, now=NOON) == (260, 530)
    grow(backup, 2, first=530)
    signed = sign_checkpoint(backup, key=KEY, guard=guard, now=NOON)
    assert signed is not None
    assert signed.size == 532
    backup.dispose()


def test_repairing_a_whole_log_changes_nothing(restored: tuple[Engine, Path], guard: Path) -> None:
    backup, folder = restored
    repair(backup, source(str(folder)), key=KEY.verifier, guard=guard, now=NOON)
    assert repair(backup, source(str(folder)), key=KEY.verifier, guard=guard, now=NOON) == (530, 530)
    backup.dispose()


def test_a_log_that_went_its_own_way_is_not_mended(restored: tuple[Engine, Path], guard: Path) -> None:
    backup, folder = restored
    grow(backup, 1, first=7000)
    with pytest.raises(Refused, match="not the beginning"):
        repair(backup, source(str(folder)), key=KEY.verifier, guard=guard, now=NOON)
    assert size_of(backup) == 261
    backup.dispose()


def test_a_copy_that_was_changed_is_not_believed(restored: tuple[Engine, Path], guard: Path) -> None:
    backup, folder = restored
    bundle = folder / "tile/entries/001"
    content = bytearray(bundle.read_bytes())
    where = content.rindex(b'"v":1')
    content[where - 3] ^= 1
    bundle.write_bytes(content)
    with pytest.raises(Refused):
        repair(backup, source(str(folder)), key=KEY.verifier, guard=guard, now=NOON)
    assert size_of(backup) == 260
    backup.dispose()


def test_a_copy_signed_by_another_key_is_not_believed(restored: tuple[Engine, Path], guard: Path) -> None:
    backup, folder = restored
    stranger = SigningKey(KEY.name, bytes(32)).verifier
    with pytest.raises(Refused, match="no signed checkpoint"):
        repair(backup, source(str(folder)), key=stranger, guard=guard, now=NOON)
    with pytest.raises(Refused, match="no signed checkpoint"):
        repair(backup, source(str(folder / "nowhere")), key=KEY.verifier, guard=guard, now=NOON)
    assert size_of(backup) == 260
    backup.dispose()


def test_a_shorter_copy_is_not_a_repair(restored: tuple[Engine, Path], guard: Path, tmp_path: Path) -> None:
    backup, _ = restored
    older = published(backup, tmp_path / "older")
    grow(backup, 1, first=260)
    with pytest.raises(Refused, match="more than the 260"):
        repair(backup, source(str(older)), key=KEY.verifier, guard=guard, now=NOON)
    backup.dispose()
