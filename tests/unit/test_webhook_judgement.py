"""What the webhook makes of a payment, its order and its class."""

import json
import re
import subprocess
import sys
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from infra.local.mercado_pago.resources import PlayedOrder, PlayedPayment
from infra.mercado_pago_webhook import judgement, resources
from infra.mercado_pago_webhook.codes import Code, Ended, Verdict
from infra.mercado_pago_webhook.judgement import Sale, SoldClass, is_to_cancel, judge

ROOT = Path(__file__).parents[2]
NOW = datetime(2031, 3, 14, 12, tzinfo=UTC)
SALE = PlayedOrder(7, "123-preference")
CLASS = {"classPrice": 1000}


def paid(number: int = 1, **fields: Any) -> PlayedPayment:
    usual: dict[str, Any] = {"order_id": SALE.id, "approved_at": NOW.isoformat()}
    return PlayedPayment(number, **usual | fields)


def verdict(
    *payments: PlayedPayment,
    order: PlayedOrder | None = SALE,
    virtual_class: Mapping[str, Any] | None = CLASS,
    noticed: bool = True,
) -> Verdict:
    """The verdict on the first payment's notice, or on that of its order."""
    payment = resources.Payment.read(payments[0].resource()) if noticed else None
    listed = resources.Order.read(order.resource(list(payments))) if order else None
    return judge(Sale(payment, listed, as_read(virtual_class)), NOW)


def code(*payments: PlayedPayment, **sale: Any) -> Code:
    return verdict(*payments, **sale).code


def as_read(document: Mapping[str, Any] | None) -> SoldClass | None:
    return None if document is None else SoldClass("class-1", document)


def code_of_price(price: object, *payments: PlayedPayment) -> Code:
    return code(*payments, virtual_class={"classPrice": price})


# --- Whether enough was paid ---------------------------------------------------------------------


@pytest.mark.parametrize("price", [None, 0, 1, 1000, 1000.0, "1000", " 1000.00 "], ids=repr)
def test_enough(price: object) -> None:
    assert code_of_price(price, paid(amount=1000)) is Code.OK
    assert code(paid(amount=1000), virtual_class={"classPrice": price}, noticed=False) is Code.OK


@pytest.mark.parametrize(
    ("price", "payments"),
    [
        (1000, [paid(amount=999.99)]),
        (1000.01, [paid(amount=1000)]),
        ("1500.50", [paid(amount=1500.49)]),
        (1000.1, [paid(1, amount=500.05), paid(2, amount=500.04)]),
        (1000, [paid(1, amount=500), paid(2, amount=500, status="rejected")]),
    ],
)
def test_too_little(price: object, payments: list[PlayedPayment]) -> None:
    assert code_of_price(price, *payments) is Code.TOO_LITTLE_PAID


def test_part_payments_add_up() -> None:
    assert code_of_price(1000.1, paid(1, amount=500.05), paid(2, amount=500.05)) is Code.OK


@pytest.mark.parametrize("status", ["pending", "in_process", "rejected", "cancelled"])
def test_not_approved(status: str) -> None:
    assert code(paid(status=status)) is Code.NOT_PAID
    assert code(paid(status=status, order_id=None), order=None) is Code.NOT_PAID


def test_a_payment_read_by_itself_overrides_the_order_s_copy() -> None:
    assert code(paid(listed_status="in_process")) is Code.OK
    assert code(paid(status="refunded", listed_status="approved")) is Code.PAYMENT_REVERSED


# --- What becomes of a payment -------------------------------------------------------------------

CANCELLED_CLASS = CLASS | {"status": "Cancelled "}


@pytest.mark.parametrize(
    ("payments", "standing", "cancelled"),
    [
        # Refunded, disputed, or cancelled after the approval.
        ([{"status": "refunded"}], Code.PAYMENT_REVERSED, Code.REFUNDED),
        ([{"status": "charged_back"}], Code.PAYMENT_REVERSED, Code.PAYMENT_REVERSED),
        ([{"status": "in_mediation"}], Code.PAYMENT_REVERSED, Code.PAYMENT_REVERSED),
        (
            [{"status": "cancelled", "was_approved": True}],
            Code.PAYMENT_REVERSED,
            Code.REFUNDED,
        ),
        ([{"refunded": 0.01}], Code.PAYMENT_REVERSED, Code.REFUNDED),
        (
            [{"amount": 500}, {"amount": 500, "status": "refunded"}],
            Code.PAYMENT_REVERSED,
            Code.REFUNDED,
        ),
        # What is left covers the class.
        ([{}, {"status": "refunded"}], Code.OK, Code.OK),
        ([{}, {"status": "charged_back"}], Code.OK, Code.OK),
        ([{"refunded": 500}, {"amount": 500}], Code.OK, Code.OK),
        # It never covered it.
        ([{"amount": 500, "status": "refunded"}], Code.NOT_PAID, Code.NOT_PAID),
        ([{"amount": 999, "refunded": 1}], Code.TOO_LITTLE_PAID, Code.TOO_LITTLE_PAID),
        ([{"status": "cancelled"}], Code.NOT_PAID, Code.NOT_PAID),
        ([{"status": "refunded", "currency": "USD"}], Code.NOT_PAID, Code.NOT_PAID),
    ],
)
def test_payments_that_are_reversed(
    payments: list[dict[str, Any]], standing: Code, cancelled: Code
) -> None:
    played = [paid(number, **fields) for number, fields in enumerate(payments, 1)]
    assert code(*played) is standing
    assert code(*played, virtual_class=CANCELLED_CLASS) is cancelled


