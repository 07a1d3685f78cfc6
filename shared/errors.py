"""Every failure a caller can see: the error table in the README and nothing else.

`details` and, below 500, `text` go to the caller; `cause` goes to the log and to
`calendarError`. All of them are our own words: text from Google or a stored document
is never repeated, since it may contain personal data.
"""

from collections.abc import Sequence
from typing import ClassVar


class ServiceError(Exception):
    """A failure with a documented answer.

    `status`, `code` and `retryable` are a row of the table; `text` is the answer's
    `error` below 500, the cause if it is empty (each function has one text for every 5xx);
    `severity` is for the log line; `retry_after`, in seconds, is a header of every 503.
    """

    status: ClassVar[int]
    code: ClassVar[str]
    retryable: ClassVar[bool]
    text: str = ""
    severity: str = "ERROR"
    retry_after: float | None = None

    asked_to_wait: float = 0.0
    """Seconds that the service asked us to wait before the next attempt."""

    def __init__(
        self,
        cause: str = "",
        *,
        details: Sequence[str] = (),
        retry_after: float | None = None,
        severity: str | None = None,
    ) -> None:
        super().__init__(cause)
        self.details = list(details)
        self.cause = cause or "; ".join(self.details)
        self.retry_after = self.retry_after if retry_after is None else retry_after
        self.severity = severity or self.severity


class InvalidRequest(ServiceError):
    status, code, retryable = 400, "invalid_request", False
    severity = "WARNING"


class VirtualClassNotFound(ServiceError):
    status, code, retryable = 404, "virtual_class_not_found", True
    text = "Virtual class not found"
    severity = "WARNING"


class MethodNotAllowed(ServiceError):
    status, code, retryable = 405, "method_not_allowed", False
    text = "Method not allowed"
    severity = "WARNING"


class PreferenceNotUnique(ServiceError):
    status, code, retryable = 409, "preference_not_unique", True
    text = "Several virtual classes carry this preferenceId"


class ClassNotBookable(ServiceError):
    status, code, retryable = 409, "class_not_bookable", False
    text = "Virtual class is cancelled, completed or over"
    severity = "WARNING"


class BodyTooLarge(ServiceError):
    status, code, retryable = 413, "body_too_large", False
    text = "Body too large"
    severity = "WARNING"


class InvalidVirtualClass(ServiceError):
    status, code, retryable = 422, "invalid_virtual_class", True
    text = "Virtual class has invalid fields"


class Misconfigured(ServiceError):
    status, code, retryable = 500, "misconfigured", True
    severity = "CRITICAL"


class InternalError(ServiceError):
    status, code, retryable = 500, "internal_error", True


class CalendarRejected(ServiceError):
    status, code, retryable = 502, "calendar_rejected", True


class ReauthorizationRequired(ServiceError):
    status, code, retryable = 503, "reauthorization_required", True
    severity = "CRITICAL"
    retry_after = 60.0


class CalendarUnavailable(ServiceError):
    status, code, retryable = 503, "calendar_unavailable", True
    retry_after = 15.0


class StoreUnavailable(ServiceError):
    status, code, retryable = 503, "store_unavailable", True
    retry_after = 15.0


class CreationInProgress(ServiceError):
    status, code, retryable = 503, "creation_in_progress", True
    severity = "WARNING"
    retry_after = 5.0


class MeetLinkMissing(ServiceError):
    status, code, retryable = 503, "meet_link_missing", True
    severity = "WARNING"
    retry_after = 10.0


def failure_of(error: Exception) -> ServiceError:
    """The error itself or, if nobody foresaw it, an InternalError that it caused."""
    if isinstance(error, ServiceError):
        return error
    failure = InternalError(type(error).__name__)
    failure.__cause__ = error
    return failure
