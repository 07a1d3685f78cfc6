"""Checks with gcloud: APIs, deployed functions, rights, and who may call them."""

from dataclasses import fields
from typing import Any

from infra.commands.doctor.examination import Case
from infra.commands.doctor.gcloud import Policy
from infra.commands.secret_versions import CLIENT_SECRET
from infra.commands.unusable import Doubtful, Missing, Unusable
from shared.errors import Misconfigured
from shared.settings import Settings

LIST, CREATE = "list-events", "create-event"
_APIS = (
    "calendar-json.googleapis.com",
    "cloudfunctions.googleapis.com",
    "firestore.googleapis.com",
    "run.googleapis.com",
    "secretmanager.googleapis.com",
)
_READ_SECRETS = {"roles/secretmanager.secretAccessor", "roles/owner"}
_USE_FIRESTORE = {"roles/datastore.user", "roles/datastore.owner", "roles/editor", "roles/owner"}
_VIEWER = "roles/datastore.viewer"
_INVOKE = {"roles/run.invoker", "roles/run.servicesInvoker"}
_EVERYBODY = {"allUsers", "allAuthenticatedUsers"}


def apis(case: Case) -> str:
    services = case.gcloud.read("services", "list", "--enabled")
    missing = sorted(set(_APIS) - {service["config"]["name"] for service in services})
    if missing:
        raise Unusable(
            f"not enabled: {', '.join(missing)}",
            f"gcloud services enable {' '.join(missing)} --project={case.project}",
        )
    return "enabled"


def deployed(case: Case) -> str:
    for name in (LIST, CREATE):
        try:
            case.deployed[name] = case.gcloud.function(name)
        except Missing as error:
            raise Unusable(
                f"{name} is not deployed in {case.region}", "./deploy.sh, or correct REGION"
            ) from error
    differing = {
        setting
        for name, function in case.deployed.items()
        for setting in _differing(case.settings, _settings_of(name, function))
    }
    if differing:
        raise Doubtful(
            f"deployed with another {', '.join(sorted(differing))} than here",
            "./deploy.sh, or correct .env",
        )
    return f"both functions, in {case.region}, with these settings"


def rights(case: Case) -> str:
    everywhere = case.gcloud.project_policy
    lacking = []
    for secret in (case.settings.refresh_token_secret, CLIENT_SECRET):
        policy = Policy(case.gcloud.read("secrets", "get-iam-policy", secret))
        readers = policy.members(_READ_SECRETS)
        lacking += [
            f"{name} may not read the secret {secret}"
            for name in (LIST, CREATE)
            if _account(case, name) not in readers | everywhere.members(_READ_SECRETS)
        ]
    database = f"projects/{case.project}/databases/{case.settings.firestore_database}"
    if _account(case, CREATE) not in everywhere.members(_USE_FIRESTORE, under=database):
        lacking.append(f"{CREATE} may not use Firestore")
    held, reader = case.settings.hold_max_minutes, _account(case, LIST)
    if held and reader not in everywhere.members({_VIEWER, *_USE_FIRESTORE}, under=database):
        lacking.append(f"{LIST} may not read Firestore, as HOLD_MAX_MINUTES={held} needs")
    if lacking:
        raise Unusable("; ".join(lacking), "run infra/project.sh")
    if not held and reader in everywhere.members({_VIEWER}, under=database):
        raise Doubtful(
            f"{LIST} may read Firestore, though HOLD_MAX_MINUTES is 0", "run infra/project.sh"
        )
    return "both functions' accounts have what they need"


def callers(case: Case) -> str:
    everywhere = case.gcloud.project_policy.members(_INVOKE)
    callers = case.gcloud.service_policy(CREATE).members(_INVOKE) | everywhere
    if public := sorted(callers & _EVERYBODY):
        raise Unusable(
            f"{public[0]} may call {CREATE}",
            f"gcloud run services remove-iam-policy-binding {CREATE} --member={public[0]}"
            f" --role=roles/run.invoker --region={case.region} --project={case.project}",
        )
    webhook = case.configuration.values.get("WEBHOOK_SERVICE_ACCOUNT")
    if webhook and f"serviceAccount:{webhook}" not in callers:
        raise Unusable(
            f"WEBHOOK_SERVICE_ACCOUNT ({webhook}) may not call {CREATE}",
            f"./deploy.sh --only {CREATE}",
        )
    if "allUsers" not in case.gcloud.service_policy(LIST).members(_INVOKE):
        raise Unusable(f"the public may not call {LIST}", f"./deploy.sh --only {LIST}")
    if not webhook:
        raise Doubtful(
            f"WEBHOOK_SERVICE_ACCOUNT is not set; {len(callers)} may call {CREATE}",
            f"set it in .env, then ./deploy.sh --only {CREATE}",
        )
    return f"the webhook may call {CREATE}, strangers may not"


def _settings_of(name: str, function: dict[str, Any]) -> Settings:
    """The settings of a deployed function, parsed as it does."""
    if function.get("state") not in (None, "ACTIVE"):
        raise Unusable(f"{name} is in state {function['state']}", f"./deploy.sh --only {name}")
    variables = function.get("serviceConfig", {}).get("environmentVariables", {})
    try:
        return Settings.from_environ(
            {"AUTH_GOOGLE_SECRET": "from its secret", **variables, "K_SERVICE": name}
        )
    except Misconfigured as error:
        raise Unusable(f"{name}: {error.cause}", f"./deploy.sh --only {name}") from error


def _differing(ours: Settings, theirs: Settings) -> set[str]:
    """The names of the settings that differ."""
    ignored = {"auth_google_secret", "google_emulator_url", "firestore_emulator_host"}
    names = {field.name for field in fields(Settings)} - ignored
    return {name.upper() for name in names if getattr(ours, name) != getattr(theirs, name)}


def _account(case: Case, name: str) -> str:
    described = case.deployed.get(name, {}).get("serviceConfig", {})
    default = f"{name}@{case.project}.iam.gserviceaccount.com"
    return f"serviceAccount:{described.get('serviceAccountEmail', default)}"
