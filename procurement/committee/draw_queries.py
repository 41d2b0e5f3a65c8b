"""Reading draws: as the public sees them, retraced from the log; for the organiser and whoever carries one out."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from procurement.access import Actor, Permission, Role, require
from procurement.committee.candidates import Candidate, in_field, pool_of, vacancies_of
from procurement.committee.drawing import Purpose, SourceKind
from procurement.committee.entries import MemberAppointed
from procurement.committee.expertise import Expertise, LeftOut
from procurement.committee.models import Draw, DrawReading
from procurement.committee.queries import MemberView, members_of, names_public
from procurement.committee.retracing import KINDS, Retraced, retrace
from procurement.committee.rules import MemberKind, experts_of
from procurement.errors import N_, NotFound
from procurement.publiclog.models import LogDisclosure
from procurement.publiclog.queries import told
from procurement.rounds.phases import Phase
from procurement.rounds.queries import RoundView, course_of, find_round, rules_of, running_for, view_of
from procurement.rounds.rules import RoundDocument


def draws_of(session: Session, round_ref: str) -> list[Retraced]:
    """Every draw of the round, retraced from the log; a beacon's signature was verified when it was brought."""
    logged = told(session, round_ref, KINDS)
    return retrace([one.envelope for one in logged], verify=False)


def draw_file(session: Session, ref: str) -> str:
    """The log's entries about the draws of a published round as one JSON document, for `sunlit draw`. Raises
    NotFound."""
    found = find_round(session, ref)
    logged = told(session, ref, KINDS)
    if course_of(session, found.id).published is None or not logged:
        raise NotFound(N_("There is no draw in this round."))
    entries = [{"index": one.index, "entry": json.loads(one.body)} for one in logged]
    return json.dumps({"v": 1, "round": ref, "entries": entries}, ensure_ascii=False, indent=1) + "\n"


def member_disclosures(session: Session, round_id: int, ref: str) -> Iterator[dict[str, Any]]:
    """What opens the digests of members in force (name, employer, place in the list), once names are public; what was
    erased is left out."""
    if not names_public(rules_of(session, round_id), course_of(session, round_id)):
        return
    logged = told(session, ref, KINDS)
    draws = {draw.number: draw for draw in retrace([one.envelope for one in logged], verify=False)}
    in_force = {member.code for member in members_of(session, round_id)}
    digests: list[tuple[str, str, str]] = []
    for one in logged:
        entry = one.envelope.entry
        if not isinstance(entry, MemberAppointed) or entry.member not in in_force:
            continue
        digests += [
            (entry.member, "name", str(entry.name.digest)),
            (entry.member, "employer", str(entry.employer.digest)),
        ]
        if entry.drawn is not None:
            lot = draws[entry.drawn.draw].lots[entry.drawn.lot - 1]
            digests.append((entry.member, "pool", lot.commitments[lot.order[entry.drawn.place - 1] - 1]))
    rows = session.scalars(select(LogDisclosure).where(LogDisclosure.digest.in_([digest for *_, digest in digests])))
    kept = {row.digest: row for row in rows}
    for member, field, digest in digests:
        if digest in kept:
            yield {"member": member, "field": field, "salt": kept[digest].salt, "value": kept[digest].value}


# --- for the organiser and whoever carries it out -----------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class FieldPool:
    """The experts of one field in view of the round. `left_out`: (expert, reason)."""

    field: Expertise
    pool: tuple[Candidate, ...]
    left_out: tuple[tuple[Candidate, LeftOut], ...]


@dataclass(frozen=True, slots=True)
class Drawing:
    """A round's draw for its organiser and supervisor. `vacant`: field → vacant seats, after the first draw;
    `missing`: experts still to be found before it; `readings`: roles that have read the lotteries."""

    round: RoundView
    document: RoundDocument
    members: tuple[MemberView, ...]
    fields: tuple[FieldPool, ...]
    draws: tuple[Retraced, ...]
    vacant: dict[str, int]
    missing: int
    readings: tuple[Role, ...]
    organises: bool

    @property
    def waiting(self) -> Retraced | None:
        """The announced draw that is not carried out."""
        return next((draw for draw in self.draws if draw.carried_out is None), None)

    @property
    def may_announce(self) -> bool:
        """Whether a draw can be announced: none is in force."""
        return all(draw.spent_at is not None for draw in self.draws)


def drawing_for(
    session: Session, ref: str, *, actor: Actor, now: datetime, phases: tuple[Phase, ...] = ()
) -> Drawing:
    """Raises NotFound, NotAllowed, WrongPhase."""
    running = running_for(session, ref, actor=actor, now=now, permission=Permission.CARRY_OUT_DRAW, phases=phases)
    round_id, document = running.round.id, running.document
    published = running.round.course.published
    pool = pool_of(session, round_id, document=document, published=published) if published else []
    members = members_of(session, round_id)
    draws = [draw for draw in draws_of(session, ref) if draw.purpose is Purpose.EXPERTS]
    readings = (
        select(DrawReading.role)
        .join(Draw, Draw.id == DrawReading.draw_id)
        .where(Draw.round_id == round_id, Draw.drawn_at.is_(None), DrawReading.discarded_at.is_(None))
    )
    return Drawing(
        round=running.round,
        document=document,
        members=tuple(members),
        fields=tuple(_field_pool(pool, field) for field in Expertise),
        draws=tuple(draws),
        vacant={field: seats for field, seats in vacancies_of(session, round_id).items() if seats > 0},
        missing=experts_of(document.committee) - sum(member.kind is MemberKind.EXPERT for member in members),
        readings=tuple(Role(role) for role in session.scalars(readings)),
        organises=Role.ORGANISER in actor.roles_in(round_id),
    )


def _field_pool(candidates: list[Candidate], field: Expertise) -> FieldPool:
    people = in_field(candidates, field)
    return FieldPool(
        field,
        tuple(one for one in people if one.reason is None),
        tuple((one, one.reason) for one in people if one.reason is not None),
    )


@dataclass(frozen=True, slots=True)
class ExpertInRound:
    """An expert to be left out of the round's pool."""

    round: RoundView
    candidate: Candidate


def expert_in_round(session: Session, ref: str, expert_ref: str, *, actor: Actor, now: datetime) -> ExpertInRound:
    """Raises NotFound, NotAllowed."""
    found = find_round(session, ref, actor=actor)
    require(actor, Permission.FORM_COMMITTEE, round_id=found.id)
    course = course_of(session, found.id)
    candidates = (
        pool_of(session, found.id, document=rules_of(session, found.id), published=course.published)
        if course.published
        else []
    )
    one = next((one for one in candidates if one.expert.ref == expert_ref), None)
    if one is None:
        raise NotFound(N_("There is no such expert in the register."))
    return ExpertInRound(view_of(session, found, now=now), one)


def is_lottery(draw: Retraced) -> bool:
    """Whether its key comes from lotteries."""
    return draw.announced.source == SourceKind.LOTTERY
