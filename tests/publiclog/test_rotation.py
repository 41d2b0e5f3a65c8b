"""A log changes its key and stays one log: for signer, audit, repair, witnesses, and whoever knows an old key."""

import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import Engine, text

from procurement.db import make_engine, reading, transaction
from procurement.errors import Refused
from procurement.publiclog import queries, serving
from procurement.publiclog.audit import audit
from procurement.publiclog.checkpoint import SigningKey, VerifierKey, open_note
from procurement.publiclog.entries import KeySucceeded
from procurement.publiclog.keys import KeyRefused
from procurement.publiclog.receipt import Receipt
from procurement.publiclog.repair import repair, source
from procurement.publiclog.rotation import rotate
from procurement.publiclog.signer import SigningRefused, read_guard, sign_checkpoint, signed_by_all
from procurement.publiclog.succession import SuccessionError, follow, parse_succession, succession_text
from procurement.publiclog.tree import consistency_proof
from procurement.publiclog.witness import Answer, Witness, WitnessKey, request_text
from procurement.publiclog.writing import append
from procurement.schema import upgrade
from tests.publiclog.happenings import NOON
from tests.publiclog.test_signer import KEY, grow, published, sign, without_triggers

NEW = SigningKey(KEY.name, bytes(range(1, 33)))
THIRD = SigningKey(KEY.name, bytes(range(2, 34)))
STRANGER = SigningKey(KEY.name, bytes(32))


@pytest.fixture
def guard(tmp_path: Path) -> Path:
    return tmp_path / "guard"


def hand_over(engine: Engine, guard: Path, old: SigningKey | VerifierKey = KEY, new: SigningKey = NEW) -> int | None:
    signed = rotate(engine, old=old, new=new, guard=guard, reason="The keeper left the office.", now=NOON)
    return None if signed is None else signed.size


@pytest.fixture
def rotated(engine: Engine, guard: Path) -> Engine:
    """Entries 0 to 2 under the first key, 3 and 4 not signed yet, the handover in 5, entry 6 under the new key."""
    grow(engine)
    sign(engine, guard)
    grow(engine, 2, first=3)
    assert hand_over(engine, guard) == 6
    grow(engine, 1, first=6)
    sign_checkpoint(engine, key=NEW, guard=guard, now=NOON)
    return engine


def signers(note: str) -> list[str]:
    return [key.id.hex() for key in open_note(note, [KEY.verifier, NEW.verifier, THIRD.verifier]).signed_by]


def findings(engine: Engine, key: SigningKey) -> list[str]:
    with reading(engine) as session:
        return [str(one) for one in audit(session, key.verifier).findings if one.where != "database"]


def succession(engine: Engine) -> list[Receipt]:
    with reading(engine) as session:
        return parse_succession(serving.succession(session))


# --- the signer ---------------------------------------------------------------------------------------------------


def test_both_keys_sign_the_handover_and_then_the_new_one_alone(rotated: Engine, guard: Path) -> None:
    first, second = KEY.verifier.id.hex(), NEW.verifier.id.hex()
    assert [(row.size, signers(row.note)) for row in published(rotated)] == [
        (3, [first]),
        (6, [first, second]),
        (7, [second]),
    ]
    with reading(rotated) as session:
        entry = queries.entries(session, kind=KeySucceeded.kind)[0].envelope.entry
        assert queries.handovers(session)[0].index == 5
    assert entry == KeySucceeded(
        old=str(KEY.verifier),
        new=str(NEW.verifier),
        old_signs=True,
        reason=getattr(entry, "reason"),  # noqa: B009
    )
    grow(rotated, 1, first=7)
    with pytest.raises(SigningRefused, match="handed over to the key"):
        sign(rotated, guard)
    with pytest.raises(SigningRefused, match="holds no checkpoint signed by"):
        sign_checkpoint(rotated, key=NEW, guard=replaced_guard(guard, KEY), now=NOON)


def replaced_guard(guard: Path, key: SigningKey) -> Path:
    """The guard file, signed by another key."""
    other = guard.with_name("other")
    text_ = guard.read_text(encoding="utf-8").partition("\n\n")[0] + "\n"
    other.write_text(key.sign(text_), encoding="utf-8")
    return other


