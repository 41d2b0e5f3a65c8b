"""What is done with decisions: drawn up, sealed, approved by its signatories, signed, published.

Rendering and signing are slow and happen outside any transaction (jobs.py); `record_sealed` and `record_signed` then
record what was made, after asking again whether it is still wanted. A decision that is drawn up again before it is
published starts over: its signatures were for another text.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from procurement import jobs, pdf
from procurement.access import Actor, Permission, Role, require
from procurement.accounts.models import User
from procurement.accounts.queries import Attempt
from procurement.applications.checkers import require_no_helper
from procurement.decisions import facts as gathering
from procurement.decisions import history, withdrawing  # noqa: F401 (what earlier steps ask of this one)
from procurement.decisions.document import DecisionDocument, Effect, Outcome, SignatoryRole, instant
from procurement.decisions.entries import (
    DecisionApproved,
    DecisionDeclined,
    DecisionDrawnUp,
    DecisionPublished,
    DecisionRenewed,
    DecisionSealed,
    DecisionSigned,
    PlaceGivenUp,
)
from procurement.decisions.models import TO_SIGN, Decision, DecisionEdition, DecisionSignature, GivenUp
from procurement.decisions.outside import Received
from procurement.decisions.own_keys import in_force
from procurement.decisions.queries import (
    awaited,
    decision_in_force,
    decision_in_work,
    editions_of,
    find_decision,
    missing_before,
    own_eligible,
    signatures_of,
)
from procurement.decisions.rules import (
    GIVING_UP,
    MEMBERS,
    check_choice,
    check_declining,
    check_dissent,
    check_giving_up,
    check_ordered,
    check_publishable,
    check_reasons,
    check_result,
    check_signable,
    check_signatories,
    check_validity,
    departs_from_rule,
    late,
    phases_for,
)
from procurement.errors import N_, NotAllowed, RuleBroken, WrongPhase, refuse_if
from procurement.mail import Mail, queue_mail
from procurement.publiclog.entry import Salted, digest_of
from procurement.publiclog.writing import append
from procurement.rounds import clocks
from procurement.rounds.actions import record
from procurement.rounds.models import Round
from procurement.rounds.phases import Kind
from procurement.rounds.queries import course_of, find_round, role_in, rules_of, seats_of
from procurement.rounds.scoring_rule import Text

SEAL_FIELD = "seal"
NOT_PUT_IN = "decisions/not-put-in"


@dataclass(frozen=True, slots=True)
class Choice:
    """What the organiser decides. `outcomes`: application → what becomes of it; `departure`: the reasoned minute."""

    effect: Effect
    language: str
    outcomes: Mapping[str, Outcome]
    reasons: Text
    departure: Text | None
    valid_until: date


@dataclass(frozen=True, slots=True)
class Place:
    """Where the decision will be found: the public address of the site, and whether all of it is invented."""

    base_url: str
    demonstration: bool


class Outdated(Exception):
    """What was made rests on a state of the document that is no longer the latest: make it again."""


def draw_up(session: Session, *, actor: Actor, now: datetime, ref: str, choice: Choice, place: Place) -> str:
    """Draw up the decision of round `ref` from the record, and have it set and sealed. Returns its reference.

    A version that is not published yet is discarded with its signatures. Raises NotFound, NotAllowed, WrongPhase,
    RuleBroken.
    """
    found = find_round(session, ref, lock=True)
    require(actor, Permission.DRAW_UP_DECISION, round_id=found.id)
    require_no_helper(session, actor, found.id)
    course_of(session, found.id).require(now, *phases_for(choice.effect))
    facts = gathering.gather(session, found, now=now, organiser=actor)
    annuls = choice.effect is Effect.ANNULLED
    departure = None if annuls else choice.departure
    nothing = dict.fromkeys((line.application for line in facts.result.ranking), Outcome.NOT_SELECTED)
    outcomes = nothing if annuls else choice.outcomes
    problems = check_ordered(choice.effect, [one.objection for one in facts.ordered_by])
    problems += check_result(noticed=facts.noticed, computed=facts.computed)
    if not annuls:
        problems += check_choice(
            facts.result.ranking,
            outcomes,
            slots=facts.round.slots,
            reserves=facts.round.reserves,
            departure=departure,
        )
    problems += check_reasons(choice.reasons)
    problems += check_validity(choice.valid_until, today=facts.today, planned_on=facts.planned_on)
    problems += check_signatories([person.role for person in facts.people])
    refuse_if(problems)

    earlier = decision_in_work(session, found.id)
    if earlier is not None:
        earlier.discarded_at = now
        session.flush()
    replaced = decision_in_force(session, found.id)
    version = 1 + (session.scalar(select(func.max(Decision.version)).where(Decision.round_id == found.id)) or 0)
    document = gathering.compose(
        facts,
        reference=f"{found.ref}-D{version}",
        issued=instant(now),
        language=choice.language,
        effect=choice.effect,
        supersedes=replaced.ref if replaced else None,
        base_url=place.base_url,
        demonstration=place.demonstration,
        outcomes=outcomes,
        reasons=choice.reasons,
        departure=departure,
        valid_until=choice.valid_until,
    )
    pdf.check_characters(document.text)
    decision = Decision(
        ref=document.reference,
        code=document.code,
        round_id=found.id,
        version=version,
        effect=choice.effect,
        supersedes_id=replaced.id if replaced else None,
        language=choice.language,
        document=document.text,
        sha256=document.sha256,
        drawn_up_at=now,
        drawn_up_by_id=actor.user_id,
    )
    session.add(decision)
    session.flush()
    _ask_for_signatures(session, decision, document, facts)
    decision.job_id = jobs.enqueue(session, "decisions.seal", {"decision": decision.id}, now)
    append(
        session,
        DecisionDrawnUp(
            decision=decision.ref,
            document=decision.sha256,
            effect=choice.effect,
            departs=not annuls and departs_from_rule(facts.result.ranking, outcomes),
            signatories=len(document.signatories),
            instead_of=earlier.ref if earlier else None,
        ),
        now=now,
        actor=actor,
        role=role_in(actor, Permission.DRAW_UP_DECISION, found.id),
        round_ref=found.ref,
    )
    return decision.ref


def _ask_for_signatures(
    session: Session, decision: Decision, document: DecisionDocument, facts: gathering.Facts
) -> None:
    session.add(
        DecisionSignature(
            decision_id=decision.id,
            position=0,
            field=SEAL_FIELD,
            user_id=None,
            role=SignatoryRole.SEAL,
            name=document.organiser.name.zh if document.language == "zh" else document.organiser.name.en,
        )
    )
    for position, (person, signatory) in enumerate(zip(facts.people, document.signatories, strict=True), start=1):
        session.add(
            DecisionSignature(
                decision_id=decision.id,
                position=position,
                field=signatory.field,
                user_id=person.user_id,
                role=person.role,
                name=person.name,
            )
        )


def give_up(session: Session, *, actor: Actor, now: datetime, application_ref: str, reason: str) -> None:
    """A merchant gives up the place that its application has in the result, or may come to have.

    From the opening of the scores to the end of the round. What follows is a decision: the first, or one that amends
    the published one. Raises NotFound (also for everybody else), WrongPhase, RuleBroken.
    """
    require(actor, Permission.OWN_BUSINESS)
    found = find_round(session, application_ref.rpartition("-")[0], lock=True)
    application = own_eligible(session, actor=actor, ref=application_ref)
    course_of(session, found.id).require(now, *GIVING_UP)
    if session.get(GivenUp, application.id) is not None:
        raise WrongPhase(N_("This place has been given up already."))
    refuse_if(check_giving_up(reason))
    session.add(
        GivenUp(application_id=application.id, round_id=found.id, at=now, by_id=actor.user_id, reason=reason.strip())
    )
    session.flush()
    append(
        session,
        PlaceGivenUp(application=application.ref, reason=digest_of(reason.strip())),
        now=now,
        actor=actor,
        role=Role.MERCHANT,
        round_ref=found.ref,
    )
    for user in _organisers(session, found):
        queue_mail(
            session,
            to=user.email,
            language=user.language,
            template="decisions/given-up",
            context={
                "application": application.ref,
                "product": application.product_name,
                "title": {"en": found.title_en, "zh": found.title_zh},
                "page": f"/{user.language}/rounds/{found.ref}/decision",
            },
            about=application.ref,
            now=now,
        )


def _organisers(session: Session, found: Round) -> Sequence[User]:
    """Whoever organises the round."""
    seated = [seat.user_id for seat in seats_of(session, found.id) if seat.role is Role.ORGANISER and seat.in_use]
    return session.scalars(select(User).where(User.id.in_(seated)).order_by(User.id)).all()


def record_sealed(
    session: Session,
    *,
    now: datetime,
    decision_id: int,
    base: tuple[str, int],
    file: tuple[str, int],
    certificate: str,
) -> None:
    """Record the sealed PDF. `base`, `file`: (SHA-256, size in bytes) of stored blobs, before and after the seal.

    Does nothing when it is recorded already, or when the decision has been drawn up again meanwhile.
    """
    decision, found = _locked(session, decision_id)
    if decision.file_digest is not None or decision.discarded_at is not None:
        return
    seal, *others = signatures_of(session, decision.id)
    rules = rules_of(session, found.id)
    days = rules.timetable.decision_working_days
    for signature in others:
        if signature.role in MEMBERS:
            _, signature.counted = clocks.working_deadline(rules, start=now, working_days=days)
    decision.base_digest, decision.base_size = base
    decision.file_digest, decision.file_size = file
    _put_in(seal, turn=0, now=now, file=file, certificate=certificate)
    append(
        session,
        DecisionSealed(decision=decision.ref, base=base[0], file=file[0], certificate=certificate),
        now=now,
        actor=None,
        role=None,
        round_ref=found.ref,
    )
    _invite(session, decision, found, now=now, roles=MEMBERS)


def approve(
    session: Session,
    *,
    actor: Actor,
    now: datetime,
    ref: str,
    document: str,
    dissent: str,
    attempt: Attempt,
) -> None:
    """Sign decision `ref`, as the person whose signature it needs: approved now, put into the file by a job.

    `document` is the digest of the decision the signatory was shown, `attempt` the comparison of their password,
    `dissent` an opinion that becomes part of the signature, or "". Raises NotFound, NotAllowed, WrongPhase and
    RuleBroken.
    """
    decision, found = _locked(session, find_decision(session, ref).id)
    require(actor, Permission.SIGN_DECISION, round_id=found.id)
    require_no_helper(session, actor, found.id)
    signatures = signatures_of(session, decision.id)
    own = next((s for s in signatures if s.user_id == actor.user_id), None)
    if own is None:
        raise NotAllowed(N_("This decision does not need your signature."))
    course_of(session, found.id).require(now, *phases_for(Effect(decision.effect)))
    _require_open(decision, own)
    user = session.get_one(User, actor.user_id)
    if attempt.email != user.email or attempt.matched_hash is None or attempt.matched_hash != user.password_hash:
        raise RuleBroken(N_("This is not your password."), field="password")
    problems = check_signable(
        seen=document,
        document=decision.sha256,
        sealed=decision.file_digest is not None,
        role=SignatoryRole(own.role),
        missing_before=missing_before(session, decision, SignatoryRole(own.role), now=now),
    )
    refuse_if(problems + check_dissent(dissent))
    own.approved_at, own.dissent = now, dissent
    own.job_id = jobs.enqueue(session, "decisions.sign", {"signature": own.id}, now)
    append(
        session,
        DecisionApproved(
            decision=decision.ref,
            document=decision.sha256,
            field=own.field,
            dissent=digest_of(dissent) if dissent else None,
        ),
        now=now,
        actor=actor,
        role=role_in(actor, Permission.SIGN_DECISION, found.id),
        round_ref=found.ref,
    )


def bring(
    session: Session, *, actor: Actor, now: datetime, ref: str, document: str, dissent: str, received: Received
) -> None:
    """Record a signature that its signatory made elsewhere: their own act and the file in one.

    `received` was found good (outside.receive); `document` is the digest of the decision the signatory was shown.
    Raises NotFound, NotAllowed, WrongPhase, RuleBroken; the last also when another signature came first.
    """
    decision, found = _locked(session, find_decision(session, ref).id)
    require(actor, Permission.SIGN_DECISION, round_id=found.id)
    signatures = signatures_of(session, decision.id)
    own = next((s for s in signatures if s.user_id == actor.user_id), None)
    if own is None or own.field != received.field:
        raise NotAllowed(N_("This decision does not need your signature."))
    course_of(session, found.id).require(now, *phases_for(Effect(decision.effect)))
    _require_open(decision, own)
    problems = check_signable(
        seen=document,
        document=decision.sha256,
        sealed=decision.file_digest is not None,
        role=SignatoryRole(own.role),
        missing_before=missing_before(session, decision, SignatoryRole(own.role), now=now, brought=True),
    )
    refuse_if(problems + check_dissent(dissent))
    certificate = in_force(session, actor.user_id or 0)
    if certificate is None or certificate.sha256 != received.certificate:
        raise RuleBroken(N_("Your certificate does not count any more."), field="file")
    if decision.file_digest != received.before:
        raise RuleBroken(
            N_("Another signature was put in since you downloaded it. Download the document again and sign that."),
            field="file",
        )
    own.approved_at, own.dissent = now, dissent
    turn = sum(s.signed_at is not None for s in signatures)
    decision.file_digest, decision.file_size = received.file
    _put_in(own, turn=turn, now=now, file=received.file, certificate=received.certificate)
    role = role_in(actor, Permission.SIGN_DECISION, found.id)
    approved = DecisionApproved(
        decision=decision.ref,
        document=decision.sha256,
        field=own.field,
        dissent=digest_of(dissent) if dissent else None,
    )
    signed = DecisionSigned(
        decision=decision.ref,
        field=own.field,
        file=received.file[0],
        certificate=received.certificate,
        signatory=Salted(f"user:{own.user_id}", whose=f"user:{own.user_id}"),
    )
    for entry in (approved, signed):
        append(session, entry, now=now, actor=actor, role=role, round_ref=found.ref)
    session.flush()
    _invite_next(session, decision, found, now=now)


def decline(session: Session, *, actor: Actor, now: datetime, ref: str, document: str, reason: str) -> None:
    """A member refuses to sign decision `ref` and says why, in public; the decision no longer waits for them.

    The organiser and the supervisor cannot: without them there is no decision. `document` is the digest of what was
    shown. Raises NotFound, NotAllowed, WrongPhase, RuleBroken.
    """
    decision, found = _locked(session, find_decision(session, ref).id)
    require(actor, Permission.SIGN_DECISION, round_id=found.id)
    own = next((s for s in signatures_of(session, decision.id) if s.user_id == actor.user_id), None)
    if own is None or SignatoryRole(own.role) not in MEMBERS:
        raise NotAllowed(N_("Only a member who is to sign may refuse to. Without the others there is no decision."))
    course_of(session, found.id).require(now, *phases_for(Effect(decision.effect)))
    _require_open(decision, own)
    problems = check_signable(
        seen=document,
        document=decision.sha256,
        sealed=decision.file_digest is not None,
        role=SignatoryRole(own.role),
        missing_before=0,
    )
    refuse_if(problems + check_declining(reason))
    own.declined_at, own.dissent = now, reason.strip()
    append(
        session,
        DecisionDeclined(decision=decision.ref, field=own.field, reason=digest_of(reason.strip())),
        now=now,
        actor=actor,
        role=role_in(actor, Permission.SIGN_DECISION, found.id),
        round_ref=found.ref,
    )
    session.flush()
    _invite_next(session, decision, found, now=now)


def _require_open(decision: Decision, own: DecisionSignature) -> None:
    done = own.approved_at or own.declined_at
    if decision.discarded_at is not None or decision.published_at is not None or done is not None:
        raise WrongPhase(N_("This decision does not wait for your signature."))


def record_signed(
    session: Session, *, now: datetime, signature_id: int, before: str, file: tuple[str, int], certificate: str
) -> None:
    """Record the file with one signature more. `before`: SHA-256 of the file that was signed.

    Raises Outdated when another signature was put in meanwhile. Does nothing when the decision was drawn up again, or
    when this signature is recorded already.
    """
    own = session.get_one(DecisionSignature, signature_id)
    decision, found = _locked(session, own.decision_id)
    signatures = signatures_of(session, decision.id)
    own = next(s for s in signatures if s.id == signature_id)
    if own.signed_at is not None or decision.discarded_at is not None:
        return
    if decision.file_digest != before:
        raise Outdated(decision.ref)
    decision.file_digest, decision.file_size = file
    _put_in(own, turn=sum(s.signed_at is not None for s in signatures), now=now, file=file, certificate=certificate)
    append(
        session,
        DecisionSigned(
            decision=decision.ref,
            field=own.field,
            file=file[0],
            certificate=certificate,
            signatory=Salted(f"user:{own.user_id}", whose=f"user:{own.user_id}"),
        ),
        now=now,
        actor=None,
        role=None,
        round_ref=found.ref,
    )
    session.flush()
    _invite_next(session, decision, found, now=now)


def _put_in(
    signature: DecisionSignature, *, turn: int, now: datetime, file: tuple[str, int], certificate: str
) -> None:
    signature.turn, signature.signed_at = turn, now
    signature.file_digest, signature.file_size = file
    signature.certificate_sha256 = certificate


def publish(session: Session, *, actor: Actor, now: datetime, ref: str) -> str:
    """Publish the signed decision of round `ref` for good, and return its reference.

    The file was tested by our own verification when its last signature was recorded, and has not changed since.
    Raises NotFound, NotAllowed, WrongPhase, RuleBroken.
    """
    found = find_round(session, ref, lock=True)
    require(actor, Permission.PUBLISH_DECISION, round_id=found.id)
    require_no_helper(session, actor, found.id)
    decision = decision_in_work(session, found.id)
    if decision is None:
        raise WrongPhase(N_("There is no decision that waits to be published."))
    course_of(session, found.id).require(now, *phases_for(Effect(decision.effect)))
    signatures = signatures_of(session, decision.id)
    refuse_if(check_publishable(unsigned=len(awaited(signatures, course_of(session, found.id), now=now))))
    silent = [s for s in signatures if s.signed_at is None and s.declined_at is None]
    for signature in silent:
        signature.deemed_at = now
    replaced = decision_in_force(session, found.id)
    if replaced is not None:
        replaced.superseded_at = now
        session.flush()
    decision.published_at, decision.published_digest = now, decision.file_digest
    record(session, round=found, kind=Kind.DECISION_PUBLISHED, at=now, by=actor)
    append(
        session,
        DecisionPublished(
            decision=decision.ref,
            document=decision.sha256,
            file=str(decision.file_digest),
            supersedes=replaced.ref if replaced else None,
            declined=tuple(s.field for s in signatures if s.declined_at is not None),
            deemed=tuple(s.field for s in silent),
        ),
        now=now,
        actor=actor,
        role=role_in(actor, Permission.PUBLISH_DECISION, found.id),
        round_ref=found.ref,
    )
    return decision.ref


def record_renewed(session: Session, *, now: datetime, decision_id: int, before: str, file: tuple[str, int]) -> None:
    """Record the published file with one more document time-stamp. `before`: SHA-256 of the file that was stamped.

    Does nothing when another was recorded meanwhile.
    """
    decision, found = _locked(session, decision_id)
    newest = editions_of(session, decision_id)[-1]
    if newest.sha256 != before:
        return
    edition = DecisionEdition(
        decision_id=decision.id,
        number=newest.number + 1,
        before_digest=before,
        file_digest=file[0],
        file_size=file[1],
        made_at=now,
    )
    session.add(edition)
    session.flush()
    append(
        session,
        DecisionRenewed(decision=decision.ref, number=edition.number, before=before, file=file[0]),
        now=now,
        actor=None,
        role=None,
        round_ref=found.ref,
    )


def try_again(session: Session, *, actor: Actor, now: datetime, ref: str) -> None:
    """Have the failed work on the decision of round `ref` done again. Raises NotFound, NotAllowed, WrongPhase."""
    found = find_round(session, ref, lock=True)
    require(actor, Permission.DRAW_UP_DECISION, round_id=found.id)
    decision = decision_in_work(session, found.id)
    if decision is None:
        raise WrongPhase(N_("There is no decision being made."))
    course_of(session, found.id).require(now, *phases_for(Effect(decision.effect)))
    waiting = [decision.job_id] if decision.file_digest is None else []
    waiting += [s.job_id for s in signatures_of(session, decision.id) if s.approved_at and s.signed_at is None]
    for job_id in waiting:
        if job_id is not None:
            jobs.again(session, job_id, now)


def _locked(session: Session, decision_id: int) -> tuple[Decision, Round]:
    """The decision and its round, both locked, the round first as everywhere."""
    round_id = session.scalars(select(Decision.round_id).where(Decision.id == decision_id)).one()
    found = session.get_one(Round, round_id, with_for_update=True, populate_existing=True)
    decision = session.get_one(Decision, decision_id, with_for_update=True, populate_existing=True)
    return decision, found


def tell_of_late(session: Session, *, now: datetime, decision_id: int) -> None:
    """Write to the organisers about each signature that was given and is not put in: its work failed, or it takes
    longer than LONGEST_WAIT. Once for each signature."""
    decision, found = _locked(session, decision_id)
    if decision.published_at is not None or decision.discarded_at is not None:
        return
    for own in signatures_of(session, decision.id):
        progress = None if own.job_id is None else jobs.progress_of(session, own.job_id)
        failed = own.signed_at is None and progress is not None and progress.failed
        about = f"{decision.ref}/{own.field}"
        told = select(Mail.id).where(Mail.template == NOT_PUT_IN, Mail.about == about).limit(1)
        waits = failed or late(approved_at=own.approved_at, signed_at=own.signed_at, now=now)
        if not waits or session.scalar(told) is not None:
            continue
        for user in _organisers(session, found):
            queue_mail(
                session,
                to=user.email,
                language=user.language,
                template=NOT_PUT_IN,
                context={
                    "decision": decision.ref,
                    "name": own.name,
                    "failed": failed,
                    "title": {"en": found.title_en, "zh": found.title_zh},
                    "page": f"/{user.language}/rounds/{found.ref}/decision",
                },
                about=about,
                now=now,
            )


def invite_next(session: Session, *, now: datetime, decision_id: int) -> None:
    """Write to whoever may sign now because a member's time is over: the clock tells nobody."""
    decision, found = _locked(session, decision_id)
    if decision.file_digest is not None and decision.published_at is None and decision.discarded_at is None:
        _invite_next(session, decision, found, now=now)


