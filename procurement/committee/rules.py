"""Who may sit on the committee, who may not score what, and whether enough remain.

A committee has an odd number of members, at least five; at least two thirds are experts; at least one speaks for
consumers; at most one for the organiser, who never chairs; one chairs. With five members four are experts and the
fifth speaks for consumers, so the organiser's representative needs a committee of seven.

A declaration names one of the five grounds of the Implementing Regulation's art. 9, three years back, or none.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Protocol

from procurement.errors import N_, Problem
from procurement.rounds.lint import experts_needed
from procurement.rounds.rules import CommitteeRule

LONGEST_DETAIL = 1000


class MemberKind(StrEnum):
    """For whom a member speaks."""

    EXPERT = "expert"
    CONSUMER = "consumer"
    ORGANISER = "organiser"


MEMBER_KINDS: Mapping[MemberKind, str] = MappingProxyType(
    {
        MemberKind.EXPERT: N_("expert"),
        MemberKind.CONSUMER: N_("consumer representative"),
        MemberKind.ORGANISER: N_("organiser's representative"),
    }
)


class Ground(StrEnum):
    """Grounds for recusal, and none."""

    NONE = "none"
    EMPLOYMENT = "employment"
    OFFICE = "office"
    OWNERSHIP = "ownership"
    FAMILY = "family"
    OTHER = "other"


GROUNDS: Mapping[Ground, str] = MappingProxyType(
    {
        Ground.NONE: N_("no relation"),
        Ground.EMPLOYMENT: N_("employment"),
        Ground.OFFICE: N_("director or supervisor"),
        Ground.OWNERSHIP: N_("shareholder or controller"),
        Ground.FAMILY: N_("family"),
        Ground.OTHER: N_("another relation"),
    }
)
"""What the public reads."""

GROUND_QUESTIONS: Mapping[Ground, str] = MappingProxyType(
    {
        Ground.NONE: N_("None of these applies to me."),
        Ground.EMPLOYMENT: N_("I am or was employed by the applicant within the last three years."),
        Ground.OFFICE: N_("I am or was its director or supervisor within the last three years."),
        Ground.OWNERSHIP: N_(
            "I am or was its controlling shareholder or actual controller within the last three years."
        ),
        Ground.FAMILY: N_(
            "I am the spouse, a direct blood relative, a collateral relative within three generations or a near "
            "relative by marriage of its legal representative or responsible person."
        ),
        Ground.OTHER: N_("Another relation could affect, or seem to affect, my fairness."),
    }
)
"""What the member reads."""


class Leaving(StrEnum):
    """Why a member leaves the committee before scoring."""

    REFUSED = "refused"
    NO_ANSWER = "no_answer"
    UNABLE = "unable"
    RECUSALS = "recusals"
    RULING = "ruling"
    RELEASED = "released"


LEAVING: Mapping[Leaving, str] = MappingProxyType(
    {
        Leaving.REFUSED: N_("did not take the seat or gave it up"),
        Leaving.NO_ANSWER: N_("did not answer in time"),
        Leaving.UNABLE: N_("is unable to serve, as the supervisor found"),
        Leaving.RECUSALS: N_("is recused from applications that would have too few sheets"),
        Leaving.RULING: N_("a request for recusal was granted"),
        Leaving.RELEASED: N_("was released by the organiser, who had appointed them"),
    }
)

BY_ORGANISER = (Leaving.RELEASED, Leaving.NO_ANSWER, Leaving.RECUSALS)
"""Reasons for which the organiser may end a seat: the first for members they appointed themselves, the others for
drawn ones, when the record shows that it is so."""


@dataclass(frozen=True, slots=True)
class Holder:
    """What decides whether somebody's seat may be ended. `answered`: they took the seat or declared interests;
    `gives_way`: recusals leave applications with too few sheets, and this is the member who must make room."""

    drawn: bool
    answered: bool = False
    answer_due: datetime | None = None
    gives_way: bool = False


def check_leaving(holder: Holder, code: Leaving, *, now: datetime) -> list[Problem]:
    """What keeps a seat from being ended for `code`: a drawn seat is not at anybody's disposal."""
    if code is Leaving.RELEASED and holder.drawn:
        return [Problem(N_("A member who was drawn is not released: the draw gave the seat."), {}, "code")]
    if code in (Leaving.NO_ANSWER, Leaving.RECUSALS) and not holder.drawn:
        return [Problem(N_("This is for members who were drawn."), {}, "code")]
    if code is Leaving.NO_ANSWER:
        if holder.answered:
            return [Problem(N_("This member has answered."), {}, "code")]
        if holder.answer_due is not None and now < holder.answer_due:
            return [Problem(N_("This member may still answer until %(due)s."), {"due": holder.answer_due}, "code")]
    if code is Leaving.RECUSALS and not holder.gives_way:
        return [
            Problem(
                N_(
                    "This member does not have to make room: every application keeps enough sheets, or another "
                    "member is next."
                ),
                {},
                "code",
            )
        ]
    return []


