"""Tells `create_event` of every class that Mercado Pago says is paid.

Mercado Pago sends a notice again until it is answered 200 or 201 within 22 s
(https://www.mercadopago.com.ar/developers/es/docs/your-integrations/notifications/webhooks), in
any order and several at a time. So a notice is only a reason to look: what counts is re-read from
Mercado Pago, nothing is remembered here, and `create_event` may be called any number of times. 200
means "no re-send can change this", any 5xx means "send it again".

The signature is checked here and not by the `mercadopago` package: its validator (3.6.0) leaves
the case of `data.id` to its caller and answers a signature that is not ASCII with a TypeError.
"""

import hashlib
import hmac
import json
import os
import time
import traceback
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from decimal import Decimal, DecimalException
from functools import cache
from typing import Any, Self

import requests
from flask import Request, Response
from google.api_core.exceptions import GoogleAPIError
from google.api_core.retry import Retry, if_exception_type
from google.auth.credentials import Credentials
from google.auth.exceptions import GoogleAuthError
from google.auth.transport.requests import Request as TokenRequest
from google.cloud import firestore
from google.cloud.firestore_v1.base_query import FieldFilter
from google.oauth2 import id_token

MERCADO_PAGO = "https://api.mercadopago.com"
ORDER_TOPICS = {"merchant_order", "topic_merchant_order_wh"}

_NO_RETRY = Retry(predicate=if_exception_type())  # the library's own go on for minutes
READ_SECONDS = 3  # at most three reads come before the booking
BOOK_SECONDS = 11  # above `create_event`'s own CREATE_BUDGET_SECONDS (8)

# A delivery runs in a thread of its own so that its end can be enforced: the libraries' timeouts
# start anew with each byte that a peer sends.
_deliveries = ThreadPoolExecutor(max_workers=32, thread_name_prefix="delivery")


class Answer(Exception):
    """What Mercado Pago is told and the log says; raised where a delivery ends early."""

    def __init__(self, status: int, code: str, message: str, severity: str) -> None:
        super().__init__(code)
        self.status, self.code, self.message, self.severity = status, code, message, severity


def settled(code: str, message: str, severity: str = "INFO") -> Answer:
    """Sending the notice again would change nothing."""
    return Answer(200, code, message, severity)


def send_again(code: str, message: str, severity: str = "ERROR", status: int = 503) -> Answer:
    """The same notice can lead to a booking later."""
    return Answer(status, code, message, severity)


@dataclass(frozen=True)
class Settings:
    """The environment. Without `audience`, which happens only locally, no ID token is sent."""

    access_token: str = field(repr=False)
    webhook_secret: str = field(repr=False)
    create_event_url: str
    audience: str | None
    mercado_pago_url: str
    project: str | None
    database: str
    collection: str
    budget_seconds: int

    @classmethod
    def from_environ(cls, environ: Mapping[str, str]) -> Self:
        """Raises an answer that names everything that is missing or wrong."""
        env = {name: value.strip() for name, value in environ.items() if value.strip()}
        if problems := _problems(env):
            raise send_again("misconfigured", "; ".join(problems), "CRITICAL", 500)
        stand_in = env.get("MERCADO_PAGO_EMULATOR_URL")
        create_event = env["CREATE_EVENT_URL"]
        return cls(
            access_token=env["MERCADO_PAGO_ACCESS_TOKEN"],
            webhook_secret=env["MERCADO_PAGO_WEBHOOK_SECRET"],
            create_event_url=create_event,
            audience=env.get("CREATE_EVENT_AUDIENCE", None if stand_in else create_event),
            mercado_pago_url=(stand_in or MERCADO_PAGO).rstrip("/"),
            project=env.get("GOOGLE_CLOUD_PROJECT"),
            database=env.get("FIRESTORE_DATABASE", "(default)"),
            collection=env.get("VIRTUAL_CLASS_COLLECTION", "VirtualClass"),
            budget_seconds=int(env.get("DELIVERY_BUDGET_SECONDS", "20")),
        )


def _problems(env: Mapping[str, str]) -> list[str]:
    required = ("MERCADO_PAGO_ACCESS_TOKEN", "MERCADO_PAGO_WEBHOOK_SECRET", "CREATE_EVENT_URL")
    problems = [f"{name} is missing" for name in required if name not in env]
    if env.get("DELIVERY_BUDGET_SECONDS", "20") not in map(str, range(1, 22)):
        problems.append("DELIVERY_BUDGET_SECONDS must be a whole number from 1 to 21")
    is_local = "MERCADO_PAGO_EMULATOR_URL" in env
    if not is_local and not env.get("CREATE_EVENT_URL", "https://").startswith("https://"):
        problems.append("CREATE_EVENT_URL must begin with https://: an ID token is sent there")
    if "K_SERVICE" in env:  # set by Cloud Run
        emulators = ("MERCADO_PAGO_EMULATOR_URL", "FIRESTORE_EMULATOR_HOST")
        problems += [f"{name} must not be set on Cloud Run" for name in emulators if name in env]
    return problems


