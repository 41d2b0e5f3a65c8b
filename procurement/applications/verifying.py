"""Verifying an application item by item: keeping findings, and reading them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any, Self

from sqlalchemy import select
from sqlalchemy.orm import Session

from procurement.access import Actor, Permission, Role, require
from procurement.accounts.models import User
from procurement.applications import checkers, queries
from procurement.applications.checklist import (
    ITEMS,
    METHODS,
    REQUIRED,
    RESULTS,
    Item,
    Method,
    Result,
    check_finding,
)
from procurement.applications.checklist import Finding as Found
from procurement.applications.entries import ChecklistKept, FindingKept
from procurement.applications.hints import Hint, Known, hints
from procurement.applications.models import Application, Finding
from procurement.errors import N_, NotFound, refuse_if
from procurement.merchants import queries as merchants
from procurement.merchants.disclosures import Shared
from procurement.merchants.models import Merchant
from procurement.publiclog.entry import Salted, digest_of
from procurement.publiclog.writing import append
from procurement.rounds import clocks
from procurement.rounds import queries as rounds
from procurement.rounds.canonical import canonical_text, plain_text
from procurement.rounds.phases import Phase
from procurement.uploads import Upload


@dataclass(frozen=True, slots=True)
class Compared:
    """Another application of the round, and what its applicant has in common with this one; values are masked."""

    application: str
    shared: Mapping[Shared, tuple[str, ...]]

    def to_json(self) -> dict[str, object]:
        """As it is kept with a finding: what agrees, not the values."""
        return {"application": self.application, "shared": sorted(fact.value for fact in self.shared)}

    @classmethod
    def from_json(cls, kept: Mapping[str, Any]) -> Self:
        """What was kept; the values are gone."""
        return cls(kept["application"], {Shared(fact): () for fact in kept["shared"]})


@dataclass(frozen=True, slots=True)
class FindingView:
    """A finding in force. `by`: who verified it; `file_name` "": nothing is kept beside the words."""

    item: Item
    result: Result
    method: Method | None
    evidence: str
    looked_on: date
    digest: str
    media_type: str
    file_name: str
    at: datetime
    by: str
    compared: tuple[Compared, ...] | None
    """On the relations: what others had in common with the applicant when this was found; for the office alone."""

    @property
    def title(self) -> str:
        """What was verified, as a source text."""
        return ITEMS[self.item].title

    @property
    def said(self) -> str:
        """The result, as a source text."""
        return RESULTS[self.result]

    @property
    def how(self) -> str:
        """The method, as a source text; "" where the item does not apply."""
        return METHODS[self.method] if self.method is not None else ""


def findings_of(session: Session, application_id: int) -> dict[Item, FindingView]:
    """Item → the finding in force, in the order of the checklist."""
    wanted = (
        select(Finding, User.name)
        .join(User, User.id == Finding.by_id)
        .where(Finding.application_id == application_id, Finding.superseded_at.is_(None))
    )
    found = {Item(row.item): _view(row, name) for row, name in session.execute(wanted)}
    return {item: found[item] for item in Item if item in found}


def results_of(session: Session, application_id: int) -> dict[Item, Result]:
    """Item → what was found, for the items that were verified."""
    wanted = select(Finding.item, Finding.result).where(
        Finding.application_id == application_id, Finding.superseded_at.is_(None)
    )
    return {Item(item): Result(result) for item, result in session.execute(wanted)}


def counted_in(session: Session, round_id: int) -> dict[int, tuple[int, int]]:
    """Application id → (required items verified, items found not in order), in a round; one statement."""
    wanted = (
        select(Finding.application_id, Finding.item, Finding.result)
        .join(Application, Application.id == Finding.application_id)
        .where(Application.round_id == round_id, Finding.superseded_at.is_(None))
    )
    found: dict[int, tuple[int, int]] = {}
    for application_id, item, result in session.execute(wanted):
        verified, wrong = found.get(application_id, (0, 0))
        found[application_id] = verified + (Item(item) in REQUIRED), wrong + (result == Result.NOT_MET)
    return found


def _view(row: Finding, by: str) -> FindingView:
    return FindingView(
        item=Item(row.item),
        result=Result(row.result),
        method=Method(row.method) if row.method else None,
        evidence=row.evidence,
        looked_on=row.looked_on,
        digest=row.digest or "",
        media_type=row.media_type,
        file_name=row.file_name,
        at=row.at,
        by=by,
        compared=None if row.compared is None else tuple(Compared.from_json(one) for one in row.compared),
    )


def compared_with(session: Session, round_id: int, merchant_id: int, *, now: datetime) -> tuple[Compared, ...]:
    """The applications of a round whose applicants have something in common with this one. A hint for whoever checks
    that applicants are independent (Procurement Law Implementing Regulation art. 18), never a ground by itself."""
    views = queries.applications_of(session, round_id, now=now)
    found = merchants.shared_facts(session, {view.merchant_id for view in views})
    own = session.get_one(Merchant, merchant_id).ref
    shared = {other: facts for pair, facts in found.items() if own in pair for other in pair if other != own}
    return tuple(Compared(view.ref, shared[view.merchant_ref]) for view in views if view.merchant_ref in shared)


def keep_findings(
    session: Session,
    *,
    actor: Actor,
    now: datetime,
    ref: str,
    findings: Sequence[Found],
    files: Mapping[Item, Upload] | None = None,
) -> list[Item]:
    """Keep what was found about items of an application; returns those that are new or changed.

    `files`: what shows a finding, checked and stored (uploads.accept); without one the file kept before stays. What
    is as it was leaves no trace. Raises NotFound, NotAllowed, WrongPhase, RuleBroken.
    """
    found, application = queries.locked_application(session, ref)
    require(actor, Permission.CHECK_APPLICATIONS, round_id=found.id)
    rounds.course_of(session, found.id).require(now, Phase.CHECKING)
    queries.require_standing(session, application)
    checkers.require_checker(session, actor, application)
    held = findings_of(session, application.id)
    given = [_plain(one, held.get(one.item), (files or {}).get(one.item)) for one in findings]
    changed = [one for one in given if one.item not in held or _said(held[one.item]) != one]
    today = now.astimezone(clocks.zone_of(rounds.rules_of(session, found.id))).date()
    refuse_if([problem for one in changed for problem in check_finding(one, today=today)])
    if not changed:
        return []
    compared = {Item.RELATIONS: compared_with(session, found.id, application.merchant_id, now=now)}
    kept = [
        _keep(
            session,
            application,
            one,
            held.get(one.item),
            (files or {}).get(one.item),
            compared.get(one.item),
            actor,
            now,
        )
        for one in changed
    ]
    append(
        session,
        ChecklistKept(application=ref, document=queries.sha256_of(session, application), findings=tuple(kept)),
        now=now,
        actor=actor,
        role=Role.ORGANISER,
        round_ref=found.ref,
    )
    return [one.item for one in changed]


def _plain(one: Found, held: FindingView | None, upload: Upload | None) -> Found:
    digest = upload.digest if upload is not None else held.digest if held is not None else ""
    method = None if one.result is Result.NOT_APPLICABLE else one.method
    return replace(one, method=method, evidence=plain_text(one.evidence), file=digest)


def _said(view: FindingView) -> Found:
    return Found(view.item, view.result, view.method, view.evidence, view.looked_on, view.digest)


def _keep(
    session: Session,
    application: Application,
    one: Found,
    held: FindingView | None,
    upload: Upload | None,
    compared: Sequence[Compared] | None,
    actor: Actor,
    now: datetime,
) -> FindingKept:
    document = None if compared is None else [other.to_json() for other in compared]
    if held is not None:
        earlier = session.scalars(
            select(Finding)
            .where(
                Finding.application_id == application.id, Finding.item == one.item, Finding.superseded_at.is_(None)
            )
            .with_for_update()
        ).one()
        earlier.superseded_at = now
        session.flush()
    result = one.result or Result.NOT_MET  # told, as `check_finding` asks
    session.add(
        Finding(
            application_id=application.id,
            item=one.item.value,
            result=result.value,
            method=one.method.value if one.method else None,
            evidence=one.evidence,
            looked_on=one.looked_on,
            digest=one.file or None,
            media_type=upload.media_type if upload else held.media_type if held else "",
            file_name=upload.name if upload else held.file_name if held else "",
            compared=document,
            at=now,
            by_id=actor.user_id,
        )
    )
    session.flush()
    return FindingKept(
        item=one.item.value,
        result=result.value,
        method=one.method.value if one.method else None,
        evidence=digest_of(one.evidence),
        looked_on=one.looked_on or now.date(),
        file=one.file or None,
        replaces=held is not None,
        compared=None
        if document is None
        else Salted(canonical_text(document), whose=f"merchant:{application.merchant_id}"),
    )


def finding_file(session: Session, ref: str, item: Item, *, actor: Actor) -> FindingView:
    """The finding on `item` with what shows it, for whoever reads the round's files. Raises NotFound, NotAllowed."""
    application = queries.find_application(session, ref)
    require(actor, Permission.READ_ROUND_FILES, round_id=application.round_id)
    found = findings_of(session, application.id).get(item)
    if found is None or not found.digest:
        raise NotFound(N_("There is no such file."))
    return found


def hints_for(session: Session, detail: queries.Detail, *, actor: Actor, now: datetime) -> dict[Item, list[Hint]]:
    """What is known about each item of an application, for whoever checks it."""
    merchant = session.get_one(Merchant, detail.view.merchant_id)
    document = rounds.rules_of(session, detail.view.round_id)
    today = now.astimezone(clocks.zone_of(document)).date()
    dossier = merchants.dossier(session, actor=actor, ref=merchant.ref, today=today)
    others = compared_with(session, detail.view.round_id, merchant.id, now=now)
    known = Known(
        kind=dossier.business.merchant.kind,
        uscc=dossier.business.merchant.uscc,
        checked={
            paper.digest: (paper.check.outcome, paper.check.at.astimezone(clocks.zone_of(document)).date())
            for paper in dossier.business.certificates
            if paper.check is not None
        },
        searches=[(one.source, one.searched_on, one.found) for one in dossier.searches],
        shares=[(one.application, one.shared) for one in others],
    )
    needs = queries.needs_of(document, merchant, now)
    return hints(detail.content, needs, known)
