"""New time-stamps for published files: found in time, put behind, recorded, known to everybody who checks."""

import hashlib
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from flask.testing import FlaskClient
from sqlalchemy import func, select

from procurement import signing
from procurement.db import reading, transaction
from procurement.decisions import actions, jobs, queries
from procurement.decisions.entries import DecisionRenewed
from procurement.evidence.bundle import unpack
from procurement.evidence.check import check
from procurement.evidence.facts import Outcome, Policy
from procurement.jobs import Job
from procurement.keys import keys_from
from procurement.signing import BottomLine
from procurement.storage import store as blobs
from tests.decisions.conftest import DecisionWorld, installation
from tests.decisions.test_actions import entries, last_entries, public
from tests.evidence.conftest import failing, gathered, repacked
from tests.evidence.test_decided import reading as reader
from tests.time_stamps import authority
from tests.worlds.decisions import approve, published, work


def test_a_published_file_gets_a_new_stamp_before_the_last_one_ends(
    made: DecisionWorld, client: FlaskClient, tmp_path: Path
):
    world = made.scored
    with authority(tmp_path / "authority") as stamps:
        roots = tmp_path / "roots.pem"
        roots.write_bytes(x509.load_der_x509_certificate(stamps.root).public_bytes(Encoding.PEM))
        config = replace(installation(world), timestamp_url=stamps.url, trust_roots=str(roots))
        files = blobs(config)
        world.clock.advance(days=30)  # the members are silent
        for person in (world.organiser, world.supervisor):
            approve(world, made.ref, person)
        work(world, config)
        published(world)
        (first,) = public(world, made.ref).editions
        assert jobs.stamps_due(world.engine, config, now=world.clock()) == []

        # Its certificate ends with the year 2099; until 180 days before nothing is due.
        ends = signing.stamped_until(files.get(first.sha256))
        assert ends == datetime(2100, 1, 1, tzinfo=UTC)
        world.clock.move_to(datetime(2099, 7, 4, 23, 59, tzinfo=UTC))
        jobs.renew_stamps(world.engine, config, world.clock)
        assert _queued(world) == 0
        world.clock.move_to(datetime(2099, 7, 5, tzinfo=UTC))
        assert [due.ref for due in jobs.stamps_due(world.engine, config, now=world.clock())] == [made.ref]
        jobs.renew_stamps(world.engine, replace(config, timestamp_url=""), world.clock)
        assert _queued(world) == 0, "nobody is there who could stamp it"
        jobs.renew_stamps(world.engine, config, world.clock)
        assert _queued(world) == 1
        work(world, config)

    first, second = public(world, made.ref).editions
    assert last_entries(world) == [
        DecisionRenewed(decision=made.ref, number=1, before=first.sha256, file=second.sha256)
    ]
    old, new = files.get(first.sha256), files.get(second.sha256)
    assert new.startswith(old)
    assert len(new) == second.size > len(old)
    with reading(world.engine) as session:
        registered = queries.registered(session)
    keys = keys_from(config)
    for content in (old, new):
        verdict = signing.verify(content, roots=keys.roots, registered=registered, now=world.clock())
        assert verdict.bottom_line is BottomLine.GENUINE
        assert verdict.published is not None
        assert verdict.published.reference == made.ref

    before = entries(world)
    with transaction(world.engine) as session:
        actions.record_renewed(
            session,
            now=world.clock(),
            decision_id=public(world, made.ref).id,
            before=first.sha256,
            file=("e" * 64, 1),
        )
    assert entries(world) == before, "another stamp came first"

    assert hashlib.sha256(client.get(f"/decisions/{made.ref}/1.pdf").data).hexdigest() == second.sha256
    assert client.get(f"/decisions/{made.ref}.pdf").data == old
    assert client.get(f"/decisions/{made.ref}/2.pdf").status_code == 404
    assert second.sha256 in client.get(f"/en/decisions/{made.ref}").text

    evidence = unpack(gathered(world, tmp_path, files))
    report = check(evidence, Policy(pdf=reader))
    assert [fact for fact in report.facts if fact.outcome is Outcome.FAILS] == []
    path = f"decisions/{made.ref}-1.pdf"
    assert evidence.files[path] == new
    for other in (None, old):
        assert failing(repacked(evidence, **{path: other}), Policy(pdf=reader)) == {"files", "pdf"}


def _queued(world) -> int:
    with reading(world.engine) as session:
        return session.scalar(select(func.count()).where(Job.kind == "decisions.renew")) or 0
