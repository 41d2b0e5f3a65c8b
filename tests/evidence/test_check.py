"""An evidence file holds as it is; whatever is changed in it is caught and named.

Two kinds of change: somebody alters the file, and then its proofs fail; or the office itself logs something that
should not have happened, and then everything is well signed and the rules of the process are what fails.
"""

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from procurement.db import transaction
from procurement.evidence.bundle import Bundle, NotEvidence, unpack
from procurement.evidence.check import check
from procurement.evidence.facts import Outcome, Policy
from procurement.publiclog.checkpoint import SigningKey
from procurement.publiclog.witness import WitnessKey
from procurement.rounds import actions as rounds
from procurement.rounds.rules import HoldLabel
from tests.evidence.conftest import Body, failing, gathered, holding, repacked, retold
from tests.publiclog.happenings import NOON
from tests.publiclog.test_signer import KEY
from tests.worlds.scoring import ScoringWorld

EVERYTHING = {
    "manifest", "files", "checkpoint", "proofs", "order", "rules", "employer", "phases", "call_period", "holds",
    "applications", "maintained", "checklist", "supplements", "few_eligible", "verdicts", "committee_draw",
    "draw_source", "names", "observers", "committee", "declarations", "recusals", "recusal_requests", "seals",
    "tally", "prices", "earlier", "corrections", "draws", "notice", "objections", "objection_periods",
    "objection_acts", "objection_delays", "objection_texts", "texts", "kinds",
}  # fmt: skip

SUPPLEMENT = {
    "application": "R2026-001-A001",
    "request": "R2026-001-A001-S1",
    "items": ["licences"],
    "text": "0" * 64,
    "due": "2026-04-30T16:00:00Z",
}
FEW = {"reason": "few_eligible", "explanation": "0" * 64}
SUSPENDED = {"expert": "E001", "reason": "0" * 64}
LAPSED = {"application": "R2026-001-A009", "document": "0" * 64}


def test_a_sound_round_holds(sound: Bundle) -> None:
    report = check(sound)
    assert failing(sound) == set()
    assert holding(sound) == EVERYTHING
    assert report.fine
    told = {fact.code for fact in report.facts if fact.outcome is Outcome.UNKNOWN}
    assert told == {"log_key", "witnesses", "complete", "decision", "papers", "pdf", "pdf_proof"}


def test_with_a_key_of_ones_own(sound: Bundle) -> None:
    assert "log_key" in holding(sound, Policy(log=KEY.verifier))
    other = SigningKey("example.org/log", bytes(32)).verifier
    assert failing(sound, Policy(log=other)) == {"log_key", "checkpoint"}


def test_with_witnesses(sound: Bundle) -> None:
    witness = WitnessKey("witness.example.org", bytes(range(32)))
    asked = Policy(log=KEY.verifier, witnesses=(witness.verifier,), quorum=1)
    assert failing(sound, asked) == {"witnesses"}
    note = sound.text("log/checkpoint")
    seen = repacked(sound, **{"log/checkpoint": (note + witness.cosign(note.split("\n\n")[0] + "\n", NOON)).encode()})
    assert "witnesses" in holding(seen, asked)


# --- somebody alters the file -------------------------------------------------------------------------------------


def replaced(path: str, old: bytes, new: bytes) -> Callable[[Bundle], Bundle]:
    def change(bundle: Bundle) -> Bundle:
        assert old in bundle.files[path], (path, old)
        return repacked(bundle, **{path: bundle.files[path].replace(old, new, 1)})

    return change


def first_tally_shifted(bundle: Bundle) -> Bundle:
    document = json.loads(bundle.files["tallies/1.json"])
    document["result"]["ranking"][0]["total"] = "99"
    text = json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return repacked(bundle, **{"tallies/1.json": text.encode()})


