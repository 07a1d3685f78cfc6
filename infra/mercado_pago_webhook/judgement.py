"""Decides whether a class is paid, from what Mercado Pago and Firestore say. Pure.

Needs only `codes.py`, `resources.py` and `values.py`, and no packages.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from .codes import Code, Verdict
from .resources import Order, Payment
from .values import amount, instant

CLASS_MAY_FOLLOW = timedelta(days=1)
"""How long after its payment a class may still be written."""

_PRICE_TEXT = re.compile(r"[0-9]+(\.[0-9]{1,2})?")  # in "1.500" the point may divide thousands


@dataclass(frozen=True)
class SoldClass:
    """A class's document, as far as read; `version` is Firestore's update time."""

    id: str = ""
    fields: Mapping[str, Any] = field(default_factory=dict)
    version: Any = None

    @property
    def status(self) -> str:
        return str(self.fields.get("status") or "pending").strip().lower()

    @property
    def is_booked(self) -> bool:
        return bool(self.fields.get("googleEventId"))


@dataclass(frozen=True)
class Sale:
    """What is known of a sale, as just read.

    `payment` is None if only the order was read, `order` if the payment has no readable one, and
    `virtual_class` if none was found, or not looked for because nothing was ever approved.
    """

    payment: Payment | None
    order: Order | None = None
    virtual_class: SoldClass | None = None

    @property
    def once_approved(self) -> list[Payment]:
        """The payments that are or were approved; `payment`, read by itself, overrides the order's
        copy of it, which may lag."""
        listed = self.order.payments if self.order else ()
        payments = {each.id: each for each in (*listed, *filter(None, [self.payment]))}
        return [each for each in payments.values() if each.was_approved]

    @property
    def approved(self) -> list[Payment]:
        return [each for each in self.once_approved if each.is_approved]

    @property
    def preference_id(self) -> str | None:
        return self.order.preference_id if self.order else None


def judge(sale: Sale, now: datetime) -> Verdict:
    """`OK` if the class is paid and must be booked, otherwise why not."""
    if sale.payment and sale.payment.is_mercado_libre:
        return Verdict(Code.MERCADO_LIBRE)
    if sale.order and not sale.preference_id:
        return Verdict(Code.NO_PREFERENCE)
    if sale.order is None and sale.approved:
        is_newer = bool(sale.payment and sale.payment.order_id)
        return Verdict(Code.NEWER_ORDER if is_newer else Code.PAID_WITHOUT_ORDER)
    if sale.virtual_class is None and sale.approved:
        return Verdict(_without_class(sale.approved, now))
    if sale.order is None or sale.virtual_class is None:
        return Verdict(Code.NOT_PAID)
    price = sale.virtual_class.fields.get("classPrice")
    left = _enough(sale.approved, sale.order.currencies, price)
    if left.code in (Code.NOT_PAID, Code.TOO_LITTLE_PAID):
        as_first_paid = [each.as_first_paid for each in sale.once_approved]
        if _enough(as_first_paid, sale.order.currencies, price).code is Code.OK:
            return Verdict(_reversed(sale, sale.virtual_class), facts=left.facts)
    return left


def is_to_cancel(sale: Sale, now: datetime) -> bool:
    """Whether everything paid was refunded and the class is still to come. A chargeback is a
    dispute, not a refund."""
    if sale.virtual_class is None or sale.virtual_class.status not in ("pending", "scheduled"):
        return False
    start = instant(sale.virtual_class.fields.get("startTime"))
    are_refunded = all(each.status == "refunded" for each in sale.once_approved)
    return are_refunded and start is not None and start > now


def _reversed(sale: Sale, virtual_class: SoldClass) -> Code:
    is_disputed = any(each.is_disputed for each in sale.once_approved)
    is_over_with = virtual_class.status == "cancelled" and not is_disputed
    return Code.REFUNDED if is_over_with else Code.PAYMENT_REVERSED


def _without_class(approved: list[Payment], now: datetime) -> Code:
    is_old = all(
        each.approved_at and now - each.approved_at > CLASS_MAY_FOLLOW for each in approved
    )
    return Code.CLASS_NEVER_WRITTEN if is_old else Code.CLASS_NOT_FOUND


def _enough(payments: list[Payment], currencies: frozenset[str], class_price: object) -> Verdict:
    """Whether the payments cover the price; any payment does if there is no price."""
    counted = [each for each in payments if _is_among(each.currency, currencies)]
    paid = sum((each.net for each in counted if each.net is not None), Decimal())
    facts = {"paid": str(paid)}
    if not payments:
        return Verdict(Code.NOT_PAID, facts=facts)
    if class_price is None:
        return Verdict(Code.OK, facts=facts)
    price = read_price(class_price)
    if price is None:
        return Verdict(Code.BAD_PRICE, facts=facts)
    facts["price"] = str(price)
    if paid >= price:
        return Verdict(Code.OK, facts=facts)
    if any(each.net is None for each in counted):
        return Verdict(Code.RESOURCE_UNREADABLE, "an amount is not a number", facts)
    if len(counted) < len(payments):
        facts["currencies"] = " ".join(sorted({each.currency or "" for each in payments}))
        return Verdict(Code.OTHER_CURRENCY, facts=facts)
    return Verdict(Code.TOO_LITTLE_PAID, facts=facts)


def _is_among(currency: str | None, currencies: frozenset[str]) -> bool:
    """Assumes that an unknown currency is the preference's."""
    return currency is None or not currencies or currency in currencies


def read_price(value: object) -> Decimal | None:
    """`classPrice`; None if it is not an amount of money."""
    if isinstance(value, str) and not _PRICE_TEXT.fullmatch(value.strip()):
        return None
    return amount(value)
