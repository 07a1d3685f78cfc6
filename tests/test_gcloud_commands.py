"""Every gcloud command of the scripts, the alerts and the examples, read by the real gcloud."""

import json
import re
import shlex
import shutil
from pathlib import Path

import pytest

from tests.support.real_gcloud import RealGcloud, needs_gcloud
from tests.support.workspace import PROJECT, ROOT, SETTINGS, Workspace

VERBS = {
    *("access", "add", "add-iam-policy-binding", "create", "create-oidc", "delete", "deploy"),
    *("describe", "detach", "disable", "enable", "execute", "get", "get-iam-policy", "http"),
    *("list", "print-identity-token", "remove-iam-policy-binding", "set-cleanup-policies"),
    *("submit", "update", "update-traffic"),
}
ELSEWHERE = re.compile(r"\bgh |\buv ")
PRINTED = re.compile(r"\bgcloud (.*?)(?: >/dev/null.*| 2>/dev/null.*| \|\||\))?$", re.MULTILINE)

pytestmark = needs_gcloud


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    return Workspace(tmp_path_factory.mktemp("commands"))


@pytest.fixture(scope="module")
def gcloud(workspace: Workspace, tmp_path_factory: pytest.TempPathFactory) -> RealGcloud:
    return RealGcloud(tmp_path_factory.mktemp("config"), workspace.root)


@pytest.fixture(scope="module")
def commands(workspace: Workspace) -> list[list[str]]:
    """What the scripts print in a dry run, whichever branch would be taken, and what the commands
    of the READMEs have called; one command for each set of flags."""
    answered = {"WEBHOOK_SERVICE_ACCOUNT": "", "REGION": "southamerica-east1"}
    more = {"HOLD_MAX_MINUTES": "30", "CREATE_EVENT_QUEUE": "bookings"}
    workspace.write_env(SETTINGS | answered | more)
    other = {"RECONCILE_SCHEDULE": "", "HOLD_MAX_MINUTES": "0", "NAME_PREFIX": "other"}
    workspace.write_env(SETTINGS | other, name="other.env")
    calls = [["secrets", "versions", "access", "1", "--secret=x", "--project=x"]]
    # Where "$scratch" is in what is printed; gcloud reads these files with its arguments.
    shutil.copytree(workspace.root / "infra" / "alerts", workspace.root / "scratch" / "alerts")
    for script in (
        ["infra/setup.sh"],
        ["infra/project.sh", "--env", "other.env"],
        ["infra/rotate.sh", "client-secret"],
        ["./deploy.sh"],
        ["./deploy.sh", "--rollback"],
        ["./deploy.sh", "--env", "other.env"],
    ):
        printed = workspace.succeed(*script, "--dry-run")
        lines = printed.stdout.replace(" || ", "\ngcloud ").replace("gcloud gcloud", "gcloud")
        calls += [shlex.split(line.replace("$", "")) for line in PRINTED.findall(lines)]
    (workspace.root / "scheduling").mkdir()
    for directory in ("alerts", "examples/hold_and_pay", "examples/github_actions"):
        readme = (ROOT / "infra" / directory / "README.md").read_text()
        blocks = re.findall("```sh\n(.*?)```", readme, re.DOTALL)
        commands = "\n".join(block for block in blocks if not ELSEWHERE.search(block))
        workspace.run("bash", "-c", commands.replace("my-project", PROJECT), TMPDIR="scheduling")
    distinct = {shape(call): call for call in [*calls, *workspace.state["calls"]]}
    return list(distinct.values())


def shape(call: list[str]) -> tuple[str, ...]:
    """The command's own words and the names of its flags, without the names of things."""
    verb = max(position for position, word in enumerate(call) if word in VERBS)
    flags = {word.partition("=")[0] for word in call if word.startswith("--")}
    return (*call[: verb + 1], *sorted(flags))


def test_gcloud_understands_every_command(commands: list[list[str]], gcloud: RealGcloud) -> None:
    assert len(commands) > 40
    assert gcloud.complaints(commands) == ""


def test_mistakes_are_noticed_between_what_is_understood(gcloud: RealGcloud) -> None:
    right = ["run", "services", "list", "--region=us-east1", "--project=x"]
    wrong = [["run", "services", "list", "--bogus"], ["run", "unknown-word"], ["secrets", "create"]]
    complaints = gcloud.complaints(each for mistake in wrong for each in (right, mistake, right))
    assert re.findall(r"^\[.*\]$", complaints, re.MULTILINE) == [str(mistake) for mistake in wrong]


def test_gcloud_would_upload_nothing_but_the_function(
    workspace: Workspace, gcloud: RealGcloud
) -> None:
    for name in (".env", "key.json", "functions/create_event/.env", "shared/key.pem"):
        (workspace.root / name).write_text("planted")
    workspace.succeed("./deploy.sh", "--package", "upload")
    source = str(workspace.root / "upload" / "create_event")
    listed = gcloud.run("meta", "list-files-for-upload", source).split()
    packaged = {str(path.relative_to(source)) for path in Path(source).rglob("*.*")}
    assert set(listed) == packaged


def test_gcloud_would_upload_only_the_webhook_s_code(
    workspace: Workspace, gcloud: RealGcloud
) -> None:
    source = workspace.root / "infra" / "mercado_pago_webhook"
    (source / ".env").write_text("planted")
    (source / "__pycache__").mkdir(exist_ok=True)
    (source / "__pycache__" / "main.cpython-313.pyc").touch()
    listed = gcloud.run("meta", "list-files-for-upload", str(source)).split()
    assert set(listed) == {path.name for path in source.glob("*.py")} | {"requirements.txt"}


# What deploy.sh asks about a service, and what it must get from Cloud Run's answer.
TRAFFIC = [
    {"percent": 100, "revisionName": "list-events-00001", "latestRevision": True},
    {
        "tag": "candidate",
        "revisionName": "list-events-00002",
        "url": "https://candidate---x.run.app",
    },
    {"tag": "current", "revisionName": "list-events-00001", "url": "https://current---x.run.app"},
]
FOUND = {
    "percent=100 revisionName": "list-events-00001",
    "tag=candidate revisionName": "list-events-00002",
    "tag=candidate url": "https://candidate---x.run.app",
    "tag=current revisionName": "list-events-00001",
    "tag=previous revisionName": "",
}
PRINT = """
import io, json
from googlecloudsdk.core.resource import resource_printer

printed = {}
for format, objects in json.load(sys.stdin).items():
    resource_printer.Print(objects, format, out=(out := io.StringIO()))
    printed[format] = out.getvalue()
print(json.dumps(printed))
"""


def test_gcloud_s_own_formatter_finds_the_revisions(
    workspace: Workspace, gcloud: RealGcloud
) -> None:
    workspace.write_env(SETTINGS)
    printed = workspace.run("./deploy.sh", "--dry-run").stdout
    printed += workspace.run("./deploy.sh", "--rollback", "--dry-run").stdout
    calls = [shlex.split(line) for line in PRINTED.findall(printed)]
    formats = {word[9:] for call in calls for word in call if word.startswith("--format=")}
    described = [{"status": {"traffic": TRAFFIC}}]
    asked = {each: described for each in formats if "traffic" in each}
    found = {}
    for each, printed in json.loads(gcloud.python(PRINT, json.dumps(asked))).items():
        which, key = re.findall(r'\("(.*?)"\)', each)
        found[f"{which} {key}"] = printed.strip()
    assert found == FOUND
