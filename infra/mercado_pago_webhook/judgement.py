"""Decides whether a class is paid, from what Mercado Pago and Firestore say. Pure.

Needs only `codes.py` and `resources.py` and no packages, so that a scheduled job, for example, can
reach the same verdicts.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from .codes import Code, Verdict
from .resources import Order, Payment, amount

CLASS_MAY_FOLLOW = timedelta(days=1)
"""How long after its payment a class may still be written."""

_PRICE_TEXT = re.compile(r"[0-9]+(\.[0-9]{1,2})?")  # in "1.500" the point may divide thousands


@dataclass(frozen=True)
class Sale:
    """What is known of a sale, as just read.

    `payment` is None if only the order was read, `order` if the payment has no readable one, and
    `virtual_class` if none was found, or not looked for because nothing is approved.
    """

    payment: Payment | None
    order: Order | None = None
    virtual_class: Mapping[str, Any] | None = None

    @property
    def approved(self) -> list[Payment]:
        if self.order is not None:
            return self.order.approved(self.payment)
        return [each for each in (self.payment,) if each and each.is_approved]

    @property
    def preference_id(self) -> str | None:
        return self.order.preference_id if self.order else None


def judge(sale: Sale, now: datetime) -> Verdict:
    """`OK` if the class is paid and must be booked, otherwise why not."""
    if sale.payment and sale.payment.is_mercado_libre:
        return Verdict(Code.MERCADO_LIBRE)
    if sale.order and not sale.preference_id:
        return Verdict(Code.NO_PREFERENCE)
    if not sale.approved:
        return Verdict(Code.NOT_PAID)
    if sale.order is None:
        is_newer = bool(sale.payment and sale.payment.order_id)
        return Verdict(Code.NEWER_ORDER if is_newer else Code.PAID_WITHOUT_ORDER)
    if sale.virtual_class is None:
        return Verdict(_without_class(sale.approved, now))
    return _enough(sale.approved, sale.order.currencies, sale.virtual_class.get("classPrice"))


def _without_class(approved: list[Payment], now: datetime) -> Code:
    is_old = all(
        each.approved_at and now - each.approved_at > CLASS_MAY_FOLLOW for each in approved
    )
    return Code.CLASS_NEVER_WRITTEN if is_old else Code.CLASS_NOT_FOUND


def _enough(approved: list[Payment], currencies: frozenset[str], class_price: object) -> Verdict:
    """Whether the payments cover the price; any approved payment does if there is no price."""
    counted = [each for each in approved if _is_among(each.currency, currencies)]
    paid = sum((each.net for each in counted if each.net is not None), Decimal())
    facts = {"paid": str(paid)}
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
    if len(counted) < len(approved):
        facts["currencies"] = " ".join(sorted({each.currency or "" for each in approved}))
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
