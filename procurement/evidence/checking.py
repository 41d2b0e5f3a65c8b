"""`sunlit verify`: an evidence file and a policy in, a report out."""

from datetime import datetime
from functools import cache, partial
from pathlib import Path

from procurement.errors import N_, Refused
from procurement.evidence.bundle import NotEvidence, unpack
from procurement.evidence.check import check
from procurement.evidence.facts import Policy, Report
from procurement.evidence.pdf_reading import read_pdf, roots_in
from procurement.evidence.policy import Trusted, read_policy


def verify_file(content: bytes, policy_path: str | None, *, now: datetime) -> Report:
    """Check the evidence file `content`. Raises Refused when it is none, or when the policy cannot be used."""
    trusted = read_policy(Path(policy_path)) if policy_path else Trusted(None, (), 0, ())
    try:
        roots = roots_in(trusted.roots)
    except ValueError as error:
        raise Refused(N_("A root certificate cannot be read: %(why)s"), why=str(error)) from error

    try:
        bundle = unpack(content)
    except NotEvidence as error:
        raise Refused(N_("This is not an evidence file: %(why)s"), why=str(error)) from error
    return check(
        bundle, Policy(trusted.log, trusted.witnesses, trusted.quorum, cache(partial(read_pdf, roots=roots, now=now)))
    )
