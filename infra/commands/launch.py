"""How authorize.py, doctor.py and reconcile.py start, with whatever Python is the machine's."""

from __future__ import annotations

import argparse
import importlib
import os
import sys
from pathlib import Path
from typing import NoReturn

_ROOT = Path(__file__).resolve().parents[2]
_PYTHON = _ROOT / ".venv" / "bin" / "python"


def launch(name: str) -> NoReturn:
    """Runs the command `name` from infra/commands/, by what infra/venv.sh has installed, if it
    has."""
    if _PYTHON.exists() and Path(sys.executable) != _PYTHON:
        os.execv(_PYTHON, [str(_PYTHON), *sys.argv])
    try:
        command = importlib.import_module(f"infra.commands.{name}.command")
    except ModuleNotFoundError as error:
        sys.exit(
            f"{error.name} is not installed here: run infra/venv.sh once, then infra/{name}.py"
        )
    sys.exit(command.main())


def parser(name: str, description: str | None) -> argparse.ArgumentParser:
    """An argument parser with the options that all commands share."""
    made = argparse.ArgumentParser(
        prog=f"infra/{name}.py",
        description=description,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    made.add_argument(
        "--env",
        type=Path,
        default=_ROOT / ".env",
        metavar="FILE",
        help="read the settings from this file instead of .env",
    )
    return made
