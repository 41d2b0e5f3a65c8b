"""What a decision must be like before it may be drawn up, signed and published. Pure.

A decision follows the ranking; one that departs from it carries a reasoned minute (Implementing Regulation art. 43,
by analogy). It may select fewer than there are slots, or nothing. Whoever signs signs exactly what they were shown.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Protocol

from procurement.decisions.document import Effect, Outcome, Ranked, Said, SignatoryRole
from procurement.errors import N_, Problem
from procurement.masking import public_text_problems
from procurement.rounds.phases import Phase
from procurement.rounds.scoring_rule import Text

SHORTEST_REASON = 20
LONGEST_TEXT = 4000
LONGEST_VALIDITY = timedelta(days=366)
LONGEST_WAIT = timedelta(minutes=30)  # from a signatory's act until their signature must stand in the file


CLOCK_DRIFT = timedelta(minutes=5)  # by which a signatory's own clock may be wrong


class Ending(StrEnum):
    """Why a signatory's own certificate does not count any more."""

    REPLACED = "replaced"
    WITHDRAWN = "withdrawn"
    REJECTED = "rejected"


class Line(Protocol):
    """What the rules ask about an application in the result. `total`: None when it has no result."""

    @property
    def application(self) -> str: ...
    @property
    def total(self) -> str | None: ...
    @property
    def failed(self) -> tuple[Said, ...]: ...
    @property
    def given_up(self) -> str: ...
    @property
    def by_rule(self) -> Outcome: ...


def phases_for(effect: Effect) -> tuple[Phase, ...]:
    """When a decision of that effect may be drawn up and published."""
    return (Phase.DECIDING,) if effect is Effect.CONFIRMED else (Phase.DECIDED,)


Order = Sequence[tuple[str, int | None, str]]
"""Who is proposed in which order: (application, rank, outcome)."""


def check_result(*, noticed: Order, computed: Order) -> list[Problem]:
    """The order that was on public notice must be that of the latest computation: a mark that a ruling corrected may
    have changed a total, but nobody's place."""
    if list(noticed) == list(computed):
        return []
    return [Problem(N_("The result was computed again after the notice was given. Give notice of it first."))]


def check_ordered(effect: Effect, ordered: Collection[str]) -> list[Problem]:
    """`ordered`: objections whose rulings order the decision in force annulled; nothing else is decided before."""
    if not ordered or effect is Effect.ANNULLED:
        return []
    message = N_("The ruling on %(refs)s orders that the decision be annulled. Draw up the annulment first.")
    return [Problem(message, {"refs": ", ".join(sorted(ordered))})]


def check_choice(
    lines: Sequence[Line], chosen: Mapping[str, Outcome], *, slots: int, reserves: int, departure: Text | None
) -> list[Problem]:
    """`chosen` says for each application of the result what is decided; `departure` is the reasoned minute."""
    problems = []
    if set(chosen) != {line.application for line in lines}:
        problems.append(Problem(N_("Say for each application of the result what is decided, and for no other.")))
    selected = [a for a, outcome in chosen.items() if outcome is Outcome.SELECTED]
    reserve = [a for a, outcome in chosen.items() if outcome is Outcome.RESERVE]
    if len(selected) > slots:
        problems.append(
            Problem(
                N_("%(count)s products are selected, but the call announced %(slots)s."),
                {"count": len(selected), "slots": slots},
            )
        )
    if len(reserve) > reserves:
        problems.append(
            Problem(
                N_("%(count)s products are reserves, but the call announced %(reserves)s."),
                {"count": len(reserve), "reserves": reserves},
            )
        )
    problems += [
        Problem(N_("The merchant of %(application)s has given its place up."), {"application": line.application})
        for line in lines
        if line.application in (*selected, *reserve) and line.given_up
    ]
    problems += [
        Problem(N_("%(application)s did not reach what the rule demands."), {"application": line.application})
        for line in lines
        if line.application in (*selected, *reserve) and (line.failed or line.total is None)
    ]
    departs = departs_from_rule(lines, chosen)
    if departs and (departure is None or min(len(departure.en), len(departure.zh)) < SHORTEST_REASON):
        problems.append(
            Problem(
                N_(
                    "This departs from the ranking. Write the reasoned minute in both languages, at least "
                    "%(least)s characters each."
                ),
                {"least": SHORTEST_REASON},
                "departure_en",
            )
        )
    if not departs and departure is not None:
        problems.append(
            Problem(N_("The decision follows the ranking, so there is nothing to explain here."), {}, "departure_en")
        )
    return problems


