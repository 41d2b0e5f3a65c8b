"""The file of a procurement as the office has to keep it: Government Procurement Law art. 42, by analogy. Reads only.

One zip by the article's own headings, with a list of every file and its SHA-256, for people (index.html, in both
languages) and for programs (index.json). What is public is as the evidence file has it; beside it stand the
applications in full with the files sent, which only the office may read.
"""

import io
import json
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from hashlib import sha256
from pathlib import Path
from types import MappingProxyType
from typing import Any
from zoneinfo import ZoneInfo

from jinja2 import Environment, FileSystemLoader
from sqlalchemy import select
from sqlalchemy.orm import Session

from procurement.access import Actor, Permission, require
from procurement.applications.content import Submission
from procurement.applications.models import Application, ApplicationVersion, SupplementAnswer, SupplementRequest
from procurement.applications.supplements import Answer
from procurement.errors import N_, WrongPhase
from procurement.evidence.bundle import unpack
from procurement.evidence.queries import evidence_of
from procurement.objections.models import Objection, ObjectionEscalation, ObjectionStep
from procurement.privacy.rules import FILE_YEARS, years_later
from procurement.publiclog.checkpoint import VerifierKey
from procurement.rounds.models import Round
from procurement.rounds.phases import Phase
from procurement.rounds.queries import course_of, find_round, rules_of
from procurement.storage import Store
from procurement.uploads import ENDINGS

_TEMPLATES = Path(__file__).resolve().parent.parent.parent / "templates"

OVER = frozenset({Phase.DECIDED, Phase.CLOSED, Phase.ABORTED})


class Heading(StrEnum):
    """What art. 42 counts among the documents of a procurement; the number is the folder."""

    RECORD = "01"
    BUDGET = "02"
    CALL = "03"
    BIDS = "04"
    STANDARD = "05"
    REPORT = "06"
    AWARD = "07"
    CONTRACT = "08"
    CHALLENGES = "09"
    COMPLAINTS = "10"
    OTHER = "11"


TITLES: Mapping[Heading, tuple[str, str]] = MappingProxyType(
    {
        Heading.RECORD: ("Record of the activity", "采购活动记录"),
        Heading.BUDGET: ("Budget and money", "采购预算"),
        Heading.CALL: ("Call, in every version", "招标文件（征集公告，含各版本）"),
        Heading.BIDS: ("Applications", "投标文件（申报材料）"),
        Heading.STANDARD: ("Standard of evaluation", "评标标准"),
        Heading.REPORT: ("Report of the evaluation", "评估报告"),
        Heading.AWARD: ("Notice and decision", "定标文件"),
        Heading.CONTRACT: ("Contract and acceptance", "合同文本和验收证明"),
        Heading.CHALLENGES: ("Objections and their answers", "质疑答复（异议及答复）"),
        Heading.COMPLAINTS: ("Decisions on complaints", "投诉处理决定"),
        Heading.OTHER: ("Other documents", "其他有关文件、资料"),
    }
)
"""Heading → its words in English and Chinese: both stand in every archive, whoever makes it."""

_PUBLIC = (
    ("rules/", Heading.CALL),
    ("ballots.ndjson", Heading.REPORT),
    ("tallies/", Heading.REPORT),
    ("papers/", Heading.RECORD),
    ("notices/", Heading.AWARD),
    ("decisions/", Heading.AWARD),
)
"""Where what the evidence file holds belongs; the rest stays in it, which is itself among the other documents."""

_EMPTY = {
    Heading.CONTRACT.value: (
        "None is made by this procedure; if one is, keep it with this file.",
        "本程序不产生合同；如另行签订，请与本卷一并保存。",
    ),
}
_NONE = ("None.", "无。")


@dataclass(frozen=True, slots=True)
class Archive:
    """The zip: its name and its bytes."""

    name: str
    content: bytes


def archive_of(
    session: Session, ref: str, *, actor: Actor | None, key: VerifierKey, store: Store, now: datetime, zone: ZoneInfo
) -> Archive:
    """The file of the round `ref`, for its organiser and supervisor (`actor` None: the command on the machine).

    The same record gives the same bytes. Raises NotFound, NotAllowed, WrongPhase while the round is not over.
    """
    found = find_round(session, ref)
    if actor is not None:
        require(actor, Permission.READ_ROUND_FILES, round_id=found.id)
    course = course_of(session, found.id)
    ended = course.aborted or course.closed or course.decided
    if course.phase_at(now) not in OVER or ended is None:
        raise WrongPhase(N_("The file of a round is made up when the round is over."))
    evidence = evidence_of(session, ref, key=key, store=store, now=now)
    files = {
        **_public(unpack(evidence.content).files),
        **_of_the_rules(session, found),
        **dict(_applications(session, found, store)),
        **dict(_objections(session, found)),
        f"{Heading.OTHER}/{evidence.name}": evidence.content,
    }
    day = ended.astimezone(zone).date()
    listed = _listed(files)
    told = {
        "v": 1,
        "round": ref,
        "title": {"en": found.title_en, "zh": found.title_zh},
        "ended": day.isoformat(),
        "keep_until": years_later(day).isoformat(),
        "keep_years": FILE_YEARS,
        "law": "Government Procurement Law art. 42, by analogy",
        "headings": listed,
    }
    index = json.dumps(told, ensure_ascii=False, indent=1, sort_keys=True).encode()
    files |= {"index.json": index, "index.html": _page(told).encode()}
    return Archive(f"{ref}-archive.zip", _packed(files))


