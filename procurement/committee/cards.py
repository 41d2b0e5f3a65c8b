"""What this step says on the board of a round."""

from procurement.committee.draw_queries import draws_of
from procurement.committee.drawing import Purpose
from procurement.committee.queries import progress_of
from procurement.errors import N_, Problem
from procurement.rounds.board import Card, Link, Scene, place, register_card
from procurement.rounds.phases import Phase
from procurement.rounds.rules import ExpertsChosen


@register_card
def committee_card(scene: Scene) -> Card | None:
    """Who sits, what is declared, and whether scoring can begin."""
    state = place(scene.course, Phase.FORMING, scene.phase)
    relations = Link(N_("Declared relations"), "committee.relations", {"ref": scene.ref})
    supervised = Link(N_("The committee, supervised"), "committee.supervised", {"ref": scene.ref})
    meetings = Link(N_("Meetings and observers"), "watching.meetings", {"ref": scene.ref})
    if scene.phase not in (Phase.CHECKING, Phase.FORMING):
        links = [meetings, supervised, relations] if state == "done" else [meetings]
        return Card(order=30, title=N_("Committee"), state=state, links=links)
    if scene.document.committee.experts_chosen is ExpertsChosen.DRAWN:
        drawing = _drawing(scene)
        if drawing is not None:
            return drawing
    progress = progress_of(scene.session, round_id=scene.round_id, document=scene.document)
    size = scene.document.committee.size
    lines = [Problem(N_("%(have)s of %(size)s members are appointed."), {"have": progress.members, "size": size})]
    members = Link(N_("Appoint members"), "committee.members", {"ref": scene.ref})
    if scene.phase is Phase.CHECKING:
        lines.append(Problem(N_("Members declare their interests once the applications are checked.")))
        return Card(
            order=30, title=N_("Committee"), state="later", lines=lines, links=[members, meetings, supervised]
        )
    blocks = [*progress.incomplete, *progress.blocking]
    begin = Link(N_("Begin scoring"), "committee.begin", {"ref": scene.ref})
    if progress.incomplete:
        return Card(
            order=30,
            title=N_("Committee"),
            state="todo",
            lines=lines,
            blocks=blocks,
            links=[members, begin, meetings, supervised, relations],
        )
    return Card(
        order=30,
        title=N_("Committee"),
        state="blocked" if blocks else "todo",
        lines=lines,
        blocks=blocks,
        links=[begin, members, meetings, supervised, relations],
    )


def _drawing(scene: Scene) -> Card | None:
    """What the draw of the experts waits for; None when nothing."""
    draws = [draw for draw in draws_of(scene.session, scene.ref) if draw.purpose is Purpose.EXPERTS]
    link = Link(N_("Draw of the experts"), "draws.overview", {"ref": scene.ref})
    members = Link(N_("Appoint members"), "committee.members", {"ref": scene.ref})
    supervised = Link(N_("The committee, supervised"), "committee.supervised", {"ref": scene.ref})
    waiting = next((draw for draw in draws if draw.carried_out is None), None)
    title = N_("Committee")
    if waiting is not None:
        exists = waiting.announced.exists_at
        return Card(
            order=30,
            title=title,
            state="todo" if scene.now >= exists else "waiting",
            lines=[Problem(N_("A draw is announced. It is carried out with what its source says."))],
            due=exists,
            due_label=N_("The draw can be carried out from"),
            links=[link, members, supervised],
        )
    if not draws or draws[-1].spent_at is not None:
        return Card(
            order=30,
            title=title,
            state="todo",
            lines=[Problem(N_("Experts are drawn by lot: the draw must be announced before its randomness exists."))],
            links=[link, members, supervised],
        )
    return None
