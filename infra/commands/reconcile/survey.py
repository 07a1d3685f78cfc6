"""Reads the classes that matter and all our events, and finds what is left to do."""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from infra.commands.reconcile import judgement
from infra.commands.reconcile.double_booking import double_booked
from infra.commands.reconcile.findings import Finding
from infra.commands.reconcile.records import Records, owner_of
from shared import clock
from shared.calendar import event as events
from shared.calendar.event import Event
from shared.classes.document import ClassDocument
from shared.classes.ranges import EVERY_CLASS, Range
from shared.deadline import Deadline
from shared.listing.busy_hours import BusyHours
from shared.listing.slots import busy_classes, busy_events

_LIST_SECONDS = 30.0
_PAGE_SECONDS = 15.0
_FAR = timedelta(days=366)
_MARGIN = timedelta(days=2)
"""A text is compared by its local time, up to a day from ours, and by a clock that is not
Firestore's."""
_MARK = f"managedBy={events.MANAGED_BY}"
_NO_ID = re.compile(r"\.{0,2}|__.*__|.*/.*", re.DOTALL)
_LONGEST_ID = 1500
"""In bytes (https://firebase.google.com/docs/firestore/quotas)."""


@dataclass(frozen=True)
class Survey:
    """The findings: first classes, oldest first, then events, by start. They come from comparing
    the classes by id with our events by id."""

    findings: list[Finding] = field(default_factory=list)
    classes: Mapping[str, ClassDocument] = field(default_factory=dict)
    events: Mapping[str, Event] = field(default_factory=dict)

    @property
    def in_progress(self) -> int:
        return sum(map(judgement.is_in_progress, self.classes.values()))


def survey(records: Records, say: Callable[[str], None], *, is_full: bool = False) -> Survey:
    """Compares our events with the classes that matter, or with every class if `is_full`, and reads
    whatever looks wrong again: the list of events is older than the classes. Reports progress to
    `say`."""
    # Events first: a class booked in between then seems to lack its event, which is then looked up
    # by id. In the other order its event would seem to belong to no class.
    say("reading our events in the calendar")
    marked = records.calendar.marked(_MARK, clock.now(), Deadline(_LIST_SECONDS))
    listed = {event["id"]: event for event in marked if "recurringEventId" not in event}
    say("reading the classes")
    ranges = [EVERY_CLASS] if is_full else that_matter(clock.now())
    known = _classes(records, ranges, set(filter(_is_an_id, map(owner_of, listed.values()))))
    say(f"comparing {len(listed)} events with {len(known)} classes")
    of_classes = [
        records.of_class(class_id)
        for class_id, document in known.items()
        if judgement.of_class(document, listed.get(judgement.own_event_id(document)))
    ]
    strays = [event for event in listed.values() if not _is_own(event, known)]
    of_events = [_of_stray(records, event["id"], known) for event in strays]
    findings = [
        *sorted(filter(None, of_classes), key=lambda each: str(each.since)),
        *sorted(filter(None, of_events), key=lambda each: str(each.start)),
    ]
    return Survey(findings, known, listed)


def that_matter(now: datetime) -> tuple[Range, ...]:
    """Where the classes are that `judgement.of_class` may find something about, and some others:
    those that end or ended not long ago, and those asked for and not done, whenever that was.

    They lack a class that is booked, at rest and has no readable end; where its event is to come,
    that leads to it.
    """
    earliest = now - timedelta(judgement.MISSED_DAYS) - _MARGIN
    return (
        Range("endTime", ((">=", earliest),)),
        Range("endTime", ((">=", earliest.date().isoformat()),)),
        Range("calendarClaim.expiresAt"),
        Range("calendarError.at"),
    )


def taken_twice(
    surveyed: Survey, records: Records, hours: BusyHours, zone: ZoneInfo
) -> list[Finding]:
    """The classes whose hours are taken twice, of those that the survey has read; in the calendars
    only for a year ahead."""
    now = clock.now()
    of_classes = busy_classes(surveyed.classes.values(), zone)
    to_come = [each for each in of_classes if each.end > now]
    if not to_come:
        return []
    last = min(max(each.end for each in to_come), now + _FAR)
    calendars = hours.events(now, last, Deadline(_LIST_SECONDS))
    ours = [
        event
        for event in surveyed.events.values()
        if owner_of(event) in surveyed.classes or records.is_derived(event)
    ]
    return double_booked(to_come, busy_events(ours, zone, now), calendars)


def _of_stray(
    records: Records, event_id: str, known: Mapping[str, ClassDocument]
) -> Finding | None:
    event = records.event_now(event_id)
    if event is None:
        return None
    class_id = owner_of(event)
    was_made_here = class_id in known or records.is_derived(event)
    kind = records.kind_of(event, records.class_now(class_id) if was_made_here else None)
    if kind is None:
        return None
    start = events.moment(event, "start")
    return Finding(kind=kind, class_id=class_id, event_id=event["id"], start=start)


def _is_own(event: Event, known: Mapping[str, ClassDocument]) -> bool:
    owner = known.get(owner_of(event))
    return owner is not None and judgement.own_event_id(owner) == event["id"]


def _classes(
    records: Records, ranges: Iterable[Range], owners: set[str]
) -> dict[str, ClassDocument]:
    """The classes in the ranges whose booking was ever requested, and the owners of events wherever
    they are, by id."""
    known = {}
    for document in records.store.all_in(ranges, _PAGE_SECONDS):
        was_asked_for = document.event_id or not document.is_at_rest
        if was_asked_for or document.id in owners:
            known[document.id] = document
    for class_id in owners - known.keys():
        if owner := records.class_now(class_id):
            known[class_id] = owner
    return known


def _is_an_id(text: str) -> bool:
    """Whether a document can have this id; for no other would Firestore look."""
    return not _NO_ID.fullmatch(text) and len(text.encode()) <= _LONGEST_ID
