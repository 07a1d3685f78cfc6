"""Finds what is left undone between the classes and the calendar, and cures it.

    python infra/reconcile.py                    says what is left and changes nothing
    python infra/reconcile.py --apply            cures what can be cured
    python infra/reconcile.py --recreate ID      books a class anew whose event was deleted

The settings are those of the environment, completed by .env; the client secret is read from
Secret Manager unless AUTH_GOOGLE_SECRET gives it. Credentials are Google's application default
ones (gcloud auth application-default login). It may run beside live traffic, be interrupted
and be run again.

Exit status: 0 nothing is left, 1 something is, 2 it could not look, 130 interrupted.
"""

import argparse
import os
import signal
import sys
from pathlib import Path
from types import FrameType

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from infra.commands.configuration import (
    environment,
    settings_without_client_secret,
    with_client_secret,
)
from infra.commands.reconcile.findings import BY_NAME, REDRIVEN, REMOVED
from infra.commands.reconcile.repair import Repair
from infra.commands.reconcile.report import NOTHING, Report
from infra.commands.reconcile.survey import Records
from infra.commands.unusable import Unusable
from shared import log
from shared.booking.flow import Booking
from shared.calendar.client import GoogleCalendar
from shared.classes.store import ClassStore
from shared.errors import ServiceError
from shared.google.credentials import GoogleCredentials
from shared.google.project import project_id
from shared.settings import Settings

NOTHING_LEFT, SOMETHING_LEFT, COULD_NOT_LOOK, INTERRUPTED = 0, 1, 2, 130


def main() -> int:
    options = _options()
    report, stop = Report(NOTHING), _Stop()
    settings = None
    try:
        settings = with_client_secret(settings_without_client_secret(environment()))
        repair = _repair(settings)
        report = Report(repair.records.survey(_say))
        with stop:
            _cure(report, repair, options, stop)
    except ServiceError as error:
        report.failure = f"{error.code}: {error.cause}"
    except Unusable as error:
        report.failure = str(error)
    except KeyboardInterrupt:
        stop.is_asked_for = True
    except Exception as error:
        _say(log.stack(error))
        report.failure = f"unforeseen: {type(error).__name__}"
    if stop.is_asked_for:
        report.failure = "interrupted"
    print(report.json() if options.json else report.table(settings.time_zone if settings else None))
    if stop.is_asked_for:
        return INTERRUPTED
    if report.failure:
        return COULD_NOT_LOOK
    return SOMETHING_LEFT if report.left else NOTHING_LEFT


def _options() -> argparse.Namespace:
    assert __doc__
    parser = argparse.ArgumentParser(
        prog="infra/reconcile.py",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--apply", action="store_true", help="cure what can be cured")
    parser.add_argument(
        "--recreate",
        action="append",
        default=[],
        metavar="ID",
        help="book this class anew though somebody deleted its event; can be repeated",
    )
    parser.add_argument("--json", action="store_true", help="print one line of JSON")
    return parser.parse_args()


def _repair(settings: Settings) -> Repair:
    store = ClassStore(settings)
    calendar = GoogleCalendar(settings, GoogleCredentials(settings))
    database = f"projects/{project_id(settings)}/databases/{settings.firestore_database}"
    root = f"{database}/documents/{settings.virtual_class_collection}"
    return Repair(settings, Records(root, store, calendar), Booking(settings, store, calendar))


class _Stop:
    """Inside, the first Ctrl-C or SIGTERM lets the finding in hand be brought to its end and
    the second interrupts it."""

    is_asked_for = False

    def __enter__(self) -> None:
        self._before = {
            number: signal.signal(number, self._ask) for number in (signal.SIGINT, signal.SIGTERM)
        }

    def __exit__(self, *_: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def _ask(self, number: int, _frame: FrameType | None) -> None:
        self.is_asked_for = True
        signal.signal(number, signal.default_int_handler)
        os.write(2, b"\nstopping when this one is done; Ctrl-C again stops at once\n")


def _cure(report: Report, repair: Repair, options: argparse.Namespace, stop: _Stop) -> None:
    """Cures what is wanted and notes each outcome in the report."""
    found = report.survey.findings
    by_name = {each for each in found if each.kind in BY_NAME and each.class_id in options.recreate}
    for class_id in sorted(set(options.recreate) - {each.class_id for each in by_name}):
        _say(f"{class_id}: there is nothing to book anew")
    by_us = REDRIVEN | REMOVED if options.apply else frozenset()
    todo = [each for each in found if each in by_name or each.kind in by_us]
    for number, finding in enumerate(todo, 1):
        if stop.is_asked_for:
            return
        _say(f"[{number}/{len(todo)}] {finding.class_id}: {finding.kind}: ", end="")
        report.outcomes[finding] = repair.cure(finding, by_name=finding in by_name)
        _say(str(report.outcomes[finding]))


def _say(text: str, end: str = "\n") -> None:
    print(text, file=sys.stderr, end=end, flush=True)


if __name__ == "__main__":
    sys.exit(main())
