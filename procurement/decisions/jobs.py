"""The slow work on decisions: setting and sealing the PDF, putting signatures in.

A decision is set once a signed checkpoint of the log covers the entry that draws it up: the receipt of that entry
travels inside the PDF, beside the decision as data, and shows for good that the log had it before the seal.

Each handler prepares outside any transaction and then records; it may run again at any point without harm. A
signature that does not pass our own verification is never recorded, nor a finished file in which any does not: what
carries every signature can be published.
"""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Engine

from config import Config
from procurement import pdf, signing
from procurement.clock import Clock
from procurement.db import reading, transaction
from procurement.decisions import actions, queries
from procurement.decisions.document import PROOF, TWIN, problem_of
from procurement.decisions.queries import ToSeal, ToSign
from procurement.decisions.wording import SIGNATORY_ROLES, WORDS, criterion_numbers, rule_sentences, tie_words
from procurement.errors import N_
from procurement.jobs import Work, enqueue, job, regularly
from procurement.keys import Identity, Keys, evidence_of, keys_from
from procurement.publiclog import serving
from procurement.publiclog.jobs import sign_log
from procurement.publiclog.keys import verifier_of
from procurement.storage import store

PATIENCE = 20.0  # seconds to wait for the checkpoint, which usually takes one or two
ROUNDS_OF_SIGNING = 20  # how often a signature is made anew because another came first


@job("decisions.seal")
def seal(work: Work, payload: Mapping[str, Any]) -> None:
    """Set the decision as a PDF, certify it with the office's seal, and record both states."""
    with reading(work.engine) as session:
        task = queries.to_seal(session, payload["decision"])
    if task is None:
        return
    work.progress(1, 3, N_("The document is being set."))
    base = unsealed(task, _receipt(work, task.entry), str(verifier_of(work.config)))
    language = task.document["language"]
    work.progress(2, 3, N_("The office seal is being put in."))
    keys = keys_from(work.config)
    identity, now = keys.seal(), work.clock()
    sealed = signing.sign(
        base,
        field=actions.SEAL_FIELD,
        identity=identity,
        appearance=_drawn("seal.html", {"name": task.fields[0][2]}, identity, language, now, work.config.zone),
        reason=pdf.translate(N_("Office seal"), language),
        now=now,
        certify=True,
        stamping=_stamping(work.config, keys),
        evidence=evidence_of(keys, work.config),
    )
    expected = {actions.SEAL_FIELD: identity.fingerprint}
    signing.self_test(sealed, roots=keys.roots, expected=expected, now=now, lists=keys.lists)
    files = store(work.config)
    base_digest, file_digest = files.put(base), files.put(sealed)
    work.progress(3, 3, N_("Recording."))
    with transaction(work.engine) as session:
        actions.record_sealed(
            session,
            now=work.clock(),
            decision_id=task.id,
            base=(base_digest, len(base)),
            file=(file_digest, len(sealed)),
            certificate=identity.fingerprint,
        )


def _receipt(work: Work, entry: int) -> str:
    """The log's receipt for entry `entry`, which a checkpoint covers within seconds."""
    until = time.monotonic() + PATIENCE
    while True:
        if work.config.embedded_signer:
            sign_log(work.engine, work.config, work.clock)
        with reading(work.engine) as session:
            receipt = serving.receipt_for(session, entry)
        if receipt is not None:
            return receipt.text()
        if time.monotonic() > until:
            raise RuntimeError("no checkpoint covers the decision; the job is tried again")
        time.sleep(0.5)


def unsealed(task: ToSeal, receipt: str, key: str) -> bytes:
    """The decision as a PDF with its empty signature fields: to the byte the same for the same text, the same
    `receipt` of the log and its public `key`."""
    language = task.document["language"]
    colon = pdf.translate(N_(": "), language)
    return pdf.render_in_worker(
        decision_html(task.document, key),
        issued=task.drawn_up_at,
        attachments=[
            pdf.Attachment(TWIN, pdf.translate(N_("Decision as data (RFC 8785)"), language), task.text.encode()),
            pdf.Attachment(
                PROOF,
                pdf.translate(N_("The public log's proof that the decision was entered (C2SP tlog-proof)"), language),
                receipt.encode(),
            ),
        ],
        fields=[
            pdf.SignatureField(
                field, f"field-{field}", f"{pdf.translate(SIGNATORY_ROLES[role], language)}{colon}{name}"
            )
            for field, role, name in task.fields
        ],
    )


