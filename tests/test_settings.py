"""The settings: their defaults, their ranges, and what is wrong with them named."""

import json
import subprocess
import sys
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from shared.errors import Misconfigured
from shared.settings import Settings
from tests.support.served import SETTINGS

REQUIRED = {name: text for name, text in SETTINGS.items() if name != "GOOGLE_CLOUD_PROJECT"}


def problems(**changes: str | None) -> list[str]:
    """What is wrong with the required settings after these changes; None leaves one out."""
    environ = {name: text for name, text in (REQUIRED | changes).items() if text is not None}
    try:
        Settings.from_environ(environ)
    except Misconfigured as error:
        assert error.details
        return list(error.details)
    return []


def test_the_defaults_are_those_of_the_contract() -> None:
    settings = Settings.from_environ(REQUIRED)
    assert settings.calendar_id == SETTINGS["CALENDAR_ID"]
    assert settings.auth_google_id == SETTINGS["AUTH_GOOGLE_ID"]
    assert settings.auth_google_secret == SETTINGS["AUTH_GOOGLE_SECRET"]
    assert settings.google_redirect_uri == SETTINGS["GOOGLE_REDIRECT_URI"]
    assert settings.admin_email == SETTINGS["ADMIN_EMAIL"]
    assert settings.google_cloud_project is None
    assert settings.refresh_token_secret == "calendar-refresh-token"
    assert settings.virtual_class_collection == "VirtualClass"
    assert settings.firestore_database == "(default)"
    assert settings.time_zone == ZoneInfo("America/Argentina/Buenos_Aires")
    assert settings.events_cache_seconds == 15
    assert settings.events_stale_seconds == 300
    assert settings.events_window_days == 90
    assert settings.list_budget_seconds == 8
    assert settings.create_budget_seconds == 8
    assert settings.create_lease_seconds == 30
    assert settings.google_emulator_url is None
    assert settings.firestore_emulator_host is None


def test_the_secret_is_not_shown_with_the_settings() -> None:
    assert SETTINGS["AUTH_GOOGLE_SECRET"] not in repr(Settings.from_environ(REQUIRED))


@pytest.mark.parametrize("blank", [None, "", "  "])
def test_each_required_setting_that_is_missing_is_named(blank: str | None) -> None:
    assert len(problems(**dict.fromkeys(REQUIRED, blank))) == len(REQUIRED)
    for name in REQUIRED:
        [problem] = problems(**{name: blank})
        assert name in problem


RANGES = [
    ("EVENTS_CACHE_SECONDS", 0, 3600),
    ("EVENTS_WINDOW_DAYS", 1, 366),
    ("LIST_BUDGET_SECONDS", 1, 60),
    ("CREATE_BUDGET_SECONDS", 2, 20),
]
NO_NUMBERS = ["abc", "nan", "inf", "-inf", "1e9", "0x10", "5 s", "1,5", "--5", "\0", "9" * 5000]


@pytest.mark.parametrize(("name", "least", "most"), RANGES)
def test_a_number_is_held_to_its_range(name: str, least: int, most: int) -> None:
    for good in (least, most):
        assert problems(**{name: str(good)}) == [], good
    for bad in (least - 1, most + 1, *NO_NUMBERS):
        found = problems(**{name: str(bad)})
        assert len(found) == 1, bad
        assert name in found[0]


def test_a_lease_outlasts_the_budget_by_two_seconds() -> None:
    assert problems(CREATE_BUDGET_SECONDS="20", CREATE_LEASE_SECONDS="22") == []
    [problem] = problems(CREATE_BUDGET_SECONDS="20", CREATE_LEASE_SECONDS="21")
    assert "CREATE_LEASE_SECONDS" in problem
    [problem] = problems(CREATE_LEASE_SECONDS="9")
    assert "CREATE_LEASE_SECONDS" in problem


@pytest.mark.parametrize("seconds", ["-1", "nan", "inf", "soon"])
def test_a_stale_snapshot_has_an_age(seconds: str) -> None:
    [problem] = problems(EVENTS_STALE_SECONDS=seconds)
    assert "EVENTS_STALE_SECONDS" in problem


