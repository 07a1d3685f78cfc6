"""The webhook: Mercado Pago is told to send again exactly when that can help.

What it judges, and which notices are genuine, is in tests/unit/test_webhook_*.py, as tables.
"""

import json
import re
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
import requests

from infra.local.gateway import in_background
from infra.local.google.control import Control as Google
from infra.local.mercado_pago import ACCESS_TOKEN, WEBHOOK_SECRET
from infra.local.mercado_pago.control import MercadoPagoControl
from infra.local.mercado_pago.notices import (
    SignedNotice,
    order_notice,
    payment_notice,
    simulated_notice,
)
from infra.local.mercado_pago.resources import PlayedOrder, PlayedPayment
from infra.local.processes import free_port
from infra.mercado_pago_webhook import classes
from infra.mercado_pago_webhook.settings import Settings
from shared.errors import ServiceError
from tests.conftest import StartWebhook
from tests.support.classes import Classes
from tests.support.client import Answer
from tests.support.served import PROJECT, Served
from tests.support.shop import (
    AUDIENCE,
    BOOKED,
    OK,
    Sale,
    Scripted,
    ScriptedShop,
    last_line,
    numbers,
    resent,
    told,
    url_of,
)

MEBIBYTE = 1024 * 1024


def peak_memory(webhook: Served) -> int:
    """The most bytes that one of the function's processes has had in memory so far."""
    master = Path(f"/proc/{webhook.process.pid}/task/{webhook.process.pid}/children")
    family = [Path(f"/proc/{pid}/status").read_text() for pid in master.read_text().split()]
    return 1024 * max(int(re.findall(r"VmHWM:\s+(\d+) kB", status)[0]) for status in family)


# --- Fixtures ------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def scripted() -> Iterator[Scripted]:
    with Scripted() as server, in_background(server):
        yield server


@pytest.fixture
def shop(
    payments: MercadoPagoControl, classes: Classes, scripted: Scripted
) -> Iterator[ScriptedShop]:
    yield ScriptedShop(payments, classes, scripted)
    payments.reset()
    scripted.start_over()


@pytest.fixture(scope="module")
def start_webhook(start_webhook: StartWebhook, scripted: Scripted) -> StartWebhook:
    """With the played `create_event`."""
    return partial(start_webhook, CREATE_EVENT_URL=scripted.url)


@pytest.fixture(scope="module")
def webhook(start_webhook: StartWebhook) -> Iterator[Served]:
    """Its `create_event` is played."""
    with start_webhook() as served:
        yield served


@pytest.fixture(scope="module")
def hurried_webhook(
    start_webhook: StartWebhook, payments: MercadoPagoControl, scripted: Scripted, emulator: str
) -> Iterator[Served]:
    """Gives up after a second. It is warm, that is, connected to Firestore."""
    with start_webhook(DELIVERY_BUDGET_SECONDS=1) as served:
        with Classes(emulator) as classes:
            assert resent(served, ScriptedShop(payments, classes, scripted).offer().pay())
        scripted.start_over()
        yield served


@pytest.fixture(scope="module")
def booking_webhook(start_webhook: StartWebhook, _create_event: Served) -> Iterator[Served]:
    """Its `create_event` is the real one."""
    with start_webhook(CREATE_EVENT_URL=url_of(_create_event)) as served:
        yield served


@pytest.fixture(scope="module")
def cancelling_webhook(start_webhook: StartWebhook, _create_event: Served) -> Iterator[Served]:
    """The same with CANCEL_REFUNDED."""
    create_event_url = url_of(_create_event)
    with start_webhook(CREATE_EVENT_URL=create_event_url, CANCEL_REFUNDED="yes") as served:
        yield served


# --- What is paid --------------------------------------------------------------------------------


def test_an_approved_payment_is_booked(shop: ScriptedShop, webhook: Served) -> None:
    sale = shop.offer()
    assert told(webhook, sale.pay(amount=1000)) == OK
    assert shop.create_event.preferences() == [sale.preference_id]
    assert "Authorization" not in shop.create_event.asked[0][0]  # only locally
    line = last_line(webhook)
    assert (line["severity"], line["code"], line["status"]) == ("INFO", "ok", 200)
    assert (line["preferenceId"], line["paid"]) == (sale.preference_id, "1000")


