"""Supplements: the office asks an applicant to complete an application, the applicant answers, and reading both."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from procurement.access import Actor, Permission, Role, acting_as, require
from procurement.accounts.models import Seat, User
from procurement.applications import checkers, letters, queries
from procurement.applications.checklist import Item
from procurement.applications.entries import SupplementAnswered, SupplementRequested
from procurement.applications.models import (
    Application,
    ApplicationDraft,
    SupplementAnswer,
    SupplementDraft,
    SupplementFile,
    SupplementRequest,
)
from procurement.applications.supplements import (
    MOST_FILES,
    Answer,
    SentFile,
    check_answer,
    check_request,
)
from procurement.applications.writing import overtaken
from procurement.errors import N_, NotFound, Problem, RuleBroken, WrongPhase, refuse_if
from procurement.mail import queue_mail
from procurement.merchants.models import MerchantUser
from procurement.publiclog.entry import digest_of
from procurement.publiclog.writing import append
from procurement.rounds import canonical, clocks
from procurement.rounds import queries as rounds
from procurement.rounds.clocks import Clock
from procurement.rounds.models import Round
from procurement.rounds.phases import Phase, Stop
from procurement.uploads import Upload

# ---- reading -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class SupplementView:
    """A request and what became of it. `clock` runs for the answer; `running`: it is awaited at the instant that
    asked; `sha256`: of the answer."""

    id: int
    ref: str
    application: str
    number: int
    items: tuple[Item, ...]
    text: str
    asked_at: datetime
    clock: Clock
    answer: Answer | None
    answered_at: datetime | None
    sha256: str
    running: bool

    @property
    def lapsed(self) -> bool:
        """Whether it ended by the clock, without an answer."""
        return self.answer is None and not self.running


def supplements_of(
    session: Session, applications: Collection[int], *, stops: Iterable[Stop], now: datetime
) -> dict[int, list[SupplementView]]:
    """Application id → its requests, oldest first. `stops`: the holds of the round. One statement."""
    wanted = (
        select(SupplementRequest, Application.ref, SupplementAnswer)
        .join(Application, Application.id == SupplementRequest.application_id)
        .outerjoin(SupplementAnswer, SupplementAnswer.request_id == SupplementRequest.id)
        .where(SupplementRequest.application_id.in_(applications))
        .order_by(SupplementRequest.application_id, SupplementRequest.number)
    )
    found: dict[int, list[SupplementView]] = {}
    for row, ref, answer in session.execute(wanted):
        found.setdefault(row.application_id, []).append(_view(row, ref, answer, tuple(stops), now))
    return found


def supplements_for(session: Session, application_id: int, round_id: int, *, now: datetime) -> list[SupplementView]:
    """The requests about one application, oldest first."""
    asked = select(SupplementRequest.id).where(SupplementRequest.application_id == application_id).limit(1)
    if session.scalar(asked) is None:
        return []
    stops = rounds.course_of(session, round_id).stops
    return supplements_of(session, [application_id], stops=stops, now=now)[application_id]


def awaited_in(session: Session, round_id: int, *, now: datetime) -> list[SupplementView]:
    """Requests that are awaited in a round, the one due first in front; those that stand still last."""
    ids = session.scalars(
        select(SupplementRequest.application_id)
        .join(Application, Application.id == SupplementRequest.application_id)
        .where(Application.round_id == round_id)
    ).all()
    if not ids:
        return []
    stops = rounds.course_of(session, round_id).stops
    views = supplements_of(session, set(ids), stops=stops, now=now)
    awaited = [view for of_one in views.values() for view in of_one if view.running]
    return sorted(awaited, key=lambda view: (view.clock.due is None, view.clock.due or now, view.ref))


def awaited_of(session: Session, *, actor: Actor, now: datetime) -> dict[str, SupplementView]:
    """Reference of an application of one's own → the request about it that is awaited, if there is one."""
    wanted = (
        select(Application.id, Application.round_id)
        .join(MerchantUser, MerchantUser.merchant_id == Application.merchant_id)
        .where(MerchantUser.user_id == actor.user_id, Application.withdrawn_at.is_(None))
        .where(
            select(SupplementRequest.id)
            .outerjoin(SupplementAnswer, SupplementAnswer.request_id == SupplementRequest.id)
            .where(SupplementRequest.application_id == Application.id, SupplementAnswer.id.is_(None))
            .exists()
        )
    )
    of_round: dict[int, list[int]] = {}
    for application_id, round_id in session.execute(wanted):
        of_round.setdefault(round_id, []).append(application_id)
    courses = rounds.courses_of(session, of_round)
    found: dict[str, SupplementView] = {}
    for round_id, ids in of_round.items():
        course = courses[round_id]
        if course.phase_at(now) in (Phase.CHECKING, Phase.HELD):
            for views in supplements_of(session, ids, stops=course.stops, now=now).values():
                found |= {view.application: view for view in views if view.running}
    return found


