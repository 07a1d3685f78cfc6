"""infra/doctor.py names the right cure for each planted fault.

What it says of each answer of Google is in unit/test_cures.py, as a table.
"""

import email.utils
import http.server
import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import requests

from infra.local.gateway import in_background
from infra.local.google import defaults
from infra.local.google.control import Control
from infra.local.mercado_pago import ACCESS_TOKEN, WEBHOOK_SECRET
from tests.conftest import ROOT, StartWebhook
from tests.support.answering_gcloud import NO_ACCOUNT, AnsweringGcloud
from tests.support.classes import Classes
from tests.support.forked import forked
from tests.support.real_gcloud import RealGcloud, needs_gcloud
from tests.support.served import SETTINGS
from tests.support.shop import url_of

PROJECT = "examined-project"
TOKEN_SECRET = defaults.REFRESH_TOKEN_SECRET
CLIENT_SECRET = defaults.CLIENT_SECRET_SECRET
WEBHOOK = "webhook@examined-project.iam.gserviceaccount.com"
CHECKS = [
    "settings", "emulators", "clock", "apis", "client secret", "refresh token", "token", "scopes",
    "account", "calendar", "busy calendars", "firestore", "rules", "deployed", "schedule",
    "rights", "queue", "callers", "public access", "mercado pago", "notice",
]  # fmt: skip
OF_THE_TOKEN = ["scopes", "account", "calendar", "busy calendars"]
APIS = ("calendar-json", "cloudscheduler", "firestore", "run", "secretmanager")
MERCADO_PAGO = {
    "mercado-pago-access-token": [ACCESS_TOKEN],
    "mercado-pago-webhook-secret": [WEBHOOK_SECRET],
}
RULES = """rules_version = "2";
service cloud.firestore {
  match /databases/{database}/documents { match /{path=**} { %s; } }
}"""
CLOSED = RULES % "allow read, write: if false"


def account(name: str) -> str:
    return f"serviceAccount:{name}@{PROJECT}.iam.gserviceaccount.com"


def policy(role: str, *members: str, condition: str | None = None) -> dict[str, Any]:
    binding: dict[str, Any] = {"role": role, "members": list(members)}
    if condition:
        binding["condition"] = {"title": "a condition", "expression": condition}
    return {"bindings": [binding], "etag": "x", "version": 3}


def run(name: str, account_name: str = "", **variables: str | None) -> dict[str, Any]:
    """What a container runs as, and its settings; None for one that comes from a secret."""
    env = [
        {"name": key, "valueFrom": {}} if value is None else {"name": key, "value": value}
        for key, value in variables.items()
    ]
    email = account(account_name or name).removeprefix("serviceAccount:")
    return {"containers": [{"env": env}], "serviceAccountName": email}


def function(name: str, **variables: str) -> dict[str, Any]:
    deployed = {key: SETTINGS[key] for key in SETTINGS if key != "AUTH_GOOGLE_SECRET"}
    settings = {**deployed, "GOOGLE_CLOUD_PROJECT": PROJECT, "THREADS": "16", **variables}
    return service(name, run(name, AUTH_GOOGLE_SECRET=None, **settings))


def service(
    name: str, container: dict[str, Any], url: str = "", failure: str = "", **annotations: str
) -> dict[str, Any]:
    ready = {"status": "False", "message": failure} if failure else {"status": "True"}
    url = url or f"https://{name}-4711.example"
    return {
        "metadata": {"annotations": {f"run.googleapis.com/{k}": v for k, v in annotations.items()}},
        "spec": {"template": {"spec": container}},
        "status": {"conditions": [{"type": "Ready", **ready}], "url": url},
    }


def webhook(url: str = "", **variables: str) -> dict[str, Any]:
    settings = {"CREATE_EVENT_URL": "https://create-event-4711.example", **variables}
    return service("mercado-pago-webhook", run("", "payment-webhook", **settings), url)


def job() -> dict[str, Any]:
    """Its container is inside an execution's."""
    described = function("reconcile")
    described["spec"]["template"] = {"spec": {"template": described["spec"]["template"]}}
    return described


ACCESSOR = "roles/secretmanager.secretAccessor"
READERS = policy(ACCESSOR, *map(account, ("list-events", "create-event", "reconcile")))
OF_WEBHOOK = policy(ACCESSOR, account("payment-webhook"))
THIS_DATABASE = f'resource.name=="projects/{PROJECT}/databases/(default)"'
OTHER_DATABASE = THIS_DATABASE.replace("(default)", "other")
PUBLIC = policy("roles/run.invoker", "allUsers")
SCHEDULE = {
    "schedule": "*/5 * * * *",
    "timeZone": "America/Argentina/Buenos_Aires",
    "state": "ENABLED",
}


