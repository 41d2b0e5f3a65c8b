"""What the public log says about the committee. Members appear by code; names and relations only as digests."""

from datetime import datetime

from procurement.errors import N_
from procurement.publiclog.entry import Code, Digest, Entry, Part, Ref, Salted

# --- the pool of experts ------------------------------------------------------------------------------------------


class ExpertEntered(
    Entry,
    kind="experts.entered",
    title=N_("Somebody was entered in the register of experts"),
    labels={"expert": N_("Expert"), "fields": N_("Fields")},
):
    """`fields`: expertise.Expertise. Registers go by number; who that is stays with the office."""

    expert: Ref
    person: Salted
    employer: Salted
    fields: tuple[Code, ...]


class ExpertChanged(
    Entry,
    kind="experts.changed",
    title=N_("An expert's fields or employer were changed"),
    labels={"expert": N_("Expert"), "fields": N_("Fields")},
):
    """What is so from now on."""

    expert: Ref
    employer: Salted
    fields: tuple[Code, ...]


class ExpertSuspended(
    Entry,
    kind="experts.suspended",
    title=N_("An expert was suspended from the pool"),
    labels={"expert": N_("Expert"), "reason": N_("SHA-256 of the reason")},
):
    """Nobody draws a suspended expert."""

    expert: Ref
    reason: Digest


class ExpertReinstated(
    Entry,
    kind="experts.reinstated",
    title=N_("An expert's suspension was lifted"),
    labels={"expert": N_("Expert")},
):
    """The suspension ended."""

    expert: Ref


class ExpertEnded(
    Entry,
    kind="experts.ended",
    title=N_("An expert left the register"),
    labels={"expert": N_("Expert"), "reason": N_("SHA-256 of the reason")},
):
    """For good; coming back is a new entry."""

    expert: Ref
    reason: Digest


class ExpertSetAside(
    Entry,
    kind="committee.set_aside",
    title=N_("An expert was left out of this round's pool beforehand"),
    labels={"reason": N_("Reason"), "detail": N_("SHA-256 of what was noted")},
):
    """`reason`: expertise.LeftOut. The person enters as a digest only, unlike in the register: whoever could tell the
    two together could tell from a later draw who was drawn."""

    person: Salted
    reason: Code
    detail: Digest


# --- the draw -----------------------------------------------------------------------------------------------------


class LotAnnounced(Part):
    """`field`: expertise.Expertise, None for observers. `pool`: everybody in the list, in the order of their numbers,
    from 1."""

    field: Code | None
    seats: int
    reserves: int
    pool: tuple[Salted, ...]


class LeftOutOfPool(Part):
    """`reason`: expertise.LeftOut."""

    person: Salted
    reason: Code


class LotteryNamed(Part):
    """drawing.Lottery."""

    name: str
    issue: str
    count: int
    lowest: int
    highest: int


class DrawAnnounced(
    Entry,
    kind="committee.draw_announced",
    title=N_("A draw was announced"),
    labels={
        "purpose": N_("What is drawn"),
        "number": N_("Draw"),
        "algorithm": N_("Algorithm"),
        "source": N_("Source"),
        "beacon": N_("Public beacon"),
        "beacon_round": N_("Round of the beacon"),
        "lotteries": N_("Lotteries"),
        "exists_at": N_("Its randomness exists from"),
        "lots": N_("Lots"),
        "left_out": N_("Left out of the pool"),
    },
):
    """Everything that the outcome depends on but the randomness, which does not exist yet."""

    purpose: Code
    number: int
    algorithm: Code
    source: Code
    beacon: str | None
    beacon_round: int | None
    lotteries: tuple[LotteryNamed, ...]
    exists_at: datetime
    lots: tuple[LotAnnounced, ...]
    left_out: tuple[LeftOutOfPool, ...]


class LotteryRead(
    Entry,
    kind="committee.lottery_read",
    title=N_("Somebody read off the lotteries' results"),
    labels={"purpose": N_("What is drawn"), "number": N_("Draw")},
):
    """What was read is told when the second person has read the same."""

    purpose: Code
    number: int


class ReadingsDiffered(
    Entry,
    kind="committee.readings_differed",
    title=N_("Two readings of the lotteries' results differed; both were set aside"),
    labels={"purpose": N_("What is drawn"), "number": N_("Draw")},
):
    """Both read once more."""

    purpose: Code
    number: int


