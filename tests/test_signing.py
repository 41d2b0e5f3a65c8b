"""A sealed and signed decision is valid for outsiders' tools, and every way of tampering is told apart."""

import hashlib
import io
import subprocess
import zlib
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pikepdf
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, Encoding, pkcs12
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign.fields import SigFieldSpec, append_signature_field

from config import Config
from procurement import pdf, signing
from procurement.errors import RuleBroken
from procurement.keys import DevelopmentKeys, Identity, OfficeKeys, _issue, keys_from
from procurement.signing import BottomLine, Published, Revision, Standing
from tests.documents import render_sample, verapdf

NOW = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)
OFFICE = "示范县公益直播办公室（演示）"
PEOPLE = ("欧阳示例", "Maria Ødegård-Example", "夏侯示例")


def drawn(template: str, identity: Identity, language: str) -> bytes:
    facts = {
        "name": identity.name,
        "when": "2026-11-23 11:00 (UTC+8)" if template == "stamp.html" else "2026-11-23",
        "fingerprint": identity.fingerprint,
        "development": identity.development,
        "dissents": False,
    }
    html = pdf.fill(template, facts, language=language)
    return pdf.render(html, issued=NOW)


def seal_and_sign(base: bytes, keys: DevelopmentKeys, language: str) -> tuple[list[bytes], dict[str, str]]:
    """Every state from the unsigned one to the finished one, and {field: fingerprint}."""
    states, signers = [base], {}
    seal = keys.seal()
    states.append(
        signing.sign(
            base,
            field="seal",
            identity=seal,
            appearance=drawn("seal.html", seal, language),
            reason="Seal of the office",
            now=NOW,
            certify=True,
        )
    )
    signers["seal"] = seal.fingerprint
    for number, name in enumerate(PEOPLE, start=1):
        person = keys.signatory(number, name)
        field = f"signatory-{number}"
        states.append(
            signing.sign(
                states[-1],
                field=field,
                identity=person,
                appearance=drawn("stamp.html", person, language),
                reason="Decided",
                now=NOW + timedelta(minutes=number),
            )
        )
        signers[field] = person.fingerprint
    return states, signers


@dataclass(frozen=True)
class World:
    keys: DevelopmentKeys
    states: list[bytes]
    signers: dict[str, str]
    published: Published
    verdicts: dict[Callable[["World"], bytes], signing.Verdict] = field(default_factory=dict)

    @property
    def final(self) -> bytes:
        return self.states[-1]

    def judge(self, content: bytes, *registered: Published) -> signing.Verdict:
        return signing.verify(content, roots=self.keys.roots, registered=registered or (self.published,), now=NOW)

    def verdict(self, tamper: Callable[["World"], bytes]) -> signing.Verdict:
        """The verdict on the tampered document, found once for all tests."""
        if tamper not in self.verdicts:
            self.verdicts[tamper] = self.judge(tamper(self))
        return self.verdicts[tamper]


def published(states: list[bytes], signers: dict[str, str], reference: str = "R2026-007-D1") -> Published:
    return Published(
        reference=reference,
        size=len(states[-1]),
        sha256=hashlib.sha256(states[-1]).hexdigest(),
        signers=signers,
        published_at=NOW,
        earlier=tuple(Revision(len(s), hashlib.sha256(s).hexdigest()) for s in states[:-1]),
    )


@pytest.fixture(scope="module")
def world(tmp_path_factory) -> World:
    keys = DevelopmentKeys(tmp_path_factory.mktemp("keys"), office=OFFICE)
    states, signers = seal_and_sign(render_sample("en"), keys, "en")
    return World(keys, states, signers, published(states, signers))


# --- The signed document ---------------------------------------------------------------------------------------


def test_sealed_and_signed_it_still_passes_verapdf_in_both_languages(world, tmp_path):
    chinese, _ = seal_and_sign(render_sample("zh"), world.keys, "zh")
    assert verapdf({"en": world.final, "zh": chinese[-1]}, tmp_path) == {
        "en": {"3a": [], "ua1": []},
        "zh": {"3a": [], "ua1": []},
    }