def awaited_problems(views: Iterable[SupplementView]) -> list[Problem]:
    """Each one keeps a verdict, and the end of checking, waiting."""
    return [
        Problem(N_("Supplement %(ref)s is awaited until %(due)s."), {"ref": view.ref, "due": view.clock.due})
        if view.clock.due is not None
        else Problem(N_("Supplement %(ref)s is awaited; its clock stands still."), {"ref": view.ref})
        for view in views
        if view.running
    ]


def _view(
    row: SupplementRequest, ref: str, answer: SupplementAnswer | None, stops: Sequence[Stop], now: datetime
) -> SupplementView:
    clock = clocks.running(row.counted, stops=stops, now=now)
    return SupplementView(
        id=row.id,
        ref=row.ref,
        application=ref,
        number=row.number,
        items=tuple(Item(item) for item in row.items),
        text=row.text,
        asked_at=row.asked_at,
        clock=clock,
        answer=None if answer is None else Answer.from_text(answer.document),
        answered_at=None if answer is None else answer.answered_at,
        sha256="" if answer is None else answer.sha256,
        running=answer is None and not clock.overdue(now),
    )


@dataclass(frozen=True, slots=True)
class Writing:
    """An answer that is being written, for its applicant. `files`: (id in the draft, file)."""

    key: str
    view: SupplementView
    round: queries.RoundOfApplication
    product: str
    text: str
    files: tuple[tuple[int, SentFile], ...]


def writing_for(session: Session, key: str, number: int, *, actor: Actor, now: datetime) -> Writing:
    """The request `number` about the application behind the draft `key`. Raises NotFound for everybody else."""
    draft, application = _own(session, actor, key)
    view = next(
        (
            one
            for one in supplements_for(session, application.id, application.round_id, now=now)
            if one.number == number
        ),
        None,
    )
    if view is None:
        raise _unknown()
    found = session.get_one(Round, application.round_id)
    kept = session.get(SupplementDraft, view.id)
    return Writing(
        key=draft.key,
        view=view,
        round=queries.round_view(found, rounds.course_of(session, found.id), now),
        product=application.product_name,
        text=kept.text if kept is not None else "",
        files=tuple((row.id, _sent(row)) for row in _files(session, view.id)),
    )


def _own(session: Session, actor: Actor, key: str) -> tuple[ApplicationDraft, Application]:
    row = session.execute(
        select(ApplicationDraft, Application)
        .join(Application, Application.id == ApplicationDraft.application_id)
        .where(ApplicationDraft.key == key)
    ).one_or_none()
    if row is None or not queries.is_own(session, actor, row[1].merchant_id):
        raise _unknown()
    return row[0], row[1]


def _unknown() -> NotFound:
    return NotFound(N_("There is no such request."))


def _files(session: Session, request_id: int) -> Sequence[SupplementFile]:
    wanted = select(SupplementFile).where(
        SupplementFile.request_id == request_id, SupplementFile.removed_at.is_(None)
    )
    return session.scalars(wanted.order_by(SupplementFile.id)).all()


def _sent(row: SupplementFile) -> SentFile:
    return SentFile(row.name, row.digest, row.media_type, row.size, row.public)


