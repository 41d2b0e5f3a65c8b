"""`sunlit verify FILE --policy FILE`, as a stranger uses it who has these two files and nothing else."""

import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from procurement import storage
from procurement.keys import DevelopmentKeys, keys_from
from procurement.publiclog.checkpoint import SigningKey
from procurement.publiclog.witness import WitnessKey
from tests.decisions.conftest import DecisionWorld, decided, installation
from tests.evidence.conftest import gathered
from tests.evidence.test_tampering import flipped, zipped
from tests.publiclog.test_signer import KEY
from tests.scoring.conftest import Store as Stages
from tests.test_cli import HOUSE, Done, sunlit

__all__ = ["decided"]

ALONE = """
import sys
from procurement.cli import main

def refused(event, _arguments):
    if event in {"socket.connect", "socket.getaddrinfo", "sqlite3.connect"}:
        raise SystemExit(f"{event}: this is to be checked without")

sys.addaudithook(refused)
try:
    main()
finally:
    sys.stderr.write(",".join(sorted({"flask", "sqlalchemy", "psycopg", "obstore", "config"} & set(sys.modules))))
"""


@pytest.fixture
def database(store: Stages, tmp_path: Path) -> str:
    source, _, _ = store.template("sqlite", "decided")
    return store.copy("sqlite", source, tmp_path / "sunlit.db")[1]


class Stranger:
    """Somebody's folder with an evidence file, the office's root certificate and a policy."""

    def __init__(self, folder: Path, content: bytes, root: bytes) -> None:
        self.folder, self.evidence, self.written = folder, folder / "evidence.zip", folder / "policy.txt"
        folder.mkdir()
        self.evidence.write_bytes(content)
        (folder / "root.pem").write_bytes(root)
        self.policy(f"log {KEY.verifier}  # from the newspaper", "root root.pem")

    def policy(self, *lines: str) -> None:
        self.written.write_text("# whom I trust\n\n" + "\n".join(lines) + "\n", encoding="utf-8")

    def verify(self, *more: str) -> Done:
        return sunlit("verify", str(self.evidence), "--policy", str(self.written), *more)

    def outcomes(self) -> dict[str, str]:
        """What the report for machines says of each fact."""
        return {fact["code"]: fact["outcome"] for fact in json.loads(self.verify("--json").stdout)["facts"]}


def pem(keys: DevelopmentKeys) -> bytes:
    return x509.load_der_x509_certificate(keys.roots[0]).public_bytes(Encoding.PEM)


@pytest.fixture
def stranger(decided: DecisionWorld, tmp_path: Path) -> Stranger:
    config = installation(decided.scored)
    content = gathered(decided.scored, tmp_path, storage.store(config))
    keys = keys_from(config)
    assert isinstance(keys, DevelopmentKeys)
    return Stranger(tmp_path / "stranger", content, pem(keys))


def test_two_files_are_enough(stranger: Stranger) -> None:
    """No database, no network, no setting, none of the application's tables; and nothing is left behind."""
    before = sorted(stranger.folder.iterdir())
    done = subprocess.run(
        [sys.executable, "-c", ALONE, "verify", "evidence.zip", "--policy", "policy.txt", "--json"],
        capture_output=True,
        text=True,
        cwd=stranger.folder,
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(HOUSE), "PYTHONDONTWRITEBYTECODE": "1"},
        timeout=120,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    report = json.loads(done.stdout)
    assert report["fine"]
    told = {fact["code"]: fact["outcome"] for fact in report["facts"]}
    assert "does not hold" not in told.values()
    assert {told[code] for code in ("log_key", "checkpoint", "proofs", "seals", "tally", "decision", "pdf")} == {
        "holds"
    }
    assert sorted(stranger.folder.iterdir()) == before
    people = stranger.verify()
    assert people.returncode == 0
    assert [line for line in people.stdout.splitlines() if line.lstrip().startswith("does not hold")] == []
    assert people.stdout.splitlines()[-1].startswith("Nothing that could be checked is wrong")


def test_what_is_wrong_is_named_and_the_exit_says_so(stranger: Stranger) -> None:
    with zipfile.ZipFile(stranger.evidence) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    (path,) = [path for path in files if path.startswith("decisions/") and path.endswith(".pdf")]
    stranger.evidence.write_bytes(zipped(files | {path: flipped(files[path], len(files[path]) // 2)}))
    done = stranger.verify()
    assert done.returncode == 1
    assert path in done.stdout
    assert stranger.outcomes()["manifest"] == "does not hold"

    stranger.evidence.write_bytes(b"PK")
    done = stranger.verify()
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("sunlit: This is not an evidence file")


def test_a_policy_decides_whom_to_believe(stranger: Stranger, tmp_path: Path) -> None:
    """Another log's key, another office's root and a witness that did not sign, one at a time."""
    log, witness = f"log {KEY.verifier}", WitnessKey("witness.example.org", bytes(range(32))).verifier
    (stranger.folder / "other.pem").write_bytes(pem(DevelopmentKeys(tmp_path / "other", office="Another office")))
    for lines, caught in (
        ((f"log {SigningKey(KEY.name, bytes(32)).verifier}", "root root.pem"), {"log_key", "checkpoint"}),
        ((log, "root other.pem"), {"pdf"}),
        ((log, "root root.pem", f"witness {witness}"), {"witnesses"}),
    ):
        stranger.policy(*lines)
        assert stranger.verify().returncode == 1
        assert caught <= {code for code, outcome in stranger.outcomes().items() if outcome == "does not hold"}, lines
    stranger.policy(log, "root root.pem", f"witness {witness}", "quorum 0")
    assert stranger.verify().returncode == 0


def test_a_policy_that_cannot_be_read_is_refused_line_by_line(stranger: Stranger) -> None:
    """What somebody meant to demand is never passed over."""
    stranger.policy("log nonsense", "root missing.pem", "quorum many", "quorum 1", "trust me")
    done = stranger.verify()
    assert (done.returncode, done.stdout) == (1, "")
    for said in ("Line 3: ", "Line 4: ", "Line 5: ", "Line 7: log, witness, quorum or root?", "The quorum is larger"):
        assert said in done.stderr, said
    (stranger.folder / "root.pem").write_text("no certificate", encoding="utf-8")
    stranger.policy("root root.pem")
    done = stranger.verify()
    assert done.returncode == 1
    assert "A root certificate cannot be read" in done.stderr
