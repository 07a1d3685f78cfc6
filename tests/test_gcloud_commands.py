"""Every gcloud command of the scripts, the alerts and the examples, read by the real gcloud."""

import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.support.real_gcloud import RealGcloud, needs_gcloud
from tests.support.workspace import PROJECT, ROOT, Workspace

VERBS = {
    *("add", "add-iam-policy-binding", "create", "deploy", "describe", "enable", "execute"),
    *("get-iam-policy", "http", "list", "remove-iam-policy-binding", "update"),
}

pytestmark = needs_gcloud


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    return Workspace(tmp_path_factory.mktemp("commands"))


@pytest.fixture(scope="module")
def gcloud(workspace: Workspace, tmp_path_factory: pytest.TempPathFactory) -> RealGcloud:
    return RealGcloud(tmp_path_factory.mktemp("config"), workspace.root)


@pytest.fixture(scope="module")
def commands(workspace: Workspace) -> list[list[str]]:
    """What the scripts, run twice, and the commands of the README have called; one command for
    each set of flags."""
    for held in ("30", "0"):
        assert workspace.run("infra/project.sh", HOLD_MAX_MINUTES=held).returncode == 0
    # Nothing answers there: deploy.sh fails in the end, with all its commands behind it.
    workspace.set_state(url="http://127.0.0.1:1")
    workspace.run("./deploy.sh")
    (workspace.root / "scheduling").mkdir()
    for directory in ("alerts", "mercado_pago_webhook", "examples/hold_and_pay"):
        readme = (ROOT / "infra" / directory / "README.md").read_text()
        blocks = re.findall("```sh\n(.*?)```", readme, re.DOTALL)
        commands = "\n".join(block for block in blocks if "uv pip" not in block)
        workspace.run("bash", "-c", commands.replace("my-project", PROJECT), TMPDIR="scheduling")
    distinct = {shape(call): call for call in workspace.state["calls"]}
    return list(distinct.values())


def shape(call: list[str]) -> tuple[str, ...]:
    """The command's own words and the names of its flags, without the names of things."""
    verb = max(position for position, word in enumerate(call) if word in VERBS)
    flags = {word.partition("=")[0] for word in call if word.startswith("--")}
    return (*call[: verb + 1], *sorted(flags))


@pytest.mark.timeout(300)
def test_gcloud_understands_every_command(commands: list[list[str]], gcloud: RealGcloud) -> None:
    assert 20 < len(commands) < 38  # each takes a second
    with ThreadPoolExecutor(2) as pool:
        complaints = list(pool.map(gcloud.complaint, commands))
    assert "\n".join(filter(None, complaints)) == ""


@pytest.mark.parametrize("mistake", ["--bogus", "unknown-word"])
def test_a_mistake_is_noticed(gcloud: RealGcloud, mistake: str) -> None:
    assert mistake in gcloud.complaint(["services", mistake])


def test_gcloud_would_upload_nothing_but_the_function(
    workspace: Workspace, gcloud: RealGcloud
) -> None:
    for name in (".env", "key.json", "functions/create_event/.env", "shared/key.pem"):
        (workspace.root / name).write_text("planted")
    assert workspace.run("./deploy.sh", "--package", "upload").returncode == 0
    source = str(workspace.root / "upload" / "create_event")
    listed = gcloud.run("meta", "list-files-for-upload", source).stdout.split()
    packaged = {str(path.relative_to(source)) for path in Path(source).rglob("*.*")}
    assert set(listed) == packaged


def test_the_scheduled_reconcile_has_all_it_needs(
    workspace: Workspace, commands: list[list[str]]
) -> None:
    [deployed] = [call for call in commands if call[:4] == ["run", "jobs", "deploy", "reconcile"]]
    [source] = [word.removeprefix("--source=") for word in deployed if "--source=" in word]
    command = (workspace.root / source / "Procfile").read_text().removeprefix("web: python ")
    started = subprocess.run(
        [sys.executable, "-I", *command.split(), "--help"],
        cwd=workspace.root / source,
        capture_output=True,
        text=True,
    )
    assert started.returncode == 0, started.stderr
