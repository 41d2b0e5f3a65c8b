"""What is done about the proposed result: notice is given, somebody objects, it is answered, ruled on, carried out.

Every act locks the round's row first. A ruling and its effect (effects.py) are one transaction: there is no upheld
objection whose effect is still to come, but for what only the organiser can do (amend the call, draw up another
decision). What may happen on the way has files of its own: a clock is stopped (pausing.py), a merchant who is
attacked is heard (hearing.py), one turns to the outside authority (escalating.py), another supervisor is named
(substitutes.py).
"""

import hashlib
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from procurement.access import Actor, Permission, Role, require
from procurement.applications.checkers import require_no_helper
from procurement.errors import N_, NotAllowed, NotFound, RuleBroken, WrongPhase, refuse_if
from procurement.objections.effects import carry_out
from procurement.objections.entries import (
    NoticeGiven,
    ObjectionAdmitted,
    ObjectionAnswered,
    ObjectionFiled,
    ObjectionInadmissible,
    ObjectionRuled,
    ObjectionWithdrawn,
)
from procurement.objections.hearing import tell_parties
from procurement.objections.models import Notice, Objection, ObjectionAttacked, ObjectionFile, ObjectionStep
from procurement.objections.queries import (
    RoundForObjections,
    attacked_by,
    facts_of,
    next_notice,
    notice_problems,
    proposal_of,
    standing_of,
    window_of,
)
from procurement.objections.rules import (
    HANDLED_IN,
    JUDGED_IN,
    Detail,
    Effect,
    Filing,
    Inadmissible,
    Step,
    check_filing,
    check_remedy,
    check_ruling,
    check_step,
    check_text,
    is_address,
    public_name,
)
from procurement.objections.steps import (
    due_of,
    filers_role,
    judged_by,
    locked,
    say,
    settle,
    tell,
    tell_filer,
    write_step,
    write_to_filer,
)
from procurement.publiclog.entry import Salted, digest_of
from procurement.publiclog.writing import append
from procurement.rounds import clocks
from procurement.rounds.actions import record
from procurement.rounds.canonical import canonical_text, plain_text
from procurement.rounds.models import Round
from procurement.rounds.phases import Kind, Phase
from procurement.rounds.queries import course_of, find_round, rules_of, rules_record
from procurement.rounds.scoring_rule import Text
from procurement.scoring.models import TallyRun
from procurement.scoring.queries import tally_of

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
    attacked = sorted(attacked_by(session, objection))
    session.add_all(ObjectionAttacked(objection_id=objection.id, user_id=account) for account in attacked)
    step = _first_step(session, found, objection, now=now, by=actor)
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
        attacked=tuple(Salted(f"user:{account}", whose=f"user:{account}") for account in attacked),
        due=due_of(step),
    )
    append(session, entry, now=now, actor=actor, role=filers_role(actor), round_ref=found.ref)
    if is_address(objection.contact):
        due, secret = due_of(step).isoformat(), {"path": follow_path(language, token)}
        write_to_filer(session, objection, "objections/filed", now, {"due": due}, secret)
    tell(session, found, Role.SUPERVISOR, objection, now, "filed", due_of(step))
    return objection


def _first_step(session: Session, found: Round, objection: Objection, *, now: datetime, by: Actor) -> ObjectionStep:
    """Filing sets the first deadline and makes no paper, so nothing need be known of the objection yet."""
    document = rules_of(session, found.id)
    due, counted = clocks.working_deadline(
        document, start=now, working_days=document.timetable.admissibility_working_days
    )
    step = ObjectionStep(
        objection_id=objection.id, kind=Step.FILED, at=now, by_id=by.user_id, due_at=due, counted=counted
    )
    session.add(step)
    session.flush()
    return step


def follow_path(language: str, token: str) -> str:
    """The address of the page on which a filer follows an objection."""
    return f"/{language}/objections/follow/{token}"


# --- steps --------------------------------------------------------------------------------------------------------


def admit(session: Session, *, actor: Actor, now: datetime, ref: str) -> None:
    """A supervisor admits an objection: the organiser answers it, and the award stays frozen. Merchants whose result
    it attacks are told. Raises NotFound, NotAllowed, WrongPhase, RuleBroken."""
    found, objection, view = locked(session, ref, now=now)
    judged_by(session, actor, found, objection)
    course = course_of(session, found.id)
    course.require(now, *JUDGED_IN)
    refuse_if(check_step(standing_of(view, course, now=now), Step.ADMITTED))
    step = write_step(session, found, view, Step.ADMITTED, now=now, by=actor)
    if step.limit_at is None:
        raise RuntimeError("an admitted objection has a limit")
    entry = ObjectionAdmitted(objection=objection.ref, due=due_of(step), limit=step.limit_at)
    say(session, entry, found, now=now, actor=actor, permission=Permission.RULE_OBJECTION)
    tell_parties(session, found, objection, view, actor=actor, now=now)
    tell_filer(session, objection, Step.ADMITTED, now, due_of(step))
    tell(session, found, Role.ORGANISER, objection, now, "admitted", due_of(step))


