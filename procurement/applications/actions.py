"""Acts of applying and of checking, each an entry in the public log: submitting, withdrawing, a verdict, closing the
check. Acts on drafts are in `writing.py`."""

import secrets
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from procurement.access import Actor, Permission, Role, acting_as, require
from procurement.applications import checkers, letters, own, queries, supplementing, verifying
from procurement.applications.checklist import check_against_verdict
from procurement.applications.content import Submission
from procurement.applications.entries import (
    ApplicationSigned,
    ApplicationSubmitted,
    ApplicationWithdrawn,
    CheckingClosed,
    Lapsed,
    VerdictGiven,
    VerdictTakenBack,
)
from procurement.applications.models import Application, ApplicationDraft, ApplicationVersion, Verdict
from procurement.applications.questions import overdue_problems
from procurement.applications.rules import check_complete, product_key
from procurement.applications.verdicts import ELIGIBLE_REASONS, Reason, check_too_few, check_verdict, met
from procurement.applications.writing import editable, require_applicant, require_open
from procurement.errors import N_, NotFound, Problem, WrongPhase, refuse_if
from procurement.merchants.models import Merchant
from procurement.publiclog.entry import Salted, digest_of
from procurement.publiclog.writing import append
from procurement.rounds import actions as round_actions
from procurement.rounds import canonical
from procurement.rounds import queries as rounds
from procurement.rounds.models import Round
from procurement.rounds.phases import Kind, Phase
from procurement.rounds.rules import AbortReason
from procurement.rounds.scoring_rule import Text
from procurement.uploads import Upload


@dataclass(frozen=True, slots=True)
class Receipt:
    """What an applicant keeps of a submission. `sha256`: of the RFC 8785 text, as it stands in the public log."""

    ref: str
    key: str
    version: int
    sha256: str
    at: datetime


# ---- submitting --------------------------------------------------------------------------------------------------


def submit(session: Session, *, actor: Actor, now: datetime, key: str, signed: Upload | None = None) -> Receipt:
    """Freeze a complete draft as the next version of the application, hash it and log the hash.

    Until the deadline a further submission is a new version; at the closing instant itself it is too late. `signed`:
    the paper on which it was read back to the applicant and signed, when a clerk wrote it.
    """
    require(actor, Permission.APPLY)
    draft, merchant = editable(session, actor, now, key)
    found = session.get_one(Round, draft.round_id)
    require_applicant(session, found, merchant, now)
    content = own.draft_content(session, draft)
    needs = queries.needs_of(rounds.rules_of(session, found.id), merchant, now)
    refuse_if(check_complete(content, needs))
    rules_version, _, _ = rounds.rules_record(session, found.id)
    application = _application(session, draft, found)
    version = application.current + 1 if application is not None else 1
    ref = application.ref if application is not None else f"{found.ref}-A{_next_number(session, found):03d}"
    submission = Submission(
        round=found.ref,
        application=ref,
        applicant=merchant.ref,
        version=version,
        salt=secrets.token_hex(16),
        content=content,
    )
    if application is None:
        application = Application(
            ref=ref,
            round_id=found.id,
            number=int(ref.rpartition("-A")[2]),
            merchant_id=merchant.id,
            current=version,
            product_name=content.product.name,
            product_key=product_key(content.product.name),
            category=str(content.product.category),
            submitted_at=now,
            rules_version=rules_version,
        )
        session.add(application)
        session.flush()
        draft.application_id = application.id
    else:
        application.current = version
        application.product_name = content.product.name
        application.product_key = product_key(content.product.name)
        application.category = str(content.product.category)
        application.submitted_at, application.rules_version = now, rules_version
    text = submission.text
    sha256 = canonical.digest(text)
    session.add(
        ApplicationVersion(
            application_id=application.id,
            version=version,
            document=text,
            sha256=sha256,
            rules_version=rules_version,
            submitted_at=now,
            submitted_by_id=actor.user_id,
            signed_digest=signed.digest if signed else None,
            signed_type=signed.media_type if signed else "",
            signed_name=signed.name if signed else "",
        )
    )
    role = acting_as(actor, Permission.APPLY)
    append(
        session,
        ApplicationSubmitted(
            application=Salted(ref, whose=f"merchant:{merchant.ref}"),
            document=sha256,
            compared=canonical.digest(submission.compared),
            again=version > 1,
            rules=rules_version,
        ),
        now=now,
        actor=actor,
        role=role,
        round_ref=found.ref,
    )
    if signed is not None:
        paper = ApplicationSigned(
            application=Salted(ref, whose=f"merchant:{merchant.id}"), document=sha256, paper=signed.digest
        )
        append(session, paper, now=now, actor=actor, role=role, round_ref=found.ref)
    checkers.tell_helpers(session, found, application, draft, actor=actor, now=now)
    letters.tell(
        session,
        merchant.id,
        "applications/submitted",
        now,
        ref=ref,
        product=content.product.name,
        **letters.about_round(found),
        version=version,
        sha256=sha256,
        at=now.isoformat(),
        closes=letters.closes(session, found, now),
        path=f"/my/applications/{draft.key}/submitted",
    )
    return Receipt(ref, draft.key, version, sha256, now)


