"""infra/alerts: every filter, read from the files, over log lines that the functions wrote."""

import json
import re
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import googleapiclient
import pytest
import yaml

from infra.local.google.control import Control
from infra.local.mercado_pago import ACCESS_TOKEN
from infra.local.mercado_pago.control import MercadoPagoControl
from infra.local.mercado_pago.notices import SignedNotice, payment_notice
from tests.conftest import Serve, StartWebhook
from tests.support.classes import Classes
from tests.support.listing import read_anew
from tests.support.log_filter import Entry, compile_filter, value_of
from tests.support.reconciling import Reconcile
from tests.support.served import SETTINGS, Served
from tests.support.shop import Sale, Shop, told, url_of

ALERTS = Path(__file__).parents[1] / "infra" / "alerts"


def _read(directory: str) -> dict[str, dict[str, Any]]:
    files = sorted((ALERTS / directory).glob("*.yaml"))
    return {file.stem: yaml.safe_load(file.read_text()) for file in files}


POLICIES = _read("policies")
METRICS = _read("metrics")
DISCOVERY = Path(googleapiclient.__file__).parent / "discovery_cache" / "documents"

MATCHES = {
    "reauthorization_required": {"booking: token revoked", "listing: token revoked"},
    "unbooked-class": {"booking: failing for 15 minutes", "booking: bad class for 15 minutes"},
    "student_not_invited": {"booking: without e-mail"},
    "meet_not_allowed": {"booking: calendar without Meet"},
    "class_not_bookable": {"booking: class is over"},
    "broken-function": {
        "listing: misconfigured",
        "webhook: misconfigured",
        "system: out of memory",
        "system: the webhook is out of memory",
    },
    "unbooked-payment": {
        "webhook: no class for 15 minutes",
        "webhook: bad class for 15 minutes",
        "webhook: cannot be booked yet for 15 minutes",
        "webhook: Mercado Pago forgets the order for 15 minutes",
        "webhook: no order",
        "webhook: newer order",
        "payments: class_not_found",
        "payments: create_event_failed",
        "payments: bad_price",
        "payments: newer_order",
    },
    "too_little_paid": {
        "webhook: too little",
        "webhook: another currency",
        "payments: too_little_paid",
        "payments: other_currency",
    },
    "payment_reversed": {"webhook: reversed", "payments: payment_reversed"},
    "create_event_refuses": {"webhook: cancelled class", "payments: create_event_refuses"},
    "unread_notices": {
        "webhook: forged",
        "webhook: Mercado Pago down",
        "webhook: Mercado Pago forgets the order for 15 minutes",
    },
    "double_booked": {"job: double_booked"},
    "leftovers": {
        "job: reconcile has failed",
        "job: double_booked",
        "job: 1 left",
        "payments: mercado_pago_unavailable",
    },
    "list_events_failures": {
        "listing: Google fails",
        "listing: token revoked",
        "listing: misconfigured",
    },
}
"""By alert or metric, the lines that it is about; it must match no other."""


def written(severity: str, log: str, service: str = "", job: str = "") -> Entry:
    """What a LogEntry of Cloud Run has whatever is written: `log` of a service or of a job."""
    labels = {"service_name": service} if service else {"job_name": job}
    return {
        "severity": severity,
        "logName": f"projects/p/logs/{log}",
        "resource": {"type": f"cloud_run_{'revision' if service else 'job'}", "labels": labels},
    }


SYSTEM, AUDIT = "run.googleapis.com%2Fvarlog%2Fsystem", "cloudaudit.googleapis.com%2Fsystem_event"
SYSTEM_LINES: dict[str, Entry] = {
    "system: out of memory": written("ERROR", SYSTEM, service="create-event"),
    "system: the webhook is out of memory": written(
        "ERROR", SYSTEM, service="mercado-pago-webhook"
    ),
    "system: another service is out of memory": written("ERROR", SYSTEM, service="other"),
    "system: instance started": written("INFO", SYSTEM, service="create-event"),
    "job: reconcile has failed": written("ERROR", AUDIT, job="reconcile"),
    "job: reconcile has ended well": written("INFO", AUDIT, job="reconcile"),
}
"""What Cloud Run itself writes; the functions cannot be made to write it here."""


