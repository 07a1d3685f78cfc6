"""infra/rotate.sh: what was before is disabled only once the new secret works."""

from collections.abc import Iterator
from typing import Any

import pytest

from infra.local.gateway import in_background
from tests.support.cloud_run import ANSWERS, LIST, WEBHOOK, CloudRun
from tests.support.workspace import SECRETS, SETTINGS, Workspace

SCRIPT = "infra/rotate.sh"
NEW = "APP_USR-1234567890-the-new-secret"
CLIENT_SECRET = "calendar-client-secret"


@pytest.fixture(scope="module")
def shared_workspace(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    workspace = Workspace(tmp_path_factory.mktemp("rotate"))
    workspace.write_env(SETTINGS | {"WEBHOOK_SERVICE_ACCOUNT": ""})
    return workspace


@pytest.fixture
def cloud_run(shared_workspace: Workspace) -> Iterator[CloudRun]:
    with CloudRun(shared_workspace) as server, in_background(server):
        yield server


@pytest.fixture(scope="module")
def deployed(shared_workspace: Workspace) -> dict[str, Any]:
    """A project with everything in it."""
    with CloudRun(shared_workspace) as server, in_background(server):
        shared_workspace.set_state(url=server.url)
        for script, stdin in (("infra/project.sh", SECRETS), ("./deploy.sh", "")):
            shared_workspace.succeed(script, stdin=stdin)
    return shared_workspace.state


@pytest.fixture
def workspace(
    shared_workspace: Workspace, cloud_run: CloudRun, deployed: dict[str, Any]
) -> Workspace:
    shared_workspace.set_state(**deployed | {"url": cloud_run.url, "calls": []})
    return shared_workspace


def revisions(workspace: Workspace) -> dict[str, int]:
    services = workspace.state["services"]
    return {name: len(service["revisions"]) for name, service in services.items()}


@pytest.mark.parametrize(
    ("name", "secret", "used_by"),
    [
        ("client-secret", CLIENT_SECRET, {"list-events", "create-event", WEBHOOK}),
        ("mercado-pago-access-token", "mercado-pago-access-token", {WEBHOOK}),
        ("mercado-pago-webhook-secret", "mercado-pago-webhook-secret", {WEBHOOK}),
    ],
)
def test_a_secret_is_exchanged(
    workspace: Workspace, name: str, secret: str, used_by: set[str]
) -> None:
    done = workspace.succeed(SCRIPT, name, stdin=f"{NEW}\n")
    assert workspace.state["secrets"][secret] == [None, NEW]
    anew = {service for service, number in revisions(workspace).items() if number == 2}
    assert anew == used_by
    assert NEW not in done.stdout + done.stderr + str(workspace.state["calls"])


def test_one_that_does_not_work_is_taken_back(workspace: Workspace, cloud_run: CloudRun) -> None:
    before = workspace.state["secrets"][CLIENT_SECRET]
    cloud_run.answers[LIST] = (503, '{"code": "reauthorization_required"}')
    failed = workspace.run(SCRIPT, "client-secret", stdin=f"{NEW}\n")
    assert failed.returncode == 1
    assert "the secret is again what it was" in failed.stderr
    assert workspace.state["secrets"][CLIENT_SECRET] == [*before, NEW, *before]
    assert workspace.state["services"][LIST]["serving"] == "list-events-00001"
    cloud_run.answers[LIST] = ANSWERS[LIST]
    workspace.succeed(SCRIPT, "client-secret", stdin=f"{NEW}\n")
    assert workspace.state["secrets"][CLIENT_SECRET] == [None, None, None, NEW]


def test_dry_run_calls_nothing(workspace: Workspace) -> None:
    printed = workspace.succeed(SCRIPT, "client-secret", "--dry-run", stdin="")
    assert workspace.state["calls"] == []
    for words in (
        f"gcloud secrets versions add {CLIENT_SECRET} --data-file=-",
        "gcloud run deploy list-events",
        f'gcloud secrets versions disable "$version" --secret={CLIENT_SECRET}',
    ):
        assert words in printed.stdout


@pytest.mark.parametrize("arguments", [(), ("another-secret",), ("--drye-run",)])
def test_wrong_arguments(workspace: Workspace, arguments: tuple[str, ...]) -> None:
    assert workspace.run(SCRIPT, *arguments).returncode == 2
    assert workspace.state["calls"] == []