def withdraw(session: Session, *, actor: Actor, now: datetime, ref: str) -> None:
    """Withdraw an application before the deadline. It keeps its number; a new one may be begun."""
    require(actor, Permission.APPLY)
    found, application = queries.locked_application(session, ref)
    if not queries.is_own(session, actor, application.merchant_id):
        raise NotFound(N_("There is no application “%(ref)s”."), ref=ref[:40])
    require_open(session, found, now)
    if application.withdrawn_at is not None:
        raise WrongPhase(N_("This application was withdrawn already."))
    application.withdrawn_at = now
    draft = session.scalars(select(ApplicationDraft).where(ApplicationDraft.application_id == application.id)).one()
    draft.closed_at = now
    checkers.tell_helpers(session, found, application, draft, actor=actor, now=now)
    sha256 = queries.sha256_of(session, application)
    merchant = session.get_one(Merchant, application.merchant_id)
    append(
        session,
        ApplicationWithdrawn(application=Salted(ref, whose=f"merchant:{merchant.ref}"), document=sha256),
        now=now,
        actor=actor,
        role=acting_as(actor, Permission.APPLY),
        round_ref=found.ref,
    )
    letters.tell(
        session,
        application.merchant_id,
        "applications/withdrawn",
        now,
        ref=ref,
        product=application.product_name,
        **letters.about_round(found),
        at=now.isoformat(),
        closes=letters.closes(session, found, now),
    )


# ---- checking ----------------------------------------------------------------------------------------------------


def give_verdict(
    session: Session,
    *,
    actor: Actor,
    now: datetime,
    ref: str,
    reason_code: str,
    explanation: str,
    gates: Collection[str],
) -> None:
    """Say whether an application is eligible. Until checking closes a later verdict supersedes an earlier one.

    `reason_code`: verdicts.Reason, which also says whether it is eligible; `gates`: codes of the round's conditions
    that are met.
    """
    found, application = queries.locked_application(session, ref)
    require(actor, Permission.CHECK_APPLICATIONS, round_id=found.id)
    course = rounds.course_of(session, found.id)
    course.require(now, Phase.CHECKING)
    queries.require_standing(session, application)
    checkers.require_checker(session, actor, application)
    if course.rechecking is not None and _judged_before(session, application, course.rechecking):
        raise WrongPhase(N_("A ruling has other applications checked once more; this verdict stands."))
    reason = Reason(reason_code) if reason_code in set(Reason) else None
    codes = [gate.code for gate in rounds.rules_of(session, found.id).gates]
    ticked = {code: code in gates for code in codes}
    eligible = reason in ELIGIBLE_REASONS
    problems = check_verdict(eligible=eligible, reason=reason, explanation=explanation, gates=ticked)
    if reason is Reason.READMITTED:
        problems.append(Problem(N_("Re-admission comes from a ruling only."), field="reason_code"))
    problems += check_against_verdict(verifying.results_of(session, application.id), eligible=eligible, reason=reason)
    problems += supplementing.awaited_problems(
        supplementing.supplements_for(session, application.id, found.id, now=now)
    )
    refuse_if(problems)
    _record_verdict(session, actor, now, found, application, eligible, reason_code, explanation, ticked, None)
    if not eligible:
        # At once, so that the applicant can object or complete the papers while the check goes on.
        view = queries.applications_by_ref(session, [ref], now=now)[ref]
        letters.tell_verdict(session, found, view, now, final=False)


