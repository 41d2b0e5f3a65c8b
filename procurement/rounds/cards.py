"""What this step says on the board: the call, and a hold."""

from procurement.errors import N_, Problem
from procurement.rounds.board import Card, Link, Scene, register_card
from procurement.rounds.phases import Kind, Phase
from procurement.rounds.queries import milestones_of
from procurement.rounds.rules import HOLD_LABELS, HoldLabel


@register_card
def call_card(scene: Scene) -> Card | None:
    """The call: open until the clock closes it."""
    course = scene.course
    milestones = milestones_of(scene.session, scene.round_id)
    counted = next(
        (m.counted for m in reversed(milestones) if m.closes == course.applications_close and m.counted), None
    )
    amendments = sum(m.kind is Kind.AMENDED for m in milestones)
    lines = [Problem(N_("Applications close by the clock alone; nobody closes or reads them earlier."))]
    if amendments:
        lines.append(Problem(N_("Amended %(count)s times."), {"count": amendments}))
    is_open = scene.phase is Phase.OPEN
    return Card(
        order=10,
        title=N_("Call for applications"),
        state="waiting" if is_open else "done",
        lines=lines if is_open else lines[1:],
        due=course.applications_close,
        due_label=N_("Applications close") if is_open else N_("Applications closed"),
        counted=counted if is_open else None,
        links=[Link(N_("Amend the call"), "rounds.amend", {"ref": scene.ref})] if is_open else [],
    )


@register_card
def hold_card(scene: Scene) -> Card | None:
    """A hold, while there is one."""
    if scene.phase is not Phase.HELD:
        return None
    held = next(m for m in reversed(milestones_of(scene.session, scene.round_id)) if m.kind is Kind.HELD)
    label = HOLD_LABELS[HoldLabel((held.detail or {})["code"])]
    return Card(
        order=0,
        title=N_("On hold"),
        state="blocked",
        lines=[
            Problem(N_("Since %(since)s. The public reads: “%(label)s”"), {"since": held.at, "label": label}),
            Problem(N_("Every running deadline stands still and will be extended by the time of the hold.")),
        ],
        blocks=[Problem(N_("The supervisor must let the round go on."))],
        links=[Link(N_("Hold or resume"), "rounds.hold", {"ref": scene.ref})],
    )
