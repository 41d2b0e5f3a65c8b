"""What is done about the proposed result: notice is given, somebody objects, it is answered, ruled on, carried out.

Every act locks the round's row first. A ruling and its effect are one transaction: there is no upheld objection whose
effect is still to come, but for what only the organiser can do (amend the call, draw up another decision).
"""

import hashlib
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from procurement.access import Actor, Permission, Role, require
from procurement.accounts.models import User
from procurement.applications.actions import replace_verdict
from procurement.applications.verdicts import Reason
from procurement.committee.actions import recuse
from procurement.committee.queries import members_of
from procurement.committee.rules import Ground as RecusalGround
from procurement.errors import N_, NotAllowed, NotFound, RuleBroken, WrongPhase, refuse_if
from procurement.mail import queue_mail
from procurement.objections.entries import (
    NoticeGiven,
    ObjectionAdmitted,
    ObjectionAnswered,
    ObjectionFiled,
    ObjectionInadmissible,
    ObjectionRuled,
    ObjectionWithdrawn,
)
from procurement.objections.models import Notice, Objection, ObjectionFile, ObjectionStep
from procurement.objections.queries import (
    RoundForObjections,
    addresses_of,
    attacked_by,
    facts_of,
    find_objection,
    next_notice,
    notice_problems,
    objection_of,
    proposal_of,
    window_of,
)
from procurement.objections.rules import (
    HANDLED_IN,
    Detail,
    Effect,
    Filing,
    Inadmissible,
    Remedy,
    Step,
    check_filing,
    check_remedy,
    check_ruling,
    check_text,
    check_transition,
    days_for,
    is_address,
    may_judge,
    public_name,
)
from procurement.publiclog.entry import Entry, Salted, digest_of
from procurement.publiclog.writing import append
from procurement.rounds import clocks
from procurement.rounds.actions import record
from procurement.rounds.canonical import canonical_text, plain_text
from procurement.rounds.models import Round
from procurement.rounds.phases import Kind, Phase
from procurement.rounds.queries import course_of, find_round, role_in, rules_of, rules_record
from procurement.rounds.scoring_rule import Text
from procurement.scoring.actions import Cause, correct_mark, retally, void_sheet
from procurement.scoring.models import TallyRun
from procurement.scoring.queries import has_sealed, tally_of
from procurement.scoring.rules import CorrectionGround

# --- notice -------------------------------------------------------------------------------------------------------


def give_notice(session: Session, *, actor: Actor, now: datetime, ref: str, tally_sha256: str) -> Notice:
    """Put the ranked proposal on public notice for the full period; anyone may object until it closes.

    `tally_sha256`: the computation that was read on the page before; one made since is not what was meant. Raises
    NotFound, NotAllowed, WrongPhase, RuleBroken.
    """
    found = find_round(session, ref, lock=True)
    require(actor, Permission.GIVE_NOTICE, round_id=found.id)
    course_of(session, found.id).require(now, Phase.OPENED)
    tally = tally_of(session, found.id)
    if tally is None or tally.sha256 != tally_sha256:
        raise RuleBroken(N_("The result was computed again after you read it. Read it once more."))
    document = rules_of(session, found.id)
    refuse_if(notice_problems(session, found.id, tally, document, now=now))
    closes, counted = clocks.notice_deadline(document, start=now)
    number = next_notice(session, found.id)
    text = canonical_text(
        {
            "v": 1,
            "round": found.ref,
            "notice": number,
            "rules": rules_record(session, found.id)[1],
            "tally": {"number": tally.number, "sha256": tally.sha256},
            "slots": document.scoring.slots,
            "reserves": document.scoring.reserves,
            "proposal": proposal_of(session, found.id, tally, now=now),
        }
    )
    notice = Notice(
        round_id=found.id,
        number=number,
        tally_run_id=_run_id(session, found, tally.number),
        document=text,
        sha256=digest_of(text.encode()),
        given_at=now,
        closes_at=closes,
        counted=counted,
        given_by_id=actor.user_id,
    )
    session.add(notice)
    record(
        session,
        round=found,
        kind=Kind.NOTICE_GIVEN,
        at=now,
        by=actor,
        subject=str(number),
        closes=closes,
        counted=counted,
    )
    entry = NoticeGiven(
        number=number,
        document=notice.sha256,
        tally=tally.sha256,
        closes=closes,
        provisional=counted["provisional"],
    )
    append(session, entry, now=now, actor=actor, role=Role.ORGANISER, round_ref=found.ref)
    return notice