def close_checking(session: Session, *, actor: Actor, now: datetime, round_ref: str) -> None:
    """End the check: every application has its verdict, enough of them are eligible, no question is overdue."""
    found = rounds.find_round(session, round_ref, lock=True, actor=actor)
    require(actor, Permission.CHECK_APPLICATIONS, round_id=found.id)
    rounds.course_of(session, found.id).require(now, Phase.CHECKING)
    views = queries.applications_of(session, found.id, now=now)
    lapsed = queries.lapsed_of(session, found.id, now=now)
    refuse_if(
        supplementing.awaited_problems(supplementing.awaited_in(session, found.id, now=now))
        + queries.blocks(views, rounds.rules_of(session, found.id).least_eligible)
        + overdue_problems(session, found.id, now=now)
    )
    round_actions.record(session, round=found, kind=Kind.CHECKING_CLOSED, at=now, by=actor)
    append(
        session,
        CheckingClosed(
            eligible=tuple(view.ref for view in views if view.eligible),
            ineligible=tuple(view.ref for view in views if not view.eligible),
            lapsed=tuple(Lapsed(application=one.ref, document=one.sha256) for one in lapsed),
        ),
        now=now,
        actor=actor,
        role=Role.ORGANISER,
        round_ref=found.ref,
    )
    for view in views:
        letters.tell_verdict(session, found, view, now)


def end_for_few(session: Session, *, actor: Actor, now: datetime, round_ref: str, explanation: Text) -> None:
    """End the round without a selection because too few applications are eligible: the check is complete, and its
    outcome says so. The explanation is published. Raises NotFound, NotAllowed, WrongPhase, RuleBroken."""
    found = rounds.find_round(session, round_ref, lock=True, actor=actor)
    require(actor, Permission.CHECK_APPLICATIONS, round_id=found.id)
    rounds.course_of(session, found.id).require(now, Phase.CHECKING)
    round_actions.abort(
        session, actor=actor, now=now, ref=found.ref, reason=AbortReason.FEW_ELIGIBLE, explanation=explanation
    )


@round_actions.before_ending_for_few
def _enough(session: Session, found: Round, now: datetime) -> list[Problem]:
    """Who withdrew is not counted, and nobody is whose verdict is still to come."""
    views = queries.applications_of(session, found.id, now=now)
    problems = check_too_few(
        without_verdict=[view.ref for view in views if view.verdict is None],
        eligible=sum(view.eligible for view in views),
        minimum=rounds.rules_of(session, found.id).least_eligible,
    )
    return problems + supplementing.awaited_problems(supplementing.awaited_in(session, found.id, now=now))


def replace_verdict(
    session: Session,
    *,
    actor: Actor,
    now: datetime,
    application: str,
    eligible: bool,
    reason_code: str,
    explanation: str,
    objection_ref: str,
) -> None:
    """Carry out a ruling: the verdict on `application` (its ref) becomes another, in any phase from checking on.

    The ruling itself decided whether and when; who rules is asked here once more.
    """
    found, row = queries.locked_application(session, application)
    require(actor, Permission.RULE_OBJECTION, round_id=found.id)
    rounds.course_of(session, found.id).require(
        now,
        *(Phase.CHECKING, Phase.FORMING, Phase.SCORING, Phase.OPENED, Phase.NOTICE, Phase.RULING, Phase.DECIDING),
        under_hold=True,
    )
    reason = Reason(reason_code) if reason_code in set(Reason) else None
    # A ruling is about what was attacked and need not go through every gate again.
    refuse_if(check_verdict(eligible=eligible, reason=reason, explanation=explanation, gates={}))
    _record_verdict(session, actor, now, found, row, eligible, reason_code, explanation, {}, objection_ref)
    view = queries.applications_by_ref(session, [application], now=now)[application]
    letters.tell_verdict(session, found, view, now)


