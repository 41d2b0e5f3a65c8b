"""Reading a PDF for the checks: what pyHanko and pikepdf say, without asking anybody."""

import io
from collections.abc import Sequence
from datetime import datetime

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from procurement.decisions.document import PROOF, TWIN
from procurement.evidence.facts import PdfReading
from procurement.evidence.pdf_facts import Attached
from procurement.signing import examine


def roots_in(pems: Sequence[bytes]) -> list[bytes]:
    """The certificates (DER) in PEM files. Raises ValueError."""
    return [
        certificate.public_bytes(Encoding.DER) for pem in pems for certificate in x509.load_pem_x509_certificates(pem)
    ]


def read_pdf(pdf: bytes, *, roots: Sequence[bytes], now: datetime, lists: Sequence[bytes] = ()) -> PdfReading:
    """What the signatures of `pdf` say as of `now`; `roots` (DER) may be empty, then trust cannot be told."""
    try:
        findings = examine(pdf, roots, now, lists=lists)
        attached = attached_in(pdf)
    except ValueError:
        return PdfReading(sound=False, covered=False, trusted=None, fingerprints={}, twin=None, proof=None)
    sound = all(signature.intact and signature.permitted for signature in findings.signatures)
    return PdfReading(
        sound=sound,
        covered=findings.covered_to_end,
        trusted=all(signature.trusted for signature in findings.signatures) if roots else None,
        fingerprints={signature.field: signature.fingerprint for signature in findings.signatures},
        twin=attached.twin,
        proof=attached.proof,
    )


def attached_in(pdf: bytes) -> Attached:
    """The decision as data and the log's proof inside a PDF. Raises ValueError when it cannot be read."""
    import pikepdf

    try:
        with pikepdf.open(io.BytesIO(pdf)) as document:
            found = {
                name: document.attachments[name].get_file().read_bytes()
                for name in (TWIN, PROOF)
                if name in document.attachments
            }
    except MemoryError:
        raise
    except Exception as error:  # a hostile file may break the parser in any way
        raise ValueError(type(error).__name__) from None
    return Attached(found.get(TWIN), found.get(PROOF))
