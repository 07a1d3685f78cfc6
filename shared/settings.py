"""The settings of both functions, read from the environment and validated together."""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from zoneinfo import ZoneInfo

from shared.environment import EnvironmentReader
from shared.errors import Misconfigured
from shared.once import once

_URL = re.compile(r"https?://[^\s/]+\S*")
_BASE_URL = re.compile(r"https?://[^\s/?#]+")
_EMAIL = re.compile(r"[^\s@]+@[^\s@]+")
_SECRET_ID = re.compile(r"[A-Za-z0-9_-]{1,255}")
_COLLECTION = re.compile(r"(?!\.{1,2}$)(?!__.*__$)[^/\s]{1,1500}")
_DATABASE = re.compile(r"\(default\)|[a-z0-9-]{1,63}")
_HOST_PORT = re.compile(r"[^\s/]+:\d+")

LANGUAGES = ("es", "pt", "en")
"""The languages of the event's words."""


@dataclass(frozen=True, kw_only=True)
class Settings:
    """See the table in the README; each field is the variable of the same name."""

    calendar_id: str
    busy_calendar_ids: tuple[str, ...]
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
    hold_max_minutes: int
    list_budget_seconds: float
    create_budget_seconds: float
    create_lease_seconds: float
    language: str
    reminder_minutes: int
    google_emulator_url: str | None
    firestore_emulator_host: str | None

    @property
    def calendar_ids(self) -> tuple[str, ...]:
        """Every calendar whose events take hours, ours first."""
        return tuple(dict.fromkeys((self.calendar_id, *self.busy_calendar_ids)))

    @classmethod
    def from_environ(cls, environ: Mapping[str, str]) -> "Settings":
        """Reads and validates every setting.

        Raises Misconfigured with one line in `details` for each problem.
        """
        read = EnvironmentReader(environ)
        budget = read.number("CREATE_BUDGET_SECONDS", 8, 2, 20)
        settings = cls(
            calendar_id=read.required("CALENDAR_ID"),
            busy_calendar_ids=read.listed("BUSY_CALENDAR_IDS"),
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
            hold_max_minutes=read.whole("HOLD_MAX_MINUTES", 0, 0, 1440),
            list_budget_seconds=read.number("LIST_BUDGET_SECONDS", 8, 1, 60),
            create_budget_seconds=budget,
            create_lease_seconds=read.number("CREATE_LEASE_SECONDS", 30, budget + 2, 3600),
            language=read.language("LANGUAGE", "es", LANGUAGES),
            reminder_minutes=read.whole("REMINDER_MINUTES", 60, 0, 40320),
            google_emulator_url=read.emulator("GOOGLE_EMULATOR_URL", _BASE_URL),
            firestore_emulator_host=read.emulator("FIRESTORE_EMULATOR_HOST", _HOST_PORT),
        )
        if read.problems:
            raise Misconfigured(details=read.problems)
        return settings


@once
def settings() -> Settings:
    """This instance's settings. Raises Misconfigured on every call while they are invalid."""
    return Settings.from_environ(os.environ)
