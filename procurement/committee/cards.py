"""What this step says on the board of a round."""

from procurement.committee.queries import progress_of
from procurement.errors import N_, Problem
from procurement.rounds.board import Card, Link, Scene, place, register_card
from procurement.rounds.phases import Phase


@register_card
def committee_card(scene: Scene) -> Card | None:
    """Who sits, what is declared, and whether scoring can begin."""
    state = place(scene.course, Phase.FORMING, scene.phase)
    relations = Link(N_("Declared relations"), "committee.relations", {"ref": scene.ref})
    if scene.phase not in (Phase.CHECKING, Phase.FORMING):
        links = [relations] if state == "done" else []
        return Card(order=30, title=N_("Committee"), state=state, links=links)
    progress = progress_of(scene.session, round_id=scene.round_id, document=scene.document)
    size = scene.document.committee.size
    lines = [Problem(N_("%(have)s of %(size)s members are appointed."), {"have": progress.members, "size": size})]
    members = Link(N_("Appoint members"), "committee.members", {"ref": scene.ref})
    if scene.phase is Phase.CHECKING:
        lines.append(Problem(N_("Members declare their interests once the applications are checked.")))
        return Card(order=30, title=N_("Committee"), state="later", lines=lines, links=[members])
    blocks = [*progress.incomplete, *progress.blocking]
    begin = Link(N_("Begin scoring"), "committee.begin", {"ref": scene.ref})
    if progress.incomplete:
        return Card(
            order=30,
            title=N_("Committee"),
            state="todo",
            lines=lines,
            blocks=blocks,
            links=[members, begin, relations],
        )
    return Card(
        order=30,
        title=N_("Committee"),
        state="blocked" if blocks else "todo",
        lines=lines,
        blocks=blocks,
        links=[begin, members, relations],
    )
