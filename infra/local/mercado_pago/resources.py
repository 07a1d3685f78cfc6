"""Payments and merchant orders in Mercado Pago's words, as far as anybody here reads them.

Fields: https://www.mercadopago.com.ar/developers/es/reference (payments, merchant_orders).
"""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

_DETAILS = {"approved": "accredited", "rejected": "cc_rejected_other_reason"}
_ONCE_APPROVED = {"approved", "refunded", "charged_back", "in_mediation"}


@dataclass(frozen=True)
class PlayedPayment:
    """The merchant order may lag behind: it does not show the payment yet (`is_listed`), or still
    with another status (`listed_status`). A sale of Mercado Libre has `order_type` "mercadolibre",
    one through the Orders API an `order_id` that is not a number. One that was cancelled
    `was_approved` before."""

    id: int
    order_id: int | str | None = None
    order_type: str = "mercadopago"
    status: str = "approved"
    approved_at: str = field(default_factory=lambda: datetime.now(UTC).isoformat())
    amount: float = 1000
    currency: str = "ARS"
    refunded: float = 0
    is_listed: bool = True
    listed_status: str | None = None
    was_approved: bool = False

    @property
    def date_approved(self) -> str | None:
        """Stays, whatever becomes of it."""
        return self.approved_at if self.was_approved or self.status in _ONCE_APPROVED else None

    @property
    def given_back(self) -> float:
        return self.amount if self.status == "refunded" else self.refunded

    def resource(self) -> dict[str, Any]:
        """`GET /v1/payments/{id}`."""
        order = {} if self.order_id is None else {"id": str(self.order_id), "type": self.order_type}
        return {
            **self._common(),
            "transaction_amount_refunded": self.given_back,
            "order": order,
            "payer": {"email": "student@example.com"},
            "metadata": {},
            "live_mode": True,
        }

    def in_order(self) -> dict[str, Any]:
        """The order's copy."""
        return {
            **self._common(),
            "status": self.listed_status or self.status,
            "total_paid_amount": self.amount,
            "shipping_cost": 0,
            "operation_type": "regular_payment",
            "amount_refunded": self.given_back,
        }

    def _common(self) -> dict[str, Any]:
        is_refunded_in_part = self.status == "approved" and self.refunded > 0
        detail = "partially_refunded" if is_refunded_in_part else _DETAILS.get(self.status, "")
        return {
            "id": self.id,
            "status": self.status,
            "status_detail": detail,
            "transaction_amount": self.amount,
            "currency_id": self.currency,
            "date_approved": self.date_approved,
        }


@dataclass(frozen=True)
class PlayedOrder:
    """A merchant order, made when a buyer opens the checkout of a preference."""

    id: int
    preference_id: str | None
    total: float = 1000
    currency: str = "ARS"

    def resource(self, payments: list[PlayedPayment]) -> dict[str, Any]:
        """`GET /merchant_orders/{id}`."""
        approved = [payment for payment in payments if payment.status == "approved"]
        paid = sum(payment.amount for payment in approved)
        is_paid = paid >= self.total
        return {
            "id": self.id,
            "status": "closed" if is_paid else "opened",
            "order_status": "paid" if is_paid else "payment_required",
            "preference_id": self.preference_id,
            "external_reference": "",
            "payments": [payment.in_order() for payment in payments],
            "items": [{"quantity": 1, "unit_price": self.total, "currency_id": self.currency}],
            "total_amount": self.total,
            "paid_amount": paid,
            "refunded_amount": sum(payment.given_back for payment in payments),
        }
