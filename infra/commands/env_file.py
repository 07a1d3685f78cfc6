"""Reads and writes `.env`: lines KEY=VALUE, with or without quotes. Executes nothing."""

import re
from collections.abc import Collection
from pathlib import Path
from tempfile import NamedTemporaryFile

DEFAULT = Path(__file__).resolve().parents[2] / ".env"
_EXAMPLE = DEFAULT.with_name(".env.example")

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


def store(path: Path, name: str, value: str) -> None:
    """Gives a setting a value where the file names it, be it in a comment, or else at its end. All
    else stays. A new file is a copy of the example. Nobody else may read it; it is never half
    written. Raises OSError."""
    path = path.resolve()
    lines = (path if path.exists() else _EXAMPLE).read_text(encoding="utf-8-sig").splitlines()
    named = [rf"\s*{name}=.*", rf"#\s*{name}=.*"]
    places = [n for form in named for n, line in enumerate(lines) if re.fullmatch(form, line)]
    place = places[0] if places else len(lines)
    forms = (value, f'"{value}"', f"'{value}'")
    form = next((each for each in forms if _unquoted(each) == value), value)
    lines[place : place + 1] = [f"{name}={form}"]
    with NamedTemporaryFile("w", dir=path.parent, delete=False, encoding="utf-8") as file:
        file.write("\n".join(lines) + "\n")
    Path(file.name).replace(path)


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