@pytest.mark.parametrize(
    ("change", "caught"),
    [
        (replaced("log/entries.ndjson", b'\\"slots\\":', b'\\"slots\\":1'), {"proofs"}),
        (replaced("log/checkpoint", b"\n\n", b"x\n\n"), {"checkpoint", "proofs"}),
        (replaced("rules/1.json", b'"slots":', b'"slots":1'), {"rules", "committee", "notice", "call_period"}),
        (replaced("ballots.ndjson", b'\\"value\\":\\"', b'\\"value\\":\\"1'), {"seals", "tally"}),
        (replaced("ballots.ndjson", b'"nonce":"', b'"nonce":"ff'), {"seals"}),
        (replaced("notices/1.json", b'"notice":1', b'"notice":2'), {"notice"}),
        (first_tally_shifted, {"tally"}),
        (lambda bundle: repacked(bundle, **{"notices/1.json": None}), {"notice"}),
        (lambda bundle: repacked(bundle, **{"tallies/1.json": None}), {"tally"}),
        (lambda bundle: repacked(bundle, **{"rules/1.json": None}), {"rules"}),
        (lambda bundle: repacked(bundle, **{"ballots.ndjson": b""}), {"seals", "tally"}),
        (lambda bundle: repacked(bundle, **{"log/key": b"nonsense"}), {"checkpoint"}),
        (lambda bundle: repacked(bundle, **{"texts.ndjson": b'{"sha256":"00","text":"x"}'}), {"texts"}),
    ],
)
def test_a_changed_file_is_caught(sound: Bundle, change: Callable[[Bundle], Bundle], caught: set[str]) -> None:
    found = failing(change(sound))
    assert found & caught, found
    assert "manifest" not in found  # whoever changes a file changes the manifest with it


def test_the_manifest_names_every_file(sound: Bundle) -> None:
    files = dict(sound.files)
    files["README.txt"] += b"!"
    changed = Bundle(sound.round_ref, sound.stated, files)
    assert failing(changed) == {"manifest", "files"}
    assert failing(Bundle(sound.round_ref, sound.stated, files | {"more": b""})) == {"manifest", "files"}
    del files["README.txt"]
    assert failing(Bundle(sound.round_ref, sound.stated, files)) == {"manifest", "files"}


def test_entries_that_are_no_entries_are_told(sound: Bundle) -> None:
    broken = repacked(sound, **{"log/entries.ndjson": b'{"index":0,"proof":[],"entry":"{}"}\n'})
    assert failing(broken) == {"form"}
    assert failing(repacked(sound, **{"log/entries.ndjson": None})) == {"form"}


def test_an_entry_of_an_unknown_kind_is_named_and_the_rest_is_checked(sound: Bundle) -> None:
    """What a later version of the office enters, an older check cannot judge; it says so, and says which."""
    later = {"kind": "round.rated", "data": {"stars": 5}}
    told = retold(sound, lambda bodies: [*bodies, bodies[-1] | later])
    (fact,) = [fact for fact in check(told).facts if fact.code == "kinds"]
    assert fact.outcome is Outcome.UNKNOWN
    assert f"round.rated ({len(sound.entries())})" in str(fact.details[0])
    assert failing(told) == set()
    # It is in the log, in its round and in its time all the same.
    assert failing(retold(sound, lambda bodies: [*bodies, bodies[-1] | later | {"round": "R1"}])) == {"proofs"}
    assert "order" in failing(retold(sound, lambda bodies: [bodies[-1] | later, *bodies]))


def test_a_known_kind_that_no_check_reads_is_named(sound: Bundle) -> None:
    told = retold(sound, lambda bodies: [*bodies, bodies[-1] | {"kind": "experts.suspended", "data": SUSPENDED}])
    (fact,) = [fact for fact in check(told).facts if fact.code == "kinds"]
    assert fact.outcome is Outcome.UNKNOWN
    assert "experts.suspended" in str(fact.details[0])


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (lambda data: data.pop("slots"), "missing ['slots']"),
        (lambda data: data.update(stars=5), "extra ['stars']"),
        (lambda data: data.update(slots="2"), "slots: expected a whole number"),
        (lambda data: data.update(rules="0"), "rules: expected a SHA-256"),
    ],
)
def test_an_entry_with_other_fields_than_its_kind_does_not_hold(
    sound: Bundle, change: Callable[[Body], Any], why: str
) -> None:
    report = check(retold(sound, edited("round.published", lambda body: change(body["data"]))))
    assert [(one.code, one.outcome) for one in report.facts] == [("manifest", Outcome.HOLDS), ("form", Outcome.FAILS)]
    (said,) = report.facts[1].details
    assert why in str(said)
    assert "entry " in str(said)


