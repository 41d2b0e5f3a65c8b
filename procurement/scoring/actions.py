"""What is done in scoring: sheets are filled in and sealed, all are opened at once, the result is computed.

Every act that counts locks the round's row first, so that no sheet is sealed while others are being opened.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from types import MappingProxyType

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from procurement.access import Actor, Permission, Role, require
from procurement.accounts.models import User
from procurement.applications.models import Application, Verdict
from procurement.applications.writing import overtaken
from procurement.committee import beacon
from procurement.committee.models import Declaration, Member
from procurement.committee.queries import applicants_of, member_of, members_of
from procurement.committee.rules import Ground
from procurement.errors import N_, NotAllowed, NotFound, RuleBroken, WrongPhase, refuse_if
from procurement.mail import queue_mail
from procurement.publiclog.entry import digest_of
from procurement.publiclog.writing import append
from procurement.rounds.actions import record
from procurement.rounds.models import Round
from procurement.rounds.phases import Kind, Phase
from procurement.rounds.queries import course_of, find_round, rules_record
from procurement.rounds.scoring_rule import ScoringRule
from procurement.scoring.entries import (
    MarkCorrected,
    OpenedSheet,
    ScoresClosed,
    SheetSealed,
    SheetsOpened,
    SheetVoided,
    Tallied,
    TieDrawAnnounced,
    TieDrawn,
)
from procurement.scoring.models import Agreement, Correction, Sheet, SheetDraft, TallyRun, TieDraw
from procurement.scoring.outliers import spread
from procurement.scoring.queries import (
    facts_of,
    marks_of,
    opened_sheets,
    required_pairs,
    rule_of,
    tally_of,
    tie_draw_of,
)
from procurement.scoring.results import Computation, tally_text
from procurement.scoring.rules import (
    AFTER_OPENING,
    BY_MEMBER,
    Change,
    CorrectionGround,
    Entered,
    Given,
    ballot_text,
    check_correction,
    check_sheet,
    commitment,
    read_sheet,
    sealed_digest,
    sheet_digest,
    sheet_from_json,
    sheet_json,
)
from procurement.scoring.tally import Absent, Marks, given_marks

SHEETS_IN_AN_ENTRY = 150
"""So many opened sheets fit into one entry of the log."""


class Cause(StrEnum):
    """Why a result was computed."""

    OPENING = "opening"
    CORRECTION = "correction"
    VOID = "void"
    VERDICT = "verdict"
    RECUSAL = "recusal"
    DRAW = "draw"


CAUSES: Mapping[Cause, str] = MappingProxyType(
    {
        Cause.OPENING: N_("the sheets were opened"),
        Cause.CORRECTION: N_("a mark was corrected"),
        Cause.VOID: N_("a sheet was declared void"),
        Cause.VERDICT: N_("a verdict on an application changed"),
        Cause.RECUSAL: N_("a member was recused"),
        Cause.DRAW: N_("a tie was drawn"),
    }
)


# --- own sheets ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Pair:
    """A member and an application whose sheet may be filled in now."""

    round: Round
    application: Application
    member_id: int
    code: str


def _pair(session: Session, actor: Actor, now: datetime, ref: str, *, lock: bool) -> _Pair:
    """The six guards of every act on an own sheet, in their order."""
    application = session.scalars(select(Application).where(Application.ref == ref)).one_or_none()
    if application is None:
        raise NotFound(N_("There is no such sheet."))
    found = session.get_one(Round, application.round_id)
    require(actor, Permission.SCORE, round_id=found.id)
    if lock:
        find_round(session, found.ref, lock=True)
    course = course_of(session, found.id)
    course.require(now, Phase.SCORING)
    if course.scoring_closes is None or now >= course.scoring_closes:
        raise WrongPhase(N_("The time for sealing sheets is over."))
    standing = _standing(session, actor, application)
    if standing is None:
        raise NotAllowed(N_("Only a member of this committee may do this."))
    if application.withdrawn_at is not None or not standing.eligible:
        raise RuleBroken(N_("This application is not eligible; it is not scored."))
    if standing.ground is None:
        raise NotAllowed(N_("Declare your interests for this application first."))
    if standing.ground != Ground.NONE:
        raise NotAllowed(N_("You declared a relation to this applicant and are recused."))
    if standing.sheet_id is not None:
        raise RuleBroken(N_("You have sealed this sheet. It cannot be changed any more."))
    return _Pair(found, application, standing.member_id, standing.code)


@dataclass(frozen=True, slots=True)
class _Standing:
    """How a member in force stands to one application."""

    member_id: int
    code: str
    eligible: bool | None
    ground: str | None
    sheet_id: int | None


def _standing(session: Session, actor: Actor, application: Application) -> _Standing | None:
    """One query, however many applications and members there are."""
    pair = (Declaration.member_id == Member.id) & (Declaration.application_id == application.id)
    sealed = (Sheet.member_id == Member.id) & (Sheet.application_id == application.id) & Sheet.voided_at.is_(None)
    row = session.execute(
        select(Member.id, Member.code, Verdict.eligible, Declaration.ground, Sheet.id)
        .select_from(Member)
        .outerjoin(Verdict, (Verdict.application_id == application.id) & Verdict.superseded_at.is_(None))
        .outerjoin(Declaration, pair & Declaration.replaced_at.is_(None))
        .outerjoin(Sheet, sealed)
        .where(Member.round_id == application.round_id, Member.user_id == actor.user_id, Member.ended_at.is_(None))
    ).one_or_none()
    return None if row is None else _Standing(*row)


def save_sheet(
    session: Session, *, actor: Actor, now: datetime, ref: str, entered: Mapping[str, Entered], seen: str = ""
) -> str:
    """Keep what a member has filled in for the application `ref`, complete or not; nobody else can read it. Returns
    the digest (rules.sheet_digest) of what is kept; with `seen`, nothing is replaced that has another one.

    Binds nobody and is not logged. Raises NotFound, NotAllowed, WrongPhase, RuleBroken.
    """
    pair = _pair(session, actor, now, ref, lock=False)
    sheet, problems = read_sheet(rule_of(session, pair.round.id), entered)
    refuse_if(problems)
    draft = session.get(SheetDraft, (pair.member_id, pair.application.id), with_for_update=True)
    held = sheet_from_json(draft.marks) if draft else {}
    refuse_if(overtaken(held, sheet, seen, sheet_digest))
    if draft is None:
        draft = SheetDraft(
            member_id=pair.member_id, application_id=pair.application.id, round_id=pair.round.id, marks={}
        )
        session.add(draft)
    draft.marks, draft.saved_at = sheet_json(sheet), now
    return sheet_digest(sheet)


def seal_sheet(session: Session, *, actor: Actor, now: datetime, ref: str, seen: str, nonce: bytes) -> Sheet:
    """Seal the sheet as the member has read it back: `seen` is the digest (rules.sheet_digest) of what was shown.

    `nonce`: 32 fresh random bytes. From now on nobody can change the sheet, and until all are opened nobody but the
    member can read it. Raises NotFound, NotAllowed, WrongPhase, RuleBroken.
    """
    pair = _pair(session, actor, now, ref, lock=True)
    draft = session.get(SheetDraft, (pair.member_id, pair.application.id), with_for_update=True)
    marks = sheet_from_json(draft.marks) if draft else {}
    rule = rule_of(session, pair.round.id)
    refuse_if(check_sheet(rule, marks))
    if draft is None or sheet_digest(marks) != seen:
        raise RuleBroken(N_("This sheet has changed since you read it back. Read it again."))
    _, rules_sha256, _ = rules_record(session, pair.round.id)
    ballot = ballot_text(round_ref=pair.round.ref, rules=rules_sha256, application=ref, member=pair.code, sheet=marks)
    sheet = Sheet(
        round_id=pair.round.id,
        member_id=pair.member_id,
        application_id=pair.application.id,
        ballot=ballot,
        nonce=nonce,
        commitment=commitment(nonce, ballot),
        sealed_at=now,
    )
    session.add(sheet)
    session.delete(draft)
    session.flush()
    entry = SheetSealed(member=pair.code, application=ref, commitment=sheet.commitment)
    append(session, entry, now=now, actor=actor, role=Role.MEMBER, round_ref=pair.round.ref)
    return sheet


# --- opening ------------------------------------------------------------------------------------------------------


def open_scores(session: Session, *, actor: Actor, now: datetime, ref: str) -> TallyRun:
    """Open all sealed sheets at once and compute the result: when every sheet is sealed, or the time for sealing is
    over. The log first says which sheets count, then opens them. Raises NotFound, NotAllowed, WrongPhase, RuleBroken.
    """
    found = find_round(session, ref, lock=True)
    require(actor, Permission.OPEN_SCORES, round_id=found.id)
    course = course_of(session, found.id)
    course.require(now, Phase.SCORING)
    sheets = session.scalars(
        select(Sheet).where(Sheet.round_id == found.id, Sheet.voided_at.is_(None)).order_by(Sheet.id)
    ).all()
    required = required_pairs(session, found.id, members_of(session, found.id), applicants_of(session, found.id))
    missing = required - {(sheet.member_id, sheet.application_id) for sheet in sheets}
    if missing and (course.scoring_closes is None or now < course.scoring_closes):
        raise RuleBroken(
            N_("%(count)s sheets are not sealed yet. Scores can be opened when all are, or after %(closes)s."),
            count=len(missing),
            closes=course.scoring_closes or "",
        )
    closed = [sheet for sheet in sheets if sheet.opened_at is None]
    entry = ScoresClosed(
        sealed=len(closed), missing=len(missing), commitments=sealed_digest(sheet.commitment for sheet in closed)
    )
    append(session, entry, now=now, actor=actor, role=Role.ORGANISER, round_ref=found.ref)
    for sheet in closed:
        sheet.opened_at = now
    session.flush()
    _log_opened(session, found, closed, actor, now)
    record(session, round=found, kind=Kind.SCORES_OPENED, at=now, by=actor)
    run = retally(session, round=found, cause=Cause.OPENING, now=now, by=actor)
    _ask_to_look_again(session, found, rule_of(session, found.id), marks_of(session, found.id), now)
    return run


def _ask_to_look_again(session: Session, found: Round, rule: ScoringRule, marks: Marks, now: datetime) -> None:
    """A letter to every member who is asked to agree with others or whose mark is abnormal."""
    asked: set[str] = set()
    for ref in marks:
        for criterion in rule.marked:
            one = spread(rule, criterion, given_marks(marks, ref, criterion.code))
            if one is not None:
                asked |= set(one.marks if one.differ else one.outliers)
    members = select(User).join(Member, Member.user_id == User.id)
    for user in session.scalars(members.where(Member.round_id == found.id, Member.code.in_(asked)).order_by(User.id)):
        queue_mail(
            session,
            to=user.email,
            language=user.language,
            template="scoring/look-again",
            context={"ref": found.ref, "round_en": found.title_en, "round_zh": found.title_zh},
            about=found.ref,
            now=now,
        )


def _log_opened(session: Session, found: Round, closed: list[Sheet], actor: Actor, now: datetime) -> None:
    members = session.execute(select(Member.id, Member.code).where(Member.round_id == found.id))
    applications = session.execute(select(Application.id, Application.ref).where(Application.round_id == found.id))
    codes = {row[0]: row[1] for row in members}
    refs = {row[0]: row[1] for row in applications}
    parts = [
        OpenedSheet(
            member=codes[sheet.member_id],
            application=refs[sheet.application_id],
            commitment=sheet.commitment,
            ballot=digest_of(sheet.ballot.encode()),
            nonce=sheet.nonce.hex(),
        )
        for sheet in closed
    ]
    for start in range(0, len(parts), SHEETS_IN_AN_ENTRY):
        entry = SheetsOpened(sheets=tuple(parts[start : start + SHEETS_IN_AN_ENTRY]))
        append(session, entry, now=now, actor=actor, role=Role.ORGANISER, round_ref=found.ref)


# --- the result ---------------------------------------------------------------------------------------------------


def retally(
    session: Session,
    *,
    round: Round,  # noqa: A002 (the word of the process)
    cause: str,
    now: datetime,
    by: Actor | None,
) -> TallyRun:
    """Compute the result anew from what counts now, and log it. The caller has locked the round and may act in it.

    `cause`: a Cause. Raises RuleBroken where the rule refuses missing marks.
    """
    rule, marks = rule_of(session, round.id), marks_of(session, round.id)
    _, rules_sha256, _ = rules_record(session, round.id)
    draw = tie_draw_of(session, round.id)
    number = 1 + (session.scalar(select(func.max(TallyRun.number)).where(TallyRun.round_id == round.id)) or 0)
    computation = Computation(
        round_ref=round.ref,
        number=number,
        cause=Cause(cause),
        rules=rules_sha256,
        rule=rule,
        marks=marks,
        draw_key=draw.key if draw else None,
        facts=facts_of(session, round.id),
    )
    text = tally_text(computation, computation.result())
    run = TallyRun(
        round_id=round.id,
        number=number,
        cause=Cause(cause),
        document=text,
        sha256=digest_of(text.encode()),
        computed_at=now,
    )
    session.add(run)
    session.flush()
    counted = sum(
        not any(isinstance(mark, Absent) for mark in sheet.values())
        for sheets in marks.values()
        for sheet in sheets.values()
    )
    entry = Tallied(number=number, cause=Cause(cause), sheets=counted, tally=run.sha256)
    append(session, entry, now=now, actor=by, role=_role(by, round.id), round_ref=round.ref)
    return run


def _role(actor: Actor | None, round_id: int) -> Role | None:
    """The seat in which somebody acts here."""
    if actor is None:
        return None
    held = actor.roles_in(round_id)
    return next((r for r in (Role.SUPERVISOR, Role.ORGANISER, Role.MEMBER) if r in held), Role.VISITOR)


def _sheet_that_counts(session: Session, found: Round, application_ref: str, member_code: str) -> Sheet:
    """The sealed sheet of a member for an application, opened or not, that is not void. Raises NotFound."""
    sheet = session.scalars(
        select(Sheet)
        .join(Member, Member.id == Sheet.member_id)
        .join(Application, Application.id == Sheet.application_id)
        .where(
            Sheet.round_id == found.id,
            Application.ref == application_ref,
            Member.code == member_code,
            Sheet.voided_at.is_(None),
        )
        .with_for_update(of=Sheet)
    ).one_or_none()
    if sheet is None:
        raise NotFound(N_("There is no such sheet."))
    return sheet


def correct_mark(
    session: Session,
    *,
    actor: Actor,
    now: datetime,
    ref: str,
    application_ref: str,
    member_code: str,
    criterion: str,
    value: Decimal,
    ground: CorrectionGround,
    reason: str,
    calculation: str = "",
    objection_ref: str | None = None,
) -> TallyRun:
    """Correct one opened mark in public and compute the result anew; the sealed sheet itself stays as it is.

    Without `objection_ref` members correct own marks, before notice is given, on a ground of rules.BY_MEMBER. With it
    a ruling is carried out by who ruled. On an objective criterion members agree together (agreeing.py). Raises
    NotFound, NotAllowed, WrongPhase, RuleBroken.
    """
    found = find_round(session, ref, lock=True)
    own = objection_ref is None
    require(actor, Permission.SCORE if own else Permission.RULE_OBJECTION, round_id=found.id)
    if own:
        member = member_of(session, found.id, actor.user_id)
        if member is None or member.code != member_code:
            raise NotAllowed(N_("A mark is corrected by the member who gave it."))
    if ground not in (BY_MEMBER if own else (CorrectionGround.RULING,)):
        raise RuleBroken(N_("Choose one of the grounds on which a mark may be corrected."), field="ground")
    course_of(session, found.id).require(now, *((Phase.OPENED,) if own else AFTER_OPENING), under_hold=not own)
    sheet = _sheet_that_counts(session, found, application_ref, member_code)
    if sheet.opened_at is None:
        raise NotFound(N_("There is no such sheet."))
    rule = rule_of(session, found.id)
    opened = {
        s.member: s.marks for s in opened_sheets(session, found.id, application_id=sheet.application_id, void=False)
    }
    given = opened[member_code].get(criterion)
    if given is None or given.value is None:
        raise RuleBroken(N_("There is no criterion “%(code)s” in this round."), code=criterion[:40])
    change = Change(
        before=given.value,
        after=value,
        others=others_of(opened, criterion, member_code),
        ground=ground,
        reason=reason.strip(),
        calculation=calculation.strip() if ground is CorrectionGround.ARITHMETIC else "",
        sealed_reason=given.reason,
    )
    refuse_if(check_correction(rule, rule.criterion(criterion), change))
    mark = OpenMark(sheet.id, application_ref, member_code, criterion)
    enter_correction(session, found, mark, change, actor=actor, now=now, objection_ref=objection_ref)
    return retally(session, round=found, cause=Cause.CORRECTION, now=now, by=actor)


def others_of(sheets: Mapping[str, Mapping[str, Given]], criterion: str, member: str) -> tuple[Decimal, ...]:
    """What the other members' marks are; `sheets`: member code → marks."""
    return tuple(
        given.value
        for code, marks in sheets.items()
        if code != member and (given := marks.get(criterion)) is not None and given.value is not None
    )


