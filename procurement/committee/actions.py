"""What is done about the committee: appointed, interests declared, scoring begun, a member recused late.

Draws are in draws.py, members who leave in leaving.py, the register of experts in register.py.
"""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from procurement.access import Actor, Permission, Role, require
from procurement.accounts.models import User
from procurement.committee.candidates import recent_committees
from procurement.committee.entries import Declaration as Declared_
from procurement.committee.entries import (
    InterestsDeclared,
    MemberRecused,
    ScoringBegan,
)
from procurement.committee.expertise import rotated_out
from procurement.committee.models import Declaration, DeclarationDraft, Member
from procurement.committee.queries import applicants_of, grounds_of, member_of, members_of
from procurement.committee.recusing import Outcome
from procurement.committee.requests import open_requests, settle_request
from procurement.committee.rules import (
    LONGEST_DETAIL,
    Declared,
    Ground,
    MemberKind,
    Place,
    check_appointment,
    check_composition,
    check_declaration,
    check_ready,
)
from procurement.committee.seats import find_member, seat, write_to
from procurement.errors import N_, NotAllowed, NotFound, Problem, RuleBroken, refuse_if
from procurement.publiclog.writing import append
from procurement.rounds import clocks
from procurement.rounds.actions import RUNNING, record
from procurement.rounds.models import Milestone, Round
from procurement.rounds.phases import Kind, Phase
from procurement.rounds.queries import course_of, find_round, rules_of
from procurement.rounds.rules import ExpertsChosen, RoundDocument

FORMING = (Phase.CHECKING, Phase.FORMING)
"""Members are named after applications have closed, so that nobody can apply with an eye to them."""


def appoint(
    session: Session,
    *,
    actor: Actor,
    now: datetime,
    ref: str,
    user_id: int,
    kind: MemberKind,
    field: str = "",
    chair: bool = False,
) -> Member:
    """Appoint a person to the committee: a seat as member, within the composition rule and the table of roles that
    exclude each other. Raises NotFound, NotAllowed, WrongPhase, RuleBroken."""
    found = find_round(session, ref, lock=True)
    require(actor, Permission.FORM_COMMITTEE, round_id=found.id)
    course = course_of(session, found.id)
    course.require(now, *FORMING)
    document = rules_of(session, found.id)
    problems = check_appointment(members_of(session, found.id), Place(kind, chair), document.committee)
    if kind is MemberKind.EXPERT and not field.strip():
        problems.append(Problem(N_("Say in which field this person is an expert."), {}, "field"))
    if kind is MemberKind.EXPERT and document.committee.experts_chosen is ExpertsChosen.DRAWN:
        problems.append(Problem(N_("By the rules of this round experts are drawn, not appointed."), {}, "kind"))
    if chair and document.committee.experts_chosen is ExpertsChosen.DRAWN:
        problems.append(Problem(N_("The expert who is drawn first chairs."), {}, "chair"))
    user = session.get(User, user_id)
    problems += _check_rotation(session, document, course.published, kind, user_id)
    refuse_if(problems)
    if user is None:
        raise RuleBroken(N_("Choose a person with an account in use."), field="user_id")
    member = seat(session, found, user=user, kind=kind, field=field.strip(), chair=chair, now=now, actor=actor)
    write_to(session, [user], "committee/appointed", found, now, code=member.code)
    return member


def _check_rotation(
    session: Session, document: RoundDocument, published: datetime | None, kind: MemberKind, user_id: int
) -> list[Problem]:
    """Whoever sat in the last rounds pauses; the organiser's own representative speaks for an office."""
    if kind is MemberKind.ORGANISER or published is None:
        return []
    rotation = document.committee.rotation
    sat = [user_id in one for one in recent_committees(session, before=published, count=rotation)]
    if not rotated_out(sat, rotation):
        return []
    return [
        Problem(
            N_("This person sat in each of the last %(rounds)s rounds and pauses."), {"rounds": rotation}, "user_id"
        )
    ]