def test_outsiders_tools_find_four_valid_signatures_over_the_whole_document(world, tmp_path):
    file = tmp_path / "signed.pdf"
    file.write_bytes(world.final)
    said = subprocess.run(["pdfsig", "-nocert", file], capture_output=True, timeout=60).stdout.decode()
    assert said.count("Signature Validation: Signature is Valid.") == 4
    assert said.count("Total document signed") == 1
    assert [line.split(": ")[1] for line in said.splitlines() if "Signer Certificate Common Name" in line] == [
        OFFICE,
        *PEOPLE,
    ]
    assert "Signing Time: Nov 23 2026 03:01:00" in said
    subprocess.run(["qpdf", "--check", file], check=True, capture_output=True, timeout=60)


def test_each_signature_only_appends_and_the_twin_is_unchanged(world):
    for before, after in zip(world.states, world.states[1:], strict=False):
        assert after.startswith(before)
        assert len(after) - len(before) < 90_000
    with pikepdf.open(io.BytesIO(world.states[0])) as a, pikepdf.open(io.BytesIO(world.final)) as b:
        first, last = (d.attachments["decision.json"].get_file().read_bytes() for d in (a, b))
    assert first == last


def test_the_publication_self_test_accepts_it_and_nothing_less(world):
    signing.self_test(world.final, roots=world.keys.roots, expected=world.signers, now=NOW)
    with pytest.raises(signing.SelfTestFailed, match="not those expected"):
        signing.self_test(world.states[-2], roots=world.keys.roots, expected=world.signers, now=NOW)
    with pytest.raises(signing.SelfTestFailed, match="whole file"):
        signing.self_test(world.final + b"\n% x", roots=world.keys.roots, expected=world.signers, now=NOW)
    with pytest.raises(signing.SelfTestFailed, match="not sound"):
        signing.self_test(flip_content(world), roots=world.keys.roots, expected=world.signers, now=NOW)
    with pytest.raises(signing.SelfTestFailed):
        signing.self_test(b"no PDF", roots=world.keys.roots, expected=world.signers, now=NOW)


def test_a_field_cannot_be_signed_twice_and_the_seal_comes_first(world):
    person = world.keys.signatory(1, PEOPLE[0])
    appearance = drawn("stamp.html", person, "en")

    def sign(content: bytes, field: str, *, certify: bool = False) -> bytes:
        return signing.sign(
            content, field=field, identity=person, appearance=appearance, reason="x", now=NOW, certify=certify
        )

    with pytest.raises(Exception, match="filled"):
        sign(world.final, "signatory-1")
    with pytest.raises(Exception, match=r"[Cc]ertif|author"):
        sign(sign(world.states[0], "signatory-1"), "seal", certify=True)
    with pytest.raises(Exception, match="Nobody"):
        sign(world.states[0], "Nobody")


# --- Tampering -------------------------------------------------------------------------------------------------


def flip_content(world: World) -> bytes:
    at = world.final.index(b"stream", 2000) + 40
    return world.final[:at] + bytes([world.final[at] ^ 1]) + world.final[at + 1 :]


def flip_in_last_cms(world: World) -> bytes:
    at = world.final.rindex(b"/Contents <") + 2400
    digit = b"1" if world.final[at : at + 1] != b"1" else b"2"
    return world.final[:at] + digit + world.final[at + 1 :]


def append_comment(world: World) -> bytes:
    return world.final + b"\n% looked at by somebody\n"


def replace_attachment(world: World) -> bytes:
    writer = IncrementalPdfFileWriter(io.BytesIO(world.final))
    names = writer.root["/Names"]["/EmbeddedFiles"]["/Names"]
    stream = names[1]["/EF"].raw_get("/F")
    changed = stream.get_object()
    changed._data = b'{"selected": "another"}'
    changed._encoded_data = None
    writer.mark_update(stream)
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def change_page(world: World) -> bytes:
    writer = IncrementalPdfFileWriter(io.BytesIO(world.final))
    page = writer.root["/Pages"]["/Kids"][0]
    page["/Contents"] = writer.add_object(generic.StreamObject(stream_data=b"0 0 100 100 re f"))
    writer.mark_update(page.container_ref)
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def only_seal_left(world: World) -> bytes:
    return world.states[1]


