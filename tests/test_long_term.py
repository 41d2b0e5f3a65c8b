"""Signatures with time-stamps, with lists of revoked certificates, and with keys that never leave their token."""

import os
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import Any

import pikepdf
import pkcs11
import pytest
from asn1crypto import cms
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from config import Config, UnsafeConfiguration
from procurement import signing
from procurement.errors import RuleBroken, Unavailable
from procurement.keys import DevelopmentKeys, Identity, TokenKeys, keys_from
from procurement.signing import BottomLine, Published, Revision, SelfTestFailed, Stamping
from tests.documents import render_sample, verapdf
from tests.foreign import holder
from tests.foreign import signed as signed_elsewhere
from tests.test_signing import NOW, OFFICE, PEOPLE, drawn
from tests.time_stamps import Authority, authority

MODULE = "/usr/lib/softhsm/libsofthsm2.so"
PIN = "1234"


@pytest.fixture(scope="module")
def stamps(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Authority]:
    with authority(tmp_path_factory.mktemp("stamps") / "authority") as found:
        yield found


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> DevelopmentKeys:
    return DevelopmentKeys(tmp_path_factory.mktemp("keys"), office=OFFICE)


@pytest.fixture(scope="module")
def base() -> bytes:
    return render_sample("zh")


def sealed(base: bytes, seal: Identity, **more: Any) -> bytes:
    return signing.sign(
        base,
        field="seal",
        identity=seal,
        appearance=drawn("seal.html", seal, "zh"),
        reason="印章",
        now=NOW,
        certify=True,
        **more,
    )


@pytest.fixture(scope="module")
def stamped(base: bytes, keys: DevelopmentKeys, stamps: Authority) -> tuple[list[bytes], dict[str, str], Stamping]:
    """Every state of a document whose signatures carry time-stamps, the last with one over the whole file."""
    stamping = Stamping(stamps.url, (*keys.roots, stamps.root))
    states, signers = [sealed(base, keys.seal(), stamping=stamping)], {"seal": keys.seal().fingerprint}
    for number, name in enumerate(PEOPLE, start=1):
        person = keys.signatory(number, name)
        states.append(
            signing.sign(
                states[-1],
                field=f"signatory-{number}",
                identity=person,
                appearance=drawn("stamp.html", person, "zh"),
                reason="已决定",
                now=NOW,
                stamping=stamping,
                last=number == len(PEOPLE),
            )
        )
        signers[f"signatory-{number}"] = person.fingerprint
    return states, signers, stamping


def test_each_signature_is_stamped_and_the_last_stamp_covers_the_file(stamped):
    states, signers, stamping = stamped
    findings = signing.examine(states[-1], stamping.roots, NOW)
    assert [(s.field, s.fingerprint) for s in findings.signatures] == list(signers.items())
    assert all(s.sound and s.stamped_at is not None for s in findings.signatures)
    assert [sound for _at, sound in findings.stamps] == [True]
    assert findings.covered_to_end
    signing.self_test(states[-1], roots=stamping.roots, expected=signers, now=NOW)
    field, fingerprint = list(signers.items())[1]
    signing.newest_test(states[1], roots=stamping.roots, field=field, fingerprint=fingerprint, now=NOW)


def test_a_stamp_by_an_authority_that_is_not_ours_is_no_stamp(stamped, keys: DevelopmentKeys):
    states, signers, _ = stamped
    findings = signing.examine(states[-1], keys.roots, NOW)
    assert all(s.stamped_at is None for s in findings.signatures)
    assert [sound for _at, sound in findings.stamps] == [False]
    with pytest.raises(SelfTestFailed):
        signing.self_test(states[-1], roots=keys.roots, expected=signers, now=NOW)


def test_what_is_added_behind_the_last_stamp_is_told(stamped):
    states, signers, stamping = stamped
    final = states[-1]
    published = Published("D1", len(final), signing.hashlib.sha256(final).hexdigest(), signers, NOW)
    judged = signing.verify(final + b"\n%more\n", roots=stamping.roots, registered=[published], now=NOW)
    assert judged.bottom_line is BottomLine.WITH_ADDITIONS
    with pytest.raises(SelfTestFailed):
        signing.self_test(final + b"\n%more\n", roots=stamping.roots, expected=signers, now=NOW)


