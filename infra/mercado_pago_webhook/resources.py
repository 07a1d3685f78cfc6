"""Mercado Pago's payments and merchant orders, as far as they matter here.

Only fields that every decision needs have to be readable. An invalid amount, date or currency
becomes None, which is for the judgement to interpret.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import Any, Self

from .codes import Code, Ended
from .values import amount, instant, is_numeric

Resource = Mapping[str, Any]

_DISPUTED = {"charged_back", "in_mediation"}
_REVERSED = {"refunded", *_DISPUTED}


@dataclass(frozen=True)
class Payment:
    """A payment, or its copy in a merchant order, which does not name the order."""

    id: str
    status: str
    paid: Decimal | None
    refunded: Decimal | None
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
            paid=amount(resource.get("transaction_amount")),
            refunded=_refunded(resource),
            currency=_currency(resource),
            approved_at=instant(resource.get("date_approved")),
            order_id=str(order.get("id") or ""),
            order_type=str(order.get("type") or "").lower(),
        )

    @property
    def is_approved(self) -> bool:
        return self.status == "approved"

    @property
    def was_approved(self) -> bool:
        """Whether it is or ever was approved, whatever became of it."""
        return self.is_approved or self.approved_at is not None or self.status in _REVERSED

    @property
    def is_disputed(self) -> bool:
        return self.status in _DISPUTED

    @property
    def net(self) -> Decimal | None:
        """What was paid less what was refunded."""
        return None if self.paid is None or self.refunded is None else self.paid - self.refunded

    @property
    def as_first_paid(self) -> Self:
        return replace(self, refunded=Decimal())

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
        currencies = map(_currency, objects_in(resource, "items"))
        return cls(
            preference_id=str(resource["preference_id"] or "") or None,
            payments=tuple(map(Payment.read, objects_in(resource, "payments"))),
            currencies=frozenset(filter(None, currencies)),
        )

    def beside(self, others: Iterable[Self]) -> Self:
        """The order with the payments of others of its preference."""
        payments = (payment for each in others for payment in each.payments)
        return replace(self, payments=(*payments, *self.payments))


def _required(resource: Resource, name: str) -> Any:
    if resource.get(name) is None:
        raise Ended(Code.RESOURCE_UNREADABLE, f"{name} is missing")
    return resource[name]


def objects_in(resource: Resource, name: str) -> list[Resource]:
    found = resource.get(name) or []
    if not (isinstance(found, list) and all(isinstance(each, Mapping) for each in found)):
        raise Ended(Code.RESOURCE_UNREADABLE, f"{name} is not a list of objects")
    return found


def _refunded(payment: Resource) -> Decimal | None:
    """A payment and its copy in the order name it differently."""
    names = ("transaction_amount_refunded", "amount_refunded")
    return amount(next(filter(None, map(payment.get, names)), 0))


def _currency(resource: Resource) -> str | None:
    return str(resource.get("currency_id") or "").upper() or None
