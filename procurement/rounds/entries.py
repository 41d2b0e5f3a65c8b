"""What the public log says about rounds."""

from datetime import datetime

from procurement.errors import N_
from procurement.publiclog.entry import Code, Digest, Entry, Salted


class RoundCreated(Entry, kind="round.created", title=N_("A round was begun as a draft")):
    """The reference stands in the envelope; what is drafted binds nobody."""


class SeatGiven(Entry, kind="round.seat_given", title=N_("A person was given a role in the round")):
    """`role`: access.Role; `person`: the account, and the name as it was."""

    role: Code
    person: Salted
    name: Salted


class SeatEnded(Entry, kind="round.seat_ended", title=N_("A person's role in the round ended")):
    """As SeatGiven."""

    role: Code
    person: Salted


class RoundPublished(
    Entry,
    kind="round.published",
    title=N_("The round was published and its rules frozen"),
    labels={
        "version": N_("Version of the rules"),
        "rules": N_("SHA-256 of the rules"),
        "applications_close": N_("Applications close"),
        "slots": N_("Products to be selected"),
        "provisional": N_("The deadline is provisional"),
    },
):
    """`rules`: SHA-256 of the RFC 8785 text of the frozen document."""

    version: int
    rules: Digest
    applications_close: datetime
    slots: int
    provisional: bool


class RoundAmended(
    Entry,
    kind="round.amended",
    title=N_("The call was amended"),
    labels={
        "version": N_("Version of the rules"),
        "rules": N_("SHA-256 of the rules"),
        "reason": N_("SHA-256 of the reason"),
        "applications_close": N_("Applications close"),
    },
):
    """`reason`: SHA-256 of the RFC 8785 text of {"en", "zh"}."""

    version: int
    rules: Digest
    reason: Digest
    applications_close: datetime


class RoundHeld(
    Entry, kind="round.held", title=N_("The supervisor put the round on hold"), labels={"label": N_("What is said")}
):
    """`label`: rules.HoldLabel."""

    label: Code


class RoundResumed(
    Entry,
    kind="round.resumed",
    title=N_("The round goes on; its running deadlines are extended"),
    labels={"held_at": N_("On hold since"), "closes": N_("The deadline that was running, counted anew")},
):
    """`held_at`: since when it had been on hold. `closes`: of the deadline that was running then (applications,
    sheets, objections), counted anew without the days of the hold; None when none was. Clocks of single matters are
    counted from their own entries and the holds."""

    held_at: datetime
    closes: datetime | None


class RoundAborted(
    Entry,
    kind="round.aborted",
    title=N_("The round ended without a selection"),
    labels={"reason": N_("Reason"), "explanation": N_("SHA-256 of the explanation")},
):
    """`reason`: rules.AbortReason; `explanation`: SHA-256 of the RFC 8785 text of {"en", "zh"}."""

    reason: Code
    explanation: Digest