class LotOrder(Part):
    """The numbers of a lot in the order drawn, as far as there are seats and reserves."""

    order: tuple[int, ...]


class DrawCarriedOut(
    Entry,
    kind="committee.drawn",
    title=N_("The draw was carried out"),
    labels={
        "purpose": N_("What is drawn"),
        "number": N_("Draw"),
        "key": N_("Key of the draw"),
        "signature": N_("Signature of the beacon's round"),
        "lots": N_("Lots"),
    },
):
    """`key`: the beacon's randomness in hex, or the lotteries' numbers as in RFC 3797 §4.3."""

    purpose: Code
    number: int
    key: str
    signature: str | None
    lots: tuple[LotOrder, ...]


class PassedOver(
    Entry,
    kind="committee.passed_over",
    title=N_("Somebody drawn cannot take the seat"),
    labels={
        "purpose": N_("What is drawn"),
        "number": N_("Draw"),
        "lot": N_("Lot"),
        "place": N_("Place"),
        "reason": N_("Reason"),
    },
):
    """`reason`: drawing.PassedOver; the next in order is asked."""

    purpose: Code
    number: int
    lot: int
    place: int
    reason: Code


class DrawSpent(
    Entry,
    kind="committee.draw_spent",
    title=N_("The order drawn has nobody left for a vacant seat"),
    labels={"purpose": N_("What is drawn"), "number": N_("Draw")},
):
    """Another draw may be announced, for the vacant seats."""

    purpose: Code
    number: int


# --- members ------------------------------------------------------------------------------------------------------


class DrawnPlace(Part):
    """Which draw, which lot of it, which place in its order; each from 1."""

    draw: int
    lot: int
    place: int


class MemberAppointed(
    Entry,
    kind="committee.appointed",
    title=N_("A member was seated on the committee"),
    labels={
        "member": N_("Member"),
        "kind_of": N_("Speaks for"),
        "chair": N_("Chairs"),
        "field": N_("SHA-256 of the field of expertise"),
        "drawn": N_("Drawn"),
        "answer_due": N_("Answers until"),
    },
):
    """`kind_of`: rules.MemberKind; `drawn`: what gave the seat, None where the organiser appointed."""

    member: Ref
    kind_of: Code
    chair: bool
    field: Digest | None
    name: Salted
    employer: Salted
    drawn: DrawnPlace | None
    answer_due: datetime | None


class SeatAccepted(
    Entry,
    kind="committee.accepted",
    title=N_("Somebody drawn took the seat"),
    labels={"member": N_("Member")},
):
    """Said so; declaring interests says it too."""

    member: Ref


class ChairPassed(
    Entry,
    kind="committee.chair_passed",
    title=N_("The chair passed on"),
    labels={"member": N_("Member")},
):
    """To the expert drawn first among those who are left."""

    member: Ref


class MemberRemoved(
    Entry,
    kind="committee.removed",
    title=N_("A member left the committee"),
    labels={"member": N_("Member"), "code": N_("Why"), "reason": N_("SHA-256 of the reason")},
):
    """`code`: rules.Leaving; `reason`: SHA-256 of its text."""

    member: Ref
    code: Code
    reason: Digest


class Declaration(Part):
    """`ground`: rules.Ground."""

    application: Ref
    ground: Code


class InterestsDeclared(
    Entry,
    kind="committee.declared",
    title=N_("A member declared interests"),
    labels={"member": N_("Member"), "declarations": N_("Declarations")},
):
    """What one member declared in one act. Whose relation it is stays between member and supervisor."""

    member: Ref
    declarations: tuple[Declaration, ...]


class MemberRecused(
    Entry,
    kind="committee.recused",
    title=N_("A member was recused from an application"),
    labels={
        "member": N_("Member"),
        "application": N_("Application"),
        "ground": N_("Ground"),
        "cause": N_("Because of"),
    },
):
    """`cause`: reference of the objection that was upheld."""

    member: Ref
    application: Ref
    ground: Code
    cause: Ref


