"""Many schedules, on several cores."""

from collections.abc import Callable, Sequence
from multiprocessing import get_context

from tests.simulation.drawing import draw
from tests.simulation.history import History
from tests.simulation.invariants import Violation, violations
from tests.simulation.player import play
from tests.simulation.report import Summary
from tests.simulation.schedule import Schedule
from tests.simulation.shrinking import shrunk

_BATCH = 250


def judged(schedule: Schedule) -> tuple[list[History], list[Violation]]:
    histories = play(schedule)
    return histories, [each for history in histories for each in violations(history)]


def smallest(schedule: Schedule) -> Schedule:
    """The schedule without whatever is not needed to violate what it violates."""
    _, found = judged(schedule)
    names = {each.invariant for each in found}
    return shrunk(
        schedule, lambda smaller: names <= {each.invariant for each in judged(smaller)[1]}
    )


def simulate(
    seeds: Sequence[int], jobs: int, say: Callable[[int, int], None] = lambda _done, _violated: None
) -> tuple[Summary, list[int]]:
    """The figures, and the violated seeds. `say` is told how many are done and violated."""
    total, violated = Summary(), []
    batches = [seeds[start : start + _BATCH] for start in range(0, len(seeds), _BATCH)]
    # Forked: what was imported need not be imported again.
    with get_context("fork").Pool(jobs) as pool:
        for summary, seeds_violated in pool.imap_unordered(_play_batch, batches):
            total.merge(summary)
            violated += seeds_violated
            say(total.schedules, total.violated)
    return total, sorted(violated)


def _play_batch(seeds: Sequence[int]) -> tuple[Summary, list[int]]:
    summary, violated = Summary(), []
    for seed in seeds:
        histories, found = judged(draw(seed))
        summary.add(histories, found)
        if found:
            violated.append(seed)
    return summary, violated