def unsigned_base(world: World) -> bytes:
    return world.states[0]


def resaved(world: World) -> bytes:
    out = io.BytesIO()
    with pikepdf.open(io.BytesIO(world.final)) as document:
        document.save(out)
    return out.getvalue()


def truncated(world: World) -> bytes:
    return world.final[: len(world.final) * 2 // 3]


def no_pdf(world: World) -> bytes:
    return b"GIF89a" + bytes(500)


def other_authority(world: World) -> bytes:
    """The same names from a root of one's own, over the same base."""
    forger = _foreign_keys(world)
    return seal_and_sign(world.states[0], forger, "en")[0][-1]


def strangers_signature(world: World) -> bytes:
    """A field added to the genuine file and signed by somebody else."""
    writer = IncrementalPdfFileWriter(io.BytesIO(world.final))
    append_signature_field(writer, SigFieldSpec("Stranger", box=(10, 10, 90, 40)))
    out = io.BytesIO()
    writer.write(out)
    stranger = _foreign_keys(world).signatory(9, "路人")
    return signing.sign(
        out.getvalue(),
        field="Stranger",
        identity=stranger,
        appearance=drawn("stamp.html", stranger, "en"),
        reason="me too",
        now=NOW,
    )


def update_properties(world: World) -> bytes:
    """An incremental update that no signature covers and nobody sees."""
    writer = IncrementalPdfFileWriter(io.BytesIO(world.final))
    writer.set_info(generic.DictionaryObject({generic.NameObject("/Keywords"): generic.TextStringObject("mine")}))
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def encrypted(world: World) -> bytes:
    out = io.BytesIO()
    with pikepdf.open(io.BytesIO(world.final)) as document:
        document.save(out, encryption=pikepdf.Encryption(user="open", owner="own"))
    return out.getvalue()


def unpacks_to_more_than_there_is(_world: World) -> bytes:
    """The catalogue stands in an object stream of some 2 MB that unpacks to 2 GB."""
    squeeze = zlib.compressobj(9)
    packed = squeeze.compress(b"1 0 <</Type/Catalog/Pages 4 0 R>>")
    packed += b"".join(squeeze.compress(bytes(1 << 24)) for _ in range(128)) + squeeze.flush()
    head = b"%PDF-1.7\n"
    objects = b"2 0 obj<</Type/ObjStm/N 1/First 4/Filter/FlateDecode/Length %d>>stream\n%s\nendstream endobj\n" % (
        len(packed),
        packed,
    )
    table = b"".join(
        bytes([kind]) + at.to_bytes(4) + bytes([inside])
        for kind, at, inside in ((0, 0, 255), (2, 2, 0), (1, len(head), 0), (1, len(head + objects), 0))
    )
    last = b"3 0 obj<</Type/XRef/Size 4/W[1 4 1]/Root 1 0 R/Length %d>>stream\n%s\nendstream endobj\n" % (
        len(table),
        table,
    )
    return head + objects + last + b"startxref\n%d\n%%%%EOF\n" % len(head + objects)


def ten_thousand_pages(_world: World) -> bytes:
    out = io.BytesIO()
    with pikepdf.new() as document:
        for _ in range(10_000):
            document.add_blank_page()
        document.save(out)
    return out.getvalue()


def _foreign_keys(world: World) -> DevelopmentKeys:
    return DevelopmentKeys(world.keys._folder / "forger", office=OFFICE)


@pytest.mark.parametrize(
    ("tamper", "expected"),
    [
        (lambda world: world.final, BottomLine.GENUINE),
        (flip_content, BottomLine.ALTERED),
        (flip_in_last_cms, BottomLine.ALTERED),
        (append_comment, BottomLine.WITH_ADDITIONS),
        (replace_attachment, BottomLine.ALTERED),
        (change_page, BottomLine.ALTERED),
        (only_seal_left, BottomLine.INCOMPLETE),
        (unsigned_base, BottomLine.INCOMPLETE),
        (resaved, BottomLine.ALTERED),
        (truncated, BottomLine.UNREADABLE),
        (no_pdf, BottomLine.UNREADABLE),
        (other_authority, BottomLine.NOT_OURS),
        (strangers_signature, BottomLine.WITH_ADDITIONS),
        (update_properties, BottomLine.WITH_ADDITIONS),
        (encrypted, BottomLine.UNREADABLE),
        (unpacks_to_more_than_there_is, BottomLine.UNREADABLE),
        (ten_thousand_pages, BottomLine.NOT_OURS),
    ],
    ids=lambda value: getattr(value, "__name__", str(value)),
)
def test_the_verdict_tells_every_tampering_apart(
    world: World, tamper: Callable[[World], bytes], expected: BottomLine
):
    assert world.verdict(tamper).bottom_line == expected


def test_the_facts_behind_the_verdicts(world):
    genuine = world.judge(world.final)
    assert (genuine.same_bytes, genuine.published, genuine.missing) == (True, world.published, ())
    assert all(s.sound for s in genuine.signatures)
    comment = world.verdict(append_comment)
    assert comment.holds_original
    assert not comment.covered_to_end
    assert all(s.sound for s in comment.signatures)
    assert (comment.missing, comment.unexpected) == ((), ())
    stranger = world.verdict(strangers_signature)
    assert [s.holder for s in stranger.unexpected] == ["路人"]
    assert stranger.missing == ()
    assert [s.permitted for s in stranger.signatures] == [False, True, True, True, True], "the seal allows no field"
    assert [s.trusted for s in stranger.signatures] == [True] * 4 + [False]
    changed = world.verdict(change_page)
    assert changed.holds_original
    assert all(s.intact and not s.permitted for s in changed.signatures)
    assert changed.missing == (), "all are there, and none allows it"
    flipped = world.verdict(flip_content)
    assert [s.intact for s in flipped.signatures] == [False] * 4
    assert [s.holder for s in flipped.signatures] == [OFFICE, *PEOPLE]
    assert flipped.published is None
    cut = world.verdict(only_seal_left)
    assert (cut.earlier_state, cut.published) == (True, world.published)
    assert cut.missing == ("signatory-1", "signatory-2", "signatory-3")
    forged = world.verdict(other_authority)
    assert [s.holder for s in forged.signatures] == [OFFICE, *PEOPLE]
    assert not any(s.trusted for s in forged.signatures)
    assert all(s.intact for s in forged.signatures)


def test_a_superseded_and_an_annulled_decision_are_genuine_but_not_in_force(world):
    for standing, expected in (
        (Standing.SUPERSEDED, BottomLine.SUPERSEDED),
        (Standing.ANNULLED, BottomLine.ANNULLED),
    ):
        verdict = world.judge(world.final, replace(world.published, standing=standing))
        assert (verdict.bottom_line, verdict.same_bytes) == (expected, True)


def test_the_right_document_is_found_among_many(world):
    others = [Published(f"D{n}", n * 1000 + 1, "0" * 64, {}, NOW) for n in range(300)]
    assert world.judge(append_comment(world), *others, world.published).published == world.published
    assert world.judge(world.final, *others).bottom_line == BottomLine.NOT_OURS


def test_a_field_that_a_silent_signatory_left_empty_and_a_stranger_filled(world):
    """The seal allows that the field is filled; the register knows who signed."""
    fewer = dict(list(world.signers.items())[:-1])
    known = published(world.states[:-1], fewer)
    stranger = _foreign_keys(world).signatory(9, "路人")
    content = signing.sign(
        world.states[-2],
        field=f"signatory-{len(PEOPLE)}",
        identity=stranger,
        appearance=drawn("stamp.html", stranger, "en"),
        reason="in their place",
        now=NOW,
    )
    verdict = world.judge(content, known)
    assert (verdict.bottom_line, verdict.missing) == (BottomLine.WITH_ADDITIONS, ())
    assert [s.holder for s in verdict.unexpected] == ["路人"]


def test_what_our_keys_signed_but_nobody_published_is_not_accepted(world):
    """A file by the right people that is not in the register: the register decides, not the keys."""
    base = pdf.render(
        '<html lang="en"><head><title>t</title></head><body><div id="f" style="height:24mm">x</div></body></html>',
        issued=NOW,
        fields=[pdf.SignatureField("seal", "f", "seal")],
    )
    seal = world.keys.seal()
    content = signing.sign(
        base, field="seal", identity=seal, appearance=drawn("seal.html", seal, "en"), reason="x", now=NOW
    )
    assert world.judge(content).bottom_line == BottomLine.ALTERED


def test_an_upload_that_would_take_too_long_is_unreadable_not_a_hang(world, monkeypatch):
    tight = signing.Isolated(seconds=0.01)
    monkeypatch.setattr(signing, "_reader", tight)
    try:
        assert world.judge(flip_content(world)).bottom_line == BottomLine.UNREADABLE
        assert world.judge(world.final).bottom_line == BottomLine.GENUINE
    finally:
        tight.close()


# --- Keys ------------------------------------------------------------------------------------------------------


def test_development_keys_are_issued_once_marked_and_private(tmp_path):
    keys = DevelopmentKeys(tmp_path / "keys", office=OFFICE)
    first, again, renamed = keys.signatory(7, "甲"), keys.signatory(7, "甲"), keys.signatory(7, "乙")
    assert first.fingerprint == again.fingerprint != renamed.fingerprint
    assert "DEVELOPMENT" in first.certificate.subject.rfc4514_string()
    assert "DEVELOPMENT" in keys.seal().certificate.issuer.rfc4514_string()
    assert (tmp_path / "keys").stat().st_mode & 0o077 == 0
    assert [f.name for f in (tmp_path / "keys").glob("*.key.pem") if f.stat().st_mode & 0o077] == []
    assert DevelopmentKeys(tmp_path / "keys", office=OFFICE).roots == keys.roots


def test_a_long_name_still_gets_a_certificate(tmp_path):
    name = "An exceedingly long name of an office " * 4
    assert DevelopmentKeys(tmp_path, office="x").signatory(1, name).name == name[:64]


def test_the_configuration_chooses_and_production_refuses_development_keys(tmp_path):
    assert isinstance(keys_from(Config(data_dir=tmp_path)), DevelopmentKeys)
    with pytest.raises(RuntimeError, match="production"):
        keys_from(Config(environment="production", data_dir=tmp_path))


def _office_files(folder: Path, *, key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey) -> OfficeKeys:
    authority = DevelopmentKeys(folder / "authority", office="x")
    assert len(authority.roots) == 1
    issuing = authority._authority("issuing", authority._authority("root", None))
    certificate = _issue("Office", key, issuing, authority=False)
    root = authority._authority("root", None).certificate
    packed = pkcs12.serialize_key_and_certificates(
        b"o", key, certificate, [issuing.certificate, root], BestAvailableEncryption(b"secret")
    )
    (folder / "seal.p12").write_bytes(packed)
    (folder / "5.p12").write_bytes(packed)
    (folder / "roots.pem").write_bytes(root.public_bytes(Encoding.PEM))
    return OfficeKeys(
        seal=folder / "seal.p12",
        seal_password="secret",
        signatories=folder,
        signatory_password="secret",
        roots=folder / "roots.pem",
    )


def test_pkcs12_with_an_rsa_key_seals_soundly(world, tmp_path):
    keys = _office_files(tmp_path, key=rsa.generate_private_key(65537, 3072))
    seal = keys.seal()
    assert not seal.development
    content = signing.sign(
        world.states[0],
        field="seal",
        identity=seal,
        appearance=drawn("seal.html", seal, "en"),
        reason="seal",
        now=NOW,
        certify=True,
    )
    signing.self_test(content, roots=keys.roots, expected={"seal": seal.fingerprint}, now=NOW)


def test_a_person_without_a_key_and_an_expired_certificate_are_refused(world, tmp_path):
    keys = _office_files(tmp_path, key=ec.generate_private_key(ec.SECP256R1()))
    assert keys.signatory(5, "Office").fingerprint == keys.seal().fingerprint
    with pytest.raises(RuleBroken, match="no signing key for 甲"):
        keys.signatory(6, "甲")
    with pytest.raises(RuleBroken, match="not valid today"):
        signing.sign(
            world.states[0],
            field="seal",
            identity=keys.seal(),
            appearance=b"",
            reason="x",
            now=datetime(2100, 1, 1, tzinfo=UTC),
        )
