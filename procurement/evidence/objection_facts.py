"""Objections: their steps, periods, acts and texts. Each check yields what is wrong. Pure."""

import json
from collections.abc import Iterator
from typing import Any

from procurement.decisions.entries import DecisionDrawnUp, DecisionPublished
from procurement.errors import N_, Problem
from procurement.evidence.facts import Record, Told, checks
from procurement.evidence.objection_course import STEP_OF, About, findings
from procurement.objections.entries import (
    AuthorityDecided,
    AwardSuspended,
    ObjectionAdmitted,
    ObjectionAnswered,
    ObjectionFiled,
    ObjectionInadmissible,
    ObjectionPaused,
    ObjectionRuled,
    ObjectionSupplemented,
    ObjectionWithdrawn,
    SupplementAsked,
    ThirdPartyAnswered,
)
from procurement.objections.rules import OPEN_STEPS, RULINGS, TRANSITIONS, Step
from procurement.publiclog.entry import Entry, digest_of


@checks("objections", N_("Every objection was dealt with, and none was open when it was decided"))
def _objections(record: Record) -> Iterator[Problem]:
    state: dict[str, Step] = {}
    for envelope in record.envelopes:
        match envelope.entry:
            case ObjectionFiled(objection=ref):
                yield from _step(state, ref, Step.FILED)
            case ObjectionRuled(objection=ref, outcome=outcome):
                yield from _step(state, ref, next((step for step in RULINGS if step == outcome), None))
            case AuthorityDecided(objection=ref, settles=True):
                yield from _step(state, ref, Step.OUTSIDE)
            case ObjectionAdmitted() | ObjectionInadmissible() | ObjectionAnswered() | ObjectionWithdrawn() as entry:
                yield from _step(state, entry.objection, STEP_OF[type(entry)])
            case DecisionDrawnUp() | DecisionPublished():
                for ref in sorted(ref for ref, where in state.items() if where in OPEN_STEPS):
                    yield Problem(N_("%(ref)s was open when the decision was made."), {"ref": ref})


def _step(state: dict[str, Step], ref: str, to: Step | None) -> Iterator[Problem]:
    """An objection takes a step (None: one that the rules do not know)."""
    before = state.get(ref)
    if to is None or (to is not Step.FILED if before is None else to not in TRANSITIONS[before]):
        yield Problem(N_("%(ref)s took a step that does not follow from the one before."), {"ref": ref})
    state[ref] = to or Step.FILED


@checks("objection_periods", N_("Every period of an objection is as long as its rules say"))
def _periods(record: Record) -> Iterator[Problem]:
    yield from (problem for about, problem in findings(record) if about is About.PERIOD)


@checks("objection_acts", N_("Objections came in time, and nothing was done about one before it could be done"))
def _acts(record: Record) -> Iterator[Problem]:
    yield from (problem for about, problem in findings(record) if about is About.ACT)


@checks("objection_delays", N_("Who was late in dealing with an objection is told here"))
def _delays(record: Record) -> Iterator[Told]:
    yield from (Told(problem) for about, problem in findings(record) if about is About.DELAY)


@checks("objection_texts", N_("Every argument, answer and ruling is in the file, word for word"))
def _texts(record: Record) -> Iterator[Problem]:
    for proved, envelope in record.entries:
        entry, paper = envelope.entry, None
        if isinstance(entry, ObjectionFiled):
            text = entry.argument
        elif isinstance(entry, _WITH_A_PAPER):
            text, paper = entry.text, entry.document
        elif isinstance(entry, _WITH_A_TEXT):
            text = entry.text
        else:
            continue
        where = {"ref": entry.objection, "index": proved.index}
        if text not in record.texts:
            yield Problem(N_("%(ref)s: the text of entry %(index)s is not in the file."), where)
        if paper is None:
            continue
        if paper not in record.texts:
            yield Problem(N_("%(ref)s: the paper of entry %(index)s is not in the file."), where)
        elif not _says(record.texts[paper], entry):
            yield Problem(N_("%(ref)s: the paper of entry %(index)s says something else than the entry."), where)


_WITH_A_PAPER = (ObjectionInadmissible, ObjectionAnswered, ObjectionRuled, AuthorityDecided)
_WITH_A_TEXT = (SupplementAsked, ObjectionSupplemented, ObjectionPaused, ThirdPartyAnswered, AwardSuspended)


def _says(paper: str, entry: Entry) -> bool:
    """Whether a paper tells of the act that names it."""
    facts = {name: getattr(entry, name, None) for name in ("objection", "text", "outcome", "reason", "reopened")}
    try:
        said: dict[str, Any] = json.loads(paper)
        return facts == {name: said[name] for name in facts} | {"text": digest_of(said["text"])}
    except (ValueError, KeyError, TypeError):
        return False
