"""What an applicant may be asked to complete while the application is checked, and the answer. Pure.

A request has its own deadline. While it runs no verdict is given; without an answer it ends by the clock, and the
application is judged as it stands. An answer stands beside what was submitted and changes nothing in it.
"""

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from procurement.applications.checklist import Item
from procurement.errors import N_, Problem
from procurement.masking import public_text_problems
from procurement.rounds import canonical

TEXT = (10, 4000)
"""Shortest and longest request or answer, in characters."""
MOST_FILES = 20


@dataclass(frozen=True, slots=True)
class SentFile:
    """A file of an answer: `digest` is the SHA-256 of its bytes, `size` in bytes. Without `public` it is read by the
    organiser, the supervisor and the committee only."""

    name: str
    digest: str
    media_type: str
    size: int
    public: bool


@dataclass(frozen=True, slots=True)
class Answer:
    """What is hashed of an answer to the request `request` (its reference)."""

    request: str
    text: str
    files: tuple[SentFile, ...] = ()

    @property
    def document(self) -> str:
        """The RFC 8785 text that is hashed."""
        return canonical.canonical_text({"format": 1, **canonical.write(self)})

    @classmethod
    def from_text(cls, text: str) -> "Answer":
        """The answer that `text` writes. Raises ValueError for an unknown format, RuleBroken for a shape."""
        raw: Any = json.loads(text)
        if not isinstance(raw, dict) or raw.pop("format", None) != 1:
            raise ValueError("not an answer of a known format")
        answer: Answer = canonical.read_whole(cls, raw)
        return answer


def check_request(text: str, items: Collection[Item], *, running: bool) -> list[Problem]:
    """Faults of a request. `running`: whether another one for this application is still awaited."""
    problems = _check_text(text, "text", N_("Say what is missing and what the applicant must send."))
    if not items:
        problems.append(Problem(N_("Choose at least one item of the checklist."), field="items"))
    if running:
        problems.append(Problem(N_("Another supplement of this application is still awaited.")))
    return problems


def check_answer(text: str, files: Sequence[SentFile]) -> list[Problem]:
    """Faults of an answer: words are needed, files may be."""
    problems = _check_text(text, "text", N_("Say what you send and what it shows, or why there is nothing to send."))
    if len(files) > MOST_FILES:
        problems.append(Problem(N_("At most %(limit)s files may be attached."), {"limit": MOST_FILES}, "upload"))
    return problems


def _check_text(text: str, field: str, message: str) -> list[Problem]:
    shortest, longest = TEXT
    if len(text.strip()) < shortest:
        return [Problem(message, field=field)]
    if len(text) > longest:
        return [Problem(N_("This answer may have at most %(limit)s characters."), {"limit": longest}, field)]
    return public_text_problems(text, field)
