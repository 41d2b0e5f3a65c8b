"""Letters to applicants: what they say of an application, to everybody who acts for its business."""

from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from procurement.applications import queries
from procurement.applications.models import ApplicationDraft
from procurement.applications.verdicts import Reason
from procurement.applications.wording import REASONS, REASONS_ZH
from procurement.mail import queue_mail
from procurement.merchants import queries as merchants
from procurement.rounds import queries as rounds
from procurement.rounds.models import Round
from procurement.rounds.rules import Basis


def tell(session: Session, merchant_id: int, template: str, now: datetime, **context: Any) -> None:
    """A letter to everybody who acts for the business. `context` has the application's `ref` ("": there is none)."""
    for address, language in merchants.addressees(session, merchant_id):
        queue_mail(
            session,
            to=address,
            language=language,
            template=template,
            context=context,
            about=context["ref"],
            now=now,
        )


def about_round(found: Round) -> dict[str, str]:
    """The title of the round, for both languages."""
    return {"round": found.ref, "round_en": found.title_en, "round_zh": found.title_zh}


def closes(session: Session, found: Round, now: datetime) -> str:
    """When applications close, as a letter takes it."""
    return (rounds.course_of(session, found.id).applications_close or now).isoformat()


def key_of(session: Session, application_id: int) -> str:
    """The key of the draft behind an application: it stands in the applicant's private addresses."""
    wanted = select(ApplicationDraft.key).where(ApplicationDraft.application_id == application_id)
    return session.scalars(wanted).one()


def tell_verdict(
    session: Session, found: Round, view: queries.ApplicationView, now: datetime, *, final: bool = True
) -> None:
    """The verdict in force on an application, with its reason and on what it rests. `final`: the check is closed, or
    a ruling gave it; before that it may still be replaced."""
    if view.verdict is None:
        return
    reason = Reason(view.verdict.reason_code)
    tell(
        session,
        view.merchant_id,
        "applications/verdict",
        now,
        ref=view.ref,
        product=view.product_name,
        **about_round(found),
        eligible=view.verdict.eligible,
        reason_en=REASONS[reason],
        reason_zh=REASONS_ZH[reason],
        explanation=view.verdict.explanation,
        grounds=[
            {"place": one.place, "says": one.says, "law": one.basis is Basis.LAW, "by_analogy": one.by_analogy}
            for one in view.verdict.provisions
        ],
        final=final,
        path=f"/my/applications/{key_of(session, view.id)}/submitted",
    )