def _run_id(session: Session, found: Round, number: int) -> int:
    wanted = select(TallyRun.id).where(TallyRun.round_id == found.id, TallyRun.number == number)
    return session.scalars(wanted).one()


# --- filing -------------------------------------------------------------------------------------------------------


def token_digest(token: str) -> str:
    """What is kept of the secret in the link that follows an objection."""
    return hashlib.sha256(token.encode()).hexdigest()


def file_objection(
    session: Session, *, actor: Actor, now: datetime, ref: str, filing: Filing, token: str, language: str
) -> Objection:
    """File an objection in the round `ref`. Anyone may; it cannot be changed afterwards.

    `token`: a fresh secret for the link with which the filer follows and withdraws it. Raises NotFound, NotAllowed,
    WrongPhase (the time for it is over or has not come), RuleBroken.
    """
    found = find_round(session, ref, lock=True)
    require(actor, Permission.OBJECT, round_id=found.id)
    course = course_of(session, found.id)
    if course.published is None:
        raise NotFound(N_("There is no round “%(ref)s”."), ref=ref[:40])
    document, filing = rules_of(session, found.id), filing.plain()
    place = RoundForObjections(
        found.id, found.ref, Text(found.title_en, found.title_zh), course.phase_at(now), course, document
    )
    window = window_of(session, place, filing.target, ref=filing.target_ref, now=now)
    if window.why is not None:
        raise WrongPhase(window.why)
    refuse_if(check_filing(filing, facts_of(session, found.id, now=now)))
    number = 1 + (session.scalar(select(func.max(Objection.number)).where(Objection.round_id == found.id)) or 0)
    objection = Objection(
        ref=f"{found.ref}-O{number:02d}",
        round_id=found.id,
        number=number,
        target=filing.target,
        target_ref=filing.target_ref,
        ground=filing.ground,
        argument=filing.argument,
        remedy=filing.remedy,
        remedy_detail=filing.detail.to_json(),
        filer_kind=filing.filer,
        public_name=public_name(filing.filer, filing.name, withhold=filing.withhold_name),
        filer_name=filing.name,
        contact=filing.contact,
        filer_user_id=actor.user_id,
        language=language,
        filed_at=now,
        token_sha256=token_digest(token),
    )
    session.add(objection)
    session.flush()
    for file in filing.files:
        session.add(
            ObjectionFile(
                objection_id=objection.id,
                name=file.name,
                digest=file.digest,
                media_type=file.media_type,
                size=file.size,
                added_at=now,
            )
        )
    step = _step(session, found, objection, Step.FILED, now=now, by=actor)
    record(session, round=found, kind=Kind.OBJECTION_FILED, at=now, by=actor, subject=objection.ref)
    detail, whose = filing.detail, f"objection:{objection.ref}"
    entry = ObjectionFiled(
        objection=objection.ref,
        target=filing.target,
        target_ref=filing.target_ref or None,
        ground=filing.ground,
        argument=digest_of(filing.argument),
        remedy=filing.remedy,
        application=detail.application or None,
        member=detail.member or None,
        criterion=detail.criterion or None,
        value=detail.value,
        files=tuple(file.digest for file in filing.files),
        filer=filing.filer,
        name=Salted(filing.name, whose=whose),
        contact=Salted(filing.contact, whose=whose),
        due=_due(step),
    )
    role = Role.MERCHANT if Role.MERCHANT in actor.roles else Role.VISITOR
    append(session, entry, now=now, actor=actor, role=role, round_ref=found.ref)
    if is_address(objection.contact):
        _write_to_filer(session, objection, "objections/filed", now, {}, {"path": follow_path(language, token)})
    _tell(session, found, Role.SUPERVISOR, objection, now)
    return objection


def follow_path(language: str, token: str) -> str:
    """The address of the page on which a filer follows an objection."""
    return f"/{language}/objections/follow/{token}"


def _due(step: ObjectionStep) -> datetime:
    if step.due_at is None:
        raise RuntimeError("this step sets a deadline")
    return step.due_at


# --- steps --------------------------------------------------------------------------------------------------------


