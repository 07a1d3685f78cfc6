"""Starts and controls the stand-in."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import Any

import requests

from infra.local.processes import running
from infra.local.stack import ROOT

from .resources import Order, Payment
from .server import Fault


@dataclass(frozen=True)
class Control:
    """The stand-in at `url`, seen from outside."""

    url: str

    def put(self, thing: Payment | Order) -> None:
        """Adds a payment or a merchant order, or replaces the one with its id."""
        kind = "payments" if isinstance(thing, Payment) else "merchant_orders"
        self._send("PUT", f"/control/{kind}/{thing.id}", asdict(thing))

    def fail(self, fault: Fault) -> None:
        """From now on; `reset` ends it."""
        self._send("PUT", "/control/fault", asdict(fault))

    def requests(self) -> list[str]:
        """The paths Mercado Pago was asked for."""
        paths: list[str] = self._send("GET", "/control/requests")
        return paths

    def reset(self) -> None:
        self._send("DELETE", "/control")

    def _send(self, method: str, path: str, body: Any = None) -> Any:
        response = requests.request(method, self.url + path, json=body, timeout=10)
        response.raise_for_status()
        return response.json()


@contextmanager
def mercado_pago() -> Iterator[Control]:
    """A stand-in of its own, stopped at the end."""
    command = [sys.executable, "-m", "infra.local.mercado_pago"]
    environ = {**os.environ, "PYTHONPATH": str(ROOT)}
    with running(command, env=environ, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        yield Control(json.loads(process.stdout.readline())["url"])
