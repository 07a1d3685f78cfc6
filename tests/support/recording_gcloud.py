"""A `gcloud` for the tests of deploy.sh and infra/project.sh, to be first on the PATH.

It keeps a project in `state.json` beside itself, writes every call down, and fails as the real
one does: on what exists already, on what does not exist, on an API that is not enabled, on a
service account or metric that was made a moment ago. A command it does not know is an error.
What flags the real gcloud accepts is asked of the real gcloud, in another test.

`state["fail_after"] = N` makes the N-th command that changes anything fail once it has done so.

The scripts call it hundreds of times: the program only passes on what it is called with, and this
process answers.
"""

import json
import re
import socketserver
import threading
import traceback
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

_PROGRAM = """#!/usr/bin/env bash
value=
for word; do
  [[ $word != --data-file=- ]] || IFS= read -r -d '' value
done
exec 3<>/dev/tcp/127.0.0.1/{port}
printf '%d\\n' $(($# + 3)) >&3
printf '%s\\0' "${{0%/*}}" "$PWD" "$value" "$@" >&3
read -r status <&3
IFS= read -r -d '' said <&3
((status == 0)) || exec >&2
printf '%s' "$said"
exit "$status"
"""

EMPTY_PROJECT: dict[str, Any] = {
    "calls": [],
    "fail_after": None,
    "apis": [],
    "databases": {},
    "repositories": {},
    "accounts": {},
    "secrets": {},
    "bindings": [],
    "metrics": {},
    "channels": {},
    "policies": {},
    "configured": {},
    "functions": [],
    "services": {},
    "images": {},
    "jobs": {},
    "schedules": {},
    "queues": {},
    "is_person": True,
    "forbids_all_users": False,
    "url": "https://run.example",
}
API_OF_GROUP = {
    "artifacts": "artifactregistry",
    "firestore": "firestore",
    "iam": "iam",
    "secrets": "secretmanager",
    "logging": "logging",
    "alpha": "monitoring",
    "beta": "monitoring",
    "functions": "cloudfunctions",
    "run": "run",
    "builds": "cloudbuild",
    "scheduler": "cloudscheduler",
    "tasks": "cloudtasks",
}
SECRET = re.compile(r"=([^:,]+):latest")
OF_REVISION = re.compile(r'traffic\.filter\("(tag|percent)=(\w+)"\)\.extract\("(\w+)"\)')


class CommandError(Exception):
    """What the real gcloud prints after `ERROR:`."""


