"""Virtual time as clocks tell it."""

from datetime import UTC, datetime, timedelta

from greenlet import getcurrent

from tests.simulation.hub import Hub, Task

EPOCH = datetime(2030, 1, 7, 12, tzinfo=UTC)
"""When every schedule begins, by the services' clocks."""


def moment(seconds: float) -> datetime:
    """A moment of a schedule, by the services' clocks."""
    return EPOCH + timedelta(seconds=seconds)


class VirtualClock:
    """What the product takes for the time: that of the machine it runs on."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub

    def monotonic(self) -> float:
        task = getcurrent()
        return self._hub.now - (task.machine.seconds_lost if isinstance(task, Task) else 0.0)

    def time(self) -> float:
        task = getcurrent()
        skew: float = task.machine.skew if isinstance(task, Task) else 0.0
        return EPOCH.timestamp() + self._hub.now + skew

    def sleep(self, seconds: float) -> None:
        self._hub.wait(seconds)