@pytest.mark.parametrize(
    "zone",
    ["Mars/Olympus", "../../etc/passwd", "/etc/localtime", "-03:00", "America", "\0", "a" * 99],
)
def test_a_time_zone_that_is_none_is_named(zone: str) -> None:
    [problem] = problems(TIME_ZONE=zone)
    assert "TIME_ZONE" in problem


def test_an_emulator_is_refused_on_cloud_run() -> None:
    emulators = {
        "GOOGLE_EMULATOR_URL": "http://127.0.0.1:1",
        "FIRESTORE_EMULATOR_HOST": "127.0.0.1:2",
    }
    assert problems(**emulators) == []
    assert problems(K_SERVICE="list-events") == []
    found = problems(K_SERVICE="list-events", **emulators)
    assert len(found) == 2
    for name in emulators:
        assert any(name in problem for problem in found)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("GOOGLE_EMULATOR_URL", "somewhere"),
        ("GOOGLE_EMULATOR_URL", "file:///etc/passwd"),
        ("REFRESH_TOKEN_SECRET", "a/b"),
        ("VIRTUAL_CLASS_COLLECTION", "a/b"),
        ("VIRTUAL_CLASS_COLLECTION", "__reserved__"),
        ("VIRTUAL_CLASS_COLLECTION", ".."),
        ("FIRESTORE_DATABASE", "a/b"),
        ("ALLOWED_ORIGINS", "https://school.example/path"),
        ("ALLOWED_ORIGINS", "school.example"),
        ("ALLOWED_ORIGINS", "https://school.example\r\nSet-Cookie: a=b"),
    ],
)
def test_a_text_of_the_wrong_form_is_named(name: str, text: str) -> None:
    [problem] = problems(**{name: text})
    assert name in problem


def test_a_value_is_never_repeated_in_what_is_wrong_with_it() -> None:
    """The details are answered to the public."""
    wrong = dict.fromkeys(
        ("ADMIN_EMAIL", "TIME_ZONE", "EVENTS_CACHE_SECONDS", "REFRESH_TOKEN_SECRET"), "/canary/"
    )
    assert "canary" not in str(problems(**wrong))


# Run in an interpreter of its own: what importing the functions reads, connects and starts.
_WATCH = """
import json, os, sys

WATCHED = ("socket.connect", "socket.getaddrinfo", "socket.send", "subprocess.", "os.fork")
names, events = set(), []
sys.addaudithook(lambda event, _: event.startswith(WATCHED) and events.append(event))

class Environ(type(os.environ)):
    def __getitem__(self, name):
        names.add(name)
        return super().__getitem__(name)

os.environ.__class__ = Environ
import functions.create_event.main, functions.list_events.main, threading
print(json.dumps({"names": sorted(names), "events": events, "threads": threading.active_count()}))
"""
OUR_SETTINGS = {
    *SETTINGS,
    "REFRESH_TOKEN_SECRET",
    "VIRTUAL_CLASS_COLLECTION",
    "FIRESTORE_DATABASE",
    "TIME_ZONE",
    "ALLOWED_ORIGINS",
    "EVENTS_CACHE_SECONDS",
    "EVENTS_STALE_SECONDS",
    "EVENTS_WINDOW_DAYS",
    "LIST_BUDGET_SECONDS",
    "CREATE_BUDGET_SECONDS",
    "CREATE_LEASE_SECONDS",
    "GOOGLE_EMULATOR_URL",
    "FIRESTORE_EMULATOR_HOST",
    "K_SERVICE",
}


def test_nothing_is_read_or_connected_on_import() -> None:
    root = Path(__file__).parents[1]
    command = [sys.executable, "-c", _WATCH]
    done = subprocess.run(command, cwd=root, env={}, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    seen = json.loads(done.stdout)
    assert OUR_SETTINGS.isdisjoint(seen["names"]), seen["names"]
    assert seen["events"] == []
    assert seen["threads"] == 1
