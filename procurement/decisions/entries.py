"""What the public log says about decisions."""

from procurement.errors import N_
from procurement.publiclog.entry import Code, Digest, Entry, Ref, Salted


class PlaceGivenUp(
    Entry,
    kind="decision.place_given_up",
    title=N_("A merchant gave up its place in the result"),
    labels={"application": N_("Application"), "reason": N_("SHA-256 of the reason")},
):
    """The reserves move up in their order, by the next decision of the round."""

    application: Ref
    reason: Digest


class DecisionDrawnUp(
    Entry,
    kind="decision.drawn_up",
    title=N_("A decision was drawn up"),
    labels={
        "decision": N_("Decision"),
        "document": N_("SHA-256 of the decision"),
        "effect": N_("Effect"),
        "departs": N_("Departs from the ranking"),
        "signatories": N_("Signatures needed"),
        "instead_of": N_("Takes the place of the unpublished"),
    },
):
    """`document`: SHA-256 of the RFC 8785 text; `instead_of`: a version that was never published."""

    decision: Ref
    document: Digest
    effect: Code
    departs: bool
    signatories: int
    instead_of: Ref | None


class DecisionWithdrawn(
    Entry,
    kind="decision.withdrawn",
    title=N_("An unpublished decision was withdrawn: what it rests on has changed"),
    labels={"decision": N_("Decision"), "cause": N_("Because of")},
):
    """`cause`: the objection or the request for recusal whose outcome changed the result."""

    decision: Ref
    cause: Ref


class DecisionSealed(
    Entry,
    kind="decision.sealed",
    title=N_("The decision was set as a PDF and sealed"),
    labels={
        "decision": N_("Decision"),
        "base": N_("SHA-256 of the PDF before the seal"),
        "file": N_("SHA-256 of the PDF"),
        "certificate": N_("SHA-256 of the certificate"),
    },
):
    """Anybody can make `base` again from the decision; `certificate` is the office seal's."""

    decision: Ref
    base: Digest
    file: Digest
    certificate: Digest


class DecisionApproved(
    Entry,
    kind="decision.approved",
    title=N_("A signatory approved the decision for signature"),
    labels={
        "decision": N_("Decision"),
        "document": N_("SHA-256 of the decision"),
        "field": N_("Signature field"),
        "dissent": N_("SHA-256 of the dissenting opinion"),
    },
):
    """The signatory's own act. Who it was stands in the envelope."""

    decision: Ref
    document: Digest
    field: Code
    dissent: Digest | None


class DecisionDeclined(
    Entry,
    kind="decision.declined",
    title=N_("A member refused to sign the decision"),
    labels={
        "decision": N_("Decision"),
        "field": N_("Signature field"),
        "reason": N_("SHA-256 of the reason"),
    },
):
    """The member's own act; the reason is public."""

    decision: Ref
    field: Code
    reason: Digest


class DecisionSigned(
    Entry,
    kind="decision.signed",
    title=N_("A signature was put into the decision"),
    labels={
        "decision": N_("Decision"),
        "field": N_("Signature field"),
        "file": N_("SHA-256 of the PDF"),
        "certificate": N_("SHA-256 of the certificate"),
    },
):
    """`file`: the PDF with this signature; `signatory`: the account whose approval it carries out."""

    decision: Ref
    field: Code
    file: Digest
    certificate: Digest
    signatory: Salted


class DecisionPublished(
    Entry,
    kind="decision.published",
    title=N_("The decision was published"),
    labels={
        "decision": N_("Decision"),
        "document": N_("SHA-256 of the decision"),
        "file": N_("SHA-256 of the PDF"),
        "supersedes": N_("Supersedes"),
        "declined": N_("Signature fields whose member refused"),
        "deemed": N_("Signature fields whose member was silent and is taken to agree"),
    },
):
    """`file`: the signed PDF that is published for good."""

    decision: Ref
    document: Digest
    file: Digest
    supersedes: Ref | None
    declined: tuple[Code, ...]
    deemed: tuple[Code, ...]


class DecisionRenewed(
    Entry,
    kind="decision.renewed",
    title=N_("The file of a decision got a new time-stamp"),
    labels={
        "decision": N_("Decision"),
        "number": N_("Edition"),
        "before": N_("SHA-256 of the PDF before"),
        "file": N_("SHA-256 of the PDF"),
    },
):
    """Nothing but a document time-stamp stands behind the bytes of the file before, which stays as it is."""

    decision: Ref
    number: int
    before: Digest
    file: Digest


class CertificateRegistered(
    Entry,
    kind="decision.certificate_registered",
    title=N_("A signatory brought a certificate of their own"),
    labels={
        "certificate": N_("SHA-256 of the certificate"),
        "bundle": N_("SHA-256 of the file with those that lead to its root"),
        "named": N_("Names the person as the account does"),
    },
):
    """It does not count before somebody else confirms it. Whose it is stands in the envelope."""

    certificate: Digest
    bundle: Digest
    named: bool


class CertificateConfirmed(
    Entry,
    kind="decision.certificate_confirmed",
    title=N_("A signatory's own certificate was confirmed"),
    labels={"certificate": N_("SHA-256 of the certificate"), "replaces": N_("In place of the certificate")},
):
    """Whoever confirms it has seen that it is that person's. `replaces`: the one that counted until now."""

    certificate: Digest
    replaces: Digest | None


class CertificateEnded(
    Entry,
    kind="decision.certificate_ended",
    title=N_("A signatory's own certificate does not count any more"),
    labels={"certificate": N_("SHA-256 of the certificate"), "because": N_("Reason")},
):
    """What was signed with it before stays signed."""

    certificate: Digest
    because: Code
