"""Who may do what: one table an auditor can read.

A *role* is held either everywhere (`Actor.roles`, given with the account) or in one round (`Actor.seats`). Business
roles count only through a seat in that very round; the account role merely makes a person eligible for the seat.
A *permission* is one kind of act. `GRANTS` says which roles have it. Whether the act may happen *now* is a question
for the phase, and whether its content is right is a question for the rules.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType

from procurement.errors import N_, NotAllowed


class Role(StrEnum):
    """Roles of the process; a visitor is anybody, signed in or not."""

    VISITOR = "visitor"
    MERCHANT = "merchant"
    MEMBER = "member"
    ORGANISER = "organiser"
    SUPERVISOR = "supervisor"
    OFFICIAL = "official"
    HANDLER = "handler"
    ADMINISTRATOR = "administrator"


ROLE_NAMES: Mapping[Role, str] = MappingProxyType(
    {
        Role.VISITOR: N_("visitor"),
        Role.MERCHANT: N_("merchant"),
        Role.MEMBER: N_("committee member"),
        Role.ORGANISER: N_("organiser"),
        Role.SUPERVISOR: N_("supervisor"),
        Role.OFFICIAL: N_("promoting official"),
        Role.HANDLER: N_("handler of reports"),
        Role.ADMINISTRATOR: N_("administrator"),
    }
)

STAFF = frozenset({Role.MEMBER, Role.ORGANISER, Role.SUPERVISOR, Role.OFFICIAL, Role.HANDLER, Role.ADMINISTRATOR})
"""Roles given by invitation; they need a second factor in production."""

SEATS = frozenset({Role.MEMBER, Role.ORGANISER, Role.SUPERVISOR, Role.OFFICIAL})
"""Roles that exist only within one round."""

EXCLUSIVE: frozenset[frozenset[Role]] = frozenset(
    frozenset(pair)
    for pair in (
        # Who runs the process neither scores in it nor rules on objections against it.
        (Role.ORGANISER, Role.MEMBER),
        (Role.ORGANISER, Role.SUPERVISOR),
        (Role.SUPERVISOR, Role.MEMBER),
        # Who will promote the goods neither applies, scores, chooses nor supervises the choice.
        (Role.OFFICIAL, Role.MEMBER),
        (Role.OFFICIAL, Role.ORGANISER),
        (Role.OFFICIAL, Role.SUPERVISOR),
        # An applicant holds no other role in the round.
        (Role.MERCHANT, Role.MEMBER),
        (Role.MERCHANT, Role.ORGANISER),
        (Role.MERCHANT, Role.SUPERVISOR),
        (Role.MERCHANT, Role.OFFICIAL),
        (Role.MERCHANT, Role.HANDLER),
        # Accounts and configuration give power over the records of everybody else.
        (Role.ADMINISTRATOR, Role.MEMBER),
        (Role.ADMINISTRATOR, Role.ORGANISER),
        (Role.ADMINISTRATOR, Role.SUPERVISOR),
        (Role.ADMINISTRATOR, Role.OFFICIAL),
        (Role.ADMINISTRATOR, Role.MERCHANT),
        (Role.ADMINISTRATOR, Role.HANDLER),
        # A report about the selection must not reach those it may be about.
        (Role.HANDLER, Role.MEMBER),
        (Role.HANDLER, Role.ORGANISER),
        (Role.HANDLER, Role.OFFICIAL),
    )
)
"""Pairs of roles that one person may not hold in the same round (process.md, "The people")."""


def conflicting(held: frozenset[Role], wanted: Role) -> frozenset[Role]:
    """The roles among `held` that exclude `wanted` in the same round."""
    return frozenset(role for role in held if frozenset({role, wanted}) in EXCLUSIVE)


class Permission(StrEnum):
    """Kinds of acts. The comment gives the step that asks for it."""

    READ_PUBLIC = "read_public"  # portal and every public page
    HAVE_ACCOUNT = "have_account"  # accounts: own account, sessions, second factor
    MANAGE_ACCOUNTS = "manage_accounts"  # accounts: invite, disable
    ERASE_DATA = "erase_data"  # privacy: a person's data
    OWN_BUSINESS = "own_business"  # merchants: register, join or take over a business as one's own
    HELP_AT_COUNTER = "help_at_counter"  # merchants: register for others, help with their paper
    MANAGE_MERCHANT = "manage_merchant"  # merchants: businesses one acts for; the office's clerks only help
    DEBAR = "debar"  # merchants: the debarment register
    READ_MERCHANTS = "read_merchants"  # merchants: every business in full
    CHECK_MERCHANTS = "check_merchants"  # merchants: certificates and registers held against what is said
    CREATE_ROUND = "create_round"  # rounds
    EDIT_ROUND = "edit_round"  # rounds: draft, seats, publish, amend
    HOLD_ROUND = "hold_round"  # rounds: hold, resume
    READ_ROUND_FILES = "read_round_files"  # rounds: everything about one round, not yet public
    APPLY = "apply"  # applications, of businesses one acts for; the office's clerks only help
    ASK = "ask"  # applications: public questions on a call
    ANSWER_QUESTION = "answer_question"  # applications: their answers
    CHECK_APPLICATIONS = "check_applications"  # applications: verdicts, closing the check
    KEEP_EXPERTS = "keep_experts"  # committee: the register of experts
    FORM_COMMITTEE = "form_committee"  # committee: announce the draw, appoint, begin scoring
    ASK_RECUSAL = "ask_recusal"  # committee: that a member be recused, for anybody
    DECIDE_RECUSAL = "decide_recusal"  # objections: such requests, and conflicts found late
    WATCH = "watch"  # committee: an observer's seat, for anybody
    CARRY_OUT_DRAW = "carry_out_draw"  # committee: bring what the draw's source said
    DECLARE_INTERESTS = "declare_interests"  # committee: own declarations
    SCORE = "score"  # scoring: own sheets
    OPEN_SCORES = "open_scores"  # scoring: open all sheets at once
    REPORT_INTERFERENCE = "report_interference"  # scoring: a member's message to the supervisor alone
    READ_INTERFERENCE = "read_interference"  # scoring: reading and answering such messages
    GIVE_NOTICE = "give_notice"  # objections: notice of the proposed result
    OBJECT = "object"  # objections: file, withdraw
    ANSWER_OBJECTION = "answer_objection"  # objections: the organiser's answer
    RULE_OBJECTION = "rule_objection"  # objections: admissibility and ruling
    DRAW_UP_DECISION = "draw_up_decision"  # decisions
    SIGN_DECISION = "sign_decision"  # decisions: own signature
    CONFIRM_CERTIFICATE = "confirm_certificate"  # decisions: that a signatory's own certificate is theirs
    PUBLISH_DECISION = "publish_decision"  # decisions


GRANTS: Mapping[Permission, frozenset[Role]] = MappingProxyType(
    {
        Permission.READ_PUBLIC: frozenset(Role),
        Permission.OBJECT: frozenset(Role),
        Permission.ASK: frozenset(Role),
        Permission.HAVE_ACCOUNT: frozenset(Role) - {Role.VISITOR},
        Permission.MANAGE_ACCOUNTS: frozenset({Role.ADMINISTRATOR}),
        Permission.ERASE_DATA: frozenset({Role.ADMINISTRATOR}),
        Permission.OWN_BUSINESS: frozenset({Role.MERCHANT}),
        Permission.HELP_AT_COUNTER: frozenset({Role.ORGANISER}),
        Permission.MANAGE_MERCHANT: frozenset({Role.MERCHANT, Role.ORGANISER}),
        Permission.DEBAR: frozenset({Role.SUPERVISOR}),
        Permission.READ_MERCHANTS: frozenset({Role.ORGANISER, Role.SUPERVISOR}),
        Permission.CHECK_MERCHANTS: frozenset({Role.ORGANISER}),
        Permission.CREATE_ROUND: frozenset({Role.ORGANISER}),
        Permission.EDIT_ROUND: frozenset({Role.ORGANISER}),
        Permission.HOLD_ROUND: frozenset({Role.SUPERVISOR}),
        Permission.READ_ROUND_FILES: frozenset({Role.ORGANISER, Role.SUPERVISOR}),
        Permission.APPLY: frozenset({Role.MERCHANT, Role.ORGANISER}),
        Permission.ANSWER_QUESTION: frozenset({Role.ORGANISER}),
        Permission.CHECK_APPLICATIONS: frozenset({Role.ORGANISER}),
        Permission.KEEP_EXPERTS: frozenset({Role.ORGANISER, Role.ADMINISTRATOR}),
        Permission.FORM_COMMITTEE: frozenset({Role.ORGANISER}),
        Permission.WATCH: frozenset(Role),
        Permission.ASK_RECUSAL: frozenset(Role),
        Permission.DECIDE_RECUSAL: frozenset({Role.SUPERVISOR}),
        Permission.CARRY_OUT_DRAW: frozenset({Role.ORGANISER, Role.SUPERVISOR}),
        Permission.DECLARE_INTERESTS: frozenset({Role.MEMBER}),
        Permission.SCORE: frozenset({Role.MEMBER}),
        Permission.OPEN_SCORES: frozenset({Role.ORGANISER}),
        Permission.REPORT_INTERFERENCE: frozenset({Role.MEMBER}),
        Permission.READ_INTERFERENCE: frozenset({Role.SUPERVISOR}),
        Permission.GIVE_NOTICE: frozenset({Role.ORGANISER}),
        Permission.ANSWER_OBJECTION: frozenset({Role.ORGANISER}),
        Permission.RULE_OBJECTION: frozenset({Role.SUPERVISOR}),
        Permission.DRAW_UP_DECISION: frozenset({Role.ORGANISER}),
        Permission.SIGN_DECISION: frozenset({Role.MEMBER, Role.ORGANISER, Role.SUPERVISOR}),
        Permission.CONFIRM_CERTIFICATE: frozenset({Role.SUPERVISOR, Role.ADMINISTRATOR}),
        Permission.PUBLISH_DECISION: frozenset({Role.ORGANISER}),
    }
)
"""Permission → roles that have it. A permission that is missing here is granted to nobody."""


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts. `roles`: held everywhere; `seats`: round id → roles in that round."""

    user_id: int | None
    name: str
    roles: frozenset[Role] = frozenset()
    seats: Mapping[int, frozenset[Role]] = field(default_factory=lambda: MappingProxyType({}))
    language: str = "en"

    @property
    def signed_in(self) -> bool:
        return self.user_id is not None

    def roles_in(self, round_id: int | None) -> frozenset[Role]:
        """Roles that count: without a round all account roles; in a round its seats and the roles that need none."""
        if round_id is None:
            return self.roles | {Role.VISITOR}
        return (self.roles - SEATS) | self.seats.get(round_id, frozenset()) | {Role.VISITOR}


VISITOR = Actor(user_id=None, name="")
"""Anybody who is not signed in."""


def may(actor: Actor, permission: Permission, *, round_id: int | None = None) -> bool:
    """Whether `actor` has `permission`, in the round when one is named."""
    return bool(GRANTS.get(permission, frozenset()) & actor.roles_in(round_id))


def require(actor: Actor, permission: Permission, *, round_id: int | None = None) -> None:
    """Raise NotAllowed, saying who may, unless `may(actor, permission)`."""
    if not may(actor, permission, round_id=round_id):
        who = sorted(GRANTS.get(permission, frozenset()))
        if round_id is not None and GRANTS.get(permission, frozenset()) & SEATS:
            raise NotAllowed(
                N_("Only the %(role)s of this round may do this."),
                role=ROLE_NAMES[Role(who[0])] if who else "",
            )
        raise NotAllowed(
            N_("You may not do this. It is reserved to: %(role)s."),
            role=ROLE_NAMES[Role(who[0])] if who else "",
        )


def acting_as(actor: Actor, permission: Permission) -> Role:
    """The account role by which `actor` has `permission` outside the rounds: what the log says about who acted."""
    return min(GRANTS[permission] & actor.roles)
