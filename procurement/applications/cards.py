"""What this step says on the board: which applications wait for a verdict, and whether the check can be closed."""

from procurement.applications.queries import applications_of, blocks, counts_of
from procurement.applications.questions import clock_of, overdue_problems, unanswered
from procurement.applications.supplementing import awaited_in
from procurement.errors import N_, Problem
from procurement.rounds import clocks
from procurement.rounds.board import Card, Link, Scene, place, register_card
from procurement.rounds.phases import Phase


@register_card
def checking_card(scene: Scene) -> Card | None:
    """The check of applications. Before the deadline it tells nothing, not even how many there are."""
    state = place(scene.course, Phase.CHECKING, scene.phase)
    title = N_("Check of applications")
    views = applications_of(scene.session, scene.round_id, now=scene.now)
    if state == "later" or scene.course.applications_close is None:
        return Card(
            order=30,
            title=title,
            state="later",
            lines=[Problem(N_("Applications can be read from the deadline on, by nobody before."))],
        )
    counts = counts_of(scene.session, scene.round_id, now=scene.now)
    waiting = counts.waiting
    lines = [
        Problem(
            N_(
                "%(eligible)s eligible, %(ineligible)s not eligible, %(waiting)s without a verdict; "
                "%(withdrawn)s withdrawn, %(lapsed)s not confirmed after an amendment."
            ),
            {
                "eligible": sum(view.eligible for view in views),
                "ineligible": sum(view.verdict is not None and not view.eligible for view in views),
                "waiting": waiting,
                "withdrawn": counts.withdrawn,
                "lapsed": counts.lapsed,
            },
        )
    ]
    open_list = Link(N_("Check the applications"), "applications.checking", {"ref": scene.ref})
    if state == "done":
        return Card(order=30, title=title, state="done", lines=lines, links=[open_list])
    _, counted = clocks.working_deadline(
        scene.document,
        start=scene.course.applications_close,
        working_days=scene.document.timetable.checking_working_days,
    )
    clock = clocks.running(counted, stops=scene.course.stops, now=scene.now)
    awaited = awaited_in(scene.session, scene.round_id, now=scene.now)
    if awaited:
        lines.append(Problem(N_("%(count)s supplements are awaited."), {"count": len(awaited)}))
    in_the_way = [] if waiting else blocks(views, scene.document.least_eligible)
    overdue = overdue_problems(scene.session, scene.round_id, now=scene.now)
    following = []
    if in_the_way:
        following = [Link(N_("End the round without a selection"), "checking.end", {"ref": scene.ref})]
    elif not waiting and not overdue:
        following = [Link(N_("Close the check"), "applications.close", {"ref": scene.ref})]
    return Card(
        order=30,
        title=title,
        state="blocked" if in_the_way or overdue else "todo",
        lines=lines,
        blocks=[*in_the_way, *overdue],
        due=clock.due,
        due_label=N_("Checking ends"),
        counted=clock.counted,
        links=[*following, open_list],
    )


@register_card
def questions_card(scene: Scene) -> Card | None:
    """Questions on the call that wait for an answer; nothing when there are none."""
    waiting = unanswered(scene.session, scene.round_id)
    if not waiting or scene.phase not in (Phase.OPEN, Phase.CHECKING):
        return None
    clock = clock_of(waiting[0], scene.course.stops, scene.now)
    return Card(
        order=20,
        title=N_("Questions on the call"),
        state="todo",
        lines=[Problem(N_("%(count)s questions wait for an answer."), {"count": len(waiting)})],
        blocks=overdue_problems(scene.session, scene.round_id, now=scene.now),
        due=clock.due,
        due_label=N_("Answer due"),
        counted=clock.counted,
        links=[Link(N_("Answer the questions"), "applications.questions", {"ref": scene.ref})],
    )
