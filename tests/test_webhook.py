"""The example webhook: Mercado Pago is told to send again exactly when that can help."""

import itertools
import json
import time
import uuid
from base64 import urlsafe_b64encode
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
import requests

from infra.examples.mercado_pago_webhook.main import Answer, Settings
from infra.local.gateway import in_background
from infra.local.google.client import Control as Google
from infra.local.mercado_pago import ACCESS_TOKEN, WEBHOOK_SECRET
from infra.local.mercado_pago.client import Control, mercado_pago
from infra.local.mercado_pago.notices import SignedNotice, order_notice, payment_notice, sign
from infra.local.mercado_pago.resources import Order, Payment
from infra.local.mercado_pago.server import Fault
from infra.local.processes import free_port, wait_until
from infra.local.stack import ROOT
from shared.errors import ServiceError
from tests.conftest import Serve
from tests.support.classes import Classes
from tests.support.client import SUCCESS
from tests.support.served import Served, serving

SOURCE = ROOT / "infra" / "examples" / "mercado_pago_webhook"
AUDIENCE = "https://create-event.example.com"
OK = (200, "ok")
BOOKED = (200, json.dumps(SUCCESS))

Start = Callable[..., AbstractContextManager[Served]]

_numbers = itertools.count(10_001)


# --- What the webhook talks to -------------------------------------------------------------------


class Scripted(ThreadingHTTPServer):
    """Plays `create_event` at one of its statuses, and Google's metadata server."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), ScriptedHandler)
        self.host = f"127.0.0.1:{self.server_port}"
        self.url = f"http://{self.host}"
        self.start_over()

    def start_over(self) -> None:
        self.answer: tuple[int, str] | None = BOOKED  # None: silence
        self.asked: list[tuple[dict[str, str], Any]] = []
        self.token_seconds = 3600.0
        self.tokens_given = 0

    def preferences(self) -> list[str]:
        return [body["preferenceId"] for _, body in self.asked]


class ScriptedHandler(BaseHTTPRequestHandler):
    server: Scripted

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.asked.append((dict(self.headers), body))
        while self.server.answer is None:
            time.sleep(0.05)
        status, text = self.server.answer
        kind = "application/json" if text[:1] in ("{", "[") else "text/html"
        self._reply(status, text, {"Content-Type": kind, "Location": self.server.url})

    def do_GET(self) -> None:
        account = "/computeMetadata/v1/instance/service-accounts/default/"
        text, kind = "", "text/plain"
        if self.path.startswith(f"{account}?"):
            text, kind = json.dumps({"email": "webhook@example.com"}), "application/json"
        elif self.path.startswith(f"{account}identity"):
            self.server.tokens_given += 1
            claims = {"aud": AUDIENCE, "exp": time.time() + self.server.token_seconds}
            parts = [{"alg": "RS256"}, claims, {"n": self.server.tokens_given}]
            text = ".".join(urlsafe_b64encode(json.dumps(each).encode()).decode() for each in parts)
        self._reply(200, text, {"Metadata-Flavor": "Google", "Content-Type": kind})

    def _reply(self, status: int, text: str, headers: Mapping[str, str]) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(text.encode())

    def log_message(self, format: str, *args: Any) -> None: ...


@dataclass(frozen=True)
class Sale:
    """A class on sale: its preference and the merchant order of its buyer."""

    mercado_pago: Control
    class_id: str
    preference_id: str
    order_id: int

    def pay(self, **payment: Any) -> SignedNotice:
        """A payment of the class, and Mercado Pago's notice of it."""
        made = Payment(next(_numbers), self.order_id, **payment)
        self.mercado_pago.put(made)
        return payment_notice(made.id)


