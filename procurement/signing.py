"""Signing a document, and judging one that somebody holds: the only module that uses pyHanko.

The office's seal comes first, as a certification signature after which only signature fields may be filled
(ISO 32000-2, 12.8.2.2, permission 2); then each signatory in turn. With a time-stamp authority (RFC 3161) each
signature is PAdES B-LT (ETSI EN 319 142-1): it carries a time-stamp and what is needed to validate it later; the last
one is B-LTA, so that a document time-stamp covers the whole file. Without an authority all are B-B.

Verification answers with independent facts and one bottom line. It is stricter than signature validators, which find
nothing wrong with a file cut back to fewer signatures or one with something appended: what counts first is whether
these are the bytes that were published. An upload is read in a process of its own that can be killed, with our own
trust roots, and no address it names is ever fetched.
"""

import hashlib
import io
import tempfile
import threading
from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from functools import cache
from typing import Any, ParamSpec, TypeVar

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import load_der_x509_certificate

from procurement.errors import N_, RuleBroken, Unavailable
from procurement.isolated import Isolated, LimitExceeded
from procurement.keys import Identity, TokenKey
from procurement.revocation import NOTHING, Evidence, require_unrevoked, revoked

P = ParamSpec("P")
T = TypeVar("T")

MAX_SIGNATURES = 40
_reader = Isolated(seconds=30, memory=1_500_000_000, calls=50)
_turn = threading.Lock()


class SelfTestFailed(Exception):
    """A document that was just signed does not pass our own verification; it must not be published."""


@dataclass(frozen=True, slots=True)
class Stamping:
    """The time-stamp authority (RFC 3161) at `url`; `roots` (DER) are those of signatures and of its own."""

    url: str
    roots: tuple[bytes, ...]


# --- Signing ---------------------------------------------------------------------------------------------------


def sign(
    pdf: bytes,
    *,
    field: str,
    identity: Identity,
    appearance: bytes,
    reason: str,
    now: datetime,
    certify: bool = False,
    stamping: Stamping | None = None,
    last: bool = False,
    evidence: Evidence = NOTHING,
) -> bytes:
    """`pdf` with a signature by `identity` in its empty `field`, showing the first page of the PDF `appearance`.

    `certify` makes it the certification signature, which must come first; `last` puts the document time-stamp behind
    it when there is `stamping`. The bytes given are a prefix of those returned. Raises RuleBroken when the
    certificate is not valid at `now` or is revoked according to the `evidence`; Unavailable when that cannot be told
    although it must, or when no time-stamp can be had.
    """
    certificate = identity.certificate
    if not certificate.not_valid_before_utc <= now < certificate.not_valid_after_utc:
        raise RuleBroken(N_("The certificate of %(name)s is not valid today."), name=identity.name)
    answers = require_unrevoked(certificate, identity.chain, evidence, name=identity.name, now=now)
    import logging

    # It would warn each time that revocation lists are not fetched: they are at hand, or there are none.
    logging.getLogger("pyhanko").setLevel(logging.ERROR)
    from pyhanko.pdf_utils.content import ImportedPdfPage
    from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
    from pyhanko.pdf_utils.layout import AxisAlignment, Margins, SimpleBoxLayoutRule
    from pyhanko.sign.fields import MDPPerm, SigSeedSubFilter
    from pyhanko.sign.signers import PdfSignatureMetadata
    from pyhanko.sign.timestamps import HTTPTimeStamper, TimestampRequestError
    from pyhanko.stamp import StaticStampStyle

    metadata = PdfSignatureMetadata(
        field_name=field,
        md_algorithm="sha256",
        subfilter=SigSeedSubFilter.PADES,
        name=identity.name,
        reason=reason,
        certify=certify,
        docmdp_permissions=MDPPerm.FILL_FORMS,
        **(_long_term(stamping, evidence.lists, answers, now, last=last) if stamping else {}),
    )
    with _turn, tempfile.NamedTemporaryFile(suffix=".pdf") as picture:
        picture.write(appearance)
        picture.flush()
        style = StaticStampStyle(
            background=ImportedPdfPage(picture.name),
            background_layout=SimpleBoxLayoutRule(
                AxisAlignment.ALIGN_MIN, AxisAlignment.ALIGN_MIN, Margins(0, 0, 0, 0)
            ),
            background_opacity=1.0,
            border_width=0,
        )
        stamper = None if stamping is None else HTTPTimeStamper(stamping.url)
        signer = _classes().at(metadata, _signer(identity), style, now, stamper)
        try:
            signed = signer.sign_pdf(IncrementalPdfFileWriter(io.BytesIO(pdf)), existing_fields_only=True)
        except TimestampRequestError as error:
            raise Unavailable(N_("The time-stamp authority did not answer.")) from error
    content: bytes = signed.getvalue()
    return content