def who_gives_way(
    applications: Collection[int],
    members: Sequence[int],
    drawn: Sequence[int],
    grounds: Mapping[tuple[int, int], Ground],
    quorum: int,
) -> int | None:
    """Which drawn member leaves so that a reserve can step in; None while every application keeps enough sheets.

    Of those recused from applications that recusals leave under the quorum, the one recused from most of them; of
    several, who was drawn last (`drawn` is in the order of the draw). Nobody chooses.
    """
    times: dict[int, int] = {}
    for application in applications:
        recused = sheets_for(application, members, grounds).recused
        if len(members) - len(recused) < quorum:
            for member in recused:
                times[member] = times.get(member, 0) + 1
    candidates = [member for member in drawn if member in times]
    return max(candidates, key=lambda member: (times[member], candidates.index(member)), default=None)


class Seated(Protocol):
    """What the composition rule asks about a member."""

    @property
    def kind(self) -> MemberKind: ...
    @property
    def chair(self) -> bool: ...


@dataclass(frozen=True, slots=True)
class Place:
    """A place on the committee, filled or about to be."""

    kind: MemberKind
    chair: bool = False


def _count(members: Iterable[Seated], kind: MemberKind) -> int:
    return sum(member.kind is kind for member in members)


def check_appointment(members: Sequence[Seated], new: Seated, rule: CommitteeRule) -> list[Problem]:
    """What keeps `new` from joining `members`: whether a lawful committee can still come of it."""
    problems: list[Problem] = []
    together = [*members, new]
    free = rule.size - len(together)
    experts_missing = max(0, experts_of(rule) - _count(together, MemberKind.EXPERT))
    consumer_missing = _count(together, MemberKind.CONSUMER) == 0
    if free < 0:
        problems.append(
            Problem(N_("The committee is complete: it has %(size)s members."), {"size": rule.size}, "user_id")
        )
    elif experts_missing > free:
        problems.append(
            Problem(
                N_("At least %(needed)s of the %(size)s members must be experts; no other seat is left."),
                {"needed": experts_of(rule), "size": rule.size},
                "kind",
            )
        )
    elif experts_missing + consumer_missing > free:
        problems.append(Problem(N_("A seat must remain for a consumer representative."), {}, "kind"))
    if new.kind is MemberKind.ORGANISER and _count(members, MemberKind.ORGANISER):
        problems.append(Problem(N_("The organiser has a representative already."), {}, "kind"))
    if new.kind is MemberKind.ORGANISER and new.chair:
        problems.append(Problem(N_("The organiser's representative may not chair."), {}, "chair"))
    if new.chair and any(member.chair for member in members):
        problems.append(Problem(N_("The committee has a chair already."), {}, "chair"))
    return problems


def experts_of(rule: CommitteeRule) -> int:
    """How many experts the committee has at least."""
    return max(rule.experts, experts_needed(rule.size))


