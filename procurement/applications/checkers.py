"""Who may check an application: nobody who helped to make it."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from procurement.access import Actor
from procurement.applications.models import Application, ApplicationDraft, ApplicationVersion
from procurement.errors import N_, NotAllowed
from procurement.merchants import queries as merchants


def made_by(session: Session, actor: Actor, application: Application) -> bool:
    """Whether `actor` acts for the business, began the application, or submitted a version of it."""
    if merchants.acts_for(session, actor.user_id, application.merchant_id):
        return True
    began = select(ApplicationDraft.id).where(
        ApplicationDraft.application_id == application.id, ApplicationDraft.created_by_id == actor.user_id
    )
    submitted = select(ApplicationVersion.id).where(
        ApplicationVersion.application_id == application.id, ApplicationVersion.submitted_by_id == actor.user_id
    )
    return session.scalar(began.union_all(submitted).limit(1)) is not None


def require_checker(session: Session, actor: Actor, application: Application) -> None:
    """Raise NotAllowed when the actor helped to make the application."""
    if made_by(session, actor, application):
        raise NotAllowed(N_("You helped to make this application. Somebody else of the office must check it."))
