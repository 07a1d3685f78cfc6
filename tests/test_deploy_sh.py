"""deploy.sh, to its end and from every failure, against a recorded gcloud and a local server."""

import re
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from infra.local.gateway import in_background
from tests.support.workspace import CLIENT_SECRET, PROJECT, SETTINGS, Workspace

SCRIPT = "./deploy.sh"
STEPS = [
    "write packages",
    "deploy list events",
    "deploy create event",
    "let the webhook call create event",
    "try list events",
    "try create event",
]


class CloudRun(ThreadingHTTPServer):
    """Answers as the two deployed services do."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), CloudRunHandler)
        self.reset()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def reset(self) -> None:
        self.asked: list[str] = []
        self.answers = {
            "GET /list-events": (200, '[{"status": "confirmed"}]'),
            "POST /create-event": (403, "<html>Forbidden</html>"),
        }


class CloudRunHandler(BaseHTTPRequestHandler):
    server: CloudRun

    def answer(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.server.asked.append(self.requestline.rpartition(" ")[0])
        status, body = self.server.answers[f"{self.command} {self.path}"]
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body.encode())

    do_GET = do_POST = answer

    def log_message(self, format: str, *args: object) -> None:
        """Nothing: pytest shows what failed."""


@pytest.fixture(scope="module")
def cloud_run() -> Iterator[CloudRun]:
    with CloudRun() as server, in_background(server):
        yield server


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory, cloud_run: CloudRun) -> Workspace:
    """A project that infra/project.sh has prepared."""
    workspace = Workspace(tmp_path_factory.mktemp("deploy"))
    assert workspace.run("infra/project.sh").returncode == 0
    workspace.set_state(url=cloud_run.url, calls=[])
    return workspace


@pytest.fixture
def workspace(prepared: Workspace, cloud_run: CloudRun) -> Iterator[Workspace]:
    state = prepared.state
    yield prepared
    prepared.set_state(**state)
    prepared.write_env(SETTINGS)
    cloud_run.reset()


def test_deploys_tries_and_names_the_addresses(workspace: Workspace, cloud_run: CloudRun) -> None:
    result = workspace.run(SCRIPT)
    assert result.returncode == 0, result.stderr
    assert f"list_events:   {cloud_run.url}/list-events\n" in result.stdout
    assert f"create_event:  {cloud_run.url}/create-event\n" in result.stdout
    assert f"audience of the webhook's ID token: {cloud_run.url}/create-event\n" in result.stdout
    assert cloud_run.asked == ["GET /list-events", "POST /create-event"]
    assert re.findall("^# (.*)$", result.stdout, re.MULTILINE) == STEPS


def test_public_and_private(workspace: Workspace) -> None:
    workspace.run(SCRIPT)
    state = workspace.state
    assert "allow-unauthenticated" in state["functions"]["list-events"]["flags"]
    assert "no-allow-unauthenticated" in state["functions"]["create-event"]["flags"]
    services = [binding for binding in state["bindings"] if binding[0].startswith("services/")]
    webhook = "serviceAccount:" + SETTINGS["WEBHOOK_SERVICE_ACCOUNT"]
    assert services == [["services/create-event", "roles/run.invoker", webhook, "None"]]


@pytest.mark.parametrize("name", ["list-events", "create-event"])
def test_runs_with_what_it_needs(workspace: Workspace, name: str) -> None:
    workspace.run(SCRIPT, FIRESTORE_EMULATOR_HOST="localhost:1", GOOGLE_EMULATOR_URL="http://x:1")
    flags = workspace.state["functions"][name]["flags"]
    environment = dict(line.split("=", 1) for line in flags["set-env-vars"][3:].split("|"))
    expected = {key: value for key, value in SETTINGS.items() if key != "WEBHOOK_SERVICE_ACCOUNT"}
    assert environment == expected | {
        "THREADS": flags["concurrency"],
        "REFRESH_TOKEN_SECRET": "calendar-refresh-token",
        "FIRESTORE_DATABASE": "(default)",
    }
    assert flags["set-secrets"] == "AUTH_GOOGLE_SECRET=calendar-client-secret:latest"
    assert flags["service-account"] == f"{name}@{PROJECT}.iam.gserviceaccount.com"
    assert flags["entry-point"] == name.replace("-", "_")
    assert (flags["runtime"], flags["memory"], flags["cpu"]) == ("python313", "512Mi", "1")


def test_uploads_what_it_has_packaged(workspace: Workspace) -> None:
    workspace.run(SCRIPT)
    workspace.run("./deploy.sh", "--package", "packaged")
    for name, function in workspace.state["functions"].items():
        package = workspace.root / "packaged" / name.replace("-", "_")
        packaged = {str(path.relative_to(package)) for path in package.rglob("*.*")}
        assert set(function["uploaded"]) == packaged
        assert not Path(function["flags"]["source"]).exists()


def test_a_run_completes_what_failures_left(workspace: Workspace) -> None:
    for changes in (1, 2, 3):
        workspace.set_state(fail_after=changes)
        result = workspace.run(SCRIPT)
        assert result.returncode == 1
        assert "planned failure" in result.stderr
        done, unfinished = (
            re.findall(f"^{words}: (.*)$", result.stderr, re.MULTILINE)
            for words in ("done", "not done")
        )
        assert (done, unfinished) == (STEPS[:changes], STEPS[changes:])
    for _ in range(2):
        result = workspace.run(SCRIPT)
        assert result.returncode == 0, result.stderr
    assert workspace.state["functions"].keys() == {"list-events", "create-event"}


@pytest.mark.parametrize(
    ("request_line", "status", "body", "words"),
    [
        ("GET /list-events", 503, '{"code": "reauthorization_required"}', "reauthorization_req"),
        ("GET /list-events", 200, '{"not": "a list"}', "no JSON array"),
        ("GET /list-events", 200, "<html>", "no JSON array"),
        ("POST /create-event", 404, '{"code": "virtual_class_not_found"}', "expected 403"),
    ],
)
def test_a_wrong_answer_fails(
    workspace: Workspace,
    cloud_run: CloudRun,
    request_line: str,
    status: int,
    body: str,
    words: str,
) -> None:
    cloud_run.answers[request_line] = (status, body)
    result = workspace.run(SCRIPT)
    assert result.returncode == 1
    assert words in result.stderr
    assert "done: deploy create event\n" in result.stderr


@pytest.mark.parametrize("name", ["list-events", "create_event"])
def test_only_one(workspace: Workspace, cloud_run: CloudRun, name: str) -> None:
    result = workspace.run(SCRIPT, "--only", name)
    assert result.returncode == 0, result.stderr
    name = name.replace("_", "-")
    assert workspace.state["functions"].keys() == {name}
    assert [line.rpartition("/")[2] for line in cloud_run.asked] == [name]


def test_dry_run_calls_nothing_and_can_be_pasted(workspace: Workspace) -> None:
    workspace.write_env(SETTINGS | {"AUTH_GOOGLE_SECRET": CLIENT_SECRET})
    printed = workspace.run(SCRIPT, "--dry-run", AUTH_GOOGLE_SECRET=CLIENT_SECRET)
    assert printed.returncode == 0, printed.stderr
    assert workspace.state["calls"] == []
    assert CLIENT_SECRET not in printed.stdout + printed.stderr
    for _ in range(2):
        # Whoever pastes them tries again what was refused for being too early.
        workspace.run("bash", "-c", printed.stdout, TMPDIR=str(workspace.root))
    assert workspace.state["functions"].keys() == {"list-events", "create-event"}
    assert [role for service, role, *_ in workspace.state["bindings"] if service.startswith("serv")]


def test_without_a_webhook_nobody_is_let_in(workspace: Workspace) -> None:
    workspace.write_env(SETTINGS | {"WEBHOOK_SERVICE_ACCOUNT": ""})
    result = workspace.run(SCRIPT)
    assert result.returncode == 0, result.stderr
    assert "WEBHOOK_SERVICE_ACCOUNT is not set" in result.stdout
    assert not [b for b in workspace.state["bindings"] if b[0].startswith("services/")]


def test_there_is_no_other_function(workspace: Workspace) -> None:
    assert workspace.run(SCRIPT, "--only", "webhook").returncode == 1
    assert workspace.state["calls"] == []
