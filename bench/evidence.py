"""What the check of an evidence file costs, against reading and hashing the same file in the same run.

    python bench/evidence.py [applications]

A real round of three applications and five members is made by real acts. Its entries, sheets, computation and notice
are multiplied by the same writers (by 1,800 applications: 9,000 sheets, as 1,000 applications and 9 members have) and
signed anew. The floor unpacks the file, hashes every file in it and every sheet and entry, and reads every JSON text
once. Floor and check take turns; the median of the rounds is told, then what each fact takes.
"""

import io
import json
import statistics
import sys
import tempfile
import time
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import rfc8785

from procurement.db import make_engine
from procurement.evidence.bundle import Bundle, ProvedEntry, ndjson, pack, unpack
from procurement.evidence.check import SUBJECTS, _fact, _read, check
from procurement.evidence.facts import Policy, Record, checks_in
from procurement.publiclog.checkpoint import Checkpoint
from procurement.publiclog.tree import inclusion_proof, leaf_hash, node_hash, root_at
from procurement.schema import upgrade
from procurement.scoring.results import read_tally, recompute, tally_text
from procurement.scoring.rules import commitment, sealed_digest
from tests.conftest import MovableClock
from tests.evidence.conftest import gathered
from tests.publiclog.test_signer import KEY
from tests.worlds.applications import applied_round, checked_round
from tests.worlds.objections import noticed_round
from tests.worlds.people import people
from tests.worlds.rounds import published_round
from tests.worlds.scoring import opened_round, scored_round, scoring_round

ROUNDS = 3
MODEL = "R2026-001-A001"
"""The application that is multiplied."""

Body = dict[str, Any]


def small_round(folder: Path) -> Bundle:
    """The evidence of a round on notice, by real acts."""
    engine, clock = make_engine(f"sqlite:///{folder}/sunlit.db"), MovableClock()
    upgrade(engine)
    checked = checked_round(applied_round(published_round(people(engine, clock()), clock)))
    made = gathered(noticed_round(opened_round(scored_round(scoring_round(checked)))), folder)
    engine.dispose()
    return unpack(made)


