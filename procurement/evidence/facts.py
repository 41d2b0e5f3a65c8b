"""What the check is made of: facts and their outcomes, whom a checker trusts, the record that is checked. Pure."""

import json
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from functools import cached_property
from hashlib import sha256
from types import ModuleType
from typing import Any, TypeVar

from procurement.errors import N_, Problem, RuleBroken
from procurement.evidence.bundle import Ballot, Bundle, NotEvidence, ProvedEntry
from procurement.evidence.course import milestones_in
from procurement.publiclog.checkpoint import VerifierKey
from procurement.publiclog.entry import Entry, Envelope, UnknownKind
from procurement.rounds.entries import RoundAmended, RoundPublished
from procurement.rounds.phases import Course
from procurement.rounds.rules import RoundDocument

E = TypeVar("E", bound=Entry)

_DIGEST = re.compile(r'"([0-9a-f]{64})"')


class Outcome(StrEnum):
    """What is the case with a fact."""

    HOLDS = "holds"
    FAILS = "does not hold"
    UNKNOWN = "cannot be told"


OUTCOMES = {
    Outcome.HOLDS: N_("holds"),
    Outcome.FAILS: N_("does not hold"),
    Outcome.UNKNOWN: N_("cannot be told"),
}


@dataclass(frozen=True, slots=True)
class Fact:
    """One thing that was checked. `code` is stable; `claim` is what would be the case; `details` say what is not, or
    why it cannot be told, or what is to be known besides (Told)."""

    code: str
    claim: str
    outcome: Outcome
    details: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True)
class Policy:
    """Whom the checker trusts. Without keys of one's own, the log's key is the one in the file.

    `log`: the log's key; `witnesses`: their keys; `quorum`: how many witnesses must have signed the checkpoint;
    `pdf`: what reads the signatures of a decision, or None where that is not at hand.
    """

    log: VerifierKey | None = None
    witnesses: tuple[VerifierKey, ...] = ()
    quorum: int = 0
    pdf: "Callable[[bytes], PdfReading] | None" = None


@dataclass(frozen=True, slots=True)
class PdfReading:
    """What the signatures of a PDF say. `twin`: the decision inside it; `proof`: the log's proof of it;
    `fingerprints`: SHA-256 of each certificate, by field, in the order of signing; `sound`: every signature;
    `trusted` is None without roots of one's own."""

    sound: bool
    covered: bool
    trusted: bool | None
    fingerprints: dict[str, str]
    twin: bytes | None
    proof: bytes | None = None


@dataclass(frozen=True, slots=True)
class Report:
    """All facts, in the order of the process."""

    round_ref: str
    facts: tuple[Fact, ...]

    @property
    def fine(self) -> bool:
        """Whether nothing that was checked fails."""
        return all(fact.outcome is not Outcome.FAILS for fact in self.facts)

    @property
    def bottom_line(self) -> str:
        """One sentence."""
        if not self.fine:
            return N_("This record does not hold together: see what does not hold.")
        if any(fact.outcome is Outcome.UNKNOWN for fact in self.facts):
            return N_("Nothing that could be checked is wrong. Some things cannot be told from this file alone.")
        if any(fact.details for fact in self.facts):
            return N_("The round kept its own rules, as far as a record can show it; something came late.")
        return N_("The round kept its own rules, as far as a record can show it.")

    def as_json(self) -> dict[str, Any]:
        """For machines."""
        return {
            "round": self.round_ref,
            "fine": self.fine,
            "facts": [
                {
                    "code": fact.code,
                    "claim": fact.claim,
                    "outcome": fact.outcome.value,
                    "details": [str(problem) for problem in fact.details],
                }
                for fact in self.facts
            ],
        }


class Unknown(Exception):
    """Raised by a check that cannot say; carries why."""

    def __init__(self, why: str, **params: Any) -> None:
        super().__init__(why)
        self.problem = Problem(why, params)


@dataclass(frozen=True, slots=True)
class Told:
    """Yielded by a check for what is to be known and is no fault: the fact holds all the same."""

    problem: Problem


