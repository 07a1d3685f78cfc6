"""The settings, read from the environment."""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from functools import cache
from typing import Self
from zoneinfo import ZoneInfo, available_timezones

from .codes import Code, Refused
from .preferences import MERCADO_PAGO, Seller

_PRICES = {"individual": "HOURLY_PRICE_INDIVIDUAL", "grupal": "HOURLY_PRICE_GRUPAL"}
_LONGEST_HOLD = 24 * 60  # minutes


@dataclass(frozen=True)
class Settings:
    """`hourly_prices` are by type of class; a type without a price is not sold."""

    seller: Seller
    hourly_prices: Mapping[str, Decimal]
    project: str | None
    database: str
    collection: str
    zone: ZoneInfo
    hold: timedelta
    grace: timedelta
    origins: tuple[str, ...]

    @classmethod
    def from_environ(cls, environ: Mapping[str, str]) -> Self:
        """Raises Refused, which names every missing or invalid setting."""
        env = {name: value.strip() for name, value in environ.items() if value.strip()}
        if problems := _problems(env):
            raise Refused(Code.MISCONFIGURED, "; ".join(problems))
        return cls(
            seller=Seller(
                access_token=env["MERCADO_PAGO_ACCESS_TOKEN"],
                currency=env.get("CURRENCY", "ARS"),
                notification_url=env.get("NOTIFICATION_URL"),
                page_url=env.get("PAGE_URL"),
                url=env.get("MERCADO_PAGO_EMULATOR_URL", MERCADO_PAGO).rstrip("/"),
            ),
            hourly_prices={
                kind: Decimal(env[name]) for kind, name in _PRICES.items() if name in env
            },
            project=env.get("GOOGLE_CLOUD_PROJECT"),
            database=env.get("FIRESTORE_DATABASE", "(default)"),
            collection=env.get("VIRTUAL_CLASS_COLLECTION", "VirtualClass"),
            zone=ZoneInfo(env.get("TIME_ZONE", "America/Argentina/Buenos_Aires")),
            hold=timedelta(minutes=float(env.get("HOLD_MINUTES", "15"))),
            grace=timedelta(minutes=float(env.get("GRACE_MINUTES", "5"))),
            origins=tuple(each.strip() for each in env.get("ALLOWED_ORIGINS", "*").split(",")),
        )


@cache
def settings() -> Settings:
    return Settings.from_environ(os.environ)


def _problems(env: Mapping[str, str]) -> list[str]:
    problems = []
    if "MERCADO_PAGO_ACCESS_TOKEN" not in env:
        problems.append("MERCADO_PAGO_ACCESS_TOKEN is missing")
    prices = [name for name in _PRICES.values() if name in env]
    if not prices:
        problems.append(f"{' and '.join(_PRICES.values())} are missing: one is needed")
    problems += [f"{name} must be an amount above 0" for name in prices if not _number(env[name])]
    hold, grace = _number(env.get("HOLD_MINUTES", "15")), _number(env.get("GRACE_MINUTES", "5"))
    if not 0 < grace < hold <= _LONGEST_HOLD:
        problems.append(f"it must be: 0 < GRACE_MINUTES < HOLD_MINUTES <= {_LONGEST_HOLD}")
    if env.get("TIME_ZONE", "UTC") not in available_timezones():
        problems.append("TIME_ZONE is not a known time zone")
    if "K_SERVICE" in env:  # set by Cloud Run
        emulators = ("MERCADO_PAGO_EMULATOR_URL", "FIRESTORE_EMULATOR_HOST")
        problems += [f"{name} must not be set on Cloud Run" for name in emulators if name in env]
    return problems


def _number(text: str) -> Decimal:
    """A plain number with at most two decimals; 0 for any other text."""
    return Decimal(text) if re.fullmatch(r"[0-9]{1,9}(\.[0-9]{1,2})?", text) else Decimal()
