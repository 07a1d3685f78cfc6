"""What sells classes: the webhook, the example that holds hours, a stand-in for Mercado Pago."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

import requests

from infra.local.mercado_pago import ACCESS_TOKEN, WEBHOOK_SECRET
from infra.local.mercado_pago.control import MercadoPagoControl, running_stand_in
from infra.local.mercado_pago.notices import payment_notice
from infra.local.stack import ROOT, Process, Say, Stack, running_functions

WEBHOOK, HOLDS = "mercado_pago_webhook", "hold_and_pay"
_SOURCES = (ROOT / "infra" / WEBHOOK, ROOT / "infra" / "examples" / HOLDS)
_ANSWER_SECONDS = 30


@dataclass(frozen=True)
class DemoShop:
    """What is running, and the Mercado Pago that it asks."""

    mercado_pago: MercadoPagoControl
    functions: Mapping[str, str]
    processes: Mapping[str, Process]

    def hold(self, start: str, end: str, student: str) -> requests.Response:
        """The answer to a student who wants to pay for an hour."""
        wanted = {"start": start, "end": end, "classType": "individual", "studentEmail": student}
        return requests.post(self._url(HOLDS), json=wanted, timeout=_ANSWER_SECONDS)

    def release(self, class_id: str, student: str) -> requests.Response:
        """The answer to a student who does not want it any more."""
        held = {"classId": class_id, "studentEmail": student}
        return requests.delete(self._url(HOLDS), json=held, timeout=_ANSWER_SECONDS)

    def sell(self, number: int, preference_id: str, price: float) -> None:
        """An approved payment, with this number, of the preference's full price."""
        self.mercado_pago.put_order(id=number, preference_id=preference_id, total=price)
        self.mercado_pago.put_payment(id=number, order_id=number, amount=price)

    def notify(self, number: int) -> requests.Response:
        """The webhook's answer to Mercado Pago's notice of that payment."""
        return payment_notice(number).send(self._url(WEBHOOK))

    def _url(self, name: str) -> str:
        return f"http://{self.functions[name]}/"


@contextmanager
def open_shop(stack: Stack, say: Say) -> Iterator[DemoShop]:
    """Run it beside the functions of `stack`. Raises StackError."""
    say("starting the webhook, the example that holds hours and the stand-in for Mercado Pago")
    with running_stand_in() as mercado_pago:
        settings = {
            "HOLD_MINUTES": "10",
            "GRACE_MINUTES": "0.05",  # the page pays at once
            "HOURLY_PRICE_INDIVIDUAL": "18000",
            **stack.settings,
            "MERCADO_PAGO_ACCESS_TOKEN": ACCESS_TOKEN,
            "MERCADO_PAGO_WEBHOOK_SECRET": WEBHOOK_SECRET,
            "MERCADO_PAGO_EMULATOR_URL": mercado_pago.url,
            "CREATE_EVENT_URL": f"http://{stack.functions['create_event']}/api/calendar",
        }
        with running_functions(_SOURCES, settings, stack.log) as running:
            yield DemoShop(mercado_pago, *running)
