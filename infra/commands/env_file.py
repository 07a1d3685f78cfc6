"""Parses `.env`: lines KEY=VALUE, with or without quotes. Executes nothing."""

import re
from collections.abc import Collection
from pathlib import Path

DEFAULT = Path(__file__).resolve().parents[2] / ".env"

_ASSIGNMENT = re.compile(r"\s*([A-Za-z_][A-Za-z0-9_]*)=(.*)")
_QUOTED = re.compile(r"""(?:"([^"]*)"|'([^']*)')\s*(?:#.*)?""")


def read(path: Path, known: Collection[str]) -> tuple[dict[str, str], list[str]]:
    """The settings, empty ones too, and the file's problems, which never quote a value. Only
    `known` names are allowed."""
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except FileNotFoundError:
        return {}, []
    except OSError as error:
        return {}, [f"{path.name} cannot be read: {error.strerror}"]
    except UnicodeDecodeError:
        return {}, [f"{path.name} is not UTF-8 text: save it in that encoding"]
    found: dict[str, str] = {}
    lines = [(number, line.strip()) for number, line in enumerate(text.split("\n"), 1)]
    problems = [
        f"{path.name}, line {number}: {problem}"
        for number, line in lines
        if line and not line.startswith("#") and (problem := _add(found, line, known))
    ]
    return found, problems


def _add(found: dict[str, str], line: str, known: Collection[str]) -> str | None:
    """Adds a line's setting, or returns the line's problem."""
    assignment = _ASSIGNMENT.fullmatch(line)
    if assignment is None:
        return "not KEY=VALUE"
    name, value = assignment[1], _unquoted(assignment[2])
    if name not in known:
        return f"{name} is not a setting"
    if value is None:
        return f"the quote of {name} is not closed"
    if value and found.get(name):
        return f"{name} has a value on an earlier line"
    found[name] = value or found.get(name, "")
    return None


def _unquoted(value: str) -> str | None:
    """None if a quote is not closed."""
    if value.startswith(("'", '"')):
        quoted = _QUOTED.fullmatch(value)
        return (quoted[1] or quoted[2] or "").strip() if quoted else None
    return re.split(r"\s#", value, maxsplit=1)[0].strip()