def sent_file(session: Session, ref: str, number: int, digest: str, *, actor: Actor, now: datetime) -> SentFile:
    """A file of an answer: public ones for everybody once the verdict is given, every one for the applicant and for
    whoever reads whole applications. Raises NotFound."""
    application = queries.find_application(session, ref)
    own = queries.is_own(session, actor, application.merchant_id)
    if not own and not (
        queries.visible(session, application.round_id, now) and queries.takes_part(session, application)
    ):
        raise NotFound(N_("There is no such file."))
    whole = own or queries.reads_all(session, actor, application.round_id)
    judged = queries.has_verdict(session, application.id)
    for view in supplements_for(session, application.id, application.round_id, now=now):
        if view.number == number and view.answer is not None:
            for file in view.answer.files:
                if file.digest == digest and (whole or (file.public and judged)):
                    return file
    raise NotFound(N_("There is no such file."))


def draft_file(session: Session, key: str, number: int, file_id: int, *, actor: Actor, now: datetime) -> SentFile:
    """A file of an answer that is being written, for its applicant. Raises NotFound."""
    for one, file in writing_for(session, key, number, actor=actor, now=now).files:
        if one == file_id:
            return file
    raise NotFound(N_("There is no such file."))


# ---- the office asks ---------------------------------------------------------------------------------------------


def request(session: Session, *, actor: Actor, now: datetime, ref: str, items: Collection[Item], text: str) -> str:
    """Ask the applicant of `ref` to complete the application within the time of the rules; returns the reference.

    Raises NotFound, NotAllowed, WrongPhase, RuleBroken.
    """
    found, application = queries.locked_application(session, ref)
    require(actor, Permission.CHECK_APPLICATIONS, round_id=found.id)
    rounds.course_of(session, found.id).require(now, Phase.CHECKING)
    queries.require_standing(session, application)
    checkers.require_checker(session, actor, application)
    text = canonical.plain_text(text)
    earlier = supplements_for(session, application.id, found.id, now=now)
    refuse_if(check_request(text, items, running=any(view.running for view in earlier)))
    document = rounds.rules_of(session, found.id)
    due, counted = clocks.working_deadline(
        document, start=now, working_days=document.timetable.supplement_working_days
    )
    row = SupplementRequest(
        ref=f"{ref}-S{len(earlier) + 1}",
        application_id=application.id,
        number=len(earlier) + 1,
        items=[item.value for item in Item if item in items],
        text=text,
        asked_at=now,
        asked_by_id=actor.user_id,
        due=due,
        counted=counted,
    )
    session.add(row)
    append(
        session,
        SupplementRequested(application=ref, request=row.ref, items=tuple(row.items), text=digest_of(text), due=due),
        now=now,
        actor=actor,
        role=Role.ORGANISER,
        round_ref=found.ref,
    )
    letters.tell(
        session,
        application.merchant_id,
        "applications/supplement-asked",
        now,
        ref=ref,
        request=row.ref,
        product=application.product_name,
        **letters.about_round(found),
        text=text,
        due=due.isoformat(),
        path=f"/my/applications/{letters.key_of(session, application.id)}/supplements/{row.number}",
    )
    return row.ref


# ---- the applicant answers ---------------------------------------------------------------------------------------


def keep(session: Session, *, actor: Actor, now: datetime, key: str, number: int, text: str, seen: str = "") -> None:
    """Keep what is written so far; it is private until it is sent. `seen`: as in `writing.save_section`."""
    require(actor, Permission.APPLY)
    _, row = _answerable(session, actor, now, key, number)
    checkers.keep_helping(session, _own(session, actor, key)[0], actor)
    draft = session.get(SupplementDraft, row.id, with_for_update=True)
    if draft is None:
        draft = SupplementDraft(request_id=row.id)
        session.add(draft)
    text = canonical.plain_text(text)
    refuse_if(overtaken(draft.text or "", text, seen))
    draft.text, draft.saved_at = text, now


def attach(
    session: Session, *, actor: Actor, now: datetime, key: str, number: int, upload: Upload, public: bool
) -> None:
    """Attach a file that `uploads.accept` has checked, rewritten and stored."""
    require(actor, Permission.APPLY)
    _, row = _answerable(session, actor, now, key, number)
    if len(_files(session, row.id)) >= MOST_FILES:
        raise RuleBroken(N_("At most %(limit)s files may be attached."), field="upload", limit=MOST_FILES)
    session.add(
        SupplementFile(
            request_id=row.id,
            name=upload.name,
            digest=upload.digest,
            media_type=upload.media_type,
            size=upload.size,
            public=public,
            added_at=now,
        )
    )


