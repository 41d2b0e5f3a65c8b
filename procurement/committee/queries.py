"""Reading the committee: members, declarations, what is left to declare, who must score what."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from procurement.access import Actor, Permission, require
from procurement.accounts.models import User
from procurement.applications.models import Application, Verdict
from procurement.committee.models import Declaration, Member
from procurement.committee.rules import Ground, MemberKind, Sheets, sheets_for
from procurement.merchants.models import Merchant
from procurement.rounds.phases import Course
from procurement.rounds.rules import NamesPublished, RoundDocument


@dataclass(frozen=True, slots=True)
class MemberView:
    """A member as the organiser sees it. `id` is the member's own number, `user_id` the account's."""

    id: int
    user_id: int
    code: str
    name: str
    employer: str
    kind: MemberKind
    field: str
    chair: bool
    appointed_at: datetime
    ended_at: datetime | None
    end_reason: str


@dataclass(frozen=True, slots=True)
class PublicMember:
    """A member as the public sees it. `name` and `employer` are None while names are not published."""

    id: int
    code: str
    kind: MemberKind
    field: str
    chair: bool
    name: str | None
    employer: str | None


@dataclass(frozen=True, slots=True)
class DeclarationView:
    """A declaration in force, without what only the supervisor reads."""

    ground: Ground
    declared_at: datetime

    @property
    def recused(self) -> bool:
        """Whether the member does not score the application."""
        return self.ground is not Ground.NONE


@dataclass(frozen=True, slots=True)
class Applicant:
    """An eligible application as a member must see it to know whether there is a relation."""

    id: int
    ref: str
    product: str
    merchant: str
    representative: str
    address: str


@dataclass(frozen=True, slots=True)
class RecusalDetail:
    """What a member wrote about a relation; for the supervisor."""

    member: str
    application: str
    ground: Ground
    detail: str
    declared_at: datetime


def members_of(session: Session, round_id: int, *, in_force: bool = True) -> list[MemberView]:
    """Members in the order of their codes; with `in_force=False` also those who left."""
    wanted = (
        select(Member, User.name, User.employer)
        .join(User, User.id == Member.user_id)
        .where(Member.round_id == round_id)
        .order_by(Member.id)
    )
    if in_force:
        wanted = wanted.where(Member.ended_at.is_(None))
    return [
        MemberView(
            id=member.id,
            user_id=member.user_id,
            code=member.code,
            name=name,
            employer=employer,
            kind=MemberKind(member.kind),
            field=member.field,
            chair=member.chair,
            appointed_at=member.appointed_at,
            ended_at=member.ended_at,
            end_reason=member.end_reason,
        )
        for member, name, employer in session.execute(wanted)
    ]


def member_of(session: Session, round_id: int, user_id: int | None) -> MemberView | None:
    """The member in force with that account, or None."""
    return next((m for m in members_of(session, round_id) if m.user_id == user_id), None)


def names_public(document: RoundDocument, course: Course) -> bool:
    """Whether members' names are published: once scoring begins, or once the decision is, as the rules say."""
    if course.decided is not None:
        return True
    return document.committee.names_published is NamesPublished.FORMED and course.scoring_began is not None


def public_members(session: Session, round_id: int, *, document: RoundDocument, course: Course) -> list[PublicMember]:
    """The committee as the public sees it, empty before scoring begins."""
    if course.scoring_began is None:
        return []
    named = names_public(document, course)
    return [
        PublicMember(m.id, m.code, m.kind, m.field, m.chair, m.name if named else None, m.employer if named else None)
        for m in members_of(session, round_id)
    ]


def applicants_of(session: Session, round_id: int) -> list[Applicant]:
    """Eligible applications that are not withdrawn, by number."""
    wanted = (
        select(
            Application.id,
            Application.ref,
            Application.product_name,
            Merchant.name,
            Merchant.representative,
            Merchant.address,
        )
        .join(Merchant, Merchant.id == Application.merchant_id)
        .join(Verdict, (Verdict.application_id == Application.id) & Verdict.superseded_at.is_(None))
        .where(
            Application.round_id == round_id,
            Application.current.is_not(None),
            Application.withdrawn_at.is_(None),
            Verdict.eligible,
        )
        .order_by(Application.number)
    )
    return [Applicant(*row) for row in session.execute(wanted)]


def declarations_of(session: Session, round_id: int) -> dict[tuple[int, int], DeclarationView]:
    """(member id, application id) → declaration in force, of the members in force."""
    wanted = (
        select(Declaration)
        .join(Member, Member.id == Declaration.member_id)
        .where(Declaration.round_id == round_id, Declaration.replaced_at.is_(None), Member.ended_at.is_(None))
        .order_by(Declaration.id)
    )
    return {
        (d.member_id, d.application_id): DeclarationView(Ground(d.ground), d.declared_at)
        for d in session.scalars(wanted)
    }


def grounds_of(session: Session, round_id: int) -> dict[tuple[int, int], Ground]:
    """(member id, application id) → declared ground, of the members in force."""
    return {pair: view.ground for pair, view in declarations_of(session, round_id).items()}


def required_sheets(session: Session, round_id: int) -> set[tuple[int, int]]:
    """(member id, application id) for every sheet that is to be sealed: eligible, and no relation declared."""
    eligible = {applicant.id for applicant in applicants_of(session, round_id)}
    return {
        pair
        for pair, ground in grounds_of(session, round_id).items()
        if ground is Ground.NONE and pair[1] in eligible
    }


def sheets_of(
    applicants: list[Applicant], members: list[MemberView], grounds: Mapping[tuple[int, int], Ground]
) -> dict[int, Sheets]:
    """Application id → how many sheets it can have."""
    ids = [member.id for member in members]
    return {applicant.id: sheets_for(applicant.id, ids, grounds) for applicant in applicants}


def recusal_details(session: Session, *, actor: Actor, round_id: int) -> list[RecusalDetail]:
    """What members wrote about their relations. Raises NotAllowed for everybody but the round's supervisor."""
    require(actor, Permission.HOLD_ROUND, round_id=round_id)
    wanted = (
        select(Member.code, Application.ref, Declaration)
        .join(Member, Member.id == Declaration.member_id)
        .join(Application, Application.id == Declaration.application_id)
        .where(Declaration.round_id == round_id, Declaration.ground != Ground.NONE)
        .order_by(Declaration.id)
    )
    return [
        RecusalDetail(code, ref, Ground(d.ground), d.detail, d.declared_at)
        for code, ref, d in session.execute(wanted)
    ]
