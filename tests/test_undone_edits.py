"""A class that is changed and changed back around a failure: the event follows it all the same.

Each test plays one trace against a real process, the real emulator and the stand-in for Google.
"""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from infra.local.google.client import Control
from tests.campaign.firestore_proxy import StoreFault
from tests.campaign.instances import Deployed
from tests.campaign.world import World, running_world
from tests.support.client import book

DAY = timedelta(days=1)
BUDGET_SECONDS, LEASE_SECONDS = 4, 6
"""Enough for a silent call and a look at the event after it."""


@pytest.fixture(scope="module")
def world(
    emulator: str, stand_in: Control, package: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[World]:
    logs = tmp_path_factory.mktemp("logs")
    settings = {"CREATE_BUDGET_SECONDS": BUDGET_SECONDS, "CREATE_LEASE_SECONDS": LEASE_SECONDS}
    deployed = [Deployed(package / "create_event", settings)]
    with running_world(emulator, stand_in, logs, deployed) as world:
        yield world


class Trace:
    """One class, the instance that books it, and the class's event."""

    def __init__(self, world: World) -> None:
        world.renew()
        self.world = world
        [self.instance] = world.instances
        self.id = world.classes.add()

    def deliver(self) -> int:
        return book(self.instance.address, self.world.classes.preference_of(self.id)).status

    def move(self, by: timedelta) -> None:
        document = self.document
        times = {key: document[key] + by for key in ("startTime", "endTime")}
        self.world.classes.change(self.id, **times)

    def change(self, **fields: Any) -> None:
        self.world.classes.change(self.id, **fields)

    def refuse_commits(self, operation: str) -> None:
        """Firestore refuses this kind of write until `mend`."""
        self.instance.line.faults = [StoreFault(operation, "refuse", times=1000)]

    def mend(self) -> None:
        self.instance.line.faults = []

    def at(self, operation: str, moment: str, act: Callable[[], None]) -> None:
        """Has `act` done when a call of this kind next passes."""
        waiting = [act]

        def on_call(passing: str, when: str) -> None:
            if (passing, when) == (operation, moment) and waiting:
                waiting.pop()()

        self.instance.use(on_call)

    @property
    def document(self) -> dict[str, Any]:
        return self.world.classes.get(self.id)

    @property
    def live_events(self) -> list[dict[str, Any]]:
        return [each for each in self.world.events_of(self.id) if each["status"] != "cancelled"]

    def assert_in_line(self) -> None:
        """One live event, at the class's time; recorded, with nothing left of the work."""
        [event] = self.live_events
        document = self.document
        assert datetime.fromisoformat(event["start"]["dateTime"]) == document["startTime"]
        assert document["googleEventId"] == event["id"]
        assert not document.keys() & {"calendarClaim", "calendarError"}


@pytest.fixture
def trace(world: World) -> Iterator[Trace]:
    trace = Trace(world)
    assert trace.deliver() == 200
    yield trace
    trace.instance.use(lambda _operation, _moment: None)
    trace.mend()
    trace.instance.refresh()


def test_a_move_whose_record_failed_is_undone_in_the_calendar_too(trace: Trace) -> None:
    trace.move(DAY)
    trace.refuse_commits("record")
    assert trace.deliver() == 503
    trace.mend()
    trace.move(-DAY)
    assert trace.deliver() == 200
    trace.assert_in_line()


def test_a_class_revived_after_its_withdrawal_was_not_recorded_is_booked_again(
    trace: Trace,
) -> None:
    trace.change(status="cancelled")
    trace.refuse_commits("withdrawal")
    assert trace.deliver() == 503
    trace.mend()
    trace.change(status="scheduled")
    assert trace.deliver() == 200
    trace.assert_in_line()


@pytest.mark.parametrize(
    ("operation", "change", "undo"),
    [
        ("patch", lambda trace: trace.move(DAY), lambda trace: trace.move(-DAY)),
        (
            "delete",
            lambda trace: trace.change(status="cancelled"),
            lambda trace: trace.change(status="scheduled"),
        ),
    ],
    ids=["moved and back", "cancelled and revived"],
)
def test_no_success_while_a_write_of_an_undone_change_may_still_land(
    operation: str,
    change: Callable[[Trace], None],
    undo: Callable[[Trace], None],
    trace: Trace,
) -> None:
    trace.world.control.fault(operation, "late", seconds=LEASE_SECONDS - 1)
    change(trace)
    trace.at(operation, "request", lambda: undo(trace))
    assert trace.deliver() == 503
    assert "calendarClaim" in trace.document
    while trace.deliver() != 200:  # each waits within its budget until the lease has run out
        pass
    trace.assert_in_line()


def test_an_address_corrected_while_google_refuses_the_old_one_is_invited(world: World) -> None:
    trace = Trace(world)
    world.control.settings(refused_emails=["ana@example.com"])
    trace.at("insert", "answer", lambda: trace.change(studentEmail="anna@example.com"))
    assert trace.deliver() == 200
    trace.instance.use(lambda _operation, _moment: None)
    [event] = trace.live_events
    assert [guest["email"] for guest in event["attendees"]] == ["anna@example.com"]
    assert trace.document["studentInvited"] is True


def test_a_failure_left_on_a_class_goes_with_the_next_success(trace: Trace) -> None:
    failure = {"code": "calendar_unavailable", "message": "", "at": None, "since": None}
    for status in ("scheduled", "completed"):
        trace.change(calendarError=failure, status=status)
        assert trace.deliver() == 200
        assert "calendarError" not in trace.document
