"""Reading decisions: in work, in force, waiting for whose signature, and what verification compares with."""

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, or_, select
from sqlalchemy.orm import Session, aliased

from procurement import jobs
from procurement.access import Actor, Permission, may, require
from procurement.applications import queries as applications
from procurement.applications.models import Application, Verdict
from procurement.decisions.document import Effect, Ranked, SignatoryRole
from procurement.decisions.entries import DecisionDrawnUp
from procurement.decisions.facts import Facts, gather
from procurement.decisions.models import Decision, DecisionEdition, DecisionSignature, GivenUp
from procurement.decisions.rules import MEMBERS, OFFICERS, check_ordered, late, phases_for, settled
from procurement.errors import N_, NotFound
from procurement.jobs import Progress
from procurement.objections.queries import open_objections
from procurement.objections.rules import Target
from procurement.publiclog import queries as publiclog
from procurement.rounds import clocks
from procurement.rounds.models import Round
from procurement.rounds.phases import Course, Phase
from procurement.rounds.queries import course_of, find_round, rules_of, seats_of
from procurement.rounds.scoring_rule import Text
from procurement.signing import Published, Revision, Standing


@dataclass(frozen=True, slots=True)
class SignatureView:
    """A signature that a decision needs or has. `clock`: in which time a member signs; `awaited`: somebody waits for
    it; `progress`: of the work that puts it in, while that goes on; `late`: that work takes too long;
    `vacant`: they no longer hold the seat in which they were to sign, so that this version cannot be completed."""

    field: str
    name: str
    role: SignatoryRole
    user_id: int | None
    approved_at: datetime | None
    signed_at: datetime | None
    declined_at: datetime | None
    deemed_at: datetime | None
    clock: clocks.Clock | None
    awaited: bool
    certificate: str | None
    dissent: str
    progress: Progress | None
    late: bool
    vacant: bool


@dataclass(frozen=True, slots=True)
class Edition:
    """A published file: number 0 is the one that was published, each later one has one more time-stamp behind it."""

    number: int
    sha256: str
    size: int
    made_at: datetime


@dataclass(frozen=True, slots=True)
class DecisionView:
    """A decision with everything that is said of it outside its own text. `document`: the text as data."""

    id: int
    ref: str
    code: str
    round_ref: str
    title: Text
    effect: Effect
    language: str
    sha256: str
    document: Mapping[str, Any]
    drawn_up_at: datetime
    file_digest: str | None
    file_size: int | None
    published_at: datetime | None
    discarded_at: datetime | None
    superseded_at: datetime | None
    supersedes: str | None
    superseded_by: str | None
    standing: Standing | None
    signatures: tuple[SignatureView, ...]
    progress: Progress | None
    editions: tuple[Edition, ...]

    @property
    def unsigned(self) -> int:
        """How many signatures are waited for."""
        return sum(s.awaited for s in self.signatures)

    @property
    def working(self) -> bool:
        """Whether something is being made, so that a page shows news before long."""
        running = [self.progress, *(s.progress for s in self.signatures)]
        return any(p is not None and not p.done and not p.failed for p in running)

    @property
    def failed(self) -> bool:
        """Whether something could not be made."""
        running = [self.progress, *(s.progress for s in self.signatures)]
        return any(p is not None and p.failed for p in running)

    @property
    def late(self) -> bool:
        """Whether a signature that was given waits too long for the work that puts it in."""
        return not self.failed and any(s.late for s in self.signatures)


@dataclass(frozen=True, slots=True)
class WaitingLine:
    """A decision as one of its signatories sees it in a list."""

    ref: str
    title: Text
    role: SignatoryRole
    drawn_up_at: datetime
    approved_at: datetime | None
    signed_at: datetime | None
    declined_at: datetime | None
    deemed_at: datetime | None
    ready: bool


@dataclass(frozen=True, slots=True)
class Making:
    """How far the decision of a round is. `decision`: the version in work; `in_force`: the published one."""

    round_ref: str
    title: Text
    phase: Phase
    decision: DecisionView | None
    in_force: str | None
    may_draw_up: bool
    may_publish: bool


@dataclass(frozen=True, slots=True)
class Drawing:
    """What is known before the organiser decides. `instead_of`: an unpublished version that would be discarded, with
    `signed` signatures given."""

    facts: Facts
    title: Text
    effects: tuple[Effect, ...]
    instead_of: str | None
    signed: int

    @property
    def ranking(self) -> tuple[Ranked, ...]:
        """The result, with what the rule alone gives."""
        return self.facts.result.ranking