@job("decisions.sign")
def sign(work: Work, payload: Mapping[str, Any]) -> None:
    """Put one approved signature into the latest state of the file, and record the new state."""
    files = store(work.config)
    keys = keys_from(work.config)
    for _ in range(ROUNDS_OF_SIGNING):
        with reading(work.engine) as session:
            task = queries.to_sign(session, payload["signature"], now=work.clock())
        if task is None:
            return
        work.progress(1, 3, N_("The signature is being made."))
        identity, now = keys.signatory(task.user_id, task.name), work.clock()
        signed = signing.sign(
            files.get(task.file_digest),
            field=task.field,
            identity=identity,
            appearance=_drawn(
                "stamp.html",
                {"name": task.name, "dissents": bool(task.dissent)},
                identity,
                task.language,
                now,
                work.config.zone,
            ),
            reason=_reason(task),
            now=now,
            stamping=_stamping(work.config, keys),
            last=task.last,
            evidence=evidence_of(keys, work.config),
        )
        work.progress(2, 3, N_("The document is being verified."))
        if task.last:
            expected = {**task.signers, task.field: identity.fingerprint}
            signing.self_test(signed, roots=keys.roots, expected=expected, now=now, lists=keys.lists)
        else:
            field, fingerprint = task.field, identity.fingerprint
            signing.newest_test(
                signed, roots=keys.roots, field=field, fingerprint=fingerprint, now=now, lists=keys.lists
            )
        digest = files.put(signed)
        work.progress(3, 3, N_("Recording."))
        try:
            with transaction(work.engine) as session:
                actions.record_signed(
                    session,
                    now=work.clock(),
                    signature_id=task.id,
                    before=task.file_digest,
                    file=(digest, len(signed)),
                    certificate=identity.fingerprint,
                )
        except actions.Outdated:
            continue
        return
    raise RuntimeError("the file kept changing while it was being signed")


@regularly(60)
def ask_for_signatures(engine: Engine, _config: Config, clock: Clock) -> None:
    """Ask who signs next when the time of a silent member is over, and tell of signatures that are not put in."""
    with reading(engine) as session:
        waiting = queries.decisions_in_signing(session)
    for decision_id in waiting:
        with transaction(engine) as session:
            actions.invite_next(session, now=clock(), decision_id=decision_id)
            actions.tell_of_late(session, now=clock(), decision_id=decision_id)


@dataclass(frozen=True, slots=True)
class DueStamp:
    """A decision whose newest document time-stamp ends soon: when its certificate does."""

    id: int
    ref: str
    ends: datetime


def stamps_due(engine: Engine, config: Config, *, now: datetime) -> list[DueStamp]:
    """Published decisions whose newest document time-stamp ends within SUNLIT_RENEW_STAMPS_DAYS."""
    with reading(engine) as session:
        known = queries.to_renew(session)
    files, due = store(config), []
    for task in known:
        ends = signing.stamped_until(files.get(task.file_digest))
        if ends is not None and ends <= now + timedelta(days=config.renew_stamps_days):
            due.append(DueStamp(task.id, task.ref, ends))
    return due


@regularly(24 * 3600)
def renew_stamps(engine: Engine, config: Config, clock: Clock) -> None:
    """Queue a new document time-stamp for every decision that needs one."""
    if not config.timestamp_url:
        return
    for due in stamps_due(engine, config, now=clock()):
        with transaction(engine) as session:
            enqueue(session, "decisions.renew", {"decision": due.id}, clock())


@job("decisions.renew")
def renew(work: Work, payload: Mapping[str, Any]) -> None:
    """Put one more document time-stamp behind a published file, and record it beside the file before."""
    stamping = _stamping(work.config, keys_from(work.config))
    if stamping is None or payload["decision"] not in {
        due.id for due in stamps_due(work.engine, work.config, now=work.clock())
    }:
        return
    with reading(work.engine) as session:
        (task,) = queries.to_renew(session, payload["decision"])
    keys, files, now = keys_from(work.config), store(work.config), work.clock()
    renewed = signing.stamp(files.get(task.file_digest), stamping, now=now, lists=keys.lists)
    signing.renewal_test(
        renewed, roots=keys.roots, expected=task.signers, signed_at=task.published_at, now=now, lists=keys.lists
    )
    digest = files.put(renewed)
    with transaction(work.engine) as session:
        actions.record_renewed(
            session,
            now=work.clock(),
            decision_id=task.id,
            before=task.file_digest,
            file=(digest, len(renewed)),
        )


def decision_html(document: Mapping[str, Any], key: str) -> str:
    """The decision as the HTML that becomes the PDF; it prints the `key` of the log."""
    scoring = document["rules"]["scoring"]
    facts = {
        "decision": document,
        "key": key,
        "words": WORDS,
        "sentences": rule_sentences(scoring),
        "numbers": criterion_numbers(scoring),
        "tie_words": tie_words,
        "problem_of": problem_of,
    }
    return pdf.fill("decision.html", facts, language=document["language"], zone=document["zone"])


def _stamping(config: Config, keys: Keys) -> signing.Stamping | None:
    """The time-stamp authority of the installation, if there is one."""
    return signing.Stamping(config.timestamp_url, keys.roots) if config.timestamp_url else None


def _reason(task: ToSign) -> str:
    """What the signature itself says, covered by it: the capacity, and the dissenting opinion if there is one."""
    if not task.dissent:
        return pdf.translate(N_("Decided"), task.language)
    return pdf.translate(N_("Dissenting opinion: %(dissent)s"), task.language) % {"dissent": task.dissent}


def _drawn(
    template: str, facts: Mapping[str, Any], identity: Identity, language: str, now: datetime, zone: Any
) -> bytes:
    local = now.astimezone(zone)
    when = f"{local:%Y-%m-%d}" if template == "seal.html" else f"{local:%Y-%m-%d %H:%M} ({pdf.offset(local)})"
    html = pdf.fill(
        template,
        {"fingerprint": identity.fingerprint, "development": identity.development, "when": when, **facts},
        language=language,
    )
    return pdf.render_in_worker(html, issued=now)
