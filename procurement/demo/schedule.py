"""Time in the demonstration: several stories are told at once, each act at its past instant, in the order of time.

A story is a generator. It yields the instant of its next act and is resumed when that instant has come; when the
instant lies after the present, the story ends there, and the round stays in the phase that it has reached.
"""

import heapq
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

Story = Iterator[datetime]


class PastClock:
    """A clock that is moved by the stories, never backwards."""

    def __init__(self, start: datetime) -> None:
        self._now = start.astimezone(UTC)

    def __call__(self) -> datetime:
        return self._now

    def move_to(self, moment: datetime) -> None:
        """Set the time, unless it is later already: two acts may be planned for one instant."""
        self._now = max(self._now, moment.astimezone(UTC))


def tell(stories: Iterable[Story], clock: PastClock, present: datetime) -> None:
    """Tell all `stories` up to the present, each act in its turn."""
    waiting: list[tuple[datetime, int, Story]] = []

    def wait(number: int, story: Story) -> None:
        moment = next(story, None)
        if moment is not None and moment < present:
            heapq.heappush(waiting, (moment, number, story))

    for number, story in enumerate(stories):
        wait(number, story)
    while waiting:
        moment, number, story = heapq.heappop(waiting)
        clock.move_to(moment)
        wait(number, story)


def office_hours(present: datetime, *, days_ago: int, hour: int, minute: int, zone: ZoneInfo) -> datetime:
    """`hour`:`minute` local time about `days_ago` days before the present, not on a Saturday or Sunday."""
    day = present.astimezone(zone) - timedelta(days=days_ago)
    day -= timedelta(days=max(0, day.weekday() - 4))
    return day.replace(hour=hour, minute=minute, second=0, microsecond=0).astimezone(UTC)
