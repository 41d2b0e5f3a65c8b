"""What a natural person separately agrees to have published, and takes back (PIPL arts. 15, 25)."""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy.orm import Session

from procurement.access import Actor, Permission, acting_as
from procurement.errors import N_, NotAllowed, refuse_if
from procurement.merchants import entries
from procurement.merchants.models import Merchant
from procurement.merchants.queries import helps, own_merchant
from procurement.merchants.rules import CONSENTS, ConsentPurpose, MerchantKind, check_consent
from procurement.publiclog.entry import digest_of
from procurement.publiclog.writing import append

ONLY_ITSELF = N_("Only the business itself can agree to this, not somebody who helps it.")
COLUMNS = {ConsentPurpose.NAME: "name_consent_at", ConsentPurpose.HOTLINE: "hotline_consent_at"}


def consent(session: Session, *, actor: Actor, now: datetime, ref: str, purpose: ConsentPurpose) -> None:
    """Agree that something stands in public in full. Whoever only helps cannot agree for somebody else.

    Raises NotFound, NotAllowed, RuleBroken.
    """
    merchant = own_merchant(session, actor=actor, ref=ref, lock=True)
    if helps(session, actor.user_id, merchant.id):
        raise NotAllowed(ONLY_ITSELF)
    held = getattr(merchant, COLUMNS[purpose]) is not None
    refuse_if(check_consent(MerchantKind(merchant.kind), given=True, held=held))
    give(session, merchant, [purpose], actor=actor, now=now)


def give(
    session: Session, merchant: Merchant, purposes: Iterable[ConsentPurpose], *, actor: Actor, now: datetime
) -> None:
    """Note consents that were checked, each with an entry of its own."""
    for purpose in purposes:
        setattr(merchant, COLUMNS[purpose], now)
        entry = entries.ConsentGiven(merchant=merchant.ref, purpose=purpose.value, words=digest_of(CONSENTS[purpose]))
        append(session, entry, now=now, actor=actor, role=acting_as(actor, Permission.MANAGE_MERCHANT))


def take_back(session: Session, *, actor: Actor, now: datetime, ref: str, purpose: ConsentPurpose) -> None:
    """Take a consent back: from now on pages mask it again. What was signed before stays as it is.

    Raises NotFound, RuleBroken.
    """
    merchant = own_merchant(session, actor=actor, ref=ref, lock=True)
    held = getattr(merchant, COLUMNS[purpose]) is not None
    refuse_if(check_consent(MerchantKind(merchant.kind), given=False, held=held))
    end(session, merchant, [purpose], actor=actor, now=now)


def end(
    session: Session, merchant: Merchant, purposes: Iterable[ConsentPurpose], *, actor: Actor, now: datetime
) -> None:
    """Note that consents ended, each with an entry of its own."""
    for purpose in purposes:
        setattr(merchant, COLUMNS[purpose], None)
        entry = entries.ConsentWithdrawn(merchant=merchant.ref, purpose=purpose.value)
        append(session, entry, now=now, actor=actor, role=acting_as(actor, Permission.MANAGE_MERCHANT))


def held_by(merchant: Merchant) -> list[ConsentPurpose]:
    """The consents in force."""
    return [purpose for purpose, column in COLUMNS.items() if getattr(merchant, column) is not None]
