"""Reading the committee: members, declarations, what is left to declare, who must score what."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from procurement.access import Actor, Permission, Role, conflicting, require
from procurement.accounts.models import User
from procurement.applications.models import Application, Verdict
from procurement.committee.models import Declaration, DeclarationDraft, Member
from procurement.committee.rules import (
    Declared,
    Ground,
    MemberKind,
    Sheets,
    check_composition,
    check_ready,
    sheets_for,
)
from procurement.errors import N_, NotAllowed, NotFound, Problem
from procurement.merchants.models import Merchant
from procurement.rounds import clocks
from procurement.rounds.models import Round
from procurement.rounds.phases import Course, Phase
from procurement.rounds.queries import (
    Person,
    RoundView,
    SeatView,
    courses_of,
    find_round,
    people_for,
    rules_of,
    running_for,
    view_of,
)
from procurement.rounds.rules import NamesPublished, RoundDocument
from procurement.rounds.scoring_rule import Text


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
    end_code: str
    end_reason: str
    drawn: bool
    answer_due: datetime | None
    accepted_at: datetime | None


@dataclass(frozen=True, slots=True)
class PublicMember:
    """A member as the public sees it. `name` and `employer` are None while names are not published."""

    id: int
    code: str
    kind: MemberKind
    field: str
    chair: bool
    drawn: bool
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
            end_code=member.end_code,
            end_reason=member.end_reason,
            drawn=member.candidate_id is not None,
            answer_due=member.answer_due_at,
            accepted_at=member.accepted_at,
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
    """The committee as the public sees it: codes and kinds, and names once they are published. Empty before the
    applications have closed, when nobody is a member."""
    named = names_public(document, course)
    return [
        PublicMember(
            id=m.id,
            code=m.code,
            kind=m.kind,
            field=m.field,
            chair=m.chair,
            drawn=m.drawn,
            name=m.name if named else None,
            employer=m.employer if named else None,
        )
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


@dataclass(frozen=True, slots=True)
class ApplicationRow:
    """An eligible application on the organiser's page. `recused`: (member code, ground) for each recusal."""

    ref: str
    product: str
    expected: int
    recused: tuple[tuple[str, Ground], ...]
    undeclared: tuple[str, ...]
    enough: bool


@dataclass(frozen=True, slots=True)
class Forming:
    """The committee as the organiser forms it. `left`: member code → declarations still to make; `incomplete` and
    `blocking`: what the composition lacks, and what else keeps scoring from beginning."""

    round: RoundView
    document: RoundDocument
    members: tuple[MemberView, ...]
    former: tuple[MemberView, ...]
    applications: tuple[ApplicationRow, ...]
    left: Mapping[str, int]
    candidates: tuple[Person, ...]
    incomplete: tuple[Problem, ...]
    blocking: tuple[Problem, ...]
    closes: datetime
    counted: Mapping[str, object]


def forming_for(
    session: Session, ref: str, *, actor: Actor, now: datetime, phases: Collection[Phase] = ()
) -> Forming:
    """The committee of the round for its organiser. Raises NotFound, NotAllowed, WrongPhase."""
    running = running_for(session, ref, actor=actor, now=now, permission=Permission.FORM_COMMITTEE, phases=phases)
    return _forming(session, running.round, running.document, running.seats, now)


def _forming(
    session: Session, view: RoundView, document: RoundDocument, seats: Collection[SeatView], now: datetime
) -> Forming:
    everybody = members_of(session, view.id, in_force=False)
    members = [member for member in everybody if member.ended_at is None]
    codes = {member.id: member.code for member in members}
    applicants, grounds = applicants_of(session, view.id), grounds_of(session, view.id)
    sheets = sheets_of(applicants, members, grounds)
    quorum = document.scoring.quorum
    rows = tuple(
        ApplicationRow(
            ref=applicant.ref,
            product=applicant.product,
            expected=sheets[applicant.id].expected,
            recused=tuple((codes[m], grounds[m, applicant.id]) for m in sheets[applicant.id].recused),
            undeclared=tuple(codes[m] for m in sheets[applicant.id].undeclared),
            enough=len(members) - len(sheets[applicant.id].recused) >= quorum,
        )
        for applicant in applicants
    )
    taken = {seat.user_id for seat in seats if conflicting(frozenset({seat.role}), Role.MEMBER)}
    taken |= {member.user_id for member in members}
    closes, counted = clocks.working_deadline(
        document, start=now, working_days=document.timetable.scoring_working_days
    )
    return Forming(
        round=view,
        document=document,
        members=tuple(members),
        former=tuple(member for member in everybody if member.ended_at is not None),
        applications=rows,
        left={code: sum(code in row.undeclared for row in rows) for code in codes.values()},
        candidates=tuple(p for p in people_for(session, Role.MEMBER) if p.user_id not in taken),
        incomplete=tuple(check_composition(members, document.committee)),
        blocking=tuple(check_ready({a.id: a.ref for a in applicants}, codes, grounds, quorum)),
        closes=closes,
        counted=counted,
    )


@dataclass(frozen=True, slots=True)
class MemberIn:
    """A member in force of a round."""

    round: RoundView
    member: MemberView


def member_for(session: Session, ref: str, code: str, *, actor: Actor, now: datetime) -> MemberIn:
    """For the round's supervisor. Raises NotFound, NotAllowed."""
    found = find_round(session, ref, actor=actor)
    require(actor, Permission.HOLD_ROUND, round_id=found.id)
    member = next((member for member in members_of(session, found.id) if member.code == code), None)
    if member is None:
        raise NotFound(N_("There is no such member on this committee."))
    return MemberIn(view_of(session, found, now=now), member)