class Call:
    """A command line taken apart, where it was given, and the project it works on."""

    def __init__(
        self, state: dict[str, Any], arguments: list[str], directory: Path, stdin: str
    ) -> None:
        self.state, self.directory, self.stdin = state, directory, stdin
        words = [word for word in arguments if not word.startswith("--")]
        options = [word[2:].partition("=") for word in arguments if word.startswith("--")]
        self.flags = {name: value for name, _, value in options}
        known = LOOKUPS | CHANGES | DESCRIPTIONS
        lengths = [n for n in (4, 3, 2) if " ".join(words[:n]) in known]
        if not lengths:
            raise CommandError(f"Invalid choice: {words}")
        self.command = " ".join(words[: lengths[0]])
        self.api = f"{API_OF_GROUP[words[0]]}.googleapis.com" if words[0] in API_OF_GROUP else ""
        self.names = words[lengths[0] :]

    def run(self) -> str | None:
        if self.api and self.api not in self.state["apis"]:
            raise CommandError(f"API [{self.api}] not enabled on project")
        if self.flags.get("format") == "json":
            return json.dumps(DESCRIPTIONS[self.command](self))
        if self.command in LOOKUPS:
            return LOOKUPS[self.command](self)
        self.change(CHANGES[self.command])
        return None

    def change(self, command: Callable[["Call"], None]) -> None:
        before = json.dumps(self.state)
        command(self)
        if self.state["fail_after"] and json.dumps(self.state) != before:
            self.state["fail_after"] -= 1
            if self.state["fail_after"] == 0:
                raise CommandError("planned failure")

    def existing(self, kind: str, name: str | None = None) -> Any:
        name = self.names[0] if name is None else name
        if name not in self.state[kind]:
            raise CommandError(f"NOT_FOUND: Resource [{name}] was not found")
        return self.state[kind][name]

    def create(self, kind: str, name: str, value: Any) -> None:
        if name in self.state[kind]:
            raise CommandError(f"ALREADY_EXISTS: Resource [{name}] already exists")
        self.state[kind][name] = value

    def check_account(self, email: str) -> None:
        """An account is not known everywhere at once: the first use of a new one is refused."""
        if self.state["accounts"].get(email, {"new": True}).pop("new", False):
            raise CommandError(f"INVALID_ARGUMENT: Service account {email} does not exist.")

    def check_used(self) -> None:
        """The accounts and secrets that something runs or is built with."""
        for flag in ("service-account", "build-service-account", "oauth-service-account-email"):
            if flag in self.flags:
                self.check_account(self.flags[flag].rpartition("/")[2])
        if "image" in self.flags:
            self.existing("repositories", self.flags["image"].split("/")[2])
        for secret in SECRET.findall(self.flags.get("set-secrets", "")):
            if not self.existing("secrets", secret):
                raise CommandError(f"secret {secret} has no version")

    def bind(self, resource: str) -> None:
        if self.flags["member"] == "allUsers":
            if self.state["forbids_all_users"]:
                raise CommandError("One or more users do not belong to a permitted customer")
        else:
            self.check_account(self.flags["member"].removeprefix("serviceAccount:"))
        condition = self.flags.get("condition", "None")
        binding = [resource, self.flags["role"], self.flags["member"], condition]
        if binding not in self.state["bindings"]:
            self.state["bindings"].append(binding)

    def file(self, flag: str) -> str:
        return (self.directory / self.flags[flag]).read_text()

    def uploaded(self, source: str) -> list[str]:
        directory = self.directory / source
        files = (path for path in directory.rglob("*") if path.is_file())
        return sorted(str(path.relative_to(directory)) for path in files)

    def policy(self, channels_flag: str) -> dict[str, str]:
        """As in Monitoring, a metric becomes known some time after it was made."""
        text = self.file("policy-from-file")
        self.existing("channels", self.flags[channels_flag])
        for name, metric in self.state["metrics"].items():
            if f"logging.googleapis.com/user/{name}" in text and metric.pop("new", False):
                raise CommandError(f"NOT_FOUND: Cannot find metric(s) that match type = {name}")
        display_name = text.splitlines()[0].removeprefix("displayName: ").strip('"')
        return {"displayName": display_name, "text": text}


def enable_apis(call: Call) -> None:
    call.state["apis"] = sorted({*call.state["apis"], *call.names})


def create_account(call: Call) -> None:
    email = f"{call.names[0]}@{call.flags['project']}.iam.gserviceaccount.com"
    call.create("accounts", email, {"new": True})


def bind_on_project(call: Call) -> None:
    if "condition" not in call.flags:
        raise CommandError("Adding a binding without specifying a condition is prohibited")
    call.bind(f"projects/{call.names[0]}")


def bind_on(kind: str) -> Callable[[Call], None]:
    def bind(call: Call) -> None:
        call.existing(kind)
        call.bind(f"{kind}/{call.names[0]}")

    return bind


def unbind_on_project(call: Call) -> None:
    given = [f"projects/{call.names[0]}", call.flags["role"], call.flags["member"]]
    kept = [binding for binding in call.state["bindings"] if binding[:3] != given]
    if "all" not in call.flags or kept == call.state["bindings"]:
        raise CommandError("Policy binding with the specified principal and role not found!")
    call.state["bindings"] = kept


def list_members(call: Call) -> str:
    """The members with a role, as --flatten and --filter ask for them."""
    wanted = [each.partition("=")[2] for each in call.flags["filter"].split(" AND ")]
    bindings = call.state["bindings"]
    return "\n".join(member for _, *given, _ in bindings if given == wanted for member in given[1:])


