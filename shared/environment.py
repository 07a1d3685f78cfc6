"""Reads and validates environment variables."""

import re
from collections.abc import Mapping, Sequence
from zoneinfo import ZoneInfo

_LOCALES = re.compile(r"[a-z]{2,3}[_.:@]\S*|C")
_ORIGIN = re.compile(r"https?://[a-z0-9.\[\]:-]+")


class EnvironmentReader:
    """Reads variables one by one and adds a line to `problems` for each missing or invalid one.

    An invalid one yields some value of the right type; with problems, the settings are discarded.
    """

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = environ
        self.problems: list[str] = []

    def optional(self, name: str) -> str | None:
        return self._environ.get(name, "").strip() or None

    def required(self, name: str) -> str:
        value = self.optional(name)
        if value is None:
            self.problems.append(f"{name} is not set")
        return value or ""

    def matching(
        self, name: str, form: re.Pattern[str], meaning: str, default: str | None = None
    ) -> str:
        value = self.required(name) if default is None else self.optional(name) or default
        if value and not form.fullmatch(value):
            self.problems.append(f"{name} is not {meaning}")
        return value

    def number(self, name: str, default: float, lowest: float, highest: float) -> float:
        text = self.optional(name)
        try:
            value = default if text is None else float(text)
        except ValueError:
            value = float("nan")
        if lowest <= value <= highest:
            return value
        self.problems.append(f"{name} must be a number from {lowest:g} to {highest:g}")
        return default

    def whole(self, name: str, default: int, lowest: int, highest: int) -> int:
        text = self.optional(name) or str(default)
        value = int(text) if re.fullmatch(r"\d{1,9}", text, re.ASCII) else -1
        if not lowest <= value <= highest:
            self.problems.append(f"{name} must be a whole number from {lowest} to {highest}")
        return value

    def listed(self, name: str) -> tuple[str, ...]:
        """The parts of a comma-separated list, without blanks around them and empty ones."""
        parts = (part.strip() for part in (self.optional(name) or "").split(","))
        return tuple(part for part in parts if part)

    def language(self, name: str, default: str, choices: Sequence[str]) -> str:
        """One of `choices`. gettext uses `LANGUAGE` too: ignores a value in its format."""
        value = self.optional(name) or default
        if _LOCALES.fullmatch(value):
            return default
        if value not in choices:
            self.problems.append(f"{name} must be one of {', '.join(choices)}")
        return value

    def time_zone(self, name: str, default: str) -> ZoneInfo:
        try:
            return ZoneInfo(self.optional(name) or default)
        except (KeyError, ValueError, OSError):
            self.problems.append(f"{name} is not a time zone of the IANA database")
            return ZoneInfo("UTC")

    def origins(self, name: str) -> frozenset[str]:
        parts = self.listed(name) if self.optional(name) else ("*",)
        origins = frozenset(part.rstrip("/").lower() for part in parts)
        if not origins or not all(part == "*" or _ORIGIN.fullmatch(part) for part in origins):
            self.problems.append(f"{name} is neither * nor a list of origins (https://host)")
        return origins

    def emulator(self, name: str, form: re.Pattern[str]) -> str | None:
        value = self.optional(name)
        if value is None:
            return None
        if self.optional("K_SERVICE"):
            self.problems.append(f"{name} is set on Cloud Run")
        value = value.rstrip("/")
        if not form.fullmatch(value):
            self.problems.append(f"{name} is not the address of an emulator")
        return value
