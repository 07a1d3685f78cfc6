"""The local page at `/`, and what it asks for below `/demo/`."""

import json
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from infra.local.demo.demo import Demo
from infra.local.demo.faults import PlayableFaults
from infra.local.demo.school import Object, open_school
from infra.local.demo.shop import open_shop
from infra.local.gateway import Gateway, Site
from infra.local.stack import ROOT, Say, Stack, local_stack
from infra.local.wire import Request, Response, json_response
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


def _site(demo: Demo) -> Site:
    """Files, and the demo as JSON."""
    calls: dict[tuple[str, str], Callable[..., Object]] = {
        ("GET", "/demo/state"): demo.state,
        ("POST", "/demo/hold"): demo.hold,
        ("POST", "/demo/release"): demo.release,
        ("POST", "/demo/pay"): demo.pay,
        ("POST", "/demo/edit"): demo.edit,
        ("POST", "/demo/fault"): demo.play,
        ("POST", "/demo/start-over"): demo.start_over,
    }

    def answer(request: Request) -> Response | None:
        if request.path in _FILES and request.method in ("GET", "HEAD"):
            file = _FILES[request.path]
            return Response(200, file.read_bytes(), _TYPES[file.suffix])
        call = calls.get((request.method, request.path))
        if call is None:
            return None
        try:
            return json_response(call(**json.loads(request.body or b"{}")))
        except Exception as error:  # the page shows it; what it means stands in the terminal
            traceback.print_exc()
            return json_response({"error": f"{type(error).__name__}: {error}"}, 500)

    return answer


@contextmanager
def serving_page(port: int = 0, say: Say = print) -> Iterator[tuple[Gateway, Stack]]:
    """Runs everything and serves the functions, and beside them the page with all it needs. The
    stack has the shop's processes too. Raises PortUnavailable, StackError, EmulatorUnavailable."""
    with (
        Gateway(port) as gateway,
        local_stack(say, gateway.origins) as stack,
        open_school(stack) as school,
        open_shop(stack, say) as shop,
    ):
        settings = Settings.from_environ(stack.settings)
        faults = PlayableFaults(stack.google, settings.create_budget_seconds)
        demo = Demo(stack, school, shop, faults, settings.events_window_days)
        demo.start()
        with gateway.serving(stack.functions, _site(demo)):
            yield gateway, replace(stack, processes={**stack.processes, **shop.processes})
