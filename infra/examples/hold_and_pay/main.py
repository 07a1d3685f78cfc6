"""Holds an hour for a student and sends the student to pay for it.

`POST` holds the class, makes its preference, then writes the preference on the class. Whatever is
interrupted in between leaves a hold that nobody can pay for; it runs out by itself, or the student
gets it by trying again.
"""

import io
import json
import time
import traceback
from functools import cache
from typing import Any

from flask import Request, Response
from google.cloud import firestore

# Relative: functions-framework loads main.py as a package of its directory.
from .classes import HeldClass, Preference
from .codes import Code, Refused
from .holds import Holds
from .preferences import make_preference
from .request_body import read_json, read_release, read_wanted
from .sale import price_of, title_of
from .settings import settings

Facts = dict[str, Any]


def hold_and_pay(request: Request) -> Response:
    """The HTTP function."""
    started = time.monotonic()
    facts: Facts = {}
    try:
        response = _carry_out(request, facts)
    except Exception as error:
        response = _refusal(error, facts)
    response.headers.update(_cors_headers(request))
    if request.method != "OPTIONS":
        _log(response, facts, time.monotonic() - started)
    request.stream = io.BytesIO()  # otherwise the framework drains the body before it answers
    return response


def _carry_out(request: Request, facts: Facts) -> Response:
    match request.method:
        case "OPTIONS":
            return Response(status=204)
        case "POST":
            return _json(201, _told(*_hold_and_offer(request, facts)))
        case "DELETE":
            class_id, student_email = read_release(read_json(request))
            facts["classId"] = class_id
            _holds().release(class_id, student_email)
            return Response(status=204)
    raise Refused(Code.METHOD_NOT_ALLOWED)


def _hold_and_offer(request: Request, facts: Facts) -> tuple[HeldClass, Preference]:
    wanted = read_wanted(read_json(request))
    price = price_of(wanted, settings().hourly_prices)
    held = _holds().hold(wanted)
    facts["classId"] = held.id
    if held.preference:
        return held, held.preference
    title = title_of(wanted, settings().zone)
    preference = make_preference(held, price, title, settings().seller)
    return held, _holds().offer(held, preference, price)


def _told(held: HeldClass, preference: Preference) -> dict[str, str]:
    return {
        "classId": held.id,
        "preferenceId": preference.id,
        "initPoint": preference.init_point,
        "heldUntil": held.held_until.isoformat(timespec="seconds"),
        "payUntil": held.pay_until.isoformat(timespec="seconds"),
    }


def _refusal(error: Exception, facts: Facts) -> Response:
    """The answer to a request that `error` has ended, and its facts."""
    if isinstance(error, Refused):
        code, detail = error.code, str(error)
    else:  # without the error's text, which may have what a student wrote
        code, detail = Code.INTERNAL_ERROR, type(error).__name__
        facts["stack"] = traceback.format_tb(error.__traceback__)
    facts |= {"code": code.word, "severity": code.severity, "detail": detail}
    text = f"{code.text}: {detail}" if code is Code.INVALID_REQUEST else code.text
    response = _json(
        code.status, {"error": text, "code": code.word, "retryable": code.is_retryable}
    )
    if code.is_retryable:
        response.headers["Retry-After"] = "2"
    if code is Code.METHOD_NOT_ALLOWED:
        response.headers["Allow"] = "POST, DELETE, OPTIONS"
    return response


def _json(status: int, body: dict[str, Any]) -> Response:
    headers = {"Cache-Control": "no-store"}
    return Response(json.dumps(body), status, headers, mimetype="application/json")


def _cors_headers(request: Request) -> dict[str, str]:
    """What lets the school's page call the function and read its answers."""
    origin = request.headers.get("Origin", "")
    try:
        origins = settings().origins
    except Refused:  # then the answer is that one, for any page
        origins = ("*",)
    if "*" not in origins and origin not in origins:
        return {"Vary": "Origin"}
    return {
        "Access-Control-Allow-Origin": "*" if "*" in origins else origin,
        "Access-Control-Allow-Methods": "POST, DELETE",
        "Access-Control-Allow-Headers": "Content-Type",
        "Access-Control-Max-Age": "3600",
        "Vary": "Origin",
    }


def _log(response: Response, facts: Facts, seconds: float) -> None:
    line = {
        "severity": "INFO",
        "message": f"hold_and_pay: {facts.get('code', 'ok')}",
        "function": "hold_and_pay",
        "code": "ok",
        "status": response.status_code,
        "durationMs": round(seconds * 1000),
    }
    print(json.dumps(line | facts), flush=True)


@cache
def _holds() -> Holds:
    current = settings()
    client = firestore.Client(project=current.project, database=current.database)
    return Holds(client, current.collection, current.zone, current.hold, current.grace)
