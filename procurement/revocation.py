"""Whether a certificate has been revoked: its authority's lists (CRL, RFC 5280) and answers (OCSP, RFC 6960).

Only what the authority itself signed counts. That a certificate *was* revoked is believed whatever the age of the
list; that it was *not* must be said by something still fresh. The responder is the operator's setting: no address in
a certificate or a file is ever asked.
"""

import urllib.request
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp
from cryptography.x509.oid import ExtendedKeyUsageOID

from procurement.errors import N_, RuleBroken, Unavailable

SECONDS = 10  # how long the responder may take
LARGEST = 100_000  # bytes of its answer that are read
DRIFT = timedelta(minutes=5)  # by which its clock may differ from ours


@dataclass(frozen=True, slots=True)
class Evidence:
    """What an installation knows of revoked certificates, and whom it asks.

    `lists` (CRL, DER) are at hand; `responder` is asked, unless empty; `roots` (DER) are among those who may have
    issued. `demanded`: nothing is signed unless one of them says, freshly, that the certificate is not revoked.
    """

    roots: tuple[bytes, ...] = ()
    lists: tuple[bytes, ...] = ()
    responder: str = ""
    demanded: bool = False


NOTHING = Evidence()
"""Nothing is known, and nothing demanded."""


def lists_in(folder: Path | None) -> tuple[bytes, ...]:
    """Every list of revoked certificates in `folder`, as DER. What cannot be read is an error, not overlooked."""
    if folder is None:
        return ()
    found = []
    for file in sorted(folder.iterdir()):
        content = file.read_bytes()
        load = x509.load_pem_x509_crl if content.startswith(b"-----") else x509.load_der_x509_crl
        found.append(load(content).public_bytes(Encoding.DER))
    return tuple(found)


def revoked(
    certificate: x509.Certificate, lists: Sequence[bytes], authorities: Iterable[x509.Certificate]
) -> datetime | None:
    """When `certificate` was revoked, as far as those `lists` say that one of the `authorities` signed; else None."""
    for crl in _own_lists(certificate, lists, authorities):
        entry = crl.get_revoked_certificate_by_serial_number(certificate.serial_number)
        if entry is not None:
            return entry.revocation_date_utc
    return None


def require_unrevoked(
    certificate: x509.Certificate, chain: Iterable[x509.Certificate], evidence: Evidence, *, name: str, now: datetime
) -> tuple[bytes, ...]:
    """Raise RuleBroken when `certificate` is revoked, and Unavailable when that must be known and nobody says it
    freshly. Returns the answers (OCSP, DER) that were had. `chain`: certificates between it and the roots."""
    authorities = [*chain, *(x509.load_der_x509_certificate(root) for root in evidence.roots)]
    if revoked(certificate, evidence.lists, authorities) is not None:
        raise RuleBroken(N_("The certificate of %(name)s has been revoked."), name=name)
    issuer = next((one for one in authorities if _issued(certificate, one)), None)
    if evidence.responder and issuer is not None:
        raw = _ask(evidence.responder, certificate, issuer)
        answer = None if raw is None else _read(raw, certificate, issuer, now)
        if raw is not None and answer is not None:
            if answer.certificate_status is ocsp.OCSPCertStatus.REVOKED:
                raise RuleBroken(N_("The certificate of %(name)s has been revoked."), name=name)
            return (raw,)
    fresh = any(
        crl.last_update_utc <= now + DRIFT and crl.next_update_utc is not None and now < crl.next_update_utc
        for crl in _own_lists(certificate, evidence.lists, authorities)
    )
    if evidence.demanded and not fresh:
        raise Unavailable(
            N_(
                "Whether the certificate of %(name)s has been revoked cannot be told now: its authority did not "
                "answer and no list of it is fresh. Nothing is signed until then."
            ),
            name=name,
        )
    return ()


def _own_lists(
    certificate: x509.Certificate, lists: Sequence[bytes], authorities: Iterable[x509.Certificate]
) -> list[x509.CertificateRevocationList]:
    """Those of `lists` that the issuer of `certificate` signed."""
    issuers = [one for one in authorities if one.subject == certificate.issuer]
    loaded = [x509.load_der_x509_crl(raw) for raw in lists]
    return [
        crl
        for crl in loaded
        if crl.issuer == certificate.issuer and any(_signed_list(crl, issuer) for issuer in issuers)
    ]


