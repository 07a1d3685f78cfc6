"""Checks with gcloud what is deployed: services and job, their settings, and the job's schedule."""

from dataclasses import fields

from infra.commands.doctor.examination import Case
from infra.commands.doctor.gcloud import Deployed
from infra.commands.unusable import Doubtful, Missing, Unusable
from shared.errors import Misconfigured
from shared.settings import Settings

LIST, CREATE = "list-events", "create-event"
WEBHOOK, JOB = "mercado-pago-webhook", "reconcile"
ACCOUNTS = {LIST: LIST, CREATE: CREATE, WEBHOOK: "payment-webhook", JOB: JOB}
"""The service account that each runs as."""


def account(case: Case, name: str) -> str:
    if name in case.deployed:
        return case.deployed[name].account
    return f"serviceAccount:{case.named(ACCOUNTS[name])}@{case.project}.iam.gserviceaccount.com"


def parts(case: Case) -> list[str]:
    """What deploy.sh deploys, by the names it takes."""
    webhook = [] if case.configuration.caller else [WEBHOOK]
    return [LIST, CREATE, *webhook, *([JOB] if _schedule(case) else [])]


def deployed(case: Case) -> str:
    for name in parts(case):
        describe = case.gcloud.job if name == JOB else case.gcloud.service
        try:
            case.deployed[name] = describe(case.named(name))
        except Missing as error:
            raise Unusable(
                f"{case.named(name)} is not deployed in {case.region}",
                "./deploy.sh, or correct REGION",
            ) from error
    differing = {
        setting
        for name, found in case.deployed.items()
        for setting in _differing(case, name, found)
    }
    if differing:
        raise Doubtful(
            f"deployed with another {', '.join(sorted(differing))} than here",
            "./deploy.sh, or correct .env",
        )
    names = ", ".join(map(case.named, case.deployed))
    return f"{names}, in {case.region}, with these settings"


def schedule(case: Case) -> str:
    wanted = _schedule(case)
    if not wanted:
        return "none set: infra/reconcile.py has to be run by hand"
    try:
        found = case.gcloud.schedule(case.named(JOB))
    except Missing as error:
        raise Unusable(f"nothing starts the job {case.named(JOB)}", _deploy(JOB)) from error
    zone = case.settings.time_zone.key
    if (found.get("schedule"), found.get("timeZone")) != (wanted, zone):
        raise Doubtful(
            f"the job is started at another schedule than {wanted} ({zone})",
            f"{_deploy(JOB)}, or correct RECONCILE_SCHEDULE",
        )
    if found.get("state") != "ENABLED":
        raise Unusable(
            f"the schedule is {str(found.get('state')).lower()}",
            f"gcloud scheduler jobs resume {case.named(JOB)} --location={case.region}"
            f" --project={case.project}",
        )
    if found.get("status", {}).get("code"):
        raise Unusable("the job could not be started the last time", _deploy(JOB))
    return f"the job is started at {wanted} ({zone})"


def _schedule(case: Case) -> str:
    return case.configuration.values["RECONCILE_SCHEDULE"]


def _deploy(name: str) -> str:
    return f"./deploy.sh --only {name}"


def _differing(case: Case, name: str, found: Deployed) -> set[str]:
    """The names of the settings that differ from ours."""
    if found.problem is not None:
        raise Unusable(f"{case.named(name)} does not work: {found.problem}", _deploy(name))
    if name == WEBHOOK:
        return _differing_of_webhook(case, found)
    ignored = {"auth_google_secret", "google_emulator_url", "firestore_emulator_host"}
    theirs = _settings_of(case.named(name), found, _deploy(name))
    names = {field.name for field in fields(Settings)} - ignored
    return {n.upper() for n in names if getattr(case.settings, n) != getattr(theirs, n)}


def _settings_of(name: str, found: Deployed, cure: str) -> Settings:
    """The settings of something deployed, parsed as it does."""
    secret = {"AUTH_GOOGLE_SECRET": "from its secret"}
    try:
        return Settings.from_environ({**secret, **found.variables, "K_SERVICE": name})
    except Misconfigured as error:
        raise Unusable(f"{name}: {error.cause}", cure) from error


def _differing_of_webhook(case: Case, found: Deployed) -> set[str]:
    given, queue = case.configuration.values, case.configuration.values.get("CREATE_EVENT_QUEUE")
    queues = f"projects/{case.project}/locations/{case.region}/queues"
    ours = {
        "CANCEL_REFUNDED": (given["CANCEL_REFUNDED"], "no"),
        "CREATE_EVENT_QUEUE": (f"{queues}/{queue}" if queue else "", ""),
        "FIRESTORE_DATABASE": (case.settings.firestore_database, "(default)"),
        "VIRTUAL_CLASS_COLLECTION": (case.settings.virtual_class_collection, "VirtualClass"),
    }
    differing = {
        name
        for name, (value, default) in ours.items()
        if found.variables.get(name, default) != value
    }
    if found.variables.get("CREATE_EVENT_URL") not in case.deployed[CREATE].urls:
        differing.add("CREATE_EVENT_URL")
    return differing
