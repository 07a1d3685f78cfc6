"""infra/authorize.py against the stand-in's consent page, which is driven over HTTP."""

import os
import re
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
import requests

from infra.local.google import defaults
from infra.local.google.control import Control
from infra.local.processes import free_port, wait_until
from tests.conftest import ROOT, Serve
from tests.support.forked import Forked, forked
from tests.support.served import SETTINGS

TOKEN_SECRET = defaults.REFRESH_TOKEN_SECRET
PROJECT = SETTINGS["GOOGLE_CLOUD_PROJECT"]
OTHER = "other@example.com"


class ConsentPage:
    """What Google asks on its page: the boxes that are ticked, and the account it proposes."""

    def __init__(self, url: str) -> None:
        answer = requests.get(url, timeout=10)
        self.url, self.status, self.text = url, answer.status_code, answer.text
        self.boxes, self.accounts = self._checked("scope"), self._checked("account")

    def _checked(self, name: str) -> list[str]:
        return re.findall(f'name="{name}" value="([^"]+)" checked', self.text)

    def decide(
        self, decision: str = "allow", account: str | None = None, boxes: list[str] | None = None
    ) -> str:
        """Presses a button; returns the address that the browser is sent to."""
        form = {
            "decision": decision,
            "account": account or self.accounts[0],
            "scope": self.boxes if boxes is None else boxes,
        }
        answer = requests.post(self.url, data=form, allow_redirects=False, timeout=10)
        return answer.headers["Location"]


class Run:
    """The command under way."""

    def __init__(self, command: Forked, google: Control) -> None:
        self._command, self._google = command, google
        self.finish = command.finish

    @property
    def text(self) -> str:
        return self._command.output + self._command.errors

    def url(self) -> str:
        """The address that it asks to open."""
        assert wait_until(lambda: bool(self._urls()) or not self._command.is_running, 60)
        return self._urls()[0]

    def _urls(self) -> list[str]:
        return re.findall(r"^(http\S+)\n", self.text, re.MULTILINE)

    def page(self) -> ConsentPage:
        return ConsentPage(self.url())

    def consent(self, **decision: Any) -> requests.Response:
        """Presses a button of the page; answers what the browser shows in the end."""
        return follow(self.page().decide(**decision))

    def fails(self, words: str) -> None:
        """It says so, and nothing is stored."""
        assert self.finish() == 1
        assert words in self.text
        assert versions(self._google) == ["ENABLED"]


Start = Callable[..., Run]


@pytest.fixture
def uri(google: Control) -> str:
    """The registered redirect URI, of this machine."""
    uri = f"http://localhost:{free_port()}/"
    google.settings(redirect_uris=[uri])
    return uri


@pytest.fixture
def start(google: Control, uri: str, tmp_path: Path) -> Iterator[Start]:
    """Starts the command with the settings given."""
    runs: list[Run] = []
    with ExitStack() as running:

        def start(*arguments: str, **settings: str) -> Run:
            command = forked(
                "authorize",
                *("--wait", "60", *arguments),
                environ=environment(google, uri) | settings,
                directory=tmp_path / f"run-{len(runs)}",
            )
            runs.append(Run(running.enter_context(command), google))
            return runs[-1]

        yield start
    for run in runs:
        assert_reveals_nothing(run.text, google)


def environment(google: Control, uri: str) -> dict[str, str]:
    return {**SETTINGS, "GOOGLE_EMULATOR_URL": google.url, "GOOGLE_REDIRECT_URI": uri}


def assert_reveals_nothing(text: str, google: Control) -> None:
    assert "What to do" in text or "Done." in text
    for hidden in (*google.refresh_tokens(), defaults.CLIENT_SECRET, "ya29.", "code=4"):
        assert hidden not in text


def follow(location: str) -> requests.Response:
    """As the browser does, after something else has called at the same door."""
    stranger = requests.get(f"{location.partition('?')[0]}other?code=x", timeout=10)
    assert stranger.status_code == 404
    return requests.get(location, timeout=10)


def versions(google: Control) -> list[str]:
    """The states of the refresh token's versions, oldest first."""
    return [version["state"] for version in google.secrets().get(TOKEN_SECRET, [])]


