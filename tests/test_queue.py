"""With CREATE_EVENT_QUEUE: notices, an emulator of Cloud Tasks that others wrote, and create_event.

The emulator stores tasks, sends them one at a time and again, at once, until the answer is 2xx. It
knows no rates, no pauses between attempts and no tokens: those are flags in infra/project.sh, and
what a stored task asks for.
"""

import json
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import grpc
import pytest
from google.api_core.exceptions import GoogleAPICallError
from google.cloud import tasks_v2
from google.cloud.tasks_v2.services.cloud_tasks.transports import CloudTasksGrpcTransport

from infra.local.google.control import Control as Google
from infra.local.processes import free_port, running, wait_until
from tests.conftest import StartWebhook
from tests.support.served import PROJECT, Served
from tests.support.shop import AUDIENCE, Shop, last_line, told, url_of

QUEUE = f"projects/{PROJECT}/locations/southamerica-east1/queues/create-event"
ACCOUNT = "payment-webhook@example.com"


class Queue:
    """The queue of an emulator at "host:port"."""

    def __init__(self, host: str) -> None:
        self.host = host
        channel = grpc.insecure_channel(host)
        transport = CloudTasksGrpcTransport(channel=channel)
        self._client = tasks_v2.CloudTasksClient(transport=transport)

    def is_there(self) -> bool:
        try:
            return bool(self._client.get_queue(name=QUEUE, timeout=1))
        except GoogleAPICallError:
            return False

    def pause(self) -> None:
        self._client.pause_queue(name=QUEUE)

    def resume(self) -> None:
        self._client.resume_queue(name=QUEUE)

    def tasks(self) -> list[tasks_v2.Task]:
        return list(self._client.list_tasks(parent=QUEUE))


@pytest.fixture(scope="module")
def emulated(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Queue]:
    port = free_port()
    command = [sys.executable, "-m", "gcloud_tasks_emulator", "start", "-q", "-p", str(port)]
    log = tmp_path_factory.mktemp("queue") / "emulator.log"
    with (
        log.open("wb") as output,
        running([*command, "-d", QUEUE], stdout=output, stderr=output),
    ):
        queue = Queue(f"127.0.0.1:{port}")
        assert wait_until(queue.is_there, 30), log.read_text()
        yield queue


@pytest.fixture
def queue(emulated: Queue) -> Iterator[Queue]:
    yield emulated
    emulated.resume()
    assert wait_until(lambda: emulated.tasks() == [], 30)


@pytest.fixture
def webhook(start_webhook: StartWebhook, emulated: Queue, create_event: Served) -> Iterator[Served]:
    with start_webhook(
        CREATE_EVENT_URL=url_of(create_event),
        CREATE_EVENT_QUEUE=QUEUE,
        CLOUD_TASKS_EMULATOR_HOST=emulated.host,
        CANCEL_REFUNDED="yes",
    ) as served:
        yield served


def events(google: Google) -> list[tuple[str, str]]:
    """Preference and status of each event at Google."""
    return [
        (event["extendedProperties"]["private"]["preferenceId"], event["status"])
        for event in google.events()
    ]


def answers(create_event: Served) -> list[tuple[int, str]]:
    return [(line["status"], line["code"]) for line in create_event.lines()]


def test_200_notices_at_once_while_every_second_booking_fails(
    shop: Shop, webhook: Served, queue: Queue, create_event: Served, google: Google
) -> None:
    sales = [shop.offer() for _ in range(200)]
    notices = [sale.pay() for sale in sales]
    google.fault("insert", "status", times=100, status=403, reason="forbidden")
    with ThreadPoolExecutor(200) as pool:
        told_all = list(pool.map(lambda notice: told(webhook, notice), notices))
    assert told_all == [(200, "ok")] * 200
    assert wait_until(lambda: queue.tasks() == [] and len(events(google)) == 200, 90)
    assert sorted(events(google)) == sorted((sale.preference_id, "confirmed") for sale in sales)
    assert len(google.invitations()) == 200
    for sale in sales:
        assert shop.classes.get(sale.class_id)["status"] == "scheduled"
    failed = answers(create_event).count((502, "calendar_rejected"))
    assert (failed, answers(create_event).count((200, "ok"))) == (100, 200)


