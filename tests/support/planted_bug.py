"""A packaged function with a bug."""

import shutil
from collections.abc import Iterable
from pathlib import Path


def with_bug(source: Path, target: Path, file: str, right: str, wrong: str) -> Path:
    """A copy of the packaged function `source` below `target`, in which one text of `file` is
    another one; returns its directory."""
    return with_bugs(source, target, [(file, right, wrong)])


def with_bugs(source: Path, target: Path, bugs: Iterable[tuple[str, str, str]]) -> Path:
    """As above, with any number of (file, right, wrong)."""
    copy = target / source.name
    shutil.copytree(source, copy)
    for file, right, wrong in bugs:
        text = (copy / file).read_text()
        assert text.count(right) == 1, f"{right!r} does not stand once in {file}"
        (copy / file).write_text(text.replace(right, wrong))
    return copy
