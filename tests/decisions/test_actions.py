"""Decisions on a real database: one test for each way out, with what was logged or that nothing was."""

import hashlib
import io
import json
import subprocess
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta

import pikepdf
import pytest
from sqlalchemy import func, select

from procurement import signing
from procurement.access import Role
from procurement.accounts import queries as accounts
from procurement.committee.queries import names_public
from procurement.db import reading, transaction
from procurement.decisions import actions, queries, rules
from procurement.decisions import jobs as work_module
from procurement.decisions.document import Effect, Outcome
from procurement.decisions.entries import (
    DecisionApproved,
    DecisionDeclined,
    DecisionDrawnUp,
    DecisionPublished,
    DecisionSealed,
    DecisionSigned,
    PlaceGivenUp,
)
from procurement.decisions.queries import DecisionView
from procurement.errors import NotAllowed, NotFound, RuleBroken, WrongPhase
from procurement.evidence.pdf_reading import attached_in
from procurement.jobs import Job
from procurement.keys import keys_from
from procurement.mail import Mail
from procurement.papers.entries import PaperMade
from procurement.publiclog import queries as log
from procurement.publiclog.entry import Entry, digest_of
from procurement.publiclog.keys import verifier_of
from procurement.publiclog.models import LogEntry
from procurement.publiclog.receipt import Receipt
from procurement.rounds import actions as rounds
from procurement.rounds.phases import Phase
from procurement.rounds.rules import HoldLabel
from procurement.rounds.scoring_rule import Text
from procurement.signing import BottomLine, Standing
from procurement.storage import store as blobs
from tests.decisions.conftest import DISSENT, DecisionWorld, installation
from tests.documents import verapdf
from tests.worlds.decisions import (
    MINUTE,
    PLACE,
    approve,
    choice,
    drawn_up,
    published,
    sealed,
    view,
    work,
)
from tests.worlds.decisions import signed as sign_all
from tests.worlds.objections import correcting, notice_closes, objected
from tests.worlds.people import Person
from tests.worlds.scoring import ScoringWorld

INSTANT = timedelta(microseconds=1)


def entries(world: ScoringWorld) -> int:
    with reading(world.engine) as session:
        return session.scalar(select(func.count()).select_from(LogEntry)) or 0


def last_entries(world: ScoringWorld, count: int = 1) -> list[Entry]:
    """The newest entries about decisions: papers of earlier acts are drawn up when the worker comes to them."""
    with reading(world.engine) as session:
        found = [logged.envelope.entry for logged in log.entries(session, limit=count + 2)]
    return [entry for entry in found if not isinstance(entry, PaperMade)][:count]


def public(world: ScoringWorld, ref: str) -> DecisionView:
    with reading(world.engine) as session:
        return queries.published_decision(session, ref, now=world.clock())


def file_of(world: ScoringWorld, view: DecisionView) -> bytes:
    return blobs(installation(world)).get(str(view.file_digest))


def draw(world: ScoringWorld, *, by: Person | None = None, **changes: object) -> str:
    made = choice(world, **changes)
    with transaction(world.engine) as session:
        return actions.draw_up(
            session,
            actor=(by or world.organiser).now(session),
            now=world.clock(),
            ref=world.ref,
            choice=made,
            place=PLACE,
        )


def refused(world: ScoringWorld, act: Callable[[], object], kind: type[Exception], phrase: str) -> None:
    """`act` is refused in those words, and nothing is logged."""
    before = entries(world)
    with pytest.raises(kind, match=phrase):
        act()
    assert entries(world) == before


# --- drawing up ---------------------------------------------------------------------------------------------------


def test_drawing_up_freezes_the_record_asks_for_signatures_and_says_so(deciding: ScoringWorld):
    ref = draw(deciding)
    made = view(deciding, ref)
    assert ref == f"{deciding.ref}-D1"
    assert [(s.role, s.name) for s in made.signatures] == [
        ("seal", "选品工作办公室"),
        ("chair", "Member Un"),
        *(("member", f"Member {name}") for name in ("Du", "Tri", "Kvar", "Kvin")),
        ("organiser", deciding.organiser.name),
        ("supervisor", deciding.supervisor.name),
    ]
    assert last_entries(deciding) == [
        DecisionDrawnUp(
            decision=ref, document=made.sha256, effect="confirmed", departs=False, signatories=7, instead_of=None
        )
    ]
    assert made.progress is not None
    assert made.working
    assert made.file_digest is None