def _step(
    session: Session,
    found: Round,
    objection: Objection,
    kind: Step,
    *,
    now: datetime,
    by: Actor,
    code: str = "",
    text: str = "",
    effect: Effect | None = None,
) -> ObjectionStep:
    """Write down what happened, and the deadline it sets."""
    document = rules_of(session, found.id)
    days = days_for(kind, document.timetable)
    due, counted = (None, None)
    if days is not None:
        due, counted = clocks.working_deadline(document, start=now, working_days=days)
    step = ObjectionStep(
        objection_id=objection.id,
        kind=kind,
        code=code,
        text=text,
        effect=None if effect is None else effect.to_json(),
        at=now,
        by_id=by.user_id,
        due_at=due,
        counted=counted,
    )
    session.add(step)
    session.flush()
    return step


def _locked(session: Session, ref: str) -> tuple[Round, Objection]:
    """The objection `ref` and its round, which is locked first as in every act. Raises NotFound."""
    round_ref = session.get_one(Round, find_objection(session, ref).round_id).ref
    found = find_round(session, round_ref, lock=True)
    return found, find_objection(session, ref)


def _judged_by(session: Session, actor: Actor, found: Round, objection: Objection) -> None:
    """Only a supervisor of the round whose own act is not objected to. Raises NotAllowed."""
    require(actor, Permission.RULE_OBJECTION, round_id=found.id)
    if actor.user_id is None:
        raise NotAllowed(N_("Please sign in first. If you were signed in, your session has ended."))
    problem = may_judge(actor.user_id, attacked=attacked_by(session, objection), filer=objection.filer_user_id)
    if problem is not None:
        raise NotAllowed(problem)


def _state(session: Session, objection: Objection) -> Step:
    return objection_of(session, objection.ref).state


def _settle(session: Session, found: Round, objection: Objection, *, now: datetime, by: Actor) -> None:
    record(session, round=found, kind=Kind.OBJECTION_SETTLED, at=now, by=by, subject=objection.ref)


def _say(
    session: Session, entry: Entry, found: Round, *, now: datetime, actor: Actor, permission: Permission
) -> None:
    append(session, entry, now=now, actor=actor, role=role_in(actor, permission, found.id), round_ref=found.ref)


def admit(session: Session, *, actor: Actor, now: datetime, ref: str) -> None:
    """A supervisor admits an objection: the organiser answers it. Raises NotFound, NotAllowed, WrongPhase,
    RuleBroken."""
    found, objection = _locked(session, ref)
    _judged_by(session, actor, found, objection)
    course_of(session, found.id).require(now, *HANDLED_IN)
    refuse_if(check_transition(_state(session, objection), Step.ADMITTED))
    step = _step(session, found, objection, Step.ADMITTED, now=now, by=actor)
    entry = ObjectionAdmitted(objection=objection.ref, due=_due(step))
    _say(session, entry, found, now=now, actor=actor, permission=Permission.RULE_OBJECTION)
    _tell_filer(session, objection, Step.ADMITTED, now)
    _tell(session, found, Role.ORGANISER, objection, now)


def refuse_admission(
    session: Session, *, actor: Actor, now: datetime, ref: str, reason: Inadmissible, text: str
) -> None:
    """A supervisor finds an objection inadmissible, with a coded reason and an explanation. Raises NotFound,
    NotAllowed, WrongPhase, RuleBroken."""
    found, objection = _locked(session, ref)
    _judged_by(session, actor, found, objection)
    course_of(session, found.id).require(now, *HANDLED_IN)
    text = plain_text(text)
    refuse_if(check_transition(_state(session, objection), Step.INADMISSIBLE) or check_text(text))
    _step(session, found, objection, Step.INADMISSIBLE, now=now, by=actor, code=reason, text=text)
    _settle(session, found, objection, now=now, by=actor)
    entry = ObjectionInadmissible(objection=objection.ref, reason=reason, text=digest_of(text))
    _say(session, entry, found, now=now, actor=actor, permission=Permission.RULE_OBJECTION)
    _tell_filer(session, objection, Step.INADMISSIBLE, now)


def answer(session: Session, *, actor: Actor, now: datetime, ref: str, text: str) -> None:
    """The organiser answers an admitted objection in public. Raises NotFound, NotAllowed, WrongPhase, RuleBroken."""
    found, objection = _locked(session, ref)
    require(actor, Permission.ANSWER_OBJECTION, round_id=found.id)
    course_of(session, found.id).require(now, *HANDLED_IN)
    text = plain_text(text)
    refuse_if(check_transition(_state(session, objection), Step.ANSWERED) or check_text(text))
    step = _step(session, found, objection, Step.ANSWERED, now=now, by=actor, text=text)
    entry = ObjectionAnswered(objection=objection.ref, text=digest_of(text), due=_due(step))
    _say(session, entry, found, now=now, actor=actor, permission=Permission.ANSWER_OBJECTION)
    _tell_filer(session, objection, Step.ANSWERED, now)
    _tell(session, found, Role.SUPERVISOR, objection, now)


