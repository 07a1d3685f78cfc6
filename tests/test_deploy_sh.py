"""deploy.sh, to its end and from every failure, against a recorded gcloud and a local server."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from infra.local.gateway import in_background
from tests.support.cloud_run import ANSWERS, CREATE, LIST, WEBHOOK, CloudRun, opened
from tests.support.recording_gcloud import EMPTY_PROJECT
from tests.support.workspace import CLIENT_SECRET, PROJECT, ROOT, SETTINGS, Workspace

SCRIPT = "./deploy.sh"
JOB = "reconcile"
SERVICES = (LIST, CREATE, WEBHOOK)
OWN_CALLER = SETTINGS["WEBHOOK_SERVICE_ACCOUNT"]
OURS = {name: value for name, value in SETTINGS.items() if name != "WEBHOOK_SERVICE_ACCOUNT"}
STEPS = [
    "write packages",
    "deploy list events",
    "deploy create event",
    "let the webhook call create event",
    "deploy mercado pago webhook",
    "deploy reconcile",
    "schedule reconcile",
]
ACCOUNTS = ("list-events", "create-event", "payment-webhook", "reconcile", "calendar-build")
SECRETS = {
    "calendar-refresh-token": ["refresh"],
    "calendar-client-secret": [CLIENT_SECRET],
    "mercado-pago-access-token": ["access"],
    "mercado-pago-webhook-secret": ["signature"],
}
APIS = ("cloudbuild", "cloudfunctions", "cloudscheduler", "run", "secretmanager")


def account(name: str) -> str:
    return f"{name}@{PROJECT}.iam.gserviceaccount.com"


def prepared(prefix: str = "") -> dict[str, Any]:
    """A project as infra/setup.sh leaves it, with an environment of this prefix in it."""
    accounts: dict[str, Any] = {account(f"{prefix}{name}"): {} for name in ACCOUNTS}
    return {
        "apis": [f"{name}.googleapis.com" for name in APIS],
        "accounts": accounts | {OWN_CALLER: {}},
        "secrets": {f"{prefix}{name}": value for name, value in SECRETS.items()},
        "repositories": {f"{prefix}virtual-classes": {}},
    }


@pytest.fixture(scope="module")
def shared_workspace(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    return Workspace(tmp_path_factory.mktemp("deploy"))


@pytest.fixture(scope="module")
def standing(shared_workspace: Workspace) -> dict[str, Any]:
    """The project after one run."""
    with CloudRun(shared_workspace) as server, in_background(server):
        begin(shared_workspace, server)
        shared_workspace.succeed(SCRIPT)
    return shared_workspace.state


@pytest.fixture
def cloud_run(shared_workspace: Workspace) -> Iterator[CloudRun]:
    with CloudRun(shared_workspace) as server, in_background(server):
        yield server


@pytest.fixture
def workspace(shared_workspace: Workspace, cloud_run: CloudRun) -> Workspace:
    """With a prepared project in which nothing is deployed, and a webhook of ours."""
    begin(shared_workspace, cloud_run)
    return shared_workspace


@pytest.fixture
def again(workspace: Workspace, cloud_run: CloudRun, standing: dict[str, Any]) -> Workspace:
    """With everything deployed once."""
    workspace.set_state(**standing | {"url": cloud_run.url, "calls": []})
    return workspace


def begin(workspace: Workspace, server: CloudRun) -> None:
    workspace.set_state(**EMPTY_PROJECT | prepared() | {"url": server.url})
    workspace.write_env(OURS)


def serving(workspace: Workspace) -> dict[str, str]:
    return {name: service["serving"] for name, service in workspace.state["services"].items()}


def calls(workspace: Workspace, words: str) -> list[str]:
    return [line for call in workspace.state["calls"] if words in (line := " ".join(call))]


def rights(workspace: Workspace) -> set[tuple[str, str]]:
    """Who may call what."""
    return {
        (resource, member.removeprefix("serviceAccount:").partition("@")[0])
        for resource, role, member, _ in workspace.state["bindings"]
        if role == "roles/run.invoker"
    }


def failed_steps(stderr: str) -> tuple[list[str], list[str]]:
    done, unfinished = (
        re.findall(f"^{words}: (.*)$", stderr, re.MULTILINE) for words in ("done", "not done")
    )
    return done, unfinished


# --- From nothing ---------------------------------------------------------------------------------


def test_from_nothing_everything_stands(workspace: Workspace) -> None:
    result = workspace.succeed(SCRIPT)
    assert re.findall("^# (.*)$", result.stdout, re.MULTILINE) == STEPS
    assert serving(workspace) == {name: f"{name}-00001" for name in SERVICES}
    assert workspace.state["jobs"].keys() == workspace.state["schedules"].keys() == {JOB}
    assert rights(workspace) == {
        (f"services/{LIST}", "allUsers"),
        (f"services/{WEBHOOK}", "allUsers"),
        (f"services/{CREATE}", "payment-webhook"),
        (f"jobs/{JOB}", "reconcile"),
    }


def test_it_ends_with_the_addresses_and_what_to_paste(again: Workspace) -> None:
    told, url = again.run(SCRIPT).stdout, again.state["url"]
    for name in SERVICES:
        assert f"{name}  {url}/{name}\n" in told
    assert f"    URL:    {url}/{WEBHOOK}\n" in told
    assert told.count("Mercado Pago's panel") == 1
    assert "topics payment and merchant_order" in told


def test_a_first_revision_is_private_until_it_has_answered(
    workspace: Workspace, cloud_run: CloudRun
) -> None:
    workspace.run(SCRIPT, "--only", LIST)
    assert cloud_run.asked == [
        f"/candidate/{LIST} with a token",
        f"/{LIST}",  # which tells that it is shut
        f"/{LIST}",
    ]
    changes = [call[:3] for call in workspace.state["calls"] if "list" not in call]
    [deployed] = calls(workspace, "run deploy")
    assert "--no-allow-unauthenticated" in deployed
    assert changes.index(["run", "deploy", LIST]) < changes.index(
        ["run", "services", "add-iam-policy-binding"]
    )


def test_a_later_revision_has_no_traffic_until_it_has_answered(again: Workspace) -> None:
    again.succeed(SCRIPT, "--only", CREATE)
    [deployed] = calls(again, "run deploy")
    [switched] = calls(again, "update-traffic")
    assert "--no-traffic" in deployed
    assert f"--to-revisions={CREATE}-00002=100" in switched
    assert f"--update-tags=current={CREATE}-00002,previous={CREATE}-00001" in switched
    assert serving(again)[CREATE] == f"{CREATE}-00002"


@pytest.mark.parametrize("name", [LIST, CREATE])
def test_runs_with_what_it_needs(standing: dict[str, Any], name: str) -> None:
    [revision] = standing["services"][name]["revisions"].values()
    flags = revision["flags"]
    environment = dict(line.split("=", 1) for line in flags["set-env-vars"][3:].split("|"))
    assert environment == OURS | {
        "THREADS": flags["concurrency"],
        "REFRESH_TOKEN_SECRET": "calendar-refresh-token",
        "FIRESTORE_DATABASE": "(default)",
        "TIME_ZONE": "America/Argentina/Buenos_Aires",
    }
    assert flags["set-secrets"] == "AUTH_GOOGLE_SECRET=calendar-client-secret:latest"
    assert flags["service-account"] == account(name)
    assert flags["build-service-account"].endswith(f"/{account('calendar-build')}")
    assert flags["function"] == name.replace("-", "_")
    assert (flags["base-image"], flags["memory"], flags["cpu"]) == ("python313", "512Mi", "1")


def test_the_webhook_runs_with_what_it_needs(standing: dict[str, Any]) -> None:
    [revision] = standing["services"][WEBHOOK]["revisions"].values()
    flags = revision["flags"]
    environment = dict(line.split("=", 1) for line in flags["set-env-vars"][3:].split("|"))
    assert environment == {
        "CREATE_EVENT_URL": f"{standing['url']}/{CREATE}",
        "GOOGLE_CLOUD_PROJECT": PROJECT,
        "FIRESTORE_DATABASE": "(default)",
        "CANCEL_REFUNDED": "no",
        "THREADS": "16",
    }
    assert flags["set-secrets"] == (
        "MERCADO_PAGO_ACCESS_TOKEN=mercado-pago-access-token:latest,"
        "MERCADO_PAGO_WEBHOOK_SECRET=mercado-pago-webhook-secret:latest"
    )
    assert flags["service-account"] == account("payment-webhook")


def test_the_webhook_gets_its_queue(again: Workspace) -> None:
    asked_for = {"CREATE_EVENT_QUEUE": "bookings", "CANCEL_REFUNDED": "yes"}
    again.succeed(SCRIPT, "--only", WEBHOOK, **asked_for)
    newest = [*again.state["services"][WEBHOOK]["revisions"].values()][-1]
    queue = f"projects/{PROJECT}/locations/southamerica-east1/queues/bookings"
    assert set(newest["flags"]["set-env-vars"].split("|")) > {
        f"CREATE_EVENT_QUEUE={queue}",
        f"CREATE_EVENT_QUEUE_ACCOUNT={account('payment-webhook')}",
        "CANCEL_REFUNDED=yes",
    }


def test_the_job_runs_with_what_it_needs(standing: dict[str, Any]) -> None:
    flags = standing["jobs"][JOB]["flags"]
    assert (flags["max-retries"], flags["service-account"]) == ("0", account("reconcile"))
    assert f"|GOOGLE_CLOUD_PROJECT={PROJECT}|" in flags["set-env-vars"]
    assert flags["set-env-vars"].endswith("|CANCEL_REFUNDED=no")
    assert flags["set-secrets"] == (
        "AUTH_GOOGLE_SECRET=calendar-client-secret:latest,"
        "MERCADO_PAGO_ACCESS_TOKEN=mercado-pago-access-token:latest"
    )
    uploaded = standing["images"][flags["image"]]["uploaded"]
    assert {"Procfile", "infra/reconcile.py", "requirements.txt"} <= set(uploaded)
    schedule = standing["schedules"][JOB]
    assert schedule["schedule"] == "*/5 * * * *"
    place = f"projects/{PROJECT}/locations/southamerica-east1"
    assert schedule["uri"] == f"https://run.googleapis.com/v2/{place}/jobs/{JOB}:run"


def test_uploads_what_it_has_packaged(workspace: Workspace, standing: dict[str, Any]) -> None:
    workspace.run(SCRIPT, "--package", "packaged")
    for name in (LIST, CREATE):
        [revision] = standing["services"][name]["revisions"].values()
        package = workspace.root / "packaged" / name.replace("-", "_")
        packaged = {str(path.relative_to(package)) for path in package.rglob("*.*")}
        assert set(revision["uploaded"]) == packaged
        assert not Path(revision["flags"]["source"]).exists()


# --- Again, and after failures --------------------------------------------------------------------


def test_twice_in_a_row(again: Workspace) -> None:
    before = again.state
    again.succeed(SCRIPT)
    assert serving(again) == {name: f"{name}-00002" for name in SERVICES}
    for kind in ("bindings", "schedules"):
        assert again.state[kind] == before[kind]
    assert again.state["jobs"][JOB]["build"] == 2


def test_a_run_completes_what_a_failure_after_any_change_left(workspace: Workspace) -> None:
    """The N-th run fails after its N-th change, which is in every step but the first at least
    once."""
    interrupted: set[str] = set()
    for changes in range(1, 50):
        workspace.set_state(fail_after=changes)
        result = workspace.run(SCRIPT)
        if result.returncode == 0:
            break
        assert "planned failure" in result.stderr
        done, unfinished = failed_steps(result.stderr)
        assert done + unfinished == STEPS
        interrupted.add(unfinished[0])
    assert interrupted == set(STEPS[1:])
    assert workspace.state["jobs"].keys() == workspace.state["schedules"].keys() == {JOB}
    for name, service in workspace.state["services"].items():
        assert service["serving"] == service["tags"]["current"] == max(service["revisions"]), name


WRONG_ANSWERS = [
    (LIST, 503, '{"code": "reauthorization_required"}'),
    (LIST, 200, '{"not": ["a list"]}'),
    (LIST, 200, "<html>"),
    (CREATE, 500, '{"code": "misconfigured"}'),
    (CREATE, 404, "<html>Not Found</html>"),
    (WEBHOOK, 401, "<html>Unauthorized</html>"),
    (WEBHOOK, 200, '{"code": "ok"}'),
]


@pytest.mark.parametrize(("name", "status", "body"), WRONG_ANSWERS)
def test_a_revision_that_fails_its_try_out_gets_no_traffic(
    again: Workspace, cloud_run: CloudRun, name: str, status: int, body: str
) -> None:
    before = serving(again)
    cloud_run.answers[name] = (status, body)
    result = again.run(SCRIPT, "--only", name)
    assert result.returncode == 1
    assert f"the new {name} does not answer as it should" in result.stderr
    assert f"{body}\n{status}\n" in result.stderr
    assert serving(again) == before
    assert calls(again, "update-traffic") == []
    [deployed] = calls(again, "run deploy")
    assert "--no-traffic" in deployed


@pytest.mark.parametrize("name", [LIST, WEBHOOK])
def test_a_first_revision_that_fails_its_try_out_stays_shut(
    workspace: Workspace, cloud_run: CloudRun, name: str
) -> None:
    workspace.run(SCRIPT, "--only", CREATE)
    workspace.set_state(calls=[])
    cloud_run.answers[name] = (500, '{"code": "internal_error"}')
    result = workspace.run(SCRIPT, "--only", name)
    assert result.returncode == 1
    assert "internal_error" in result.stderr
    assert not cloud_run.is_open(name)
    assert calls(workspace, "add-iam-policy-binding") == calls(workspace, "update-traffic") == []
    cloud_run.answers = dict(ANSWERS)
    workspace.succeed(SCRIPT, "--only", name)
    assert serving(workspace)[name] == f"{name}-00002"
    assert cloud_run.is_open(name)
    refused = workspace.run(SCRIPT, "--rollback", name)
    assert refused.returncode == 1, "the revision that failed is none to go back to"
    assert "has no revision before the present one" in refused.stderr


# --- Back -----------------------------------------------------------------------------------------


def test_rollback_gives_the_traffic_back(again: Workspace, cloud_run: CloudRun) -> None:
    again.succeed(SCRIPT)
    cloud_run.answers[CREATE] = (500, "{}")
    assert again.run(SCRIPT, "--only", CREATE).returncode == 1
    again.set_state(calls=[])
    for _ in range(2):
        again.succeed(SCRIPT, "--rollback")
        assert serving(again) == {name: f"{name}-00001" for name in SERVICES}
    switches = calls(again, "update-traffic")
    assert len(switches) == 2 * len(SERVICES)
    assert f"--to-revisions={CREATE}-00001=100" in switches[1]
    cloud_run.answers[CREATE] = ANSWERS[CREATE]
    again.succeed(SCRIPT, "--only", CREATE)
    assert serving(again)[CREATE] == f"{CREATE}-00004"
    assert again.state["services"][CREATE]["tags"]["previous"] == f"{CREATE}-00001"


def test_rollback_of_one(again: Workspace) -> None:
    again.run(SCRIPT, "--only", LIST)
    again.run(SCRIPT, "--only", CREATE)
    again.succeed(SCRIPT, "--rollback", "list_events")
    assert serving(again)[LIST] == f"{LIST}-00001"
    assert serving(again)[CREATE] == f"{CREATE}-00002"


def test_rollback_passes_over_what_was_deployed_only_once(again: Workspace) -> None:
    again.run(SCRIPT, "--only", CREATE)
    result = again.succeed(SCRIPT, "--rollback")
    assert serving(again) == {name: f"{name}-00001" for name in SERVICES}
    assert f"# {WEBHOOK} has no revision before the present one." in result.stdout


# --- What is asked for ----------------------------------------------------------------------------


@pytest.mark.parametrize("name", [LIST, "create_event", WEBHOOK])
def test_only_one(again: Workspace, name: str) -> None:
    again.succeed(SCRIPT, "--only", name)
    name = name.replace("_", "-")
    assert {call.split()[2] for call in calls(again, "run deploy")} == {name}
    assert calls(again, "run jobs") == []


def test_only_the_job(again: Workspace, cloud_run: CloudRun) -> None:
    again.succeed(SCRIPT, "--only", JOB)
    assert calls(again, "run deploy") == cloud_run.asked == []
    assert len(calls(again, "run jobs deploy")) == 1


def test_a_caller_of_the_school_s_own_replaces_our_webhook(workspace: Workspace) -> None:
    workspace.write_env(SETTINGS)
    result = workspace.succeed(SCRIPT)
    assert workspace.state["services"].keys() == {LIST, CREATE}
    assert (f"services/{CREATE}", "webhook") in rights(workspace)
    assert "audience of the caller's ID token" in result.stdout
    assert "Mercado Pago's panel" not in result.stdout
    refused = workspace.run(SCRIPT, "--only", WEBHOOK)
    assert refused.returncode == 2
    assert "WEBHOOK_SERVICE_ACCOUNT names a caller" in refused.stderr


def test_an_empty_schedule_deploys_no_job_and_ends_an_earlier_schedule(again: Workspace) -> None:
    again.write_env(OURS | {"RECONCILE_SCHEDULE": ""})
    for _ in range(2):
        again.set_state(calls=[])
        again.succeed(SCRIPT)
        assert again.state["schedules"] == {}
        assert calls(again, "run jobs deploy") == calls(again, "builds submit") == []


def test_two_environments_do_not_touch_each_other(again: Workspace) -> None:
    first = again.state
    staging = prepared("staging-")
    again.set_state(
        **{kind: first[kind] | staging[kind] for kind in ("accounts", "secrets", "repositories")}
    )
    again.write_env(OURS)
    again.write_env(OURS | {"NAME_PREFIX": "staging"}, name="staging.env")
    again.succeed(SCRIPT, "--env", "staging.env")
    state = again.state
    for kind in ("services", "jobs", "schedules", "images"):
        assert {name: state[kind][name] for name in first[kind]} == first[kind]
    assert state["services"].keys() == {*SERVICES, *(f"staging-{name}" for name in SERVICES)}
    assert state["jobs"].keys() == state["schedules"].keys() == {JOB, f"staging-{JOB}"}
    [revision] = state["services"][f"staging-{CREATE}"]["revisions"].values()
    assert revision["flags"]["service-account"] == account(f"staging-{CREATE}")
    assert "staging-calendar-client-secret:latest" in revision["flags"]["set-secrets"]
    changed = [call for call in state["calls"] if call[:2] != ["auth", "print-identity-token"]]
    assert all("staging-" in " ".join(call) for call in changed)


@pytest.mark.parametrize(
    "arguments", [("--only", "webhook"), ("--only",), ("--rollback", JOB), ("--bogus",)]
)
def test_wrong_arguments(workspace: Workspace, arguments: tuple[str, ...]) -> None:
    assert workspace.run(SCRIPT, *arguments).returncode == 2
    assert workspace.state["calls"] == []


# --- Who may call ---------------------------------------------------------------------------------


def test_where_all_users_are_forbidden_the_check_is_switched_off(
    workspace: Workspace, cloud_run: CloudRun
) -> None:
    workspace.set_state(forbids_all_users=True)
    for _ in range(2):
        workspace.succeed(SCRIPT)
    unchecked = calls(workspace, "--no-invoker-iam-check")
    assert [call.split()[3] for call in unchecked] == [LIST, WEBHOOK]
    assert cloud_run.is_open(LIST)
    assert not cloud_run.is_open(CREATE)


def test_another_refusal_is_told(workspace: Workspace) -> None:
    workspace.set_state(fail_after=3)  # deploy, traffic, right
    result = workspace.run(SCRIPT, "--only", LIST)
    assert result.returncode == 1
    assert "planned failure" in result.stderr
    assert calls(workspace, "--no-invoker-iam-check") == []


def test_a_service_that_stays_shut_is_told(workspace: Workspace, cloud_run: CloudRun) -> None:
    cloud_run.stays_shut = True
    result = workspace.run(SCRIPT, "--only", LIST)
    assert result.returncode == 1
    assert 'see "Public access is forbidden" in infra/RUNBOOK.md' in result.stderr
    assert "\n## Public access is forbidden\n" in (ROOT / "infra" / "RUNBOOK.md").read_text()


def test_a_create_event_that_is_open_is_told(again: Workspace) -> None:
    services = again.state["services"]
    services[CREATE]["is_unchecked"] = True
    again.set_state(services=services)
    result = again.run(SCRIPT, "--only", CREATE)
    assert result.returncode == 1
    assert f"a stranger may call {CREATE}" in result.stderr


@pytest.mark.parametrize("is_person", [True, False])
def test_the_token_is_a_person_s_or_a_service_account_s(again: Workspace, is_person: bool) -> None:
    again.set_state(is_person=is_person)
    result = again.succeed(SCRIPT, "--only", LIST)
    audience = f"auth print-identity-token --audiences={again.state['url']}/{LIST}"
    asked = [audience, "auth print-identity-token"] if is_person else [audience]
    assert calls(again, "print-identity-token") == asked
    assert "token-canary" not in result.stdout + result.stderr


def test_the_token_of_an_impersonated_account(again: Workspace) -> None:
    deployer = account("github-deploy")
    again.run(SCRIPT, "--only", LIST, CLOUDSDK_AUTH_IMPERSONATE_SERVICE_ACCOUNT=deployer)
    [asked] = calls(again, "print-identity-token")
    assert f"--impersonate-service-account={deployer} --audiences=" in asked


# --- From the former deploy.sh --------------------------------------------------------------------


@pytest.fixture
def former(workspace: Workspace) -> Workspace:
    """Both functions as `gcloud functions deploy` left them, and the webhook of the example."""
    services: dict[str, Any] = {
        name: {
            "revisions": {f"{name}-00007-abc": {}},
            "serving": f"{name}-00007-abc",
            "tags": {},
            "is_unchecked": False,
        }
        for name in SERVICES
    }
    bindings = [opened(LIST), opened(WEBHOOK)]
    workspace.set_state(functions=list(SERVICES), services=services, bindings=bindings)
    workspace.write_env(OURS | {"WEBHOOK_SERVICE_ACCOUNT": account("payment-webhook")})
    return workspace


def test_an_upgrade_is_one_run(former: Workspace, cloud_run: CloudRun) -> None:
    result = former.succeed(SCRIPT)
    state = former.state
    assert state["functions"] == []
    for name in SERVICES:
        assert state["services"][name]["serving"] == f"{name}-00002"
        [detached] = calls(former, f"functions detach {name} ")
        [deployed] = calls(former, f"run deploy {name} ")
        assert "--no-traffic" in deployed
        assert "--no-allow-unauthenticated" not in deployed
        assert calls(former, name).index(detached) < calls(former, name).index(deployed)
        assert f"{name}  {cloud_run.url}/{name}\n" in result.stdout
    assert (f"services/{CREATE}", "payment-webhook") in rights(former)
    former.succeed(SCRIPT, "--rollback")
    assert serving(former) == {name: f"{name}-00007-abc" for name in SERVICES}


def test_an_upgrade_that_fails_leaves_traffic_where_it_was(
    former: Workspace, cloud_run: CloudRun
) -> None:
    before = serving(former)
    cloud_run.answers[LIST] = (500, "{}")
    assert former.run(SCRIPT).returncode == 1
    assert serving(former) == before
    assert cloud_run.is_open(LIST)
    cloud_run.answers[LIST] = ANSWERS[LIST]
    former.succeed(SCRIPT)
    former.succeed(SCRIPT, "--rollback", LIST)
    assert serving(former)[LIST] == before[LIST]


def test_an_upgrade_goes_on_after_a_failure_after_any_change(former: Workspace) -> None:
    for changes, step in ((1, "update-traffic"), (1, "detach"), (1, "run deploy"), (2, "update")):
        former.set_state(fail_after=changes)
        assert "planned failure" in former.run(SCRIPT, "--only", LIST).stderr
        assert step in " ".join(former.state["calls"][-1])
    former.succeed(SCRIPT, "--only", LIST)
    service = former.state["services"][LIST]
    assert LIST not in former.state["functions"]
    assert service["serving"] == service["tags"]["current"] == [*service["revisions"]][-1]


# --- Printed only ---------------------------------------------------------------------------------


@pytest.mark.parametrize("is_upgrade", [False, True])
def test_dry_run_calls_nothing_and_can_be_pasted(
    request: pytest.FixtureRequest, workspace: Workspace, is_upgrade: bool
) -> None:
    if is_upgrade:
        request.getfixturevalue("former")
    with_secret = OURS | {"AUTH_GOOGLE_SECRET": CLIENT_SECRET}
    workspace.write_env(with_secret)
    printed = workspace.succeed(SCRIPT, "--dry-run", AUTH_GOOGLE_SECRET=CLIENT_SECRET)
    assert workspace.state["calls"] == []
    assert CLIENT_SECRET not in printed.stdout + printed.stderr
    for _ in range(2):
        workspace.run("bash", "-c", printed.stdout, TMPDIR=str(workspace.root))
    first = 2 + is_upgrade
    assert serving(workspace) == {name: f"{name}-{first:05}" for name in SERVICES}
    assert (f"services/{LIST}", "allUsers") in rights(workspace)
    assert workspace.state["schedules"].keys() == {JOB}
    back = workspace.run(SCRIPT, "--rollback", "--dry-run").stdout
    workspace.run("bash", "-c", back)
    assert serving(workspace) == {name: f"{name}-{first - 1:05}" for name in SERVICES}