@dataclass(frozen=True)
class Shop:
    """What surrounds the webhook: Mercado Pago, classes, and `create_event`, which is played
    unless the webhook calls the real one."""

    mercado_pago: Control
    classes: Classes
    create_event: Scripted

    def offer(self, **fields: Any) -> Sale:
        """Puts a class on sale for 1000."""
        sale = self.checkout()
        self.describe(sale, **fields)
        return sale

    def checkout(self) -> Sale:
        """A sale whose class is not written down yet."""
        number = next(_numbers)
        sale = Sale(self.mercado_pago, f"class-{number}", f"123-{uuid.uuid4()}", number)
        self.mercado_pago.put(Order(sale.order_id, sale.preference_id))
        return sale

    def describe(self, sale: Sale, **fields: Any) -> None:
        """Writes the class's document."""
        usual = {"preferenceId": sale.preference_id, "classPrice": 1000}
        self.classes.add(sale.class_id, **usual | fields)


def url_of(served: Served) -> str:
    return f"http://{served.address}/"


def told(webhook: Served, notice: SignedNotice) -> tuple[int, str]:
    """What Mercado Pago is told: status and code, which the log has, too."""
    response = notice.send(url_of(webhook))
    assert response.headers["Content-Type"] == "application/json"
    answer = response.status_code, response.json()["code"]
    assert answer in [(line["status"], line["code"]) for line in webhook.lines()]
    return answer


def resent(webhook: Served, notice: SignedNotice) -> bool:
    """Sends it again until it is answered 200, as Mercado Pago does."""
    return wait_until(lambda: told(webhook, notice) == OK, 30)


def last_line(webhook: Served) -> dict[str, Any]:
    return webhook.lines()[-1]


# --- Fixtures ------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def payments() -> Iterator[Control]:
    with mercado_pago() as control:
        yield control


@pytest.fixture(scope="module")
def scripted() -> Iterator[Scripted]:
    with Scripted() as server, in_background(server):
        yield server


@pytest.fixture
def shop(payments: Control, classes: Classes, scripted: Scripted) -> Iterator[Shop]:
    yield Shop(payments, classes, scripted)
    payments.reset()
    scripted.start_over()


@pytest.fixture(scope="module")
def start_webhook(
    payments: Control, scripted: Scripted, emulator: str, tmp_path_factory: pytest.TempPathFactory
) -> Start:
    def start(**settings: object) -> AbstractContextManager[Served]:
        usual = {
            "MERCADO_PAGO_ACCESS_TOKEN": ACCESS_TOKEN,
            "MERCADO_PAGO_WEBHOOK_SECRET": WEBHOOK_SECRET,
            "MERCADO_PAGO_EMULATOR_URL": payments.url,
            "CREATE_EVENT_URL": scripted.url,
        }
        log = tmp_path_factory.mktemp("log") / "webhook.log"
        return serving(SOURCE, emulator, "", log, usual | settings)

    return start


@pytest.fixture(scope="module")
def webhook(start_webhook: Start) -> Iterator[Served]:
    """The example; its `create_event` is played."""
    with start_webhook() as served:
        yield served


@pytest.fixture(scope="module")
def hurried_webhook(
    start_webhook: Start, payments: Control, scripted: Scripted, emulator: str
) -> Iterator[Served]:
    """Gives up after a second. It is warm, that is, connected to Firestore."""
    with start_webhook(DELIVERY_BUDGET_SECONDS=1) as served:
        with Classes(emulator) as classes:
            assert resent(served, Shop(payments, classes, scripted).offer().pay())
        scripted.start_over()
        yield served


@pytest.fixture(scope="module")
def booking_webhook(start_webhook: Start, serve_for_session: Serve) -> Iterator[Served]:
    """The example; its `create_event` is the real one."""
    create_event = serve_for_session("create_event")
    with start_webhook(CREATE_EVENT_URL=url_of(create_event)) as served:
        yield served


# --- What is paid --------------------------------------------------------------------------------


