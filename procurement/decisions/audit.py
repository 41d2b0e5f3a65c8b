"""How decisions, their signatures and their milestones follow from the public log."""

import json
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import aliased

from procurement.applications.models import Application
from procurement.certificates import bundle_of
from procurement.decisions.document import SignatoryRole
from procurement.decisions.entries import (
    CertificateConfirmed,
    CertificateEnded,
    CertificateRegistered,
    DecisionApproved,
    DecisionDeclined,
    DecisionDrawnUp,
    DecisionPublished,
    DecisionRenewed,
    DecisionSealed,
    DecisionSigned,
    DecisionWithdrawn,
    PlaceGivenUp,
)
from procurement.decisions.models import Decision, DecisionEdition, DecisionSignature, GivenUp, SignatoryCertificate
from procurement.decisions.rules import Ending
from procurement.publiclog.audit import UNTOLD, Replay, Row, disclosed, person, replays, who
from procurement.publiclog.entry import digest_of
from procurement.publiclog.queries import Logged
from procurement.rounds.audit import milestone_by, milestones_kept
from procurement.rounds.models import Round
from procurement.rounds.phases import Kind

_SEAL = 0  # position of the office seal among the signatures


def decisions_from_log(entries: Iterable[Logged]) -> Iterable[Row]:
    """One row for each version, with the file as it was after the last signature."""
    rows: dict[str, dict[str, Any]] = {}
    for logged in entries:
        at = logged.envelope.at
        match logged.envelope.entry:
            case DecisionDrawnUp(decision=ref) as entry:
                rows[ref] = {
                    "decision": ref,
                    "round": logged.envelope.round_ref,
                    "document": entry.document,
                    "sha256": entry.document,
                    "effect": entry.effect,
                    "copied": "",
                    "drawn_up_at": at,
                    "by": who(logged),
                    "base": None,
                    "file": None,
                    "published": None,
                    "supersedes": None,
                    "discarded_at": None,
                    "published_at": None,
                    "superseded_at": None,
                }
                if entry.instead_of is not None:
                    rows[entry.instead_of]["discarded_at"] = at
            case DecisionWithdrawn(decision=ref):
                rows[ref]["discarded_at"] = at
            case DecisionSealed(decision=ref, base=base, file=file):
                rows[ref] |= {"base": base, "file": file}
            case DecisionSigned(decision=ref, file=file):
                rows[ref]["file"] = file
            case DecisionPublished(decision=ref, file=file, supersedes=superseded):
                rows[ref] |= {"published_at": at, "published": file, "supersedes": superseded}
                if superseded is not None:
                    rows[superseded]["superseded_at"] = at
    return rows.values()


def _drawn_up(row: Row) -> Row:
    """The hash of the text, worked out anew; and what of the text was copied wrongly beside it."""
    found = dict(row)
    text = found.pop("document")
    beside = {name: found.pop(name) for name in ("version", "code", "language")}
    told = json.loads(text)
    version = int(found["decision"].rpartition("-D")[2])
    meant = {"version": version, "code": told["code"], "language": told["language"]}
    wrong = [f"{name} {value}" for name, value in beside.items() if value != meant[name]]
    if found["published_at"] is None:
        found["supersedes"] = None  # which one it replaces is settled when it is published
    return found | {"document": digest_of(text.encode()), "copied": ", ".join(wrong), "by": person(found["by"])}


_REPLACED = aliased(Decision)

replays(
    Replay(
        table="decision",
        kinds=(DecisionDrawnUp, DecisionWithdrawn, DecisionSealed, DecisionSigned, DecisionPublished),
        expected=decisions_from_log,
        actual=lambda: (
            select(
                Decision.ref.label("decision"),
                Round.ref.label("round"),
                Decision.document,
                Decision.sha256,
                Decision.effect,
                Decision.version,
                Decision.code,
                Decision.language,
                Decision.drawn_up_at,
                Decision.drawn_up_by_id.label("by"),
                Decision.base_digest.label("base"),
                Decision.file_digest.label("file"),
                Decision.published_digest.label("published"),
                _REPLACED.ref.label("supersedes"),
                Decision.discarded_at,
                Decision.published_at,
                Decision.superseded_at,
            )
            .select_from(Decision)
            .join(Round, Round.id == Decision.round_id)
            .outerjoin(_REPLACED, _REPLACED.id == Decision.supersedes_id)
        ),
        key=("decision",),
        derived=_drawn_up,
    )
)


