"""Mercado Pago's payments and merchant orders, as far as they matter here.

Only fields that every decision needs have to be readable. An invalid amount, date or currency
becomes None, which is for the judgement to interpret.
"""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, DecimalException
from typing import Any, Self

from .codes import Code, Ended

Resource = Mapping[str, Any]

_LARGEST_EXPONENT = 15  # no amount of money reaches 10^16


def amount(value: object) -> Decimal | None:
    """A number as an amount of money; None for NaN, infinity, absurd magnitudes and anything that
    is not a number."""
    if isinstance(value, bool):
        return None
    try:
        number = Decimal(str(value))
    except (DecimalException, ValueError):
        return None
    return number if number.is_finite() and number.adjusted() <= _LARGEST_EXPONENT else None


@dataclass(frozen=True)
class Payment:
    """A payment, or its copy in a merchant order, which does not name the order."""

    id: str
    status: str
    net: Decimal | None  # less refunds
    currency: str | None
    approved_at: datetime | None
    order_id: str = ""
    order_type: str = ""

    @classmethod
    def read(cls, resource: Resource) -> Self:
        """Raises `RESOURCE_UNREADABLE`."""
        order = resource.get("order")
        order = order if isinstance(order, Mapping) else {}
        return cls(
            id=str(_required(resource, "id")),
            status=str(_required(resource, "status")),
            net=_net(resource),
            currency=_currency(resource),
            approved_at=_instant(resource.get("date_approved")),
            order_id=str(order.get("id") or ""),
            order_type=str(order.get("type") or "").lower(),
        )

    @property
    def is_approved(self) -> bool:
        return self.status == "approved"

    @property
    def is_mercado_libre(self) -> bool:
        return self.order_type == "mercadolibre"

    @property
    def merchant_order_id(self) -> str | None:
        """None if there is no readable one: orders of Mercado Libre and the Orders API are not."""
        return self.order_id if is_numeric(self.order_id) and not self.is_mercado_libre else None


@dataclass(frozen=True)
class Order:
    """A merchant order. `currencies` are those of its items, and so of the preference; empty if
    unknown."""

    preference_id: str | None
    payments: tuple[Payment, ...]
    currencies: frozenset[str]

    @classmethod
    def read(cls, resource: Resource) -> Self:
        """Raises `RESOURCE_UNREADABLE`."""
        if "preference_id" not in resource:
            raise Ended(Code.RESOURCE_UNREADABLE, "preference_id is missing")
        currencies = map(_currency, _resources(resource, "items"))
        return cls(
            preference_id=str(resource["preference_id"] or "") or None,
            payments=tuple(map(Payment.read, _resources(resource, "payments"))),
            currencies=frozenset(filter(None, currencies)),
        )

    def approved(self, newest: Payment | None) -> list[Payment]:
        """Its approved payments; `newest`, read separately, overrides its copy, which may lag."""
        payments = {each.id: each for each in (*self.payments, *filter(None, [newest]))}
        return [each for each in payments.values() if each.is_approved]


def is_numeric(text: str) -> bool:
    return text.isascii() and text.isdigit()


def _required(resource: Resource, name: str) -> Any:
    if resource.get(name) is None:
        raise Ended(Code.RESOURCE_UNREADABLE, f"{name} is missing")
    return resource[name]


def _resources(resource: Resource, name: str) -> list[Resource]:
    found = resource.get(name) or []
    if not (isinstance(found, list) and all(isinstance(each, Mapping) for each in found)):
        raise Ended(Code.RESOURCE_UNREADABLE, f"{name} is not a list of objects")
    return found


def _net(payment: Resource) -> Decimal | None:
    """The amount less refunds. A payment and its copy in the order name refunds differently."""
    paid = amount(payment.get("transaction_amount"))
    names = ("transaction_amount_refunded", "amount_refunded")
    refunded = amount(next(filter(None, map(payment.get, names)), 0))
    return None if paid is None or refunded is None else paid - refunded


def _currency(resource: Resource) -> str | None:
    return str(resource.get("currency_id") or "").upper() or None


def _instant(value: object) -> datetime | None:
    with suppress(ValueError):
        instant = datetime.fromisoformat(str(value))
        return instant if instant.tzinfo else None
    return None