def test_an_approved_payment_is_booked(shop: Shop, webhook: Served) -> None:
    sale = shop.offer()
    assert told(webhook, sale.pay(amount=1000)) == OK
    assert shop.create_event.preferences() == [sale.preference_id]
    assert "Authorization" not in shop.create_event.asked[0][0]  # only locally
    line = last_line(webhook)
    assert (line["severity"], line["code"], line["status"]) == ("INFO", "ok", 200)
    assert (line["preferenceId"], line["paid"]) == (sale.preference_id, "1000")


@pytest.mark.parametrize("lag", [{"is_listed": False}, {"listed_status": "in_process"}], ids=str)
def test_an_order_that_lags_behind_its_payment(
    lag: dict[str, Any], shop: Shop, webhook: Served
) -> None:
    sale = shop.offer()
    assert told(webhook, sale.pay(amount=1000, **lag)) == OK
    assert shop.create_event.preferences() == [sale.preference_id]


@pytest.mark.parametrize("status", ["pending", "in_process", "refunded", "charged_back"])
def test_not_approved(status: str, shop: Shop, webhook: Served) -> None:
    assert told(webhook, shop.offer().pay(status=status)) == (200, "not_paid")
    assert shop.create_event.asked == []


@pytest.mark.parametrize(
    ("price", "payment"),
    [
        (1000, {"amount": 999.99}),
        (1000, {"amount": 1000, "refunded": 0.01}),
        (1000.01, {"amount": 1000}),
        ("1500.50", {"amount": 1500.49}),
    ],
)
def test_too_little_paid(
    price: object, payment: dict[str, float], shop: Shop, webhook: Served
) -> None:
    sale = shop.offer(classPrice=price)
    notice = sale.pay(**payment)
    for each in (notice, order_notice(sale.order_id)):
        assert told(webhook, each) == (200, "too_little_paid")
        assert last_line(webhook)["severity"] == "ERROR"
    assert shop.create_event.asked == []


@pytest.mark.parametrize("price", [None, 1, 1000, 1000.0, "1000"], ids=repr)
def test_enough_paid(price: object, shop: Shop, webhook: Served) -> None:
    sale = shop.offer(classPrice=price)
    for each in (sale.pay(amount=1000), order_notice(sale.order_id)):
        assert told(webhook, each) == OK
    assert shop.create_event.preferences() == [sale.preference_id] * 2


def test_a_price_that_is_no_number(shop: Shop, webhook: Served) -> None:
    assert told(webhook, shop.offer(classPrice="mil pesos").pay()) == (500, "bad_price")
    assert shop.create_event.asked == []


def test_an_unknown_preference_may_be_known_later(shop: Shop, webhook: Served) -> None:
    sale = shop.checkout()
    notice = sale.pay()
    assert told(webhook, notice) == (503, "class_not_found")
    shop.describe(sale)
    assert told(webhook, notice) == OK
    assert shop.create_event.preferences() == [sale.preference_id]


# --- What cannot lead to a booking ---------------------------------------------------------------


def test_other_topics(shop: Shop, webhook: Served) -> None:
    for topic in ("subscription_preapproval", "topic_chargebacks_wh", "order"):
        notice = shop.offer().pay()
        other = replace(notice, query=notice.query | {"type": topic})
        assert told(webhook, other) == (200, "topic_ignored")
    assert (shop.mercado_pago.requests(), shop.create_event.asked) == ([], [])


@pytest.mark.parametrize("data_id", ["../merchant_orders/1", "1?x=", "ABC", "", "\u0661"])
def test_ids_that_are_no_numbers(data_id: str, shop: Shop, webhook: Served) -> None:
    notice = SignedNotice({"data.id": data_id, "type": "payment"}, {})
    assert told(webhook, notice) == (200, "id_ignored")
    assert (shop.mercado_pago.requests(), shop.create_event.asked) == ([], [])


