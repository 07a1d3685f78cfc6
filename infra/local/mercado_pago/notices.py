"""Notices as Mercado Pago sends them: the resource in the query, signed in the headers.

https://www.mercadopago.com.ar/developers/es/docs/your-integrations/notifications/webhooks
"""

import hashlib
import hmac
import time
import uuid
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

import requests

from infra.local.mercado_pago import WEBHOOK_SECRET


@dataclass(frozen=True)
class SignedNotice:
    """One delivery. `sent_at` is seconds since the epoch."""

    query: dict[str, str]
    body: dict[str, Any]
    secret: str = WEBHOOK_SECRET
    sent_at: float = field(default_factory=time.time)
    request_id: str = field(default_factory=lambda: str(uuid.uuid4()))

    @property
    def headers(self) -> dict[str, str]:
        ts = str(int(self.sent_at * 1000))
        signature = sign(self.secret, self.query.get("data.id"), self.request_id, ts)
        return {"x-request-id": self.request_id, "x-signature": signature}

    def send(self, url: str, timeout: float = 25) -> requests.Response:
        """Mercado Pago waits 22 s."""
        return requests.post(
            url, params=self.query, json=self.body, headers=self.headers, timeout=timeout
        )


def sign(secret: str, data_id: str | None, request_id: str | None, ts: str) -> str:
    """The value of `x-signature`."""
    parts = [f"id:{data_id.lower()}"] if data_id else []
    parts += [f"request-id:{request_id}"] if request_id else []
    manifest = ";".join([*parts, f"ts:{ts};"])
    digest = hmac.new(secret.encode(), manifest.encode(), hashlib.sha256).hexdigest()
    return f"ts={ts},v1={digest}"


def payment_notice(payment_id: int, action: str = "payment.updated", **how: Any) -> SignedNotice:
    """`how`: `secret`, `sent_at`, `request_id`."""
    body = _common(action, "payment") | {
        "id": int(time.time() * 1000),
        "api_version": "v1",
        "data": {"id": str(payment_id)},
    }
    return SignedNotice({"data.id": str(payment_id), "type": "payment"}, body, **how)


def order_notice(order_id: int, **how: Any) -> SignedNotice:
    """`how`: as above."""
    topic = "topic_merchant_order_wh"
    body = _common("update", topic) | {
        "id": str(order_id),
        "version": 3,
        "status": "closed",
        "data": {"currency_id": "", "marketplace": "NONE", "status": "closed"},
    }
    return SignedNotice({"data.id": str(order_id), "type": topic}, body, **how)


def simulated_notice(payment_id: int = 123456) -> SignedNotice:
    """What the button *Simular* of Mercado Pago's panel sends; such a payment need not exist."""
    notice = payment_notice(payment_id)
    return replace(notice, body=notice.body | {"live_mode": False})


def _common(action: str, topic: str) -> dict[str, Any]:
    now = datetime.now(UTC).isoformat(timespec="milliseconds")
    return {
        "action": action,
        "type": topic,
        "date_created": now,
        "live_mode": True,
        "user_id": 123456789,
    }
