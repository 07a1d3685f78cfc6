"""Controls a running stand-in for Mercado Pago from Python."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict

from infra.local.mercado_pago.resources import PlayedOrder, PlayedPayment
from infra.local.stand_in.client import Object, StandInClient
from infra.local.stand_in.process import running_module


class MercadoPagoControl(StandInClient):
    """Its operations are `payment`, `merchant_order` and `preference`."""

    def put(self, thing: PlayedPayment | PlayedOrder) -> None:
        """Adds a payment or a merchant order, or replaces the one with its id."""
        kind = "payments" if isinstance(thing, PlayedPayment) else "merchant_orders"
        self._call("PUT", kind, **asdict(thing))

    def preferences(self) -> list[Object]:
        """The preferences made so far, in order, with what was asked for."""
        return list(self._call("GET", "preferences"))


@contextmanager
def running_stand_in() -> Iterator[MercadoPagoControl]:
    """A stand-in of its own, for as long as the context lasts. Raises RuntimeError."""
    with running_module("infra.local.mercado_pago") as url:
        yield MercadoPagoControl(url)
