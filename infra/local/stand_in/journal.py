"""What reached a stand-in and what became of it."""

import json
from dataclasses import dataclass
from typing import Any

from infra.local.wire import Request

_HIDDEN_HEADERS = ("authorization", "cookie")


@dataclass
class JournalEntry:
    """One request. Times are seconds of the stand-in's clock.

    `status` is None where nothing was answered; `effect_at` is when the operation was carried out,
    also where its answer was lost, and None if it was refused or never reached.
    """

    operation: str
    request: Request
    received_at: float
    finished_at: float | None = None
    status: int | None = None
    effect_at: float | None = None
    fault: dict[str, Any] | None = None

    def as_json(self) -> dict[str, Any]:
        request, told = self.request, vars(self).copy()
        del told["request"]
        return told | {
            "method": request.method,
            "path": request.path,
            "query": request.query,
            "headers": {
                name: value
                for name, value in request.headers.items()
                if name not in _HIDDEN_HEADERS
            },
            "body": _readable_body(request),
            "client": request.client,
        }


def _readable_body(request: Request) -> Any:
    if not request.body:
        return None
    if request.headers.get("content-type", "").startswith("application/x-www-form-urlencoded"):
        return request.form
    try:
        return json.loads(request.body)
    except ValueError:
        return request.body.decode("utf-8", "replace")
