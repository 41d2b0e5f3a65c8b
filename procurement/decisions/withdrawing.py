"""A decision that is being made is withdrawn when a ruling changes what it rests on.

Its signatures were for another text. It is drawn up again once the round is at that again.
"""

import json
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from procurement.access import Actor, Role
from procurement.accounts.models import User
from procurement.decisions.document import Effect
from procurement.decisions.entries import DecisionWithdrawn
from procurement.decisions.models import TO_SIGN, Decision, DecisionSignature
from procurement.decisions.queries import decision_in_work
from procurement.mail import Mail, queue_mail
from procurement.objections.effects import when_carried_out
from procurement.objections.queries import notice_of
from procurement.publiclog.writing import append
from procurement.rounds.models import Round
from procurement.rounds.queries import course_of
from procurement.scoring.queries import tally_of


@when_carried_out
def withdraw_outdated(session: Session, found: Round, cause: str, actor: Actor, now: datetime) -> None:
    """Withdraw the decision in work of `found`, unless its result is still the latest one and on notice, and no other
    decision was ordered meanwhile. `cause`: the reference of what was carried out."""
    decision = decision_in_work(session, found.id)
    if decision is None:
        return
    tally = tally_of(session, found.id)
    rests_on = json.loads(decision.document)["result"]["sha256"]
    ordered = course_of(session, found.id).ordered_annulments and decision.effect != Effect.ANNULLED
    if notice_of(session, found.id) is not None and tally is not None and tally.sha256 == rests_on and not ordered:
        return
    decision.discarded_at = now
    session.flush()
    entry = DecisionWithdrawn(decision=decision.ref, cause=cause)
    append(session, entry, now=now, actor=actor, role=Role.SUPERVISOR, round_ref=found.ref)
    _tell_signatories(session, decision, found, now)


def _tell_signatories(session: Session, decision: Decision, found: Round, now: datetime) -> None:
    """Write to everybody who was asked to sign, whether they have or not: their page has nothing to sign any more."""
    asked = select(Mail.address).where(Mail.template == TO_SIGN, Mail.about == decision.ref)
    signatories = (
        select(User.email, User.language)
        .join(DecisionSignature, DecisionSignature.user_id == User.id)
        .where(DecisionSignature.decision_id == decision.id, User.email.in_(asked))
        .order_by(DecisionSignature.position)
    )
    for email, language in session.execute(signatories):
        queue_mail(
            session,
            to=email,
            language=language,
            template="decisions/withdrawn",
            context={
                "decision": decision.ref,
                "title": {"en": found.title_en, "zh": found.title_zh},
                "page": f"/{language}/rounds/{found.ref}",
            },
            about=decision.ref,
            now=now,
        )
