"""What unit tests share: generated examples that are the same each time, however long they take on
a busy machine, and the stand-in for Google, called in-process."""

import pytest
from hypothesis import HealthCheck, settings

from tests.support.google_api import GoogleApi, GoogleInProcess

settings.register_profile(
    "unit",
    derandomize=True,
    database=None,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("unit")


@pytest.fixture
def google() -> GoogleInProcess:
    return GoogleInProcess()


@pytest.fixture
def api(google: GoogleInProcess) -> GoogleApi:
    """A client of `google`."""
    return GoogleApi(google.send)
