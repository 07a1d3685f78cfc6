"""The example that sells an hour: two students cannot hold one."""

import json
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from infra.local.mercado_pago import ACCESS_TOKEN
from infra.local.mercado_pago.client import MercadoPagoControl, running_stand_in
from infra.local.stack import ROOT
from tests.support.classes import Classes
from tests.support.client import Answer
from tests.support.served import Served, serving

SOURCE = ROOT / "infra" / "examples" / "hold_and_pay"
START = (datetime.now(UTC) + timedelta(days=1)).replace(minute=0, second=0, microsecond=0)

Start = Callable[..., AbstractContextManager[Served]]


@pytest.fixture(scope="module")
def payments() -> Iterator[MercadoPagoControl]:
    with running_stand_in() as control:
        yield control


@pytest.fixture(scope="module")
def start_function(
    payments: MercadoPagoControl, emulator: str, tmp_path_factory: pytest.TempPathFactory
) -> Start:
    def start(**settings: object) -> AbstractContextManager[Served]:
        usual = {
            "MERCADO_PAGO_ACCESS_TOKEN": ACCESS_TOKEN,
            "MERCADO_PAGO_EMULATOR_URL": payments.url,
            "HOURLY_PRICE_INDIVIDUAL": "10000",
        }
        log = tmp_path_factory.mktemp("log") / "hold_and_pay.log"
        return serving(SOURCE, emulator, "", log, usual | settings)

    return start


@pytest.fixture(scope="module")
def function(start_function: Start) -> Iterator[Served]:
    with start_function() as served:
        yield served


def post(function: Served, **changes: Any) -> Answer:
    body = {
        "start": START.isoformat(),
        "end": (START + timedelta(minutes=90)).isoformat(),
        "classType": "individual",
        "studentEmail": "ana@example.com",
        **changes,
    }
    return function.request("POST", "/", json.dumps(body))


def test_hold(function: Served, classes: Classes, payments: MercadoPagoControl) -> None:
    answer = post(function)
    assert answer.status == 201, function.text()
    print(answer.json, payments.preferences(), classes.get(answer.json["classId"]))
    assert post(function).json == answer.json
    answer = post(function, studentEmail="b@example.com")
    assert answer.status == 409
    print(answer.json, function.text())