def declare(session: Session, *, actor: Actor, now: datetime, ref: str, declarations: Mapping[str, Declared]) -> None:
    """A member declares, for one or more eligible applications (by ref), a ground or none. A ground recuses at once.

    What is declared again unchanged changes nothing; none may become a ground, never the other way. Raises NotFound,
    NotAllowed, WrongPhase, RuleBroken.
    """
    found = find_round(session, ref, lock=True)
    require(actor, Permission.DECLARE_INTERESTS, round_id=found.id)
    member = member_of(session, found.id, actor.user_id)
    if member is None:
        raise NotAllowed(N_("Only a member of this committee may do this."))
    course_of(session, found.id).require(now, Phase.FORMING)
    applicants = {applicant.ref: applicant.id for applicant in applicants_of(session, found.id)}
    if unknown := [given for given in declarations if given not in applicants]:
        raise RuleBroken(N_("%(ref)s is no eligible application of this round."), ref=unknown[0][:40])
    if not declarations:
        raise RuleBroken(N_("Choose a ground or “none” for at least one application."))
    before = grounds_of(session, found.id)
    refuse_if(
        [
            problem
            for given, declared in declarations.items()
            for problem in check_declaration(given, declared, before.get((member.id, applicants[given])))
        ]
    )
    changed = {
        given: declared
        for given, declared in declarations.items()
        if before.get((member.id, applicants[given])) is not declared.ground
    }
    for given, declared in changed.items():
        _replace(session, found, member.id, applicants[given], declared, now)
    drafts = DeclarationDraft.application_id.in_([applicants[given] for given in declarations])
    session.execute(delete(DeclarationDraft).where(DeclarationDraft.member_id == member.id, drafts))
    recused = {applicants[given] for given, declared in changed.items() if declared.ground is not Ground.NONE}
    for request in open_requests(session, found.id, member_id=member.id):
        if request.application_id in recused:
            settle_request(session, found, request, Outcome.MOOT, now=now, by=None, acting_as=None)
    if changed:
        entry = InterestsDeclared(
            member=member.code,
            declarations=tuple(
                Declared_(application=given, ground=declared.ground) for given, declared in changed.items()
            ),
        )
        append(session, entry, now=now, actor=actor, role=Role.MEMBER, round_ref=found.ref)


def save_declarations(
    session: Session, *, actor: Actor, now: datetime, ref: str, declarations: Mapping[str, Declared]
) -> None:
    """Keep what a member has chosen so far, complete or not; it declares nothing, is not logged, and nobody else can
    read it. Applications that are not in `declarations` lose what was kept for them. Raises NotFound, NotAllowed,
    WrongPhase, RuleBroken."""
    found = find_round(session, ref)
    require(actor, Permission.DECLARE_INTERESTS, round_id=found.id)
    member = member_of(session, found.id, actor.user_id)
    if member is None:
        raise NotAllowed(N_("Only a member of this committee may do this."))
    course_of(session, found.id).require(now, Phase.FORMING)
    applicants = {applicant.ref: applicant.id for applicant in applicants_of(session, found.id)}
    if unknown := [given for given in declarations if given not in applicants]:
        raise RuleBroken(N_("%(ref)s is no eligible application of this round."), ref=unknown[0][:40])
    if any(len(declared.detail) > LONGEST_DETAIL for declared in declarations.values()):
        raise RuleBroken(N_("Use at most %(most)s characters."), most=LONGEST_DETAIL)
    before = grounds_of(session, found.id)
    session.execute(delete(DeclarationDraft).where(DeclarationDraft.member_id == member.id))
    for given, declared in declarations.items():
        if before.get((member.id, applicants[given])) is None:
            draft = DeclarationDraft(
                member_id=member.id,
                application_id=applicants[given],
                round_id=found.id,
                ground=declared.ground,
                detail=declared.detail,
                saved_at=now,
            )
            session.add(draft)
    session.flush()