def test_running_functions_use_the_new_token(serve: Serve, start: Start, google: Control) -> None:
    function = serve("list_events", EVENTS_CACHE_SECONDS=0)
    assert function.get().status == 200
    run = start()
    answer = run.consent()
    assert answer.status_code == 200
    assert "Google has answered" in answer.text
    assert run.finish() == 0
    assert versions(google) == ["DISABLED", "ENABLED"]

    google.revoke()
    google.expire_access_tokens()
    assert function.get().status == 200
    new = next(token for token in google.refresh_tokens() if token != defaults.REFRESH_TOKEN)
    assert google.requests("token")[-1]["body"]["refresh_token"] == new


def test_what_is_asked_for(start: Start, uri: str) -> None:
    run = start()
    asked = {name: values[0] for name, values in parse_qs(urlsplit(run.url()).query).items()}
    page = run.page()
    assert "No consent given" in follow(page.decide("deny")).text
    run.fails("consent was refused in the browser")
    assert page.accounts == [defaults.ACCOUNT]
    assert page.boxes == [defaults.CALENDAR_SCOPE]
    assert len(asked.pop("state")) > 20
    assert len(asked.pop("code_challenge")) == 43
    assert asked == {
        "response_type": "code",
        "client_id": defaults.CLIENT_ID,
        "redirect_uri": uri,
        "scope": f"openid https://www.googleapis.com/auth/userinfo.email {defaults.CALENDAR_SCOPE}",
        "code_challenge_method": "S256",
        "access_type": "offline",
        "prompt": "consent",
        "login_hint": defaults.ACCOUNT,
        "include_granted_scopes": "false",
    }


@pytest.mark.parametrize(
    ("decision", "role", "words"),
    [
        (
            {"account": OTHER},
            "owner",
            f"{OTHER} gave the consent, but ADMIN_EMAIL is {defaults.ACCOUNT}",
        ),
        ({"boxes": []}, "owner", "the box for the calendar's events was not ticked"),
        ({}, "reader", "may only read the calendar CALENDAR_ID (role reader)"),
    ],
)
def test_a_consent_that_is_not_enough(
    start: Start, google: Control, decision: dict[str, Any], role: str, words: str
) -> None:
    google.settings(accounts=[defaults.ACCOUNT, OTHER])
    google.put_calendar(defaults.CALENDAR_ID, roles={defaults.ACCOUNT: role})
    run = start()
    run.consent(**decision)
    run.fails(words)


@pytest.mark.parametrize(
    ("settings", "stored"),
    [
        ({"ADMIN_EMAIL": defaults.ACCOUNT.upper(), "CALENDAR_ID": defaults.CALENDAR_ID}, True),
        ({"AUTH_GOOGLE_SECRET": ""}, True),  # then Secret Manager's
        ({}, False),  # the first authorisation
    ],
)
def test_a_consent_that_is_enough(
    start: Start, google: Control, settings: dict[str, str], stored: bool
) -> None:
    if not stored:
        google.replace_secrets(PROJECT, {TOKEN_SECRET: []})
    run = start(**settings)
    run.consent(account=defaults.ACCOUNT)
    assert run.finish() == 0
    assert versions(google) == (["DISABLED", "ENABLED"] if stored else ["ENABLED"])


def test_a_page_that_calls_the_redirect_does_not_end_the_wait(start: Start, uri: str) -> None:
    """Any page can. What Google answers counts all the same."""
    run = start()
    location = run.page().decide()
    for forged in ({"code": "forged", "state": "forged"}, {"error": "forged"}):
        assert requests.get(f"{uri}?{urlencode(forged)}", timeout=10).status_code == 404
    follow(location)
    assert run.finish() == 0


def test_a_code_that_was_used_already(start: Start, google: Control) -> None:
    run = start()
    location = run.page().decide()
    code = parse_qs(urlsplit(location).query)["code"][0]
    spent = {
        "grant_type": "authorization_code",
        "client_id": defaults.CLIENT_ID,
        "client_secret": defaults.CLIENT_SECRET,
        "code": code,
    }
    requests.post(f"{google.url}/token", data=spent, timeout=10)
    follow(location)
    run.fails("already used or has expired (invalid_grant)")