@pytest.mark.parametrize("lag", [{"is_listed": False}, {"listed_status": "in_process"}], ids=str)
def test_an_order_that_lags_behind_its_payment(
    lag: dict[str, Any], shop: ScriptedShop, webhook: Served
) -> None:
    sale = shop.offer()
    assert told(webhook, sale.pay(amount=1000, **lag)) == OK
    assert shop.create_event.preferences() == [sale.preference_id]


def test_too_little_paid(shop: ScriptedShop, webhook: Served) -> None:
    sale = shop.offer(classPrice="1500.50")
    for notice in (sale.pay(amount=1500.49), order_notice(sale.order_id)):
        assert told(webhook, notice) == (200, "too_little_paid")
        line = last_line(webhook)
        assert (line["severity"], line["paid"], line["price"]) == ("ERROR", "1500.49", "1500.50")
    assert shop.create_event.asked == []


def test_an_unknown_preference_may_be_known_later(shop: ScriptedShop, webhook: Served) -> None:
    sale = shop.checkout()
    notice = sale.pay()
    assert told(webhook, notice) == (503, "class_not_found")
    shop.describe(sale)
    assert told(webhook, notice) == OK
    assert shop.create_event.preferences() == [sale.preference_id]


# --- What cannot lead to a booking ---------------------------------------------------------------


@pytest.mark.parametrize(
    ("payment", "code", "severity"),
    [
        ({"order_type": "mercadolibre"}, "mercado_libre", "INFO"),
        ({"order_id": None}, "paid_without_order", "ERROR"),
    ],
)
def test_a_payment_of_nothing_we_sell(
    payment: dict[str, Any], code: str, severity: str, shop: ScriptedShop, webhook: Served
) -> None:
    number = next(numbers)
    shop.mercado_pago.put_payment(id=number, **{"order_id": 2000003508419013} | payment)
    assert told(webhook, payment_notice(number)) == (200, code)
    assert last_line(webhook)["severity"] == severity
    assert len(shop.mercado_pago.requests()) == 1  # no order to be read


@pytest.mark.usefixtures("shop")
def test_the_panels_button_simulate(webhook: Served) -> None:
    assert told(webhook, simulated_notice()) == (200, "simulated")
    order = order_notice(123456)
    test_order = replace(order, body=order.body | {"live_mode": False})
    assert told(webhook, test_order) == (200, "simulated")
    assert told(webhook, payment_notice(123456)) == (503, "mercado_pago_unavailable")


def test_a_test_notice_settles_only_what_does_not_exist(
    shop: ScriptedShop, webhook: Served
) -> None:
    """Its body is not signed."""
    sale = shop.offer()
    paid = simulated_notice(int(sale.pay().query["data.id"]))
    assert told(webhook, paid) == OK
    shop.mercado_pago.fault("merchant_order", "status", status=404)
    assert told(webhook, paid) == (503, "mercado_pago_unavailable")


def test_notices_that_are_not_looked_up(shop: ScriptedShop, webhook: Served) -> None:
    for topic, data_id, answer, severity in (
        ("subscription_preapproval", "1", (200, "topic_ignored"), "INFO"),
        ("order", "ORD01JQ4S4KY8HWQ6NA5PXB65B3D3", (503, "order_topic"), "ERROR"),
        ("payment", "../merchant_orders/1", (503, "notice_unreadable"), "ERROR"),
    ):
        assert told(webhook, SignedNotice({"data.id": data_id, "type": topic}, {})) == answer
        assert last_line(webhook)["severity"] == severity
    assert (shop.mercado_pago.requests(), shop.create_event.asked) == ([], [])


# --- Which notices are read, and how much of them ------------------------------------------------


def test_genuine_notices(shop: ScriptedShop, webhook: Served) -> None:
    notice = shop.offer().pay()
    for genuine in (
        replace(notice, sent_at=time.time() - 30 * 24 * 3600),
        replace(notice, request_id=""),
        replace(notice, query={"data.id": notice.query["data.id"]}),  # the body has the topic, too
        replace(notice, query={}),  # and the id, which is then not signed
    ):
        assert told(webhook, genuine) == OK
    assert len(shop.create_event.asked) == 4


