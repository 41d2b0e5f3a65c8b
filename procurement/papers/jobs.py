"""What follows from an act in a round: letters to those whom it concerns, and the paper that it calls for.

Both handlers may run again at any point without harm. Letters are queued in one transaction that notes that they
were; a paper is prepared outside any transaction and then recorded, once.
"""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Engine

from procurement import pdf
from procurement.clock import Clock
from procurement.db import reading, transaction
from procurement.decisions.wording import WORDS, criterion_numbers, rule_sentences, tie_words
from procurement.errors import N_
from procurement.jobs import Work, enqueue, job, regularly
from procurement.papers import actions, subscribing, telling
from procurement.papers.documents import Minutes
from procurement.papers.gathering import draw_up, paper_of
from procurement.papers.models import Told
from procurement.papers.rules import PAPERS
from procurement.rounds.models import Milestone
from procurement.storage import store

ROUNDS = 20  # how often a paper is made anew because another took its number


@job("papers.milestone")
def milestone(work: Work, payload: Mapping[str, Any]) -> None:
    """Write to everybody whom a milestone concerns, and have its paper drawn up."""
    now = work.clock()
    with transaction(work.engine) as session:
        found = session.get_one(Milestone, payload["milestone"])
        if session.get(Told, found.id) is not None:
            return
        session.add(Told(milestone_id=found.id, at=now))
        telling.tell(session, found, now=now)
        if paper_of(found) is not None:
            enqueue(session, "papers.draw_up", {"milestone": found.id}, now)


@job("papers.draw_up")
def draw_up_paper(work: Work, payload: Mapping[str, Any]) -> None:
    """Draw up the paper of a milestone in both languages, and record it."""
    files = store(work.config)
    for _ in range(ROUNDS):
        with reading(work.engine) as session:
            found = session.get_one(Milestone, payload["milestone"])
            wanted = paper_of(found)
            if wanted is None or actions.is_made(session, found.round_id, *wanted):
                return
            number = actions.next_number(session, found.round_id)
            place = (work.config.base_url, not work.config.production)
            document = draw_up(session, found, number=number, place=place)
            issued = found.at
        made = {}
        for step, language in enumerate(("en", "zh"), 1):
            work.progress(step, 3, N_("The document is being set."))
            content = pdf.render_in_worker(
                paper_html(document, language),
                issued=issued,
                attachments=[
                    pdf.Attachment("paper.json", "The paper as data (RFC 8785)", document.text.encode()),
                ],
            )
            made[language] = (files.put(content), len(content))
        work.progress(3, 3, N_("Recording."))
        try:
            with transaction(work.engine) as session:
                actions.record_paper(
                    session,
                    now=work.clock(),
                    milestone_id=payload["milestone"],
                    kind=wanted[0],
                    about=wanted[1],
                    number=number,
                    text=document.text,
                    en=made["en"],
                    zh=made["zh"],
                )
        except actions.Outdated:
            continue
        return
    raise RuntimeError("the number of the paper kept being taken")


def paper_html(document: Minutes, language: str) -> str:
    """The paper as the HTML that becomes the PDF."""
    scoring = document.rules.scoring
    facts = {
        "paper": document,
        "scoring": scoring,
        "title": PAPERS[document.head.kind],
        "words": WORDS,
        "sentences": rule_sentences(scoring),
        "numbers": criterion_numbers(scoring),
        "tie_words": tie_words,
    }
    return pdf.fill("minutes.html", facts, language=language, zone=document.head.zone)


@regularly(300)
def write_to_followers(engine: Engine, config: Any, clock: Clock) -> None:
    """The daily letter to those who follow a list or a round without an account."""
    subscribing.write_due(engine, config, clock)