def add_version(call: Call) -> None:
    if call.flags["data-file"] != "-" or not call.stdin:
        raise CommandError("the value is expected on standard input")
    call.existing("secrets").append(call.stdin)


def create_database(call: Call) -> None:
    protection = "delete-protection" in call.flags
    call.create("databases", call.flags["database"], [call.flags["location"], protection])


def set_cleanup_policies(call: Call) -> None:
    policies = json.loads(call.file("policy"))
    call.existing("repositories")["policies"] = [policy["name"] for policy in policies]


def create_metric(call: Call) -> None:
    config = call.file("config-from-file")
    call.create("metrics", call.names[0], {"new": True, "config": config})


def update_metric(call: Call) -> None:
    call.existing("metrics")["config"] = call.file("config-from-file")


def create_channel(call: Call) -> None:
    email = call.flags["channel-labels"].removeprefix("email_address=")
    call.create("channels", f"channels/{len(call.state['channels'])}", email)


def list_channels(call: Call) -> str:
    wanted = call.flags["filter"].partition('labels.email_address="')[2].rstrip('"')
    return "\n".join(name for name, email in call.state["channels"].items() if email == wanted)


def create_policy(call: Call) -> None:
    """Unlike Monitoring, which allows it, two policies of one name are refused."""
    policy = call.policy("notification-channels")
    name = policy["displayName"].removeprefix("Virtual classes").lstrip(":, ").replace(": ", "-")
    call.create("policies", f"policies/{name}", policy)


def update_policy(call: Call) -> None:
    call.existing("policies").update(call.policy("set-notification-channels"))


def list_policies(call: Call) -> str:
    wanted = call.flags["filter"].removeprefix("displayName=").strip('"')
    policies = call.state["policies"].items()
    return "\n".join(name for name, policy in policies if policy["displayName"] == wanted)


def deploy_service(call: Call) -> None:
    [name] = call.names
    call.check_used()
    if name in call.state["functions"]:
        raise CommandError(f"{name} belongs to the Functions API")
    if name != call.flags["image"].rpartition("/")[2]:
        raise CommandError("The service name does not match the image's")
    is_new = name not in call.state["services"]
    if is_new and "no-traffic" in call.flags:
        raise CommandError("--no-traffic not supported when creating a new service.")
    fresh: dict[str, Any] = {"revisions": {}, "serving": "", "tags": {}, "is_unchecked": False}
    service = call.state["services"].setdefault(name, fresh)
    revision = f"{name}-{len(service['revisions']) + 1:05}"
    files = call.uploaded(call.flags["source"])
    service["revisions"][revision] = {"flags": call.flags, "uploaded": files}
    service["tags"][call.flags["tag"]] = revision
    if "no-traffic" not in call.flags:
        service["serving"] = revision
    if "no-allow-unauthenticated" in call.flags:
        bindings = call.state["bindings"]
        opened = [f"services/{name}", "roles/run.invoker", "allUsers", "None"]
        call.state["bindings"] = [binding for binding in bindings if binding != opened]


def update_traffic(call: Call) -> None:
    service = call.existing("services")
    tags = [pair.split("=") for pair in call.flags["update-tags"].split(",")]
    revision = call.flags.get("to-revisions", "").removesuffix("=100") or service["serving"]
    for known in (revision, *(tagged for _, tagged in tags)):
        if known not in service["revisions"]:
            raise CommandError(f"there is no revision {known!r}")
    service["tags"].update(tags)
    service["serving"] = revision


def update_service(call: Call) -> None:
    call.existing("services")["is_unchecked"] = "no-invoker-iam-check" in call.flags


def list_services(call: Call) -> str:
    name = call.flags["filter"].removeprefix("metadata.name=")
    service = call.state["services"].get(name)
    if service is None:
        return ""
    if found := OF_REVISION.search(call.flags["format"]):
        kind, wanted, key = found.groups()
        tagged: str = service["tags"].get(wanted, "") if kind == "tag" else service["serving"]
        return tagged if key == "revisionName" else f"{call.state['url']}/{wanted}/{name}"
    if "status.latestReadyRevisionName" in call.flags["format"]:
        return str([*service["revisions"]][-1])
    return f"{call.state['url']}/{name}"