def test_a_payment_of_nothing_we_sell(shop: Shop, webhook: Served) -> None:
    transfer = Payment(next(_numbers), order_id=None)
    shop.mercado_pago.put(transfer)
    assert told(webhook, payment_notice(transfer.id)) == (200, "no_order")
    counter_sale = Order(next(_numbers), preference_id=None)
    shop.mercado_pago.put(counter_sale)
    assert told(webhook, order_notice(counter_sale.id)) == (200, "no_preference")
    assert shop.create_event.asked == []


# --- Signatures ----------------------------------------------------------------------------------


def test_what_mercado_pagos_own_package_accepts() -> None:
    """Values that the validator of the package `mercadopago` 3.6.0 takes for genuine."""
    ts = "1742505638683"
    genuine = {
        ("123456", "a-request"): "a2209536f4cf7f9f5e8f8ad7a46e7cd845202b742c16f35f49f4d1cae5b7e805",
        (None, "a-request"): "2241224a0594bc0accce35295514f8c2331dbb4ee06829d32a6c671ffd023f34",
        ("123456", None): "38560430fd7d2c84d600c96b603cf77f7ecf5a689b0c60ec7703bc4af4c22dfe",
    }
    for (data_id, request_id), v1 in genuine.items():
        assert sign("a-secret", data_id, request_id, ts) == f"ts={ts},v1={v1}"


def test_genuine_notices(shop: Shop, webhook: Served) -> None:
    notice = shop.offer().pay()
    for genuine in (
        replace(notice, sent_at=time.time() - 30 * 24 * 3600),
        replace(notice, request_id=""),
        replace(notice, query={"data.id": notice.query["data.id"]}),  # the body has the topic, too
    ):
        assert told(webhook, genuine) == OK
    assert len(shop.create_event.asked) == 3


def test_forged_notices(shop: Shop, webhook: Served) -> None:
    notice = shop.offer().pay()
    genuine = notice.headers["x-signature"]
    ts, v1 = genuine.split(",")
    for signature in (
        replace(notice, secret="guessed").headers["x-signature"],
        replace(notice, query={"data.id": "1"}).headers["x-signature"],
        replace(notice, request_id="another").headers["x-signature"],
        f"ts=1,{v1}",
        f"{ts},v1=",
        ts,
        v1,
        "v1=\u00e9",
        genuine.replace("v1=", "v2="),
        ",=,,",
        "",
    ):
        response = requests.post(
            url_of(webhook),
            params=notice.query,
            json=notice.body,
            headers=notice.headers | {"x-signature": signature.encode()},
            timeout=10,
        )
        assert (response.status_code, response.json()) == (401, {"code": "bad_signature"})
        assert last_line(webhook)["severity"] == "WARNING"
    assert (shop.mercado_pago.requests(), shop.create_event.asked) == ([], [])


def test_the_old_unsigned_notices_and_visitors(shop: Shop, webhook: Served) -> None:
    order_id = shop.offer().order_id
    query = {"topic": "merchant_order", "id": str(order_id)}
    assert requests.post(url_of(webhook), params=query, timeout=10).status_code == 401
    assert requests.get(url_of(webhook), timeout=10).status_code == 401
    assert requests.post(url_of(webhook), data="[" * 100_000, timeout=10).status_code == 401
    assert (shop.mercado_pago.requests(), shop.create_event.asked) == ([], [])


# --- create_event at each of its statuses --------------------------------------------------------


@pytest.mark.parametrize("error", ServiceError.__subclasses__(), ids=lambda error: error.code)
def test_errors_of_create_event(error: type[ServiceError], shop: Shop, webhook: Served) -> None:
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
    answer: tuple[int, str], shop: Shop, webhook: Served
) -> None:
    shop.create_event.answer = answer
    assert told(webhook, shop.offer().pay()) == (503, "create_event_failed")
    assert len(shop.create_event.asked) == 1
    assert last_line(webhook)["severity"] == "ERROR"


