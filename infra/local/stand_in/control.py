"""Control over HTTP, below `/control/`: what tests use to prepare and to look behind."""

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import Any

from infra.local.stand_in.errors import ApiError
from infra.local.stand_in.faults import Fault
from infra.local.stand_in.state import StandInState
from infra.local.wire import Request, Response, json_response

Values = dict[str, Any]
Action = Callable[[Any, Values], Any]
"""Gets the state, locked, and the request's JSON object; what it returns is sent as JSON."""

Actions = Mapping[tuple[str, str], Action]
"""By method and path."""


def answer(state: StandInState, actions: Actions, request: Request) -> Response:
    """Carries out a control request."""
    path = request.path.removeprefix("/control/")
    action = actions.get((request.method, path))
    if action is None:
        return json_response({"error": f"control has no {request.method} {path}"}, 404)
    try:
        values: Values = json.loads(request.body or b"{}")
        with state.lock:
            result = action(state, values)
        return json_response(result)
    except ApiError as error:
        return error.response()
    except (ValueError, TypeError, LookupError) as error:
        return json_response({"error": f"{type(error).__name__}: {error}"}, 400)


def _change_settings(state: StandInState, values: Values) -> Any:
    state.change_settings(values)
    return asdict(state.settings)


OF_EVERY_STAND_IN: Actions = {
    ("PATCH", "settings"): _change_settings,
    ("GET", "requests"): lambda state, values: state.journal.entries(**values),
    ("DELETE", "requests"): lambda state, _: state.journal.clear(),
    ("GET", "counts"): lambda state, _: state.journal.counts(),
    ("GET", "refusals"): lambda state, _: list(state.refusals),
    ("POST", "faults"): lambda state, values: state.faults.add(Fault(**values)),
    ("DELETE", "faults"): lambda state, _: state.faults.clear(),
}