def test_an_interrupted_handover_is_finished_and_nobody_signs_before(engine: Engine, guard: Path) -> None:
    grow(engine)
    sign(engine, guard)
    entry = KeySucceeded(old=str(KEY.verifier), new=str(NEW.verifier), old_signs=True, reason="ab" * 32)
    with transaction(engine) as session:
        append(session, entry, now=NOON, actor=None, role=None)
    with pytest.raises(SigningRefused, match="handed over"):
        sign(engine, guard)
    with pytest.raises(SigningRefused, match="interrupted"):
        sign_checkpoint(engine, key=NEW, guard=guard, now=NOON)
    with pytest.raises(KeyRefused, match="not from"):
        hand_over(engine, guard, old=THIRD)
    assert hand_over(engine, guard) == 4
    assert hand_over(engine, guard) is None
    assert [len(signers(row.note)) for row in published(engine)] == [1, 2]
    assert read_guard(guard, NEW.verifier) == read_guard(guard, KEY.verifier)


def test_what_is_no_handover(engine: Engine, guard: Path) -> None:
    grow(engine)
    sign(engine, guard)
    with pytest.raises(KeyRefused, match="keeps its origin"):
        hand_over(engine, guard, new=SigningKey("example.org/other", bytes(32)))
    with pytest.raises(KeyRefused, match="already"):
        hand_over(engine, guard, new=KEY)
    with pytest.raises(KeyRefused, match="say why"):
        rotate(engine, old=KEY, new=NEW, guard=guard, reason=" ", now=NOON)
    with pytest.raises(SigningRefused, match="holds no checkpoint"):
        hand_over(engine, guard, old=STRANGER)
    guard.write_text(KEY.sign(f"{KEY.name}\n9\n{'A' * 43}=\n"), encoding="utf-8")
    with pytest.raises(SigningRefused, match="restored from"):
        hand_over(engine, guard)
    with reading(engine) as session:
        assert queries.head(session).size == 3


def test_a_second_handover(rotated: Engine, guard: Path) -> None:
    with pytest.raises(SigningRefused, match="handed over to the key"):
        hand_over(rotated, guard, old=KEY, new=THIRD)
    assert hand_over(rotated, guard, old=NEW, new=THIRD) == 8
    for trusted in (KEY, NEW, THIRD):
        assert findings(rotated, trusted) == []
        assert follow(trusted.verifier, succession(rotated)) == THIRD.verifier


# --- the audit ----------------------------------------------------------------------------------------------------


def test_the_audit_knows_every_key(rotated: Engine) -> None:
    assert findings(rotated, KEY) == []
    assert findings(rotated, NEW) == []
    found = findings(rotated, STRANGER)
    assert found[0].startswith("keys: the log's entries name no key")
    assert len(found) == 4


@pytest.mark.parametrize(("size", "key"), [(6, NEW), (6, KEY), (7, KEY), (3, NEW)])
def test_a_checkpoint_signed_by_the_wrong_key_is_found(rotated: Engine, size: int, key: SigningKey) -> None:
    note = next(row.note for row in published(rotated) if row.size == size)
    wrong = key.sign(note.partition("\n\n")[0] + "\n")
    without_triggers(rotated)
    with rotated.begin() as connection:
        update = text("UPDATE log_checkpoint SET note = :note WHERE size = :size")
        connection.execute(update, {"note": wrong, "size": size})
    assert findings(rotated, NEW) == [f"checkpoint of size {size}: none of the known keys has signed this"]


# --- whoever knows an old key -------------------------------------------------------------------------------------


def test_an_old_key_leads_to_the_new_one(rotated: Engine) -> None:
    handovers = succession(rotated)
    assert follow(KEY.verifier, handovers) == NEW.verifier
    assert follow(NEW.verifier, handovers) == NEW.verifier
    assert follow(STRANGER.verifier, handovers) == STRANGER.verifier, "who handed over to nobody leads nowhere"
    assert follow(KEY.verifier, []) == KEY.verifier
    assert parse_succession(succession_text([])) == []


def test_what_leads_nowhere(rotated: Engine) -> None:
    (handover,) = succession(rotated)
    body = handover.note.partition("\n\n")[0] + "\n"
    broken = {
        "not signed by the log's key": replace(handover, note=NEW.sign(body)),
        "the new key did not sign": replace(handover, note=KEY.sign(body)),
        "signature of": replace(handover, note=handover.note.replace(body, body.replace("\n6\n", "\n7\n"))),
        "is not in the tree": replace(handover, proof=handover.proof[::-1]),
        "without its entry": replace(handover, entry=None),
    }
    for why, wrong in broken.items():
        with pytest.raises(SuccessionError, match=why):
            follow(KEY.verifier, [wrong])
    with reading(rotated) as session:
        other = serving.receipt_for(session, 0)
    assert other is not None
    with pytest.raises(SuccessionError, match="hands over no key"):
        follow(KEY.verifier, [other])
    with pytest.raises(SuccessionError, match="no entry"):
        parse_succession("c2sp.org/tlog-proof@v1\nnonsense\n\nx\n")