def check_composition(members: Sequence[Seated], rule: CommitteeRule) -> list[Problem]:
    """What the committee still lacks before it may begin; empty when it is complete."""
    size, experts = len(members), _count(members, MemberKind.EXPERT)
    problems: list[Problem] = []
    if size != rule.size:
        problems.append(
            Problem(N_("The committee has %(have)s of %(size)s members."), {"have": size, "size": rule.size})
        )
    if experts < experts_of(rule):
        problems.append(
            Problem(
                N_("It has %(have)s experts; %(needed)s are needed."), {"have": experts, "needed": experts_of(rule)}
            )
        )
    if _count(members, MemberKind.CONSUMER) == 0:
        problems.append(Problem(N_("It has no consumer representative.")))
    if _count(members, MemberKind.ORGANISER) > 1:
        problems.append(Problem(N_("It has more than one representative of the organiser.")))
    chairs = [member for member in members if member.chair]
    if len(chairs) != 1:
        problems.append(Problem(N_("It needs exactly one chair.")))
    if any(member.kind is MemberKind.ORGANISER for member in chairs):
        problems.append(Problem(N_("The organiser's representative may not chair.")))
    return problems


@dataclass(frozen=True, slots=True)
class Sheets:
    """How many sheets an application can have, and who is recused for it (member ids)."""

    expected: int
    recused: tuple[int, ...]
    undeclared: tuple[int, ...]


def sheets_for(application_id: int, members: Collection[int], grounds: Mapping[tuple[int, int], Ground]) -> Sheets:
    """Count for one application over the members in force. `grounds`: (member, application) → declared ground."""
    declared = {member: grounds.get((member, application_id)) for member in sorted(members)}
    recused = tuple(member for member, ground in declared.items() if ground not in (None, Ground.NONE))
    undeclared = tuple(member for member, ground in declared.items() if ground is None)
    return Sheets(len(declared) - len(recused) - len(undeclared), recused, undeclared)


def check_ready(
    applications: Mapping[int, str],
    members: Mapping[int, str],
    grounds: Mapping[tuple[int, int], Ground],
    quorum: int,
) -> list[Problem]:
    """What keeps scoring from beginning: declarations that are missing, applications that recusals leave with too few
    sheets. `applications`: id → ref; `members`: id → code."""
    if not applications:
        return [Problem(N_("There is no eligible application to score."))]
    problems: list[Problem] = []
    missing: dict[str, int] = {}
    for application_id, ref in applications.items():
        sheets = sheets_for(application_id, members, grounds)
        for member_id in sheets.undeclared:
            missing[members[member_id]] = missing.get(members[member_id], 0) + 1
        if len(members) - len(sheets.recused) < quorum:
            problems.append(
                Problem(
                    N_("%(ref)s: after %(recused)s recusals %(left)s members remain; the quorum is %(quorum)s."),
                    {
                        "ref": ref,
                        "recused": len(sheets.recused),
                        "left": len(members) - len(sheets.recused),
                        "quorum": quorum,
                    },
                )
            )
    problems.extend(
        Problem(N_("%(member)s has %(count)s declarations left to make."), {"member": code, "count": missing[code]})
        for code in members.values()
        if code in missing
    )
    return problems


@dataclass(frozen=True, slots=True)
class Declared:
    """What a member declares for one application. `detail` is read by the supervisor only."""

    ground: Ground
    detail: str = ""


def check_declaration(ref: str, declared: Declared, before: Ground | None) -> list[Problem]:
    """What is wrong with declaring this for the application `ref`, after having declared `before`."""
    problems: list[Problem] = []
    detail = declared.detail.strip()
    if declared.ground is Ground.NONE and before not in (None, Ground.NONE):
        problems.append(Problem(N_("A recusal once declared stands; it cannot be taken back."), {}, f"ground-{ref}"))
    if declared.ground is not Ground.NONE and not detail:
        problems.append(Problem(N_("Describe the relation; only the supervisor reads this."), {}, f"detail-{ref}"))
    if declared.ground is Ground.NONE and detail:
        problems.append(
            Problem(N_("You described a relation but chose none. Choose the ground."), {}, f"ground-{ref}")
        )
    if len(detail) > LONGEST_DETAIL:
        problems.append(Problem(N_("Use at most %(most)s characters."), {"most": LONGEST_DETAIL}, f"detail-{ref}"))
    return problems