def assert_given_up(hurried_webhook: Served, notice: SignedNotice) -> None:
    started = time.monotonic()
    assert told(hurried_webhook, notice) == (503, "deadline_exceeded")
    assert time.monotonic() - started < 10


def test_create_event_does_not_answer(shop: Shop, hurried_webhook: Served) -> None:
    notice = shop.offer().pay()
    shop.create_event.answer = None
    assert_given_up(hurried_webhook, notice)
    shop.create_event.answer = BOOKED
    assert resent(hurried_webhook, notice)


# --- Mercado Pago down ---------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/v1/payments", "/merchant_orders"])
@pytest.mark.parametrize(
    "fault",
    [
        Fault("status", status=500),
        Fault("status", status=429),
        Fault("status", status=404),
        Fault("status", status=401),
        Fault("status", status=302),
        Fault("status", status=200, text="<html>Maintenance</html>"),
        Fault("status", status=200, text="[]"),
    ],
    ids=lambda fault: f"{fault.status} {fault.text[:6]}",
)
def test_mercado_pago_down(fault: Fault, path: str, shop: Shop, webhook: Served) -> None:
    notice = shop.offer().pay()
    shop.mercado_pago.fail(replace(fault, path=path))
    assert told(webhook, notice) == (503, "mercado_pago_unavailable")
    assert shop.create_event.asked == []


@pytest.mark.parametrize("kind", ["silence", "drip"])
def test_mercado_pago_hangs(kind: str, shop: Shop, hurried_webhook: Served) -> None:
    notice = shop.offer().pay()
    shop.mercado_pago.fail(Fault(kind))
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
def test_nobody_listens_there(setting: str, code: str, start_webhook: Start, shop: Shop) -> None:
    nobody = f"127.0.0.1:{free_port()}"
    value = nobody if setting == "FIRESTORE_EMULATOR_HOST" else f"http://{nobody}"
    with start_webhook(**{setting: value}) as webhook:
        assert told(webhook, shop.offer().pay()) == (503, code)
    assert shop.create_event.asked == []


def test_mercado_pago_answers_nonsense(shop: Shop, webhook: Served) -> None:
    notice = shop.offer().pay()
    shop.mercado_pago.fail(Fault("status", "/merchant_orders", 200, "{}"))
    assert told(webhook, notice) == (500, "internal_error")
    line = last_line(webhook)
    assert line["severity"] == "CRITICAL"
    assert line["stack"][-1] == "KeyError"
    assert shop.create_event.asked == []


# --- Settings, tokens, log -----------------------------------------------------------------------


def test_all_wrong_settings_are_named_at_once(start_webhook: Start) -> None:
    required = ("MERCADO_PAGO_ACCESS_TOKEN", "MERCADO_PAGO_WEBHOOK_SECRET", "CREATE_EVENT_URL")
    with start_webhook(K_SERVICE="webhook", **dict.fromkeys(required)) as webhook:
        assert told(webhook, payment_notice(1)) == (500, "misconfigured")
        line = last_line(webhook)
    assert line["severity"] == "CRITICAL"
    for name in required:
        assert f"{name} is missing" in line["message"]
    for name in ("MERCADO_PAGO_EMULATOR_URL", "FIRESTORE_EMULATOR_HOST"):
        assert f"{name} must not be set on Cloud Run" in line["message"]


def test_settings_in_the_cloud() -> None:
    required = {
        "MERCADO_PAGO_ACCESS_TOKEN": "token\n",
        "MERCADO_PAGO_WEBHOOK_SECRET": "secret",
        "CREATE_EVENT_URL": AUDIENCE,
        "K_SERVICE": "webhook",
    }
    settings = Settings.from_environ(required)
    assert settings.access_token == "token"
    assert settings.mercado_pago_url == "https://api.mercadopago.com"
    assert settings.audience == AUDIENCE
    assert 8 < settings.budget_seconds < 22
    assert "secret" not in repr(settings).replace("webhook_secret", "")
    for name, value in (
        ("DELIVERY_BUDGET_SECONDS", "22"),
        ("DELIVERY_BUDGET_SECONDS", "soon"),
        ("CREATE_EVENT_URL", " "),
        ("CREATE_EVENT_URL", "http://create-event.example.com"),
    ):
        with pytest.raises(Answer) as refused:
            Settings.from_environ(required | {name: value})
        assert name in refused.value.message


