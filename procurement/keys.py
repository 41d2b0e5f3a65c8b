"""The keys that seal and sign decisions, and the certificates that say whose they are.

Production uses PKCS#12 files the office obtained from its certification authority, or a PKCS#11 token. Everywhere
else an embedded development authority issues what is asked for: a root, an issuing authority below it, and one
certificate for the seal and for each signatory. Its files lie in the data directory, readable by their owner alone,
and every certificate it issues says DEVELOPMENT; the configuration refuses it in production.
"""

import fcntl
import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
    pkcs12,
)
from cryptography.x509.oid import NameOID

from procurement.certificates import DOCUMENT_SIGNING
from procurement.errors import N_, RuleBroken
from procurement.revocation import Evidence, lists_in

if TYPE_CHECKING:
    from config import Config

PrivateKey = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey


@dataclass(frozen=True, slots=True)
class TokenKey:
    """A private key that never leaves its token: what a PKCS#11 module needs to find it. `label` names key and
    certificate alike."""

    module: str
    token: str
    pin: str = field(repr=False)
    label: str


DEVELOPMENT = "DEVELOPMENT - no legal effect"
# Wide on purpose: tests and demonstrations move the clock, and nothing depends on these certificates.
_VALID_FROM = datetime(2000, 1, 1, tzinfo=UTC)
_VALID_UNTIL = datetime(2099, 12, 31, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Identity:
    """A private key, the certificate that names its holder, and the certificates up to, without, the root."""

    key: PrivateKey | TokenKey
    certificate: x509.Certificate
    chain: tuple[x509.Certificate, ...]
    development: bool

    @property
    def fingerprint(self) -> str:
        """SHA-256 of the certificate's DER form, in hexadecimal."""
        return hashlib.sha256(self.certificate.public_bytes(Encoding.DER)).hexdigest()

    @property
    def name(self) -> str:
        return str(self.certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)[0].value)


class Keys(Protocol):
    """Where identities come from. `roots` are the certificates, as DER, that verification trusts; `lists` the lists
    of revoked certificates (CRL, as DER) that are at hand."""

    @property
    def development(self) -> bool: ...

    @property
    def roots(self) -> tuple[bytes, ...]: ...

    @property
    def lists(self) -> tuple[bytes, ...]: ...

    def seal(self) -> Identity: ...

    def signatory(self, person: int, name: str) -> Identity: ...


def evidence_of(keys: Keys, config: "Config") -> Evidence:
    """What is known of revoked certificates: where lists or a responder are set, signing demands their word."""
    demanded = bool(config.revocation_lists or config.ocsp_url)
    return Evidence(keys.roots, keys.lists, config.ocsp_url, demanded=demanded)


def keys_from(config: "Config") -> Keys:
    """The configured PKCS#12 files, or the development authority; the latter never in production."""
    lists = Path(config.revocation_lists) if config.revocation_lists else None
    if config.seal_pkcs12 and config.signer_pkcs12_dir and config.trust_roots:
        return OfficeKeys(
            seal=Path(config.seal_pkcs12),
            seal_password=config.seal_password,
            signatories=Path(config.signer_pkcs12_dir),
            signatory_password=config.signer_password,
            roots=Path(config.trust_roots),
            lists=lists,
        )
    if config.pkcs11_module and config.trust_roots:
        return TokenKeys(
            module=config.pkcs11_module,
            token=config.pkcs11_token,
            pin=config.pkcs11_pin,
            roots=Path(config.trust_roots),
            lists=lists,
        )
    if config.production:
        raise RuntimeError("development keys are refused in production")
    trusted = Path(config.trust_roots) if config.trust_roots else None
    return DevelopmentKeys(config.data_dir / "keys", office=config.office_name_zh, lists=lists, trusted=trusted)


class OfficeKeys:
    """PKCS#12 files: one for the seal, and `<person>.p12` for each signatory in one folder."""

    development = False

    def __init__(
        self,
        *,
        seal: Path,
        seal_password: str,
        signatories: Path,
        signatory_password: str,
        roots: Path,
        lists: Path | None = None,
    ) -> None:
        self._lists = lists
        self._seal = seal
        self._seal_password = seal_password
        self._signatories = signatories
        self._signatory_password = signatory_password
        self._roots = roots

    @property
    def roots(self) -> tuple[bytes, ...]:
        return _roots_in(self._roots)

    @property
    def lists(self) -> tuple[bytes, ...]:
        return lists_in(self._lists)

    def seal(self) -> Identity:
        return _from_pkcs12(self._seal, self._seal_password)

    def signatory(self, person: int, name: str) -> Identity:
        """The identity of `person`. Raises RuleBroken when the office holds no key for them."""
        file = self._signatories / f"{person}.p12"
        if not file.is_file():
            raise RuleBroken(N_("The office holds no signing key for %(name)s."), name=name)
        return _from_pkcs12(file, self._signatory_password)


