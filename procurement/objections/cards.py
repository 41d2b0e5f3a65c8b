"""What this step says on the board: the notice of the proposed result, and the objections."""

from procurement.errors import N_, Problem
from procurement.objections.queries import (
    ObjectionView,
    notice_clock,
    notice_of,
    notice_problems,
    objections_of,
    workload_of,
)
from procurement.objections.rules import Remedy, Step
from procurement.rounds.board import Card, Link, Scene, place, register_card
from procurement.rounds.phases import Phase
from procurement.scoring.queries import tally_of


@register_card
def notice_card(scene: Scene) -> Card | None:
    """The notice: to be given, running, or over."""
    page = Link(N_("Notice and objections"), "objections.docket", {"ref": scene.ref})
    notice = notice_of(scene.session, scene.round_id)
    if scene.phase is Phase.OPENED:
        tally = tally_of(scene.session, scene.round_id)
        blocks = (
            []
            if tally is None
            else notice_problems(scene.session, scene.round_id, tally, scene.document, now=scene.now)
        )
        return Card(
            order=60,
            title=N_("Public notice"),
            state="blocked" if blocks else "todo",
            lines=[Problem(N_("Anyone may object while the proposed result is on notice."))],
            blocks=blocks,
            links=[
                Link(N_("Give notice of the proposed result"), "objections.give_notice", {"ref": scene.ref}),
                page,
            ],
        )
    if notice is None:
        return Card(order=60, title=N_("Public notice"), state=place(scene.course, Phase.NOTICE, scene.phase))
    clock = notice_clock(notice, scene.course, scene.now)
    runs = not clock.overdue(scene.now)
    return Card(
        order=60,
        title=N_("Public notice"),
        state="waiting" if runs else "done",
        due=clock.due,
        due_label=N_("Objections until"),
        counted=clock.counted if runs else None,
        links=[page],
    )


@register_card
def objections_card(scene: Scene) -> Card | None:
    """Open objections: for whom each waits, and until when; and what a ruling ordered."""
    views = objections_of(scene.session, scene.round_id, now=scene.now)
    concerned = [one for one in views if one.open or one.order is not None]
    if not concerned:
        return None
    work = workload_of(concerned, now=scene.now)
    counts = (
        (work.to_admit, N_("%(count)s to be admitted or refused by the supervisor.")),
        (work.to_answer, N_("%(count)s to be answered by the organiser.")),
        (work.to_rule, N_("%(count)s to be ruled on by the supervisor.")),
        (work.paused, N_("%(count)s whose clock stands still.")),
        (work.overdue, N_("%(count)s overdue, which the public sees.")),
    )
    blocks = (
        [Problem(N_("Nothing is awarded while an objection is open."))]
        if work.to_admit + work.to_answer + work.to_rule
        else []
    )
    if work.ordered:
        blocks.append(Problem(N_("%(count)s rulings order something that only you can do."), {"count": work.ordered}))
    if work.limits:
        blocks.append(
            Problem(N_("%(count)s have frozen the award for as long as the rules foresee."), {"count": work.limits})
        )
    # The board is the organiser's, whose acts are the answer and what a ruling orders.
    ordered = [one for one in concerned if one.order is not None]
    mine = sorted(
        (one for one in concerned if one.state is Step.ADMITTED and one.pause(scene.now) is None),
        key=lambda one: (one.due is None, one.due),
    )
    links = [_carried_out_by(one, scene.ref) for one in ordered[:1]]
    links += [Link(N_("Answer an objection"), "objections.handle", {"ref": one.ref}) for one in mine[:1]]
    return Card(
        order=65,
        title=N_("Objections"),
        state="todo" if work.to_answer or ordered else "waiting",
        lines=[Problem(text, {"count": count}) for count, text in counts if count],
        blocks=blocks,
        due=work.next_due,
        due_label=N_("Next step due"),
        links=[*links, Link(N_("Notice and objections"), "objections.docket", {"ref": scene.ref})],
    )


def _carried_out_by(view: ObjectionView, ref: str) -> Link:
    """The act by which the organiser carries out what a ruling orders."""
    effects = [step.effect for step in view.steps if step.effect is not None]
    effects += [view.escalation.effect] if view.escalation is not None and view.escalation.effect else []
    if any(effect.remedy is Remedy.AMEND for effect in effects):
        return Link(N_("Amend the call as ordered"), "rounds.amend", {"ref": ref})
    return Link(N_("Draw up the decision that annuls"), "decisions.draw_up", {"ref": ref})
