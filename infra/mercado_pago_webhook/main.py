"""Books every class that Mercado Pago says is paid.

Mercado Pago repeats a notice until it is answered 200 or 201 within 22 s, in any order and several
at a time. So a notice is only a reason to look: the facts are read from Mercado Pago each time,
nothing is stored here, and `create_event` may be called any number of times.
"""

import io
import json
import time
import traceback
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

from flask import Request, Response

# Relative, though no package is deployed: functions-framework loads main.py as a package of its
# directory, and so the same imports hold wherever the modules are used.
from .booking import book
from .codes import Code, Ended, Verdict
from .judgement import judge
from .notice import Notice, verify_signature
from .reading import read_sale
from .settings import Settings, settings

LARGEST_BODY = 64 * 1024

# A delivery runs in its own thread so that its deadline can be enforced: the libraries' timeouts
# restart with each byte that a peer sends.
_deliveries = ThreadPoolExecutor(max_workers=32, thread_name_prefix="delivery")


def mercado_pago_webhook(request: Request) -> Response:
    """The HTTP function."""
    started = time.monotonic()
    facts: dict[str, Any] = {}
    verdict = _verdict(request, facts)
    _log(verdict, facts, time.monotonic() - started)
    # Otherwise the framework drains the body before it answers: up to 28 MB, or a body that never
    # comes.
    request.stream = io.BytesIO()
    code = verdict.code
    allow = {"Allow": "POST"} if code is Code.METHOD_NOT_ALLOWED else {}
    body = json.dumps({"code": code.text})
    return Response(body, code.status, allow, mimetype="application/json")


def _verdict(request: Request, facts: dict[str, Any]) -> Verdict:
    """Always returns a verdict, so that Mercado Pago repeats the notice if need be. Adds `facts`
    for the log."""
    try:
        if request.method != "POST":
            raise Ended(Code.METHOD_NOT_ALLOWED)
        current = settings()
        verify_signature(
            request.headers.get("x-signature", ""),
            request.args.get("data.id", ""),
            request.headers.get("x-request-id", ""),
            current.webhook_secret,
        )
        delivery = _deliveries.submit(_deliver, request, current, facts)
        return delivery.result(current.budget_seconds)
    except Ended as ended:
        return ended.verdict
    except TimeoutError:
        return Verdict(Code.DEADLINE_EXCEEDED)
    except Exception as error:
        facts["stack"] = [*traceback.format_tb(error.__traceback__), type(error).__name__]
        return Verdict(Code.INTERNAL_ERROR)


def _deliver(request: Request, current: Settings, facts: dict[str, Any]) -> Verdict:
    """Books the notice's class if it is paid."""
    notice = Notice.read(request.args, _body(request))
    facts |= {"topic": notice.topic[:64], "resourceId": notice.resource_id[:64]}
    notice.check()
    sale = read_sale(notice, current)
    verdict = judge(sale, datetime.now(UTC))
    facts |= {"preferenceId": sale.preference_id, **verdict.facts}
    if verdict.code is Code.OK and sale.preference_id:
        book(sale.preference_id, current)
    return verdict


def _body(request: Request) -> bytes:
    """The body, as far as readable; the query usually has everything needed."""
    with suppress(Exception):  # truncated, or malformed chunks: each server has its own
        return request.stream.read(LARGEST_BODY)
    return b""


def _log(verdict: Verdict, facts: dict[str, Any], seconds: float) -> None:
    line = {
        "severity": verdict.code.severity,
        "message": verdict.message,
        "function": "mercado_pago_webhook",
        "code": verdict.code.text,
        "status": verdict.code.status,
        "durationMs": round(seconds * 1000),
    }
    print(json.dumps(line | facts), flush=True)
