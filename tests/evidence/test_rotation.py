"""The log changed its key: whoever trusts the old one follows it to the new one, and to no other."""

from dataclasses import dataclass
from pathlib import Path

import pytest
from obstore.store import MemoryStore

from procurement.db import reading
from procurement.evidence.bundle import SUCCESSION, Bundle, unpack
from procurement.evidence.check import check
from procurement.evidence.facts import Policy
from procurement.evidence.queries import evidence_of
from procurement.publiclog.checkpoint import SigningKey, VerifierKey
from procurement.publiclog.rotation import rotate
from procurement.publiclog.signer import sign_checkpoint
from procurement.storage import Store
from tests.evidence.conftest import failing, holding, repacked
from tests.publiclog.test_rotation import NEW, STRANGER
from tests.publiclog.test_signer import KEY
from tests.scoring.conftest import Store as Stages
from tests.worlds.scoring import ScoringWorld


@pytest.fixture
def database(store: Stages, tmp_path: Path) -> str:
    """SQLite alone: what is checked has no database any more."""
    source, _, _ = store.template("sqlite", "noticed")
    return store.copy("sqlite", source, tmp_path / "sunlit.db")[1]


@dataclass(frozen=True)
class Office:
    """Where a round's log is signed."""

    world: ScoringWorld
    guard: Path

    def evidence(self, key: SigningKey) -> Bundle:
        with reading(self.world.engine) as session:
            made = evidence_of(
                session, self.world.ref, key=key.verifier, store=Store(MemoryStore()), now=self.world.clock()
            )
        return unpack(made.content)

    def rotate(self, old: SigningKey | VerifierKey) -> Bundle:
        now = self.world.clock()
        rotate(self.world.engine, old=old, new=NEW, guard=self.guard, reason="The keeper left.", now=now)
        return self.evidence(NEW)


@pytest.fixture
def office(noticed: ScoringWorld, tmp_path: Path) -> Office:
    sign_checkpoint(noticed.engine, key=KEY, guard=tmp_path / "guard", now=noticed.clock())
    return Office(noticed, tmp_path / "guard")


def test_a_policy_that_names_the_old_key_follows_it(office: Office) -> None:
    before = office.evidence(KEY)
    assert SUCCESSION not in before.files
    after = office.rotate(KEY)
    for bundle, trusted in ((before, KEY), (after, KEY), (after, NEW)):
        report = check(bundle, Policy(log=trusted.verifier))
        assert report.fine
        assert {"log_key", "checkpoint", "proofs"} <= holding(bundle, Policy(log=trusted.verifier))
    assert failing(after) == set()


def test_a_key_that_was_not_announced_is_refused(office: Office) -> None:
    after = office.rotate(KEY)
    note = after.text("log/checkpoint")
    stranger = {
        "log/key": f"{STRANGER.verifier}\n".encode(),
        "log/checkpoint": STRANGER.sign(note.partition("\n\n")[0] + "\n").encode(),
    }
    for wrong in (repacked(after, **stranger), repacked(after, **{SUCCESSION: None, **stranger})):
        assert failing(wrong, Policy(log=KEY.verifier)) == {"log_key", "checkpoint"}
        assert failing(wrong, Policy(log=NEW.verifier)) == {"log_key", "checkpoint"}
    assert failing(after, Policy(log=STRANGER.verifier)) == {"log_key", "checkpoint"}
    without = repacked(after, **{SUCCESSION: None})
    assert failing(without, Policy(log=KEY.verifier)) == {"log_key"}, "the checkpoint of the handover bears both"


def test_a_lost_key_is_told_plainly(office: Office) -> None:
    after = office.rotate(KEY.verifier)
    report = check(after, Policy(log=KEY.verifier))
    assert failing(after, Policy(log=KEY.verifier)) == {"log_key", "checkpoint"}
    said = next(str(fact.details[0]) for fact in report.facts if fact.code == "log_key")
    assert "the old key was lost" in said
    assert "Learn the new key from somewhere else" in said
    assert failing(after, Policy(log=NEW.verifier)) == set()
