"""What the local page shows and does: classes paid for, moved and cancelled, with faults."""

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import requests

from infra.local.demo.faults import FAULTS, PlayableFaults
from infra.local.demo.school import DemoSchool, Object
from infra.local.demo.shop import WEBHOOK, DemoShop
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

    def start(self) -> None:
        """Every class is paid for at Mercado Pago; only its notice is still to come."""
        for shown in self.school.classes():
            self.shop.sell(_payment(shown["id"]), shown["preferenceId"], shown["classPrice"])

    def state(self) -> Object:
        """All that the page needs besides the listing."""
        return {
            "timeZone": self.school.zone.key,
            "windowDays": self.window_days,
            "fault": self.faults.name,
            "faults": FAULTS,
            "classes": self.school.classes(),
        }

    def pay(self, class_id: str) -> Object:
        """Mercado Pago's notice of the class's payment comes: for the first time, or again."""
        times = 2 if self.faults.name == "two_notices" else 1
        return self._told(class_id, WEBHOOK, lambda: self.shop.notify(_payment(class_id)), times)

    def edit(self, class_id: str, action: str, answer: str) -> Object:
        """The school changes the class and tells `create_event`, as its application would."""
        self.school.edit(class_id, action, answer)
        url = f"http://{self.stack.functions['create_event']}/api/calendar"
        body = {"preferenceId": self.school.read(class_id)["preferenceId"]}
        return self._told(
            class_id, "create_event", lambda: requests.post(url, json=body, timeout=_BOOK_SECONDS)
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

    def _told(
        self, class_id: str, name: str, ask: Callable[[], requests.Response], times: int = 1
    ) -> Object:
        """Asks the function of that name, so many times at once."""
        with self._turn, ThreadPoolExecutor(times) as pool:
            self.faults.renew()
            logged, mailed = self.stack.log.count, len(self.school.google.invitations())
            answers = [each.result() for each in [pool.submit(_timed, ask) for _ in range(times)]]
            return {
                "answers": [{"from": name, **answer} for answer in answers],
                "log": self._log_of(class_id, logged, name, times),
                "mails": [_mail(each) for each in self.school.google.invitations()[mailed:]],
                "events": len(self.school.events_of(class_id)),
                "state": self.state(),
            }

    def _log_of(self, class_id: str, logged: int, name: str, times: int) -> list[Line]:
        """The lines that the class's requests wrote: one at least of each that `name` answered."""
        preference_id = self.school.read(class_id)["preferenceId"]

        def lines() -> list[Line]:
            found = self.stack.log.since(logged)
            return [line for line in found if line.get("preferenceId") == preference_id]

        def is_complete() -> bool:
            return len([line for line in lines() if line["function"] == name]) >= times

        wait_until(is_complete, _LOG_SECONDS)
        return lines()


def _payment(class_id: str) -> int:
    """The number of the class's payment, and of its order."""
    return 1_000_000 + int(class_id.rpartition("-")[2])


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
