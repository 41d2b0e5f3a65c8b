"""The only definition of a round's phase: milestones (what people did) and the time (what the clock did).

Nothing stores a phase and no job moves one, so no delay of a job can change anybody's right. Deadlines are half-open:
at the closing instant itself the window is over.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from procurement.errors import N_, WrongPhase


class Phase(StrEnum):
    """Phases in their order (process.md); the last three are side exits."""

    DRAFT = "draft"
    OPEN = "open"
    CHECKING = "checking"
    FORMING = "forming"
    SCORING = "scoring"
    OPENED = "opened"
    NOTICE = "notice"
    RULING = "ruling"
    DECIDING = "deciding"
    DECIDED = "decided"
    CLOSED = "closed"
    HELD = "held"
    ABORTED = "aborted"


PHASE_NAMES = {
    Phase.DRAFT: N_("being drafted"),
    Phase.OPEN: N_("open for applications"),
    Phase.CHECKING: N_("applications being checked"),
    Phase.FORMING: N_("committee being formed"),
    Phase.SCORING: N_("being scored"),
    Phase.OPENED: N_("scores opened"),
    Phase.NOTICE: N_("result on public notice"),
    Phase.RULING: N_("objections being ruled on"),
    Phase.DECIDING: N_("decision being drawn up"),
    Phase.DECIDED: N_("decided"),
    Phase.CLOSED: N_("closed"),
    Phase.HELD: N_("held by the supervisor"),
    Phase.ABORTED: N_("ended without a selection"),
}


class Kind(StrEnum):
    """Kinds of milestones. Those marked * set a deadline in `closes`."""

    PUBLISHED = "published"  # * applications close
    AMENDED = "amended"  # * applications close, anew
    CHECKING_CLOSED = "checking_closed"
    SCORING_BEGAN = "scoring_began"  # * sheets may be sealed until
    SCORES_OPENED = "scores_opened"
    NOTICE_GIVEN = "notice_given"  # * objections may be filed until
    OBJECTION_FILED = "objection_filed"  # subject: the objection's ref
    OBJECTION_SETTLED = "objection_settled"  # inadmissible, withdrawn, or ruled on and carried out
    AMENDMENT_ORDERED = "amendment_ordered"  # by a ruling; subject: the objection's ref; an amendment carries it out
    ANNULMENT_ORDERED = "annulment_ordered"  # likewise; another decision carries it out
    SUSPENDED = "suspended"  # * the outside authority stops the award until then; subject: the objection's ref
    SUSPENSION_ENDED = "suspension_ended"
    REOPENED_CHECKING = "reopened_checking"  # an upheld objection sends the round back
    REOPENED_FORMING = "reopened_forming"
    REOPENED_TALLY = "reopened_tally"  # back to opened scores: a new notice follows
    DECISION_PUBLISHED = "decision_published"
    CLOSED = "closed"
    HELD = "held"
    RESUMED = "resumed"  # * the deadline that was running when the round was held, counted anew
    ABORTED = "aborted"


@dataclass(frozen=True, slots=True)
class Stop:
    """A time in which a clock stood still, and why (clocks.STOPS). `ended`: None while it still stands. The days that
    it touches do not count (clocks.running)."""

    began: datetime
    ended: datetime | None
    why: str = "held"


class MilestoneLike(Protocol):
    """What the fold reads of a milestone."""

    @property
    def kind(self) -> str: ...
    @property
    def subject(self) -> str: ...
    @property
    def at(self) -> datetime: ...
    @property
    def closes(self) -> datetime | None: ...


@dataclass(frozen=True, slots=True)
class Course:
    """What the milestones say, whatever the time. Instants are aware UTC."""

    published: datetime | None = None
    applications_close: datetime | None = None
    checking_closed: datetime | None = None
    rechecking: datetime | None = None  # since when a ruling has applications checked once more
    scoring_began: datetime | None = None
    scoring_closes: datetime | None = None
    scores_opened: datetime | None = None
    notice_given: datetime | None = None
    notice_closes: datetime | None = None
    open_objections: frozenset[str] = frozenset()
    settled: datetime | None = None  # when the last objection was
    ordered_amendments: frozenset[str] = frozenset()
    ordered_annulments: frozenset[str] = frozenset()
    suspended: tuple[tuple[str, datetime], ...] = ()
    """(the objection's ref, until when the outside authority has stopped the award)."""
    decided: datetime | None = None
    closed: datetime | None = None
    held: datetime | None = None
    aborted: datetime | None = None
    stops: tuple[Stop, ...] = ()
    """Every hold: all clocks in the round stand still meanwhile."""

    @classmethod
    def of(cls, milestones: Iterable[MilestoneLike]) -> "Course":
        """Fold `milestones`, in the order in which they were recorded."""
        course = cls()
        for milestone in milestones:
            course = course.after(milestone)
        return course

    def after(self, m: MilestoneLike) -> "Course":  # noqa: C901 (one case for each kind, nothing nested)
        match Kind(m.kind):
            case Kind.PUBLISHED:
                return replace(self, published=m.at, applications_close=m.closes)
            case Kind.AMENDED:
                return replace(
                    self, applications_close=m.closes or self.applications_close, ordered_amendments=frozenset()
                )
            case Kind.CHECKING_CLOSED:
                return replace(self, checking_closed=m.at, rechecking=None)
            case Kind.SCORING_BEGAN:
                return replace(self, scoring_began=m.at, scoring_closes=m.closes)
            case Kind.SCORES_OPENED:
                return replace(self, scores_opened=m.at)
            case Kind.NOTICE_GIVEN:
                return replace(self, notice_given=m.at, notice_closes=m.closes)
            case Kind.OBJECTION_FILED:
                return replace(self, open_objections=self.open_objections | {m.subject})
            case Kind.OBJECTION_SETTLED:
                return replace(self, open_objections=self.open_objections - {m.subject}, settled=m.at)
            case Kind.AMENDMENT_ORDERED:
                return replace(self, ordered_amendments=self.ordered_amendments | {m.subject})
            case Kind.ANNULMENT_ORDERED:
                return replace(self, ordered_annulments=self.ordered_annulments | {m.subject})
            case Kind.SUSPENDED if m.closes is not None:
                return replace(self, suspended=(*self._suspended_by_others(m.subject), (m.subject, m.closes)))
            case Kind.SUSPENDED | Kind.SUSPENSION_ENDED:
                return replace(self, suspended=self._suspended_by_others(m.subject))
            case Kind.REOPENED_TALLY:
                return replace(self, notice_given=None, notice_closes=None)
            case Kind.REOPENED_FORMING:
                return replace(self._after_reopening_scores(), checking_closed=self.checking_closed)
            case Kind.REOPENED_CHECKING:
                return replace(self._after_reopening_scores(), rechecking=m.at)
            case Kind.DECISION_PUBLISHED:
                return replace(self, decided=m.at, ordered_annulments=frozenset())
            case Kind.CLOSED:
                return replace(self, closed=m.at)
            case Kind.HELD:
                return replace(self, held=m.at, stops=(*self.stops, Stop(m.at, None)))
            case Kind.RESUMED:
                return self._resumed(m.at, m.closes)
            case Kind.ABORTED:
                return replace(self, aborted=m.at)

    def _suspended_by_others(self, subject: str) -> tuple[tuple[str, datetime], ...]:
        return tuple(one for one in self.suspended if one[0] != subject)

    def _after_reopening_scores(self) -> "Course":
        return replace(
            self,
            checking_closed=None,
            scoring_began=None,
            scoring_closes=None,
            scores_opened=None,
            notice_given=None,
            notice_closes=None,
        )

    def _resumed(self, at: datetime, closes: datetime | None) -> "Course":
        """The hold is over; `closes`: the deadline that was running, counted anew without the days of the hold."""
        if self.held is None:
            return self
        stops = tuple(Stop(stop.began, at, stop.why) if stop.ended is None else stop for stop in self.stops)
        name = self.standing
        moved = {} if closes is None or name is None else {name: closes}
        return replace(self, held=None, stops=stops, **moved)  # type: ignore[arg-type]

    @property
    def standing(self) -> str | None:
        """Of a round on hold: the name of the deadline that was running when it was held, if one was."""
        if self.held is None:
            return None
        name = {
            Phase.OPEN: "applications_close",
            Phase.SCORING: "scoring_closes",
            Phase.NOTICE: "notice_closes",
        }.get(self.under_hold(self.held))
        closes = getattr(self, name) if name else None
        return name if closes is not None and self.held < closes else None

    def under_hold(self, now: datetime) -> Phase:
        """The phase at `now` as if nobody had held the round: of a round on hold the one in which it stands."""
        held = self.held
        return self.phase_at(now) if held is None else replace(self, held=None).phase_at(min(now, held))

    def phase_at(self, now: datetime) -> Phase:
        """The phase at `now` (aware). The order of the questions is the order of the process, backwards."""
        if self.published is None:
            return Phase.DRAFT
        if self.aborted is not None:
            return Phase.ABORTED
        if self.closed is not None:
            return Phase.CLOSED
        if self.decided is not None:
            return Phase.DECIDED
        if self.held is not None:
            return Phase.HELD
        if self.notice_given is not None and self.notice_closes is not None:
            if now < self.notice_closes:
                return Phase.NOTICE
            return Phase.RULING if self.frozen(now) else Phase.DECIDING
        if self.scores_opened is not None:
            return Phase.OPENED
        if self.scoring_began is not None:
            return Phase.SCORING
        if self.checking_closed is not None:
            return Phase.FORMING
        if self.applications_close is not None and now < self.applications_close:
            return Phase.OPEN
        return Phase.CHECKING

    def frozen(self, now: datetime) -> bool:
        """Whether nothing may be awarded at `now`: an objection is open, a ruling is still to be carried out, or the
        outside authority has stopped the award and its period is not over."""
        suspended = any(now < until for _, until in self.suspended)
        return bool(self.open_objections or self.ordered_amendments) or suspended

    def applications_visible(self, now: datetime) -> bool:
        """Whether anybody but the applicant may read applications: from the deadline on, never before.

        A round that is held or ended before its deadline never reached it: its applications stay unread.
        """
        closes = self.applications_close
        if self.published is None or closes is None:
            return False
        stopped = [at for at in (self.held, self.aborted) if at is not None]
        return now >= closes and all(at >= closes for at in stopped)

    def require(self, now: datetime, *allowed: Phase, under_hold: bool = False) -> Phase:
        """The phase at `now`; raise WrongPhase unless it is one of `allowed`.

        `under_hold`: for acts by which a ruling is carried out, which a hold does not stop; then the phase in which
        the round is held counts.
        """
        phase = self.under_hold(now) if under_hold else self.phase_at(now)
        if phase not in allowed:
            raise WrongPhase(N_("This is not possible now: the round is at “%(phase)s”."), phase=PHASE_NAMES[phase])
        return phase
