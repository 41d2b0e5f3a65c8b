"""Reading applications. Before the deadline nobody but the applicant reads anything: every query that tells what an
application says, or that it exists, asks for the deadline first and finds nothing before it.

The instant comes in as `now`. Where an act of a later phase reads and has no use for the time, `now` may be left out:
then applications are found only if checking was ever closed, which is later than the deadline.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from procurement.access import VISITOR, Actor, Permission, Role, conflicting, may, require
from procurement.applications.content import AttachedFile, Content, Submission
from procurement.applications.grounds import PROVISIONS, Provision
from procurement.applications.models import (
    Application,
    ApplicationHelper,
    ApplicationVersion,
    Finding,
    SupplementRequest,
    Verdict,
)
from procurement.applications.questions import QuestionView, overdue_problems, question_view, questions_of
from procurement.applications.rules import Needs, public_part
from procurement.applications.verdicts import Reason, check_closing
from procurement.applications.wording import GROUNDS, REASONS
from procurement.errors import N_, NotFound, Problem, WrongPhase
from procurement.merchants import queries as merchants
from procurement.merchants.models import Merchant
from procurement.rounds import clocks
from procurement.rounds import queries as rounds
from procurement.rounds.models import Milestone, Round, RoundRules
from procurement.rounds.phases import Course, Kind, Phase
from procurement.rounds.rules import Gate, RoundDocument
from procurement.rounds.scoring_rule import Text


@dataclass(frozen=True, slots=True)
class VerdictView:
    """A verdict. `reason` and `ground` are source texts to be translated; `gates`: code → passed."""

    eligible: bool
    reason_code: str
    reason: str
    ground: str
    explanation: str
    gates: Mapping[str, bool]
    given_at: datetime
    objection_ref: str | None
    superseded_at: datetime | None

    @property
    def provisions(self) -> tuple[Provision, ...]:
        """On what the reason rests, and whether that is law."""
        return PROVISIONS[Reason(self.reason_code)]


@dataclass(frozen=True, slots=True)
class ApplicationView:
    """A submitted application as everybody may see it after the deadline."""

    id: int
    ref: str
    round_id: int
    number: int
    merchant_id: int
    merchant_ref: str
    merchant_name: str
    product_name: str
    category: str
    version: int
    sha256: str
    submitted_at: datetime
    withdrawn_at: datetime | None
    maintained: bool
    """Submitted or confirmed under the call as it was last amended; without that it does not take part."""
    verdict: VerdictView | None
    helped: bool
    """Written, confirmed or completed with the help of somebody who does not belong to the business."""

    @property
    def eligible(self) -> bool:
        """Whether the verdict in force says so; False while there is none."""
        return self.verdict is not None and self.verdict.eligible


@dataclass(frozen=True, slots=True)
class VersionView:
    """One submitted version. `signed`: SHA-256 of the paper on which it was read back and signed, if it was."""

    version: int
    sha256: str
    submitted_at: datetime
    signed: str | None


@dataclass(frozen=True, slots=True)
class RoundOfApplication:
    """What an applicant needs to know of the round."""

    id: int
    ref: str
    title: Text
    phase: Phase
    closes: datetime | None


@dataclass(frozen=True, slots=True)
class Detail:
    """One application with its content, for whoever may read it now. `whole`: nothing is left out."""

    view: ApplicationView
    content: Content
    round: RoundOfApplication
    versions: tuple[VersionView, ...]
    verdicts: tuple[VerdictView, ...]
    gates: tuple[Gate, ...]
    whole: bool
    own: bool
    applicant: merchants.MerchantView | None
    """The business in full, for itself and for whoever checks it."""


# ---- who may read, and when --------------------------------------------------------------------------------------


def visible(session: Session, round_id: int, now: datetime | None) -> bool:
    """Whether anybody but the applicant may read this round's applications; see the module."""
    if now is not None and rounds.course_of(session, round_id).applications_visible(now):
        return True
    closed = select(Milestone.id).where(Milestone.round_id == round_id, Milestone.kind == Kind.CHECKING_CLOSED)
    return session.scalar(closed.limit(1)) is not None


