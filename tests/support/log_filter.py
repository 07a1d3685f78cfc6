"""The part of Cloud Logging's query language that infra/alerts uses.

Language: https://docs.cloud.google.com/logging/docs/view/logging-query-language
"""

import re
from collections.abc import Callable
from typing import Any

Entry = dict[str, Any]
Predicate = Callable[[Entry], bool]

SEVERITIES = ("DEFAULT", "DEBUG", "INFO", "NOTICE", "WARNING", "ERROR", "CRITICAL", "ALERT")
COMPARISONS: dict[str, Callable[[Any, Any], bool]] = {
    "=": lambda held, wanted: bool(held == wanted),
    ":": lambda held, wanted: str(wanted) in str(held),
    ">=": lambda held, wanted: bool(held >= wanted),
}
TOKEN = re.compile(r'\s*([()]|AND\b|OR\b|NOT\b|([\w.]+)\s*(>=|[=:])\s*("[^"]*"|[\w.-]+))')


class FilterError(ValueError):
    """The filter is not of the part known here."""


def compile_filter(text: str) -> Predicate:
    """A function that tells whether a LogEntry matches."""
    parser = _Parser(text)
    predicate = parser.conjunction()
    if parser.peek():
        raise FilterError(f"unexpected {parser.peek()!r} in {text!r}")
    return predicate


class _Parser:
    """By recursive descent. OR binds more tightly than AND, as in Cloud Logging."""

    def __init__(self, text: str) -> None:
        self._tokens: list[re.Match[str]] = []
        position = 0
        while position < len(text.rstrip()):
            token = TOKEN.match(text, position)
            if not token:
                raise FilterError(f"cannot read {text[position:]!r}")
            self._tokens.append(token)
            position = token.end()

    def peek(self) -> str:
        return self._tokens[0][1] if self._tokens else ""

    def take(self) -> re.Match[str]:
        if not self._tokens:
            raise FilterError("the filter ends too early")
        return self._tokens.pop(0)

    def conjunction(self) -> Predicate:
        parts = [self.disjunction()]
        while self.peek() not in ("", ")"):
            if self.peek() == "AND":
                self.take()
            parts.append(self.disjunction())
        return lambda entry: all(part(entry) for part in parts)

    def disjunction(self) -> Predicate:
        parts = [self.term()]
        while self.peek() == "OR":
            self.take()
            parts.append(self.term())
        return lambda entry: any(part(entry) for part in parts)

    def term(self) -> Predicate:
        token = self.take()
        if token[1] == "NOT":
            negated = self.term()
            return lambda entry: not negated(entry)
        if token[1] == "(":
            inner = self.conjunction()
            if self.take()[1] != ")":
                raise FilterError("a parenthesis is not closed")
            return inner
        if token[2] is None:
            raise FilterError(f"unexpected {token[1]!r}")
        return _comparison(token[2], token[3], token[4])


def _comparison(field: str, operator: str, literal: str) -> Predicate:
    compare = COMPARISONS[operator]
    wanted: str | float
    if field == "severity":
        wanted = SEVERITIES.index(literal)
    elif literal.startswith('"'):
        wanted = literal.strip('"')
    else:
        wanted = float(literal)

    def matches(entry: Entry) -> bool:
        return any(type(held) is type(wanted) and compare(held, wanted) for held in values(entry))

    def values(entry: Entry) -> list[str | float]:
        held = value_of(entry, field)
        if field == "severity":
            return [SEVERITIES.index(held)]
        items = held if isinstance(held, list) else [held]
        return [float(item) if isinstance(item, int) else item for item in items]

    return matches


def value_of(entry: Entry, field: str) -> Any:
    """The value at a path like `jsonPayload.code`; None where there is none."""
    value: Any = entry
    for name in field.split("."):
        value = value.get(name) if isinstance(value, dict) else None
    return value
