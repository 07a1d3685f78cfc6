"""Reads the classes that matter and all our events, and finds what is left to do."""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import timedelta
from zoneinfo import ZoneInfo

from infra.commands.reconcile import judgement, strays
from infra.commands.reconcile.double_booking import double_booked
from infra.commands.reconcile.findings import Finding, Kind
from shared import clock
from shared.calendar import event as calendar_event
from shared.calendar.client import GoogleCalendar
from shared.calendar.event import Event
from shared.classes.document import ClassDocument
from shared.classes.ranges import EVERY_CLASS, Range
from shared.classes.store import ClassStore
from shared.deadline import Deadline
from shared.errors import VirtualClassNotFound
from shared.listing.busy_hours import BusyHours
from shared.listing.holds import busy_classes
from shared.listing.slots import busy_events

CALL_SECONDS = 10.0
_LIST_SECONDS = 30.0
_PAGE_SECONDS = 15.0
_FAR = timedelta(days=366)
_MARK = f"managedBy={calendar_event.MANAGED_BY}"
_NO_ID = re.compile(r"\.{0,2}|__.*__|.*/.*", re.DOTALL)
_LONGEST_ID = 1500
"""In bytes (https://firebase.google.com/docs/firestore/quotas)."""


@dataclass(frozen=True)
class Survey:
    """The findings: first classes, oldest first, then events, by start."""

    findings: list[Finding] = field(default_factory=list)
    in_progress: int = 0


@dataclass
class Records:
    """Both sides, as they are at the moment they are asked. `root` is the full name of the
    collection of classes. Methods raise the ServiceErrors of both."""

    root: str
    store: ClassStore
    calendar: GoogleCalendar
    _known: dict[str, ClassDocument] = field(default_factory=dict)
    _marked: dict[str, Event] = field(default_factory=dict)

    def survey(self, say: Callable[[str], None], *, is_full: bool = False) -> Survey:
        """Compares our events with the classes that matter, or with every class if `is_full`, and
        reads whatever looks wrong again: the list of events is older than the classes. Reports
        progress to `say`."""
        # Events first: a class booked in between then seems to lack its event, which is then looked
        # up by id. In the other order its event would seem to belong to no class.
        say("reading our events in the calendar")
        marked = self.calendar.marked(_MARK, clock.now(), Deadline(_LIST_SECONDS))
        listed = {event["id"]: event for event in marked if "recurringEventId" not in event}
        self._marked = listed
        say("reading the classes")
        ranges = [EVERY_CLASS] if is_full else judgement.that_matter(clock.now())
        self._known = self._classes(ranges, set(filter(_is_an_id, map(_owner, listed.values()))))
        say(f"comparing {len(listed)} events with {len(self._known)} classes")
        of_classes = [
            self.of_class(class_id)
            for class_id, document in self._known.items()
            if judgement.of_class(document, listed.get(judgement.own_event_id(document)))
        ]
        of_events = [self._of_event(event) for event in listed.values() if self._is_stray(event)]
        return Survey(
            sorted(filter(None, of_classes), key=lambda each: str(each.since))
            + sorted(filter(None, of_events), key=lambda each: str(each.start)),
            sum(map(judgement.is_in_progress, self._known.values())),
        )

    def double_booked(self, hours: BusyHours, zone: ZoneInfo) -> list[Finding]:
        """The classes whose hours are taken twice, of those that the survey has read; in the
        calendars only for a year ahead."""
        now = clock.now()
        classes = [each for each in busy_classes(self._known.values(), zone) if each.slot.end > now]
        if not classes:
            return []
        last = min(max(each.slot.end for each in classes), now + _FAR)
        calendars = hours.events(now, last, Deadline(_LIST_SECONDS))
        ours = filter(self._is_of_class, self._marked.values())
        return double_booked(classes, busy_events(ours, zone, now), calendars)

    def class_now(self, class_id: str) -> ClassDocument | None:
        """The class as it is now."""
        try:
            return self.store.read(class_id, Deadline(CALL_SECONDS))
        except VirtualClassNotFound:
            return None

    def event_now(self, event_id: str) -> Event | None:
        """The event as it is now, if it is live."""
        event = self.calendar.get(event_id, Deadline(CALL_SECONDS)) if event_id else None
        return event if event and calendar_event.is_live(event) else None

    def of_class(self, class_id: str) -> Finding | None:
        """What is left to do for a class now."""
        document = self.class_now(class_id)
        if document is None:
            return None
        return judgement.of_class(document, self.event_now(judgement.own_event_id(document)))

    def kind_of(self, event: Event, document: ClassDocument | None) -> Kind | None:
        """What is wrong now with a live event that is marked with a class."""
        own = self.event_now(judgement.own_event_id(document)) if document else None
        return strays.kind_of(event, document, own, is_derived=self._is_derived(event))

    def _of_event(self, listed: Event) -> Finding | None:
        event = self.event_now(listed["id"])
        if event is None:
            return None
        class_id = _owner(event)
        document = self.class_now(class_id) if self._is_of_class(event) else None
        kind = self.kind_of(event, document)
        if kind is None:
            return None
        start = calendar_event.moment(event, "start")
        return Finding(kind=kind, class_id=class_id, event_id=event["id"], start=start)

    def _is_of_class(self, event: Event) -> bool:
        """Whether the event was made for a class here, which may be gone."""
        is_known = _owner(event) in self._known
        return is_known or self._is_derived(event)

    def _is_derived(self, event: Event) -> bool:
        return strays.is_derived(event, f"{self.root}/{_owner(event)}")

    def _is_stray(self, event: Event) -> bool:
        owner = self._known.get(_owner(event))
        return owner is None or judgement.own_event_id(owner) != event["id"]

    def _classes(self, ranges: Iterable[Range], owners: set[str]) -> dict[str, ClassDocument]:
        """The classes in the ranges whose booking was ever requested, and the owners of events
        wherever they are, by id."""
        known = {}
        for document in self.store.all_in(ranges, _PAGE_SECONDS):
            was_asked_for = document.event_id or not document.is_at_rest
            if was_asked_for or document.id in owners:
                known[document.id] = document
        for class_id in owners - known.keys():
            if owner := self.class_now(class_id):
                known[class_id] = owner
        return known


def _owner(event: Event) -> str:
    return calendar_event.owner_class_id(event) or ""


def _is_an_id(text: str) -> bool:
    """Whether a document can have this id; for no other would Firestore look."""
    return not _NO_ID.fullmatch(text) and len(text.encode()) <= _LONGEST_ID
