"""What the office does to businesses: look them up in public registers, hold certificates against their issuers'."""

from datetime import date, datetime

from sqlalchemy.orm import Session

from procurement.access import Actor, Permission, Role, require
from procurement.errors import N_, NotFound, Problem, RuleBroken, refuse_if
from procurement.merchants import entries
from procurement.merchants.models import Certificate, CertificateCheck, RecordSearch
from procurement.merchants.queries import find_merchant
from procurement.merchants.rules import CheckOutcome, SearchSource, normal_text
from procurement.publiclog.entry import digest_of
from procurement.publiclog.writing import append
from procurement.uploads import Upload


def record_search(
    session: Session,
    *,
    actor: Actor,
    now: datetime,
    today: date,
    ref: str,
    source: SearchSource,
    searched_on: date,
    found: bool,
    result: str,
    picture: Upload,
) -> None:
    """Keep that the office looked the business `ref` up in a public register, what it found, and a picture of it."""
    require(actor, Permission.CHECK_MERCHANTS)
    merchant = find_merchant(session, ref, lock=True)
    problems = []
    if searched_on > today:
        problems.append(Problem(N_("The search cannot be of a day to come."), {}, "searched_on"))
    if found and not result.strip():
        problems.append(Problem(N_("Say what was found."), {}, "result"))
    refuse_if(problems)
    session.add(
        RecordSearch(
            merchant_id=merchant.id,
            source=source.value,
            searched_on=searched_on,
            found=found,
            result=result.strip(),
            digest=picture.digest,
            media_type=picture.media_type,
            file_name=picture.name,
            at=now,
            by_id=actor.user_id,
        )
    )
    append(
        session,
        entries.RecordSearched(
            merchant=ref,
            source=source.value,
            on=searched_on,
            found=found,
            result=digest_of(result.strip()),
            picture=picture.digest,
        ),
        now=now,
        actor=actor,
        role=Role.ORGANISER,
    )


def check_certificate(
    session: Session,
    *,
    actor: Actor,
    now: datetime,
    ref: str,
    certificate_id: int,
    outcome: CheckOutcome,
    how: str,
) -> None:
    """Keep that the office held a certificate of the business `ref` against the register of its issuer."""
    require(actor, Permission.CHECK_MERCHANTS)
    merchant = find_merchant(session, ref)
    row = session.get(Certificate, certificate_id, with_for_update=True)
    if row is None or row.merchant_id != merchant.id or row.removed_at is not None:
        raise NotFound(N_("There is no such certificate."))
    said = normal_text(how)
    if len(said) < 4:
        raise RuleBroken(N_("Say how it was checked: which register, which page, or who was asked."), field="how")
    session.add(CertificateCheck(certificate_id=row.id, outcome=outcome.value, how=said, at=now, by_id=actor.user_id))
    append(
        session,
        entries.CertificateChecked(merchant=ref, certificate=row.id, outcome=outcome.value, how=digest_of(said)),
        now=now,
        actor=actor,
        role=Role.ORGANISER,
    )