def withdraw(session: Session, *, actor: Actor, now: datetime, ref: str, token: str | None = None) -> None:
    """Whoever filed an objection takes it back: by account, or by the secret of its link. Raises NotFound,
    NotAllowed, WrongPhase, RuleBroken."""
    found, objection = _locked(session, ref)
    require(actor, Permission.OBJECT, round_id=found.id)
    by_account = actor.user_id is not None and actor.user_id == objection.filer_user_id
    if not by_account and (token is None or token_digest(token) != objection.token_sha256):
        raise NotAllowed(N_("Only whoever filed this objection may withdraw it."))
    course_of(session, found.id).require(now, *HANDLED_IN)
    refuse_if(check_transition(_state(session, objection), Step.WITHDRAWN))
    _step(session, found, objection, Step.WITHDRAWN, now=now, by=actor)
    _settle(session, found, objection, now=now, by=actor)
    role = Role.MERCHANT if Role.MERCHANT in actor.roles else Role.VISITOR
    entry = ObjectionWithdrawn(objection=objection.ref)
    append(session, entry, now=now, actor=actor, role=role, round_ref=found.ref)
    _tell_filer(session, objection, Step.WITHDRAWN, now)


# --- ruling -------------------------------------------------------------------------------------------------------


def rule(
    session: Session,
    *,
    actor: Actor,
    now: datetime,
    ref: str,
    outcome: Step,
    text: str,
    effect: Effect | None = None,
) -> None:
    """A supervisor rules on an objection, with reasons; the effect of an upheld one is carried out at once.

    When that changes who is proposed in which order, the notice is superseded and a new one must be given for its
    full period. Raises NotFound, NotAllowed, WrongPhase, RuleBroken.
    """
    found, objection = _locked(session, ref)
    _judged_by(session, actor, found, objection)
    course_of(session, found.id).require(now, *HANDLED_IN)
    view, text = objection_of(session, ref), plain_text(text)
    problems = check_ruling(
        state=view.state, outcome=outcome, answer_due=view.due, effect=effect, target=view.target, now=now
    )
    if effect is not None and not problems:
        problems += check_remedy(view.target, effect.remedy, effect.detail, facts_of(session, found.id, now=now))
    refuse_if(problems + check_text(text))
    _step(session, found, objection, outcome, now=now, by=actor, text=text, effect=effect)
    reopened = None
    if effect is not None:
        reopened = _carry_out(session, found, objection, effect, text, actor=actor, now=now)
    _settle(session, found, objection, now=now, by=actor)
    detail = Detail() if effect is None else effect.detail
    entry = ObjectionRuled(
        objection=objection.ref,
        outcome=outcome,
        text=digest_of(text),
        effect=None if effect is None else effect.remedy,
        application=detail.application or None,
        member=detail.member or None,
        criterion=detail.criterion or None,
        value=detail.value,
        reopened=reopened,
    )
    _say(session, entry, found, now=now, actor=actor, permission=Permission.RULE_OBJECTION)
    _tell_filer(session, objection, outcome, now)


def _carry_out(
    session: Session, found: Round, objection: Objection, effect: Effect, text: str, *, actor: Actor, now: datetime
) -> Kind | None:
    """Do what the ruling orders. Returns the milestone by which the round goes back, or None when it goes on."""
    before = _order(session, found)
    common: dict[str, Any] = {"actor": actor, "now": now, "objection_ref": objection.ref}
    detail = effect.detail
    match effect.remedy:
        case Remedy.CORRECT_SCORE if detail.value is not None:
            correct_mark(
                session,
                **common,
                ref=found.ref,
                application_ref=detail.application,
                member_code=detail.member,
                criterion=detail.criterion,
                value=detail.value,
                ground=CorrectionGround.RULING,
                reason=text,
            )
        case Remedy.VOID_SHEET:
            _void(session, found, detail, text, common)
        case Remedy.EXCLUDE | Remedy.READMIT:
            readmitted = effect.remedy is Remedy.READMIT
            replace_verdict(
                session,
                **common,
                application=detail.application,
                eligible=readmitted,
                reason_code=Reason.READMITTED if readmitted else effect.reason,
                explanation=text,
            )
            # A readmitted application has no sheets yet: its result comes when they are opened.
            if before is not None and not readmitted:
                retally(session, round=found, cause=Cause.VERDICT, now=now, by=actor)
        case Remedy.RECUSE if effect.ground is not None:
            _recuse(session, found, detail, effect.ground, text, common)
        case Remedy.RERUN:
            retally(session, round=found, cause=Cause.CORRECTION, now=now, by=actor)
    return _go_back(session, found, effect, before, actor=actor, now=now)


