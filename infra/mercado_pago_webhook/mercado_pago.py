"""Asks Mercado Pago. Every function raises Ended."""

import json
from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime

import requests

from .codes import Code, Ended
from .resources import Order, Payment, Resource, objects_in
from .settings import Settings

READ_SECONDS = 3  # at most three reads precede the booking
_SEARCH_SECONDS = 10
_PAGE, _MOST_PAGES = 100, 20


class NotFound(Ended):
    """Perhaps temporary: the resource is not visible yet, or the token is another account's."""


def get(path: str, settings: Settings, seconds: float = READ_SECONDS, **query: object) -> Resource:
    try:
        response = requests.get(
            settings.mercado_pago_url + path,
            params={name: str(value) for name, value in query.items()},
            headers={"Authorization": f"Bearer {settings.access_token}"},
            timeout=seconds,
            allow_redirects=False,
        )
    except requests.RequestException as error:
        raise Ended(Code.MERCADO_PAGO_UNAVAILABLE, type(error).__name__) from error
    if response.status_code != 200:
        kind = NotFound if response.status_code == 404 else Ended
        raise kind(Code.MERCADO_PAGO_UNAVAILABLE, str(response.status_code))
    return _json_object(response.content)


def order(order_id: str, settings: Settings) -> Order:
    return Order.read(get(f"/merchant_orders/{order_id}", settings))


def orders_of(preference_id: str, settings: Settings) -> list[Order]:
    """A preference has an order for each checkout that was opened."""
    found = get("/merchant_orders/search", settings, preference_id=preference_id)
    return [Order.read(each) for each in objects_in(found, "elements")]


def once_approved(begin: datetime, end: datetime, settings: Settings) -> Iterator[Payment]:
    """The payments that were approved in that time, whatever became of them: the newest first, and
    2,000 at most. One may come twice, if another is approved meanwhile."""
    for page in range(_MOST_PAGES):
        found = get(
            "/v1/payments/search",
            settings,
            _SEARCH_SECONDS,
            range="date_approved",
            begin_date=begin.isoformat(timespec="milliseconds"),
            end_date=end.isoformat(timespec="milliseconds"),
            sort="date_approved",
            criteria="desc",
            offset=page * _PAGE,
            limit=_PAGE,
        )
        payments = [Payment.read(each) for each in objects_in(found, "results")]
        yield from payments
        if len(payments) < _PAGE:
            return


def _json_object(content: bytes) -> Resource:
    """Parses JSON, with fractions as text for `resources.amount`."""
    with suppress(ValueError, RecursionError):
        resource = json.loads(content, parse_float=str)
        if isinstance(resource, dict):
            return resource
    raise Ended(Code.MERCADO_PAGO_UNAVAILABLE, "200 without a JSON object")
