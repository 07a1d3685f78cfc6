"""Checks with gcloud: APIs, and who may call what is deployed."""

from infra.commands.doctor.deployed import CREATE, LIST, WEBHOOK, account, parts
from infra.commands.doctor.examination import Case
from infra.commands.unusable import Unusable

_APIS = (
    "calendar-json.googleapis.com",
    "cloudscheduler.googleapis.com",
    "firestore.googleapis.com",
    "run.googleapis.com",
    "secretmanager.googleapis.com",
)
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
    if (f"serviceAccount:{own}" if own else account(case, WEBHOOK)) not in callers:
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