def using_firestore(**changes: tuple[str, str]) -> dict[str, Any]:
    """The project's policy: by account, its role in Firestore and in which database."""
    rights = {
        "create_event": ("user", THIS_DATABASE),
        "reconcile": ("user", THIS_DATABASE),
        "payment_webhook": ("viewer", THIS_DATABASE),
        **changes,
    }
    bindings = [
        policy(f"roles/datastore.{role}", account(name.replace("_", "-")), condition=database)
        for name, (role, database) in rights.items()
    ]
    return {"bindings": [each["bindings"][0] for each in bindings], "etag": "x", "version": 3}


ANSWERS: dict[str, Any] = {
    "services list": [{"config": {"name": f"{name}.googleapis.com"}} for name in APIS],
    "run services describe list-events": function("list-events"),
    "run services describe create-event": function("create-event"),
    "run services describe mercado-pago-webhook": webhook(),
    "run jobs describe reconcile": job(),
    "scheduler jobs describe reconcile": SCHEDULE,
    f"projects get-iam-policy {PROJECT}": using_firestore(),
    f"secrets get-iam-policy {TOKEN_SECRET}": READERS,
    f"secrets get-iam-policy {CLIENT_SECRET}": READERS,
    "secrets get-iam-policy mercado-pago-access-token": OF_WEBHOOK,
    "secrets get-iam-policy mercado-pago-webhook-secret": OF_WEBHOOK,
    "run services get-iam-policy create-event": policy(
        "roles/run.invoker", account("payment-webhook")
    ),
    "run services get-iam-policy list-events": PUBLIC,
    "run services get-iam-policy mercado-pago-webhook": PUBLIC,
    "resource-manager org-policies describe iam.allowedPolicyMemberDomains": {
        "listPolicy": {"allValues": "ALLOW"}
    },
}


@dataclass(frozen=True)
class Report:
    """What the doctor found."""

    status: int
    checks: dict[str, dict[str, str]]

    def of(self, status: str) -> list[str]:
        return [name for name, check in self.checks.items() if check["status"] == status]

    def only_wrong(self, name: str, words: str = "", cure: str = "") -> dict[str, str]:
        """The one check that found something wrong, in these words and with this cure."""
        assert (self.of("wrong"), self.status) == ([name], 1), self
        found = self.checks[name]
        assert words in found["text"]
        assert cure in found["cure"]
        return found


Doctor = Callable[..., Report]


@pytest.fixture(scope="module")
def gcloud_program(tmp_path_factory: pytest.TempPathFactory, webhook_url: str) -> AnsweringGcloud:
    served = {"run services describe mercado-pago-webhook": webhook(webhook_url)}
    return AnsweringGcloud(tmp_path_factory.mktemp("gcloud"), ANSWERS | served)


@pytest.fixture
def gcloud(gcloud_program: AnsweringGcloud) -> AnsweringGcloud:
    """A gcloud that finds everything as it should be."""
    gcloud_program.answer({})
    return gcloud_program


@pytest.fixture(scope="module")
def webhook_url(start_webhook: StartWebhook) -> Iterator[str]:
    """The webhook, served with the secrets that the doctor finds."""
    with start_webhook(CREATE_EVENT_URL="http://localhost:1") as served:
        yield url_of(served)


@pytest.fixture(scope="module", autouse=True)
def school(emulator: str) -> Iterator[None]:
    """One class in a database that is closed to clients."""
    publish(emulator, CLOSED)
    with Classes(emulator, PROJECT) as classes:
        classes.add()
        yield
        classes.clear()


def publish(emulator: str, rules: str, project: str = PROJECT) -> None:
    """Puts security rules into the emulator, as the Firebase console does."""
    url = f"http://{emulator}/emulator/v1/projects/{project}:securityRules"
    body = {"rules": {"files": [{"name": "firestore.rules", "content": rules}]}}
    requests.put(url, json=body, timeout=10).raise_for_status()


@pytest.fixture
def environ(emulator: str, google: Control, gcloud: AnsweringGcloud) -> dict[str, str]:
    for secret, [value] in MERCADO_PAGO.items():
        google.add_secret_version(value, secret)
    return {
        **SETTINGS,
        "PATH": f"{gcloud.path}:/usr/bin:/bin",
        "GOOGLE_CLOUD_PROJECT": PROJECT,
        "GOOGLE_EMULATOR_URL": google.url,
        "FIRESTORE_EMULATOR_HOST": emulator,
    }


