"""The applicant's own: drafts with the state of each section, and the dashboard. Nobody else is answered."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from procurement.access import VISITOR, Actor
from procurement.applications import queries
from procurement.applications.content import SECTION_TYPES, AttachedFile, Content, Purpose, Section
from procurement.applications.models import Application, ApplicationDraft, ApplicationFile, Verdict
from procurement.applications.rules import Needs, faults, is_empty
from procurement.errors import N_, NotFound, Problem
from procurement.merchants import queries as merchants
from procurement.merchants.models import Merchant, MerchantUser
from procurement.rounds import canonical
from procurement.rounds import queries as rounds
from procurement.rounds.models import Round
from procurement.rounds.phases import Phase
from procurement.rounds.rules import Gate


@dataclass(frozen=True, slots=True)
class SectionState:
    """How far one section of a draft is: "empty", "incomplete" or "complete"."""

    section: Section
    state: str
    problems: tuple[Problem, ...]


@dataclass(frozen=True, slots=True)
class FileView:
    """A file attached to a draft."""

    id: int
    section: Section
    purpose: Purpose
    name: str
    digest: str
    media_type: str
    size: int
    public: bool


@dataclass(frozen=True, slots=True)
class DraftView:
    """An application as its applicant works on it. `ref`, `version` are None before the first submission; `changed`:
    what is written differs from what was submitted last."""

    key: str
    round: queries.RoundOfApplication
    merchant_id: int
    merchant_ref: str
    merchant_name: str
    product_name: str
    content: Content
    files: tuple[FileView, ...]
    sections: tuple[SectionState, ...]
    saved_at: datetime
    ref: str | None
    version: int | None
    submitted_at: datetime | None
    changed: bool
    maintained: bool
    """Nothing submitted yet, or submitted or confirmed under the call as it is now."""
    closed: bool
    gates: tuple[Gate, ...]
    wallet: tuple[merchants.CertificateView, ...]
    """Papers of the business that are not in this application yet."""

    @property
    def complete(self) -> bool:
        """Whether it may be submitted."""
        return all(section.state == "complete" for section in self.sections)

    @property
    def done(self) -> int:
        """How many sections are complete."""
        return sum(section.state == "complete" for section in self.sections)

    @property
    def to_confirm(self) -> bool:
        """Whether it must be confirmed, or submitted anew, before the deadline: the call was amended."""
        return not self.maintained and self.editable

    @property
    def editable(self) -> bool:
        """Whether it may be changed now."""
        return not self.closed and self.round.phase is Phase.OPEN

    def problems(self, section: Section) -> tuple[Problem, ...]:
        """What is still missing or wrong in a section."""
        return next(state.problems for state in self.sections if state.section is section)


@dataclass(frozen=True, slots=True)
class OwnRow:
    """One line of the dashboard "My applications". `verdict` only once it may be told."""

    key: str
    ref: str | None
    product_name: str
    merchant_name: str
    round: queries.RoundOfApplication
    saved_at: datetime
    submitted_at: datetime | None
    version: int | None
    withdrawn_at: datetime | None
    maintained: bool
    verdict: queries.VerdictView | None

    @property
    def to_confirm(self) -> bool:
        """Whether it must be confirmed, or submitted anew, before the deadline: the call was amended."""
        return not self.maintained and self.withdrawn_at is None and self.round.phase is Phase.OPEN

    @property
    def lapsed(self) -> bool:
        """Whether it takes no part, because it was not confirmed in time."""
        over = self.round.phase not in (Phase.OPEN, Phase.HELD, Phase.ABORTED)
        return not self.maintained and self.withdrawn_at is None and over


def find_draft(session: Session, key: str, *, actor: Actor, lock: bool = False) -> ApplicationDraft:
    """The draft with this key, for whoever acts for its business. Raises NotFound for everybody else."""
    wanted = select(ApplicationDraft).where(ApplicationDraft.key == key)
    if lock:
        wanted = wanted.with_for_update().execution_options(populate_existing=True)
    found = session.scalars(wanted).one_or_none()
    if found is None or not queries.is_own(session, actor, found.merchant_id):
        raise NotFound(N_("There is no such draft."))
    return found


def draft_content(session: Session, draft: ApplicationDraft) -> Content:
    """What a draft says, with the files attached to it."""
    return _content(draft, _files(session, [draft.id])[draft.id])


def section_of(session: Session, key: str, section: Section, *, actor: Actor) -> Any:
    """One section of a draft as it is kept. Raises NotFound for anybody but its applicant."""
    return draft_content(session, find_draft(session, key, actor=actor)).section(section)


def draft_for(session: Session, key: str, *, actor: Actor, now: datetime) -> DraftView:
    """A draft with the state of each section. Raises NotFound for anybody but its applicant."""
    draft = find_draft(session, key, actor=actor)
    found = session.get_one(Round, draft.round_id)
    merchant = session.get_one(Merchant, draft.merchant_id)
    course = rounds.course_of(session, found.id)
    document = rounds.rules_of(session, found.id)
    files = _files(session, [draft.id])[draft.id]
    content = _content(draft, files)
    needs = queries.needs_of(document, merchant, now)
    application = None if draft.application_id is None else session.get_one(Application, draft.application_id)
    last = application and queries.submission_of(session, application.id, application.current).content
    return DraftView(
        key=draft.key,
        round=queries.round_view(found, course, now),
        merchant_id=merchant.id,
        merchant_ref=merchant.ref,
        merchant_name=merchant.name,
        product_name=draft.product_name,
        content=content,
        files=tuple(_file_view(row) for row in files),
        sections=_states(content, needs),
        saved_at=draft.saved_at,
        ref=application.ref if application else None,
        version=application.current if application else None,
        submitted_at=application.submitted_at if application else None,
        changed=last != content,
        maintained=application is None or application.rules_version == rounds.rules_record(session, found.id)[0],
        closed=draft.closed_at is not None,
        gates=document.gates,
        wallet=tuple(
            paper
            for paper in merchants.certificates_of(session, merchant.id, today=needs.today)
            if paper.digest not in {held.file for held in content.certificates.items}
        ),
    )


def own_rows(session: Session, *, actor: Actor, now: datetime) -> list[OwnRow]:
    """Everything of the businesses that `actor` acts for: drafts never submitted first, then the rest, newest first.
    A discarded draft is left out. Six queries, whatever the number of rows."""
    if actor.user_id is None:
        return []
    wanted = (
        select(ApplicationDraft, Application, Merchant, Round, queries.maintained())
        .join(Merchant, Merchant.id == ApplicationDraft.merchant_id)
        .join(MerchantUser, MerchantUser.merchant_id == Merchant.id)
        .join(Round, Round.id == ApplicationDraft.round_id)
        .outerjoin(Application, Application.id == ApplicationDraft.application_id)
        .where(MerchantUser.user_id == actor.user_id)
        .where(ApplicationDraft.application_id.is_not(None) | ApplicationDraft.closed_at.is_(None))
        .order_by(ApplicationDraft.id.desc())
    )
    rows = list(session.execute(wanted))
    courses = rounds.courses_of(session, {found.id for _, _, _, found, _ in rows})
    verdicts = _told_verdicts(session, [row[1] for row in rows if row[1] is not None])
    listed = [
        OwnRow(
            key=draft.key,
            ref=application.ref if application else None,
            product_name=draft.product_name,
            merchant_name=merchant.name,
            round=queries.round_view(found, courses[found.id], now),
            saved_at=draft.saved_at,
            submitted_at=application.submitted_at if application else None,
            version=application.current if application else None,
            withdrawn_at=application.withdrawn_at if application else None,
            maintained=application is None or bool(kept),
            verdict=verdicts.get(application.id) if application else None,
        )
        for draft, application, merchant, found, kept in rows
    ]
    return sorted(listed, key=lambda row: row.ref is not None)


def _told_verdicts(session: Session, applications: Iterable[Application]) -> dict[int, queries.VerdictView]:
    """Application id → verdict in force. Verdicts are given after the deadline only, and are public at once."""
    ids = [application.id for application in applications]
    if not ids:
        return {}
    wanted = select(Verdict).where(Verdict.application_id.in_(ids), Verdict.superseded_at.is_(None))
    return {verdict.application_id: queries.verdict_view(verdict) for verdict in session.scalars(wanted)}


def open_rounds(session: Session, *, now: datetime) -> list[queries.RoundOfApplication]:
    """Rounds that take applications now, the one that closes first in front."""
    found = [view for view in rounds.public_rounds(session, now=now) if view.phase is Phase.OPEN]
    views = [
        queries.RoundOfApplication(view.id, view.ref, view.title, view.phase, view.course.applications_close)
        for view in found
    ]
    return sorted(views, key=lambda view: (view.closes is None, view.closes))


def draft_file(session: Session, key: str, file_id: int, *, actor: Actor) -> FileView:
    """A file of a draft, for its applicant. Raises NotFound."""
    draft = find_draft(session, key, actor=actor)
    row = session.get(ApplicationFile, file_id)
    if row is None or row.draft_id != draft.id or row.removed_at is not None:
        raise NotFound(N_("There is no such file."))
    return _file_view(row)


def _files(session: Session, draft_ids: Collection[int]) -> dict[int, list[ApplicationFile]]:
    found: dict[int, list[ApplicationFile]] = defaultdict(list)
    wanted = (
        select(ApplicationFile)
        .where(ApplicationFile.draft_id.in_(draft_ids), ApplicationFile.removed_at.is_(None))
        .order_by(ApplicationFile.id)
    )
    for row in session.scalars(wanted):
        found[row.draft_id].append(row)
    return found


def _file_view(row: ApplicationFile) -> FileView:
    return FileView(
        id=row.id,
        section=Section(row.section),
        purpose=Purpose(row.purpose),
        name=row.name,
        digest=row.digest,
        media_type=row.media_type,
        size=row.size,
        public=row.public,
    )


def _content(draft: ApplicationDraft, files: Iterable[ApplicationFile]) -> Content:
    parts = {
        section.value: canonical.read_whole(SECTION_TYPES[section], draft.sections[section.value])
        for section in Section
        if section.value in draft.sections
    }
    attached = tuple(
        AttachedFile(
            section=Section(row.section),
            purpose=Purpose(row.purpose),
            name=row.name,
            digest=row.digest,
            media_type=row.media_type,
            size=row.size,
            public=row.public,
        )
        for row in files
    )
    return Content(**parts, files=attached)


def _states(content: Content, needs: Needs) -> tuple[SectionState, ...]:
    states = []
    for section, problems in faults(content, needs).items():
        state = "complete" if not problems else "empty" if is_empty(section, content) else "incomplete"
        states.append(SectionState(section, state, tuple(problems)))
    return tuple(states)


def round_to_apply_in(session: Session, ref: str, *, now: datetime) -> queries.RoundOfApplication:
    """The round for the page that begins an application. Raises NotFound for an unknown or unpublished round."""
    found = rounds.find_round(session, ref, actor=VISITOR)
    return queries.round_view(found, rounds.course_of(session, found.id), now)


def problems_of_paper(draft: DraftView, number: int) -> list[Problem]:
    """What is missing or wrong in one paper (number from 1), by its own fields."""
    start = f"items-{number}."
    return [
        Problem(problem.message, problem.params, problem.field.removeprefix(start))
        for problem in draft.problems(Section.CERTIFICATES)
        if problem.field is not None and problem.field.startswith(start)
    ]
