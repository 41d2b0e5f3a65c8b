"""Signatories who sign with a key of their own: their certificate, and the document that they bring back."""

import io
import re
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pikepdf
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, pkcs7
from flask.testing import FlaskClient
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from sqlalchemy import select

from config import Config
from procurement import signing
from procurement.access import Role
from procurement.db import reading, transaction
from procurement.decisions import actions, outside, own_keys, queries
from procurement.decisions.entries import (
    CertificateConfirmed,
    CertificateEnded,
    CertificateRegistered,
    DecisionApproved,
    DecisionSigned,
)
from procurement.decisions.models import SignatoryCertificate
from procurement.errors import NotAllowed, NotFound, RuleBroken, WrongPhase
from procurement.keys import DevelopmentKeys, evidence_of, keys_from
from procurement.publiclog import queries as log
from procurement.publiclog.entry import digest_of
from procurement.signing import BottomLine
from tests.decisions.conftest import DISSENT, DecisionWorld, installation
from tests.decisions.test_actions import entries, file_of, last_entries, refused
from tests.foreign import Holder, holder, signed
from tests.test_revocation import list_of
from tests.visiting import Visitor
from tests.worlds.decisions import approve, published, view, work
from tests.worlds.people import PASSWORD, Person
from tests.worlds.scoring import ScoringWorld

DAY = timedelta(days=1)


def register(world: ScoringWorld, person: Person, own: Holder, *, config: Config | None = None) -> int:
    """`person` brings a certificate; gives its number."""
    config = config or installation(world)
    bundle = own_keys.present(own.pem, evidence=evidence_of(keys_from(config), config), now=world.clock())
    with transaction(world.engine) as session:
        own_keys.register(session, actor=person.now(session), now=world.clock(), bundle=bundle)
    with reading(world.engine) as session:
        return max(session.scalars(select(SignatoryCertificate.id)))


def confirm(world: ScoringWorld, number: int, by: Person | None = None) -> None:
    with transaction(world.engine) as session:
        actor = (by or world.supervisor).now(session)
        own_keys.confirm(session, actor=actor, now=world.clock(), certificate=number)


def end(world: ScoringWorld, number: int, by: Person) -> None:
    with transaction(world.engine) as session:
        own_keys.end(session, actor=by.now(session), now=world.clock(), certificate=number)


def with_key(world: ScoringWorld, person: Person) -> Holder:
    """A key of `person`'s own, its certificate confirmed."""
    own = holder(keys_from(installation(world)), person.name)
    confirm(world, register(world, person, own), world.supervisor if person != world.supervisor else None)
    return own


def document(world: ScoringWorld, ref: str) -> bytes:
    return file_of(world, view(world, ref))


def bring(
    world: ScoringWorld, ref: str, person: Person, content: bytes, *, dissent: str = "", config: Config | None = None
) -> None:
    with reading(world.engine) as session:
        task = outside.to_receive(session, ref, actor=person.now(session), now=world.clock())
    received = outside.receive(content, task, config=config or installation(world), now=world.clock())
    record(world, ref, person, received, dissent)


def record(world: ScoringWorld, ref: str, person: Person, received: outside.Received, dissent: str = "") -> None:
    seen = view(world, ref, by=person).sha256
    with transaction(world.engine) as session:
        actions.bring(
            session,
            actor=person.now(session),
            now=world.clock(),
            ref=ref,
            document=seen,
            dissent=dissent,
            received=received,
        )


# --- certificates -------------------------------------------------------------------------------------------------


def test_a_certificate_counts_once_somebody_else_has_confirmed_it(made: DecisionWorld):
    world, chair = made.scored, made.scored.member("M1")
    own = holder(keys_from(installation(world)), chair.name)
    number = register(world, chair, own)
    sha256 = digest_of(own.certificate.public_bytes(Encoding.DER))
    (entry,) = last_entries(world)
    assert entry == CertificateRegistered(certificate=sha256, bundle=digest_of(own.pem), named=True)
    with reading(world.engine) as session:
        assert own_keys.fingerprint_in_force(session, chair.id) is None
    refused(world, lambda: confirm(world, number, chair), NotAllowed, "reserved")
    refused(world, lambda: confirm(world, number, world.organiser), NotAllowed, "reserved")
    refused(world, lambda: confirm(world, number + 7), NotFound, "no such certificate")
    confirm(world, number)
    assert last_entries(world) == [CertificateConfirmed(certificate=sha256, replaces=None)]
    refused(world, lambda: confirm(world, number), WrongPhase, "does not wait")
    with reading(world.engine) as session:
        assert own_keys.fingerprint_in_force(session, chair.id) == sha256
        (line,) = own_keys.certificates_to_confirm(session, actor=world.supervisor.now(session))
        assert (line.name, line.named, line.sha256) == (chair.name, True, sha256)
    refused(world, lambda: register(world, world.member("M2"), own), RuleBroken, "brought before")


