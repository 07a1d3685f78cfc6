"""Finds and repairs differences between the classes and the calendar.

    python infra/reconcile.py                    reports what is left and changes nothing
    python infra/reconcile.py --apply            repairs what can be repaired
    python infra/reconcile.py --recreate ID      rebooks a class whose event was deleted
    python infra/reconcile.py --full             reads every class, however old

It reads the classes that are to come or have been over for less than a week, those asked for and
not done, and those with an event to come, so that its cost does not grow with the years. Only
--full finds a class that is booked, has no readable end and whose event was deleted.

With --apply and MERCADO_PAGO_ACCESS_TOKEN in the environment it also settles payments that no
notice told of, as the webhook does; see infra/mercado_pago_webhook.

Settings come from the environment, completed by .env; the client secret is read from Secret
Manager unless AUTH_GOOGLE_SECRET is set. It uses Google's application default credentials
(gcloud auth application-default login). It is safe beside live traffic, and to interrupt and
repeat.

Exit status: 0 nothing is left, 1 something is, 2 it could not look, 130 interrupted.
"""

import argparse
import sys
from collections.abc import Sequence

from infra.commands import configuration, launch
from infra.commands.reconcile import payments
from infra.commands.reconcile.findings import Cure, Finding
from infra.commands.reconcile.records import Records
from infra.commands.reconcile.repair import Repair
from infra.commands.reconcile.report import Report
from infra.commands.reconcile.stop import Stop
from infra.commands.reconcile.survey import survey, taken_twice
from infra.commands.secret_versions import with_client_secret
from infra.commands.unusable import Unusable
from shared import log
from shared.booking.flow import Booking
from shared.errors import ServiceError
from shared.google.project import project_id
from shared.listing.busy_hours import BusyHours
from shared.settings import Settings

NOTHING_LEFT, SOMETHING_LEFT, COULD_NOT_LOOK, INTERRUPTED = 0, 1, 2, 130


def main(arguments: Sequence[str] | None = None) -> int:
    options = _parser().parse_args(arguments)
    report, stop = Report(), Stop()
    try:
        _look_and_cure(options, report, stop)
    except KeyboardInterrupt:
        stop.is_asked_for = True
    except Exception as error:
        report.failure = _told(error)
    if stop.is_asked_for:
        report.failure = "interrupted"
    print(report.json() if options.json else report.table())
    if stop.is_asked_for:
        return INTERRUPTED
    if report.failure:
        return COULD_NOT_LOOK
    return SOMETHING_LEFT if report.left else NOTHING_LEFT


def _parser() -> argparse.ArgumentParser:
    parser = launch.parser("reconcile", __doc__)
    parser.add_argument("--apply", action="store_true", help="repair what can be repaired")
    parser.add_argument(
        "--recreate",
        action="append",
        default=[],
        metavar="ID",
        help="rebook this class although somebody deleted its event; can be repeated",
    )
    parser.add_argument(
        "--full", action="store_true", help="read every class, not only those that can matter"
    )
    parser.add_argument("--json", action="store_true", help="print JSON, a line for each finding")
    return parser


def _look_and_cure(options: argparse.Namespace, report: Report, stop: Stop) -> None:
    given = configuration.read(options.env)
    configuration.use_project_quota(given.settings)
    report.zone = given.settings.time_zone
    repair = _repair(with_client_secret(given))
    if options.apply:
        payments.sweep(given, repair.booking, _say)
    report.survey = survey(repair.records, _say, is_full=options.full)
    _say("looking for hours that are taken twice")
    try:
        hours = BusyHours(given.settings, repair.records.calendar)
        found = taken_twice(report.survey, repair.records, hours, report.zone)
        report.survey.findings.extend(found)
    except ServiceError as error:  # no reason to leave the rest as it is
        report.failure = _told(error)
    todo = _to_cure(report.survey.findings, options)
    with stop:
        for number, finding in enumerate(todo, 1):
            if stop.is_asked_for:
                return
            _say(f"[{number}/{len(todo)}] {finding.class_id}: {finding.kind}: ", end="")
            finding.outcome = repair.cure(finding)
            _say(str(finding.outcome))


def _repair(settings: Settings) -> Repair:
    booking = Booking.from_settings(settings)
    database = f"projects/{project_id(settings)}/databases/{settings.firestore_database}"
    root = f"{database}/documents/{settings.virtual_class_collection}"
    return Repair(settings, Records(root, booking.store, booking.calendar), booking)


def _to_cure(found: list[Finding], options: argparse.Namespace) -> list[Finding]:
    by_us = [each for each in found if options.apply and each.kind.cure is Cure.APPLY]
    by_name = [each for each in found if each.kind.cure is Cure.RECREATE]
    named = [each for each in by_name if each.class_id in options.recreate]
    for class_id in sorted(set(options.recreate) - {each.class_id for each in named}):
        _say(f"{class_id}: there is nothing to rebook")
    return by_us + named


def _told(error: Exception) -> str:
    """The report's text for an error; prints the traceback of an unexpected one."""
    match error:
        case ServiceError():
            return f"{error.code}: {error.cause}"
        case Unusable():
            return str(error)
        case _:
            _say(log.stack(error))
            return f"unforeseen: {type(error).__name__}"


def _say(text: str, end: str = "\n") -> None:
    print(text, file=sys.stderr, end=end, flush=True)