def _public(files: Mapping[str, bytes]) -> dict[str, bytes]:
    return {
        f"{heading}/{path}": content
        for path, content in files.items()
        for start, heading in _PUBLIC
        if path.startswith(start)
    }


def _of_the_rules(session: Session, found: Round) -> dict[str, bytes]:
    """What the rules in force say of money and of the evaluation, each by itself."""
    said = rules_of(session, found.id).to_json()
    return {
        f"{Heading.BUDGET}/money.json": _json(said["money"]),
        f"{Heading.STANDARD}/scoring.json": _json({"gates": said["gates"], "scoring": said["scoring"]}),
    }


def _applications(session: Session, found: Round, store: Store) -> Iterator[tuple[str, bytes]]:
    """Every version that was submitted and every supplement, withdrawn ones too, with the files sent. One that was
    erased since is left out: the index of the log says that it was there."""
    versions = (
        select(Application.ref, ApplicationVersion.version, ApplicationVersion.document)
        .join(Application, Application.id == ApplicationVersion.application_id)
        .where(Application.round_id == found.id)
        .order_by(Application.id, ApplicationVersion.version)
    )
    for ref, version, document in session.execute(versions):
        yield f"{Heading.BIDS}/{ref}/v{version}.json", document.encode()
        sent = Submission.from_text(document).content.files
        yield from _sent(f"{Heading.BIDS}/{ref}/files", ((file.digest, file.media_type) for file in sent), store)
    answers = (
        select(Application.ref, SupplementRequest.number, SupplementAnswer.document)
        .join(SupplementRequest, SupplementRequest.id == SupplementAnswer.request_id)
        .join(Application, Application.id == SupplementRequest.application_id)
        .where(Application.round_id == found.id)
        .order_by(Application.id, SupplementRequest.number)
    )
    for ref, number, document in session.execute(answers):
        yield f"{Heading.BIDS}/{ref}/supplement-{number}.json", document.encode()
        sent_then = Answer.from_text(document).files
        yield from _sent(f"{Heading.BIDS}/{ref}/files", ((file.digest, file.media_type) for file in sent_then), store)


def _sent(folder: str, files: Iterable[tuple[str, str]], store: Store) -> Iterator[tuple[str, bytes]]:
    for digest, media_type in files:
        if digest in store:
            yield f"{folder}/{digest[:16]}{ENDINGS.get(media_type, '')}", store.get(digest)


def _objections(session: Session, found: Round) -> Iterator[tuple[str, bytes]]:
    """Arguments, answers and rulings; what the outside authority decided."""
    of_round = Objection.round_id == found.id
    for objection in session.scalars(select(Objection).where(of_round).order_by(Objection.id)):
        yield f"{Heading.CHALLENGES}/{objection.ref}/argument.txt", objection.argument.encode()
    steps = (
        select(Objection.ref, ObjectionStep.id, ObjectionStep.document)
        .join(Objection, Objection.id == ObjectionStep.objection_id)
        .where(of_round, ObjectionStep.document.is_not(None))
        .order_by(Objection.id, ObjectionStep.id)
    )
    numbers: dict[str, int] = {}
    for ref, _, document in session.execute(steps):
        numbers[ref] = numbers.get(ref, 0) + 1
        yield f"{Heading.CHALLENGES}/{ref}/{numbers[ref]}.json", str(document).encode()
    outside = (
        select(Objection.ref, ObjectionEscalation.text, ObjectionEscalation.document)
        .join(Objection, Objection.id == ObjectionEscalation.objection_id)
        .where(of_round)
        .order_by(Objection.id)
    )
    for ref, text, document in session.execute(outside):
        if text:
            yield f"{Heading.COMPLAINTS}/{ref}/decision.txt", text.encode()
        if document:
            yield f"{Heading.COMPLAINTS}/{ref}/decision.json", document.encode()


def _json(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, indent=1, sort_keys=True).encode()


def _listed(files: Mapping[str, bytes]) -> list[dict[str, Any]]:
    return [
        {
            "number": heading.value,
            "title": {"en": TITLES[heading][0], "zh": TITLES[heading][1]},
            "files": [
                {"path": path, "sha256": sha256(content).hexdigest(), "size": len(content)}
                for path, content in sorted(files.items())
                if path.startswith(f"{heading}/")
            ],
        }
        for heading in Heading
    ]


def _page(told: Mapping[str, Any]) -> str:
    """The list for people. It needs nothing beside it: it is read in fifteen years, without this site."""
    shown = Environment(loader=FileSystemLoader(_TEMPLATES), autoescape=True)
    return shown.get_template("evidence/archive.html").render(told, empty=_EMPTY, none=_NONE)


def _packed(files: Mapping[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as archive:
        for path, content in sorted(files.items()):
            archive.writestr(zipfile.ZipInfo(path, (1980, 1, 1, 0, 0, 0)), content, zipfile.ZIP_DEFLATED)
    return out.getvalue()
