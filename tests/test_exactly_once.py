"""Many deliveries at once make one event; a service that is silent makes an answer in time."""

import json
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from http.client import HTTPConnection
from pathlib import Path

import pytest

from infra.local.google.client import Control
from tests.campaign.instances import Deployed, Instance
from tests.campaign.schedule import BUDGET_SECONDS
from tests.campaign.world import World, running_world
from tests.conftest import Serve
from tests.support.classes import Classes
from tests.support.client import SUCCESS, Answer
from tests.support.served import Served

DELIVERIES = 50
SLACK_SECONDS = 3
"""How much later than the budget an answer may come on a machine that runs a whole suite."""


def deliver(instances: Sequence[Served], preference_id: str) -> list[Answer]:
    """All deliveries at once, to the instances in turn."""
    with ThreadPoolExecutor(DELIVERIES) as senders:
        answers = [
            senders.submit(instances[number % len(instances)].book, preference_id)
            for number in range(DELIVERIES)
        ]
        return [answer.result() for answer in answers]


@pytest.mark.parametrize("instances", [1, 4])
def test_fifty_parallel_deliveries_make_one_event(
    instances: int, serve: Serve, classes: Classes, google: Control
) -> None:
    google.latency(0.15)
    served = [serve("create_event", THREADS=DELIVERIES) for _ in range(instances)]
    class_id = classes.add()
    answers = deliver(served, classes.preference_of(class_id))
    assert [(answer.status, answer.json) for answer in answers] == [(200, SUCCESS)] * DELIVERIES
    assert len(google.requests("insert")) == 1
    assert [mail["kind"] for mail in google.invitations()] == ["invitation"]
    [event] = google.events()
    document = classes.get(class_id)
    assert document["googleEventId"] == event["id"]
    assert "calendarClaim" not in document


@pytest.fixture(scope="module")
def world(
    emulator: str, stand_in: Control, package: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[World]:
    logs = tmp_path_factory.mktemp("logs")
    deployed = [Deployed(package / "create_event")]
    with running_world(emulator, stand_in, logs, deployed) as world:
        yield world


@pytest.fixture
def instance(world: World) -> Iterator[Instance]:
    """A cold instance with a short budget, in a new world."""
    world.renew()
    [instance] = world.instances
    instance.restart_cold()
    yield instance
    instance.refresh()


def book(instance: Instance, preference_id: str) -> tuple[int, str, float]:
    """Status, code and seconds of a delivery's answer."""
    started = time.monotonic()
    connection = HTTPConnection(instance.address, timeout=30)
    try:
        connection.request("POST", "/", json.dumps({"preferenceId": preference_id}))
        response = connection.getresponse()
        code = json.loads(response.read()).get("code", "ok")
        assert response.status != 503 or int(response.headers["Retry-After"]) >= 1
    finally:
        connection.close()
    return response.status, code, time.monotonic() - started


def given_a_class(world: World, instance: Instance, operation: str) -> str:
    """A class whose next delivery needs the operation; returns its preferenceId."""
    class_id = world.classes.add()
    preference_id = world.classes.preference_of(class_id)
    if operation in ("get", "patch", "delete"):
        assert book(instance, preference_id)[0] == 200
    if operation in ("get", "patch"):
        end = world.classes.get(class_id)["endTime"]
        world.classes.change(class_id, endTime=end + timedelta(minutes=30))
    if operation == "delete":
        world.classes.change(class_id, status="cancelled")
    return preference_id


@pytest.mark.parametrize(
    ("operation", "kind", "code"),
    [
        ("secret", "drip", "store_unavailable"),
        ("token", "drip", "calendar_unavailable"),
        ("insert", "drip", "calendar_unavailable"),
        ("get", "silence", "calendar_unavailable"),
        ("patch", "silence", "calendar_unavailable"),
        ("delete", "silence", "calendar_unavailable"),
    ],
)
def test_a_silent_or_dripping_google_is_answered_in_time(
    operation: str, kind: str, code: str, world: World, instance: Instance
) -> None:
    preference_id = given_a_class(world, instance, operation)
    world.control.fault(operation, kind, times=-1)
    status, answered, seconds = book(instance, preference_id)
    assert (status, answered) == (503, code)
    assert seconds < BUDGET_SECONDS + SLACK_SECONDS


def test_a_silent_firestore_is_answered_in_time(world: World, instance: Instance) -> None:
    preference_id = given_a_class(world, instance, "query")
    instance.firestore.stall()
    status, code, seconds = book(instance, preference_id)
    assert (status, code) == (503, "store_unavailable")
    assert seconds < BUDGET_SECONDS + SLACK_SECONDS