def test_forged_and_unsigned_notices_and_visitors(shop: ScriptedShop, webhook: Served) -> None:
    forged = replace(shop.offer().pay(), secret="guessed")
    assert told(webhook, forged) == (401, "bad_signature")
    assert last_line(webhook)["severity"] == "WARNING"
    unsigned = {"topic": "merchant_order", "id": "1"}
    for method, status, code in (
        ("POST", 401, "no_signature"),
        ("GET", 405, "method_not_allowed"),
        ("PUT", 405, "method_not_allowed"),
    ):
        answer = requests.request(method, url_of(webhook), params=unsigned, timeout=10)
        assert (answer.status_code, answer.json()) == (status, {"code": code})
        assert answer.headers.get("Allow") == ("POST" if status == 405 else None)
    assert (shop.mercado_pago.requests(), shop.create_event.asked) == ([], [])


def announced(webhook: Served, notice: SignedNotice, size: int, sent: bytes = b"") -> Answer:
    """The answer to a notice of which a body of `size` bytes is announced and `sent` comes."""
    headers = {**notice.headers, "Content-Length": str(size)}
    return webhook.request("POST", f"/?{urlencode(notice.query)}", sent, headers, timeout=5)


def test_a_body_is_not_waited_for(shop: ScriptedShop, webhook: Served) -> None:
    notice = shop.offer().pay()
    unsigned = replace(notice, secret="guessed")
    assert announced(webhook, unsigned, 28_000_000).status == 401
    endless = {**unsigned.headers, "Transfer-Encoding": "chunked"}
    assert webhook.request("POST", "/", b"5\r\n[", endless, timeout=5).status == 401
    assert announced(webhook, notice, 28_000_000, b" " * 64 * 1024).status == 200


def test_a_huge_body_takes_no_memory(shop: ScriptedShop, webhook: Served) -> None:
    notice = shop.offer().pay()
    huge = b"[" + b"[]," * 9_000_000 + b"[]]"
    before = peak_memory(webhook)
    for each in (replace(notice, secret="guessed"), notice):
        with suppress(ConnectionError):  # the connection may be closed while we still send
            announced(webhook, each, len(huge), huge)
    assert told(webhook, notice) == OK
    assert peak_memory(webhook) - before < 8 * MEBIBYTE


# --- create_event at each of its statuses --------------------------------------------------------


@pytest.mark.parametrize("error", ServiceError.__subclasses__(), ids=lambda error: error.code)
def test_errors_of_create_event(
    error: type[ServiceError], shop: ScriptedShop, webhook: Served
) -> None:
    body = {"error": "text", "code": error.code, "retryable": error.retryable}
    shop.create_event.answer = (error.status, json.dumps(body))
    again, settled = (503, "create_event_failed"), (200, "create_event_refuses")
    assert told(webhook, shop.offer().pay()) == (again if error.retryable else settled)
    assert len(shop.create_event.asked) == 1
    line = last_line(webhook)
    assert line["severity"] == "ERROR"
    assert f"{error.status} {error.code}" in line["message"]


@pytest.mark.parametrize(
    "answer",
    [
        (403, "<html><title>403 Forbidden</title></html>"),
        (429, "Rate exceeded."),
        (503, "<html>Service Unavailable</html>"),
        (401, "<html>Unauthorized</html>"),
        (404, "<html>Page not found</html>"),
        (500, "<html>Internal Server Error</html>"),
        (302, ""),
        (200, "<html>Sign in</html>"),
        (200, ""),
        (200, "{}"),
        (200, "[true]"),
        (201, BOOKED[1]),
        (400, '{"error": "no word on retrying", "retryable": "false"}'),
        (413, "{"),
    ],
)
def test_answers_that_are_not_create_events_own(
    answer: tuple[int, str], shop: ScriptedShop, webhook: Served
) -> None:
    shop.create_event.answer = answer
    assert told(webhook, shop.offer().pay()) == (503, "create_event_failed")
    assert len(shop.create_event.asked) == 1
    assert last_line(webhook)["severity"] == "ERROR"


def assert_given_up(hurried_webhook: Served, notice: SignedNotice) -> None:
    started = time.monotonic()
    assert told(hurried_webhook, notice) == (503, "deadline_exceeded")
    assert time.monotonic() - started < 10


