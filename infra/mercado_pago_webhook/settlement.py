"""Settles sales: one implementation for the notices and for the scheduled job, up to the log."""

import json
import traceback
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

from . import classes
from .codes import Code, Ended, NotBookable, Verdict
from .judgement import Sale, is_to_cancel, judge
from .notice import Notice
from .reading import read_sale, with_every_order
from .settings import Settings
from .values import instant

Book = Callable[[str], None]
"""Brings the calendar in line with the class of a preference: books it, or withdraws its event if
it is cancelled and then raises NotBookable. Raises Ended if that fails."""

Facts = dict[str, Any]
"""What the log line has besides the verdict; filled while the sale is read and settled."""

_TRIES = 3


def settle(notice: Notice, settings: Settings, book: Book, facts: Facts) -> Verdict:
    """Does what the sale that a notice is about asks for now. Raises Ended."""
    for _ in range(_TRIES - 1):
        with suppress(classes.ClassChanged):
            return _settle(read_sale(notice, settings, facts), settings, book, facts)
    return _settle(read_sale(notice, settings, facts), settings, book, facts)


def _settle(sale: Sale, settings: Settings, book: Book, facts: Facts) -> Verdict:
    now = datetime.now(UTC)
    verdict = judge(sale, now)
    if verdict.code is Code.PAYMENT_REVERSED:  # unless it is paid through another order
        sale = with_every_order(sale, settings)
        verdict = judge(sale, now)
    facts |= verdict.facts
    if verdict.code is Code.PAYMENT_REVERSED and settings.cancel_refunded:
        verdict = _cancelled(sale, now, settings) or verdict
    if verdict.code is Code.OK:
        book(sale.preference_id or "")
    if verdict.code is Code.REFUNDED and settings.cancel_refunded:
        with suppress(NotBookable):  # its event is withdrawn
            book(sale.preference_id or "")
    return verdict


def _cancelled(sale: Sale, now: datetime, settings: Settings) -> Verdict | None:
    if sale.virtual_class is None or not is_to_cancel(sale, now):
        return None
    classes.cancel(sale.virtual_class, settings)
    return Verdict(Code.REFUNDED)


def verdict_of(work: Callable[[], Verdict], facts: Facts) -> Verdict:
    """The verdict that `work` returns or raises, so that there always is one."""
    try:
        return work()
    except Ended as ended:
        return ended.verdict
    except TimeoutError:
        return Verdict(Code.DEADLINE_EXCEEDED)
    except Exception as error:
        facts["stack"] = [*traceback.format_tb(error.__traceback__), type(error).__name__]
        return Verdict(Code.INTERNAL_ERROR)


def log(function: str, verdict: Verdict, facts: Facts, seconds: float) -> None:
    """Prints the line that the alerts are about."""
    line = {
        "severity": verdict.code.severity,
        "message": verdict.message,
        "function": function,
        "code": verdict.code.text,
        "status": verdict.code.status,
        "durationMs": round(seconds * 1000),
    }
    approved_at = instant(facts.get("approvedAt"))
    if approved_at and verdict.code.leaves_unbooked:
        line["unbookedSeconds"] = round((datetime.now(UTC) - approved_at).total_seconds())
    print(json.dumps(line | facts), flush=True)