def _long_term(
    stamping: Stamping, lists: Sequence[bytes], answers: Sequence[bytes], now: datetime, *, last: bool
) -> dict[str, Any]:
    """What makes a signature B-LT, and the last one B-LTA: validation data inside, before the document time-stamp."""
    from pyhanko.sign.signers.pdf_signer import DSSContentSettings, TimestampDSSContentSettings

    before = TimestampDSSContentSettings(include_vri=False, update_before_ts=True)
    return {
        "embed_validation_info": True,
        "validation_context": _context(stamping.roots, lists, now, answers),
        "use_pades_lta": last,
        "dss_settings": DSSContentSettings(include_vri=False, next_ts_settings=before if last else None),
    }


def _context(
    roots: Sequence[bytes],
    lists: Sequence[bytes],
    moment: datetime,
    answers: Sequence[bytes] = (),
) -> Any:
    """What pyHanko judges certificates by: our roots, lists and answers, never the network."""
    from asn1crypto import crl, ocsp, x509
    from pyhanko_certvalidator import ValidationContext

    return ValidationContext(
        trust_roots=[x509.Certificate.load(root) for root in roots],
        crls=[crl.CertificateList.load(one) for one in lists],
        ocsps=[ocsp.OCSPResponse.load(one) for one in answers],
        allow_fetching=False,
        moment=moment,
    )


@cache
def _signer(identity: Identity) -> Any:
    if isinstance(identity.key, TokenKey):
        return _token_signer(identity, identity.key)
    return _classes().signer(identity)


@cache
def _token_session(module: str, token: str, pin: str) -> Any:
    """One session for all keys of a token: a process logs in to it once."""
    from pyhanko.config.pkcs11 import TokenCriteria
    from pyhanko.sign.pkcs11 import open_pkcs11_session

    return open_pkcs11_session(module, token_criteria=TokenCriteria(label=token), user_pin=pin)


def _token_signer(identity: Identity, key: TokenKey) -> Any:
    """A signer on an open session of the token. One at a time uses it: `sign` holds a lock."""
    from asn1crypto import x509
    from pyhanko.sign.pkcs11 import PKCS11Signer

    def convert(certificate: Any) -> Any:
        return x509.Certificate.load(certificate.public_bytes(Encoding.DER))

    return PKCS11Signer(
        _token_session(key.module, key.token, key.pin),
        key_label=key.label,
        signing_cert=convert(identity.certificate),
        ca_chain=[convert(one) for one in identity.chain],
        embed_roots=False,
        # Not every token hashes by itself before it signs with an elliptic curve.
        use_raw_mechanism=isinstance(identity.certificate.public_key(), ec.EllipticCurvePublicKey),
    )


@dataclass(frozen=True, slots=True)
class _Classes:
    """Our two extensions of pyHanko's classes, made when pyHanko is first needed."""

    signer: Any
    at: Any