@dataclass(frozen=True, slots=True)
class ToSeal:
    """What the job needs to set and seal a decision. `fields`: (field, role, name) in their order, the seal first;
    `entry`: index of the log entry that draws it up."""

    id: int
    text: str
    document: Mapping[str, Any]
    drawn_up_at: datetime
    fields: tuple[tuple[str, str, str], ...]
    entry: int


@dataclass(frozen=True, slots=True)
class ToSign:
    """What the job needs to put one signature in. `signers`: {field: certificate} so far, in signing order; `last`:
    whether every signature is there with this one."""

    id: int
    field: str
    user_id: int
    name: str
    dissent: str
    language: str
    file_digest: str
    signers: Mapping[str, str]
    last: bool


# ---- rows, for acts ----------------------------------------------------------------------------------------------


def find_decision(session: Session, ref: str) -> Decision:
    """The decision called `ref`, whoever asks. Raises NotFound."""
    found = session.scalars(select(Decision).where(Decision.ref == ref)).one_or_none()
    if found is None:
        raise NotFound(N_("There is no decision “%(ref)s”."), ref=ref[:40])
    return found


def decision_in_work(session: Session, round_id: int) -> Decision | None:
    """The version of the round that is neither published nor discarded."""
    return session.scalars(
        select(Decision).where(
            Decision.round_id == round_id, Decision.published_at.is_(None), Decision.discarded_at.is_(None)
        )
    ).one_or_none()


def decision_in_force(session: Session, round_id: int) -> Decision | None:
    """The published decision of the round that none has superseded."""
    return session.scalars(
        select(Decision).where(
            Decision.round_id == round_id, Decision.published_at.is_not(None), Decision.superseded_at.is_(None)
        )
    ).one_or_none()


def signatures_of(session: Session, decision_id: int) -> Sequence[DecisionSignature]:
    """Its signatures, needed and given, in the order of their fields."""
    return session.scalars(
        select(DecisionSignature)
        .where(DecisionSignature.decision_id == decision_id)
        .order_by(DecisionSignature.position)
        .execution_options(populate_existing=True)
    ).all()


def clock_of(signature: DecisionSignature, course: Course, *, now: datetime) -> clocks.Clock | None:
    """In which time a member signs; it stands still while the round is held. None for everybody else."""
    if signature.counted is None:
        return None
    return clocks.running(signature.counted, stops=course.stops, now=now)


def awaited(signatures: Sequence[DecisionSignature], course: Course, *, now: datetime) -> Sequence[DecisionSignature]:
    """Those of `signatures` that the decision still waits for at `now`."""

    def overdue(signature: DecisionSignature) -> bool:
        clock = clock_of(signature, course, now=now)
        return clock is not None and clock.overdue(now)

    return [
        s
        for s in signatures
        if not settled(
            role=SignatoryRole(s.role),
            signed=s.signed_at is not None,
            approved=s.approved_at is not None,
            declined=s.declined_at is not None,
            overdue=overdue(s),
        )
    ]


def own_eligible(session: Session, *, actor: Actor, ref: str) -> Application:
    """The actor's own eligible application called `ref`. Raises NotFound for everybody else and every other."""
    application = session.scalars(
        select(Application)
        .join(Verdict, (Verdict.application_id == Application.id) & Verdict.superseded_at.is_(None))
        .where(Application.ref == ref, Application.withdrawn_at.is_(None), Verdict.eligible)
    ).one_or_none()
    if application is None or not applications.is_own(session, actor, application.merchant_id):
        raise NotFound(N_("There is no application “%(ref)s”."), ref=ref[:40])
    return application


@dataclass(frozen=True, slots=True)
class Place:
    """A merchant's own place in the result of a round. `given_up`: when it was given up."""

    application: str
    product: str
    round_ref: str
    title: Text
    phase: Phase
    given_up: datetime | None


def place_of(session: Session, *, actor: Actor, ref: str, now: datetime) -> Place:
    """The place of one's own eligible application. Raises NotFound."""
    application = own_eligible(session, actor=actor, ref=ref)
    found = session.get_one(Round, application.round_id)
    given_up = session.get(GivenUp, application.id)
    return Place(
        application.ref,
        application.product_name,
        found.ref,
        Text(found.title_en, found.title_zh),
        course_of(session, found.id).phase_at(now),
        None if given_up is None else given_up.at,
    )


