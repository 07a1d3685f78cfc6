"""The local page at `/`, and what it asks for below `/demo/`."""

import json
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

from infra.local.demo import Demo
from infra.local.gateway import Gateway, Reply
from infra.local.playable_faults import PlayableFaults
from infra.local.school import Object, School
from infra.local.shop import WEBHOOK, open_shop
from infra.local.stack import ROOT, Stack
from shared.settings import Settings

_TYPES = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
}
_PAGE = Path(__file__).parent / "page"
_FILES = {f"/{file.name}": file for file in _PAGE.iterdir() if file.suffix in _TYPES} | {
    "/": _PAGE / "index.html",
    "/calendar.js": ROOT / "infra" / "examples" / "web" / "calendar.js",
}


class LocalSite:
    """Files, and the demo as JSON."""

    def __init__(self, demo: Demo) -> None:
        self._calls: dict[tuple[str, str], Callable[[Object], Any]] = {
            ("GET", "state"): lambda _: demo.state(),
            ("POST", "pay"): lambda body: demo.pay(body["class"]),
            ("POST", "move"): lambda body: demo.move(
                body["class"], datetime.fromisoformat(body["start"])
            ),
            ("POST", "cancel"): lambda body: demo.cancel(body["class"]),
            ("POST", "fault"): lambda body: demo.play(body["name"]),
            ("POST", "start-over"): lambda _: demo.start_over(),
        }

    def answer(self, method: str, path: str, body: bytes) -> Reply | None:
        if path in _FILES and method in ("GET", "HEAD"):
            file = _FILES[path]
            return Reply(200, file.read_bytes(), _TYPES[file.suffix])
        call = self._calls.get((method, path.removeprefix("/demo/")))
        if call is None or not path.startswith("/demo/"):
            return None
        try:
            return _json(200, call(json.loads(body or b"{}")))
        except Exception as error:  # the page shows it; what it means stands in the terminal
            traceback.print_exc()
            return _json(500, {"error": f"{type(error).__name__}: {error}"})


@contextmanager
def serving_page(gateway: Gateway, stack: Stack, school: School) -> Iterator[Stack]:
    """Serve the functions, and beside them the page with all it needs. Yields the stack with the
    webhook's process. Raises StackError."""
    settings = Settings.from_environ(stack.settings)
    faults = PlayableFaults(stack.google, settings.create_budget_seconds)
    with open_shop(stack) as shop:
        demo = Demo(stack, school, shop, faults, settings.events_window_days)
        demo.start()
        with gateway.serving(stack.functions, LocalSite(demo)):
            yield replace(stack, processes={**stack.processes, WEBHOOK: shop.process})


def _json(status: int, value: Any) -> Reply:
    return Reply(status, json.dumps(value).encode(), "application/json")
