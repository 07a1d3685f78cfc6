"""Checks with gcloud: APIs, rights, and who may call what is deployed."""

from collections.abc import Iterator

from infra.commands.doctor.deployed import ACCOUNTS, CREATE, JOB, LIST, WEBHOOK, parts
from infra.commands.doctor.examination import Case
from infra.commands.doctor.gcloud import Policy
from infra.commands.secret_versions import CLIENT_SECRET, MERCADO_PAGO_SECRETS
from infra.commands.unusable import Doubtful, Unusable

_APIS = (
    "calendar-json.googleapis.com",
    "cloudscheduler.googleapis.com",
    "firestore.googleapis.com",
    "run.googleapis.com",
    "secretmanager.googleapis.com",
)
_READ_SECRETS = {"roles/secretmanager.secretAccessor", "roles/owner"}
_USE_FIRESTORE = {"roles/datastore.user", "roles/datastore.owner", "roles/editor", "roles/owner"}
_READ_FIRESTORE = {"roles/datastore.viewer", "roles/viewer", *_USE_FIRESTORE}
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


def rights(case: Case) -> str:
    everywhere = case.gcloud.project_policy
    lacking = []
    for secret, names in _readers(case):
        policy = Policy(case.gcloud.read("secrets", "get-iam-policy", secret))
        readers = policy.members(_READ_SECRETS) | everywhere.members(_READ_SECRETS)
        lacking += [
            f"{name} may not read the secret {secret}"
            for name in names
            if _account(case, name) not in readers
        ]
    database = f"projects/{case.project}/databases/{case.settings.firestore_database}"
    for name, roles in (
        (CREATE, _USE_FIRESTORE),
        (JOB, _USE_FIRESTORE),
        (WEBHOOK, _READ_FIRESTORE),
    ):
        allowed = everywhere.members(roles, under=database)
        if name in parts(case) and _account(case, name) not in allowed:
            lacking.append(f"{name} may not use Firestore")
    held, reader = case.settings.hold_max_minutes, _account(case, LIST)
    if held and reader not in everywhere.members(_READ_FIRESTORE, under=database):
        lacking.append(f"{LIST} may not read Firestore, as HOLD_MAX_MINUTES={held} needs")
    if lacking:
        raise Unusable("; ".join(lacking), "run infra/project.sh")
    if not held and reader in everywhere.members({"roles/datastore.viewer"}, under=database):
        raise Doubtful(
            f"{LIST} may read Firestore, though HOLD_MAX_MINUTES is 0", "run infra/project.sh"
        )
    return "each account has what it needs"


def _readers(case: Case) -> Iterator[tuple[str, list[str]]]:
    """Each secret, and what reads it."""
    google = [name for name in parts(case) if name != WEBHOOK]
    yield case.settings.refresh_token_secret, google
    yield case.named(CLIENT_SECRET), google
    if WEBHOOK in parts(case):
        for secret in MERCADO_PAGO_SECRETS:
            yield case.named(secret), [WEBHOOK]


def callers(case: Case) -> str:
    service = case.named(CREATE)
    place = f"--region={case.region} --project={case.project}"
    everywhere = case.gcloud.project_policy.members(_INVOKE)
    callers = case.gcloud.service_policy(service).members(_INVOKE) | everywhere
    if public := sorted(callers & _EVERYBODY):
        raise Unusable(
            f"{public[0]} may call {service}",
            f"gcloud run services remove-iam-policy-binding {service} --member={public[0]}"
            f" --role=roles/run.invoker {place}",
        )
    if CREATE in case.deployed and case.deployed[CREATE].is_unchecked:
        raise Unusable(
            f"everybody may call {service}, whatever their rights",
            f"gcloud run services update {service} --invoker-iam-check {place}",
        )
    own = case.configuration.caller
    if (f"serviceAccount:{own}" if own else _account(case, WEBHOOK)) not in callers:
        who = f"WEBHOOK_SERVICE_ACCOUNT ({own})" if own else "our webhook"
        raise Unusable(f"{who} may not call {service}", f"./deploy.sh --only {CREATE}")
    return f"{own or 'our webhook'} may call {service}, strangers may not"


def public_access(case: Case) -> str:
    services = [name for name in parts(case) if name in (LIST, WEBHOOK)]
    for name in services:
        is_open = name in case.deployed and case.deployed[name].is_unchecked
        if is_open or "allUsers" in case.gcloud.service_policy(case.named(name)).members(_INVOKE):
            continue
        is_forbidden = case.gcloud.forbids_public_access()
        why = ": the organisation's policy forbids allUsers" if is_forbidden else ""
        raise Unusable(
            f"the public may not call {case.named(name)}{why}",
            f"./deploy.sh --only {name}, which then needs no right for allUsers",
        )
    return f"the public may call {' and '.join(map(case.named, services))}"


def _account(case: Case, name: str) -> str:
    if name in case.deployed:
        return case.deployed[name].account
    return f"serviceAccount:{case.named(ACCOUNTS[name])}@{case.project}.iam.gserviceaccount.com"
