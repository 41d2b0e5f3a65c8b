"""What clerks of the office do for people who stand at the counter, and how such people take over what is theirs.

A clerk acts for a business only as helper (`MerchantUser.clerk`); that ends when the person takes the business over.
"""

import hmac
from datetime import date, datetime, timedelta

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from procurement.access import Actor, Permission, Role, require
from procurement.errors import N_, NotFound, Problem, RuleBroken, WrongPhase, refuse_if
from procurement.mail import queue_mail
from procurement.merchants import entries
from procurement.merchants.actions import enter, person_of, registering_problems
from procurement.merchants.helping import (
    AGREED,
    TAKE_OVER_DAYS,
    TAKE_OVER_TRIES,
    Visit,
    capacity_problems,
    code_parts,
    new_code,
    visit_problems,
)
from procurement.merchants.models import CounterVisit, Merchant, MerchantUser, TakeOverCode
from procurement.merchants.queries import acts_for, addressees, find_merchant
from procurement.merchants.rules import Particulars, normal_particulars, normal_text
from procurement.publiclog.entry import digest_of
from procurement.publiclog.writing import append
from procurement.uploads import Upload


def register_at_counter(
    session: Session, *, actor: Actor, now: datetime, today: date, particulars: Particulars, visit: Visit
) -> str:
    """Register a business for a person at the counter, who needs neither account nor address. Returns its reference.

    What the person separately agrees to have published stands in `particulars`. Raises NotAllowed, RuleBroken.
    """
    require(actor, Permission.HELP_AT_COUNTER)
    given = normal_particulars(particulars)
    refuse_if(visit_problems(visit, given) + registering_problems(session, given, today) + _known(session, given))
    capacity, paper = normal_text(visit.capacity), visit.paper
    merchant = enter(session, given, _clerk(capacity, paper), actor=actor, now=now)
    session.add(
        CounterVisit(
            merchant_id=merchant.id,
            capacity=capacity,
            document=visit.document.value,
            paper_digest=paper.digest if paper else None,
            paper_type=paper.media_type if paper else "",
            paper_name=paper.name if paper else "",
            at=now,
            by_id=actor.user_id,
        )
    )
    append(
        session,
        entries.RegisteredAtCounter(
            merchant=merchant.ref,
            document=visit.document.value,
            capacity=digest_of(capacity),
            agreed=digest_of(AGREED),
            paper=paper.digest if paper else None,
        ),
        now=now,
        actor=actor,
        role=Role.ORGANISER,
    )
    return merchant.ref


def issue_code(session: Session, *, actor: Actor, now: datetime, ref: str) -> str:
    """Make the code with which the person takes over a business that a clerk registered. Returns it, this once.

    A code ends the one before it: whoever lost the paper gets another against the identity document. Raises NotFound,
    NotAllowed, WrongPhase.
    """
    require(actor, Permission.HELP_AT_COUNTER)
    merchant = find_merchant(session, ref, lock=True)
    visited = select(CounterVisit.id).where(CounterVisit.merchant_id == merchant.id)
    if session.scalar(visited) is None:
        raise NotFound(N_("This business was not registered at the counter."))
    own = select(MerchantUser.id).where(MerchantUser.merchant_id == merchant.id, MerchantUser.clerk.is_(False))
    if session.scalar(own.limit(1)) is not None:
        raise WrongPhase(N_("This business has been taken over. Whoever acts for it adds other people."))
    session.execute(
        update(TakeOverCode)
        .where(TakeOverCode.merchant_id == merchant.id, TakeOverCode.used_at.is_(None), TakeOverCode.expires_at > now)
        .values(expires_at=now)
    )
    expires, code = now + timedelta(days=TAKE_OVER_DAYS), new_code()
    number, digest = code_parts(code)
    session.add(
        TakeOverCode(
            merchant_id=merchant.id,
            number=number,
            sha256=digest,
            issued_at=now,
            issued_by_id=actor.user_id,
            expires_at=expires,
        )
    )
    append(
        session,
        entries.TakeOverIssued(merchant=merchant.ref, expires=expires),
        now=now,
        actor=actor,
        role=Role.ORGANISER,
    )
    return code