def remove(session: Session, *, actor: Actor, now: datetime, key: str, number: int, file_id: int) -> None:
    """Take a file off the answer that is being written. Raises NotFound."""
    require(actor, Permission.APPLY)
    _, row = _answerable(session, actor, now, key, number)
    file = session.get(SupplementFile, file_id, with_for_update=True)
    if file is None or file.request_id != row.id or file.removed_at is not None:
        raise NotFound(N_("There is no such file."))
    file.removed_at = now


def answer(session: Session, *, actor: Actor, now: datetime, key: str, number: int, text: str) -> str:
    """Send the answer with the files attached to it, once and for all; returns its SHA-256.

    What was submitted stays as it is; the answer stands beside it. Raises NotFound, WrongPhase (answered, or the time
    is over), RuleBroken.
    """
    require(actor, Permission.APPLY)
    application, row = _answerable(session, actor, now, key, number)
    found = session.get_one(Round, application.round_id)
    sent = Answer(row.ref, canonical.plain_text(text), tuple(_sent(file) for file in _files(session, row.id)))
    refuse_if(check_answer(sent.text, sent.files))
    sha256 = canonical.digest(sent.document)
    draft, _ = _own(session, actor, key)
    checkers.tell_helpers(session, found, application, draft, actor=actor, now=now)
    session.add(
        SupplementAnswer(
            request_id=row.id,
            document=sent.document,
            sha256=sha256,
            answered_at=now,
            answered_by_id=actor.user_id,
        )
    )
    append(
        session,
        SupplementAnswered(
            application=application.ref,
            request=row.ref,
            document=sha256,
            files=tuple(dict.fromkeys(file.digest for file in sent.files)),
        ),
        now=now,
        actor=actor,
        role=acting_as(actor, Permission.APPLY),
        round_ref=found.ref,
    )
    context = {
        "ref": application.ref,
        "request": row.ref,
        "product": application.product_name,
        **letters.about_round(found),
        "files": len(sent.files),
        "sha256": sha256,
        "at": now.isoformat(),
    }
    letters.tell(
        session,
        application.merchant_id,
        "applications/supplement-sent",
        now,
        **context,
        path=f"/my/applications/{key}/submitted",
    )
    for address, language in _organisers(session, found):
        queue_mail(
            session,
            to=address,
            language=language,
            template="applications/supplement-received",
            context={**context, "path": f"/rounds/{found.ref}/checking/{application.ref}"},
            about=application.ref,
            now=now,
        )
    return sha256


def _answerable(
    session: Session, actor: Actor, now: datetime, key: str, number: int
) -> tuple[Application, SupplementRequest]:
    """The application and the request, the round locked first, if it may be answered now."""
    _, application = _own(session, actor, key)
    found, application = queries.locked_application(session, application.ref)
    rounds.course_of(session, found.id).require(now, Phase.CHECKING)
    row = session.scalars(
        select(SupplementRequest).where(
            SupplementRequest.application_id == application.id, SupplementRequest.number == number
        )
    ).one_or_none()
    if row is None:
        raise _unknown()
    if session.scalar(select(func.count()).where(SupplementAnswer.request_id == row.id)):
        raise WrongPhase(N_("This was answered already. What was sent stays as it is."))
    clock = clocks.running(row.counted, stops=rounds.course_of(session, found.id).stops, now=now)
    if clock.overdue(now):
        raise WrongPhase(
            N_("The time for this ended on %(due)s. The application is judged as it stands."), due=clock.due
        )
    return application, row


def _organisers(session: Session, found: Round) -> list[tuple[str, str]]:
    """(address, language) of whoever runs the round."""
    wanted = (
        select(User.email, User.language)
        .join(Seat, Seat.user_id == User.id)
        .where(
            Seat.round_id == found.id,
            Seat.role == Role.ORGANISER,
            Seat.ended_at.is_(None),
            User.disabled_at.is_(None),
        )
        .order_by(User.id)
    )
    return [(email, language) for email, language in session.execute(wanted)]
