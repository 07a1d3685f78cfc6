"""Checks Mercado Pago's two secrets, and the webhook with a notice that is signed here."""

import time

import requests

from infra.commands.doctor.authorisation import stored
from infra.commands.doctor.deployed import WEBHOOK
from infra.commands.doctor.examination import Case
from infra.commands.secret_versions import MERCADO_PAGO_SECRETS, SecretVersions
from infra.commands.unusable import Unusable
from infra.mercado_pago_webhook.notice import signature
from shared import json_object

_NO_PAYMENT = "123456"
"""As in the notices of the panel's button *Simulate*."""
_CALL_SECONDS = 30
_DEPLOY = f"./deploy.sh --only {WEBHOOK}"
_CURES = {
    "bad_signature": f"{_DEPLOY}: it has an older version of the secret signature",
    "mercado_pago_unavailable": "if Mercado Pago is up, it refuses the access token:"
    " infra/rotate.sh mercado-pago-access-token",
}


def secrets(case: Case) -> str:
    if case.configuration.caller:
        return "a server of the school's own books paid classes"
    found = []
    for name in MERCADO_PAGO_SECRETS:
        secret = case.named(name)
        value, version = SecretVersions(case.settings, secret).in_use("infra/project.sh")
        found.append(stored(secret, version))
        case.webhook_secret = value  # the last one
    return "; ".join(found)


def notice(case: Case) -> str:
    """A notice that books nothing. It takes both secrets to answer it 200: Mercado Pago is asked
    for a payment that there is not."""
    if case.configuration.caller:
        return "it is the school's own"
    request_id, ts = "infra-doctor", str(int(time.time() * 1000))
    signed = signature(_NO_PAYMENT, request_id, ts, case.webhook_secret)
    try:
        answer = requests.post(
            case.deployed[WEBHOOK].url,
            params={"data.id": _NO_PAYMENT, "type": "payment"},
            json={"live_mode": False},
            headers={"x-signature": signed, "x-request-id": request_id},
            timeout=_CALL_SECONDS,
        )
    except requests.RequestException as error:
        raise Unusable(f"it does not answer ({type(error).__name__})", "try again") from error
    code = str((json_object.parse(answer.content) or {}).get("code", "without a code"))
    if answer.status_code == 200:
        return "a notice signed here is accepted; for Mercado Pago's own, see Simulate in its panel"
    cure = _CURES.get(code, f"infra/mercado_pago_webhook/README.md has every code; then {_DEPLOY}")
    raise Unusable(f"a notice signed here is answered {answer.status_code}, {code}", cure)
