"""The log's proof inside a decision's PDF: that the decision was entered before it was sealed. Pure."""

from collections.abc import Collection, Iterator, Sequence

from procurement.decisions.entries import DecisionDrawnUp
from procurement.errors import N_, Problem
from procurement.publiclog.checkpoint import VerifierKey
from procurement.publiclog.entry import EntryError, unseal
from procurement.publiclog.receipt import Receipt
from procurement.publiclog.verify import ProofError


def faults_of_proof(
    proof: bytes,
    document: str,
    keys: Sequence[VerifierKey],
    logged: Collection[tuple[int, bytes]] | None = None,
) -> Iterator[Problem]:
    """What is wrong with a receipt inside a PDF: it must lead, under a checkpoint signed by one of the log's `keys`,
    from an entry that draws up the decision whose data has the SHA-256 `document`. `logged`: index and bytes of the
    entries that are known from elsewhere, of which it must be one."""
    try:
        receipt = Receipt.parse(proof.decode())
        key = next((key for key in keys if receipt.signed_with(key)), keys[0])
        receipt.check(None, [key])
        entry = unseal(receipt.entry or b"").entry
    except (ProofError, EntryError, UnicodeDecodeError) as error:
        yield Problem(N_("The proof does not hold: %(why)s"), {"why": str(error)})
        return
    if not isinstance(entry, DecisionDrawnUp) or entry.document != document:
        yield Problem(N_("What is proved is not that this decision was drawn up."))
    elif logged is not None and (receipt.index, receipt.entry) not in logged:
        yield Problem(N_("What is proved is not the entry that stands in the log at that place."))
