"""A school whose webhook notices reach `create_event`."""

from typing import Any

from infra.local.google.control import Control
from tests.support.classes import Classes, Document
from tests.support.client import SUCCESS
from tests.support.served import Served

Object = dict[str, Any]


class School:
    """The school's classes, its calendar, and what its guests are mailed."""

    def __init__(self, function: Served, classes: Classes, google: Control) -> None:
        self.function, self.classes, self.google = function, classes, google
        self._mails_forgotten = 0

    def book(self, class_id: str) -> int:
        """Delivers the notice; the status. A 200 has the one body."""
        answer = self.function.book(self.classes.preference_of(class_id))
        assert (answer.status != 200) or answer.json == SUCCESS
        return answer.status

    def refused(self, class_id: str) -> tuple[int, str]:
        """Delivers the notice; status and code of the refusal."""
        answer = self.function.book(self.classes.preference_of(class_id))
        return answer.status, answer.json["code"]

    def booked(self, **fields: Any) -> str:
        class_id = self.classes.add(**fields)
        assert self.book(class_id) == 200, self.function.text()
        return class_id

    def follow(self, class_id: str, **changes: Any) -> None:
        """Changes the class, forgets what was before, and delivers its notice."""
        self.classes.change(class_id, **changes)
        self.forget()
        assert self.book(class_id) == 200, self.function.text()

    def assert_at_rest(self, class_id: str) -> None:
        """The notice, delivered three times more, mails nobody and asks Google for nothing."""
        document = self.settled(class_id)
        self.forget()
        assert [self.book(class_id) for _ in range(3)] == [200, 200, 200]
        assert (self.calls(), self.mails()) == ([], [])
        assert self.classes.get(class_id) == document

    def live(self) -> list[Object]:
        return [event for event in self.google.events() if event["status"] != "cancelled"]

    def event(self) -> Object:
        """The one live event."""
        [event] = self.live()
        return event

    def calls(self) -> list[str]:
        """The operations asked of Google's Calendar since `forget`, in order; not those that
        only told that an access token has expired."""
        return [call["operation"] for call in self.calendar_requests()]

    def calendar_requests(self) -> list[Object]:
        names = ("list", "insert", "get", "patch", "delete")
        asked = [call for call in self.google.requests() if call["operation"] in names]
        return [call for call in asked if call["status"] != 401]

    def mails(self) -> list[tuple[str, str]]:
        """Kind and address of each mail since `forget`, in order."""
        sent = self.google.invitations()[self._mails_forgotten :]
        return [(mail["kind"], mail["attendee"]) for mail in sent]

    def forget(self) -> None:
        """Forgets calls, mails and the log."""
        self.google.clear_requests()
        self._mails_forgotten = len(self.google.invitations())
        self.function.forget_log()

    def settled(self, class_id: str) -> Document:
        """The class, which says that it is booked and nothing is left to do."""
        document = self.classes.get(class_id)
        assert "calendarClaim" not in document
        assert "calendarError" not in document
        assert document["status"] == "scheduled"
        return document

    def notices(self) -> list[str]:
        """What an operator is told at ERROR, sorted, since `forget`; one delivery tells it."""
        [line] = [line for line in self.function.lines() if "notices" in line]
        assert line["severity"] == "ERROR"
        return sorted(line["notices"])


def entry_point(event: Object) -> str:
    [uri] = [
        point["uri"]
        for point in event["conferenceData"]["entryPoints"]
        if point["entryPointType"] == "video"
    ]
    return str(uri)
