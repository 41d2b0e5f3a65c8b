"""Those whose result an objection attacks are told when it is admitted, and may answer in public before the ruling.

Nothing is taken from a merchant unheard: no ruling with an effect before they have answered or their time is over.
"""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from procurement.access import Actor, Permission, Role, require
from procurement.applications.models import Application
from procurement.errors import N_, NotAllowed, RuleBroken, refuse_if
from procurement.merchants.queries import acts_for
from procurement.objections.entries import ThirdPartyAnswered, ThirdPartyTold
from procurement.objections.models import Objection, ObjectionParty
from procurement.objections.queries import ObjectionView, PartyView, notice_of, objection_of
from procurement.objections.rules import HANDLED_IN, OPEN_STEPS, Remedy, Target, check_text
from procurement.objections.steps import locked, say, tell, tell_merchant
from procurement.publiclog.entry import digest_of
from procurement.publiclog.writing import append
from procurement.rounds import clocks
from procurement.rounds.canonical import plain_text
from procurement.rounds.models import Round
from procurement.rounds.queries import course_of, rules_of

TAKING = frozenset(
    {
        Remedy.CORRECT_SCORE,
        Remedy.VOID_SHEET,
        Remedy.EXCLUDE,
        Remedy.RECHECK,
        Remedy.RERUN,
        Remedy.ANNUL,
    }
)
"""Remedies that may take from a merchant what they were proposed for."""


def attacked_applications(
    session: Session, found: Round, objection: Objection, view: ObjectionView
) -> list[Application]:
    """The applications whose merchants have something to lose: the one that is named, or else those proposed to be
    selected. Not those of the filer."""
    if view.remedy not in TAKING or view.target is Target.CALL:
        return []
    named = view.detail.application or (view.target_ref if view.target is Target.VERDICT else "")
    refs = {named} if named else set()
    if not named:
        notice = notice_of(session, found.id)
        if notice is not None:
            refs = {line["application"] for line in notice.proposal if line["outcome"] == "selected"}
    wanted = select(Application).where(Application.round_id == found.id, Application.ref.in_(refs))
    rows = session.scalars(wanted.order_by(Application.id)).all()
    return [row for row in rows if not acts_for(session, objection.filer_user_id, row.merchant_id)]


def tell_parties(
    session: Session, found: Round, objection: Objection, view: ObjectionView, *, actor: Actor, now: datetime
) -> None:
    """Tell them, as part of admitting the objection, and set the time in which they may answer."""
    document = rules_of(session, found.id)
    days = document.timetable.third_party_working_days
    due, counted = clocks.working_deadline(document, start=now, working_days=days)
    for application in attacked_applications(session, found, objection, view):
        session.add(
            ObjectionParty(
                objection_id=objection.id,
                application_id=application.id,
                told_at=now,
                due_at=due,
                counted=counted,
            )
        )
        session.flush()
        entry = ThirdPartyTold(objection=objection.ref, application=application.ref, due=due)
        say(session, entry, found, now=now, actor=actor, permission=Permission.RULE_OBJECTION)
        tell_merchant(session, application.merchant_id, objection, application.ref, now, due)


def party_for(session: Session, ref: str, *, actor: Actor, now: datetime) -> tuple[ObjectionView, PartyView]:
    """The objection, and the party for whom `actor` speaks; of several the one that may still answer. Raises
    NotFound, NotAllowed."""
    view = objection_of(session, ref, now=now)
    mine = [party for party in view.parties if acts_for(session, actor.user_id, party.merchant_id)]
    if not mine:
        raise NotAllowed(N_("This is for the merchant whose application the objection attacks."))
    return view, next((party for party in mine if party.may_answer(now)), mine[0])


def state(session: Session, *, actor: Actor, now: datetime, ref: str, text: str) -> None:
    """A merchant whose application is attacked answers the objection in public, once. Raises NotFound, NotAllowed,
    WrongPhase, RuleBroken."""
    found, objection, view = locked(session, ref, now=now)
    require(actor, Permission.OWN_BUSINESS)
    _, party = party_for(session, ref, actor=actor, now=now)
    course_of(session, found.id).require(now, *HANDLED_IN)
    if view.state not in OPEN_STEPS:
        raise RuleBroken(N_("This objection is settled: nothing can be said about it any more."))
    if party.answered_at is not None:
        raise RuleBroken(N_("You have answered this objection already."))
    if not party.may_answer(now):
        raise RuleBroken(N_("The time to answer this objection is over."))
    text = plain_text(text)
    refuse_if(check_text(text))
    row = session.scalars(
        select(ObjectionParty)
        .where(ObjectionParty.objection_id == objection.id, ObjectionParty.application_id == party.application_id)
        .with_for_update()
    ).one()
    row.answered_at, row.answered_by_id, row.text = now, actor.user_id, text
    session.flush()
    entry = ThirdPartyAnswered(objection=objection.ref, application=party.application, text=digest_of(text))
    append(session, entry, now=now, actor=actor, role=Role.MERCHANT, round_ref=found.ref)
    for role in (Role.SUPERVISOR, Role.ORGANISER):
        tell(session, found, role, objection, now, "statement", view.due)


def statements_wanted(session: Session, user_id: int, *, now: datetime) -> list[tuple[ObjectionView, PartyView]]:
    """Objections that a person may still answer for a business of theirs, the one due first in front."""
    rows = session.scalars(
        select(Objection.ref)
        .join(ObjectionParty, ObjectionParty.objection_id == Objection.id)
        .join(Application, Application.id == ObjectionParty.application_id)
        .where(ObjectionParty.answered_at.is_(None))
        .distinct()
    ).all()
    found = []
    for ref in rows:
        view = objection_of(session, ref, now=now)
        found += [
            (view, party)
            for party in view.parties
            if view.open and party.may_answer(now) and acts_for(session, user_id, party.merchant_id)
        ]
    return found
