"""What every act on an objection does: find and lock it, ask who may, write the step down, say so, send letters."""

from collections.abc import Mapping
from datetime import date, datetime

from sqlalchemy.orm import Session

from procurement.access import Actor, Permission, Role, require
from procurement.accounts.models import User
from procurement.errors import N_, NotAllowed
from procurement.mail import queue_mail
from procurement.merchants.queries import addressees
from procurement.objections.models import Objection, ObjectionStep
from procurement.objections.papers import PAPER_OF, Said, paper_text
from procurement.objections.queries import ObjectionView, addresses_of, barred_from, find_objection, objection_of
from procurement.objections.rules import Effect, Step, days_for, is_address
from procurement.publiclog.entry import Entry, digest_of
from procurement.publiclog.writing import append
from procurement.rounds import clocks
from procurement.rounds.actions import record
from procurement.rounds.models import Round
from procurement.rounds.phases import Kind
from procurement.rounds.queries import find_round, role_in, rules_of
from procurement.rounds.scoring_rule import Text


def locked(session: Session, ref: str, *, now: datetime) -> tuple[Round, Objection, ObjectionView]:
    """The objection `ref`, its round, which is locked first as in every act, and how it stands. Raises NotFound."""
    round_ref = session.get_one(Round, find_objection(session, ref).round_id).ref
    found = find_round(session, round_ref, lock=True)
    return found, find_objection(session, ref), objection_of(session, ref, now=now)


def judged_by(session: Session, actor: Actor, found: Round, objection: Objection) -> int:
    """Only a supervisor of the round whose own act is not objected to; returns the account. Raises NotAllowed."""
    require(actor, Permission.RULE_OBJECTION, round_id=found.id)
    if actor.user_id is None:
        raise NotAllowed(N_("Please sign in first. If you were signed in, your session has ended."))
    problem = barred_from(session, objection, actor.user_id)
    if problem is not None:
        raise NotAllowed(problem)
    return actor.user_id


def write_step(
    session: Session,
    found: Round,
    view: ObjectionView,
    kind: Step,
    *,
    now: datetime,
    by: Actor,
    code: str = "",
    text: str = "",
    effect: Effect | None = None,
    reopened: Kind | None = None,
) -> ObjectionStep:
    """Write down what happened, the deadline it sets, and the paper it makes."""
    document = rules_of(session, found.id)
    days = days_for(kind, document.timetable, effect)
    due, counted = (None, None)
    if days is not None:
        due, counted = clocks.working_deadline(document, start=now, working_days=days)
    limit_at, limit_counted = (None, None)
    if kind is Step.ADMITTED:
        limit_at, limit_counted = clocks.calendar_deadline(
            document, start=now, days=document.timetable.suspension_days
        )
    paper = None
    if kind in PAPER_OF:
        answers = kind is Step.ANSWERED
        escalate = clocks.working_deadline(
            document, start=now, working_days=document.timetable.escalation_working_days
        )
        paper = paper_text(
            view,
            round_ref=found.ref,
            title=Text(found.title_en, found.title_zh),
            document=document,
            said=Said(
                kind=PAPER_OF[kind],
                at=now,
                role=Role.ORGANISER if answers else Role.SUPERVISOR,
                name=by.name,
                text=text,
                outcome=None if answers or kind is Step.INADMISSIBLE else kind.value,
                reason=code or None,
                effect=effect,
                reopened=reopened,
                order_due=due if effect is not None else None,
                escalate_until=None if answers else escalate[0],
            ),
        )
    step = ObjectionStep(
        objection_id=view.id,
        kind=kind,
        code=code,
        text=text,
        effect=None if effect is None else effect.to_json(),
        at=now,
        by_id=by.user_id,
        due_at=due,
        counted=counted,
        limit_at=limit_at,
        limit_counted=limit_counted,
        document=paper,
        sha256=None if paper is None else digest_of(paper.encode()),
    )
    session.add(step)
    session.flush()
    return step


def due_of(step: ObjectionStep) -> datetime:
    """The deadline that the step set."""
    if step.due_at is None:
        raise RuntimeError("this step sets a deadline")
    return step.due_at


def settle(session: Session, found: Round, objection_ref: str, *, now: datetime, by: Actor) -> None:
    """The objection freezes the award no longer."""
    record(session, round=found, kind=Kind.OBJECTION_SETTLED, at=now, by=by, subject=objection_ref)


def say(session: Session, entry: Entry, found: Round, *, now: datetime, actor: Actor, permission: Permission) -> None:
    """Append `entry` in the role by which the actor has `permission`."""
    append(session, entry, now=now, actor=actor, role=role_in(actor, permission, found.id), round_ref=found.ref)


def filers_role(actor: Actor) -> Role:
    """The role in which somebody files, supplements, withdraws, or turns to the authority."""
    return Role.MERCHANT if Role.MERCHANT in actor.roles else Role.VISITOR


def today_in(session: Session, found: Round, now: datetime) -> date:
    """The day that it is in the zone of the round."""
    return now.astimezone(clocks.zone_of(rules_of(session, found.id))).date()


# --- letters ------------------------------------------------------------------------------------------------------


def write_to_filer(
    session: Session,
    objection: Objection,
    template: str,
    now: datetime,
    context: Mapping[str, str | None],
    secret: Mapping[str, str] | None = None,
) -> None:
    """A letter to whoever filed it, at the address they gave or that of their account."""
    language = objection.language
    account = session.get(User, objection.filer_user_id) if objection.filer_user_id is not None else None
    to = objection.contact if is_address(objection.contact) else (account.email if account else None)
    if to is None:
        return
    letter = {
        "name": objection.filer_name,
        "objection": objection.ref,
        "page": f"/{language}/objections/{objection.ref}",
        **context,
    }
    queue_mail(
        session,
        to=to,
        language=language,
        template=template,
        context=letter,
        secret=secret,
        about=objection.ref,
        now=now,
    )


def tell_filer(session: Session, objection: Objection, step: str, now: datetime, due: datetime | None = None) -> None:
    """Write to the filer that their objection has come a step further; `due`: what is now awaited is due then."""
    context = {"step": step, "due": None if due is None else due.isoformat()}
    write_to_filer(session, objection, "objections/step", now, context)


def tell(
    session: Session, found: Round, role: Role, objection: Objection, now: datetime, news: str, due: datetime | None
) -> None:
    """Write to everybody who holds `role` in the round what has happened and until when they act."""
    for to, language in addresses_of(session, found.id, role):
        letter = {
            "objection": objection.ref,
            "news": news,
            "due": None if due is None else due.isoformat(),
            "page": f"/{language}/objections/{objection.ref}/handle",
        }
        _queue(session, to, language, "objections/waiting", letter, objection, now)


def tell_merchant(
    session: Session, merchant_id: int, objection: Objection, application: str, now: datetime, due: datetime
) -> None:
    """Write to everybody who acts for a merchant that an objection attacks one of their applications."""
    for to, language in addressees(session, merchant_id):
        letter = {
            "objection": objection.ref,
            "application": application,
            "due": due.isoformat(),
            "page": f"/{language}/objections/{objection.ref}/statement",
            "public": f"/{language}/objections/{objection.ref}",
        }
        _queue(session, to, language, "objections/third_party", letter, objection, now)


def _queue(
    session: Session,
    to: str,
    language: str,
    template: str,
    letter: Mapping[str, str | None],
    objection: Objection,
    now: datetime,
) -> None:
    queue_mail(session, to=to, language=language, template=template, context=letter, about=objection.ref, now=now)
