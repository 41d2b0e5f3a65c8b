"""Debarring a business for a time, noting appeals, lifting."""

from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from procurement.access import Actor, Permission, Role, require
from procurement.accounts.models import User
from procurement.accounts.passwords import new_token
from procurement.errors import N_, NotFound, Problem, RuleBroken, refuse_if
from procurement.mail import queue_mail
from procurement.masking import public_text_problems
from procurement.merchants import entries
from procurement.merchants.models import Debarment, Merchant, MerchantUser
from procurement.merchants.rules import DebarmentGround, debarment_problems, normal_code, normal_uscc
from procurement.publiclog.entry import digest_of
from procurement.publiclog.writing import append
from procurement.uploads import Upload


def debar(
    session: Session,
    *,
    actor: Actor,
    now: datetime,
    today: date,
    merchant: str,
    ground: DebarmentGround,
    reason: str,
    remedy: str,
    starts: date,
    ends: date,
    evidence: Upload,
) -> str:
    """Debar a business, named by its reference or its code, from applying from `starts` until `ends`, when it may
    again. Returns the debarment's reference. Those who act for the business are told by mail."""
    require(actor, Permission.DEBAR)
    named = normal_code(merchant)
    found = session.scalars(
        select(Merchant).where((Merchant.ref == named) | (Merchant.uscc == normal_uscc(merchant))).with_for_update()
    ).one_or_none()
    problems = debarment_problems(start=starts, end=ends, today=today, reason=reason.strip())
    if found is None:
        problems.insert(0, Problem(N_("There is no business with this reference or code."), {}, "merchant"))
    if not remedy.strip():
        problems.append(Problem(N_("Say where and until when the business may appeal."), {}, "remedy"))
    problems += public_text_problems(reason, "reason") + public_text_problems(remedy, "remedy")
    if found is None or problems:
        raise RuleBroken(*problems)
    row = Debarment(
        ref=new_token()[:20],
        merchant_id=found.id,
        ground=ground.value,
        reason=reason.strip(),
        remedy=remedy.strip(),
        evidence_digest=evidence.digest,
        evidence_type=evidence.media_type,
        evidence_name=evidence.name,
        starts_on=starts,
        ends_on=ends,
        entered_at=now,
        entered_by_id=actor.user_id,
    )
    session.add(row)
    session.flush()
    row.ref = f"D-{row.id:06d}"
    append(
        session,
        entries.DebarmentEntered(
            debarment=row.ref,
            merchant=found.ref,
            ground=ground.value,
            reason=digest_of(row.reason),
            remedy=digest_of(row.remedy),
            evidence=evidence.digest,
            starts=starts,
            ends=ends,
        ),
        now=now,
        actor=actor,
        role=Role.SUPERVISOR,
    )
    _tell(session, row, found, template="merchants/debarred", now=now)
    return row.ref


def note_appeal(session: Session, *, actor: Actor, now: datetime, ref: str, state: str) -> None:
    """Note in public how far an appeal against a debarment is."""
    require(actor, Permission.DEBAR)
    row = _debarment(session, ref)
    said = state.strip()
    if len(said) < 10:
        raise RuleBroken(N_("Say in a sentence how far the appeal is."), field="state")
    refuse_if(public_text_problems(said, "state"))
    row.appeal = said
    row.appealed_at = row.appealed_at or now
    append(
        session,
        entries.DebarmentAppealed(debarment=ref, state=digest_of(said)),
        now=now,
        actor=actor,
        role=Role.SUPERVISOR,
    )


def lift(session: Session, *, actor: Actor, now: datetime, today: date, ref: str, reason: str) -> None:
    """End a debarment before its time, from `today` on. It stays in the register, with the reason."""
    require(actor, Permission.DEBAR)
    row = _debarment(session, ref)
    said = reason.strip()
    problems = []
    if row.lifted_on is not None or today >= row.ends_on:
        problems.append(Problem(N_("This debarment is over already.")))
    if len(said) < 10:
        problems.append(Problem(N_("Say in a sentence why the debarment is lifted."), {}, "reason"))
    problems += public_text_problems(said, "reason")
    refuse_if(problems)
    row.lifted_on, row.lifted_why = today, said
    append(
        session,
        entries.DebarmentLifted(debarment=ref, on=today, reason=digest_of(said)),
        now=now,
        actor=actor,
        role=Role.SUPERVISOR,
    )
    _tell(session, row, session.get_one(Merchant, row.merchant_id), template="merchants/lifted", now=now)


def _debarment(session: Session, ref: str) -> Debarment:
    row = session.scalars(select(Debarment).where(Debarment.ref == ref).with_for_update()).one_or_none()
    if row is None:
        raise NotFound(N_("There is no such debarment."))
    return row


def _tell(session: Session, row: Debarment, merchant: Merchant, *, template: str, now: datetime) -> None:
    """A letter to each person who acts for the business, in their own language."""
    for user in session.scalars(
        select(User)
        .join(MerchantUser, MerchantUser.user_id == User.id)
        .where(MerchantUser.merchant_id == merchant.id, User.disabled_at.is_(None))
        .order_by(User.id)
    ):
        queue_mail(
            session,
            to=user.email,
            language=user.language,
            template=template,
            context={
                "name": user.name,
                "business": merchant.name,
                "reference": row.ref,
                "starts": row.starts_on.isoformat(),
                "ends": row.ends_on.isoformat(),
                "path": f"/{user.language}/debarments/{row.ref}",
            },
            about=row.ref,
            now=now,
        )
