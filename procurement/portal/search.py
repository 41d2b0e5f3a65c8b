"""Search over what is public: rounds, products, businesses, decisions.

The documents follow from the public log: the worker looks which rounds new entries speak of and makes their documents
anew (`catch_up`). So nothing is found before an act made it public, and no step needs to know that it is searched.
An answer is at most a few seconds older than the page that it leads to.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from sqlalchemy import Select, delete, exists, select
from sqlalchemy.orm import Session

from procurement.applications.models import Application, Verdict
from procurement.decisions.models import Decision
from procurement.errors import N_
from procurement.merchants.models import Merchant
from procurement.merchants.queries import public_name
from procurement.portal.fulltext import finding
from procurement.portal.models import SearchDocument, SearchState
from procurement.portal.words import words_asked, words_in
from procurement.publiclog.models import LogEntry, LogHead
from procurement.rounds import queries as rounds
from procurement.rounds.models import Milestone, Round
from procurement.rounds.phases import Kind
from procurement.rounds.rules import CATEGORIES, Category
from procurement.rounds.scoring_rule import Text

PAGE = 20
MERCHANTS = "merchants"


class SearchKind(StrEnum):
    """What kind of page an answer leads to."""

    ROUND = "round"
    PRODUCT = "product"
    MERCHANT = "merchant"
    DECISION = "decision"


KIND_NAMES = {
    SearchKind.ROUND: N_("Rounds"),
    SearchKind.PRODUCT: N_("Products"),
    SearchKind.MERCHANT: N_("Businesses"),
    SearchKind.DECISION: N_("Decisions"),
}


class _Page(NamedTuple):
    """A document as it should be."""

    kind: str
    ref: str
    title: str
    body: str
    at: datetime


# --- finding ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Answer:
    """A page that was found. `title`: a text, or both languages' texts; `said`: whether it is in a user's own words;
    `round_title` of what belongs to a round."""

    kind: SearchKind
    ref: str
    title: Text | str
    said: bool
    round_ref: str | None = None
    round_title: Text | None = None


def search(
    session: Session, query: str, *, kind: SearchKind | None = None, page: int = 1
) -> tuple[list[Answer], bool]:
    """The pages that have every word of `query`, best first, and whether there are more; nothing for no word."""
    words = words_asked(query)
    if not words:
        return [], False
    wanted = finding(
        session.get_bind().dialect.name,
        words,
        kind="" if kind is None else kind.value,
        limit=PAGE + 1,
        offset=PAGE * (page - 1),
    )
    ids = list(session.scalars(wanted))
    found = {d.id: d for d in session.scalars(select(SearchDocument).where(SearchDocument.id.in_(ids[:PAGE])))}
    return _answers(session, [found[one] for one in ids[:PAGE] if one in found]), len(ids) > PAGE


def _answers(session: Session, found: Sequence[SearchDocument]) -> list[Answer]:
    refs: dict[str, list[str]] = {}
    for one in found:
        refs.setdefault(one.kind, []).append(one.ref)
    answers: dict[str, Answer] = {}
    for title in session.scalars(select(Round).where(Round.ref.in_(refs.get(SearchKind.ROUND, [])))):
        answers[title.ref] = Answer(SearchKind.ROUND, title.ref, Text(title.title_en, title.title_zh), said=False)
    in_round = (Round.ref, Round.title_en, Round.title_zh)
    products = (
        select(Application.ref, Application.product_name, *in_round)
        .join(Round, Round.id == Application.round_id)
        .where(Application.ref.in_(refs.get(SearchKind.PRODUCT, [])))
    )
    for ref, name, round_ref, en, zh in session.execute(products):
        answers[ref] = Answer(SearchKind.PRODUCT, ref, name, True, round_ref, Text(en, zh))
    decisions = (
        select(Decision.ref, *in_round)
        .join(Round, Round.id == Decision.round_id)
        .where(Decision.ref.in_(refs.get(SearchKind.DECISION, [])))
    )
    for ref, round_ref, en, zh in session.execute(decisions):
        answers[ref] = Answer(SearchKind.DECISION, ref, Text(en, zh), False, round_ref, Text(en, zh))
    for merchant in session.scalars(select(Merchant).where(Merchant.ref.in_(refs.get(SearchKind.MERCHANT, [])))):
        answers[merchant.ref] = Answer(SearchKind.MERCHANT, merchant.ref, public_name(merchant), said=True)
    return [answers[one.ref] for one in found if one.ref in answers]


# --- following the log --------------------------------------------------------------------------------------------


def behind(session: Session) -> bool:
    """Whether the log has grown since the documents were made."""
    state, head = session.get(SearchState, 1), session.get(LogHead, 1)
    return head is not None and head.size > (0 if state is None else state.size)


def catch_up(session: Session) -> int:
    """Make the documents of every round anew that the log speaks of since the last time, and those of businesses;
    return how many documents changed. One transaction, which nothing else waits for."""
    state = session.get(SearchState, 1, with_for_update=True) or SearchState(id=1, size=0)
    size = session.scalars(select(LogHead.size).where(LogHead.id == 1)).one()
    refs = session.scalars(
        select(LogEntry.round_ref)
        .where(LogEntry.idx >= state.size, LogEntry.idx < size, LogEntry.round_ref.is_not(None))
        .distinct()
    )
    changed = sum(_renew(session, ref, _pages_of_round(session, ref)) for ref in list(refs) if ref is not None)
    changed += _renew(session, MERCHANTS, _pages_of_merchants(session))
    state.size = size
    session.add(state)
    return changed


def _renew(session: Session, scope: str, wanted: Iterable[_Page]) -> int:
    there = {d.ref: d for d in session.scalars(select(SearchDocument).where(SearchDocument.scope == scope))}
    changed = 0
    for page in wanted:
        found = there.pop(page.ref, None)
        if found is None:
            session.add(SearchDocument(scope=scope, **page._asdict()))
        elif (found.title, found.body, found.at) == (page.title, page.body, page.at):
            continue
        else:
            found.title, found.body, found.at = page.title, page.body, page.at
        changed += 1
    if there:
        session.execute(delete(SearchDocument).where(SearchDocument.id.in_([one.id for one in there.values()])))
    session.flush()
    return changed + len(there)


def _page(kind: SearchKind, ref: str, title: Sequence[str], body: Sequence[str], at: datetime) -> _Page:
    return _Page(
        kind.value, ref, " ".join(words_in("\n".join(title))), " ".join(words_in("\n".join((*body, ref)))), at
    )


def _both(*texts: Text) -> list[str]:
    return [word for one in texts for word in (one.en, one.zh)]


def _pages_of_round(session: Session, ref: str) -> Iterator[_Page]:
    found = session.scalars(select(Round).where(Round.ref == ref)).one()
    published = session.scalars(
        select(Milestone.at).where(Milestone.round_id == found.id, Milestone.kind == Kind.PUBLISHED)
    ).one_or_none()
    if published is None:
        return
    document = rounds.rules_of(session, found.id)
    title = Text(found.title_en, found.title_zh)
    about = (document.purpose, document.public_interest, document.official.employer, document.official.office)
    yield _page(
        SearchKind.ROUND, ref, _both(title), [*_both(*about, document.office.name), document.official.name], published
    )
    decisions = select(Decision.ref, Decision.published_at).where(
        Decision.round_id == found.id, Decision.published_at.is_not(None)
    )
    for decision, at in session.execute(decisions):
        if at is not None:
            yield _page(SearchKind.DECISION, decision, _both(title), [], at)
    for application in session.scalars(_told_products().where(Application.round_id == found.id)):
        category = CATEGORIES[Category(application.category)]
        yield _page(
            SearchKind.PRODUCT,
            application.ref,
            [application.product_name],
            [category, *_both(title)],
            application.submitted_at,
        )


def _told_products() -> Select[Application]:
    """Eligible products of rounds whose check is closed: before, a verdict may change; before the deadline nobody may
    know of an application."""
    told = exists().where(Milestone.round_id == Application.round_id, Milestone.kind == Kind.CHECKING_CLOSED)
    return (
        select(Application)
        .join(Verdict, (Verdict.application_id == Application.id) & Verdict.superseded_at.is_(None))
        .where(Verdict.eligible, Application.withdrawn_at.is_(None), told)
    )


def _pages_of_merchants(session: Session) -> Iterator[_Page]:
    shown = _told_products().with_only_columns(Application.merchant_id).distinct()
    for merchant in session.scalars(select(Merchant).where(Merchant.id.in_(shown))):
        yield _page(
            SearchKind.MERCHANT, merchant.ref, [public_name(merchant)], [merchant.uscc or ""], merchant.created_at
        )