def test_a_supervisor_does_not_confirm_their_own(made: DecisionWorld):
    world = made.scored
    number = register(world, world.supervisor, holder(keys_from(installation(world)), "Another name"))
    (entry,) = last_entries(world)
    assert isinstance(entry, CertificateRegistered)
    assert not entry.named
    refused(world, lambda: confirm(world, number), NotAllowed, "Somebody else")
    confirm(world, number, world.applied.people.administrator)
    with reading(world.engine) as session:
        (logged,) = log.entries(session, limit=1)
    assert (type(logged.envelope.entry), logged.envelope.by.role) == (CertificateConfirmed, Role.ADMINISTRATOR)


def test_another_certificate_takes_the_place_of_the_one_before(made: DecisionWorld):
    world, chair = made.scored, made.scored.member("M1")
    first = with_key(world, chair)
    old = digest_of(first.certificate.public_bytes(Encoding.DER))
    keys = keys_from(installation(world))
    waiting = register(world, chair, holder(keys, chair.name))
    third = holder(keys, chair.name, rsa_bits=2048)
    number = register(world, chair, third)
    assert isinstance(last_entries(world, 2)[1], CertificateEnded), "the one that waited is withdrawn"
    refused(world, lambda: confirm(world, waiting), WrongPhase, "does not wait")
    confirm(world, number)
    new = digest_of(third.certificate.public_bytes(Encoding.DER))
    assert last_entries(world) == [CertificateConfirmed(certificate=new, replaces=old)]
    refused(world, lambda: end(world, number, world.member("M2")), NotAllowed, "reserved")
    end(world, number, chair)
    assert last_entries(world) == [CertificateEnded(certificate=new, because="withdrawn")]
    refused(world, lambda: end(world, number, chair), WrongPhase, "does not count")
    rejected = register(world, chair, holder(keys, chair.name))
    end(world, rejected, world.supervisor)
    assert isinstance(last_entries(world)[0], CertificateEnded)
    assert last_entries(world)[0].because == "rejected"