def test_a_reversed_payment_of_no_class() -> None:
    assert code(paid(status="refunded"), virtual_class=None) is Code.NOT_PAID
    assert code(paid(status="refunded", order_id=None), order=None) is Code.NOT_PAID


def test_without_a_price_any_approved_payment_is_enough() -> None:
    assert code_of_price(None, paid(status="refunded")) is Code.PAYMENT_REVERSED
    assert code_of_price(None, paid(refunded=999)) is Code.OK


TOMORROW = NOW + timedelta(days=1)


@pytest.mark.parametrize(
    ("statuses", "document", "expected"),
    [
        (["refunded"], {}, True),
        (["refunded", "refunded"], {"status": "pending"}, True),
        (["refunded", "rejected"], {"status": "SCHEDULED"}, True),
        (["refunded"], {"startTime": TOMORROW.isoformat()}, True),
        (["refunded", "charged_back"], {}, False),
        (["charged_back"], {}, False),
        (["refunded", "approved"], {}, False),
        (["refunded"], {"status": "completed"}, False),
        (["refunded"], {"status": "cancelled"}, False),
        (["refunded"], {"startTime": NOW}, False),
        (["refunded"], {"startTime": "tomorrow"}, False),
    ],
)
def test_which_class_is_cancelled(
    statuses: list[str], document: dict[str, Any], expected: bool
) -> None:
    payments = [paid(number, status=status) for number, status in enumerate(statuses)]
    order = resources.Order.read(SALE.resource(payments))
    virtual_class = as_read({"startTime": TOMORROW, **document})
    assert is_to_cancel(Sale(None, order, virtual_class), NOW) is expected


# --- Values that are not amounts of money --------------------------------------------------------

NO_AMOUNTS = [
    *(float("nan"), float("inf"), float("-inf"), "NaN", "sNaN", "Infinity"),
    *("mil pesos", "1.500", "1,500", "1_000", "\u0661\u0662", "", True, [1000], {"ARS": 1000}),
    *(1e300, 10**5000, "1e999999999", "1" * 17),
]


@pytest.mark.parametrize("price", NO_AMOUNTS, ids=range(len(NO_AMOUNTS)))
def test_a_price_that_is_no_amount(price: object) -> None:
    assert code_of_price(price, paid()) is Code.BAD_PRICE


@pytest.mark.parametrize("text", ["NaN", "-Infinity", "1e999999", f"1e{'9' * 20}", '"mil"', "[1]"])
@pytest.mark.parametrize("field", ["transaction_amount", "transaction_amount_refunded"])
def test_an_amount_that_is_none(field: str, text: str) -> None:
    resource = paid().resource() | {field: json.loads(text, parse_float=str)}
    payment = resources.Payment.read(resource)
    order = resources.Order.read(SALE.resource([]))
    for price, expected in ((1000, Code.RESOURCE_UNREADABLE), (None, Code.OK)):
        assert judge(Sale(payment, order, as_read({"classPrice": price})), NOW).code is expected


def test_an_unreadable_amount_beside_enough() -> None:
    assert code_of_price(1000, paid(1, amount=float("nan")), paid(2, amount=1000)) is Code.OK


@pytest.mark.parametrize(
    ("currencies", "expected"),
    [
        (["ARS"], Code.OK),
        (["ars"], Code.OK),
        ([""], Code.OK),  # unknown
        (["USD"], Code.OTHER_CURRENCY),
        (["USD", "USD"], Code.OTHER_CURRENCY),
        (["USD", "ARS"], Code.OK),
    ],
)
def test_currencies(currencies: list[str], expected: Code) -> None:
    payments = [paid(number, currency=currency) for number, currency in enumerate(currencies)]
    found = verdict(*payments)
    assert found.code is expected
    assert expected is Code.OK or found.facts["currencies"] == "USD"


