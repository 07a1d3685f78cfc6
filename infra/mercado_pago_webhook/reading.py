"""Reads a sale: the payment and its merchant order at Mercado Pago, the class in Firestore."""

from dataclasses import replace
from typing import Any

from . import classes, mercado_pago
from .codes import Code, Ended
from .judgement import Sale
from .notice import Notice
from .resources import Order, Payment
from .settings import Settings


def read_sale(notice: Notice, settings: Settings, facts: dict[str, Any]) -> Sale:
    """The current state of the sale. Raises Ended; `facts`, for the log, then has what the payment
    tells, if that could be read."""
    try:
        noticed = mercado_pago.get(notice.path, settings)
    except mercado_pago.NotFound as error:
        if notice.is_test:  # unsigned, but there is nothing to be lost
            raise Ended(Code.SIMULATED) from error
        raise
    if notice.topic != "payment":
        return _with_class(Sale(None, Order.read(noticed)), settings, facts)
    payment = Payment.read(noticed)
    facts |= _facts_of(Sale(payment))
    order_id = payment.merchant_order_id
    order = mercado_pago.order(order_id, settings) if order_id else None
    return _with_class(Sale(payment, order), settings, facts)


def with_every_order(sale: Sale, settings: Settings) -> Sale:
    """The sale with what was paid through other orders of its preference. Raises Ended."""
    if sale.order is None or sale.preference_id is None:
        return sale
    others = mercado_pago.orders_of(sale.preference_id, settings)
    return replace(sale, order=sale.order.beside(others))


def _with_class(sale: Sale, settings: Settings, facts: dict[str, Any]) -> Sale:
    facts |= _facts_of(sale)
    if sale.preference_id and sale.once_approved:
        sale = replace(sale, virtual_class=classes.find(sale.preference_id, settings))
    if sale.virtual_class:
        facts |= {"classId": sale.virtual_class.id, "wasBooked": sale.virtual_class.is_booked}
    return sale


def _facts_of(sale: Sale) -> dict[str, Any]:
    """`approvedAt` is when the latest payment was."""
    approved_at = [each.approved_at for each in sale.approved if each.approved_at]
    times = {"approvedAt": max(approved_at).isoformat()} if approved_at else {}
    return {"preferenceId": sale.preference_id, **times}
