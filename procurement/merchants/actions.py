"""What happens to businesses, their certificates and their debarments."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from procurement.access import Actor, Permission, Role, acting_as, require
from procurement.accounts.models import User
from procurement.accounts.passwords import new_token, token_digest
from procurement.accounts.rules import INVITATION_DAYS, normal_email
from procurement.errors import N_, NotFound, Problem, RuleBroken, refuse_if
from procurement.mail import queue_mail
from procurement.merchants import consents, entries
from procurement.merchants.disclosures import Disclosure, disclosure_problems, normal_disclosure
from procurement.merchants.models import (
    Certificate,
    DisclosureVersion,
    Merchant,
    MerchantInvitation,
    MerchantUser,
)
from procurement.merchants.queries import acts_for, own_merchant, particulars_of
from procurement.merchants.rules import (
    NATURAL,
    CertificateFacts,
    ConsentPurpose,
    MerchantKind,
    Particulars,
    certificate_problems,
    normal_particulars,
    normal_text,
    particulars_problems,
)
from procurement.publiclog.entry import Salted
from procurement.publiclog.writing import append
from procurement.uploads import Upload

TAKEN = N_(
    "This code is registered already. If the business is yours, ask whoever registered it to add you; if you do not "
    "know them, write to the office, which checks who may act for it."
)


# --- businesses ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Help:
    """Acting for a business without belonging to it: in which capacity, and the signed paper that allows it."""

    capacity: str
    authority: Upload


def register(
    session: Session,
    *,
    actor: Actor,
    now: datetime,
    today: date,
    particulars: Particulars,
    help: Help | None = None,  # noqa: A002 (it is the word)
) -> str:
    """Register a business; the actor acts for it from now on. Returns its reference.

    `today` is the office's day. With `help` the actor registers it for others, and the business is marked so in
    public. Raises RuleBroken, also for a code that is registered already.
    """
    require(actor, Permission.OWN_BUSINESS)
    given = normal_particulars(particulars)
    problems = registering_problems(session, given, today)
    if help is not None and not normal_text(help.capacity):
        problems.append(Problem(N_("Say in which capacity you help, such as village clerk."), {}, "capacity"))
    if help is not None and given.named:
        problems.append(Problem(consents.ONLY_ITSELF, {}, "named"))
    if help is not None and given.ringable:
        problems.append(Problem(consents.ONLY_ITSELF, {}, "ringable"))
    refuse_if(problems)
    link = MerchantUser()
    if help is not None:
        link.helper_as, link.authority_digest = normal_text(help.capacity), help.authority.digest
        link.authority_type, link.authority_name = help.authority.media_type, help.authority.name
    return enter(session, given, link, actor=actor, now=now).ref


def registering_problems(session: Session, given: Particulars, today: date) -> list[Problem]:
    """Why a business with these particulars, in normal form, cannot be registered."""
    return [*particulars_problems(given, year=today.year), *_taken(session, given.uscc)]


def enter(session: Session, given: Particulars, link: MerchantUser, *, actor: Actor, now: datetime) -> Merchant:
    """Enter a business with particulars that were checked; `link` says as what the actor acts for it from now on."""
    role = acting_as(actor, Permission.MANAGE_MERCHANT)
    merchant = Merchant(ref=new_token()[:20], assisted=bool(link.helper_as), created_at=now, updated_at=now)
    _set(merchant, given)
    session.add(merchant)
    session.flush()
    merchant.ref = f"M-{merchant.id:06d}"
    link.merchant_id, link.user_id, link.since = merchant.id, actor.user_id or 0, now
    session.add(link)
    agreed = {ConsentPurpose.NAME: given.named, ConsentPurpose.HOTLINE: given.ringable}
    append(
        session,
        entries.MerchantRegistered(
            merchant=merchant.ref,
            business=given.kind.value,
            particulars=_salted(given, merchant.ref),
            assisted=merchant.assisted,
            authority=link.authority_digest,
        ),
        now=now,
        actor=actor,
        role=role,
    )
    consents.give(session, merchant, [purpose for purpose, yes in agreed.items() if yes], actor=actor, now=now)
    return merchant


def change(session: Session, *, actor: Actor, now: datetime, today: date, ref: str, particulars: Particulars) -> None:
    """Change the particulars of one of the actor's businesses. A code, once given, stays: another one is another
    business."""
    merchant = own_merchant(session, actor=actor, ref=ref, lock=True)
    before = particulars_of(merchant)
    # Consents are given and taken back on a page of their own.
    given = normal_particulars(replace(particulars, named=before.named, ringable=before.ringable))
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
    _set(merchant, given)
    merchant.updated_at = now
    append(
        session,
        entries.MerchantChanged(merchant=ref, fields=changed, particulars=_salted(given, ref)),
        now=now,
        actor=actor,
        role=acting_as(actor, Permission.MANAGE_MERCHANT),
    )
    if given.kind not in NATURAL:
        # What a farmer agreed to ends when the farm becomes a company, whose registry publishes it anyway.
        consents.end(session, merchant, consents.held_by(merchant), actor=actor, now=now)


def log_particulars(
    session: Session,
    merchant: Merchant,
    fields: tuple[str, ...],
    actor: Actor | None,
    role: Role | None,
    now: datetime,
) -> None:
    """Say that the office changed `fields`, which are changed already: when it erases a person's data."""
    merchant.updated_at = now
    changed = entries.MerchantChanged(
        merchant=merchant.ref, fields=fields, particulars=_salted(particulars_of(merchant), merchant.ref)
    )
    append(session, changed, now=now, actor=actor, role=role)


