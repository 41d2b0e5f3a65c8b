"""The public pages of one round and where they are, whichever step serves them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flask import current_app, url_for
from flask_babel import gettext

from procurement.errors import N_
from procurement.rounds.phases import Phase
from procurement.web import actor, could_ever


@dataclass(frozen=True, slots=True)
class Place:
    """One page of a round."""

    name: str
    label: str
    url: str


_PLACES = (
    # name, label, endpoint, the argument that names the round
    ("overview", N_("Overview"), "portal.round_page", "ref"),
    ("rules", N_("Rules and weights"), "portal.rules_page", "ref"),
    ("applications", N_("Applications"), "portal.applications_page", "ref"),
    ("questions", N_("Questions"), "applications.questions", "ref"),
    ("committee", N_("Committee"), "portal.committee_page", "ref"),
    ("scores", N_("Scores"), "scoring.scores", "ref"),
    ("objections", N_("Notice and objections"), "objections.docket", "ref"),
    ("papers", N_("Minutes"), "papers.round_papers", "ref"),
    ("record", N_("Record"), "publiclog.entries", "round"),
    ("evidence", N_("Evidence file"), "evidence.evidence", "ref"),
)


def round_places(ref: str) -> list[Place]:
    """Every public page of the round called `ref`, in the order of the process."""
    return [
        Place(name, gettext(label), _address(endpoint, argument, ref))
        for name, label, endpoint, argument in _PLACES
        if endpoint in current_app.view_functions
    ]


_ACTS: Mapping[Phase, tuple[tuple[str, str], ...]] = {
    Phase.OPEN: (
        (N_("Apply in this round"), "applications.start"),
        (N_("Ask a question on the call"), "applications.questions"),
        (N_("Object to the call"), "objections.choose_target"),
    ),
    Phase.CHECKING: ((N_("Object to a verdict"), "objections.choose_target"),),
    Phase.FORMING: ((N_("Ask that a member be recused"), "recusals.docket"),),
    Phase.SCORING: ((N_("Ask that a member be recused"), "recusals.docket"),),
    Phase.OPENED: ((N_("Read the scores"), "scoring.scores"),),
    Phase.NOTICE: (
        (N_("Object to the proposed result"), "objections.choose_target"),
        (N_("Read the scores"), "scoring.scores"),
    ),
    Phase.RULING: ((N_("Read the objections"), "objections.docket"),),
}


def acts_at(phase: Phase, ref: str) -> list[tuple[str, str]]:
    """(label, address) of what this person may do in the round in that phase; a visitor is asked to sign in there."""
    return [
        (gettext(label), _address(endpoint, "ref", ref))
        for label, endpoint in _ACTS.get(phase, ())
        if (view := current_app.view_functions.get(endpoint)) and _opens(view)
    ]


def _opens(view: Any) -> bool:
    return not actor().signed_in or could_ever(actor(), view.permission)


def _address(endpoint: str, argument: str, ref: str) -> str:
    values: dict[str, Any] = {argument: ref}
    return url_for(endpoint, **values)
