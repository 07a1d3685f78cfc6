"""Reads and validates the fields of a document that somebody else writes."""

import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, TypeVar

from shared import rfc3339

Choice = TypeVar("Choice", bound=StrEnum)

# Rejects only the obviously invalid; Google decides.
_WORD = r"[^\s@<>,;:\"()\[\]\\.]+"
_EMAIL = re.compile(rf"(?=.{{1,64}}@){_WORD}(\.{_WORD})*@{_WORD}(\.{_WORD})+")

_LINE_BREAK = re.compile("\r\n|[\r\n\v\f\x85\u2028\u2029]")
# Control characters except tab and line break, and those that change text direction.
_UNWANTED = re.compile("[\0-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


class FieldReader:
    """Reads a document field by field. An invalid field that an event needs adds a line to
    `problems`; any other is named in `left_out`. Neither repeats a value, which may be
    personal."""

    def __init__(self, data: Mapping[str, Any]) -> None:
        self._data = data
        self.problems: list[str] = []
        self.left_out: list[str] = []

    def one_of(
        self, choices: type[Choice], key: str, default: Choice | None = None
    ) -> Choice | None:
        """One of an enumeration's values, ignoring case and surrounding blanks; `default` if the
        field is missing."""
        value = self._data.get(key)
        if value is None and default is not None:
            return default
        try:
            return choices(str(value).strip().lower())
        except ValueError:
            self.problems.append(f"{key} must be one of {', '.join(choices)}")
            return None

    def instant(self, key: str) -> datetime | None:
        """A timestamp or RFC 3339 text with offset, truncated to the second."""
        value = self._data.get(key)
        try:
            when = value if isinstance(value, datetime) else rfc3339.parse(str(value).strip())
            instant = datetime.fromtimestamp(int(when.timestamp()), UTC)
            if not 1970 <= instant.year < 9999:
                raise ValueError
        except (ValueError, OverflowError, OSError):
            self.problems.append(f"{key} must be a timestamp or an RFC 3339 date-time with offset")
            return None
        return instant

    def text(self, key: str, longest: int) -> str:
        """Optional text, cut to `longest` characters."""
        value = self._data.get(key)
        if value is not None and not isinstance(value, str):
            self.left_out.append(key)
            return ""
        return cut(clean(value or ""), longest)

    def emails(self, key: str, most: int) -> tuple[str, ...]:
        """The usable addresses of a list, without duplicates, at most `most`."""
        value = self._data.get(key)
        entries = value if isinstance(value, list) else []
        usable = list(filter(None, map(address, entries)))
        listed = distinct(usable)
        if len(usable) < len(entries) or len(listed) > most or not isinstance(value, list | None):
            self.left_out.append(key)
        return listed[:most]

    def count(self, key: str, *, is_wanted: bool) -> int | None:
        """A whole number above 0, such as 4 or 4.0. An invalid one is `left_out` if `is_wanted`."""
        value = self._data.get(key)
        if isinstance(value, float) and value.is_integer():
            value = int(value)
        if isinstance(value, int) and not isinstance(value, bool) and value >= 1:
            return value
        if value is not None and is_wanted:
            self.left_out.append(key)
        return None


def clean(text: str) -> str:
    """The text stripped, with uniform line breaks and blanks in place of unwanted characters."""
    return _UNWANTED.sub(" ", _LINE_BREAK.sub("\n", text)).strip()


def cut(text: str, longest: int) -> str:
    """The text, shortened with an ellipsis if longer than `longest` characters."""
    return text if len(text) <= longest else text[: longest - 1].rstrip() + "…"


def distinct(addresses: Iterable[str]) -> tuple[str, ...]:
    """The addresses without duplicates, ignoring case."""
    first: dict[str, str] = {}
    for each in addresses:
        first.setdefault(each.lower(), each)
    return tuple(first.values())


def address(value: Any) -> str | None:
    """The e-mail address; None if missing or malformed."""
    text = value.strip() if isinstance(value, str) else ""
    is_address = len(text) <= 254 and text.isprintable() and _EMAIL.fullmatch(text)
    return text if is_address else None