def given_up_in(session: Session, round_id: int) -> list[tuple[str, datetime, str]]:
    """(application, when, reason) of every place that was given up in the round, oldest first."""
    wanted = (
        select(Application.ref, GivenUp.at, GivenUp.reason)
        .join(Application, Application.id == GivenUp.application_id)
        .where(GivenUp.round_id == round_id)
        .order_by(GivenUp.at, Application.id)
    )
    return [(ref, at, reason) for ref, at, reason in session.execute(wanted)]


# ---- views -------------------------------------------------------------------------------------------------------


def decision_of(session: Session, round_id: int, *, now: datetime) -> DecisionView | None:
    """The decision in force of a round, for everybody; None while there is none."""
    found = decision_in_force(session, round_id)
    return None if found is None else _view(session, found, now=now)


def published_decision(session: Session, ref: str, *, now: datetime) -> DecisionView:
    """The published decision called `ref`, in force or not. Raises NotFound."""
    found = find_decision(session, ref)
    if found.published_at is None:
        raise NotFound(N_("There is no decision “%(ref)s”."), ref=ref[:40])
    return _view(session, found, now=now)


@dataclass(frozen=True, slots=True)
class Aftermath:
    """What may still come of a decision. `in_force`: the one of its round that counts; `standstill`: until when
    nothing is done on it (None: the rules foresee none, or it counts no more); `window`: for objections to it;
    `objections`: those that are open against it."""

    in_force: str | None
    standstill: clocks.Clock | None
    window: clocks.Clock | None
    objections: tuple[str, ...]


def aftermath_of(session: Session, view: DecisionView, *, now: datetime) -> Aftermath:
    """What may still come of a published decision."""
    found = find_round(session, view.round_ref)
    current = decision_in_force(session, found.id)
    in_force = None if current is None else current.ref
    if in_force != view.ref or view.published_at is None:
        return Aftermath(in_force, None, None, ())
    document = rules_of(session, found.id)
    standstill = clocks.standstill_deadline(document, decided=view.published_at)
    window = clocks.notice_deadline(document, start=view.published_at)
    against = [
        one.ref
        for one in open_objections(session, found.id, now=now)
        if one.target is Target.DECISION and one.filed_at >= view.published_at
    ]
    return Aftermath(
        in_force, None if standstill is None else clocks.Clock(*standstill), clocks.Clock(*window), tuple(against)
    )


def reference_of_code(session: Session, code: str) -> str | None:
    """The reference of the published decision with that verification code, written in any way."""
    letters = "".join(c for c in code.upper() if c.isalnum())
    plain = "-".join(letters[i : i + 4] for i in range(0, len(letters), 4))
    return session.scalar(select(Decision.ref).where(Decision.code == plain, Decision.published_at.is_not(None)))


def making_of(session: Session, ref: str, *, actor: Actor, now: datetime) -> Making:
    """How far the decision of round `ref` is, for whoever reads the round's files. Raises NotFound, NotAllowed."""
    found = find_round(session, ref, actor=actor)
    require(actor, Permission.READ_ROUND_FILES, round_id=found.id)
    decision = decision_in_work(session, found.id)
    current = decision_in_force(session, found.id)
    phase = course_of(session, found.id).phase_at(now)
    return Making(
        round_ref=found.ref,
        title=Text(found.title_en, found.title_zh),
        phase=phase,
        decision=None if decision is None else _view(session, decision, now=now, progress=True),
        in_force=None if current is None else current.ref,
        may_draw_up=phase in (Phase.DECIDING, Phase.DECIDED)
        and may(actor, Permission.DRAW_UP_DECISION, round_id=found.id),
        may_publish=may(actor, Permission.PUBLISH_DECISION, round_id=found.id),
    )


