"""What a class costs and what it is called at the checkout: here a school writes its own rules."""

from collections.abc import Mapping
from datetime import timedelta
from decimal import ROUND_HALF_UP, Decimal
from zoneinfo import ZoneInfo

from .classes import WantedClass
from .codes import Code, Refused

_TITLES = {"individual": "Clase individual", "grupal": "Clase grupal"}
_CENT = Decimal("0.01")


def price_of(wanted: WantedClass, hourly_prices: Mapping[str, Decimal]) -> Decimal:
    """The price, by the class's length. Never taken from the browser. Raises Refused for a type of
    class that is not sold."""
    hourly = hourly_prices.get(wanted.class_type)
    if hourly is None:
        raise Refused(Code.INVALID_REQUEST, f"classType must be one of {', '.join(hourly_prices)}")
    seconds = Decimal((wanted.end - wanted.start) / timedelta(seconds=1))
    return (hourly * seconds / 3600).quantize(_CENT, ROUND_HALF_UP)


def title_of(wanted: WantedClass, zone: ZoneInfo) -> str:
    """`Clase individual, 10/03/2031 17:00`."""
    return f"{_TITLES[wanted.class_type]}, {wanted.start.astimezone(zone):%d/%m/%Y %H:%M}"
