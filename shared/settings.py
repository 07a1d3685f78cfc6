"""The settings of both functions, read from the environment and validated together."""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from shared.environment import listed, matching, number, optional, read, setting
from shared.errors import Misconfigured
from shared.once import once

LANGUAGES = ("es", "pt", "en")
"""The languages of the event's words."""
_ORIGIN = re.compile(r"\*|https?://[a-z0-9.\[\]:-]+")
_EMULATORS = ("GOOGLE_EMULATOR_URL", "FIRESTORE_EMULATOR_HOST")


def _language(text: str) -> str:
    """gettext uses `LANGUAGE` too: a value in its format is not meant for us."""
    if re.fullmatch(r"[a-z]{2,3}[_.:@]\S*|C", text):
        return LANGUAGES[0]
    return LANGUAGES[LANGUAGES.index(text)]


def _origins(text: str) -> frozenset[str]:
    origins = frozenset(part.rstrip("/").lower() for part in listed(text))
    if not origins or not all(_ORIGIN.fullmatch(origin) for origin in origins):
        raise ValueError
    return origins


@dataclass(frozen=True, kw_only=True)
class Settings:
    """See the table in the README; each field is the variable of the same name."""

    calendar_id: str = setting(str)
    busy_calendar_ids: tuple[str, ...] = setting(listed, default="")
    auth_google_id: str = setting(str)
    auth_google_secret: str = setting(str, is_secret=True)
    google_redirect_uri: str = matching(r"https?://[^\s/]+\S*", "is not an http(s) URL")
    admin_email: str = matching(r"[^\s@]+@[^\s@]+", "is not an e-mail address")
    google_cloud_project: str | None = setting(optional, default="")
    refresh_token_secret: str = matching(
        r"[A-Za-z0-9_-]{1,255}", "is not a secret id", "calendar-refresh-token"
    )
    virtual_class_collection: str = matching(
        r"(?!\.{1,2}$)(?!__.*__$)[^/\s]{1,1500}", "is not a collection id", "VirtualClass"
    )
    firestore_database: str = matching(
        r"\(default\)|[a-z0-9-]{1,63}", "is not a database id", "(default)"
    )
    time_zone: ZoneInfo = setting(  # noqa: RUF009
        ZoneInfo, "is not a time zone of the IANA database", "America/Argentina/Buenos_Aires"
    )
    allowed_origins: frozenset[str] = setting(
        _origins, "is neither * nor a list of origins (https://host)", "*"
    )
    events_cache_seconds: int = number(int, 15, 0, 3600)
    events_stale_seconds: int = number(int, 300, 0, 86400)
    events_window_days: int = number(int, 90, 1, 366)
    hold_max_minutes: int = number(int, 0, 0, 1440)
    list_budget_seconds: float = number(float, 8, 1, 60)
    create_budget_seconds: float = number(float, 8, 2, 20)
    create_lease_seconds: float = number(float, 30, 4, 3600)
    language: str = setting(_language, f"must be one of {', '.join(LANGUAGES)}", LANGUAGES[0])
    reminder_minutes: int = number(int, 60, 0, 40320)
    google_emulator_url: str | None = matching(r"https?://[^\s/?#]+", "is not a base URL", "")
    firestore_emulator_host: str | None = matching(r"[^\s/]+:\d+", "is not host:port", "")

    @property
    def calendar_ids(self) -> tuple[str, ...]:
        """Every calendar whose events take hours, ours first."""
        return tuple(dict.fromkeys((self.calendar_id, *self.busy_calendar_ids)))

    @classmethod
    def from_environ(cls, environ: Mapping[str, str]) -> "Settings":
        """Reads and validates every setting.

        Raises Misconfigured with one line in `details` for each problem.
        """
        values, problems = read(cls, environ)
        budget, lease = values.get("create_budget_seconds"), values.get("create_lease_seconds")
        if budget and lease and lease < budget + 2:
            problems.append("CREATE_LEASE_SECONDS is not 2 more than CREATE_BUDGET_SECONDS")
        if environ.get("K_SERVICE"):
            problems += [f"{name} is set on Cloud Run" for name in _EMULATORS if environ.get(name)]
        if problems:
            raise Misconfigured(details=problems)
        return cls(**values)


@once
def settings() -> Settings:
    """This instance's settings. Raises Misconfigured on every call while they are invalid."""
    return Settings.from_environ(os.environ)
