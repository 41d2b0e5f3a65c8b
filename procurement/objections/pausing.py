"""The clock of one objection is stopped and runs again: a supplement, a test, an expert opinion."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from procurement.access import Actor, Permission, Role, require
from procurement.errors import N_, NotAllowed, RuleBroken, refuse_if
from procurement.objections.actions import filed_it
from procurement.objections.entries import (
    ObjectionPaused,
    ObjectionPauseEnded,
    ObjectionSupplemented,
    SupplementAsked,
)
from procurement.objections.models import ObjectionFile, ObjectionPause
from procurement.objections.pauses import check_pause, check_supplement
from procurement.objections.queries import ObjectionView
from procurement.objections.rules import HANDLED_IN, JUDGED_IN, MOST_FILES, Attached, check_text
from procurement.objections.steps import filers_role, judged_by, locked, say, tell, tell_filer
from procurement.publiclog.entry import digest_of
from procurement.publiclog.writing import append
from procurement.rounds import clocks
from procurement.rounds.canonical import plain_text
from procurement.rounds.clocks import Stopped
from procurement.rounds.queries import course_of, rules_of


def ask_supplement(session: Session, *, actor: Actor, now: datetime, ref: str, text: str) -> None:
    """A supervisor asks whoever filed an objection to complete it, once; its clock stands still until they have, or
    until their period is over. Raises NotFound, NotAllowed, WrongPhase, RuleBroken."""
    pause = _begin(session, actor=actor, now=now, ref=ref, why=Stopped.SUPPLEMENT, days=None, text=text)
    found, objection, _ = locked(session, ref, now=now)
    entry = SupplementAsked(objection=objection.ref, text=digest_of(pause.text), due=pause.due_at)
    say(session, entry, found, now=now, actor=actor, permission=Permission.RULE_OBJECTION)
    tell_filer(session, objection, "supplement_asked", now, pause.due_at)


def pause(session: Session, *, actor: Actor, now: datetime, ref: str, why: Stopped, days: int, text: str) -> None:
    """A supervisor stops the clock of an objection for at most `days` working days, for a reason that is published.
    Raises NotFound, NotAllowed, WrongPhase, RuleBroken."""
    if why not in (Stopped.TESTING, Stopped.EXPERT_OPINION):
        raise RuleBroken(N_("Choose why the clock is stopped."), field="why")
    row = _begin(session, actor=actor, now=now, ref=ref, why=why, days=days, text=text)
    found, objection, _ = locked(session, ref, now=now)
    entry = ObjectionPaused(
        objection=objection.ref, number=row.number, why=why, text=digest_of(row.text), days=days, due=row.due_at
    )
    say(session, entry, found, now=now, actor=actor, permission=Permission.RULE_OBJECTION)
    tell_filer(session, objection, "paused", now, row.due_at)


def _begin(
    session: Session, *, actor: Actor, now: datetime, ref: str, why: Stopped, days: int | None, text: str
) -> ObjectionPause:
    found, objection, view = locked(session, ref, now=now)
    account = judged_by(session, actor, found, objection)
    course_of(session, found.id).require(now, *JUDGED_IN)
    text = plain_text(text)
    refuse_if(check_pause(view.state, view.pauses, why, days, now=now) or check_text(text))
    document = rules_of(session, found.id)
    due, counted = clocks.working_deadline(
        document, start=now, working_days=days or document.timetable.objection_supplement_working_days
    )
    row = ObjectionPause(
        objection_id=objection.id,
        number=len(view.pauses) + 1,
        why=why,
        text=text,
        began_at=now,
        began_by_id=account,
        due_at=due,
        counted=counted,
    )
    session.add(row)
    session.flush()
    return row


def end_pause(session: Session, *, actor: Actor, now: datetime, ref: str) -> None:
    """A supervisor lets the clock run again before the pause is over by itself: what was awaited is there. Raises
    NotFound, NotAllowed, WrongPhase, RuleBroken."""
    found, objection, view = locked(session, ref, now=now)
    judged_by(session, actor, found, objection)
    course_of(session, found.id).require(now, *JUDGED_IN)
    standing = view.pause(now)
    if standing is None:
        raise RuleBroken(N_("The clock of this objection is not stopped."))
    if standing.why is Stopped.SUPPLEMENT:
        raise RuleBroken(N_("Whoever filed the objection has their time for the supplement."))
    _end(session, view, standing.number, now=now, by=actor)
    entry = ObjectionPauseEnded(objection=objection.ref, number=standing.number)
    say(session, entry, found, now=now, actor=actor, permission=Permission.RULE_OBJECTION)
    tell_filer(session, objection, "pause_ended", now)


def supplement(
    session: Session,
    *,
    actor: Actor,
    now: datetime,
    ref: str,
    text: str,
    files: Sequence[Attached] = (),
    token: str | None = None,
) -> None:
    """Whoever filed an objection sends what was asked for; it is published, and the clock runs again. Raises
    NotFound, NotAllowed, WrongPhase, RuleBroken."""
    found, objection, view = locked(session, ref, now=now)
    require(actor, Permission.OBJECT, round_id=found.id)
    if not filed_it(actor, objection, token):
        raise NotAllowed(N_("Only whoever filed this objection may complete it."))
    course_of(session, found.id).require(now, *HANDLED_IN)
    text = plain_text(text)
    refuse_if(check_supplement(view.state, view.pauses, now=now) or check_text(text))
    if len(files) > MOST_FILES:
        raise RuleBroken(N_("At most %(limit)s files can be sent."), field="files", limit=MOST_FILES)
    asked = next(one for one in view.pauses if one.why is Stopped.SUPPLEMENT)
    row = _end(session, view, asked.number, now=now, by=actor, answer=text)
    for file in files:
        session.add(
            ObjectionFile(
                objection_id=objection.id,
                pause_id=row.id,
                name=file.name,
                digest=file.digest,
                media_type=file.media_type,
                size=file.size,
                added_at=now,
            )
        )
    session.flush()
    entry = ObjectionSupplemented(
        objection=objection.ref, text=digest_of(text), files=tuple(file.digest for file in files)
    )
    append(session, entry, now=now, actor=actor, role=filers_role(actor), round_ref=found.ref)
    tell(session, found, Role.SUPERVISOR, objection, now, "supplemented", None)


def _end(
    session: Session, view: ObjectionView, number: int, *, now: datetime, by: Actor, answer: str = ""
) -> ObjectionPause:
    row = session.scalars(
        select(ObjectionPause)
        .where(ObjectionPause.objection_id == view.id, ObjectionPause.number == number)
        .with_for_update()
    ).one()
    row.ended_at, row.ended_by_id, row.answer = now, by.user_id, answer
    session.flush()
    return row
