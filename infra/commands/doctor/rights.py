"""Checks with gcloud what the accounts may do: secrets, Firestore, the queue."""

from collections.abc import Iterator

from infra.commands.doctor.deployed import CREATE, JOB, LIST, WEBHOOK, account, parts
from infra.commands.doctor.examination import Case
from infra.commands.doctor.gcloud import Policy
from infra.commands.secret_versions import CLIENT_SECRET, MERCADO_PAGO_SECRETS
from infra.commands.unusable import Doubtful, Missing, Unusable

_READ_SECRETS = {"roles/secretmanager.secretAccessor", "roles/owner"}
_USE_FIRESTORE = {"roles/datastore.user", "roles/datastore.owner", "roles/editor", "roles/owner"}
_READ_FIRESTORE = {"roles/datastore.viewer", "roles/viewer", *_USE_FIRESTORE}
_ENQUEUE = {"roles/cloudtasks.enqueuer", "roles/cloudtasks.admin", "roles/editor", "roles/owner"}
_ACT_AS = {"roles/iam.serviceAccountUser", "roles/owner"}


def rights(case: Case) -> str:
    everywhere = case.gcloud.project_policy
    lacking = []
    for secret, names in _readers(case):
        policy = Policy(case.gcloud.read("secrets", "get-iam-policy", secret))
        readers = policy.members(_READ_SECRETS) | everywhere.members(_READ_SECRETS)
        lacking += [
            f"{name} may not read the secret {secret}"
            for name in names
            if account(case, name) not in readers
        ]
    database = f"projects/{case.project}/databases/{case.settings.firestore_database}"
    cancels = case.configuration.values["CANCEL_REFUNDED"] == "yes"
    for name, roles in (
        (CREATE, _USE_FIRESTORE),
        (JOB, _USE_FIRESTORE),
        (WEBHOOK, _USE_FIRESTORE if cancels else _READ_FIRESTORE),
    ):
        allowed = everywhere.members(roles, under=database)
        if name in parts(case) and account(case, name) not in allowed:
            lacking.append(f"{name} may not use Firestore")
    held, reader = case.settings.hold_max_minutes, account(case, LIST)
    if held and reader not in everywhere.members(_READ_FIRESTORE, under=database):
        lacking.append(f"{LIST} may not read Firestore, as HOLD_MAX_MINUTES={held} needs")
    if lacking:
        raise Unusable("; ".join(lacking), "run infra/project.sh")
    needless = []
    if not held and reader in everywhere.members({"roles/datastore.viewer"}, under=database):
        needless.append(f"{LIST} may read Firestore, though HOLD_MAX_MINUTES is 0")
    writers = everywhere.members({"roles/datastore.user"}, under=database)
    if WEBHOOK in parts(case) and not cancels and account(case, WEBHOOK) in writers:
        needless.append(f"{WEBHOOK} may write to Firestore, though CANCEL_REFUNDED is no")
    if needless:
        raise Doubtful("; ".join(needless), "run infra/project.sh")
    return "each account has what it needs"


def _readers(case: Case) -> Iterator[tuple[str, list[str]]]:
    """Each secret, and what reads it."""
    google = [name for name in parts(case) if name != WEBHOOK]
    yield case.settings.refresh_token_secret, google
    yield case.named(CLIENT_SECRET), google
    if WEBHOOK in parts(case):
        for secret in MERCADO_PAGO_SECRETS:
            yield case.named(secret), [WEBHOOK]


def queue(case: Case) -> str:
    """Whether the webhook can hand over what is paid."""
    name = case.configuration.values.get("CREATE_EVENT_QUEUE", "")
    if not name or WEBHOOK not in parts(case):
        return "none set: the webhook calls create_event itself"
    there, webhook = (name, f"--location={case.region}"), account(case, WEBHOOK)
    try:
        state = str(case.gcloud.read("tasks", "queues", "describe", *there).get("state"))
    except Missing as error:
        raise Unusable(
            f"there is no queue {name} in {case.region}", "run infra/project.sh"
        ) from error
    if state != "RUNNING":
        raise Unusable(
            f"the queue {name} is {state.lower()}",
            f"gcloud tasks queues resume {' '.join(there)} --project={case.project}",
        )
    of_queue = case.gcloud.read("tasks", "queues", "get-iam-policy", *there)
    email = webhook.removeprefix("serviceAccount:")
    of_account = case.gcloud.read("iam", "service-accounts", "get-iam-policy", email)
    lacking = [
        f"{WEBHOOK} may not {what}"
        for policy, roles, what in (
            (of_queue, _ENQUEUE, f"store tasks in the queue {name}"),
            (of_account, _ACT_AS, "act as its own account, whose ID tokens the tasks bear"),
        )
        if webhook not in Policy(policy).members(roles) | case.gcloud.project_policy.members(roles)
    ]
    if lacking:
        raise Unusable("; ".join(lacking), "run infra/project.sh")
    return f"{name} takes the webhook's tasks"
