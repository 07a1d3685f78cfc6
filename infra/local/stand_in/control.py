"""Control over HTTP, below `/control/`: what tests use to prepare and to look behind."""

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import Any

from infra.local.stand_in.errors import ApiError
from infra.local.stand_in.faults import Fault
from infra.local.stand_in.state import StandInState
from infra.local.wire import Request, Response, json_response

Action = Callable[..., Any]
"""Gets the state, locked, and what the request's JSON object names; its result is sent as JSON."""

Actions = Mapping[tuple[str, str], Action]
"""By method and path."""


def answer(state: StandInState, actions: Actions, request: Request) -> Response:
    """Carries out a control request."""
    path = request.path.removeprefix("/control/")
    action = actions.get((request.method, path))
    if action is None:
        return json_response({"error": f"control has no {request.method} {path}"}, 404)
    try:
        with state.lock:
            return json_response(action(state, **json.loads(request.body or b"{}")))
    except ApiError as error:
        return error.response()
    except (ValueError, TypeError, LookupError) as error:
        return json_response({"error": f"{type(error).__name__}: {error}"}, 400)


def _change_settings(state: StandInState, **changes: Any) -> Any:
    state.change_settings(changes)
    return asdict(state.settings)


OF_EVERY_STAND_IN: Actions = {
    ("PATCH", "settings"): _change_settings,
    ("GET", "requests"): lambda state, **which: state.journal.entries(**which),
    ("DELETE", "requests"): lambda state: state.journal.clear(),
    ("GET", "counts"): lambda state: state.journal.counts(),
    ("GET", "refusals"): lambda state: list(state.refusals),
    ("POST", "faults"): lambda state, **fault: state.faults.add(Fault(**fault)),
    ("DELETE", "faults"): lambda state: state.faults.clear(),
}
