"""Firestore's calls on their way."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import grpc
from google.api_core import exceptions as api
from google.cloud import firestore

from tests.simulation.observations import Call, ClassWrite, State
from tests.simulation.virtual_clock import EPOCH
from tests.simulation.wire import Spoilt, Wire


@dataclass(frozen=True)
class StoreLine:
    """`state_of` tells what there is of a class."""

    wire: Wire
    state_of: Callable[[str], State]

    def send(self, operation: str, subject: str, changes: Any, timeout: float, effect: Any) -> Any:
        call = Call(operation, subject)
        if changes is not None:
            call.operation, call.write = written(changes), class_write(changes)

        def observed(_fault: str) -> Any:
            result = effect()
            if call.operation in ("record", "withdrawal"):
                call.state = self.state_of(subject)
            return result

        try:
            result = self.wire.call(call, timeout, observed)
        except Spoilt as spoilt:
            default = "DEADLINE_EXCEEDED" if spoilt.how == "timed out" else "UNAVAILABLE"
            call.outcome = spoilt.details.get("code", default)
            raise _error(call.outcome) from None
        except api.GoogleAPICallError as error:
            call.outcome = type(error).__name__
            raise
        call.outcome = "OK"
        if operation == "read":
            claim = (result.to_dict() or {}).get("calendarClaim")
            call.token_seen = claim["token"] if claim else None
        return result


def _error(code: str) -> Exception:
    """What Firestore's client raises for a status."""
    error: Exception = api.from_grpc_status(grpc.StatusCode[code], "planned fault")  # type: ignore[no-untyped-call]
    return error


def written(changes: dict[str, Any]) -> str:
    """What a claim's holder writes, by the fields it sets or removes."""
    if isinstance(changes.get("calendarClaim"), dict):
        return "claim"
    if "calendarGeneration" in changes:
        return "generation"
    if "status" in changes:
        return "record"
    return "withdrawal" if "googleEventId" in changes else "failure"


def class_write(changes: dict[str, Any], epoch: datetime = EPOCH) -> ClassWrite:
    claim = changes.get("calendarClaim")
    token, expires_at = None, 0.0
    if isinstance(claim, dict):
        token, expires_at = claim["token"], (claim["expiresAt"] - epoch).total_seconds()
    gives_up = claim is firestore.DELETE_FIELD
    return ClassWrite(token, expires_at, gives_up, changes.get("calendarGeneration"))