@dataclass(frozen=True, slots=True)
class Supervised:
    """The committee for the round's supervisor: who sits, who left and why."""

    round: RoundView
    document: RoundDocument
    members: tuple[MemberView, ...]
    former: tuple[MemberView, ...]


def supervised_for(session: Session, ref: str, *, actor: Actor, now: datetime) -> Supervised:
    """Raises NotFound, NotAllowed, WrongPhase."""
    running = running_for(session, ref, actor=actor, now=now, permission=Permission.HOLD_ROUND)
    everybody = members_of(session, running.round.id, in_force=False)
    return Supervised(
        running.round,
        running.document,
        tuple(member for member in everybody if member.ended_at is None),
        tuple(member for member in everybody if member.ended_at is not None),
    )


@dataclass(frozen=True, slots=True)
class Declaring:
    """One member's declarations. `declared`: application ref → what was declared; `drafts`: what was chosen and kept
    for later."""

    round: RoundView
    document: RoundDocument
    member: MemberView
    applicants: tuple[Applicant, ...]
    declared: Mapping[str, DeclarationView]
    drafts: Mapping[str, Declared]

    @property
    def left(self) -> int:
        """How many applications wait for a declaration."""
        return len(self.applicants) - len(self.declared)


def declaring_for(session: Session, ref: str, *, actor: Actor, now: datetime) -> Declaring:
    """The member's own declarations in the round. Raises NotFound, NotAllowed."""
    found = find_round(session, ref, actor=actor)
    require(actor, Permission.DECLARE_INTERESTS, round_id=found.id)
    member = member_of(session, found.id, actor.user_id)
    if member is None:
        raise NotAllowed(N_("Only a member of this committee may do this."))
    applicants = applicants_of(session, found.id)
    declarations = declarations_of(session, found.id)
    return Declaring(
        round=view_of(session, found, now=now),
        document=rules_of(session, found.id),
        member=member,
        applicants=tuple(applicants),
        declared={a.ref: declarations[member.id, a.id] for a in applicants if (member.id, a.id) in declarations},
        drafts=_drafts_of(session, member.id),
    )


def _drafts_of(session: Session, member_id: int) -> dict[str, Declared]:
    """Application ref → what the member has chosen and kept for later."""
    wanted = (
        select(Application.ref, DeclarationDraft.ground, DeclarationDraft.detail)
        .join(Application, Application.id == DeclarationDraft.application_id)
        .where(DeclarationDraft.member_id == member_id)
    )
    return {ref: Declared(Ground(ground), detail) for ref, ground, detail in session.execute(wanted)}


@dataclass(frozen=True, slots=True)
class Seated:
    """A committee that somebody sits on, with the declarations still to make there. `answer_due`: until when to say
    whether one takes the seat, None when nothing is to be said; `may_leave`: before scoring."""

    round: RoundView
    code: str
    left: int
    answer_due: datetime | None
    may_leave: bool


def committees_of(session: Session, *, actor: Actor, now: datetime) -> list[Seated]:
    """The committees on which `actor` sits, newest round first, in the same number of statements however many."""
    own = session.execute(
        select(Member, Round)
        .join(Round, Round.id == Member.round_id)
        .where(Member.user_id == actor.user_id, Member.ended_at.is_(None))
        .order_by(Round.id.desc())
    ).all()
    courses = courses_of(session, [found.id for _member, found in own])
    to_declare = dict.fromkeys((found.id for _member, found in own), 0)
    waiting = (
        select(Application.round_id, func.count())
        .join(
            Verdict, (Verdict.application_id == Application.id) & Verdict.superseded_at.is_(None) & Verdict.eligible
        )
        .join(Member, (Member.round_id == Application.round_id) & Member.ended_at.is_(None))
        .outerjoin(
            Declaration,
            (Declaration.application_id == Application.id)
            & (Declaration.member_id == Member.id)
            & Declaration.replaced_at.is_(None),
        )
        .where(
            Member.user_id == actor.user_id,
            Application.current.is_not(None),
            Application.withdrawn_at.is_(None),
            Declaration.id.is_(None),
        )
        .group_by(Application.round_id)
    )
    for round_id, count in session.execute(waiting):
        to_declare[round_id] = count
    return [_seated(member, found, courses[found.id], to_declare[found.id], now) for member, found in own]


def _seated(member: Member, found: Round, course: Course, left: int, now: datetime) -> Seated:
    phase = course.phase_at(now)
    title = Text(found.title_en, found.title_zh)
    forming = phase in (Phase.CHECKING, Phase.FORMING)
    return Seated(
        RoundView(found.id, found.ref, title, course, phase, found.created_at),
        member.code,
        left if phase is Phase.FORMING else 0,
        member.answer_due_at if forming and member.accepted_at is None else None,
        forming,
    )


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a committee is, for the board."""

    members: int
    incomplete: tuple[Problem, ...]
    blocking: tuple[Problem, ...]


def progress_of(session: Session, *, round_id: int, document: RoundDocument) -> Progress:
    """See Progress."""
    members = members_of(session, round_id)
    problems = check_ready(
        {a.id: a.ref for a in applicants_of(session, round_id)},
        {m.id: m.code for m in members},
        grounds_of(session, round_id),
        document.scoring.quorum,
    )
    return Progress(len(members), tuple(check_composition(members, document.committee)), tuple(problems))


@dataclass(frozen=True, slots=True)
class Relations:
    """What members wrote about their relations in one round."""

    round: RoundView
    rows: tuple[RecusalDetail, ...]


def relations_for(session: Session, ref: str, *, actor: Actor, now: datetime) -> Relations:
    """For the round's supervisor. Raises NotFound, NotAllowed."""
    found = find_round(session, ref, actor=actor)
    rows = recusal_details(session, actor=actor, round_id=found.id)
    return Relations(view_of(session, found, now=now), tuple(rows))