def signatures_from_log(entries: Iterable[Logged]) -> Iterable[Row]:
    """One row for each signature that a decision needs, the seal among them; who signs where stands in the entries
    from the moment they do."""
    rows: dict[tuple[str, str], dict[str, Any]] = {}
    turns: Counter[str] = Counter()
    for logged in entries:
        at = logged.envelope.at
        match logged.envelope.entry:
            case DecisionApproved(decision=ref, field=field, dissent=dissent):
                own = {"person": who(logged), "approved_at": at, "dissent": dissent}
                rows[ref, field] = _signature(ref, field) | own
            case DecisionDeclined(decision=ref, field=field, reason=reason):
                own = {"person": who(logged), "declined_at": at, "dissent": reason}
                rows[ref, field] = _signature(ref, field) | own
            case DecisionSealed(decision=ref) as entry:
                put_in = {"turn": 0, "signed_at": at, "certificate": entry.certificate, "file": entry.file}
                rows[ref, "seal"] = _signature(ref, "seal") | put_in
            case DecisionPublished(decision=ref, deemed=deemed):
                for field in deemed:
                    rows[ref, field] = _signature(ref, field) | {"person": UNTOLD, "deemed_at": at}
            case DecisionSigned(decision=ref, field=field) as entry:
                turns[ref] += 1
                rows[ref, field] |= {
                    "person": disclosed(entry.signatory),
                    "turn": turns[ref],
                    "signed_at": at,
                    "certificate": entry.certificate,
                    "file": entry.file,
                }
    return rows.values()


def _signature(decision: str, field: str) -> dict[str, Any]:
    """A signature of which nothing has happened yet."""
    empty = (
        "person",
        "approved_at",
        "declined_at",
        "deemed_at",
        "dissent",
        "turn",
        "signed_at",
        "certificate",
        "file",
    )
    return {"decision": decision, "field": field, **dict.fromkeys(empty)}


def _signed(row: Row) -> Row:
    found = dict(row)
    if found.pop("position") == _SEAL:
        found["field"] = "seal"
    return found | {
        "person": person(found["person"]),
        "dissent": digest_of(found["dissent"]) if found["dissent"] else None,
    }


replays(
    Replay(
        table="decision_signature",
        kinds=(DecisionSealed, DecisionApproved, DecisionDeclined, DecisionSigned, DecisionPublished),
        expected=signatures_from_log,
        actual=lambda: (
            select(
                Decision.ref.label("decision"),
                DecisionSignature.position,
                DecisionSignature.field,
                DecisionSignature.user_id.label("person"),
                DecisionSignature.approved_at,
                DecisionSignature.declined_at,
                DecisionSignature.deemed_at,
                DecisionSignature.dissent,
                DecisionSignature.turn,
                DecisionSignature.signed_at,
                DecisionSignature.certificate_sha256.label("certificate"),
                DecisionSignature.file_digest.label("file"),
            )
            .join(Decision, Decision.id == DecisionSignature.decision_id)
            .where(
                DecisionSignature.approved_at.is_not(None)
                | DecisionSignature.declined_at.is_not(None)
                | DecisionSignature.deemed_at.is_not(None)
                | DecisionSignature.signed_at.is_not(None)
            )
        ),
        key=("decision", "field"),
        derived=_signed,
    )
)


def wanted_from_log(entries: Iterable[Logged]) -> Iterator[Row]:
    """One row for each signature that a decision asks for; position 0 is the seal."""
    for logged in entries:
        match logged.envelope.entry:
            case DecisionDrawnUp(decision=ref, signatories=count):
                for position in range(count + 1):
                    yield {"decision": ref, "position": position, "copied": ""}


def _asked_for(row: Row) -> Row:
    """What of a signatory was copied wrongly out of the decision, which names them all."""
    told, position = json.loads(row["document"]), row["position"]
    if position == _SEAL:
        meant = ("seal", str(SignatoryRole.SEAL), told["organiser"]["name"][told["language"]])
    elif position <= len(told["signatories"]):
        one = told["signatories"][position - 1]
        meant = (one["field"], one["role"], one["name"])
    else:
        meant = ("", "", "")
    kept = (row["field"], row["role"], row["name"])
    return {
        "decision": row["decision"],
        "position": position,
        "copied": "" if kept == meant else " ".join(kept),
    }


replays(
    Replay(
        table="signature asked for",
        kinds=(DecisionDrawnUp,),
        expected=wanted_from_log,
        actual=lambda: select(
            Decision.ref.label("decision"),
            Decision.document,
            DecisionSignature.position,
            DecisionSignature.field,
            DecisionSignature.role,
            DecisionSignature.name,
        ).join(Decision, Decision.id == DecisionSignature.decision_id),
        key=("decision", "position"),
        derived=_asked_for,
    )
)


def editions_from_log(entries: Iterable[Logged]) -> Iterator[Row]:
    """One row for each time-stamp that a published file got later; each stands behind the file before."""
    newest: dict[str, str] = {}
    for logged in entries:
        match logged.envelope.entry:
            case DecisionPublished(decision=ref, file=file):
                newest[ref] = file
            case DecisionRenewed(decision=ref, number=number, file=file):
                yield {
                    "decision": ref,
                    "number": number,
                    "before": newest[ref],
                    "file": file,
                    "at": logged.envelope.at,
                }
                newest[ref] = file