@dataclass(frozen=True, slots=True)
class OpenMark:
    """One mark on an opened sheet."""

    sheet_id: int
    application: str
    member: str
    criterion: str


def enter_correction(
    session: Session,
    found: Round,
    mark: OpenMark,
    change: Change,
    *,
    actor: Actor,
    now: datetime,
    objection_ref: str | None = None,
    agreement: Agreement | None = None,
) -> None:
    """Write down a correction that was checked, and say so in the log. The caller computes the result anew."""
    session.add(
        Correction(
            round_id=found.id,
            sheet_id=mark.sheet_id,
            criterion=mark.criterion,
            before=change.before,
            after=change.after,
            ground=change.ground,
            reason=change.reason,
            calculation=change.calculation or None,
            agreement_id=agreement.id if agreement else None,
            objection_ref=objection_ref,
            made_at=now,
            made_by_id=actor.user_id,
        )
    )
    session.flush()
    entry = MarkCorrected(
        member=mark.member,
        application=mark.application,
        criterion=mark.criterion,
        before=change.before,
        after=change.after,
        ground=change.ground,
        reason=digest_of(change.reason),
        calculation=change.calculation or None,
        agreement=agreement.number if agreement else None,
        objection=objection_ref,
    )
    role = Role.MEMBER if objection_ref is None else Role.SUPERVISOR
    append(session, entry, now=now, actor=actor, role=role, round_ref=found.ref)