def test_a_lost_key_vouches_for_nobody(engine: Engine, guard: Path) -> None:
    grow(engine)
    sign(engine, guard)
    assert hand_over(engine, guard, old=KEY.verifier) == 4
    grow(engine, 1, first=4)
    assert sign_checkpoint(engine, key=NEW, guard=guard, now=NOON) is not None
    assert [signers(row.note) for row in published(engine)][1:] == [[NEW.verifier.id.hex()]] * 2
    assert findings(engine, NEW) == []
    with pytest.raises(SuccessionError, match="the old key was lost"):
        follow(KEY.verifier, succession(engine))


# --- after a backup was restored ----------------------------------------------------------------------------------


@pytest.mark.parametrize("key", [KEY, NEW])
def test_a_repair_keeps_the_handover(key: SigningKey, tmp_path: Path, guard: Path) -> None:
    there = make_engine(f"sqlite:///{tmp_path / 'there.db'}")
    upgrade(there)
    grow(there, 260)
    sign(there, guard)
    there.dispose()
    shutil.copyfile(tmp_path / "there.db", tmp_path / "backup.db")
    grow(there, 3, first=260)
    hand_over(there, guard)
    grow(there, 10, first=264)
    sign_checkpoint(there, key=NEW, guard=guard, now=NOON)
    folder = tmp_path / "published"
    with reading(there) as session:
        serving.export(session, folder)
        said = serving.succession(session)
    there.dispose()
    backup = make_engine(f"sqlite:///{tmp_path / 'backup.db'}")
    assert repair(backup, source(str(folder)), key=key.verifier, guard=guard, now=NOON) == (260, 274)
    with reading(backup) as session:
        assert serving.succession(session) == said
    assert findings(backup, NEW) == []
    assert [len(signers(row.note)) for row in published(backup)] == [1, 2, 1]
    with pytest.raises(Refused, match="no signed checkpoint"):
        repair(backup, source(str(folder)), key=STRANGER.verifier, guard=guard, now=NOON)
    (folder / "succession").unlink()
    assert repair(backup, source(str(folder)), key=NEW.verifier, guard=guard, now=NOON) == (274, 274)
    grow(backup, 1, first=274)
    assert sign_checkpoint(backup, key=NEW, guard=guard, now=NOON) is not None
    backup.dispose()


# --- witnesses ----------------------------------------------------------------------------------------------------

BYSTANDER = WitnessKey("witness.example.org", bytes(range(32)))


def asked(witness: Witness, engine: Engine, old: int, size: int, note: str | None = None) -> Answer:
    with reading(engine) as session:
        proof = consistency_proof(old, size, queries.subtree_reader(session)) if old else []
    note = note or next(row.note for row in published(engine) if row.size == size)
    return witness.add_checkpoint(request_text(old, proof, note), NOON)


def test_a_witness_that_was_told_the_new_key_goes_on(rotated: Engine, tmp_path: Path) -> None:
    witness = Witness(BYSTANDER, {KEY.name: [KEY.verifier, NEW.verifier]}, tmp_path / "witness")
    assert [asked(witness, rotated, old, size).status for old, size in ((0, 3), (3, 6), (6, 7))] == [200, 200, 200]
    seven = published(rotated)[-1].note.partition("\n\n")[0] + "\n"
    assert asked(witness, rotated, 7, 7, KEY.sign(seven)).status == 403, "the old key does not sign any more"
    assert asked(witness, rotated, 7, 7, signed_by_all(seven, [KEY, NEW])).status == 200


def test_a_witness_that_knows_the_old_key_only_refuses_the_new_one_alone(rotated: Engine, tmp_path: Path) -> None:
    witness = Witness(BYSTANDER, {KEY.name: [KEY.verifier]}, tmp_path / "witness")
    assert [asked(witness, rotated, old, size).status for old, size in ((0, 3), (3, 6), (6, 7))] == [200, 200, 403]
    told = Witness(BYSTANDER, {KEY.name: [KEY.verifier, NEW.verifier]}, tmp_path / "witness")
    assert asked(told, rotated, 6, 7).status == 200, "the same folder, the new key behind the old one"
