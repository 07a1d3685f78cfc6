"""The settings: their defaults, their ranges, and every one that is wrong named."""

from dataclasses import asdict
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from shared.errors import Misconfigured
from shared.settings import Settings
from tests.unit.samples import REQUIRED


def problems(**changes: str | None) -> list[str]:
    """What is wrong with the required settings after these changes; None leaves one out."""
    environ = {name: text for name, text in (REQUIRED | changes).items() if text is not None}
    try:
        Settings.from_environ(environ)
    except Misconfigured as error:
        assert error.details
        return list(error.details)
    return []


DEFAULTS: dict[str, Any] = {
    "busy_calendar_ids": (),
    "google_cloud_project": None,
    "refresh_token_secret": "calendar-refresh-token",
    "virtual_class_collection": "VirtualClass",
    "firestore_database": "(default)",
    "time_zone": ZoneInfo("America/Argentina/Buenos_Aires"),
    "allowed_origins": frozenset({"*"}),
    "events_cache_seconds": 15,
    "events_stale_seconds": 300,
    "events_window_days": 90,
    "hold_max_minutes": 0,
    "list_budget_seconds": 8,
    "create_budget_seconds": 8,
    "create_lease_seconds": 30,
    "language": "es",
    "reminder_minutes": 60,
    "google_emulator_url": None,
    "firestore_emulator_host": None,
}


def test_the_defaults_are_those_of_the_contract() -> None:
    settings = Settings.from_environ(REQUIRED)
    assert asdict(settings) == DEFAULTS | {key.lower(): text for key, text in REQUIRED.items()}
    assert REQUIRED["AUTH_GOOGLE_SECRET"] not in repr(settings)


@pytest.mark.parametrize("blank", [None, "", "  "])
def test_each_required_setting_that_is_missing_is_named(blank: str | None) -> None:
    assert len(problems(**dict.fromkeys(REQUIRED, blank))) == len(REQUIRED)
    for name in REQUIRED:
        [problem] = problems(**{name: blank})
        assert name in problem


RANGES = [
    ("EVENTS_CACHE_SECONDS", 0, 3600),
    ("EVENTS_STALE_SECONDS", 0, 86400),
    ("EVENTS_WINDOW_DAYS", 1, 366),
    ("HOLD_MAX_MINUTES", 0, 1440),
    ("LIST_BUDGET_SECONDS", 1, 60),
    ("CREATE_BUDGET_SECONDS", 2, 20),
    ("CREATE_LEASE_SECONDS", 10, 3600),
    ("REMINDER_MINUTES", 0, 40320),
]
NO_NUMBERS = ["abc", "nan", "inf", "-inf", "1e9", "0x10", "5 s", "1,5", "--5", "\0", "9" * 5000]


@pytest.mark.parametrize(("name", "least", "most"), RANGES)
def test_a_number_is_held_to_its_range(name: str, least: int, most: int) -> None:
    for good in (least, most):
        assert problems(**{name: str(good)}) == [], good
    for bad in (least - 1, most + 1, *NO_NUMBERS):
        [problem] = problems(**{name: str(bad)})
        assert name in problem, bad


def test_a_lease_outlasts_the_budget_by_two_seconds() -> None:
    assert problems(CREATE_BUDGET_SECONDS="20", CREATE_LEASE_SECONDS="22") == []
    [problem] = problems(CREATE_BUDGET_SECONDS="20", CREATE_LEASE_SECONDS="21")
    assert "CREATE_LEASE_SECONDS" in problem


def test_an_emulator_is_refused_on_cloud_run() -> None:
    emulators = {
        "GOOGLE_EMULATOR_URL": "http://127.0.0.1:1",
        "FIRESTORE_EMULATOR_HOST": "127.0.0.1:2",
    }
    assert problems(**emulators) == []
    assert problems(K_SERVICE="list-events") == []
    found = problems(K_SERVICE="list-events", **emulators)
    assert [problem.partition(" ")[0] for problem in found] == list(emulators)


WRONG: dict[str, list[str]] = {
    "GOOGLE_REDIRECT_URI": ["localhost:8765"],
    "ADMIN_EMAIL": ["admin"],
    "GOOGLE_EMULATOR_URL": ["somewhere", "file:///etc/passwd"],
    "FIRESTORE_EMULATOR_HOST": ["localhost", "http://localhost:1"],
    "REFRESH_TOKEN_SECRET": ["a/b"],
    "VIRTUAL_CLASS_COLLECTION": ["a/b", "__reserved__", ".."],
    "FIRESTORE_DATABASE": ["a/b"],
    "LANGUAGE": ["fr", "español"],
    "ALLOWED_ORIGINS": [
        "https://school.example/path",
        "school.example",
        "https://school.example\r\nSet-Cookie: a=b",
    ],
    "TIME_ZONE": [
        *("Mars/Olympus", "../../etc/passwd", "/etc/localtime", "-03:00", "America", "\0"),
        "a" * 99,
    ],
}


@pytest.mark.parametrize("name", WRONG)
def test_a_text_of_the_wrong_form_is_named_and_not_repeated(name: str) -> None:
    """The details are answered to the public."""
    for text in WRONG[name]:
        [problem] = problems(**{name: text})
        assert name in problem
        assert text not in problem.removeprefix(name)


@pytest.mark.parametrize("locales", ["en_US:en", "es_AR.UTF-8", "pt:es", "C"])
def test_gettexts_variable_of_the_same_name_is_not_meant_for_us(locales: str) -> None:
    assert Settings.from_environ({**REQUIRED, "LANGUAGE": locales}).language == "es"