def test_the_document_says_what_the_record_says(deciding: ScoringWorld):
    document = view(deciding, draw(deciding)).document
    tally = deciding.tally()
    assert [line["application"] for line in document["result"]["ranking"]] == [p.application for p in tally.ranking]
    assert [line["total"] for line in document["result"]["ranking"]] == [p.total_text for p in tally.ranking]
    assert [line["outcome"] for line in document["result"]["ranking"]] == ["selected", "reserve", "not_selected"]
    assert document["result"]["sha256"] == tally.sha256
    assert document["rules"]["sha256"] == deciding.applied.round.document.sha256
    assert document["recusals"] == [{"application": deciding.refs[1], "ground": "employment", "member": "M2"}]
    row = next(row for row in document["marks"]["rows"] if row["application"] == deciding.refs[1])
    assert [cell["state"] for cell in row["cells"]] == ["", "recused", "", "", ""]
    assert row["cells"][0]["marks"] == ["6", "6.5"]
    assert document["numbers"] == {"received": 3, "withdrawn": 0, "lapsed": 0, "eligible": 3, "ineligible": 0}
    assert [event["event"] for event in document["events"]] == [
        "published",
        "deadline",
        "checking_closed",
        "scoring_began",
        "scores_opened",
        "notice_given",
        "objections_closed",
    ]
    assert [c["application"] for c in document["commitments"]] == [document["result"]["ranking"][0]["application"]]
    assert document["money"]["public_side_receives"] == "0"
    assert document["issued"] == "2026-03-25T16:00:00Z"
    assert document["address"] == f"https://sunlit.example.org/decisions/{deciding.ref}-D1"


def test_only_the_organiser_draws_up(deciding: ScoringWorld):
    for person in (deciding.supervisor, deciding.member("M1"), deciding.applied.people.second_organiser):
        refused(deciding, lambda person=person: draw(deciding, by=person), NotAllowed, "organiser")


def test_not_before_the_window_closes_but_at_that_very_instant(noticed: ScoringWorld):
    closes = notice_closes(noticed)
    noticed.clock.move_to(closes - INSTANT)
    with pytest.raises(WrongPhase):
        choice(noticed)
    noticed.clock.move_to(closes)
    assert draw(noticed).endswith("-D1")


def test_not_while_an_objection_is_open(noticed: ScoringWorld):
    made = None
    objected(noticed, correcting(noticed, 0, "M1", "quality", "5"))
    noticed.clock.move_to(notice_closes(noticed))
    with pytest.raises(WrongPhase, match="objections being ruled on"):
        made = choice(noticed)
    assert made is None


def test_a_departure_needs_the_minute_and_the_log_says_that_it_departs(deciding: ScoringWorld):
    first, second, third = (line.application for line in deciding.tally().ranking)
    other = {first: Outcome.NOT_SELECTED, second: Outcome.SELECTED, third: Outcome.NOT_SELECTED}
    refused(deciding, lambda: draw(deciding, outcomes=other), RuleBroken, "departs from the ranking")
    ref = draw(deciding, outcomes=other, departure=MINUTE)
    document = view(deciding, ref).document
    assert document["departure"] == {"en": MINUTE.en, "zh": MINUTE.zh}
    assert [c["application"] for c in document["commitments"]] == [second]
    (entry,) = last_entries(deciding)
    assert isinstance(entry, DecisionDrawnUp)
    assert entry.departs


def test_nothing_at_all_may_be_selected(deciding: ScoringWorld):
    nothing = dict.fromkeys((line.application for line in deciding.tally().ranking), Outcome.NOT_SELECTED)
    document = view(deciding, draw(deciding, outcomes=nothing, departure=MINUTE)).document
    assert document["commitments"] == []