def as_entry(line: dict[str, Any], **of: str) -> Entry:
    """The LogEntry that Cloud Run makes of a line on standard output of a service or a job."""
    payload = {key: value for key, value in line.items() if key != "severity"}
    entry = written(line["severity"], "run.googleapis.com%2Fstdout", **of)
    return entry | {"jsonPayload": payload}


class Recorder:
    """Plays situations and keeps the one line that each made a function write, and all lines of
    the scheduled job."""

    def __init__(self, booking: Served, listing: Served, classes: Classes, job: Reconcile) -> None:
        self.booking, self.listing, self.classes, self._job = booking, listing, classes, job
        self.entries: dict[str, Entry] = dict(SYSTEM_LINES)

    def book(self, situation: str, expected: int, **fields: Any) -> None:
        preference_id = self.classes.preference_of(self.classes.add(**fields))
        self.booking.forget_log()
        assert self.booking.book(preference_id).status == expected, self.booking.text()
        self._keep(f"booking: {situation}", self.booking)

    def list(self, situation: str, expected: int, query: str = "") -> None:
        self.listing.forget_log()
        assert self.listing.get(query).status == expected, self.listing.text()
        self._keep(f"listing: {situation}", self.listing)

    def _keep(self, situation: str, function: Served) -> None:
        [line] = function.lines()
        service = function.name.replace("_", "-")
        self.entries[situation] = as_entry(line, service=service)

    def tell(self, situation: str, webhook: Served, notice: SignedNotice) -> None:
        webhook.forget_log()
        told(webhook, notice)
        self._keep(f"webhook: {situation}", webhook)

    def settle_payments(self) -> None:
        for line in self._job("--apply", "--json").payments:
            self.entries[f"payments: {line['code']}"] = as_entry(line, job="reconcile")

    def reconcile(self) -> None:
        for line in map(json.loads, self._job("--json").output.splitlines()):
            situation = f"job: {line.get('kind', line['message'])}"
            self.entries[situation] = as_entry(line, job="reconcile")


