"""What later rounds are told of decisions: which merchants were selected, as of an instant."""

from datetime import timedelta

from procurement.db import reading
from procurement.scoring.history import Decided, decided_before
from tests.decisions.conftest import DecisionWorld


def test_a_published_decision_counts_from_its_publication(decided: DecisionWorld) -> None:
    scored = decided.scored
    now = scored.clock()
    selected = scored.tally().ranking[0].application
    business = scored.applied.businesses[scored.refs.index(selected)]
    with reading(scored.engine) as session:
        told = decided_before(session, now)
        assert decided_before(session, now - timedelta(days=1)) == []
    assert told == [Decided(scored.ref, frozenset({business}))]


def test_what_is_only_signed_does_not_count(signed: DecisionWorld) -> None:
    with reading(signed.scored.engine) as session:
        assert decided_before(session, signed.scored.clock()) == []
