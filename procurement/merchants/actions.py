"""What happens to businesses, their certificates and their debarments."""

import json
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from procurement.access import Actor, Permission, Role, require
from procurement.accounts.models import User
from procurement.accounts.passwords import new_token, token_digest
from procurement.accounts.rules import INVITATION_DAYS, normal_email
from procurement.errors import N_, NotFound, Problem, RuleBroken, refuse_if
from procurement.mail import queue_mail
from procurement.merchants import entries
from procurement.merchants.models import Certificate, Debarment, Merchant, MerchantInvitation, MerchantUser
from procurement.merchants.queries import acts_for, own_merchant, particulars_of
from procurement.merchants.rules import (
    CertificateFacts,
    DebarmentGround,
    Particulars,
    certificate_problems,
    debarment_problems,
    normal_particulars,
    normal_text,
    normal_uscc,
    particulars_problems,
)
from procurement.publiclog.entry import Salted, digest_of
from procurement.publiclog.writing import append
from procurement.uploads import Upload

TAKEN = N_(
    "This code is registered already. If the business is yours, ask whoever registered it to add you; if you do not "
    "know them, write to the office, which checks who may act for it."
)


# --- businesses ---------------------------------------------------------------------------------------------------


def register(session: Session, *, actor: Actor, now: datetime, today: date, particulars: Particulars) -> str:
    """Register a business; the actor acts for it from now on. Returns its reference.

    `today` is the office's day. Raises RuleBroken, also for a code that is registered already.
    """
    require(actor, Permission.MANAGE_MERCHANT)
    given = normal_particulars(particulars)
    refuse_if([*particulars_problems(given, year=today.year), *_taken(session, given.uscc)])
    merchant = Merchant(ref=new_token()[:20], created_at=now, updated_at=now)
    _set(merchant, given, now)
    session.add(merchant)
    session.flush()
    merchant.ref = f"M-{merchant.id:06d}"
    session.add(MerchantUser(merchant_id=merchant.id, user_id=actor.user_id, since=now))
    append(
        session,
        entries.MerchantRegistered(
            merchant=merchant.ref, business=given.kind.value, particulars=_salted(given, merchant.ref)
        ),
        now=now,
        actor=actor,
        role=Role.MERCHANT,
    )
    return merchant.ref


def change(session: Session, *, actor: Actor, now: datetime, today: date, ref: str, particulars: Particulars) -> None:
    """Change the particulars of one of the actor's businesses. A code, once given, stays: another one is another
    business."""
    merchant = own_merchant(session, actor=actor, ref=ref, lock=True)
    given, before = normal_particulars(particulars), particulars_of(merchant)
    problems = particulars_problems(given, year=today.year)
    if before.uscc is not None and given.uscc != before.uscc:
        problems.append(
            Problem(
                N_("The code cannot be changed. Another code is another business: register that one."), {}, "uscc"
            )
        )
    elif given.uscc != before.uscc:
        problems.extend(_taken(session, given.uscc))
    refuse_if(problems)
    old, new = before.to_json(), given.to_json()
    changed = tuple(sorted(field for field in new if new[field] != old[field]))
    if not changed:
        return
    _set(merchant, given, now)
    merchant.updated_at = now
    append(
        session,
        entries.MerchantChanged(merchant=ref, fields=changed, particulars=_salted(given, ref)),
        now=now,
        actor=actor,
        role=Role.MERCHANT,
    )


def _set(merchant: Merchant, given: Particulars, now: datetime) -> None:
    merchant.kind, merchant.name, merchant.uscc = given.kind.value, given.name, given.uscc
    merchant.representative, merchant.address = given.representative, given.address
    merchant.contact, merchant.phone, merchant.hotline = given.contact, given.phone, given.hotline
    merchant.founded = given.founded
    merchant.name_consent_at = (merchant.name_consent_at or now) if given.named else None


def _taken(session: Session, uscc: str | None) -> list[Problem]:
    if uscc is None or session.scalar(select(Merchant.id).where(Merchant.uscc == uscc)) is None:
        return []
    return [Problem(TAKEN, {}, "uscc")]


def _salted(given: Particulars, ref: str) -> Salted:
    return Salted(_text(given.to_json()), whose=f"merchant:{ref}")