@pytest.fixture(scope="module")
def entries(
    serve_for_session: Serve,
    emulator: str,
    stand_in: Control,
    payments: MercadoPagoControl,
    start_webhook: StartWebhook,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[dict[str, Entry]]:
    """What the functions wrote in every situation that an alert is about, and in others."""
    logs = tmp_path_factory.mktemp("alerts")
    listing = serve_for_session("list_events", EVENTS_CACHE_SECONDS=0, EVENTS_STALE_SECONDS=0)
    stand_in.reset()
    with ExitStack() as running:
        services = {
            "FIRESTORE_EMULATOR_HOST": emulator,
            "GOOGLE_EMULATOR_URL": stand_in.url,
            "MERCADO_PAGO_EMULATOR_URL": payments.url,
            "MERCADO_PAGO_ACCESS_TOKEN": ACCESS_TOKEN,
        }
        job = Reconcile({**SETTINGS, **services}, logs, running)
        classes = running.enter_context(Classes(emulator))
        recorder = Recorder(serve_for_session("create_event"), listing, classes, job)
        create_event_url = url_of(recorder.booking)
        webhook = running.enter_context(start_webhook(CREATE_EVENT_URL=create_event_url))
        record_payments(recorder, Shop(payments, classes), webhook)
        recorder.tell("misconfigured", running.enter_context(start_webhook()), payment_notice(1))
        payments.reset()
        classes.clear()
        stand_in.reset()
        record(recorder, stand_in)
        recorder.listing = serve_for_session("list_events", CALENDAR_ID=None)
        recorder.list("misconfigured", 500)
        yield recorder.entries
        stand_in.reset()


def record_payments(recorder: Recorder, shop: Shop, webhook: Served) -> None:
    def tell(situation: str, sale: Sale, minutes: int = 15, **payment: Any) -> None:
        approved_at = (datetime.now(UTC) - timedelta(minutes=minutes)).isoformat()
        notice = sale.pay(**{"approved_at": approved_at, **payment})
        recorder.tell(situation, webhook, notice)

    tell("ok", shop.offer())
    tell("not paid", shop.offer(), status="rejected")
    tell("too little", shop.offer(), amount=999)
    tell("another currency", shop.offer(), currency="USD")
    tell("reversed", shop.offer(), status="charged_back")
    tell("refunded", shop.offer(status="cancelled"), status="refunded")
    tell("cancelled class", shop.offer(status="cancelled"))
    for minutes in (5, 15):
        tell(f"no class for {minutes} minutes", shop.checkout(), minutes)
        tell(f"bad class for {minutes} minutes", shop.offer(classPrice="mil"), minutes)
        in_class = {"startTime": "tomorrow"}
        tell(f"cannot be booked yet for {minutes} minutes", shop.offer(**in_class), minutes)
    tell("no order", shop.offer(), order_id=None)
    tell("newer order", shop.offer(), order_id="ORD01")
    recorder.tell("forged", webhook, replace(shop.offer().pay(), secret="guessed"))
    shop.mercado_pago.fault("merchant_order", "status", status=404)
    tell("Mercado Pago forgets the order for 15 minutes", shop.offer())
    recorder.settle_payments()
    shop.mercado_pago.fault("*", "status", times=-1, status=500)
    tell("Mercado Pago down", shop.offer())
    recorder.settle_payments()


def record(recorder: Recorder, google: Control) -> None:
    now = datetime.now(UTC)
    recorder.book("ok", 200)
    recorder.reconcile()
    recorder.book("without e-mail", 200, studentEmail=None)  # at the same hours
    recorder.reconcile()
    recorder.book("cancelled", 409, status="cancelled")
    over = {"startTime": now - timedelta(hours=3), "endTime": now - timedelta(hours=2)}
    recorder.book("class is over", 409, **over)
    recorder.book("bad class", 422, classType="party")
    recorder.list("ok", 200)
    recorder.list("bad request", 400, "?timeMin=yesterday")

    google.meet("not_allowed")
    recorder.book("calendar without Meet", 200)
    google.meet("success")

    google.fault("insert", "status", times=-1, status=403, reason="forbidden")
    recorder.book("refused", 502)
    for minutes in (5, 15):
        since = now - timedelta(minutes=minutes)
        error = {"code": "calendar_rejected", "message": "", "at": since, "since": since}
        recorder.book(f"failing for {minutes} minutes", 502, calendarError=error)
        recorder.book(f"bad class for {minutes} minutes", 422, classType="x", calendarError=error)
        withdrawn = {"status": "cancelled", "calendarError": error}
        recorder.book(f"cancelled after {minutes} minutes", 409, **withdrawn)
    google.fault("list", "status", times=-1, status=403, reason="forbidden")
    recorder.list("Google fails", 502)
    google.clear_faults()
    read_anew(recorder.listing, google)

    google.revoke()
    recorder.book("token revoked", 503)
    recorder.list("token revoked", 503)


def filters() -> Iterator[tuple[str, str]]:
    for name, metric in METRICS.items():
        yield name, metric["filter"]
    for name, policy in POLICIES.items():
        for condition in policy["conditions"]:
            if "conditionMatchedLog" in condition:
                yield name, condition["conditionMatchedLog"]["filter"]


@pytest.mark.parametrize(("name", "text"), list(filters()), ids=[name for name, _ in filters()])
def test_matches_what_it_is_about_and_nothing_else(
    entries: dict[str, Entry], name: str, text: str
) -> None:
    matches = compile_filter(text)
    matched = {situation for situation, entry in entries.items() if matches(entry)}
    assert matched == MATCHES[name]


@pytest.mark.parametrize(("name", "text"), list(filters()), ids=[name for name, _ in filters()])
def test_a_filter_is_about_one_environment(name: str, text: str) -> None:
    """infra/project.sh puts NAME_PREFIX before these names in quotes."""
    named = re.findall(r'resource\.labels\.(?:service|job)_name="([^"]*)"', text)
    assert named
    assert set(named) <= {"list-events", "create-event", "mercado-pago-webhook", "reconcile"}, name


@pytest.mark.parametrize("name", sorted(MATCHES.keys() & POLICIES.keys()))
def test_the_mail_quotes_what_the_line_has(entries: dict[str, Entry], name: str) -> None:
    extractors = POLICIES[name]["conditions"][0]["conditionMatchedLog"].get("labelExtractors", {})
    quoted = POLICIES[name]["documentation"]["content"].split("${log.extracted_label.")[1:]
    assert {text.partition("}")[0] for text in quoted} <= extractors.keys()
    for situation in MATCHES[name]:
        for extractor in extractors.values():
            field = extractor.removeprefix("EXTRACT(").removesuffix(")")
            if not (situation in SYSTEM_LINES and field.startswith("jsonPayload")):
                assert isinstance(value_of(entries[situation], field), str)


def test_latency_is_cloud_runs_own_of_both_functions() -> None:
    """Not taken from log lines: a listing answered from the snapshot writes none."""
    [condition] = POLICIES["latency"]["conditions"]
    text = condition["conditionThreshold"]["filter"]
    assert 'metric.type="run.googleapis.com/request_latencies"' in text
    assert 'service_name=one_of("list-events", "create-event")' in text


@pytest.mark.parametrize("name", POLICIES)
def test_a_policy_is_well_named_and_says_what_to_do(name: str) -> None:
    policy = POLICIES[name]
    assert policy["displayName"] == f"Virtual classes: {name}"
    assert policy["documentation"]["content"].endswith(f"infra/RUNBOOK.md#{name}")
    assert f"[{name}](policies/{name}.yaml)" in (ALERTS / "README.md").read_text()
    for condition in policy["conditions"]:
        text = condition.get("conditionThreshold", {}).get("filter", "")
        assert set(re.findall('/user/([^"]*)"', text)) <= METRICS.keys()


@pytest.mark.parametrize(
    ("document", "schema", "value"),
    [("monitoring.v3", "AlertPolicy", policy) for policy in POLICIES.values()]
    + [("logging.v2", "LogMetric", metric) for metric in METRICS.values()],
    ids=[*POLICIES, *METRICS],
)
def test_the_api_knows_every_field(document: str, schema: str, value: object) -> None:
    schemas = json.loads((DISCOVERY / f"{document}.json").read_text())["schemas"]
    assert list(misfits(value, schemas[schema], schemas)) == []


def misfits(value: Any, schema: dict[str, Any], schemas: dict[str, Any]) -> Iterator[str]:
    """Where a value is not of the form that a discovery document's schema describes."""
    schema = schemas[schema["$ref"]] if "$ref" in schema else schema
    python_types = {"object": dict, "array": list, "string": str, "boolean": bool}
    wanted = python_types.get(schema["type"], (int, float))
    if not isinstance(value, wanted) or value not in schema.get("enum", [value]):
        yield f"{value!r} is not {schema}"
    elif isinstance(value, dict):
        for key, item in value.items():
            member = schema.get("properties", {}).get(key) or schema.get("additionalProperties")
            yield from misfits(item, member, schemas) if member else [f"{key} is unknown"]
    elif isinstance(value, list):
        for item in value:
            yield from misfits(item, schema["items"], schemas)


def test_a_misfit_is_found() -> None:
    schemas = json.loads((DISCOVERY / "monitoring.v3.json").read_text())["schemas"]
    wrong = {"combiner": "XOR", "displayname": "x", "conditions": [{"conditionMatchedLog": 1}]}
    assert len(list(misfits(wrong, schemas["AlertPolicy"], schemas))) == 3


def test_or_binds_more_tightly_than_and() -> None:
    """As in Cloud Logging. The rest of the language is shown by the filters themselves."""
    entry = {"jsonPayload": {"n": 5, "s": "x"}}
    assert not compile_filter('jsonPayload.s="x" OR jsonPayload.s="y" AND jsonPayload.n=6')(entry)
    assert compile_filter('jsonPayload.s="x" OR (jsonPayload.s="y" AND jsonPayload.n=6)')(entry)
