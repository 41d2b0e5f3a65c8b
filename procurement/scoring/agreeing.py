"""One mark for all on an objective criterion: where sealed sheets differ on what is no matter of judgement, that mark
alone is open again. A member proposes what is right and why; each other member agrees, or declines and says why. With
the last who agrees all marks become the same, in public, before and after; with the first who declines the proposal
is over and another may follow. Nothing is forced: marks on which members do not agree stay as they were sealed.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from procurement.access import Actor, Permission, Role, require
from procurement.accounts.models import User
from procurement.applications.models import Application
from procurement.committee.models import Member
from procurement.errors import N_, NotAllowed, NotFound, RuleBroken, refuse_if
from procurement.mail import queue_mail
from procurement.publiclog.entry import digest_of
from procurement.publiclog.writing import append
from procurement.rounds.models import Round
from procurement.rounds.phases import Phase
from procurement.rounds.queries import course_of, find_round
from procurement.scoring.actions import Cause, OpenMark, enter_correction, others_of, retally
from procurement.scoring.entries import AgreementAnswered, AgreementProposed
from procurement.scoring.models import Agreement, AgreementAnswer
from procurement.scoring.queries import OpenedSheet, opened_sheets, rule_of
from procurement.scoring.rules import Change, CorrectionGround, Given, check_agreement, check_answer


@dataclass(frozen=True, slots=True)
class _Table:
    """The members who scored one application, as they may agree on one of its marks."""

    round: Round
    application: Application
    member: str
    sheets: Mapping[str, OpenedSheet]

    def marks(self, criterion: str) -> list[Decimal]:
        """What everybody gave."""
        return list(others_of(self.given, criterion, ""))

    @property
    def given(self) -> dict[str, Mapping[str, Given]]:
        """Member code → marks."""
        return {code: sheet.marks for code, sheet in self.sheets.items()}

    @property
    def own(self) -> OpenedSheet:
        """The sheet of who acts."""
        return self.sheets[self.member]


def _table(session: Session, actor: Actor, now: datetime, application_ref: str) -> _Table:
    """The guards of every act here. Raises NotFound, NotAllowed, WrongPhase."""
    application = session.scalars(select(Application).where(Application.ref == application_ref)).one_or_none()
    if application is None:
        raise NotFound(N_("There is no such sheet."))
    found = session.get_one(Round, application.round_id)
    require(actor, Permission.SCORE, round_id=found.id)
    find_round(session, found.ref, lock=True)
    course_of(session, found.id).require(now, Phase.OPENED)
    code = session.scalar(
        select(Member.code).where(
            Member.round_id == found.id, Member.user_id == actor.user_id, Member.ended_at.is_(None)
        )
    )
    members = set(session.scalars(select(Member.code).where(Member.round_id == found.id, Member.ended_at.is_(None))))
    sheets = {
        sheet.member: sheet
        for sheet in opened_sheets(session, found.id, application_id=application.id, void=False)
        if sheet.member in members
    }
    if code is None or code not in sheets:
        raise NotAllowed(N_("Only members who scored this application agree on its marks."))
    return _Table(found, application, code, sheets)


def propose_agreement(
    session: Session,
    *,
    actor: Actor,
    now: datetime,
    application_ref: str,
    criterion: str,
    value: Decimal,
    reason: str,
) -> Agreement:
    """Propose `value` as the mark of all on an objective criterion on which they differ; who proposes it agrees by
    that. Raises NotFound, NotAllowed, WrongPhase, RuleBroken."""
    table = _table(session, actor, now, application_ref)
    rule = rule_of(session, table.round.id)
    if criterion not in {c.code for c in rule.marked}:
        raise RuleBroken(N_("There is no criterion “%(code)s” in this round."), code=criterion[:40])
    refuse_if(check_agreement(rule.criterion(criterion), table.marks(criterion), value, reason))
    waiting = select(Agreement.id).where(
        Agreement.application_id == table.application.id,
        Agreement.criterion == criterion,
        Agreement.settled_at.is_(None),
    )
    if session.scalar(waiting) is not None:
        raise RuleBroken(N_("A mark is proposed already. Answer that proposal."))
    last = select(func.max(Agreement.number)).where(Agreement.round_id == table.round.id)
    agreement = Agreement(
        round_id=table.round.id,
        application_id=table.application.id,
        number=1 + (session.scalar(last) or 0),
        criterion=criterion,
        value=value,
        reason=reason.strip(),
        proposed_by_id=table.own.member_id,
        proposed_at=now,
    )
    session.add(agreement)
    session.flush()
    entry = AgreementProposed(
        number=agreement.number,
        application=application_ref,
        criterion=criterion,
        value=value,
        member=table.member,
        reason=digest_of(agreement.reason),
    )
    append(session, entry, now=now, actor=actor, role=Role.MEMBER, round_ref=table.round.ref)
    _write_to_others(session, table, now)
    _answer(session, table, agreement, True, "", actor, now)
    return agreement


def answer_agreement(
    session: Session,
    *,
    actor: Actor,
    now: datetime,
    application_ref: str,
    number: int,
    agrees: bool,
    reason: str = "",
) -> Agreement:
    """Agree to the proposal `number`, or decline it and say why.

    Raises NotFound, NotAllowed, WrongPhase, RuleBroken.
    """
    table = _table(session, actor, now, application_ref)
    agreement = session.scalars(
        select(Agreement)
        .where(
            Agreement.round_id == table.round.id,
            Agreement.application_id == table.application.id,
            Agreement.number == number,
        )
        .with_for_update()
    ).one_or_none()
    if agreement is None:
        raise NotFound(N_("There is no such proposal."))
    if agreement.settled_at is not None:
        raise RuleBroken(N_("This proposal is settled already."))
    if session.get(AgreementAnswer, (agreement.id, table.own.member_id)) is not None:
        raise RuleBroken(N_("You have answered this proposal."))
    refuse_if(check_answer(agrees, reason))
    _answer(session, table, agreement, agrees, "" if agrees else reason.strip(), actor, now)
    return agreement


def _answer(
    session: Session, table: _Table, agreement: Agreement, agrees: bool, reason: str, actor: Actor, now: datetime
) -> None:
    """Enter an answer and, with the last or the first that declines, what follows from it."""
    session.add(
        AgreementAnswer(
            agreement_id=agreement.id,
            member_id=table.own.member_id,
            agrees=agrees,
            reason=reason,
            answered_at=now,
        )
    )
    session.flush()
    entry = AgreementAnswered(
        number=agreement.number, member=table.member, agrees=agrees, reason=digest_of(reason) if reason else None
    )
    append(session, entry, now=now, actor=actor, role=Role.MEMBER, round_ref=table.round.ref)
    if not agrees:
        agreement.settled_at, agreement.agreed = now, False
        return
    answered = set(
        session.scalars(select(AgreementAnswer.member_id).where(AgreementAnswer.agreement_id == agreement.id))
    )
    if {sheet.member_id for sheet in table.sheets.values()} <= answered:
        agreement.settled_at, agreement.agreed = now, True
        _carry_out(session, table, agreement, actor, now)


def _carry_out(session: Session, table: _Table, agreement: Agreement, actor: Actor, now: datetime) -> None:
    """Every mark that is another becomes the agreed one; the result is computed anew once."""
    for code, sheet in sorted(table.sheets.items()):
        given = sheet.marks.get(agreement.criterion)
        if given is None or given.value is None or given.value == agreement.value:
            continue
        change = Change(
            before=given.value,
            after=agreement.value,
            others=others_of(table.given, agreement.criterion, code),
            ground=CorrectionGround.OBJECTIVE_DISAGREEMENT,
            reason=agreement.reason,
            sealed_reason=given.reason,
        )
        mark = OpenMark(sheet.id, table.application.ref, code, agreement.criterion)
        enter_correction(session, table.round, mark, change, actor=actor, now=now, agreement=agreement)
    retally(session, round=table.round, cause=Cause.CORRECTION, now=now, by=actor)


def _write_to_others(session: Session, table: _Table, now: datetime) -> None:
    """A letter to everybody whose answer is waited for."""
    others = (
        select(User)
        .join(Member, Member.user_id == User.id)
        .where(
            Member.id.in_([sheet.member_id for sheet in table.sheets.values()]),
            Member.id != table.own.member_id,
        )
    )
    for user in session.scalars(others.order_by(User.id)):
        queue_mail(
            session,
            to=user.email,
            language=user.language,
            template="scoring/agree",
            context={"ref": table.application.ref, "product": table.application.product_name},
            about=table.round.ref,
            now=now,
        )