def is_own(session: Session, actor: Actor, merchant_id: int) -> bool:
    """Whether `actor` acts for this business."""
    return actor.user_id is not None and merchants.acts_for(session, actor.user_id, merchant_id)


def reads_all(session: Session, actor: Actor, round_id: int) -> bool:
    """Whether `actor` reads private files and answers: organiser and supervisor of the round, and the members of its
    committee from its forming on."""
    if may(actor, Permission.READ_ROUND_FILES, round_id=round_id):
        return True
    return Role.MEMBER in actor.roles_in(round_id) and rounds.course_of(session, round_id).checking_closed is not None


def _unknown(ref: str) -> NotFound:
    return NotFound(N_("There is no application “%(ref)s”."), ref=ref[:40])


def maintained() -> ColumnElement[bool]:
    """Whether an application was submitted, or confirmed, under the last version of the call."""
    last = select(func.max(RoundRules.version)).where(RoundRules.round_id == Application.round_id)
    return Application.rules_version == last.scalar_subquery()


def standing() -> tuple[ColumnElement[bool], ...]:
    """What makes an application take part once the deadline is over: not withdrawn, and maintained."""
    return Application.withdrawn_at.is_(None), maintained()


# ---- submitted applications --------------------------------------------------------------------------------------


def find_application(session: Session, ref: str, *, lock: bool = False) -> Application:
    """The row of a submitted application, whoever asks: for acts, not for pages. Raises NotFound."""
    wanted = select(Application).where(Application.ref == ref)
    if lock:
        wanted = wanted.with_for_update().execution_options(populate_existing=True)
    found = session.scalars(wanted).one_or_none()
    if found is None:
        raise _unknown(ref)
    return found


def locked_application(session: Session, ref: str) -> tuple[Round, Application]:
    """The round of an application, locked first as every act in a round does, and the application itself."""
    application = find_application(session, ref)
    round_ref = session.get_one(Round, application.round_id).ref
    return rounds.find_round(session, round_ref, lock=True), find_application(session, ref, lock=True)


def require_standing(session: Session, application: Application) -> None:
    """Raise WrongPhase when the application takes no part."""
    if application.withdrawn_at is not None:
        raise WrongPhase(N_("This application was withdrawn."))
    if not takes_part(session, application):
        raise WrongPhase(
            N_("This application was not confirmed after the call was amended. It takes no part and stays unread.")
        )


def has_verdict(session: Session, application_id: int) -> bool:
    """Whether a verdict was ever given: from then on everybody reads what it rests on."""
    return session.scalar(select(Verdict.id).where(Verdict.application_id == application_id).limit(1)) is not None


def takes_part(session: Session, found: Application) -> bool:
    """Whether an application is `standing`."""
    return bool(session.scalar(select(Application.id).where(Application.id == found.id, *standing())))


def applications_of(
    session: Session, round_id: int, *, eligible_only: bool = False, now: datetime | None = None
) -> list[ApplicationView]:
    """Applications that take part (`standing`), by number; with `eligible_only` those whose verdict says so.

    Empty before the deadline (see the module). Two or three queries, whatever the number of applications.
    """
    if not visible(session, round_id, now):
        return []
    wanted = _views().where(Application.round_id == round_id, *standing())
    if eligible_only:
        wanted = wanted.where(Verdict.eligible.is_(True))
    return [_view(*row) for row in session.execute(wanted.order_by(Application.number))]


def applications_by_ref(
    session: Session, refs: Collection[str], *, now: datetime | None = None
) -> dict[str, ApplicationView]:
    """Ref → application, for those of `refs` that may be read; those that do not take part included."""
    if not refs:
        return {}
    found = [_view(*row) for row in session.execute(_views().where(Application.ref.in_(refs)))]
    readable = {round_id: visible(session, round_id, now) for round_id in {view.round_id for view in found}}
    return {view.ref: view for view in found if readable[view.round_id]}


