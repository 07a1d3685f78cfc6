"""Preferences as Mercado Pago takes them; what it would not understand is refused.

https://www.mercadopago.com.ar/developers/es/reference/preferences/_checkout_preferences/post
"""

import re
import uuid
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Any

SELLER = 123456789
_CHECKOUT = "https://www.mercadopago.com.ar/checkout/v1/redirect?pref_id="
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}[+-]\d\d:\d\d")
_PAYMENT_TYPES = {
    *("account_money", "atm", "bank_transfer", "credit_card", "crypto_transfer", "debit_card"),
    *("digital_currency", "digital_wallet", "prepaid_card", "ticket", "voucher_card"),
}

Object = Mapping[str, Any]


def made_from(asked: Object) -> dict[str, Any]:
    """The preference, as the answer shows it."""
    preference_id = f"{SELLER}-{uuid.uuid4()}"
    links = {
        "init_point": _CHECKOUT + preference_id,
        "sandbox_init_point": _CHECKOUT + preference_id,
    }
    return {**asked, "id": preference_id, "collector_id": SELLER, **links}


def problems(asked: object) -> list[str]:
    """What is wrong with the body of a request for a preference."""
    if not isinstance(asked, Mapping):
        return ["the body must be an object"]
    wrong = [name for name, value in asked.items() if not _FIELDS.get(name, _unknown)(value)]
    if "items" not in asked:
        wrong.append("items")
    return [f"{name} is invalid" for name in wrong] + list(_contradictions(asked))


def _contradictions(asked: Object) -> Iterator[str]:
    dates = [asked.get(f"expiration_date_{end}") for end in ("from", "to")]
    if all(map(_is_moment, dates)):
        since, until = (datetime.fromisoformat(str(each)) for each in dates)
        if until <= since:
            yield "expiration_date_to must be after expiration_date_from"
    if "auto_return" in asked and not (asked.get("back_urls") or {}).get("success"):
        yield "auto_return invalid. back_url.success must be defined"


def _unknown(_: Any) -> bool:
    return False


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and value != ""


def _is_url(value: Any) -> bool:
    return _is_text(value) and re.match(r"https?://", value) is not None


def _is_moment(value: Any) -> bool:
    return isinstance(value, str) and _MOMENT.fullmatch(value) is not None


def _is_bool(value: Any) -> bool:
    return isinstance(value, bool)


def _is_item(value: Any) -> bool:
    price, quantity = value.get("unit_price"), value.get("quantity")
    is_sold = isinstance(price, int | float) and price > 0 and isinstance(quantity, int)
    return is_sold and quantity > 0 and _is_text(value.get("title"))


def _are_methods(value: Any) -> bool:
    excluded = [each["id"] for each in value.get("excluded_payment_types", [])]
    return value.keys() <= {"excluded_payment_types"} and _PAYMENT_TYPES.issuperset(excluded)


_FIELDS: Mapping[str, Callable[[Any], bool]] = {
    "auto_return": lambda value: value in ("approved", "all"),
    "back_urls": lambda value: all(map(_is_url, value.values())),
    "binary_mode": _is_bool,
    "expiration_date_from": _is_moment,
    "expiration_date_to": _is_moment,
    "expires": _is_bool,
    "external_reference": lambda value: _is_text(value) and len(value) <= 256,
    "items": lambda value: bool(value) and all(map(_is_item, value)),
    "notification_url": _is_url,
    "payer": lambda value: _is_text(value.get("email")),
    "payment_methods": _are_methods,
}
"""The fields known here, and what each of them may be."""