@pytest.mark.parametrize(
    ("changes", "phrase"),
    [
        ({"reasons": Text("short", "短")}, "at least 20 characters"),
        ({"valid_until": date(2026, 3, 26)}, "must lie ahead"),
        ({"valid_until": date(2027, 1, 14)}, "broadcast is planned"),
        (
            {"reasons": Text("A smile 😀 has no drawing here.", "这个笑脸字符没有字形，因此不能写入决定书中。")},
            "U\\+1F600",
        ),
    ],
)
def test_content_that_is_not_right_is_refused_with_its_reason(deciding: ScoringWorld, changes, phrase):
    refused(deciding, lambda: draw(deciding, **changes), RuleBroken, phrase)


def test_a_first_decision_neither_amends_nor_annuls(deciding: ScoringWorld):
    for effect in (Effect.AMENDED, Effect.ANNULLED):
        refused(deciding, lambda effect=effect: draw(deciding, effect=effect), WrongPhase, "not possible now")


def test_drawing_up_again_discards_the_version_and_its_signatures(made: DecisionWorld):
    world = made.scored
    approve(world, made.ref, world.member("M3"))
    again = draw(world)
    assert again == f"{world.ref}-D2"
    (entry,) = last_entries(world)
    assert isinstance(entry, DecisionDrawnUp)
    assert entry.instead_of == made.ref
    assert view(world, made.ref).discarded_at == world.clock()
    refused(world, lambda: approve(world, made.ref, world.member("M1")), WrongPhase, "does not wait")
    work(world, installation(world))
    assert view(world, made.ref, by=world.member("M3")).signatures[3].signed_at is None
    assert view(world, again).file_digest is not None


# --- sealing ------------------------------------------------------------------------------------------------------


def test_sealing_records_both_files_and_asks_the_members_by_mail(made: DecisionWorld):
    world, config = made.scored, installation(made.scored)
    found = view(world, made.ref)
    seal = found.signatures[0]
    assert last_entries(world) == [
        DecisionSealed(
            decision=made.ref,
            base=_base(world, made.ref),
            file=found.file_digest,
            certificate=seal.certificate,
        )
    ]
    assert seal.certificate == keys_from(config).seal().fingerprint
    base, file = blobs(config).get(_base(world, made.ref)), blobs(config).get(str(found.file_digest))
    assert file.startswith(base)
    assert len(file) == found.file_size
    with reading(world.engine) as session:
        letters = session.scalars(select(Mail).where(Mail.template == "decisions/to-sign")).all()
    assert [letter.address for letter in letters] == [person.email for person in world.members]


def _base(world: ScoringWorld, ref: str) -> str:
    with reading(world.engine) as session:
        return str(queries.find_decision(session, ref).base_digest)


def test_sealing_twice_or_after_discarding_changes_nothing(made: DecisionWorld):
    world = made.scored
    before, found = entries(world), view(world, made.ref)
    other = {"base": ("a" * 64, 1), "file": ("b" * 64, 2), "certificate": "c" * 64}
    with transaction(world.engine) as session:
        actions.record_sealed(session, now=world.clock(), decision_id=found.id, **other)
    assert entries(world) == before
    assert view(world, made.ref).file_digest == found.file_digest


def test_the_same_decision_gives_the_same_unsealed_file(made: DecisionWorld):
    """Anybody can set the document again from what it carries: the base is reproducible to the byte."""
    world = made.scored
    with reading(world.engine) as session:
        found = queries.find_decision(session, made.ref)
        fields = [(s.field, s.role, s.name) for s in queries.signatures_of(session, found.id)]
    base = blobs(installation(world)).get(str(found.base_digest))
    attached = attached_in(base)
    assert (attached.twin, attached.proof is None) == (found.document.encode(), False)
    receipt = Receipt.parse((attached.proof or b"").decode())
    task = queries.ToSeal(
        found.id, found.document, json.loads(found.document), found.drawn_up_at, tuple(fields), receipt.index
    )
    key = verifier_of(installation(world))
    assert receipt.check(None, [key])[0].size > receipt.index
    again = work_module.unsealed(task, receipt.text(), str(key))
    assert hashlib.sha256(again).hexdigest() == found.base_digest


# --- signing ------------------------------------------------------------------------------------------------------


