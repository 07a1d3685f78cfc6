"""Dataclass fields that are read from environment variables."""

import re
from collections.abc import Callable, Mapping
from dataclasses import field, fields
from typing import Any


def setting(
    parse: Callable[[str], Any],
    problem: str = "",
    default: str | None = None,
    is_secret: bool = False,
) -> Any:
    """A field whose value is `parse` of the variable of its name or, if that is unset or blank,
    of `default`. Without a default it is required. `problem` says what it means that `parse`
    fails, and completes "VARIABLE ..."."""
    metadata = {"parse": parse, "problem": problem, "default": default}
    return field(metadata=metadata, repr=not is_secret)


def read(kind: type, environ: Mapping[str, str]) -> tuple[dict[str, Any], list[str]]:
    """The values of a dataclass's fields, and a line for each variable that is missing or
    invalid, without its text."""
    values, problems = {}, []
    for each in fields(kind):
        name, how = each.name.upper(), each.metadata
        text = environ.get(name, "").strip() or how["default"]
        if text is None:
            problems.append(f"{name} is not set")
            continue
        try:
            values[each.name] = how["parse"](text)
        except (ValueError, KeyError, OSError):
            problems.append(f"{name} {how['problem']}")
    return values, problems


def optional(text: str) -> str | None:
    return text or None


def matching(form: str, problem: str, default: str | None = None) -> Any:
    """A text of this form; None if it may be, and is, empty."""

    def parse(text: str) -> str | None:
        if text and not re.fullmatch(form, text):
            raise ValueError
        return text or None

    return setting(parse, problem, default)


def number(kind: type[int] | type[float], default: int, lowest: int, highest: int) -> Any:
    def parse(text: str) -> float:
        value = kind(text)
        if not lowest <= value <= highest:
            raise ValueError
        return value

    what = "a whole number" if kind is int else "a number"
    return setting(parse, f"must be {what} from {lowest} to {highest}", str(default))


def listed(text: str) -> tuple[str, ...]:
    """The parts of a comma-separated list, without blanks around them and empty ones."""
    return tuple(part for each in text.split(",") if (part := each.strip()))
