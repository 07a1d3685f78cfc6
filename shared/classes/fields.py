"""Reads the fields of a document that somebody else writes."""

import re
import unicodedata
from collections.abc import Mapping
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, TypeVar

from shared import rfc3339

Choice = TypeVar("Choice", bound=StrEnum)

# Rejects only the obviously invalid; Google decides.
_WORD = r"[^\s@<>,;:\"()\[\]\\.]+"
_EMAIL = re.compile(rf"(?=.{{1,64}}@){_WORD}(\.{_WORD})*@{_WORD}(\.{_WORD})+")


class FieldReader:
    """Reads a document field by field and keeps a line in `problems` for each bad one. The line
    names the field and the rule, never the value, which may be personal."""

    def __init__(self, data: Mapping[str, Any]) -> None:
        self._data = data
        self.problems: list[str] = []

    def one_of(
        self, choices: type[Choice], key: str, default: Choice | None = None
    ) -> Choice | None:
        """One of an enumeration's values, or `default` if the field is missing."""
        value = self._data.get(key)
        if value is None and default is not None:
            return default
        try:
            return choices(str(value))
        except ValueError:
            self.problems.append(f"{key} must be one of {', '.join(choices)}")
            return None

    def instant(self, key: str) -> datetime | None:
        """A timestamp, or RFC 3339 text with offset, to the second."""
        value = self._data.get(key)
        try:
            if isinstance(value, datetime):
                instant = datetime.fromtimestamp(int(value.timestamp()), UTC)
            elif isinstance(value, str):
                instant = rfc3339.parse(value.strip()).replace(microsecond=0)
            else:
                raise ValueError
            if not 1970 <= instant.year < 9999:
                raise ValueError
        except (ValueError, OverflowError, OSError):
            self.problems.append(f"{key} must be a timestamp or an RFC 3339 date-time with offset")
            return None
        return instant

    def text(self, key: str, longest: int | None = None) -> str:
        """Text without control characters and surrounding blanks; empty if it is missing."""
        value = self._data.get(key)
        text = "" if value is None else value
        if not isinstance(text, str):
            self.problems.append(f"{key} must be a string")
            return ""
        if longest is not None and len(text) > longest:
            self.problems.append(f"{key} must be at most {longest} characters")
        return _without_control_characters(text).strip()

    def email(self, key: str) -> str | None:
        """An address; None if there is none that could be one."""
        if not self.text(key):
            return None
        address = str(self._data[key]).strip()
        is_address = len(address) <= 254 and address.isprintable() and _EMAIL.fullmatch(address)
        return address if is_address else None

    def positive(self, key: str) -> int | None:
        """A whole number above 0; None if it is missing."""
        value = self._data.get(key)
        if value is None:
            return None
        if not isinstance(value, int) or isinstance(value, bool) or value < 1:
            self.problems.append(f"{key} must be a whole number above 0")
            return None
        return value


def _without_control_characters(text: str) -> str:
    return "".join(c for c in text if c in "\n\t" or unicodedata.category(c) != "Cc")
