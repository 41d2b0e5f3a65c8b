"""Reading the certificate that somebody brings: PEM, DER or PKCS#7 (P7B), with those between it and its root."""

from dataclasses import dataclass
from datetime import datetime

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, pkcs7
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID, ObjectIdentifier

from procurement.errors import N_, Problem, RuleBroken

LARGEST = 100_000  # bytes
MOST = 10  # certificates in one file
SHORTEST_RSA, SHORTEST_CURVE = 2048, 256  # bits
DOCUMENT_SIGNING = ObjectIdentifier("1.3.6.1.5.5.7.3.36")  # RFC 9336
_PURPOSES = frozenset(
    {
        DOCUMENT_SIGNING,
        ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE,
        ExtendedKeyUsageOID.EMAIL_PROTECTION,
        ExtendedKeyUsageOID.CLIENT_AUTH,
        ObjectIdentifier("1.3.6.1.4.1.311.10.3.12"),  # Microsoft: documents
        ObjectIdentifier("1.2.840.113583.1.1.5"),  # Adobe: documents
    }
)


@dataclass(frozen=True, slots=True)
class Bundle:
    """A person's certificate, and others from the same file that may lead to a root."""

    certificate: x509.Certificate
    chain: tuple[x509.Certificate, ...] = ()

    @property
    def holder(self) -> str:
        """Who holds it, as its authority wrote; "" when it does not say."""
        found = self.certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
        return str(found[0].value) if found else ""

    @property
    def issuer(self) -> str:
        return self.certificate.issuer.rfc4514_string()

    @property
    def pem(self) -> str:
        """The certificate first, then the others."""
        return "".join(one.public_bytes(Encoding.PEM).decode() for one in (self.certificate, *self.chain))

    @property
    def der(self) -> tuple[bytes, ...]:
        return tuple(one.public_bytes(Encoding.DER) for one in (self.certificate, *self.chain))


def bundle_of(pem: str) -> Bundle:
    """What `Bundle.pem` wrote."""
    first, *others = x509.load_pem_x509_certificates(pem.encode())
    return Bundle(first, tuple(others))


def read(content: bytes) -> Bundle:
    """The certificate in a file that somebody brings. Raises RuleBroken unless it is exactly one person's."""
    try:
        found = _load(content)
    except (ValueError, UnsupportedAlgorithm):
        found = []
    if not found or len(content) > LARGEST or len(found) > MOST:
        raise RuleBroken(
            N_("No certificate can be read in this file. Bring it as PEM, DER or P7B, without its private key."),
            field="file",
        )
    own = [one for one in found if not _authority(one)]
    if len(own) != 1:
        raise RuleBroken(
            N_("The file must hold the certificate of one person; it holds those of %(count)s."),
            count=len(own),
            field="file",
        )
    return Bundle(own[0], tuple(one for one in found if one is not own[0]))


def _load(content: bytes) -> list[x509.Certificate]:
    if b"PRIVATE KEY" in content:
        raise RuleBroken(
            N_("This file holds a private key. Keep it to yourself: bring the certificate alone."), field="file"
        )
    if b"-----BEGIN PKCS7" in content:
        return pkcs7.load_pem_pkcs7_certificates(content)
    if b"-----BEGIN" in content:
        return x509.load_pem_x509_certificates(content)
    try:
        return [x509.load_der_x509_certificate(content)]
    except ValueError:
        return pkcs7.load_der_pkcs7_certificates(content)


def _authority(certificate: x509.Certificate) -> bool:
    try:
        return bool(certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca)
    except x509.ExtensionNotFound:
        return False


def check_certificate(bundle: Bundle, *, now: datetime) -> list[Problem]:
    """What speaks against signing decisions with it, as far as the certificate itself says."""
    certificate, problems = bundle.certificate, []
    if not certificate.not_valid_before_utc <= now < certificate.not_valid_after_utc:
        problems.append(
            Problem(
                N_("The certificate is valid from %(start)s to %(end)s, not today."),
                {
                    "start": f"{certificate.not_valid_before_utc:%Y-%m-%d}",
                    "end": f"{certificate.not_valid_after_utc:%Y-%m-%d}",
                },
                "file",
            )
        )
    key = certificate.public_key()
    strong = (isinstance(key, rsa.RSAPublicKey) and key.key_size >= SHORTEST_RSA) or (
        isinstance(key, ec.EllipticCurvePublicKey) and key.key_size >= SHORTEST_CURVE
    )
    if not strong:
        problems.append(
            Problem(N_("Its key must be RSA of 2048 bits or an elliptic curve of 256 bits, at least."), {}, "file")
        )
    if not _binds(certificate):
        problems.append(
            Problem(
                N_("It is not made for signing: its authority did not permit signatures that bind the holder."),
                {},
                "file",
            )
        )
    return problems


def _binds(certificate: x509.Certificate) -> bool:
    """Whether key usage (non-repudiation) and extended key usage permit signing documents."""
    try:
        if not certificate.extensions.get_extension_for_class(x509.KeyUsage).value.content_commitment:
            return False
        purposes = certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    except x509.ExtensionNotFound as missing:
        return missing.oid == x509.ExtendedKeyUsage.oid
    return any(purpose in _PURPOSES for purpose in purposes)


def names_match(holder: str, name: str) -> bool:
    """Whether two names are written with the same words, in any order and case; another script cannot be told."""

    def words(text: str) -> list[str]:
        return sorted(text.casefold().replace(",", " ").replace(".", " ").split())

    def letters(text: str) -> str:
        return "".join(text.casefold().split())

    return bool(holder) and (words(holder) == words(name) or letters(holder) == letters(name))