def void_sheet(
    session: Session,
    *,
    actor: Actor,
    now: datetime,
    ref: str,
    application_ref: str,
    member_code: str,
    reason: str,
    objection_ref: str,
) -> TallyRun | None:
    """Carry out a ruling that a sheet is void, and compute the result without it. A sheet that is still sealed is
    never opened then, and there is no result yet (None). Raises NotFound, NotAllowed, WrongPhase, RuleBroken."""
    found = find_round(session, ref, lock=True)
    require(actor, Permission.RULE_OBJECTION, round_id=found.id)
    course = course_of(session, found.id)
    course.require(now, Phase.FORMING, Phase.SCORING, *AFTER_OPENING, under_hold=True)
    if not reason.strip():
        raise RuleBroken(N_("Say why this sheet is void."), field="reason")
    sheet = _sheet_that_counts(session, found, application_ref, member_code)
    sheet.voided_at, sheet.void_reason, sheet.void_objection = now, reason.strip(), objection_ref
    session.flush()
    entry = SheetVoided(
        member=member_code,
        application=application_ref,
        commitment=sheet.commitment,
        reason=digest_of(reason.strip()),
        objection=objection_ref,
    )
    append(session, entry, now=now, actor=actor, role=Role.SUPERVISOR, round_ref=found.ref)
    if course.scores_opened is None:
        return None
    return retally(session, round=found, cause=Cause.VOID, now=now, by=actor)


