"""The settings, read from the environment."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Self

from .codes import Code, Ended

MERCADO_PAGO = "https://api.mercadopago.com"


@dataclass(frozen=True)
class Settings:
    """Without `audience`, which is only possible locally, no ID token is sent."""

    access_token: str = field(repr=False)
    webhook_secret: str = field(repr=False)
    create_event_url: str
    audience: str | None
    mercado_pago_url: str
    project: str | None
    database: str
    collection: str
    budget_seconds: int

    @classmethod
    def from_environ(cls, environ: Mapping[str, str]) -> Self:
        """Raises Ended, which names every missing or invalid setting."""
        env = {name: value.strip() for name, value in environ.items() if value.strip()}
        if problems := _problems(env):
            raise Ended(Code.MISCONFIGURED, "; ".join(problems))
        stand_in = env.get("MERCADO_PAGO_EMULATOR_URL")
        create_event = env["CREATE_EVENT_URL"]
        return cls(
            access_token=env["MERCADO_PAGO_ACCESS_TOKEN"],
            webhook_secret=env["MERCADO_PAGO_WEBHOOK_SECRET"],
            create_event_url=create_event,
            audience=env.get("CREATE_EVENT_AUDIENCE", None if stand_in else create_event),
            mercado_pago_url=(stand_in or MERCADO_PAGO).rstrip("/"),
            project=env.get("GOOGLE_CLOUD_PROJECT"),
            database=env.get("FIRESTORE_DATABASE", "(default)"),
            collection=env.get("VIRTUAL_CLASS_COLLECTION", "VirtualClass"),
            budget_seconds=int(env.get("DELIVERY_BUDGET_SECONDS", "20")),
        )


@cache
def settings() -> Settings:
    return Settings.from_environ(os.environ)


def _problems(env: Mapping[str, str]) -> list[str]:
    required = ("MERCADO_PAGO_ACCESS_TOKEN", "MERCADO_PAGO_WEBHOOK_SECRET", "CREATE_EVENT_URL")
    problems = [f"{name} is missing" for name in required if name not in env]
    if env.get("DELIVERY_BUDGET_SECONDS", "20") not in map(str, range(1, 22)):
        problems.append("DELIVERY_BUDGET_SECONDS must be a whole number from 1 to 21")
    is_local = "MERCADO_PAGO_EMULATOR_URL" in env
    if not is_local and not env.get("CREATE_EVENT_URL", "https://").startswith("https://"):
        problems.append("CREATE_EVENT_URL must begin with https://: an ID token is sent there")
    if "K_SERVICE" in env:  # set by Cloud Run
        emulators = ("MERCADO_PAGO_EMULATOR_URL", "FIRESTORE_EMULATOR_HOST")
        problems += [f"{name} must not be set on Cloud Run" for name in emulators if name in env]
    return problems
