"""The product under simulation. The one module that knows how `create_event` and
`infra/reconcile.py` put it together."""

from dataclasses import replace
from typing import Any

from infra.commands.reconcile.findings import Cure
from infra.commands.reconcile.repair import Repair
from infra.commands.reconcile.survey import Records
from shared.booking.flow import Booking
from shared.calendar.client import GoogleCalendar
from shared.classes.store import ClassStore
from shared.deadline import Budget
from shared.errors import ServiceError
from shared.settings import Settings
from tests.simulation.services import Services
from tests.support.served import SETTINGS

_ROOT = "projects/simulated/databases/(default)/documents/VirtualClass"
_SETTINGS = Settings.from_environ({**SETTINGS, "GOOGLE_EMULATOR_URL": "http://google"})


class Product:
    """What all instances of a schedule run; whose call it is, the services tell by the task."""

    def __init__(self, budget: float, lease: float, firestore: Any, google: Services) -> None:
        settings = replace(_SETTINGS, create_budget_seconds=budget, create_lease_seconds=lease)
        store = ClassStore(settings, lambda _deadline: firestore)
        calendar = GoogleCalendar(settings, google, google.exchange)
        self._budget = budget
        self._booking = Booking(settings, store, calendar)
        self._records = Records(_ROOT, store, calendar)
        self._cure = Repair(settings, self._records, self._booking).cure

    def deliver(self, preference_id: str) -> tuple[int, str, str]:
        """What a POST to create_event does: status, code and cause of the answer."""
        try:
            self._booking.book_class(preference_id, Budget(self._budget))
        except ServiceError as error:
            return error.status, error.code, error.cause
        except Exception as error:
            return 500, "internal_error", repr(error)
        return 200, "ok", ""

    def repair(self) -> list[str]:
        """What infra/reconcile.py --apply does: the kinds of what is left for somebody to do."""
        try:
            found = self._records.survey(lambda _text: None).findings
            for finding in found:
                if finding.kind.cure is Cure.APPLY:
                    self._cure(finding)
        except ServiceError as error:
            return [error.code]
        return [str(finding.kind) for finding in found if finding.kind.cure is not Cure.APPLY]
