"""How the service that is played says no."""

from collections.abc import Mapping, Sequence
from typing import Any

from infra.local.wire import Response, json_response


class ApiError(Exception):
    """A refusal; `reason` is the service's short word for it. Each service has its own body."""

    def __init__(
        self, status: int, reason: str, message: str, headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(message)
        self.status = status
        self.reason = reason
        self.message = message
        self.headers = dict(headers or {})

    def response(self, echo: Sequence[str] = ()) -> Response:
        """The answer; the texts of `echo` are appended to its message."""
        body = self.body(" ".join([self.message, *echo]))
        return json_response(body, self.status, **self.headers)

    def body(self, message: str) -> Any:
        return {"error": message}
