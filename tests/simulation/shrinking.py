"""Makes a violated schedule smaller: what is not needed to violate the same invariant goes."""

from collections.abc import Callable, Iterator
from dataclasses import fields, replace
from typing import Any

from tests.simulation.schedule import Schedule, When


def shrunk(schedule: Schedule, is_violated: Callable[[Schedule], bool]) -> Schedule:
    """The smallest schedule found, one step at a time, that still is violated."""
    candidates = _smaller(schedule)
    while (candidate := next(candidates, None)) is not None:
        if is_violated(candidate):
            schedule, candidates = candidate, _smaller(candidate)
    return schedule


def _smaller(schedule: Schedule) -> Iterator[Schedule]:
    for name in ("call_faults", "signals", "edits", "deliveries"):
        parts: tuple[Any, ...] = getattr(schedule, name)
        for index in range(len(parts)):
            if len(parts) > 1 or name != "deliveries":
                yield replace(schedule, **{name: parts[:index] + parts[index + 1 :]})
        for index, part in enumerate(parts):
            for simpler in _simpler(part):
                yield replace(schedule, **{name: (*parts[:index], simpler, *parts[index + 1 :])})
    for field in fields(Schedule):
        default = {"instances": 1, "seed": schedule.seed}.get(field.name, field.default)
        is_plain = field.name not in ("deliveries", "call_faults", "signals", "edits", "meet")
        if is_plain and getattr(schedule, field.name) != default and _fits(schedule, field.name):
            yield replace(schedule, **{field.name: default})
    if schedule.meet:
        yield replace(schedule, meet={})


def _fits(schedule: Schedule, name: str) -> bool:
    """Whether a default can stand in: nothing may name an instance or a class that is not there."""
    if name == "instances":
        return all(each.instance == 0 for each in (*schedule.deliveries, *schedule.signals))
    if name == "classes":
        return all(each.class_number == 0 for each in (*schedule.deliveries, *schedule.edits))
    return name not in ("budget", "lease")


def _simpler(part: Any) -> Iterator[Any]:
    simple = {"skip": 0, "times": 1, "instance": 0, "class_number": 0, "resend": None}
    for field in fields(part):
        value = getattr(part, field.name)
        if field.name in simple and value != simple[field.name]:
            yield replace(part, **{field.name: simple[field.name]})
    if hasattr(part, "when") and part.when.call is None and part.when.seconds:
        yield replace(part, when=When())