def take_over(session: Session, *, actor: Actor, now: datetime, code: str) -> str | None:
    """Take over, with the code on paper, a business that a clerk registered: the actor acts for it as its own, clerks
    no longer. Returns its reference; None, having counted the try, when the code is wrong, used, replaced, too old,
    or was tried wrongly too often.
    """
    require(actor, Permission.OWN_BUSINESS)
    number, digest = code_parts(code)
    row = session.scalars(
        select(TakeOverCode)
        .where(TakeOverCode.number == number)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one_or_none()
    if row is None or row.used_at is not None or now >= row.expires_at or row.tries >= TAKE_OVER_TRIES:
        return None
    merchant = session.get_one(Merchant, row.merchant_id)
    if not hmac.compare_digest(row.sha256, digest):
        row.tries += 1
        tried = entries.TakeOverFailed(merchant=merchant.ref, tries=row.tries)
        append(session, tried, now=now, actor=actor, role=Role.MERCHANT)
        return None
    row.used_at, row.used_by_id = now, actor.user_id
    for link in session.scalars(
        select(MerchantUser).where(MerchantUser.merchant_id == merchant.id, MerchantUser.clerk.is_(True))
    ).all():
        _end(session, merchant, link, actor, now, Role.MERCHANT)
    session.add(MerchantUser(merchant_id=merchant.id, user_id=actor.user_id, since=now))
    for entry in (
        entries.TakenOver(merchant=merchant.ref),
        entries.PersonAdded(merchant=merchant.ref, person=person_of(actor.user_id), helper=False, authority=None),
    ):
        append(session, entry, now=now, actor=actor, role=Role.MERCHANT)
    return merchant.ref


def help_with_paper(
    session: Session, *, actor: Actor, now: datetime, ref: str, capacity: str, authority: Upload
) -> None:
    """Help a business that has an account of its own, or was registered by another clerk, with its signed paper.

    Whoever acts for it is told by mail and can end it. Raises NotFound, NotAllowed, RuleBroken.
    """
    require(actor, Permission.HELP_AT_COUNTER)
    merchant = find_merchant(session, ref, lock=True)
    if acts_for(session, actor.user_id, merchant.id):
        raise RuleBroken(N_("You act for this business already."))
    refuse_if(capacity_problems(capacity))
    told = addressees(session, merchant.id)
    link = _clerk(normal_text(capacity), authority)
    link.merchant_id, link.user_id, link.since = merchant.id, actor.user_id or 0, now
    session.add(link)
    append(
        session,
        entries.PersonAdded(merchant=ref, person=person_of(actor.user_id), helper=True, authority=authority.digest),
        now=now,
        actor=actor,
        role=Role.ORGANISER,
    )
    for address, language in told:
        queue_mail(
            session,
            to=address,
            language=language,
            template="merchants/helped",
            context={"business": merchant.name, "capacity": link.helper_as, "path": f"/{language}/merchant/{ref}"},
            now=now,
        )


def end_help(session: Session, *, actor: Actor, now: datetime, ref: str) -> None:
    """Help a business no longer. While nobody else acts for it, the clerk stays. Raises NotFound, RuleBroken."""
    require(actor, Permission.HELP_AT_COUNTER)
    merchant = find_merchant(session, ref, lock=True)
    links = session.scalars(select(MerchantUser).where(MerchantUser.merchant_id == merchant.id)).all()
    link = next((one for one in links if one.user_id == actor.user_id), None)
    if link is None:
        raise NotFound(N_("There is no such business."))
    if len(links) == 1:
        raise RuleBroken(N_("Nobody else acts for this business yet; you help until the person takes it over."))
    _end(session, merchant, link, actor, now, Role.ORGANISER)


def _clerk(capacity: str, paper: Upload | None) -> MerchantUser:
    return MerchantUser(
        clerk=True,
        helper_as=capacity,
        authority_digest=paper.digest if paper else None,
        authority_type=paper.media_type if paper else "",
        authority_name=paper.name if paper else "",
    )


def _known(session: Session, given: Particulars) -> list[Problem]:
    """A farmer has no code by which a second registration, or a second click, would be noticed."""
    if given.uscc is not None:
        return []
    same = select(Merchant.ref).where(
        Merchant.uscc.is_(None), Merchant.name == given.name, Merchant.phone == given.phone
    )
    known = session.scalar(same.limit(1))
    if known is None:
        return []
    return [Problem(N_("This person is registered already, as %(ref)s."), {"ref": known}, "name")]


def _end(session: Session, merchant: Merchant, link: MerchantUser, actor: Actor, now: datetime, role: Role) -> None:
    session.delete(link)
    entry = entries.PersonRemoved(merchant=merchant.ref, person=person_of(link.user_id))
    append(session, entry, now=now, actor=actor, role=role)