@dataclass(frozen=True, slots=True)
class Counts:
    """How many applications of a round take part, were withdrawn, were not confirmed after an amendment; and how many
    of those that take part wait for a verdict."""

    standing: int = 0
    withdrawn: int = 0
    lapsed: int = 0
    waiting: int = 0


def counts_of(session: Session, round_id: int, *, now: datetime) -> Counts:
    """Zeros before the deadline."""
    if not visible(session, round_id, now):
        return Counts()
    wanted = (
        select(Application.withdrawn_at, maintained(), Verdict.id)
        .outerjoin(Verdict, (Verdict.application_id == Application.id) & Verdict.superseded_at.is_(None))
        .where(Application.round_id == round_id)
    )
    rows = [(withdrawn is not None, kept, verdict) for withdrawn, kept, verdict in session.execute(wanted)]
    verdicts = [verdict for withdrawn, kept, verdict in rows if kept and not withdrawn]
    return Counts(
        standing=len(verdicts),
        withdrawn=sum(withdrawn for withdrawn, _, _ in rows),
        lapsed=sum(not kept and not withdrawn for withdrawn, kept, _ in rows),
        waiting=sum(verdict is None for verdict in verdicts),
    )


@dataclass(frozen=True, slots=True)
class LapsedView:
    """An application that was not confirmed after the call was amended. Like a withdrawn one it stays unread."""

    ref: str
    merchant_id: int
    sha256: str
    submitted_at: datetime


def lapsed_of(session: Session, round_id: int, *, now: datetime | None = None) -> list[LapsedView]:
    """Applications that were neither withdrawn nor maintained, by number; empty before the deadline."""
    if not visible(session, round_id, now):
        return []
    wanted = (
        select(Application.ref, Application.merchant_id, ApplicationVersion.sha256, Application.submitted_at)
        .join(ApplicationVersion, _current_version())
        .where(Application.round_id == round_id, Application.withdrawn_at.is_(None), ~maintained())
        .order_by(Application.number)
    )
    return [LapsedView(*row) for row in session.execute(wanted)]


def submitted_between(session: Session, round_id: int) -> list[tuple[str, int, datetime]]:
    """(ref, version, submitted at) of every version of a round: for the check that none came too late."""
    wanted = (
        select(Application.ref, ApplicationVersion.version, ApplicationVersion.submitted_at)
        .join(Application, Application.id == ApplicationVersion.application_id)
        .where(Application.round_id == round_id)
        .order_by(Application.number, ApplicationVersion.version)
    )
    return [(ref, version, at) for ref, version, at in session.execute(wanted)]


def content_of(
    session: Session, application_id: int, *, actor: Actor = VISITOR, now: datetime | None = None
) -> Content:
    """The whole content of the version that counts. Pages for everybody show `rules.public_part` of it.

    Raises NotFound before the deadline for anybody but the applicant.
    """
    found = session.get(Application, application_id)
    if found is None or not (visible(session, found.round_id, now) or is_own(session, actor, found.merchant_id)):
        raise NotFound(N_("There is no such application."))
    return submission_of(session, found.id, found.current).content


def contents_of(session: Session, round_id: int, *, now: datetime | None = None) -> dict[int, Content]:
    """Application id → whole content, for all standing applications of a round in one query; empty before the
    deadline."""
    if not visible(session, round_id, now):
        return {}
    wanted = (
        select(Application.id, ApplicationVersion.document)
        .join(ApplicationVersion, _current_version())
        .where(Application.round_id == round_id, *standing())
    )
    return {
        application_id: Submission.from_text(document).content for application_id, document in session.execute(wanted)
    }


def compared_of(session: Session, round_id: int, *, now: datetime | None = None) -> dict[str, str]:
    """Application ref → what is compared of it (Submission.compared), for all standing applications of a round in one
    query; empty before the deadline."""
    if not visible(session, round_id, now):
        return {}
    wanted = (
        select(Application.ref, ApplicationVersion.document)
        .join(ApplicationVersion, _current_version())
        .where(Application.round_id == round_id, *standing())
    )
    return {ref: Submission.from_text(document).compared for ref, document in session.execute(wanted)}


