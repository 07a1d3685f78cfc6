"""The fixture that the tests of the stand-in for Google share."""

import pytest

from infra.local.google.client import Control
from tests.support.stand_in_http import GoogleApi


@pytest.fixture
def api(google: Control) -> GoogleApi:
    """A client of the stand-in, which is as right after its start."""
    google.settings(echo=[])  # its own words are looked at
    return GoogleApi(google.url)
