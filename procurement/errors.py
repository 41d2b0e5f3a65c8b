"""Why an act is refused. Three questions, three errors; and one for what does not exist.

    Refused                  something was asked for and is not done
    ├── NotFound     (404)   there is no such thing, or not for this person
    ├── NotAllowed   (403)   this person may not do this, here or ever
    ├── WrongPhase   (409)   it may not happen now, or no longer
    └── RuleBroken   (422)   the content is not right; carries one Problem for each fault
        └── Unavailable      somebody else, whose answer is needed, does not answer: it may be tried again

Messages are English source texts marked with `N_`, so that the page that shows them can translate them;
their parameters are kept apart for the same reason.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


def N_(text: str) -> str:
    """Mark `text` for translation without translating it here: rules know no language."""
    return text


@dataclass(frozen=True, slots=True)
class Problem:
    """One fault in one sentence.

    `message` is an English source text with `%(name)s` placeholders, `params` fills them, and `field` names
    the form field it belongs to (None: the whole). A parameter may be an `N_` text itself.
    """

    message: str
    params: Mapping[str, Any] = field(default_factory=dict)
    field: str | None = None

    def __str__(self) -> str:
        return self.message % self.params if self.params else self.message


class Refused(Exception):
    """Root of every refusal. `status` is the HTTP status that the edge answers with."""

    status = 400

    def __init__(self, message: str | Problem, *more: Problem, field: str | None = None, **params: Any) -> None:
        first = message if isinstance(message, Problem) else Problem(message, params, field)
        self.problems: tuple[Problem, ...] = (first, *more)
        super().__init__("; ".join(str(p) for p in self.problems))

    def __reduce__(self) -> tuple[type["Refused"], tuple[Problem, ...]]:
        # A refusal keeps its problems on the way out of a worker process.
        return type(self), self.problems


class NotFound(Refused):
    """There is no such thing, or it is not for this person to know that there is."""

    status = 404


class NotAllowed(Refused):
    """This person may not do this."""

    status = 403


class WrongPhase(Refused):
    """The round, or the thing concerned, is not in a phase in which this may happen."""

    status = 409


class RuleBroken(Refused):
    """The content breaks a rule. Raise it with every problem found, not only the first."""

    status = 422


class Unavailable(RuleBroken):
    """A service outside that is needed did not answer. Nothing is wrong with what was asked; try again later."""


def refuse_if(problems: list[Problem]) -> None:
    """Raise RuleBroken with all `problems`, or return when there are none."""
    if problems:
        raise RuleBroken(*problems)
