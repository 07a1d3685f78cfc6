"""What unit tests share: generated examples that are the same each time, however long they take on
a busy machine, a clock that the test sets, and the stand-in for Google, called in-process."""

from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings

from tests.support.google_api import GoogleApi, GoogleInProcess
from tests.unit.settable_clock import SettableClock, settable_clock

settings.register_profile(
    "unit",
    derandomize=True,
    database=None,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("unit")


@pytest.fixture
def clock() -> Iterator[SettableClock]:
    """In place of the process's own."""
    with settable_clock() as clock:
        yield clock


@pytest.fixture
def google() -> GoogleInProcess:
    return GoogleInProcess()


@pytest.fixture
def api(google: GoogleInProcess) -> GoogleApi:
    """A client of `google`."""
    return GoogleApi(google.send)