def drawing_of(session: Session, ref: str, *, actor: Actor, now: datetime) -> Drawing:
    """What the organiser of round `ref` sees before deciding. Raises NotFound, NotAllowed, WrongPhase."""
    found = find_round(session, ref, actor=actor)
    require(actor, Permission.DRAW_UP_DECISION, round_id=found.id)
    phase = course_of(session, found.id).require(now, Phase.DECIDING, Phase.DECIDED)
    facts = gather(session, found, now=now, organiser=actor)
    earlier = decision_in_work(session, found.id)
    return Drawing(
        facts=facts,
        title=Text(found.title_en, found.title_zh),
        effects=tuple(
            effect
            for effect in Effect
            if phase in phases_for(effect) and not check_ordered(effect, [one.objection for one in facts.ordered_by])
        ),
        instead_of=None if earlier is None else earlier.ref,
        signed=0 if earlier is None else sum(s.approved_at is not None for s in signatures_of(session, earlier.id)),
    )


def editions_of(session: Session, decision_id: int) -> Sequence[Edition]:
    """The files of a published decision, the published one first."""
    decision = session.get_one(Decision, decision_id)
    later = select(DecisionEdition).where(DecisionEdition.decision_id == decision_id).order_by(DecisionEdition.number)
    return [
        Edition(0, str(decision.published_digest), decision.file_size or 0, _at(decision)),
        *(Edition(e.number, e.file_digest, e.file_size, e.made_at) for e in session.scalars(later)),
    ]


def edition_file(session: Session, ref: str, number: int) -> str:
    """SHA-256 of the file with that number of a published decision. Raises NotFound."""
    view = find_decision(session, ref)
    if view.published_at is not None:
        for edition in editions_of(session, view.id):
            if edition.number == number:
                return edition.sha256
    raise NotFound(N_("There is no decision “%(ref)s”."), ref=ref[:40])


def published_text(session: Session, ref: str) -> str:
    """The RFC 8785 text of a published decision. Raises NotFound."""
    found = find_decision(session, ref)
    if found.published_at is None:
        raise NotFound(N_("There is no decision “%(ref)s”."), ref=ref[:40])
    return found.document


def decision_to_sign(session: Session, ref: str, *, actor: Actor, now: datetime) -> DecisionView:
    """A decision for one of its signatories, at any time. Raises NotFound for everybody else."""
    found = find_decision(session, ref)
    view = _view(session, found, now=now, progress=True)
    if actor.user_id is None or all(s.user_id != actor.user_id for s in view.signatures):
        raise NotFound(N_("There is no decision “%(ref)s”."), ref=ref[:40])
    return view


def signatures_waiting(session: Session, *, actor: Actor, now: datetime) -> list[WaitingLine]:
    """Decisions that need or have the actor's signature, newest first; discarded versions are left out."""
    wanted = (
        select(Decision, DecisionSignature, Round.title_en, Round.title_zh)
        .join(DecisionSignature, DecisionSignature.decision_id == Decision.id)
        .join(Round, Round.id == Decision.round_id)
        .where(DecisionSignature.user_id == actor.user_id, Decision.discarded_at.is_(None))
        .order_by(Decision.id.desc())
    )
    return [
        WaitingLine(
            decision.ref,
            Text(title_en, title_zh),
            SignatoryRole(own.role),
            decision.drawn_up_at,
            own.approved_at,
            own.signed_at,
            own.declined_at,
            own.deemed_at,
            decision.published_at is None
            and decision.file_digest is not None
            and not missing_before(session, decision, SignatoryRole(own.role), now=now),
        )
        for decision, own, title_en, title_zh in session.execute(wanted)
    ]


def missing_before(
    session: Session, decision: Decision, role: SignatoryRole, *, now: datetime, brought: bool = False
) -> int:
    """How many signatures the decision waits for that come before one in that role. `brought`: it is made elsewhere,
    so that they must stand in the file already."""
    if role in MEMBERS:
        return 0
    first = MEMBERS if role is SignatoryRole.ORGANISER else MEMBERS | {SignatoryRole.ORGANISER}
    signatures = signatures_of(session, decision.id)
    waits = awaited(signatures, course_of(session, decision.round_id), now=now)
    # The organiser's approval is enough for the supervisor's: the worker puts them in in that order.
    return sum(s.role in first and (brought or s.role in MEMBERS or s.approved_at is None) for s in waits)


def readable_file(session: Session, ref: str, *, actor: Actor, published: bool) -> str:
    """SHA-256 of the PDF of decision `ref`: the published one for everybody, or its latest state for its signatories
    and whoever reads the round's files. Raises NotFound."""
    found = find_decision(session, ref)
    if published:
        if found.published_digest is None:
            raise NotFound(N_("There is no decision “%(ref)s”."), ref=ref[:40])
        return found.published_digest
    signs = actor.user_id is not None and any(s.user_id == actor.user_id for s in signatures_of(session, found.id))
    reads = may(actor, Permission.READ_ROUND_FILES, round_id=found.round_id)
    if found.file_digest is None or not (signs or reads):
        raise NotFound(N_("There is no decision “%(ref)s”."), ref=ref[:40])
    return found.file_digest