def test_create_event_does_not_answer(shop: ScriptedShop, hurried_webhook: Served) -> None:
    notice = shop.offer().pay()
    shop.create_event.answer = None
    assert_given_up(hurried_webhook, notice)
    shop.create_event.answer = BOOKED
    assert resent(hurried_webhook, notice)


# --- Mercado Pago down ---------------------------------------------------------------------------


@pytest.mark.parametrize("operation", ["payment", "merchant_order"])
@pytest.mark.parametrize(
    "fault",
    [
        *({"status": status} for status in (500, 429, 404, 401, 302)),
        {"status": 200, "body": "<html>Maintenance</html>"},
        {"status": 200, "body": "[]"},
    ],
    ids=str,
)
def test_mercado_pago_down(
    fault: dict[str, Any], operation: str, shop: ScriptedShop, webhook: Served
) -> None:
    notice = shop.offer().pay()
    shop.mercado_pago.fault(operation, "status", times=-1, **fault)
    assert told(webhook, notice) == (503, "mercado_pago_unavailable")
    assert shop.create_event.asked == []


@pytest.mark.parametrize("kind", ["silence", "drip"])
def test_mercado_pago_hangs(kind: str, shop: ScriptedShop, hurried_webhook: Served) -> None:
    notice = shop.offer().pay()
    shop.mercado_pago.fault("*", kind, times=-1)
    assert_given_up(hurried_webhook, notice)
    assert shop.create_event.asked == []


@pytest.mark.parametrize(
    ("setting", "code"),
    [
        ("MERCADO_PAGO_EMULATOR_URL", "mercado_pago_unavailable"),
        ("FIRESTORE_EMULATOR_HOST", "store_unavailable"),
        ("CREATE_EVENT_URL", "create_event_unavailable"),
    ],
)
def test_nobody_listens_there(
    setting: str, code: str, start_webhook: StartWebhook, shop: ScriptedShop
) -> None:
    nobody = f"127.0.0.1:{free_port()}"
    value = nobody if setting == "FIRESTORE_EMULATOR_HOST" else f"http://{nobody}"
    with start_webhook(**{setting: value}) as webhook:
        assert told(webhook, shop.offer().pay()) == (503, code)
    assert shop.create_event.asked == []


NO_AMOUNT = json.dumps(PlayedOrder(1, "p").resource([PlayedPayment(1, amount=float("nan"))]))


@pytest.mark.parametrize("body", ["{}", NO_AMOUNT, NO_AMOUNT.replace("NaN", f"1e{'9' * 20}")])
def test_mercado_pago_answers_nonsense(body: str, shop: ScriptedShop, webhook: Served) -> None:
    sale = shop.offer(preferenceId="p")
    shop.mercado_pago.fault("merchant_order", "status", status=200, body=body)
    assert told(webhook, order_notice(sale.order_id)) == (503, "resource_unreadable")
    assert shop.create_event.asked == []


# --- Settings, tokens, log -----------------------------------------------------------------------


def test_all_wrong_settings_are_named_at_once(start_webhook: StartWebhook) -> None:
    required = ("MERCADO_PAGO_ACCESS_TOKEN", "MERCADO_PAGO_WEBHOOK_SECRET", "CREATE_EVENT_URL")
    wrong = {"CREATE_EVENT_QUEUE": "create-event", "CLOUD_TASKS_EMULATOR_HOST": "127.0.0.1:1"}
    with start_webhook(K_SERVICE="webhook", **dict.fromkeys(required), **wrong) as webhook:
        assert told(webhook, payment_notice(1)) == (500, "misconfigured")
        line = last_line(webhook)
    assert line["severity"] == "CRITICAL"
    for name in required:
        assert f"{name} is missing" in line["message"]
    assert "CREATE_EVENT_QUEUE must be projects/" in line["message"]
    for name in (
        "MERCADO_PAGO_EMULATOR_URL",
        "FIRESTORE_EMULATOR_HOST",
        "CLOUD_TASKS_EMULATOR_HOST",
    ):
        assert f"{name} must not be set on Cloud Run" in line["message"]