def test_a_signature_is_the_signatorys_act_first_and_then_put_in(made: DecisionWorld):
    world, chair = made.scored, made.scored.member("M1")
    before = view(world, made.ref)
    world.clock.advance(minutes=5)
    approve(world, made.ref, chair, dissent=DISSENT)
    assert last_entries(world) == [
        DecisionApproved(decision=made.ref, document=before.sha256, field="signatory-1", dissent=digest_of(DISSENT))
    ]
    work(world, installation(world))
    after = view(world, made.ref)
    own = after.signatures[1]
    assert (own.signed_at, own.dissent, own.progress) == (world.clock(), DISSENT, None)
    (entry,) = last_entries(world)
    assert isinstance(entry, DecisionSigned)
    assert (entry.file, entry.certificate, entry.field) == (after.file_digest, own.certificate, "signatory-1")
    assert file_of(world, after).startswith(file_of(world, before))
    with pikepdf.open(io.BytesIO(file_of(world, after))) as document:
        (field,) = [f for f in document.Root.AcroForm.Fields if f.T == "signatory-1"]
        assert str(field.V.Reason) == f"不同意见：{DISSENT}"


def test_who_may_sign_and_when(made: DecisionWorld):
    world, people = made.scored, made.scored.applied.people
    chair = world.member("M1")
    refused(world, lambda: approve(world, made.ref, people.second_supervisor, seen="x"), NotAllowed, "of this round")
    refused(world, lambda: approve(world, made.ref, chair, password="guessed"), RuleBroken, "not your password")
    refused(world, lambda: approve(world, made.ref, chair, seen="0" * 64), RuleBroken, "drawn up again")
    refused(world, lambda: approve(world, made.ref, world.organiser), RuleBroken, "5 of them are missing")
    refused(world, lambda: approve(world, made.ref, world.supervisor), RuleBroken, "6 are missing")
    refused(world, lambda: approve(world, made.ref, chair, dissent="x" * 4001), RuleBroken, "at most 4000")
    approve(world, made.ref, chair)
    refused(world, lambda: approve(world, made.ref, chair), WrongPhase, "does not wait")


def test_somebody_of_the_round_whose_signature_is_not_needed_is_refused(made: DecisionWorld):
    """A second organiser of the round has the permission, but no field in this document."""
    world, other = made.scored, made.scored.applied.people.second_organiser
    with transaction(world.engine) as session:
        rounds.give_seat(
            session,
            actor=world.organiser.now(session),
            now=world.clock(),
            ref=world.ref,
            user_id=other.id,
            role=Role.ORGANISER,
        )
    with reading(world.engine) as session:
        attempt = accounts.own_attempt(session, actor=other.now(session), password="x")

    def act() -> None:
        with transaction(world.engine) as session:
            actions.approve(
                session,
                actor=other.now(session),
                now=world.clock(),
                ref=made.ref,
                document="",
                dissent="",
                attempt=attempt,
            )

    refused(world, act, NotAllowed, "does not need your signature")


def test_nobody_signs_before_the_seal(deciding: ScoringWorld):
    ref = drawn_up(deciding)
    refused(deciding, lambda: approve(deciding, ref, deciding.member("M1")), RuleBroken, "still being made")


def test_a_signature_over_an_older_state_is_not_recorded(made: DecisionWorld):
    """Two signatures made at once: the second is made again over the file that has the first."""
    world = made.scored
    for code in ("M1", "M2"):
        approve(world, made.ref, world.member(code))
    before = entries(world)
    with reading(world.engine) as session:
        signature = queries.signatures_of(session, view(world, made.ref).id)[1].id
    late = {"before": "0" * 64, "file": ("1" * 64, 1), "certificate": "2" * 64}
    with transaction(world.engine) as session, pytest.raises(actions.Outdated):
        actions.record_signed(session, now=world.clock(), signature_id=signature, **late)
    assert entries(world) == before
    work(world, installation(world))
    found = view(world, made.ref)
    assert [s.signed_at is not None for s in found.signatures] == [True, True, True, *[False] * 5]
    signing.self_test(
        file_of(world, found),
        roots=keys_from(installation(world)).roots,
        expected={s.field: str(s.certificate) for s in found.signatures[:3]},
        now=world.clock(),
    )


