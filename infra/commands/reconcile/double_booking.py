"""Finds classes whose hours are taken twice. Pure."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from infra.commands.reconcile.findings import Finding, Kind
from shared.listing.slots import Slot


class _Taken(NamedTuple):
    slot: Slot
    name: str
    is_class: bool = False


def double_booked(
    classes: Iterable[Slot], ours: Iterable[Slot], calendars: Iterable[Iterable[Slot]]
) -> list[Finding]:
    """The classes whose hours are also taken by another class or by an event of one of the
    calendars, which are named by number: an id may be somebody's address.

    A class takes the hours on its document, so the events of classes (`ours`), which may have been
    moved, do not count.
    """
    taken = [_Taken(each, f"class {each.ids[0]}", is_class=True) for each in classes]
    seen = set().union(*(each.slot.keys for each in taken), *(each.keys for each in ours))
    for number, calendar in enumerate(calendars, 1):
        for slot in calendar:
            if seen.isdisjoint(slot.keys):
                event_id = "".join(slot.ids[:1])
                taken.append(_Taken(slot, f"event {event_id} in calendar {number}"))
            seen |= slot.keys
    found = []
    for earlier, later in _meetings(taken):
        one, other = (earlier, later) if earlier.is_class else (later, earlier)
        # What shares an id is the same, moved between two of our reads.
        if one.is_class and set(one.slot.ids).isdisjoint(other.slot.ids):
            found.append(
                Finding(
                    kind=Kind.DOUBLE_BOOKED,
                    class_id=one.slot.ids[0],
                    start=later.slot.start,
                    detail=other.name,
                )
            )
    return found


def _meetings(taken: Iterable[_Taken]) -> Iterator[tuple[_Taken, _Taken]]:
    """The pairs that overlap, the earlier first."""
    under_way: list[_Taken] = []
    for each in sorted(taken, key=lambda each: each.slot.start):
        slot = each.slot
        under_way = [other for other in under_way if other.slot.end > slot.start]
        if slot.end > slot.start:
            yield from ((other, each) for other in under_way)
            under_way.append(each)