def _signed_list(crl: x509.CertificateRevocationList, issuer: x509.Certificate) -> bool:
    key = issuer.public_key()
    if not isinstance(key, rsa.RSAPublicKey | ec.EllipticCurvePublicKey):
        return False
    try:
        usage = issuer.extensions.get_extension_for_class(x509.KeyUsage).value
    except x509.ExtensionNotFound:
        return crl.is_signature_valid(key)
    return usage.crl_sign and crl.is_signature_valid(key)


def _issued(certificate: x509.Certificate, issuer: x509.Certificate) -> bool:
    try:
        certificate.verify_directly_issued_by(issuer)
    except (ValueError, TypeError, InvalidSignature, UnsupportedAlgorithm):
        return False
    return True


def _ask(url: str, certificate: x509.Certificate, issuer: x509.Certificate) -> bytes | None:
    """What the responder answers, or None when it does not."""
    builder = ocsp.OCSPRequestBuilder().add_certificate(certificate, issuer, hashes.SHA1())  # noqa: S303 (a name)
    call = urllib.request.Request(  # noqa: S310 (the address is the operator's own setting)
        url, builder.build().public_bytes(Encoding.DER), {"Content-Type": "application/ocsp-request"}
    )
    try:
        with urllib.request.urlopen(call, timeout=SECONDS) as reply:  # noqa: S310
            answer: bytes = reply.read(LARGEST)
    except (OSError, ValueError):
        return None
    return answer


def _read(
    raw: bytes, certificate: x509.Certificate, issuer: x509.Certificate, now: datetime
) -> ocsp.OCSPResponse | None:
    """The answer about `certificate`, when it is one, fresh, by the issuer or whom it delegated; else None."""
    try:
        answer = ocsp.load_der_ocsp_response(raw)
        if answer.response_status is not ocsp.OCSPResponseStatus.SUCCESSFUL:
            return None
        known = answer.certificate_status is not ocsp.OCSPCertStatus.UNKNOWN
        about = answer.serial_number == certificate.serial_number and _same_issuer(answer, issuer)
        until = answer.next_update_utc
        fresh = answer.this_update_utc <= now + DRIFT and until is not None and now < until
        if known and about and fresh and any(_answered(answer, one, now) for one in _responders(answer, issuer)):
            return answer
    except (ValueError, UnsupportedAlgorithm):
        return None
    return None


def _same_issuer(answer: ocsp.OCSPResponse, issuer: x509.Certificate) -> bool:
    """Whether the answer names `issuer`, as the request did: by the hash of its name."""
    digest = hashes.Hash(answer.hash_algorithm)
    digest.update(issuer.subject.public_bytes())
    return digest.finalize() == answer.issuer_name_hash


def _responders(answer: ocsp.OCSPResponse, issuer: x509.Certificate) -> list[x509.Certificate]:
    """The issuer, and whoever it gave a certificate for answering (RFC 6960, 4.2.2.2)."""
    found = [issuer]
    for one in answer.certificates:
        try:
            usage = one.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
        except x509.ExtensionNotFound:
            continue
        if ExtendedKeyUsageOID.OCSP_SIGNING in usage and _issued(one, issuer):
            found.append(one)
    return found


def _answered(answer: ocsp.OCSPResponse, responder: x509.Certificate, now: datetime) -> bool:
    if not responder.not_valid_before_utc <= now < responder.not_valid_after_utc:
        return False
    key, algorithm = responder.public_key(), answer.signature_hash_algorithm
    try:
        if algorithm is None:
            return False
        if isinstance(key, rsa.RSAPublicKey):
            key.verify(answer.signature, answer.tbs_response_bytes, padding.PKCS1v15(), algorithm)
        elif isinstance(key, ec.EllipticCurvePublicKey):
            key.verify(answer.signature, answer.tbs_response_bytes, ec.ECDSA(algorithm))
        else:
            return False
    except InvalidSignature:
        return False
    return True