def _text(document: Mapping[str, Any]) -> str:
    return json.dumps(document, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


# --- who acts for a business --------------------------------------------------------------------------------------


def invite_person(session: Session, *, actor: Actor, now: datetime, ref: str, email: str, language: str) -> None:
    """Send somebody a link with which they may act for one of the actor's businesses."""
    merchant = own_merchant(session, actor=actor, ref=ref)
    address, token, expires = normal_email(email), new_token(), now + timedelta(days=INVITATION_DAYS)
    session.execute(
        update(MerchantInvitation)
        .where(
            MerchantInvitation.merchant_id == merchant.id,
            MerchantInvitation.email == address,
            MerchantInvitation.accepted_at.is_(None),
        )
        .values(expires_at=now)
    )
    session.add(
        MerchantInvitation(
            merchant_id=merchant.id,
            email=address,
            token_sha256=token_digest(token),
            invited_by_id=actor.user_id,
            created_at=now,
            expires_at=expires,
        )
    )
    queue_mail(
        session,
        to=address,
        language=language,
        template="merchants/invitation",
        context={
            "inviter": actor.name,
            "business": merchant.name,
            "path": f"/{language}/merchant/join/{token}",
            "register": f"/{language}/register",
            "expires": expires.isoformat(),
        },
        now=now,
    )


def join(session: Session, *, actor: Actor, now: datetime, token: str) -> str:
    """Act for the business whose link's `token` this is. Returns its reference. Raises NotFound."""
    require(actor, Permission.MANAGE_MERCHANT)
    found = session.execute(
        select(MerchantInvitation, Merchant)
        .join(Merchant, Merchant.id == MerchantInvitation.merchant_id)
        .where(
            MerchantInvitation.token_sha256 == token_digest(token),
            MerchantInvitation.accepted_at.is_(None),
            MerchantInvitation.expires_at > now,
        )
        .with_for_update()
    ).one_or_none()
    if found is None:
        raise NotFound(N_("This link is not valid: it was used already, replaced by a newer one, or is too old."))
    offer, merchant = found
    if acts_for(session, actor.user_id, merchant.id):
        raise RuleBroken(N_("You act for this business already."))
    offer.accepted_at = now
    session.add(MerchantUser(merchant_id=merchant.id, user_id=actor.user_id, since=now))
    append(
        session,
        entries.PersonAdded(merchant=merchant.ref, person=_person(actor.user_id)),
        now=now,
        actor=actor,
        role=Role.MERCHANT,
    )
    return merchant.ref


def remove_person(session: Session, *, actor: Actor, now: datetime, ref: str, user_id: int) -> None:
    """Let somebody, or the actor, no longer act for one of the actor's businesses. Somebody must remain."""
    merchant = own_merchant(session, actor=actor, ref=ref, lock=True)
    if not acts_for(session, user_id, merchant.id):
        raise NotFound(N_("This person does not act for the business."))
    left = session.scalar(
        select(func.count())
        .select_from(MerchantUser)
        .join(User, User.id == MerchantUser.user_id)
        .where(MerchantUser.merchant_id == merchant.id, MerchantUser.user_id != user_id, User.disabled_at.is_(None))
    )
    if not left:
        raise RuleBroken(N_("Somebody must act for the business. Add another person first."))
    session.execute(
        delete(MerchantUser).where(MerchantUser.merchant_id == merchant.id, MerchantUser.user_id == user_id)
    )
    append(
        session,
        entries.PersonRemoved(merchant=ref, person=_person(user_id)),
        now=now,
        actor=actor,
        role=Role.MERCHANT,
    )


def _person(user_id: int | None) -> Salted:
    return Salted(f"user:{user_id}", whose=f"user:{user_id}")


# --- certificates -------------------------------------------------------------------------------------------------


def add_certificate(
    session: Session,
    *,
    actor: Actor,
    now: datetime,
    today: date,
    ref: str,
    facts: CertificateFacts,
    file: Upload,
) -> int:
    """Put a certificate into the wallet of one of the actor's businesses. Returns its id."""
    merchant = own_merchant(session, actor=actor, ref=ref, lock=True)
    refuse_if(certificate_problems(facts, today=today))
    row = Certificate(
        merchant_id=merchant.id,
        kind=facts.kind.value,
        number=facts.number,
        issuer=facts.issuer,
        scope=facts.scope,
        issued_on=facts.issued,
        expires_on=facts.expires,
        digest=file.digest,
        media_type=file.media_type,
        size=file.size,
        file_name=file.name,
        added_at=now,
        added_by_id=actor.user_id,
    )
    session.add(row)
    session.flush()
    said = {"number": facts.number, "issuer": facts.issuer, "scope": facts.scope, "issued": facts.issued.isoformat()}
    append(
        session,
        entries.CertificateAdded(
            merchant=ref,
            certificate=row.id,
            type=facts.kind.value,
            facts=Salted(_text(said), whose=f"merchant:{ref}"),
            file=file.digest,
            expires=facts.expires,
        ),
        now=now,
        actor=actor,
        role=Role.MERCHANT,
    )
    return row.id


def remove_certificate(session: Session, *, actor: Actor, now: datetime, ref: str, certificate_id: int) -> None:
    """Take a certificate out of the wallet. Applications that used it keep it."""
    merchant = own_merchant(session, actor=actor, ref=ref, lock=True)
    row = session.get(Certificate, certificate_id, with_for_update=True)
    if row is None or row.merchant_id != merchant.id or row.removed_at is not None:
        raise NotFound(N_("There is no such certificate."))
    row.removed_at = now
    append(
        session,
        entries.CertificateRemoved(merchant=ref, certificate=row.id),
        now=now,
        actor=actor,
        role=Role.MERCHANT,
    )


# --- debarments ---------------------------------------------------------------------------------------------------


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
    named = normal_text(merchant).upper()
    found = session.scalars(
        select(Merchant).where((Merchant.ref == named) | (Merchant.uscc == normal_uscc(merchant))).with_for_update()
    ).one_or_none()
    problems = debarment_problems(start=starts, end=ends, today=today, reason=reason.strip())
    if found is None:
        problems.insert(0, Problem(N_("There is no business with this reference or code."), {}, "merchant"))
    if not remedy.strip():
        problems.append(Problem(N_("Say where and until when the business may appeal."), {}, "remedy"))
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
            now=now,
        )