class Multiplied:
    """The same round with `count` applications more, each like the first."""

    def __init__(self, small: Bundle, count: int) -> None:
        self.small, self.refs = small, [f"R2026-001-A{number:04d}" for number in range(1000, 1000 + count)]
        self.documents = {ref: sha256(ref.encode()).hexdigest() for ref in self.refs}
        self.ballots = [json.loads(line) for line in small.files["ballots.ndjson"].splitlines()]
        self.sheets: dict[tuple[str, str], Body] = {}
        for model in [ballot for ballot in self.ballots if ballot["application"] == MODEL]:
            for ref in self.refs:
                text = model["ballot"].replace(MODEL, ref)
                nonce = sha256(f"{model['member']} {ref}".encode()).digest()
                ballot = {"ballot": text, "nonce": nonce.hex(), "commitment": commitment(nonce, text)}
                self.sheets[model["member"], ref] = model | ballot | {"application": ref}
        self.ballots += self.sheets.values()
        computation, _ = read_tally(small.text("tallies/1.json"))
        like = computation.marks[MODEL]
        self.tally = replace(computation, marks=dict(computation.marks) | dict.fromkeys(self.refs, like))
        result = self.tally.result()
        self.tally_text = tally_text(self.tally, result).encode()
        notice = json.loads(small.text("notices/1.json"))
        (line,) = [line for line in notice["proposal"] if line["application"] == MODEL]
        notice["proposal"] = [line | each for each in json.loads(self.tally_text)["result"]["ranking"]]
        notice["tally"]["sha256"] = sha256(self.tally_text).hexdigest()
        self.notice_text = rfc8785.dumps(notice)

    def bodies(self) -> Iterator[Body]:
        """The entries, each of the first application followed by those of the others."""
        submitted = next(json.loads(e.body) for e in self.small.entries() if b'"application.verdict"' in e.body)
        document = submitted["data"]["document"]
        for entry in self.small.entries():
            body = json.loads(entry.body)
            data = body["data"]
            match body["kind"]:
                case "application.checking_closed":
                    data["eligible"] += self.refs
                case "committee.declared":
                    data["declarations"] += [{"application": ref, "ground": "none"} for ref in self.refs]
                case "scoring.closed":
                    every = {ballot["commitment"] for ballot in self.ballots}
                    data |= {"sealed": len(every), "commitments": sealed_digest(every)}
                case "scoring.tallied":
                    data |= {"tally": sha256(self.tally_text).hexdigest(), "sheets": len(self.ballots)}
                case "notice.given":
                    data["tally"] = sha256(self.tally_text).hexdigest()
                    data["document"] = sha256(self.notice_text).hexdigest()
            yield body
            yield from self._more(body, document)

    def _more(self, body: Body, document: str) -> Iterator[Body]:
        data = body["data"]
        if body["kind"] == "application.submitted" and data["document"] == document:
            yield from (body | {"data": data | {"document": each}} for each in self.documents.values())
        elif data.get("application") == MODEL and body["kind"] == "scoring.sealed":
            for ref in self.refs:
                sheet = self.sheets[data["member"], ref]
                yield body | {"data": data | {"application": ref, "commitment": sheet["commitment"]}}
        elif data.get("application") == MODEL:
            for ref, each in self.documents.items():
                yield body | {
                    "data": data | {"application": ref} | ({"document": each} if "document" in data else {})
                }
        elif body["kind"] == "scoring.opened":
            names = ("member", "application", "commitment", "nonce")
            opened = [
                {name: sheet[name] for name in names} | {"ballot": sha256(sheet["ballot"].encode()).hexdigest()}
                for sheet in self.sheets.values()
            ]
            for start in range(0, len(opened), 150):
                yield body | {"data": data | {"sheets": opened[start : start + 150]}}

    def packed(self) -> bytes:
        """The file, proved and signed anew."""
        bodies = [rfc8785.dumps(body) for body in self.bodies()]
        levels = [[leaf_hash(body) for body in bodies]]
        while len(levels[-1]) > 1:
            below = levels[-1]
            levels.append([node_hash(below[n], below[n + 1]) for n in range(0, len(below) - 1, 2)])
        size = len(bodies)

        def subtree(level: int, n: int) -> bytes:
            return levels[level][n]

        note = KEY.sign(Checkpoint(KEY.name, size, root_at(size, subtree)).text())
        entries = (ProvedEntry(n, tuple(inclusion_proof(n, size, subtree)), body) for n, body in enumerate(bodies))
        changed = {
            "log/entries.ndjson": ndjson(entry.line() for entry in entries),
            "log/checkpoint": note.encode(),
            "ballots.ndjson": ndjson(self.ballots),
            "tallies/1.json": self.tally_text,
            "notices/1.json": self.notice_text,
        }
        return pack(self.small.round_ref, dict(self.small.files) | changed)


def floor(content: bytes) -> None:
    """Unpack, hash and read, and nothing else."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    for name, each in files.items():
        sha256(each).digest()
        for line in each.splitlines() if name.endswith(".ndjson") else [each] if name.endswith(".json") else []:
            read = json.loads(line)
            for field in ("entry", "ballot"):
                if field in read:
                    json.loads(read[field])
                    sha256(read[field].encode()).digest()


def seconds(work: Callable[[], object]) -> tuple[float, float]:
    """(wall time, processor time)."""
    start, used = time.perf_counter(), time.process_time()
    work()
    return time.perf_counter() - start, time.process_time() - used


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 1800
    with tempfile.TemporaryDirectory() as folder:
        content = Multiplied(small_round(Path(folder)), count).packed()
    wrong = [
        f"{fact.code}: {fact.details[:2]}" for fact in check(unpack(content)).facts if fact.outcome == "does not hold"
    ]
    if wrong:
        raise SystemExit("\n".join(wrong))
    low, taken = [], []
    for _ in range(ROUNDS):
        low.append(seconds(lambda: floor(content)))
        recompute.cache_clear()
        taken.append(seconds(lambda: check(unpack(content))))
    bundle = unpack(content)
    record = Record(bundle, Policy(), tuple((entry, _read(entry)) for entry in bundle.entries()))
    print(f"{count} applications, {count * 5} sheets, {len(record.lines)} entries, {len(content) / 1e6:.1f} MB")
    for name, which in (("wall time", 0), ("processor", 1)):
        least, most = (statistics.median(each[which] for each in times) for times in (low, taken))
        print(f"{name}: floor {least * 1000:.0f} ms, check {most * 1000:.0f} ms, {most / least:.2f} x")
    each = {one.code: seconds(lambda one=one: _fact(record, one))[1] for one in checks_in(SUBJECTS)}
    for code, used in sorted(each.items(), key=lambda item: -item[1])[:8]:
        print(f"    {code:20} {used * 1000:7.0f} ms")


if __name__ == "__main__":
    main()