@dataclass(frozen=True)
class Record:
    """An evidence file, read: the entries as they happened, and the documents beside them. `lines`: every entry, also
    those of kinds that are not declared here."""

    bundle: Bundle
    policy: Policy
    lines: tuple[tuple[ProvedEntry, Envelope | UnknownKind], ...] = field(default=())

    @cached_property
    def entries(self) -> list[tuple[ProvedEntry, Envelope]]:
        """The entries that can be read."""
        return [(proved, line) for proved, line in self.lines if isinstance(line, Envelope)]

    @cached_property
    def envelopes(self) -> list[Envelope]:
        return [envelope for _, envelope in self.entries]

    def of(self, kind: type[E]) -> list[tuple[int, datetime, E]]:
        """(position among the round's entries, instant, entry) of every entry of a kind."""
        return list(self._by_kind.get(kind, ()))

    @cached_property
    def _by_kind(self) -> dict[type[Entry], list[tuple[int, datetime, Any]]]:
        found = defaultdict(list)
        for n, envelope in enumerate(self.envelopes):
            found[type(envelope.entry)].append((n, envelope.at, envelope.entry))
        return dict(found)

    @cached_property
    def courses(self) -> list[Course]:
        """The course of the round as it was before each entry."""
        return self._courses[:-1]

    @property
    def course(self) -> Course:
        """The course of the round after all entries."""
        return self._courses[-1]

    @cached_property
    def _courses(self) -> list[Course]:
        course = Course()
        found = [course]
        for proved, envelope in self.entries:
            try:
                for milestone in milestones_in(envelope):
                    course = course.after(milestone)
            except ValueError as error:
                raise NotEvidence(f"entry {proved.index}: {error}") from error
            found.append(course)
        return found

    @cached_property
    def rules(self) -> list[tuple[int, datetime, str]]:
        """(position, instant, SHA-256) of each version of the rules, oldest first."""
        published = [(n, at, entry.rules) for n, at, entry in self.of(RoundPublished)]
        amended = [(n, at, entry.rules) for n, at, entry in self.of(RoundAmended)]
        return sorted(published + amended)

    @cached_property
    def documents(self) -> dict[str, RoundDocument]:
        """SHA-256 → the frozen rules with that hash."""
        found = {}
        for content in self.bundle.below("rules", ".json").values():
            try:
                found[sha256(content).hexdigest()] = RoundDocument.from_json(json.loads(content))
            except (ValueError, RuleBroken):
                continue  # the check of the rules names what is missing
        return found

    def rules_at(self, position: int) -> RoundDocument:
        """The rules in force at an entry. Raises Unknown when they are not in the file."""
        in_force = [digest for n, _, digest in self.rules if n <= position]
        if not in_force or in_force[-1] not in self.documents:
            raise Unknown(N_("The rules are not in the file."))
        return self.documents[in_force[-1]]

    @cached_property
    def named(self) -> frozenset[str]:
        """Every SHA-256 that an entry of the round names."""
        return frozenset(_DIGEST.findall(b"\n".join(proved.body for proved, _ in self.lines).decode()))

    @cached_property
    def texts(self) -> dict[str, str]:
        """SHA-256, worked out here → a public text that an entry names by it."""
        texts = (str(line.get("text")) for line in self.bundle.lines("texts.ndjson"))
        return {sha256(text.encode()).hexdigest(): text for text in texts}

    @cached_property
    def ballots(self) -> dict[str, Ballot]:
        """Commitment → the sheet as it was opened."""
        return {ballot.commitment: ballot for ballot in self.sheets}

    @cached_property
    def sheets(self) -> list[Ballot]:
        """The sheets as they stand in the file."""
        return self.bundle.ballots()


@dataclass(frozen=True, slots=True)
class Check:
    """One check: what it claims, and what yields the problems with it (or raises Unknown)."""

    code: str
    claim: str
    run: Callable[[Record], Iterator[Problem | Told]]


def checks(code: str, claim: str) -> Callable[[Callable[[Record], Iterator[Problem | Told]]], Check]:
    """Make a check of a function."""
    return lambda run: Check(code, claim, run)


def checks_in(modules: Iterable[ModuleType]) -> list[Check]:
    """The checks that `modules` define, in the order in which they stand there."""
    return [value for module in modules for value in vars(module).values() if isinstance(value, Check)]
