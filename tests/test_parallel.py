"""Many requests at once: each gets its own answer, and one class gets one event."""

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from urllib.parse import quote

from infra.local.google.control import Control
from tests.conftest import Serve
from tests.support.classes import Classes
from tests.support.client import SUCCESS, Answer
from tests.support.google_api import event_at
from tests.support.served import PROJECT, Served

MANY = 8
TOMORROW = datetime.now(UTC).replace(minute=0, second=0, microsecond=0) + timedelta(days=1)


def book_together(deliveries: list[tuple[Served, str]]) -> list[Answer]:
    with ThreadPoolExecutor(len(deliveries)) as pool:
        return list(pool.map(lambda delivery: delivery[0].book(delivery[1]), deliveries))


def inserts(google: Control) -> int:
    """How many inserts there were, apart from those whose access token had died."""
    return sum(request["status"] != 401 for request in google.requests("insert"))


def assert_one_event(google: Control, classes: Classes, class_id: str) -> None:
    [event] = google.events()
    assert event["status"] == "confirmed"
    document = classes.get(class_id)
    assert document["googleEventId"] == event["id"]
    assert document["meetLink"] == event["hangoutLink"]
    assert document["status"] == "scheduled"
    assert "calendarClaim" not in document
    assert "calendarError" not in document
    assert len(google.invitations()) == 1


def test_eight_spans_at_once_are_each_answered_their_own(
    list_events: Served, google: Control
) -> None:
    days = [TOMORROW + timedelta(days=number) for number in range(MANY)]
    google.seed(*(event_at(day, day + timedelta(hours=1)) for day in days))
    google.latency(0.1, "list")

    def starts(day: datetime) -> list[datetime]:
        until = (day + timedelta(hours=2)).isoformat()
        answer = list_events.get(f"?timeMin={quote(day.isoformat())}&timeMax={quote(until)}")
        return [datetime.fromisoformat(each["start"]["dateTime"]) for each in answer.json]

    with ThreadPoolExecutor(MANY) as pool:
        assert list(pool.map(starts, days * 4)) == [[day] for day in days * 4]


def test_the_log_lines_of_requests_at_once_do_not_run_into_each_other(serve: Serve) -> None:
    served = serve("list_events")
    traces = [f"{number:032x}" for number in range(1, 33 * MANY)]
    served.forget_log()

    with ThreadPoolExecutor(2 * MANY) as pool:
        headers = [{"traceparent": f"00-{trace}-{'1' * 16}-01"} for trace in traces]
        list(pool.map(lambda header: served.request("POST", "/", headers=header), headers))

    lines = [json.loads(line) for line in served.text().splitlines()]
    logged = [line["logging.googleapis.com/trace"] for line in lines]
    assert sorted(logged) == [f"projects/{PROJECT}/traces/{trace}" for trace in traces]


def test_eight_classes_at_once_each_get_their_own_event(
    create_event: Served, classes: Classes, google: Control
) -> None:
    google.latency(0.1, "*")
    ids = [
        classes.add(
            learningFocus=f"Focus {number}",
            studentEmail=f"student{number}@example.com",
            startTime=TOMORROW + timedelta(hours=2 * number),
            endTime=TOMORROW + timedelta(hours=2 * number + 1),
        )
        for number in range(MANY)
    ]
    for answer in book_together([(create_event, classes.preference_of(each)) for each in ids]):
        assert (answer.status, answer.json) == (200, SUCCESS)

    events = {event["id"]: event for event in google.events()}
    assert len(events) == MANY
    for number, class_id in enumerate(ids):
        document = classes.get(class_id)
        event = events[document["googleEventId"]]
        assert event["extendedProperties"]["private"]["virtualClassId"] == class_id
        assert event["summary"].endswith(f"Focus {number}")
        assert datetime.fromisoformat(event["start"]["dateTime"]) == document["startTime"]
        [student] = event["attendees"]
        assert student["email"] == f"student{number}@example.com"
        assert document["meetLink"] == event["hangoutLink"]
        assert document["htmlLink"] == event["htmlLink"]
    assert inserts(google) == MANY
    assert len(google.invitations()) == MANY


def test_fifty_deliveries_to_four_instances_make_one_event(
    serve: Serve, classes: Classes, google: Control
) -> None:
    google.latency(0.15)
    instances = [serve("create_event", THREADS=50) for _ in range(4)]
    class_id = classes.add()
    preference_id = classes.preference_of(class_id)
    written = (preference_id, f" {preference_id}\n", f"\t{preference_id} ")
    answers = book_together([(instances[n % 4], written[n % len(written)]) for n in range(50)])
    assert [(answer.status, answer.json) for answer in answers] == [(200, SUCCESS)] * 50
    assert inserts(google) == 1
    assert_one_event(google, classes, class_id)


def test_a_class_that_fails_does_not_hold_up_another(
    create_event: Served, classes: Classes, google: Control
) -> None:
    good, bad = classes.add(), classes.add(classType="duo")
    google.latency(0.1, "insert")
    deliveries = [(create_event, classes.preference_of(each)) for each in (good, bad)] * 4
    statuses = [answer.status for answer in book_together(deliveries)]
    assert statuses == [200, 422] * 4
    assert_one_event(google, classes, good)
