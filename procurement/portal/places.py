"""The public pages of one round and where they are, whichever step serves them."""

from dataclasses import dataclass
from typing import Any

from flask import current_app, url_for
from flask_babel import gettext

from procurement.errors import N_


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
    ("committee", N_("Committee"), "portal.committee_page", "ref"),
    ("scores", N_("Scores"), "scoring.scores", "ref"),
    ("objections", N_("Notice and objections"), "objections.docket", "ref"),
    ("record", N_("Record"), "publiclog.entries", "round"),
)


def round_places(ref: str) -> list[Place]:
    """Every public page of the round called `ref`, in the order of the process."""
    return [
        Place(name, gettext(label), _address(endpoint, argument, ref))
        for name, label, endpoint, argument in _PLACES
        if endpoint in current_app.view_functions
    ]


def _address(endpoint: str, argument: str, ref: str) -> str:
    values: dict[str, Any] = {argument: ref}
    return url_for(endpoint, **values)
