"""Who is written to about an act that moves a round, and what the letter says. One place for all of them: an act that
is recorded as a milestone cannot be forgotten.

Letters about single matters (a verdict, a step of an objection, a request to sign) are written by their own acts, and
what applicants are asked after an amendment or told at the end of a round by applications.reminding.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from procurement.accounts.models import User
from procurement.applications.models import Application, ApplicationDraft
from procurement.committee.models import Member
from procurement.errors import Problem
from procurement.mail import queue_mail
from procurement.merchants.queries import addressees
from procurement.objections import queries as objections
from procurement.objections.models import Objection
from procurement.objections.rules import is_address
from procurement.papers.debriefs import Debrief, debrief_of
from procurement.papers.rules import OUTCOMES, Stage
from procurement.rounds.models import Milestone, Round
from procurement.rounds.phases import Kind
from procurement.rounds.rules import ABORT_REASONS, HOLD_LABELS, AbortReason, HoldLabel
from procurement.rounds.scoring_rule import Text, show_decimal

REOPENED = (Kind.REOPENED_CHECKING, Kind.REOPENED_FORMING, Kind.REOPENED_TALLY)
RESULTS: Mapping[Kind, Stage] = {
    Kind.SCORES_OPENED: Stage.OPENED,
    Kind.NOTICE_GIVEN: Stage.NOTICE,
    Kind.DECISION_PUBLISHED: Stage.DECIDED,
}

Address = tuple[str, str]
"""(e-mail address, language)."""


def tell(session: Session, milestone: Milestone, *, now: datetime) -> None:
    """Queue the letters about a milestone. Nothing for those that concern nobody in particular."""
    kind = Kind(milestone.kind)
    found = session.get_one(Round, milestone.round_id)
    if kind in RESULTS:
        _tell_results(session, found, RESULTS[kind], now=now)
        if kind is Kind.DECISION_PUBLISHED:
            _tell_objectors(session, found, now=now)
    elif kind in (Kind.HELD, Kind.RESUMED, Kind.ABORTED, Kind.SUSPENDED, Kind.SUSPENSION_ENDED, *REOPENED):
        _tell_course(session, found, milestone, now=now)


# --- results ------------------------------------------------------------------------------------------------------


def _tell_results(session: Session, found: Round, stage: Stage, *, now: datetime) -> None:
    """To each applicant the result of the own application. When the round is past that stage by now, or back before
    it, nothing: the later act has a letter of its own."""
    for application in _standing(session, found.id):
        debrief = debrief_of(session, application, now=now)
        if debrief is None or debrief.stage is not stage:
            continue
        for to, language in addressees(session, application.merchant_id):
            queue_mail(
                session,
                to=to,
                language=language,
                template="papers/result",
                context=result_context(debrief, language),
                about=application.ref,
                now=now,
            )


def _standing(session: Session, round_id: int) -> Iterable[Application]:
    return session.scalars(
        select(Application)
        .where(Application.round_id == round_id, Application.withdrawn_at.is_(None))
        .order_by(Application.number)
    ).all()


def result_context(told: Debrief, language: str) -> dict[str, Any]:
    """What fills the letter with the result of one application."""
    verdict, decision = told.verdict, told.decision
    return {
        "stage": told.stage.value,
        "ref": told.view.ref,
        "product": told.view.product_name,
        "round": {"en": told.title.en, "zh": told.title.zh},
        "round_ref": told.round_ref,
        "eligible": told.view.eligible,
        "verdict": None
        if verdict is None
        else {"reason": verdict.reason, "ground": verdict.ground, "explanation": verdict.explanation},
        "rank": told.line.rank if told.line else None,
        "of": told.of,
        "total": told.line.total_text if told.line else None,
        "sheets": told.line.sheets if told.line else 0,
        "quorum": told.quorum,
        "threshold": "" if told.threshold is None else show_decimal(told.threshold),
        "outcome": OUTCOMES.get(told.outcome, ""),
        "no_award": [_problem(problem) for problem in told.no_award],
        "lines": [
            {
                "title": _both(line.title),
                "own": line.own,
                "max": show_decimal(line.criterion.scale.max),
                "weight": show_decimal(line.criterion.weight),
                "marks": [
                    {
                        "member": mark.member,
                        "value": "" if mark.value is None else show_decimal(mark.value),
                        "reason": mark.reason,
                        "absent": mark.absent,
                    }
                    for mark in line.marks
                ],
            }
            for line in told.lines
        ],
        "selected": [
            {
                "product": other.product,
                "merchant": other.merchant,
                "rank": other.rank,
                "total": other.total,
                "outcome": OUTCOMES[other.outcome],
                "better": [_both(title) for title in told.behind.get(other.application, ())],
                "own": other.application == told.view.ref,
            }
            for other in told.selected
        ],
        "target": told.target.value,
        "closes": told.window.closes.isoformat() if told.window.open and told.window.closes else None,
        "reasons": None if decision is None else dict(decision.document["reasons"]),
        "decision": None if decision is None else decision.ref,
        "page": f"/{language}/debriefs/{told.view.ref}",
        "object": f"/{language}/rounds/{told.round_ref}/objections/new",
        "contact": told.office.contact,
        "authority": {**_both(told.authority.name), "contact": told.authority.contact},
        "escalation_days": told.escalation_days,
        "reconsideration_days": told.reconsideration_days,
        "court_months": told.court_months,
        "hotline": told.hotline,
    }


def _both(text: Text) -> dict[str, str]:
    return {"en": text.en or text.zh, "zh": text.zh or text.en}


def _problem(problem: Problem) -> dict[str, Any]:
    return {
        "message": problem.message,
        "params": {
            key: value if isinstance(value, str | int) else str(value) for key, value in problem.params.items()
        },
    }


def _tell_objectors(session: Session, found: Round, *, now: datetime) -> None:
    """To everybody who objected in the round: it is decided."""
    for objection in session.scalars(select(Objection).where(Objection.round_id == found.id).order_by(Objection.id)):
        to = _filer(session, objection)
        if to is not None:
            queue_mail(
                session,
                to=to,
                language=objection.language,
                template="papers/decided",
                context={
                    "round": _both(Text(found.title_en, found.title_zh)),
                    "objection": objection.ref,
                    "page": f"/{objection.language}/rounds/{found.ref}",
                },
                about=objection.ref,
                now=now,
            )


def _filer(session: Session, objection: Objection) -> str | None:
    """Where whoever filed it can be written to."""
    if is_address(objection.contact):
        return objection.contact
    if objection.filer_user_id is None:
        return None
    return session.scalar(select(User.email).where(User.id == objection.filer_user_id, User.disabled_at.is_(None)))


# --- the course of the round --------------------------------------------------------------------------------------


def _tell_course(session: Session, found: Round, milestone: Milestone, *, now: datetime) -> None:
    """To applicants, members and whoever has an objection open: the round stands, goes on, goes back or is over."""
    kind, detail = Kind(milestone.kind), milestone.detail or {}
    what: Mapping[str, str] = {}
    if kind is Kind.HELD:
        what = {"label": HOLD_LABELS[HoldLabel(detail["code"])]}
    if kind is Kind.ABORTED:
        what = {"label": ABORT_REASONS[AbortReason(detail["code"])], "en": detail["en"], "zh": detail["zh"]}
    for to, language in dict.fromkeys(_everybody(session, found.id, applicants=kind is not Kind.ABORTED, now=now)):
        queue_mail(
            session,
            to=to,
            language=language,
            template="papers/course",
            context={
                "kind": kind.value,
                "round": _both(Text(found.title_en, found.title_zh)),
                "ref": found.ref,
                "label": what.get("label", ""),
                "explanation": {"en": what.get("en", ""), "zh": what.get("zh", "")},
                "closes": milestone.closes.isoformat() if milestone.closes else None,
                "objection": milestone.subject if kind in (Kind.SUSPENDED, Kind.SUSPENSION_ENDED) else "",
                "page": f"/{language}/rounds/{found.ref}",
            },
            about=found.ref,
            now=now,
        )


def _everybody(session: Session, round_id: int, *, applicants: bool, now: datetime) -> Iterable[Address]:
    """Applicants, also those whose draft is not submitted; members; filers of open objections."""
    merchants = select(ApplicationDraft.merchant_id).where(
        ApplicationDraft.round_id == round_id, ApplicationDraft.closed_at.is_(None)
    )
    for merchant_id in session.scalars(merchants.distinct().order_by(ApplicationDraft.merchant_id)):
        if applicants:
            yield from addressees(session, merchant_id)
    members = (
        select(User.email, User.language)
        .join(Member, Member.user_id == User.id)
        .where(Member.round_id == round_id, Member.ended_at.is_(None), User.disabled_at.is_(None))
        .order_by(Member.id)
    )
    yield from ((email, language) for email, language in session.execute(members))
    open_ = {view.id for view in objections.open_objections(session, round_id, now=now)}
    for objection in session.scalars(select(Objection).where(Objection.id.in_(open_)).order_by(Objection.id)):
        to = _filer(session, objection)
        if to is not None:
            yield to, objection.language
