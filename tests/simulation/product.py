"""The product under simulation, wired once for all schedules of a process. The one module that
knows how `create_event` and `infra/reconcile.py` put it together.

Whatever it asks for, time, Firestore, Google, an access token, is that of the schedule being
played.
"""

from dataclasses import replace
from functools import cache
from typing import Any

import httplib2

from infra.commands.reconcile.findings import Cure
from infra.commands.reconcile.repair import Repair
from infra.commands.reconcile.survey import Records
from shared import clock
from shared.booking.flow import Booking
from shared.calendar.client import GoogleCalendar
from shared.classes.store import ClassStore
from shared.deadline import Budget, Deadline
from shared.errors import ServiceError
from shared.settings import Settings
from tests.simulation.hub import VirtualClock
from tests.simulation.services import Services

PROJECT = "simulated"
_ROOT = f"projects/{PROJECT}/databases/(default)/documents/VirtualClass"

_SETTINGS = Settings.from_environ(
    {
        "CALENDAR_ID": "primary",
        "AUTH_GOOGLE_ID": "client",
        "AUTH_GOOGLE_SECRET": "secret",
        "GOOGLE_REDIRECT_URI": "http://localhost/",
        "ADMIN_EMAIL": "admin@example.com",
        "GOOGLE_CLOUD_PROJECT": PROJECT,
        "GOOGLE_EMULATOR_URL": "http://google",
    }
)


class _Played:
    """The services of the schedule being played."""

    services: Services


def play_with(services: Services) -> None:
    """From here on the product uses these, and their time."""
    _Played.services = services
    clock.use(VirtualClock(services.wire.hub))


class _Tokens:
    def prepare(self, deadline: Deadline) -> None:
        """They are fetched when they are needed."""

    def access_token(self, deadline: Deadline) -> str:
        return _Played.services.access_token(deadline)

    def discard(self, access_token: str) -> None:
        _Played.services.discard(access_token)


def _exchange(
    deadline: Deadline, uri: str, method: str, body: Any, headers: dict[str, str]
) -> tuple[httplib2.Response, bytes]:
    return _Played.services.exchange(deadline, uri, method, body, headers)


@cache
def _booking(budget: float, lease: float) -> Booking:
    return Booking(_settings(budget, lease), _store(), _calendar())


def _settings(budget: float, lease: float) -> Settings:
    return replace(_SETTINGS, create_budget_seconds=budget, create_lease_seconds=lease)


@cache
def _store() -> ClassStore:
    def client(_deadline: Deadline) -> Any:
        return _Played.services.client()

    return ClassStore(_SETTINGS, client)


@cache
def _calendar() -> GoogleCalendar:
    return GoogleCalendar(_SETTINGS, _Tokens(), _exchange)


def deliver(preference_id: str, budget: float, lease: float) -> tuple[int, str, str]:
    """What a POST to create_event does: status, code and cause of the answer."""
    try:
        _booking(budget, lease).book_class(preference_id, Budget(budget))
    except ServiceError as error:
        return error.status, error.code, error.cause
    except Exception as error:
        return 500, "internal_error", repr(error)
    return 200, "ok", ""


def repair(budget: float, lease: float) -> list[str]:
    """What infra/reconcile.py --apply does: the kinds of what is left to do by name."""
    records = Records(_ROOT, _store(), _calendar())
    cure = Repair(_settings(budget, lease), records, _booking(budget, lease)).cure
    try:
        found = records.survey(lambda _text: None).findings
        for finding in found:
            if finding.kind.cure is Cure.APPLY:
                cure(finding)
    except ServiceError as error:
        return [error.code]
    return [str(finding.kind) for finding in found if finding.kind.cure is not Cure.APPLY]
