"""What pays for classes: the webhook, and a Mercado Pago that sends it notices."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

import requests

from infra.local.mercado_pago import ACCESS_TOKEN, WEBHOOK_SECRET
from infra.local.mercado_pago.client import MercadoPagoControl, running_stand_in
from infra.local.mercado_pago.notices import payment_notice
from infra.local.mercado_pago.resources import PlayedOrder, PlayedPayment
from infra.local.processes import free_port, running
from infra.local.stack import ROOT, Process, Say, Stack, function_command, wait_for_function

WEBHOOK = "mercado_pago_webhook"
_SOURCES = ROOT / "infra"


@dataclass(frozen=True)
class DemoShop:
    """A running webhook at "host:port" and the Mercado Pago it asks."""

    mercado_pago: MercadoPagoControl
    address: str
    process: Process

    def sell(self, number: int, preference_id: str, price: float) -> None:
        """An approved payment, with this number, of the preference's full price."""
        self.mercado_pago.put(PlayedOrder(number, preference_id, price))
        self.mercado_pago.put(PlayedPayment(number, number, amount=price))

    def notify(self, number: int) -> requests.Response:
        """The webhook's answer to Mercado Pago's notice of that payment."""
        return payment_notice(number).send(f"http://{self.address}/")


@contextmanager
def open_shop(stack: Stack, say: Say) -> Iterator[DemoShop]:
    """Run it beside the functions of `stack`. Raises StackError."""
    say("starting the webhook and the stand-in for Mercado Pago")
    with ExitStack() as started:
        control = started.enter_context(running_stand_in())
        address = f"127.0.0.1:{free_port()}"
        process = started.enter_context(
            running(
                function_command(WEBHOOK, _SOURCES, address),
                env={
                    **stack.settings,
                    "MERCADO_PAGO_ACCESS_TOKEN": ACCESS_TOKEN,
                    "MERCADO_PAGO_WEBHOOK_SECRET": WEBHOOK_SECRET,
                    "MERCADO_PAGO_EMULATOR_URL": control.url,
                    "CREATE_EVENT_URL": f"http://{stack.functions['create_event']}/api/calendar",
                },
                stdout=stack.log.descriptor,
            )
        )
        wait_for_function(WEBHOOK, address, process)
        yield DemoShop(control, address, process)