class TokenKeys:
    """Keys on a PKCS#11 token, such as a hardware security module: the seal's is labelled `seal`, a signatory's
    `person-<id>`; each has its certificate beside it under the same label, and the authorities' certificates lie
    there as well."""

    development = False

    def __init__(self, *, module: str, token: str, pin: str, roots: Path, lists: Path | None = None) -> None:
        self._module, self._token, self._pin = module, token, pin
        self._roots = roots
        self._lists = lists

    @property
    def roots(self) -> tuple[bytes, ...]:
        return _roots_in(self._roots)

    @property
    def lists(self) -> tuple[bytes, ...]:
        return lists_in(self._lists)

    def seal(self) -> Identity:
        """The identity of the seal. Raises RuleBroken when it is not on the token."""
        return self._identity("seal", N_("the office seal"))

    def signatory(self, person: int, name: str) -> Identity:
        """The identity of `person`. Raises RuleBroken when the token holds no key for them."""
        return self._identity(f"person-{person}", name)

    def _identity(self, label: str, name: str) -> Identity:
        own, others = None, []
        for found, certificate in self._certificates():
            if found == label:
                own = certificate
            elif certificate.subject != certificate.issuer and _is_authority(certificate):
                others.append(certificate)
        if own is None:
            raise RuleBroken(N_("The office holds no signing key for %(name)s."), name=name)
        return Identity(TokenKey(self._module, self._token, self._pin, label), own, tuple(others), development=False)

    def _certificates(self) -> list[tuple[str, x509.Certificate]]:
        """(label, certificate) of every certificate on the token."""
        import pkcs11

        token = pkcs11.lib(self._module).get_token(token_label=self._token)
        with token.open() as session:  # what is public is read without a PIN
            wanted = {pkcs11.Attribute.CLASS: pkcs11.ObjectClass.CERTIFICATE}
            return [
                (one[pkcs11.Attribute.LABEL], x509.load_der_x509_certificate(one[pkcs11.Attribute.VALUE]))
                for one in session.get_objects(wanted)
            ]


def _is_authority(certificate: x509.Certificate) -> bool:
    try:
        return bool(certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca)
    except x509.ExtensionNotFound:
        return False


class DevelopmentKeys:
    """An authority in `folder` that issues to whoever is named. Two processes may ask at the same time. `trusted`:
    file (PEM) of other roots, such as that of a time-stamp authority."""

    development = True

    def __init__(self, folder: Path, *, office: str, lists: Path | None = None, trusted: Path | None = None) -> None:
        self._folder = folder
        self._trusted = trusted
        self._lists = lists
        self._office = office

    @property
    def roots(self) -> tuple[bytes, ...]:
        others = () if self._trusted is None else _roots_in(self._trusted)
        with self._locked():
            return (self._authority("root", None).certificate.public_bytes(Encoding.DER), *others)

    @property
    def lists(self) -> tuple[bytes, ...]:
        return lists_in(self._lists)

    def seal(self) -> Identity:
        return self._leaf("seal", self._office)

    def signatory(self, person: int, name: str) -> Identity:
        """The identity of `person`, issued at first use; a changed name gets a certificate of its own."""
        return self._leaf(f"person-{person}-{hashlib.sha256(name.encode()).hexdigest()[:12]}", name)

    def _leaf(self, stem: str, name: str) -> Identity:
        with self._locked():
            issuing = self._authority("issuing", self._authority("root", None))
            return self._identity(stem, name, issuing, authority=False)

    def _authority(self, stem: str, issuer: Identity | None) -> Identity:
        return self._identity(stem, f"{stem.capitalize()} authority", issuer, authority=True)

    def _identity(self, stem: str, name: str, issuer: Identity | None, *, authority: bool) -> Identity:
        key_file, certificate_file = self._folder / f"{stem}.key.pem", self._folder / f"{stem}.cert.pem"
        if not certificate_file.exists():
            key = ec.generate_private_key(ec.SECP256R1())
            certificate = _issue(name, key, issuer, authority=authority)
            _write(key_file, key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
            _write(certificate_file, certificate.public_bytes(Encoding.PEM))
        loaded = load_pem_private_key(key_file.read_bytes(), None)
        assert isinstance(loaded, ec.EllipticCurvePrivateKey)  # noqa: S101 (we wrote it)
        certificate = x509.load_pem_x509_certificate(certificate_file.read_bytes())
        chain = (issuer.certificate,) if issuer and not authority else ()
        return Identity(loaded, certificate, chain, development=True)

    @contextmanager
    def _locked(self) -> Iterator[None]:
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with open(self._folder / "lock", "w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield


def _issue(name: str, key: PrivateKey, issuer: Identity | None, *, authority: bool) -> x509.Certificate:
    subject = x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Sunlit"),
            x509.NameAttribute(NameOID.ORGANIZATIONAL_UNIT_NAME, DEVELOPMENT),
            x509.NameAttribute(NameOID.COMMON_NAME, name[:64]),  # the bound of X.520
        ]
    )
    issuer_key = issuer.key if issuer else key
    assert not isinstance(issuer_key, TokenKey)  # noqa: S101 (our own authority's key is a file)
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer.certificate.subject if issuer else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(_VALID_FROM)
        .not_valid_after(_VALID_UNTIL)
        .add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
        .add_extension(
            x509.KeyUsage(
                digital_signature=not authority,
                content_commitment=not authority,
                key_cert_sign=authority,
                crl_sign=authority,
                key_encipherment=False,
                data_encipherment=False,
                key_agreement=False,
                encipher_only=False,
                decipher_only=False,
            ),
            critical=True,
        )
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key()), critical=False)
    )
    if not authority:
        builder = builder.add_extension(x509.ExtendedKeyUsage([DOCUMENT_SIGNING]), critical=False)
    return builder.sign(issuer_key, hashes.SHA256())


def _roots_in(file: Path) -> tuple[bytes, ...]:
    return tuple(root.public_bytes(Encoding.DER) for root in x509.load_pem_x509_certificates(file.read_bytes()))


def _from_pkcs12(file: Path, password: str) -> Identity:
    key, certificate, others = pkcs12.load_key_and_certificates(file.read_bytes(), password.encode() or None)
    if not isinstance(key, ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey) or certificate is None:
        raise RuntimeError(f"{file.name} holds no EC or RSA key with its certificate")
    chain = tuple(other for other in others if other.subject != other.issuer)
    return Identity(key, certificate, chain, development=False)


def _write(file: Path, content: bytes) -> None:
    with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as opened:
        opened.write(content)
