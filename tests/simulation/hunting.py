"""Looks for a violation in a variant of the booking code, in a process that has loaded it."""

import sys
import tempfile
from collections.abc import Iterator, Sequence
from functools import partial
from importlib import import_module
from itertools import chain
from multiprocessing import get_context
from pathlib import Path

from tests.simulation.command import Catch
from tests.simulation.directed import SCHEDULES
from tests.simulation.drawing import draw
from tests.simulation.variants import TOO_RARE, VARIANTS
from tests.support.planted_bug import with_bugs

_SHARED = Path(__file__).parents[2] / "shared"


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