@pytest.mark.parametrize("content", [b"", b"PK", b"%PDF-1.7", b"PK\x05\x06" + bytes(18)])
def test_what_is_no_evidence_is_refused(content: bytes) -> None:
    with pytest.raises(NotEvidence):
        unpack(content)


# --- the office logs what should not have happened ----------------------------------------------------------------


def of_kind(bodies: list[Body], kind: str) -> list[Body]:
    found = [body for body in bodies if body["kind"] == kind]
    assert found, kind
    return found


def earlier(instant: str, **by: float) -> str:
    moved = datetime.fromisoformat(instant) - timedelta(**by)
    return moved.isoformat().replace("+00:00", "Z")


def edited(kind: str, edit: Callable[[Body], Any], which: int = 0) -> Callable[[list[Body]], list[Body]]:
    def change(bodies: list[Body]) -> list[Body]:
        edit(of_kind(bodies, kind)[which])
        return bodies

    return change


def dropped(kind: str, which: int = 0) -> Callable[[list[Body]], list[Body]]:
    def change(bodies: list[Body]) -> list[Body]:
        gone = of_kind(bodies, kind)[which]
        return [body for body in bodies if body is not gone]

    return change


def moved_behind(kind: str, behind: str) -> Callable[[list[Body]], list[Body]]:
    """The first entry of a kind comes after the last of another, at the same time as that."""

    def change(bodies: list[Body]) -> list[Body]:
        late, last = of_kind(bodies, kind)[0], of_kind(bodies, behind)[-1]
        rest = [body for body in bodies if body is not late]
        late["at"] = last["at"]
        rest.insert(rest.index(last) + 1, late)
        return rest

    return change


def ahead_of(kind: str, other: str, data: Body) -> Callable[[list[Body]], list[Body]]:
    """An entry of `other` is slipped in ahead of the first of `kind`."""

    def change(bodies: list[Body]) -> list[Body]:
        place = next(n for n, body in enumerate(bodies) if body["kind"] == kind)
        return [*bodies[:place], {**bodies[place], "kind": other, "data": data}, *bodies[place:]]

    return change


def shorter(body: Body, field: str, **by: float) -> None:
    body["data"][field] = earlier(body["data"][field], **by)


def no_longer_recused(body: Body) -> None:
    for declaration in body["data"]["declarations"]:
        declaration["ground"] = "none" if declaration["ground"] != "none" else "family"