class RecusalRequested(
    Entry,
    kind="committee.recusal_requested",
    title=N_("The recusal of a member was asked for"),
    labels={
        "request": N_("Request"),
        "member": N_("Member"),
        "application": N_("Application"),
        "ground": N_("Ground"),
        "origin": N_("Asked by"),
        "argument": N_("SHA-256 of the reason"),
        "due": N_("To be decided by"),
    },
):
    """`application`: None when the member should not sit at all; `origin`: recusing.Origin."""

    request: Ref
    member: Ref
    application: Ref | None
    ground: Code
    origin: Code
    argument: Digest
    name: Salted
    contact: Salted
    due: datetime


class RecusalStated(
    Entry,
    kind="committee.recusal_stated",
    title=N_("The member answered a request for recusal"),
    labels={"request": N_("Request"), "text": N_("SHA-256 of the answer")},
):
    """What the member says is read by the supervisor."""

    request: Ref
    text: Digest


class RecusalDecided(
    Entry,
    kind="committee.recusal_decided",
    title=N_("A request for recusal was settled"),
    labels={
        "request": N_("Request"),
        "outcome": N_("Outcome"),
        "text": N_("SHA-256 of the reasons"),
        "reopened": N_("The round goes back"),
    },
):
    """`outcome`: recusing.Outcome; `text`: None where nothing had to be decided; `reopened`: a milestone by which the
    round goes back (rounds.phases.Kind)."""

    request: Ref
    outcome: Code
    text: Digest | None
    reopened: Code | None


class ScoringBegan(
    Entry,
    kind="committee.scoring_began",
    title=N_("The committee is complete; scoring began"),
    labels={
        "members": N_("Members"),
        "applications": N_("Applications"),
        "recusals": N_("Recusals"),
        "closes": N_("Sheets may be sealed until"),
        "provisional": N_("The deadline is provisional"),
    },
):
    """Counts, and until when sheets may be sealed."""

    members: int
    applications: int
    recusals: int
    closes: datetime
    provisional: bool


# --- observers ----------------------------------------------------------------------------------------------------


class ObserverAsked(
    Entry,
    kind="observers.asked",
    title=N_("Somebody asked for an observer's seat"),
    labels={"observer": N_("Observer"), "kind_of": N_("As"), "listed": N_("Agreed to be named")},
):
    """`kind_of`: watching.ObserverKind; `outlet`: for whom a journalist writes."""

    observer: Ref
    kind_of: Code
    name: Salted
    contact: Salted
    outlet: Salted
    listed: bool


class ObserverAdmitted(
    Entry,
    kind="observers.admitted",
    title=N_("An observer has a seat"),
    labels={"observer": N_("Observer"), "drawn": N_("Drawn")},
):
    """By the order of asking, or by the draw that `drawn` names."""

    observer: Ref
    drawn: DrawnPlace | None


class ObserverWithdrew(
    Entry,
    kind="observers.withdrew",
    title=N_("An observer withdrew"),
    labels={"observer": N_("Observer")},
):
    """The seat goes to the next."""

    observer: Ref


# --- meetings -----------------------------------------------------------------------------------------------------


class MeetingCalled(
    Entry,
    kind="meetings.called",
    title=N_("A meeting of the committee was called"),
    labels={
        "number": N_("Meeting"),
        "kind_of": N_("What for"),
        "starts_at": N_("Begins"),
        "place": N_("SHA-256 of the place"),
    },
):
    """`kind_of`: watching.MeetingKind; the place is told to those who are invited."""

    number: int
    kind_of: Code
    starts_at: datetime
    place: Digest


class MeetingCancelled(
    Entry,
    kind="meetings.cancelled",
    title=N_("A meeting of the committee was cancelled"),
    labels={"number": N_("Meeting"), "reason": N_("SHA-256 of the reason")},
):
    """It will not be held."""

    number: int
    reason: Digest


class MeetingHeld(
    Entry,
    kind="meetings.held",
    title=N_("A meeting of the committee was held"),
    labels={"number": N_("Meeting"), "members": N_("Members"), "observers": N_("Observers")},
):
    """Who was there, by code."""

    number: int
    members: tuple[Ref, ...]
    observers: tuple[Ref, ...]


class SupervisorAttended(
    Entry,
    kind="meetings.supervised",
    title=N_("A supervisor was present, without a vote"),
    labels={"number": N_("Meeting"), "remark": N_("SHA-256 of the remark")},
):
    """Said by the supervisor; `remark`: of its text, where one was made."""

    number: int
    remark: Digest | None
