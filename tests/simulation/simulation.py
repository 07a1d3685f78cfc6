"""Many schedules, on several cores: of the booking code, or of variants of it. A violated one is
made smaller."""

import sys
import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import fields, replace
from functools import partial
from importlib import import_module
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from tests.simulation.directed import SCHEDULES
from tests.simulation.drawing import draw
from tests.simulation.invariants import violations
from tests.simulation.player import Player
from tests.simulation.report import Catch, Outcome, Told, explained, told
from tests.simulation.schedule import Schedule
from tests.simulation.variants import TOO_RARE, VARIANTS
from tests.support.planted_bug import with_bugs

_BATCH = 250
_SHARED = Path(__file__).parents[2] / "shared"


def judged(schedule: Schedule) -> Outcome:
    histories = Player(schedule).play()
    return histories, violations(histories)


def simulate(seeds: Sequence[int], jobs: int) -> Iterator[Told]:
    """Batch by batch; of each the first schedule that is violated is shown, made smaller."""
    batches = [seeds[start : start + _BATCH] for start in range(0, len(seeds), _BATCH)]
    # Forked: what was imported need not be imported again.
    with get_context("fork").Pool(jobs) as pool:
        yield from pool.imap_unordered(_play_batch, batches)


def _play_batch(seeds: Sequence[int]) -> Told:
    total, violated = Counter[str](), list[str]()
    for seed in seeds:
        counted, shown = told(judged(draw(seed)))
        total += counted
        if shown and not violated:
            violated = [explained(*judged(smallest(draw(seed))))]
    return total, violated


def smallest(schedule: Schedule) -> Schedule:
    """The schedule without what is not needed to violate what it violates."""

    def violated(schedule: Schedule) -> set[str]:
        return {each.invariant for each in judged(schedule)[1]}

    names, candidates = violated(schedule), _smaller(schedule)
    while (candidate := next(candidates, None)) is not None:
        if names <= violated(candidate):
            schedule, candidates = candidate, _smaller(candidate)
    return schedule


def _smaller(schedule: Schedule) -> Iterator[Schedule]:
    """With a part less, or a detail as it is by default."""
    usual = Schedule(schedule.seed, ())
    for name in [each.name for each in fields(schedule)]:
        value = getattr(schedule, name)
        parts = range(len(value)) if isinstance(value, tuple) else ()
        smaller = [value[:index] + value[index + 1 :] for index in parts] or [getattr(usual, name)]
        for each in smaller:
            changes: dict[str, Any] = {name: each}
            if each != value:
                yield replace(schedule, **changes)


def hunt(seeds: Sequence[range], jobs: int) -> Iterator[tuple[str, list[Catch]]]:
    """For each variant what catches it in each of the ranges of seeds, or its own schedule."""
    with get_context("fork").Pool(jobs, maxtasksperchild=1) as pool:
        yield from pool.imap(partial(_catches, seeds=seeds), VARIANTS, chunksize=1)


def _catches(name: str, seeds: Sequence[range]) -> tuple[str, list[Catch]]:
    with tempfile.TemporaryDirectory() as directory:
        sys.path.insert(0, str(with_bugs(_SHARED, Path(directory), VARIANTS[name]).parent))
        # From here on this process imports shared/ from there, and anew what depends on it.
        for module in list(sys.modules):
            if f"{module}.".startswith(("shared.", "tests.simulation.", "infra.commands.")):
                del sys.modules[module]
        judged = import_module("tests.simulation.simulation").judged

        def first(schedules: Iterable[tuple[int, Schedule]]) -> Catch:
            for number, schedule in schedules:
                if found := {each.invariant for each in judged(schedule)[1]}:
                    return number, found
            return None, set()

        if name in TOO_RARE:
            return name, [first([(0, SCHEDULES[TOO_RARE[name]])])]
        return name, [first(enumerate(map(draw, each), 1)) for each in seeds]