def test_the_organiser_then_the_supervisor_are_asked_in_their_turn(made: DecisionWorld):
    world, config = made.scored, installation(made.scored)
    for code in ("M1", "M2", "M3", "M4"):
        approve(world, made.ref, world.member(code))
    work(world, config)
    assert _asked(world) == 5
    approve(world, made.ref, world.member("M5"))
    work(world, config)
    assert _asked(world) == 6
    refused(world, lambda: approve(world, made.ref, world.supervisor), RuleBroken, "countersign last")
    approve(world, made.ref, world.organiser)
    work(world, config)
    assert _asked(world) == 7


# --- members who do not sign --------------------------------------------------------------------------------------

REFUSAL = "The evidence on the first product was not shown to me."


def decline(world: ScoringWorld, ref: str, person: Person, reason: str = REFUSAL) -> None:
    seen = view(world, ref, by=person).sha256
    with transaction(world.engine) as session:
        actions.decline(session, actor=person.now(session), now=world.clock(), ref=ref, document=seen, reason=reason)


def test_a_member_refuses_with_a_reason_and_is_not_waited_for(made: DecisionWorld):
    world, config = made.scored, installation(made.scored)
    refused(world, lambda: decline(world, made.ref, world.member("M5"), "no"), RuleBroken, "Say why")
    refused(world, lambda: decline(world, made.ref, world.organiser), NotAllowed, "Only a member")
    decline(world, made.ref, world.member("M5"))
    field = next(s.field for s in view(world, made.ref).signatures if s.user_id == world.member("M5").id)
    assert last_entries(world) == [DecisionDeclined(decision=made.ref, field=field, reason=digest_of(REFUSAL))]
    refused(world, lambda: approve(world, made.ref, world.member("M5")), WrongPhase, "does not wait")
    refused(world, lambda: decline(world, made.ref, world.member("M5")), WrongPhase, "does not wait")
    for code in ("M1", "M2", "M3", "M4"):
        approve(world, made.ref, world.member(code))
    work(world, config)
    for person in (world.organiser, world.supervisor):
        approve(world, made.ref, person)
    work(world, config)
    published(world)
    found = public(world, made.ref)
    assert found.unsigned == 0
    assert [s.dissent for s in found.signatures if s.declined_at] == [REFUSAL]
    entry = last_entries(world)[0]
    assert isinstance(entry, DecisionPublished)
    assert (entry.declined, entry.deemed) == ((field,), ())
    with reading(world.engine) as session:
        (known,) = queries.registered(session)
    assert field not in known.signers
    verdict = signing.verify(
        file_of(world, found), roots=keys_from(config).roots, registered=[known], now=world.clock()
    )
    assert verdict.bottom_line is BottomLine.GENUINE


def test_silence_is_agreement_from_the_end_of_the_period_on(made: DecisionWorld):
    world, config = made.scored, installation(made.scored)
    for code in ("M1", "M2", "M3", "M4"):
        approve(world, made.ref, world.member(code))
    work(world, config)
    silent = next(s for s in view(world, made.ref).signatures if s.user_id == world.member("M5").id)
    assert silent.clock is not None
    assert silent.clock.due is not None
    world.clock.move_to(silent.clock.due - INSTANT)
    refused(world, lambda: approve(world, made.ref, world.organiser), RuleBroken, "1 of them")
    assert _asked(world) == 5
    world.clock.move_to(silent.clock.due)
    work_module.ask_for_signatures(world.engine, config, world.clock)
    work_module.ask_for_signatures(world.engine, config, world.clock)
    assert _asked(world) == 6, "asked once"
    for person in (world.organiser, world.supervisor):
        approve(world, made.ref, person)
    work(world, config)
    published(world)
    entry = last_entries(world)[0]
    assert isinstance(entry, DecisionPublished)
    assert (entry.declined, entry.deemed) == ((), (silent.field,))
    assert [s.field for s in public(world, made.ref).signatures if s.deemed_at] == [silent.field]


def test_a_hold_gives_members_more_time(made: DecisionWorld):
    world = made.scored
    before = view(world, made.ref).signatures[1].clock
    assert before is not None
    assert before.due is not None
    with transaction(world.engine) as session:
        rounds.hold(
            session,
            actor=world.supervisor.now(session),
            now=world.clock(),
            ref=world.ref,
            label=HoldLabel.CLARIFICATION,
        )
    world.clock.move_to(before.due + timedelta(days=1))
    standing = view(world, made.ref).signatures[1].clock
    assert standing is not None
    assert standing.due is None
    refused(world, lambda: approve(world, made.ref, world.member("M1")), WrongPhase, "held")
    with transaction(world.engine) as session:
        rounds.resume(session, actor=world.supervisor.now(session), now=world.clock(), ref=world.ref)
    after = view(world, made.ref).signatures[1].clock
    assert after is not None
    assert after.due is not None
    assert after.due > world.clock()