def test_it_still_passes_the_validators_of_others(stamped, tmp_path: Path):
    file = tmp_path / "stamped.pdf"
    file.write_bytes(stamped[0][-1])
    assert verapdf({"stamped": stamped[0][-1]}, tmp_path) == {"stamped": {"3a": [], "ua1": []}}
    said = subprocess.run(["pdfsig", "-nocert", str(file)], capture_output=True, text=True, check=False).stdout
    assert said.count("Signature is Valid") == 1 + len(PEOPLE)
    assert "Total document signed" in said
    subprocess.run(["qpdf", "--check", str(file)], check=True, capture_output=True)


def test_without_an_answer_nothing_is_signed(base: bytes, keys: DevelopmentKeys):
    nobody = Stamping("http://127.0.0.1:9/", keys.roots)
    with pytest.raises(RuleBroken, match="did not answer"):
        sealed(base, keys.seal(), stamping=nobody)


# --- signatures made elsewhere, and new stamps --------------------------------------------------------------------


def test_a_signature_made_elsewhere_gets_a_stamp_behind_it_and_others_sign_on(
    base: bytes, keys: DevelopmentKeys, stamps: Authority
):
    stamping, own = Stamping(stamps.url, (*keys.roots, stamps.root)), holder(keys, PEOPLE[0])
    first = sealed(base, keys.seal(), stamping=stamping)
    theirs = signed_elsewhere(first, own, "signatory-1", NOW)
    found = signing.addition(theirs, before=first, roots=stamping.roots, now=NOW)
    assert (found.signed, found.made, found.unharmed, found.locks, found.covered) == (
        ("signatory-1",), (), True, False, True,
    )  # fmt: skip
    assert found.finding is not None
    assert found.finding.trusted
    behind = signing.stamp(theirs, stamping, now=NOW)
    assert behind.startswith(theirs)
    person = keys.signatory(2, PEOPLE[1])
    final = signing.sign(
        behind,
        field="signatory-2",
        identity=person,
        appearance=drawn("stamp.html", person, "zh"),
        reason="已决定",
        now=NOW,
        stamping=stamping,
        last=True,
    )
    fingerprint = signing.hashlib.sha256(own.certificate.public_bytes(Encoding.DER)).hexdigest()
    expected = {"seal": keys.seal().fingerprint, "signatory-1": fingerprint, "signatory-2": person.fingerprint}
    signing.self_test(final, roots=stamping.roots, expected=expected, now=NOW)
    assert [sound for _, sound in signing.examine(final, stamping.roots, NOW).stamps] == [True, True]


def test_a_new_stamp_stands_behind_the_file_and_holds_when_the_signers_have_expired(stamped):
    states, signers, stamping = stamped
    assert signing.stamped_until(states[0]) is None
    assert signing.stamped_until(states[-1]) == datetime(2100, 1, 1, tzinfo=UTC)
    later = datetime(2099, 12, 31, 12, tzinfo=UTC)  # the signers' certificates end before, the stamp's after it
    renewed = signing.stamp(states[-1], stamping, now=later)
    assert renewed.startswith(states[-1])
    with pytest.raises(SelfTestFailed):
        signing.self_test(renewed, roots=stamping.roots, expected=signers, now=later)
    known = {"roots": stamping.roots, "expected": signers, "now": later}
    signing.renewal_test(renewed, signed_at=NOW, **known)
    for wrong in (states[-1] + b"%", renewed[:-9], states[-2]):
        with pytest.raises(SelfTestFailed):
            signing.renewal_test(wrong, signed_at=NOW, **known)

    def revision(content: bytes) -> Revision:
        return Revision(len(content), signing.hashlib.sha256(content).hexdigest())

    first = revision(states[-1])
    published = Published("D1", first.size, first.sha256, signers, NOW, renewed=(revision(renewed),))
    for content, answer in (
        (states[-1], BottomLine.GENUINE),
        (renewed, BottomLine.GENUINE),
        (renewed + b"%", BottomLine.WITH_ADDITIONS),
    ):
        judged = signing.verify(content, roots=stamping.roots, registered=[published], now=later)
        assert judged.bottom_line is answer


