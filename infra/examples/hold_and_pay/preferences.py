"""Makes what a held class is paid by: a preference of Mercado Pago that expires with the hold.

https://www.mercadopago.com.ar/developers/es/reference/preferences/_checkout_preferences/post
"""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import requests

from .classes import HeldClass, Preference
from .codes import Code, Refused

MERCADO_PAGO = "https://api.mercadopago.com"

PAID_LATER = ("ticket", "atm", "bank_transfer")
"""The types of payment that stay open for days, such as cash, and so longer than any hold. With
`bank_transfer` goes Pix: a school in Brazil leaves it out, and gives its holds more time."""

_SECONDS = 8


@dataclass(frozen=True)
class Seller:
    """Who sells, and where Mercado Pago sends its notices (the panel's setting, if None) and its
    students afterwards. `url` is Mercado Pago's, or that of its stand-in."""

    access_token: str = field(repr=False)
    currency: str = "ARS"
    notification_url: str | None = None
    page_url: str | None = None
    url: str = MERCADO_PAGO


def make_preference(held: HeldClass, price: Decimal, title: str, seller: Seller) -> Preference:
    """Raises MERCADO_PAGO_UNAVAILABLE."""
    try:
        response = requests.post(
            f"{seller.url}/checkout/preferences",
            json=_preference(held, price, title, seller),
            headers={
                "Authorization": f"Bearer {seller.access_token}",
                "X-Idempotency-Key": f"hold-{held.id}",  # a repeat makes no second one
            },
            timeout=_SECONDS,
            allow_redirects=False,
        )
        made = response.json() if response.status_code in (200, 201) else {}
        return Preference(made["id"], made["init_point"])
    except requests.RequestException as error:
        raise Refused(Code.MERCADO_PAGO_UNAVAILABLE, type(error).__name__) from error
    except (KeyError, TypeError) as error:
        raise Refused(Code.MERCADO_PAGO_UNAVAILABLE, f"answers {response.status_code}") from error


def _preference(held: HeldClass, price: Decimal, title: str, seller: Seller) -> dict[str, Any]:
    """The same for every request of a held class, as its idempotency key asks for."""
    preference: dict[str, Any] = {
        "items": [
            {
                "id": held.id,
                "title": title,
                "quantity": 1,
                "unit_price": float(price),
                "currency_id": seller.currency,
            }
        ],
        "payer": {"email": held.wanted.student},
        "external_reference": held.id,
        "expires": True,
        "expiration_date_from": _text(held.held_since),
        "expiration_date_to": _text(held.pay_until),
        "payment_methods": {"excluded_payment_types": [{"id": each} for each in PAID_LATER]},
        "binary_mode": True,  # approved or rejected at once: none is left for days "in process"
    }
    if seller.notification_url:
        preference["notification_url"] = seller.notification_url
    if seller.page_url:
        outcomes = ("success", "failure", "pending")
        preference["back_urls"] = dict.fromkeys(outcomes, seller.page_url)
    return preference


def _text(moment: datetime) -> str:
    """`2031-03-10T17:00:00.000+00:00`: Mercado Pago wants milliseconds and an offset."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds")
