"""What applicants are told when the clock, or an act about the whole round, calls for it. The worker does it.

Each letter is noted in the transaction that writes it, so it is written once however often the worker looks.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from procurement.applications import letters, queries
from procurement.applications.models import Application, ApplicationDraft, SupplementAnswer, SupplementRequest
from procurement.applications.supplementing import supplements_of
from procurement.merchants.reminders import note, reminded
from procurement.rounds import queries as rounds
from procurement.rounds.models import Round
from procurement.rounds.phases import Course, Kind, Phase
from procurement.rounds.rules import ABORT_REASONS, AbortReason

SOON = timedelta(days=2)
"""How long before a deadline an applicant is reminded of it."""

SUPPLEMENT_SOON = timedelta(days=1)
"""The same for a supplement, which has a few working days only."""

TO_CONFIRM, LAPSED = "application to confirm", "application lapsed"
SUPPLEMENT_DUE, SUPPLEMENT_OVER = "supplement due", "supplement over"


@dataclass(frozen=True, slots=True)
class Due:
    """A letter that is due: which, about what, to whom, with what in it."""

    what: str
    subject: str
    merchant_id: int
    template: str
    context: dict[str, Any]


def due(session: Session, *, now: datetime) -> list[Due]:
    """The letters that the clock calls for at `now` and that were not written yet."""
    found = [*_unconfirmed(session, now), *_unanswered(session, now)]
    written = {
        (what, subject)
        for what in {one.what for one in found}
        for subject in reminded(session, what, [one.subject for one in found if one.what == what])
    }
    return [one for one in found if (one.what, one.subject) not in written]


def write(session: Session, letter: Due, *, now: datetime) -> None:
    """Write one of them."""
    note(session, letter.what, letter.subject, now)
    letters.tell(session, letter.merchant_id, letter.template, now, **letter.context)


def _unconfirmed(session: Session, now: datetime) -> Iterator[Due]:
    """Applications not confirmed after an amendment: a reminder before the deadline, word of it afterwards."""
    wanted = (
        select(Application, Round, ApplicationDraft.key)
        .join(Round, Round.id == Application.round_id)
        .join(ApplicationDraft, ApplicationDraft.application_id == Application.id)
        .where(Application.withdrawn_at.is_(None), ~queries.maintained())
        .order_by(Application.id)
    )
    rows = session.execute(wanted).all()
    courses = rounds.courses_of(session, {found.id for _, found, _ in rows})
    for application, found, key in rows:
        course = courses[found.id]
        closes = course.applications_close
        if closes is None:
            continue
        subject, context = f"{application.ref}:{application.rules_version}", _context(application, found, course, key)
        if course.phase_at(now) is Phase.OPEN and closes - SOON <= now:
            yield Due(TO_CONFIRM, subject, application.merchant_id, "applications/confirm-soon", context)
        elif course.applications_visible(now):
            yield Due(LAPSED, subject, application.merchant_id, "applications/lapsed", context)


def _unanswered(session: Session, now: datetime) -> Iterator[Due]:
    """Supplements that are awaited and soon due, and those whose time ended without an answer."""
    wanted = (
        select(Application, Round, ApplicationDraft.key)
        .join(Round, Round.id == Application.round_id)
        .join(ApplicationDraft, ApplicationDraft.application_id == Application.id)
        .join(SupplementRequest, SupplementRequest.application_id == Application.id)
        .outerjoin(SupplementAnswer, SupplementAnswer.request_id == SupplementRequest.id)
        .where(SupplementAnswer.id.is_(None), Application.withdrawn_at.is_(None))
        .order_by(Application.id)
        .distinct()
    )
    rows = session.execute(wanted).all()
    courses = rounds.courses_of(session, {found.id for _, found, _ in rows})
    for application, found, key in rows:
        course = courses[found.id]
        if course.phase_at(now) is not Phase.CHECKING:
            continue
        views = supplements_of(session, [application.id], stops=course.stops, now=now)
        for view in views[application.id]:
            if view.answer is not None or view.clock.due is None or now < view.clock.due - SUPPLEMENT_SOON:
                continue
            over = now >= view.clock.due
            context = {
                **_context(application, found, course, key),
                "request": view.ref,
                "due": view.clock.due.isoformat(),
                "path": f"/my/applications/{key}/supplements/{view.number}",
            }
            yield Due(
                SUPPLEMENT_OVER if over else SUPPLEMENT_DUE,
                view.ref,
                application.merchant_id,
                f"applications/supplement-{'over' if over else 'soon'}",
                context,
            )


def _context(application: Application, found: Round, course: Course, key: str) -> dict[str, Any]:
    return {
        "ref": application.ref,
        "product": application.product_name,
        **letters.about_round(found),
        "closes": course.applications_close.isoformat() if course.applications_close else "",
        "path": f"/my/applications/{key}/confirm",
    }


# --- acts about the whole round -----------------------------------------------------------------------------------


def tell_of_amendment(session: Session, *, round_ref: str, version: int, now: datetime) -> None:
    """Tell everybody who has begun or submitted an application that the call was amended, and what to do."""
    found = rounds.find_round(session, round_ref)
    subject = f"{round_ref}:{version}"
    if reminded(session, "amendment", [subject]):
        return
    note(session, "amendment", subject, now)
    amendment = next(one for one in rounds.amendments_of(session, found.id) if one.version == version)
    closes = letters.closes(session, found, now)
    for draft, application in _open_drafts(session, found):
        letters.tell(
            session,
            draft.merchant_id,
            "applications/amended",
            now,
            ref=application.ref if application is not None else "",
            product=draft.product_name,
            **letters.about_round(found),
            reason_en=amendment.reason.en,
            reason_zh=amendment.reason.zh,
            closes=closes,
            path=f"/my/applications/{draft.key}/confirm" if application is not None else f"/rounds/{found.ref}/rules",
        )


def tell_of_ending(session: Session, *, round_ref: str, now: datetime) -> None:
    """Tell every applicant that the round ended without a selection, and why."""
    found = rounds.find_round(session, round_ref)
    if reminded(session, "ending", [round_ref]):
        return
    note(session, "ending", round_ref, now)
    ended = next(m for m in reversed(rounds.milestones_of(session, found.id)) if m.kind is Kind.ABORTED)
    detail = ended.detail or {}
    for draft, application in _open_drafts(session, found):
        letters.tell(
            session,
            draft.merchant_id,
            "applications/ended",
            now,
            ref=application.ref if application is not None else "",
            product=draft.product_name,
            **letters.about_round(found),
            reason=ABORT_REASONS[AbortReason(detail["code"])],
            explanation_en=detail["en"],
            explanation_zh=detail["zh"],
            at=ended.at.isoformat(),
            path=f"/rounds/{found.ref}",
        )


def _open_drafts(session: Session, found: Round) -> list[tuple[ApplicationDraft, Application | None]]:
    wanted = (
        select(ApplicationDraft, Application)
        .outerjoin(Application, Application.id == ApplicationDraft.application_id)
        .where(ApplicationDraft.round_id == found.id, ApplicationDraft.closed_at.is_(None))
        .order_by(ApplicationDraft.id)
    )
    return [(draft, application) for draft, application in session.execute(wanted)]