@cache
def _classes() -> _Classes:
    from asn1crypto import x509
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import ec, padding
    from pyhanko.sign.signers import PdfSigner, Signer
    from pyhanko_certvalidator.registry import SimpleCertificateStore

    def convert(certificate: Any) -> Any:
        return x509.Certificate.load(certificate.public_bytes(Encoding.DER))

    class KeptKeySigner(Signer):
        """Signs with a key that stays parsed; pyHanko's own signer reads it again for every signature."""

        def __init__(self, identity: Identity) -> None:
            self._identity = identity
            store = SimpleCertificateStore()
            store.register_multiple([convert(certificate) for certificate in identity.chain])
            super().__init__(signing_cert=convert(identity.certificate), cert_registry=store, embed_roots=False)

        async def async_sign_raw(self, data: bytes, digest_algorithm: str, dry_run: bool = False) -> bytes:
            key = self._identity.key
            assert not isinstance(key, TokenKey)  # noqa: S101 (they have a signer of their own)
            digest = getattr(hashes, digest_algorithm.upper())()
            if isinstance(key, ec.EllipticCurvePrivateKey):
                return key.sign(data, ec.ECDSA(digest))
            return bytes(key.key_size // 8) if dry_run else key.sign(data, padding.PKCS1v15(), digest)

    class SignerAt(PdfSigner):
        """States the moment it is given; pyHanko would read the clock."""

        def __init__(self, metadata: Any, signer: Any, style: Any, now: datetime, stamper: Any) -> None:
            super().__init__(metadata, signer=signer, stamp_style=style, timestamper=stamper)
            self._now = now

        def init_signing_session(self, *args: Any, **kwargs: Any) -> Any:
            session = super().init_signing_session(*args, **kwargs)
            session.system_time = self._now
            return session

    return _Classes(KeptKeySigner, SignerAt)


# --- Signatures made elsewhere ---------------------------------------------------------------------------------


def leads_to_root(certificates: Sequence[bytes], roots: Sequence[bytes], moment: datetime) -> bool:
    """Whether the first of `certificates` (DER) was valid at `moment`, and others of them lead to one of `roots`."""
    import asyncio

    from asn1crypto import x509
    from pyhanko_certvalidator import CertificateValidator
    from pyhanko_certvalidator.errors import PathError, ValidationError

    first, *others = (x509.Certificate.load(one) for one in certificates)
    validator = CertificateValidator(first, others, _context(roots, (), moment))
    try:
        asyncio.run(validator.async_validate_usage(set()))
    except (PathError, ValidationError):
        return False
    return True


def stamp(
    pdf: bytes,
    stamping: Stamping,
    *,
    now: datetime,
    lists: Sequence[bytes] = (),
    answers: Sequence[bytes] = (),
) -> bytes:
    """`pdf` with what validates its signatures later, and a document time-stamp behind it. The bytes given are a
    prefix of those returned. Raises Unavailable when no time-stamp can be had."""
    import asyncio

    from pyhanko.sign.timestamps import TimestampRequestError

    with _turn:
        try:
            return asyncio.run(_stamped_behind(pdf, stamping, now, lists, answers))
        except TimestampRequestError as error:
            raise Unavailable(N_("The time-stamp authority did not answer.")) from error


async def _stamped_behind(
    pdf: bytes,
    stamping: Stamping,
    now: datetime,
    lists: Sequence[bytes],
    answers: Sequence[bytes],
) -> bytes:
    from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
    from pyhanko.pdf_utils.reader import PdfFileReader
    from pyhanko.sign.signers import PdfTimeStamper
    from pyhanko.sign.signers.pdf_signer import TimestampDSSContentSettings
    from pyhanko.sign.timestamps import HTTPTimeStamper
    from pyhanko_certvalidator import CertificateValidator
    from pyhanko_certvalidator.errors import PathError, ValidationError

    def context() -> Any:
        return _context(stamping.roots, lists, now, answers)

    paths = []
    for signature in PdfFileReader(io.BytesIO(pdf)).embedded_signatures:
        validator = CertificateValidator(signature.signer_cert, signature.other_embedded_certs, context())
        try:
            paths.append(await validator.async_validate_usage(set()))
        except (PathError, ValidationError):  # it has expired; what validates it was put in while it was good
            continue
    stamped = await PdfTimeStamper(HTTPTimeStamper(stamping.url)).async_timestamp_pdf(
        IncrementalPdfFileWriter(io.BytesIO(pdf)),
        "sha256",
        context(),
        validation_paths=paths,
        dss_settings=TimestampDSSContentSettings(include_vri=False, update_before_ts=True),
    )
    content: bytes = stamped.getvalue()
    return content


def stamped_until(pdf: bytes) -> datetime | None:
    """When the certificate of the last document time-stamp of one of our files ends; None without such a stamp."""
    from pyhanko.pdf_utils.reader import PdfFileReader

    stamps = PdfFileReader(io.BytesIO(pdf)).embedded_timestamp_signatures
    if not stamps:
        return None
    ends: datetime = stamps[-1].signer_cert.not_valid_after
    return ends


@dataclass(frozen=True, slots=True)
class Addition:
    """What was put behind a document. `signed`: fields that carry a signature now and did not; `made`: fields that
    did not exist; `finding`: on the newest signature. `unharmed`: all that was signed before permits it; `locks`: it
    forbids signing after it; `covered`: nothing follows it but what validates it later."""

    signed: tuple[str, ...]
    made: tuple[str, ...]
    finding: "SignatureFinding | None"
    unharmed: bool
    locks: bool
    covered: bool


def addition(
    pdf: bytes,
    *,
    before: bytes,
    roots: Sequence[bytes],
    now: datetime,
    lists: Sequence[bytes] = (),
) -> Addition:
    """What `pdf` adds to `before`, with which it begins.

    Raises RuleBroken when it cannot be read, or not in the time and memory that are given.
    """
    try:
        found: Addition = _reader.run(_read_addition, pdf, before, tuple(roots), now, tuple(lists))
    except (ValueError, LimitExceeded) as error:
        raise RuleBroken(N_("The file cannot be read as a PDF."), field="file") from error
    return found


def _read_addition(
    pdf: bytes, before: bytes, roots: Sequence[bytes], now: datetime, lists: Sequence[bytes]
) -> Addition:
    return _read_safely(_addition, pdf, before, roots, now, lists)


async def _addition(
    pdf: bytes, before: bytes, roots: Sequence[bytes], now: datetime, lists: Sequence[bytes]
) -> Addition:
    from pyhanko.pdf_utils.reader import PdfFileReader
    from pyhanko.sign.diff_analysis import ModificationLevel
    from pyhanko.sign.fields import enumerate_sig_fields
    from pyhanko.sign.validation.status import SignatureCoverageLevel

    def fields(reader: Any) -> dict[str, bool]:
        return {name: value is not None for name, value, _ in enumerate_sig_fields(reader)}

    reader = PdfFileReader(io.BytesIO(pdf), strict=True)
    old, new = fields(PdfFileReader(io.BytesIO(before), strict=True)), fields(reader)
    signed = tuple(name for name, filled in new.items() if filled and not old.get(name, False))
    made = tuple(name for name in new if name not in old)
    embedded = list(reader.embedded_signatures)
    if len(embedded) > MAX_SIGNATURES:
        raise ValueError(f"more than {MAX_SIGNATURES} signatures")
    if not signed or not embedded or embedded[-1].sig_object_type != "/Sig":
        return Addition(signed, made, None, unharmed=True, locks=False, covered=True)
    *earlier, newest = embedded
    finding = await _finding(newest, roots, lists, now)
    others = [await _finding(one, roots, lists, now) for one in earlier if one.sig_object_type == "/Sig"]
    covered = newest.evaluate_signature_coverage() == SignatureCoverageLevel.ENTIRE_FILE
    if not covered:
        level = await _what_follows(newest, _context(roots, lists, now))
        covered = level == ModificationLevel.LTA_UPDATES and pdf.rstrip().endswith(b"%%EOF")
    return Addition(
        signed,
        made,
        finding,
        unharmed=all(one.intact and one.permitted for one in others)
        and all(new.get(name) for name, f in old.items() if f),
        locks=newest.docmdp_level is not None or newest.fieldmdp is not None,
        covered=covered,
    )


# --- Reading the signatures of a file --------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class SignatureFinding:
    """What is the case with one signature, as the file and our trust roots say it.

    `holder` and `fingerprint` (SHA-256 of the certificate, hexadecimal) come from the certificate. `stated_at` is the
    time the signature claims. `intact`: the bytes it covers are unchanged. `trusted`: the certificate chains to our
    roots and is not revoked. `permitted`: what was added after it is what it allows. `sound`: all of these.
    `stamped_at`: the time of an independent authority, when there is one that we trust.
    """

    field: str
    holder: str
    fingerprint: str
    stated_at: datetime | None
    intact: bool
    trusted: bool
    permitted: bool
    sound: bool
    stamped_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Findings:
    """The signatures in the order they were made, and whether the last one, or the document time-stamp behind it,
    covers the file to its end. `stamps`: (time, sound) of each document time-stamp."""

    signatures: tuple[SignatureFinding, ...]
    covered_to_end: bool
    stamps: tuple[tuple[datetime | None, bool], ...] = ()


def examine(
    pdf: bytes, roots: Sequence[bytes], moment: datetime, newest_only: bool = False, lists: Sequence[bytes] = ()
) -> Findings:
    """Read every signature of `pdf`, or the newest only, offline, trusting `roots` (DER) as of `moment`,
    with the `lists` of revoked certificates that are at hand.

    Raises ValueError when `pdf` cannot be read as a PDF. Meant for a process that may be killed.
    """
    return _read_safely(_examine, pdf, roots, moment, newest_only, lists)


def _read_safely(read: Callable[P, Coroutine[Any, Any, T]], *args: P.args, **kwargs: P.kwargs) -> T:
    """The result of `read`. Raises ValueError when that fails in whatever way."""
    import asyncio
    import logging

    from pyhanko.pdf_utils.misc import PdfError

    logging.getLogger("pyhanko").setLevel(logging.CRITICAL)
    logging.getLogger("pyhanko_certvalidator").setLevel(logging.CRITICAL)
    try:
        return asyncio.run(read(*args, **kwargs))
    except (MemoryError, KeyboardInterrupt):
        raise
    except PdfError as error:
        raise ValueError(f"{type(error).__name__}: {error}"[:200]) from None
    except Exception as error:  # a hostile file may break the parser in any way
        raise ValueError(f"{type(error).__name__}"[:200]) from None


async def _examine(
    pdf: bytes, roots: Sequence[bytes], moment: datetime, newest_only: bool, lists: Sequence[bytes]
) -> Findings:
    from pyhanko.pdf_utils.reader import PdfFileReader
    from pyhanko.sign.diff_analysis import ModificationLevel
    from pyhanko.sign.validation.status import SignatureCoverageLevel

    reader = PdfFileReader(io.BytesIO(pdf), strict=True)
    everything = list(reader.embedded_signatures)
    embedded = [one for one in everything if one.sig_object_type == "/Sig"]
    if len(everything) > MAX_SIGNATURES:
        raise ValueError(f"more than {MAX_SIGNATURES} signatures")
    found = [
        await _finding(signature, roots, lists, moment) for signature in (embedded[-1:] if newest_only else embedded)
    ]
    stamps = [
        await _stamp(stamp, _context(roots, lists, moment))
        for stamp in everything
        if stamp.sig_object_type == "/DocTimeStamp" and not newest_only
    ]
    covered = False
    if embedded:
        last = everything[-1]
        covered = last.evaluate_signature_coverage() == SignatureCoverageLevel.ENTIRE_FILE
        if not covered and newest_only and last is embedded[-1]:
            # Behind a signature that is not the last to come stands what validates it later. Of a finished file, to
            # which others may have added, this is not good enough.
            level = await _what_follows(last, _context(roots, lists, moment))
            covered = level is not None and bool(level <= ModificationLevel.LTA_UPDATES)
    return Findings(tuple(found), covered, tuple(stamps))


async def _what_follows(signature: Any, context: Any) -> Any:
    """pyHanko's level of the changes behind a signature; None when it cannot tell."""
    from pyhanko.sign.validation import async_validate_pdf_signature

    return (await async_validate_pdf_signature(signature, context)).modification_level


async def _stamp(stamp: Any, context: Any) -> tuple[datetime | None, bool]:
    """(time, sound) of a document time-stamp."""
    from pyhanko.sign.diff_analysis import ModificationLevel
    from pyhanko.sign.validation import async_validate_pdf_timestamp

    try:
        status = await async_validate_pdf_timestamp(stamp, context)
    except Exception:  # it is broken, and that is the finding
        return None, False
    level = status.modification_level
    permitted = level is not None and level <= ModificationLevel.FORM_FILLING
    return status.timestamp, bool(status.intact and status.valid and status.trusted and permitted)


async def _finding(
    signature: Any, roots: Sequence[bytes], lists: Sequence[bytes], moment: datetime
) -> SignatureFinding:
    from pyhanko.sign.validation import async_validate_pdf_signature

    try:
        certificate = signature.signer_cert
        holder = str(certificate.subject.native.get("common_name", ""))
        fingerprint = certificate.sha256.hex()
    except Exception:  # it is broken, and that is the finding
        holder, fingerprint = "", ""
    try:
        status = await async_validate_pdf_signature(signature, _context(roots, lists, moment))
    except Exception:
        return SignatureFinding(signature.field_name, holder, fingerprint, None, False, False, False, False)
    permitted = bool(status.docmdp_ok) and bool(status.seed_value_ok)
    stamped_at = _stamped(status.timestamp_validity)
    issuers = [one.dump() for one in signature.other_embedded_certs if one.subject == certificate.issuer]
    authorities = [load_der_x509_certificate(one) for one in (*roots, *issuers)]
    gone = revoked(load_der_x509_certificate(certificate.dump()), lists, authorities)
    # What was stamped before the certificate was revoked stays signed; without a stamp nobody can tell when it was.
    good = gone is None or gone > (stamped_at or moment)
    return SignatureFinding(
        field=signature.field_name,
        holder=holder,
        fingerprint=fingerprint,
        stated_at=signature.self_reported_timestamp,
        intact=bool(status.intact and status.valid),
        trusted=bool(status.trusted) and good,
        permitted=permitted,
        sound=bool(status.bottom_line) and permitted and good,
        stamped_at=stamped_at,
    )


def _stamped(status: Any) -> datetime | None:
    if status is None or not (status.intact and status.valid and status.trusted):
        return None
    stamped: datetime = status.timestamp
    return stamped


def self_test(
    pdf: bytes, *, roots: Sequence[bytes], expected: Mapping[str, str], now: datetime, lists: Sequence[bytes] = ()
) -> None:
    """Judge a finished document by our own verification before anybody sees it.

    `expected` is {field: certificate fingerprint}, in signing order. Raises SelfTestFailed saying what is wrong.
    """
    _test(pdf, roots, dict(expected), now, newest_only=False, lists=lists)


def renewal_test(
    pdf: bytes,
    *,
    roots: Sequence[bytes],
    expected: Mapping[str, str],
    signed_at: datetime,
    now: datetime,
    lists: Sequence[bytes] = (),
) -> None:
    """As `self_test`, for a file that got a new document time-stamp: its signatures as of `signed_at`, since their
    certificates may have expired, the new time-stamp as of `now`."""
    try:
        then = _reader.run(examine, pdf, tuple(roots), signed_at, False, tuple(lists))
        today = _reader.run(examine, pdf, tuple(roots), now, False, tuple(lists))
    except (ValueError, LimitExceeded) as error:
        raise SelfTestFailed(str(error)) from error
    sound = all(signature.sound for signature in then.signatures)
    same = [(s.field, s.fingerprint) for s in then.signatures] == list(expected.items())
    if not (sound and same and today.covered_to_end and today.stamps and today.stamps[-1][1]):
        raise SelfTestFailed("the renewed file does not hold")


def newest_test(
    pdf: bytes,
    *,
    roots: Sequence[bytes],
    field: str,
    fingerprint: str,
    now: datetime,
    lists: Sequence[bytes] = (),
) -> None:
    """As `self_test`, for the signature that was just put in alone: quick, for a document that is not finished."""
    _test(pdf, roots, {field: fingerprint}, now, newest_only=True, lists=lists)


def _test(
    pdf: bytes,
    roots: Sequence[bytes],
    expected: Mapping[str, str],
    now: datetime,
    *,
    newest_only: bool,
    lists: Sequence[bytes],
) -> None:
    try:
        findings = _reader.run(examine, pdf, tuple(roots), now, newest_only, tuple(lists))
    except (ValueError, LimitExceeded) as error:
        raise SelfTestFailed(str(error)) from error
    wrong = [f"{s.field} is not sound" for s in findings.signatures if not s.sound]
    wrong += ["a document time-stamp is not sound" for _at, sound in findings.stamps if not sound]
    if not findings.covered_to_end:
        wrong.append("the last signature does not cover the whole file")
    if [(s.field, s.fingerprint) for s in findings.signatures] != list(expected.items()):
        wrong.append("the signatures are not those expected")
    if wrong:
        raise SelfTestFailed("; ".join(wrong))


# --- The verdict on a file somebody holds ----------------------------------------------------------------------


class Standing(StrEnum):
    """Whether a published decision still counts."""

    IN_FORCE = "in_force"
    AMENDED = "amended"
    SUPERSEDED = "superseded"
    ANNULLED = "annulled"


@dataclass(frozen=True, slots=True)
class Revision:
    """A state of a document while it was being signed: its length in bytes and its SHA-256 in hexadecimal."""

    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Published:
    """What the register knows of one published document.

    `signers` is {field: certificate fingerprint} in the order of signing, `names` {field: who signs there};
    `document` is the SHA-256 of the data that it was drawn from; `superseded_by` the decision that took its place;
    `earlier` are the states before the last signature, `renewed` the same file with document time-stamps that it got
    later.
    """

    reference: str
    size: int
    sha256: str
    signers: Mapping[str, str]
    published_at: datetime
    standing: Standing = Standing.IN_FORCE
    earlier: tuple[Revision, ...] = ()
    renewed: tuple[Revision, ...] = ()
    names: Mapping[str, str] = field(default_factory=dict)
    document: str = ""
    superseded_by: str | None = None


class BottomLine(StrEnum):
    """The one answer; evidence.pdf_facts says each in words."""

    GENUINE = "genuine"
    SUPERSEDED = "superseded"
    ANNULLED = "annulled"
    WITH_ADDITIONS = "with_additions"
    INCOMPLETE = "incomplete"
    ALTERED = "altered"
    NOT_OURS = "not_ours"
    UNREADABLE = "unreadable"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is the case with a file, and the one bottom line that follows.

    `published` is the document it is, or holds, or is an earlier state of; `same_bytes`, `holds_original` and
    `earlier_state` say which, and at most one is true. `readable`: its signatures could be read, which they need not
    be when the bytes decide. `missing` are the registered fields without their registered signature, unharmed;
    `unexpected` the signatures by anybody else; both only when the document is known. `covered_to_end`: no bytes
    after the last signature.
    """

    bottom_line: BottomLine
    sha256: str
    published: Published | None = None
    same_bytes: bool = False
    holds_original: bool = False
    earlier_state: bool = False
    readable: bool = True
    signatures: tuple[SignatureFinding, ...] = ()
    missing: tuple[str, ...] = ()
    unexpected: tuple[SignatureFinding, ...] = ()
    covered_to_end: bool = False


def verify(
    pdf: bytes,
    *,
    roots: Sequence[bytes],
    registered: Sequence[Published],
    now: datetime,
    lists: Sequence[bytes] = (),
) -> Verdict:
    """What `pdf` is, given the trust `roots` and revocation `lists` (DER) and all `registered` documents.

    The bytes decide first: (1) those of a published document, renewed or not; (2) such bytes with something after
    them; (3) an earlier state of one. (4) Otherwise its signatures do, and it can only be "altered" or "not ours",
    because whatever was properly published is known by its bytes.
    """
    digest = hashlib.sha256(pdf).hexdigest()
    editions = ((document, edition.sha256) for document in registered for edition in document.renewed)
    files = (*((document, document.sha256) for document in registered), *editions)
    same = next((document for document, file in files if file == digest), None)
    held = None if same else _held_original(pdf, registered)
    earlier = None
    if same is None and held is None:
        states = ((document, state) for document in registered for state in document.earlier)
        earlier = next((document for document, state in states if state.sha256 == digest), None)
    published = same or held or earlier
    try:
        # A signature is judged as of publication: that its certificate has expired since changes nothing.
        moment = published.published_at if published else now
        findings = _reader.run(examine, pdf, tuple(roots), moment, False, tuple(lists))
    except (ValueError, LimitExceeded):
        findings = None
    signatures = findings.signatures if findings else ()
    ours = [s for s in signatures if published and published.signers.get(s.field) == s.fingerprint]
    whole = [s.field for s in ours if s.intact and s.trusted]
    if same:
        bottom_line = _BY_STANDING[same.standing]
    elif earlier:
        bottom_line = BottomLine.INCOMPLETE
    elif held:
        # What the seal forbids may still be harmless, as one more signature is; what those who signed after it do
        # not allow either is not: it changes what is seen.
        unharmed = len(whole) == len(held.signers) and all(s.permitted for s in ours[-1:])
        bottom_line = BottomLine.WITH_ADDITIONS if unharmed else BottomLine.ALTERED
    elif findings:
        known = {fingerprint for document in registered for fingerprint in document.signers.values()}
        anybody = any(signature.fingerprint in known for signature in signatures)
        bottom_line = BottomLine.ALTERED if anybody else BottomLine.NOT_OURS
    else:
        bottom_line = BottomLine.UNREADABLE
    return Verdict(
        bottom_line,
        digest,
        published,
        same_bytes=same is not None,
        holds_original=held is not None,
        earlier_state=earlier is not None,
        readable=findings is not None,
        signatures=signatures,
        missing=tuple(field for field in published.signers if field not in whole) if published and findings else (),
        unexpected=tuple(s for s in signatures if s not in ours) if published else (),
        covered_to_end=findings is not None and findings.covered_to_end,
    )


_BY_STANDING = {
    Standing.IN_FORCE: BottomLine.GENUINE,
    Standing.AMENDED: BottomLine.SUPERSEDED,
    Standing.SUPERSEDED: BottomLine.SUPERSEDED,
    Standing.ANNULLED: BottomLine.ANNULLED,
}


def _held_original(pdf: bytes, registered: Sequence[Published]) -> Published | None:
    """The published document whose bytes `pdf` begins with, hashing `pdf` once."""
    running, position = hashlib.sha256(), 0
    view = memoryview(pdf)
    for document in sorted(registered, key=lambda d: d.size):
        if document.size > len(pdf):
            break
        running.update(view[position : document.size])
        position = document.size
        if running.hexdigest() == document.sha256:
            return document
    return None