def moved_up(ranking: Sequence[Ranked], given_up: Mapping[str, str], *, slots: int) -> tuple[Ranked, ...]:
    """What the rule gives when some have given their places up: the reserves follow in their order.

    `given_up`: application → instant. Nobody becomes a reserve who was none (Implementing Regulation art. 43, by
    analogy: in the order of the candidates).
    """
    ranking = [replace(line, given_up=given_up.get(line.application, "")) for line in ranking]
    free = slots - sum(line.by_rule is Outcome.SELECTED and not line.given_up for line in ranking)
    found = []
    for line in ranking:
        by_rule = line.by_rule
        if line.given_up:
            by_rule = Outcome.NOT_SELECTED
        elif by_rule is Outcome.RESERVE and given_up and free > 0:
            by_rule, free = Outcome.SELECTED, free - 1
        found.append(replace(line, by_rule=by_rule, outcome=by_rule))
    return tuple(found)


def check_giving_up(reason: str) -> list[Problem]:
    """Who gives a place up says why; the reason is public."""
    if len(reason.strip()) < SHORTEST_REASON:
        return [
            Problem(N_("Give the reason in at least %(least)s characters."), {"least": SHORTEST_REASON}, "reason")
        ]
    if len(reason) > LONGEST_TEXT:
        return [Problem(N_("Use at most %(most)s characters."), {"most": LONGEST_TEXT}, "reason")]
    return public_text_problems(reason, "reason")


def departs_from_rule(lines: Sequence[Line], chosen: Mapping[str, Outcome]) -> bool:
    """Whether `chosen` is not what the rule alone gives."""
    return any(chosen.get(line.application) != line.by_rule for line in lines)


def check_reasons(reasons: Text) -> list[Problem]:
    """Reasons are needed in both languages, and not endless."""
    problems = []
    for language, text in (("en", reasons.en), ("zh", reasons.zh)):
        if len(text.strip()) < SHORTEST_REASON:
            problems.append(
                Problem(
                    N_("Give the reasons in at least %(least)s characters."),
                    {"least": SHORTEST_REASON},
                    f"reasons_{language}",
                )
            )
        if len(text) > LONGEST_TEXT:
            problems.append(
                Problem(N_("Use at most %(most)s characters."), {"most": LONGEST_TEXT}, f"reasons_{language}")
            )
        problems += public_text_problems(text, f"reasons_{language}")
    return problems


def check_validity(valid_until: date, *, today: date, planned_on: date | None) -> list[Problem]:
    """The last day of validity lies ahead, within a year, and not before the planned broadcast."""
    if valid_until <= today:
        return [Problem(N_("The last day of validity must lie ahead."), {}, "valid_until")]
    if valid_until > today + LONGEST_VALIDITY:
        return [Problem(N_("A decision is valid for one year at most."), {}, "valid_until")]
    if planned_on is not None and valid_until < planned_on:
        return [
            Problem(
                N_("The broadcast is planned for %(planned)s: the decision must still be valid then."),
                {"planned": planned_on},
                "valid_until",
            )
        ]
    return []


def check_signatories(roles: Collection[SignatoryRole]) -> list[Problem]:
    """Besides the members, the organiser and a supervisor sign; the committee has a chair."""
    missing = {SignatoryRole.CHAIR, SignatoryRole.ORGANISER, SignatoryRole.SUPERVISOR} - set(roles)
    messages = {
        SignatoryRole.CHAIR: N_("The committee has no chair who could sign."),
        SignatoryRole.ORGANISER: N_("The round has no organiser who could sign."),
        SignatoryRole.SUPERVISOR: N_("The round has no supervisor who could countersign."),
    }
    return [Problem(messages[role]) for role in sorted(missing)]


GIVING_UP = (Phase.OPENED, Phase.NOTICE, Phase.RULING, Phase.DECIDING, Phase.DECIDED)
"""When a merchant may give a place up: from the opening of the scores to the end of the round."""

MEMBERS = frozenset({SignatoryRole.CHAIR, SignatoryRole.MEMBER})
"""Whoever scored. A member who neither signs nor writes a dissent is taken to agree (Implementing Regulation art. 41,
by analogy); the seal, the organiser and the supervisor are needed."""


OFFICERS = frozenset({SignatoryRole.ORGANISER, SignatoryRole.SUPERVISOR})
"""Without them there is no decision. When one falls away, somebody else takes the seat and it is drawn up again: the
document names its signatories, so that signatures under another name would be for another text."""


def settled(*, role: SignatoryRole, signed: bool, approved: bool, declined: bool, overdue: bool) -> bool:
    """Whether nobody waits for this signature any more. `overdue`: the member's period is over."""
    if signed:
        return True
    return role in MEMBERS and not approved and (declined or overdue)


def late(*, approved_at: datetime | None, signed_at: datetime | None, now: datetime) -> bool:
    """Whether a signature that was given still does not stand in the file, although it should."""
    return approved_at is not None and signed_at is None and now >= approved_at + LONGEST_WAIT


