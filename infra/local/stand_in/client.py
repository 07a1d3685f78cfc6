"""Controls a running stand-in from Python."""

import http.client
import json
from contextlib import closing
from typing import Any
from urllib.parse import urlsplit

Json = Any
Object = dict[str, Any]


class ControlError(Exception):
    """The stand-in does not do what was asked; the message says why."""


class StandInClient:
    """The stand-in behind `url`; each call is one request to it."""

    def __init__(self, url: str) -> None:
        self.url = url.rstrip("/")
        self._address = urlsplit(self.url).netloc

    def reset(self, **keep: Json) -> None:
        """Back to how it was right after the start; waiting requests are let go."""
        self._call("POST", "reset", **keep)

    def settings(self, **changes: Json) -> Object:
        """Changes the settings named and answers all of them."""
        return dict(self._call("PATCH", "settings", **changes))

    def latency(self, seconds: float, operation: str = "*") -> None:
        """Sets how long an operation takes before it takes effect."""
        self.settings(latency={**self.settings()["latency"], operation: seconds})

    def fault(self, operation: str, kind: str, **details: Json) -> None:
        """Plans a fault; `faults.py` says which there are."""
        self._call("POST", "faults", operation=operation, kind=kind, **details)

    def clear_faults(self) -> None:
        self._call("DELETE", "faults")

    def requests(self, operation: str | None = None, after: int = 0) -> list[Object]:
        """What was received after the request numbered `after`, in order."""
        return list(self._call("GET", "requests", operation=operation, after=after))

    def counts(self) -> dict[str, int]:
        """How many requests each operation received; cheaper than `requests`."""
        return dict(self._call("GET", "counts"))

    def clear_requests(self) -> None:
        """Forgets what was received so far."""
        self._call("DELETE", "requests")

    def refusals(self) -> list[Object]:
        """What was asked for that the service's description, or the stand-in, does not know."""
        return list(self._call("GET", "refusals"))

    def _call(self, method: str, path: str, /, **values: Json) -> Json:
        with closing(http.client.HTTPConnection(self._address, timeout=30)) as connection:
            body = json.dumps(values)
            connection.request(method, f"/control/{path}", body, {"Connection": "close"})
            response = connection.getresponse()
            answer = json.loads(response.read())
        if response.status != 200:
            raise ControlError(f"{method} {path}: {answer}")
        return answer