def describe_function(call: Call) -> str:
    if call.names[0] not in call.state["functions"]:
        raise CommandError("NOT_FOUND: Resource was not found")
    return "described"


def build_image(call: Call) -> None:
    call.check_used()
    image = call.flags["pack"].removeprefix("image=")
    build = call.state["images"].get(image, {"build": 0})["build"] + 1
    call.state["images"][image] = {"build": build, "uploaded": call.uploaded(call.names[0])}


def deploy_job(call: Call) -> None:
    call.check_used()
    build = call.existing("images", call.flags["image"])["build"]
    call.state["jobs"][call.names[0]] = {"build": build, "flags": call.flags}


def schedule(call: Call) -> None:
    call.check_used()
    call.state["schedules"][call.names[0]] = call.flags


def reschedule(call: Call) -> None:
    call.existing("schedules")
    schedule(call)


def rates(call: Call) -> dict[str, str]:
    return {name: value for name, value in call.flags.items() if name.startswith(("max-", "min-"))}


def print_token(call: Call) -> str:
    is_person = call.state["is_person"] and "impersonate-service-account" not in call.flags
    if "audiences" in call.flags and is_person:
        raise CommandError("Invalid account type for `--audiences`.")
    return "token-canary"


def list_versions(call: Call) -> str:
    """Those in use, newest first."""
    versions = call.existing("secrets")
    numbers = [number for number in range(len(versions), 0, -1) if versions[number - 1] is not None]
    return "\n".join(map(str, numbers))


def access_version(call: Call) -> str:
    value: str | None = call.existing("secrets", call.flags["secret"])[int(call.names[0]) - 1]
    if value is None:
        raise CommandError("FAILED_PRECONDITION: it is in DISABLED state")
    return value


def disable_version(call: Call) -> None:
    call.existing("secrets", call.flags["secret"])[int(call.names[0]) - 1] = None


def describe_service(call: Call) -> dict[str, Any]:
    [name] = call.names
    service = call.existing("services")
    newest = [*service["revisions"].values()][-1]
    annotations = {"run.googleapis.com/invoker-iam-disabled": str(service["is_unchecked"]).lower()}
    return {
        "metadata": {"annotations": annotations},
        "spec": {"template": container(newest["flags"])},
        "status": {"url": f"{call.state['url']}/{name}"},
    }


def container(flags: dict[str, str]) -> dict[str, Any]:
    settings = [pair.split("=", 1) for pair in flags["set-env-vars"].removeprefix("^|^").split("|")]
    env = [{"name": name, "value": value} for name, value in settings]
    return {"spec": {"containers": [{"env": env}], "serviceAccountName": flags["service-account"]}}


def describe_schedule(call: Call) -> dict[str, Any]:
    flags = call.existing("schedules")
    return {"schedule": flags["schedule"], "timeZone": flags["time-zone"], "state": "ENABLED"}


def policy_of(kind: str) -> Callable[[Call], dict[str, Any]]:
    def describe(call: Call) -> dict[str, Any]:
        bindings = [
            {"role": role, "members": [member]}
            | ({} if condition == "None" else {"condition": {"expression": condition}})
            for resource, role, member, condition in call.state["bindings"]
            if resource == f"{kind}/{call.names[0]}"
        ]
        return {"bindings": bindings}

    return describe


