"""infra/project.sh, to its end and from every failure, against a recorded gcloud."""

import copy
import re
import shutil
import sys
from typing import Any

import pytest

from tests.support.workspace import (
    CLIENT_SECRET,
    MERCADO_PAGO_SECRET,
    MERCADO_PAGO_TOKEN,
    PROJECT,
    ROOT,
    SECRETS,
    SETTINGS,
    Workspace,
)

SCRIPT = "infra/project.sh"
OUR_WEBHOOK = {"WEBHOOK_SERVICE_ACCOUNT": "", "HOLD_MAX_MINUTES": "30"}
GIVEN = {
    "AUTH_GOOGLE_SECRET": CLIENT_SECRET,
    "MERCADO_PAGO_ACCESS_TOKEN": MERCADO_PAGO_TOKEN,
    "MERCADO_PAGO_WEBHOOK_SECRET": MERCADO_PAGO_SECRET,
}
ACCOUNTS = ["calendar-build", "create-event", "list-events", "payment-webhook", "reconcile"]


@pytest.fixture(scope="module")
def shared_workspace(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    return Workspace(tmp_path_factory.mktemp("project"))


@pytest.fixture(scope="module")
def complete(shared_workspace: Workspace) -> dict[str, Any]:
    """The project after one run."""
    shared_workspace.write_env(SETTINGS | OUR_WEBHOOK)
    shared_workspace.succeed(SCRIPT)
    return shared_workspace.state


@pytest.fixture
def workspace(shared_workspace: Workspace) -> Workspace:
    """With an empty project."""
    shared_workspace.reset()
    shared_workspace.write_env(SETTINGS | OUR_WEBHOOK)
    return shared_workspace


def made(state: dict[str, Any]) -> dict[str, Any]:
    """What is in the project, without the record of the calls and what a retry has used up."""
    kinds = ("databases", "repositories", "secrets", "bindings", "channels", "policies")
    return {kind: copy.deepcopy(state[kind]) for kind in kinds} | {
        "apis": sorted(set(state["apis"])),
        "accounts": sorted(state["accounts"]),
        "metrics": {name: metric["config"] for name, metric in state["metrics"].items()},
    }


def test_prepares_an_empty_project(complete: dict[str, Any]) -> None:
    project = made(complete)
    assert project["databases"] == {"(default)": ["southamerica-east1", True]}
    assert len(project["repositories"]["virtual-classes"]["policies"]) == 2
    assert project["accounts"] == [
        f"{name}@{PROJECT}.iam.gserviceaccount.com" for name in (*ACCOUNTS, "webhook")
    ]
    assert project["secrets"] == {
        "calendar-refresh-token": [],
        "calendar-client-secret": [CLIENT_SECRET],
        "mercado-pago-access-token": [MERCADO_PAGO_TOKEN],
        "mercado-pago-webhook-secret": [MERCADO_PAGO_SECRET],
    }
    assert list(project["channels"].values()) == [SETTINGS["ADMIN_EMAIL"]]
    for kind in ("metrics", "policies"):
        files = {path.stem for path in (ROOT / "infra" / "alerts" / kind).iterdir()}
        assert {name.removeprefix("policies/") for name in project[kind]} == files
        assert files


def rights(state: dict[str, Any]) -> set[tuple[str, str, str, str]]:
    return {
        (resource, role, member.removeprefix("serviceAccount:").partition("@")[0], condition)
        for resource, role, member, condition in state["bindings"]
    }


def test_gives_each_account_its_rights_and_no_other(complete: dict[str, Any]) -> None:
    accessor = "roles/secretmanager.secretAccessor"
    database = f"projects/{PROJECT}/databases/(default)"
    only_database = f'expression=resource.name=="{database}",title=virtual-classes-database'
    assert rights(complete) == {
        *(
            (f"secrets/calendar-{secret}", accessor, account, "None")
            for secret in ("refresh-token", "client-secret")
            for account in ("list-events", "create-event", "reconcile")
        ),
        ("secrets/mercado-pago-access-token", accessor, "payment-webhook", "None"),
        ("secrets/mercado-pago-access-token", accessor, "reconcile", "None"),
        ("secrets/mercado-pago-webhook-secret", accessor, "payment-webhook", "None"),
        (f"projects/{PROJECT}", "roles/datastore.user", "create-event", only_database),
        (f"projects/{PROJECT}", "roles/datastore.user", "reconcile", only_database),
        (f"projects/{PROJECT}", "roles/datastore.viewer", "payment-webhook", only_database),
        (f"projects/{PROJECT}", "roles/datastore.viewer", "list-events", only_database),
        (f"projects/{PROJECT}", "roles/cloudbuild.builds.builder", "calendar-build", "None"),
    }


def test_what_is_not_asked_for_is_not_prepared(workspace: Workspace) -> None:
    workspace.write_env(SETTINGS | {"RECONCILE_SCHEDULE": "", "HOLD_MAX_MINUTES": "0"})
    workspace.succeed(SCRIPT, stdin=CLIENT_SECRET)
    assert workspace.state["secrets"].keys() == {"calendar-refresh-token", "calendar-client-secret"}
    assert {account for _, _, account, _ in rights(workspace.state)} == set(ACCOUNTS[:3])
    assert "roles/datastore.viewer" not in str(workspace.state["bindings"])


def test_makes_the_queue_and_lets_the_webhook_cancel_where_that_is_asked_for(
    workspace: Workspace, complete: dict[str, Any]
) -> None:
    workspace.set_state(**complete)
    asked_for = {"CREATE_EVENT_QUEUE": "bookings", "CANCEL_REFUNDED": "yes"}
    for _ in range(2):
        workspace.succeed(SCRIPT, **asked_for)
    [(name, rates)] = workspace.state["queues"].items()
    assert (name, rates["max-attempts"], rates["min-backoff"]) == ("bookings", "unlimited", "15s")
    assert rates["max-dispatches-per-second"] == "2"
    added = {
        (resource.partition("@")[0], role, account)
        for resource, role, account, _ in rights(workspace.state) - rights(complete)
    }
    assert added == {
        ("queues/bookings", "roles/cloudtasks.enqueuer", "payment-webhook"),
        ("accounts/payment-webhook", "roles/iam.serviceAccountUser", "payment-webhook"),
        (f"projects/{PROJECT}", "roles/datastore.user", "payment-webhook"),
    }
    workspace.succeed(SCRIPT, CREATE_EVENT_QUEUE="bookings")
    left = {role for _, role, account, _ in rights(workspace.state) if account == "payment-webhook"}
    assert "roles/datastore.viewer" in left
    assert "roles/datastore.user" not in left


def test_environments_are_beside_each_other(workspace: Workspace, complete: dict[str, Any]) -> None:
    workspace.set_state(**complete)
    staging = SETTINGS | OUR_WEBHOOK | {"NAME_PREFIX": "staging"}
    workspace.write_env(staging, ".env.staging")
    for stdin in (SECRETS, ""):
        workspace.succeed(SCRIPT, "--env", ".env.staging", stdin=stdin)
    both, first = made(workspace.state), made(complete)
    for kind in ("databases", "repositories", "secrets", "metrics"):
        assert first[kind].items() <= both[kind].items()
        added = both[kind].keys() - first[kind].keys()
        named = [name.strip("()").replace("default", "classes") for name in first[kind]]
        assert added == {f"staging-{name}" for name in named}
    assert set(both["accounts"]) - set(first["accounts"]) == {
        f"staging-{name}@{PROJECT}.iam.gserviceaccount.com" for name in ACCOUNTS
    }
    added_rights = rights(workspace.state) - rights(complete)
    assert len(added_rights) == len(rights(complete))
    for resource, role, account, condition in added_rights:
        assert account.startswith("staging-")
        assert resource.startswith(("secrets/staging-", "projects/"))
        assert ("staging-classes" in condition) == role.startswith("roles/datastore.")
    names = {policy["displayName"]: policy["text"] for policy in both["policies"].values()}
    for name, text in names.items():
        is_ours = name.startswith("Virtual classes, staging: ")
        assert is_ours or name.startswith("Virtual classes: ")
        for thing in ("list-events", "create-event", "mercado-pago-webhook", "reconcile"):
            assert f'"staging-{thing}"' not in text or is_ours
            assert f'"{thing}"' not in text or not is_ours
        assert ("user/staging-" in text) == (is_ours and "user/" in text)
    assert len(names) == 2 * len(first["policies"])


def of_list_events(workspace: Workspace) -> list[tuple[str, str]]:
    """The rights of list-events in the project, beside those to its secrets."""
    return [
        (role, condition)
        for resource, role, member, condition in workspace.state["bindings"]
        if "list-events@" in member and not resource.startswith("secrets/")
    ]


def test_list_events_reads_the_classes_only_while_classes_are_held(
    workspace: Workspace, complete: dict[str, Any]
) -> None:
    workspace.set_state(**complete)
    for database in ("(default)", "school"):
        workspace.succeed(SCRIPT, FIRESTORE_DATABASE=database)
    assert [role for role, _ in of_list_events(workspace)] == ["roles/datastore.viewer"] * 2
    for _ in range(2):
        workspace.succeed(SCRIPT, HOLD_MAX_MINUTES="0")
        assert of_list_events(workspace) == []
    removed = [call for call in workspace.state["calls"] if "remove-iam-policy-binding" in call]
    assert len(removed) == 1
    # One of the first database is gone, three of another one have come.
    assert len(workspace.state["bindings"]) == len(complete["bindings"]) + 2


def test_dry_run_prints_that_right_and_its_removal(
    workspace: Workspace, complete: dict[str, Any]
) -> None:
    workspace.set_state(**complete)
    for held, roles in (("0", []), ("30", ["roles/datastore.viewer"])):
        printed = workspace.run(SCRIPT, "--dry-run", HOLD_MAX_MINUTES=held)
        (workspace.root / "printed.sh").write_text(printed.stdout)
        workspace.run("bash", "printed.sh")
        assert [role for role, _ in of_list_events(workspace)] == roles


def test_a_second_run_changes_nothing_but_an_edited_alert(
    workspace: Workspace, complete: dict[str, Any]
) -> None:
    workspace.set_state(**complete)
    file = workspace.root / "infra/alerts/policies/latency.yaml"
    before = file.read_text()
    file.write_text(before.replace("5000", "4000"))
    again = workspace.run(SCRIPT, stdin="")
    file.write_text(before)
    assert again.returncode == 0, again.stderr
    expected = made(complete)
    edited = expected["policies"]["policies/latency"]
    edited["text"] = edited["text"].replace("5000", "4000")
    assert made(workspace.state) == expected


def test_each_run_completes_what_a_failure_left(
    workspace: Workspace, complete: dict[str, Any]
) -> None:
    """Every run fails right after its second change; but for the last alerts, each of which is made
    like the first ones."""
    failures: list[list[str]] = []
    while failures.count(["create alert policies"]) < 2:
        workspace.set_state(fail_after=2)
        result = workspace.run(SCRIPT, **GIVEN)
        assert "planned failure" in result.stderr
        failures.append(re.findall("^not done: (.*)$", result.stderr, re.MULTILINE))
        assert len(failures) < 30
    workspace.set_state(fail_after=None)
    workspace.succeed(SCRIPT)
    assert made(workspace.state) == made(complete)
    interrupted = [unfinished[0] for unfinished in failures]
    assert len(set(interrupted)) >= 8, interrupted


def test_what_dry_run_prints_does_the_same_when_pasted(
    workspace: Workspace, complete: dict[str, Any]
) -> None:
    printed = workspace.run(SCRIPT, "--dry-run")
    assert workspace.state["calls"] == []
    (workspace.root / "printed.sh").write_text(printed.stdout)
    for stdin in SECRETS.splitlines():
        # Whoever pastes them gives a secret each time, and tries again what came too early.
        workspace.run("bash", "printed.sh", stdin=stdin)
    pasted, expected = made(workspace.state), made(complete)
    assert sorted(pasted.pop("bindings")) == sorted(expected.pop("bindings"))
    assert pasted == expected


@pytest.mark.parametrize("arguments", [[], ["--dry-run"]])
def test_reveals_no_secret(workspace: Workspace, arguments: list[str]) -> None:
    result = workspace.succeed(SCRIPT, *arguments, stdin="", **GIVEN)
    for secret in GIVEN.values():
        assert secret not in result.stdout + result.stderr
        assert secret not in str(workspace.state["calls"])


def test_what_is_no_secret_is_asked_for_again(workspace: Workspace) -> None:
    answers = ["short", CLIENT_SECRET, "APP_USR", MERCADO_PAGO_TOKEN, "x y", MERCADO_PAGO_SECRET]
    result = workspace.succeed(SCRIPT, stdin="\n".join(answers))
    for name in ("OAuth2 client secret", "Mercado Pago access token", "Mercado Pago secret sign"):
        assert f"that is no {name}" in result.stderr
    assert workspace.state["secrets"]["mercado-pago-webhook-secret"] == [MERCADO_PAGO_SECRET]
    url = "https://mercado-pago-webhook-4711.southamerica-east1.run.app"
    assert url in result.stderr


def test_an_empty_client_secret_is_not_stored(workspace: Workspace) -> None:
    result = workspace.run(SCRIPT, stdin="\n")
    assert result.returncode == 1
    assert "no OAuth2 client secret given" in result.stderr
    assert "that is no OAuth2" not in result.stderr
    assert workspace.state["secrets"]["calendar-client-secret"] == []


@pytest.mark.parametrize("script", [SCRIPT, "./deploy.sh"])
def test_names_every_problem_before_the_first_call(workspace: Workspace, script: str) -> None:
    (workspace.root / ".env").write_text(
        "GOOGLE_CLOUD_PROJECT=Not A Project\n"
        "CALENDER_ID=x\n"
        "touch planted\n"
        "AUTH_GOOGLE_ID=$(touch planted)|\n"
        "CREATE_LEASE_SECONDS=1\n"
    )
    result = workspace.run(script)
    assert result.returncode == 2
    for words in (
        "GOOGLE_CLOUD_PROJECT is not a project id",
        ".env, line 2: CALENDER_ID is not a setting",
        ".env, line 3: not KEY=VALUE",
        "AUTH_GOOGLE_ID holds a |",
        "CREATE_LEASE_SECONDS must be",
        "ADMIN_EMAIL is not set",
    ):
        assert f"{script.rpartition('/')[2]}: {words}" in result.stderr
    assert workspace.state["calls"] == []
    assert not (workspace.root / "planted").exists()


def test_values_are_passed_on_as_they_are(workspace: Workspace) -> None:
    workspace.write_env(
        SETTINGS | {"BUSY_CALENDAR_IDS": '"a  b#c$(x)="', "VIRTUAL_CLASS_COLLECTION": '"it\'s"'}
    )
    lines = workspace.run("./deploy.sh", "--dry-run", TIME_ZONE="UTC").stdout
    for words in (r"CALENDAR_IDS=a\ \ b#c\$\(x\)=\|", r"COLLECTION=it\'s", "TIME_ZONE=UTC"):
        assert words in lines


def test_what_is_not_installed_is_a_problem_too(workspace: Workspace) -> None:
    workspace.write_env(SETTINGS | {"REGION": "x"})
    (workspace.root / "bin").mkdir()
    for name in ("bash", "dirname", "cat"):
        (workspace.root / "bin" / name).symlink_to(str(shutil.which(name)))
    path = {"PATH": str(workspace.root / "bin")}
    without_python = workspace.run("/bin/bash", SCRIPT, **path)
    assert (without_python.returncode, without_python.stderr) == (
        2,
        "project.sh: Python 3.11 or newer is needed\n",
    )
    (workspace.root / "bin" / "python3").symlink_to(sys.executable)
    without_gcloud = workspace.run("/bin/bash", SCRIPT, **path)
    assert (without_gcloud.returncode, without_gcloud.stderr.splitlines()) == (
        2,
        [
            "project.sh: gcloud is not installed",
            "project.sh: curl is not installed",
            "project.sh: REGION is not a region",
        ],
    )


@pytest.mark.parametrize("script", [SCRIPT, "./deploy.sh"])
def test_another_file_can_be_named(workspace: Workspace, script: str) -> None:
    (workspace.root / ".env").rename(workspace.root / "infra" / "staging.env")
    called = [str(workspace.root / script), "--dry-run", "--env"]
    for name, status in (("staging.env", 0), ("missing.env", 2)):
        command = ["bash", "-c", 'cd infra && exec "$@"', "bash", *called, name]
        assert workspace.run(*command).returncode == status
    (workspace.root / "infra" / "staging.env").unlink()


def test_help_and_an_unknown_argument(workspace: Workspace) -> None:
    assert "--dry-run" in workspace.run(SCRIPT, "--help").stdout
    assert workspace.run(SCRIPT, "--drye-run").returncode == 2
    assert workspace.state["calls"] == []