def test_the_renewed_file_is_still_in_order_for_others(stamped, tmp_path: Path):
    states, _, stamping = stamped
    renewed = signing.stamp(states[-1], stamping, now=NOW)
    assert verapdf({"renewed": renewed}, tmp_path) == {"renewed": {"3a": [], "ua1": []}}
    with pytest.raises(Unavailable, match="did not answer"):
        signing.stamp(states[-1], Stamping("http://127.0.0.1:9/", stamping.roots), now=NOW)


# --- tokens -------------------------------------------------------------------------------------------------------


@pytest.fixture
def token(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> TokenKeys:
    """A token in software that holds the seal (elliptic curve) and one signatory (RSA) with their certificates."""
    (tmp_path / "tokens").mkdir()
    (tmp_path / "softhsm2.conf").write_text(f"directories.tokendir = {tmp_path / 'tokens'}\n", encoding="utf-8")
    monkeypatch.setenv("SOFTHSM2_CONF", str(tmp_path / "softhsm2.conf"))
    run = ["softhsm2-util", "--module", MODULE, "--token", "office", "--pin", PIN]
    subprocess.run(
        ["softhsm2-util", "--init-token", "--free", "--label", "office", "--pin", PIN, "--so-pin", "5678"],
        check=True,
        capture_output=True,
        env=os.environ,
    )
    keys = DevelopmentKeys(tmp_path / "keys", office=OFFICE)
    root = x509.load_der_x509_certificate(keys.roots[0])
    issuing = keys._authority("issuing", keys._authority("root", None))
    person = rsa_identity(keys, issuing)
    (tmp_path / "roots.pem").write_bytes(root.public_bytes(Encoding.PEM))
    for number, (label, identity) in enumerate((("seal", keys.seal()), ("person-7", person)), start=1):
        file = tmp_path / f"{label}.p8"
        file.write_bytes(identity.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        subprocess.run([*run, "--import", str(file), "--label", label, "--id", f"0{number}"], check=True)
    held = pkcs11.lib(MODULE)
    held.reinitialize()
    with held.get_token(token_label="office").open(rw=True, user_pin=PIN) as session:
        for label, identity in (("seal", keys.seal()), ("person-7", person), ("issuing", issuing)):
            session.create_object(
                {
                    pkcs11.Attribute.CLASS: pkcs11.ObjectClass.CERTIFICATE,
                    pkcs11.Attribute.CERTIFICATE_TYPE: pkcs11.CertificateType.X_509,
                    pkcs11.Attribute.TOKEN: True,
                    pkcs11.Attribute.PRIVATE: False,
                    pkcs11.Attribute.LABEL: label,
                    pkcs11.Attribute.SUBJECT: identity.certificate.subject.public_bytes(),
                    pkcs11.Attribute.VALUE: identity.certificate.public_bytes(Encoding.DER),
                }
            )
    return TokenKeys(module=MODULE, token="office", pin=PIN, roots=tmp_path / "roots.pem")


def rsa_identity(keys: DevelopmentKeys, issuing: Identity) -> Identity:
    from procurement.keys import _issue

    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return Identity(key, _issue(PEOPLE[0], key, issuing, authority=False), (issuing.certificate,), development=True)


def test_keys_that_stay_on_a_token_seal_and_sign(base: bytes, token: TokenKeys):
    seal, person = token.seal(), token.signatory(7, PEOPLE[0])
    signed = signing.sign(
        sealed(base, seal),
        field="signatory-1",
        identity=person,
        appearance=drawn("stamp.html", person, "zh"),
        reason="已决定",
        now=NOW,
    )
    expected = {"seal": seal.fingerprint, "signatory-1": person.fingerprint}
    signing.self_test(signed, roots=token.roots, expected=expected, now=NOW)
    assert not seal.development
    assert PIN not in repr(seal)
    with pytest.raises(RuleBroken, match="holds no signing key for Somebody else"):
        token.signatory(8, "Somebody else")


def test_a_token_is_enough_for_production(tmp_path: Path):
    (tmp_path / "there").write_text("", encoding="utf-8")
    there = str(tmp_path / "there")
    whole = Config(
        environment="production",
        secret_key="x" * 40,
        base_url="https://sunlit.example.org",
        require_second_factor=True,
        log_key=there,
        log_guard=there,
        trust_roots=there,
        pkcs11_module=there,
        pkcs11_token="office",
    )
    whole.check()
    assert isinstance(keys_from(whole), TokenKeys)
    with pytest.raises(UnsafeConfiguration, match="SUNLIT_SEAL_PKCS12"):
        replace(whole, pkcs11_module="").check()


# --- by openssl, which knows nothing of PDF -----------------------------------------------------------------------


def covered_by(document: pikepdf.Pdf, content: bytes, field: str) -> tuple[cms.ContentInfo, bytes]:
    """(the CMS in a signature field, the bytes of the file that it covers)."""
    fields = document.Root.AcroForm.Fields
    (signature,) = [each.V for each in fields if str(each.T) == field]
    ranges = [int(number) for number in signature.ByteRange]
    covered = b"".join(
        content[start : start + length] for start, length in zip(ranges[::2], ranges[1::2], strict=True)
    )
    return cms.ContentInfo.load(bytes(signature.Contents)), covered


def openssl(*arguments: object) -> bool:
    """Whether `openssl` with these arguments finds everything in order."""
    done = subprocess.run(["openssl", *map(str, arguments)], capture_output=True, check=False)
    return done.returncode == 0


def test_openssl_verifies_each_signature_and_each_time_stamp(
    stamped, keys: DevelopmentKeys, stamps: Authority, tmp_path: Path
):
    """Signature and certificate of every signatory, the time-stamp on it, and the last one over the whole file; and
    none of them over other bytes."""
    states, signers, _ = stamped
    final = states[-1]
    for name, roots in (("signers.pem", keys.roots), ("time.pem", (stamps.root,))):
        pem = [x509.load_der_x509_certificate(root).public_bytes(Encoding.PEM) for root in roots]
        (tmp_path / name).write_bytes(b"".join(pem))

    def write(name: str, content: bytes) -> Path:
        (tmp_path / name).write_bytes(content)
        return tmp_path / name

    def stamped_over(token: bytes, content: bytes) -> bool:
        given = ("-token_in", "-in", write("token.der", token), "-data", write("content", content))
        return openssl("ts", "-verify", *given, "-CAfile", tmp_path / "time.pem")

    def signed_over(message: bytes, content: bytes) -> bool:
        given = ("-binary", "-inform", "DER", "-in", write("cms.der", message), "-content", write("content", content))
        trusted = ("-CAfile", tmp_path / "signers.pem", "-purpose", "any", "-out", tmp_path / "out")
        return openssl("cms", "-verify", *given, *trusted)

    with pikepdf.open(BytesIO(final)) as document:
        for field in signers:
            message, covered = covered_by(document, final, field)
            assert signed_over(message.dump(), covered), field
            assert not signed_over(message.dump(), covered + b" "), field
            (signer,) = message["content"]["signer_infos"]
            (token,) = [
                attribute["values"][0].dump()
                for attribute in signer["unsigned_attrs"]
                if attribute["type"].native == "signature_time_stamp_token"
            ]
            assert stamped_over(token, signer["signature"].native), field
            assert not stamped_over(token, signer["signature"].native + b" "), field
        (over_all,) = [str(each.T) for each in document.Root.AcroForm.Fields if str(each.T) not in signers]
        message, covered = covered_by(document, final, over_all)
        assert stamped_over(message.dump(), covered)
        assert not stamped_over(message.dump(), covered[:-1])
