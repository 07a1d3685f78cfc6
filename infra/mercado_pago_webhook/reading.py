"""Reads a sale: the payment and its merchant order at Mercado Pago, the class in Firestore."""

import json
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from functools import cache
from typing import Any

import requests
from google.api_core.exceptions import GoogleAPIError
from google.api_core.retry import Retry, if_exception_type
from google.auth.exceptions import GoogleAuthError
from google.cloud import firestore
from google.cloud.firestore_v1.base_query import FieldFilter

from .codes import Code, Ended
from .judgement import Sale
from .notice import Notice
from .resources import Order, Payment, Resource
from .settings import Settings

READ_SECONDS = 3  # at most three reads precede the booking

_NO_RETRY = Retry(predicate=if_exception_type())  # the library's own take minutes


class NotFound(Ended):
    """Perhaps temporary: the resource is not visible yet, or the token is another account's."""


def read_sale(notice: Notice, settings: Settings) -> Sale:
    """The current state of the sale. Raises Ended."""
    try:
        noticed = _get(notice.path, settings)
    except NotFound as error:
        if notice.is_test:  # unsigned, but there is nothing to be lost
            raise Ended(Code.SIMULATED) from error
        raise
    if notice.topic == "payment":
        return sale_of(Payment.read(noticed), settings)
    return _with_class(Sale(None, Order.read(noticed)), settings)


def sale_of(payment: Payment, settings: Settings) -> Sale:
    """The sale that a payment belongs to. Raises Ended."""
    order_id = payment.merchant_order_id
    order = Order.read(_get(f"/merchant_orders/{order_id}", settings)) if order_id else None
    return _with_class(Sale(payment, order), settings)


def _with_class(sale: Sale, settings: Settings) -> Sale:
    if sale.preference_id and sale.approved:
        return replace(sale, virtual_class=_find_class(sale.preference_id, settings))
    return sale


def _get(path: str, settings: Settings) -> Resource:
    try:
        response = requests.get(
            settings.mercado_pago_url + path,
            headers={"Authorization": f"Bearer {settings.access_token}"},
            timeout=READ_SECONDS,
            allow_redirects=False,
        )
    except requests.RequestException as error:
        raise Ended(Code.MERCADO_PAGO_UNAVAILABLE, type(error).__name__) from error
    if response.status_code != 200:
        kind = NotFound if response.status_code == 404 else Ended
        raise kind(Code.MERCADO_PAGO_UNAVAILABLE, str(response.status_code))
    return _json_object(response.content)


def _json_object(content: bytes) -> Resource:
    """Parses JSON, with fractions as text for `resources.amount`."""
    with suppress(ValueError, RecursionError):
        resource = json.loads(content, parse_float=str)
        if isinstance(resource, dict):
            return resource
    raise Ended(Code.MERCADO_PAGO_UNAVAILABLE, "200 without a JSON object")


def _find_class(preference_id: str, settings: Settings) -> Mapping[str, Any] | None:
    is_it = FieldFilter("preferenceId", "==", preference_id)
    try:
        named = _firestore(settings).collection(settings.collection).where(filter=is_it)
        found = named.select(["classPrice"]).limit(1).get(retry=_NO_RETRY, timeout=READ_SECONDS)
    except (GoogleAPIError, GoogleAuthError) as error:
        raise Ended(Code.STORE_UNAVAILABLE, type(error).__name__) from error
    return found[0].to_dict() or {} if found else None


@cache
def _firestore(settings: Settings) -> firestore.Client:
    return firestore.Client(project=settings.project, database=settings.database)
