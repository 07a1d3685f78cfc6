"""A served `list_events`, which does not repeat a failed read for a second."""

from infra.local.google.control import Control
from infra.local.processes import wait_until
from tests.support.client import Answer
from tests.support.served import Served


def read_anew(served: Served, google: Control) -> Answer:
    """The answer to the first request for which `served` calls Google again."""
    before = google.counts()
    answers: list[Answer] = []

    def has_called() -> bool:
        answers.append(served.get())
        return google.counts() != before

    assert wait_until(has_called, 10)
    return answers[-1]