def check_signable(
    *, seen: str, document: str, sealed: bool, role: SignatoryRole, missing_before: int
) -> list[Problem]:
    """`seen` is the digest the signatory was shown, `document` that of the document in force; `missing_before`: how
    many signatures are waited for that come before this one.

    The members sign in any order; then the organiser; the supervisor countersigns last.
    """
    if seen != document:
        return [Problem(N_("The decision was drawn up again since you opened this page. Read it before you sign."))]
    if not sealed:
        return [Problem(N_("The document is still being made. Try again when it carries the office seal."))]
    if missing_before and role is SignatoryRole.ORGANISER:
        return [Problem(N_("You sign after the members: %(count)s of them are missing."), {"count": missing_before})]
    if missing_before:
        return [
            Problem(
                N_("You countersign last, after the members and the organiser: %(count)s are missing."),
                {"count": missing_before},
            )
        ]
    return []


class Brought(Protocol):
    """What the rules ask about a file that somebody signed elsewhere; see signing.Addition."""

    @property
    def signed(self) -> tuple[str, ...]: ...
    @property
    def made(self) -> tuple[str, ...]: ...
    @property
    def unharmed(self) -> bool: ...
    @property
    def locks(self) -> bool: ...
    @property
    def covered(self) -> bool: ...


class Made(Protocol):
    """What the rules ask about the signature in it; see signing.SignatureFinding."""

    @property
    def holder(self) -> str: ...
    @property
    def fingerprint(self) -> str: ...
    @property
    def stated_at(self) -> datetime | None: ...
    @property
    def intact(self) -> bool: ...
    @property
    def trusted(self) -> bool: ...


def check_brought(
    brought: Brought,
    made: Made | None,
    *,
    field: str,
    names: Mapping[str, str],
    fingerprint: str,
    sealed_at: datetime,
    now: datetime,
) -> list[Problem]:
    """The file is the document with exactly one signature more: in the signatory's `field`, by their certificate with
    that `fingerprint`. `names`: whose every field is; `sealed_at`: when the document was there to be signed."""

    def wrong(message: str, **params: str) -> list[Problem]:
        return [Problem(message, params, "file")]

    if not brought.signed:
        return wrong(N_("There is no new signature in this file."))
    if len(brought.signed) > 1:
        return wrong(N_("There are several new signatures in this file. Put in yours alone."))
    (signed,) = brought.signed
    if signed != field and signed in names:
        return wrong(N_("The signature is in the field of %(name)s. Sign in your own field."), name=names[signed])
    if brought.made:
        return wrong(N_("Your program made a signature field of its own. Sign in the one prepared for you."))
    if made is None or not made.intact:
        return wrong(N_("The signature does not hold: it was not made over this file, or the file is damaged."))
    if made.fingerprint != fingerprint:
        return wrong(
            N_("It is signed with another certificate (%(holder)s) than the one that was confirmed for you."),
            holder=made.holder,
        )
    if not brought.unharmed or not brought.covered:
        return wrong(N_("Besides your signature something else was added or changed. Bring the signature alone."))
    if brought.locks:
        return wrong(
            N_("Your signature locks the document: nobody could sign after you. Sign again without locking.")
        )
    if not made.trusted:
        return wrong(
            N_(
                "Nothing in the file leads from your certificate to an authority that this office trusts. Have your "
                "program put in those that issued it."
            )
        )
    if made.stated_at is not None and not sealed_at - CLOCK_DRIFT <= made.stated_at <= now + CLOCK_DRIFT:
        return wrong(
            N_("The signature says that it was made at %(stated)s, which cannot be. Set your computer's clock."),
            stated=made.stated_at.isoformat(timespec="minutes"),
        )
    return []


def check_declining(reason: str) -> list[Problem]:
    """Who refuses to sign says why, in public."""
    if len(reason.strip()) < SHORTEST_REASON:
        return [
            Problem(
                N_("Say why you do not sign, in at least %(least)s characters."),
                {"least": SHORTEST_REASON},
                "dissent",
            )
        ]
    return check_dissent(reason)


def check_dissent(dissent: str) -> list[Problem]:
    """A dissenting opinion is short enough to stand in the signature."""
    if len(dissent) > LONGEST_TEXT:
        return [Problem(N_("Use at most %(most)s characters."), {"most": LONGEST_TEXT}, "dissent")]
    return public_text_problems(dissent, "dissent")


def check_publishable(*, unsigned: int) -> list[Problem]:
    """Every signature is there, or its member refused or was silent."""
    if unsigned:
        return [Problem(N_("%(count)s signatures are missing."), {"count": unsigned})]
    return []
