"""Mercado Pago's notices: their signature and what they are about.

https://www.mercadopago.com.ar/developers/es/docs/your-integrations/notifications/webhooks

The package `mercadopago` is not used for the signature: its validator (3.6.0) leaves the case of
`data.id` to its caller and raises TypeError for a signature that is not ASCII.
"""

import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from .codes import Code, Ended
from .values import is_numeric

ORDER_TOPICS = {"merchant_order", "topic_merchant_order_wh"}


def verify_signature(signature: str, data_id: str, request_id: str, secret: str) -> None:
    """Raises a 401 unless the notice was signed with the application's secret, whatever its age.

    The signed text is `id:<data.id>;request-id:<x-request-id>;ts:<ts>;`, from query and headers,
    without missing parts. Mercado Pago's own SDKs disagree on the case of the id.
    """
    pairs = (part.strip().split("=", 1) for part in signature.split(",") if "=" in part)
    parts = dict(pairs)
    ts, v1 = parts.get("ts", ""), parts.get("v1", "")
    if not (ts and v1):
        raise Ended(Code.NO_SIGNATURE)
    manifests = [_manifest(each, request_id, ts) for each in (data_id, data_id.lower())]
    if not any(hmac.compare_digest(_sign(each, secret), v1.encode()) for each in manifests):
        raise Ended(Code.BAD_SIGNATURE, f"it should sign {manifests[0][:200]!r}")


def signature(data_id: str, request_id: str, ts: str, secret: str) -> str:
    """The header `x-signature` of a notice."""
    return f"ts={ts},v1={_sign(_manifest(data_id, request_id, ts), secret).decode()}"


def _manifest(data_id: str, request_id: str, ts: str) -> str:
    parts = {"id": data_id, "request-id": request_id, "ts": ts}
    return "".join(f"{name}:{value};" for name, value in parts.items() if value)


def _sign(manifest: str, secret: str) -> bytes:
    return hmac.new(secret.encode(), manifest.encode(), hashlib.sha256).hexdigest().encode()


@dataclass(frozen=True)
class Notice:
    """A hint where to look. The body is not signed; it only supplies what the query lacks."""

    topic: str
    resource_id: str
    is_test: bool = False

    @classmethod
    def read(cls, query: Mapping[str, str], content: bytes) -> Self:
        body = _json_object(content)
        topic = str(
            query.get("type") or query.get("topic") or body.get("type") or body.get("topic") or ""
        )
        resource_id = query.get("data.id") or query.get("id") or _id_in(body, topic)
        return cls(topic, resource_id, is_test=body.get("live_mode") is False)

    def check(self) -> None:
        """Raises Ended unless it is about a payment or a merchant order."""
        if self.topic == "order":
            raise Ended(Code.ORDER_TOPIC)
        if self.topic and self.topic not in {"payment", *ORDER_TOPICS}:
            raise Ended(Code.TOPIC_IGNORED)
        if not (self.topic and is_numeric(self.resource_id)):
            raise Ended(Code.NOTICE_UNREADABLE)

    @property
    def path(self) -> str:
        """The path at Mercado Pago of the notice's resource."""
        collection = "v1/payments" if self.topic == "payment" else "merchant_orders"
        return f"/{collection}/{self.resource_id}"


def _json_object(content: bytes) -> dict[str, Any]:
    try:
        body = json.loads(content)
    except (ValueError, RecursionError):
        return {}
    return body if isinstance(body, dict) else {}


def _id_in(body: Mapping[str, Any], topic: str) -> str:
    """`data.id` or the end of `resource`; for an order also `id`, otherwise the notice's own."""
    data = body.get("data")
    found = data.get("id") if isinstance(data, dict) else None
    if topic in ORDER_TOPICS:
        found = found or body.get("id")
    return str(found or body.get("resource") or "").rpartition("/")[2]