def _invite_next(session: Session, decision: Decision, found: Round, *, now: datetime) -> None:
    """Write to whoever may sign now that the last one has, or will not. Nobody is asked twice."""
    for role in (SignatoryRole.ORGANISER, SignatoryRole.SUPERVISOR):
        own = next(s for s in signatures_of(session, decision.id) if s.role == role)
        if own.approved_at is None:
            if not missing_before(session, decision, role, now=now):
                _invite(session, decision, found, now=now, roles={role})
            return


def _invite(
    session: Session, decision: Decision, found: Round, *, now: datetime, roles: Collection[SignatoryRole]
) -> None:
    wanted = (
        select(User.email, User.language)
        .join(DecisionSignature, DecisionSignature.user_id == User.id)
        .where(DecisionSignature.decision_id == decision.id, DecisionSignature.role.in_(roles))
        .order_by(DecisionSignature.position)
    )
    asked = set(session.scalars(select(Mail.address).where(Mail.template == TO_SIGN, Mail.about == decision.ref)))
    for email, language in session.execute(wanted):
        if email in asked:
            continue
        queue_mail(
            session,
            to=email,
            language=language,
            template=TO_SIGN,
            context={
                "decision": decision.ref,
                "title": {"en": found.title_en, "zh": found.title_zh},
                "page": f"/{language}/my-signatures/{decision.ref}",
            },
            about=decision.ref,
            now=now,
        )
