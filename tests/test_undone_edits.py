"""A class that is changed and changed back around a failure: the event follows it all the same.

Each test plays one trace against a real process, the real emulator and the stand-in for Google.
"""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from infra.local.google.control import Control
from infra.local.processes import wait_until
from tests.campaign.instances import Instance
from tests.support.classes import Classes
from tests.support.client import book

DAY = timedelta(days=1)
BUDGET_SECONDS, LEASE_SECONDS = 4, 6
"""Enough for a silent call and a look at the event after it."""


@pytest.fixture(scope="module")
def _instance(
    emulator: str, stand_in: Control, package: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Instance]:
    instance = Instance(
        package / "create_event",
        emulator,
        stand_in.url,
        tmp_path_factory.mktemp("logs"),
        CREATE_BUDGET_SECONDS=BUDGET_SECONDS,
        CREATE_LEASE_SECONDS=LEASE_SECONDS,
    )
    yield instance
    instance.close()


class Trace:
    """One class, the instance that books it, and the class's event."""

    def __init__(self, instance: Instance, classes: Classes, google: Control) -> None:
        self._instance = instance
        self._classes = classes
        self.google = google
        self._id = classes.add()
        self.mend()

    def deliver(self) -> int:
        return book(self._instance.address, self._classes.preference_of(self._id)).status

    def move(self, by: timedelta) -> None:
        document = self.document
        self.change(**{key: document[key] + by for key in ("startTime", "endTime")})

    def change(self, **fields: Any) -> None:
        self._classes.change(self._id, **fields)

    def refuse_commits(self, operation: str) -> None:
        """Firestore refuses this kind of write until `mend`."""
        self.before(operation, lambda: True)

    def mend(self) -> None:
        self._instance.store.on_call = lambda _call, _moment: False

    def before(self, operation: str, act: Callable[[], object]) -> None:
        """Has `act` done whenever a write of this kind arrives at Firestore, which refuses it if
        the result is True."""
        self._instance.store.on_call = lambda call, moment: (
            (call.operation, moment) == (operation, "request") and act() is True
        )

    @property
    def document(self) -> dict[str, Any]:
        return self._classes.get(self._id)

    @property
    def live_events(self) -> list[dict[str, Any]]:
        return [each for each in self.google.events() if each["status"] != "cancelled"]

    def assert_in_line(self) -> None:
        """One live event, at the class's time; recorded, with nothing left of the work."""
        [event] = self.live_events
        document = self.document
        assert datetime.fromisoformat(event["start"]["dateTime"]) == document["startTime"]
        assert document["googleEventId"] == event["id"]
        assert not document.keys() & {"calendarClaim", "calendarError"}


@pytest.fixture
def new_trace(_instance: Instance, classes: Classes, google: Control) -> Trace:
    return Trace(_instance, classes, google)


@pytest.fixture
def trace(new_trace: Trace) -> Trace:
    """Booked already."""
    assert new_trace.deliver() == 200
    return new_trace


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
    trace.google.fault(operation, "delay", seconds=LEASE_SECONDS - 1)
    change(trace)
    with ThreadPoolExecutor() as senders:
        delivery = senders.submit(trace.deliver)
        assert wait_until(lambda: operation in trace.google.counts(), BUDGET_SECONDS)
        undo(trace)
        assert delivery.result() == 503
    assert "calendarClaim" in trace.document
    while trace.deliver() != 200:  # each waits within its budget until the lease has run out
        pass
    trace.assert_in_line()


def test_an_address_corrected_while_google_refuses_the_old_one_is_invited(
    new_trace: Trace,
) -> None:
    new_trace.google.settings(refused_emails=["ana@example.com"])
    new_trace.before("record", lambda: new_trace.change(studentEmail="anna@example.com"))
    assert new_trace.deliver() == 200
    [event] = new_trace.live_events
    assert [guest["email"] for guest in event["attendees"]] == ["anna@example.com"]
    assert new_trace.document["studentInvited"] is True


def test_a_failure_left_on_a_class_goes_with_the_next_success(trace: Trace) -> None:
    failure = {"code": "calendar_unavailable", "message": "", "at": None, "since": None}
    for status in ("scheduled", "completed"):
        trace.change(calendarError=failure, status=status)
        assert trace.deliver() == 200
        assert "calendarError" not in trace.document