def _set(merchant: Merchant, given: Particulars) -> None:
    merchant.kind, merchant.name, merchant.uscc = given.kind.value, given.name, given.uscc
    merchant.representative, merchant.address = given.representative, given.address
    merchant.contact, merchant.phone, merchant.hotline = given.contact, given.phone, given.hotline
    merchant.founded = given.founded


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
    require(actor, Permission.OWN_BUSINESS)
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
    require(actor, Permission.OWN_BUSINESS)
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
        entries.PersonAdded(merchant=merchant.ref, person=person_of(actor.user_id), helper=False, authority=None),
        now=now,
        actor=actor,
        role=Role.MERCHANT,
    )
    return merchant.ref


def remove_person(session: Session, *, actor: Actor, now: datetime, ref: str, user_id: int) -> None:
    """Let somebody, or the actor, no longer act for one of the actor's businesses. Somebody must remain who is
    not a clerk of the office."""
    require(actor, Permission.OWN_BUSINESS)
    merchant = own_merchant(session, actor=actor, ref=ref, lock=True)
    if not acts_for(session, user_id, merchant.id):
        raise NotFound(N_("This person does not act for the business."))
    left = session.scalar(
        select(func.count())
        .select_from(MerchantUser)
        .join(User, User.id == MerchantUser.user_id)
        .where(
            MerchantUser.merchant_id == merchant.id,
            MerchantUser.user_id != user_id,
            MerchantUser.clerk.is_(False),
            User.disabled_at.is_(None),
        )
    )
    if not left:
        raise RuleBroken(N_("Somebody must act for the business. Add another person first."))
    session.execute(
        delete(MerchantUser).where(MerchantUser.merchant_id == merchant.id, MerchantUser.user_id == user_id)
    )
    append(
        session,
        entries.PersonRemoved(merchant=ref, person=person_of(user_id)),
        now=now,
        actor=actor,
        role=Role.MERCHANT,
    )


def person_of(user_id: int | None) -> Salted:
    """Somebody who acts, as the log names them."""
    return Salted(f"user:{user_id}", whose=f"user:{user_id}")


# --- who stands behind a business ---------------------------------------------------------------------------------


def disclose(session: Session, *, actor: Actor, now: datetime, today: date, ref: str, disclosure: Disclosure) -> int:
    """State owners, related businesses, penalties and earlier promotions of one of the actor's businesses. Returns
    the version. Saying the same again makes no new one."""
    merchant = own_merchant(session, actor=actor, ref=ref, lock=True)
    given = normal_disclosure(disclosure)
    refuse_if(disclosure_problems(given, kind=MerchantKind(merchant.kind), own_uscc=merchant.uscc, today=today))
    last = session.scalars(
        select(DisclosureVersion)
        .where(DisclosureVersion.merchant_id == merchant.id)
        .order_by(DisclosureVersion.version.desc())
        .limit(1)
    ).one_or_none()
    document = given.to_json()
    if last is not None and last.document == document:
        return last.version
    version = last.version + 1 if last is not None else 1
    session.add(
        DisclosureVersion(merchant_id=merchant.id, version=version, document=document, at=now, by_id=actor.user_id)
    )
    append(
        session,
        entries.DisclosureMade(
            merchant=ref, version=version, disclosure=Salted(_text(document), whose=f"merchant:{ref}")
        ),
        now=now,
        actor=actor,
        role=acting_as(actor, Permission.MANAGE_MERCHANT),
    )
    return version


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
        role=acting_as(actor, Permission.MANAGE_MERCHANT),
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
        role=acting_as(actor, Permission.MANAGE_MERCHANT),
    )
