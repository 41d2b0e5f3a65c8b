"""Signatories who sign with their own key in a program that is not ours: pyHanko as anybody may use it."""

import io
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from asn1crypto import keys as asn1_keys
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign.fields import SigSeedSubFilter
from pyhanko.sign.signers import PdfSignatureMetadata, PdfSigner, SimpleSigner
from pyhanko_certvalidator.registry import SimpleCertificateStore

from procurement.keys import Keys, PrivateKey, _issue


@dataclass(frozen=True)
class Holder:
    """Who holds a key of their own, with its certificate and those that lead to the root."""

    key: PrivateKey
    certificate: x509.Certificate
    chain: tuple[x509.Certificate, ...]

    @property
    def pem(self) -> bytes:
        return b"".join(one.public_bytes(Encoding.PEM) for one in (self.certificate, *self.chain))


def holder(keys: Keys, name: str, *, rsa_bits: int = 0) -> Holder:
    """Somebody to whom the development authority has issued a certificate."""
    issuing = keys._authority("issuing", keys._authority("root", None))  # type: ignore[attr-defined]
    key: PrivateKey = ec.generate_private_key(ec.SECP256R1())
    if rsa_bits:
        key = rsa.generate_private_key(public_exponent=65537, key_size=rsa_bits)
    return Holder(key, _issue(name, key, issuing, authority=False), (issuing.certificate,))


def signed(pdf: bytes, who: Holder, field: str, now: datetime, *, embed: bool = True, **metadata: Any) -> bytes:
    """`pdf` signed by `who` in `field` (made when it does not exist), at `now` by their clock."""

    def convert(certificate: x509.Certificate) -> asn1_x509.Certificate:
        return asn1_x509.Certificate.load(certificate.public_bytes(Encoding.DER))

    class At(PdfSigner):
        def init_signing_session(self, *args: Any, **kwargs: Any) -> Any:
            session = super().init_signing_session(*args, **kwargs)
            session.system_time = now
            return session

    raw = who.key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    store = SimpleCertificateStore()
    if embed:
        store.register_multiple(convert(one) for one in who.chain)
    signer = SimpleSigner(
        signing_cert=convert(who.certificate), signing_key=asn1_keys.PrivateKeyInfo.load(raw), cert_registry=store
    )
    told = PdfSignatureMetadata(field_name=field, md_algorithm="sha256", subfilter=SigSeedSubFilter.PADES, **metadata)
    content: bytes = At(told, signer=signer).sign_pdf(IncrementalPdfFileWriter(io.BytesIO(pdf))).getvalue()
    return content