def document_of(
    session: Session, ref: str, *, actor: Actor, now: datetime, version: int | None = None
) -> tuple[int, str, str]:
    """(version, RFC 8785 text, SHA-256) of a submission, for its applicant and whoever reads the round's files."""
    found = find_application(session, ref)
    own = is_own(session, actor, found.merchant_id)
    readable = visible(session, found.round_id, now) and takes_part(session, found)
    if not own and not (readable and reads_all(session, actor, found.round_id)):
        raise _unknown(ref)
    row = _version_row(session, found.id, version or found.current)
    return row.version, row.document, row.sha256


def application_detail(
    session: Session, ref: str, *, actor: Actor, now: datetime, version: int | None = None
) -> Detail:
    """One application: whole for its applicant and whoever reads the round's files, the public part for others.

    Raises NotFound before the deadline for anybody but the applicant, and for versions that the reader may not see.
    """
    row = session.execute(_views().where(Application.ref == ref)).one_or_none()
    if row is None:
        raise _unknown(ref)
    view = _view(*row)
    own = is_own(session, actor, view.merchant_id)
    readable = visible(session, view.round_id, now)
    if not own and (not readable or view.withdrawn_at is not None or not view.maintained):
        raise _unknown(ref)
    whole = own or reads_all(session, actor, view.round_id)
    if version is not None and version != view.version and not whole:
        raise NotFound(N_("There is no such version."))
    content = submission_of(session, view.id, version or view.version).content
    verdicts = _verdicts(session, view.id) if readable else ()
    if not readable:
        view = replace(view, verdict=None)
    found = session.get_one(Round, view.round_id)
    course = rounds.course_of(session, view.round_id)
    return Detail(
        view=view,
        content=content if whole else public_part(content, ringable=merchants.ringable(row[1])),
        round=round_view(found, course, now),
        versions=_versions(session, view.id),
        verdicts=verdicts,
        gates=rounds.rules_of(session, view.round_id).gates,
        whole=whole,
        own=own,
        applicant=merchants.merchant_view(row[1])
        if own or may(actor, Permission.READ_ROUND_FILES, round_id=view.round_id)
        else None,
    )


def file_of(session: Session, ref: str, file_digest: str, *, actor: Actor, now: datetime) -> AttachedFile:
    """A file that a submitted version names. Public files of the version that counts are for everybody after the
    deadline, private ones and those of earlier versions for whoever reads the whole application. Raises NotFound."""
    found = find_application(session, ref)
    own = is_own(session, actor, found.merchant_id)
    if not own and not (visible(session, found.round_id, now) and takes_part(session, found)):
        raise _unknown(ref)
    whole = own or reads_all(session, actor, found.round_id)
    versions = range(found.current, 0, -1) if whole else (found.current,)
    for version in versions:
        for attached in submission_of(session, found.id, version).content.files:
            if attached.digest == file_digest and (whole or attached.public):
                return attached
    raise NotFound(N_("There is no such file."))


def signed_paper(session: Session, ref: str, version: int, *, actor: Actor, now: datetime) -> tuple[str, str, str]:
    """Digest, media type and name of the paper on which a version was signed, for its applicant and whoever reads the
    round's files. Raises NotFound."""
    document_of(session, ref, actor=actor, now=now, version=version)
    row = _version_row(session, find_application(session, ref).id, version)
    if row.signed_digest is None:
        raise NotFound(N_("There is no such paper."))
    return row.signed_digest, row.signed_type, row.signed_name


def round_view(found: Round, course: Course, now: datetime) -> RoundOfApplication:
    """The round as applicants and checkers see it."""
    return RoundOfApplication(
        found.id, found.ref, Text(found.title_en, found.title_zh), course.phase_at(now), course.applications_close
    )


def needs_of(document: RoundDocument, merchant: Merchant, now: datetime) -> Needs:
    """What the round and the applicant ask of an application on this day, counted in the round's time zone."""
    return Needs(
        today=now.astimezone(clocks.zone_of(document)).date(),
        valid_on=document.activity.planned_on,
        categories=document.categories,
        registered=merchant.uscc is not None,
    )


