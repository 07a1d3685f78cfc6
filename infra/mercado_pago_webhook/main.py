"""Books every class that Mercado Pago says is paid.

Mercado Pago repeats a notice until it is answered 200 or 201 within 22 s, in any order and several
at a time. So a notice is only a reason to look: the facts are read from Mercado Pago each time,
nothing is stored here, and `create_event` may be called any number of times.
"""

import io
import json
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

from flask import Request, Response

# Relative, though no package is deployed: functions-framework loads main.py as a package of its
# directory, and so the same imports hold wherever the modules are used.
from .booking import book
from .codes import Code, Ended, Verdict
from .notice import Notice, verify_signature
from .settings import Settings, settings
from .settlement import Facts, log, settle, verdict_of
from .tasks import enqueue

LARGEST_BODY = 64 * 1024

# A delivery runs in its own thread so that its deadline can be enforced: the libraries' timeouts
# restart with each byte that a peer sends.
_deliveries = ThreadPoolExecutor(max_workers=32, thread_name_prefix="delivery")


def mercado_pago_webhook(request: Request) -> Response:
    """The HTTP function."""
    started = time.monotonic()
    facts: Facts = {}
    verdict = verdict_of(lambda: _answered(request, facts), facts)
    log("mercado_pago_webhook", verdict, facts, time.monotonic() - started)
    # Otherwise the framework drains the body before it answers: up to 28 MB, or a body that never
    # comes.
    request.stream = io.BytesIO()
    code = verdict.code
    allow = {"Allow": "POST"} if code is Code.METHOD_NOT_ALLOWED else {}
    body = json.dumps({"code": code.text})
    return Response(body, code.status, allow, mimetype="application/json")


def _answered(request: Request, facts: Facts) -> Verdict:
    """Settles a genuine notice, within the budget. Raises Ended and TimeoutError."""
    if request.method != "POST":
        raise Ended(Code.METHOD_NOT_ALLOWED)
    current = settings()
    verify_signature(
        request.headers.get("x-signature", ""),
        request.args.get("data.id", ""),
        request.headers.get("x-request-id", ""),
        current.webhook_secret,
    )
    return _deliveries.submit(_deliver, request, current, facts).result(current.budget_seconds)


def _deliver(request: Request, current: Settings, facts: Facts) -> Verdict:
    notice = Notice.read(request.args, _body(request))
    facts |= {"topic": notice.topic[:64], "resourceId": notice.resource_id[:64]}
    notice.check()
    call = enqueue if current.queue else book
    return settle(notice, current, lambda preference_id: call(preference_id, current), facts)


def _body(request: Request) -> bytes:
    """The body, as far as readable; the query usually has everything needed."""
    with suppress(Exception):  # truncated, or malformed chunks: each server has its own
        return request.stream.read(LARGEST_BODY)
    return b""
