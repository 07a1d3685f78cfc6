"""Holds errors to the contract: their status, code, text and headers."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from tests.support.client import Answer
from tests.support.described import assert_described

BUSY_MACHINE_SECONDS = 1.5
"""What an answer may take beyond its budget: the contract's second, and a busy machine's half."""

PAST_BUDGET = 60
"""A `Retry-After` that fits no budget, so that nobody waits for it."""


@contextmanager
def within(seconds: float) -> Iterator[None]:
    """Holds what is done to a budget."""
    before = time.monotonic()
    yield
    assert time.monotonic() - before < seconds + BUSY_MACHINE_SECONDS


def assert_list_error(answer: Answer, status: int, code: str) -> list[str]:
    """Holds an error of `list_events` to its description and returns its details. None may be
    kept, and any page may read it."""
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    # What the other method answers is described with that method.
    return _assert_error("POST" if status == 405 else "GET", answer, status, code)


def assert_create_error(answer: Answer, status: int, code: str) -> list[str]:
    """The same for `create_event`."""
    return _assert_error("GET" if status == 405 else "POST", answer, status, code)


def _assert_error(method: str, answer: Answer, status: int, code: str) -> list[str]:
    assert answer.status == status, answer.body
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.json["code"] == code, answer.body
    assert_described(method, answer)
    details: list[str] = answer.json.get("details", [])
    return details