def excluded_roles(session: Session, *, round_id: int, user_ids: Iterable[int], wanted: Role) -> frozenset[Role]:
    """Roles held in the round by these people that exclude their being `wanted` in it."""
    published = rounds.course_of(session, round_id).published
    held: frozenset[Role] = frozenset()
    for user_id in user_ids:
        held |= rounds.roles_held(session, round_id=round_id, user_id=user_id, published=published)
    return conflicting(held - {wanted}, wanted)


def _views() -> Any:
    helped = select(ApplicationHelper.id).where(ApplicationHelper.application_id == Application.id).exists()
    return (
        select(Application, Merchant, ApplicationVersion.sha256, maintained(), Verdict, helped)
        .join(Merchant, Merchant.id == Application.merchant_id)
        .join(ApplicationVersion, _current_version())
        .outerjoin(Verdict, (Verdict.application_id == Application.id) & Verdict.superseded_at.is_(None))
    )


def _current_version() -> Any:
    return (ApplicationVersion.application_id == Application.id) & (ApplicationVersion.version == Application.current)


def _view(
    found: Application, merchant: Merchant, sha256: str, kept: bool, verdict: Verdict | None, helped: bool
) -> ApplicationView:
    return ApplicationView(
        id=found.id,
        ref=found.ref,
        round_id=found.round_id,
        number=found.number,
        merchant_id=found.merchant_id,
        merchant_ref=merchant.ref,
        merchant_name=merchants.public_name(merchant),
        product_name=found.product_name,
        category=found.category,
        version=found.current,
        sha256=sha256,
        submitted_at=found.submitted_at,
        withdrawn_at=found.withdrawn_at,
        maintained=kept,
        verdict=verdict_view(verdict) if verdict is not None else None,
        helped=bool(helped),
    )


def verdict_view(verdict: Verdict) -> VerdictView:
    """`verdict` with the words of its reason."""
    reason = Reason(verdict.reason_code)
    return VerdictView(
        eligible=verdict.eligible,
        reason_code=reason.value,
        reason=REASONS[reason],
        ground=GROUNDS[reason],
        explanation=verdict.explanation,
        gates=dict(verdict.gates),
        given_at=verdict.given_at,
        objection_ref=verdict.objection_ref,
        superseded_at=verdict.superseded_at,
    )


def _verdicts(session: Session, application_id: int) -> tuple[VerdictView, ...]:
    wanted = select(Verdict).where(Verdict.application_id == application_id).order_by(Verdict.id)
    return tuple(verdict_view(verdict) for verdict in session.scalars(wanted))


def _versions(session: Session, application_id: int) -> tuple[VersionView, ...]:
    wanted = (
        select(
            ApplicationVersion.version,
            ApplicationVersion.sha256,
            ApplicationVersion.submitted_at,
            ApplicationVersion.signed_digest,
        )
        .where(ApplicationVersion.application_id == application_id)
        .order_by(ApplicationVersion.version)
    )
    return tuple(VersionView(*row) for row in session.execute(wanted))


def _version_row(session: Session, application_id: int, version: int) -> ApplicationVersion:
    wanted = select(ApplicationVersion).where(
        ApplicationVersion.application_id == application_id, ApplicationVersion.version == version
    )
    row = session.scalars(wanted).one_or_none()
    if row is None:
        raise NotFound(N_("There is no such version."))
    return row


def sha256_of(session: Session, found: Application) -> str:
    """SHA-256 of the version that counts."""
    return _version_row(session, found.id, found.current).sha256


def submission_of(session: Session, application_id: int, version: int) -> Submission:
    """One version as it was submitted, whoever asks. Raises NotFound."""
    return Submission.from_text(_version_row(session, application_id, version).document)


