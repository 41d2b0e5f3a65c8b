"""Reading the pool of experts: the register, and who is in the pool of a round and why somebody is not.

The number of statements does not depend on how many experts there are.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from procurement.access import Actor, Permission, Role, conflicting, require
from procurement.accounts.models import Seat, User, UserRole
from procurement.applications.models import Application, ApplicationHelper
from procurement.committee.expertise import Expertise, LeftOut, Standing, left_out
from procurement.committee.models import Draw, DrawCandidate, DrawLot, Expert, Member, SetAside
from procurement.errors import N_, NotFound
from procurement.merchants.models import Merchant, MerchantUser
from procurement.rounds.models import Milestone
from procurement.rounds.phases import Kind
from procurement.rounds.queries import Person, courses_of, people_for
from procurement.rounds.rules import RoundDocument


@dataclass(frozen=True, slots=True)
class ExpertView:
    """An entry of the register, for those who keep it."""

    id: int
    ref: str
    user_id: int
    user_ref: str
    name: str
    employer: str
    fields: tuple[Expertise, ...]
    entered_at: datetime
    suspended_at: datetime | None
    suspend_reason: str
    ended_at: datetime | None
    end_reason: str
    account: bool


def _view(expert: Expert, user: User, role: str | None) -> ExpertView:
    return ExpertView(
        id=expert.id,
        ref=expert.ref,
        user_id=user.id,
        user_ref=user.ref,
        name=user.name,
        employer=expert.employer,
        fields=tuple(Expertise(field) for field in expert.fields),
        entered_at=expert.entered_at,
        suspended_at=expert.suspended_at,
        suspend_reason=expert.suspend_reason,
        ended_at=expert.ended_at,
        end_reason=expert.end_reason,
        account=user.disabled_at is None and role is not None,
    )


def experts(session: Session, *, ended: bool = False) -> list[ExpertView]:
    """The entries of the register by number; with `ended` also those that are over."""
    wanted = (
        select(Expert, User, UserRole.role)
        .join(User, User.id == Expert.user_id)
        .outerjoin(UserRole, (UserRole.user_id == User.id) & (UserRole.role == Role.MEMBER))
        .order_by(Expert.id)
    )
    if not ended:
        wanted = wanted.where(Expert.ended_at.is_(None))
    return [_view(*row) for row in session.execute(wanted)]


@dataclass(frozen=True, slots=True)
class Register:
    """The register for whoever keeps it. `people`: who could be entered."""

    current: tuple[ExpertView, ...]
    former: tuple[ExpertView, ...]
    people: tuple[Person, ...]


def register_for(session: Session, *, actor: Actor) -> Register:
    """Raises NotAllowed."""
    require(actor, Permission.KEEP_EXPERTS)
    everybody = experts(session, ended=True)
    current = [expert for expert in everybody if expert.ended_at is None]
    entered = {expert.user_id for expert in current}
    return Register(
        tuple(current),
        tuple(expert for expert in everybody if expert.ended_at is not None),
        tuple(person for person in people_for(session, Role.MEMBER) if person.user_id not in entered),
    )


def expert_for(session: Session, ref: str, *, actor: Actor) -> ExpertView:
    """One entry in force. Raises NotAllowed, NotFound."""
    require(actor, Permission.KEEP_EXPERTS)
    found = next((expert for expert in experts(session) if expert.ref == ref), None)
    if found is None:
        raise NotFound(N_("There is no such expert in the register."))
    return found


# --- for a round --------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Candidate:
    """An expert in view of a round. `reason`: why they are left out, None for who is in the pool."""

    expert: ExpertView
    reason: LeftOut | None


def pool_of(session: Session, round_id: int, *, document: RoundDocument, published: datetime) -> list[Candidate]:
    """Everybody in the register, by number, with why they are not in the pool of this round."""
    everybody = experts(session)
    excluded = _with_another_role(session, round_id, published)
    asked = _asked(session, round_id)
    wanted = select(SetAside.expert_id, SetAside.reason).where(SetAside.round_id == round_id)
    aside = {expert_id: LeftOut(reason) for expert_id, reason in session.execute(wanted)}
    committees = recent_committees(session, before=published, count=document.committee.rotation)
    employers = _employers(session, round_id, document)
    return [
        Candidate(
            expert,
            left_out(
                Standing(
                    suspended=expert.suspended_at is not None,
                    account=expert.account,
                    other_role=expert.user_id in excluded,
                    asked_before=expert.user_id in asked,
                    employer=expert.employer,
                    set_aside=aside.get(expert.id),
                    sat=[expert.user_id in committee for committee in committees],
                ),
                employers=employers,
                rotation=document.committee.rotation,
            ),
        )
        for expert in everybody
    ]


def _with_another_role(session: Session, round_id: int, published: datetime) -> set[int]:
    """Accounts that another role keeps from sitting in the round: as rounds.queries.roles_held, for everybody."""
    excluding = [role for role in Role if conflicting(frozenset({role}), Role.MEMBER)]
    seats = select(Seat.user_id).where(
        Seat.round_id == round_id,
        Seat.role.in_(excluding),
        or_(Seat.ended_at.is_(None), Seat.ended_at >= published),
    )
    accounts = select(UserRole.user_id).where(UserRole.role.in_([Role.ADMINISTRATOR, Role.HANDLER]))
    applicants = (
        select(MerchantUser.user_id)
        .join(Application, Application.merchant_id == MerchantUser.merchant_id)
        .where(Application.round_id == round_id)
    )
    helpers = (
        select(ApplicationHelper.user_id)
        .join(Application, Application.id == ApplicationHelper.application_id)
        .where(Application.round_id == round_id)
    )
    return {user for found in (seats, accounts, applicants, helpers) for user in session.scalars(found)}


def _asked(session: Session, round_id: int) -> set[int]:
    """Accounts that sit or sat in the round, that are in an order drawn for it, or were passed over there."""
    drawn = (
        select(Expert.user_id)
        .join(DrawCandidate, DrawCandidate.expert_id == Expert.id)
        .where(DrawCandidate.round_id == round_id, DrawCandidate.place.is_not(None))
    )
    members = select(Member.user_id).where(Member.round_id == round_id)
    return {*session.scalars(drawn), *session.scalars(members)}


def _employers(session: Session, round_id: int, document: RoundDocument) -> list[str]:
    applicants = (
        select(Merchant.name)
        .join(Application, Application.merchant_id == Merchant.id)
        .where(Application.round_id == round_id, Application.current.is_not(None))
        .distinct()
    )
    employer = document.official.employer
    return [*session.scalars(applicants), employer.en, employer.zh]


def recent_committees(session: Session, *, before: datetime, count: int) -> list[frozenset[int]]:
    """The accounts that sat in each of the last `count` rounds published before the instant that came to scoring, the
    latest first."""
    if not count:
        return []
    began = select(Milestone.round_id).where(Milestone.kind == Kind.SCORING_BEGAN)
    wanted = (
        select(Milestone.round_id)
        .where(Milestone.kind == Kind.PUBLISHED, Milestone.at < before, Milestone.round_id.in_(began))
        .order_by(Milestone.at.desc(), Milestone.round_id.desc())
        .limit(count)
    )
    ids = list(session.scalars(wanted))
    courses = courses_of(session, ids)
    sat: dict[int, set[int]] = {round_id: set() for round_id in ids}
    members = select(Member.round_id, Member.user_id, Member.ended_at).where(Member.round_id.in_(ids))
    for round_id, user_id, ended_at in session.execute(members):
        began_at = courses[round_id].scoring_began
        if ended_at is None or (began_at is not None and ended_at >= began_at):
            sat[round_id].add(user_id)
    return [frozenset(sat[round_id]) for round_id in ids]


def in_field(candidates: Sequence[Candidate], field: Expertise) -> list[Candidate]:
    """Those who are experts in `field`."""
    return [candidate for candidate in candidates if field in candidate.expert.fields]


# --- what was announced -------------------------------------------------------------------------------------------


def vacancies_of(session: Session, round_id: int) -> dict[str, int]:
    """Field → experts' seats that the first draw announced and nobody holds now, in the order of its lots."""
    first = session.scalars(
        select(DrawLot)
        .join(Draw, Draw.id == DrawLot.draw_id)
        .where(Draw.round_id == round_id, Draw.purpose == "experts", Draw.number == 1)
        .order_by(DrawLot.position)
    ).all()
    held: dict[str, int] = {}
    seated = (
        select(DrawLot.field)
        .join(DrawCandidate, DrawCandidate.lot_id == DrawLot.id)
        .join(Member, Member.candidate_id == DrawCandidate.id)
        .where(Member.round_id == round_id, Member.ended_at.is_(None))
    )
    for field in session.scalars(seated):
        held[field] = held.get(field, 0) + 1
    return {lot.field: lot.seats - held.get(lot.field, 0) for lot in first}


def open_places(session: Session, round_id: int) -> Mapping[str, int]:
    """Field → how many drawn reserves have not had their turn."""
    wanted = (
        select(DrawLot.field)
        .join(DrawCandidate, DrawCandidate.lot_id == DrawLot.id)
        .join(Draw, Draw.id == DrawLot.draw_id)
        .where(
            Draw.round_id == round_id,
            Draw.purpose == "experts",
            DrawCandidate.place.is_not(None),
            DrawCandidate.turn_at.is_(None),
        )
    )
    found: dict[str, int] = {}
    for field in session.scalars(wanted):
        found[field] = found.get(field, 0) + 1
    return found
