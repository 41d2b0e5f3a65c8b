"""Certificates of signatories who sign with a key of their own: brought, confirmed by somebody else, ended."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from procurement import certificates, signing
from procurement.access import Actor, Permission, Role, require
from procurement.accounts.models import User
from procurement.certificates import Bundle, bundle_of, names_match
from procurement.decisions.entries import CertificateConfirmed, CertificateEnded, CertificateRegistered
from procurement.decisions.models import SignatoryCertificate
from procurement.decisions.rules import Ending
from procurement.errors import N_, NotAllowed, NotFound, Problem, RuleBroken, WrongPhase, refuse_if
from procurement.publiclog.entry import digest_of
from procurement.publiclog.writing import append
from procurement.revocation import Evidence, require_unrevoked


@dataclass(frozen=True, slots=True)
class OwnCertificate:
    """A certificate that somebody brought. `named`: it names them as their account does."""

    id: int
    user_id: int
    name: str
    holder: str
    issuer: str
    sha256: str
    valid_until: datetime
    named: bool
    registered_at: datetime
    confirmed_at: datetime | None
    ended_at: datetime | None
    ending: Ending | None


def present(content: bytes, *, evidence: Evidence, now: datetime) -> Bundle:
    """The certificate in an uploaded file, found fit for signing: it leads to the office's roots and is not revoked.

    May ask the responder of revocations: call it outside a transaction. Raises RuleBroken.
    """
    bundle = certificates.read(content)
    refuse_if(certificates.check_certificate(bundle, now=now))
    if not signing.leads_to_root(bundle.der, evidence.roots, now):
        raise RuleBroken(
            N_(
                "It does not lead to an authority that this office trusts. Bring it as P7B together with those that "
                "issued it; if it still does not, ask the administrator which authorities are trusted."
            ),
            field="file",
        )
    require_unrevoked(bundle.certificate, bundle.chain, evidence, name=bundle.holder, now=now)
    return bundle


def register(session: Session, *, actor: Actor, now: datetime, bundle: Bundle) -> None:
    """A signatory wants to sign with this certificate (of `present`). One that waits for confirmation is withdrawn.

    Raises NotAllowed, RuleBroken.
    """
    require(actor, Permission.SIGN_DECISION)
    user = session.get_one(User, actor.user_id, with_for_update=True)
    sha256 = digest_of(bundle.der[0])
    if session.scalar(select(SignatoryCertificate.id).where(SignatoryCertificate.sha256 == sha256)) is not None:
        refuse_if([Problem(N_("This certificate was brought before. Bring another."), {}, "file")])
    waiting = session.scalars(
        select(SignatoryCertificate).where(
            SignatoryCertificate.user_id == user.id,
            SignatoryCertificate.confirmed_at.is_(None),
            SignatoryCertificate.ended_at.is_(None),
        )
    ).one_or_none()
    if waiting is not None:
        _end(session, waiting, actor=actor, now=now, because=Ending.WITHDRAWN, role=_role(actor))
    session.add(SignatoryCertificate(user_id=user.id, pem=bundle.pem, sha256=sha256, registered_at=now))
    session.flush()
    append(
        session,
        CertificateRegistered(
            certificate=sha256, bundle=digest_of(bundle.pem.encode()), named=names_match(bundle.holder, user.name)
        ),
        now=now,
        actor=actor,
        role=_role(actor),
    )


def confirm(session: Session, *, actor: Actor, now: datetime, certificate: int) -> None:
    """Somebody else has seen that the certificate is that person's: it counts, in place of an earlier one.

    Raises NotFound, NotAllowed, WrongPhase, RuleBroken.
    """
    require(actor, Permission.CONFIRM_CERTIFICATE)
    found = _locked(session, certificate)
    if found.user_id == actor.user_id:
        raise NotAllowed(N_("Somebody else confirms your certificate."))
    if found.confirmed_at is not None or found.ended_at is not None:
        raise WrongPhase(N_("This certificate does not wait for confirmation."))
    refuse_if(certificates.check_certificate(bundle_of(found.pem), now=now))
    earlier = in_force(session, found.user_id)
    if earlier is not None:
        earlier.ended_at, earlier.ending = now, Ending.REPLACED
        session.flush()
    found.confirmed_at, found.confirmed_by_id = now, actor.user_id
    append(
        session,
        CertificateConfirmed(certificate=found.sha256, replaces=None if earlier is None else earlier.sha256),
        now=now,
        actor=actor,
        role=_confirming(actor),
    )


def end(session: Session, *, actor: Actor, now: datetime, certificate: int) -> None:
    """The certificate does not count any more: withdrawn by whose it is, or rejected by whoever confirms.

    Raises NotFound (also for everybody else), WrongPhase.
    """
    found = _locked(session, certificate)
    own = found.user_id == actor.user_id
    if not own:
        require(actor, Permission.CONFIRM_CERTIFICATE)
    if found.ended_at is not None:
        raise WrongPhase(N_("This certificate does not count any more."))
    because, role = (Ending.WITHDRAWN, _role(actor)) if own else (Ending.REJECTED, _confirming(actor))
    _end(session, found, actor=actor, now=now, because=because, role=role)


def _end(
    session: Session, found: SignatoryCertificate, *, actor: Actor, now: datetime, because: Ending, role: Role
) -> None:
    found.ended_at, found.ending = now, because
    session.flush()
    append(session, CertificateEnded(certificate=found.sha256, because=because), now=now, actor=actor, role=role)


def _locked(session: Session, certificate: int) -> SignatoryCertificate:
    found = session.get(SignatoryCertificate, certificate, with_for_update=True, populate_existing=True)
    if found is None:
        raise NotFound(N_("There is no such certificate."))
    return found


def _role(actor: Actor) -> Role:
    """As whom somebody signs at all."""
    return min(actor.roles & {Role.MEMBER, Role.ORGANISER, Role.SUPERVISOR}, default=min(actor.roles))


def _confirming(actor: Actor) -> Role:
    return min(actor.roles & {Role.SUPERVISOR, Role.ADMINISTRATOR})


# ---- reading -----------------------------------------------------------------------------------------------------


def in_force(session: Session, user_id: int) -> SignatoryCertificate | None:
    """The certificate with which somebody may sign, or None."""
    return session.scalars(
        select(SignatoryCertificate).where(
            SignatoryCertificate.user_id == user_id,
            SignatoryCertificate.confirmed_at.is_not(None),
            SignatoryCertificate.ended_at.is_(None),
        )
    ).one_or_none()


def fingerprint_in_force(session: Session, user_id: int) -> str | None:
    """SHA-256 of the certificate with which somebody may sign, or None."""
    found = in_force(session, user_id)
    return None if found is None else found.sha256


def own_certificates(session: Session, *, actor: Actor) -> Sequence[OwnCertificate]:
    """What somebody brought, newest first."""
    require(actor, Permission.SIGN_DECISION)
    return _listed(session, SignatoryCertificate.user_id == actor.user_id)


def certificates_to_confirm(session: Session, *, actor: Actor) -> Sequence[OwnCertificate]:
    """What others brought and what counts, newest first."""
    require(actor, Permission.CONFIRM_CERTIFICATE)
    return _listed(session, SignatoryCertificate.ended_at.is_(None))


def _listed(session: Session, *which: object) -> Sequence[OwnCertificate]:
    wanted = select(SignatoryCertificate, User.name).join(User, User.id == SignatoryCertificate.user_id)
    found = []
    for row, name in session.execute(wanted.where(*which).order_by(SignatoryCertificate.id.desc())):  # type: ignore[arg-type]
        bundle = bundle_of(row.pem)
        found.append(
            OwnCertificate(
                row.id,
                row.user_id,
                name,
                bundle.holder,
                bundle.issuer,
                row.sha256,
                bundle.certificate.not_valid_after_utc,
                names_match(bundle.holder, name),
                row.registered_at,
                row.confirmed_at,
                row.ended_at,
                Ending(row.ending) if row.ending else None,
            )
        )
    return found
