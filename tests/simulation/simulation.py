"""Many schedules, on several cores: of the booking code, or of variants of it. A violated one is
made smaller."""

import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import fields, replace
from functools import partial
from importlib import import_module
from itertools import chain
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from tests.simulation.command import Catch
from tests.simulation.directed import SCHEDULES
from tests.simulation.drawing import draw
from tests.simulation.invariants import violations
from tests.simulation.player import Player
from tests.simulation.report import Figures, Outcome, explained, figures
from tests.simulation.schedule import Schedule
from tests.simulation.variants import TOO_RARE, VARIANTS
from tests.support.planted_bug import with_bugs

_BATCH = 250
_SHARED = Path(__file__).parents[2] / "shared"


def judged(schedule: Schedule) -> Outcome:
    histories = Player(schedule).play()
    return histories, violations(histories)


def simulate(seeds: Sequence[int], jobs: int) -> Iterator[tuple[Figures, list[str]]]:
    """The figures, batch by batch, and the first schedule that is violated of each, made
    smaller."""
    batches = [seeds[start : start + _BATCH] for start in range(0, len(seeds), _BATCH)]
    # Forked: what was imported need not be imported again.
    with get_context("fork").Pool(jobs) as pool:
        yield from pool.imap_unordered(_play_batch, batches)


def _play_batch(seeds: Sequence[int]) -> tuple[Figures, list[str]]:
    total, shown = Figures(), list[str]()
    for seed in seeds:
        outcome = judged(draw(seed))
        total += figures(outcome)
        if outcome[1] and not shown:
            shown = [explained(*judged(smallest(draw(seed))))]
    return total, shown


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
        value, default = getattr(schedule, name), getattr(usual, name)
        if isinstance(value, tuple):
            smaller = [value[:index] + value[index + 1 :] for index in range(len(value))]
        else:
            smaller = [default] if value != default else []
        for each in smaller:
            changes: dict[str, Any] = {name: each}
            yield replace(schedule, **changes)


def hunt(
    seeds: Sequence[range], jobs: int, *, own_first: bool = False
) -> Iterator[tuple[str, list[Catch]]]:
    """For each variant what catches it in each of the ranges of seeds: one of their schedules or,
    after or before them, one made by hand."""
    with get_context("fork").Pool(jobs, maxtasksperchild=1) as pool:
        look = partial(_catches, seeds=seeds, own_first=own_first)
        yield from pool.imap(look, VARIANTS, chunksize=1)


def _catches(name: str, seeds: Sequence[range], own_first: bool) -> tuple[str, list[Catch]]:
    with tempfile.TemporaryDirectory() as directory:
        sys.path.insert(0, str(with_bugs(_SHARED, Path(directory), VARIANTS[name]).parent))
        # From here on this process imports shared/ from there, and anew what depends on it.
        for module in list(sys.modules):
            if f"{module}.".startswith(("shared.", "tests.simulation.", "infra.commands.")):
                del sys.modules[module]
        judged = import_module("tests.simulation.simulation").judged

        def first(seeds: range) -> Catch:
            own = [(0, SCHEDULES[TOO_RARE[name]])] if name in TOO_RARE else []
            drawn = enumerate(map(draw, seeds), 1)
            for number, schedule in chain(own, drawn) if own_first else chain(drawn, own):
                if found := {each.invariant for each in judged(schedule)[1]}:
                    return number, found
            return None, set()

        return name, [first(each) for each in seeds]
