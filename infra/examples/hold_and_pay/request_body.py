"""Reads what the page sends. Every function raises Refused."""

import json
import re
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

from flask import Request

from .classes import WantedClass
from .codes import Code, Refused

LARGEST_BODY = 16 * 1024
_LONGEST = {"studentName": 100, "learningFocus": 1000}
_EMAIL = re.compile(r"[^@\s]{1,64}@[^@\s]+\.[^@\s]+")

Body = dict[str, Any]


def read_json(request: Request) -> Body:
    """The body, a JSON object, whatever its content type: a page may then send it without asking
    first."""
    content = b""
    with suppress(Exception):  # truncated, or malformed chunks: each server has its own
        content = request.stream.read(LARGEST_BODY + 1)
    if len(content) > LARGEST_BODY:
        raise Refused(Code.BODY_TOO_LARGE)
    with suppress(ValueError, RecursionError):
        body = json.loads(content)
        if isinstance(body, dict):
            return body
    raise _unreadable("the body must be a JSON object")


def read_wanted(body: Body) -> WantedClass:
    """The class that a student wants, which has not begun yet."""
    start, end = _moment(body, "start"), _moment(body, "end")
    if start <= datetime.now(UTC):
        raise _unreadable("start is past")
    try:
        return WantedClass(
            start=start,
            end=end,
            class_type=_text(body, "classType"),
            student_email=_email(body),
            student_name=_text(body, "studentName", default=""),
            learning_focus=_text(body, "learningFocus", default=""),
        )
    except ValueError as error:
        raise _unreadable(str(error)) from error


def read_release(body: Body) -> tuple[str, str]:
    """Id and student of the hold to give up."""
    class_id = _text(body, "classId")
    if not re.fullmatch("[0-9a-f]{32}", class_id):
        raise Refused(Code.HOLD_NOT_FOUND)
    return class_id, _email(body)


def _moment(body: Body, name: str) -> datetime:
    with suppress(ValueError, OverflowError):
        moment = datetime.fromisoformat(_text(body, name))
        if moment.tzinfo:
            return moment.astimezone(UTC)
    raise _unreadable(f"{name} must be a date and time with offset, such as 2031-03-10T17:00-03:00")


def _email(body: Body) -> str:
    address = _text(body, "studentEmail")
    if not (_EMAIL.fullmatch(address) and len(address) <= 254):
        raise _unreadable("studentEmail must be an e-mail address")
    return address


def _text(body: Body, name: str, default: str | None = None) -> str:
    value = body.get(name, default)
    if not isinstance(value, str):
        raise _unreadable(f"{name} must be a text")
    if len(value) > _LONGEST.get(name, LARGEST_BODY):
        raise _unreadable(f"{name} may have {_LONGEST[name]} characters")
    return value.strip()


def _unreadable(why: str) -> Refused:
    return Refused(Code.INVALID_REQUEST, why)
