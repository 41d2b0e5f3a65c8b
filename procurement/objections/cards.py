"""What this step says on the board: the notice of the proposed result, and the objections."""

from procurement.errors import N_, Problem
from procurement.objections.queries import (
    notice_of,
    notice_problems,
    open_objections,
    workload_of,
)
from procurement.objections.rules import Step
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
    runs = scene.now < notice.closes_at
    return Card(
        order=60,
        title=N_("Public notice"),
        state="waiting" if runs else "done",
        due=scene.course.notice_closes,
        due_label=N_("Objections until"),
        counted=notice.counted if runs else None,
        links=[page],
    )


@register_card
def objections_card(scene: Scene) -> Card | None:
    """Open objections: for whom each waits, and until when."""
    waiting = open_objections(scene.session, scene.round_id)
    if not waiting:
        return None
    work = workload_of(scene.session, scene.round_id, now=scene.now)
    counts = (
        (work.to_admit, N_("%(count)s to be admitted or refused by the supervisor.")),
        (work.to_answer, N_("%(count)s to be answered by the organiser.")),
        (work.to_rule, N_("%(count)s to be ruled on by the supervisor.")),
        (work.overdue, N_("%(count)s overdue, which the public sees.")),
    )
    # The board is the organiser's, whose act is the answer.
    mine = sorted((one for one in waiting if one.state is Step.ADMITTED), key=lambda one: (one.due is None, one.due))
    links = [Link(N_("Answer an objection"), "objections.handle", {"ref": one.ref}) for one in mine[:1]]
    return Card(
        order=65,
        title=N_("Objections"),
        state="todo" if work.to_answer else "waiting",
        lines=[Problem(text, {"count": count}) for count, text in counts if count],
        due=work.next_due,
        due_label=N_("Next step due"),
        links=[*links, Link(N_("Notice and objections"), "objections.docket", {"ref": scene.ref})],
    )
