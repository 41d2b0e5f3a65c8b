"""A decision that is being made is withdrawn when a ruling changes what it rests on.

Its signatures were for another text. It is drawn up again once the round is at that again.
"""

import json
from datetime import datetime

from sqlalchemy.orm import Session

from procurement.access import Actor, Role
from procurement.decisions.document import Effect
from procurement.decisions.entries import DecisionWithdrawn
from procurement.decisions.queries import decision_in_work
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