def _replace(
    session: Session, found: Round, member_id: int, application_id: int, declared: Declared, now: datetime
) -> None:
    before = session.scalars(
        select(Declaration).where(
            Declaration.member_id == member_id,
            Declaration.application_id == application_id,
            Declaration.replaced_at.is_(None),
        )
    ).one_or_none()
    if before is not None:
        before.replaced_at = now
        session.flush()  # only one may be in force
    session.add(
        Declaration(
            round_id=found.id,
            member_id=member_id,
            application_id=application_id,
            ground=declared.ground,
            detail=declared.detail.strip(),
            declared_at=now,
        )
    )
    session.flush()


def begin_scoring(session: Session, *, actor: Actor, now: datetime, ref: str) -> Milestone:
    """The committee is complete, every pair declared and every application above quorum: scoring begins, for the
    working days that the rules give. Raises NotFound, NotAllowed, WrongPhase, RuleBroken."""
    found = find_round(session, ref, lock=True)
    require(actor, Permission.FORM_COMMITTEE, round_id=found.id)
    course_of(session, found.id).require(now, Phase.FORMING)
    document = rules_of(session, found.id)
    members, applicants = members_of(session, found.id), applicants_of(session, found.id)
    grounds = grounds_of(session, found.id)
    refuse_if(
        check_composition(members, document.committee)
        + check_ready(
            {applicant.id: applicant.ref for applicant in applicants},
            {member.id: member.code for member in members},
            grounds,
            document.scoring.quorum,
        )
    )
    closes, counted = clocks.working_deadline(
        document, start=now, working_days=document.timetable.scoring_working_days
    )
    milestone = record(
        session, round=found, kind=Kind.SCORING_BEGAN, at=now, by=actor, closes=closes, counted=counted
    )
    eligible = {applicant.id for applicant in applicants}
    entry = ScoringBegan(
        members=len(members),
        applications=len(applicants),
        recusals=sum(g is not Ground.NONE for pair, g in grounds.items() if pair[1] in eligible),
        closes=closes,
        provisional=counted["provisional"],
    )
    append(session, entry, now=now, actor=actor, role=Role.ORGANISER, round_ref=found.ref)
    users = session.scalars(select(User).where(User.id.in_([member.user_id for member in members])).order_by(User.id))
    write_to(session, users, "committee/scoring-began", found, now, closes=closes.isoformat())
    return milestone


def recuse(
    session: Session,
    *,
    actor: Actor,
    now: datetime,
    ref: str,
    member_id: int,
    application_ref: str,
    ground: Ground,
    cause: str,
    detail: str = "",
) -> None:
    """Carry out a ruling that a member may not score an application; `cause` is the objection's reference.

    A sheet that the member sealed for it is voided by the step that rules, not here. Raises NotFound, NotAllowed,
    WrongPhase, RuleBroken.
    """
    found = find_round(session, ref, lock=True)
    require(actor, Permission.RULE_OBJECTION, round_id=found.id)
    course_of(session, found.id).require(now, *RUNNING, under_hold=True)
    member = find_member(session, found, member_id)
    applicants = {applicant.ref: applicant.id for applicant in applicants_of(session, found.id)}
    if application_ref not in applicants:
        raise NotFound(N_("There is no eligible application “%(ref)s” in this round."), ref=application_ref[:40])
    if ground is Ground.NONE:
        raise RuleBroken(N_("A recusal needs a ground."), field="ground")
    before = grounds_of(session, found.id).get((member_id, applicants[application_ref]))
    if before not in (None, Ground.NONE):
        raise RuleBroken(N_("This member is recused from this application already."))
    _replace(session, found, member_id, applicants[application_ref], Declared(ground, detail), now)
    entry = MemberRecused(member=member.code, application=application_ref, ground=ground, cause=cause)
    append(session, entry, now=now, actor=actor, role=Role.SUPERVISOR, round_ref=found.ref)
