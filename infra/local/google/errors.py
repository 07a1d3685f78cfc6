"""Google's three ways of saying no."""

from collections.abc import Mapping, Sequence
from typing import Any

from .wire import Response, json_response


class ApiError(Exception):
    """A refusal by one of the faces; ``reason`` is that face's short word for it."""

    def __init__(
        self, status: int, reason: str, message: str, headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(message)
        self.status = status
        self.reason = reason
        self.message = message
        self.headers = dict(headers or {})

    def response(self, echo: Sequence[str] = ()) -> Response:
        """The answer; the texts of ``echo`` end up in its message."""
        body = self.body(" ".join([self.message, *echo]))
        return json_response(body, self.status, **self.headers)

    def body(self, message: str) -> Any:
        raise NotImplementedError


_DOMAINS = {
    "quotaExceeded": "usageLimits",
    "rateLimitExceeded": "usageLimits",
    "userRateLimitExceeded": "usageLimits",
    "accessNotConfigured": "usageLimits",
    "timeRangeEmpty": "calendar",
}


class CalendarError(ApiError):
    """The error body of the Calendar API's errors guide."""

    def body(self, message: str) -> Any:
        domain = _DOMAINS.get(self.reason, "global")
        detail = {"domain": domain, "reason": self.reason, "message": message}
        if self.status == 401:
            detail |= {"locationType": "header", "location": "Authorization"}
        if self.status == 412:
            detail |= {"locationType": "header", "location": "If-Match"}
        return {"error": {"errors": [detail], "code": self.status, "message": message}}


class RpcError(ApiError):
    """The error body of APIs with a gRPC status, such as Secret Manager."""

    def body(self, message: str) -> Any:
        return {"error": {"code": self.status, "message": message, "status": self.reason}}


class OAuthError(ApiError):
    """The error body of RFC 6749, section 5.2."""

    def body(self, message: str) -> Any:
        return {"error": self.reason, "error_description": message}


def invalid(message: str) -> CalendarError:
    return CalendarError(400, "invalid", message)


def not_found() -> CalendarError:
    return CalendarError(404, "notFound", "Not Found")
