"""Who helped to make an application, and that nobody of them checks it."""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from procurement.access import Actor, Permission, acting_as
from procurement.applications.entries import ApplicationHelped
from procurement.applications.models import (
    Application,
    ApplicationDraft,
    ApplicationHelper,
    ApplicationVersion,
    Finding,
    SupplementRequest,
    Verdict,
)
from procurement.errors import N_, NotAllowed
from procurement.merchants import queries as merchants
from procurement.publiclog.entry import Salted
from procurement.publiclog.writing import append
from procurement.rounds.models import Round


def made_by(session: Session, actor: Actor, application_id: int, merchant_id: int) -> bool:
    """Whether `actor` acts for the business, helped with the application, began it, or submitted a version of it."""
    if merchants.acts_for(session, actor.user_id, merchant_id):
        return True
    began = select(ApplicationDraft.id).where(
        ApplicationDraft.application_id == application_id, ApplicationDraft.created_by_id == actor.user_id
    )
    submitted = select(ApplicationVersion.id).where(
        ApplicationVersion.application_id == application_id, ApplicationVersion.submitted_by_id == actor.user_id
    )
    helped = select(ApplicationHelper.id).where(
        ApplicationHelper.application_id == application_id, ApplicationHelper.user_id == actor.user_id
    )
    return session.scalar(began.union_all(submitted, helped).limit(1)) is not None


def require_checker(session: Session, actor: Actor, application: Application) -> None:
    """Raise NotAllowed when the actor helped to make the application."""
    if made_by(session, actor, application.id, application.merchant_id):
        raise NotAllowed(N_("You helped to make this application. Somebody else of the office must check it."))


def require_no_helper(session: Session, actor: Actor, round_id: int) -> None:
    """Raise NotAllowed when the actor helped with any application of the round: then they do not decide in it."""
    helped = (
        select(ApplicationHelper.id)
        .join(Application, Application.id == ApplicationHelper.application_id)
        .where(Application.round_id == round_id, ApplicationHelper.user_id == actor.user_id)
    )
    if session.scalar(helped.limit(1)) is not None:
        raise NotAllowed(
            N_("You helped to write an application in this round. Somebody else of the office must do this.")
        )


def keep_helping(session: Session, draft: ApplicationDraft, actor: Actor) -> None:
    """Note in a draft that the actor, who only helps, has written in it. Told when it is submitted."""
    if actor.user_id not in draft.helper_ids and merchants.helps(session, actor.user_id, draft.merchant_id):
        draft.helper_ids = [*draft.helper_ids, actor.user_id or 0]


def tell_helpers(
    session: Session, found: Round, application: Application, draft: ApplicationDraft, *, actor: Actor, now: datetime
) -> None:
    """Enter everybody who helped with the application so far and has not been entered. Raises NotAllowed for somebody
    who has checked it."""
    keep_helping(session, draft, actor)
    known = set(
        session.scalars(select(ApplicationHelper.user_id).where(ApplicationHelper.application_id == application.id))
    )
    for user_id in draft.helper_ids:
        if user_id in known:
            continue
        _require_unchecked(session, application.id, user_id)
        session.add(ApplicationHelper(application_id=application.id, user_id=user_id, at=now))
        append(
            session,
            ApplicationHelped(
                application=Salted(application.ref, whose=f"merchant:{application.merchant_id}"),
                helper=Salted(f"user:{user_id}", whose=f"user:{user_id}"),
            ),
            now=now,
            actor=actor,
            role=acting_as(actor, Permission.APPLY),
            round_ref=found.ref,
        )


def _require_unchecked(session: Session, application_id: int, user_id: int) -> None:
    acts: Iterable[object] = (
        session.scalar(wanted.limit(1))
        for wanted in (
            select(Finding.id).where(Finding.application_id == application_id, Finding.by_id == user_id),
            select(Verdict.id).where(Verdict.application_id == application_id, Verdict.given_by_id == user_id),
            select(SupplementRequest.id).where(
                SupplementRequest.application_id == application_id, SupplementRequest.asked_by_id == user_id
            ),
        )
    )
    if any(act is not None for act in acts):
        raise NotAllowed(N_("You have checked this application. Somebody else of the office must help with it."))
