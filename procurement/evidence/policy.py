"""Whom a checker trusts, written down in a file: one line each, `#` begins a comment.

log example.org/log+1a2b3c4d+AQ…           the log's public key
witness w.example.org+5e6f7a8b+BA…         a witness's key; any number
quorum 1                                   how many of them must have signed (default: all)
root roots.pem                             certificates that seals and signatories chain to, beside this file
"""

from dataclasses import dataclass
from pathlib import Path

from procurement.errors import N_, Problem, RuleBroken
from procurement.publiclog.checkpoint import NoteError, VerifierKey


@dataclass(frozen=True, slots=True)
class Trusted:
    """What a policy file says. `roots`: PEM files' bytes."""

    log: VerifierKey | None
    witnesses: tuple[VerifierKey, ...]
    quorum: int
    roots: tuple[bytes, ...]


def read_policy(path: Path) -> Trusted:
    """The policy in a file. Raises RuleBroken naming every line that cannot be used."""
    log: VerifierKey | None = None
    witnesses: list[VerifierKey] = []
    roots: list[bytes] = []
    quorum: int | None = None
    problems: list[Problem] = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        word, _, value = line.partition("#")[0].strip().partition(" ")
        value = value.strip()
        try:
            match word:
                case "":
                    continue
                case "log":
                    log = VerifierKey.parse(value)
                case "witness":
                    witnesses.append(VerifierKey.parse(value))
                case "quorum":
                    quorum = int(value)
                case "root":
                    roots.append((path.parent / value).read_bytes())
                case _:
                    problems.append(Problem(N_("Line %(number)s: log, witness, quorum or root?"), {"number": number}))
        except (NoteError, ValueError, OSError) as error:
            problems.append(Problem(N_("Line %(number)s: %(why)s"), {"number": number, "why": str(error)}))
    if quorum is not None and not 0 <= quorum <= len(witnesses):
        problems.append(Problem(N_("The quorum is larger than the number of witnesses.")))
    if problems:
        raise RuleBroken(*problems)
    return Trusted(log, tuple(witnesses), len(witnesses) if quorum is None else quorum, tuple(roots))
