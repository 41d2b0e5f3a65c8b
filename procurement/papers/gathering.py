"""What the record says about an act of which a paper is drawn up: as it stood at that act."""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from procurement.applications import queries as applications
from procurement.committee import queries as committee
from procurement.committee.queries import MemberView
from procurement.decisions.document import (
    CommitteeMember,
    NoticeFacts,
    Organiser,
    Record,
    Recusal,
    Result,
    Rules,
    instant,
)
from procurement.decisions.facts import corrections, matrix, ranked, tie
from procurement.errors import NotFound
from procurement.masking import Field, shown
from procurement.objections.models import Notice
from procurement.papers.documents import (
    Head,
    Minutes,
    Missing,
    Sealing,
)
from procurement.papers.rules import PaperKind, paper_ref
from procurement.publiclog import queries as publiclog
from procurement.rounds import queries as rounds
from procurement.rounds.models import Milestone, Round
from procurement.rounds.phases import Course, Kind
from procurement.rounds.rules import Office, RoundDocument
from procurement.scoring import queries as scoring
from procurement.scoring.models import TallyRun
from procurement.scoring.results import recompute
from procurement.scoring.rules import commitment, sealed_digest

Place = tuple[str, bool]
"""(public address of the site, whether all of it is invented)."""


def paper_of(milestone: Milestone) -> tuple[PaperKind, str] | None:
    """(kind, about) of the paper that an act calls for; None for most."""
    match Kind(milestone.kind):
        case Kind.SCORES_OPENED:
            return PaperKind.OPENING, milestone.subject
        case Kind.NOTICE_GIVEN:
            return PaperKind.COMMITTEE, milestone.subject
    return None


def draw_up(session: Session, milestone: Milestone, *, number: int, place: Place) -> Minutes:
    """The content of the paper that `milestone` calls for, as the paper with that number of its round.

    Raises NotFound when it calls for none.
    """
    wanted = paper_of(milestone)
    if wanted is None:
        raise NotFound("no paper")
    kind, about = wanted
    found = session.get_one(Round, milestone.round_id)
    document = rounds.rules_of(session, found.id)
    reference = paper_ref(found.ref, number)
    head = Head(
        kind=kind,
        reference=reference,
        about=about,
        address=f"{place[0]}/papers/{reference}",
        zone=document.timetable.zone,
        issued=instant(milestone.at),
        demonstration=place[1],
        organiser=_office(document.office),
        round=found.ref,
        title=document.title,
    )
    return _minutes(session, head, found, milestone, document)


def _office(office: Office) -> Organiser:
    return Organiser(office.name, office.address, office.contact)


def _record(session: Session) -> Record | None:
    head = publiclog.head(session)
    return Record(head.size, head.root().hex()) if head.size else None


# --- minutes ------------------------------------------------------------------------------------------------------


def _minutes(session: Session, head: Head, found: Round, milestone: Milestone, document: RoundDocument) -> Minutes:
    course = _course_at(session, milestone)
    notice = _notice(session, found.id, milestone)
    number = _tally_number(session, found.id, milestone.at, notice)
    tally = scoring.tally_of(session, found.id, number=number)
    if tally is None or course.scoring_began is None or course.scores_opened is None:
        raise NotFound("no result")
    members = committee.members_of(session, found.id)
    views = {view.ref: view for view in applications.applications_of(session, found.id, now=milestone.at)}
    computation, result = recompute(tally.text)
    codes = [criterion.code for criterion in document.scoring.criteria]
    named = committee.names_public(document, course)
    version, digest, published = rounds.rules_record(session, found.id)
    return Minutes(
        head=head,
        began=instant(course.scoring_began),
        committee=tuple(_member(member, named) for member in members),
        named=named,
        recusals=tuple(_recusals(session, found.id, members, {view.id: ref for ref, view in views.items()})),
        sealing=_sealing(session, found.id, members, course.scores_opened),
        rules=Rules(version, digest, instant(published), document.scoring.to_json()),
        marks=matrix(computation.marks, members, views, [one.code for one in document.scoring.marked]),
        result=Result(
            tally.number,
            tally.sha256,
            tuple(ranked(line, views, codes) for line in result.ranking),
            tuple(tie(told.to_json()) for told in result.ties),
        ),
        quorum=document.scoring.quorum,
        corrections=tuple(corrections(session, found.id, until=milestone.at)),
        notice=None
        if notice is None
        else NoticeFacts(notice.number, instant(notice.given_at), instant(notice.closes_at), notice.counted),
        record=_record(session),
    )


def _course_at(session: Session, milestone: Milestone) -> Course:
    rows = session.scalars(
        select(Milestone)
        .where(Milestone.round_id == milestone.round_id, Milestone.id <= milestone.id)
        .order_by(Milestone.id)
    )
    return Course.of(rows.all())


def _notice(session: Session, round_id: int, milestone: Milestone) -> Notice | None:
    if milestone.kind != Kind.NOTICE_GIVEN:
        return None
    wanted = select(Notice).where(Notice.round_id == round_id, Notice.number == int(milestone.subject))
    return session.scalars(wanted).one()


def _tally_number(session: Session, round_id: int, at: datetime, notice: Notice | None) -> int:
    wanted = select(TallyRun.number).where(TallyRun.round_id == round_id)
    if notice is not None:
        return session.scalars(wanted.where(TallyRun.id == notice.tally_run_id)).one()
    # Of the computations up to the opening the last one is the opening's own.
    last = wanted.where(TallyRun.computed_at <= at).order_by(TallyRun.number.desc()).limit(1)
    return session.scalars(last).one()


def _member(member: MemberView, named: bool) -> CommitteeMember:
    return CommitteeMember(
        code=member.code,
        name=shown(Field.MEMBER, member.name, published=named),
        employer=shown(Field.MEMBER, member.employer, published=named),
        kind=member.kind.value,
        field=member.field,
        chair=member.chair,
    )


def _recusals(session: Session, round_id: int, members: list[MemberView], refs: Mapping[int, str]) -> list[Recusal]:
    codes = {member.id: member.code for member in members}
    return [
        Recusal(codes[member_id], refs[application_id], declared.ground.value)
        for (member_id, application_id), declared in committee.declarations_of(session, round_id).items()
        if declared.recused and application_id in refs
    ]


def _sealing(session: Session, round_id: int, members: list[MemberView], opened: datetime) -> Sealing:
    sheets = [sheet for sheet in scoring.opened_sheets(session, round_id) if sheet.opened_at == opened]
    if any(commitment(bytes.fromhex(one.nonce), one.ballot) != one.commitment for one in sheets):
        raise RuntimeError("an opened sheet does not match its commitment")
    applicants = committee.applicants_of(session, round_id)
    due = scoring.required_pairs(session, round_id, members, applicants)
    sealed = {(sheet.member_id, sheet.application_id) for sheet in sheets}
    missing = [(m.code, a.ref) for m in members for a in applicants if (m.id, a.id) in due - sealed]
    return Sealing(
        sealed=len(sheets),
        missing=tuple(Missing(code, ref) for code, ref in missing),
        commitments=sealed_digest(sheet.commitment for sheet in sheets),
    )