def take_back_verdict(session: Session, *, actor: Actor, now: datetime, application: str, objection_ref: str) -> None:
    """Carry out a ruling: the application `application` (its ref) has no verdict any more and is checked once more.

    The ruling itself decided whether and when; it also sends the round back to checking. Raises NotFound, NotAllowed,
    WrongPhase.
    """
    found, row = queries.locked_application(session, application)
    require(actor, Permission.RULE_OBJECTION, round_id=found.id)
    rounds.course_of(session, found.id).require(
        now,
        *(Phase.CHECKING, Phase.FORMING, Phase.SCORING, Phase.OPENED, Phase.NOTICE, Phase.RULING, Phase.DECIDING),
        under_hold=True,
    )
    verdict = session.scalars(
        select(Verdict).where(Verdict.application_id == row.id, Verdict.superseded_at.is_(None)).with_for_update()
    ).one_or_none()
    if verdict is None:
        raise WrongPhase(N_("This application has no verdict that could be taken back."))
    verdict.superseded_at = now
    session.flush()
    append(
        session,
        VerdictTakenBack(application=row.ref, objection=objection_ref),
        now=now,
        actor=actor,
        role=Role.SUPERVISOR,
        round_ref=found.ref,
    )


# ---- parts -------------------------------------------------------------------------------------------------------


def _application(session: Session, draft: ApplicationDraft, found: Round) -> Application | None:
    if draft.application_id is None:
        return None
    return session.scalars(
        select(Application)
        .where(Application.id == draft.application_id, Application.round_id == found.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one()


def _next_number(session: Session, found: Round) -> int:
    """The round is locked, so no two applications get one number."""
    return (session.scalar(select(func.max(Application.number)).where(Application.round_id == found.id)) or 0) + 1


def _judged_before(session: Session, application: Application, moment: datetime) -> bool:
    """Whether the verdict in force was given before `moment`."""
    wanted = select(Verdict.given_at).where(Verdict.application_id == application.id, Verdict.superseded_at.is_(None))
    given = session.scalars(wanted).one_or_none()
    return given is not None and given < moment


def _record_verdict(
    session: Session,
    actor: Actor,
    now: datetime,
    found: Round,
    application: Application,
    eligible: bool,
    reason_code: str,
    explanation: str,
    gates: dict[str, bool],
    objection_ref: str | None,
) -> None:
    explanation = canonical.plain_text(explanation)
    earlier = session.scalars(
        select(Verdict)
        .where(Verdict.application_id == application.id, Verdict.superseded_at.is_(None))
        .with_for_update()
    ).one_or_none()
    if earlier is not None:
        earlier.superseded_at = now
        session.flush()
    session.add(
        Verdict(
            application_id=application.id,
            eligible=eligible,
            reason_code=reason_code,
            explanation=explanation,
            gates=gates,
            given_at=now,
            given_by_id=actor.user_id,
            objection_ref=objection_ref,
        )
    )
    append(
        session,
        VerdictGiven(
            application=application.ref,
            document=queries.sha256_of(session, application),
            eligible=eligible,
            reason=reason_code,
            met=met(gates),
            explanation=digest_of(explanation),
            replaces=earlier is not None,
            objection=objection_ref,
        ),
        now=now,
        actor=actor,
        role=Role.SUPERVISOR if objection_ref else Role.ORGANISER,
        round_ref=found.ref,
    )
