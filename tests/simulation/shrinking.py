"""Makes a violated schedule smaller: what is not needed to violate the same invariant goes."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

from tests.simulation.schedule import Schedule, When

_PARTS = ("call_faults", "signals", "edits", "deliveries")
_SIMPLE: tuple[dict[str, Any], ...] = (
    {"is_cold": False},
    {"skews": ()},
    {"meet": {}},
    {"refused_emails": ()},
)
_SIMPLE_PARTS = ({"skip": 0}, {"times": 1}, {"resend": None}, {"when": When()})


def shrunk(schedule: Schedule, is_violated: Callable[[Schedule], bool]) -> Schedule:
    """The smallest schedule found, one step at a time, that still is violated."""
    candidates = _smaller(schedule)
    while (candidate := next(candidates, None)) is not None:
        if is_violated(candidate):
            schedule, candidates = candidate, _smaller(candidate)
    return schedule


def _smaller(schedule: Any) -> Iterator[Schedule]:
    for name in _PARTS:
        parts = getattr(schedule, name)
        for index, part in enumerate(parts):
            before, after = parts[:index], parts[index + 1 :]
            if before or after or name != "deliveries":
                yield replace(schedule, **{name: before + after})
            for simpler in _changed(part, _SIMPLE_PARTS):
                yield replace(schedule, **{name: (*before, simpler, *after)})
    for count, number in (("instances", "instance"), ("classes", "class_number")):
        if getattr(schedule, count) > 1:
            yield _all_first(replace(schedule, **{count: 1}), number)
    yield from _changed(schedule, (*_SIMPLE, {"participants": 0}))


def _changed(whole: Any, changes: tuple[dict[str, Any], ...]) -> Iterator[Any]:
    """The whole with each of the changes that would change it."""
    for change in changes:
        [(name, value)] = change.items()
        if getattr(whole, name, value) != value:
            yield replace(whole, **change)


def _all_first(schedule: Any, number: str) -> Schedule:
    """The schedule with all that happens to any instance, or class, happening to the first."""
    parts = {
        name: tuple(
            replace(part, **{number: 0}) if hasattr(part, number) else part
            for part in getattr(schedule, name)
        )
        for name in _PARTS
    }
    first: Schedule = replace(schedule, **parts)
    return first
