"""What a stand-in can be asked to do, and a call of it."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from json import loads
from typing import Any
from urllib.parse import unquote

from infra.local.stand_in.errors import ApiError
from infra.local.stand_in.faults import Fault
from infra.local.wire import Request, Response

NOT_IN_STAND_IN = "notInStandIn"
"""The reason of what the service may have and its stand-in lacks."""


def _nothing(_state: Any, _call: "Call") -> None:
    """Checks nothing."""


@dataclass(frozen=True)
class Operation:
    """What is behind a method and path (regular expressions; named groups are arguments).

    `check` is made on arrival, before any fault; `handler` takes effect. Both get the state
    locked, and raise `error`s.
    """

    name: str
    method: str
    path: str
    handler: Callable[[Any, "Call"], Response]
    error: type[ApiError]
    check: Callable[[Any, "Call"], None] = _nothing


@dataclass
class Call:
    """A request for an operation.

    `args` are the decoded parts of its path, `parameters` the query's typed values where the
    operation checks them. `fault` is the fault it meets; `stood_on_arrival` says whether what it is
    to make was there already when it arrived.
    """

    request: Request
    operation: Operation
    args: dict[str, str]
    parameters: dict[str, Any] = field(default_factory=dict)
    fault: Fault | None = None
    stood_on_arrival: bool = False

    @cached_property
    def json(self) -> Any:
        """The body, None if there is none. Raises ValueError if it is not JSON."""
        return loads(self.request.body) if self.request.body else None

    def header(self, name: str) -> str:
        return self.request.headers.get(name, "")

    def meets(self, kind: str) -> bool:
        """Whether it meets a fault of that kind."""
        return self.fault is not None and self.fault.kind == kind


def find(operations: Sequence[Operation], request: Request) -> Call:
    """The call that a request makes; of `UNKNOWN` where the service has nothing at its path."""
    for operation in operations:
        match = re.fullmatch(operation.path, request.path)
        if match is not None and re.fullmatch(operation.method, request.method):
            args = {name: unquote(value) for name, value in match.groupdict().items()}
            return Call(request, operation, args)
    return Call(request, UNKNOWN, {})


def _nowhere(_state: Any, call: Call) -> Response:
    request = call.request
    raise ApiError(404, NOT_IN_STAND_IN, f"nothing is at {request.method} {request.path}")


UNKNOWN = Operation("unknown", "", "", _nowhere, ApiError)
