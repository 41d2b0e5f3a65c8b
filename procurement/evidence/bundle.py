"""The evidence file of a round: a ZIP of plain files, each named in a manifest with its SHA-256. Pure.

    manifest.json                {"v", "round", "files": {path: sha256}}
    log/key                      the log's public key as the office states it
    log/succession               only where the log has changed its key: how one handed over to the next
    log/checkpoint               the signed checkpoint that the proofs lead to
    log/entries.ndjson           every entry of the round: {"index", "proof", "entry"}, one to a line
    rules/<version>.json         the frozen rules, byte for byte what was hashed
    ballots.ndjson               every opened sheet: {"member", "application", "commitment", "nonce", "ballot"}
    tallies/<number>.json        every computation: rule, marks, result
    notices/<number>.json        every notice of the proposed result
    committee/disclosures.ndjson once members' names are public: what opens their salted digests, one to a line:
                                 {"member", "field", "salt", "value"}
    texts.ndjson                 public texts that entries name by hash only: {"sha256", "text"}
    decisions/<ref>.json, .pdf   the published decisions; <ref>-<n>.pdf with a newer time-stamp
    papers/<ref>.json, .<language>.pdf   the minutes of the opening and of the committee
    README.txt                   how to check this file

Nothing in it is secret: it holds what the pages of the round show. The same record and checkpoint make the same
bytes, so that two people who downloaded it can compare a single hash.
"""

import io
import json
import re
import struct
import zipfile
import zlib
from base64 import b64encode
from binascii import Error as Base64Error
from binascii import a2b_base64
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

import orjson
import rfc8785

from procurement.publiclog.entry import canonical

VERSION = 1
LARGEST = 512 * 1024 * 1024
MOST_FILES = 20_000

MANIFEST = "manifest.json"
SUCCESSION = "log/succession"
DISCLOSURES = "committee/disclosures.ndjson"


class NotEvidence(ValueError):
    """The file is not an evidence file; the message says what is wrong with it."""


_HASH = re.compile(r"[A-Za-z0-9+/]{42}[AEIMQUYcgkosw048]=")
"""32 bytes in base64, which has more spellings than this one: the last two bits must be zero."""


@dataclass(frozen=True, slots=True)
class ProvedEntry:
    """An entry's bytes, its index in the log, and the proof (32-byte hashes) that it is there."""

    index: int
    proof: tuple[bytes, ...]
    body: bytes

    def line(self) -> dict[str, Any]:
        """As a line of log/entries.ndjson."""
        return {
            "index": self.index,
            "proof": [b64encode(hash_).decode() for hash_ in self.proof],
            "entry": self.body.decode(),
        }


@dataclass(frozen=True, slots=True)
class Ballot:
    """A sheet as it was opened. `nonce`: 32 bytes."""

    member: str
    application: str
    commitment: str
    nonce: bytes
    text: str

    def line(self) -> dict[str, Any]:
        """As a line of ballots.ndjson."""
        return {
            "member": self.member,
            "application": self.application,
            "commitment": self.commitment,
            "nonce": self.nonce.hex(),
            "ballot": self.text,
        }


def ndjson(lines: Iterable[Mapping[str, Any]]) -> bytes:
    """One canonical JSON object to a line."""
    return b"".join(rfc8785.dumps(dict(line)) + b"\n" for line in lines)


README = """Evidence of selection round {ref} 选品轮次 {ref} 的证据文件

Check it offline 离线核验:

    sunlit verify {ref}-evidence.zip

The command needs no database, no network and no key; it recomputes every proof, seal, result and deadline and
says of each fact whether it holds, does not hold or cannot be told. Name the log's key yourself (--policy) when you
have it from somewhere else than this file: it is printed in every decision.

该命令不需要数据库、网络或密钥。它重新计算每一项证明、封存、结果和期限，逐项说明成立、不成立或无法判断。
若您另有来源取得日志公钥（每份决定书上都印有），请用 --policy 指定。
"""


def readme(round_ref: str) -> bytes:
    """README.txt of a round's file."""
    return README.format(ref=round_ref).encode()


def pack(round_ref: str, files: Mapping[str, bytes]) -> bytes:
    """The evidence file with `files` (path → content). The same content always makes the same bytes."""
    digests = {path: sha256(content).hexdigest() for path, content in files.items()}
    manifest = rfc8785.dumps({"v": VERSION, "round": round_ref, "files": digests})
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as archive:
        for path, content in [(MANIFEST, manifest), *sorted(files.items())]:
            archive.writestr(zipfile.ZipInfo(path, (1980, 1, 1, 0, 0, 0)), content, zipfile.ZIP_DEFLATED)
    return out.getvalue()


