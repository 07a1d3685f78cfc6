"""infra/setup.sh from a clean clone, against a recorded gcloud, the stand-in for Google and a
browser that consents."""

import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from infra.local.google import defaults
from infra.local.google.control import Control
from infra.local.processes import free_port
from tests.support import consenting_browser
from tests.support.workspace import (
    CLIENT_SECRET,
    MERCADO_PAGO_SECRET,
    MERCADO_PAGO_TOKEN,
    PROJECT,
    SECRETS,
    SETTINGS,
    Workspace,
)

SCRIPT = "infra/setup.sh"
TOKEN_SECRET = defaults.REFRESH_TOKEN_SECRET

Setup = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="module")
def shared_workspace(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    workspace = Workspace(tmp_path_factory.mktemp("setup"))
    workspace.install_packages()
    return workspace


@pytest.fixture
def workspace(shared_workspace: Workspace) -> Workspace:
    """A clean clone and an empty project."""
    shared_workspace.reset()
    for file in shared_workspace.root.glob("*.env"):
        file.unlink()
    return shared_workspace


@pytest.fixture
def answers() -> dict[str, str]:
    """What is typed, by the setting asked for, in order; empty takes the default."""
    return {
        "GOOGLE_CLOUD_PROJECT": PROJECT,
        "REGION": "",
        "ADMIN_EMAIL": defaults.ACCOUNT,
        "CALENDAR_ID": "",
        "AUTH_GOOGLE_ID": defaults.CLIENT_ID,
        "WEBHOOK_SERVICE_ACCOUNT": "",
    }


@pytest.fixture
def setup(workspace: Workspace, google: Control) -> Setup:
    """Runs it with lines on its standard input, until it ends with `status`; then gcloud sees what
    the stand-in holds."""
    uri = f"http://localhost:{free_port()}/"
    google.settings(redirect_uris=[uri])
    browser = f"{sys.executable} {consenting_browser.__file__} %s &"

    def run(
        *arguments: str, lines: str = "", status: int = 0, **environment: str
    ) -> subprocess.CompletedProcess[str]:
        environ = {
            "GOOGLE_EMULATOR_URL": google.url,
            "BROWSER": browser,
            "GOOGLE_REDIRECT_URI": uri,
        }
        done = workspace.run(SCRIPT, *arguments, stdin=lines, **environ | environment)
        assert done.returncode == status, done.stdout + done.stderr
        if "Done. Running functions" in done.stdout:
            stored = {TOKEN_SECRET, f"staging-{TOKEN_SECRET}"} & workspace.state["secrets"].keys()
            for name in stored:
                workspace.set_state(secrets=workspace.state["secrets"] | {name: ["a token"]})
        return done

    return run


def settings(file: Path) -> dict[str, str]:
    lines = re.findall(r"^([A-Z_]+)=(.*)$", file.read_text(), re.MULTILINE)
    return dict(lines)


def test_once_and_again(
    workspace: Workspace, setup: Setup, answers: dict[str, str], google: Control
) -> None:
    done = setup(lines="\n".join([*answers.values(), SECRETS]))
    file = workspace.root / ".env"
    assert file.stat().st_mode & 0o777 == 0o600
    expected = {**answers, "REGION": "southamerica-east1", "CALENDAR_ID": defaults.ACCOUNT}
    kept = settings(file)
    assert kept.pop("GOOGLE_REDIRECT_URI") in done.stdout
    assert kept == expected | {"HOLD_MAX_MINUTES": "30"}
    assert "# TIME_ZONE=America/Argentina/Buenos_Aires" in file.read_text()
    held = workspace.state["secrets"]
    assert held["calendar-client-secret"] == [CLIENT_SECRET]
    assert held["mercado-pago-access-token"] == [MERCADO_PAGO_TOKEN]
    assert held["mercado-pago-webhook-secret"] == [MERCADO_PAGO_SECRET]
    for secret in SECRETS.splitlines():
        assert secret not in done.stdout + done.stderr + file.read_text()
        assert secret not in str(workspace.state["calls"])
    assert len(google.refresh_tokens()) == 2
    for words in (
        "Next: ./deploy.sh\n",
        f"https://console.cloud.google.com/auth/audience?project={PROJECT}",
        "https://mercado-pago-webhook-4711.southamerica-east1.run.app",
    ):
        assert words in done.stdout

    file.write_text(file.read_text() + "# a comment of the school's\n")
    before = file.read_text()
    assert setup().stderr == ""
    assert file.read_text() == before
    assert len(google.refresh_tokens()) == 2
    assert workspace.state["secrets"] == held


def test_each_run_asks_only_for_what_is_missing(
    workspace: Workspace, setup: Setup, answers: dict[str, str], google: Control
) -> None:
    """It stops after every answer in turn, while it prepares the project, and in the consent."""
    for number, (name, answer) in enumerate(answers.items()):
        done = setup(lines=f"{answer}\n", status=1)
        following = [*answers, "no OAuth2 client secret"][number + 1]
        assert f"\n{following}" in done.stderr
        assert name in settings(workspace.root / ".env")
    workspace.set_state(fail_after=8)
    setup(lines=SECRETS, status=1)
    workspace.set_state(fail_after=None)
    google.fault("token", "status", status=503)
    stopped = setup(status=1)
    assert "not done: take the admins consent" in stopped.stderr
    google.clear_faults()
    setup()
    assert len(workspace.state["secrets"]["mercado-pago-webhook-secret"]) == 1


def test_a_wrong_answer_is_asked_for_again_at_once(
    workspace: Workspace, setup: Setup, answers: dict[str, str]
) -> None:
    wrong = {
        "GOOGLE_CLOUD_PROJECT": "My Project",
        "REGION": "Buenos Aires",
        "ADMIN_EMAIL": "admin",
        "CALENDAR_ID": "https://calendar.google.com/calendar",
        "AUTH_GOOGLE_ID": CLIENT_SECRET,
        "WEBHOOK_SERVICE_ACCOUNT": "webhook",
    }
    lines = [line for name, answer in answers.items() for line in (wrong[name], answer)]
    done = setup(lines="\n".join([*lines, ""]), status=1)
    assert "no OAuth2 client secret given" in done.stderr
    for name in wrong:
        assert re.search(f"^(.*: )?{name} (is not|is neither) ", done.stderr, re.MULTILINE), name
    kept = settings(workspace.root / ".env")
    assert not set(wrong.values()) & set(kept.values())


def test_answers_from_the_environment(
    workspace: Workspace, setup: Setup, answers: dict[str, str]
) -> None:
    given = {**answers, "REGION": "europe-west1", "CALENDAR_ID": "primary"}
    token, secret = {"MERCADO_PAGO_ACCESS_TOKEN": MERCADO_PAGO_TOKEN}, {}
    secret = {"AUTH_GOOGLE_SECRET": defaults.CLIENT_SECRET, **token}
    secret["MERCADO_PAGO_WEBHOOK_SECRET"] = MERCADO_PAGO_SECRET
    setup(**given, **secret)
    assert given.items() <= settings(workspace.root / ".env").items()
    assert not set(secret.values()) & set(settings(workspace.root / ".env").values())


def test_defaults_are_what_gcloud_is_set_to(workspace: Workspace, setup: Setup) -> None:
    configured = {"project": PROJECT, "account": defaults.ACCOUNT, "run/region": "europe-west1"}
    workspace.set_state(configured=configured)
    done = setup(lines="\n\n\n\n", status=1)
    assert "AUTH_GOOGLE_ID is not given" in done.stderr
    kept = settings(workspace.root / ".env")
    assert kept["GOOGLE_CLOUD_PROJECT"] == PROJECT
    assert kept["REGION"] == "europe-west1"
    assert kept["ADMIN_EMAIL"] == kept["CALENDAR_ID"] == defaults.ACCOUNT


def test_dry_run_writes_nothing_and_calls_nothing_that_changes(
    workspace: Workspace, setup: Setup, answers: dict[str, str]
) -> None:
    done = setup("--dry-run", lines="\n".join([*answers.values(), ""]))
    assert not (workspace.root / ".env").exists()
    assert {tuple(call[:2]) for call in workspace.state["calls"]} <= {("config", "get")}
    for words in ("gcloud services enable", "infra/authorize.py --env ", "https://mercado-pago-"):
        assert words in done.stdout


def test_a_second_environment(
    workspace: Workspace, setup: Setup, answers: dict[str, str], google: Control
) -> None:
    answered = list(answers.values())
    lines = "\n".join([*answered[:2], "", *answered[2:], SECRETS])
    for secret, value in (
        ("staging-calendar-client-secret", defaults.CLIENT_SECRET),
        (f"staging-{TOKEN_SECRET}", "a token of before"),
    ):
        google.add_secret_version(value, secret)
    done = setup("--env", "staging.env", lines=lines)
    assert not (workspace.root / ".env").exists()
    assert settings(workspace.root / "staging.env")["NAME_PREFIX"] == "staging"
    assert "Next: ./deploy.sh --env staging.env" in done.stdout
    assert all(name.startswith("staging-") for name in workspace.state["secrets"])


def test_a_webhook_of_the_schools_own(
    workspace: Workspace, setup: Setup, answers: dict[str, str]
) -> None:
    answers["WEBHOOK_SERVICE_ACCOUNT"] = SETTINGS["WEBHOOK_SERVICE_ACCOUNT"]
    done = setup(lines="\n".join([*answers.values(), CLIENT_SECRET]))
    assert "Mercado Pago" not in done.stdout
    assert workspace.state["secrets"].keys() == {TOKEN_SECRET, "calendar-client-secret"}


def test_a_file_with_a_mistake_stays_as_it_is(workspace: Workspace, setup: Setup) -> None:
    (workspace.root / ".env").write_text("CALENDER_ID=x\n")
    done = setup(lines=f"{PROJECT}\n", status=2)
    assert ".env, line 1: CALENDER_ID is not a setting" in done.stderr
    assert (workspace.root / ".env").read_text() == "CALENDER_ID=x\n"


def test_help_and_an_unknown_argument(workspace: Workspace) -> None:
    for script in (SCRIPT, "infra/rotate.sh"):
        assert "Exit status: 0" in workspace.run(script, "--help").stdout
        assert workspace.run(script, "--drye-run").returncode == 2
    assert workspace.state["calls"] == []
