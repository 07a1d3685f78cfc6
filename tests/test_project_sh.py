"""infra/project.sh, to its end and from every failure, against a recorded gcloud."""

import copy
import re
import shutil
import sys
from collections.abc import Iterator
from typing import Any

import pytest

from tests.support.workspace import CLIENT_SECRET, PROJECT, ROOT, SETTINGS, Workspace

SCRIPT = "infra/project.sh"


@pytest.fixture(scope="module")
def shared_workspace(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    return Workspace(tmp_path_factory.mktemp("project"))


@pytest.fixture(scope="module")
def complete(shared_workspace: Workspace) -> dict[str, Any]:
    """The project after one run."""
    result = shared_workspace.run(SCRIPT)
    assert result.returncode == 0, result.stderr
    return shared_workspace.state


@pytest.fixture
def workspace(shared_workspace: Workspace) -> Iterator[Workspace]:
    """With an empty project."""
    shared_workspace.reset()
    yield shared_workspace
    shared_workspace.write_env(SETTINGS)


def made(state: dict[str, Any]) -> dict[str, Any]:
    """What is in the project, without the record of the calls and what a retry has used up."""
    kinds = ("databases", "secrets", "bindings", "channels", "policies")
    return {kind: copy.deepcopy(state[kind]) for kind in kinds} | {
        "apis": sorted(set(state["apis"])),
        "accounts": sorted(state["accounts"]),
        "metrics": {name: metric["config"] for name, metric in state["metrics"].items()},
    }


def test_prepares_an_empty_project(complete: dict[str, Any]) -> None:
    project = made(complete)
    assert project["databases"] == {"(default)": "southamerica-east1"}
    assert project["accounts"] == [
        f"{name}@{PROJECT}.iam.gserviceaccount.com"
        for name in ("calendar-build", "create-event", "list-events", "webhook")
    ]
    assert project["secrets"] == {
        "calendar-refresh-token": [],
        "calendar-client-secret": [CLIENT_SECRET],
    }
    assert list(project["channels"].values()) == [SETTINGS["ADMIN_EMAIL"]]
    for kind in ("metrics", "policies"):
        files = {path.stem for path in (ROOT / "infra" / "alerts" / kind).iterdir()}
        assert {name.removeprefix("policies/") for name in project[kind]} == files
        assert files


def test_gives_each_account_its_rights_and_no_other(complete: dict[str, Any]) -> None:
    rights = {
        (resource, role, member.removeprefix("serviceAccount:").partition("@")[0], condition)
        for resource, role, member, condition in complete["bindings"]
    }
    accessor = "roles/secretmanager.secretAccessor"
    database = f"projects/{PROJECT}/databases/(default)"
    only_database = f'expression=resource.name=="{database}",title=virtual-classes-database'
    assert rights == {
        ("secrets/calendar-refresh-token", accessor, "list-events", "None"),
        ("secrets/calendar-client-secret", accessor, "list-events", "None"),
        ("secrets/calendar-refresh-token", accessor, "create-event", "None"),
        ("secrets/calendar-client-secret", accessor, "create-event", "None"),
        (f"projects/{PROJECT}", "roles/datastore.user", "create-event", only_database),
        (f"projects/{PROJECT}", "roles/datastore.viewer", "list-events", only_database),
        (f"projects/{PROJECT}", "roles/cloudbuild.builds.builder", "calendar-build", "None"),
    }


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
        assert workspace.run(SCRIPT, FIRESTORE_DATABASE=database).returncode == 0
    assert [role for role, _ in of_list_events(workspace)] == ["roles/datastore.viewer"] * 2
    for _ in range(2):
        assert workspace.run(SCRIPT, HOLD_MAX_MINUTES="0").returncode == 0
        assert of_list_events(workspace) == []
    removed = [call for call in workspace.state["calls"] if "remove-iam-policy-binding" in call]
    assert len(removed) == 1
    assert len(workspace.state["bindings"]) == len(complete["bindings"])  # and one more database


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
    """Every run fails right after its first change, so that there is one after every change; but
    for the last alerts, each of which is made like the first two."""
    failures: list[list[str]] = []
    while failures.count(["create alert policies"]) < 3:
        workspace.set_state(fail_after=1)
        result = workspace.run(SCRIPT)
        assert "planned failure" in result.stderr
        failures.append(re.findall("^not done: (.*)$", result.stderr, re.MULTILINE))
        assert len(failures) < 50
    workspace.set_state(fail_after=None)
    assert workspace.run(SCRIPT).returncode == 0
    assert made(workspace.state) == made(complete)
    every_step = failures[0]
    assert {unfinished[0] for unfinished in failures} == set(every_step)


def test_what_dry_run_prints_does_the_same_when_pasted(
    workspace: Workspace, complete: dict[str, Any]
) -> None:
    printed = workspace.run(SCRIPT, "--dry-run")
    assert workspace.state["calls"] == []
    (workspace.root / "printed.sh").write_text(printed.stdout)
    for _ in range(2):
        # Whoever pastes them tries again what was refused for being too early.
        workspace.run("bash", "printed.sh")
    pasted, expected = made(workspace.state), made(complete)
    assert sorted(pasted.pop("bindings")) == sorted(expected.pop("bindings"))
    assert pasted == expected


@pytest.mark.parametrize("arguments", [[], ["--dry-run"]])
def test_reveals_no_secret(workspace: Workspace, arguments: list[str]) -> None:
    workspace.write_env(SETTINGS | {"AUTH_GOOGLE_SECRET": CLIENT_SECRET})
    result = workspace.run(SCRIPT, *arguments, stdin="")
    assert result.returncode == 0, result.stderr
    assert CLIENT_SECRET not in result.stdout + result.stderr
    assert CLIENT_SECRET not in str(workspace.state["calls"])


def test_an_empty_client_secret_is_not_stored(workspace: Workspace) -> None:
    result = workspace.run(SCRIPT, stdin="\n")
    assert result.returncode == 1
    assert "no OAuth2 client secret given" in result.stderr
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
