"""What the public log says about the committee. Members appear by code; names and relations only as digests."""

from datetime import datetime

from procurement.errors import N_
from procurement.publiclog.entry import Code, Digest, Entry, Part, Ref, Salted


class MemberAppointed(
    Entry,
    kind="committee.appointed",
    title=N_("A member was appointed to the committee"),
    labels={"member": N_("Member"), "kind_of": N_("Speaks for"), "chair": N_("Chairs")},
):
    """`kind_of`: rules.MemberKind."""

    member: Ref
    kind_of: Code
    chair: bool
    name: Salted
    employer: Salted


class MemberRemoved(
    Entry,
    kind="committee.removed",
    title=N_("A member left the committee"),
    labels={"member": N_("Member"), "reason": N_("SHA-256 of the reason")},
):
    """`reason`: SHA-256 of its text."""

    member: Ref
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