DESCRIPTIONS: dict[str, Callable[[Call], Any]] = {
    "services list": lambda call: [{"config": {"name": name}} for name in call.state["apis"]],
    "run services describe": describe_service,
    "run jobs describe": lambda call: {
        "spec": {"template": {"spec": {"template": container(call.existing("jobs")["flags"])}}}
    },
    "scheduler jobs describe": describe_schedule,
    "projects get-iam-policy": policy_of("projects"),
    "secrets get-iam-policy": policy_of("secrets"),
    "run services get-iam-policy": policy_of("services"),
}
"""What is asked for as JSON."""
LOOKUPS: dict[str, Callable[[Call], str]] = {
    "config get": lambda call: str(call.state["configured"].get(call.names[0], "")),
    "projects describe": lambda _call: "4711",
    "artifacts repositories describe": lambda call: str(call.existing("repositories")),
    "firestore databases describe": lambda call: call.existing("databases", call.flags["database"]),
    "iam service-accounts describe": lambda call: str(call.existing("accounts")),
    "secrets describe": lambda call: str(call.existing("secrets")),
    "secrets versions list": list_versions,
    "secrets versions access": access_version,
    "projects get-iam-policy": list_members,
    "logging metrics describe": lambda call: str(call.existing("metrics")),
    "beta monitoring channels list": list_channels,
    "alpha monitoring policies list": list_policies,
    "functions describe": describe_function,
    "run services list": list_services,
    "scheduler jobs describe": lambda call: str(call.existing("schedules")),
    "tasks queues describe": lambda call: str(call.existing("queues")),
    "auth print-identity-token": print_token,
}
CHANGES: dict[str, Callable[[Call], None]] = {
    "services enable": enable_apis,
    "firestore databases create": create_database,
    "artifacts repositories create": lambda call: call.create("repositories", call.names[0], {}),
    "artifacts repositories set-cleanup-policies": set_cleanup_policies,
    "iam service-accounts create": create_account,
    "projects add-iam-policy-binding": bind_on_project,
    "projects remove-iam-policy-binding": unbind_on_project,
    "secrets create": lambda call: call.create("secrets", call.names[0], []),
    "secrets add-iam-policy-binding": bind_on("secrets"),
    "secrets versions add": add_version,
    "secrets versions disable": disable_version,
    "logging metrics create": create_metric,
    "logging metrics update": update_metric,
    "beta monitoring channels create": create_channel,
    "alpha monitoring policies create": create_policy,
    "alpha monitoring policies update": update_policy,
    "functions detach": lambda call: call.state["functions"].remove(call.names[0]),
    "run deploy": deploy_service,
    "run services update-traffic": update_traffic,
    "run services update": update_service,
    "run services add-iam-policy-binding": bind_on("services"),
    "builds submit": build_image,
    "run jobs deploy": deploy_job,
    "run jobs add-iam-policy-binding": bind_on("jobs"),
    "scheduler jobs create http": schedule,
    "scheduler jobs update http": reschedule,
    "tasks queues create": lambda call: call.create("queues", call.names[0], rates(call)),
    "tasks queues update": lambda call: call.existing("queues").update(rates(call)),
    "tasks queues add-iam-policy-binding": bind_on("queues"),
    "iam service-accounts add-iam-policy-binding": bind_on("accounts"),
    "scheduler jobs delete": lambda call: call.state["schedules"].pop(call.names[0]),
}


def install(directory: Path) -> None:
    """Puts the program there, which needs `state.json` beside it."""
    program = directory / "gcloud"
    program.write_text(_PROGRAM.format(port=_answering_port()))
    program.chmod(0o755)


@cache
def _answering_port() -> int:
    """Where this process answers, until its end."""
    server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), _Answering)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return int(server.server_address[1])


class _Answering(socketserver.StreamRequestHandler):
    """Gets the number of words, and words that end with NUL; answers with status and text."""

    def handle(self) -> None:
        number, received = int(self.rfile.readline()), b""
        while received.count(b"\0") < number:
            received += self.rfile.read1()
        beside, directory, stdin, *arguments = received.decode().split("\0")[:-1]
        status, text = _answer(Path(beside), arguments, Path(directory), stdin)
        self.wfile.write(f"{status}\n{text}\0".encode())


def _answer(beside: Path, arguments: list[str], directory: Path, stdin: str) -> tuple[int, str]:
    """The exit status and what to print, on standard error if it failed."""
    file = beside / "state.json"
    state = json.loads(file.read_text())
    state["calls"].append(arguments)
    try:
        output = Call(state, arguments, directory, stdin).run()
    except CommandError as error:
        return 1, f"ERROR: (gcloud) {error}\n"
    except Exception:
        return 1, traceback.format_exc()
    finally:
        file.write_text(json.dumps(state))
    return 0, f"{output}\n" if output else ""
