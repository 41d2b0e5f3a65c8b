"""Interference: a member tells the supervisor of the round, and nobody else, that somebody tries to sway the scoring.

Organisers and administrators never read it: the public log says that there was a message, with a commitment from
which nothing can be guessed, and not from whom. Whoever wrote has the nonce and can prove what was written and when.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from procurement.access import Actor, Permission, Role, require
from procurement.accounts.models import User
from procurement.committee.models import Member
from procurement.committee.queries import member_of
from procurement.errors import N_, NotAllowed, NotFound, RuleBroken, WrongPhase, refuse_if
from procurement.mail import queue_mail
from procurement.publiclog.writing import append
from procurement.rounds.models import Round
from procurement.rounds.queries import course_of, find_round, rules_of, seats_of
from procurement.rounds.rules import Office
from procurement.rounds.scoring_rule import Text
from procurement.scoring.entries import InterferenceAnswered, InterferenceReported
from procurement.scoring.models import Interference
from procurement.scoring.rules import message_commitment, read_message

# --- acts ---------------------------------------------------------------------------------------------------------


def report_interference(
    session: Session, *, actor: Actor, now: datetime, ref: str, text: str, nonce: bytes
) -> Interference:
    """Send the supervisor a message, at any time while one sits on the committee, on hold or not. `nonce`: 32 fresh
    random bytes. Raises NotFound, NotAllowed, WrongPhase, RuleBroken."""
    found = find_round(session, ref, lock=True)
    require(actor, Permission.REPORT_INTERFERENCE, round_id=found.id)
    if course_of(session, found.id).published is None:
        raise WrongPhase(N_("The round is still a draft."))
    member = member_of(session, found.id, actor.user_id)
    if member is None:
        raise NotAllowed(N_("Only a member of this committee may do this."))
    message, problems = read_message(text, "message")
    refuse_if(problems)
    last = session.scalar(select(func.max(Interference.number)).where(Interference.round_id == found.id))
    kept = Interference(
        round_id=found.id, number=1 + (last or 0), member_id=member.id, message=message, nonce=nonce, sent_at=now
    )
    session.add(kept)
    session.flush()
    entry = InterferenceReported(number=kept.number, message=message_commitment(nonce, message))
    append(session, entry, now=now, actor=None, role=Role.MEMBER, round_ref=found.ref)
    supervisors = [seat.user_id for seat in seats_of(session, found.id) if seat.role is Role.SUPERVISOR]
    _write(session, found, supervisors, "scoring/interference", now)
    return kept


def answer_interference(
    session: Session, *, actor: Actor, now: datetime, ref: str, number: int, text: str, nonce: bytes
) -> Interference:
    """Answer a message, once; the member who sent it reads the answer. Raises NotFound, NotAllowed, RuleBroken."""
    found = find_round(session, ref, lock=True)
    require(actor, Permission.READ_INTERFERENCE, round_id=found.id)
    kept = session.scalars(
        select(Interference).where(Interference.round_id == found.id, Interference.number == number).with_for_update()
    ).one_or_none()
    if kept is None:
        raise NotFound(N_("There is no such message."))
    if kept.answer is not None:
        raise RuleBroken(N_("This message is answered."))
    answer, problems = read_message(text, "answer")
    refuse_if(problems)
    kept.answer, kept.answer_nonce, kept.answered_at, kept.answered_by_id = answer, nonce, now, actor.user_id
    session.flush()
    entry = InterferenceAnswered(number=number, answer=message_commitment(nonce, answer))
    append(session, entry, now=now, actor=actor, role=Role.SUPERVISOR, round_ref=found.ref)
    writer = session.scalar(select(Member.user_id).where(Member.id == kept.member_id))
    _write(session, found, [writer] if writer is not None else [], "scoring/interference-answered", now)
    return kept


def _write(session: Session, found: Round, users: list[int], template: str, now: datetime) -> None:
    """A letter that says that something is there to read, and nothing of what it is about."""
    for user in session.scalars(select(User).where(User.id.in_(users)).order_by(User.id)):
        queue_mail(
            session,
            to=user.email,
            language=user.language,
            template=template,
            context={"ref": found.ref},
            about=found.ref,
            now=now,
        )


# --- reading ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class MessageView:
    """A message with its answer. `member`: name and code of who wrote it; `seal`: its commitment in the log."""

    round_ref: str
    title: Text
    number: int
    member: str
    message: str
    sent_at: datetime
    seal: str
    nonce: str
    answer: str | None
    answered_at: datetime | None


@dataclass(frozen=True, slots=True)
class OwnMessages:
    """What a member has written in a round. `authority`: whom to turn to when it concerns the supervisor."""

    round_ref: str
    title: Text
    authority: Office
    messages: tuple[MessageView, ...]


def own_messages(session: Session, *, actor: Actor, ref: str) -> OwnMessages:
    """The actor's own messages in a round, newest first. Raises NotFound, NotAllowed."""
    found = find_round(session, ref)
    require(actor, Permission.REPORT_INTERFERENCE, round_id=found.id)
    member = member_of(session, found.id, actor.user_id)
    if member is None:
        raise NotAllowed(N_("Only a member of this committee may do this."))
    wanted = _rows().where(Interference.round_id == found.id, Member.user_id == actor.user_id)
    return OwnMessages(
        found.ref,
        Text(found.title_en, found.title_zh),
        rules_of(session, found.id).authority,
        tuple(_views(session, wanted)),
    )


def messages_to(session: Session, *, actor: Actor) -> list[MessageView]:
    """Every message of the rounds that the actor supervises, unanswered ones first. Raises NotAllowed."""
    require(actor, Permission.READ_INTERFERENCE)
    supervised = [round_id for round_id, roles in actor.seats.items() if Role.SUPERVISOR in roles]
    found = list(_views(session, _rows().where(Interference.round_id.in_(supervised)))) if supervised else []
    return sorted(found, key=lambda one: one.answer is not None)


def message_to(session: Session, *, actor: Actor, ref: str, number: int) -> MessageView:
    """One message, for the supervisor of its round. Raises NotFound, NotAllowed."""
    found = find_round(session, ref)
    require(actor, Permission.READ_INTERFERENCE, round_id=found.id)
    wanted = _rows().where(Interference.round_id == found.id, Interference.number == number)
    for one in _views(session, wanted):
        return one
    raise NotFound(N_("There is no such message."))


def _rows() -> Select[Interference, str, str, Round]:
    return (
        select(Interference, Member.code, User.name, Round)
        .join(Member, Member.id == Interference.member_id)
        .join(User, User.id == Member.user_id)
        .join(Round, Round.id == Interference.round_id)
        .order_by(Interference.sent_at.desc(), Interference.id.desc())
    )


def _views(session: Session, wanted: Select[Interference, str, str, Round]) -> Iterator[MessageView]:
    for kept, code, name, found in session.execute(wanted):
        yield MessageView(
            round_ref=found.ref,
            title=Text(found.title_en, found.title_zh),
            number=kept.number,
            member=f"{name} ({code})",
            message=kept.message,
            sent_at=kept.sent_at,
            seal=message_commitment(kept.nonce, kept.message),
            nonce=kept.nonce.hex(),
            answer=kept.answer,
            answered_at=kept.answered_at,
        )