def test_the_id_token(start_webhook: StartWebhook, shop: ScriptedShop) -> None:
    host = shop.create_event.host
    metadata = {"GCE_METADATA_HOST": host, "GCE_METADATA_IP": host}
    with start_webhook(CREATE_EVENT_AUDIENCE=AUDIENCE, **metadata) as webhook:
        shop.create_event.token_seconds = 200  # the library's margin is 225 s
        for _ in range(2):
            assert told(webhook, shop.offer().pay()) == OK
        assert shop.create_event.tokens_given == 2
        shop.create_event.token_seconds = 3600
        for _ in range(3):
            assert told(webhook, shop.offer().pay()) == OK
        assert shop.create_event.tokens_given == 3
        line = last_line(webhook)
    sent = [headers["Authorization"] for headers, _ in shop.create_event.asked]
    assert all(each.startswith("Bearer ") for each in sent)
    assert len(set(sent)) == 3
    assert sent[-1].removeprefix("Bearer ") not in json.dumps(line)


def test_without_id_token_nothing_is_booked(
    start_webhook: StartWebhook, shop: ScriptedShop
) -> None:
    nowhere = {"GOOGLE_APPLICATION_CREDENTIALS": "missing.json"}
    with start_webhook(CREATE_EVENT_AUDIENCE=AUDIENCE, **nowhere) as webhook:
        assert told(webhook, shop.offer().pay()) == (503, "id_token_unavailable")
    assert shop.create_event.asked == []


def test_the_log(shop: ScriptedShop, webhook: Served) -> None:
    webhook.forget_log()
    notices = [shop.offer().pay() for _ in range(8)]
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(lambda notice: told(webhook, notice), notices)) == [OK] * 8
    lines = [json.loads(line) for line in webhook.text().splitlines()]
    assert sorted(line["resourceId"] for line in lines) == sorted(
        notice.query["data.id"] for notice in notices
    )
    everything = webhook.log.read_text()
    for private in (ACCESS_TOKEN, WEBHOOK_SECRET, "@example.com", "v1="):
        assert private not in everything


# --- With the real create_event ------------------------------------------------------------------


def assert_booked_once(google: Google, shop: ScriptedShop, sale: Sale) -> None:
    (event,) = sale.events(google)
    document = shop.classes.get(sale.class_id)
    assert event["status"] == "confirmed"
    assert (document["googleEventId"], document["status"]) == (event["id"], "scheduled")
    invitations = [each for each in google.invitations() if event["id"] in json.dumps(each)]
    assert len(invitations) == 1


def test_approved_three_times_in_parallel(
    shop: ScriptedShop, booking_webhook: Served, google: Google
) -> None:
    sale = shop.offer()
    payment = sale.pay()
    with ThreadPoolExecutor(3) as pool:
        deliveries = [payment, payment, order_notice(sale.order_id)]
        assert all(pool.map(lambda notice: resent(booking_webhook, notice), deliveries))
    assert_booked_once(google, shop, sale)


def test_rejected_then_approved_is_booked_once(
    shop: ScriptedShop, booking_webhook: Served, google: Google
) -> None:
    sale = shop.offer()
    rejected = sale.pay(status="rejected")
    assert told(booking_webhook, rejected) == (200, "not_paid")
    assert sale.events(google) == []
    assert told(booking_webhook, sale.pay()) == OK
    assert told(booking_webhook, rejected) == OK  # any approved payment counts
    assert_booked_once(google, shop, sale)


def test_two_part_payments_are_booked_once(
    shop: ScriptedShop, booking_webhook: Served, google: Google
) -> None:
    sale = shop.offer(classPrice=1000.1)
    first = sale.pay(amount=500.05)
    assert told(booking_webhook, first) == (200, "too_little_paid")
    assert sale.events(google) == []
    assert told(booking_webhook, sale.pay(amount=500.05)) == OK
    assert told(booking_webhook, first) == OK
    assert_booked_once(google, shop, sale)


def test_a_class_that_cannot_be_booked(
    shop: ScriptedShop, booking_webhook: Served, google: Google
) -> None:
    sale = shop.offer(status="cancelled")
    assert told(booking_webhook, sale.pay()) == (200, "create_event_refuses")
    assert sale.events(google) == []


def test_a_bad_document_is_booked_once_corrected(
    shop: ScriptedShop, booking_webhook: Served, google: Google
) -> None:
    sale = shop.offer(startTime="tomorrow")
    notice = sale.pay()
    assert told(booking_webhook, notice) == (503, "create_event_failed")
    assert sale.events(google) == []
    shop.describe(sale)
    assert told(booking_webhook, notice) == OK
    assert_booked_once(google, shop, sale)


