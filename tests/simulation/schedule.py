"""What happens in a schedule: the vocabulary of the simulation and of the process campaign."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

COMMITS = ("claim", "record", "generation", "failure", "withdrawal")
STORE_CALLS = ("query", "read", *COMMITS)
GUEST_EDITS = ("email", "add_guest", "remove_guests", "correct_guest")
SCHOOL_EDITS = ("move", "move_back", "cancel", "revive", *GUEST_EDITS)


@dataclass(frozen=True)
class When:
    """Some seconds after the start or, if `call` is set, at an operation's `nth` call: as it
    passes on its way ("request"), or its answer on the way back ("answer")."""

    seconds: float = 0.0
    call: str | None = None
    nth: int = 1
    moment: str = "answer"


@dataclass(frozen=True)
class CallFault:
    """Goes wrong with `times` calls of an operation after `skip` of them.

    refuse: an error is answered and nothing done. lose: done, `seconds` later, and an error
    answered. unreachable: not sent. drop: the connection breaks, nothing is done. cut: done, and
    the answer breaks off. silence: neither done nor answered. mute: done and never answered.
    late: done after `seconds` and never answered. delay: done and answered after `seconds`.
    garble: done, and the answer cannot be read. accept_duplicate: an insert, done after `seconds`,
    overwrites an event that came after it was sent. refuse_attendees: a guest is refused.
    expire: all access tokens have expired. other_id: the answer is about another event.
    """

    operation: str
    kind: str
    skip: int = 0
    times: int = 1
    details: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Signal:
    """KILL; TERM; STOP for some seconds and then CONT; FREEZE: the same, its clock too. Or the line
    to a service, "google" or "firestore", does not work for some seconds: see tests/support/line.py
    for "google refuse" and others."""

    kind: str
    instance: int = 0
    when: When = When()
    seconds: float = 0.0


@dataclass(frozen=True)
class Edit:
    """What the school or somebody by hand does to a class or its event.

    SCHOOL_EDITS: the school, which posts again `resend` seconds later if that is set.
    delete_event, edit_event: by hand. reconcile: the repair, beside the traffic.
    """

    kind: str
    when: When = When()
    resend: float | None = None
    class_number: int = 0


@dataclass(frozen=True)
class Delivery:
    """A sender that posts the notice at `seconds`, and again until one is answered finally."""

    seconds: float = 0.0
    instance: int = 0
    class_number: int = 0


@dataclass(frozen=True)
class Schedule:
    """`meet` is how Google makes Meet links, as the stand-in's settings say it. There are as many
    instances and classes as its parts name."""

    seed: int
    deliveries: tuple[Delivery, ...]
    call_faults: tuple[CallFault, ...] = ()
    signals: tuple[Signal, ...] = ()
    edits: tuple[Edit, ...] = ()
    is_cold: bool = False
    budget: float = 2.5
    lease: float = 5.0
    skews: tuple[float, ...] = ()
    meet: Mapping[str, Any] = field(default_factory=dict)
    refused_emails: tuple[str, ...] = ()
    participants: int = 0

    @property
    def instances(self) -> int:
        parts: list[Delivery | Signal] = [*self.deliveries, *self.signals]
        return max(len(self.skews), *(1 + part.instance for part in parts))

    @property
    def classes(self) -> int:
        parts: list[Delivery | Edit] = [*self.deliveries, *self.edits]
        return 1 + max(part.class_number for part in parts)