def registered(session: Session) -> list[Published]:
    """Every published decision, as verification needs to know it. Three queries, whatever their number."""
    decisions = session.execute(_with_successor().where(Decision.published_at.is_not(None))).all()
    ids = [decision.id for decision, *_ in decisions]
    signed: dict[int, list[DecisionSignature]] = defaultdict(list)
    if ids:
        wanted = select(DecisionSignature).where(DecisionSignature.decision_id.in_(ids))
        wanted = wanted.where(DecisionSignature.turn.is_not(None))
        for signature in session.scalars(wanted.order_by(DecisionSignature.turn)):
            signed[signature.decision_id].append(signature)
    later = defaultdict(list)
    for edition in session.scalars(select(DecisionEdition).order_by(DecisionEdition.number)):
        later[edition.decision_id].append(Revision(edition.file_size, edition.file_digest))
    return [
        Published(
            reference=decision.ref,
            size=decision.file_size or 0,
            sha256=str(decision.published_digest),
            signers={s.field: str(s.certificate_sha256) for s in signed[decision.id]},
            published_at=_at(decision),
            standing=standing_of(decision, effect),
            names={s.field: s.name for s in signed[decision.id]},
            document=decision.sha256,
            superseded_by=successor,
            earlier=(
                Revision(decision.base_size or 0, str(decision.base_digest)),
                *(Revision(s.file_size or 0, str(s.file_digest)) for s in signed[decision.id][:-1]),
            ),
            renewed=tuple(later[decision.id]),
        )
        for decision, _, effect, successor in decisions
    ]


def _with_successor() -> Select[Decision, Round, str | None, str | None]:
    """Decisions with their round, and effect and reference of the published version that superseded them, if any."""
    later = aliased(Decision)
    return (
        select(Decision, Round, later.effect, later.ref)
        .join(Round, Round.id == Decision.round_id)
        .outerjoin(later, (later.supersedes_id == Decision.id) & later.published_at.is_not(None))
    )


def _at(decision: Decision) -> datetime:
    """When a decision that is known to be published was."""
    if decision.published_at is None:
        raise RuntimeError(f"{decision.ref} is not published")
    return decision.published_at


def standing_of(decision: Decision, successor: str | None) -> Standing:
    """Whether a published decision counts; `successor`: the effect of the published one that took its place."""
    if decision.superseded_at is None:
        return Standing.IN_FORCE
    if successor == Effect.ANNULLED:
        return Standing.ANNULLED
    # What follows on an annulment decides anew: there was nothing left to amend.
    return Standing.SUPERSEDED if decision.effect == Effect.ANNULLED else Standing.AMENDED


def _view(session: Session, decision: Decision, *, now: datetime, progress: bool = False) -> DecisionView:
    found = session.get_one(Round, decision.round_id)
    related = {
        row.id: row
        for row in session.scalars(
            select(Decision).where(
                or_(Decision.id == decision.supersedes_id, Decision.supersedes_id == decision.id),
                Decision.published_at.is_not(None),
            )
        )
    }
    successor = next((row for row in related.values() if row.supersedes_id == decision.id), None)
    earlier = related.get(decision.supersedes_id) if decision.supersedes_id else None

    signatures = signatures_of(session, decision.id)
    course = course_of(session, decision.round_id)
    waits = {s.id for s in awaited(signatures, course, now=now)} if decision.published_at is None else set()

    holders = {(seat.user_id, seat.role.value) for seat in seats_of(session, decision.round_id) if seat.in_use}

    def going(job_id: int | None, *, over: bool) -> Progress | None:
        return jobs.progress_of(session, job_id) if progress and job_id is not None and not over else None

    return DecisionView(
        id=decision.id,
        ref=decision.ref,
        code=decision.code,
        round_ref=found.ref,
        title=Text(found.title_en, found.title_zh),
        effect=Effect(decision.effect),
        language=decision.language,
        sha256=decision.sha256,
        document=json.loads(decision.document),
        drawn_up_at=decision.drawn_up_at,
        file_digest=decision.file_digest,
        file_size=decision.file_size,
        published_at=decision.published_at,
        discarded_at=decision.discarded_at,
        superseded_at=decision.superseded_at,
        supersedes=earlier.ref if earlier else None,
        superseded_by=successor.ref if successor else None,
        standing=standing_of(decision, successor.effect if successor else None) if decision.published_at else None,
        signatures=tuple(
            SignatureView(
                field=s.field,
                name=s.name,
                role=SignatoryRole(s.role),
                user_id=s.user_id,
                approved_at=s.approved_at,
                signed_at=s.signed_at,
                declined_at=s.declined_at,
                deemed_at=s.deemed_at,
                clock=clock_of(s, course, now=now),
                awaited=s.id in waits,
                certificate=s.certificate_sha256,
                dissent=s.dissent,
                progress=going(s.job_id, over=s.signed_at is not None),
                late=late(approved_at=s.approved_at, signed_at=s.signed_at, now=now),
                vacant=s.role in OFFICERS and s.id in waits and (s.user_id, s.role) not in holders,
            )
            for s in signatures
        ),
        progress=going(decision.job_id, over=decision.file_digest is not None),
        editions=tuple(editions_of(session, decision.id)) if decision.published_at else (),
    )