@cache
def _settings() -> Settings:
    return Settings.from_environ(os.environ)


@dataclass(frozen=True)
class Notice:
    """What Mercado Pago sent. Of the body only the topic, where the query lacks it, is read."""

    topic: str
    resource_id: str
    request_id: str
    signature: str

    @classmethod
    def from_request(cls, request: Request) -> Self:
        topic = request.args.get("type") or request.args.get("topic")
        return cls(
            topic=topic or _topic_in(request.get_data()),
            resource_id=request.args.get("data.id", ""),
            request_id=request.headers.get("x-request-id", ""),
            signature=request.headers.get("x-signature", ""),
        )


def _topic_in(body: bytes) -> str:
    try:
        notice = json.loads(body)
    except (ValueError, RecursionError):
        return ""
    return str(notice.get("type")) if isinstance(notice, dict) else ""


@dataclass(frozen=True)
class Order:
    """A merchant order: `paid` is what its approved payments amount to, less what was refunded."""

    preference_id: str
    is_paid: bool
    paid: Decimal


def mercado_pago_webhook(request: Request) -> Response:
    """The HTTP function."""
    started = time.monotonic()
    facts: dict[str, Any] = {}
    try:
        settings, notice = _settings(), Notice.from_request(request)
        delivery = _deliveries.submit(deliver, notice, settings, facts)
        answer = delivery.result(settings.budget_seconds)
    except Answer as early:
        answer = early
    except TimeoutError:
        answer = send_again("deadline_exceeded", "Somebody answers too slowly")
    except Exception as error:  # whatever it is, Mercado Pago shall send the notice again
        facts["stack"] = [*traceback.format_tb(error.__traceback__), type(error).__name__]
        answer = send_again("internal_error", "Unforeseen error", "CRITICAL", 500)
    _log(answer, facts, time.monotonic() - started)
    return Response(json.dumps({"code": answer.code}), answer.status, mimetype="application/json")


def deliver(notice: Notice, settings: Settings, facts: dict[str, Any]) -> Answer:
    """Has the class that the notice is about booked, if it is paid; notes `facts` for the log."""
    verify_signature(notice, settings.webhook_secret)
    facts |= {"topic": notice.topic[:64], "resourceId": notice.resource_id[:64]}
    order = read_order(notice, settings)
    facts |= {"preferenceId": order.preference_id, "paid": str(order.paid)}
    if not order.is_paid:
        return settled("not_paid", "No payment of the order is approved")
    price = read_price(order.preference_id, settings)
    if price is not None and order.paid < price:
        facts["price"] = str(price)
        return settled("too_little_paid", "Not booked: less was paid than the price", "ERROR")
    return book(order.preference_id, settings)


def verify_signature(notice: Notice, secret: str) -> None:
    """Raises 401 unless the notice was signed with the application's secret, however long ago.

    What is signed: `id:<data.id>;request-id:<x-request-id>;ts:<ts>;`, the id in lower case, absent
    parts left out (the page linked above). A genuine notice that fails because the secret is wrong
    here is sent again like after a 5xx, and passes once the secret is put right.
    """
    pairs = [part.strip().split("=", 1) for part in notice.signature.split(",") if "=" in part]
    parts = dict(pairs)
    signed = {
        "id": notice.resource_id.lower(),
        "request-id": notice.request_id,
        "ts": parts.get("ts", ""),
    }
    manifest = "".join(f"{name}:{value};" for name, value in signed.items() if value)
    expected = hmac.new(secret.encode(), manifest.encode(), hashlib.sha256).hexdigest()
    if not hmac.compare_digest(expected.encode(), parts.get("v1", "").encode()):
        raise Answer(401, "bad_signature", "The signature is missing or wrong", "WARNING")


def read_order(notice: Notice, settings: Settings) -> Order:
    """The merchant order that a notice is about, as it stands at Mercado Pago now."""
    if notice.topic not in {"payment"} | ORDER_TOPICS:
        raise settled("topic_ignored", "Neither a payment nor a merchant order")
    if not (notice.resource_id.isascii() and notice.resource_id.isdigit()):
        raise settled("id_ignored", "Mercado Pago's ids are numbers", "WARNING")
    order_id: Any = notice.resource_id
    newest = []
    if notice.topic == "payment":
        newest = [_read(f"/v1/payments/{notice.resource_id}", settings)]
        order_id = (newest[0].get("order") or {}).get("id")
    if order_id is None:
        raise settled("no_order", "The payment belongs to no merchant order")
    order = _read(f"/merchant_orders/{int(order_id)}", settings)
    if not order["preference_id"]:
        raise settled("no_preference", "The merchant order belongs to no preference")
    # The payment just read comes last and wins: the order's copy of it may lag behind.
    payments = {int(payment["id"]): payment for payment in [*(order["payments"] or []), *newest]}
    approved = [payment for payment in payments.values() if payment["status"] == "approved"]
    return Order(order["preference_id"], bool(approved), sum(map(_net, approved), Decimal()))


