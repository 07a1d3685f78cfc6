"""`.env` and the environment: how they are read, and what is wrong with them."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from infra.commands.configuration import Configuration, read
from infra.commands.setting_rules import IN_FILE
from shared.errors import Misconfigured

ROOT = Path(__file__).parents[2]
COMPLETE = {
    "GOOGLE_CLOUD_PROJECT": "escuela-prueba",
    "CALENDAR_ID": "c_123@group.calendar.google.com",
    "AUTH_GOOGLE_ID": "123-abc.apps.googleusercontent.com",
    "GOOGLE_REDIRECT_URI": "http://localhost:8765/",
    "ADMIN_EMAIL": "admin@escuela.example",
}


Read = Callable[..., Configuration]


@pytest.fixture
def given(tmp_path: Path) -> Read:
    """Reads the settings where `.env` holds a text, if one is given."""

    def read_given(text: str | bytes | None, **environ: str) -> Configuration:
        file = tmp_path / ".env"
        if text is not None:
            file.write_bytes(text.encode() if isinstance(text, str) else text)
        return read(file, environ)

    return read_given


def problems(given: Read, text: str | bytes | None, **environ: str) -> list[str]:
    with pytest.raises(Misconfigured) as wrong:
        given(text, **environ)
    return list(wrong.value.details)


def test_the_file_is_read_as_its_example_says(given: Read) -> None:
    found = given(
        "\ufeff# a comment\r\n"
        "\n"
        "  GOOGLE_CLOUD_PROJECT=escuela-prueba   # ours\r\n"
        "CALENDAR_ID=c_123@group.calendar.google.com\n"
        "BUSY_CALENDAR_IDS='a b#c'\n"
        "AUTH_GOOGLE_ID=123-abc.apps.googleusercontent.com\n"
        'FIRESTORE_DATABASE="our-database"  # quoted\n'
        "GOOGLE_REDIRECT_URI=http://localhost:1/#top\n"
        "TIME_ZONE=America/Lima\n"
        "REGION=\n"
        "ADMIN_EMAIL=\n"
        "ADMIN_EMAIL=josé@escuela.example",
        TIME_ZONE="UTC",
        ALERT_EMAIL="alert@escuela.example",
        PATH="/bin",
    )
    assert found.values == {
        "GOOGLE_CLOUD_PROJECT": "escuela-prueba",
        "CALENDAR_ID": "c_123@group.calendar.google.com",
        "BUSY_CALENDAR_IDS": "a b#c",
        "AUTH_GOOGLE_ID": "123-abc.apps.googleusercontent.com",
        "FIRESTORE_DATABASE": "our-database",
        "GOOGLE_REDIRECT_URI": "http://localhost:1/#top",
        "TIME_ZONE": "UTC",
        "REGION": "southamerica-east1",
        "ADMIN_EMAIL": "josé@escuela.example",
        "ALERT_EMAIL": "alert@escuela.example",
        "RECONCILE_SCHEDULE": "*/5 * * * *",
        "CANCEL_REFUNDED": "no",
    }
    assert found.settings.time_zone.key == "UTC"
    assert found.settings.auth_google_secret == ""
    assert found.overridden == ["TIME_ZONE"]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("just words", ".env, line 1: not KEY=VALUE"),
        ("\nKEY = VALUE", ".env, line 2: not KEY=VALUE"),
        ("\0C\0A", ".env, line 1: not KEY=VALUE"),
        ("CALENDER_ID=x", ".env, line 1: CALENDER_ID is not a setting"),
        ("FIRESTORE_EMULATOR_HOST=x:1", ".env, line 1: FIRESTORE_EMULATOR_HOST is not a setting"),
        ('TIME_ZONE="UTC', ".env, line 1: the quote of TIME_ZONE is not closed"),
        ("TIME_ZONE='UTC' 'x'", ".env, line 1: the quote of TIME_ZONE is not closed"),
        ("REGION=a-b1\nREGION=a-b1", ".env, line 2: REGION has a value on an earlier line"),
        ("REGION=José".encode("latin-1"), ".env is not UTF-8 text"),
        ("REGION=a-b1".encode("utf-16"), ".env is not UTF-8 text"),
        (
            "VIRTUAL_CLASS_COLLECTION=a|b",
            "VIRTUAL_CLASS_COLLECTION holds a | or a control character",
        ),
        ("AUTH_GOOGLE_SECRET=a\rREGION=b", "AUTH_GOOGLE_SECRET holds a | or a control character"),
        ("REGION=Buenos Aires", "REGION is not a region"),
        ("GOOGLE_CLOUD_PROJECT=Not A Project", "GOOGLE_CLOUD_PROJECT is not a project id"),
        ("ALERT_EMAIL=nobody", "ALERT_EMAIL is not an e-mail address"),
        ("WEBHOOK_SERVICE_ACCOUNT=x@y.z", "WEBHOOK_SERVICE_ACCOUNT is not a service account's"),
        ("CALENDAR_ID=https://calendar.google.com/c", "CALENDAR_ID is not a calendar's id"),
        ("AUTH_GOOGLE_ID=GOCSPX-secret", "AUTH_GOOGLE_ID is not a client id"),
        ("NAME_PREFIX=Staging", "NAME_PREFIX is not 1 to 14 lower-case letters"),
        ("NAME_PREFIX=fifteen-letters", "NAME_PREFIX is not 1 to 14 lower-case letters"),
        ("NAME_PREFIX=staging-", "NAME_PREFIX is not 1 to 14 lower-case letters"),
        ("RECONCILE_SCHEDULE=hourly", "RECONCILE_SCHEDULE is not a cron schedule"),
        ("CREATE_EVENT_QUEUE=a/b", "CREATE_EVENT_QUEUE is not the id of a queue"),
        ("CANCEL_REFUNDED=maybe", "CANCEL_REFUNDED is not yes or no"),
        ("EVENTS_WINDOW_DAYS=9999", "EVENTS_WINDOW_DAYS must be a whole number from 1 to 366"),
    ],
)
def test_a_problem_is_named(given: Read, text: str | bytes, problem: str) -> None:
    [found] = problems(
        given, text, **{name: COMPLETE[name] for name in COMPLETE if name not in str(text)}
    )
    assert found.startswith(problem)


def test_all_problems_are_named_at_once_and_no_value(given: Read) -> None:
    found = problems(given, "secret words\nREGION=secret Region\nLIST_BUDGET_SECONDS=secret")
    assert len(found) == 8, found
    assert "secret" not in "".join(found)


def test_without_a_file_it_says_how_to_make_one(given: Read, tmp_path: Path) -> None:
    assert given(None, **COMPLETE).values["ALERT_EMAIL"] == COMPLETE["ADMIN_EMAIL"]
    assert problems(given, None)[-1] == "there is no .env: infra/setup.sh makes it"
    (tmp_path / ".env").mkdir()
    assert problems(given, None, **COMPLETE) == [".env cannot be read: Is a directory"]


def test_the_environment_names_no_other_project(given: Read) -> None:
    here, there = ("GOOGLE_CLOUD_PROJECT=escuela-prueba", "GOOGLE_CLOUD_PROJECT=another-project")
    assert given(here, **COMPLETE).overridden == []
    [found] = problems(given, there, **COMPLETE)
    assert found.startswith("the environment has another GOOGLE_CLOUD_PROJECT")


def test_a_language_of_the_machine_is_not_the_events(given: Read) -> None:
    machines = {**COMPLETE, "LANGUAGE": "es_AR:es"}
    assert given("", **machines).settings.language == "es"
    assert given("LANGUAGE=pt", **machines).settings.language == "pt"
    assert given("LANGUAGE=pt", **COMPLETE, LANGUAGE="en").settings.language == "pt"
    assert given("", **COMPLETE, LANGUAGE="en").settings.language == "en"
    [found] = problems(given, "LANGUAGE=fr", **COMPLETE)
    assert found.startswith("LANGUAGE ")


def test_environments_of_a_project_differ_by_prefix(given: Read) -> None:
    plain = given("", **COMPLETE)
    assert plain.named("list-events") == "list-events"
    found = given("NAME_PREFIX=fourteen-chars", **COMPLETE)
    assert found.named("list-events") == "fourteen-chars-list-events"
    assert len(found.named("payment-webhook")) == 30  # the longest id of a service account
    assert found.settings.refresh_token_secret == "fourteen-chars-calendar-refresh-token"
    assert found.settings.firestore_database == "fourteen-chars-classes"
    named = given("NAME_PREFIX=staging\nFIRESTORE_DATABASE=(default)", **COMPLETE)
    assert named.settings.firestore_database == "(default)"


def test_the_account_of_our_own_webhook_counts_as_unset(given: Read) -> None:
    account = "payment-webhook@escuela-prueba.iam.gserviceaccount.com"
    line = f"WEBHOOK_SERVICE_ACCOUNT={account}\n"
    assert "WEBHOOK_SERVICE_ACCOUNT" not in given(line, **COMPLETE).values
    assert given(f"{line}NAME_PREFIX=x", **COMPLETE).values["WEBHOOK_SERVICE_ACCOUNT"] == account


@pytest.mark.parametrize(
    ("text", "environ"), [("RECONCILE_SCHEDULE=", {}), ("", {"RECONCILE_SCHEDULE": ""})]
)
def test_without_a_schedule_nothing_is_scheduled(
    given: Read, text: str, environ: dict[str, str]
) -> None:
    assert given(text, **COMPLETE, **environ).values["RECONCILE_SCHEDULE"] == ""


def test_emulators_are_the_environments(given: Read) -> None:
    found = given("", **COMPLETE, FIRESTORE_EMULATOR_HOST="localhost:1")
    assert found.settings.firestore_emulator_host == "localhost:1"


def test_every_setting_is_in_the_example() -> None:
    example = (ROOT / ".env.example").read_text()
    named = set(re.findall(r"^(?:# )?([A-Z_]+)=", example, re.MULTILINE))
    assert named == IN_FILE - {"AUTH_GOOGLE_SECRET"}
