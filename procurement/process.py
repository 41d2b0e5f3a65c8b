"""The steps of the process, in order. Read this first, then any folder named here."""

from datetime import datetime

from flask import Flask
from sqlalchemy.orm import Session

from procurement.access import Actor
from procurement.accounts import queries as accounts_queries
from procurement.accounts import views as accounts
from procurement.applications import office_views as applications_office
from procurement.applications import views as applications
from procurement.committee import draw_views as draws
from procurement.committee import pool_views as experts
from procurement.committee import views as committee
from procurement.committee import watch_views as watching
from procurement.decisions import views as decisions
from procurement.evidence import views as evidence
from procurement.merchants import counter_views as counter
from procurement.merchants import office_views as merchants_office
from procurement.merchants import views as merchants
from procurement.objections import recusal_views as recusals
from procurement.objections import views as objections
from procurement.papers import views as papers
from procurement.portal import feeds, guides, outbox
from procurement.portal import views as portal
from procurement.publiclog import own_views as receipts
from procurement.publiclog import tile_views as log_tiles
from procurement.publiclog import views as publiclog
from procurement.rounds import views as rounds
from procurement.scoring import interference_views as interference
from procurement.scoring import views as scoring

STEPS = (
    log_tiles,  # the public log, for other people's software
    accounts,  # people, roles, sign-in
    merchants,  # who may apply: businesses, certificates, debarments
    rounds,  # drafted, frozen, published, amended; held or ended
    applications,  # merchants apply, the office checks
    applications_office,  # item by item, with supplements
    experts,  # the register from which committees are drawn
    draws,  # announced, carried out, checked by anybody
    committee,  # members, declared interests, recusals
    watching,  # observers, and the supervisor without a vote
    scoring,  # sealed sheets, opening, the result
    interference,  # a member's message to the supervisor alone
    recusals,  # a member is asked to be recused; conflicts found late
    objections,  # notice of the result, objections, rulings
    decisions,  # drawn up, signed, published, verified
    papers,  # letters, subscriptions, minutes, debriefs
    publiclog,  # what is entered for everybody to see
    evidence,  # everything about a round in one file, and its check
    counter,  # clerks help people without an account, who may take over what is theirs
    merchants_office,  # what the office checks of businesses; debarring
    portal,  # what citizens see
    guides,  # what each role may and must do
    feeds,  # what is new, for feed readers and calendars
    receipts,  # of one's own acts
    outbox,  # letters, for developers
)


def load_actor(session: Session, token: str, now: datetime) -> Actor:
    """Whose session `token` is; the visitor when it is nobody's."""
    return accounts_queries.actor_of(session, token=token, now=now)


def register(app: Flask) -> None:
    """Put the pages of every step on `app`."""
    for step in STEPS:
        app.register_blueprint(step.bp)
