"""Whether a certificate is revoked: what its own authority signed counts, and only what is fresh gives leave."""

import threading
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from config import Config
from procurement import signing
from procurement.errors import RuleBroken, Unavailable
from procurement.keys import DevelopmentKeys, Identity, evidence_of, keys_from
from procurement.revocation import Evidence, require_unrevoked, revoked
from procurement.signing import BottomLine, Published
from tests.documents import render_sample
from tests.test_signing import NOW, OFFICE, drawn

DAY = timedelta(days=1)
INSTANT = timedelta(microseconds=1)


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> DevelopmentKeys:
    return DevelopmentKeys(tmp_path_factory.mktemp("keys"), office=OFFICE)


@pytest.fixture(scope="module")
def base() -> bytes:
    return render_sample("zh")


def issuing(keys: DevelopmentKeys) -> Identity:
    return keys._authority("issuing", keys._authority("root", None))


def list_of(keys: DevelopmentKeys, *serials: int, at: datetime = NOW - DAY, until: datetime = NOW + 2 * DAY,
            by: ec.EllipticCurvePrivateKey | None = None) -> bytes:  # fmt: skip
    """A list of revoked certificates in the name of the issuing authority, signed by it or by somebody else."""
    builder = (
        x509.CertificateRevocationListBuilder()
        .issuer_name(issuing(keys).certificate.subject)
        .last_update(NOW - 2 * DAY)
        .next_update(until)
    )
    for serial in serials:
        one = x509.RevokedCertificateBuilder().serial_number(serial).revocation_date(at).build()
        builder = builder.add_revoked_certificate(one)
    return builder.sign(by or issuing(keys).key, hashes.SHA256()).public_bytes(Encoding.DER)


def judged(keys: DevelopmentKeys, *lists: bytes, responder: str = "", demanded: bool = True) -> tuple[bytes, ...]:
    seal = keys.seal()
    evidence = Evidence(keys.roots, lists, responder, demanded=demanded)
    return require_unrevoked(seal.certificate, seal.chain, evidence, name=seal.name, now=NOW)


# --- lists --------------------------------------------------------------------------------------------------------


def test_a_fresh_list_gives_leave_until_the_instant_at_which_the_next_was_due(keys: DevelopmentKeys):
    assert judged(keys, list_of(keys, until=NOW + timedelta(seconds=1))) == ()
    with pytest.raises(Unavailable, match="no list of it is fresh"):
        judged(keys, list_of(keys, until=NOW))
    with pytest.raises(Unavailable):
        judged(keys)
    assert judged(keys, demanded=False) == ()


def test_a_revocation_is_believed_whatever_the_age_of_the_list(keys: DevelopmentKeys):
    serial = keys.seal().certificate.serial_number
    for until in (NOW - DAY, NOW + DAY):
        with pytest.raises(RuleBroken, match="has been revoked"):
            judged(keys, list_of(keys, serial, until=until))


def test_a_list_that_the_authority_did_not_sign_says_nothing(keys: DevelopmentKeys):
    seal, stranger = keys.seal(), ec.generate_private_key(ec.SECP256R1())
    forged = list_of(keys, seal.certificate.serial_number, by=stranger)
    assert revoked(seal.certificate, [forged], seal.chain) is None
    with pytest.raises(Unavailable):
        judged(keys, list_of(keys, by=stranger))


def test_signing_asks(base: bytes, keys: DevelopmentKeys):
    seal = keys.seal()

    def sealed(*lists: bytes) -> bytes:
        return signing.sign(
            base,
            field="seal",
            identity=seal,
            appearance=drawn("seal.html", seal, "zh"),
            reason="印章",
            now=NOW,
            certify=True,
            evidence=Evidence(keys.roots, lists, demanded=True),
        )

    with pytest.raises(RuleBroken, match="has been revoked"):
        sealed(list_of(keys, seal.certificate.serial_number))
    with pytest.raises(Unavailable):
        sealed()
    signed = sealed(list_of(keys, 17))
    assert signed.startswith(base)
    (fine,) = signing.examine(signed, keys.roots, NOW, lists=(list_of(keys),)).signatures
    assert fine.trusted
    later = list_of(keys, seal.certificate.serial_number, at=NOW + DAY)
    (before,) = signing.examine(signed, keys.roots, NOW, lists=(later,)).signatures
    assert before.trusted, "it was valid at the time as of which it is judged"
    gone = list_of(keys, seal.certificate.serial_number)
    (found,) = signing.examine(signed, keys.roots, NOW, lists=(gone,)).signatures
    assert (found.intact, found.trusted, found.sound) == (True, False, False)
    forged = list_of(keys, seal.certificate.serial_number, by=ec.generate_private_key(ec.SECP256R1()))
    (unmoved,) = signing.examine(signed, keys.roots, NOW, lists=(forged,)).signatures
    assert unmoved.trusted
    known = Published("D1", len(signed), signing.hashlib.sha256(signed).hexdigest(), {"seal": seal.fingerprint}, NOW)
    verdict = signing.verify(signed, roots=keys.roots, registered=[known], now=NOW, lists=(gone,))
    assert verdict.bottom_line is BottomLine.GENUINE, "the published bytes stay the published bytes"