@dataclass(frozen=True, slots=True)
class Bundle:
    """An evidence file that has been read. `files`: path → content, without the manifest."""

    round_ref: str
    stated: Mapping[str, str]
    files: Mapping[str, bytes]

    def text(self, path: str) -> str:
        """A file as text. Raises NotEvidence when it is missing or not UTF-8."""
        try:
            return self.files[path].decode()
        except (KeyError, UnicodeDecodeError) as error:
            raise NotEvidence(f"{path} is missing or is not text") from error

    def below(self, folder: str, ending: str) -> dict[str, bytes]:
        """The files of a folder, name without ending → content."""
        start = f"{folder}/"
        return {
            path.removeprefix(start).removesuffix(ending): content
            for path, content in self.files.items()
            if path.startswith(start) and path.endswith(ending)
        }

    def lines(self, path: str) -> Iterator[dict[str, Any]]:
        """The objects of an .ndjson file. Raises NotEvidence."""
        if path not in self.files:
            raise NotEvidence(f"{path} is missing")
        *lines, rest = self.files[path].split(b"\n")  # not splitlines: a text may hold other ends of lines
        if rest:
            raise NotEvidence(f"{path}: the last line has no end")
        for number, line in enumerate(lines, 1):
            try:
                found = orjson.loads(line)
            except ValueError as error:
                raise NotEvidence(f"{path}, line {number}: not JSON") from error
            if not isinstance(found, dict) or canonical(found) != line:
                raise NotEvidence(f"{path}, line {number}: not an object in canonical form")
            yield found

    def entries(self) -> list[ProvedEntry]:
        """The entries of the round. Raises NotEvidence."""
        found = []
        try:
            for line in self.lines("log/entries.ndjson"):
                index, proof = line["index"], line["proof"]
                if (
                    type(index) is not int
                    or type(proof) is not list
                    or len(line) != 3
                    or not all(map(_HASH.fullmatch, proof))
                ):
                    raise NotEvidence("a line says more than it should, or in another spelling")
                found.append(ProvedEntry(index, tuple(map(a2b_base64, proof)), line["entry"].encode()))
        except (KeyError, TypeError, AttributeError, ValueError, Base64Error) as error:
            raise NotEvidence(f"log/entries.ndjson is not a list of entries with proofs: {error}") from error
        return found

    def ballots(self) -> list[Ballot]:
        """The opened sheets. Raises NotEvidence."""
        found = []
        try:
            for line in self.lines("ballots.ndjson"):
                names = (line["member"], line["application"], line["commitment"])
                ballot = Ballot(*names, bytes.fromhex(line["nonce"]), line["ballot"])
                if ballot.line() != line:  # hex has more spellings than one
                    raise NotEvidence("a line says more than it should, or in another spelling")
                found.append(ballot)
        except (KeyError, TypeError, ValueError) as error:
            raise NotEvidence(f"ballots.ndjson is not a list of ballots: {error}") from error
        return found


def unpack(content: bytes) -> Bundle:
    """Read an evidence file. Raises NotEvidence; a file that unpacks to something huge is refused unread."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            members = archive.infolist()
            _check_members(members)
            files = {member.filename: archive.read(member) for member in members}
    except NotEvidence:
        raise
    except (zipfile.BadZipFile, zlib.error, struct.error, RuntimeError, EOFError, OSError, ValueError) as error:
        raise NotEvidence("not a ZIP file, or a broken one") from error
    try:
        manifest = json.loads(files.pop(MANIFEST))
        version, round_ref, stated = manifest["v"], manifest["round"], manifest["files"]
    except (KeyError, TypeError, ValueError, RecursionError) as error:
        raise NotEvidence("the manifest is missing or broken") from error
    if version != VERSION or len(manifest) != 3 or not isinstance(round_ref, str) or not isinstance(stated, dict):
        raise NotEvidence("the manifest is not of a form that this check knows")
    return Bundle(round_ref, {str(path): str(digest) for path, digest in stated.items()}, files)


def _check_members(members: list[zipfile.ZipInfo]) -> None:
    if len(members) > MOST_FILES or sum(member.file_size for member in members) > LARGEST:
        raise NotEvidence("the file unpacks to more than an evidence file can be")
    if len({member.filename for member in members}) != len(members):
        raise NotEvidence("a name stands in the file twice")
    if any(member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED) for member in members):
        raise NotEvidence("a file in it is packed in a way that evidence is not")
