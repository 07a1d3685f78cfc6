"""Payments that no notice told of: finds them at Mercado Pago and settles them as the webhook does.

What is known of each payment is kept in Firestore. So a sweep looks only at payments that are new,
have changed or are not settled yet, and logs only what is news: a class booked just now, an error.
"""

import json
import os
import time
from collections.abc import Callable
from dataclasses import astuple, dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from infra.commands.configuration import Configuration
from infra.mercado_pago_webhook import classes, mercado_pago
from infra.mercado_pago_webhook.booking import refusal
from infra.mercado_pago_webhook.codes import Code, Verdict
from infra.mercado_pago_webhook.notice import Notice
from infra.mercado_pago_webhook.resources import Payment
from infra.mercado_pago_webhook.settings import Settings
from infra.mercado_pago_webhook.settlement import Book, Facts, log, settle, verdict_of
from shared.booking.flow import Booking
from shared.deadline import Budget, Deadline
from shared.errors import ServiceError

LOOK_BACK = timedelta(days=7)
_SWEEP_SECONDS = 120
"""After which no other payment is looked at; the next sweep goes on."""

_FUNCTION = "reconcile"


@dataclass(frozen=True)
class Note:
    """What is known of a payment: what it was when last looked at, whether that settled it, and
    when that was, in seconds since the epoch."""

    state: str
    is_settled: bool
    at: float

    def is_enough(self, payment: Payment, now: datetime) -> bool:
        """Whether not to look at the payment now. The longer ago an unsettled one was approved, the
        less often it is looked at: each time its age has grown by a tenth."""
        if self.state != _state(payment):
            return False
        age = (now - payment.approved_at).total_seconds() if payment.approved_at else 0.0
        return self.is_settled or now.timestamp() - self.at < age / 10


def sweep(given: Configuration, booking: Booking, say: Callable[[str], None]) -> None:
    """Settles them, if there is an access token. Never raises: its log lines tell how it ended."""
    if not os.environ.get("MERCADO_PAGO_ACCESS_TOKEN"):
        return
    facts: Facts = {}
    started = time.monotonic()
    verdict = verdict_of(lambda: _sweep(given, booking, say), facts)
    if verdict.code is not Code.OK:
        log(_FUNCTION, verdict, facts, time.monotonic() - started)


def _sweep(given: Configuration, booking: Booking, say: Callable[[str], None]) -> Verdict:
    settings = _sale_settings(given)
    memory = _Memory(settings)
    known, now, deadline = memory.read(), datetime.now(UTC), Deadline(_SWEEP_SECONDS)
    payments = mercado_pago.once_approved(now - LOOK_BACK, now, settings)
    found = {each.id: each for each in payments}
    notes = {id: note for id, note in known.items() if id in found}
    due = [
        each
        for each in found.values()
        if each.id not in notes or not notes[each.id].is_enough(each, now)
    ]
    say(f"looking at {len(due)} of {len(found)} payments")
    try:
        for payment in due:
            if deadline.left() > 0:
                notes[payment.id] = _look_at(payment, settings, _in_process(given, booking))
    finally:
        if notes != known:
            memory.write(notes)
    return Verdict(Code.OK)


def _look_at(payment: Payment, settings: Settings, book: Book) -> Note:
    facts: Facts = {"topic": "payment", "resourceId": payment.id}
    started = time.monotonic()
    notice = Notice("payment", payment.id)
    verdict = verdict_of(lambda: settle(notice, settings, book, facts), facts)
    if _is_news(verdict, facts):
        log(_FUNCTION, verdict, facts, time.monotonic() - started)
    return Note(_state(payment), verdict.code.status == 200, time.time())


def _is_news(verdict: Verdict, facts: Facts) -> bool:
    match verdict.code:
        case Code.OK:
            return not facts["wasBooked"]
        case Code.REFUNDED:
            return True
        case Code.PAID_WITHOUT_ORDER:  # a search finds every transfer to the account, too
            return False
        case code:
            return code.severity != "INFO"


def _state(payment: Payment) -> str:
    return f"{payment.status} {payment.refunded}"


def _in_process(given: Configuration, booking: Booking) -> Book:
    def book(preference_id: str) -> None:
        try:
            booking.book_class(preference_id, Budget(given.settings.create_budget_seconds))
        except ServiceError as error:
            raise refusal(error.status, error.code, error.retryable) from error

    return book


def _sale_settings(given: Configuration) -> Settings:
    settings = {
        "GOOGLE_CLOUD_PROJECT": given.settings.google_cloud_project or "",
        "FIRESTORE_DATABASE": given.settings.firestore_database,
        "VIRTUAL_CLASS_COLLECTION": given.settings.virtual_class_collection,
        "CANCEL_REFUNDED": given.values["CANCEL_REFUNDED"],
    }
    return Settings.from_environ({**os.environ, **settings}, of_job=True)


class _Memory:
    """The notes by payment, as one text: Firestore would index each field of a map. Two sweeps at
    once may lose a note, and then a payment is looked at once more."""

    def __init__(self, settings: Settings) -> None:
        jobs = classes.client(settings).collection(f"{settings.collection}Jobs")
        self._document: Any = jobs.document("payments")

    def read(self) -> dict[str, Note]:
        with classes.translated():
            held = self._document.get(**classes.BOUNDS).to_dict() or {}
        return {id: Note(*note) for id, note in json.loads(held.get("notes", "{}")).items()}

    def write(self, notes: dict[str, Note]) -> None:
        text = json.dumps({id: astuple(note) for id, note in notes.items()})
        with classes.translated():
            self._document.set({"notes": text}, **classes.BOUNDS)
