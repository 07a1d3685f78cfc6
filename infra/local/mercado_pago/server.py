"""The stand-in's HTTP face.

Mercado Pago's own paths ask for the bearer token; `/control` is for tests and local work:

    PUT    /control/payments/{id}         fields of `resources.Payment`
    PUT    /control/merchant_orders/{id}  fields of `resources.Order`
    PUT    /control/fault                 fields of `Fault`; it lasts until the next, or a reset
    GET    /control/requests              the paths asked for so far
    DELETE /control                       forget everything
"""

import json
import re
import threading
import time
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from . import ACCESS_TOKEN
from .resources import Order, Payment

_PAYMENT = re.compile(r"/v1/payments/(\d+)")
_ORDER = re.compile(r"/merchant_orders/(\d+)")
_SEED = re.compile(r"/control/(payments|merchant_orders)/(\d+)")


@dataclass(frozen=True)
class Fault:
    """What happens instead of an answer to paths that begin with `path`.

    `kind`: "status" answers `status` and `text`, "silence" nothing, "drip" two bytes a second.
    """

    kind: str
    path: str = "/"
    status: int = 500
    text: str = '{"message": "internal_error", "error": "internal_error", "status": 500}'


class StandIn(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, port: int = 0) -> None:
        super().__init__(("127.0.0.1", port), Handler)
        self.lock = threading.Lock()
        self.reset()

    def reset(self) -> None:
        self.payments: dict[int, Payment] = {}
        self.orders: dict[int, Order] = {}
        self.fault: Fault | None = None
        self.requests: list[str] = []

    def find(self, path: str) -> dict[str, Any] | None:
        """The resource Mercado Pago has at `path`."""
        if match := _PAYMENT.fullmatch(path):
            payment = self.payments.get(int(match[1]))
            return payment.resource() if payment else None
        if (match := _ORDER.fullmatch(path)) and (order := self.orders.get(int(match[1]))):
            listed = (payment for payment in self.payments.values() if payment.is_listed)
            return order.resource([each for each in listed if each.order_id == order.id])
        return None

    def control(self, method: str, path: str, body: dict[str, Any]) -> Any:
        """Raises LookupError for an unknown path and TypeError for an unknown field."""
        if (method, path) == ("DELETE", "/control"):
            return self.reset()
        if (method, path) == ("GET", "/control/requests"):
            return self.requests
        if (method, path) == ("PUT", "/control/fault"):
            self.fault = Fault(**body)
        elif method == "PUT" and (match := _SEED.fullmatch(path)):
            if match[1] == "payments":
                self.payments[int(match[2])] = Payment(**body | {"id": int(match[2])})
            else:
                self.orders[int(match[2])] = Order(**body | {"id": int(match[2])})
        else:
            raise LookupError(f"no {method} {path}")
        return None


class Handler(BaseHTTPRequestHandler):
    server: StandIn
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        if self.path.startswith("/control"):
            self._control()
        else:
            self._mercado_pago()

    def do_PUT(self) -> None:
        self._control()

    def do_DELETE(self) -> None:
        self._control()

    def _control(self) -> None:
        size = int(self.headers.get("Content-Length", 0))
        body = json.loads(self.rfile.read(size) or b"{}")
        try:
            with self.server.lock:
                self._answer(200, json.dumps(self.server.control(self.command, self.path, body)))
        except (LookupError, TypeError) as error:
            self._answer(400, json.dumps({"message": str(error)}))

    def _mercado_pago(self) -> None:
        with self.server.lock:
            self.server.requests.append(self.path)
            fault, resource = self.server.fault, self.server.find(self.path)
        if fault and self.path.startswith(fault.path):
            self._play(fault)
        elif self.headers.get("Authorization") != f"Bearer {ACCESS_TOKEN}":
            self._refuse(401, "unauthorized", "invalid access token")
        elif resource is None:
            self._refuse(404, "not_found", f"{self.path} not found")
        else:
            self._answer(200, json.dumps(resource))

    def _play(self, fault: Fault) -> None:
        if fault.kind == "status":
            return self._answer(fault.status, fault.text)
        self.close_connection = True
        if fault.kind == "drip":
            self.send_response(200)
            self.send_header("Content-Length", "1000")
            self.end_headers()
        while self.server.fault is fault:
            time.sleep(0.5)
            if fault.kind == "drip":
                self.wfile.write(b" ")
        return None

    def _refuse(self, status: int, error: str, message: str) -> None:
        body = {"message": message, "error": error, "status": status, "cause": []}
        self._answer(status, json.dumps(body))

    def _answer(self, status: int, text: str) -> None:
        body = text.encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """Quiet: `/control/requests` has them."""
