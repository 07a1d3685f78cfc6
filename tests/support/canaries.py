"""What neither log, answer nor `calendarError` may tell, whatever goes wrong, in any test."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from infra.local.google import defaults

CANARIES = (
    "ana@example.com",
    "Conversational English",
    defaults.REFRESH_TOKEN,
    defaults.CLIENT_SECRET,
)
"""Student and learning focus of the tests' usual class, and what lets us into the calendar.

The stand-in for Google puts all of it into the text of each of its errors.
"""

_HIDDEN = (*CANARIES, "@example.com", "%40example.com", "ya29.")
"""Besides: every other address, and every access token."""


def assert_not_told(text: str) -> None:
    """Raises AssertionError with the first line that tells what it must not."""
    told = [line for line in text.splitlines() if any(hidden in line for hidden in _HIDDEN)]
    assert not told, told[0]


@contextmanager
def nothing_told_in(log: Path) -> Iterator[None]:
    """Looks through a log once all that writes it has ended."""
    yield
    assert_not_told(log.read_text(errors="replace"))


def assert_class_tells_nothing(document: Mapping[str, Any]) -> None:
    assert_not_told(str(document.get("calendarError")))
