"""Whatever is done to an evidence file, byte by byte and file by file, is caught and named.

Three people alter it. One changes the file and nothing else. One makes the list of hashes fit again. One is the
office itself, with the log's key: everything is entered anew, proved and signed, and only the rules are broken.
"""

import io
import json
import zipfile
from base64 import b64decode, b64encode
from collections.abc import Callable, Iterator, Mapping
from hashlib import sha256
from itertools import pairwise, product
from typing import Any

import pytest
import rfc8785

from procurement import storage
from procurement.db import make_engine
from procurement.evidence.bundle import DISCLOSURES, MANIFEST, Bundle, NotEvidence, ndjson, unpack
from procurement.evidence.check import check
from procurement.evidence.facts import Outcome
from procurement.scoring.rules import commitment, sealed_digest
from tests.conftest import MovableClock
from tests.decisions.conftest import STAGES, installation
from tests.evidence.conftest import Body, failing, gathered, repacked, retold
from tests.scoring.conftest import Store, moved

assert "decided" in STAGES


@pytest.fixture(scope="module")
def content(store: Store, tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """The evidence file of a decided round: rules, sheets, computation, notice, texts, minutes, decision and PDF."""
    source, built, now = store.template("sqlite", "decided")
    folder = tmp_path_factory.mktemp("decided")
    engine = make_engine(store.copy("sqlite", source, folder / "sunlit.db")[1])
    assert now is not None
    scored = moved(built.scored, engine, MovableClock(now))
    made = gathered(scored, folder, storage.store(installation(scored)))
    engine.dispose()
    return made


@pytest.fixture(scope="module")
def bundle(content: bytes) -> Bundle:
    found = unpack(content)
    assert failing(found) == set()
    return found


def zipped(files: Mapping[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for path, each in files.items():
            archive.writestr(path, each)
    return out.getvalue()


def with_manifest(content: bytes) -> dict[str, bytes]:
    """Every file in it, the list of hashes among them."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def offsets(size: int) -> list[int]:
    """The first and last bytes of a file and some between."""
    return sorted({0, 1, size // 3, size // 2, size - 2, size - 1} & set(range(size)))


def flipped(content: bytes, offset: int, bit: int = 1) -> bytes:
    changed = bytearray(content)
    changed[offset] ^= bit
    return bytes(changed)


def named(files: Mapping[str, bytes], *paths: str) -> bool:
    """Whether the check of `files` fails and names each of `paths`."""
    report = check(unpack(zipped(files)))
    details = [str(problem) for fact in report.facts if fact.outcome is Outcome.FAILS for problem in fact.details]
    return not report.fine and all(any(path in detail for detail in details) for path in paths)


# --- the file and nothing else ------------------------------------------------------------------------------------


def test_a_changed_byte_of_any_file_is_named(content: bytes) -> None:
    files = with_manifest(content)
    assert len(files) >= 15
    for path in files.keys() - {MANIFEST}:
        for offset in offsets(len(files[path])):
            assert named(files | {path: flipped(files[path], offset)}, path), (path, offset)


def test_every_byte_of_the_list_counts(content: bytes) -> None:
    files = with_manifest(content)
    manifest = files[MANIFEST]
    for offset in range(0, len(manifest), 61):
        changed = zipped(files | {MANIFEST: flipped(manifest, offset)})
        try:
            found = unpack(changed)
        except NotEvidence:
            continue
        assert failing(found), offset
    del files[MANIFEST]
    with pytest.raises(NotEvidence, match="manifest"):
        unpack(zipped(files))


def test_a_file_taken_away_or_added_or_swapped_is_named(content: bytes) -> None:
    files = with_manifest(content)
    paths = sorted(files.keys() - {MANIFEST})
    for path in paths:
        assert named({name: each for name, each in files.items() if name != path}, path), path
    for path in ("more.txt", "rules/2.json", "decisions/another.pdf", "log/checkpoint.old"):
        assert named(files | {path: b"more"}, path)
    for one, other in pairwise([*paths, paths[0]]):
        assert named(files | {one: files[other], other: files[one]}, one, other), (one, other)


def test_every_byte_of_the_archive_counts(content: bytes) -> None:
    """A byte of the ZIP itself: it is refused, or says the same, or does not hold; and nothing else ever happens."""
    whole = with_manifest(content)
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        start = archive.start_dir
    places = [*range(100), *range(100, start, 1499), *range(start, start + 150), *range(start + 150, len(content), 7)]
    for offset in places:
        for bit in (1, 128):
            try:
                found = unpack(flipped(content, offset, bit))
            except NotEvidence:
                continue
            same = dict(found.files) | {MANIFEST: whole[MANIFEST]} == whole
            assert same or not check(found).fine, offset


# --- the list of hashes fits again --------------------------------------------------------------------------------


def test_a_changed_file_under_a_list_that_fits_is_caught(bundle: Bundle) -> None:
    for path, each in bundle.files.items():
        for offset, bit in product(offsets(len(each)), (1, 32)):  # 32: the other case of a letter
            found = failing(repacked(bundle, **{path: flipped(each, offset, bit)}))
            assert found, (path, offset, bit)
            assert "manifest" not in found
        assert failing(repacked(bundle, **{path: None})) or path == DISCLOSURES, path
    for path in ("more.txt", "rules/2.json", "tallies/2.json", "decisions/another.pdf", "papers/R2026-001-P09.json"):
        assert failing(repacked(bundle, **{path: b"{}"})) == {"files"}, path


def test_every_byte_of_a_checkpoint_and_of_the_first_lines_counts(bundle: Bundle) -> None:
    """Also those that the spelling of base64 and hex leaves free."""
    for path in ("log/checkpoint", "log/entries.ndjson", "ballots.ndjson"):
        each = bundle.files[path]
        for offset, bit in product(range(0, min(len(each), 700), 29), (1, 32)):
            assert failing(repacked(bundle, **{path: flipped(each, offset, bit)})), (path, offset, bit)
    last = bundle.entries()[0].proof[-1]
    spelt = b64encode(last).decode()
    again = spelt[:-2] + chr(ord(spelt[-2]) + 1) + "="
    assert b64decode(again) == last
    lines = bundle.files["log/entries.ndjson"].replace(spelt.encode(), again.encode(), 1)
    assert failing(repacked(bundle, **{"log/entries.ndjson": lines})) == {"form"}


def test_every_line_counts(bundle: Bundle) -> None:
    """A line of a list taken away, doubled, or written in another form."""
    for path in (path for path in bundle.files if path.endswith(".ndjson")):
        lines = bundle.files[path].splitlines(keepends=True)
        for number in {0, len(lines) // 2, len(lines) - 1}:
            line = lines[number]
            for instead in (b"", line + line, line.replace(b":", b": ", 1), b"[]\n", b"\xff\n"):
                changed = b"".join([*lines[:number], instead, *lines[number + 1 :]])
                if path == "log/entries.ndjson" and not instead:
                    continue  # that nothing is left out needs the whole log
                if path == DISCLOSURES and not instead:
                    continue  # what is personal may be erased
                if path == "texts.ndjson" and not instead:
                    continue  # of a text that is not there the log still has the hash
                assert failing(repacked(bundle, **{path: changed})), (path, number, instead[:80])


def test_texts_may_hold_any_end_of_line(bundle: Bundle) -> None:
    line = {"sha256": "0" * 64, "text": "one\u2028two\u0085three\x1cfour"}
    found = repacked(bundle, **{"texts.ndjson": ndjson([line])})
    assert list(found.lines("texts.ndjson")) == [line]


# --- the office itself --------------------------------------------------------------------------------------------


def forged(bundle: Bundle, edits: Mapping[str, Callable[[Body], Any]], **files: bytes) -> set[str]:
    """What fails when every entry of these kinds is edited; the proofs and signatures are all in order."""

    def change(bodies: list[Body]) -> list[Body]:
        for body in bodies:
            if body["kind"] in edits:
                edits[body["kind"]](body)
        return bodies

    found = failing(retold(bundle, change, **files))
    assert found.isdisjoint({"manifest", "checkpoint", "proofs", "form", "files"}), found
    return found


def data(**values: Any) -> Callable[[Body], None]:
    return lambda body: body["data"].update(values)


def test_other_rules_that_are_entered_as_the_frozen_ones_are_caught(bundle: Bundle) -> None:
    """One place more; the sheets were sealed under other rules, and the result was computed by others."""
    rules = json.loads(bundle.files["rules/1.json"])
    rules["scoring"]["slots"] += 1
    written = rfc8785.dumps(rules)
    entered = data(rules=sha256(written).hexdigest(), slots=rules["scoring"]["slots"])
    assert {"seals", "tally"} <= forged(bundle, {"round.published": entered}, **{"rules/1.json": written})


def test_another_score_that_is_sealed_and_opened_as_if_it_had_been_given_is_caught(bundle: Bundle) -> None:
    """The sheet, its seal, the list at the closing and the opening all agree; the computation was of another mark."""
    ballots = [json.loads(line) for line in bundle.files["ballots.ndjson"].splitlines()]
    one, inside = ballots[0], json.loads(ballots[0]["ballot"])
    mark = next(iter(inside["marks"].values()))
    mark["value"] = "1" if mark["value"] != "1" else "2"
    text, old = rfc8785.dumps(inside).decode(), one["commitment"]
    new = commitment(bytes.fromhex(one["nonce"]), text)
    ballots[0] |= {"ballot": text, "commitment": new}
    every = {ballot["commitment"] for ballot in ballots}

    def sealed(body: Body) -> None:
        if body["data"]["commitment"] == old:
            body["data"]["commitment"] = new

    def opened(body: Body) -> None:
        for sheet in body["data"]["sheets"]:
            if sheet["commitment"] == old:
                sheet |= {"commitment": new, "ballot": sha256(text.encode()).hexdigest()}

    edits = {
        "scoring.sealed": sealed,
        "scoring.closed": data(commitments=sealed_digest(every)),
        "scoring.opened": opened,
    }
    found = forged(bundle, edits, **{"ballots.ndjson": ndjson(ballots)})
    assert "tally" in found
    assert "seals" not in found


def test_another_sheet_under_the_old_seal_is_caught(bundle: Bundle) -> None:
    ballots = [json.loads(line) for line in bundle.files["ballots.ndjson"].splitlines()]
    ballots[0]["ballot"] = ballots[0]["ballot"].replace('"value":"', '"value":"1', 1)
    digest = sha256(ballots[0]["ballot"].encode()).hexdigest()

    def opened(body: Body) -> None:
        for sheet in body["data"]["sheets"]:
            if sheet["commitment"] == ballots[0]["commitment"]:
                sheet["ballot"] = digest

    assert "seals" in forged(bundle, {"scoring.opened": opened}, **{"ballots.ndjson": ndjson(ballots)})


def test_another_end_of_the_notice_is_caught(bundle: Bundle) -> None:
    assert "notice" in forged(bundle, {"notice.given": data(closes="2026-03-23T16:00:00Z")})


@pytest.mark.parametrize("consistent", [False, True])
def test_another_verdict_is_caught(bundle: Bundle, consistent: bool) -> None:
    """An application is said to have been refused; with the closing list altered too, it was verified and scored."""
    ref = "R2026-001-A003"

    def refused(body: Body) -> None:
        if body["data"]["application"] == ref:
            body["data"] |= {"eligible": False, "reason": "documents_missing"}

    def closed(body: Body) -> None:
        body["data"]["eligible"].remove(ref)
        body["data"]["ineligible"].append(ref)

    edits = {"application.verdict": refused} | ({"application.checking_closed": closed} if consistent else {})
    assert ("checklist" if consistent else "verdicts") in forged(bundle, edits)


def test_an_application_that_came_after_the_deadline_is_caught(bundle: Bundle) -> None:
    """Dated as it came, or dated back: it stands behind an entry of the next step."""

    def late(bodies: list[Body]) -> list[Body]:
        body = next(body for body in bodies if body["kind"] == "application.submitted")
        rest = [one for one in bodies if one is not body]
        place = next(n for n, one in enumerate(rest) if one["kind"] == "application.checklist")
        return [*rest[:place], body, *rest[place:]]

    def dated(bodies: list[Body]) -> list[Body]:
        told = late(bodies)
        place = next(n for n, one in enumerate(told) if one["kind"] == "application.checklist")
        told[place - 1]["at"] = told[place]["at"]
        return told

    assert "order" in failing(retold(bundle, late))
    assert {"applications", "phases"} <= failing(retold(bundle, dated))


def odd(value: Any) -> list[Any]:
    """Other values of the same type, that nobody would enter."""
    match value:
        case bool():
            return [not value]
        case int():
            return [10**6, -1]
        case str():
            digest, instant = len(value) == 64 and value.isalnum(), value[4:5] == "-" and value.endswith("Z")
            return ["f" * 64] if digest else ["2031-01-01T00:00:00Z"] if instant else ["nonsense", "0"]
        case list():
            return [[], [*value, *value]]
        case dict():
            return []
        case _:
            return ["nonsense", 1, "f" * 64]


def oddities(bundle: Bundle) -> Iterator[tuple[str, str, Any]]:
    """(kind, field, another value) for each field of each kind of entry."""
    seen: set[str] = set()
    for entry in bundle.entries():
        body = json.loads(entry.body)
        if body["kind"] not in seen:
            seen.add(body["kind"])
            for name, value in body["data"].items():
                for other in odd(value):
                    yield body["kind"], name, other


def test_nothing_that_can_be_entered_keeps_the_check_from_its_answer(bundle: Bundle) -> None:
    tried = 0
    for kind, name, value in oddities(bundle):
        report = check(retold(bundle, lambda bodies: edited(bodies, kind, name, value)))  # noqa: B023 (called at once)
        tried += report.facts[1].code != "form"
    assert tried > 100


def edited(bodies: list[Body], kind: str, name: str, value: Any) -> list[Body]:
    next(body for body in bodies if body["kind"] == kind)["data"][name] = value
    return bodies