# ---- for the jobs ------------------------------------------------------------------------------------------------


def decisions_in_signing(session: Session) -> list[int]:
    """Ids of decisions that are sealed and neither published nor discarded."""
    wanted = select(Decision.id).where(
        Decision.file_digest.is_not(None), Decision.published_at.is_(None), Decision.discarded_at.is_(None)
    )
    return list(session.scalars(wanted.order_by(Decision.id)))


@dataclass(frozen=True, slots=True)
class ToRenew:
    """A published decision with its newest file. `signers`: {field: certificate}, in signing order."""

    id: int
    ref: str
    file_digest: str
    published_at: datetime
    signers: Mapping[str, str]


def to_renew(session: Session, decision_id: int | None = None) -> list[ToRenew]:
    """Every published decision, or that one, with the file that may need another time-stamp."""
    wanted = select(Decision).where(Decision.published_at.is_not(None)).order_by(Decision.id)
    if decision_id is not None:
        wanted = wanted.where(Decision.id == decision_id)
    return [
        ToRenew(
            id=decision.id,
            ref=decision.ref,
            file_digest=editions_of(session, decision.id)[-1].sha256,
            published_at=_at(decision),
            signers={
                s.field: str(s.certificate_sha256)
                for s in sorted(signatures_of(session, decision.id), key=lambda s: s.turn or 0)
                if s.turn is not None
            },
        )
        for decision in session.scalars(wanted).all()
    ]


def to_seal(session: Session, decision_id: int) -> ToSeal | None:
    """What to set and seal; None when that is done, or no longer wanted."""
    decision = session.get_one(Decision, decision_id)
    if decision.file_digest is not None or decision.discarded_at is not None:
        return None
    fields = tuple((s.field, s.role, s.name) for s in signatures_of(session, decision.id))
    round_ref = session.get_one(Round, decision.round_id).ref
    (entry,) = (
        logged.index
        for logged in publiclog.told(session, round_ref, (DecisionDrawnUp,))
        if isinstance(logged.envelope.entry, DecisionDrawnUp) and logged.envelope.entry.decision == decision.ref
    )
    return ToSeal(decision.id, decision.document, json.loads(decision.document), decision.drawn_up_at, fields, entry)


def to_sign(session: Session, signature_id: int, *, now: datetime) -> ToSign | None:
    """What to sign at `now`; None when that is done, or no longer wanted."""
    own = session.get_one(DecisionSignature, signature_id)
    decision = session.get_one(Decision, own.decision_id)
    if own.signed_at is not None or decision.discarded_at is not None or decision.file_digest is None:
        return None
    if own.approved_at is None or own.user_id is None:
        return None
    signatures = signatures_of(session, decision.id)
    given = sorted((s for s in signatures if s.turn is not None), key=lambda s: s.turn or 0)
    return ToSign(
        id=own.id,
        field=own.field,
        user_id=own.user_id,
        name=own.name,
        dissent=own.dissent,
        language=decision.language,
        file_digest=decision.file_digest,
        signers={s.field: str(s.certificate_sha256) for s in given},
        last=awaited(signatures, course_of(session, decision.round_id), now=now) == [own],
    )