replays(
    Replay(
        table="decision_edition",
        kinds=(DecisionPublished, DecisionRenewed),
        expected=editions_from_log,
        actual=lambda: select(
            Decision.ref.label("decision"),
            DecisionEdition.number,
            DecisionEdition.before_digest.label("before"),
            DecisionEdition.file_digest.label("file"),
            DecisionEdition.made_at.label("at"),
        ).join(Decision, Decision.id == DecisionEdition.decision_id),
        key=("decision", "number"),
    )
)


def given_up_from_log(entries: Iterable[Logged]) -> Iterator[Row]:
    """One row for each place that was given up."""
    for logged in entries:
        match logged.envelope.entry:
            case PlaceGivenUp(application=ref, reason=reason):
                yield {
                    "round": logged.envelope.round_ref,
                    "application": ref,
                    "reason": reason,
                    "at": logged.envelope.at,
                    "by": who(logged),
                }


replays(
    Replay(
        table="given_up",
        kinds=(PlaceGivenUp,),
        expected=given_up_from_log,
        actual=lambda: (
            select(
                Round.ref.label("round"),
                Application.ref.label("application"),
                GivenUp.reason,
                GivenUp.at,
                GivenUp.by_id.label("by"),
            )
            .select_from(GivenUp)
            .join(Application, Application.id == GivenUp.application_id)
            .join(Round, Round.id == GivenUp.round_id)
        ),
        key=("application",),
        derived=lambda row: dict(row) | {"reason": digest_of(row["reason"]), "by": person(row["by"])},
    )
)


def milestones_from_log(entries: Iterable[Logged]) -> Iterator[Row]:
    """One row for each decision that was published."""
    times: Counter[str | None] = Counter()
    for logged in entries:
        if isinstance(logged.envelope.entry, DecisionPublished):
            round_ref = logged.envelope.round_ref
            times[round_ref] += 1
            yield {
                "round": round_ref,
                "kind": Kind.DECISION_PUBLISHED,
                "subject": str(times[round_ref]) if times[round_ref] > 1 else "",
                "at": logged.envelope.at,
                "closes": None,
                "by": who(logged),
            }


replays(
    Replay(
        table="milestone of decisions",
        kinds=(DecisionPublished,),
        expected=milestones_from_log,
        actual=lambda: milestones_kept([Kind.DECISION_PUBLISHED]),
        key=("round", "kind", "subject"),
        derived=milestone_by,
    )
)


def certificates_from_log(entries: Iterable[Logged]) -> Iterable[Row]:
    """One row for each certificate that a signatory brought."""
    rows: dict[str, dict[str, Any]] = {}
    for logged in entries:
        at = logged.envelope.at
        match logged.envelope.entry:
            case CertificateRegistered(certificate=own, bundle=bundle):
                empty = dict.fromkeys(("confirmed_at", "confirmed_by", "ended_at"))
                rows[own] = {"certificate": own, "leaf": own, "bundle": bundle, "person": who(logged),
                             "registered_at": at, "ending": "", **empty}  # fmt: skip
            case CertificateConfirmed(certificate=own, replaces=replaced):
                rows[own] |= {"confirmed_at": at, "confirmed_by": who(logged)}
                if replaced is not None:
                    rows[replaced] |= {"ended_at": at, "ending": Ending.REPLACED}
            case CertificateEnded(certificate=own, because=because):
                rows[own] |= {"ended_at": at, "ending": because}
    return rows.values()


def _brought(row: Row) -> Row:
    found = dict(row)
    text = found.pop("pem")
    return found | {
        "bundle": digest_of(text.encode()),
        "leaf": _leaf(text),
        "person": person(found["person"]),
        "confirmed_by": person(found["confirmed_by"]),
    }


def _leaf(pem: str) -> str:
    """SHA-256 of the first certificate, worked out anew; "" when it is none."""
    try:
        return digest_of(bundle_of(pem).der[0])
    except ValueError:
        return ""


replays(
    Replay(
        table="signatory_certificate",
        kinds=(CertificateRegistered, CertificateConfirmed, CertificateEnded),
        expected=certificates_from_log,
        actual=lambda: select(
            SignatoryCertificate.sha256.label("certificate"),
            SignatoryCertificate.pem,
            SignatoryCertificate.user_id.label("person"),
            SignatoryCertificate.registered_at,
            SignatoryCertificate.confirmed_at,
            SignatoryCertificate.confirmed_by_id.label("confirmed_by"),
            SignatoryCertificate.ended_at,
            SignatoryCertificate.ending,
        ),
        key=("certificate",),
        derived=_brought,
    )
)
