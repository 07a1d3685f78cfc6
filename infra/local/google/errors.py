"""Google's three ways of saying no."""

from typing import Any

from infra.local.stand_in.errors import ApiError


class CalendarError(ApiError):
    """The error body of the Calendar API's errors guide."""

    def body(self, message: str) -> Any:
        detail = {"domain": "global", "reason": self.reason, "message": message}
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
