"""Software that other people wrote reads our log and talks to our witness, unchanged."""

import json
from pathlib import Path

import metamorphic_log
import pytest
import witness_log
from sqlalchemy import Engine

from procurement.db import reading
from procurement.publiclog import queries, serving
from procurement.publiclog.checkpoint import VerifierKey
from procurement.publiclog.signer import sign_checkpoint
from procurement.publiclog.tree import consistency_proof
from procurement.publiclog.witness import Witness, WitnessKey
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