@pytest.fixture
def doctor(environ: dict[str, str], tmp_path: Path) -> Doctor:
    """Runs the doctor with settings changed."""

    def examined(*arguments: str, **settings: str) -> Report:
        given = ("--json", *(arguments or ("--local",)))
        with forked("doctor", *given, environ=environ | settings, directory=tmp_path) as command:
            status = command.finish()
        report = json.loads(command.output)
        for hidden in (defaults.CLIENT_SECRET, defaults.REFRESH_TOKEN, WEBHOOK_SECRET, "ya29."):
            assert hidden not in command.output
        assert report["ok"] is (status == 0)
        return Report(status, {check["name"]: check for check in report["checks"]})

    return examined


def test_all_is_well(doctor: Doctor, google: Control) -> None:
    report = doctor()
    assert report.status == 0, report
    assert list(report.checks) == CHECKS
    assert report.of("not checked") == ["clock"]  # the stand-in does not tell the time
    assert {*report.of("ok"), "clock"} == set(CHECKS)
    assert report.checks["refresh token"]["text"] == f"version 1 of {TOKEN_SECRET}, stored today"
    assert {"addVersion", "insert", "patch", "delete"}.isdisjoint(google.counts())


def test_one_line_for_each_check_as_it_is_typed(environ: dict[str, str]) -> None:
    environ["CALENDAR_ID"] = "nobody@example.com"
    program = [sys.executable, str(ROOT / "infra/doctor.py"), "--local"]
    outcome = subprocess.run(program, env=environ, capture_output=True, text=True, timeout=60)
    assert (outcome.returncode, outcome.stderr) == (1, "")
    lines = outcome.stdout.splitlines()
    assert len(lines) == len(CHECKS)
    assert lines[3] == "ok           apis           enabled"
    assert lines[9].startswith("wrong        calendar       admin@example.com sees no calendar")
    assert " -> correct CALENDAR_ID, or share the calendar" in lines[9]


# Settings, emulator variables, clock


def test_a_setting_is_missing(doctor: Doctor) -> None:
    report = doctor(ADMIN_EMAIL="", EVENTS_WINDOW_DAYS="0")
    words = "ADMIN_EMAIL is not set; EVENTS_WINDOW_DAYS must be"
    report.only_wrong("settings", words, ".env.example")
    assert report.of("not checked") == CHECKS[1:]


