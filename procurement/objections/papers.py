"""Answers, findings and rulings as papers: one structured text each, hashed into the log, at an address of its own.

The RFC 8785 text is what counts; the page at `/objections/<ref>/papers/<kind>` and the PDF are made from it. It holds
what the reader needs to follow it without this program: what was objected to, what was heard, what was decided and by
whom, what follows and where one may turn. Longer texts that stand elsewhere in public enter by their SHA-256.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from procurement.errors import N_
from procurement.objections.rules import Effect, Step
from procurement.publiclog.entry import digest_of
from procurement.rounds.canonical import canonical_text
from procurement.rounds.phases import Kind
from procurement.rounds.rules import RoundDocument
from procurement.rounds.scoring_rule import Text

if TYPE_CHECKING:
    from procurement.objections.queries import ObjectionView


class PaperKind(StrEnum):
    """What a paper says."""

    INADMISSIBILITY = "inadmissibility"
    ANSWER = "answer"
    RULING = "ruling"
    AUTHORITY = "authority"


PAPERS: Mapping[PaperKind, str] = MappingProxyType(
    {
        PaperKind.INADMISSIBILITY: N_("Finding that an objection is inadmissible"),
        PaperKind.ANSWER: N_("Answer to an objection"),
        PaperKind.RULING: N_("Ruling on an objection"),
        PaperKind.AUTHORITY: N_("Decision of the outside authority, as recorded"),
    }
)

PAPER_OF: Mapping[Step, PaperKind] = MappingProxyType(
    {
        Step.INADMISSIBLE: PaperKind.INADMISSIBILITY,
        Step.ANSWERED: PaperKind.ANSWER,
        Step.UPHELD: PaperKind.RULING,
        Step.PARTLY_UPHELD: PaperKind.RULING,
        Step.DISMISSED: PaperKind.RULING,
    }
)
"""Step → the paper that it makes."""


@dataclass(frozen=True, slots=True)
class Said:
    """What a paper adds to the record. `role`, `name`: whose act it is; `outcome`: of a ruling or of the authority;
    `reason`: of a finding (rules.Inadmissible); `reopened`: how far the round goes back; `order_due`: until when the
    organiser carries out what only the organiser can; `decided_on`: of the authority; `escalate_until`: until when
    one may turn to it."""

    kind: PaperKind
    at: datetime
    role: str
    name: str
    text: str
    outcome: str | None = None
    reason: str | None = None
    effect: Effect | None = None
    reopened: Kind | None = None
    order_due: datetime | None = None
    decided_on: str | None = None
    escalate_until: datetime | None = None


def paper_text(view: "ObjectionView", *, round_ref: str, title: Text, document: RoundDocument, said: Said) -> str:
    """The RFC 8785 text of the paper `said` about the objection `view`, as it stood before."""
    asked = {"remedy": view.remedy.value, **view.detail.to_json()}
    answer = next((step for step in view.steps if step.kind is Step.ANSWERED), None)
    supplement = next((pause for pause in view.pauses if pause.answer), None)
    return canonical_text(
        {
            "v": 1,
            "paper": said.kind.value,
            "objection": view.ref,
            "round": {"ref": round_ref, "title": {"en": title.en, "zh": title.zh}},
            "against": {"target": view.target.value, "ref": view.target_ref},
            "ground": view.ground.value,
            "asked": asked,
            "argument": digest_of(view.argument),
            "filed": {"at": _instant(view.filed_at), "as": view.filer.value, "by": view.public_name},
            "supplement": None
            if supplement is None
            else {"at": _instant(supplement.ended_at), "text": digest_of(supplement.answer)},
            "statements": [
                {"application": party.application, "at": _instant(party.answered_at), "text": digest_of(party.text)}
                for party in view.parties
                if party.answered_at is not None
            ],
            "answer": None if answer is None else {"at": _instant(answer.at), "text": digest_of(answer.text)},
            "by": {"role": said.role, "name": said.name},
            "at": _instant(said.at),
            "outcome": said.outcome,
            "reason": said.reason,
            "text": said.text,
            "effect": None if said.effect is None else said.effect.to_json(),
            "reopened": None if said.reopened is None else said.reopened.value,
            "order_due": _instant(said.order_due),
            "decided_on": said.decided_on,
            "authority": _authority(document),
            "escalate_until": _instant(said.escalate_until),
        }
    )


def _authority(document: RoundDocument) -> dict[str, Any]:
    office = document.authority
    return {
        "name": {"en": office.name.en, "zh": office.name.zh},
        "address": {"en": office.address.en, "zh": office.address.zh},
        "contact": office.contact,
    }


def _instant(at: datetime | None) -> str | None:
    return None if at is None else at.isoformat().replace("+00:00", "Z")