# --- Payments that are reversed ------------------------------------------------------------------


@pytest.mark.parametrize("was_booked", [True, False], ids=["booked", "unbooked"])
@pytest.mark.parametrize(
    "payment", [{"status": "refunded"}, {"status": "charged_back"}, {"refunded": 400}], ids=str
)
def test_a_reversed_payment_is_told_and_nothing_else(
    payment: dict[str, Any],
    was_booked: bool,
    shop: ScriptedShop,
    booking_webhook: Served,
    cancelling_webhook: Served,
    google: Google,
) -> None:
    is_refunded_in_full = payment == {"status": "refunded"}
    for webhook in (
        [booking_webhook] if is_refunded_in_full else [booking_webhook, cancelling_webhook]
    ):
        sale = shop.offer()
        notice = sale.pay()
        if was_booked:
            assert told(webhook, notice) == OK
        sale.becomes(notice, **payment)
        before = shop.classes.get(sale.class_id), sale.events(google)
        for each in (notice, order_notice(sale.order_id)):
            assert told(webhook, each) == (200, "payment_reversed")
            line = last_line(webhook)
            assert (line["severity"], line["classId"]) == ("ERROR", sale.class_id)
        assert (shop.classes.get(sale.class_id), sale.events(google)) == before


@pytest.mark.parametrize("was_booked", [True, False], ids=["booked", "unbooked"])
def test_a_refunded_class_is_cancelled(
    was_booked: bool, shop: ScriptedShop, cancelling_webhook: Served, google: Google
) -> None:
    sale = shop.offer()
    notice = sale.pay()
    if was_booked:
        assert told(cancelling_webhook, notice) == OK
    sale.becomes(notice, status="refunded")
    with ThreadPoolExecutor(3) as pool:
        deliveries = [notice, notice, order_notice(sale.order_id)]
        answers = list(pool.map(lambda each: told(cancelling_webhook, each), deliveries))
    assert (200, "refunded") in answers
    assert told(cancelling_webhook, notice) == (200, "refunded")
    assert shop.classes.get(sale.class_id)["status"] == "cancelled"
    assert sale.statuses(google) == ["cancelled"] * was_booked


def test_a_class_that_was_written_meanwhile_is_not_cancelled(
    shop: ScriptedShop, emulator: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FIRESTORE_EMULATOR_HOST", emulator)
    environ = {"MERCADO_PAGO_ACCESS_TOKEN": ACCESS_TOKEN, "GOOGLE_CLOUD_PROJECT": PROJECT}
    settings = Settings.from_environ(environ, of_job=True)
    sale = shop.offer()
    read = classes.find(sale.preference_id, settings)
    assert read is not None
    shop.classes.change(sale.class_id, status="completed")
    with pytest.raises(classes.ClassChanged):
        classes.cancel(read, settings)
    assert shop.classes.get(sale.class_id)["status"] == "completed"


def test_a_refunded_duplicate(
    shop: ScriptedShop, cancelling_webhook: Served, google: Google
) -> None:
    """Whether it was paid through the same checkout or another one."""
    sale = shop.offer()
    assert told(cancelling_webhook, sale.pay()) == OK
    other = replace(sale, order_id=next(numbers))
    shop.mercado_pago.put_order(id=other.order_id, preference_id=sale.preference_id)
    for each in (sale, other):
        duplicate = each.pay(status="refunded")
        assert told(cancelling_webhook, duplicate) == OK
        assert last_line(cancelling_webhook)["severity"] == "INFO"
    assert_booked_once(google, shop, sale)


def test_a_withdrawal_that_fails_is_repeated(
    shop: ScriptedShop, cancelling_webhook: Served, google: Google
) -> None:
    sale = shop.offer()
    notice = sale.pay()
    assert told(cancelling_webhook, notice) == OK
    sale.becomes(notice, status="refunded")
    google.fault("delete", "status", times=-1, status=403, reason="forbidden")
    assert told(cancelling_webhook, notice) == (503, "create_event_failed")
    google.clear_faults()
    assert told(cancelling_webhook, notice) == (200, "refunded")
    assert sale.statuses(google) == ["cancelled"]