def refuse_admission(
    session: Session, *, actor: Actor, now: datetime, ref: str, reason: Inadmissible, text: str
) -> None:
    """A supervisor finds an objection inadmissible, with a coded reason and an explanation. Raises NotFound,
    NotAllowed, WrongPhase, RuleBroken."""
    found, objection, view = locked(session, ref, now=now)
    judged_by(session, actor, found, objection)
    course = course_of(session, found.id)
    course.require(now, *JUDGED_IN)
    text = plain_text(text)
    refuse_if(check_step(standing_of(view, course, now=now), Step.INADMISSIBLE) or check_text(text))
    step = write_step(session, found, view, Step.INADMISSIBLE, now=now, by=actor, code=reason, text=text)
    settle(session, found, objection.ref, now=now, by=actor)
    entry = ObjectionInadmissible(
        objection=objection.ref, reason=reason, text=digest_of(text), document=str(step.sha256)
    )
    say(session, entry, found, now=now, actor=actor, permission=Permission.RULE_OBJECTION)
    tell_filer(session, objection, Step.INADMISSIBLE, now)


def answer(session: Session, *, actor: Actor, now: datetime, ref: str, text: str) -> None:
    """The organiser answers an admitted objection in public. Raises NotFound, NotAllowed, WrongPhase, RuleBroken."""
    found, objection, view = locked(session, ref, now=now)
    require(actor, Permission.ANSWER_OBJECTION, round_id=found.id)
    require_no_helper(session, actor, found.id)
    course = course_of(session, found.id)
    course.require(now, *HANDLED_IN)
    text = plain_text(text)
    refuse_if(check_step(standing_of(view, course, now=now), Step.ANSWERED) or check_text(text))
    step = write_step(session, found, view, Step.ANSWERED, now=now, by=actor, text=text)
    entry = ObjectionAnswered(
        objection=objection.ref, text=digest_of(text), document=str(step.sha256), due=due_of(step)
    )
    say(session, entry, found, now=now, actor=actor, permission=Permission.ANSWER_OBJECTION)
    tell_filer(session, objection, Step.ANSWERED, now, due_of(step))
    tell(session, found, Role.SUPERVISOR, objection, now, "answered", due_of(step))


def filed_it(actor: Actor, objection: Objection, token: str | None) -> bool:
    """Whether this is who filed the objection: by account, or by the secret of its link."""
    by_account = actor.user_id is not None and actor.user_id == objection.filer_user_id
    return by_account or (token is not None and token_digest(token) == objection.token_sha256)


def withdraw(session: Session, *, actor: Actor, now: datetime, ref: str, token: str | None = None) -> None:
    """Whoever filed an objection takes it back: by account, or by the secret of its link. Raises NotFound,
    NotAllowed, WrongPhase, RuleBroken."""
    found, objection, view = locked(session, ref, now=now)
    require(actor, Permission.OBJECT, round_id=found.id)
    if not filed_it(actor, objection, token):
        raise NotAllowed(N_("Only whoever filed this objection may withdraw it."))
    course = course_of(session, found.id)
    course.require(now, *JUDGED_IN)
    refuse_if(check_step(standing_of(view, course, now=now), Step.WITHDRAWN))
    write_step(session, found, view, Step.WITHDRAWN, now=now, by=actor)
    settle(session, found, objection.ref, now=now, by=actor)
    entry = ObjectionWithdrawn(objection=objection.ref)
    append(session, entry, now=now, actor=actor, role=filers_role(actor), round_ref=found.ref)
    tell_filer(session, objection, Step.WITHDRAWN, now)


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
    full period. A hold does not keep a ruling from being made. Raises NotFound, NotAllowed, WrongPhase, RuleBroken.
    """
    found, objection, view = locked(session, ref, now=now)
    judged_by(session, actor, found, objection)
    course = course_of(session, found.id)
    course.require(now, *JUDGED_IN)
    text = plain_text(text)
    problems = check_ruling(standing_of(view, course, now=now), outcome, effect, now=now)
    if effect is not None and not problems:
        problems += check_remedy(view.target, effect.remedy, effect.detail, facts_of(session, found.id, now=now))
    refuse_if(problems + check_text(text))
    reopened = None
    if effect is not None:
        reopened = carry_out(session, found, objection, effect, text, actor=actor, now=now)
    step = write_step(session, found, view, outcome, now=now, by=actor, text=text, effect=effect, reopened=reopened)
    settle(session, found, objection.ref, now=now, by=actor)
    detail = Detail() if effect is None else effect.detail
    entry = ObjectionRuled(
        objection=objection.ref,
        outcome=outcome,
        text=digest_of(text),
        document=str(step.sha256),
        effect=None if effect is None else effect.remedy,
        application=detail.application or None,
        member=detail.member or None,
        criterion=detail.criterion or None,
        value=detail.value,
        reopened=reopened,
        due=step.due_at,
    )
    say(session, entry, found, now=now, actor=actor, permission=Permission.RULE_OBJECTION)
    tell_filer(session, objection, outcome, now)
    tell(session, found, Role.ORGANISER, objection, now, "ruled", step.due_at)