def test_without_a_price_any_currency_will_do() -> None:
    assert code_of_price(None, paid(currency="USD")) is Code.OK


# --- What is not a class -------------------------------------------------------------------------


def test_sales_of_other_shops_and_checkouts() -> None:
    for status in ("approved", "rejected"):
        sale = paid(status=status, order_id=2000003508419013, order_type="mercadolibre")
        assert code(sale, order=None) is Code.MERCADO_LIBRE
    newer = paid(order_id="ORD01JQ4S4KY8HWQ6NA5PXB65B3D3")
    assert code(newer, order=None) is Code.NEWER_ORDER
    assert code(paid(order_id=None), order=None) is Code.PAID_WITHOUT_ORDER
    assert code(paid(), order=PlayedOrder(7, preference_id=None)) is Code.NO_PREFERENCE


@pytest.mark.parametrize(
    ("order_id", "order_type", "expected"),
    [
        (7, "mercadopago", "7"),
        ("7", "", "7"),
        (7, "MercadoLibre", None),
        ("ORD01", "mercadopago", None),
        ("7/../8", "mercadopago", None),
        ("\u0667", "mercadopago", None),
        (None, "", None),
    ],
)
def test_which_merchant_order_is_read(
    order_id: int | str | None, order_type: str, expected: str | None
) -> None:
    resource = paid(order_id=order_id, order_type=order_type).resource()
    assert resources.Payment.read(resource).merchant_order_id == expected


@pytest.mark.parametrize(
    ("ages", "expected"),
    [
        ([timedelta(hours=23)], Code.CLASS_NOT_FOUND),
        ([timedelta(hours=25)], Code.CLASS_NEVER_WRITTEN),
        ([timedelta(days=9), timedelta(hours=1)], Code.CLASS_NOT_FOUND),
        ([timedelta(days=9), timedelta(days=2)], Code.CLASS_NEVER_WRITTEN),
    ],
)
def test_a_preference_that_is_no_class(ages: list[timedelta], expected: Code) -> None:
    payments = [
        paid(number, approved_at=(NOW - age).isoformat()) for number, age in enumerate(ages)
    ]
    assert code(*payments, virtual_class=None) is expected
    assert code(*payments, virtual_class=None, noticed=False) is expected


@pytest.mark.parametrize("approved_at", ["", "yesterday", "2020-01-01T00:00:00", None])
def test_a_payment_of_unknown_age_is_not_old(approved_at: Any) -> None:
    assert code(paid(approved_at=approved_at), virtual_class=None) is Code.CLASS_NOT_FOUND


# --- Answers that cannot be read -----------------------------------------------------------------


@pytest.mark.parametrize(
    "changed",
    [
        {"preference_id": ...},
        {"payments": {"id": 1}},
        {"payments": [1]},
        {"payments": [{"id": 1}]},
        {"payments": [{"status": "approved"}]},
        {"items": "ARS"},
    ],
    ids=str,
)
def test_an_order_that_lacks_what_is_needed(changed: dict[str, Any]) -> None:
    resource = SALE.resource([]) | changed
    without = {name: value for name, value in resource.items() if value is not ...}
    with pytest.raises(Ended) as ended:
        resources.Order.read(without)
    assert ended.value.verdict.code is Code.RESOURCE_UNREADABLE


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=4,
)
payment_fields = st.dictionaries(st.sampled_from(sorted(paid().resource())), anything)
order_fields = st.dictionaries(st.sampled_from(sorted(SALE.resource([]))), anything)


@settings(deadline=None)
@given(payment=payment_fields, order=order_fields, price=anything)
def test_whatever_they_say_there_is_a_verdict(
    payment: dict[str, Any], order: dict[str, Any], price: object
) -> None:
    try:
        read = resources.Payment.read(paid().resource() | payment)
        listed = resources.Order.read(SALE.resource([paid(2)]) | order)
    except Ended:
        return
    assert judge(Sale(read, listed, as_read({"classPrice": price})), NOW).code in Code


# --- Code and README -----------------------------------------------------------------------------


def test_the_readme_s_table_is_the_code_s() -> None:
    readme = (ROOT / "infra/mercado_pago_webhook/README.md").read_text()
    rows = re.findall(r"^\| `(\w+)` \| (\d{3}) \| (\w+) \|", readme, re.MULTILINE)
    assert rows == [(code.text, str(code.status), code.severity) for code in Code]


def test_the_judgement_needs_no_package() -> None:
    """So that a scheduled job can import it."""
    program = f"import sys, {judgement.__name__}; print(*sys.modules)"
    command = [sys.executable, "-c", program]
    loaded = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout
    packages = {"flask", "requests", "google.cloud.firestore", "google.auth", "functions_framework"}
    assert packages.isdisjoint(loaded.split())
