"""The settings of both functions, read from the environment and checked all at once."""

import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from zoneinfo import ZoneInfo

from shared.errors import Misconfigured
from shared.once import once

LANGUAGES = ("es", "pt", "en")
"""Those that the event's words are written in."""


@dataclass(frozen=True, kw_only=True)
class Settings:
    """See the table in the README; a field is the variable of the same name."""

    calendar_id: str
    auth_google_id: str
    auth_google_secret: str = field(repr=False)
    google_redirect_uri: str
    admin_email: str
    google_cloud_project: str | None
    refresh_token_secret: str
    virtual_class_collection: str
    firestore_database: str
    time_zone: ZoneInfo
    allowed_origins: frozenset[str]
    events_cache_seconds: int
    events_stale_seconds: int
    events_window_days: int
    list_budget_seconds: float
    create_budget_seconds: float
    create_lease_seconds: float
    language: str
    reminder_minutes: int
    google_emulator_url: str | None
    firestore_emulator_host: str | None

    @classmethod
    def from_environ(cls, environ: Mapping[str, str]) -> "Settings":
        """Reads and checks every setting.

        Raises Misconfigured with one line in `details` for each thing that is wrong.
        """
        read = _Reader(environ)
        budget = read.number("CREATE_BUDGET_SECONDS", 8, 2, 20)
        settings = cls(
            calendar_id=read.required("CALENDAR_ID"),
            auth_google_id=read.required("AUTH_GOOGLE_ID"),
            auth_google_secret=read.required("AUTH_GOOGLE_SECRET"),
            google_redirect_uri=read.matching("GOOGLE_REDIRECT_URI", _URL, "an http(s) URL"),
            admin_email=read.matching("ADMIN_EMAIL", _EMAIL, "an e-mail address"),
            google_cloud_project=read.optional("GOOGLE_CLOUD_PROJECT"),
            refresh_token_secret=read.matching(
                "REFRESH_TOKEN_SECRET", _SECRET_ID, "a secret id", "calendar-refresh-token"
            ),
            virtual_class_collection=read.matching(
                "VIRTUAL_CLASS_COLLECTION", _COLLECTION, "a collection id", "VirtualClass"
            ),
            firestore_database=read.matching(
                "FIRESTORE_DATABASE", _DATABASE, "a database id", "(default)"
            ),
            time_zone=read.time_zone("TIME_ZONE", "America/Argentina/Buenos_Aires"),
            allowed_origins=read.origins("ALLOWED_ORIGINS"),
            events_cache_seconds=read.whole("EVENTS_CACHE_SECONDS", 15, 0, 3600),
            events_stale_seconds=read.whole("EVENTS_STALE_SECONDS", 300, 0, 86400),
            events_window_days=read.whole("EVENTS_WINDOW_DAYS", 90, 1, 366),
            list_budget_seconds=read.number("LIST_BUDGET_SECONDS", 8, 1, 60),
            create_budget_seconds=budget,
            create_lease_seconds=read.number("CREATE_LEASE_SECONDS", 30, budget + 2, 3600),
            language=read.one_of("LANGUAGE", "es", LANGUAGES),
            reminder_minutes=read.whole("REMINDER_MINUTES", 60, 0, 40320),
            google_emulator_url=read.emulator("GOOGLE_EMULATOR_URL", _BASE_URL),
            firestore_emulator_host=read.emulator("FIRESTORE_EMULATOR_HOST", _HOST_PORT),
        )
        if read.problems:
            raise Misconfigured(details=read.problems)
        return settings


@once
def settings() -> Settings:
    """This instance's settings; raises Misconfigured on every call while they are wrong."""
    return Settings.from_environ(os.environ)


_URL = re.compile(r"https?://[^\s/]+\S*")
_BASE_URL = re.compile(r"https?://[^\s/?#]+")
_ORIGIN = re.compile(r"https?://[a-z0-9.\[\]:-]+")
_EMAIL = re.compile(r"[^\s@]+@[^\s@]+")
_SECRET_ID = re.compile(r"[A-Za-z0-9_-]{1,255}")
_COLLECTION = re.compile(r"(?!\.{1,2}$)(?!__.*__$)[^/\s]{1,1500}")
_DATABASE = re.compile(r"\(default\)|[a-z0-9-]{1,63}")
_HOST_PORT = re.compile(r"[^\s/]+:\d+")


class _Reader:
    """Reads variables one by one and keeps a line for each that is missing or wrong.

    A wrong one is replaced by something of its type: the settings are thrown away then.
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

    def one_of(self, name: str, default: str, choices: Sequence[str]) -> str:
        value = self.optional(name) or default
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
        parts = [part.strip().rstrip("/") for part in (self.optional(name) or "*").split(",")]
        origins = frozenset(part.lower() for part in parts if part)
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
