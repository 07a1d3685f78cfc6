"""What happens in a schedule: the vocabulary of the simulation and of the process campaign."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from typing import Any

Document = dict[str, Any]

COMMITS = ("claim", "record", "generation", "failure", "withdrawal")
STORE_CALLS = ("query", "read", *COMMITS)

STUDENT = "ana@example.com"
CORRECTED = "corrected@example.com"
PARTICIPANTS = ("bruno@example.com", "carla@example.com")
_ADDED = "diego@example.com"


def _moved(document: Document, days: int) -> Document:
    return {key: document[key] + timedelta(days=days) for key in ("startTime", "endTime")}


SCHOOL_EDITS: dict[str, Callable[[Document], Document]] = {
    "move": partial(_moved, days=1),
    "move_back": partial(_moved, days=-1),
    "cancel": lambda _document: {"status": "cancelled"},
    "revive": lambda _document: {"status": "scheduled"},
    "email": lambda _document: {"studentEmail": CORRECTED},
    "add_guest": lambda document: {"participantEmails": [*document["participantEmails"], _ADDED]},
    "remove_guests": lambda _document: {"participantEmails": []},
    "correct_guest": lambda _document: {"participantEmails": [f"corrected-{PARTICIPANTS[0]}"]},
}
"""What the school's edits write on a class."""


@dataclass(frozen=True)
class CallFault:
    """Goes wrong with `times` calls of an operation after `skip` of them.

    refuse: an error is answered and nothing done. lose: done, and an error answered. unreachable:
    not sent. drop: the connection breaks, nothing is done. cut: done, and the answer breaks off.
    silence: neither done nor answered. mute: done and never answered. late: the same, but later.
    delay: done and answered later. garble: done, and the answer cannot be read. accept_duplicate:
    an insert overwrites an event that came after it was sent. refuse_attendees: a guest is
    refused. expire: all access tokens have expired. other_id: the answer is about another event.

    What is done is done `seconds` later. Google's errors have `status`, `reason` and `retry_after`,
    Firestore's a `code`.
    """

    operation: str
    kind: str
    skip: int = 0
    times: int = 1
    seconds: float = 0.0
    status: int = 503
    reason: str = "backendError"
    retry_after: int | None = None
    code: str = "UNAVAILABLE"


@dataclass(frozen=True)
class Step:
    """What happens `at` some seconds after the start or, if `call` is set, at an operation's `nth`
    call: as it passes on its way ("request"), or its answer on the way back ("answer").

    deliver: a sender posts the notice to an instance, and again until one is answered finally.
    To an instance: KILL; TERM; STOP for some `seconds` and then CONT; FREEZE: the same, its clock
    too. Or its line to a service does not work for some seconds: see tests/support/line.py for
    "google refuse" and others.
    To a class: SCHOOL_EDITS, after which the school posts the notice again `resend` seconds later
    if that is set; delete_event, edit_event: by hand (`subject` is the event, once it is known);
    reconcile: the repair, beside the traffic.
    """

    kind: str
    at: float = 0.0
    call: str = ""
    nth: int = 1
    moment: str = "answer"
    instance: int | None = None
    class_number: int = 0
    seconds: float = 0.0
    resend: float | None = None
    subject: str = ""


@dataclass(frozen=True)
class Schedule:
    """`meet` is how Google makes Meet links, as the stand-in's settings say it. If it
    `is_left_to_repair` nobody sends a notice twice before the scheduled repair has come. There are
    as many instances and classes as its steps name."""

    seed: int
    steps: tuple[Step, ...]
    call_faults: tuple[CallFault, ...] = ()
    is_cold: bool = False
    is_left_to_repair: bool = False
    budget: float = 2.5
    lease: float = 5.0
    skews: tuple[float, ...] = ()
    meet: Mapping[str, Any] = field(default_factory=dict)
    refused_emails: tuple[str, ...] = ()
    participants: int = 0

    @property
    def instances(self) -> int:
        return max([1, len(self.skews), *((step.instance or 0) + 1 for step in self.steps)])

    @property
    def classes(self) -> int:
        return max([1, *(step.class_number + 1 for step in self.steps)])