def _void(session: Session, found: Round, detail: Detail, text: str, common: dict[str, Any]) -> None:
    void_sheet(
        session, **common, ref=found.ref, application_ref=detail.application, member_code=detail.member, reason=text
    )


def _recuse(
    session: Session, found: Round, detail: Detail, ground: RecusalGround, text: str, common: dict[str, Any]
) -> None:
    member = next((one for one in members_of(session, found.id) if one.code == detail.member), None)
    if member is None:
        raise NotFound(N_("There is no such member in this round."))
    recuse(
        session,
        actor=common["actor"],
        now=common["now"],
        ref=found.ref,
        member_id=member.id,
        application_ref=detail.application,
        ground=ground,
        cause=common["objection_ref"],
    )
    if has_sealed(session, found.id, application_ref=detail.application, member_id=member.id):
        _void(session, found, detail, text, common)


def _order(session: Session, found: Round) -> list[tuple[str, int | None, str]] | None:
    """Who is proposed in which order; None while scores are sealed."""
    if course_of(session, found.id).scores_opened is None:
        return None
    tally = tally_of(session, found.id)
    return None if tally is None else [(line.application, line.rank, line.outcome) for line in tally.ranking]


def _go_back(
    session: Session,
    found: Round,
    effect: Effect,
    before: list[tuple[str, int | None, str]] | None,
    *,
    actor: Actor,
    now: datetime,
) -> Kind | None:
    """Send the round back as far as the effect demands.

    An application that was admitted after scoring began, or that has too few sheets left, must be declared for and
    scored; a changed order must be on notice for its full period.
    """
    course = course_of(session, found.id)
    to_be_scored = effect.remedy is Remedy.READMIT and course.scoring_began is not None
    lost_sheets = before is not None and effect.remedy in (Remedy.VOID_SHEET, Remedy.RECUSE)
    kind: Kind | None = None
    if to_be_scored or (lost_sheets and _too_few(session, found)):
        kind = Kind.REOPENED_FORMING
    elif course.notice_given is not None and before is not None and _order(session, found) != before:
        kind = Kind.REOPENED_TALLY
    if kind is None:
        return None
    if course.notice_given is not None:
        notice = session.scalars(
            select(Notice).where(Notice.round_id == found.id, Notice.superseded_at.is_(None)).with_for_update()
        ).one()
        notice.superseded_at = now
        session.flush()
    record(session, round=found, kind=kind, at=now, by=actor)
    return kind


def _too_few(session: Session, found: Round) -> bool:
    tally, quorum = tally_of(session, found.id), rules_of(session, found.id).scoring.quorum
    return tally is not None and any(line.sheets < quorum for line in tally.ranking)


# --- letters ------------------------------------------------------------------------------------------------------


def _write_to_filer(
    session: Session,
    objection: Objection,
    template: str,
    now: datetime,
    context: dict[str, str],
    secret: dict[str, str] | None = None,
) -> None:
    language = objection.language
    account = session.get(User, objection.filer_user_id) if objection.filer_user_id is not None else None
    to = objection.contact if is_address(objection.contact) else (account.email if account else None)
    if to is None:
        return
    letter = {
        "name": objection.filer_name,
        "objection": objection.ref,
        "page": f"/{language}/objections/{objection.ref}",
        **context,
    }
    queue_mail(
        session,
        to=to,
        language=language,
        template=template,
        context=letter,
        secret=secret,
        about=objection.ref,
        now=now,
    )


def _tell_filer(session: Session, objection: Objection, step: Step, now: datetime) -> None:
    """Write to the filer that their objection has come a step further."""
    _write_to_filer(session, objection, "objections/step", now, {"step": step.value})


def _tell(session: Session, found: Round, role: Role, objection: Objection, now: datetime) -> None:
    """Write to everybody who holds `role` in the round that an objection waits for them."""
    for to, language in addresses_of(session, found.id, role):
        letter = {
            "objection": objection.ref,
            "page": f"/{language}/objections/{objection.ref}/handle",
        }
        queue_mail(
            session,
            to=to,
            language=language,
            template="objections/waiting",
            context=letter,
            about=objection.ref,
            now=now,
        )
