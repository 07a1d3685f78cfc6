"""Everything that the stand-in for Mercado Pago holds."""

from typing import Any

from infra.local.mercado_pago.resources import PlayedOrder, PlayedPayment
from infra.local.stand_in.state import StandInState


class MercadoPago(StandInState):
    """Payments and merchant orders by id, preferences by the idempotency key of their request."""

    def reset(self) -> None:
        super().reset()
        self.payments: dict[str, PlayedPayment] = {}
        self.orders: dict[str, PlayedOrder] = {}
        self.preferences: dict[str, dict[str, Any]] = {}