def reissued(
    own: Holder, keys: DevelopmentKeys, world: ScoringWorld, *, days: int = 30, usage: bool = True
) -> Holder:
    """The same holder with a certificate of another period, or for another use."""
    issuing = keys._authority("issuing", keys._authority("root", None))
    builder = (
        x509.CertificateBuilder()
        .subject_name(own.certificate.subject)
        .issuer_name(issuing.certificate.subject)
        .public_key(own.key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(world.clock() - 60 * DAY)
        .not_valid_after(world.clock() + days * DAY)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(
            x509.KeyUsage(digital_signature=True, content_commitment=usage, key_cert_sign=False, crl_sign=False,
                          key_encipherment=False, data_encipherment=False, key_agreement=False, encipher_only=False,
                          decipher_only=False),
            critical=True,
        )
    )  # fmt: skip
    return replace(own, certificate=builder.sign(issuing.key, hashes.SHA256()))


def test_what_is_no_certificate_for_signing_is_refused_in_its_own_words(made: DecisionWorld, tmp_path: Path):
    world = made.scored
    config = installation(world)
    keys = keys_from(config)
    assert isinstance(keys, DevelopmentKeys)
    own, other = holder(keys, "A"), holder(keys, "B")
    private = own.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    strange = holder(DevelopmentKeys(tmp_path, office="Elsewhere"), "A")
    for content, words in (
        (b"no certificate", "No certificate can be read"),
        (b"", "No certificate can be read"),
        (own.pem * 40, "No certificate can be read"),
        (private + own.pem, "private key"),
        (own.pem + other.pem, "one person; it holds those of 2"),
        (own.chain[0].public_bytes(Encoding.PEM), "one person; it holds those of 0"),
        (strange.pem, "does not lead to an authority"),
        (own.certificate.public_bytes(Encoding.DER), "does not lead to an authority"),
        (holder(keys, "A", rsa_bits=1024).pem, "2048 bits"),
        (reissued(own, keys, world, days=0).pem, "not today"),
        (reissued(own, keys, world, usage=False).pem, "not made for signing"),
    ):
        with pytest.raises(RuleBroken, match=words):
            own_keys.present(content, evidence=evidence_of(keys, config), now=world.clock())
    for encoding in (Encoding.DER, Encoding.PEM):
        together = pkcs7.serialize_certificates([own.chain[0], own.certificate], encoding)
        bundle = own_keys.present(together, evidence=evidence_of(keys, config), now=world.clock())
        assert bundle.certificate == own.certificate


# --- documents ----------------------------------------------------------------------------------------------------


def test_a_signature_made_elsewhere_is_approval_and_signature_in_one(made: DecisionWorld):
    world, chair = made.scored, made.scored.member("M1")
    own, before = with_key(world, chair), document(world, made.ref)
    content = signed(before, own, "signatory-1", world.clock())
    bring(world, made.ref, chair, content, dissent=DISSENT)
    approved, put_in = reversed(last_entries(world, 2))
    found = view(world, made.ref)
    fingerprint = digest_of(own.certificate.public_bytes(Encoding.DER))
    assert approved == DecisionApproved(
        decision=made.ref, document=found.sha256, field="signatory-1", dissent=digest_of(DISSENT)
    )
    assert isinstance(put_in, DecisionSigned)
    assert (put_in.file, put_in.certificate) == (digest_of(content), fingerprint)
    assert file_of(world, found) == content
    assert (found.signatures[1].certificate, found.signatures[1].signed_at) == (fingerprint, world.clock())
    with pytest.raises(WrongPhase, match="does not wait"):
        bring(world, made.ref, chair, content)


def test_with_such_signatures_first_and_last_it_is_published_and_genuine(made: DecisionWorld):
    world, config, chair = made.scored, installation(made.scored), made.scored.member("M1")
    own = with_key(world, chair)
    last = holder(keys_from(config), world.supervisor.name, rsa_bits=2048)
    confirm(world, register(world, world.supervisor, last), world.applied.people.administrator)
    bring(world, made.ref, chair, signed(document(world, made.ref), own, "signatory-1", world.clock()))
    for person in world.members[1:]:
        approve(world, made.ref, person)
    work(world, config)
    early = signed(document(world, made.ref), last, "signatory-7", world.clock())
    refused(world, lambda: bring(world, made.ref, world.supervisor, early), RuleBroken, "1 are missing")
    approve(world, made.ref, world.organiser)
    refused(world, lambda: bring(world, made.ref, world.supervisor, early), RuleBroken, "1 are missing")
    work(world, config)
    content = signed(document(world, made.ref), last, "signatory-7", world.clock())
    bring(world, made.ref, world.supervisor, content)
    published(world)
    with reading(world.engine) as session:
        registered = queries.registered(session)
    roots = keys_from(config).roots
    verdict = signing.verify(content, roots=roots, registered=registered, now=world.clock())
    assert verdict.bottom_line is BottomLine.GENUINE
    signing.self_test(content, roots=roots, expected=registered[0].signers, now=world.clock())


def _page(content: bytes) -> bytes:
    """Another page, put behind what is there."""
    writer = IncrementalPdfFileWriter(io.BytesIO(content))
    kids = writer.root["/Pages"]["/Kids"]
    blank = generic.DictionaryObject(
        {
            generic.pdf_name("/Type"): generic.pdf_name("/Page"),
            generic.pdf_name("/Parent"): writer.root.raw_get("/Pages"),
            generic.pdf_name("/MediaBox"): generic.ArrayObject(map(generic.NumberObject, (0, 0, 100, 100))),
            generic.pdf_name("/Resources"): generic.DictionaryObject(),
        }
    )
    kids.append(writer.add_object(blank))
    pages = writer.root["/Pages"]
    pages["/Count"] = generic.NumberObject(int(pages["/Count"]) + 1)
    writer.update_container(kids)
    writer.update_container(pages)
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def _anew(content: bytes) -> bytes:
    """Written anew, as many programs do when they save."""
    out = io.BytesIO()
    with pikepdf.open(io.BytesIO(content)) as opened:
        opened.save(out)
    return out.getvalue()


def _said(world: ScoringWorld, ref: str, person: Person, content: bytes) -> str:
    try:
        bring(world, ref, person, content)
    except RuleBroken as refusal:
        return str(refusal)
    return "accepted"


def test_every_other_file_is_refused_in_its_own_words(made: DecisionWorld):
    world, chair = made.scored, made.scored.member("M1")
    own, now = with_key(world, chair), world.clock()
    other, base = holder(keys_from(installation(world)), chair.name), document(world, made.ref)
    good = signed(base, own, "signatory-1", now)
    broken = bytearray(good)
    at = good.rindex(b"/Contents <") + 2400
    broken[at] = ord("1") if broken[at] != ord("1") else ord("2")
    cases: list[tuple[bytes, str]] = [
        (base, "as you downloaded it"),
        (b"no PDF", "not the document that you downloaded"),
        (base[:-5] + good[len(base) - 4 :], "that you downloaded, or your program"),
        (_anew(good), "your program has written it anew"),
        (base + b"\n% nothing\n", "no new signature"),
        (signed(base, own, "signatory-2", now), "in the field of Member Du"),
        (signed(base, own, "Signature9", now), "field of its own"),
        (signed(good, other, "signatory-2", now), "several new signatures"),
        (signed(base, other, "signatory-1", now), "another certificate \\(Member Un\\)"),
        (bytes(broken), "does not hold"),
        (signed(_page(base), own, "signatory-1", now), "something else was added"),
        (_page(good), "else was added"),
        (good + b"\n% more\n", "else was added or changed"),
        (signed(base, own, "signatory-1", now, embed=False), "Nothing in the file leads"),
        (signed(base, own, "signatory-1", now - timedelta(hours=9)), "which cannot be"),
        (signed(base, own, "signatory-1", now + timedelta(minutes=6)), "cannot be. Set"),
    ]
    before = entries(world)
    said = {words: _said(world, made.ref, chair, content) for content, words in cases}
    assert {words: answer for words, answer in said.items() if not re.search(words, answer)} == {}
    assert entries(world) == before
    bring(world, made.ref, chair, signed(base, own, "signatory-1", now + timedelta(minutes=5)))


def test_who_comes_second_signs_the_newer_document(made: DecisionWorld):
    world, config = made.scored, installation(made.scored)
    chair, second = world.member("M1"), world.member("M2")
    own, base = with_key(world, chair), document(world, made.ref)
    mine = signed(base, own, "signatory-1", world.clock())
    with reading(world.engine) as session:
        task = outside.to_receive(session, made.ref, actor=chair.now(session), now=world.clock())
    received = outside.receive(mine, task, config=config, now=world.clock())
    approve(world, made.ref, second)
    work(world, config)
    newer = document(world, made.ref)
    refused(world, lambda: record(world, made.ref, chair, received), RuleBroken, "Another signature was put in")
    refused(world, lambda: bring(world, made.ref, chair, mine), RuleBroken, "Another signature was put in")
    assert document(world, made.ref) == newer
    bring(world, made.ref, chair, signed(newer, own, "signatory-1", world.clock()))


def test_an_approved_signature_is_put_into_the_file_that_was_brought_meanwhile(made: DecisionWorld):
    world, config = made.scored, installation(made.scored)
    own = with_key(world, world.member("M1"))
    approve(world, made.ref, world.member("M2"))
    content = signed(document(world, made.ref), own, "signatory-1", world.clock())
    bring(world, made.ref, world.member("M1"), content)
    work(world, config)
    assert document(world, made.ref).startswith(content)
    assert sum(s.signed_at is not None for s in view(world, made.ref).signatures) == 3


def test_a_certificate_that_ended_expired_or_was_revoked_signs_nothing(made: DecisionWorld, tmp_path: Path):
    world, chair = made.scored, made.scored.member("M1")
    config = installation(world)
    keys = keys_from(config)
    assert isinstance(keys, DevelopmentKeys)
    own = reissued(holder(keys, chair.name), keys, world, days=1)
    number = register(world, chair, own)
    content = signed(document(world, made.ref), own, "signatory-1", world.clock())
    refused(world, lambda: bring(world, made.ref, chair, content), WrongPhase, "no certificate of your own")
    confirm(world, number)
    (tmp_path / "lists").mkdir()
    crl = list_of(keys, own.certificate.serial_number)
    (tmp_path / "lists" / "a.crl").write_bytes(crl)
    watched = replace(config, revocation_lists=str(tmp_path / "lists"))
    refused(world, lambda: bring(world, made.ref, chair, content, config=watched), RuleBroken, "has been revoked")
    (tmp_path / "lists" / "a.crl").unlink()
    refused(world, lambda: bring(world, made.ref, chair, content, config=watched), RuleBroken, "cannot be told now")
    with reading(world.engine) as session:
        task = outside.to_receive(session, made.ref, actor=chair.now(session), now=world.clock())
    received = outside.receive(content, task, config=config, now=world.clock())
    world.clock.move_to(own.certificate.not_valid_after_utc)
    refused(world, lambda: bring(world, made.ref, chair, content), RuleBroken, "not valid today")
    end(world, number, chair)
    refused(world, lambda: record(world, made.ref, chair, received), RuleBroken, "does not count any more")


def test_nobody_brings_what_is_not_theirs_to_sign(made: DecisionWorld):
    world = made.scored
    stranger = world.applied.people.second_supervisor
    with reading(world.engine) as session, pytest.raises(NotFound):
        outside.to_receive(session, made.ref, actor=stranger.now(session), now=world.clock())
    own = with_key(world, world.member("M1"))
    content = signed(document(world, made.ref), own, "signatory-1", world.clock())
    with reading(world.engine) as session:
        task = outside.to_receive(session, made.ref, actor=world.member("M1").now(session), now=world.clock())
    received = outside.receive(content, task, config=installation(world), now=world.clock())
    with_key(world, world.member("M2"))
    refused(world, lambda: record(world, made.ref, world.member("M2"), received), NotAllowed, "does not need")


# --- pages --------------------------------------------------------------------------------------------------------


def test_from_the_certificate_to_the_signed_document_by_the_pages(made: DecisionWorld, client: FlaskClient):
    world, chair, visit = made.scored, made.scored.member("M1"), Visitor(client)
    own = holder(keys_from(installation(world)), chair.name)

    def as_person(person: Person) -> None:
        client.delete_cookie("session")
        visit.send("/en/sign-in", email=person.email, password=PASSWORD, status=303)

    as_person(chair)
    address, page = f"/en/my-signatures/{made.ref}/elsewhere", "/en/my-certificate"
    assert "no certificate of your own" in visit.get(address).text
    wrong = visit.send(page, file=(io.BytesIO(b"x"), "a.pem"), status=422)
    assert "No certificate can be read" in wrong.text
    visit.send(page, file=(io.BytesIO(own.pem), "a.pem"), status=303)
    assert "waits for confirmation" in visit.get(page).text
    with reading(world.engine) as session:
        number = session.scalars(select(SignatoryCertificate.id)).one()
    as_person(world.supervisor)
    assert chair.name in visit.get("/en/certificates/").text
    visit.send(f"/en/certificates/{number}/confirm", form_on="/en/certificates/", status=303)
    as_person(chair)
    content = client.get(f"/my-signatures/{made.ref}.pdf").data
    refusal = visit.send(address, file=(io.BytesIO(content), "d.pdf"), dissent=DISSENT, document="", status=422)
    assert "drawn up again" not in refusal.text
    assert "as you downloaded it" in refusal.text
    assert DISSENT in refusal.text
    mine = signed(content, own, "signatory-1", world.clock())
    seen = view(world, made.ref).sha256
    visit.send(address, file=(io.BytesIO(mine), "d.pdf"), document=seen, status=303)
    assert document(world, made.ref) == mine
    visit.send(f"{page}/{number}/withdraw", form_on=page, status=303)
    assert "withdrawn" in visit.get(page).text
