"""Which classes take hours before their event does. Pure."""

from collections.abc import Iterable, Iterator
from zoneinfo import ZoneInfo

from shared.classes.document import ClassDocument
from shared.classes.fields import FieldReader
from shared.classes.virtual_class import Status
from shared.listing.slots import Busy, slot


def busy_classes(classes: Iterable[ClassDocument], zone: ZoneInfo) -> Iterator[Busy]:
    """The hours of classes that are being paid for or are not in the calendar yet. A cancelled or
    completed class, or one whose hours cannot be read, takes none."""
    for document in classes:
        read = FieldReader(document.data)
        start, end = read.instant("startTime"), read.instant("endTime")
        status = read.one_of(Status, "status", default=Status.PENDING)
        is_off = status in (Status.CANCELLED, Status.COMPLETED)
        if start and end and start < end and not is_off:
            ids = filter(None, (document.id, document.event_id, document.derived_event_id))
            yield Busy(slot(start, end, "tentative", zone), tuple(ids))
