"""What the public log says of businesses. Their particulars enter only as salted digests: a farmer's are personal
data, and one form serves all. Whose they are is the business (`merchant:M-000123`)."""

from datetime import date, datetime

from procurement.errors import N_
from procurement.publiclog.entry import Code, Digest, Entry, Ref, Salted


class MerchantRegistered(Entry, kind="merchant.registered", title=N_("A business was registered")):
    """Whoever registers it acts for it from then on. `authority`: SHA-256 of the signed paper that lets somebody act
    who does not belong to it (`assisted`)."""

    merchant: Ref
    business: Code
    particulars: Salted
    assisted: bool
    authority: Digest | None


class RegisteredAtCounter(
    Entry, kind="merchant.at_counter", title=N_("A clerk registered a business for a person at the counter")
):
    """Follows `merchant.registered`. `document`: the kind of document by which the clerk knew the person; `agreed`:
    SHA-256 of what the person agreed to, in English; `paper`: of the file of what they signed."""

    merchant: Ref
    document: Code
    capacity: Digest
    agreed: Digest
    paper: Digest | None


class TakeOverIssued(
    Entry, kind="merchant.take_over_issued", title=N_("A code was printed with which a business can be taken over")
):
    """It ends any earlier code for this business."""

    merchant: Ref
    expires: datetime


class TakeOverFailed(
    Entry, kind="merchant.take_over_failed", title=N_("A wrong code was typed for taking a business over")
):
    """`tries`: how many wrong ones there have been for the code that was meant."""

    merchant: Ref
    tries: int


class TakenOver(Entry, kind="merchant.taken_over", title=N_("A person took over a business that a clerk registered")):
    """With the code. Who did is the entry's own person; no clerk acts for the business any more."""

    merchant: Ref


class MerchantChanged(Entry, kind="merchant.changed", title=N_("Particulars of a business were changed")):
    merchant: Ref
    fields: tuple[Code, ...]
    particulars: Salted


class ConsentGiven(Entry, kind="merchant.consented", title=N_("A natural person agreed to being published in full")):
    """`words`: SHA-256 of what was agreed to, in English. Who agreed is the entry's own person."""

    merchant: Ref
    purpose: Code
    words: Digest


class ConsentWithdrawn(Entry, kind="merchant.consent_withdrawn", title=N_("A natural person took a consent back")):
    merchant: Ref
    purpose: Code


class PersonAdded(Entry, kind="merchant.person_added", title=N_("Somebody may now act for a business")):
    """`authority`: SHA-256 of the signed paper that lets a helper."""

    merchant: Ref
    person: Salted
    helper: bool
    authority: Digest | None


class PersonRemoved(Entry, kind="merchant.person_removed", title=N_("Somebody no longer acts for a business")):
    merchant: Ref
    person: Salted


class CertificateAdded(Entry, kind="certificate.added", title=N_("A business added a certificate")):
    merchant: Ref
    certificate: int
    type: Code
    facts: Salted
    file: Digest
    expires: date | None


class CertificateRemoved(Entry, kind="certificate.removed", title=N_("A business removed a certificate")):
    merchant: Ref
    certificate: int


class CertificateChecked(Entry, kind="certificate.checked", title=N_("The office checked a certificate")):
    merchant: Ref
    certificate: int
    outcome: Code
    how: Digest


class DisclosureMade(
    Entry, kind="merchant.disclosed", title=N_("A business said who owns it and what it was fined for")
):
    merchant: Ref
    version: int
    disclosure: Salted


class RecordSearched(Entry, kind="merchant.searched", title=N_("The office looked a business up in a register")):
    merchant: Ref
    source: Code
    on: date
    found: bool
    result: Digest
    picture: Digest


class DebarmentEntered(Entry, kind="debarment.entered", title=N_("A business was debarred from applying")):
    debarment: Ref
    merchant: Ref
    ground: Code
    reason: Digest
    remedy: Digest
    evidence: Digest
    starts: date
    ends: date


class DebarmentAppealed(
    Entry, kind="debarment.appealed", title=N_("The state of an appeal against a debarment was noted")
):
    debarment: Ref
    state: Digest


class DebarmentLifted(Entry, kind="debarment.lifted", title=N_("A debarment was lifted before its end")):
    debarment: Ref
    on: date
    reason: Digest
