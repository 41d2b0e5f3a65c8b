"""One table of every address: who may ask for it, and in which phases of a round what is sent there may take effect.

A new route without a row fails `test_gate_matrix.py`. For pages that only show something `phases` is not given. For
acts in a round it names the phases in which they may happen; in all others they are refused and nothing changes.
"""

from dataclasses import dataclass

from procurement.access import Permission
from procurement.rounds.phases import Phase

ALWAYS = frozenset(Phase)
RUNNING = ALWAYS - {Phase.DRAFT, Phase.DECIDED, Phase.CLOSED, Phase.HELD, Phase.ABORTED}

HANDLED = RUNNING | {Phase.DECIDED}


@dataclass(frozen=True)
class Route:
    """One address. `phases`: of acts in a round, see above; `by`: who acts there in the test of the phases."""

    permission: Permission
    phases: frozenset[Phase] | None = None
    by: str = ""


def act(permission: Permission, by: str, *phases: Phase) -> Route:
    """An act in a round that may happen in `phases` only."""
    return Route(permission, frozenset(phases), by)


ROUTES: dict[str, Route] = {
    # --- accounts
    "accounts.accept_invitation": Route(Permission.READ_PUBLIC),
    "accounts.account": Route(Permission.HAVE_ACCOUNT),
    "accounts.act_on": Route(Permission.MANAGE_ACCOUNTS),
    "accounts.change_password": Route(Permission.HAVE_ACCOUNT),
    "accounts.choose_language": Route(Permission.READ_PUBLIC),
    "accounts.end_sessions": Route(Permission.HAVE_ACCOUNT),
    "accounts.forgot_password": Route(Permission.READ_PUBLIC),
    "accounts.invite": Route(Permission.MANAGE_ACCOUNTS),
    "accounts.people": Route(Permission.MANAGE_ACCOUNTS),
    "accounts.person": Route(Permission.MANAGE_ACCOUNTS),
    "accounts.register": Route(Permission.READ_PUBLIC),
    "accounts.remove_second_factor": Route(Permission.HAVE_ACCOUNT),
    "accounts.renew_recovery_codes": Route(Permission.HAVE_ACCOUNT),
    "accounts.reset_password": Route(Permission.READ_PUBLIC),
    "accounts.start": Route(Permission.HAVE_ACCOUNT),
    "accounts.set_up_second_factor": Route(Permission.HAVE_ACCOUNT),
    "accounts.sign_in": Route(Permission.READ_PUBLIC),
    "accounts.sign_in_code": Route(Permission.READ_PUBLIC),
    "accounts.sign_in_enrol": Route(Permission.READ_PUBLIC),
    "accounts.sign_out": Route(Permission.READ_PUBLIC),
    "accounts.withdraw_invitation": Route(Permission.MANAGE_ACCOUNTS),
    # --- public log
    "log_tiles.checkpoint": Route(Permission.READ_PUBLIC),
    "log_tiles.entry": Route(Permission.READ_PUBLIC),
    "log_tiles.receipt": Route(Permission.READ_PUBLIC),
    "log_tiles.tile": Route(Permission.READ_PUBLIC),
    "publiclog.check": Route(Permission.READ_PUBLIC),
    "publiclog.entries": Route(Permission.READ_PUBLIC),
    "publiclog.entry": Route(Permission.READ_PUBLIC),
    "publiclog.find_receipt": Route(Permission.READ_PUBLIC),
    "publiclog.my_receipts": Route(Permission.HAVE_ACCOUNT),
    "publiclog.receipt": Route(Permission.READ_PUBLIC),
    # --- papers
    "papers.letter": Route(Permission.READ_PUBLIC),
    "papers.letters": Route(Permission.HAVE_ACCOUNT),
    "papers.preferences": Route(Permission.HAVE_ACCOUNT),
    "papers.stop": Route(Permission.READ_PUBLIC),
    # --- merchants
    "merchants.add_certificate": Route(Permission.MANAGE_MERCHANT),
    "merchants.business": Route(Permission.MANAGE_MERCHANT),
    "merchants.authority_file": Route(Permission.HAVE_ACCOUNT),
    "merchants.consent": Route(Permission.MANAGE_MERCHANT),
    "merchants.consents_page": Route(Permission.MANAGE_MERCHANT),
    "merchants.take_consent_back": Route(Permission.MANAGE_MERCHANT),
    "merchants.certificate_file": Route(Permission.HAVE_ACCOUNT),
    "merchants.debarment": Route(Permission.READ_PUBLIC),
    "merchants.debarment_evidence": Route(Permission.HAVE_ACCOUNT),
    "merchants.debarments": Route(Permission.READ_PUBLIC),
    "merchants.disclose": Route(Permission.MANAGE_MERCHANT),
    "merchants.edit": Route(Permission.MANAGE_MERCHANT),
    "merchants.home": Route(Permission.MANAGE_MERCHANT),
    "merchants.invite_person": Route(Permission.MANAGE_MERCHANT),
    "merchants.join": Route(Permission.MANAGE_MERCHANT),
    "merchants.register": Route(Permission.MANAGE_MERCHANT),
    "merchants.remove_certificate": Route(Permission.MANAGE_MERCHANT),
    "merchants.remove_person": Route(Permission.MANAGE_MERCHANT),
    "merchants.search_picture": Route(Permission.HAVE_ACCOUNT),
    "merchants_office.check_certificate": Route(Permission.CHECK_MERCHANTS),
    "merchants_office.debar": Route(Permission.DEBAR),
    "merchants_office.dossier": Route(Permission.READ_MERCHANTS),
    "merchants_office.every": Route(Permission.READ_MERCHANTS),
    "merchants_office.lift": Route(Permission.DEBAR),
    "merchants_office.note_appeal": Route(Permission.DEBAR),
    "merchants_office.record_search": Route(Permission.CHECK_MERCHANTS),
    # --- rounds
    "rounds.abort": Route(Permission.EDIT_ROUND, RUNNING, "organiser"),
    "rounds.amend": act(Permission.EDIT_ROUND, "organiser", Phase.OPEN),
    "rounds.begin": Route(Permission.CREATE_ROUND),
    "rounds.board_of": Route(Permission.READ_ROUND_FILES),
    "rounds.check": Route(Permission.EDIT_ROUND),
    "rounds.criteria": act(Permission.EDIT_ROUND, "organiser", Phase.DRAFT),
    "rounds.criterion": act(Permission.EDIT_ROUND, "organiser", Phase.DRAFT),
    "rounds.draft": Route(Permission.EDIT_ROUND),
    "rounds.end_seat": Route(Permission.READ_ROUND_FILES, RUNNING | {Phase.DRAFT}, "organiser"),
    "rounds.hold": Route(Permission.HOLD_ROUND, RUNNING, "supervisor"),
    "rounds.mine": Route(Permission.READ_ROUND_FILES),
    "rounds.people": Route(Permission.READ_ROUND_FILES, RUNNING | {Phase.DRAFT}, "organiser"),
    "rounds.preview": Route(Permission.READ_ROUND_FILES),
    "rounds.publish": act(Permission.EDIT_ROUND, "organiser", Phase.DRAFT),
    "rounds.resume": act(Permission.HOLD_ROUND, "supervisor", Phase.HELD),
    "rounds.section": act(Permission.EDIT_ROUND, "organiser", Phase.DRAFT),
    # --- applications
    "applications.add_certificate": act(Permission.APPLY, "merchant", Phase.OPEN),
    "applications.answer_question": act(Permission.ANSWER_QUESTION, "organiser", Phase.OPEN, Phase.CHECKING),
    "applications.certificate": act(Permission.APPLY, "merchant", Phase.OPEN),
    "applications.check": act(Permission.APPLY, "merchant", Phase.OPEN),
    "applications.checking": Route(Permission.READ_ROUND_FILES),
    "applications.close": act(Permission.CHECK_APPLICATIONS, "organiser", Phase.CHECKING),
    "applications.draft_file": Route(Permission.APPLY),
    "applications.file": Route(Permission.READ_PUBLIC),
    "applications.mine": Route(Permission.APPLY),
    "applications.questions": act(Permission.ASK, "visitor", Phase.OPEN),
    "applications.receipt": Route(Permission.APPLY),
    "applications.remove_certificate": act(Permission.APPLY, "merchant", Phase.OPEN),
    "applications.section": act(Permission.APPLY, "merchant", Phase.OPEN),
    "applications.start": act(Permission.APPLY, "merchant", Phase.OPEN),
    "applications.submitted": Route(Permission.APPLY),
    "applications.submitted_version": Route(Permission.APPLY),
    "applications.take_certificate": act(Permission.APPLY, "merchant", Phase.OPEN),
    "applications.tasks": Route(Permission.APPLY),
    "applications.verdict": act(Permission.READ_ROUND_FILES, "organiser", Phase.CHECKING),
    "applications.withdraw": act(Permission.APPLY, "merchant", Phase.OPEN),
    # --- committee
    "committee.begin": act(Permission.FORM_COMMITTEE, "organiser", Phase.FORMING),
    "committee.declare": act(Permission.DECLARE_INTERESTS, "member", Phase.FORMING),
    "committee.members": act(Permission.FORM_COMMITTEE, "organiser", Phase.CHECKING, Phase.FORMING),
    "committee.mine": Route(Permission.DECLARE_INTERESTS),
    "committee.relations": Route(Permission.HOLD_ROUND),
    "committee.remove": act(Permission.FORM_COMMITTEE, "organiser", Phase.CHECKING, Phase.FORMING),
    # --- scoring
    "scoring.correct": act(Permission.SCORE, "member", Phase.OPENED),
    "scoring.my_sheets": Route(Permission.SCORE),
    "scoring.open_scores": act(Permission.OPEN_SCORES, "organiser", Phase.SCORING),
    "scoring.progress": Route(Permission.READ_ROUND_FILES),
    "scoring.receipt": Route(Permission.SCORE),
    "scoring.rule_json": Route(Permission.READ_PUBLIC),
    "scoring.scores": Route(Permission.READ_PUBLIC),
    "scoring.scores_csv": Route(Permission.READ_PUBLIC),
    "scoring.scores_of": Route(Permission.READ_PUBLIC),
    "scoring.seal": act(Permission.SCORE, "member", Phase.SCORING),
    "scoring.sheet": act(Permission.SCORE, "member", Phase.SCORING),
    "scoring.facts_json": Route(Permission.READ_PUBLIC),
    "scoring.tally_json": Route(Permission.READ_PUBLIC),
    "scoring.tie_draw": act(Permission.OPEN_SCORES, "organiser", Phase.OPENED),
    # --- objections
    "objections.admit": Route(Permission.RULE_OBJECTION, HANDLED, "supervisor"),
    "objections.answer": Route(Permission.ANSWER_OBJECTION, HANDLED, "organiser"),
    "objections.choose_target": Route(Permission.OBJECT),
    "objections.docket": Route(Permission.READ_PUBLIC),
    "objections.evidence": Route(Permission.READ_ROUND_FILES),
    "objections.file": Route(Permission.OBJECT, RUNNING | {Phase.DECIDED}, "visitor"),
    "objections.follow": Route(Permission.OBJECT),
    "objections.give_notice": act(Permission.GIVE_NOTICE, "organiser", Phase.OPENED),
    "objections.handle": Route(Permission.READ_ROUND_FILES),
    "objections.objection": Route(Permission.READ_PUBLIC),
    "objections.refuse": Route(Permission.RULE_OBJECTION, HANDLED, "supervisor"),
    "objections.rule": Route(Permission.RULE_OBJECTION, HANDLED, "supervisor"),
    # --- decisions
    "decisions.again": Route(Permission.DRAW_UP_DECISION, frozenset({Phase.DECIDING, Phase.DECIDED}), "organiser"),
    "decisions.decision": Route(Permission.READ_PUBLIC),
    "decisions.draw_up": act(Permission.DRAW_UP_DECISION, "organiser", Phase.DECIDING, Phase.DECIDED),
    "decisions.making": Route(Permission.READ_ROUND_FILES),
    "decisions.my_signatures": Route(Permission.SIGN_DECISION),
    "decisions.permanent": Route(Permission.READ_PUBLIC),
    "decisions.publish": act(Permission.PUBLISH_DECISION, "organiser", Phase.DECIDING, Phase.DECIDED),
    "decisions.published_json": Route(Permission.READ_PUBLIC),
    "decisions.published_pdf": Route(Permission.READ_PUBLIC),
    "decisions.sign": Route(Permission.SIGN_DECISION),
    "decisions.unpublished_pdf": Route(Permission.SIGN_DECISION),
    "decisions.verify": Route(Permission.READ_PUBLIC),
    "decisions.verify_one": Route(Permission.READ_PUBLIC),
    # --- evidence
    "evidence.check_evidence": Route(Permission.READ_PUBLIC),
    "evidence.download": Route(Permission.READ_PUBLIC),
    "evidence.evidence": Route(Permission.READ_PUBLIC),
    # --- portal
    "outbox.letters": Route(Permission.READ_PUBLIC),
    "feeds.calendar": Route(Permission.READ_PUBLIC),
    "feeds.debarred": Route(Permission.READ_PUBLIC),
    "feeds.decisions": Route(Permission.READ_PUBLIC),
    "feeds.log": Route(Permission.READ_PUBLIC),
    "feeds.products": Route(Permission.READ_PUBLIC),
    "feeds.round_calendar": Route(Permission.READ_PUBLIC),
    "feeds.rounds": Route(Permission.READ_PUBLIC),
    "guides.guide": Route(Permission.READ_PUBLIC),
    "guides.guides": Route(Permission.READ_PUBLIC),
    "portal.accessibility": Route(Permission.READ_PUBLIC),
    "portal.business": Route(Permission.READ_PUBLIC),
    "portal.businesses": Route(Permission.READ_PUBLIC),
    "portal.search": Route(Permission.READ_PUBLIC),
    "portal.applications_page": Route(Permission.READ_PUBLIC),
    "portal.committee_page": Route(Permission.READ_PUBLIC),
    "portal.decisions_register": Route(Permission.READ_PUBLIC),
    "portal.front_door": Route(Permission.READ_PUBLIC),
    "portal.home": Route(Permission.READ_PUBLIC),
    "portal.how_to_check": Route(Permission.READ_PUBLIC),
    "portal.product": Route(Permission.READ_PUBLIC),
    "portal.products": Route(Permission.READ_PUBLIC),
    "portal.rotation": Route(Permission.READ_PUBLIC),
    "portal.round_file": Route(Permission.READ_PUBLIC),
    "portal.round_page": Route(Permission.READ_PUBLIC),
    "portal.rounds_list": Route(Permission.READ_PUBLIC),
    "portal.rules_page": Route(Permission.READ_PUBLIC),
    "portal.style": Route(Permission.READ_PUBLIC),
}