def test_who_is_silent_may_still_sign_until_it_is_published(made: DecisionWorld):
    world, config = made.scored, installation(made.scored)
    due = view(world, made.ref).signatures[1].clock
    assert due is not None
    assert due.due is not None
    world.clock.move_to(due.due)
    approve(world, made.ref, world.member("M1"))
    work(world, config)
    assert sum(s.signed_at is not None for s in view(world, made.ref).signatures) == 2


def _asked(world: ScoringWorld) -> int:
    with reading(world.engine) as session:
        wanted = select(func.count()).select_from(Mail).where(Mail.template == "decisions/to-sign")
        return session.scalar(wanted) or 0


# --- publishing ---------------------------------------------------------------------------------------------------


def test_publishing_ends_the_round_and_names_file_and_text(signed: DecisionWorld):
    world = signed.scored
    world.clock.advance(hours=1)
    assert published(world) == signed.ref
    found = public(world, signed.ref)
    assert last_entries(world) == [
        DecisionPublished(
            decision=signed.ref,
            document=found.sha256,
            file=found.file_digest,
            supersedes=None,
            declined=(),
            deemed=(),
        )
    ]
    course = world.applied.round.course
    assert (course.decided, course.phase_at(world.clock())) == (world.clock(), Phase.DECIDED)
    assert names_public(world.applied.round.document, course)
    assert found.standing is Standing.IN_FORCE
    assert found.unsigned == 0
    with reading(world.engine) as session:
        assert queries.decision_of(session, world.id, now=world.clock()) == found
        assert queries.reference_of_code(session, f" {found.code.lower().replace('-', ' ')} ") == signed.ref
        assert queries.reference_of_code(session, "AAAA-BBBB-CCCC") is None


def test_publishing_is_refused_to_others_without_signatures_and_twice(made: DecisionWorld):
    world = made.scored

    def act(person: Person) -> None:
        with transaction(world.engine) as session:
            actions.publish(session, actor=person.now(session), now=world.clock(), ref=world.ref)

    refused(world, lambda: act(world.supervisor), NotAllowed, "organiser")
    refused(world, lambda: act(world.organiser), RuleBroken, "7 signatures are missing")


def test_there_must_be_something_to_publish(decided: DecisionWorld):
    refused(decided.scored, lambda: published(decided.scored), WrongPhase, "no decision that waits")


def test_a_real_decision_passes_verapdf_pdfsig_and_our_own_verification(decided: DecisionWorld, tmp_path):
    world = decided.scored
    found = public(world, decided.ref)
    content = file_of(world, found)
    assert verapdf({"d": content}, tmp_path) == {"d": {"3a": [], "ua1": []}}
    said = subprocess.run(["pdfsig", "-nocert", tmp_path / "d.pdf"], capture_output=True, timeout=60).stdout.decode()
    assert said.count("Signature Validation: Signature is Valid.") == 8
    with reading(world.engine) as session:
        registered = queries.registered(session)
    roots = keys_from(installation(world)).roots

    def judged(file: bytes) -> BottomLine:
        return signing.verify(file, roots=roots, registered=registered, now=world.clock()).bottom_line

    assert judged(content) is BottomLine.GENUINE
    assert judged(content + b"\n% note") is BottomLine.WITH_ADDITIONS
    assert judged(blobs(installation(world)).get(_base(world, decided.ref))) is BottomLine.INCOMPLETE
    assert [len(p.earlier) for p in registered] == [8]


# --- afterwards ---------------------------------------------------------------------------------------------------


