"""Mercado Pago's notices as the webhook reads them: genuine or not, and about what."""

import hashlib
import hmac
import json
from dataclasses import replace
from typing import Any

import pytest

from infra.local.mercado_pago.notices import (
    SignedNotice,
    order_notice,
    payment_notice,
    sign,
    simulated_notice,
)
from infra.mercado_pago_webhook.codes import Code, Ended
from infra.mercado_pago_webhook.notice import Notice, verify_signature
from infra.mercado_pago_webhook.settings import Settings

SECRET = "a-secret"
TS = "1742505638683"


# --- Signatures ----------------------------------------------------------------------------------


def problem(signature: str, data_id: str = "123456", request_id: str = "a-request") -> Code | None:
    try:
        verify_signature(signature, data_id, request_id, SECRET)
    except Ended as ended:
        return ended.verdict.code
    return None


def signed(manifest: str, ts: str = TS) -> str:
    v1 = hmac.new(SECRET.encode(), manifest.encode(), hashlib.sha256).hexdigest()
    return f"ts={ts},v1={v1}"


@pytest.mark.parametrize(
    ("data_id", "request_id", "v1"),
    [
        ("123456", "a-request", "a2209536f4cf7f9f5e8f8ad7a46e7cd845202b742c16f35f49f4d1cae5b7e805"),
        ("", "a-request", "2241224a0594bc0accce35295514f8c2331dbb4ee06829d32a6c671ffd023f34"),
        ("123456", "", "38560430fd7d2c84d600c96b603cf77f7ecf5a689b0c60ec7703bc4af4c22dfe"),
    ],
)
def test_what_mercado_pagos_own_package_accepts(data_id: str, request_id: str, v1: str) -> None:
    """Values that the validator of the package `mercadopago` 3.6.0 takes for genuine."""
    genuine = f"ts={TS},v1={v1}"
    assert sign(SECRET, data_id, request_id, TS) == genuine
    assert problem(genuine, data_id, request_id) is None


@pytest.mark.parametrize("signed_id", ["ORD01JQ4S", "ord01jq4s"])
def test_the_id_is_signed_as_sent_or_in_lower_case(signed_id: str) -> None:
    genuine = signed(f"id:{signed_id};request-id:a-request;ts:{TS};")
    assert problem(genuine, "ORD01JQ4S") is None
    assert problem(genuine.replace(",", " , "), "ORD01JQ4S") is None
    assert problem(genuine, "Ord01jq4s") is (None if signed_id.islower() else Code.BAD_SIGNATURE)


GENUINE = signed(f"id:123456;request-id:a-request;ts:{TS};")
V1 = GENUINE.partition(",")[2]


@pytest.mark.parametrize(
    ("signature", "code"),
    [
        (GENUINE, None),
        (sign("guessed", "123456", "a-request", TS), Code.BAD_SIGNATURE),
        (sign(SECRET, "1", "a-request", TS), Code.BAD_SIGNATURE),
        (sign(SECRET, "123456", "another", TS), Code.BAD_SIGNATURE),
        (f"ts=1,{V1}", Code.BAD_SIGNATURE),
        (f"ts={TS},v1=\u00e9", Code.BAD_SIGNATURE),
        (signed("id:123456;request-id:a-request;", ts=""), Code.NO_SIGNATURE),
        (signed("id:123456;request-id:a-request;").partition(",")[2], Code.NO_SIGNATURE),
        (f"ts={TS},v1=", Code.NO_SIGNATURE),
        (f"ts={TS}", Code.NO_SIGNATURE),
        (GENUINE.replace("v1=", "v2="), Code.NO_SIGNATURE),
        (",=,,", Code.NO_SIGNATURE),
        ("", Code.NO_SIGNATURE),
    ],
)
def test_what_is_no_genuine_signature(signature: str, code: Code | None) -> None:
    assert problem(signature) is code


def test_the_log_says_what_should_have_been_signed() -> None:
    with pytest.raises(Ended) as ended:
        verify_signature(signed("something else"), "", "a-request", SECRET)
    message = ended.value.verdict.message
    assert "MERCADO_PAGO_WEBHOOK_SECRET" in message
    assert f"'request-id:a-request;ts:{TS};'" in message
    assert SECRET not in message


# --- What a notice is about ----------------------------------------------------------------------


def read(notice: SignedNotice) -> Notice:
    return Notice.read(notice.query, json.dumps(notice.body).encode())


def without_query(notice: SignedNotice, **body: Any) -> SignedNotice:
    return replace(notice, query={}, body=notice.body | body)