def test_the_environment_wins_over_the_file(doctor: Doctor, tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("CALENDAR_ID='other@example.com'\nREGION=europe-west1 # there\n")
    report = doctor()
    assert report.of("warning") == ["settings"]
    assert report.checks["settings"]["cure"] == "unset CALENDAR_ID if .env is right"
    assert ", reconcile, in europe-west1, " in report.checks["deployed"]["text"]


def test_an_emulator_variable_where_production_is_meant(doctor: Doctor) -> None:
    doctor("--json").only_wrong(
        "emulators",
        "GOOGLE_EMULATOR_URL and FIRESTORE_EMULATOR_HOST set",
        "unset GOOGLE_EMULATOR_URL FIRESTORE_EMULATOR_HOST",
    )


@contextmanager
def another_clock(seconds_ahead: float) -> Iterator[str]:
    """A server whose clock differs from this machine's."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response_only(404)
            self.send_header(
                "Date", email.utils.formatdate(time.time() + seconds_ahead, usegmt=True)
            )
            self.send_header("Content-Length", "0")
            self.end_headers()

        do_POST = do_GET

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    with server, in_background(server):
        yield f"http://127.0.0.1:{server.server_port}"


@pytest.mark.parametrize(
    ("seconds_ahead", "status", "words"),
    [(0, "ok", "right"), (90, "wrong", "s behind"), (-90, "wrong", "s ahead")],
)
def test_the_clock(doctor: Doctor, seconds_ahead: float, status: str, words: str) -> None:
    with another_clock(seconds_ahead) as url:
        found = doctor(GOOGLE_EMULATOR_URL=url).checks["clock"]
    assert found["status"] == status
    assert words in found["text"]
    assert found["cure"] == ("" if status == "ok" else "set it by network time (NTP)")


# Secrets


def test_a_secret_is_missing(doctor: Doctor, google: Control) -> None:
    google.replace_secrets(PROJECT, {TOKEN_SECRET: [defaults.REFRESH_TOKEN], **MERCADO_PAGO})
    report = doctor(AUTH_GOOGLE_SECRET="")
    report.only_wrong("client secret", f"no secret {CLIENT_SECRET}", "infra/project.sh")
    assert report.of("not checked") == ["clock", "token", *OF_THE_TOKEN]


def test_the_client_secret_is_read(doctor: Doctor) -> None:
    report = doctor(AUTH_GOOGLE_SECRET="")
    assert report.status == 0
    assert report.checks["client secret"]["text"] == f"version 1 of {CLIENT_SECRET}, stored today"


def test_a_secret_is_empty(doctor: Doctor, google: Control) -> None:
    google.replace_secrets(PROJECT, {TOKEN_SECRET: [], **MERCADO_PAGO})
    found = doctor().only_wrong("refresh token")
    assert (found["text"], found["cure"]) == (
        f"the secret {TOKEN_SECRET} is empty",
        "run infra/authorize.py",
    )


def test_the_newest_version_is_disabled(doctor: Doctor, google: Control) -> None:
    google.add_secret_version("another")
    google.disable_secret_version(2)
    cure = f"gcloud secrets versions enable 2 --secret={TOKEN_SECRET}"
    doctor().only_wrong("refresh token", "the newest version (2)", cure)


def test_a_secret_may_not_be_read(doctor: Doctor, google: Control) -> None:
    about_it = f"/secrets/{TOKEN_SECRET}/"
    google.fault("*", "status", times=-1, match=about_it, status=403, reason="PERMISSION_DENIED")
    cure = "gcloud auth application-default login"
    doctor().only_wrong("refresh token", "may not be looked at", cure)


def test_a_secret_may_be_listed_but_not_read(doctor: Doctor, google: Control) -> None:
    google.fault("secret", "status", status=403, reason="PERMISSION_DENIED")
    doctor().only_wrong("refresh token", cure="roles/secretmanager.secretAccessor")


# The token, its account, the calendar


def test_the_token_is_revoked(doctor: Doctor, google: Control) -> None:
    google.revoke()
    report = doctor()
    found = report.only_wrong("token", "expired or revoked", "infra/authorize.py")
    assert "publish the app" in found["cure"]
    assert report.of("not checked") == ["clock", *OF_THE_TOKEN]


@pytest.mark.parametrize("known", [False, True])
def test_the_client_is_another_one(doctor: Doctor, google: Control, known: bool) -> None:
    clients, other = {defaults.CLIENT_ID: defaults.CLIENT_SECRET}, f"other-{defaults.CLIENT_ID}"
    google.settings(clients={**clients, other: defaults.CLIENT_SECRET} if known else clients)
    words = "made for another OAuth client" if known else "does not know the OAuth client"
    doctor(AUTH_GOOGLE_ID=other).only_wrong("token", words, "AUTH_GOOGLE_ID")


def granted(google: Control, *scopes: str, account: str = defaults.ACCOUNT) -> None:
    """Stores a token with these scopes."""
    google.add_refresh_token("granted-token", account=account, scopes=list(scopes))
    google.add_secret_version("granted-token")


def test_a_scope_is_missing(doctor: Doctor, google: Control) -> None:
    granted(google, "openid")
    report = doctor()
    assert report.of("wrong") == ["scopes", "calendar"]
    assert "leave every box ticked" in report.checks["scopes"]["cure"]
    assert "leave every box ticked" in report.checks["calendar"]["cure"]


@pytest.mark.parametrize("identity", [(), ("openid",)])
def test_the_account_is_another_one(
    doctor: Doctor, google: Control, identity: tuple[str, ...]
) -> None:
    google.settings(accounts=[defaults.ACCOUNT, "other@example.com"])
    google.put_calendar(defaults.CALENDAR_ID, roles={"other@example.com": "owner"})
    granted(google, *identity, defaults.CALENDAR_SCOPE, account="other@example.com")
    found = doctor().only_wrong("account", cure="infra/authorize.py")
    words = f"the token is other@example.com's, but ADMIN_EMAIL is {defaults.ACCOUNT}"
    assert found["text"] == words


def test_the_account_is_told_though_its_calendar_was_renamed(
    doctor: Doctor, google: Control
) -> None:
    google.put_calendar(defaults.CALENDAR_ID, summary="Clases")
    granted(google, "openid", defaults.CALENDAR_SCOPE)
    assert doctor().checks["account"]["status"] == "ok"


def test_the_account_cannot_be_told(doctor: Doctor, google: Control) -> None:
    google.put_calendar(defaults.CALENDAR_ID, summary="Clases")
    report = doctor()
    assert report.status == 0
    assert report.of("not checked") == ["clock", "account"]


def test_the_calendar_is_read_only(doctor: Doctor, google: Control) -> None:
    google.put_calendar(defaults.CALENDAR_ID, roles={defaults.ACCOUNT: "reader"})
    doctor().only_wrong("calendar", "role reader", "Make changes to events")


def test_the_calendar_is_in_another_time_zone(doctor: Doctor, google: Control) -> None:
    google.put_calendar(defaults.CALENDAR_ID, time_zone="Pacific/Auckland")
    report = doctor()
    assert (report.status, report.of("warning")) == (0, ["calendar"])
    assert "time zone is Pacific/Auckland, TIME_ZONE is" in report.checks["calendar"]["text"]
    assert "choose America/Argentina/Buenos_Aires" in report.checks["calendar"]["cure"]


TEACHER, ROOM = "teacher@example.com", "room@example.com"
SHARE = f'share the calendar with {defaults.ACCOUNT} with the right "See all event details"'
FREE_BUSY = (
    "only free/busy is shared: an invitation that its owner declined takes its hours all the same"
)


@pytest.mark.parametrize(
    ("roles", "status", "text", "cure"),
    [
        ({TEACHER: "reader", ROOM: "writer"}, "ok", "2 can be read", ""),
        (
            {TEACHER: "reader"},
            "wrong",
            f"{defaults.ACCOUNT} sees no calendar {ROOM} (BUSY_CALENDAR_IDS)",
            f"correct BUSY_CALENDAR_IDS, or {SHARE}",
        ),
        (
            {TEACHER: "none", ROOM: "owner"},
            "wrong",
            f"{defaults.ACCOUNT} may not read the calendar {TEACHER}",
            SHARE,
        ),
        (
            {TEACHER: "freeBusyReader", ROOM: "reader"},
            "warning",
            f"of {TEACHER} {FREE_BUSY}",
            SHARE,
        ),
        (
            {TEACHER: "freeBusyReader", ROOM: "none"},
            "wrong",
            f"of {TEACHER} {FREE_BUSY}; {defaults.ACCOUNT} may not read the calendar {ROOM}",
            SHARE,
        ),
    ],
)
def test_each_busy_calendar(
    doctor: Doctor, google: Control, roles: dict[str, str], status: str, text: str, cure: str
) -> None:
    for calendar, role in roles.items():
        google.put_calendar(calendar, roles={defaults.ACCOUNT: role})
    found = doctor(BUSY_CALENDAR_IDS=f"{TEACHER},{ROOM}").checks["busy calendars"]
    assert (found["status"], found["text"], found["cure"]) == (status, text, cure)


# Firestore


@pytest.mark.parametrize(
    "wrong", [{"GOOGLE_CLOUD_PROJECT": "another-project"}, {"FIRESTORE_DATABASE": "another"}]
)
def test_an_empty_project_or_database(doctor: Doctor, emulator: str, wrong: dict[str, str]) -> None:
    """The emulator has every project and every database; they are empty."""
    publish(emulator, CLOSED, "another-project")
    found = doctor(**wrong).checks["firestore"]
    assert found["status"] == "warning"
    assert next(iter(wrong.values())) in found["text"]
    assert next(iter(wrong)) in found["cure"]


def test_no_credentials_for_firestore(
    environ: dict[str, str], doctor: Doctor, tmp_path: Path
) -> None:
    del environ["FIRESTORE_EMULATOR_HOST"]
    checks = doctor(HOME=str(tmp_path), NO_GCE_CHECK="true").checks
    words = "there are no Google Cloud credentials on this machine"
    assert checks["firestore"]["text"] == words
    assert checks["rules"]["status"] == "not checked"


@pytest.mark.parametrize("open_for", ["read", "list", "get"])
def test_open_rules(doctor: Doctor, emulator: str, open_for: str) -> None:
    publish(emulator, RULES % f"allow {open_for}: if true")
    try:
        cure = "allow read, write: if false"
        doctor().only_wrong("rules", "anybody can read VirtualClass", cure)
    finally:
        publish(emulator, CLOSED)


# What gcloud knows


@pytest.mark.parametrize(
    ("command", "answer", "check", "text", "cure"),
    [
        (
            "services list",
            ANSWERS["services list"][1:],
            "apis",
            "not enabled: calendar-json.googleapis.com",
            "gcloud services enable calendar-json.googleapis.com --project=",
        ),
        (
            "run services describe create-event",
            function("create-event", FIRESTORE_EMULATOR_HOST="localhost:8080"),
            "deployed",
            "create-event: FIRESTORE_EMULATOR_HOST is set on Cloud Run",
            "./deploy.sh --only create-event",
        ),
        (
            "run services describe create-event",
            "ERROR: ResponseError: status=[404], message=[Resource was not found]",
            "deployed",
            "create-event is not deployed in southamerica-east1",
            "./deploy.sh",
        ),
        (
            "run services describe list-events",
            service("list-events", run("list-events"), failure="it did not start"),
            "deployed",
            "list-events does not work: it did not start",
            "./deploy.sh --only list-events",
        ),
        (
            f"secrets get-iam-policy {TOKEN_SECRET}",
            policy(ACCESSOR, account("list-events"), account("reconcile")),
            "rights",
            f"create-event may not read the secret {TOKEN_SECRET}",
            "infra/project.sh",
        ),
        (
            f"projects get-iam-policy {PROJECT}",
            {"etag": "x"},
            "rights",
            "create-event may not use Firestore; reconcile may not use Firestore;"
            " mercado-pago-webhook may not use Firestore",
            "infra/project.sh",
        ),
        (
            f"projects get-iam-policy {PROJECT}",
            using_firestore(create_event=("user", OTHER_DATABASE)),
            "rights",
            "create-event may not use Firestore",
            "infra/project.sh",
        ),
        (
            "secrets get-iam-policy mercado-pago-webhook-secret",
            {"etag": "x"},
            "rights",
            "mercado-pago-webhook may not read the secret mercado-pago-webhook-secret",
            "infra/project.sh",
        ),
        (
            "run jobs describe reconcile",
            "ERROR: (gcloud.run.jobs.describe) Cannot find job [reconcile]",
            "deployed",
            "reconcile is not deployed in southamerica-east1",
            "./deploy.sh",
        ),
        (
            "scheduler jobs describe reconcile",
            "ERROR: (gcloud.scheduler.jobs.describe) NOT_FOUND: Job not found.",
            "schedule",
            "nothing starts the job reconcile",
            "./deploy.sh --only reconcile",
        ),
        (
            "scheduler jobs describe reconcile",
            SCHEDULE | {"state": "PAUSED"},
            "schedule",
            "the schedule is paused",
            "gcloud scheduler jobs resume reconcile --location=southamerica-east1",
        ),
        (
            "scheduler jobs describe reconcile",
            SCHEDULE | {"status": {"code": 7}},
            "schedule",
            "the job could not be started the last time",
            "./deploy.sh --only reconcile",
        ),
        (
            "run services get-iam-policy create-event",
            policy("roles/run.invoker", account("somebody")),
            "callers",
            "our webhook may not call create-event",
            "./deploy.sh --only create-event",
        ),
        (
            "run services get-iam-policy create-event",
            policy("roles/run.invoker", account("payment-webhook"), "allUsers"),
            "callers",
            "allUsers may call create-event",
            "gcloud run services remove-iam-policy-binding create-event --member=allUsers",
        ),
        (
            "run services describe create-event",
            function("create-event")
            | {"metadata": {"annotations": {"run.googleapis.com/invoker-iam-disabled": "true"}}},
            "callers",
            "everybody may call create-event, whatever their rights",
            "gcloud run services update create-event --invoker-iam-check",
        ),
        (
            "run services get-iam-policy list-events",
            {"etag": "x"},
            "public access",
            "the public may not call list-events",
            "./deploy.sh --only list-events",
        ),
    ],
)
def test_what_gcloud_finds_wrong(
    doctor: Doctor,
    gcloud: AnsweringGcloud,
    command: str,
    answer: Any,
    check: str,
    text: str,
    cure: str,
) -> None:
    gcloud.answer({command: answer})
    assert doctor().only_wrong(check, cure=cure)["text"] == text


HOLDING, NOT_HOLDING = {"HOLD_MAX_MINUTES": "30"}, {"HOLD_MAX_MINUTES": "0"}
CANCELLING, NOT_CANCELLING = {"CANCEL_REFUNDED": "yes"}, {"CANCEL_REFUNDED": "no"}
READ_HERE, READ_ELSEWHERE = ("viewer", THIS_DATABASE), ("viewer", OTHER_DATABASE)
WRITE_HERE = ("user", THIS_DATABASE)
RIGHT = "each account has what it needs"
MISSING = "list-events may not read Firestore, as HOLD_MAX_MINUTES=30 needs"
TOO_MUCH = "list-events may read Firestore, though HOLD_MAX_MINUTES is 0"
NOT_CANCELLED = "mercado-pago-webhook may not use Firestore"
MAY_CANCEL = "mercado-pago-webhook may write to Firestore, though CANCEL_REFUNDED is no"


@pytest.mark.parametrize(
    ("settings", "rights", "status", "text"),
    [
        (HOLDING, {}, "wrong", MISSING),
        (HOLDING, {"list_events": READ_ELSEWHERE}, "wrong", MISSING),
        (HOLDING, {"list_events": READ_HERE}, "ok", RIGHT),
        (HOLDING, {"list_events": ("owner", THIS_DATABASE)}, "ok", RIGHT),
        (NOT_HOLDING, {}, "ok", RIGHT),
        (NOT_HOLDING, {"list_events": READ_ELSEWHERE}, "ok", RIGHT),
        (NOT_HOLDING, {"list_events": READ_HERE}, "warning", TOO_MUCH),
        (CANCELLING, {}, "wrong", NOT_CANCELLED),
        (CANCELLING, {"payment_webhook": WRITE_HERE}, "ok", RIGHT),
        (NOT_CANCELLING, {}, "ok", RIGHT),
        (NOT_CANCELLING, {"payment_webhook": WRITE_HERE}, "warning", MAY_CANCEL),
    ],
)
def test_who_may_use_firestore(
    doctor: Doctor,
    gcloud: AnsweringGcloud,
    settings: dict[str, str],
    rights: dict[str, tuple[str, str]],
    status: str,
    text: str,
) -> None:
    gcloud.answer({f"projects get-iam-policy {PROJECT}": using_firestore(**rights)})
    found = doctor(**settings).checks["rights"]
    assert (found["status"], found["text"]) == (status, text)
    assert found["cure"] == ("" if status == "ok" else "run infra/project.sh")


QUEUE = f"projects/{PROJECT}/locations/southamerica-east1/queues/bookings"
RIGHT_TO_ACT = (
    f"iam service-accounts get-iam-policy payment-webhook@{PROJECT}.iam.gserviceaccount.com"
)
OF_THE_QUEUE: dict[str, Any] = {
    "tasks queues describe bookings": {"name": QUEUE, "state": "RUNNING"},
    "tasks queues get-iam-policy bookings": policy(
        "roles/cloudtasks.enqueuer", account("payment-webhook")
    ),
    RIGHT_TO_ACT: policy("roles/iam.serviceAccountUser", account("payment-webhook")),
}


def test_the_queue_takes_tasks(doctor: Doctor, gcloud: AnsweringGcloud, webhook_url: str) -> None:
    deployed = webhook(webhook_url, CREATE_EVENT_QUEUE=QUEUE)
    gcloud.answer(OF_THE_QUEUE | {"run services describe mercado-pago-webhook": deployed})
    report = doctor(CREATE_EVENT_QUEUE="bookings")
    assert (report.status, report.of("warning")) == (0, [])
    assert report.checks["queue"]["text"] == "bookings takes the webhook's tasks"


@pytest.mark.parametrize(
    ("command", "answer", "text", "cure"),
    [
        (
            "tasks queues describe bookings",
            "ERROR: (gcloud.tasks.queues.describe) NOT_FOUND: Queue does not exist.",
            "there is no queue bookings in southamerica-east1",
            "run infra/project.sh",
        ),
        (
            "tasks queues describe bookings",
            {"name": QUEUE, "state": "PAUSED"},
            "the queue bookings is paused",
            "gcloud tasks queues resume bookings --location=southamerica-east1 --project=",
        ),
        (
            "tasks queues get-iam-policy bookings",
            {"etag": "x"},
            "mercado-pago-webhook may not store tasks in the queue bookings",
            "run infra/project.sh",
        ),
        (
            RIGHT_TO_ACT,
            {"etag": "x"},
            "mercado-pago-webhook may not act as its own account, whose ID tokens the tasks bear",
            "run infra/project.sh",
        ),
    ],
)
def test_the_queue_does_not_take_tasks(
    doctor: Doctor, gcloud: AnsweringGcloud, command: str, answer: Any, text: str, cure: str
) -> None:
    gcloud.answer(OF_THE_QUEUE | {command: answer})
    report = doctor(CREATE_EVENT_QUEUE="bookings")
    assert report.only_wrong("queue", cure=cure)["text"] == text
    assert "another CREATE_EVENT_QUEUE than here" in report.checks["deployed"]["text"]


def test_what_is_deployed_has_other_settings(doctor: Doctor) -> None:
    report = doctor(EVENTS_CACHE_SECONDS="60")
    assert report.status == 0
    assert report.of("warning") == ["deployed"]
    assert "another EVENTS_CACHE_SECONDS than here" in report.checks["deployed"]["text"]


def test_the_webhook_and_the_schedule_have_other_settings(
    doctor: Doctor, gcloud: AnsweringGcloud, webhook_url: str
) -> None:
    elsewhere = webhook(webhook_url, CREATE_EVENT_URL="https://x", FIRESTORE_DATABASE="other")
    gcloud.answer({"run services describe mercado-pago-webhook": elsewhere})
    report = doctor(RECONCILE_SCHEDULE="0 * * * *", CANCEL_REFUNDED="yes")
    assert report.of("warning") == ["deployed", "schedule"]
    words = "another CANCEL_REFUNDED, CREATE_EVENT_URL, FIRESTORE_DATABASE than here"
    assert words in report.checks["deployed"]["text"]
    assert "another schedule than 0 * * * *" in report.checks["schedule"]["text"]


def test_where_an_organisation_forbids_all_users(doctor: Doctor, gcloud: AnsweringGcloud) -> None:
    forbidden = {
        "resource-manager org-policies describe iam.allowedPolicyMemberDomains": {
            "listPolicy": {"allowedValues": ["C0123"]}
        },
        "run services get-iam-policy list-events": {"etag": "x"},
    }
    gcloud.answer(forbidden)
    words = "the public may not call list-events: the organisation's policy forbids allUsers"
    doctor().only_wrong("public access", words, "./deploy.sh --only list-events")
    unchecked = function("list-events")
    unchecked["metadata"]["annotations"]["run.googleapis.com/invoker-iam-disabled"] = "true"
    gcloud.answer(forbidden | {"run services describe list-events": unchecked})
    assert doctor().checks["public access"]["status"] == "ok"


def test_a_webhook_of_the_schools_own_and_no_schedule(
    doctor: Doctor, gcloud: AnsweringGcloud, google: Control
) -> None:
    held = {TOKEN_SECRET: [defaults.REFRESH_TOKEN], CLIENT_SECRET: [defaults.CLIENT_SECRET]}
    google.replace_secrets(PROJECT, held)
    own = {"WEBHOOK_SERVICE_ACCOUNT": WEBHOOK, "RECONCILE_SCHEDULE": ""}
    invoker = policy("roles/run.invoker", f"serviceAccount:{WEBHOOK}")
    gcloud.answer({"run services get-iam-policy create-event": invoker})
    report = doctor(**own)
    assert {*report.of("ok"), "clock"} == set(CHECKS), report
    assert not [call for call in gcloud.calls() if "mercado-pago-webhook" in call]
    assert not [call for call in gcloud.calls() if call[:2] == ["run", "jobs"]]
    gcloud.answer({})
    words = f"WEBHOOK_SERVICE_ACCOUNT ({WEBHOOK}) may not call create-event"
    doctor(**own).only_wrong("callers", words, "./deploy.sh --only create-event")


def test_mercado_pagos_secrets(doctor: Doctor, google: Control) -> None:
    google.add_secret_version("another signature", "mercado-pago-webhook-secret")
    found = doctor().only_wrong("notice", "is answered 401, bad_signature")
    assert "./deploy.sh --only mercado-pago-webhook" in found["cure"]
    google.disable_secret_version(2, "mercado-pago-webhook-secret")
    report = doctor()
    report.only_wrong("mercado pago", "version (2) of the secret mercado-pago-webhook-secret is di")
    assert "notice" in report.of("not checked")


def test_mercado_pago_refuses_the_access_token(
    doctor: Doctor, gcloud: AnsweringGcloud, start_webhook: StartWebhook
) -> None:
    settings = {"CREATE_EVENT_URL": "http://localhost:1", "MERCADO_PAGO_ACCESS_TOKEN": "another"}
    with start_webhook(**settings) as served:
        deployed = webhook(url_of(served))
        gcloud.answer({"run services describe mercado-pago-webhook": deployed})
        words = "is answered 503, mercado_pago_unavailable"
        doctor().only_wrong("notice", words, "infra/rotate.sh mercado-pago-access-token")
    gone = doctor().only_wrong("notice", "it does not answer (ConnectionError)")
    assert gone["cure"] == "try again"


def test_an_environment_with_a_prefix(doctor: Doctor, gcloud: AnsweringGcloud) -> None:
    doctor(NAME_PREFIX="staging", FIRESTORE_DATABASE="(default)")
    asked = [" ".join(call) for call in gcloud.calls()]
    for command in ("run services describe", "secrets get-iam-policy", "scheduler jobs describe"):
        named = [each for each in asked if each.startswith(command)]
        assert named
        assert all(each.startswith(f"{command} staging-") for each in named), named


@pytest.mark.parametrize(
    ("words", "cure"),
    [("gcloud is not installed", "https://"), ("gcloud has no account", "gcloud auth login")],
)
def test_without_gcloud_or_an_account(
    doctor: Doctor, gcloud: AnsweringGcloud, tmp_path: Path, words: str, cure: str
) -> None:
    gcloud.answer(dict.fromkeys(ANSWERS | OF_THE_QUEUE, NO_ACCOUNT))
    without = {"PATH": str(tmp_path)} if "installed" in words else {}
    report = doctor(CREATE_EVENT_QUEUE="bookings", **without)
    assert report.status == 0
    asked = ["apis", "deployed", "schedule", "rights", "queue", "callers", "public access"]
    assert report.of("not checked") == ["clock", *asked, "notice"]
    assert {report.checks[name]["text"] for name in asked} == {words}
    assert cure in report.checks["apis"]["cure"]


@needs_gcloud
def test_the_real_gcloud_understands_the_commands(
    doctor: Doctor, gcloud: AnsweringGcloud, tmp_path: Path
) -> None:
    gcloud.answer(OF_THE_QUEUE | {"run services get-iam-policy list-events": {"etag": "x"}})
    doctor(CREATE_EVENT_QUEUE="bookings")
    distinct = {tuple(call[:3]): call for call in gcloud.calls()}
    assert len(distinct) >= 8
    assert RealGcloud(tmp_path, ROOT).complaints(distinct.values()) == ""
