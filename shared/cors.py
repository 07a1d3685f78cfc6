"""Cross-origin resource sharing: which pages may read an answer from a browser."""

from collections.abc import Iterable

from werkzeug.wrappers import Request


def sharing_headers(
    request: Request, allowed: frozenset[str], methods: Iterable[str]
) -> dict[str, str]:
    """The headers that let the page at the request's `Origin` read the answer, if `allowed`
    contains that origin or "*". A preflight also gets the `methods`."""
    headers = {} if "*" in allowed else {"Vary": "Origin"}
    origin = "*" if "*" in allowed else request.headers.get("Origin", "")
    if origin.lower() not in allowed:
        return headers
    headers["Access-Control-Allow-Origin"] = origin
    headers["Access-Control-Expose-Headers"] = "Age, Date, ETag, Retry-After"
    if request.method == "OPTIONS":
        headers["Access-Control-Allow-Methods"] = ", ".join(methods)
        headers["Access-Control-Allow-Headers"] = "Content-Type, If-None-Match"
        headers["Access-Control-Max-Age"] = "3600"
    return headers
