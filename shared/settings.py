"""The settings of both functions, read from the environment and validated together."""

import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

from shared.errors import Misconfigured

LANGUAGES = ("es", "pt", "en")
"""The languages of the event's words."""
_ORIGIN = re.compile(r"\*|https?://[a-z0-9.\[\]:-]+")
_EMULATORS = ("GOOGLE_EMULATOR_URL", "FIRESTORE_EMULATOR_HOST")


def _setting(parse: Callable[[str], Any], problem: str = "", default: str | None = None) -> Any:
    """A field whose value is `parse` of the variable of its name or, if that is unset or blank,
    of `default`. Without a default it is required. `problem` says what it means that `parse`
    fails, and completes "VARIABLE ..."."""
    return field(metadata={"parse": parse, "problem": problem, "default": default})


def _matching(form: str, problem: str, default: str | None = None) -> Any:
    """A text of this form; None if it may be, and is, empty."""

    def parse(text: str) -> str | None:
        if text and not re.fullmatch(form, text):
            raise ValueError
        return text or None

    return _setting(parse, problem, default)


def _number(kind: type[int] | type[float], default: int, lowest: int, highest: int) -> Any:
    def parse(text: str) -> float:
        value = kind(text)
        if not lowest <= value <= highest:
            raise ValueError
        return value

    what = "a whole number" if kind is int else "a number"
    return _setting(parse, f"must be {what} from {lowest} to {highest}", str(default))


def _listed(text: str) -> tuple[str, ...]:
    """The parts of a comma-separated list, without blanks around them and empty ones."""
    return tuple(part for each in text.split(",") if (part := each.strip()))


def _origins(text: str) -> frozenset[str]:
    origins = frozenset(part.rstrip("/").lower() for part in _listed(text))
    if not origins or not all(_ORIGIN.fullmatch(origin) for origin in origins):
        raise ValueError
    return origins


def _language(text: str) -> str:
    """gettext uses `LANGUAGE` too: a value in its format is not meant for us."""
    if re.fullmatch(r"[a-z]{2,3}[_.:@]\S*|C", text):
        return LANGUAGES[0]
    return LANGUAGES[LANGUAGES.index(text)]


@dataclass(frozen=True, kw_only=True, repr=False)
class Settings:
    """See the table in the README; each field is the variable of the same name."""

    calendar_id: str = _setting(str)
    busy_calendar_ids: tuple[str, ...] = _setting(_listed, default="")
    auth_google_id: str = _setting(str)
    auth_google_secret: str = _setting(str)
    google_redirect_uri: str = _matching(r"https?://[^\s/]+\S*", "is not an http(s) URL")
    admin_email: str = _matching(r"[^\s@]+@[^\s@]+", "is not an e-mail address")
    google_cloud_project: str | None = _matching(".*", "is not one line", "")
    refresh_token_secret: str = _matching(
        r"[A-Za-z0-9_-]{1,255}", "is not a secret id", "calendar-refresh-token"
    )
    virtual_class_collection: str = _matching(
        r"(?!\.{1,2}$)(?!__.*__$)[^/\s]{1,1500}", "is not a collection id", "VirtualClass"
    )
    firestore_database: str = _matching(
        r"\(default\)|[a-z0-9-]{1,63}", "is not a database id", "(default)"
    )
    time_zone: ZoneInfo = _setting(  # noqa: RUF009
        ZoneInfo, "is not a time zone of the IANA database", "America/Argentina/Buenos_Aires"
    )
    allowed_origins: frozenset[str] = _setting(
        _origins, "is neither * nor a list of origins (https://host)", "*"
    )
    events_cache_seconds: int = _number(int, 15, 0, 3600)
    events_stale_seconds: int = _number(int, 300, 0, 86400)
    events_window_days: int = _number(int, 90, 1, 366)
    hold_max_minutes: int = _number(int, 0, 0, 1440)
    list_budget_seconds: float = _number(float, 8, 1, 60)
    create_budget_seconds: float = _number(float, 8, 2, 20)
    create_lease_seconds: float = _number(float, 30, 4, 3600)
    language: str = _setting(_language, f"must be one of {', '.join(LANGUAGES)}", LANGUAGES[0])
    reminder_minutes: int = _number(int, 60, 0, 40320)
    google_emulator_url: str | None = _matching(r"https?://[^\s/?#]+", "is not a base URL", "")
    firestore_emulator_host: str | None = _matching(r"[^\s/]+:\d+", "is not host:port", "")

    @property
    def calendar_ids(self) -> tuple[str, ...]:
        """Every calendar whose events take hours, ours first."""
        return tuple(dict.fromkeys((self.calendar_id, *self.busy_calendar_ids)))

    @classmethod
    def from_environ(cls, environ: Mapping[str, str]) -> "Settings":
        """Reads and validates every setting.

        Raises Misconfigured with a line in `details`, which tells no value, for each problem.
        """
        values: dict[str, Any] = {}
        problems = []
        for each in fields(cls):
            name, how = each.name.upper(), each.metadata
            text = environ.get(name, "").strip() or how["default"]
            if text is None:
                problems.append(f"{name} is not set")
                continue
            try:
                values[each.name] = how["parse"](text)
            except (ValueError, KeyError, OSError):
                problems.append(f"{name} {how['problem']}")
        budget, lease = values.get("create_budget_seconds"), values.get("create_lease_seconds")
        if budget and lease and lease < budget + 2:
            problems.append("CREATE_LEASE_SECONDS is not 2 more than CREATE_BUDGET_SECONDS")
        if environ.get("K_SERVICE"):
            problems += [f"{name} is set on Cloud Run" for name in _EMULATORS if environ.get(name)]
        if problems:
            raise Misconfigured(details=problems)
        return cls(**values)


@cache
def settings() -> Settings:
    """This instance's settings. Raises Misconfigured on every call while they are invalid."""
    return Settings.from_environ(os.environ)