# --- the draw that breaks the last ties ---------------------------------------------------------------------------


def announce_tie_draw(
    session: Session, *, actor: Actor, now: datetime, ref: str, chain: beacon.Chain = beacon.QUICKNET
) -> TieDraw:
    """Name the round of a public beacon that will break the ties left: the first that begins a minute from now, which
    nobody can foresee. Raises NotFound, NotAllowed, WrongPhase, RuleBroken."""
    found = find_round(session, ref, lock=True)
    require(actor, Permission.OPEN_SCORES, round_id=found.id)
    course_of(session, found.id).require(now, Phase.OPENED)
    view = tally_of(session, found.id)
    if view is None or not any(tie.by == "draw" for tie in view.rule.ties) or not view.result.unbroken_ties:
        raise RuleBroken(N_("There is no tie that waits for a draw."))
    if session.get(TieDraw, found.id) is not None:
        raise RuleBroken(N_("The draw has been announced already."))
    number = chain.first_after(now) + 60 // chain.period
    draw = TieDraw(round_id=found.id, beacon_round=number, published_at=chain.published_at(number), announced_at=now)
    session.add(draw)
    session.flush()
    entry = TieDrawAnnounced(beacon=chain.name, beacon_round=number, at=draw.published_at)
    append(session, entry, now=now, actor=actor, role=Role.ORGANISER, round_ref=found.ref)
    return draw


