"""Preferences as Mercado Pago takes them; what it would not understand is refused.

https://www.mercadopago.com.ar/developers/es/reference/preferences/_checkout_preferences/post
"""

import re
import uuid
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

SELLER = 123456789
_CHECKOUT = "https://www.mercadopago.com.ar/checkout/v1/redirect?pref_id="
_MOMENT = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}[+-]\d\d:\d\d"
_URL = r"https?://.*"
_TEXTS = {
    "auto_return": "approved|all",
    "expiration_date_from": _MOMENT,
    "expiration_date_to": _MOMENT,
    "external_reference": ".{1,256}",
    "notification_url": _URL,
}
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
    wrong = [name for name, value in asked.items() if not _is_valid(name, value)]
    if "items" not in asked:
        wrong.append("items")
    return [f"{name} is invalid" for name in wrong] + list(_contradictions(asked))


def _contradictions(asked: Object) -> Iterator[str]:
    dates = [asked.get(f"expiration_date_{end}") for end in ("from", "to")]
    if all(_is_like(_MOMENT, each) for each in dates):
        since, until = (datetime.fromisoformat(str(each)) for each in dates)
        if until <= since:
            yield "expiration_date_to must be after expiration_date_from"
    if "auto_return" in asked and not (asked.get("back_urls") or {}).get("success"):
        yield "auto_return invalid. back_url.success must be defined"


def _is_valid(name: str, value: Any) -> bool:
    """Whether the field is known here, and may be so."""
    if name in _TEXTS:
        return _is_like(_TEXTS[name], value)
    match name:
        case "binary_mode" | "expires":
            return isinstance(value, bool)
        case "items":
            return bool(value) and all(map(_is_item, value))
        case "back_urls":
            return all(_is_like(_URL, each) for each in value.values())
        case "payer":
            return _is_like(".+", value.get("email"))
        case "payment_methods":
            excluded = {each["id"] for each in value.get("excluded_payment_types", [])}
            return value.keys() <= {"excluded_payment_types"} and excluded <= _PAYMENT_TYPES
    return False


def _is_like(form: str, value: Any) -> bool:
    return isinstance(value, str) and re.fullmatch(form, value) is not None


def _is_item(value: Any) -> bool:
    price, quantity = value.get("unit_price"), value.get("quantity")
    is_sold = isinstance(price, int | float) and price > 0 and isinstance(quantity, int)
    return is_sold and quantity > 0 and _is_like(".+", value.get("title"))
