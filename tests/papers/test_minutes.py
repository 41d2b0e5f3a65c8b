"""Minutes: drawn up by themselves, in both languages, from the record as it stood; hashed into the log."""

import json
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import Engine, select

from app import create_app
from config import Config
from procurement.db import reading, transaction
from procurement.jobs import HANDLERS, Job, Work, load_handlers
from procurement.papers import jobs, queries
from procurement.papers.gathering import draw_up
from procurement.papers.models import Paper
from procurement.papers.rules import PaperKind
from procurement.publiclog.audit import audit, load_steps
from procurement.publiclog.entry import digest_of
from procurement.rounds.models import Milestone
from procurement.rounds.phases import Kind
from tests.conftest import MovableClock, close
from tests.documents import verapdf
from tests.visiting import Visitor, text_of
from tests.worlds.decisions import work
from tests.worlds.scoring import ScoringWorld


def papers(world: ScoringWorld) -> list[queries.PaperView]:
    with reading(world.engine) as session:
        return queries.papers_of(session, world.id)


def audited(engine: Engine) -> list[str]:
    load_steps()
    with reading(engine) as session:
        return [str(finding) for finding in audit(session, None).findings]


def test_minutes_are_drawn_up_of_the_opening_and_of_the_committee(noticed: ScoringWorld, installed: Config) -> None:
    work(noticed, installed)
    opening, committee = papers(noticed)
    assert [opening.ref, committee.ref] == [f"{noticed.ref}-P01", f"{noticed.ref}-P02"]
    assert [(opening.kind, opening.about), (committee.kind, committee.about)] == [
        (PaperKind.OPENING, ""),
        (PaperKind.COMMITTEE, "1"),
    ]
    said = committee.content
    assert said["sealing"]["sealed"] == 14
    assert said["sealing"]["missing"] == []
    assert [(one["member"], one["application"]) for one in said["recusals"]] == [("M2", noticed.refs[1])]
    assert [(line["application"], line["total"]) for line in said["result"]["ranking"]] == [
        (line.application, line.total_text) for line in noticed.tally().ranking
    ]
    assert said["notice"]["number"] == 1
    assert opening.content["notice"] is None
    assert {member["name"] for member in said["committee"]} == {""}, "names are published with the decision only"
    assert committee.sha256 == digest_of(committee.text.encode())
    # Done once, whatever the worker is asked again.
    work(noticed, installed)
    assert len(papers(noticed)) == 2
    assert audited(noticed.engine) == []


def test_the_files_are_what_the_log_names_and_hold_to_the_standards(
    noticed: ScoringWorld, installed: Config, clock: MovableClock, tmp_path: Path
) -> None:
    work(noticed, installed)
    app = create_app(installed, clock=clock)
    app.testing = True
    visit = Visitor(app.test_client())
    try:
        listed = visit.get(f"/en/rounds/{noticed.ref}/papers")
        assert "Minutes of the opening of the score sheets" in listed.text
        for paper in papers(noticed):
            assert f"/papers/{paper.ref}.en.pdf" in listed.text
            assert visit.client.get(f"/papers/{paper.ref}").location.endswith(f"/papers/{paper.ref}")
            page = visit.get(f"/zh/papers/{paper.ref}")
            assert paper.sha256 in page.text
            for language, file in paper.files.items():
                got = visit.get(f"/papers/{paper.ref}.{language}.pdf")
                assert digest_of(got.data) == file.digest
                assert len(got.data) == file.size
            assert visit.get(f"/papers/{paper.ref}.json").json == paper.content
        visit.get("/en/papers/R2026-001-P99", status=404)
        visit.get("/en/rounds/R2099-001/papers", status=404)
        if noticed.engine.dialect.name == "sqlite":
            both = {f"{n}.pdf": visit.get(f"/papers/{noticed.ref}-P02.{n}.pdf").data for n in ("en", "zh")}
            assert verapdf(both, tmp_path) == {name: {"3a": [], "ua1": []} for name in both}
        assert "张三丰" not in text_of(visit.get(f"/en/papers/{noticed.ref}-P02"))
    finally:
        close(app.extensions["sunlit"].engine)


def test_both_languages_are_drawn_from_one_text(noticed: ScoringWorld) -> None:
    with reading(noticed.engine) as session:
        milestone = session.scalars(select(Milestone).where(Milestone.kind == Kind.NOTICE_GIVEN)).one()
        document = draw_up(session, milestone, number=7, place=("https://sunlit.example.org", False))
    assert json.loads(document.text)["head"]["address"] == f"https://sunlit.example.org/papers/{noticed.ref}-P07"
    english, chinese = (jobs.paper_html(document, language) for language in ("en", "zh"))
    assert "Minutes of the committee" in english
    assert "评审委员会会议纪要" in chinese
    for html in (english, chinese):
        assert "75.80" in html
        assert "are invented" not in html
        assert "演示" not in html


def test_an_edited_paper_is_found(noticed: ScoringWorld, installed: Config) -> None:
    work(noticed, installed)
    with transaction(noticed.engine) as session:
        session.connection().exec_driver_sql("UPDATE paper SET en_digest = zh_digest WHERE number = 2")
    assert [finding.split(":")[0] for finding in audited(noticed.engine)] == [f"paper {noticed.ref}-P02"]


def test_a_paper_whose_number_was_taken_is_made_again(
    noticed: ScoringWorld, installed: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two workers: while one sets its paper, the other records another one of the same round."""
    made, render = [], jobs.pdf.render_in_worker

    def slow(html: str, **arguments: object) -> bytes:
        if not made:
            made.append(html)
            work_on(noticed, installed, "papers.draw_up", 2)
        return render(html, **arguments)  # type: ignore[arg-type]

    work_all(noticed, installed, "papers.milestone")
    monkeypatch.setattr(jobs.pdf, "render_in_worker", slow)
    work_on(noticed, installed, "papers.draw_up", 1)
    assert sorted((paper.number, paper.kind) for paper in rows(noticed)) == [(1, "committee"), (2, "opening")]
    assert audited(noticed.engine) == []


def rows(world: ScoringWorld) -> list[Paper]:
    with reading(world.engine) as session:
        return list(session.scalars(select(Paper)))


def work_all(world: ScoringWorld, config: Config, kind: str) -> None:
    """Do every queued job of a kind."""
    for number in range(1, 1 + len(waiting(world, kind))):
        work_on(world, config, kind, number)


def waiting(world: ScoringWorld, kind: str) -> list[int]:
    with reading(world.engine) as session:
        return list(session.scalars(select(Job.id).where(Job.kind == kind).order_by(Job.id)))


def work_on(world: ScoringWorld, config: Config, kind: str, number: int) -> None:
    """Do the job with that number among those of a kind, as a worker of its own would."""
    load_handlers()
    job_id = waiting(world, kind)[number - 1]
    with reading(world.engine) as session:
        payload = session.get_one(Job, job_id).payload
    HANDLERS[kind].call(Work(world.engine, config, world.clock, job_id), payload)


def test_before_the_worker_came_by_the_page_says_what_will_be_there(noticed: ScoringWorld, app: Flask) -> None:
    page = Visitor(app.test_client()).get(f"/en/rounds/{noticed.ref}/papers")
    assert "The minutes of the opening appear here when the score sheets are opened" in page.text