def test_a_notice_is_answered_when_its_task_is_stored(
    shop: Shop, webhook: Served, queue: Queue, google: Google
) -> None:
    sale = shop.offer()
    queue.pause()
    assert told(webhook, sale.pay()) == (200, "ok")
    [task] = queue.tasks()
    assert json.loads(task.http_request.body) == {"preferenceId": sale.preference_id}
    assert events(google) == []
    queue.resume()
    assert wait_until(lambda: events(google) == [(sale.preference_id, "confirmed")], 30)


def test_a_repeated_notice_stores_another_task_and_books_nothing_more(
    shop: Shop, webhook: Served, queue: Queue, create_event: Served, google: Google
) -> None:
    notice = shop.offer().pay()
    for _ in range(3):
        assert told(webhook, notice) == (200, "ok")
    assert wait_until(lambda: queue.tasks() == [] and len(answers(create_event)) == 3, 30)
    assert answers(create_event) == [(200, "ok")] * 3
    assert len(events(google)) == 1
    assert len(google.invitations()) == 1


def test_a_class_that_cannot_be_booked_is_asked_for_once(
    shop: Shop, webhook: Served, queue: Queue, create_event: Served
) -> None:
    assert told(webhook, shop.offer(status="cancelled").pay()) == (200, "ok")
    assert wait_until(lambda: queue.tasks() == [] and answers(create_event) != [], 30)
    assert answers(create_event) == [(409, "class_not_bookable")]


def test_a_refunded_class_is_withdrawn_by_the_queue(
    shop: Shop, webhook: Served, queue: Queue, google: Google
) -> None:
    sale = shop.offer()
    notice = sale.pay()
    assert told(webhook, notice) == (200, "ok")
    assert wait_until(lambda: events(google) == [(sale.preference_id, "confirmed")], 30)
    sale.becomes(notice, status="refunded")
    assert told(webhook, notice) == (200, "refunded")
    assert wait_until(lambda: events(google) == [(sale.preference_id, "cancelled")], 30)
    assert wait_until(lambda: queue.tasks() == [], 30)


def test_a_queue_that_does_not_answer(shop: Shop, start_webhook: StartWebhook) -> None:
    settings: dict[str, Any] = {
        "CREATE_EVENT_URL": f"http://127.0.0.1:{free_port()}",
        "CREATE_EVENT_QUEUE": QUEUE,
        "CLOUD_TASKS_EMULATOR_HOST": f"127.0.0.1:{free_port()}",
    }
    with start_webhook(**settings) as webhook:
        assert told(webhook, shop.offer().pay()) == (503, "queue_unavailable")
        assert last_line(webhook)["unbookedSeconds"] >= 0


def test_what_the_task_asks_for(
    shop: Shop, start_webhook: StartWebhook, queue: Queue, create_event: Served
) -> None:
    queue.pause()
    with start_webhook(
        CREATE_EVENT_URL=url_of(create_event),
        CREATE_EVENT_AUDIENCE=AUDIENCE,
        CREATE_EVENT_QUEUE=QUEUE,
        CREATE_EVENT_QUEUE_ACCOUNT=ACCOUNT,
        CLOUD_TASKS_EMULATOR_HOST=queue.host,
    ) as webhook:
        assert told(webhook, shop.offer().pay()) == (200, "ok")
    [task] = queue.tasks()
    request = task.http_request
    assert (request.http_method.name, request.url) == ("POST", url_of(create_event))
    token = request.oidc_token
    assert (token.service_account_email, token.audience) == (ACCOUNT, AUDIENCE)
    assert task.dispatch_deadline.total_seconds() == 30
