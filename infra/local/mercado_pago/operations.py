"""What Mercado Pago is asked for, and what it holds: the whole of the stand-in."""

from datetime import datetime
from typing import Any, TypeVar

from infra.local.mercado_pago import ACCESS_TOKEN, preferences
from infra.local.mercado_pago.control import MercadoPagoControl
from infra.local.mercado_pago.resources import PlayedOrder
from infra.local.mercado_pago.state import MercadoPago
from infra.local.stand_in.application import StandIn
from infra.local.stand_in.errors import ApiError
from infra.local.stand_in.operations import Call, Operation
from infra.local.wire import Response, json_response

Thing = TypeVar("Thing")


class MercadoPagoError(ApiError):
    def body(self, message: str) -> Any:
        return {"message": message, "error": self.reason, "status": self.status, "cause": []}


def payment(state: MercadoPago, call: Call) -> Response:
    """`GET /v1/payments/{id}`"""
    return json_response(_held(state.payments, call).resource())


def payment_search(state: MercadoPago, call: Call) -> Response:
    """`GET /v1/payments/search`, by the date of approval, a page at a time."""
    asked = {name: values[-1] for name, values in call.request.query.items()}
    try:
        is_known = asked["range"] == asked["sort"] == "date_approved"
        begin, end = (datetime.fromisoformat(asked[f"{name}_date"]) for name in ("begin", "end"))
        offset, limit = int(asked["offset"]), int(asked["limit"])
        if not (is_known and asked["criteria"] == "desc" and begin <= end and 0 < limit <= 100):
            raise ValueError(call.request.query_string)
    except (LookupError, ValueError) as error:
        raise MercadoPagoError(400, "bad_request", f"not known here: {error}") from error
    dated = [(each.date_approved, each) for each in state.payments.values()]
    by_date = [(datetime.fromisoformat(at), each) for at, each in dated if at]
    found = [
        each
        for at, each in sorted(by_date, key=lambda one: one[0], reverse=True)
        if begin <= at <= end
    ]
    page = [each.resource() for each in found[offset : offset + limit]]
    paging = {"total": len(found), "limit": limit, "offset": offset}
    return json_response({"paging": paging, "results": page})


def merchant_order_search(state: MercadoPago, call: Call) -> Response:
    """`GET /merchant_orders/search` by preference."""
    wanted = call.request.query.get("preference_id", [""])[-1]
    if not wanted:
        raise MercadoPagoError(400, "bad_request", "only known here by preference_id")
    orders = [each for each in state.orders.values() if each.preference_id == wanted]
    found = [_shown(state, each) for each in orders]
    return json_response({"elements": found, "next_offset": 0, "total": len(found)})


def merchant_order(state: MercadoPago, call: Call) -> Response:
    """`GET /merchant_orders/{id}`"""
    return json_response(_shown(state, _held(state.orders, call)))


def preference(state: MercadoPago, call: Call) -> Response:
    """`POST /checkout/preferences`; a repeated idempotency key is answered with what it made.
    Whoever sends none is refused, so that nobody here makes two preferences by repeating."""
    key = call.header("x-idempotency-key")
    if not key:
        raise MercadoPagoError(400, "bad_request", "Header X-Idempotency-Key can't be null")
    try:
        found = preferences.problems(call.json)
    except (ValueError, TypeError, AttributeError, LookupError) as error:
        found = [f"the body is invalid: {error}"]
    if found:
        raise MercadoPagoError(400, "invalid_preference", "; ".join(found))
    if key not in state.preferences:
        state.preferences[key] = preferences.made_from(call.json)
    return json_response(state.preferences[key], 201)


def _shown(state: MercadoPago, order: PlayedOrder) -> dict[str, Any]:
    listed = [each for each in state.payments.values() if each.is_listed]
    return order.resource([each for each in listed if each.order_id == order.id])


def _check_token(_state: MercadoPago, call: Call) -> None:
    if call.header("authorization") != f"Bearer {ACCESS_TOKEN}":
        raise MercadoPagoError(401, "unauthorized", "invalid access token")


def _held(things: dict[str, Thing], call: Call) -> Thing:
    """The one that the path names."""
    if call.args["id"] not in things:
        raise MercadoPagoError(404, "not_found", f"{call.request.path} not found")
    return things[call.args["id"]]


OPERATIONS = [
    Operation(handler.__name__, method, path, handler, MercadoPagoError, _check_token)
    for method, path, handler in (
        ("GET", "/v1/payments/search", payment_search),
        ("GET", "/merchant_orders/search", merchant_order_search),
        ("GET", r"/v1/payments/(?P<id>\w+)", payment),
        ("GET", r"/merchant_orders/(?P<id>\w+)", merchant_order),
        ("POST", "/checkout/preferences", preference),
    )
]


def stand_in() -> StandIn:
    state = MercadoPago()
    return StandIn("Mercado Pago", state, OPERATIONS, MercadoPagoControl(state))