# ---- checking ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Checking:
    """The organiser's work of checking: every application, and what keeps it from being closed."""

    round: RoundOfApplication
    applications: tuple[ApplicationView, ...]
    names: Mapping[int, str]
    """Application id → full name of the applicant."""
    withdrawn: int
    lapsed: tuple[LapsedView, ...]
    blocks: tuple[Problem, ...]
    gates: tuple[Gate, ...]
    least: int
    """How many must be eligible."""

    @property
    def too_few(self) -> bool:
        """Whether every application has its verdict and too few are eligible."""
        return not self.waiting and sum(view.eligible for view in self.applications) < self.least

    @property
    def waiting(self) -> int:
        """How many have no verdict."""
        return sum(view.verdict is None for view in self.applications)


def checking_of(session: Session, round_ref: str, *, actor: Actor, now: datetime) -> Checking:
    """The applications of a round for whoever reads its files. Before the deadline there are none to see.

    Raises NotFound for an unknown round, NotAllowed for anybody else.
    """
    found = rounds.find_round(session, round_ref, actor=actor)
    require(actor, Permission.READ_ROUND_FILES, round_id=found.id)
    course = rounds.course_of(session, found.id)
    views = applications_of(session, found.id, now=now)
    rules = rounds.rules_of(session, found.id) if course.published else None
    counts = counts_of(session, found.id, now=now)
    return Checking(
        round=round_view(found, course, now),
        applications=tuple(views),
        names=_full_names(session, views),
        withdrawn=counts.withdrawn,
        lapsed=tuple(lapsed_of(session, found.id, now=now)) if counts.lapsed else (),
        blocks=(
            *blocks(views, rules.least_eligible if rules else 0),
            *overdue_problems(session, found.id, now=now),
        ),
        gates=rules.gates if rules else (),
        least=rules.least_eligible if rules else 0,
    )


def _full_names(session: Session, views: Sequence[ApplicationView]) -> dict[int, str]:
    wanted = select(Merchant.id, Merchant.name).where(Merchant.id.in_({view.merchant_id for view in views}))
    names = {row.id: row.name for row in session.execute(wanted)}
    return {view.id: names[view.merchant_id] for view in views}


def blocks(views: Sequence[ApplicationView], least: int) -> list[Problem]:
    """What keeps checking from being closed with these applications; `least`: how many must be eligible."""
    return check_closing(
        without_verdict=[view.ref for view in views if view.verdict is None],
        eligible=sum(view.eligible for view in views),
        minimum=least,
    )


def verified_texts(session: Session, round_id: int, *, now: datetime) -> Iterator[str]:
    """Public texts of the check that entries name by their hash: findings and requests about applications that have a
    verdict, and the explanations of verdicts. Nothing before the deadline."""
    if not visible(session, round_id, now):
        return
    judged = select(Verdict.application_id).join(Application, Application.id == Verdict.application_id)
    judged = judged.where(Application.round_id == round_id)
    for text, application_id, order in (
        (Finding.evidence, Finding.application_id, Finding.id),
        (SupplementRequest.text, SupplementRequest.application_id, SupplementRequest.id),
        (Verdict.explanation, Verdict.application_id, Verdict.id),
    ):
        yield from session.scalars(select(text).where(application_id.in_(judged)).order_by(order))


# ---- questions ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class QuestionsPage:
    """The questions of a round, or the one to be answered."""

    round: RoundOfApplication
    questions: tuple[QuestionView, ...]


def questions_page(session: Session, round_ref: str, *, actor: Actor, now: datetime) -> QuestionsPage:
    """The questions on a call as `actor` may read them. Raises NotFound for a round that is not published."""
    found = rounds.find_round(session, round_ref, actor=actor)
    course = rounds.course_of(session, found.id)
    return QuestionsPage(round_view(found, course, now), tuple(questions_of(session, found, actor=actor, now=now)))


def question_to_answer(
    session: Session, round_ref: str, number: int, *, actor: Actor, now: datetime
) -> QuestionsPage:
    """One question for whoever answers it. Raises NotFound, NotAllowed."""
    found = rounds.find_round(session, round_ref, actor=actor)
    require(actor, Permission.ANSWER_QUESTION, round_id=found.id)
    course = rounds.course_of(session, found.id)
    question = question_view(session, found, number, actor=actor, now=now)
    return QuestionsPage(round_view(found, course, now), (question,))
