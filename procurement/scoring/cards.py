"""What this step says on the organiser's board: who is late, when scores can be opened, whether a tie waits."""

from procurement.errors import N_, Problem
from procurement.rounds.board import Card, Link, Scene, register_card
from procurement.rounds.phases import Kind, Phase
from procurement.rounds.queries import milestones_of
from procurement.scoring.queries import MemberProgress, committee_progress, tally_of, tie_draw_of

BEFORE = (Phase.OPEN, Phase.CHECKING, Phase.FORMING)


@register_card
def scoring_card(scene: Scene) -> Card | None:
    """Sealing and opening; afterwards a tie that waits for its draw."""
    title = N_("Scoring")
    if scene.phase in BEFORE and scene.course.scoring_began is None:
        return Card(order=50, title=title, state="later")
    if scene.phase is Phase.SCORING:
        return _sealing(scene, title)
    view = tally_of(scene.session, scene.round_id)
    if view is None:
        return Card(order=50, title=title, state="later")
    scores = Link(N_("See the scores and the arithmetic"), "scoring.scores", {"ref": scene.ref})
    lines = [Problem(N_("All sheets are open."))]
    if scene.phase is Phase.OPENED and view.undecided:
        draw = tie_draw_of(scene.session, scene.round_id)
        announced = draw is not None and draw.key is None
        link = Link(N_("Draw") if announced else N_("Announce the draw"), "scoring.tie_draw", {"ref": scene.ref})
        return Card(
            order=50,
            title=title,
            state="todo",
            lines=[*lines, Problem(N_("A tie must be drawn before a result can be proposed."))],
            due=draw.published_at if announced and draw else None,
            due_label=N_("The draw can be made from") if announced else "",
            links=[link, scores],
        )
    return Card(order=50, title=title, state="done", lines=lines, links=[scores])


def _sealing(scene: Scene, title: str) -> Card:
    progress = committee_progress(scene.session, scene.round_id)
    sealed, all_of_them = sum(m.sealed for m in progress), sum(m.to_seal for m in progress)
    closes = scene.course.scoring_closes
    over = closes is not None and scene.now >= closes
    may_open = sealed == all_of_them or over
    lines = [Problem(N_("%(sealed)s of %(all)s sheets sealed."), {"sealed": sealed, "all": all_of_them})]
    lines += [_late(member) for member in progress if member.sealed < member.to_seal]
    counted = next(
        (m.counted for m in reversed(milestones_of(scene.session, scene.round_id)) if m.kind is Kind.SCORING_BEGAN),
        None,
    )
    links = [Link(N_("See who has sealed"), "scoring.progress", {"ref": scene.ref})]
    if may_open:
        links.insert(0, Link(N_("Open all sheets"), "scoring.open_scores", {"ref": scene.ref}))
    return Card(
        order=50,
        title=title,
        state="todo" if may_open else "waiting",
        lines=lines,
        due=closes,
        due_label=N_("Time for sealing ended") if over else N_("Time for sealing ends"),
        counted=counted,
        links=links,
    )


def _late(member: MemberProgress) -> Problem:
    return Problem(
        N_("%(member)s has %(count)s sheets left to seal."),
        {"member": f"{member.name} ({member.code})", "count": member.to_seal - member.sealed},
    )
