"""Every code the webhook can answer, in a `Verdict` or raised as `Ended`."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum


class Code(Enum):
    """Each has its HTTP status, and its log line's severity and message.

    200 settles a notice: sending it again would change nothing. After any other status Mercado
    Pago sends it again.
    """

    OK = (200, "INFO", "Paid, and booked or handed to the queue")
    NOT_PAID = (200, "INFO", "No payment is approved")
    NO_PREFERENCE = (200, "INFO", "The merchant order belongs to no preference")
    MERCADO_LIBRE = (200, "INFO", "A sale of Mercado Libre, not of a class")
    TOPIC_IGNORED = (200, "INFO", "Neither a payment nor a merchant order")
    REFUNDED = (200, "INFO", "Paid back, and the class is cancelled")
    SIMULATED = (200, "WARNING", "A test notice about something Mercado Pago does not know")
    TOO_LITTLE_PAID = (200, "ERROR", "Not booked: less was paid than the price")
    OTHER_CURRENCY = (200, "ERROR", "Not booked: paid in another currency than the preference's")
    PAYMENT_REVERSED = (200, "ERROR", "Paid back or disputed, and the class is not cancelled")
    PAID_WITHOUT_ORDER = (200, "ERROR", "Not booked: an approved payment without merchant order")
    NEWER_ORDER = (200, "ERROR", "Not booked: paid through the Orders API, which is not read")
    CLASS_NEVER_WRITTEN = (200, "ERROR", "Not booked: paid over a day ago, and still no such class")
    CREATE_EVENT_REFUSES = (200, "ERROR", "Not booked, though paid: create_event answers")
    NO_SIGNATURE = (401, "WARNING", "The x-signature header is missing or lacks ts or v1")
    BAD_SIGNATURE = (
        401,
        "WARNING",
        "The signature does not match. If all notices fail, compare MERCADO_PAGO_WEBHOOK_SECRET "
        "with the secret of the application that sends them, and test mode with productive mode",
    )
    METHOD_NOT_ALLOWED = (405, "WARNING", "Notices are sent with POST")
    BAD_PRICE = (500, "ERROR", "classPrice is not an amount of money")
    MISCONFIGURED = (500, "CRITICAL", "Settings are missing or wrong")
    INTERNAL_ERROR = (500, "CRITICAL", "Unexpected error")
    CLASS_NOT_FOUND = (503, "ERROR", "No class has this preferenceId yet")
    NOTICE_UNREADABLE = (503, "ERROR", "The notice lacks a topic or a numeric id")
    ORDER_TOPIC = (503, "ERROR", "Notices of topic order (Orders API) are not read")
    RESOURCE_UNREADABLE = (503, "ERROR", "Mercado Pago's payment or order cannot be read")
    MERCADO_PAGO_UNAVAILABLE = (503, "ERROR", "Mercado Pago does not answer as it should")
    STORE_UNAVAILABLE = (503, "ERROR", "Firestore does not answer")
    ID_TOKEN_UNAVAILABLE = (503, "ERROR", "No ID token can be obtained")
    QUEUE_UNAVAILABLE = (503, "ERROR", "Cloud Tasks does not take the task")
    CREATE_EVENT_UNAVAILABLE = (503, "ERROR", "create_event does not answer")
    CREATE_EVENT_FAILED = (503, "ERROR", "create_event answers")
    DEADLINE_EXCEEDED = (503, "ERROR", "The delivery took too long")

    def __init__(self, status: int, severity: str, message: str) -> None:
        self.status, self.severity, self.message = status, severity, message

    @property
    def text(self) -> str:
        """As answered and logged: `too_little_paid`."""
        return self.name.lower()

    @property
    def leaves_unbooked(self) -> bool:
        """Whether a class may be paid and not booked."""
        return self.severity in ("ERROR", "CRITICAL") and self is not Code.PAYMENT_REVERSED


@dataclass(frozen=True)
class Verdict:
    """How a delivery ends, and `facts` for the log."""

    code: Code
    detail: str = ""
    facts: Mapping[str, str] = field(default_factory=dict)

    @property
    def message(self) -> str:
        return f"{self.code.message}: {self.detail}" if self.detail else self.code.message


class Ended(Exception):
    """Ends a delivery early."""

    def __init__(self, code: Code, detail: str = "") -> None:
        super().__init__(code.text, detail)
        self.verdict = Verdict(code, detail)


class NotBookable(Ended):
    """The class is cancelled, completed or over. If cancelled, its event is withdrawn."""
