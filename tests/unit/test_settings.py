"""The settings: their defaults, their ranges, and what is wrong with them named."""

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


def test_the_defaults_are_those_of_the_contract() -> None:
    assert vars(Settings.from_environ(REQUIRED)) == {
        "calendar_id": REQUIRED["CALENDAR_ID"],
        "auth_google_id": REQUIRED["AUTH_GOOGLE_ID"],
        "auth_google_secret": REQUIRED["AUTH_GOOGLE_SECRET"],
        "google_redirect_uri": REQUIRED["GOOGLE_REDIRECT_URI"],
        "admin_email": REQUIRED["ADMIN_EMAIL"],
        "google_cloud_project": None,
        "refresh_token_secret": "calendar-refresh-token",
        "virtual_class_collection": "VirtualClass",
        "firestore_database": "(default)",
        "time_zone": ZoneInfo("America/Argentina/Buenos_Aires"),
        "allowed_origins": {"*"},
        "events_cache_seconds": 15,
        "events_stale_seconds": 300,
        "events_window_days": 90,
        "list_budget_seconds": 8,
        "create_budget_seconds": 8,
        "create_lease_seconds": 30,
        "language": "es",
        "reminder_minutes": 60,
        "google_emulator_url": None,
        "firestore_emulator_host": None,
    }


READINGS = [
    ("CALENDAR_ID", "  calendar@school.example\n", "calendar@school.example"),
    ("GOOGLE_CLOUD_PROJECT", "", None),
    ("LIST_BUDGET_SECONDS", "2.5", 2.5),
    ("TIME_ZONE", "Europe/Madrid", ZoneInfo("Europe/Madrid")),
    ("LANGUAGE", "pt", "pt"),
    ("ALLOWED_ORIGINS", " * ", {"*"}),
    (
        "ALLOWED_ORIGINS",
        "https://School.example/, http://localhost:8080,",
        {"https://school.example", "http://localhost:8080"},
    ),
    ("ALLOWED_ORIGINS", "http://[::1]:8080", {"http://[::1]:8080"}),
    ("GOOGLE_EMULATOR_URL", "http://127.0.0.1:8085/", "http://127.0.0.1:8085"),
    ("FIRESTORE_EMULATOR_HOST", "[::1]:8086", "[::1]:8086"),
]


@pytest.mark.parametrize(("name", "text", "value"), READINGS)
def test_a_text_is_read_as_what_it_stands_for(name: str, text: str, value: object) -> None:
    settings = Settings.from_environ(REQUIRED | {name: text})
    assert getattr(settings, name.lower()) == value


def test_the_secret_is_not_shown_with_the_settings() -> None:
    assert REQUIRED["AUTH_GOOGLE_SECRET"] not in repr(Settings.from_environ(REQUIRED))


@pytest.mark.parametrize("blank", [None, "", "  "])
def test_each_required_setting_that_is_missing_is_named(blank: str | None) -> None:
    assert len(problems(**dict.fromkeys(REQUIRED, blank))) == len(REQUIRED)
    for name in REQUIRED:
        [problem] = problems(**{name: blank})
        assert name in problem


RANGES = [
    ("EVENTS_CACHE_SECONDS", 0, 3600),
    ("EVENTS_STALE_SECONDS", 0, 86_400),
    ("EVENTS_WINDOW_DAYS", 1, 366),
    ("LIST_BUDGET_SECONDS", 1, 60),
    ("CREATE_BUDGET_SECONDS", 2, 20),
    ("REMINDER_MINUTES", 0, 40_320),
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
        ("GOOGLE_REDIRECT_URI", "localhost:8765"),
        ("ADMIN_EMAIL", "admin at school.example"),
        ("LANGUAGE", "fr"),
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
