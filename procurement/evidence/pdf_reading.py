"""Reading the signatures of a decision for the check: what pyHanko and pikepdf say, without asking anybody."""

import io
from collections.abc import Sequence
from datetime import datetime

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from procurement.evidence.facts import PdfReading
from procurement.signing import examine

TWIN = "decision.json"


def roots_in(pems: Sequence[bytes]) -> list[bytes]:
    """The certificates (DER) in PEM files. Raises ValueError."""
    return [
        certificate.public_bytes(Encoding.DER) for pem in pems for certificate in x509.load_pem_x509_certificates(pem)
    ]


def read_pdf(pdf: bytes, *, roots: Sequence[bytes], now: datetime) -> PdfReading:
    """What the signatures of `pdf` say as of `now`; `roots` (DER) may be empty, then trust cannot be told."""
    try:
        findings = examine(pdf, roots, now)
        twin = _attached(pdf)
    except ValueError:
        return PdfReading(sound=False, covered=False, trusted=None, fingerprints={}, twin=None)
    sound = all(signature.intact and signature.permitted for signature in findings.signatures)
    return PdfReading(
        sound=sound,
        covered=findings.covered_to_end,
        trusted=all(signature.trusted for signature in findings.signatures) if roots else None,
        fingerprints={signature.field: signature.fingerprint for signature in findings.signatures},
        twin=twin,
    )


def _attached(pdf: bytes) -> bytes | None:
    """The decision inside a PDF."""
    import pikepdf

    try:
        with pikepdf.open(io.BytesIO(pdf)) as document:
            attached = document.attachments.get(TWIN)
            return None if attached is None else attached.get_file().read_bytes()
    except pikepdf.PdfError as error:
        raise ValueError("not a PDF") from error
