"""Control of a stand-in: how tests prepare it and look behind it.

In its own process a control is used as it is. From any other one a `Remote` posts the arguments
of a method, as JSON, to `/control/` and the method's name.
"""

import http.client
import json
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from dataclasses import asdict
from functools import partial
from typing import Any
from urllib.parse import urlsplit

from infra.local.stand_in.errors import ApiError
from infra.local.stand_in.faults import Fault
from infra.local.stand_in.state import StandInState
from infra.local.wire import Request, Response, json_response

CONTROL_PATH = "/control/"

Object = dict[str, Any]


class ControlError(Exception):
    """The stand-in does not do what was asked; the message says why."""


class StandInControl:
    """What every stand-in can be asked. `url` is where one in another process is served."""

    url: str

    def __init__(self, state: StandInState) -> None:
        self._state = state

    def reset(self) -> None:
        """Back to how it was right after the start; waiting requests are let go."""
        self._state.reset()

    def settings(self, **changes: Any) -> Object:
        """Changes the settings named and answers all of them."""
        return asdict(self._state.change_settings(changes))

    def latency(self, seconds: float, operation: str = "*") -> None:
        """Sets how long an operation takes before it takes effect."""
        self.settings(latency={**self._state.settings.latency, operation: seconds})

    def fault(self, operation: str, kind: str, **details: Any) -> None:
        """Plans a fault; `faults.py` says which there are."""
        self._state.faults.append(Fault(operation, kind, **details))

    def clear_faults(self) -> None:
        self._state.faults.clear()

    def requests(self, operation: str | None = None, after: int = 0) -> list[Object]:
        """What was received after the first `after` requests, in order."""
        received = list(self._state.requests)[after:]
        return [each.as_json() for each in received if operation in (None, each.operation)]

    def counts(self) -> dict[str, int]:
        """How many requests each operation received; cheaper than `requests`."""
        return Counter(each.operation for each in self._state.requests)

    def clear_requests(self) -> None:
        """Forgets what was received so far."""
        self._state.requests.clear()

    def refusals(self) -> list[Object]:
        """What was asked for that the service's description, or the stand-in, does not know."""
        return self._state.refusals


class Remote:
    """A control's methods, called in the process that serves `url`. Each raises ControlError."""

    def __init__(self, url: str) -> None:
        self.url = url

    def __getattr__(self, name: str) -> Callable[..., Any]:
        if name.startswith("_"):  # what copies or prints it asks for such names
            raise AttributeError(name)
        return partial(self._call, name)

    def _call(self, name: str, /, *values: Any, **named: Any) -> Any:
        status, content = self._post(CONTROL_PATH + name, json.dumps([values, named]))
        if status != 200:
            raise ControlError(f"{name}: {content.decode()}")
        return json.loads(content)

    def _post(self, path: str, body: str) -> tuple[int, bytes]:
        address = urlsplit(self.url).netloc
        with closing(http.client.HTTPConnection(address, timeout=30)) as connection:
            connection.request("POST", path, body, {"Connection": "close"})
            answer = connection.getresponse()
            return answer.status, answer.read()


def controlled(control: StandInControl, request: Request) -> Response:
    """The answer to a `Remote`."""
    name = request.path.removeprefix(CONTROL_PATH)
    try:
        values, named = json.loads(request.body)
        return json_response(getattr(control, name)(*values, **named))
    except ApiError as error:
        return error.response()
    except (ValueError, TypeError, LookupError, AttributeError) as error:
        return json_response({"error": f"{type(error).__name__}: {error}"}, 400)
