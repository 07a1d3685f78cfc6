"""How authorize.py, doctor.py and reconcile.py start."""

import importlib
import os
import sys
from pathlib import Path
from typing import NoReturn

ROOT = Path(__file__).resolve().parents[2]


def launch(name: str) -> NoReturn:
    """Runs a command of infra/commands/ in the root, where .env is."""
    os.chdir(ROOT)
    try:
        command = importlib.import_module(f"infra.commands.{name}.command")
    except ModuleNotFoundError as error:
        sys.exit(
            f"{error.name} is not installed here: run infra/venv.sh once,"
            f" then .venv/bin/python infra/{name}.py"
        )
    sys.exit(command.main())
