"""What the log says about itself."""

from collections.abc import Iterable, Mapping
from enum import StrEnum
from types import MappingProxyType

from procurement.errors import N_
from procurement.publiclog.entry import Code, Digest, Entry, Salted, digest_of


class Ground(StrEnum):
    """Why personal data must be erased (Personal Information Protection Law art. 47, first paragraph)."""

    PURPOSE_ACHIEVED = "pipl-47-1"
    PERIOD_OVER = "pipl-47-2"
    CONSENT_WITHDRAWN = "pipl-47-3"
    UNLAWFUL = "pipl-47-4"
    OTHER_LAW = "pipl-47-5"


GROUND_NAMES: Mapping[Ground, str] = MappingProxyType(
    {
        Ground.PURPOSE_ACHIEVED: N_(
            "the purpose is achieved, cannot be achieved, or no longer needs the data (PIPL art. 47 no. 1)"
        ),
        Ground.PERIOD_OVER: N_("the service has ended, or the period of retention is over (PIPL art. 47 no. 2)"),
        Ground.CONSENT_WITHDRAWN: N_("the person withdrew consent (PIPL art. 47 no. 3)"),
        Ground.UNLAWFUL: N_("the data was handled against the law or an agreement (PIPL art. 47 no. 4)"),
        Ground.OTHER_LAW: N_("another law or regulation demands it (PIPL art. 47 no. 5)"),
    }
)


class DataErased(
    Entry,
    kind="log.data_erased",
    title=N_("Personal data was erased"),
    labels={
        "ground": N_("Ground in law"),
        "subject": N_("Kind of person"),
        "parts": N_("What was erased"),
        "kept": N_("What stays, since the law demands it"),
        "files": N_("How many files were taken out of the store"),
        "disclosures": N_("How many salted digests nobody can open any more"),
    },
):
    """`person`: the stable reference of whoever it was. `reason`: SHA-256 of the office's note. `digests`: which
    digests these are (`digest_of_erased`), so that a disclosure that is merely gone is told from an erased one."""

    subject: Code
    person: Salted
    ground: Code
    reason: Digest
    parts: tuple[Code, ...]
    kept: tuple[Code, ...]
    files: int
    disclosures: int
    digests: Digest


def digest_of_erased(digests: Iterable[str]) -> str:
    """SHA-256 in hex over salted digests, sorted, one a line."""
    return digest_of("".join(f"{digest}\n" for digest in sorted(digests)))


class KeySucceeded(
    Entry,
    kind="log.key_succeeded",
    title=N_("The log's key handed over to a new one"),
    labels={
        "old": N_("Key until now"),
        "new": N_("Key from now on"),
        "old_signs": N_("The old key signs the handover"),
    },
):
    """Both keys in full, as `name+id+base64`. `reason`: SHA-256 of the office's note. The checkpoint that covers this
    entry first is signed by both, later ones by the new key alone; where the old key was lost, `old_signs` is false,
    and nobody who trusts the old key has a reason to trust the new one."""

    old: str
    new: str
    old_signs: bool
    reason: Digest
