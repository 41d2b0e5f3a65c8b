"""The evidence file of a round, made from the record of this installation. Reads only.

Everything that goes in is public already: the file is a faster way to what the pages show, and a way to keep it.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import inspect, select
from sqlalchemy.orm import Session

from procurement.applications.models import Application
from procurement.applications.queries import compared_of, verified_texts
from procurement.committee.draw_queries import member_disclosures
from procurement.committee.models import Member
from procurement.decisions.models import Decision
from procurement.decisions.queries import editions_of
from procurement.errors import N_, NotFound, WrongPhase
from procurement.evidence.bundle import DISCLOSURES, SUCCESSION, Ballot, ProvedEntry, ndjson, pack, readme
from procurement.objections.models import (
    Notice,
    Objection,
    ObjectionEscalation,
    ObjectionParty,
    ObjectionPause,
    ObjectionStep,
)
from procurement.papers.queries import papers_of
from procurement.publiclog import queries as log
from procurement.publiclog import serving
from procurement.publiclog.checkpoint import VerifierKey
from procurement.publiclog.entry import digest_of
from procurement.publiclog.models import LogEntry
from procurement.publiclog.tree import inclusion_proof
from procurement.rounds.models import Round, RoundRules
from procurement.rounds.queries import course_of
from procurement.scoring.models import Agreement, AgreementAnswer, Correction, Sheet, TallyRun
from procurement.storage import Store


@dataclass(frozen=True, slots=True)
class Evidence:
    """An evidence file: its name and its bytes."""

    name: str
    content: bytes


def published_round(session: Session, ref: str) -> dict[str, str]:
    """The title, {"en", "zh"}, of the published round `ref`. Raises NotFound."""
    found = _round(session, ref)
    return {"en": found.title_en, "zh": found.title_zh}


def _round(session: Session, ref: str) -> Round:
    found = session.scalars(select(Round).where(Round.ref == ref)).one_or_none()
    if found is None or course_of(session, found.id).published is None:
        raise NotFound(N_("There is no round “%(ref)s”."), ref=ref[:40])
    return found


def evidence_of(session: Session, ref: str, *, key: VerifierKey, store: Store, now: datetime) -> Evidence:
    """Everything public about the published round `ref` in one file.

    Raises NotFound for a draft or an unknown round, WrongPhase while no checkpoint covers the round's entries.
    """
    found = _round(session, ref)
    note = serving.published_note(session)
    size = serving.published_size(session)
    entries = _entries(session, ref, size)
    if note is None or not entries:
        raise WrongPhase(N_("The log's next checkpoint will cover this round; please try again in some seconds."))
    texts = dict.fromkeys(text for text in _texts(session, found.id, now) if text)  # each once, in order
    files = {
        "README.txt": readme(ref),
        "log/key": f"{key}\n".encode(),
        "log/checkpoint": note.encode(),
        **({SUCCESSION: handovers.encode()} if (handovers := serving.succession(session)) else {}),
        "log/entries.ndjson": ndjson(entry.line() for entry in entries),
        "ballots.ndjson": ndjson(ballot.line() for ballot in _ballots(session, found.id)),
        "texts.ndjson": ndjson({"sha256": digest_of(text), "text": text} for text in texts),
    }
    files |= _documents(session, found.id)
    if disclosed := list(member_disclosures(session, found.id, ref)):
        files[DISCLOSURES] = ndjson(disclosed)
    for decision in session.scalars(
        select(Decision).where(Decision.round_id == found.id, Decision.published_at.is_not(None))
    ):
        files[f"decisions/{decision.ref}.json"] = decision.document.encode()
        if decision.published_digest is not None:
            files[f"decisions/{decision.ref}.pdf"] = store.get(decision.published_digest)
            for edition in editions_of(session, decision.id)[1:]:
                files[f"decisions/{decision.ref}-{edition.number}.pdf"] = store.get(edition.sha256)
    for paper in papers_of(session, found.id):
        files[f"papers/{paper.ref}.json"] = paper.text.encode()
        for language, file in paper.files.items():
            files[f"papers/{paper.ref}.{language}.pdf"] = store.get(file.digest)
    return Evidence(f"{ref}-evidence.zip", pack(ref, files))


def _entries(session: Session, ref: str, size: int) -> list[ProvedEntry]:
    subtree = log.subtree_reader(session)
    rows = session.execute(
        select(LogEntry.idx, LogEntry.body)
        .where(LogEntry.round_ref == ref, LogEntry.idx < size)
        .order_by(LogEntry.idx)
    )
    return [ProvedEntry(idx, tuple(inclusion_proof(idx, size, subtree)), body) for idx, body in rows]


def _ballots(session: Session, round_id: int) -> Iterator[Ballot]:
    rows = session.execute(
        select(Member.code, Application.ref, Sheet.commitment, Sheet.nonce, Sheet.ballot)
        .join(Member, Member.id == Sheet.member_id)
        .join(Application, Application.id == Sheet.application_id)
        .where(Sheet.round_id == round_id, Sheet.opened_at.is_not(None))
        .order_by(Sheet.id)
    )
    for code, application, commitment, nonce, ballot in rows:
        yield Ballot(code, application, commitment, nonce, ballot)


_OBJECTION_TEXTS: tuple[tuple[Any, tuple[Any, ...]], ...] = (
    (ObjectionStep, (ObjectionStep.text, ObjectionStep.document)),
    (ObjectionPause, (ObjectionPause.text, ObjectionPause.answer)),
    (ObjectionParty, (ObjectionParty.text,)),
    (
        ObjectionEscalation,
        (ObjectionEscalation.suspension, ObjectionEscalation.text, ObjectionEscalation.document),
    ),
)
"""Where the texts about objections stand, "" or None where there is none yet."""


def _documents(session: Session, round_id: int) -> dict[str, bytes]:
    """The texts that were hashed into the log, each under a name of its own."""
    files = {}
    for rules in session.scalars(select(RoundRules).where(RoundRules.round_id == round_id)):
        files[f"rules/{rules.version}.json"] = rules.document.encode()
    for run in session.scalars(select(TallyRun).where(TallyRun.round_id == round_id)):
        files[f"tallies/{run.number}.json"] = run.document.encode()
    for notice in session.scalars(select(Notice).where(Notice.round_id == round_id)):
        files[f"notices/{notice.number}.json"] = notice.document.encode()
    return files


def _texts(session: Session, round_id: int, now: datetime) -> Iterator[str]:
    """Public texts that entries name by their hash: what is compared of applications, what was verified, arguments,
    answers, rulings and their papers, what was asked for and sent, statements, what the outside authority wrote,
    reasons of corrections."""
    yield from compared_of(session, round_id, now=now).values()
    yield from verified_texts(session, round_id, now=now)
    yield from session.scalars(
        select(Objection.argument).where(Objection.round_id == round_id).order_by(Objection.id)
    )
    for table, columns in _OBJECTION_TEXTS:
        rows = session.execute(
            select(*columns)
            .select_from(table)
            .join(Objection, Objection.id == table.objection_id)
            .where(Objection.round_id == round_id)
            .order_by(Objection.id, *inspect(table).primary_key)
        )
        yield from (text or "" for row in rows for text in row)
    yield from session.scalars(select(Agreement.reason).where(Agreement.round_id == round_id).order_by(Agreement.id))
    yield from session.scalars(
        select(AgreementAnswer.reason)
        .join(Agreement, Agreement.id == AgreementAnswer.agreement_id)
        .where(Agreement.round_id == round_id, AgreementAnswer.reason != "")
        .order_by(AgreementAnswer.agreement_id, AgreementAnswer.member_id)
    )
    yield from session.scalars(
        select(Correction.reason).where(Correction.round_id == round_id).order_by(Correction.id)
    )
