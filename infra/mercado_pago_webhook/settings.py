"""The settings, read from the environment."""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Self

from .codes import Code, Ended

MERCADO_PAGO = "https://api.mercadopago.com"

_EMULATORS = ("MERCADO_PAGO_EMULATOR_URL", "FIRESTORE_EMULATOR_HOST", "CLOUD_TASKS_EMULATOR_HOST")
_QUEUE = re.compile(r"projects/[^/]+/locations/[^/]+/queues/[^/]+")


@dataclass(frozen=True)
class Settings:
    """Without `audience`, which is only possible locally, no ID token is sent. `queue` is the full
    name of a queue of Cloud Tasks that calls `create_event`, with ID tokens of `queue_account`.

    The scheduled job, which settles sales without a notice and books by itself, has only the first
    six.
    """

    access_token: str = field(repr=False)
    mercado_pago_url: str
    project: str | None
    database: str
    collection: str
    cancel_refunded: bool
    webhook_secret: str = field(repr=False)
    create_event_url: str
    audience: str | None
    queue: str | None
    queue_account: str | None
    budget_seconds: int

    @classmethod
    def from_environ(cls, environ: Mapping[str, str], *, of_job: bool = False) -> Self:
        """Raises Ended, which names every missing or invalid setting."""
        env = {name: value.strip() for name, value in environ.items() if value.strip()}
        if problems := [*_problems_of_sales(env), *([] if of_job else _problems_of_notices(env))]:
            raise Ended(Code.MISCONFIGURED, "; ".join(problems))
        create_event = env.get("CREATE_EVENT_URL", "")
        is_local = "MERCADO_PAGO_EMULATOR_URL" in env
        return cls(
            access_token=env["MERCADO_PAGO_ACCESS_TOKEN"],
            mercado_pago_url=env.get("MERCADO_PAGO_EMULATOR_URL", MERCADO_PAGO).rstrip("/"),
            project=env.get("GOOGLE_CLOUD_PROJECT"),
            database=env.get("FIRESTORE_DATABASE", "(default)"),
            collection=env.get("VIRTUAL_CLASS_COLLECTION", "VirtualClass"),
            cancel_refunded=env.get("CANCEL_REFUNDED") == "yes",
            webhook_secret=env.get("MERCADO_PAGO_WEBHOOK_SECRET", ""),
            create_event_url=create_event,
            audience=env.get("CREATE_EVENT_AUDIENCE", None if is_local else create_event),
            queue=env.get("CREATE_EVENT_QUEUE"),
            queue_account=env.get("CREATE_EVENT_QUEUE_ACCOUNT"),
            budget_seconds=int(env.get("DELIVERY_BUDGET_SECONDS", "20")),
        )


@cache
def settings() -> Settings:
    return Settings.from_environ(os.environ)


def _problems_of_sales(env: Mapping[str, str]) -> list[str]:
    problems = _missing(env, "MERCADO_PAGO_ACCESS_TOKEN")
    if env.get("CANCEL_REFUNDED", "no") not in ("yes", "no"):
        problems.append("CANCEL_REFUNDED must be yes or no")
    if not env.keys().isdisjoint(("K_SERVICE", "CLOUD_RUN_JOB")):  # set by Cloud Run
        problems += [f"{name} must not be set on Cloud Run" for name in _EMULATORS if name in env]
    return problems


def _problems_of_notices(env: Mapping[str, str]) -> list[str]:
    problems = _missing(env, "MERCADO_PAGO_WEBHOOK_SECRET", "CREATE_EVENT_URL")
    if env.get("DELIVERY_BUDGET_SECONDS", "20") not in map(str, range(1, 22)):
        problems.append("DELIVERY_BUDGET_SECONDS must be a whole number from 1 to 21")
    queue = env.get("CREATE_EVENT_QUEUE")
    if queue and not _QUEUE.fullmatch(queue):
        problems.append("CREATE_EVENT_QUEUE must be projects/.../locations/.../queues/...")
    is_local = "MERCADO_PAGO_EMULATOR_URL" in env
    if queue and not is_local:
        problems += _missing(env, "CREATE_EVENT_QUEUE_ACCOUNT")
    if not is_local and not env.get("CREATE_EVENT_URL", "https://").startswith("https://"):
        problems.append("CREATE_EVENT_URL must begin with https://: an ID token is sent there")
    return problems


def _missing(env: Mapping[str, str], *names: str) -> list[str]:
    return [f"{name} is missing" for name in names if name not in env]
