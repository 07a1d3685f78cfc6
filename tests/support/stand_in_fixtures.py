"""The fixture that the tests of the stand-in for Google share."""

from collections.abc import Iterator

import pytest

from infra.local.google.client import Control
from tests.support.stand_in_http import GoogleApi


@pytest.fixture
def api(google: Control) -> Iterator[GoogleApi]:
    """A client of the stand-in, which is as right after its start."""
    google.settings(echo=[])  # its own words are looked at
    client = GoogleApi(google.url)
    yield client
    client.close()
