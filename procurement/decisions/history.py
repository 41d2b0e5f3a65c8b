"""What was selected in earlier rounds, for the rules that prefer those who never were (scoring.history)."""

import json
from datetime import datetime

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from procurement.applications.models import Application
from procurement.decisions.document import Outcome
from procurement.decisions.models import Decision
from procurement.merchants.models import Merchant
from procurement.rounds.models import Round
from procurement.scoring.history import Decided, tells_history


@tells_history
def decided_before(session: Session, at: datetime) -> list[Decided]:
    """Every round whose decision was in force at `at`, oldest first, with the merchants that it selected."""
    wanted = (
        select(Round.ref, Decision.document)
        .join(Round, Round.id == Decision.round_id)
        .where(
            Decision.published_at <= at,
            or_(Decision.superseded_at.is_(None), Decision.superseded_at > at),
        )
        .order_by(Decision.published_at, Decision.id)
    )
    selected = {
        ref: [
            line["application"]
            for line in json.loads(document)["result"]["ranking"]
            if line["outcome"] == Outcome.SELECTED
        ]
        for ref, document in session.execute(wanted)
    }
    applications = [application for found in selected.values() for application in found]
    owners = (
        select(Application.ref, Merchant.ref)
        .join(Merchant, Merchant.id == Application.merchant_id)
        .where(Application.ref.in_(applications))
    )
    merchants = {row[0]: row[1] for row in session.execute(owners)}
    return [
        Decided(ref, frozenset(merchants[application] for application in found)) for ref, found in selected.items()
    ]
