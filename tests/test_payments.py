"""reconcile.py settles payments that no notice told of, as the webhook does."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from infra.local.google.control import Control as Google
from infra.local.mercado_pago import ACCESS_TOKEN
from infra.local.processes import wait_until
from tests.conftest import StartWebhook
from tests.support.reconciling import Line, Reconcile
from tests.support.served import Served
from tests.support.shop import Shop, numbers, told, url_of

Job = Callable[..., list[Line]]


def ago(**time: float) -> str:
    return (datetime.now(UTC) - timedelta(**time)).isoformat()


@pytest.fixture
def reconcile(reconcile: Reconcile, shop: Shop) -> Reconcile:
    """With the token of Mercado Pago."""
    reconcile.environ["MERCADO_PAGO_EMULATOR_URL"] = shop.mercado_pago.url
    reconcile.environ["MERCADO_PAGO_ACCESS_TOKEN"] = ACCESS_TOKEN
    return reconcile


@pytest.fixture
def job(reconcile: Reconcile) -> Job:
    """Runs it as it is scheduled; the lines about payments."""
    return lambda **settings: reconcile("--apply", "--json", **settings).payments


def reads(shop: Shop) -> int:
    """How often Mercado Pago was asked since, but for the searches."""
    asked = [each["operation"] for each in shop.mercado_pago.requests()]
    shop.mercado_pago.clear_requests()
    return len([each for each in asked if each != "payment_search"])


def test_a_payment_nobody_told_of_is_booked_by_one_run(
    shop: Shop, job: Job, google: Google
) -> None:
    sale = shop.offer()
    sale.pay(approved_at=ago(days=2))
    [line] = job()
    assert (line["severity"], line["code"], line["function"]) == ("INFO", "ok", "reconcile")
    assert (line["classId"], line["preferenceId"]) == (sale.class_id, sale.preference_id)
    assert sale.statuses(google) == ["confirmed"]
    assert reads(shop) == 2
    assert job() == []
    assert reads(shop) == 0


def test_what_a_notice_has_settled_is_no_news(
    shop: Shop, job: Job, google: Google, start_webhook: StartWebhook, create_event: Served
) -> None:
    sale = shop.offer()
    with start_webhook(CREATE_EVENT_URL=url_of(create_event)) as webhook:
        assert told(webhook, sale.pay()) == (200, "ok")
    assert job() == []
    assert sale.statuses(google) == ["confirmed"]


def test_other_payments_are_settled_silently_and_once(shop: Shop, job: Job) -> None:
    counter_sale = next(numbers)
    shop.mercado_pago.put_order(id=counter_sale, preference_id=None)
    for payment in (
        {"order_id": 2000003508419013, "order_type": "mercadolibre"},
        {"order_id": counter_sale},
        {"order_id": counter_sale, "status": "refunded"},
        {"order_id": None},
        {"order_id": None, "status": "charged_back"},
        {"order_id": counter_sale, "status": "rejected"},
        {"order_id": counter_sale, "approved_at": ago(days=8)},
    ):
        shop.mercado_pago.put_payment(id=next(numbers), **payment)
    assert job() == []
    assert reads(shop) == 7  # not for the last two
    assert job() == []
    assert reads(shop) == 0


def test_an_error_that_only_a_person_can_solve_is_told_once(shop: Shop, job: Job) -> None:
    sale = shop.offer()
    notice = sale.pay(amount=999, approved_at=ago(hours=1))
    [line] = job()
    assert (line["severity"], line["code"], line["paid"]) == ("ERROR", "too_little_paid", "999")
    assert job() == []
    sale.becomes(notice, amount=999, status="refunded", approved_at=ago(hours=1))
    assert job() == []  # that is the solution


def test_a_class_that_is_written_late(shop: Shop, job: Job, google: Google) -> None:
    sale, old_sale = shop.checkout(), shop.checkout()
    sale.pay()
    old_sale.pay(approved_at=ago(hours=10))
    found = {line["preferenceId"]: line for line in job()}
    for each, seconds in ((sale, 0), (old_sale, 36_000)):
        line = found[each.preference_id]
        assert (line["severity"], line["code"]) == ("ERROR", "class_not_found")
        assert seconds <= line["unbookedSeconds"] < seconds + 300
    shop.describe(sale)
    [line] = job()  # the older one is looked at once an hour
    assert (line["code"], line["classId"]) == ("ok", sale.class_id)
    assert sale.statuses(google) == ["confirmed"]


def test_mercado_pago_down_keeps_nothing_else_from_being_repaired(shop: Shop, job: Job) -> None:
    now = datetime.now(UTC)
    failed = shop.classes.add(
        calendarError={"code": "calendar_unavailable", "message": "", "at": now, "since": now}
    )
    shop.mercado_pago.fault("payment_search", "status", times=-1, status=500)
    [line] = job()
    assert (line["severity"], line["code"]) == ("ERROR", "mercado_pago_unavailable")
    assert "googleEventId" in shop.classes.get(failed)


def test_every_page_is_read(shop: Shop, job: Job) -> None:
    for _ in range(201):
        shop.mercado_pago.put_payment(id=next(numbers), order_type="mercadolibre", order_id=1)
    assert job() == []
    assert reads(shop) == 201
    assert job() == []
    assert len(shop.mercado_pago.requests()) == 3


def test_twice_at_once(shop: Shop, reconcile: Reconcile, google: Google) -> None:
    sales = [shop.offer() for _ in range(8)]
    for sale in sales:
        sale.pay()
    runs = [reconcile.start("--apply", "--json") for _ in range(2)]
    assert all(run.finish() in (0, 1) for run in runs)
    reconcile("--apply")
    assert [sale.statuses(google) for sale in sales] == [["confirmed"]] * 8


def test_interrupted(shop: Shop, reconcile: Reconcile, job: Job, google: Google) -> None:
    sales = [shop.offer() for _ in range(4)]
    for sale in sales:
        sale.pay()
    shop.mercado_pago.settings(latency={"merchant_order": 0.3})
    command = reconcile.start("--apply", "--json")
    assert wait_until(lambda: any(sale.statuses(google) for sale in sales), 30)
    command.interrupt()
    assert command.finish() == 130
    assert job() != []
    assert [sale.statuses(google) for sale in sales] == [["confirmed"]] * 4


# --- Payments that are reversed ------------------------------------------------------------------


def test_a_reversal_nobody_told_of(shop: Shop, job: Job, google: Google) -> None:
    sale = shop.offer()
    notice = sale.pay()
    job()
    sale.becomes(notice, status="refunded")
    [line] = job()
    assert (line["severity"], line["code"]) == ("ERROR", "payment_reversed")
    assert line["classId"] == sale.class_id
    assert "unbookedSeconds" not in line
    assert job() == []
    assert sale.statuses(google) == ["confirmed"]


def test_a_refunded_class_is_cancelled(shop: Shop, job: Job, google: Google) -> None:
    sale = shop.offer()
    notice = sale.pay()
    job()
    sale.becomes(notice, status="refunded")
    [line] = job(CANCEL_REFUNDED="yes")
    assert (line["severity"], line["code"]) == ("INFO", "refunded")
    assert shop.classes.get(sale.class_id)["status"] == "cancelled"
    assert sale.statuses(google) == ["cancelled"]


def test_a_refund_s_notice_and_a_run_at_once(
    shop: Shop,
    reconcile: Reconcile,
    google: Google,
    start_webhook: StartWebhook,
    create_event: Served,
) -> None:
    sales = [shop.offer() for _ in range(4)]
    notices = [sale.pay() for sale in sales]
    reconcile("--apply")
    for sale, notice in zip(sales, notices, strict=True):
        sale.becomes(notice, status="refunded")
    cancelling = {"CANCEL_REFUNDED": "yes"}
    with start_webhook(CREATE_EVENT_URL=url_of(create_event), **cancelling) as webhook:
        run = reconcile.start("--apply", "--json", **cancelling)
        for notice in notices:
            assert told(webhook, notice)[1] in ("refunded", "create_event_failed")
        assert run.finish() in (0, 1)
        for notice in notices:
            assert told(webhook, notice) == (200, "refunded")
    assert [sale.statuses(google) for sale in sales] == [["cancelled"]] * 4
