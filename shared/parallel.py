"""Calls to several services or places at the same time."""

import contextvars
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")


def in_parallel(calls: Sequence[Callable[[], T]]) -> list[T]:
    """Their results, in the same order; raises the first failure once all have ended.

    Each runs in the context of this request, and must end by a deadline of its own.
    """
    with ThreadPoolExecutor(len(calls)) as pool:
        started = [pool.submit(contextvars.copy_context().run, call) for call in calls]
    return [each.result() for each in started]
