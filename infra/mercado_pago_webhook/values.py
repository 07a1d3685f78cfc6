"""Reads single values: amounts of money, instants, numeric ids. Pure."""

from contextlib import suppress
from datetime import datetime
from decimal import Decimal, DecimalException

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


def instant(value: object) -> datetime | None:
    """An instant as text or as Firestore's timestamp; None for anything else."""
    with suppress(ValueError):
        found = datetime.fromisoformat(str(value))
        return found if found.tzinfo else None
    return None


def is_numeric(text: str) -> bool:
    return text.isascii() and text.isdigit()