def test_a_published_decision_is_annulled_by_another_and_stays_readable(decided: DecisionWorld):
    world, config = decided.scored, installation(decided.scored)
    refused(world, lambda: draw(world, effect=Effect.CONFIRMED), WrongPhase, "not possible now")
    made = choice(world, effect=Effect.ANNULLED)
    ref = sealed(world, config, replace(made, outcomes={}))
    sign_all(world, config, ref)
    published(world)
    old, new = public(world, decided.ref), public(world, ref)
    assert (old.standing, old.superseded_by, new.standing, new.supersedes) == (
        Standing.ANNULLED,
        ref,
        Standing.IN_FORCE,
        decided.ref,
    )
    assert {line["outcome"] for line in new.document["result"]["ranking"]} == {"not_selected"}
    with reading(world.engine) as session:
        registered = queries.registered(session)
        current = queries.decision_of(session, world.id, now=world.clock())
    assert current is not None
    assert current.ref == ref
    verdict = signing.verify(
        file_of(world, old), roots=keys_from(config).roots, registered=registered, now=world.clock()
    )
    assert verdict.bottom_line is BottomLine.ANNULLED
    assert verdict.published is not None
    assert verdict.published.superseded_by == ref
    (entry,) = last_entries(world)
    assert isinstance(entry, DecisionPublished)
    assert entry.supersedes == decided.ref


def test_failed_work_is_shown_and_can_be_tried_again(deciding: ScoringWorld, monkeypatch):
    ref = drawn_up(deciding)
    config = installation(deciding)

    def broken(*_: object) -> str:
        raise RuleBroken("The template is broken.")

    with monkeypatch.context() as patched:
        patched.setattr(work_module, "decision_html", broken)
        work(deciding, config)
    found = view(deciding, ref)
    assert found.failed
    assert found.progress is not None
    assert found.progress.message == "The template is broken."
    with transaction(deciding.engine) as session:
        actor = deciding.organiser.now(session)
        actions.try_again(session, actor=actor, now=deciding.clock(), ref=deciding.ref)
    assert view(deciding, ref).working
    work(deciding, config)
    assert view(deciding, ref).file_digest is not None


def test_a_signature_that_is_not_put_in_is_told_to_the_organiser_once(made: DecisionWorld):
    world, config = made.scored, installation(made.scored)

    def told() -> list[tuple[str, bool]]:
        work_module.ask_for_signatures(world.engine, config, world.clock)
        with reading(world.engine) as session:
            letters = session.scalars(select(Mail).where(Mail.template == actions.NOT_PUT_IN).order_by(Mail.id))
            return [(letter.about, letter.context["failed"]) for letter in letters]

    approve(world, made.ref, world.member("M1"))
    world.clock.move_to(world.clock() + rules.LONGEST_WAIT - INSTANT)
    assert told() == []
    assert not view(world, made.ref).late
    world.clock.move_to(world.clock() + INSTANT)
    assert told() == [(f"{made.ref}/signatory-1", False)]
    assert told() == [(f"{made.ref}/signatory-1", False)]
    assert view(world, made.ref).late
    work(world, config)
    assert not view(world, made.ref).late


def test_no_time_stamp_is_tried_again_by_itself_and_then_by_the_organiser(made: DecisionWorld):
    world, config = made.scored, installation(made.scored)
    nobody = replace(config, timestamp_url="http://127.0.0.1:9/")
    approve(world, made.ref, world.member("M1"))
    for _ in range(5):
        assert not view(world, made.ref).failed
        work(world, nobody)
        world.clock.advance(minutes=4)
    found = view(world, made.ref)
    assert found.signatures[1].progress is not None
    assert found.signatures[1].progress.message == "The time-stamp authority did not answer."
    assert found.failed
    work_module.ask_for_signatures(world.engine, config, world.clock)
    with reading(world.engine) as session:
        (letter,) = session.scalars(select(Mail).where(Mail.template == actions.NOT_PUT_IN))
    assert (letter.address, letter.context["failed"]) == (world.organiser.email, True)
    with transaction(world.engine) as session:
        actor = world.organiser.now(session)
        actions.try_again(session, actor=actor, now=world.clock(), ref=world.ref)
    work(world, config)
    assert view(world, made.ref).signatures[1].signed_at == world.clock()