def test_the_id_token(start_webhook: Start, shop: Shop) -> None:
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


def test_without_id_token_nothing_is_booked(start_webhook: Start, shop: Shop) -> None:
    nowhere = {"GOOGLE_APPLICATION_CREDENTIALS": "missing.json"}
    with start_webhook(CREATE_EVENT_AUDIENCE=AUDIENCE, **nowhere) as webhook:
        assert told(webhook, shop.offer().pay()) == (503, "id_token_unavailable")
    assert shop.create_event.asked == []


def test_the_log(shop: Shop, webhook: Served) -> None:
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


def events(google: Google, sale: Sale) -> list[dict[str, Any]]:
    """What Google holds of the class that was sold, deleted events too."""
    return [
        event
        for event in google.events()
        if event["extendedProperties"]["private"]["preferenceId"] == sale.preference_id
    ]


def assert_booked_once(google: Google, shop: Shop, sale: Sale) -> None:
    (event,) = events(google, sale)
    document = shop.classes.get(sale.class_id)
    assert event["status"] == "confirmed"
    assert (document["googleEventId"], document["status"]) == (event["id"], "scheduled")
    invitations = [each for each in google.invitations() if event["id"] in json.dumps(each)]
    assert len(invitations) == 1


def test_approved_three_times_in_parallel(
    shop: Shop, booking_webhook: Served, google: Google
) -> None:
    sale = shop.offer()
    payment = sale.pay()
    with ThreadPoolExecutor(3) as pool:
        deliveries = [payment, payment, order_notice(sale.order_id)]
        assert all(pool.map(lambda notice: resent(booking_webhook, notice), deliveries))
    assert_booked_once(google, shop, sale)


def test_rejected_then_approved_is_booked_once(
    shop: Shop, booking_webhook: Served, google: Google
) -> None:
    sale = shop.offer()
    rejected = sale.pay(status="rejected")
    assert told(booking_webhook, rejected) == (200, "not_paid")
    assert events(google, sale) == []
    assert told(booking_webhook, sale.pay()) == OK
    assert told(booking_webhook, rejected) == OK  # any approved payment counts
    assert_booked_once(google, shop, sale)


def test_two_part_payments_are_booked_once(
    shop: Shop, booking_webhook: Served, google: Google
) -> None:
    sale = shop.offer(classPrice=1000.1)
    first = sale.pay(amount=500.05)
    assert told(booking_webhook, first) == (200, "too_little_paid")
    line = last_line(booking_webhook)
    assert (line["severity"], line["paid"], line["price"]) == ("ERROR", "500.05", "1000.1")
    assert events(google, sale) == []
    assert told(booking_webhook, sale.pay(amount=500.05)) == OK
    assert told(booking_webhook, first) == OK
    assert_booked_once(google, shop, sale)


def test_a_class_that_cannot_be_booked(shop: Shop, booking_webhook: Served, google: Google) -> None:
    sale = shop.offer(status="cancelled")
    assert told(booking_webhook, sale.pay()) == (200, "create_event_refuses")
    assert events(google, sale) == []


def test_a_bad_document_is_booked_once_corrected(
    shop: Shop, booking_webhook: Served, google: Google
) -> None:
    sale = shop.offer(startTime="tomorrow")
    notice = sale.pay()
    assert told(booking_webhook, notice) == (503, "create_event_failed")
    assert events(google, sale) == []
    shop.describe(sale)
    assert told(booking_webhook, notice) == OK
    assert_booked_once(google, shop, sale)
