"""Every answer the function can give but for success, raised as `Refused`."""

from enum import Enum


class Code(Enum):
    """Each has its HTTP status, its log line's severity, and the text of its answer."""

    INVALID_REQUEST = (400, "WARNING", "The request cannot be read")
    HOLD_NOT_FOUND = (404, "INFO", "No such hold, or it has ended")
    METHOD_NOT_ALLOWED = (405, "WARNING", "Holds are made with POST and given up with DELETE")
    HOUR_TAKEN = (409, "INFO", "The hour is taken")
    BODY_TOO_LARGE = (413, "WARNING", "The body is too large")
    TOO_MANY_HOLDS = (429, "INFO", "The student holds too many classes")
    MISCONFIGURED = (500, "CRITICAL", "Settings are missing or wrong")
    INTERNAL_ERROR = (500, "CRITICAL", "Unexpected error")
    MERCADO_PAGO_UNAVAILABLE = (503, "ERROR", "Mercado Pago does not answer as it should")
    TRY_AGAIN = (503, "WARNING", "The hour cannot be held right now")

    def __init__(self, status: int, severity: str, text: str) -> None:
        self.status, self.severity, self.text = status, severity, text

    @property
    def is_retryable(self) -> bool:
        """Whether the same request can succeed in a few seconds."""
        return self.status == 503

    @property
    def word(self) -> str:
        """As answered and logged: `hour_taken`."""
        return self.name.lower()


class Refused(Exception):
    """Ends a request. Its text is told to whoever sent an invalid request, and logged otherwise."""

    def __init__(self, code: Code, text: str = "") -> None:
        super().__init__(text)
        self.code = code
