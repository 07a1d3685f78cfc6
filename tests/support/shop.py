"""What the webhook is tried in: Mercado Pago, classes on sale, and a played `create_event`."""

import itertools
import json
import time
import uuid
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from infra.local.google.control import Control as Google
from infra.local.mercado_pago.control import MercadoPagoControl
from infra.local.mercado_pago.notices import SignedNotice, payment_notice
from infra.local.processes import wait_until
from tests.support.classes import Classes
from tests.support.client import SUCCESS
from tests.support.served import Served

AUDIENCE = "https://create-event.example.com"
BOOKED = (200, json.dumps(SUCCESS))
OK = (200, "ok")

numbers = itertools.count(10_001)
"""Of payments and orders."""


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

    mercado_pago: MercadoPagoControl
    class_id: str
    preference_id: str
    order_id: int

    def pay(self, **payment: Any) -> SignedNotice:
        """A payment of the class, and Mercado Pago's notice of it."""
        notice = payment_notice(next(numbers))
        self.becomes(notice, **payment)
        return notice

    def becomes(self, notice: SignedNotice, **payment: Any) -> None:
        """What the payment of a notice is from now on."""
        number = int(notice.query["data.id"])
        self.mercado_pago.put_payment(id=number, **{"order_id": self.order_id} | payment)

    def events(self, google: Google) -> list[dict[str, Any]]:
        """What Google holds of the class, deleted events too."""
        return [
            event
            for event in google.events()
            if event["extendedProperties"]["private"]["preferenceId"] == self.preference_id
        ]

    def statuses(self, google: Google) -> list[str]:
        """Of these events."""
        return [event["status"] for event in self.events(google)]


@dataclass(frozen=True)
class Shop:
    """Mercado Pago and classes on sale."""

    mercado_pago: MercadoPagoControl
    classes: Classes

    def offer(self, **fields: Any) -> Sale:
        """Puts a class on sale for 1000."""
        sale = self.checkout()
        self.describe(sale, **fields)
        return sale

    def checkout(self) -> Sale:
        """A sale whose class is not written down yet."""
        number = next(numbers)
        sale = Sale(self.mercado_pago, f"class-{number}", f"123-{uuid.uuid4()}", number)
        self.mercado_pago.put_order(id=sale.order_id, preference_id=sale.preference_id)
        return sale

    def describe(self, sale: Sale, **fields: Any) -> None:
        """Writes the class's document."""
        usual = {"preferenceId": sale.preference_id, "classPrice": 1000}
        self.classes.add(sale.class_id, **usual | fields)


@dataclass(frozen=True)
class ScriptedShop(Shop):
    """The same with a played `create_event`, for a webhook that does not call the real one."""

    create_event: Scripted


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
