"""What the local page shows and does: classes paid for, moved and cancelled, with faults."""

import json
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import requests

from infra.local.demo.playable_faults import EXPLANATIONS, TITLES, PlayableFaults
from infra.local.demo.school import Object, School
from infra.local.demo.shop import WEBHOOK, Shop
from infra.local.function_log import Line
from infra.local.processes import wait_until
from infra.local.stack import Stack

_BOOK_SECONDS = 30
_LOG_SECONDS = 2.0


@dataclass
class Demo:
    """One action at a time: each tells what was answered, logged and mailed because of it."""

    stack: Stack
    school: School
    shop: Shop
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
            "faults": [
                {"name": name, "title": title, "explanation": EXPLANATIONS[name]}
                for name, title in TITLES.items()
            ],
            "classes": self.school.classes(),
        }

    def pay(self, class_id: str) -> Object:
        """Mercado Pago's notice of the class's payment comes: for the first time, or again."""
        times = 2 if self.faults.name == "two_notices" else 1

        def deliver(_: int) -> Object:
            return _timed(WEBHOOK, lambda: self.shop.notify(_payment(class_id)))

        def deliveries() -> list[Object]:
            with ThreadPoolExecutor(times) as pool:
                return list(pool.map(deliver, range(times)))

        return self._told(class_id, deliveries)

    def move(self, class_id: str, start: datetime) -> Object:
        """The school moves the class and tells `create_event`, as its application would."""
        self.school.move(class_id, start)
        return self._told(class_id, lambda: [self._tell_create_event(class_id)])

    def cancel(self, class_id: str) -> Object:
        self.school.cancel(class_id)
        return self._told(class_id, lambda: [self._tell_create_event(class_id)])

    def play(self, fault: str) -> Object:
        """Raises KeyError for an unknown fault."""
        with self._turn:
            self.faults.play(fault)
            return self.state()

    def start_over(self) -> Object:
        """No fault, nothing booked."""
        with self._turn:
            self.faults.play("none")
            self.school.start_over()
            return self.state()

    def _tell_create_event(self, class_id: str) -> Object:
        url = f"http://{self.stack.functions['create_event']}/api/calendar"
        body = {"preferenceId": self.school.preference_of(class_id)}
        return _timed("create_event", lambda: requests.post(url, json=body, timeout=_BOOK_SECONDS))

    def _told(self, class_id: str, act: Callable[[], list[Object]]) -> Object:
        with self._turn:
            self.faults.renew()
            logged = self.stack.log.count
            mailed = len(self.school.google.invitations())
            answers = act()
            log = self._log_of(class_id, logged, answers)
            return {
                "answers": answers,
                "log": log,
                "mails": [_mail(each) for each in self.school.google.invitations()[mailed:]],
                "events": len(self.school.events_of(class_id)),
                "state": self.state(),
            }

    def _log_of(self, class_id: str, logged: int, answers: list[Object]) -> list[Line]:
        """The lines that the class's requests wrote: one at least of each that answered."""
        preference_id = self.school.preference_of(class_id)

        def lines() -> list[Line]:
            found = self.stack.log.since(logged)
            return [line for line in found if line.get("preferenceId") == preference_id]

        def is_complete() -> bool:
            asked = [line for line in lines() if line["function"] == answers[0]["from"]]
            return len(asked) >= len(answers)

        wait_until(is_complete, _LOG_SECONDS)
        return lines()


def _payment(class_id: str) -> int:
    """The number of the class's payment, and of its order."""
    return 1_000_000 + int(class_id.rpartition("-")[2])


def _timed(name: str, ask: Callable[[], requests.Response]) -> Object:
    started = time.monotonic()
    answer = ask()
    return {
        "from": name,
        "status": answer.status_code,
        "body": _json(answer),
        "seconds": round(time.monotonic() - started, 2),
    }


def _json(answer: requests.Response) -> Any:
    try:
        return answer.json()
    except json.JSONDecodeError:
        return answer.text


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