def test_an_app_in_testing(start: Start, google: Control) -> None:
    google.settings(testing=True)
    run = start()
    run.consent()
    assert run.finish() == 0
    assert "WARNING: this token expires in 7 days" in run.text
    assert "Publish the app" in run.text


def test_a_redirect_uri_that_is_not_registered(start: Start, google: Control, uri: str) -> None:
    google.settings(redirect_uris=[defaults.REDIRECT_URI])
    run = start("--wait", "1")
    page = run.page()
    assert (page.status, "redirect_uri_mismatch" in page.text) == (400, True)
    run.fails("Still waiting for the browser.")
    assert run.text.count(f"register {uri} exactly like this") == 2


def test_a_port_that_is_taken(start: Start, uri: str) -> None:
    with socket.create_server(("127.0.0.1", urlsplit(uri).port or 0)):
        start().fails(f"port {urlsplit(uri).port} of GOOGLE_REDIRECT_URI cannot be used")


NO_REFRESH_TOKEN = {"access_token": "x", "expires_in": 3599, "token_type": "Bearer"}


@pytest.mark.parametrize(
    ("operation", "fault", "words"),
    [
        ("token", {"kind": "drop"}, "token endpoint does not answer"),
        (
            "token",
            {"status": 503, "body": "<html>"},
            "for the consent (503)",
        ),
        ("token", {"status": 200, "body": NO_REFRESH_TOKEN}, "Google gave no refresh token"),
        ("certs", {"status": 200, "body": {}}, "cannot be verified"),
        ("addVersion", {"status": 403}, "roles/secretmanager.secretVersionManager"),
    ],
)
def test_google_lets_us_down_after_the_consent(
    start: Start, google: Control, operation: str, fault: dict[str, Any], words: str
) -> None:
    run = start()
    page = run.page()
    google.fault(operation, **{"kind": "status", **fault})
    follow(page.decide())
    run.fails(words)


def test_a_wrong_client_secret(start: Start) -> None:
    run = start(AUTH_GOOGLE_SECRET="wrong")
    run.consent()
    run.fails("or its secret is wrong (invalid_client)")


def test_a_secret_that_is_missing(start: Start, google: Control) -> None:
    google.replace_secrets(PROJECT, {})
    run = start()
    assert run.finish() == 1
    assert f"there is no secret {TOKEN_SECRET} in the project {PROJECT}" in run.text
    assert "run infra/project.sh" in run.text
    assert "http://localhost" not in run.text  # the admin is not asked in vain


def test_a_token_that_fails_its_trial_is_taken_back(
    serve: Serve, start: Start, google: Control
) -> None:
    google.fault("list", "status", skip=1, status=403, reason="forbidden")
    run = start()
    run.consent()
    assert run.finish() == 1
    assert "version 2 is disabled; the previous token is in use again" in run.text
    assert versions(google) == ["ENABLED", "DISABLED", "ENABLED"]
    assert serve("list_events").get().status == 200


def test_somebody_else_stores_a_token_at_the_same_moment(start: Start, google: Control) -> None:
    google.fault("secret", "delay", skip=1, seconds=1)
    run = start()
    run.consent()
    assert wait_until(lambda: "addVersion" in google.counts(), 30)
    google.add_secret_version(defaults.REFRESH_TOKEN)
    assert run.finish() == 1
    assert "version 2 is disabled; the newer one stays in use" in run.text
    assert versions(google) == ["ENABLED", "DISABLED", "ENABLED"]