def _net(payment: Mapping[str, Any]) -> Decimal:
    """Its amount less refunds, which a payment and its copy in the order name differently."""
    refunded = payment.get("transaction_amount_refunded") or payment.get("amount_refunded") or 0
    return Decimal(payment["transaction_amount"]) - Decimal(refunded)


def _read(path: str, settings: Settings) -> dict[str, Any]:
    """A resource at Mercado Pago.

    Not found is a reason to be sent the notice again, too: it was signed, so either the resource is
    not to be seen yet, or the access token is another account's, which somebody will put right.
    """
    try:
        response = requests.get(
            settings.mercado_pago_url + path,
            headers={"Authorization": f"Bearer {settings.access_token}"},
            timeout=READ_SECONDS,
            allow_redirects=False,
        )
        resource = response.json(parse_float=Decimal)
    except requests.RequestException as error:
        message = f"Mercado Pago does not answer in JSON: {type(error).__name__}"
        raise send_again("mercado_pago_unavailable", message) from error
    if response.status_code != 200 or not isinstance(resource, dict):
        message = f"Mercado Pago answers {response.status_code}"
        raise send_again("mercado_pago_unavailable", message)
    return resource


def read_price(preference_id: str, settings: Settings) -> Decimal | None:
    """`classPrice` of the class, None if it has none."""
    is_it = FieldFilter("preferenceId", "==", preference_id)
    try:
        named = _firestore(settings).collection(settings.collection).where(filter=is_it)
        found = named.select(["classPrice"]).limit(1).get(retry=_NO_RETRY, timeout=READ_SECONDS)
    except (GoogleAPIError, GoogleAuthError) as error:
        message = f"Firestore does not answer: {type(error).__name__}"
        raise send_again("store_unavailable", message) from error
    if not found:
        raise send_again("class_not_found", "No class has this preferenceId")
    price = (found[0].to_dict() or {}).get("classPrice")
    try:
        return None if price is None else Decimal(str(price))
    except DecimalException as error:
        raise send_again("bad_price", "classPrice is not a number", status=500) from error


@cache
def _firestore(settings: Settings) -> firestore.Client:
    return firestore.Client(project=settings.project, database=settings.database)


def book(preference_id: str, settings: Settings) -> Answer:
    """Calls `create_event`. Only its own word settles a notice, a page of Cloud Run's does not."""
    try:
        response = requests.post(
            settings.create_event_url,
            json={"preferenceId": preference_id},
            headers=_authorization(settings.audience),
            timeout=BOOK_SECONDS,
            allow_redirects=False,
        )
    except GoogleAuthError as error:
        message = f"There is no ID token to be had: {type(error).__name__}"
        raise send_again("id_token_unavailable", message) from error
    except requests.RequestException as error:
        message = f"create_event does not answer: {type(error).__name__}"
        raise send_again("create_event_unavailable", message) from error
    return _judged(response)


def _judged(response: requests.Response) -> Answer:
    try:
        body = response.json()
    except requests.JSONDecodeError:
        body = None
    word = body if isinstance(body, dict) else {}
    message = f"create_event answers {response.status_code} {word.get('code', '')}".rstrip()
    if response.status_code == 200 and word.get("success") is True:
        return settled("ok", message)
    if word.get("retryable") is False:
        return settled("create_event_refuses", f"Paid and not booked: {message}", "ERROR")
    return send_again("create_event_failed", message)


def _authorization(audience: str | None) -> dict[str, str]:
    if audience is None:
        return {}
    credentials = _id_token(audience)
    if not credentials.valid:  # it is not any more a few minutes before it expires
        credentials.refresh(TokenRequest())  # type: ignore[no-untyped-call]
    return {"Authorization": f"Bearer {credentials.token}"}


@cache
def _id_token(audience: str) -> Credentials:
    credentials: Credentials = id_token.fetch_id_token_credentials(  # type: ignore[no-untyped-call]
        audience, TokenRequest()
    )
    return credentials


def _log(answer: Answer, facts: Mapping[str, Any], seconds: float) -> None:
    line = {
        "severity": answer.severity,
        "message": answer.message,
        "function": "mercado_pago_webhook",
        "code": answer.code,
        "status": answer.status,
        "durationMs": round(seconds * 1000),
    }
    print(json.dumps(line | dict(facts)), flush=True)
