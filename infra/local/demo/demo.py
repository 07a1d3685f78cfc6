"""What the local page shows and does: classes paid for, moved and cancelled, with faults."""

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import requests

from infra.local.demo.faults import FAULTS, PlayableFaults
from infra.local.demo.school import DemoSchool, Object
from infra.local.demo.shop import HOLDS, WEBHOOK, DemoShop
from infra.local.function_log import Line
from infra.local.processes import wait_until
from infra.local.stack import Stack

_BOOK_SECONDS = 30
_LOG_SECONDS = 2.0


@dataclass
class Demo:
    """One action at a time: each tells what was answered, logged and mailed because of it."""

    stack: Stack
    school: DemoSchool
    shop: DemoShop
    faults: PlayableFaults
    window_days: int
    _turn: threading.Lock = field(default_factory=threading.Lock)
    _payments: dict[str, int] = field(default_factory=dict)

    def start(self) -> None:
        """Every class is paid for at Mercado Pago; only its notice is still to come."""
        for shown in self.school.classes():
            self._payment(shown["id"])

    def state(self) -> Object:
        """All that the page needs besides the listing."""
        return {
            "timeZone": self.school.zone.key,
            "windowDays": self.window_days,
            "fault": self.faults.name,
            "faults": FAULTS,
            "classes": [
                shown | {"isPaid": shown["id"] in self._payments} for shown in self.school.classes()
            ],
        }

    def hold(self, start: str, end: str, student: str) -> Object:
        """A visitor takes an hour while they pay for it."""
        return self._told(HOLDS, lambda: self.shop.hold(start, end, student))

    def release(self, class_id: str) -> Object:
        """The visitor does not want it any more."""
        student = self.school.read(class_id)["studentEmail"]
        return self._told(HOLDS, lambda: self.shop.release(class_id, student))

    def pay(self, class_id: str) -> Object:
        """Mercado Pago's notice of the class's payment comes: for the first time, or again."""
        with self._turn:
            number = self._payment(class_id)
        times = 2 if self.faults.name == "two_notices" else 1
        return self._told(WEBHOOK, lambda: self.shop.notify(number), class_id, times)

    def edit(self, class_id: str, action: str, answer: str) -> Object:
        """The school changes the class and tells `create_event`, as its application would."""
        self.school.edit(class_id, action, answer)
        url = f"http://{self.stack.functions['create_event']}/api/calendar"
        body = {"preferenceId": self.school.read(class_id)["preferenceId"]}
        return self._told(
            "create_event", lambda: requests.post(url, json=body, timeout=_BOOK_SECONDS), class_id
        )

    def play(self, fault: str) -> Object:
        """Raises ValueError for an unknown fault."""
        with self._turn:
            self.faults.play(fault)
            return self.state()

    def start_over(self) -> Object:
        """No fault, nothing booked."""
        with self._turn:
            self.faults.play("none")
            self.school.start_over()
            return self.state()

    def _payment(self, class_id: str) -> int:
        """The number of the class's payment and of its order, made the first time."""
        if class_id not in self._payments:
            sold = self.school.read(class_id)
            number = self._payments[class_id] = 1_000_001 + len(self._payments)
            self.shop.sell(number, sold["preferenceId"], float(sold["classPrice"]))
        return self._payments[class_id]

    def _told(
        self, name: str, ask: Callable[[], requests.Response], class_id: str = "", times: int = 1
    ) -> Object:
        """Asks the function of that name, so many times at once."""
        with self._turn, ThreadPoolExecutor(times) as pool:
            self.faults.renew()
            logged, mailed = self.stack.log.count, len(self.school.google.invitations())
            answers = [each.result() for each in [pool.submit(_timed, ask) for _ in range(times)]]
            return {
                "answers": [{"from": name, **answer} for answer in answers],
                "log": self._log_of(name, logged, times),
                "mails": [_mail(each) for each in self.school.google.invitations()[mailed:]],
                "events": len(self.school.events_of(class_id)),
                "state": self.state(),
            }

    def _log_of(self, name: str, logged: int, times: int) -> list[Line]:
        """The lines that were written since: one at least of each request that `name` answered."""

        def lines() -> list[Line]:
            names = (name, "create_event")
            return [line for line in self.stack.log.since(logged) if line["function"] in names]

        def is_complete() -> bool:
            return len([line for line in lines() if line["function"] == name]) >= times

        wait_until(is_complete, _LOG_SECONDS)
        return lines()


def _timed(ask: Callable[[], requests.Response]) -> Object:
    started = time.monotonic()
    answer = ask()
    seconds = round(time.monotonic() - started, 2)
    try:
        body = answer.json()
    except requests.JSONDecodeError:
        body = answer.text
    return {"status": answer.status_code, "body": body, "seconds": seconds}


def _mail(invitation: Object) -> Object:
    event = invitation["event"]
    return {
        "kind": invitation["kind"],
        "to": invitation["attendee"],
        "summary": event.get("summary"),
        "description": event.get("description"),
        "start": event["start"]["dateTime"],
        "end": event["end"]["dateTime"],
        "meetLink": event.get("hangoutLink"),
    }