def draw_tie(
    session: Session,
    *,
    actor: Actor,
    now: datetime,
    ref: str,
    signature: str,
    chain: beacon.Chain = beacon.QUICKNET,
) -> TallyRun:
    """Break the ties with the announced round of the beacon: `signature` as the beacon published it, in hex, verified
    here. Raises NotFound, NotAllowed, WrongPhase, RuleBroken."""
    found = find_round(session, ref, lock=True)
    require(actor, Permission.OPEN_SCORES, round_id=found.id)
    course_of(session, found.id).require(now, Phase.OPENED)
    draw = session.get(TieDraw, found.id, with_for_update=True)
    if draw is None or draw.key is not None:
        raise RuleBroken(N_("No draw is announced that has not been drawn."))
    if now < draw.published_at:
        raise RuleBroken(
            N_("The beacon's round %(number)s does not exist yet."), field="signature", number=draw.beacon_round
        )
    key = beacon.randomness(draw.beacon_round, signature, chain=chain)
    draw.signature, draw.key, draw.drawn_at = signature.strip().lower(), key, now
    session.flush()
    entry = TieDrawn(beacon_round=draw.beacon_round, signature=draw.signature, key=key)
    append(session, entry, now=now, actor=actor, role=Role.ORGANISER, round_ref=found.ref)
    return retally(session, round=found, cause=Cause.DRAW, now=now, by=actor)
