"""How authorize.py, doctor.py and reconcile.py start."""

import argparse
import importlib
import sys
from pathlib import Path
from typing import NoReturn

from infra.commands import env_file


def launch(name: str) -> NoReturn:
    """Runs the command `name` from infra/commands/."""
    try:
        command = importlib.import_module(f"infra.commands.{name}.command")
    except ModuleNotFoundError as error:
        sys.exit(
            f"{error.name} is not installed here: run infra/venv.sh once,"
            f" then .venv/bin/python infra/{name}.py"
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
        default=env_file.DEFAULT,
        metavar="FILE",
        help="read the settings from this file instead of .env",
    )
    return made
