"""Both sides, the classes and the calendar, as they are at the moment they are asked."""

from dataclasses import dataclass

from infra.commands.reconcile import judgement, strays
from infra.commands.reconcile.findings import Finding, Kind
from shared.calendar import event as events
from shared.calendar.client import GoogleCalendar
from shared.calendar.event import Event
from shared.classes.document import ClassDocument
from shared.classes.store import ClassStore
from shared.deadline import Deadline
from shared.errors import VirtualClassNotFound

CALL_SECONDS = 10.0


@dataclass(frozen=True)
class Records:
    """`root` is the full name of the collection of classes. Methods raise the ServiceErrors of both
    sides."""

    root: str
    store: ClassStore
    calendar: GoogleCalendar

    def class_now(self, class_id: str) -> ClassDocument | None:
        """The class as it is now."""
        try:
            return self.store.read(class_id, Deadline(CALL_SECONDS))
        except VirtualClassNotFound:
            return None

    def event_now(self, event_id: str) -> Event | None:
        """The event as it is now, if it is live."""
        event = self.calendar.get(event_id, Deadline(CALL_SECONDS)) if event_id else None
        return event if event and events.is_live(event) else None

    def of_class(self, class_id: str) -> Finding | None:
        """What is left to do for a class now."""
        document = self.class_now(class_id)
        if document is None:
            return None
        return judgement.of_class(document, self.event_now(judgement.own_event_id(document)))

    def kind_of(self, event: Event, document: ClassDocument | None) -> Kind | None:
        """What is wrong now with a live event that is marked with a class."""
        own = self.event_now(judgement.own_event_id(document)) if document else None
        return strays.kind_of(event, document, own, is_derived=self.is_derived(event))

    def is_derived(self, event: Event) -> bool:
        """Whether the event's id is one that its class's events have here."""
        return strays.is_derived(event, f"{self.root}/{owner_of(event)}")


def owner_of(event: Event) -> str:
    """The id of the class that an event is marked with; empty if with none."""
    return events.owner_class_id(event) or ""
