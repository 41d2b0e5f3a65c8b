"""What this step says on the board: whether the decision can be drawn up, signed, published."""

from dataclasses import replace
from datetime import datetime

from procurement.decisions import queries
from procurement.errors import N_, Problem
from procurement.rounds import clocks
from procurement.rounds.board import Card, Link, Scene, place, register_card
from procurement.rounds.phases import Phase


@register_card
def decision_card(scene: Scene) -> Card | None:
    """The decision, from the end of the time for objections to its publication."""
    state = place(scene.course, Phase.DECIDING, scene.phase)
    making = Link(N_("The decision"), "decisions.making", {"ref": scene.ref})
    if state != "todo":
        published = queries.decision_in_force(scene.session, scene.round_id)
        lines = [] if published is None else [Problem(N_("Published: %(ref)s"), {"ref": published.ref})]
        since = published.drawn_up_at if published is not None else scene.now
        given_up = [ref for ref, at, _ in queries.given_up_in(scene.session, scene.round_id) if at >= since]
        if published is not None and given_up and scene.phase is Phase.DECIDED:
            gone = Problem(
                N_("%(application)s gave its place up after the decision: amend it, the reserves follow."),
                {"application": given_up[0]},
            )
            return Card(80, N_("Decision"), "todo", lines=[*lines, gone], links=[making])
        return Card(80, N_("Decision"), state, lines=lines, links=[making] if published else [])
    due, counted = _due(scene)
    decision = queries.decision_in_work(scene.session, scene.round_id)
    card = Card(80, N_("Decision"), "todo", due=due, due_label=N_("Decision foreseen"), counted=counted)
    if decision is None:
        return replace(
            card,
            lines=[Problem(N_("The time for objections is over and none is open."))],
            links=[Link(N_("Draw up the decision"), "decisions.draw_up", {"ref": scene.ref})],
        )
    signatures = queries.signatures_of(scene.session, decision.id)
    unsigned = len(queries.awaited(signatures, scene.course, now=scene.now))
    if unsigned:
        line = Problem(N_("%(ref)s waits for %(count)s signatures."), {"ref": decision.ref, "count": unsigned})
        return replace(card, state="waiting", lines=[line], links=[making])
    return replace(
        card,
        lines=[Problem(N_("%(ref)s has every signature that it needs."), {"ref": decision.ref})],
        links=[Link(N_("Publish the decision"), "decisions.publish", {"ref": scene.ref}), making],
    )


def _due(scene: Scene) -> tuple[datetime | None, clocks.Counted]:
    """When the rules foresee the decision: their working days after the notice, or the last objection, was over."""
    ends = [at for at in (scene.course.notice_closes, scene.course.settled) if at is not None]
    days = scene.document.timetable.decision_working_days
    _, counted = clocks.working_deadline(scene.document, start=max(ends, default=scene.now), working_days=days)
    clock = clocks.running(counted, stops=scene.course.stops, now=scene.now)
    return clock.due, clock.counted