def test_when_the_supervisor_leaves_another_is_named_in_a_new_version(made: DecisionWorld):
    world, other = made.scored, made.scored.applied.people.second_supervisor
    approve(world, made.ref, world.member("M1"))
    work(world, installation(world))
    assert not any(s.vacant for s in view(world, made.ref).signatures)
    own = {"now": world.clock(), "ref": world.ref, "role": Role.SUPERVISOR}
    with transaction(world.engine) as session:
        actor = world.supervisor.now(session)
        rounds.end_seat(session, actor=actor, user_id=world.supervisor.id, **own)
    assert [s.role for s in view(world, made.ref).signatures if s.vacant] == ["supervisor"]
    refused(world, lambda: draw(world), RuleBroken, "no supervisor")
    with transaction(world.engine) as session:
        rounds.give_seat(session, actor=world.organiser.now(session), user_id=other.id, **own)
    again = view(world, draw(world))
    assert again.signatures[-1].name == other.name
    assert not any(s.vacant for s in again.signatures)
    before = view(world, made.ref)
    assert before.discarded_at is not None
    assert before.signatures[1].signed_at is not None, "it stays in the record"


def test_trying_again_is_the_organisers_and_needs_something_to_try(deciding: ScoringWorld):
    def act(person: Person) -> None:
        with transaction(deciding.engine) as session:
            actions.try_again(session, actor=person.now(session), now=deciding.clock(), ref=deciding.ref)

    refused(deciding, lambda: act(deciding.organiser), WrongPhase, "no decision being made")
    refused(deciding, lambda: act(deciding.supervisor), NotAllowed, "organiser")


def test_a_job_that_comes_late_changes_nothing(decided: DecisionWorld):
    """Handlers may run again at any time: what is done stays as it is."""
    world, before = decided.scored, entries(decided.scored)
    with transaction(world.engine) as session:
        for job in session.scalars(select(Job).where(Job.kind.like("decisions.%"))):
            job.state, job.finished_at, job.attempts = "queued", None, 0
    work(world, installation(world))
    assert entries(world) == before
    assert public(world, decided.ref).unsigned == 0


# --- places that are given up -------------------------------------------------------------------------------------

WHY = "The harvest was lost in the hail of last week; we cannot deliver."


def give_up(world: ScoringWorld, number: int, person: Person | None = None, reason: str = WHY) -> None:
    with transaction(world.engine) as session:
        actions.give_up(
            session,
            actor=(person or world.applied.merchants[number]).now(session),
            now=world.clock(),
            application_ref=world.refs[number],
            reason=reason,
        )


def test_a_selected_merchant_gives_up_and_the_reserve_follows(decided: DecisionWorld):
    world, config = decided.scored, installation(decided.scored)
    ranking = public(world, decided.ref).document["result"]["ranking"]
    first, second = ranking[0]["application"], ranking[1]["application"]
    number = world.refs.index(first)
    refused(world, lambda: give_up(world, number, reason="no"), RuleBroken, "at least 20")
    refused(world, lambda: give_up(world, number, world.applied.merchants[number - 1]), NotFound, "no application")
    give_up(world, number)
    assert last_entries(world) == [PlaceGivenUp(application=first, reason=digest_of(WHY))]
    refused(world, lambda: give_up(world, number), WrongPhase, "already")
    made = choice(world, effect=Effect.AMENDED)
    assert (made.outcomes[first], made.outcomes[second]) == (Outcome.NOT_SELECTED, Outcome.SELECTED)
    kept = {**made.outcomes, first: Outcome.SELECTED, second: Outcome.RESERVE}
    refused(
        world, lambda: drawn_up(world, replace(made, outcomes=kept, departure=MINUTE)), RuleBroken, "given its place"
    )
    ref = sealed(world, config, made)
    sign_all(world, config, ref)
    published(world)
    new, old = public(world, ref), public(world, decided.ref)
    assert (old.standing, new.standing, new.supersedes) == (Standing.AMENDED, Standing.IN_FORCE, decided.ref)
    lines = {line["application"]: line for line in new.document["result"]["ranking"]}
    assert lines[first]["given_up"] != ""
    assert (lines[first]["outcome"], lines[second]["outcome"]) == ("not_selected", "selected")
    assert new.document["departure"] is None, "to follow the order is no departure"


def test_a_place_can_be_given_up_while_the_result_is_on_notice(noticed: ScoringWorld):
    give_up(noticed, 0)
    with reading(noticed.engine) as session:
        assert [ref for ref, _at, _why in queries.given_up_in(session, noticed.id)] == [noticed.refs[0]]