def test_lists_are_read_from_a_folder_and_a_broken_one_is_not_overlooked(keys: DevelopmentKeys, tmp_path: Path):
    crl = x509.load_der_x509_crl(list_of(keys, 17))
    folder = tmp_path / "lists"
    folder.mkdir()
    (folder / "a.crl").write_bytes(crl.public_bytes(Encoding.DER))
    (folder / "b.pem").write_bytes(crl.public_bytes(Encoding.PEM))
    config = Config(environment="test", data_dir=tmp_path / "data", revocation_lists=str(folder))
    assert keys_from(config).lists == (crl.public_bytes(Encoding.DER),) * 2
    assert evidence_of(keys_from(config), config).demanded
    (folder / "c.crl").write_bytes(b"no list")
    with pytest.raises(ValueError):
        assert keys_from(config).lists


def test_without_a_setting_nothing_is_demanded(tmp_path: Path):
    plain = Config(environment="test", data_dir=tmp_path)
    assert not evidence_of(keys_from(plain), plain).demanded
    asked = Config(environment="test", data_dir=tmp_path, ocsp_url="http://127.0.0.1:9/")
    assert evidence_of(keys_from(asked), asked).demanded


# --- answers ------------------------------------------------------------------------------------------------------


@dataclass
class Responder:
    """Answers about certificates of the issuing authority; what it says can be changed."""

    keys: DevelopmentKeys
    url: str = ""
    status: ocsp.OCSPCertStatus = ocsp.OCSPCertStatus.GOOD
    signer: Identity | None = None
    until: datetime = NOW + DAY
    other: bool = False

    def answer(self, raw: bytes) -> bytes:
        request, authority = ocsp.load_der_ocsp_request(raw), issuing(self.keys)
        signer = self.signer or authority
        certificate = self.keys.signatory(5, "Other").certificate if self.other else self.keys.seal().certificate
        assert self.other or request.serial_number == certificate.serial_number
        gone = self.status is ocsp.OCSPCertStatus.REVOKED
        builder = (
            ocsp.OCSPResponseBuilder()
            .add_response(
                cert=certificate,
                issuer=authority.certificate,
                algorithm=hashes.SHA1(),  # noqa: S303 (a name)
                cert_status=self.status,
                this_update=NOW - timedelta(hours=1),
                next_update=self.until,
                revocation_time=NOW - DAY if gone else None,
                revocation_reason=None,
            )
            .responder_id(ocsp.OCSPResponderEncoding.HASH, signer.certificate)
            .certificates([signer.certificate])
        )
        return builder.sign(signer.key, hashes.SHA256()).public_bytes(Encoding.DER)


@pytest.fixture
def responder(keys: DevelopmentKeys) -> Iterator[Responder]:
    found = Responder(keys)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            answer = found.answer(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(200)
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *_: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    found.url = f"http://127.0.0.1:{server.server_port}/"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield found
    server.shutdown()
    thread.join()
    server.server_close()


def leaf(keys: DevelopmentKeys, *, usage: bool) -> Identity:
    """Somebody with a certificate of the issuing authority, made for answering or not."""
    key, authority = ec.generate_private_key(ec.SECP256R1()), issuing(keys)
    builder = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Responder")]))
        .issuer_name(authority.certificate.subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(NOW - DAY)
        .not_valid_after(NOW + DAY)
    )
    if usage:
        builder = builder.add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.OCSP_SIGNING]), critical=False)
    return Identity(key, builder.sign(authority.key, hashes.SHA256()), (), development=True)


def test_an_answer_gives_leave_and_is_kept(keys: DevelopmentKeys, responder: Responder):
    (answer,) = judged(keys, responder=responder.url)
    assert ocsp.load_der_ocsp_response(answer).certificate_status is ocsp.OCSPCertStatus.GOOD
    responder.signer = leaf(keys, usage=True)
    assert len(judged(keys, responder=responder.url)) == 1


def test_an_answer_of_revocation_refuses_although_a_list_knows_nothing_of_it(
    keys: DevelopmentKeys, responder: Responder
):
    responder.status = ocsp.OCSPCertStatus.REVOKED
    with pytest.raises(RuleBroken, match="has been revoked"):
        judged(keys, list_of(keys), responder=responder.url)


@pytest.mark.parametrize(
    "change",
    [
        {"status": ocsp.OCSPCertStatus.UNKNOWN},
        {"until": NOW},
        {"other": True},
        {"signer": "leaf"},
        {"signer": "stranger"},
        {"url": "http://127.0.0.1:9/"},
    ],
    ids=lambda change: str(next(iter(change.items()))),
)
def test_no_other_answer_gives_leave_but_a_fresh_list_may(
    keys: DevelopmentKeys, responder: Responder, tmp_path: Path, change: dict[str, object]
):
    strangers = DevelopmentKeys(tmp_path, office=OFFICE)
    signers = {"leaf": leaf(keys, usage=False), "stranger": issuing(strangers)}
    for name, value in change.items():
        setattr(responder, name, signers.get(str(value), value))
    with pytest.raises(Unavailable):
        judged(keys, responder=responder.url)
    assert judged(keys, list_of(keys), responder=responder.url) == ()