def test_an_old_version_that_cannot_be_disabled(start: Start, google: Control) -> None:
    google.fault("disableVersion", "status", status=403, reason="PERMISSION_DENIED")
    run = start()
    run.consent()
    assert run.finish() == 1
    assert "the new token is in use, but version 1 is still enabled" in run.text
    assert f"gcloud secrets versions disable 1 --secret={TOKEN_SECRET}" in run.text


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The repository as far as the command needs it, without a .env."""
    clone = tmp_path_factory.mktemp("clone")
    ignored = shutil.ignore_patterns("__pycache__", "local", "examples", "alerts", "*.sh")
    for name in ("infra", "shared"):
        shutil.copytree(ROOT / name, clone / name, ignore=ignored)
    return clone


def test_settings_that_are_missing(clone: Path) -> None:
    (clone / ".env").write_text("CALENDAR_ID=x@y  # ours\njust words\n")
    outcome = run_in(clone, {})
    assert (outcome.returncode, outcome.stdout) == (2, "")
    assert ".env, line 2: not KEY=VALUE" in outcome.stderr
    assert "ADMIN_EMAIL is not set" in outcome.stderr
    assert "CALENDAR_ID" not in outcome.stderr


def test_no_credentials_on_this_machine(clone: Path, tmp_path: Path, google: Control) -> None:
    (clone / ".env").unlink(missing_ok=True)
    settings = environment(google, defaults.REDIRECT_URI) | {"GOOGLE_EMULATOR_URL": ""}
    nothing = {"HOME": str(tmp_path), "NO_GCE_CHECK": "true"}
    outcome = run_in(clone, settings | nothing)
    assert outcome.returncode == 1
    assert outcome.stderr == (
        "authorize.py: there are no Google Cloud credentials on this machine.\n"
        "What to do: gcloud auth application-default login.\n"
    )


def test_the_redirected_address_is_pasted(clone: Path, google: Control, tmp_path: Path) -> None:
    """As somebody types it: settings from .env, a browser, and an address of the school's."""
    uri = "https://school.example/callback"
    google.settings(redirect_uris=[uri])
    lines = (f'{key}="{value}"\n' for key, value in environment(google, uri).items())
    (clone / ".env").write_text("".join(line for line in lines if "EMULATOR" not in line))
    browser = tmp_path / "browser"
    browser.write_text(f'#!/bin/sh\nprintf %s "$1" >{tmp_path}/opened\n')
    browser.chmod(0o755)
    environ = {
        "BROWSER": str(browser),
        "ADMIN_EMAIL": OTHER,
        "GOOGLE_EMULATOR_URL": google.url,
    }
    google.settings(accounts=[defaults.ACCOUNT, OTHER])
    google.put_calendar(defaults.CALENDAR_ID, roles={OTHER: "writer"})

    pipe = subprocess.PIPE
    with subprocess.Popen(
        command_in(clone), env=environ, text=True, stdin=pipe, stdout=pipe, stderr=pipe
    ) as process:
        opened = tmp_path / "opened"
        try:
            assert wait_until(lambda: opened.exists() and bool(opened.read_text()), 30)
            location = ConsentPage(opened.read_text()).decide()
            output, errors = process.communicate(f"{location}\n", timeout=30)
        finally:
            process.kill()
    assert (process.returncode, errors) == (0, "")
    assert opened.read_text() in output
    assert "Note: ADMIN_EMAIL comes from the environment, not from .env" in output
    assert f"{OTHER} gave consent and is writer of the calendar." in output
    assert_reveals_nothing(output, google)


@pytest.mark.parametrize(
    ("query", "words"),
    [("", "it has no code"), ("?code=forged&state=forged", "belong to this request (state)")],
)
def test_something_else_is_pasted(
    clone: Path, google: Control, uri: str, query: str, words: str
) -> None:
    (clone / ".env").unlink(missing_ok=True)
    text = f"https://school.example/{query}\n"
    outcome = run_in(clone, environment(google, uri), "--paste", stdin=text)
    assert outcome.returncode == 1
    assert words in outcome.stderr
    assert "token" not in google.counts()
    assert versions(google) == ["ENABLED"]


def command_in(clone: Path) -> list[str]:
    return [sys.executable, str(clone / "infra/authorize.py")]


def run_in(
    clone: Path, environ: dict[str, str], *arguments: str, stdin: str = ""
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*command_in(clone), *arguments],
        env={"PATH": os.environ["PATH"], **environ},
        input=stdin,
        capture_output=True,
        text=True,
        timeout=30,
    )