@pytest.mark.parametrize(
    ("notice", "path"),
    [
        (payment_notice(5), "/v1/payments/5"),
        (replace(payment_notice(5), body={}), "/v1/payments/5"),
        (replace(payment_notice(5), query={"type": "payment"}), "/v1/payments/5"),
        (without_query(payment_notice(5)), "/v1/payments/5"),
        (without_query(payment_notice(5), data={"id": 6}), "/v1/payments/6"),
        (replace(payment_notice(5), query={"topic": "payment", "id": "7"}), "/v1/payments/7"),
        (order_notice(8), "/merchant_orders/8"),
        (without_query(order_notice(8)), "/merchant_orders/8"),
        (without_query(order_notice(8), data=None), "/merchant_orders/8"),
        (
            SignedNotice({"topic": "merchant_order"}, {"resource": "https://x.test/orders/9"}),
            "/merchant_orders/9",
        ),
    ],
)
def test_where_the_resource_is(notice: SignedNotice, path: str) -> None:
    found = read(notice)
    found.check()
    assert found.path == path


PAYMENT = {"type": "payment"}


@pytest.mark.parametrize(
    ("query", "body", "code"),
    [
        ({"data.id": "5", "type": "subscription_preapproval"}, b"", Code.TOPIC_IGNORED),
        ({"data.id": "5", "type": "topic_chargebacks_wh"}, b"", Code.TOPIC_IGNORED),
        ({"data.id": "ORD01JQ4S", "type": "order"}, b"", Code.ORDER_TOPIC),
        ({}, b'{"type": "order", "data": {"id": "ORD01JQ4S"}}', Code.ORDER_TOPIC),
        ({"data.id": "5"}, b"", Code.NOTICE_UNREADABLE),
        ({"data.id": "5"}, b'{"type": null}', Code.NOTICE_UNREADABLE),
        ({"data.id": "PAY01JQ4S", **PAYMENT}, b"", Code.NOTICE_UNREADABLE),
        ({"data.id": "../merchant_orders/1", **PAYMENT}, b"", Code.NOTICE_UNREADABLE),
        ({"data.id": "1?x=", **PAYMENT}, b"", Code.NOTICE_UNREADABLE),
        ({"data.id": "\u0661", **PAYMENT}, b"", Code.NOTICE_UNREADABLE),
        (PAYMENT, b'{"id": 5}', Code.NOTICE_UNREADABLE),  # the notice's own id
        (PAYMENT, b'{"data": {"id": "1?x="}}', Code.NOTICE_UNREADABLE),
        (PAYMENT, b'{"data": [5]}', Code.NOTICE_UNREADABLE),
        (PAYMENT, b"[" * 60_000, Code.NOTICE_UNREADABLE),
        (PAYMENT, b'"text"', Code.NOTICE_UNREADABLE),
        (PAYMENT, b"\xff", Code.NOTICE_UNREADABLE),
        ({}, b"", Code.NOTICE_UNREADABLE),
    ],
)
def test_what_is_not_looked_up(query: dict[str, str], body: bytes, code: Code) -> None:
    with pytest.raises(Ended) as ended:
        Notice.read(query, body).check()
    assert ended.value.verdict.code is code


def test_a_test_notice_says_so_itself() -> None:
    assert read(simulated_notice()).is_test
    for live_mode in (True, None, "false", 0):
        changed = payment_notice(5)
        changed.body["live_mode"] = live_mode
        assert not read(changed).is_test


# --- Settings ------------------------------------------------------------------------------------

REQUIRED = {
    "MERCADO_PAGO_ACCESS_TOKEN": "token\n",
    "MERCADO_PAGO_WEBHOOK_SECRET": "secret",
    "CREATE_EVENT_URL": "https://create-event.example.com",
    "K_SERVICE": "webhook",
}


def test_settings_in_the_cloud() -> None:
    settings = Settings.from_environ(REQUIRED)
    assert settings.access_token == "token"
    assert settings.mercado_pago_url == "https://api.mercadopago.com"
    assert settings.audience == settings.create_event_url
    assert 8 < settings.budget_seconds < 22
    assert "secret" not in repr(settings).replace("webhook_secret", "")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DELIVERY_BUDGET_SECONDS", "22"),
        ("DELIVERY_BUDGET_SECONDS", "soon"),
        ("CREATE_EVENT_URL", " "),
        ("CREATE_EVENT_URL", "http://create-event.example.com"),
    ],
)
def test_a_wrong_setting_is_named(name: str, value: str) -> None:
    with pytest.raises(Ended) as ended:
        Settings.from_environ(REQUIRED | {name: value})
    assert ended.value.verdict.code is Code.MISCONFIGURED
    assert name in ended.value.verdict.detail