@pytest.mark.parametrize(
    ("change", "caught"),
    [
        # the clock is set back
        (edited("scoring.opened", lambda body: body.update(at=earlier(body["at"], days=30))), "order"),
        # an application comes late
        (moved_behind("application.submitted", "application.verdict"), "applications"),
        # an application disappears without a verdict
        (dropped("application.verdict"), "verdicts"),
        (dropped("application.submitted"), "applications"),
        # an application is checked that was not confirmed after an amendment, or one is left out that was
        (edited("application.submitted", lambda body: body["data"].update(rules=2)), "maintained"),
        (edited("application.checking_closed", lambda body: body["data"].update(lapsed=[LAPSED])), "applications"),
        # a verdict does not rest on what was verified, or comes while a supplement is awaited
        (
            edited("application.checklist", lambda body: body["data"]["findings"][0].update(result="not_met")),
            "checklist",
        ),
        (dropped("application.checklist"), "checklist"),
        (ahead_of("application.verdict", "application.supplement_requested", SUPPLEMENT), "supplements"),
        # the round is said to have had too few eligible applications
        (ahead_of("notice.given", "round.aborted", FEW), "few_eligible"),
        # the call is too short
        (edited("round.published", lambda body: shorter(body, "applications_close", days=1)), "call_period"),
        # a member is not there, has not declared, or scores in spite of an interest
        (dropped("committee.appointed"), "committee"),
        (dropped("committee.declared"), "declarations"),
        (edited("committee.declared", no_longer_recused), "recusals"),
        # a sheet is sealed after opening, left out, slipped in, or never opened
        (moved_behind("scoring.sealed", "scoring.opened"), "phases"),
        (dropped("scoring.sealed"), "seals"),
        (edited("scoring.opened", lambda body: body["data"]["sheets"].pop()), "seals"),
        (edited("scoring.closed", lambda body: body["data"].update(sealed=1)), "seals"),
        # the result is another one
        (edited("scoring.tallied", lambda body: body["data"].update(tally="0" * 64)), "tally"),
        # the notice is a day, or a microsecond, too short, or proposes something else
        (edited("notice.given", lambda body: shorter(body, "closes", days=1)), "notice"),
        (edited("notice.given", lambda body: shorter(body, "closes", microseconds=1)), "notice"),
        (edited("notice.given", lambda body: body["data"].update(tally="0" * 64)), "notice"),
        # the rules are other ones than those in the file
        (edited("round.published", lambda body: body["data"].update(rules="0" * 64)), "rules"),
        (moved_behind("round.published", "application.submitted"), "rules"),
        (dropped("round.published"), "rules"),
        # scoring begins before checking is over
        (dropped("application.checking_closed"), "phases"),
    ],
)
def test_a_broken_rule_is_caught_in_a_well_signed_log(
    sound: Bundle, change: Callable[[list[Body]], list[Body]], caught: str
) -> None:
    told = retold(sound, change)
    found = failing(told)
    assert caught in found, found
    assert found.isdisjoint({"manifest", "checkpoint", "proofs", "form"}), "the signatures are all in order"


def test_the_same_story_told_again_holds(sound: Bundle) -> None:
    assert failing(retold(sound, lambda bodies: bodies)) == set()


# --- holds --------------------------------------------------------------------------------------------------------


@pytest.fixture
def held(noticed: ScoringWorld, tmp_path: Path) -> Bundle:
    """The notice was held for two days, and again for an hour."""
    for hours in (48, 1):
        noticed.clock.advance(hours=1)
        with transaction(noticed.engine) as session:
            rounds.hold(
                session,
                actor=noticed.supervisor.now(session),
                now=noticed.clock(),
                ref=noticed.ref,
                label=HoldLabel.REVIEW,
            )
        noticed.clock.advance(hours=hours)
        with transaction(noticed.engine) as session:
            rounds.resume(session, actor=noticed.supervisor.now(session), now=noticed.clock(), ref=noticed.ref)
    return unpack(gathered(noticed, tmp_path))


def test_deadlines_after_holds_are_counted_anew(held: Bundle) -> None:
    assert failing(held) == set()
    assert "holds" in holding(held)


@pytest.mark.parametrize(
    "change",
    [
        edited("round.resumed", lambda body: shorter(body, "closes", microseconds=1)),
        edited("round.resumed", lambda body: shorter(body, "closes", days=-1), 1),
        edited("round.resumed", lambda body: body["data"].update(closes=None)),
        edited("round.resumed", lambda body: shorter(body, "held_at", microseconds=1)),
        edited("round.held", lambda body: body.update(at=earlier(body["at"], minutes=30))),
    ],
)
def test_a_hold_that_gives_back_too_little_or_too_much_is_caught(
    held: Bundle, change: Callable[[list[Body]], list[Body]]
) -> None:
    assert "holds" in failing(retold(held, change))


def test_rules_that_let_supervisors_of_food_recommend_it_are_caught(sound: Bundle) -> None:
    rules = sound.files["rules/1.json"].replace(b'"employer_kind":"government"', b'"employer_kind":"food_inspection"')
    digest = sha256(rules).hexdigest()
    forged = retold(
        sound,
        edited("round.published", lambda body: body["data"].update(rules=digest)),
        **{"rules/1.json": rules},
    )
    assert "employer" in failing(forged)
    assert "rules" in holding(forged)
