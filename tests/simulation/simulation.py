"""Many schedules, on several cores; a violated one made smaller."""

from collections.abc import Iterator, Sequence
from dataclasses import MISSING, fields, replace
from multiprocessing import get_context
from typing import Any

from tests.simulation.drawing import draw
from tests.simulation.invariants import violations
from tests.simulation.player import Player
from tests.simulation.report import Outcome, Summary, explained, summary_of
from tests.simulation.schedule import Schedule

_BATCH = 250


def judged(schedule: Schedule) -> Outcome:
    histories = Player(schedule).play()
    return histories, violations(histories)


def simulate(seeds: Sequence[int], jobs: int) -> Iterator[Summary]:
    """The figures, batch by batch; of each the first that is violated is shown, made smaller."""
    batches = [seeds[start : start + _BATCH] for start in range(0, len(seeds), _BATCH)]
    # Forked: what was imported need not be imported again.
    with get_context("fork").Pool(jobs) as pool:
        yield from pool.imap_unordered(_play_batch, batches)


def _play_batch(seeds: Sequence[int]) -> Summary:
    total = Summary()
    for seed in seeds:
        summary = summary_of(judged(draw(seed)))
        if summary.violated:
            summary.shown = [] if total.shown else [explained(*judged(smallest(draw(seed))))]
        total.merge(summary)
    return total


def smallest(schedule: Schedule) -> Schedule:
    """The schedule without what is not needed to violate what it violates."""

    def violated(schedule: Schedule) -> set[str]:
        return {each.invariant for each in judged(schedule)[1]}

    names, candidates = violated(schedule), _smaller(schedule)
    while (candidate := next(candidates, None)) is not None:
        if names <= violated(candidate):
            schedule, candidates = candidate, _smaller(candidate)
    return schedule


def _smaller(whole: Any) -> Iterator[Any]:
    """A schedule, or a part of one, with a part less or a field as it is by default."""
    for each in fields(whole):
        value = getattr(whole, each.name)
        default = each.default if each.default_factory is MISSING else each.default_factory()
        if isinstance(value, tuple):
            for index, part in enumerate(value):
                before, after = value[:index], value[index + 1 :]
                if before or after or default == ():
                    yield replace(whole, **{each.name: before + after})
                for smaller in _smaller(part) if hasattr(part, "__dataclass_fields__") else ():
                    yield replace(whole, **{each.name: (*before, smaller, *after)})
        elif default not in (MISSING, value):
            yield replace(whole, **{each.name: default})
