"""Control of the stand-in for Mercado Pago, beside that of every stand-in."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from infra.local.mercado_pago.resources import PlayedOrder, PlayedPayment
from infra.local.mercado_pago.state import MercadoPago
from infra.local.stand_in.control import Object, StandInControl
from infra.local.stand_in.process import running_stand_in as running_process


class MercadoPagoControl(StandInControl):
    """Its operations are `payment`, `payment_search`, `merchant_order`, `merchant_order_search` and
    `preference`."""

    def __init__(self, state: MercadoPago) -> None:
        super().__init__(state)
        self._held = state

    def put_payment(self, **fields: Any) -> None:
        """Adds a `PlayedPayment`, or replaces the one with its id."""
        payment = PlayedPayment(**fields)
        self._held.payments[str(payment.id)] = payment

    def put_order(self, **fields: Any) -> None:
        """Adds a `PlayedOrder`, or replaces the one with its id."""
        order = PlayedOrder(**fields)
        self._held.orders[str(order.id)] = order

    def preferences(self) -> list[Object]:
        """The preferences made so far, in order, with what was asked for."""
        return list(self._held.preferences.values())


@contextmanager
def running_stand_in() -> Iterator[MercadoPagoControl]:
    """A stand-in of its own, for as long as the context lasts. Raises RuntimeError."""
    with running_process("infra.local.mercado_pago", MercadoPagoControl) as control:
        yield control
